"""Where what was judged comes from: who the candidates are of, and who made the work in an item's own part. Pure."""

from collections.abc import Mapping

from tallystick.bundle.contents import Content, Hidden
from tallystick.bundle.rows import Candidate, Producer, Setting
from tallystick.signals.shape import LETTERS


def candidates(content: Content, hidden: Hidden) -> list[Candidate]:
    """The candidates of an item, with what no expert saw of them."""
    return [
        Candidate(
            label=label, text=seen.text, model=behind.model, version=behind.version, sampling=settings(behind.sampling)
        )
        for label, seen, behind in zip(LETTERS, content.candidates, hidden.candidates, strict=False)
    ]


def producer(hidden: Hidden) -> Producer | None:
    """Who made the work in an item's own part; None where the item says nothing of it."""
    found = hidden.producer
    if found is None:
        return None
    return Producer(model=found.model, version=found.version, sampling=settings(found.sampling))


def settings(values: Mapping[str, str]) -> list[Setting]:
    """A map as rows, sorted by name."""
    return [Setting(name=name, value=value) for name, value in sorted(values.items())]

"""What a judgment says, as pages show it to whoever reviews, adjudicates or compares. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from tallystick.signals.shape import Mark
from tallystick.web.language import said, told
from tallystick.web.views.adjudication import BlindReason, CriterionScores
from tallystick.web.views.parts import Fact

PAIR = ("a", "b")


def scored_on(scores: Iterable[Mapping[str, int]]) -> tuple[str, ...]:
    """The letters of everything that is scored: of a pair always both."""
    found = {on for points in scores for on in points}
    return PAIR if found <= set(PAIR) and found != {"a"} else tuple(sorted(found))


def scores(given: Mapping[str, Mapping[str, int]], names: Mapping[str, str]) -> tuple[CriterionScores, ...]:
    """A row for each criterion: the points of everything that is scored. Nothing where nothing is."""
    on = scored_on(given.values()) if given else PAIR
    return tuple(
        CriterionScores(criterion=label, points=tuple(given.get(name, {}).get(letter) for letter in on))
        for name, label in names.items()
    )


def heads(given: Mapping[str, Mapping[str, int]]) -> tuple[str, ...]:
    """What stands above the points: the letters of the candidates, or nothing more than that they are points."""
    on = scored_on(given.values()) if given else PAIR
    return (said("Points"),) if len(on) == 1 else tuple(letter.upper() for letter in on)


def reasons(given: Iterable[Mapping[str, str | None]], names: Mapping[str, str]) -> tuple[BlindReason, ...]:
    """Reasons with the names of their criteria."""
    return tuple(
        BlindReason(
            criteria=(names.get(str(reason["criterion"]), str(reason["criterion"])),), text=str(reason["text"]),
            quote=str(reason.get("quote") or reason.get("citation") or ""),
        )
        for reason in given
    )  # fmt: skip


def details(
    values: Mapping[str, str], marks: Sequence[Mark], texts: Mapping[str, str], *, is_one: bool = False
) -> tuple[Fact, ...]:
    """Everything that a judgment says beyond verdict, scores and reasons, line by line.

    is_one  whether one candidate alone is judged: then no letter tells it from others
    """
    return (
        *(Fact(term=_plain(name), value=_plain(value)) for name, value in values.items()),
        *(Fact(term=_where(mark, is_one=is_one), value=_what(mark)) for mark in marks),
        *(Fact(term=_plain(name), value=text) for name, text in texts.items()),
    )


def _plain(text: str) -> str:
    return told(text.replace("_", " ").capitalize())


def _where(mark: Mark, *, is_one: bool) -> str:
    piece = mark.on.upper() if len(mark.on) == 1 else mark.on
    if mark.place is not None:
        return said("%(piece)s, place %(place)s", piece=piece, place=mark.place)
    return _plain(mark.field) if is_one and mark.on == "a" else f"{_plain(mark.field)}: {piece}"


def _what(mark: Mark) -> str:
    """A mark in words: what was marked, as what, how severe, and what was said of it."""
    quoted = [f"\N{LEFT DOUBLE QUOTATION MARK}{mark.quote}\N{RIGHT DOUBLE QUOTATION MARK}"] if mark.quote else []
    label = _plain(mark.label) + (f" ({mark.severity})" if mark.severity else "")
    return ". ".join([*quoted, label, *([mark.text] if mark.text else [])])

"""Real data sets in one plain layout: items.jsonl.gz and judgments.jsonl.gz in a folder, turned into import files.

A set becomes items and judgments of the signal that it holds; nothing is added to them, and what does not fit is
counted with its reason. The kind of task that its items name says how it is read.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Final

from tallystick.signals import BY_NAME
from tallystick.signals.shape import Codes
from tallystick.sim.layout import labels, pairs, spans, traces
from tallystick.sim.layout.source import AGAIN, UNNAMED, BadLayout, Reading, Row, Source, once, open_folder, slug

TEMPLATES: Final = Path(__file__).parent.parent / "data" / "imported"
READINGS: Final[Mapping[str, Mapping[str, Callable[[Source], Reading]]]] = {
    # kind of task: signal: what reads it; the first signal is read where none is asked for
    "pairwise": {"preference": pairs.preference},
    "error_spans+listwise": {"critique": spans.translations, "ranking": spans.orders},
    "span_labels+binary": {"critique": spans.summaries, "outcome": spans.factuality},
    "claim_verification": {"outcome": labels.claims, "demonstration": labels.reviews},
    "label": {"outcome": labels.closed_set},
    "verifiable_answer": {"outcome": labels.checked_answers},
    "process_labels": {"process": traces.steps},
    "ordinal+multilabel": {"safety": traces.abuse},
    "red_team": {"redteam": traces.attacks},
    "state_check": {"tooltrace": traces.calls},
}

__all__ = ["READINGS", "UNNAMED", "BadLayout", "DataSet", "data_set", "load", "read"]


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set, ready to be imported.

    codes     the closed lists of the set's own, which the rubric gives in place of the signal's
    retests   JSONL of judgment rows: a later judgment of a rater on an item that they had judged. Never imported
    left_out  why something of the source is in none of these: how often
    notes     what whoever works with the set must know
    """

    name: str
    items: bytes  # JSONL of item rows
    judgments: bytes  # JSONL of judgment rows
    contract: str
    rubric: str
    pairs: int
    raters: int
    judgments_per_item: int
    signal: str = "preference"
    codes: Codes = field(default_factory=dict)
    retests: bytes = b""
    left_out: Mapping[str, int] = field(default_factory=dict)
    notes: Sequence[str] = ()


def load(folder: Path, signal: str | None = None) -> DataSet:
    """Read a data set for one signal. Raises BadLayout when the folder holds none, or none of this signal."""
    source = open_folder(folder)
    name, found = read(source, signal)
    return data_set(source, name, found)


def read(source: Source, signal: str | None = None) -> tuple[str, Reading]:
    """The rows of a set for one signal, and the signal's name."""
    readings = READINGS.get(source.task)
    if readings is None:
        known, task = ", ".join(READINGS), source.task or "nothing"
        raise BadLayout(f"{source.name}: expected items of one of the tasks {known}, found {task}: choose another set")
    name = signal or next(iter(readings))
    if name not in readings:
        raise BadLayout(f"{source.name}: expected one of the signals {', '.join(readings)} of this set, found {name}")
    return name, readings[name](source)


def data_set(source: Source, signal: str, found: Reading) -> DataSet:
    """The files of an import, with a contract and a rubric that say no more than is known."""
    judged, again = once(found.judgments)
    raters = {str(row["rater"]) for row in judged}
    per_item = max(Counter(str(row["item"]) for row in judged).values(), default=1)
    first = BY_NAME[signal].under(found.codes).measures[0]
    words = {
        "name": slug(source.name), "set": source.name, "redundancy": str(max(2, per_item)), "pairs":
        str(len(found.items)), "raters": str(len(raters)), "risk": _risk(signal, per_item),
        "signal": signal, "title": BY_NAME[signal].title, "about": BY_NAME[signal].about, "domain": found.domain,
        "level": first.level, "labels": json.dumps(_lists(found.codes), ensure_ascii=False),
    }  # fmt: skip
    kind = "" if signal == "preference" else "any-"
    left_out = dict(found.left_out) | ({AGAIN: len(again)} if again else {})
    return DataSet(
        name=slug(source.name), items=_jsonl([row | {"domain": found.domain} for row in found.items]),
        judgments=_jsonl(judged),
        contract=Template((TEMPLATES / f"{kind}contract.yaml").read_text()).substitute(words),
        rubric=Template((TEMPLATES / f"{kind}rubric.yaml").read_text()).substitute(words),
        pairs=len(found.items), raters=len(raters), judgments_per_item=per_item, signal=signal, codes=found.codes,
        retests=_jsonl(again), left_out=left_out, notes=found.notes,
    )  # fmt: skip


def _risk(signal: str, per_item: int) -> str:
    """Attacks are for cleared people; what was judged once, nobody can hold to an agreement."""
    if BY_NAME[signal].is_restricted:
        return "restricted"
    return "low" if per_item == 1 else "medium"


def _lists(codes: Codes) -> dict[str, list[dict[str, str]]]:
    """Closed lists as a rubric writes them. JSON is YAML too."""
    return {name: [{"value": one.value, "title": one.title} for one in listed] for name, listed in codes.items()}


def _jsonl(rows: Sequence[Row]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()

"""The plain layout as it stands in a folder, read into typed rows, and what every reading of it gives."""

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from tallystick.signals.shape import Code, Codes

UNNAMED: Final = "rater-not-named"
"""Sources that do not say who judged give one rater for all: agreement is then undefined, and said to be."""
AGAIN: Final = "a second judgment of one item by the same rater, kept apart as a retest"

Row = dict[str, object]
T = TypeVar("T")


class BadLayout(ValueError):
    """The folder does not hold a data set in this layout; the message says what was expected."""


class SourceCandidate(msgspec.Struct, frozen=True, kw_only=True):
    """One candidate of an item: an answer, a step, a claim or a label, as the set's conversion says."""

    id: str
    text: object = ""
    label: str | None = None
    meta: dict[str, object] = {}

    @property
    def words(self) -> str:
        """Some sources hold an answer such as `true` as a JSON boolean: its text is what stood in the file."""
        return self.text if isinstance(self.text, str) else json.dumps(self.text)


class SourceItem(msgspec.Struct, frozen=True, kw_only=True):
    """One line of items.jsonl.gz. An absent key means null or empty."""

    id: str
    dataset: str = ""
    task_type: str = ""
    prompt: str = ""
    context: str | None = None
    candidates: list[SourceCandidate] = []
    domain: str | None = None
    language: str = "en"
    gold: dict[str, object] = {}
    meta: dict[str, object] = {}


class SourceSpan(msgspec.Struct, frozen=True, kw_only=True):
    """A span of a candidate (target) or of the context (source). Without offsets where the source has none."""

    side: str = "target"
    category: str
    start: int | None = None
    end: int | None = None
    text: str | None = None
    severity: str | None = None
    note: str | None = None


class SourceJudgment(msgspec.Struct, frozen=True, kw_only=True):
    """One line of judgments.jsonl.gz."""

    id: str = ""
    item_id: str
    candidate_id: str | None = None
    rater_id: str = UNNAMED
    rater_group: dict[str, object] = {}
    values: dict[str, object] = {}
    rationale: str | None = None
    spans: list[SourceSpan] = []
    timestamp: str | None = None
    meta: dict[str, object] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """All lines of a data set."""

    name: str
    items: Sequence[SourceItem]
    judgments: Sequence[SourceJudgment]

    @property
    def task(self) -> str:
        """The kind of task that the set holds; a set holds one."""
        return self.items[0].task_type if self.items else ""

    def by_candidate(self) -> dict[tuple[str, str], list[SourceJudgment]]:
        """What was said of each candidate, by its item and its own id."""
        found: dict[tuple[str, str], list[SourceJudgment]] = {}
        for said in self.judgments:
            found.setdefault((said.item_id, said.candidate_id or ""), []).append(said)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one kind of supervision finds in a set.

    items      rows for an import of items
    judgments  rows for an import of judgments
    codes      the set's own closed lists, where it does not use the signal's
    left_out   why something of the source is in neither: how often
    notes      what whoever works with the set must know of how it was read
    domain     whose threshold holds
    """

    items: list[Row]
    judgments: list[Row]
    codes: Codes = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    domain: str = "general"


def open_folder(folder: Path) -> Source:
    """Read a folder. Raises BadLayout with the file and line that are no such thing."""
    items = list(_lines(folder, "items", SourceItem))
    return Source(name=folder.name, items=items, judgments=list(_lines(folder, "judgments", SourceJudgment)))


def _lines(folder: Path, what: str, kind: type[T]) -> Iterator[T]:
    path = folder / f"{what}.jsonl.gz"
    if not path.is_file():
        raise BadLayout(f"{folder}: expected {path.name}, found none: name a folder in the plain layout")
    decoder = msgspec.json.Decoder(kind)
    with gzip.open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise BadLayout(
                    f"{path} line {number}: expected one of the {what} of the plain layout, found: {error}"
                ) from error


def item(
    row: SourceItem, *, signal: str, own_id: str = "", candidates: Sequence[SourceCandidate] = (),
    material: Row | None = None, group: str = "", prompt: str | None = None, context: str | None = None,
    producer: Row | None = None,
) -> Row:  # fmt: skip
    """A row of an item import.

    own_id   where one item of the source gives several
    group    the family that such items share: they are no independent evidence
    context  only where it is no part of the material
    producer  who made the work in the material, where the source says so

    The language of a translation (en>de) is the one that it is written in.
    """
    found: Row = {
        "id": own_id or row.id, "domain": "general", "language": row.language.rpartition(">")[2], "signal": signal,
        "prompt": row.prompt if prompt is None else prompt,
        "candidates": [
            {"text": one.words, "model": one.label or "unknown", "version": "as published"} for one in candidates
        ],
        "source": {"class": "open-licence", "licence": "as the source states"},
    }  # fmt: skip
    further = {
        "context": context, "material": material, "producer": producer, "task_type": slug(str(row.domain or "")),
        "group": re.sub(r"[^A-Za-z0-9._-]", "-", group)[:64],
    }  # fmt: skip
    return found | {key: value for key, value in further.items() if value is not None and value != ""}


def judgment(said: SourceJudgment, *, item: str, **fields: object) -> Row:
    """A row of a judgment import: who and when, and what the reading makes of the rest."""
    found = {"item": item, "rater": said.rater_id, **fields, "made_at": said.timestamp}
    return {key: value for key, value in found.items() if value not in (None, "", [], {}) or key == "verdict"}


def once(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """The first judgment of each rater on each item, and apart from it every later one.

    Two judgments of one person are no two opinions: counted twice, they would agree with themselves. What they tell,
    how steady a rater is, is kept.
    """
    seen: set[tuple[object, object]] = set()
    first: list[Row] = []
    again: list[Row] = []
    for row in rows:
        key = (row["item"], row["rater"])
        (again if key in seen else first).append(row)
        seen.add(key)
    return first, again


def code(value: str) -> str:
    """A value of a source as a rubric's list can hold it. The title of its code is the value as the source has it."""
    return re.sub(r"^[^A-Za-z0-9]+|[^A-Za-z0-9 ._/-]", "", value)[:80]


def codes_of(values: Sequence[str]) -> tuple[Code, ...]:
    """A closed list of a source, each value its own title."""
    codes = tuple(Code(code(value), value) for value in values)
    assert len({one.value for one in codes}) == len(codes), "two values of a source have one spelling"
    return codes


def texts(value: object) -> list[str]:
    """A value of the source that is a list of texts; one that is missing is an empty one."""
    return [str(one) for one in value] if isinstance(value, list) else []


def counted(reasons: Counter[str]) -> dict[str, int]:
    """Reasons that occurred."""
    return {reason: times for reason, times in sorted(reasons.items()) if times}


def slug(text: str) -> str:
    """Lower-case words with single hyphens, beginning with a letter; empty when there is none."""
    return "-".join(re.findall(r"[a-z0-9]+", text.lower())).lstrip("0123456789-")[:64].rstrip("-")

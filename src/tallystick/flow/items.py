"""Rows of an import: items and judgments made elsewhere. Pure: rows in, checked models or problems out.

A row's problems are complete and name line and field. What an expert may see and what is hidden from them part here.
"""

import json
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, cast

import msgspec
from pydantic import Field, JsonValue, StringConstraints

from tallystick import canon
from tallystick.flow.answer import Matter, faults, under
from tallystick.flow.document import Fault, Part, Plain, Problem, Slug, check
from tallystick.flow.routing import CONTENT
from tallystick.flow.rubric import Domain, Rubric
from tallystick.signals import BY_NAME, demonstration, preference
from tallystick.signals.shape import (
    CANDIDATES_MAX,
    LETTERS,
    UNDECIDED,
    Answer,
    Content,
    Mark,
    Signal,
    Value,
    Written,
)
from tallystick.signals.shape import Name as FieldName

PURPOSES = ("work", "gold", "holdout")
UNSTATED: Final = "unstated"
"""The licence of an item whose import names none."""
TEXT_MAX = 200_000
EXPERT: Final = "expert"
"""The model of a candidate that a person here wrote; its version is their pseudonym."""
SPACING = b" \t\r\n\v\f"
TAXONOMY = ("difficulty", "language", "ambiguity", "severity", "interaction", "tools", "failure_cluster", "task_type")

External = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:|/-]{0,127}$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_MAX, pattern=r"\S")]
# These stand in events and columns as they are: a NUL has no place there, and a line break hides what follows it.
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Label = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class Candidate(Part):
    """One candidate answer, and where it comes from: the expert sees only the text.

    The text may be empty: models do answer with nothing, and people judge that too.
    """

    text: Annotated[str, StringConstraints(max_length=TEXT_MAX)]
    model: Name = "unknown"
    version: Name = "unknown"
    sampling: Annotated[dict[Label, Name], Field(max_length=20)] = Field(default_factory=dict)


class Producer(Part):
    """Who made work that stands in an item's own part: steps, a conversation, calls. Hidden from experts."""

    model: Name
    version: Name = "unknown"
    sampling: Annotated[dict[Label, Name], Field(max_length=20)] = Field(default_factory=dict)


class Source(Part):
    """Under which rights an item came."""

    class_: Annotated[Label, Field(alias="class")] = "client_supplied"
    licence: Name = UNSTATED


Points = Annotated[dict[str, Annotated[int, Field(ge=0, le=100)]], Field(min_length=1, max_length=CANDIDATES_MAX)]
"""Points of every scored piece of an item, by its id: of a pair, those of a and b."""
VerdictText = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class GoldKey(Part):
    """What is known to be right about a gold item. Scores are right within one point.

    verdict  empty where the signal finds it from the marks
    """

    verdict: VerdictText = ""
    scores: dict[Slug, Points] = Field(default_factory=dict)
    values: dict[FieldName, Value] = Field(default_factory=dict)
    marks: Annotated[tuple[Mark, ...], Field(max_length=500)] = ()
    rationale: Words | None = None


class ItemRow(Part):
    """One row of an item import. How many candidates it has, and what its own part holds, is said by its signal.

    subjects    people who appear in the content, so that it can be erased with them; kept as keyed digests only
    categories  kinds of content that can weigh on a reader, of those that the contract names
    author      who of the people here wrote it: their pseudonym or login. Hidden from experts; they never judge it
    producer    which model made the work in `material`; a candidate carries its own provenance
    """

    id: External
    domain: Domain
    prompt: Annotated[str, StringConstraints(max_length=TEXT_MAX)]
    candidates: Annotated[tuple[Candidate, ...], Field(max_length=CANDIDATES_MAX)] = ()
    signal: Slug = preference.SIGNAL
    material: dict[str, JsonValue] | None = None
    context: Words | None = None
    language: Label = "en"
    difficulty: Literal["easy", "medium", "hard", "boundary"] | None = None
    ambiguity: Literal["low", "medium", "high"] | None = None
    severity: Literal["low", "medium", "high"] | None = None
    interaction: Literal["single", "multi"] | None = None
    tools: Literal["none", "read", "write"] | None = None
    failure_cluster: Slug | None = None
    task_type: Slug | None = None
    group: Label | None = None
    expected_disagreement: bool = False
    source: Source = Source()
    gold: GoldKey | None = None
    subjects: Annotated[tuple[Name, ...], Field(max_length=8)] = ()
    categories: Annotated[tuple[Slug, ...], Field(max_length=20)] = ()
    author: Name | None = None
    producer: Producer | None = None

    def faults(self) -> list[Fault]:
        """Two candidates that say the same cannot be compared, nor answers to nothing."""
        if self.signal not in BY_NAME:
            expected, fix = f"one of {', '.join(BY_NAME)}", "Name the kind of supervision."
            return [Fault(path=("signal",), expected=expected, found=self.signal, fix=fix)]
        if not self.prompt.strip() and not self.context:
            fix = "Bring the prompt, or remove the row."
            return [Fault(path=("prompt",), expected="a prompt or a context", found="neither", fix=fix)]
        if len({candidate.text.strip() for candidate in self.candidates}) < len(self.candidates):
            expected, fix = "different texts", "Remove the row, or bring the answer that was meant."
            return [Fault(path=("candidates",), expected=expected, found="the same text twice", fix=fix)]
        return []


class JudgmentRow(Part):
    """One row of judgments that were made elsewhere."""

    item: External
    rater: Name
    verdict: VerdictText = ""
    scores: Annotated[dict[Slug, Points], Field(max_length=50)] = Field(default_factory=dict)
    values: Annotated[dict[FieldName, Value], Field(max_length=50)] = Field(default_factory=dict)
    marks: Annotated[tuple[Mark, ...], Field(max_length=500)] = ()
    texts: Annotated[dict[FieldName, Written], Field(max_length=20)] = Field(default_factory=dict)
    reasons: Annotated[tuple[Slug, ...], Field(max_length=20)] = ()
    rationale: Words | None = None
    made_at: Annotated[str, StringConstraints(max_length=40, pattern=r"^[^\x00-\x1f\x7f]*$")] | None = None


def read_item(
    row: Plain, *, line: int, name: str, purpose: str, rubrics: Mapping[str, Rubric],
    categories: Collection[str] = (), cleared: Collection[str] = (),
) -> ItemRow | list[Problem]:  # fmt: skip
    """One item of a row, or all that is wrong with it.

    rubrics     domain: the rubric in force, for every domain of the contract
    categories  the kinds of content that the contract names
    cleared     the domains whose items only cleared people see
    """
    found = check(_kept(row), name, ItemRow, line=line)
    counted = _number_problems(row, name, line=line)
    if isinstance(found, list) or counted:
        return [*(found if isinstance(found, list) else []), *counted]
    problems = [
        *_material_problems(found, name, line=line), *_domain_problems(found, rubrics, name, line=line),
        *_gold_problems(found, purpose, name, line=line), *_category_problems(found, categories, name, line=line),
        *_restricted_problems(found, cleared, name, line=line),
    ]  # fmt: skip
    if not problems and found.gold:
        problems = _key_problems(found, found.gold, rubrics[found.domain], name, line=line)
    return problems or found


def _kept(row: Plain) -> Plain:
    """The row with its signal's own part as it is kept. A row that is none, or of no known signal, is told later."""
    material = row.get("material") if isinstance(row, dict) else None
    signal = BY_NAME.get(str(row.get("signal", preference.SIGNAL))) if isinstance(row, dict) else None
    if not isinstance(row, dict) or not isinstance(material, dict) or signal is None:
        return row
    return {**row, "material": cast("Plain", signal.kept(cast("dict[str, JsonValue]", material)))}


def _category_problems(row: ItemRow, known: Collection[str], name: str, *, line: int) -> list[Problem]:
    """Of a kind that the contract does not name, nobody could be warned, nor opt out."""
    expected = f"a kind of content that the contract names ({', '.join(sorted(known)) or 'it names none'})"
    fix = "Correct the name, or revise the section `welfare` of the contract."
    return [
        _problem(name, line, "categories", expected=expected, found=one, fix=fix)
        for one in row.categories
        if one not in known
    ]


def _restricted_problems(row: ItemRow, cleared: Collection[str], name: str, *, line: int) -> list[Problem]:
    """Items of some signals are for people who were let in: in an open domain everybody who works there sees them."""
    if not BY_NAME[row.signal].is_restricted or row.domain in cleared:
        return []
    expected = f"a domain that only cleared people see, for an item of {row.signal}"
    found = f"{row.domain}, which is open to everybody who works in the programme"
    fix = "Give the domain restricted risk, and the contract a section `routing`; or name a domain that has both."
    return [_problem(name, line, "domain", expected=expected, found=found, fix=fix)]


def _number_problems(row: Plain, name: str, *, line: int) -> list[Problem]:
    """What is wrong with the number of candidates, told also where other fields are broken."""
    given = row if isinstance(row, dict) else {}
    signal, candidates = BY_NAME.get(str(given.get("signal", preference.SIGNAL))), given.get("candidates", [])
    if signal is None or not isinstance(candidates, list) or len(candidates) > CANDIDATES_MAX:
        return []
    least, most = signal.candidates
    expected = f"{least} candidates" if least == most else f"{least} to {most} candidates"
    fix = f"An item of the signal {signal.name} has as many."
    wrong = _problem(name, line, "candidates", expected=expected, found=str(len(candidates)), fix=fix)
    return [] if least <= len(candidates) <= most else [wrong]


def _material_problems(row: ItemRow, name: str, *, line: int) -> list[Problem]:
    """What is wrong with the part of the item that belongs to its signal alone."""
    signal = BY_NAME[row.signal]
    if signal.material is None and row.producer is not None:
        fix = "Say of each candidate who made it, with `model`, `version` and `sampling`."
        expected = f"no producer, since an item of the signal {row.signal} holds no work beside its candidates"
        return [_problem(name, line, "producer", expected=expected, found="one", fix=fix)]
    if signal.material is None:
        fix = f"An item of the signal {row.signal} has none: remove it."
        wrong = _problem(name, line, "material", expected="no material", found="some", fix=fix)
        return [] if row.material is None else [wrong]
    if row.material is None:
        fix = f"Bring the part that an item of the signal {row.signal} has: {', '.join(signal.material.model_fields)}."
        return [_problem(name, line, "material", expected="the signal's own part", found="nothing", fix=fix)]
    checked = check(cast("Plain", row.material), name, signal.material, line=line, under=("material",))
    if isinstance(checked, list):
        return checked
    return [
        _problem(name, line, f"material.{fault.field}", expected=fault.sentence, found="what is there", fix="Mend it.")
        for fault in signal.item_faults(content_of_row(row))
    ]


def _key_problems(row: ItemRow, gold: GoldKey, rubric: Rubric, name: str, *, line: int) -> list[Problem]:
    """What is wrong with a gold key: it is an answer to the item's own form, in the item's own order."""
    content, signal = content_of_row(row), BY_NAME[row.signal]
    answer = Answer(verdict=gold.verdict, scores=dict(gold.scores), values=dict(gold.values), marks=list(gold.marks))
    matter = Matter(signal=signal, content=content, order=LETTERS[: len(content.candidates)].upper())
    verdicts = matter.form(rubric).verdicts
    if len(verdicts) == 1:
        expected = "an item on which an answer can be wrong: the form of this one has a single verdict that decides"
        fix = "Bring a response to be reviewed as its candidate, or choose another item."
        return [_problem(name, line, "gold.verdict", expected=expected, found=verdicts[0].value, fix=fix)]
    return [
        _problem(name, line, f"gold.{fault.field}", expected=fault.sentence, found="another key", fix="Correct it.")
        for fault in faults(answer, rubric, matter, is_whole=False)
    ]


def _domain_problems(row: ItemRow, rubrics: Mapping[str, Rubric], name: str, *, line: int) -> list[Problem]:
    rubric = rubrics.get(row.domain)
    if rubric is None:
        known = ", ".join(sorted(rubrics)) or "none yet: publish a rubric first"
        fix = "Correct the domain, or revise the contract."
        expected = f"a domain with a rubric in this programme ({known})"
        return [_problem(name, line, "domain", expected=expected, found=row.domain, fix=fix)]
    strange = sorted(set(row.gold.scores) - set(rubric.by_id)) if row.gold else []
    expected = f"criteria of {rubric.id} ({', '.join(rubric.by_id)})"
    return [
        _problem(name, line, f"gold.scores.{criterion}", expected=expected, found=criterion, fix="Correct the name.")
        for criterion in strange
    ]


def _gold_problems(row: ItemRow, purpose: str, name: str, *, line: int) -> list[Problem]:
    if purpose == "gold" and row.gold is None:
        fix = "Add the verdict that is right, or import the row as work."
        return [_problem(name, line, "gold", expected="a gold verdict", found="nothing", fix=fix)]
    if purpose == "gold" and row.gold and row.gold.verdict in UNDECIDED:
        fix = "Choose items with a right answer."
        return [_problem(name, line, "gold.verdict", expected="a verdict", found=row.gold.verdict, fix=fix)]
    if purpose != "gold" and row.gold is not None:
        fix = "Import gold items with the purpose gold, so that experts meet them only in qualification."
        return [_problem(name, line, "gold", expected=f"no gold key on an item for {purpose}", found="one", fix=fix)]
    return []


def read_judgment(row: Plain, *, line: int, name: str) -> JudgmentRow | list[Problem]:
    """One imported judgment of a row, or all that is wrong with it."""
    return check(row, name, JudgmentRow, line=line)


def row_problem(name: str, line: int, field: str, *, expected: str, found: str, fix: str) -> Problem:
    """A problem that only the cell's state shows: an item that is there already, an unknown item."""
    return _problem(name, line, field, expected=expected, found=found, fix=fix)


def _problem(name: str, line: int, field: str, *, expected: str, found: str, fix: str) -> Problem:
    return Problem(name=name, line=line, path=field, expected=expected, found=found, fix=fix)


def visible(row: ItemRow) -> bytes:
    """What an expert sees, as canonical bytes: prompt, context, candidate texts, the signal's own part.

    That part holds numbers as a source wrote them, which the canonical form does not know: it stands as JSON text.
    """
    texts = [{"text": candidate.text} for candidate in row.candidates]
    plain: dict[str, object] = {"candidates": texts, "context": row.context, "prompt": row.prompt}
    if row.signal != preference.SIGNAL:
        plain |= {"material": json.dumps(row.material, sort_keys=True), "signal": row.signal}
    return canon.encode(plain)


def content_of_row(row: ItemRow) -> Content:
    """The content of a checked row, in the item's own order."""
    return Content(
        prompt=row.prompt, context=row.context, candidates=tuple(candidate.text for candidate in row.candidates),
        material=row.material or {},
    )  # fmt: skip


def content_of(data: bytes, order: str) -> tuple[Signal, Content]:
    """What `visible` gave, as somebody sees it.

    order  the item's own letters in the order in which candidates are shown; those that it does not name come after
    """
    plain = msgspec.json.decode(data, type=_Visible)
    texts = [candidate["text"] for candidate in plain.candidates]
    named = [LETTERS.index(letter.lower()) for letter in order]
    places = [place for place in named if place < len(texts)]
    places += [place for place in range(len(texts)) if place not in places]
    content = Content(
        prompt=plain.prompt, context=plain.context, candidates=tuple(texts[place] for place in places),
        material=json.loads(plain.material) if plain.material else {},
    )  # fmt: skip
    return BY_NAME[plain.signal], content


class _Visible(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the vault object of an item's content."""

    prompt: str
    context: str | None
    candidates: list[dict[str, str]]
    material: str | None = None
    signal: str = preference.SIGNAL


def hidden(row: ItemRow, rubric: Rubric) -> bytes:
    """What no expert sees before their time, as canonical bytes: candidate identity, family, gold key."""
    gold: dict[str, object] | None = None
    if row.gold:
        scores = {name: dict(points) for name, points in row.gold.scores.items()}
        gold = {"rationale": row.gold.rationale, "scores": scores, "verdict": _key_verdict(row, row.gold, rubric)}
        if row.gold.values or row.gold.marks:
            marks = [mark.model_dump(mode="json", exclude_none=True) for mark in row.gold.marks]
            gold |= {"marks": marks, "values": dict(row.gold.values)}
    return canon.encode(_behind(row) | {"gold": gold})


def _behind(row: ItemRow) -> dict[str, object]:
    """Who the candidates and the work are of. An item that names no producer says nothing of one."""
    candidates = [_provenance(candidate) for candidate in row.candidates]
    producer = {"producer": _provenance(row.producer)} if row.producer else {}
    return {"candidates": candidates, "group": row.group, **producer}


def _provenance(one: Candidate | Producer) -> dict[str, object]:
    return {"model": one.model, "sampling": one.sampling, "version": one.version}


@dataclass(frozen=True, slots=True, kw_only=True)
class Authored:
    """Who wrote a demonstration, in which role, by which judgment and under which rubric version."""

    external: str
    domain: Domain
    person: str
    role: str
    judgment: str
    rubric: str


def for_review(content: bytes, texts: Mapping[str, str], author: Authored) -> ItemRow:
    """A written demonstration as an item that others review: the response is its candidate, evidence stays evidence.

    content  the item for which it was written, as `visible` gave it
    texts    what its author wrote: the response, and the work beside it
    """
    plain = msgspec.json.decode(content, type=_Visible)
    by = {"judgment": author.judgment, "role": author.role, "rubric": author.rubric}
    response = Candidate(text=texts["response"], model=EXPERT, version=author.person, sampling=by)
    return ItemRow(
        id=author.external, domain=author.domain, prompt=plain.prompt, context=plain.context, signal=plain.signal,
        candidates=(response,),
        material=demonstration.with_work(json.loads(plain.material or "{}"), texts.get("work", "")),
    )  # fmt: skip


def identities(row: ItemRow) -> bytes:
    """What no expert sees of an item without a gold key: who its candidates are of."""
    return canon.encode(_behind(row) | {"gold": None})


def _key_verdict(row: ItemRow, gold: GoldKey, rubric: Rubric) -> str:
    """The verdict of a gold key. A signal whose form has none finds it from the key's marks."""
    answer = Answer(verdict=gold.verdict, values=dict(gold.values), marks=list(gold.marks))
    return under(BY_NAME[row.signal], rubric).verdict_of(answer, content_of_row(row))


def normalised(row: ItemRow) -> bytes:
    """The content without case, spacing and candidate order: equal for items that ask the same."""
    texts = sorted(_plain(candidate.text) for candidate in row.candidates)
    own = [row.signal, _plain(json.dumps(row.material, sort_keys=True))] if row.signal != preference.SIGNAL else []
    return canon.encode([_plain(row.prompt), _plain(row.context or ""), *texts, *own])


def spelling(subject: str) -> str:
    """Somebody named in content, as they are found again: without case and spacing."""
    return " ".join(unicodedata.normalize("NFKC", subject).casefold().split())


def taxonomy(row: ItemRow) -> dict[str, str]:
    """The axes on which an item has a value."""
    found = {axis: value for axis in TAXONOMY if (value := getattr(row, axis)) is not None}
    return found | ({CONTENT: ",".join(sorted(set(row.categories)))} if row.categories else {})


def _plain(text: str) -> str:
    return text.lower().encode().translate(None, SPACING).decode()

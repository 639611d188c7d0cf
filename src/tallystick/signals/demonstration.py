"""Demonstration: the response that a model should give, apart from the evidence it rests on (SPEC 2.1).

An item without a candidate is written by an author from prompt and evidence. An item with one is reviewed: endorsed,
revised or rejected; a demonstration that an author wrote comes back that way, to somebody else. Reads and writes
nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from tallystick.signals.ratings import labels_on
from tallystick.signals.shape import (
    UNDECIDED,
    Answer,
    Choice,
    Code,
    Codes,
    Content,
    Facts,
    Fault,
    Form,
    Given,
    Labelling,
    Measure,
    Piece,
    PieceId,
    PieceText,
    Rated,
    Row,
    Signal,
    Text,
    Writing,
    asked,
    is_rewritten,
    repeated,
    title_of,
    turn,
)

REVIEWED: Final = ("rejected", "revised", "endorsed")
"""What a reviewer can make of a response, from worst to best."""
WRITTEN: Final = "written"
ARTEFACTS_MAX: Final = 50


class Evidence(BaseModel):
    """One piece of source evidence: what the response may rest on. Never part of the response."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: PieceId
    title: Text
    text: PieceText
    source: Text | None = None


class Artefact(BaseModel):
    """Work that came with the item: a calculation, notes, a file. Shown, and never part of the response."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: PieceId
    title: Text
    text: PieceText
    kind: Literal["text", "code"] = "text"


class Sources(BaseModel):
    """An item's own part: evidence and artefacts. Both may be empty."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    evidence: Annotated[list[Evidence], Field(max_length=50)] = []
    artefacts: Annotated[list[Artefact], Field(max_length=ARTEFACTS_MAX)] = []


def with_work(material: Mapping[str, JsonValue], work: str) -> dict[str, JsonValue]:
    """An item's own part with its author's work beside it, as an artefact; as it is without work, or a place for it."""
    found = Sources.model_validate(material)
    taken = {*(one.id for one in found.evidence), *(one.id for one in found.artefacts)}
    name = next(name for name in (f"work{number or ''}" for number in range(len(taken) + 1)) if name not in taken)
    if not work.strip() or len(found.artefacts) == ARTEFACTS_MAX:
        return dict(material)
    own = Artefact(id=name, title="Work of the author", text=work)
    artefacts: list[JsonValue] = [one.model_dump(mode="json") for one in (*found.artefacts, own)]
    return {**material, "artefacts": artefacts}


def _sources(content: Content) -> Sources:
    return Sources.model_validate(content.material)


class Demonstration(Signal):
    """A response that is written, or one that is endorsed, revised or rejected."""

    name: ClassVar[str] = "demonstration"
    title: ClassVar[str] = "Demonstration"
    about: ClassVar[str] = "The response that a model should give, and the evidence that it rests on."
    candidates: ClassVar[tuple[int, int]] = (0, 1)
    material: ClassVar[type[BaseModel] | None] = Sources
    exports: ClassVar[Mapping[str, str]] = {
        "sft": "one row a judgment that wrote, endorsed or revised: prompt, completion",
        "unpaired": "one row a review: the response that was reviewed is wanted (endorsed) or not (revised, rejected)",
        "preference": "one row a revision: the revised response over the one before",
    }

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What was written is reviewed before anything is agreed on: an author's own work is no rating."""
        return (
            Measure(
                name="verdict", title="Review", unit="item", level="ordinal", values=REVIEWED, read=_reviewed,
            ),
            Measure(
                name="evidence", title="Evidence", unit="piece of evidence", level="nominal",
                values=("rests_on", "speaks_against"), read=labels_on("evidence"),
            ),
        )  # fmt: skip

    def item_faults(self, content: Content) -> list[Fault]:
        found = _sources(content)
        taken = ["a"] * len(content.candidates)
        evidence = [*taken, *(one.id for one in found.evidence)]
        artefacts = [*evidence, *(one.id for one in found.artefacts)]
        return repeated(evidence, "piece of evidence", "evidence") or repeated(artefacts, "artefact", "artefacts")

    def pieces(self, content: Content) -> tuple[Piece, ...]:
        found = _sources(content)
        evidence = [
            Piece(
                id=one.id, kind="text", title=one.title, text=one.text,
                facts=(("Source", one.source),) if one.source else (),
            )
            for one in found.evidence
        ]  # fmt: skip
        artefacts = [Piece(id=one.id, kind=one.kind, title=one.title, text=one.text) for one in found.artefacts]
        response = [Piece(id="a", kind="candidate", title="Response", text=text) for text in content.candidates]
        return (*evidence, *artefacts, *response)

    def form(self, content: Content, codes: Codes) -> Form:
        evidence = tuple(one.id for one in _sources(content).evidence)
        is_review = bool(content.candidates)
        kept = frozenset({"endorsed", "revised"} if is_review else {WRITTEN})
        return Form(
            verdict_title="Review" if is_review else "Response", verdicts=_REVIEW if is_review else _AUTHOR,
            scored=("a",) if is_review else (), labellings=(_evidence(evidence),) if evidence else (),
            choices=(_basis(kept),) if evidence else (), writings=(_response(is_review=is_review), _WORK),
        )  # fmt: skip

    def own_faults(self, answer: Answer, content: Content) -> list[Fault]:
        if answer.verdict in UNDECIDED:
            return []
        return [*_response_faults(answer, content), *_basis_faults(answer)]

    def writes(self, verdict: str) -> bool:
        return verdict == WRITTEN

    def rows(self, content: Content, given: Sequence[Given]) -> Mapping[str, Sequence[Row]]:
        reviewed = [one for one in given if content.candidates and one.facts.verdict in REVIEWED]
        return {
            "sft": [row for one in given for row in _sft(content, one)],
            "unpaired": [
                {
                    "prompt": turn("user", asked(content)), "completion": turn("assistant", content.candidates[0]),
                    "label": one.facts.verdict == "endorsed", "verdict": one.facts.verdict,
                }
                for one in reviewed
            ],
            "preference": [
                {
                    "prompt": turn("user", asked(content)), "chosen": turn("assistant", one.texts["response"]),
                    "rejected": turn("assistant", content.candidates[0]),
                }
                for one in reviewed
                if one.facts.verdict == "revised" and "response" in one.texts
            ],
        }  # fmt: skip


def _evidence(pieces: tuple[str, ...]) -> Labelling:
    return Labelling(
        name="evidence", title="Evidence", pieces=pieces,
        labels=(
            Code("rests_on", "The response rests on it"),
            Code("speaks_against", "It speaks against the response", "Say why the response stands all the same."),
        ),
        note_labels=frozenset({"speaks_against"}), note_title="What of it",
        help="Leave evidence unmarked that the response makes no use of.",
    )  # fmt: skip


def _response(*, is_review: bool) -> Writing:
    if is_review:
        return Writing(
            name="response", title="Revised response", when=frozenset({"revised"}), rows=12, starts_with="a",
            help="The whole response as it should be.",
        )  # fmt: skip
    return Writing(name="response", title="Response", rows=12, help="What the model should answer, and nothing else.")


_REVIEW: Final = (
    Code("endorsed", "Endorse it as it is"), Code("revised", "Revise it"),
    Code("rejected", "Reject it", "No revision would make it a response that a model should give."),
)  # fmt: skip
_AUTHOR: Final = (Code(WRITTEN, "I have written the response"),)
_WORK: Final = Writing(
    name="work", title="Your work", is_required=False, rows=4,
    help="A calculation or notes, kept beside the response and never part of it.",
)  # fmt: skip


def _basis(verdicts: frozenset[str]) -> Choice:
    return Choice(
        name="basis", title="What the response rests on", when=verdicts,
        options=(
            Code("evidence", "The evidence alone"), Code("both", "The evidence and what I know"),
            Code("knowledge", "What I know; the evidence was of no use"),
        ),
    )  # fmt: skip


def _response_faults(answer: Answer, content: Content) -> Iterator[Fault]:
    """A page sends the response along as it stood: unchanged, it is no revision, and no fault of another verdict."""
    if not content.candidates:
        return
    response = answer.texts.get("response", "").strip()
    is_changed = is_rewritten(response, content.candidates[0])
    if answer.verdict == "revised" and response and not is_changed:
        yield Fault("texts.response", "Expected a revised response, found the one before: endorse it, or change it.")
    elif answer.verdict != "revised" and is_changed:
        verdict_title = title_of(answer.verdict, _REVIEW)
        sentence = f"Expected a revised response only with the verdict “Revise it”, found one with “{verdict_title}”."
        yield Fault("texts.response", sentence)


def _basis_faults(answer: Answer) -> Iterator[Fault]:
    basis = answer.values.get("basis")
    if basis is None:
        return
    does_rest = any(mark.field == "evidence" and mark.label == "rests_on" for mark in answer.marks)
    if basis != "knowledge" and not does_rest:
        yield Fault("marks.evidence", "Mark the evidence that the response rests on.", is_missing=True)
    elif basis == "knowledge" and does_rest:
        yield Fault(
            "values.basis", "Expected no evidence that the response rests on where it rests on none, found some."
        )


def _reviewed(facts: Facts) -> Rated:
    return (("", facts.verdict),) if facts.verdict in REVIEWED else ()


def _sft(content: Content, one: Given) -> Iterator[Row]:
    texts = {"endorsed": content.candidates[0]} if content.candidates else {}
    if "response" in one.texts:
        texts |= {WRITTEN: one.texts["response"], "revised": one.texts["response"]}
    verdict = one.facts.verdict
    if verdict in texts:
        rests: list[JsonValue] = [
            mark.on for mark in one.facts.marks if mark.field == "evidence" and mark.label == "rests_on"
        ]
        yield {
            "prompt": turn("user", asked(content)), "completion": turn("assistant", texts[verdict]),
            "verdict": verdict, "evidence": rests,
        }  # fmt: skip

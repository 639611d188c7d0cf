"""Outcome: what a response came to, by what verifiers and experts found, dimension by dimension (SPEC 2.6).

An expert sees what machines found and did not find, scores the rubric's criteria, says of every claim how it is
supported, and decides. Where the data has its own closed set of answers, such as yes, no and maybe, the expert gives
one of those. Reads and writes nothing; a hidden reference answer is no part of an item.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field

from tallystick.signals import verified
from tallystick.signals.ratings import decided, labels_on
from tallystick.signals.shape import (
    UNDECIDED,
    Answer,
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
    Value,
    asked,
    repeated,
    turn,
    values_of,
)

GRADES: Final = ("incorrect", "partly_correct", "correct")
"""Verdicts on a response, from worst to best."""
CLAIM: Final = "claim_"
"""A rubric's list with a name that begins so is one more thing to say of every claim."""
CODES: Final[Codes] = {
    "support": (
        Code("supported", "Supported"), Code("unsupported", "Unsupported", "Nothing at hand speaks for it."),
        Code("contradictory", "Contradictory", "What is at hand speaks against it."),
        Code("unverifiable", "Unverifiable", "Nothing that could be at hand would settle it."),
    ),
}  # fmt: skip


class Claim(BaseModel):
    """One claim of the response, and the passages that it cites or that were found for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: PieceId
    text: PieceText
    evidence: Annotated[list[PieceText], Field(max_length=20)] = []


class Label(BaseModel):
    """One answer of a closed set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: Value
    title: Text | None = None


class Findings(BaseModel):
    """An item's own part: what verifiers found, the response's claims, the closed set of answers. Each may be empty."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    verifiers: Annotated[list[verified.Found], Field(max_length=50)] = []
    claims: Annotated[list[Claim], Field(max_length=100)] = []
    labels: Annotated[list[Label], Field(max_length=50)] = []


def _findings(content: Content) -> Findings:
    return Findings.model_validate(content.material)


class Outcome(Signal):
    """A decision on one response, or one answer out of a closed set."""

    name: ClassVar[str] = "outcome"
    title: ClassVar[str] = "Outcome"
    about: ClassVar[str] = "Whether a response is right, dimension by dimension, beside what verifiers found."
    candidates: ClassVar[tuple[int, int]] = (0, 1)
    material: ClassVar[type[BaseModel] | None] = Findings
    codes: Codes = CODES
    exports: ClassVar[Mapping[str, str]] = {
        "unpaired": "one row a judgment of a response: wanted where it is correct, and not where it is partly so or "
        "not at all; the verdict stands beside it",
        "labels": "one row a judgment out of a closed set of answers: prompt, label",
    }

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The grade stands apart from the verdict: a closed set of the data has no order that is known here."""
        return (
            Measure(name="verdict", title="Outcome", unit="item", level="nominal", values=None, read=decided),
            Measure(name="grade", title="Grade", unit="item", level="ordinal", values=GRADES, read=_grade),
            *(
                Measure(
                    name=name, title=_title(name), unit="claim", level="nominal", values=values_of(codes),
                    read=labels_on(name),
                )
                for name, codes in self.codes.items()
            ),
            verified.MEASURE,
        )  # fmt: skip

    def has_list(self, name: str) -> bool:
        return name in self.codes or name.startswith(CLAIM)

    def item_faults(self, content: Content) -> list[Fault]:
        found = _findings(content)
        values = [label.value for label in found.labels]
        if not content.candidates and not found.labels:
            return [Fault("labels", "Expected a response, or a closed set of answers to choose from; found neither.")]
        if found.labels and not 2 <= len(set(values)) == len(values):
            return [Fault("labels", f"Expected two different answers or more, found {', '.join(values)}.")]
        undecided = sorted(set(values) & set(UNDECIDED))
        if undecided:
            return [Fault("labels", f"Expected no {', '.join(undecided)}: every item offers it already.")]
        taken = ["a"] * len(content.candidates)
        claims = [*taken, *(one.id for one in found.claims)]
        results = [*claims, *(one.id for one in found.verifiers)]
        return repeated(claims, "claim", "claims") or repeated(results, "verifier result", "verifiers")

    def pieces(self, content: Content) -> tuple[Piece, ...]:
        found = _findings(content)
        response = [Piece(id="a", kind="candidate", title="Response", text=text) for text in content.candidates]
        claims = [
            Piece(
                id=claim.id, kind="text", title=f"Claim {number}", text=claim.text,
                facts=tuple((f"Evidence {n}", text) for n, text in enumerate(claim.evidence, 1)),
            )
            for number, claim in enumerate(found.claims, 1)
        ]  # fmt: skip
        return (*response, *claims, *(verified.piece(one) for one in found.verifiers))

    def form(self, content: Content, codes: Codes) -> Form:
        found = _findings(content)
        claims = tuple(claim.id for claim in found.claims)
        on_claims = [
            Labelling(name=name, title=_title(name), pieces=claims, labels=labels, is_every=True)
            for name, labels in {**self.codes, **codes}.items()
        ]
        labels = tuple(Code(one.value, one.title or one.value) for one in found.labels)
        return Form(
            verdict_title="Answer" if labels else "Outcome",
            verdicts=labels or _GRADES,
            scored=("a",) if content.candidates else (),
            labellings=(*(on_claims if claims else ()), *verified.part(found.verifiers)),
        )

    def own_faults(self, answer: Answer, content: Content) -> list[Fault]:
        if answer.verdict != "correct" or _findings(content).labels:
            return []
        against = [mark.on for mark in answer.marks if (mark.field, mark.label) == ("support", "contradictory")]
        if not against:
            return []
        sentence = f"Expected no contradictory claim in a correct response, found {', '.join(against)}."
        return [Fault("verdict", sentence)]

    def rows(self, content: Content, given: Sequence[Given]) -> Mapping[str, Sequence[Row]]:
        return {"unpaired": list(_unpaired(content, given)), "labels": list(_labels(content, given))}


def _title(name: str) -> str:
    return name.removeprefix(CLAIM).replace("_", " ").capitalize() + " of the claims"


_GRADES: Final = (
    Code("correct", "Correct"), Code("partly_correct", "Partly correct"), Code("incorrect", "Incorrect"),
)  # fmt: skip


def _grade(facts: Facts) -> Rated:
    return (("", facts.verdict),) if facts.verdict in GRADES else ()


def _unpaired(content: Content, given: Sequence[Given]) -> Iterator[Row]:
    """A closed set of the data says nothing of whether a response is wanted."""
    if not content.candidates or _findings(content).labels:
        return
    for one in given:
        if one.facts.verdict in GRADES:
            yield {
                "prompt": turn("user", asked(content)), "completion": turn("assistant", content.candidates[0]),
                "label": one.facts.verdict == "correct", "verdict": one.facts.verdict,
                "dimensions": [
                    {"criterion": name, "points": points["a"]}
                    for name, points in sorted(one.facts.scores.items())
                    if "a" in points
                ],
                "claims": [{"claim": m.on, "dimension": m.field, "label": m.label} for m in one.facts.marks],
            }  # fmt: skip


def _labels(content: Content, given: Sequence[Given]) -> Iterator[Row]:
    known = [label.value for label in _findings(content).labels]
    for one in given:
        if one.facts.verdict in known:
            yield {
                "prompt": turn("user", asked(content)), "completion": content.candidates[0] if content.candidates
                else None, "label": one.facts.verdict, "labels": [*known],
            }  # fmt: skip

"""Preference: two candidates and a verdict, never a forced binary (SPEC 2.2). Reads and writes nothing.

An expert sees candidates in an order of their own and answers in it; `unshuffled` turns the answer into the item's
own candidates, and everything behind it speaks of those.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

SIGNAL: Final = "preference"
VERDICTS: Final = (
    "a_clearly", "a_slightly", "tie", "b_slightly", "b_clearly", "both_unacceptable", "insufficient_context", "abstain",
)  # fmt: skip
IMPORTED_VERDICTS: Final = (*VERDICTS, "a", "b")
"""Sources elsewhere often name only the winner: how clearly it won is then not known, and not invented."""
UNDECIDED: Final = ("insufficient_context", "abstain")
"""Verdicts that compare nothing: they are counted, and left out of agreement."""
DIRECTIONS: Final = ("a", "b", "tie", "both_unacceptable")
STRENGTHS: Final = ("a_clearly", "a_slightly", "tie", "b_slightly", "b_clearly")
"""The preference scale in its order, for ordinal coefficients."""

REASON_CHARACTERS_MIN: Final = 10
TEXT_CHARACTERS_MAX: Final = 20_000
ACTIVE_MS_MAX: Final = 24 * 3_600_000

Verdict = Literal[
    "a_clearly", "a_slightly", "tie", "b_slightly", "b_clearly", "both_unacceptable", "insufficient_context", "abstain"
]
Order = Literal["AB", "BA"]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=TEXT_CHARACTERS_MAX)]
CriterionId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]

_SWAPPED: Final = {
    "a": "b", "b": "a", "a_clearly": "b_clearly", "a_slightly": "b_slightly", "b_slightly": "a_slightly",
    "b_clearly": "a_clearly",
}  # fmt: skip


class Points(BaseModel):
    """One criterion's scores for both candidates, on the rubric's scale."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    a: Annotated[int, Field(ge=0, le=100)]
    b: Annotated[int, Field(ge=0, le=100)]


class Reason(BaseModel):
    """Why, tied to one criterion; with a quote from the work or a citation where the rubric asks for one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    criterion: CriterionId
    text: Text
    quote: Text | None = None
    citation: Text | None = None


class PreferenceAnswer(BaseModel):
    """What an expert sends. A and B are the candidates as they were shown to this expert.

    scores     every criterion of the rubric; null where the expert abstains from it
    confirmed  criteria whose contradiction with the verdict was pointed out and kept on purpose
    active_ms  time on the page, pauses over 60 s left out
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    verdict: Verdict
    scores: Annotated[dict[CriterionId, Points | None], Field(max_length=50)]
    reasons: Annotated[list[Reason], Field(max_length=20)]
    confirmed: Annotated[list[CriterionId], Field(max_length=50)] = []
    active_ms: Annotated[int, Field(ge=0, le=ACTIVE_MS_MAX)] = 0


@dataclass(frozen=True, slots=True)
class CriterionScale:
    """What a preference must know of a criterion."""

    low: int
    high: int
    is_citation_required: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an answer: which field, and a sentence for the expert."""

    field: str
    sentence: str


def swap(verdict: str) -> str:
    """The same verdict with the candidates exchanged."""
    return _SWAPPED.get(verdict, verdict)


def unshuffled(answer: PreferenceAnswer, order: str) -> tuple[str, dict[str, dict[str, int]]]:
    """Verdict and scores in terms of the item's own candidates. Criteria without points are left out."""
    given = {name: points for name, points in answer.scores.items() if points is not None}
    if order == "AB":
        return answer.verdict, {name: {"a": points.a, "b": points.b} for name, points in given.items()}
    return swap(answer.verdict), {name: {"a": points.b, "b": points.a} for name, points in given.items()}


def direction(verdict: str) -> str | None:
    """Which way a verdict points: a, b, tie or both_unacceptable; None when it compares nothing."""
    return None if verdict in UNDECIDED else verdict.removesuffix("_clearly").removesuffix("_slightly")


def strength(verdict: str) -> str | None:
    """The place of a verdict on the preference scale; None when it has none.

    A winner whose margin the source did not give counts as a slight preference.
    """
    named = {"a": "a_slightly", "b": "b_slightly"}.get(verdict, verdict)
    return named if named in STRENGTHS else None


def faults(answer: PreferenceAnswer, criteria: Mapping[str, CriterionScale]) -> list[Fault]:
    """Everything that keeps an answer from being a judgment, in the order of the form."""
    return [*_score_faults(answer, criteria), *_reason_faults(answer, criteria)]


def _score_faults(answer: PreferenceAnswer, criteria: Mapping[str, CriterionScale]) -> list[Fault]:
    found = [
        Fault(f"scores.{name}", f"Expected a criterion of this rubric ({', '.join(criteria)}), found {name}.")
        for name in answer.scores
        if name not in criteria
    ]
    if answer.verdict in UNDECIDED:
        return found
    for name, scale in criteria.items():
        if name not in answer.scores:
            found.append(Fault(f"scores.{name}", f"Score {name} for both answers, or choose that you cannot say."))
        points = answer.scores.get(name)
        if points is not None and not (scale.low <= points.a <= scale.high and scale.low <= points.b <= scale.high):
            expected = f"Expected scores from {scale.low} to {scale.high}"
            found.append(Fault(f"scores.{name}", f"{expected} for {name}, found {points.a} and {points.b}."))
    return found


def _reason_faults(answer: PreferenceAnswer, criteria: Mapping[str, CriterionScale]) -> list[Fault]:
    if not answer.reasons:
        return [Fault("reasons", "Give at least one reason and tie it to a criterion.")]
    found = []
    for number, reason in enumerate(answer.reasons):
        where = f"reasons.{number}"
        if reason.criterion not in criteria:
            sentence = f"Expected a criterion of this rubric ({', '.join(criteria)}), found {reason.criterion}."
            found.append(Fault(f"{where}.criterion", sentence))
        elif criteria[reason.criterion].is_citation_required and not (reason.quote or reason.citation):
            found.append(Fault(f"{where}.quote", f"The rubric asks for a quote or a citation with {reason.criterion}."))
        if len(reason.text) < REASON_CHARACTERS_MIN:
            sentence = f"Expected a reason of at least {REASON_CHARACTERS_MIN} characters, found {len(reason.text)}."
            found.append(Fault(f"{where}.text", sentence))
    return found


def defects(answer: PreferenceAnswer, *, shown: list[str], earlier: list[str]) -> list[str]:
    """Rationale defects that do not stop a judgment but are recorded with it (SPEC 2.12).

    shown    texts that were on the page: a reason that only repeats one of them is copied
    earlier  the expert's latest reasons on other items: the same words again are copied too
    """
    found = []
    texts = [_plain(reason.text) for reason in answer.reasons]
    before = {_plain(text) for text in earlier}
    if any(text in before for text in texts) or len(set(texts)) < len(texts):
        found.append("copied-from-self")
    pages = [_plain(page) for page in shown]
    if any(len(text) > 30 and text in page for text in texts for page in pages):
        found.append("copied-from-page")
    return found


def _plain(text: str) -> str:
    return " ".join(text.lower().split())

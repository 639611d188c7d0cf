"""Preference: two candidates and a verdict, never a forced binary (SPEC 2.2). Reads and writes nothing.

An expert sees candidates in an order of their own and answers in it; `unshuffled` turns the answer into the item's
own candidates, and everything behind it speaks of those.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Final, Literal

from tallystick.signals import shape
from tallystick.signals.shape import (
    Code,
    Codes,
    Content,
    Facts,
    Form,
    Measure,
    Rated,
    Signal,
)

SIGNAL: Final = "preference"
VERDICTS: Final = (
    "a_clearly", "a_slightly", "tie", "b_slightly", "b_clearly", "both_unacceptable", "insufficient_context", "abstain",
)  # fmt: skip
IMPORTED_VERDICTS: Final = (*VERDICTS, "a", "b")
"""Sources elsewhere often name only the winner: how clearly it won is then not known, and not invented."""
DIRECTIONS: Final = ("a", "b", "tie", "both_unacceptable")
STRENGTHS: Final = ("a_clearly", "a_slightly", "tie", "b_slightly", "b_clearly")
"""The preference scale in its order, for ordinal coefficients."""

Verdict = Literal[
    "a_clearly", "a_slightly", "tie", "b_slightly", "b_clearly", "both_unacceptable", "insufficient_context", "abstain"
]

_SWAPPED: Final = {
    "a": "b", "b": "a", "a_clearly": "b_clearly", "a_slightly": "b_slightly", "b_slightly": "a_slightly",
    "b_clearly": "a_clearly",
}  # fmt: skip


def swap(verdict: str) -> str:
    """The same verdict with the candidates exchanged."""
    return _SWAPPED.get(verdict, verdict)


def categories(directions: Iterable[str]) -> tuple[str, ...]:
    """The directions among which these stand: those of a pair, or of another signal the ones that were given."""
    given = set(directions)
    return DIRECTIONS if given <= set(DIRECTIONS) else tuple(sorted(given))


def strength(verdict: str) -> str | None:
    """The place of a verdict on the preference scale; None when it has none.

    A winner whose margin the source did not give counts as a slight preference.
    """
    named = {"a": "a_slightly", "b": "b_slightly"}.get(verdict, verdict)
    return named if named in STRENGTHS else None


class Preference(Signal):
    """Two candidates and a verdict."""

    name: ClassVar[str] = SIGNAL
    title: ClassVar[str] = "Preference"
    question: ClassVar[str] = "Which answer is better?"
    about: ClassVar[str] = "Which of two answers is better, how clearly, or why neither is."
    candidates: ClassVar[tuple[int, int]] = (2, 2)
    is_pair: ClassVar[bool] = True

    @property
    def measures(self) -> tuple[Measure, ...]:
        return (
            Measure(
                name="verdict", title="Preference", unit="item", level="nominal", values=DIRECTIONS, read=_directions
            ),
            Measure(
                name="strength", title="Strength of preference", unit="item", level="ordinal", values=STRENGTHS,
                read=_strengths,
            ),
        )  # fmt: skip

    def headline(self, level: str) -> Measure:
        direction_of, strength_of = self.measures
        return strength_of if level == "ordinal" else direction_of

    def form(self, content: Content, codes: Codes) -> Form:
        return Form(verdict_title="Verdict", verdicts=_VERDICT_CODES, scored=("a", "b"))

    def renamed(self, verdict: str, names: Mapping[str, str]) -> str:
        return verdict if names.get("a", "a") == "a" else swap(verdict)


_VERDICT_CODES: Final = (
    Code("a_clearly", "A clearly"), Code("a_slightly", "A slightly"), Code("tie", "Tie"),
    Code("b_slightly", "B slightly"), Code("b_clearly", "B clearly"), Code("both_unacceptable", "Both unacceptable"),
)  # fmt: skip


def _directions(facts: Facts) -> Rated:
    return _one(shape.direction(facts.verdict))


def _strengths(facts: Facts) -> Rated:
    return _one(strength(facts.verdict))


def _one(value: str | None) -> Sequence[tuple[str, str]]:
    return () if value is None else (("", value),)

"""What the report on quality is made of: questions, causes and figures. Pure, holds values only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tallystick.flow.monitoring.told import Number, worded

AGREEMENT, RUBRIC, ITEMS, REASONS, DISAGREEMENTS, PEOPLE, SHORTCUTS, ESCAPE, DONE = SECTIONS = (
    "agreement", "rubric", "items", "reasons", "disagreements", "people", "shortcuts", "escape", "done",
)  # fmt: skip
TITLES: Final[Mapping[str, str]] = {
    AGREEMENT: worded("Does agreement reach its thresholds?"), RUBRIC: worded("Is the rubric read in one way?"),
    ITEMS: worded("Do items hold what is needed to judge them?"),
    REASONS: worded("Are reasons given as they should be?"),
    DISAGREEMENTS: worded("What do disagreements come from?"), PEOPLE: worded("Do experts stay as good as they were?"),
    SHORTCUTS: worded("Do preferences follow form instead of substance?"), ESCAPE: worded("What got through?"),
    DONE: worded("What was done about it?"),
}  # fmt: skip
LACKING: Final = 0.05
"""Above this share of judgments that lacked context, or of reasons with a defect, something is worth doing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One thing that keeps quality down: a sentence, its figures, and what to do about it.

    is_clear  beyond what chance shows; a cause that is not is a place to look at
    """

    sentence: str
    action: str
    numbers: tuple[Number, ...]
    is_clear: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One question, its answer in a sentence, and the causes behind it.

    missing  why there is no answer yet, and how to get one; empty when there is
    """

    id: str
    title: str
    answer: str
    causes: tuple[Cause, ...] = ()
    numbers: tuple[Number, ...] = ()
    missing: str = ""


def section(name: str, answer: str, causes: Iterable[Cause] = (), numbers: Iterable[Number] = ()) -> Section:
    """A question with its answer."""
    return Section(id=name, title=TITLES[name], answer=answer, causes=tuple(causes), numbers=tuple(numbers))


def without(name: str, why: str) -> Section:
    """A question without an answer, and how to get one."""
    return Section(id=name, title=TITLES[name], answer=worded("Not answered yet."), missing=why)

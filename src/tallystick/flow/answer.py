"""An answer and what it is about: the item as its expert sees it, and what the rubric asks. Pure.

Below the stages that hold answers against it: imports, qualification, judgment, calibration.
"""

from dataclasses import dataclass, replace
from typing import Self

from tallystick.flow.rubric import Rubric
from tallystick.signals import checking
from tallystick.signals.quoted import Text
from tallystick.signals.shape import (
    Answer,
    Code,
    Codes,
    Content,
    CriterionScale,
    Fault,
    Form,
    Labelled,
    Mark,
    Signal,
    names_of,
    shown_names,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What an answer is about: an item's content as its expert sees it.

    order  the item's own candidates in the order in which they are shown, as letters: BA shows the second first
    """

    signal: Signal
    content: Content
    order: str

    def form(self, rubric: Rubric) -> Form:
        """What the expert fills in."""
        return self.signal.form(self.content, codes(self.signal, rubric))

    def under(self, rubric: Rubric) -> Self:
        """The same with the rubric's own lists of labels in place of the signal's."""
        return replace(self, signal=under(self.signal, rubric))


def labelled(mark: Mark) -> Labelled:
    """A mark without its words."""
    return Labelled(
        field=mark.field, on=mark.on, label=mark.label, start=mark.start, end=mark.end, severity=mark.severity,
        place=mark.place,
    )  # fmt: skip


def scales(rubric: Rubric) -> dict[str, CriterionScale]:
    """What a signal must know of each criterion."""
    return {
        criterion.id: CriterionScale(
            criterion.scale.low, criterion.scale.high, criterion.citation_required, criterion.name
        )
        for criterion in rubric.criteria
    }


def codes(signal: Signal, rubric: Rubric) -> Codes:
    """The closed lists of a signal: the rubric's where it has them, else the signal's own."""
    own = {
        name: tuple(Code(label.value, label.title, label.help or "") for label in labels)
        for name, labels in (rubric.labels or {}).items()
        if signal.has_list(name)
    }
    return {**signal.codes, **own}


def under(signal: Signal, rubric: Rubric) -> Signal:
    """A signal with the lists of a rubric in place of its own."""
    return signal.under(codes(signal, rubric)) if rubric.labels else signal


def faults(
    answer: Answer, rubric: Rubric, matter: Matter, *, is_whole: bool = True, shown: list[Text] | None = None
) -> list[Fault]:
    """Everything that keeps an answer from being a judgment, in the order of the form.

    is_whole  False for a judgment made elsewhere, which may leave out what its source did not ask
    shown     the texts of its page, where the caller holds more against them
    """
    matter = matter.under(rubric)
    return checking.faults(
        matter.signal, answer, matter.content, matter.form(rubric), criteria=scales(rubric), is_whole=is_whole,
        shown=shown,
    )  # fmt: skip


def own_verdict(signal: Signal, verdict: str, order: str) -> str:
    """A verdict that was given on candidates in an order, in the item's own letters."""
    return signal.renamed(verdict, names_of(order))


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a judgment says, as somebody sees it: candidates bear the letters of their own order.

    marks  with their words, where they are there and may be read
    """

    verdict: str
    scores: dict[str, dict[str, int]]
    values: dict[str, str]
    marks: tuple[Mark, ...]
    texts: dict[str, str]


def as_shown(signal: Signal, said: Said, order: str) -> Said:
    """What a judgment says in the item's own letters, in those of an order."""
    names = shown_names(order)
    return Said(
        verdict=signal.renamed(said.verdict, names),
        scores={
            criterion: {names.get(on, on): given for on, given in points.items()}
            for criterion, points in said.scores.items()
        },
        values=said.values,
        marks=tuple(mark.model_copy(update={"on": names.get(mark.on, mark.on)}) for mark in said.marks),
        texts=said.texts,
    )


def deciding(matter: Matter, rubric: Rubric) -> tuple[Code, ...]:
    """The verdicts that settle an item whose judges differ, in the letters of the order in which it is seen."""
    return matter.signal.verdicts(matter.content, codes(matter.signal, rubric))


def as_seen(matter: Matter, verdict: str) -> str:
    """A verdict on the item's own candidates, in the letters of the order in which they are seen."""
    return matter.signal.renamed(verdict, shown_names(matter.order))

"""Process: labels on the observable steps of a piece of work (SPEC 2.5). Reads and writes nothing.

The steps are work that somebody could see being done: a solution step by step, an edit, an action. They are never
called, and never presented as, what a model thought.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from tallystick.signals.ratings import decided
from tallystick.signals.shape import (
    TEXT_CHARACTERS_MAX,
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
    Rated,
    Row,
    Signal,
    Text,
    Writing,
    repeated,
)

LABELS: Final = ("correct", "neutral", "wrong")
FIRST: Final = "first_error:"
NO_ERROR: Final = "no_error"


class Step(BaseModel):
    """One observable step. Its id is stable: a later version of the item keeps it for the same step."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: PieceId
    text: Annotated[str, Field(max_length=10 * TEXT_CHARACTERS_MAX)]


class Steps(BaseModel):
    """An item's own part: its steps in their order, and the answer that they end in, if there is one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    steps: Annotated[list[Step], Field(min_length=1, max_length=200)]
    answer: Text | None = None


def _steps(content: Content) -> Steps:
    return Steps.model_validate(content.material)


class Process(Signal):
    """Labels on steps. The verdict is where the first error stands, found from the labels."""

    name: ClassVar[str] = "process"
    title: ClassVar[str] = "Process"
    about: ClassVar[str] = "Which observable steps of a piece of work are right, and where the first error stands."
    candidates: ClassVar[tuple[int, int]] = (0, 0)
    is_scored: ClassVar[bool] = False
    material: ClassVar[type[BaseModel] | None] = Steps
    exports: ClassVar[Mapping[str, str]] = {"stepwise": "one row a judgment: prompt, completions, labels (true, false)"}

    @property
    def measures(self) -> tuple[Measure, ...]:
        return (
            Measure(name="steps", title="Step labels", unit="step", level="nominal", values=LABELS, read=_labels),
            Measure(name="verdict", title="First error", unit="item", level="nominal", values=None, read=decided),
        )

    def item_faults(self, content: Content) -> list[Fault]:
        found = _steps(content)
        ids = [step.id for step in found.steps]
        return repeated([*ids, *(["answer"] if found.answer else [])], "step", "steps")

    def pieces(self, content: Content) -> tuple[Piece, ...]:
        found = _steps(content)
        steps = [
            Piece(id=step.id, kind="step", title=f"Step {number}", text=step.text)
            for number, step in enumerate(found.steps, 1)
        ]
        return (*steps, *([Piece(id="answer", kind="text", title="Answer", text=found.answer)] if found.answer else []))

    def form(self, content: Content, codes: Codes) -> Form:
        return Form(
            verdict_title="First error", verdicts=(), labellings=(
                Labelling(
                    name="steps", title="Steps", pieces=tuple(step.id for step in _steps(content).steps),
                    labels=(
                        Code("correct", "Correct"), Code("neutral", "Neutral", "Neither right nor wrong: no progress."),
                        Code("wrong", "Wrong"),
                    ),
                    is_every=True, note="may", note_title="What is wrong, and what would be right",
                    help="The first step that is wrong is the first error.",
                ),
            ),
            writings=(
                Writing(
                    name="correction", title="The step as it should be", is_required=False, rows=4,
                    help="In place of the first wrong step.",
                ),
            ),
        )  # fmt: skip

    def verdicts(self, content: Content, codes: Codes) -> tuple[Code, ...]:
        steps = [Code(FIRST + step.id, f"First error at step {n}") for n, step in enumerate(_steps(content).steps, 1)]
        return (Code(NO_ERROR, "No error"), *steps)

    def own_faults(self, answer: Answer, content: Content) -> list[Fault]:
        """Sources leave steps after a first error without a label. The verdict rests on those up to it."""
        labels = {mark.on: mark.label for mark in answer.marks}
        ids = [step.id for step in _steps(content).steps]
        first = next((number for number, step in enumerate(ids) if labels.get(step) == "wrong"), len(ids))
        missing = [step for step in ids[:first] if step not in labels]
        if missing and answer.verdict not in UNDECIDED:
            sentence = f"Expected a label on every step up to the first error, found none on {', '.join(missing[:5])}."
            return [Fault("marks.steps", sentence)]
        if answer.texts.get("correction", "").strip() and not any(mark.label == "wrong" for mark in answer.marks):
            return [Fault("texts.correction", "Expected a correction only where a step is wrong, found no wrong step.")]
        return []

    def verdict_of(self, answer: Answer, content: Content) -> str:
        if answer.verdict in UNDECIDED:
            return answer.verdict
        wrong = {mark.on for mark in answer.marks if mark.label == "wrong"}
        return next((FIRST + step.id for step in _steps(content).steps if step.id in wrong), NO_ERROR)

    def words(self, verdict: str, form: Form | None = None) -> str:
        if verdict.startswith(FIRST):
            return f"First error at {verdict.removeprefix(FIRST)}"
        return "No error" if verdict == NO_ERROR else super().words(verdict, form)

    def rows(self, content: Content, given: Sequence[Given]) -> Mapping[str, Sequence[Row]]:
        steps = _steps(content).steps
        return {"stepwise": [_row(content, steps, one) for one in given if one.facts.verdict not in UNDECIDED]}


def _row(content: Content, steps: Sequence[Step], one: Given) -> Row:
    """A trainer knows right and wrong; the label as given stands beside it, so that neutral is not lost.

    Steps without a label, as sources leave them after a first error, are no part of the row.
    """
    labels = {mark.on: mark.label for mark in one.facts.marks}
    labelled = [step for step in steps if step.id in labels]
    given: list[JsonValue] = [labels[step.id] for step in labelled]
    return {
        "prompt": content.prompt, "completions": [step.text for step in labelled],
        "labels": [label != "wrong" for label in given], "given": given,
    }  # fmt: skip


def _labels(facts: Facts) -> Rated:
    return [(mark.on, mark.label) for mark in facts.marks if mark.field == "steps"]

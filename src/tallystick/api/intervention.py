"""Interventions: what a failing gate opened, what was found and done since, and the commands of a lead."""

from typing import Literal, Self

from pydantic import Field

from tallystick.api.gate import DividedItemShown, FindingShown, ValueShown
from tallystick.api.parts import Body, InPath, Key, Moment, Name, Paragraphs, Receipt, Seq, Shown
from tallystick.app.intervention import diagnosing, reading, steps
from tallystick.app.intervention.reading import InterventionPage, Listed
from tallystick.edge import Site, Visit
from tallystick.flow import intervention as flow
from tallystick.flow.refusal import Refused

TAG = "intervention"


def mount(site: Site, prefix: str) -> None:
    """Register interventions."""
    one = f"{prefix}/interventions/{{intervention}}"
    site.api(
        "GET", f"{prefix}/programmes/{{programme}}/interventions", every, permission="gate.read",
        answers=Interventions, tag=TAG,
    )  # fmt: skip
    site.api("GET", one, detail, permission="gate.read", answers=InterventionShown, tag=TAG)
    for name, command in (
        ("diagnoses", diagnose), ("ruling-out", rule_out), ("requeues", requeue), ("stand-downs", stand_down),
        ("reinstatements", reinstate), ("closing", close),
    ):  # fmt: skip
        site.api(
            "POST", f"{one}/{name}", command, permission="intervene", answers=StepDone, status=201,
            refusals=(409, 422), max_bytes=100_000, tag=TAG,
        )  # fmt: skip


class InterventionRow(Shown):
    """An intervention in a list."""

    intervention: str
    batch: str
    batch_name: str
    domain: str
    rubric: str
    rubric_version: str = Field(description="In force when it was opened.")
    stage: str = Field(description=f"One of {', '.join(flow.STAGES)}.")
    round: int = Field(description="From 1; a measurement after work was redone that does not pass begins the next.")
    outcome: str | None = Field(description="passed or abandoned; null while it is open")
    at: Moment
    closed_at: Moment | None
    threshold_ppm: int
    short: list[ValueShown] = Field(description="What fell short when it was opened.")

    @classmethod
    def told(cls, one: Listed) -> Self:
        """A row of the list."""
        return cls.model_validate(_head(one.row, one.batch_name, one.state))


def _head(row: object, batch_name: str, state: flow.State) -> dict[str, object]:
    names = ("intervention", "batch", "domain", "rubric", "rubric_version", "outcome", "at", "closed_at")
    return {name: getattr(row, name) for name in names} | {
        "batch_name": batch_name, "stage": state.stage, "round": state.round,
        "threshold_ppm": state.opened.threshold_ppm, "short": [ValueShown.of(value) for value in state.opened.short],
    }  # fmt: skip


class Interventions(Shown):
    """The interventions of a programme, the newest first."""

    interventions: list[InterventionRow]


class StepShown(Shown):
    """Something that happened in an intervention."""

    seq: Seq
    at: Moment
    by: str
    kind: str = Field(description="The kind of event: docs/events.md.")
    words: str | None = Field(description="What a person wrote beside it, for those who may read the roster.")


class RecordedDiagnosis(Shown):
    """Where the shortfall stood when it was looked for, the rubric first. Nothing in it is a judgment of a person."""

    round: int
    rubric_version: str
    inputs_digest: str
    value_ppm: int
    threshold_ppm: int
    findings: list[FindingShown]
    left_out: int = Field(description="Findings that are not listed: none of a criterion, none that is clear.")
    items: list[DividedItemShown]
    beside: list[str] = Field(description="Criteria whose comparisons were set aside for `rest_ppm`.")
    code_version: str
    seed: int


class RemeasuredShown(Shown):
    """Before and after the work of a round was redone."""

    round: int
    measured_seq: Seq
    rubric_version: str
    before: ValueShown
    after: ValueShown
    difference_ppm: int | None
    low_ppm: int | None
    high_ppm: int | None
    method: str = Field(description="paired_item_bootstrap: both from the same resampled items. none: see `reason`.")
    reason: str | None
    redone: int = Field(description="Judgments that were asked for again in this round.")
    waiting: int = Field(description="Items of the batch that lacked judgments.")
    decision: str


class NotNow(Shown):
    """Why a command may not be given now."""

    command: str
    code: str
    sentence: str


class StoodDownShown(Shown):
    """An expert who works no more under the rubric."""

    person: str
    at: Moment
    seq: Seq


class InterventionShown(InterventionRow):
    """One intervention: what happened, what was found, what may come next."""

    next: list[str] = Field(description=f"What comes next, of {', '.join(flow.COMMANDS)}.")
    not_now: list[NotNow] = Field(description="Commands that may not be given now, and what has to come first.")
    waiting: int = Field(description="Items whose judgments were set aside, and that are not complete again.")
    diagnosis: RecordedDiagnosis | None = Field(description="The newest that is recorded.")
    remeasured: list[RemeasuredShown]
    named: list[str] = Field(description="Whom the diagnosis of this round clearly names.")
    stood_down: list[StoodDownShown]
    steps: list[StepShown]

    @classmethod
    def shown(cls, page: InterventionPage) -> Self:
        """The whole page."""
        rest: dict[str, object] = {
            "next": flow.next_commands(page.state), "waiting": page.waiting, "diagnosis": page.diagnosis,
            "not_now": [
                NotNow(command=name, code=refused.code, sentence=refused.sentence)
                for name, refused in page.not_now.items()
            ],
            "remeasured": page.remeasured, "named": page.named,
            "stood_down": [StoodDownShown.of(one) for one in page.stood_down],
            "steps": [StepShown.of(one) for one in page.happened],
        }  # fmt: skip
        return cls.model_validate(_head(page.row, page.batch_name, page.state) | rest)


def every(visit: Visit, programme: InPath) -> Interventions | Refused:
    """List the interventions of a programme."""
    found = reading.interventions(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    return Interventions(interventions=[InterventionRow.told(one) for one in found])


def detail(visit: Visit, intervention: InPath) -> InterventionShown | Refused:
    """See an intervention: timeline, diagnosis, before and after, what may come next."""
    found = reading.page(visit.cell, visit.actor, intervention)
    return found if isinstance(found, Refused) else InterventionShown.shown(found)


class StepDone(Shown):
    """A step that is in the journal, and where the intervention stands now."""

    intervention: str
    stage: str
    receipt: Receipt


def _done(found: steps.Done | Refused) -> StepDone | Refused:
    if isinstance(found, Refused):
        return found
    return StepDone(intervention=found.intervention, stage=found.stage, receipt=Receipt.of(found.receipt))


def diagnose(visit: Visit, intervention: InPath, key: Key) -> StepDone | Refused:
    """Look for what would help most, the rubric first, and record it."""
    return _done(diagnosing.diagnose(visit.cell, visit.actor, intervention, key=key))


class RulingOut(Body):
    """Why the rubric does not explain what is left."""

    justification: Paragraphs = Field(description="At least 80 characters that a later reader can check.")


def rule_out(visit: Visit, intervention: InPath, body: RulingOut, key: Key) -> StepDone | Refused:
    """Rule the rubric out. Refused before a calibration session of this round was held with every mark answered."""
    found = steps.rule_out(visit.cell, visit.actor, intervention, justification=body.justification, key=key)
    return _done(found)


class Requeue(Body):
    """Which judgments are made again, and by whom."""

    choice: Literal["affected", "stood-down", "all"] = Field(
        description="affected: by a version of the rubric since; stood-down: of who stands down; all: every one."
    )
    by_same: bool = Field(description="Whether their authors may judge these items again.")


def requeue(visit: Visit, intervention: InPath, body: Requeue, key: Key) -> StepDone | Refused:
    """Set judgments aside, to be made again under the version in force. None is lost."""
    found = steps.requeue(
        visit.cell, visit.actor, intervention, choice=body.choice, by_same=body.by_same, key=key
    )  # fmt: skip
    return _done(found)


class StandDown(Body):
    """Who works no more under the rubric, and why."""

    person: Name
    justification: Paragraphs = Field(description="At least 80 characters that a later reader can check.")


def stand_down(visit: Visit, intervention: InPath, body: StandDown, key: Key) -> StepDone | Refused:
    """Let an expert stand down: the last step. Refused before the rubric was ruled out, and for anybody not named."""
    found = steps.stand_down(
        visit.cell, visit.actor, intervention, person=body.person, justification=body.justification, key=key
    )
    return _done(found)


class Reinstatement(Body):
    """Who works under the rubric again, and why."""

    person: Name
    reason: Paragraphs = Field(description="At least 20 characters.")


def reinstate(visit: Visit, intervention: InPath, body: Reinstatement, key: Key) -> StepDone | Refused:
    """Let an expert who stood down work under the rubric again, with the qualifications that they had."""
    found = steps.reinstate(visit.cell, visit.actor, intervention, person=body.person, reason=body.reason, key=key)
    return _done(found)


class Closing(Body):
    """Why an intervention ends."""

    words: Paragraphs = Field(description="At least 20 characters.")


def close(visit: Visit, intervention: InPath, body: Closing, key: Key) -> StepDone | Refused:
    """End an intervention by hand. It ends by itself when its batch passes after work was redone."""
    return _done(steps.close(visit.cell, visit.actor, intervention, words=body.words, key=key))

"""Judgments that a later rubric version affects: what waits, one of them without its author, what is decided."""

from pydantic import Field

from tallystick.api.adjudication import BlindedJudgment
from tallystick.api.assignment import ShownItem
from tallystick.api.parts import Body, InPath, Key, Moment, OptionalKey, Paragraphs, Receipt, Shown
from tallystick.api.rubric import DiffRowShown
from tallystick.app import affected
from tallystick.edge import Site, Visit
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Reason, Rubric

READERS = "review or gate.read"
TAG = "affected"


def mount(site: Site, prefix: str) -> None:
    """Register affected judgments."""
    every, one = f"{prefix}/programmes/{{programme}}/affected", f"{prefix}/affected/{{judgment_id}}"
    bulk, conflict = f"{every}/{{rubric_id}}", (409, 422)
    site.api("GET", every, queue, permission=READERS, answers=AffectedQueue, tag=TAG)
    site.api(
        "POST", f"{bulk}/stand", stand_all, permission="rubric.write", answers=AffectedReviewed, refusals=conflict,
        tag=TAG,
    )  # fmt: skip
    site.api(
        "POST", f"{bulk}/again", again_all, permission="rubric.write", answers=AffectedReviewed, refusals=conflict,
        tag=TAG,
    )  # fmt: skip
    site.api("GET", one, judgment, permission="review", answers=AffectedJudgment, tag=TAG)
    site.api("POST", f"{one}/stands", stands, permission="review", answers=AffectedReviewed, refusals=conflict, tag=TAG)
    site.api("POST", f"{one}/again", again, permission="review", answers=AffectedReviewed, refusals=conflict, tag=TAG)


class TallyShown(Shown):
    """How far the review has come; every affected judgment is in one of the three."""

    waiting: int = Field(description="Not reviewed yet: they count as they are.")
    stands: int
    again: int = Field(description="Set aside, to be judged again.")


class ProgressShown(Shown):
    """The review of what one version changed on one criterion."""

    version: str
    criterion: str
    reason: Reason = Field(description="What changed: added, removed, scale, anchors, rule or wording.")
    tally: TallyShown


class AffectedWaiting(Shown):
    """An affected judgment that one may review."""

    judgment: str
    criteria: list[str]
    reason: Reason = Field(description="The gravest of what changed.")


class DecisionShown(Shown):
    """What was decided on some judgments at once, or on one."""

    seq: int
    version: str
    way: str = Field(description="each or bulk: they stand; again: all on a criterion were set aside.")
    criterion: str
    judgments: int
    at: Moment
    by: str


class RubricQueueShown(Shown):
    """What the versions of one rubric affect."""

    rubric: str
    version: str
    tally: TallyShown
    progress: list[ProgressShown]
    mine: list[AffectedWaiting] = Field(description="What one may review, oldest first, at most a hundred.")
    decisions: list[DecisionShown]


class AffectedQueue(Shown):
    """Every rubric with judgments that a later version affects."""

    rubrics: list[RubricQueueShown]


def queue(visit: Visit, programme: InPath) -> AffectedQueue | Refused:
    """List the judgments that a later rubric version affects, and how far their review has come."""
    found = affected.queue(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    return AffectedQueue(
        rubrics=[
            RubricQueueShown(
                rubric=one.rubric.id, version=one.rubric.version, tally=TallyShown.of(one.tally),
                progress=[ProgressShown.of(row) for row in one.progress],
                mine=[AffectedWaiting.of(row) for row in one.mine],
                decisions=[DecisionShown.of(row) for row in one.decisions],
            )
            for one in found
        ]
    )  # fmt: skip


class AffectedJudgment(Shown):
    """An affected judgment with all that is needed to review it, without its author."""

    judgment: str
    item: str
    programme: str
    domain: str
    shown: ShownItem
    given_under: str = Field(description="The version that it was given under.")
    rubric: Rubric = Field(description="The version in force.")
    reasons: dict[str, Reason] = Field(description="Criterion: what changed, the gravest.")
    changed: list[DiffRowShown]
    said: BlindedJudgment


def judgment(visit: Visit, judgment_id: InPath, key: OptionalKey = None) -> AffectedJudgment | Refused:
    """Open an affected judgment. That you looked is an event, and from then on you are not given its item as work."""
    found = affected.affected_judgment(visit.cell, visit.actor, judgment_id, key=key)
    if isinstance(found, Refused):
        return found
    return AffectedJudgment(
        judgment=found.judgment, item=found.item, programme=found.programme, domain=found.domain,
        shown=ShownItem.of(found.shown), given_under=found.given_under, rubric=found.rubric, reasons=found.reasons,
        changed=[DiffRowShown.of(row) for row in found.changed], said=BlindedJudgment.of(found.said),
    )  # fmt: skip


class AffectedStands(Body):
    """The decision that an affected judgment stands under the version in force."""

    notes: Paragraphs = ""


class AffectedAgain(Body):
    """The decision that an affected judgment is set aside."""

    notes: Paragraphs = Field(description="Why it does not stand, in at least 20 characters.")
    by_same: bool = Field(default=False, description="Whether its author may judge the item again.")


class AllStand(Body):
    """The decision that all judgments stand of which nothing but wording changed."""

    rationale: Paragraphs = Field(description="Why, in at least 20 characters.")


class AllAgain(Body):
    """The decision that all affected judgments on one criterion are set aside."""

    criterion: str = Field(max_length=64)
    rationale: Paragraphs = Field(description="Why, in at least 20 characters.")
    by_same: bool = Field(default=True, description="Whether their authors may judge the items again.")


class AffectedReviewed(Shown):
    """Affected judgments that were decided on."""

    programme: str
    rubric: str
    version: str = Field(description="The version in force.")
    decision: str = Field(description="stands, or again: they were set aside and their items are open.")
    judgments: int
    receipt: Receipt


def stands(visit: Visit, judgment_id: InPath, body: AffectedStands, key: Key) -> AffectedReviewed | Refused:
    """Let an affected judgment stand under the version in force."""
    return _reviewed(affected.stands(visit.cell, visit.actor, judgment_id, notes=body.notes, key=key))


def again(visit: Visit, judgment_id: InPath, body: AffectedAgain, key: Key) -> AffectedReviewed | Refused:
    """Set an affected judgment aside, and open its item to be judged again under the version in force."""
    done = affected.judge_again(
        visit.cell, visit.actor, judgment_id, notes=body.notes, by_same=body.by_same, key=key
    )  # fmt: skip
    return _reviewed(done)


def stand_all(
    visit: Visit, programme: InPath, rubric_id: InPath, body: AllStand, key: Key
) -> AffectedReviewed | Refused:
    """Let all judgments stand of which nothing but wording changed: at most five thousand at once."""
    done = affected.stand_all(
        visit.cell, visit.actor, programme=programme, rubric=rubric_id, rationale=body.rationale, key=key
    )
    return _reviewed(done)


def again_all(
    visit: Visit, programme: InPath, rubric_id: InPath, body: AllAgain, key: Key
) -> AffectedReviewed | Refused:
    """Set all affected judgments on one criterion aside, whatever they say: at most five thousand at once."""
    done = affected.again_all(
        visit.cell, visit.actor, programme=programme, rubric=rubric_id, criterion=body.criterion,
        rationale=body.rationale, by_same=body.by_same, key=key,
    )  # fmt: skip
    return _reviewed(done)


def _reviewed(found: affected.Reviewed | Refused) -> AffectedReviewed | Refused:
    if isinstance(found, Refused):
        return found
    return AffectedReviewed(
        programme=found.programme, rubric=found.rubric, version=found.version, decision=found.decision,
        judgments=found.judgments, receipt=Receipt.of(found.receipt),
    )  # fmt: skip

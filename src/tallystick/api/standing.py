"""Held judgments: how many there are, one of them without its author, and what its reviewer decides."""

from pydantic import Field

from tallystick.api.adjudication import BlindedJudgment
from tallystick.api.assignment import ShownItem
from tallystick.api.parts import (
    Body,
    InPath,
    Key,
    Moment,
    OptionalKey,
    Paragraphs,
    Receipt,
    Shown,
    SignedReceipt,
)
from tallystick.app import receipt as receipts
from tallystick.app.standing import reviewing
from tallystick.edge import Site, Visit
from tallystick.events.standing import JudgmentsCleared, JudgmentsRequeued
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric

READERS = "review or gate.read"
TAG = "standing"


def mount(site: Site, prefix: str) -> None:
    """Register held judgments."""
    one, conflict = f"{prefix}/held/{{judgment_id}}", (409, 422)
    site.api("GET", f"{prefix}/programmes/{{programme}}/held", held, permission=READERS, answers=HeldWork, tag=TAG)
    site.api("GET", one, judgment, permission="review", answers=HeldJudgment, tag=TAG)
    site.api("POST", f"{one}/stands", stands, permission="review", answers=HeldReviewed, refusals=conflict, tag=TAG)
    site.api("POST", f"{one}/again", again, permission="review", answers=HeldReviewed, refusals=conflict, tag=TAG)


class HeldWaiting(Shown):
    """A held judgment that one may review."""

    judgment: str
    domain: str
    held_at: Moment


class HeldInBatch(Shown):
    """How many judgments of a batch are held."""

    batch: str
    domain: str
    judgments: int


class HoldShown(Shown):
    """Judgments of one expert that were held together."""

    hold: str
    expert: str
    cause: str
    reference: str = Field(description="The id or the place in the journal of what caused it.")
    judgments: int
    waiting: int = Field(description="Of those: not reviewed yet.")
    at: Moment


class HeldWork(Shown):
    """What is held in a programme. Batches and holds are for whoever may see the gate, and empty for others."""

    number: int = Field(description="For a reviewer alone: of those that they may review.")
    batches: list[HeldInBatch]
    holds: list[HoldShown]
    mine: list[HeldWaiting] = Field(description="What one may review, oldest first, at most a hundred.")


def held(visit: Visit, programme: InPath) -> HeldWork | Refused:
    """List the held judgments that one may review, and count those of the programme."""
    found = reviewing.held_work(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    return HeldWork(
        number=found.number, holds=[HoldShown.of(row) for row in found.holds],
        batches=[HeldInBatch(batch=name, domain=domain, judgments=n) for (name, domain), n in found.by_batch.items()],
        mine=[HeldWaiting.of(one) for one in found.mine],
    )  # fmt: skip


class HeldJudgment(Shown):
    """A held judgment with all that is needed to review it, without its author."""

    judgment: str
    item: str
    programme: str
    domain: str
    shown: ShownItem
    rubric: Rubric = Field(description="The version that it was given under.")
    said: BlindedJudgment
    held_at: Moment


def judgment(visit: Visit, judgment_id: InPath, key: OptionalKey = None) -> HeldJudgment | Refused:
    """Open a held judgment. That you looked is an event, and from then on you are not given its item as work."""
    found = reviewing.held_judgment(visit.cell, visit.actor, judgment_id, key=key)
    if isinstance(found, Refused):
        return found
    return HeldJudgment(
        judgment=found.judgment, item=found.item, programme=found.programme, domain=found.domain,
        shown=ShownItem.of(found.shown), rubric=found.rubric, said=BlindedJudgment.of(found.said),
        held_at=found.held_at,
    )  # fmt: skip


class HeldStands(Body):
    """The decision that a held judgment stands."""

    notes: Paragraphs = ""


class HeldAgain(Body):
    """The decision that a held judgment is set aside."""

    notes: Paragraphs = Field(description="What is wrong with it, in at least 20 characters.")
    by_same: bool = Field(default=False, description="Whether its author may judge the item again.")


class HeldReviewed(Shown):
    """A judgment that is held no longer."""

    judgment: str
    programme: str
    decision: str = Field(description="stands, or again: it was set aside and its item is open.")
    receipt: Receipt
    signed: SignedReceipt


def stands(visit: Visit, judgment_id: InPath, body: HeldStands, key: Key) -> HeldReviewed | Refused:
    """Let a held judgment stand: it counts again."""
    found = reviewing.stands(visit.cell, visit.actor, judgment_id, notes=body.notes, key=key)
    return found if isinstance(found, Refused) else _reviewed(visit, found)


def again(visit: Visit, judgment_id: InPath, body: HeldAgain, key: Key) -> HeldReviewed | Refused:
    """Set a held judgment aside, and open its item to be judged again."""
    found = reviewing.judge_again(visit.cell, visit.actor, judgment_id, notes=body.notes, by_same=body.by_same, key=key)
    return found if isinstance(found, Refused) else _reviewed(visit, found)


def _reviewed(visit: Visit, found: reviewing.Reviewed) -> HeldReviewed:
    kind = JudgmentsCleared.KIND if found.decision == "stands" else JudgmentsRequeued.KIND
    signed = receipts.given(visit.cell, visit.actor, found.receipt, kind)
    return HeldReviewed(
        judgment=found.judgment, programme=found.programme, decision=found.decision,
        receipt=Receipt.of(found.receipt), signed=SignedReceipt.of(signed),
    )  # fmt: skip

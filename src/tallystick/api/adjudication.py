"""Disagreements: the queue, a case with its blinded judgments, settling and preserving."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field

from tallystick.api.assignment import ShownItem
from tallystick.api.parts import (
    Body,
    CountByName,
    InPath,
    Key,
    Moment,
    Name,
    OptionalKey,
    OptionalReason,
    Paragraphs,
    Receipt,
    Shown,
    SignedReceipt,
)
from tallystick.app import adjudication
from tallystick.app import receipt as receipts
from tallystick.edge import Site, Visit
from tallystick.events.adjudication import DisagreementPreserved, DisagreementSettled
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric
from tallystick.signals.preference import Verdict

READERS = "adjudicate or gate.read"


def mount(site: Site, prefix: str) -> None:
    """Register disagreements."""
    one = f"{prefix}/disagreements/{{item}}"
    site.api(
        "GET", f"{prefix}/programmes/{{programme}}/disagreements", queue, permission=READERS, answers=Queue,
        tag="adjudication",
    )  # fmt: skip
    site.api("GET", one, case, permission=READERS, answers=Case, tag="adjudication")
    site.api(
        "POST", f"{one}/settle", settle, permission="adjudicate", answers=Closed, refusals=(409, 422),
        tag="adjudication",
    )  # fmt: skip
    site.api(
        "POST", f"{one}/preserve", preserve, permission="adjudicate", answers=Closed, refusals=(409, 422),
        tag="adjudication",
    )  # fmt: skip


class DisagreementShown(Shown):
    """A disagreement: how the judgments of an item divide."""

    item: str
    batch: str
    domain: str
    counts: CountByName = Field(description="How many judgments point which way.")
    is_expected: bool = Field(description="It was declared as expected before anybody judged.")
    state: str
    opened_at: Moment
    closed_at: Moment | None


class Queue(Shown):
    """Disagreements in one state. An adjudicator does not see items that they judged."""

    disagreements: list[DisagreementShown]


State = Annotated[Literal["open", "settled", "preserved"], Query()]


def queue(visit: Visit, programme: InPath, state: State = "open") -> Queue | Refused:
    """List the disagreements of a programme."""
    found = adjudication.queue(visit.cell, visit.actor, programme, state=state)
    return found if isinstance(found, Refused) else Queue(disagreements=[DisagreementShown.of(row) for row in found])


class BlindedJudgment(Shown):
    """One judgment, numbered, without its author, in the reader's own order of candidates."""

    number: int
    verdict: str
    scores: dict[str, dict[str, int]]
    reasons: list[dict[str, str | None]]
    is_observed: bool
    is_mirrored: bool = Field(description="Its author saw the candidates the other way round: their A is your B.")


class Case(Shown):
    """A disagreement with all that is needed to decide it."""

    disagreement: DisagreementShown
    shown: ShownItem
    rubric: Rubric
    judgments: list[BlindedJudgment]
    notes: str | None


def case(visit: Visit, item: InPath, reason: OptionalReason = None, key: OptionalKey = None) -> Case | Refused:
    """Open a case. That you looked is an event, and so is why: `reason` is needed of whoever is no adjudicator."""
    found = adjudication.case_page(visit.cell, visit.actor, item, reason=reason or "", key=key)
    if isinstance(found, Refused):
        return found
    return Case(
        disagreement=DisagreementShown.of(found.row), shown=ShownItem.of(found.shown), rubric=found.rubric,
        judgments=[BlindedJudgment.of(judgment) for judgment in found.judgments], notes=found.notes,
    )  # fmt: skip


class Settlement(Body):
    """The decision for one verdict. A and B are the candidates as they were shown to the adjudicator."""

    verdict: Verdict
    criteria: Annotated[list[Name], Field(max_length=20)] = Field(description="What it turns on.")
    notes: Paragraphs


class Preservation(Body):
    """The decision to keep the distribution as the result, because the judgments differ in values."""

    criteria: Annotated[list[Name], Field(max_length=20)]
    notes: Paragraphs


class Closed(Shown):
    """A disagreement that is settled or preserved."""

    item: str
    state: str
    receipt: Receipt
    signed: SignedReceipt


def settle(visit: Visit, item: InPath, body: Settlement, key: Key) -> Closed | Refused:
    """Settle a disagreement with a verdict, the criteria it turns on, and notes."""
    found = adjudication.settle(
        visit.cell, visit.actor, item, verdict=body.verdict, criteria=body.criteria, notes=body.notes, key=key
    )
    return found if isinstance(found, Refused) else _closed(visit, found)


def preserve(visit: Visit, item: InPath, body: Preservation, key: Key) -> Closed | Refused:
    """Preserve a disagreement as a distribution."""
    found = adjudication.preserve(visit.cell, visit.actor, item, criteria=body.criteria, notes=body.notes, key=key)
    return found if isinstance(found, Refused) else _closed(visit, found)


def _closed(visit: Visit, found: adjudication.Closed) -> Closed:
    kind = DisagreementSettled.KIND if found.state == "settled" else DisagreementPreserved.KIND
    signed = receipts.given(visit.cell, visit.actor, found.receipt, kind)
    return Closed(
        item=found.item, state=found.state, receipt=Receipt.of(found.receipt), signed=SignedReceipt.of(signed)
    )  # fmt: skip

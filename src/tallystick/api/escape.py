"""Second looks: draw finished items, look at the next one, answer, read how many defects got through."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field

from tallystick.api.adjudication import BlindedJudgment
from tallystick.api.assignment import ShownItem, WarnedShown, warned
from tallystick.api.parts import (
    Body,
    CountByName,
    Done,
    InPath,
    Key,
    Moment,
    Name,
    OptionalKey,
    Paragraphs,
    Receipt,
    Seq,
    Shown,
    SignedReceipt,
)
from tallystick.app import escape
from tallystick.app import receipt as receipts
from tallystick.app.escape import EscapePage
from tallystick.edge import Site, Visit
from tallystick.events.escape import RereviewAnswered
from tallystick.flow.escape import Answer
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric

TAG = "escape"


def mount(site: Site, prefix: str) -> None:
    """Register second looks."""
    inside, one = f"{prefix}/programmes/{{programme}}/rereview", f"{prefix}/rereviews/{{drawn}}"
    site.api("GET", inside, told, permission="monitor.read or review", answers=EscapeShown, refusals=(422,), tag=TAG)
    site.api("POST", f"{inside}/draws", draw, permission="monitor.write", answers=Drawn, refusals=(409, 422), tag=TAG)
    site.api("GET", f"{inside}/draws", check, permission="sentinel.audit", answers=CheckedShown, tag=TAG)
    site.api("GET", f"{inside}/defects", defects, permission="monitor.read", answers=Defects, tag=TAG)
    site.api(
        "POST", f"{inside}/next", take_next, permission="review", answers=Review, refusals=(409,), max_bytes=1_000,
        tag=TAG,
    )  # fmt: skip
    site.api("GET", one, look, permission="review", answers=Review, refusals=(409,), tag=TAG)
    site.api("POST", f"{one}/answer", answer, permission="review", answers=Answered, refusals=(409, 422), tag=TAG)
    site.api(
        "POST", f"{one}/give-back", give_back, permission="review", answers=Done, refusals=(409,), max_bytes=1_000,
        tag=TAG,
    )  # fmt: skip
    site.api(
        "POST", f"{one}/set-aside", set_aside, permission="monitor.write", answers=Done, refusals=(409, 422), tag=TAG
    )


class Limits(Shown):
    """A 95 % interval."""

    low: float
    high: float
    method: str


class EscapeRate(Shown):
    """The share of defective items in one part. A rate of 0 never stands without its upper bound."""

    name: str
    population: int
    reviewed: int
    defective: int
    rate: float | None = Field(description="Null when nothing of a part was looked at: `reason` says so.")
    status: str
    reason: str | None
    interval: Limits | None
    at_most: float | None = Field(description="Upper bound alone, at 95 %.")
    expected_at_most: float | None = Field(description="How many defective items there may be at the bound.")


class TierShown(Shown):
    """One tier of risk over all rounds."""

    risk: str
    found: EscapeRate
    rounds: list[EscapeRate] = Field(description="Each with its exact interval.")
    waiting: int = Field(description="Drawn and not answered.")
    worst: float | None = Field(description="Upper bound if everything that waits were defective.")


class KindShown(Shown):
    """The rate of one kind of defect over all parts."""

    axis: str = Field(description="severity, cause or failure")
    value: str
    found: EscapeRate


class PlaceShown(Shown):
    """Defects among the answered items of one place. Counts of the sample, no rate of the whole."""

    axis: str
    value: str
    defective: int
    reviewed: int


class NeededShown(Shown):
    """How many more looks one tier needs for the bound that was asked for."""

    risk: str
    if_sound: int | None = Field(description="When all of them are sound; null: not even all would do.")
    if_alike: int | None = Field(description="When as many are defective as so far; null: that share is no lower.")
    left: int = Field(description="Items of the tier that were not drawn.")


class RoundShown(Shown):
    """One round: what it covers, and how often it was drawn from."""

    rereview: str
    round: int
    draws: int
    since: Seq
    until: Seq
    pools: CountByName
    at: Moment


class EscapeShown(Shown):
    """How many defects got through, as far as second looks tell. Every draw is in it."""

    overall: EscapeRate | None
    worst: float | None
    tiers: list[TierShown]
    by_kind: list[KindShown]
    by_place: list[PlaceShown]
    rounds: list[RoundShown]
    since_last: dict[str, int] = Field(description="Finished since the last round began: in no pool yet.")
    needed: list[NeededShown]
    at_most: float
    waiting: int = Field(description="Drawn items that are not answered.")
    for_me: bool = Field(description="One of them waits for you.")

    @classmethod
    def told(cls, found: EscapePage) -> "EscapeShown":
        """The estimate as an answer."""
        estimate = found.estimate
        return cls(
            overall=EscapeRate.of(estimate.overall) if estimate.overall else None, worst=estimate.worst,
            tiers=[TierShown.of(one) for one in estimate.tiers],
            by_kind=[KindShown(axis=axis, value=name, found=EscapeRate.of(of)) for axis, name, of in estimate.by_kind],
            by_place=[
                PlaceShown(axis=axis, value=name, defective=bad, reviewed=n) for axis, name, bad, n in estimate.by_place
            ],
            rounds=[RoundShown.of(row) for row in found.rounds], since_last=found.since_last,
            needed=[NeededShown.of(one) for one in found.needed], at_most=found.at_most, waiting=found.waiting,
            for_me=found.for_me,
        )  # fmt: skip


AtMost = Annotated[float, Query(gt=0, lt=1, description="The bound for which to say how many more looks are needed.")]


def told(visit: Visit, programme: InPath, at_most: AtMost = 0.05) -> EscapeShown | Refused:
    """Read how many defects got through: rates and upper bounds by tier, severity, cause and failure class."""
    found = escape.escape_page(visit.cell, visit.actor, programme, at_most=at_most)
    return found if isinstance(found, Refused) else EscapeShown.told(found)


Number = Annotated[int, Field(ge=0, le=1_000)]


class Wanted(Body):
    """How many items of each tier to draw. Nobody chooses which: the order is fixed by a key that nobody chose."""

    restricted: Number = 0
    high: Number = 0
    medium: Number = 0
    low: Number = 0
    round: int | None = Field(default=None, ge=1, description="Draw more of this round; null begins a new one.")


class Drawn(Shown):
    """A draw. It counts, whatever it shows; drawing again only adds to the sample."""

    rereview: str
    round: int
    draw: int
    items: dict[str, int]
    receipt: Receipt

    @classmethod
    def told(cls, found: escape.Drawn) -> "Drawn":
        """A draw as an answer."""
        return cls(
            rereview=found.rereview, round=found.round, draw=found.draw, items=found.items,
            receipt=Receipt.of(found.receipt),
        )  # fmt: skip


def draw(visit: Visit, programme: InPath, body: Wanted, key: Key) -> Drawn | Refused:
    """Draw finished items for a second look.

    A new round takes from what was finished since the last one; 422 `draw-too-large` when a tier has fewer items.
    """
    wanted = {"restricted": body.restricted, "high": body.high, "medium": body.medium, "low": body.low}
    found = escape.draw(
        visit.cell, visit.actor, programme, wanted={name: n for name, n in wanted.items() if n}, key=key,
        extend=body.round,
    )  # fmt: skip
    return found if isinstance(found, Refused) else Drawn.told(found)


class CheckedShown(Shown):
    """Whether every draw follows from the key of the order, and that key."""

    key: str = Field(description="Hexadecimal. Whoever has it foresees the next draw: that you read it is recorded.")
    draws: int
    items: int
    wrong: list[str]
    passed_over: list[str] = Field(description="Items before a drawn one that were not drawn: they came in later.")


def check(visit: Visit, programme: InPath) -> CheckedShown | Refused:
    """Work every draw out again, for an audit. That the key was shown is an event."""
    found = escape.check_draws(visit.cell, visit.actor, programme)
    return found if isinstance(found, Refused) else CheckedShown.of(found)


class FailureShown(Shown):
    """A class of failures of the contract."""

    id: str
    description: str
    severity: str


class Review(Shown):
    """A drawn item with all that is needed to say whether it is sound. It names nobody."""

    item: str
    domain: str
    risk: str
    expires_at: Moment | None
    shown: ShownItem
    rubric: Rubric
    judgments: list[BlindedJudgment]
    failures: list[FailureShown]
    is_answered: bool
    warnings: list[WarnedShown] = Field(default_factory=list, description="Say these before you show the item.")


def take_next(visit: Visit, programme: InPath, key: Key) -> Review | Refused:
    """Take the next drawn item, or see again the one you hold. 409 `no-work` when none waits for you."""
    item = escape.next_review(visit.cell, visit.actor, programme, key=key)
    return item if isinstance(item, Refused) else _review(visit, item, key)


def look(visit: Visit, drawn: InPath, key: OptionalKey = None) -> Review | Refused:
    """Look again at the drawn item that you hold, or have answered."""
    return _review(visit, drawn, key)


def _review(visit: Visit, item: str, key: str | None) -> Review | Refused:
    found = escape.review(visit.cell, visit.actor, item, key=key)
    if isinstance(found, Refused):
        return found
    return Review(
        item=item, domain=found.domain, risk=found.row.risk, expires_at=found.row.held_until,
        shown=ShownItem.of(found.shown), rubric=found.rubric,
        judgments=[BlindedJudgment.of(one) for one in found.judgments],
        failures=[FailureShown.of(one) for one in found.failures], is_answered=bool(found.row.is_answered),
        warnings=warned(visit, item),
    )  # fmt: skip


class Finding(Body):
    """Sound, or what is wrong: then severity, cause, failure class and notes are needed."""

    is_defect: bool
    severity: Literal["critical", "high", "medium", "low"] | None = None
    cause: Literal["rater_error", "expertise_gap", "rubric_ambiguity", "missing_context", "item_fault"] | None = None
    failure: Name | None = Field(default=None, description="A failure class of the contract, or `other`.")
    notes: Paragraphs = ""


class Answered(Shown):
    """A second look that is durably in the journal."""

    item: str
    receipt: Receipt
    signed: SignedReceipt


def answer(visit: Visit, drawn: InPath, body: Finding, key: Key) -> Answered | Refused:
    """Answer for the drawn item that you hold. An answer stands."""
    given = Answer(
        is_defect=body.is_defect, severity=body.severity, cause=body.cause, failure=body.failure, notes=body.notes
    )
    found = escape.answer(visit.cell, visit.actor, drawn, given, key=key)
    if isinstance(found, Refused):
        return found
    signed = receipts.given(visit.cell, visit.actor, found.receipt, RereviewAnswered.KIND)
    return Answered(item=drawn, receipt=Receipt.of(found.receipt), signed=SignedReceipt.of(signed))


def give_back(visit: Visit, drawn: InPath, key: Key) -> Done | Refused:
    """Give your drawn item back. It stays in the sample: somebody else looks at it."""
    found = escape.give_back(visit.cell, visit.actor, drawn, key=key)
    return found if isinstance(found, Refused) else Done.of(found)


class DefectShown(Shown):
    """A drawn item that was found defective. Who found it is not told."""

    item: str
    round: int
    risk: str
    domain: str
    severity: str
    cause: str
    failure: str
    notes: str
    at: Moment
    is_open: bool = Field(description="Its judgments still count: they can be set aside.")


class Defects(Shown):
    """What second looks found wrong, newest first."""

    defects: list[DefectShown]


def defects(visit: Visit, programme: InPath) -> Defects | Refused:
    """Read what was found wrong. The notes may quote items: that you looked is an event."""
    found = escape.defects(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    return Defects(
        defects=[
            DefectShown(
                item=one.row.item, round=one.row.round, risk=one.row.risk, domain=one.row.domain,
                severity=one.row.severity, cause=one.row.cause, failure=one.row.failure, notes=one.words,
                at=one.row.answered_at, is_open=one.is_open,
            )
            for one in found
        ]
    )  # fmt: skip


class Again(Body):
    """By whom an item is judged again."""

    by_same: bool = Field(description="Whether those who judged it may judge it again.")


def set_aside(visit: Visit, drawn: InPath, body: Again, key: Key) -> Done | Refused:
    """Have a defective item judged again. The estimate keeps the defect: it had got through."""
    found = escape.set_aside(visit.cell, visit.actor, drawn, by_same=body.by_same, key=key)
    return found if isinstance(found, Refused) else Done.of(found)

"""Disagreements: the queue, taking a case, its blinded judgments, how it ends, what ended cases say."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field

from tallystick.api.assignment import ShownItem, WarnedShown, warned
from tallystick.api.parts import (
    NAME,
    Body,
    CountByName,
    Done,
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
from tallystick.app import access, adjudication
from tallystick.app import receipt as receipts
from tallystick.edge import Site, Visit
from tallystick.events.adjudication import DisagreementPreserved, DisagreementReturned, DisagreementSettled
from tallystick.flow.adjudication import Feedback
from tallystick.flow.overturn import Overturns
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric
from tallystick.signals.shape import Mark

READERS = "adjudicate or gate.read"


def mount(site: Site, prefix: str) -> None:
    """Register disagreements."""
    one = f"{prefix}/disagreements/{{item}}"
    site.api(
        "GET", f"{prefix}/programmes/{{programme}}/disagreements", queue, permission=READERS, answers=Queue,
        tag="adjudication",
    )  # fmt: skip
    site.api(
        "POST", f"{prefix}/programmes/{{programme}}/disagreements/next", take_next, permission="adjudicate",
        answers=Taken, refusals=(409,), max_bytes=1_000, tag="adjudication",
    )  # fmt: skip
    site.api("GET", one, case, permission=READERS, answers=Case, refusals=(409,), tag="adjudication")
    site.api(
        "POST", f"{one}/take", take, permission="adjudicate", answers=Taken, refusals=(409,), max_bytes=1_000,
        tag="adjudication",
    )  # fmt: skip
    site.api(
        "POST", f"{one}/give-back", give_back, permission="adjudicate", answers=Done, refusals=(409,),
        max_bytes=1_000, tag="adjudication",
    )  # fmt: skip
    site.api(
        "POST", f"{one}/return", send_back, permission="adjudicate", answers=Closed, refusals=(409, 422),
        tag="adjudication",
    )  # fmt: skip
    site.api(
        "GET", f"{prefix}/programmes/{{programme}}/overturns", overturns, permission="gate.read",
        answers=OverturnsShown, tag="adjudication",
    )  # fmt: skip
    site.api(
        "GET", f"{prefix}/programmes/{{programme}}/rubrics/{{rubric_id}}/feedback", remarks, permission="gate.read",
        answers=Remarks, tag="adjudication",
    )  # fmt: skip
    site.api(
        "POST", f"{one}/settle", settle, permission="adjudicate", answers=Closed, refusals=(409, 422),
        tag="adjudication",
    )  # fmt: skip
    site.api(
        "POST", f"{one}/preserve", preserve, permission="adjudicate", answers=Closed, refusals=(409, 422),
        tag="adjudication",
    )  # fmt: skip


class DisagreementShown(Shown):
    """A disagreement: where the case stands, and how the judgments of the item divide."""

    item: str
    batch: str
    domain: str
    counts: CountByName | None = Field(
        description="How many judgments say what: to readers in the item's own order of candidates, to an adjudicator "
        "who opened the case in theirs. Null in an adjudicator's queue."
    )
    is_expected: bool = Field(description="It was declared as expected before anybody judged.")
    state: str
    opened_at: Moment
    closed_at: Moment | None
    risk: str | None = Field(description="Tier of its domain by the contract in force; null for a domain it dropped.")
    cause: str | None = Field(description="Its class; null when nobody classified it or the evidence carries none.")
    held_until: Moment | None = Field(description="Until then an adjudicator works on it. Null: nobody does.")


class Waiting(Shown):
    """How many cases are open in one domain and class, and since when the oldest."""

    domain: str
    risk: str | None
    cause: str | None
    cases: int
    oldest: Moment


class Queue(Shown):
    """Disagreements in one state. An adjudicator does not see items that they judged, nor cases that others hold.

    Open ones stand by risk, then by class, then by age; others newest first.
    """

    disagreements: list[DisagreementShown]
    counts: dict[str, int] = Field(description="How many of the programme are in each state.")
    waiting: list[Waiting]
    mine: str | None = Field(description="The item of the case that you hold.")
    after: str | None = Field(description="Give it to the next call to go on; null at the end.")


State = Annotated[Literal["open", "settled", "preserved", "withdrawn"], Query()]
After = Annotated[str | None, Query(pattern=NAME, description="The item that the list goes on behind.")]
Limit = Annotated[int, Query(ge=1, le=200)]


def queue(
    visit: Visit, programme: InPath, state: State = "open", after: After = None, limit: Limit = 100
) -> Queue | Refused:
    """List the disagreements of a programme, in the order in which they are to be decided."""
    found = adjudication.queue_page(visit.cell, visit.actor, programme, state=state, after=after, limit=limit)
    if isinstance(found, Refused):
        return found
    return Queue(
        disagreements=[DisagreementShown.of(row) for row in found.rows], counts=found.counts,
        waiting=[Waiting.of(row) for row in found.waiting], mine=found.mine.item if found.mine else None,
        after=found.after,
    )  # fmt: skip


class Taken(Shown):
    """A case that is yours until the lease ends."""

    item: str
    programme: str
    expires_at: Moment
    receipt: Receipt

    @classmethod
    def told(cls, found: adjudication.Taken) -> "Taken":
        """The lease as an answer."""
        return cls(
            item=found.item, programme=found.programme, expires_at=found.expires_at, receipt=Receipt.of(found.receipt)
        )


def take(visit: Visit, item: InPath, key: Key) -> Taken | Refused:
    """Take an open case: nobody else opens or decides it until the lease ends.

    409 `case-held` while another adjudicator works on it, `holding-case` while you hold another one.
    """
    found = adjudication.take(visit.cell, visit.actor, item, key=key)
    return found if isinstance(found, Refused) else Taken.told(found)


def take_next(visit: Visit, programme: InPath, key: Key) -> Taken | Refused:
    """Take the case that comes first in your queue, or see which one you hold. 409 `no-work` when none is open."""
    found = adjudication.take_next(visit.cell, visit.actor, programme, key=key)
    return found if isinstance(found, Refused) else Taken.told(found)


def give_back(visit: Visit, item: InPath, key: Key) -> Done | Refused:
    """Give your case back without a decision; somebody else can take it."""
    found = adjudication.give_back(visit.cell, visit.actor, item, key=key)
    return found if isinstance(found, Refused) else Done.of(found)


class BlindedJudgment(Shown):
    """One judgment, numbered, without its author, in the reader's own order of candidates."""

    number: int
    verdict: str
    scores: dict[str, dict[str, int]]
    reasons: list[dict[str, str | None]]
    values: dict[str, str] = Field(description="Choices and numbers of the signal's form.")
    marks: list[Mark] = Field(description="Labelled pieces with their words.")
    texts: dict[str, str] = Field(description="What the expert wrote.")
    is_observed: bool
    is_mirrored: bool = Field(description="Its author saw the candidates the other way round: their A is your B.")


class Warning(Shown):  # noqa: A001 - an answer, no exception
    """What the class of a case says about how to end it."""

    cause: str
    sentence: str
    road: str = Field(description="settle, preserve or return")
    is_asked: bool = Field(description="Settling it needs `confirmed`.")


class Case(Shown):
    """A disagreement with all that is needed to decide it."""

    disagreement: DisagreementShown
    shown: ShownItem
    rubric: Rubric
    judgments: list[BlindedJudgment]
    notes: str | None
    is_mine: bool = Field(description="You hold the case, and may end it.")
    warning: Warning | None = Field(description="What its class says about how to end it.")
    warnings: list[WarnedShown] = Field(default_factory=list, description="Say these before you show the item.")


def case(visit: Visit, item: InPath, reason: OptionalReason = None, key: OptionalKey = None) -> Case | Refused:
    """Open a case. That you looked is an event, and so is why: `reason` is needed of whoever is no adjudicator.

    An adjudicator takes an open case before they open it: 409 `case-not-taken`, `case-held`.
    """
    found = adjudication.case_page(visit.cell, visit.actor, item, reason=reason or "", key=key)
    if isinstance(found, Refused):
        return found
    shown = DisagreementShown.of(found.row)
    if not access.allows(visit.actor, "gate.read"):
        # The letters of the row are the item's own: beside the judgments they would tell the order of its candidates.
        shown = shown.model_copy(update={"counts": found.counts})
    return Case(
        disagreement=shown, shown=ShownItem.of(found.shown), rubric=found.rubric,
        judgments=[BlindedJudgment.of(judgment) for judgment in found.judgments], notes=found.notes,
        is_mine=found.is_mine, warning=Warning.of(found.warned) if found.warned else None,
        warnings=warned(visit, item),
    )  # fmt: skip


class RubricFeedback(Body):
    """What is wrong with a criterion of the rubric. The lead sees it on the rubric's page."""

    criterion: Name
    what: Literal["ambiguous", "missing", "contradicts", "too_strict", "too_lax"]
    words: Paragraphs


FeedbackList = Annotated[tuple[RubricFeedback, ...], Field(max_length=10)]


def _feedback(body: "Settlement | Preservation | SendingBack") -> list[Feedback]:
    return [Feedback(criterion=one.criterion, what=one.what, words=one.words) for one in body.feedback]


class Settlement(Body):
    """The decision for one verdict. A and B are the candidates as they were shown to the adjudicator."""

    verdict: str = Field(
        max_length=200,
        description="One of the item's form, or one that a judge has given; of a ranking any order of its answers, "
        "such as b>a=c|d: best first, = for a tie, behind the | what is not acceptable. Letters are as one sees them.",
    )
    criteria: Annotated[list[Name], Field(max_length=20)] = Field(description="What it turns on.")
    notes: Paragraphs
    feedback: FeedbackList = Field(default=(), description="What is wrong with the rubric, in the same command.")
    confirmed: bool = Field(default=False, description="Settle it although its class says that people may differ.")


class Preservation(Body):
    """The decision to keep the distribution as the result, because the judgments differ in values."""

    criteria: Annotated[list[Name], Field(max_length=20)]
    notes: Paragraphs
    feedback: FeedbackList = ()


class SendingBack(Body):
    """The decision to have the item judged again instead of deciding."""

    why: Literal["missing_context", "more_judges", "unclear_rubric", "error"]
    by_same: bool = Field(description="Whether those who judged it may judge it again.")
    criteria: Annotated[list[Name], Field(max_length=20)]
    notes: Paragraphs
    feedback: FeedbackList = ()


class Closed(Shown):
    """A case that has ended: settled, preserved or returned."""

    item: str
    state: str
    receipt: Receipt
    signed: SignedReceipt


def settle(visit: Visit, item: InPath, body: Settlement, key: Key) -> Closed | Refused:
    """Settle a disagreement with a verdict, the criteria it turns on, and notes.

    409 `needs-confirmation` when its class says that competent people differ here, and `confirmed` is not set.
    """
    found = adjudication.settle(
        visit.cell, visit.actor, item, verdict=body.verdict, criteria=body.criteria, notes=body.notes, key=key,
        feedback=_feedback(body), is_confirmed=body.confirmed,
    )  # fmt: skip
    return found if isinstance(found, Refused) else _closed(visit, found)


def preserve(visit: Visit, item: InPath, body: Preservation, key: Key) -> Closed | Refused:
    """Preserve a disagreement as a distribution."""
    found = adjudication.preserve(
        visit.cell, visit.actor, item, criteria=body.criteria, notes=body.notes, key=key, feedback=_feedback(body)
    )
    return found if isinstance(found, Refused) else _closed(visit, found)


def send_back(visit: Visit, item: InPath, body: SendingBack, key: Key) -> Closed | Refused:
    """Set the judgments of a case aside, so that its item is judged again. They stay on record."""
    found = adjudication.send_back(
        visit.cell, visit.actor, item, why=body.why, by_same=body.by_same, criteria=body.criteria, notes=body.notes,
        key=key, feedback=_feedback(body),
    )  # fmt: skip
    return found if isinstance(found, Refused) else _closed(visit, found)


_KINDS = {
    "settled": DisagreementSettled.KIND, "preserved": DisagreementPreserved.KIND, "returned": DisagreementReturned.KIND,
}  # fmt: skip


def _closed(visit: Visit, found: adjudication.Closed) -> Closed:
    signed = receipts.given(visit.cell, visit.actor, found.receipt, _KINDS[found.state])
    return Closed(
        item=found.item, state=found.state, receipt=Receipt.of(found.receipt), signed=SignedReceipt.of(signed)
    )  # fmt: skip


class Limits(Shown):
    """A 95 % interval."""

    low: float
    high: float


class Overturned(Shown):
    """How often decisions went another way in one group."""

    group: list[str] = Field(description="An expert, a criterion or a domain; an expert and a criterion.")
    count: int = Field(description="Judgments that were overturned.")
    n: int = Field(description="Judgments of settled cases that decided.")
    share: float | None = Field(description="Null below the least number of judgments: `reason` says so.")
    reason: str | None
    interval: Limits | None
    pooled: float | None = Field(description="Drawn towards what others show, by as much as the group is small.")
    pooled_interval: Limits | None


class OverturnsShown(Shown):
    """How often adjudicators decided otherwise than those who had judged. Overturned is not the same as wrong."""

    cases: int = Field(description="Settled cases. Preserved ones overturn nobody.")
    count_min: int = Field(description="A group with fewer judgments has no share.")
    by_expert: list[Overturned]
    by_criterion: list[Overturned] = Field(description="A case that turned on two criteria counts under both.")
    by_domain: list[Overturned]
    by_expert_and_criterion: list[Overturned]
    abstained: dict[str, int] = Field(description="Expert: judgments of settled cases that did not decide.")

    @classmethod
    def told(cls, found: Overturns) -> "OverturnsShown":
        """The rates as an answer."""
        return cls(
            cases=found.cases, count_min=found.count_min, abstained=found.abstained,
            by_expert=[Overturned.of(one) for one in found.by_expert],
            by_criterion=[Overturned.of(one) for one in found.by_criterion],
            by_domain=[Overturned.of(one) for one in found.by_domain],
            by_expert_and_criterion=[Overturned.of(one) for one in found.by_both],
        )  # fmt: skip


def overturns(visit: Visit, programme: InPath) -> OverturnsShown | Refused:
    """How often adjudicators decided otherwise, by expert, criterion and domain, with intervals."""
    found = adjudication.overturns(visit.cell, visit.actor, programme)
    return found if isinstance(found, Refused) else OverturnsShown.told(found)


class RemarkShown(Shown):
    """What an adjudicator said of a criterion when they ended a case."""

    criterion: str
    what: str
    rubric_version: str
    item: str
    words: str
    at: Moment


class Remarks(Shown):
    """What adjudicators said of a rubric, newest first."""

    remarks: list[RemarkShown]


def remarks(visit: Visit, programme: InPath, rubric_id: InPath) -> Remarks | Refused:
    """Read what adjudicators said of a rubric. The words may quote items: that you looked is an event."""
    found = adjudication.remarks(visit.cell, visit.actor, programme, rubric_id)
    if isinstance(found, Refused):
        return found
    return Remarks(
        remarks=[
            RemarkShown(
                criterion=one.row.criterion, what=one.row.what, rubric_version=one.row.rubric_version,
                item=one.row.item, words=one.words, at=one.row.at,
            )
            for one in found
        ]
    )  # fmt: skip

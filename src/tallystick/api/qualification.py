"""Qualification: begin the gold items of a rubric, take the next one, answer it. Nobody gets work without it."""

from pydantic import Field, JsonValue

from tallystick import canon
from tallystick.api.assignment import DraftKept, ShownItem, WarnedShown, warned
from tallystick.api.parts import Body, InPath, Key, Moment, Name, Receipt, Shown, SignedReceipt
from tallystick.app import judgment, roster
from tallystick.app import receipt as receipts
from tallystick.edge import Site, Visit
from tallystick.events.roster import GoldAnswered
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric
from tallystick.signals.shape import Answer

DRAFT_BYTES = 200_000


def mount(site: Site, prefix: str) -> None:
    """Register qualification."""
    all_of, one = f"{prefix}/programmes/{{programme}}/qualifications", f"{prefix}/qualifications/{{qualification}}"
    site.api("GET", all_of, standings, permission="self", answers=Standings, tag="qualification")
    site.api(
        "POST", all_of, start, permission="work.do", answers=Begun, status=201, refusals=(409, 422), max_bytes=1_000,
        tag="qualification",
    )  # fmt: skip
    site.api("GET", f"{one}/task", task, permission="work.do", answers=GoldTask, refusals=(409,), tag="qualification")
    site.api(
        "POST", f"{one}/items/{{item}}/answer", answer_gold, permission="work.do", answers=Outcome,
        refusals=(409, 422), tag="qualification",
    )  # fmt: skip
    site.api(
        "PUT", f"{one}/items/{{item}}/draft", save_draft, permission="work.do", answers=DraftKept, refusals=(422,),
        max_bytes=DRAFT_BYTES, tag="qualification",
    )  # fmt: skip


class DimensionResult(Shown):
    """One criterion of an attempt that has ended."""

    criterion: str
    name: str
    near: int = Field(description="Scores within one point of the gold scores.")
    scores: int = Field(description="Scores that were given, two for each answer.")


class Standing(Shown):
    """How one stands with one rubric in force."""

    rubric: str
    version: str
    domain: str
    title: str
    signal: str = Field(description="Whose gold items these are: each signal of a domain has its own qualification.")
    gold_items: int = Field(description="How many gold items there are to be judged.")
    gold_items_short: int = Field(description="How many more have to be imported before anybody can take it.")
    items: int = Field(description="How many gold items an attempt has; the least, while there are too few.")
    guesser_passes_ppm: int | None = Field(
        description="Chance that somebody of the accuracy to rule out passes on them, in millionths; null when no pass "
        "mark on them keeps the risk."
    )
    expert_fails_ppm: int | None = Field(
        description="Chance that somebody of the target accuracy fails on them, in millionths; null as before."
    )
    items_needed: int | None = Field(
        description="The fewest gold items, at least as many as the rubric asks for, with which nine in ten of those "
        "of the target accuracy pass; null when no attempt is that long."
    )
    qualification: str | None = Field(description="The latest attempt under this version.")
    state: str | None = Field(description="running, qualified or failed; null without an attempt")
    correct: int | None = Field(description="Right verdicts; null until the attempt has ended.")
    pass_mark: int | None = Field(description="Right verdicts that are needed; null without an attempt.")
    dimensions: list[DimensionResult] = Field(description="Empty until the attempt has ended.")
    is_open: bool = Field(
        description="Whether its work may be given to one: qualified under this version, every credential held that "
        "the domain demands, no disqualifier confirmed."
    )
    lacking_credentials: list[str] = Field(description="Types that the domain demands and that one does not hold.")
    is_disqualified: bool = Field(description="Whether a confirmed disqualifier keeps one out of the programme.")
    lapsed: str | None = Field(
        description="The earlier version that one passed, where nothing is passed under this one: the rubric changed."
    )
    needs_clearance: bool = Field(description="Whether its work is for those with a clearance, and one has none.")


class Standings(Shown):
    """How one stands with every rubric of a programme."""

    standings: list[Standing]


def standings(visit: Visit, programme: InPath) -> Standings | Refused:
    """Say how one stands with every rubric in force."""
    found = roster.standings(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    return Standings(standings=[_standing(one) for one in found])


def _standing(one: roster.Standing) -> Standing:
    attempt = one.qualification
    return Standing(
        rubric=one.rubric.rubric, version=one.rubric.version, domain=one.rubric.domain, title=one.title,
        signal=one.signal, gold_items=one.gold_items, gold_items_short=one.short,
        items=one.items, guesser_passes_ppm=canon.ppm(one.rule.type1) if one.rule else None,
        expert_fails_ppm=canon.PPM - canon.ppm(one.rule.power) if one.rule else None,
        items_needed=one.enough.n if one.enough else None,
        qualification=attempt.qualification if attempt else None,
        state=attempt.state if attempt else None,
        correct=attempt.correct if attempt and attempt.state != "running" else None,
        pass_mark=attempt.pass_mark if attempt else None,
        dimensions=[DimensionResult.of(dimension) for dimension in one.dimensions],
        is_open=one.is_open, lacking_credentials=list(one.lacking), is_disqualified=one.is_stopped,
        lapsed=one.lapsed, needs_clearance=one.needs_clearance,
    )  # fmt: skip


class Start(Body):
    """Under which rubric, and of which signal."""

    rubric: Name
    signal: Name | None = Field(default=None, description="Null: the first that one has not passed.")


class Begun(Shown):
    """A qualification that is running."""

    qualification: str
    receipt: Receipt


def start(visit: Visit, programme: InPath, body: Start, key: Key) -> Begun | Refused:
    """Begin the blinded gold items of a rubric in force."""
    begun = roster.start_qualification(
        visit.cell, visit.actor, programme=programme, rubric=body.rubric, signal=body.signal, key=key
    )
    if isinstance(begun, Refused):
        return begun
    return Begun(qualification=begun.qualification, receipt=Receipt.of(begun.receipt))


class GoldTask(Shown):
    """The gold item that comes next. It looks like any other item."""

    qualification: str
    item: str
    programme: str
    number: int = Field(description="From 1.")
    total: int
    shown: ShownItem
    rubric: Rubric
    draft: dict[str, JsonValue] | None
    draft_at: Moment | None
    warnings: list[WarnedShown] = Field(default_factory=list, description="Say these before you show the item.")


def task(visit: Visit, qualification: InPath) -> GoldTask | Refused:
    """Take the next gold item of one's own running qualification."""
    found = roster.gold_task(visit.cell, visit.actor, qualification)
    if isinstance(found, Refused):
        return found
    return GoldTask.of(found).model_copy(update={"warnings": warned(visit, found.item)})


class Outcome(Shown):
    """What an answer led to. Which answers were right is not told before the end."""

    qualification: str
    answered: int
    total: int
    state: str = Field(description="running, qualified or failed")
    correct: int | None = Field(description="Null while it is running.")
    pass_mark: int
    receipt: Receipt
    signed: SignedReceipt


def answer_gold(visit: Visit, qualification: InPath, item: InPath, answer: Answer, key: Key) -> Outcome | Refused:
    """Answer the gold item that was shown; the last answer decides."""
    found = roster.answer_gold(visit.cell, visit.actor, qualification, item=item, answer=answer, key=key)
    if isinstance(found, Refused):
        return found
    return Outcome(
        qualification=found.qualification, answered=found.answered, total=found.total, state=found.state,
        correct=found.correct, pass_mark=found.pass_mark, receipt=Receipt.of(found.receipt),
        signed=SignedReceipt.of(receipts.given(visit.cell, visit.actor, found.receipt, GoldAnswered.KIND)),
    )  # fmt: skip


def save_draft(visit: Visit, qualification: InPath, item: InPath, content: dict[str, JsonValue]) -> DraftKept | Refused:
    """Keep an unsent answer."""
    saved = judgment.save_draft(visit.cell, visit.actor, f"{qualification}|{item}", dict(content))
    return saved if isinstance(saved, Refused) else DraftKept(saved_at=saved)

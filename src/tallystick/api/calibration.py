"""Calibration sessions: open one, label alone, reveal, compare, mark a rubric's words, propose, answer, end."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from tallystick.api.assignment import DraftKept, ShownItem, WarnedShown, warned
from tallystick.api.gate import ValueShown
from tallystick.api.parts import (
    Body,
    InPath,
    Key,
    Line,
    Moment,
    Name,
    OptionalKey,
    OptionalReason,
    Paragraphs,
    Receipt,
    Shown,
    SignedReceipt,
)
from tallystick.app import calibration, judgment
from tallystick.app import receipt as receipts
from tallystick.edge import Site, Visit
from tallystick.events.calibration import CalibrationLabelled
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric
from tallystick.signals.shape import Answer

READERS = "calibrate or gate.read"
BYTES = 200_000
TAG = "calibration"


def mount(site: Site, prefix: str) -> None:
    """Register calibration sessions."""
    of, one = f"{prefix}/interventions/{{intervention}}/calibrations", f"{prefix}/calibrations/{{calibration_id}}"
    item, conflict = f"{one}/items/{{item}}", (409, 422)
    site.api("GET", f"{prefix}/me/calibrations", mine, permission="calibrate", answers=OwnSessions, tag=TAG)
    site.api(
        "GET", f"{of}/proposal", proposal, permission="intervene", answers=SessionProposal, refusals=(409,), tag=TAG
    )
    site.api(
        "POST", of, open_session, permission="intervene", answers=SessionOpened, status=201, refusals=conflict, tag=TAG
    )
    site.api("GET", one, session, permission=READERS, answers=SessionShown, tag=TAG)
    site.api("GET", f"{one}/task", task, permission="calibrate", answers=LabelTask, refusals=(409,), tag=TAG)
    site.api("POST", f"{item}/label", label, permission="calibrate", answers=Labelled, refusals=conflict, tag=TAG)
    site.api(
        "PUT", f"{item}/draft", save_draft, permission="calibrate", answers=DraftKept, refusals=(422,),
        max_bytes=BYTES, tag=TAG,
    )  # fmt: skip
    site.api(
        "POST", f"{one}/reveal", reveal, permission="intervene", answers=SessionChanged, refusals=conflict, tag=TAG
    )
    site.api("GET", f"{one}/labels", labels, permission=READERS, answers=SessionLabels, refusals=(409,), tag=TAG)
    site.api("GET", item, item_labels, permission=READERS, answers=ItemLabels, refusals=conflict, tag=TAG)
    site.api("GET", f"{one}/words", words, permission=READERS, answers=SessionWords, refusals=conflict, tag=TAG)
    site.api("POST", f"{one}/marks", mark, permission="calibrate", answers=SessionMarked, refusals=conflict, tag=TAG)
    site.api(
        "POST", f"{item}/examples", propose, permission="calibrate", answers=SessionMarked, refusals=conflict, tag=TAG
    )
    site.api(
        "POST", f"{one}/marks/{{number}}/answer", answer_mark, permission="intervene", answers=SessionMarked,
        refusals=conflict, tag=TAG,
    )  # fmt: skip
    site.api("POST", f"{one}/end", end, permission="intervene", answers=SessionChanged, refusals=conflict, tag=TAG)
    site.api("GET", f"{one}/revision", revision, permission="rubric.write", answers=RevisionText, tag=TAG)


class OwnSession(Shown):
    """A session that one takes part in."""

    calibration: str
    programme: str
    rubric: str
    rubric_version: str
    state: str = Field(description="labelling, revealed, ended or abandoned")
    done: int = Field(description="Items that one has labelled.")
    total: int
    opened_at: Moment


class OwnSessions(Shown):
    """The sessions that one takes part in, the newest first."""

    calibrations: list[OwnSession]


def mine(visit: Visit) -> OwnSessions | Refused:
    """List the sessions that one takes part in."""
    found = calibration.mine(visit.cell, visit.actor)
    if isinstance(found, Refused):
        return found
    return OwnSessions(calibrations=[_own(one) for one in found])


def _own(one: calibration.Mine) -> OwnSession:
    row = one.row
    return OwnSession(
        calibration=row.calibration, programme=row.programme, rubric=row.rubric, rubric_version=row.rubric_version,
        state=row.state, done=one.done, total=one.total, opened_at=row.opened_at,
    )  # fmt: skip


class SessionItem(Shown):
    """An item that a session can be opened with."""

    item: str
    external: str = Field(description="The client's own name of it.")
    gain_ppm: int | None = Field(description="What it costs agreement, by the diagnosis; null: all agreed on it.")
    is_chosen: bool = Field(description="It is among those that are proposed.")


class SessionCandidate(Shown):
    """An expert who can be asked to take part."""

    person: str
    judgments: int = Field(description="In the batch.")
    is_qualified: bool = Field(description="Under some version of the rubric.")


class SessionProposal(Shown):
    """What a session of an intervention would be opened with."""

    items: list[SessionItem]
    people: list[SessionCandidate]


def proposal(visit: Visit, intervention: InPath) -> SessionProposal | Refused:
    """Say which items and people a session would be opened with: the worst items, and some on which all agreed."""
    found = calibration.proposal(visit.cell, visit.actor, intervention)
    return found if isinstance(found, Refused) else SessionProposal.of(found)


class SessionOpening(Body):
    """Which items and people; what is left out is as the proposal has it, with everybody who judged in the batch."""

    items: Annotated[list[Name], Field(max_length=100)] | None = None
    participants: Annotated[list[Name], Field(max_length=100)] | None = None


class SessionOpened(Shown):
    """A session whose participants can label now."""

    calibration: str
    programme: str
    items: list[str]
    participants: int
    receipt: Receipt


def open_session(visit: Visit, intervention: InPath, body: SessionOpening, key: Key) -> SessionOpened | Refused:
    """Open a calibration session of an intervention that was diagnosed."""
    found = calibration.open_session(
        visit.cell, visit.actor, intervention, items=body.items, participants=body.participants, key=key
    )
    if isinstance(found, Refused):
        return found
    return SessionOpened(
        calibration=found.calibration, programme=found.programme, items=list(found.items),
        participants=found.participants, receipt=Receipt.of(found.receipt),
    )  # fmt: skip


class SessionProgress(Shown):
    """How far one participant is. Who has which number is not told."""

    person: str
    done: int
    total: int


class SessionShown(Shown):
    """How a session stands."""

    calibration: str
    intervention: str
    programme: str
    batch: str
    domain: str
    rubric: str
    rubric_version: str
    state: str = Field(description="labelling, revealed, ended or abandoned")
    items: int
    people: int
    progress: list[SessionProgress] = Field(
        description="Of each participant, for readers; empty for who only takes part."
    )
    mine: SessionProgress | None = Field(description="One's own, when one takes part.")
    agreement: ValueShown | None = Field(
        description="Of the labels; null before the reveal. It stands beside no threshold."
    )
    missing: int = Field(description="Participants who had not finished at the reveal.")
    marks: int
    unanswered: int = Field(description="Marks that the lead has not answered: the rubric cannot be ruled out.")
    examples: int
    opened_at: Moment
    revealed_at: Moment | None
    ended_at: Moment | None


def session(visit: Visit, calibration_id: InPath) -> SessionShown | Refused:
    """Say how a session stands. Before the reveal nobody is told anything of labels but their own number."""
    found = calibration.session(visit.cell, visit.actor, calibration_id)
    if isinstance(found, Refused):
        return found
    row = found.row
    return SessionShown(
        calibration=row.calibration, intervention=row.intervention, programme=row.programme, batch=row.batch,
        domain=row.domain, rubric=row.rubric, rubric_version=row.rubric_version, state=row.state, items=found.items,
        people=found.people, progress=[SessionProgress.of(one) for one in found.progress],
        mine=None if found.mine is None else SessionProgress.of(found.mine),
        agreement=None if found.agreement is None else ValueShown.of(found.agreement), missing=found.missing,
        marks=found.marks, unanswered=found.unanswered, examples=found.examples, opened_at=row.opened_at,
        revealed_at=row.revealed_at, ended_at=row.ended_at,
    )  # fmt: skip


class LabelTask(Shown):
    """The item that comes next for one participant, in an order of their own."""

    calibration: str
    item: str
    programme: str
    number: int = Field(description="From 1.")
    total: int
    shown: ShownItem
    rubric: Rubric
    draft: dict[str, JsonValue] | None
    draft_at: Moment | None
    warnings: list[WarnedShown] = Field(default_factory=list, description="Say these before you show the item.")


def task(visit: Visit, calibration_id: InPath) -> LabelTask | Refused:
    """Take the next item of a session that one takes part in. 409 `calibration-done` when all are labelled."""
    found = calibration.task(visit.cell, visit.actor, calibration_id)
    if isinstance(found, Refused):
        return found
    return LabelTask.of(found).model_copy(update={"warnings": warned(visit, found.item)})


class Labelled(Shown):
    """A label that is durably in the journal. It is no judgment."""

    calibration: str
    item: str
    done: int
    total: int
    receipt: Receipt
    signed: SignedReceipt


def label(visit: Visit, calibration_id: InPath, item: InPath, answer: Answer, key: Key) -> Labelled | Refused:
    """Label an item. Nobody sees it before the lead reveals all labels at once."""
    found = calibration.label(visit.cell, visit.actor, calibration_id, item=item, answer=answer, key=key)
    if isinstance(found, Refused):
        return found
    return Labelled(
        calibration=found.calibration, item=found.item, done=found.done, total=found.total,
        receipt=Receipt.of(found.receipt),
        signed=SignedReceipt.of(receipts.given(visit.cell, visit.actor, found.receipt, CalibrationLabelled.KIND)),
    )  # fmt: skip


def save_draft(
    visit: Visit, calibration_id: InPath, item: InPath, content: dict[str, JsonValue]
) -> DraftKept | Refused:
    """Keep an unsent label."""
    saved = judgment.save_draft(visit.cell, visit.actor, f"{calibration_id}|{item}", dict(content))
    return saved if isinstance(saved, Refused) else DraftKept(saved_at=saved)


class SessionReason(Body):
    """Why something is done before all have finished; empty when that needs no reason."""

    reason: Paragraphs = ""


class SessionChanged(Shown):
    """A session that was revealed or ended."""

    calibration: str
    state: str
    receipt: Receipt


def reveal(visit: Visit, calibration_id: InPath, body: SessionReason, key: Key) -> SessionChanged | Refused:
    """Show all labels side by side. `reason` is needed while some have not finished: they are not waited for."""
    found = calibration.reveal(visit.cell, visit.actor, calibration_id, reason=body.reason, key=key)
    return found if isinstance(found, Refused) else _changed(found)


def end(visit: Visit, calibration_id: InPath, body: SessionReason, key: Key) -> SessionChanged | Refused:
    """End a session. Before the reveal this abandons it, which needs a `reason`."""
    found = calibration.end(visit.cell, visit.actor, calibration_id, reason=body.reason, key=key)
    return found if isinstance(found, Refused) else _changed(found)


def _changed(found: calibration.Changed) -> SessionChanged:
    return SessionChanged(calibration=found.calibration, state=found.state, receipt=Receipt.of(found.receipt))


class LabelShown(Shown):
    """One label by the number of its author, in the reader's own order of candidates."""

    number: int
    verdict: str
    scores: dict[str, dict[str, int]]
    reasons: list[dict[str, str | None]] = Field(description="Empty where several items are shown.")
    is_own: bool
    is_mirrored: bool = Field(description="Its author saw the candidates the other way round: their A is your B.")


class LabelledItem(Shown):
    """An item with its labels."""

    item: str
    is_divided: bool
    labels: list[LabelShown]


class SessionLabels(Shown):
    """Every label of a session, divided items first."""

    own: int | None = Field(description="One's own number, when one takes part.")
    items: list[LabelledItem]


def labels(visit: Visit, calibration_id: InPath) -> SessionLabels | Refused:
    """Compare verdicts and scores side by side, by number. 409 `calibration-labelling` before the reveal."""
    found = calibration.overview(visit.cell, visit.actor, calibration_id)
    if isinstance(found, Refused):
        return found
    return SessionLabels(
        own=found.own,
        items=[
            LabelledItem(item=item, is_divided=item in found.divided, labels=[LabelShown.of(one) for one in given])
            for item, given in found.items
        ],
    )  # fmt: skip


class ItemLabels(Shown):
    """One item with all that was said of it."""

    item: str
    shown: ShownItem
    labels: list[LabelShown]


def item_labels(
    visit: Visit, calibration_id: InPath, item: InPath, reason: OptionalReason = None, key: OptionalKey = None
) -> ItemLabels | Refused:
    """Open an item with its labels and reasons. `reason` is needed of whoever neither takes part nor leads."""
    found = calibration.item_labels(visit.cell, visit.actor, calibration_id, item, reason=reason or "", key=key)
    return found if isinstance(found, Refused) else ItemLabels.of(found)


class RubricPassage(Shown):
    """One text of the rubric that can be marked."""

    place: str
    criterion: str | None
    label: str
    text: str


class MarkShown(Shown):
    """A mark on words of the rubric."""

    number: int
    participant: int
    is_own: bool
    criterion: str | None
    place: str
    start: int = Field(description="Code points within the text of the place.")
    end: int
    quote: str
    kind: str
    note: str
    answer: str | None = Field(description="revised or kept; null while the lead has not answered")
    words: str = Field(description="Of the answer.")


class ExampleShown(Shown):
    """A worked example that somebody proposed."""

    number: int
    participant: int
    is_own: bool
    item: str
    criterion: str
    score: int
    title: str
    situation: str
    why: str


class SessionWords(Shown):
    """What a session says of the words of its rubric version."""

    passages: list[RubricPassage]
    marks: list[MarkShown]
    examples: list[ExampleShown]
    reveal_reason: str
    end_reason: str
    may_mark: bool


def words(
    visit: Visit, calibration_id: InPath, reason: OptionalReason = None, key: OptionalKey = None
) -> SessionWords | Refused:
    """Read the rubric's texts with all marks and proposed examples. That you read them is an event."""
    found = calibration.words(visit.cell, visit.actor, calibration_id, reason=reason or "", key=key)
    return found if isinstance(found, Refused) else SessionWords.of(found)


class NewMark(Body):
    """Words of the rubric, and what is wrong with them."""

    place: Annotated[str, Field(max_length=200)] = Field(description="Of a text, as `words` has it.")
    start: Annotated[int, Field(ge=0, le=100_000)] = Field(description="Code points from the start of that text.")
    end: Annotated[int, Field(ge=0, le=100_000)]
    kind: Literal["ambiguous", "missing", "contradicts", "too_strict", "too_lax"]
    note: Paragraphs


class SessionMarked(Shown):
    """A mark, a proposal or an answer that is in the journal."""

    calibration: str
    number: int
    receipt: Receipt


def mark(visit: Visit, calibration_id: InPath, body: NewMark, key: Key) -> SessionMarked | Refused:
    """Mark words of the rubric version that a session is about."""
    new = calibration.NewMark(body.place, body.start, body.end, body.kind, body.note)
    found = calibration.mark(visit.cell, visit.actor, calibration_id, new, key=key)
    return found if isinstance(found, Refused) else _marked(found)


def _marked(found: calibration.Marked | calibration.Proposed | calibration.Answered) -> SessionMarked:
    return SessionMarked(calibration=found.calibration, number=found.number, receipt=Receipt.of(found.receipt))


class NewExample(Body):
    """A worked example made of an item. A and B are the candidates as they were shown to you."""

    candidate: Literal["a", "b"]
    criterion: Name
    score: Annotated[int, Field(ge=0, le=10)]
    title: Line
    situation: Paragraphs = Field(description="What was seen, in words that may stand in the rubric.")
    why: Paragraphs


def propose(visit: Visit, calibration_id: InPath, item: InPath, body: NewExample, key: Key) -> SessionMarked | Refused:
    """Propose a worked example for the rubric."""
    new = calibration.NewExample(body.candidate, body.criterion, body.score, body.title, body.situation, body.why)
    found = calibration.propose(visit.cell, visit.actor, calibration_id, item, new=new, key=key)
    return found if isinstance(found, Refused) else _marked(found)


class MarkAnswer(Body):
    """What becomes of the marked words."""

    answer: Literal["revised", "kept"]
    words: Paragraphs


def answer_mark(
    visit: Visit, calibration_id: InPath, number: Annotated[int, Field(ge=1, le=100_000)], body: MarkAnswer, key: Key
) -> SessionMarked | Refused:
    """Answer a mark. While one is unanswered, the rubric cannot be ruled out as the cause."""
    found = calibration.answer(
        visit.cell, visit.actor, calibration_id, number, answer=body.answer, words=body.words, key=key
    )
    return found if isinstance(found, Refused) else _marked(found)


class RevisionText(Shown):
    """The rubric in force, prepared for its next version."""

    rubric: str
    in_force: str
    version: str = Field(description="The number that is proposed.")
    text: str = Field(description="YAML: edit it, and publish it with `POST .../rubrics`.")


def revision(visit: Visit, calibration_id: InPath) -> RevisionText | Refused:
    """Take the rubric in force as the beginning of its next version."""
    found = calibration.prepared(visit.cell, visit.actor, calibration_id)
    if isinstance(found, Refused):
        return found
    return RevisionText(rubric=found.row.rubric, in_force=found.in_force, version=found.version, text=found.text)

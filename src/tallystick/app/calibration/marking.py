"""What a session says of the rubric: marks on its words, worked examples, and how the lead answers them."""

from dataclasses import dataclass

import msgspec

from tallystick import canon
from tallystick.app import access, erased
from tallystick.app.access import Actor
from tallystick.app.calibration import seen
from tallystick.app.cell import Cell
from tallystick.app.contract import unreadable
from tallystick.app.erased import Gone
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.looking import About, Look
from tallystick.events.calibration import ExampleProposed, LanguageMarked, MarkAnswered
from tallystick.flow import calibration as flow
from tallystick.flow.calibration import Passage
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric
from tallystick.ledger import journal
from tallystick.signals.shape import names_of
from tallystick.store import calibration, items
from tallystick.store.schema import Row


@dataclass(frozen=True, slots=True)
class NewMark:
    """What somebody says of words of the rubric.

    place       of the text, as `Words.passages` has it
    start, end  code points within that text
    kind        one of flow.calibration.KINDS
    """

    place: str
    start: int
    end: int
    kind: str
    note: str


@dataclass(frozen=True, slots=True)
class NewExample:
    """A worked example as somebody proposes it. A and B are the candidates as they were shown to this person."""

    candidate: str
    criterion: str
    score: int
    title: str
    situation: str
    why: str


@dataclass(frozen=True, slots=True)
class Marked:
    """A mark that is in the journal."""

    calibration: str
    number: int
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal that is in the journal."""

    calibration: str
    number: int
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Answered:
    """A mark that the lead has answered."""

    calibration: str
    number: int
    answer: str
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class MarkShown:
    """A mark with its words."""

    number: int
    participant: int
    is_own: bool
    criterion: str | None
    place: str
    start: int
    end: int
    quote: str
    kind: str
    note: str
    answer: str | None
    words: str  # of the answer


@dataclass(frozen=True, slots=True)
class ExampleShown:
    """A proposed worked example with its words."""

    number: int
    participant: int
    is_own: bool
    item: str
    criterion: str
    score: int
    title: str
    situation: str
    why: str


@dataclass(frozen=True, slots=True)
class Words:
    """What a session says of the words of its rubric version."""

    row: Row
    rubric: Rubric
    passages: tuple[Passage, ...]
    marks: tuple[MarkShown, ...]
    examples: tuple[ExampleShown, ...]
    reveal_reason: str  # why some were not waited for
    end_reason: str  # why it was abandoned
    may_mark: bool


def words(
    cell: Cell, actor: Actor, wanted: str, *, reason: str = "", words: str = "", key: str | None = None
) -> Words | Refused:
    """Marks and proposals of a session, with what was written. That somebody read them is an event.

    reason  of somebody who neither takes part nor leads: one of looking.CHOSEN
    """
    with cell.read() as connection:
        row = seen.shown(connection, actor, wanted)
        if isinstance(row, Refused):
            return row
        refused = unreadable(cell, connection, actor, row.programme)
        given = refused or seen.reason_of(actor, row, connection, given=reason, words=words)
    if isinstance(given, Refused):
        return given
    about = About(subject=wanted, what="words", reason=given, words=words.strip())
    look = cell.look(actor, seen.permission_of(actor), about, key=key)
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        fresh = calibration.calibration(connection, wanted)
        assert fresh is not None
        return _words(cell, connection, fresh, actor, look=look)


def _words(cell: Cell, connection: journal.Connection, row: Row, actor: Actor, *, look: Look) -> Words:
    rubric = seen.rubric_of(cell, connection, row)
    people = calibration.participants(connection, row.calibration)
    marks, examples = calibration.marks(connection, row.calibration), calibration.examples(connection, row.calibration)
    names = [row.reason, row.ended_reason, *(name for mark in marks for name in (mark.note, mark.words))]
    wanted = [name for name in (*names, *(example.note for example in examples)) if name is not None]
    opened = erased.payloads(cell, connection, wanted, look)
    texts = {passage.place: passage.text for passage in flow.passages(rubric)}
    return Words(
        row, rubric, flow.passages(rubric),
        tuple(_mark(one, people, actor, opened=opened, text=texts[one.place]) for one in marks),
        tuple(_example(one, people, actor, opened=opened) for one in examples),
        erased.text(opened[row.reason]) if row.reason else "",
        erased.text(opened[row.ended_reason]) if row.ended_reason else "",
        row.state == calibration.REVEALED and actor.person in people,
    )  # fmt: skip


def _mark(row: Row, people: list[str], actor: Actor, *, opened: dict[str, bytes | Gone], text: str) -> MarkShown:
    return MarkShown(
        number=row.number, participant=people.index(row.expert) + 1, is_own=row.expert == actor.person,
        criterion=row.criterion, place=row.place, start=row.start, end=row.end, quote=text[row.start : row.end],
        kind=row.kind, note=erased.text(opened[row.note]), answer=row.answer,
        words=erased.text(opened[row.words]) if row.words else "",
    )  # fmt: skip


def _example(row: Row, people: list[str], actor: Actor, *, opened: dict[str, bytes | Gone]) -> ExampleShown:
    found = opened[row.note]
    if isinstance(found, Gone):
        told = dict.fromkeys(("title", "situation", "why"), erased.text(found))
    else:
        told = msgspec.json.decode(found, type=dict[str, str])
    return ExampleShown(
        number=row.number, participant=people.index(row.expert) + 1, is_own=row.expert == actor.person,
        item=row.item, criterion=row.criterion, score=row.score, title=told["title"], situation=told["situation"],
        why=told["why"],
    )  # fmt: skip


# --- participants -------------------------------------------------------------------------------------------------


def mark(cell: Cell, actor: Actor, wanted: str, new: NewMark, *, key: str) -> Marked | Refused:
    """Mark words of the rubric version that a session is about."""
    request = canon.encode(["calibration-mark", wanted, new.place, new.start, new.end, new.kind, new.note])
    answer = cell.execute(Command(actor, "calibrate", key, request, lambda tx: _mark_of(cell, tx, wanted, new)))
    if isinstance(answer, Refused):
        return answer
    fact = answer.facts[0]
    assert isinstance(fact, LanguageMarked)
    return Marked(wanted, fact.number, answer)


def _session_open(tx: Transaction, wanted: str) -> Row | Refused:
    """A session that takes marks and examples of whoever acts."""
    row = seen.takes_part(tx.connection, tx.actor, wanted)
    if row is None:
        return access.ABSENT
    return row if row.state == calibration.REVEALED else seen.NOT_OPEN


def _mark_of(cell: Cell, tx: Transaction, wanted: str, new: NewMark) -> Decision:
    row = _session_open(tx, wanted)
    if isinstance(row, Refused):
        return row
    rubric = seen.rubric_of(cell, tx.connection, row)
    passage = next((one for one in flow.passages(rubric) if one.place == new.place), None)
    refused = flow.check_mark(passage, new.start, new.end, kind=new.kind, note=new.note)
    if refused:
        return refused
    assert passage is not None, "a mark stands on a passage"
    return [
        LanguageMarked(
            calibration=wanted, number=len(calibration.marks(tx.connection, wanted)) + 1, expert=tx.actor.person,
            rubric=row.rubric, rubric_version=row.rubric_version, criterion=passage.criterion, place=new.place,
            start=new.start, end=new.end, quote_digest=flow.quote_digest(passage.text, new.start, new.end),
            kind=new.kind, note=seen.seal(tx, row, new.note),
        )
    ]  # fmt: skip


def propose(cell: Cell, actor: Actor, wanted: str, item: str, *, new: NewExample, key: str) -> Proposed | Refused:
    """Propose a worked example for the rubric, made of an item of the session."""
    told = [new.candidate, new.criterion, new.score, new.title, new.situation, new.why]
    request = canon.encode(["calibration-example", wanted, item, *told])
    answer = cell.execute(
        Command(actor, "calibrate", key, request, lambda tx: _proposal(cell, tx, wanted, item, new=new))
    )
    if isinstance(answer, Refused):
        return answer
    fact = answer.facts[0]
    assert isinstance(fact, ExampleProposed)
    return Proposed(wanted, fact.number, answer)


def _proposal(cell: Cell, tx: Transaction, wanted: str, item: str, *, new: NewExample) -> Decision:
    row = _session_open(tx, wanted)
    if isinstance(row, Refused):
        return row
    found = items.item(tx.connection, item)
    if found is None or item not in calibration.items(tx.connection, wanted):
        return access.ABSENT
    gone = erased.gone(tx.connection, found.content)
    rubric = seen.rubric_of(cell, tx.connection, row)
    refused = gone.refused if gone else flow.check_example(
        rubric, criterion=new.criterion, candidate=new.candidate, score=new.score
    )  # fmt: skip
    refused = refused or next(
        (one for name in ("title", "situation", "why") if (one := _told(getattr(new, name), name))), None
    )
    if refused:
        return refused
    order = seen.candidate_order(cell, tx.connection, wanted, item, person=tx.actor.person)
    own = names_of(order)[new.candidate]
    payload = canon.encode({"title": new.title.strip(), "situation": new.situation.strip(), "why": new.why.strip()})
    return [
        ExampleProposed(
            calibration=wanted, number=len(calibration.examples(tx.connection, wanted)) + 1, item=item,
            expert=tx.actor.person, candidate=own, criterion=new.criterion, score=new.score,
            note=tx.seal(payload, scope=f"run:{found.run}", subjects=[f"person:{tx.actor.person}"]),
        )
    ]  # fmt: skip


def _told(text: str, field: str) -> Refused | None:
    """A title may be short; what was seen and why it scores so has to be said."""
    if field != "title":
        return flow.check_words(text, field)
    if 3 <= len(text.strip()) <= 100:
        return None
    return Refused("words-length", "Expected a title of 3 to 100 characters.", field)


# --- the lead -----------------------------------------------------------------------------------------------------


def answer(
    cell: Cell, actor: Actor, wanted: str, number: int, *, answer: str, words: str, key: str
) -> Answered | Refused:
    """Answer a mark: the words will be revised, or are kept, and why."""
    request = canon.encode(["mark-answer", wanted, number, answer, words])
    command = Command(
        actor, "intervene", key, request, lambda tx: _answer(tx, wanted, number, answer=answer, words=words)
    )
    done = cell.execute(command)
    return done if isinstance(done, Refused) else Answered(wanted, number, answer, done)


def _answer(tx: Transaction, wanted: str, number: int, *, answer: str, words: str) -> Decision:
    row = calibration.calibration(tx.connection, wanted)
    found = [] if row is None else [one for one in calibration.marks(tx.connection, wanted) if one.number == number]
    if row is None or not found:
        return access.ABSENT
    if found[0].answer is not None:
        return Refused("mark-answered", f"This mark was answered with {found[0].answer}: the answer stands.")
    refused = flow.check_answer(answer, words)
    if refused:
        return refused
    ref = seen.seal(tx, row, words, about=[found[0].expert])
    return [MarkAnswered(calibration=wanted, number=number, answer=answer, words=ref)]

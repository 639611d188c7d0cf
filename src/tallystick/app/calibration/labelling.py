"""Label an item of a session: alone, in an order of one's own, before anybody sees another's label."""

from dataclasses import dataclass

import msgspec

from tallystick import canon
from tallystick.app import access, erased, routing, welfare
from tallystick.app.access import Actor
from tallystick.app.assignment import Shown, shown_in
from tallystick.app.calibration import seen
from tallystick.app.cell import Cell
from tallystick.app.contract import unreadable
from tallystick.app.judgment import rationale_bytes
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.looking import About, Look
from tallystick.app.pay.terms import may_work
from tallystick.events.calibration import CalibrationLabelled
from tallystick.flow import judgment
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric
from tallystick.ledger import journal
from tallystick.signals.shape import Answer
from tallystick.store import calibration, items, sessions
from tallystick.store.schema import Row

ALL_LABELLED = Refused(
    "calibration-done", "You have labelled every item of this session. The lead shows all labels when others have, too."
)
NO_MORE_LABELS = Refused("calibration-revealed", "No more labels are taken here: they are shown, or the session ended.")
NO_CONTRACT = Refused(
    "no-contract", "Work before your contract is executed is blocked: the programme lead has to record it first."
)


@dataclass(frozen=True, slots=True)
class Task:
    """The item that comes next for one participant."""

    calibration: str
    item: str
    programme: str
    number: int  # from 1
    total: int
    shown: Shown
    rubric: Rubric
    draft: dict[str, object] | None
    draft_at: int | None


@dataclass(frozen=True, slots=True)
class Labelled:
    """A label that is durably in the journal."""

    calibration: str
    item: str
    programme: str
    done: int
    total: int
    receipt: Receipt


def task(cell: Cell, actor: Actor, wanted: str) -> Task | Refused:
    """The next item of a session that one takes part in."""
    with cell.read() as connection:
        row = seen.takes_part(connection, actor, wanted)
        if row is None:
            return access.ABSENT
        ended = unreadable(cell, connection, actor, row.programme)
        ended = ended or may_work(connection, actor.person, row.programme)
        ended = ended or welfare.may_work(cell, connection, actor.person, row.programme, now=cell.kernel.now())
        if ended:
            return ended
        if row.state != calibration.LABELLING:
            return NO_MORE_LABELS
        left, total = _left(cell, connection, row, actor.person)
        aside = {one.item: refused for one in left if (refused := _put_aside(cell, connection, actor, one))}
    item = next((one for one in left if one.item not in aside), None)
    if item is None:
        return next(iter(aside.values()), ALL_LABELLED)
    look = cell.look(actor, "calibrate", About(subject=item.item, what="item", reason="calibration"))
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        return _task(cell, connection, row, actor, item=item, number=total - len(left) + 1, total=total, look=look)


def _put_aside(cell: Cell, connection: journal.Connection, actor: Actor, item: Row) -> Refused | None:
    """Why an item is not asked of a participant now: they leave its kind out. Its line stays open for the lead."""
    return routing.refuse_begun(cell, connection, actor.person, [item], instead=seen.ALL_ELSE)


def _left(cell: Cell, connection: journal.Connection, row: Row, person: str) -> tuple[list[Row], int]:
    """What somebody has still to label, in their order, and how many items there are for them in all."""
    done = {label.item for label in calibration.labels(connection, row.calibration, expert=person)}
    living = {item.item: item for item in seen.living(connection, row.calibration)}
    places = seen.item_order(cell, row.calibration, list(living), person)
    return [living[name] for name in places if name not in done], len(living.keys() | done)


def _task(
    cell: Cell, connection: journal.Connection, row: Row, actor: Actor, *, item: Row, number: int, total: int,
    look: Look,
) -> Task:  # fmt: skip
    order = seen.candidate_order(cell, connection, row.calibration, item.item, person=actor.person)
    draft = sessions.draft(connection, f"{row.calibration}|{item.item}", actor.person)
    content = None if draft is None else cell.open_draft(connection, draft, look)
    return Task(
        calibration=row.calibration, item=item.item, programme=row.programme, number=number, total=total,
        shown=shown_in(cell, connection, item.content, order, look=look),
        rubric=seen.rubric_of(cell, connection, row), draft=None if content is None else msgspec.json.decode(content),
        draft_at=None if draft is None else draft.saved_at,
    )  # fmt: skip


def label(cell: Cell, actor: Actor, wanted: str, *, item: str, answer: Answer, key: str) -> Labelled | Refused:
    """Label an item. The same key gives the same receipt."""
    request = canon.encode(["calibration-label", wanted, item, answer.model_dump(mode="json")])
    done = cell.execute(
        Command(actor, "calibrate", key, request, lambda tx: _label(cell, tx, actor, wanted, item=item, answer=answer))
    )
    if isinstance(done, Refused):
        return done
    with cell.read() as connection:
        row = calibration.calibration(connection, wanted)
        assert row is not None
        left, total = _left(cell, connection, row, actor.person)
    return Labelled(wanted, item, row.programme, total - len(left), total, done)


def _label(cell: Cell, tx: Transaction, actor: Actor, wanted: str, *, item: str, answer: Answer) -> Decision:
    row = seen.takes_part(tx.connection, actor, wanted)
    found = items.item(tx.connection, item)
    if row is None or found is None or item not in calibration.items(tx.connection, wanted):
        return access.ABSENT
    if any(label.item == item for label in calibration.labels(tx.connection, wanted, expert=actor.person)):
        return Refused("already-labelled", "You have labelled this item already: your label stands.")
    if row.state != calibration.LABELLING:
        return NO_MORE_LABELS
    gone = erased.gone(tx.connection, found.content)
    refused = gone.refused if gone else unreadable(cell, tx.connection, actor, row.programme)
    refused = refused or may_work(tx.connection, actor.person, row.programme)
    if refused:
        return refused
    order = seen.candidate_order(cell, tx.connection, wanted, item, person=actor.person)
    look = tx.look_as_cell(About(subject=item, what="answer", reason="check"))
    shown = shown_in(cell, tx.connection, found.content, order, look=look)
    considered = judgment.consider(answer, seen.rubric_of(cell, tx.connection, row), shown.matter, earlier=[])
    if isinstance(considered, Refused):
        return considered
    sessions.drop_draft(tx.connection, f"{wanted}|{item}", actor.person)
    rationale = tx.seal(
        rationale_bytes(answer, considered), scope=f"run:{found.run}", subjects=[f"person:{actor.person}"]
    )
    return [
        CalibrationLabelled(
            calibration=wanted, item=item, expert=actor.person, order=order, verdict=considered.verdict,
            scores=considered.scores, reasons=considered.reasons, rationale=rationale,
            confirmed=considered.confirmed, active_ms=answer.active_ms,
        )
    ]  # fmt: skip

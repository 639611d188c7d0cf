"""A session as a whole: how far it is, showing its labels, ending it."""

from dataclasses import dataclass

import msgspec

from tallystick import canon
from tallystick.app import access
from tallystick.app.access import Actor
from tallystick.app.calibration import seen
from tallystick.app.cell import Cell
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.events.calibration import CalibrationEnded, CalibrationRevealed
from tallystick.events.gate import MeasuredValue
from tallystick.events.intervention import InterventionOpened
from tallystick.flow import calibration as flow
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import calibration
from tallystick.store import intervention as interventions
from tallystick.store.schema import Row


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one participant is. Who has which number is not told."""

    person: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Mine:
    """A session as one of its participants sees it from outside."""

    row: Row
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Session:
    """How a session stands.

    progress   of each participant, for readers; empty for somebody who only takes part
    mine       of the reader, when they take part
    agreement  of the labels; None before the reveal
    missing    how many participants had not finished at the reveal
    """

    row: Row
    items: int
    people: int
    progress: tuple[Progress, ...]
    mine: Progress | None
    agreement: MeasuredValue | None
    missing: int
    marks: int
    unanswered: int
    examples: int


@dataclass(frozen=True, slots=True)
class Changed:
    """A session that was revealed or ended."""

    calibration: str
    state: str
    receipt: Receipt


def mine(cell: Cell, actor: Actor) -> list[Mine] | Refused:
    """The sessions that one takes part in, the newest first."""
    if not access.allows(actor, "calibrate"):
        return access.ABSENT
    with cell.read() as connection:
        found = []
        for row in calibration.of_person(connection, actor.person):
            progress = _progress(connection, row, actor.person)
            found.append(Mine(row, progress.done, progress.total))
        return found


def _progress(connection: journal.Connection, row: Row, person: str) -> Progress:
    done = {label.item for label in calibration.labels(connection, row.calibration, expert=person)}
    living = {item.item for item in seen.living(connection, row.calibration)}
    return Progress(person, len(done), len(living | done))


def session(cell: Cell, actor: Actor, wanted: str) -> Session | Refused:
    """How a session stands, for who takes part and for who reads about agreement."""
    with cell.read() as connection:
        row = seen.readable(connection, actor, wanted)
        if row is None:
            return access.ABSENT
        people = calibration.participants(connection, wanted)
        is_mine = seen.takes_part(connection, actor, wanted) is not None
        is_reader = access.allows(actor, "gate.read")
        return Session(
            row=row, items=len(calibration.items(connection, wanted)), people=len(people),
            progress=tuple(_progress(connection, row, person) for person in sorted(people)) if is_reader else (),
            mine=_progress(connection, row, actor.person) if is_mine else None,
            agreement=None if row.agreement is None else msgspec.json.decode(row.agreement, type=MeasuredValue),
            missing=0 if row.missing is None else len(msgspec.json.decode(row.missing, type=list[str])),
            marks=len(calibration.marks(connection, wanted)), unanswered=calibration.unanswered(connection, wanted),
            examples=len(calibration.examples(connection, wanted)),
        )  # fmt: skip


def reveal(cell: Cell, actor: Actor, wanted: str, *, reason: str = "", key: str) -> Changed | Refused:
    """Show all labels side by side. Nobody can label any more after this.

    reason  why those who have not finished are not waited for; not needed when all have
    """
    request = canon.encode(["calibration-reveal", wanted, reason])
    command = Command(actor, "intervene", key, request, lambda tx: _reveal(tx, wanted, reason=reason))
    return _changed(cell, command, wanted)


def _reveal(tx: Transaction, wanted: str, *, reason: str) -> Decision:
    row = calibration.calibration(tx.connection, wanted)
    if row is None:
        return access.ABSENT
    people = calibration.participants(tx.connection, wanted)
    labels = seen.labels_of(tx.connection, wanted)
    living = [item.item for item in seen.living(tx.connection, wanted)]
    missing = flow.unfinished(living, people, labels)
    refused = flow.check_reveal(row.state, people, missing, reason=reason)
    if refused:
        return refused
    opened = _opening(tx.connection, row)
    return [
        CalibrationRevealed(
            calibration=wanted, labels=len(labels), missing=list(missing),
            agreement=flow.agreement(
                labels, metric=opened.metric, level=opened.level, rubric_version=row.rubric_version
            ),
            reason=seen.seal(tx, row, reason, about=missing) if missing else None,
        )
    ]  # fmt: skip


def _opening(connection: journal.Connection, row: Row) -> InterventionOpened:
    """The fact that opened the intervention of a session: it names the coefficient of the batch."""
    first = interventions.steps(connection, row.intervention)[0]
    return msgspec.json.decode(first.body, type=InterventionOpened)


def end(cell: Cell, actor: Actor, wanted: str, *, reason: str = "", key: str) -> Changed | Refused:
    """End a session: no mark and no example is taken any more. Before the reveal this abandons it.

    reason  why it is abandoned; not needed after the reveal
    """
    request = canon.encode(["calibration-end", wanted, reason])
    command = Command(actor, "intervene", key, request, lambda tx: _end(tx, wanted, reason=reason))
    return _changed(cell, command, wanted)


def _end(tx: Transaction, wanted: str, *, reason: str) -> Decision:
    row = calibration.calibration(tx.connection, wanted)
    if row is None:
        return access.ABSENT
    if row.state not in calibration.RUNNING:
        return Refused("calibration-ended", "This session has ended already.")
    is_held = row.state == calibration.REVEALED
    refused = None if is_held else flow.check_words(reason, "reason")
    if refused:
        return refused
    return [
        CalibrationEnded(
            calibration=wanted, outcome="held" if is_held else "abandoned",
            marks=len(calibration.marks(tx.connection, wanted)),
            examples=len(calibration.examples(tx.connection, wanted)),
            reason=None if is_held else seen.seal(tx, row, reason),
        )
    ]  # fmt: skip


def _changed(cell: Cell, command: Command, wanted: str) -> Changed | Refused:
    answer = cell.execute(command)
    if isinstance(answer, Refused):
        return answer
    with cell.read() as connection:
        row = calibration.calibration(connection, wanted)
    assert row is not None
    return Changed(wanted, row.state, answer)

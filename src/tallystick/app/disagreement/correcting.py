"""What people say of a proposed cause, and what a decision on a case needs to know of it."""

from dataclasses import dataclass

from tallystick import canon
from tallystick.app import access, erased
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.disagreement.classifying import WITHDRAWN
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.events.disagreement import ClassCorrected
from tallystick.flow import disagreement as flow
from tallystick.flow.disagreement import Stated
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import disagreement, items, judgment
from tallystick.store.schema import Row

NOT_CLASSIFIED = Refused(
    "not-classified", "This disagreement has not been classified yet: have its batch classified first.", "item"
)


@dataclass(frozen=True, slots=True)
class Corrected:
    """What somebody said of a cause, in the journal."""

    fact: ClassCorrected
    receipt: Receipt


def stated(connection: journal.Connection, item: str) -> Stated | None:
    """The cause of an item's disagreement as it stands now, or None where it was not classified."""
    row = disagreement.classification(connection, item)
    said = disagreement.corrections_of(connection, item)
    return None if row is None else stated_of(row, said[-1] if said else None)


def stated_of(row: Row, said: Row | None) -> Stated:
    """The cause as it stands: a person's word goes before what was found."""
    return Stated(
        item=row.item, cause=row.cause if said is None else said.cause, proposed=row.proposed,
        confidence_ppm=row.confidence_ppm, is_corrected=said is not None,
    )  # fmt: skip


def permission_of(actor: Actor) -> str:
    """As what somebody corrects causes: as an adjudicator, else as a lead."""
    return "adjudicate" if access.allows(actor, "adjudicate") else "monitor.write"


def may_read(connection: journal.Connection, actor: Actor, item: str) -> bool:
    """Whether somebody may see the class of an item.

    Nobody who judges does while the item is open for judging, and nobody who judged it at any time, whatever else
    they are: a class tells how others judged.
    """
    if not (access.allows(actor, "adjudicate") or access.allows(actor, "gate.read")):
        return False
    if not access.allows(actor, "work.do"):
        return True
    state = disagreement.states(connection, [item]).get(item, WITHDRAWN)
    return state != WITHDRAWN and judgment.of_expert_on(connection, actor.person, item) is None


def correct(cell: Cell, actor: Actor, item: str, *, cause: str, note: str, key: str) -> Corrected | Refused:
    """Say what the cause of a disagreement is: the proposed one again, or another."""
    request = canon.encode(["correct", item, cause, note])
    command = Command(
        actor, permission_of(actor), key, request, lambda tx: _correct(tx, actor, item, cause=cause, note=note)
    )
    answer = cell.execute(command)
    if isinstance(answer, Refused):
        return answer
    fact = answer.facts[0]
    assert isinstance(fact, ClassCorrected)
    return Corrected(fact, answer)


def _correct(tx: Transaction, actor: Actor, item: str, *, cause: str, note: str) -> Decision:
    row, about = disagreement.classification(tx.connection, item), items.item(tx.connection, item)
    if about is None or not may_read(tx.connection, actor, item):
        return access.ABSENT
    if row is None:
        return NOT_CLASSIFIED
    gone = erased.gone(tx.connection, about.content)
    refused = gone.refused if gone else flow.check_correction(cause, note)
    if refused:
        return refused
    # A note may quote the item: it stands under its import, and under whoever wrote it.
    ref = tx.seal(note.strip().encode(), scope=f"run:{about.run}", subjects=[f"person:{actor.person}"])
    return [
        ClassCorrected(
            item=item, programme=row.programme, batch=row.batch, classified_seq=row.seq, proposed=row.cause,
            cause=cause, note=ref,
        )
    ]  # fmt: skip

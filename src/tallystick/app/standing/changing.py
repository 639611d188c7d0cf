"""Hold judgments and set them aside, inside the command of whoever found the reason."""

from collections.abc import Iterable

from tallystick.app import access
from tallystick.app.cell import Cell
from tallystick.app.contract import terms_of, today_of
from tallystick.app.kernel import Transaction
from tallystick.events.assignment import AssignmentReleased
from tallystick.events.envelope import Event, ObjectRef
from tallystick.flow import standing as flow
from tallystick.flow.contract.places import refuse_ended
from tallystick.flow.refusal import Refused
from tallystick.flow.standing import Given, Why
from tallystick.ledger import journal
from tallystick.store import contract as contracts
from tallystick.store import rubric as rubrics
from tallystick.store import standing
from tallystick.store.schema import Row

UNDER_ANOTHER = ("intervention", "revision")
"""Causes after which items are judged under another version of their rubric."""


def hold(
    tx: Transaction, *, programme: str, expert: str, judgments: list[str], cause: str, reference: str
) -> list[Event]:
    """Events that hold judgments of one expert until somebody else has reviewed them.

    judgments  what is not theirs, not of this programme, not on work items, not counted now or on an item that was
               erased is passed over
    cause      drift
    reference  id, or place in the journal, of what caused it
    """
    given = given_of(tx.connection, judgments)
    return [
        *flow.held(given, hold=tx.new_id("hld"), programme=programme, expert=expert, cause=cause, reference=reference)
    ]


def requeue(
    cell: Cell, tx: Transaction, *, programme: str, judgments: list[str], cause: str, reference: str, by_same: bool,
    notes: ObjectRef | None = None,
) -> list[Event] | Refused:  # fmt: skip
    """Events that set judgments aside and open their items again.

    cause      intervention, drift, adjudication, review or revision
    reference  id, or place in the journal, of what caused it
    by_same    whether their authors may judge the items again; who judged elsewhere cannot, whatever is said here
    notes      words of whoever decided it

    After an intervention and after a revision the items are judged under the rubric that came of it: leases under
    earlier versions are called back.
    """
    ended = _not_open(cell, tx.connection, programme)
    if ended:
        return ended
    asked = list(dict.fromkeys(judgments))
    given = given_of(tx.connection, asked)
    refused = flow.refuse_requeue(given, asked=asked, programme=programme)
    if refused:
        return refused
    versions = _in_force(tx.connection, programme)
    without = sorted({one.rubric for one in given} - set(versions))
    if without:
        sentence = (
            f"No domain of the contract in force is judged by {', '.join(without)}: nobody could judge them again."
        )
        return Refused("no-rubric", sentence, "judgments", tuple(without))
    why = Why(cause=cause, reference=reference, by_same=by_same, notes=notes)
    salts = iter(tx.new_salt, "")
    facts = flow.requeued(given, why, programme=programme, versions=versions, salts=salts)
    called_back = _call_back(tx.connection, given, versions) if cause in UNDER_ANOTHER else []
    return [*facts, *called_back]


def given_of(connection: journal.Connection, judgments: Iterable[str]) -> list[Given]:
    """Judgments as decisions on their standing need them, those that exist, in journal order."""
    return [_given(row) for row in standing.of_judgments(connection, list(dict.fromkeys(judgments)))]


def _given(row: Row) -> Given:
    return Given(
        judgment=row.judgment, item=row.item, expert=row.expert, programme=row.programme, rubric=row.rubric,
        standing=row.standing, is_work=row.purpose == "work", is_erased=bool(row.is_erased),
    )  # fmt: skip


def _not_open(cell: Cell, connection: journal.Connection, programme: str) -> Refused | None:
    row = contracts.programme(connection, programme)
    if row is None:
        return access.ABSENT
    return refuse_ended(terms_of(cell, connection, row), today_of(cell))


def _in_force(connection: journal.Connection, programme: str) -> dict[str, str]:
    """Rubric: its version in force, of those that domains of the contract in force are judged by."""
    wanted = {row.rubric for row in contracts.domains(connection, programme)}
    return {row.rubric: row.version for row in rubrics.of_programme(connection, programme) if row.rubric in wanted}


def _call_back(connection: journal.Connection, given: list[Given], versions: dict[str, str]) -> list[Event]:
    leases = standing.leases_on(connection, sorted({one.item for one in given}))
    return [
        AssignmentReleased(assignment=row.assignment, item=row.item, expert=row.expert, reason="recalled")
        for row in leases
        if versions.get(row.rubric) != row.rubric_version
    ]

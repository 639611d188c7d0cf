"""What experts declare about themselves, and the distributions by group that a preserved item gets.

What somebody declared is opened by themselves and by the cell alone, each time with an event. Nobody else has a road
to it: no page, no answer and no release holds what one person declared.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from tallystick import canon
from tallystick.app import access, erased, erasure
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.disagreement.classifying import declared
from tallystick.app.erased import Gone
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.looking import About
from tallystick.events.disagreement import GroupsDeclared
from tallystick.events.envelope import Event
from tallystick.flow.disagreement import groups as flow
from tallystick.flow.disagreement.groups import AXES, Preserved, Recorded
from tallystick.flow.refusal import Refused
from tallystick.flow.standing import COUNTED
from tallystick.ledger import journal
from tallystick.signals import preference, shape
from tallystick.store import disagreement, judgment
from tallystick.store.schema import Row

NOT_DECLARED = Refused("nothing-declared", "You have declared no groups: there is nothing to withdraw.")
AXIS_NAMES = [axis.id for axis in AXES]


@dataclass(frozen=True, slots=True)
class Own:
    """What somebody declared about themselves, as only they see it. Empty when nothing stands."""

    values: dict[str, str]
    at: int | None


@dataclass(frozen=True, slots=True)
class Declared:
    """A declaration, or its withdrawal, in the journal."""

    is_withdrawn: bool
    receipt: Receipt


def own_groups(cell: Cell, actor: Actor) -> Own | Refused:
    """What the reader declared. That it was opened is an event."""
    if not access.allows(actor, "work.do"):
        return access.ABSENT
    with cell.read() as connection:
        row = _standing(connection, actor.person)
    if row is None:
        return Own({}, None)
    about = About(subject=actor.person, what="groups", reason="own-work")
    look = cell.look(actor, "work.do", about)
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        found = erased.payload(cell, connection, row.object, look)
    return Own({} if isinstance(found, Gone) else flow.opened(found), row.at)


def _standing(connection: journal.Connection, person: str) -> Row | None:
    rows = disagreement.declared_by(connection, person)
    return rows[-1] if rows and rows[-1].object is not None else None


def declare_groups(cell: Cell, actor: Actor, values: dict[str, str], *, key: str) -> Declared | Refused:
    """Declare, of one's own will, groups on any axes. It takes the place of what was declared before."""

    def decide(tx: Transaction) -> Decision:
        refused = flow.check(values)
        if refused:
            return refused
        ref = tx.seal(flow.sealed(values), scope=f"person:{actor.person}")
        return [GroupsDeclared(person=actor.person, axes=AXIS_NAMES, values=ref, withdrawn=False)]

    # The journal holds a digest of this request, salted by the key, which nobody but its sender knows.
    command = Command(actor, "work.do", key, canon.encode(["declare", sorted(values.items())]), decide)
    return _said(cell, actor, command)


def withdraw_groups(cell: Cell, actor: Actor, *, key: str) -> Declared | Refused:
    """Take a declaration back: it is used no more, and what was declared is erased everywhere."""

    def decide(tx: Transaction) -> Decision:
        if _standing(tx.connection, actor.person) is None:
            return NOT_DECLARED
        return [GroupsDeclared(person=actor.person, axes=AXIS_NAMES, values=None, withdrawn=True)]

    return _said(cell, actor, Command(actor, "work.do", key, canon.encode(["withdraw"]), decide))


def _said(cell: Cell, actor: Actor, command: Command) -> Declared | Refused:
    answer = cell.execute(command)
    if isinstance(answer, Refused):
        return answer
    with cell.read() as connection:
        said = disagreement.declared_by(connection, actor.person)
    erasure.erase_replaced(cell, said)
    fact = answer.facts[0]
    assert isinstance(fact, GroupsDeclared)
    return Declared(fact.withdrawn, answer)


# --- distributions ------------------------------------------------------------------------------------------------


def distributions(cell: Cell, tx: Transaction, item: str) -> list[Event]:
    """The distributions by group of an item that is being preserved: one for each axis that tells of nobody.

    For the command that preserves it. The groups are opened by the cell, which shows them to no one.
    """
    given = [row for row in judgment.of_item(tx.connection, item) if row.standing == COUNTED]
    rows = disagreement.declarations(tx.connection)
    if sum(row.expert in rows for row in given) < 2 * flow.CELL_MIN:
        return []
    about = About(subject=item, what="groups", reason="classification", subjects=tuple(rows))
    known = declared(cell, tx.connection, rows.values(), tx.look_as_cell(about))
    labels = _labels(given)
    preserved = Preserved(
        item=item, programme=given[0].programme, batch=given[0].batch, labels=labels,
        categories=preference.categories(labels.values()),
    )  # fmt: skip
    facts: list[Event] = []
    for axis, people in flow.by_axis(known).items():
        earlier = _earlier(tx.connection, axis, people, readable=known)
        if earlier is None:
            continue
        fact = flow.distribution(preserved, axis, people, earlier=earlier, salt=tx.new_salt())
        facts += [fact] if fact is not None else []
    return facts


def _labels(rows: Iterable[Row]) -> dict[str, str]:
    return {row.expert: label for row in rows if (label := shape.direction(row.verdict)) is not None}


def _earlier(
    connection: journal.Connection, axis: str, people: Mapping[str, str], *, readable: Collection[str]
) -> list[Recorded] | None:
    """The tables of an axis that are recorded, or None where they can no longer be reckoned with.

    Whoever was in one and declared otherwise since, withdrew, was erased or judged the item again is protected by
    others who gave the same labels. Who those are can then not be worked out any more: no further table is recorded.
    """
    tables = []
    now = {person: row.seq for person, row in disagreement.declarations(connection).items() if person in readable}
    for row in disagreement.distributions(connection, axis=axis):
        then = disagreement.declared_before(connection, row.seq)
        given = [one for one in judgment.of_item(connection, row.item) if one.standing == COUNTED and one.seq < row.seq]
        inside = [one for one in given if one.expert in then]
        is_same = all(then[one.expert] == now.get(one.expert) for one in inside)
        if not is_same or disagreement.changed_since(connection, row.item, row.seq):
            return None
        tables.append(Recorded(item=row.item, labels=_labels([one for one in inside if one.expert in people])))
    return tables

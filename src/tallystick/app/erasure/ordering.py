"""Order an erasure: what it takes is unreadable in the live cell when the command returns.

One transaction: the events, the keys and rows of what dies, the leases and unsent work on it, and what is still to be
done. The rest (tallystick.app.erasure.finishing) is for copies: backups, disk images, retired key files.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from tallystick import canon
from tallystick.app import access, erased
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.kernel import Command, Decision, Receipt, Transaction, new_key
from tallystick.events.assignment import AssignmentReleased
from tallystick.events.envelope import Event
from tallystick.events.erasure import ErasureOrdered
from tallystick.flow import erasure as flow
from tallystick.flow.erasure import CLIENT, Coverage, Wish
from tallystick.flow.items import spelling
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import erasure, items, sessions
from tallystick.store import release as releases
from tallystick.store.schema import Row

WORDS_CHARACTERS_MAX = 4_000
OBJECTS_STEP = 5_000
NAMES_MAX = 50
WORDS_TOO_LONG = Refused(
    "words-too-long", f"Expected at most {WORDS_CHARACTERS_MAX} characters of the request: shorten them.", "words"
)


@dataclass(frozen=True, slots=True)
class Ordered:
    """An erasure that was ordered: its content is unreadable in the live cell."""

    erasure: str
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Preview:
    """What an erasure would take. Nothing is written."""

    wish: Wish
    coverage: Coverage
    releases: tuple[Row, ...]
    names: tuple[tuple[str, str], ...]  # (item, the client's id), for the first items


def subject_named(cell: Cell, actor: Actor, name: str) -> str | Refused:
    """The target of somebody named in content, in any spelling of the name. Writes nothing, the name least of all."""
    if not access.allows(actor, "erasure.order"):
        return access.ABSENT
    with cell.read() as connection:
        scope = cell.vault.known_subject(connection, spelling(name))
    return flow.NOT_FOUND if scope is None else scope


def preview(cell: Cell, actor: Actor, wish: Wish) -> Preview | Refused:
    """What would be lost, or why nothing can be erased."""
    if not access.allows(actor, "erasure.order"):
        return access.ABSENT
    refused = flow.check(wish) or flow.check_orderer(wish, is_cell=actor == access.CELL)
    if refused:
        return refused
    with cell.read() as connection:
        found = _covered(cell, connection, wish.target)
        earlier = _earlier(connection, wish.target, found)
        if earlier is not None:
            return flow.already(earlier)
        if found is None:
            return flow.NOT_FOUND
        rows = [releases.release(connection, name) for name in found.releases]
        named = [row for one in found.items[:NAMES_MAX] if (row := items.item(connection, one)) is not None]
        names = tuple((row.item, row.external) for row in named)
        return Preview(wish, found, tuple(row for row in rows if row is not None), names)


def order(cell: Cell, actor: Actor, wish: Wish, *, words: str = "", key: str) -> Ordered | Refused:
    """Order an erasure. When this returns, the content does not open any more in this cell, in any process of it.

    words  of whoever asked for it: they go into the vault
    """
    if not access.allows(actor, "erasure.order"):
        return access.ABSENT
    if len(words) > WORDS_CHARACTERS_MAX:
        return WORDS_TOO_LONG
    request = canon.encode(["erase", wish.what, wish.target, wish.reason, words])
    command = Command(actor, "erasure.order", key, request, lambda tx: _order(cell, tx, wish, words=words))
    answer = cell.execute(command)
    if isinstance(answer, Refused):
        return answer
    fact = next(fact for fact in answer.facts if isinstance(fact, ErasureOrdered))
    return Ordered(fact.erasure, answer)


def erase_replaced(cell: Cell, declared: Sequence[Row]) -> None:
    """Erase for good what no longer stands of what somebody declared about themselves: all but the last.

    It is another command than the one that declares. After a crash between the two, the person's next word does it.

    declared  everything that they declared, oldest first
    """
    with cell.read() as connection:
        old = [row.object for row in declared[:-1] if row.object and erased.gone(connection, row.object) is None]
    for name in old:
        wish = Wish(what="object", target=f"object:{name}", reason="consent-withdrawn")
        ordered = order(cell, access.CELL, wish, key=new_key())
        assert not isinstance(ordered, Refused) or ordered.code == "already-erased", ordered


def _order(cell: Cell, tx: Transaction, wish: Wish, *, words: str) -> Decision:
    refused = flow.check(wish) or flow.check_orderer(wish, is_cell=tx.actor == access.CELL)
    if refused:
        return refused
    found = _covered(cell, tx.connection, wish.target)
    facts = flow.order(
        wish, found, earlier=_earlier(tx.connection, wish.target, found), erasure=tx.new_id("era"), note=None,
        epoch=erasure.newest_epoch(tx.connection),
        holders={one: [CLIENT, *erasure.readers_of(tx.connection, one)] for one in found.releases} if found else {},
    )  # fmt: skip
    if isinstance(facts, Refused):
        return facts
    assert found is not None
    ordered = facts[0]
    assert isinstance(ordered, ErasureOrdered)
    if words.strip():
        note = tx.seal(words.strip().encode(), scope="cell")
        facts[0] = ordered = msgspec.structs.replace(ordered, order=note)
    _take(tx, ordered, found)
    return [*_given_back(tx, found), *facts]


def _covered(cell: Cell, connection: journal.Connection, target: str) -> Coverage | None:
    under = _under(cell, connection, target) if target.startswith("subject:") else []
    return erasure.covered(connection, target, under_scope=under)


def _under(cell: Cell, connection: journal.Connection, scope: str) -> list[str]:
    """Everything that names a subject, as the vault knows it."""
    found: list[str] = []
    while part := cell.vault.objects_of(connection, scope, after=found[-1] if found else "", limit=OBJECTS_STEP):
        found += part
    return found


def _earlier(connection: journal.Connection, target: str, found: Coverage | None) -> str | None:
    row = erasure.erased(connection, target)
    if row is None and found is not None and not found.objects and not found.scopes:
        row = erasure.erased_part(connection, target)
    return None if row is None else str(row.erasure)


def _take(tx: Transaction, ordered: ErasureOrdered, found: Coverage) -> None:
    """Drop keys and rows: from the commit on nothing of it opens."""
    for scope in ordered.scopes:
        tx.vault.erase_scope(tx.connection, scope)
    touched = tx.vault.erase_objects(tx.connection, found.objects)
    # A draft about an item that goes may quote it; it lies under its writer's key, which copies still have.
    touched |= {f"person:{expert}" for expert in sessions.drop_drafts_on(tx.connection, found.items)}
    for person in found.people:
        sessions.forget(tx.connection, person)
    erasure.add_tasks(tx.connection, ordered.erasure, touched - set(ordered.scopes))


def _given_back(tx: Transaction, found: Coverage) -> list[Event]:
    """Open leases on what goes, and of who goes."""
    return [
        AssignmentReleased(assignment=row.assignment, item=row.item, expert=row.expert, reason="erased")
        for row in erasure.open_leases(tx.connection, found.items, found.people)
    ]

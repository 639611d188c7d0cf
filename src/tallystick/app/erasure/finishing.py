"""Finish erasures: purge rows, renew and rotate keys until no copy opens what was erased, then certify it.

Every step can be cut off and done again: what is still to be done stands in the database and in the holder of keys.
"""

import itertools

import msgspec

from tallystick import canon, custody
from tallystick.app import access, keeping
from tallystick.app import custody as rotations
from tallystick.app.cell import Cell, facts_of
from tallystick.app.kernel import Command, Decision, Transaction
from tallystick.events.erasure import ErasureCompleted
from tallystick.flow import erasure as flow
from tallystick.flow.erasure import Certified
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal, note
from tallystick.ledger.tile_store import Step, no_step
from tallystick.store import custody as keys
from tallystick.store import erasure
from tallystick.store import release as releases
from tallystick.store.schema import Row

PURGE_STEP = 500


def finish_interrupted(cell: Cell, *, step: Step = no_step) -> list[str]:
    """Bring every erasure that was ordered to its end; those that became final. Runs at start and on schedule."""
    with cell.read() as connection:
        rows = erasure.unfinished(connection)
        scopes = erasure.tasks(connection)
        if not rows and not scopes and not erasure.last_epochs(connection):
            return []
    for row in rows:
        _drop_copies(cell, row, step)
    _purge(cell, step)
    for scope, waiting in scopes.items():
        _renew(cell, scope, waiting, step)
    with cell.read() as connection:
        # Read after the last scope has its new key: a rotation meanwhile may have wrapped its old one once more.
        last = erasure.last_epochs(connection)
        later = {row.erasure for row in erasure.unfinished(connection)} - {row.erasure for row in rows}
    _rotate(cell, max((epoch for name, epoch in last.items() if name not in later), default=0), step)
    left = min(cell.keys.epochs())
    ready = [(row.erasure, last[row.erasure]) for row in rows]
    done = [name for name, epoch in ready if epoch < left and _complete(cell, name, epoch, step=step)]
    with journal.writing(cell.engine) as connection:
        erasure.drop_tasks(connection, before=left)
    return done


def _drop_copies(cell: Cell, row: Row, step: Step) -> None:
    """Remove the cell's own copies of releases that held the content: their keys are gone already."""
    with cell.read() as connection:
        held = [releases.release(connection, name) for name in msgspec.json.decode(row.releases, type=list[str])]
    for release in held:
        assert release is not None, "an order names releases of this cell"
        step(f"before removal of {release.release}")
        # Whoever builds it now fails at its erased key, and takes its plain folder along: nothing is final before.
        with keeping.alone(cell):
            keeping.remove_plain(keeping.building_folder(cell, release.release))
            keeping.sweep(cell, release.release)
        step(f"after removal of {release.release}")


def _purge(cell: Cell, step: Step) -> None:
    """Remove rows that nothing opens any more."""
    for number in itertools.count():
        step(f"before purge {number}")
        with journal.writing(cell.engine) as connection:
            purged = cell.vault.purge(connection, limit=PURGE_STEP)
        step(f"after purge {number}")
        if purged == 0:
            return


def _renew(cell: Cell, scope: str, waiting: list[str], step: Step) -> None:
    """Give a scope that lost objects a key of a new generation; the old one, which wrapped them, goes."""
    step(f"before new key of {scope}")
    with cell.read() as connection:
        # A scope that a later order took has no key any more, or one that a backup did not bring: nothing to renew.
        is_living = erasure.erased(connection, scope) is None and keys.generation_of(connection, scope) > 0
    if is_living:
        # The same erasures ask for one new key, however often they are cut off; another one asks for another.
        key = f"erasure-renews|{scope}|{'|'.join(waiting)}"
        rotated = rotations.rotate_scope(cell, scope, key=key, step=step)
        assert not isinstance(rotated, Refused), rotated.sentence
        with cell.read() as connection:
            is_behind = keys.generation_of(connection, scope) < rotated.generation
        if is_behind:  # it was renewed before a restore that brought the key before back
            assert not isinstance(rotations.rotate_scope(cell, scope, step=step), Refused)
    step(f"after new key of {scope}")
    with journal.writing(cell.engine) as connection:
        erasure.end_task(connection, scope, waiting)
    step(f"after done with {scope}")


def _rotate(cell: Cell, epoch: int, step: Step) -> None:
    """Destroy every key epoch up to this one: a later one takes over what lives."""
    rotations.finish_interrupted(cell, step=step)
    while min(cell.keys.epochs()) <= epoch:
        oldest = min(cell.keys.epochs())
        # The journal's newest names the command: a holder of keys may have made one for a start that was lost.
        with cell.read() as connection:
            newest = erasure.newest_epoch(connection)
        step(f"before rotation of epoch {newest}")
        key = f"erasure-needs-an-epoch-after|{newest}"
        rotated = rotations.rotate_epoch(cell, access.CELL, key, step=step)
        assert not isinstance(rotated, Refused), rotated.sentence
        step(f"after rotation of epoch {newest}")
        if min(cell.keys.epochs()) == oldest:
            return  # the holder of keys takes its time; the next round looks again


def _complete(cell: Cell, name: str, last: int, *, step: Step) -> bool:
    """Certify an erasure of which every key is destroyed; whether it is final now.

    last  the newest epoch that wrapped any of its keys
    """
    step(f"before completion of {name}")

    def decide(tx: Transaction) -> Decision:
        row = erasure.erasure(tx.connection, name)
        if row is None or row.state == "final":
            return []
        epochs = keys.destroyed_epochs(tx.connection, since=row.seq, upto=last)
        if last not in dict(epochs):
            return []  # destroyed, and not yet said: the rotation that did it is still to be finished
        final_at = max([row.at, *(at for _, at in epochs)])
        text = note.sign(flow.certificate(_certified(cell, row, epochs=epochs, final_at=final_at)), cell.signers)
        erasure.keep_certificate(tx.connection, name, text)
        return [
            ErasureCompleted(
                erasure=name, epochs=[epoch for epoch, _ in epochs], final_at=final_at,
                certificate_digest=canon.digest(text.encode()),
            )
        ]  # fmt: skip

    key = f"erasure-completed|{name}"
    receipt = facts_of(cell.execute(Command(access.CELL, "erasure.order", key, b"completed", decide)))
    step(f"after completion of {name}")
    return bool(receipt.facts)


def _certified(cell: Cell, row: Row, *, epochs: list[tuple[int, int]], final_at: int) -> Certified:
    return Certified(
        origin=cell.opened.origin, erasure=row.erasure, what=row.what, target=row.target, ordered_at=row.at,
        ordered_seq=row.seq, objects=row.objects, objects_digest=row.objects_digest, epochs=tuple(epochs),
        final_at=final_at, releases=tuple(msgspec.json.decode(row.releases)), custody=cell.custody,
        is_development=cell.custody in custody.DEVELOPMENT,
    )  # fmt: skip

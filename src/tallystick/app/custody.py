"""Keys of the cell: what there is, and each level renewed while the cell works.

Every step of a rotation can be cut off and done again: what is still to be done stands in the database and with the
holder of keys. A key is destroyed only after the commit from which on nothing needs it.
"""

import itertools
import logging
from dataclasses import dataclass

from tallystick import canon
from tallystick.app import access
from tallystick.app.access import CELL, Actor
from tallystick.app.cell import Cell, facts_of
from tallystick.app.kernel import Command, Decision, Receipt, Transaction, new_key
from tallystick.custody import PROTECTED, KeysUnavailable
from tallystick.events.custody import (
    KeyEpochDestroyed,
    KeyEpochStarted,
    LogKeyAdded,
    LogKeyRetired,
    ScopeKeyRotated,
)
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.ledger.tile_store import Step, no_step
from tallystick.store import custody
from tallystick.store.schema import Row

TOGETHER = 500
"""So many keys or objects are brought under another key in one transaction: a command waits for one at most."""

_LOGGER = logging.getLogger(__name__)
NO_SUCH_SCOPE = Refused("no-such-scope", "Expected a scope that has a key, found none of this name.", "scope")
NO_SUCH_KEY = Refused("no-such-key", "Expected a log key that still signs, found none of this line.", "vkey")
LAST_KEY = Refused(
    "last-log-key",
    "Expected a newer log key that takes over, found none. Nothing was retired: add a key first.",
    "vkey",
)
NOT_LATER = Refused("retire-at", "Expected a time after now, found an earlier one. Nothing was done.", "retire_at")


@dataclass(frozen=True, slots=True)
class EpochRotated:
    """A new key-encryption key took over.

    epoch      its number
    rewrapped  how many keys of scopes were brought under it by this call
    destroyed  the epochs whose key this call destroyed
    """

    epoch: int
    rewrapped: int
    destroyed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ScopeRotated:
    """A scope has a new key.

    generation  its number
    rewrapped   how many objects were brought under it by this call
    """

    scope: str
    generation: int
    rewrapped: int


@dataclass(frozen=True, slots=True)
class LogKeyRotated:
    """A new log key signs beside the one before.

    vkey    its verifier key line
    before  the keys that it takes over from
    """

    vkey: str
    before: tuple[str, ...]
    retire_at: int | None


def rotate_epoch(cell: Cell, actor: Actor, key: str, *, step: Step = no_step) -> EpochRotated | Refused:
    """Renew the key-encryption key: make one, bring the keys of all scopes under it, destroy those before.

    key  the caller's idempotency key: the same key starts one epoch only, and finishes what was cut off
    """

    def decide(tx: Transaction) -> Decision:
        epoch = custody.epochs(tx.connection)[-1].epoch + 1
        step("before epoch key")
        cell.keys.new_epoch(epoch)  # made before is made: a transaction that is lost finds it again
        step("after epoch key")
        cell.vault.start_epoch(tx.connection, epoch)
        return [KeyEpochStarted(epoch=epoch, custody=cell.keys.custody)]

    step("before epoch start")
    answer = cell.execute(Command(actor, "custody.rotate", key, b"rotate-epoch", decide))
    step("after epoch start")
    if isinstance(answer, Refused):
        return answer
    fact = answer.facts[0]
    assert isinstance(fact, KeyEpochStarted), "as decided"
    rewrapped, destroyed = _finish_epochs(cell, step)
    return EpochRotated(fact.epoch, rewrapped, destroyed)


def _finish_epochs(cell: Cell, step: Step) -> tuple[int, tuple[int, ...]]:
    """Empty and destroy every epoch that another has taken over from: how many keys moved, which were destroyed."""
    with cell.read() as connection:
        retiring = [row.epoch for row in custody.epochs(connection) if row.state == custody.RETIRING]
    if not retiring:
        return 0, ()
    rewrapped = 0
    for number in itertools.count():
        step(f"before rewrap {number}")
        with journal.writing(cell.engine) as connection:
            done = cell.vault.rewrap_epoch(connection, limit=TOGETHER)
            if not done:
                # In the transaction that saw nothing left: from its commit on nothing is wrapped under them.
                for epoch in retiring:
                    cell.vault.end_epoch(connection, epoch)
        step(f"after rewrap {number}")
        rewrapped += done
        if not done:
            break
    for epoch in retiring:
        _destroy_epoch(cell, epoch, step)
    return rewrapped, tuple(retiring)


def _destroy_epoch(cell: Cell, epoch: int, step: Step) -> None:
    step(f"before destruction of epoch {epoch}")
    cell.keys.destroy_epoch(epoch)
    if epoch in cell.keys.epochs():
        raise KeysUnavailable(
            f"{cell.custody}: expected the key of epoch {epoch} to be destroyed, found it still there: see to the "
            "holder of the keys. Nothing that it wrapped is erased for good before it is gone"
        )
    step(f"after destruction of epoch {epoch}")

    def decide(tx: Transaction) -> Decision:
        rows = {row.epoch: row.state for row in custody.epochs(tx.connection)}
        if rows[epoch] == custody.DESTROYED:
            return []
        final_at = cell.keys.waiting().get(epoch, tx.now)
        return [KeyEpochDestroyed(epoch=epoch, final_at=max(tx.now, final_at))]

    facts_of(cell.execute(Command(CELL, "custody.rotate", new_key(), canon.encode(["epoch", epoch]), decide)))
    step(f"after end of epoch {epoch}")


def _destroy_again(cell: Cell) -> None:
    """A token that was put back from a copy has keys of destroyed epochs again: with old copies they open what died."""
    with cell.read() as connection:
        told = custody.told_destroyed(connection)
    for epoch in sorted(set(told) & set(cell.keys.epochs())) if told else []:
        _LOGGER.warning("the key of epoch %s was destroyed, and is back: it is destroyed again", epoch)
        cell.keys.destroy_epoch(epoch)


def rotate_scope(
    cell: Cell, scope: str, *, actor: Actor = CELL, key: str | None = None, step: Step = no_step
) -> ScopeRotated | Refused:
    """Renew the key of a scope, and bring its objects under the new one; the old one goes.

    key  the caller's idempotency key: the same key makes one new key only, and finishes what was cut off
    """

    def decide(tx: Transaction) -> Decision:
        if not custody.has_scope(tx.connection, scope):
            return NO_SUCH_SCOPE
        return [ScopeKeyRotated(scope=scope, generation=cell.vault.start_generation(tx.connection, scope))]

    step(f"before generation of {scope}")
    request = canon.encode(["rotate-scope", scope])
    answer = cell.execute(Command(actor, "custody.rotate", key or new_key(), request, decide))
    step(f"after generation of {scope}")
    if isinstance(answer, Refused):
        return answer
    fact = answer.facts[0]
    assert isinstance(fact, ScopeKeyRotated), "as decided"
    return ScopeRotated(scope, fact.generation, _finish_scope(cell, scope, step))


def _finish_scope(cell: Cell, scope: str, step: Step) -> int:
    rewrapped = 0
    for number in itertools.count():
        step(f"before rewrap {number} of {scope}")
        with journal.writing(cell.engine) as connection:
            done = cell.vault.rewrap_scope(connection, scope, limit=TOGETHER)
        step(f"after rewrap {number} of {scope}")
        rewrapped += done
        if not done:
            break
    return rewrapped


def rotate_log_key(
    cell: Cell, actor: Actor, key: str, *, retire_at: int | None = None, step: Step = no_step
) -> LogKeyRotated | Refused:
    """Add a key of the log: from the next checkpoint on it signs beside those before, and can take over from them.

    retire_at  when those before stop signing, microseconds since 1970, UTC; None until `retire_log_key`
    """

    def decide(tx: Transaction) -> Decision:
        if retire_at is not None and retire_at <= tx.now:
            return NOT_LATER
        named = {row.vkey for row in custody.log_keys(tx.connection)}
        step("before log key")
        # A key that no event names was made by a transaction that was lost: it signs nothing, and is taken now.
        unnamed = [vkey for vkey in cell.keys.log_keys() if vkey not in named]
        vkey = unnamed[0] if unnamed else cell.keys.new_log_key(cell.opened.origin)
        step("after log key")
        return [LogKeyAdded(vkey=vkey, custody=cell.keys.custody, retire_at=retire_at)]

    step("before log key added")
    request = canon.encode(["rotate-log-key", retire_at])
    answer = cell.execute(Command(actor, "custody.rotate", key, request, decide))
    step("after log key added")
    if isinstance(answer, Refused):
        return answer
    fact = answer.facts[0]
    assert isinstance(fact, LogKeyAdded), "as decided"
    # Both keys sign what names the new one: whoever trusts the old one learns of the new from it.
    cell.seal()
    step("after seal by both")
    before = tuple(signer.vkey for signer in cell.signers if signer.vkey != fact.vkey)
    return LogKeyRotated(fact.vkey, before, fact.retire_at)


def retire_log_key(cell: Cell, actor: Actor, vkey: str, key: str, *, step: Step = no_step) -> Receipt | Refused:
    """Let a log key sign no more, and destroy it. What it signed stays good."""
    if not access.allows(actor, "custody.rotate"):
        return access.ABSENT
    cell.seal()  # what names its successor is signed by both, whatever was cut off
    step("before retirement")

    def decide(tx: Transaction) -> Decision:
        active = [row.vkey for row in custody.log_keys(tx.connection) if row.state == custody.ACTIVE]
        if vkey not in active:
            return NO_SUCH_KEY
        return LAST_KEY if vkey == active[-1] else [LogKeyRetired(vkey=vkey)]

    answer = cell.execute(Command(actor, "custody.rotate", key, canon.encode(["retire", vkey]), decide))
    step("after retirement")
    if not isinstance(answer, Refused):
        _destroy_retired(cell, step)
    return answer


def _destroy_retired(cell: Cell, step: Step) -> None:
    with cell.read() as connection:
        rows = custody.log_keys(connection)
    held = set(cell.keys.log_keys())
    for row in rows:
        if row.state == custody.RETIRED and row.vkey in held:
            step("before destruction of log key")
            cell.keys.destroy_log_key(row.vkey)
            step("after destruction of log key")


def finish_interrupted(cell: Cell, *, step: Step = no_step) -> None:
    """Bring rotations to their end that were cut off, and retire log keys whose time has come. At start and by time."""
    with cell.read() as connection:
        scopes = custody.half_rotated(connection)
        keys = custody.log_keys(connection)
    for scope in scopes:
        _finish_scope(cell, scope, step)
    _destroy_again(cell)
    _finish_epochs(cell, step)
    now = cell.kernel.now()
    for row in keys:
        if row.state == custody.ACTIVE and row.retire_at is not None and row.retire_at <= now:
            retire_log_key(cell, CELL, row.vkey, f"retire-at|{row.vkey}", step=step)
    _destroy_retired(cell, step)


@dataclass(frozen=True, slots=True)
class KeyBundle:
    """How far the newest bundle of wrapped keys reaches, against the newest epoch that was destroyed.

    entries    the journal had when it was written; None when there is none
    needed     it must hold more than so many; None before the first epoch was destroyed
    behind_us  for how long a bundle has been due; 0 when none is
    """

    entries: int | None
    needed: int | None
    behind_us: int

    @property
    def is_current(self) -> bool:
        """Whether an older backup can be restored with it."""
        return self.needed is None or (self.entries is not None and self.entries > self.needed)


def key_bundle(cell: Cell) -> KeyBundle:
    """The newest bundle that `app.backup.keep_key_bundle` wrote. A folder has its name once it is whole."""
    folder = cell.key_bundles_directory
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    entries = max((int(name) for name in names if name.isdecimal()), default=None)
    with cell.read() as connection:
        destroyed = [row for row in custody.epochs(connection) if row.destroyed_seq is not None]
    newest = max(destroyed, key=lambda row: int(row.destroyed_seq), default=None)
    found = KeyBundle(entries, None if newest is None else newest.destroyed_seq, 0)
    if newest is None or found.is_current:
        return found
    return KeyBundle(entries, found.needed, max(0, cell.kernel.now() - newest.destroyed_at))


@dataclass(frozen=True, slots=True)
class CustodyPage:
    """The keys of the cell, as far as anybody may see them: numbers, public lines, times.

    custody        who holds them, in a stable word
    is_answering   whether the holder of keys answers now
    wrapped        epoch: how many keys of scopes it wraps
    """

    custody: str
    is_development: bool
    is_answering: bool
    epochs: tuple[Row, ...]
    log_keys: tuple[Row, ...]
    scopes: tuple[Row, ...]
    wrapped: dict[int, int]


def custody_page(cell: Cell, actor: Actor) -> CustodyPage | Refused:
    """The keys of the cell for who may see them."""
    if not access.allows(actor, "custody.read"):
        return access.ABSENT
    is_answering = _is_answering(cell)
    with cell.read() as connection:
        return CustodyPage(
            cell.custody, cell.custody not in PROTECTED, is_answering,
            tuple(custody.epochs(connection)), tuple(custody.log_keys(connection)),
            tuple(custody.scope_rotations(connection)), custody.wrapped_keys(connection),
        )  # fmt: skip


def _is_answering(cell: Cell) -> bool:
    try:
        cell.keys.epochs()
    except KeysUnavailable:
        return False
    return True

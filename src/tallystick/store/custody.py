"""Read models of keys: which epochs, log keys and generations there are, and since when. Never a key itself."""

import sqlalchemy as sa

from tallystick.events.custody import (
    KeyEpochDestroyed,
    KeyEpochStarted,
    LogKeyAdded,
    LogKeyRetired,
    ScopeKeyRotated,
)
from tallystick.events.oversight import CellOpened
from tallystick.ledger import journal
from tallystick.ledger.statement import Statement
from tallystick.store.schema import KEY_EPOCH, LOG_KEY, SCOPE_ROTATION, VAULT_KEY, Handler, Recorded, Row

CURRENT, RETIRING, DESTROYED = "current", "retiring", "destroyed"
ACTIVE, RETIRED = "active", "retired"


def _on_cell_opened(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: CellOpened = r.fact
        _start_epoch(connection, r, epoch=1, custody=fact.custody)
        _add_log_key(connection, r, vkey=fact.vkey, custody=fact.custody, retire_at=None)


def _on_epoch_started(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: KeyEpochStarted = r.fact
        _start_epoch(connection, r, epoch=fact.epoch, custody=fact.custody)


def _start_epoch(connection: sa.Connection, r: Recorded, *, epoch: int, custody: str) -> None:
    connection.execute(KEY_EPOCH.update().where(KEY_EPOCH.c.state == CURRENT).values(state=RETIRING))
    row = {
        "epoch": epoch, "state": CURRENT, "custody": custody, "started_at": r.envelope.at,
        "started_seq": r.envelope.seq, "destroyed_at": None, "destroyed_seq": None, "final_at": None,
    }  # fmt: skip
    journal.insert_many(connection, KEY_EPOCH, [row])


def _on_epoch_destroyed(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: KeyEpochDestroyed = r.fact
        connection.execute(
            KEY_EPOCH.update()
            .where(KEY_EPOCH.c.epoch == fact.epoch)
            .values(state=DESTROYED, destroyed_at=r.envelope.at, destroyed_seq=r.envelope.seq, final_at=fact.final_at)
        )


def _on_log_key_added(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: LogKeyAdded = r.fact
        _add_log_key(connection, r, vkey=fact.vkey, custody=fact.custody, retire_at=fact.retire_at)


def _add_log_key(connection: sa.Connection, r: Recorded, *, vkey: str, custody: str, retire_at: int | None) -> None:
    older = LOG_KEY.update().where(LOG_KEY.c.state == ACTIVE)
    connection.execute(older.values(retire_at=retire_at))
    row = {
        "vkey": vkey, "state": ACTIVE, "custody": custody, "added_at": r.envelope.at, "added_seq": r.envelope.seq,
        "retire_at": None, "retired_at": None, "retired_seq": None,
    }  # fmt: skip
    journal.insert_many(connection, LOG_KEY, [row])


def _on_log_key_retired(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: LogKeyRetired = r.fact
        connection.execute(
            LOG_KEY.update()
            .where(LOG_KEY.c.vkey == fact.vkey)
            .values(state=RETIRED, retired_at=r.envelope.at, retired_seq=r.envelope.seq)
        )


def _on_scope_rotated(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: ScopeKeyRotated = r.fact
        connection.execute(SCOPE_ROTATION.delete().where(SCOPE_ROTATION.c.scope == fact.scope))
        row = {"scope": fact.scope, "generation": fact.generation, "at": r.envelope.at, "seq": r.envelope.seq}
        journal.insert_many(connection, SCOPE_ROTATION, [row])


HANDLERS: dict[str, Handler] = {
    CellOpened.KIND: _on_cell_opened,
    KeyEpochStarted.KIND: _on_epoch_started,
    KeyEpochDestroyed.KIND: _on_epoch_destroyed,
    LogKeyAdded.KIND: _on_log_key_added,
    LogKeyRetired.KIND: _on_log_key_retired,
    ScopeKeyRotated.KIND: _on_scope_rotated,
}


def epochs(connection: sa.Connection) -> list[Row]:
    """Every key epoch, oldest first."""
    return list(connection.execute(sa.select(KEY_EPOCH).order_by(KEY_EPOCH.c.epoch)).all())


_LOG_KEYS = Statement(sa.select(LOG_KEY).order_by(LOG_KEY.c.added_seq))


def log_keys(connection: sa.Connection) -> list[Row]:
    """Every key that the log has had, oldest first."""
    return _LOG_KEYS.all(connection, {})


def scope_rotations(connection: sa.Connection, *, limit: int = 50) -> list[Row]:
    """The newest rotation of each scope that had one, newest first."""
    query = sa.select(SCOPE_ROTATION).order_by(SCOPE_ROTATION.c.seq.desc()).limit(limit)
    return list(connection.execute(query).all())


def destroyed_epochs(connection: sa.Connection, *, since: int, upto: int) -> list[tuple[int, int]]:
    """Epochs up to one of them that were destroyed after a place in the journal, each with when that is final."""
    query = sa.select(KEY_EPOCH).where(KEY_EPOCH.c.epoch <= upto, KEY_EPOCH.c.destroyed_seq > since)
    return [(row.epoch, row.final_at) for row in connection.execute(query.order_by(KEY_EPOCH.c.epoch)).all()]


def wrapped_keys(connection: sa.Connection) -> dict[int, int]:
    """Epoch: how many keys of scopes it wraps."""
    query = sa.select(VAULT_KEY.c.epoch, sa.func.count().label("keys")).group_by(VAULT_KEY.c.epoch)
    return {row.epoch: row.keys for row in connection.execute(query).all()}


def has_scope(connection: sa.Connection, scope: str) -> bool:
    """Whether a scope has a key."""
    query = sa.select(VAULT_KEY.c.scope).where(VAULT_KEY.c.scope == scope).limit(1)
    return connection.execute(query).first() is not None


def generation_of(connection: sa.Connection, scope: str) -> int:
    """The newest key of a scope that is there; 0 for one without any."""
    query = sa.select(sa.func.max(VAULT_KEY.c.generation)).where(VAULT_KEY.c.scope == scope)
    return int(connection.execute(query).scalar() or 0)


def told_destroyed(connection: sa.Connection) -> list[int]:
    """Epochs of which the journal says that their key is destroyed."""
    query = sa.select(KEY_EPOCH.c.epoch).where(KEY_EPOCH.c.state == DESTROYED).order_by(KEY_EPOCH.c.epoch)
    return list(connection.scalars(query))


def half_rotated(connection: sa.Connection) -> list[str]:
    """Scopes that still have a key beside their newest: their rotation is to be finished."""
    query = sa.select(VAULT_KEY.c.scope).group_by(VAULT_KEY.c.scope).having(sa.func.count() > 1)
    return list(connection.scalars(query.order_by(VAULT_KEY.c.scope)).all())

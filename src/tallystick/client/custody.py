"""Keys over the API: which there are, and each level renewed. Reads and writes over HTTP through `wire`."""

from tallystick.client.answers import Answer, Receipt
from tallystick.client.wire import PREFIX, Wire

CUSTODY = f"{PREFIX}/custody"


class Epoch(Answer, frozen=True):
    """A key-encryption key, by its number."""

    epoch: int
    state: str  # current, retiring or destroyed
    custody: str
    started_at: int
    started_seq: int
    destroyed_at: int | None
    destroyed_seq: int | None
    final_at: int | None  # later than destroyed_at where a key service keeps keys for a while


class LogKey(Answer, frozen=True):
    """A key of the log, by its public line."""

    vkey: str
    state: str  # active or retired
    custody: str
    added_at: int
    added_seq: int
    retire_at: int | None
    retired_at: int | None
    retired_seq: int | None


class Custody(Answer, frozen=True):
    """Who holds the keys, and which there are."""

    custody: str
    is_development: bool
    is_answering: bool
    epochs: list[Epoch]
    log_keys: list[LogKey]


class EpochRotated(Answer, frozen=True):
    """A new key-encryption key is in force."""

    epoch: int
    rewrapped: int  # keys of scopes that this call brought under it
    destroyed: list[int]  # epochs whose key this call destroyed


class ScopeRotated(Answer, frozen=True):
    """A scope has a new key."""

    scope: str
    generation: int
    rewrapped: int  # objects that this call brought under it


class LogKeyAdded(Answer, frozen=True):
    """A new key of the log signs beside those before."""

    vkey: str
    before: list[str]
    retire_at: int | None


class CustodyCalls:
    """The part of a client that renews keys. No key is ever sent.

    A call that was cut off is sent again with the same key, and goes on where it was: what it counts then is what the
    last call did, so that `rewrapped` may be 0 and `destroyed` empty although all was done.
    """

    _wire: Wire

    def custody(self) -> Custody:
        """Who holds the keys of the cell, and which there are."""
        return self._wire.get(Custody, CUSTODY)

    def rotate_epoch(self, *, key: str | None = None) -> EpochRotated:
        """Renew the key-encryption key, bring the keys of all scopes under it, destroy the one before."""
        return self._wire.post(EpochRotated, f"{CUSTODY}/epoch", key=key)

    def rotate_scope(self, scope: str, *, key: str | None = None) -> ScopeRotated:
        """Renew the key of one scope, such as person:ID. Raises Refused with `no-such-scope` when it has none."""
        return self._wire.post(ScopeRotated, f"{CUSTODY}/scope", key=key, body={"scope": scope})

    def rotate_log_key(self, *, retire_at: int | None = None, key: str | None = None) -> LogKeyAdded:
        """Add a log key; both sign until the earlier one is retired.

        retire_at  when those before sign no more, in microseconds since 1970, UTC; None: by `retire_log_key` alone.
                   Raises Refused with `retire-at` when that is not later than now
        """
        return self._wire.post(LogKeyAdded, f"{CUSTODY}/log-key", key=key, body={"retire_at": retire_at})

    def retire_log_key(self, vkey: str, *, key: str | None = None) -> Receipt:
        """Let a log key sign no more, and destroy it. Raises Refused: `last-log-key`, `no-such-key`."""
        return self._wire.post(Receipt, f"{CUSTODY}/log-key/retire", key=key, body={"vkey": vkey})

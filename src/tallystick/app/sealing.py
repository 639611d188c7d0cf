"""When a cell's journal is sealed, by whom, and over which rows. Reads the journal, writes the log through its sealer.

Processes of one cell take turns by a lease (ledger/lease.py). A server that follows keeps its turn while it lives, and
hands it on when another asks; everybody else takes a turn for one seal and hands it back.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec

from tallystick import events
from tallystick.blobs import Blobs
from tallystick.events.envelope import ENTRY_BYTES_MAX, Envelope, open_entry, seal_entry
from tallystick.flow.refusal import Refused
from tallystick.ledger import head as heads
from tallystick.ledger import journal, rows
from tallystick.ledger.lease import SECONDS as LEASE_SECONDS
from tallystick.ledger.lease import Lease, Leased
from tallystick.ledger.reader import LogReader, NotInLog
from tallystick.ledger.sealer import BATCH, Fenced, NotSealed, Sealer
from tallystick.ledger.signer import Signer
from tallystick.ledger.unsealed import RowCheck

WAIT_SECONDS = 60.0
"""How long `seal` waits for its turn: six times as long as a holder that froze keeps others waiting."""
_POLL_SECONDS = 0.05
SKEW_US = 300_000_000
"""How far the time of an event may lie ahead of the clock of whoever seals it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far the log may be behind its journal.

    seal_seconds_max      from commit to seal at most, as a cell states it; beyond it, it is not ready
    unsealed_max          beyond so many events that are not sealed, a server takes no more commands
    unsealed_seconds_max  the same, for the age of the oldest of them
    """

    seal_seconds_max: float = 30.0
    unsealed_max: int = 200_000
    unsealed_seconds_max: float = 300.0


class Envelopes:
    """Are rows what this cell writes: entries of their place, time and count, of a known kind, in the one right form?

    now  microseconds since 1970: no event may be later than this and a stated skew
    """

    def __init__(
        self, now: Callable[[], int], *, size: int = 0, at: int = 0, counts: Mapping[str, int] | None = None
    ) -> None:
        self.size = size
        self._now = now
        self._at = at
        self._latest = 0
        self._counts = dict(counts or {})

    def copy(self) -> Self:
        """The same state, to go on from; the clock is asked anew when a row is later than it was."""
        return type(self)(self._now, size=self.size, at=self._at, counts=self._counts)

    def take(self, kind: str, entry: bytes) -> str | None:
        """See the next row: what is wrong with it, or None."""
        seq = self.size
        self.size += 1
        try:
            envelope = open_entry(entry)
            fact = events.fact_of(envelope)
            is_exact = seal_entry(envelope) == entry and events.body_of(fact) == envelope.body
        except (msgspec.MsgspecError, UnicodeDecodeError, events.UnknownKind, ValueError) as error:
            return f"expected an entry that this software writes, found {error}"
        if not is_exact or len(entry) > ENTRY_BYTES_MAX:
            return "expected the canonical bytes of an entry, found others"
        if kind != envelope.kind:
            return f"expected {envelope.kind} in the kind column, as in the entry, found {kind!r}"
        return self._out_of_place(envelope, seq)

    def _out_of_place(self, envelope: Envelope, seq: int) -> str | None:
        n, at, before = self._counts.get(envelope.by, 0) + 1, envelope.at, self._at
        self._counts[envelope.by] = envelope.n
        self._at = at
        if envelope.seq != seq:
            return f"expected seq {seq}, found {envelope.seq}: rows were moved"
        if at < before:
            return f"expected a time of at least {before}, found {at}: the row was back-dated"
        if envelope.n != n:
            return f"expected event {n} of {envelope.by!r} in 'n', found {envelope.n}: events are missing or repeated"
        return self._too_late(at)

    def _too_late(self, at: int) -> str | None:
        if at > self._latest:
            self._latest = self._now() + SKEW_US
            if at > self._latest:
                return (
                    f"expected a time up to {SKEW_US // 1_000_000} s ahead of this machine's clock, found {at}, "
                    f"{(at - self._latest + SKEW_US) // 1_000_000} s ahead: this clock or a writer's is wrong"
                )
        return None


@dataclass(frozen=True, slots=True)
class Behind:
    """How far the log is behind its journal.

    count         events that are not sealed
    microseconds  how long the oldest of them has waited
    """

    count: int
    microseconds: int


def behind(connection: journal.Connection, size: int, *, now: int) -> Behind:
    """What is not sealed in a log of `size`."""
    count = journal.head(connection).next_seq - size
    entry = journal.read_one(connection, size) if count > 0 else None
    return Behind(max(0, count), 0 if entry is None else max(0, now - open_entry(entry).at))


class Sealing:
    """The sealing of one cell in one process. Safe to call from many threads.

    `trouble` says why the last attempt of this process failed, until one does not: readiness shows it. `stamp_trouble`
    says the same of time-stamps. `limits` and `batch` may be set before it begins.

    signers  who signs checkpoints now, and `trusted` the verifier keys of those who did before
    now      microseconds since 1970, the journal's clock
    """

    def __init__(
        self, engine: journal.Engine, log: Path | Blobs, signers: Callable[[], Sequence[Signer]], *,
        now: Callable[[], int], trusted: Callable[[], Sequence[str]] = tuple, lease: Lease | None = None,
    ) -> None:  # fmt: skip
        self.batch = BATCH
        self.limits = Limits()
        self.trouble: str | None = None
        self.stamp_trouble: str | None = None
        self.lease = lease or Lease()
        self._engine = engine
        self._log = log
        self._signers = signers
        self._trusted = trusted
        self._check: RowCheck = Envelopes(now)
        self._lock = threading.RLock()
        self._sealer: Sealer | None = None
        self._signed_by: tuple[str, ...] = ()
        self._is_known = False
        self._keeps = False

    def seal(self, upto: int | None = None) -> int:
        """Seal the journal, to exactly `upto` when given, and say how much is sealed. Waits for its turn.

        Without `upto` another process may do it: then this returns when all that stood in the journal is sealed.
        raises  Leased when it was not its turn for a minute; what Sealer.seal raises
        """
        with self._lock:
            wanted = rows.end_of(self._engine) if upto is None else None
            return self._in_turn(lambda: self._attempt(upto), enough=wanted)

    def follow(self, *, seconds: float) -> bool:
        """One round of a server that seals every so many seconds; False when it is another's turn.

        raises  Fenced when this one was silent for so long that another took its turn; what Sealer.seal raises
        """
        with self._lock:
            # Whoever is silent for longer than a part of the lease could not keep it: it takes a turn each time.
            self._keeps = seconds <= LEASE_SECONDS / 4
            try:
                self._attempt(None)
            except Leased:
                return False
            return True

    def mend(self) -> None:
        """Compare all that is sealed with the journal, and write again what the log folder lacks. Signs nothing new.

        Waits for its turn: one who was cut off in it on another machine is taken for dead after a while.
        raises  what Sealer raises when journal and log do not fit together; Leased when its turn did not come
        """
        with self._lock:
            if self._sealer is None:
                self._in_turn(self._open_anew)
            self.release()

    def _in_turn(self, attempt: Callable[[], int], *, enough: int | None = None) -> int:
        """The size that an attempt gives as soon as it is our turn, or what another published once that is enough."""
        give_up_at = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                return attempt()
            except (Leased, Fenced):
                size = self._published()
                if enough is not None and size >= enough:
                    return size
                if time.monotonic() > give_up_at:
                    raise
            self.lease.ask(self._engine)
            time.sleep(_POLL_SECONDS)

    def _open_anew(self) -> int:
        self._is_known = False
        self._sealer = self._open_sealer()
        return self._sealer.size

    def release(self) -> None:
        """Hand the turn back; the next seal takes a new one."""
        with self._lock:
            self._keeps = False
            if self._sealer is not None:
                sealer, self._sealer = self._sealer, None
                sealer.close()

    def close(self) -> None:
        """Hand the turn back, for good."""
        with self._lock:
            self.release()
            self.lease.close()

    def _attempt(self, upto: int | None) -> int:
        try:
            self._close_if_keys_changed()
            self._sealer = self._sealer or self._open_sealer()
            self._sealer.seal(upto)
            size = self._sealer.size
            self._check = self._sealer.check
            self.trouble = None
        except (Leased, Fenced, NotSealed):
            self.release()
            raise
        except Exception as error:
            self.trouble = str(error)
            self.release()
            raise
        if not self._keeps or self._sealer.is_asked:
            self.release()
        return size

    def _close_if_keys_changed(self) -> None:
        """A log key was added or retired, maybe by another process: the next checkpoint is signed by those of now."""
        if self._sealer is not None and self._signed_by != tuple(signer.vkey for signer in self._signers()):
            sealer, self._sealer = self._sealer, None
            sealer.close()

    def _open_sealer(self) -> Sealer:
        signers = self._signers()
        self._signed_by = tuple(signer.vkey for signer in signers)
        # Whoever has read the whole journal once knows it; what came since is checked as it is sealed.
        sealer = Sealer(
            self._engine, self._log, signers, trusted=self._trusted(), lease=self.lease,
            check=self._check, thorough=not self._is_known, batch=self.batch,
        )  # fmt: skip
        self._is_known = True
        return sealer

    def _published(self) -> int:
        try:
            return LogReader(self._log).checkpoint().size
        except NotInLog:
            return 0


class Backpressure:
    """Refuses commands when the log has fallen too far behind its journal, so that the journal cannot run away.

    limits  how far is too far; time counts from when this server began to follow
    """

    def __init__(self, engine: journal.Engine, limits: Limits, *, now: Callable[[], int]) -> None:
        self._engine = engine
        self._now = now
        self._events = limits.unsealed_max
        self._us = int(limits.unsealed_seconds_max * 1_000_000)
        self._since = now()
        self._next = 0.0
        self._found: Refused | None = None

    def __call__(self) -> Refused | None:
        """Why no command is taken now. It looks at most once a second."""
        if time.monotonic() >= self._next:
            with journal.reading(self._engine) as connection:
                late = behind(connection, heads.read(self._engine).size, now=self._now())
            waited = min(late.microseconds, self._now() - self._since)
            self._found = self._refusal(late.count, waited) if self._is_too_far(late.count, waited) else None
            self._next = time.monotonic() + 1.0
        return self._found

    def _is_too_far(self, count: int, waited: int) -> bool:
        return count > self._events or waited > self._us

    def _refusal(self, count: int, waited: int) -> Refused:
        return Refused(
            "log-behind",
            f"Expected a log at most {self._events} events and {self._us // 1_000_000} s behind, found {count} events, "
            f"the oldest waiting for {waited // 1_000_000} s. Nothing was written: the operator must look at the "
            "sealer. Send it again later with the same key.",
        )

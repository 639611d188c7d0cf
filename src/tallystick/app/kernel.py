"""Commands in, durable events out: authorise, load, decide, append, project, commit. The only writer.

Group commit: whoever gets the lock carries out all commands that wait, in one transaction with one durable commit.
Under load the others queue while the disk works, and share the next one. A command is answered after that commit.
"""

import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from hashlib import sha256

from tallystick import canon, events
from tallystick.app import access, looking
from tallystick.app.access import CELL, Actor
from tallystick.app.looking import About, Look
from tallystick.events.envelope import Envelope, Event, ObjectRef, open_entry, seal_entry
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import projection, receipts, routing
from tallystick.store import vault as vaults
from tallystick.store.schema import Recorded
from tallystick.store.vault import SealedObject, Vault

KEY_CHARACTERS_MIN = 16
"""An idempotency key also salts the digest of its request in the public log: it must not be guessable."""
GROUP_MAX = 64
GROUPS_KEPT, GROUP_ROWS_KEPT = 256, 256
"""How many commits, and how large ones, are remembered for receipts that are asked for a moment later."""
COUNTS_KEPT = 1_000
"""Of so many actors it is remembered how many events they have caused."""
SEAL_WITHIN_US = 60_000_000
"""How long after its commit an event is sealed at the latest, as receipts promise it, unless a cell says otherwise."""


@dataclass(slots=True)
class CommitGroup:
    """The rows of one commit: whoever asks first for a signed receipt has its neighbours signed, too (app/receipt.py).

    entries  (kind, leaf bytes) in order; complete when the commit is done, and never changed after
    alone    places in it whose events stand in no run with others, once somebody has asked (app/receipt.py)
    runs     of rows that were signed together: where it begins, its leaf hashes, and the note, None when signing failed
    """

    first_seq: int
    at: int
    entries: list[tuple[str, bytes]] = field(default_factory=list)
    runs: dict[int, tuple[bytes, str | None]] = field(default_factory=dict)
    alone: list[int] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def holds(self, seq: int) -> bool:
        """Is this place one of its rows?"""
        return self.first_seq <= seq < self.first_seq + len(self.entries)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a command left behind, after its durable commit.

    first_seq  place of its first event in the journal, and index in the log
    facts      its events in order
    is_repeat  the command had been carried out before; nothing new was written
    group      the commit that it was part of; None for a repeat
    """

    cmd: str
    first_seq: int
    at: int
    facts: tuple[Event, ...]
    is_repeat: bool = False
    group: CommitGroup | None = field(default=None, compare=False, repr=False)


@dataclass(slots=True)
class Transaction:
    """What a command sees while it decides. `now` is journal time in microseconds."""

    connection: journal.Connection
    vault: Vault
    now: int
    seq: int  # the place that its first event will get
    actor: Actor = CELL
    role: str = access.SYSTEM
    objects: list[SealedObject] = field(default_factory=list)
    looks: list["Written"] = field(default_factory=list)

    def new_id(self, prefix: str) -> str:
        """A new random id."""
        return canon.identifier(prefix, os.urandom(13))

    def new_salt(self) -> str:
        """Random bytes that keep an entry from being guessed by its leaf, hexadecimal."""
        return os.urandom(16).hex()

    def seal(self, payload: bytes, *, scope: str, subjects: Sequence[str] = ()) -> ObjectRef:
        """Put content into the vault; it is written when the command is. For scope and subjects see Vault.seal."""
        # Neighbours in time are neighbours in the index: a growing vault takes a new object at the price of the first.
        # Nobody but the vault sees these ids; those of items stay random, so that none tells a gold item by its age.
        led = (self.now >> 16).to_bytes(5, "big") + os.urandom(8)
        object_id = canon.identifier("obj", led)
        sealed = self.vault.seal(self.connection, payload, scope=scope, object_id=object_id, subjects=subjects)
        self.objects.append(sealed)
        return sealed.ref

    def look(self, about: About) -> Look:
        """Open content as whoever acts. The event is written with the command, or without it when it is refused."""
        return self._look(self.actor, self.role, about)

    def look_as_cell(self, about: About) -> Look:
        """Open content as the cell itself, which checks what somebody sent and shows it to nobody."""
        return self._look(CELL, access.SYSTEM, about)

    def _look(self, actor: Actor, role: str, about: About) -> Look:
        words = self.seal(about.words.encode(), scope=f"person:{actor.person}") if about.words else None
        self.looks.append(Written(actor.person, role, about.fact(words)))
        return looking.recorded(actor, role, about)


@dataclass(frozen=True, slots=True)
class Written:
    """A fact on its way into the journal, with whom it is by and in which role."""

    by: str
    role: str
    fact: Event


Check = Callable[[journal.Connection], Refused | None]


def NOTHING_WRONG(_connection: journal.Connection) -> None:  # noqa: N802 - it stands where a constant would
    """A check that finds nothing."""


Decision = list[Event] | Refused
Decide = Callable[[Transaction], Decision]


@dataclass(frozen=True, slots=True)
class Command:
    """A wish to change something.

    key      the caller's idempotency key: the same key gives the same receipt
    request  canonical bytes of what is asked: the same key with another request is refused
    """

    actor: Actor
    permission: str
    key: str
    request: bytes
    decide: Decide

    @property
    def cmd(self) -> str:
        """Digest of actor and key, as the journal carries it."""
        return sha256(b"tallystick/command/v1\x00" + f"{self.actor.person}\x00{self.key}".encode()).hexdigest()

    @property
    def req(self) -> str:
        """Digest of key and request: salted by the key, so that the log tells nothing of the request."""
        return sha256(b"tallystick/request/v1\x00" + self.key.encode() + b"\x00" + self.request).hexdigest()


Answer = Receipt | Refused
_Waiting = tuple[Command, "Future[Answer]"]

KEY_REUSED = Refused(
    "key-reused",
    "This idempotency key was already used for a different request. Nothing was written: send a new key.",
    "idempotency_key",
)
KEY_WEAK = Refused(
    "key-weak", f"Expected an idempotency key of at least {KEY_CHARACTERS_MIN} characters: send a random one.",
    "idempotency_key",
)  # fmt: skip


STOPPED = "The thread that wrote for this command was stopped: send it again with the same key."


class WriterStopped(RuntimeError):
    """Whether the command was carried out is not known here; its key finds out."""


def new_key() -> str:
    """A fresh idempotency key, for commands that are not retried."""
    return secrets.token_urlsafe(18)


def wall_clock() -> int:
    """Microseconds since 1970, UTC."""
    return time.time_ns() // 1000


def steady_clock() -> int:
    """Microseconds on a clock that nobody sets, which goes on while the machine sleeps where there is such a one."""
    return time.clock_gettime_ns(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)) // 1000


class Ahead:
    """How many microseconds the wall clock has gained on the steady one since this was made."""

    def __init__(self, wall: Callable[[], int] = wall_clock, steady: Callable[[], int] = steady_clock) -> None:
        self._wall, self._steady = wall, steady
        self._parted = wall() - steady()

    def __call__(self) -> int:
        """Below zero when it has lost some."""
        return self._wall() - self._steady() - self._parted


CLOCK_US = 300_000_000
"""How far this clock may be behind the journal, or jump ahead in a running process, before nothing is written."""
CLOCK_CODES = ("clock-behind", "clock-jumped")


class WrongClock(RuntimeError):
    """The cell itself would write, and this machine's clock cannot be right."""


def _clock_refusal(code: str, expected: str, off: int) -> Refused:
    return Refused(
        code,
        f"Expected a clock {expected}, found it {off // 1_000_000} s off. Nothing was written: the operator must set "
        "this machine's clock, or restart the process when the clock is right now.",
    )


@dataclass(slots=True)
class _Group:
    """The state of one write transaction."""

    connection: journal.Connection
    was: journal.Head
    next_seq: int
    now: int
    committed: CommitGroup
    known: dict[str, int]  # how many events actors had caused before
    refused: Refused | None = None  # why nothing new may be written now
    counts: dict[str, int] = field(default_factory=dict)  # and have with this group, of those that act in it

    @property
    def entries(self) -> list[tuple[str, bytes]]:
        """The rows so far."""
        return self.committed.entries


class Kernel:
    """One cell's writer. Safe to call from many threads; several processes share a database by its lock."""

    def __init__(self, engine: journal.Engine, vault: Vault, *, clock: Callable[[], int] = wall_clock) -> None:
        self.engine = engine
        self.vault = vault
        self._clock = clock
        self._lock = threading.Lock()
        self._queue: deque[_Waiting] = deque()
        self.recent = looking.Recent()
        self.seal_within_us = SEAL_WITHIN_US
        self._committed: deque[CommitGroup] = deque(maxlen=GROUPS_KEPT)
        self._counts, self._counted_to = dict[str, int](), -1
        self.may_write: Callable[[], Refused | None] = lambda: None
        # A clock that jumps can be told from one that runs only beside one that cannot.
        self._ahead: Callable[[], int] = Ahead() if clock is wall_clock else lambda: 0
        self.before_commit: Callable[[], None] = lambda: None
        self.after_commit: Callable[[], None] = lambda: None

    def execute(self, command: Command) -> Answer:
        """Carry out one command. Returns after the durable commit, or with the reason why nothing was written."""
        if not access.allows(command.actor, command.permission):
            return access.ABSENT
        if len(command.key) < KEY_CHARACTERS_MIN:
            return KEY_WEAK
        future: Future[Answer] = Future()
        self._queue.append((command, future))
        with self._lock:
            while not future.done():
                self._lead()
        return future.result()

    def look(
        self, actor: Actor, permission: str, about: About, *, key: str | None = None,
        check: Check = NOTHING_WRONG,
    ) -> Look | Refused:  # fmt: skip
        """Record that somebody opens content: durable when this returns, and before anything is shown.

        check  why there is nothing to look at, asked before anything is written
        key    the caller's idempotency key: a repeat within ten minutes is the same look. Without a key a session's
               repeats are, too; outside of sessions every call is a look of its own.
        """
        if not access.allows(actor, permission):
            return access.ABSENT
        hidden = self._hidden(actor, about)
        if hidden:
            return hidden
        role, now = actor.role_for(permission), self.now()
        is_own = bool(key or actor.session)
        name = self.recent.key(actor, about, now=now, given=key) if is_own else new_key()
        if is_own and not about.words and self.recent.is_shown(name, now=now):
            return looking.recorded(actor, role, about)

        def decide(tx: Transaction) -> Decision:
            refused = check(tx.connection)
            if refused is None:
                tx.look(about)
            return refused or []

        # Words are sealed and not part of any key or digest that the journal shows: they get a look of their own.
        command_key = f"{name}|{self.recent.round(name)}" if is_own and not about.words else new_key()
        answer = self.execute(Command(actor, permission, command_key, about.request(), decide))
        if isinstance(answer, Refused):
            return answer
        if is_own:
            self.recent.add(name, now=now)
        return looking.recorded(actor, role, about)

    def _hidden(self, actor: Actor, about: About) -> Refused | None:
        """Restricted items open for cleared people alone, whatever way led to them, and at every display."""
        if actor.person == access.SYSTEM or about.what not in looking.OF_ITEMS:
            return None
        with self.read() as connection:
            if not routing.is_anything_ruled(connection):
                return None
            names = [about.subject, *about.subjects]
            hidden = routing.hidden_among(connection, actor.person, names, now=self.now())
        if not hidden:
            return None
        return access.ABSENT if about.subject in hidden else looking.NEEDS_CLEARANCE

    def known(self, actor: Actor, about: About) -> None:
        """A look that a command of this actor has just recorded: showing it again soon is the same look."""
        if actor.session:
            now = self.now()
            self.recent.add(self.recent.key(actor, about, now=now, given=None), now=now)

    def group_of(self, seq: int) -> CommitGroup | None:
        """The commit of this process that holds a place, while it is remembered: what was written, whatever is now."""
        return next((group for group in list(self._committed) if group.holds(seq)), None)

    def read(self) -> AbstractContextManager[journal.Connection]:
        """A connection that sees one consistent state."""
        return journal.reading(self.engine)

    def now(self) -> int:
        """The clock, in microseconds. Journal time is never behind the last event."""
        return self._clock()

    def _lead(self) -> None:
        """Carry out the commands that wait, oldest first, as one group."""
        group = [self._queue.popleft() for _ in range(min(len(self._queue), GROUP_MAX))]
        try:
            answers = self._carry_out([command for command, _ in group])
        except Exception as error:  # noqa: BLE001 - one command's fault must not fail its neighbours
            self._lead_alone(group, error)
            return
        except BaseException:
            # This thread is being stopped: those who wait for it must hear of it, not wait for ever.
            for _, future in group:
                future.set_exception(WriterStopped(STOPPED))
            raise
        for (_, future), answer in zip(group, answers, strict=True):
            future.set_result(answer)

    def _lead_alone(self, group: list[_Waiting], error: Exception) -> None:
        """Something broke and the whole group was rolled back: try each command in a transaction of its own."""
        if len(group) == 1:
            group[0][1].set_exception(error)
            return
        for command, future in group:
            try:
                future.set_result(self._carry_out([command])[0])
            except Exception as own:  # noqa: BLE001 - handed to the caller whose command it was
                future.set_exception(own)

    def _carry_out(self, commands: list[Command]) -> list[Answer]:
        with journal.writing(self.engine) as connection:
            head = journal.lock_head(connection)
            clock = self._clock()
            now = max(clock, head.last_at)
            refused = self._wrong_clock(clock, head.last_at) or self.may_write()
            # Counts are known as long as nobody else has written since.
            known = self._counts if head.next_seq == self._counted_to else {}
            group = _Group(connection, head, head.next_seq, now, CommitGroup(head.next_seq, now), known, refused)
            answers = [self._one(group, command) for command in commands]
            self._append(group)
            self.before_commit()
        self._counts = {**({} if len(known) > COUNTS_KEPT else known), **group.counts}
        self._counted_to = group.next_seq
        if 0 < len(group.entries) <= GROUP_ROWS_KEPT:
            self._committed.append(group.committed)
        self.after_commit()
        return answers

    def _wrong_clock(self, clock: int, last_at: int) -> Refused | None:
        """Journal time never goes back. A clock far behind it would make it stand still, and one that jumped ahead
        would do so to all who come later: then nothing is written until somebody has looked.
        """
        behind, ahead = last_at - clock, self._ahead()
        if behind > CLOCK_US:
            return _clock_refusal("clock-behind", "not far behind the last event of the journal", behind)
        if ahead > CLOCK_US:
            return _clock_refusal("clock-jumped", "that runs as long as this process has run", ahead)
        return None

    def _append(self, group: _Group) -> None:
        if group.entries:
            now = journal.Head(group.next_seq, group.now)
            journal.append(group.connection, group.entries, was=group.was, now=now, counts=group.counts)

    def _one(self, group: _Group, command: Command) -> Answer:
        earlier = self._earlier(group, command)
        if earlier is not None:
            return earlier
        if group.refused and command.actor is not CELL:
            return group.refused
        if group.refused and group.refused.code in CLOCK_CODES:
            raise WrongClock(group.refused.sentence)
        role = command.actor.role_for(command.permission)
        transaction = Transaction(group.connection, self.vault, group.now, group.next_seq, command.actor, role)
        decision = command.decide(transaction)
        if isinstance(decision, Refused):
            if transaction.looks:
                # What it opened was opened. The command stays free to be sent again with its key.
                self._write(group, Command(CELL, "self", new_key(), b"refused", command.decide), transaction.looks)
            return decision
        vaults.insert(group.connection, transaction.objects)
        written = [*(Written(command.actor.person, role, fact) for fact in decision), *transaction.looks]
        if not written:
            return Receipt(command.cmd, group.next_seq, group.now, ())
        first = self._write(group, command, written)
        return Receipt(command.cmd, first, group.now, tuple(one.fact for one in written), group=group.committed)

    def _write(self, group: _Group, command: Command, written: list[Written]) -> int:
        """Put the facts of one command next into the journal and the read tables; the place of the first."""
        recorded = self._record(group, command, written)
        projection.project(group.connection, recorded)
        return recorded[0].envelope.seq

    def _earlier(self, group: _Group, command: Command) -> Answer | None:
        """The receipt of an earlier attempt with the same key, or the refusal when it asked for something else."""
        row = receipts.find(group.connection, command.cmd)
        if row is None:
            return None
        if row.req != command.req:
            return KEY_REUSED
        return self._receipt(group, command.cmd, first=row.first_seq, number=row.events)

    @staticmethod
    def _receipt(group: _Group, cmd: str, *, first: int, number: int) -> Receipt:
        entries = dict(journal.read(group.connection, first, min(first + number, group.was.next_seq)))
        # A retry may stand in the same group as its first attempt: those entries are not in the table yet.
        for offset, (_, entry) in enumerate(group.entries):
            entries[group.was.next_seq + offset] = entry
        envelopes = [open_entry(entries[seq]) for seq in range(first, first + number)]
        return Receipt(cmd, first, envelopes[0].at, tuple(events.fact_of(e) for e in envelopes), is_repeat=True)

    @staticmethod
    def _record(group: _Group, command: Command, written: list[Written]) -> list[Recorded]:
        cmd, req = command.cmd, command.req
        recorded = []
        for one in written:
            if one.by not in group.counts:
                known = group.known.get(one.by)
                group.counts[one.by] = journal.count_of(group.connection, one.by) if known is None else known
            group.counts[one.by] += 1
            envelope = Envelope(
                at=group.now, body=events.body_of(one.fact), by=one.by, cmd=cmd, kind=one.fact.KIND,
                n=group.counts[one.by], req=req, role=one.role, seq=group.next_seq,
            )  # fmt: skip
            group.entries.append((one.fact.KIND, seal_entry(envelope)))
            group.next_seq += 1
            recorded.append(Recorded(envelope, one.fact))
        return recorded

"""The cell itself: receipts and proofs, the log, health, checks of database against log."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import msgspec

from tallystick.app import access, custody, keeping, witnessing
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.looking import About, Look
from tallystick.app.sealing import behind
from tallystick.app.witnessing import WitnessesState
from tallystick.custody import CustodyError
from tallystick.events.adjudication import DisagreementOpened
from tallystick.events.assignment import (
    AssignmentLeased,
    AssignmentLeasedV2,
    AssignmentLeasedV3,
    AssignmentReleased,
)
from tallystick.events.envelope import Envelope, ObjectRef, open_entry
from tallystick.events.roster import GoldAnswered, SessionOpened
from tallystick.events.sentinel import JudgmentChecked
from tallystick.events.standing import JudgmentsHeld
from tallystick.flow.refusal import Refused
from tallystick.ledger import guards, journal, published, tree
from tallystick.ledger import head as heads
from tallystick.ledger.checkpoint import BadCheckpoint
from tallystick.ledger.compare import compare_journal
from tallystick.ledger.note import BadNote
from tallystick.ledger.published import Published
from tallystick.ledger.reader import CHECKPOINT, LogReader, NotInLog
from tallystick.store import projection, sessions
from tallystick.store.vault import ObjectErased, VaultError, commitment

RECENT = 50
_TOGETHER, _NAMED = 500, 100
SET_OFF = frozenset({DisagreementOpened.KIND, AssignmentReleased.KIND, JudgmentChecked.KIND, JudgmentsHeld.KIND})
"""What a command sets off, and whoever gave it may not know of."""
WITHHELD = frozenset({
    GoldAnswered.KIND, AssignmentLeased.KIND, AssignmentLeasedV2.KIND, AssignmentLeasedV3.KIND,
})  # fmt: skip
"""What tells its own causer more than they may know: they get the leaf, not the entry."""
NOT_OPENED = (
    "contents: expected a journal that can record who opens them, found one with differences: restore it, check again"
)


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """One's own entry in the log, and its proof once it is sealed."""

    seq: int
    envelope: Envelope
    entry: bytes | None  # None when it tells more than its own causer may know: the leaf still proves it
    leaf: str  # SHA-256 of the leaf, hexadecimal
    sealed_size: int
    is_sealed: bool
    proof: str | None  # C2SP tlog-proof text
    vkey: str


def receipt(cell: Cell, actor: Actor, seq: int) -> ReceiptPage | Refused:
    """The receipt of an event: for who caused it, and for who reads the log.

    What a command of an expert sets off is not theirs to read: that their judgment divides an item, whose lease ran
    out, whether an answer to a gold item was right, in which order they are shown an item that they have not judged.
    Of the last two they still get leaf and proof, without the entry.
    """
    found = entry_for(cell, actor, seq)
    if isinstance(found, Refused):
        return found
    envelope, entry = found
    is_withheld = envelope.kind in WITHHELD and not access.allows(actor, "log.read")
    size = sealed_size(cell)
    proof = LogReader(cell.log).record_proof(seq, size).text() if seq < size else None
    leaf = tree.leaf_hash(entry).hex()
    return ReceiptPage(seq, envelope, None if is_withheld else entry, leaf, size, seq < size, proof, cell.signer.vkey)


def entry_for(cell: Cell, actor: Actor, seq: int) -> tuple[Envelope, bytes] | Refused:
    """An entry, if it is this actor's to have a receipt for."""
    with cell.read() as connection:
        entry = journal.read_one(connection, seq) if seq >= 0 else None
    if entry is None:
        return access.ABSENT
    envelope = open_entry(entry)
    return (envelope, entry) if may_have(actor, envelope) else access.ABSENT


def may_have(actor: Actor, envelope: Envelope) -> bool:
    """Whether a receipt of this event is for this actor: their own, or any for who reads the log."""
    is_own = envelope.by == actor.person and envelope.kind not in SET_OFF
    return is_own or access.allows(actor, "log.read")


def sealed_size(cell: Cell) -> int:
    """How many entries the published checkpoint covers."""
    try:
        return LogReader(cell.log).checkpoint().size
    except (NotInLog, OSError):
        return 0


@dataclass(frozen=True, slots=True)
class LogPage:
    """Where the log stands, and its latest entries without any content."""

    origin: str
    vkey: str
    custody: str
    checkpoint: str | None
    sealed: int
    journaled: int
    recent: tuple[Envelope, ...]
    witnesses: WitnessesState


def log_page(cell: Cell, actor: Actor, *, before: int | None = None) -> LogPage | Refused:
    """The log as its readers see it."""
    if not access.allows(actor, "log.read"):
        return access.ABSENT
    with cell.read() as connection:
        end = journal.head(connection).next_seq
        stop = end if before is None else max(0, min(before, end))
        entries = [open_entry(entry) for _, entry in journal.read(connection, max(0, stop - RECENT), stop)]
    log = LogReader(cell.log).blobs
    text = log.get(CHECKPOINT).decode() if log.has(CHECKPOINT) else None
    return LogPage(
        cell.opened.origin, cell.signer.vkey, cell.custody, text, sealed_size(cell), end, tuple(reversed(entries)),
        witnessing.state(cell),
    )  # fmt: skip


def log_file(cell: Cell, actor: Actor, path: str) -> Published | Refused:
    """One file of the public log, for who reads the log: what a witness or a client with a token keeps a copy of."""
    if not access.allows(actor, "log.read"):
        return access.ABSENT
    found = published.find(published.read_blobs(LogReader(cell.log).blobs), path)
    return access.ABSENT if found is None else found


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, and what was found. What is not needed is shown and keeps nobody from working."""

    name: str
    is_good: bool
    found: str
    is_needed: bool = True


def readiness(cell: Cell) -> list[Check]:
    """Whether the cell can do its work: database, keys, log.

    Anybody may ask, as often as they like. While all is well nothing is counted: the number of events would tell each
    moment at which somebody does something, and whether a judgment divides its item.
    """
    with cell.read() as connection:
        journal.head(connection)
        late = behind(connection, sealed_size(cell), now=cell.kernel.now())
        found_guards = guards.look(connection)
    checks = [
        Check("database", is_good=True, found="it answers"),
        _key_check(cell),
    ]
    limit = cell.sealing.limits.seal_seconds_max
    is_behind = late.microseconds >= limit * 1_000_000
    found = f"{late.count} events not sealed, the oldest for {late.microseconds // 1_000_000} s of at most {limit:g} s"
    checks.append(Check("log", is_good=not is_behind, found=found if is_behind else f"sealed within {limit:g} s"))
    told = "; ".join(part for part in (*found_guards.missing, found_guards.role) if part) or "all in place"
    checks.append(Check("guards", is_good=not found_guards.missing, found=told))
    trouble = cell.sealing.trouble
    checks.append(Check("sealer", is_good=trouble is None, found=trouble or "nothing wrong"))
    unstamped = cell.sealing.stamp_trouble
    if unstamped is not None:
        checks.append(Check("time-stamp", is_good=False, found=unstamped, is_needed=False))
    return [*checks, _bundle_check(cell), *_witness_checks(witnessing.state(cell))]


def _bundle_check(cell: Cell) -> Check:
    """An older backup opens nothing without the newest wrapped keys: that they lack stops nobody, and is shown."""
    found = custody.key_bundle(cell)
    if found.is_current:
        words = "none needed yet" if found.needed is None else f"the newest is of {found.entries} events"
    else:
        words = f"none since an epoch was destroyed {found.behind_us // 1_000_000} s ago: earlier backups need one"
    return Check("key-bundle", is_good=found.is_current, found=words, is_needed=False)


def _key_check(cell: Cell) -> Check:
    """Whether the holder of the keys answers, and has those that sign."""
    try:
        held = cell.keys.log_keys()
    except CustodyError as error:
        return Check("log-key", is_good=False, found=f"{cell.custody}: {error}")
    missing = [signer.vkey for signer in cell.signers if signer.vkey not in held]
    found = f"{cell.custody}, without the log key {missing[0]}" if missing else cell.custody
    return Check("log-key", is_good=not missing, found=found)


def _witness_checks(state: WitnessesState) -> Iterator[Check]:
    """A witness that is down never stops a cell: it is shown, and after a while it is an alarm."""
    for one in state.witnesses:
        most = witnessing.LAG_MICROSECONDS // 1_000_000
        found = f"behind for less than {most} s"
        if one.is_late:
            found = f"cosigned {one.size} of {state.sealed} entries, behind for {one.behind_us // 1_000_000} s"
            found += f" of at most {most} s"
        found += f"; {one.fault}" if one.fault else ""
        yield Check(f"witness {one.name}", is_good=not one.is_late, found=found, is_needed=False)
    if state.alarms:
        found = f"{len(state.alarms)} times a witness refused this log as contradicting itself: look at once"
        yield Check("witness alarms", is_good=False, found=found, is_needed=False)


@dataclass(frozen=True, slots=True)
class CellCheck:
    """The database against its log, and the read tables against the journal. `notes` say what could not differ yet."""

    events: int
    differences: tuple[str, ...]
    tables: int
    notes: tuple[str, ...] = ()


def check(cell: Cell) -> CellCheck:
    """Compare every journal row with the log, its books and the vault with its entries, then rebuild the read tables.

    The rebuilt tables are compared bit for bit. Rows that are no entries end the check: nothing follows from them.
    """
    differences, notes = _log_differences(cell)
    if cell.log_store is not None:
        differences += [str(found) for found in cell.log_store.meddling()]
    is_sound = not differences
    with cell.read() as connection:
        differences += guards.look(connection).missing
    broken = _unreadable(cell)
    if broken:
        return CellCheck(0, (*differences, *broken), 0, notes)
    differences += _book_differences(cell, is_sound=is_sound)
    with cell.read() as connection:
        before = projection.dump(connection)
    events = projection.rebuild(cell.engine)
    with cell.read() as connection:
        after = projection.dump(connection)
    differences += [
        f"table {name}: expected what the journal gives, found other rows; it has been rebuilt"
        for name in before
        if before[name] != after[name]
    ]
    return CellCheck(events, tuple(differences), len(after), notes)


def _log_differences(cell: Cell) -> tuple[list[str], tuple[str, ...]]:
    """Where journal and log part, and archived checkpoints that were removed; then what there is to say besides."""
    log = LogReader(cell.log)
    try:
        size = log.checkpoint().size
        found = [str(difference) for difference in compare_journal(cell.engine, cell.log)]
    except NotInLog as error:
        sealed = heads.read(cell.engine).size
        if sealed:
            return [f"{CHECKPOINT}: expected one that covers the {sealed} sealed entries, found none: {error}"], ()
        return [], (
            "nothing is sealed yet, so there is no log to compare the journal with: it is sealed when it serves",
        )
    except (BadNote, BadCheckpoint) as error:
        return [f"{CHECKPOINT}: expected the newest signed checkpoint, found another text: {error}"], ()
    lost = published.unarchived(log.blobs, size)
    return [*found, *(f"{path}: expected it, for {by} is of its size: it was removed" for path, by in lost)], ()


@dataclass(slots=True)
class _Books:
    """What the entries say that the tables beside them must say too."""

    counts: Counter[str] = field(default_factory=Counter)
    last_at: int = 0
    refs: list[tuple[int, ObjectRef]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    sessions: set[tuple[str, str]] = field(default_factory=set)  # (public id, person) of all that were opened

    def take(self, seq: int, entry: bytes) -> None:
        """One more entry."""
        try:
            envelope = open_entry(entry)
            body: object = msgspec.json.decode(envelope.body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            self.unreadable.append(f"journal row {seq}: expected an entry, found {error}")
            return
        if envelope.seq != seq or envelope.at < self.last_at:
            self.unreadable.append(f"journal row {seq}: expected an entry of this place and time, found another")
        self.counts[envelope.by] += 1
        self.last_at = envelope.at
        self.refs.extend((seq, ref) for ref in _refs(body))
        if envelope.kind == SessionOpened.KIND and isinstance(body, dict):
            self.sessions.add((str(body.get("session")), str(body.get("person"))))


def _refs(value: object) -> Iterator[ObjectRef]:
    if isinstance(value, dict):
        if value.keys() == {"object", "commitment", "bytes"}:
            yield msgspec.convert(value, ObjectRef)
        else:
            for part in value.values():
                yield from _refs(part)
    elif isinstance(value, list):
        for part in value:
            yield from _refs(part)


def _unreadable(cell: Cell) -> list[str]:
    """Journal rows that are no entries of their place: with them no read table can be rebuilt."""
    return _books_of(cell).unreadable


def _book_differences(cell: Cell, *, is_sound: bool) -> list[str]:
    """Where head, counters and contents part from the entries, one sentence each, at most a hundred of each.

    That the contents were opened is an event, which only a sound journal can take: elsewhere they stay closed.
    """
    books = _books_of(cell)
    with cell.read() as connection:
        head = journal.head(connection)
        found = []
        if head.last_at != books.last_at:
            found.append(f"journal head: expected the time {books.last_at} of the last entry, found {head.last_at}")
        for actor, number in sorted(books.counts.items()):
            counted = journal.count_of(connection, actor)
            if counted != number:
                found.append(f"journal counter of {actor}: expected {number}, found {counted}")
        strange = [row for row in sessions.sessions(connection) if (row.session, row.person) not in books.sessions]
    found += [
        f"session {row.session} of {row.person}: expected its opening in the journal, found none: somebody wrote it "
        "into the table; end all sessions of that person"
        for row in strange
    ]
    if found or not is_sound:
        return [*found[:_NAMED], NOT_OPENED]
    about = About(subject="cell", what="everything", reason="check", subjects=tuple(r.object for _, r in books.refs))
    look = cell.look(access.CELL, "self", about)
    assert not isinstance(look, Refused), "the cell itself may look"
    return [*islice(_contents(cell, books.refs, look), _NAMED), *islice(_beside(cell, look), _NAMED)]


def _beside(cell: Cell, look: Look) -> Iterator[str]:
    """What stands in the vault beside the contents that entries name: files of releases, and what it let go of."""
    for path, words in keeping.faults(cell, look):
        yield f"release file {path}: {words}"
    with cell.read() as connection:
        for target in cell.vault.let_go(connection):
            yield f"vault: expected an erasure of {target} in the journal, found none: somebody emptied it; restore it"


def _books_of(cell: Cell) -> _Books:
    books = _Books()
    with cell.read() as connection:
        for seq, entry in journal.read(connection, 0, journal.head(connection).next_seq):
            books.take(seq, entry)
    return books


def _contents(cell: Cell, refs: list[tuple[int, ObjectRef]], look: Look) -> Iterator[str]:
    """Contents that are gone, do not open, or are not what the journal committed to."""
    for start in range(0, len(refs), _TOGETHER):
        part = refs[start : start + _TOGETHER]
        with cell.read() as connection:
            for seq, ref in part:
                try:
                    opened = cell.open(connection, ref.object, look)
                except ObjectErased:
                    continue  # the journal says so, and what it committed to stays
                except (VaultError, CustodyError) as error:
                    yield f"content of entry {seq}: {error}"
                    continue
                if commitment(opened.salt, opened.payload) != ref.commitment:
                    yield f"content of entry {seq}: object {ref.object} is not what the journal committed to"


def body_of(envelope: Envelope) -> dict[str, object]:
    """The fact of an envelope as plain data, for screens."""
    data: dict[str, object] = msgspec.json.decode(envelope.body)
    return data

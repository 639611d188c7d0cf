"""The witness itself: decides on a checkpoint, fetches what it covers, keeps what it decided, then cosigns.

The order is the promise. Whatever is answered with a cosignature stands durably in the witness's folder first, put
there by comparison with what stood there: so neither a crash nor two requests at once make it sign two roots of one
size, or a smaller log after a larger one.

Layout of the folder: `witness.key`, `witness.vkey`, `state/` (one file for each log: the newest checkpoint that was
cosigned), `logs/` (the mirrors, a log directory each), `evidence/` (forks), `refused/` (what was refused and why).
"""

import contextlib
import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tallystick.blobs import BlobChanged
from tallystick.blobs.folder import FolderBlobs
from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger import cosignature, note
from tallystick.ledger.checkpoint import BadCheckpoint, Checkpoint
from tallystick.ledger.cosignature import Cosigner
from tallystick.ledger.note import BadNote, VerifierKey
from tallystick.ledger.reader import CHECKPOINT
from tallystick.ledger.tile_store import Step, no_step
from tallystick.ledger.tree import ProofError
from tallystick.witness import evidence
from tallystick.witness.evidence import Fork
from tallystick.witness.mirror import CannotHold, Damaged, EntryCheck, Forked, Mirror, RulesBroken
from tallystick.witness.request import SIZE, Answer, Malformed, Request, check_signature, decide, parse
from tallystick.witness.sources import NOTE_BYTES_MAX, Source, SourceFailed, SourceHashes

KEY, VKEY = "witness.key", "witness.vkey"
STATE, LOGS, EVIDENCE, REFUSED = "state", "logs", "evidence", "refused"
REFUSED_MAX = 200
"""Refusals that are kept: whoever holds one signed checkpoint could send it with a thousand wrong proofs."""
HOLD_SECONDS = 25.0
"""How long one request may fetch. What it has is kept, so a long log is held after several."""
TURN_SECONDS = 30.0
_LOGGER = logging.getLogger(__name__)


def name_of(origin: str) -> str:
    """How a log is named in addresses and files: SHA-256 of its origin, in hexadecimal."""
    return hashlib.sha256(origin.encode()).hexdigest()


@dataclass(slots=True)
class Watched:
    """A log that the witness cosigns.

    keys    those trusted for it; all bear its origin as their name
    source  where its entries are fetched from; None for a witness that keeps no mirror
    """

    origin: str
    keys: tuple[VerifierKey, ...]
    source: Source | None = None
    mirror: Mirror | None = None
    turn: threading.Lock = field(default_factory=threading.Lock)


class NoWitness(RuntimeError):
    """The folder holds no witness, or one already. The message says what to do."""


def create(directory: Path, name: str) -> str:
    """Make a witness in a folder; its verifier key line. Raises NoWitness when there is one."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        cosigner = Cosigner.create(directory / KEY, name)
    except FileExistsError as error:
        raise NoWitness(f"{directory}: expected a folder without a witness, found {KEY}: choose another") from error
    (directory / VKEY).write_text(f"{cosigner.key.line}\n")
    return cosigner.key.line


class Witness:
    """One witness over its folder. May serve several threads.

    check  makes the check of a log's entries, for mirrors
    clock  seconds since 1970
    step   called around each durable step, for crash tests
    """

    def __init__(
        self, directory: Path, logs: Sequence[Watched], check: Callable[[], EntryCheck], *,
        clock: Callable[[], float] = time.time, step: Step = no_step, hold_seconds: float = HOLD_SECONDS,
    ) -> None:  # fmt: skip
        if not (directory / KEY).is_file():
            raise NoWitness(f"{directory}: expected a witness, found no {KEY}: make one with 'tallystick witness init'")
        self.directory = directory
        self.cosigner = Cosigner.open(directory / KEY)
        self._clock = clock
        self._step = step
        self.hold_seconds = hold_seconds
        self._state = FolderBlobs(directory / STATE, step=step)
        self._logs = {log.origin: log for log in logs}
        self._asked: set[str] = set()
        self._by_name = {name_of(log.origin): log for log in logs}
        for log in logs:
            if log.source is not None:
                log.mirror = Mirror(directory / LOGS / name_of(log.origin), log.keys, check, step=step)

    def close(self) -> None:
        """Let go of folders and connections."""
        self._state.close()
        for log in self._logs.values():
            if log.mirror is not None:
                log.mirror.close()
            if log.source is not None:
                log.source.close()

    def held(self, origin: str) -> Checkpoint | None:
        """The newest checkpoint of a log that was cosigned, its lines with it."""
        name = name_of(origin)
        return checkpoints.read(self._state.get(name).decode()) if self._state.has(name) else None

    def latest(self, name: str) -> Answer:
        """The newest cosigned checkpoint of the log of this name."""
        log = self._by_name.get(name)
        held = None if log is None else self.held(log.origin)
        return Answer(404, "expected a log that is cosigned here, found none\n") if held is None else Answer(
            200, held.note
        )  # fmt: skip

    def add_checkpoint(self, body: bytes) -> Answer:
        """Answer one request; never raises for what is in it."""
        try:
            request = parse(body)
        except Malformed as error:
            return Answer(400, f"{error}\n")
        log = self._logs.get(request.checkpoint.origin)
        if log is None:
            return Answer(404, f"unknown log: {request.checkpoint.origin!r} is not cosigned here\n")
        refused = check_signature(request, log.keys)
        if refused is not None:
            return refused
        # Lines of others are nobody's word here: kept, they could make a note that nobody can read any more.
        own = note.lines_of(request.checkpoint.note, log.keys)
        request = replace(request, checkpoint=replace(request.checkpoint, note=own))
        if not log.turn.acquire(timeout=TURN_SECONDS):
            return Answer(503, "another checkpoint of this log is being looked at: ask again\n")
        try:
            return self._decide(log, request)
        except (BadNote, BadCheckpoint, UnicodeDecodeError) as error:
            # Nothing is cosigned by one who does not know what it cosigned.
            path = self.directory / STATE / name_of(log.origin)
            _LOGGER.critical("%s: expected the checkpoint cosigned last, found another text: %s", path, error)
            return Answer(500, "not cosigned: what this witness cosigned last cannot be read; its owner must look\n")
        finally:
            log.turn.release()

    def _decide(self, log: Watched, request: Request) -> Answer:
        held = self._remembered(log)
        refused = decide(request, held)
        if refused is not None:
            if refused.status in (409, 422):
                self._suspect(log, request, held, refused)
            return refused
        if log.mirror is not None and log.source is not None:
            refused = self._hold(log, log.mirror, log.source, request.checkpoint)
            if refused is not None:
                return refused
        return self._cosign(log, request.checkpoint, held)

    def _remembered(self, log: Watched) -> Checkpoint | None:
        """What was cosigned, by this folder or, once after a start, by what the log itself shows of it.

        A folder that came from a backup does not know what it cosigned since. Where the log shows a good cosignature
        of this witness's own over more, that is what it cosigned, and it goes on from there.
        """
        held = self.held(log.origin)
        if log.source is None or log.origin in self._asked:
            return held
        try:
            data = log.source.get(CHECKPOINT, bytes_max=NOTE_BYTES_MAX)
            shown = None if data is None else checkpoints.open_signed(data.decode(), *log.keys)
            own = [] if shown is None else cosignature.found_in(shown.note, [self.cosigner.key])
        except (SourceFailed, BadNote, BadCheckpoint, UnicodeDecodeError):
            return held  # nothing can be fetched either; it is asked again with the next request
        self._asked.add(log.origin)
        if shown is None or not own or shown.size <= (0 if held is None else held.size):
            return held
        _LOGGER.critical(
            "this witness has cosigned size %d of %s, and its folder does not know: it was restored from a backup, or "
            "is a copy. It goes on from there; never run two", shown.size, log.origin,
        )  # fmt: skip
        text = note.lines_of(shown.note, log.keys) + own[0].line
        self._state.replace(name_of(log.origin), text.encode(), was=None if held is None else held.note.encode())
        return self.held(log.origin)

    def _hold(self, log: Watched, mirror: Mirror, source: Source, signed: Checkpoint) -> Answer | None:
        """Fetch what the checkpoint covers; the refusal when that is not possible, or shows what must not be."""
        try:
            mirror.hold(signed, source, deadline=time.monotonic() + self.hold_seconds)
        except CannotHold as error:
            return Answer(503, f"not cosigned, because this witness holds what it cosigns: {error}\n")
        except Damaged as error:
            _LOGGER.exception("the mirror of %s is damaged", log.origin)
            return Answer(500, f"not cosigned: the mirror is damaged: {error}\n")
        except RulesBroken as error:
            self._refuse(signed, str(error), kind="rules")
            return Answer(422, f"not cosigned: {error}\n")
        except Forked as error:
            self._alarm(log, error.fork)
            return Answer(422, f"not cosigned: {error}\n")
        return None

    def _cosign(self, log: Watched, signed: Checkpoint, held: Checkpoint | None) -> Answer:
        text = checkpoints.body(signed.origin, signed.size, signed.root)
        line = self.cosigner.cosign(text, time=int(self._clock()))
        try:
            was = None if held is None else held.note.encode()
            self._state.replace(name_of(log.origin), (signed.note + line).encode(), was=was)
        except BlobChanged:
            now = self.held(log.origin)  # another process of this witness was faster
            return Answer(409, f"{0 if now is None else now.size}\n", SIZE)
        if log.mirror is not None:
            log.mirror.add_cosignature(signed, line, self.cosigner.key)
        self._step("before answer")
        return Answer(200, line)

    def _suspect(self, log: Watched, request: Request, held: Checkpoint | None, refused: Answer) -> None:
        """Find out whether a refused checkpoint, which the log did sign, proves that its key signed two histories."""
        signed = request.checkpoint
        fork = None
        if held is not None and held.size and signed.size >= held.size:
            is_same = signed.size == held.size and signed.root == held.root
            fork = None if is_same else evidence.from_proof(held, signed, request.proof)
            # Only a proof that fails is reason to fetch: 409 is how every log learns where the witness stands.
            if fork is None and log.source is not None and refused.status == 422 and not is_same:
                with contextlib.suppress(SourceFailed, ProofError):
                    fork = evidence.from_hashes(held, signed, SourceHashes(log.source, signed.size))
        elif held is not None and held.size and log.mirror is not None:
            try:
                log.mirror.hold(signed, _Nowhere())
            except Forked as error:
                fork = error.fork
            except (Damaged, CannotHold):
                _LOGGER.exception("could not compare a checkpoint of %s with the mirror", log.origin)
        if fork is not None:
            self._alarm(log, fork)
        elif refused.status == 422:
            self._refuse(signed, refused.body.strip(), kind="proof")

    def _alarm(self, log: Watched, fork: Fork) -> None:
        path = evidence.keep(self.directory / EVIDENCE, fork)
        _LOGGER.critical("FORK: the key of log %s signed two histories; evidence in %s", log.origin, path)

    def _refuse(self, signed: Checkpoint, why: str, *, kind: str) -> None:
        """Keep a refusal: one of each kind for a checkpoint, so that wrong proofs by the thousand hide nothing."""
        folder = self.directory / REFUSED
        folder.mkdir(exist_ok=True)
        path = folder / f"{hashlib.sha256((kind + signed.note).encode()).hexdigest()[:32]}.json"
        if not path.exists() and len(list(folder.iterdir())) < REFUSED_MAX:
            kept = {"at": int(self._clock()), "why": why, "checkpoint": signed.note}
            path.write_text(json.dumps(kept, indent=1) + "\n")
        _LOGGER.error("refused size %d of %s: %s", signed.size, signed.origin, why)


class _Nowhere:
    """A source that has nothing: what is held already needs none."""

    where = "nowhere"

    def get(self, path: str, *, bytes_max: int) -> bytes | None:
        """Nothing."""
        del path, bytes_max
        return None

    def close(self) -> None:
        """Nothing to let go of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStatus:
    """Where the witness stands with one log.

    size, time  of the newest cosigned checkpoint; time in seconds since 1970
    mirrored    how many entries it holds; None without a mirror
    """

    origin: str
    size: int
    root: str
    time: int
    mirrored: int | None
    mirror: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Where the witness stands."""

    vkey: str
    logs: tuple[LogStatus, ...]
    forks: tuple[str, ...]
    refused: tuple[str, ...]


def status(directory: Path) -> Status:
    """Where the witness in a folder stands; works beside a running one. Raises NoWitness or OSError."""
    if not (directory / VKEY).is_file():
        raise NoWitness(f"{directory}: expected a witness, found no {VKEY}: make one with 'tallystick witness init'")
    vkey = (directory / VKEY).read_text().strip()
    key = note.parse_vkey(vkey)
    state = directory / STATE
    logs = [_log_status(directory, path, key) for path in sorted(state.iterdir())] if state.is_dir() else []
    return Status(
        vkey=vkey, logs=tuple(logs), forks=_files(directory / EVIDENCE), refused=_files(directory / REFUSED)
    )  # fmt: skip


def _log_status(directory: Path, path: Path, key: VerifierKey) -> LogStatus:
    text = path.read_text()
    held = checkpoints.read(text)
    mirror = directory / LOGS / path.name
    shown = mirror / "checkpoint"
    return LogStatus(
        origin=held.origin, size=held.size, root=held.root.hex(),
        time=note.verify(text, [key]).signed_by[0].time or 0,
        mirrored=checkpoints.read(shown.read_text()).size if shown.is_file() else None,
        mirror=str(mirror) if shown.is_file() else None,
    )  # fmt: skip


def _files(folder: Path) -> tuple[str, ...]:
    return tuple(str(path) for path in sorted(folder.iterdir()) if path.suffix == ".json") if folder.is_dir() else ()

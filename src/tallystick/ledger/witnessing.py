"""The log's side of C2SP tlog-witness: ask every witness of a policy to cosign what is sealed, and keep what they say.

Reads a log and asks over HTTP; writes cosignatures beside the checkpoints, `checkpoint` with their lines, and a folder
with where each witness stands and with alarms. Nothing here is ever in the way of sealing: a witness that is down is
behind, and shown so. A witness that says that the log contradicts itself is an alarm, kept with both notes.
"""

import base64
import contextlib
import hashlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tallystick.blobs import BlobChanged, BlobDiffers
from tallystick.blobs.folder import FolderBlobs
from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger import cosignature
from tallystick.ledger.checkpoint import BadCheckpoint, Checkpoint, is_plain_number
from tallystick.ledger.cosignature import Cosignature
from tallystick.ledger.exchange import Exchange, NoAnswer
from tallystick.ledger.note import BadNote, VerifierKey
from tallystick.ledger.policy import Policy, Verdict, Witness
from tallystick.ledger.reader import CHECKPOINT, LogReader, NotInLog

ANSWER_BYTES_MAX = 64_000
CONNECT_SECONDS = 5.0
READ_SECONDS = 40.0
"""A witness that keeps a mirror fetches before it answers."""
TOTAL_SECONDS = 60.0
"""A whole answer: all witnesses are asked at once and waited for, so a slow one must not keep the others."""
TIME_MAX = 253_402_300_799
"""The last second that a calendar of four digits has. A time beyond it is nobody's clock."""
TRIES = 4
PAUSE_FIRST_SECONDS, PAUSE_MAX_SECONDS = 1.0, 60.0
ALARMS_MAX = 200
_LOGGER = logging.getLogger(__name__)


class _Hint(msgspec.Struct, frozen=True, kw_only=True):
    """How far a witness was when it last answered. Only a hint: the witness itself knows."""

    size: int = 0
    time: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one witness stands.

    size   of the newest checkpoint that it cosigned; time in seconds since 1970, both 0 before the first
    fault  why the last answer was no cosignature; None when it was one, or before any
    """

    name: str
    key: str
    url: str | None
    size: int = 0
    time: int = 0
    fault: str | None = None


class _Fault(RuntimeError):
    """A witness did not cosign: its answer, or what there was instead."""


class _Contradicted(_Fault):
    """A witness says that what it was shown contradicts what it has seen."""


class Witnessing:
    """The witnesses of one log. One value may serve several threads.

    folder  where standings and alarms are kept: the cell's own, not the public log
    """

    def __init__(
        self, reader: LogReader, policy: Policy, folder: Path, *,
        read_seconds: float = READ_SECONDS, total_seconds: float = TOTAL_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self.policy = policy
        self._reader = reader
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._pauses: dict[str, tuple[float, float]] = {}
        self._standings = {w.name: Standing(name=w.name, key=w.key.label, url=w.url) for w in policy.witnesses}
        for name, hint in self._hints().items():
            if name in self._standings:
                self._set(name, size=hint.size, time=hint.time, fault=None)
        self._http = Exchange(
            connect_seconds=CONNECT_SECONDS, read_seconds=read_seconds, total_seconds=total_seconds
        )  # fmt: skip

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def newest(self) -> Checkpoint | None:
        """The newest checkpoint of the log; None before the first one."""
        try:
            return self._reader.checkpoint()
        except NotInLog:
            return None

    def standings(self) -> tuple[Standing, ...]:
        """Where every witness of the policy stands, in its order."""
        with self._lock:
            return tuple(self._standings.values())

    def alarms(self) -> tuple[Path, ...]:
        """What witnesses said that needs a person: files with both notes."""
        folder = self._folder / "alarms"
        return tuple(sorted(folder.glob("*.json"))) if folder.is_dir() else ()

    def ask(self, *, is_patient: bool = True) -> Verdict | None:
        """Ask every witness that is behind to cosign the newest checkpoint; None before the first one.

        is_patient  leave out a witness that failed a moment ago
        """
        with self._turn:
            signed = self.newest()
            if signed is None:
                return None
            behind = [one for one in self.policy.witnesses if self._is_due(one, signed.size, is_patient=is_patient)]
            if behind:
                with ThreadPoolExecutor(len(behind), thread_name_prefix="ask-witness") as pool:
                    lines = [one.line for one in pool.map(lambda one: self._ask(one, signed), behind) if one]
                if lines:
                    self._publish(signed.size, lines)
                    self._keep_hints()
            return self.policy.judge_lines(self.cosignatures(signed))

    def cosignatures(self, signed: Checkpoint) -> list[Cosignature]:
        """The good cosignatures that are kept for an archived checkpoint."""
        found = []
        for key in self.policy.witness_keys():
            path = cosignature.path_of(signed.size, key)
            if self._reader.blobs.has(path):
                line = self._reader.blobs.get(path).decode(errors="replace")
                try:
                    found += cosignature.read_lines(line, signed.note, [key])
                except BadNote:
                    _LOGGER.error("%s: expected a cosignature of this checkpoint, found another text", path)  # noqa: TRY400 - the path says it
        return found

    def quorum_from(self, size: int) -> Checkpoint | None:
        """The smallest checkpoint that covers `size` entries and has its quorum, its cosignatures with it."""
        at_once = self._has_quorum(size)
        if at_once is not None:
            return at_once
        return next((found for archived in self._sizes_from(size) if (found := self._has_quorum(archived))), None)

    def _sizes_from(self, size: int) -> list[int]:
        """Sizes from here on that a witness of the policy cosigned, ascending."""
        wanted = {key.key_id.hex() for key in self.policy.witness_keys()}
        paths = (cosignature.parse_path(path) for path in self._reader.blobs.names(f"{cosignature.FOLDER}/"))
        return sorted({found[0] for found in paths if found and found[0] >= size and found[1] in wanted})

    def _has_quorum(self, size: int) -> Checkpoint | None:
        try:
            signed = self._reader.checkpoint_at(size)
        except NotInLog:
            return None
        cosigned = self.cosignatures(signed)
        if not self.policy.judge_lines(cosigned).is_met:
            return None
        note = cosignature.add_lines(signed.note, [one.line for one in cosigned])
        return Checkpoint(origin=signed.origin, size=signed.size, root=signed.root, note=note)

    def _is_due(self, witness: Witness, size: int, *, is_patient: bool) -> bool:
        if witness.url is None:
            self._set(witness.name, fault="the policy names no address for it")
            return False
        until, _ = self._pauses.get(witness.name, (0.0, 0.0))
        # A witness that is ahead is asked as well: it is how a log that was rolled back is found out.
        return self._standings[witness.name].size != size and (not is_patient or time.monotonic() >= until)

    def _ask(self, witness: Witness, signed: Checkpoint) -> Cosignature | None:
        """One witness, whatever it answers; None when it did not cosign."""
        try:
            cosigned = self._negotiate(witness, signed)
        except _Fault as fault:
            _, pause = self._pauses.get(witness.name, (0.0, PAUSE_FIRST_SECONDS / 2))
            pause = min(2 * pause, PAUSE_MAX_SECONDS)
            self._pauses[witness.name] = (time.monotonic() + pause, pause)
            self._set(witness.name, fault=str(fault))
            if isinstance(fault, _Contradicted):
                self._alarm(witness, signed, str(fault))
            else:
                _LOGGER.warning("witness %s did not cosign size %d: %s", witness.name, signed.size, fault)
            return None
        with contextlib.suppress(BlobDiffers):  # an earlier one over the same checkpoint: either will do
            self._reader.blobs.put_new(cosignature.path_of(signed.size, witness.key), cosigned.line.encode())
        self._pauses.pop(witness.name, None)
        self._set(witness.name, size=signed.size, time=cosigned.time, fault=None)
        return cosigned

    def _negotiate(self, witness: Witness, signed: Checkpoint) -> Cosignature:
        """Ask, and ask again from the size at which the witness says it is."""
        old = min(self._standings[witness.name].size, signed.size)
        for _ in range(TRIES):
            status, kind, text = self._send(witness, old, signed)
            if status == 200:
                return _cosignature_in(text, signed, witness.key)
            number = text.removesuffix("\n")
            if status == 422:
                raise _Contradicted(f"it says that this log contradicts the one it has seen: {text.strip()[:500]}")
            if status != 409 or kind != "text/x.tlog.size" or not is_plain_number(number):
                raise _Fault(f"expected a cosignature, found status {status}: {text.strip()[:500]}")
            if int(number) == old:
                raise _Contradicted(f"it has seen another log of size {old}: the log key has signed two histories")
            if int(number) > signed.size:
                raise self._ahead(int(number), signed)
            old = int(number)
        raise _Fault(f"expected a cosignature within {TRIES} tries, found another size each time")

    def _ahead(self, size: int, signed: Checkpoint) -> _Fault:
        """A witness that has seen more than this checkpoint: another process asked it meanwhile, or we went back."""
        newest = self._reader.checkpoint().size
        if size <= newest:
            return _Fault(f"it has cosigned size {size} already, beyond {signed.size}")
        return _Contradicted(
            f"it has cosigned size {size}, this log has only {newest} entries: the log was rolled back"
        )

    def _send(self, witness: Witness, old: int, signed: Checkpoint) -> tuple[int, str, str]:
        try:
            proof = self._reader.consistency_proof(old, signed.size) if 0 < old < signed.size else []
        except NotInLog as error:
            raise _Fault(f"the log cannot prove that it continues size {old}: {error}") from error
        lines = [f"old {old}", *(base64.b64encode(part).decode() for part in proof), "", signed.note]
        return self._exchange("POST", f"{witness.url}/add-checkpoint", "\n".join(lines).encode())

    def _exchange(self, method: str, url: str, body: bytes | None = None) -> tuple[int, str, str]:
        try:
            reply = self._http.ask(method, url, body=body, bytes_max=ANSWER_BYTES_MAX)
            return reply.status, reply.kind, reply.data.decode()
        except UnicodeDecodeError as error:
            raise _Fault(f"{url}: expected text, found other bytes") from error
        except NoAnswer as error:
            raise _Fault(str(error)) from error

    def _publish(self, size: int, lines: Sequence[str]) -> None:
        """Let `checkpoint` show these cosignatures, as long as it is of this size."""
        blobs = self._reader.blobs
        for _ in range(TRIES):
            was = blobs.get(CHECKPOINT)
            if checkpoints.read(was.decode()).size != size:
                return
            try:
                blobs.replace(CHECKPOINT, cosignature.add_lines(was.decode(), lines).encode(), was=was)
            except BlobChanged:
                continue
            return

    def _alarm(self, witness: Witness, signed: Checkpoint, said: str) -> None:
        """Keep what a witness said with both notes: a person has to look, whoever is right."""
        theirs = None
        name = hashlib.sha256(signed.origin.encode()).hexdigest()
        with contextlib.suppress(_Fault):
            status, _, text = self._exchange("GET", f"{witness.url}/{name}/checkpoint")
            theirs = text if status == 200 else None
        kept = {
            "at": int(self._clock()),
            "witness": witness.key.line,
            "said": said,
            "ours": signed.note,
            "theirs": theirs,
        }
        _LOGGER.critical("ALARM: witness %s refuses size %d: %s", witness.name, signed.size, said)
        if len(self.alarms()) >= ALARMS_MAX:
            return
        text = hashlib.sha256(f"{witness.key.line}\n{said}\n{signed.note}".encode()).hexdigest()[:32]
        with contextlib.closing(FolderBlobs(self._folder / "alarms")) as blobs, contextlib.suppress(BlobDiffers):
            blobs.put_new(f"{text}.json", msgspec.json.format(msgspec.json.encode(kept)) + b"\n")

    def _set(self, name: str, *, fault: str | None, size: int | None = None, time: int | None = None) -> None:
        with self._lock:
            was = self._standings[name]
            self._standings[name] = Standing(
                name=name, key=was.key, url=was.url, fault=fault, size=was.size if size is None else size,
                time=was.time if time is None else time,
            )  # fmt: skip

    def _hints(self) -> dict[str, _Hint]:
        path = self._folder / "standings.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=dict[str, _Hint])
        except (FileNotFoundError, msgspec.MsgspecError):
            return {}

    def _keep_hints(self) -> None:
        hints = {one.name: _Hint(size=one.size, time=one.time) for one in self.standings() if one.size}
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / "standings.json"
        beside = path.with_suffix(".new")
        beside.write_bytes(msgspec.json.encode(hints))
        beside.replace(path)


def _cosignature_in(text: str, signed: Checkpoint, key: VerifierKey) -> Cosignature:
    try:
        found = cosignature.read_lines(text, signed.note, [key])
    except (BadNote, BadCheckpoint) as error:
        raise _Fault(f"expected a cosignature by {key.label}: {error}") from error
    if not found:
        raise _Fault(f"expected a cosignature by {key.label}, found lines of other keys: correct the policy")
    if found[0].time > TIME_MAX:
        raise _Fault(f"expected a cosignature of today, found one of a time beyond all calendars: {found[0].time}")
    return found[0]

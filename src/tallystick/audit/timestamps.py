"""Check the time-stamps of a log, offline, and say between which times its entries came. Reads a log directory.

A time-stamp says that a checkpoint existed by its time, so every entry under it did. It says nothing of how late an
entry came; for that the log's own words are held against it: what a checkpoint of that time does not cover was, by the
cell's own account, not sealed then.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from cryptography.x509 import Certificate

from tallystick.audit.log.report import LogReport, Problem, Status
from tallystick.audit.receipt import Word
from tallystick.ledger import timestamp
from tallystick.ledger.checkpoint import BadCheckpoint, Checkpoint
from tallystick.ledger.note import BadNote, VerifierKey
from tallystick.ledger.reader import LogReader, NotInLog
from tallystick.ledger.tiles import BadBundle
from tallystick.ledger.timestamp import BadTimestamp, Stamp

TOLERANCE_US = 300_000_000
"""How far the clocks of a cell and an authority may be apart before an entry counts as dated wrongly."""


NO_STAMPS = (
    "times by time-stamps: this copy of the log holds none that is good. Ask for the folder `timestamps`: it may "
    "have been left out"
)


@dataclass(frozen=True, slots=True)
class Bound:
    """The entries before `size` existed by the time of a stamp."""

    size: int
    stamp: Stamp


class _Envelope(msgspec.Struct):
    at: int


_DECODER = msgspec.json.Decoder(_Envelope)


def with_timestamps(
    report: LogReport, directory: Path, keys: Sequence[VerifierKey], trusted: Sequence[Certificate]
) -> LogReport:
    """The report of a log check with what its time-stamps add: problems, and the bounds in time as notes.

    A log that could not be checked stays so.
    """
    if report.status is Status.COULD_NOT_CHECK:
        return report
    reader, problems, bounds = LogReader(directory), [], []
    for path in sorted((directory / timestamp.FOLDER).rglob(f"*{timestamp.EXTENSION}")):
        name = path.relative_to(directory).as_posix()
        size = timestamp.parse_path(name)
        if size is None:
            continue  # the check of the log has named it
        try:
            signed = reader.checkpoint_at(size, *keys)
            bounds.append(Bound(size, timestamp.verify(path.read_bytes(), timestamp.digest_of(signed.note), trusted)))
        except (BadTimestamp, NotInLog, BadNote, BadCheckpoint, OSError) as error:
            problems.append(Problem(name, None, str(error)))
    bounds.sort(key=lambda bound: bound.size)
    notes = [*_said(bounds)]
    for bound in bounds:
        problems += _dated_wrongly(reader, bound, report.size or 0)
    return replace(
        report, status=Status.BAD if problems else report.status, problems=(*report.problems, *problems),
        problems_count=report.problems_count + len(problems), notes=(*report.notes, *notes),
        checked=(*report.checked, f"{len(bounds)} time-stamps under the pinned certificates"),
        not_checked=(*report.not_checked, *([] if bounds else [NO_STAMPS])),
    )  # fmt: skip


def word_on(directory: Path, signed: Checkpoint, trusted: Sequence[Certificate]) -> Word | None:
    """A time-stamper's word that a checkpoint was put before it; None when this copy of the log holds no stamp of it.

    raises  BadTimestamp for a stamp that is no good
    """
    path = directory / timestamp.path_of(signed.size)
    if not path.is_file():
        return None
    stamp = timestamp.verify(path.read_bytes(), timestamp.digest_of(signed.note), trusted)
    return Word(f"the time-stamper {stamp.authority}", stamp.at - stamp.accuracy_us)


def _said(bounds: Sequence[Bound]) -> list[str]:
    said, start = [], 0
    for bound in bounds:
        if bound.size > start:
            # A larger checkpoint that was stamped earlier bounds the smaller one, too.
            first = min((one for one in bounds if one.size >= bound.size), key=lambda one: one.stamp.at)
            said.append(
                f"entries {start} to {bound.size - 1} existed by {_moment(first.stamp.at)} "
                f"(to {first.stamp.accuracy_us / 1_000_000:g} s), by the word of {first.stamp.authority}"
            )
            start = bound.size
    return said


def _dated_wrongly(reader: LogReader, bound: Bound, end: int) -> list[Problem]:
    """Entries whose own time cannot be true beside the stamp: one at most on each side of the checkpoint."""
    found = []
    at, name = bound.stamp.at, timestamp.path_of(bound.size)
    try:
        last = _DECODER.decode(reader.entry(bound.size - 1)).at if bound.size else 0
        after = _DECODER.decode(reader.entry(bound.size)).at if bound.size < end else None
    except (NotInLog, BadBundle, msgspec.MsgspecError) as error:
        return [Problem(name, None, f"the entries beside it cannot be read: {error}")]
    if last > at + bound.stamp.accuracy_us + TOLERANCE_US:
        what = f"its own time is {_moment(last)}, but it existed by {_moment(at)}: it is dated ahead"
        found.append(Problem(name, bound.size - 1, what))
    if after is not None and after < at - bound.stamp.accuracy_us - TOLERANCE_US:
        what = (
            f"its own time is {_moment(after)}, but the checkpoint stamped at {_moment(at)} does not hold it: it was "
            "dated back, or the cell was behind with sealing, or an old checkpoint was stamped"
        )
        found.append(Problem(name, bound.size, what))
    return found


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at / 1_000_000, UTC).isoformat(timespec="seconds")

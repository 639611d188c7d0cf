"""Hold a log against what the checker brought along: kept checkpoints, or another copy of the log. Reads files only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tallystick.audit.log.report import Findings, LogReport, Problem, Status
from tallystick.ledger.checkpoint import BadCheckpoint, Checkpoint, open_signed
from tallystick.ledger.note import BadNote, VerifierKey
from tallystick.ledger.reader import CHECKPOINT, LogReader, NotInLog, archive_path
from tallystick.ledger.tiles import TILE_WIDTH, BadBundle


class NotKept(Exception):  # it carries an outcome, not an error
    """What was brought along cannot be compared with: it is no checkpoint of this log."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint that the checker holds; `copy` is the log directory that it comes from, when it comes from one."""

    path: Path
    checkpoint: Checkpoint
    copy: Path | None = None


def load(keys: Sequence[VerifierKey], against: Sequence[Path]) -> list[Kept]:
    """Every checkpoint in files, folders of files and copies of the log. Raises NotKept naming the one that is none."""
    kept: list[Kept] = []
    for path in against:
        if (path / "tile").is_dir():
            kept += [Kept(file, _open(file, keys), path) for file in _newest_of(path)]
        elif path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.is_file())
            if not files:
                raise NotKept(f"{path}: expected kept checkpoints, found an empty folder")
            kept += [Kept(file, _open(file, keys)) for file in files]
        else:
            kept.append(Kept(path, _open(path, keys)))
    return kept


def _newest_of(copy: Path) -> list[Path]:
    """What a copy shows, and the newest that its archive holds: one may have been taken back."""
    sizes = LogReader(copy).archived_sizes()
    return [copy / CHECKPOINT, *([copy / archive_path(sizes[-1])] if sizes else [])]


def _open(path: Path, keys: Sequence[VerifierKey]) -> Checkpoint:
    try:
        return open_signed(path.read_bytes().decode(), *keys)
    except (BadNote, BadCheckpoint, UnicodeDecodeError) as error:
        raise NotKept(f"{path}: expected a kept checkpoint of this log: {error}") from error


def check(
    kept: Sequence[Kept], signed: Checkpoint, roots: Mapping[int, bytes], findings: Findings, *, reader: LogReader
) -> None:
    """The log must contain what the kept checkpoints cover: else it was rolled back, or its history rewritten."""
    for one in kept:
        held = one.checkpoint
        root = roots.get(held.size)
        if held.size > signed.size:
            findings.add(
                str(one.path),
                None,
                f"roll-back: you hold a signed checkpoint of size {held.size} with root {held.root.hex()}, the log "
                f"shows size {signed.size} with root {signed.root.hex()}: entries were cut off",
            )
            root = roots.get(signed.size)
        elif root != held.root:
            findings.add(
                str(one.path),
                None,
                f"fork: you hold a signed checkpoint of size {held.size} with root {held.root.hex()}, the log has "
                f"{root.hex() if root else 'no readable root'} there: its history was rewritten",
            )
        else:
            findings.checked.append(f"the log still contains what {one.path} covers ({held.size} entries)")
            continue
        if one.copy is not None:
            _say_where(one.copy, reader, min(held.size, signed.size), findings)


def _say_where(copy: Path, reader: LogReader, size: int, findings: Findings) -> None:
    try:
        index = parting(reader, LogReader(copy), size)
    except (NotInLog, BadBundle) as error:
        findings.notes.append(f"where the log and {copy} part cannot be said: {error}")
        return
    if index is None:
        findings.notes.append(f"the log and {copy} have the same first {size} entries")
    else:
        findings.add(str(copy), index, "here the log and the copy part: each has another entry")


def check_archive(
    kept: Sequence[Kept], size: int, keys: Sequence[VerifierKey], findings: Findings, *, reader: LogReader
) -> None:
    """What the archive of a copy holds up to this size, that of the log must hold too, unless the log is a copy itself.

    A log archives from size 0 on. A copy that another client made has not that one, and may lack any other.
    """
    has = set(reader.archived_sizes())
    for copy in dict.fromkeys(one.copy for one in kept if one.copy is not None):
        archive = LogReader(copy)
        lost = [number for number in archive.archived_sizes() if number <= size and number not in has]
        lost = [number for number in lost if _is_signed(archive, number, keys)]
        if lost and 0 not in has:
            findings.notes.append(
                f"the archive lacks {len(lost)} of the checkpoints that {copy} has, and its first: either it is that "
                "of a copy, which may have gaps, or they were removed"
            )
            continue
        for number in lost:
            what = f"expected this archived checkpoint, for {copy} has it: it was removed"
            findings.add(archive_path(number), None, what)


def _is_signed(archive: LogReader, size: int, keys: Sequence[VerifierKey]) -> bool:
    try:
        archive.checkpoint_at(size, *keys)
    except (BadNote, BadCheckpoint, NotInLog):
        return False  # it is of no log of these keys, and shows nothing
    return True


def parting(one: LogReader, other: LogReader, size: int) -> int | None:
    """The first index below `size` at which two logs have different entries. Raises NotInLog or BadBundle."""
    for start in range(0, size, TILE_WIDTH):
        stop = min(start + TILE_WIDTH, size)
        pairs = zip(one.entries(start, stop), other.entries(start, stop), strict=True)
        differing = next((start + number for number, (a, b) in enumerate(pairs) if a != b), None)
        if differing is not None:
            return differing
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What two copies of a log are to each other.

    status    ok: one history, of which each copy shows a beginning
    sizes     of the first and of the second copy
    parts_at  index of the first entry that differs
    """

    status: Status
    origin: str | None = None
    sizes: tuple[int | None, int | None] = (None, None)
    roots: tuple[str | None, str | None] = (None, None)
    parts_at: int | None = None
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


def comparison(one: LogReport, other: LogReport, both: LogReport) -> Comparison:
    """The comparison from the check of each copy, and of the longer against the shorter."""
    reports = (one, other, both)
    statuses = {report.status for report in reports}
    worst = next((s for s in (Status.COULD_NOT_CHECK, Status.BAD) if s in statuses), Status.OK)
    problems = tuple(dict.fromkeys(problem for report in reports for problem in report.problems))
    places = [problem.index for problem in both.problems if problem.index is not None and "part" in problem.what]
    return Comparison(
        status=worst, origin=one.origin, sizes=(one.size, other.size), roots=(one.root, other.root),
        parts_at=places[0] if places else None, problems=problems,
        notes=tuple(dict.fromkeys(note for report in reports for note in report.notes)),
    )  # fmt: skip

"""Check a log directory offline, with the public key alone. Reads the directory and kept checkpoints; writes nothing.

What it shows: nobody altered, dropped, added, moved or back-dated an entry since the signed checkpoint, and, with a
checkpoint that you kept from earlier, that the log still contains all it contained then. What it cannot show: that
the events are true, or that the log key never signed another history for somebody else. For that, keep checkpoints.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tallystick.audit.log import kept as keeping
from tallystick.audit.log import succession, witnessed
from tallystick.audit.log.entries import EntryCheck, EnvelopeChecks
from tallystick.audit.log.files import Listing, check_spare, list_log
from tallystick.audit.log.history import History
from tallystick.audit.log.kept import Comparison, Kept, NotKept
from tallystick.audit.log.report import Findings, LogReport, Problem, Status
from tallystick.ledger.checkpoint import BadCheckpoint, Checkpoint
from tallystick.ledger.note import BadKey, BadNote, VerifierKey
from tallystick.ledger.policy import Policy
from tallystick.ledger.published import unarchived
from tallystick.ledger.reader import CHECKPOINT, LogReader, NotInLog, archive_path
from tallystick.ledger.tiles import width_at

__all__ = [
    "Comparison",
    "EntryCheck",
    "EnvelopeChecks",
    "LogReport",
    "Problem",
    "Status",
    "compare_logs",
    "verify_log",
]


class _CouldNotCheck(Exception):  # it carries an outcome, not an error
    """The check cannot be made at all."""


def verify_log(
    directory: Path, vkey: str, *, against: Sequence[Path] = (), policy: Policy | None = None,
    check: EntryCheck | None = None,
) -> LogReport:  # fmt: skip
    """Check everything in a log directory.

    vkey     verifier key lines of the log, oldest first: keys that it changed to are taken as its entries prove them
    against  checkpoints that you kept, folders of them, or other copies of the log: it must still contain what they
             cover
    policy   the witnesses that count: at least one checkpoint must have their quorum
    check    what each entry must be; None for our envelope

    Never raises for what it finds: a log that cannot be read gives `could-not-check`.
    """
    findings = Findings()
    origin = None
    try:
        pinned = _keys(vkey)
        origin = pinned[0].name
        keys = succession.keys_of(Path(directory), pinned)
        checks = succession.Retirements(check or EnvelopeChecks())
        brought = _Brought(keeping.load(keys.known, against), policy, checks)
        signed, witnessed_size = _check_log(Path(directory), keys, findings, brought=brought)
    except (_CouldNotCheck, NotKept) as reason:
        return LogReport(
            status=Status.COULD_NOT_CHECK, origin=origin, notes=(str(reason),), checked=tuple(findings.checked)
        )
    except OSError as error:
        return LogReport(status=Status.COULD_NOT_CHECK, origin=origin, notes=(f"a file could not be read: {error}",))
    return LogReport(
        status=Status.BAD if findings.count else Status.OK,
        origin=origin,
        size=None if signed is None else signed.size,
        root=None if signed is None else signed.root.hex(),
        witnessed=witnessed_size,
        keys=tuple(key.line for key in keys.known),
        problems=tuple(sorted(findings.problems, key=_order)),
        problems_count=findings.count,
        checked=tuple(findings.checked),
        notes=tuple(findings.notes),
        not_checked=tuple(findings.not_checked),
    )


def _order(problem: Problem) -> tuple[bool, int, str]:
    return (problem.index is not None, problem.index or 0, problem.file)


def _keys(vkey: str) -> tuple[VerifierKey, ...]:
    try:
        return succession.parse_keys(vkey)
    except BadKey as error:
        raise _CouldNotCheck(f"the verifier key cannot be used: {error}") from error


@dataclass(frozen=True, slots=True)
class _Brought:
    """What the checker brought along."""

    kept: list[Kept]
    policy: Policy | None
    check: succession.Retirements


def _check_log(
    directory: Path, keys: succession.Keys, findings: Findings, *, brought: _Brought
) -> tuple[Checkpoint | None, int | None]:
    """The newest good checkpoint, and the size up to which witnesses vouch for it."""
    if not directory.is_dir():
        raise _CouldNotCheck(f"{directory}: expected a log directory, found none")
    listing = list_log(directory, findings)
    if not listing.tiles and not (directory / CHECKPOINT).exists():
        raise _CouldNotCheck(f"{directory}: expected a log directory with a checkpoint and tiles, found neither")
    archive = _archive(directory, keys.known, listing, findings)
    signed = _newest(directory, keys.known, archive, findings)
    if signed is None:
        return None, None
    label = " or ".join(key.label for key in keys.heads)
    findings.checked.append(f"the signature of {label} on the checkpoint of size {signed.size}")
    if len(keys.known) > 1:
        count = len(keys.known)
        findings.checked.append(f"that the log names {count} keys one after the other, each proved by another of them")
    reader = LogReader(directory)
    sizes = set(archive) | {one.checkpoint.size for one in brought.kept}
    roots = History(reader, signed, brought.check, findings, sizes=sizes).run()
    findings.checked.append(f"{signed.size} entries: form, place, time, count, and the root over all of them")
    _check_root(signed, archive, roots, findings)
    why_not = succession.why_not_newest(signed, keys, brought.check.at)
    if why_not is not None:
        findings.add(CHECKPOINT, None, why_not)
    keeping.check(brought.kept, signed, roots, findings, reader=reader)
    _check_archive(reader, keys.known, brought.kept, findings)
    _check_spares(reader, listing, signed.size, findings)
    if brought.policy is None:
        findings.not_checked.append(witnessed.NOT_CHECKED)
        return signed, None
    return signed, witnessed.check(directory, brought.policy, archive, listing, signed=signed, findings=findings)


def compare_logs(one: Path, other: Path, vkey: str) -> Comparison:
    """Check two copies of a log, and whether they show one history. Never raises for what it finds."""
    first, second = verify_log(one, vkey), verify_log(other, vkey)
    longer, shorter = (one, other) if (first.size or 0) >= (second.size or 0) else (other, one)
    return keeping.comparison(first, second, verify_log(longer, vkey, against=[shorter]))


def _archive(
    directory: Path, keys: Sequence[VerifierKey], listing: Listing, findings: Findings
) -> dict[int, Checkpoint]:
    reader = LogReader(directory)
    good = {}
    for size in listing.archive:
        try:
            good[size] = reader.checkpoint_at(size, *keys)
        except (BadNote, BadCheckpoint) as error:
            findings.add(archive_path(size), None, str(error))
    return good


def _newest(
    directory: Path, keys: Sequence[VerifierKey], archive: dict[int, Checkpoint], findings: Findings
) -> Checkpoint | None:
    """The newest good checkpoint. A crash can leave one in the archive that `checkpoint` does not show yet."""
    newest = archive[max(archive)] if archive else None
    try:
        shown = LogReader(directory).checkpoint(*keys)
    except (BadNote, BadCheckpoint, NotInLog) as error:
        findings.add(CHECKPOINT, None, str(error))
        return newest
    if newest is not None and newest.size > shown.size:
        findings.notes.append(
            f"`{CHECKPOINT}` shows size {shown.size}, the archive holds a signed checkpoint of size {newest.size}, "
            "which was checked: either publication is under way, or `checkpoint` was taken back"
        )
        return newest
    return shown


def _check_archive(reader: LogReader, keys: Sequence[VerifierKey], kept: Sequence[Kept], findings: Findings) -> None:
    """Name archived checkpoints that were removed, as far as something else shows that they were there."""
    try:
        shown = reader.checkpoint(*keys)
    except (BadNote, BadCheckpoint, NotInLog):
        return  # `checkpoint` is bad, which was said; how far the archive must reach, nothing says
    for path, witness in unarchived(reader.blobs, shown.size):
        findings.add(path, None, f"expected this archived checkpoint, for {witness} is of its size: it was removed")
    keeping.check_archive(kept, shown.size, keys, findings, reader=reader)


def _check_root(
    signed: Checkpoint, archive: dict[int, Checkpoint], roots: dict[int, bytes], findings: Findings
) -> None:
    agreeing = [size for size, checkpoint in archive.items() if roots.get(size) == checkpoint.root]
    if roots.get(signed.size) == signed.root:
        for size in sorted(set(archive) - set(agreeing)):
            findings.add(
                archive_path(size),
                None,
                f"its signed root {archive[size].root.hex()} is not that of the first {size} entries: "
                "the log key signed two histories",
            )
        findings.checked.append(f"{len(archive)} archived checkpoints against the entries")
        return
    start = max(agreeing, default=0)
    parted = [size for size in archive if size > start and size in roots]
    end = min(parted, default=signed.size)
    findings.add(
        CHECKPOINT,
        None,
        f"the entries do not lead to the signed root {signed.root.hex()} at size {signed.size}; archived checkpoints "
        f"show that they part from what was signed between entry {start} and entry {end - 1}",
    )


def _check_spares(reader: LogReader, listing: Listing, size: int, findings: Findings) -> None:
    """Partial tiles of earlier sizes, and files beyond the checkpoint."""
    beyond = gone = 0
    for place in listing.tiles:
        width = width_at(place.level or 0, place.index, size)
        if not width:
            beyond += 1
            continue
        try:
            main = reader.find(place.level, place.index, width)
        except NotInLog:
            continue  # it is missing, which the recomputation has said already
        if place != main:
            try:
                check_spare(reader.directory, place, main, findings)
            except FileNotFoundError:
                gone += 1
        elif place.width > width:
            beyond += 1
    findings.checked.append(f"{len(listing.tiles)} tiles and bundles, each hash and each length")
    if gone:
        findings.notes.append(f"{gone} partial tiles became full and went away while the check ran: the log is live")
    if beyond:
        findings.notes.append(f"{beyond} tiles or bundles reach beyond the checkpoint, which does not cover them")

"""Check a release offline, with its folder and the public key alone. Reads the folder and, when asked, a log copy.

The steps, in this order and under these numbers everywhere (docs/release-format.md):

 1 folder       no file is missing or unknown          6 contents     each fits what the journal committed to
 2 files        size and SHA-256 of each               7 rows         each follows from entries and contents
 3 signature    of the checkpoint, by the given key    8 gates        passed; numbers and figures computed again
 4 inclusion    of every entry in that checkpoint      9 views        follow from the rows by their rules
 5 manifest     the log names exactly this one        10 texts        are what this version writes
                                                      11 log          builds the same bytes (with a log copy)

So whoever changes a row and makes all hashes fit fails at 5; whoever also has the log key fails at 6 and 7, because
rows, numbers and views are computed anew from entries and contents instead of being believed.
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tallystick import canon
from tallystick.audit.log.report import Status
from tallystick.audit.log.succession import keys_of, parse_keys
from tallystick.audit.release import derived, proven
from tallystick.audit.release.folder import check_listing, read, read_files
from tallystick.audit.release.report import (
    SKIPPED,
    CannotGoOn,
    Findings,
    ReleaseProblem,
    ReleaseReport,
    Step,
)
from tallystick.bundle import CannotRebuild, rebuild
from tallystick.bundle.columns import writer_of
from tallystick.bundle.files import RECORDS
from tallystick.bundle.manifest import PATH, Manifest
from tallystick.bundle.proofs import OPENINGS, PATHS
from tallystick.bundle.rebuild import read_manifest
from tallystick.ledger.checkpoint import Checkpoint
from tallystick.ledger.note import BadKey, VerifierKey
from tallystick.ledger.policy import Policy
from tallystick.ledger.reader import LogReader, NotInLog
from tallystick.ledger.tiles import BadBundle
from tallystick.ledger.tree import leaf_hashes, root_of

__all__ = ["ReleaseProblem", "ReleaseReport", "Status", "Step", "verify_release"]

_NOT_CHECKED = ("Whether the events are true: that people did what they say at the times they say.",)
_NO_POLICY = (
    "Whether witnesses cosigned: give --policy to ask for their quorum. A log key that signs two histories is not "
    "found without."
)
_BEYOND = (
    "Completeness: whether the log holds other judgments or measurements of these batches than the release "
    "brings along. "
    "Give a copy of the log to check that."
)


def verify_release(
    directory: Path, vkey: str, *, log: Path | None = None, policy: Policy | None = None
) -> ReleaseReport:
    """Check everything in a release folder.

    vkey  verifier key lines of the log, from somewhere else than the folder: all that it has had since the release
    log   a copy of the log: then the release is built again from it, and completeness is checked too; and keys that the
          log changed to are taken as its entries prove them
    policy  the witnesses that count: then their quorum must have cosigned the release's checkpoint

    Never raises for what it finds: a folder that cannot be read gives `could-not-check`.
    """
    try:
        keys = parse_keys(vkey) if log is None else keys_of(log, parse_keys(vkey)).known
        data = read(directory, PATH)
        if data is None:
            return _could_not(f"{directory}: expected a release folder with {PATH}, found none")
        manifest = read_manifest(data)
        return _verify(directory, keys, manifest, data, log=log, policy=policy)
    except BadKey as error:
        return _could_not(f"the verifier key cannot be used: {error}")
    except (CannotRebuild, OSError) as error:
        return _could_not(str(error))


def _could_not(reason: str) -> ReleaseReport:
    return ReleaseReport(status=Status.COULD_NOT_CHECK, not_checked=(reason,))


def _verify(
    directory: Path,
    keys: Sequence[VerifierKey],
    manifest: Manifest,
    data: bytes,
    *,
    log: Path | None,
    policy: Policy | None,
) -> ReleaseReport:
    found = Findings()
    proofs = {path: read(directory, path) for path in PATHS}
    found.run(1, "folder", lambda: check_listing(directory, manifest, found), lambda n: f"{n} files, by name.")
    files = found.run(
        2, "files", lambda: read_files(directory, manifest, found), lambda f: f"Size and SHA-256 of {len(f)} files."
    )
    signed = found.run(
        3, "signature", lambda: proven.check_signature(proofs, keys, manifest, found),
        lambda c: f"Checkpoint of {c.size} entries by {proven.signers(c, keys)}.{_witnesses(c, policy, found)}",
    )  # fmt: skip
    entries = found.run(
        4, "inclusion", lambda: proven.check_inclusion(proofs, signed, found),
        lambda e: f"{len(e)} entries against the signed root.",
    ) or {}  # fmt: skip
    found.run(
        5, "manifest", lambda: proven.check_manifest(entries, signed, manifest, data, findings=found),
        lambda seq: f"SHA-256 of the manifest against entry {seq} of the log.",
    )  # fmt: skip
    _derive(manifest, files or {}, entries, proofs[OPENINGS], found=found)
    if log is not None:
        found.run(
            11, "log", lambda: _check_log(directory, log, manifest, signed, findings=found),
            lambda n: f"Built again from {n} entries of the log copy and compared, byte for byte.",
        )  # fmt: skip
    return _report(found, manifest, data, signed=signed, has_log=log is not None, has_policy=policy is not None)


def _witnesses(signed: Checkpoint, policy: Policy | None, found: Findings) -> str:
    verdict = None if policy is None else proven.check_quorum(signed, policy, found)
    return "" if verdict is None else f" Witnesses: {verdict}."


def _derive(
    manifest: Manifest, files: Mapping[str, bytes], entries: Mapping[int, bytes], openings: bytes | None, *,
    found: Findings,
) -> None:  # fmt: skip
    held = found.run(
        6, "contents", lambda: derived.check_contents(manifest, files, entries, openings, findings=found),
        lambda h: f"{len(h.contents)} contents against their commitments.",
    )  # fmt: skip
    tables = found.run(
        7, "rows", lambda: derived.check_rows(held, manifest, found),
        lambda t: f"{len(t.records)} records and {len(t.judgments)} judgments, derived anew.",
    )  # fmt: skip
    found.run(
        8,
        "gates",
        lambda: derived.check_gates(tables, files, found),
        lambda told: told,
    )
    found.run(
        9, "views", lambda: derived.check_views(tables, files, manifest, found), lambda n: f"{n} views, derived anew."
    )
    found.run(
        10, "texts", lambda: derived.check_texts(tables, files, manifest, found),
        lambda n: f"{n} files and the manifest, written anew.",
    )  # fmt: skip


def _check_log(directory: Path, log: Path, manifest: Manifest, signed: Checkpoint | None, *, findings: Findings) -> int:
    """Step 11: the log copy has the signed root, and gives exactly this release."""
    if signed is None:
        raise CannotGoOn("There is no signed root to hold the log copy against.")
    try:
        root = root_of(leaf_hashes(LogReader(log).entries(0, signed.size)))
    except (NotInLog, BadBundle) as error:
        raise CannotGoOn(f"The log copy cannot be read: {error}") from error
    if root != signed.root:
        what = f"the log copy has root {root.hex()} at size {signed.size}, signed is {signed.root.hex()}"
        findings.add(PATH, "log", what)
        return signed.size
    with tempfile.TemporaryDirectory() as folder:
        try:
            differences = rebuild(directory, log, Path(folder) / "again")
            is_encoded_otherwise = _writer(directory) != _writer(Path(folder) / "again")
        except CannotRebuild as error:
            findings.add(PATH, "log", f"the log copy does not give release {manifest.release}: {error}")
            return signed.size
    for difference in differences:
        # Another version of the Parquet library encodes the same rows otherwise: steps 7, 9 and 10 compared the rows.
        if not (is_encoded_otherwise and (difference.path == PATH or difference.path.endswith(".parquet"))):
            findings.add(difference.path, None, difference.what)
    return signed.size


def _writer(directory: Path) -> str:
    return writer_of(read(directory, RECORDS) or b"")


def _report(
    findings: Findings, manifest: Manifest, data: bytes, *, signed: Checkpoint | None, has_log: bool,
    has_policy: bool,
) -> ReleaseReport:  # fmt: skip
    skipped = [f"Step {step.number} ({step.title}): {step.told}" for step in findings.steps if step.outcome == SKIPPED]
    is_custody_weak = manifest.cell.custody == "software-development"
    custody = ["Custody: the signing key is a file, so whoever could read it could sign another log."]
    # A log copy that was asked for and could not be read is no good answer, though nothing was found to be wrong.
    unread = has_log and findings.steps[-1].outcome == SKIPPED
    status = Status.BAD if findings.count else Status.COULD_NOT_CHECK if unread else Status.OK
    return ReleaseReport(
        status=status, name=manifest.name, version=manifest.version, origin=manifest.cell.origin,
        custody=manifest.cell.custody, simulated=manifest.simulated, records=manifest.counts.records,
        judgments=manifest.counts.judgments, manifest_digest=canon.digest(data),
        log_size=signed.size if signed else None, steps=tuple(findings.steps), problems=tuple(findings.problems),
        problems_count=findings.count,
        not_checked=(*skipped, *([] if has_log else [_BEYOND]), *_NOT_CHECKED,
            *([] if has_policy else [_NO_POLICY]), *(custody if is_custody_weak else [])),
    )  # fmt: skip

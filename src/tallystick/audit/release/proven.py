"""Steps 3 to 5: a signed checkpoint, entries that lead to it, and the event that names this manifest. Pure."""

import base64
from collections.abc import Mapping, Sequence

import msgspec

from tallystick import canon, events
from tallystick.audit.release.report import CannotGoOn, Findings
from tallystick.bundle.manifest import PATH, Manifest
from tallystick.bundle.proofs import (
    CHECKPOINT,
    ENTRIES,
    MULTIPROOF,
    BadProofs,
    built_fact,
    read_entries,
    read_multiproof,
)
from tallystick.events.envelope import open_entry
from tallystick.events.release import ReleaseCut
from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger import note
from tallystick.ledger.checkpoint import BadCheckpoint, Checkpoint
from tallystick.ledger.note import BadNote, VerifierKey
from tallystick.ledger.policy import Policy, Verdict
from tallystick.ledger.proof import verify_multiproof
from tallystick.ledger.tree import ProofError, leaf_hash

Proofs = Mapping[str, bytes | None]


def check_signature(proofs: Proofs, keys: Sequence[VerifierKey], manifest: Manifest, findings: Findings) -> Checkpoint:
    """Step 3: the checkpoint is signed by the log whose keys the checker brought along."""
    data = proofs[CHECKPOINT]
    if data is None:
        raise CannotGoOn("There is no checkpoint.")
    labels = " or ".join(key.label for key in keys)
    # The manifest names the key that the log began with; it may have changed since. The name of the log stays.
    if manifest.cell.vkey.partition("+")[0] != keys[0].name:
        findings.add(PATH, "cell", f"expected a release of the log {labels}, found one that names {manifest.cell.vkey}")
    try:
        signed = checkpoints.open_signed(data.decode(), *keys)
    except (BadNote, BadCheckpoint, UnicodeDecodeError) as error:
        findings.add(CHECKPOINT, None, f"expected a checkpoint of the log {labels}: {error}")
        raise CannotGoOn("The checkpoint shows nothing.") from error
    if _as_written(signed) != signed.note:
        findings.add(CHECKPOINT, None, "expected the note as its log wrote it, found another spelling of it")
    return signed


def signers(signed: Checkpoint, keys: Sequence[VerifierKey]) -> str:
    """The keys of the log that signed a checkpoint, for people."""
    return " and ".join(by.key.label for by in note.verify(signed.note, keys).signed_by)


def check_quorum(signed: Checkpoint, policy: Policy, findings: Findings) -> Verdict | None:
    """Step 3, too: enough witnesses of the policy cosigned the checkpoint."""
    try:
        verdict = policy.judge(signed.note)
    except BadNote as error:
        findings.add(CHECKPOINT, None, str(error))
        return None
    if not verdict.is_met:
        findings.add(CHECKPOINT, None, f"{verdict}: the log's own key alone vouches for it")
    return verdict


def _as_written(signed: Checkpoint) -> str:
    """The note in its one spelling: base64 leaves bits that nobody reads, and nothing here may change unnoticed."""
    _, signatures = note.split(signed.note)
    lines = [f"\N{EM DASH} {name} {base64.b64encode(data).decode()}\n" for name, data in signatures]
    return f"{checkpoints.body(signed.origin, signed.size, signed.root)}\n{''.join(lines)}"


def check_inclusion(proofs: Proofs, signed: Checkpoint | None, findings: Findings) -> dict[int, bytes]:
    """Step 4: every entry is in the log that the checkpoint covers, at the index that it has here."""
    entries_data, proof_data = proofs[ENTRIES], proofs[MULTIPROOF]
    if entries_data is None or proof_data is None:
        raise CannotGoOn("There are no entries, or no proof of them.")
    try:
        entries = read_entries(entries_data)
    except BadProofs as error:
        findings.add(ENTRIES, None, str(error))
        raise CannotGoOn("The entries cannot be read.") from error
    if signed is None:
        findings.add(ENTRIES, None, "no signed root: nothing shows that these entries are in the log")
        return entries
    try:
        size, hashes = read_multiproof(proof_data)
        if size != signed.size:
            findings.add(MULTIPROOF, None, f"expected a proof for size {signed.size}, which is signed, found {size}")
        leaves = {index: leaf_hash(entry) for index, entry in entries.items()}
        verify_multiproof(signed.root, signed.size, leaves, hashes)
    except (BadProofs, ProofError) as error:
        findings.add(MULTIPROOF, None, f"the entries are not proven: {error}")
    return entries


def check_manifest(
    entries: Mapping[int, bytes], signed: Checkpoint | None, manifest: Manifest, data: bytes, *, findings: Findings
) -> int:
    """Step 5: the last entry says that exactly this manifest was built; the cut says of what.

    Gives the index of that entry.
    """
    last = max(entries, default=-1)
    built = built_fact(entries[last]) if entries else None
    if built is None or (signed is not None and last >= signed.size):
        findings.add(ENTRIES, f"entry {last}", "expected release-built as the last entry, below the checkpoint's size")
        raise CannotGoOn("No entry names a manifest.")
    digest = canon.digest(data)
    if built.manifest_digest != digest:
        findings.add(PATH, None, f"expected the manifest with SHA-256 {built.manifest_digest}, found {digest}: "
                     "the manifest was changed after the release was built")  # fmt: skip
    if canon.encode(manifest) + b"\n" != data:
        findings.add(PATH, None, "expected canonical JSON, each key once and sorted, found another form: "
                     "others may read other values in it")  # fmt: skip
    pairs = {
        "release": (built.release, manifest.release), "records_root": (built.records_root, manifest.records_root),
        "records": (built.records, manifest.counts.records), "judgments": (built.judgments, manifest.counts.judgments),
        "files": (built.files, len(manifest.files) + 1), **_cut_pairs(entries.get(manifest.cut_seq), manifest),
    }  # fmt: skip
    for name, (stated, found) in pairs.items():
        if stated != found:
            findings.add(PATH, name, f"expected {stated!r}, as the log says, found {found!r}")
    return last


def _cut_pairs(entry: bytes | None, manifest: Manifest) -> dict[str, tuple[object, object]]:
    try:
        envelope = open_entry(entry or b"")
        cut = events.fact_of(envelope)
    except (ValueError, msgspec.MsgspecError):
        return {"cut_seq": ("the place of the release-cut event", manifest.cut_seq)}
    if not isinstance(cut, ReleaseCut):
        return {"cut_seq": ("the place of the release-cut event", manifest.cut_seq)}
    return {
        "cut: release": (cut.release, manifest.release), "name": (cut.name, manifest.name),
        "version": (cut.version, manifest.version), "use": (cut.use, manifest.rights.use),
        "cut_at": (envelope.at, manifest.cut_at), "schema": (cut.schema, manifest.schema),
    }  # fmt: skip

"""Proof that a log key signed two histories: two signed notes that cannot both be of one log. Pure but for its folder.

Where the sizes differ, a consistency proof shows which root the larger log has at the smaller size. That root is not
the one that was signed: so anybody with the log's public key can verify it, offline, without either log.
"""

import base64
import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tallystick.blobs import BlobDiffers
from tallystick.blobs.folder import FolderBlobs
from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger.checkpoint import BadCheckpoint, Checkpoint
from tallystick.ledger.note import BadNote, VerifierKey, from_base64
from tallystick.ledger.tree import HashReader, ProofError, make_consistency, root_at, roots_led_to, verify_consistency

FORMAT = "tallystick/fork-evidence/1"


class BadEvidence(ValueError):
    """The file is no evidence of a fork: the message says what is lacking."""


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The evidence as JSON: notes as text, hashes as base64."""

    format: str
    smaller: str
    larger: str
    root: str
    proof: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork:
    """Two signed notes of one log that contradict each other.

    smaller, larger  the notes; of one size, either first
    root             what the larger log has at the smaller size
    proof            from there to the larger note; empty where the sizes are equal
    """

    smaller: str
    larger: str
    root: bytes
    proof: tuple[bytes, ...]

    def to_json(self) -> bytes:
        """The evidence as a file."""
        return msgspec.json.format(
            msgspec.json.encode(
                _File(
                    format=FORMAT, smaller=self.smaller, larger=self.larger, root=base64.b64encode(self.root).decode(),
                    proof=[base64.b64encode(part).decode() for part in self.proof],
                )
            )
        ) + b"\n"  # fmt: skip

    def verify(self, keys: Sequence[VerifierKey]) -> str:
        """What is proven, in a sentence. Raises BadEvidence when nothing is."""
        try:
            small = checkpoints.open_signed(self.smaller, *keys)
            large = checkpoints.open_signed(self.larger, *keys)
        except (BadNote, BadCheckpoint) as error:
            raise BadEvidence(f"expected two checkpoints that the log signed: {error}") from error
        if small.origin != large.origin or not 0 < small.size <= large.size:
            raise BadEvidence(
                f"expected two checkpoints of one log, the smaller first, found size {small.size} of {small.origin} "
                f"and size {large.size} of {large.origin}"
            )
        try:
            verify_consistency(self.proof, old=small.size, new=large.size, old_root=self.root, new_root=large.root)
        except ProofError as error:
            raise BadEvidence(f"expected a proof of what the larger log has at size {small.size}: {error}") from error
        if self.root == small.root:
            raise BadEvidence("expected two histories, found one: both notes are of the same log")
        if small.size == large.size:
            return (
                f"The log {small.origin} signed two roots of size {small.size}: {small.root.hex()} and "
                f"{large.root.hex()}. Its key signed two histories."
            )
        return (
            f"The log {small.origin} signed root {small.root.hex()} at size {small.size}, and later a log of size "
            f"{large.size} (root {large.root.hex()}) that has root {self.root.hex()} there. "
            "Its key signed two histories."
        )


def read(data: bytes) -> Fork:
    """The evidence in a file, not verified. Raises BadEvidence."""
    try:
        found = msgspec.json.decode(data, type=_File)
        root, *proof = (from_base64(part) for part in (found.root, *found.proof))
    except (msgspec.MsgspecError, ValueError) as error:
        raise BadEvidence(f"expected evidence of a fork as JSON: {error}") from error
    if found.format != FORMAT:
        raise BadEvidence(f"expected the format {FORMAT}, found {found.format!r}")
    return Fork(smaller=found.smaller, larger=found.larger, root=root, proof=tuple(proof))


def from_proof(held: Checkpoint, shown: Checkpoint, proof: Sequence[bytes]) -> Fork | None:
    """The fork that a consistency proof betrays which a log sent along with a later checkpoint, if it does.

    An honest proof over another history leads to the new root and to another old one. Where the older size is a power
    of two the proof does not say it; and a proof of nonsense says nothing at all.
    """
    if held.size == shown.size:
        return Fork(smaller=held.note, larger=shown.note, root=shown.root, proof=())
    try:
        old_root, new_root = roots_led_to(proof, old=held.size, new=shown.size, old_root=held.root)
    except ProofError:
        return None
    if new_root != shown.root or old_root == held.root:
        return None
    return Fork(smaller=held.note, larger=shown.note, root=old_root, proof=tuple(proof))


def from_hashes(one: Checkpoint, other: Checkpoint, hashes_of_larger: HashReader) -> Fork | None:
    """The fork between two signed checkpoints, shown by the stored hashes of the larger log; None without one.

    raises  whatever the reader raises when it lacks a hash, ProofError for hashes that are not of the larger log
    """
    small, large = sorted([one, other], key=lambda signed: signed.size)
    if not small.size:
        return None
    if small.size == large.size:
        is_one = small.root == large.root
        return None if is_one else Fork(smaller=small.note, larger=large.note, root=large.root, proof=())
    root = root_at(small.size, hashes_of_larger)
    proof = tuple(make_consistency(small.size, large.size, hashes_of_larger))
    verify_consistency(proof, old=small.size, new=large.size, old_root=root, new_root=large.root)
    return None if root == small.root else Fork(smaller=small.note, larger=large.note, root=root, proof=proof)


def keep(folder: Path, fork: Fork) -> Path:
    """Store evidence, durably; the same fork is kept once. The path of its file."""
    data = fork.to_json()
    name = f"{hashlib.sha256(fork.smaller.encode() + fork.larger.encode()).hexdigest()[:32]}.json"
    # The same two notes with another proof: one of them is enough.
    with contextlib.closing(FolderBlobs(folder)) as blobs, contextlib.suppress(BlobDiffers):
        blobs.put_new(name, data)
    return folder / name

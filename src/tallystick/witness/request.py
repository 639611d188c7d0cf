"""The add-checkpoint request and what the protocol says to it: C2SP tlog-witness. Pure."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger.checkpoint import BadCheckpoint, Checkpoint, is_plain_number
from tallystick.ledger.note import BadNote, VerifierKey
from tallystick.ledger.tiles import HASH_BYTES
from tallystick.ledger.tree import ProofError, verify_consistency

BODY_BYTES_MAX = 64_000
PROOF_LINES_MAX = 63
PLAIN = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over HTTP."""

    status: int
    body: str
    content_type: str = PLAIN


class Malformed(ValueError):
    """The body is no add-checkpoint request. The message says what was expected."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it was sent; nothing in it is verified yet."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: Checkpoint


def parse(body: bytes) -> Request:
    """The request in the body of a POST. Raises Malformed."""
    if len(body) > BODY_BYTES_MAX:
        raise Malformed(f"invalid input: expected at most {BODY_BYTES_MAX} bytes, found {len(body)}")
    try:
        head, separator, text = body.decode().partition("\n\n")
    except UnicodeDecodeError as error:
        raise Malformed("invalid input: expected UTF-8, found other bytes") from error
    first, *hashes = head.split("\n")
    number = first.removeprefix("old ")
    if not separator or first == number or not is_plain_number(number):
        raise Malformed("invalid input: expected a line 'old SIZE', proof lines, an empty line and a checkpoint")
    if len(hashes) > PROOF_LINES_MAX:
        raise Malformed(f"invalid input: expected at most {PROOF_LINES_MAX} proof lines, found {len(hashes)}")
    proof = tuple(_hash(line) for line in hashes)
    try:
        return Request(int(number), proof, checkpoints.read(text))
    except BadNote as error:
        raise Malformed(f"invalid input: {error}") from error
    except BadCheckpoint as error:
        raise Malformed(f"invalid checkpoint: {error}") from error


def _hash(line: str) -> bytes:
    try:
        found = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("invalid input: expected proof lines in base64, found another text") from error
    if len(found) != HASH_BYTES or base64.b64encode(found).decode() != line:
        raise Malformed(f"invalid input: expected proof lines of {HASH_BYTES} bytes in canonical base64, found another")
    return found


def write(old: int, proof: Sequence[bytes], checkpoint: str) -> bytes:
    """The body of a request: the other side of `parse`."""
    lines = [f"old {old}", *(base64.b64encode(part).decode() for part in proof)]
    return "\n".join([*lines, "", checkpoint]).encode()


def check_signature(request: Request, keys: Sequence[VerifierKey]) -> Answer | None:
    """The refusal of a checkpoint that none of the log's trusted keys signed, or None."""
    try:
        checkpoints.open_signed(request.checkpoint.note, *keys)
    except (BadNote, BadCheckpoint) as error:
        return Answer(403, f"invalid signature: {error}\n")
    return None


def decide(request: Request, held: Checkpoint | None) -> Answer | None:
    """The refusal of a signed checkpoint, or None when the protocol allows to cosign it.

    held  the newest checkpoint of this log that was cosigned; None before the first
    """
    new, held_size = request.checkpoint, 0 if held is None else held.size
    if request.old > new.size:
        return Answer(400, f"invalid input: expected an old size up to {new.size}, found {request.old}\n")
    is_other_root = held is not None and new.size == held_size and new.root != held.root
    if request.old != held_size or is_other_root:
        # For another root of one size the protocol asks for 409, too. It is no race: the log key signed two histories.
        return Answer(409, f"{held_size}\n", SIZE)
    return _check_proof(request, held)


def _check_proof(request: Request, held: Checkpoint | None) -> Answer | None:
    new = request.checkpoint
    if held is None or held.size == 0:
        what = "expected no proof lines from size 0"
        return Answer(422, f"invalid consistency proof: {what}\n") if request.proof else None
    try:
        verify_consistency(request.proof, old=held.size, new=new.size, old_root=held.root, new_root=new.root)
    except ProofError as error:
        return Answer(422, f"invalid consistency proof: {error}\n")
    return None

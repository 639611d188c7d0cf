"""C2SP signed notes: a text, an empty line, signature lines. Ed25519, and cosignatures of two kinds. Pure.

Who reads a note names the keys it trusts. Lines of other keys are ignored; a line of a trusted key that does not
verify makes the whole note bad.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

ED25519 = 0x01
COSIGNATURE = 0x04
"""Ed25519 over the checkpoint and a time: how a witness signs."""
MLDSA_COSIGNATURE = 0x06
"""ML-DSA-44 over time, names, size and root: how a witness signs that fears quantum computers. Verified, not made."""
COSIGNATURES = (COSIGNATURE, MLDSA_COSIGNATURE)
KEY_BYTES = {ED25519: 32, COSIGNATURE: 32, MLDSA_COSIGNATURE: 1312}
"""Key type: length of its public key."""
SIGNATURE_BYTES = {ED25519: 64, COSIGNATURE: 64, MLDSA_COSIGNATURE: 2420}
TIME_BYTES = 8
TIME_MAX = 2**63 - 1
KEY_ID_BYTES = 4
SIGNATURES_MAX = 100
"""More lines than any log or witness set needs; the format asks for at least 16."""

_MARK = "\u2014 "


class BadNote(ValueError):
    """A note is malformed, or carries no good signature of a trusted key, or a bad one."""


class BadKey(ValueError):
    """A verifier key line is malformed."""


class NoteSigner(Protocol):
    """What signs a note: a name, the key id that stands before the signature, and the signing itself."""

    @property
    def name(self) -> str: ...

    @property
    def key_id(self) -> bytes: ...

    def sign(self, message: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name. `kind` is ED25519, COSIGNATURE or MLDSA_COSIGNATURE."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes that name the key in a signature line."""
        return key_id(self.name, self.kind, self.public)

    @property
    def label(self) -> str:
        """Name and key id: for messages."""
        return f"{self.name}+{self.key_id.hex()}"

    @property
    def line(self) -> str:
        """The verifier key line, without a newline: name, key id, key."""
        key = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.label}+{key}"

    def is_signed(self, text: str, signature: bytes) -> bool:
        """Does this key stand behind the text? `signature` is what follows the key id in the line."""
        time = 0
        if self.kind in COSIGNATURES:
            time, signature = int.from_bytes(signature[:TIME_BYTES], "big"), signature[TIME_BYTES:]
        if len(signature) != SIGNATURE_BYTES[self.kind] or time > TIME_MAX:
            return False
        try:
            if self.kind == MLDSA_COSIGNATURE:
                key = MLDSA44PublicKey.from_public_bytes(self.public)
                key.verify(signature, _structured(text, cosigner=self.name, time=time))
            else:
                message = text.encode() if self.kind == ED25519 else cosigned(text, time)
                Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def cosigned(text: str, time: int) -> bytes:
    """What an Ed25519 witness signs: a time in seconds since 1970 and the whole text. Source: C2SP tlog-cosignature."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _structured(text: str, *, cosigner: str, time: int) -> bytes:
    """What an ML-DSA witness signs: fields, not text. Raises ValueError when the text is no checkpoint."""
    origin, size, root = text.split("\n")[:3]
    names = [cosigner.encode(), origin.encode()]
    if not all(0 < len(name) < 256 for name in names):
        raise ValueError("expected names of 1 to 255 bytes")
    one, other = (bytes([len(name)]) + name for name in names)
    numbers = [(number).to_bytes(8, "big") for number in (time, 0, int(size))]
    return b"subtree/v1\n\0" + one + numbers[0] + other + numbers[1] + numbers[2] + base64.b64decode(root)


@dataclass(frozen=True, slots=True)
class SignedBy:
    """One good signature line: whose key, and the time in seconds since 1970 for a cosignature."""

    key: VerifierKey
    time: int | None


@dataclass(frozen=True, slots=True)
class Note:
    """A note that verified: its text, ending in a newline, and the trusted keys that signed it."""

    text: str
    signed_by: tuple[SignedBy, ...]


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """SHA-256 of name, newline, key type and key: the first four bytes. Source: C2SP signed-note."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:KEY_ID_BYTES]


def from_base64(text: str) -> bytes:
    """The bytes of a text in base64, in its one right form. Raises ValueError for anything else, odd letters too."""
    found = base64.b64decode(text, validate=True)
    if base64.b64encode(found).decode() != text:
        raise ValueError("expected base64 in its one right form, found bits that nobody reads")
    return found


def check_name(name: str) -> str:
    """The name, if it can name a key: not empty, no space, no plus sign. Raises BadKey otherwise."""
    if not name or "+" in name or any(sign.isspace() or ord(sign) < 0x20 for sign in name):
        raise BadKey(f"expected a key name without spaces and plus signs, found {name!r}")
    return name


def parse_vkey(line: str) -> VerifierKey:
    """A verifier key line: `name+keyid+base64`, with or without the newline at its end.

    raises  BadKey when a part is missing, the key type is unknown or the key id does not fit
    """
    parts = line.removesuffix("\n").split("+", 2)
    if len(parts) != 3 or line.startswith("PRIVATE+"):
        # What was found is not repeated: it may be a private key that was given by mistake.
        raise BadKey("expected a verifier key 'name+keyid+key', found another text: give the file log.vkey")
    name, stated, encoded = check_name(parts[0]), parts[1], parts[2]
    try:
        key = from_base64(encoded)
    except ValueError as error:
        raise BadKey(f"key of {name!r}: expected base64, found another text") from error
    if not key or len(key) - 1 != KEY_BYTES.get(key[0]):
        raise BadKey(
            f"key of {name!r}: expected type 1 or 4 (Ed25519) and 32 bytes, or type 6 (ML-DSA-44) and 1312 bytes, "
            f"found type {key[0] if key else 'none'} and {max(0, len(key) - 1)} bytes"
        )
    found = VerifierKey(name, key[0], key[1:])
    if found.key_id.hex() != stated:
        raise BadKey(f"key of {name!r}: expected key id {found.key_id.hex()}, found {stated!r}")
    return found


def sign(text: str, signers: Sequence[NoteSigner]) -> str:
    """The note over a text that ends in a newline, with one line for each signer, in their order."""
    _check_text(text)
    lines = [_line(signer.name, signer.key_id + signer.sign(text.encode())) for signer in signers]
    return f"{text}\n{''.join(lines)}"


def merge(note: str, other: str) -> str:
    """A note with the signature lines of another note over the same text that it lacks, behind its own.

    So the lines of witnesses that were added to a published note stay, and none is lost. Verifies nothing.
    raises  BadNote when the texts differ
    """
    text, lines = note.rpartition("\n\n")[0], note.rpartition("\n\n")[2].splitlines(keepends=True)
    if other.rpartition("\n\n")[0] != text:
        raise BadNote("expected two notes over one text, found two texts")
    more = [line for line in other.rpartition("\n\n")[2].splitlines(keepends=True) if line not in lines]
    return f"{text}\n\n{''.join([*lines, *more])}"


def lines_of(note: str, keys: Sequence[VerifierKey]) -> str:
    """A note with the first line of each of these keys and no other line, in the order in which they stand.

    What anybody may have added to a published note is gone. Verifies nothing; raises BadNote when it is malformed.
    """
    text, lines = split(note)
    kept: dict[tuple[str, bytes], str] = {}
    wanted = {(key.name, key.key_id) for key in keys}
    for name, signature in lines:
        whose = (name, signature[:KEY_ID_BYTES])
        if whose in wanted:
            kept.setdefault(whose, _line(name, signature))
    return f"{text}\n{''.join(kept.values())}"


def _line(name: str, signature: bytes) -> str:
    return f"{_MARK}{check_name(name)} {base64.b64encode(signature).decode()}\n"


def _check_text(text: str) -> None:
    if not text.endswith("\n") or any(ord(sign) < 0x20 and sign != "\n" for sign in text):
        raise BadNote("expected a text that ends in a newline and has no other control characters")


def verify(note: str, keys: Sequence[VerifierKey]) -> Note:
    """The text of a note and which of the trusted keys signed it: at least one.

    raises  BadNote when it is malformed, when no trusted key signed, or when a trusted key's line is not good
    """
    text, lines = split(note)
    trusted = {(key.name, key.key_id): key for key in keys}
    if len(trusted) != len(keys):
        raise BadNote("expected trusted keys with different names or ids, found two that are the same")
    signed: dict[VerifierKey, SignedBy] = {}
    for name, signature in lines:
        key = trusted.get((name, signature[:KEY_ID_BYTES]))
        if key is None or key in signed:
            continue
        rest = signature[KEY_ID_BYTES:]
        if not key.is_signed(text, rest):
            raise BadNote(f"the signature of {name!r} is not good: the text or the signature was altered")
        time = int.from_bytes(rest[:TIME_BYTES], "big") if key.kind in COSIGNATURES else None
        signed[key] = SignedBy(key, time)
    if not signed:
        names = ", ".join(repr(name) for name, _ in lines)
        wanted = ", ".join(key.label for key in keys)
        raise BadNote(f"expected a signature of {wanted}, found signatures of {names} under other keys")
    return Note(text, tuple(signed.values()))


def split(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text of a note and its signature lines as (name, key id and signature). Verifies nothing.

    raises  BadNote naming what is malformed
    """
    _check_text(note)
    head, separator, tail = note.rpartition("\n\n")
    if not separator or not tail:
        raise BadNote("expected a text, an empty line and signature lines, found no signature lines")
    lines = tail.removesuffix("\n").split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise BadNote(f"expected at most {SIGNATURES_MAX} signature lines, found {len(lines)}")
    return head + "\n", [_parse_line(line) for line in lines]


def _parse_line(line: str) -> tuple[str, bytes]:
    name, _, encoded = line.removeprefix(_MARK).partition(" ")
    try:
        # Bits that nobody reads are let pass here, as others do: whoever keeps a line writes it anew (`lines_of`).
        signature = base64.b64decode(encoded, validate=True)
        check_name(name)
    except ValueError as error:
        raise BadNote(f"expected a signature line 'name base64', found {line!r}") from error
    if not line.startswith(_MARK) or len(signature) <= KEY_ID_BYTES:
        raise BadNote(f"expected a signature line that begins with an em dash, found {line!r}")
    return name, signature

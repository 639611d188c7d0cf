"""The bytes of sealed content: what is encrypted under what, and what is bound to what. Pure; docs/vault.md tells it.

An object has a random key of its own. That key is wrapped under a key derived from the keys of all its scopes in
their order: losing any one of them closes the object. Label and nonce stand in the clear in both parts, so that
bytes of another object, or of an earlier sealing, are told from bytes that were changed.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tallystick.events.envelope import SALT_BYTES, ObjectRef, commitment
from tallystick.store.vault.faults import (
    CommitmentBroken,
    ObjectAltered,
    ObjectReplayed,
    ObjectSwapped,
    ObjectTruncated,
)

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
_LABEL_BYTES = 8
_FORMAT, _PRIVATE_FORMAT = b"\x02", b"\x03"
HEADER_BYTES = len(_FORMAT) + _LABEL_BYTES + NONCE_BYTES
WRAPPED_BYTES = HEADER_BYTES + KEY_BYTES + TAG_BYTES
SEALED_EXTRA = HEADER_BYTES + SALT_BYTES + TAG_BYTES
"""So many bytes more than the payload does a sealed object have."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A payload with the salt that opens its commitment."""

    payload: bytes
    salt: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """What a row says of an object, and what its bytes are bound to.

    scopes  "home#generation subject#generation ...", home first
    size    of the payload
    """

    object: str
    scopes: str
    commitment: str
    size: int


def derived(keys: Sequence[bytes], purpose: str) -> bytes:
    """HKDF with SHA-256 (RFC 5869) over the keys of all scopes in their order; 32 bytes."""
    drawn = hmac.digest(b"tallystick/scopes/v2", b"".join(keys), "sha256")
    return hmac.digest(drawn, purpose.encode() + b"\x01", "sha256")


def header_of(object_id: str, nonce: bytes) -> bytes:
    """How both parts of an object begin: format, label of the object, nonce of this sealing."""
    label = hashlib.sha256(b"tallystick/label/v2\x00" + object_id.encode()).digest()[:_LABEL_BYTES]
    return _FORMAT + label + nonce


def wrap(place: Place, keys: Sequence[bytes], object_key: bytes, nonce: bytes) -> bytes:
    """An object's key under the keys of its scopes."""
    header = header_of(place.object, nonce)
    return header + _wrapping(place, keys).encrypt(nonce, object_key, _wrap_bound(place, header))


def seal(place: Place, object_key: bytes, nonce: bytes, plain: bytes) -> bytes:
    """Salt and payload under the object's key."""
    header = header_of(place.object, nonce)
    return header + AESGCM(object_key).encrypt(nonce, plain, _seal_bound(place, header))


def open_sealed(place: Place, keys: Sequence[bytes], wrapped: bytes, sealed: bytes) -> Opened:
    """The payload of an object. Raises a VaultError that says what is wrong with the bytes."""
    _check_parts(place, wrapped, sealed)
    key = unwrap(place, keys, wrapped)
    header, body = sealed[:HEADER_BYTES], sealed[HEADER_BYTES:]
    try:
        plain = AESGCM(key).decrypt(header[-NONCE_BYTES:], body, _seal_bound(place, header))
    except (InvalidTag, ValueError) as error:
        raise _altered(place, "payload") from error
    opened = Opened(plain[SALT_BYTES:], plain[:SALT_BYTES])
    if commitment(opened.salt, opened.payload) != place.commitment:
        raise CommitmentBroken(
            f"object {place.object} opens, but not to what was committed: expected {place.commitment}, found "
            f"{commitment(opened.salt, opened.payload)}: somebody with its keys sealed something else; restore it"
        )
    return opened


def unwrap(place: Place, keys: Sequence[bytes], wrapped: bytes) -> bytes:
    """The key of an object. Raises a VaultError that says what is wrong with the bytes."""
    _check_part(place, "key", wrapped, WRAPPED_BYTES)
    header, body = wrapped[:HEADER_BYTES], wrapped[HEADER_BYTES:]
    try:
        return _wrapping(place, keys).decrypt(header[-NONCE_BYTES:], body, _wrap_bound(place, header))
    except (InvalidTag, ValueError) as error:
        raise _altered(place, "key") from error


def check_ref(place: Place, ref: ObjectRef) -> None:
    """Hold a row against what the journal says of its object. Raises CommitmentBroken."""
    if (place.commitment, place.size) != (ref.commitment, ref.bytes):
        raise CommitmentBroken(
            f"object {ref.object}: expected the {ref.bytes} bytes that the journal committed to as {ref.commitment}, "
            f"found a row of {place.size} bytes that commits to {place.commitment}: restore the row"
        )


def _wrapping(place: Place, keys: Sequence[bytes]) -> AESGCM:
    return AESGCM(derived(keys, f"tallystick/wrap/v2\x00{place.object}\x00{place.scopes}"))


def _wrap_bound(place: Place, header: bytes) -> bytes:
    return b"tallystick/wrap/v2\x00" + f"{place.object}\x00{place.scopes}\x00{place.commitment}\x00".encode() + header


def _seal_bound(place: Place, header: bytes) -> bytes:
    # Not the scopes: a key of theirs changes without the payload being touched.
    return b"tallystick/seal/v2\x00" + f"{place.object}\x00{place.commitment}\x00".encode() + header


def _check_parts(place: Place, wrapped: bytes, sealed: bytes) -> None:
    _check_part(place, "payload", sealed, SEALED_EXTRA + place.size)
    _check_part(place, "key", wrapped, WRAPPED_BYTES)
    if wrapped[:HEADER_BYTES] != sealed[:HEADER_BYTES]:
        raise ObjectReplayed(
            f"object {place.object}: expected key and payload of one sealing, found them of two: an earlier one was "
            "put back beside the present one; restore the row whole"
        )


def _check_part(place: Place, part: str, data: bytes, size: int) -> None:
    if len(data) < size:
        raise ObjectTruncated(
            f"object {place.object}: expected {size} bytes of its {part}, found {len(data)}: truncated; restore the row"
        )
    expected, found = header_of(place.object, data[HEADER_BYTES - NONCE_BYTES : HEADER_BYTES]), data[:HEADER_BYTES]
    if found[:1] == _FORMAT and found != expected:
        raise ObjectSwapped(
            f"object {place.object}: expected its own {part}, found the {part} of another object: swapped; restore "
            "both rows"
        )
    if len(data) > size or found != expected:
        raise _altered(place, part)


def _altered(place: Place, part: str) -> ObjectAltered:
    return ObjectAltered(
        f"object {place.object}: expected the {part} that was sealed, found one that does not open: changed, or "
        "its row was; restore the row"
    )


def seal_private(keys: Sequence[bytes], scopes: str, *, payload: bytes, place: str) -> bytes:
    """Bytes that no event refers to, bound to the place where they are kept. They carry the names of their keys."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    named = scopes.encode()
    head = _PRIVATE_FORMAT + len(named).to_bytes(2, "big") + named
    cipher = AESGCM(derived(keys, f"tallystick/private/v2\x00{scopes}"))
    return head + nonce + cipher.encrypt(nonce, payload, place.encode() + b"\x00" + head)


def private_scopes(sealed: bytes, place: str) -> str:
    """Which keys private bytes need. Raises ObjectTruncated or ObjectAltered."""
    end = 3 + int.from_bytes(sealed[1:3], "big")
    if len(sealed) < end + NONCE_BYTES + TAG_BYTES:
        raise ObjectTruncated(f"{place}: expected sealed bytes, found {len(sealed)}: truncated; remove the row")
    try:
        return sealed[3:end].decode()
    except UnicodeDecodeError as error:
        raise ObjectAltered(f"{place}: expected sealed bytes, found others: changed; remove the row") from error


def open_private(keys: Sequence[bytes], sealed: bytes, *, place: str) -> bytes:
    """What `seal_private` sealed. Raises ObjectAltered."""
    scopes = private_scopes(sealed, place)
    end = 3 + len(scopes.encode())
    cipher = AESGCM(derived(keys, f"tallystick/private/v2\x00{scopes}"))
    try:
        return cipher.decrypt(
            sealed[end : end + NONCE_BYTES], sealed[end + NONCE_BYTES :], place.encode() + b"\x00" + sealed[:end]
        )
    except InvalidTag as error:
        raise ObjectAltered(
            f"{place}: expected the bytes that were sealed for this place, found others: changed or of another place; "
            "remove the row"
        ) from error

"""One byte string per value, digests and ids. Reads and writes nothing; everything above builds on it.

The profile: ASCII keys, no floats, integers within 2^53 - 1, valid UTF-8. Inside it the encoding is byte-equal
to RFC 8785 (tests/test_canon.py holds it to that), so any language can recompute a leaf from its values.
"""

import hashlib
from typing import NewType

import msgspec

Digest = NewType("Digest", str)
"""SHA-256 as 64 lower-case hexadecimal digits."""

INTEGER_MAX = 2**53 - 1
PPM = 1_000_000
"""Fractions travel as parts per million: 0.8 is 800_000."""

_ID_BYTES = 13
"""104 bits: no two ids meet by chance in the life of a cell."""

_ENCODER = msgspec.json.Encoder(order="sorted")


class NotCanonical(ValueError):
    """A value outside the profile: it would have no single byte string in every language."""


def encode(value: object) -> bytes:
    """The one byte string of a value. Structs are trusted; call `check` on values from outside first."""
    return _ENCODER.encode(value)


def text(value: object) -> str:
    """The canonical form as text, as a column keeps it. Raises what `encode` raises."""
    return encode(value).decode()


def check(value: object, where: str = "$") -> None:
    """Raise NotCanonical, naming the place, when a plain value lies outside the profile."""
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int):
        _check_integer(value, where)
    elif isinstance(value, str):
        _check_text(value, where)
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value):
            check(part, f"{where}[{number}]")
    elif isinstance(value, dict):
        for key, part in value.items():
            _check_key(key, where)
            check(part, f"{where}.{key}")
    else:
        raise NotCanonical(f"{where}: expected text, integer, list or map, found {type(value).__name__}")


def _check_integer(value: int, where: str) -> None:
    if abs(value) > INTEGER_MAX:
        raise NotCanonical(f"{where}: expected an integer within 2^53 - 1, found {value}")


def _check_text(value: str, where: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise NotCanonical(f"{where}: expected valid Unicode text, found a lone surrogate") from error


def _check_key(key: object, where: str) -> None:
    if not isinstance(key, str) or not key.isascii():
        raise NotCanonical(f"{where}: expected an ASCII key, found {key!r}")


def digest(data: bytes) -> Digest:
    """SHA-256 of bytes, as hexadecimal text."""
    return Digest(hashlib.sha256(data).hexdigest())


def digest_of(value: object) -> Digest:
    """SHA-256 of the canonical bytes of a value."""
    return digest(encode(value))


def ppm(value: float) -> int:
    """A fraction as parts per million, rounded half to even."""
    return round(value * PPM)


def identifier(prefix: str, entropy: bytes) -> str:
    """An id such as `itm-5f1c...`: a prefix and 26 hexadecimal digits, from at least 13 bytes.

    The caller brings the entropy: random bytes for what happens here, a digest where an id must be reproducible.
    """
    if len(entropy) < _ID_BYTES:
        raise ValueError(f"expected at least {_ID_BYTES} bytes of entropy, found {len(entropy)}")
    return f"{prefix}-{entropy[:_ID_BYTES].hex()}"

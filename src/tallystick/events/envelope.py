"""What surrounds every fact: who, in which role, when, in which place of the journal. The envelope is the leaf."""

from hashlib import sha256
from typing import ClassVar, Protocol, TypeVar

import msgspec

from tallystick import canon


class Event(Protocol):
    """A fact. Subclasses are frozen msgspec Structs with a versioned KIND."""

    KIND: ClassVar[str]


E_co = TypeVar("E_co", bound=Event, covariant=True)


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """One journal entry. Its canonical bytes are the leaf of the log; nobody ever re-serialises it.

    at    microseconds since 1970 in UTC, never decreasing along the journal
    body  the fact itself, as canonical JSON
    by    the person or service that acted
    cmd   digest of actor and idempotency key: all events of one command share it
    kind  name and version of the fact
    n     how many events this actor has caused, this one included: dense, so that a gap is provable
    req   digest of idempotency key and request: finds a key that was used for something else
    role  the role in which the actor acted
    seq   place in the journal and index in the log, from 0, without gaps
    v     version of this envelope
    """

    at: int
    body: msgspec.Raw
    by: str
    cmd: str
    kind: str
    n: int
    req: str
    role: str
    seq: int
    v: int = 1


class ObjectRef(msgspec.Struct, frozen=True, kw_only=True):
    """A vault object as the journal knows it: its id and a salted commitment to its bytes, never the bytes."""

    object: str
    commitment: str  # SHA-256 over a domain tag, a secret 32-byte salt and the payload; hexadecimal
    bytes: int  # length of the payload


COMMIT_TAG = b"tallystick/commit/v1\x00"
SALT_BYTES = 32


def commitment(salt: bytes, payload: bytes) -> str:
    """What the journal says of a payload: SHA-256 over tag, salt and payload; hexadecimal."""
    return sha256(COMMIT_TAG + salt + payload).hexdigest()


ENTRY_BYTES_MAX = 65_535
"""C2SP entry bundles give each entry a 16-bit length."""


class EntryTooLarge(ValueError):
    """An event does not fit into one log entry: its content belongs into the vault."""


def seal_entry(envelope: Envelope) -> bytes:
    """The leaf bytes. Raises EntryTooLarge above 65,535 bytes."""
    entry = canon.encode(envelope)
    if len(entry) > ENTRY_BYTES_MAX:
        raise EntryTooLarge(
            f"{envelope.kind}: expected at most {ENTRY_BYTES_MAX} bytes in a log entry, found {len(entry)}: "
            "put the content into the vault and refer to it"
        )
    return entry


_DECODER = msgspec.json.Decoder(Envelope)


def open_entry(entry: bytes) -> Envelope:
    """The envelope of leaf bytes. Raises msgspec.DecodeError on anything else."""
    return _DECODER.decode(entry)

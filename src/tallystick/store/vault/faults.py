"""What can be wrong with content: one error for each decision that a caller can take. Reads and writes nothing."""


class VaultError(RuntimeError):
    """Content cannot be opened. The subclasses say why."""


class ObjectMissing(VaultError):
    """The vault does not hold the object, and no erasure took it."""


class ObjectErased(VaultError):
    """The object, or somebody or something that it stood under, was erased: it stays closed for ever."""


class KeyMissing(VaultError):
    """The object is there, but the row of a key that it needs is not, and no erasure took it."""


class ObjectTruncated(VaultError):
    """The bytes are fewer than were sealed."""


class ObjectSwapped(VaultError):
    """The bytes of another object stand in this one's place."""


class ObjectReplayed(VaultError):
    """An older state was put back: a row of a key that is retired, or a part of an earlier sealing."""


class ObjectAltered(VaultError):
    """The bytes are not those that were sealed."""


class CommitmentBroken(VaultError):
    """The bytes open, but are not what the journal committed to."""


class EpochInUse(VaultError):
    """The key of an epoch must not be destroyed yet: it still wraps keys that are needed."""

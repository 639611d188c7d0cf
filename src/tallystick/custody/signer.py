"""A log key that somebody else holds, as what signs checkpoints. Reads nothing but the verifier key line."""

from tallystick.custody import Keys
from tallystick.ledger.note import parse_vkey


class KeySigner:
    """Signs with one log key of a holder of keys: a `ledger.signer.Signer`."""

    def __init__(self, keys: Keys, vkey: str) -> None:
        verifier = parse_vkey(vkey)
        self._keys = keys
        self._name, self._vkey, self._key_id = verifier.name, verifier.line, verifier.key_id

    @property
    def keys(self) -> Keys:
        """Who holds the key."""
        return self._keys

    @property
    def name(self) -> str:
        """The name of the key and of the log."""
        return self._name

    @property
    def vkey(self) -> str:
        """The verifier key line, without a newline."""
        return self._vkey

    @property
    def key_id(self) -> bytes:
        """The four bytes that name the key in a signature line."""
        return self._key_id

    @property
    def custody(self) -> str:
        """Where the key lives, in a stable word."""
        return self._keys.custody

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature of a message, 64 bytes. Raises KeysUnavailable or KeyDestroyed."""
        return self._keys.sign(self._vkey, message)

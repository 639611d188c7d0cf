"""Somebody with a copy of a token and its PIN: tries every secret key in it on everything. A program of its own.

Reads one JSON line: module, pin, cell, wrapped as pairs of binding and hexadecimal. Writes one: labels, keys.
"""

import json
import sys

import pkcs11


def main() -> None:
    """Try, and say what opened."""
    asked = json.loads(sys.stdin.readline())
    labels, keys = [], [list[str]() for _ in asked["wrapped"]]
    for token in pkcs11.lib(asked["module"]).get_tokens(token_flags=pkcs11.TokenFlag.TOKEN_INITIALIZED):
        with token.open(user_pin=asked["pin"]) as session:
            # All at once: while a session looks for objects it does nothing else.
            for found in list(session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.SECRET_KEY})):
                labels.append(str(found[pkcs11.Attribute.LABEL]))
                for place, (binding, wrapped) in enumerate(asked["wrapped"]):
                    bound = f"tallystick/key/v1|{asked['cell']}|{binding}".encode()
                    keys[place] += tried(found, bytes.fromhex(wrapped), bound)
    sys.stdout.write(json.dumps({"labels": labels, "keys": keys}) + "\n")


def tried(key: pkcs11.Object, wrapped: bytes, bound: bytes) -> list[str]:
    """What a key of the token gives, in hexadecimal; nothing for bytes that it does not open."""
    assert isinstance(key, pkcs11.DecryptMixin)
    parameters = pkcs11.GCMParams(wrapped[:12], bound)
    try:
        plain = key.decrypt(wrapped[12:], mechanism=pkcs11.Mechanism.AES_GCM, mechanism_param=parameters)
    except (pkcs11.GeneralError, pkcs11.EncryptedDataInvalid):
        return []
    assert isinstance(plain, bytes)
    return [plain.hex()]


if __name__ == "__main__":
    main()

"""`tallystick keyd`: the key process, which alone holds the token of a cell."""

import contextlib
import getpass
import importlib
import logging
import os
import sys
from pathlib import Path
from typing import Annotated, Protocol

import typer

from tallystick.cli import shell
from tallystick.custody import Keys, PinRefused
from tallystick.custody.hardening import forbid_dumps
from tallystick.custody.keyd.server import KeyServer, listening
from tallystick.custody.software import SoftwareKeys

PIN_REFUSED_STATUS = 77
"""Whoever starts the key process again on failure must not do it after this: tokens lock after a few wrong PINs."""


class OpenToken(Protocol):
    """How a token is opened: `custody.pkcs11.open_token`."""

    def __call__(self, module: Path, token: str, cell: str, *, pin: str | None) -> Keys: ...


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(keyd)


def keyd(
    cell: Annotated[str, typer.Option(help="Name of the cell whose keys these are: the name of its log.")],
    socket: Annotated[Path, typer.Option(help="Socket to serve, in a folder that only its owner can enter.")],
    module: Annotated[Path | None, typer.Option(help="PKCS#11 library of the token's maker.")] = None,
    token: Annotated[str | None, typer.Option(help="Label of the token.")] = None,
    pin_fd: Annotated[int | None, typer.Option(help="File descriptor to read the PIN from, instead of asking.")] = None,
    pin_credential: Annotated[str | None, typer.Option(help="Name of the systemd credential that is the PIN.")] = None,
    pinpad: Annotated[bool, typer.Option("--pinpad", help="The token asks for its PIN itself.")] = False,
    software: Annotated[Path | None, typer.Option(help="Folder of key files instead of a token: development.")] = None,
    allow_uid: Annotated[
        list[int] | None, typer.Option(help="Number of a user who may ask beside our own; may be given again.")
    ] = None,
    as_json: shell.AsJson = False,
) -> None:
    """Serve the keys of one cell to its processes, until stopped. Exit 77 when the token refuses the PIN."""
    forbid_dumps()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    uids = frozenset(allow_uid or ())
    if (software is None) is (module is None) or (module is None) is not (token is None):
        shell.fail("expected --module and --token, or else --software, found another set: give one of them.")
    # The socket first: a second key process must not log in to the token of the first.
    with listening(socket, is_for_others=bool(uids)) as listener:
        if software is not None:
            software.mkdir(mode=0o700, exist_ok=True)
            keys: Keys = SoftwareKeys(software, cell)
        else:
            assert module is not None, "checked above"
            assert token is not None, "checked above"
            keys = _token(module, token, cell, pin=_pin(token, pin_fd, pin_credential, is_on_pad=pinpad))
        server = KeyServer(keys, cell, listener, uids=uids)
        _announce(keys, socket, as_json=as_json)
        with contextlib.closing(keys), shell.stopped_by_signals(server.stop):
            server.serve()


def _token(module: Path, token: str, cell: str, *, pin: str | None) -> Keys:
    # Loaded here and nowhere else: no other process of a cell has the code of a token in it.
    open_token: OpenToken = importlib.import_module("tallystick.custody.pkcs11").open_token
    try:
        return open_token(module, token, cell, pin=pin)
    except PinRefused as error:
        shell.fail(f"{error}.", PIN_REFUSED_STATUS)


def _pin(token: str, descriptor: int | None, credential: str | None, *, is_on_pad: bool) -> str | None:
    """The PIN; None when the token asks for it. Never from an argument, the environment or a settings file."""
    if sum((descriptor is not None, credential is not None, is_on_pad)) > 1:
        shell.fail("expected one of --pin-fd, --pin-credential and --pinpad, found several: give one.")
    if is_on_pad:
        return None
    if descriptor is not None:
        return shell.line_of(descriptor, option="--pin-fd", what="PIN")
    if credential is not None:
        return _credential(credential)
    if not shell.has_terminal():
        shell.fail("expected a terminal to ask for the PIN, found none: give --pin-fd or --pin-credential.")
    return getpass.getpass(f"PIN of token {token}: ")


def _credential(name: str) -> str:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder or Path(name).name != name:
        shell.fail(
            f"--pin-credential {name}: expected a name, and a service started by systemd with LoadCredential= or "
            "LoadCredentialEncrypted=, found none."
        )
    handle = os.open(Path(folder) / name, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return shell.line_of(handle, option="--pin-credential", what="PIN")
    finally:
        os.close(handle)


def _announce(keys: Keys, socket: Path, *, as_json: bool) -> None:
    facts = {"socket": str(socket), "custody": keys.custody, "log_keys": list(keys.log_keys()), "pid": os.getpid()}
    if as_json:
        shell.show_json(facts)
    else:
        shell.OUT.print(shell.plain(f"Serving keys at {socket}  ({keys.custody} custody)"), soft_wrap=True)
    sys.stdout.flush()

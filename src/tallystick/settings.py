"""Configuration of one cell as one frozen value. Reads and writes `cell.toml`, which never holds a secret.

Passwords of a database come from its own mechanisms (peer authentication, a password file), never from here.
"""

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

FILE = "cell.toml"
PORT = 8000
SEAL_SECONDS_MAX = 3600


class BadSettings(ValueError):
    """The settings file is not what it should be; the message says where and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a cell is served.

    database        SQLAlchemy address; None for the embedded database in the cell's folder
    host            address to listen on; this machine only unless it says otherwise
    port            port to listen on
    secure_cookies  cookies over https only; off for the embedded default on this machine
    seal_seconds    how long the journal may run ahead of the log, at most, while the cell serves
    """

    directory: Path
    database: str | None = None
    host: str = "127.0.0.1"
    port: int = PORT
    secure_cookies: bool = False
    seal_seconds: float = 1.0


_TYPES: dict[str, tuple[type, ...]] = {
    "database": (str,),
    "host": (str,),
    "port": (int,),
    "secure_cookies": (bool,),
    "seal_seconds": (int, float),
}


_WORDS = {str: "text in quotes", int: "a whole number", bool: "true or false"}


def load(directory: Path) -> Settings:
    """The settings of a cell; defaults where the file is silent. Raises BadSettings."""
    path = directory / FILE
    if not path.is_file():
        return Settings(directory=directory)
    try:
        found = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path}: expected TOML, found {error}") from error
    for key, value in found.items():
        if key not in _TYPES:
            raise BadSettings(f"{path}: expected the keys {', '.join(_TYPES)}, found {key}: remove it")
        if not isinstance(value, _TYPES[key]) or (isinstance(value, bool) and bool not in _TYPES[key]):
            raise BadSettings(f"{path}: expected {_WORDS[_TYPES[key][0]]} for {key}, found {value!r}")
    if not found.get("host", "127.0.0.1").strip():
        raise BadSettings(f"{path}: expected an address for host, found empty text")
    if not 0.01 <= found.get("seal_seconds", 1.0) <= SEAL_SECONDS_MAX:
        raise BadSettings(
            f"{path}: expected seal_seconds from 0.01 to {SEAL_SECONDS_MAX}, found {found['seal_seconds']}"
        )
    if not 1 <= found.get("port", PORT) <= 65_535:
        raise BadSettings(f"{path}: expected a port from 1 to 65535, found {found['port']}")
    check_database(found.get("database"), str(path))
    return Settings(directory=directory, **found)


def check_database(database: str | None, where: str) -> None:
    """Refuse an address that this software does not speak, or one that carries a password."""
    if database is None:
        return
    if not database.startswith(("postgresql+psycopg://", "sqlite+pysqlite:///")):
        raise BadSettings(
            f"{where}: expected a database address postgresql+psycopg://..., found {database.split(':')[0]}"
        )
    if urlsplit(database).password:
        raise BadSettings(f"{where}: expected no password in the database address: use peer access or a password file")


def save(settings: Settings) -> None:
    """Write what differs from the defaults."""
    silent = Settings(directory=settings.directory)
    lines = ["# Settings of this cell. No secret belongs here."]
    for key in _TYPES:
        value = getattr(settings, key)
        if value != getattr(silent, key):
            lines.append(f"{key} = {json.dumps(value)}")  # a JSON text, number or truth value is one of TOML as well
    (settings.directory / FILE).write_text("\n".join(lines) + "\n")

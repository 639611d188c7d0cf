"""Configuration of one cell as one frozen value. Reads and writes `cell.toml`, which never holds a secret.

Passwords of a database come from its own mechanisms (peer authentication, a password file), never from here.
"""

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

FILE = "cell.toml"
PORT = 8000
_RANGES = {
    "port": (1, 65_535),
    "seal_seconds": (0.01, 3600),
    "seal_batch": (256, 1_000_000),
    "seal_seconds_max": (0.05, 86_400),
    "unsealed_max": (100, 1_000_000_000),
    "unsealed_seconds_max": (1, 1_000_000),
    "timestamp_minutes": (1, 10_080),
    "object_lock_days": (0, 36_500),
}
"""From where to where a number may go."""


CUSTODIES = ("software", "keyd")
STORE = re.compile(
    r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<prefix>[A-Za-z0-9._=@+-]+(?:/[A-Za-z0-9._=@+-]+)*)"
)
"""Where blobs lie in a bucket: a prefix is asked for, so that a bucket can hold more than one thing."""


class BadSettings(ValueError):
    """The settings file is not what it should be; the message says where and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a cell is served.

    database        SQLAlchemy address; None for the embedded database in the cell's folder
    host            address to listen on; this machine only unless it says otherwise
    port            port to listen on
    secure_cookies  cookies over https only; off for the embedded default on this machine
    seal_seconds    how long the sealer waits from one round to the next
    seal_batch      events per checkpoint at most: a longer backlog is sealed in several
    seal_seconds_max      from commit to seal at most, as this cell states it: beyond it, it is not ready
    unsealed_max          beyond so many events that are not sealed, no more commands are taken
    unsealed_seconds_max  the same, when the oldest of them has waited for so long
    custody         who holds the keys: "software" (files in the cell's folder: development) or "keyd", the key process
    keyd_socket     where the key process listens; relative to the cell's folder
    allow_development_custody  open a cell whose keys an administrator of the machine can read; false in production
    log_store       s3://bucket/prefix for the public log; None for the folder log/ in the cell's folder
    vault_store     s3://bucket/prefix for large sealed content; None for a folder in the cell's folder
    object_lock_days  how long nobody can delete what the log_store keeps for good; 0: a bucket without object lock
    s3_endpoint     address of an S3-compatible store; None for AWS
    s3_region       region of the buckets; None for the one that the machine is configured with
    timestamp_url   RFC 3161 authority that stamps checkpoints; None for no time-stamps
    timestamp_certificate  file with the certificate of that authority, or of who issued it
    timestamp_minutes  how often the newest checkpoint is stamped at most
    key_bundle_folder  where the newest wrapped keys are kept, for backups; None for key-bundles/ in the cell's folder
    """

    directory: Path
    database: str | None = None
    host: str = "127.0.0.1"
    port: int = PORT
    secure_cookies: bool = False
    seal_seconds: float = 1.0
    seal_batch: int = 65_536
    seal_seconds_max: float = 30.0
    unsealed_max: int = 200_000
    unsealed_seconds_max: float = 300.0
    custody: str = "software"
    keyd_socket: str | None = None
    allow_development_custody: bool = True
    log_store: str | None = None
    vault_store: str | None = None
    object_lock_days: int | None = None
    s3_endpoint: str | None = None
    s3_region: str | None = None
    timestamp_url: str | None = None
    timestamp_certificate: str | None = None
    timestamp_minutes: float = 60.0
    key_bundle_folder: str | None = None


_TYPES: dict[str, tuple[type, ...]] = {
    "database": (str,),
    "host": (str,),
    "port": (int,),
    "secure_cookies": (bool,),
    "seal_seconds": (int, float),
    "seal_batch": (int,),
    "seal_seconds_max": (int, float),
    "unsealed_max": (int,),
    "unsealed_seconds_max": (int, float),
    "custody": (str,),
    "keyd_socket": (str,),
    "allow_development_custody": (bool,),
    "log_store": (str,),
    "vault_store": (str,),
    "object_lock_days": (int,),
    "s3_endpoint": (str,),
    "s3_region": (str,),
    "timestamp_url": (str,),
    "timestamp_certificate": (str,),
    "timestamp_minutes": (int, float),
    "key_bundle_folder": (str,),
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
    for key, (low, high) in _RANGES.items():
        if key in found and not low <= found[key] <= high:
            raise BadSettings(f"{path}: expected {key} from {low} to {high}, found {found[key]}")
    check_database(found.get("database"), str(path))
    check_custody(found.get("custody", CUSTODIES[0]), found.get("keyd_socket"), str(path))
    loaded = Settings(directory=directory, **found)
    check_stores(loaded, str(path))
    if (loaded.timestamp_url is None) is not (loaded.timestamp_certificate is None):
        raise BadSettings(f"{path}: expected timestamp_url and timestamp_certificate together, found one of them")
    return loaded


def check_stores(loaded: Settings, where: str) -> None:
    """Refuse an address that is no bucket's, and a log in a bucket of which it is not said whether it is locked."""
    for key, address in (("log_store", loaded.log_store), ("vault_store", loaded.vault_store)):
        if address is not None and STORE.fullmatch(address) is None:
            raise BadSettings(f"{where}: expected s3://bucket/prefix for {key}, found {address!r}")
    if loaded.log_store is not None and loaded.log_store == loaded.vault_store:
        raise BadSettings(f"{where}: expected two places for log_store and vault_store, found {loaded.log_store} twice")
    if (loaded.log_store is None) is not (loaded.object_lock_days is None):
        raise BadSettings(
            f"{where}: expected object_lock_days with log_store and not without, found {loaded.object_lock_days}: "
            "say for how many days nobody may delete, or 0 for a bucket without object lock"
        )
    endpoint = urlsplit(loaded.s3_endpoint or "https://aws")
    if endpoint.scheme not in {"http", "https"} or not endpoint.hostname or endpoint.username or endpoint.password:
        raise BadSettings(f"{where}: expected s3_endpoint as https://host without a name or password in it")


def check_database(database: str | None, where: str) -> None:
    """Refuse an address that this software does not speak, or one that carries a password."""
    if database is None:
        return
    if not database.startswith(("postgresql+psycopg://", "sqlite+pysqlite:///")):
        raise BadSettings(
            f"{where}: expected a database address postgresql+psycopg://..., found {database.split(':')[0]}"
        )
    words = {name.lower() for name, _ in parse_qsl(urlsplit(database).query, keep_blank_values=True)}
    if urlsplit(database).password or words & {"password", "sslpassword"}:
        raise BadSettings(f"{where}: expected no password in the database address: use peer access or a password file")


def check_custody(custody: str, keyd_socket: str | None, where: str) -> None:
    """Refuse a custody that is none, and a key process without its socket."""
    if custody not in CUSTODIES:
        raise BadSettings(f"{where}: expected custody {' or '.join(CUSTODIES)}, found {custody!r}")
    if (custody == "keyd") is not bool(keyd_socket):
        raise BadSettings(f"{where}: expected keyd_socket with custody keyd, and with no other, found {keyd_socket!r}")


def save(settings: Settings) -> None:
    """Write what differs from the defaults."""
    (settings.directory / FILE).write_text(text_of(settings))


def text_of(settings: Settings) -> str:
    """What differs from the defaults, as the file says it."""
    silent = Settings(directory=settings.directory)
    lines = ["# Settings of this cell. No secret belongs here."]
    for key in _TYPES:
        value = getattr(settings, key)
        if value != getattr(silent, key):
            lines.append(f"{key} = {json.dumps(value)}")  # a JSON text, number or truth value is one of TOML as well
    return "\n".join(lines) + "\n"

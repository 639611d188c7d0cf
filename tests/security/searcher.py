"""Somebody with copies of everything and whatever keys they found: tries every key on all of it. Reads copies only.

Written from docs/vault.md, so it asks no row and no rule of the cell which key belongs where. A key that was found
for one scope is tried in the place of every other, too.
"""

import base64
import hmac
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tallystick.blobs.folder import FolderBlobs
from tallystick.store import backup as tables
from tallystick.store.schema import KEPT, READ
from tallystick.store.vault import VaultError
from tallystick.store.vault.files import OpenFile

Row = dict[str, object]
Dump = dict[str, list[Row]]
Bound = tuple[str, bytes]
Holder = Callable[[Sequence[Bound]], list[list[bytes]]]
"""Every key that any key-encryption key of a holder gives for each of (binding, wrapped)."""

CELL = "tests.invalid/cell"
TABLES = {table.name: table for meta in (READ, KEPT) for table in meta.sorted_tables}
_HEAD, _NONCE, _SALT, _WRAPPED = 21, 12, 32, 60
_GAP = 24
"""So many bytes at most lie between a scope's name and its wrapped key in a row of either database."""
_SPELLED = re.compile(rb"(?<![0-9A-Za-z+/=])(?:[0-9a-f]{64}|[0-9A-Za-z+/]{43}=?)(?![0-9A-Za-z+/=])")


def blob(value: object) -> bytes:
    """Bytes of a column, whichever driver gave them."""
    assert isinstance(value, bytes | memoryview)
    return bytes(value)


def dump_of(url: str) -> Dump:
    """A whole database, as somebody who copies it has it."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = {
            name: [dict(row) for row in connection.execute(sa.select(table)).mappings().all()]
            for name, table in TABLES.items()
        }
    engine.dispose()
    return found


def dump_of_backup(folder: Path) -> Dump:
    """The rows of a backup or of a key bundle, from its files alone."""
    found: Dump = {}
    for path in sorted(folder.glob("*/*.jsonl")):
        table = KEPT.tables[path.stem]
        rows = [tables.row_of(table, line) for line in path.read_bytes().splitlines()]
        found.setdefault(path.stem, []).extend(rows)
    return found


def spelled(folders: Iterable[Path]) -> set[bytes]:
    """Every value of 32 bytes that stands in any file, plain, in hexadecimal or in base64: it could be a key."""
    found: set[bytes] = set()
    for path in (path for folder in folders for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        if len(data) == 32:
            found.add(data)
        for text in _SPELLED.findall(data):
            found.add(bytes.fromhex(text.decode()) if len(text) == 64 else base64.b64decode(text[:43] + b"="))
    return found


def remnants(files: Iterable[Path], scopes: Iterable[str]) -> list[Bound]:
    """What could be left of wrapped keys in the bytes of database files: whatever stands close behind a scope's name.

    Deleted rows lie in free pages and dead tuples until something takes their place.
    """
    found = set()
    names = sorted(scopes)
    for data in (path.read_bytes() for path in files):
        for name in names:
            ends = (at.end() for at in re.finditer(re.escape(name.encode()) + rb"(?![0-9a-zA-Z-])", data))
            for start in (end + gap for end in ends for gap in range(_GAP)):
                found.add((name, data[start : start + _WRAPPED]))
    return [(name, data) for name, data in sorted(found) if len(data) == _WRAPPED]


def key_files(folder: Path, cell: str) -> Holder:
    """A holder made of the files of a folder: every file of 32 bytes is tried as a key-encryption key."""
    ciphers = [AESGCM(path.read_bytes()) for path in folder.iterdir() if path.stat().st_size == 32]

    def tried(wrapped: Sequence[Bound]) -> list[list[bytes]]:
        bound = [(data, f"tallystick/key/v1|{cell}|{binding}".encode()) for binding, data in wrapped]
        return [list(_opening(ciphers, data[:_NONCE], data[_NONCE:], text)) for data, text in bound]

    return tried


def _opening(ciphers: Iterable[AESGCM], nonce: bytes, data: bytes, bound: bytes) -> Iterator[bytes]:
    for cipher in ciphers:
        try:
            yield cipher.decrypt(nonce, data, bound)
        except (InvalidTag, ValueError):
            continue


@dataclass
class Searcher:
    """Tries everything, and keeps what opens.

    is_thorough  every key in every place, of any scope; else only the keys of the scopes that a row names
    values       more keys to try, wherever they were found
    """

    holder: Holder
    is_thorough: bool = True
    cell: str = CELL
    values: set[bytes] = field(default_factory=set)
    opened: list[bytes] = field(default_factory=list)
    objects: set[str] = field(default_factory=set)  # ids of what opened
    tries: int = 0
    keys: dict[bytes, set[str]] = field(default_factory=dict)  # scope key: the scopes that it was found for
    inner: set[bytes] = field(default_factory=set)  # keys of single objects and files
    wrapped: int = 0
    ciphertexts: int = 0
    _drawn: dict[tuple[bytes, ...], bytes] = field(default_factory=dict)

    def search(self, dumps: Sequence[Dump], folders: Sequence[Path] = ()) -> "Searcher":
        """Every wrapped key under every key-encryption key; then every ciphertext under every key that this gave.

        folders  where sealed files lie
        """
        self._unwrap(dumps)
        objects = _different(dumps, "vault_object", ("object", "scopes", "commitment", "wrapped", "sealed"))
        files = _different(dumps, "vault_file", ("file", "scopes", "commitment", "wrapped", "place", "bytes", "path"))
        for row in objects:
            self._inner_key(str(row["object"]), row)
        for row in files:
            self._inner_key(str(row["file"]), row)
        self._contents(objects)
        self._files(files, folders)
        for name, place in (("draft", "work"), ("credential", "login")):
            for row in _different(dumps, name, (place, "sealed")):
                self._private(blob(row["sealed"]), f"{name}|{row[place]}")
        return self

    def finds(self, marker: str) -> bool:
        """Whether a marker stands in anything that opened."""
        return any(marker.encode() in payload for payload in self.opened)

    def _unwrap(self, dumps: Sequence[Dump]) -> None:
        """Under the binding that the row names, and those of every other epoch."""
        rows = _different(dumps, "vault_key", ("scope", "generation", "epoch", "wrapped"))
        epochs = {int(str(row["epoch"])) for row in rows}
        named = [(f"{row['scope']}#{row['generation']}", blob(row["wrapped"])) for row in rows]
        tried = [(name, (f"{name}@{epoch}", wrapped)) for name, wrapped in named for epoch in sorted(epochs)]
        for (name, _), keys in zip(tried, self.holder([bound for _, bound in tried]), strict=True):
            for key in keys:
                self.keys.setdefault(key, set()).add(name.rpartition("#")[0])
        self.wrapped = len(rows)
        self.tries += len(tried)
        for name, (binding, wrapped) in tried if self.is_thorough else []:
            text = f"tallystick/key/v1|{self.cell}|{binding}".encode()
            for key in _opening(map(AESGCM, self.values), wrapped[:_NONCE], wrapped[_NONCE:], text):
                self.keys.setdefault(key, set()).add(name.rpartition("#")[0])
            self.tries += len(self.values)

    def _combinations(self, names: str) -> Iterator[tuple[bytes, ...]]:
        """The keys of the scopes in their order; all keys in all places when it is thorough."""
        scopes = [name.rpartition("#")[0] for name in names.split(" ")]
        own = [[key for key, of in self.keys.items() if scope in of] for scope in scopes]
        yield from itertools.product(*([list(self.keys)] * len(scopes) if self.is_thorough else own))
        if len(scopes) == 1:
            yield from ((value,) for value in self.values)

    def _cipher(self, keys: tuple[bytes, ...], purpose: bytes) -> AESGCM:
        drawn = self._drawn.get(keys)
        if drawn is None:
            drawn = self._drawn[keys] = hmac.digest(b"tallystick/scopes/v2", b"".join(keys), "sha256")
        return AESGCM(hmac.digest(drawn, purpose + b"\x01", "sha256"))

    def _inner_key(self, name: str, row: Row) -> None:
        wrapped, scopes = blob(row["wrapped"]), str(row["scopes"])
        if not wrapped:
            return
        self.ciphertexts += 1
        head, body = wrapped[:_HEAD], wrapped[_HEAD:]
        purpose = f"tallystick/wrap/v2\x00{name}\x00{scopes}".encode()
        bound = f"tallystick/wrap/v2\x00{name}\x00{scopes}\x00{row['commitment']}\x00".encode() + head
        for keys in self._combinations(scopes):
            self.tries += 1
            for key in _opening([self._cipher(keys, purpose)], head[-_NONCE:], body, bound):
                self.inner.add(key)
                self.objects.add(name)

    def _contents(self, rows: Sequence[Row]) -> None:
        """Every object under every key of an object: also one that was wrapped in one copy and sealed in another."""
        ciphers = [
            AESGCM(key) for key in (self.inner | self.values | set(self.keys) if self.is_thorough else self.inner)
        ]
        for row in (row for row in rows if blob(row["sealed"])):
            sealed = blob(row["sealed"])
            bound = f"tallystick/seal/v2\x00{row['object']}\x00{row['commitment']}\x00".encode() + sealed[:_HEAD]
            self.ciphertexts += 1
            self.tries += len(ciphers)
            for plain in _opening(ciphers, sealed[_HEAD - _NONCE : _HEAD], sealed[_HEAD:], bound):
                self.opened.append(plain[_SALT:])
                self.objects.add(str(row["object"]))

    def _files(self, rows: Sequence[Row], folders: Sequence[Path]) -> None:
        for row, folder, key in itertools.product(rows, folders, self.inner):
            place = str(row["place"])
            if not (folder / place).is_file() or not blob(row["wrapped"]):
                continue
            self.tries += 1
            file = OpenFile(
                str(row["file"]), str(row["path"]), place, str(row["commitment"]), int(str(row["bytes"])), key,
                blob(row["wrapped"])[_HEAD - _NONCE : _HEAD],
            )  # fmt: skip
            try:
                self.opened.append(file.read(FolderBlobs(folder)))
                self.objects.add(file.file)
            except VaultError:
                continue

    def _private(self, sealed: bytes, place: str) -> None:
        end = 3 + int.from_bytes(sealed[1:3], "big")
        self.ciphertexts += 1
        names = sealed[3:end].decode()
        bound = place.encode() + b"\x00" + sealed[:end]
        for keys in self._combinations(names):
            self.tries += 1
            cipher = self._cipher(keys, f"tallystick/private/v2\x00{names}".encode())
            self.opened.extend(_opening([cipher], sealed[end : end + _NONCE], sealed[end + _NONCE :], bound))


def _different(dumps: Sequence[Dump], name: str, columns: Sequence[str]) -> list[Row]:
    """The rows of a table in any copy, once each."""
    found: dict[tuple[object, ...], Row] = {}
    for row in (row for dump in dumps for row in dump.get(name, [])):
        plain = {key: bytes(value) if isinstance(value, memoryview) else value for key, value in row.items()}
        found.setdefault(tuple(plain[column] for column in columns), plain)
    return list(found.values())

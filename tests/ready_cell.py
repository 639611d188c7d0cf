"""Cells that are made once and copied: copying the folder and the database takes a tenth of the time of making them.

`living_cell.cell_at` and `world_at`, and all that is built on them, come here by themselves. A test has one copy of an
original at a time: a second cell in the same test is made from nothing, so that two cells never share keys or ids.
"""

import os
import shutil
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final, Generic, TypeVar

import psycopg
import sqlalchemy as sa
from psycopg import errors, sql

T = TypeVar("T")
NUMBERS = count(1)
KEY_FOLDER = "keys"


@dataclass(frozen=True)
class Original(Generic[T]):
    """A cell that was made, and is closed: its folder, its database, and what its maker says of it."""

    folder: Path
    database: str
    told: T


class Shelf:
    """The originals of one test run. Without a folder, as in a script, every cell is made from nothing."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.clerk: psycopg.Connection | None = None
        self.empty: set[str] = set()  # addresses of databases that a test was given, and has put nothing into
        self._originals: dict[Hashable, Original[object]] = {}
        self._open: set[Hashable] = set()
        self._used: set[tuple[Hashable, str]] = set()
        self._is_making = False

    @contextmanager
    def copy(self, key: Hashable, url: str, directory: Path, make: Callable[[str, Path], T]) -> Iterator[T | None]:
        """A copy of an original in this folder and database, not opened yet; None when one has to be made from nothing.

        key   what the original depends on beside the kind of database
        make  makes it at an address and in a folder, closes it, and says what a copy has to know
        """
        key = (key, url.partition(":")[0])
        test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
        is_second = key in self._open or (key, test) in self._used
        if self.folder is None or self._is_making or is_second or (directory / KEY_FOLDER).exists():
            yield None
            return
        original = self._original(key, url, make)
        if original is None or not self._database(original.database, url):
            yield None
            return
        shutil.copytree(original.folder, directory, dirs_exist_ok=True)
        self._open.add(key)
        self._used.add((key, test))
        try:
            yield original.told
        finally:
            self._open.discard(key)

    def _original(self, key: Hashable, url: str, make: Callable[[str, Path], T]) -> Original[T] | None:
        if key not in self._originals:
            assert self.folder is not None
            number = next(NUMBERS)
            folder, name = self.folder / f"cell-{number}", f"original_{number}"
            database = f"sqlite+pysqlite:///{self.folder / name}.db"
            if not url.startswith("sqlite"):
                if self.clerk is None or url not in self.empty:
                    return None
                self.clerk.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
                database = sa.make_url(url).set(database=name).render_as_string(hide_password=False)
            self._is_making = True
            try:
                self._originals[key] = Original(folder, database, make(database, folder))
            finally:
                self._is_making = False
        return self._originals[key]  # type: ignore[return-value]  # a key stands for one maker

    def _database(self, original: str, url: str) -> bool:
        """Whether the database at this address, which was empty, now holds what the original's does."""
        name = sa.make_url(url).database or ""
        source = sa.make_url(original).database or ""
        if url.startswith("sqlite"):
            if Path(name).exists():
                return False
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, name)
            return True
        if self.clerk is None or url not in self.empty:
            return False
        try:
            self.clerk.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
        except errors.ObjectInUse:  # the test is connected to it already
            return False
        self.empty.discard(url)
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self.clerk.execute(statement.format(sql.Identifier(name), sql.Identifier(source)))
        return True


SHELF: Final = Shelf()

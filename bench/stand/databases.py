"""Empty databases with durable commits: SQLite in a folder, or a private PostgreSQL server. Removes what it made."""

import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

from postgres import SUPERUSER, private_server, url

KINDS = ("sqlite", "postgresql")
NewDatabase = Callable[[Path], str]
"""Makes an empty database for the cell in a folder: its address."""


@contextmanager
def stand(kind: str) -> Iterator[tuple[Path, NewDatabase]]:
    """A temporary folder, and a way to make databases, for one block. kind: a name in KINDS.

    SQLite runs with WAL and synchronous FULL, PostgreSQL with its defaults: fsync and synchronous_commit on.
    """
    with tempfile.TemporaryDirectory(prefix="tallystick-bench-") as name:
        folder = Path(name)
        if kind == "sqlite":
            yield folder, lambda cell: f"sqlite+pysqlite:///{cell}.db"
            return
        with private_server(durable=True) as socket_folder:
            yield folder, _maker(socket_folder)


def _maker(socket_folder: str) -> NewDatabase:
    numbers = count(1)

    def make(_cell: Path) -> str:
        name = f"bench_{next(numbers)}"
        with psycopg.connect(host=socket_folder, user=SUPERUSER, dbname="postgres", autocommit=True) as clerk:
            clerk.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return url(socket_folder, name)

    return make


def machine() -> dict[str, object]:
    """What a figure means nothing without: cores, load of the last minute, interpreter."""
    return {"cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1), "python": platform.python_version()}

"""Fixtures that every test may use: an empty database on either server, and a real browser.

database_url   an empty database; the test runs twice, on SQLite and on PostgreSQL
sqlite_url     an empty SQLite database only
postgres_url   an empty PostgreSQL database only
browser        a running Chromium (tests/browser.py has what to do with it)

Dispose of every engine before the test ends: a connection that is left open is a warning, and warnings are errors.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import hypothesis
import psycopg
import pytest
import sharing
from browser import start_chromium
from playwright.sync_api import Browser
from postgres import SUPERUSER, private_server, url
from psycopg import sql
from ready_cell import SHELF

# A busy machine is no fault of the code, so no deadline. CI draws the same examples each time, so that a change is
# judged by what it changed; people draw new ones.
hypothesis.settings.register_profile("house", deadline=None, print_blob=True, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("house")

NUMBERS = count(1)
MEMORY = Path("/dev/shm")  # noqa: S108 - Linux keeps it in memory; TMPDIR names another place
MEMORY_BYTES = 6 << 30
HERE = {"127.0.0.1", "::1", "localhost", "0.0.0.0", "::", None, ""}  # noqa: S104 - names of this machine, nothing binds


class NetworkUsed(RuntimeError):
    """A test reached for another machine. Tests bring what they need; use a server on 127.0.0.1."""


def refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook: nothing in this process connects to, or asks for the address of, another machine."""
    address = arguments[1] if event == "socket.connect" else arguments[:1] if event == "socket.getaddrinfo" else ()
    if isinstance(address, tuple) and address:
        host = address[0].decode() if isinstance(address[0], bytes) else address[0]
        if host not in HERE:
            raise NetworkUsed(f"expected a test that stays on this machine, found a connection to {host!r}")


sys.addaudithook(refuse_network)


def choose_temporary_folder() -> None:
    """Keep all temporary files in memory where there is room: thousands of small databases wait for a disk otherwise.

    No test pulls the plug, so none asks more of a disk than that another process sees what was written.
    """
    if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_BYTES:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


choose_temporary_folder()
# Hundreds of processes of ours begin in a run. Each would compile the whole program anew, where it may not keep that.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


def pytest_report_header() -> str:
    """Where temporary files lie, so that nobody looks for them elsewhere."""
    return f"temporary files in {tempfile.gettempdir()}"


@pytest.fixture(scope="session", autouse=True)
def originals(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where cells lie that are made once and copied."""
    SHELF.folder = tmp_path_factory.mktemp("originals")


@pytest.fixture(scope="session")
def postgres_folder() -> Iterator[str]:
    """The socket folder of a PostgreSQL server that lives as long as the test run."""
    with private_server(durable=False) as folder:
        yield folder


@pytest.fixture(scope="session")
def postgres_clerk(postgres_folder: str) -> Iterator[psycopg.Connection]:
    """The connection that makes and drops databases."""
    with psycopg.connect(host=postgres_folder, user=SUPERUSER, dbname="postgres", autocommit=True) as connection:
        SHELF.clerk = connection
        yield connection
        SHELF.clerk = None


@pytest.fixture
def postgres_url(postgres_folder: str, postgres_clerk: psycopg.Connection) -> Iterator[str]:
    """The address of an empty PostgreSQL database, dropped after the test."""
    name = f"test_{next(NUMBERS)}"
    # Copying files beats writing the copy to the write-ahead log when nothing waits for the disk.
    postgres_clerk.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE template0 STRATEGY file_copy").format(sql.Identifier(name))
    )
    address = url(postgres_folder, name)
    SHELF.empty.add(address)
    yield address
    SHELF.empty.discard(address)
    postgres_clerk.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of an empty SQLite database in the test's own folder."""
    return f"sqlite+pysqlite:///{tmp_path / 'cell.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database: once on each server that a cell can run on."""
    fixture = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(fixture))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium that lives as long as the test run; every page gets a context of its own."""
    with start_chromium() as chromium:
        yield chromium


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last."""
    items.sort(key=sharing.needs_browser)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Run what no other process of the same run has taken."""
    return sharing.run(session)

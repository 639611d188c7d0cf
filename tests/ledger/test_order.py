"""Places of the journal under real concurrency on PostgreSQL: no gap, and no row that comes late behind the seal.

Writers in threads and in other processes hold their transactions open, give them up, and lose their connections in the
middle, while a sealer seals as fast as it can. It is tried under both isolation levels that a server may have as its
default: ours is asked for in each connection.
"""

import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql
from sealed_cell import SIGNER, Cell, cell_at

from tallystick.audit.log import verify_log
from tallystick.ledger import journal, rows
from tallystick.ledger.compare import compare_journal
from tallystick.ledger.sealer import Sealer

THREADS, PROCESSES, TURNS = 6, 2, 25
WRITER = """
import sys
sys.path.insert(0, sys.argv[1])
from test_order import write
write(sys.argv[2], int(sys.argv[3]))
"""


class GivenUp(Exception):
    """A writer that changes its mind."""


def write(url: str, seed: int) -> None:
    """Append in small groups; some transactions wait, some are given up, some lose their connection."""
    chance = random.Random(seed)  # noqa: S311 - the same every time
    engine = journal.connect(url)
    for turn in range(TURNS):
        fate = chance.choice(["commit", "commit", "commit", "wait", "give up", "lost before", "lost after"])
        try:
            with journal.writing(engine) as connection:
                append(connection, f"{seed}-{turn}", chance.randrange(1, 4), fate=fate)
        except (GivenUp, journal.DatabaseError):
            assert fate in {"give up", "lost before", "lost after"}, fate
    engine.dispose()


def append(connection: sa.Connection, name: str, number: int, *, fate: str) -> None:
    """One transaction up to its commit."""
    if fate == "lost before":
        connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
    was = journal.lock_head(connection)
    entries = [("x/1", f"{name} {was.next_seq + place}".encode()) for place in range(number)]
    if fate == "wait":
        connection.exec_driver_sql("SELECT pg_sleep(0.005)")
    now = journal.Head(was.next_seq + number, was.last_at + 1)
    journal.append(connection, entries, was=was, now=now, counts={name: 1})
    if fate == "wait":
        connection.exec_driver_sql("SELECT pg_sleep(0.005)")
    if fate == "lost after":
        connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
    if fate == "give up":
        raise GivenUp


def writers(url: str, errors: list[BaseException]) -> list[threading.Thread]:
    def one(seed: int) -> None:
        try:
            write(url, seed)
        except BaseException as error:
            errors.append(error)
            raise

    return [threading.Thread(target=one, args=(seed,)) for seed in range(THREADS)]


@pytest.mark.parametrize("level", ["read committed", "serializable"])
def test_no_row_comes_late_and_none_is_missing(
    postgres_url: str, postgres_clerk: psycopg.Connection, tmp_path: Path, level: str
) -> None:
    name = sql.Identifier(postgres_url.split("@/")[1].split("?", maxsplit=1)[0])
    postgres_clerk.execute(
        sql.SQL("ALTER DATABASE {} SET default_transaction_isolation = {}").format(name, sql.Literal(level))
    )
    with cell_at(postgres_url, tmp_path / "log") as cell:
        errors: list[BaseException] = []
        threads = writers(postgres_url, errors)
        others = [
            subprocess.Popen(  # noqa: S603 - this interpreter and our own text
                [sys.executable, "-c", WRITER, str(Path(__file__).parent), postgres_url, str(100 + number)],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
            for number in range(PROCESSES)
        ]
        for thread in threads:
            thread.start()
        with Sealer(cell.engine, cell.directory, [SIGNER]) as sealer:
            sealed = seal_while(sealer, threads, others)
        assert errors == []
        assert [other.wait(60) for other in others] == [0] * PROCESSES
        check(cell, sealed)


def seal_while(sealer: Sealer, threads: list[threading.Thread], others: list[subprocess.Popen[bytes]]) -> list[int]:
    """Seal until the last writer is done, and once more; the sizes that were sealed."""
    sizes: list[int] = []
    is_last = False
    while not is_last:
        is_last = not any(thread.is_alive() for thread in threads) and all(each.poll() is not None for each in others)
        signed = sealer.seal()
        sizes += [] if signed is None else [signed.size]
    return sizes


def check(cell: Cell, sealed: list[int]) -> None:
    end = rows.end_of(cell.engine)
    assert sealed[-1] == end > (THREADS + PROCESSES) * TURNS / 2
    assert sealed == sorted(set(sealed))
    assert len(sealed) > 5, "expected a sealer that ran beside the writers"
    assert compare_journal(cell.engine, cell.directory) == []
    for seq, entry in enumerate(rows.read(cell.engine, 0, end)):
        assert entry.endswith(f" {seq}".encode()), "each row knows the place that it was given"
    report = verify_log(cell.directory, SIGNER.vkey, check=lambda _index, _entry: [])
    assert (report.problems, report.size) == ((), end)

"""How fast the log is: events sealed, sealed in small steps, checked at start, verified offline, proven.

Run: .venv/bin/python bench/seal.py [--events N] [--bytes N] [--database URL]. Writes a journal into a temporary folder,
and into the empty database at URL or DATABASE_URL; prints one table for each. Commits are durable.
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))


from tallystick import canon
from tallystick.audit.log import Status, verify_log
from tallystick.ledger import journal, rows
from tallystick.ledger.reader import LogReader
from tallystick.ledger.sealer import Sealer
from tallystick.ledger.signer import SoftwareSigner
from tallystick.ledger.tree import leaf_hash

TARGET = 30_000
STEP = 10_000
SMALL = 200
ACTORS = 40


def entry(seq: int, filling: str) -> bytes:
    """One event in the form of our envelope."""
    value = {
        "at": 1_700_000_000_000_000 + seq,
        "body": {"item": f"itm-{seq:020d}", "verdict": "slightly-a", "text": filling},
        "by": f"per-{seq % ACTORS}",
        "cmd": f"{seq:064x}",
        "kind": "judgment-submitted/1",
        "n": seq // ACTORS + 1,
        "req": f"{seq:064x}",
        "role": "expert",
        "seq": seq,
        "v": 1,
    }
    return canon.encode(value)


def fill(engine: sa.Engine, count: int, *, size: int) -> None:
    """Append `count` events of about `size` bytes, in durable transactions of 10,000."""
    filling = "x" * max(0, size - len(entry(count, "")))
    for _ in range(0, count, STEP):
        with journal.writing(engine) as connection:
            was = journal.lock_head(connection)
            stop = min(was.next_seq + STEP, count)
            new = [("judgment-submitted/1", entry(seq, filling)) for seq in range(was.next_seq, stop)]
            now = journal.Head(stop, was.last_at + 1)
            journal.append(connection, new, was=was, now=now, counts={"per-0": 1})


@contextmanager
def timed(what: str, count: int, *, target: int | None = None) -> Iterator[None]:
    """Print how many per second the block did."""
    start = time.perf_counter()
    yield
    taken = time.perf_counter() - start
    verdict = "" if target is None else f"  target {target:,}: {'met' if count / taken >= target else 'MISSED'}"
    print(f"  {what:<46} {count / taken:>12,.0f} per second  ({taken:.2f} s){verdict}", flush=True)


def measure(url: str, folder: Path, *, events: int, size: int) -> None:
    """Fill, seal, reopen, verify and prove on one database."""
    engine = journal.connect(url)
    journal.create(engine)
    if rows.end_of(engine):
        raise SystemExit("expected an empty database, found a journal in it: give another one with --database")
    print(f"{engine.dialect.name}, {events:,} events of about {size} bytes")
    small = min(20 * SMALL, events // 10)
    with timed("journal filled (transactions of 10,000)", events):
        fill(engine, events, size=size)
    signer = SoftwareSigner("bench.invalid/cell", os.urandom(32))
    log = folder / "log"
    with Sealer(engine, log, [signer]) as sealer:
        with timed(f"sealed, a checkpoint every {SMALL} events", small):
            for stop in range(SMALL, small + 1, SMALL):
                sealer.seal(stop)
        with timed("sealed, the rest at once", events - small, target=TARGET):
            sealer.seal()
    with timed("checked by the next sealer at its start", events):
        Sealer(engine, log, [signer]).close()
    with timed("quick starts of a sealer", 10):
        for _ in range(10):
            Sealer(engine, log, [signer], thorough=False).close()
    with timed("verified offline: every entry, hash and file", events, target=TARGET):
        report = verify_log(log, signer.vkey)
    if report.status is not Status.OK:
        raise SystemExit(f"expected a good log, found {report.problems}")
    prove(LogReader(log), events)
    engine.dispose()


def prove(reader: LogReader, events: int) -> None:
    """Proofs of single entries, and one proof for many."""
    signed = reader.checkpoint()
    spread = range(0, events, max(1, events // 1000))
    with timed("record proofs made", len(spread)):
        for index in spread:
            reader.record_proof(index)
    with timed("entries proven by one multiproof", len(spread)):
        proof = reader.multiproof(spread, signed.size)
    many = f"{len(proof) * 32 / len(spread):.0f} bytes per entry"
    print(f"  that multiproof takes {many}; entries are spread evenly")
    if leaf_hash(reader.entry(0)) != reader.hash(0, 0):
        raise SystemExit("expected the first entry to hash to the first leaf, found another hash")


def main() -> None:
    """Measure on SQLite, and on the database that was given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--bytes", type=int, default=500)
    parser.add_argument("--database", default=os.environ.get("DATABASE_URL"), help="an empty database, beside SQLite")
    chosen = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}")
    for url in (None, chosen.database) if chosen.database else (None,):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            measure(url or f"sqlite+pysqlite:///{folder / 'cell.db'}", folder, events=chosen.events, size=chosen.bytes)


if __name__ == "__main__":
    main()

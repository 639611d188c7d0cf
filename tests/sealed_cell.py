"""A journal and a sealer to test with: entries in the form of our envelope, on any database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from tallystick import canon
from tallystick.ledger import head as heads
from tallystick.ledger import journal
from tallystick.ledger.lease import SECONDS, Lease
from tallystick.ledger.sealer import BATCH, Sealer
from tallystick.ledger.signer import Signer, SoftwareSigner
from tallystick.ledger.tile_store import Step, no_step
from tallystick.ledger.unsealed import RowCheck

SIGNER = SoftwareSigner("tests.invalid/cell", bytes(range(32)))
ACTORS = ("per-a", "per-b", "svc-c")


def entry(seq: int, **changes: object) -> bytes:
    """The leaf bytes of event `seq`: three actors take turns."""
    value: dict[str, object] = {
        "at": 1_700_000_000_000_000 + 1000 * seq,
        "body": {"item": f"itm-{seq}", "scores": [seq % 5, 3]},
        "by": ACTORS[seq % 3],
        "cmd": "c" * 64,
        "kind": "judgment-submitted/1",
        "n": seq // 3 + 1,
        "req": "d" * 64,
        "role": "expert",
        "seq": seq,
        "v": 1,
    }
    return canon.encode(value | changes)


@dataclass
class Cell:
    """A journal on a database, and where its log lies."""

    engine: sa.Engine
    directory: Path
    signer: SoftwareSigner = SIGNER
    signers: Sequence[Signer] = ()
    trusted: Sequence[str] = ()
    check: RowCheck | None = None
    time: float = 0.0
    size: int = field(default=0)

    def lease(self) -> Lease:
        """A would-be sealer on this cell's own clock; it shows no sign of life, so only time tells that it is dead."""
        return Lease(clock=lambda: self.time, shows=False)

    def quicken(self) -> None:
        """No waiting for the disk, for tests in which no machine stops. PostgreSQL does not wait in tests anyway."""
        if self.engine.dialect.name != "sqlite":
            return
        sa.event.listen(self.engine, "connect", lambda handle, _record: handle.execute("PRAGMA synchronous=OFF"))
        self.engine.dispose()  # so that the next connection is such a one

    def add(self, count: int) -> None:
        """Append `count` events."""
        if not count:
            return
        rows = [("judgment-submitted/1", entry(seq)) for seq in range(self.size, self.size + count)]
        with journal.writing(self.engine) as connection:
            was = journal.lock_head(connection)
            now = journal.Head(was.next_seq + count, was.last_at + 1)
            journal.append(connection, rows, was=was, now=now, counts={"per-a": 1})
        self.size += count

    def sealer(self, *, thorough: bool = True, step: Step = no_step, batch: int = BATCH) -> Sealer:
        """A new sealer. It takes over from any other: time goes on until the lease of that one has run out."""
        lease = self.lease()
        heads.create(self.engine)
        lease.watch(self.engine)
        self.time += SECONDS
        return Sealer(
            self.engine,
            self.directory,
            self.signers or [self.signer],
            trusted=self.trusted,
            lease=lease,
            check=self.check,
            thorough=thorough,
            step=step,
            batch=batch,
        )

    def alter(self, statement: str, **values: object) -> None:
        """What an administrator with database access can do: drop the guards, then change rows."""
        guards = {
            "sqlite": ["DROP TRIGGER IF EXISTS journal_no_update", "DROP TRIGGER IF EXISTS journal_no_delete"],
            "postgresql": ["DROP TRIGGER IF EXISTS journal_guard ON journal"],
        }
        with journal.writing(self.engine) as connection:
            for guard in guards[self.engine.dialect.name]:
                connection.exec_driver_sql(guard)
            connection.execute(sa.text(statement), values)


@contextmanager
def cell_at(url: str, directory: Path) -> Iterator[Cell]:
    """An empty cell on an empty database; its connections are closed at the end."""
    engine = journal.connect(url)
    try:
        journal.create(engine)
        yield Cell(engine, directory)
    finally:
        engine.dispose()


def files_of(directory: Path) -> dict[str, bytes]:
    """Every file below a directory, with its bytes."""
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def sealed_log(folder: Path, sizes: Sequence[int]) -> Path:
    """A log directory, sealed at each size in turn."""
    with cell_at(f"sqlite+pysqlite:///{folder / 'cell.db'}", folder / "log") as cell:
        cell.add(max(sizes))
        with cell.sealer() as sealer:
            for size in sizes:
                sealer.seal(size)
    return folder / "log"


def flip(path: Path, place: int) -> None:
    """Turn one bit of one byte of a file."""
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)

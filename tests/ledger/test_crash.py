"""Kill the sealer before and after each durable step, then start it again: the log is the one of a quiet run.

The steps are not listed here: a quiet run is watched, and every step that it takes becomes a case.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sealed_cell import SIGNER, Cell, cell_at, files_of

from tallystick.audit.log import Status, verify_log
from tallystick.ledger.note import parse_vkey
from tallystick.ledger.reader import LogReader, NotInLog

SIZES = (200, 300, 600)
KEY = parse_vkey(SIGNER.vkey)


class Killed(BaseException):
    """The process ends here, as far as the sealer can tell."""


def run(cell: Cell, steps: list[str], kill_at: int | None, *, thorough: bool = True) -> None:
    """One process: it seals at each size in turn, and dies at the step with this number."""

    def step(name: str) -> None:
        steps.append(name)
        if kill_at is not None and len(steps) > kill_at:
            raise Killed

    sealer = cell.sealer(thorough=thorough, step=step)
    for size in SIZES:
        if size >= sealer.size:
            sealer.seal(size)


@contextmanager
def fresh(folder: Path) -> Iterator[Cell]:
    folder.mkdir()
    with cell_at(f"sqlite+pysqlite:///{folder / 'cell.db'}", folder / "log") as cell:
        sa.event.listen(cell.engine, "connect", lambda handle, _record: handle.execute("PRAGMA synchronous=OFF"))
        cell.engine.dispose()  # so that the next connection is such a one
        cell.add(SIZES[-1])
        yield cell


def test_a_crash_at_any_step_and_a_second_one_in_the_recovery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A crash is an exception here, so the disk loses nothing, and a thousand waits for it would show nothing.
    monkeypatch.setattr(os, "fsync", lambda _handle: None)
    with fresh(tmp_path / "quiet") as cell:
        steps: list[str] = []
        run(cell, steps, None)
        expected = files_of(cell.directory)
        head = heads_row(cell)
    assert len(steps) > 60
    assert {name.split()[0] for name in steps} == {"before", "after"}
    second_crashes = 0
    for kill_at in range(len(steps)):
        folder = tmp_path / str(kill_at)
        with fresh(folder) as cell:
            published = crash(cell, kill_at, label=steps[kill_at])
            # The second process starts quickly and dies too, a little further, if it finds so much to do.
            try:
                run(cell, [], kill_at % 7, thorough=False)
            except Killed:
                second_crashes += 1
            published += [size for size in sizes_of(cell) if size not in published]
            run(cell, [], None)
            assert files_of(cell.directory) == expected, steps[kill_at]
            assert heads_row(cell) == head, steps[kill_at]
            assert set(published) <= {0, *SIZES}
        shutil.rmtree(folder)
    assert second_crashes > len(steps) / 2


def crash(cell: Cell, kill_at: int, *, label: str) -> list[int]:
    """Die at a step; what was published until then holds, and is published for good."""
    with pytest.raises(Killed):
        run(cell, [], kill_at)
    sizes = sizes_of(cell)
    if (cell.directory / "checkpoint").exists():
        report = verify_log(cell.directory, SIGNER.vkey)
        assert report.status is Status.OK, (label, report)
    return sizes


def sizes_of(cell: Cell) -> list[int]:
    reader = LogReader(cell.directory)
    try:
        shown = [reader.checkpoint(KEY).size]
    except NotInLog:
        shown = []
    return [*shown, *(reader.checkpoint_at(size, KEY).size for size in reader.archived_sizes())]


def heads_row(cell: Cell) -> tuple[int, bytes]:
    with cell.engine.connect() as connection:
        size, root = connection.execute(sa.text("SELECT size, root FROM seal_head")).one()
    return size, bytes(root)


def test_half_a_file_in_the_staging_folder_is_cleared(tmp_path: Path) -> None:
    """The machine stopped while a file was being written: it never had its name, so nobody saw it."""
    with fresh(tmp_path / "cell") as cell:
        run(cell, [], None)
        expected = files_of(cell.directory)
        torn = tmp_path / "cell" / "log.staging" / "1"
        torn.mkdir(exist_ok=True)
        (torn / "0").write_bytes(b"half a ti")
        cell.sealer().close()
        assert files_of(cell.directory) == expected
        assert not torn.exists()

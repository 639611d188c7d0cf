"""Sealers started at once under load, frozen at any step for longer than their lease, woken at any later one: no fork.

Each sealer is a thread that stops at every step, and a seeded scheduler says who goes on: so every interleaving of
steps can happen, and each is the same every time it is run. Time is a number that the scheduler moves.

TALLYSTICK_RACE_ROUNDS says how many rounds (1,000 for the acceptance); TALLYSTICK_RACE_SEED where they begin.
"""

import os
import random
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sealed_cell import SIGNER, Cell, cell_at, entry

from tallystick.audit.log import Status, verify_log
from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger.lease import SECONDS
from tallystick.ledger.note import parse_vkey
from tallystick.ledger.reader import LogReader, NotInLog
from tallystick.ledger.sealer import Fenced, Leased, Sealer
from tallystick.ledger.tree import leaf_hashes, root_of

KEY = parse_vkey(SIGNER.vkey)
ROUNDS = int(os.environ.get("TALLYSTICK_RACE_ROUNDS", "12"))
SEED = int(os.environ.get("TALLYSTICK_RACE_SEED", "0"))
ALIVE_SECONDS = 60


class Stopped(BaseException):
    """The round is over; whoever is still frozen ends here."""


@dataclass
class Ledger:
    """A signer that remembers everything it signed, and refuses nothing: the fork would be seen here first."""

    signed: dict[int, set[bytes]] = field(default_factory=dict)
    name = SIGNER.name
    vkey = SIGNER.vkey
    key_id = SIGNER.key_id
    custody = SIGNER.custody

    def sign(self, message: bytes) -> bytes:
        _, size, root, _ = message.decode().split("\n")
        self.signed.setdefault(int(size), set()).add(root.encode())
        return SIGNER.sign(message)


class Runner:
    """One sealer in a thread. It runs from step to step, and only when it is told to."""

    def __init__(self, cell: Cell, work: Callable[["Runner"], None]) -> None:
        self.cell = cell
        self.lease = cell.lease()
        self.steps = 0
        self.is_done = False
        self.error: BaseException | None = None
        self._work = work
        self._go, self._paused = threading.Semaphore(0), threading.Semaphore(0)
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._paused.acquire(timeout=ALIVE_SECONDS), "expected the first pause"

    def step(self, _name: str = "") -> None:
        """Stand still until told to go on: this is where a process may be frozen, for as long as it may be."""
        self.steps += 1
        self._paused.release()
        self._go.acquire()
        if self._is_stopping:
            raise Stopped

    def go_on(self) -> None:
        """Let it run to its next step."""
        self._go.release()
        assert self._paused.acquire(timeout=ALIVE_SECONDS), "expected the next step: a frozen sealer holds this one up"

    def stop(self) -> None:
        self._is_stopping = True
        self._go.release()
        self._thread.join(ALIVE_SECONDS)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self.step()
            self._work(self)
        except Stopped:
            pass
        except BaseException as error:  # noqa: BLE001 - looked at by the scheduler
            self.error = error
        finally:
            self.is_done = True
            self._paused.release()


def seal_again_and_again(runner: Runner) -> None:
    """What a process does: take its turn when there is one, seal, and begin anew after whatever stopped it."""
    is_first = True
    for _ in range(12):
        runner.step()
        try:
            sealer = Sealer(
                runner.cell.engine, runner.cell.directory, runner.cell.signers, lease=runner.lease, step=runner.step,
                thorough=is_first,
            )  # fmt: skip
            is_first = False
            sealer.seal()
            runner.step()
            sealer.seal()
            sealer.close()
        except (Leased, Fenced):
            continue


class Watcher:
    """Looks at what is public after every step: it may only grow, and must always be what the journal gives."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self._roots: dict[int, bytes] = {}
        self._size = 0

    def root(self, size: int) -> bytes:
        if size not in self._roots:
            self._roots[size] = root_of(leaf_hashes(map(entry, range(size))))
        return self._roots[size]

    def look(self) -> None:
        try:
            text = (self._cell.directory / "checkpoint").read_text()
        except FileNotFoundError:
            assert self._size == 0, "the checkpoint went away"
            return
        shown = checkpoints.open_signed(text, KEY)
        assert shown.size >= self._size, f"the log went back from {self._size} to {shown.size}"
        assert shown.root == self.root(shown.size)
        self._size = shown.size


def race(cell: Cell, seed: int, *, sealers: int = 3) -> int:
    """One round; how many takeovers from a living holder there were."""
    chance = random.Random(seed)  # noqa: S311 - the same every time
    ledger, watcher = Ledger(), Watcher(cell)
    cell.signers = [ledger]
    runners = [Runner(cell, seal_again_and_again) for _ in range(sealers)]
    frozen: dict[Runner, int] = {}
    try:
        for _ in range(chance.randrange(60, 400)):
            alive = [runner for runner in runners if not runner.is_done]
            awake = [runner for runner in alive if frozen.get(runner, 0) <= 0]
            if not awake:
                break
            if chance.random() < 0.03:
                frozen[chance.choice(awake)] = chance.randrange(5, 120)
            for runner in frozen:
                frozen[runner] -= 1
            if chance.random() < 0.1 and cell.size < 900:
                cell.add(chance.randrange(1, 120))
            if chance.random() < 0.05:
                cell.time += chance.choice([1.0, SECONDS / 2, SECONDS + 1])
            chance.choice(awake).go_on()
            watcher.look()
        wake_all(runners, watcher)
    finally:
        for runner in runners:
            runner.stop()
    assert [runner.error for runner in runners if runner.error] == []
    assert all(len(roots) == 1 for roots in ledger.signed.values()), "two roots of one size were signed"
    settle(cell, watcher, ledger)
    return sum(1 for runner in runners if runner in frozen)


def wake_all(runners: list[Runner], watcher: Watcher) -> None:
    """Whoever was frozen wakes and does what it was about to do."""
    for runner in runners:
        for _ in range(40):
            if runner.is_done:
                break
            runner.go_on()
            watcher.look()


def settle(cell: Cell, watcher: Watcher, ledger: Ledger) -> None:
    """The next sealer seals what is left; then all that was ever archived is one history, and the log is good."""
    with cell.sealer() as sealer:
        sealer.seal()
    watcher.look()
    reader = LogReader(cell.directory)
    try:
        assert reader.checkpoint(KEY).size == cell.size
    except NotInLog:
        assert cell.size == 0
    for size in reader.archived_sizes():
        assert reader.checkpoint_at(size, KEY).root == watcher.root(size)
    assert all(len(roots) == 1 for roots in ledger.signed.values()), "two roots of one size were signed"
    report = verify_log(cell.directory, SIGNER.vkey)
    assert (report.status, report.size) == (Status.OK, cell.size), report


@pytest.fixture
def without_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody pulls the plug here, so a hundred thousand waits for the disk would show nothing."""
    monkeypatch.setattr(os, "fsync", lambda _handle: None)


@pytest.mark.usefixtures("without_waiting_for_the_disk")
def test_no_interleaving_forks_the_log(tmp_path: Path) -> None:
    taken = 0
    for number in range(ROUNDS):
        folder = tmp_path / str(number)
        folder.mkdir()
        with cell_at(f"sqlite+pysqlite:///{folder / 'cell.db'}", folder / "log") as cell:
            cell.quicken()
            taken += race(cell, SEED + number)
        shutil.rmtree(folder)
    assert taken > ROUNDS / 2, "expected that in most rounds somebody is frozen"


@pytest.mark.usefixtures("without_waiting_for_the_disk")
def test_no_interleaving_forks_the_log_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    with cell_at(postgres_url, tmp_path / "log") as cell:
        for number in range(max(3, ROUNDS // 50)):
            race(cell, SEED + number)


@pytest.mark.usefixtures("without_waiting_for_the_disk")
def test_a_holder_frozen_at_any_step_wakes_too_late(tmp_path: Path) -> None:
    """Frozen at each step in turn, for longer than its lease; another seals on; then it wakes and runs to its end."""
    total = 0
    for frozen_at in range(200):
        folder = tmp_path / str(frozen_at)
        folder.mkdir()
        with cell_at(f"sqlite+pysqlite:///{folder / 'cell.db'}", folder / "log") as cell:
            cell.quicken()
            ledger, watcher = Ledger(), Watcher(cell)
            cell.signers = [ledger]
            cell.add(300)
            runner = Runner(cell, seal_again_and_again)
            while not runner.is_done and runner.steps <= frozen_at:
                runner.go_on()
            if runner.is_done or runner.steps > 70:
                runner.stop()
                break
            cell.add(30)
            with cell.sealer() as other:
                other.seal()
                cell.add(300)
                other.seal()
                watcher.look()
                wake_all([runner], watcher)
            runner.stop()
            assert runner.error is None
            settle(cell, watcher, ledger)
        shutil.rmtree(folder)
        total += 1
    assert total > 40


def test_the_watchers_see_a_step_back_and_a_second_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test of the tests."""
    monkeypatch.setattr(os, "fsync", lambda _handle: None)
    with cell_at(f"sqlite+pysqlite:///{tmp_path / 'cell.db'}", tmp_path / "log") as cell:
        ledger, watcher = Ledger(), Watcher(cell)
        cell.signers = [ledger]
        cell.add(300)
        cell.sealer().seal()
        watcher.look()
        forged = checkpoints.sign(SIGNER.name, 200, watcher.root(200), signers=[ledger])
        (cell.directory / "checkpoint").write_text(forged.note)
        with pytest.raises(AssertionError, match="the log went back from 300 to 200"):
            watcher.look()
        checkpoints.sign(SIGNER.name, 300, bytes(32), signers=[ledger])
        with pytest.raises(AssertionError, match="two roots of one size"):
            settle(cell, Watcher(cell), ledger)

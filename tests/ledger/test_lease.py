"""Whose turn it is: who waits for how long, who may take over, and how a process is known to be dead."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tallystick.ledger import head as heads
from tallystick.ledger import journal
from tallystick.ledger.head import Fenced
from tallystick.ledger.journal import Engine
from tallystick.ledger.lease import RESERVED_SECONDS, Lease, Leased

DIES = """
import os, sys
from tallystick.ledger import journal
from tallystick.ledger.lease import Lease
Lease(seconds=1000).claim(journal.connect(sys.argv[1]))
os._exit(1)
"""


class Clock:
    """Seconds that move only when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    found = journal.connect(database_url)
    journal.create(found)
    heads.create(found)
    yield found
    found.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def lease(clock: Clock) -> Lease:
    """One of another machine: only time tells whether it lives."""
    return Lease(seconds=10, clock=clock, shows=False)


def test_a_lease_runs_out_after_a_silence_that_the_watcher_measured_itself(engine: Engine, clock: Clock) -> None:
    one, two = lease(clock), lease(clock)
    held = one.claim(engine)
    clock.now = 1000.0  # how long it was held before anybody watched says nothing
    with pytest.raises(Leased, match=r"found it with .*: it runs out in 10.0 s") as caught:
        two.claim(engine)
    assert caught.value.holder == one.holder
    clock.now += 9.9
    with pytest.raises(Leased):
        two.claim(engine)
    held = one.keep(engine, held)  # it lives: the time begins anew
    clock.now += 0.2
    with pytest.raises(Leased) as caught:
        two.claim(engine)
    assert caught.value.wait_s == pytest.approx(10.0)
    clock.now += 10
    taken = two.claim(engine)
    assert (taken.epoch, taken.holder) == (held.epoch + 1, two.holder)
    with pytest.raises(Fenced):
        one.keep(engine, held)
    heads.hand_back(engine, held)
    assert heads.read(engine).holder == two.holder, "who was fenced hands nothing back"


def test_a_holder_beats_only_when_a_third_of_the_time_has_gone(engine: Engine, clock: Clock) -> None:
    one = lease(clock)
    held = one.claim(engine)
    assert one.keep(engine, held) == held
    clock.now = 3.4
    assert one.keep(engine, held).beats == held.beats + 1


def test_what_is_handed_back_is_free_at_once_and_kept_for_who_asked(engine: Engine, clock: Clock) -> None:
    one, two, three = lease(clock), lease(clock), lease(clock)
    held = one.claim(engine)
    two.ask(engine)
    three.ask(engine)
    assert heads.read(engine).asked == two.holder, "who asked first"
    heads.hand_back(engine, held)
    with pytest.raises(Leased, match="kept for who asked for it"):
        three.claim(engine)
    assert two.claim(engine).asked == ""
    heads.hand_back(engine, heads.read(engine))
    assert three.claim(engine).holder == three.holder


def test_who_asked_and_died_keeps_nobody_waiting(engine: Engine, clock: Clock) -> None:
    one, two = lease(clock), lease(clock)
    held = one.claim(engine)
    lease(clock).ask(engine)
    heads.hand_back(engine, held)
    with pytest.raises(Leased):
        two.claim(engine)
    clock.now += RESERVED_SECONDS
    assert two.claim(engine).asked == ""


def test_of_two_that_saw_the_same_one_gets_it(engine: Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = lease(clock), lease(clock)
    seen = heads.read(engine)
    one.claim(engine)
    monkeypatch.setattr(heads, "read", lambda _: seen)
    with pytest.raises(Leased, match="quicker"):
        two.claim(engine)


def test_a_process_of_this_machine_that_ended_without_a_word_is_known_to_be_dead(
    engine: Engine, database_url: str
) -> None:
    done = subprocess.run([sys.executable, "-c", DIES, database_url], check=False, env=dict(os.environ))  # noqa: S603 - our own text
    assert done.returncode == 1
    before = heads.read(engine)
    assert before.lease_ms == 1_000_000
    here = Lease()
    assert here.claim(engine).epoch == before.epoch + 1
    with pytest.raises(Leased):
        Lease().claim(engine)  # this one lives
    here.close()

"""The writer: one receipt for one key, many commands in one commit, and nothing half done."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from living_cell import EVENT_TIME, Clock, cell_at

from tallystick.app import access
from tallystick.app import cell as cells
from tallystick.app.access import CELL, Actor
from tallystick.app.cell import Cell
from tallystick.app.kernel import KEY_REUSED, KEY_WEAK, Command, Decide, Receipt, Transaction, new_key
from tallystick.events.envelope import Envelope, open_entry
from tallystick.events.oversight import ContentAccessed
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import projection

ENGINEER = Actor("per-engineer", frozenset({"engineer"}))
NO = Refused("not-today", "Come back tomorrow.")


def looked(subject: str = "itm-1") -> ContentAccessed:
    return ContentAccessed(subject=subject, what="item", reason="a test")


def command(
    subject: str = "itm-1", *, key: str | None = None, actor: Actor = CELL, decide: Decide | None = None
) -> Command:
    """A command that leaves one look behind."""
    return Command(
        actor, "self", new_key() if key is None else key, subject.encode(), decide or (lambda _: [looked(subject)])
    )


def envelopes(cell: Cell) -> list[Envelope]:
    """The whole journal."""
    with cell.read() as connection:
        end = journal.head(connection).next_seq
        return [open_entry(entry) for _, entry in journal.read(connection, 0, end)]


def check_order(found: list[Envelope]) -> None:
    """Places without gaps, time that never goes back, and each actor's own count without gaps."""
    assert [envelope.seq for envelope in found] == list(range(len(found)))
    assert [e.at for e in found] == sorted(e.at for e in found)
    counts: Counter[str] = Counter()
    for envelope in found:
        counts[envelope.by] += 1
        assert envelope.n == counts[envelope.by]


def together(cell: Cell, commands: list[Command]) -> list[object]:
    """Let all commands wait while one holds the writer, so that they share the next group."""
    entered, go = threading.Event(), threading.Event()

    def hold(_: Transaction) -> list[object]:
        entered.set()
        assert go.wait(30)
        return []

    def outcome(one: Command) -> object:
        try:
            return cell.execute(one)
        except (RuntimeError, KeyboardInterrupt) as error:
            return error

    with ThreadPoolExecutor(len(commands) + 1) as pool:
        holding = pool.submit(cell.execute, command(decide=hold))  # type: ignore[arg-type]  # no event is a decision too
        assert entered.wait(30)
        waiting = [pool.submit(outcome, one) for one in commands]
        while len(cell.kernel._queue) < len(commands):  # noqa: SLF001 - the one way to know that they wait
            threading.Event().wait(0.001)
        go.set()
        holding.result()
        return [future.result() for future in waiting]


def test_the_same_key_gives_the_same_receipt(database_url: str, tmp_path: Path) -> None:
    with cell_at(database_url, tmp_path / "cell") as cell:
        first = cell.execute(command(key="a-key-of-sixteen"))
        again = cell.execute(command(key="a-key-of-sixteen"))
        assert isinstance(first, Receipt)
        assert isinstance(again, Receipt)
        assert not first.is_repeat
        assert again.is_repeat
        assert (again.cmd, again.first_seq, again.at, again.facts) == (
            first.cmd,
            first.first_seq,
            first.at,
            first.facts,
        )
        assert len(envelopes(cell)) == 2


def test_the_same_key_of_somebody_else_is_another_command(sqlite_url: str, tmp_path: Path) -> None:
    with cell_at(sqlite_url, tmp_path / "cell") as cell:
        receipts = [cell.execute(command(key="a-key-of-sixteen", actor=actor)) for actor in (CELL, ENGINEER)]
        assert [isinstance(r, Receipt) and r.is_repeat for r in receipts] == [False, False]
        assert [e.by for e in envelopes(cell)][1:] == ["cell", "per-engineer"]


def test_a_key_for_something_else_is_refused(database_url: str, tmp_path: Path) -> None:
    with cell_at(database_url, tmp_path / "cell") as cell:
        cell.execute(command("itm-1", key="a-key-of-sixteen"))
        assert cell.execute(command("itm-2", key="a-key-of-sixteen")) == KEY_REUSED
        assert len(envelopes(cell)) == 2


def test_a_key_that_could_be_guessed_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    with cell_at(sqlite_url, tmp_path / "cell") as cell:
        assert cell.execute(command(key="fifteen-letters")) == KEY_WEAK
        assert len(envelopes(cell)) == 1


def test_the_log_tells_nothing_of_key_or_request(sqlite_url: str, tmp_path: Path) -> None:
    """The digest of a request is salted by its key: who guesses the request cannot confirm the guess."""
    with cell_at(sqlite_url, tmp_path / "cell") as cell:
        same = [command("itm-7") for _ in range(2)]
        for one in same:
            cell.execute(one)
        found = envelopes(cell)[1:]
        assert found[0].req != found[1].req
        assert same[0].key not in repr(found)


def test_a_double_click_in_one_group_is_one_judgment(database_url: str, tmp_path: Path) -> None:
    with cell_at(database_url, tmp_path / "cell") as cell:
        twins = together(cell, [command(key="a-key-of-sixteen"), command(key="a-key-of-sixteen")])
        assert sorted(r.is_repeat for r in twins if isinstance(r, Receipt)) == [False, True]
        assert len({r.first_seq for r in twins if isinstance(r, Receipt)}) == 1
        assert len(envelopes(cell)) == 2


def test_commands_that_wait_share_one_commit(database_url: str, tmp_path: Path) -> None:
    with cell_at(database_url, tmp_path / "cell") as cell:
        commits: list[int] = []
        cell.kernel.before_commit = lambda: commits.append(1)
        answers = together(cell, [command(f"itm-{n}") for n in range(20)])
        assert all(isinstance(answer, Receipt) for answer in answers)
        assert len(commits) == 2
        check_order(envelopes(cell))
        assert len(envelopes(cell)) == 21


def test_many_threads_lose_and_double_nothing(database_url: str, tmp_path: Path) -> None:
    with cell_at(database_url, tmp_path / "cell") as cell:
        commits: list[int] = []
        cell.kernel.before_commit = lambda: commits.append(1)
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda n: cell.execute(command(f"itm-{n}")), range(120)))
        found = envelopes(cell)
        check_order(found)
        assert sorted(a.first_seq for a in answers if isinstance(a, Receipt)) == list(range(1, 121))
        assert len(commits) < 120


def test_one_fault_fails_no_neighbour(database_url: str, tmp_path: Path) -> None:
    def fail(_: Transaction) -> list[object]:
        raise RuntimeError("this command is broken")

    with cell_at(database_url, tmp_path / "cell") as cell:
        broken = command(decide=fail)  # type: ignore[arg-type]  # it never returns
        answers = together(cell, [command("itm-1"), broken, command("itm-2")])
        assert [type(answer) for answer in answers] == [Receipt, RuntimeError, Receipt]
        check_order(envelopes(cell))
        assert len(envelopes(cell)) == 3


def test_a_refusal_writes_nothing_and_refuses_no_neighbour(database_url: str, tmp_path: Path) -> None:
    with cell_at(database_url, tmp_path / "cell") as cell:
        with cell.read() as connection:
            before = projection.dump(connection)
        assert cell.execute(command(decide=lambda _: NO)) == NO
        with cell.read() as connection:
            assert projection.dump(connection) == before
        answers = together(cell, [command("itm-1"), command(decide=lambda _: NO), command("itm-2")])
        assert [type(answer) for answer in answers] == [Receipt, Refused, Receipt]
        assert len(envelopes(cell)) == 3


def test_a_refused_key_may_be_used_again(sqlite_url: str, tmp_path: Path) -> None:
    """Nothing was written, so nothing was used up: the same form can be sent again once the reason is gone."""
    with cell_at(sqlite_url, tmp_path / "cell") as cell:
        assert cell.execute(command(key="a-key-of-sixteen", decide=lambda _: NO)) == NO
        assert isinstance(cell.execute(command(key="a-key-of-sixteen")), Receipt)


def test_who_may_not_sees_nothing(sqlite_url: str, tmp_path: Path) -> None:
    with cell_at(sqlite_url, tmp_path / "cell") as cell:
        wish = Command(ENGINEER, "release.cut", new_key(), b"", lambda _: [looked()])
        assert cell.execute(wish) == access.ABSENT
        assert len(envelopes(cell)) == 1


def test_journal_time_never_goes_back(database_url: str, tmp_path: Path) -> None:
    clock = Clock()
    with cell_at(database_url, tmp_path / "cell", clock=clock) as cell:
        for at in (EVENT_TIME + 50, EVENT_TIME - 1_000_000, EVENT_TIME + 51):
            clock.at = at
            cell.execute(command())
        assert [e.at - EVENT_TIME for e in envelopes(cell)] == [0, 50, 50, 51]


def test_the_role_is_the_one_that_gave_the_permission(sqlite_url: str, tmp_path: Path) -> None:
    with cell_at(sqlite_url, tmp_path / "cell") as cell:
        both = Actor("per-both", frozenset({"lead", "expert"}))
        cell.execute(Command(both, "work.do", new_key(), b"", lambda _: [looked()]))
        cell.execute(Command(both, "release.cut", new_key(), b"", lambda _: [looked()]))
        assert [e.role for e in envelopes(cell)] == ["cell", "expert", "lead"]


def test_two_processes_on_one_database_interleave(database_url: str, tmp_path: Path) -> None:
    """Each has its own kernel and its own connections, as two processes have; the head row is what they share."""
    with cell_at(database_url, tmp_path / "cell") as one:
        other = cells.open_cell(tmp_path / "cell", database=database_url, clock=Clock())
        try:
            homes = [one, other]
            with ThreadPoolExecutor(6) as pool:
                answers = list(pool.map(lambda n: homes[n % 2].execute(command(f"itm-{n}")), range(60)))
            found = envelopes(one)
            check_order(found)
            assert sorted(a.first_seq for a in answers if isinstance(a, Receipt)) == list(range(1, 61))
            shared = [homes[n].execute(command(key="a-key-of-sixteen")) for n in (0, 1)]
            assert [isinstance(r, Receipt) and r.is_repeat for r in shared] == [False, True]
        finally:
            other.close()


def test_a_process_that_is_stopped_leaves_no_command_waiting_for_ever(sqlite_url: str, tmp_path: Path) -> None:
    """An interrupt ends the thread that leads; whoever waits behind it hears of it, or is served by the next one."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    with cell_at(sqlite_url, tmp_path / "cell") as cell:
        cell.kernel.before_commit = interrupt
        with pytest.raises(KeyboardInterrupt):
            cell.execute(command())
        cell.kernel.before_commit = lambda: None
        assert isinstance(cell.execute(command()), Receipt)
        assert len(envelopes(cell)) == 2


def test_who_waits_behind_a_stopped_thread_hears_of_it(sqlite_url: str, tmp_path: Path) -> None:
    """One of the three leads and is stopped; the two that it carried are told, and a retry finds out."""
    stops = iter([False, True, False])

    def interrupt() -> None:
        if next(stops):
            raise KeyboardInterrupt

    with cell_at(sqlite_url, tmp_path / "cell") as cell:
        cell.kernel.before_commit = interrupt
        keys = [new_key() for _ in range(3)]
        answers = together(cell, [command(key=key) for key in keys])
        assert sorted(type(answer).__name__ for answer in answers) == ["KeyboardInterrupt", *["WriterStopped"] * 2]
        cell.kernel.before_commit = lambda: None
        assert [isinstance(cell.execute(command(key=key)), Receipt) for key in keys] == [True] * 3
        assert len(envelopes(cell)) == 4


def test_what_a_reader_sees_holds_still(database_url: str, tmp_path: Path) -> None:
    with cell_at(database_url, tmp_path / "cell") as cell, cell.read() as connection:
        before = journal.head(connection)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(cell.execute, command()).result()
        assert journal.head(connection) == before

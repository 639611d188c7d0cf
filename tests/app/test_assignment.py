"""Leases: everybody gets work of their own, nobody gets the same place twice, and what runs out comes home."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from living_cell import GOLD, PROGRAMME, World, answer_of, gold_row, item_row, world_at

from tallystick.app import access, assignment, items, judgment, roster
from tallystick.app.access import Actor
from tallystick.app.assignment import Task
from tallystick.app.judgment import Saved
from tallystick.app.kernel import Receipt, new_key
from tallystick.flow import assignment as flow
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import assignment as leases
from tallystick.store.schema import ASSIGNMENT, ITEM, JUDGMENT, WORK


def work_rows(world: World) -> list[sa.Row[tuple[object, ...]]]:
    with world.cell.read() as connection:
        return list(connection.execute(WORK.select().order_by(WORK.c.rank)).all())


def code(found: object) -> str:
    assert isinstance(found, Refused), found
    return found.code


def test_asking_twice_gives_the_same_task(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(3)
        expert = world.expert()
        first = world.task(expert)
        assert world.task(expert) == first
        assert assignment.task(world.cell, expert, first.assignment) == first
        assert sum(row.leased for row in work_rows(world)) == 1


def test_nobody_works_without_contract_and_qualification(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", domains=("general", "creative")) as world:
        world.work(1)
        expert = world.person("Eve", "expert")
        assert assignment.next_task(world.cell, expert, PROGRAMME) == flow.NO_CONTRACT
        begun = roster.start_qualification(world.cell, expert, programme=PROGRAMME, rubric="general", key=new_key())
        assert code(begun) == "no-contract"
        roster.execute_contract(
            world.cell, world.lead, expert.person, template=b"x", executed_at=1, ip_assigned_at=1, key=new_key()
        )
        assert assignment.next_task(world.cell, expert, PROGRAMME) == flow.NOT_QUALIFIED
        world.qualify(expert, "creative")
        assert assignment.next_task(world.cell, expert, PROGRAMME) == flow.NO_WORK
        world.qualify(expert, "general")
        assert isinstance(assignment.next_task(world.cell, expert, PROGRAMME), Task)
        assert assignment.next_task(world.cell, world.lead, PROGRAMME) == access.ABSENT
        assert assignment.next_task(world.cell, expert, "elsewhere") == access.ABSENT


def test_a_new_rubric_version_needs_a_new_qualification(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.work(2)
        expert = world.expert()
        world.judge(expert)
        world.publish("1.1.0", question="Does it really follow?")
        assert assignment.next_task(world.cell, expert, PROGRAMME) == flow.QUALIFICATION_LAPSED
        world.qualify(expert)
        assert world.task(expert).rubric.version == "1.1.0"


def test_experts_at_the_same_moment_never_share_a_place(database_url: str, tmp_path: Path) -> None:
    """Eight threads, four experts, two clicks each: every item keeps to its number of places."""
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(6)
        experts = [world.expert() for _ in range(4)]
        while True:
            with ThreadPoolExecutor(8) as pool:
                found = list(pool.map(lambda e: assignment.next_task(world.cell, e, PROGRAMME), experts * 2))
            tasks = {task.assignment: task for task in found if isinstance(task, Task)}
            assert Counter(row.judged + row.leased > row.needed for row in work_rows(world))[True] == 0
            if not tasks:
                break
            owners = {task.assignment: expert for task, expert in zip(found, experts * 2, strict=True)
                      if isinstance(task, Task)}  # fmt: skip
            jobs = [(task, owners[task.assignment]) for task in tasks.values()] * 2
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda job: submit(world, job[1], job[0]), jobs))
        assert [(row.judged, row.leased, row.is_open) for row in work_rows(world)] == [(2, 0, 0)] * 6
        with world.cell.read() as connection:
            pairs = [(row.item, row.expert) for row in connection.execute(JUDGMENT.select()).all()]
        assert len(pairs) == len(set(pairs)) == 12


def submit(world: World, expert: Actor, task: Task) -> Saved | Refused:
    return judgment.submit(world.cell, expert, task.assignment, answer_of("tie"), key=new_key())


def test_no_item_takes_more_judgments_than_it_needs(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.work(1)
        first, second, third = (world.expert() for _ in range(3))
        world.task(first)
        world.judge(second)
        assert assignment.next_task(world.cell, third, PROGRAMME) == flow.NO_WORK
        world.judge(first)
        assert assignment.next_task(world.cell, third, PROGRAMME) == flow.NO_WORK


def test_a_lease_that_runs_out_gives_its_place_to_others(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell", redundancy=2) as world:
        world.work(1)
        first, second, third = (world.expert() for _ in range(3))
        late = world.task(first)
        world.judge(second)
        world.clock.pass_minutes(61)
        world.judge(third)
        assert code(submit(world, first, late)) == "lease-expired"
        assert [(row.judged, row.leased) for row in work_rows(world)] == [(2, 0)]


def test_late_work_is_kept_while_there_is_a_place(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(1)
        first = world.expert()
        late = world.task(first)
        world.clock.pass_minutes(61)
        assert assignment.expire_all(world.cell) == 1
        assert isinstance(submit(world, first, late), Saved)
        assert code(submit(world, first, late)) == "already-judged"
        assert [(row.judged, row.leased) for row in work_rows(world)] == [(1, 0)]


def test_an_item_whose_lease_ran_out_is_offered_to_the_same_expert_again(database_url: str, tmp_path: Path) -> None:
    """With as many experts as places, the item would wait for ever for its last judge."""
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(2)
        expert = world.expert()
        late = world.task(expert)
        world.clock.pass_minutes(61)
        assert world.task(expert).item != late.item
        world.judge(expert)
        again = world.task(expert)
        assert (again.item, again.shown) == (late.item, late.shown)
        # The old page is still open in another window: it is the same work, so it is judged once.
        assert isinstance(submit(world, expert, late), Saved)
        assert code(submit(world, expert, again)) == "already-judged"
        assert [(row.judged, row.leased) for row in work_rows(world)] == [(1, 0), (1, 0)]


def test_the_last_one_gets_what_an_expired_lease_frees(sqlite_url: str, tmp_path: Path) -> None:
    """At the first click, not at the second."""
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.work(1)
        first, second, third = (world.expert() for _ in range(3))
        world.task(first)
        world.judge(second)
        world.clock.pass_minutes(61)
        assert isinstance(assignment.next_task(world.cell, third, PROGRAMME), Task)


def test_nobody_holds_two_leases_when_many_have_run_out(sqlite_url: str, tmp_path: Path) -> None:
    """Twenty are brought home at a time; one's own is among them even when others ran out before it."""
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.work(30)
        experts = [world.expert() for _ in range(3)]
        with journal.writing(world.cell.engine) as connection:
            for n in range(25):
                row = dict.fromkeys(("assignment", "item", "programme", "domain", "expert"), f"x-{n}") | {
                    "order": "AB", "rubric": "general", "rubric_version": "1.0.0", "contract_version": "1.0.0",
                    "state": "leased", "leased_at": 0, "expires_at": 1, "seq": -n, "batch": "b",
                    "is_renewal": 0,
                }  # fmt: skip
                connection.execute(ASSIGNMENT.insert(), row)
        last = experts[-1]
        old = world.task(last)
        world.clock.pass_minutes(61)
        new = world.task(last)
        assert new.assignment != old.assignment
        with world.cell.read() as connection:
            rows = connection.execute(ASSIGNMENT.select().where(ASSIGNMENT.c.expert == last.person)).all()
        assert sorted(row.state for row in rows) == ["expired", "leased"]


def test_what_is_given_back_goes_to_somebody_else(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(2)
        first, second = world.expert(), world.expert()
        task = world.task(first)
        assert code(assignment.give_back(world.cell, second, task.assignment, key=new_key())) == "absent"
        assert isinstance(assignment.give_back(world.cell, first, task.assignment, key=new_key()), Receipt)
        assert code(assignment.give_back(world.cell, first, task.assignment, key=new_key())) == "not-leased"
        assert world.task(first).item != task.item
        assert world.task(second).item == task.item


def test_somebody_elses_assignment_looks_absent(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.work(1)
        first, second = world.expert(), world.expert()
        task = world.task(first)
        assert assignment.task(world.cell, second, task.assignment) == access.ABSENT
        assert submit(world, second, task) == access.ABSENT
        assert judgment.save_draft(world.cell, second, task.assignment, {"verdict": "tie"}) == access.ABSENT


def test_nobody_sees_anothers_judgment_on_an_open_item(sqlite_url: str, tmp_path: Path) -> None:
    """Neither the one who judges next, nor a lead who is an expert too, until the last judgment is in."""
    with world_at(sqlite_url, tmp_path / "cell", redundancy=3) as world:
        world.work(1)
        first, second = world.expert(), world.expert()
        saved = world.judge(first)
        task = world.task(second)
        assert saved.judgment not in repr(task)
        assert items.item_record(world.cell, second, task.item, reason="incident", key=new_key()) == access.ABSENT
        both = Actor(second.person, frozenset({"lead", "expert"}))
        record = items.item_record(world.cell, both, task.item, reason="incident", key=new_key())
        assert isinstance(record, items.ItemRecord)
        assert record.judgments == ()
        assert saved.judgment not in repr(record)
        seen = items.item_record(world.cell, world.lead, task.item, reason="review", key=new_key())
        assert isinstance(seen, items.ItemRecord)
        assert [row.judgment for row in seen.judgments] == [saved.judgment]


def test_no_expert_sees_who_wrote_a_candidate(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.work(1)
        assert "secret-model" not in repr(world.task(world.expert()))


def test_the_order_of_candidates_follows_from_the_journals_seed(sqlite_url: str, tmp_path: Path) -> None:
    """Whoever has the journal can say who saw what in which order; both orders occur."""
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.work(12)
        expert = world.expert()
        seen = []
        for _ in range(12):
            task = world.task(expert)
            order = flow.candidate_order(world.cell.order_seed, task.item, expert.person)
            assert task.shown.first.endswith("one." if order == "AB" else "two.")
            seen.append(order)
            world.judge(expert)
        assert set(seen) == {"AB", "BA"}


def test_experts_see_different_orders() -> None:
    orders = Counter(flow.candidate_order(b"seed", "itm-1", f"per-{n}") for n in range(400))
    assert 150 < orders["AB"] < 250
    assert flow.candidate_order(b"seed", "itm-1", "per-1") == flow.candidate_order(b"seed", "itm-1", "per-1")
    assert {flow.candidate_order(bytes([n]), "itm-1", "per-1") for n in range(20)} == {"AB", "BA"}


def test_load_is_balanced_over_domains_and_experts(sqlite_url: str, tmp_path: Path) -> None:
    domains = ("general", "creative")
    with world_at(sqlite_url, tmp_path / "cell", domains=domains) as world:
        world.bring([item_row(f"i-{domain}-{n}", domain=domain) for domain in domains for n in range(8)])
        experts = [world.expert(), world.expert()]
        given: Counter[tuple[str, str]] = Counter()
        for expert in experts * 8:
            given[expert.person, world.task(expert).domain] += 1
            world.judge(expert)
        assert {given[expert.person, domain] for expert in experts for domain in domains} == {4}


def test_finding_the_next_item_reads_an_index_and_sorts_nothing(sqlite_url: str, tmp_path: Path) -> None:
    """So that a click costs the same among a thousand items and among a million."""
    ran: list[str] = []
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.work(3)
        with world.cell.read() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.set_trace_callback(ran.append)
            [kind] = leases.open_kinds(connection, PROGRAMME)
            strata = leases.open_strata(connection, "per-1", PROGRAMME, domain=kind.domain, taxonomy=kind.taxonomy)
            found = leases.free_item(connection, "per-1", stratum=strata[0].stratum, cursor=-1, read=0)
            assert found == leases.free_item(connection, "per-1", stratum=strata[0].stratum, cursor=-1, read=1)
            assert leases.free_item(connection, "per-1", stratum=-1, cursor=-1, read=1) is None
            driver.set_trace_callback(None)
            assert found is not None
            plans = [
                "\n".join(str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {one}").all())
                for one in ran
            ]
        assert len(ran) == 8
        assert "stratum USING COVERING INDEX stratum_open (programme=?)" in plans[0]
        assert "stratum USING INDEX stratum_open (programme=? AND domain=? AND taxonomy=?)" in plans[1]
        assert "work USING INDEX work_open (stratum=? AND is_open=? AND rank>? AND rank<?)" in plans[2]
        judged = "work USING INDEX work_judged (stratum=? AND is_open=? AND first_judged"
        assert f"{judged}=? AND rank>? AND rank<?)" in plans[3]
        assert f"{judged}>?)" in plans[-2]
        assert "assignment USING INDEX assignment_active (expert=? AND state=?)" in plans[-1]
        assert "SCAN" not in "".join(plans)
        assert "TEMP B-TREE" not in "".join(plans)


def test_a_draft_is_kept_and_goes_with_the_judgment(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(2)
        expert = world.expert()
        task = world.task(expert)
        saved_at = judgment.save_draft(world.cell, expert, task.assignment, {"verdict": "tie"})
        assert saved_at == world.clock.at
        judgment.save_draft(world.cell, expert, task.assignment, {"verdict": "a_clearly"})
        assert world.task(expert).draft == {"verdict": "a_clearly"}
        submit(world, expert, task)
        found = assignment.task(world.cell, expert, task.assignment)
        assert isinstance(found, Task)
        assert (found.state, found.draft) == ("judged", None)
        assert judgment.save_draft(world.cell, expert, task.assignment, {}) == access.ABSENT
        big: dict[str, object] = {"reasons": "x" * judgment.DRAFT_BYTES_MAX}
        assert code(judgment.save_draft(world.cell, expert, world.task(expert).assignment, big)) == "draft-too-large"


@pytest.mark.parametrize("person", ["cell", "per-nobody"])
def test_who_is_not_in_the_roster_gets_nothing(sqlite_url: str, tmp_path: Path, person: str) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.work(1)
        stranger = Actor(person, frozenset({"expert"}))
        assert assignment.next_task(world.cell, stranger, PROGRAMME) == access.ABSENT


def test_who_opened_records_is_given_neither_those_items_nor_their_gold(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(2)
        world.judge(world.expert())
        auditor = world.person("Ann Auditor", "auditor")
        with world.cell.read() as connection:
            ids = {row.external: row.item for row in connection.execute(sa.select(ITEM)).all()}
        read_record(world, auditor, ids["w-1"])
        expert = as_expert(world, auditor)
        world.bring([gold_row(f"newer-{n}") for n in range(GOLD)], batch="newer", purpose="gold")
        assert world.qualify(expert).state == "qualified"
        taken = world.task(expert)
        assert taken.item != ids["w-1"], "it is free, and its judgment was read"
        with world.cell.read() as connection:
            assert leases.known_of(connection, expert.person, ids.values(), read=0) == {ids["w-1"]}
        roster.change_roles(world.cell, world.lead, expert.person, roles=["auditor"], expert_roles=[], key=new_key())
        read_record(world, auditor, taken.item)
        roster.change_roles(world.cell, world.lead, expert.person, roles=["expert"], expert_roles=[], key=new_key())
        answer = answer_of()
        assert code(judgment.submit(world.cell, expert, taken.assignment, answer, key=new_key())) == "work-requeued"


def test_gold_whose_key_was_read_qualifies_nobody(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        auditor = world.person("Ann Auditor", "auditor")
        with world.cell.read() as connection:
            gold = [row.item for row in connection.execute(sa.select(ITEM)).all() if row.purpose == "gold"]
        read_record(world, auditor, gold[0])
        expert = as_expert(world, auditor)
        begun = roster.start_qualification(world.cell, expert, programme=PROGRAMME, rubric="general", key=new_key())
        assert code(begun) == "gold-known"


def as_expert(world: World, auditor: Actor) -> Actor:
    """The same person in another role, with a contract."""
    cell, person = world.cell, auditor.person
    roster.change_roles(cell, world.lead, person, roles=["expert"], expert_roles=[], key=new_key())
    roster.execute_contract(cell, world.lead, person, template=b"t", executed_at=1, ip_assigned_at=1, key=new_key())
    found = roster.actor_of(cell, person)
    assert found is not None
    return found


def read_record(world: World, reader: Actor, item: str) -> None:
    """An auditor opens the record of an item, judgments and key and all."""
    found = items.item_record(world.cell, reader, item, reason="audit", words="A look around for the audit.")
    assert not isinstance(found, Refused), found

"""What weighs on people: warnings, opting out, limits and breaks, and that nobody else learns who opted out."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from living_cell import PROGRAMME, World, answer_of, contract_text, gold_row, item_row, jsonl, shown_as, world_at

from tallystick.app import adjudication, assignment, contract, escape, items, judgment, roster, welfare
from tallystick.app.access import Actor
from tallystick.app.assignment import Task
from tallystick.app.kernel import new_key
from tallystick.events import KINDS
from tallystick.flow.escape import Answer as Finding
from tallystick.flow.refusal import Refused
from tallystick.store import projection
from tallystick.store.welfare import FOLLOWERS

NOTES = "Both readings were weighed against the rubric."
SECTION = """welfare:
  minutes_daily_max: 240
  rest: {after_minutes: 60, minutes: 10}
  categories:
    self_harm:
      warning: Some items speak of people who hurt themselves.
      minutes_daily_max: 30
      items_daily_max: 3
      rest: {after_minutes: 20, minutes: 15}
    violence: {warning: Some items describe violence., blurred: false}
"""


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        text = contract_text("1.1.0") + SECTION
        done = contract.bring_into_force(world.cell, world.lead, text=text, name="c.yaml", key=new_key())
        assert isinstance(done, contract.ContractInForce), done
        yield world


def hard(world: World, number: int, *, start: int = 1, categories: tuple[str, ...] = ("self_harm",)) -> None:
    world.bring([item_row(f"hard-{n}", categories=list(categories)) for n in range(start, start + number)])


def work(world: World, actor: Actor, minutes: int) -> Task:
    """Take the next item and judge it after so many minutes, all of them active."""
    task = world.task(actor)
    world.clock.pass_minutes(minutes)
    answer = answer_of(shown_as(task, "a_clearly"), active_ms=minutes * 60_000)
    saved = judgment.submit(world.cell, actor, task.assignment, answer, key=new_key())
    assert isinstance(saved, judgment.Saved), saved
    return task


def refusal(world: World, actor: Actor) -> str:
    found = assignment.next_task(world.cell, actor, PROGRAMME)
    assert isinstance(found, Refused), found
    return found.code


def set_out(world: World, actor: Actor, *categories: str, zone: str = "UTC") -> None:
    done = welfare.save_settings(world.cell, actor, opted_out=categories, time_zone=zone, key=new_key())
    assert not isinstance(done, Refused), done


def divide(world: World, number: int) -> None:
    """So many hard items that two people judged against each other, on days of their own."""
    hard(world, number)
    for verdict in ("a_clearly", "b_clearly"):
        expert = world.expert()
        for done in range(number):
            world.judge(expert, verdict)
            if done % 3 == 2:
                world.clock.pass_minutes(24 * 60)


def test_a_case_that_one_names_oneself_is_refused_as_the_queue_would(world: World) -> None:
    """Limits, breaks and kinds that are left out hold for a case by its id too."""
    divide(world, 4)
    keeper = world.expert("adjudicator")

    def take(item: str) -> str:
        done = adjudication.take(world.cell, keeper, item, key=new_key())
        return done.code if isinstance(done, Refused) else "taken"

    waiting = adjudication.queue(world.cell, keeper, PROGRAMME)
    assert not isinstance(waiting, Refused)
    cases = [row.item for row in waiting]
    assert len(cases) == 4
    set_out(world, keeper, "self_harm")
    assert take(cases[0]) == "kind-left-out"
    assert take_next(world, keeper) == "no-work"
    set_out(world, keeper)
    for item in cases[:3]:
        assert take(item) == "taken"
        page = adjudication.case_page(world.cell, keeper, item, key=new_key())
        assert not isinstance(page, Refused)
        done = adjudication.settle(
            world.cell, keeper, item, verdict="a_clearly", criteria=["reasoning"], notes=NOTES, key=new_key()
        )
        assert not isinstance(done, Refused), done
    assert take(cases[3]) == take_next(world, keeper) == "exposure-reached"
    world.clock.pass_minutes(24 * 60)
    assert take(cases[3]) == "taken"


def take_next(world: World, actor: Actor) -> str:
    done = adjudication.take_next(world.cell, actor, PROGRAMME, key=new_key())
    return done.code if isinstance(done, Refused) else "taken"


def test_opting_out_changes_what_is_offered_and_back_in_too(world: World) -> None:
    hard(world, 2)
    world.work(1)
    expert = world.expert()
    set_out(world, expert, "self_harm")
    assert world.task(expert).shown.prompt == "What is w-1?"
    world.judge(expert)
    assert refusal(world, expert) == "no-work"
    set_out(world, expert)
    assert world.task(expert).shown.prompt == "What is hard-1?"


def test_a_limit_of_a_kind_closes_it_and_leaves_other_work_open_until_the_next_day(world: World) -> None:
    hard(world, 5)
    world.work(1)
    expert = world.expert()
    world.clock.pass_minutes(60 * 24)
    met = [work(world, expert, 1).shown.prompt for _ in range(4)]
    assert sorted(met) == ["What is hard-1?", "What is hard-2?", "What is hard-3?", "What is w-1?"]
    assert refusal(world, expert) == "exposure-reached"
    world.clock.pass_minutes(60 * 24)
    assert world.task(expert).warnings[0].category == "self_harm"


def test_breaks_are_enforced_by_the_cells_clock_and_say_when_work_goes_on(world: World) -> None:
    hard(world, 3)
    world.work(8)
    expert = world.expert()
    world.clock.pass_minutes(60 * 24)
    set_out(world, expert, "violence", zone="Asia/Tokyo")
    for _ in range(2):
        while "hard" not in work(world, expert, 10).shown.prompt:
            pass
    # Twenty minutes of one kind: that kind rests for fifteen. After sixty of any, all work rests for ten.
    assert world.task(expert).warnings == ()
    while not isinstance(found := assignment.next_task(world.cell, expert, PROGRAMME), Refused):
        work(world, expert, 10)
    assert found.code == "break-due"
    assert "(Asia/Tokyo)" in found.sentence
    world.clock.pass_minutes(9)
    assert refusal(world, expert) == "break-due"
    world.clock.pass_minutes(1)
    assert isinstance(assignment.next_task(world.cell, expert, PROGRAMME), Task)


def test_work_without_scripts_counts_by_the_cells_clock(world: World) -> None:
    hard(world, 2)
    expert = world.expert()
    world.clock.pass_minutes(60 * 24)
    task = world.task(expert)
    world.clock.pass_minutes(7)
    done = judgment.submit(
        world.cell, expert, task.assignment, answer_of(shown_as(task, "a_clearly"), active_ms=0), key=new_key()
    )
    assert isinstance(done, judgment.Saved)
    own = welfare.own(world.cell, expert)
    assert isinstance(own, welfare.Own)
    assert (own.all_work.items, own.all_work.active_ms) == (1, 7 * 60_000)


def test_a_new_time_zone_begins_no_new_day(world: World) -> None:
    """Whoever could choose when their day begins could have as much as they like."""
    hard(world, 5)
    expert = world.expert()
    world.clock.pass_minutes(60 * 24)
    for _ in range(3):
        work(world, expert, 1)
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Tokyo"):
        set_out(world, expert, zone=zone)
        assert refusal(world, expert) == "exposure-reached"


def had(world: World, expert: Actor) -> tuple[int, int]:
    """Items and minutes of somebody's day, as they see it."""
    own = welfare.own(world.cell, expert)
    assert isinstance(own, welfare.Own)
    return own.all_work.items, own.all_work.active_ms // 60_000


def test_who_reads_and_gives_back_has_had_it(world: World) -> None:
    """Three items of a kind in a day are three, handed in or not, with a third of the time that the cell saw."""
    hard(world, 5)
    expert = world.expert()
    world.clock.pass_minutes(60 * 24)
    for _ in range(3):
        task = world.task(expert)
        world.clock.pass_minutes(6)
        assert not isinstance(assignment.give_back(world.cell, expert, task.assignment, key=new_key()), Refused)
    assert had(world, expert) == (3, 6)
    assert refusal(world, expert) == "exposure-reached"
    projection_is_whole(world)


def test_no_claim_and_no_lease_that_ran_out_keeps_time_from_counting(world: World) -> None:
    world.work(3)
    expert = world.expert()
    world.clock.pass_minutes(60 * 24)
    task = world.task(expert)
    world.clock.pass_minutes(30)
    submit(world, expert, task, active_ms=1)
    assert had(world, expert) == (1, 10)
    world.clock.pass_minutes(60 * 24)
    task = world.task(expert)
    world.clock.pass_minutes(70)
    assignment.expire_all(world.cell)
    assert had(world, expert) == (1, 10)  # it was open; nobody knows more yet
    submit(world, expert, task, active_ms=50 * 60_000)
    assert had(world, expert) == (1, 50)
    world.clock.pass_minutes(60 * 24)
    task = world.task(expert)
    world.clock.pass_minutes(62)
    assert world.task(expert).item == task.item  # given again; the page that was left open hands it in
    world.clock.pass_minutes(1)
    submit(world, expert, task, active_ms=55 * 60_000)
    assert had(world, expert) == (1, 55)
    projection_is_whole(world)


def test_a_case_and_a_second_look_that_ran_out_count_once(world: World) -> None:
    """What counted when the lease ran out counts no more when the same person has it again, answered or not."""
    world.work(2)
    first, second = world.expert(), world.expert()
    for _ in range(2):
        world.judge(first)
    world.judge(second)
    world.judge(second, "b_clearly")
    keeper, reviewer = world.expert("adjudicator"), world.expert("reviewer")
    world.clock.pass_minutes(60 * 24)
    case = adjudication.take_next(world.cell, keeper, PROGRAMME, key=new_key())
    assert isinstance(case, adjudication.Taken), case
    adjudication.case_page(world.cell, keeper, case.item, key=new_key())
    world.clock.pass_minutes(61)
    assert adjudication.expire_cases(world.cell) == 1
    assert had(world, keeper) == (1, 10)
    assert take_next(world, keeper) == "taken"
    world.clock.pass_minutes(4)
    assert not isinstance(adjudication.give_back(world.cell, keeper, case.item, key=new_key()), Refused)
    assert had(world, keeper) == (1, 10)  # it was not opened again
    assert take_next(world, keeper) == "taken"
    adjudication.case_page(world.cell, keeper, case.item, key=new_key())
    world.clock.pass_minutes(1)
    decided = adjudication.preserve(
        world.cell, keeper, case.item, criteria=["reasoning"], notes=NOTES, key=new_key()
    )  # fmt: skip
    assert not isinstance(decided, Refused), decided
    assert had(world, keeper) == (1, 15)
    escape.draw(world.cell, world.lead, PROGRAMME, wanted={"medium": 1}, key=new_key())
    drawn: str | Refused = ""
    for minutes in (61, 1):
        drawn = escape.next_review(world.cell, reviewer, PROGRAMME, key=new_key())
        assert isinstance(drawn, str), drawn
        assert isinstance(escape.review(world.cell, reviewer, drawn, key=new_key()), escape.Review)
        world.clock.pass_minutes(minutes)
    assert isinstance(drawn, str)
    found = escape.answer(world.cell, reviewer, drawn, Finding(is_defect=False), key=new_key())
    assert not isinstance(found, Refused), found
    assert had(world, reviewer) == (1, 11)
    projection_is_whole(world)


def submit(world: World, expert: Actor, task: Task, *, active_ms: int) -> None:
    answer = answer_of(shown_as(task, "a_clearly"), active_ms=active_ms)
    assert isinstance(judgment.submit(world.cell, expert, task.assignment, answer, key=new_key()), judgment.Saved)


def projection_is_whole(world: World) -> None:
    """A rebuild finds the same rows."""
    with world.cell.read() as connection:
        before = projection.dump(connection)
    projection.rebuild(world.cell.engine)
    with world.cell.read() as connection:
        assert projection.dump(connection) == before


def test_saving_settings_again_and_again_begins_no_new_day(world: World) -> None:
    hard(world, 5)
    expert = world.expert()
    world.clock.pass_minutes(60 * 24)
    set_out(world, expert, zone="America/Los_Angeles")
    world.clock.pass_minutes(60 * 30 - world.clock.at // 60_000_000 % (60 * 24))  # 06:00 UTC, before their midnight
    world.clock.pass_minutes(60 * 14)
    for _ in range(3):
        work(world, expert, 1)
    world.clock.pass_minutes(60 * 5)  # past midnight in UTC, and the same day there
    for _ in range(30):
        set_out(world, expert)
    assert refusal(world, expert) == "exposure-reached"
    codes = {getattr(save(world, expert), "code", "") for _ in range(30)}
    assert codes == {"", "too-many-saves"}


def save(world: World, expert: Actor) -> object:
    return welfare.save_settings(world.cell, expert, opted_out=(), time_zone="UTC", key=new_key())


def test_the_report_counts_weeks_and_names_who_is_at_a_limit(world: World) -> None:
    hard(world, 3)
    expert = world.expert()
    world.clock.pass_minutes(60 * 24)
    for _ in range(3):
        work(world, expert, 2)
    found = welfare.exposure(world.cell, world.lead, PROGRAMME)
    assert isinstance(found, welfare.Exposure)
    assert [(row.category, row.people, row.items, row.active_ms) for row in found.weeks] == [
        ("self_harm", 1, 3, 360_000)
    ]
    assert [(row.person, row.category, row.is_break) for row in found.at_limit] == [(expert.person, "self_harm", False)]
    assert {row.category: row.people for row in found.opt_outs} == {"self_harm": None, "violence": None}
    reader = world.person("Reader", "researcher")
    told = welfare.exposure(world.cell, reader, PROGRAMME)
    assert isinstance(told, welfare.Exposure)
    assert told.at_limit == ()


def test_opting_out_changes_no_report_about_people(world: World) -> None:
    """Of two reports around it nothing differs: neither lead nor auditor can tell by comparing."""
    hard(world, 2)
    expert = world.expert()
    world.judge(expert)
    auditor = world.person("Auditor", "auditor")
    before = [welfare.exposure(world.cell, who, PROGRAMME) for who in (world.lead, auditor)]
    set_out(world, expert, "self_harm")
    assert [welfare.exposure(world.cell, who, PROGRAMME) for who in (world.lead, auditor)] == before


def test_gold_items_that_somebody_leaves_out_are_not_asked_of_them(world: World) -> None:
    rows = [gold_row(f"grim-{n}", categories=["violence"], prompt=f"Grim {n}?") for n in range(5)]
    world.bring(rows, batch="grim", purpose="gold")
    expert = world.expert(domains=())
    set_out(world, expert, "violence")
    seen = set()
    world.qualify(expert)
    with world.cell.read() as connection:
        for row in connection.exec_driver_sql("SELECT subject FROM access WHERE reason = 'qualification'").all():
            seen.add(row.subject)
        grim = {row.item for row in connection.exec_driver_sql("SELECT item FROM item WHERE external LIKE 'grim%'")}
    assert seen
    assert not seen & grim


def grim_gold(world: World) -> None:
    """Gold of a kind that can be left out: with it one attempt can be put aside, and another be taken."""
    world.bring(
        [gold_row(f"grim-{n}", categories=["violence"], prompt=f"Grim {n}?") for n in range(5)], batch="grim",
        purpose="gold",
    )  # fmt: skip


def begun(world: World, expert: Actor) -> str:
    found = roster.start_qualification(world.cell, expert, programme=PROGRAMME, rubric="general", key=new_key())
    return found.code if isinstance(found, Refused) else found.qualification


def gold_task(world: World, expert: Actor, name: str) -> roster.GoldTask | str:
    found = roster.gold_task(world.cell, expert, name)
    return found.code if isinstance(found, Refused) else found


def test_a_qualification_with_gold_that_is_left_out_since_is_put_aside_and_fails_nobody(world: World) -> None:
    """It goes on when the kind is taken on again. Another one that is begun in its place asks nothing of the kind."""
    grim_gold(world)
    expert = world.expert(domains=())
    first = begun(world, expert)
    shown = gold_task(world, expert, first)
    assert isinstance(shown, roster.GoldTask)
    assert begun(world, expert) == "qualification-running"
    set_out(world, expert, "violence")
    assert gold_task(world, expert, first) == "kind-left-out"
    set_out(world, expert)
    again = gold_task(world, expert, first)
    assert isinstance(again, roster.GoldTask)
    assert again.item == shown.item
    set_out(world, expert, "violence")
    world.bring([gold_row(f"mild-{n}") for n in range(5)], batch="mild", purpose="gold")
    done = world.qualify(expert)
    assert (done.state, done.qualification != first) == ("qualified", True)
    page = roster.person_page(world.cell, world.lead, expert.person)
    assert not isinstance(page, Refused)
    assert {row.qualification: row.state for row in page.qualifications} == {
        first: "ended", done.qualification: "qualified",
    }  # fmt: skip
    late = roster.answer_gold(world.cell, expert, first, item=shown.item, answer=answer_of("tie"), key=new_key())
    assert isinstance(late, Refused)
    assert late.code == "qualification-ended"
    projection_is_whole(world)


def test_what_was_opened_and_never_answered_counts_as_had(world: World) -> None:
    """A gold item was shown, answered or not: it counts once a day, and its time when it is answered."""
    grim_gold(world)
    expert = world.expert(domains=())
    name = begun(world, expert)
    world.clock.pass_minutes(60 * 24)
    task = gold_task(world, expert, name)
    assert isinstance(task, roster.GoldTask)
    assert had(world, expert) == (1, 0)
    world.clock.pass_minutes(3)
    answer = answer_of("a_clearly", active_ms=120_000)
    assert isinstance(
        roster.answer_gold(world.cell, expert, name, item=task.item, answer=answer, key=new_key()), roster.Outcome
    )
    assert had(world, expert) == (1, 2)
    projection_is_whole(world)


def test_a_case_and_a_second_look_that_are_left_out_since_are_not_shown(world: World) -> None:
    """Neither is lost: a case is given back, a second look goes to somebody else when its holder asks for the next."""
    divide(world, 2)
    keeper, reviewer = world.expert("adjudicator"), world.expert("reviewer")
    case = adjudication.take_next(world.cell, keeper, PROGRAMME, key=new_key())
    assert isinstance(case, adjudication.Taken), case

    def opened_case() -> str:
        page = adjudication.case_page(world.cell, keeper, case.item)
        return page.code if isinstance(page, Refused) else "shown"

    assert opened_case() == "shown"
    set_out(world, keeper, "self_harm")
    assert opened_case() == "kind-left-out"
    set_out(world, keeper)
    assert opened_case() == "shown"
    set_out(world, keeper, "self_harm")
    assert not isinstance(adjudication.give_back(world.cell, keeper, case.item, key=new_key()), Refused)
    assert opened_case() == "case-not-taken"
    hard(world, 1, start=9, categories=("violence",))
    world.work(1)
    for _ in range(2):
        for expert in world.experts[:2]:
            world.judge(expert)
    escape.draw(world.cell, world.lead, PROGRAMME, wanted={"medium": 2}, key=new_key())
    first, second = next_review(world, reviewer), ""
    with world.cell.read() as connection:
        grim = {str(row.item) for row in connection.exec_driver_sql("SELECT item FROM item WHERE external = 'hard-9'")}
    if first not in grim:
        finding = escape.answer(world.cell, reviewer, first, Finding(is_defect=False), key=new_key())
        assert not isinstance(finding, Refused), finding
        first = next_review(world, reviewer)
    assert first in grim
    set_out(world, reviewer, "violence")
    page = escape.review(world.cell, reviewer, first)
    assert isinstance(page, Refused)
    assert page.code == "kind-left-out"
    second = next_review(world, reviewer)
    assert second != first
    assert next_review(world, world.expert("reviewer")) in {first, "no-work"}


def next_review(world: World, reviewer: Actor) -> str:
    found = escape.next_review(world.cell, reviewer, PROGRAMME, key=new_key())
    return found.code if isinstance(found, Refused) else found


def test_an_item_names_only_kinds_that_the_contract_names(world: World) -> None:
    wanted = items.Wanted(programme=PROGRAMME, name="i.jsonl", batch="pilot")
    report = items.import_items(world.cell, world.lead, jsonl([item_row("odd", categories=["gore"])]), wanted)
    assert isinstance(report, items.ImportReport)
    assert [(one.path, one.found) for one in report.problems] == [("categories", "gore")]
    assert "self_harm, violence" in report.problems[0].expected


def test_every_fact_with_active_time_is_followed(world: World) -> None:
    """A new kind of work that nobody counts would have no limits."""
    del world
    timed = {kind for kind, fact in KINDS.items() if {"active_ms", "item"} <= set(fact.__struct_fields__)}
    assert timed <= set(FOLLOWERS)

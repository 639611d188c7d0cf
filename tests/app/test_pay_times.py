"""Which time is paid: unmeasured, at the same time, without end, and in periods that were closed before."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from held_work import requeue
from living_cell import PROGRAMME, World, answer_of, shown_as
from paid_world import (
    NOVEMBER,
    accept,
    acts,
    judge,
    paid_world,
    projected_again,
    refused,
    revise,
    stated,
    until_december,
)

from tallystick import canon
from tallystick.app import adjudication, affected, contract, judgment, pay, roster, welfare
from tallystick.app.access import Actor
from tallystick.app.judgment import Saved
from tallystick.app.kernel import Command, new_key
from tallystick.app.pay import Exported
from tallystick.events.pay import PayPeriodClosed, PayTermsSet
from tallystick.flow import pay as flow
from tallystick.flow.contract import DataContract
from tallystick.flow.pay.terms import terms_facts
from tallystick.flow.refusal import Refused


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    with paid_world(sqlite_url, tmp_path / "cell") as found:
        yield found


@pytest.fixture
def on_both(database_url: str, tmp_path: Path) -> Iterator[World]:
    """The same on each database: for what is asked in SQL of this stage."""
    with paid_world(database_url, tmp_path / "cell") as found:
        yield found


def times(world: World, actor: Actor) -> list[tuple[int, str]]:
    """Minutes that count of each act, and why no more does."""
    return [(act.active_ms // 60_000, act.cut) for act in acts(world, actor)]


def hand_in(world: World, actor: Actor, assigned: str, *, claimed_ms: int) -> None:
    answer = answer_of(shown_as(world.task(actor), "a_clearly"), active_ms=claimed_ms)
    saved = judgment.submit(world.cell, actor, assigned, answer, key=new_key())
    assert isinstance(saved, Saved), saved


def test_who_works_without_scripts_is_paid_by_the_agreed_measure_and_not_under_the_floor(on_both: World) -> None:
    """A page without scripts sends 0: that is no time that was measured."""
    world, first = on_both, on_both.experts[0]
    accept(world, first)
    judge(world, first, minutes=7, claimed_ms=0)
    judge(world, first, minutes=25, claimed_ms=0)
    one = stated(world, first).statement
    assert [(act.active_ms, act.claimed_ms, act.cut) for act in one.acts] == [
        (420_000, None, ""), (600_000, None, "unmeasured"),
    ]  # fmt: skip
    assert (one.earned, one.floor, one.payable) == (500, 850, 850)


def test_a_review_is_paid_as_a_second_look_and_counts_as_exposure(world: World) -> None:
    """Of a judgment that a later rubric affects; who has not accepted the terms is shown none."""
    cell, first = world.cell, world.experts[0]
    accept(world, first)
    given = [judge(world, first).judgment for _ in range(2)]
    world.publish("1.1.0", question="Does each step follow?")
    reviewer = world.person("Rosa", "expert", expert_roles=("reviewer",))
    roster.execute_contract(
        cell, world.lead, reviewer.person, template=b"t", executed_at=1, ip_assigned_at=1, key=new_key()
    )
    assert refused(affected.affected_judgment(cell, reviewer, given[0])) == "terms-not-accepted"
    accept(world, reviewer)
    for judgment_id, decide in zip(given, (affected.stands, affected.judge_again), strict=True):
        opened = affected.affected_judgment(cell, reviewer, judgment_id)
        assert not isinstance(opened, Refused), opened
        world.clock.pass_minutes(9)
        done = decide(cell, reviewer, judgment_id, notes="The anchors stand as they were.", key=new_key())
        assert not isinstance(done, Refused), done
    found = [(act.work, act.subject, act.active_ms // 60_000, act.amount) for act in acts(world, reviewer)]
    assert found == [("second_look", given[0], 9, 400), ("second_look", given[1], 9, 400)]
    own = welfare.own(cell, reviewer)
    assert isinstance(own, welfare.Own)
    assert (own.all_work.items, own.all_work.active_ms // 60_000) == (2, 18)
    projected_again(world)


def test_a_lease_that_ran_out_and_was_given_again_counts_from_the_first(world: World) -> None:
    """Another tab took the item again; the page that was left open hands it in."""
    first = world.experts[0]
    accept(world, first)
    for _ in range(11):
        judge(world, first)
    task = world.task(first)
    world.clock.pass_minutes(62)
    assert world.task(first).item == task.item
    world.clock.pass_minutes(1)
    hand_in(world, first, task.assignment, claimed_ms=55 * 60_000)
    assert times(world, first)[-1] == (55, "")
    projected_again(world)


def decide(world: World, actor: Actor, item: str, *, minutes: int) -> None:
    """Take a case and settle it so much later."""
    assert not isinstance(found := adjudication.take(world.cell, actor, item, key=new_key()), Refused), found
    world.clock.pass_minutes(minutes)
    notes = "Both readings were weighed against the rubric."
    done = adjudication.settle(
        world.cell, actor, item, verdict="tie", criteria=["reasoning"], notes=notes, key=new_key()
    )
    assert not isinstance(done, Refused), done


def glance(world: World, actor: Actor, item: str, *, minutes: int) -> None:
    """Take a case and give it back so much later."""
    assert not isinstance(found := adjudication.take(world.cell, actor, item, key=new_key()), Refused), found
    world.clock.pass_minutes(minutes)
    assert not isinstance(done := adjudication.give_back(world.cell, actor, item, key=new_key()), Refused), done


def test_a_day_between_looking_at_a_case_and_deciding_it_is_nobodys_work(on_both: World) -> None:
    """Nor is the time since its judgments were set aside: what was worked before that counts with the next case."""
    world, (first, second) = on_both, on_both.experts
    tom = world.expert("adjudicator")
    for who in (first, second, tom):
        accept(world, who)
    given = [judge(world, first) for _ in range(3)]
    others = {one.item: one for one in (judge(world, second, verdict="b_clearly") for _ in range(3))}
    assert {one.item for one in given} == set(others)
    for one in given[:2]:
        glance(world, tom, one.item, minutes=2)
    world.clock.pass_minutes(24 * 60)
    for one in given[:2]:
        decide(world, tom, one.item, minutes=1)
    opened = adjudication.take(world.cell, tom, given[2].item, key=new_key())
    assert not isinstance(opened, Refused), opened
    world.clock.pass_minutes(4)
    done = requeue(world, given[2].judgment, others[given[2].item].judgment)
    assert not isinstance(done, Refused), done
    world.clock.pass_minutes(24 * 60)
    judge(world, first)
    judge(world, second, verdict="b_clearly")
    decide(world, tom, given[2].item, minutes=1)
    found = [act for act in acts(world, tom) if act.work == "adjudication"]
    assert [(act.active_ms // 60_000, act.cut) for act in found] == [(3, ""), (3, ""), (5, "")]
    projected_again(world)


def test_no_time_is_paid_twice_and_no_act_without_end(on_both: World) -> None:
    """A judgment and gold items at the same time; then a gold item that claims a whole day."""
    world, first = on_both, on_both.experts[0]
    accept(world, first)
    task = world.task(first)
    world.publish("1.1.0", question="Which is better?")
    begun = roster.start_qualification(world.cell, first, programme=PROGRAMME, rubric="general", key=new_key())
    assert isinstance(begun, roster.Started), begun
    for minutes, claimed in ((20, 15), (20, 20), (26 * 60, 24 * 60)):
        if minutes > 60:
            hand_in(world, first, task.assignment, claimed_ms=40 * 60_000)
        gold = roster.gold_task(world.cell, first, begun.qualification)
        assert isinstance(gold, roster.GoldTask), gold
        world.clock.pass_minutes(minutes)
        answer = answer_of(
            "a_clearly" if gold.shown.first.endswith("one.") else "b_clearly", active_ms=claimed * 60_000
        )
        roster.answer_gold(world.cell, first, begun.qualification, item=gold.item, answer=answer, key=new_key())
    # Of the forty minutes thirty-five went to gold items: five are left for the judgment, whatever its page says.
    assert times(world, first) == [(15, ""), (20, ""), (5, "overlap"), (120, "limit")]
    over = pay.overview(world.cell, world.lead, PROGRAMME)
    assert not isinstance(over, Refused)
    assert [odd.what for odd in over.odd] == ["overlap", "limit"]
    projected_again(world)


def test_what_was_closed_before_unmeasured_time_counted_stays_as_it_was_closed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Facts of the first version: no limit of an act, and files in which a page without scripts brought no time."""
    monkeypatch.setattr(contract, "terms_facts", terms_at_first)
    revise(world, "1.2.0", piece=200)
    first = world.experts[0]
    accept(world, first)
    judge(world, first, minutes=7, claimed_ms=0)
    judge(world, first, minutes=50, claimed_ms=180 * 60_000)
    until_december(world)
    judge(world, first, minutes=7, claimed_ms=0)
    assert times(world, first) == [(7, "")]
    assert [act.active_ms // 60_000 for act in acts(world, first, NOVEMBER)] == [7, 50]
    counted = [
        replace(act, active_ms=ms, amount=200)
        for act, ms in zip(acts(world, first, NOVEMBER), (0, 3_000_000), strict=True)
    ]
    lines = flow.lines_file(NOVEMBER, [flow.state(first.person, counted, ())], currency="EUR", decimals=2)
    summary = flow.summary_file(NOVEMBER, [flow.state(first.person, counted, ())], currency="EUR", decimals=2)
    period = stated(world, first, NOVEMBER).period
    fact = PayPeriodClosed(
        programme=PROGRAMME, period=NOVEMBER, from_at=period.from_at, until_at=period.until_at, currency="EUR",
        decimals=2, people=1, lines=3, active_ms=3_000_000, earned=400, top_up=2_100, added=0, payable=2_500,
        lines_digest=canon.digest(lines), summary_digest=canon.digest(summary),
    )  # fmt: skip
    world.cell.execute(Command(world.lead, "pay.write", new_key(), b"close", lambda _: [fact]))
    exported = pay.export(world.cell, world.lead, PROGRAMME, NOVEMBER, key=new_key())
    assert isinstance(exported, Exported)
    assert (exported.lines, exported.summary) == (lines, summary)
    assert [(act.active_ms // 60_000, act.cut) for act in acts(world, first, NOVEMBER)] == [(0, "closed"), (50, "seen")]
    assert times(world, first) == [(7, "")]  # December is open, and counts it
    projected_again(world)


def terms_at_first(contract: DataContract) -> list[PayTermsSet]:
    """Pay terms as their first version said them."""
    (fact,) = terms_facts(contract)
    values = {name: getattr(fact, name) for name in PayTermsSet.__struct_fields__}
    return [PayTermsSet(**values)]

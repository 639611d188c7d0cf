"""Tiers of risk: what a batch still needs, senior adjudicators, authors, and how work is given out under them."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from living_cell import PROGRAMME, World, contract_text, item_row, jsonl, world_at

from tallystick.app import access, adjudication, assignment, contract, escape, items, release, roster, sentinel, tiers
from tallystick.app.access import Actor
from tallystick.app.assignment import Task
from tallystick.app.kernel import Receipt, new_key
from tallystick.app.standing import reviewing
from tallystick.flow.escape import Answer as Look
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish
from tallystick.flow.sentinel import Wish as Rates
from tallystick.store.schema import DISAGREEMENT, WORK
from tallystick.store.schema.assignment import LOAD, STRATUM

REASON = "Fifteen years of practice, as the papers that I saw say."
NOTES = "Settled on the criterion, as the rubric has it."
SECTION = """assignment:
  reviews: {low: "0.5", medium: "0", high: "0.5", restricted: "0.5"}
  senior: {role: adjudicator, years: 5}
  others_first: false
"""


def tiered(world: World, risk: str, *, version: str = "1.1.0", section: str = SECTION, more: str = "") -> None:
    """Bring a contract with tiers into force."""
    text = contract_text(version, redundancy=2).replace("risk: medium", f"risk: {risk}") + section + more
    made = contract.bring_into_force(world.cell, world.lead, text=text, name="contract.yaml", key=new_key())
    assert isinstance(made, contract.ContractInForce), made


def code(found: object) -> str:
    assert isinstance(found, Refused), found
    return found.code


def needed(world: World) -> dict[str, tuple[str, ...]]:
    """What the batch still needs, by code, with the names of items."""
    found = tiers.batch_needs(world.cell, world.lead, world.batch())
    assert isinstance(found, tiers.BatchNeeds)
    return {need.code: need.names for need in found.needs}


def finish(world: World, experts: list[Actor], number: int) -> None:
    for _ in range(number):
        for expert in experts:
            world.judge(expert)


def looked(world: World, actor: Actor) -> list[str]:
    """Everything that somebody may look at again, answered."""
    found: list[str] = []
    while True:
        item = escape.next_review(world.cell, actor, PROGRAMME, key=new_key())
        if isinstance(item, Refused):
            return found
        assert not isinstance(escape.answer(world.cell, actor, item, Look(is_defect=False), key=new_key()), Refused)
        found.append(item)


def drawn(world: World) -> list[escape.Drawn]:
    found = escape.draw_due(world.cell, world.lead, PROGRAMME, key=new_key())
    assert not isinstance(found, Refused)
    return found


def test_a_batch_of_low_risk_waits_for_its_sampled_reviews(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        tiered(world, "low")
        names = world.work(12)
        finish(world, [world.expert()], 12)
        assert needed(world) == {"review-not-drawn": tuple(names)}, "no key yet: any of them may be drawn"
        assert drawn(world), "the first draw fixes the order"
        assert drawn(world) == [], "what the tiers need is drawn once"
        waiting = needed(world)["review-waiting"]
        assert 0 < len(waiting) < 12
        wish = Wish(programme=PROGRAMME, name="out", version="1.0.0", use="train", batches=(world.batch(),))
        refused = release.cut(world.cell, world.lead, wish, key=new_key())
        assert isinstance(refused, Refused)
        assert set(waiting) <= set(refused.names)
        assert len(looked(world, world.expert("reviewer", domains=()))) == len(waiting)
        assert needed(world) == {}
        world.work(8, start=13)
        finish(world, [world.experts[0]], 8)
        assert set(needed(world)) <= {"review-not-drawn"}, "what is finished later is drawn by the same key"
        checked = escape.check_draws(world.cell, world.lead, PROGRAMME)
        assert isinstance(checked, escape.Checked)
        assert (checked.wrong, checked.passed_over) == ((), ())


def test_high_risk_needs_a_senior_for_what_is_divided_or_severe(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        tiered(world, "high")
        world.bring([item_row("calm"), item_row("grave", severity="high"), item_row("torn")])
        first, second = world.expert(), world.expert()
        junior, senior = world.expert("adjudicator", domains=()), world.expert("adjudicator", domains=())
        finish(world, [first], 3)
        for _ in range(3):
            name = _name(world, world.task(second).item)
            world.judge(second, "b_clearly" if name == "torn" else "a_clearly")
        with world.cell.read() as connection:
            [case] = connection.execute(sa.select(DISAGREEMENT.c.item)).scalars().all()
        assert code(adjudication.take(world.cell, junior, case, key=new_key())) == "needs-senior"
        assert code(adjudication.take_next(world.cell, junior, PROGRAMME, key=new_key())) == "no-work"
        assert adjudication.queue(world.cell, junior, PROGRAMME) == []
        granted = tiers.grant_senior(
            world.cell, world.lead, PROGRAMME, senior.person, rests_on="years", reason=REASON, key=new_key()
        )
        assert isinstance(granted, Receipt)
        assert isinstance(adjudication.take_next(world.cell, senior, PROGRAMME, key=new_key()), adjudication.Taken)
        done = adjudication.settle(
            world.cell, senior, case, verdict="tie", criteria=["reasoning"], notes=NOTES, key=new_key()
        )
        assert isinstance(done, adjudication.Closed)
        drawn(world)
        assert "grave" in needed(world)["review-waiting"], "every severe item is looked at, whatever the rate"
        looked(world, junior)
        assert needed(world) == {"review-waiting": ("grave",)}, "the severe one waits for a senior"
        looked(world, senior)
        assert needed(world) == {}
        ended = tiers.revoke_senior(world.cell, world.lead, PROGRAMME, senior.person, reason=REASON, key=new_key())
        assert isinstance(ended, Receipt)
        assert needed(world) == {}, "what was decided by a senior stays so"
        assert (
            code(tiers.revoke_senior(world.cell, world.lead, PROGRAMME, senior.person, reason=REASON, key=new_key()))
            == "not-senior"
        )


def _name(world: World, item: str) -> str:
    found = tiers.names_of(world.cell, world.lead, PROGRAMME)
    assert not isinstance(found, Refused)
    return found[item]


def test_who_can_be_made_senior(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        person = world.person("Ada", "expert", expert_roles=("adjudicator",))
        other = world.person("Eve", "expert", expert_roles=("reviewer",))

        def grant(who: Actor, *, rests_on: str = "years", reason: str = REASON, by: Actor = world.lead) -> object:
            return tiers.grant_senior(
                world.cell, by, PROGRAMME, who.person, rests_on=rests_on, reason=reason, key=new_key()
            )

        assert code(grant(person)) == "no-senior-rule"
        tiered(world, "high")
        assert code(grant(other)) == "role-missing"
        assert code(grant(person, rests_on="credential")) == "unknown-basis"
        assert code(grant(person, reason="good")) == "reason-too-short"
        assert grant(person, by=person) == access.ABSENT
        assert isinstance(grant(person), Receipt)
        assert code(grant(person)) == "already-senior"
        page = tiers.load_page(world.cell, world.lead, PROGRAMME)
        assert isinstance(page, tiers.LoadPage)
        assert [(one.name, one.reason) for one in page.seniors] == [("Ada", REASON)]


def test_a_contract_that_asks_for_seniors_says_who_is_one(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        text = contract_text("1.1.0").replace("risk: medium", "risk: high") + "assignment: {}\n"
        found = contract.bring_into_force(world.cell, world.lead, text=text, name="c.yaml", key=new_key())
        assert isinstance(found, list)
        assert found[0].path == "assignment.senior"


def test_nobody_meets_what_they_wrote(database_url: str, tmp_path: Path) -> None:
    """Next task, qualification, sentinel, case, second look, held review, by pseudonym and by login."""
    with world_at(database_url, tmp_path / "cell") as world:
        tiered(world, "medium", section=SECTION.replace('medium: "0"', 'medium: "1"'))
        new = roster.NewPerson(
            name="Ann", roles=("expert",), expert_roles=("adjudicator",), login="ann", password="a long sentence"
        )
        made = roster.enrol(world.cell, world.lead, new, key=new_key())
        assert isinstance(made, roster.Enrolled)
        author = roster.actor_of(world.cell, made.person)
        assert author is not None
        roster.execute_contract(
            world.cell, world.lead, author.person, template=b"t", executed_at=1, ip_assigned_at=1, key=new_key()
        )
        assert world.qualify(author).state == "qualified"
        world.bring([item_row("own", author="ann"), item_row("mine", author=author.person)])
        assert code(assignment.next_task(world.cell, author, PROGRAMME)) == "no-work"
        judges = [world.expert(), world.expert()]
        task = world.task(judges[0])
        assert author.person not in json.dumps([task.shown.prompt, task.shown.first, task.shown.second])
        for judge, verdict in zip(judges, ("a_clearly", "b_clearly"), strict=True):
            world.judge(judge, verdict)  # type: ignore[arg-type]  # these are verdicts
            world.judge(judge, "a_clearly")
        with world.cell.read() as connection:
            [case] = connection.execute(sa.select(DISAGREEMENT.c.item)).scalars().all()
        assert adjudication.take(world.cell, author, case, key=new_key()) == access.ABSENT
        assert code(adjudication.take_next(world.cell, author, PROGRAMME, key=new_key())) == "no-work"
        assert adjudication.case_page(world.cell, author, case) == access.ABSENT
        assert adjudication.offered(world.cell, author, case) == access.ABSENT
        drawn(world)
        assert code(escape.next_review(world.cell, author, PROGRAMME, key=new_key())) == "no-work"
        found = reviewing.held_work(world.cell, author, PROGRAMME)
        assert isinstance(found, reviewing.HeldWork)
        assert found.mine == ()
        other = world.expert("adjudicator", domains=())
        assert len(looked(world, other)) == 1


def test_an_author_whom_nobody_knows_is_a_problem_of_the_row(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        rows = [item_row("w-1", author="nobody"), item_row("w-2")]
        wanted = items.Wanted(programme=PROGRAMME, name="items.jsonl", batch="pilot")
        report = items.import_items(world.cell, world.lead, jsonl(rows), wanted)
        assert isinstance(report, items.ImportReport)
        assert [(problem.line, problem.path) for problem in report.problems] == [(1, "author")]
        assert report.accepted == 1


def test_gold_that_somebody_wrote_is_none_of_theirs(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        author = world.expert()
        gold = {"verdict": "a_clearly", "scores": {"reasoning": {"a": 4, "b": 3}, "concision": {"a": 4, "b": 3}}}
        world.bring([item_row("g-own", gold=gold, author=author.person)], batch="more", purpose="gold")
        assert not isinstance(sentinel.set_policy(world.cell, world.lead, PROGRAMME, Rates(), key=new_key()), Refused)
        world.work(3)
        for _ in range(3):
            world.judge(author)
        checks = sentinel.check_schedule(world.cell, world.lead, PROGRAMME, reason="audit")
        assert not isinstance(checks, Refused)
        assert checks[0].found.departures == ()


def test_the_plan_fills_where_it_is_furthest_behind(database_url: str, tmp_path: Path) -> None:
    """Quotas on two axes; after every item, no value with open items is behind by more than the one being judged."""
    with world_at(database_url, tmp_path / "cell") as world:
        quotas = (
            "{axis: domain, value: general, target: 10}, {axis: difficulty, value: easy, target: 8}, "
            "{axis: difficulty, value: hard, target: 4}"
        )
        text = contract_text("1.1.0", redundancy=2).replace("{axis: domain, value: general, target: 10}", quotas)
        made = contract.bring_into_force(world.cell, world.lead, text=text, name="c.yaml", key=new_key())
        assert isinstance(made, contract.ContractInForce)
        world.bring([item_row(f"e-{n}", difficulty="easy") for n in range(8)])
        world.bring([item_row(f"h-{n}", difficulty="hard") for n in range(4)])
        first, second = world.expert(), world.expert()
        given: Counter[str] = Counter()
        for _ in range(12):
            name = _name(world, world.task(first).item)
            world.judge(first)
            world.judge(second)
            given[name[0]] += 1
            assert abs(given["e"] / 8 - given["h"] / 4) <= 1 / 4 + 1e-9


def test_few_items_go_to_those_who_had_less_and_nobody_starves(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        tiered(world, "medium", section="assignment: {}\n")
        world.work(7)
        busy, idle, third = world.expert(), world.expert(), world.expert()
        finish(world, [busy], 5)
        world.judge(idle)
        world.judge(third)
        finish(world, [third, idle], 3)
        assert code(assignment.next_task(world.cell, busy, PROGRAMME)) == "others-first"
        world.clock.pass_minutes(11)
        assert isinstance(assignment.next_task(world.cell, busy, PROGRAMME), Task)


def test_one_expert_gives_no_more_than_their_share_of_a_batch(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        tiered(world, "medium", section='assignment: {expert_share_max: "0.25", others_first: false}\n')
        world.work(8)
        expert = world.expert()
        finish(world, [expert], 4)
        assert code(assignment.next_task(world.cell, expert, PROGRAMME)) == "share-reached"
        world.bring([item_row("next")], batch="second")
        assert _name(world, world.task(expert).item) == "next"


@pytest.mark.parametrize("threads", [64])
def test_no_place_is_given_twice_in_a_race(database_url: str, tmp_path: Path, threads: int) -> None:
    """64 threads of 8 experts ask at once, again and again: no item has more takers than places."""
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(9)
        experts = [world.expert() for _ in range(8)]
        for _ in range(3):
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(lambda one: assignment.next_task(world.cell, one, PROGRAMME), experts * 8))
            with world.cell.read() as connection:
                rows = connection.execute(WORK.select()).all()
                held = connection.execute(LOAD.select()).all()
            assert all(row.judged + row.leased <= row.needed for row in rows)
            assert all(row.held <= 1 for row in held), "nobody holds two"
            for expert in experts:
                if isinstance(assignment.next_task(world.cell, expert, PROGRAMME), Task):
                    world.judge(expert)
        counts_hold(world)


def counts_hold(world: World) -> None:
    """The counts by stratum are those of the items themselves."""
    with world.cell.read() as connection:
        counted = {
            row[0]: (row[1], row[2])
            for row in connection.execute(
                sa.select(WORK.c.stratum, sa.func.count(), sa.func.sum(WORK.c.is_open)).group_by(WORK.c.stratum)
            ).all()
        }
        kept = {row.stratum: (row.items, row.open) for row in connection.execute(STRATUM.select()).all()}
    assert kept == counted

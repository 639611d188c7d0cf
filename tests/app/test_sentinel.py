"""Sentinels through the app: where they stand, that they count nowhere, and that a fall is found, held and decided."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from living_cell import PROGRAMME, World, answer_of, gold_row, shown_as, world_at

from tallystick.app import assignment, gate, judgment, release, roster, sentinel
from tallystick.app.access import Actor
from tallystick.app.assignment import Task
from tallystick.app.judgment import Saved
from tallystick.app.kernel import new_key
from tallystick.app.sentinel import auditing
from tallystick.audit.release import Status, verify_release
from tallystick.flow import sentinel as flow
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish as ReleaseWish
from tallystick.flow.sentinel import Wish
from tallystick.signals.preference import Verdict
from tallystick.store import projection
from tallystick.store.schema import (
    ASSIGNMENT,
    BATCH,
    DRIFT,
    FLAG,
    ITEM,
    JUDGMENT,
    SENTINEL_ANSWER,
    SENTINEL_CHART,
    TALLY,
)

EVERY_FOURTH = Wish(
    acceptable_ppm=950_000, unacceptable_ppm=500_000, found_within=60, found_ppm=900_000, false_horizon=600,
    false_ppm=50_000,
)  # fmt: skip
"""Rates at which about one lease in four is a sentinel: a test has few judgments."""
LOOKED = "The gold was checked, and so was the rubric."


@dataclass
class Mixed:
    """A world with sentinels in its work."""

    world: World

    def rows(self, table: sa.Table) -> list[sa.Row[tuple[object, ...]]]:
        with self.world.cell.read() as connection:
            return list(connection.execute(table.select()).all())

    def is_gold(self, item: str) -> bool:
        with self.world.cell.read() as connection:
            return bool(connection.execute(sa.select(ITEM.c.purpose).where(ITEM.c.item == item)).scalar() == "gold")

    def judge(self, expert: Actor, verdict: Verdict = "a_clearly") -> str | Refused:
        """Judge the next item; the item, or why there is none."""
        found = assignment.next_task(self.world.cell, expert, PROGRAMME)
        if isinstance(found, Refused):
            return found
        said = answer_of(shown_as(found, verdict))
        saved = judgment.submit(self.world.cell, expert, found.assignment, said, key=new_key())
        assert isinstance(saved, Saved), saved
        return found.item

    def until(self, expert: Actor, is_reached: Callable[[str], bool], verdict: Verdict = "a_clearly") -> str:
        for _ in range(400):
            item = self.judge(expert, verdict)
            assert isinstance(item, str), item
            if is_reached(item):
                return item
        raise AssertionError("expected it within 400 judgments")

    def charts(self) -> dict[str, sa.Row[tuple[object, ...]]]:
        return {row.expert: row for row in self.rows(SENTINEL_CHART)}

    def is_crossed(self, expert: Actor) -> bool:
        """Whether the expert's chart has crossed; False before the first sentinel, when there is no chart."""
        chart = self.charts().get(expert.person)
        return chart is not None and chart.state == "crossed"


def mixed(world: World, *, gold: int = 60, work: int = 400, wish: Wish = EVERY_FOURTH) -> Mixed:
    """Work, gold beyond what a qualification takes, and a policy."""
    world.work(work)
    world.bring([gold_row(f"s-{n}") for n in range(gold)], batch="sentinels", purpose="gold")
    done = sentinel.set_policy(world.cell, world.lead, PROGRAMME, wish, key=new_key())
    assert isinstance(done, sentinel.PolicySet), done
    return Mixed(world)


def expert_of(world: World) -> Actor:
    """An expert who has qualified before the gold for sentinels came in, as the five gold items of a world allow."""
    return world.expert()


def test_sentinels_come_at_the_rate_and_only_where_the_secret_says(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        experts = [expert_of(world) for _ in range(2)]
        cell = mixed(world)
        given = [cell.judge(experts[n % 2]) for n in range(120)]
        gold = [item for item in given if isinstance(item, str) and cell.is_gold(item)]
        checks = sentinel.check_schedule(world.cell, world.lead, PROGRAMME, reason="audit")
        assert not isinstance(checks, Refused)
        [check] = checks
        assert (check.found.leases, check.found.served, check.found.departures) == (120, len(gold), ())
        assert check.found.due == check.found.served
        rate = check.policy.rate_ppm / 1_000_000
        assert abs(len(gold) / 120 - rate) < 4 * (rate * (1 - rate) / 120) ** 0.5
        assert len(set(gold[:])) >= len(gold) / 2, "two experts may have the same sentinel, one never twice"


def test_a_sentinel_counts_nowhere(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        experts = [world.expert(), world.expert()]
        cell = mixed(world, work=30)
        items = {row.value: row.items for row in cell.rows(TALLY)}
        for expert in experts:
            cell.until(expert, cell.is_gold)
        cell.until(experts[0], lambda item: not cell.is_gold(item))  # both may have had a sentinel first
        sentinels = {row.judgment for row in cell.rows(SENTINEL_ANSWER)}
        judged = [row for row in cell.rows(JUDGMENT) if row.judgment not in sentinels]
        assert {row.standing for row in cell.rows(JUDGMENT) if row.judgment in sentinels} == {"sentinel"}
        assert {row.standing for row in judged} == {"counted"}
        assert sum(row.judgments for row in cell.rows(BATCH)) == len(judged)
        complete = sum(number == 2 for number in Counter(row.item for row in judged).values())
        assert [row.complete for row in cell.rows(TALLY) if row.axis == "all"] == [complete]
        assert {row.value: row.items for row in cell.rows(TALLY)} == items
        assert world.measure().verdict.judgments == len(judged)
        world.publish("1.1.0", question="Does it really follow?")
        assert {row.judgment for row in cell.rows(FLAG)} == {row.judgment for row in judged}


def test_a_fall_is_found_held_from_its_earliest_beginning_and_decided(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        expert, other = expert_of(world), expert_of(world)
        cell = mixed(world)
        for _ in range(40):
            cell.judge(expert)
            cell.judge(other)
        assert {row.state for row in cell.charts().values()} == {"running"}
        cell.until(expert, lambda _: cell.is_crossed(expert), "b_clearly")
        assert cell.rows(DRIFT) == [], "the stop comes some leases later"
        announced = 0
        for _ in range(flow.GRACE_MAX + 1):
            announced += sentinel.announce(world.cell)
            if announced:
                break
            cell.judge(expert, "b_clearly")
        assert announced == 1
        [fall] = cell.rows(DRIFT)
        held = {row.judgment for row in cell.rows(JUDGMENT) if row.standing == "held"}
        wrong = {
            row.judgment for row in cell.rows(JUDGMENT)
            if row.expert == expert.person and row.verdict == "b_clearly" and row.standing != "sentinel"
        }  # fmt: skip
        assert len(held) == fall.held >= len(wrong)
        assert wrong <= held
        assert all(row.expert == expert.person for row in cell.rows(JUDGMENT) if row.judgment in held)
        assert assignment.next_task(world.cell, expert, PROGRAMME) == flow.PAUSED
        assert isinstance(assignment.next_task(world.cell, other, PROGRAMME), Task)
        assert (
            code(
                sentinel.decide(world.cell, world.lead, PROGRAMME, fall.seq, found="luck", words=LOOKED, key=new_key())
            )
            == "unknown-cause"
        )
        assert (
            code(sentinel.decide(world.cell, world.lead, PROGRAMME, fall.seq, found="gold", words="ok", key=new_key()))
            == "words-too-short"
        )
        done = sentinel.decide(world.cell, world.lead, PROGRAMME, fall.seq, found="expert", words=LOOKED, key=new_key())
        assert isinstance(done, sentinel.Decided)
        assert (
            code(
                sentinel.decide(
                    world.cell, world.lead, PROGRAMME, fall.seq, found="expert", words=LOOKED, key=new_key()
                )
            )
            == "already-decided"
        )
        assert isinstance(assignment.next_task(world.cell, expert, PROGRAMME), Task)
        chart = cell.charts()[expert.person]
        assert (chart.state, chart.score, chart.taken) == ("running", 0, 0)
        assert {row.judgment for row in cell.rows(JUDGMENT) if row.standing == "held"} == held, "a review of its own"


def code(found: object) -> str:
    assert isinstance(found, Refused), found
    return found.code


def test_what_was_leased_before_the_stop_is_taken_and_held(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        expert = expert_of(world)
        cell = mixed(world)
        cell.until(expert, lambda _: cell.charts().get(expert.person, None) is not None, "b_clearly")
        cell.until(expert, lambda _: cell.is_crossed(expert), "b_clearly")
        while cell.is_gold((task := world.task(expert)).item):
            cell.judge(expert, "b_clearly")
        assert sentinel.announce(world.cell, is_at_once=True) == 1
        assert world.task(expert) == task
        saved = judgment.submit(world.cell, expert, task.assignment, answer_of("a_clearly"), key=new_key())
        assert isinstance(saved, Saved)
        [row] = [row for row in cell.rows(JUDGMENT) if row.judgment == saved.judgment]
        assert row.standing == "held"
        assert assignment.next_task(world.cell, expert, PROGRAMME) == flow.PAUSED


@pytest.mark.parametrize("is_home", [True, False])
def test_what_ran_out_before_the_stop_is_not_taken_again_after_it(
    sqlite_url: str, tmp_path: Path, *, is_home: bool
) -> None:
    """A lease that ran out is renewed by the rules of a new one: whoever is paused gets none until somebody decided."""
    with world_at(sqlite_url, tmp_path / "cell") as world:
        expert = expert_of(world)
        cell = mixed(world)
        cell.until(expert, lambda _: cell.charts().get(expert.person, None) is not None, "b_clearly")
        cell.until(expert, lambda _: cell.is_crossed(expert), "b_clearly")
        while cell.is_gold((task := world.task(expert)).item):
            cell.judge(expert, "b_clearly")
        world.clock.pass_minutes(61)
        if is_home:
            assert assignment.expire_all(world.cell) == 1
        assert sentinel.announce(world.cell, is_at_once=True) == 1
        before = cell.rows(JUDGMENT)
        sent = judgment.submit(world.cell, expert, task.assignment, answer_of("a_clearly"), key=new_key())
        assert sent == flow.PAUSED
        assert cell.rows(JUDGMENT) == before
        [fall] = cell.rows(DRIFT)
        done = sentinel.decide(world.cell, world.lead, PROGRAMME, fall.seq, found="expert", words=LOOKED, key=new_key())
        assert isinstance(done, sentinel.Decided)
        sent = judgment.submit(world.cell, expert, task.assignment, answer_of("a_clearly"), key=new_key())
        assert isinstance(sent, Saved), sent


def test_who_goes_away_after_a_fall_is_announced_after_a_day_and_before_any_measurement(
    sqlite_url: str, tmp_path: Path
) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        first, second = expert_of(world), expert_of(world)
        cell = mixed(world)
        for expert in (first, second):
            cell.until(expert, lambda _: bool(cell.charts()), "b_clearly")
        cell.until(first, lambda _: cell.is_crossed(first), "b_clearly")
        assert sentinel.announce(world.cell) == 0
        world.clock.pass_minutes(24 * 60)
        assert sentinel.announce(world.cell) == 1
        cell.until(second, lambda _: cell.is_crossed(second), "b_clearly")
        wish = ReleaseWish(programme=PROGRAMME, name="plain", version="1.0.0", use="train", batches=None)
        assert isinstance(release.cut(world.cell, world.lead, wish, key=new_key()), Refused)
        assert len(cell.rows(DRIFT)) == 2, "a release waits for no grace"


def test_measuring_announces_what_is_known(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        expert = expert_of(world)
        cell = mixed(world)
        cell.until(expert, lambda _: bool(cell.charts()), "b_clearly")
        cell.until(expert, lambda _: cell.is_crossed(expert), "b_clearly")
        gate.measure(world.cell, world.lead, world.batch(), key=new_key())
        assert len(cell.rows(DRIFT)) == 1


def test_gold_of_a_qualification_is_no_sentinel_and_the_other_way_round(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        expert = expert_of(world)
        cell = mixed(world, gold=12, work=200)
        for _ in range(100):
            cell.judge(expert)
        qualified = {row.item for row in cell.rows(ITEM) if str(row.external).startswith("g-")}
        sentinels = [row.item for row in cell.rows(ASSIGNMENT) if cell.is_gold(str(row.item))]
        assert len(sentinels) == len(set(sentinels)) == 12
        assert not qualified & set(sentinels)
        world.publish("1.1.0", question="Does it really follow?")
        begun = roster.start_qualification(world.cell, expert, programme=PROGRAMME, rubric="general", key=new_key())
        assert isinstance(begun, roster.Started)
        fact = begun.receipt.facts[0]
        assert set(fact.items) == qualified  # type: ignore[attr-defined]  # a qualification that was started


def test_a_used_up_pool_is_loud_and_is_no_departure(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        expert = expert_of(world)
        cell = mixed(world, gold=3, work=200)
        found = sentinel.overview(world.cell, world.lead, PROGRAMME)
        assert not isinstance(found, Refused)
        assert [(one.left, one.is_low) for one in found.left] == [(3, True)]
        for _ in range(100):
            cell.judge(expert)
        found = sentinel.overview(world.cell, world.lead, PROGRAMME)
        assert not isinstance(found, Refused)
        assert found.left[0].left == 0
        assert "No sentinels are left" in found.warnings[0]
        checks = sentinel.check_schedule(world.cell, world.lead, PROGRAMME, reason="audit")
        assert not isinstance(checks, Refused)
        assert (checks[0].found.served, checks[0].found.departures) == (3, ())
        assert checks[0].found.due == 3 + checks[0].found.used_up


def test_an_expert_who_was_given_work_where_a_sentinel_was_due_is_a_departure(sqlite_url: str, tmp_path: Path) -> None:
    """The check must be able to fail: the schedule is held against leases that another secret gave out."""
    with world_at(sqlite_url, tmp_path / "cell") as world:
        expert = expert_of(world)
        cell = mixed(world)
        for _ in range(60):
            cell.judge(expert)
        with world.cell.read() as connection:
            leases = [lease for _, lease in auditing.every_lease(connection, PROGRAMME)]
        found = flow.checked(b"another secret of 32 bytes, or so", programme=PROGRAMME, rate_ppm=250_000, leases=leases)
        assert found.departures


def test_rates_that_cannot_be_kept_are_refused_and_say_why(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:

        def asked(**changes: int) -> str:
            found = sentinel.offer(world.cell, world.lead, PROGRAMME, Wish(**changes))
            assert isinstance(found, Refused), found
            return found.code

        assert asked(unacceptable_ppm=950_000) == "accuracies-out-of-order"
        assert asked(found_within=0) == "judgments-out-of-range"
        assert asked(false_ppm=0) == "share-out-of-range"
        assert asked(unacceptable_ppm=910_000) == "accuracies-too-close"
        assert asked(unacceptable_ppm=850_000, found_within=20) == "not-even-with-all"
        assert (
            code(sentinel.end_policy(world.cell, world.lead, PROGRAMME, words=LOOKED, key=new_key()))
            == "no-sentinel-policy"
        )


def test_an_ended_policy_gives_no_more_sentinels_and_a_new_version_has_its_own_secret(
    sqlite_url: str, tmp_path: Path
) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        expert = expert_of(world)
        cell = mixed(world)
        assert isinstance(
            sentinel.end_policy(world.cell, world.lead, PROGRAMME, words=LOOKED, key=new_key()), sentinel.Ended
        )
        assert not any(cell.is_gold(str(cell.judge(expert))) for _ in range(40))
        again = sentinel.set_policy(world.cell, world.lead, PROGRAMME, EVERY_FOURTH, key=new_key())
        assert isinstance(again, sentinel.PolicySet)
        assert again.fact.version == 2
        cell.until(expert, cell.is_gold)
        checks = sentinel.check_schedule(world.cell, world.lead, PROGRAMME, reason="audit")
        assert not isinstance(checks, Refused)
        assert len({check.secret for check in checks}) == 2
        assert [check.found.departures for check in checks] == [(), ()]


def test_a_replay_gives_the_same_charts(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        expert = expert_of(world)
        cell = mixed(world)
        cell.until(expert, lambda _: bool(cell.charts()), "b_clearly")
        cell.until(expert, lambda _: cell.is_crossed(expert), "b_clearly")
        sentinel.announce(world.cell, is_at_once=True)
        [fall] = cell.rows(DRIFT)
        sentinel.decide(world.cell, world.lead, PROGRAMME, fall.seq, found="gold", words=LOOKED, key=new_key())
        cell.until(expert, cell.is_gold)
        with world.cell.read() as connection:
            was = projection.dump(connection)
        projection.rebuild(world.cell.engine)
        with world.cell.read() as connection:
            assert projection.dump(connection) == was


@pytest.mark.parametrize("seed", [1, 2])
def test_a_simulated_expert_who_drifts_is_found_and_a_steady_one_is_not(
    sqlite_url: str, tmp_path: Path, seed: int
) -> None:
    """Through the app, at the accuracies that the policy states: steady at 0.95, drifting to 0.5 after 60 judgments."""
    dice = random.Random(seed)  # noqa: S311 - a simulation
    with world_at(sqlite_url, tmp_path / "cell") as world:
        steady, drifting = expert_of(world), expert_of(world)
        cell = mixed(world, gold=150, work=700)
        for turn in range(300):
            for expert in (steady, drifting):
                accuracy = 0.5 if expert is drifting and turn >= 60 else 0.95
                cell.judge(expert, "a_clearly" if dice.random() < accuracy else "b_clearly")
            sentinel.announce(world.cell)
        falls = {row.expert for row in cell.rows(DRIFT)}
        assert falls == {drifting.person}
        held = [row for row in cell.rows(JUDGMENT) if row.standing == "held"]
        assert held
        assert {row.expert for row in held} == {drifting.person}


def test_a_release_holds_no_sentinel_and_verifies_offline(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        experts = [world.expert(), world.expert()]
        cell = mixed(world, work=12)
        for expert in experts:
            while isinstance(cell.judge(expert), str):
                pass
        sentinels = {str(row.judgment) for row in cell.rows(SENTINEL_ANSWER)}
        assert sentinels
        assert world.measure().decision == "pass"
        wish = ReleaseWish(programme=PROGRAMME, name="plain", version="1.0.0", use="train", batches=None)
        made = release.cut(world.cell, world.lead, wish, key=new_key())
        assert isinstance(made, release.Made), made
        release.export(world.cell, world.lead, "plain-1.0.0", tmp_path / "out")
        text = "".join(path.read_text() for path in (tmp_path / "out").rglob("*.jsonl"))
        judged = {str(row.judgment) for row in cell.rows(JUDGMENT)} - sentinels
        assert all(name in text for name in judged)
        assert not any(name in text for name in sentinels)
        assert verify_release(tmp_path / "out", world.cell.signer.vkey).status is Status.OK

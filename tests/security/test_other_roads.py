"""Roads to the judgments of others beside one's own work, and that nobody who took one judges the item: SPEC 5.4.

Roles that read the log, releases and figures; cases that others send back; sessions. What is served to an expert who
only works is the matter of `test_independence.py`.
"""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa
from living_cell import GOLD, PROGRAMME, World, answer_of, gold_row, world_at

from tallystick.app import access, adjudication, assignment, disagreement, judgment, roster
from tallystick.app.access import Actor
from tallystick.app.kernel import Receipt, new_key
from tallystick.flow import roster as people
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.signals.preference import Verdict
from tallystick.store import projection
from tallystick.store import roster as rows
from tallystick.store.schema import ROLE_HELD

NUMBERS = count(1)
VERDICTS: tuple[Verdict, Verdict] = ("a_clearly", "b_clearly")


def asked(world: World, actor: Actor) -> str:
    """The item that somebody is given, or why none; they give it back."""
    task = assignment.next_task(world.cell, actor, PROGRAMME)
    if isinstance(task, Refused):
        return task.code
    assert isinstance(assignment.give_back(world.cell, actor, task.assignment, key=new_key()), Receipt)
    return task.item


def bring_gold(world: World) -> None:
    """Gold items that nobody could know before."""
    name = f"newer-{next(NUMBERS)}"
    world.bring([gold_row(f"{name}-{n}") for n in range(GOLD)], batch=name, purpose="gold")


def changes_to_expert(world: World, actor: Actor) -> Actor:
    """Somebody is an expert from now on, and nothing else."""
    done = roster.change_roles(world.cell, world.lead, actor.person, roles=["expert"], expert_roles=[], key=new_key())
    assert isinstance(done, Receipt), done
    roster.execute_contract(
        world.cell, world.lead, actor.person, template=b"terms", executed_at=1, ip_assigned_at=1, key=new_key()
    )
    expert = roster.actor_of(world.cell, actor.person)
    assert expert is not None
    return expert


def becomes_expert(world: World, actor: Actor) -> Actor:
    """The same, qualified on gold items that came later."""
    expert = changes_to_expert(world, actor)
    bring_gold(world)
    world.qualify(expert)
    return expert


def test_what_was_judged_while_somebody_had_a_role_that_reads_is_never_theirs(
    database_url: str, tmp_path: Path
) -> None:
    """The log, a release and the figures show judgments without a look at the item: the role alone counts."""
    with world_at(database_url, tmp_path / "cell") as world:
        had = {role: world.person(f"Was {role}", role) for role in sorted(access.READERS)}
        assert set(had) == set(people.ROLES) - {"expert"}
        world.work(1)
        first = world.expert()
        known = world.judge(first).item
        experts = [becomes_expert(world, actor) for actor in had.values()]
        assert {asked(world, actor) for actor in experts} == {"no-work"}
        world.work(1, start=2)
        fresh = world.judge(first).item
        assert {asked(world, actor) for actor in experts} == {fresh}
        with journal.reading(world.cell.engine) as connection:
            held = sorted(tuple(row) for row in connection.execute(sa.select(ROLE_HELD)).all())
        projection.rebuild(world.cell.engine)
        with journal.reading(world.cell.engine) as connection:
            assert sorted(tuple(row) for row in connection.execute(sa.select(ROLE_HELD)).all()) == held
            assert {rows.held_until(connection, actor.person, access.READERS) > 0 for actor in experts} == {True}
        assert asked(world, world.expert()) in (known, fresh)


def test_a_lease_from_before_is_no_road_round_the_role(sqlite_url: str, tmp_path: Path) -> None:
    """They held the item, read it in another role, and came back."""
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.work(1)
        first, second = world.expert(), world.expert()
        task = world.task(second)
        world.judge(first)
        for role in ("researcher", "expert"):
            done = roster.change_roles(
                world.cell, world.lead, second.person, roles=[role], expert_roles=[], key=new_key()
            )
            assert isinstance(done, Receipt), done
        sent = judgment.submit(world.cell, second, task.assignment, answer_of("tie"), key=new_key())
        assert isinstance(sent, Refused)
        assert sent.code == "work-requeued"


def test_no_role_that_reads_what_others_judged_is_had_beside_judging() -> None:
    """While somebody has one they get no work: so what counts is when it ended."""
    for role in sorted(access.READERS):
        assert isinstance(people.check_roles([role, "expert"], []), Refused), role
    assert not access.READERS & {"expert", *people.EXPERT_ROLES}


def sees_the_queue(world: World, actor: Actor, item: str) -> None:
    """Nothing there says how the verdicts divide."""
    queue = adjudication.queue(world.cell, actor, PROGRAMME)
    page, offer = adjudication.queue_page(world.cell, actor, PROGRAMME), adjudication.offered(world.cell, actor, item)
    assert not isinstance(queue, Refused)
    assert not isinstance(page, Refused)
    assert not isinstance(offer, Refused)
    assert [row.counts for row in (*queue, *page.rows, offer)] == [None] * 3


def reads_the_cause(world: World, actor: Actor, item: str) -> None:
    assert isinstance(disagreement.item_cause(world.cell, actor, item), disagreement.ItemCause)


def ends_it_unread(world: World, actor: Actor, item: str) -> None:
    """Whoever ends a case decided on its judgments, whether or not they opened its page."""
    adjudication.take(world.cell, actor, item, key=new_key())
    sends_back(world, actor, item)


def opens_it(world: World, actor: Actor, item: str) -> None:
    adjudication.take(world.cell, actor, item, key=new_key())
    assert isinstance(adjudication.case_page(world.cell, actor, item, key=new_key()), adjudication.CasePage)
    adjudication.give_back(world.cell, actor, item, key=new_key())


def sends_back(world: World, actor: Actor, item: str) -> None:
    adjudication.send_back(
        world.cell, actor, item, why="more_judges", by_same=False, criteria=["reasoning"],
        notes="Both readings were weighed against the rubric.", key=new_key(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("road", "is_barred"),
    [(sees_the_queue, False), (reads_the_cause, True), (ends_it_unread, True), (opens_it, True)],
)
def test_an_adjudicator_never_judges_an_item_whose_judgments_they_saw(
    sqlite_url: str, tmp_path: Path, road: Callable[[World, Actor, str], None], is_barred: bool
) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.work(1)
        item, _ = (world.judge(world.expert(), verdict).item for verdict in VERDICTS)
        disagreement.classify_batch(world.cell, world.lead, world.batch(), key=new_key())
        one, other = world.expert("adjudicator"), world.expert("adjudicator")
        road(world, one, item)
        if road is not ends_it_unread:
            adjudication.take(world.cell, other, item, key=new_key())
            sends_back(world, other, item)
        assert asked(world, one) == ("no-work" if is_barred else item)


def test_whoever_may_know_the_answers_of_gold_items_is_not_qualified_by_them(database_url: str, tmp_path: Path) -> None:
    """Who imported them, or could read the journal then; nor are these ever sentinels for them. Newer gold will do."""
    with world_at(database_url, tmp_path / "cell") as world:
        writer = world.lead
        world.lead = world.person("Next lead", "lead")
        expert = changes_to_expert(world, writer)
        started = roster.start_qualification(world.cell, expert, programme=PROGRAMME, rubric="general", key=new_key())
        assert isinstance(started, Refused)
        assert started.code == "gold-known"
        bring_gold(world)
        assert world.qualify(expert).state == "qualified"


def test_an_own_judgment_that_was_set_aside_comes_back_to_a_former_reader(database_url: str, tmp_path: Path) -> None:
    """Nobody else had judged the item while they read: what they know of it is their own."""
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(1)
        mine, other, tom = world.expert(), world.expert(), world.expert("adjudicator")
        item = world.judge(mine, "a_clearly").item
        for role in ("researcher", "expert"):
            done = roster.change_roles(
                world.cell, world.lead, mine.person, roles=[role], expert_roles=[], key=new_key()
            )
            assert isinstance(done, Receipt), done
        again = roster.actor_of(world.cell, mine.person)
        assert again is not None
        world.judge(other, "b_clearly")
        assert not isinstance(adjudication.take(world.cell, tom, item, key=new_key()), Refused)
        sent = adjudication.send_back(
            world.cell, tom, item, why="error", by_same=True, criteria=["reasoning"],
            notes="The item was shown without its last sentence.", key=new_key(),
        )  # fmt: skip
        assert not isinstance(sent, Refused), sent
        assert asked(world, again) == item

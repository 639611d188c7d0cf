"""Whom items are given to, asked where they are given: languages, clearances, and what becomes of held work."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from held_work import given as judgments
from living_cell import PROGRAMME, World, contract_text, item_row, world_at
from restricted_work import LIMITS, SENIOR

from tallystick.app import adjudication, assignment, contract, erasure, roster, routing
from tallystick.app.access import Actor
from tallystick.app.kernel import new_key
from tallystick.flow.erasure import Wish
from tallystick.flow.refusal import Refused
from tallystick.store import items

DOMAINS = ("general", "creative")
SECTION = "routing: {domains: {general: {language_level: B2, language_confirmed: true}}}\n"
WORDS = "In an interview of half an hour."
DAY_US = 86_400_000_000


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with world_at(database_url, tmp_path / "cell", domains=DOMAINS) as world:
        world.expert()
        text = contract_text("1.1.0", domains=DOMAINS) + SECTION + LIMITS + SENIOR
        text = text.replace(
            "creative: {rubric: creative, risk: medium}", "creative: {rubric: creative, risk: restricted}"
        )
        done = contract.bring_into_force(world.cell, world.lead, text=text, name="c.yaml", key=new_key())
        assert isinstance(done, contract.ContractInForce), done
        yield world


def given(world: World, who: Actor) -> str:
    """What somebody is given now, or why nothing."""
    found = assignment.next_task(world.cell, who, PROGRAMME)
    return found.code if isinstance(found, Refused) else found.shown.prompt


def clear(world: World, who: Actor) -> str:
    until = world.clock() + DAY_US
    done = routing.grant(
        world.cell, world.lead, who.person, programme=PROGRAMME, until=until, reason=WORDS, key=new_key()
    )
    assert isinstance(done, routing.Granted), done
    return done.clearance


def test_items_go_to_whom_the_contract_says_and_come_home_when_a_clearance_ends(world: World) -> None:
    expert = world.experts[0]
    clearance = clear(world, expert)
    world.bring([item_row("german", language="de"), item_row("secret", domain="creative")])
    assert given(world, expert) == "What is secret?"
    assert not isinstance(routing.revoke(world.cell, world.lead, clearance, reason=WORDS, key=new_key()), Refused)
    assert given(world, expert) == "no-work"
    routing.declare_languages(world.cell, expert, {"de": "native"}, key=new_key())
    assert given(world, expert) == "no-work"
    confirmed = routing.confirm_language(
        world.cell, world.lead, expert.person, language="de", level="B2", how=WORDS, key=new_key()
    )
    assert not isinstance(confirmed, Refused)
    assert given(world, expert) == "What is german?"
    clear(world, expert)
    world.judge(expert)
    assert given(world, expert) == "What is secret?"


def test_cases_that_somebody_may_not_have_are_asked_about_together(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        first, second, asking = world.expert(), world.expert(), world.expert("adjudicator", domains=())
        names = world.work(6, language="de")
        for _ in names:
            world.judge(first, "a_clearly")
            world.judge(second, "b_clearly")
        text = contract_text("1.1.0") + SECTION
        done = contract.bring_into_force(world.cell, world.lead, text=text, name="c.yaml", key=new_key())
        assert isinstance(done, contract.ContractInForce), done
        asked: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            asked.append(statement)

        def queries() -> int:
            """How many a request for the next case takes that finds none for whoever asks."""
            asked.clear()
            sa.event.listen(world.cell.engine, "before_cursor_execute", note)
            refused = adjudication.take_next(world.cell, asking, PROGRAMME, key=new_key())
            sa.event.remove(world.cell.engine, "before_cursor_execute", note)
            assert isinstance(refused, Refused)
            assert refused.code == "no-work"
            return len(asked)

        many = queries()
        for name in names[:4]:
            with world.cell.read() as connection:
                item = items.by_external(connection, PROGRAMME, [name])[name].item
            wish = Wish(what="object", target=f"item:{item}", reason="mistake")
            assert not isinstance(erasure.order(world.cell, world.lead, wish, key=new_key()), Refused)
        assert queries() == many


def test_gold_items_are_for_whom_work_is_for(world: World) -> None:
    expert = world.expert(domains=())
    for rubric in DOMAINS:
        found = roster.start_qualification(world.cell, expert, programme=PROGRAMME, rubric=rubric, key=new_key())
        assert isinstance(found, Refused)
        assert found.code == "gold-not-for-you"
    clear(world, expert)
    assert world.qualify(expert, "creative").state == "qualified"


def test_what_decides_is_told_to_the_person_and_to_readers_of_the_roster(world: World) -> None:
    expert, other = world.expert(domains=()), world.expert(domains=())
    routing.declare_languages(world.cell, expert, {"pt-BR": "C1"}, key=new_key())
    clear(world, expert)
    for who in (expert, world.lead):
        found = routing.routed(world.cell, who, expert.person)
        assert isinstance(found, routing.Routed)
        assert [(row.language, row.level, row.confirmed) for row in found.languages] == [("pt-BR", "C1", None)]
        assert [(one.state, one.reason) for one in found.clearances] == [("in force", WORDS)]
    assert isinstance(routing.routed(world.cell, other, expert.person), Refused)


def test_a_judgment_names_the_role_that_the_roster_gives_and_the_domain_asks_for(world: World) -> None:
    expert = world.expert("reviewer", "language_specialist", domains=())
    routing.declare_languages(world.cell, expert, {"en": "native"}, key=new_key())
    confirmed = routing.confirm_language(
        world.cell, world.lead, expert.person, language="en", level="C1", how=WORDS, key=new_key()
    )
    assert not isinstance(confirmed, Refused)
    clear(world, expert)
    for domain in DOMAINS:
        assert world.qualify(expert, domain).state == "qualified"
    world.bring([item_row("asked"), item_row("free", domain="creative")])
    for _ in DOMAINS:
        world.judge(expert)
    assert {row.role for row in judgments(world)} == {"language_specialist", "reviewer"}

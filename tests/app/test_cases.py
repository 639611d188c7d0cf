"""Cases: in the order of their risk, each with one adjudicator, ended in one of three ways, with the rubric heard."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from living_cell import PROGRAMME, World, contract_text, world_at
from restricted_work import SENIOR

from tallystick.app import access, adjudication, contract, erasure, roster
from tallystick.app.access import Actor
from tallystick.app.adjudication import CasePage, Closed, Taken
from tallystick.app.kernel import Command, Transaction, new_key
from tallystick.events.disagreement import DisagreementClassified
from tallystick.events.envelope import Event
from tallystick.events.standing import JudgmentsRequeued
from tallystick.flow.adjudication import Feedback
from tallystick.flow.erasure import Wish as ErasureWish
from tallystick.flow.refusal import Refused
from tallystick.store import adjudication as store
from tallystick.store import projection
from tallystick.store.adjudication import Asking
from tallystick.store.schema import DISAGREEMENT, JUDGMENT, PAST_DISAGREEMENT, RUBRIC_FEEDBACK

NOTES = "Both readings were weighed against the rubric."
REMARK = Feedback(criterion="reasoning", what="ambiguous", words="Say whether a step may be left out.")


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """Three items on which two experts divide, and two adjudicators."""
    with world_at(database_url, tmp_path / "cell") as found:
        divide(found, 3)
        found.expert("adjudicator")
        found.expert("adjudicator")
        yield found


def divide(world: World, number: int, **changes: object) -> None:
    world.work(number, start=len(world.experts) + 1, **changes)
    first, second = world.expert(), world.expert()
    for _ in range(number):
        world.judge(first, "a_clearly")
        world.judge(second, "b_clearly")


def code_of(found: object) -> str:
    assert isinstance(found, Refused), found
    return found.code


def queue(world: World, actor: Actor) -> list[str]:
    found = adjudication.queue(world.cell, actor, PROGRAMME)
    assert not isinstance(found, Refused)
    return [row.item for row in found]


def taken(found: object) -> Taken:
    assert isinstance(found, Taken), found
    return found


def take(world: World, actor: Actor, item: str) -> Taken | Refused:
    return adjudication.take(world.cell, actor, item, key=new_key())


def settle(world: World, actor: Actor, item: str, **wishes: object) -> Closed | Refused:
    values = {"verdict": "a_clearly", "criteria": ["reasoning"], "notes": NOTES, "key": new_key()} | wishes
    return adjudication.settle(world.cell, actor, item, **values)  # type: ignore[arg-type]  # by name


def send_back(world: World, actor: Actor, item: str, **wishes: object) -> Closed | Refused:
    values = {"why": "error", "by_same": True, "criteria": ["reasoning"], "notes": NOTES, "key": new_key()} | wishes
    return adjudication.send_back(world.cell, actor, item, **values)  # type: ignore[arg-type]  # by name


def classify(world: World, item: str, cause: str | None) -> None:
    """Let a model say why the judges of an item disagree, as its events do."""

    def decide(_tx: Transaction) -> list[Event]:
        return [
            DisagreementClassified(
                item=item, programme=PROGRAMME, batch=world.batch(), status="classified" if cause else "undetermined",
                cause=cause, proposed=cause, confidence_ppm=900_000, posterior={}, judges=2, model="m-1",
                model_digest="d", inputs_digest="d", terms=[], absent=[], helps=[], code_version="0",
                salt="00",
            )
        ]  # fmt: skip

    answer = world.cell.execute(Command(access.CELL, "gate.measure", new_key(), b"classify", decide))
    assert not isinstance(answer, Refused)


def test_nobody_reads_or_ends_a_case_that_another_holds(world: World) -> None:
    one, two = world.experts[2:]
    item = queue(world, one)[0]
    assert code_of(adjudication.case_page(world.cell, one, item, key=new_key())) == "case-not-taken"
    taken(take(world, one, item))
    assert item not in queue(world, two)
    assert item in queue(world, world.lead)
    assert code_of(take(world, two, item)) == "case-held"
    assert code_of(adjudication.case_page(world.cell, two, item, key=new_key())) == "case-held"
    assert code_of(settle(world, two, item)) == "case-held"
    page = adjudication.case_page(world.cell, one, item, key=new_key())
    assert isinstance(page, CasePage)
    assert page.is_mine
    assert isinstance(settle(world, one, item), Closed)
    assert code_of(take(world, two, item)) == "already-adjudicated"


def test_taking_twice_is_taking_once_and_one_case_at_a_time(world: World) -> None:
    one = world.experts[2]
    first, second, _ = queue(world, one)
    lease = taken(take(world, one, first))
    world.clock.pass_minutes(5)
    again = taken(take(world, one, first))
    assert (again.expires_at, again.receipt.facts) == (lease.expires_at, ())
    refused = take(world, one, second)
    assert code_of(refused) == "holding-case"
    assert refused.names == (first,)  # type: ignore[union-attr]  # a refusal
    assert taken(adjudication.take_next(world.cell, one, PROGRAMME, key=new_key())).item == first
    assert not isinstance(adjudication.give_back(world.cell, one, first, key=new_key()), Refused)
    assert code_of(adjudication.give_back(world.cell, one, first, key=new_key())) == "not-leased"
    assert taken(adjudication.take_next(world.cell, one, PROGRAMME, key=new_key())).item == first


def test_a_lease_that_ran_out_serves_its_holder_until_somebody_else_takes_the_case(world: World) -> None:
    one, two = world.experts[2:]
    first, second, third = queue(world, one)
    taken(take(world, one, first))
    world.clock.pass_minutes(61)
    assert isinstance(settle(world, one, first), Closed)
    taken(take(world, one, second))
    world.clock.pass_minutes(61)
    taken(take(world, two, second))
    assert code_of(settle(world, one, second)) == "case-held"
    taken(take(world, one, third))
    world.clock.pass_minutes(61)
    assert adjudication.expire_cases(world.cell) == 2
    assert adjudication.expire_cases(world.cell) == 0
    assert code_of(settle(world, one, third)) == "case-not-taken"


def test_many_at_once_never_get_the_same_case(world: World) -> None:
    adjudicators = world.experts[2:] + [world.expert("adjudicator") for _ in range(3)]

    def ask(actor: Actor) -> Taken | Refused:
        return adjudication.take_next(world.cell, actor, PROGRAMME, key=new_key())

    with ThreadPoolExecutor(5) as pool:
        found = list(pool.map(ask, adjudicators))
    given = [one.item for one in found if isinstance(one, Taken)]
    assert len(given) == len(set(given)) == 3
    assert [code_of(one) for one in found if not isinstance(one, Taken)] == ["no-work"] * 2


def test_judges_and_strangers_take_nothing(world: World) -> None:
    item = queue(world, world.lead)[0]
    judge = world.experts[0]
    roster.change_roles(
        world.cell, world.lead, judge.person, roles=["expert"], expert_roles=["adjudicator"], key=new_key()
    )
    now = roster.actor_of(world.cell, judge.person)
    assert now is not None
    for actor in (now, world.lead, world.experts[1]):
        assert take(world, actor, item) == access.ABSENT
    assert code_of(adjudication.take_next(world.cell, now, PROGRAMME, key=new_key())) == "no-work"
    assert adjudication.give_back(world.cell, now, item, key=new_key()) == access.ABSENT
    assert take(world, world.experts[2], "itm-none") == access.ABSENT


def test_what_was_erased_is_not_taken(world: World) -> None:
    one = world.experts[2]
    item = queue(world, one)[0]
    wish = ErasureWish(what="object", target=f"item:{item}", reason="mistake")
    assert isinstance(erasure.order(world.cell, world.lead, wish, key=new_key()), erasure.Ordered)
    assert code_of(take(world, one, item)) == "erased"
    assert taken(adjudication.take_next(world.cell, one, PROGRAMME, key=new_key())).item != item


RISKS = ("general: medium", "creative: low", "medical: high")


def test_risk_comes_first_then_the_class_then_age(sqlite_url: str, tmp_path: Path) -> None:
    domains = ("general", "creative", "medical")
    with world_at(sqlite_url, tmp_path / "cell", domains=domains) as world:
        first, second = world.expert(), world.expert()
        for number, domain in enumerate(("creative", "general", "medical", "general", "medical", "general")):
            world.bring([row_of(number, domain)])
        for _ in range(6):
            world.judge(first, "a_clearly")
            world.judge(second, "b_clearly")
        text = contract_text("1.1.0", domains=domains)
        for line in RISKS:
            domain, risk = line.split(": ")
            text = text.replace(f"{{rubric: {domain}, risk: medium}}", f"{{rubric: {domain}, risk: {risk}}}")
        text += SENIOR
        done = contract.bring_into_force(world.cell, world.lead, text=text, name="c.yaml", key=new_key())
        assert isinstance(done, contract.ContractInForce), done
        found = ordered(world)
        assert [row[0] for row in found] == ["high", "high", "medium", "medium", "medium", "low"]
        assert ages(world) == sorted_within(world)
        general = [row[2] for row in found if row[0] == "medium"]
        classify(world, general[2], "rater_error")
        classify(world, general[0], "value_diversity")
        assert [row[2] for row in ordered(world) if row[0] == "medium"] == [general[2], general[1], general[0]]
        classify(world, general[0], None)
        assert [row[2] for row in ordered(world) if row[0] == "medium"] == [general[2], general[0], general[1]]
        pages_are_the_whole(world)


def row_of(number: int, domain: str) -> dict[str, object]:
    texts = [{"text": f"{number} is {n}.", "model": "m", "version": "1"} for n in ("one", "two")]
    return {"id": f"d-{number}", "domain": domain, "prompt": f"{number}?", "candidates": texts, "difficulty": "hard"}


def ordered(world: World) -> list[tuple[str, str | None, str]]:
    found = adjudication.queue(world.cell, world.lead, PROGRAMME)
    assert not isinstance(found, Refused)
    return [(row.risk, row.cause, row.item) for row in found]


def ages(world: World) -> list[int]:
    found = adjudication.queue(world.cell, world.lead, PROGRAMME)
    assert not isinstance(found, Refused)
    return [row.seq for row in found]


def sorted_within(world: World) -> list[int]:
    found = adjudication.queue(world.cell, world.lead, PROGRAMME)
    assert not isinstance(found, Refused)
    return [seq for tier in ("high", "medium", "low") for seq in sorted(row.seq for row in found if row.risk == tier)]


def pages_are_the_whole(world: World) -> None:
    """Two at a time, the queue is the same and in the same order."""
    seen: list[str] = []
    after: str | None = None
    while True:
        page = adjudication.queue_page(world.cell, world.lead, PROGRAMME, after=after, limit=2)
        assert isinstance(page, adjudication.Queue)
        seen += [row.item for row in page.rows]
        after = page.after
        if after is None:
            break
    assert seen == [item for _, _, item in ordered(world)]
    assert sum(row.cases for row in page.waiting) == page.counts["open"] == 6


def test_settling_what_people_may_differ_on_needs_a_word_and_is_recorded(world: World) -> None:
    one = world.experts[2]
    item = queue(world, one)[0]
    classify(world, item, "value_diversity")
    taken(take(world, one, item))
    page = adjudication.case_page(world.cell, one, item, key=new_key())
    assert isinstance(page, CasePage)
    assert page.warned is not None
    assert (page.warned.road, page.warned.is_asked) == ("preserve", True)
    refused = settle(world, one, item)
    assert code_of(refused) == "needs-confirmation"
    done = settle(world, one, item, is_confirmed=True)
    assert isinstance(done, Closed)
    assert [fact.KIND for fact in done.receipt.facts] == ["disagreement-settled/1", "settlement-confirmed/1"]
    with world.cell.read() as connection:
        row = connection.execute(DISAGREEMENT.select().where(DISAGREEMENT.c.item == item)).one()
    assert (row.confirmed, row.holder, row.held_until) == ("value_diversity", None, None)


def test_feedback_on_the_rubric_goes_with_the_decision(world: World) -> None:
    one = world.experts[2]
    item = queue(world, one)[0]
    taken(take(world, one, item))
    assert code_of(
        settle(world, one, item, feedback=[Feedback(criterion="beauty", what="missing", words="Add it.")])
    ) == ("unknown-criterion")
    key = new_key()
    done = settle(world, one, item, feedback=[REMARK], key=key)
    assert isinstance(done, Closed)
    assert [fact.KIND for fact in done.receipt.facts] == ["disagreement-settled/1", "rubric-feedback-recorded/1"]
    assert settle(world, one, item, feedback=[REMARK], key=key).receipt.is_repeat  # type: ignore[union-attr]  # closed
    assert code_of(settle(world, one, item, key=key)) == "key-reused"
    told = adjudication.remarks(world.cell, world.lead, PROGRAMME, "general")
    assert isinstance(told, list)
    assert [(one.row.criterion, one.row.what, one.words) for one in told] == [("reasoning", "ambiguous", REMARK.words)]
    assert adjudication.remarks(world.cell, world.experts[2], PROGRAMME, "general") == access.ABSENT
    assert adjudication.remarks(world.cell, world.lead, PROGRAMME, "none") == access.ABSENT


def test_what_was_said_of_a_rubric_goes_with_whoever_said_it(world: World) -> None:
    one = world.experts[2]
    item = queue(world, one)[0]
    taken(take(world, one, item))
    assert isinstance(settle(world, one, item, feedback=[REMARK]), Closed)
    wish = ErasureWish(what="subject", target=f"person:{one.person}", reason="subject-request")
    assert isinstance(erasure.order(world.cell, world.lead, wish, key=new_key()), erasure.Ordered)
    told = adjudication.remarks(world.cell, world.lead, PROGRAMME, "general")
    assert isinstance(told, list)
    assert told[0].words.startswith("Erased on ")


@pytest.mark.parametrize("by_same", [True, False])
def test_a_case_that_is_sent_back_is_judged_again_and_opens_anew(world: World, *, by_same: bool) -> None:
    one = world.experts[2]
    item = queue(world, one)[0]
    taken(take(world, one, item))
    assert code_of(send_back(world, one, item, why="boredom")) == "unknown-reason"
    done = send_back(world, one, item, by_same=by_same, feedback=[REMARK])
    assert isinstance(done, Closed)
    assert done.state == "returned"
    requeued = [fact for fact in done.receipt.facts if isinstance(fact, JudgmentsRequeued)]
    assert [(fact.items, fact.cause, fact.by_same) for fact in requeued] == [([item], "adjudication", by_same)]
    assert item not in queue(world, world.lead)
    with world.cell.read() as connection:
        past = connection.execute(PAST_DISAGREEMENT.select()).one()
        assert (past.state, past.adjudicator, json.loads(past.criteria)) == ("returned", one.person, ["reasoning"])
        assert len(connection.execute(RUBRIC_FEEDBACK.select()).all()) == 1
    judges = world.experts[:2] if by_same else [world.expert(), world.expert()]
    for judge, verdict in zip(judges, ("tie", "b_clearly"), strict=True):
        assert world.judge(judge, verdict).item == item  # type: ignore[arg-type]  # a verdict
    assert item in queue(world, one)
    taken(take(world, one, item))
    page = adjudication.case_page(world.cell, one, item, key=new_key())
    assert isinstance(page, CasePage)
    assert sorted(given.verdict == "tie" for given in page.judgments) == [False, True]
    assert isinstance(settle(world, one, item, verdict="tie"), Closed)
    with world.cell.read() as connection:
        rows = connection.execute(JUDGMENT.select().where(JUDGMENT.c.item == item)).all()
    assert sorted(row.standing for row in rows) == ["counted", "counted", "requeued", "requeued"]


def test_overturn_rates_come_from_settled_cases_alone(world: World) -> None:
    one, two = world.experts[2:]
    first, second, third = queue(world, one)
    taken(take(world, one, first))
    assert isinstance(settle(world, one, first), Closed)
    taken(take(world, two, second))
    kept = adjudication.preserve(world.cell, two, second, criteria=["reasoning"], notes=NOTES, key=new_key())
    assert isinstance(kept, Closed)
    found = adjudication.overturns(world.cell, world.lead, PROGRAMME)
    assert not isinstance(found, Refused)
    assert found.cases == 1
    assert sorted((rate.count, rate.n, rate.share) for rate in found.by_expert) == [(0, 1, None), (1, 1, None)]
    assert [(rate.group, rate.count, rate.n) for rate in found.by_criterion] == [(("reasoning",), 1, 2)]
    assert adjudication.overturns(world.cell, one, PROGRAMME) == access.ABSENT
    assert adjudication.overturns(world.cell, world.lead, "none") == access.ABSENT
    assert third in queue(world, world.lead)


def test_rebuilding_gives_the_same_tables(world: World) -> None:
    one, two = world.experts[2:]
    first, second, third = queue(world, one)
    classify(world, third, "rater_error")
    taken(take(world, one, first))
    assert isinstance(settle(world, one, first, feedback=[REMARK]), Closed)
    taken(take(world, two, second))
    assert isinstance(send_back(world, two, second), Closed)
    taken(take(world, one, third))
    with world.cell.read() as connection:
        before = projection.dump(connection)
    projection.rebuild(world.cell.engine)
    with world.cell.read() as connection:
        assert projection.dump(connection) == before


def test_the_queue_is_read_from_an_index_however_long_it_is(sqlite_url: str, tmp_path: Path) -> None:
    """No sorting and no scan of the table: what makes a queue of a hundred thousand cases as fast as one of ten."""
    with world_at(sqlite_url, tmp_path / "cell") as world, world.cell.read() as connection:
        asking = Asking(person="per-x", now=1)
        for query, index in (
            (store.part_query(PROGRAMME, "general", (-1, -1), asking=asking, limit=10), "disagreement_by_risk"),
            (store.held_query("per-x", PROGRAMME), "disagreement_held"),
            (store.run_out_query(1, limit=10), "disagreement_lease"),
        ):
            text = str(query.compile(connection.engine, compile_kwargs={"literal_binds": True}))
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all()]
            assert any(index in line for line in plan), plan
            assert [line for line in plan if line.startswith("SCAN") or "TEMP B-TREE FOR ORDER" in line] == []

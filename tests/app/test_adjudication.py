"""From disagreement to decision: blinded, by somebody else, with notes; and no raw judgment is ever altered."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from living_cell import CRITERIA, PROGRAMME, World, world_at

from tallystick.app import access, adjudication, blocking, contract, gate, release, roster
from tallystick.app.access import Actor
from tallystick.app.adjudication import CasePage, Closed
from tallystick.app.kernel import new_key
from tallystick.flow import assignment as order
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish
from tallystick.ledger import journal
from tallystick.signals.preference import swap
from tallystick.store.schema import DISAGREEMENT, FLAG, JUDGMENT, VAULT_KEY, Row

NOTES = "Both readings were weighed against the rubric."
WISH = Wish(programme=PROGRAMME, name="set", version="1.0.0", use="train", batches=None)


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """Two experts who divide on the first item, an adjudicator, and an item on which they agree."""
    with world_at(database_url, tmp_path / "cell") as found:
        found.work(2)
        for roles in ((), ("adjudicator",), ("adjudicator",)):
            found.expert(*roles)
        for expert, verdicts in zip(found.experts, (("a_clearly", "tie"), ("b_slightly", "tie")), strict=False):
            for verdict in verdicts:
                found.judge(expert, verdict)  # type: ignore[arg-type]  # these are verdicts
        yield found


def queue(world: World, actor: Actor, *, state: str = "open") -> list[Row]:
    found = adjudication.queue(world.cell, actor, PROGRAMME, state=state)
    assert not isinstance(found, Refused)
    return found


def take(world: World, actor: Actor, item: str) -> str:
    """Take a case; its item."""
    taken = adjudication.take(world.cell, actor, item, key=new_key())
    assert isinstance(taken, adjudication.Taken), taken
    return taken.item


def take_first(world: World, actor: Actor) -> str:
    """Take the case that stands first in the queue."""
    return take(world, actor, queue(world, actor)[0].item)


def settle(world: World, actor: Actor, item: str, **changes: object) -> Closed | Refused:
    values = {"verdict": "a_clearly", "criteria": ["reasoning"], "notes": NOTES, "key": new_key()} | changes
    return adjudication.settle(world.cell, actor, item, **values)  # type: ignore[arg-type]  # by name


def raw(world: World) -> list[tuple[object, ...]]:
    """Every judgment as it stands, and every journal entry of one."""
    with world.cell.read() as connection:
        rows = [tuple(row) for row in connection.execute(JUDGMENT.select().order_by(JUDGMENT.c.seq)).all()]
        entries = connection.execute(journal.JOURNAL.select().order_by(journal.JOURNAL.c.seq)).all()
    return [*rows, *(tuple(row) for row in entries if row.kind.startswith("judgment-submitted/"))]


def test_the_queue_holds_what_divided_and_hides_it_from_its_judges(world: World) -> None:
    judge, adjudicator = world.experts[1], world.experts[2]
    assert [row.counts for row in queue(world, adjudicator)] == [None]  # the item may be theirs to judge one day
    assert queue(world, judge) == []
    assert [json.loads(row.counts) for row in queue(world, world.lead)] == [{"a_clearly": 1, "b_slightly": 1}]
    assert adjudication.queue(world.cell, world.experts[0], PROGRAMME) == access.ABSENT


def test_a_case_shows_judgments_without_their_authors_in_the_adjudicators_order(world: World) -> None:
    adjudicator = world.experts[2]
    item = take_first(world, adjudicator)
    page = adjudication.case_page(world.cell, adjudicator, item, key=new_key())
    assert isinstance(page, CasePage)
    mine = order.candidate_order(world.cell.order_seed, item, adjudicator.person)
    assert page.order == mine
    shown = {judged.verdict if mine == "AB" else swap(judged.verdict) for judged in page.judgments}
    assert shown == {"a_clearly", "b_slightly"}
    assert [judged.number for judged in page.judgments] == [1, 2]
    text = repr((page.judgments, page.shown))
    assert [expert.person for expert in world.experts if expert.person in text] == []
    assert "secret-model" not in repr(page)


def test_opening_a_case_is_an_event(world: World) -> None:
    adjudicator = world.experts[2]
    item = take_first(world, adjudicator)
    with world.cell.read() as connection:
        before = journal.head(connection).next_seq
    key = new_key()
    for _ in range(2):
        adjudication.case_page(world.cell, adjudicator, item, key=key)
    with world.cell.read() as connection:
        assert journal.head(connection).next_seq == before + 1
    assert adjudication.case_page(world.cell, world.experts[1], item, key=new_key()) == access.ABSENT
    assert adjudication.case_page(world.cell, adjudicator, "itm-none", key=new_key()) == access.ABSENT


def test_settling_names_the_items_own_candidate(world: World) -> None:
    adjudicator = world.experts[2]
    item = take_first(world, adjudicator)
    mine = order.candidate_order(world.cell.order_seed, item, adjudicator.person)
    key = new_key()
    done = settle(world, adjudicator, item, key=key)
    again = settle(world, adjudicator, item, key=key)
    assert isinstance(done, Closed)
    assert isinstance(again, Closed)
    assert (done.state, again.receipt.is_repeat) == ("settled", True)
    with world.cell.read() as connection:
        row = connection.execute(DISAGREEMENT.select()).one()
    assert (row.state, row.verdict) == ("settled", "a_clearly" if mine == "AB" else "b_clearly")
    second = settle(world, adjudicator, item)
    assert isinstance(second, Refused)
    assert second.code == "already-adjudicated"


def test_a_refusal_leaves_not_even_a_key_behind(world: World) -> None:
    """Somebody enrolled has a key for their profile; a stranger's refused notes must not make one."""
    item = queue(world, world.lead)[0].item
    stranger = Actor("per-stranger", frozenset({"expert"}), frozenset({"adjudicator"}))
    found = settle(world, stranger, take(world, stranger, item), verdict="abstain")
    assert isinstance(found, Refused)
    assert found.code == "no-decision"
    with world.cell.read() as connection:
        scopes = [row.scope for row in connection.execute(VAULT_KEY.select()).all()]
    assert "person:per-stranger" not in scopes


def test_a_case_of_a_domain_that_the_contract_dropped_can_still_be_ended(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", domains=("general", "creative")) as found:
        found.work(1, domain="creative")
        first, second, adjudicator = found.expert(), found.expert(), found.expert("adjudicator")
        found.judge(first, "a_clearly")
        found.judge(second, "b_clearly")
        assert isinstance(found.revise("1.1.0", domains=("general",)), contract.ContractInForce)
        item = take_first(found, adjudicator)
        assert isinstance(adjudication.case_page(found.cell, adjudicator, item, key=new_key()), CasePage)
        assert isinstance(settle(found, adjudicator, item), Closed)


def test_preserving_keeps_the_distribution(world: World) -> None:
    adjudicator = world.experts[2]
    item = take_first(world, adjudicator)
    done = adjudication.preserve(world.cell, adjudicator, item, criteria=["reasoning"], notes=NOTES, key=new_key())
    assert isinstance(done, Closed)
    row = queue(world, world.lead, state="preserved")[0]
    assert (row.verdict, json.loads(row.counts)) == (None, {"a_clearly": 1, "b_slightly": 1})
    page = adjudication.case_page(world.cell, adjudicator, item, key=new_key())
    assert isinstance(page, CasePage)
    assert page.notes == NOTES


def test_no_judge_adjudicates_their_own(world: World) -> None:
    item = queue(world, world.lead)[0].item
    for actor, code in ((world.experts[1], "own-judgment"), (world.experts[0], "absent"), (world.lead, "absent")):
        found = settle(world, actor, item)
        assert isinstance(found, Refused)
        assert found.code == code


def test_raw_judgments_are_never_altered(world: World) -> None:
    """Invariant 7: not by measuring, not by adjudicating, not by a new rubric, not by a release."""
    before = raw(world)
    assert len(before) == 8
    adjudicator = world.experts[2]
    world.measure()
    settle(world, adjudicator, take_first(world, adjudicator))
    world.measure()
    world.publish("1.1.0", question="Does it really follow?")
    release.cut(world.cell, world.lead, WISH, key=new_key())
    assert raw(world) == before


def test_a_gate_that_fails_keeps_its_batch_out_of_every_release(world: World) -> None:
    """One of two items divided: half agree, and the domain asks for 0.74."""
    assert world.measure().decision == "fail"
    for batches in (None, (world.batch(),)):
        wish = Wish(programme=PROGRAMME, name="set", version="1.0.0", use="train", batches=batches)
        found = release.cut(world.cell, world.lead, wish, key=new_key())
        assert isinstance(found, Refused)
        assert "Expected agreement on verdict of at least 0.74, found 0.500." in found.sentence
    blocked = blocking.blockers(world.cell, world.lead, PROGRAMME)
    assert not isinstance(blocked, Refused)
    assert [(b.code, b.is_whole_batch) for b in blocked] == [("below-threshold", True), ("open-disagreement", False)]
    assert list(world.cell.releases_directory.iterdir()) == []


def test_an_old_measurement_opens_no_gate(sqlite_url: str, tmp_path: Path) -> None:
    """What was measured as good and has become bad since is measured again when a release is cut."""
    with world_at(sqlite_url, tmp_path / "cell") as found:
        found.work(1)
        first, second = found.expert(), found.expert()
        found.judge(first)
        found.judge(second)
        assert found.measure().decision == "pass"
        found.work(3, start=2)
        for verdict in ("a_clearly", "a_clearly", "a_clearly"):
            found.judge(first, verdict)
        for _ in range(3):
            found.judge(second, "b_clearly")
        refused = release.cut(found.cell, found.lead, WISH, key=new_key())
        assert isinstance(refused, Refused)
        assert refused.code == "nothing-passes"


def test_a_new_rubric_version_flags_what_was_judged_before_and_what_comes_late(world: World) -> None:
    world.work(1, start=3)
    late = world.task(world.experts[0])
    world.publish("1.1.0", question="Does it really follow?")
    from_before = {str(row[0]) for row in raw(world)[:4]}
    assert flagged(world) == {(judgment, "1.1.0", "reasoning") for judgment in from_before}
    assert late.rubric.version == "1.0.0"
    saved = world.judge(world.experts[0])
    assert flagged(world) - {(judgment, "1.1.0", "reasoning") for judgment in from_before} == {
        (saved.judgment, "1.1.0", "reasoning")
    }


def flagged(world: World) -> set[tuple[str, str, str]]:
    with world.cell.read() as connection:
        return {(row.judgment, row.version, row.criterion) for row in connection.execute(FLAG.select()).all()}


def test_the_glance_counts_what_is_there(world: World) -> None:
    found = contract.glance(world.cell, world.lead, PROGRAMME)
    assert isinstance(found, contract.ProgrammeGlance)
    assert found.funnel == {
        "imported": 2, "leased": 0, "judged": 2, "complete": 2, "agreed": 1, "open": 1, "settled": 0, "preserved": 0,
    }  # fmt: skip
    assert [(q.axis, q.value, q.filled, q.target) for q in found.quotas] == [("domain", "general", 2, 10)]


def test_the_batch_page_shows_names_to_those_who_may_read_the_roster_only(world: World) -> None:
    researcher = world.person("Rae", "researcher")
    for actor, is_named in ((world.lead, True), (researcher, False)):
        page = gate.batch_page(world.cell, actor, world.batch())
        assert isinstance(page, gate.BatchPage)
        assert {name.startswith("Expert") for name in page.names.values()} == {is_named}
    assert gate.batch_page(world.cell, world.experts[0], world.batch()) == access.ABSENT
    assert gate.measure(world.cell, researcher, world.batch(), key=new_key()) == access.ABSENT


def test_measuring_is_an_event_with_all_its_inputs(world: World) -> None:
    fact = world.measure()
    assert (fact.threshold_ppm, fact.rule, fact.rubric_version, fact.contract_version) == (
        740_000, "estimate", "1.0.0", "1.0.0",
    )  # fmt: skip
    assert [value.what for value in fact.criteria] == [f"criterion:{name}" for name in CRITERIA]
    assert world.measure().inputs_digest == fact.inputs_digest
    page = gate.batch_page(world.cell, world.lead, world.batch())
    assert isinstance(page, gate.BatchPage)
    assert [measured for _, measured in page.history] == [fact, fact]


def test_a_batch_without_judgments_is_not_measured(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as found:
        found.work(1)
        measured = gate.measure(found.cell, found.lead, found.batch(), key=new_key())
        assert isinstance(measured, Refused)
        assert measured.code == "no-judgments"
        assert gate.measure(found.cell, found.lead, "bat-none", key=new_key()) == access.ABSENT


def test_an_adjudicator_may_lose_the_role(world: World) -> None:
    adjudicator = world.experts[2]
    roster.change_roles(world.cell, world.lead, adjudicator.person, roles=["expert"], expert_roles=[], key=new_key())
    now = roster.actor_of(world.cell, adjudicator.person)
    assert now is not None
    assert adjudication.queue(world.cell, now, PROGRAMME) == access.ABSENT

"""Second looks: drawn by nobody's choice, blind, all draws counted, and bounds that hold."""

import hmac
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from living_cell import PROGRAMME, World, world_at

from tallystick.app import access, adjudication, erasure, escape, roster
from tallystick.app.access import Actor
from tallystick.app.kernel import new_key
from tallystick.events.escape import RereviewDrawn
from tallystick.flow.erasure import Wish as ErasureWish
from tallystick.flow.escape import Answer
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import projection
from tallystick.store.schema import DISAGREEMENT, REREVIEW, REREVIEW_ITEM, VAULT_OBJECT, WORK

SOUND = Answer(is_defect=False)
DEFECT = Answer(
    is_defect=True, severity="high", cause="rater_error", failure="padding", notes="The verdict is the wrong way round."
)


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """Six items that two experts finished without a disagreement, a seventh on which they divide, two reviewers."""
    with world_at(database_url, tmp_path / "cell") as found:
        found.work(7)
        for roles in ((), (), ("reviewer",), ("adjudicator",)):
            found.expert(*roles)
        finish(found, *["a_clearly"] * 6, "b_clearly")
        yield found


def finish(world: World, *verdicts: str) -> None:
    for verdict in verdicts:
        world.judge(world.experts[0])
        world.judge(world.experts[1], verdict)  # type: ignore[arg-type]  # these are verdicts


def drawn(world: World, number: int, **wishes: object) -> escape.Drawn:
    values = {"wanted": {"medium": number}, "key": new_key()} | wishes
    found = escape.draw(world.cell, world.lead, PROGRAMME, **values)  # type: ignore[arg-type]  # by name
    assert isinstance(found, escape.Drawn), found
    return found


def code_of(found: object) -> str:
    assert isinstance(found, Refused), found
    return found.code


def sample(world: World) -> list[str]:
    """Every drawn item, in the order of the draws."""
    with world.cell.read() as connection:
        rows = connection.execute(REREVIEW_ITEM.select().order_by(REREVIEW_ITEM.c.place)).all()
    return [row.item for row in rows]


def look(world: World, reviewer: Actor, given: Answer = SOUND) -> str:
    """Let a reviewer take and answer the next drawn item."""
    item = escape.next_review(world.cell, reviewer, PROGRAMME, key=new_key())
    assert isinstance(item, str), item
    assert isinstance(escape.review(world.cell, reviewer, item, key=new_key()), escape.Review)
    done = escape.answer(world.cell, reviewer, item, given, key=new_key())
    assert isinstance(done, escape.Answered), done
    return item


def page(world: World, actor: Actor | None = None, **wishes: float) -> escape.EscapePage:
    found = escape.escape_page(world.cell, actor or world.lead, PROGRAMME, **wishes)  # type: ignore[arg-type]  # by name
    assert isinstance(found, escape.EscapePage), found
    return found


def test_only_what_is_finished_and_undisputed_is_drawn(world: World) -> None:
    world.work(2, start=20)
    assert page(world).since_last == {"medium": 6}
    refused = escape.draw(world.cell, world.lead, PROGRAMME, wanted={"medium": 7}, key=new_key())
    assert code_of(refused) == "draw-too-large"
    assert "at most 6" in refused.sentence  # type: ignore[union-attr]  # a refusal
    done = drawn(world, 6)
    assert (done.items, done.round, done.draw) == ({"medium": 6}, 1, 1)
    divided = adjudication.queue(world.cell, world.lead, PROGRAMME)
    assert isinstance(divided, list)
    assert divided[0].item not in sample(world)
    assert page(world).since_last == {}


def digest(key: str, item: str) -> bytes:
    return hmac.digest(bytes.fromhex(key), f"tallystick/rereview/v1|{item}".encode(), "sha256")


def checked(world: World) -> escape.Checked:
    found = escape.check_draws(world.cell, world.lead, PROGRAMME)
    assert isinstance(found, escape.Checked)
    return found


def test_drawing_again_goes_on_in_the_same_order_and_nothing_is_left_out(world: World) -> None:
    """Nobody draws until the sample looks good: two draws of two are one of four, the four first in the order."""
    drawn(world, 2)
    first = sample(world)
    assert drawn(world, 2, extend=1).draw == 2
    assert sample(world)[:2] == first
    found = checked(world)
    assert (found.draws, found.items, found.wrong, found.passed_over) == (2, 4, (), ())
    with world.cell.read() as connection:
        finished = [row.item for row in connection.execute(WORK.select().where(WORK.c.state == "complete")).all()]
        divided = [row.item for row in connection.execute(DISAGREEMENT.select()).all()]
    by_key = sorted(set(finished) - set(divided), key=lambda item: digest(found.key, item))
    assert sample(world) == by_key[:4]


def test_the_key_is_committed_to_by_the_first_draw_and_stays(world: World) -> None:
    first, second = drawn(world, 1), drawn(world, 1, extend=1)
    finish_more(world, 2)
    third = drawn(world, 1)
    facts = [done.receipt.facts[0] for done in (first, second, third)]
    refs = {fact.secret for fact in facts if isinstance(fact, RereviewDrawn)}
    assert len(refs) == 1
    assert [done.round for done in (first, second, third)] == [1, 1, 2]
    with world.cell.read() as connection:
        row = connection.execute(VAULT_OBJECT.select().where(VAULT_OBJECT.c.object == next(iter(refs)).object)).one()
    assert row.commitment == next(iter(refs)).commitment
    assert checked(world).key.encode() not in b"".join(bytes(entry) for _, entry in entries(world))


def entries(world: World) -> list[tuple[int, bytes]]:
    with world.cell.read() as connection:
        return list(journal.read(connection, 0, journal.head(connection).next_seq))


def finish_more(world: World, number: int) -> None:
    world.work(number, start=50)
    finish(world, *["a_clearly"] * number)


def test_a_new_round_takes_what_was_finished_since(world: World) -> None:
    drawn(world, 6)
    assert code_of(escape.draw(world.cell, world.lead, PROGRAMME, wanted={"medium": 1}, key=new_key())) == (
        "draw-too-large"
    )
    finish_more(world, 3)
    assert page(world).since_last == {"medium": 3}
    drawn(world, 2)
    found = page(world)
    assert [(tier.found.population, tier.waiting) for tier in found.estimate.tiers] == [(9, 8)]
    assert [one.population for one in found.estimate.tiers[0].rounds] == [6, 3]


BAD = {
    "a tier that is none": ({"wanted": {"huge": 1}}, "bad-draw"),
    "nothing": ({"wanted": {}}, "bad-draw"),
    "less than nothing": ({"wanted": {"medium": -1, "low": 3}}, "bad-draw"),
    "too many at once": ({"wanted": {"medium": 1001}}, "bad-draw"),
    "a tier without items": ({"wanted": {"low": 1}}, "draw-too-large"),
    "a round that is none": ({"wanted": {"medium": 1}, "extend": 4}, "unknown-round"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_drawn(world: World, case: str) -> None:
    wishes, code = BAD[case]
    assert code_of(escape.draw(world.cell, world.lead, PROGRAMME, key=new_key(), **wishes)) == code  # type: ignore[arg-type]  # by name
    assert sample(world) == []


def test_only_a_lead_draws_and_only_who_audits_sees_the_key(world: World) -> None:
    drawn(world, 1)
    auditor, researcher = world.person("Aud", "auditor"), world.person("Rae", "researcher")
    for actor in (auditor, researcher, *world.experts):
        assert escape.draw(world.cell, actor, PROGRAMME, wanted={"medium": 1}, key=new_key()) == access.ABSENT
    assert isinstance(escape.check_draws(world.cell, auditor, PROGRAMME), escape.Checked)
    for actor in (researcher, *world.experts):
        assert escape.check_draws(world.cell, actor, PROGRAMME) == access.ABSENT
    looks = [entry for _, entry in entries(world) if b'"what":"schedule"' in entry and b'"role":"auditor"' in entry]
    assert len(looks) == 1


def test_a_second_look_names_nobody_and_no_judge_gets_their_own(world: World) -> None:
    drawn(world, 6)
    reviewer, adjudicator = world.experts[2:]
    item = escape.next_review(world.cell, reviewer, PROGRAMME, key=new_key())
    assert item == sample(world)[0]
    assert escape.next_review(world.cell, reviewer, PROGRAMME, key=new_key()) == item
    found = escape.review(world.cell, reviewer, item, key=new_key())
    assert isinstance(found, escape.Review)
    assert [one.number for one in found.judgments] == [1, 2]
    assert [expert.person for expert in world.experts[:2] if expert.person in repr(found.judgments)] == []
    assert "secret-model" not in repr(found)
    # Whoever judged an item is not asked, whatever role they have.
    judge = world.experts[0]
    roster.change_roles(
        world.cell, world.lead, judge.person, roles=["expert"], expert_roles=["reviewer"], key=new_key()
    )
    now = roster.actor_of(world.cell, judge.person)
    assert now is not None
    assert code_of(escape.next_review(world.cell, now, PROGRAMME, key=new_key())) == "no-work"
    assert escape.review(world.cell, now, item, key=new_key()) == access.ABSENT
    assert escape.answer(world.cell, now, item, SOUND, key=new_key()) == access.ABSENT
    # Nor does anybody open an item that another reviewer holds.
    assert escape.review(world.cell, adjudicator, item, key=new_key()) == access.ABSENT
    assert escape.next_review(world.cell, adjudicator, PROGRAMME, key=new_key()) == sample(world)[1]


def test_an_item_that_comes_back_stays_in_the_sample(world: World) -> None:
    drawn(world, 1)
    reviewer, adjudicator = world.experts[2:]
    item = escape.next_review(world.cell, reviewer, PROGRAMME, key=new_key())
    assert isinstance(item, str)
    assert code_of(escape.next_review(world.cell, adjudicator, PROGRAMME, key=new_key())) == "no-work"
    assert not isinstance(escape.give_back(world.cell, reviewer, item, key=new_key()), Refused)
    assert escape.next_review(world.cell, adjudicator, PROGRAMME, key=new_key()) == item
    world.clock.pass_minutes(61)
    assert escape.next_review(world.cell, reviewer, PROGRAMME, key=new_key()) == item
    assert escape.answer(world.cell, adjudicator, item, SOUND, key=new_key()) == access.ABSENT
    assert page(world).waiting == 1


def test_answers_stand_and_make_the_rates(world: World) -> None:
    drawn(world, 6)
    reviewer = world.experts[2]
    bad = look(world, reviewer, DEFECT)
    again = escape.answer(world.cell, reviewer, bad, SOUND, key=new_key())
    assert code_of(again) == "already-answered"
    for _ in range(3):
        look(world, reviewer)
    found = page(world)
    overall, tier = found.estimate.overall, found.estimate.tiers[0]
    assert overall is not None
    assert (overall.reviewed, overall.defective, overall.rate, tier.waiting) == (4, 1, 0.25, 2)
    assert tier.found.interval is not None
    assert tier.found.interval.method == "hypergeometric"
    # Whatever stays unanswered, no more than three of six are defective.
    assert (tier.found.at_most, tier.worst) == (0.5, 0.5)
    kinds = {(axis, value): rate.defective for axis, value, rate in found.estimate.by_kind}
    assert kinds == {("severity", "high"): 1, ("cause", "rater_error"): 1, ("failure", "padding"): 1}
    assert ("domain", "general", 1, 4) in found.estimate.by_place
    assert [(one.risk, one.if_sound, one.left) for one in found.needed] == [("medium", None, 0)]


BAD_ANSWERS = {
    "nothing is said of it": (Answer(is_defect=True), "defect-unexplained"),
    "too few words": (replace(DEFECT, notes="Bad"), "notes-too-short"),
    "a failure of another contract": (replace(DEFECT, failure="rudeness"), "defect-unexplained"),
    "sound, with a cause": (replace(SOUND, cause="rater_error"), "sound-with-defect"),
}


def test_a_bad_answer_leaves_nothing_behind(world: World) -> None:
    drawn(world, 1)
    reviewer = world.experts[2]
    item = escape.next_review(world.cell, reviewer, PROGRAMME, key=new_key())
    assert isinstance(item, str)
    for given, code in BAD_ANSWERS.values():
        assert code_of(escape.answer(world.cell, reviewer, item, given, key=new_key())) == code
    assert page(world).waiting == 1


def test_a_defect_is_judged_again_and_stays_in_the_estimate(world: World) -> None:
    drawn(world, 6)
    reviewer = world.experts[2]
    bad, good = look(world, reviewer, DEFECT), look(world, reviewer)
    listed = escape.defects(world.cell, world.lead, PROGRAMME)
    assert isinstance(listed, list)
    assert [(one.row.item, one.words, one.is_open) for one in listed] == [(bad, DEFECT.notes, True)]
    assert code_of(escape.set_aside(world.cell, world.lead, good, by_same=True, key=new_key())) == "no-defect"
    assert escape.set_aside(world.cell, reviewer, bad, by_same=True, key=new_key()) == access.ABSENT
    assert not isinstance(escape.set_aside(world.cell, world.lead, bad, by_same=True, key=new_key()), Refused)
    assert code_of(escape.set_aside(world.cell, world.lead, bad, by_same=True, key=new_key())) == "already-decided"
    finish(world, "a_clearly")  # it is judged again, and is never drawn a second time
    overall = page(world).estimate.overall
    assert overall is not None
    assert (overall.reviewed, overall.defective, overall.population) == (2, 1, 6)
    assert page(world).since_last == {}


def test_what_is_erased_is_not_asked_for_and_counts_as_unanswered(world: World) -> None:
    drawn(world, 6)
    gone = sample(world)[0]
    wish = ErasureWish(what="object", target=f"item:{gone}", reason="mistake")
    assert isinstance(erasure.order(world.cell, world.lead, wish, key=new_key()), erasure.Ordered)
    reviewer = world.experts[2]
    assert [look(world, reviewer) for _ in range(5)] == sample(world)[1:]
    assert code_of(escape.next_review(world.cell, reviewer, PROGRAMME, key=new_key())) == "no-work"
    tier = page(world).estimate.tiers[0]
    assert (tier.found.at_most, tier.waiting) == (0.16666666666666666, 1)
    assert tier.worst == 0.16666666666666666


def test_two_draws_at_once_are_not_mixed_up(world: World) -> None:
    """A draw is worked out beside the writers: whoever comes second is told, and nothing is drawn twice."""
    key = new_key()
    first = drawn(world, 2, key=key)
    assert drawn(world, 2, key=key).receipt.is_repeat
    assert first.items == {"medium": 2}
    assert len(sample(world)) == 2


def test_rebuilding_gives_the_same_tables(world: World) -> None:
    drawn(world, 4)
    reviewer, adjudicator = world.experts[2:]
    look(world, reviewer, DEFECT)
    escape.next_review(world.cell, adjudicator, PROGRAMME, key=new_key())
    with world.cell.read() as connection:
        before = projection.dump(connection)
    projection.rebuild(world.cell.engine)
    with world.cell.read() as connection:
        assert projection.dump(connection) == before
    assert len(before[REREVIEW.name]) == 1

"""Calibration sessions: everybody labels alone, compares by number, and speaks of the rubric's words."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from failing_batch import EVEN, diagnosed, failing_world, judge_all, opened, state
from living_cell import PROGRAMME, World, answer_of, item_row, rubric_text, world_at

from tallystick.app import access, calibration, contract, erasure, gate, judgment, rubric, welfare
from tallystick.app.access import Actor
from tallystick.app.calibration import Labelled, NewExample, NewMark, Opened, Task
from tallystick.app.kernel import new_key
from tallystick.flow import calibration as flow
from tallystick.flow.erasure import Wish
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.signals.preference import Verdict
from tallystick.store import projection
from tallystick.store.assignment import saw_others
from tallystick.store.schema import CALIBRATION_LABEL, VAULT_OBJECT

QUESTION = "criteria.reasoning.question"
NOTE = "One reads it as formally valid, another as convincing to a layman."
EXAMPLE = NewExample("a", "reasoning", 2, "A leap", "The answer leaves out the middle step.", "Nobody could follow it.")


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """Three experts on a batch of twelve that failed and was diagnosed."""
    with failing_world(database_url, tmp_path / "cell") as found:
        diagnosed(found, opened(found))
        yield found


def session(world: World, **wishes: object) -> Opened:
    """An open session."""
    found = calibration.open_session(world.cell, world.lead, opened(world), key=new_key(), **wishes)  # type: ignore[arg-type]  # by name
    assert isinstance(found, Opened), found
    return found


def labelled(world: World, actor: Actor, name: str, verdict: Verdict = "a_clearly") -> list[str]:
    """Label everything that is left; the items in the order in which they came."""
    came = []
    while isinstance(task := calibration.task(world.cell, actor, name), Task):
        done = calibration.label(
            world.cell, actor, name, item=task.item, answer=answer_of(verdict, scores=EVEN), key=new_key()
        )
        assert isinstance(done, Labelled), done
        came.append(task.item)
    assert isinstance(task, Refused)
    assert task.code == "calibration-done"
    return came


def revealed(world: World) -> str:
    """A session whose labels are shown; the experts divide."""
    name = session(world).calibration
    for expert, verdict in zip(world.experts, ("a_clearly", "b_clearly", "tie"), strict=True):
        labelled(world, expert, name, verdict)  # type: ignore[arg-type]  # these are verdicts
    done = calibration.reveal(world.cell, world.lead, name, key=new_key())
    assert isinstance(done, calibration.Changed), done
    return name


def marked(world: World, name: str, actor: Actor, **changes: object) -> calibration.Marked | Refused:
    """Mark two words of the question."""
    values = {"place": QUESTION, "start": 5, "end": 14, "kind": "ambiguous", "note": NOTE} | changes
    return calibration.mark(world.cell, actor, name, NewMark(**values), key=new_key())  # type: ignore[arg-type]  # by name


def refused(found: object) -> str:
    """The code of a refusal."""
    assert isinstance(found, Refused), found
    return found.code


def judgments(world: World) -> int:
    """How many judgments the batch has."""
    rows = gate.batches(world.cell, world.lead, PROGRAMME)
    assert not isinstance(rows, Refused)
    return sum(row.judgments for row in rows)


# --- opening ------------------------------------------------------------------------------------------------------


def test_a_session_is_proposed_with_the_worst_items_and_some_on_which_all_agreed(world: World) -> None:
    found = calibration.proposal(world.cell, world.lead, opened(world))
    assert isinstance(found, calibration.Proposal)
    chosen = [one for one in found.items if one.is_chosen]
    assert any(one.gain_ppm for one in chosen)
    assert any(one.gain_ppm is None for one in chosen)
    assert 5 <= len(chosen) <= 30
    assert {one.person for one in found.people} == {expert.person for expert in world.experts}
    assert set(session(world).items) == {one.item for one in chosen}


def test_a_session_needs_a_diagnosis_and_only_one_runs_at_a_time(database_url: str, tmp_path: Path) -> None:
    with failing_world(database_url, tmp_path / "cell") as world:
        wanted = opened(world)
        early = calibration.open_session(world.cell, world.lead, wanted, key=new_key())
        assert refused(early) == "not-at-this-stage"
        diagnosed(world, wanted)
        session(world)
        second = calibration.open_session(world.cell, world.lead, wanted, key=new_key())
        assert refused(second) == "session-running"


@pytest.mark.parametrize(
    ("wishes", "code"),
    [
        ({"items": ["itm-strange"] * 5}, "calibration-items"),
        ({"items": []}, "calibration-items"),
        ({"participants": ["per-strange", "per-other"]}, "calibration-people"),
        ({"participants": []}, "calibration-people"),
    ],
)
def test_a_session_takes_complete_items_of_its_batch_and_experts_alone(
    world: World, wishes: dict[str, list[str]], code: str
) -> None:
    found = calibration.open_session(world.cell, world.lead, opened(world), key=new_key(), **wishes)
    assert refused(found) == code


def test_only_a_lead_opens_shows_and_ends(world: World) -> None:
    name = session(world).calibration
    for actor in (*world.experts, world.person("Rae", "researcher"), world.person("Aud", "auditor")):
        again = calibration.open_session(world.cell, actor, opened(world), key=new_key())
        shown = calibration.reveal(world.cell, actor, name, key=new_key())
        assert (again, shown) == (access.ABSENT, access.ABSENT)
        assert calibration.end(world.cell, actor, name, key=new_key()) == access.ABSENT


# --- labelling alone ----------------------------------------------------------------------------------------------


def test_each_labels_in_an_order_of_their_own_and_no_label_is_a_judgment(world: World) -> None:
    before, name = judgments(world), session(world).calibration
    came = [labelled(world, expert, name) for expert in world.experts]
    assert len({tuple(one) for one in came}) > 1
    assert {frozenset(one) for one in came} == {frozenset(came[0])}
    assert judgments(world) == before
    assert world.measure().decision == "fail"


def test_nobody_sees_another_label_before_the_reveal(world: World) -> None:
    """By no function that pages, API and client go through, in no role, and not by who is how far."""
    name = session(world).calibration
    first, second, third = world.experts
    items = labelled(world, first, name)
    for actor in (second, third, world.lead, world.person("Aud", "auditor"), world.person("Rae", "researcher")):
        assert refused(calibration.overview(world.cell, actor, name)) == "calibration-labelling"
        seen = calibration.item_labels(world.cell, actor, name, items[0], reason="audit")
        assert refused(seen) == "calibration-labelling"
        assert refused(calibration.words(world.cell, actor, name, reason="audit")) == "calibration-labelling"
    mine = calibration.session(world.cell, second, name)
    assert isinstance(mine, calibration.Session)
    assert (mine.progress, mine.agreement) == ((), None)
    assert mine.mine is not None
    assert mine.mine.done == 0


def test_whoever_takes_no_part_finds_nothing(world: World) -> None:
    stranger = world.expert()
    name = session(world, participants=[one.person for one in world.experts[:3]]).calibration
    for found in (
        calibration.session(world.cell, stranger, name), calibration.task(world.cell, stranger, name),
        calibration.overview(world.cell, stranger, name), calibration.words(world.cell, stranger, name),
    ):  # fmt: skip
        assert found == access.ABSENT
    assert calibration.mine(world.cell, stranger) == []


def test_an_item_is_labelled_once_and_a_repeat_gives_the_same_receipt(world: World) -> None:
    name, expert = session(world).calibration, world.experts[0]
    task = calibration.task(world.cell, expert, name)
    assert isinstance(task, Task)
    key, answer = new_key(), answer_of(scores=EVEN)
    first = calibration.label(world.cell, expert, name, item=task.item, answer=answer, key=key)
    again = calibration.label(world.cell, expert, name, item=task.item, answer=answer, key=key)
    assert isinstance(first, Labelled)
    assert isinstance(again, Labelled)
    assert again.receipt.is_repeat
    assert again.receipt.first_seq == first.receipt.first_seq
    other = calibration.label(world.cell, expert, name, item=task.item, answer=answer, key=new_key())
    assert refused(other) == "already-labelled"


def test_a_draft_is_kept_for_its_author_until_the_label_is_sent(world: World) -> None:
    name, (first, second, _) = session(world).calibration, world.experts
    task = calibration.task(world.cell, first, name)
    assert isinstance(task, Task)
    work = f"{name}|{task.item}"
    assert isinstance(judgment.save_draft(world.cell, first, work, {"verdict": ["tie"]}), int)
    kept = calibration.task(world.cell, first, name)
    assert isinstance(kept, Task)
    assert kept.draft == {"verdict": ["tie"]}
    theirs = calibration.task(world.cell, second, name)
    assert isinstance(theirs, Task)
    assert theirs.draft is None
    calibration.label(world.cell, first, name, item=task.item, answer=answer_of(scores=EVEN), key=new_key())
    assert judgment.save_draft(world.cell, first, work, {"verdict": ["tie"]}) == access.ABSENT


# --- the reveal ---------------------------------------------------------------------------------------------------


def test_labels_are_shown_by_number_in_each_readers_own_order(world: World) -> None:
    name = revealed(world)
    pages = [calibration.overview(world.cell, actor, name) for actor in (*world.experts, world.lead)]
    numbers = []
    for page in pages:
        assert isinstance(page, calibration.Overview)
        numbers.append(page.own)
        assert {one.number for _, given in page.items for one in given} == {1, 2, 3}
    assert set(numbers[:3]) == {1, 2, 3}
    assert numbers[3] is None
    told = json.dumps(
        [[one.number, one.verdict] for page in pages for _, given in page.items for one in given]  # type: ignore[union-attr]  # pages
    )
    assert not any(expert.person in told for expert in world.experts)


def test_what_each_sees_is_the_same_label_turned_into_their_own_order(world: World) -> None:
    name = revealed(world)
    first = world.experts[0]
    page = calibration.overview(world.cell, first, name)
    assert isinstance(page, calibration.Overview)
    for item, given in page.items:
        own = next(one for one in given if one.is_own)
        assert own.verdict == "a_clearly"
        assert not own.is_mirrored
        shown = calibration.item_labels(world.cell, first, name, item)
        assert isinstance(shown, calibration.ItemLabels)
        assert [one.verdict for one in shown.labels] == [one.verdict for one in given]
        assert all(one.reasons for one in shown.labels)


def test_labels_that_somebody_opened_bar_them_from_nothing(world: World) -> None:
    """Those who talked an item over judge it again: docs/stages/calibration.md."""
    name, first = revealed(world), world.experts[0]
    page = calibration.overview(world.cell, first, name)
    assert isinstance(page, calibration.Overview)
    item = page.items[0][0]
    assert isinstance(calibration.item_labels(world.cell, first, name, item), calibration.ItemLabels)
    with world.cell.read() as connection:
        assert not saw_others(connection, first.person, item, read=0)


def test_labels_are_shown_before_all_have_finished_only_with_a_reason(world: World) -> None:
    name = session(world).calibration
    assert refused(calibration.reveal(world.cell, world.lead, name, key=new_key())) == "calibration-unfinished"
    for expert in world.experts[:2]:
        labelled(world, expert, name)
    assert refused(calibration.reveal(world.cell, world.lead, name, key=new_key())) == "reveal-reason-missing"
    why = "The third is away until next week and asks us to go on."
    done = calibration.reveal(world.cell, world.lead, name, reason=why, key=new_key())
    assert isinstance(done, calibration.Changed), done
    found = calibration.session(world.cell, world.lead, name)
    assert isinstance(found, calibration.Session)
    assert found.missing == 1
    words = calibration.words(world.cell, world.lead, name)
    assert isinstance(words, calibration.Words)
    assert words.reveal_reason == why
    assert refused(calibration.task(world.cell, world.experts[2], name)) == "calibration-revealed"


def test_an_auditor_says_why_and_a_look_at_labels_is_recorded(world: World) -> None:
    name, researcher = revealed(world), world.person("Rae", "researcher")
    page = calibration.overview(world.cell, researcher, name)
    assert isinstance(page, calibration.Overview)
    item = page.items[0][0]
    assert refused(calibration.item_labels(world.cell, researcher, name, item)) == "reason-missing"
    found = calibration.item_labels(world.cell, researcher, name, item, reason="review")
    assert isinstance(found, calibration.ItemLabels)


# --- marks and examples -------------------------------------------------------------------------------------------


def test_marks_stand_on_words_and_a_lead_answers_each_once(world: World) -> None:
    name = revealed(world)
    first, second, _ = world.experts
    done = marked(world, name, first)
    assert isinstance(done, calibration.Marked), done
    assert isinstance(marked(world, name, second, kind="too_lax", start=0, end=4), calibration.Marked)
    seen = calibration.words(world.cell, second, name)
    assert isinstance(seen, calibration.Words)
    assert [(one.number, one.quote, one.is_own) for one in seen.marks] == [(1, "it follow", False), (2, "Does", True)]
    assert seen.marks[0].note == NOTE
    told = {"answer": "revised", "words": "The question will name the layman."}
    given = calibration.answer(world.cell, world.lead, name, 1, key=new_key(), **told)
    assert isinstance(given, calibration.Answered), given
    assert refused(calibration.answer(world.cell, world.lead, name, 1, key=new_key(), **told)) == "mark-answered"
    assert calibration.answer(world.cell, world.lead, name, 9, key=new_key(), **told) == access.ABSENT
    assert calibration.answer(world.cell, first, name, 2, key=new_key(), **told) == access.ABSENT
    assert [one.unanswered for one in state(world, opened(world)).sessions] == [1]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"place": "criteria.gone.question"}, "unknown-place"),
        ({"start": 5, "end": 5}, "unknown-place"),
        ({"start": 0, "end": 10_000}, "unknown-place"),
        ({"kind": "boring"}, "unknown-kind"),
        ({"note": "too short"}, "words-length"),
    ],
)
def test_a_mark_that_stands_nowhere_or_says_nothing_is_refused(
    world: World, changes: dict[str, object], code: str
) -> None:
    assert refused(marked(world, revealed(world), world.experts[0], **changes)) == code


def test_nothing_is_marked_before_the_reveal_or_after_the_end(world: World) -> None:
    name = session(world).calibration
    assert refused(marked(world, name, world.experts[0])) == "calibration-ended"
    for expert in world.experts:
        labelled(world, expert, name)
    calibration.reveal(world.cell, world.lead, name, key=new_key())
    calibration.end(world.cell, world.lead, name, key=new_key())
    assert refused(marked(world, name, world.experts[0])) == "calibration-ended"
    assert refused(calibration.end(world.cell, world.lead, name, key=new_key())) == "calibration-ended"


def test_an_example_names_the_items_own_candidate_whatever_order_it_was_seen_in(world: World) -> None:
    name = revealed(world)
    for expert in world.experts:
        page = calibration.overview(world.cell, expert, name)
        assert isinstance(page, calibration.Overview)
        for item, _ in page.items[:4]:
            done = calibration.propose(world.cell, expert, name, item, new=EXAMPLE, key=new_key())
            assert isinstance(done, calibration.Proposed), done
    with journal.reading(world.cell.engine) as connection:
        wanted = {fact["candidate"] for fact in proposals(connection)}
    assert wanted == {"a", "b"}
    seen = calibration.words(world.cell, world.lead, name)
    assert isinstance(seen, calibration.Words)
    assert {(one.title, one.situation, one.why) for one in seen.examples} == {
        (EXAMPLE.title, EXAMPLE.situation, EXAMPLE.why)
    }


def proposals(connection: journal.Connection) -> list[dict[str, str]]:
    """The facts of proposed examples."""
    entries = [json.loads(entry) for _, entry in journal.read(connection, 0, journal.head(connection).next_seq)]
    return [entry["body"] for entry in entries if entry["kind"] == "example-proposed/1"]


def test_a_session_that_is_abandoned_shows_no_label_and_does_not_count_as_held(world: World) -> None:
    name = session(world).calibration
    labelled(world, world.experts[0], name)
    assert refused(calibration.end(world.cell, world.lead, name, key=new_key())) == "words-length"
    why = "Two of three participants are ill, and the pilot cannot wait."
    assert isinstance(calibration.end(world.cell, world.lead, name, reason=why, key=new_key()), calibration.Changed)
    assert refused(calibration.overview(world.cell, world.lead, name)) == "calibration-labelling"
    assert state(world, opened(world)).held is None


# --- the revision -------------------------------------------------------------------------------------------------


def test_a_revision_begins_with_the_text_in_force_and_joins_the_intervention_to_its_session(world: World) -> None:
    name = revealed(world)
    found = calibration.prepared(world.cell, world.lead, name)
    assert isinstance(found, calibration.Prepared)
    assert (found.in_force, found.version) == ("1.0.0", "1.1.0")
    unchanged = rubric.preview(world.cell, world.lead, programme=PROGRAMME, text=found.text, name="general.yaml")
    assert refused(unchanged) == "nothing-changed"
    text = found.text.replace("Does it follow?", "Could a layman follow each step?")
    silent = rubric.preview(world.cell, world.lead, programme=PROGRAMME, text=text, name="general.yaml")
    assert refused(silent) == "changelog-missing"
    text = text.replace("changelog:", "changelog: Who must follow.").replace("rationale:", "rationale: Two readings.")
    shown = rubric.preview(world.cell, world.lead, programme=PROGRAMME, text=text, name="general.yaml")
    assert isinstance(shown, rubric.Preview)
    assert shown.affected == ("reasoning",)
    assert [row.part for row in shown.rows if row.state != "same"] == ["question"]
    done = rubric.publish(world.cell, world.lead, programme=PROGRAMME, text=text, name="general.yaml", key=new_key())
    assert isinstance(done, rubric.Published)
    assert [fact.KIND for fact in done.receipt.facts] == ["rubric-published/1", "intervention-revised/1"]
    revised = state(world, opened(world)).revised
    assert revised is not None
    assert (revised.version, revised.previous, revised.calibration) == ("1.1.0", "1.0.0", name)


def test_a_text_with_a_changelog_keeps_it_for_its_writer_to_change(world: World) -> None:
    name = revealed(world)
    world.publish("1.3.0", question="Does each step follow?")
    found = calibration.prepared(world.cell, world.lead, name)
    assert isinstance(found, calibration.Prepared)
    assert found.text == rubric_text("1.3.0", question="Does each step follow?").replace("1.3.0", "1.4.0")


# --- erasure, replay ----------------------------------------------------------------------------------------------


def test_erasing_an_item_takes_every_word_about_it_and_the_session_goes_on(world: World) -> None:
    name = revealed(world)
    expert = world.experts[0]
    page = calibration.overview(world.cell, expert, name)
    assert isinstance(page, calibration.Overview)
    item = page.items[0][0]
    marked(world, name, expert)
    calibration.propose(world.cell, expert, name, item, new=EXAMPLE, key=new_key())
    wish = Wish(what="object", target=f"item:{item}", reason="mistake")
    assert isinstance(erasure.order(world.cell, world.lead, wish, key=new_key()), erasure.Ordered)
    shown = calibration.item_labels(world.cell, expert, name, item)
    assert isinstance(shown, calibration.ItemLabels)
    assert shown.is_gone
    assert all("erased" in str(one.reasons[0]["text"]).lower() for one in shown.labels)
    words = calibration.words(world.cell, expert, name)
    assert isinstance(words, calibration.Words)
    assert "erased" in words.marks[0].note.lower()
    assert "erased" in words.examples[0].why.lower()
    with journal.reading(world.cell.engine) as connection:
        kept = {row.object for row in connection.execute(VAULT_OBJECT.select()).all() if row.sealed}
        labels = connection.execute(CALIBRATION_LABEL.select()).all()
    assert [row.rationale in kept for row in labels] == [row.item != item for row in labels]


def test_an_erased_item_is_not_waited_for(world: World) -> None:
    found = session(world)
    wish = Wish(what="object", target=f"item:{found.items[0]}", reason="mistake")
    assert isinstance(erasure.order(world.cell, world.lead, wish, key=new_key()), erasure.Ordered)
    for expert in world.experts:
        assert found.items[0] not in labelled(world, expert, found.calibration)
    assert isinstance(calibration.reveal(world.cell, world.lead, found.calibration, key=new_key()), calibration.Changed)


def test_a_session_is_the_same_after_a_rebuild(world: World) -> None:
    name = revealed(world)
    marked(world, name, world.experts[0])
    calibration.answer(world.cell, world.lead, name, 1, answer="kept", words="Both readings are meant.", key=new_key())
    calibration.end(world.cell, world.lead, name, key=new_key())
    with journal.reading(world.cell.engine) as connection:
        before = projection.dump(connection)
    projection.rebuild(world.cell.engine)
    with journal.reading(world.cell.engine) as connection:
        assert projection.dump(connection) == before


def test_the_quote_of_a_mark_is_checked_by_its_digest() -> None:
    assert flow.quote_digest("Does it follow?", 5, 7) == flow.quote_digest("it", 0, 2)


def test_a_session_asks_for_no_label_of_a_kind_that_is_left_out_since(sqlite_url: str, tmp_path: Path) -> None:
    """The others stay. The lead sees that labels are missing, and not why; the item's labels are not shown either."""
    with world_at(sqlite_url, tmp_path / "cell", redundancy=3, metric="krippendorff_alpha") as world:
        world.pay = "welfare: {categories: {violence: {warning: Some items describe violence.}}}\n"
        assert isinstance(world.revise("1.1.0", redundancy=3, metric="krippendorff_alpha"), contract.ContractInForce)
        for _ in range(3):
            world.expert()
        world.bring([item_row(f"w-{n}", **({"categories": ["violence"]} if n < 2 else {})) for n in range(12)])
        judge_all(world, careless=world.experts[-1])
        assert world.measure().decision == "fail"
        diagnosed(world, opened(world))
        session = calibration.open_session(world.cell, world.lead, opened(world), key=new_key())
        assert isinstance(session, calibration.Opened), session
        name = session.calibration
        with world.cell.read() as connection:
            rows = connection.exec_driver_sql("SELECT item FROM item WHERE external IN ('w-0', 'w-1')").all()
        grim = {str(row.item) for row in rows} & set(session.items)
        assert grim
        sensitive = world.experts[0]
        out = welfare.save_settings(world.cell, sensitive, opted_out=["violence"], time_zone="UTC", key=new_key())
        assert not isinstance(out, Refused), out
        came = {expert.person: label_all(world, expert, name) for expert in world.experts}
        assert came[sensitive.person] == ("kind-left-out", set(session.items) - grim)
        assert came[world.experts[1].person] == ("calibration-done", set(session.items))
        told = calibration.session(world.cell, world.lead, name)
        assert isinstance(told, calibration.Session)
        done = {one.person: one.done for one in told.progress}
        assert done[sensitive.person] == len(session.items) - len(grim)
        why = "Two have labelled everything, and nobody else is waited for."
        shown = calibration.reveal(world.cell, world.lead, name, reason=why, key=new_key())
        assert not isinstance(shown, Refused), shown
        for item, code in ((min(grim), "kind-left-out"), (min(set(session.items) - grim), "")):
            page = calibration.item_labels(world.cell, sensitive, name, item)
            assert (page.code if isinstance(page, Refused) else "") == code


def label_all(world: World, expert: Actor, name: str) -> tuple[str, set[str]]:
    """Label what comes; why no more came, and what it was."""
    came = set()
    while isinstance(task := calibration.task(world.cell, expert, name), calibration.Task):
        answer = answer_of("a_clearly", scores=EVEN)
        done = calibration.label(world.cell, expert, name, item=task.item, answer=answer, key=new_key())
        assert isinstance(done, calibration.Labelled), done
        came.add(task.item)
    return task.code, came

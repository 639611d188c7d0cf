"""Why judges disagree, by way of the functions that people's interfaces use: classify, correct, learn, map."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from living_cell import PROGRAMME, World, item_row, jsonl, world_at

from tallystick.app import adjudication, disagreement, items
from tallystick.app.access import ABSENT, CELL, Actor
from tallystick.app.disagreement import Map, Mapped, Ran
from tallystick.app.kernel import new_key
from tallystick.events import fact_of
from tallystick.events.disagreement import ClassCorrected, DisagreementClassified
from tallystick.events.envelope import open_entry
from tallystick.flow import disagreement as flow
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import disagreement as stored
from tallystick.store.items import by_external
from tallystick.store.schema import Row

NOTE = "The prompt does not say for whom."
NOTES = "Both readings were weighed against the rubric."


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A programme in which three judgments complete an item; nobody has judged."""
    with world_at(database_url, tmp_path / "cell", redundancy=3) as found:
        yield found


def said(world: World, labels: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Bring items with judgments made elsewhere, one verdict of each rater; the cell's id of each item."""
    world.bring([item_row(name) for name in labels])
    rows: list[dict[str, object]] = [
        {"item": name, "rater": f"r{number}", "verdict": verdict, "reasons": ["reasoning"]}
        for name, verdicts in labels.items()
        for number, verdict in enumerate(verdicts)
    ]
    done = items.import_judgments(
        world.cell, world.lead, jsonl(rows), programme=PROGRAMME, name="said.jsonl", source="elsewhere"
    )
    assert not isinstance(done, Refused), done
    assert done.problems == ()
    with world.cell.read() as connection:
        return {name: row.item for name, row in by_external(connection, PROGRAMME, list(labels)).items()}


def classify(world: World, limit: int = 1_000) -> Ran:
    ran = disagreement.classify_batch(world.cell, world.lead, world.batch(), key=new_key(), limit=limit)
    assert isinstance(ran, Ran), ran
    return ran


def mapped(world: World) -> dict[str, Mapped]:
    """The map, by the client's ids."""
    found = disagreement.disagreement_map(world.cell, world.lead, world.batch())
    assert isinstance(found, Map), found
    return {one.external: one for one in found.items}


def facts(world: World, kind: type) -> list[object]:
    """All facts of one kind, in the order of the journal."""
    with world.cell.read() as connection:
        entries = [open_entry(entry) for _, entry in journal.read(connection, 0, 20_000)]
    return [fact_of(entry) for entry in entries if entry.kind == kind.KIND]  # type: ignore[attr-defined]  # an event


def classification(world: World, item: str) -> DisagreementClassified:
    with world.cell.read() as connection:
        row = stored.classification(connection, item)
    assert row is not None
    return flow.decoded(row.body)


def queued(world: World, actor: Actor) -> list[Row]:
    found = adjudication.queue(world.cell, actor, PROGRAMME)
    assert not isinstance(found, Refused)
    return found


def test_a_batch_is_classified_and_a_second_run_finds_nothing_new(world: World) -> None:
    said(world, {"one": ["a", "b", "b"], "two": ["a", "a", "a"], "three": ["a", "insufficient_context", "a"]})
    ran = classify(world)
    assert (ran.classified, ran.unchanged, ran.left) == (2, 0, 0)
    found = mapped(world)
    assert set(found) == {"one", "three"}, "nobody disagrees on the second"
    assert found["one"].stands == "undetermined"
    assert found["one"].helps, "an undetermined item says what would help"
    assert found["three"].stands == "no_variation"
    again = classify(world)
    assert (again.classified, again.unchanged) == (0, 2)


def test_what_is_left_over_one_call_is_told_and_taken_by_the_next(world: World) -> None:
    said(world, {f"w-{n}": ["a", "b", "b"] for n in range(5)})
    assert [classify(world, 2).left, classify(world, 2).left, classify(world, 2).left] == [3, 1, 0]


def test_missing_context_is_determined_when_judges_say_so(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell", redundancy=8) as world:
        names = said(world, {"one": ["a", "b", "a", "b", *["insufficient_context"] * 4]})
        assert classify(world).determined == 1
        assert classification(world, names["one"]).cause == "missing_context"


def test_anybody_can_compute_the_posterior_again_from_the_recorded_terms(world: World) -> None:
    names = said(world, {"one": ["a", "b", "b"], "two": ["a", "tie", "b_clearly"]})
    classify(world)
    model = flow.model_of(None).overall
    for item in names.values():
        fact = classification(world, item)
        assert flow.posterior_again(fact, model) == fact.posterior
        assert fact.proposed == max(fact.posterior, key=lambda cause: fact.posterior[cause])


def test_the_cell_classifies_what_opened_since_the_last_time(world: World) -> None:
    said(world, {"one": ["a", "b", "b"], "two": ["a", "a", "b"]})
    assert disagreement.classify_waiting(world.cell) == 2
    assert disagreement.classify_waiting(world.cell) == 0


def test_only_a_lead_asks_for_it_and_an_unknown_batch_is_absent(world: World) -> None:
    said(world, {"one": ["a", "b", "b"]})
    auditor = world.person("Ada Auditor", "auditor")
    assert disagreement.classify_batch(world.cell, auditor, world.batch(), key=new_key()) == ABSENT
    assert disagreement.classify_batch(world.cell, world.lead, "bat-unknown", key=new_key()) == ABSENT


def test_an_item_that_changes_meanwhile_is_left_out_and_taken_by_the_next_run(world: World) -> None:
    """Its judgments are sent back while classes are computed: what was computed holds no more."""
    names = said(world, {"one": ["a", "b", "b"], "two": ["a", "a", "b"]})
    judge = world.expert("adjudicator")

    def meddle(done: int, _of: int) -> None:
        if done == 1:
            assert isinstance(adjudication.take(world.cell, judge, names["one"], key=new_key()), adjudication.Taken)
            sent = adjudication.send_back(
                world.cell, judge, names["one"], why="missing_context", by_same=False, criteria=["reasoning"],
                notes=NOTES, key=new_key(),
            )  # fmt: skip
            assert isinstance(sent, adjudication.Closed), sent

    ran = disagreement.classify_batch(world.cell, world.lead, world.batch(), key=new_key(), progress=meddle)
    assert isinstance(ran, Ran)
    assert (ran.classified, ran.changed) == (1, 1)
    assert [fact.item for fact in facts(world, DisagreementClassified)] == [names["two"]]  # type: ignore[attr-defined]  # of this kind


# --- who sees it --------------------------------------------------------------------------------------------------


def test_who_judged_an_item_never_sees_its_class_and_experts_see_none(world: World) -> None:
    world.work(1)
    judges = [world.expert(*roles) for roles in (("adjudicator",), (), ())]
    outsider, other = world.expert("adjudicator"), world.expert()
    for judge, verdict in zip(judges, ("a_clearly", "b_clearly", "b_clearly"), strict=True):
        world.judge(judge, verdict)  # type: ignore[arg-type]  # these are verdicts
    classify(world)
    item = queued(world, outsider)[0].item
    assert isinstance(disagreement.item_cause(world.cell, outsider, item), disagreement.ItemCause)
    assert isinstance(disagreement.item_cause(world.cell, world.lead, item), disagreement.ItemCause)
    for actor in (*judges, other):
        assert disagreement.item_cause(world.cell, actor, item) == ABSENT, actor
        assert disagreement.disagreement_map(world.cell, actor, world.batch()) == ABSENT
        assert disagreement.correct(
            world.cell, actor, item, cause="rater_error", note=NOTE, key=new_key()
        ) == ABSENT  # fmt: skip


def test_while_an_item_is_judged_again_its_earlier_class_is_shown_to_no_expert(world: World) -> None:
    names = said(world, {"one": ["a", "b", "b"]})
    judge = world.expert("adjudicator")
    classify(world)
    assert not isinstance(disagreement.item_cause(world.cell, judge, names["one"]), Refused)
    assert isinstance(adjudication.take(world.cell, judge, names["one"], key=new_key()), adjudication.Taken)
    sent = adjudication.send_back(
        world.cell, judge, names["one"], why="missing_context", by_same=False, criteria=["reasoning"], notes=NOTES,
        key=new_key(),
    )  # fmt: skip
    assert isinstance(sent, adjudication.Closed), sent
    assert disagreement.item_cause(world.cell, judge, names["one"]) == ABSENT
    assert mapped(world) == {}


# --- what people say of it ----------------------------------------------------------------------------------------


def test_a_correction_stands_in_the_queue_and_is_measured(world: World) -> None:
    names = said(world, {"one": ["a", "b", "b"], "two": ["a", "a", "b"]})
    classify(world)
    judge = world.expert("adjudicator")
    done = disagreement.correct(world.cell, judge, names["one"], cause="value_diversity", note=NOTE, key=new_key())
    assert isinstance(done, disagreement.Corrected), done
    assert (done.fact.proposed, done.fact.cause) == (None, "value_diversity")
    assert mapped(world)["one"].stands == "value_diversity"
    assert mapped(world)["one"].is_corrected
    assert [row.cause for row in queued(world, world.lead) if row.item == names["one"]] == ["value_diversity"]
    found = disagreement.disagreement_map(world.cell, world.lead, world.batch())
    assert isinstance(found, Map)
    assert (found.corrections.cases, found.corrections.undetermined) == (1, 1)


def test_a_correction_outlives_another_classification_of_the_same_disagreement(world: World) -> None:
    names = said(world, {"one": ["a", "b", "b"]})
    classify(world)
    disagreement.correct(world.cell, world.lead, names["one"], cause="rater_error", note=NOTE, key=new_key())
    world.publish("1.1.0", question="Does it follow at all?")
    said(world, {f"more-{n}": ["a", "a", "b"] for n in range(20)})
    assert classify(world).classified == 21, "more is known of the raters now"
    assert mapped(world)["one"].stands == "rater_error"
    assert [row.cause for row in queued(world, world.lead) if row.item == names["one"]] == ["rater_error"]


@pytest.mark.parametrize(
    ("cause", "note", "code"),
    [("weather", NOTE, "unknown-cause"), ("rater_error", "Slip.", "note-too-short")],
)
def test_a_correction_names_a_cause_and_says_why(world: World, cause: str, note: str, code: str) -> None:
    names = said(world, {"one": ["a", "b", "b"]})
    classify(world)
    refused = disagreement.correct(world.cell, world.lead, names["one"], cause=cause, note=note, key=new_key())
    assert isinstance(refused, Refused)
    assert refused.code == code
    assert facts(world, ClassCorrected) == []


def test_what_was_not_classified_cannot_be_corrected(world: World) -> None:
    names = said(world, {"one": ["a", "b", "b"]})
    refused = disagreement.correct(world.cell, world.lead, names["one"], cause="rater_error", note=NOTE, key=new_key())
    assert isinstance(refused, Refused)
    assert refused.code == "not-classified"


def test_a_note_opens_to_who_says_why_they_look(world: World) -> None:
    names = said(world, {"one": ["a", "b", "b"]})
    classify(world)
    judge = world.expert("adjudicator")
    disagreement.correct(world.cell, world.lead, names["one"], cause="rater_error", note=NOTE, key=new_key())
    for actor, reason, note in ((world.lead, "", None), (world.lead, "review", NOTE), (judge, "", NOTE)):
        found = disagreement.item_cause(world.cell, actor, names["one"], reason=reason)
        assert isinstance(found, disagreement.ItemCause)
        assert found.said[0].note == note


def test_settling_what_differs_in_values_needs_a_second_word(world: World) -> None:
    names = said(world, {"one": ["a", "b", "b"]})
    classify(world)
    judge = world.expert("adjudicator")
    disagreement.correct(world.cell, judge, names["one"], cause="value_diversity", note=NOTE, key=new_key())
    assert isinstance(adjudication.take(world.cell, judge, names["one"], key=new_key()), adjudication.Taken)
    for is_confirmed, expected in ((False, Refused), (True, adjudication.Closed)):
        done = adjudication.settle(
            world.cell, judge, names["one"], verdict="a_clearly", criteria=["reasoning"], notes=NOTES, key=new_key(),
            is_confirmed=is_confirmed,
        )  # fmt: skip
        assert isinstance(done, expected), done


# --- learning -----------------------------------------------------------------------------------------------------


def corrected(world: World, number: int) -> dict[str, str]:
    """So many divided items with corrections, most of them error."""
    names = said(world, {f"w-{n}": ["a", "b", "b"] if n % 2 else ["a", "tie", "b"] for n in range(number)})
    classify(world)
    for n, item in enumerate(names.values()):
        cause = "rubric_ambiguity" if n % 4 == 0 else "rater_error"
        done = disagreement.correct(world.cell, world.lead, item, cause=cause, note=NOTE, key=new_key())
        assert isinstance(done, disagreement.Corrected), done
    return names


def test_a_model_is_fitted_recorded_and_in_force_only_when_somebody_chooses_it(world: World) -> None:
    corrected(world, 24)
    fitted = disagreement.fit_model(world.cell, world.lead, key=new_key())
    assert isinstance(fitted, disagreement.Fitted), fitted
    assert fitted.fact.cases == 24
    assert fitted.fact.before.cases == fitted.fact.after.cases == 24
    assert not fitted.fact.are_priors_fitted, "labels alone determine next to nothing"
    assert "stay as they were" in fitted.fact.why
    found = disagreement.models(world.cell, world.lead)
    assert isinstance(found, disagreement.Models)
    assert found.in_force == flow.BUILT_IN
    assert classify(world).classified == 0
    chosen = disagreement.choose_model(world.cell, world.lead, fitted.fact.model, key=new_key())
    assert not isinstance(chosen, Refused), chosen
    assert classify(world).classified == 24, "another model is in force"
    again = disagreement.choose_model(world.cell, world.lead, fitted.fact.model, key=new_key())
    assert isinstance(again, Refused)
    assert again.code == "model-in-force"
    back = disagreement.choose_model(world.cell, world.lead, flow.BUILT_IN, key=new_key())
    assert not isinstance(back, Refused)


def test_few_corrections_fit_nothing_and_an_unknown_model_is_not_chosen(world: World) -> None:
    corrected(world, 3)
    few = disagreement.fit_model(world.cell, world.lead, key=new_key())
    strange = disagreement.choose_model(world.cell, world.lead, "fitted-9", key=new_key())
    assert isinstance(few, Refused)
    assert isinstance(strange, Refused)
    assert (few.code, strange.code) == ("too-few-corrections", "unknown-model")


def test_the_map_counts_by_cause_and_by_every_axis_of_the_taxonomy(world: World) -> None:
    names = said(world, {"one": ["a", "b", "b"], "two": ["a", "a", "b"], "three": ["a", "b", "tie"]})
    disagreement.classify_batch(world.cell, CELL, world.batch(), key=new_key(), limit=2)
    corrections = (
        disagreement.correct(world.cell, world.lead, item, cause="rater_error", note=NOTE, key=new_key())
        for item in names.values()
    )
    # Which two were classified hangs on ids: the first of those that were is corrected, and no other.
    assert any(isinstance(done, disagreement.Corrected) for done in corrections)
    found = disagreement.disagreement_map(world.cell, world.lead, world.batch())
    assert isinstance(found, Map)
    assert {name: n for name, n in found.counts.items() if n} == {
        "rater_error": 1, "undetermined": 1, "not_classified": 1,
    }  # fmt: skip
    assert found.by_axis["difficulty"]["hard"] == {"rater_error": 1, "undetermined": 1, "not_classified": 1}
    listed = disagreement.batches_by_cause(world.cell, world.lead, PROGRAMME)
    assert not isinstance(listed, Refused)
    assert [dict(one.counts) for one in listed] == [dict(found.counts)]

"""Roads round the gate (invariant 8, SPEC 3.3 and 6.3) that were found open once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from living_cell import PROGRAMME, World, contract_text, item_row, jsonl, rubric_text, world_at

from tallystick.app import contract, gate, items, release, rubric
from tallystick.app.items import ImportReport
from tallystick.app.kernel import new_key
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish

Rows = list[dict[str, object]]


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        yield world


def judged(names: list[str], *, rater: str, verdict: str = "a", **more: object) -> Rows:
    return [{"item": name, "rater": rater, "verdict": verdict, **more} for name in names]


def bring(world: World, rows: Rows, *, source: str = "lab") -> ImportReport:
    report = items.import_judgments(
        world.cell, world.lead, jsonl(rows), programme=PROGRAMME, name="j.jsonl", source=source
    )
    assert isinstance(report, ImportReport)
    return report


def cut(world: World) -> release.Made | Refused:
    wish = Wish(programme=PROGRAMME, name="pairs", version="1.0.0", use="train", batches=None)
    return release.cut(world.cell, world.lead, wish, key=new_key())


@pytest.mark.parametrize(("rater", "source"), [("ann ", "lab"), ("ann", " lab"), ("\uff41nn", "lab")])
def test_one_rater_under_two_spellings_is_one_rater(world: World, rater: str, source: str) -> None:
    names = world.work(4)
    assert bring(world, judged(names, rater="ann")).accepted == 4
    again = bring(world, judged(names, rater=rater), source=source)
    assert again.receipt.is_repeat or again.accepted == 0
    assert world.measure().verdict.raters == 1
    assert isinstance(cut(world), Refused)


def test_disagreement_cannot_be_declared_after_it_was_seen_elsewhere(world: World) -> None:
    names = [f"w-{n}" for n in range(8)]
    world.bring([item_row(name, expected_disagreement=n > 1) for n, name in enumerate(names)])
    bring(world, judged(names, rater="x") + judged(names[:2], rater="y") + judged(names[2:], rater="y", verdict="b"))
    assert (world.measure().decision, world.measure().expected) == ("fail", None)
    refused = cut(world)
    assert isinstance(refused, Refused)
    assert refused.code == "nothing-passes"


def test_score_off_the_scale_is_a_bad_row_and_blocks_nothing(world: World) -> None:
    names = world.work(2)
    report = bring(world, judged(names[:1], rater="x", scores={"reasoning": {"a": 77, "b": 1}}))
    assert [problem.path for problem in report.problems] == ["scores.reasoning"]
    assert bring(world, judged(names, rater="x") + judged(names, rater="y")).accepted == 4
    assert world.measure().decision == "pass"


def test_scores_of_a_wider_scale_have_no_number_and_pass_no_gate(world: World) -> None:
    names = world.work(4)
    scores = {"reasoning": {"a": 5, "b": 1}, "concision": {"a": 3, "b": 4}}
    bring(world, judged(names, rater="x", scores=scores) + judged(names, rater="y", scores=scores))
    wide = "{1: Not at all., 5: Throughout.}\n    gated: true"
    narrow = "{1: Not at all., 3: Throughout.}\n    scale: {low: 1, high: 3}\n    gated: true"
    text = rubric_text("1.1.0", gated=True).replace(wide, narrow)
    published = rubric.publish(world.cell, world.lead, programme=PROGRAMME, text=text, name="g.yaml", key=new_key())
    assert isinstance(published, rubric.Published)
    measured = world.measure()
    assert (measured.decision, measured.criteria[0].status) == ("undecided", "scores_on_another_scale")
    assert isinstance(gate.batch_page(world.cell, world.lead, world.batch()), gate.BatchPage)


def test_domain_is_not_held_to_the_threshold_of_another_domains_rubric(world: World) -> None:
    text = contract_text("1.1.0", domains=("medical",)).replace("{rubric: medical", "{rubric: general")
    refused = contract.bring_into_force(world.cell, world.lead, text=text, name="c.yaml", key=new_key())
    assert isinstance(refused, Refused)
    assert (refused.code, refused.field) == ("rubric-of-another-domain", "domains.medical.rubric")


def test_two_domains_do_not_share_a_rubric(world: World) -> None:
    text = contract_text("1.1.0", domains=("general", "creative")).replace("{rubric: creative", "{rubric: general")
    refused = contract.bring_into_force(world.cell, world.lead, text=text, name="c.yaml", key=new_key())
    assert isinstance(refused, Refused)
    assert refused.code == "rubric-of-another-domain"

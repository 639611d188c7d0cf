"""The gate: a number against a threshold, and no number is no agreement."""

import re
from dataclasses import replace

import pytest
from living_cell import rubric_text

from tallystick.events.gate import BatchMeasured
from tallystick.flow.document import read
from tallystick.flow.gate import (
    Bar,
    Batch,
    Judged,
    agreement_of,
    criterion_table,
    inputs_digest,
    measure_batch,
    pairs,
    refuse,
    verdict_table,
)
from tallystick.flow.rubric import DOMAIN_THRESHOLDS_PPM, Rubric, threshold_ppm
from tallystick.signals.shape import Labelled

BATCH = Batch(batch="bat-1", programme="p", domain="general", contract_version="1.0.0", incomplete=0)
PERCENT = Bar(metric="percent_agreement", level="nominal", rule="estimate", threshold_ppm=800_000)


def rubric(*, gated: bool = False) -> Rubric:
    found = read(rubric_text(gated=gated), "rubric.yaml", Rubric)
    assert isinstance(found, Rubric)
    return found


def judged(
    item: int, expert: str, verdict: str, *, expected: bool = False, reasoning: tuple[int, int] = (4, 3)
) -> Judged:
    scores = {"reasoning": {"a": reasoning[0], "b": reasoning[1]}, "concision": {"a": 3, "b": 3}}
    return Judged(
        judgment=f"j-{item}-{expert}", item=f"i-{item}", expert=expert, verdict=verdict, scores=scores,
        is_expected=expected, rubric_version="1.0.0",
    )  # fmt: skip


def couples(*verdicts: tuple[str, str], expected: bool = False, start: int = 0) -> list[Judged]:
    """Two experts on one item after the other."""
    return [
        judged(n, expert, verdict, expected=expected)
        for n, both in enumerate(verdicts, start)
        for expert, verdict in zip("xy", both, strict=True)
    ]


def measured(rows: list[Judged], bar: Bar = PERCENT, *, gated: bool = False) -> BatchMeasured:
    return measure_batch(BATCH, rows, rubric(gated=gated), bar, code_version="test")


AGREE, DIVIDE = ("a_clearly", "a_slightly"), ("a_clearly", "b_slightly")
TABLE = {
    # agreeing, divided couples: share, decision at 0.80
    "all agree": (10, 0, 1_000_000, "pass"),
    "at the threshold": (8, 2, 800_000, "pass"),
    "just below": (7, 2, 777_778, "fail"),
    "none agree": (0, 5, 0, "fail"),
}


@pytest.mark.parametrize("case", TABLE)
def test_the_number_decides(case: str) -> None:
    agreeing, divided, share, decision = TABLE[case]
    found = measured(couples(*[AGREE] * agreeing, *[DIVIDE] * divided))
    assert (found.verdict.value_ppm, found.decision) == (share, decision)
    assert (found.verdict.items, found.verdict.judgments) == (agreeing + divided, 2 * (agreeing + divided))


def test_a_failing_gate_says_what_was_expected_and_what_was_found() -> None:
    found = measured(couples(*[AGREE] * 7, *[DIVIDE] * 2))
    assert found.why == "Expected agreement on verdict of at least 0.80, found 0.778."
    refused = refuse(found, "pilot/general")
    assert refused is not None
    assert (refused.code, refused.names) == ("below-threshold", ("pilot/general",))
    assert found.why in refused.sentence
    assert refuse(measured(couples(AGREE)), "pilot/general") is None


UNDEFINED = {
    "one expert only": [judged(n, "x", "tie") for n in range(5)],
    "nobody decided": couples(("abstain", "insufficient_context"), ("abstain", "abstain")),
    "no item twice": [judged(1, "x", "tie"), judged(2, "y", "tie")],
}


@pytest.mark.parametrize("case", UNDEFINED)
def test_what_is_undefined_passes_nothing(case: str) -> None:
    """Reported as undefined, never as 0 or 1."""
    found = measured(UNDEFINED[case])
    assert (found.verdict.value_ppm, found.decision) == (None, "undecided")
    assert "Agreement on verdict is undefined" in found.why
    refused = refuse(found, "pilot/general")
    assert refused is not None
    assert (refused.code, refused.names) == ("gate-undecided", ("pilot/general",))


def test_a_constant_verdict_passes_no_coefficient_that_corrects_for_chance() -> None:
    bar = replace(PERCENT, metric="krippendorff_alpha")
    found = measured(couples(*[("tie", "tie")] * 10), bar)
    assert (found.verdict.value_ppm, found.decision) == (None, "undecided")
    assert found.verdict.status == "no_variation"


def test_what_cannot_be_compared_is_left_out_of_the_number() -> None:
    found = measured(couples(AGREE, AGREE, ("abstain", "b_clearly")))
    assert (found.verdict.value_ppm, found.verdict.judgments) == (1_000_000, 5)


def test_expected_disagreement_is_measured_apart() -> None:
    """Declared before judgment; never dropped and never mixed in."""
    found = measured([*couples(*[AGREE] * 5), *couples(*[DIVIDE] * 5, expected=True, start=5)])
    assert (found.verdict.value_ppm, found.verdict.items, found.decision) == (1_000_000, 5, "pass")
    assert found.expected is not None
    assert (found.expected.what, found.expected.value_ppm, found.expected.items) == ("expected_disagreement", 0, 5)
    assert measured(couples(AGREE)).expected is None


def test_declaring_everything_as_expected_opens_no_gate() -> None:
    found = measured(couples(*[DIVIDE] * 5, expected=True))
    assert (found.decision, found.verdict.value_ppm) == ("undecided", None)


def test_a_contract_may_ask_for_the_lower_bound() -> None:
    rows = couples(*[AGREE] * 10)
    bar = replace(PERCENT, rule="lower_bound")
    found = measured(rows, bar)
    assert found.verdict.value_ppm == 1_000_000
    assert found.verdict.low_ppm is not None
    assert found.verdict.low_ppm < 800_000
    assert found.decision == "undecided"
    assert "Expected lower bound of agreement on verdict of at least 0.80" in found.why
    assert measured(rows, replace(bar, threshold_ppm=found.verdict.low_ppm)).decision == "pass"
    assert measured(rows, replace(bar, threshold_ppm=found.verdict.low_ppm + 1)).decision == "undecided"


def test_without_an_interval_there_is_no_lower_bound() -> None:
    bar = Bar(metric="krippendorff_alpha", level="nominal", rule="lower_bound", threshold_ppm=0)
    found = measured(couples(("a_clearly", "a_clearly")), bar)
    assert found.decision == "undecided"


def mixed(items: int, share: float) -> list[Judged]:
    """Couples of whom a share agrees."""
    return couples(*[AGREE if n < round(items * share) else DIVIDE for n in range(items)])


LOWER = replace(PERCENT, rule="lower_bound")
ENDS = {
    # items, share that agrees, decision at a lower bound of 0.80
    "the whole interval above": (400, 0.9, "pass"),
    "the threshold in the interval, value above": (40, 0.9, "undecided"),
    "the threshold in the interval, value below": (40, 0.75, "undecided"),
    "the whole interval below": (400, 0.7, "fail"),
}


@pytest.mark.parametrize("case", ENDS)
def test_a_lower_bound_decides_only_when_the_threshold_is_not_in_the_interval(case: str) -> None:
    items, share, decision = ENDS[case]
    found = measured(mixed(items, share), LOWER)
    assert found.decision == decision
    assert ("the threshold lies between" in found.why) == (decision == "undecided")


@pytest.mark.parametrize(("share", "decision"), [(0.85, "pass"), (0.75, "fail")])
def test_an_undecided_gate_says_how_many_more_items_would_decide_it(share: float, decision: str) -> None:
    found = measured(mixed(100, share), LOWER)
    assert found.decision == "undecided"
    told = re.search(r"About (\d+) more items with (\d+) judgments would decide it with a chance of 80%", found.why)
    assert told
    items, judgments = (int(number) for number in told.groups())
    assert judgments == 2 * items
    # The chance of 80 % asks for twice the items that an even chance asks for, (1.96 + 0.84)^2 / 1.96^2.
    assert measured(mixed(100 + items, share), LOWER).decision == decision
    assert measured(mixed(round((100 + items) * 0.4), share), LOWER).decision == "undecided"


def test_a_value_on_the_threshold_is_decided_by_no_number_of_items() -> None:
    found = measured(mixed(50, 0.8), LOWER)
    assert found.decision == "undecided"
    assert "no number of items" in found.why


def test_too_few_items_show_no_failure_either() -> None:
    found = measured(couples(*[DIVIDE] * 3), replace(PERCENT, items_min=5))
    assert (found.verdict.value_ppm, found.decision) == (0, "undecided")
    assert "bring 2 more" in found.why


def test_the_interval_of_a_criterion_draws_items_and_not_their_candidates() -> None:
    """The scores of two candidates that stand together are no two pieces of evidence."""
    rows = [
        judged(n, expert, "tie", reasoning=scores)
        for n in range(20)
        for expert, scores in (("x", (5, 1) if n % 4 else (1, 5)), ("y", (5, 1) if n % 3 else (1, 5)))
    ]
    value = measured(rows).criteria[0]
    table = replace(criterion_table(rows, "reasoning", low=1, high=5), clusters=None)
    apart = agreement_of(table, value.metric, value.level).interval
    assert value.low_ppm is not None
    assert value.high_ppm is not None
    assert apart is not None
    assert (value.high_ppm - value.low_ppm) / 1e6 > 1.2 * (apart.high - apart.low)


@pytest.mark.parametrize("share", [0.9, 0.7])
def test_what_a_decided_gate_would_need_is_not_told(share: float) -> None:
    assert "more items" not in measured(mixed(400, share), LOWER).why


def test_a_gated_criterion_counts_and_another_only_informs() -> None:
    """Experts who agree on the verdict and give opposite scores do not agree on the criterion."""
    rows = [
        judged(n, expert, "tie" if n % 2 else "a_clearly", reasoning=scores)
        for n in range(8)
        for expert, scores in (("x", (5, 1)), ("y", (1, 5)))
    ]
    assert measured(rows).decision == "pass"
    found = measured(rows, gated=True)
    assert found.decision == "fail"
    assert "agreement on reasoning" in found.why
    assert [value.what for value in found.criteria] == ["criterion:reasoning", "criterion:concision"]


def test_no_criterion_counts_where_the_signal_scores_nothing() -> None:
    """Steps are labelled and never scored: a gated criterion would keep such work from ever passing."""
    rows = [
        replace(
            judged(n, expert, "no_error" if n % 2 else "first_error:s1"), signal="process", scores={},
            marks=(Labelled(field="steps", on="s1", label="correct" if n % 2 else "wrong"),),
        )
        for n in range(8) for expert in "xy"
    ]  # fmt: skip
    assert measured(rows, gated=True).decision == "pass"
    compared = [judged(n, expert, "tie") for n in range(8) for expert in "xy"]
    assert measured([replace(row, scores={}) for row in compared], gated=True).decision == "undecided"


def test_an_ordinal_gate_sees_how_far_verdicts_lie_apart() -> None:
    bar = Bar(metric="krippendorff_alpha", level="ordinal", rule="estimate", threshold_ppm=0)
    near = measured(couples(*[("a_clearly", "a_slightly"), ("b_clearly", "b_slightly")] * 4), bar)
    far = measured(couples(*[("a_clearly", "b_slightly"), ("b_clearly", "a_slightly")] * 4), bar)
    assert near.verdict.value_ppm is not None
    assert far.verdict.value_ppm is not None
    assert near.verdict.value_ppm > 500_000
    assert far.verdict.value_ppm < 0


def test_the_same_judgments_give_the_same_measurement() -> None:
    rows = couples(*[AGREE] * 6, *[DIVIDE] * 3)
    assert measured(rows, replace(PERCENT, metric="krippendorff_alpha")) == measured(
        rows, replace(PERCENT, metric="krippendorff_alpha")
    )


CHANGES = {
    "another verdict": {"verdict": "b_clearly"},
    "another expert": {"expert": "z"},
    "another item": {"item": "i-9"},
    "another judgment": {"judgment": "j-9"},
    "another score": {"scores": {"reasoning": {"a": 4, "b": 4}, "concision": {"a": 3, "b": 3}}},
    "a score less": {"scores": {"concision": {"a": 3, "b": 3}}},
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_digest_of_the_inputs_changes_with_any_row(change: str) -> None:
    rows = couples(AGREE, DIVIDE)
    altered = [*rows[:-1], replace(rows[-1], **CHANGES[change])]  # type: ignore[arg-type]  # by name
    digests = {inputs_digest(found) for found in (rows, altered, rows[:-1], [*rows[1:], rows[0]])}
    assert len(digests) == 4
    assert measured(rows).inputs_digest == inputs_digest(rows)


def test_pairs_are_compared_by_direction() -> None:
    found = pairs(couples(*[AGREE] * 4, *[("b_clearly", "b_slightly")] * 4))
    assert [(pair.rater_a, pair.rater_b, pair.value) for pair in found] == [("x", "y", 1.0)]


def test_the_table_of_a_nominal_gate_holds_directions() -> None:
    table = verdict_table(couples(AGREE, ("both_unacceptable", "abstain")), "nominal")
    assert table.values == ["a", "a", "both_unacceptable"]
    assert verdict_table(couples(("both_unacceptable", "tie")), "ordinal").values == ["tie"]


def test_the_defaults_are_those_of_the_specification() -> None:
    assert DOMAIN_THRESHOLDS_PPM == {
        "medical": 800_000, "legal": 780_000, "software": 820_000, "general": 740_000, "creative": 700_000,
    }  # fmt: skip
    assert threshold_ppm(rubric()) == 740_000


def test_a_batch_too_small_to_show_anything_passes_no_gate() -> None:
    """Two raters who happen to agree on one item are no evidence, whatever the coefficient says."""
    bar = replace(PERCENT, items_min=5)
    lucky = measured(couples(("a_clearly", "a_clearly")), bar)
    assert lucky.decision == "undecided"
    assert "at least 5 items with two judgments that decide, found 1" in lucky.why
    undecided = couples(*[("a_clearly", "abstain")] * 9, ("a_clearly", "a_clearly"))
    assert measured(undecided, bar).decision == "undecided"
    assert measured(couples(*[("a_clearly", "a_clearly")] * 5), bar).decision == "pass"

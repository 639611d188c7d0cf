"""Causes of disagreement: the formulas, what each source does to the posterior, what is asked for next."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from tallystick.stats.agreement import Status
from tallystick.stats.disagreement import (
    CAUSES,
    SOURCES,
    WHY,
    BadEvidence,
    Cause,
    Classified,
    Evidence,
    Model,
    Source,
    advice,
    classify,
    fit_priors,
    fit_temperature,
    log_likelihoods,
    measure_corrections,
    posterior_of,
    quality,
    terms,
)
from tallystick.stats.disagreement.evidence import read

SCALE = ("A", "B", "tie")
PLAIN = Model(temperature=1.0)
FULL = Evidence(
    labels={"a": "A", "b": "A", "c": "B", "d": "B"},
    categories=SCALE,
    error_rates={"a": 0.1, "c": 0.3},
    experts=frozenset({"a", "c"}),
    groups={"region": {"a": "n", "b": "n", "c": "s", "d": "s"}, "age": {"a": "x", "b": "y", "d": "x"}},
    context_seen={"a": True, "b": False},
    retests={"a": ["A", "B"]},
    context_flags={"a": True, "d": False},
    after_calibration={"c": "A", "d": "B"},
    criteria={"a": ["safety"], "c": ["tone"]},
)


def of(labels: str) -> Evidence:
    """Labels alone: one letter for each rater."""
    names = {"A": "A", "B": "B", "t": "tie"}
    return Evidence(labels={f"r{place}": names[letter] for place, letter in enumerate(labels)}, categories=SCALE)


def sayings(found: Classified) -> dict[Source, str]:
    """The sentences by source."""
    return {term.source: term.sentence for term in found.terms}


@pytest.mark.parametrize(
    "evidence",
    [FULL, of("ABt"), replace(FULL, groups={}), replace(FULL, experts=frozenset("abcd")), replace(FULL, labels={
        "a": "A", "b": "B", "c": "tie", "d": "A", "e": "B"})],
)  # fmt: skip
def test_label_likelihoods_are_distributions(evidence: Evidence) -> None:
    reading = read(evidence)
    vectors = np.array(list(itertools.product(range(3), repeat=len(reading.codes))))
    total = np.exp(terms.label_logs(reading, Model(), vectors).sum(axis=1)).sum(axis=0)
    assert total == pytest.approx(np.ones(5), abs=1e-9)


def test_terms_of_the_labels_are_given_that_they_differ() -> None:
    total = np.zeros(5)
    for labels in itertools.product(SCALE, repeat=4):
        if len(set(labels)) > 1:
            one = replace(FULL, labels=dict(zip("abcd", labels, strict=True)), retests={}, after_calibration={})
            total += np.exp(terms.weigh(read(one), Model()).logs[: len(terms.LABEL_SOURCES)].sum(axis=0))
    assert total == pytest.approx(np.ones(5), abs=1e-9)


def test_two_labels_and_one_truth_by_hand() -> None:
    model = replace(Model(), two_way_concentration=2.0, hard_items=((0.0, 1.0),))
    two = Evidence(labels={"a": "A", "b": "B"}, categories=("A", "B"), error_rates={"a": 0.1, "b": 0.2})
    found = np.exp(terms.label_logs(read(two), model, np.array([[0, 1]]))[0].sum(axis=0))
    assert found[CAUSES.index(Cause.RUBRIC_AMBIGUITY)] == pytest.approx(2 * 2 / (4 * 5))  # B(3, 3) / B(2, 2)
    assert found[CAUSES.index(Cause.RATER_ERROR)] == pytest.approx(0.5 * (0.9 * 0.2) + 0.5 * (0.1 * 0.8))


def test_counts_by_hand() -> None:
    found = terms.weigh(read(FULL), Model()).logs[SOURCES.index(Source.RETESTS)]
    a, b = Model().flips[Cause.MISSING_CONTEXT]
    assert found[0] == pytest.approx(math.log(a * b / ((a + b) * (a + b + 1))))  # one of two changed


def test_what_is_absent_adds_nothing_and_says_so() -> None:
    found = classify(of("AAABt"))
    assert set(found.absent) == set(SOURCES) - {Source.LABELS}
    for term in found.terms:
        if not term.is_present:
            assert set(term.log_likelihood.values()) == {0.0}
    assert classify(FULL).absent == ()


def test_the_posterior_is_the_prior_times_the_terms() -> None:
    found = classify(FULL, PLAIN)
    expected = np.exp(log_likelihoods(found))
    assert list(found.posterior.values()) == pytest.approx(expected / expected.sum())
    assert sum(found.posterior.values()) == pytest.approx(1)


def test_names_and_order_do_not_matter() -> None:
    names = dict(zip("abcd", "zyxw", strict=True))
    turned = Evidence(
        labels={names[rater]: FULL.labels[rater] for rater in "dbca"},
        categories=("tie", "A", "B"),
        error_rates={names[rater]: rate for rater, rate in FULL.error_rates.items()},
        experts=frozenset(names[rater] for rater in FULL.experts or ()),
        groups={f"{axis}!": {names[rater]: group for rater, group in by.items()} for axis, by in FULL.groups.items()},
        context_seen={names[rater]: seen for rater, seen in FULL.context_seen.items()},
        retests={names[rater]: later for rater, later in FULL.retests.items()},
        context_flags={names[rater]: flag for rater, flag in FULL.context_flags.items()},
        after_calibration={names[rater]: label for rater, label in FULL.after_calibration.items()},
        criteria={names[rater]: cited for rater, cited in FULL.criteria.items()},
    )
    before, after = classify(FULL, with_help=False), classify(turned, with_help=False)
    assert after.posterior == pytest.approx(before.posterior, abs=1e-12)


LEFT, RIGHT = [f"r{n}" for n in range(6)], [f"r{n}" for n in range(6, 12)]
HALVES = of("AAAAAABBBBBB")
TELLING = {
    Cause.VALUE_DIVERSITY: replace(
        HALVES,
        groups={"region": dict.fromkeys(LEFT, "n") | dict.fromkeys(RIGHT, "s")},
        after_calibration=dict.fromkeys(RIGHT, "B"),
    ),
    Cause.MISSING_CONTEXT: replace(HALVES, context_flags=dict.fromkeys(RIGHT, False) | dict.fromkeys(LEFT, True)),
    Cause.RUBRIC_AMBIGUITY: replace(
        HALVES,
        experts=frozenset({"r0", "r1", "r6", "r7"}),
        context_flags=dict.fromkeys(HALVES.labels, False),
        after_calibration=dict.fromkeys(RIGHT, "A"),
        groups={"region": {name: "ns"[place % 2] for place, name in enumerate(HALVES.labels)}},
        error_rates=dict.fromkeys(HALVES.labels, 0.05),
    ),
    Cause.EXPERTISE_GAP: replace(
        HALVES, experts=frozenset(RIGHT), context_flags=dict.fromkeys(HALVES.labels, False)
    ),
    Cause.RATER_ERROR: replace(
        of("AAAAAAAAAAAB"),
        error_rates=dict.fromkeys(HALVES.labels, 0.08),
        context_flags=dict.fromkeys(HALVES.labels, False),
        after_calibration={"r11": "A"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("cause", CAUSES)
def test_telling_evidence_determines_its_cause(cause: Cause) -> None:
    found = classify(TELLING[cause], with_help=False)
    assert (found.cause, found.proposed) == (cause, cause), found.sentence


@pytest.mark.parametrize("labels", ["AB", "AAB", "AAABBB", "AAAABBBBtt"])
def test_labels_alone_determine_nothing(labels: str) -> None:
    found = classify(of(labels))
    assert found.is_undetermined
    assert "Undetermined" in found.sentence
    assert found.helps


def test_the_threshold_is_the_callers() -> None:
    found = classify(TELLING[Cause.EXPERTISE_GAP], replace(Model(), threshold=0.9999), with_help=False)
    assert found.is_undetermined
    assert found.proposed is Cause.EXPERTISE_GAP


def test_who_saw_the_context_speaks_for_missing_context() -> None:
    seen = replace(HALVES, context_seen=dict.fromkeys(LEFT, False) | dict.fromkeys(RIGHT, True))
    mixed = replace(HALVES, context_seen={name: place % 2 == 0 for place, name in enumerate(HALVES.labels)})
    assert classify(seen).posterior[Cause.MISSING_CONTEXT] > 0.9
    assert classify(mixed).posterior[Cause.MISSING_CONTEXT] < 0.1


def test_every_term_has_a_sentence_with_its_numbers() -> None:
    said = sayings(classify(FULL))
    assert "4 raters: 2 x 'A', 2 x 'B'." in said[Source.LABELS]
    assert "1 of 2 blind repetitions changed." in said[Source.RETESTS]
    assert "1 of 2 raters say that context is missing." in said[Source.CONTEXT_FLAGS]
    assert "1 of 2 minority raters moved" in said[Source.CALIBRATION]
    assert "region (4 raters, 2 groups)" in said[Source.GROUPS]
    assert all(sentence.endswith(".") for sentence in said.values())


def test_no_sentence_tells_what_a_group_said() -> None:
    assert "'A'" not in sayings(classify(FULL))[Source.GROUPS]


def test_an_item_on_which_all_agree_has_no_cause() -> None:
    for evidence in (of("AAA"), Evidence(labels={}, categories=SCALE)):
        found = classify(evidence)
        assert (found.status, found.cause, found.confidence) == (Status.NO_VARIATION, None, None)
        assert not found.is_undetermined


@pytest.mark.parametrize("evidence", [FULL, of("AB"), of("AAABBtt"), TELLING[Cause.VALUE_DIVERSITY]])
def test_outcomes_of_further_evidence_are_distributions_and_do_not_move_the_mean(evidence: Evidence) -> None:
    reading = read(evidence)
    posterior = np.array(list(classify(evidence, PLAIN, with_help=False).posterior.values()))
    kinds = set()
    for trial in advice.trials(evidence, reading, PLAIN):
        likely = np.exp(trial.logs)
        assert likely.sum(axis=0) == pytest.approx(np.ones(5), abs=1e-9), trial.what
        joint = likely * posterior
        assert joint.sum(axis=0) == pytest.approx(posterior)
        kinds.add(trial.kind)
    assert {Source.RETESTS, Source.LABELS, Source.EXPERTS, Source.GROUPS, Source.CONTEXT_SEEN} <= kinds


def test_expected_entropy_is_that_of_evidence_that_comes() -> None:
    """The gain of asking one more rater whether context is missing, against the two classifications that follow."""
    evidence = replace(of("AABB"), context_flags={"r0": True, "r1": False, "r2": False})
    found = classify(evidence, PLAIN)
    gain = next(one for one in found.helps if one.kind is Source.CONTEXT_FLAGS)
    remaining = 0.0
    for answer in (True, False):
        after = classify(
            replace(evidence, context_flags={**evidence.context_flags, "r3": answer}), PLAIN, with_help=False
        )
        likely = 0.0
        for cause, share in found.posterior.items():
            a, b = PLAIN.flags[cause]
            likely += share * ((a + 1 if answer else b + 2) / (a + b + 3))
        assert after.entropy_bits is not None
        remaining += likely * after.entropy_bits
    assert found.entropy_bits is not None
    assert gain.gain_bits == pytest.approx(found.entropy_bits - remaining, abs=1e-9)


def test_help_is_ranked_and_fits_what_is_open() -> None:
    flagged = replace(HALVES, context_flags=dict.fromkeys(HALVES.labels, False), experts=frozenset(RIGHT))
    helps = classify(replace(flagged, experts=None)).helps
    assert [one.gain_bits for one in helps] == sorted((one.gain_bits for one in helps), reverse=True)
    assert Source.CONTEXT_FLAGS not in {one.kind for one in helps}  # all have been asked
    assert all(0 <= one.settled <= 1 for one in helps)


def test_help_names_the_thin_group() -> None:
    groups = {"region": {"r0": "n", "r1": "n", "r2": "s"}}
    helps = classify(replace(of("AAB"), groups=groups)).helps
    assert any("'s' (region)" in one.what for one in helps)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"labels": {"a": "C", "b": "A"}}, "none of the categories"),
        ({"categories": ("A", "A")}, "two different categories"),
        ({"error_rates": {"a": 0.0}}, "between 0 and 1"),
        ({"retests": {"z": ["A"]}}, "no first label"),
        ({"after_calibration": {"z": "A"}}, "no first label"),
        ({"rubric_criteria": ("safety",)}, "does not have"),
    ],
)
def test_evidence_that_contradicts_itself_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(BadEvidence, match=words):
        classify(replace(FULL, **change))  # type: ignore[arg-type]  # the cases are of many types


@pytest.mark.parametrize("change", [{"threshold": 1.5}, {"temperature": 0}, {"priors": dict.fromkeys(CAUSES, 0.3)}])
def test_a_model_that_makes_no_sense_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="found"):
        replace(Model(), **change)  # type: ignore[arg-type]  # the cases are of many types


def test_every_default_has_its_reason() -> None:
    assert set(WHY) == set(Model.__dataclass_fields__)


def drawn_logs(
    shares: list[float], items: int, seed: int
) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float64]], list[Cause]]:
    """Log-likelihoods from a world where each cause shows one noisy sign."""
    chance = np.random.default_rng(seed)
    truth = chance.choice(5, items, p=shares)
    signs = np.eye(5)[truth] * 2 + chance.normal(size=(items, 5))
    logs = 2 * signs - 2  # log N(sign; 2, 1) - log N(sign; 0, 1), of each cause
    return logs, [CAUSES[place] for place in truth]


def test_priors_are_found_without_known_causes() -> None:
    shares = [0.05, 0.5, 0.1, 0.25, 0.1]
    logs, _ = drawn_logs(shares, 4000, 3)
    fitted = fit_priors(logs, ["medical"] * 3000 + ["legal"] * 1000, model=PLAIN)
    assert fitted.is_converged
    assert fitted.determined > 0.5
    assert list(fitted.overall.shares.values()) == pytest.approx(shares, abs=0.03)
    assert fitted.by_slice["legal"].items == 1000
    assert sum(fitted.by_slice["legal"].shares.values()) == pytest.approx(1)


def test_a_fit_to_faint_evidence_says_that_little_was_determined() -> None:
    """Four hundred items that each lean a little to one cause: the fit runs there, and must not be believed."""
    fitted = fit_priors(np.tile([[0.4, 0.0, 0.0, 0.0, 0.0]], (400, 1)))
    assert fitted.overall.shares[Cause.MISSING_CONTEXT] > 0.8
    assert fitted.determined == 0


def test_a_thin_slice_stays_near_all_items() -> None:
    logs, _ = drawn_logs([0.2] * 5, 500, 4)
    thin = np.array([[9.0, 0, 0, 0, 0]])
    fitted = fit_priors(np.vstack([logs, thin]), ["many"] * 500 + ["one"], model=PLAIN)
    assert fitted.by_slice["one"].shares[Cause.MISSING_CONTEXT] < 0.4


def test_a_temperature_undoes_overconfidence() -> None:
    logs, truth = drawn_logs([0.2] * 5, 4000, 5)
    assert fit_temperature(logs, truth, model=PLAIN).temperature == pytest.approx(1, abs=0.07)
    fitted = fit_temperature(3 * logs, truth, model=PLAIN)
    assert fitted.temperature == pytest.approx(3, abs=0.2)
    assert fitted.loss < fitted.loss_before
    cooled = posterior_of(3 * logs, replace(PLAIN, temperature=fitted.temperature))
    assert (
        quality(cooled, truth).calibration_error
        < 0.03
        < quality(posterior_of(3 * logs, PLAIN), truth).calibration_error
    )


def test_quality_by_hand() -> None:
    posteriors = np.array([[0.9, 0.1, 0, 0, 0], [0.6, 0.4, 0, 0, 0], [0.8, 0.2, 0, 0, 0], [0, 0.2, 0, 0.05, 0.75]])
    truth = [Cause.MISSING_CONTEXT, Cause.RUBRIC_AMBIGUITY, Cause.RUBRIC_AMBIGUITY, Cause.VALUE_DIVERSITY]
    found = quality(posteriors, truth)
    assert found.balanced_accuracy == pytest.approx(2 / 3)
    assert found.undetermined == 0.5  # .6, and .75 for value diversity, which needs .8
    assert found.accuracy_when_determined == 0.5
    assert found.brier == pytest.approx((0.02 + 0.72 + 1.28 + 0.105) / 4)
    assert found.calibration_error == pytest.approx((0.1 + 0.6 + 0.8 + 0.25) / 4)


def test_corrections_are_counted() -> None:
    error, values = Cause.RATER_ERROR, Cause.VALUE_DIVERSITY
    found = measure_corrections([(error, error), (error, values), (None, values), (values, values)])
    assert (found.cases, found.undetermined) == (4, 1)
    assert found.kept == pytest.approx(2 / 3)
    assert found.confusion[error, values] == 1
    assert found.kept_interval is not None
    assert measure_corrections([]).kept is None


def test_bad_cases_are_refused() -> None:
    for call in (lambda: fit_priors(np.zeros((0, 5))), lambda: fit_temperature(np.zeros((1, 5)), []),
                 lambda: quality(np.zeros((0, 5)), [])):  # fmt: skip
        with pytest.raises(ValueError, match="found"):
            call()

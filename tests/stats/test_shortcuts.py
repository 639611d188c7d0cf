"""The shortcut audit: numbers of another program, separation, collinearity, ties, clusters, foretelling, groups."""

import math

import numpy as np
import pytest

from tallystick.stats.agreement.result import Status
from tallystick.stats.agreement.table import BadRatings
from tallystick.stats.multiple import benjamini_hochberg
from tallystick.stats.shortcuts import Audit, Effect, audit, audits, squashed
from tallystick.stats.shortcuts.clustered import clustered_share
from tallystick.stats.shortcuts.fit import independent

PROMPTS = [0, 0, 1, 1, 1, 1, 1, 1, 3, 4, 4, 5, 5, 5, 6, 6, 6, 7, 7, 7, 7, 8, 9, 9, 10, 10, 11, 11, 11, 11]
A = [-1, 2, -2, 1, 0, 0, 3, 2, 2, 0, 3, 3, -3, -2, -1, 0, 2, 0, 3, -1, 3, 1, 2, -2, 1, 2, 3, 3, 3, -3]
B = [0, -1, 0, 0, -1, 0, 1, 1, 0, -1, 0, 0, 0, 0, -1, 0, 1, 1, 1, -1, 1, -1, 0, 0, -1, 0, 1, 0, -1, 1]
LOST, TIED = (1, 2, 8, 15, 19, 21, 22, 23, 29), (4, 17)
PREFERRED = [0.5 if row in TIED else float(row not in LOST) for row in range(30)]


def big(
    rows: int = 2000, prompts: int = 400, effect: float = 1.0
) -> tuple[dict[str, list[float]], list[float], list[int]]:
    """Preferences that follow one feature and not the other, some pairs a prompt."""
    random = np.random.default_rng(5)
    followed, other = random.normal(size=rows), random.normal(size=rows)
    first = random.random(rows) < 1 / (1 + np.exp(-effect * followed))
    cluster = random.integers(0, prompts, rows)
    return {"followed": followed.tolist(), "other": other.tolist()}, first.astype(float).tolist(), cluster.tolist()


def effect_of(found: Audit, feature: str) -> Effect:
    """One feature of an audit."""
    return next(effect for effect in found.effects if effect.feature == feature)


def test_numbers_of_statsmodels_without_ties() -> None:
    """ConditionalLogit with a group a pair, and GLM with covariance by cluster times G / (G - 1); statsmodels 0.15."""
    found = audit({"a": A, "b": B}, PREFERRED, PROMPTS, ties="drop")
    assert [one.coefficient for one in found.effects] == pytest.approx([0.42112417614852, 0.44600112312304], abs=1e-10)
    assert [one.se for one in found.effects] == pytest.approx([0.25264725702843, 0.58983281671942], abs=1e-10)
    assert (found.n_pairs, found.n_ties, found.n_used, found.n_prompts) == (30, 2, 28, 11)
    assert "2 ties were left out." in found.notes


def test_numbers_of_statsmodels_with_ties_as_half_wins() -> None:
    found = audit({"a": A, "b": B}, PREFERRED, PROMPTS)
    assert [one.coefficient for one in found.effects] == pytest.approx([0.42251455838823, 0.37669833660739], abs=1e-10)
    assert [one.se for one in found.effects] == pytest.approx([0.25244201673662, 0.47953765801361], abs=1e-10)
    assert "2 ties count as half a win for each candidate." in found.notes
    assert any("Only 11 prompts" in note for note in found.notes)


def test_one_feature_of_one_size_by_hand() -> None:
    """With differences of one size the coefficient is the log odds of the wins: 30 of 40."""
    won = [1.0] * 30 + [0.0] * 10
    found = audit({"x": [1.0] * 40}, won, list(range(40))).effects[0]
    assert found.coefficient == pytest.approx(math.log(3))
    assert found.win_chance == pytest.approx(0.75)
    assert found.plain_share == pytest.approx(0.75)
    # Every pair its own prompt: the sandwich is 1 / (n p q) times n / (n - 1).
    assert found.se == pytest.approx(math.sqrt(1 / (40 * 0.75 * 0.25) * 40 / 39))


def test_exchanging_the_candidates_changes_nothing() -> None:
    features, preferred, prompts = big(300, 60)
    turned = {name: [-value for value in values] for name, values in features.items()}
    one, other = audit(features, preferred, prompts), audit(turned, [1 - value for value in preferred], prompts)
    for before, after in zip(one.effects, other.effects, strict=True):
        assert after.coefficient == pytest.approx(before.coefficient)
        assert after.se == pytest.approx(before.se)
        assert after.plain_share == pytest.approx(before.plain_share)


def test_the_order_of_the_rows_changes_nothing() -> None:
    features, preferred, prompts = big(300, 60)
    order = np.random.default_rng(1).permutation(300).tolist()
    shuffled = {name: [values[row] for row in order] for name, values in features.items()}
    assert audit(shuffled, [preferred[row] for row in order], [prompts[row] for row in order]) == audit(
        features, preferred, prompts
    )


def test_what_preferences_follow_is_called_and_what_they_do_not_is_not() -> None:
    found = audit(*big())
    followed, other = effect_of(found, "followed"), effect_of(found, "other")
    assert followed.is_called
    assert not other.is_called
    assert followed.adjusted == pytest.approx(2 * (followed.p_value or 0))
    assert found.held_out.accuracy is not None
    assert found.held_out.is_flagged


def test_intervals_hold_as_often_as_they_say() -> None:
    """200 audits of 150 pairs in 50 prompts whose preferences go together: 95 % within four standard errors."""
    held = 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        prompts = np.arange(150) % 50
        x = random.normal(size=150) + random.normal(size=50)[prompts]
        first = random.random(150) < 1 / (1 + np.exp(-0.5 * x))
        found = audit({"x": x.tolist()}, first.astype(float).tolist(), prompts).effects[0].interval
        assert found is not None
        held += found.low <= 0.5 <= found.high
    assert 178 <= held <= 200


def test_foretelling_chance_is_not_flagged() -> None:
    flagged = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        features = {"x": random.normal(size=300).tolist(), "y": random.normal(size=300).tolist()}
        found = audit(
            features, (random.random(300) < 0.5).astype(float).tolist(), random.integers(0, 100, 300).tolist()
        )
        flagged += found.held_out.is_flagged
    assert flagged == 0


def test_pairs_of_one_prompt_that_go_together_widen_the_interval() -> None:
    """Ten copies of every pair: the coefficient stays, and so does its error, because prompts are what was sampled."""
    features, preferred, prompts = big(200, 200)
    prompts = list(range(200))
    once = audit(features, preferred, prompts)
    tenfold = audit({name: values * 10 for name, values in features.items()}, preferred * 10, prompts * 10)
    for one, many in zip(once.effects, tenfold.effects, strict=True):
        assert many.coefficient == pytest.approx(one.coefficient)
        assert many.se == pytest.approx(one.se)
        assert many.plain_interval is not None
        assert one.plain_interval is not None
        assert many.plain_interval.low == pytest.approx(one.plain_interval.low, abs=2e-3)


def test_a_feature_that_decides_alone_is_reported_as_separated() -> None:
    features, preferred, prompts = big(400, 80)
    chosen = np.where(np.array(features["other"]) > 1.2, 2 * np.array(preferred) - 1, 0)
    found = audit({**features, "sep": chosen.tolist()}, preferred, prompts)
    separated = effect_of(found, "sep")
    assert (separated.coefficient, separated.status, separated.p_value) == (None, Status.SEPARATED, None)
    assert separated.reason is not None
    assert "No preference speaks against more sep" in separated.reason
    assert separated.plain_share == 1.0
    # The others are what they are in the pairs that it leaves open.
    left = [row for row in range(400) if chosen[row] == 0]
    alone = audit(
        {name: [values[row] for row in left] for name, values in features.items()},
        [preferred[row] for row in left],
        [prompts[row] for row in left],
    )
    assert effect_of(found, "followed").coefficient == pytest.approx(effect_of(alone, "followed").coefficient)
    assert effect_of(found, "followed").se == pytest.approx(effect_of(alone, "followed").se)
    assert found.n_used == len(left)
    assert any("set aside" in note for note in found.notes)


def test_two_features_that_decide_together_are_both_reported() -> None:
    random = np.random.default_rng(2)
    x, preferred = random.normal(size=200), (random.random(200) < 0.5).astype(float)
    y = 2 * preferred - 1 - x  # only the sum decides
    found = audit({"x": x.tolist(), "y": y.tolist()}, preferred.tolist(), list(range(200)))
    assert [one.status for one in found.effects] == [Status.SEPARATED, Status.SEPARATED]
    assert "together with y" in (found.effects[0].reason or "")
    assert found.held_out.accuracy is not None, "foretelling needs no finite coefficient"


def test_one_exception_ends_a_separation() -> None:
    x = [1.0] * 30
    assert audit({"x": x}, [1.0] * 30, list(range(30))).effects[0].status is Status.SEPARATED
    assert audit({"x": x}, [1.0] * 29 + [0.0], list(range(30))).effects[0].coefficient == pytest.approx(math.log(29))
    assert audit({"x": x}, [1.0] * 29 + [0.5], list(range(30))).effects[0].coefficient == pytest.approx(math.log(59))


def test_a_feature_that_is_a_combination_of_others_is_left_out_and_said_so() -> None:
    features, preferred, prompts = big(300, 60)
    both = [2 * one - other for one, other in zip(features["followed"], features["other"], strict=True)]
    found = audit({**features, "both": both, "none": [0.0] * 300}, preferred, prompts)
    assert effect_of(found, "both").status is Status.COLLINEAR
    assert "combination of followed, other" in (effect_of(found, "both").reason or "")
    assert "both was left out" in effect_of(found, "other").notes[0]
    assert effect_of(found, "none").status is Status.NO_VARIATION
    assert effect_of(found, "followed").coefficient == pytest.approx(
        effect_of(audit(features, preferred, prompts), "followed").coefficient
    )


def test_a_feature_that_is_nearly_a_combination_is_noted() -> None:
    features, preferred, prompts = big(300, 60)
    noise = np.random.default_rng(3).normal(size=300) * 0.05
    found = audit({**features, "near": (np.array(features["followed"]) + noise).tolist()}, preferred, prompts)
    assert any("explain it nearly" in note for note in effect_of(found, "near").notes)
    assert effect_of(found, "other").notes == ()


def test_columns_that_combine_are_found_with_what_they_combine() -> None:
    rows = np.array([[1.0, 0, 1, 0, 2], [0, 1, 1, 0, 0], [1, 1, 2, 0, 2], [2, 0, 2, 0, 4]])
    assert independent(rows) == ([0, 1], {2: (0, 1), 4: (0,)})


def test_too_few_prompts_give_no_interval_and_say_so() -> None:
    features, preferred, _ = big(60, 5)
    found = audit(features, preferred, [row % 5 for row in range(60)])
    assert found.effects[0].coefficient is not None
    assert (found.effects[0].interval, found.effects[0].p_value) == (None, None)
    assert "at least 10 prompts" in (found.effects[0].interval_reason or "")
    assert (found.held_out.accuracy, found.held_out.status) == (None, Status.TOO_FEW_ITEMS)


def test_nothing_to_audit_is_said_and_not_zero() -> None:
    found = audit({"x": [1.0, 2.0]}, [None, None], ["p", "q"])
    assert found.effects[0].status is Status.TOO_FEW_ITEMS
    assert found.effects[0].coefficient is None
    assert found.n_missing == 2
    assert found.held_out.accuracy is None


def test_groups_are_audited_apart_and_called_together() -> None:
    features, preferred, prompts = big(900, 300)
    experts = [["anna", "ben", "cleo"][row % 3] for row in range(900)]
    found = audits(features, preferred, prompts, groups=experts)
    assert sorted(found) == ["anna", "ben", "cleo"]
    rows = [row for row in range(900) if experts[row] == "ben"]
    alone = audit(
        {name: [values[row] for row in rows] for name, values in features.items()},
        [preferred[row] for row in rows],
        [prompts[row] for row in rows],
    )
    assert effect_of(found["ben"], "followed").coefficient == effect_of(alone, "followed").coefficient
    p_values = [effect.p_value for one in found.values() for effect in one.effects]
    adjusted = tuple(effect.adjusted for one in found.values() for effect in one.effects)
    assert adjusted == benjamini_hochberg(p_values).adjusted


def test_a_share_of_clusters_is_as_wide_as_they_are_few() -> None:
    scores = np.array([1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0])
    apart = clustered_share(scores, np.arange(8), confidence=0.95)[1]
    paired = clustered_share(np.repeat(scores, 5), np.repeat(np.arange(8), 5), confidence=0.95)[1]
    assert (paired.low, paired.high) == pytest.approx((apart.low, apart.high), abs=0.02)
    certain = clustered_share(np.ones(50), np.repeat(np.arange(5), 10), confidence=0.95)[1]
    assert certain.low == pytest.approx(5 / (5 + 1.959964**2)), "five prompts, not fifty preferences"


def test_squashing_keeps_zeros_and_signs() -> None:
    assert squashed([0.0, 0.0]) == [0.0, 0.0]
    assert squashed([]) == []
    values = squashed([-1000.0, -10.0, 0.0, 10.0, 1000.0])
    assert values[2] == 0
    assert values[0] == -values[4]
    assert 0 < values[3] < values[4] < 1


@pytest.mark.parametrize(
    ("features", "preferred", "prompts", "word"),
    [
        ({"x": [1.0]}, [1.0, 0.0], ["p", "q"], "one length"),
        ({}, [1.0], ["p"], "at least one feature"),
        ({"x": [1.0]}, [0.7], ["p"], r"found 0\.7"),
        ({"x": [math.nan]}, [1.0], ["p"], "finite number"),
        ({"x": [1.0]}, [1.0], [None], "has no prompt"),
    ],
)
def test_columns_that_make_no_sense_are_refused(
    features: dict[str, list[float]], preferred: list[float], prompts: list[str], word: str
) -> None:
    with pytest.raises(BadRatings, match=word):
        audit(features, preferred, prompts)


def test_ties_are_half_or_dropped() -> None:
    with pytest.raises(BadRatings, match="half, drop"):
        audit({"x": [1.0]}, [1.0], ["p"], ties="whole")  # type: ignore[arg-type]  # what the check is for

"""Who is drawn, and what the answers say: no choice anywhere, and bounds that hold what they promise."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.events.escape import StratumDrawn
from tallystick.flow.escape import (
    Answer,
    Reviewed,
    Round,
    Tier,
    draw,
    estimate,
    needed,
    ordered,
    pool_digest,
)
from tallystick.flow.refusal import Refused

SECRET = bytes(range(32))
ITEMS = [f"itm-{n}" for n in range(40)]
SOUND = Answer(is_defect=False)
DEFECT = Answer(is_defect=True, severity="high", cause="rater_error", failure="padding", notes="It is wrong, clearly.")


def taken(found: list[StratumDrawn] | Refused, risk: str = "low") -> list[str]:
    assert not isinstance(found, Refused), found
    return next(one.sample for one in found if one.risk == risk)


@given(st.lists(st.integers(1, 6), min_size=1, max_size=8), st.randoms())
def test_however_often_it_is_drawn_the_sample_is_the_head_of_one_order(parts: list[int], chance: random.Random) -> None:
    """Drawing again adds what comes next, whatever order the pool is read in: nobody can draw until it looks good."""
    sample: list[str] = []
    for number in parts:
        pool = list(ITEMS)
        chance.shuffle(pool)
        found = draw(SECRET, {"low": pool}, frozenset(sample), {"low": number})
        if isinstance(found, Refused):
            break
        sample += taken(found)
    assert sample == ordered(SECRET, ITEMS)[: len(sample)]


def test_another_key_gives_another_order_and_every_item_its_turn() -> None:
    firsts = {ordered(bytes([n]) * 32, ITEMS[:10])[0] for n in range(200)}
    assert firsts == set(ITEMS[:10])


def test_a_draw_tells_its_pools_and_takes_from_those_that_were_asked_for() -> None:
    found = draw(SECRET, {"low": ITEMS[:30], "high": ITEMS[30:]}, frozenset(), {"high": 3})
    assert not isinstance(found, Refused)
    assert [(one.risk, one.pool, len(one.sample)) for one in found] == [("high", 10, 3), ("low", 30, 0)]
    assert [one.pool_digest for one in found] == [pool_digest(ITEMS[30:]), pool_digest(ITEMS[:30])]
    assert pool_digest(ITEMS) == pool_digest(reversed(ITEMS))


def answers(risk: str, sound: int, defects: int, *, number: int = 1, kind: Answer = DEFECT) -> list[Reviewed]:
    return [
        Reviewed(round=number, risk=risk, answer=kind if n < defects else SOUND, places={"domain": "general"})
        for n in range(sound + defects)
    ]


def tier(risk: str, found: tuple[Tier, ...]) -> Tier:
    return next(one for one in found if one.risk == risk)


def test_one_round_has_exact_limits_and_all_are_weighted_by_their_pools() -> None:
    rounds = [Round(number=1, pools={"low": 9600, "high": 400}, drawn={"low": 60, "high": 60})]
    found = estimate(rounds, [*answers("low", 60, 0), *answers("high", 57, 3)])
    low, high = tier("low", found.tiers), tier("high", found.tiers)
    assert low.found.at_most == pytest.approx(1 - 0.05 ** (1 / 60))
    assert high.found.rate == 0.05
    assert high.found.interval is not None
    assert high.found.interval.method == "hypergeometric"
    assert found.overall is not None
    assert found.overall.rate == pytest.approx(0.04 * 0.05)
    assert [one.risk for one in found.tiers] == ["high", "low"]


def test_rounds_are_added_up_and_none_is_forgotten() -> None:
    """A second round that looks good does not take the place of a first that does not."""
    rounds = [
        Round(number=1, pools={"low": 100}, drawn={"low": 20}), Round(number=2, pools={"low": 300}, drawn={"low": 20}),
    ]  # fmt: skip
    bad, good = answers("low", 10, 10), answers("low", 20, 0, number=2)
    found = estimate(rounds, [*bad, *good])
    assert found.overall is not None
    assert found.overall.rate == pytest.approx(0.125)
    assert [one.rate for one in found.tiers[0].rounds] == [0.5, 0.0]
    unseen = estimate(rounds, bad)
    assert unseen.overall is not None
    assert (unseen.overall.rate, unseen.overall.at_most) == (None, None)


def test_what_waits_counts_as_defective_in_the_worst_bound() -> None:
    rounds = [Round(number=1, pools={"low": 20}, drawn={"low": 20})]
    found = estimate(rounds, answers("low", 18, 0))
    assert found.tiers[0].waiting == 2
    assert found.tiers[0].found.at_most == 0.05
    assert found.worst == 0.1
    skipped = estimate(rounds, answers("low", 10, 0))
    assert skipped.worst == 0.5


def test_kinds_of_defects_are_told_apart() -> None:
    rounds = [Round(number=1, pools={"low": 1000}, drawn={"low": 30})]
    other = replace(DEFECT, severity="low", cause="missing_context")
    found = estimate(rounds, [*answers("low", 20, 4), *answers("low", 4, 2, kind=other)])
    assert {(axis, value): rate.defective for axis, value, rate in found.by_kind} == {
        ("severity", "high"): 4, ("severity", "low"): 2, ("cause", "rater_error"): 4, ("cause", "missing_context"): 2,
        ("failure", "padding"): 6,
    }  # fmt: skip
    assert found.by_place == (("domain", "general", 6, 30),)


def test_nothing_drawn_says_nothing() -> None:
    found = estimate([], [])
    assert (found.overall, found.tiers, found.by_kind, found.worst) == (None, (), (), None)


def test_how_many_more_looks_a_bound_needs() -> None:
    rounds = [Round(number=1, pools={"low": 100_000}, drawn={"low": 10})]
    low = estimate(rounds, answers("low", 10, 0)).tiers[0]
    assert (needed(low, 0.05).if_sound, needed(low, 0.05).left) == (49, 99_990)  # 59 sound ones show 5 %
    worse = estimate(rounds, answers("low", 9, 1)).tiers[0]
    found = needed(worse, 0.05)
    assert found.if_sound == 93 - 10  # 93 with one defect keep 5 %
    assert found.if_alike is None
    assert needed(worse, 0.2).if_alike is not None
    full = estimate([Round(number=1, pools={"low": 10}, drawn={"low": 10})], answers("low", 5, 5)).tiers[0]
    assert needed(full, 0.05).if_sound is None
    with pytest.raises(ValueError, match="between 0 and 1"):
        needed(low, 1.0)


def test_the_upper_bound_holds_as_often_as_it_says() -> None:
    """Of 2,000 pools with 6 % defective items, 30 of 200 drawn by keys at random: 95 % of the bounds hold, or more."""
    pool = ITEMS_OF_A_POOL
    bad = set(pool[:12])
    held = 0
    for trial in range(2_000):
        sample = ordered(trial.to_bytes(4, "big"), pool)[:30]
        defects = sum(item in bad for item in sample)
        found = estimate(
            [Round(number=1, pools={"low": 200}, drawn={"low": 30})], answers("low", 30 - defects, defects)
        )
        at_most = found.tiers[0].found.at_most
        assert at_most is not None
        held += at_most >= len(bad) / len(pool)
    assert held / 2_000 >= 0.94


ITEMS_OF_A_POOL = [f"itm-{n}" for n in range(200)]

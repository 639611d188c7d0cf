"""Sentinels, the pure part: what rates mean, where places are, what a chart and a clock say."""

from dataclasses import replace

import pytest

from tallystick.flow import sentinel as flow
from tallystick.flow.refusal import Refused
from tallystick.flow.sentinel import Chart, Design, Lease, Offer, Wish
from tallystick.stats.drift import answers, sentinels

SECRET = bytes(range(32))
LINE = {"programme": "p", "domain": "d", "expert": "e"}
QUICK = Wish(acceptable_ppm=950_000, unacceptable_ppm=500_000, found_within=60, false_horizon=600)


def offered(wish: Wish = QUICK) -> Offer:
    found = flow.offer(wish)
    assert isinstance(found, Offer), found
    return found


def design_of(found: Offer) -> Design:
    plan = found.rate.plan
    return Design(
        acceptable_ppm=found.wish.acceptable_ppm, unacceptable_ppm=found.wish.unacceptable_ppm,
        if_right=plan.kinds[0].if_right, if_wrong=plan.kinds[0].if_wrong, limit=plan.limit,
        unit_nano=round(plan.unit * flow.NANO), judgments_between=round(found.rate.mean_between),
        delay_worst_milli=round(plan.delay_worst * 1000), delay_usual_milli=round(plan.delay_usual * 1000),
        delay_90=plan.delay_90,
    )  # fmt: skip


def test_an_offer_keeps_what_was_asked_for_at_the_lowest_rate() -> None:
    found = offered()
    assert found.rate.found_chance >= 0.9
    assert found.rate.false_chance <= 0.05
    assert 0 < found.rate_ppm < 500_000
    assert found.judgments_to_alarm(0.95) == pytest.approx(found.rate.mean_between, rel=1e-6)
    assert found.judgments_to_alarm(0.5) < found.judgments_to_alarm(0.7) < found.judgments_to_alarm(0.95)


def test_the_chart_of_the_journal_is_the_chart_whose_rates_were_stated() -> None:
    """From whole numbers alone, answer for answer, the same score and the same alarm."""
    found = offered()
    state, chart = answers.start(found.rate.plan), Chart()
    for right in [True] * 12 + [False, True, False, False, True, False] * 6:
        state, chart = answers.take(state, right), flow.take(design_of(found), chart, is_correct=right)
        assert (chart.score, chart.taken, chart.calm_until) == (state.score, state.taken, state.calm_until)
        assert chart.is_crossed == state.is_alarm
    assert chart.is_crossed
    assert flow.beginning(design_of(found), [True] * 12 + [False] * 6).earliest <= 12


def test_places_follow_from_the_secret_at_the_rate_and_a_check_finds_what_departs() -> None:
    due = [flow.is_due(SECRET, **LINE, position=n, rate_ppm=200_000) for n in range(2_000)]
    assert abs(sum(due) / 2_000 - 0.2) < 0.04
    leases = [
        Lease(assignment=f"a{n}", expert="e", domain="d", position=n, is_sentinel=was, is_renewal=False, unseen=5)
        for n, was in enumerate(due)
    ]  # fmt: skip
    assert flow.checked(SECRET, programme="p", rate_ppm=200_000, leases=leases).departures == ()
    assert flow.checked(SECRET, programme="other", rate_ppm=200_000, leases=leases).departures
    first = due.index(True)
    swapped = [*leases[:first], replace(leases[first], is_sentinel=False), *leases[first + 1 :]]
    assert flow.checked(SECRET, programme="p", rate_ppm=200_000, leases=swapped).departures == (f"a{first}",)
    used = [
        *leases[:first],
        replace(leases[first], is_sentinel=False, unseen=0),
        *leases[first + 1 :],
    ]
    found = flow.checked(SECRET, programme="p", rate_ppm=200_000, leases=used)
    assert (found.departures, found.used_up, found.due) == ((), 1, sum(due))


def test_a_renewed_lease_takes_a_place_and_is_no_draw() -> None:
    renewed = Lease(assignment="a", expert="e", domain="d", position=0, is_sentinel=False, is_renewal=True, unseen=5)
    assert flow.checked(SECRET, programme="p", rate_ppm=999_999, leases=[renewed]).leases == 0


def test_grace_lies_within_its_bounds_and_differs() -> None:
    found = {flow.grace(SECRET, expert="e", crossed_seq=n) for n in range(200)}
    assert found == set(range(flow.GRACE_MAX))


@pytest.mark.parametrize(("later", "direction"), [(1.0, None), (0.4, "faster"), (2.5, "slower")])
def test_the_pace_is_held_against_ones_own_first_judgments(later: float, direction: str | None) -> None:
    first = [60_000 + 5_000 * (n % 9 - 4) for n in range(60)]
    found = flow.pace([*first, *(round(ms * later) for ms in first)])
    assert found is not None
    assert found.direction == direction
    assert found.usual_ms == 60_000
    if direction:
        assert found.since is not None
        assert 50 <= found.since <= 66


def test_too_few_times_or_all_alike_say_nothing() -> None:
    assert flow.pace([1_000] * 40) is None
    assert flow.pace([1_000] * 80) is None
    assert flow.pace([0] * 500) is None


def test_a_decision_names_a_cause_and_says_what_was_looked_at() -> None:
    assert flow.check_decision("rubric", "The revision moved the line.") is None
    for found, words in (("luck", "The revision moved the line."), ("rubric", "short")):
        assert isinstance(flow.check_decision(found, words), Refused)


def test_a_chart_whose_sums_come_to_no_end_is_refused_and_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*_: object, **__: object) -> None:
        raise ArithmeticError("The states of a chart with limit 514 do not settle within 100000 answers.")

    monkeypatch.setattr(sentinels, "sentinel_rate", endless)
    found = flow.offer(Wish(acceptable_ppm=500_000, unacceptable_ppm=449_000))
    assert isinstance(found, Refused)
    assert found.code == "no-such-chart"


def test_accuracies_that_lie_too_close_are_refused_before_any_sum() -> None:
    found = flow.check(Wish(acceptable_ppm=500_000, unacceptable_ppm=499_900))
    assert isinstance(found, Refused)
    assert found.code == "accuracies-too-close"


def test_an_accuracy_of_nothing_is_found_and_breaks_no_sum() -> None:
    found = flow.offer(Wish(found_within=9_324, acceptable_ppm=593_959, unacceptable_ppm=1))
    assert isinstance(found, flow.Offer)

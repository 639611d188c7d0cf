"""How often decisions part from what was judged."""

import pytest

from tallystick.flow.overturn import Decided, is_overturned, overturns

CASES = {
    ("a_clearly", "a_slightly"): False,
    ("a", "a_clearly"): False,
    ("a_slightly", "b_slightly"): True,
    ("tie", "a_clearly"): True,
    ("tie", "tie"): False,
    ("both_unacceptable", "tie"): True,
    ("abstain", "tie"): None,
    ("insufficient_context", "a_clearly"): None,
}


@pytest.mark.parametrize("pair", CASES)
def test_what_is_overturned(pair: tuple[str, str]) -> None:
    assert is_overturned(*pair) is CASES[pair]


def decided(number: int, expert: str, verdict: str, *criteria: str, domain: str = "general") -> Decided:
    return Decided(
        item=f"itm-{number}", domain=domain, expert=expert, verdict=verdict, settled="a_clearly",
        criteria=criteria or ("reasoning",),
    )  # fmt: skip


def test_rates_stand_with_their_intervals_and_count_who_did_not_decide_apart() -> None:
    rows = [decided(n, "per-a", "b_clearly" if n < 10 else "a_slightly") for n in range(40)]
    rows += [decided(n, "per-b", "abstain" if n < 5 else "a_clearly") for n in range(40)]
    found = overturns(rows)
    by = {rate.group[0]: rate for rate in found.by_expert}
    assert (by["per-a"].count, by["per-a"].n, by["per-a"].share) == (10, 40, 0.25)
    assert (by["per-b"].count, by["per-b"].n, by["per-b"].share) == (0, 35, 0.0)
    assert by["per-a"].interval is not None
    assert round(by["per-a"].interval.low, 3) == 0.142  # Wilson's, 10 of 40
    assert found.abstained == {"per-b": 5}
    assert found.cases == 40


def test_few_rows_have_a_range_and_no_share() -> None:
    found = overturns([decided(n, "per-a", "b_clearly") for n in range(5)])
    rate = found.by_expert[0]
    assert (rate.share, rate.n) == (None, 5)
    assert rate.reason is not None
    assert rate.interval is not None


def test_a_case_that_turned_on_two_criteria_counts_under_both() -> None:
    rows = [decided(n, "per-a", "b_clearly", "reasoning", "concision") for n in range(20)]
    rows += [decided(n, "per-b", "a_clearly", "reasoning", domain="legal") for n in range(20, 40)]
    found = overturns(rows)
    assert {rate.group: (rate.count, rate.n) for rate in found.by_criterion} == {
        ("concision",): (20, 20), ("reasoning",): (20, 40),
    }  # fmt: skip
    assert {rate.group: (rate.count, rate.n) for rate in found.by_domain} == {
        ("general",): (20, 20), ("legal",): (0, 20),
    }  # fmt: skip
    assert [rate.group for rate in found.by_both] == [
        ("per-a", "concision"), ("per-a", "reasoning"), ("per-b", "reasoning"),
    ]  # fmt: skip


def test_nothing_settled_gives_nothing() -> None:
    found = overturns([])
    assert (found.by_expert, found.by_both, found.cases, found.abstained) == ((), (), 0, {})

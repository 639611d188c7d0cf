"""What counts of work, when a break is due, and what may be told of those who opted out: tables and properties."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.events.welfare import CategoryRule, WelfareRulesSet
from tallystick.flow import welfare as flow
from tallystick.flow.contract import Category, Rest, Welfare
from tallystick.flow.welfare import Closed, Day, Had, Limit, Piece, Saved, Settings

MINUTE = 60_000_000
DAY = Day(start=1_000 * MINUTE, end=2_440 * MINUTE)
REST = Limit(rest_after_minutes=20, rest_minutes=10)
KIND = frozenset({"grim"})


def piece(end: int, minutes: int) -> Piece:
    """Work that ended at a minute of the day and took so many."""
    return Piece(at=DAY.start + end * MINUTE, item=f"i{end}", active_ms=minutes * 60_000, categories=KIND)


@pytest.mark.parametrize(
    ("measured", "elapsed", "counted"),
    [(5, 9, 5), (9, 5, 5), (0, 5, 5), (0, 10**9, flow.UNMEASURED_MS_MAX), (7, None, 7), (0, None, 0), (3, -1, 0)],
)
def test_what_was_measured_counts_within_what_the_cell_saw(measured: int, elapsed: int | None, counted: int) -> None:
    """A browser without scripts measures nothing: then the cell's own time counts, up to a limit."""
    assert flow.counted_ms(measured, elapsed) == counted


@pytest.mark.parametrize(("elapsed", "least"), [(None, 0), (-5, 0), (90_000, 30_000), (10**9, flow.UNMEASURED_MS_MAX)])
def test_a_part_of_what_the_cell_saw_counts_whatever_a_page_claims(elapsed: int | None, least: int) -> None:
    assert flow.least_ms(elapsed) == least


@pytest.mark.parametrize(
    ("pieces", "now", "until"),
    [
        ([], 30, None),
        ([(15, 15)], 16, None),
        ([(15, 15), (20, 5)], 21, 30),
        ([(15, 15), (20, 5)], 30, None),
        ([(15, 15), (30, 5)], 31, None),  # a pause of ten minutes between them was a break
        ([(15, 15), (29, 5)], 31, 39),  # one of nine was none
        ([(15, 15), (20, 5), (35, 5)], 36, None),  # after the break it counts anew
    ],
)
def test_a_break_is_due_when_time_has_added_up_without_one(
    pieces: list[tuple[int, int]], now: int, until: int | None
) -> None:
    found = flow.rest_until([piece(*one) for one in pieces], REST, DAY.start + now * MINUTE)
    assert found == (None if until is None else DAY.start + until * MINUTE)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30)), max_size=12), st.integers(0, 500))
def test_waiting_out_a_break_always_ends_it(gaps: list[tuple[int, int]], late: int) -> None:
    end, pieces = 0, []
    for gap, minutes in gaps:
        end += gap + minutes
        pieces.append(piece(end, minutes))
    now = DAY.start + (end + late) * MINUTE
    until = flow.rest_until(pieces, REST, now)
    if until is not None:
        assert now < until <= now + 10 * MINUTE
        assert flow.rest_until(pieces, REST, until) is None


def test_limits_of_the_day_count_from_its_start_and_last_to_its_end() -> None:
    limit = Limit(minutes_daily_max=30, items_daily_max=3)
    before = [piece(-5, 60)]
    assert flow.closed(before, limit, DAY, now=DAY.start) is None
    assert flow.closed([*before, piece(30, 30)], limit, DAY, now=DAY.start) == Closed(until=DAY.end, is_break=False)
    few = [piece(n, 1) for n in range(3)]
    assert flow.closed(few[:2], limit, DAY, now=DAY.start) is None
    assert flow.closed(few, limit, DAY, now=DAY.start) == Closed(until=DAY.end, is_break=False)
    assert flow.had([*before, *few], DAY.start) == Had(active_ms=180_000, items=3)
    assert flow.had([*few, *few], DAY.start) == Had(active_ms=360_000, items=3)  # the same items again


def test_a_kind_of_content_is_closed_by_its_own_pieces_alone() -> None:
    pieces = [piece(1, 1), Piece(at=DAY.start + MINUTE, item="plain", active_ms=10**9, categories=frozenset())]
    limits = {"grim": Limit(items_daily_max=2), "other": Limit(items_daily_max=1)}
    assert flow.closed_categories(pieces, limits, DAY, now=DAY.start) == {}
    assert set(flow.closed_categories([*pieces, piece(2, 1)], limits, DAY, now=DAY.start)) == {"grim"}


@given(st.sets(st.from_regex(r"[a-z]{1,64}", fullmatch=True), max_size=50), st.sampled_from(["UTC", "Asia/Tokyo"]))
def test_settings_are_equally_long_whatever_they_say(opted_out: set[str], zone: str) -> None:
    settings = Settings(opted_out=frozenset(opted_out), time_zone=zone)
    assert len(flow.sealed(settings)) == flow.SETTINGS_BYTES
    assert flow.opened(flow.sealed(settings)) == settings


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        (Settings(opted_out=frozenset({"grim"})), None),
        (Settings(opted_out=frozenset({"strange"})), "unknown-category"),
        (Settings(time_zone="Mars/Olympus"), "unknown-time-zone"),
    ],
)
def test_settings_name_what_there_is(settings: Settings, code: str | None) -> None:
    found = flow.check_settings(settings, known={"grim"}, zones=["UTC"])
    assert (found.code if found else None) == code


def saved(person: int, *, out: bool) -> Saved:
    return Saved(person=f"p{person}", settings=Settings(opted_out=KIND if out else frozenset()))


@pytest.mark.parametrize(
    ("outs", "saves", "told"),
    [
        (5, 10, 5),
        (4, 10, None),  # too few
        (5, 9, None),  # nearly all of those who saved
        (9, 9, None),  # all of them
        (7, 14, None),  # the last four wait for a fifth: of ten who are told, seven opted out
        (7, 15, 7),
    ],
)
def test_a_number_is_told_only_where_it_tells_of_nobody(outs: int, saves: int, told: int | None) -> None:
    history = [saved(n, out=n < outs) for n in range(saves)]
    (found,) = flow.opt_outs(history, ["grim"])
    assert (found.category, found.people) == ("grim", told)


@given(st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=60))
def test_no_single_saving_moves_a_number(history: list[tuple[int, bool]]) -> None:
    """Between two states of the numbers at least five different people have saved."""
    told: list[tuple[int, int | None]] = []
    for end in range(len(history) + 1):
        (found,) = flow.opt_outs([saved(person, out=out) for person, out in history[:end]], ["grim"])
        if not told or told[-1][1] != found.people:
            told.append((end, found.people))
    for (start, _), (end, _) in pairwise(told[1:]):
        assert len({person for person, _ in history[start:end]}) >= flow.TOLD_MIN


def test_the_fact_of_a_contract_says_every_rule() -> None:
    own = Category(warning="It is grim.", items_daily_max=3, rest=Rest(after_minutes=20, minutes=10))
    rule = CategoryRule(
        category="grim", is_blurred=True, minutes_daily_max=None, items_daily_max=3, rest_after_minutes=20,
        rest_minutes=10,
    )  # fmt: skip
    fact = flow.fact("p", "1.0.0", Welfare(categories={"grim": own}, minutes_daily_max=240))
    assert fact == WelfareRulesSet(
        programme="p", contract_version="1.0.0", categories=[rule], minutes_daily_max=240, rest_after_minutes=None,
        rest_minutes=None,
    )  # fmt: skip
    loose, strict = Limit(items_daily_max=3), Limit(items_daily_max=2, rest_after_minutes=9, rest_minutes=1)
    assert flow.strictest([loose, strict]) == strict

"""Pay: against a slow computation that shares no code with it; its floor, periods, terms and files."""

import csv
import io
import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from math import ceil
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from timetable import idle

from tallystick import flow
from tallystick.events.pay import PayRate
from tallystick.flow import pay
from tallystick.flow.contract import DataContract
from tallystick.flow.contract.pay import CURRENCIES, PAID_WORK
from tallystick.flow.document import read
from tallystick.flow.pay import Act, Added, Span, Terms
from tallystick.flow.pay.files import exact, field

HISTORIES, SEED = 10_000, 45
WHOLE = (Path(flow.__file__).parents[1] / "sim" / "data" / "programme" / "contract.yaml").read_text()
DEMO = re.sub(r"^pay:\n(?:[ #].*\n|\n)*", "", WHOLE, flags=re.MULTILINE)
"""A contract that says nothing of pay."""
MEASURED = ("judgment", "qualification", "calibration")
DOMAINS, SIGNALS = ("general", "medical", "software"), ("preference", "critique")
PAY = """pay:
  currency: EUR
  period: month
  time_zone: Europe/Berlin
  floor_hourly: 3000
  rates:
    - {work: judgment, piece: 250}
    - {work: judgment, domain: general, signal: preference, piece: 300, hourly: 100}
    - {work: qualification, hourly: 2000}
    - {work: calibration, hourly: 2000}
    - {work: adjudication, piece: 900}
    - {work: second_look, piece: 400}
  terms: You are paid for every judgment.
"""


@dataclass(frozen=True)
class Worked:
    """One act as a history draws it, before anybody worked anything out."""

    person: str
    work: str
    domain: str
    signal: str
    sent_ms: int  # what a page sends: 0 where no script ran
    began_at: int  # in microseconds
    at: int


def drawn_terms(chance: random.Random) -> Terms:
    """Terms with a general rate for every work and a few that go before it."""
    places = {(work, None, None) for work in PAID_WORK}
    for _ in range(chance.randrange(6)):
        work = chance.choice(PAID_WORK)
        places.add((work, chance.choice((None, *DOMAINS)), chance.choice((None, *SIGNALS))))  # type: ignore[arg-type]  # named or for all
    scale = chance.choice((1, 100, 1000, 100_000))
    rates = [
        PayRate(
            work=work, domain=domain, signal=signal, piece=chance.choice((0, chance.randrange(9 * scale))),
            hourly=chance.choice((0, chance.randrange(60 * scale))),
        )
        for work, domain, signal in sorted(places, key=str)
    ]  # fmt: skip
    return Terms(
        floor_hourly=1 + chance.randrange(60 * scale), unmeasured_ms_max=60_000 * chance.randint(1, 30), rates=rates,
        act_ms_max=chance.choice((None, 60_000 * chance.randint(1, 60), 60_000 * chance.randint(1, 60))),
    )  # fmt: skip


def drawn_history(chance: random.Random) -> list[tuple[Terms, list[Worked]]]:
    """What two or three people did in one period, under one set of terms or two, several things at a time."""
    people = [f"p{n}" for n in range(chance.randint(1, 3))]
    now, history = 0, []
    for _ in range(chance.randint(1, 2)):
        terms, done = drawn_terms(chance), []
        for _ in range(chance.randrange(8)):
            now += chance.choice((0, 1, chance.randrange(2_000_000_000), chance.randrange(600_000_000)))
            done.append(
                Worked(
                    chance.choice(people), chance.choice(PAID_WORK), chance.choice(DOMAINS), chance.choice(SIGNALS),
                    chance.choice((0, 0, 1, chance.randrange(4_000_000))),
                    max(0, now - chance.choice((0, chance.randrange(5_000_000_000)))), now,
                )
            )  # fmt: skip
        history.append((terms, done))
    return history


def quick(history: list[tuple[Terms, list[Worked]]], cuts: Counter[str]) -> dict[str, tuple[int, int, int, int]]:
    """Person: (active milliseconds, earned, top-up, payable), as the cell works it out. It counts what was cut, too."""
    acts: list[Act] = []
    taken: dict[str, list[Span]] = defaultdict(list)
    for number, (terms, done) in enumerate(history):
        for worked in done:
            claimed = pay.measured_ms(worked.sent_ms) if worked.work in MEASURED else None
            room = pay.room_ms(worked.began_at, worked.at, taken[worked.person])
            time = pay.counted(claimed, (worked.at - worked.began_at) // 1_000, room, terms=terms)
            taken[worked.person].append(Span(began_at=worked.began_at, fit_ms=time.fit_ms))
            cuts[time.cut] += 1
            rate = pay.rate_for(terms.rates, work=worked.work, domain=worked.domain, signal=worked.signal)
            acts.append(
                act(
                    len(acts), worked.person, work=worked.work, active_ms=time.active_ms, terms=str(number),
                    floor_hourly=terms.floor_hourly, piece=rate.piece, hourly=rate.hourly,
                    amount=pay.amount_of(piece=rate.piece, hourly=rate.hourly, active_ms=time.active_ms),
                )
            )  # fmt: skip
    people = sorted({one.person for one in acts})
    found = {person: pay.state(person, acts, ()) for person in people}
    return {person: (one.active_ms, one.earned, one.top_up, one.payable) for person, one in found.items()}


def slow(history: list[tuple[Terms, list[Worked]]]) -> dict[str, tuple[int, int, int, int]]:
    """The same, person by person in fractions of a unit, with a timetable, and with none of that code."""
    told = {}
    for person in sorted({worked.person for _, done in history for worked in done}):
        laid: list[tuple[int, int, int]] = []
        amounts, hours, least = [], [], Fraction()
        for terms, done in history:
            table = {(rate.work, rate.domain, rate.signal): rate for rate in terms.rates}
            for worked in (each for each in done if each.person == person):
                free = idle(laid, worked.began_at, worked.at) // 1_000
                counts = (worked.at - worked.began_at) // 1_000
                is_measured = worked.work in MEASURED and worked.sent_ms > 0
                counts = min(counts, worked.sent_ms if is_measured else terms.unmeasured_ms_max)
                if terms.act_ms_max is not None:
                    counts = min(counts, terms.act_ms_max, free)
                laid.append((worked.began_at, worked.at, min(counts, free) * 1_000))
                hours.append(Fraction(counts, 3_600_000))
                places = ((worked.domain, worked.signal), (worked.domain, None), (None, worked.signal), (None, None))
                rate = next(table[worked.work, *place] for place in places if (worked.work, *place) in table)
                amounts.append(rate.piece + ceil(hours[-1] * rate.hourly))
                least += hours[-1] * terms.floor_hourly
        top_up = max(0, ceil(least) - sum(amounts))
        told[person] = (int(sum(hours) * 3_600_000), sum(amounts), top_up, sum(amounts) + top_up)
        assert told[person][3] >= least, "nobody is paid under the floor"
        if all(terms.act_ms_max is not None for terms, _ in history):
            passed = max(at for _, at, _ in laid) - min(began for began, _, _ in laid)
            assert told[person][0] * 1_000 <= passed, "no time is paid twice"
    return told


def act(seq: int, person: str = "p", **changes: object) -> Act:
    plain = Act(
        seq=seq, at=seq, person=person, work="judgment", subject=f"jdg-{seq}", item=f"itm-{seq}", domain="general",
        signal="preference", active_ms=60_000, claimed_ms=60_000, bound_ms=90_000, fit_ms=60_000, cut="", terms="0",
        floor_hourly=3000,
        piece=10, hourly=0, amount=10,
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]  # by name


def test_ten_thousand_histories_are_paid_as_a_slow_computation_says() -> None:
    """To the minor unit, and never under the floor: SPEC 4.5."""
    chance = random.Random(SEED)  # noqa: S311 - histories, no secrets
    topped_up, cuts = 0, Counter[str]()
    for number in range(HISTORIES):
        history = drawn_history(chance)
        found = quick(history, cuts)
        assert found == slow(history), f"history {number} of seed {SEED}"
        topped_up += any(top_up for _, _, top_up, _ in found.values())
    assert HISTORIES / 10 < topped_up < HISTORIES, "the floor was tried, and so were rates above it"
    assert min(cuts[why] for why in ("", "seen", "limit", "overlap", "unmeasured")) > HISTORIES / 10, cuts


def test_the_order_of_lines_changes_nothing() -> None:
    acts = [act(n, amount=n, active_ms=n * 1_000) for n in range(20)]
    more = [Added(seq=90 - n, at=n, person="p", amount=n, reference=None) for n in range(1, 4)]
    assert pay.state("p", acts, more) == pay.state("p", acts[::-1], more[::-1])


NO_LIMIT = Terms(floor_hourly=1, unmeasured_ms_max=900_000, act_ms_max=None, rates=())
LIMITED = replace(NO_LIMIT, act_ms_max=7_200_000)
HOUR = 3_600_000


@pytest.mark.parametrize(
    ("claimed", "bound", "room", "terms", "found"),
    [
        (4_000, 5_000, 5_000, LIMITED, (4_000, 4_000, "")),
        (9_999, 5_000, 5_000, LIMITED, (5_000, 5_000, "seen")),
        (None, 5_000, 5_000, LIMITED, (5_000, 5_000, "")),  # nobody measured it
        (None, HOUR, HOUR, LIMITED, (900_000, 900_000, "unmeasured")),
        (24 * HOUR, 26 * HOUR, 26 * HOUR, LIMITED, (2 * HOUR, 2 * HOUR, "limit")),
        (24 * HOUR, 26 * HOUR, 26 * HOUR, NO_LIMIT, (24 * HOUR, 24 * HOUR, "")),
        (HOUR, HOUR, 0, LIMITED, (0, 0, "overlap")),
        (HOUR, HOUR, 0, NO_LIMIT, (HOUR, 0, "")),  # terms that know no such bound: told to the lead
        (-1, 5_000, 5_000, LIMITED, (0, 0, "")),
    ],
)
def test_what_counts_is_bounded_and_says_by_what(
    claimed: int | None, bound: int, room: int, terms: Terms, found: tuple[int, int, str]
) -> None:
    active, fit, cut = found
    assert pay.counted(claimed, bound, room, terms=terms) == pay.Counted(active_ms=active, fit_ms=fit, cut=cut)
    assert (pay.measured_ms(0), pay.measured_ms(7)) == (None, 7)


def test_work_in_turn_is_counted_whole_and_work_at_once_is_counted_once() -> None:
    """Two things begun together: who worked at both in turn gets all of it, who claims the hour twice gets it once."""
    first = Span(began_at=0, fit_ms=20 * 60_000)
    assert pay.room_ms(0, HOUR * 1_000, [first]) == 40 * 60_000
    assert pay.room_ms(0, HOUR * 1_000, [Span(began_at=0, fit_ms=HOUR)]) == 0
    # It began ten minutes before this one and left it half an hour of its own: only what cannot be earlier takes room.
    assert pay.room_ms(600_000_000, HOUR * 1_000, [Span(began_at=0, fit_ms=10 * 60_000)]) == 50 * 60_000
    assert pay.room_ms(600_000_000, HOUR * 1_000, [Span(began_at=0, fit_ms=40 * 60_000)]) == 20 * 60_000


def test_an_hour_under_the_floor_is_topped_up_and_what_is_added_stands_beside_it() -> None:
    one = pay.state(
        "p", [act(1, active_ms=3_600_000, amount=2_999)], [Added(seq=2, at=2, person="p", amount=50, reference=1)]
    )
    assert (one.floor, one.top_up, one.added, one.payable) == (3_000, 1, 50, 3_050)
    assert (one.earned_hourly, one.paid_hourly) == (2_999, 3_000)
    assert pay.state("p", [], []).earned_hourly is None


@pytest.mark.parametrize(
    ("kind", "zone", "moment", "name", "days"),
    [
        ("month", "Europe/Berlin", (2026, 10, 31, 23, 30), "2026-11", 30),
        ("month", "UTC", (2026, 10, 31, 23, 30), "2026-10", 31),
        ("month", "Asia/Tokyo", (2028, 2, 29, 14, 59), "2028-02", 29),
        ("week", "UTC", (2027, 1, 1, 12, 0), "2026-W53", 7),
        ("week", "America/New_York", (2026, 11, 23, 4, 59), "2026-W47", 7),
    ],
)
def test_a_moment_lies_in_the_period_of_its_zone(
    kind: str, zone: str, moment: tuple[int, int, int, int, int], name: str, days: int
) -> None:
    year, month, day, hour, minute = moment
    at = int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp()) * 1_000_000
    found = pay.period_at(at, kind, ZoneInfo(zone))
    assert found.name == name
    assert found.from_at <= at < found.until_at
    assert found == pay.period_named(name, kind, ZoneInfo(zone))
    assert abs(found.until_at - found.from_at - days * 86_400_000_000) <= 3_600_000_000  # a clock may be changed
    after = pay.period_at(found.until_at, kind, ZoneInfo(zone))
    assert after.from_at == found.until_at
    assert pay.period_named("2026-13" if kind == "month" else "2026-W54", kind, ZoneInfo(zone)) is None


def test_amounts_of_currencies_with_no_two_and_three_decimals() -> None:
    assert {CURRENCIES[code] for code in ("JPY", "EUR", "KWD", "CLF")} == {0, 2, 3, 4}
    assert [exact(1205, decimals) for decimals in (0, 2, 3)] == ["1205", "12.05", "1.205"]
    assert pay.told(1_234_505, currency="EUR", decimals=2) == "12,345.05 EUR"
    assert pay.told(1_205, currency="JPY", decimals=0) == "1,205 JPY"
    assert pay.told(1_205, currency="KWD", decimals=3) == "1.205 KWD"


def rows_of(data: bytes) -> list[dict[str, str]]:
    """A file as another program reads it."""
    assert data.endswith(b"\r\n")
    return list(csv.DictReader(io.StringIO(data.decode(), newline=""), strict=True))


def test_the_files_add_up_line_by_line_and_name_every_entry_of_the_log() -> None:
    acts = [act(5, "b", active_ms=3_600_000), act(3, "a"), act(4, "a", subject='=cmd|"x"')]
    added = [Added(seq=9, at=9, person="a", amount=7, reference=3)]
    found = [pay.state(person, acts, added) for person in ("a", "b")]
    lines = rows_of(pay.lines_file("2026-11", found, currency="EUR", decimals=2))
    summary = rows_of(pay.summary_file("2026-11", found, currency="EUR", decimals=2))
    assert [(row["person"], row["line"], row["log_index"]) for row in lines] == [
        ("a", "work", "3"), ("a", "work", "4"), ("a", "addition", "9"), ("a", "top-up", ""),
        ("b", "work", "5"), ("b", "top-up", ""),
    ]  # fmt: skip
    assert lines[1]["reference"] == '\'=cmd|"x"'
    for person in summary:
        mine = [row for row in lines if row["person"] == person["person"]]
        assert sum(int(row["amount_minor"]) for row in mine) == int(person["payable_minor"])
        assert Fraction(person["payable"]) == Fraction(int(person["payable_minor"]), 100)
        assert len(mine) == int(person["lines"])


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_field_begins_a_formula(text: str) -> None:
    assert field(text).lstrip('"')[0] == "'"


def test_times_that_stand_out_are_told_against_ones_own_median() -> None:
    usual = [act(n, active_ms=60_000) for n in range(8)]
    others = [act(100 + n, "other", active_ms=5_000) for n in range(8)]
    strange = [
        act(20, active_ms=11_000), act(21, active_ms=301_000, fit_ms=301_000), act(22, claimed_ms=99_000),
        act(23, active_ms=13_000),
    ]  # fmt: skip
    beside = [
        act(30, cut="limit", claimed_ms=80_000), act(31, cut="overlap", claimed_ms=80_000), act(32, fit_ms=1_000),
        act(33, cut="overlap", active_ms=59_000), act(34, cut="unmeasured", claimed_ms=None),
    ]  # fmt: skip
    found = pay.odd_times([*usual, *strange, *others, *beside])
    assert [(odd.act.seq, odd.what) for odd in found] == [
        (20, "short"), (21, "long"), (22, "over"), (30, "limit"), (31, "overlap"), (32, "overlap"),
    ]  # fmt: skip
    alone = [replace(strange[0], active_ms=3_600_001, fit_ms=3_600_001), strange[3]]
    assert [(odd.what, odd.median_ms) for odd in pay.odd_times(alone)] == [("long", None)]


def contract_with(section: str) -> DataContract:
    found = read(DEMO + section, "contract.yaml", DataContract)
    assert isinstance(found, DataContract), found
    return found


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("currency: EUR", "currency: XTS", "pay.currency"),
        ("floor_hourly: 3000", "floor_hourly: 0", "pay.floor_hourly"),
        ("floor_hourly: 3000", "floor_hourly: 12.5", "pay.floor_hourly"),
        ("time_zone: Europe/Berlin", "time_zone: ../etc/passwd", "pay.time_zone"),
        ("    - {work: second_look, piece: 400}\n", "", "pay.rates"),
        ("{work: second_look, piece: 400}", "{work: second_look}", "pay.rates[5].piece"),
        ("{work: second_look, piece: 400}", "{work: adjudication, piece: 400}", "pay.rates"),
    ],
)
def test_a_section_that_cannot_be_paid_by_is_refused_with_its_place(old: str, new: str, place: str) -> None:
    found = read(DEMO + PAY.replace(old, new), "contract.yaml", DataContract)
    assert isinstance(found, list)
    assert any(problem.path.startswith(place) for problem in found), [problem.path for problem in found]


def codes(previous: DataContract | None, new: DataContract) -> Sequence[str]:
    refused = pay.check_terms(previous, new)
    return () if refused is None else (refused.code, refused.field or "")


def test_terms_may_change_but_not_the_frame_in_which_sums_are_told() -> None:
    first = contract_with(PAY)
    assert codes(None, first) == ()
    dearer = contract_with(PAY.replace("piece: 250", "piece: 260"))
    assert codes(first, dearer) == ()
    assert pay.terms_facts(first)[0].terms != pay.terms_facts(dearer)[0].terms
    assert pay.terms_facts(contract_with(PAY))[0].terms == pay.terms_facts(first)[0].terms
    assert pay.terms_facts(contract_with("")) == []
    assert codes(first, contract_with("")) == ("pay-terms-missing", "pay")
    weekly = contract_with(PAY.replace("period: month", "period: week"))
    assert codes(first, weekly) == ("pay-frame-changed", "pay.period")
    assert codes(None, contract_with(PAY.replace("signal: preference", "signal: ranking"))) == (
        "pay-rate-unknown",
        "pay.rates[1]",
    )

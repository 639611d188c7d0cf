"""How much of what content somebody had, when they rest, and what they opted out of. Pure: values in, facts out.

What somebody opted out of decides which items are offered to them, and nothing else: no rate, no rank, no pay.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from tallystick import canon
from tallystick.events.welfare import CategoryRule, WelfareRulesSet
from tallystick.flow.contract import Category, DataContract, Rest, Welfare
from tallystick.flow.refusal import Refused

MINUTE_MS: Final = 60_000
MS: Final = 1_000
"""A millisecond in the microseconds of the journal."""
DAY_US: Final = 86_400_000_000
UNMEASURED_MS_MAX: Final = 10 * MINUTE_MS
"""So much of the time between showing and answering counts, where no page measured what was active."""
SEEN_PART: Final = 3
"""What a page claims counts as no less than this part of the cell's own time, up to the same limit."""
TOLD_MIN: Final = 5
"""Of fewer people, or of all but fewer, no count is told."""
SETTINGS_BYTES: Final = 4_096
"""Settings are as long as this in the vault, so that their length tells nothing."""
TIME_ZONE_DEFAULT: Final = "UTC"
BREAK_DUE: Final = "break-due"
EXPOSURE_REACHED: Final = "exposure-reached"


def rules(contract: DataContract) -> list[WelfareRulesSet]:
    """The fact of a contract version that has the section; none of one that has not."""
    return [] if contract.welfare is None else [fact(contract.name, contract.version, contract.welfare)]


def fact(programme: str, version: str, own: Welfare) -> WelfareRulesSet:
    """The section of a contract version as a fact."""
    after, minutes = _rest(own.rest)
    return WelfareRulesSet(
        programme=programme, contract_version=version, minutes_daily_max=own.minutes_daily_max,
        categories=[_rule(name, one) for name, one in sorted(own.categories.items())], rest_after_minutes=after,
        rest_minutes=minutes,
    )  # fmt: skip


def _rule(name: str, own: Category) -> CategoryRule:
    after, minutes = _rest(own.rest)
    return CategoryRule(
        category=name, is_blurred=own.blurred, minutes_daily_max=own.minutes_daily_max,
        items_daily_max=own.items_daily_max, rest_after_minutes=after, rest_minutes=minutes,
    )  # fmt: skip


def _rest(rest: Rest | None) -> tuple[int | None, int | None]:
    return (None, None) if rest is None else (rest.after_minutes, rest.minutes)


# --- what somebody had --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece of work that showed content to somebody: a judgment, a label, a decision, a second look.

    at    when it was sent, in microseconds
    item  what it was about: somebody who has an item twice in a day had one item
    """

    at: int
    item: str
    active_ms: int
    categories: frozenset[str]

    @property
    def began(self) -> int:
        """When it began, had it been done without a pause."""
        return self.at - self.active_ms * MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What is allowed of one kind of content, or of all work."""

    minutes_daily_max: int | None = None
    items_daily_max: int | None = None
    rest_after_minutes: int | None = None
    rest_minutes: int | None = None


def strictest(limits: Iterable[Limit]) -> Limit:
    """Of several limits, the least of each kind, and the rest that comes soonest."""
    found = list(limits)
    rests = [
        (one.rest_after_minutes, one.rest_minutes)
        for one in found
        if one.rest_after_minutes is not None and one.rest_minutes is not None
    ]
    after, minutes = min(rests, default=(None, None))
    return Limit(
        minutes_daily_max=min((n for one in found if (n := one.minutes_daily_max) is not None), default=None),
        items_daily_max=min((n for one in found if (n := one.items_daily_max) is not None), default=None),
        rest_after_minutes=after, rest_minutes=minutes,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The day of one person: from midnight to midnight in their time zone."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Had:
    """What somebody had in one day."""

    active_ms: int
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """Something is closed to somebody until a moment: for a break, or for the day."""

    until: int
    is_break: bool


def counted_ms(measured: int, elapsed: int | None) -> int:
    """How much of a piece of work counts, in milliseconds.

    measured  what the page measured, without pauses; 0 when none did: a browser without scripts
    elapsed   from showing to answering by the cell's clock; None when it is not known
    """
    if elapsed is None:
        return measured
    seen = max(elapsed, 0)
    return min(measured, seen) if measured else min(seen, UNMEASURED_MS_MAX)


def least_ms(elapsed: int | None) -> int:
    """How much of a piece of work counts at least, whatever a page claims, and of one that was never handed in."""
    return 0 if elapsed is None else min(max(elapsed, 0) // SEEN_PART, UNMEASURED_MS_MAX)


def had(pieces: Iterable[Piece], start: int) -> Had:
    """What was had since a moment."""
    found = [piece for piece in pieces if piece.at >= start]
    return Had(active_ms=sum(piece.active_ms for piece in found), items=len({piece.item for piece in found}))


def rest_until(pieces: Sequence[Piece], limit: Limit, now: int) -> int | None:
    """When a break that is due ends; None when none is.

    Time counts up over pieces of work until a pause between two of them was as long as the break. Once it has
    reached the limit, the break runs from the last piece.
    pieces  oldest first
    """
    if limit.rest_after_minutes is None or limit.rest_minutes is None:
        return None
    pause, gone, last = limit.rest_minutes * MINUTE_MS * MS, 0, None
    for piece in pieces:
        gone = piece.active_ms if last is None or piece.began - last >= pause else gone + piece.active_ms
        last = piece.at
    if last is None or gone < limit.rest_after_minutes * MINUTE_MS or now >= last + pause:
        return None
    return last + pause


def closed(pieces: Sequence[Piece], limit: Limit, day: Day, *, now: int) -> Closed | None:
    """Until when a kind of content, or all work, is closed to somebody; None while it is open.

    pieces  of the last day at least, those with this kind of content alone, oldest first
    """
    today = had(pieces, day.start)
    is_out_of_time = limit.minutes_daily_max is not None and today.active_ms >= limit.minutes_daily_max * MINUTE_MS
    is_out_of_items = limit.items_daily_max is not None and today.items >= limit.items_daily_max
    if is_out_of_time or is_out_of_items:
        return Closed(until=day.end, is_break=False)
    until = rest_until(pieces, limit, now)
    return None if until is None else Closed(until=until, is_break=True)


def closed_categories(
    pieces: Sequence[Piece], limits: Mapping[str, Limit], day: Day, *, now: int
) -> dict[str, Closed]:  # fmt: skip
    """Category: until when it is closed to somebody, for those that are."""
    found = {
        name: closed([piece for piece in pieces if name in piece.categories], limit, day, now=now)
        for name, limit in limits.items()
    }
    return {name: one for name, one in found.items() if one is not None}


def refuse_work(one: Closed | None, until: str) -> Refused | None:
    """Why somebody gets no work of any kind now. `until` says the moment in their own time."""
    if one is None:
        return None
    if one.is_break:
        sentence = f"It is time for a break. Work goes on at {until}. A break is not held against you, and is not paid."
        return Refused(BREAK_DUE, sentence)
    sentence = f"You have reached the most work for one day. Work goes on at {until}. That is not held against you."
    return Refused(EXPOSURE_REACHED, sentence)


def refuse_rest(open_again: Mapping[str, Closed], until: str) -> Refused:
    """Why somebody gets nothing now, when all that is left has content that is closed to them for the time being."""
    is_break = any(one.is_break for one in open_again.values())
    what = "have a break" if is_break else "are closed to you for today"
    sentence = (
        f"All that waits here has content that you have had enough of for now ({', '.join(sorted(open_again))}): "
        f"these kinds {what}. Work with them goes on at {until}. That is not held against you."
    )
    return Refused(BREAK_DUE if is_break else EXPOSURE_REACHED, sentence, None, tuple(sorted(open_again)))


# --- what somebody set for themselves -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What somebody set for their own work."""

    opted_out: frozenset[str] = frozenset()
    time_zone: str = TIME_ZONE_DEFAULT


def sealed(settings: Settings) -> bytes:
    """Settings as the vault keeps them: always equally long."""
    words = {"opted_out": sorted(settings.opted_out), "pad": "", "time_zone": settings.time_zone}
    missing = SETTINGS_BYTES - len(canon.encode(words))
    assert missing >= 0, "the check lets in no more categories than fit"
    return canon.encode(words | {"pad": " " * missing})


def opened(payload: bytes) -> Settings:
    """Settings as they were sealed."""
    found = msgspec.json.decode(payload)
    return Settings(opted_out=frozenset(found["opted_out"]), time_zone=found["time_zone"])


def check_settings(settings: Settings, *, known: Iterable[str], zones: Iterable[str]) -> Refused | None:
    """Why these settings cannot be saved, or None.

    known  the categories of all programmes, with those that were opted out of before
    zones  the time zones that there are
    """
    strange = tuple(sorted(settings.opted_out - set(known)))
    if strange:
        sentence = "Expected categories that a contract of this cell names. Choose among those on your page."
        return Refused("unknown-category", sentence, "opted_out", strange)
    if settings.time_zone not in set(zones):
        sentence = "Expected a time zone such as Europe/Berlin, or UTC. Choose one of the list."
        return Refused("unknown-time-zone", sentence, "time_zone")
    if len(settings.opted_out) > OPT_OUTS_MAX:
        sentence = f"Expected at most {OPT_OUTS_MAX} categories, found {len(settings.opted_out)}."
        return Refused("too-many-categories", sentence, "opted_out")
    return None


OPT_OUTS_MAX: Final = 50
SAVES_DAILY_MAX: Final = 50
"""All of a day's savings are opened to tell the longest of somebody's days, at every lease."""
TOO_MANY_SAVES: Final = Refused(
    "too-many-saves",
    f"Expected settings to be saved at most {SAVES_DAILY_MAX} times within 24 hours. What you saved last holds; save "
    "again later.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """One saving of settings, in journal order."""

    person: str
    settings: Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOuts:
    """How many opted out of one category. `people` is None where the number would tell of somebody."""

    category: str
    people: int | None


def opt_outs(history: Sequence[Saved], categories: Iterable[str]) -> tuple[OptOuts, ...]:
    """How many opted out of each category, so told that nobody can be made out.

    Saving settings is an event that names its person. So the numbers move only when at least five people have saved
    since they last moved: nobody can tell whose saving changed them. A number below five is not told, nor one of all
    but fewer than five of those who have saved.
    """
    now: dict[str, Settings] = {}
    told: dict[str, Settings] = {}
    since: set[str] = set()
    for one in history:
        now[one.person] = one.settings
        since.add(one.person)
        if len(since) >= TOLD_MIN:
            told = dict(now)
            since = set()
    counts = {name: sum(name in one.opted_out for one in told.values()) for name in sorted(set(categories))}
    return tuple(
        OptOuts(category=name, people=n if TOLD_MIN <= n <= len(told) - TOLD_MIN else None)
        for name, n in counts.items()
    )

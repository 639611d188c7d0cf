"""Figures of monitoring in words: numbers with intervals and origins, names of kinds, effects in a sentence. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tallystick.canon import PPM
from tallystick.events.monitoring import ShortcutAudited, ShortcutEffect
from tallystick.flow.diagnosis import CLUSTER, CRITERION, VERSION, Finding
from tallystick.flow.monitoring import figures
from tallystick.flow.monitoring.figures import ALL, Kind, Shown
from tallystick.flow.monitoring.matter import Gate
from tallystick.stats.escape import Escape
from tallystick.stats.intervals import Interval, wilson
from tallystick.stats.rates import COUNT_MIN, Rate

COEFFICIENT, SHARE, GAIN, COUNT = UNITS = ("coefficient", "share", "gain", "count")
FEATURES: Final[Mapping[str, str]] = {
    "length": "longer", "bullets": "with more bullets", "headers": "with more headers", "bold": "with more bold words",
    "code": "with more code", "prompt_repetition": "that repeats more of the prompt", "hedges": "with more hedges",
    "confidence": "with more words of confidence", "refusal": "that refuses", "first_position": "shown first",
}  # fmt: skip
MEASURES: Final[Mapping[str, str]] = {
    figures.ABSTENTION: "abstained", figures.CONTEXT: "lacked context", figures.DISAGREEMENT: "differed from others",
    figures.DEFECTS: "reasons with a defect",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A figure, its interval, how many rows it is of, and where it comes from."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    unit: str
    origin: str


def percent(share: float) -> str:
    """`41 %`; below one per cent with a decimal, so that little does not read as nothing."""
    whole = 100 * share
    return f"{whole:.1f} %" if 0 < whole < 1 else f"{whole:.0f} %"


def within(share: float, interval: Interval | None) -> str:
    """`41 % (33 to 49)`."""
    if interval is None:
        return percent(share)
    return f"{percent(share)} ({100 * interval.low:.0f} to {100 * interval.high:.0f})"


def counted(number: int, one: str, many: str) -> str:
    """`1 batch`, `1,200 batches`."""
    return f"{number:,} {one if number == 1 else many}"


def dimension(kind: Kind) -> str:
    """What a figure is on: the verdict, or a criterion with its rubric."""
    if kind.dimension == figures.VERDICT:
        return "the verdict"
    rubric, _, name = kind.dimension.partition(": ")
    return f"{name.replace('_', ' ')} ({rubric})"


def family(kind: Kind) -> str:
    """Of which kind of items."""
    return "every kind" if kind.family == ALL else kind.family.replace("_", " ")


def share_of(one: Shown) -> str:
    """A share with its interval."""
    return within(one.share or 0.0, one.interval)


def of_share(one: Shown) -> Number:
    """A share of a programme as a figure."""
    name = f"{MEASURES[one.kind.measure]}: {dimension(one.kind)}"
    name += "" if one.kind.family == ALL else f", {family(one.kind)}"
    low, high = _ends(one.interval)
    origin = f"counted from {counted(one.n, 'judgment', 'judgments')} of {counted(one.experts, 'expert', 'experts')}"
    return Number(name=name, value=one.share, low=low, high=high, n=one.n, unit=SHARE, origin=origin)


def of_rate(name: str, rate: Rate) -> Number:
    """A rate as a figure; without a share and an interval where rows are too few."""
    low, high = _ends(rate.interval if rate.share is not None else None)
    origin = f"counted from {counted(rate.n, 'row', 'rows')}"
    return Number(name=name, value=rate.share, low=low, high=high, n=rate.n, unit=SHARE, origin=origin)


def of_part(name: str, count: int, n: int) -> Number:
    """So many of so many: with a share only where that says something."""
    interval = wilson(count, n) if n >= COUNT_MIN else None
    low, high = _ends(interval)
    return Number(
        name=name, value=count / n if interval else None, low=low, high=high, n=n, unit=SHARE,
        origin=f"{count:,} of {n:,}",
    )  # fmt: skip


def of_place(name: str, count: int, seq: int) -> Number:
    """A number that an event holds."""
    return Number(
        name=name, value=float(count), low=None, high=None, n=count, unit=COUNT, origin=f"journal entry {seq:,}"
    )


def of_escape(name: str, found: Escape) -> Number:
    """A rate of defects that got through."""
    low, high = _ends(found.interval)
    return Number(
        name=name, value=found.rate, low=low, high=high, n=found.reviewed, unit=SHARE,
        origin=f"second look at {found.reviewed:,} of {found.population:,} items",
    )  # fmt: skip


def of_gate(gate: Gate) -> Iterator[Number]:
    """The newest measurement of a batch, with its threshold."""
    if gate.seq is None:
        return
    origin = f"journal entry {gate.seq:,}"
    if gate.threshold_ppm is not None:
        origin += f", threshold {gate.threshold_ppm / PPM:.2f}"
    yield Number(
        name=f"agreement of {gate.name}", value=_share(gate.value_ppm), low=_share(gate.low_ppm),
        high=_share(gate.high_ppm), n=0, unit=COEFFICIENT, origin=origin,
    )  # fmt: skip


def of_finding(one: Finding, origin: str) -> tuple[Number, ...]:
    """What mending a part would give."""
    return (
        Number(
            name=f"gain: {part_of(one)}", value=_share(one.gain_ppm), low=_share(one.low_ppm),
            high=_share(one.high_ppm), n=one.items, unit=GAIN, origin=origin,
        ),
    )  # fmt: skip


def part_of(one: Finding) -> str:
    """What a finding is about. People are not named in a report."""
    if one.kind == CRITERION:
        return one.name.replace("_", " ")
    if one.kind == CLUSTER:
        axis, _, value = one.name.partition("=")
        return f"{axis.replace('_', ' ')} {value}"
    return one.name if one.kind == VERSION else one.kind


def foretold(fact: ShortcutAudited) -> str:
    """How well form alone foretells preferences, in a sentence."""
    what = f"Of {counted(fact.pairs, 'preference', 'preferences')} given {fact.source}"
    if fact.accuracy_ppm is None:
        return f"{what} too few prompts are known to say how well form alone foretells them."
    interval = _interval(fact.accuracy_low_ppm, fact.accuracy_high_ppm)
    flag = ": flagged, because that is more than chance would have it" if fact.is_flagged else ": not flagged"
    return f"{what} form alone foretells {within(fact.accuracy_ppm / PPM, interval)}{flag}."


def of_audit(fact: ShortcutAudited, seq: int) -> tuple[Number, ...]:
    """The figures behind that sentence."""
    return (
        Number(
            name=f"foretold by form, judged {fact.source}", value=_share(fact.accuracy_ppm),
            low=_share(fact.accuracy_low_ppm), high=_share(fact.accuracy_high_ppm), n=fact.pairs, unit=SHARE,
            origin=f"shortcut audit at journal entry {seq:,}",
        ),
    )  # fmt: skip


def effect_sentence(effect: ShortcutEffect, fact: ShortcutAudited) -> str:
    """What an effect says, and what it does not."""
    assert effect.win_ppm is not None
    interval = _interval(effect.win_low_ppm, effect.win_high_ppm)
    chance = within(effect.win_ppm / PPM, interval)
    more = FEATURES.get(effect.feature, f"with more {effect.feature}")
    where = {"all": "", "rubric_version": f" under {fact.name}"}.get(fact.axis, "")
    others = "every other feature equal"
    if effect.feature in ("first_position", "refusal"):
        return f"An answer {more} is preferred in {chance} of pairs{where}, {others}."
    return f"An answer {more} by one usual difference is preferred in {chance} of pairs{where}, {others}."


def of_effect(effect: ShortcutEffect, seq: int) -> Number:
    """An effect as a figure."""
    return Number(
        name=f"preferred: {FEATURES.get(effect.feature, effect.feature)}", value=_share(effect.win_ppm),
        low=_share(effect.win_low_ppm), high=_share(effect.win_high_ppm), n=effect.unequal, unit=SHARE,
        origin=f"shortcut audit at journal entry {seq:,}",
    )  # fmt: skip


def _interval(low: int | None, high: int | None) -> Interval | None:
    if low is None or high is None:
        return None
    return Interval(low=low / PPM, high=high / PPM, method="recorded", confidence=0.95)


def _ends(interval: Interval | None) -> tuple[float | None, float | None]:
    return (None, None) if interval is None else (interval.low, interval.high)


def _share(value: int | None) -> float | None:
    return None if value is None else value / PPM

"""Figures of monitoring in words: numbers with intervals and origins, names of kinds, effects in a sentence. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Self

from tallystick.canon import PPM
from tallystick.events.monitoring import ShortcutAudited, ShortcutEffect
from tallystick.flow.diagnosis import CLUSTER, CRITERION, EXPERT, PAIR, VERSION, Finding
from tallystick.flow.monitoring import figures
from tallystick.flow.monitoring.figures import ALL, Kind, Shown
from tallystick.flow.monitoring.matter import Gate
from tallystick.stats.escape import Escape
from tallystick.stats.intervals import Interval, wilson
from tallystick.stats.rates import COUNT_MIN, Rate

COEFFICIENT, SHARE, GAIN, COUNT = UNITS = ("coefficient", "share", "gain", "count")
Value = str | int | Decimal
"""What stands in a text: a number, a text of ours, or what people wrote."""


class Worded(str):
    """A text of ours in English that knows its message and its values, so that a page can say it in another language.

    message  with places, `In %(share)s of judgments`; its form for one where `number` is given
    many     the form for many, or empty
    number   what chooses between the two
    values   what stands at the places; a `Worded` is said, too
    parts    texts that follow each other, and then there is no message; `between` stands between them
    """

    __slots__ = ("between", "many", "message", "number", "parts", "values")
    message: str
    many: str
    number: int | None
    values: Mapping[str, Value]
    parts: tuple[str, ...]
    between: str

    @classmethod
    def of(cls, message: str, values: Mapping[str, Value], *, many: str = "", number: int | None = None) -> Self:
        """One message with its values."""
        form = many if many and number != 1 else message
        shown = {name: f"{value:,}" if isinstance(value, int) else str(value) for name, value in values.items()}
        found = cls(form % shown if values else form)
        found.message, found.many, found.number, found.values = message, many, number, values
        found.parts, found.between = (), ""
        return found

    @classmethod
    def joined(cls, parts: Iterable[str], between: str = " ") -> Self:
        """Texts that follow each other."""
        kept = tuple(part for part in parts if part)
        found = cls(between.join(kept))
        found.message, found.many, found.number, found.values = "", "", None, {}
        found.parts, found.between = kept, between
        return found


def worded(message: str, **values: Value) -> Worded:
    """A text of ours. The message is a literal: the tool that writes catalogues finds it by this name."""
    return Worded.of(message, values)


def numbered(one: str, many: str, number: int, **values: Value) -> Worded:
    """A text of ours with a number in it: `numbered("%(number)s batch passes", "%(number)s batches pass", n)`."""
    return Worded.of(one, {"number": number, **values}, many=many, number=number)


def decimal(value: float, digits: int = 2) -> Decimal:
    """A number with its decimals."""
    return Decimal(f"{value:.{digits}f}")


FEATURES: Final[Mapping[str, str]] = {
    "length": worded("longer"), "bullets": worded("with more bullets"), "headers": worded("with more headers"),
    "bold": worded("with more bold words"), "code": worded("with more code"),
    "prompt_repetition": worded("that repeats more of the prompt"), "hedges": worded("with more hedges"),
    "confidence": worded("with more words of confidence"), "refusal": worded("that refuses"),
    "first_position": worded("shown first"),
}  # fmt: skip
MEASURES: Final[Mapping[str, str]] = {
    figures.ABSTENTION: worded("abstained"), figures.CONTEXT: worded("lacked context"),
    figures.DISAGREEMENT: worded("differed from others"), figures.DEFECTS: worded("reasons with a defect"),
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
    return worded("%(number)s %%", number=decimal(whole, 1 if 0 < whole < 1 else 0))


def within(share: float, interval: Interval | None) -> str:
    """`41 % (33 to 49)`."""
    if interval is None:
        return percent(share)
    low, high = decimal(100 * interval.low, 0), decimal(100 * interval.high, 0)
    return worded("%(share)s (%(low)s to %(high)s)", share=percent(share), low=low, high=high)


def counted(number: int, one: str, many: str) -> str:
    """`1 batch`, `1,200 batches`."""
    return f"{number:,} {one if number == 1 else many}"


def dimension(kind: Kind) -> str:
    """What a figure is on: the verdict, or a criterion with its rubric."""
    if kind.dimension == figures.VERDICT:
        return worded("the verdict")
    rubric, _, name = kind.dimension.partition(": ")
    return f"{name.replace('_', ' ')} ({rubric})"


def family(kind: Kind) -> str:
    """Of which kind of items."""
    return worded("every kind") if kind.family == ALL else kind.family.replace("_", " ")


def share_of(one: Shown) -> str:
    """A share with its interval."""
    return within(one.share or 0.0, one.interval)


def of_share(one: Shown) -> Number:
    """A share of a programme as a figure."""
    named = Worded.joined((MEASURES[one.kind.measure], dimension(one.kind)), ": ")
    name = named if one.kind.family == ALL else Worded.joined((named, family(one.kind)), ", ")
    low, high = _ends(one.interval)
    origin = worded(
        "counted from %(judgments)s of %(experts)s",
        judgments=numbered("%(number)s judgment", "%(number)s judgments", one.n),
        experts=numbered("%(number)s expert", "%(number)s experts", one.experts),
    )
    return Number(name=name, value=one.share, low=low, high=high, n=one.n, unit=SHARE, origin=origin)


def of_rate(name: str, rate: Rate) -> Number:
    """A rate as a figure; without a share and an interval where rows are too few."""
    low, high = _ends(rate.interval if rate.share is not None else None)
    origin = numbered("counted from %(number)s row", "counted from %(number)s rows", rate.n)
    return Number(name=name, value=rate.share, low=low, high=high, n=rate.n, unit=SHARE, origin=origin)


def of_part(name: str, count: int, n: int) -> Number:
    """So many of so many: with a share only where that says something."""
    interval = wilson(count, n) if n >= COUNT_MIN else None
    low, high = _ends(interval)
    return Number(
        name=name, value=count / n if interval else None, low=low, high=high, n=n, unit=SHARE,
        origin=worded("%(done)s of %(total)s", done=count, total=n),
    )  # fmt: skip


def of_place(name: str, count: int, seq: int) -> Number:
    """A number that an event holds."""
    return Number(
        name=name,
        value=float(count),
        low=None,
        high=None,
        n=count,
        unit=COUNT,
        origin=worded("journal entry %(seq)s", seq=seq),
    )


def of_escape(name: str, found: Escape) -> Number:
    """A rate of defects that got through."""
    low, high = _ends(found.interval)
    return Number(
        name=name, value=found.rate, low=low, high=high, n=found.reviewed, unit=SHARE,
        origin=worded(
            "second look at %(reviewed)s of %(population)s items", reviewed=found.reviewed, population=found.population
        ),
    )  # fmt: skip


def of_gate(gate: Gate) -> Iterator[Number]:
    """The newest measurement of a batch, with its threshold."""
    if gate.seq is None:
        return
    origin = worded("journal entry %(seq)s", seq=gate.seq)
    if gate.threshold_ppm is not None:
        threshold = decimal(gate.threshold_ppm / PPM)
        origin = worded("journal entry %(seq)s, threshold %(threshold)s", seq=gate.seq, threshold=threshold)
    yield Number(
        name=worded("agreement of %(name)s", name=gate.name), value=_share(gate.value_ppm), low=_share(gate.low_ppm),
        high=_share(gate.high_ppm), n=0, unit=COEFFICIENT, origin=origin,
    )  # fmt: skip


def of_finding(one: Finding, origin: str) -> tuple[Number, ...]:
    """What mending a part would give."""
    return (
        Number(
            name=worded("gain: %(part)s", part=part_of(one)), value=_share(one.gain_ppm), low=_share(one.low_ppm),
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
    return one.name if one.kind == VERSION else _PEOPLE[one.kind]


_PEOPLE: Final[Mapping[str, str]] = {PAIR: worded("pair"), EXPERT: worded("expert")}
_SOURCES: Final[Mapping[str, str]] = {"here": worded("here"), "elsewhere": worded("elsewhere")}


def foretold(fact: ShortcutAudited) -> str:
    """How well form alone foretells preferences, in a sentence."""
    source = _SOURCES.get(fact.source, fact.source)
    if fact.accuracy_ppm is None:
        return numbered(
            "Of %(number)s preference given %(source)s too few prompts are known to say how well form alone foretells "
            "them.",
            "Of %(number)s preferences given %(source)s too few prompts are known to say how well form alone foretells "
            "them.",
            fact.pairs, source=source,
        )  # fmt: skip
    share = within(fact.accuracy_ppm / PPM, _interval(fact.accuracy_low_ppm, fact.accuracy_high_ppm))
    if fact.is_flagged:
        return numbered(
            "Of %(number)s preference given %(source)s form alone foretells %(share)s: flagged, because that is more "
            "than chance would have it.",
            "Of %(number)s preferences given %(source)s form alone foretells %(share)s: flagged, because that is more "
            "than chance would have it.",
            fact.pairs, source=source, share=share,
        )  # fmt: skip
    return numbered(
        "Of %(number)s preference given %(source)s form alone foretells %(share)s: not flagged.",
        "Of %(number)s preferences given %(source)s form alone foretells %(share)s: not flagged.",
        fact.pairs, source=source, share=share,
    )  # fmt: skip


def of_audit(fact: ShortcutAudited, seq: int) -> tuple[Number, ...]:
    """The figures behind that sentence."""
    return (
        Number(
            name=worded("foretold by form, judged %(source)s", source=_SOURCES.get(fact.source, fact.source)),
            value=_share(fact.accuracy_ppm),
            low=_share(fact.accuracy_low_ppm), high=_share(fact.accuracy_high_ppm), n=fact.pairs, unit=SHARE,
            origin=worded("shortcut audit at journal entry %(seq)s", seq=seq),
        ),
    )  # fmt: skip


def effect_sentence(effect: ShortcutEffect, fact: ShortcutAudited) -> str:
    """What an effect says, and what it does not."""
    assert effect.win_ppm is not None
    interval = _interval(effect.win_low_ppm, effect.win_high_ppm)
    chance = within(effect.win_ppm / PPM, interval)
    more = FEATURES.get(effect.feature) or worded("with more %(feature)s", feature=effect.feature)
    if fact.axis == "rubric_version":
        return _effect_under(effect, more, chance, fact.name)
    if effect.feature in _WHOLE:
        return worded(
            "An answer %(more)s is preferred in %(chance)s of pairs, every other feature equal.",
            more=more, chance=chance,
        )  # fmt: skip
    return worded(
        "An answer %(more)s by one usual difference is preferred in %(chance)s of pairs, every other feature equal.",
        more=more, chance=chance,
    )  # fmt: skip


_WHOLE: Final = ("first_position", "refusal")
"""Features that an answer has or has not."""


def _effect_under(effect: ShortcutEffect, more: str, chance: str, version: str) -> str:
    """The same of what was judged under one version of a rubric."""
    if effect.feature in _WHOLE:
        return worded(
            "An answer %(more)s is preferred in %(chance)s of pairs under %(version)s, every other feature equal.",
            more=more, chance=chance, version=version,
        )  # fmt: skip
    return worded(
        "An answer %(more)s by one usual difference is preferred in %(chance)s of pairs under %(version)s, every other "
        "feature equal.",
        more=more, chance=chance, version=version,
    )  # fmt: skip


def of_effect(effect: ShortcutEffect, seq: int) -> Number:
    """An effect as a figure."""
    return Number(
        name=worded("preferred: %(more)s", more=FEATURES.get(effect.feature, effect.feature)),
        value=_share(effect.win_ppm),
        low=_share(effect.win_low_ppm), high=_share(effect.win_high_ppm), n=effect.unequal, unit=SHARE,
        origin=worded("shortcut audit at journal entry %(seq)s", seq=seq),
    )  # fmt: skip


def _interval(low: int | None, high: int | None) -> Interval | None:
    if low is None or high is None:
        return None
    return Interval(low=low / PPM, high=high / PPM, method="recorded", confidence=0.95)


def _ends(interval: Interval | None) -> tuple[float | None, float | None]:
    return (None, None) if interval is None else (interval.low, interval.high)


def _share(value: int | None) -> float | None:
    return None if value is None else value / PPM

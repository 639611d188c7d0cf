"""Agreement of critiques: which characters raters mark, and which spans. Reads readings, writes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from tallystick.stats.agreement.columns import Coded, Codes
from tallystick.stats.agreement.measure import How, error_of, how_of, limits_of, measure_many
from tallystick.stats.agreement.question import Question
from tallystick.stats.agreement.result import Agreement, Status
from tallystick.stats.agreement.rows import UNITS_MAX
from tallystick.stats.agreement.sums import Sums, in_groups, quotient
from tallystick.stats.agreement.table import BadRatings, Floats
from tallystick.stats.intervals import Interval

UNMARKED = "unmarked"
NOTHING = "Nobody marked anything in a text that two raters read, so there are no spans to compare."
NO_PAIRS = "No text was read by two raters, so nothing could be compared."


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A marked part of a text: code points from `start` up to and without `end`, counted from 0."""

    start: int
    end: int
    severity: str = "marked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One rater's marks on one text of `length` code points. A reading without spans says: nothing to mark."""

    text: str
    rater: str
    length: int
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanF1:
    """2 matched / (spans of one + spans of the other), over all pairs of raters and texts; texts are resampled."""

    value: float | None
    status: Status
    reason: str | None
    interval: Interval | None
    interval_reason: str | None
    se: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanAgreement:
    """How far critiques agree.

    characters   Krippendorff's alpha, nominal, of every character: unmarked, or the severest mark on it
    exact        spans with the same two ends
    overlap      spans that share a character, each matched at most once
    shared       the same measure for characters: how many marked ones both marked
    """

    characters: Agreement
    exact: SpanF1
    overlap: SpanF1
    shared: SpanF1
    n_texts: int
    n_pairs: int
    n_readings: int
    n_spans: int


def span_agreement(
    readings: Sequence[Reading],
    *,
    severities: Sequence[str] = ("marked",),
    same_severity: bool = False,
    confidence: float = 0.95,
    seed: int | np.random.Generator = 0,
    draws: int = 1000,
) -> SpanAgreement:
    """Agreement of marks on the same texts; offsets are code points, as Python counts them.

    severities     from the mildest to the severest; of several marks on a character the severest counts
    same_severity  whether spans must also have one severity to match
    raises         BadRatings for a span outside its text, an unknown severity, two readings of one rater on a text, two
                   lengths of one text; its rows count readings
    source         alpha: Krippendorff (2011); F1 as agreement: Hripcsak and Rothschild (2005), J Am Med Inform
                   Assoc 12, 296-298: with countless unmarked characters kappa of spans tends to F1
    """
    how = how_of(ci="bootstrap", confidence=confidence, draws=draws, seed=seed)
    ordered = sorted(range(len(readings)), key=lambda row: (readings[row].text, readings[row].rater))
    _check(readings, ordered, severities)
    by_text = list(_by_text([readings[row] for row in ordered]))
    marks = [[_marks(reading, severities) for reading in group] for group in by_text]
    characters = _characters(by_text, marks, severities, how)
    features = np.array(
        [_compared(group, mark, is_same=same_severity) for group, mark in zip(by_text, marks, strict=True)]
    )
    pairs = sum(len(group) * (len(group) - 1) // 2 for group in by_text)
    table = features.reshape(-1, 5)
    exact, overlap, shared = (_f1(table[:, columns], how, n_pairs=pairs) for columns in ([0, 2], [1, 2], [3, 4]))
    return SpanAgreement(
        characters=characters,
        exact=exact,
        overlap=overlap,
        shared=shared,
        n_texts=sum(len(group) > 1 for group in by_text),
        n_pairs=pairs,
        n_readings=len(readings),
        n_spans=sum(len(reading.spans) for reading in readings),
    )


def _check(readings: Sequence[Reading], ordered: list[int], severities: Sequence[str]) -> None:
    if UNMARKED in severities or len(set(severities)) != len(severities):
        raise BadRatings(f"Severities differ from each other and from {UNMARKED!r}; found {list(severities)}.")
    for row, reading in enumerate(readings):
        for span in reading.spans:
            if not 0 <= span.start < span.end <= reading.length:
                raise BadRatings(
                    f"A span lies inside its text of {reading.length} characters and holds one at least; found"
                    f" {span.start} to {span.end} by {reading.rater!r} on {reading.text!r}.",
                    (row,),
                )
            if span.severity not in severities:
                raise BadRatings(f"The severity {span.severity!r} is none of {', '.join(severities)}.", (row,))
    for before, after in pairwise(ordered):
        one, other = readings[before], readings[after]
        if one.text != other.text:
            continue
        if one.rater == other.rater:
            raise BadRatings(f"Rater {one.rater!r} has two readings of {one.text!r}: keep one.", (before, after))
        if one.length != other.length:
            raise BadRatings(
                f"The text {one.text!r} has two lengths, {one.length} and {other.length}.", (before, after)
            )


def _by_text(ordered: list[Reading]) -> Iterator[list[Reading]]:
    group: list[Reading] = []
    for reading in ordered:
        if group and group[0].text != reading.text:
            yield group
            group = []
        group.append(reading)
    if group:
        yield group


def _marks(reading: Reading, severities: Sequence[str]) -> Codes:
    """(length,) 0 for an unmarked character, else the place of the severest mark from 1."""
    marks = np.zeros(reading.length, dtype=np.int64)
    for span in reading.spans:
        part = marks[span.start : span.end]
        np.maximum(part, severities.index(span.severity) + 1, out=part)
    return marks


def _characters(
    by_text: list[list[Reading]], marks: list[list[Codes]], severities: Sequence[str], how: How
) -> Agreement:
    """Alpha over characters; texts are the clusters that are resampled."""
    first = np.cumsum([0, *(group[0].length for group in by_text)])
    raters = sorted({reading.rater for group in by_text for reading in group})
    place = {rater: number for number, rater in enumerate(raters)}
    items, who, values, clusters = ([np.zeros(0, dtype=np.int64)] for _ in range(4))
    for text, (group, mark) in enumerate(zip(by_text, marks, strict=True)):
        for reading, codes in zip(group, mark, strict=True):
            items.append(np.arange(reading.length) + first[text])
            who.append(np.full(reading.length, place[reading.rater]))
            values.append(codes)
            clusters.append(np.full(reading.length, text))
    names = [UNMARKED, *severities]
    item, rater, value, cluster = (np.concatenate(column) for column in (items, who, values, clusters))
    return measure_many(
        item, Coded(codes=rater, labels=raters), Coded(codes=value, labels=names),
        [Question(metric="krippendorff_alpha")], categories=names, clusters=cluster, confidence=how.confidence,
        seed=how.resamples.seed, draws=how.resamples.draws,
    )[0]  # fmt: skip


def _compared(group: list[Reading], marks: list[Codes], *, is_same: bool) -> tuple[float, float, float, float, float]:
    """Sums over the pairs of raters of one text.

    Twice the spans that match by both ends, twice those that match by overlap, all spans; twice the characters that
    both marked, all characters that one marked.
    """
    exact = overlap = spans = shared = marked = 0
    for (one, of_one), (other, of_other) in combinations(list(zip(group, marks, strict=True)), 2):
        exact += 2 * _exact(one.spans, other.spans, is_same=is_same)
        overlap += 2 * _overlapping(one.spans, other.spans, is_same=is_same)
        spans += len(one.spans) + len(other.spans)
        both = (of_one == of_other) if is_same else (of_other > 0)
        shared += 2 * int(np.count_nonzero((of_one > 0) & both))
        marked += int(np.count_nonzero(of_one)) + int(np.count_nonzero(of_other))
    return exact, overlap, spans, shared, marked


def _exact(one: Sequence[Span], other: Sequence[Span], *, is_same: bool) -> int:
    left = [(span.start, span.end, span.severity if is_same else "") for span in other]
    matched = 0
    for span in one:
        key = (span.start, span.end, span.severity if is_same else "")
        if key in left:
            left.remove(key)
            matched += 1
    return matched


def _overlapping(one: Sequence[Span], other: Sequence[Span], *, is_same: bool) -> int:
    """How many spans can be matched one to one in reading order; the most that can be when nobody's own overlap."""
    left = sorted(other, key=lambda span: (span.end, span.start))
    matched = 0
    for span in sorted(one, key=lambda span: (span.end, span.start)):
        for found in left:
            if found.start < span.end and span.start < found.end and (not is_same or found.severity == span.severity):
                left.remove(found)
                matched += 1
                break
    return matched


def _f1(parts: Floats, how: How, *, n_pairs: int) -> SpanF1:
    """From (texts, [twice matched, possible])."""
    parts = parts[parts[:, 1] > 0]
    if not len(parts):
        status, why = (Status.NO_VARIATION, NOTHING) if n_pairs else (Status.NO_OVERLAP, NO_PAIRS)
        return SpanF1(value=None, status=status, reason=why, interval=None, interval_reason=why, se=None)
    is_grouped = len(parts) > UNITS_MAX
    units = in_groups(parts) if is_grouped else parts
    sums = Sums(features=units, weights=np.ones(len(units), dtype=np.int64), split=quotient, is_grouped=is_grouped)
    value = float(parts[:, 0].sum() / parts[:, 1].sum())
    se = error_of(sums, how)
    interval, reason = limits_of(sums, (value, 0.0), se, how, n_items=len(parts))
    if interval is not None:
        method = interval.method.replace("item_", "text_")
        interval = Interval(low=interval.low, high=interval.high, method=method, confidence=interval.confidence)
    reason = reason.replace("items", "texts") if reason else None
    return SpanF1(value=value, status=Status.OK, reason=None, interval=interval, interval_reason=reason, se=se)

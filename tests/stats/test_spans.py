"""Marks of critiques: by hand, against slow readings, and on the error spans of professional translators."""

import gzip
import json
from collections import defaultdict
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.stats.agreement import BadRatings, measure
from tallystick.stats.spans import Reading, Span, span_agreement

DATA = Path(__file__).parents[2].parent / "shared" / "data"
SEVERITIES = ("minor", "major")


def reading(text: str, rater: str, *spans: tuple[int, int, str], length: int = 10) -> Reading:
    """A reading with spans as (start, end, severity)."""
    return Reading(
        text=text, rater=rater, length=length, spans=tuple(Span(start=a, end=b, severity=c) for a, b, c in spans)
    )


def test_two_readings_by_hand() -> None:
    """One span alike, one that overlaps by two of four and three characters, one alone."""
    one = reading("t", "a", (0, 2, "minor"), (3, 7, "minor"))
    other = reading("t", "b", (0, 2, "minor"), (5, 8, "major"), (9, 10, "minor"))
    found = span_agreement([one, other], severities=SEVERITIES)
    assert [found.exact.value, found.overlap.value] == pytest.approx([2 / 5, 4 / 5])
    assert found.shared.value == pytest.approx(2 * 4 / (6 + 6))
    assert (found.n_texts, found.n_pairs, found.n_readings, found.n_spans) == (1, 1, 2, 5)
    same = span_agreement([one, other], severities=SEVERITIES, same_severity=True)
    assert [same.exact.value, same.overlap.value] == pytest.approx([2 / 5, 2 / 5])
    assert same.shared.value == pytest.approx(2 * 2 / 12)
    first = [1, 1, 0, 1, 1, 1, 1, 0, 0, 0]
    second = [1, 1, 0, 0, 0, 2, 2, 2, 0, 1]
    alpha = measure([*range(10)] * 2, ["a"] * 10 + ["b"] * 10, first + second, metric="krippendorff_alpha")
    assert found.characters.value == pytest.approx(alpha.value, abs=1e-12)
    assert found.exact.interval is None
    assert "1 texts are too few" in str(found.exact.interval_reason)


def test_the_severest_mark_counts() -> None:
    both = reading("t", "a", (0, 4, "major"), (2, 6, "minor"))
    major, minor = reading("t", "b", (0, 4, "major"), (4, 6, "minor")), reading("t", "b", (0, 6, "minor"))
    assert span_agreement([both, major], severities=SEVERITIES).characters.value == 1
    assert (span_agreement([both, minor], severities=SEVERITIES).characters.value or 0) < 1


def most_matches(one: tuple[Span, ...], other: tuple[Span, ...]) -> int:
    """The most spans that can be matched one to one by overlap, by trying every way."""
    if not one:
        return 0
    best = most_matches(one[1:], other)
    for place, found in enumerate(other):
        if found.start < one[0].end and one[0].start < found.end:
            best = max(best, 1 + most_matches(one[1:], other[:place] + other[place + 1 :]))
    return best


cuts = st.lists(st.integers(0, 30), max_size=10, unique=True).map(sorted)


@given(one=cuts, other=cuts)
@settings(max_examples=150, deadline=None)
def test_matching_by_overlap_finds_the_most(one: list[int], other: list[int]) -> None:
    """Among spans of a rater that do not overlap each other."""
    readings = [
        reading("t", rater, *((a, b, "minor") for a, b in zip(cut[::2], cut[1::2], strict=False)), length=30)
        for rater, cut in (("a", one), ("b", other))
    ]
    found = span_agreement(readings, severities=SEVERITIES, draws=100)
    spans = len(readings[0].spans) + len(readings[1].spans)
    if not spans:
        assert (found.overlap.value, found.overlap.status) == (None, "no_variation")
        return
    assert found.overlap.value == pytest.approx(2 * most_matches(readings[0].spans, readings[1].spans) / spans)
    assert (found.exact.value or 0) <= (found.overlap.value or 0)


def test_nothing_marked_and_nothing_shared() -> None:
    empty = span_agreement([reading("t", "a"), reading("t", "b")])
    assert empty.characters.status == "no_variation"
    assert (empty.exact.value, empty.exact.status) == (None, "no_variation")
    assert "Nobody marked" in str(empty.exact.reason)
    alone = span_agreement([reading("t", "a", (0, 1, "marked")), reading("u", "b")])
    assert (alone.exact.status, alone.characters.status) == ("no_overlap", "no_overlap")
    assert span_agreement([]).n_readings == 0


def test_code_points_are_counted() -> None:
    """An emoji is one character here and two in UTF-16: offsets that count two lie outside."""
    text = "ok 👍"
    assert len(text) == 4
    span_agreement([reading("t", "a", (3, 4, "marked"), length=len(text))])
    with pytest.raises(BadRatings, match="inside its text of 4 characters"):
        span_agreement([reading("t", "a", (3, 5, "marked"), length=len(text))])


@pytest.mark.parametrize(
    ("readings", "words"),
    [
        ([reading("t", "a", (2, 2, "minor"))], "one at least"),
        ([reading("t", "a", (0, 2, "huge"))], "none of minor, major"),
        ([reading("t", "a"), reading("t", "a")], "two readings"),
        ([reading("t", "a"), reading("t", "b", length=9)], "two lengths"),
    ],
)
def test_readings_that_make_no_sense(readings: list[Reading], words: str) -> None:
    with pytest.raises(BadRatings, match=words):
        span_agreement(readings, severities=SEVERITIES)


def translators(data: str) -> list[Reading]:
    """The error spans on translations: a text is one translation of one segment."""
    texts: dict[tuple[str, str], str] = {}
    for line in gzip.decompress((DATA / data / "items.jsonl.gz").read_bytes()).splitlines():
        item = json.loads(line)
        texts |= {(item["id"], one["id"]): one["text"] for one in item["candidates"]}
    found = {}
    for line in gzip.decompress((DATA / data / "judgments.jsonl.gz").read_bytes()).splitlines():
        row = json.loads(line)
        text = texts[row["item_id"], row["candidate_id"]]
        spans = tuple(
            Span(start=one["start"], end=one["end"], severity=one["severity"])
            for one in row.get("spans", [])
            if one["side"] == "target" and one.get("end", 0) > one.get("start", 0) and one["severity"] in SEVERITIES
        )
        name = f"{row['item_id']}|{row['candidate_id']}"
        found[name, row["rater_id"]] = Reading(text=name, rater=row["rater_id"], length=len(text), spans=spans)
    return list(found.values())


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the shared data beside the project")
def test_professional_translators() -> None:
    """English to German, WMT 2023: three of ten professionals mark each translation; they agree little on where."""
    readings = translators("mqm_wmt23_ende")
    found = span_agreement(readings, severities=SEVERITIES)
    by_text = defaultdict(list)
    for one in readings:
        by_text[one.text].append(one)
    exact = shared = spans = marked = 0
    for group in by_text.values():
        for one, other in combinations(group, 2):
            ends = [{(span.start, span.end) for span in side.spans} for side in (one, other)]
            exact += 2 * len(ends[0] & ends[1])
            spans += len(one.spans) + len(other.spans)
            where = [{place for span in side.spans for place in range(span.start, span.end)} for side in (one, other)]
            shared += 2 * len(where[0] & where[1])
            marked += len(where[0]) + len(where[1])
    assert found.exact.value == pytest.approx(exact / spans, abs=2e-3)  # a few spans stand twice in one reading
    assert found.shared.value == pytest.approx(shared / marked, abs=1e-12)
    assert found.n_pairs == sum(len(group) * (len(group) - 1) // 2 for group in by_text.values())
    assert 0.1 < (found.exact.value or 0) < (found.overlap.value or 0) < 0.7
    assert 0.1 < (found.characters.value or 0) < 0.7
    for part in (found.exact, found.overlap, found.shared, found.characters):
        assert part.interval is not None
        assert part.interval.low < (part.value or 0) < part.interval.high
    assert np.isfinite(found.characters.se or np.nan)

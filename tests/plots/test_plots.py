"""Plots are true to their numbers, the same everywhere, and readable without eyes or scripts."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.plots import (
    STYLE,
    FillPlot,
    FillRow,
    FunnelPlot,
    FunnelStep,
    HistoryPlot,
    HistoryPoint,
    IntervalPlot,
    IntervalRow,
    Plot,
    SharePlot,
    ShareRow,
    draw,
)

SVG = "{http://www.w3.org/2000/svg}"
words = st.text(max_size=60)
shares = st.floats(min_value=-2, max_value=2, allow_nan=False)
counts = st.integers(min_value=0, max_value=10**9)
intervals = st.lists(
    st.builds(IntervalRow, label=words, value=shares, low=shares, high=shares, threshold=st.none() | shares), max_size=5
)
plots = st.one_of(
    st.builds(IntervalPlot, title=words, rows=intervals.map(tuple)),
    st.builds(
        FillPlot,
        title=words,
        rows=st.lists(st.builds(FillRow, label=words, filled=counts, quota=counts), max_size=5).map(tuple),
    ),
    st.builds(
        FunnelPlot, title=words, steps=st.lists(st.builds(FunnelStep, label=words, count=counts), max_size=5).map(tuple)
    ),
    st.builds(
        SharePlot, title=words, rows=st.lists(st.builds(ShareRow, label=words, count=counts), max_size=5).map(tuple)
    ),
    st.builds(
        HistoryPlot,
        title=words,
        threshold=st.none() | shares,
        points=st.lists(st.builds(HistoryPoint, when=words, value=st.none() | shares), max_size=5).map(tuple),
    ),
)


def tree(plot: Plot) -> ET.Element:
    return ET.fromstring(draw(plot))  # noqa: S314 - our own text, made a line above


@given(plots)
def test_any_plot_is_one_well_formed_picture_with_a_title_and_words(plot: Plot) -> None:
    root = tree(plot)
    assert root.tag == f"{SVG}svg"
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert root[1].text
    assert root.get("aria-labelledby") == f"{root[0].get('id')} {root[1].get('id')}"
    assert draw(plot) == draw(plot)


@given(plots)
def test_no_plot_needs_a_script_a_style_a_font_or_another_place(plot: Plot) -> None:
    for part in tree(plot).iter():
        assert part.tag.removeprefix(SVG) in {"svg", "title", "desc", "text", "line", "rect", "circle"}
        assert not {
            name
            for name in part.attrib
            if name in {"style", "font-family", "fill", "stroke", "href"} or name.startswith("on")
        }


@given(plots)
def test_no_mark_leaves_the_picture(plot: Plot) -> None:
    for part in tree(plot).iter():
        for name in ("x", "x1", "x2", "cx", "width"):
            if (part.get(name) or "").endswith("%"):
                assert 0 <= float(part.attrib[name][:-1]) <= 100


def test_bars_are_as_long_as_their_numbers() -> None:
    plot = FillPlot(
        title="Domain", rows=(FillRow(label="law", filled=3, quota=12), FillRow(label="code", filled=14, quota=12))
    )
    bars = [part for part in tree(plot).iter(f"{SVG}rect") if "plot-bar" in (part.get("class") or "")]
    assert [bar.get("width") for bar in bars] == ["25%", "100%"]
    assert [bar.get("class") for bar in bars] == ["plot-bar", "plot-bar plot-pass"]
    assert "3 of 12" in draw(plot)


def test_points_stand_where_their_numbers_are_and_fail_below_the_threshold() -> None:
    rows = (
        IntervalRow(label="a", value=0.5, low=0.25, high=0.75, threshold=0.8),
        IntervalRow(label="b", value=0.8, threshold=0.8),
    )
    dots = list(tree(IntervalPlot(title="x", rows=rows)).iter(f"{SVG}circle"))
    assert [dot.get("cx") for dot in dots] == ["50%", "79.1%"]
    assert [dot.get("class") for dot in dots] == ["plot-dot plot-fail", "plot-dot plot-pass"]


def test_undefined_is_a_word_and_no_dot() -> None:
    plot = IntervalPlot(title="x", rows=(IntervalRow(label="Tone", value=None, reason="only one judge scored it"),))
    assert list(tree(plot).iter(f"{SVG}circle")) == []
    assert "Tone: undefined, because only one judge scored it." in draw(plot)
    assert ">undefined<" in draw(plot)


def test_undefined_leaves_a_gap_in_a_history() -> None:
    points = tuple(HistoryPoint(when=str(day), value=value) for day, value in enumerate((0.5, None, 0.6, 0.7)))
    lines = [
        part
        for part in tree(HistoryPlot(title="x", points=points)).iter(f"{SVG}line")
        if part.get("class") == "plot-line"
    ]
    assert len(lines) == 1


def test_half_an_interval_and_a_reasonless_undefined_are_errors() -> None:
    with pytest.raises(ValueError, match="both ends"):
        IntervalRow(label="x", value=0.5, low=0.4)
    with pytest.raises(ValueError, match="reason"):
        IntervalRow(label="x", value=None)


def test_what_is_no_plot_is_an_error() -> None:
    with pytest.raises(TypeError, match="found str"):
        draw("a picture")


def test_hostile_labels_stay_text() -> None:
    plot = SharePlot(title="</title><script>", rows=(ShareRow(label='<a href="x">\x00', count=1),))
    assert "<script" not in draw(plot)
    assert "<a " not in draw(plot)


def test_a_page_and_a_data_card_theme_the_same_classes() -> None:
    """Or a plot would be black on a page and in colour on a card."""
    drawn = set(re.findall(r"\.(plot[\w-]*)", STYLE))
    assert drawn >= {
        "plot-bar",
        "plot-bed",
        "plot-dot",
        "plot-interval",
        "plot-threshold",
        "plot-track",
        "plot-whisker",
        "plot-line",
    }


def test_an_axis_reaches_as_far_below_zero_as_what_is_drawn_on_it() -> None:
    """An interval that ends below 0 must not look as if it ended there."""
    above, across = IntervalRow(label="a", value=0.5, low=0.2, high=0.8), IntervalRow(label="b", value=0.1)
    assert IntervalPlot(title="x", rows=(above, across)).axis_min == 0
    below = IntervalRow(label="c", value=0.1, low=-0.2, high=0.4)
    assert IntervalPlot(title="x", rows=(above, below)).axis_min == -1
    points = (HistoryPoint(when="1", value=0.5), HistoryPoint(when="2", value=-0.1))
    assert (HistoryPlot(title="x", points=points[:1]).axis_min, HistoryPlot(title="x", points=points).axis_min) == (
        0,
        -1,
    )


def test_a_history_tells_its_threshold_to_those_who_hear_it() -> None:
    plot = HistoryPlot(title="x", points=(HistoryPoint(when="1", value=0.5),), threshold=0.74)
    assert "1: 0.50. Threshold 0.74." in draw(plot)
    assert "plot-threshold" in draw(plot)


def test_a_long_label_stands_whole_and_pushes_down_what_is_below() -> None:
    long = "critiques/medical: completeness of what matters"
    for plot in (
        SharePlot(title="Shares", rows=(ShareRow(label=long, count=1), ShareRow(label="short", count=1))),
        IntervalPlot(title="Alpha", rows=(IntervalRow(label=long, value=0.5), IntervalRow(label="short", value=0.5))),
    ):
        labels = [(one.text, int(one.get("y", ""))) for one in tree(plot).iter(f"{SVG}text")
                  if one.get("class") == "plot-label"]  # fmt: skip
        assert " ".join(words or "" for words, _ in labels[:-1]) == long
        heights = [height for _, height in labels]
        assert heights[1] - heights[0] < heights[2] - heights[1]
        bars = [int(one.get("y") or one.get("y1") or "") for one in tree(plot).iter()
                if one.get("class") in {"plot-bar", "plot-track"}]  # fmt: skip
        assert heights[1] < bars[0] < heights[2] < bars[1]

"""What a session is proposed with, when its labels may be shown, and which words of a rubric can be marked. Pure."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from living_cell import rubric_text

from tallystick.flow import calibration as flow
from tallystick.flow.calibration import Label
from tallystick.flow.document import read
from tallystick.flow.rubric import Rubric

WHY = "The third is away until next week."


def rubric() -> Rubric:
    """The rubric of the small cell."""
    found = read(rubric_text(), "rubric.yaml", Rubric)
    assert isinstance(found, Rubric)
    return found


def names(prefix: str, number: int) -> list[str]:
    """So many names."""
    return [f"{prefix}-{n}" for n in range(number)]


@pytest.mark.parametrize(
    ("worst", "agreed", "expected"),
    [
        (20, 20, (8, 4)),  # for every two that cost agreement one on which all agreed
        (2, 20, (2, 3)),  # a few more of those on which all agreed, up to the fewest items
        (0, 20, (0, 5)),
        (20, 0, (8, 0)),
        (4, 1, (4, 1)),
        (3, 1, (3, 1)),  # too few: the lead has to choose
    ],
)
def test_a_session_is_never_proposed_with_trouble_alone_where_there_is_anything_else(
    worst: int, agreed: int, expected: tuple[int, int]
) -> None:
    found = flow.proposed(names("bad", worst), names("good", agreed))
    counts = tuple(sum(name.startswith(kind) for name in found) for kind in ("bad", "good"))
    assert counts == expected


@given(st.integers(0, 40), st.integers(0, 40))
def test_a_proposal_is_one_that_can_be_opened_when_there_are_enough_items(worst: int, agreed: int) -> None:
    bad, good = names("bad", worst), names("good", agreed)
    found = flow.proposed(bad, good)
    assert len(set(found)) == len(found) <= flow.ITEMS_MAX
    assert len(found) >= min(flow.ITEMS_MIN, worst + agreed)


def test_only_items_that_can_be_read_are_waited_for() -> None:
    labels = [Label("ada", "one", "tie", {}), Label("ben", "one", "tie", {}), Label("ben", "two", "tie", {})]
    assert flow.unfinished(["one", "two"], ["ada", "ben"], labels) == ("ada",)
    assert flow.unfinished(["one"], ["ada", "ben"], labels) == ()


@pytest.mark.parametrize(
    ("state", "missing", "reason", "code"),
    [
        ("labelling", [], "", None),
        ("labelling", ["cem"], "", "reveal-reason-missing"),
        ("labelling", ["cem"], WHY, None),
        ("labelling", ["ben", "cem"], WHY, "calibration-unfinished"),
        ("revealed", [], "", "calibration-revealed"),
        ("abandoned", [], "", "calibration-revealed"),
    ],
)
def test_labels_are_shown_when_all_have_finished_or_with_a_reason(
    state: str, missing: list[str], reason: str, code: str | None
) -> None:
    found = flow.check_reveal(state, ["ada", "ben", "cem"], missing, reason=reason)
    assert (found.code if found else None) == code


def test_the_agreement_of_a_session_is_that_of_its_labels() -> None:
    labels = [
        Label(person, item, verdict, {})
        for item, verdicts in {"one": "ab", "two": "aa", "three": "bb"}.items()
        for person, verdict in zip(("ada", "ben"), (f"{v}_clearly" for v in verdicts), strict=True)
    ]
    found = flow.agreement(labels, metric="percent_agreement", level="nominal", rubric_version="1.0.0")
    assert (found.value_ppm, found.items, found.raters, found.judgments) == (666_667, 3, 2, 6)
    nothing = flow.agreement([], metric="krippendorff_alpha", level="nominal", rubric_version="1.0.0")
    assert nothing.value_ppm is None


def test_every_text_that_people_judge_by_can_be_marked_and_has_one_place() -> None:
    found = flow.passages(rubric())
    places = [passage.place for passage in found]
    assert len(set(places)) == len(places)
    assert "criteria.reasoning.anchors.5" in places
    assert "priority.0.why" in places
    assert all(passage.text for passage in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Does it follow? Say why.", ["Does it follow?", "Say why."]),
        ("A dose of 3.5 mg, e.g. daily", ["A dose of 3.5 mg, e.g.", "daily"]),
        ("هل يتبع ذلك؟ نعم.", ["هل يتبع ذلك؟", "نعم."]),
        ("One line\nand another", ["One line\nand another"]),
        ("", []),
    ],
)
def test_sentences_are_what_can_be_chosen_without_selecting(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in flow.sentences(text)] == expected


@given(st.text(max_size=80))
def test_every_sentence_stands_in_its_text_and_none_overlaps(text: str) -> None:
    spans = flow.sentences(text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(text.split())


@pytest.mark.parametrize("version", ["1.0.0", "1.9.3", "0.1.0"])
def test_a_revision_is_proposed_with_a_higher_version(version: str) -> None:
    before, after = (tuple(map(int, v.split("."))) for v in (version, flow.next_version(version)))
    assert after > before


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"criterion": "gone"}, "unknown-criterion"),
        ({"candidate": "c"}, "unknown-candidate"),
        ({"score": 6}, "unknown-score"),
        ({}, None),
    ],
)
def test_an_example_stands_on_the_scale_of_a_criterion(changes: dict[str, object], code: str | None) -> None:
    values = {"criterion": "reasoning", "candidate": "a", "score": 5} | changes
    found = flow.check_example(rubric(), **values)  # type: ignore[arg-type]  # by name
    assert (found.code if found else None) == code


@pytest.mark.parametrize(("answer", "code"), [("revised", None), ("kept", None), ("ignored", "unknown-answer")])
def test_a_mark_is_answered_in_one_of_two_ways_and_with_words(answer: str, code: str | None) -> None:
    found = flow.check_answer(answer, "The question will name the layman.")
    assert (found.code if found else None) == code
    short = flow.check_answer("kept", "No.")
    assert short is not None
    assert short.code == "words-length"

"""Contradictions: which verdicts and orders go against their own scores under the priority rules of a rubric."""

from itertools import product

import pytest
from flow.test_rubric import small
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.flow import rubric as rubrics
from tallystick.flow.rubric import contradictions
from tallystick.signals.preference import STRENGTHS, VERDICTS, Verdict

Pair = tuple[int, int]


def scores(**pairs: Pair) -> dict[str, dict[rubrics.Side, int]]:
    """Scores of A and B by criterion."""
    return {name: {"a": a, "b": b} for name, (a, b) in pairs.items()}


@pytest.mark.parametrize(
    ("verdict", "pairs", "against"),
    [
        ("a_clearly", {"safety": (2, 5), "whole": (5, 3)}, ["safety"]),
        ("a_slightly", {"safety": (2, 5), "style": (5, 3)}, ["safety"]),  # by two rules in a row
        ("b_slightly", {"safety": (5, 2), "whole": (3, 5)}, ["safety"]),
        ("tie", {"safety": (2, 5), "whole": (5, 3)}, ["safety"]),
        ("a_clearly", {"safety": (3, 5), "whole": (1, 5), "style": (5, 4)}, ["safety", "whole"]),
        ("a_clearly", {"safety": (4, 5), "whole": (5, 3)}, []),  # not clearly
        ("a_clearly", {"safety": (5, 4), "whole": (1, 5)}, []),  # what carries A is not outranked
        ("a_clearly", {"whole": (2, 5), "safety": (3, 3), "style": (4, 1)}, ["whole"]),
        ("b_clearly", {"safety": (2, 5), "whole": (5, 3)}, []),  # the verdict follows the rules
        ("a_clearly", {"safety": (2, 5)}, ["safety"]),  # nothing carries A at all
        ("a_clearly", {}, []),
        ("a_clearly", {"unknown": (1, 5)}, []),
        ("both_unacceptable", {"safety": (2, 5), "whole": (5, 3)}, []),
        ("insufficient_context", {"safety": (2, 5)}, []),
        ("abstain", {"safety": (2, 5)}, []),
    ],
)
def test_a_verdict_against_the_priority_rules_is_pointed_out(
    verdict: Verdict, pairs: dict[str, Pair], against: list[str]
) -> None:
    found = contradictions(small(), verdict, scores(**pairs))
    assert [contradiction.criterion for contradiction in found] == against


@pytest.mark.parametrize(
    ("places", "points", "against"),
    [
        ({"a": 1, "b": 2, "c": 3}, {"safety": (1, 3, 5), "style": (5, 3, 1)}, ["safety"]),
        ({"a": 3, "b": 2, "c": 1}, {"safety": (1, 3, 5), "style": (5, 3, 1)}, []),
        ({"a": 1, "b": 1, "c": 2}, {"safety": (5, 1, 1), "style": (3, 3, 3)}, ["safety"]),  # a tie that is none
        ({"a": 1, "b": 2}, {"safety": (1, 5), "whole": (1, 5)}, ["safety", "whole"]),
        ({"a": 1, "b": 2, "c": 3}, {"style": (3, 3, 3)}, []),
        ({}, {"safety": (1, 5)}, []),
    ],
)
def test_an_order_against_the_priority_rules_is_pointed_out(
    places: dict[str, int], points: dict[str, tuple[int, ...]], against: list[str]
) -> None:
    given = {name: dict(zip("abc", row, strict=False)) for name, row in points.items()}
    assert [found.criterion for found in rubrics.order_contradictions(small(), places, given)] == against


def test_an_order_of_two_is_contradicted_as_its_pair_is() -> None:
    """Every pair of places and every score of two criteria: the two ways give the same criteria."""
    verdicts: dict[tuple[int, int], Verdict] = {(1, 2): "a_slightly", (1, 1): "tie", (2, 1): "b_slightly"}
    for (first, second), verdict in verdicts.items():
        for a, b, c, d in product(range(1, 6), repeat=4):
            given = scores(safety=(a, b), style=(c, d))
            pair = [one.criterion for one in contradictions(small(), verdict, given)]
            order = rubrics.order_contradictions(small(), {"a": first, "b": second}, given)  # type: ignore[arg-type]  # letters
            assert [one.criterion for one in order] == pair


def test_the_sentence_of_an_order_names_its_pair() -> None:
    (found,) = rubrics.order_contradictions(small(), {"b": 1, "c": 2}, {"safety": {"b": 2, "c": 5}})
    assert found.sentence.startswith("You place B above C, but your scores for Safety clearly favour C (B 2, C 5)")
    assert "Consistent with these scores: C above B." in found.sentence


def test_the_sentence_names_the_rule_and_its_reason() -> None:
    (found,) = contradictions(small(), "a_clearly", scores(safety=(2, 5), whole=(5, 3)))
    assert found.sentence == (
        "You prefer A, but your scores for Safety clearly favour B (A 2, B 5), and Safety outranks Wholeness. "
        "The rule Safety over Wholeness is there because people act on it. "
        "Consistent with these scores: B slightly better or B clearly better. "
        "Change the verdict or the scores, or keep both and say in your reasons why."
    )
    assert found.rules == (small().priority[0],)


def test_a_score_for_one_candidate_alone_says_nothing() -> None:
    assert contradictions(small(), "a_clearly", {"safety": {"b": 5}}) == []


MIRROR: dict[Verdict, Verdict] = {
    "a_clearly": "b_clearly", "a_slightly": "b_slightly", "b_slightly": "a_slightly", "b_clearly": "a_clearly",
}  # fmt: skip
POINTS = st.tuples(st.integers(1, 5), st.integers(1, 5))
PAIRS = st.dictionaries(st.sampled_from(["safety", "whole", "style"]), POINTS)


@settings(deadline=None)
@given(st.sampled_from(VERDICTS), PAIRS)
def test_exchanging_the_candidates_exchanges_the_contradictions(verdict: Verdict, pairs: dict[str, Pair]) -> None:
    exchanged = {name: (b, a) for name, (a, b) in pairs.items()}
    found = contradictions(small(), verdict, scores(**pairs))
    mirrored = contradictions(small(), MIRROR.get(verdict, verdict), scores(**exchanged))
    assert [(row.criterion, row.rules) for row in found] == [(row.criterion, row.rules) for row in mirrored]
    assert all(row.against != other.against for row, other in zip(found, mirrored, strict=True))


@settings(deadline=None)
@given(PAIRS)
def test_under_a_full_order_some_verdict_is_always_free_of_contradictions(pairs: dict[str, Pair]) -> None:
    """Otherwise the page would point at a fault that an expert cannot mend."""
    free = [verdict for verdict in STRENGTHS if not contradictions(small(), verdict, scores(**pairs))]
    assert free

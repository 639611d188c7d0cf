"""Priority rules of every form: when the upper criterion decides, and what the expert is told."""

import pytest
from flow.test_contradictions import Pair, scores
from flow.test_rubric import SMALL

from tallystick.flow.document import read
from tallystick.flow.rubric import Rubric, contradictions
from tallystick.signals.preference import Verdict


def of_form(rule: str) -> Rubric:
    """The small rubric, its first rule of another form."""
    text = SMALL.replace("{over: safety, under: whole,", "{over: safety, under: whole, " + rule + ",", 1)
    found = read(text, "dosing.yaml", Rubric)
    assert isinstance(found, Rubric), found
    return found


@pytest.mark.parametrize(
    ("rule", "verdict", "pairs", "against"),
    [
        # One point is no clear difference: a clear rule says nothing, a lexicographic one decides.
        ("form: clear", "a_clearly", {"safety": (4, 5), "whole": (5, 3)}, []),
        ("form: lexicographic", "a_clearly", {"safety": (4, 5), "whole": (5, 3)}, ["safety"]),
        ("form: lexicographic", "tie", {"safety": (4, 5), "whole": (5, 3)}, ["safety"]),
        ("form: lexicographic", "b_slightly", {"safety": (4, 5), "whole": (5, 3)}, []),
        ("form: lexicographic", "a_clearly", {"safety": (5, 5), "whole": (5, 3)}, []),
        # A score of 1 or less on one side decides, on both sides or on none it does not.
        ("form: threshold, at_most: 1", "a_clearly", {"safety": (1, 2), "whole": (5, 3)}, ["safety"]),
        ("form: threshold, at_most: 1", "a_clearly", {"safety": (1, 2)}, ["safety"]),
        ("form: threshold, at_most: 1", "a_clearly", {"safety": (1, 1), "whole": (5, 3)}, []),
        ("form: threshold, at_most: 1", "a_clearly", {"safety": (2, 5), "whole": (5, 3)}, []),
        ("form: threshold, at_most: 2", "b_clearly", {"safety": (3, 2), "whole": (3, 5)}, ["safety"]),
    ],
)
def test_the_form_of_a_rule_says_when_it_decides(
    rule: str, verdict: Verdict, pairs: dict[str, Pair], against: list[str]
) -> None:
    found = contradictions(of_form(rule), verdict, scores(**pairs))
    assert [contradiction.criterion for contradiction in found] == against


def test_a_threshold_rule_says_its_score_and_what_would_be_consistent() -> None:
    (found,) = contradictions(of_form("form: threshold, at_most: 1"), "tie", scores(safety=(2, 1), whole=(2, 3)))
    assert found.sentence == (
        "You call it a tie, but your scores for Safety favour A (A 2, B 1), and Safety outranks Wholeness. The rule "
        "Safety over Wholeness, when one side alone has a score of 1 or less, is there because people act on it. "
        "Consistent with these scores: A clearly better or A slightly better. "
        "Change the verdict or the scores, or keep both and say in your reasons why."
    )
    assert found.consistent == ("a_clearly", "a_slightly")

"""People: roles that fit together, contracts in the past, and a decision rule that keeps its error rates."""

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from living_cell import GOLD, rubric_text

from tallystick.events.roster import PersonQualified, QualificationFailed
from tallystick.flow import roster as flow
from tallystick.flow.document import read
from tallystick.flow.refusal import Refused
from tallystick.flow.roster import Attempt, Given, Gold
from tallystick.flow.rubric import Rubric
from tallystick.signals import BY_NAME

ROLES: dict[str, tuple[list[str], list[str], str | None]] = {
    "one role": (["lead"], [], None),
    "two roles": (["lead", "researcher"], [], None),
    "an expert who reads what others judged": (["lead", "expert"], [], "expert-alone"),
    "an expert of a kind": (["expert"], ["adjudicator", "reviewer"], None),
    "no role": ([], [], "no-role"),
    "an unknown role": (["boss"], [], "unknown-role"),
    "an unknown kind of expert": (["expert"], ["guru"], "unknown-role"),
    "a role twice": (["lead", "lead"], [], "role-twice"),
    "a kind without the role": (["lead"], ["adjudicator"], "not-an-expert"),
    "an auditor who does more": (["auditor", "lead"], [], "auditor-alone"),
}


def rubric() -> Rubric:
    found = read(rubric_text(), "rubric.yaml", Rubric)
    assert isinstance(found, Rubric)
    return found


@pytest.mark.parametrize("case", ROLES)
def test_roles_fit_together_or_say_why_not(case: str) -> None:
    roles, expert_roles, code = ROLES[case]
    refused = flow.check_roles(roles, expert_roles)
    assert (refused.code if refused else None) == code
    changed = flow.change_roles("per-1", roles, expert_roles)
    assert isinstance(changed, Refused) == (code is not None)


TIMES: dict[str, tuple[int, int, int | None, str | None]] = {
    "in the past": (50, 60, None, None),
    "this very moment": (100, 100, None, None),
    "tomorrow": (101, 50, None, "contract-in-future"),
    "rights tomorrow": (50, 101, None, "contract-in-future"),
    "before time": (-1, 50, None, "contract-too-old"),
    "a time that no column holds": (-(10**20), 50, None, "contract-too-old"),
    "twice": (50, 60, 40, "contract-exists"),
}


@pytest.mark.parametrize("case", TIMES)
def test_a_contract_was_executed_once_and_in_the_past(case: str) -> None:
    executed, assigned, earlier, code = TIMES[case]
    found = flow.execute_contract(
        "per-1", template_digest="d", executed_at=executed, ip_assigned_at=assigned, now=100, earlier=earlier
    )
    assert (found.code if isinstance(found, Refused) else None) == code


def test_too_little_gold_qualifies_nobody() -> None:
    found = flow.decision_rule(rubric(), GOLD - 1)
    assert isinstance(found, Refused)
    assert found.code == "too-few-gold-items"
    assert "Expected at least 5 gold items" in found.sentence
    asked = rubric().qualification.model_copy(update={"gold_min": 120})
    found = flow.decision_rule(rubric().model_copy(update={"qualification": asked}), 100)
    assert isinstance(found, Refused)
    assert (found.code, "an attempt has 100 at most" in found.sentence) == ("gold-min-large", True)


@given(st.integers(GOLD, 60))
def test_the_pass_mark_keeps_the_stated_error_rate(gold: int) -> None:
    """Recomputed from the binomial itself: the smallest mark at which guessing passes at most once in twenty."""
    rule = flow.decision_rule(rubric(), gold)
    assert not isinstance(rule, Refused)

    def chance(mark: int) -> float:
        return sum(comb(gold, right) for right in range(mark, gold + 1)) * 0.5**gold

    assert chance(rule.pass_at) <= 0.05 < chance(rule.pass_at - 1)
    assert rule.type1 == pytest.approx(chance(rule.pass_at))


@pytest.mark.parametrize(
    ("states", "has_contract", "code"),
    [
        ((), True, None),
        (("failed",), True, None),
        ((), False, "no-contract"),
        (("running",), True, "qualification-running"),
        (("failed", "qualified"), True, "already-qualified"),
    ],
)
def test_who_may_begin(states: tuple[str, ...], *, has_contract: bool, code: str | None) -> None:
    found = flow.may_qualify(states=states, has_contract=has_contract)
    assert (found.code if found else None) == code


def test_a_second_attempt_needs_gold_items_that_are_new() -> None:
    used_up = flow.decision_rule(rubric(), GOLD - 1, seen=GOLD)
    assert isinstance(used_up, Refused)
    assert used_up.code == "gold-used-up"
    assert "more of them, at least 1." in used_up.sentence
    assert not isinstance(flow.decision_rule(rubric(), GOLD, seen=GOLD), Refused)


@pytest.mark.parametrize(
    ("verdict", "is_right"),
    [("a_clearly", True), ("a_slightly", True), ("tie", False), ("b_clearly", False), ("abstain", False)],
)
def test_an_answer_is_right_when_it_points_the_right_way(verdict: str, *, is_right: bool) -> None:
    assert flow.is_correct(verdict, Gold(item="itm-1", verdict="a_clearly", scores={})) == is_right


@pytest.mark.parametrize(
    ("signal", "verdict", "candidates", "said"),
    [
        ("preference", "a_clearly", 2, None), ("preference", "b_slightly", 2, None), ("preference", "tie", 2, "tie"),
        ("preference", "both_unacceptable", 2, "both_unacceptable"), ("ranking", "a>b>c", 3, None),
        ("ranking", "a=c>b", 3, None), ("ranking", "a=b=c", 3, "a=b=c"), ("demonstration", "endorsed", 1, "endorsed"),
        ("safety", "acceptable", 1, "acceptable"), ("redteam", "failed", 0, "failed"),
        *((name, "any", 0, "any") for name in ("process", "outcome", "tooltrace", "critique")),
    ],
)  # fmt: skip
def test_what_somebody_always_says_is_no_name_of_a_candidate(
    signal: str, verdict: str, candidates: int, said: str | None
) -> None:
    """Candidates have places of their own for each expert; any other verdict is the same for everybody."""
    assert flow.way(BY_NAME[signal], verdict, candidates=candidates) == said


def test_scores_count_as_near_within_one_point() -> None:
    gold = Gold(item="itm-1", verdict="tie", scores={"reasoning": {"a": 4, "b": 2}, "concision": {"a": 3, "b": 3}})
    assert flow.near({"reasoning": {"a": 5, "b": 4}, "beauty": {"a": 1, "b": 1}}, gold) == {"reasoning": 1}


def attempt(answered: int, pass_mark: int = 3) -> Attempt:
    return Attempt(
        qualification="qlf-1", person="per-1", programme="p", rubric="general", version="1.0.0", items=4,
        pass_mark=pass_mark, correct=0, answered=answered,
    )  # fmt: skip


def test_nothing_is_decided_before_the_last_answer() -> None:
    answers = [Given(is_correct=True, near={})] * 3
    assert flow.finish(attempt(answered=2), answers) is None


@pytest.mark.parametrize(("right", "kind"), [(4, PersonQualified), (3, PersonQualified), (2, QualificationFailed)])
def test_the_last_answer_decides(right: int, kind: type) -> None:
    answers = [Given(is_correct=n < right, near={"reasoning": n % 3}) for n in range(4)]
    found = flow.finish(attempt(answered=3), answers)
    assert isinstance(found, kind)
    assert isinstance(found, PersonQualified | QualificationFailed)
    assert (found.correct, found.by_criterion) == (right, {"reasoning": 375_000})

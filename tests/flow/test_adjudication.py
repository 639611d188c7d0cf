"""When judgments divide, and who may end it how."""

from dataclasses import replace

import pytest

from tallystick.events.envelope import ObjectRef
from tallystick.flow.adjudication import (
    FAULTS,
    FEEDBACK_MAX,
    REASONS_TO_RETURN,
    Case,
    Feedback,
    check,
    check_confirmed,
    check_feedback,
    check_return,
    check_verdict,
    is_divided,
    opened,
    preserve,
    send_back,
    settle,
    tiers,
    warning,
)
from tallystick.flow.refusal import Refused
from tallystick.signals import preference

NOTES = "Both readings were weighed."
REF = ObjectRef(object="obj-1", commitment="c", bytes=1)
CASE = Case(
    item="itm-1", programme="p", batch="bat-1", state="open", counts={"a_clearly": 1, "tie": 1},
    judges=frozenset({"per-x", "per-y"}), rubric="general", rubric_version="1.0.0",
    criteria=("reasoning", "concision"), holder="per-z", held_until=100,
)  # fmt: skip

DIVIDED = {
    ("a_clearly", "a_clearly"): False,
    ("a_clearly", "a_slightly"): False,
    ("a", "a_slightly"): False,
    ("a_slightly", "b_slightly"): True,
    ("tie", "a_slightly"): True,
    ("tie", "both_unacceptable"): True,
    ("both_unacceptable", "both_unacceptable"): False,
    ("abstain", "insufficient_context"): False,
    ("abstain", "tie"): True,
    ("insufficient_context", "b_clearly"): True,
    ("tie",): False,
    (): False,
}


@pytest.mark.parametrize("verdicts", DIVIDED)
def test_what_is_a_disagreement(verdicts: tuple[str, ...]) -> None:
    assert is_divided(verdicts) == DIVIDED[verdicts]
    assert is_divided(reversed(verdicts)) == DIVIDED[verdicts]


def test_a_disagreement_opens_when_all_have_judged() -> None:
    def found(verdicts: list[str], needed: int = 3) -> object:
        return opened("itm-1", programme="p", batch="b", verdicts=verdicts, needed=needed, is_expected=True, salt="00")

    assert found(["tie", "a_clearly"]) is None
    assert found(["tie", "tie", "tie"]) is None
    fact = opened(
        "itm-1", programme="p", batch="b", verdicts=["tie", "a_clearly", "tie"], needed=3, is_expected=True, salt="00"
    )
    assert fact is not None
    assert (fact.counts, fact.is_expected) == ({"a_clearly": 1, "tie": 2}, True)


REFUSED: dict[str, tuple[dict[str, object], dict[str, object], str]] = {
    "it is decided already": ({"state": "settled"}, {}, "already-adjudicated"),
    "it is preserved already": ({"state": "preserved"}, {}, "already-adjudicated"),
    "the adjudicator judged it": ({}, {"adjudicator": "per-x"}, "own-judgment"),
    "no criterion": ({}, {"criteria": []}, "unknown-criterion"),
    "a criterion of another rubric": ({}, {"criteria": ["reasoning", "beauty"]}, "unknown-criterion"),
    "no notes": ({}, {"notes": ""}, "notes-too-short"),
    "notes of spaces": ({}, {"notes": " " * 40}, "notes-too-short"),
    "nobody took it": ({"holder": None, "held_until": None}, {}, "case-not-taken"),
    "somebody else works on it": ({"holder": "per-w"}, {}, "case-held"),
    "somebody else did, and they took it from nobody": ({"holder": "per-w"}, {"now": 101}, "case-not-taken"),
    "notes of a few words": ({}, {"notes": "A is better, clearly"[:19]}, "notes-too-short"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_who_may_not_end_it(case: str) -> None:
    changes, wishes, code = REFUSED[case]
    values = {"adjudicator": "per-z", "criteria": ["reasoning"], "notes": NOTES, "now": 50} | wishes
    found = check(replace(CASE, **changes), **values)  # type: ignore[arg-type]  # by name
    assert isinstance(found, Refused)
    assert found.code == code


def test_who_may() -> None:
    assert check(CASE, adjudicator="per-z", criteria=["concision"], notes=NOTES, now=50) is None
    # A lease that ran out costs nobody their work while the case is free.
    assert check(CASE, adjudicator="per-z", criteria=["concision"], notes=NOTES, now=101) is None


@pytest.mark.parametrize("verdict", [*preference.IMPORTED_VERDICTS, "", "A"])
def test_only_a_verdict_that_decides_settles(verdict: str) -> None:
    decides = verdict in {"a_clearly", "a_slightly", "tie", "b_slightly", "b_clearly", "both_unacceptable"}
    found = settle(CASE, adjudicator="per-z", verdict=verdict, criteria=["reasoning"], notes=REF)
    assert isinstance(found, Refused) != decides
    assert (check_verdict(verdict) is None) == decides
    if not isinstance(found, Refused):
        assert (found.verdict, found.rubric_version, found.notes) == (verdict, "1.0.0", REF)


def test_what_is_preserved_keeps_every_count() -> None:
    fact = preserve(CASE, adjudicator="per-z", criteria=["reasoning"], notes=REF)
    assert fact.counts == CASE.counts


def test_tiers_stand_from_the_most_careful_to_the_least() -> None:
    risks = {"medical": "high", "legal": "high", "general": "low", "creative": "medium"}
    found = tiers(risks, ("medical", "legal", "software", "general", "creative"))
    assert found == [[], ["medical", "legal"], ["creative"], ["general"], ["software"]]


REMARK = Feedback(criterion="reasoning", what="ambiguous", words="Say what counts as a step.")
BAD_REMARKS: dict[str, tuple[list[Feedback], str]] = {
    "a criterion of another rubric": ([replace(REMARK, criterion="beauty")], "unknown-criterion"),
    "no criterion": ([replace(REMARK, criterion="")], "unknown-criterion"),
    "nothing wrong": ([replace(REMARK, what="")], "unknown-fault"),
    "another fault": ([replace(REMARK, what="ugly")], "unknown-fault"),
    "no words": ([REMARK, replace(REMARK, words="  too   ")], "words-too-short"),
    "too many": ([REMARK] * (FEEDBACK_MAX + 1), "too-much-feedback"),
}


@pytest.mark.parametrize("case", BAD_REMARKS)
def test_feedback_that_says_nothing_is_refused(case: str) -> None:
    given, code = BAD_REMARKS[case]
    found = check_feedback(given, CASE.criteria)
    assert found is not None
    assert (found.code, found.field) == (code, "feedback")


@pytest.mark.parametrize("what", FAULTS)
def test_feedback_may_name_every_fault(what: str) -> None:
    assert check_feedback([replace(REMARK, what=what)], CASE.criteria) is None
    assert check_feedback([], CASE.criteria) is None


def test_settling_what_people_may_differ_on_is_asked_for_twice() -> None:
    asked = check_confirmed("value_diversity", is_confirmed=False)
    assert asked is not None
    assert (asked.code, asked.field) == ("needs-confirmation", "confirmed")
    assert "competent people differ" in asked.sentence
    assert check_confirmed("value_diversity", is_confirmed=True) is None
    assert [check_confirmed(cause, is_confirmed=False) for cause in ("rater_error", "missing_context", None)] == [
        None
    ] * 3


def test_each_class_has_its_road() -> None:
    roads = {cause: found.road for cause in
             ("rater_error", "expertise_gap", "rubric_ambiguity", "missing_context", "value_diversity")
             if (found := warning(cause)) is not None}  # fmt: skip
    assert roads == {
        "rater_error": "settle", "expertise_gap": "return", "rubric_ambiguity": "settle", "missing_context": "return",
        "value_diversity": "preserve",
    }  # fmt: skip
    assert warning(None) is None


def test_judgments_go_back_for_a_reason() -> None:
    assert [check_return(why) for why in REASONS_TO_RETURN] == [None] * len(REASONS_TO_RETURN)
    refused = check_return("boredom")
    assert refused is not None
    assert (refused.code, refused.field) == ("unknown-reason", "why")
    fact = send_back(CASE, adjudicator="per-z", why="error", by_same=True, criteria=["reasoning"], notes=REF)
    assert (fact.item, fact.why, fact.by_same, fact.rubric_version) == ("itm-1", "error", True, "1.0.0")

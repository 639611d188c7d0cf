"""When judgments divide, and who may end it how."""

from dataclasses import replace

import pytest

from tallystick.events.envelope import ObjectRef
from tallystick.flow.adjudication import Case, check, check_verdict, is_divided, opened, preserve, settle
from tallystick.flow.refusal import Refused
from tallystick.signals import preference

NOTES = "Both readings were weighed."
REF = ObjectRef(object="obj-1", commitment="c", bytes=1)
CASE = Case(
    item="itm-1", programme="p", batch="bat-1", state="open", counts={"a_clearly": 1, "tie": 1},
    judges=frozenset({"per-x", "per-y"}), rubric="general", rubric_version="1.0.0",
    criteria=("reasoning", "concision"),
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
    "notes of a few words": ({}, {"notes": "A is better, clearly"[:19]}, "notes-too-short"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_who_may_not_end_it(case: str) -> None:
    changes, wishes, code = REFUSED[case]
    values = {"adjudicator": "per-z", "criteria": ["reasoning"], "notes": NOTES} | wishes
    found = check(replace(CASE, **changes), **values)  # type: ignore[arg-type]  # by name
    assert isinstance(found, Refused)
    assert found.code == code


def test_who_may() -> None:
    assert check(CASE, adjudicator="per-z", criteria=["concision"], notes=NOTES) is None


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

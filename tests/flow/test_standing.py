"""Which judgments may change their standing: rules as tables, and events that stay of a readable size."""

from itertools import count

import pytest

from tallystick.events.standing import JudgmentsHeld
from tallystick.flow import standing
from tallystick.flow.standing import CHUNK, Given, Why


def one(number: int = 1, **changes: object) -> Given:
    values: dict[str, object] = {
        "judgment": f"jdg-{number}", "item": f"itm-{number % 700}", "expert": "per-1", "programme": "plain",
        "rubric": "general", "standing": "counted",
    }  # fmt: skip
    return Given(**(values | changes))  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    ("given", "asked", "code"),
    [
        ([one()], ["jdg-1"], None),
        ([one(standing="held")], ["jdg-1"], None),
        ([], [], "unknown-judgment"),
        ([], ["jdg-1"], "unknown-judgment"),
        ([one()], ["jdg-1", "jdg-2"], "unknown-judgment"),
        ([one(programme="other")], ["jdg-1"], "unknown-judgment"),
        ([one(is_work=False, standing="sentinel")], ["jdg-1"], "unknown-judgment"),
        ([one(), one(2, standing="requeued")], ["jdg-1", "jdg-2"], "already-requeued"),
        ([one(is_erased=True)], ["jdg-1"], "erased"),
    ],
)
def test_what_can_be_judged_again(given: list[Given], asked: list[str], code: str | None) -> None:
    refused = standing.refuse_requeue(given, asked=asked, programme="plain")
    assert (refused and refused.code) == code


def test_a_refusal_says_how_many_and_names_few() -> None:
    refused = standing.refuse_requeue([], asked=[f"jdg-{n}" for n in range(500)], programme="plain")
    assert refused is not None
    assert "500" in refused.sentence
    assert len(refused.names) == standing.NAMES_MAX


def held(given: list[Given]) -> list[JudgmentsHeld]:
    return standing.held(given, hold="hld-1", programme="plain", expert="per-1", cause="drift", reference="7")


@pytest.mark.parametrize(
    "other",
    [
        {"expert": "per-2"}, {"programme": "other"}, {"standing": "held"}, {"standing": "requeued"},
        {"standing": "sentinel"}, {"is_work": False}, {"is_erased": True},
    ],
)  # fmt: skip
def test_only_the_experts_own_counted_work_is_held(other: dict[str, object]) -> None:
    assert [fact.judgments for fact in held([one(1), one(2, **other)])] == [["jdg-1"]]
    assert held([one(2, **other)]) == []


def test_many_judgments_make_several_events_of_one_hold() -> None:
    facts = held([one(n) for n in range(2 * CHUNK + 1)])
    assert [len(fact.judgments) for fact in facts] == [CHUNK, CHUNK, 1]
    assert {fact.hold for fact in facts} == {"hld-1"}


def test_each_rubric_has_events_of_its_own_and_each_event_a_salt_of_its_own() -> None:
    given = [one(n) for n in range(CHUNK + 1)] + [one(-1, rubric="creative", item="itm-x")]
    why = Why(cause="intervention", reference="int-1", by_same=True)
    salts = (f"{n:032x}" for n in count())
    facts = standing.requeued(
        given, why, programme="plain", versions={"general": "1.2.0", "creative": "1.0.0"}, salts=salts
    )
    assert [(fact.rubric, fact.rubric_version, len(fact.judgments)) for fact in facts] == [
        ("creative", "1.0.0", 1), ("general", "1.2.0", CHUNK), ("general", "1.2.0", 1),
    ]  # fmt: skip
    assert len({fact.salt for fact in facts}) == 3
    assert all(fact.items == sorted(set(fact.items)) for fact in facts)
    assert len(facts[1].items) == 700


@pytest.mark.parametrize(
    ("now", "notes", "is_needed", "code"),
    [
        ("held", "", False, None),
        ("held", "", True, "notes-too-short"),
        ("held", " " * 40, True, "notes-too-short"),
        ("held", "It speaks of the other one.", True, None),
        ("counted", "It speaks of the other one.", False, "not-held"),
        ("requeued", "It speaks of the other one.", True, "not-held"),
    ],
)
def test_what_can_be_reviewed(now: str, notes: str, is_needed: bool, code: str | None) -> None:
    refused = standing.refuse_review(one(standing=now), notes=notes, is_needed=is_needed)
    assert (refused and refused.code) == code


def test_what_is_not_on_record_is_not_reviewed() -> None:
    refused = standing.refuse_review(None, notes="", is_needed=False)
    assert refused is not None
    assert refused.code == "not-held"

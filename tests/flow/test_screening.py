"""Screening: it points at what is obvious, a person decides, and there is no road by which it could do more."""

import inspect
from dataclasses import fields, replace
from datetime import date

import msgspec
import pytest

from tallystick.events import KINDS, screening
from tallystick.flow import screening as flow
from tallystick.flow.credential import Credential, Decider
from tallystick.flow.screening import Disqualifier, Proposal, Screened

TODAY = date(2026, 11, 22)
LEAD = Decider(person="per-lead", is_machine=False)
PROPOSAL = Proposal(person="per-one", ground="licence-revoked", evidence="The registry says so.")
FAVOUR = ("pass", "score", "rank", "grade", "fit", "suit", "merit", "rating", "points", "approv", "clear", "accept")
"""Words of what screening must never say of anybody."""


@pytest.mark.parametrize(
    ("proposal", "code"),
    [
        (PROPOSAL, None),
        (replace(PROPOSAL, ground="passed"), "no-such-ground"),
        (replace(PROPOSAL, ground="score-12"), "no-such-ground"),
        (replace(PROPOSAL, evidence=" "), "no-evidence"),
        (replace(PROPOSAL, evidence=" nine char "), "no-evidence"),
        (replace(PROPOSAL, evidence="ten charac"), None),
        (replace(PROPOSAL, source="rule"), "rule-missing"),
        (replace(PROPOSAL, source="rule", rule="registry", rule_version="2"), None),
        (replace(PROPOSAL, rule="registry", rule_version="2"), "rule-missing"),
        (replace(PROPOSAL, source="oracle"), "bad-source"),
    ],
)
def test_only_obvious_grounds_with_evidence_and_rule_are_proposed(proposal: Proposal, code: str | None) -> None:
    refused = flow.check(proposal)
    assert (None if refused is None else refused.code) == code


@pytest.mark.parametrize(
    ("state", "decision", "by", "reason", "code"),
    [
        ("proposed", "confirmed", LEAD, "The registry was asked.", None),
        ("proposed", "dismissed", LEAD, "It is another person.", None),
        ("confirmed", "lifted", LEAD, "The licence is back.", None),
        ("proposed", "confirmed", LEAD, "yes", "reason-short"),
        ("proposed", "confirmed", replace(LEAD, is_machine=True), "The registry was asked.", "not-a-person"),
        ("proposed", "confirmed", Decider(person="per-one", is_machine=False), "I say so myself.", "own-credential"),
        ("dismissed", "confirmed", LEAD, "The registry was asked.", "not-at-this-stage"),
        ("proposed", "lifted", LEAD, "The licence is back.", "not-at-this-stage"),
        ("proposed", "passed", LEAD, "A splendid person.", "bad-decision"),
    ],
)
def test_only_a_person_decides_and_says_why(
    state: str, decision: str, by: Decider, reason: str, code: str | None
) -> None:
    one = Disqualifier(disqualifier="dsq-1", person="per-one", state=state)
    refused = flow.refuse_decision(one, by, decision=decision, reason=reason)
    assert (None if refused is None else refused.code) == code


def test_no_fact_of_screening_can_say_anything_good_of_anybody_or_a_number() -> None:
    kinds = [kind for kind in KINDS.values() if kind.__module__ == screening.__name__]
    assert len(kinds) == 5
    for kind in kinds:
        told = kind.__struct_fields__
        assert not [name for name in (kind.KIND, *told) if any(word in name for word in FAVOUR)]
        numbers = [part for part in msgspec.structs.fields(kind) if part.type in (int, float, bool)]
        assert numbers == [], "a number is a score in waiting"
    words = [*flow.GROUNDS, flow.PROPOSED, flow.CONFIRMED, flow.DISMISSED, flow.LIFTED]
    assert not [one for one in words if any(word in one for word in FAVOUR)]
    assert "ground" in {part.name for part in fields(Proposal)}
    public = [name for name, _ in inspect.getmembers(flow, inspect.isfunction) if not name.startswith("_")]
    assert not [name for name in public if any(word in name for word in FAVOUR)]


def person(name: str, **changes: object) -> Screened:
    values: dict[str, object] = {"person": name, "has_contract": True, "region": "DE", "credentials": ()}
    return Screened(**{**values, **changes})  # type: ignore[arg-type]  # by name


def test_a_ground_is_said_of_nobody_of_whom_the_record_says_otherwise() -> None:
    def licence(state: str, last: date) -> Credential:
        return Credential(
            credential="crd-1", person="per-one", type="licence", method="document", state=state, expires_on=last
        )

    def code(ground: str, about: str, known: Screened) -> str | None:
        refused = flow.refuse_contradicted(ground, about, known, TODAY)
        return None if refused is None else refused.code

    good, late = licence("verified", TODAY), licence("verified", date(2026, 11, 21))
    assert code("no-contract", "", person("per-one")) == "ground-contradicted"
    assert code("no-contract", "", person("per-one", has_contract=False)) is None
    assert code("credential-expired", "crd-1", person("per-one", credentials=(good,))) == "ground-contradicted"
    assert code("credential-expired", "crd-1", person("per-one", credentials=(late,))) is None
    assert code("credential-expired", "", person("per-one", credentials=(good,))) is None, "another one may be meant"
    assert code("licence-revoked", "crd-1", person("per-one", credentials=(good,))) is None


def test_rules_point_at_facts_and_leave_nothing_behind_of_others() -> None:
    gone = Credential(
        credential="crd-1", person="b", type="bar", method="document", state="verified", expires_on=date(2026, 11, 21)
    )
    number = frozenset({("bar", "de", "123")})
    people = [
        person("a"), person("b", credentials=(gone,)), person("c", has_contract=False), person("d", numbers=number),
        person("e", numbers=number), person("f", region="US-CA"), person("g", region=None),
    ]  # fmt: skip
    found = {(one.person, one.ground) for one in flow.found_by_rules(people, TODAY, sanctioned=("US",))}
    assert found == {
        ("b", "credential-expired"), ("c", "no-contract"), ("d", "duplicate-person"), ("e", "duplicate-person"),
        ("f", "sanctioned-region"),
    }  # fmt: skip
    assert all(flow.check(one) is None for one in flow.found_by_rules(people, TODAY, sanctioned=("US",)))
    assert flow.found_by_rules([person("a")], TODAY) == []

"""Whom an item is given to: region, language, clearance, what they take on. A table, and what no order changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.flow import routing as flow
from tallystick.flow.contract import LEVELS, DomainRouting, Routing, routing_for
from tallystick.flow.contract.routing import routing_faults
from tallystick.flow.routing import Able, DomainRule, Eligibility, Known

GERMAN = DomainRule(domain="medical", language_level="B2")
SURE = DomainRule(domain="medical", language_level="B2", is_language_confirmed=True)
SECRET = DomainRule(domain="medical", needs_clearance=True)
EUROPE = DomainRule(domain="medical", regions=("EU", "CH"))
PLACES = {"domain": "medical", "language": "de-AT"}


def knows(level: str, confirmed: str | None = None, tag: str = "de") -> Able:
    return Able(languages={tag: Known(level=level, confirmed=confirmed)})


@pytest.mark.parametrize(
    ("rule", "able", "is_allowed"),
    [
        (GERMAN, knows("B2"), True),
        (GERMAN, knows("native"), True),
        (GERMAN, knows("B1"), False),
        (GERMAN, knows("C2", tag="en"), False),
        (GERMAN, knows("C2", tag="de-AT"), True),
        (GERMAN, knows("C2", tag="de-CH"), False),
        (GERMAN, Able(), False),
        (SURE, knows("native"), False),
        (SURE, knows("native", confirmed="B1"), False),
        (SURE, knows("A1", confirmed="B2"), True),  # what somebody else found counts, not what they say
        (SECRET, Able(), False),
        (SECRET, Able(is_cleared=True), True),
        (EUROPE, Able(region="DE"), True),
        (EUROPE, Able(region="CH"), True),
        (EUROPE, Able(region="US"), False),
        (EUROPE, Able(), False),
    ],
)
def test_an_item_is_given_to_whom_the_contract_says(rule: DomainRule, able: Able, *, is_allowed: bool) -> None:
    found = Eligibility(rules={"medical": rule}, able=able)
    assert found.allows(PLACES) is is_allowed
    assert found.allows({**PLACES, "domain": "legal"}), "a domain without a rule asks nothing"


def test_what_somebody_leaves_out_or_has_had_enough_of_is_not_given() -> None:
    able = Able(opted_out=frozenset({"grim"}), closed=frozenset({"loud"}))
    found = Eligibility(rules={}, able=able)
    for content, is_allowed, waits in (("", True, ""), ("grim", False, ""), ("loud", False, "loud"),
                                       ("grim,loud", False, ""), ("calm", True, "")):  # fmt: skip
        places = {"domain": "general", "content": content}
        assert found.allows(places) is is_allowed
        assert found.waits_for(places) == (frozenset({waits}) if waits else frozenset())
    assert not found.asks_nothing
    assert Eligibility(rules={}, able=Able()).asks_nothing


@given(st.sampled_from(LEVELS), st.sampled_from(LEVELS))
def test_whoever_knows_a_language_better_gets_no_less(lower: str, higher: str) -> None:
    if LEVELS.index(lower) <= LEVELS.index(higher):
        few, more = (Eligibility(rules={"medical": GERMAN}, able=knows(level)) for level in (lower, higher))
        assert more.allows(PLACES) or not few.allows(PLACES)


@pytest.mark.parametrize(
    ("risk", "own", "asked"), [("restricted", None, True), ("high", None, False), ("low", True, True)]
)
def test_a_domain_of_restricted_risk_needs_a_clearance(risk: str, own: object, *, asked: bool) -> None:
    routing = Routing(domains={"medical": DomainRouting(clearance=own)} if own else {})  # type: ignore[arg-type]  # a bool
    assert routing_for(routing, "medical", risk).clearance is asked


def test_a_contract_cannot_open_a_restricted_domain_nor_name_one_that_it_has_not() -> None:
    routing = Routing(domains={"medical": DomainRouting(clearance=False), "legal": DomainRouting()})
    paths = [fault.path for fault in routing_faults(routing, {"medical": "restricted"})]
    assert paths == [("routing", "domains", "medical", "clearance"), ("routing", "domains", "legal")]


@pytest.mark.parametrize(
    ("languages", "code"),
    [({"de": "B2", "pt-BR": "native"}, None), ({"German": "B2"}, "unknown-language"), ({"de": "good"}, "unknown-level"),
     ({}, None), ({"d e": "B2"}, "unknown-language")],
)  # fmt: skip
def test_languages_are_tags_with_levels(languages: dict[str, str], code: str | None) -> None:
    found = flow.check_languages(languages)
    assert (found.code if found else None) == code


def test_nobody_confirms_or_clears_themselves() -> None:
    words = "In an interview of half an hour."
    assert flow.check_confirmation(["de"], "de", "B2", is_own=False, words=words) is None
    own = flow.check_confirmation(["de"], "de", "B2", is_own=True, words=words)
    other = flow.check_confirmation([], "de", "B2", is_own=False, words=words)
    granted = flow.check_grant(until=2, now=1, is_own=True, words=words)
    assert [found.code for found in (own, other, granted) if found] == [
        "own-language", "language-not-declared", "own-clearance",
    ]  # fmt: skip

"""Credentials: who may verify, what is never verified, when it holds, what runs out and what is lacking."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tallystick.events.credential import CredentialVerified
from tallystick.flow import credential as flow
from tallystick.flow.credential import Credential, Decider, Details, Evidence, Wish
from tallystick.flow.refusal import Refused

TODAY = date(2026, 11, 22)
LEAD, PROGRAM, HOLDER = (
    Decider(person="per-lead", is_machine=False), Decider(person="per-lead", is_machine=True),
    Decider(person="per-one", is_machine=False),
)  # fmt: skip
ONE = Credential(
    credential="crd-1", person="per-one", type="medical-licence", method="document", state="under_review",
    expires_on=None, evidence=(Evidence("c1", "per-one"), Evidence("c2", "per-lead")),
)  # fmt: skip


def verify(one: Credential, by: Decider = LEAD, method: str = "document", until: date | None = None) -> str:
    done = flow.verify(one, by, method=method, expires_on=until, today=TODAY)
    return done.code if isinstance(done, Refused) else "verified"


@pytest.mark.parametrize(
    ("one", "by", "method", "until", "told"),
    [
        (ONE, LEAD, "document", None, "verified"),
        (ONE, LEAD, "registry_lookup", TODAY, "verified"),
        (ONE, PROGRAM, "document", None, "not-a-person"),
        (ONE, HOLDER, "document", None, "own-credential"),
        (ONE, LEAD, "self_attested", None, "self-attested"),
        (ONE, LEAD, "guess", None, "self-attested"),
        (replace(ONE, evidence=()), LEAD, "document", None, "no-evidence"),
        (replace(ONE, evidence=ONE.evidence[:1]), LEAD, "document", None, "verified"),
        (replace(ONE, evidence=ONE.evidence[:1]), LEAD, "registry_lookup", None, "no-outside-evidence"),
        (replace(ONE, evidence=ONE.evidence[:1]), LEAD, "structured_interview", None, "no-outside-evidence"),
        (replace(ONE, state="declared"), LEAD, "document", None, "not-under-review"),
        (replace(ONE, state="rejected"), LEAD, "document", None, "credential-closed"),
        (replace(ONE, state="verified"), LEAD, "document", None, "credential-closed"),
        (ONE, LEAD, "document", TODAY - timedelta(1), "already-expired"),
    ],
)
def test_only_a_person_who_is_not_the_holder_verifies_and_only_on_evidence(
    one: Credential, by: Decider, method: str, until: date | None, told: str
) -> None:
    assert verify(one, by, method, until) == told


def test_what_was_verified_names_its_method_its_evidence_and_its_last_day() -> None:
    done = flow.verify(ONE, LEAD, method="registry_lookup", expires_on=TODAY, today=TODAY)
    assert isinstance(done, CredentialVerified)
    assert (done.method, done.evidence, done.expires_on) == ("registry_lookup", ["c1", "c2"], "2026-11-22")


@pytest.mark.parametrize(
    ("state", "until", "day", "told"),
    [
        ("verified", None, date(2090, 1, 1), "verified"),
        ("verified", TODAY, TODAY, "verified"),
        ("verified", TODAY, TODAY + timedelta(1), "expired"),
        ("withdrawn", TODAY, TODAY + timedelta(1), "withdrawn"),
        ("declared", TODAY, TODAY + timedelta(1), "declared"),
    ],
)
def test_the_state_is_a_function_of_the_day(state: str, until: date | None, day: date, told: str) -> None:
    assert flow.state_on(state, until, day) == told


def held(name: str, days: int | None, *, state: str = "verified", kind: str = "medical-licence") -> Credential:
    until = None if days is None else TODAY + timedelta(days)
    return Credential(credential=name, person="per-one", type=kind, method="document", state=state, expires_on=until)


def test_reminders_name_what_runs_out_soonest_first_and_nothing_that_was_renewed() -> None:
    every = [
        held("soon", 20, kind="board"), held("gone", -3, kind="degree"), held("far", 300, kind="training"),
        held("old", 10), held("new", 500), held("never", None, kind="language"), held("open", 5, state="declared"),
        held("back", 5, state="withdrawn"),
    ]  # fmt: skip
    found = flow.runs_out(every, TODAY, within_days=30)
    assert [(one.credential, one.days) for one in found] == [("gone", -3), ("soon", 20)]
    assert [one.credential for one in flow.runs_out(every, TODAY, within_days=1_000)] == ["gone", "soon", "far", "new"]
    endless = [*every, held("endless", None)]
    assert "new" not in [one.credential for one in flow.runs_out(endless, TODAY, within_days=1_000)]


def test_a_domain_lacks_what_is_not_verified_or_has_expired() -> None:
    demanded = {"medical": ("medical-licence", "board"), "legal": ("bar",), "general": ()}
    mine = [held("a", 0), held("b", -1, kind="board"), held("c", None, kind="bar", state="under_review")]
    assert flow.lacking(demanded, mine, TODAY) == {"medical": ("board",), "legal": ("bar",)}
    assert flow.lacking(demanded, mine, TODAY + timedelta(1))["medical"] == ("board", "medical-licence")


@pytest.mark.parametrize(
    ("mine", "told"),
    [
        ([], "which nobody has verified for you."),
        ([held("a", 5, state="declared"), held("b", -9)], "which nobody has verified for you yet."),
        ([held("a", -9), held("b", -2), held("c", -5)], "which expired on 2026-11-20."),
        ([held("a", 5, state="withdrawn"), held("b", 5, state="rejected")], "which was taken back."),
        ([held("a", 5, state="rejected"), held("b", 5, kind="board")], "which was rejected."),
    ],
)
def test_a_refusal_says_what_became_of_a_credential(mine: list[Credential], told: str) -> None:
    refused = flow.refuse_lacking(["medical-licence"], mine, todo="Renew it.")
    assert refused is not None
    assert f"medical-licence, {told} Renew it." in refused.sentence


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"type": "Medical Licence"}, "bad-type"),
        ({"method": "guess"}, "bad-method"),
        ({"details": Details(issuer=" ")}, "issuer-missing"),
        ({"details": Details(issuer="x", identifier="9" * 301)}, "too-long"),
        ({"expires_on": TODAY - timedelta(1)}, "already-expired"),
    ],
)
def test_what_can_be_declared(changes: dict[str, object], code: str | None) -> None:
    wish = replace(Wish(type="medical-licence", method="self_attested", details=Details(issuer="A chamber")), **changes)  # type: ignore[arg-type]  # by name
    refused = flow.check_wish(wish, TODAY)
    assert (None if refused is None else refused.code) == code

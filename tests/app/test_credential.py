"""Credentials and screening: from a declaration to what stops work, and to what erasing leaves."""

from collections.abc import Iterator
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path

import pytest
from living_cell import PROGRAMME, World, answer_of, contract_text, world_at
from restricted_work import SENIOR

from tallystick.app import (
    adjudication,
    assignment,
    contract,
    credential,
    erasure,
    judgment,
    roster,
    screening,
    tiers,
)
from tallystick.app.access import ABSENT, CELL, Actor
from tallystick.app.assignment import Task
from tallystick.app.cell import Cell
from tallystick.app.contract import today_of
from tallystick.app.credential import EvidenceFile
from tallystick.app.judgment import Saved
from tallystick.app.kernel import Receipt, new_key
from tallystick.events import fact_of
from tallystick.events.envelope import Envelope, open_entry
from tallystick.events.oversight import ContentAccessed
from tallystick.flow.credential import Details, Wish
from tallystick.flow.erasure import Wish as ErasureWish
from tallystick.flow.refusal import Refused
from tallystick.flow.screening import Proposal
from tallystick.ledger import journal
from tallystick.store import projection
from tallystick.store.schema import Row

DEMAND = "credentials: [{type: medical-licence, risks: [medium], why: Doctors only.}]\n"
PROOF = EvidenceFile("licence.pdf", b"%PDF a licence of Dr. Secret")
WHY = "The registry was asked today."


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with world_at(database_url, tmp_path / "cell") as found:
        yield found


def revise(world: World, section: str, version: str = "1.1.0", redundancy: int = 6) -> None:
    text = (
        contract_text(version, redundancy=redundancy).replace("Terms", version).replace("The plan", f"Plan {version}")
        + section
    )
    done = contract.bring_into_force(world.cell, world.lead, text=text, name="c.yaml", key=new_key())
    assert isinstance(done, contract.ContractInForce), done


def declared(world: World, actor: Actor, *, days: int | None = 400, renews: str | None = None, number: str = "") -> str:
    until = None if days is None else today_of(world.cell) + timedelta(days)
    wish = Wish(
        type="medical-licence", method="self_attested", expires_on=until, renews=renews,
        details=Details(issuer="Chamber of Secrets", jurisdiction="DE", identifier=number),
    )  # fmt: skip
    done = credential.declare(world.cell, actor, actor.person, wish, key=new_key())
    assert isinstance(done, credential.Declared), done
    assert isinstance(credential.add_evidence(world.cell, actor, done.credential, PROOF, key=new_key()), Receipt)
    return done.credential


def verify(world: World, name: str, *, days: int | None = 400, by: Actor | None = None) -> Receipt | Refused:
    who = by or world.lead
    credential.start_review(world.cell, who, name, key=new_key())
    until = None if days is None else today_of(world.cell) + timedelta(days)
    return credential.verify(world.cell, who, name, method="document", expires_on=until, key=new_key())


def state(world: World, name: str) -> str:
    found = credential.credential_page(world.cell, world.lead, name)
    assert isinstance(found, credential.CredentialPage)
    return found.state


def envelopes(world: World) -> list[Envelope]:
    with world.cell.read() as connection:
        return [open_entry(entry) for _, entry in journal.read(connection, 0, 20_000)]


def next_code(world: World, actor: Actor) -> str:
    found = assignment.next_task(world.cell, actor, PROGRAMME)
    return found.code if isinstance(found, Refused) else "task"


# --- credentials --------------------------------------------------------------------------------------------------


def test_a_credential_is_verified_by_a_person_on_evidence_and_expires_by_the_day(world: World) -> None:
    me, other = world.expert(), world.expert()
    name = declared(world, me)
    for who in (CELL, me, other):
        refused = verify(world, name, by=who)
        assert isinstance(refused, Refused), who
        assert refused.code in ("not-a-person", "absent")
    assert state(world, name) == "under_review" or state(world, name) == "declared"
    assert isinstance(verify(world, name), Receipt)
    assert state(world, name) == "verified"
    world.clock.pass_minutes(401 * 24 * 60)
    assert state(world, name) == "expired"
    due = credential.running_out(world.cell, world.lead, within_days=30)
    assert not isinstance(due, Refused)
    assert [(one.credential, one.days) for one in due] == [(name, -1)]
    later = declared(world, me, renews=name)
    assert isinstance(verify(world, later), Receipt)
    assert credential.running_out(world.cell, world.lead, within_days=30) == []
    assert credential.credential_page(world.cell, other, name) == ABSENT, "nobody else has a road to it"
    assert credential.evidence(world.cell, other, name, 1) == ABSENT


def test_each_look_at_evidence_is_an_event_and_nothing_personal_stands_in_the_clear(world: World) -> None:
    me = world.expert()
    name = declared(world, me, number="LANR 123456")
    found = credential.evidence(world.cell, world.lead, name, 1)
    assert found == PROOF
    looks = [fact_of(one) for one in envelopes(world) if one.kind == ContentAccessed.KIND]
    seen = [look for look in looks if isinstance(look, ContentAccessed) and look.what == "evidence"]
    assert [(look.subject, look.part, look.reason) for look in seen] == [(me.person, f"{name}/1", "staffing")]
    credential.reject(world.cell, world.lead, name, reason="A Secret of the reviewer.", key=new_key())
    told = b"".join(one.body for one in envelopes(world))
    with world.cell.read() as connection:
        tables = str(projection.dump(connection)).encode()
    for word in (b"Secret", b"123456", b"licence.pdf"):
        assert word not in told
        assert word not in tables


def test_a_simulated_lead_verifies_nothing(world: World) -> None:
    name = declared(world, world.expert())
    new = roster.NewPerson(name="A program", roles=("lead",), is_simulated=True)
    enrolled = roster.enrol(world.cell, world.lead, new, key=new_key())
    assert isinstance(enrolled, roster.Enrolled)
    program = roster.actor_of(world.cell, enrolled.person)
    assert program is not None
    refused = verify(world, name, by=program)
    assert isinstance(refused, Refused)
    assert refused.code == "not-a-person"


def test_a_simulated_lead_verifies_what_a_simulated_person_holds(world: World) -> None:
    """A demo shows a verified credential; whoever holds it stays marked as simulated everywhere."""
    actors = []
    for name, role in (("A program", "lead"), ("Another program", "expert")):
        new = roster.NewPerson(name=name, roles=(role,), is_simulated=True)
        enrolled = roster.enrol(world.cell, world.lead, new, key=new_key())
        assert isinstance(enrolled, roster.Enrolled)
        actor = roster.actor_of(world.cell, enrolled.person)
        assert actor is not None
        actors.append(actor)
    assert not isinstance(verify(world, declared(world, actors[1]), by=actors[0]), Refused)


def test_a_demanded_credential_opens_work_and_its_expiry_stops_new_work_and_what_is_handed_in(world: World) -> None:
    me = world.expert()
    revise(world, DEMAND)
    world.work(3)
    refused = assignment.next_task(world.cell, me, PROGRAMME)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.names) == ("credential-missing", ("medical-licence",))
    name = declared(world, me)
    assert next_code(world, me) == "credential-missing", "what nobody verified opens nothing"
    assert isinstance(verify(world, name, days=0), Receipt)
    held = assignment.next_task(world.cell, me, PROGRAMME)
    assert isinstance(held, Task)
    midnight = (24 * 3600 * 1_000_000 - world.clock.at % (24 * 3600 * 1_000_000)) // 60_000_000
    world.clock.pass_minutes(midnight + 1)
    credential_free = assignment.task(world.cell, me, held.assignment)
    assert isinstance(credential_free, Task), "what one holds stays one's own"
    late = judgment.submit(world.cell, me, held.assignment, answer_of(), key=new_key())
    assert isinstance(late, Refused)
    assert (late.code, late.names) == ("credential-missing", ("medical-licence",))
    assert "medical-licence, which expired on" in late.sentence
    assert "Your draft is kept" in late.sentence
    renewed = declared(world, me, renews=name)
    assert isinstance(verify(world, renewed, days=0), Receipt)
    assert isinstance(judgment.submit(world.cell, me, held.assignment, answer_of(), key=new_key()), Saved)
    world.clock.pass_minutes(24 * 60)
    world.clock.pass_minutes(61)
    assert next_code(world, me) == "credential-missing"
    revise(world, "", "1.2.0")
    assert next_code(world, me) == "task", "a version that demands none demands none"


def test_a_long_queue_that_is_closed_to_somebody_is_asked_about_once(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    domains = ("general", "medical")
    with world_at(database_url, tmp_path / "cell", domains=domains, redundancy=2) as world:
        for expert in (first := world.expert(), second := world.expert()):
            verify(world, declared(world, expert))
        text = contract_text("1.1.0", domains=domains, redundancy=2)
        text = text.replace("medical, risk: medium", "medical, risk: high") + DEMAND.replace("medium", "high") + SENIOR
        done = contract.bring_into_force(world.cell, world.lead, text=text, name="c.yaml", key=new_key())
        assert isinstance(done, contract.ContractInForce), done
        world.work(3, domain="medical")
        world.work(1, start=4)
        for _ in range(4):
            world.judge(first, "a_clearly")
            world.judge(second, "b_clearly")
        of_queue = import_module("tallystick.app.adjudication.queue")
        asked: list[str] = []
        refuse = of_queue.refuse_decider

        def noted(cell: Cell, connection: journal.Connection, actor: Actor, row: Row) -> Refused | None:
            asked.append(row.domain)
            refused: Refused | None = refuse(cell, connection, actor, row)
            return refused

        monkeypatch.setattr(of_queue, "refuse_decider", noted)
        one, other = (world.expert("adjudicator", domains=()) for _ in range(2))
        for who in (one, other):
            granted = tiers.grant_senior(
                world.cell, world.lead, PROGRAMME, who.person, rests_on="years", reason=WHY, key=new_key()
            )
            assert isinstance(granted, Receipt), granted
        assert isinstance(adjudication.take_next(world.cell, one, PROGRAMME, key=new_key()), adjudication.Taken)
        assert asked == ["medical", "general", "general"], "the last of them as the case is leased"
        asked.clear()
        refused = adjudication.take_next(world.cell, other, PROGRAMME, key=new_key())
        assert isinstance(refused, Refused)
        assert (refused.code, asked) == ("credential-missing", ["medical"])


@pytest.mark.parametrize("demanded", ["of the domain", "of a senior"])
def test_a_case_is_taken_and_ended_under_credentials_that_are_in_force(world: World, demanded: str) -> None:
    """The domain asks for one of whoever works there, or the contract rests being a senior adjudicator on one."""
    for one in (first := world.expert(), second := world.expert()):
        verify(world, declared(world, one))
    adjudicator = world.expert("adjudicator", domains=())
    if demanded == "of a senior":
        text = contract_text("1.1.0").replace("risk: medium", "risk: high")
        section = "assignment: {senior: {credential: medical-licence}, others_first: false}\n"
        done = contract.bring_into_force(world.cell, world.lead, text=text + section, name="c.yaml", key=new_key())
        assert isinstance(done, contract.ContractInForce), done
        granted = tiers.grant_senior(
            world.cell, world.lead, PROGRAMME, adjudicator.person, rests_on="credential", reason=WHY, key=new_key()
        )
        assert isinstance(granted, Receipt), granted
    else:
        revise(world, DEMAND, redundancy=2)
    world.work(1)
    world.judge(first, "a_clearly")
    world.judge(second, "b_clearly")
    refused = adjudication.take_next(world.cell, adjudicator, PROGRAMME, key=new_key())
    assert isinstance(refused, Refused)
    assert (refused.code, refused.names) == ("credential-missing", ("medical-licence",))
    assert "nobody has verified for you" in refused.sentence
    assert isinstance(verify(world, declared(world, adjudicator), days=0), Receipt)
    taken = adjudication.take_next(world.cell, adjudicator, PROGRAMME, key=new_key())
    assert isinstance(taken, adjudication.Taken), taken

    def end() -> adjudication.Closed | Refused:
        return adjudication.settle(
            world.cell, adjudicator, taken.item, verdict="tie", criteria=["reasoning"], notes=WHY, key=new_key()
        )

    world.clock.pass_minutes(24 * 60)
    late = end()
    assert isinstance(late, Refused)
    assert (late.code, "which expired on" in late.sentence) == ("credential-missing", True)


# --- screening ----------------------------------------------------------------------------------------------------


def proposed(world: World, actor: Actor, programme: str | None = None) -> str:
    wish = Proposal(person=actor.person, ground="licence-revoked", evidence="Says the registry.", programme=programme)
    done = screening.propose(world.cell, world.lead, [wish], key=new_key())
    assert isinstance(done, screening.Proposed), done
    return done.disqualifiers[0]


def decide(world: World, name: str, decision: str, by: Actor | None = None) -> Receipt | Refused:
    return screening.decide(world.cell, by or world.lead, name, decision=decision, reason=WHY, key=new_key())


def test_a_disqualifier_does_nothing_until_a_person_confirms_it_and_can_be_lifted(world: World) -> None:
    me = world.expert()
    world.work(2)
    name = proposed(world, me)
    task = assignment.next_task(world.cell, me, PROGRAMME)
    assert isinstance(task, Task), "a proposal has no effect"
    for who in (CELL, me):
        refused = decide(world, name, "confirmed", by=who)
        assert isinstance(refused, Refused)
    assert isinstance(decide(world, name, "confirmed"), Receipt)
    assert next_code(world, me) == "disqualified"
    assert isinstance(assignment.task(world.cell, me, task.assignment), Refused), "the lease was called back"
    answered = screening.answer(world.cell, me, name, words="They mean my sister.", key=new_key())
    assert isinstance(answered, Receipt)
    mine = screening.of_person(world.cell, me, me.person)
    assert not isinstance(mine, Refused)
    said = [(part.what, part.words) for part in mine[0].said]
    assert said == [("confirmed", WHY), ("answered", "They mean my sister.")]
    assert mine[0].evidence is None
    theirs = screening.of_person(world.cell, world.lead, me.person)
    assert not isinstance(theirs, Refused)
    assert theirs[0].evidence == "Says the registry."
    assert isinstance(decide(world, name, "lifted"), Receipt)
    assert next_code(world, me) == "task"


def test_a_disqualifier_of_another_programme_stops_nothing_here_and_a_repeat_is_refused(world: World) -> None:
    me = world.expert()
    world.work(1)
    wish = Proposal(person=me.person, ground="licence-revoked", evidence=WHY, programme="no-such")
    refused = screening.propose(world.cell, world.lead, [wish], key=new_key())
    assert isinstance(refused, Refused)
    assert refused.code == "no-such-programme"
    name = proposed(world, me, PROGRAMME)
    again = screening.propose(
        world.cell, world.lead,
        [Proposal(person=me.person, ground="licence-revoked", evidence=WHY, programme=PROGRAMME)], key=new_key(),
    )  # fmt: skip
    assert isinstance(again, Refused)
    assert again.code == "already-proposed"
    assert isinstance(decide(world, name, "dismissed"), Receipt)
    assert next_code(world, me) == "task"


def test_a_ground_that_the_record_contradicts_is_neither_proposed_nor_confirmed(world: World) -> None:
    signed, person = world.expert(), world.person("Nobody signed", "expert")

    def propose(who: str) -> screening.Proposed | Refused:
        wish = Proposal(person=who, ground="no-contract", evidence=WHY)
        return screening.propose(world.cell, world.lead, [wish], key=new_key())

    refused = propose(signed.person)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.field) == ("ground-contradicted", "ground")
    assert "found that the contract with this person is executed" in refused.sentence
    done = propose(person.person)
    assert isinstance(done, screening.Proposed)
    executed = roster.execute_contract(
        world.cell, world.lead, person.person, template=b"Terms", executed_at=0, ip_assigned_at=0, key=new_key()
    )
    assert isinstance(executed, Receipt), executed
    late = decide(world, done.disqualifiers[0], "confirmed")
    assert isinstance(late, Refused)
    assert late.code == "ground-contradicted"
    assert isinstance(decide(world, done.disqualifiers[0], "dismissed"), Receipt)


def test_rules_propose_what_they_find_once_and_leave_nothing_behind_of_others(world: World) -> None:
    one, two, fine = world.expert(), world.expert(), world.expert()
    for who in (one, two):
        declared(world, who, number="LANR 12 34")
    world.person("Nobody signed", "expert")
    before = len(envelopes(world))
    found = screening.run_rules(world.cell, world.lead, key=new_key())
    assert isinstance(found, screening.Proposed)
    waiting = screening.waiting(world.cell, world.lead)
    assert not isinstance(waiting, Refused)
    assert sorted((row.ground, row.person in (one.person, two.person)) for row in waiting) == [
        ("duplicate-person", True), ("duplicate-person", True), ("no-contract", False),
    ]  # fmt: skip
    assert fine.person not in str([one.body for one in envelopes(world)[before:] if "accessed" not in one.kind])
    repeat = screening.run_rules(world.cell, world.lead, key=new_key())
    assert isinstance(repeat, screening.Proposed)
    assert (repeat.disqualifiers, repeat.known) == ((), 3)


def test_erasing_a_person_takes_their_credentials_and_all_that_was_said_of_them(world: World) -> None:
    me = world.expert()
    name = declared(world, me)
    proposed(world, me)
    wish = ErasureWish(what="subject", target=f"person:{me.person}", reason="subject-request")
    assert not isinstance(erasure.order(world.cell, world.lead, wish, key=new_key()), Refused)
    found = credential.evidence(world.cell, world.lead, name, 1)
    assert isinstance(found, Refused)
    assert found.code == "erased"
    page = credential.credential_page(world.cell, world.lead, name)
    assert isinstance(page, credential.CredentialPage)
    assert "Secret" not in page.details.issuer
    assert isinstance(verify(world, name), Refused)


def test_days_are_of_the_cells_clock(world: World) -> None:
    assert today_of(world.cell) == date(2023, 11, 14)

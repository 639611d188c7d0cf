"""Who takes part: a lead, experts who qualify, adjudicators of whom some are senior. Made through app."""

from dataclasses import dataclass
from typing import TypeVar

from tallystick.app import contract, items, roster, routing, rubric, tiers, welfare
from tallystick.app.access import CELL, Actor
from tallystick.app.cell import Cell
from tallystick.app.kernel import new_key
from tallystick.flow.refusal import Refused
from tallystick.signals.preference import swap
from tallystick.signals.shape import Answer, Reason
from tallystick.sim.assignment import plan
from tallystick.sim.assignment.plan import PROGRAMME, Person

REASON = "Simulated: it is drawn from the seed, nobody was asked."
Done = TypeVar("Done")


class Unexpected(RuntimeError):
    """The cell refused what the simulation takes for granted; the message is its own sentence."""


def done(answer: Done | Refused) -> Done:
    """What came of a command that has to succeed."""
    if isinstance(answer, Refused):
        raise Unexpected(f"{answer.code}: {answer.sentence}")
    return answer


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody by their actors; adjudicators with whether they are senior."""

    lead: Actor
    experts: tuple[Actor, ...]
    adjudicators: tuple[Actor, ...]
    seniors: frozenset[str]


def answer_of(verdict: str, words: str) -> Answer:
    """An answer whose scores carry its verdict."""
    a, b = (4, 3) if verdict.startswith("a") else (3, 4)
    return Answer.model_validate({
        "verdict": verdict, "scores": {"reasoning": {"a": a, "b": b}}, "active_ms": 60_000,
        "reasons": [Reason(criterion="reasoning", text=words)],
    })  # fmt: skip


def as_shown(first: str, verdict: str) -> str:
    """A verdict on the item's own candidates, for the order in which they are shown."""
    return verdict if "is one" in first else swap(verdict)


def open_programme(cell: Cell, listed: list[dict[str, object]]) -> Actor:
    """A lead, the contract and its rubrics, and the gold items."""
    lead = _person(cell, CELL, "Lead", roles=("lead",))
    text = plan.contract(listed)
    made = contract.bring_into_force(cell, lead, text=text, name="contract.yaml", key=new_key())
    if not isinstance(made, contract.ContractInForce):
        raise Unexpected(f"the contract was not taken: {made}")
    for domain in plan.RISKS:
        rubric.publish(
            cell, lead, programme=PROGRAMME, text=plan.rubric(domain), name=f"{domain}.yaml",
            key=new_key(),
        )  # fmt: skip
    bring(cell, lead, plan.gold(), batch="gold", purpose="gold")
    return lead


def bring(cell: Cell, lead: Actor, listed: list[dict[str, object]], *, batch: str, purpose: str = "work") -> None:
    """Import rows that are all good."""
    wanted = items.Wanted(programme=PROGRAMME, name=f"{batch}.jsonl", batch=batch, purpose=purpose)
    report = items.import_items(cell, lead, plan.lines(listed), wanted)
    if not isinstance(report, items.ImportReport) or report.problems:
        raise Unexpected(f"expected every item to come in, found {report}")


def _person(cell: Cell, by: Actor, name: str, *, roles: tuple[str, ...], expert_roles: tuple[str, ...] = ()) -> Actor:
    new = roster.NewPerson(name=name, roles=roles, expert_roles=expert_roles, is_simulated=True)
    made = done(roster.enrol(cell, by, new, key=new_key()))
    actor = roster.actor_of(cell, made.person)
    assert actor is not None, "whoever was enrolled can act"
    return actor


def join(cell: Cell, lead: Actor, person: Person, *, until: int) -> Actor:
    """An expert with contract, languages, clearance and settings, qualified in their domains."""
    actor = _person(cell, lead, f"Expert {person.number}", roles=("expert",))
    _sign(cell, lead, actor)
    tags = dict.fromkeys(person.languages, "C1")
    done(routing.declare_languages(cell, actor, tags, key=new_key()))
    if "legal" in person.domains:
        done(routing.grant(cell, lead, actor.person, programme=PROGRAMME, until=until, reason=REASON, key=new_key()))
    if person.opts_out:
        done(welfare.save_settings(cell, actor, opted_out=[plan.CATEGORY], time_zone="UTC", key=new_key()))
    for domain in person.domains:
        _qualify(cell, actor, domain)
    return actor


def _sign(cell: Cell, lead: Actor, actor: Actor) -> None:
    done(
        roster.execute_contract(
            cell, lead, actor.person, template=b"terms", executed_at=1, ip_assigned_at=1,
            key=new_key(),
        )
    )  # fmt: skip


def _qualify(cell: Cell, actor: Actor, domain: str) -> None:
    begun = done(roster.start_qualification(cell, actor, programme=PROGRAMME, rubric=domain, key=new_key()))
    for number in range(plan.GOLD):
        task = done(roster.gold_task(cell, actor, begun.qualification))
        answer = answer_of(as_shown(task.shown.first, "a_clearly"), f"Step {number} of {actor.person} shows it.")
        done(
            roster.answer_gold(
                cell, actor, begun.qualification, item=task.item, answer=answer, key=new_key()
            )
        )  # fmt: skip


def adjudicator(cell: Cell, lead: Actor, number: int, *, is_senior: bool, until: int) -> Actor:
    """An adjudicator who knows every language and may see everything; a senior one when told so."""
    actor = _person(cell, lead, f"Adjudicator {number}", roles=("expert",), expert_roles=("adjudicator",))
    _sign(cell, lead, actor)
    tags = dict.fromkeys(plan.LANGUAGES, "C1")
    done(routing.declare_languages(cell, actor, tags, key=new_key()))
    done(routing.grant(cell, lead, actor.person, programme=PROGRAMME, until=until, reason=REASON, key=new_key()))
    if is_senior:
        done(tiers.grant_senior(cell, lead, PROGRAMME, actor.person, rests_on="years", reason=REASON, key=new_key()))
    return actor

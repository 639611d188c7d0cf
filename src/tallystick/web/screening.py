"""Screening: disqualifiers on a person's page, decisions, answers, the cell's rules. Reads and writes through app."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tallystick.app import access, contract, screening
from tallystick.app.kernel import Receipt, new_key
from tallystick.app.screening import DisqualifierView, Proposed
from tallystick.edge import Site, Visit
from tallystick.edge.pages import PageAnswer
from tallystick.flow.refusal import Refused
from tallystick.flow.screening import CONFIRMED, DISMISSED, GROUNDS, LIFTED, PROPOSED, Proposal
from tallystick.web import credential as credentials
from tallystick.web import frame, words
from tallystick.web.language import N_, Words, refusal_line, said, told
from tallystick.web.views import screening as views
from tallystick.web.views.parts import Choice, Link, Pill
from tallystick.web.views.roster import Blocked

FORM_BYTES = 20_000
ANSWER = "answer"
STATES: Mapping[str, Pill] = {
    PROPOSED: Pill(label="proposed: it does nothing", tone="waiting"), CONFIRMED: Pill(label="confirmed", tone="bad"),
    DISMISSED: Pill(label="dismissed"), LIFTED: Pill(label="lifted", tone="good"),
}  # fmt: skip
SAID: Final = Words({
    CONFIRMED: "Confirmed", DISMISSED: "Dismissed", LIFTED: "Lifted", "answered": "Answer of the person",
})  # fmt: skip
DECISIONS: Mapping[str, tuple[Choice, ...]] = {
    PROPOSED: (
        Choice(value=CONFIRMED, label=N_("Confirm it"), note=N_("It stops all their work in its scope at once.")),
        Choice(
            value=DISMISSED, label=N_("Dismiss it"), note=N_("It is none. That says nothing else about the person.")
        ),
    ),
    CONFIRMED: (Choice(value=LIFTED, label=N_("Lift it"), note=N_("Work is open again.")),),
}  # fmt: skip


def own_open(visit: Visit) -> list[Blocked]:
    """What is proposed or confirmed about oneself, for the page of one's work: where it stands and is answered."""
    link = Link(label=said("Read and answer it in your file"), href=f"/people/{visit.actor.person}#screening")
    return [
        Blocked(sentence=_own_line(told(GROUNDS[row.ground]), row.state, row.programme), link=link)
        for row in screening.own_open(visit.cell, visit.actor)
    ]


def _own_line(ground: str, state: str, programme: str | None) -> str:
    if state == PROPOSED:
        return said("A disqualifier was proposed about you, and does nothing yet: %(ground)s", ground=ground)
    if programme is None:
        return said("You get no work: a disqualifier was confirmed. %(ground)s", ground=ground)
    return said(
        "You get no work in %(programme)s: a disqualifier was confirmed. %(ground)s", programme=programme, ground=ground
    )


def mount(site: Site) -> None:
    """Register the cell's rules. What is said of one person is registered with their page."""
    site.page(
        "/screening/rules", run_rules, permission="screen", methods=("POST",), max_bytes=FORM_BYTES,
        form_at="/credentials",
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What was refused on a person's page: which form, and why. `of` is a disqualifier; empty for a new one."""

    refused: Refused
    of: str = ""


def section(visit: Visit, person: str, *, typed: Typed | None = None) -> views.Section | None:
    """What was proposed about a person, with the forms for whoever may."""
    found = screening.of_person(visit.cell, visit.actor, person)
    if isinstance(found, Refused):
        return None
    is_own = visit.actor.person == person
    may_screen = access.allows(visit.actor, "screen") and not is_own
    if not found and not may_screen:
        return None
    here = typed is not None and not typed.of
    return views.Section(
        cards=tuple(_card(visit, one, may_screen=may_screen, typed=typed) for one in found),
        action=f"/people/{person}/screening" if may_screen else None, idempotency_key=new_key(),
        grounds=tuple(
            Choice(value=name, label=told(label), is_chosen=here and visit.text("ground") == name)
            for name, label in GROUNDS.items()
        ),
        programmes=_programmes(visit), evidence=visit.text("evidence") if here else "",
        errors=_errors(typed) if here else (),
    )  # fmt: skip


def _errors(typed: Typed | None) -> tuple[tuple[str, str], ...]:
    return ((typed.refused.field, refusal_line(typed.refused)),) if typed is not None and typed.refused.field else ()


def _programmes(visit: Visit) -> tuple[Choice, ...]:
    found = contract.programmes(visit.cell, visit.actor)
    rows = [] if isinstance(found, Refused) else found
    chosen = visit.text("programme")
    everywhere = Choice(value="", label=said("All work of this cell"), is_chosen=not chosen)
    return (
        everywhere,
        *(Choice(value=row.programme, label=row.title, is_chosen=chosen == row.programme) for row in rows),
    )


def _scope(programme: str | None) -> str:
    return said("In the work of %(programme)s", programme=programme) if programme else said("In all work of this cell")


def _card(visit: Visit, one: DisqualifierView, *, may_screen: bool, typed: Typed | None) -> views.DisqualifierCard:
    row = one.row
    here = typed if typed is not None and typed.of == row.disqualifier else None
    is_own = visit.actor.person == row.person
    return views.DisqualifierCard(
        id=row.disqualifier, ground=GROUNDS[row.ground], status=STATES[row.state],
        scope=_scope(row.programme),
        source=f"{credentials.SOURCES[row.source]}{f', {row.rule} {row.rule_version}' if row.rule else ''}",
        at=words.moment(row.proposed_at), evidence=one.evidence,
        said=tuple(
            views.SaidRow(title=SAID[part.what], at=words.moment(part.at), words=part.words) for part in one.said
        ),
        action=f"/people/{row.person}/screening/{row.disqualifier}", idempotency_key=new_key(),
        decisions=DECISIONS.get(row.state, ()) if may_screen else (), may_answer=is_own,
        typed=visit.text("words") or visit.text("reason") if here else "", errors=_errors(here),
    )  # fmt: skip


def propose(visit: Visit) -> Proposed | Refused:
    """Propose a disqualifier from the form on a person's page."""
    proposal = Proposal(
        person=visit.path["person"], ground=visit.text("ground"), evidence=visit.text("evidence"),
        programme=visit.text("programme") or None,
    )  # fmt: skip
    return screening.propose(visit.cell, visit.actor, [proposal], key=visit.text("idempotency_key"))


def decide(visit: Visit) -> Receipt | Refused:
    """Confirm, dismiss or lift a disqualifier, or answer it, from the form on a person's page."""
    name, key = visit.path["disqualifier"], visit.text("idempotency_key")
    if visit.text("decision") == ANSWER:
        return screening.answer(visit.cell, visit.actor, name, words=visit.text("words"), key=key)
    return screening.decide(
        visit.cell, visit.actor, name, decision=visit.text("decision"), reason=visit.text("reason"), key=key
    )


def run_rules(visit: Visit) -> PageAnswer:
    """Run the cell's own rules over all experts."""
    regions = visit.text("regions").replace(",", " ").split()
    done = screening.run_rules(visit.cell, visit.actor, sanctioned=regions, key=visit.text("idempotency_key"))
    if isinstance(done, Refused):
        refused = Refused(done.code, done.sentence, "regions") if regions else done
        return credentials.overview_page(visit, refused=refused)
    return frame.moved(f"/credentials?done={'screened' if done.disqualifiers else 'screened-none'}")

"""Screening: propose obvious disqualifiers, decide on them as a person, answer them. Nothing here passes anybody."""

from typing import Annotated

from pydantic import Field

from tallystick.api.parts import Body, Done, InPath, Key, Line, Moment, Name, Paragraphs, Receipt, Shown
from tallystick.app import screening
from tallystick.edge import Site, Visit
from tallystick.flow.refusal import Refused
from tallystick.flow.screening import Proposal

TAG = "screening"
CONFLICT = (409, 422)


def mount(site: Site, prefix: str) -> None:
    """Register screening."""
    every, one = f"{prefix}/screening", f"{prefix}/screening/{{disqualifier}}"
    site.api("GET", every, waiting, permission="roster.read", answers=Waiting, tag=TAG)
    site.api("POST", every, propose, permission="screen", answers=Proposed, status=201, refusals=CONFLICT, tag=TAG)
    site.api("POST", f"{every}/rules", run_rules, permission="screen", answers=Proposed, refusals=CONFLICT, tag=TAG)
    site.api(
        "GET", f"{prefix}/people/{{person}}/screening", of_person, permission="self", answers=Disqualifiers, tag=TAG
    )
    site.api("POST", f"{one}/decision", decide, permission="screen", answers=Done, refusals=CONFLICT, tag=TAG)
    site.api("POST", f"{one}/answer", answer, permission="self", answers=Done, refusals=CONFLICT, tag=TAG)


class DisqualifierShown(Shown):
    """A disqualifier. While it is proposed it does nothing."""

    disqualifier: str
    person: str
    ground: str
    state: str = Field(description="proposed, confirmed, dismissed or lifted.")
    programme: str | None = Field(description="In whose work; null: in all work of the cell.")
    source: str = Field(description="rule, import or person.")
    rule: str
    rule_version: str
    proposed_at: Moment


class Waiting(Shown):
    """The disqualifiers on which a person has to decide."""

    disqualifiers: list[DisqualifierShown]


def waiting(visit: Visit) -> Waiting | Refused:
    """List proposed disqualifiers, newest first."""
    found = screening.waiting(visit.cell, visit.actor)
    return found if isinstance(found, Refused) else Waiting(disqualifiers=[_shown(row) for row in found])


def _shown(row: object) -> DisqualifierShown:
    return DisqualifierShown.of(row)


class NewDisqualifier(Body):
    """An obvious reason why somebody may not work. No other kind of finding can be recorded."""

    person: Name
    ground: Line = Field(
        description="no-contract, contract-ended, licence-revoked, credential-expired, duplicate-person or "
        "sanctioned-region."
    )
    evidence: Paragraphs = Field(description="What shows it. It goes into the vault.")
    source: Line = Field(default="person", description="person; import, for what another system's rule found.")
    rule: Line = Field(default="", description="Name of that rule; empty when a person proposes.")
    rule_version: Line = ""
    about: Line = Field(default="", description="What it rests on, by its id in the cell: a credential, a person.")
    programme: Name | None = None


class Proposed(Shown):
    """What was recorded. What had been proposed before is counted, and not written twice."""

    disqualifiers: list[str]
    known: int
    receipt: Receipt

    @classmethod
    def made(cls, found: screening.Proposed) -> "Proposed":
        """The answer to a proposal."""
        return cls(disqualifiers=list(found.disqualifiers), known=found.known, receipt=Receipt.of(found.receipt))


def propose(visit: Visit, body: NewDisqualifier, key: Key) -> Proposed | Refused:
    """Propose a disqualifier. It has no effect until a person confirms it with a reason."""
    if body.source == "rule":
        return Refused("bad-source", "Expected person or import: `rule` is for the cell's own rules.", "source")
    proposal = Proposal(
        person=body.person, ground=body.ground, evidence=body.evidence, source=body.source, rule=body.rule,
        rule_version=body.rule_version, about=body.about, programme=body.programme,
    )  # fmt: skip
    found = screening.propose(visit.cell, visit.actor, [proposal], key=key)
    return found if isinstance(found, Refused) else Proposed.made(found)


class RulesWanted(Body):
    """What the cell's own rules need to know."""

    sanctioned_regions: Annotated[list[Line], Field(max_length=300)] = Field(
        default_factory=list, description="ISO 3166 codes of regions in which nobody may be given work."
    )


def run_rules(visit: Visit, body: RulesWanted, key: Key) -> Proposed | Refused:
    """Run the cell's own rules over all experts. Whom they point at nothing of is told nowhere: nobody passes."""
    found = screening.run_rules(visit.cell, visit.actor, sanctioned=body.sanctioned_regions, key=key)
    return found if isinstance(found, Refused) else Proposed.made(found)


class SaidShown(Shown):
    """What was said of a disqualifier."""

    what: str = Field(description="confirmed, dismissed, lifted or answered.")
    by: str
    at: Moment
    words: str


class DisqualifierDetail(Shown):
    """A disqualifier with what was said of it. Evidence is null for the person: it may speak of others."""

    disqualifier: DisqualifierShown
    evidence: str | None
    said: list[SaidShown]


class Disqualifiers(Shown):
    """What was proposed about a person."""

    disqualifiers: list[DisqualifierDetail]


def of_person(visit: Visit, person: InPath) -> Disqualifiers | Refused:
    """See what was proposed about a person: for those who read the roster, and for the person."""
    found = screening.of_person(visit.cell, visit.actor, person)
    if isinstance(found, Refused):
        return found
    return Disqualifiers(disqualifiers=[
        DisqualifierDetail(
            disqualifier=_shown(one.row), evidence=one.evidence, said=[SaidShown.of(part) for part in one.said]
        )
        for one in found
    ])  # fmt: skip


class DisqualifierDecision(Body):
    """What a person makes of a disqualifier, and why."""

    decision: Line = Field(description="confirmed, dismissed or lifted.")
    reason: Paragraphs


def decide(visit: Visit, disqualifier: InPath, body: DisqualifierDecision, key: Key) -> Done | Refused:
    """Confirm, dismiss or lift a disqualifier. A program cannot, and nobody about themselves."""
    found = screening.decide(visit.cell, visit.actor, disqualifier, decision=body.decision, reason=body.reason, key=key)
    return found if isinstance(found, Refused) else Done.of(found)


class DisqualifierAnswer(Body):
    """What you say to it."""

    words: Paragraphs


def answer(visit: Visit, disqualifier: InPath, body: DisqualifierAnswer, key: Key) -> Done | Refused:
    """Answer in words what is said about yourself."""
    found = screening.answer(visit.cell, visit.actor, disqualifier, words=body.words, key=key)
    return found if isinstance(found, Refused) else Done.of(found)

"""Screening: proposed disqualifiers from a closed list, which do nothing until a person confirms them. Pure.

There is no function here by which anybody passes, is scored or ranked, and none may be added: SPEC 4.2.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from tallystick.events.envelope import ObjectRef
from tallystick.events.screening import (
    DisqualifierAnswered,
    DisqualifierConfirmed,
    DisqualifierDismissed,
    DisqualifierLifted,
    DisqualifierProposed,
)
from tallystick.flow.credential import (
    REASON_CHARACTERS_MIN,
    Credential,
    Decider,
    holds_on,
    refuse_decider,
    refuse_reason,
    runs_out,
)
from tallystick.flow.refusal import Refused

GROUNDS: Final[Mapping[str, str]] = {
    "no-contract": "No contract with this person is executed.",
    "contract-ended": "The contract with this person has ended.",
    "licence-revoked": "The registry says that a licence was revoked.",
    "credential-expired": "A credential has expired and was not renewed.",
    "duplicate-person": "The same person is enrolled twice.",
    "sanctioned-region": "The person is in a region where they may not be given work.",
}
"""Every ground there is, with what it says. Each is a plain fact that anybody can check; none judges a person."""
SOURCES: Final = ("rule", "import", "person")
PROPOSED, CONFIRMED, DISMISSED, LIFTED = "proposed", "confirmed", "dismissed", "lifted"
WORDS_CHARACTERS_MAX: Final = 5_000
RULE_VERSION: Final = "1"
DISQUALIFIED: Final = Refused(
    "disqualified",
    "You get no work here: a disqualifier was confirmed. Your own page says which and why. You can answer it there.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A disqualifier that somebody or something points at.

    programme  in whose work; None: in all work of the cell
    rule       and its version: empty when a person proposes
    about      what it rests on, by its id in the cell
    evidence   in words: goes into the vault
    """

    person: str
    ground: str
    evidence: str
    source: str = "person"
    rule: str = ""
    rule_version: str = ""
    about: str = ""
    programme: str | None = None

    @property
    def name(self) -> tuple[str, str, str | None, str]:
        """What makes two proposals the same."""
        return (self.person, self.ground, self.programme, self.about)


def check(proposal: Proposal) -> Refused | None:
    """Why this is no disqualifier, or None."""
    if proposal.ground not in GROUNDS:
        sentence = (
            f"Expected one of the obvious grounds {', '.join(GROUNDS)}, found {proposal.ground[:60]!r}: screening can "
            "point at nothing else, and can pass or rank nobody."
        )
        return Refused("no-such-ground", sentence, "ground")
    if proposal.source not in SOURCES:
        return Refused("bad-source", f"Expected a source among {', '.join(SOURCES)}.", "source")
    if (proposal.source != "person") != bool(proposal.rule and proposal.rule_version):
        sentence = "Expected the name and the version of the rule that found it; none when a person proposes."
        return Refused("rule-missing", sentence, "rule")
    if len(proposal.evidence.strip()) < REASON_CHARACTERS_MIN or len(proposal.evidence) > WORDS_CHARACTERS_MAX:
        sentence = f"Say what shows it, in {REASON_CHARACTERS_MIN} to {WORDS_CHARACTERS_MAX:,} characters."
        return Refused("no-evidence", sentence, "evidence")
    return None


def propose(proposal: Proposal, *, disqualifier: str, evidence: ObjectRef) -> DisqualifierProposed:
    """Record what a rule or a person points at. `check` has passed."""
    return DisqualifierProposed(
        disqualifier=disqualifier, person=proposal.person, ground=proposal.ground, programme=proposal.programme,
        source=proposal.source, rule=proposal.rule, rule_version=proposal.rule_version, about=proposal.about,
        evidence=evidence,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Disqualifier:
    """A disqualifier as decisions need it."""

    disqualifier: str
    person: str
    state: str


_FROM: Final = {CONFIRMED: PROPOSED, DISMISSED: PROPOSED, LIFTED: CONFIRMED}
Decided = DisqualifierConfirmed | DisqualifierDismissed | DisqualifierLifted
_FACTS: Final[Mapping[str, type[Decided]]] = {
    CONFIRMED: DisqualifierConfirmed, DISMISSED: DisqualifierDismissed, LIFTED: DisqualifierLifted,
}  # fmt: skip


def refuse_decision(one: Disqualifier, by: Decider, *, decision: str, reason: str) -> Refused | None:
    """Why somebody may not decide so, or None.

    decision  confirmed, dismissed or lifted
    """
    if decision not in _FROM:
        return Refused("bad-decision", f"Expected a decision among {', '.join(_FROM)}.", "decision")
    refused = refuse_decider(one.person, by)
    if refused:
        return refused
    if one.state != _FROM[decision]:
        sentence = f"Expected a disqualifier that is {_FROM[decision]}, found one that is {one.state}: look again."
        return Refused("not-at-this-stage", sentence, "decision")
    return refuse_reason(reason)


def decide(one: Disqualifier, decision: str, reason: ObjectRef) -> Decided:
    """What a person made of a disqualifier. `refuse_decision` has passed."""
    return _FACTS[decision](disqualifier=one.disqualifier, person=one.person, reason=reason)


def refuse_answer(words: str) -> Refused | None:
    """Why these words are no answer, or None."""
    if not words.strip() or len(words) > WORDS_CHARACTERS_MAX:
        return Refused("no-words", f"Expected your answer in 1 to {WORDS_CHARACTERS_MAX:,} characters.", "words")
    return None


def answer(one: Disqualifier, words: ObjectRef) -> DisqualifierAnswered:
    """The answer of whom it concerns."""
    return DisqualifierAnswered(disqualifier=one.disqualifier, person=one.person, words=words)


# --- the rules that the cell brings along -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """What rules know of one expert.

    numbers  (type, jurisdiction, identifier) of their credentials, those with an identifier
    """

    person: str
    has_contract: bool
    region: str | None
    credentials: tuple[Credential, ...]
    numbers: frozenset[tuple[str, str, str]] = frozenset()


def refuse_contradicted(ground: str, about: str, known: Screened, today: date) -> Refused | None:
    """Why a ground cannot be proposed or confirmed of somebody: the record of this cell says otherwise. None: it may.

    about  what it rests on, by its id in the cell; empty where nothing is named
    """
    if ground == "no-contract" and known.has_contract:
        sentence = (
            "Expected a person without an executed contract, found that the contract with this person is executed: "
            "leave it, or dismiss it where it was proposed."
        )
        return Refused("ground-contradicted", sentence, "ground")
    named = next((one for one in known.credentials if one.credential == about), None)
    if ground == "credential-expired" and named is not None and holds_on(named, today):
        sentence = (
            f"Expected a credential that has expired, found that {named.type} is verified and holds today: leave it, "
            "or dismiss it where it was proposed."
        )
        return Refused("ground-contradicted", sentence, "ground")
    return None


def found_by_rules(people: Iterable[Screened], today: date, *, sanctioned: Iterable[str] = ()) -> list[Proposal]:
    """What the rules point at. Whom they point at nothing of is in no list: nobody passes.

    sanctioned  ISO 3166 codes; DE means all of Germany
    """
    every = list(people)
    regions = frozenset(sanctioned)
    return [
        *_without_contract(every),
        *_expired(every, today),
        *_twice(every),
        *_in_regions(every, regions),
    ]


def _rule(person: str, ground: str, evidence: str, about: str = "") -> Proposal:
    return Proposal(
        person=person, ground=ground, evidence=evidence, about=about, source="rule", rule=ground,
        rule_version=RULE_VERSION,
    )  # fmt: skip


def _without_contract(people: Iterable[Screened]) -> Iterable[Proposal]:
    for one in people:
        if not one.has_contract:
            yield _rule(one.person, "no-contract", "No execution of a contract is recorded for this person.")


def _expired(people: Iterable[Screened], today: date) -> Iterable[Proposal]:
    for one in people:
        for late in runs_out(one.credentials, today, within_days=-1):
            told = f"{late.type} ran out on {late.expires_on} and was not renewed."
            yield _rule(one.person, "credential-expired", told, late.credential)


def _twice(people: Iterable[Screened]) -> Iterable[Proposal]:
    """Both are pointed at: which of them stays is for a person to say."""
    owners: dict[tuple[str, str, str], list[str]] = {}
    for one in people:
        for number in sorted(one.numbers):
            owners.setdefault(number, []).append(one.person)
    for (kind, _, _), found in sorted(owners.items()):
        for person in found if len(found) > 1 else ():
            others = ", ".join(other for other in found if other != person)
            yield _rule(person, "duplicate-person", f"The same number of a {kind} is declared by {others}.", others)


def _in_regions(people: Iterable[Screened], regions: frozenset[str]) -> Iterable[Proposal]:
    for one in people:
        if one.region is not None and {one.region, one.region.partition("-")[0]} & regions:
            told = f"The declared region {one.region} is in the list {', '.join(sorted(regions))}."
            yield _rule(one.person, "sanctioned-region", told, one.region)

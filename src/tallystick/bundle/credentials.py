"""What each expert of a release holds and passed, as pseudonyms: credential manifest and qualifications. Pure.

Types, methods, states, dates and digests only: names, numbers and issuers stay in the vault of the cell.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime

from tallystick.bundle.rows import CredentialHeld, CriterionShare, QualificationResult
from tallystick.bundle.state import Entered, State
from tallystick.events.credential import (
    CredentialDeclared,
    CredentialEvidenceAdded,
    CredentialRejected,
    CredentialReviewStarted,
    CredentialVerified,
    CredentialWithdrawn,
)
from tallystick.events.roster import PersonQualified
from tallystick.flow import credential as flow

NONE_RECORDED = "not recorded by this version; qualification on gold items stands in their place"
_STATES = {
    CredentialDeclared: flow.DECLARED, CredentialReviewStarted: flow.UNDER_REVIEW, CredentialVerified: flow.VERIFIED,
    CredentialRejected: flow.REJECTED, CredentialWithdrawn: flow.WITHDRAWN,
}  # fmt: skip


def held(state: State) -> list[CredentialHeld]:
    """Every credential of the experts of a release as it stood at the cut, in the order in which they were declared."""
    return [_held(state, one) for one in _declared(state)]


def _declared(state: State) -> Iterator[Entered[CredentialDeclared]]:
    for one in state.credentials:
        if isinstance(one.fact, CredentialDeclared):
            yield Entered(one.seq, one.at, one.fact)


def _held(state: State, declared: Entered[CredentialDeclared]) -> CredentialHeld:
    fact = declared.fact
    told = [one for one in state.credentials if one.fact.credential == fact.credential]
    verified = next((one for one in told if isinstance(one.fact, CredentialVerified)), None)
    found = verified.fact if verified is not None and isinstance(verified.fact, CredentialVerified) else None
    recorded = [name for one in told if (name := _STATES.get(type(one.fact))) is not None][-1]
    expires_on = fact.expires_on if found is None else found.expires_on
    return CredentialHeld(
        person=fact.person, expert_roles=roles_of(state, fact.person)[1], credential=fact.credential, type=fact.type,
        state=flow.state_on(recorded, _day(expires_on), cut_day(state)),
        method=fact.method if found is None else found.method,
        verified_at=None if verified is None else verified.at, verified_seq=None if verified is None else verified.seq,
        expires_on=expires_on, renews=fact.renews,
        evidence=[one.fact.evidence.commitment for one in told if isinstance(one.fact, CredentialEvidenceAdded)],
        changed_seq=told[-1].seq, seq=declared.seq,
    )  # fmt: skip


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def cut_day(state: State) -> date:
    """The day of the cut, in UTC."""
    return datetime.fromtimestamp(state.cut.at // 1_000_000, UTC).date()


def roles_of(state: State, person: str) -> tuple[list[str], list[str]]:
    """Roles and expert roles of a person at the cut."""
    changed = [one.fact for one in state.roles if one.fact.person == person]
    fact = changed[-1] if changed else next(one.fact for one in state.people if one.fact.person == person)
    return fact.roles, fact.expert_roles


def told(state: State, person: str) -> str:
    """What is known of somebody's credentials, in a sentence for experts.jsonl."""
    if not state.credentials:
        return NONE_RECORDED
    states = [one.state for one in held(state) if one.person == person]
    if not states:
        return "none recorded; qualification on gold items stands in their place"
    return f"{states.count(flow.VERIFIED)} of {len(states)} verified and in force at the cut: people/credentials.jsonl"


def qualifications(state: State, person: str) -> list[QualificationResult]:
    """Every attempt of a person to qualify, with its result, criterion by criterion."""
    decided = {one.fact.qualification: one.fact for one in state.decided}
    found = []
    for started in state.started:
        fact = started.fact
        if fact.person == person:
            end = decided.get(fact.qualification)
            result = "running" if end is None else "qualified" if isinstance(end, PersonQualified) else "failed"
            shares = [
                CriterionShare(criterion=name, share_ppm=share)
                for name, share in sorted((end.by_criterion if end else {}).items())
            ]
            found.append(QualificationResult(
                rubric=fact.rubric, version=fact.version, result=result, items=len(fact.items),
                pass_mark=fact.pass_mark, correct=end.correct if end else None, alpha_ppm=fact.alpha_ppm,
                power_ppm=fact.power_ppm, by_criterion=shares, seq=started.seq,
            ))  # fmt: skip
    return found

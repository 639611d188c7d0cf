"""What each tier of risk demands of a batch before it is released, and who may decide what is divided. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tallystick.flow.contract.assignment import SENIOR_TIERS
from tallystick.flow.refusal import Refused

JUDGMENTS_MIN: Final = {"low": 1, "medium": 2, "high": 2, "restricted": 2}
"""Tier of risk: independent judgments that an item needs at least."""
SEVERE: Final = "high"
"""The severity of an item from which on a senior looks at it in the tiers that ask for one."""
RESTS_ON: Final = ("credential", "years")
REASON_CHARACTERS_MIN: Final = 20

NEEDS_SENIOR = Refused(
    "needs-senior",
    "Cases of this tier of risk are decided by a senior adjudicator. The programme lead says who is one.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TierPolicy:
    """What a contract in force says of tiers.

    reviews  tier: share of its finished items that are looked at again, parts per million
    since    the place in the journal at which a contract of the programme first said anything of tiers
    """

    reviews: Mapping[str, int]
    senior_role: str | None
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seniority:
    """Somebody is a senior adjudicator from one place in the journal until another, or still."""

    person: str
    granted: int
    revoked: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A complete item of a batch, as its tier looks at it.

    name         the client's own name of it
    judgments    by different people, that count
    case         state of its disagreement; None when its judges agree
    adjudicator  who ended that, and where in the journal
    is_due       whether the key of second looks picks it, or its severity does
    reviewer     who looked at it again, and where in the journal; None while nobody has
    is_drawn     whether it was drawn for that
    """

    name: str
    judgments: int
    is_severe: bool
    case: str | None
    adjudicator: str | None
    closed: int | None
    is_due: bool
    is_drawn: bool
    reviewer: str | None
    reviewed: int | None


def severe_pool(risk: str) -> str:
    """What the severe items of a tier are called where second looks are drawn: all of them are, and seniors look."""
    return f"{risk}_severe"


SEVERE_POOLS: Final = tuple(severe_pool(risk) for risk in SENIOR_TIERS)


def is_severe(policy: TierPolicy | None, risk: str, taxonomy: str) -> bool:
    """Whether an item on which its judges agree goes to a senior all the same.

    taxonomy  canonical JSON
    """
    if policy is None or policy.senior_role is None or risk not in SENIOR_TIERS:
        return False
    return f'"severity":"{SEVERE}"' in taxonomy


def is_senior_at(person: str | None, seq: int, seniors: Iterable[Seniority]) -> bool:
    """Whether somebody was a senior adjudicator at a place in the journal."""
    return any(
        one.person == person and one.granted < seq and (one.revoked is None or seq < one.revoked) for one in seniors
    )


def may_decide(policy: TierPolicy | None, risk: str | None, *, is_senior: bool) -> Refused | None:
    """Why somebody may not decide the cases of a tier, or None."""
    if policy is None or policy.senior_role is None or risk not in SENIOR_TIERS or is_senior:
        return None
    return NEEDS_SENIOR


def needs(
    policy: TierPolicy | None, risk: str, finished: Sequence[Finished], seniors: Sequence[Seniority], *, batch: str
) -> list[Refused]:
    """What keeps a batch of a tier from being released, each with the names of its items; nothing without a policy."""
    if policy is None:
        return []
    fewest = JUDGMENTS_MIN[risk]
    found = [
        _lack(
            "judgments-missing", [one.name for one in finished if one.judgments < fewest],
            f"Items of batch {batch} with fewer than {fewest} independent judgments, which {risk} risk demands",
            "import them again under the contract in force, or have them judged by somebody else",
        ),
        *_looks(policy, risk, finished, seniors, batch=batch),
    ]  # fmt: skip
    if risk in SENIOR_TIERS:
        decided = [
            one.name for one in finished
            if one.case in ("settled", "preserved") and one.closed is not None and one.closed >= policy.since
            and not is_senior_at(one.adjudicator, one.closed, seniors)
        ]  # fmt: skip
        words = f"Divided items of batch {batch} that no senior adjudicator decided, which {risk} risk demands"
        found.append(_lack("senior-missing", decided, words, "have them judged again, and a senior decide"))
    return [one for one in found if one is not None]


def _looks(
    policy: TierPolicy, risk: str, finished: Sequence[Finished], seniors: Sequence[Seniority], *, batch: str
) -> list[Refused | None]:
    due = [one for one in finished if one.case is None and one.is_due]
    by_senior = [one for one in due if one.is_severe and risk in SENIOR_TIERS and policy.senior_role is not None]
    waiting = [one.name for one in due if one.is_drawn and one.reviewer is None]
    others = [
        one.name for one in by_senior
        if one.reviewer is not None and not is_senior_at(one.reviewer, one.reviewed or 0, seniors)
    ]  # fmt: skip
    return [
        _lack(
            "review-not-drawn", [one.name for one in due if not one.is_drawn],
            f"Finished items of batch {batch} of which the second looks that {risk} risk asks for are not drawn yet",
            "draw what the tiers need",
        ),
        _lack(
            "review-waiting", waiting, f"Items of batch {batch} that are drawn for a second look and wait for it",
            "have them looked at",
        ),
        _lack(
            "senior-missing", others,
            f"Severe items of batch {batch} that somebody looked at again who was no senior adjudicator then",
            "have them judged again",
        ),
    ]  # fmt: skip


def unreviewed(names: Sequence[str], *, batch: str) -> list[Refused]:
    """What keeps a batch from being released whose demonstrations the contract wants reviewed by others.

    names  the client's ids of items for which a demonstration was written that others have not reviewed
    """
    words = f"Demonstrations of batch {batch} that others than their authors have not reviewed"
    found = _lack("demonstration-unreviewed", list(names), words, "bring them back for review, and have them judged")
    return [] if found is None else [found]


def doubted(names: Sequence[str], *, batch: str) -> list[Refused]:
    """What keeps a batch from being released whose responses experts wrote.

    names  the client's ids of items whose response is a demonstration that is held
    """
    words = f"Items of batch {batch} whose response is a demonstration that is held"
    todo = "have what is held reviewed: it counts again, or it is set aside and these items stay out"
    found = _lack("demonstration-doubted", list(names), words, todo)
    return [] if found is None else [found]


def _lack(code: str, names: list[str], what: str, todo: str) -> Refused | None:
    if not names:
        return None
    return Refused(code, f"{what}: {len(names):,}. What to do: {todo}.", "batches", tuple(names))


def check_reason(reason: str) -> Refused | None:
    """Why words are no reason for making somebody a senior adjudicator or for ending it, or None."""
    if len(reason.strip()) >= REASON_CHARACTERS_MIN:
        return None
    sentence = f"Expected a reason of at least {REASON_CHARACTERS_MIN} characters that a later reader can follow."
    return Refused("reason-too-short", sentence, "reason")


def check_grant(
    policy: TierPolicy | None, expert_roles: Iterable[str], *, rests_on: str, offered: Iterable[str], is_senior: bool
) -> Refused | None:
    """Why somebody cannot be made a senior adjudicator, or None.

    offered  which of credential and years the contract in force names
    """
    if policy is None or policy.senior_role is None:
        sentence = "The contract in force does not say who is senior: add it to its section `assignment` first."
        return Refused("no-senior-rule", sentence)
    if is_senior:
        return Refused("already-senior", "This person is a senior adjudicator already: nothing is to be done.")
    roles = set(expert_roles)
    if not {policy.senior_role, "adjudicator"} <= roles:
        wanted = " and ".join(sorted({policy.senior_role, "adjudicator"}))
        return Refused("role-missing", f"Expected somebody with the expert role {wanted}: give it first.", "person")
    if rests_on not in set(offered):
        known = " or ".join(offered)
        return Refused("unknown-basis", f"Say what it rests on, as the contract has it: {known}.", "rests_on")
    return None

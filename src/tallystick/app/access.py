"""Who may do what: the one place that decides. Reads nothing, writes nothing."""

from dataclasses import dataclass, field
from typing import Final

from tallystick.flow import roster
from tallystick.flow.refusal import Refused

PERMISSIONS: Final[dict[str, frozenset[str]]] = {
    # Everybody who is signed in.
    "self": frozenset({"lead", "expert", "researcher", "auditor", "engineer"}),
    "programme.read": frozenset({"lead", "researcher", "auditor", "engineer"}),
    "programme.write": frozenset({"lead"}),
    "rubric.read": frozenset({"lead", "expert", "researcher", "auditor"}),
    "rubric.write": frozenset({"lead"}),
    "constitution.read": frozenset({"lead", "expert", "researcher", "auditor"}),
    "constitution.write": frozenset({"lead", "researcher"}),
    "constitution.agree": frozenset({"lead", "researcher"}),
    "roster.read": frozenset({"lead", "auditor"}),
    "roster.write": frozenset({"lead"}),
    "credential.verify": frozenset({"lead"}),
    "screen": frozenset({"lead"}),
    "pool.read": frozenset({"lead", "researcher", "auditor"}),
    "pool.compose": frozenset({"lead"}),
    "item.read": frozenset({"lead", "researcher", "auditor"}),
    "item.import": frozenset({"lead"}),
    "item.unblind": frozenset({"lead", "researcher"}),
    "holdout.read": frozenset({"lead", "auditor"}),
    "work.do": frozenset({"expert"}),
    "gate.read": frozenset({"lead", "researcher", "auditor"}),
    "gate.measure": frozenset({"lead"}),
    "intervene": frozenset({"lead"}),
    "calibrate": frozenset({"expert"}),
    "adjudicate": frozenset({"adjudicator"}),
    "review": frozenset({"reviewer", "adjudicator"}),
    "monitor.read": frozenset({"lead", "researcher", "auditor"}),
    "monitor.write": frozenset({"lead"}),
    "sentinel.audit": frozenset({"lead", "auditor"}),
    "release.read": frozenset({"lead", "researcher", "auditor"}),
    "release.cut": frozenset({"lead"}),
    "erasure.order": frozenset({"lead"}),
    "erasure.read": frozenset({"lead", "researcher", "auditor", "engineer"}),
    "custody.read": frozenset({"lead", "auditor", "engineer"}),
    "custody.rotate": frozenset({"engineer"}),
    "log.read": frozenset({"lead", "researcher", "auditor", "engineer"}),
    # Experts see their own pay, leads and auditors that of all. Researchers and engineers see nobody's.
    "pay.own": frozenset({"expert"}),
    "pay.read": frozenset({"lead", "auditor"}),
    "pay.write": frozenset({"lead"}),
    "access.read": frozenset({"lead", "researcher", "auditor"}),
    "receipt.read": frozenset({"lead", "expert", "researcher", "auditor", "engineer"}),
}
"""Permission: the roles that have it. `adjudicator` is a role of an expert; all others are roles of a person."""

READING_OTHERS: Final = (
    "item.read", "gate.read", "monitor.read", "sentinel.audit", "release.read", "log.read",
)  # fmt: skip
"""What shows judgments of others, or counts of them, whether or not a look at the single item is recorded.

`adjudicate`, `review` and `calibrate` do so, too, of one item after another, and each look is recorded.
"""
READERS: Final = frozenset[str]().union(*(PERMISSIONS[name] for name in READING_OTHERS))
"""The roles that read what others judged: no item that was judged while somebody had one is work for them, ever."""
ROLES: Final = roster.ROLES
EXPERT_ROLES: Final = roster.EXPERT_ROLES
SYSTEM: Final = "cell"
"""The actor of what the cell does by itself: opening, expiring leases, finishing a release after a crash."""

ABSENT: Final = Refused("absent", "There is nothing here for you. Check the name or address, or ask the lead.")
"""Forbidden and absent look the same from outside."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person with all their roles, or the cell itself.

    session  the public id of the session they act in; empty outside of sessions
    """

    person: str
    roles: frozenset[str]
    expert_roles: frozenset[str] = frozenset()
    session: str = field(default="", compare=False)

    def role_for(self, permission: str) -> str:
        """The role that gives this actor the permission, as the journal records it."""
        if self.person == SYSTEM:
            return SYSTEM
        having = sorted((self.roles | self.expert_roles) & PERMISSIONS[permission])
        return having[0] if having else "none"


CELL: Final = Actor(SYSTEM, frozenset())


def allows(actor: Actor, permission: str) -> bool:
    """Whether an actor has a permission. The cell itself has all."""
    if actor.person == SYSTEM:
        return True
    return bool((actor.roles | actor.expert_roles) & PERMISSIONS[permission])

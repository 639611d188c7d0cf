"""The sections `credentials` and `pool` of a data contract: what experts must hold, and what is told of them together.

Both may be left out. Reads and writes nothing. SPEC 4.1, 4.8.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from tallystick.events.credential import CredentialDemand as Demanded
from tallystick.events.credential import CredentialsDemanded
from tallystick.events.pool import PoolAxis, PoolPlanSet
from tallystick.flow.document import Fault, Part, Slug, Text
from tallystick.flow.rubric import Domain

CELL_MIN = 5
UNDECLARED = "undeclared"
"""The group of those who declared nothing on an axis."""
Tier = Literal["low", "medium", "high", "restricted"]


class CredentialDemand(Part):
    """A type of credential without which nobody gets work in some domains: those named, and those of a named risk."""

    type: Slug
    domains: tuple[Domain, ...] = ()
    risks: tuple[Tier, ...] = ()
    why: Text | None = None

    def faults(self) -> Iterator[Fault]:
        if not self.domains and not self.risks:
            yield Fault(
                path=("domains",),
                expected="domains, or risks, in which the credential is demanded",
                found="neither",
                fix="Name at least one domain or one risk.",
            )


class PoolQuestion(Part):
    """What experts may say of themselves, of their own will, in the words of the contract."""

    id: Slug
    question: Text
    groups: Annotated[dict[Slug, Text], Field(min_length=2, max_length=20)]

    def faults(self) -> Iterator[Fault]:
        if UNDECLARED in self.groups:
            yield Fault(
                path=("groups",),
                expected=f"groups with other names than {UNDECLARED}",
                found=f'"{UNDECLARED}"',
                fix="Leave it out: whoever does not answer is in it.",
            )


class PoolPlan(Part):
    """What is told of the experts of a programme together.

    cell_min  counts below it are never told; it can be raised, not lowered
    axes      what experts are asked, beside regions, roles and credentials, which are known
    """

    cell_min: Annotated[int, Field(ge=CELL_MIN, le=1_000)] = CELL_MIN
    axes: Annotated[tuple[PoolQuestion, ...], Field(max_length=20)] = ()

    def faults(self) -> Iterator[Fault]:
        names = [axis.id for axis in self.axes]
        for number, name in enumerate(names):
            if name in names[:number]:
                yield Fault(
                    path=("axes", number, "id"),
                    expected="each id once",
                    found=f'"{name}" again',
                    fix="Rename or remove one of the two.",
                )


def demand_faults(demands: Sequence[CredentialDemand], risks: Mapping[Domain, Tier]) -> Iterator[Fault]:
    """What is wrong with demands, held against the domains of their contract.

    risks  domain: its risk
    """
    for number, demand in enumerate(demands):
        strange = [name for name in demand.domains if name not in risks]
        if strange:
            yield Fault(
                path=("credentials", number, "domains"),
                expected=f"domains of this contract: {', '.join(risks)}",
                found=", ".join(strange),
                fix="Add the domain to the contract, or drop it here.",
            )
        if demand.type in [other.type for other in demands[:number]]:
            yield Fault(
                path=("credentials", number, "type"),
                expected="each type once",
                found=f'"{demand.type}" again',
                fix="Put all its domains and risks into one demand.",
            )


def demanded_in(demand: CredentialDemand, risks: Mapping[Domain, Tier]) -> list[str]:
    """The domains in which a demand holds, in the order of the contract."""
    return [name for name, risk in risks.items() if name in demand.domains or risk in demand.risks]


def demand_facts(
    programme: str, version: str, demands: Sequence[CredentialDemand], risks: Mapping[Domain, Tier]
) -> list[CredentialsDemanded]:
    """What a contract version demands, domain by domain; nothing where it demands nothing."""
    if not demands:
        return []
    told = [Demanded(type=demand.type, domains=demanded_in(demand, risks)) for demand in demands]
    return [CredentialsDemanded(programme=programme, contract_version=version, demands=told)]


def plan_facts(programme: str, version: str, plan: PoolPlan | None) -> list[PoolPlanSet]:
    """What a contract version wants told of its pool; nothing where it says nothing of it."""
    if plan is None:
        return []
    axes = [PoolAxis(axis=axis.id, groups=list(axis.groups)) for axis in plan.axes]
    return [PoolPlanSet(programme=programme, contract_version=version, cell_min=plan.cell_min, axes=axes)]

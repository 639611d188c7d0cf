"""The section `routing` of a contract: who may be given the items of a domain (SPEC 4.7). Reads and writes nothing."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Literal, get_args

from pydantic import Field

from tallystick.flow.contract.places import Region
from tallystick.flow.document import Fault, Part
from tallystick.flow.rubric import Domain

Level = Literal["A1", "A2", "B1", "B2", "C1", "C2", "native"]
LEVELS: Final[tuple[Level, ...]] = get_args(Level)
"""How well somebody knows a language, by the Common European Framework of Reference, lowest first."""


class DomainRouting(Part):
    """Who gets the items of one domain.

    regions             where they are, when fewer places than the rights name; empty: wherever the rights allow
    language_level      how well they must know the language of an item; none: languages are not asked
    language_confirmed  whether somebody else must have confirmed that
    clearance           whether they need a clearance for the programme; left out: in domains of restricted risk
    """

    regions: Annotated[tuple[Region, ...], Field(max_length=100)] = ()
    language_level: Level | None = None
    language_confirmed: bool = False
    clearance: bool | None = None

    def faults(self) -> Iterator[Fault]:
        if self.language_confirmed and self.language_level is None:
            yield Fault(
                path=("language_level",),
                expected="a level, because it is to be confirmed",
                found="none",
                fix=f"Name one of {', '.join(LEVELS)}, or leave `language_confirmed` out.",
            )
        if len(set(self.regions)) < len(self.regions):
            yield Fault(
                path=("regions",), expected="each entry once", found=", ".join(self.regions), fix="Remove the repeat."
            )


class Routing(Part):
    """Who gets which item. A contract that has this section keeps domains of restricted risk to cleared people."""

    domains: Annotated[dict[Domain, DomainRouting], Field(max_length=100)] = Field(default_factory=dict)


def routing_faults(routing: Routing | None, risks: Mapping[Domain, str]) -> Iterator[Fault]:
    """What does not fit between the section and the domains of its contract."""
    for name, own in ({} if routing is None else routing.domains).items():
        if name not in risks:
            yield Fault(
                path=("routing", "domains", name),
                expected=f"one of this contract's domains {', '.join(risks)}",
                found=f'"{name}"',
                fix="Add the domain, or leave it out here.",
            )
        elif risks[name] == "restricted" and own.clearance is False:
            yield Fault(
                path=("routing", "domains", name, "clearance"),
                expected=f"true, because {name} is of restricted risk",
                found="false",
                fix="Leave it out, or give the domain another risk.",
            )


def routing_for(routing: Routing, domain: Domain, risk: str) -> DomainRouting:
    """Who gets the items of a domain, with what follows from its risk."""
    own = routing.domains.get(domain, DomainRouting())
    return own.model_copy(update={"clearance": risk == "restricted" if own.clearance is None else own.clearance})

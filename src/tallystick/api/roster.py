"""People: list them, let somebody join, set roles, record executed contracts."""

from typing import Annotated

from pydantic import Field, StringConstraints

from tallystick.api.parts import Body, Done, InPath, Key, Line, Moment, Paragraphs, Receipt, Shown
from tallystick.app import roster
from tallystick.edge import Site, Visit
from tallystick.flow.refusal import Refused

PASSWORD_MAX = 1000


def mount(site: Site, prefix: str) -> None:
    """Register people."""
    every, one = f"{prefix}/people", f"{prefix}/people/{{person}}"
    site.api("GET", every, people, permission="roster.read", answers=People, tag="people")
    site.api(
        "POST", every, enrol, permission="roster.write", answers=Enrolled, status=201, refusals=(409, 422),
        max_bytes=50_000, tag="people",
    )  # fmt: skip
    site.api("GET", one, person_page, permission="self", answers=PersonDetail, tag="people")
    site.api(
        "POST", f"{one}/roles", change_roles, permission="roster.write", answers=Done, refusals=(409, 422),
        max_bytes=10_000, tag="people",
    )  # fmt: skip
    site.api(
        "POST", f"{one}/contract", execute_contract, permission="roster.write", answers=Done, refusals=(409, 422),
        tag="people",
    )  # fmt: skip
    site.api(
        "POST", f"{one}/region", declare_region, permission="roster.write", answers=Done, refusals=(422,),
        max_bytes=10_000, tag="people",
    )  # fmt: skip


class PersonShown(Shown):
    """A person of the cell."""

    person: str
    name: str
    login: str | None
    roles: list[str]
    expert_roles: list[str]
    origin: str = Field(description="observed; or imported, for raters of judgments made elsewhere")
    simulated: bool
    since: Moment
    contract_executed_at: Moment | None
    ip_assigned_at: Moment | None
    contract_template: str | None = Field(description="SHA-256 of the text that was signed.")


def _shown(view: roster.PersonView) -> PersonShown:
    row = view.row
    return PersonShown(
        person=row.person, name=view.profile.name, login=view.login, roles=list(view.roles),
        expert_roles=list(view.expert_roles), origin=row.origin, simulated=bool(row.simulated), since=row.since,
        contract_executed_at=row.executed_at, ip_assigned_at=row.ip_assigned_at,
        contract_template=row.template_digest,
    )  # fmt: skip


class People(Shown):
    """Everybody in the cell."""

    people: list[PersonShown]


def people(visit: Visit) -> People | Refused:
    """List everybody in the cell."""
    found = roster.people(visit.cell, visit.actor)
    return found if isinstance(found, Refused) else People(people=[_shown(view) for view in found])


class NewPerson(Body):
    """Who is to join. Without a login the person cannot sign in with a password."""

    name: Line
    roles: Annotated[list[Line], Field(max_length=10)] = Field(
        description="lead, expert, researcher, auditor, engineer"
    )
    expert_roles: Annotated[list[Line], Field(max_length=10)] = Field(
        default_factory=list, description="author, reviewer, policy_reviewer, language_specialist, adjudicator"
    )
    note: Paragraphs = ""
    login: Line | None = None
    password: Annotated[str, StringConstraints(max_length=PASSWORD_MAX)] | None = None


class Enrolled(Shown):
    """A person who has joined."""

    person: str
    receipt: Receipt


def enrol(visit: Visit, body: NewPerson, key: Key) -> Enrolled | Refused:
    """Let a person join. The name goes into the vault, the password is kept as a hash only."""
    new = roster.NewPerson(
        name=body.name, roles=tuple(body.roles), expert_roles=tuple(body.expert_roles), note=body.note,
        login=body.login, password=body.password,
    )  # fmt: skip
    found = roster.enrol(visit.cell, visit.actor, new, key=key)
    if isinstance(found, Refused):
        return found
    return Enrolled(person=found.person, receipt=Receipt.of(found.receipt))


class AttemptShown(Shown):
    """One attempt at a qualification."""

    qualification: str
    programme: str
    rubric: str
    version: str
    state: str
    answered: int
    started_at: Moment
    ended_at: Moment | None


class PersonDetail(Shown):
    """A person with their attempts at qualification."""

    person: PersonShown
    qualifications: list[AttemptShown]
    judgments: int = Field(description="How many of their latest judgments the page would list.")


def person_page(visit: Visit, person: InPath) -> PersonDetail | Refused:
    """See a person: for those who read the roster, and for the person."""
    found = roster.person_page(visit.cell, visit.actor, person)
    if isinstance(found, Refused):
        return found
    attempts = [AttemptShown.of(row) for row in found.qualifications]
    return PersonDetail(person=_shown(found.person), qualifications=attempts, judgments=len(found.judgments))


class Roles(Body):
    """All roles that a person is to have from now on."""

    roles: Annotated[list[Line], Field(max_length=10)]
    expert_roles: Annotated[list[Line], Field(max_length=10)] = Field(default_factory=list)


def change_roles(visit: Visit, person: InPath, body: Roles, key: Key) -> Done | Refused:
    """Set a person's roles anew. Their sessions end, so that old roles are gone at once."""
    found = roster.change_roles(
        visit.cell, visit.actor, person, roles=body.roles, expert_roles=body.expert_roles, key=key
    )
    return found if isinstance(found, Refused) else Done.of(found)


class ExecutedContract(Body):
    """When a contract and the assignment of rights were executed."""

    template: Annotated[str, StringConstraints(min_length=1, max_length=200_000)] = Field(
        description="The contract's text; only its digest is kept."
    )
    executed_at: Moment
    ip_assigned_at: Moment


def execute_contract(visit: Visit, person: InPath, body: ExecutedContract, key: Key) -> Done | Refused:
    """Record that a person's contract and rights assignment were executed. Work before it is blocked."""
    found = roster.execute_contract(
        visit.cell, visit.actor, person, template=body.template.encode(), executed_at=body.executed_at,
        ip_assigned_at=body.ip_assigned_at, key=key,
    )  # fmt: skip
    return found if isinstance(found, Refused) else Done.of(found)


class RegionDeclaration(Body):
    """Where a person is when they read content."""

    region: Annotated[
        str, Field(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$", description="ISO 3166; or EU.", examples=["DE", "US-CA"])
    ]


def declare_region(visit: Visit, person: InPath, body: RegionDeclaration, key: Key) -> Done | Refused:
    """Declare a person's region. Content of a programme whose contract names regions opens for who is in one."""
    found = roster.declare_region(visit.cell, visit.actor, person, region=body.region, key=key)
    return found if isinstance(found, Refused) else Done.of(found)

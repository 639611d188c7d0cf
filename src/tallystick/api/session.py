"""Sessions of programs: open one, end it, ask who one is."""

from typing import Annotated

from pydantic import Field, StringConstraints

from tallystick.api.parts import LINE, Body, Moment, Shown
from tallystick.app import roster
from tallystick.edge import PUBLIC, Site, Visit
from tallystick.flow.refusal import Refused


def mount(site: Site, prefix: str) -> None:
    """Register sessions."""
    site.api(
        "POST", f"{prefix}/sessions", sign_in, permission=PUBLIC, answers=SessionOpen, status=201,
        refusals=(401, 429), max_bytes=4_000, tag="session",
    )  # fmt: skip
    site.api("DELETE", f"{prefix}/sessions/current", sign_out, permission="self", answers=None, tag="session")
    site.api("GET", f"{prefix}/me", me, permission="self", answers=Me, tag="session")


class Credentials(Body):
    """A login with its password."""

    login: Annotated[str, StringConstraints(pattern=LINE, min_length=1, max_length=100)] = Field(examples=["lead"])
    password: Annotated[str, StringConstraints(min_length=1, max_length=1000)] = Field(examples=["a long sentence"])


class SessionOpen(Shown):
    """A session of a program. The token is shown this once and kept only as a digest."""

    token: str = Field(description="Send it as `Authorization: Bearer TOKEN`.")
    person: str
    roles: list[str]
    expert_roles: list[str]
    expires_at: Moment


def sign_in(visit: Visit, body: Credentials) -> SessionOpen | Refused:
    """Open a session.

    Takes no idempotency key: a token is a secret that is told once. Failures are counted per login and per address.
    """
    signed = visit.sign_in(login=body.login, password=body.password, kind="api")
    if isinstance(signed, Refused):
        return signed
    actor = signed.actor
    return SessionOpen(
        token=signed.token, person=actor.person, roles=sorted(actor.roles), expert_roles=sorted(actor.expert_roles),
        expires_at=signed.expires_at,
    )  # fmt: skip


def sign_out(visit: Visit) -> Refused | None:
    """End the session of this token."""
    answer = roster.sign_out(visit.cell, visit.token)
    return answer if isinstance(answer, Refused) else None


class Me(Shown):
    """Who one is here."""

    person: str
    name: str
    login: str | None
    roles: list[str]
    expert_roles: list[str]
    simulated: bool
    contract_executed_at: Moment | None = Field(description="Null while work is blocked for lack of a contract.")
    session_expires_at: Moment


def me(visit: Visit) -> Me | Refused:
    """Who one is, in which roles, and whether the contract is executed."""
    page = roster.person_page(visit.cell, visit.actor, visit.actor.person)
    if isinstance(page, Refused):
        return page
    assert visit.session is not None
    view = page.person
    return Me(
        person=view.row.person, name=view.profile.name, login=view.login, roles=list(view.roles),
        expert_roles=list(view.expert_roles), simulated=bool(view.row.simulated),
        contract_executed_at=view.row.executed_at, session_expires_at=visit.session.expires_at,
    )  # fmt: skip

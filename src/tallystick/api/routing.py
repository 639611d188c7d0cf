"""Routing: languages and clearances of people, which decide whom an item is given to."""

from typing import Annotated

from pydantic import Field

from tallystick.api.parts import Body, Done, InPath, Key, Line, Moment, Name, Receipt, Shown
from tallystick.app import routing
from tallystick.app.routing import Routed
from tallystick.edge import Site, Visit
from tallystick.flow.refusal import Refused

TAG = "routing"


def mount(site: Site, prefix: str) -> None:
    """Register routing."""
    one = f"{prefix}/people/{{person}}"
    site.api("GET", f"{one}/routing", routed, permission="self", answers=RoutedShown, tag=TAG)
    site.api(
        "POST", f"{prefix}/me/languages", declare, permission="work.do", answers=Done, refusals=(422,),
        max_bytes=10_000, tag=TAG,
    )  # fmt: skip
    site.api(
        "POST", f"{one}/languages", confirm, permission="roster.write", answers=Done, refusals=(422,),
        max_bytes=10_000, tag=TAG,
    )  # fmt: skip
    site.api(
        "POST", f"{one}/clearances", grant, permission="roster.write", answers=GrantedShown, status=201,
        refusals=(422,), max_bytes=10_000, tag=TAG,
    )  # fmt: skip
    site.api(
        "POST", f"{prefix}/clearances/{{clearance}}/revocation", revoke, permission="roster.write", answers=Done,
        refusals=(409, 422), max_bytes=10_000, tag=TAG,
    )  # fmt: skip


class LanguageShown(Shown):
    """A language that somebody declared."""

    language: str
    level: str = Field(description="A1 to C2, or native, as they say.")
    confirmed: str | None = Field(description="The level that somebody else confirmed.")
    confirmed_by: str | None
    confirmed_at: Moment | None


class ClearanceShown(Shown):
    """A clearance that was granted."""

    clearance: str
    programme: str
    state: str = Field(description="in force, ended, revoked")
    until: Moment
    reason: str
    by: str
    at: Moment
    revoked_reason: str | None


class RoutedShown(Shown):
    """What decides which items somebody is given. What they opted out of is no part of it."""

    person: str
    region: str | None
    languages: list[LanguageShown]
    clearances: list[ClearanceShown]

    @classmethod
    def told(cls, found: Routed) -> "RoutedShown":
        """Languages and clearances as an answer."""
        return cls(
            person=found.person, region=found.region,
            languages=[LanguageShown.of(row) for row in found.languages],
            clearances=[
                ClearanceShown(
                    clearance=one.row.clearance, programme=one.row.programme, state=one.state, until=one.row.until,
                    reason=one.reason, by=one.row.by, at=one.row.at, revoked_reason=one.revoked_reason,
                )
                for one in found.clearances
            ],
        )  # fmt: skip


def routed(visit: Visit, person: InPath) -> RoutedShown | Refused:
    """Read languages and clearances: for those who read the roster, and for the person."""
    found = routing.routed(visit.cell, visit.actor, person)
    return found if isinstance(found, Refused) else RoutedShown.told(found)


class Languages(Body):
    """All languages that you know; they take the place of what you declared before."""

    languages: Annotated[dict[Line, Line], Field(max_length=100)] = Field(
        description="BCP 47 tag: A1 to C2, or native.", examples=[{"de": "native", "en": "C1"}]
    )


def declare(visit: Visit, body: Languages, key: Key) -> Done | Refused:
    """Declare which languages you know, and how well."""
    done = routing.declare_languages(visit.cell, visit.actor, dict(body.languages), key=key)
    return done if isinstance(done, Refused) else Done.of(done)


class Confirmation(Body):
    """That somebody knows a language at least so well, and how you found out."""

    language: Line
    level: Line
    how: Line


def confirm(visit: Visit, person: InPath, body: Confirmation, key: Key) -> Done | Refused:
    """Confirm a language that somebody else declared."""
    done = routing.confirm_language(
        visit.cell, visit.actor, person, language=body.language, level=body.level, how=body.how, key=key
    )
    return done if isinstance(done, Refused) else Done.of(done)


class Grant(Body):
    """For which programme, until when, and why they need to know."""

    programme: Name
    until: Moment
    reason: Line


class GrantedShown(Shown):
    """A clearance that is in force."""

    clearance: str
    receipt: Receipt


def grant(visit: Visit, person: InPath, body: Grant, key: Key) -> GrantedShown | Refused:
    """Let somebody see the restricted items of one programme. Nobody clears themselves."""
    done = routing.grant(
        visit.cell, visit.actor, person, programme=body.programme, until=body.until, reason=body.reason, key=key
    )
    if isinstance(done, Refused):
        return done
    return GrantedShown(clearance=done.clearance, receipt=Receipt.of(done.receipt))


class Revocation(Body):
    """Why they need to know no more."""

    reason: Line


def revoke(visit: Visit, clearance: InPath, body: Revocation, key: Key) -> Done | Refused:
    """Take a clearance back: from now on restricted items are absent for its person. 409 `no-clearance`."""
    done = routing.revoke(visit.cell, visit.actor, clearance, reason=body.reason, key=key)
    return done if isinstance(done, Refused) else Done.of(done)

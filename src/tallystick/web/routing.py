"""Routing in pages: languages and clearances on a person's page. Reads and writes through app."""

from starlette.responses import Response

from tallystick.app import access, contract, routing
from tallystick.app.kernel import new_key
from tallystick.app.routing import Clearance, Routed
from tallystick.edge import Site, Visit
from tallystick.edge.pages import PageAnswer
from tallystick.flow.contract import LEVELS
from tallystick.flow.refusal import Refused
from tallystick.web import frame, words
from tallystick.web.language import said
from tallystick.web.views import routing as views
from tallystick.web.views.parts import Choice, Pill

FORM_BYTES = 10_000
_STATES = {
    "in force": Pill(label="in force", tone="good"), "ended": Pill(label="ended"),
    "revoked": Pill(label="revoked", tone="bad"),
}  # fmt: skip


def mount(site: Site) -> None:
    """Register routing."""
    one = "/people/{person}"
    site.page(f"{one}/languages", confirm, permission="roster.write", methods=("POST",), max_bytes=FORM_BYTES)
    site.page(f"{one}/clearances", grant, permission="roster.write", methods=("POST",), max_bytes=FORM_BYTES)
    site.page(
        f"{one}/clearances/{{clearance}}/revocation", revoke, permission="roster.write", methods=("POST",),
        max_bytes=FORM_BYTES,
    )  # fmt: skip


def section(visit: Visit, person: str) -> views.Section | None:
    """Languages and clearances of somebody, for who may see them."""
    found = routing.routed(visit.cell, visit.actor, person)
    return None if isinstance(found, Refused) else _section(visit, found)


def _section(visit: Visit, found: Routed) -> views.Section:
    is_own = found.person == visit.actor.person
    may_write = access.allows(visit.actor, "roster.write") and not is_own
    root = f"/people/{found.person}"
    programmes = contract.programmes(visit.cell, visit.actor) if may_write else []
    named = [] if isinstance(programmes, Refused) else programmes
    return views.Section(
        languages=tuple(
            views.LanguageRow(
                tag=row.language, level=row.level,
                confirmed=f"{row.confirmed}, {words.told(row.confirmed_at)}" if row.confirmed else said("no"),
            )
            for row in found.languages
        ),
        clearances=tuple(_row(root, one, may_write=may_write) for one in found.clearances), is_own=is_own,
        confirm_action=f"{root}/languages" if may_write else None,
        grant_action=f"{root}/clearances" if may_write else None,
        tags=tuple(Choice(value=row.language, label=row.language) for row in found.languages),
        levels=tuple(Choice(value=level, label=level, is_chosen=level == "B2") for level in LEVELS),
        programmes=tuple(Choice(value=row.programme, label=row.programme) for row in named),
        confirm_key=new_key(), grant_key=new_key(),
    )  # fmt: skip


def _row(root: str, one: Clearance, *, may_write: bool) -> views.ClearanceRow:
    revoked = _revoked(one)
    is_open = may_write and one.state == "in force"
    return views.ClearanceRow(
        programme=one.row.programme, state=_STATES[one.state], until=words.moment(one.row.until), reason=one.reason,
        granted=said("Granted on %(time)s", time=words.told(one.row.at)), revoked=revoked,
        revoke_action=f"{root}/clearances/{one.row.clearance}/revocation" if is_open else None,
        idempotency_key=new_key() if is_open else "",
    )  # fmt: skip


def _revoked(one: Clearance) -> str:
    if one.revoked_reason is None:
        return ""
    return said("Revoked on %(time)s: %(why)s", time=words.told(one.row.revoked_at), why=one.revoked_reason)


def confirm(visit: Visit) -> PageAnswer:
    """Confirm a language that somebody declared."""
    person = visit.path["person"]
    done = routing.confirm_language(
        visit.cell, visit.actor, person, language=visit.text("language"), level=visit.text("level"),
        how=visit.text("how"), key=visit.text("idempotency_key"),
    )  # fmt: skip
    return done if isinstance(done, Refused) else _back(person, "language")


def grant(visit: Visit) -> PageAnswer:
    """Let somebody see the restricted items of one programme."""
    person = visit.path["person"]
    until = words.day(visit.text("until"), is_end=True)
    done = routing.grant(
        visit.cell, visit.actor, person, programme=visit.text("programme"), until=until or 0,
        reason=visit.text("reason"), key=visit.text("idempotency_key"),
    )  # fmt: skip
    return done if isinstance(done, Refused) else _back(person, "clearance")


def revoke(visit: Visit) -> PageAnswer:
    """Take a clearance back."""
    done = routing.revoke(
        visit.cell, visit.actor, visit.path["clearance"], reason=visit.text("reason"),
        key=visit.text("idempotency_key"),
    )  # fmt: skip
    return done if isinstance(done, Refused) else _back(visit.path["person"], "revoked")


def _back(person: str, done: str) -> Response:
    return frame.moved(f"/people/{person}?done={done}#given")

"""Open a session: the proposed items and people, to be changed or taken. Reads and writes through app."""

from collections.abc import Mapping

from tallystick.app import access, calibration
from tallystick.app.calibration import Proposal
from tallystick.app.kernel import new_key
from tallystick.canon import PPM
from tallystick.edge import Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.flow.refusal import Refused
from tallystick.web import frame
from tallystick.web.calibration import place
from tallystick.web.language import counted, refusal_line, said
from tallystick.web.language.formats import number
from tallystick.web.views import calibration as views
from tallystick.web.views.page import Notice
from tallystick.web.views.parts import Choice


def ask(visit: Visit) -> PageAnswer:
    """The form with what is proposed."""
    return _form(visit, key=new_key(), notices=(), status=200)


def _form(
    visit: Visit, *, key: str, notices: tuple[Notice, ...], status: int, errors: Mapping[str, str] | None = None
) -> PageAnswer:
    wanted = visit.path["intervention"]
    found = calibration.proposal(visit.cell, visit.actor, wanted)
    if isinstance(found, Refused):
        return found
    is_sent = visit.request.method == "POST"
    items, people = visit.ticked("items"), visit.ticked("participants")
    view = views.SessionNew(
        action=f"/interventions/{wanted}/calibrate", idempotency_key=key,
        divided=_items(found, items, is_sent=is_sent, is_agreed=False),
        agreed=_items(found, items, is_sent=is_sent, is_agreed=True),
        people=_people(visit, found, people, is_sent=is_sent), more=visit.text("more"),
        errors=tuple((errors or {}).items()),
    )  # fmt: skip
    at = frame.inside(
        visit, found.intervention.programme, place.SECTION, (said("Intervention"), f"/interventions/{wanted}")
    )
    page = frame.page(visit, said("Open a calibration session"), at=at, notices=notices)
    return frame.shown("calibration/new.html", view, page, status=status)


def _items(found: Proposal, sent: tuple[str, ...], *, is_sent: bool, is_agreed: bool) -> tuple[Choice, ...]:
    return tuple(
        Choice(
            value=one.item, label=one.external, is_chosen=one.item in sent if is_sent else one.is_chosen,
            note=said("%(item)s, all agreed", item=one.item)
            if one.gain_ppm is None
            else said("%(item)s, costs %(gain)s of agreement", item=one.item, gain=number(one.gain_ppm / PPM, 3)),
        )
        for one in found.items
        if (one.gain_ppm is None) == is_agreed
    )  # fmt: skip


def _people(visit: Visit, found: Proposal, sent: tuple[str, ...], *, is_sent: bool) -> tuple[Choice, ...]:
    names = frame.names(visit)
    return tuple(
        Choice(
            value=one.person, label=names.get(one.person, one.person),
            is_chosen=one.person in sent if is_sent else bool(one.judgments),
            note=_note(one.judgments, is_qualified=one.is_qualified),
        )
        for one in found.people
    )  # fmt: skip


def _note(judgments: int, *, is_qualified: bool) -> str:
    """What there is to know of somebody who could take part."""
    if is_qualified:
        return counted(
            "%(number)s judgment in the batch, qualified", "%(number)s judgments in the batch, qualified", judgments
        )
    return counted(
        "%(number)s judgment in the batch, not qualified", "%(number)s judgments in the batch, not qualified", judgments
    )


def open_session(visit: Visit) -> PageAnswer:
    """Open it with what was ticked, and the items that were typed."""
    key = visit.text("idempotency_key")
    typed = visit.text("more").replace(",", " ").split()
    items = list(dict.fromkeys([*visit.ticked("items"), *typed]))
    done = calibration.open_session(
        visit.cell, visit.actor, visit.path["intervention"], items=items,
        participants=list(visit.ticked("participants")), key=key,
    )  # fmt: skip
    if not isinstance(done, Refused):
        return frame.moved(f"{place.root(done.calibration)}?done=calibrating")
    if done == access.ABSENT or done.field is None:
        return done  # it is not the time for a session: the form would not help
    field = done.field if done.field in ("items", "participants") else None
    notices = (frame.notice(done, field=field),)
    errors = {field: refusal_line(done)} if field else {}
    return _form(visit, key=new_key(), notices=notices, status=status_of(done), errors=errors)

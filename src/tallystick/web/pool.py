"""The pool of a programme in aggregate, and what one says of oneself for it. Reads and writes through app."""

from collections.abc import Mapping

from tallystick.app import access, pool
from tallystick.app.kernel import new_key
from tallystick.edge import Site, Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.events.pool import PoolPart
from tallystick.flow.contract.credentials import UNDECLARED, PoolPlan
from tallystick.flow.pool import CREDENTIAL, OWN, REGION, ROLE
from tallystick.flow.refusal import Refused
from tallystick.web import frame, words
from tallystick.web.frame import Place
from tallystick.web.language import N_, Words, counted, said
from tallystick.web.language.formats import count
from tallystick.web.views import pool as views
from tallystick.web.views.parts import Choice

SECTION = N_("Experts together")
FORM_BYTES = 20_000
RATHER_NOT = N_("Rather not say")
TITLES: Mapping[str, str] = Words({REGION: "Region", ROLE: "Role", CREDENTIAL: "Verified credential"})


def mount(site: Site) -> None:
    """Register the pool."""
    whole, mine = "/programmes/{programme}/pool", "/me/pool/{programme}"
    site.page(whole, composition, permission="pool.read")
    site.page(whole, compose, permission="pool.compose", methods=("POST",), max_bytes=4_000)
    site.page(mine, own, permission="work.do")
    site.page(mine, declare, permission="work.do", methods=("POST",), max_bytes=FORM_BYTES)
    site.page(f"{mine}/withdraw", withdraw, permission="work.do", methods=("POST",), max_bytes=4_000)


def composition(visit: Visit) -> PageAnswer:
    """The pool as it was last composed."""
    return _composition(visit)


def _composition(visit: Visit, *, refused: Refused | None = None) -> PageAnswer:
    programme = visit.path["programme"]
    found = pool.pool_page(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    newest = found.newest
    view = views.PoolView(
        people=None if newest is None else newest.people, cell_min=5 if newest is None else newest.cell_min,
        at=None if found.at is None else words.moment(found.at),
        is_of_release=newest is not None and newest.release is not None,
        tables=() if newest is None else tuple(_table(part, found.words, newest.people) for part in newest.parts),
        is_planned=found.is_planned, idempotency_key=new_key(),
        action=f"/programmes/{programme}/pool" if access.allows(visit.actor, "pool.compose") else None,
        contract_href=f"/programmes/{programme}/contract",
    )  # fmt: skip
    notices = () if refused is None else (frame.notice(refused),)
    lead = said("Who has judged in this programme, as counts that tell of no one.")
    page = frame.page(visit, said(SECTION), lead=lead, at=frame.inside(visit, programme, SECTION), notices=notices)
    return frame.shown("pool/detail.html", view, page, status=200 if refused is None else status_of(refused))


def _table(part: PoolPart, plan: PoolPlan | None, people: int) -> views.AxisTable:
    asked = {axis.id: axis for axis in plan.axes} if plan is not None else {}
    own = asked.get(part.axis.removeprefix(OWN)) if part.axis.startswith(OWN) else None
    groups = {**(own.groups if own is not None else {}), UNDECLARED: said("Not declared")}
    rows = [
        (
            groups.get(cell.group, words.of_role(cell.group)),
            said("hidden") if cell.people is None else count(cell.people),
        )
        for cell in part.cells
    ]
    if part.hidden_people:
        rows.append((said("All hidden groups together"), count(part.hidden_people)))
    title = own.question if own is not None else TITLES.get(part.axis) or part.axis
    return views.AxisTable(title=title, rows=tuple(rows), note=_note(part, people))


def _note(part: PoolPart, people: int) -> str:
    if part.is_withheld:
        return said("Not told again: too little has changed since it was told before.")
    if part.is_partition:
        return counted(
            "Everybody stands in one group: together %(number)s person.",
            "Everybody stands in one group: together %(number)s people.",
            people,
        )
    return said("A person may have several, or none: each count stands alone.")


def compose(visit: Visit) -> PageAnswer:
    """Record the pool as it is now."""
    programme = visit.path["programme"]
    done = pool.compose(visit.cell, visit.actor, programme, key=visit.text("idempotency_key"))
    if isinstance(done, Refused):
        return done if done == access.ABSENT else _composition(visit, refused=done)
    return frame.moved(f"/programmes/{programme}/pool?done=composed")


def own(visit: Visit) -> PageAnswer:
    """What the reader says of themselves, to change or to take back."""
    return _own(visit)


def _own(visit: Visit, *, refused: Refused | None = None) -> PageAnswer:
    programme = visit.path["programme"]
    found = pool.own_answers(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    view = views.Answers(
        questions=tuple(
            views.QuestionField(
                id=axis.id, label=axis.question,
                choices=(
                    Choice(value="", label=said(RATHER_NOT), is_chosen=axis.id not in found.values),
                    *(
                        Choice(value=name, label=label, is_chosen=found.values.get(axis.id) == name)
                        for name, label in axis.groups.items()
                    ),
                ),
            )
            for axis in found.plan.axes
        ),
        since=None if found.at is None else words.moment(found.at), action=f"/me/pool/{programme}",
        withdraw_action=f"/me/pool/{programme}/withdraw", idempotency_key=new_key(), withdrawal_key=new_key(),
        cell_min=found.plan.cell_min,
    )  # fmt: skip
    notices = () if refused is None else (frame.notice(refused),)
    place = Place(trail=((said("My work"), "/me"),), programme=programme)
    page = frame.page(visit, said("About me"), at=place, notices=notices)
    return frame.shown("pool/own.html", view, page, status=200 if refused is None else status_of(refused))


def declare(visit: Visit) -> PageAnswer:
    """Say it, on the questions that were answered."""
    programme = visit.path["programme"]
    found = pool.own_answers(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    values = {axis.id: given for axis in found.plan.axes if (given := visit.text(axis.id))}
    done = pool.declare(visit.cell, visit.actor, programme, values, key=visit.text("idempotency_key"))
    return _after(visit, done, "groups")


def withdraw(visit: Visit) -> PageAnswer:
    """Take it back."""
    done = pool.withdraw(visit.cell, visit.actor, visit.path["programme"], key=visit.text("idempotency_key"))
    return _after(visit, done, "groups-withdrawn")


def _after(visit: Visit, done: object, told: str) -> PageAnswer:
    if isinstance(done, Refused):
        return done if done == access.ABSENT else _own(visit, refused=done)
    return frame.moved(f"/me/pool/{visit.path['programme']}?done={told}")

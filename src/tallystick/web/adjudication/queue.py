"""The queue of disagreements: what comes first, taking a case, giving it back. Reads and writes through app."""

import msgspec

from tallystick.app import access, adjudication, contract
from tallystick.app.adjudication import Queue
from tallystick.app.kernel import new_key
from tallystick.edge import Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.flow import adjudication as flow
from tallystick.flow.pay import NOT_ACCEPTED
from tallystick.flow.refusal import Refused
from tallystick.signals import shape
from tallystick.web import frame, words
from tallystick.web.language import N_, Words, counted, said
from tallystick.web.language.formats import count
from tallystick.web.views import adjudication as views
from tallystick.web.views.page import Notice
from tallystick.web.views.parts import Choice, Link, Paging, Pill

STATES = Words({
    "open": "Open", "settled": "Settled", "preserved": "Preserved", "withdrawn": "Withdrawn",
})  # fmt: skip
SECTION = N_("Disagreements")
_SIDES = Words({
    "tie": "tie", "both_unacceptable": "both unacceptable", "insufficient_context": "insufficient context",
    "abstain": "abstain",
})  # fmt: skip


def first(visit: Visit) -> PageAnswer:
    """To the first programme that has an open disagreement, or to the first programme."""
    found = contract.programmes(visit.cell, visit.actor)
    if isinstance(found, Refused):
        return found
    names = [row.programme for row in found]
    waiting = [name for name in names if adjudication.queue(visit.cell, visit.actor, name, limit=1)]
    if not names:
        return access.ABSENT
    return frame.moved(f"/programmes/{(waiting or names)[0]}/disagreements")


def queue(visit: Visit) -> PageAnswer:
    """Disagreements of a programme in one state."""
    return _shown(visit)


def _shown(visit: Visit, notices: tuple[Notice, ...] = (), status: int = 200) -> PageAnswer:
    programme = visit.path["programme"]
    state = visit.query.get("state", "open")
    state = state if state in STATES else "open"
    found = adjudication.queue_page(
        visit.cell, visit.actor, programme, state=state, after=visit.query.get("after") or None
    )
    if isinstance(found, Refused):
        return found
    at = frame.inside(visit, programme, SECTION)
    page = frame.page(visit, said(SECTION), at=at, notices=notices)
    return frame.shown("adjudication/queue.html", _view(visit, found, state), page, status=status)


def _view(visit: Visit, found: Queue, state: str) -> views.Queue:
    root = f"/programmes/{visit.path['programme']}"
    tabs = [name for name in STATES if name != "withdrawn" or found.counts.get("withdrawn")]
    is_adjudicator, is_reader = access.allows(visit.actor, "adjudicate"), access.allows(visit.actor, "gate.read")
    mine = found.mine
    return views.Queue(
        open=found.counts.get("open", 0), settled=found.counts.get("settled", 0),
        preserved=found.counts.get("preserved", 0),
        cases=tuple(
            views.CaseRow(
                item_id=row.item, href=f"/disagreements/{row.item}", domain=row.domain,
                spread=spread(row.counts) if is_reader else None,
                since=words.moment(row.opened_at), state=_state(row.state, row.holder, row.held_until, found.now),
                risk=risk(row.risk), cause=cause(row.cause),
            )
            for row in found.rows
        ),
        paging=Paging(
            summary=_summary(state, len(found.rows), of=count(found.counts.get(state, 0))),
            next_href=f"{root}/disagreements?state={state}&after={found.after}" if found.after else None,
        ),
        tabs=tuple(
            Choice(value=f"{root}/disagreements?state={name}", label=STATES[name], is_chosen=name == state)
            for name in tabs
        ),
        waiting=tuple(
            views.WaitingRow(
                domain=row.domain, risk=risk(row.risk), cause=cause(row.cause), cases=row.cases,
                oldest=words.moment(row.oldest),
            )
            for row in found.waiting
        ) if is_reader else (),
        take_action=f"{root}/disagreements/next" if is_adjudicator and state == "open" else None,
        idempotency_key=new_key(),
        mine=None if mine is None else Link(
            label=mine.item, href=f"/disagreements/{mine.item}", note=held_note(mine.held_until, found.now)
        ),
        links=(
            Link(label=said("By cause"), href=f"{root}/causes"),
            Link(label=said("Overturn rates"), href=f"{root}/overturns"),
        ) if is_reader else (),
    )  # fmt: skip


def _state(state: str, holder: str | None, held_until: int | None, now: int) -> Pill:
    if state == "open" and flow.is_held(holder, held_until, now):
        return Pill(label="being decided", tone="waiting")
    return words.CASE_STATES[state]


def _summary(state: str, number: int, *, of: str) -> str:
    """How many cases a page lists, of how many in this state."""
    match state:
        case "settled":
            return counted(
                "%(number)s case settled, of %(all)s", "%(number)s cases settled, of %(all)s", number, all=of
            )
        case "preserved":
            return counted(
                "%(number)s case preserved, of %(all)s", "%(number)s cases preserved, of %(all)s", number, all=of
            )
        case "withdrawn":
            return counted(
                "%(number)s case withdrawn, of %(all)s", "%(number)s cases withdrawn, of %(all)s", number, all=of
            )
    return counted("%(number)s case open, of %(all)s", "%(number)s cases open, of %(all)s", number, all=of)


def held_note(held_until: int | None, now: int) -> str:
    """Until when a case is held, as people read it."""
    if held_until is None or held_until < now:
        return said("The lease has run out: it is yours until somebody else takes it.")
    return said("It is yours until %(moment)s.", moment=words.told(held_until))


def risk(tier: str | None) -> Pill:
    """A tier of risk as a pill."""
    return words.RISKS.get(tier or "", Pill(label="no tier"))


def cause(name: str | None) -> str:
    """The class of a case in words."""
    return words.CAUSES.get(name or "") or said("not classified")


def spread(counts: str) -> str:
    """How the verdicts divide, without saying which candidate: A and B differ from reader to reader."""
    sides: dict[str, int] = {}
    ways = set()
    for verdict, number in msgspec.json.decode(counts).items():
        way = shape.direction(verdict)
        ways.add(way)
        name = said("one is better") if way in ("a", "b") else _SIDES.get(verdict) or words.verdict(verdict)
        sides[name] = sides.get(name, 0) + number
    told = ", ".join(f"{name}: {number}" for name, number in sides.items())
    return said("%(verdicts)s (both ways)", verdicts=told) if {"a", "b"} <= ways else told


def take(visit: Visit) -> PageAnswer:
    """Take one case, and go to it."""
    item = visit.path["item"]
    done = adjudication.take(visit.cell, visit.actor, item, key=visit.text("idempotency_key") or new_key())
    if not isinstance(done, Refused):
        return frame.moved(f"/disagreements/{item}")
    if done.code in {flow.ENDED, flow.HELD.code, "erased"}:
        return frame.moved(f"/disagreements/{item}")  # the page says what has become of it
    if done.code == "holding-case":
        return frame.moved(f"/disagreements/{done.names[0]}?done=holding")
    return frame.ask_terms(done) if done.code == NOT_ACCEPTED else done


def take_next(visit: Visit) -> PageAnswer:
    """Take the case that comes first, and go to it."""
    programme = visit.path["programme"]
    key = visit.text("idempotency_key") or new_key()
    done = adjudication.take_next(visit.cell, visit.actor, programme, key=key)
    if not isinstance(done, Refused):
        return frame.moved(f"/disagreements/{done.item}")
    if done.code == NOT_ACCEPTED:
        return frame.ask_terms(done)
    return done if done == access.ABSENT else _shown(visit, (frame.notice(done),), status_of(done))


def give_back(visit: Visit) -> PageAnswer:
    """Give one's case back, and go to the queue."""
    item = visit.path["item"]
    key = visit.text("idempotency_key") or new_key()
    done = adjudication.give_back(visit.cell, visit.actor, item, key=key)
    if isinstance(done, Refused):
        return done if done == access.ABSENT else frame.moved(f"/disagreements/{item}")
    programme = next(fact.programme for fact in done.facts if hasattr(fact, "programme"))
    return frame.moved(f"/programmes/{programme}/disagreements?done=case-returned")

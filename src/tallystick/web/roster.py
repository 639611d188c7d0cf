"""People: the roster, one person, adding one, an expert's own home. Reads and writes through app."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Final

import msgspec
from starlette.responses import Response

from tallystick.app import access, assignment, calibration, contract, oversight, pay, pool, roster
from tallystick.app import credential as credentials
from tallystick.app import screening as disqualifiers
from tallystick.app.kernel import new_key
from tallystick.app.roster import NewPerson, PersonPage, PersonView, Standing
from tallystick.edge import Site, Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.flow.pay import NOT_ACCEPTED
from tallystick.flow.refusal import Refused
from tallystick.web import credential, frame, language, routing, screening, words
from tallystick.web.frame import Place
from tallystick.web.language import Words, counted, said
from tallystick.web.qualification import standing_view
from tallystick.web.views import roster as views
from tallystick.web.views.page import Notice
from tallystick.web.views.parts import Choice, Link, Pill

FORM_BYTES = 50_000
CONTRACT_BYTES = 300_000
RECEIPTS = 20
_ROLES: Final = Words({
    "lead": "Opens programmes, imports, measures, releases.", "expert": "Judges items after qualification.",
    "researcher": "Reads programmes, agreement and releases.", "auditor": "Reads everything. Has no other role.",
    "engineer": "Looks after the cell; sees no content.",
})  # fmt: skip
_ROLE_TITLES = Words({
    "lead": "Lead", "expert": "Expert", "researcher": "Researcher", "auditor": "Auditor", "engineer": "Engineer",
    "author": "Author", "reviewer": "Reviewer", "policy_reviewer": "Policy reviewer",
    "language_specialist": "Language specialist", "adjudicator": "Adjudicator", "custodian": "Custodian",
})  # fmt: skip
_EXPERT_ROLES: Final = Words({
    "author": "Writes items.", "reviewer": "Reviews judgments.", "policy_reviewer": "Reviews policy questions.",
    "language_specialist": "Judges in a language.", "adjudicator": "Settles disagreements.",
})  # fmt: skip


def mount(site: Site) -> None:
    """Register people."""
    site.page("/me", me, permission="work.do")
    site.page("/people", every, permission="roster.read")
    site.page("/people/new", ask, permission="roster.write")
    site.page("/people/new", enrol, permission="roster.write", methods=("POST",), max_bytes=FORM_BYTES)
    site.page("/people/{person}", detail, permission="self")
    site.page(
        "/people/{person}/contract", execute, permission="roster.write", methods=("POST",), max_bytes=CONTRACT_BYTES
    )
    site.page(
        "/people/{person}/credentials", declare_credential, permission="self", methods=("POST",), max_bytes=FORM_BYTES
    )
    site.page(
        "/people/{person}/screening", propose_disqualifier, permission="screen", methods=("POST",),
        max_bytes=FORM_BYTES,
    )  # fmt: skip
    site.page(
        "/people/{person}/screening/{disqualifier}", decide_disqualifier, permission="self", methods=("POST",),
        max_bytes=FORM_BYTES,
    )  # fmt: skip
    site.page(
        "/people/{person}/region", declare_region, permission="roster.write", methods=("POST",), max_bytes=FORM_BYTES
    )


# --- an expert's own home -----------------------------------------------------------------------------------------


def me(visit: Visit) -> PageAnswer:
    """What waits for an expert: work, qualifications to do, receipts."""
    found = roster.person_page(visit.cell, visit.actor, visit.actor.person)
    programmes = contract.programmes(visit.cell, visit.actor)
    if isinstance(found, Refused):
        return found
    if isinstance(programmes, Refused):
        return programmes
    has_contract = found.person.row.executed_at is not None
    standings = {
        row.programme: rows
        for row in programmes
        if not isinstance(rows := roster.standings(visit.cell, visit.actor, row.programme), Refused)
    }
    judged, sealed = [row.programme for row in found.judgments], oversight.sealed_size(visit.cell)
    view = views.Me(
        waiting=tuple(
            views.Waiting(
                programme=name, href=f"/work/{name}", items=None, done=judged.count(name), note=note,
                nothing=_nothing(visit, name),
            )
            for name, rows in standings.items()
            if (note := _note(rows)) or name in judged
        ),
        calibrations=_calibrations(visit),
        qualifications=tuple(
            standing_view(name, standing, may_start=has_contract)
            for name, rows in standings.items()
            for standing in rows
            if standing.gold_items
        ),
        receipts=tuple(
            frame.receipt(sealed, seq=row.seq, kind="judgment-submitted/1", at=row.at)
            for row in found.judgments[:RECEIPTS]
        ),
        reminders=credential.reminders(
            credentials.own_running_out(visit.cell, visit.actor, within_days=credential.DAYS)
        ),
        file_href=f"/people/{visit.actor.person}",
        asked=tuple(
            Link(label=name, href=f"/me/pool/{name}") for name in pool.asking(visit.cell, visit.actor)
        ),
        blocked=_blocked(visit, standings, has_contract=has_contract),
    )  # fmt: skip
    return frame.shown("roster/me.html", view, frame.page(visit, said("My work")))


def _calibrations(visit: Visit) -> tuple[views.CalibrationRow, ...]:
    """Calibration sessions that go on, and what is to be done in each."""
    found = calibration.mine(visit.cell, visit.actor)
    if isinstance(found, Refused):
        return ()
    return tuple(
        views.CalibrationRow(
            programme=one.row.programme, href=f"/calibrations/{one.row.calibration}", done=one.done, total=one.total,
            is_revealed=one.row.state == "revealed",
        )
        for one in found
        if one.row.state in ("labelling", "revealed")
    )  # fmt: skip


def _nothing(visit: Visit, programme: str) -> str:
    """Why nothing waits for somebody in a programme now; empty where something does, if it be terms to accept."""
    why = assignment.nothing_waits(visit.cell, visit.actor, programme)
    return "" if why is None or why.code == NOT_ACCEPTED else language.refusal_line(why)


def _note(standings: list[Standing]) -> str:
    """In which domains somebody may work; empty when in none."""
    open_to = [s.title for s in standings if s.is_open]
    return said("Open to you: %(rubrics)s.", rubrics=", ".join(open_to)) if open_to else ""


def _blocked(
    visit: Visit, standings: Mapping[str, list[Standing]], *, has_contract: bool
) -> tuple[views.Blocked, ...]:  # fmt: skip
    """Why somebody gets no work, each with what to do: their contract, disqualifiers, credentials that are lacking."""
    found = []
    if not has_contract:
        sentence = said("Your contract is not recorded yet. Ask the programme lead to record it.")
        found.append(views.Blocked(sentence=sentence))
    found += screening.own_open(visit)
    for programme, rows in standings.items():
        lines = credential.lacking_lines(rows)
        link = Link(label=said("Declare or renew it in your file"), href=credential.own_href(visit))
        found += [views.Blocked(sentence=f"{programme}: {line}", link=link) for line in lines]
    return tuple(found)


# --- the roster ---------------------------------------------------------------------------------------------------


def every(visit: Visit) -> PageAnswer:
    """Everybody in the cell."""
    found = roster.people(visit.cell, visit.actor)
    if isinstance(found, Refused):
        return found
    rows = tuple(_row(person) for person in found)
    new = "/people/new" if access.allows(visit.actor, "roster.write") else None
    expiring = credentials.running_out(visit.cell, visit.actor, within_days=credential.DAYS)
    waiting = credentials.waiting(visit.cell, visit.actor), disqualifiers.waiting(visit.cell, visit.actor)
    known = {person.row.person: person.profile.name for person in found}
    view = views.PersonList(
        people=rows, new_href=new,
        reminders=() if isinstance(expiring, Refused) else credential.reminders(expiring, known),
        waiting=sum(0 if isinstance(part, Refused) else len(part) for part in waiting),
    )  # fmt: skip
    return frame.shown("roster/list.html", view, frame.page(visit, said("People")))


def _row(person: PersonView) -> views.PersonRow:
    return views.PersonRow(
        name=person.profile.name, href=f"/people/{person.row.person}", roles=_roles(person),
        qualified=person.qualified, contract=_contract(person), judgments=person.judgments, flags=person.pre_contract,
    )  # fmt: skip


def _roles(person: PersonView) -> tuple[str, ...]:
    if person.row.origin == "imported":
        return ("rater elsewhere",)
    return tuple(words.of_role(role) for role in (*person.roles, *person.expert_roles))


def _contract(person: PersonView) -> Pill:
    if person.row.executed_at is not None:
        return Pill(label="executed", tone="good")
    if "expert" in person.roles:
        return Pill(label="not executed", tone="bad")
    return Pill(label="not needed", tone="quiet")


def detail(visit: Visit) -> PageAnswer:
    """One person: for those who read the roster, and for the person."""
    found = roster.person_page(visit.cell, visit.actor, visit.path["person"])
    return found if isinstance(found, Refused) else _detail(visit, found, typed={}, errors={}, status=200)


def _detail(
    visit: Visit, found: PersonPage, *, typed: Mapping[str, str], errors: Mapping[str, str], status: int,
    notices: tuple[Notice, ...] = (), declared: Refused | None = None, screened: screening.Typed | None = None,
) -> Response:  # fmt: skip
    person = found.person
    row = person.row
    may_record = access.allows(visit.actor, "roster.write") and "expert" in person.roles and row.executed_at is None
    view = views.PersonDetail(
        id=person.login or row.person, name=person.profile.name, roles=_roles(person),
        contract_at=None if row.executed_at is None else words.moment(row.executed_at),
        ip_at=None if row.ip_assigned_at is None else words.moment(row.ip_assigned_at),
        qualifications=_attempts(found), flags=_flags(found), history=(),
        contract_action=f"/people/{row.person}/contract" if may_record else None, idempotency_key=new_key(),
        contract_text=typed.get("template", ""), contract_on=typed.get("executed_at", ""),
        ip_on=typed.get("ip_assigned_at", ""), errors=tuple(errors.items()), region=row.region,
        region_action=f"/people/{row.person}/region" if access.allows(visit.actor, "roster.write") else None,
        region_key=new_key(),
        erase_href=f"/erasures/new?target=person:{row.person}" if access.allows(visit.actor, "erasure.order") else None,
        template_digest=row.template_digest,
        credentials=credential.section(visit, row.person, refused=declared) if row.origin == "observed" else None,
        screening=screening.section(visit, row.person, typed=screened) if row.origin == "observed" else None,
        routing=routing.section(visit, row.person) if "expert" in person.roles else None,
        pay=tuple(
            Link(label=name, href=f"/programmes/{name}/pay/people/{row.person}")
            for name in pay.paid_in(visit.cell, visit.actor, row.person)
        ),
    )  # fmt: skip
    trail = ((said("People"), "/people"),) if access.allows(visit.actor, "roster.read") else ()
    page = frame.page(visit, person.profile.name, at=Place(trail=trail), notices=notices)
    return frame.shown("roster/person.html", view, page, status=status)


def _flags(found: PersonPage) -> tuple[str, ...]:
    flags = []
    if found.person.row.simulated:
        flags.append(said("A simulated person: a program, whose judgments stay marked as simulated."))
    if found.person.row.origin == "imported":
        flags.append(said("A rater of another source. What they judged was imported and not observed here."))
    early = sum(1 for row in found.judgments if row.is_pre_contract and row.is_observed)
    if early:
        flags.append(
            counted(
                "%(number)s of the latest judgments was made before the contract was executed.",
                "%(number)s of the latest judgments were made before the contract was executed.", early,
            )
        )  # fmt: skip
    return tuple(flags)


def _attempts(found: PersonPage) -> tuple[views.Qualification, ...]:
    return tuple(
        views.Qualification(
            rubric=Link(label=q.rubric, href=f"/programmes/{q.programme}/rubrics/{q.rubric}/{q.version}"),
            version=q.version, role=words.of_role("expert"),
            status=words.LAPSED if q.qualification in found.lapsed else words.QUALIFICATION_STATES[q.state],
            at=None if q.ended_at is None else words.moment(q.ended_at), done=q.answered,
            needed=len(msgspec.json.decode(q.items, type=list[str])),
            rule=said("The rubric has changed since: its work needs a qualification under the version in force.")
            if q.qualification in found.lapsed
            else counted("Passes with %(number)s right answer.", "Passes with %(number)s right answers.", q.pass_mark),
        )
        for q in found.qualifications
    )  # fmt: skip


def execute(visit: Visit) -> PageAnswer:
    """Record when a contract and the rights assignment were executed."""
    found = roster.person_page(visit.cell, visit.actor, visit.path["person"])
    if isinstance(found, Refused):
        return found
    typed = {name: visit.text(name) for name in ("executed_at", "ip_assigned_at", "template")}
    days = {name: _day(typed[name]) for name in ("executed_at", "ip_assigned_at")}
    errors = {name: said("Expected a date such as 2026-11-21.") for name, day in days.items() if day is None}
    if not typed["template"].strip():
        errors["template"] = said("Paste the text that was signed: only its digest is kept.")
    if errors:
        return _detail(visit, found, typed=typed, errors=errors, status=422)
    done = roster.execute_contract(
        visit.cell, visit.actor, visit.path["person"], template=typed["template"].encode(),
        executed_at=days["executed_at"] or 0, ip_assigned_at=days["ip_assigned_at"] or 0,
        key=visit.text("idempotency_key"),
    )  # fmt: skip
    if isinstance(done, Refused):
        notices = (frame.notice(done),)
        return _detail(visit, found, typed=typed, errors={}, status=status_of(done), notices=notices)
    return frame.moved(f"/people/{visit.path['person']}?done=executed")


def declare_region(visit: Visit) -> PageAnswer:
    """Declare where a person is when they read content."""
    found = roster.person_page(visit.cell, visit.actor, visit.path["person"])
    if isinstance(found, Refused):
        return found
    done = roster.declare_region(
        visit.cell, visit.actor, visit.path["person"], region=visit.text("region").strip(),
        key=visit.text("idempotency_key"),
    )  # fmt: skip
    if isinstance(done, Refused):
        errors = {"region": done.sentence}
        return _detail(visit, found, typed={}, errors=errors, status=status_of(done), notices=(frame.notice(done),))
    return frame.moved(f"/people/{visit.path['person']}?done=region")


def declare_credential(visit: Visit) -> PageAnswer:
    """Declare a credential; then to its page, where evidence is added."""
    done = credential.declare(visit)
    if not isinstance(done, Refused):
        return frame.moved(f"/credentials/{done.credential}?done=credential")
    return _refused(visit, done, declared=done)


def propose_disqualifier(visit: Visit) -> PageAnswer:
    """Propose an obvious disqualifier."""
    done = screening.propose(visit)
    if isinstance(done, Refused):
        return _refused(visit, done, screened=screening.Typed(refused=done))
    return frame.moved(f"/people/{visit.path['person']}?done=disqualifier#screening")


def decide_disqualifier(visit: Visit) -> PageAnswer:
    """Confirm, dismiss or lift a disqualifier, or answer it."""
    done = screening.decide(visit)
    if isinstance(done, Refused):
        return _refused(visit, done, screened=screening.Typed(refused=done, of=visit.path["disqualifier"]))
    told = "answered" if visit.text("decision") == screening.ANSWER else "decided"
    return frame.moved(f"/people/{visit.path['person']}?done={told}#screening")


def _refused(
    visit: Visit, refused: Refused, *, declared: Refused | None = None, screened: screening.Typed | None = None
) -> PageAnswer:
    """The person's page once more, with what was typed and why it was refused."""
    found = roster.person_page(visit.cell, visit.actor, visit.path["person"])
    if isinstance(found, Refused) or refused == access.ABSENT:
        return found if isinstance(found, Refused) else refused
    return _detail(
        visit, found, typed={}, errors={}, status=status_of(refused), declared=declared, screened=screened,
        notices=(frame.notice(refused, field=refused.field),),
    )  # fmt: skip


def _day(text: str) -> int | None:
    """The start of a day in UTC, in microseconds."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000


def ask(visit: Visit) -> PageAnswer:
    """The form for a new person."""
    return _form(visit, key=new_key())


def _form(visit: Visit, *, key: str, refused: Refused | None = None) -> Response:
    chosen, expert = visit.ticked("roles"), visit.ticked("expert_roles")
    error = () if refused is None or refused.field is None else ((refused.field, refused.sentence),)
    view = views.PersonNew(
        action="/people/new", idempotency_key=key, roles=_choices(_ROLES, chosen),
        expert_roles=_choices(_EXPERT_ROLES, expert), name=visit.text("name"), login=visit.text("login"), errors=error,
    )  # fmt: skip
    notices = () if refused is None else (frame.notice(refused, field=refused.field),)
    page = frame.page(visit, said("Add a person"), at=Place(trail=((said("People"), "/people"),)), notices=notices)
    return frame.shown("roster/new.html", view, page, status=200 if refused is None else status_of(refused))


def _choices(known: Mapping[str, str], chosen: tuple[str, ...]) -> tuple[Choice, ...]:
    return tuple(
        Choice(value=value, label=_ROLE_TITLES[value], note=note, is_chosen=value in chosen)
        for value, note in known.items()
    )


def enrol(visit: Visit) -> PageAnswer:
    """Let a person join."""
    new = NewPerson(
        name=visit.text("name"), roles=visit.ticked("roles"), expert_roles=visit.ticked("expert_roles"),
        login=visit.text("login").strip() or None, password=visit.text("password") or None,
    )  # fmt: skip
    done = roster.enrol(visit.cell, visit.actor, new, key=visit.text("idempotency_key"))
    if isinstance(done, Refused):
        return _form(visit, key=visit.text("idempotency_key"), refused=done)
    return frame.moved(f"/people/{done.person}?done=person")

"""Credentials: those of a person, one of them with its evidence, what runs out. Reads and writes through app."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from tallystick.app import access, credential, screening
from tallystick.app.credential import CredentialPage, EvidenceFile, Held
from tallystick.app.kernel import new_key
from tallystick.app.roster import Standing
from tallystick.edge import Site, Visit, status_of
from tallystick.edge.download import download
from tallystick.edge.pages import PageAnswer
from tallystick.flow import credential as flow
from tallystick.flow.credential import EVIDENCE_BYTES_MAX, Details, Expiring, Wish
from tallystick.flow.refusal import Refused
from tallystick.flow.screening import GROUNDS
from tallystick.web import frame, upload, words
from tallystick.web.frame import Place
from tallystick.web.language import Words, counted, listed, refusal_line, said, told
from tallystick.web.views import credential as views
from tallystick.web.views.parts import Choice, Fact, Pill

FORM_BYTES = 20_000
DAYS = 60
STATES: Mapping[str, Pill] = {
    "declared": Pill(label="declared", tone="waiting"), "under_review": Pill(label="under review", tone="waiting"),
    "verified": Pill(label="verified", tone="good"), "rejected": Pill(label="rejected", tone="bad"),
    "withdrawn": Pill(label="withdrawn"), "expired": Pill(label="expired", tone="bad"),
}  # fmt: skip
DECIDED: Mapping[str, str] = Words({
    "under_review": "Taken up for review", "verified": "Verified", "rejected": "Rejected", "withdrawn": "Withdrawn",
})  # fmt: skip
METHODS: Mapping[str, str] = Words({
    "document": "A document", "registry_lookup": "Look-up in a registry",
    "structured_interview": "A structured interview", "self_attested": "Self-attested: nothing to check",
})  # fmt: skip
SOURCES: Mapping[str, str] = Words({
    "rule": "a rule of this cell", "import": "another system", "person": "a person",
})  # fmt: skip


def mount(site: Site) -> None:
    """Register credentials."""
    one = "/credentials/{credential_id}"
    site.page("/credentials", overview, permission="roster.read")
    site.page(one, detail, permission="self")
    site.page(one, decide, permission="self", methods=("POST",), max_bytes=FORM_BYTES)
    site.page(
        f"{one}/evidence", add, permission="self", methods=("POST",), max_bytes=EVIDENCE_BYTES_MAX + FORM_BYTES,
        told_bytes=EVIDENCE_BYTES_MAX,
    )  # fmt: skip
    site.page(f"{one}/evidence/{{number}}", evidence, permission="self")


# --- on a person's page -------------------------------------------------------------------------------------------


def section(visit: Visit, person: str, *, refused: Refused | None = None) -> views.Section | None:
    """The credentials of a person, with the form to declare one."""
    found = credential.of_person(visit.cell, visit.actor, person)
    if isinstance(found, Refused):
        return None
    may_declare = visit.actor.person == person or access.allows(visit.actor, "roster.write")
    names = ("type", "issuer", "jurisdiction", "identifier", "expires_on")
    typed = tuple((name, visit.text(name)) for name in names) if refused else ()
    chosen = visit.text("method") or "document"
    renewable = [one for one in found if one.state in (flow.VERIFIED, flow.EXPIRED)]
    offered = credential.types_demanded(visit.cell) if may_declare else ()
    return views.Section(
        rows=tuple(_row(one) for one in found), demanded=_demanded(visit, person),
        action=f"/people/{person}/credentials" if may_declare else None, idempotency_key=new_key(),
        methods=_methods(METHODS, chosen),
        former=(
            Choice(value="", label=said("None: it is new"), is_chosen=True),
            *(Choice(value=one.row.credential, label=_former(one)) for one in renewable),
        ),
        typed=typed, errors=_errors(refused), offered=offered, hint=_hint(offered),
    )  # fmt: skip


def _hint(found: Collection[str]) -> str:
    """What to type as a type: with those that contracts demand, where any does."""
    if not found:
        return said("A short name such as medical-licence, as contracts demand it.")
    return said("Contracts demand %(types)s. A credential of another type opens no work.", types=listed(found))


def _undemanded(visit: Visit, kind: str) -> str:
    """A warning where contracts demand credentials and none of them this type; else empty."""
    found = credential.types_demanded(visit.cell)
    if not found or kind in found:
        return ""
    return said(
        "No contract demands a credential of the type %(type)s: it opens no work. Contracts demand %(types)s. If the "
        "type is misspelt, withdraw this one and declare it anew.", type=kind, types=listed(found),
    )  # fmt: skip


def _errors(refused: Refused | None) -> tuple[tuple[str, str], ...]:
    return ((refused.field, refusal_line(refused)),) if refused is not None and refused.field else ()


def _methods(known: Mapping[str, str], chosen: str) -> tuple[Choice, ...]:
    return tuple(Choice(value=name, label=label, is_chosen=name == chosen) for name, label in known.items())


def _former(one: Held) -> str:
    if one.row.expires_on is None:
        return said("%(type)s, no end", type=one.row.type)
    return said("%(type)s, until %(day)s", type=one.row.type, day=one.row.expires_on)


def _row(one: Held, *, who: str = "") -> views.CredentialRow:
    return views.CredentialRow(
        type=one.row.type, href=f"/credentials/{one.row.credential}", status=STATES[one.state],
        method=METHODS[one.row.method], until=one.row.expires_on, files=one.files, who=who,
        who_href=f"/people/{one.row.person}" if who else "",
    )  # fmt: skip


def _demanded(visit: Visit, person: str) -> tuple[str, ...]:
    """What contracts demand of this person that they do not hold."""
    found = credential.lacking_everywhere(visit.cell, visit.actor, person)
    if isinstance(found, Refused):
        return ()
    return tuple(
        said(
            "%(programme)s, %(domain)s: no work without a verified credential: %(types)s.",
            programme=programme,
            domain=domain,
            types=listed(types),
        )
        for (programme, domain), types in found.items()
    )


def declare(visit: Visit) -> credential.Declared | Refused:
    """Declare a credential from the form on a person's page."""
    until = day(visit.text("expires_on"))
    if isinstance(until, Refused):
        return until
    wish = Wish(
        type=visit.text("type").strip(), method=visit.text("method"), expires_on=until,
        renews=visit.text("renews") or None,
        details=Details(
            issuer=visit.text("issuer"), jurisdiction=visit.text("jurisdiction"), identifier=visit.text("identifier")
        ),
    )  # fmt: skip
    key = visit.text("idempotency_key")
    return credential.declare(visit.cell, visit.actor, visit.path["person"], wish, key=key)


def day(text: str) -> date | Refused | None:
    """A day as a form sends it; None where none was typed."""
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        return Refused("bad-day", "Expected a date such as 2027-01-31.", "expires_on")


# --- one credential -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What came with something that was refused."""

    refused: Refused | None = None
    decision: str = ""


def detail(visit: Visit) -> PageAnswer:
    """One credential. That it was opened is an event."""
    return _shown(visit, Typed())


def _shown(visit: Visit, typed: Typed) -> PageAnswer:
    found = credential.credential_page(visit.cell, visit.actor, visit.path["credential_id"])
    if isinstance(found, Refused):
        return found
    refused = typed.refused
    notices = () if refused is None else (frame.notice(refused, field=refused.field),)
    known, person = frame.names(visit), found.row.person
    home = (said("My file") if found.is_own else known.get(person, said("Person")), f"/people/{person}")
    heading = (
        said("%(type)s of %(person)s", type=found.row.type, person=known[person])
        if person in known and not found.is_own
        else found.row.type
    )
    page = frame.page(visit, heading, title=said("A credential"), at=Place(trail=(home,)), notices=notices)
    status = 200 if refused is None else status_of(refused)
    return frame.shown("credential/detail.html", _view(visit, found, typed, known=known), page, status=status)


def _view(visit: Visit, found: CredentialPage, typed: Typed, *, known: Mapping[str, str]) -> views.CredentialDetail:
    row, address = found.row, f"/credentials/{found.row.credential}"
    is_open = row.state in flow.OPEN
    may_add = is_open and (found.is_own or access.allows(visit.actor, "roster.write"))
    may_withdraw = row.state in (*flow.OPEN, flow.VERIFIED)
    return views.CredentialDetail(
        status=STATES[found.state], facts=_facts(found, known, reader=visit.actor.person), reason=found.reason,
        evidence=tuple(
            views.EvidenceRow(
                number=number, href=f"{address}/evidence/{number}", commitment=one.commitment,
                size=counted("%(number)s kilobyte", "%(number)s kilobytes", -(-one.bytes * 3 // 4096)),
                who=_who(one.by, known, reader=visit.actor.person, holder=row.person),
                at=words.moment(one.at),
            )
            for number, one in enumerate(found.evidence, 1)
        ),
        files_action=f"{address}/evidence" if may_add else None, action=address,
        may_review=found.may_verify and row.state == flow.DECLARED,
        may_verify=found.may_verify and row.state == flow.UNDER_REVIEW,
        may_withdraw=may_withdraw and (found.is_own or access.allows(visit.actor, "roster.write")),
        methods=_methods({name: METHODS[name] for name in flow.METHODS}, visit.text("method") or row.method),
        keys=(new_key(), new_key(), new_key(), new_key(), new_key()),
        expires_on=visit.text("expires_on") or row.expires_on or "", typed_reason=visit.text("reason"),
        text=visit.text("text"), decision=typed.decision, errors=_errors(typed.refused),
        warning=_undemanded(visit, row.type) if may_withdraw else "",
    )  # fmt: skip


def _who(person: str, known: Mapping[str, str], *, reader: str, holder: str) -> str:
    """Who did something, for whoever reads about it: by name for those who read the roster, else by the role."""
    if person == reader:
        return said("you")
    return said("its holder") if person == holder else known.get(person, said("the programme lead"))


def _facts(found: CredentialPage, known: Mapping[str, str], *, reader: str) -> tuple[Fact, ...]:
    row, details = found.row, found.details
    facts = [
        Fact(term=said("Issuer"), value=details.issuer),
        Fact(term=said("Jurisdiction"), value=details.jurisdiction or said("none given")),
        Fact(term=said("Number"), value=details.identifier or said("none given")),
        Fact(term=said("Method"), value=METHODS[row.method]),
        Fact(term=said("Last day"), value=row.expires_on or said("no end")),
        Fact(term=said("Declared"), value=words.told(row.declared_at)),
    ]
    if row.renews is not None:
        facts.append(Fact(term=said("Follows"), value=row.renews, href=f"/credentials/{row.renews}"))
    facts.extend(
        Fact(
            term=DECIDED[one.what],
            value=said(
                "%(moment)s, by %(person)s", moment=words.told(one.at),
                person=_who(one.by, known, reader=reader, holder=row.person),
            ),
        )
        for one in found.decisions
    )  # fmt: skip
    return tuple(facts)


def add(visit: Visit) -> PageAnswer:
    """Add a file, or typed notes, as evidence."""
    name = visit.path["credential_id"]
    sent, typed = upload.file(visit), visit.text("text").strip()
    if sent is None and not typed:
        return _shown(visit, Typed(refused=upload.NOTHING_SENT))
    file = EvidenceFile("notes.txt", typed.encode()) if sent is None else EvidenceFile(sent.name, sent.data)
    done = credential.add_evidence(visit.cell, visit.actor, name, file, key=visit.text("idempotency_key"))
    if isinstance(done, Refused):
        return done if done == access.ABSENT else _shown(visit, Typed(refused=done))
    return frame.moved(f"/credentials/{name}?done=evidence")


def evidence(visit: Visit) -> PageAnswer:
    """One file of evidence, to keep. Every look is an event."""
    number = visit.path["number"]
    if not number.isascii() or not number.isdigit() or len(number) > 6:
        return access.ABSENT
    found = credential.evidence(visit.cell, visit.actor, visit.path["credential_id"], int(number))
    return found if isinstance(found, Refused) else download(found.name, len(found.data), iter((found.data,)))


def decide(visit: Visit) -> PageAnswer:
    """Take a credential up, verify, reject or withdraw it."""
    name, decision, key = visit.path["credential_id"], visit.text("decision"), visit.text("idempotency_key")
    cell, actor, reason = visit.cell, visit.actor, visit.text("reason")
    until = day(visit.text("expires_on"))
    if isinstance(until, Refused):
        return _shown(visit, Typed(refused=until, decision=decision))
    if decision == "review":
        done = credential.start_review(cell, actor, name, key=key)
    elif decision == "verify":
        method = visit.text("method")
        done = credential.verify(cell, actor, name, method=method, expires_on=until, key=key)
    elif decision == "reject":
        done = credential.reject(cell, actor, name, reason=reason, key=key)
    elif decision == "withdraw":
        done = credential.withdraw(cell, actor, name, reason=reason, key=key)
    else:
        return _shown(visit, Typed(refused=Refused("no-choice", "Choose what to do with this credential.")))
    if isinstance(done, Refused):
        return done if done == access.ABSENT else _shown(visit, Typed(refused=done, decision=decision))
    return frame.moved(f"/credentials/{name}?done=credential-{decision}")


# --- what runs out, and what waits --------------------------------------------------------------------------------


def reminders(expiring: Iterable[Expiring], names: Mapping[str, str] | None = None) -> tuple[views.Reminder, ...]:
    """Credentials that run out, as sentences."""
    return tuple(
        views.Reminder(
            type=one.type, href=f"/credentials/{one.credential}", sentence=_left(one), is_over=one.days < 0,
            who="" if names is None else names.get(one.person, one.person),
            who_href="" if names is None else f"/people/{one.person}",
        )
        for one in expiring
    )  # fmt: skip


def own_href(visit: Visit) -> str:
    """Where somebody declares and renews credentials of their own."""
    return f"/people/{visit.actor.person}#credentials"


def lacking_lines(standings: Iterable[Standing]) -> tuple[str, ...]:
    """Where somebody is qualified and gets no work for want of a credential, rubric by rubric."""
    return tuple(
        said(
            "%(rubric)s is closed to you: you are qualified, and its work needs a verified credential that has not "
            "expired: %(types)s.", rubric=title, types=", ".join(types),
        )
        for title, types in dict.fromkeys(
            (one.title, one.lacking) for one in standings if one.is_qualified and one.lacking
        )
    )  # fmt: skip


def _left(one: Expiring) -> str:
    if one.days < 0:
        return said("It ran out on %(day)s.", day=one.expires_on)
    if one.days == 0:
        return said("Today is its last day.")
    return counted(
        "It runs out on %(day)s, in %(number)s day.", "It runs out on %(day)s, in %(number)s days.", one.days,
        day=one.expires_on,
    )  # fmt: skip


def overview(visit: Visit) -> PageAnswer:
    """What runs out, what waits for a decision, and proposed disqualifiers."""
    return overview_page(visit)


def overview_page(visit: Visit, *, refused: Refused | None = None) -> PageAnswer:
    """The same, after rules were run that were refused."""
    asked = visit.query.get("days", str(DAYS))
    days = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else -1
    found = credential.running_out(visit.cell, visit.actor, within_days=days)
    notices = [frame.notice(one, field=one.field) for one in (found, refused) if isinstance(one, Refused)]
    waiting = credential.waiting(visit.cell, visit.actor)
    proposed = screening.waiting(visit.cell, visit.actor)
    if isinstance(waiting, Refused) or isinstance(proposed, Refused):
        return access.ABSENT
    names = frame.names(visit)
    expiring = [] if isinstance(found, Refused) else found
    view = views.Overview(
        days=asked[:10], reminders=reminders(expiring, names),
        waiting=tuple(_row(one, who=names.get(one.row.person, one.row.person)) for one in waiting),
        disqualifiers=tuple(
            views.DisqualifierLine(
                ground=told(GROUNDS[row.ground]), who=names.get(row.person, row.person), href=f"/people/{row.person}",
                source=SOURCES[row.source], at=words.moment(row.proposed_at),
            )
            for row in proposed
        ),
        rules_action="/screening/rules" if access.allows(visit.actor, "screen") else None, idempotency_key=new_key(),
        regions=visit.text("regions"),
        errors=(*_errors(found if isinstance(found, Refused) else None), *_errors(refused)),
    )  # fmt: skip
    lead = said("What was verified and runs out, what waits for a person, and reasons to stop somebody's work.")
    place = Place(trail=((said("People"), "/people"),))
    page = frame.page(visit, said("Credentials and screening"), lead=lead, at=place, notices=tuple(notices))
    wrong = next((one for one in (refused, found) if isinstance(one, Refused)), None)
    return frame.shown("credential/list.html", view, page, status=200 if wrong is None else status_of(wrong))

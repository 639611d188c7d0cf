"""What stands around every page: navigation by role, marks of the cell, notices. Reads through app, writes nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote, unquote

from starlette.responses import HTMLResponse, RedirectResponse, Response

from tallystick.app import access, contract, judgment, looking, oversight, pay, roster
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.kernel import Receipt as Written
from tallystick.custody import PROTECTED
from tallystick.edge import Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.events.envelope import Envelope
from tallystick.flow.document import Problem as Found
from tallystick.flow.refusal import Refused
from tallystick.web import language, words
from tallystick.web.language import N_, Words, said
from tallystick.web.language.formats import money
from tallystick.web.render import render
from tallystick.web.views import oversight as oversight_views
from tallystick.web.views.page import LanguageForm, NavGroup, NavLink, Notice, Page, PayNow
from tallystick.web.views.parts import Choice, Fact, HistoryEntry, Problem, Receipt

_MAIN = (
    (
        N_("Programmes"),
        "/programmes",
        "programme.read",
        ("/programmes", "/contracts", "/items", "/batches", "/interventions", "/calibrations", "/releases"),
    ),
    (N_("My work"), "/me", "work.do", ("/me", "/work", "/assignments", "/qualifications", "/calibrations")),
    (N_("Disagreements"), "/disagreements", "adjudicate", ("/disagreements",)),
    (N_("Second looks"), "/rereviews", "review", ("/rereviews",)),
    (N_("Held work"), "/held", "review", ("/held",)),
    (N_("People"), "/people", "roster.read", ("/people", "/credentials", "/screening")),
    (N_("Erasures"), "/erasures", "erasure.read", ("/erasures",)),
    (N_("Access history"), "/accesses", "access.read", ("/accesses",)),
    (N_("Keys"), "/custody", "custody.read", ("/custody",)),
    (N_("Log"), "/log", "log.read", ("/log", "/receipts")),
)
QUERY_LETTERS_MAX = 200
"""A longer query is nothing that a page leads to, and is not said back."""
_Entry = tuple[str, str, tuple[str, ...]]
_SECTIONS: tuple[tuple[str, tuple[_Entry, ...]], ...] = (
    (N_("Overview"), ((N_("Overview"), "", ("programme.read",)),)),
    (
        N_("Set-up"),
        (
            (N_("Contract"), "/contract", ("programme.read",)),
            (N_("Rubrics"), "/rubrics", ("rubric.read",)),
            (N_("Constitution"), "/constitution", ("constitution.read",)),
            (N_("Checklist"), "/checklist", ("programme.read",)),
            (N_("Phase"), "/phase", ("programme.read",)),
        ),
    ),
    (
        N_("Work"),
        (
            (N_("Items"), "/items", ("item.read",)),
            (N_("Load and tiers"), "/load", ("gate.read",)),
            (N_("Disagreements"), "/disagreements", ("gate.read", "adjudicate")),
            (N_("Second looks"), "/rereview", ("monitor.read", "review")),
            (N_("Held work"), "/held", ("gate.read", "review")),
            (N_("Affected work"), "/affected", ("gate.read", "review")),
            (N_("Pay"), "/pay", ("pay.read",)),
            (N_("Exposure"), "/exposure", ("monitor.read",)),
        ),
    ),
    (
        N_("Quality"),
        (
            (N_("Agreement"), "/agreement", ("gate.read",)),
            (N_("Interventions"), "/interventions", ("gate.read",)),
            (N_("Quality"), "/monitoring", ("monitor.read",)),
            (N_("Sentinels"), "/sentinels", ("monitor.read",)),
            (N_("Experts together"), "/pool", ("pool.read",)),
        ),
    ),
    (N_("Releases"), ((N_("Releases"), "/releases", ("release.read",)),)),
)
"""The pages of a programme: group, then label, path below the programme, and the permissions of which one is needed.

A new page is one line in its group. The label is the `section` of its `Place`."""
DONE: Final = Words({
    "measured": "The batch was measured. The gate's decision is below.",
    "contract": "The contract version is in force.",
    "phase": "The programme has moved. The checklist as it stood then is in the log with it.",
    "rubric": "The rubric version is in force.",
    "affected-stands": "The judgment stands under the version in force.",
    "affected-again": "The judgment was set aside. Its item is judged again.",
    "affected-stands-all": "The judgments stand under the version in force.",
    "affected-again-all": "The judgments were set aside. Their items are open again.",
    "constitution": "The version of the constitution is in force.",
    "operationalization-proposed": "It is proposed. Both roles must sign, two people.",
    "operationalization-signed": "Your agreement is recorded. The other role must agree as well.",
    "operationalization-agreed": "Both have agreed. The rubric is used for new work.",
    "operationalization-declined": "Your words are recorded, and the proposal is closed.",
    "draft": "Your draft is saved.",
    "returned": "You gave the item back. Somebody else can take it.",
    "person": "The person was added.",
    "executed": "The contract was recorded.",
    "region": "The region was declared.",
    "settings": "Your settings are saved. They take effect at once.",
    "languages": "Your languages are declared.",
    "language": "The language is confirmed.",
    "clearance": "The clearance is granted. That it was, and by whom, stands in the log.",
    "revoked": "The clearance is revoked. Restricted items are absent for this person from now on.",
    "decided": "Your decision is recorded.",
    "held-stands": "The judgment stands and counts again.",
    "held-again": "The judgment was set aside. Its item is judged again.",
    "sent-back": "The judgments were set aside. The item is judged again.",
    "case-returned": "You gave the case back. Somebody else can take it.",
    "holding": "You work on this case already: decide it or give it back before you take another one.",
    "drawn": "The items are drawn. Reviewers find them in their queue.",
    "promoted": "What experts wrote is here for others to review.",
    "drawn-none": "Nothing more is to be drawn: the tiers have what they need so far.",
    "senior": "The person is a senior adjudicator of this programme.",
    "senior-ended": "The person is a senior adjudicator no more.",
    "reviewed": "Your answer is recorded.",
    "set-aside": "The judgments were set aside. The item is judged again.",
    "calibrating": "The session is open. Its participants can label now.",
    "labelled": "Your label is recorded.",
    "revealed": "All labels are shown now.",
    "marked": "Your mark is recorded.",
    "proposed": "Your example is proposed.",
    "answered": "Your answer is recorded.",
    "calibrated": "The session has ended.",
    "diagnosed": "What was found is recorded below.",
    "ruled-out": "The rubric is ruled out in this round. What it rests on is recorded.",
    "requeued": "The judgments were set aside. Their items are open again.",
    "stood-down": "The expert stands down under this rubric.",
    "reinstated": "The expert works under this rubric again.",
    "intervention-closed": "The intervention is closed.",
    "revised": "The revised rubric is in force. Its experts qualify anew before they judge under it.",
    "audited": "The audit is recorded. What it found is below.",
    "released": "The release was built.",
    "classified": "What was new in the batch is classified.",
    "classified-some": "Part of what was new is classified. Press again for the rest.",
    "corrected": "The cause is recorded.",
    "fitted": "The model is recorded. It is not in force: compare it, then choose.",
    "chosen": "The model of causes is in force. Classify batches again to use it on what is classified already.",
    "groups": "What you declared is kept.",
    "groups-withdrawn": "What you had declared is used no more, and erased.",
    "sentinels": "Sentinels are mixed into the work from now on.",
    "sentinels-ended": "No more sentinels are mixed into the work.",
    "erased": "The content is unreadable in this cell from now on.",
    "confirmed": "The notice is confirmed.",
    "terms-accepted": "You accepted the pay terms. Work that you take from now on is paid by them.",
    "pay-closed": "The period is closed. Export its files for payroll below.",
    "pay-exported": "The export is recorded. The files are below.",
    "pay-added": "The amount is added. The person sees it with your reason.",
    "credential": "The credential is declared. Add the evidence that shows it.",
    "evidence": "The evidence is kept.",
    "credential-review": "The credential is under review. Look at the evidence, then decide.",
    "credential-verify": "The credential is verified.",
    "credential-reject": "The credential is rejected.",
    "credential-withdraw": "The credential is withdrawn.",
    "disqualifier": "The disqualifier is proposed. It does nothing until somebody confirms it.",
    "screened": "The rules point at what is listed under proposed disqualifiers.",
    "screened-none": "The rules point at nothing that was not proposed before. That says nothing about anybody.",
    "composed": "The pool is composed anew.",
    "passed": "You passed the qualification. Work under this rubric is open to you.",
    "failed": "You did not pass the qualification. Read the rubric again before you start anew.",
})  # fmt: skip
"""Notices that a page shows after a redirect: `?done=` names one, so that nobody can put words on a page of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page stands: below which pages, in which programme, in which of its sections."""

    trail: tuple[tuple[str, str], ...] = ()
    programme: str = ""
    section: str = ""


NOWHERE = Place()


def inside(visit: Visit, programme: str, section: str, *trail: tuple[str, str]) -> Place:
    """A place inside a programme. The way up leads to the programme only for those who may read it."""
    may_read = access.allows(visit.actor, "programme.read")
    up = ((programme, f"/programmes/{programme}"),) if may_read else ()
    return Place(trail=(*up, *trail), programme=programme, section=section)


def page(
    visit: Visit, heading: str, *, lead: str = "", title: str = "", at: Place = NOWHERE, notices: Iterable[Notice] = ()
) -> Page:
    """The frame of one page for whoever asks. The heading is the title unless one is given."""
    done = DONE.get(visit.query.get("done", ""))
    given = (Notice(kind="done", sentence=done),) if done and visit.request.method == "GET" else ()
    return Page(
        title=title or heading, heading=heading, lead=lead, nav=_nav(visit),
        trail=tuple(NavLink(label=label, href=href) for label, href in at.trail),
        sections=_sections(visit, at), sections_label=at.programme, notices=(*given, *notices),
        person_name=_name(visit), csrf_token=visit.csrf, device_key=_device_key(visit), taken=_taken(visit),
        device_mark=_device_mark(visit), custody=custody(visit.cell),
        is_simulated=is_simulated(visit.cell, at.programme), pay=pay_now(visit, at.programme),
        language=language.current().tag, direction=language.current().direction, choice=_choice(visit),
    )  # fmt: skip


def _choice(visit: Visit) -> LanguageForm:
    """The choice of language. It comes back to the page; the address of a form leads to the page that holds it."""
    url = visit.request.url
    is_form = visit.request.method != "GET"
    here = url.path + (f"?{url.query}" if url.query and len(url.query) < QUERY_LETTERS_MAX and not is_form else "")
    return LanguageForm(
        languages=tuple((one.code, one.tag, one.name) for one in language.LANGUAGES),
        chosen=language.current().code, next_path=here,
    )  # fmt: skip


def pay_now(visit: Visit, programme: str = "") -> tuple[PayNow, ...]:
    """How one's own pay stands, in one programme or in all; nothing for who is not paid here."""
    if visit.session is None:
        return ()
    return tuple(_pay_now(one) for one in pay.mine(visit.cell, visit.session.actor, programme))


def _pay_now(one: pay.Mine) -> PayNow:
    def amount(minor: int) -> str:
        return money(minor, currency=one.currency, decimals=one.decimals)

    rate = (
        said("no active time yet")
        if one.earned_hourly is None
        else said("%(amount)s an hour", amount=amount(one.earned_hourly))
    )
    top_up = (
        said("A top-up of %(amount)s is added, so that you get the floor.", amount=amount(one.top_up))
        if one.top_up
        else ""
    )
    return PayNow(
        programme=one.programme, href=f"/me/pay/{one.programme}",
        facts=(
            Fact(term=said("Active today"), value=words.duration(one.today_ms)),
            Fact(term=said("Active in %(period)s", period=one.period), value=words.duration(one.active_ms)),
            Fact(term=said("Earned"), value=amount(one.earned)), Fact(term=said("Effective rate"), value=rate),
            Fact(term=said("Floor"), value=said("%(amount)s an hour", amount=amount(one.floor_hourly))),
        ),
        note=top_up if one.is_accepted else said("The pay terms changed: read and accept them to go on."),
    )  # fmt: skip


def _device_key(visit: Visit) -> str:
    """The key of whoever works, on the pages on which they write."""
    if visit.session is None or not visit.request.url.path.startswith(_WRITTEN_ON):
        return ""
    actor = visit.session.actor
    return judgment.device_key(visit.cell, actor) if access.allows(actor, "work.do") else ""


def _device_mark(visit: Visit) -> str:
    """Under what the device keeps words of whoever is signed in: signing out removes those and nobody else's."""
    may_write = visit.session is not None and access.allows(visit.session.actor, "work.do")
    return judgment.device_mark(visit.cell, visit.actor) if may_write else ""


_WRITTEN_ON = ("/assignments/", "/qualifications/", "/calibrations/")
TAKEN = "taken"
"""The cookie of the work that was taken last. That it was taken stays so: an older page may say it again."""


def _taken(visit: Visit) -> str:
    path = unquote(visit.request.cookies.get(TAKEN, ""))
    return path if path.startswith(_WRITTEN_ON) else ""


def custody(cell: Cell) -> Literal["software", "hardware"]:
    """How the keys are held, as every screen says it. What is not known to be hardware counts as software."""
    return "hardware" if cell.custody in PROTECTED else "software"


def is_simulated(cell: Cell, programme: str) -> bool:
    """Whether a programme is simulated; outside of programmes: whether any in the cell is."""
    found = contract.programmes(cell, access.CELL)
    assert not isinstance(found, Refused)
    return any(row.simulated for row in found if programme in ("", row.programme))


def _nav(visit: Visit) -> tuple[NavLink, ...]:
    if visit.session is None:
        return ()
    actor, path = visit.session.actor, visit.request.url.path
    return tuple(
        NavLink(label=said(label), href=href, is_current=path.startswith(places))
        for label, href, permission, places in _MAIN
        if access.allows(actor, permission)
    )


def _sections(visit: Visit, at: Place) -> tuple[NavGroup, ...]:
    if not at.programme or visit.session is None:
        return ()
    groups = ((said(label), _entries(visit.session.actor, at, entries)) for label, entries in _SECTIONS)
    # Of a group in which somebody may see one page alone, the page's own name says more.
    return tuple(
        NavGroup(label=label if len(links) > 1 else links[0].label, links=links) for label, links in groups if links
    )


def _entries(actor: Actor, at: Place, entries: tuple[_Entry, ...]) -> tuple[NavLink, ...]:
    """The pages of a group that somebody may see."""
    return tuple(
        NavLink(label=said(label), href=f"/programmes/{at.programme}{path}", is_current=label == at.section)
        for label, path, permissions in entries
        if any(access.allows(actor, permission) for permission in permissions)
    )


def _name(visit: Visit) -> str | None:
    return None if visit.session is None else roster.own_name(visit.cell, visit.session.actor)


def shown(template: str, view: object, frame: Page, *, status: int = 200) -> HTMLResponse:
    """A page as an answer. It is never kept by a browser or a proxy: the door's headers say so."""
    return HTMLResponse(render(template, view, frame), status_code=status)


def again(refused: Refused) -> int:
    """The status of a form that is shown again because of a refusal."""
    return status_of(refused)


def moved(path: str, *, over: Visit | None = None) -> Response:
    """Go on with another page by GET, so that a reload sends nothing again.

    over  the visit to a form of work that ends here: it was taken now or before, or is taken no more. The pages that
          follow name its draft, and the device that kept words of it lets them go (static/keep.js).
    """
    response = RedirectResponse(path, status_code=303)
    if over is not None:
        work = str(over.request.scope["path"]).removesuffix("/label")
        over.cookies.put(response, TAKEN, quote(f"{work}/draft", safe="/"))
    return response


def ask_terms(refused: Refused) -> Response:
    """From work that waits for pay terms to the page that shows them. `refused.code` is `terms-not-accepted`."""
    return moved(f"/me/pay/{refused.names[0]}/terms")


def notice(refused: Refused, *, todo: str = "", field: str | None = None) -> Notice:
    """A refusal as a notice. `field` is the id of an input of the page, when there is one for it."""
    sentence, exact = language.refusal(refused)
    return Notice(kind="refused", sentence=sentence, exact=exact, todo=todo, field=field, names=refused.names)


ASKED = frozenset({looking.REASON_MISSING.code, looking.WORDS_TOO_LONG.code})
"""Refusals that are answered by asking for the reason."""
REASONS: Final = Words({
    "review": "Review: the quality of items, judgments or reasons.",
    "audit": "Audit: whether the rules were kept.",
    "incident": "Incident: a fault, a complaint or a report.",
    "rights": "Rights: a question about source, licence or erasure.",
})  # fmt: skip


def looking_at(path: str, reason: str) -> str:
    """The address of a page that is opened for a reason."""
    return f"{path}?reason={reason}" if reason in REASONS else path


def ask_why(visit: Visit, path: str, refused: Refused) -> Response:
    """The page that asks why somebody wants to look, before anything is shown."""
    is_first = visit.request.method == "GET" and not visit.query.get("reason")
    view = oversight_views.Why(
        action=path, words=visit.text("words"),
        reasons=tuple(
            Choice(value=value, label=label, is_chosen=visit.text("reason") == value)
            for value, label in REASONS.items()
        ),
    )  # fmt: skip
    frame = page(visit, said("Why do you look?"), notices=() if is_first else (notice(refused, field="reason"),))
    return shown("oversight/why.html", view, frame, status=200 if is_first else status_of(refused))


def opened_for(visit: Visit, found: object, path: str, *, asked_at: str | None = None) -> PageAnswer:
    """After somebody said why they look: to the page, or the question again.

    found     what the look gave, or why it was refused
    asked_at  where the question is sent to, when that is another address
    """
    if not isinstance(found, Refused):
        return moved(looking_at(path, visit.text("reason")))
    return ask_why(visit, asked_at or path, found) if found.code in ASKED else found


def names(visit: Visit) -> dict[str, str]:
    """Person: name, for those who may read the roster; empty for all others, who see pseudonyms."""
    found = roster.names(visit.cell, visit.actor)
    return {} if isinstance(found, Refused) else found


def history(visit: Visit, envelopes: Sequence[Envelope], *, known: dict[str, str]) -> tuple[HistoryEntry, ...]:
    """Events as a page lists them, newest first."""
    sealed = oversight.sealed_size(visit.cell)
    return tuple(
        HistoryEntry(
            index=entry.seq if entry.seq < sealed else None, at=words.moment(entry.at),
            who=known.get(entry.by, entry.by), sentence=words.event(entry.kind), kind=entry.kind,
            href=f"/receipts/{entry.seq}",
        )
        for entry in sorted(envelopes, key=lambda entry: -entry.seq)
    )  # fmt: skip


def receipt(sealed: int, *, seq: int, kind: str, at: int, is_own: bool = True) -> Receipt:
    """A receipt as pages show it.

    sealed  how many events the published checkpoint covers
    is_own  whether whoever reads the page caused the event
    """
    is_sealed = seq < sealed
    return Receipt(
        seq=seq, kind=words.event(kind, is_own=is_own), at=words.moment(at), href=f"/receipts/{seq}",
        is_sealed=is_sealed, proof_href=f"/receipts/{seq}/proof" if is_sealed else None,
    )  # fmt: skip


def place_of(written: Written, kind: str) -> int:
    """The place in the log of the first event of a kind among those that a command wrote."""
    offsets = [number for number, fact in enumerate(written.facts) if kind == fact.KIND]
    return written.first_seq + (offsets[0] if offsets else 0)


def problems(found: Iterable[Found]) -> tuple[Problem, ...]:
    """Problems of a document, each with its line and place."""
    return tuple(
        Problem(
            place=", ".join(part for part in (_line(p.line), p.path) if part) or p.name,
            expected=p.expected, found=p.found, fix=p.fix,
        )
        for p in found
    )  # fmt: skip


def _line(number: int | None) -> str:
    return said("line %(number)s", number=number) if number else ""


def absent(visit: Visit | None) -> tuple[str, bool]:
    """Where home is, and whether somebody is signed in: what the pages about refusals need."""
    return "/", visit is not None and visit.session is not None

"""The log and receipts: what anybody in the cell can check. Reads through app."""

from dataclasses import replace
from urllib.parse import urlencode

from starlette.responses import Response

from tallystick.app import access, access_history, oversight
from tallystick.app import receipt as receipts
from tallystick.app.access_history import AccessPage, Looks
from tallystick.app.oversight import LogPage
from tallystick.app.receipt import Given
from tallystick.app.witnessing import WitnessesState, WitnessState
from tallystick.edge import Site, Visit
from tallystick.edge.pages import PageAnswer
from tallystick.flow.refusal import Refused
from tallystick.web import frame, words
from tallystick.web.frame import Place
from tallystick.web.language import Words, counted, said
from tallystick.web.language.formats import count
from tallystick.web.language.sentences import sentence
from tallystick.web.receipt import place_of, signed_view
from tallystick.web.views import oversight as views
from tallystick.web.views.parts import Fact, Paging, Pill

NAME_CHARACTERS_MAX = 128
VERIFY = "tallystick log verify log --vkey log.vkey"
WHATS = Words({
    "item": "item", "record": "record", "judgments": "judgments", "labels": "labels", "answer": "answer",
    "gold": "gold", "identities": "identities", "profile": "profile", "draft": "draft",
    "import-report": "import report",
    "release": "release", "words": "words", "groups": "groups", "credential": "credential", "evidence": "evidence",
    "screening": "screening", "demographics": "demographics", "schedule": "schedule", "everything": "everything",
})  # fmt: skip
"""What was looked at, as access.md lists it."""
REASONS = Words({
    "review": "review", "audit": "audit", "incident": "incident", "rights": "rights", "assignment": "assignment",
    "qualification": "qualification", "calibration": "calibration", "adjudication": "adjudication",
    "own-work": "own work", "staffing": "staffing", "import-report": "import report",
    "classification": "classification", "intervention": "intervention", "check": "check",
    "release-build": "release build", "export": "export",
})  # fmt: skip
ROLES = Words({
    "lead": "lead", "expert": "expert", "researcher": "researcher", "auditor": "auditor", "engineer": "engineer",
    "author": "author", "reviewer": "reviewer", "policy_reviewer": "policy reviewer",
    "language_specialist": "language specialist", "adjudicator": "adjudicator", "cell": "cell",
})  # fmt: skip


def mount(site: Site) -> None:
    """Register the log and receipts."""
    site.page("/log", log, permission="log.read")
    site.page("/accesses", accesses, permission="access.read")
    site.page("/me/accesses", own_accesses, permission="self")
    site.page("/receipts/{seq}", receipt, permission="receipt.read")
    site.page("/receipts/{seq}/proof", proof, permission="receipt.read")


def log(visit: Visit) -> PageAnswer:
    """Where the log stands, its key, and its latest entries without content."""
    before = place_of(visit.query.get("before", ""))
    found = oversight.log_page(visit.cell, visit.actor, before=before)
    if isinstance(found, Refused):
        return found
    first = found.recent[-1].seq if found.recent else 0
    last = found.recent[0].seq if found.recent else 0
    view = views.LogPage(
        origin=found.origin, size=found.sealed, unsealed=found.journaled - found.sealed, root=_root(found.checkpoint),
        sealed_at=_sealed_at(visit, found), vkey=found.vkey,
        checkpoint=found.checkpoint or said("Nothing was sealed yet."),
        verify_command=VERIFY, events=frame.history(visit, found.recent, known=frame.names(visit)),
        paging=Paging(
            summary=said(
                "Entries %(first)s to %(last)s of %(all)s",
                first=count(first), last=count(last), all=count(found.journaled),
            ),
            previous_href=f"/log?before={last + 1 + oversight.RECENT}" if last + 1 < found.journaled else None,
            next_href=f"/log?before={first}" if first else None,
        ),
        witnesses=tuple(_witness(one) for one in found.witnesses.witnesses), quorum=found.witnesses.quorum,
        quorum_status=_quorum(found.witnesses), alarm=_alarm(found.witnesses),
    )  # fmt: skip
    return frame.shown("oversight/log.html", view, frame.page(visit, said("Log")))


def _witness(one: WitnessState) -> views.WitnessRow:
    """Where a witness stands. One that is behind for a short while is no trouble."""
    status = Pill(label="up to date", tone="good")
    if one.behind_us:
        seconds = one.behind_us // 1_000_000
        late = said("late by %(seconds)s s", seconds=count(seconds))
        status = Pill(
            label=late if one.is_late else said("behind by %(seconds)s s", seconds=count(seconds)), tone="waiting"
        )
    if one.is_late:
        status = replace(status, tone="bad")
    return views.WitnessRow(name=one.name, size=one.size, status=status, fault=sentence(one.fault or ""))


def _quorum(state: WitnessesState) -> Pill:
    if state.is_met:
        return Pill(label="reached", tone="good")
    return Pill(label="not reached for the newest entries", tone="waiting")


def _alarm(state: WitnessesState) -> str:
    number = len(state.alarms)
    if not number:
        return ""
    return counted(
        "Once a witness found that this log contradicts what it showed before. Treat the log as altered.",
        "%(number)s times a witness found that this log contradicts what it showed before. Treat the log as altered.",
        number,
    )


def _root(checkpoint: str | None) -> str:
    """The root of a checkpoint: the third line of the note, base64."""
    lines = (checkpoint or "").splitlines()
    return lines[2] if len(lines) > 2 else said("none yet")


def _sealed_at(visit: Visit, found: LogPage) -> str | None:
    newest = oversight.receipt(visit.cell, visit.actor, found.sealed - 1)
    return None if isinstance(newest, Refused) else words.moment(newest.envelope.at)


def accesses(visit: Visit) -> PageAnswer:
    """The access history: by subject, by person, by day."""
    given = {
        name: visit.query.get(name, "").strip()[:NAME_CHARACTERS_MAX] for name in ("subject", "who", "since", "until")
    }
    wanted = Looks(
        subjects=(given["subject"],) if given["subject"] else (), by=given["who"],
        since=words.day(given["since"]), until=words.day(given["until"], is_end=True),
        before=place_of(visit.query.get("before", "")),
    )  # fmt: skip
    is_worded = visit.query.get("words") == "yes"
    found = access_history.history(visit.cell, visit.actor, wanted, with_words=is_worded)
    if isinstance(found, Refused):
        return found
    kept = urlencode({name: value for name, value in given.items() if value} | ({"words": "yes"} if is_worded else {}))
    lead = said(
        "Every look at content: who, in which role, why, when. Names are pseudonyms: looking them up is a look, too."
    )
    view = replace(
        _history_view(found, action="/accesses", kept=kept, is_named=True), subject=given["subject"], who=given["who"],
        since=given["since"], until=given["until"], is_worded=is_worded, is_filtered=any(given.values()),
    )  # fmt: skip
    return frame.shown("oversight/accesses.html", view, frame.page(visit, said("Access history"), lead=lead))


def own_accesses(visit: Visit) -> PageAnswer:
    """Who looked at one's own profile and judgments, told by role."""
    found = access_history.own_history(visit.cell, visit.actor, before=place_of(visit.query.get("before", "")))
    if isinstance(found, Refused):
        return found
    lead = said(
        "Who else looked at your profile and at items that you judged: their role and reason, not who they are."
    )
    view = _history_view(found, action="/me/accesses", kept="", is_named=False)
    told = {visit.actor.person: said("your profile"), "roster": said("the list of people")}
    view = replace(view, rows=tuple(replace(row, subject=told.get(row.subject, row.subject)) for row in view.rows))
    page = frame.page(visit, said("Who looked at my work"), lead=lead, at=Place(trail=((said("My work"), "/me"),)))
    return frame.shown("oversight/accesses.html", view, page)


def _history_view(found: AccessPage, *, action: str, kept: str, is_named: bool) -> views.AccessHistory:
    rows = tuple(
        views.AccessRow(
            seq=row.seq, href=f"/receipts/{row.seq}" if is_named else None, at=words.moment(row.at),
            who=row.by or said("not told"), role=ROLES.get(row.role) or row.role,
            subject=f"{row.subject}/{row.part}" if row.part else row.subject,
            what=WHATS.get(row.what) or row.what, reason=REASONS.get(row.reason) or row.reason, number=row.number,
            words=row.words or (said("words were typed") if row.has_words else ""),
            subject_href=f"{action}?{urlencode({'subject': row.subject})}" if is_named else None,
        )
        for row in found.rows
    )  # fmt: skip
    older = f"{action}?before={found.before}{'&' + kept if kept else ''}"
    paging = Paging(
        summary=counted("%(number)s look", "%(number)s looks", len(rows)),
        next_href=older if found.before is not None else None,
    )
    return views.AccessHistory(action=action, rows=rows, paging=paging, may_filter=is_named)


def receipt(visit: Visit) -> PageAnswer:
    """One entry with its proof: for who caused it, and for who reads the log."""
    seq = place_of(visit.path["seq"])
    found = oversight.receipt(visit.cell, visit.actor, seq) if seq is not None else access.ABSENT
    if isinstance(found, Refused):
        return found
    envelope = found.envelope
    checkpoint, path = _parts(found.proof or "")
    is_own = envelope.by == visit.actor.person
    given = receipts.fetch(visit.cell, visit.actor, found.seq) if is_own else None
    view = views.ReceiptPage(
        receipt=frame.receipt(found.sealed_size, seq=found.seq, kind=envelope.kind, at=envelope.at, is_own=is_own),
        facts=(
            Fact(term=said("Place in the log"), value=count(found.seq)), Fact(term=said("Event"), value=envelope.kind),
            Fact(term=said("By"), value=envelope.by),
            Fact(term=said("In the role"), value=ROLES.get(envelope.role) or envelope.role),
            Fact(term=said("Their event number"), value=count(envelope.n)),
        ),
        leaf=found.leaf, path=path, checkpoint=checkpoint, verify_command=VERIFY,
        signed=signed_view(visit, given) if isinstance(given, Given) else None,
    )  # fmt: skip
    is_reader = access.allows(visit.actor, "log.read")
    trail = ((said("Log"), "/log"),) if is_reader else ((said("My work"), "/me"),)
    page = frame.page(visit, said("Receipt %(number)s", number=count(found.seq)), at=Place(trail=trail))
    return frame.shown("oversight/receipt.html", view, page)


def _parts(text: str) -> tuple[str, tuple[str, ...]]:
    """The checkpoint of a C2SP proof, and its hashes: the lines between the index and the empty line."""
    head, _, checkpoint = text.partition("\n\n")
    hashes = [line for line in head.splitlines()[1:] if " " not in line]
    return checkpoint, tuple(hashes)


def proof(visit: Visit) -> PageAnswer:
    """The proof of one entry as a file in the C2SP format."""
    seq = place_of(visit.path["seq"])
    found = oversight.receipt(visit.cell, visit.actor, seq) if seq is not None else access.ABSENT
    if isinstance(found, Refused):
        return found
    if found.proof is None:
        return Refused("not-sealed", "This entry is not sealed yet. Try again in a few seconds.")
    headers = {"Content-Disposition": f'attachment; filename="receipt-{found.seq}.tlog-proof"'}
    return Response(found.proof, media_type="text/plain", headers=headers)

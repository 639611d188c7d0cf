"""Erasures: the list, ordering one after a look at what would be lost, its state and certificate, notices."""

from collections.abc import Sequence

from starlette.responses import Response

from tallystick.app import access, erasure, oversight
from tallystick.app.erasure import ErasurePage, Preview
from tallystick.app.kernel import new_key
from tallystick.edge import Site, Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.events.envelope import Envelope
from tallystick.flow.erasure import CLIENT, REASONS, STAYS, WHAT, Wish
from tallystick.flow.refusal import Refused
from tallystick.web import frame, words
from tallystick.web.frame import Place
from tallystick.web.language import N_, Words, refusal_line, said, told
from tallystick.web.language.formats import count
from tallystick.web.views import erasure as views
from tallystick.web.views.parts import Choice, Fact, Link, Pill

FORM_BYTES = 40_000
ITEMS_SHOWN = 50
TITLE = N_("Erasures")
FIELDS = ("what", "target", "reason", "words", "confirmed")
_WHAT = Words({
    "subject": "a person", "object": "an item or one content", "source": "an import, and what came with it",
})  # fmt: skip
_KINDS = Words({
    "person": "a person", "subject": "somebody named in content", "item": "an item", "object": "one content",
    "run": "an import",
})  # fmt: skip
_ENDED = Words({
    "person": "a person, at the end of its retention",
    "subject": "somebody named in content, at the end of its retention",
    "item": "an item, at the end of its retention", "object": "one content, at the end of its retention",
    "run": "an import, at the end of its retention",
})  # fmt: skip
_REASONS = Words({
    "consent-withdrawn": "consent withdrawn", "subject-request": "subject request", "client-request": "client request",
    "rights-claim": "rights claim", "contract-ended": "contract ended", "mistake": "mistake",
    "legal-order": "legal order", "retention": "retention",
})  # fmt: skip
_STATES = {"ordered": Pill(label="unreadable here", tone="waiting"), "final": Pill(label="final", tone="good")}
_NOTICES = {
    "waiting": Pill(label="waiting", tone="waiting"), "delivered": Pill(label="told", tone="waiting"),
    "acknowledged": Pill(label="confirmed", tone="good"),
}  # fmt: skip
_FINAL = Words({
    "ordered": "Nothing in this cell opens the content any more. Backups and disk images still could, with the keys of "
    "today: the erasure is final when those are destroyed. The cell does that by itself, within half a minute while it "
    "serves. Load this page again for the certificate.",
    "final": "The content is unreadable in this cell, in every backup and in every copy of the disk: every key that "
    "ever wrapped its keys is destroyed.",
})  # fmt: skip
_WHEN = N_(
    "Nobody can read it in this cell from the moment you order it, and nobody can take the order back. Backups and "
    "copies of the disk are closed when the keys of today are destroyed: the cell does that by itself, within half a "
    "minute. Then the erasure is final, and there is a certificate."
)


def mount(site: Site) -> None:
    """Register erasures and notices."""
    site.page("/erasures", every, permission="erasure.read")
    site.page("/erasures/new", ask, permission="erasure.order")
    site.page("/erasures/new", order, permission="erasure.order", methods=("POST",), max_bytes=FORM_BYTES)
    site.page("/erasures/{erasure_id}", detail, permission="erasure.read")
    site.page("/erasures/{erasure_id}/certificate", certificate, permission="erasure.read")
    site.page(
        "/erasures/{erasure_id}/notices/{release_id}/{holder}", acknowledge, permission="erasure.read",
        methods=("POST",), max_bytes=2_000,
    )  # fmt: skip


def every(visit: Visit) -> PageAnswer:
    """All erasures, and the notices that one may see."""
    found, notices = erasure.erasures(visit.cell, visit.actor), erasure.notices(visit.cell, visit.actor)
    if isinstance(found, Refused):
        return found
    if isinstance(notices, Refused):
        return notices
    rows = tuple(
        views.ErasureRow(
            name=row.erasure, href=f"/erasures/{row.erasure}", at=words.moment(row.at), what=_kind(row),
            target=row.target, objects=row.objects, status=_STATES[row.state],
        )
        for row in found
    )  # fmt: skip
    new = "/erasures/new" if access.allows(visit.actor, "erasure.order") else None
    open_ones = [row for row in notices if row.state != "acknowledged"]
    view = views.ErasureList(erasures=rows, notices=_notices(visit, open_ones), new_href=new)
    return frame.shown("erasure/list.html", view, frame.page(visit, said(TITLE)))


def _notices(visit: Visit, rows: Sequence[erasure.Row]) -> tuple[views.NoticeRow, ...]:
    named = erasure.release_names(visit.cell, visit.actor)
    called = {CLIENT: said("the client"), visit.actor.person: said("you")}
    own = {visit.actor.person, *([CLIENT] if access.allows(visit.actor, "erasure.order") else [])}
    return tuple(
        views.NoticeRow(
            release=named.get(row.release, row.release), href=f"/releases/{row.release}",
            holder=called.get(row.holder, row.holder), at=words.moment(row.at),
            status=_NOTICES[row.state], idempotency_key=new_key(),
            action=f"/erasures/{row.erasure}/notices/{row.release}/{row.holder}"
            if row.state != "acknowledged" and row.holder in own
            else None,
        )
        for row in rows
    )  # fmt: skip


def detail(visit: Visit) -> PageAnswer:
    """One erasure: its state, what stays, the releases that held it, its certificate."""
    found = erasure.erasure_page(visit.cell, visit.actor, visit.path["erasure_id"])
    if isinstance(found, Refused):
        return found
    row = found.row
    view = views.ErasureDetail(
        status=_STATES[row.state], facts=_facts(found), stays=told(STAYS), final_words=_FINAL[row.state],
        releases=tuple(Link(label=f"{r.name} {r.version}", href=f"/releases/{r.release}") for r in found.releases),
        notices=_notices(visit, found.notices), events=frame.history(visit, _events(visit, found), known={}),
        verify_command=f"tallystick log certificate {row.erasure}.txt --log log --vkey log.vkey",
        certificate=found.certificate,
        certificate_href=f"/erasures/{row.erasure}/certificate" if found.certificate else None,
    )  # fmt: skip
    page = frame.page(
        visit, said("Erasure %(erasure)s", erasure=row.erasure), at=Place(trail=((said(TITLE), "/erasures"),))
    )
    return frame.shown("erasure/detail.html", view, page)


def _kind(row: erasure.Row) -> str:
    kinds = _ENDED if row.what == "retention" else _KINDS
    return kinds.get(row.target.partition(":")[0], row.what)


def _facts(found: ErasurePage) -> tuple[Fact, ...]:
    row = found.row
    facts = [
        Fact(term=said("Kind"), value=_kind(row)), Fact(term=said("What"), value=row.target),
        Fact(term=said("Why"), value=_REASONS[row.reason]),
        Fact(term=said("Ordered"), value=words.told(row.at), href=f"/receipts/{row.seq}"),
        Fact(term=said("Contents"), value=count(row.objects)),
        Fact(term=said("Digest of their ids"), value=row.objects_digest, is_digest=True),
    ]  # fmt: skip
    if row.final_at is not None:
        facts.append(Fact(term=said("Final"), value=words.told(row.final_at), href=f"/receipts/{row.completed_seq}"))
        facts.append(Fact(term=said("Key epochs destroyed"), value=", ".join(count(one) for one in found.epochs)))
    return tuple(facts)


def _events(visit: Visit, found: ErasurePage) -> list[Envelope]:
    places = [place for place in (found.row.seq, found.row.completed_seq) if place is not None]
    receipts = [oversight.receipt(visit.cell, visit.actor, place) for place in places]
    return [one.envelope for one in receipts if not isinstance(one, Refused)]


def certificate(visit: Visit) -> PageAnswer:
    """The certificate as a file."""
    found = erasure.erasure_page(visit.cell, visit.actor, visit.path["erasure_id"])
    if isinstance(found, Refused):
        return found
    if found.certificate is None:
        return Refused("not-final", "This erasure is not final yet: its certificate comes when its keys are destroyed.")
    headers = {"Content-Disposition": f'attachment; filename="{found.row.erasure}.txt"'}
    return Response(found.certificate, media_type="text/plain", headers=headers)


# --- ordering one -------------------------------------------------------------------------------------------------


def ask(visit: Visit) -> PageAnswer:
    """The form. Another page may bring the target along."""
    target = visit.query.get("target", "")
    kinds = {"person": "subject", "subject": "subject", "run": "source"}
    what = kinds.get(target.partition(":")[0], "object")
    return _form(visit, Wish(what=what, target=target, reason=REASONS[0]), key=new_key())


def order(visit: Visit) -> PageAnswer:
    """Show what would be lost, or erase it."""
    wish = Wish(
        what=visit.text("what"), target=visit.text("target").strip(), reason=visit.text("reason"),
        confirmed=visit.text("confirmed").strip(),
    )  # fmt: skip
    key = visit.text("idempotency_key")
    # What a repeat of a form would find is gone already, so the order comes first: its key knows it.
    denied: Refused | None = None
    if visit.text("step") == "order":
        done = erasure.order(visit.cell, visit.actor, wish, words=visit.text("words"), key=key)
        if not isinstance(done, Refused):
            return frame.moved(f"/erasures/{done.erasure}?done=erased")
        denied = done
    found = erasure.preview(visit.cell, visit.actor, wish)
    refused = denied or (found if isinstance(found, Refused) else None)
    return _form(visit, wish, key=key, loss=None if isinstance(found, Refused) else found, refused=refused)


def _form(
    visit: Visit, wish: Wish, *, key: str, loss: Preview | None = None, refused: Refused | None = None
) -> Response:
    place = refused.field if refused is not None and refused.field in FIELDS else ""
    view = views.ErasureNew(
        action="/erasures/new", idempotency_key=key, what=wish.what, target=wish.target, words=visit.text("words"),
        whats=tuple(Choice(value=w, label=_WHAT[w], is_chosen=w == wish.what) for w in WHAT if w in _WHAT),
        reasons=tuple(
            Choice(value=r, label=_REASONS[r], is_chosen=r == wish.reason) for r in REASONS if r != "retention"
        ),
        confirmed=wish.confirmed, needs_confirmation=wish.what == "source", loss=_loss(loss) if loss else None,
        errors=((place, refusal_line(refused)),) if refused and place else (),
    )  # fmt: skip
    notices = (frame.notice(refused, field=place or None),) if refused else ()
    page = frame.page(visit, said("Erase something"), at=Place(trail=((said(TITLE), "/erasures"),)), notices=notices)
    return frame.shown("erasure/new.html", view, page, status=200 if refused is None else status_of(refused))


def _loss(found: Preview) -> views.Loss:
    coverage = found.coverage
    known = dict(found.names)
    return views.Loss(
        facts=(
            Fact(term=said("What is erased"), value=_named(found)),
            Fact(term=said("Items that lose their content"), value=count(len(coverage.items))),
            Fact(term=said("Judgments that lose their words"), value=count(coverage.judgments)),
            Fact(term=said("Contents in all"), value=count(len(coverage.objects))),
            *((Fact(term=said("People"), value=count(len(coverage.people))),) if coverage.people else ()),
        ),
        releases=tuple(Link(label=f"{r.name} {r.version}", href=f"/releases/{r.release}") for r in found.releases),
        items=tuple(Link(label=known.get(item, item), href=f"/items/{item}") for item in coverage.items[:ITEMS_SHOWN]),
        items_total=len(coverage.items), stays=told(STAYS), final=said(_WHEN),
    )  # fmt: skip


def _named(found: Preview) -> str:
    """The target, with the name that an item was imported under."""
    target = found.wish.target
    name = dict(found.names).get(target.partition(":")[2])
    return f"{target} ({name})" if name else target


def acknowledge(visit: Visit) -> PageAnswer:
    """Confirm a notice."""
    name = visit.path["erasure_id"]
    done = erasure.acknowledge(
        visit.cell, visit.actor, name, release=visit.path["release_id"], holder=visit.path["holder"],
        key=visit.text("idempotency_key"),
    )  # fmt: skip
    return done if isinstance(done, Refused) else frame.moved(f"/erasures/{name}?done=confirmed")

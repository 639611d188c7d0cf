"""Signed receipts in pages: one to download, the list of one's own, all of them in one file. Reads through app."""

from starlette.responses import Response

from tallystick.app import access
from tallystick.app import oversight as log
from tallystick.app import receipt as receipts
from tallystick.app.receipt import Given
from tallystick.edge import Site, Visit
from tallystick.edge.pages import PageAnswer
from tallystick.flow.refusal import Refused
from tallystick.web import frame
from tallystick.web.frame import Place
from tallystick.web.language import said
from tallystick.web.views import receipt as views
from tallystick.web.views.parts import Paging

CHECK = "tallystick log receipt receipts.tallystick-receipt --log DIR --vkey log.vkey"
SEQ_DIGITS_MAX = 15
SHOWN = 100
"""Receipts on one page. Their file holds more (app/receipt.py)."""


def mount(site: Site) -> None:
    """Register receipts. Their file stands before the pages of single ones, whose addresses look alike."""
    site.page("/receipts", own, permission="receipt.read")
    site.page("/receipts/file", own_file, permission="receipt.read")
    site.page("/receipts/{seq}/signed", signed, permission="receipt.read")


def place_of(text: str) -> int | None:
    """A place in the journal, as an address names it; None where it names none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= SEQ_DIGITS_MAX else None


def signed_view(visit: Visit, given: Given) -> views.Signed:
    """A signed receipt as a page offers it."""
    return views.Signed(
        seq=given.seq, name=given.name, href=f"/receipts/{given.seq}/signed", person=visit.actor.person,
        text=given.text, why_not="" if given.text is not None else _why_not(given),
    )  # fmt: skip


def _why_not(given: Given) -> str:
    """Why there is no signed receipt now, and what to do: Given.why_not in the language of the reader."""
    return said(
        "What you sent is saved. The log key does not answer now, so no signed receipt could be given: fetch it later. "
        "Its place in the journal is %(seq)s.",
        seq=given.seq,
    )


def own(visit: Visit) -> PageAnswer:
    """One's own events, each with its receipt to fetch, and what this browser keeps."""
    before = place_of(visit.query.get("before", ""))
    found = receipts.own(visit.cell, visit.actor, before=before, limit=SHOWN + 1)
    sealed = log.sealed_size(visit.cell)
    rows = tuple(
        views.OwnRow(
            receipt=frame.receipt(sealed, seq=one.envelope.seq, kind=one.envelope.kind, at=one.envelope.at),
            signed_href=f"/receipts/{one.envelope.seq}/signed",
        )
        for one in found[:SHOWN]
    )
    view = views.OwnReceipts(
        person=visit.actor.person, sealed=sealed, rows=rows,
        all_href="/receipts/file" if rows and before is None else None,
        paging=Paging(
            summary=said("%(number)s shown, the newest first", number=len(rows)),
            previous_href="/receipts" if before is not None else None,
            next_href=f"/receipts?before={rows[-1].receipt.seq}" if len(found) > SHOWN else None,
        ),
        check_command=CHECK,
    )  # fmt: skip
    trail = ((said("My work"), "/me"),) if visit.leads("/me") else ()
    page = frame.page(visit, said("My receipts"), at=Place(trail=trail))
    return frame.shown("receipt/list.html", view, page)


def own_file(visit: Visit) -> PageAnswer:
    """The receipts of one's latest events in one file."""
    text = receipts.own_file(visit.cell, visit.actor)
    return text if isinstance(text, Refused) else _download(text, f"receipts{receipts.EXTENSION}")


def signed(visit: Visit) -> PageAnswer:
    """The signed receipt of one event as a file."""
    seq = place_of(visit.path["seq"])
    found = receipts.fetch(visit.cell, visit.actor, seq) if seq is not None else access.ABSENT
    if isinstance(found, Refused):
        return found
    return receipts.UNSIGNED if found.text is None else _download(found.text, found.name)


def _download(text: str, name: str) -> Response:
    return Response(text, media_type="text/plain", headers={"Content-Disposition": f'attachment; filename="{name}"'})

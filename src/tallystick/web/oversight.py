"""The log and receipts: what anybody in the cell can check. Reads through app."""

from starlette.responses import Response

from tallystick.app import access, oversight
from tallystick.app.oversight import LogPage
from tallystick.edge import Site, Visit
from tallystick.edge.pages import PageAnswer
from tallystick.flow.refusal import Refused
from tallystick.web import frame, words
from tallystick.web.frame import Place
from tallystick.web.views import oversight as views
from tallystick.web.views.parts import Fact, Paging

SEQ_DIGITS_MAX = 15
VERIFY = "tallystick log verify log --vkey log.vkey"


def mount(site: Site) -> None:
    """Register the log and receipts."""
    site.page("/log", log, permission="log.read")
    site.page("/receipts/{seq}", receipt, permission="receipt.read")
    site.page("/receipts/{seq}/proof", proof, permission="receipt.read")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= SEQ_DIGITS_MAX else None


def log(visit: Visit) -> PageAnswer:
    """Where the log stands, its key, and its latest entries without content."""
    before = _number(visit.query.get("before", ""))
    found = oversight.log_page(visit.cell, visit.actor, before=before)
    if isinstance(found, Refused):
        return found
    first = found.recent[-1].seq if found.recent else 0
    last = found.recent[0].seq if found.recent else 0
    view = views.LogPage(
        origin=found.origin, size=found.sealed, unsealed=found.journaled - found.sealed, root=_root(found.checkpoint),
        sealed_at=_sealed_at(visit, found), vkey=found.vkey, checkpoint=found.checkpoint or "Nothing was sealed yet.",
        verify_command=VERIFY, events=frame.history(visit, found.recent, known=frame.names(visit)),
        paging=Paging(
            summary=f"Entries {first:,} to {last:,} of {found.journaled:,}",
            previous_href=f"/log?before={last + 1 + oversight.RECENT}" if last + 1 < found.journaled else None,
            next_href=f"/log?before={first}" if first else None,
        ),
    )  # fmt: skip
    return frame.shown("oversight/log.html", view, frame.page(visit, "Log"))


def _root(checkpoint: str | None) -> str:
    """The root of a checkpoint: the third line of the note, base64."""
    lines = (checkpoint or "").splitlines()
    return lines[2] if len(lines) > 2 else "none yet"


def _sealed_at(visit: Visit, found: LogPage) -> str | None:
    newest = oversight.receipt(visit.cell, visit.actor, found.sealed - 1)
    return None if isinstance(newest, Refused) else words.moment(newest.envelope.at)


def receipt(visit: Visit) -> PageAnswer:
    """One entry with its proof: for who caused it, and for who reads the log."""
    seq = _number(visit.path["seq"])
    found = oversight.receipt(visit.cell, visit.actor, seq) if seq is not None else access.ABSENT
    if isinstance(found, Refused):
        return found
    envelope = found.envelope
    checkpoint, path = _parts(found.proof or "")
    view = views.ReceiptPage(
        receipt=frame.receipt(visit.cell, seq=found.seq, kind=envelope.kind, at=envelope.at),
        facts=(
            Fact(term="Place in the log", value=f"{found.seq:,}"), Fact(term="Event", value=envelope.kind),
            Fact(term="By", value=envelope.by), Fact(term="In the role", value=envelope.role),
            Fact(term="Their event number", value=f"{envelope.n:,}"),
        ),
        leaf=found.leaf, path=path, checkpoint=checkpoint, verify_command=VERIFY,
    )  # fmt: skip
    is_reader = access.allows(visit.actor, "log.read")
    trail = (("Log", "/log"),) if is_reader else (("My work", "/me"),)
    page = frame.page(visit, f"Receipt {found.seq:,}", at=Place(trail=trail))
    return frame.shown("oversight/receipt.html", view, page)


def _parts(text: str) -> tuple[str, tuple[str, ...]]:
    """The checkpoint of a C2SP proof, and its hashes: the lines between the index and the empty line."""
    head, _, checkpoint = text.partition("\n\n")
    hashes = [line for line in head.splitlines()[1:] if " " not in line]
    return checkpoint, tuple(hashes)


def proof(visit: Visit) -> PageAnswer:
    """The proof of one entry as a file in the C2SP format."""
    seq = _number(visit.path["seq"])
    found = oversight.receipt(visit.cell, visit.actor, seq) if seq is not None else access.ABSENT
    if isinstance(found, Refused):
        return found
    if found.proof is None:
        return Refused("not-sealed", "This entry is not sealed yet. Try again in a few seconds.")
    headers = {"Content-Disposition": f'attachment; filename="receipt-{found.seq}.tlog-proof"'}
    return Response(found.proof, media_type="text/plain", headers=headers)

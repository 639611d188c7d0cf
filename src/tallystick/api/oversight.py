"""The log, receipts with their proofs, and how the cell does."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field, JsonValue
from starlette.responses import PlainTextResponse, Response

from tallystick.api.parts import EXACT_MAX, NAME, Moment, Seq, Shown
from tallystick.app import access_history, oversight
from tallystick.app import receipt as receipts
from tallystick.app.access_history import AccessPage, Looks
from tallystick.edge import PUBLIC, Site, Visit
from tallystick.flow.refusal import Refused

NOT_SEALED = Refused(
    "not-sealed", "This event is in the journal and not yet in the signed log. It is within seconds: ask again."
)


def mount(site: Site, prefix: str) -> None:
    """Register the log, receipts and health."""
    text = {"text/plain": "As the C2SP formats say."}
    one = f"{prefix}/receipts/{{seq}}"
    site.api("GET", f"{prefix}/log", log, permission="log.read", answers=LogShown, tag="log")
    site.api(
        "GET", f"{prefix}/log/checkpoint", checkpoint, permission="log.read", answers=None, gives=text, tag="log",
        refusals=(409,),
    )  # fmt: skip
    site.api(
        "GET", "/log/{path:path}", log_file, permission="log.read", answers=None, tag="log", gives={
            "text/plain": "A checkpoint or a cosignature.", "application/octet-stream": "A tile or a bundle.",
        },
    )  # fmt: skip
    site.api("GET", one, receipt, permission="receipt.read", answers=ReceiptShown, tag="log")
    site.api(
        "GET", f"{one}/proof", proof, permission="receipt.read", answers=None, gives=text, refusals=(409,), tag="log"
    )
    site.api(
        "GET", f"{one}/signed", signed, permission="receipt.read", answers=None, gives=text, refusals=(503,), tag="log"
    )
    site.api("GET", f"{prefix}/accesses", accesses, permission="access.read", answers=AccessesShown, tag="log")
    site.api("GET", f"{prefix}/me/accesses", own_accesses, permission="self", answers=AccessesShown, tag="log")
    site.api("GET", f"{prefix}/me/receipts", own_receipts, permission="receipt.read", answers=OwnReceipts, tag="log")
    site.api("GET", "/healthz", healthz, permission=PUBLIC, answers=Health, tag="health")
    site.api("GET", "/readyz", readyz, permission=PUBLIC, answers=Readiness, also={503: Readiness}, tag="health")


class EntryShown(Shown):
    """An entry of the journal, without any content."""

    seq: Seq
    at: Moment
    by: str
    role: str
    kind: str
    n: int = Field(description="How many events this actor has caused, this one included.")


class WitnessShown(Shown):
    """Where one witness of the log stands."""

    name: str
    key: str = Field(description="Name and key id.")
    url: str | None
    size: int = Field(description="How many entries it has cosigned.")
    cosigned_at: int = Field(description="Seconds since 1970, by its own clock; 0 before the first cosignature.")
    behind_us: int = Field(description="Age of the oldest sealed entry that it has not cosigned, microseconds.")
    fault: str | None = Field(description="Why its last answer was no cosignature.")
    is_late: bool = Field(description="Behind for longer than ten minutes.")


class WitnessesShown(Shown):
    """The witnesses of the cell's policy. `quorum` is null without a policy: then nobody but the cell vouches."""

    quorum: str | None
    is_met: bool = Field(description="The newest checkpoint has its quorum.")
    witnesses: list[WitnessShown]
    alarms: list[str] = Field(description="Files in which a refusal is kept that says the log contradicts itself.")


class LogShown(Shown):
    """Where the log stands."""

    origin: str
    vkey: str = Field(description="The verifier key: with it alone anybody can check the log.")
    custody: str
    checkpoint: str | None
    sealed: int = Field(description="How many entries the published checkpoint covers.")
    journaled: int
    recent: list[EntryShown]
    witnesses: WitnessesShown


Before = Annotated[int | None, Query(ge=0, le=EXACT_MAX, description="Only entries before this place.")]


def log(visit: Visit, before: Before = None) -> LogShown | Refused:
    """See where the log stands, and its latest entries."""
    found = oversight.log_page(visit.cell, visit.actor, before=before)
    return found if isinstance(found, Refused) else LogShown.of(found)


def checkpoint(visit: Visit) -> Response | Refused:
    """Fetch the signed checkpoint. 409 `not-sealed` before the first one."""
    found = oversight.log_page(visit.cell, visit.actor)
    if isinstance(found, Refused):
        return found
    return PlainTextResponse(found.checkpoint) if found.checkpoint else NOT_SEALED


LogPath = Annotated[
    str,
    Path(pattern=r"^[a-z0-9./]{1,200}$", description="A path of the layout in docs/ledger-format.md."),
]


def log_file(visit: Visit, path: LogPath) -> Response | Refused:
    """Fetch one file of the log: `checkpoint`, a tile, a bundle, an archived checkpoint or a cosignature.

    All but `checkpoint` never change and may be kept. A partial tile that became full is 404: fetch the full one.
    """
    found = oversight.log_file(visit.cell, visit.actor, path)
    if isinstance(found, Refused):
        return found
    headers = {"ETag": found.tag, "Cache-Control": found.cache_control(is_public=False)}
    if visit.request.headers.get("if-none-match") == found.tag:
        return Response(status_code=304, headers=headers)
    return Response(found.data, headers=headers, media_type=found.content_type)


Place = Annotated[int, Path(ge=0, le=EXACT_MAX, description="Place in the journal, as an answer gave it.")]


class ReceiptShown(Shown):
    """One's own entry in the log."""

    seq: Seq
    kind: str
    at: Moment
    by: str
    fact: dict[str, JsonValue] | None = Field(
        description="Null for one's own answer to a gold item: it would tell whether the answer was right. Null for "
        "one's own leases: they tell the order of the candidates, which is shown with the receipt of the judgment."
    )
    entry: str | None = Field(
        description="The leaf as text: its UTF-8 bytes are what the log holds. Null where `fact` is."
    )
    leaf: str = Field(description="RFC 6962 leaf hash, hexadecimal.")
    is_sealed: bool
    sealed_size: int = Field(description="How many entries the published checkpoint covers.")
    proof: str | None = Field(description="C2SP tlog-proof; null until it is sealed.")
    vkey: str


def receipt(visit: Visit, seq: Place) -> ReceiptShown | Refused:
    """Get the receipt of an event: for who caused it, and for who reads the log."""
    found = oversight.receipt(visit.cell, visit.actor, seq)
    if isinstance(found, Refused):
        return found
    e = found.envelope
    told = {
        "seq": found.seq, "kind": e.kind, "at": e.at, "by": e.by,
        "fact": None if found.entry is None else oversight.body_of(e),
        "entry": None if found.entry is None else found.entry.decode(),
        "leaf": found.leaf, "is_sealed": found.is_sealed, "sealed_size": found.sealed_size,
        "proof": found.proof, "vkey": found.vkey,
    }  # fmt: skip
    return ReceiptShown.model_validate(told)


def proof(visit: Visit, seq: Place) -> Response | Refused:
    """Fetch the proof that an event is in the log. 409 `not-sealed` for the first seconds."""
    found = oversight.receipt(visit.cell, visit.actor, seq)
    if isinstance(found, Refused):
        return found
    return PlainTextResponse(found.proof) if found.proof else NOT_SEALED


def signed(visit: Visit, seq: Place) -> Response | Refused:
    """Fetch the signed receipt of an event, sealed or not. 503 `keys-unavailable` when the log key does not answer."""
    found = receipts.fetch(visit.cell, visit.actor, seq)
    if isinstance(found, Refused):
        return found
    return PlainTextResponse(found.text) if found.text is not None else receipts.UNSIGNED


class AccessShown(Shown):
    """One look at content."""

    seq: Seq
    at: Moment
    by: str = Field(description="Who, by pseudonym; empty where the reader is told the role only.")
    role: str
    subject: str = Field(description="Item, batch, person, release or import run; `roster` or `cell` for all.")
    what: str
    reason: str
    number: int = Field(description="How many subjects the look showed.")
    part: str | None = Field(description="Which part of the subject, when not all of it.")
    has_words: bool = Field(description="Whether words were typed beside the reason.")
    words: str = Field(description="Those words, when they were asked for and are not erased.")


class AccessesShown(Shown):
    """Looks, newest first."""

    accesses: list[AccessShown]
    before: int | None = Field(description="Send it as `before` for older ones; null on the last page.")


def _accesses(found: AccessPage | Refused) -> AccessesShown | Refused:
    if isinstance(found, Refused):
        return found
    return AccessesShown(accesses=[AccessShown.of(row) for row in found.rows], before=found.before)


Subject = Annotated[str | None, Query(pattern=NAME, description="Only looks at this item, batch, person or release.")]
Who = Annotated[str | None, Query(pattern=NAME, description="Only looks of this person, or of `cell` itself.")]
Since = Annotated[int | None, Query(ge=0, le=EXACT_MAX, description="Microseconds since 1970, UTC.")]
Until = Annotated[int | None, Query(ge=0, le=EXACT_MAX, description="Microseconds since 1970, UTC; not part of it.")]
Limit = Annotated[int, Query(ge=1, le=500)]
WithWords = Annotated[bool, Query(description="Also what was typed beside the reasons. Reading it is a look, too.")]


def accesses(
    visit: Visit, *, subject: Subject = None, by: Who = None, since: Since = None, until: Until = None,
    before: Before = None, limit: Limit = 50, words: WithWords = False,
) -> AccessesShown | Refused:  # fmt: skip
    """Read the access history: who looked at what, in which role, why, when."""
    wanted = Looks(subjects=(subject,) if subject else (), by=by or "", before=before, since=since, until=until)
    return _accesses(access_history.history(visit.cell, visit.actor, wanted, limit=limit, with_words=words))


def own_accesses(visit: Visit, *, before: Before = None, limit: Limit = 50) -> AccessesShown | Refused:
    """Read who looked at your own profile and judgments: roles and reasons, without who it was."""
    return _accesses(access_history.own_history(visit.cell, visit.actor, before=before, limit=limit))


class OwnEvent(Shown):
    """An event of one's own, with a receipt to fetch."""

    seq: Seq
    at: Moment
    kind: str
    is_sealed: bool


class OwnReceipts(Shown):
    """One's own events, newest first."""

    receipts: list[OwnEvent]


def own_receipts(visit: Visit, before: Before = None) -> OwnReceipts:
    """List your own events, each with a receipt: `/receipts/{seq}/signed` at once, `/receipts/{seq}/proof` when sealed.

    At most 200 at a time; send the place of the last as `before` for older ones.
    """
    found = receipts.own(visit.cell, visit.actor, before=before)
    return OwnReceipts(
        receipts=[
            OwnEvent(seq=one.envelope.seq, at=one.envelope.at, kind=one.envelope.kind, is_sealed=one.is_sealed)
            for one in found
        ]
    )


class Health(Shown):
    """The process answers."""

    checks: list[str] = Field(description="What was looked at.")
    is_good: bool


def healthz(visit: Visit) -> Health:
    """Say whether the process answers. It looks at nothing else: `/readyz` does."""
    del visit
    return Health(checks=["the process answers requests"], is_good=True)


class CheckShown(Shown):
    """One thing that was looked at, and what was found."""

    name: str
    is_good: bool
    found: str
    is_needed: bool = Field(description="Without it the cell is not ready; what is not needed is shown for a person.")


class Readiness(Shown):
    """Whether the cell can do its work."""

    is_good: bool
    checks: list[CheckShown]


def readyz(visit: Visit) -> Response | Readiness:
    """Say whether the cell can do its work: database, log key, how far the log is behind the journal. 503 if not."""
    checks = [CheckShown.of(check) for check in oversight.readiness(visit.cell)]
    told = Readiness(is_good=all(check.is_good or not check.is_needed for check in checks), checks=checks)
    return told if told.is_good else Response(told.model_dump_json(), 503, media_type="application/json")

"""Erasures: preview one, order it, follow it to its certificate; notices to the holders of releases."""

from typing import Annotated, Literal

from pydantic import Field
from starlette.responses import PlainTextResponse, Response

from tallystick.api.parts import Body, Done, InPath, Key, Line, Moment, Paragraphs, Receipt, Shown, Texts
from tallystick.app import erasure
from tallystick.app.erasure import Preview
from tallystick.edge import Site, Visit
from tallystick.flow.erasure import Wish
from tallystick.flow.refusal import Refused

NOT_FINAL = Refused(
    "not-final", "This erasure is ordered and not yet final: its certificate comes when its keys are destroyed."
)


def mount(site: Site, prefix: str) -> None:
    """Register erasures and notices."""
    every, one = f"{prefix}/erasures", f"{prefix}/erasures/{{erasure_id}}"
    site.api("GET", every, erasures, permission="erasure.read", answers=Erasures, tag="erasure")
    site.api(
        "POST", every, order, permission="erasure.order", answers=OrderedShown, status=201, refusals=(409, 422),
        tag="erasure",
    )  # fmt: skip
    site.api(
        "POST", f"{every}/preview", preview, permission="erasure.order", answers=PreviewShown, refusals=(409, 422),
        tag="erasure",
    )  # fmt: skip
    site.api("GET", one, detail, permission="erasure.read", answers=ErasureDetail, tag="erasure")
    site.api(
        "GET", f"{one}/certificate", certificate, permission="erasure.read", answers=None, refusals=(409,),
        gives={"text/plain": "A C2SP signed note."}, tag="erasure",
    )  # fmt: skip
    site.api("GET", f"{prefix}/notices", notices, permission="erasure.read", answers=Notices, tag="erasure")
    site.api(
        "POST", f"{one}/notices/{{release_id}}/{{holder}}/acknowledge", acknowledge, permission="erasure.read",
        answers=Done, refusals=(409,), tag="erasure",
    )  # fmt: skip


Target = Annotated[
    str,
    Field(
        pattern=r"^(person|subject|item|object|run):[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$",
        description="person:ID or subject:ID for a subject, item:ID or object:ID for an object, run:ID for a source.",
        examples=["item:itm-5f1c0a8d2b7e4c6f9a3d1e0b7c"],
    ),
]


class OrderBody(Body):
    """What is to be erased."""

    what: Literal["subject", "object", "source"]
    target: Target
    reason: Annotated[Line, Field(description="A code: consent-withdrawn, subject-request, client-request ...")]
    confirmed: Annotated[Line, Field(description="The target once more: a source needs it.")] = ""
    words: Annotated[Paragraphs, Field(description="The request as it was made; goes into the vault.")] = ""

    def wish(self) -> Wish:
        """The same as the core takes it."""
        return Wish(what=self.what, target=self.target, reason=self.reason, confirmed=self.confirmed)


class ErasureShown(Shown):
    """An erasure. `state` is `ordered` until every key is destroyed that ever wrapped its keys, then `final`."""

    erasure: str
    what: str
    target: str
    reason: str
    state: str
    objects: int
    objects_digest: str
    releases: Texts
    by: str
    at: Moment
    seq: int
    final_at: int | None
    certificate_digest: str | None


class Erasures(Shown):
    """All erasures, newest first."""

    erasures: list[ErasureShown]


def erasures(visit: Visit) -> Erasures | Refused:
    """List erasures."""
    found = erasure.erasures(visit.cell, visit.actor)
    return found if isinstance(found, Refused) else Erasures(erasures=[ErasureShown.of(row) for row in found])


class HeldShown(Shown):
    """A release that held the content."""

    release: str
    name: str
    version: str
    programme: str


class PreviewShown(Shown):
    """What would be lost."""

    what: str
    target: str
    items: list[str]
    objects: int
    judgments: int = Field(description="Judgments that lose their words; verdicts and scores stay.")
    people: list[str]
    releases: list[HeldShown]


def preview(visit: Visit, body: OrderBody) -> PreviewShown | Refused:
    """Say what an erasure would take. Nothing is written."""
    found = erasure.preview(visit.cell, visit.actor, body.wish())
    return found if isinstance(found, Refused) else _preview(found)


def _preview(found: Preview) -> PreviewShown:
    return PreviewShown(
        what=found.wish.what, target=found.wish.target, items=list(found.coverage.items),
        objects=len(found.coverage.objects), judgments=found.coverage.judgments, people=list(found.coverage.people),
        releases=[HeldShown.of(row) for row in found.releases],
    )  # fmt: skip


class OrderedShown(Shown):
    """An erasure that was ordered: its content does not open any more in this cell."""

    erasure: str
    receipt: Receipt


def order(visit: Visit, body: OrderBody, key: Key) -> OrderedShown | Refused:
    """Erase content for ever.

    When this answers, the content is unreadable in the live cell. It is final in every copy when the keys are
    destroyed that wrapped its keys: `state` says so, and the certificate is there. 409 `already-erased`,
    422 `needs-confirmation` for a source without `confirmed`.
    """
    found = erasure.order(visit.cell, visit.actor, body.wish(), words=body.words, key=key)
    if isinstance(found, Refused):
        return found
    return OrderedShown(erasure=found.erasure, receipt=Receipt.of(found.receipt))


class NoticeShown(Shown):
    """A notice to a holder of a release."""

    erasure: str
    release: str
    holder: str = Field(description="`client`, or a person who opened the release here.")
    state: str = Field(description="waiting, delivered or acknowledged")
    way: str | None
    at: Moment
    delivered_at: int | None
    acknowledged_at: int | None
    acknowledged_by: str | None


class ErasureDetail(Shown):
    """One erasure with its notices."""

    erasure: ErasureShown
    epochs: list[int] = Field(description="Key epochs that were destroyed for it.")
    releases: list[HeldShown]
    notices: list[NoticeShown]
    has_certificate: bool


def detail(visit: Visit, erasure_id: InPath) -> ErasureDetail | Refused:
    """Read one erasure: how far it is, which releases held the content, who was told."""
    found = erasure.erasure_page(visit.cell, visit.actor, erasure_id)
    if isinstance(found, Refused):
        return found
    return ErasureDetail(
        erasure=ErasureShown.of(found.row), epochs=list(found.epochs),
        releases=[HeldShown.of(row) for row in found.releases], notices=[NoticeShown.of(row) for row in found.notices],
        has_certificate=found.certificate is not None,
    )  # fmt: skip


def certificate(visit: Visit, erasure_id: InPath) -> Response | Refused:
    """Fetch the certificate of a final erasure. 409 `not-final` before."""
    found = erasure.erasure_page(visit.cell, visit.actor, erasure_id)
    if isinstance(found, Refused):
        return found
    return PlainTextResponse(found.certificate) if found.certificate else NOT_FINAL


class Notices(Shown):
    """Notices, oldest first."""

    notices: list[NoticeShown]


def notices(visit: Visit) -> Notices | Refused:
    """List notices to holders of releases: one's own, and for lead and auditor all of them."""
    found = erasure.notices(visit.cell, visit.actor)
    return found if isinstance(found, Refused) else Notices(notices=[NoticeShown.of(row) for row in found])


def acknowledge(visit: Visit, erasure_id: InPath, release_id: InPath, holder: InPath, key: Key) -> Done | Refused:
    """Confirm a notice: what one holds of the erased content is erased. For the client the lead confirms."""
    found = erasure.acknowledge(visit.cell, visit.actor, erasure_id, release=release_id, holder=holder, key=key)
    return found if isinstance(found, Refused) else Done.of(found)

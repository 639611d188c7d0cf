"""Erasures and regions over the API: what it answers with, and its calls. Reads and writes over HTTP through `wire`."""

from tallystick.client.answers import Answer, Done, Receipt
from tallystick.client.wire import PREFIX, Wire, safe

ERASURES = f"{PREFIX}/erasures"


class Erasure(Answer, frozen=True):
    """An erasure: `ordered`, then `final`."""

    erasure: str
    what: str
    target: str
    reason: str
    state: str
    objects: int
    objects_digest: str
    releases: list[str]
    by: str
    at: int
    seq: int
    final_at: int | None
    certificate_digest: str | None


class HeldRelease(Answer, frozen=True):
    """A release that held erased content."""

    release: str
    name: str
    version: str
    programme: str


class ErasurePreview(Answer, frozen=True):
    """What an erasure would take."""

    what: str
    target: str
    items: list[str]
    objects: int
    judgments: int
    people: list[str]
    releases: list[HeldRelease]


class OrderedErasure(Answer, frozen=True):
    """An erasure that was ordered."""

    erasure: str
    receipt: Receipt


class Notice(Answer, frozen=True):
    """A notice to a holder of a release: waiting, delivered or acknowledged."""

    erasure: str
    release: str
    holder: str
    state: str
    at: int
    delivered_at: int | None
    acknowledged_at: int | None
    acknowledged_by: str | None


class ErasureDetail(Answer, frozen=True):
    """One erasure with its notices."""

    erasure: Erasure
    epochs: list[int]
    releases: list[HeldRelease]
    notices: list[Notice]
    has_certificate: bool


class ErasureCalls:
    """The part of a client that erases, and that says where people are."""

    _wire: Wire

    def erasures(self) -> list[Erasure]:
        """All erasures, newest first."""
        return self._wire.get(dict[str, list[Erasure]], ERASURES)["erasures"]

    def preview_erasure(self, what: str, target: str, *, reason: str) -> ErasurePreview:
        """What an erasure would take. Nothing is written."""
        body = {"what": what, "target": target, "reason": reason}
        return self._wire.post(ErasurePreview, f"{ERASURES}/preview", key=None, body=body)

    def erase(
        self, what: str, target: str, *, reason: str, confirmed: str = "", words: str = "", key: str | None = None
    ) -> OrderedErasure:
        """Erase content for ever: unreadable in the live cell when this returns. Raises Refused or Conflict."""
        body = {"what": what, "target": target, "reason": reason, "confirmed": confirmed, "words": words}
        return self._wire.post(OrderedErasure, ERASURES, key=key, body=body)

    def erasure(self, erasure: str) -> ErasureDetail:
        """One erasure: how far it is, which releases held the content, who was told."""
        return self._wire.get(ErasureDetail, f"{ERASURES}/{safe(erasure)}")

    def erasure_certificate(self, erasure: str) -> str:
        """The signed certificate of a final erasure. Raises Conflict before."""
        return self._wire.send("GET", f"{ERASURES}/{safe(erasure)}/certificate").decode()

    def notices(self) -> list[Notice]:
        """Notices to holders of releases."""
        return self._wire.get(dict[str, list[Notice]], f"{PREFIX}/notices")["notices"]

    def acknowledge_notice(self, notice: Notice, *, key: str | None = None) -> Receipt:
        """Confirm that what one holds of the erased content is erased."""
        of = "/".join(safe(part) for part in ("notices", notice.release, notice.holder))
        path = f"{ERASURES}/{safe(notice.erasure)}/{of}/acknowledge"
        return self._wire.post(Done, path, key=key, body=None).receipt

    def declare_region(self, person: str, region: str, *, key: str | None = None) -> Receipt:
        """Declare where a person is when they read content: ISO 3166, such as DE or US-CA; or EU."""
        return self._wire.post(Done, f"{PREFIX}/people/{safe(person)}/region", key=key, body={"region": region}).receipt

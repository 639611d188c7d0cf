"""Tell the holders of releases that they hold erased content. The outbox is the journal: nothing is lost in a crash."""

import logging
from dataclasses import dataclass
from typing import Protocol

from tallystick import canon
from tallystick.app import access
from tallystick.app.access import Actor
from tallystick.app.cell import Cell, facts_of
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.events.erasure import HoldersNotified, NoticeAcknowledged
from tallystick.flow.erasure import CLIENT
from tallystick.flow.refusal import Refused
from tallystick.store import erasure
from tallystick.store import release as releases
from tallystick.store.schema import Row

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a holder is told. Names nothing of the content.

    holder  `client`, or a person of this cell who opened the release
    key     the same notice has the same key, however often it is delivered
    """

    erasure: str
    release: str
    name: str
    version: str
    holder: str
    what: str
    ordered_at: int
    key: str


class NoticeUndelivered(RuntimeError):
    """A notice did not reach its holder; it is tried again."""


class Notices(Protocol):
    """The portal, as this cell sees it: something that brings notices to holders of releases."""

    @property
    def way(self) -> str:
        """How it delivers, as the journal says it."""
        ...

    def deliver(self, notice: Notice) -> None:
        """Bring a notice to its holder. Raises NoticeUndelivered. The same notice may come again."""
        ...


class InPortal:
    """The portal's own list: a notice is delivered by standing there, on the page and in the API."""

    way = "listed"

    def deliver(self, notice: Notice) -> None:
        """Nothing is sent: the list is read from the journal."""


def deliver_notices(cell: Cell, way: Notices | None = None) -> int:
    """Deliver what waits; how many were delivered. Those that fail wait for the next round."""
    portal = way or InPortal()
    delivered = 0
    for notice in _waiting(cell):
        try:
            portal.deliver(notice)
        except NoticeUndelivered as error:
            _LOGGER.warning("notice %s to %s was not delivered: %s", notice.key, notice.holder, error)
            continue
        facts_of(cell.execute(_delivered(notice, portal.way)))
        delivered += 1
    return delivered


def _delivered(notice: Notice, way: str) -> Command:
    fact = HoldersNotified(erasure=notice.erasure, release=notice.release, holder=notice.holder, way=way)
    return Command(access.CELL, "erasure.order", notice.key, b"notified", lambda _: [fact])


def _waiting(cell: Cell) -> list[Notice]:
    with cell.read() as connection:
        found = []
        for row in erasure.notices(connection, state="waiting"):
            release, ordered = releases.release(connection, row.release), erasure.erasure(connection, row.erasure)
            assert release is not None
            assert ordered is not None
            found.append(
                Notice(
                    erasure=row.erasure, release=row.release, name=release.name, version=release.version,
                    holder=row.holder, what=ordered.what, ordered_at=ordered.at,
                    key=f"notice|{row.erasure}|{row.release}|{row.holder}",
                )
            )  # fmt: skip
        return found


def notices(cell: Cell, actor: Actor) -> list[Row] | Refused:
    """The notices that somebody may see: their own, and for who orders erasures all of them."""
    if not access.allows(actor, "erasure.read"):
        return access.ABSENT
    with cell.read() as connection:
        rows = erasure.notices(connection)
    sees_all = access.allows(actor, "erasure.order") or "auditor" in actor.roles
    return [row for row in rows if sees_all or row.holder == actor.person]


def acknowledge(cell: Cell, actor: Actor, name: str, *, release: str, holder: str, key: str) -> Receipt | Refused:
    """Confirm a notice: by its holder, or, for the client, by who leads the programme."""

    def decide(tx: Transaction) -> Decision:
        row = erasure.notice(tx.connection, name, release=release, holder=holder)
        is_theirs = holder == actor.person or (holder == CLIENT and access.allows(actor, "erasure.order"))
        if row is None or not is_theirs:
            return access.ABSENT
        if row.state == "acknowledged":
            return Refused("already-acknowledged", "This notice was confirmed before: nothing is to be done.")
        return [NoticeAcknowledged(erasure=name, release=release, holder=holder)]

    request = canon.encode(["acknowledge", name, release, holder])
    return cell.execute(Command(actor, "erasure.read", key, request, decide))

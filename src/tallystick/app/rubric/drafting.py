"""Unfinished rubrics and constitutions, kept encrypted beside the journal for whoever writes them."""

from dataclasses import dataclass
from typing import Literal

import msgspec

from tallystick.app import access
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.looking import About
from tallystick.flow.document import BYTES_MAX
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import contract as contracts
from tallystick.store import sessions
from tallystick.store.vault import draft_place

Kind = Literal["rubric", "constitution"]
PERMISSIONS: dict[Kind, str] = {"rubric": "rubric.write", "constitution": "constitution.write"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Whose draft of what. name: the id of the document, or `new` for one that has none yet."""

    programme: str
    kind: Kind
    name: str

    @property
    def work(self) -> str:
        """The draft's name among all unsent work of a person."""
        return f"{self.kind}:{self.programme}:{self.name}"


@dataclass(frozen=True, slots=True)
class Draft:
    """An unfinished document, as its writer left it.

    saved_at    microseconds
    begun_from  the version that was in force when it was begun; `none` where there was none, empty where nobody said
    """

    text: str
    saved_at: int
    begun_from: str = ""


class _Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sealed of a draft."""

    draft: str
    begun_from: str


def save(cell: Cell, actor: Actor, place: Place, text: str, *, begun_from: str = "") -> int | Refused:
    """Keep an unfinished document, sound or not; when it was saved, in microseconds. Nobody else can open it."""
    if not access.allows(actor, PERMISSIONS[place.kind]):
        return access.ABSENT
    plain = text.encode("utf-8", "replace")
    if len(plain) > BYTES_MAX:
        sentence = f"Expected a draft of at most {BYTES_MAX} bytes, found {len(plain)}: shorten it."
        return Refused("draft-too-large", sentence)
    payload = msgspec.json.encode(_Kept(plain.decode(), begun_from))
    with journal.writing(cell.engine) as connection:
        journal.lock_head(connection)
        if contracts.programme(connection, place.programme) is None:
            return access.ABSENT
        now = cell.kernel.now()
        sealed = cell.vault.seal_private(
            connection, payload, scope=f"person:{actor.person}", subjects=[], place=draft_place(place.work)
        )
        sessions.save_draft(connection, work=place.work, expert=actor.person, sealed=sealed, now=now)
    return now


def draft(cell: Cell, actor: Actor, place: Place) -> Draft | Refused | None:
    """One's own unfinished document, None when there is none. That it was opened is an event."""
    permission = PERMISSIONS[place.kind]
    if not access.allows(actor, permission):
        return access.ABSENT
    with cell.read() as connection:
        if sessions.draft(connection, place.work, actor.person) is None:
            return None
    about = About(subject=place.programme, what="draft", reason="own-work", part=f"{place.kind}/{place.name}")
    look = cell.look(actor, permission, about)
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        row = sessions.draft(connection, place.work, actor.person)
        return None if row is None else _opened(cell.open_draft(connection, row, look), row.saved_at)


def _opened(payload: bytes, saved_at: int) -> Draft:
    try:
        kept = msgspec.json.decode(payload, type=_Kept)
    except msgspec.DecodeError:  # kept before drafts said where they were begun: nothing but the text
        return Draft(payload.decode(), saved_at)
    return Draft(kept.draft, saved_at, kept.begun_from)


def drop(cell: Cell, actor: Actor, place: Place) -> Refused | None:
    """Forget one's own unfinished document: it was published, or thrown away."""
    if not access.allows(actor, PERMISSIONS[place.kind]):
        return access.ABSENT
    with journal.writing(cell.engine) as connection:
        sessions.drop_draft(connection, place.work, actor.person)
    return None

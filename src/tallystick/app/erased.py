"""What stands where erased content stood: the same plain words on every page and in every answer. Reads the vault."""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from tallystick.app.cell import Cell
from tallystick.app.looking import Look
from tallystick.flow import erasure as flow
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.signals.shape import Mark
from tallystick.store import erasure
from tallystick.store.vault import Erased


@dataclass(frozen=True, slots=True)
class Gone:
    """Content that was erased: under which erasure, and when, in one sentence.

    erasure  its name; empty while its order is being written
    """

    sentence: str
    erasure: str = ""

    @property
    def refused(self) -> Refused:
        """The same for who cannot go on without it."""
        return Refused("erased", f"This content was {self.sentence}: it cannot be read any more.")


def payloads(cell: Cell, connection: journal.Connection, ids: Iterable[str], look: Look) -> dict[str, bytes | Gone]:
    """The payloads of objects by id, for a recorded look; of those that were erased what is left to say."""
    opened = cell.open_known(connection, ids, look)
    return {
        name: _gone(connection, thing) if isinstance(thing, Erased) else thing.payload for name, thing in opened.items()
    }


def payload(cell: Cell, connection: journal.Connection, object_id: str, look: Look) -> bytes | Gone:
    """The same of one object."""
    return payloads(cell, connection, [object_id], look)[object_id]


def gone(connection: journal.Connection, object_id: str) -> Gone | None:
    """What is to be said of an object that the journal names as erased; None for one that is not."""
    row = erasure.erased(connection, object_id)
    return None if row is None else Gone(flow.words(row.erasure, row.at), row.erasure)


def _gone(connection: journal.Connection, thing: Erased) -> Gone:
    rows = erasure.erased_of(connection, [thing.object, *thing.by]).values()
    first = min(rows, key=lambda row: int(row.at), default=None)
    # Without the journal's word the vault still knows: an order that is being written in this very transaction.
    return Gone("erased") if first is None else Gone(flow.words(first.erasure, first.at), first.erasure)


def text(found: bytes | Gone) -> str:
    """Words as they were written, or that they were erased."""
    return found.sentence.capitalize() if isinstance(found, Gone) else found.decode()


def words(found: bytes | Gone) -> tuple[tuple[Mark, ...], dict[str, str]]:
    """The marks of a judgment with their words, and what its author wrote; nothing where they were erased."""
    if isinstance(found, Gone):
        return (), {}
    plain = msgspec.json.decode(found)
    return tuple(Mark.model_validate(mark) for mark in plain.get("marks", ())), dict(plain.get("texts", {}))


def reasons(found: bytes | Gone) -> tuple[dict[str, str | None], ...]:
    """The reasons of a judgment; one that says so, tied to nothing, where they were erased."""
    if isinstance(found, Gone):
        return ({"citation": None, "criterion": "", "quote": None, "text": found.sentence.capitalize()},)
    return tuple(msgspec.json.decode(found)["reasons"])

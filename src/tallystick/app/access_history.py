"""Who looked at what: the access history for leads, researchers and auditors, and an expert's own. Reads only."""

from dataclasses import dataclass, replace

from tallystick.app import access
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.looking import About
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import oversight
from tallystick.store.oversight import Looks
from tallystick.store.schema import Row
from tallystick.store.vault import Erased, Opened

__all__ = ["AccessPage", "Looks", "Seen", "history", "own_history"]

PAGE = 50
PAGE_MAX = 500


@dataclass(frozen=True, slots=True)
class Seen:
    """One look.

    by     a pseudonym; empty for a reader who is told the role only
    words  what the person typed beside the reason; empty when there is nothing, it was not asked for, or it was erased
    """

    seq: int
    at: int
    by: str
    role: str
    subject: str
    what: str
    reason: str
    number: int
    part: str | None
    has_words: bool
    words: str = ""


@dataclass(frozen=True, slots=True)
class AccessPage:
    """Some looks, newest first; `before` leads to the older ones."""

    rows: tuple[Seen, ...]
    before: int | None


def history(
    cell: Cell, actor: Actor, wanted: Looks, *, limit: int = PAGE, with_words: bool = False
) -> AccessPage | Refused:
    """The access history by subject, by person, by time, in any combination.

    with_words  also what was typed beside the reasons: that is content, and reading it is a look of its own
    """
    if not access.allows(actor, "access.read"):
        return access.ABSENT
    size = max(1, min(limit, PAGE_MAX))
    with cell.read() as connection:
        rows = oversight.looks(connection, wanted, limit=size + 1)
    page = _page(rows, size)
    return _with_words(cell, actor, page, rows[:size]) if with_words else page


def _page(rows: list[Row], size: int) -> AccessPage:
    shown = tuple(
        Seen(
            seq=row.seq, at=row.at, by=row.by, role=row.role, subject=row.subject, what=row.what, reason=row.reason,
            number=row.number, part=row.part, has_words=row.words is not None,
        )
        for row in rows[:size]
    )  # fmt: skip
    return AccessPage(shown, rows[size - 1].seq if len(rows) > size else None)


def _with_words(cell: Cell, actor: Actor, page: AccessPage, rows: list[Row]) -> AccessPage | Refused:
    typed = {row.seq: row.words for row in rows if row.words is not None}
    if not typed:
        return page
    reason = "audit" if "auditor" in actor.roles else "review"
    authors = tuple(row.by for row in rows if row.words is not None)
    look = cell.look(actor, "access.read", About(subject="cell", what="words", reason=reason, subjects=authors))
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        found = cell.open_known(connection, list(typed.values()), look)
    words = {seq: _payload(found[name]) for seq, name in typed.items()}
    return replace(page, rows=tuple(replace(row, words=words.get(row.seq, "")) for row in page.rows))


def _payload(found: Opened | Erased) -> str:
    return "" if isinstance(found, Erased) else found.payload.decode()


def own_history(cell: Cell, actor: Actor, *, before: int | None = None, limit: int = PAGE) -> AccessPage | Refused:
    """Who looked at one's own profile and at items that one judged: roles and reasons, never who it was.

    An adjudicator's look at an open disagreement is left out until it is closed: it would tell that the judgments
    divide. Looks at gold items are left out for ever: they would tell which items those are.
    """
    if not access.allows(actor, "self"):
        return access.ABSENT
    size = max(1, min(limit, PAGE_MAX))
    with cell.read() as connection:
        rows = _own_rows(connection, actor, before=before, limit=size + 1)
    page = _page(rows, size)
    return replace(page, rows=tuple(replace(row, by="", has_words=False) for row in page.rows))


def _own_rows(connection: journal.Connection, actor: Actor, *, before: int | None, limit: int) -> list[Row]:
    profile = Looks(subjects=(actor.person, "roster"), not_by=(actor.person,), whats=("profile",), before=before)
    rows = oversight.looks(connection, profile, limit=limit)
    rows += oversight.looks_at_judge(connection, actor.person, before=before, limit=limit)
    return sorted(rows, key=lambda row: -row.seq)[:limit]

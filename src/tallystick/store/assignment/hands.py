"""How long a case or a drawn item was in somebody's hands who has not answered it: the sum of their leases."""

from collections.abc import Iterable

import sqlalchemy as sa

from tallystick.ledger.statement import Statement
from tallystick.store.schema import Row
from tallystick.store.schema.pay import PAY_GIVEN

_AT = (
    PAY_GIVEN.c.work == sa.bindparam("of_work"), PAY_GIVEN.c.item == sa.bindparam("of_item"),
    PAY_GIVEN.c.person == sa.bindparam("who"),
)  # fmt: skip
_GIVEN = Statement(sa.select(PAY_GIVEN).where(*_AT))
_BEGIN = Statement(
    sa.text(
        "INSERT INTO pay_given (work, item, person, at, seq, held, open_at) "
        "VALUES (:of_work, :of_item, :who, :at, :seq, 0, :at) ON CONFLICT (work, item, person) DO UPDATE "
        "SET at = excluded.at, seq = excluded.seq, held = 0, open_at = excluded.open_at"
    )
)
_OPEN = Statement(PAY_GIVEN.update().where(*_AT, PAY_GIVEN.c.open_at.is_(None)).values(open_at=sa.bindparam("at")))
_ENDED = {
    "held": PAY_GIVEN.c.held + sa.bindparam("until", type_=sa.BigInteger) - PAY_GIVEN.c.open_at, "open_at": sa.null()
}  # fmt: skip
_CLOSE = Statement(PAY_GIVEN.update().where(*_AT, PAY_GIVEN.c.open_at.is_not(None)).values(**_ENDED))
_CLOSE_ALL = Statement(PAY_GIVEN.update().where(*_AT[:2], PAY_GIVEN.c.open_at.is_not(None)).values(**_ENDED))
_FORGET = Statement(PAY_GIVEN.delete().where(*_AT[:2]))


def given(connection: sa.Connection, work: str, item: str, person: str) -> Row | None:
    """Since when it counts as theirs and how long it was; None for what was never given to them."""
    return _GIVEN.first(connection, _place(work, item, person))


def held_us(row: Row, now: int) -> int:
    """Microseconds that it was in their hands, the lease that they have now included."""
    return int(row.held) + (0 if row.open_at is None else now - int(row.open_at))


def begin(connection: sa.Connection, work: str, item: str, person: str, *, at: int, seq: int) -> None:
    """It is given to them, and nothing before belongs to it."""
    _BEGIN.run(connection, _place(work, item, person) | {"at": at, "seq": seq})


def go_on(connection: sa.Connection, work: str, item: str, person: str, *, at: int) -> None:
    """It is given to them once more."""
    _OPEN.run(connection, _place(work, item, person) | {"at": at})


def end(connection: sa.Connection, work: str, item: str, person: str, *, at: int) -> None:
    """Their lease ended without an answer."""
    _CLOSE.run(connection, _place(work, item, person) | {"until": at})


def end_all(connection: sa.Connection, work: str, items: Iterable[str], *, at: int) -> None:
    """Whoever holds one of these holds it no more."""
    for item in items:
        _CLOSE_ALL.run(connection, {"of_work": work, "of_item": item, "until": at})


def forget(connection: sa.Connection, work: str, item: str) -> None:
    """It has its answer: when the item is such work once more, nobody's time on it before belongs to that."""
    _FORGET.run(connection, {"of_work": work, "of_item": item})


def _place(work: str, item: str, person: str) -> dict[str, object]:
    return {"of_work": work, "of_item": item, "who": person}

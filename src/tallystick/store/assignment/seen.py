"""Who was shown what others said of an item: it is no work for them any more, by whatever road they came to see it."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from tallystick.ledger.statement import Statement
from tallystick.store.schema import ACCESS, DISAGREEMENT, ITEM, JUDGMENT, PAST_DISAGREEMENT

Column = sa.ColumnElement[Any]
_OPENED = sa.or_(ACCESS.c.what == "judgments", ACCESS.c.what == "record")
"""What shows the judgments of others. Whoever has an item as work opens it as `item`.

Labels of a session are none: those who talked an item over judge it again, and docs/stages/calibration.md says so.
"""
_CASES = (DISAGREEMENT, PAST_DISAGREEMENT)
_PART = 500


def _shown(item: Column, who: Column | str) -> list[sa.Exists]:
    """Each way in which somebody was shown what others said of an item: a look, or a case that they ended."""
    ended = [sa.exists().where(case.c.item == item, case.c.adjudicator == who) for case in _CASES]
    return [sa.exists().where(ACCESS.c.subject == item, ACCESS.c.by == who, _OPENED), *ended]


def unseen(item: Column, who: Column | str) -> list[sa.ColumnElement[bool]]:
    """That somebody was never shown what others said of the item of a column, as parts of a query."""
    return [~way for way in _shown(item, who)]


def judged_before(item: Column, who: Column | str, place: Column) -> sa.ColumnElement[bool]:
    """Whether others judged the item of a column before a place in the journal, as part of a query.

    Up to the place where a role ended that reads everything, no look at the single item is needed to know it: the log,
    a release and the figures show judgments, too.
    """
    return sa.exists().where(JUDGMENT.c.item == item, JUDGMENT.c.seq < place, JUDGMENT.c.expert != who)


_WANTED: Column = sa.bindparam("wanted")
_WHO: Column = sa.bindparam("who")
_READ: Column = sa.bindparam("read")
_SEEN = Statement(
    sa.select(sa.literal(1).label("seen")).where(sa.or_(*_shown(_WANTED, _WHO), judged_before(_WANTED, _WHO, _READ)))
)


def saw_others(connection: sa.Connection, who: str, wanted: str, *, read: int) -> bool:
    """Whether somebody may know what others said of an item.

    read  the place in the journal before which they read what others judged, in another role; 0 for nobody
    """
    return _SEEN.first(connection, {"wanted": wanted, "who": who, "read": read}) is not None


def known_of(connection: sa.Connection, who: str, gold: Collection[str], *, read: int) -> set[str]:
    """Those of some gold items whose answers somebody may know, or what others said of them.

    read  as above: whoever imports gold items, or reads the journal, may know the answers of all that were there then
    """
    names, found = sorted(gold), set[str]()
    looks = sa.select(ACCESS.c.subject).where(ACCESS.c.by == who, _OPENED)
    found |= set(connection.scalars(looks.distinct()))
    for start in range(0, len(names) if read else 0, _PART):
        part = ITEM.c.item.in_(names[start : start + _PART])
        found |= set(connection.scalars(sa.select(ITEM.c.item).where(part, ITEM.c.seq < read)))
    return found.intersection(names)

"""Counts of open items by stratum: kept as places are taken and come back, so that nothing is scanned to find one."""

from collections import Counter
from collections.abc import Iterable

import sqlalchemy as sa

from tallystick import canon
from tallystick.flow.assignment import SIGNAL
from tallystick.flow.contract import AXES
from tallystick.flow.routing import CONTENT
from tallystick.ledger import journal
from tallystick.ledger.statement import Statement
from tallystick.signals.preference import SIGNAL as PAIR
from tallystick.store.schema import WORK, Recorded, Row
from tallystick.store.schema.assignment import LOAD, STRATUM, STRATUM_CURSOR

_GONE = "erased"
_PART = 500
_TAKEN = WORK.c.judged + WORK.c.held + WORK.c.leased
_OF_ITEM = sa.select(WORK.c.stratum).where(WORK.c.item == sa.bindparam("wanted"), WORK.c.state != _GONE)
# One more place was taken, or one came back: these are the steps at which the item closed, and opened again.
_CLOSED = Statement(
    STRATUM.update()
    .where(STRATUM.c.stratum == _OF_ITEM.where(WORK.c.needed == _TAKEN).scalar_subquery())
    .values(open=STRATUM.c.open - 1)
)
_OPENED = Statement(
    STRATUM.update()
    .where(STRATUM.c.stratum == _OF_ITEM.where(WORK.c.needed - 1 == _TAKEN).scalar_subquery())
    .values(open=STRATUM.c.open + 1)
)
_COUNT_OPEN = Statement(
    STRATUM.update()
    .where(STRATUM.c.stratum == sa.bindparam("of"))
    .values(open=STRATUM.c.open + sa.bindparam("more"))
)  # fmt: skip
_COME_IN = Statement(
    STRATUM.update()
    .where(STRATUM.c.stratum == sa.bindparam("of"))
    .values({"items": STRATUM.c["items"] + sa.bindparam("more"), "open": STRATUM.c.open + sa.bindparam("more")})
)
_FOUND = Statement(
    sa.select(STRATUM.c.stratum).where(
        STRATUM.c.batch == sa.bindparam("batch"), STRATUM.c.taxonomy == sa.bindparam("taxonomy")
    )
)
# An item behind an expert's place is offered once all ahead of it is done: what was opened again must not wait so long.
_GO_BACK = Statement(
    STRATUM_CURSOR.update()
    .where(STRATUM_CURSOR.c.stratum == sa.bindparam("of"), STRATUM_CURSOR.c["rank"] >= sa.bindparam("first"))
    .values(rank=sa.bindparam("first") - 1)
)
_PLACE = Statement(
    sa.select(WORK.c.stratum, WORK.c["rank"]).where(WORK.c.item == sa.bindparam("wanted"))
)  # fmt: skip
_JUDGED_AGAIN = Statement(
    LOAD.update()
    .where(LOAD.c.expert == sa.bindparam("who"), LOAD.c.batch == sa.bindparam("of"))
    .values(judged=LOAD.c.judged - 1)
)


def place(connection: sa.Connection, recorded: list[Recorded]) -> dict[str, int]:
    """Item: its stratum, for work items that come in; strata that are not there yet are made, and all are counted."""
    found: dict[tuple[str, str], int] = {}
    new: list[dict[str, object]] = []
    numbers: dict[str, int] = {}
    for r in recorded:
        fact = r.fact
        axes = {axis: fact.taxonomy[axis] for axis in (*AXES, CONTENT) if axis in fact.taxonomy}
        axes |= {SIGNAL: fact.signal} if fact.signal != PAIR else {}
        key = (fact.batch, canon.encode(axes).decode())
        if key not in found:
            row = _FOUND.first(connection, {"batch": key[0], "taxonomy": key[1]})
            found[key] = r.envelope.seq if row is None else row.stratum
            if row is None:
                new.append(
                    {"stratum": r.envelope.seq, "programme": fact.programme, "domain": fact.domain, "batch": key[0],
                     "taxonomy": key[1], "items": 0, "open": 0}
                )  # fmt: skip
        numbers[fact.item] = found[key]
    if new:
        journal.insert_many(connection, STRATUM, new)
    for stratum, items in sorted(Counter(numbers.values()).items()):
        _COME_IN.run(connection, {"of": stratum, "more": items})
    return numbers


def count_taken(connection: sa.Connection, item: str) -> None:
    """One more place of an item was taken; its row of work says so already."""
    _CLOSED.run(connection, {"wanted": item})


def count_given(connection: sa.Connection, item: str) -> None:
    """A place of an item came back; its row of work says so already."""
    _OPENED.run(connection, {"wanted": item})


def count_open(connection: sa.Connection, stratum: int, *, more: int) -> None:
    """So many items of a stratum opened, or closed when below 0."""
    if more:
        _COUNT_OPEN.run(connection, {"of": stratum, "more": more})


def count_erased(connection: sa.Connection, lost: sa.Select[tuple[str]]) -> None:
    """Items whose content is gone are given out no more; asked before their rows of work say so."""
    query = sa.select(WORK.c.stratum, sa.func.count()).where(WORK.c.item.in_(lost), WORK.c.is_open == 1)
    for stratum, items in sorted(tuple(row) for row in connection.execute(query.group_by(WORK.c.stratum)).all()):
        count_open(connection, stratum, more=-items)


def count_again(connection: sa.Connection, judgment: Row) -> None:
    """A judgment was set aside: it is no load of its author in its batch any more."""
    if judgment.is_observed:
        _JUDGED_AGAIN.run(connection, {"who": judgment.expert, "of": judgment.batch})


def go_back(connection: sa.Connection, opened: Iterable[str]) -> None:
    """Experts who are past items that were opened again get them next, not at the end."""
    first: dict[int, int] = {}
    for item in opened:
        for row in _PLACE.all(connection, {"wanted": item}):
            first[row.stratum] = min(first.get(row.stratum, row.rank), row.rank)
    for stratum, rank in sorted(first.items()):
        _GO_BACK.run(connection, {"of": stratum, "first": rank})

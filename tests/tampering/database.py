"""The journal and what stands beside it: rows, head, seal point, guards. Whoever alters them owns the database."""

from collections.abc import Callable

import sqlalchemy as sa
from sealed_cell import Cell, entry
from tampering.table import Part, Row

from tallystick.ledger import guards, journal
from tallystick.ledger.compare import compare_journal
from tallystick.ledger.note import parse_vkey
from tallystick.ledger.reader import LogReader
from tallystick.ledger.sealer import BadRow, Diverged, Gap

SEALED, JOURNALED = 30, 40
EDITED = {"entry": entry(17, body={"item": "itm-17", "scores": [5, 5]})}
DROP_SQLITE = ("DROP TRIGGER journal_no_update", "DROP TRIGGER journal_no_delete")
DROP_POSTGRESQL = ("DROP TRIGGER journal_guard ON journal",)
FALSE_SQLITE = (
    "DROP TRIGGER journal_no_update",
    "CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT 1; END",
)
FALSE_POSTGRESQL = ("ALTER TABLE journal DISABLE TRIGGER journal_guard",)


def good_cell(cell: Cell) -> None:
    """Forty events, of which thirty are sealed."""
    cell.add(JOURNALED)
    with cell.sealer() as sealer:
        sealer.seal(SEALED)


def _sealer(cell: Cell, _row: Row[Cell]) -> list[str]:
    """What a sealer says that starts, or that seals what is there."""
    try:
        with cell.sealer() as sealer:
            sealer.seal()
    except (BadRow, Diverged, Gap) as error:
        return [str(error)]
    return []


def _check(cell: Cell, _row: Row[Cell]) -> list[str]:
    """The part of `cell check` that looks at journal and guards."""
    with journal.reading(cell.engine) as connection:
        missing = guards.look(connection).missing
    return [*missing, *(difference.what for difference in compare_journal(cell.engine, cell.directory))]


def alter(*statements: str, **values: object) -> Callable[[Cell], object]:
    """Drop the guards, then run statements."""

    def do(cell: Cell) -> None:
        for statement in statements:
            cell.alter(statement, **{name: value for name, value in values.items() if f":{name}" in statement})

    return do


def run(sqlite: tuple[str, ...], postgresql: tuple[str, ...]) -> Callable[[Cell], object]:
    """Run statements of one database or the other."""

    def do(cell: Cell) -> None:
        with journal.writing(cell.engine) as connection:
            for statement in sqlite if connection.dialect.name == "sqlite" else postgresql:
                connection.exec_driver_sql(statement)

    return do


def exchange(cell: Cell) -> None:
    """Two sealed rows change their places."""
    alter("UPDATE journal SET entry = :one WHERE seq = 3", one=entry(4))(cell)
    alter("UPDATE journal SET entry = :one WHERE seq = 4", one=entry(3))(cell)


def restore(cell: Cell) -> None:
    """Everything in the database as it was at ten rows, and all of it fits: an old backup."""
    reader = LogReader(cell.directory)
    with cell.sealer() as sealer:
        root = sealer.checkpoint_at(10).root
    alter("DELETE FROM journal WHERE seq >= 10")(cell)
    link = journal.NO_LINK
    for seq in range(10):
        link = journal.linked(link, "judgment-submitted/1", entry(seq))
    alter("UPDATE journal_head SET next_seq = 10, link = :link", link=link)(cell)
    alter("UPDATE seal_head SET size = 10, root = :root, link = :link", root=root, link=link)(cell)
    assert reader.checkpoint(parse_vkey(cell.signer.vkey)).size == SEALED


def cut(cell: Cell) -> None:
    """Rows go from the end, sealed ones with them, and the head says that they were never there."""
    alter("DELETE FROM journal WHERE seq >= 25", "UPDATE journal_head SET next_seq = 25")(cell)


def insert(cell: Cell) -> None:
    """A row in the place of one that is not sealed; those behind it move on."""
    alter("DELETE FROM journal WHERE seq = 35")(cell)
    row = sa.text("INSERT INTO journal (seq, kind, entry) VALUES (35, 'judgment-submitted/1', :entry)")
    with journal.writing(cell.engine) as connection:
        connection.execute(row, {"entry": entry(35, body={"item": "itm-99"})})


SEALER, CHECK = "sealer", "cell check"
ROWS: list[Row[Cell]] = [
    Row(
        what="a sealed row edited",
        do=alter("UPDATE journal SET entry = :entry WHERE seq = 17", **EDITED),
        found={SEALER: "They part at row 17", CHECK: "journal row 17"},
    ),
    Row(
        what="a sealed row deleted",
        do=alter("DELETE FROM journal WHERE seq = 12"),
        found={SEALER: "found no row 12", CHECK: "journal row 12 is missing"},
    ),
    Row(what="two sealed rows exchanged", do=exchange, found={SEALER: "They part at row 3", CHECK: "journal row 3"}),
    Row(
        what="the kind of a sealed row, which no entry holds",
        do=alter("UPDATE journal SET kind = 'x/1' WHERE seq = 5"),
        found={SEALER: "or a kind column, was altered"},
    ),
    Row(
        what="rows cut off at the end, sealed ones with them",
        do=cut,
        found={SEALER: "found no row 25", CHECK: "journal row 25 is missing"},
    ),
    Row(
        what="a row edited before it is sealed",
        do=alter("UPDATE journal SET entry = :entry WHERE seq = 33", entry=entry(33, body={})),
        found={SEALER: "expected rows 30 to 39 as they were committed"},
    ),
    Row(
        what="a row deleted before it is sealed",
        do=alter("DELETE FROM journal WHERE seq = 33"),
        found={SEALER: "found no row 33"},
    ),
    Row(
        what="rows cut off before they are sealed",
        do=alter("DELETE FROM journal WHERE seq >= 38", "UPDATE journal_head SET next_seq = 38"),
        found={SEALER: "expected rows 30 to 37 as they were committed"},
    ),
    Row(what="a row put in place of another before it is sealed", do=insert, found={SEALER: "expected rows 30 to 39"}),
    Row(
        what="the head of the journal set back",
        do=alter("UPDATE journal_head SET next_seq = 36"),
        found={SEALER: "expected the journal to end at row 35"},
    ),
    Row(
        what="the seal point set back",
        do=alter("UPDATE seal_head SET size = 20"),
        found={
            SEALER: "the published checkpoint covers 30 entries, the database has sealed 20",
            CHECK: "the database has sealed 20",
        },
    ),
    Row(
        what="the seal point set forward",
        do=alter("UPDATE seal_head SET size = 35"),
        found={SEALER: "the seal point in the database: expected root"},
    ),
    Row(
        what="the root of the seal point",
        do=alter("UPDATE seal_head SET root = :root", root=bytes(32)),
        found={SEALER: "the seal point in the database: expected root"},
    ),
    Row(
        what="the running digest of the seal point",
        do=alter("UPDATE seal_head SET link = :link", link=bytes(32)),
        found={SEALER: "the seal point in the database: expected the running digest"},
    ),
    Row(
        what="roll-back of the whole database to an older state in which all fits",
        do=restore,
        found={
            SEALER: "the published checkpoint covers 30 entries, the database has sealed 10",
            CHECK: "the database is older than the log",
        },
    ),
    Row(
        what="the guards dropped", do=run(DROP_SQLITE, DROP_POSTGRESQL), found={CHECK: "expected the trigger journal_"}
    ),
    Row(
        what="a guard replaced by one that does nothing, or disabled",
        do=run(FALSE_SQLITE, FALSE_POSTGRESQL),
        found={CHECK: "expected the trigger journal_"},
    ),
]
PART = Part(
    "The journal in the database",
    "somebody who owns the database, drops its guards and changes what they like. The log's files and its key are "
    "not theirs.",
    ROWS,
    {SEALER: _sealer, CHECK: _check},
)

"""An administrator who owns database and disk: drops the guards, edits rows, makes all that is derived fit again."""

import shutil
from collections.abc import Callable

import msgspec
import sqlalchemy as sa

from tallystick import canon
from tallystick.app.cell import Cell
from tallystick.events.envelope import open_entry
from tallystick.ledger import head, journal
from tallystick.ledger.tree import EMPTY_ROOT
from tallystick.store import projection

Edit = Callable[[dict[str, object]], None]


class Administrator:
    """Edits the database of one cell behind its back."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell

    def drop_guards(self) -> None:
        """Remove every trigger on the journal."""
        with self.cell.engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                names = connection.execute(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars()
                statements = [f'DROP TRIGGER "{name}"' for name in names.all()]
            else:
                query = "SELECT tgname, tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal"
                rows = connection.execute(sa.text(query)).all()
                statements = [f'DROP TRIGGER "{name}" ON {table}' for name, table in rows]
            for statement in statements:
                connection.execute(sa.text(statement))

    def cut(self, start: int) -> None:
        """Delete all rows from a place on, then make head, counters and read tables fit."""
        self.drop_guards()
        with journal.writing(self.cell.engine) as connection:
            connection.execute(journal.JOURNAL.delete().where(journal.JOURNAL.c.seq >= start))
        self.make_fit()

    def edit(self, seq: int, change: Edit) -> None:
        """Change one event, in canonical form as ever."""
        self.drop_guards()
        with journal.writing(self.cell.engine) as connection:
            entry = journal.read_one(connection, seq)
            assert entry is not None
            envelope = open_entry(entry)
            value: dict[str, object] = {name: getattr(envelope, name) for name in envelope.__struct_fields__}
            body: dict[str, object] = msgspec.json.decode(envelope.body)
            change(body)
            altered = canon.encode(value | {"body": body})
            connection.execute(journal.JOURNAL.update().where(journal.JOURNAL.c.seq == seq).values(entry=altered))
        self.make_fit()

    def make_fit(self) -> None:
        """Head, counters and read tables as if the journal had always been so."""
        with journal.writing(self.cell.engine) as connection:
            end = connection.execute(sa.select(sa.func.max(journal.JOURNAL.c.seq))).scalar_one() + 1
            envelopes = [open_entry(entry) for _, entry in journal.read(connection, 0, end)]
            last_at = envelopes[-1].at
            rows = connection.execute(sa.select(journal.JOURNAL).order_by(journal.JOURNAL.c.seq)).all()
            link = journal.NO_LINK
            for row in rows:
                link = journal.linked(link, row.kind, row.entry)
            connection.execute(journal.HEAD.update().values(next_seq=end, last_at=last_at, link=link))
            connection.execute(journal.ACTOR.delete())
            counts = {envelope.by: envelope.n for envelope in envelopes}
            journal.insert_many(connection, journal.ACTOR, [{"actor": by, "n": n} for by, n in counts.items()])
        projection.rebuild(self.cell.engine)
        journal.create(self.cell.engine)  # the guards are put back, as if nothing had been

    def forget_the_log(self) -> None:
        """With the log key: throw the log away, so that the next seal signs another history from the start."""
        shutil.rmtree(self.cell.log_directory)
        nothing = {"size": 0, "root": EMPTY_ROOT, "link": journal.NO_LINK}
        with journal.writing(self.cell.engine) as connection:
            connection.execute(head.SEAL_HEAD.update().values(epoch=head.SEAL_HEAD.c.epoch + 1, **nothing))

"""Hold work and set it aside in a cell under test, as a drift and an intervention do."""

import sqlalchemy as sa
from living_cell import PROGRAMME, World

from tallystick.app import standing
from tallystick.app.kernel import Command, Decision, Receipt, Transaction, new_key
from tallystick.flow.refusal import Refused
from tallystick.store.schema import JUDGMENT, Row


def code(found: object) -> str:
    """The code of a refusal, which this must be."""
    assert isinstance(found, Refused), found
    return found.code


def rows(world: World, table: sa.Table) -> list[Row]:
    """All rows of a read table, in journal order."""
    with world.cell.read() as connection:
        return list(
            connection.execute(table.select().order_by(table.c.seq if "seq" in table.c else table.c.rank)).all()
        )


def given(world: World) -> list[Row]:
    """All judgments, in journal order."""
    return rows(world, JUDGMENT)


def hold(world: World, expert: str, *judgments: str) -> Receipt:
    """Hold judgments of one expert."""

    def decide(tx: Transaction) -> Decision:
        return standing.hold(
            tx, programme=PROGRAMME, expert=expert, judgments=list(judgments), cause="drift", reference=str(tx.seq)
        )

    done = world.cell.execute(Command(world.lead, "gate.measure", new_key(), b"hold", decide))
    assert isinstance(done, Receipt), done
    return done


def requeue(world: World, *judgments: str, by_same: bool = True, cause: str = "intervention") -> Receipt | Refused:
    """Set judgments aside."""

    def decide(tx: Transaction) -> Decision:
        return standing.requeue(
            world.cell, tx, programme=PROGRAMME, judgments=list(judgments), cause=cause, reference=str(tx.seq),
            by_same=by_same,
        )  # fmt: skip

    return world.cell.execute(Command(world.lead, "gate.measure", new_key(), b"requeue", decide))

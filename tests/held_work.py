"""Hold work and set it aside in a cell under test, as a drift and an intervention do."""

from living_cell import PROGRAMME, World

from tallystick.app import standing
from tallystick.app.kernel import Command, Decision, Receipt, Transaction, new_key
from tallystick.flow.refusal import Refused


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

"""Look for what would help most in an open intervention, and write it down. Reads the batch by app/gate.py."""

from tallystick import __version__, canon
from tallystick.app import access, gate
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.intervention.opening import state_of
from tallystick.app.intervention.steps import Done, done
from tallystick.app.kernel import Command, Decision, Transaction
from tallystick.flow import gate as gates
from tallystick.flow import intervention as flow
from tallystick.flow.refusal import Refused
from tallystick.store import intervention

NOTHING_TO_DIAGNOSE = Refused(
    "nothing-to-diagnose",
    "There is nothing to look for: the judgments of this batch show no difference that could be explained. Have more "
    "items judged, then measure the batch.",
)
CHANGED = Refused("judgments-changed", "Judgments of this batch were added while they were looked at: try again.")


def diagnose(cell: Cell, actor: Actor, wanted: str, *, key: str) -> Done | Refused:
    """Record where the shortfall stands. Looked for before the transaction, which then finds the same judgments."""
    if not access.allows(actor, "intervene"):
        return access.ABSENT
    with cell.read() as connection:
        row = intervention.intervention(connection, wanted)
        if row is None:
            return access.ABSENT
        refused = flow.may(state_of(connection, row), flow.DIAGNOSE)
        sought = refused or gate.diagnosis_of(cell, connection, row.batch)
    found: gate.Sought | None = None if isinstance(sought, Refused) else sought

    def decide(tx: Transaction) -> Decision:
        now = intervention.intervention(tx.connection, wanted)
        assert now is not None, "an intervention stays"
        state = state_of(tx.connection, now)
        refused = flow.may(state, flow.DIAGNOSE)
        if refused or found is None:
            return refused or (sought if isinstance(sought, Refused) else NOTHING_TO_DIAGNOSE)
        if gates.inputs_digest(gate.judged_in(tx.connection, now.batch)) != found.inputs_digest:
            return CHANGED
        if found.diagnosis is None:
            return NOTHING_TO_DIAGNOSE
        return [
            flow.diagnosed(
                state, found.diagnosis, rubric_version=found.rubric_version, inputs_digest=found.inputs_digest,
                code_version=__version__,
            )
        ]  # fmt: skip

    answer = cell.execute(Command(actor, "intervene", key, canon.encode(["diagnose", wanted]), decide))
    return answer if isinstance(answer, Refused) else done(cell, wanted, answer)

"""Whether one version of a data contract may follow another. Reads two contracts and writes nothing."""

from tallystick.flow.contract.model import DataContract
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import check_revision


def check_version(previous: DataContract | None, new: DataContract) -> Refused | None:
    """Why a version may not come into force after another, or None. The first version may always."""
    if previous is None:
        return None
    if previous.name != new.name:
        return Refused(
            code="contract-differs",
            sentence=f"Expected a new version of the contract {previous.name}, found {new.name}. "
            "Keep the name, or open a programme of its own.",
            field="name",
        )
    if previous.simulated != new.simulated:
        return Refused(
            code="simulated-changed",
            sentence=f"Expected simulated: {str(previous.simulated).lower()} as in version {previous.version}, found "
            "the opposite. Simulated work stays marked for ever: open a programme of its own.",
            field="simulated",
        )
    return check_revision(previous, new, noun="contract")

"""Whether one version of a data contract may follow another. Reads two contracts and writes nothing."""

from collections.abc import Mapping

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


def check_rubric_domains(contract: DataContract, published: Mapping[str, str]) -> Refused | None:
    """Why a contract may not name its rubrics so, or None: a domain is held to the threshold of its own rubric.

    published  rubric: the domain for which it was published
    """
    taken: dict[str, str] = {}
    for domain, plan in contract.domains.items():
        other = taken.setdefault(plan.rubric, published.get(plan.rubric, domain))
        if other != domain:
            return Refused(
                code="rubric-of-another-domain",
                sentence=f"Expected a rubric of its own for the domain {domain}, found {plan.rubric}, which is for "
                f"{other}. Each domain has its own threshold: name another rubric.",
                field=f"domains.{domain}.rubric",
            )
    return None

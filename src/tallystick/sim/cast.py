"""Who plays in the demo: leads, experts with domains and blind spots, adjudicators. Seeded; nobody is real."""

from dataclasses import dataclass

from tallystick.sim.experts import SimulatedExpert

LEAD = "lead"
SAFETY_LEAD = "safety-lead"
"""A second lead: nobody clears themselves for restricted work."""
RESEARCHER = "researcher"
ATTACKED = ("physician-2", "engineer-1", "editor-1")
"""Who is cleared for the restricted programme, beside both leads and the adjudicators."""
ADJUDICATORS = ("adjudicator-1", "adjudicator-2")


@dataclass(frozen=True, slots=True)
class Part:
    """An account of the demo."""

    login: str
    name: str
    roles: tuple[str, ...]
    expert_roles: tuple[str, ...] = ()
    has_contract: bool = True


def parts() -> list[Part]:
    """Every account but the lead's, which opens the cell."""
    return [
        Part(SAFETY_LEAD, "Mika Simulated (safety lead)", ("lead",), has_contract=False),
        Part(RESEARCHER, "Ravi Simulated (alignment researcher)", ("researcher",), has_contract=False),
        Part("auditor", "Amara Simulated (client auditor)", ("auditor",), has_contract=False),
        Part("engineer", "Eskil Simulated (engineer)", ("engineer",), has_contract=False),
        *(Part(e.login, e.name, ("expert",), ("reviewer",)) for e in experts(seed=0)),
        Part(ADJUDICATORS[0], "Noor Simulated (adjudicator)", ("expert",), ("adjudicator",)),
        Part(ADJUDICATORS[1], "Teodor Simulated (adjudicator)", ("expert",), ("adjudicator",)),
        Part("newcomer", "Juno Simulated (not yet qualified)", ("expert",)),
        Part("waiting", "Wim Simulated (contract not executed)", ("expert",), has_contract=False),
    ]


def experts(seed: int) -> list[SimulatedExpert]:
    """The people who judge.

    In law one of three sees no difference in care about jurisdiction or accuracy: agreement falls below the
    threshold, and the batch stays out of the release until the rubric has been looked at.
    """
    return [
        SimulatedExpert("physician-1", "Dr Ada Simulated", ("medical",), seed),
        SimulatedExpert("physician-2", "Dr Bela Simulated", ("medical", "general"), seed),
        SimulatedExpert("physician-3", "Dr Chidi Simulated", ("medical",), seed),
        SimulatedExpert("lawyer-1", "Dana Simulated", ("legal",), seed),
        SimulatedExpert("lawyer-2", "Emil Simulated", ("legal", "creative"), seed),
        SimulatedExpert(
            "lawyer-3", "Fatou Simulated", ("legal",), seed, slips=0.30,
            blind_to=frozenset({"jurisdiction_care", "legal_accuracy"}), pace=1.6,
        ),
        SimulatedExpert("engineer-1", "Goran Simulated", ("software", "general"), seed),
        SimulatedExpert("engineer-2", "Hana Simulated", ("software",), seed),
        SimulatedExpert("engineer-3", "Ivo Simulated", ("software", "creative"), seed, pace=1.9),
        SimulatedExpert("editor-1", "Jia Simulated", ("creative", "general"), seed),
    ]  # fmt: skip

"""Facts beside the judgments that a release brings along: interventions, causes of disagreement, second looks, audits.

Pure. Never among them: which items are sentinels, who is where, and any fact from which somebody could tell. What a
release says of these stands in facts of its own, `release-monitored` and `pool-composed`, that only a copy of the log
can be held against in full.
"""

from collections.abc import Sequence
from typing import Any

from tallystick.events.affected import AffectedKept, AffectedReleased
from tallystick.events.calibration import CalibrationEnded, CalibrationOpened, CalibrationRevealed
from tallystick.events.checklist import ReleasePhased
from tallystick.events.constitution import (
    ConstitutionPublished,
    OperationalizationAgreed,
    OperationalizationProposed,
    OperationalizationSigned,
    TradeOffNoted,
)
from tallystick.events.disagreement import (
    ClassCorrected,
    ClassModelFitted,
    DisagreementClassified,
    DistributionRecorded,
)
from tallystick.events.escape import RereviewAnswered, RereviewDrawn
from tallystick.events.intervention import (
    ExpertReinstated,
    ExpertStoodDown,
    InterventionClosed,
    InterventionDiagnosed,
    InterventionOpened,
    InterventionRemeasured,
    InterventionRevised,
    RubricRuledOut,
)
from tallystick.events.items import DemonstrationPromoted
from tallystick.events.monitoring import ShortcutAudited
from tallystick.events.pool import PoolComposed
from tallystick.events.release import ReleaseMonitored
from tallystick.events.roster import RegionDeclared
from tallystick.events.sentinel import DriftDecided, DriftDetected, JudgmentChecked, SentinelPolicySet

OF_INTERVENTIONS = (
    InterventionDiagnosed, InterventionRevised, RubricRuledOut, InterventionRemeasured, ExpertStoodDown,
    ExpertReinstated, InterventionClosed, CalibrationOpened,
)  # fmt: skip
OF_SESSIONS = (CalibrationRevealed, CalibrationEnded)
OF_ITEMS = (ClassCorrected, DisagreementClassified, DistributionRecorded, DemonstrationPromoted)
OF_PROGRAMME = (RereviewDrawn, RereviewAnswered)
OF_RUBRICS = (AffectedKept, TradeOffNoted, ConstitutionPublished, OperationalizationProposed)
OfRubrics = (
    AffectedKept
    | TradeOffNoted
    | ConstitutionPublished
    | OperationalizationProposed
    | OperationalizationSigned
    | OperationalizationAgreed
)
OF_PROPOSALS = (OperationalizationSigned, OperationalizationAgreed)
KINDS = (
    ClassModelFitted,
    InterventionOpened,
    *OF_INTERVENTIONS,
    *OF_SESSIONS,
    *OF_ITEMS,
    *OF_PROGRAMME,
    *OF_RUBRICS,
    *OF_PROPOSALS,
    ShortcutAudited,
    ReleaseMonitored,
    ReleasePhased,
    PoolComposed,
    AffectedReleased,
)


UNTOLD = (SentinelPolicySet, JudgmentChecked, DriftDetected, DriftDecided, RegionDeclared)
"""What no release brings along, and a copy of the log is read for: see bundle/watched.py."""


def chosen(facts: Sequence[Any], *, rubrics: set[str], items: set[str], release: str) -> list[int]:
    """The places of the facts that belong to a release, among facts of its programme in journal order.

    rubrics  by which the released batches are judged: interventions on these are told, whatever batch opened them
    items    of the released batches
    """
    interventions: set[str] = set()
    sessions: set[str] = set()
    models = {fact.model for fact in facts if isinstance(fact, DisagreementClassified) and fact.item in items}
    proposals = {
        fact.proposal for fact in facts if isinstance(fact, OperationalizationProposed) and fact.rubric in rubrics
    }
    found = []
    for place, fact in enumerate(facts):
        if isinstance(fact, InterventionOpened):
            is_ours = fact.rubric in rubrics
            interventions |= {fact.intervention} if is_ours else set()
        elif isinstance(fact, OF_INTERVENTIONS):
            is_ours = fact.intervention in interventions
            sessions |= {fact.calibration} if is_ours and isinstance(fact, CalibrationOpened) else set()
        elif isinstance(fact, OF_SESSIONS):
            is_ours = fact.calibration in sessions
        elif isinstance(fact, OF_ITEMS):
            is_ours = fact.item in items
        elif isinstance(fact, ClassModelFitted):
            is_ours = fact.model in models
        elif isinstance(fact, (*OF_RUBRICS, *OF_PROPOSALS)):
            is_ours = _is_of_rubrics(fact, rubrics, items, proposals)
        elif isinstance(fact, ReleaseMonitored | ReleasePhased | PoolComposed | AffectedReleased):
            is_ours = fact.release == release
        else:
            # An audit of one expert's preferences is for those who lead the work, and for the expert.
            is_ours = isinstance(fact, OF_PROGRAMME) or (isinstance(fact, ShortcutAudited) and fact.axis != "expert")
        if is_ours:
            found.append(place)
    return found


def _is_of_rubrics(fact: OfRubrics, rubrics: set[str], items: set[str], proposals: set[str]) -> bool:
    """What was decided on affected judgments, trade-offs, how rubrics carry principles, and the constitution itself."""
    if isinstance(fact, AffectedKept | OperationalizationProposed):
        return fact.rubric in rubrics
    if isinstance(fact, OperationalizationSigned | OperationalizationAgreed):
        return fact.proposal in proposals
    return isinstance(fact, ConstitutionPublished) or fact.item in items

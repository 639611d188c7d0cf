"""Rubrics: what experts judge by, how versions differ, and which verdicts contradict an expert's own scores.

Reads rubric documents and scores; writes nothing. SPEC 1.2, 3.1 to 3.3 and 3.6.
"""

from tallystick.flow.rubric.contradiction import (
    PREFERRED,
    Contradiction,
    Scores,
    contradictions,
    order_contradictions,
)
from tallystick.flow.rubric.lacks import findings
from tallystick.flow.rubric.model import (
    DOMAIN_THRESHOLDS_PPM,
    DOMAINS,
    Criterion,
    Domain,
    Example,
    Form,
    PriorityRule,
    Qualification,
    Rubric,
    Scale,
    Side,
    Threshold,
    chain,
    share_text,
    threshold_ppm,
)
from tallystick.flow.rubric.qualifying import GOLD_MAX, POWER_MIN, enough, rule_on
from tallystick.flow.rubric.revision import (
    REASONS,
    CriterionChange,
    DiffRow,
    Piece,
    Reason,
    affected,
    changes,
    check_revision,
    check_version,
    diff,
    form_note,
    pieces,
    reasons,
)
from tallystick.signals.preference import Verdict

__all__ = [
    "DOMAINS",
    "DOMAIN_THRESHOLDS_PPM",
    "GOLD_MAX",
    "POWER_MIN",
    "PREFERRED",
    "REASONS",
    "Contradiction",
    "Criterion",
    "CriterionChange",
    "DiffRow",
    "Domain",
    "Example",
    "Form",
    "Piece",
    "PriorityRule",
    "Qualification",
    "Reason",
    "Rubric",
    "Scale",
    "Scores",
    "Side",
    "Threshold",
    "Verdict",
    "affected",
    "chain",
    "changes",
    "check_revision",
    "check_version",
    "contradictions",
    "diff",
    "enough",
    "findings",
    "form_note",
    "order_contradictions",
    "pieces",
    "reasons",
    "rule_on",
    "share_text",
    "threshold_ppm",
]

"""Data contracts: what a programme is for, how full its plan is, and what its contract still lacks.

Reads contract documents, rubrics, counts and a date as values; writes nothing. SPEC 1.1 to 1.6.
"""

from tallystick.flow.contract.lacks import check_rubrics, findings
from tallystick.flow.contract.model import (
    AXES,
    AXIS_SHAPES,
    AXIS_VALUES,
    SIGNALS,
    Acceptance,
    Agreement,
    Axis,
    DataContract,
    DomainPlan,
    Failure,
    Holdout,
    Improvement,
    Quota,
    Redundancy,
    Rights,
    Risk,
    Sampling,
    Signal,
    Supervision,
    axis_fault,
    redundancy_for,
)
from tallystick.flow.contract.revision import check_rubric_domains, check_version
from tallystick.flow.contract.sampling import (
    Counts,
    HardShare,
    QuotaFill,
    count_items,
    hard_share,
    is_hard,
    quota_fill,
)

__all__ = [
    "AXES",
    "AXIS_SHAPES",
    "AXIS_VALUES",
    "SIGNALS",
    "Acceptance",
    "Agreement",
    "Axis",
    "Counts",
    "DataContract",
    "DomainPlan",
    "Failure",
    "HardShare",
    "Holdout",
    "Improvement",
    "Quota",
    "QuotaFill",
    "Redundancy",
    "Rights",
    "Risk",
    "Sampling",
    "Signal",
    "Supervision",
    "axis_fault",
    "check_rubric_domains",
    "check_rubrics",
    "check_version",
    "count_items",
    "findings",
    "hard_share",
    "is_hard",
    "quota_fill",
    "redundancy_for",
]

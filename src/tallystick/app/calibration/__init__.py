"""Calibration sessions: experts label the same items alone, compare, and say which words of a rubric they read apart.

Nobody sees another's label before the lead reveals them. Labels are no judgments: nothing measures or releases them.
"""

from tallystick.app.calibration.labelling import Labelled, Task, label, task
from tallystick.app.calibration.labels import ItemLabels, LabelShown, Overview, item_labels, overview
from tallystick.app.calibration.marking import (
    Answered,
    ExampleShown,
    Marked,
    MarkShown,
    NewExample,
    NewMark,
    Proposed,
    Words,
    answer,
    mark,
    propose,
    words,
)
from tallystick.app.calibration.opening import Candidate, Choice, Opened, Proposal, open_session, proposal
from tallystick.app.calibration.revising import Prepared, prepared
from tallystick.app.calibration.session import Changed, Mine, Progress, Session, end, mine, reveal, session

__all__ = [
    "Answered",
    "Candidate",
    "Changed",
    "Choice",
    "ExampleShown",
    "ItemLabels",
    "LabelShown",
    "Labelled",
    "MarkShown",
    "Marked",
    "Mine",
    "NewExample",
    "NewMark",
    "Opened",
    "Overview",
    "Prepared",
    "Progress",
    "Proposal",
    "Proposed",
    "Session",
    "Task",
    "Words",
    "answer",
    "end",
    "item_labels",
    "label",
    "mark",
    "mine",
    "open_session",
    "overview",
    "prepared",
    "proposal",
    "propose",
    "reveal",
    "session",
    "task",
    "words",
]

"""Why judges disagree: classify batches, correct causes, declare groups, learn from corrections, read the map."""

from tallystick.app.disagreement.classifying import ITEMS_MAX, Ran, classify_batch, classify_waiting
from tallystick.app.disagreement.correcting import Corrected, correct, may_read, stated
from tallystick.app.disagreement.groups import (
    Declared,
    Own,
    declare_groups,
    distributions,
    own_groups,
    withdraw_groups,
)
from tallystick.app.disagreement.learning import Fitted, Models, choose_model, fit_model, models
from tallystick.app.disagreement.pages import (
    NOT_CLASSIFIED,
    STANDS,
    BatchCauses,
    ItemCause,
    Map,
    Mapped,
    Said,
    batches_by_cause,
    disagreement_map,
    item_cause,
)
from tallystick.flow.disagreement.groups import AXES
from tallystick.stats.disagreement import Corrections

__all__ = [
    "AXES",
    "ITEMS_MAX",
    "NOT_CLASSIFIED",
    "STANDS",
    "BatchCauses",
    "Corrected",
    "Corrections",
    "Declared",
    "Fitted",
    "ItemCause",
    "Map",
    "Mapped",
    "Models",
    "Own",
    "Ran",
    "Said",
    "batches_by_cause",
    "choose_model",
    "classify_batch",
    "classify_waiting",
    "correct",
    "declare_groups",
    "disagreement_map",
    "distributions",
    "fit_model",
    "item_cause",
    "may_read",
    "models",
    "own_groups",
    "stated",
    "withdraw_groups",
]

"""Read models of assignment: leases, strata, load, authors, and what tiers of risk ask for."""

from tallystick.store.assignment.authors import authored, authors_of, is_author
from tallystick.store.assignment.leases import (
    active,
    assignment,
    close,
    cursors,
    expired,
    free_item,
    loads,
    open_strata,
    saw_others,
)
from tallystick.store.assignment.projected import HANDLERS
from tallystick.store.assignment.strata import count_again, count_erased, count_open, count_taken, go_back, place
from tallystick.store.assignment.tiers import (
    done_by,
    finished_in,
    is_senior,
    policy,
    rules,
    seniorities,
    seniors,
    strata_of,
)

__all__ = [
    "HANDLERS",
    "active",
    "assignment",
    "authored",
    "authors_of",
    "close",
    "count_again",
    "count_erased",
    "count_open",
    "count_taken",
    "cursors",
    "done_by",
    "expired",
    "finished_in",
    "free_item",
    "go_back",
    "is_author",
    "is_senior",
    "loads",
    "open_strata",
    "place",
    "policy",
    "rules",
    "saw_others",
    "seniorities",
    "seniors",
    "strata_of",
]

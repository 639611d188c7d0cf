"""Read models of assignment: leases, strata, load and authors."""

from tallystick.store.assignment.authors import authored, authors_of, is_author
from tallystick.store.assignment.leases import (
    OpenKind,
    active,
    assignment,
    close,
    cursors,
    done_by,
    expired,
    free_item,
    loads,
    open_kinds,
    open_strata,
    strata_of,
)
from tallystick.store.assignment.projected import HANDLERS
from tallystick.store.assignment.promoted import (
    is_set_aside,
    lost_demonstrations,
    made_of,
    on_promoted,
    read_written,
    under_review,
    unreviewed_demonstrations,
    written_waiting,
)
from tallystick.store.assignment.seen import looked_into, opened_of, saw_others
from tallystick.store.assignment.strata import count_again, count_erased, count_open, count_taken, go_back, place

__all__ = [
    "HANDLERS",
    "OpenKind",
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
    "free_item",
    "go_back",
    "is_author",
    "is_set_aside",
    "loads",
    "looked_into",
    "lost_demonstrations",
    "made_of",
    "on_promoted",
    "open_kinds",
    "open_strata",
    "opened_of",
    "place",
    "read_written",
    "saw_others",
    "strata_of",
    "under_review",
    "unreviewed_demonstrations",
    "written_waiting",
]

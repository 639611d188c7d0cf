"""What was worked out from the journal, remembered while nothing is appended that may change it. Reads the journal.

Read tables follow from the journal alone. So a value that was worked out from them at one place of the journal is the
value at any later place too, unless something in between bears on it. Which kinds of events do not is said by whoever
remembers, and all others do: a new kind makes a value be worked out anew. What depends on the clock, on who asks or on
their language is no part of a remembered value.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from tallystick.app.cell import Cell
from tallystick.ledger import journal

FAR = 10_000
"""Behind so many events nobody looks for what they bear on: working it out anew costs no more."""
REMEMBERED = 256
"""So many values are kept of each cell."""
HARMLESS = frozenset({
    "content-accessed/1", "candidates-unblinded/1", "session-opened/1", "session-ended/1", "person-enrolled/1",
    "roles-changed/1", "region-declared/1", "expert-contract-executed/1", "languages-declared/1",
    "qualification-started/1", "gold-answered/1", "person-qualified/1", "qualification-failed/1",
    "judgment-checked/1", "assignment-leased/1", "assignment-leased/2", "assignment-leased/3",
    "assignment-released/1", "case-leased/1", "case-released/1", "batch-measured/1", "shortcut-audited/1",
    "release-cut/1", "release-built/1", "release-phased/1", "release-monitored/1", "consensus-requested/1",
    "release-abandoned/1", "pool-composed/1", "demographics-declared/1", "own-settings-saved/1",
    "pay-terms-accepted/1", "pay-adjusted/1", "pay-period-closed/1", "pay-exported/1", "notice-acknowledged/1",
    "holders-notified/1", "credential-declared/1", "credential-evidence-added/1", "credential-review-started/1",
    "credential-verified/1", "credential-rejected/1", "credential-withdrawn/1", "clearance-granted/1",
    "clearance-revoked/1", "disqualifier-answered/1", "disqualifier-proposed/1", "disqualifier-confirmed/1",
    "disqualifier-dismissed/1", "disqualifier-lifted/1",
})  # fmt: skip
"""Kinds of events that leave every batch as a release would find it: nothing that they change is read for one."""
Said = TypeVar("Said")


@dataclass(frozen=True, slots=True)
class Known(Generic[Said]):
    """A value, and the place of the journal up to which it is known to hold."""

    value: Said
    upto: int


class Remembered(Generic[Said]):
    """Values by what was asked, of each cell apart. Safe to use from many threads."""

    def __init__(self, harmless: Iterable[str], *, most: int = REMEMBERED) -> None:
        self.harmless = frozenset(harmless)
        self._most = most
        self._lock = Lock()
        self._known: WeakKeyDictionary[journal.Engine, OrderedDict[Hashable, Known[Said]]] = WeakKeyDictionary()

    def of(self, cell: Cell, connection: journal.Connection, question: Hashable, answer: Callable[[], Said]) -> Said:
        """The answer to a question as things stand in one state of the database, for reading only.

        connection  of a reading: one that writes sees what is not in the journal yet
        answer      works it out from that same state
        """
        here = journal.head(connection).next_seq
        known = self.last(cell, question)
        if known is not None and known.upto <= here and self.since(connection, known.upto, here) == []:
            found = known.value
        else:
            found = answer()
        self.keep(cell, question, Known(found, here))
        return found

    def last(self, cell: Cell, question: Hashable) -> Known[Said] | None:
        """What was kept, whether it still holds or not."""
        with self._lock:
            return self._known.get(cell.engine, OrderedDict()).get(question)

    def since(self, connection: journal.Connection, start: int, stop: int) -> list[tuple[str, bytes]] | None:
        """What was appended in between and may bear on a value, in order; None where there is too much to look at."""
        if start == stop:
            return []
        if stop - start > FAR:
            return None
        return journal.of_other_kinds(connection, start, stop, kinds=self.harmless, limit=FAR)

    def keep(self, cell: Cell, question: Hashable, known: Known[Said]) -> None:
        """Keep a value, unless one of a later place is kept."""
        with self._lock:
            kept = self._known.setdefault(cell.engine, OrderedDict())
            if question not in kept or kept[question].upto <= known.upto:
                kept[question] = known
                kept.move_to_end(question)
            while len(kept) > self._most:
                kept.popitem(last=False)

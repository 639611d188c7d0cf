"""Signed receipts: what somebody holds from the answer on, before their event is sealed. Reads the journal; signs.

The rows of one commit share a signature: whoever asks first has the run signed, after the commit and outside the
writer's lock. A run never reaches past an event that is nobody's to know of, such as the disagreement that a judgment
opens, nor past one of the cell's own: neither its number of rows nor a neighbour's hash tells what is there.
"""

import logging
from dataclasses import dataclass

from tallystick.app import access
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.kernel import CommitGroup, Receipt
from tallystick.app.oversight import SET_OFF, WITHHELD, entry_for, may_have, sealed_size
from tallystick.custody import CustodyError
from tallystick.events.envelope import Envelope, open_entry
from tallystick.flow.refusal import Refused
from tallystick.ledger import receipt as receipts
from tallystick.ledger.tree import leaf_hashes
from tallystick.store import receipts as rows

UNSIGNED = Refused(
    "keys-unavailable",
    "What you sent is saved. The log key does not answer now, so no signed receipt could be given: fetch it later.",
)
EXTENSION = receipts.EXTENSION
OWN_MAX = 200
"""How many of their own events somebody is shown, and gets in one file."""
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Given:
    """A signed receipt, or why there is none now.

    seq   place of the event in the journal
    text  the receipt file; None when the log key did not answer
    """

    seq: int
    text: str | None

    @property
    def name(self) -> str:
        """What to call the file."""
        return f"receipt-{self.seq}{receipts.EXTENSION}"

    @property
    def why_not(self) -> str | None:
        """Why there is none, and what to do."""
        return None if self.text is not None else f"{UNSIGNED.sentence} Its place in the journal is {self.seq}."


def given(cell: Cell, actor: Actor, written: Receipt, kind: str) -> Given:
    """The receipt of the first event of a kind that a command of this actor wrote. Never fails: the event stands."""
    offset = next(number for number, fact in enumerate(written.facts) if kind == fact.KIND)
    seq = written.first_seq + offset
    if written.group is not None:
        return _from_group(cell, actor, written.group, seq, is_retry=False)
    found = fetch(cell, actor, seq)
    return found if isinstance(found, Given) else Given(seq, None)


def fetch(cell: Cell, actor: Actor, seq: int) -> Given | Refused:
    """The receipt of one event, sealed or not: for who caused it, and for who reads the log.

    What this process wrote a moment ago is signed as it was written, whatever the database holds by now.
    """
    group = cell.kernel.group_of(seq)
    if group is not None:
        envelope = open_entry(group.entries[seq - group.first_seq][1])
        return _from_group(cell, actor, group, seq, is_retry=True) if may_have(actor, envelope) else access.ABSENT
    found = entry_for(cell, actor, seq)
    if isinstance(found, Refused):
        return found
    envelope, entry = found
    row = leaf_hashes([entry])
    return _given(actor, seq, row, _signed(cell, row, first_seq=seq, at=envelope.at), entry=entry)


def _from_group(cell: Cell, actor: Actor, group: CommitGroup, seq: int, *, is_retry: bool) -> Given:
    """Neighbours in a commit do not wait one after the other for a key that does not answer; who asks later does."""
    place = seq - group.first_seq
    start, stop = _run_of(group, place)
    with group.lock:
        row, note = group.runs.get(start, (b"", None))
        if not row or (is_retry and note is None):
            row = leaf_hashes(entry for _, entry in group.entries[start:stop])
            note = _signed(cell, row, first_seq=group.first_seq + start, at=group.at)
            group.runs[start] = (row, note)
    return _given(actor, seq, row, note, entry=group.entries[place][1])


def _given(actor: Actor, seq: int, row: bytes, note: str | None, *, entry: bytes) -> Given:
    if note is None:
        return Given(seq, None)
    is_withheld = open_entry(entry).kind in WITHHELD and not access.allows(actor, "log.read")
    made = receipts.receipt_of(row, note, index=seq, entry=None if is_withheld else entry)
    return Given(seq, made.text())


def _run_of(group: CommitGroup, place: int) -> tuple[int, int]:
    """Where the run that holds a place in its commit begins and ends."""
    if group.alone is None:
        group.alone = [n for n, (kind, entry) in enumerate(group.entries) if kind in SET_OFF or _is_cells(entry)]
    hidden = group.alone
    if place in hidden:
        return place, place + 1
    start = max((number + 1 for number in hidden if number < place), default=0)
    return start, min((number for number in hidden if number > place), default=len(group.entries))


def _is_cells(entry: bytes) -> bool:
    """Is it an event of the cell itself? Such as its look at what was sent, which stands behind what it set off."""
    return open_entry(entry).by == access.SYSTEM


def _signed(cell: Cell, row: bytes, *, first_seq: int, at: int) -> str | None:
    seal_by = at + cell.kernel.seal_within_us
    promise = receipts.promise_over(row, origin=cell.opened.origin, first_seq=first_seq, at=at, seal_by=seal_by)
    try:
        return receipts.sign(promise, cell.signers)
    except (CustodyError, OSError):
        _LOGGER.exception("could not sign receipts of %s events from %s on", promise.count, first_seq)
        return None


@dataclass(frozen=True, slots=True)
class Own:
    """One of somebody's own events, as their list of receipts shows it."""

    envelope: Envelope
    is_sealed: bool


def own(cell: Cell, actor: Actor, *, before: int | None = None, limit: int = OWN_MAX) -> list[Own]:
    """Somebody's own events that they may have receipts for, newest first; `before` a place, to go on.

    Fewer than `limit` only where there are no more.
    """
    sealed = sealed_size(cell)
    found: list[Own] = []
    with cell.read() as connection:
        while len(found) < limit:
            entries = rows.entries_of_actor(connection, actor.person, before=before, limit=limit)
            envelopes = [open_entry(entry) for entry in entries]
            found += [Own(e, e.seq < sealed) for e in envelopes if e.kind not in SET_OFF and e.by == actor.person]
            if len(entries) < limit:
                break
            before = min(e.seq for e in envelopes)
    return found[:limit]


def own_file(cell: Cell, actor: Actor) -> str | Refused:
    """The receipts of somebody's latest events, one behind the other, oldest first."""
    texts = []
    for one in reversed(own(cell, actor)):
        found = fetch(cell, actor, one.envelope.seq)
        if isinstance(found, Refused):
            return found
        if found.text is None:
            return UNSIGNED
        texts.append(found.text)
    return "".join(texts)

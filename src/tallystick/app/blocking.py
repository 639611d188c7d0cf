"""What keeps batches out of a release: each as it stands, as a release would find it. Reads; writes nothing.

A release is decided on batches that are read and measured anew. Pages ask for the same again and again, so there a
batch is worked out anew only after something happened that may bear on it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from msgspec import to_builtins

from tallystick import events
from tallystick.app import access, gate, tiers
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.remembered import HARMLESS, Known, Remembered
from tallystick.events.envelope import open_entry
from tallystick.events.gate import BatchMeasured
from tallystick.flow import release as flow
from tallystick.flow.refusal import Refused
from tallystick.flow.release import BatchState
from tallystick.flow.standing import REQUEUED
from tallystick.ledger import journal
from tallystick.store import assignment, items
from tallystick.store import contract as contracts
from tallystick.store import gate as gates
from tallystick.store import release as releases
from tallystick.store.schema import Row

OF_ONE_ITEM = frozenset({
    "judgment-submitted/1", "judgment-detailed/1", "judgment-imported/1", "disagreement-opened/1",
    "disagreement-settled/1", "disagreement-preserved/1", "rereview-leased/1", "rereview-released/1",
    "rereview-answered/1",
})  # fmt: skip
"""Kinds that bear on the batch of their item, and that of their work, alone. All others may bear on any batch."""
assert set(events.KINDS) >= HARMLESS | OF_ONE_ITEM, "every kind that is named here exists"
MANY = 500
"""From so many events on it is not looked up whose batches they bear on."""

_STATES: Remembered[dict[str, BatchState]] = Remembered(HARMLESS)


@dataclass(frozen=True, slots=True)
class Blocker:
    """One thing that keeps a batch, or some of its items, out of a release."""

    batch: str
    name: str
    code: str
    sentence: str
    names: tuple[str, ...]
    is_whole_batch: bool


def blockers(cell: Cell, actor: Actor, programme: str) -> list[Blocker] | Refused:
    """What blocks a release now, batch by batch."""
    if not access.allows(actor, "release.read"):
        return access.ABSENT
    with cell.read() as connection:
        if contracts.programme(connection, programme) is None:
            return access.ABSENT
        return [blocker for state in states_shown(cell, connection, programme) for blocker in _blockers(state)]


def batches_kept_out(cell: Cell, actor: Actor, programme: str) -> int | Refused:
    """How many batches their latest recorded measurement keeps out of a release, or the lack of one.

    Cheap: nothing is measured anew. What really stays out is decided when a release is cut. Whoever may read a
    programme sees the decision on each of its batches, and so how many passed.
    """
    if not access.allows(actor, "programme.read"):
        return access.ABSENT
    with cell.read() as connection:
        work, latest = _work(connection, programme), gates.latest_of(connection, programme)
    return sum(1 for row in work if row.batch not in latest or latest[row.batch].decision != "pass")


def _work(connection: journal.Connection, programme: str) -> list[Row]:
    return [row for row in items.batches(connection, programme) if row.purpose == "work"]


def batch_states(cell: Cell, connection: journal.Connection, programme: str) -> list[BatchState]:
    """Every batch of work items as a release would find it now: read and measured anew."""
    rows = _work(connection, programme)
    found = _found(cell, connection, programme, rows)
    return [found[row.batch] for row in rows]


def states_shown(cell: Cell, connection: journal.Connection, programme: str) -> list[BatchState]:
    """The same for pages. A batch on which nothing bears that happened since the last time is as it was then.

    connection  of a reading, never one that writes
    """
    here, rows = journal.head(connection).next_seq, _work(connection, programme)
    kept = states_known(cell, connection, programme, here=here)
    found = {row.batch: kept[row.batch] for row in rows if row.batch in kept}
    found |= _found(cell, connection, programme, [row for row in rows if row.batch not in kept])
    _STATES.keep(cell, programme, Known(found, here))
    return [found[row.batch] for row in rows]


def states_known(cell: Cell, connection: journal.Connection, programme: str, *, here: int) -> dict[str, BatchState]:
    """The batches that are still as they were when they were last worked out.

    here  the place of the journal that the connection reads
    """
    known = _STATES.last(cell, programme)
    since = None if known is None or known.upto > here else _STATES.since(connection, known.upto, here)
    if known is None or since is None or len(since) > MANY or any(kind not in OF_ONE_ITEM for kind, _ in since):
        return {}
    touched = _touched(connection, [entry for _, entry in since])
    return {batch: state for batch, state in known.value.items() if batch not in touched}


def _touched(connection: journal.Connection, entries: Sequence[bytes]) -> set[str]:
    if not entries:
        return set()
    facts = [to_builtins(events.fact_of(open_entry(entry))) for entry in entries]
    of_work = {str(fact["batch"]) for fact in facts if "batch" in fact}
    return of_work | items.batches_of(connection, sorted({str(fact["item"]) for fact in facts}))


def _found(cell: Cell, connection: journal.Connection, programme: str, rows: list[Row]) -> dict[str, BatchState]:
    """These batches of a programme as they stand, by their ids."""
    if not rows:
        return {}
    names = [row.batch for row in rows]
    bars, risks = gate.asked_of(cell, connection, programme), tiers.asked_of(cell, connection, programme)
    divided, gone = releases.open_in(connection, names), releases.erased_in(connection, names)
    waiting, aside = releases.affected_in(connection, names), releases.set_aside_in(connection, programme)
    held = releases.held_in(connection, [row.batch for row in rows if row.held])
    found = {}
    for row in rows:
        measured = gate.measure_now(connection, row, bars)
        affected = waiting.get(row.batch, {})
        found[row.batch] = BatchState(
            batch=row.batch, name=f"{row.name}/{row.domain}", purpose=row.purpose, items=row.items,
            complete=row.complete, open_disagreements=tuple(divided.get(row.batch, ())),
            erased=tuple(gone.get(row.batch, ())),
            withdrawn=tuple(
                one.external for one in assignment.lost_demonstrations(connection, row.batch, REQUEUED)
                if one.external not in divided.get(row.batch, ())
            ),
            measured=measured if isinstance(measured, BatchMeasured) else None,
            held=held.get(row.batch, 0), needs=tuple(tiers.needs_of(connection, row, risks)),
            set_aside=aside.get(row.batch, 0), affected=tuple(affected), unreviewed=sum(affected.values()),
        )  # fmt: skip
    return found


def _blockers(state: BatchState) -> Iterator[Blocker]:
    for refused in flow.blocks(state):
        yield Blocker(state.batch, state.name, refused.code, refused.sentence, refused.names, is_whole_batch=True)
    if state.complete < state.items:
        lacking = state.items - state.complete
        sentence = f"Items in {state.name} that lack judgments and stay out: {lacking:,} of {state.items:,}."
        yield Blocker(state.batch, state.name, "incomplete", sentence, (), is_whole_batch=False)
    if state.open_disagreements:
        number = len(state.open_disagreements)
        sentence = f"Disagreements open in {state.name}: {number:,}. Those items stay out until they are adjudicated."
        names = state.open_disagreements
        yield Blocker(state.batch, state.name, "open-disagreement", sentence, names, is_whole_batch=False)
    if state.withdrawn:
        number = len(state.withdrawn)
        sentence = f"Items in {state.name} whose demonstration was set aside, and that stay out: {number:,}."
        yield Blocker(state.batch, state.name, flow.WITHDRAWN, sentence, state.withdrawn, is_whole_batch=False)

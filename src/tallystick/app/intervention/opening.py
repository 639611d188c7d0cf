"""What measuring a batch means for an intervention, and where it stands. Reads tables; its caller appends."""

from collections.abc import Callable

import msgspec

from tallystick import canon, events
from tallystick.app.cell import Cell
from tallystick.app.kernel import Transaction
from tallystick.events.envelope import Event
from tallystick.events.gate import BatchMeasured
from tallystick.flow import gate as gates
from tallystick.flow import intervention as flow
from tallystick.flow.gate import Judged
from tallystick.flow.intervention import Change, Requeued, Session, State, Step
from tallystick.flow.rubric import Rubric
from tallystick.ledger import journal
from tallystick.stats.agreement import Question
from tallystick.stats.agreement.difference import Long, difference
from tallystick.store import calibration, gate, intervention
from tallystick.store import rubric as rubrics
from tallystick.store.schema import Row

JudgedAt = Callable[[int], list[Judged]]
"""The judgments of a batch that counted just before a place in the journal."""


def open_of(connection: journal.Connection, programme: str, rubric: str) -> Row | None:
    """The open intervention of a rubric; there is one at most."""
    return intervention.open_of(connection, programme, rubric)


def state_of(connection: journal.Connection, row: Row) -> State:
    """Where an intervention stands now."""
    own = [
        Step(step.seq, msgspec.json.decode(step.body, type=events.KINDS[step.kind]))
        for step in intervention.steps(connection, row.intervention)
    ]
    again = [
        Step(one.seq, requeued_of(one)) for one in intervention.requeued(connection, row.programme, row.intervention)
    ]
    sessions = [_session(connection, one) for one in calibration.of_intervention(connection, row.intervention)]
    down = frozenset(person.person for person in intervention.stood_down(connection, row.programme, row.rubric))
    return flow.state_of(
        sorted([*own, *again], key=lambda step: step.seq), sessions=tuple(reversed(sessions)), stood_down=down
    )


def requeued_of(row: Row) -> Requeued:
    """What was set aside by one event."""
    return Requeued(row.judgments, row.items, bool(row.by_same))


def _session(connection: journal.Connection, row: Row) -> Session:
    return Session(
        calibration=row.calibration, opened_seq=row.seq, is_running=row.state in calibration.RUNNING,
        is_held=row.state == calibration.ENDED, unanswered=calibration.unanswered(connection, row.calibration),
        ended_seq=row.ended_seq,
    )  # fmt: skip


def after_measuring(
    cell: Cell, tx: Transaction, measured: BatchMeasured, *, measured_seq: int, judged_at: JudgedAt
) -> list[Event]:
    """What a measurement that is being recorded means for the intervention of its rubric.

    It opens one when it fails, and it ends a round of one that is open when the work of that round was redone.
    """
    current = rubrics.current(tx.connection, measured.programme, measured.rubric)
    assert current is not None, "what was measured was measured by a rubric in force"
    rubric = cell.rubric(tx.connection, current.document)
    row = open_of(tx.connection, measured.programme, measured.rubric)
    if row is None:
        fact = flow.opened(measured, rubric, intervention=tx.new_id("int"), measured_seq=measured_seq)
        return [fact] if fact else []
    state = state_of(tx.connection, row)
    waiting = intervention.waiting(tx.connection, row.programme, row.intervention)
    if row.batch != measured.batch or not flow.is_remeasuring(state, measured.decision, waiting=waiting):
        return []
    before = _measured_at(tx.connection, row.batch, state.measured_seq)
    judged = judged_at(state.measured_seq), judged_at(measured_seq)
    change = _change(state.what, before, measured, rubric=rubric, judged=judged)
    return flow.remeasured(state, measured, before, change, measured_seq=measured_seq)


def _measured_at(connection: journal.Connection, batch: str, seq: int) -> BatchMeasured:
    body = next(row.body for row in gate.history(connection, batch) if row.seq == seq)
    return msgspec.json.decode(body, type=BatchMeasured)


def _change(
    what: str,
    before: BatchMeasured,
    after: BatchMeasured,
    *,
    rubric: Rubric,
    judged: tuple[list[Judged], list[Judged]],
) -> Change:
    """The difference of a value, both from the same resampled items, so that what they share cancels."""
    was, now = flow.value_of(before, what), flow.value_of(after, what)
    if (was.what, was.metric, was.level) != (now.what, now.metric, now.level):
        return Change(reason="The contract or the rubric measures it in another way since: the two do not compare.")
    if gates.inputs_digest(judged[0]) != before.inputs_digest:
        return Change(reason="The judgments of the measurement before are not all there any more.")
    tables = [_long(what, of, rubric, level=now.level) for of in judged]
    categories = tables[1].categories
    if not set(tables[0].values) <= set(categories):
        return Change(reason="Scores from an earlier version with another scale cannot be read on this one.")
    longs = [Long(items=t.items, raters=t.raters, values=t.values, clusters=t.clusters) for t in tables]
    question = Question(metric=now.metric, level=now.level)
    found = difference(longs[0], longs[1], question, categories=categories, seed=gates.SEED)
    low, high = (found.interval.low, found.interval.high) if found.interval else (None, None)
    return Change(
        difference_ppm=None if found.difference is None else canon.ppm(found.difference),
        low_ppm=None if low is None else canon.ppm(low), high_ppm=None if high is None else canon.ppm(high),
        method=found.interval.method if found.interval else "none", reason=found.reason,
    )  # fmt: skip


def _long(what: str, judged: list[Judged], rubric: Rubric, *, level: str) -> gates.Table:
    counted = [one for one in judged if not one.is_expected]
    if what == "verdict":
        return gates.verdict_table(counted, level)
    name = what.removeprefix("criterion:")
    scale = rubric.by_id[name].scale
    return gates.criterion_table(counted, name, low=scale.low, high=scale.high)

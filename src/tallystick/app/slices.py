"""Agreement of a programme along one axis: by batch, domain, language, rubric version, week, criterion."""

from dataclasses import dataclass

import msgspec

from tallystick.app import access
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.remembered import HARMLESS, Remembered
from tallystick.flow import slices as flow
from tallystick.flow.gate import Judged
from tallystick.flow.refusal import Refused
from tallystick.flow.slices import Placed, Slice
from tallystick.ledger import journal
from tallystick.store import contract as contracts
from tallystick.store import rubric as rubrics
from tallystick.store import standing
from tallystick.store.schema import Row


@dataclass(frozen=True, slots=True)
class Sliced:
    """The agreement of a programme, parted along one axis.

    axes       along which it can be parted
    threshold  by name of a slice, in parts per million: of those whose judgments are all under one rubric
    left_out   values of the axis that were too many to measure
    weeks      along the axis of weeks, rubric by rubric: its threshold in parts per million and its weeks
    """

    programme: Row
    by: str
    axes: tuple[str, ...]
    slices: tuple[Slice, ...]
    threshold: dict[str, int]
    left_out: int
    weeks: dict[str, tuple[int | None, tuple[Slice, ...]]]


@dataclass(frozen=True, slots=True)
class Measured:
    """What is measured of a programme along one axis: `Sliced` without the programme itself."""

    axes: tuple[str, ...]
    slices: tuple[Slice, ...]
    threshold: dict[str, int]
    left_out: int
    weeks: dict[str, tuple[int | None, tuple[Slice, ...]]]


KEPT = 16
"""Of so many programmes and axes the measurements are remembered in each cell."""
_MEASURED: Remembered[Measured | Refused] = Remembered(HARMLESS, most=KEPT)


def sliced(cell: Cell, actor: Actor, programme: str, *, by: str) -> Sliced | Refused:
    """Every part of a programme along an axis, as its judgments stand now."""
    if not access.allows(actor, "gate.read"):
        return access.ABSENT
    with cell.read() as connection:
        row = contracts.programme(connection, programme)
        if row is None:
            return access.ABSENT
        found = measured_shown(cell, connection, row, by=by)
    if isinstance(found, Refused):
        return found
    return Sliced(row, by, found.axes, found.slices, found.threshold, found.left_out, found.weeks)


def measured_shown(cell: Cell, connection: journal.Connection, row: Row, *, by: str) -> Measured | Refused:
    """The measurements: remembered while nothing happens that bears on a judgment.

    connection  of a reading, never one that writes
    """
    return _MEASURED.of(cell, connection, (row.programme, by), lambda: measured(cell, connection, row, by=by))


def measured(cell: Cell, connection: journal.Connection, row: Row, *, by: str) -> Measured | Refused:
    """The same, measured anew."""
    programme = row.programme
    placed = _placed(connection, programme)
    in_force = {rubric.id: rubric for rubric in cell.rubrics_in_force(connection, programme).values()}
    current = {name: rubrics.current(connection, programme, name) for name in {one.rubric for one in placed}}
    axes = flow.axes_of(placed)
    if by not in axes:
        return Refused("unknown-axis", f"Expected one of {', '.join(axes)}, found {by[:60]!r}.", "by", axes)
    if by == flow.CRITERION:
        found, left_out = flow.by_criterion(placed, in_force), 0
    else:
        found, left_out = flow.slices(placed, by, metric=row.metric, level=row.level)
    thresholds = {name: known.threshold_ppm for name, known in current.items() if known is not None}
    of_slice = {one.name: thresholds[name] for one in found for name in one.rubrics if len(one.rubrics) == 1}
    by_week = flow.weeks(placed, metric=row.metric, level=row.level) if by == flow.WEEK else {}
    weeks = {name: (thresholds.get(name), tuple(parts)) for name, parts in by_week.items()}
    return Measured(axes, tuple(found), of_slice, left_out, weeks)


def _placed(connection: journal.Connection, programme: str) -> list[Placed]:
    rows = standing.of_programme_that_measure(connection, programme)
    # As at the gate: a declaration cannot be shown to have come before a judgment that was made elsewhere.
    elsewhere = {row.item for row in rows if not row.is_observed}
    return [
        Placed(
            judged=Judged(
                judgment=row.judgment, item=row.item, expert=row.expert, verdict=row.verdict,
                scores=msgspec.json.decode(row.scores), rubric_version=row.rubric_version,
                is_expected=bool(row.is_disagreement_expected) and row.item not in elsewhere,
            ),
            rubric=row.rubric, at=row.at,
            places={
                **msgspec.json.decode(row.taxonomy), flow.BATCH: f"{row.batch_name}, {row.domain}",
                flow.DOMAIN: row.domain, flow.SIGNAL: row.signal,
                flow.VERSION: f"{row.rubric} {row.rubric_version}",
            },
        )
        for row in rows
    ]  # fmt: skip

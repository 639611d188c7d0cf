"""Agreement over time: every measurement of the released batches, with its interval and its threshold. Pure.

The newest of each batch let it in. The earlier ones stand in the log as well; a checker computes each of them again
from the judgments that counted when it was made.
"""

from tallystick.bundle.derive import Tables
from tallystick.bundle.figures.figure import Figure
from tallystick.bundle.state import Entered, State
from tallystick.events.gate import BatchMeasured

SCHEMA = "tallystick/trend/1"


class Point(Figure, frozen=True, kw_only=True):
    """One measurement: where it stands in the log, when, and what was measured and decided."""

    seq: int
    at: int  # microseconds since 1970, UTC
    measured: BatchMeasured


class BatchTrend(Figure, frozen=True, kw_only=True):
    """The measurements of one batch in journal order; the last let it in."""

    batch: str
    name: str
    domain: str
    points: list[Point]


class Trend(Figure, frozen=True, kw_only=True):
    """quality/trend.json."""

    schema: str
    batches: list[BatchTrend]


def trend(tables: Tables) -> Trend:
    """The released batches, in journal order."""
    measurements = every_measurement(tables.state)
    return Trend(schema=SCHEMA, batches=[
        BatchTrend(
            batch=batch.fact.batch, name=batch.fact.name, domain=batch.fact.domain,
            points=[
                Point(seq=one.seq, at=one.at, measured=one.fact)
                for one in measurements if one.fact.batch == batch.fact.batch
            ],
        )
        for batch in tables.state.released
    ])  # fmt: skip


def every_measurement(state: State) -> list[Entered[BatchMeasured]]:
    """All measurements of the released batches, in journal order."""
    return sorted((*state.measured, *state.measured_before), key=lambda one: one.seq)

"""Agreement by slice over the API: what it answers with, and its call. Reads over HTTP through `wire`."""

from tallystick.client.answers import Answer
from tallystick.client.wire import Wire, programme_path


class Interval(Answer, frozen=True):
    """Where a coefficient may lie."""

    low: float
    high: float
    confidence: float


class Coefficient(Answer, frozen=True):
    """One coefficient; `value` is None when it is undefined, and `reason` says why."""

    metric: str
    level: str | None
    value: float | None
    status: str
    reason: str | None
    interval: Interval | None
    interval_reason: str | None
    n_items: int
    n_raters: int
    n_judgments: int


class Slice(Answer, frozen=True):
    """One part of a programme's judgments, measured by itself."""

    name: str
    threshold_ppm: int | None  # None when judgments under several rubrics are in it
    expected: int  # items declared as expected to divide: counted, and left out
    agreement: Coefficient


class Slices(Answer, frozen=True):
    """The agreement of a programme, parted along one axis."""

    by: str
    axes: list[str]
    slices: list[Slice]
    left_out: int  # values of the axis that were too many to measure


class SlicesCalls:
    """The part of a client that looks at agreement along one axis."""

    _wire: Wire

    def slices(self, programme: str, *, by: str = "batch") -> Slices:
        """Agreement by batch, domain, week, criterion or an axis of the items' taxonomy. Nothing is recorded.

        Raises Refused with `unknown-axis`, whose sentence names those that there are.
        """
        return self._wire.get(Slices, f"{programme_path(programme)}/agreement", query={"by": by})

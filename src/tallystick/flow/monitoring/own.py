"""What an expert is shown of their own work: nothing of sentinels, of others, or of items that are open. Pure.

Everything that they judged counts, whatever became of it: a number without sentinels or held work would tell which they
are. How often they differ from others moves in steps of twenty closed items, so that no step tells of one item.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tallystick.flow.monitoring.figures import ALL, DISAGREEMENT, Kind, Work, count
from tallystick.signals import shape
from tallystick.stats.rates import Median, Rate, rate_of

STEP: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """One judgment on a closed item that an expert judged.

    closed_at  place in the journal at which the item closed
    """

    item: str
    expert: str
    verdict: str
    closed_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """One expert's own figures.

    shares     of their judgments, by kind; below twenty judgments without a share
    defects    kind of defect: judgments that have it
    differing  the mean share of others who answered otherwise, on whole steps of closed items
    closed     items in those steps
    """

    judgments: int
    shares: tuple[tuple[Kind, Rate], ...]
    defects: Mapping[str, int]
    times: tuple[Median, ...]
    differing: Rate
    closed: int


def own(work: Sequence[Work], beside: Iterable[Beside], *, who: str) -> Own:
    """The figures of one expert, from their own judgments and those beside them on closed items."""
    counted = count(work)
    shares = tuple(
        (kind, rate_of((who,), counts))
        for kind in counted.kinds()
        if kind.measure != DISAGREEMENT and (counts := counted.of(kind)).get((who,), (0.0, 0))[1]
    )
    apart = _in_steps(beside, who)
    return Own(
        judgments=counted.judgments, shares=shares, defects=counted.defects, times=counted.times(),
        differing=rate_of((ALL,), {(ALL,): (sum(apart), len(apart))}), closed=len(apart),
    )  # fmt: skip


def _in_steps(beside: Iterable[Beside], who: str) -> list[float]:
    """The share of others that differ on every closed item, cut to whole steps in the order of closing."""
    items: dict[str, list[Beside]] = {}
    for one in beside:
        if shape.direction(one.verdict) is not None:
            items.setdefault(one.item, []).append(one)
    found = []
    for rows in items.values():
        mine = [shape.direction(one.verdict) for one in rows if one.expert == who]
        others = [shape.direction(one.verdict) for one in rows if one.expert != who]
        if mine and others:
            closed_at = max(one.closed_at for one in rows)
            found.append((closed_at, sum(other != mine[0] for other in others) / len(others)))
    in_order = [share for _, share in sorted(found)]
    return in_order[: len(in_order) // STEP * STEP]

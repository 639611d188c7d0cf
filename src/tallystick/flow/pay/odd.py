"""Active times that stand out from a person's own: very short, very long, or more than can be. Pure.

They are for a lead to look at. They change no amount, and they compare nobody with anybody else.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tallystick.flow.pay.amounts import Act

ACTS_MIN: Final = 8
"""With fewer acts of a kind there is no usual time."""
TIMES: Final = 5
"""So many times shorter or longer than the median stands out."""
LONG_MS: Final = 3_600_000
"""Where there is no usual time, an act longer than this stands out."""
SLACK_MS: Final = 2_000
"""A page and a cell start their clocks at different moments: a claim so little above the bound is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """One act whose time stands out.

    what  over: more was claimed than the cell saw. limit: more than the terms count of one act. overlap: the same time
          is taken up by other acts of the person. short, long: against their own median, or an hour without one
    """

    act: Act
    what: str
    median_ms: int | None


def odd_times(acts: Iterable[Act]) -> list[Odd]:
    """Acts that stand out against the same person's own median in the same work and domain, in the order of the log."""
    groups: dict[tuple[str, str, str], list[Act]] = {}
    for act in acts:
        groups.setdefault((act.person, act.work, act.domain), []).append(act)
    found = [odd for group in groups.values() for odd in _of_group(group)]
    return sorted(found, key=lambda odd: odd.act.seq)


def _of_group(group: list[Act]) -> list[Odd]:
    times = sorted(act.active_ms for act in group)
    median = times[(len(times) - 1) // 2] if len(times) >= ACTS_MIN else None
    return [Odd(act=act, what=what, median_ms=median) for act in group if (what := _what(act, median))]


def _what(act: Act, median: int | None) -> str:
    claimed = act.active_ms if act.claimed_ms is None else act.claimed_ms
    if act.claimed_ms is not None and claimed > act.bound_ms + SLACK_MS:
        return "over"
    if act.cut == "limit":
        return "limit"
    if (act.cut == "overlap" and claimed > act.active_ms + SLACK_MS) or act.active_ms > act.fit_ms + SLACK_MS:
        return "overlap"
    if median is None:
        return "long" if act.active_ms > LONG_MS else ""
    if act.active_ms * TIMES < median:
        return "short"
    return "long" if act.active_ms > median * TIMES else ""

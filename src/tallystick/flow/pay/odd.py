"""Active times that stand out from a person's own: very short, very long, or more than the cell saw. Pure.

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
SLACK_MS: Final = 2_000
"""A page and a cell start their clocks at different moments: a claim so little above the bound is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """One act whose time stands out. what: short | long | over"""

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
    found = []
    for act in group:
        if act.claimed_ms is not None and act.claimed_ms > act.bound_ms + SLACK_MS:
            found.append(Odd(act=act, what="over", median_ms=median))
        elif median is not None and act.active_ms * TIMES < median:
            found.append(Odd(act=act, what="short", median_ms=median))
        elif median is not None and act.active_ms > median * TIMES:
            found.append(Odd(act=act, what="long", median_ms=median))
    return found

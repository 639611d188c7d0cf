"""Many tests at once: what may be called a discovery. Reads p-values, writes nothing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Discoveries:
    """What Benjamini and Hochberg make of some p-values, in the order they were given.

    adjusted   the lowest q at which each would be called; None where there was no p-value
    is_called  whether it is called at q
    tested     how many p-values there were: those that are None are no tests
    """

    q: float
    adjusted: tuple[float | None, ...]
    is_called: tuple[bool, ...]
    tested: int

    @property
    def called(self) -> int:
        """How many are called."""
        return sum(self.is_called)


def benjamini_hochberg(p_values: Sequence[float | None], *, q: float = 0.05) -> Discoveries:
    """Call discoveries so that, in the mean, no more than a share q of them is false.

    It holds for independent tests and for tests that depend positively on each other.
    adjusted  of the i-th smallest of m: the least of p_(j) m / j over j >= i
    raises    ValueError for a p-value outside 0 to 1, or q outside
    source    Benjamini and Hochberg (1995), "Controlling the false discovery rate", JRSS-B 57, 289-300
    """
    if not 0 < q < 1:
        message = f"q lies between 0 and 1; found {q}."
        raise ValueError(message)
    tested = [(p, place) for place, p in enumerate(p_values) if p is not None]
    for p, place in tested:
        if math.isnan(p) or not 0 <= p <= 1:
            message = f"A p-value lies between 0 and 1, or is None where there was no test; found {p} at place {place}."
            raise ValueError(message)
    adjusted: list[float | None] = [None] * len(p_values)
    lowest = 1.0
    for rank, (p, place) in reversed(list(enumerate(sorted(tested), 1))):
        lowest = min(lowest, p * (len(tested) / rank))
        adjusted[place] = lowest
    return Discoveries(
        q=q,
        adjusted=tuple(adjusted),
        is_called=tuple(value is not None and value <= q for value in adjusted),
        tested=len(tested),
    )

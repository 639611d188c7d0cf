"""The words and numbers of pictures: English, unless a page brings those of another language. Holds values only."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_MINUS = "\N{MINUS SIGN}"


def figure(value: float) -> str:
    """Two decimals with a true minus sign."""
    return f"{value:.2f}".replace("-", _MINUS)


def counted(number: int) -> str:
    """`12,400`."""
    return f"{number:,}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a picture says, each with places for its values.

    figure, count  how numbers are written
    """

    figure: Callable[[float], str] = figure
    count: Callable[[int], str] = counted
    undefined: str = "undefined"
    within: str = "%(number)s [%(low)s, %(high)s]"
    row: str = "%(label)s: %(number)s."
    row_against: str = "%(label)s: %(number)s, threshold %(threshold)s."
    row_without: str = "%(label)s: undefined, because %(reason)s."
    row_without_against: str = "%(label)s: undefined, because %(reason)s, threshold %(threshold)s."
    threshold: str = "Threshold %(number)s."
    nothing_measured: str = "Nothing was measured yet."
    nothing_counted: str = "There is nothing to count yet."
    of_quota: str = "%(done)s of %(total)s"
    row_of_quota: str = "%(label)s: %(done)s of %(total)s."
    share: str = "%(number)s (%(share)s %%)"
    row_noted: str = "%(label)s: %(number)s (%(note)s)."

    def written(self, value: float | None, low: float | None, high: float | None) -> str:
        """`0.81 [0.74, 0.87]`, or `undefined`."""
        if value is None:
            return self.undefined
        if low is None or high is None:
            return self.figure(value)
        return self.within % {
            "number": self.figure(value), "low": self.figure(low), "high": self.figure(high),
        }  # fmt: skip


ENGLISH: Final = Wording()

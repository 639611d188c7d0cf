"""Repeat a step that never lowers an objective until nothing moves any more. Reads and writes nothing."""

from collections import deque
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tallystick.stats.agreement.columns import BadRatings, Floats

REMEMBERED = 10  # cycles whose slowest direction is believed
FIRST_STRETCH = 4.0
LEAP_FROM = 0.02  # of a posterior: while EM moves one further than this, it still chooses its valley
ROUNDING = 1e-14  # of an objective: what summing a million terms in doubles may lose


class Model(Protocol):
    """A model that EM can fit.

    posteriors  (used, items) of the last expectation
    spare       the same shape: those of the expectation before, which may be overwritten
    """

    posteriors: Floats
    spare: Floats

    def maximise(self) -> Floats:
        """The best parameters for the posteriors, as one vector."""
        ...

    def expect(self, parameters: Floats) -> float:
        """Posteriors for these parameters, the old ones to spare; the objective."""
        ...

    def mend(self, leap: Floats, plain: Floats) -> Floats:
        """The nearest parameters to `leap` that make sense; `plain` are some that do."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Climb:
    """How it went.

    trace       the objective after each step that was kept; it never falls by more than rounding
    iterations  how often posteriors were computed: steps, leaps, and leaps taken back
    """

    trace: tuple[float, ...]
    iterations: int
    converged: bool
    stop: str


def climb(model: Model, *, tolerance: float, iterations_max: int) -> Climb:
    """EM with leaps, until no posterior is further than `tolerance` from where it leads.

    Two steps of EM show how fast it slows down; a leap along their curve follows, and is taken back when the objective
    is lower there. EM gains little long before it arrives, so the size of a step says nothing: when steps shrink by
    the rate r, the way that remains is r / (1 - r) times the last step. The climb ends when that and the step itself
    are below the tolerance, with the slowest rate of the last ten cycles.
    source  Varadhan and Roland (2008), "Simple and globally convergent methods for accelerating the convergence of
            any EM algorithm", Scandinavian Journal of Statistics 35, 335-353 (scheme S3)
    """
    start = model.maximise()
    trace = [model.expect(start)]
    iterations, moved = 1, np.inf
    stretches: deque[float] = deque(maxlen=REMEMBERED)
    stretch_max = FIRST_STRETCH
    while iterations + 2 <= iterations_max:
        first = model.maximise()
        trace.append(model.expect(first))
        second = model.maximise()
        trace.append(model.expect(second))
        iterations += 2
        moved = largest_move(model)
        slope, bend = first - start, second - 2 * first + start
        stretches.append(_stretch(slope, bend))
        if moved * max(1.0, max(stretches) - 1) <= tolerance:
            return Climb(trace=tuple(trace), iterations=iterations, converged=True, stop=_arrived(iterations, moved))
        start = second
        stretch = min(stretches[-1], stretch_max)
        if stretch > 1 and moved < LEAP_FROM and iterations + 2 <= iterations_max:
            leap = model.mend(second + 2 * (stretch - 1) * slope + (stretch**2 - 1) * bend, second)
            reached = model.expect(leap)
            iterations += 1
            if reached >= trace[-1] - ROUNDING * abs(trace[-1]):
                trace.append(reached)
                start = leap
                stretch_max *= FIRST_STRETCH if stretch == stretch_max else 1
            else:
                model.expect(second)
                iterations += 1
                stretch_max = max(stretch_max / FIRST_STRETCH, FIRST_STRETCH)
    words = (
        f"Stopped after {iterations} iterations without convergence: the last one still moved a posterior by"
        f" {moved:.1e}, and {tolerance:.1e} is asked for. Allow more iterations."
    )
    return Climb(trace=tuple(trace), iterations=iterations, converged=False, stop=words)


def _stretch(slope: Floats, bend: Floats) -> float:
    """How many first steps the whole way is about as long as, in the slowest direction: 1 / (1 - r)."""
    length = float(np.sqrt(bend @ bend))
    return max(1.0, float(np.sqrt(slope @ slope)) / length) if length > 0 else 1.0


def _arrived(iterations: int, moved: float) -> str:
    return f"Converged after {iterations} iterations: the last one moved no posterior by more than {moved:.1e}."


def largest_move(model: Model) -> float:
    """The largest change of a posterior in the last step; what is spare is used up."""
    change = np.subtract(model.posteriors, model.spare, out=model.spare)
    return float(max(change.max(), -change.min()))


def check_limits(*, tolerance: float, iterations_max: int, smoothing: float = 0.0) -> None:
    """Raise BadRatings for limits that make no sense."""
    if not 0 < tolerance < 1:
        raise BadRatings(f"A tolerance lies between 0 and 1, such as 1e-6; found {tolerance}.")
    if iterations_max < 1:
        raise BadRatings(f"At least one iteration is needed, found iterations_max={iterations_max}.")
    if not 0 <= smoothing < np.inf:
        raise BadRatings(f"A smoothing is 0 or more judgments, found {smoothing}.")

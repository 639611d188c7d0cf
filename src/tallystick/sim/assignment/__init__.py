"""A whole programme from a seed: experts come and go, tiers and quotas fill, and every promise of assignment is held.

Drives the same functions as pages and API, over an embedded database, on a clock that jumps from event to event.
"""

from tallystick.sim.assignment.plan import Size
from tallystick.sim.assignment.play import Result, simulate
from tallystick.sim.assignment.watch import Watch

__all__ = ["Result", "Size", "Watch", "simulate"]

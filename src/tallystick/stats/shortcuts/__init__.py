"""The shortcut audit: do preferences follow length, form or position? Reads columns of numbers, writes nothing.

    audit(differences, preferred, prompts, *, ties="half", q=0.05, confidence=0.95, seed=0) -> Audit
    audits(..., groups=...) -> dict[group, Audit]
    squashed(differences) -> list[float]

It knows no texts: `flow/shortcuts.py` measures them.
"""

from tallystick.stats.shortcuts.audit import Audit, Effect, audit, audits, squashed
from tallystick.stats.shortcuts.held_out import FLAG_ABOVE, HeldOut

__all__ = ["FLAG_ABOVE", "Audit", "Effect", "HeldOut", "audit", "audits", "squashed"]

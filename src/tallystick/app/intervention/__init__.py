"""Interventions: opened by a gate that fails, led through their stages, closed by one that passes.

`opening` is what measuring a batch brings about (app/rubric.py adds a revision). `steps` is what a lead does.
`diagnosing` and `reading` read batches by app/gate.py, which imports `opening`: they are imported by their own names.
"""

from tallystick.app.intervention.opening import after_measuring, open_of, state_of

__all__ = ["after_measuring", "open_of", "state_of"]

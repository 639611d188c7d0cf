"""Interventions: opened by a gate that fails, led through their stages, closed by one that passes.

`opening` is what other commands bring about: measuring a batch, publishing a rubric. `steps` is what a lead does.
`diagnosing` and `reading` read batches by app/gate.py, which imports `opening`: they are imported by their own names.
"""

from tallystick.app.intervention.opening import after_measuring, open_of, revised, state_of

__all__ = ["after_measuring", "open_of", "revised", "state_of"]

"""The standing of judgments: held until somebody else has reviewed them, or set aside to be judged again.

Whoever reviews held judgments goes through tallystick.app.standing.reviewing.
"""

from tallystick.app.standing.changing import given_of, hold, requeue

__all__ = ["given_of", "hold", "requeue"]

"""The kinds of supervision, by name. A further one is a module here and an entry in `ALL`; nothing else changes."""

from collections.abc import Mapping

from tallystick.signals.critique import Critique
from tallystick.signals.demonstration import Demonstration
from tallystick.signals.outcome import Outcome
from tallystick.signals.preference import Preference
from tallystick.signals.process import Process
from tallystick.signals.ranking import Ranking
from tallystick.signals.redteam import RedTeam
from tallystick.signals.safety import Safety
from tallystick.signals.shape import Signal
from tallystick.signals.tooltrace import ToolTrace

ALL: tuple[Signal, ...] = (
    Demonstration(), Preference(), Ranking(), Critique(), Process(), Outcome(), Safety(), RedTeam(), ToolTrace(),
)  # fmt: skip
BY_NAME: Mapping[str, Signal] = {signal.name: signal for signal in ALL}


def pairs() -> list[str]:
    """The names of the signals that compare two candidates."""
    return [name for name, signal in BY_NAME.items() if signal.is_pair]

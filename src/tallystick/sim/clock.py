"""The time of a play: it stands still but for what the play says, so that hours of work pass in a moment."""

from datetime import UTC, datetime, timedelta
from typing import Final

MILLISECOND_US: Final = 1_000
MINUTE_US: Final = 60_000_000
DAY_US: Final = 24 * 60 * MINUTE_US
MORNING_HOUR: Final = 7


class Clock:
    """Microseconds since 1970, UTC, as a cell asks for them."""

    def __init__(self, at: int) -> None:
        self.at = at

    def __call__(self) -> int:
        """The moment that the play has come to."""
        return self.at

    def work(self, milliseconds: int) -> None:
        """Somebody works for so long."""
        self.at += max(0, milliseconds) * MILLISECOND_US

    def wait(self, minutes: int) -> None:
        """Nobody does anything for so long."""
        self.at += minutes * MINUTE_US

    def next_morning(self) -> None:
        """The night passes."""
        today = self.at - self.at % DAY_US
        self.at = today + DAY_US + MORNING_HOUR * 60 * MINUTE_US

    def come_to(self, at: int) -> None:
        """Days pass up to a moment."""
        self.at = max(self.at, at)


def two_weeks_before(now: int) -> Clock:
    """A clock at the morning of the Monday two weeks before the week that this moment lies in."""
    day = datetime.fromtimestamp(now / 1e6, UTC).replace(hour=MORNING_HOUR, minute=0, second=0, microsecond=0)
    monday = day - timedelta(days=day.weekday() + 14)
    return Clock(int(monday.timestamp()) * 1_000_000)

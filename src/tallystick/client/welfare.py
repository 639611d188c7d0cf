"""Welfare over the API: one's own settings and exposure, the report of a programme. Reads and writes over HTTP."""

from collections.abc import Sequence

from tallystick.client.answers import Answer, Done
from tallystick.client.wire import PREFIX, Wire, programme_path


class WorkLimit(Answer, frozen=True):
    """What is allowed; None: no limit of that kind."""

    minutes_daily_max: int | None
    items_daily_max: int | None
    rest_after_minutes: int | None
    rest_minutes: int | None


class OwnCategory(Answer, frozen=True):
    """One kind of content, as one stands with it today."""

    category: str
    warning: str
    is_opted_out: bool
    items: int
    active_ms: int
    limit: WorkLimit
    closed_until: int | None
    is_break: bool


class OwnSettings(Answer, frozen=True):
    """What one set for oneself, and what one had today."""

    opted_out: list[str]
    time_zone: str
    day_start: int
    day_end: int
    items: int
    active_ms: int
    categories: list[OwnCategory]


class ExposureWeek(Answer, frozen=True):
    """What all people together had of one kind of content in one week."""

    week: str
    category: str
    people: int
    items: int
    active_ms: int


class AtLimit(Answer, frozen=True):
    """Somebody to whom something is closed now; `category` None: all work."""

    person: str
    category: str | None
    is_break: bool


class OptOuts(Answer, frozen=True):
    """How many opted out of a kind of content; None where that would tell of somebody."""

    category: str
    people: int | None


class CategoryRule(Answer, frozen=True):
    """A kind of content that the contract in force names."""

    category: str
    is_blurred: bool
    minutes_daily_max: int | None
    items_daily_max: int | None
    rest_after_minutes: int | None
    rest_minutes: int | None


class Exposure(Answer, frozen=True):
    """The exposure report of a programme."""

    programme: str
    categories: list[CategoryRule]
    weeks: list[ExposureWeek]
    at_limit: list[AtLimit]
    opt_outs: list[OptOuts]


class WelfareCalls:
    """The part of a client that is about what weighs on people."""

    _wire: Wire

    def own_settings(self) -> OwnSettings:
        """What you set for yourself, and what you had today. That you opened it is recorded."""
        return self._wire.get(OwnSettings, f"{PREFIX}/me/settings")

    def save_settings(
        self, *, opted_out: Sequence[str] = (), time_zone: str = "UTC", key: str | None = None
    ) -> Done:  # fmt: skip
        """Save all of your own settings. Nobody else learns which. Raises Refused `unknown-category`."""
        body = {"opted_out": sorted(opted_out), "time_zone": time_zone}
        return self._wire.post(Done, f"{PREFIX}/me/settings", key=key, body=body)

    def exposure(self, programme: str) -> Exposure:
        """What the people of a programme had of which content, and who is at a limit now."""
        return self._wire.get(Exposure, f"{programme_path(programme)}/exposure")

"""Welfare: one's own settings and exposure, and the exposure report of a programme."""

from typing import Annotated

from pydantic import Field

from tallystick.api.parts import Body, Done, InPath, Key, Line, Moment, Name, Shown
from tallystick.app import welfare
from tallystick.app.welfare import Exposure, Own, OwnCategory
from tallystick.edge import Site, Visit
from tallystick.flow.refusal import Refused

TAG = "welfare"
CATEGORIES_MAX = 100


def mount(site: Site, prefix: str) -> None:
    """Register welfare."""
    mine = f"{prefix}/me/settings"
    site.api("GET", mine, own, permission="work.do", answers=OwnShown, tag=TAG)
    site.api("POST", mine, save, permission="work.do", answers=Done, refusals=(422,), max_bytes=20_000, tag=TAG)
    site.api(
        "GET", f"{prefix}/programmes/{{programme}}/exposure", exposure, permission="monitor.read",
        answers=ExposureShown, tag=TAG,
    )  # fmt: skip


class LimitShown(Shown):
    """What is allowed. Null: no limit of that kind."""

    minutes_daily_max: int | None
    items_daily_max: int | None
    rest_after_minutes: int | None = Field(description="After so many minutes a break is due.")
    rest_minutes: int | None = Field(description="How long the break is.")


class OwnCategoryShown(Shown):
    """One kind of content, as you stand with it today."""

    category: str
    warning: str
    is_opted_out: bool
    items: int
    active_ms: int
    limit: LimitShown
    closed_until: Moment | None = Field(description="It is not offered until then; null while it is.")
    is_break: bool = Field(description="It is closed for a break, not for the day.")

    @classmethod
    def told(cls, found: OwnCategory) -> "OwnCategoryShown":
        """One category as an answer."""
        return cls(
            category=found.category, warning=found.warning, is_opted_out=found.is_opted_out, items=found.had.items,
            active_ms=found.had.active_ms, limit=LimitShown.of(found.limit),
            closed_until=None if found.closed is None else found.closed.until,
            is_break=found.closed is not None and found.closed.is_break,
        )  # fmt: skip


class OwnShown(Shown):
    """Your own settings, and what you had today. Nobody else is ever shown your settings."""

    opted_out: list[str]
    time_zone: str
    day_start: Moment
    day_end: Moment
    items: int = Field(description="Pieces of work of this day, of any kind.")
    active_ms: int
    categories: list[OwnCategoryShown]

    @classmethod
    def told(cls, found: Own) -> "OwnShown":
        """Own settings as an answer."""
        return cls(
            opted_out=sorted(found.settings.opted_out), time_zone=found.settings.time_zone,
            day_start=found.day.start, day_end=found.day.end, items=found.all_work.items,
            active_ms=found.all_work.active_ms,
            categories=[OwnCategoryShown.told(one) for one in found.categories],
        )  # fmt: skip


def own(visit: Visit) -> OwnShown | Refused:
    """Read what you set for yourself, and what you had today of which content."""
    found = welfare.own(visit.cell, visit.actor)
    return found if isinstance(found, Refused) else OwnShown.told(found)


class Settings(Body):
    """All settings of your own work; they take the place of what you saved before."""

    opted_out: Annotated[list[Name], Field(max_length=CATEGORIES_MAX)] = Field(
        default_factory=list, description="Kinds of content that you do not take on.", examples=[["self_harm"]]
    )
    time_zone: Line = Field(default="UTC", description="IANA name: your day begins there.", examples=["Europe/Berlin"])


def save(visit: Visit, body: Settings, key: Key) -> Done | Refused:
    """Opt out of kinds of content, or back in, and say your time zone. Only which items you are offered changes."""
    done = welfare.save_settings(visit.cell, visit.actor, opted_out=body.opted_out, time_zone=body.time_zone, key=key)
    return done if isinstance(done, Refused) else Done.of(done)


class WeekShown(Shown):
    """What all people together had of one kind of content in one week of UTC."""

    week: str = Field(description="ISO 8601, such as 2026-W47.")
    category: str
    people: int
    items: int
    active_ms: int


class AtLimitShown(Shown):
    """Somebody to whom something is closed now."""

    person: str
    category: str | None = Field(description="Null: all work.")
    is_break: bool


class OptOutsShown(Shown):
    """How many opted out of a kind of content."""

    category: str
    people: int | None = Field(description="Null where the number would tell of somebody.")


class CategoryShown(Shown):
    """A kind of content that the contract in force names, with its limits."""

    category: str
    is_blurred: bool
    minutes_daily_max: int | None
    items_daily_max: int | None
    rest_after_minutes: int | None
    rest_minutes: int | None


class ExposureShown(Shown):
    """The exposure report of a programme. Who opted out of what stands nowhere in it."""

    programme: str
    categories: list[CategoryShown]
    weeks: list[WeekShown]
    at_limit: list[AtLimitShown] = Field(description="Empty for who does not read the roster.")
    opt_outs: list[OptOutsShown]


def exposure(visit: Visit, programme: InPath) -> ExposureShown | Refused:
    """Read what the people of a programme had of which content, by week, and who is at a limit now."""
    found: Exposure | Refused = welfare.exposure(visit.cell, visit.actor, programme)
    return found if isinstance(found, Refused) else ExposureShown.of(found)

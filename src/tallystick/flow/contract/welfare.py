"""The section `welfare` of a contract: what content may weigh on people, and how much of it is allowed (SPEC 4.6).

Reads and writes nothing.
"""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from tallystick.flow.document import Fault, Part, Slug, Text

Minutes = Annotated[int, Field(ge=1, le=24 * 60)]
CATEGORIES_MAX = 50
BINDING_MAX = 720
"""A limit above so many minutes of a day, or as many items, binds nobody: twelve hours, and an item for each minute."""


class Rest(Part):
    """A break that the cell enforces: after so many minutes, for so many."""

    after_minutes: Minutes
    minutes: Minutes


class Category(Part):
    """One kind of content that can weigh on whoever reads it. Limits are a person's, whatever the programme.

    warning            what an expert reads before content of this kind
    blurred            whether it is kept closed until the expert opens it
    minutes_daily_max  work with such content, in one day of the person's time zone
    items_daily_max    items with such content in the same day
    rest               no more of it after so many minutes, for so many; other work stays open
    """

    warning: Text
    blurred: bool = True
    minutes_daily_max: Minutes | None = None
    items_daily_max: Annotated[int, Field(ge=1, le=100_000)] | None = None
    rest: Rest | None = None


class Welfare(Part):
    """Which kinds of content items may have, and what limits all work.

    minutes_daily_max  work of any kind in one day of the person's time zone
    rest               a break from all work
    """

    categories: Annotated[dict[Slug, Category], Field(max_length=CATEGORIES_MAX)] = Field(default_factory=dict)
    minutes_daily_max: Minutes | None = None
    rest: Rest | None = None

    @property
    def is_limiting(self) -> bool:
        """Whether anything is limited that somebody can reach: all work, or that with content of some kind."""
        return any(limit <= BINDING_MAX for limit in self._limits())

    @property
    def is_said(self) -> bool:
        """Whether any limit is there, reached or not."""
        return any(True for _ in self._limits())

    def _limits(self) -> Iterator[int]:
        """Each limit as the minutes or items of a day after which work is over, or stops for a break."""
        rules: list[Welfare | Category] = [self, *self.categories.values()]
        for one in rules:
            items = one.items_daily_max if isinstance(one, Category) else None
            after = one.rest.after_minutes if one.rest else None
            yield from (limit for limit in (one.minutes_daily_max, after, items) if limit is not None)

    def faults(self) -> Iterator[Fault]:
        for name, category in self.categories.items():
            if len(category.warning) > WARNING_CHARACTERS_MAX:
                yield Fault(
                    path=("categories", name, "warning"),
                    expected=f"a warning of at most {WARNING_CHARACTERS_MAX} characters, which is read at a glance",
                    found=f"{len(category.warning)} characters",
                    fix="Say in a sentence or two what may come.",
                )


WARNING_CHARACTERS_MAX = 500

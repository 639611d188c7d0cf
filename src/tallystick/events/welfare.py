"""Facts about content that can weigh on people, and about what they set for themselves."""

from typing import ClassVar

import msgspec

from tallystick.events.envelope import ObjectRef


class CategoryRule(msgspec.Struct, frozen=True, kw_only=True):
    """How much content of one kind a contract allows. Its warning stands in the contract."""

    category: str
    is_blurred: bool
    minutes_daily_max: int | None
    items_daily_max: int | None
    rest_after_minutes: int | None
    rest_minutes: int | None


class WelfareRulesSet(msgspec.Struct, frozen=True, kw_only=True):
    """A contract version says which kinds of content may come, and how much work is too much."""

    KIND: ClassVar[str] = "welfare-rules-set/1"
    programme: str
    contract_version: str
    categories: list[CategoryRule]
    minutes_daily_max: int | None
    rest_after_minutes: int | None
    rest_minutes: int | None


class OwnSettingsSaved(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody saved the settings of their own work. Which, only they and the cell know: all stand in the vault.

    Opting out of a kind of content is one of them, the time zone another: an entry of this kind tells neither.
    """

    KIND: ClassVar[str] = "own-settings-saved/1"
    person: str
    settings: ObjectRef

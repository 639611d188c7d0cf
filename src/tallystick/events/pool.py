"""Facts about who the experts of a programme are in aggregate: what is asked, what is declared, what is told."""

from typing import ClassVar

import msgspec

from tallystick.events.envelope import ObjectRef


class PoolAxis(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a contract asks its experts to declare, of their own will. Its words stand in the contract."""

    axis: str
    groups: list[str]


class PoolPlanSet(msgspec.Struct, frozen=True, kw_only=True):
    """A contract version says what is told of its pool of experts, and how small a count is never told."""

    KIND: ClassVar[str] = "pool-plan-set/1"
    programme: str
    contract_version: str
    cell_min: int
    axes: list[PoolAxis]


class DemographicsDeclared(msgspec.Struct, frozen=True, kw_only=True):
    """A person answered, of their own will, what a contract asks of its pool, or took the answers back.

    The axes are all that were asked for, so that the journal does not tell which of them were answered.
    """

    KIND: ClassVar[str] = "demographics-declared/1"
    person: str
    programme: str
    contract_version: str
    axes: list[str]
    values: ObjectRef | None  # None when withdrawn
    withdrawn: bool


class PoolCell(msgspec.Struct, frozen=True, kw_only=True):
    """One group and how many people are in it; None where that is hidden."""

    group: str
    people: int | None


class PoolPart(msgspec.Struct, frozen=True, kw_only=True):
    """The pool along one axis.

    Counts of a partition add up, with `hidden_people`, to all people. Of an axis on which a person may have several, or
    none, each count stands alone, and `hidden_people` is None.
    """

    axis: str  # region | role | credential, or `own:` and an axis of the contract
    is_partition: bool
    is_withheld: bool  # too little changed since an earlier composition: the difference would tell of somebody
    cells: list[PoolCell]
    hidden_people: int | None


class PoolComposed(msgspec.Struct, frozen=True, kw_only=True):
    """The pool of a programme in aggregate, small cells hidden. Only what stands here is ever shown or released."""

    KIND: ClassVar[str] = "pool-composed/1"
    composition: str
    programme: str
    contract_version: str
    release: str | None  # the release that it was made for; None for one that a lead asked for
    people: int
    cell_min: int
    parts: list[PoolPart]  # empty when there are fewer people than `cell_min`

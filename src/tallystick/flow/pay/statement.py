"""What one person is owed for one period: lines, sums by kind of work, floor, top-up, what was added. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tallystick.flow.contract.pay import PAID_WORK
from tallystick.flow.pay.amounts import Act, guaranteed, hourly_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """An amount that a lead added, with the place of its event."""

    seq: int
    at: int
    person: str
    amount: int
    reference: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """All acts of one kind of work."""

    work: str
    acts: int
    active_ms: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What one person is owed for one period.

    earned    the sum of all acts
    floor     the least that the active time brings, by the floors of the terms that its acts are paid by
    top_up    what lacks to it. What was added does not count towards it
    payable   earned, top-up and what was added
    """

    person: str
    acts: tuple[Act, ...]
    added_lines: tuple[Added, ...]
    by_work: tuple[Sum, ...]
    active_ms: int
    earned: int
    floor: int
    top_up: int
    added: int

    @property
    def payable(self) -> int:
        """What is paid out."""
        return self.earned + self.top_up + self.added

    @property
    def lines(self) -> int:
        """How many lines it has, the top-up among them."""
        return len(self.acts) + len(self.added_lines) + bool(self.top_up)

    @property
    def earned_hourly(self) -> int | None:
        """What an hour brought by the rates alone; None without active time."""
        return hourly_of(self.earned, self.active_ms)

    @property
    def paid_hourly(self) -> int | None:
        """What an hour brought with the top-up; None without active time."""
        return hourly_of(self.earned + self.top_up, self.active_ms)


def state(person: str, acts: Iterable[Act], added: Iterable[Added]) -> Statement:
    """The statement of one person over acts and additions of one period, in the order of the log."""
    mine = tuple(sorted((act for act in acts if act.person == person), key=lambda act: act.seq))
    extra = tuple(sorted((one for one in added if one.person == person), key=lambda one: one.seq))
    earned = sum(act.amount for act in mine)
    floor = guaranteed((act.floor_hourly, act.active_ms) for act in mine)
    return Statement(
        person=person, acts=mine, added_lines=extra, by_work=_by_work(mine),
        active_ms=sum(act.active_ms for act in mine), earned=earned, floor=floor, top_up=max(0, floor - earned),
        added=sum(one.amount for one in extra),
    )  # fmt: skip


def _by_work(acts: Sequence[Act]) -> tuple[Sum, ...]:
    found = []
    for work in PAID_WORK:
        those = [act for act in acts if act.work == work]
        if those:
            found.append(
                Sum(
                    work=work, acts=len(those), active_ms=sum(act.active_ms for act in those),
                    amount=sum(act.amount for act in those),
                )
            )  # fmt: skip
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """All statements of a period together."""

    people: int
    lines: int
    active_ms: int
    earned: int
    top_up: int
    added: int
    payable: int


def total(statements: Sequence[Statement]) -> Totals:
    """What a period costs."""
    return Totals(
        people=len(statements), lines=sum(one.lines for one in statements),
        active_ms=sum(one.active_ms for one in statements), earned=sum(one.earned for one in statements),
        top_up=sum(one.top_up for one in statements), added=sum(one.added for one in statements),
        payable=sum(one.payable for one in statements),
    )  # fmt: skip

"""Facts about pay: terms, their acceptance, what was added, periods that were closed, and what was handed to payroll.

Amounts are whole minor units of the currency. What an act of work is paid follows from its own event and these.
"""

from typing import ClassVar

import msgspec

from tallystick.events.envelope import ObjectRef


class PayRate(msgspec.Struct, frozen=True, kw_only=True):
    """What one kind of work is paid. None stands for every domain or signal."""

    work: str  # judgment | qualification | calibration | adjudication | second_look
    domain: str | None
    signal: str | None
    piece: int  # for each act
    hourly: int  # for an hour of active time


class PayTermsSet(msgspec.Struct, frozen=True, kw_only=True):
    """A contract version says how experts are paid. The same digest means the same terms."""

    KIND: ClassVar[str] = "pay-terms-set/1"
    programme: str
    contract_version: str
    terms: str  # digest over the whole section of the contract, its words among them
    currency: str  # ISO 4217
    decimals: int  # digits after the point: one unit is 10 to this power minor units
    period: str  # week | month
    time_zone: str
    floor_hourly: int  # the least for an hour of active time
    rounding: str  # up: each line up to the next minor unit
    unmeasured_ms_max: int  # longest time that counts for an act whose active time nobody measured
    rates: list[PayRate]


class PayTermsSetV2(msgspec.Struct, frozen=True, kw_only=True):
    """As the first version, with the longest time that counts for one act, measured or not.

    By these terms the time of one person is paid once: an act counts no more than the time that others left.
    """

    KIND: ClassVar[str] = "pay-terms-set/2"
    programme: str
    contract_version: str
    terms: str  # digest over the whole section of the contract, its words among them
    currency: str  # ISO 4217
    decimals: int  # digits after the point: one unit is 10 to this power minor units
    period: str  # week | month
    time_zone: str
    floor_hourly: int  # the least for an hour of active time
    rounding: str  # up: each line up to the next minor unit
    unmeasured_ms_max: int  # longest time that counts for an act whose active time nobody measured
    act_ms_max: int  # longest time that counts for any act
    rates: list[PayRate]


class PayTermsAccepted(msgspec.Struct, frozen=True, kw_only=True):
    """An expert accepted pay terms that they were shown. Work that is given from now on is paid by them."""

    KIND: ClassVar[str] = "pay-terms-accepted/1"
    programme: str
    person: str
    terms: str
    contract_version: str


class PayAdjusted(msgspec.Struct, frozen=True, kw_only=True):
    """A lead added to what somebody is paid. It stands in the period in which it was recorded, as a line of its own."""

    KIND: ClassVar[str] = "pay-adjusted/1"
    programme: str
    person: str
    amount: int
    reference: int | None  # place in the journal of the work that it is about
    reason: ObjectRef


class PayPeriodClosed(msgspec.Struct, frozen=True, kw_only=True):
    """A pay period ended and was closed: its lines never change. The digests are those of the two files it is paid by.

    Its lines are all paid acts and additions from `from_at` up to, not including, `until_at`.
    """

    KIND: ClassVar[str] = "pay-period-closed/1"
    programme: str
    period: str  # 2026-11 or 2026-W47
    from_at: int  # microseconds since 1970, UTC
    until_at: int
    currency: str
    decimals: int
    people: int
    lines: int
    active_ms: int
    earned: int
    top_up: int
    added: int
    payable: int
    lines_digest: str
    summary_digest: str


class PayPeriodClosedV2(msgspec.Struct, frozen=True, kw_only=True):
    """As the first version, with lines that count the time of judgments, gold items and labels that nobody measured."""

    KIND: ClassVar[str] = "pay-period-closed/2"
    programme: str
    period: str  # 2026-11 or 2026-W47
    from_at: int  # microseconds since 1970, UTC
    until_at: int
    currency: str
    decimals: int
    people: int
    lines: int
    active_ms: int
    earned: int
    top_up: int
    added: int
    payable: int
    lines_digest: str
    summary_digest: str


class PayExported(msgspec.Struct, frozen=True, kw_only=True):
    """The two files of a closed period were handed out."""

    KIND: ClassVar[str] = "pay-exported/1"
    programme: str
    period: str
    lines_digest: str
    lines_bytes: int
    summary_digest: str
    summary_bytes: int

"""Pay terms as facts of a contract version, what may follow what, and the refusals of pay. Pure."""

from typing import Final

from tallystick import canon
from tallystick.events.pay import PayRate, PayTermsSetV2
from tallystick.flow.contract import DataContract
from tallystick.flow.contract.pay import CURRENCIES
from tallystick.flow.refusal import Refused

NOT_ACCEPTED: Final = "terms-not-accepted"
"""The code of a refusal that the page of the terms answers."""
TERMS_CHANGED: Final = Refused(
    "terms-changed", "Expected the terms in force, found others: they changed since you read them. Read them again.",
    "terms",
)  # fmt: skip
NOT_ENDED: Final = Refused(
    "period-not-ended", "Expected a period that has ended, found one that goes on. Close it when it is over."
)
BAD_AMOUNT: Final = Refused(
    "bad-amount", "Expected an amount above 0 in minor units. Pay for work that was done is never taken back.", "amount"
)


def terms_facts(contract: DataContract) -> list[PayTermsSetV2]:
    """What a contract version says about pay: nothing when it has no such section."""
    pay = contract.pay
    if pay is None:
        return []
    rates = [
        PayRate(work=rate.work, domain=rate.domain, signal=rate.signal, piece=rate.piece or 0, hourly=rate.hourly or 0)
        for rate in pay.rates
    ]
    return [
        PayTermsSetV2(
            programme=contract.name, contract_version=contract.version,
            terms=canon.digest_of(pay.model_dump(mode="json")), currency=pay.currency,
            decimals=CURRENCIES[pay.currency], period=pay.period, time_zone=pay.time_zone,
            floor_hourly=pay.floor_hourly, rounding=pay.rounding, unmeasured_ms_max=pay.unmeasured_minutes * 60_000,
            act_ms_max=pay.act_minutes * 60_000, rates=rates,
        )
    ]  # fmt: skip


def check_terms(previous: DataContract | None, new: DataContract) -> Refused | None:
    """Why pay terms may not come into force, or None. Currency, period and time zone hold for a whole programme."""
    if new.pay is not None:
        signals = {part.signal for part in new.supervision}
        for number, rate in enumerate(new.pay.rates):
            unknown = rate.domain not in (None, *new.domains) or rate.signal not in (None, *signals)
            if unknown:
                named = ", ".join(name for name in (rate.domain, rate.signal) if name)
                return Refused(
                    "pay-rate-unknown",
                    f"Expected rates for domains and signals of this contract, found one for {named}. Correct the "
                    "rate, or add what it names.",
                    f"pay.rates[{number}]",
                )
    before = None if previous is None else previous.pay
    if before is None:
        return None
    if new.pay is None:
        return Refused(
            "pay-terms-missing",
            "Expected a section `pay` as in the version before, found none. Work that is paid stays paid: keep it.",
            "pay",
        )
    for name in ("currency", "period", "time_zone"):
        old, now = getattr(before, name), getattr(new.pay, name)
        if old != now:
            return Refused(
                "pay-frame-changed",
                f"Expected pay.{name} {old} as in the version before, found {now}. Periods and sums of a programme "
                "stay comparable: open a programme of its own.",
                f"pay.{name}",
            )
    return None


def not_accepted(programme: str) -> Refused:
    """Why somebody gets no work before they have accepted the terms in force."""
    return Refused(
        NOT_ACCEPTED,
        f"Expected that you have accepted the pay terms of {programme} that are in force. Read them under My pay, and "
        "accept them: work waits until then.",
        names=(programme,),
    )

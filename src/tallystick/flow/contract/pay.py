"""The section `pay` of a data contract: rates, the guaranteed floor, the period, and the words of the terms (SPEC 4.5).

Reads and writes nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Literal, get_args

from pydantic import Field

from tallystick.flow.document import Fault, Part, Text, shaped
from tallystick.flow.rubric import Domain

PaidWork = Literal["judgment", "qualification", "calibration", "adjudication", "second_look"]
PAID_WORK: Final[tuple[PaidWork, ...]] = get_args(PaidWork)
AMOUNT_MAX: Final = 100_000_000

_OTHER_DECIMALS: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_TWO_DECIMALS: Final = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE "
    "CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL "
    "HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR "
    "MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK "
    "SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD "
    "XCG YER ZAR ZMW ZWG"
)
CURRENCIES: Final[Mapping[str, int]] = dict.fromkeys(_TWO_DECIMALS.split(), 2) | {
    code: decimals for decimals, codes in _OTHER_DECIMALS.items() for code in codes.split()
}
"""ISO 4217: code of a currency, and how many digits its minor unit stands behind the point."""

Amount = Annotated[int, Field(ge=0, le=AMOUNT_MAX)]
ZoneName = Annotated[
    str,
    shaped(
        r"UTC|[A-Z][A-Za-z0-9_+-]{1,31}(/[A-Z][A-Za-z0-9_+-]{1,31}){1,2}",
        expected="a time zone such as Europe/Berlin, or UTC",
        fix="Name it as the IANA time zone database does.",
    ),
]


class Rate(Part):
    """What one kind of work is paid. A rate for a domain goes before one for a signal, and both before one for all.

    piece   minor units for each act
    hourly  minor units for an hour of active time; both together when both are given
    """

    work: PaidWork
    domain: Domain | None = None
    signal: str | None = None
    piece: Amount | None = None
    hourly: Amount | None = None

    def faults(self) -> Iterator[Fault]:
        if self.piece is None and self.hourly is None:
            yield Fault(
                path=("piece",), expected="`piece`, `hourly` or both", found="neither",
                fix="Give an amount in minor units, such as 250 for 2.50 EUR.",
            )  # fmt: skip


class Pay(Part):
    """How experts are paid.

    floor_hourly         minor units that an hour of active time brings at least, in every period
    rounding             `up`: every line up to the next minor unit, in the expert's favour
    unmeasured_minutes   where no page measured the time of an act, that from giving it to its answer counts, so long
                         at most
    act_minutes          no act counts longer than this, measured or not
    """

    currency: str
    period: Literal["week", "month"]
    time_zone: ZoneName
    floor_hourly: Annotated[int, Field(ge=1, le=AMOUNT_MAX)]
    rounding: Literal["up"] = "up"
    unmeasured_minutes: Annotated[int, Field(ge=1, le=240)] = 15
    act_minutes: Annotated[int, Field(ge=1, le=1_440)] = 120
    rates: Annotated[tuple[Rate, ...], Field(min_length=1, max_length=500)]
    terms: Text

    def faults(self) -> Iterator[Fault]:
        if self.currency not in CURRENCIES:
            yield Fault(
                path=("currency",), expected="a currency of ISO 4217 such as EUR", found=f'"{self.currency}"',
                fix="Write its three capital letters.",
            )  # fmt: skip
        for work in PAID_WORK:
            if not any((rate.work, rate.domain, rate.signal) == (work, None, None) for rate in self.rates):
                yield Fault(
                    path=("rates",), expected=f"a rate for {work} in every domain, for every signal", found="none",
                    fix="Add one without domain and signal; 0 is a rate, and its time counts towards the floor.",
                )  # fmt: skip
        seen: set[tuple[str, str | None, str | None]] = set()
        for number, rate in enumerate(self.rates):
            place = (rate.work, rate.domain, rate.signal)
            if place in seen:
                yield Fault(
                    path=("rates", number), expected="each work, domain and signal once",
                    found=f"{rate.work} again", fix="Remove one of the two.",
                )  # fmt: skip
            seen.add(place)

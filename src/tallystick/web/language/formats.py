"""Numbers, sizes and times as the language of the request writes them. Pure but for the language.

English keeps the forms of docs/design-language.md; all others follow the Unicode locale data that Babel brings.
"""

from datetime import UTC, datetime
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from tallystick.flow.pay import told
from tallystick.web.language.spoken import ENGLISH, current, gettext

_MINUS = "\N{MINUS SIGN}"
_SPACE = "\N{NO-BREAK SPACE}"
_LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"
_RIGHT_TO_LEFT = "\N{RIGHT-TO-LEFT MARK}"


def number(value: float, digits: int = 2) -> str:
    """`0.81`, with a true minus sign; `0,81` in German."""
    if current() == ENGLISH:
        return f"{value:.{digits}f}".replace("-", _MINUS)
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    rounded = round(value, digits)
    text = format_decimal(abs(rounded), format=pattern, locale=current().locale)
    if rounded >= 0:
        return text
    # Between letters that run from right to left a sign would end up behind its number: the mark keeps it in front.
    return f"{_LEFT_TO_RIGHT if current().direction == 'rtl' else ''}{_MINUS}{text}"


def count(value: int) -> str:
    """`12,400`; `12.400` in German."""
    return f"{value:,}" if current() == ENGLISH else format_decimal(value, locale=current().locale)


def money(minor: int, *, currency: str, decimals: int) -> str:
    """An amount of minor units: `12.50 EUR`, `1,250 JPY`; `12,50 EUR` in German."""
    if current() == ENGLISH:
        return told(minor, currency=currency, decimals=decimals)
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return f"{format_decimal(Decimal(minor).scaleb(-decimals), format=pattern, locale=current().locale)} {currency}"


def share(value: float, digits: int = 0) -> str:
    """A share of 0 to 1 as `81 %`, the space unbreakable."""
    if current() == ENGLISH:
        return f"{100 * value:.{digits}f}{_SPACE}%"
    locale = current().locale
    pattern = locale.percent_formats[None].pattern
    return format_percent(value, format=pattern.replace("0", "0." + "0" * digits) if digits else None, locale=locale)


def percent(value: float, digits: int = 4) -> str:
    """`2.5 %`: as many significant digits as there are, and no more than `digits`."""
    text = f"{value:.{digits}g}"
    if current() == ENGLISH:
        return f"{text} %"
    return gettext("%(number)s %%") % {"number": number(value, len(text.partition(".")[2]))}


def size(value: int) -> str:
    """Bytes as `1.4 MB`: decimal units, as download dialogs show them."""
    if value < 1000:
        return gettext("%(number)s B") % {"number": value}
    if value < 1_000_000:
        return gettext("%(number)s kB") % {"number": number(value / 1000, 1)}
    return gettext("%(number)s MB") % {"number": number(value / 1_000_000, 1)}


def day(when: datetime) -> str:
    """`21 Nov 2026`."""
    if current() == ENGLISH:
        return f"{when.day} {when:%b %Y}"
    # Arabic dates come with marks that turn the order of their parts where letters run from left to right: in <time>.
    return format_date(when, "medium", current().locale).replace(_RIGHT_TO_LEFT, "")


def time_of(value: str) -> datetime:
    """An ISO 8601 time in UTC.

    raises   ValueError when it is no ISO 8601 time with a zone
    """
    when = datetime.fromisoformat(value)
    if when.tzinfo is None:
        raise ValueError(f"expected a time with its zone, found {value!r}; add Z or an offset")
    return when.astimezone(UTC)


def day_and_time(when: datetime) -> str:
    """`21 Nov 2026, 19:09`."""
    return f"{day(when)}{',' if current() == ENGLISH else ''} {when:%H:%M}"

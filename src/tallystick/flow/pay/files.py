"""The two files that a period is paid by, as RFC 4180 says, and safe to open in a spreadsheet. Pure.

One line for each act, top-up and addition, and one line for each person. The same statements give the same bytes.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from tallystick.flow.pay.statement import Statement

LINES_HEAD: Final = (
    "period", "person", "line", "work", "reference", "log_index", "at", "item", "domain", "signal", "active_ms",
    "piece_minor", "hourly_minor", "amount_minor", "amount", "currency", "terms",
)  # fmt: skip
SUMMARY_HEAD: Final = (
    "period", "person", "lines", "active_ms", "earned_minor", "floor_minor", "top_up_minor", "added_minor",
    "payable_minor", "payable", "currency", "earned_hourly_minor", "paid_hourly_minor",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Cell = str | int | None


def lines_file(period: str, statements: Sequence[Statement], *, currency: str, decimals: int) -> bytes:
    """Every line of a period, person by person: acts and additions in the order of the log, the top-up last."""
    return _file(LINES_HEAD, (row for one in statements for row in _rows(period, one, currency, decimals)))


def summary_file(period: str, statements: Sequence[Statement], *, currency: str, decimals: int) -> bytes:
    """One line for each person of a period."""
    rows = (
        (
            period, one.person, one.lines, one.active_ms, one.earned, one.floor, one.top_up, one.added, one.payable,
            exact(one.payable, decimals), currency, one.earned_hourly, one.paid_hourly,
        )
        for one in statements
    )  # fmt: skip
    return _file(SUMMARY_HEAD, rows)


def exact(amount: int, decimals: int) -> str:
    """An amount in whole units with all its digits, as payroll reads it: 12.50."""
    whole, rest = divmod(amount, 10**decimals)
    return f"{whole}.{rest:0{decimals}d}" if decimals else str(whole)


def _rows(period: str, one: Statement, currency: str, decimals: int) -> Iterable[Sequence[Cell]]:
    for act in one.acts:
        yield (
            period, one.person, "work", act.work, act.subject, act.seq, _moment(act.at), act.item, act.domain,
            act.signal, act.active_ms, act.piece, act.hourly, act.amount, exact(act.amount, decimals), currency,
            act.terms,
        )  # fmt: skip
    for more in one.added_lines:
        about = None if more.reference is None else f"log entry {more.reference}"
        yield (
            period, one.person, "addition", None, about, more.seq, _moment(more.at), None, None, None, None, None,
            None, more.amount, exact(more.amount, decimals), currency, None,
        )  # fmt: skip
    if one.top_up:
        yield (
            period, one.person, "top-up", None, "all lines of work of this person above", None, None, None, None,
            None, one.active_ms, None, None, one.top_up, exact(one.top_up, decimals), currency, None,
        )  # fmt: skip


def _moment(at: int) -> str:
    return (_EPOCH + timedelta(microseconds=at)).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _file(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    return "".join(",".join(map(field, row)) + "\r\n" for row in (head, *rows)).encode()


def field(value: Cell) -> str:
    """One field: quoted when it must be, and never the start of a formula."""
    if value is None or isinstance(value, int):
        return "" if value is None else str(value)
    safe = f"'{value}" if value.startswith(_FORMULA) else value
    quoted = safe.replace('"', '""')
    return f'"{quoted}"' if any(letter in safe for letter in '",\r\n') else safe

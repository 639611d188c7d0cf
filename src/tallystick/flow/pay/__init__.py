"""Pay: what an act of work brings, what a person is owed for a period, and the files that it is paid by. Pure.

Whole minor units everywhere; an hourly part is worked out exactly and rounded up once, in its own line. SPEC 4.5.
"""

from tallystick.flow.pay.amounts import (
    HOUR_MS,
    Act,
    Terms,
    amount_of,
    guaranteed,
    hourly_of,
    rate_for,
    told,
)
from tallystick.flow.pay.files import lines_file, summary_file
from tallystick.flow.pay.odd import Odd, odd_times
from tallystick.flow.pay.periods import Period, bad_period, day_start, period_at, period_named
from tallystick.flow.pay.statement import Added, Statement, Sum, Totals, state, total
from tallystick.flow.pay.terms import (
    BAD_AMOUNT,
    NOT_ACCEPTED,
    NOT_ENDED,
    TERMS_CHANGED,
    check_terms,
    terms_facts,
)
from tallystick.flow.pay.times import Counted, Span, counted, counted_at_first, measured_ms, room_ms

__all__ = [
    "BAD_AMOUNT",
    "HOUR_MS",
    "NOT_ACCEPTED",
    "NOT_ENDED",
    "TERMS_CHANGED",
    "Act",
    "Added",
    "Counted",
    "Odd",
    "Period",
    "Span",
    "Statement",
    "Sum",
    "Terms",
    "Totals",
    "amount_of",
    "bad_period",
    "check_terms",
    "counted",
    "counted_at_first",
    "day_start",
    "guaranteed",
    "hourly_of",
    "lines_file",
    "measured_ms",
    "odd_times",
    "period_at",
    "period_named",
    "rate_for",
    "room_ms",
    "state",
    "summary_file",
    "terms_facts",
    "told",
    "total",
]

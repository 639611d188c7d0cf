"""Pay: terms and their acceptance, what everybody is owed, closed periods and the files that they are paid by."""

from tallystick.app.pay.closing import Closed, Exported, add, close, export, file_of
from tallystick.app.pay.telling import (
    Anybody,
    Mine,
    Overview,
    PeriodRow,
    StatementPage,
    mine,
    my_statement,
    overview,
    paid_in,
    statement_of,
)
from tallystick.app.pay.terms import Accepted, TermsPage, accept, may_work, terms_page
from tallystick.app.pay.zone import check_zone, zone_of

__all__ = [
    "Accepted",
    "Anybody",
    "Closed",
    "Exported",
    "Mine",
    "Overview",
    "PeriodRow",
    "StatementPage",
    "TermsPage",
    "accept",
    "add",
    "check_zone",
    "close",
    "export",
    "file_of",
    "may_work",
    "mine",
    "my_statement",
    "overview",
    "paid_in",
    "statement_of",
    "terms_page",
    "zone_of",
]

"""Views of signed receipts: what somebody keeps of their own, on this server and in their browser."""

from dataclasses import dataclass

from tallystick.web.views.parts import Paging, Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A signed receipt as a page offers it. `text` None: the log key did not answer, and `why_not` says what to do."""

    seq: int
    name: str
    href: str
    person: str
    text: str | None
    why_not: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRow:
    """One event of one's own, with its receipt to fetch."""

    receipt: Receipt
    signed_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnReceipts:
    """All receipts of one person. Template: receipt/list.html."""

    person: str
    sealed: int  # how many entries the log holds: what the browser keeps below that is sealed
    rows: tuple[OwnRow, ...]
    all_href: str | None  # one file with those listed; None: there are none
    paging: Paging
    check_command: str

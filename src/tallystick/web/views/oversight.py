"""Views of the log and of receipts: what anybody in the cell can check."""

from dataclasses import dataclass

from tallystick.web.views.parts import Choice, Fact, HistoryEntry, Paging, Pill, Receipt
from tallystick.web.views.receipt import Signed


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessRow:
    """Where one witness stands."""

    name: str
    size: int  # entries that it has cosigned
    status: Pill
    fault: str = ""  # why its last answer was no cosignature


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """The log. Template: oversight/log.html. Events are shown without any content."""

    origin: str
    size: int
    unsealed: int
    root: str
    sealed_at: str | None  # time of the newest sealed entry; None: nothing was sealed yet
    vkey: str
    checkpoint: str  # the signed note, as it stands
    verify_command: str
    events: tuple[HistoryEntry, ...]
    paging: Paging
    witnesses: tuple[WitnessRow, ...] = ()  # empty: the log has none
    quorum: str | None = None  # the rule that counts; None: no witness is asked for
    quorum_status: Pill | None = None
    alarm: str = ""  # a sentence when a witness said that this log contradicts itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Asks for the reason of a look. Template: oversight/why.html. Posts `csrf`, `reason` and `words`."""

    action: str
    reasons: tuple[Choice, ...]
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRow:
    """One look."""

    seq: int
    href: str | None  # None for a reader who may not open the entry
    at: str
    who: str  # a pseudonym, or "not told"
    role: str
    subject: str
    what: str
    reason: str
    number: int
    words: str = ""
    subject_href: str | None = None  # all looks at the same subject; None for a reader of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessHistory:
    """Who looked at what. Template: oversight/accesses.html."""

    action: str
    rows: tuple[AccessRow, ...]
    paging: Paging
    subject: str = ""
    who: str = ""
    since: str = ""
    until: str = ""
    is_worded: bool = False
    is_filtered: bool = False
    may_filter: bool = True  # False: one's own history, told by role


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptPage:
    """One receipt with its proof. Template: oversight/receipt.html."""

    receipt: Receipt
    facts: tuple[Fact, ...]
    leaf: str  # hexadecimal
    path: tuple[str, ...]  # the inclusion proof, hexadecimal, from the leaf upwards
    checkpoint: str
    verify_command: str
    signed: Signed | None = None  # None: it is another's

"""Views of the log and of receipts: what anybody in the cell can check."""

from dataclasses import dataclass

from tallystick.web.views.parts import Fact, HistoryEntry, Paging, Receipt


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptPage:
    """One receipt with its proof. Template: oversight/receipt.html."""

    receipt: Receipt
    facts: tuple[Fact, ...]
    leaf: str  # hexadecimal
    path: tuple[str, ...]  # the inclusion proof, hexadecimal, from the leaf upwards
    checkpoint: str
    verify_command: str

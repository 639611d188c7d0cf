"""The small values that several pages show in the same way: numbers, facts, receipts, problems."""

from dataclasses import dataclass
from typing import Literal

Tone = Literal["good", "bad", "waiting", "quiet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with its interval: `0.81 [0.74, 0.87]`.

    value None means undefined; `reason` then says why, and it is shown in place of a number.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pill:
    """A state in one or two words. The words carry the meaning; the tone only supports them."""

    label: str
    tone: Tone = "quiet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of a definition list. `is_digest` sets the value short, with the whole to copy."""

    term: str
    value: str
    href: str | None = None
    is_digest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link with its words; `note` is a quiet remark after it."""

    label: str
    href: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The proof that something submitted is in the log, or waits to be sealed into it."""

    seq: int
    kind: str
    at: str
    href: str
    is_sealed: bool
    proof_href: str | None = None  # None until the entry is sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with a document or a row: where, what was expected, what was found, the fix."""

    place: str
    expected: str
    found: str
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One event: its index in the log, when, who, and a sentence. `index` None: not sealed yet."""

    index: int | None
    at: str
    who: str
    sentence: str
    kind: str
    href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """Where a long list can go from here; None where there is nothing."""

    summary: str
    previous_href: str | None = None
    next_href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One option of a select, of radios or of checkboxes."""

    value: str
    label: str
    is_chosen: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadForm:
    """A document or table to upload, and everything that was wrong with the last one.

    accept    file name endings, as the `accept` attribute of the input
    problems  the complete list, in the order of the file
    """

    action: str
    label: str
    hint: str
    accept: str
    button: str
    text: str = ""  # what was pasted last, given back so that nothing is typed twice
    may_paste: bool = False
    problems: tuple[Problem, ...] = ()
    file_name: str = ""
    idempotency_key: str = ""

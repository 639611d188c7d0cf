"""Content opens only for who shows a proof that the access is recorded. Makes those proofs; reads and writes nothing.

A `Look` is that proof. `Kernel.look` and `Transaction.look` make one while they write the event, and nothing else can.
docs/access.md says what is content, what is a document, and which reasons there are.
"""

import hashlib
import threading
from dataclasses import InitVar, dataclass, field
from typing import Final

from tallystick import canon
from tallystick.app.access import Actor
from tallystick.events.envelope import ObjectRef
from tallystick.events.oversight import ContentAccessed
from tallystick.flow.refusal import Refused

CHOSEN: Final = ("review", "audit", "incident", "rights")
"""Reasons that a person chooses from when they look outside their work."""
REASONS: Final = frozenset(
    {
        *CHOSEN, "assignment", "qualification", "calibration", "adjudication", "own-work", "staffing", "import-report",
        "classification", "intervention", "check", "release-build", "export",
    }
)  # fmt: skip
"""Every reason there is. docs/access.md says when each is given."""
WHATS: Final = frozenset(
    {
        "item", "record", "judgments", "labels", "answer", "gold", "identities", "profile", "draft", "import-report",
        "release", "words", "groups", "credential", "evidence", "screening", "demographics", "schedule", "everything",
    }
)  # fmt: skip
"""Everything that can be looked at."""
OF_ITEMS: Final = WHATS - {"profile", "groups", "import-report", "everything"}
"""Of these, what shows items, or words about them."""
NEEDS_CLEARANCE: Final = Refused(
    "needs-clearance",
    "Some of what stands here is restricted to people with a clearance for the programme. Ask a lead for one.",
)
REASON_MISSING: Final = Refused(
    "reason-missing", f"Say why you look, as one of {', '.join(CHOSEN)}: it is recorded.", "reason"
)
WORDS_CHARACTERS_MAX: Final = 300
WORDS_TOO_LONG: Final = Refused(
    "words-too-long", f"Expected at most {WORDS_CHARACTERS_MAX} characters beside the reason: shorten them.", "words"
)
WINDOW_MICROSECONDS: Final = 600_000_000
"""Ten minutes of the clock: showing the same to the same session again within them is the same look."""
DISPLAYS_MAX: Final = 50
"""So many displays are one look at most, in one process; the next is a new one."""
SUBJECTS_MAX: Final = 100
"""So many subjects are listed in one event; more are told by their number and a digest."""
_PROOF: Final = object()


class Unrecorded(RuntimeError):
    """Something wants to open content without an event that says so: a fault of the code, never of a user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is to be opened, and why.

    subject   item, batch, person, release, import run; `roster` or `cell` for all of them
    subjects  every one, when one look shows many: the event lists them, or gives their number and digest
    part      which part of the subject, when not all: a file of a release
    words     what a person typed beside the reason: goes into the vault, never into the journal
    """

    subject: str
    what: str
    reason: str
    subjects: tuple[str, ...] = ()
    part: str | None = None
    words: str = ""

    def __post_init__(self) -> None:
        assert self.what in WHATS, f"expected one of {sorted(WHATS)}, found {self.what}"
        assert self.reason in REASONS, f"expected one of {sorted(REASONS)}, found {self.reason}"

    def request(self) -> bytes:
        """What makes two looks the same request."""
        return canon.encode(["look", self.subject, self.what, self.reason, self.part or ""])

    def fact(self, words: ObjectRef | None = None) -> ContentAccessed:
        """The event of this look."""
        many = sorted(set(self.subjects))
        is_long = len(many) > SUBJECTS_MAX
        return ContentAccessed(
            subject=self.subject, what=self.what, reason=self.reason, number=len(many) or 1,
            subjects=[] if is_long else many, digest=canon.digest(canon.encode(many)) if is_long else None,
            part=self.part, words=words,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """Proof that an access is recorded: in the journal, or in the transaction that is being written."""

    who: str
    role: str
    subject: str
    what: str
    reason: str
    proof: InitVar[object]

    def __post_init__(self, proof: object) -> None:
        if proof is not _PROOF:
            raise Unrecorded("expected a look that the kernel made, found one made by hand: call Kernel.look")


def recorded(actor: Actor, role: str, about: About) -> Look:
    """The proof of an access whose event is written. Only the kernel calls this; tests/security says so."""
    return Look(actor.person, role, about.subject, about.what, about.reason, _PROOF)


def demand(look: Look) -> None:
    """Raise Unrecorded unless this is a proof."""
    if not isinstance(look, Look):
        raise Unrecorded(f"expected a look, found {type(look).__name__}: record the access first")


def chosen(actor: Actor, reason: str, words: str = "") -> str | Refused:
    """The reason that a person gives for a look outside their work. An auditor who gives none audits."""
    given = reason or ("audit" if "auditor" in actor.roles else "")
    if given not in CHOSEN:
        return REASON_MISSING
    return WORDS_TOO_LONG if len(words) > WORDS_CHARACTERS_MAX else given


@dataclass(slots=True)
class Recent:
    """What this process has recorded in the current ten minutes, and how often it was shown since.

    The journal decides, not this: a look that is not known here is recorded again, by a key that finds the earlier
    event when another process, or this one before a restart, wrote it in the same ten minutes.
    """

    _window: int = 0
    _shown: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def key(self, actor: Actor, about: About, *, now: int, given: str | None) -> str:
        """The name of a look within its window: of the caller's own key when there is one, else of the session.

        The window is part of it: a key that somebody keeps does not open content for ever under one old event.
        """
        window = now // WINDOW_MICROSECONDS
        seed = given or actor.session
        told = canon.encode([seed, about.subject, about.what, about.reason, about.part or ""])
        return f"look|{window}|{hashlib.sha256(told).hexdigest()}"

    def is_shown(self, key: str, *, now: int) -> bool:
        """Whether this display belongs to a look that is recorded; it is counted."""
        with self._lock:
            self._turn(now)
            number = self._shown.get(key, 0)
            if number % DISPLAYS_MAX == 0:
                return False
            self._shown[key] = number + 1
            return True

    def round(self, key: str) -> int:
        """Which look of this key it is: from 0, one more after every fifty displays."""
        return self._shown.get(key, 0) // DISPLAYS_MAX

    def add(self, key: str, *, now: int) -> None:
        """A look has been recorded and is shown."""
        with self._lock:
            self._turn(now)
            self._shown[key] = self._shown.get(key, 0) + 1

    def _turn(self, now: int) -> None:
        window = now // WINDOW_MICROSECONDS
        if window != self._window:
            self._window = window
            self._shown.clear()

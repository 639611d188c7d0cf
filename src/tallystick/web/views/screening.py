"""Views of screening: what was proposed about a person, what was said of it, what can be done."""

from dataclasses import dataclass

from tallystick.web.views.parts import Choice, Pill


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidRow:
    """What was said of a disqualifier."""

    title: str
    at: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DisqualifierCard:
    """A disqualifier. Its form posts `csrf`, `idempotency_key`, and `decision` with `reason`, or `words`."""

    id: str
    ground: str
    status: Pill
    scope: str
    source: str
    at: str
    evidence: str | None  # None: not for the person
    said: tuple[SaidRow, ...]
    action: str
    idempotency_key: str
    decisions: tuple[Choice, ...]  # empty: nothing to decide, or this person may not
    may_answer: bool
    typed: str = ""
    errors: tuple[tuple[str, str], ...] = ()  # (input, sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Screening on a person's page. Template: parts/screening.html.

    The form posts `csrf`, `idempotency_key`, `ground`, `programme` and `evidence`.
    """

    cards: tuple[DisqualifierCard, ...]
    action: str | None  # None: this person may not propose one
    idempotency_key: str
    grounds: tuple[Choice, ...]
    programmes: tuple[Choice, ...]
    evidence: str = ""
    errors: tuple[tuple[str, str], ...] = ()  # (input, sentence)

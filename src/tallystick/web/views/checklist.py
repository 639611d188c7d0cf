"""Views of the operating checklist and of phases."""

from dataclasses import dataclass

from tallystick.web.views.parts import Choice, Fact, Link, Pill


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRow:
    """One piece of evidence. `href` is None where its page is not for whoever reads."""

    label: str
    href: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """One line. `sign` stands before the word of its state, so that neither color nor word is alone."""

    id: str
    title: str
    state: Pill
    sign: str
    found: str
    todo: str
    evidence: tuple[EvidenceRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """The operating checklist of a programme. Template: checklist/checklist.html."""

    sentence: str
    facts: tuple[Fact, ...]
    lines: tuple[LineRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingRow:
    """One thing that is missing before production, what to do, and the pages where that is done."""

    found: str
    todo: str
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PilotRow:
    """A release of the pilot and what it held. `href` is None where its page is not for whoever reads."""

    told: str
    name: str
    href: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveForm:
    """Moves a programme. Posts `csrf`, `idempotency_key`, `phase`, `rationale`. `warning`: what a move takes away."""

    action: str
    idempotency_key: str
    ways: tuple[Choice, ...]
    rationale: str = ""
    errors: tuple[tuple[str, str], ...] = ()
    warning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseNow:
    """In which phase a programme is: on its own page, and on that of the programme.

    ready    the pilot release that is good enough for production, in words; empty where there is none
    missing  what production waits for; empty outside of a pilot, where nothing leads to it
    form     None for who may not move it
    """

    state: Pill
    meaning: str
    ready: str
    missing: tuple[MissingRow, ...]
    form: MoveForm | None
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRow:
    """One move from phase to phase, with how the checklist stood."""

    seq: str
    before: str
    phase: str
    at: str
    who: str
    href: str
    rationale: str
    checklist: str
    release: Link | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """The phase of a programme, and how it came there. Template: checklist/phase.html."""

    now: PhaseNow
    pilots: tuple[PilotRow, ...]
    moves: tuple[MoveRow, ...]

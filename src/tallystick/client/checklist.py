"""The operating checklist and the phases of a programme over the API. Reads and writes over HTTP."""

from tallystick.client.answers import Answer, Receipt
from tallystick.client.wire import Wire, programme_path


class ChecklistEvidence(Answer, frozen=True):
    """What a line rests on; `href` is the page of the cell on which it stands."""

    kind: str
    ref: str
    href: str


class ChecklistLine(Answer, frozen=True):
    """One line: `state` is pass, fail or not_applicable; `todo` is empty but for a fail."""

    id: str
    title: str
    state: str
    found: str
    todo: str
    evidence: list[ChecklistEvidence]


class Checklist(Answer, frozen=True):
    """The operating checklist as it stands: fourteen lines in the order of the specification."""

    programme: str
    phase: str
    upto: int
    digest: str
    passed: int
    failed: int
    lines: list[ChecklistLine]


class MissingStep(Answer, frozen=True):
    """One thing that is missing before production, and what to do."""

    code: str
    found: str
    todo: str


class PhaseMove(Answer, frozen=True):
    """One move, with the checklist as it stood then."""

    seq: int
    at: int
    by: str
    before: str
    phase: str
    contract_version: str
    rationale: str
    release: str | None
    checklist: dict[str, str]
    checklist_digest: str


class Phase(Answer, frozen=True):
    """In which phase a programme is, where it can go, what is missing before production, every move."""

    programme: str
    phase: str
    meaning: str
    ways: list[str]
    missing: list[MissingStep]
    pilot: str | None
    moves: list[PhaseMove]


class PhaseMoved(Answer, frozen=True):
    """A move that is durably in the journal; `failed` are the lines of the checklist that failed then."""

    programme: str
    before: str
    phase: str
    failed: list[str]
    receipt: Receipt


class ChecklistCalls:
    """The part of a client that reads checklists and moves programmes."""

    _wire: Wire

    def checklist(self, programme: str) -> Checklist:
        """Evaluate the operating checklist on a programme as it is now."""
        return self._wire.get(Checklist, f"{programme_path(programme)}/checklist")

    def phase(self, programme: str) -> Phase:
        """Read the phase of a programme and every move."""
        return self._wire.get(Phase, f"{programme_path(programme)}/phase")

    def move_phase(self, programme: str, phase: str, *, rationale: str, key: str | None = None) -> PhaseMoved:
        """Move a programme to another phase. Raises Conflict `phase-order` or `pilot-incomplete`.

        rationale  at least 20 characters that a later reader can follow
        """
        body = {"phase": phase, "rationale": rationale}
        return self._wire.post(PhaseMoved, f"{programme_path(programme)}/phase", key=key, body=body)

"""Interventions over the API: what it answers with, and its calls. Reads and writes over HTTP through `wire`."""

from tallystick.client.answers import Answer, Receipt, Value
from tallystick.client.wire import PREFIX, Wire, programme_path, safe

INTERVENTIONS = f"{PREFIX}/interventions"


class InterventionRow(Answer, frozen=True):
    """An intervention in a list."""

    intervention: str
    batch: str
    batch_name: str
    domain: str
    rubric: str
    rubric_version: str
    stage: str
    round: int
    outcome: str | None  # passed | abandoned
    at: int
    closed_at: int | None
    threshold_ppm: int
    short: list[Value]


class InterventionStep(Answer, frozen=True):
    """Something that happened in an intervention."""

    seq: int
    at: int
    by: str
    kind: str
    words: str | None


class Finding(Answer, frozen=True):
    """A part of the comparisons, and what agreement would gain if it were like the rest."""

    kind: str
    name: str
    items: int
    comparisons: int
    gain_ppm: int | None
    low_ppm: int | None
    high_ppm: int | None
    share_ppm: int | None
    rest_ppm: int | None
    is_clear: bool
    reason: str | None


class DividedItem(Answer, frozen=True):
    """An item that costs agreement, and how much."""

    item: str
    gain_ppm: int


class RecordedDiagnosis(Answer, frozen=True):
    """Where the shortfall stood when it was looked for."""

    round: int
    rubric_version: str
    inputs_digest: str
    value_ppm: int
    threshold_ppm: int
    findings: list[Finding]
    left_out: int
    items: list[DividedItem]
    beside: list[str]
    code_version: str
    seed: int


class Remeasured(Answer, frozen=True):
    """Before and after the work of a round was redone."""

    round: int
    measured_seq: int
    rubric_version: str
    before: Value
    after: Value
    difference_ppm: int | None
    low_ppm: int | None
    high_ppm: int | None
    method: str
    reason: str | None
    redone: int
    waiting: int
    decision: str


class NotNow(Answer, frozen=True):
    """Why a command may not be given now."""

    command: str
    code: str
    sentence: str


class StoodDown(Answer, frozen=True):
    """An expert who works no more under the rubric."""

    person: str
    at: int
    seq: int


class Intervention(InterventionRow, frozen=True):
    """One intervention."""

    next: list[str]
    not_now: list[NotNow]
    waiting: int
    diagnosis: RecordedDiagnosis | None
    remeasured: list[Remeasured]
    named: list[str]
    stood_down: list[StoodDown]
    steps: list[InterventionStep]


class InterventionDone(Answer, frozen=True):
    """A step that is in the journal."""

    intervention: str
    stage: str
    receipt: Receipt


class InterventionCalls:
    """The part of a client that leads interventions."""

    _wire: Wire

    def interventions(self, programme: str) -> list[InterventionRow]:
        """The interventions of a programme, the newest first."""
        path = f"{programme_path(programme)}/interventions"
        return self._wire.get(dict[str, list[InterventionRow]], path)["interventions"]

    def intervention(self, intervention: str) -> Intervention:
        """One intervention: timeline, diagnosis, before and after, what may come next."""
        return self._wire.get(Intervention, f"{INTERVENTIONS}/{safe(intervention)}")

    def diagnose(self, intervention: str, *, key: str | None = None) -> InterventionDone:
        """Look for what would help most, the rubric first, and record it."""
        return self._step(intervention, "diagnoses", None, key=key)

    def rule_out_rubric(self, intervention: str, *, justification: str, key: str | None = None) -> InterventionDone:
        """State why the rubric does not explain what is left. Raises Conflict before a session was held."""
        return self._step(intervention, "ruling-out", {"justification": justification}, key=key)

    def requeue(
        self, intervention: str, *, choice: str = "affected", by_same: bool = True, key: str | None = None
    ) -> InterventionDone:
        """Have judgments made again: affected, stood-down or all."""
        return self._step(intervention, "requeues", {"choice": choice, "by_same": by_same}, key=key)

    def stand_down(
        self, intervention: str, person: str, *, justification: str, key: str | None = None
    ) -> InterventionDone:
        """Let an expert stand down. Raises Conflict before the rubric was ruled out."""
        body = {"person": person, "justification": justification}
        return self._step(intervention, "stand-downs", body, key=key)

    def reinstate(self, intervention: str, person: str, *, reason: str, key: str | None = None) -> InterventionDone:
        """Let an expert who stood down work under the rubric again."""
        return self._step(intervention, "reinstatements", {"person": person, "reason": reason}, key=key)

    def close_intervention(self, intervention: str, *, words: str, key: str | None = None) -> InterventionDone:
        """End an intervention by hand, and say why."""
        return self._step(intervention, "closing", {"words": words}, key=key)

    def _step(self, intervention: str, name: str, body: object, *, key: str | None) -> InterventionDone:
        path = f"{INTERVENTIONS}/{safe(intervention)}/{name}"
        return self._wire.post(InterventionDone, path, key=key, body=body)

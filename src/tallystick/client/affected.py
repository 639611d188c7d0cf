"""Judgments that a later rubric version affects, over the API: what waits, one of them, what is decided."""

from tallystick.client.answers import Answer, BlindedJudgment, DiffRow, Receipt, Rubric, ShownItem
from tallystick.client.wire import PREFIX, Wire, programme_path, safe


class Tally(Answer, frozen=True):
    """How far the review has come; every affected judgment is in one of the three."""

    waiting: int
    stands: int
    again: int


class Progress(Answer, frozen=True):
    """The review of what one version changed on one criterion; `reason` says what: anchors, wording ..."""

    version: str
    criterion: str
    reason: str
    tally: Tally


class AffectedWaiting(Answer, frozen=True):
    """An affected judgment that one may review."""

    judgment: str
    criteria: list[str]
    reason: str


class AffectedDecision(Answer, frozen=True):
    """What was decided: `way` is each or bulk where judgments stand, again where they were set aside."""

    seq: int
    version: str
    way: str
    criterion: str
    judgments: int
    at: int
    by: str


class AffectedQueue(Answer, frozen=True):
    """What the versions of one rubric affect, and what of it one may review."""

    rubric: str
    version: str
    tally: Tally
    progress: list[Progress]
    mine: list[AffectedWaiting]
    decisions: list[AffectedDecision]


class AffectedJudgment(Answer, frozen=True):
    """An affected judgment with all that is needed to review it; `changed` is what lies between the versions."""

    judgment: str
    item: str
    programme: str
    domain: str
    shown: ShownItem
    given_under: str
    rubric: Rubric
    reasons: dict[str, str]
    changed: list[DiffRow]
    said: BlindedJudgment


class AffectedReviewed(Answer, frozen=True):
    """Affected judgments that were decided on. `decision` is stands or again."""

    programme: str
    rubric: str
    version: str
    decision: str
    judgments: int
    receipt: Receipt


class AffectedCalls:
    """The part of a client that reviews judgments which a later rubric version affects."""

    _wire: Wire

    def affected(self, programme: str) -> list[AffectedQueue]:
        """Every rubric with judgments that a later version affects."""
        return self._wire.get(dict[str, list[AffectedQueue]], _programme(programme))["rubrics"]

    def affected_judgment(self, judgment: str) -> AffectedJudgment:
        """Open an affected judgment. That you looked is recorded; its item is not given to you any more."""
        return self._wire.get(AffectedJudgment, f"{PREFIX}/affected/{safe(judgment)}")

    def affected_stands(self, judgment: str, *, notes: str = "", key: str | None = None) -> AffectedReviewed:
        """Let an affected judgment stand under the version in force. Raises Conflict `not-affected`."""
        path = f"{PREFIX}/affected/{safe(judgment)}/stands"
        return self._wire.post(AffectedReviewed, path, key=key, body={"notes": notes})

    def affected_again(
        self, judgment: str, *, notes: str, by_same: bool = False, key: str | None = None
    ) -> AffectedReviewed:
        """Set an affected judgment aside, and open its item. Raises Conflict `not-affected`."""
        path = f"{PREFIX}/affected/{safe(judgment)}/again"
        return self._wire.post(AffectedReviewed, path, key=key, body={"notes": notes, "by_same": by_same})

    def affected_all_stand(
        self, programme: str, rubric: str, *, rationale: str, key: str | None = None
    ) -> AffectedReviewed:
        """Let all judgments stand of which nothing but wording changed. Raises Conflict `nothing-affected`."""
        path = f"{_programme(programme)}/{safe(rubric)}/stand"
        return self._wire.post(AffectedReviewed, path, key=key, body={"rationale": rationale})

    def affected_all_again(
        self, programme: str, rubric: str, *, criterion: str, rationale: str, by_same: bool = True,
        key: str | None = None,
    ) -> AffectedReviewed:  # fmt: skip
        """Set all affected judgments on a criterion aside. Raises Conflict `nothing-affected`."""
        path = f"{_programme(programme)}/{safe(rubric)}/again"
        body = {"criterion": criterion, "rationale": rationale, "by_same": by_same}
        return self._wire.post(AffectedReviewed, path, key=key, body=body)


def _programme(programme: str) -> str:
    return f"{programme_path(programme)}/affected"

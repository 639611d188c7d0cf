"""Calibration sessions over the API: what it answers with, and its calls. Reads and writes over HTTP through `wire`."""

from collections.abc import Mapping, Sequence

import msgspec

from tallystick.client.answers import Answer, Receipt, Rubric, ShownItem, Value
from tallystick.client.answers.warned import Warned
from tallystick.client.judgments import Judgment
from tallystick.client.receipts import Signed
from tallystick.client.wire import PREFIX, Wire, safe

SESSIONS = f"{PREFIX}/calibrations"


class OwnCalibration(Answer, frozen=True):
    """A session that one takes part in."""

    calibration: str
    programme: str
    rubric: str
    rubric_version: str
    state: str  # labelling | revealed | ended | abandoned
    done: int
    total: int
    opened_at: int


class CalibrationItem(Answer, frozen=True):
    """An item that a session can be opened with."""

    item: str
    external: str
    gain_ppm: int | None  # None: all agreed on it
    is_chosen: bool


class CalibrationCandidate(Answer, frozen=True):
    """An expert who can be asked."""

    person: str
    judgments: int
    is_qualified: bool


class CalibrationProposal(Answer, frozen=True):
    """What a session would be opened with."""

    items: list[CalibrationItem]
    people: list[CalibrationCandidate]


class OpenedCalibration(Answer, frozen=True):
    """A session whose participants can label."""

    calibration: str
    programme: str
    items: list[str]
    participants: int
    receipt: Receipt


class CalibrationProgress(Answer, frozen=True):
    """How far one participant is."""

    person: str
    done: int
    total: int


class Calibration(Answer, frozen=True):
    """How a session stands."""

    calibration: str
    intervention: str
    programme: str
    batch: str
    domain: str
    rubric: str
    rubric_version: str
    state: str
    items: int
    people: int
    progress: list[CalibrationProgress]  # empty for who only takes part
    mine: CalibrationProgress | None
    agreement: Value | None  # None before the reveal
    missing: int
    marks: int
    unanswered: int
    examples: int
    opened_at: int
    revealed_at: int | None
    ended_at: int | None


class LabelTask(Answer, frozen=True):
    """The item that comes next."""

    calibration: str
    item: str
    programme: str
    number: int
    total: int
    shown: ShownItem
    rubric: Rubric
    draft: dict[str, object] | None
    draft_at: int | None
    warnings: tuple[Warned, ...] = ()


class Labelled(Answer, frozen=True):
    """A label that is durably in the journal."""

    calibration: str
    item: str
    done: int
    total: int
    receipt: Receipt
    signed: Signed


class ChangedCalibration(Answer, frozen=True):
    """A session that was revealed or ended."""

    calibration: str
    state: str
    receipt: Receipt


class Label(Answer, frozen=True):
    """One label by the number of its author, in one's own order of candidates."""

    number: int
    verdict: str
    scores: dict[str, dict[str, int]]
    reasons: list[dict[str, str | None]]
    is_own: bool
    is_mirrored: bool


class LabelledItem(Answer, frozen=True):
    """An item with its labels."""

    item: str
    is_divided: bool
    labels: list[Label]


class CalibrationLabels(Answer, frozen=True):
    """Every label of a session, divided items first."""

    own: int | None
    items: list[LabelledItem]


class ItemLabels(Answer, frozen=True):
    """One item with all that was said of it."""

    item: str
    shown: ShownItem
    labels: list[Label]


class RubricPassage(Answer, frozen=True):
    """One text of the rubric that can be marked."""

    place: str
    criterion: str | None
    label: str
    text: str


class Mark(Answer, frozen=True):
    """A mark on words of the rubric."""

    number: int
    participant: int
    is_own: bool
    criterion: str | None
    place: str
    start: int  # code points
    end: int
    quote: str
    kind: str
    note: str
    answer: str | None
    words: str


class ProposedExample(Answer, frozen=True):
    """A worked example that somebody proposed."""

    number: int
    participant: int
    is_own: bool
    item: str
    criterion: str
    score: int
    title: str
    situation: str
    why: str


class CalibrationWords(Answer, frozen=True):
    """What a session says of the words of its rubric version."""

    passages: list[RubricPassage]
    marks: list[Mark]
    examples: list[ProposedExample]
    reveal_reason: str
    end_reason: str
    may_mark: bool


class Marked(Answer, frozen=True):
    """A mark, a proposal or an answer that is in the journal."""

    calibration: str
    number: int
    receipt: Receipt


class RevisionText(Answer, frozen=True):
    """The rubric in force, prepared for its next version."""

    rubric: str
    in_force: str
    version: str
    text: str


class CalibrationCalls:
    """The part of a client that holds calibration sessions and takes part in them."""

    _wire: Wire

    def _keep(self, signed: Signed) -> None:
        raise NotImplementedError  # the client that this is a part of knows where receipts are kept

    def my_calibrations(self) -> list[OwnCalibration]:
        """The sessions that one takes part in, the newest first."""
        return self._wire.get(dict[str, list[OwnCalibration]], f"{PREFIX}/me/calibrations")["calibrations"]

    def calibration_proposal(self, intervention: str) -> CalibrationProposal:
        """The items and people that a session would be opened with."""
        return self._wire.get(CalibrationProposal, f"{PREFIX}/interventions/{safe(intervention)}/calibrations/proposal")

    def open_calibration(
        self, intervention: str, *, items: Sequence[str] | None = None, participants: Sequence[str] | None = None,
        key: str | None = None,
    ) -> OpenedCalibration:  # fmt: skip
        """Open a session; what is left out is as the proposal has it, with everybody who judged in the batch."""
        body = {
            "items": None if items is None else list(items),
            "participants": None if participants is None else list(participants),
        }
        path = f"{PREFIX}/interventions/{safe(intervention)}/calibrations"
        return self._wire.post(OpenedCalibration, path, key=key, body=body)

    def calibration(self, calibration: str) -> Calibration:
        """How a session stands."""
        return self._wire.get(Calibration, _session(calibration))

    def label_task(self, calibration: str) -> LabelTask:
        """The item that comes next. Raises Conflict with `calibration-done` when all are labelled."""
        return self._wire.get(LabelTask, f"{_session(calibration)}/task")

    def label(self, calibration: str, item: str, judgment: Judgment, *, key: str | None = None) -> Labelled:
        """Label an item, alone. It is no judgment."""
        path = f"{_session(calibration)}/items/{safe(item)}/label"
        done = self._wire.post(Labelled, path, key=key, body=judgment)
        self._keep(done.signed)
        return done

    def save_label_draft(self, calibration: str, item: str, content: Mapping[str, object]) -> int:
        """Keep an unsent label; when it was saved, in microseconds since 1970, UTC."""
        path = f"{_session(calibration)}/items/{safe(item)}/draft"
        return msgspec.json.decode(self._wire.send("PUT", path, body=dict(content)), type=dict[str, int])["saved_at"]

    def reveal_labels(self, calibration: str, *, reason: str = "", key: str | None = None) -> ChangedCalibration:
        """Show all labels side by side.

        reason  why participants who have not finished are not waited for
        """
        path = f"{_session(calibration)}/reveal"
        return self._wire.post(ChangedCalibration, path, key=key, body={"reason": reason})

    def calibration_labels(self, calibration: str) -> CalibrationLabels:
        """All verdicts and scores by number. Raises Conflict before the reveal."""
        return self._wire.get(CalibrationLabels, f"{_session(calibration)}/labels")

    def item_labels(self, calibration: str, item: str, *, reason: str | None = None) -> ItemLabels:
        """An item with its labels and reasons. That you looked is recorded."""
        path = f"{_session(calibration)}/items/{safe(item)}"
        return self._wire.get(ItemLabels, path, query={"reason": reason})

    def calibration_words(self, calibration: str, *, reason: str | None = None) -> CalibrationWords:
        """The rubric's texts with all marks and proposed examples. That you looked is recorded."""
        return self._wire.get(CalibrationWords, f"{_session(calibration)}/words", query={"reason": reason})

    def mark_language(
        self, calibration: str, place: str, *, start: int, end: int, kind: str, note: str, key: str | None = None
    ) -> Marked:
        """Mark words of the rubric: code points from `start` to `end` of the text of a place."""
        body = {"place": place, "start": start, "end": end, "kind": kind, "note": note}
        return self._wire.post(Marked, f"{_session(calibration)}/marks", key=key, body=body)

    def propose_example(
        self, calibration: str, item: str, *, candidate: str, criterion: str, score: int, title: str, situation: str,
        why: str, key: str | None = None,
    ) -> Marked:  # fmt: skip
        """Propose a worked example. A and B are the candidates as they were shown to you."""
        body = {
            "candidate": candidate, "criterion": criterion, "score": score, "title": title, "situation": situation,
            "why": why,
        }  # fmt: skip
        return self._wire.post(Marked, f"{_session(calibration)}/items/{safe(item)}/examples", key=key, body=body)

    def answer_mark(self, calibration: str, number: int, *, answer: str, words: str, key: str | None = None) -> Marked:
        """Answer a mark: revised or kept, and why."""
        path, body = f"{_session(calibration)}/marks/{number}/answer", {"answer": answer, "words": words}
        return self._wire.post(Marked, path, key=key, body=body)

    def end_calibration(self, calibration: str, *, reason: str = "", key: str | None = None) -> ChangedCalibration:
        """End a session.

        reason  why it is abandoned, before its labels were revealed
        """
        return self._wire.post(ChangedCalibration, f"{_session(calibration)}/end", key=key, body={"reason": reason})

    def revision_text(self, calibration: str) -> RevisionText:
        """The rubric in force, prepared for its next version: edit it and call `publish_rubric`."""
        return self._wire.get(RevisionText, f"{_session(calibration)}/revision")


def _session(calibration: str) -> str:
    return f"{SESSIONS}/{safe(calibration)}"

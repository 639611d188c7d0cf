"""Constitutions over the API, and unfinished rubrics: publish, compare, agree on what rubrics carry, trade-offs."""

import msgspec

from tallystick.client.answers import Answer, DiffRow, Receipt
from tallystick.client.wire import PREFIX, Wire, programme_path, safe


class Finding(Answer, frozen=True):
    """What a document lacks; severity is serious or warning."""

    code: str
    path: str
    severity: str
    sentence: str


class Principle(Answer, frozen=True):
    """One principle. Its id stays the same in all versions."""

    id: str
    number: int
    title: str
    text: str
    explanation: str | None = None


class Constitution(Answer, frozen=True):
    """One version of a programme's principles."""

    id: str
    version: str
    title: str
    principles: list[Principle]


class Carrier(Answer, frozen=True):
    """A criterion that carries a principle."""

    domain: str
    rubric: str
    criterion: str
    name: str
    examples: int


class RubricState(Answer, frozen=True):
    """How the agreement on one rubric stands; no new work is given out while it is not usable."""

    domain: str
    rubric: str
    version: str
    carried: dict[str, list[str]]
    is_usable: bool
    why_not: str | None
    proposal: str | None


class ProposalRow(Answer, frozen=True):
    """A proposal and who has signed it. `state` is proposed, agreed or declined."""

    proposal: str
    rubric: str
    rubric_version: str
    version: str
    domain: str
    state: str
    researcher: str | None
    lead: str | None
    declined_by: str | None
    at: int
    by: str


class ConstitutionPage(Answer, frozen=True):
    """One version of a constitution, what carries each principle, and who has agreed."""

    constitution: Constitution
    findings: list[Finding]
    carriers: dict[str, list[Carrier]]
    uncovered: list[str]
    rubrics: list[RubricState]
    proposals: list[ProposalRow]


class ConstitutionPublished(Answer, frozen=True):
    """A version of a constitution that has come into force."""

    constitution: str
    version: str
    changed: list[str]
    receipt: Receipt


class DocumentPreview(Answer, frozen=True):
    """What publishing a text would do; nothing was written."""

    version: str
    previous: str | None
    findings: list[Finding]
    rows: list[DiffRow]


class ConstitutionDifference(Answer, frozen=True):
    """Two versions side by side, and the criteria in force that carry what changed."""

    rows: list[DiffRow]
    changed: list[str]
    affected: list[Carrier]


class ProposalMoved(Answer, frozen=True):
    """A proposal that was made, signed or declined."""

    proposal: str
    programme: str
    state: str
    receipt: Receipt


class Proposal(Answer, frozen=True):
    """One proposal, with what it ties together."""

    row: ProposalRow
    carried: dict[str, list[str]]
    subject_digest: str
    is_current: bool
    may_sign: list[str]


class Conflict(Answer, frozen=True):
    """How often two principles conflicted, and how often each prevailed."""

    first: str
    second: str
    number: int
    first_prevailed: int
    second_prevailed: int


class NotedTradeOff(Answer, frozen=True):
    """One trade-off, without its words."""

    judgment: str
    item: str
    version: str
    principles: list[str]
    prevailed: str | None
    at: int


class TradeOffs(Answer, frozen=True):
    """The trade-offs that experts noted, newest first."""

    conflicts: list[Conflict]
    trade_offs: list[NotedTradeOff]


class Draft(Answer, frozen=True):
    """One's own unfinished document; both None when there is none."""

    text: str | None
    saved_at: int | None


class ConstitutionCalls:
    """The part of a client about constitutions, and about unfinished documents."""

    _wire: Wire

    def publish_constitution(
        self, programme: str, text: str, *, name: str = "constitution.yaml", key: str | None = None
    ) -> ConstitutionPublished:
        """Bring a version of the constitution into force. Raises Refused with every problem of the document."""
        body = {"text": text, "name": name}
        return self._wire.post(ConstitutionPublished, _of(programme), key=key, body=body)

    def constitution(self, programme: str, version: str | None = None) -> ConstitutionPage:
        """A version of the constitution, the one in force when none is named."""
        return self._wire.get(ConstitutionPage, _of(programme), query={"version": version})

    def preview_constitution(self, programme: str, text: str, *, name: str = "constitution.yaml") -> DocumentPreview:
        """What publishing a text would do. Nothing is written."""
        body = {"text": text, "name": name}
        return msgspec.json.decode(
            self._wire.send("POST", f"{_of(programme)}/preview", body=body), type=DocumentPreview
        )

    def constitution_diff(self, programme: str, *, old: str, new: str) -> ConstitutionDifference:
        """Two versions side by side, with their effect on the rubrics in force."""
        return self._wire.get(ConstitutionDifference, f"{_of(programme)}/diff", query={"old": old, "new": new})

    def constitution_draft(self, programme: str) -> Draft:
        """One's own unfinished constitution. That you looked is recorded."""
        return self._wire.get(Draft, f"{_of(programme)}/draft")

    def save_constitution_draft(self, programme: str, text: str) -> int:
        """Keep an unfinished constitution for oneself; when it was saved, in microseconds."""
        body = {"text": text}
        return _saved(self._wire.send("PUT", f"{_of(programme)}/draft", body=body))

    def preview_rubric(self, programme: str, text: str, *, name: str = "rubric.yaml") -> DocumentPreview:
        """What publishing a rubric would do. Nothing is written."""
        path = f"{programme_path(programme)}/rubrics/preview"
        return msgspec.json.decode(
            self._wire.send("POST", path, body={"text": text, "name": name}), type=DocumentPreview
        )

    def rubric_draft(self, programme: str, rubric: str) -> Draft:
        """One's own unfinished rubric. That you looked is recorded."""
        return self._wire.get(Draft, _draft(programme, rubric))

    def save_rubric_draft(self, programme: str, rubric: str, text: str) -> int:
        """Keep an unfinished rubric for oneself; when it was saved, in microseconds."""
        return _saved(self._wire.send("PUT", _draft(programme, rubric), body={"text": text}))

    def propose_operationalization(
        self, programme: str, rubric: str, *, notes: str = "", key: str | None = None
    ) -> ProposalMoved:
        """Propose how a rubric in force carries principles. Two people must sign it: see sign_operationalization."""
        body = {"rubric": rubric, "notes": notes}
        return self._wire.post(ProposalMoved, f"{_of(programme)}/operationalizations", key=key, body=body)

    def operationalization(self, proposal: str) -> Proposal:
        """A proposal, with what it ties together."""
        return self._wire.get(Proposal, _proposal(proposal))

    def sign_operationalization(self, proposal: str, *, role: str, key: str | None = None) -> ProposalMoved:
        """Agree to a proposal for a role of one's own, researcher or lead. Raises Conflict `two-people-needed`."""
        return self._wire.post(ProposalMoved, f"{_proposal(proposal)}/sign", key=key, body={"role": role})

    def decline_operationalization(self, proposal: str, *, why: str, key: str | None = None) -> ProposalMoved:
        """Do not agree to a proposal, and say why."""
        return self._wire.post(ProposalMoved, f"{_proposal(proposal)}/decline", key=key, body={"why": why})

    def trade_offs(self, programme: str) -> TradeOffs:
        """How often principles conflicted, and on which items."""
        return self._wire.get(TradeOffs, f"{_of(programme)}/trade-offs")


def _of(programme: str) -> str:
    return f"{programme_path(programme)}/constitution"


def _proposal(proposal: str) -> str:
    return f"{PREFIX}/operationalizations/{safe(proposal)}"


def _draft(programme: str, rubric: str) -> str:
    return f"{programme_path(programme)}/rubric-drafts/{safe(rubric)}"


def _saved(payload: bytes) -> int:
    return msgspec.json.decode(payload, type=dict[str, int])["saved_at"]

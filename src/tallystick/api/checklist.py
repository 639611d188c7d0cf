"""The operating checklist of a programme, and its phases."""

from typing import Literal

from pydantic import Field

from tallystick.api.parts import Body, InPath, Key, Moment, Paragraphs, Receipt, Seq, Shown
from tallystick.app import checklist
from tallystick.app.checklist import ChecklistPage, PhasePage
from tallystick.edge import Site, Visit
from tallystick.flow.checklist import MEANING, State
from tallystick.flow.refusal import Refused

TAG = "checklist"
Phase = Literal["draft", "pilot", "production", "closed"]


def mount(site: Site, prefix: str) -> None:
    """Register checklist and phases."""
    root, conflict = f"{prefix}/programmes/{{programme}}", (409, 422)
    site.api("GET", f"{root}/checklist", read, permission="programme.read", answers=Checklist, tag=TAG)
    site.api("GET", f"{root}/phase", phase, permission="programme.read", answers=PhaseShown, tag=TAG)
    site.api(
        "POST", f"{root}/phase", move, permission="programme.write", answers=Moved, refusals=conflict,
        max_bytes=100_000, tag=TAG,
    )  # fmt: skip


class EvidenceShown(Shown):
    """What a line rests on."""

    kind: str = Field(description="contract, rubric, batch, item, release, event or page.")
    ref: str = Field(description="A field of the contract, `id version` of a rubric, an id, or a place in the journal.")
    href: str = Field(description="The page of the cell on which it stands.")


class LineShown(Shown):
    """One line of the checklist."""

    id: str
    title: str
    state: State
    found: str = Field(description="What was found, with its figures.")
    todo: str = Field(description="What to do about a fail; empty otherwise.")
    evidence: list[EvidenceShown]


class Checklist(Shown):
    """The operating checklist as it stands: fourteen lines in the order of the specification."""

    programme: str
    phase: str
    upto: Seq = Field(description="The last entry of the journal that it speaks of.")
    digest: str = Field(description="Binds the lines: a move to another phase records it.")
    passed: int
    failed: int
    lines: list[LineShown]

    @classmethod
    def told(cls, found: ChecklistPage) -> "Checklist":
        """The same, for an answer."""
        name = found.row.programme
        return cls(
            programme=name, phase=found.row.phase, upto=found.upto, digest=found.digest, passed=found.count("pass"),
            failed=found.count("fail"),
            lines=[
                LineShown(
                    id=one.id, title=one.title, state=one.state, found=one.found, todo=one.todo,
                    evidence=[
                        EvidenceShown(kind=it.kind, ref=it.ref, href=checklist.page_of(name, it))
                        for it in one.evidence
                    ],
                )
                for one in found.lines
            ],
        )  # fmt: skip


def read(visit: Visit, programme: InPath) -> Checklist | Refused:
    """Evaluate the operating checklist on a programme as it is now. Nothing is recorded."""
    found = checklist.checklist(visit.cell, visit.actor, programme)
    return found if isinstance(found, Refused) else Checklist.told(found)


class MissingShown(Shown):
    """One thing that is missing before production."""

    code: str
    found: str
    todo: str


class MoveShown(Shown):
    """One move from phase to phase, with the checklist as it stood then."""

    seq: Seq
    at: Moment
    by: str
    before: str
    phase: str
    contract_version: str
    rationale: str
    release: str | None = Field(description="The pilot release on which production rests.")
    checklist: dict[str, str]
    checklist_digest: str


class PhaseShown(Shown):
    """In which phase a programme is, where it can go, and how it came there, newest first."""

    programme: str
    phase: str
    meaning: str
    ways: list[str]
    missing: list[MissingShown] = Field(description="What is missing before production; empty when nothing is.")
    pilot: str | None = Field(description="The pilot release on which production could rest.")
    moves: list[MoveShown]

    @classmethod
    def told(cls, found: PhasePage) -> "PhaseShown":
        """The same, for an answer."""
        row, ready = found.state.row, found.state.ready
        return cls(
            programme=row.programme, phase=row.phase, meaning=MEANING[row.phase], ways=list(found.state.ways),
            missing=[MissingShown.of(one) for one in found.state.missing], pilot=ready.release if ready else None,
            moves=[
                MoveShown(
                    seq=one.row.seq, at=one.row.at, by=one.row.by, before=one.row.before, phase=one.row.phase,
                    contract_version=one.row.contract_version, rationale=one.rationale, release=one.row.release,
                    checklist=one.checklist, checklist_digest=one.row.checklist_digest,
                )
                for one in found.moves
            ],
        )  # fmt: skip


def phase(visit: Visit, programme: InPath) -> PhaseShown | Refused:
    """Read the phase of a programme and every move. That the rationales were opened is an event."""
    found = checklist.phase_page(visit.cell, visit.actor, programme)
    return found if isinstance(found, Refused) else PhaseShown.told(found)


class Move(Body):
    """Where to, and why."""

    phase: Phase
    rationale: Paragraphs = Field(description="At least 20 characters that a later reader can follow.")


class Moved(Shown):
    """A move that is durably in the journal, and the lines of the checklist that failed then."""

    programme: str
    before: str
    phase: str
    failed: list[str]
    receipt: Receipt


def move(visit: Visit, programme: InPath, body: Move, key: Key) -> Moved | Refused:
    """Move a programme to another phase. 409 `pilot-incomplete` names everything that production waits for."""
    found = checklist.move(
        visit.cell, visit.actor, programme, phase=body.phase, rationale=body.rationale, key=key
    )  # fmt: skip
    if isinstance(found, Refused):
        return found
    return Moved(
        programme=found.programme, before=found.before, phase=found.phase, failed=list(found.failed),
        receipt=Receipt.of(found.receipt),
    )  # fmt: skip

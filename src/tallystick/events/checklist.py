"""Facts about the phases of a programme: moves from one to the next, and in which phase a release was made."""

from typing import ClassVar

import msgspec

from tallystick.events.envelope import ObjectRef


class PhaseMoved(msgspec.Struct, frozen=True, kw_only=True):
    """A programme moved to another phase. Every programme is opened in the phase draft.

    checklist         line of the operating checklist: pass, fail or not_applicable, as it stood then
    checklist_digest  SHA-256 of those lines as canonical JSON, with what was found and the evidence
    """

    KIND: ClassVar[str] = "phase-moved/1"
    programme: str
    before: str  # draft | pilot | production | closed
    phase: str
    contract_version: str
    rationale: ObjectRef
    checklist: dict[str, str]
    checklist_digest: str
    release: str | None  # the pilot release on which production rests


class ReleasePhased(msgspec.Struct, frozen=True, kw_only=True):
    """A release that is cut by the same command is made in a phase. There is none for a programme that never moved.

    places      axis and value: records of the release; an axis that an item does not have is not counted
    unanswered  questions of the report on quality that had no answer then, by their ids
    """

    KIND: ClassVar[str] = "release-phased/1"
    release: str
    programme: str
    phase: str  # pilot | production
    since: int  # where in the journal the programme moved to it
    records: int
    hard: int  # of these: hard, boundary, or of a known failure cluster
    places: dict[str, dict[str, int]]
    unanswered: list[str]

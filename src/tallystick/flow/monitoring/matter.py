"""What the report on quality is made of: figures and facts, brought together by whoever asks for it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from tallystick.events.monitoring import ShortcutAudited
from tallystick.flow.diagnosis import Diagnosis
from tallystick.flow.escape import Estimate
from tallystick.flow.monitoring.figures import Counted
from tallystick.flow.overturn import Overturns


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A batch of work at its gate: the newest measurement, and where its shortfall stands now."""

    name: str
    decision: str | None
    value_ppm: int | None
    low_ppm: int | None
    high_ppm: int | None
    threshold_ppm: int | None
    seq: int | None
    incomplete: int
    diagnosis: Diagnosis | None
    recorded: int | None = None  # place of a diagnosis in the journal; None when it was made for this report


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A fall that sentinels showed. Who it was is not told."""

    rubric: str
    seq: int
    answers: int
    right: int
    held: int
    is_open: bool
    found: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that was done, in a sentence, with its place in the journal."""

    seq: int
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """Everything that the report is made of.

    cases     state of disagreements: how many; classes: why, None when none was classified
    remarks   (rubric, criterion): how often adjudicators said something about it
    sentinels answers and right ones; None where no policy was ever set
    escape    None when nothing was ever drawn for a second look
    audit     groups of the newest shortcut audit, and its place in the journal
    """

    programme: str
    title: str
    upto: int
    gates: tuple[Gate, ...]
    counted: Counted
    cases: Mapping[str, int]
    classes: Mapping[str, int] | None
    remarks: Mapping[tuple[str, str], int]
    overturns: Overturns
    sentinels: tuple[int, int] | None
    drifts: tuple[Drift, ...]
    escape: Estimate | None
    audit: tuple[ShortcutAudited, ...]
    audit_seq: int | None
    done: tuple[Step, ...]

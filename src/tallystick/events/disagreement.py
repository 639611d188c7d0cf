"""Facts about why judges disagree: causes found, corrected and learnt from; declared groups; distributions by group."""

from typing import ClassVar

import msgspec

from tallystick.events.envelope import ObjectRef


class WeighedTerm(msgspec.Struct, frozen=True, kw_only=True):
    """What one source says: by cause, thousandths of the natural logarithm of how likely it is."""

    source: str
    milli: dict[str, int]
    sentence: str


class FurtherEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """What could still be asked for, and how much it is expected to tell."""

    kind: str  # source that it would come from
    judgments: int  # answers that it takes
    gain_millibits: int
    settled_ppm: int  # chance that some cause then is determined


class DisagreementClassified(msgspec.Struct, frozen=True, kw_only=True):
    """Why the judges of an item disagree, as far as the evidence goes. It is a proposal: people may correct it.

    The posterior follows from the terms, as they stand here, and from the model: anybody can compute it again.
    """

    KIND: ClassVar[str] = "disagreement-classified/1"
    item: str
    programme: str
    batch: str
    status: str  # ok | no_variation: nobody who decided differs
    posterior: dict[str, int]  # cause: parts per million; empty without variation
    cause: str | None  # None while undetermined
    proposed: str | None  # the likeliest cause, however unsure
    confidence_ppm: int | None
    terms: list[WeighedTerm]
    absent: list[str]  # sources without evidence
    helps: list[FurtherEvidence]  # the most telling first
    judges: int  # whose label counts
    model: str
    model_digest: str
    inputs_digest: str  # over judgments, error rates, qualifications and references to declared groups
    code_version: str
    salt: str  # 16 random bytes in hexadecimal: a neighbour's proof holds the leaf of this, and must not tell it


class ClassCorrected(msgspec.Struct, frozen=True, kw_only=True):
    """A person looked at a proposed cause and said what it is: the same again, or another."""

    KIND: ClassVar[str] = "class-corrected/1"
    item: str
    programme: str
    batch: str
    classified_seq: int  # the classification that it is about
    proposed: str | None  # what that determined; None when it was undetermined
    cause: str
    note: ObjectRef


class GroupsDeclared(msgspec.Struct, frozen=True, kw_only=True):
    """A person said, of their own will, which groups they count themselves to, or withdrew it.

    The axes are all that were asked for, so that the journal does not tell which of them were answered.
    """

    KIND: ClassVar[str] = "groups-declared/1"
    person: str
    axes: list[str]
    values: ObjectRef | None  # None when withdrawn
    withdrawn: bool


class GroupCounts(msgspec.Struct, frozen=True, kw_only=True):
    """One group, or several small ones together: how many of them gave each label; None where that is hidden."""

    groups: list[str]
    people: int
    counts: dict[str, int | None]


class DistributionRecorded(msgspec.Struct, frozen=True, kw_only=True):
    """How the labels of a preserved item lie between declared groups of one axis. Only aggregates that tell of no one.

    Groups with fewer than `cell_min` people are put together, small counts are hidden, and so is the whole table where
    a person's group could be worked out from it, from the judgments and from all tables recorded before.
    """

    KIND: ClassVar[str] = "distribution-recorded/1"
    item: str
    programme: str
    batch: str
    axis: str
    categories: list[str]
    cells: list[GroupCounts]
    total: dict[str, int]  # of those who declared a group on this axis
    people: int
    cell_min: int
    hidden: int
    salt: str


class ModelQuality(msgspec.Struct, frozen=True, kw_only=True):
    """How good posteriors were on corrected cases."""

    cases: int
    balanced_accuracy_ppm: int
    undetermined_ppm: int
    accuracy_when_determined_ppm: int | None
    calibration_error_ppm: int
    brier_ppm: int


class ClassModelFitted(msgspec.Struct, frozen=True, kw_only=True):
    """Corrected cases gave a model of causes: how far to trust the evidence, and how common each cause is.

    It is not in force by that: somebody has to choose it.
    """

    KIND: ClassVar[str] = "class-model-fitted/1"
    model: str
    previous: str  # the model that it was fitted from
    temperature_ppm: int
    priors: dict[str, dict[str, int]]  # domain, empty for all: cause: parts per million
    are_priors_fitted: bool
    why: str
    cases: int
    classified: int
    determined_ppm: int  # share of all classified items that the evidence determines
    before: ModelQuality
    after: ModelQuality  # of cases that had no part in the fit
    corrections_digest: str
    code_version: str


class ClassModelChosen(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody put a model of causes into force: what is classified from now on is classified by it."""

    KIND: ClassVar[str] = "class-model-chosen/1"
    model: str
    previous: str

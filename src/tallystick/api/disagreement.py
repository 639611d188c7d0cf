"""Causes of disagreements: the map of a batch, one item's evidence, corrections, models; one's own declared groups."""

from typing import Annotated

from fastapi import Query
from pydantic import Field

from tallystick.api.parts import (
    Body,
    CountByName,
    Done,
    InPath,
    Key,
    Line,
    Moment,
    Name,
    OptionalReason,
    Paragraphs,
    Receipt,
    Seq,
    Shown,
)
from tallystick.app import disagreement
from tallystick.edge import Site, Visit
from tallystick.flow.refusal import Refused

READERS = "adjudicate or gate.read"
CORRECTORS = "adjudicate or monitor.write"
TAG = "disagreement"


def mount(site: Site, prefix: str) -> None:
    """Register causes of disagreements and declared groups."""
    batch, item = f"{prefix}/batches/{{batch}}/causes", f"{prefix}/disagreements/{{item}}/cause"
    models, groups = f"{prefix}/cause-models", f"{prefix}/me/groups"
    site.api(
        "GET", f"{prefix}/programmes/{{programme}}/causes", batches, permission="gate.read", answers=Batches, tag=TAG
    )
    site.api("GET", batch, shown_map, permission="gate.read", answers=Map, tag=TAG)
    site.api("POST", batch, classify, permission="monitor.write", answers=Ran, refusals=(409, 422), tag=TAG)
    site.api("GET", item, cause, permission=READERS, answers=ItemCause, tag=TAG)
    site.api("POST", item, correct, permission=CORRECTORS, answers=Done, refusals=(409, 422), tag=TAG)
    site.api("GET", models, all_models, permission="gate.read", answers=Models, tag=TAG)
    site.api("POST", models, fit, permission="monitor.write", answers=Fitted, refusals=(409, 422), tag=TAG)
    site.api(
        "POST", f"{models}/{{model}}/choose", choose, permission="monitor.write", answers=Done, refusals=(409, 422),
        tag=TAG,
    )  # fmt: skip
    site.api("GET", groups, own, permission="work.do", answers=OwnGroups, tag=TAG)
    site.api("PUT", groups, declare, permission="work.do", answers=Done, refusals=(409, 422), tag=TAG)
    site.api("DELETE", groups, withdraw, permission="work.do", answers=Done, refusals=(409, 422), tag=TAG)


# --- the map ------------------------------------------------------------------------------------------------------


class BatchCauses(Shown):
    """A batch and how its disagreements stand by cause."""

    batch: str
    name: str
    domain: str
    disagreements: int
    counts: CountByName


class Batches(Shown):
    """The batches of a programme that have disagreements."""

    batches: list[BatchCauses]


def batches(visit: Visit, programme: InPath) -> Batches | Refused:
    """Count the disagreements of each batch by cause."""
    found = disagreement.batches_by_cause(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    return Batches(
        batches=[
            BatchCauses(
                batch=one.row.batch, name=one.row.name, domain=one.row.domain, disagreements=one.disagreements,
                counts=dict(one.counts),
            )
            for one in found
        ]
    )  # fmt: skip


class Mapped(Shown):
    """One disagreement on the map."""

    item: str
    external: str
    state: str
    counts: CountByName = Field(description="How many judgments point which way.")
    taxonomy: dict[str, str]
    stands: str = Field(description="A cause; or undetermined, no_variation (nobody who decided differs), "
                        "not_classified.")  # fmt: skip
    proposed: str | None = Field(description="The likeliest cause, however unsure.")
    confidence_ppm: int | None = Field(description="Its posterior, in parts per million.")
    is_corrected: bool = Field(description="A person said what the cause is.")
    judges: int
    sentence: str
    helps: list[str] = Field(description="What to ask for, the most telling first. Empty once the cause is known.")


class GroupRow(Shown):
    """One group, or several small ones together; a count is null where it is hidden."""

    groups: list[str]
    people: int
    counts: dict[str, int | None]


class Distribution(Shown):
    """How the labels of a preserved item lie between declared groups of one axis."""

    item: str
    axis: str
    categories: list[str]
    cells: list[GroupRow]
    total: CountByName
    people: int
    cell_min: int
    hidden: int


class Corrected(Shown):
    """How often people said `cause` where `proposed` had been determined; null where nothing had."""

    proposed: str | None
    cause: str
    items: int


class Corrections(Shown):
    """What people made of proposed causes."""

    cases: int
    undetermined: int
    kept: float | None = Field(description="Share of determined causes that people left as they were.")
    kept_low: float | None
    kept_high: float | None
    confusion: list[Corrected]


class Map(Shown):
    """The disagreements of a batch by cause and confidence."""

    batch: str
    name: str
    domain: str
    model: str
    counts: CountByName
    by_axis: dict[str, dict[str, CountByName]] = Field(description="Taxonomy axis: value: what stands: items.")
    helps: dict[str, int] = Field(description="What would tell most: of how many undetermined items.")
    corrections: Corrections
    distributions: list[Distribution]
    items: list[Mapped]


def shown_map(visit: Visit, batch: InPath) -> Map | Refused:
    """Show the disagreement map of a batch."""
    found = disagreement.disagreement_map(visit.cell, visit.actor, batch)
    if isinstance(found, Refused):
        return found
    return Map(
        batch=found.row.batch, name=found.row.name, domain=found.row.domain, model=found.model,
        counts=dict(found.counts), by_axis={
            axis: {value: dict(counts) for value, counts in by.items()} for axis, by in found.by_axis.items()
        },
        helps=dict(found.helps), corrections=_corrections(found.corrections),
        distributions=[Distribution.of(one) for one in found.distributions],
        items=[Mapped.of(one) for one in found.items],
    )  # fmt: skip


def _corrections(found: disagreement.Corrections) -> Corrections:
    interval = found.kept_interval
    return Corrections(
        cases=found.cases, undetermined=found.undetermined, kept=found.kept,
        kept_low=interval.low if interval else None, kept_high=interval.high if interval else None,
        confusion=[
            Corrected(proposed=proposed, cause=cause, items=number)
            for (proposed, cause), number in found.confusion.items()
        ],
    )  # fmt: skip


class Ran(Shown):
    """What a run over a batch did."""

    batch: str
    classified: int
    determined: int
    unchanged: int = Field(description="Items whose evidence and model are those of their newest classification.")
    changed: int = Field(description="Items that changed while it ran: the next run takes them.")
    left: int = Field(description="Items beyond the limit: send it again with a new key.")


Limit = Annotated[int, Query(ge=1, le=1_000, description="How many items to classify at most.")]


def classify(visit: Visit, batch: InPath, key: Key, limit: Limit = 200) -> Ran | Refused:
    """Classify the disagreements of a batch whose evidence is new."""
    found = disagreement.classify_batch(visit.cell, visit.actor, batch, key=key, limit=limit)
    return found if isinstance(found, Refused) else Ran.of(found)


# --- one item -----------------------------------------------------------------------------------------------------


class Term(Shown):
    """What one source says: by cause, thousandths of the natural logarithm of how likely it is."""

    source: str
    milli: dict[str, int]
    sentence: str


class Said(Shown):
    """What somebody said of a cause. The note is null for a reader who has not said why they look."""

    seq: Seq
    at: Moment
    by: str
    proposed: str | None
    cause: str
    note: str | None


class ItemCause(Shown):
    """Why the judges of one item disagree, with all the evidence."""

    item: str
    external: str
    state: str
    cause: str | None = Field(description="As it stands: what a person said, else what was determined.")
    is_corrected: bool
    posterior: CountByName = Field(description="By cause, parts per million.")
    proposed: str | None
    sentence: str
    terms: list[Term]
    absent: list[str] = Field(description="Sources that there was nothing from.")
    helps: list[str]
    warning: str | None = Field(description="What the cause says about how to end the case.")
    road: str | None = Field(description="How to end it: settle, preserve or return.")
    said: list[Said]
    distributions: list[Distribution]
    model: str
    model_digest: str
    inputs_digest: str
    seq: Seq
    at: Moment


def cause(visit: Visit, item: InPath, reason: OptionalReason = None) -> ItemCause | Refused:
    """Show the cause of a disagreement. Notes open to an adjudicator, and to who says why they look."""
    found = disagreement.item_cause(visit.cell, visit.actor, item, reason=reason or "")
    if isinstance(found, Refused):
        return found
    fact, warned = found.fact, found.warned
    return ItemCause(
        item=fact.item, external=found.external, state=found.row.state, cause=found.stated.cause,
        is_corrected=found.stated.is_corrected, posterior=fact.posterior, proposed=fact.proposed,
        sentence=found.sentence, terms=[Term.of(term) for term in fact.terms], absent=fact.absent,
        helps=list(found.helps), warning=warned.sentence if warned else None, road=warned.road if warned else None,
        said=[Said.of(one) for one in found.said],
        distributions=[Distribution.of(one) for one in found.distributions], model=fact.model,
        model_digest=fact.model_digest, inputs_digest=fact.inputs_digest, seq=found.seq, at=found.at,
    )  # fmt: skip


class Correction(Body):
    """What the cause is, and what shows it. The proposed cause again is a confirmation, and counts."""

    cause: Name
    note: Paragraphs


def correct(visit: Visit, item: InPath, body: Correction, key: Key) -> Done | Refused:
    """Say what the cause of a disagreement is."""
    found = disagreement.correct(visit.cell, visit.actor, item, cause=body.cause, note=body.note, key=key)
    return found if isinstance(found, Refused) else Done(receipt=Receipt.of(found.receipt))


# --- models -------------------------------------------------------------------------------------------------------


class Quality(Shown):
    """How good posteriors were on corrected cases, in parts per million."""

    cases: int
    balanced_accuracy_ppm: int
    undetermined_ppm: int
    accuracy_when_determined_ppm: int | None
    calibration_error_ppm: int
    brier_ppm: int


class FittedModel(Shown):
    """A model that was fitted to corrections. `after` is of cases that had no part in the fit."""

    model: str
    previous: str
    temperature_ppm: int
    priors: dict[str, CountByName] = Field(description="Domain, empty for all: cause: parts per million.")
    are_priors_fitted: bool
    why: str
    cases: int
    classified: int
    determined_ppm: int
    before: Quality
    after: Quality


class Models(Shown):
    """Models of causes: the one in force, and those that were fitted."""

    in_force: str
    quality: Quality | None = Field(description="Of the model in force, on all corrected cases.")
    corrections: Corrections
    fitted: list[FittedModel]


def all_models(visit: Visit) -> Models | Refused:
    """List the models of causes, and how the one in force does."""
    found = disagreement.models(visit.cell, visit.actor)
    if isinstance(found, Refused):
        return found
    return Models(
        in_force=found.in_force, quality=Quality.of(found.quality) if found.quality else None,
        corrections=_corrections(found.corrections), fitted=[FittedModel.of(fact) for _, fact in found.fitted],
    )  # fmt: skip


class Fitted(Shown):
    """A model that was fitted and recorded. It is not in force."""

    model: FittedModel
    receipt: Receipt


def fit(visit: Visit, key: Key) -> Fitted | Refused:
    """Fit a model of causes to all corrections. It comes into force only when somebody chooses it."""
    found = disagreement.fit_model(visit.cell, visit.actor, key=key)
    if isinstance(found, Refused):
        return found
    return Fitted(model=FittedModel.of(found.fact), receipt=Receipt.of(found.receipt))


def choose(visit: Visit, model: InPath, key: Key) -> Done | Refused:
    """Put a model of causes into force: `built-in-1`, or one that was fitted here."""
    found = disagreement.choose_model(visit.cell, visit.actor, model, key=key)
    return found if isinstance(found, Refused) else Done(receipt=Receipt.of(found))


# --- one's own groups ---------------------------------------------------------------------------------------------


class Axis(Shown):
    """Something that can be declared, with the groups to choose from."""

    axis: str
    label: str
    groups: dict[str, str]


class OwnGroups(Shown):
    """What you declared about yourself; nobody else is shown it."""

    values: dict[str, str]
    at: Moment | None
    axes: list[Axis]


def own(visit: Visit) -> OwnGroups | Refused:
    """Show what you declared about yourself, and what can be declared."""
    found = disagreement.own_groups(visit.cell, visit.actor)
    if isinstance(found, Refused):
        return found
    axes = [Axis(axis=axis.id, label=axis.label, groups=dict(axis.groups)) for axis in disagreement.AXES]
    return OwnGroups(values=found.values, at=found.at, axes=axes)


class Declaration(Body):
    """Axis: group, for the axes that you wish to answer."""

    values: Annotated[dict[Name, Line], Field(max_length=20)]


def declare(visit: Visit, body: Declaration, key: Key) -> Done | Refused:
    """Declare, if you wish, groups that you count yourself to. It replaces what you declared before."""
    found = disagreement.declare_groups(visit.cell, visit.actor, dict(body.values), key=key)
    return found if isinstance(found, Refused) else Done(receipt=Receipt.of(found.receipt))


def withdraw(visit: Visit, key: Key) -> Done | Refused:
    """Take your declaration back. It is used no more, and its content is erased."""
    found = disagreement.withdraw_groups(visit.cell, visit.actor, key=key)
    return found if isinstance(found, Refused) else Done(receipt=Receipt.of(found.receipt))

"""Why judges disagreed, as far as that was looked at: causes with their evidence, corrections, totals. Pure.

A cause is what a model made of the evidence, with its posterior; people may have corrected it. Reasons that people gave
for a correction stay in the cell. How labels lie between declared groups stands in the records, suppressed where it
would tell of a person.
"""

from collections import Counter
from collections.abc import Iterator

from tallystick import __version__
from tallystick.bundle.counting import cases, standing_case
from tallystick.bundle.derive import Tables
from tallystick.bundle.figures.figure import Figure
from tallystick.bundle.quality import TOLERANCE_PPM
from tallystick.bundle.state import Entered
from tallystick.events.adjudication import DisagreementPreserved, DisagreementReturned, DisagreementSettled
from tallystick.events.disagreement import ClassCorrected, ClassModelFitted, DisagreementClassified, WeighedTerm
from tallystick.flow.disagreement import classes

SCHEMA = "tallystick/disagreements/1"
UNDETERMINED, NOT_LOOKED_AT = "undetermined", "not-classified"


class Cause(Figure, frozen=True, kw_only=True):
    """The newest classification of one item, and what the newest correction of it says."""

    item: str
    external: str
    batch: str
    outcome: str  # open | settled | preserved | returned | withdrawn | none: what became of the disagreement
    cause: str | None  # that the evidence determines; null while it does not
    proposed: str | None  # the likeliest, however unsure
    posterior_ppm: dict[str, int]
    terms: list[WeighedTerm]
    absent: list[str]  # sources without evidence
    judges: int
    model: str
    seq: int  # index of the classification in the log
    corrected: str | None  # what a person said it is
    corrected_seq: int | None


class BatchCauses(Figure, frozen=True, kw_only=True):
    """How many disagreements of one batch have which cause; corrections count before what a model says."""

    batch: str
    name: str
    domain: str
    disagreements: int  # that stand, settled or not
    causes: dict[str, int]  # undetermined and not-classified among them
    outcomes: dict[str, int]


class Disagreements(Figure, frozen=True, kw_only=True):
    """quality/disagreements.json."""

    schema: str
    batches: list[BatchCauses]
    items: list[Cause]
    corrections: int
    agreeing: int  # of the corrections: the person said what the model had determined


def unfounded(tables: Tables) -> Iterator[tuple[int, str]]:
    """(entry, sentence) of every classification whose posterior does not follow from its terms and its model.

    Another version of the software may know another built-in model: its classifications are held against nothing.
    """
    state = tables.state
    fitted = {one.fact.model: one.fact for one in state.told(ClassModelFitted)}
    domains = {item.fact.item: item.fact.domain for item in state.items}
    for one in state.told(DisagreementClassified):
        fact = one.fact
        if fact.code_version != __version__ or not fact.terms:
            continue
        model = classes.model_of(fitted.get(fact.model))
        if (model.name, model.digest) != (fact.model, fact.model_digest):
            yield one.seq, f"classified by the model {fact.model}, which is not the one of that name in the entries"
            continue
        again = classes.posterior_again(fact, model.of(domains[fact.item]))
        if any(abs(again[cause] - fact.posterior.get(cause, -1)) > TOLERANCE_PPM for cause in again):
            yield one.seq, f"the posterior does not follow from its terms: stated {fact.posterior}, computed {again}"


def disagreements(tables: Tables) -> Disagreements:
    """Over the items of the released batches, in journal order of the items."""
    state = tables.state
    newest = {one.fact.item: one for one in state.told(DisagreementClassified)}
    corrected = {one.fact.item: one for one in state.told(ClassCorrected)}
    outcomes = _outcomes(tables)
    items = {item.fact.item: item.fact for item in state.items}
    causes = [
        _cause(newest[name], corrected.get(name), external=fact.external, outcome=outcomes.get(name, "none"))
        for name, fact in items.items()
        if name in newest
    ]
    every = state.told(ClassCorrected)
    return Disagreements(
        schema=SCHEMA, batches=_batches(tables, causes, outcomes), items=causes, corrections=len(every),
        agreeing=sum(one.fact.proposed == one.fact.cause for one in every),
    )  # fmt: skip


def _outcomes(tables: Tables) -> dict[str, str]:
    found = {}
    for item, given in cases(tables.state).items():
        case = standing_case(given)
        if case is None:
            found[item] = "withdrawn"
        else:
            found[item] = "open" if case.closed is None else _ENDED[type(case.closed.fact)]
    return found


_ENDED: dict[type, str] = {
    DisagreementSettled: "settled", DisagreementPreserved: "preserved", DisagreementReturned: "returned",
}  # fmt: skip


def _cause(
    found: Entered[DisagreementClassified], corrected: Entered[ClassCorrected] | None, *, external: str, outcome: str
) -> Cause:
    fact = found.fact
    return Cause(
        item=fact.item, external=external, batch=fact.batch, outcome=outcome, cause=fact.cause, proposed=fact.proposed,
        posterior_ppm=fact.posterior, terms=fact.terms, absent=fact.absent, judges=fact.judges, model=fact.model,
        seq=found.seq, corrected=corrected.fact.cause if corrected else None,
        corrected_seq=corrected.seq if corrected else None,
    )  # fmt: skip


def _batches(tables: Tables, causes: list[Cause], outcomes: dict[str, str]) -> list[BatchCauses]:
    of = {item.fact.item: item.fact.batch for item in tables.state.items}
    known = {one.item: one.corrected or one.cause or UNDETERMINED for one in causes}
    found = []
    for batch in tables.state.released:
        mine = [item for item, outcome in outcomes.items() if of[item] == batch.fact.batch and outcome != "withdrawn"]
        found.append(BatchCauses(
            batch=batch.fact.batch, name=batch.fact.name, domain=batch.fact.domain, disagreements=len(mine),
            causes=dict(sorted(Counter(known.get(item, NOT_LOOKED_AT) for item in mine).items())),
            outcomes=dict(sorted(Counter(outcomes[item] for item in mine).items())),
        ))  # fmt: skip
    return found

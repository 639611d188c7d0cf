"""The agreement gate: a batch is measured against its domain's threshold. Pure: judgments in, the decision out."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from tallystick import canon
from tallystick.canon import PPM
from tallystick.events.gate import BatchMeasured, MeasuredValue
from tallystick.flow.answer import under
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric, share_text
from tallystick.signals import BY_NAME, preference
from tallystick.signals.shape import Facts, Labelled, Measure
from tallystick.stats import power
from tallystick.stats.agreement import Agreement, PairKappa, Question, measure, pairwise_kappa

CRITERION_METRIC = "krippendorff_alpha"
CRITERION_LEVEL = "ordinal"
OTHER_SCALE = "scores_on_another_scale"
SEED = 0
"""Bootstrap intervals are drawn from a fixed seed: the same judgments give the same interval everywhere."""


PASS, FAIL, UNDECIDED = "pass", "fail", "undecided"


@dataclass(frozen=True, slots=True)
class Weighed:
    """What one thing says of the gate, and why it does not pass."""

    decision: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One judgment, as the gate needs it."""

    judgment: str
    item: str
    expert: str
    verdict: str
    scores: Mapping[str, Mapping[str, int]]
    is_expected: bool  # its item was declared, before judgment, as expected to divide
    rubric_version: str
    signal: str = preference.SIGNAL
    values: Mapping[str, str] = field(default_factory=dict)
    marks: tuple[Labelled, ...] = ()

    @property
    def facts(self) -> Facts:
        """What it says, as its signal's measures read it."""
        return Facts(verdict=self.verdict, scores=self.scores, values=self.values, marks=self.marks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What the contract and the rubric ask of a batch."""

    metric: str
    level: str
    rule: str  # estimate | lower_bound
    threshold_ppm: int
    items_min: int = 1  # items with two deciding judgments, from which on a figure can pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The batch and the versions under which it is measured."""

    batch: str
    programme: str
    domain: str
    contract_version: str
    incomplete: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Ratings in long form, ready for a coefficient.

    items     the unit that is rated: an item, or a part of it
    clusters  the item of each rating where the unit is less: intervals draw items, whose parts belong together
    level     the scale of the ratings, where it follows from what is rated
    """

    items: list[str]
    raters: list[str]
    values: list[str]
    categories: tuple[str, ...]
    clusters: list[str] | None = None
    level: str | None = None

    @property
    def units_per_item(self) -> float:
        """How many units an item gives."""
        return len(set(self.items)) / max(1, len(set(self.clusters or self.items)))


def verdict_table(judged: Iterable[Judged], level: str, rubric: Rubric | None = None) -> Table:
    """What the gate holds to its threshold, as ratings: the headline measure of the judgments' signal.

    level   what the contract asks of a signal that can be read on more than one scale, as a preference can
    rubric  whose own lists of labels replace those of the signal
    """
    judged = list(judged)
    return measure_table(judged, headline(judged, level, rubric))


def headline(judged: Sequence[Judged], level: str, rubric: Rubric | None = None) -> Measure:
    """The headline measure of judgments of one signal; that of a preference where there are none."""
    signal = BY_NAME[judged[0].signal if judged else preference.SIGNAL]
    return (under(signal, rubric) if rubric else signal).headline(level)


def measure_table(judged: Iterable[Judged], measure: Measure) -> Table:
    """One measure of a signal as ratings."""
    rows = [(j, unit, value) for j in judged for unit, value in measure.read(j.facts)]
    given = {value for _, _, value in rows}
    known = measure.values or ()
    # A judgment made under other lists of labels is a rating all the same: what is not known stands at the end.
    categories = (*known, *sorted(given - set(known)))
    is_part = any(unit for _, unit, _ in rows)
    return Table(
        items=[f"{j.item}|{unit}" if unit else j.item for j, unit, _ in rows], raters=[j.expert for j, _, _ in rows],
        values=[value for _, _, value in rows], categories=categories, level=measure.level,
        clusters=[j.item for j, _, _ in rows] if is_part else None,
    )  # fmt: skip


def compared(judged: Iterable[Judged], level: str) -> list[Judged]:
    """The judgments that stand in `verdict_table`, row by row."""
    judged = list(judged)
    read = headline(judged, level).read
    return [j for j in judged for _ in read(j.facts)]


def criterion_table(judged: Iterable[Judged], criterion: str, *, low: int, high: int) -> Table:
    """One criterion's scores as ratings: each item gives a unit for each candidate."""
    rows = [(j, side) for j in judged if criterion in j.scores for side in sorted(j.scores[criterion])]
    return Table(
        items=[f"{j.item}|{side}" for j, side in rows], raters=[j.expert for j, _ in rows],
        values=[str(j.scores[criterion][side]) for j, side in rows], clusters=[j.item for j, _ in rows],
        categories=tuple(str(point) for point in range(low, high + 1)),
    )  # fmt: skip


def agreement_of(table: Table, metric: str, level: str) -> Agreement:
    """One coefficient of a table."""
    return measure(
        table.items, table.raters, table.values, metric=metric, level=_level(table, metric, level),
        categories=table.categories, clusters=table.clusters, seed=SEED,
    )  # fmt: skip


def _level(table: Table, metric: str, asked: str) -> str:
    """The scale of a coefficient that has one: what is rated knows its own."""
    return table.level if table.level and metric == CRITERION_METRIC else asked


def others(judged: Sequence[Judged], level: str, rubric: Rubric) -> list[MeasuredValue]:
    """Agreement on everything else that the signal measures, beside the headline that the gate holds."""
    if not judged:
        return []
    held = headline(judged, level, rubric)
    rest = [one for one in under(BY_NAME[judged[0].signal], rubric).measures if one.name != held.name]
    return [
        _value(f"measure:{one.name}", agreement_of(measure_table(judged, one), one.metric, one.level)) for one in rest
    ]


def pairs(judged: list[Judged]) -> list[PairKappa]:
    """Cohen's kappa of every pair of experts, over verdict directions."""
    table = verdict_table(judged, "nominal")
    return pairwise_kappa(table.items, table.raters, table.values, categories=table.categories)


def measure_batch(batch: Batch, judged: list[Judged], rubric: Rubric, bar: Bar, *, code_version: str) -> BatchMeasured:
    """Measure a batch and decide. An undefined number passes nothing and fails nothing: it is undecided."""
    counted = [j for j in judged if not j.is_expected]
    expected = [j for j in judged if j.is_expected]
    table = verdict_table(counted, bar.level, rubric)
    found = agreement_of(table, bar.metric, bar.level)
    verdict = _value("verdict", found)
    criteria = [_criterion(counted, criterion.id, rubric) for criterion in rubric.criteria]
    gated = gated_in(rubric, judged)
    short = [(value, of) for value, of in ((verdict, table), *criteria) if value is verdict or value.what in gated]
    weighed = [_enough(found, bar), *(_weighed(value, of, bar) for value, of in short)]
    decision = _decided(weighed)
    why = " ".join(one.why for one in weighed if one.why)
    apart = agreement_of(verdict_table(expected, bar.level, rubric), bar.metric, bar.level) if expected else None
    return BatchMeasured(
        batch=batch.batch, programme=batch.programme, domain=batch.domain, rubric=rubric.id,
        rubric_version=rubric.version, contract_version=batch.contract_version, rule=bar.rule,
        threshold_ppm=bar.threshold_ppm, decision=decision,
        why=why or f"Agreement reaches the threshold of {share_text(bar.threshold_ppm)}.", verdict=verdict,
        criteria=[value for value, _ in criteria], expected=_value("expected_disagreement", apart) if apart else None,
        inputs_digest=inputs_digest(judged), incomplete=batch.incomplete, code_version=code_version,
    )  # fmt: skip


def gated_in(rubric: Rubric, judged: Sequence[Judged]) -> frozenset[str]:
    """The criteria that count for the gate: none where all that was judged is of signals without scores."""
    if judged and not any(BY_NAME[one.signal].is_scored for one in judged):
        return frozenset()
    return frozenset(f"criterion:{criterion.id}" for criterion in rubric.criteria if criterion.gated)


def _criterion(judged: list[Judged], criterion: str, rubric: Rubric) -> tuple[MeasuredValue, Table]:
    scale = rubric.by_id[criterion].scale
    table = criterion_table(judged, criterion, low=scale.low, high=scale.high)
    if not set(table.values) <= set(table.categories):
        # Scores from an earlier version with a wider scale cannot be read on this one: there is no number.
        unread = MeasuredValue(
            what=f"criterion:{criterion}", metric=CRITERION_METRIC, level=CRITERION_LEVEL, status=OTHER_SCALE,
            value_ppm=None, low_ppm=None, high_ppm=None, items=len(set(table.items)), raters=len(set(table.raters)),
            judgments=len(table.values),
        )  # fmt: skip
        return unread, table
    return _value(f"criterion:{criterion}", agreement_of(table, CRITERION_METRIC, CRITERION_LEVEL)), table


def _value(what: str, found: Agreement) -> MeasuredValue:
    low, high = (found.interval.low, found.interval.high) if found.interval else (None, None)
    return MeasuredValue(
        what=what, metric=found.metric, level=found.level or "nominal", status=str(found.status),
        value_ppm=None if found.value is None else canon.ppm(found.value),
        low_ppm=None if low is None else canon.ppm(low), high_ppm=None if high is None else canon.ppm(high),
        items=found.n_items, raters=found.n_raters, judgments=found.n_judgments,
    )  # fmt: skip


def _decided(weighed: list[Weighed]) -> str:
    """The decision of all that counts. What too few items show is neither agreement nor its absence."""
    found = {one.decision for one in weighed}
    if weighed[0].decision == UNDECIDED or FAIL not in found:
        return UNDECIDED if UNDECIDED in found else PASS
    return FAIL


def _enough(found: Agreement, bar: Bar) -> Weighed:
    """Whether a batch is large enough to show anything. A pair of lucky answers is no agreement."""
    short = bar.items_min - found.n_pairable
    if short <= 0:
        return Weighed(PASS)
    why = (
        f"Expected at least {bar.items_min} items with two judgments that decide, found {found.n_pairable}: "
        f"bring {short} more, or have these judged."
    )
    return Weighed(UNDECIDED, why)


def _weighed(value: MeasuredValue, table: Table, bar: Bar) -> Weighed:
    """What one value says of the bar, and why it does not reach it."""
    measured, asked = value.what.removeprefix("criterion:"), share_text(bar.threshold_ppm)
    if value.value_ppm is None:
        return Weighed(UNDECIDED, f"Agreement on {measured} is undefined ({value.status}): expected at least {asked}.")
    if bar.rule == "lower_bound":
        return _weighed_low(value, table, bar, f"lower bound of agreement on {measured} of at least {asked}")
    if value.value_ppm >= bar.threshold_ppm:
        return Weighed(PASS)
    return Weighed(FAIL, f"Expected agreement on {measured} of at least {asked}, found {value.value_ppm / PPM:.3f}.")


def _weighed_low(value: MeasuredValue, table: Table, bar: Bar, expected: str) -> Weighed:
    """The same where the lower end of the interval decides: between the two ends nothing is decided."""
    if value.low_ppm is None or value.high_ppm is None:
        return Weighed(UNDECIDED, f"Expected {expected}, found no interval: there are too few items for one.")
    if value.low_ppm >= bar.threshold_ppm:
        return Weighed(PASS)
    low, high = f"{value.low_ppm / PPM:.3f}", f"{value.high_ppm / PPM:.3f}"
    if value.high_ppm < bar.threshold_ppm:
        return Weighed(FAIL, f"Expected {expected}, found {low} to {high}.")
    between = f"Expected {expected}, found {low} to {high}: the threshold lies between."
    return Weighed(UNDECIDED, f"{between} {_more_words(value, table, bar)}")


def _more_words(value: MeasuredValue, table: Table, bar: Bar) -> str:
    """How many more items would decide what the present ones leave open."""
    assert value.value_ppm is not None
    found = to_decide(table, value, bar)
    what = f"if agreement stays at {value.value_ppm / PPM:.3f}"
    if found.items_more is None or found.judgments_more is None:
        return f"So near to the threshold no number of items that can be judged would decide it, {what}."
    items, judgments = (math.ceil(n / table.units_per_item) for n in (found.items_more, found.judgments_more))
    return (
        f"About {items:,} more items with {judgments:,} judgments would decide it with a chance of {found.power:.0%}, "
        f"{what}."
    )


def to_decide(table: Table, value: MeasuredValue, bar: Bar) -> power.ToDecide:
    """How many more units of a table, judged as often as the present ones, would decide a value."""
    return power.to_decide(
        table.items, table.raters, table.values, Question(metric=value.metric, level=value.level),
        threshold=bar.threshold_ppm / PPM, rule=bar.rule, categories=table.categories, clusters=table.clusters,
        seed=SEED,
    )  # fmt: skip


def inputs_digest(judged: list[Judged]) -> str:
    """A digest over exactly the judgments that were measured, in their order."""
    return canon.digest_of([_said(j) for j in judged])


def _said(j: Judged) -> list[object]:
    scores = {criterion: dict(points) for criterion, points in j.scores.items()}
    marks = [{name: value for name, value in asdict(mark).items() if value is not None} for mark in j.marks]
    detail = [dict(j.values), marks] if j.values or j.marks else []
    return [j.judgment, j.item, j.expert, j.verdict, scores, *detail]


def refuse(measured: BatchMeasured, name: str) -> Refused | None:
    """The refusal that a failing gate is to everything behind it."""
    if measured.decision == PASS:
        return None
    if measured.decision == UNDECIDED:
        sentence = f"The gate of batch {name} is undecided, so it does not pass. {measured.why}"
        return Refused("gate-undecided", sentence, "batches", (name,))
    return Refused("below-threshold", f"Batch {name} does not pass its gate. {measured.why}", "batches", (name,))

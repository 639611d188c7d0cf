"""Which answers stand beside which on the same item, and how often chance alone would bring them together. Pure.

Observed and expected coincidences as Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", has them: each
item with m answers gives every ordered pair of its answers the weight 1 / (m - 1); of n answers in all, n[c] of them c,
chance gives c and k the weight n[c] n[k] / (n - 1), and c with itself n[c] (n[c] - 1) / (n - 1). Fractions all the way,
so that every computer rounds alike.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from tallystick.bundle.contents import rubric_path
from tallystick.bundle.counting import judged
from tallystick.bundle.derive import Tables
from tallystick.bundle.figures.figure import Figure
from tallystick.events.gate import BatchMeasured
from tallystick.flow import gate
from tallystick.flow.gate import Judged, Table

SCHEMA = "tallystick/confusion/1"
DIRECTION, STRENGTH, EXPECTED = "direction", "strength", "expected_disagreement"


class Coincidences(Figure, frozen=True, kw_only=True):
    """One question: rows and columns in the order of its categories, both symmetric."""

    what: str  # direction | strength | criterion:<id> | expected_disagreement: directions of items declared so
    categories: list[str]
    units: int  # with two answers or more: items, or for a criterion the candidates of items
    answers: int  # on those
    observed_milli: list[list[int]]
    expected_milli: list[list[int]]


class BatchConfusion(Figure, frozen=True, kw_only=True):
    """The questions of one batch."""

    batch: str
    name: str
    domain: str
    tables: list[Coincidences]


class Confusion(Figure, frozen=True, kw_only=True):
    """quality/confusion.json: of the judgments that count, those that decide."""

    schema: str
    batches: list[BatchConfusion]
    over_all: list[Coincidences]  # verdicts alone: criteria belong to a rubric


def confusion(tables: Tables) -> Confusion:
    """Each released batch, in the order of its measurement, and all of them together."""
    given = judged(tables.state)
    names = {batch.fact.batch: batch.fact.name for batch in tables.state.batches}
    batches = [
        BatchConfusion(
            batch=one.fact.batch, name=names[one.fact.batch], domain=one.fact.domain,
            tables=[*_verdicts(given[one.fact.batch]), *_criteria(tables, one.fact, given[one.fact.batch])],
        )
        for one in tables.state.measured
    ]  # fmt: skip
    return Confusion(
        schema=SCHEMA, batches=batches, over_all=list(_verdicts([one for part in given.values() for one in part]))
    )


def _verdicts(given: Sequence[Judged]) -> Iterator[Coincidences]:
    counted = [one for one in given if not one.is_expected]
    apart = [one for one in given if one.is_expected]
    yield coincidences(DIRECTION, gate.verdict_table(counted, "nominal"))
    yield coincidences(STRENGTH, gate.verdict_table(counted, "ordinal"))
    if apart:
        yield coincidences(EXPECTED, gate.verdict_table(apart, "nominal"))


def _criteria(tables: Tables, fact: BatchMeasured, given: Sequence[Judged]) -> Iterator[Coincidences]:
    counted = [one for one in given if not one.is_expected]
    for criterion in tables.rubrics[rubric_path(fact.rubric, fact.rubric_version)].criteria:
        table = gate.criterion_table(counted, criterion.id, low=criterion.scale.low, high=criterion.scale.high)
        if set(table.values) <= set(table.categories):  # else scores of an earlier version with a wider scale
            yield coincidences(f"criterion:{criterion.id}", table)


def coincidences(what: str, table: Table) -> Coincidences:
    """Observed and expected coincidences of the answers of a table, in thousandths."""
    answers: dict[str, list[int]] = {}
    place = {category: number for number, category in enumerate(table.categories)}
    for unit, value in zip(table.items, table.values, strict=True):
        answers.setdefault(unit, [0] * len(place))[place[value]] += 1
    patterns = Counter(tuple(counts) for counts in answers.values() if sum(counts) > 1)
    totals = [sum(counts[number] * many for counts, many in patterns.items()) for number in range(len(place))]
    return Coincidences(
        what=what, categories=list(table.categories), units=sum(patterns.values()), answers=sum(totals),
        observed_milli=_milli(_observed(patterns.items(), len(place))), expected_milli=_milli(_expected(totals)),
    )  # fmt: skip


def _observed(patterns: Iterable[tuple[tuple[int, ...], int]], size: int) -> list[list[Fraction]]:
    found = [[Fraction(0)] * size for _ in range(size)]
    for counts, many in patterns:
        weight = Fraction(many, sum(counts) - 1)
        used = [number for number, count in enumerate(counts) if count]
        for row in used:
            for column in used:
                found[row][column] += weight * counts[row] * (counts[column] - (row == column))
    return found


def _expected(totals: Sequence[int]) -> list[list[Fraction]]:
    others = max(1, sum(totals) - 1)
    return [
        [Fraction(one * (other - (row == column)), others) for column, other in enumerate(totals)]
        for row, one in enumerate(totals)
    ]


def _milli(table: Sequence[Sequence[Fraction]]) -> list[list[int]]:
    return [[round(1000 * value) for value in row] for row in table]

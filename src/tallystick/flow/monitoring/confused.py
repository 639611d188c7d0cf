"""Which answers are given for which, on the verdict or on one criterion of a batch. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from tallystick.flow.gate import SEED, Judged, Table, criterion_table, verdict_table
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric
from tallystick.stats.agreement.categories import CategoryAgreement, category_agreement
from tallystick.stats.agreement.confusion import Confused, Confusion, confusion

VERDICT = "verdict"
Row = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """The answers to one question of a batch held against each other.

    what        verdict, or a criterion
    dimensions  what else can be asked
    categories  agreement on each answer by itself
    worst       the two different answers that stand beside each other most often, with how often
    left_out    scores on another scale, of an earlier rubric version
    """

    what: str
    dimensions: tuple[str, ...]
    confusion: Confusion
    categories: tuple[CategoryAgreement, ...]
    worst: Confused | None
    left_out: int


def between(judged: Sequence[Judged], rubric: Rubric, what: str) -> Between | Refused:
    """Hold the answers of a batch against each other. Items that were expected to divide are left to the caller."""
    dimensions = (VERDICT, *(criterion.id for criterion in rubric.criteria))
    if what not in dimensions:
        return Refused(
            "unknown-dimension", f"Expected one of {', '.join(dimensions)}, found {what[:60]!r}.", "of", dimensions
        )
    table, left_out = _table(judged, rubric, what)
    found = confusion(table.items, table.raters, table.values, categories=table.categories)
    by_category = category_agreement(table.items, table.raters, table.values, categories=table.categories, seed=SEED)
    apart = [cell for cell in found.cells if cell.first != cell.second and cell.observed]
    return Between(
        what=what, dimensions=dimensions, confusion=found, categories=tuple(by_category),
        worst=max(apart, key=lambda cell: cell.observed or 0, default=None), left_out=left_out,
    )  # fmt: skip


def _table(judged: Sequence[Judged], rubric: Rubric, what: str) -> tuple[Table, int]:
    if what == VERDICT:
        return verdict_table(judged, "nominal"), 0
    scale = rubric.by_id[what].scale
    table = criterion_table(judged, what, low=scale.low, high=scale.high)
    rows = [row for row in zip(table.items, table.raters, table.values, strict=True) if row[2] in table.categories]
    kept = Table(
        items=[row[0] for row in rows], raters=[row[1] for row in rows], values=[row[2] for row in rows],
        categories=table.categories,
    )  # fmt: skip
    return kept, len(table.values) - len(rows)

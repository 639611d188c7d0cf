"""quality/report.md: what was measured, how answers part, what was done about it, and what stayed out. Pure."""

from collections.abc import Iterator

from tallystick.bundle.cards import told
from tallystick.bundle.cards.markdown import table, warning
from tallystick.bundle.cards.summary import share
from tallystick.bundle.derive import Tables
from tallystick.bundle.figures import Figures
from tallystick.events.gate import BatchMeasured, MeasuredValue


def report(tables: Tables, figures: Figures) -> str:
    """quality/report.md."""
    names = {b.fact.batch: f"{b.fact.name}, {b.fact.domain}" for b in tables.state.batches}
    parts = [_batch_report(names[m.fact.batch], m.fact, m.seq) for m in tables.state.measured]
    spec = tables.state.cut.fact
    stayed = "".join(f"- {names[batch]}: {why}\n" for batch, why in spec.left_out.items())
    out = table(("item", "batch", "reason", "judgments"), (
        (e.external, names[e.batch], e.reason, f"{e.judgments} of {e.needed}") for e in tables.exclusions
    ))  # fmt: skip
    return f"""# Quality report: {spec.name} {spec.version}

{warning(tables)}
Each number was measured by the gate before the release was cut and stands in the log at the entry named. Whoever checks
the release computes it again from the judgments. An undefined number passes no gate and is never shown as 0 or 1.

{"".join(parts)}{"".join(_apart(figures))}## Batches that stayed out

{stayed or "None." + chr(10)}
## Items without a record

{out if tables.exclusions else "None." + chr(10)}"""


def _apart(figures: Figures) -> Iterator[str]:
    yield from _confusion(figures)
    yield "## Over time\n\n"
    for trend in figures.trend.batches:
        yield f"{trend.name}, {trend.domain}:\n\n{table(*told.points(trend))}\n"
    yield f"## Adjudication\n\n{told.overturned(figures)}\n\n{_overturn(figures)}"
    yield f"## Why judges disagreed\n\n{told.causes(figures)}\n\n"
    yield f"## Interventions\n\n{told.interventions(figures)}\n\n"
    for one in figures.interventions.interventions:
        yield f"{one.intervention}, rubric {one.rubric}, threshold {share(one.threshold_ppm)}:\n\n"
        yield f"{table(*told.steps(one))}\n"
    yield f"## Work that was done again\n\n{told.redone(figures)}\n\n"
    yield f"## What watching the work showed\n\n{told.watched(figures)}\n\n{_escape(figures)}"
    yield f"## Consensus by a model\n\n{told.consensus(figures)}\n\n"


def _confusion(figures: Figures) -> Iterator[str]:
    yield (
        "## Which answers stand beside which\n\nPairs of answers on one item, counted so that each answer weighs one; "
        "in brackets what chance would bring. More tables: quality/confusion.json.\n\n"
    )
    for batch in figures.confusion.batches:
        found = told.directions(batch.tables)
        yield f"{batch.name}, {batch.domain}: {told.confused(found)}\n\n{table(*told.matrix(found))}\n"


def _overturn(figures: Figures) -> str:
    counts = [("domain", one) for one in figures.overturn.by_domain]
    counts += [("criterion", one) for one in figures.overturn.by_criterion]
    if not counts:
        return ""
    rows = (
        (kind, one.name, str(one.settled), str(one.upheld), str(one.overturned), str(one.undecided))
        for kind, one in counts
    )
    return f"{table(('of', 'name', 'judgments', 'upheld', 'overturned', 'undecided'), rows)}\n"


def _escape(figures: Figures) -> str:
    found = figures.monitoring.escape
    if found is None:
        return ""
    rows = (
        (
            str(one.round), one.risk, str(one.pool), str(one.drawn), str(one.answered), str(one.defects),
            "none" if one.at_most is None else str(one.at_most),
        )
        for one in found.strata
    )  # fmt: skip
    head = ("round", "risk", "items", "drawn", "answered", "defects", "at most, 95 %")
    return f"{table(head, rows)}\n"


def _batch_report(name: str, fact: BatchMeasured, seq: int) -> str:
    values = [fact.verdict, *fact.criteria, *([fact.expected] if fact.expected else [])]
    rows = table(
        ("what", "coefficient", "value", "95 % interval", "items", "raters", "judgments"), map(_value_row, values)
    )
    return f"""## {name}

Rubric {fact.rubric} {fact.rubric_version}, threshold {share(fact.threshold_ppm)} on the {fact.rule.replace("_", " ")}.
Decision: **{fact.decision}**. {fact.why} Entry {seq} of the log.

{rows}
"""


def _value_row(value: MeasuredValue) -> tuple[str, ...]:
    number = share(value.value_ppm) if value.value_ppm is not None else f"undefined ({value.status})"
    interval = "none" if value.low_ppm is None else f"{share(value.low_ppm)} to {share(value.high_ppm)}"
    what = value.what.removeprefix("criterion:")
    metric = f"{value.metric}, {value.level}"
    return what, metric, number, interval, str(value.items), str(value.raters), str(value.judgments)

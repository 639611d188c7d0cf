"""The data card as one HTML page that needs nothing else: own style, inline SVG, no script, light and dark. Pure."""

from collections.abc import Iterator, Sequence
from html import escape

from tallystick.bundle.cards import told
from tallystick.bundle.cards.evaluation import sections
from tallystick.bundle.cards.summary import Summary, day
from tallystick.bundle.figures.confusion import Coincidences
from tallystick.bundle.figures.disagreements import NOT_LOOKED_AT
from tallystick.bundle.figures.trend import Point
from tallystick.bundle.manifest import notices
from tallystick.canon import PPM
from tallystick.events.gate import BatchMeasured, MeasuredValue
from tallystick.plots import (
    STYLE,
    HistoryPlot,
    HistoryPoint,
    IntervalPlot,
    IntervalRow,
    Plot,
    SharePlot,
    ShareRow,
    draw,
)

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_CSS = """
:root { color-scheme: light dark; }
body { margin: 2rem auto; padding: 0 1rem; max-width: 46rem; font: 16px/1.55 system-ui, sans-serif;
  color: #1d1b17; background: #fdfcf8; }
h1, h2, h3 { line-height: 1.25; }
h2 { margin-top: 2.5rem; border-top: 1px solid #ddd8ca; padding-top: 1rem; }
.notice { border: 2px solid #9c2a1c; padding: .75rem 1rem; font-weight: 600; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; }
dl.facts dd { margin: 0; overflow-wrap: anywhere; }
dl.card dt { font-weight: 600; margin-top: 1rem; }
dl.card dd { margin: .25rem 0 0; overflow-wrap: anywhere; white-space: pre-line; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: .5rem 0; }
th, td { padding: .25rem .75rem .25rem 0; text-align: right; white-space: nowrap; }
th:first-child { text-align: left; }
.id { color: #635e52; font-variant-numeric: tabular-nums; }
@media (prefers-color-scheme: dark) {
  body { color: #ece7da; background: #191813; }
  h2 { border-color: #3a372f; }
  .notice { border-color: #f0917f; }
  .id { color: #aaa391; }
}
"""


def page(s: Summary) -> str:
    """datasheet.html."""
    title = escape(s.title)
    told = "".join(f'<p class="notice">{escape(notice)}</p>\n' for notice in notices(s.tables))
    pictures = "".join(f"<h3>{escape(plot.title)}</h3>\n{draw(plot)}\n" for plot in plots(s)) + _confusions(s)
    cards = "".join(
        f'<section><h2>{escape(section.title)}</h2>\n<dl class="card">\n'
        + "".join(
            f'<dt><span class="id">{a.id}</span> {escape(a.question)}</dt>\n<dd>{escape(a.text)}</dd>\n'
            for a in section.answers
        )
        + "</dl></section>\n"
        for section in sections(s)
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>Data card: {title}</title>
<style>{_CSS}{STYLE}</style>
</head>
<body>
<main>
<h1>Data card: {title}</h1>
{told}{_facts(s)}<section><h2>At a glance</h2>
{pictures}</section>
{cards}</main>
</body>
</html>
"""


def _facts(s: Summary) -> str:
    state = s.tables.state
    rows = (
        ("Records", str(len(s.tables.records))),
        ("Judgments", f"{len(s.tables.judgments)} ({s.observed} observed, {s.imported} imported)"),
        ("Simulated", "yes" if s.tables.is_simulated else "no"),
        ("Key custody", state.cell.fact.custody),
        ("Log", state.cell.fact.origin),
        ("Cut at entry", str(state.cut.seq)),
    )
    return '<dl class="facts">\n' + "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>\n" for k, v in rows) + "</dl>\n"


def plots(s: Summary) -> Sequence[Plot]:
    """The pictures of the card: agreement of each batch and criterion, its way over time, verdicts, causes, domains."""
    found: list[Plot] = [_agreement(s), *_trends(s), *_remeasured(s), *_causes(s)]
    for title, counts in (("Verdicts", s.verdicts), ("Consensus", s.how), ("Domains", s.domains)):
        rows = tuple(ShareRow(label=name.replace("_", " "), count=number) for name, number in counts.items())
        found.append(SharePlot(title=title, rows=rows))
    return found


def _agreement(s: Summary) -> IntervalPlot:
    rows = []
    for measured in s.tables.state.measured:
        fact = measured.fact
        gated = _gated(s, fact)
        rows.append(_row(f"{fact.domain}: verdict", fact.verdict, fact.threshold_ppm))
        for value in fact.criteria:
            name = value.what.partition(":")[2]
            rows.append(_row(f"{fact.domain}: {name}", value, fact.threshold_ppm if name in gated else None))
    return IntervalPlot(title="Agreement against threshold", rows=tuple(rows))


def _trends(s: Summary) -> Iterator[Plot]:
    """One line for each batch that was measured more than once."""
    for trend in s.figures.trend.batches:
        if len(trend.points) > 1:
            yield HistoryPlot(
                title=f"Agreement over time: {trend.name}, {trend.domain}",
                points=tuple(_point(point) for point in trend.points),
                threshold=_fraction(trend.points[-1].measured.threshold_ppm),
            )


def _point(point: Point) -> HistoryPoint:
    value = point.measured.verdict
    return HistoryPoint(
        when=day(point.at), value=_fraction(value.value_ppm), low=_fraction(value.low_ppm),
        high=_fraction(value.high_ppm),
    )  # fmt: skip


def _remeasured(s: Summary) -> Iterator[Plot]:
    """Before and after of every intervention that was measured again."""
    for one in s.figures.interventions.interventions:
        for step in one.steps:
            if step.what == "intervention-remeasured":
                rows = [_row(when, value, one.threshold_ppm) for when, value in zip(WHEN, step.values, strict=True)]
                title = f"Intervention {one.intervention}, {one.domain}, at entry {step.seq}"
                yield IntervalPlot(title=title, rows=tuple(rows))


WHEN = ("before", "after")


def _causes(s: Summary) -> Iterator[Plot]:
    for batch in s.figures.disagreements.batches:
        if set(batch.causes) - {NOT_LOOKED_AT}:
            rows = tuple(ShareRow(label=told.words(name), count=number) for name, number in batch.causes.items())
            yield SharePlot(title=f"Causes of disagreement: {batch.name}, {batch.domain}", rows=rows)


def _confusions(s: Summary) -> str:
    """The tables of coincidences over verdict directions, one for each batch."""
    return "<h3>Which answers stand beside which</h3>\n" + "".join(
        _table(f"{one.name}, {one.domain}. {told.confused(found)} In brackets what chance would bring.", found)
        for one in s.figures.confusion.batches
        for found in [told.directions(one.tables)]
    )


def _table(caption: str, found: Coincidences) -> str:
    head, rows = told.matrix(found)
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    cells = [(escape(first), "".join(f"<td>{escape(cell)}</td>" for cell in rest)) for first, *rest in rows]
    lines = "".join(f'<tr><th scope="row">{first}</th>{rest}</tr>\n' for first, rest in cells)
    return (
        f'<div class="wide" role="region" aria-label="{escape(caption.partition(".")[0])}" tabindex="0"><table>\n'
        f"<caption>{escape(caption)}</caption>\n<thead><tr>{columns}</tr></thead>\n"
        f"<tbody>\n{lines}</tbody></table></div>\n"
    )


def _gated(s: Summary, fact: BatchMeasured) -> set[str]:
    """The criteria that the gate holds against the threshold: the others are shown without one."""
    return {
        criterion.id
        for rubric in s.tables.state.rubrics
        if (rubric.fact.rubric, rubric.fact.version) == (fact.rubric, fact.rubric_version)
        for criterion in rubric.fact.criteria
        if criterion.gated
    }


def _row(label: str, value: MeasuredValue, threshold_ppm: int | None) -> IntervalRow:
    reason = "" if value.value_ppm is not None else value.status
    return IntervalRow(
        label=label, value=_fraction(value.value_ppm), low=_fraction(value.low_ppm), high=_fraction(value.high_ppm),
        threshold=_fraction(threshold_ppm), reason=reason,
    )  # fmt: skip


def _fraction(ppm: int | None) -> float | None:
    return None if ppm is None else ppm / PPM

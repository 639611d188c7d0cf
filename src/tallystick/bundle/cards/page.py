"""The data card as one HTML page that needs nothing else: own style, inline SVG, no script, light and dark. Pure."""

from collections.abc import Sequence
from html import escape

from tallystick.bundle.cards.evaluation import sections
from tallystick.bundle.cards.summary import Summary
from tallystick.bundle.manifest import notices
from tallystick.canon import PPM
from tallystick.events.gate import BatchMeasured, MeasuredValue
from tallystick.plots import STYLE, IntervalPlot, IntervalRow, Plot, SharePlot, ShareRow, draw

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
    pictures = "".join(f"<h3>{escape(plot.title)}</h3>\n{draw(plot)}\n" for plot in plots(s))
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
    """The pictures of the card: agreement of each batch and criterion, verdicts, domains."""
    found: list[Plot] = [_agreement(s)]
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
    def fraction(ppm: int | None) -> float | None:
        return None if ppm is None else ppm / PPM

    reason = "" if value.value_ppm is not None else value.status
    return IntervalRow(
        label=label, value=fraction(value.value_ppm), low=fraction(value.low_ppm), high=fraction(value.high_ppm),
        threshold=fraction(threshold_ppm), reason=reason,
    )  # fmt: skip

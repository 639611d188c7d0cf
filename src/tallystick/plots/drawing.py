"""From any plot value to SVG text, and the style that a plot needs away from our pages."""

from functools import singledispatch

from tallystick.plots.bars import (
    FillPlot,
    FunnelPlot,
    SharePlot,
    draw_fill,
    draw_funnel,
    draw_shares,
)
from tallystick.plots.intervals import HistoryPlot, IntervalPlot, draw_history, draw_intervals
from tallystick.plots.wording import ENGLISH, Wording

Plot = FillPlot | FunnelPlot | HistoryPlot | IntervalPlot | SharePlot


@singledispatch
def draw(plot: object, wording: Wording = ENGLISH) -> str:
    """SVG text of a plot: deterministic, escaped, without script, style or font.

    Pages theme it by their own style sheet. A data card puts STYLE in its own <style> element once.
    raises   TypeError for anything that is not a plot
    """
    del wording
    raise TypeError(f"expected one of our plots, found {type(plot).__name__}")


draw.register(FillPlot, draw_fill)
draw.register(FunnelPlot, draw_funnel)
draw.register(HistoryPlot, draw_history)
draw.register(IntervalPlot, draw_intervals)
draw.register(SharePlot, draw_shares)

# The rules of the plot part of web/static/components.css, with plain colours for a lone card.
STYLE = """
.plot { display: block; max-width: 44rem; overflow: visible; font: 13px system-ui, sans-serif; }
.plot text { fill: #1d1b17; }
.plot .plot-number { font-variant-numeric: tabular-nums; }
.plot text.plot-axis { fill: #635e52; font-size: 11px; }
.plot-track { stroke: #ddd8ca; stroke-width: 1; }
.plot-bed { fill: #ece8dd; }
.plot-bar { fill: #17594a; }
.plot-threshold { stroke: #1d1b17; stroke-width: 2; }
.plot-line, .plot-whisker, .plot-interval { stroke: #17594a; stroke-width: 2; }
.plot-interval { stroke-width: 4; stroke-opacity: 0.5; }
.plot-dot { fill: #17594a; stroke: #fff; stroke-width: 1.5; }
.plot-fail.plot-interval, .plot-fail.plot-whisker { stroke: #9c2a1c; }
.plot-fail.plot-dot, .plot text.plot-fail { fill: #9c2a1c; }
@media (prefers-color-scheme: dark) {
  .plot text { fill: #ece7da; }
  .plot text.plot-axis { fill: #aaa391; }
  .plot-track { stroke: #3a372f; }
  .plot-bed { fill: #2b2923; }
  .plot-bar { fill: #7cc4ac; }
  .plot-threshold { stroke: #ece7da; }
  .plot-line, .plot-whisker, .plot-interval { stroke: #7cc4ac; }
  .plot-dot { fill: #7cc4ac; stroke: #191813; }
  .plot-fail.plot-interval, .plot-fail.plot-whisker { stroke: #f0917f; }
  .plot-fail.plot-dot, .plot text.plot-fail { fill: #f0917f; }
}
""".lstrip()

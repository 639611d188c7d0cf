"""Numbers in, SVG out: the same picture on a page and in a data card.

Reads nothing, writes nothing. `draw` takes one of the plot values below and gives SVG text.
Why there is no charting library here: docs/decisions/0020-plots.md.
"""

from tallystick.plots.bars import FillPlot, FillRow, FunnelPlot, FunnelStep, SharePlot, ShareRow
from tallystick.plots.drawing import STYLE, Plot, draw
from tallystick.plots.intervals import HistoryPlot, HistoryPoint, IntervalPlot, IntervalRow
from tallystick.plots.wording import Wording

__all__ = [
    "STYLE",
    "FillPlot",
    "FillRow",
    "FunnelPlot",
    "FunnelStep",
    "HistoryPlot",
    "HistoryPoint",
    "IntervalPlot",
    "IntervalRow",
    "Plot",
    "SharePlot",
    "ShareRow",
    "Wording",
    "draw",
]

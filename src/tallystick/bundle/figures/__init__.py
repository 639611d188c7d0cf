"""The files of figures in a release, each computed from its tables alone. Pure: whoever checks computes them again."""

from dataclasses import dataclass

from tallystick import canon
from tallystick.bundle import consensus as consensuses
from tallystick.bundle.derive import Tables
from tallystick.bundle.figures.affected import Affected, affected, unfounded_affected
from tallystick.bundle.figures.confusion import Confusion, confusion
from tallystick.bundle.figures.disagreements import Disagreements, disagreements, unfounded
from tallystick.bundle.figures.figure import differences
from tallystick.bundle.figures.interventions import Interventions, contradicted, interventions
from tallystick.bundle.figures.monitoring import Monitoring, monitoring
from tallystick.bundle.figures.overturn import Overturn, overturn
from tallystick.bundle.figures.phase import Phase, phase, unfounded_phase
from tallystick.bundle.figures.pool import Pool, pool, unfounded_pool
from tallystick.bundle.figures.qualifications import Qualifications, qualifications
from tallystick.bundle.figures.trade_offs import TradeOffs, trade_offs, unfounded_agreements
from tallystick.bundle.figures.trend import Trend, every_measurement, trend

__all__ = ["Figures", "compute", "contradictions", "differences", "every_measurement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All figures of a release."""

    confusion: Confusion
    disagreements: Disagreements
    interventions: Interventions
    monitoring: Monitoring
    overturn: Overturn
    trend: Trend
    phase: Phase | None  # where the programme has moved to one
    pool: Pool | None  # where the contract wants it told
    qualifications: Qualifications | None  # where an attempt to qualify names its signal
    affected: Affected | None  # where a later rubric version affects a released judgment
    trade_offs: TradeOffs | None  # where an expert noted one
    consensus: consensuses.Figure | None  # where the release was asked for one

    def files(self) -> dict[str, bytes]:
        """Path: the bytes of each file of figures."""
        every = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {
            f"quality/{name}.json": canon.encode(figure) + b"\n" for name, figure in every.items() if figure is not None
        }


def contradictions(tables: Tables) -> list[tuple[int, str]]:
    """(entry, sentence) of every fact that other facts of the release contradict."""
    return [
        *contradicted(tables), *unfounded(tables), *unfounded_pool(tables), *unfounded_affected(tables),
        *unfounded_phase(tables), *unfounded_agreements(tables),
    ]  # fmt: skip


def compute(tables: Tables) -> Figures:
    """Every figure, from the tables of a release."""
    return Figures(
        confusion=confusion(tables), disagreements=disagreements(tables), interventions=interventions(tables),
        monitoring=monitoring(tables), overturn=overturn(tables), trend=trend(tables), pool=pool(tables),
        phase=phase(tables), qualifications=qualifications(tables), affected=affected(tables),
        trade_offs=trade_offs(tables),
        consensus=None if tables.consensus is None else tables.consensus.figure,
    )  # fmt: skip

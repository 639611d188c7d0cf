"""The figures that a data card states, counted from the rows of a release. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median_low

from tallystick.bundle.derive import Tables
from tallystick.bundle.figures import Figures
from tallystick.bundle.rows import Record
from tallystick.bundle.views import View
from tallystick.canon import PPM
from tallystick.flow.release import tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Counts and ranges of one release, ready to be said in a sentence."""

    tables: Tables
    views: Sequence[View]
    figures: Figures
    domains: Mapping[str, int]
    axes: Mapping[str, Mapping[str, int]]
    languages: tuple[str, ...]
    consensus: Mapping[str, int]
    how: Mapping[str, int]
    verdicts: Mapping[str, int]
    models: Mapping[str, int]
    per_item: tuple[int, int, int]  # fewest, lower median, most judgments of a record
    observed: int
    imported: int
    pre_contract: int
    affected: int
    defective: int
    first_day: str
    last_day: str
    active_ms: tuple[int, int, int] | None  # shortest, lower median, longest; None when nothing was observed
    expert_origins: Mapping[str, int]
    excluded: Mapping[str, int]

    @property
    def title(self) -> str:
        """Name and version."""
        spec = self.tables.state.cut.fact
        return f"{spec.name} {spec.version}"


def summary(tables: Tables, views: Sequence[View], figures: Figures) -> Summary:
    """Count everything once."""
    judgments, records = tables.judgments, tables.records
    days = [day(judgment.at) for judgment in judgments]
    times = [judgment.active_ms for judgment in judgments if judgment.active_ms is not None]
    return Summary(
        tables=tables, views=views, figures=figures, domains=tally(record.domain for record in records),
        axes=_axes(records),
        languages=tuple(sorted(_axes(records).get("language", {}))),
        consensus=tally(record.consensus or "none" for record in records),
        how=tally(record.consensus_how for record in records),
        verdicts=tally(judgment.verdict for judgment in judgments), models=_models(records),
        per_item=_range([record.n_judgments for record in records]), observed=sum(j.is_observed for j in judgments),
        imported=sum(not j.is_observed for j in judgments),
        pre_contract=sum("pre_contract" in j.flags for j in judgments),
        affected=sum(bool(j.affected_criteria) for j in judgments), defective=sum(bool(j.defects) for j in judgments),
        first_day=min(days), last_day=max(days), active_ms=_range(times) if times else None,
        expert_origins=tally("simulated" if e.simulated else e.origin for e in tables.experts),
        excluded=tally(out.reason for out in tables.exclusions),
    )  # fmt: skip


def day(at: int) -> str:
    """The UTC day of a time in microseconds."""
    return datetime.fromtimestamp(at // 1_000_000, UTC).date().isoformat()


def share(ppm: int | None) -> str:
    """Parts per million as a decimal of three places, or `undefined`."""
    return "undefined" if ppm is None else f"{ppm / PPM:.3f}"


def listed(counts: Mapping[str, int]) -> str:
    """`medical 14, legal 12`, or `none`."""
    return ", ".join(f"{name} {number}" for name, number in counts.items()) or "none"


def sentence(text: str) -> str:
    """Text that ends like a sentence, whoever wrote it."""
    return text if text.rstrip().endswith((".", "!", "?")) else f"{text.rstrip()}."


def models(s: Summary) -> str:
    """`model-x 1 (18), model-y 2 (18)`: which models wrote how many candidates."""
    return ", ".join(f"{name} ({number})" for name, number in s.models.items())


def _axes(records: Sequence[Record]) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for record in records:
        for setting in record.taxonomy:
            found.setdefault(setting.name, Counter())[setting.value] += 1
    return {axis: dict(sorted(values.items())) for axis, values in sorted(found.items())}


def _models(records: Sequence[Record]) -> dict[str, int]:
    made = [(one.model, one.version) for record in records for one in record.candidates]
    made += [(record.producer.model, record.producer.version) for record in records if record.producer]
    return tally(f"{model} {version}".replace("unknown unknown", "unknown") for model, version in made)


def _range(values: Sequence[int]) -> tuple[int, int, int]:
    return min(values), median_low(values), max(values)

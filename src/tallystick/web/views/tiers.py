"""Views of load and tiers: how full the plan is, what each batch still needs, who has done how much, who is senior."""

from dataclasses import dataclass

from tallystick.plots import FillPlot, SharePlot
from tallystick.web.views.parts import Choice, Fact, Pill


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One thing that a tier of risk still asks for, with the client's names of its items."""

    sentence: str
    names: tuple[str, ...]
    more: int  # names that are not shown


@dataclass(frozen=True, slots=True, kw_only=True)
class TierNeeds:
    """What the tier of a batch still asks for. `asks` says what it asks for in all."""

    risk: Pill
    asks: str
    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """One batch with what its tier still asks for."""

    name: str
    href: str
    needs: TierNeeds
    items: int
    complete: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRow:
    """What one expert has done."""

    name: str
    href: str | None
    judged: int
    held: int
    leases: int
    most: str  # largest share of a batch, with its name
    last: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StratumRow:
    """Items that are alike on the axes of the plan."""

    domain: str
    words: str
    items: int
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeniorRow:
    """Somebody who is, or was, a senior adjudicator."""

    person: str
    name: str
    rests_on: str
    reason: str
    since: str
    until: str  # empty: still
    ended: str  # the reason why not any more
    revoke_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeniorForms:
    """Make somebody a senior adjudicator, or end it. Posts `person`, `rests_on`, `reason`."""

    action: str
    revoke_action: str
    people: tuple[Choice, ...]
    bases: tuple[Choice, ...]
    reason: str
    error: str
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Load and tiers of a programme. Template: tiers/load.html."""

    facts: tuple[Fact, ...]
    fill: FillPlot
    strata: tuple[StratumRow, ...]
    more_strata: int
    batches: tuple[BatchRow, ...]
    is_silent: bool  # the contract in force says nothing of tiers
    draw_action: str | None
    draw_key: str
    workers: tuple[WorkerRow, ...]
    spread: SharePlot | None
    spread_words: str
    seniors: tuple[SeniorRow, ...]
    forms: SeniorForms | None

"""Views of sentinels: the policy and every chart, what error rates mean, one chart, the auditor's check."""

from dataclasses import dataclass

from tallystick.plots import HistoryPlot
from tallystick.web.views.parts import Choice, Fact, Pill


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartRow:
    """Where one chart stands. `expert`: the name, for those who may read the roster; here and in the other rows."""

    expert: str
    expert_href: str | None
    rubric: str
    href: str
    state: Pill
    answers: int
    right: int
    score: str  # of the limit


@dataclass(frozen=True, slots=True, kw_only=True)
class FallRow:
    """A fall that was found."""

    at: str
    expert: str
    rubric: str
    href: str
    answers: str
    held: int
    state: Pill
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolRow:
    """What is left of the gold for one expert."""

    expert: str
    domain: str
    left: str
    lasts: str
    state: Pill


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One error rate of the form."""

    name: str
    label: str
    value: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything about sentinels in a programme. Template: sentinel/overview.html."""

    policy: tuple[Fact, ...]
    warnings: tuple[str, ...]
    charts: tuple[ChartRow, ...]
    falls: tuple[FallRow, ...]
    pools: tuple[PoolRow, ...]
    is_low: bool = False  # whether gold runs out for somebody
    import_href: str | None = None
    rates: tuple[Rate, ...]
    offer_action: str | None
    end_action: str | None
    schedule_href: str | None
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """How long it takes at one accuracy."""

    accuracy: str
    judgments: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferPage:
    """What error rates mean, before they are set. Template: sentinel/offer.html."""

    facts: tuple[Fact, ...]
    delays: tuple[Delay, ...]
    sentences: tuple[str, ...]
    rates: tuple[Rate, ...]
    offer_action: str
    set_action: str | None
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """One answer to a sentinel."""

    number: int
    at: str
    item: str
    href: str
    result: Pill
    score: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartPage:
    """One chart, answer by answer. Template: sentinel/chart.html."""

    facts: tuple[Fact, ...]
    plot: HistoryPlot
    answers: tuple[AnswerRow, ...]
    pace: str
    decide_action: str | None
    causes: tuple[Choice, ...]
    words: str
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """One policy version held against the leases under it."""

    version: int
    rate: str
    leases: int
    due: int
    served: int
    observed: str
    used_up: int
    result: Pill
    departures: tuple[str, ...]
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulePage:
    """The auditor's check. Template: sentinel/schedule.html."""

    checks: tuple[CheckRow, ...]

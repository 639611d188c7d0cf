"""The state of every chart and pool of a programme, for who monitors it. No ranks: rows stand by rubric and person."""

from collections import Counter
from dataclasses import dataclass

from tallystick.app import access
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.sentinel.drifting import answers_behind
from tallystick.canon import PPM
from tallystick.flow.refusal import Refused
from tallystick.flow.sentinel import Chart, Pace, pace, take
from tallystick.ledger import journal
from tallystick.store import contract as contracts
from tallystick.store import sentinel as store
from tallystick.store.schema import Row

LEFT_MIN = 10
"""Fewer gold items than this left for an expert are said on every page that shows the programme."""


@dataclass(frozen=True, slots=True)
class ChartSeen:
    """One chart: where it stands, and the fall that it found, if work is stopped."""

    row: Row
    limit: int
    fall: Row | None


@dataclass(frozen=True, slots=True)
class PoolLeft:
    """How many gold items of a domain an expert has not had.

    judgments  that this lasts for at the rate in force; None without a policy
    """

    domain: str
    rubric: str
    expert: str
    left: int
    total: int
    judgments: int | None

    @property
    def is_low(self) -> bool:
        """Whether somebody has to import more gold, or charts end for lack of sentinels."""
        return self.left < LEFT_MIN

    @property
    def sentence(self) -> str:
        """What is the matter, and what is to be done."""
        if self.left == 0:
            return (
                f"No sentinels are left for {self.expert} in {self.domain}: all {self.total} gold items were seen, and "
                "no fall of accuracy would be noticed. Import gold items for this domain."
            )
        return (
            f"{self.left} of {self.total} gold items are left for {self.expert} in {self.domain}: import more before "
            "they are used up."
        )


@dataclass(frozen=True, slots=True)
class DomainPool:
    """The gold items of a domain: how many there are, and how many were erased."""

    domain: str
    gold: int
    gone: int


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything about sentinels in a programme; `experts` is how many are qualified now."""

    programme: Row
    policy: Row | None
    versions: tuple[Row, ...]
    charts: tuple[ChartSeen, ...]
    falls: tuple[Row, ...]
    pools: tuple[DomainPool, ...]
    left: tuple[PoolLeft, ...]
    answers: int
    right: int
    experts: int

    @property
    def warnings(self) -> tuple[str, ...]:
        """What somebody has to do something about."""
        return tuple(one.sentence for one in self.left if one.is_low) if self.policy is not None else ()


def overview(cell: Cell, actor: Actor, programme: str) -> Overview | Refused:
    """Policy, charts, falls and pools of a programme."""
    if not access.allows(actor, "monitor.read"):
        return access.ABSENT
    with cell.read() as connection:
        row = contracts.programme(connection, programme)
        if row is None:
            return access.ABSENT
        versions = store.policies(connection, programme)
        falls = store.drifts(connection, programme)
        given = store.answers(connection, programme)
        limits = {one.version: one.limit for one in versions}
        stopped = {(one.expert, one.rubric): one for one in falls if one.state == "open"}
        left = _left(connection, programme, versions)
        return Overview(
            programme=row, policy=_in_force(versions), versions=tuple(versions),
            charts=tuple(
                ChartSeen(one, limits[one.policy], stopped.get((one.expert, one.rubric)))
                for one in store.charts(connection, programme)
            ),
            falls=tuple(falls), pools=_pools(connection, programme), left=tuple(left), answers=len(given),
            right=sum(one.is_correct for one in given), experts=len({one.expert for one in left}),
        )  # fmt: skip


def _in_force(versions: list[Row]) -> Row | None:
    return versions[0] if versions and versions[0].state == "in-force" else None


def _pools(connection: journal.Connection, programme: str) -> tuple[DomainPool, ...]:
    rows = store.gold(connection, programme)
    every, gone = Counter(row.domain for row in rows), Counter(row.domain for row in rows if row.is_gone)
    domains = sorted({row.domain for row in contracts.domains(connection, programme)} | set(every))
    return tuple(DomainPool(domain, every[domain], gone[domain]) for domain in domains)


def _left(connection: journal.Connection, programme: str, versions: list[Row]) -> list[PoolLeft]:
    """What is left of the pool for everybody who is qualified."""
    policy = _in_force(versions)
    live = {row.item for row in store.gold(connection, programme) if not row.is_gone}
    total = Counter(row.domain for row in store.gold(connection, programme) if not row.is_gone)
    seen = Counter((row.person, row.domain) for row in store.seen(connection, programme) if row.item in live)
    found = []
    for row in store.qualified(connection, programme):
        left = total[row.domain] - seen[row.person, row.domain]
        lasts = None if policy is None else round(left * PPM / policy.rate_ppm)
        found.append(PoolLeft(row.domain, row.rubric, row.person, left, total[row.domain], lasts))
    return found


def used_up(cell: Cell, actor: Actor, programme: str) -> list[PoolLeft] | Refused:
    """For whom the pool of sentinels is used up or nearly so, while a policy is in force."""
    if not (access.allows(actor, "monitor.read") or access.allows(actor, "programme.read")):
        return access.ABSENT
    with cell.read() as connection:
        versions = store.policies(connection, programme)
        if _in_force(versions) is None:
            return []
        return [one for one in _left(connection, programme, versions) if one.is_low]


@dataclass(frozen=True, slots=True)
class ChartPage:
    """One chart with every answer behind it.

    scores  after each answer; the limit is where it gives alarm
    pace    how long the expert takes, against their own first judgments; None before enough was measured
    """

    row: Row
    policy: Row
    answers: tuple[Row, ...]
    scores: tuple[int, ...]
    pace: Pace | None
    fall: Row | None


def chart_page(cell: Cell, actor: Actor, programme: str, *, expert: str, rubric: str) -> ChartPage | Refused:
    """One chart, answer by answer."""
    if not access.allows(actor, "monitor.read"):
        return access.ABSENT
    with cell.read() as connection:
        row = store.chart(connection, programme, expert=expert, rubric=rubric)
        if row is None:
            return access.ABSENT
        policy = store.policy_version(connection, programme, row.policy)
        assert policy is not None
        given = answers_behind(connection, row)
        open_ones = store.drifts(connection, programme, state="open")
        times = store.times_of(connection, programme, expert=expert, rubric=rubric)
    chart, scores = Chart(), []
    for one in given:
        chart = take(store.design_of(policy), chart, is_correct=bool(one.is_correct))
        scores.append(chart.score)
    fall = next((one for one in open_ones if (one.expert, one.rubric) == (expert, rubric)), None)
    return ChartPage(row, policy, tuple(given), tuple(scores), pace(times), fall)

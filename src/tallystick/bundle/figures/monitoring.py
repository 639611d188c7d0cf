"""What watching the work showed, as totals: sentinels, work held and judged again, second looks, audits. Pure.

Sentinels are told of in totals alone, from one fact that the cell wrote when it cut the release: the entries behind it
would tell which items they are. A copy of the log shows whether that fact is true (step 11 of the check).
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator

from tallystick.bundle.counting import standings
from tallystick.bundle.derive import Tables
from tallystick.bundle.figures.figure import Figure
from tallystick.bundle.state import State
from tallystick.events.escape import RereviewAnswered, RereviewDrawn
from tallystick.events.monitoring import ShortcutAudited, ShortcutEffect
from tallystick.events.release import ReleaseMonitored, SentinelTotal
from tallystick.events.standing import JudgmentsHeld, JudgmentsRequeued
from tallystick.flow.standing import COUNTED

SCHEMA = "tallystick/monitoring/1"
DOUBT = 20
"""One in so many: the doubt that is left to a bound, 5 %."""


class Sentinels(Figure, frozen=True, kw_only=True):
    """Totals of the programme until the cut, as `release-monitored` states them."""

    seq: int
    policies: int
    totals: list[SentinelTotal]
    alarms: dict[str, int]  # rubric: alarms
    held: int
    found: dict[str, int]


class Redone(Figure, frozen=True, kw_only=True):
    """Work on the released batches that was held or judged again, by cause: judgments."""

    held: dict[str, int]  # whether they stand since or not
    cleared: int  # held ones that a reviewer found to stand
    requeued: dict[str, int]


class Stratum(Figure, frozen=True, kw_only=True):
    """The second look at one risk tier in one round of the programme.

    at_most        records of the pool that are defective at most, at 95 %, exact for a sample without replacement
    at_most_worst  the same if everything that was drawn and is not answered were a defect
    """

    round: int
    risk: str
    pool: int  # finished items without a disagreement
    drawn: int
    answered: int
    defects: int
    by_severity: dict[str, int]
    by_cause: dict[str, int]
    by_failure: dict[str, int]
    at_most: int | None
    at_most_worst: int | None


class Escape(Figure, frozen=True, kw_only=True):
    """Defects that got through, of the whole programme: every round and every draw, none left out.

    at_most  of all pools together: the sum of bounds of which each leaves its share of the 5 % (Bonferroni)
    """

    strata: list[Stratum]
    pool: int
    answered: int
    defects: int
    at_most: int | None


class Audit(Figure, frozen=True, kw_only=True):
    """One group of a shortcut audit: preferences held against the form of texts. It does not say why."""

    audit: str
    seq: int
    axis: str  # all | rubric_version
    name: str
    source: str
    pairs: int
    prompts: int
    accuracy_ppm: int | None
    accuracy_low_ppm: int | None
    accuracy_high_ppm: int | None
    is_flagged: bool
    effects: list[ShortcutEffect]


class Monitoring(Figure, frozen=True, kw_only=True):
    """quality/monitoring.json."""

    schema: str
    sentinels: Sentinels | None  # null: the programme never had any
    redone: Redone
    escape: Escape | None  # null: no second look was drawn
    audits: list[Audit]  # the newest of the programme


def monitoring(tables: Tables) -> Monitoring:
    """What the facts of a release say."""
    state = tables.state
    return Monitoring(
        schema=SCHEMA, sentinels=_sentinels(state), redone=_redone(state), escape=_escape(state),
        audits=list(_audits(state)),
    )  # fmt: skip


def _sentinels(state: State) -> Sentinels | None:
    found = state.told(ReleaseMonitored)
    if not found:
        return None
    fact = found[-1].fact
    return Sentinels(
        seq=found[-1].seq, policies=fact.policies, totals=fact.sentinels, alarms=fact.alarms, held=fact.held,
        found=fact.found,
    )  # fmt: skip


def _redone(state: State) -> Redone:
    mine = {one.fact.judgment for one in state.judgments}
    held, requeued = Counter[str](), Counter[str]()
    were_held = set[str]()
    for entered in state.standing:
        names = mine.intersection(entered.fact.judgments)
        if isinstance(entered.fact, JudgmentsHeld):
            held[entered.fact.cause] += len(names)
            were_held |= names
        elif isinstance(entered.fact, JudgmentsRequeued):
            requeued[entered.fact.cause] += len(names)
    now = standings(state)
    return Redone(
        held=dict(sorted(held.items())), requeued=dict(sorted(requeued.items())),
        cleared=sum(now[name].now == COUNTED for name in were_held),
    )  # fmt: skip


# --- the second look ------------------------------------------------------------------------------------------------


def _escape(state: State) -> Escape | None:
    draws = [one.fact for one in state.told(RereviewDrawn)]
    if not draws:
        return None
    pools: dict[tuple[int, str], int] = {}
    samples: dict[tuple[int, str], set[str]] = {}
    for draw in draws:
        for stratum in draw.strata:
            pools[draw.round, stratum.risk] = stratum.pool
            samples.setdefault((draw.round, stratum.risk), set()).update(stratum.sample)
    rounds = {draw.rereview: draw.round for draw in draws}
    answers = {(rounds.get(one.fact.rereview, 0), one.fact.item): one.fact for one in state.told(RereviewAnswered)}
    strata = [
        _stratum(key, pools[key], samples[key], [answers[key[0], i] for i in samples[key] if (key[0], i) in answers])
        for key in sorted(pools)
    ]
    each = [
        at_most(one.pool, one.answered, one.defects, doubt=DOUBT * len(strata)) if one.answered else None
        for one in strata
    ]
    return Escape(
        strata=strata, pool=sum(one.pool for one in strata), answered=sum(one.answered for one in strata),
        defects=sum(one.defects for one in strata),
        at_most=None if None in each else sum(bound for bound in each if bound is not None),
    )  # fmt: skip


def _stratum(key: tuple[int, str], pool: int, sample: set[str], answers: list[RereviewAnswered]) -> Stratum:
    defects = [answer for answer in answers if answer.is_defect]
    waiting = len(sample) - len(answers)
    return Stratum(
        round=key[0], risk=key[1], pool=pool, drawn=len(sample), answered=len(answers), defects=len(defects),
        by_severity=_tally(one.severity for one in defects), by_cause=_tally(one.cause for one in defects),
        by_failure=_tally(one.failure for one in defects),
        at_most=at_most(pool, len(answers), len(defects), doubt=DOUBT) if answers else None,
        at_most_worst=at_most(pool, len(sample), len(defects) + waiting, doubt=DOUBT) if sample else None,
    )  # fmt: skip


def _tally(given: Iterable[str | None]) -> dict[str, int]:
    return dict(sorted(Counter(one for one in given if one is not None).items()))


def at_most(pool: int, drawn: int, defects: int, *, doubt: int) -> int:
    """The largest number of defects in a pool that a sample with so few of them does not rule out.

    doubt  one in so many is the chance that a pool with one defect more shows as few: 20 for 95 %

    Whole numbers all the way, so that every computer finds the same bound. Source: the hypergeometric test of each
    possible number, as Clopper and Pearson (1934) do it for a sample with replacement.
    """
    low, high = defects, pool - drawn + defects
    while low < high:
        middle = (low + high + 1) // 2
        is_likely = doubt * _ways(pool, drawn, defects, middle) > math.comb(pool, drawn)
        low, high = (middle, high) if is_likely else (low, middle - 1)
    return low


def _ways(pool: int, drawn: int, defects: int, among: int) -> int:
    """In how many ways a sample shows at most so many defects when there are `among` in the pool."""
    return sum(math.comb(among, found) * math.comb(pool - among, drawn - found) for found in range(defects + 1))


def _audits(state: State) -> Iterator[Audit]:
    every = state.told(ShortcutAudited)
    newest = every[-1].fact.audit if every else None
    for one in every:
        fact = one.fact
        if fact.audit == newest:
            yield Audit(
                audit=fact.audit, seq=one.seq, axis=fact.axis, name=fact.name, source=fact.source, pairs=fact.pairs,
                prompts=fact.prompts, accuracy_ppm=fact.accuracy_ppm, accuracy_low_ppm=fact.accuracy_low_ppm,
                accuracy_high_ppm=fact.accuracy_high_ppm, is_flagged=fact.is_flagged, effects=fact.effects,
            )  # fmt: skip

"""Read models of sentinels: policies, the pool of gold items, the chart of every expert, what was found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tallystick import canon
from tallystick.events.sentinel import (
    DriftDecided,
    DriftDetected,
    JudgmentChecked,
    SentinelPolicyEnded,
    SentinelPolicySet,
)
from tallystick.flow.sentinel import Chart, Design, take
from tallystick.flow.standing import COUNTED
from tallystick.ledger import journal
from tallystick.ledger.statement import Statement
from tallystick.store.assignment import authored, unseen
from tallystick.store.schema import (
    ASSIGNMENT,
    DRIFT,
    ERASED,
    GOLD,
    GOLD_SEEN,
    ITEM,
    JUDGMENT,
    QUALIFICATION,
    REREVIEW,
    RUBRIC,
    SENTINEL_ANSWER,
    SENTINEL_CHART,
    SENTINEL_POLICY,
    Handler,
    Recorded,
    Row,
)

RUNNING, CROSSED, PAUSED = "running", "crossed", "paused"
"""A chart runs, has crossed its limit and waits to be announced, or stops the work until somebody has decided."""


def _on_policy(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: SentinelPolicySet = r.fact
        _end(connection, fact.programme, r)
        values = {name: getattr(fact, name) for name in fact.__struct_fields__ if name != "secret"}
        row = values | {
            "secret": fact.secret.object, "state": "in-force", "by": r.envelope.by, "at": r.envelope.at,
            "seq": r.envelope.seq, "ended_at": None, "ended_seq": None,
        }  # fmt: skip
        journal.insert_many(connection, SENTINEL_POLICY, [row])


def _on_policy_ended(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        _end(connection, r.fact.programme, r)


def _end(connection: sa.Connection, programme: str, recorded: Recorded) -> None:
    table = SENTINEL_POLICY
    ended = table.update().where(table.c.programme == programme, table.c.state == "in-force")
    values = {"state": "ended", "ended_at": recorded.envelope.at, "ended_seq": recorded.envelope.seq}
    connection.execute(ended.values(values))


def _on_checked(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: JudgmentChecked = r.fact
        if not fact.is_sentinel:
            continue
        assert fact.is_correct is not None, "an answer to a sentinel is right or wrong"
        row = {
            "seq": r.envelope.seq, "judgment": fact.judgment, "programme": fact.programme, "domain": fact.domain,
            "rubric": fact.rubric, "rubric_version": fact.rubric_version, "expert": fact.expert, "item": fact.item,
            "policy": fact.policy, "is_correct": int(fact.is_correct), "near": canon.encode(fact.near).decode(),
            "at": r.envelope.at,
        }  # fmt: skip
        journal.insert_many(connection, SENTINEL_ANSWER, [row])
        _forward(connection, r, is_correct=fact.is_correct)


def _forward(connection: sa.Connection, recorded: Recorded, *, is_correct: bool) -> None:
    """Bring one chart forward by one answer. One that stops the work stays as it is until somebody has decided."""
    fact: JudgmentChecked = recorded.fact
    row = chart(connection, fact.programme, expert=fact.expert, rubric=fact.rubric)
    policy = policy_version(connection, fact.programme, fact.policy)
    assert policy is not None, "a judgment is checked under a policy that was set"
    if row is not None and row.state == PAUSED:
        return
    is_same = row is not None and (row.policy, row.rubric_version) == (fact.policy, fact.rubric_version)
    if row is None or not (is_same or row.state == CROSSED):
        row = _begin(connection, recorded, from_seq=policy.seq)
    was = Chart(
        score=row.score, taken=row.taken, right=row.right, calm_until=row.calm_until, is_crossed=row.state == CROSSED
    )
    now = take(design_of(policy_version(connection, fact.programme, row.policy)), was, is_correct=is_correct)
    values: dict[str, object] = {
        "score": now.score, "taken": now.taken, "right": now.right, "calm_until": now.calm_until,
        "seq": recorded.envelope.seq,
    }  # fmt: skip
    if now.is_crossed and not was.is_crossed:
        values |= {"state": CROSSED, "crossed_seq": recorded.envelope.seq, "crossed_at": recorded.envelope.at}
    _set(connection, fact.programme, expert=fact.expert, rubric=fact.rubric, values=values)


def _begin(connection: sa.Connection, recorded: Recorded, *, from_seq: int) -> Row:
    """A chart at zero: under another policy or rubric version what was known before says nothing."""
    fact: JudgmentChecked = recorded.fact
    key = {"programme": fact.programme, "expert": fact.expert, "rubric": fact.rubric}
    connection.execute(SENTINEL_CHART.delete().where(*(SENTINEL_CHART.c[name] == key[name] for name in key)))
    row = key | {
        "domain": fact.domain, "rubric_version": fact.rubric_version, "policy": fact.policy, "state": RUNNING,
        "score": 0, "taken": 0, "right": 0, "calm_until": 0, "from_seq": from_seq, "crossed_seq": None,
        "crossed_at": None, "seq": recorded.envelope.seq,
    }  # fmt: skip
    journal.insert_many(connection, SENTINEL_CHART, [row])
    begun = chart(connection, fact.programme, expert=fact.expert, rubric=fact.rubric)
    assert begun is not None
    return begun


def _set(connection: sa.Connection, programme: str, *, expert: str, rubric: str, values: dict[str, object]) -> None:
    table = SENTINEL_CHART
    which = (table.c.programme == programme, table.c.expert == expert, table.c.rubric == rubric)
    connection.execute(table.update().where(*which).values(values))


def _on_detected(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: DriftDetected = r.fact
        row = {name: getattr(fact, name) for name in fact.__struct_fields__} | {
            "seq": r.envelope.seq, "state": "open", "at": r.envelope.at, "found": None, "words": None,
            "decided_by": None, "decided_at": None, "decided_seq": None,
        }  # fmt: skip
        journal.insert_many(connection, DRIFT, [row])
        _set(connection, fact.programme, expert=fact.expert, rubric=fact.rubric, values={"state": PAUSED})


def _on_decided(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: DriftDecided = r.fact
        values = {
            "state": "decided", "found": fact.found, "words": fact.words.object, "decided_by": r.envelope.by,
            "decided_at": r.envelope.at, "decided_seq": r.envelope.seq,
        }  # fmt: skip
        connection.execute(DRIFT.update().where(DRIFT.c.seq == fact.detected_seq).values(values))
        anew = {
            "state": RUNNING, "score": 0, "taken": 0, "right": 0, "calm_until": 0, "from_seq": r.envelope.seq,
            "crossed_seq": None, "crossed_at": None, "seq": r.envelope.seq,
        }  # fmt: skip
        _set(connection, fact.programme, expert=fact.expert, rubric=fact.rubric, values=anew)


HANDLERS: dict[str, Handler] = {
    SentinelPolicySet.KIND: _on_policy,
    SentinelPolicyEnded.KIND: _on_policy_ended,
    JudgmentChecked.KIND: _on_checked,
    DriftDetected.KIND: _on_detected,
    DriftDecided.KIND: _on_decided,
}


def design_of(policy: Row | None) -> Design:
    """The whole numbers that fix the chart of a policy's row."""
    assert policy is not None, "a chart names a policy that was set"
    return Design(
        acceptable_ppm=policy.acceptable_ppm, unacceptable_ppm=policy.unacceptable_ppm, if_right=policy.if_right,
        if_wrong=policy.if_wrong, limit=policy.limit, unit_nano=policy.unit_nano,
        judgments_between=policy.judgments_between, delay_worst_milli=policy.delay_worst_milli,
        delay_usual_milli=policy.delay_usual_milli, delay_90=policy.delay_90,
    )  # fmt: skip


# Asked at every click, so one statement says both: whether there is a policy, and where this expert is stopped.
_BEFORE_LEASE = Statement(
    sa.select(
        SENTINEL_POLICY.c.version, SENTINEL_POLICY.c.rate_ppm, SENTINEL_POLICY.c.secret, SENTINEL_POLICY.c.state,
        SENTINEL_CHART.c.rubric.label("stopped"),
    )
    .join(
        SENTINEL_CHART,
        sa.and_(
            SENTINEL_CHART.c.programme == SENTINEL_POLICY.c.programme,
            SENTINEL_CHART.c.expert == sa.bindparam("who"),
            SENTINEL_CHART.c.state == PAUSED,
        ),
        isouter=True,
    )
    .where(SENTINEL_POLICY.c.programme == sa.bindparam("programme"))
    .order_by(SENTINEL_POLICY.c.version.desc(), SENTINEL_CHART.c.rubric)
    .limit(50)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BeforeLease:
    """What a lease or a submission needs to know.

    newest   the newest version of the policy, whether it has ended or not; None when none was ever set
    stopped  rubrics under which this expert gets no work until somebody has decided
    """

    newest: Row | None
    stopped: frozenset[str]

    @property
    def policy(self) -> Row | None:
        """The version in force, with its rate and secret; None when no sentinels are mixed in."""
        return self.newest if self.newest is not None and self.newest.state == "in-force" else None


def before_lease(connection: sa.Connection, programme: str, who: str) -> BeforeLease:
    """The policy in force and where an expert is stopped."""
    rows = _BEFORE_LEASE.all(connection, {"programme": programme, "who": who})
    return BeforeLease(rows[0] if rows else None, frozenset(row.stopped for row in rows if row.stopped is not None))


_IS_GONE = (
    sa.exists()
    .where(ERASED.c.target == ITEM.c.content)
    .correlate(ITEM)
    | sa.exists().where(ERASED.c.target == ITEM.c.hidden).correlate(ITEM)
)  # fmt: skip
_WORK = ITEM.alias("stood_for")
_UNSEEN_CLAUSE = (
    sa.select(GOLD.c.item)
    .join(ITEM, ITEM.c.item == GOLD.c.item)
    .where(
        GOLD.c.programme == sa.bindparam("programme"),
        GOLD.c.domain == sa.bindparam("domain"),
        GOLD.c.place >= sa.bindparam("above"),
        GOLD.c.place < sa.bindparam("below"),
        # Among critiques a pair of answers would be known for what it is.
        ITEM.c.signal == sa.select(_WORK.c.signal).where(_WORK.c.item == sa.bindparam("free")).scalar_subquery(),
        ~sa.exists().where(GOLD_SEEN.c.person == sa.bindparam("who"), GOLD_SEEN.c.item == GOLD.c.item),
        ~authored(GOLD.c.item, sa.bindparam("who")),
        *unseen(GOLD.c.item, sa.bindparam("who")),
        ITEM.c.seq >= sa.bindparam("read"),
        ~_IS_GONE,
    )
    .order_by(GOLD.c.place)
    .limit(1)
)
_UNSEEN = Statement(_UNSEEN_CLAUSE)
_PLACE_END = 2**62


def unseen_gold(
    connection: sa.Connection, who: str, *, programme: str, domain: str, place: int, free: str, read: int,
    shut: Sequence[str] = (),
) -> str | None:  # fmt: skip
    """A gold item of a domain that somebody has not had: the next one from a place of the pool on, or the first.

    free  the work item that it would stand in for: it is of the same signal
    read  the place in the journal before which they had a role that may know the answers of gold items; 0 for nobody
    shut  taxonomies of items that they are not given
    """
    wanted = {"who": who, "programme": programme, "domain": domain, "free": free, "read": read}
    for above, below in ((place, _PLACE_END), (0, place)):
        bounds = {**wanted, "above": above, "below": below}
        if shut:
            found = connection.execute(_UNSEEN_CLAUSE.where(ITEM.c.taxonomy.not_in(list(shut))), bounds).first()
        else:
            found = _UNSEEN.first(connection, bounds)
        if found is not None:
            return str(found.item)
    return None


def gold_taxonomies(connection: sa.Connection, programme: str, domain: str) -> list[str]:
    """The different taxonomies of the gold items of a domain."""
    query = (
        sa.select(ITEM.c.taxonomy)
        .join(GOLD, GOLD.c.item == ITEM.c.item)
        .where(GOLD.c.programme == programme, GOLD.c.domain == domain)
        .distinct()
    )
    return sorted(row.taxonomy for row in connection.execute(query).all())


def is_secret(connection: sa.Connection, object_id: str) -> bool:
    """Whether an object of the vault is the secret of a policy, or the key of the order of second looks."""
    policy = sa.select(SENTINEL_POLICY.c.version).where(SENTINEL_POLICY.c.secret == object_id).limit(1)
    order = sa.select(REREVIEW.c.rereview).where(REREVIEW.c.secret == object_id).limit(1)
    return any(connection.execute(query).first() is not None for query in (policy, order))


def policies(connection: sa.Connection, programme: str) -> list[Row]:
    """All versions of a programme's policy, newest first."""
    table = SENTINEL_POLICY
    query = sa.select(table).where(table.c.programme == programme).order_by(table.c.version.desc())
    return list(connection.execute(query).all())


def policy_version(connection: sa.Connection, programme: str, version: int) -> Row | None:
    """One version of a policy, or None."""
    table = SENTINEL_POLICY
    query = sa.select(table).where(table.c.programme == programme, table.c.version == version)
    return connection.execute(query).first()


def chart(connection: sa.Connection, programme: str, *, expert: str, rubric: str) -> Row | None:
    """The chart of one expert under one rubric, or None before the first answer."""
    table = SENTINEL_CHART
    query = sa.select(table).where(table.c.programme == programme, table.c.expert == expert, table.c.rubric == rubric)
    return connection.execute(query).first()


def charts(connection: sa.Connection, programme: str) -> list[Row]:
    """All charts of a programme, by rubric and expert."""
    table = SENTINEL_CHART
    query = sa.select(table).where(table.c.programme == programme).order_by(table.c.rubric, table.c.expert)
    return list(connection.execute(query).all())


def crossed(connection: sa.Connection, programme: str | None = None) -> list[Row]:
    """Charts that have crossed their limit and are not announced yet, of one programme or of all."""
    query = sa.select(SENTINEL_CHART).where(SENTINEL_CHART.c.state == CROSSED)
    if programme is not None:
        query = query.where(SENTINEL_CHART.c.programme == programme)
    return list(connection.execute(query.order_by(SENTINEL_CHART.c.crossed_seq)).all())


def answers_of(connection: sa.Connection, programme: str, *, expert: str, rubric: str, after: int) -> list[Row]:
    """The answers of an expert to sentinels behind a place of the journal, in order."""
    table = SENTINEL_ANSWER
    query = sa.select(table).where(
        table.c.programme == programme, table.c.expert == expert, table.c.rubric == rubric, table.c.seq > after
    )
    return list(connection.execute(query.order_by(table.c.seq)).all())


def answers(connection: sa.Connection, programme: str) -> list[Row]:
    """All answers to sentinels of a programme, in order."""
    table = SENTINEL_ANSWER
    return list(connection.execute(sa.select(table).where(table.c.programme == programme).order_by(table.c.seq)).all())


def judgments_after(
    connection: sa.Connection, programme: str, *, expert: str, rubric: str, version: str, after: int
) -> list[str]:
    """The judgments that count of an expert under a rubric version, behind a place of the journal."""
    query = sa.select(JUDGMENT.c.judgment).where(
        JUDGMENT.c.expert == expert, JUDGMENT.c.seq > after, JUDGMENT.c.programme == programme,
        JUDGMENT.c.rubric == rubric, JUDGMENT.c.rubric_version == version, JUDGMENT.c.standing == COUNTED,
    )  # fmt: skip
    return [row.judgment for row in connection.execute(query.order_by(JUDGMENT.c.seq)).all()]


def leases_after(connection: sa.Connection, programme: str, *, expert: str, domain: str, after: int) -> int:
    """How many leases an expert had in a domain behind a place of the journal."""
    query = sa.select(sa.func.count()).where(
        ASSIGNMENT.c.expert == expert, ASSIGNMENT.c.programme == programme, ASSIGNMENT.c.domain == domain,
        ASSIGNMENT.c.seq > after,
    )  # fmt: skip
    return int(connection.execute(query).scalar_one())


def drifts(connection: sa.Connection, programme: str, *, state: str | None = None) -> list[Row]:
    """What was found in a programme, newest first; in one state when given: open or decided."""
    query = sa.select(DRIFT).where(DRIFT.c.programme == programme)
    if state is not None:
        query = query.where(DRIFT.c.state == state)
    return list(connection.execute(query.order_by(DRIFT.c.seq.desc())).all())


def drift(connection: sa.Connection, seq: int) -> Row | None:
    """One fall that was found, by its place in the journal, or None."""
    return connection.execute(sa.select(DRIFT).where(DRIFT.c.seq == seq)).first()


def leases(connection: sa.Connection, programme: str) -> list[Row]:
    """Every lease of a programme in order, with whether it was of a gold item."""
    query = (
        sa.select(ASSIGNMENT, GOLD.c.item.label("gold"))
        .join(GOLD, GOLD.c.item == ASSIGNMENT.c.item, isouter=True)
        .where(ASSIGNMENT.c.programme == programme)
        .order_by(ASSIGNMENT.c.seq)
    )
    return list(connection.execute(query).all())


def gold(connection: sa.Connection, programme: str) -> list[Row]:
    """The gold items of a programme with when they came in, and whether they are gone."""
    query = (
        sa.select(GOLD, sa.case((_IS_GONE, 1), else_=0).label("is_gone"))
        .join(ITEM, ITEM.c.item == GOLD.c.item)
        .where(GOLD.c.programme == programme)
        .order_by(GOLD.c.seq)
    )
    return list(connection.execute(query).all())


def seen(connection: sa.Connection, programme: str) -> list[Row]:
    """Who has had which gold item of a programme, and since when."""
    query = (
        sa.select(GOLD_SEEN, GOLD.c.domain)
        .join(GOLD, GOLD.c.item == GOLD_SEEN.c.item)
        .where(GOLD.c.programme == programme)
        .order_by(GOLD_SEEN.c.seq)
    )
    return list(connection.execute(query).all())


def qualified(connection: sa.Connection, programme: str) -> list[Row]:
    """Who is qualified under the rubric versions in force: person, rubric, domain."""
    columns: list[sa.ColumnElement[Any]] = [QUALIFICATION.c.person, RUBRIC.c.rubric, RUBRIC.c.domain]
    query = (
        sa.select(*columns)
        .join(
            RUBRIC,
            sa.and_(
                RUBRIC.c.programme == QUALIFICATION.c.programme, RUBRIC.c.rubric == QUALIFICATION.c.rubric,
                RUBRIC.c.version == QUALIFICATION.c.version,
            ),
        )
        .where(QUALIFICATION.c.programme == programme, QUALIFICATION.c.state == "qualified")
        .order_by(RUBRIC.c.rubric, QUALIFICATION.c.person)
        .distinct()
    )  # fmt: skip
    return list(connection.execute(query).all())


def sentinel_items_of(connection: sa.Connection, who: str) -> set[str]:
    """The gold items that somebody had as sentinels: they are no gold of a qualification for them any more."""
    query = sa.select(GOLD_SEEN.c.item).where(GOLD_SEEN.c.person == who, GOLD_SEEN.c.is_sentinel == 1)
    return {row.item for row in connection.execute(query).all()}


def times_of(connection: sa.Connection, programme: str, *, expert: str, rubric: str, limit: int = 5_000) -> list[int]:
    """The active times of an expert under a rubric in milliseconds, the newest judgments, oldest of them first."""
    query = sa.select(JUDGMENT.c.active_ms).where(
        JUDGMENT.c.expert == expert, JUDGMENT.c.programme == programme, JUDGMENT.c.rubric == rubric,
        JUDGMENT.c.active_ms.is_not(None),
    )  # fmt: skip
    rows = connection.execute(query.order_by(JUDGMENT.c.seq.desc()).limit(limit)).all()
    return [row.active_ms for row in reversed(rows)]

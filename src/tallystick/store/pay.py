"""Read models of pay. Its own facts, and every act of work that follows from facts of other stages, as it is paid."""

from collections.abc import Callable, Sequence

import msgspec
import sqlalchemy as sa

from tallystick import canon
from tallystick.events.adjudication import (
    CaseLeased,
    CaseReleased,
    DisagreementPreserved,
    DisagreementReturned,
    DisagreementSettled,
)
from tallystick.events.calibration import CalibrationLabelled
from tallystick.events.escape import RereviewAnswered, RereviewLeased, RereviewReleased
from tallystick.events.judgment import JudgmentSubmitted
from tallystick.events.pay import (
    PayAdjusted,
    PayExported,
    PayPeriodClosed,
    PayPeriodClosedV2,
    PayRate,
    PayTermsAccepted,
    PayTermsSet,
    PayTermsSetV2,
)
from tallystick.events.roster import GoldAnswered
from tallystick.events.standing import JudgmentsRequeued
from tallystick.flow import pay as flow
from tallystick.flow.pay import Act, Added, Span, Terms
from tallystick.ledger import journal
from tallystick.ledger.statement import Statement
from tallystick.store.assignment import begun, hands
from tallystick.store.assignment.reviews import REVIEWS, review_of
from tallystick.store.schema import CALIBRATION, ITEM, QUALIFICATION, Handler, Recorded, Row
from tallystick.store.schema.pay import (
    PAID_ACT,
    PAY_ACCEPTANCE,
    PAY_ADDED,
    PAY_EXPORT,
    PAY_PERIOD,
    PAY_TERMS,
)

REVIEW_MAX = 3_600_000_000
"""A review began with the first look of its last hour."""
_RATES = msgspec.json.Decoder(list[PayRate])


def _on_terms(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"programme": r.fact.programme, "version": r.fact.contract_version, "terms": r.fact.terms,
         "currency": r.fact.currency, "decimals": r.fact.decimals, "period": r.fact.period,
         "time_zone": r.fact.time_zone, "floor_hourly": r.fact.floor_hourly,
         "unmeasured_ms_max": r.fact.unmeasured_ms_max, "act_ms_max": getattr(r.fact, "act_ms_max", None),
         "rates": canon.encode(r.fact.rates).decode(),
         "at": r.envelope.at, "seq": r.envelope.seq}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, PAY_TERMS, rows)


def _on_accepted(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"seq": r.envelope.seq, "person": r.fact.person, "programme": r.fact.programme, "terms": r.fact.terms,
         "version": r.fact.contract_version, "at": r.envelope.at}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, PAY_ACCEPTANCE, rows)


def _on_adjusted(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"seq": r.envelope.seq, "programme": r.fact.programme, "person": r.fact.person, "amount": r.fact.amount,
         "reference": r.fact.reference, "reason": r.fact.reason.object, "at": r.envelope.at, "by": r.envelope.by}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, PAY_ADDED, rows)


def _on_closed(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"programme": r.fact.programme, "period": r.fact.period, "from_at": r.fact.from_at,
         "until_at": r.fact.until_at, "body": canon.encode(r.fact).decode(), "at": r.envelope.at,
         "by": r.envelope.by, "seq": r.envelope.seq}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, PAY_PERIOD, rows)


def _on_exported(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"seq": r.envelope.seq, "programme": r.fact.programme, "period": r.fact.period,
         "lines_digest": r.fact.lines_digest, "summary_digest": r.fact.summary_digest, "at": r.envelope.at,
         "by": r.envelope.by}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, PAY_EXPORT, rows)


HANDLERS: dict[str, Handler] = {
    PayTermsSet.KIND: _on_terms,
    PayTermsSetV2.KIND: _on_terms,
    PayTermsAccepted.KIND: _on_accepted,
    PayAdjusted.KIND: _on_adjusted,
    PayPeriodClosed.KIND: _on_closed,
    PayPeriodClosedV2.KIND: _on_closed,
    PayExported.KIND: _on_exported,
}

# --- acts of work ---------------------------------------------------------------------------------------------------

_ACCEPTED = Statement(
    sa.select(PAY_ACCEPTANCE)
    .where(
        PAY_ACCEPTANCE.c.person == sa.bindparam("who"), PAY_ACCEPTANCE.c.programme == sa.bindparam("programme"),
        PAY_ACCEPTANCE.c.seq < sa.bindparam("before"),
    )
    .order_by(PAY_ACCEPTANCE.c.seq.desc())
    .limit(1)
)  # fmt: skip
_TERMS = Statement(
    sa.select(PAY_TERMS).where(
        PAY_TERMS.c.programme == sa.bindparam("programme"), PAY_TERMS.c.version == sa.bindparam("version")
    )
)
_IN_FORCE = Statement(
    sa.select(PAY_TERMS)
    .where(PAY_TERMS.c.programme == sa.bindparam("programme"))
    .order_by(PAY_TERMS.c.seq.desc())
    .limit(1)
)
_ITEM = Statement(sa.select(ITEM.c.programme, ITEM.c.domain, ITEM.c.signal).where(ITEM.c.item == sa.bindparam("item")))
_QUALIFICATION = Statement(
    sa.select(QUALIFICATION.c.programme, QUALIFICATION.c.started_at).where(
        QUALIFICATION.c.qualification == sa.bindparam("wanted")
    )
)
_SESSION = Statement(
    sa.select(CALIBRATION.c.programme, CALIBRATION.c.opened_at).where(
        CALIBRATION.c.calibration == sa.bindparam("wanted")
    )
)
_LAST_ON = Statement(
    sa.select(PAID_ACT.c.at)
    .where(PAID_ACT.c.subject == sa.bindparam("subject"), PAID_ACT.c.person == sa.bindparam("who"))
    .order_by(PAID_ACT.c.seq.desc())
    .limit(1)
)
# What somebody was paid for, in any programme, that ended after a moment: it may take up time from then on.
_SINCE = Statement(
    sa.select(PAID_ACT.c.began_at, PAID_ACT.c.fit_ms).where(
        PAID_ACT.c.person == sa.bindparam("who"), PAID_ACT.c.at > sa.bindparam("since"),
        PAID_ACT.c.seq < sa.bindparam("before"),
    )
)  # fmt: skip
_COUNTED_MORE = Statement(
    sa.select(PAID_ACT).where(
        PAID_ACT.c.programme == sa.bindparam("programme"), PAID_ACT.c.at >= sa.bindparam("since"),
        PAID_ACT.c.at < sa.bindparam("until"), PAID_ACT.c.active_ms != PAID_ACT.c.first_ms,
    )
)  # fmt: skip
_COUNT_AT_FIRST = Statement(
    PAID_ACT.update()
    .where(PAID_ACT.c.seq == sa.bindparam("at_seq"))
    .values(
        active_ms=sa.bindparam("counted"), fit_ms=sa.bindparam("fitting"), amount=sa.bindparam("brought"),
        cut="closed",
    )
)  # fmt: skip


def follow(connection: sa.Connection, recorded: list[Recorded]) -> None:
    """Write down the paid acts among facts that were just projected, under the terms that their experts had accepted.

    It reads only what no later fact changes, so that a rebuild finds the same.
    """
    for r in recorded:
        step = _FOLLOWED.get(r.envelope.kind)
        if step is not None:
            step(connection, r)


def _judged(connection: sa.Connection, r: Recorded) -> None:
    fact: JudgmentSubmitted = r.fact
    lease = begun.lease(connection, fact.assignment)
    last, *earlier = begun.leases(connection, lease)
    consent, began = accepted(connection, fact.expert, fact.programme, before=last.seq), last
    for one in earlier:
        # What was worked before these terms were accepted is not paid by them.
        if consent is not None and accepted(connection, fact.expert, fact.programme, before=one.seq) == consent:
            began = one
    _paid(
        connection, r, work="judgment", person=fact.expert, programme=fact.programme, subject=fact.judgment,
        item=fact.item, place=(lease.domain, fact.signal), sent_ms=fact.active_ms, began_at=began.leased_at,
        given_seq=began.seq, last_at=last.leased_at,
    )  # fmt: skip


def _gold(connection: sa.Connection, r: Recorded) -> None:
    fact: GoldAnswered = r.fact
    row = _QUALIFICATION.first(connection, {"wanted": fact.qualification})
    assert row is not None, "a gold item is answered in a qualification"
    _paid(
        connection, r, work="qualification", person=fact.person, programme=row.programme, subject=fact.qualification,
        item=fact.item, sent_ms=fact.active_ms, began_at=row.started_at, given_seq=r.envelope.seq,
    )  # fmt: skip


def _labelled(connection: sa.Connection, r: Recorded) -> None:
    fact: CalibrationLabelled = r.fact
    row = _SESSION.first(connection, {"wanted": fact.calibration})
    assert row is not None, "a label is given in a session"
    _paid(
        connection, r, work="calibration", person=fact.expert, programme=row.programme, subject=fact.calibration,
        item=fact.item, sent_ms=fact.active_ms, began_at=row.opened_at, given_seq=r.envelope.seq,
    )  # fmt: skip


def _decided(connection: sa.Connection, r: Recorded) -> None:
    _from_lease(connection, r, work="adjudication", person=r.fact.adjudicator)


def _reviewed(connection: sa.Connection, r: Recorded) -> None:
    _from_lease(connection, r, work="second_look", person=r.fact.reviewer)


def _from_lease(connection: sa.Connection, r: Recorded, *, work: str, person: str) -> None:
    given = hands.given(connection, work, r.fact.item, person)
    if given is not None:
        _paid(
            connection, r, work=work, person=person, programme=r.fact.programme, subject=r.fact.item,
            item=r.fact.item, sent_ms=None, began_at=given.at, given_seq=given.seq, last_at=given.open_at,
            seen_us=hands.held_us(given, r.envelope.at),
        )  # fmt: skip
    hands.forget(connection, work, r.fact.item)


def _review_ended(connection: sa.Connection, r: Recorded) -> None:
    """A held or affected judgment was reviewed: paid as a second look, by terms that say so."""
    found = review_of(connection, r, within=REVIEW_MAX)
    consent = found and accepted(connection, found.person, found.programme, before=found.look_seq)
    if not found or not consent:
        return
    terms = _TERMS.first(connection, {"programme": found.programme, "version": consent.version})
    if terms is not None and terms.act_ms_max is not None:
        _paid(
            connection, r, work="second_look", person=found.person, programme=found.programme, subject=found.judgment,
            item=found.item, sent_ms=None, began_at=found.looked_at, given_seq=found.look_seq,
        )  # fmt: skip


def _set_aside(connection: sa.Connection, r: Recorded) -> None:
    """Judgments were set aside: the cases on them ended under whoever held one, and it may have been a review."""
    hands.end_all(connection, "adjudication", r.fact.items, at=r.envelope.at)
    _review_ended(connection, r)


def _case_given(connection: sa.Connection, r: Recorded) -> None:
    _note_given(connection, r, work="adjudication", person=r.fact.adjudicator)


def _case_released(connection: sa.Connection, r: Recorded) -> None:
    hands.end(connection, "adjudication", r.fact.item, r.fact.adjudicator, at=r.envelope.at)


def _drawn_given(connection: sa.Connection, r: Recorded) -> None:
    _note_given(connection, r, work="second_look", person=r.fact.reviewer)


def _drawn_released(connection: sa.Connection, r: Recorded) -> None:
    hands.end(connection, "second_look", r.fact.item, r.fact.reviewer, at=r.envelope.at)


def _note_given(connection: sa.Connection, r: Recorded, *, work: str, person: str) -> None:
    """It is in their hands: with the leases before under the terms that hold, which brought no answer."""
    # In a rebuild the acceptances of later facts are there already: only those before this one count.
    consent = accepted(connection, person, r.fact.programme, before=r.envelope.seq)
    if consent is None:
        return
    first, at = hands.given(connection, work, r.fact.item, person), r.envelope.at
    if first is None or accepted(connection, person, r.fact.programme, before=first.seq) != consent:
        # What was worked before these terms were accepted is not paid by them.
        hands.begin(connection, work, r.fact.item, person, at=at, seq=r.envelope.seq)
    else:
        hands.go_on(connection, work, r.fact.item, person, at=at)


def _paid(
    connection: sa.Connection, r: Recorded, *, work: str, person: str, programme: str, subject: str, item: str,
    sent_ms: int | None, began_at: int, given_seq: int, last_at: int | None = None, seen_us: int | None = None,
    place: tuple[str, str] | None = None,
) -> None:  # fmt: skip
    """Write an act down. Nothing is written for who had accepted no terms before the work was given.

    sent_ms  what a page sent as measured; None where no page measures
    last_at  when the work was given last: an earlier way of counting began there
    seen_us  how long it was in their hands, where that is not all the time since it began
    """
    consent = accepted(connection, person, programme, before=given_seq)
    if consent is None:
        return
    row = _TERMS.first(connection, {"programme": programme, "version": consent.version})
    assert row is not None, "terms are accepted when they are in force"
    terms = terms_of(row)
    if work in ("qualification", "calibration"):
        last = _LAST_ON.first(connection, {"subject": subject, "who": person})
        began_at = began_at if last is None else last.at
    if place is None:
        found = _ITEM.first(connection, {"item": item})
        assert found is not None, "work is about an item"
        place = (found.domain, found.signal)
    began_at, at = min(began_at, r.envelope.at), r.envelope.at
    claimed_ms = None if sent_ms is None else flow.measured_ms(sent_ms)
    room = flow.room_ms(began_at, at, _others(connection, person, began_at, before=r.envelope.seq))
    bound_ms = (at - began_at if seen_us is None else seen_us) // 1000
    time = flow.counted(claimed_ms, bound_ms, room, terms=terms)
    rate = flow.rate_for(terms.rates, work=work, domain=place[0], signal=place[1])
    first_bound = max(0, at - (began_at if last_at is None else last_at)) // 1000
    act = {
        "seq": r.envelope.seq, "programme": programme, "person": person, "work": work, "subject": subject,
        "item": item, "domain": place[0], "signal": place[1], "at": at, "active_ms": time.active_ms,
        "claimed_ms": claimed_ms, "bound_ms": bound_ms, "began_at": began_at, "fit_ms": time.fit_ms,
        "first_ms": flow.counted_at_first(sent_ms, first_bound, unmeasured_ms_max=terms.unmeasured_ms_max),
        "cut": time.cut, "terms": consent.terms, "floor_hourly": terms.floor_hourly, "piece": rate.piece,
        "hourly": rate.hourly,
        "amount": flow.amount_of(piece=rate.piece, hourly=rate.hourly, active_ms=time.active_ms),
    }  # fmt: skip
    journal.insert_many(connection, PAID_ACT, [act])


def _others(connection: sa.Connection, person: str, began_at: int, *, before: int) -> list[Span]:
    """What of somebody's paid work reaches into the time since a moment, and what reaches into that, and so on."""
    since = began_at
    while True:
        rows = _SINCE.all(connection, {"who": person, "since": since, "before": before})
        first = min((row.began_at for row in rows), default=since)
        if first >= since:
            return [Span(began_at=row.began_at, fit_ms=row.fit_ms) for row in rows]
        since = first


def _closed_at_first(connection: sa.Connection, r: Recorded) -> None:
    """A period that was closed by the first way of counting keeps the lines that it was closed with."""
    fact: PayPeriodClosed = r.fact
    span = {"programme": fact.programme, "since": fact.from_at, "until": fact.until_at}
    for act in _COUNTED_MORE.all(connection, span):
        amount = flow.amount_of(piece=act.piece, hourly=act.hourly, active_ms=act.first_ms)
        fit = min(act.fit_ms, act.first_ms)
        values = {"at_seq": act.seq, "counted": act.first_ms, "fitting": fit, "brought": amount}
        _COUNT_AT_FIRST.run(connection, values)


_FOLLOWED: dict[str, Callable[[sa.Connection, Recorded], None]] = {
    JudgmentSubmitted.KIND: _judged,
    GoldAnswered.KIND: _gold,
    CalibrationLabelled.KIND: _labelled,
    CaseLeased.KIND: _case_given,
    RereviewLeased.KIND: _drawn_given,
    CaseReleased.KIND: _case_released,
    RereviewReleased.KIND: _drawn_released,
    DisagreementSettled.KIND: _decided,
    DisagreementPreserved.KIND: _decided,
    DisagreementReturned.KIND: _decided,
    RereviewAnswered.KIND: _reviewed,
    PayPeriodClosed.KIND: _closed_at_first,
    **dict.fromkeys(REVIEWS, _review_ended),
    JudgmentsRequeued.KIND: _set_aside,
}

# --- reading --------------------------------------------------------------------------------------------------------

_LAST_SEQ = 2**62
_SUMS = Statement(
    sa.select(
        PAID_ACT.c.floor_hourly, sa.func.sum(PAID_ACT.c.active_ms).label("active_ms"),
        sa.func.sum(PAID_ACT.c.amount).label("amount"), sa.func.count().label("acts"),
    )
    .where(
        PAID_ACT.c.programme == sa.bindparam("programme"), PAID_ACT.c.person == sa.bindparam("who"),
        PAID_ACT.c.at >= sa.bindparam("since"),
    )
    .group_by(PAID_ACT.c.floor_hourly)
    .order_by(PAID_ACT.c.floor_hourly)
)  # fmt: skip
_PROGRAMMES_OF = Statement(
    sa.select(PAY_ACCEPTANCE.c.programme)
    .where(PAY_ACCEPTANCE.c.person == sa.bindparam("who"))
    .group_by(PAY_ACCEPTANCE.c.programme)
    .order_by(PAY_ACCEPTANCE.c.programme)
)


def terms_of(row: Row) -> Terms:
    """What of a row of terms is needed for amounts."""
    return Terms(
        floor_hourly=row.floor_hourly, unmeasured_ms_max=row.unmeasured_ms_max, act_ms_max=row.act_ms_max,
        rates=_RATES.decode(row.rates),
    )  # fmt: skip


def in_force(connection: sa.Connection, programme: str) -> Row | None:
    """The pay terms of the newest contract version that has some, or None: nobody is paid through this programme."""
    return _IN_FORCE.first(connection, {"programme": programme})


def accepted(connection: sa.Connection, who: str, programme: str, *, before: int = _LAST_SEQ) -> Row | None:
    """What somebody accepted last, before a place of the journal; None when nothing."""
    return _ACCEPTED.first(connection, {"who": who, "programme": programme, "before": before})


def programmes_of(connection: sa.Connection, who: str) -> list[str]:
    """The programmes whose terms somebody has ever accepted."""
    return [row.programme for row in _PROGRAMMES_OF.all(connection, {"who": who})]


def sums(connection: sa.Connection, who: str, programme: str, *, since: int) -> list[tuple[int, int, int, int]]:
    """What somebody has earned since a moment: (floor for an hour, active milliseconds, amount, acts), by floor."""
    rows = _SUMS.all(connection, {"who": who, "programme": programme, "since": since})
    return [(row.floor_hourly, int(row.active_ms), int(row.amount), row.acts) for row in rows]


def acts(connection: sa.Connection, programme: str, *, since: int, until: int, who: str | None = None) -> list[Act]:
    """Paid acts from one moment up to another, in the order of the log."""
    wanted = [PAID_ACT.c.programme == programme, PAID_ACT.c.at >= since, PAID_ACT.c.at < until]
    mine = [] if who is None else [PAID_ACT.c.person == who]
    columns = [column for column in PAID_ACT.c if column.name not in ("programme", "began_at", "first_ms")]
    query = sa.select(*columns).where(*wanted, *mine).order_by(PAID_ACT.c.seq)
    return [Act(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's public name for it


def added(connection: sa.Connection, programme: str, *, since: int, until: int, who: str | None = None) -> list[Added]:
    """What was added from one moment up to another, in the order of the log."""
    return [
        Added(seq=row.seq, at=row.at, person=row.person, amount=row.amount, reference=row.reference)
        for row in added_rows(connection, programme, since=since, until=until, who=who)
    ]


def added_rows(
    connection: sa.Connection, programme: str, *, since: int, until: int, who: str | None = None
) -> Sequence[Row]:
    """The same with who added it, and why."""
    wanted = [PAY_ADDED.c.programme == programme, PAY_ADDED.c.at >= since, PAY_ADDED.c.at < until]
    mine = [] if who is None else [PAY_ADDED.c.person == who]
    return connection.execute(sa.select(PAY_ADDED).where(*wanted, *mine).order_by(PAY_ADDED.c.seq)).all()


def first_since(connection: sa.Connection, programme: str, since: int) -> int | None:
    """When the first paid act or addition came, from a moment on; None when there is none."""
    tables = (PAID_ACT, PAY_ADDED)
    found = [
        connection.execute(
            sa.select(sa.func.min(table.c.at)).where(table.c.programme == programme, table.c.at >= since)
        ).scalar()
        for table in tables
    ]
    return min((at for at in found if at is not None), default=None)


def act_at(connection: sa.Connection, programme: str, seq: int) -> Row | None:
    """The paid act at a place of the log, or None."""
    return connection.execute(
        sa.select(PAID_ACT).where(PAID_ACT.c.programme == programme, PAID_ACT.c.seq == seq)
    ).first()


def periods(connection: sa.Connection, programme: str) -> Sequence[Row]:
    """Closed periods, newest first."""
    query = sa.select(PAY_PERIOD).where(PAY_PERIOD.c.programme == programme).order_by(PAY_PERIOD.c.seq.desc())
    return connection.execute(query).all()


def period(connection: sa.Connection, programme: str, name: str) -> Row | None:
    """A closed period, or None."""
    query = sa.select(PAY_PERIOD).where(PAY_PERIOD.c.programme == programme, PAY_PERIOD.c.period == name)
    return connection.execute(query).first()


def closed_until(connection: sa.Connection, programme: str) -> int:
    """The moment up to which everything is closed; 0 when nothing is."""
    query = sa.select(sa.func.max(PAY_PERIOD.c.until_at)).where(PAY_PERIOD.c.programme == programme)
    return int(connection.execute(query).scalar() or 0)


def exports(connection: sa.Connection, programme: str, name: str) -> Sequence[Row]:
    """When the files of a period were handed out, newest first."""
    query = sa.select(PAY_EXPORT).where(PAY_EXPORT.c.programme == programme, PAY_EXPORT.c.period == name)
    return connection.execute(query.order_by(PAY_EXPORT.c.seq.desc())).all()


def acceptances(connection: sa.Connection, programme: str) -> dict[str, Row]:
    """Person: what they accepted last."""
    query = sa.select(PAY_ACCEPTANCE).where(PAY_ACCEPTANCE.c.programme == programme).order_by(PAY_ACCEPTANCE.c.seq)
    return {row.person: row for row in connection.execute(query)}

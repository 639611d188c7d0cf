"""Close a pay period, hand its two files to payroll, add an amount that the rates do not know."""

from dataclasses import dataclass

import msgspec

from tallystick import canon
from tallystick.app import access
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.pay.telling import NO_PAY, period_of, statements
from tallystick.events.pay import PayAdjusted, PayExported, PayPeriodClosed, PayPeriodClosedV2
from tallystick.flow import pay as flow
from tallystick.flow.contract.pay import AMOUNT_MAX
from tallystick.flow.pay import Period, Statement
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import contract as contracts
from tallystick.store import pay, roster
from tallystick.store.schema import Row

REASON_CHARACTERS_MIN = 10
REASON_CHARACTERS_MAX = 2_000
LINES, SUMMARY = "lines.csv", "summary.csv"
FILES = (LINES, SUMMARY)
ALREADY_CLOSED = Refused("period-closed", "Expected an open period, found one that is closed: its lines never change.")
NOT_CLOSED = Refused("period-open", "Expected a closed period, found an open one: close it first, when it has ended.")
EARLIER_OPEN = "period-before-open"


@dataclass(frozen=True, slots=True)
class Closed:
    """A period that is closed."""

    fact: PayPeriodClosedV2
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Exported:
    """The two files of a closed period, as they were handed out."""

    programme: str
    period: str
    lines: bytes
    summary: bytes
    lines_digest: str
    summary_digest: str
    receipt: Receipt


def close(cell: Cell, actor: Actor, programme: str, period: str, *, key: str) -> Closed | Refused:
    """Close a period that has ended. What comes later, about whatever work, stands in a later period."""

    def decide(tx: Transaction) -> Decision:
        terms = pay.in_force(tx.connection, programme)
        if contracts.programme(tx.connection, programme) is None:
            return access.ABSENT
        if terms is None:
            return NO_PAY
        wanted = period_of(tx.connection, terms, period, now=tx.now)
        if isinstance(wanted, Refused):
            return wanted
        refused = _may_close(tx.connection, programme, wanted, now=tx.now)
        return refused or [_closed(tx.connection, terms, wanted)]

    request = canon.encode(["close-pay-period", programme, period])
    answer = cell.execute(Command(actor, "pay.write", key, request, decide))
    if isinstance(answer, Refused):
        return answer
    fact = answer.facts[0]
    assert isinstance(fact, PayPeriodClosedV2)
    return Closed(fact, answer)


def _may_close(connection: journal.Connection, programme: str, wanted: Period, *, now: int) -> Refused | None:
    until = pay.closed_until(connection, programme)
    if pay.period(connection, programme, wanted.name) is not None or wanted.until_at <= until:
        return ALREADY_CLOSED
    if wanted.until_at > now:
        return flow.NOT_ENDED
    first = pay.first_since(connection, programme, until)
    if first is not None and first < wanted.from_at:
        sentence = (
            "Expected that every period before is closed, found work in one that is open. Close the oldest first."
        )
        return Refused(EARLIER_OPEN, sentence)
    return None


def _closed(connection: journal.Connection, terms: Row, period: Period) -> PayPeriodClosedV2:
    found = statements(connection, terms.programme, period)
    totals = flow.total(found)
    lines, summary = _files(period.name, found, currency=terms.currency, decimals=terms.decimals)
    return PayPeriodClosedV2(
        programme=terms.programme, period=period.name, from_at=period.from_at, until_at=period.until_at,
        currency=terms.currency, decimals=terms.decimals, people=totals.people, lines=totals.lines,
        active_ms=totals.active_ms, earned=totals.earned, top_up=totals.top_up, added=totals.added,
        payable=totals.payable, lines_digest=canon.digest(lines), summary_digest=canon.digest(summary),
    )  # fmt: skip


def _files(period: str, found: list[Statement], *, currency: str, decimals: int) -> tuple[bytes, bytes]:
    return (
        flow.lines_file(period, found, currency=currency, decimals=decimals),
        flow.summary_file(period, found, currency=currency, decimals=decimals),
    )


def _files_of(connection: journal.Connection, row: Row) -> tuple[bytes, bytes]:
    """The files of a closed period, made anew from its lines."""
    fact = msgspec.json.decode(row.body, type=PayPeriodClosed)  # both versions have the same fields
    period = Period(name=row.period, from_at=row.from_at, until_at=row.until_at)
    made = _files(
        row.period, statements(connection, row.programme, period), currency=fact.currency, decimals=fact.decimals
    )
    digests = tuple(canon.digest(one) for one in made)
    assert digests == (fact.lines_digest, fact.summary_digest), "the lines of a closed period never change"
    return made


def _not_closed(connection: journal.Connection, programme: str, period: str, *, now: int) -> Refused:
    """Why there is no closed period of a name."""
    terms = pay.in_force(connection, programme)
    if terms is None:
        return access.ABSENT
    found = period_of(connection, terms, period, now=now)
    return found if isinstance(found, Refused) else NOT_CLOSED


def export(cell: Cell, actor: Actor, programme: str, period: str, *, key: str) -> Exported | Refused:
    """Hand out the two files of a closed period: every line, and one line for each person. That is an event."""

    def decide(tx: Transaction) -> Decision:
        row = pay.period(tx.connection, programme, period)
        if row is None:
            return _not_closed(tx.connection, programme, period, now=tx.now)
        lines, summary = _files_of(tx.connection, row)
        return [
            PayExported(
                programme=programme, period=period, lines_digest=canon.digest(lines), lines_bytes=len(lines),
                summary_digest=canon.digest(summary), summary_bytes=len(summary),
            )
        ]  # fmt: skip

    request = canon.encode(["export-pay", programme, period])
    answer = cell.execute(Command(actor, "pay.write", key, request, decide))
    if isinstance(answer, Refused):
        return answer
    with cell.read() as connection:
        row = pay.period(connection, programme, period)
        assert row is not None
        lines, summary = _files_of(connection, row)
    return Exported(programme, period, lines, summary, canon.digest(lines), canon.digest(summary), answer)


def file_of(cell: Cell, actor: Actor, programme: str, period: str, *, name: str) -> bytes | Refused:
    """One of the files of a period that was handed out, byte for byte as then."""
    if not access.allows(actor, "pay.read") or name not in FILES:
        return access.ABSENT
    with cell.read() as connection:
        row = pay.period(connection, programme, period)
        if row is None:
            refused = _not_closed(connection, programme, period, now=cell.kernel.now())
            return access.ABSENT if refused == NOT_CLOSED else refused
        if not pay.exports(connection, programme, period):
            return access.ABSENT
        return _files_of(connection, row)[FILES.index(name)]


def add(
    cell: Cell, actor: Actor, programme: str, *, person: str, amount: int, reason: str, reference: int | None, key: str
) -> Receipt | Refused:
    """Add an amount to what somebody is paid, in the period that goes on. Nothing is ever taken away.

    amount     minor units, above 0; it does not count towards the floor
    reference  place in the log of the paid work that it is about; None when it is about none
    """

    def decide(tx: Transaction) -> Decision:
        if pay.in_force(tx.connection, programme) is None:
            return access.ABSENT
        if pay.accepted(tx.connection, person, programme) is None or roster.person(tx.connection, person) is None:
            return Refused("not-paid-here", "Expected somebody who accepted this programme's pay terms.", "person")
        if not 0 < amount <= AMOUNT_MAX:
            return flow.BAD_AMOUNT
        if not REASON_CHARACTERS_MIN <= len(reason.strip()) <= REASON_CHARACTERS_MAX:
            sentence = f"Expected a reason of {REASON_CHARACTERS_MIN} to {REASON_CHARACTERS_MAX:,} characters."
            return Refused("reason-missing", sentence, "reason")
        act = None if reference is None else pay.act_at(tx.connection, programme, reference)
        if reference is not None and (act is None or act.person != person):
            return Refused("no-such-line", "Expected the log index of paid work of this person.", "reference")
        words = tx.seal(reason.strip().encode(), scope=f"person:{person}")
        return [PayAdjusted(programme=programme, person=person, amount=amount, reference=reference, reason=words)]

    request = canon.encode(["add-pay", programme, person, amount, reason, reference])
    return cell.execute(Command(actor, "pay.write", key, request, decide))

"""What the second looks say: the estimate, how many more are needed, the defects and what is done about them."""

from dataclasses import dataclass

import msgspec

from tallystick import canon
from tallystick.app import access, erased, routing, standing
from tallystick.app.access import Actor
from tallystick.app.adjudication.case import counted
from tallystick.app.cell import Cell
from tallystick.app.contract import unreadable
from tallystick.app.escape.reviewing import first_for
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.looking import About
from tallystick.flow import escape as flow
from tallystick.flow.escape import Answer, Estimate, Needed, Reviewed, Round
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import contract as contracts
from tallystick.store import escape
from tallystick.store.schema import Row


@dataclass(frozen=True, slots=True)
class EscapePage:
    """The second looks of a programme.

    since_last  tier: items that were finished since the last round began, and are in no pool
    needed      how many more looks each tier needs for `at_most`
    for_me      whether a drawn item waits for whoever looks, or is theirs; one that only a credential keeps from them
                counts, so that they are told which when they ask for it
    """

    programme: str
    rounds: tuple[Row, ...]
    estimate: Estimate
    since_last: dict[str, int]
    needed: tuple[Needed, ...]
    at_most: float
    waiting: int
    for_me: bool


def escape_page(
    cell: Cell, actor: Actor, programme: str, *, at_most: float = 0.05, is_pool_counted: bool = True
) -> EscapePage | Refused:
    """How many defects got through, as far as second looks tell.

    at_most          the bound for which to say how many more looks are needed
    is_pool_counted  count what was finished since the last round: it reads every judgment of the programme
    """
    if not (access.allows(actor, "monitor.read") or access.allows(actor, "review")):
        return access.ABSENT
    if not 0 < at_most < 1:
        return Refused("bad-bound", f"Expected a bound between 0 and 1, found {at_most}.", "at_most")
    is_reader = access.allows(actor, "monitor.read")
    with cell.read() as connection:
        if contracts.programme(connection, programme) is None:
            return access.ABSENT
        rounds = escape.rounds(connection, programme)
        sample = escape.sample(connection, programme) if is_reader else []
        since_last = _since_last(connection, programme, rounds) if is_reader and is_pool_counted else {}
        waiting = escape.waiting(connection, programme)
        mine = access.allows(actor, "review") and (
            escape.held_by(connection, actor.person, programme)
            or first_for(cell, connection, actor, programme, now=cell.kernel.now())
        )
    found = _estimate(rounds, sample)
    return EscapePage(
        programme, tuple(rounds), found, since_last, tuple(flow.needed(tier, at_most) for tier in found.tiers),
        at_most, waiting, bool(mine),
    )  # fmt: skip


def _since_last(connection: journal.Connection, programme: str, rounds: list[Row]) -> dict[str, int]:
    since = rounds[-1].until if rounds else 0
    until = journal.head(connection).next_seq
    pools = escape.pools(connection, programme, since=since, until=until, of=None)
    return {risk: len(items) for risk, items in pools.items()}


def estimate_of(connection: journal.Connection, programme: str) -> Estimate | None:
    """What the second looks of a programme say, for those who hold it against something; None before the first draw."""
    rounds = escape.rounds(connection, programme)
    return _estimate(rounds, escape.sample(connection, programme)) if rounds else None


def _estimate(rounds: list[Row], sample: list[Row]) -> Estimate:
    drawn: dict[int, dict[str, int]] = {}
    for row in sample:
        counts = drawn.setdefault(row.round, {})
        counts[row.risk] = counts.get(row.risk, 0) + 1
    given = [
        Reviewed(
            round=row.round, risk=row.risk, places={**msgspec.json.decode(row.taxonomy), "domain": row.domain},
            answer=Answer(
                is_defect=bool(row.is_defect), severity=row.severity, cause=row.cause, failure=row.failure
            ),
        )
        for row in sample
        if row.is_answered
    ]  # fmt: skip
    known = [
        Round(number=row.round, pools=msgspec.json.decode(row.pools), drawn=drawn.get(row.round, {})) for row in rounds
    ]
    return flow.estimate(known, given)


@dataclass(frozen=True, slots=True)
class Defect:
    """A drawn item that was found defective. Who found it is not told."""

    row: Row
    words: str
    is_open: bool  # its judgments still count: it can be set aside


def defects(cell: Cell, actor: Actor, programme: str) -> list[Defect] | Refused:
    """What was found wrong, newest first. The words may quote items: that they were opened is an event."""
    if not access.allows(actor, "monitor.read"):
        return access.ABSENT
    with cell.read() as connection:
        if contracts.programme(connection, programme) is None:
            return access.ABSENT
        refused = unreadable(cell, connection, actor, programme)
        answered = [row for row in escape.sample(connection, programme) if row.is_answered and row.is_defect]
        rows = routing.visible(cell, connection, actor, answered)
    if refused or not rows:
        return refused or []
    rows.sort(key=lambda row: -row.answered_seq)
    reason = "audit" if "auditor" in actor.roles else "review"
    about = About(subject=programme, what="words", reason=reason, subjects=tuple(row.item for row in rows))
    look = cell.look(actor, "monitor.read", about)
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        found = erased.payloads(cell, connection, [row.notes for row in rows if row.notes], look)
        complete = escape.complete(connection, [row.item for row in rows])
    return [Defect(row, erased.text(found[row.notes]) if row.notes else "", row.item in complete) for row in rows]


def set_aside(cell: Cell, actor: Actor, item: str, *, by_same: bool, key: str) -> Receipt | Refused:
    """Have a drawn item that was found defective judged again. The estimate keeps the defect: it had got through."""

    def decide(tx: Transaction) -> Decision:
        row = escape.drawn(tx.connection, item)
        if row is None:
            return access.ABSENT
        if not row.is_answered or not row.is_defect:
            return Refused("no-defect", "Nobody found this item defective in a second look: there is nothing to mend.")
        if item not in escape.complete(tx.connection, [item]):
            return Refused("already-decided", "This item is open again already: its judgments were set aside.")
        given = [one.judgment for one in counted(tx.connection, item)]
        return standing.requeue(
            cell, tx, programme=row.programme, judgments=given, cause="review", reference=row.rereview,
            by_same=by_same,
        )  # fmt: skip

    request = canon.encode(["rereview-aside", item, by_same])
    return cell.execute(Command(actor, "monitor.write", key, request, decide))

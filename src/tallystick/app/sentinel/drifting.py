"""What the answers to sentinels showed: announcing a fall, holding back the work behind it, and deciding on it."""

from dataclasses import dataclass

from tallystick import canon
from tallystick.app import access, standing
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.kernel import Command, Decision, Receipt, Transaction, new_key
from tallystick.events.sentinel import DriftDecided, DriftDetected
from tallystick.flow import sentinel as flow
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import sentinel as store
from tallystick.store.schema import Row


def announce(cell: Cell, programme: str | None = None, *, is_at_once: bool = False) -> int:
    """Announce the falls that are due: the work stops, and what was judged since is held. How many.

    A chart moves with every answer, in the command of that answer. That it crossed its limit is announced by the cell
    some leases later, a number that follows from the secret: so the stop does not point at the sentinel that led to it.
    is_at_once  without that delay: before a batch is measured or released
    """
    with cell.read() as connection:
        due = [
            row for row in store.crossed(connection, programme)
            if is_at_once or _is_due(cell, connection, row)
        ]  # fmt: skip
    return sum(_announced(cell, row) for row in due)


def _announced(cell: Cell, row: Row) -> bool:
    """Announce one fall; false when another process was faster."""
    key = (row.programme, row.expert, row.rubric)
    command = Command(access.CELL, "monitor.write", new_key(), b"drift", lambda tx: _detect(tx, key))
    answer = cell.execute(command)
    return not isinstance(answer, Refused) and bool(answer.facts)


def _is_due(cell: Cell, connection: journal.Connection, row: Row) -> bool:
    policy = store.policy_version(connection, row.programme, row.policy)
    assert policy is not None
    secret = cell.sentinel_secret(connection, policy.secret)
    since = store.leases_after(connection, row.programme, expert=row.expert, domain=row.domain, after=row.crossed_seq)
    is_past = cell.kernel.now() >= row.crossed_at + flow.GRACE_MICROSECONDS
    return is_past or since > flow.grace(secret, expert=row.expert, crossed_seq=row.crossed_seq)


def _detect(tx: Transaction, key: tuple[str, str, str]) -> Decision:
    programme, expert, rubric = key
    row = store.chart(tx.connection, programme, expert=expert, rubric=rubric)
    if row is None or row.state != store.CROSSED:
        return []  # another process was faster
    policy = store.policy_version(tx.connection, programme, row.policy)
    given = answers_behind(tx.connection, row)
    began = flow.beginning(store.design_of(policy), [bool(one.is_correct) for one in given])
    after = given[began.earliest - 1].seq if began.earliest else row.from_seq
    judgments = store.judgments_after(
        tx.connection, programme, expert=expert, rubric=rubric, version=row.rubric_version, after=after
    )
    fact = DriftDetected(
        programme=programme, rubric=rubric, rubric_version=row.rubric_version, expert=expert, policy=row.policy,
        score=row.score, limit=store.design_of(policy).limit, answers=row.taken, right=row.right,
        shift_from=began.shift_from, earliest=began.earliest, held_after=after, crossed_seq=row.crossed_seq,
        held=len(judgments),
    )  # fmt: skip
    held = standing.hold(
        tx, programme=programme, expert=expert, judgments=judgments, cause="drift", reference=str(tx.seq)
    )
    return [fact, *held]


def answers_behind(connection: journal.Connection, row: Row) -> list[Row]:
    """The answers that a chart rests on."""
    given = store.answers_of(connection, row.programme, expert=row.expert, rubric=row.rubric, after=row.from_seq)
    return [one for one in given if (one.policy, one.rubric_version) == (row.policy, row.rubric_version)]


@dataclass(frozen=True, slots=True)
class Decided:
    """A fall was looked at, and the work goes on."""

    detected: int
    receipt: Receipt


def decide(
    cell: Cell, actor: Actor, programme: str, detected: int, *, found: str, words: str, key: str
) -> Decided | Refused:
    """Say what a fall came from, and let the expert work on; their chart begins anew.

    What is held stays held until it is reviewed: that is a decision of its own, by somebody else.
    detected  place in the journal of the fall
    """

    def decision(tx: Transaction) -> Decision:
        row = store.drift(tx.connection, detected)
        if row is None or row.programme != programme:
            return access.ABSENT
        if row.state != "open":
            return Refused("already-decided", "This has been decided on already: the expert works on.")
        refused = flow.check_decision(found, words)
        if refused:
            return refused
        ref = tx.seal(words.strip().encode(), scope=f"programme:{programme}", subjects=[f"person:{row.expert}"])
        return [
            DriftDecided(
                programme=programme, rubric=row.rubric, expert=row.expert, detected_seq=detected, found=found, words=ref
            )
        ]

    request = canon.encode(["drift", programme, detected, found, words])
    answer = cell.execute(Command(actor, "monitor.write", key, request, decision))
    return answer if isinstance(answer, Refused) else Decided(detected, answer)

"""How a case ends: settled, preserved, or sent back to be judged again; with feedback on the rubric beside it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from tallystick import canon
from tallystick.app import access, standing
from tallystick.app.access import Actor
from tallystick.app.adjudication.case import counted, gone_of, refuse_decider, rubric_of
from tallystick.app.assignment import shown_in
from tallystick.app.cell import Cell
from tallystick.app.contract import unreadable
from tallystick.app.disagreement import distributions
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.looking import About
from tallystick.events.adjudication import RubricFeedbackRecorded, SettlementConfirmed
from tallystick.events.envelope import Event, ObjectRef
from tallystick.flow import adjudication as flow
from tallystick.flow import assignment as order
from tallystick.flow.adjudication import PAIRED, Case, Feedback
from tallystick.flow.answer import deciding as verdicts_of
from tallystick.flow.answer import own_verdict
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.signals import BY_NAME
from tallystick.signals.preference import SIGNAL as PAIR
from tallystick.signals.shape import UNDECIDED
from tallystick.store import adjudication, assignment, disagreement, items, judgment
from tallystick.store import rubric as rubrics
from tallystick.store import standing as held
from tallystick.store.schema import Row


@dataclass(frozen=True, slots=True)
class Closed:
    """A case that has ended: settled, preserved or returned."""

    item: str
    state: str
    receipt: Receipt


def settle(
    cell: Cell, actor: Actor, item: str, *, verdict: str, criteria: list[str], notes: str, key: str,
    feedback: Sequence[Feedback] = (), is_confirmed: bool = False,
) -> Closed | Refused:  # fmt: skip
    """Decide a case for one verdict, given in the adjudicator's own order of candidates.

    is_confirmed  settle it although its class says that competent people differ here
    """

    def decide(tx: Transaction, case: Case) -> Decision:
        row = items.item(tx.connection, item)
        assert row is not None, "a case has an item"
        mine = order.candidate_order(cell.order_seed, item, actor.person, candidates=row.candidates)
        own = own_verdict(BY_NAME[row.signal], verdict, mine)
        # Before the notes are sealed: a refusal writes nothing.
        deciding = _deciding(cell, tx, row, case, own=own)
        refused = flow.check_verdict(own, deciding) or flow.check_confirmed(case.cause, is_confirmed=is_confirmed)
        if refused:
            return refused
        ref = _seal(tx, item, notes, actor)
        fact = flow.settle(case, adjudicator=actor.person, verdict=own, criteria=criteria, notes=ref, deciding=deciding)
        if isinstance(fact, Refused):
            return fact
        warned = flow.warning(case.cause)
        return [fact, *(_confirmed(tx, case, actor) if warned and warned.is_asked else [])]

    request = _request(["settle", item, verdict, criteria, notes], feedback, is_confirmed)
    return _close(cell, actor, item, _Ending(criteria, notes, feedback, request, decide), key=key)


def _deciding(cell: Cell, tx: Transaction, row: Row, case: Case, *, own: str) -> frozenset[str]:
    """The verdicts that settle an item: those of its form, any that a judge has given, and one's own where it does."""
    if row.signal == PAIR:
        return PAIRED
    look = tx.look_as_cell(About(subject=row.item, what="answer", reason="check"))
    shown = shown_in(cell, tx.connection, row.content, "", look=look)
    version = rubrics.current(tx.connection, row.programme, case.rubric)
    assert version is not None, "a rubric that judgments name was published"
    known = verdicts_of(shown.matter, cell.rubric(tx.connection, version.document))
    mine = {own} if shown.matter.signal.settles(own, shown.matter.content) else set()
    return (frozenset(code.value for code in known) | frozenset(case.counts) | mine) - frozenset(UNDECIDED)


def preserve(
    cell: Cell, actor: Actor, item: str, *, criteria: list[str], notes: str, key: str,
    feedback: Sequence[Feedback] = (),
) -> Closed | Refused:  # fmt: skip
    """Keep the distribution of a case as its result."""

    def decide(tx: Transaction, case: Case) -> Decision:
        ref = _seal(tx, item, notes, actor)
        fact = flow.preserve(case, adjudicator=actor.person, criteria=criteria, notes=ref)
        return [fact, *distributions(cell, tx, item)]

    request = _request(["preserve", item, criteria, notes], feedback)
    return _close(cell, actor, item, _Ending(criteria, notes, feedback, request, decide), key=key)


def send_back(
    cell: Cell, actor: Actor, item: str, *, why: str, by_same: bool, criteria: list[str], notes: str, key: str,
    feedback: Sequence[Feedback] = (),
) -> Closed | Refused:  # fmt: skip
    """Set the judgments of a case aside and have the item judged again instead of deciding.

    why      one of flow.adjudication.REASONS_TO_RETURN
    by_same  whether those who judged it may judge it again
    """

    def decide(tx: Transaction, case: Case) -> Decision:
        refused = flow.check_return(why)
        if refused:
            return refused
        given = [row.judgment for row in counted(tx.connection, item)]
        requeued = standing.requeue(
            cell, tx, programme=case.programme, judgments=given, cause="adjudication", reference=item,
            by_same=by_same,
        )  # fmt: skip
        if isinstance(requeued, Refused):
            return requeued
        ref = _seal(tx, item, notes, actor)
        fact = flow.send_back(case, adjudicator=actor.person, why=why, by_same=by_same, criteria=criteria, notes=ref)
        return [fact, *requeued]

    request = _request(["return", item, why, by_same, criteria, notes], feedback)
    return _close(cell, actor, item, _Ending(criteria, notes, feedback, request, decide), key=key)


def _request(asked: list[object], feedback: Sequence[Feedback], *more: object) -> bytes:
    """What makes two commands the same; as it was before there was feedback, when there is none."""
    told = [[one.criterion, one.what, one.words] for one in feedback]
    return canon.encode([*asked, told, *more] if told or any(more) else asked)


def _seal(tx: Transaction, item: str, words: str, actor: Actor) -> ObjectRef:
    """Words about a case may quote its item: they stand under its import, and under whoever wrote them."""
    row = items.item(tx.connection, item)
    assert row is not None, "a case has an item"
    return tx.seal(words.strip().encode(), scope=f"run:{row.run}", subjects=[f"person:{actor.person}"])


def _confirmed(tx: Transaction, case: Case, actor: Actor) -> list[Event]:
    assert case.cause is not None
    row = disagreement.classification(tx.connection, case.item)
    return [
        SettlementConfirmed(
            item=case.item, programme=case.programme, batch=case.batch, adjudicator=actor.person, cause=case.cause,
            classified_seq=0 if row is None else row.seq,
        )
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Ending:
    """What every way of ending a case has, and the part that is its own."""

    criteria: list[str]
    notes: str
    feedback: Sequence[Feedback]
    request: bytes
    decide: Callable[[Transaction, Case], Decision]


def _close(cell: Cell, actor: Actor, item: str, ending: _Ending, *, key: str) -> Closed | Refused:
    def checked(tx: Transaction) -> Decision:
        case = case_of(cell, tx.connection, item)
        if case is None or assignment.is_author(tx.connection, actor.person, item):
            return access.ABSENT
        gone = gone_of(tx.connection, item)
        ended = unreadable(cell, tx.connection, actor, case.programme, item=item)
        ended = gone.refused if gone and ended is not access.ABSENT else ended
        if ended:
            return ended
        row = adjudication.disagreement(tx.connection, item)
        barred = refuse_decider(cell, tx.connection, actor, row) if row is not None else None
        refused = (
            barred
            or flow.check(case, adjudicator=actor.person, criteria=ending.criteria, notes=ending.notes, now=tx.now)
            or flow.check_feedback(ending.feedback, case.criteria)
        )
        if refused:
            return refused
        decided = ending.decide(tx, case)
        return decided if isinstance(decided, Refused) else [*decided, *_feedback(tx, case, actor, ending.feedback)]

    answer = cell.execute(Command(actor, "adjudicate", key, ending.request, checked))
    if isinstance(answer, Refused):
        return answer
    state = answer.facts[0].KIND.removeprefix("disagreement-").partition("/")[0]
    return Closed(item, state, answer)


def _feedback(tx: Transaction, case: Case, actor: Actor, given: Sequence[Feedback]) -> list[Event]:
    return [
        RubricFeedbackRecorded(
            programme=case.programme, rubric=case.rubric, rubric_version=case.rubric_version, criterion=one.criterion,
            what=one.what, item=case.item, words=_seal(tx, case.item, one.words, actor),
        )
        for one in given
    ]  # fmt: skip


def case_of(cell: Cell, connection: journal.Connection, item: str) -> Case | None:
    """A disagreement as decisions need it, or None."""
    row = adjudication.disagreement(connection, item)
    if row is None:
        return None
    rubric = rubric_of(cell, connection, counted(connection, item))
    return Case(
        item=item, programme=row.programme, batch=row.batch, state=row.state, counts=msgspec.json.decode(row.counts),
        judges=frozenset(one.expert for one in judgment.of_item(connection, item)), rubric=rubric.id,
        rubric_version=rubric.version, criteria=tuple(rubric.by_id), holder=row.holder, held_until=row.held_until,
        cause=row.cause, is_doubted=held.is_held(connection, item),
    )  # fmt: skip

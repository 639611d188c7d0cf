"""Judgments that a later rubric version affects: what waits, who looks, what stands, what is judged again."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from tallystick import canon
from tallystick.app import access, routing, standing
from tallystick.app.access import Actor
from tallystick.app.adjudication import BlindedJudgment, blinded
from tallystick.app.assignment import Shown, shown_in
from tallystick.app.cell import Cell
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.looking import Look
from tallystick.app.standing.reviewing import Wish, decide_on, look_at, seal_notes
from tallystick.events.affected import AffectedKept, AffectedRequeued
from tallystick.events.standing import JudgmentsRequeued
from tallystick.flow import affected as flow
from tallystick.flow import assignment as order
from tallystick.flow.affected import Flag, Progress, Tally
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import DiffRow, Reason, Rubric, diff, reasons
from tallystick.flow.standing import COUNTED, Given
from tallystick.ledger import journal
from tallystick.store import affected as store
from tallystick.store import contract as contracts
from tallystick.store import items
from tallystick.store import rubric as rubrics
from tallystick.store.schema import Row

PAGE = 100
BULK_MAX = 5_000
"""So many judgments are decided by one command in bulk at most: it says how many are left."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One affected judgment in the list of a reviewer: nothing tells whose it is, what it says, or on which item.

    reasons  criterion: why it is affected on that one, the gravest of several
    """

    judgment: str
    reasons: dict[str, Reason]

    @property
    def criteria(self) -> tuple[str, ...]:
        """The criteria that changed."""
        return tuple(self.reasons)

    @property
    def reason(self) -> Reason:
        """The gravest of all."""
        return flow.gravest(self.reasons.values())


@dataclass(frozen=True, slots=True)
class RubricQueue:
    """What one rubric's versions affect, and how far its review has come.

    progress   by version and criterion, the newest version first
    mine       what whoever looks may review, oldest first, at most a hundred; empty for those who review nothing
    decisions  what was decided, newest first; empty for those who only review
    """

    rubric: Rubric
    tally: Tally
    progress: tuple[Progress, ...]
    mine: tuple[Waiting, ...]
    decisions: tuple[Row, ...]


def queue(cell: Cell, actor: Actor, programme: str) -> list[RubricQueue] | Refused:
    """Every rubric of a programme with judgments that a later version affects."""
    may_review, may_count = access.allows(actor, "review"), access.allows(actor, "gate.read")
    if not may_review and not may_count:
        return access.ABSENT
    with cell.read() as connection:
        if contracts.programme(connection, programme) is None:
            return access.ABSENT
        tallies = store.tallies(connection, programme)
        return [
            _queue(cell, connection, actor, row, tally=tallies[row.rubric])
            for row in rubrics.of_programme(connection, programme)
            if row.rubric in tallies
        ]


def _queue(cell: Cell, connection: journal.Connection, actor: Actor, row: Row, *, tally: Tally) -> RubricQueue:
    why = why_affected(cell, connection, row.programme, row.rubric)
    tallies = store.by_criterion(connection, row.programme, row.rubric)
    newest_first = list(why)[::-1]
    flags = []
    if access.allows(actor, "review") and row.domain not in routing.closed_to(cell, connection, actor, row.programme):
        wanted = store.Wanted(
            programme=row.programme, rubric=row.rubric, person=actor.person, is_readable=True, limit=PAGE
        )
        flags = store.waiting(connection, wanted)
    may_count = access.allows(actor, "gate.read")
    return RubricQueue(
        rubric=cell.rubric(connection, row.document), tally=tally,
        progress=tuple(
            Progress(version=place[0], criterion=place[1], reason=why[place], tally=tallies[place])
            for place in newest_first
            if place in tallies
        ),
        mine=waiting_rows(flags, why),
        decisions=tuple(store.decisions(connection, row.programme, row.rubric, limit=PAGE)) if may_count else (),
    )  # fmt: skip


def waiting_rows(flags: list[Flag], why: dict[tuple[str, str], Reason]) -> tuple[Waiting, ...]:
    """Judgments in the order of their flags, each criterion with its own reason.

    why  (version, criterion): why it is affected
    """
    by_judgment: dict[str, dict[str, Reason]] = {}
    for flag in flags:
        known, reason = by_judgment.setdefault(flag.judgment, {}), why[flag.version, flag.criterion]
        known[flag.criterion] = flow.gravest([reason, known.get(flag.criterion, reason)])
    return tuple(Waiting(name, given) for name, given in by_judgment.items())


def why_affected(
    cell: Cell, connection: journal.Connection, programme: str, rubric: str
) -> dict[tuple[str, str], Reason]:
    """(version, criterion): why its earlier judgments are affected, in the order in which versions came into force."""
    found: dict[tuple[str, str], Reason] = {}
    rows = rubrics.versions(connection, programme, rubric)[::-1]
    for before, after in pairwise(rows):
        given = reasons(cell.rubric(connection, before.document), cell.rubric(connection, after.document))
        found |= {(after.version, criterion): given[criterion] for criterion in sorted(given)}
    return found


@dataclass(frozen=True, slots=True)
class AffectedJudgment:
    """An affected judgment as its reviewer sees it: without its author, candidates in the reviewer's own order.

    given_under  the version that it was given under
    rubric       the version in force
    changed      what lies between the two, on the criteria that are affected
    """

    judgment: str
    item: str
    programme: str
    domain: str
    shown: Shown
    given_under: str
    rubric: Rubric
    reasons: dict[str, Reason]
    changed: tuple[DiffRow, ...]
    said: BlindedJudgment


def affected_judgment(cell: Cell, actor: Actor, judgment: str, *, key: str | None = None) -> AffectedJudgment | Refused:
    """Open an affected judgment to review it; that it was opened is an event.

    Only somebody who never judged the item and was never given it finds it.
    """
    found = look_at(
        cell, actor, judgment, key=key,
        waits=lambda connection, row: row.standing == COUNTED and bool(store.of_judgment(connection, judgment)),
    )  # fmt: skip
    if isinstance(found, Refused):
        return found
    row, look = found
    with cell.read() as connection:
        return _opened(cell, connection, row, actor, look=look)


def _opened(cell: Cell, connection: journal.Connection, row: Row, actor: Actor, *, look: Look) -> AffectedJudgment:
    item = items.item(connection, row.item)
    given = rubrics.version(connection, row.programme, row.rubric, row.rubric_version)
    now = rubrics.current(connection, row.programme, row.rubric)
    assert item is not None, "a judgment has an item"
    mine = order.candidate_order(cell.order_seed, row.item, actor.person, candidates=item.candidates)
    assert given is not None, "the rubric version of a judgment was published"
    assert now is not None, "a published rubric has a version in force"
    before, after = cell.rubric(connection, given.document), cell.rubric(connection, now.document)
    why = why_affected(cell, connection, row.programme, row.rubric)
    affected: dict[str, Reason] = {}
    for flag in store.of_judgment(connection, row.judgment):
        reason = why[flag.version, flag.criterion]
        affected[flag.criterion] = flow.gravest([reason, affected.get(flag.criterion, reason)])
    names = {c.name for rubric in (before, after) for c in rubric.criteria if c.id in affected}
    changed = [r for r in diff(before, after) if r.state != "same" and r.section in {*names, "Rubric"}]
    (said,) = blinded(cell, connection, [row], mine, look=look)
    return AffectedJudgment(
        judgment=row.judgment, item=row.item, programme=row.programme, domain=item.domain,
        shown=shown_in(cell, connection, item.content, mine, look=look), given_under=before.version, rubric=after,
        reasons=affected, changed=tuple(changed), said=said,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Affected judgments that stand, or that were set aside.

    decision  stands | again
    """

    programme: str
    rubric: str
    version: str
    decision: str
    judgments: int
    receipt: Receipt


def stands(cell: Cell, actor: Actor, judgment: str, *, notes: str, key: str) -> Reviewed | Refused:
    """An affected judgment stands under the version in force. Notes may be empty."""

    def decide(tx: Transaction, row: Row) -> Decision:
        ref = seal_notes(tx, _item_of(tx, row), notes, actor) if notes.strip() else None
        decision = flow.Decision(
            programme=row.programme,
            rubric=row.rubric,
            version=_version(tx, row),
            way=flow.EACH,
            reviewer=actor.person,
            notes=ref,
        )
        return [*flow.kept([judgment], decision, iter(tx.new_salt, ""))]

    request = canon.encode(["affected-stands", judgment, notes])
    return _reviewed(cell, actor, judgment, Wish("stands", notes, key, request), decide=decide)


def judge_again(
    cell: Cell, actor: Actor, judgment: str, *, notes: str, by_same: bool = False, key: str
) -> Reviewed | Refused:
    """An affected judgment is set aside and its item opened again; by_same: its author may judge it again, too."""

    def decide(tx: Transaction, row: Row) -> Decision:
        # Asked first, without the notes: a refusal must not leave a key behind.
        tried = _requeue(cell, tx, row, [judgment], by_same=by_same)
        if isinstance(tried, Refused):
            return tried
        return standing.requeue(
            cell, tx, programme=row.programme, judgments=[judgment], cause="revision", reference=_in_force(tx, row),
            by_same=by_same, notes=seal_notes(tx, _item_of(tx, row), notes, actor),
        )  # fmt: skip

    request = canon.encode(["affected-again", judgment, notes, by_same])
    return _reviewed(cell, actor, judgment, Wish("again", notes, key, request), decide=decide)


def _reviewed(
    cell: Cell, actor: Actor, judgment: str, wish: Wish, *, decide: Callable[[Transaction, Row], Decision]
) -> Reviewed | Refused:
    def waiting(tx: Transaction, row: Row, one: Given) -> Decision:
        is_waiting = bool(store.of_judgment(tx.connection, judgment))
        refused = flow.refuse_review(one, is_waiting=is_waiting, notes=wish.notes, is_needed=wish.needs_notes)
        return refused or decide(tx, row)

    return _told(decide_on(cell, actor, judgment, wish, decide=waiting), wish.decision)


def stand_all(cell: Cell, actor: Actor, *, programme: str, rubric: str, rationale: str, key: str) -> Reviewed | Refused:
    """All judgments stand of which nothing but wording changed. At most BULK_MAX at once, the oldest first."""

    def decide(tx: Transaction, row: Row) -> Decision:
        why = why_affected(cell, tx.connection, programme, rubric)
        chosen = flow.wording_only(_waiting(tx, row, actor), why)
        if not chosen:
            return flow.NOTHING
        notes = tx.seal(rationale.strip().encode(), scope=f"programme:{programme}", subjects=[f"person:{actor.person}"])
        decision = flow.Decision(
            programme=programme, rubric=rubric, version=row.version, way=flow.BULK, reviewer=actor.person, notes=notes
        )
        return [*flow.kept(chosen, decision, iter(tx.new_salt, ""))]

    request = canon.encode(["affected-all-stand", programme, rubric, rationale])
    return _in_bulk(cell, actor, (programme, rubric), Wish("stands", rationale, key, request), decide=decide)


def again_all(
    cell: Cell, actor: Actor, *, programme: str, rubric: str, criterion: str, rationale: str, by_same: bool = True,
    key: str,
) -> Reviewed | Refused:  # fmt: skip
    """Set aside all judgments that a version affects on one criterion, and open their items. At most BULK_MAX."""

    def decide(tx: Transaction, row: Row) -> Decision:
        flags = _waiting(tx, row, actor, is_readable=True)
        chosen = flow.on_criterion(flags, criterion)
        if not chosen:
            return flow.NOTHING
        facts = _requeue(cell, tx, row, chosen, by_same=by_same)
        if isinstance(facts, Refused):
            return facts
        notes = tx.seal(rationale.strip().encode(), scope=f"programme:{programme}", subjects=[f"person:{actor.person}"])
        told = AffectedRequeued(
            programme=programme, rubric=rubric, version=row.version, criterion=criterion, judgments=len(chosen),
            notes=notes,
        )  # fmt: skip
        return [told, *facts]

    request = canon.encode(["affected-all-again", programme, rubric, criterion, rationale, by_same])
    return _in_bulk(cell, actor, (programme, rubric), Wish("again", rationale, key, request), decide=decide)


def _in_bulk(
    cell: Cell, actor: Actor, of: tuple[str, str], wish: Wish, *, decide: Callable[[Transaction, Row], Decision]
) -> Reviewed | Refused:
    def checked(tx: Transaction) -> Decision:
        row = rubrics.current(tx.connection, *of)
        if row is None:
            return access.ABSENT
        return flow.refuse_notes(wish.notes) or decide(tx, row)

    return _told(cell.execute(Command(actor, "rubric.write", wish.key, wish.request, checked)), wish.decision)


def _waiting(tx: Transaction, row: Row, actor: Actor, *, is_readable: bool = False) -> list[Flag]:
    wanted = store.Wanted(
        programme=row.programme, rubric=row.rubric, person=actor.person, is_readable=is_readable, limit=BULK_MAX
    )
    return store.waiting(tx.connection, wanted)


def _requeue(cell: Cell, tx: Transaction, row: Row, judgments: list[str], *, by_same: bool) -> Decision:
    return standing.requeue(
        cell, tx, programme=row.programme, judgments=judgments, cause="revision", reference=_in_force(tx, row),
        by_same=by_same,
    )  # fmt: skip


def _in_force(tx: Transaction, row: Row) -> str:
    """The place in the journal of the rubric version in force."""
    found = rubrics.version(tx.connection, row.programme, row.rubric, _version(tx, row))
    assert found is not None, "a published rubric has a version in force"
    return str(found.seq)


def _version(tx: Transaction, row: Row) -> str:
    now = rubrics.current(tx.connection, row.programme, row.rubric)
    assert now is not None, "a published rubric has a version in force"
    return str(now.version)


def _item_of(tx: Transaction, row: Row) -> Row:
    item = items.item(tx.connection, row.item)
    assert item is not None, "a judgment has an item"
    return item


def _told(answer: Receipt | Refused, decision: str) -> Reviewed | Refused:
    if isinstance(answer, Refused):
        return answer
    facts = [fact for fact in answer.facts if isinstance(fact, AffectedKept | JudgmentsRequeued)]
    version = facts[0].version if isinstance(facts[0], AffectedKept) else facts[0].rubric_version
    return Reviewed(
        facts[0].programme, facts[0].rubric, version, decision, sum(len(fact.judgments) for fact in facts), answer
    )

"""The queue of disagreements, and an adjudicator's decisions on blinded judgments."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from tallystick import canon
from tallystick.app import access, erased, looking
from tallystick.app.access import Actor
from tallystick.app.assignment import Shown, shown_in
from tallystick.app.cell import Cell
from tallystick.app.contract import unreadable
from tallystick.app.erased import Gone
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.looking import About, Look
from tallystick.events.envelope import ObjectRef
from tallystick.flow import adjudication as flow
from tallystick.flow import assignment as order
from tallystick.flow.adjudication import Case
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric
from tallystick.ledger import journal
from tallystick.signals import preference
from tallystick.store import adjudication, items, judgment
from tallystick.store import rubric as rubrics
from tallystick.store.schema import Row


@dataclass(frozen=True, slots=True)
class BlindedJudgment:
    """One judgment as an adjudicator sees it: numbered, without its author, in the adjudicator's own order."""

    number: int
    verdict: str
    scores: dict[str, dict[str, int]]
    reasons: tuple[dict[str, str | None], ...]
    is_observed: bool
    is_mirrored: bool  # its author saw this reader's A as B: the letters in its words are the other way round


@dataclass(frozen=True, slots=True)
class CasePage:
    """A disagreement as an adjudicator sees it."""

    row: Row
    shown: Shown
    order: str
    rubric: Rubric
    judgments: tuple[BlindedJudgment, ...]
    notes: str | None


def queue(cell: Cell, actor: Actor, programme: str, *, state: str = "open") -> list[Row] | Refused:
    """Disagreements in one state: for leads, and for adjudicators, who do not see items that they judged."""
    if not (access.allows(actor, "adjudicate") or access.allows(actor, "gate.read")):
        return access.ABSENT
    with cell.read() as connection:
        rows = adjudication.queue(connection, programme, state=state)
        if access.allows(actor, "gate.read"):
            return rows
        mine = judgment.of_items(connection, [row.item for row in rows])
        if state == "open":
            rows = [row for row in rows if _gone(connection, row.item) is None]
        return [row for row in rows if all(j.expert != actor.person for j in mine[row.item])]


def case_page(
    cell: Cell, actor: Actor, item: str, *, reason: str = "", words: str = "", key: str | None = None
) -> CasePage | Refused:
    """Open a case; that it was opened is an event. The key makes a repeat within ten minutes the same look.

    reason  of somebody who is not its adjudicator: one of looking.CHOSEN
    words   what they add to it; kept in the vault
    """

    def check(connection: journal.Connection) -> Refused | None:
        row = adjudication.disagreement(connection, item)
        if row is None or _is_judge(connection, item, actor.person):
            return access.ABSENT
        return unreadable(cell, connection, actor, row.programme)

    is_adjudicator = access.allows(actor, "adjudicate")
    if not is_adjudicator and not access.allows(actor, "gate.read"):
        return access.ABSENT
    with cell.read() as connection:
        refused = check(connection)
    given = refused or ("adjudication" if is_adjudicator else looking.chosen(actor, reason, words))
    if isinstance(given, Refused):
        return given
    about = About(subject=item, what="judgments", reason=given, words=words.strip())
    look = cell.look(actor, "adjudicate" if is_adjudicator else "gate.read", about, key=key, check=check)
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        return _page(cell, connection, item, actor, look=look)


def _gone(connection: journal.Connection, item: str) -> Gone | None:
    """What is to be said when the content of an item was erased: nobody can decide on it any more."""
    row = items.item(connection, item)
    assert row is not None
    return erased.gone(connection, row.content)


def _is_judge(connection: journal.Connection, item: str, person: str) -> bool:
    return judgment.of_expert_on(connection, person, item) is not None


def _page(cell: Cell, connection: journal.Connection, item: str, actor: Actor, *, look: Look) -> CasePage:
    row = adjudication.disagreement(connection, item)
    item_row = items.item(connection, item)
    assert row is not None
    assert item_row is not None
    mine = order.candidate_order(cell.order_seed, item, actor.person)
    given = judgment.of_item(connection, item)
    # Numbered in an order of the item's own, so that the place in time tells nothing about the author.
    names = order.shuffled(cell.order_seed, [j.judgment for j in given], salt=f"case|{item}")
    by_id = {j.judgment: j for j in given}
    blinded = [_blinded(cell, connection, by_id[name], mine, number=n, look=look) for n, name in enumerate(names, 1)]
    rubric = _rubric(cell, connection, given)
    notes = erased.text(erased.payload(cell, connection, row.notes, look)) if row.notes else None
    shown = shown_in(cell, connection, item_row.content, mine, look=look)
    return CasePage(row, shown, mine, rubric, tuple(blinded), notes)


def _rubric(cell: Cell, connection: journal.Connection, given: list[Row]) -> Rubric:
    """The rubric under which the item was judged, as it is in force now.

    Not by way of the contract: it may have dropped the domain since, and its open cases still have to be ended.
    """
    row = rubrics.current(connection, given[0].programme, given[0].rubric)
    assert row is not None, "a rubric that judgments name was published"
    return cell.rubric(connection, row.document)


def _blinded(
    cell: Cell, connection: journal.Connection, row: Row, mine: str, *, number: int, look: Look
) -> BlindedJudgment:
    scores = msgspec.json.decode(row.scores)
    verdict = row.verdict
    if mine == "BA":
        verdict = preference.swap(verdict)
        scores = {name: {"a": points["b"], "b": points["a"]} for name, points in scores.items()}
    reasons = erased.reasons(erased.payload(cell, connection, row.rationale, look)) if row.rationale else ()
    is_mirrored = row.order not in (None, mine)
    return BlindedJudgment(number, verdict, scores, tuple(reasons), bool(row.is_observed), is_mirrored)


@dataclass(frozen=True, slots=True)
class Closed:
    """A disagreement that has been settled or preserved."""

    item: str
    state: str
    receipt: Receipt


def settle(
    cell: Cell, actor: Actor, item: str, *, verdict: str, criteria: list[str], notes: str, key: str
) -> Closed | Refused:
    """Decide a case for one verdict, given in the adjudicator's own order of candidates."""

    def decide(tx: Transaction, case: Case) -> Decision:
        mine = order.candidate_order(cell.order_seed, item, actor.person)
        own = preference.swap(verdict) if mine == "BA" else verdict
        refused = flow.check_verdict(own)
        if refused:
            return refused  # before the notes are sealed: a refusal writes nothing
        ref = _seal_notes(tx, item, notes, actor)
        fact = flow.settle(case, adjudicator=actor.person, verdict=own, criteria=criteria, notes=ref)
        return fact if isinstance(fact, Refused) else [fact]

    request = canon.encode(["settle", item, verdict, criteria, notes])
    return _close(cell, actor, item, criteria=criteria, notes=notes, key=key, request=request, decide=decide)


def preserve(cell: Cell, actor: Actor, item: str, *, criteria: list[str], notes: str, key: str) -> Closed | Refused:
    """Keep the distribution of a case as its result."""

    def decide(tx: Transaction, case: Case) -> Decision:
        ref = _seal_notes(tx, item, notes, actor)
        return [flow.preserve(case, adjudicator=actor.person, criteria=criteria, notes=ref)]

    request = canon.encode(["preserve", item, criteria, notes])
    return _close(cell, actor, item, criteria=criteria, notes=notes, key=key, request=request, decide=decide)


def _seal_notes(tx: Transaction, item: str, notes: str, actor: Actor) -> ObjectRef:
    """Notes may quote the item: they stand under its import, and under whoever wrote them."""
    row = items.item(tx.connection, item)
    assert row is not None, "a case has an item"
    return tx.seal(notes.strip().encode(), scope=f"run:{row.run}", subjects=[f"person:{actor.person}"])


def _close(
    cell: Cell, actor: Actor, item: str, *, criteria: list[str], notes: str, key: str, request: bytes,
    decide: Callable[[Transaction, Case], Decision],
) -> Closed | Refused:  # fmt: skip
    def checked(tx: Transaction) -> Decision:
        case = _case(cell, tx.connection, item)
        if case is None:
            return access.ABSENT
        gone = _gone(tx.connection, item)
        ended = gone.refused if gone else unreadable(cell, tx.connection, actor, case.programme)
        if ended:
            return ended
        refused = flow.check(case, adjudicator=actor.person, criteria=criteria, notes=notes)
        return refused or decide(tx, case)

    answer = cell.execute(Command(actor, "adjudicate", key, request, checked))
    if isinstance(answer, Refused):
        return answer
    state = answer.facts[0].KIND.removeprefix("disagreement-").partition("/")[0]
    return Closed(item, state, answer)


def _case(cell: Cell, connection: journal.Connection, item: str) -> Case | None:
    row = adjudication.disagreement(connection, item)
    if row is None:
        return None
    given = judgment.of_item(connection, item)
    rubric = _rubric(cell, connection, given)
    return Case(
        item=item, programme=row.programme, batch=row.batch, state=row.state, counts=msgspec.json.decode(row.counts),
        judges=frozenset(j.expert for j in given), rubric=rubric.id, rubric_version=rubric.version,
        criteria=tuple(rubric.by_id),
    )  # fmt: skip

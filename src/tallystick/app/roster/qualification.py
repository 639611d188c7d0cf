"""Qualification: blinded gold items under the very rubric to be used. Nobody gets work without it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from tallystick import canon
from tallystick.app import access, credential, routing, welfare
from tallystick.app.access import Actor
from tallystick.app.assignment import Shown, shown_in
from tallystick.app.cell import Cell
from tallystick.app.contract import closed, today_of, unreadable
from tallystick.app.judgment import rationale_bytes
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.looking import About
from tallystick.app.pay.terms import may_work
from tallystick.app.sentinel import gold_of
from tallystick.events.roster import GoldAnswered, QualificationStarted, QualificationStartedV2
from tallystick.flow import assignment as order
from tallystick.flow import judgment
from tallystick.flow import roster as flow
from tallystick.flow.refusal import Refused
from tallystick.flow.roster import Attempt, Given
from tallystick.flow.routing import Eligibility
from tallystick.flow.rubric import GOLD_MAX, Rubric, drawn, enough, rule_on
from tallystick.ledger import journal
from tallystick.signals.preference import SIGNAL as PAIR
from tallystick.signals.shape import Answer
from tallystick.stats.qualification import QualificationRule
from tallystick.store import assignment, items, roster, screening, sessions
from tallystick.store import rubric as rubrics
from tallystick.store.schema import Row
from tallystick.store.sentinel import sentinel_items_of


@dataclass(frozen=True, slots=True)
class Started:
    """A qualification has begun, or is going on."""

    qualification: str
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class GoldTask:
    """The gold item that comes next. It looks like any other item."""

    qualification: str
    item: str
    programme: str
    number: int  # from 1
    total: int
    shown: Shown
    rubric: Rubric
    draft: dict[str, object] | None
    draft_at: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an answer to a gold item led to. Which answers were right is not told before the end."""

    qualification: str
    answered: int
    total: int
    state: str  # running | qualified | failed
    correct: int | None
    pass_mark: int
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class DimensionResult:
    """One criterion in an attempt that has ended: how many scores lay within one point of the gold scores."""

    criterion: str
    name: str
    near: int
    scores: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person stands with one rubric in force.

    short  how many gold items more before anybody can take this qualification
    is_alike  whether they are short of those with other verdicts: whoever always answers alike would pass
    items  how many an attempt has: all that there are, or the least that it needs while there are too few
    rule   the decision rule on them, with both error rates; None when no pass mark on them keeps the risk
    enough the rule with the fewest items, at least as many as the rubric asks for, that lets nine in ten experts pass
    lapsed   the earlier version that they passed, where nothing is passed under this one: the rubric changed since
    lacking  types of credential that the domain demands and that they do not hold today
    is_stopped       whether a confirmed disqualifier keeps them out of this programme
    needs_clearance  whether the domain is for those with a clearance, and they have none now
    """

    rubric: Row
    title: str
    qualification: Row | None  # the latest attempt under this version
    gold_items: int
    signal: str  # whose gold items these are
    dimensions: tuple[DimensionResult, ...]  # empty until the attempt has ended: single answers are never told
    short: int
    is_alike: bool
    items: int
    rule: QualificationRule | None
    enough: QualificationRule | None
    lapsed: str | None = None
    lacking: tuple[str, ...] = ()
    is_stopped: bool = False
    needs_clearance: bool = False

    @property
    def is_qualified(self) -> bool:
        """Whether they passed under the version in force."""
        return self.qualification is not None and self.qualification.state == "qualified"

    @property
    def is_open(self) -> bool:
        """Whether its work may be given to them now: qualification, credentials and disqualifiers taken together."""
        return self.is_qualified and not self.lacking and not self.is_stopped


def start_qualification(
    cell: Cell, actor: Actor, *, programme: str, rubric: str, signal: str | None = None, key: str
) -> Started | Refused:
    """Begin the gold items of a rubric in force. The expert has read the rubric: the page shows it first.

    signal  whose gold items; the first that the expert has not passed when None
    """

    def decide(tx: Transaction) -> Decision:
        return _start(cell, tx, actor, programme, rubric=rubric, signal=signal)

    request = canon.encode(["qualify", programme, rubric, *([signal] if signal else [])])
    answer = cell.execute(Command(actor, "work.do", key, request, decide))
    if isinstance(answer, Refused):
        return answer
    fact = answer.facts[0]
    assert isinstance(fact, QualificationStarted | QualificationStartedV2)
    return Started(fact.qualification, answer)


def _start(
    cell: Cell, tx: Transaction, actor: Actor, programme: str, *, rubric: str, signal: str | None
) -> Decision:  # fmt: skip
    row = rubrics.current(tx.connection, programme, rubric)
    person = roster.person(tx.connection, actor.person)
    if row is None or person is None:
        return access.ABSENT
    if roster.stands_down(tx.connection, actor.person, programme=programme, rubric=rubric):
        return order.STOOD_DOWN
    every = roster.gold_items(tx.connection, programme, row.domain)
    passed = roster.qualified_under(tx.connection, actor.person, programme=programme)
    mine = passed.get((rubric, row.version), frozenset[str]())
    asked = routing.own_gold(cell, tx.connection, programme).get(row.domain, routing.NO_GOLD).asked
    chosen = flow.next_signal({one.signal for one in every}, mine, signal, asked=asked)
    attempts, aside = _attempts(cell, tx, actor, row, signal=chosen)
    states = [q.state for q in attempts if q.qualification not in aside]
    refused = (
        (chosen if isinstance(chosen, Refused) else closed(tx.connection, programme))
        or unreadable(cell, tx.connection, actor, programme)
        or _uncleared(cell, tx.connection, actor.person, row)
        or may_work(tx.connection, actor.person, programme)
        or flow.may_qualify(states=states, has_contract=person.executed_at is not None)
    )
    if refused:
        return refused
    # The stated error rates hold for items that the expert has not had: a second attempt takes others.
    seen = {item for q in attempts for item in _seen(q, is_over=q.qualification in aside)}
    # Nobody is asked to read what they do not take on, nor what is not for their eyes.
    may = routing.eligible(cell, tx.connection, actor.person, programme, now=tx.now)
    gold = [one for one in every if one.signal == chosen]
    pool = {item.item: item for item in gold if may.allows(routing.places_of(item))}
    own = assignment.authors_of(tx.connection, pool)
    read = roster.held_until(tx.connection, actor.person, access.READERS)
    known = seen | assignment.known_of(tx.connection, actor.person, pool, read=read)
    unseen = [item for item in pool if item not in known and actor.person not in own.get(item, ())]
    sentinels = sentinel_items_of(tx.connection, actor.person)
    fresh = [item for item in unseen if item not in sentinels]
    document = cell.rubric(tx.connection, row.document)
    ways = routing.gold_ways(cell, tx.connection, [pool[item] for item in unseen])
    mixed = order.shuffled(cell.order_seed, fresh, salt=f"gold|{actor.person}|{tx.seq}")
    shown = [mixed[place] for place in drawn(document.qualification, [ways.get(item) for item in mixed])]
    rule = flow.decision_rule(document, len(shown), seen=len(seen))
    is_known = any(item.seq < read for item in gold)
    if isinstance(rule, Refused) and (is_known or len(pool) < len(gold)):
        return flow.GOLD_KNOWN if is_known else flow.GOLD_NOT_FOR_THEM
    if isinstance(rule, Refused):
        # No count in a refusal may tell how many of the gold items were sentinels, and none which verdicts they have.
        told = flow.decision_rule(document, min(len(unseen), GOLD_MAX), seen=len(seen))
        is_mixed = bool(drawn(document.qualification, [ways.get(item) for item in unseen]))
        return told if isinstance(told, Refused) else flow.GOLD_SHORT if is_mixed else flow.GOLD_ALIKE
    assert not isinstance(chosen, Refused), "a signal was chosen"
    started = QualificationStartedV2(
        qualification=tx.new_id("qlf"), person=actor.person, programme=programme, rubric=rubric, version=row.version,
        signal=chosen,
        items=shown, orders=[_order(cell, pool[item], actor) for item in shown],
        pass_mark=rule.pass_at, alpha_ppm=canon.ppm(rule.type1), power_ppm=canon.ppm(rule.power),
    )  # fmt: skip
    return [started]


def _attempts(
    cell: Cell, tx: Transaction, actor: Actor, version: Row, *, signal: str | Refused
) -> tuple[list[Row], set[str]]:  # fmt: skip
    """Somebody's attempts at a signal under a rubric version, newest first, and which of them are put aside."""
    every = roster.qualifications(tx.connection, actor.person, programme=version.programme)
    mine = [
        q for q in every
        if (q.rubric, q.version) == (version.rubric, version.version) and signal in msgspec.json.decode(q.signals)
    ]  # fmt: skip
    return mine, {q.qualification for q in mine if q.state == "running" and _put_aside(cell, tx.connection, q)}


def _seen(attempt: Row, *, is_over: bool) -> list[str]:
    """The gold items that an attempt showed: of one that was ended, or is over now, those up to where it was."""
    names: list[str] = msgspec.json.decode(attempt.items)
    return names[: attempt.answered + 1] if is_over or attempt.state == "ended" else names


def _put_aside(cell: Cell, connection: journal.Connection, row: Row) -> Refused | None:
    """Why a running attempt does not go on now: an item that is still to come is of a kind that its expert leaves out.

    All that are to come are asked about: nobody answers three more of an attempt that cannot be finished. Another may
    be begun in its place, and ends it.
    """
    waiting = [items.item(connection, name) for name in msgspec.json.decode(row.items)[row.answered :]]
    here = [item for item in waiting if item is not None]
    return routing.refuse_begun(cell, connection, row.person, here, instead=flow.BEGIN_ANEW)


def gold_task(cell: Cell, actor: Actor, qualification: str) -> GoldTask | Refused:
    """The next gold item of one's own running qualification."""
    if not access.allows(actor, "work.do"):
        return access.ABSENT
    with cell.read() as connection:
        row = roster.qualification(connection, qualification)
        if row is None or row.person != actor.person or row.state != "running":
            return access.ABSENT
        names, orders = msgspec.json.decode(row.items), msgspec.json.decode(row.orders)
        item = items.item(connection, names[row.answered])
        refused = unreadable(cell, connection, actor, row.programme, item=names[row.answered])
        refused = refused or _put_aside(cell, connection, row)
        refused = refused or welfare.may_work(cell, connection, actor.person, row.programme, now=cell.kernel.now())
    if refused:
        return refused
    assert item is not None
    look = cell.look(actor, "work.do", About(subject=item.item, what="item", reason="qualification"))
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        draft = sessions.draft(connection, f"{qualification}|{item.item}", actor.person)
        content = cell.open_draft(connection, draft, look) if draft else None
        return GoldTask(
            qualification=qualification, item=item.item, programme=row.programme, number=row.answered + 1,
            total=len(names), shown=shown_in(cell, connection, item.content, orders[row.answered], look=look),
            rubric=_rubric(cell, connection, row), draft=msgspec.json.decode(content) if content else None,
            draft_at=draft.saved_at if draft else None,
        )  # fmt: skip


def _order(cell: Cell, item: Row, actor: Actor) -> str:
    return order.candidate_order(cell.order_seed, item.item, actor.person, candidates=item.candidates)


def _rubric(cell: Cell, connection: journal.Connection, row: Row) -> Rubric:
    version = rubrics.version(connection, row.programme, row.rubric, row.version)
    assert version is not None
    return cell.rubric(connection, version.document)


def answer_gold(
    cell: Cell, actor: Actor, qualification: str, *, item: str, answer: Answer, key: str
) -> Outcome | Refused:
    """Answer the gold item that was shown; the last answer decides."""
    request = canon.encode(["gold", qualification, item, answer.model_dump(mode="json")])
    done = cell.execute(
        Command(
            actor, "work.do", key, request, lambda tx: _answer(cell, tx, actor, qualification, item=item, answer=answer)
        )
    )
    if isinstance(done, Refused):
        return done
    with cell.read() as connection:
        row = roster.qualification(connection, qualification)
    assert row is not None
    total = len(msgspec.json.decode(row.items))
    correct = row.correct if row.state != "running" else None
    return Outcome(qualification, row.answered, total, row.state, correct, row.pass_mark, done)


def _answer(cell: Cell, tx: Transaction, actor: Actor, qualification: str, *, item: str, answer: Answer) -> Decision:
    row = roster.qualification(tx.connection, qualification)
    if row is None or row.person != actor.person:
        return access.ABSENT
    names = msgspec.json.decode(row.items)
    if row.state == "ended":
        return flow.QUALIFICATION_ENDED
    if row.state != "running" or names[row.answered] != item:
        return Refused("already-answered", "You have answered this item already: your answer stands.")
    ended = unreadable(cell, tx.connection, actor, row.programme)
    if ended:
        return ended
    shown_order = msgspec.json.decode(row.orders)[row.answered]
    look = tx.look_as_cell(About(subject=item, what="gold", reason="qualification"))
    gold_row = items.item(tx.connection, item)
    assert gold_row is not None, "a qualification asks for items that are here"
    shown = shown_in(cell, tx.connection, gold_row.content, shown_order, look=look)
    considered = judgment.consider(answer, _rubric(cell, tx.connection, row), shown.matter, earlier=[])
    if isinstance(considered, Refused):
        return considered
    gold = gold_of(cell, tx.connection, gold_row, look)
    fact = GoldAnswered(
        qualification=qualification, person=actor.person, item=item, verdict=considered.verdict,
        scores=considered.scores, reasons=considered.reasons,
        rationale=tx.seal(
            rationale_bytes(answer, considered), scope=f"run:{gold_row.run}", subjects=[f"person:{actor.person}"]
        ),
        is_correct=flow.is_correct(considered.verdict, gold), near=flow.near(considered.scores, gold),
        active_ms=answer.active_ms,
    )  # fmt: skip
    sessions.drop_draft(tx.connection, f"{qualification}|{item}", actor.person)
    given = [*_given(tx.connection, row), Given(fact.is_correct, fact.near)]
    decided = flow.finish(_attempt(row, len(names)), given)
    return [fact] if decided is None else [fact, decided]


def _attempt(row: Row, total: int) -> Attempt:
    return Attempt(
        qualification=row.qualification, person=row.person, programme=row.programme, rubric=row.rubric,
        version=row.version, items=total, pass_mark=row.pass_mark, correct=row.correct, answered=row.answered,
    )  # fmt: skip


def _given(connection: journal.Connection, row: Row) -> list[Given]:
    """The answers so far, as the decision needs them."""
    answers = roster.gold_answers(connection, row.qualification)
    return [Given(bool(answer.is_correct), msgspec.json.decode(answer.near)) for answer in answers]


def standings(cell: Cell, actor: Actor, programme: str) -> list[Standing] | Refused:
    """How one stands with every rubric in force in a programme."""
    if not access.allows(actor, "self"):
        return access.ABSENT
    with cell.read() as connection:
        attempts = roster.qualifications(connection, actor.person, programme=programme)
        found = []
        own = routing.own_gold(cell, connection, programme)
        kept_out = _kept_out(cell, connection, actor.person, programme)
        for row in rubrics.of_programme(connection, programme):
            there = own.get(row.domain, routing.NO_GOLD)
            mine = [q for q in attempts if (q.rubric, q.version) == (row.rubric, row.version)]
            gold = Counter(one.signal for one in roster.gold_items(connection, programme, row.domain))
            rubric = cell.rubric(connection, row.document)
            for signal in _told_apart(gold, mine):
                attempt = next((q for q in mine if signal in msgspec.json.decode(q.signals)), None)
                dimensions = _dimensions(connection, rubric, attempt)
                is_alike = signal in there.alike
                short = there.short[signal] if is_alike else max(0, rubric.qualification.gold_min - gold[signal])
                asked = rubric.qualification
                taken = there.items.get(signal, asked.gold_min)
                found.append(
                    Standing(
                        row, rubric.title, attempt, gold[signal], signal, dimensions, short, is_alike, taken,
                        rule_on(asked, taken), enough(asked), lapsed=_lapsed(attempts, row, signal),
                        lacking=kept_out.lacking.get(row.domain, ()), is_stopped=kept_out.is_stopped,
                        needs_clearance=kept_out.is_closed(row.domain),
                    )
                )  # fmt: skip
        return found


def _uncleared(cell: Cell, connection: journal.Connection, person: str, row: Row) -> Refused | None:
    """Why a restricted rubric is not for somebody. Asked before what its work pays: nobody accepts terms in vain."""
    is_closed = _kept_out(cell, connection, person, row.programme).is_closed(row.domain)
    return flow.GOLD_RESTRICTED if is_closed else None


@dataclass(frozen=True, slots=True)
class _KeptOut:
    """What else than a qualification keeps somebody out of work: credentials, a disqualifier, clearances."""

    lacking: Mapping[str, tuple[str, ...]]
    is_stopped: bool
    may: Eligibility

    def is_closed(self, domain: str) -> bool:
        """Whether a domain is for those with a clearance, and they have none."""
        rule = self.may.rules.get(domain)
        return rule is not None and rule.needs_clearance and not self.may.able.is_cleared


def _kept_out(cell: Cell, connection: journal.Connection, person: str, programme: str) -> _KeptOut:
    return _KeptOut(
        lacking=credential.lacking(connection, person, programme=programme, today=today_of(cell)),
        is_stopped=bool(screening.stops(connection, person, programme=programme)),
        may=routing.eligible(cell, connection, person, programme, now=cell.kernel.now()),
    )  # fmt: skip


def _lapsed(attempts: list[Row], row: Row, signal: str) -> str | None:
    """The earlier version of a rubric under which somebody passed, where they have not passed the one in force."""
    passed = [
        q.version for q in attempts
        if q.rubric == row.rubric and q.state == "qualified" and signal in msgspec.json.decode(q.signals)
    ]  # fmt: skip
    return passed[0] if passed and row.version not in passed else None


def _told_apart(gold: Counter[str], attempts: list[Row]) -> list[str]:
    """The signals of gold items and of attempts, pairs first; pairs where there is neither."""
    tried = {signal for attempt in attempts for signal in msgspec.json.decode(attempt.signals)}
    return sorted({*gold, *tried} or {PAIR}, key=lambda signal: (signal != PAIR, signal))


def _dimensions(connection: journal.Connection, rubric: Rubric, attempt: Row | None) -> tuple[DimensionResult, ...]:
    if attempt is None or attempt.state == "running":
        return ()
    nears = [msgspec.json.decode(answer.near) for answer in roster.gold_answers(connection, attempt.qualification)]
    told = []
    for criterion in rubric.criteria:
        hits = [near[criterion.id] for near in nears if criterion.id in near]
        told.append(DimensionResult(criterion.id, criterion.name, sum(hits), 2 * len(hits)))
    return tuple(told)

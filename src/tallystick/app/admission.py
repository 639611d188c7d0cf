"""Who may take work in a programme now, and who may take an item again whose lease ran out. Reads; writes nothing."""

from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass
from typing import Protocol

from tallystick.app import access, constitution, routing
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.contract import today_of, unreadable
from tallystick.app.credential import admitted
from tallystick.app.kernel import Transaction
from tallystick.app.pay.terms import may_work
from tallystick.flow import assignment as flow
from tallystick.flow import sentinel as sentinels
from tallystick.flow.checklist import refuse_closed
from tallystick.flow.refusal import Refused
from tallystick.flow.roster import covers
from tallystick.flow.routing import refuse_item
from tallystick.ledger import journal
from tallystick.store import assignment, items, roster, tiers
from tallystick.store import contract as contracts
from tallystick.store import rubric as rubrics
from tallystick.store import sentinel as store
from tallystick.store.schema import Row
from tallystick.store.sentinel import BeforeLease


class Reads(Protocol):
    """What work is looked for in: the transaction of a command, or a reading that leases nothing."""

    @property
    def connection(self) -> journal.Connection:
        """Where it reads."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A look that changes nothing."""

    connection: journal.Connection


def entered(cell: Cell, tx: Reads, actor: Actor, programme: str) -> Row | Refused:
    """The programme, for an expert whose contract is executed and who has accepted what it pays."""
    row = contracts.programme(tx.connection, programme)
    person = roster.person(tx.connection, actor.person)
    if row is None or person is None:
        return access.ABSENT
    ended = flow.NO_CONTRACT if person.executed_at is None else unreadable(cell, tx.connection, actor, programme)
    return ended or may_work(tx.connection, actor.person, programme) or row


@dataclass(frozen=True, slots=True)
class Admission:
    """Where an expert may work in a programme.

    rubrics  domain: the rubric version in force
    passed   domain: the signals whose gold items they passed there
    paused   domains in which they are qualified and do not go on until somebody has decided about their sentinels
    before   what is known of them before a lease
    """

    rubrics: Mapping[str, Row]
    passed: Mapping[str, frozenset[str]]
    paused: frozenset[str]
    before: BeforeLease


def admitted_to(cell: Cell, tx: Reads, person: str, row: Row) -> Admission | Refused:
    """Where an expert may work in a programme, or why nowhere. Whatever gives out work asks here.

    row  the programme, as `entered` found it
    """
    programme = row.programme
    signals = roster.qualified_under(tx.connection, person, programme=programme)
    passed = refuse_closed(row.phase) or constitution.agreed(
        cell, tx.connection, programme, _qualified_domains(tx, programme, signals)
    )
    qualified = passed if isinstance(passed, Refused) else admitted(
        tx.connection, person, passed, programme=programme, today=today_of(cell)
    )  # fmt: skip
    if isinstance(qualified, Refused) or not qualified:
        is_down = roster.stands_down(tx.connection, person, programme=programme)
        has_lapsed = not is_down and _has_lapsed(tx, programme, signals)
        why = flow.STOOD_DOWN if is_down else flow.QUALIFICATION_LAPSED if has_lapsed else flow.NOT_QUALIFIED
        return qualified if isinstance(qualified, Refused) else why
    before = store.before_lease(tx.connection, programme, person)
    free = {domain: version for domain, version in qualified.items() if version.rubric not in before.stopped}
    theirs = {domain: signals[version.rubric, version.version] for domain, version in free.items()}
    return Admission(free, theirs, frozenset(qualified.keys() - free.keys()), before)


def _qualified_domains(tx: Reads, programme: str, passed: Container[tuple[str, str]]) -> dict[str, Row]:
    """Domain: rubric version in force, where its gold items are among those that somebody passed."""
    wanted = {row.rubric: row.domain for row in contracts.domains(tx.connection, programme)}
    in_force = rubrics.of_programme(tx.connection, programme)
    return {wanted[row.rubric]: row for row in in_force if row.rubric in wanted and (row.rubric, row.version) in passed}


def _has_lapsed(tx: Reads, programme: str, passed: Collection[tuple[str, str]]) -> bool:
    """Whether somebody passed another version of a rubric that a domain has now than the one in force."""
    wanted = {row.rubric for row in contracts.domains(tx.connection, programme)}
    in_force = {row.rubric: row.version for row in rubrics.of_programme(tx.connection, programme)}
    theirs = wanted & in_force.keys() & {rubric for rubric, _ in passed}
    return any((rubric, in_force[rubric]) not in passed for rubric in theirs)


def is_share_reached(row: Row, rules: Row | None, redundancy: int, *, without: int = 0) -> bool:
    """Whether somebody had the share of a batch that one person may have.

    row      what they hold and judged of the batch, and its items
    without  how many of these are what they ask for
    """
    if rules is None:
        return False
    given = (row.held or 0) + (row.judged or 0) - without
    return flow.is_share_reached(given, judgments=row.items * redundancy, share_max_ppm=rules.expert_share_max_ppm)


def refuse_again(cell: Cell, tx: Transaction, actor: Actor, leased: Row) -> Refused | None:
    """Why the item of a lease that ran out is not given to its expert again, or None: by the rules of a new lease.

    What only makes one wait is not asked: a break, a day's limit, others who come first. The item was shown already.
    """
    row = entered(cell, tx, actor, leased.programme)
    admission = row if isinstance(row, Refused) else admitted_to(cell, tx, actor.person, row)
    if isinstance(admission, Refused):
        return admission
    if leased.domain not in admission.passed:
        return sentinels.PAUSED if leased.domain in admission.paused else flow.NOT_QUALIFIED
    item = items.item(tx.connection, leased.item)
    assert item is not None, "what is leased is an item"
    if not _covers(cell, tx, item, admission.passed[leased.domain]):
        return flow.OTHER_SIGNAL
    plans = {plan.domain: plan.redundancy for plan in contracts.domains(tx.connection, leased.programme)}
    load = assignment.load(tx.connection, actor.person, leased.batch)
    rules = tiers.rules(tx.connection, leased.programme)
    # Until it is brought home it counts among what they hold, and what it asks for is no further one.
    itself = int(leased.state == "leased")
    if load is not None and is_share_reached(load, rules, plans.get(leased.domain, 1), without=itself):
        return flow.SHARE_REACHED
    may = routing.eligible(cell, tx.connection, actor.person, leased.programme, now=tx.now)
    return refuse_item(may, routing.places_of(item))


def _covers(cell: Cell, tx: Transaction, item: Row, passed: frozenset[str]) -> bool:
    """Whether the signals that an expert passed in the domain of an item cover it."""
    gold = {} if item.signal in passed else routing.own_gold(cell, tx.connection, item.programme)
    return covers(passed, gold.get(item.domain, routing.NO_GOLD).asked, item.signal)

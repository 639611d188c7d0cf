"""Leases: give each expert the next item, in an order of candidates of their own."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from tallystick.app import access, erased, routing, welfare
from tallystick.app.access import Actor
from tallystick.app.admission import Admission, Reading, Reads, admitted_to, entered, is_share_reached
from tallystick.app.cell import Cell
from tallystick.app.contract import unreadable
from tallystick.app.erased import Gone
from tallystick.app.kernel import Command, Decision, Receipt, Transaction, new_key
from tallystick.app.looking import About, Look
from tallystick.app.sentinel import item_for
from tallystick.app.welfare import Warned
from tallystick.events.assignment import AssignmentLeasedV3, AssignmentReleased
from tallystick.flow import assignment as flow
from tallystick.flow import sentinel as sentinels
from tallystick.flow.answer import Matter
from tallystick.flow.items import content_of
from tallystick.flow.refusal import Refused
from tallystick.flow.routing import Eligibility
from tallystick.flow.rubric import Rubric
from tallystick.ledger import journal
from tallystick.signals import BY_NAME
from tallystick.signals.preference import SIGNAL as PAIR
from tallystick.signals.shape import Content, Form, Piece
from tallystick.store import assignment, items, roster, sessions, tiers
from tallystick.store import contract as contracts
from tallystick.store import rubric as rubrics
from tallystick.store.assignment import OpenKind
from tallystick.store.schema import Row

FEW = 2_000
"""With more open items than this in every domain nobody is asked to wait, and nobody's load is read."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody sees of an item: candidates in their own order."""

    matter: Matter
    erased: str | None = None  # when and under which erasure it went; it stands in place of all texts then

    @property
    def prompt(self) -> str:
        """What the candidates answer to."""
        return self.matter.content.prompt

    @property
    def context(self) -> str | None:
        """What stands beside the prompt."""
        return self.matter.content.context

    @property
    def first(self) -> str:
        """The first candidate shown; empty where the item has none."""
        return next(iter(self.matter.content.candidates), "")

    @property
    def second(self) -> str:
        """The second candidate shown; empty where there is none."""
        return next(iter(self.matter.content.candidates[1:]), "")

    @property
    def signal(self) -> str:
        """The kind of supervision."""
        return self.matter.signal.name

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """What is read below prompt and context, in order."""
        return self.matter.signal.pieces(self.matter.content)


@dataclass(frozen=True, slots=True)
class Task:
    """An assignment with everything that the page needs. `draft` is unsent work, as the expert left it."""

    assignment: str
    item: str
    programme: str
    domain: str
    state: str
    expires_at: int
    shown: Shown
    rubric: Rubric
    draft: dict[str, object] | None
    draft_at: int | None
    done: int  # judgments that this expert has given in this programme's open domains
    warnings: tuple[Warned, ...] = ()  # what is said before the item is shown

    @property
    def form(self) -> Form:
        """What is asked of the expert."""
        return self.shown.matter.form(self.rubric)


def next_task(cell: Cell, actor: Actor, programme: str, *, key: str | None = None) -> Task | Refused:
    """The assignment that the expert holds, or a new one. Asking twice gives the same one."""
    if not access.allows(actor, "work.do"):
        return access.ABSENT
    with cell.read() as connection:
        ended = unreadable(cell, connection, actor, programme)
        if ended:
            return ended
        held = assignment.active(connection, actor.person, programme)
        is_theirs = _is_theirs(cell, connection, actor, held, now=cell.kernel.now())
    if held is not None and is_theirs:
        return _looked_at(cell, held, actor)
    given = _Given()
    answer = _ask(cell, actor, programme, key=key or new_key(), given=given)
    if not isinstance(answer, Refused) and answer.facts and not _leased(answer, actor):
        # Only leases that had run out were brought home: what they freed can be given out from now on.
        answer = _ask(cell, actor, programme, key=new_key(), given=given)
    if isinstance(answer, Refused):
        return answer
    leased = _leased(answer, actor)
    if given.task is not None and leased and given.task.assignment == leased[0].assignment:
        cell.kernel.known(actor, _about(given.task.item, given.task.state))
        return given.task
    with cell.read() as connection:
        row = assignment.assignment(connection, leased[0].assignment) if leased else None
        row = row or assignment.active(connection, actor.person, programme)
    return _looked_at(cell, row, actor) if row else flow.NO_WORK


def nothing_waits(cell: Cell, actor: Actor, programme: str) -> Refused | None:
    """Why an expert would be given nothing in a programme now; None where work waits, or is held already.

    It looks as `next_task` does and leases nothing. What a lease that ran out frees counts once it is brought home.
    """
    if not access.allows(actor, "work.do"):
        return access.ABSENT
    with cell.read() as connection:
        now, reading = cell.kernel.now(), Reading(connection)
        row = entered(cell, reading, actor, programme)
        if isinstance(row, Refused):
            return row
        closed = welfare.may_work(cell, connection, actor.person, programme, now=now)
        if closed or assignment.active(connection, actor.person, programme) is not None:
            return closed
        admission = admitted_to(cell, reading, actor.person, row)
        if isinstance(admission, Refused):
            return admission
        offer = offered(cell, connection, actor.person, programme=row, domains=admission.passed, now=now)
        found = _free_of(reading, actor.person, programme, offer)
    if isinstance(found, _Free):
        return None
    return found or (sentinels.PAUSED if admission.paused else flow.NO_WORK)


def _is_theirs(cell: Cell, connection: journal.Connection, actor: Actor, held: Row | None, *, now: int) -> bool:
    """Whether a lease still gives the item: it has not run out, and no clearance that it needs has ended."""
    return held is not None and held.expires_at >= now and not routing.hidden(cell, connection, actor, held.item)


@dataclass(slots=True)
class _Given:
    """The task of a new lease, made while its transaction was open; whoever repeats a command finds none."""

    task: Task | None = None


def _ask(cell: Cell, actor: Actor, programme: str, *, key: str, given: _Given) -> Receipt | Refused:
    def decide(tx: Transaction) -> Decision:
        decision = _lease(cell, tx, actor, programme)
        for fact in [] if isinstance(decision, Refused) else decision:
            if isinstance(fact, AssignmentLeasedV3):
                given.task = _new_task(cell, tx, fact)
        return decision

    return cell.execute(Command(actor, "work.do", key, f"next|{programme}".encode(), decide))


def _leased(receipt: Receipt, actor: Actor) -> list[AssignmentLeasedV3]:
    return [fact for fact in receipt.facts if isinstance(fact, AssignmentLeasedV3) and fact.expert == actor.person]


def _lease(cell: Cell, tx: Transaction, actor: Actor, programme: str) -> Decision:
    row = entered(cell, tx, actor, programme)
    if isinstance(row, Refused):
        return row
    closed = welfare.may_work(cell, tx.connection, actor.person, programme, now=tx.now)
    if closed:
        return closed
    released = expire(tx)
    held = assignment.active(tx.connection, actor.person, programme)
    if held is not None and _is_theirs(cell, tx.connection, actor, held, now=tx.now):
        return [*released]
    if held is not None and all(fact.assignment != held.assignment for fact in released):
        # Others come first when many have run out, but nobody holds two leases.
        released.append(_expired(held))
    admission = admitted_to(cell, tx, actor.person, row)
    if isinstance(admission, Refused):
        return admission
    offer = offered(cell, tx.connection, actor.person, programme=row, domains=admission.passed, now=tx.now)
    found = _free_of(tx, actor.person, programme, offer)
    if isinstance(found, _Free):
        leased = _lease_of(cell, tx, actor.person, row=row, admission=admission, offer=offer, free=found)
        return [*released, leased]
    return [*released] or found or (sentinels.PAUSED if admission.paused else flow.NO_WORK)


@dataclass(frozen=True, slots=True)
class Offer:
    """The kinds of items of which an expert may be given one, in the order in which they are tried.

    leases    domain: how many items they have had in it
    why_less  what keeps them from some of what is open, when something does
    eligible  what they may be given at all
    read      the place in the journal before which they read what others judged, in another role; 0 for nobody
    """

    kinds: tuple[OpenKind, ...]
    leases: Mapping[str, int]
    why_less: Refused | None
    eligible: Eligibility
    rules: Row | None
    read: int


def offered(
    cell: Cell, connection: journal.Connection, person: str, *, programme: Row, domains: Mapping[str, frozenset[str]],
    now: int,
) -> Offer:  # fmt: skip
    """What an expert may be given of some domains: domain by domain, and in each what the plan lacks most.

    domains  those in which they qualified: the signals whose gold items they passed there
    """
    rules = tiers.rules(connection, programme.programme)
    cursors = assignment.cursors(connection, person, programme.programme)
    leases = {domain: cursor.leases for domain, cursor in cursors.items()}
    rows = assignment.open_kinds(connection, programme.programme)
    here = [row for row in rows if row.domain in domains]
    covered = routing.covered(cell, connection, programme.programme, kinds=here, passed=domains)
    eligible, mine, why = routing.offered(cell, connection, person, programme.programme, strata=covered, now=now)
    why = why or (flow.OTHER_SIGNAL if len(covered) < len(here) else None)
    if rules is not None and rules.others_first:
        waits = _waits(connection, person, programme.programme, mine, now=now)
        mine = [row for row in mine if row.domain not in waits]
        why = flow.OTHERS_FIRST if waits else why
    ordered = _in_order(cell, connection, programme, rows=rows, mine=mine, leases=leases)
    read = roster.held_until(connection, person, access.READERS)
    return Offer(tuple(ordered), leases, why, eligible, rules, read)


def _waits(connection: journal.Connection, person: str, programme: str, rows: list[OpenKind], *, now: int) -> set[str]:
    """The domains in which others come first. Who has had what is read only where there is little work."""
    open_items = _open_in(rows)
    if not open_items or min(open_items.values()) > FEW:
        return set()
    had = assignment.loads(connection, programme)
    total = Counter[str]()
    for row in had:
        total[row.expert] += row.leases
    waits = set()
    for domain, number in open_items.items():
        here = [row for row in had if row.domain == domain]
        others = [
            total[row.expert] for row in here if row.expert != person and row.last_at > now - flow.ACTIVE_US
        ]  # fmt: skip
        idle = now - max((row.last_at for row in here), default=0)
        if flow.lets_others_first(total[person], others, open_items=number, idle_us=idle):
            waits.add(domain)
    return waits


def _in_order(
    cell: Cell, connection: journal.Connection, programme: Row, *, rows: list[OpenKind], mine: list[OpenKind],
    leases: Mapping[str, int],
) -> list[OpenKind]:  # fmt: skip
    targets = _targets(cell, connection, programme)
    items = contracts.counts(connection, programme.programme)
    strata = {row.first: _stratum(row) for row in rows}
    short = flow.shortfalls(targets, items, strata.values())
    waiting = _open_in(rows)
    fill = {
        domain: (items.get(("domain", domain), 0) - waiting[domain], items.get(("domain", domain), 0))
        for domain in {row.domain for row in mine}
    }
    by_number = {row.first: row for row in mine}
    found: list[OpenKind] = []
    for domain in flow.domain_order(fill, leases, sorted(fill)):
        here = [strata[row.first] for row in mine if row.domain == domain]
        found += [by_number[stratum.stratum] for stratum in flow.stratum_order(here, short)]
    return found


def _targets(cell: Cell, connection: journal.Connection, programme: Row) -> dict[tuple[str, str], int]:
    quotas = cell.contract(connection, programme.document).sampling.quotas
    return {(quota.axis, quota.value): quota.target for quota in quotas}


def _stratum(row: OpenKind) -> flow.Stratum:
    return flow.Stratum(row.first, _values(row.domain, row.taxonomy), row.open)


def _open_in(rows: list[OpenKind]) -> dict[str, int]:
    """Domain: how many items are open."""
    found: dict[str, int] = {}
    for row in rows:
        found[row.domain] = found.get(row.domain, 0) + row.open
    return found


@lru_cache(maxsize=10_000)
def _values(domain: str, taxonomy: str) -> Mapping[str, str]:
    """Where the items of a kind stand on every axis: few texts, each read at every lease."""
    return {**msgspec.json.decode(taxonomy, type=dict[str, str]), "domain": domain}


def expire(tx: Transaction) -> list[AssignmentReleased]:
    """Releases of leases that have run out, a few at a time: every lease command brings some home."""
    return [_expired(row) for row in assignment.expired(tx.connection, tx.now)]


def _expired(row: Row) -> AssignmentReleased:
    return AssignmentReleased(assignment=row.assignment, item=row.item, expert=row.expert, reason="expired")


@dataclass(frozen=True, slots=True)
class _Free:
    """An item with a free place that an expert may take, and the stratum that it is of."""

    item: str
    stratum: Row


def _free_of(tx: Reads, person: str, programme: str, offer: Offer) -> _Free | Refused | None:
    """The first free item of an offer; or why there is none although some are open."""
    plans = contracts.domains(tx.connection, programme) if offer.rules is not None else []
    redundancy = {row.domain: row.redundancy for row in plans}
    why = offer.why_less
    for kind in offer.kinds:
        rows = assignment.open_strata(
            tx.connection, person, programme, domain=kind.domain, taxonomy=kind.taxonomy
        )  # fmt: skip
        for row in rows:
            if is_share_reached(row, offer.rules, redundancy.get(row.domain, 1)):
                why = flow.SHARE_REACHED
                continue
            place = -1 if row.rank is None else row.rank
            free = assignment.free_item(
                tx.connection, person, stratum=row.stratum, cursor=place, read=offer.read
            )  # fmt: skip
            if free is not None:
                return _Free(free, row)
    return why


def _lease_of(
    cell: Cell, tx: Transaction, person: str, *, row: Row, admission: Admission, offer: Offer, free: _Free
) -> AssignmentLeasedV3:
    domain = free.stratum.domain
    rubric = admission.rubrics[domain]
    item = item_for(
        cell, tx, admission.before, person, programme=row.programme, domain=domain, free=free.item,
        position=offer.leases.get(domain, 0), eligible=offer.eligible, read=offer.read,
    )  # fmt: skip
    return AssignmentLeasedV3(
        assignment=tx.new_id("asg"), item=item, programme=row.programme, domain=domain, batch=free.stratum.batch,
        expert=person, order=_order(cell, tx, item, person), rubric=rubric.rubric, rubric_version=rubric.version,
        contract_version=row.version, expires_at=tx.now + row.lease_ms * 1000, is_renewal=False,
        salt=tx.new_salt(),
    )  # fmt: skip


def _order(cell: Cell, tx: Transaction, item: str, person: str) -> str:
    row = items.item(tx.connection, item)
    assert row is not None, "what is leased is an item"
    return flow.candidate_order(cell.order_seed, item, person, candidates=row.candidates)


def task(cell: Cell, actor: Actor, wanted: str) -> Task | Refused:
    """One's own assignment. Somebody else's looks absent."""
    if not access.allows(actor, "work.do"):
        return access.ABSENT
    with cell.read() as connection:
        row = assignment.assignment(connection, wanted)
    if row is None or row.expert != actor.person:
        return access.ABSENT
    return _looked_at(cell, row, actor)


def _about(item: str, state: str) -> About:
    """The look of an expert at the item of an assignment: as work while it is theirs, as their own work after."""
    return About(subject=item, what="item", reason="assignment" if state == "leased" else "own-work")


def _looked_at(cell: Cell, row: Row, actor: Actor) -> Task | Refused:
    with cell.read() as connection:
        ended = unreadable(cell, connection, actor, row.programme, item=row.item)
        ended = ended or (None if row.state == "judged" else routing.refuse_held(cell, connection, row))
    if ended:
        return ended
    look = cell.look(actor, "work.do", _about(row.item, row.state))
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        return _task(cell, connection, row, actor, look=look)


def shown_in(cell: Cell, connection: journal.Connection, content: str, order: str, *, look: Look) -> Shown:
    """An item's visible content, its candidates in the given order."""
    found = erased.payload(cell, connection, content, look)
    if isinstance(found, Gone):
        words = found.sentence.capitalize()
        gone = Content(prompt=words, candidates=(words,) * len(order))
        return Shown(Matter(signal=BY_NAME[PAIR], content=gone, order=order), found.sentence)
    signal, seen = content_of(found, order)
    return Shown(Matter(signal=signal, content=seen, order=order))


def _task(cell: Cell, connection: journal.Connection, row: Row, actor: Actor, *, look: Look) -> Task:
    draft = sessions.draft(connection, row.assignment, actor.person)
    content = None
    if draft is not None:
        content = cell.open_draft(connection, draft, look)
    shown, rubric, warnings = _matter(cell, connection, row, look)
    return Task(
        assignment=row.assignment, item=row.item, programme=row.programme, domain=row.domain, state=row.state,
        expires_at=row.expires_at, shown=shown, rubric=rubric, draft=msgspec.json.decode(content) if content else None,
        draft_at=draft.saved_at if draft else None, done=_leases_of(connection, row), warnings=warnings,
    )  # fmt: skip


def _new_task(cell: Cell, tx: Transaction, fact: AssignmentLeasedV3) -> Task:
    """The task of a lease that is about to be written: it has no draft, and is not counted yet.

    That it is shown is an event of the same transaction: one durable commit says both.
    """
    look = tx.look(_about(fact.item, "leased"))
    shown, rubric, warnings = _matter(cell, tx.connection, fact, look)
    return Task(
        assignment=fact.assignment, item=fact.item, programme=fact.programme, domain=fact.domain, state="leased",
        expires_at=fact.expires_at, shown=shown, rubric=rubric, draft=None, draft_at=None,
        done=_leases_of(tx.connection, fact) + 1, warnings=warnings,
    )  # fmt: skip


def _matter(
    cell: Cell, connection: journal.Connection, leased: Row | AssignmentLeasedV3, look: Look
) -> tuple[Shown, Rubric, tuple[Warned, ...]]:
    """What is judged, by what, and what is said before it is shown."""
    item = items.item(connection, leased.item)
    version = rubrics.version(connection, leased.programme, leased.rubric, leased.rubric_version)
    assert item is not None
    assert version is not None
    shown = shown_in(cell, connection, item.content, leased.order, look=look)
    return shown, cell.rubric(connection, version.document), welfare.warnings_of(cell, connection, item)


def _leases_of(connection: journal.Connection, leased: Row | AssignmentLeasedV3) -> int:
    return sum(cursor.leases for cursor in assignment.cursors(connection, leased.expert, leased.programme).values())


def give_back(cell: Cell, actor: Actor, wanted: str, *, key: str) -> Receipt | Refused:
    """Return one's assignment without a judgment; the slot is free again."""

    def decide(tx: Transaction) -> Decision:
        row = assignment.assignment(tx.connection, wanted)
        if row is None or row.expert != actor.person:
            return access.ABSENT
        if row.state != "leased":
            return Refused("not-leased", f"This assignment is {row.state}: there is nothing to return.")
        return [AssignmentReleased(assignment=wanted, item=row.item, expert=actor.person, reason="returned")]

    return cell.execute(Command(actor, "work.do", key, f"return|{wanted}".encode(), decide))


def expire_all(cell: Cell) -> int:
    """Bring home all leases that have run out; how many. Runs on schedule."""
    brought = 0
    while True:
        answer = cell.execute(Command(access.CELL, "work.do", new_key(), b"expire", lambda tx: [*expire(tx)]))
        if isinstance(answer, Refused) or not answer.facts:
            return brought
        brought += len(answer.facts)

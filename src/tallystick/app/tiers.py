"""What a batch of a tier of risk still needs, who is a senior adjudicator, and how work is spread over people."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from tallystick import canon
from tallystick.app import access, erased
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.looking import About
from tallystick.app.remembered import HARMLESS, Remembered
from tallystick.app.roster import profiles_of, reason_of
from tallystick.events.assignment import SeniorGranted, SeniorRevoked
from tallystick.flow import escape as looks
from tallystick.flow import tiers as flow
from tallystick.flow.assignment import Spread, spread
from tallystick.flow.contract import DataContract, QuotaFill, quota_fill
from tallystick.flow.refusal import Refused
from tallystick.flow.standing import HELD
from tallystick.ledger import journal
from tallystick.store import assignment, erasure, escape, items, roster, tiers
from tallystick.store import contract as contracts
from tallystick.store.schema import Row


@dataclass(frozen=True, slots=True)
class Asked:
    """What a programme asks of its batches now.

    policy       None where its contract says nothing of tiers
    risks        domain: its tier
    secret       from which it follows who is looked at again; None before the first draw
    is_reviewed  whether others have to have reviewed demonstrations
    """

    policy: flow.TierPolicy | None
    risks: dict[str, str]
    secret: bytes | None
    seniors: tuple[flow.Seniority, ...]
    is_reviewed: bool


def asked_of(cell: Cell, connection: journal.Connection, programme: str) -> Asked:
    """What the contract in force asks of batches by their tiers of risk."""
    row, policy = contracts.programme(connection, programme), tiers.policy(connection, programme)
    assert row is not None, "a batch has a programme"
    if policy is None:
        return Asked(None, {}, None, (), is_reviewed=False)
    key = escape.secret_of(connection, programme)
    said = cell.contract(connection, row.document).assignment
    return Asked(
        policy, {plan.domain: plan.risk for plan in contracts.domains(connection, programme)},
        None if key is None else cell.sentinel_secret(connection, key.object),
        tuple(tiers.seniorities(connection, programme)), is_reviewed=bool(said and said.demonstrations_reviewed),
    )  # fmt: skip


def needs_of(connection: journal.Connection, batch: Row, asked: Asked) -> list[Refused]:
    """What keeps a batch from being released: demonstrations that are held, and what its tier of risk asks for."""
    name = f"{batch.name}/{batch.domain}"
    doubted = flow.doubted(
        [one.external for one in assignment.lost_demonstrations(connection, batch.batch, HELD)], batch=name
    )
    policy, risk = asked.policy, asked.risks.get(batch.domain)
    if policy is None or risk is None:
        return doubted
    finished = [
        _finished(row, policy, risk, secret=asked.secret) for row in tiers.finished_in(connection, batch.batch)
    ]  # fmt: skip
    unreviewed = assignment.unreviewed_demonstrations(connection, batch.batch) if asked.is_reviewed else []
    return [
        *doubted, *flow.needs(policy, risk, finished, asked.seniors, batch=name),
        *flow.unreviewed(unreviewed, batch=name),
    ]  # fmt: skip


def _finished(row: Row, policy: flow.TierPolicy, risk: str, *, secret: bytes | None) -> flow.Finished:
    is_severe = flow.is_severe(policy, risk, row.taxonomy)
    rate = canon.PPM if is_severe else policy.reviews[risk]
    # Before the first draw there is no key: every item may be one that it takes.
    is_due = rate > 0 and (secret is None or looks.is_due(secret, row.item, rate))
    return flow.Finished(
        name=row.external, judgments=row.judgments, is_severe=is_severe, case=row.case, adjudicator=row.adjudicator,
        closed=row.closed_seq, is_due=is_due, is_drawn=row.drawn is not None,
        reviewer=row.reviewer if row.is_answered else None, reviewed=row.answered_seq,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class BatchNeeds:
    """A batch of work and what its tier of risk still asks for before a release."""

    row: Row
    risk: str | None
    redundancy: int | None
    needs: tuple[Refused, ...]
    reviews: dict[str, int] | None  # tier: share that is looked at again; None where the contract says nothing of tiers


def batch_needs(cell: Cell, actor: Actor, batch: str) -> BatchNeeds | Refused:
    """What one batch still needs."""
    if not access.allows(actor, "gate.read"):
        return access.ABSENT
    with cell.read() as connection:
        row = items.batch(connection, batch)
        return access.ABSENT if row is None else next(_needs(cell, connection, row.programme, [row]))


def _needs(cell: Cell, connection: journal.Connection, programme: str, rows: Iterable[Row]) -> Iterator[BatchNeeds]:
    """What each of these batches of a programme needs, for pages. What the contract asks is looked up once for all."""
    listed = list(rows)
    plans = {one.domain: one for one in contracts.domains(connection, programme)}
    policy = tiers.policy(connection, programme)
    reviews = None if policy is None else dict(policy.reviews)
    needs = needs_shown(cell, connection, programme, [row for row in listed if row.purpose == "work"])
    for row in listed:
        plan, found = plans.get(row.domain), needs.get(row.batch, ())
        yield BatchNeeds(row, plan.risk if plan else None, plan.redundancy if plan else None, found, reviews)


Needs = dict[str, tuple[Refused, ...]]
"""Batch: what it needs."""
_NEEDS: Remembered[Needs] = Remembered(HARMLESS)


def needs_shown(cell: Cell, connection: journal.Connection, programme: str, batches: list[Row]) -> Needs:
    """What batches of work need: remembered while nothing happens that bears on a batch.

    connection  of a reading, never one that writes
    """

    def needs() -> Needs:
        asked = asked_of(cell, connection, programme)
        return {row.batch: tuple(needs_of(connection, row, asked)) for row in batches}

    return _NEEDS.of(cell, connection, (programme, tuple(row.batch for row in batches)), needs)


@dataclass(frozen=True, slots=True)
class Worker:
    """What one expert has done in a programme, and is at. Sentinels are counted as the work that they stand in for.

    name    for whoever may read the roster, else the pseudonym
    most    the largest share of a batch's judgments that they gave, in parts per million, and that batch
    """

    person: str
    name: str
    leases: int
    judged: int
    held: int
    last_at: int
    most_ppm: int
    most_in: str


@dataclass(frozen=True, slots=True)
class StratumFill:
    """One stratum: items that are alike on the axes of the plan, over all batches of a domain."""

    domain: str
    taxonomy: str
    items: int
    open: int


@dataclass(frozen=True, slots=True)
class SeniorView:
    """Somebody who is, or was, a senior adjudicator, with the words of whoever said so."""

    row: Row
    name: str
    reason: str
    revoked_reason: str


@dataclass(frozen=True, slots=True)
class LoadPage:
    """How work stands in a programme: fill by quota and stratum, what tiers need, who has done how much."""

    programme: str
    rules: Row | None
    contract: DataContract
    quotas: tuple[QuotaFill, ...]  # filled counts complete items
    strata: tuple[StratumFill, ...]
    batches: tuple[BatchNeeds, ...]
    workers: tuple[Worker, ...]
    spread: Spread | None
    seniors: tuple[SeniorView, ...]
    adjudicators: tuple[tuple[str, str], ...]  # who can be made senior: pseudonym and name


def load_page(cell: Cell, actor: Actor, programme: str) -> LoadPage | Refused:
    """The page of load and tiers. That it shows names of people is an event."""
    if not access.allows(actor, "gate.read"):
        return access.ABSENT
    with cell.read() as connection:
        row = contracts.programme(connection, programme)
        if row is None:
            return access.ABSENT
        listed = {one.expert for one in assignment.loads(connection, programme)}
        seniors = tiers.seniors(connection, programme)
        able = [one for one in roster.people(connection) if '"adjudicator"' in one.expert_roles]
        known = {one: one for one in {*listed, *(s.person for s in seniors), *(p.person for p in able)}}
        gone = erasure.erased_of(connection, [f"person:{one}" for one in known])
    if access.allows(actor, "roster.read") and known:
        about = About(subject=programme, what="profile", reason=reason_of(actor), subjects=tuple(sorted(known)))
        look = cell.look(actor, "gate.read", about)
        if isinstance(look, Refused):
            return look
        with cell.read() as connection:
            people = [one for one in roster.persons(connection, known) if f"person:{one.person}" not in gone]
            known |= {one: found.name for one, found in profiles_of(cell, connection, people, look).items()}
    words = _words(cell, actor, programme, seniors)
    if isinstance(words, Refused):
        return words
    with cell.read() as connection:
        return _load_page(cell, connection, row, known, seniors=(seniors, words, able))


def names_of(cell: Cell, actor: Actor, programme: str) -> dict[str, str] | Refused:
    """Item: the client's own name of it, of all work items of a programme."""
    if not access.allows(actor, "item.read"):
        return access.ABSENT
    with cell.read() as connection:
        work = [row for row in items.batches(connection, programme) if row.purpose == "work"]
        return {row.item: row.external for batch in work for row in items.of_batch(connection, batch.batch)}


def _words(cell: Cell, actor: Actor, programme: str, seniors: list[Row]) -> dict[str, str] | Refused:
    refs = [ref for row in seniors for ref in (row.reason, row.revoked_reason) if ref is not None]
    if not refs:
        return {}
    about = About(
        subject=programme, what="words", reason=reason_of(actor),
        subjects=tuple(sorted({row.person for row in seniors})),
    )  # fmt: skip
    look = cell.look(actor, "gate.read", about)
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        found = erased.payloads(cell, connection, refs, look)
    return {ref: erased.text(found[ref]) for ref in refs}


def _load_page(
    cell: Cell, connection: journal.Connection, row: Row, known: dict[str, str], *,
    seniors: tuple[list[Row], dict[str, str], list[Row]],
) -> LoadPage:  # fmt: skip
    programme = row.programme
    contract = cell.contract(connection, row.document)
    complete = {(t.axis, t.value): t.complete for t in contracts.tallies(connection, programme)}
    work = [one for one in items.batches(connection, programme) if one.purpose == "work"]
    workers = _workers(connection, programme, known, {one.batch: one for one in work})
    granted, words, able = seniors
    return LoadPage(
        programme=programme, rules=tiers.rules(connection, programme), contract=contract,
        quotas=tuple(quota_fill(contract, complete)), strata=tuple(_strata(connection, programme)),
        batches=tuple(_needs(cell, connection, programme, work)), workers=tuple(workers),
        spread=spread([one.judged for one in workers]),
        seniors=tuple(
            SeniorView(
                one, known.get(one.person, one.person), words.get(one.reason, ""),
                words.get(one.revoked_reason, "") if one.revoked_reason else "",
            )
            for one in granted
        ),
        adjudicators=tuple(
            sorted(
                ((one.person, known.get(one.person, one.person)) for one in able), key=lambda pair: (pair[1], pair[0])
            )
        ),
    )  # fmt: skip


def _strata(connection: journal.Connection, programme: str) -> list[StratumFill]:
    items_of, open_of = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for row in assignment.strata_of(connection, programme):
        items_of[row.domain, row.taxonomy] += row.items
        open_of[row.domain, row.taxonomy] += row.open
    return [StratumFill(*key, items=number, open=open_of[key]) for key, number in sorted(items_of.items())]


def _workers(
    connection: journal.Connection, programme: str, known: dict[str, str], batches: dict[str, Row]
) -> list[Worker]:
    leases, last = Counter[str](), dict[str, int]()
    for row in assignment.loads(connection, programme):
        leases[row.expert] += row.leases
        last[row.expert] = max(last.get(row.expert, 0), row.last_at)
    redundancy = {row.domain: row.redundancy for row in contracts.domains(connection, programme)}
    judged, held, most = Counter[str](), Counter[str](), dict[str, tuple[int, str]]()
    for row in assignment.done_by(connection, programme):
        judged[row.expert] += row.judged
        held[row.expert] += row.held
        batch = batches[row.batch]
        wanted = batch.items * redundancy.get(batch.domain, 1)
        share = row.judged * canon.PPM // wanted if wanted else 0
        most[row.expert] = max(most.get(row.expert, (0, "")), (share, f"{batch.name}/{batch.domain}"))
    found = [
        Worker(
            one, known.get(one, one), leases[one], judged[one], held[one], last[one], *most.get(one, (0, ""))
        )
        for one in leases
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-one.judged, one.person))


def grant_senior(
    cell: Cell, actor: Actor, programme: str, person: str, *, rests_on: str, reason: str, key: str
) -> Receipt | Refused:
    """Say that somebody is a senior adjudicator of a programme.

    rests_on  credential or years, whichever of the contract's conditions they meet
    """

    def decide(tx: Transaction) -> Decision:
        row, who = contracts.programme(tx.connection, programme), roster.person(tx.connection, person)
        if row is None or who is None:
            return access.ABSENT
        senior = said.senior if (said := cell.contract(tx.connection, row.document).assignment) else None
        offered = [name for name in flow.RESTS_ON if senior is not None and getattr(senior, name) is not None]
        refused = flow.check_grant(
            tiers.policy(tx.connection, programme), msgspec.json.decode(who.expert_roles, type=list[str]),
            rests_on=rests_on, offered=offered, is_senior=tiers.is_senior(tx.connection, person, programme),
        ) or flow.check_reason(reason)  # fmt: skip
        if refused:
            return refused
        ref = tx.seal(reason.strip().encode(), scope=f"person:{person}", subjects=[f"person:{actor.person}"])
        return [
            SeniorGranted(
                programme=programme, person=person, contract_version=row.version, rests_on=rests_on, reason=ref
            )
        ]

    request = canon.encode(["senior", programme, person, rests_on, reason])
    return cell.execute(Command(actor, "roster.write", key, request, decide))


def revoke_senior(cell: Cell, actor: Actor, programme: str, person: str, *, reason: str, key: str) -> Receipt | Refused:
    """End it: what they decided until now stands, and they decide no further case of a careful tier."""

    def decide(tx: Transaction) -> Decision:
        if contracts.programme(tx.connection, programme) is None or roster.person(tx.connection, person) is None:
            return access.ABSENT
        refused = flow.check_reason(reason)
        if not tiers.is_senior(tx.connection, person, programme):
            refused = Refused("not-senior", "This person is no senior adjudicator here: there is nothing to end.")
        if refused:
            return refused
        ref = tx.seal(reason.strip().encode(), scope=f"person:{person}", subjects=[f"person:{actor.person}"])
        return [SeniorRevoked(programme=programme, person=person, reason=ref)]

    request = canon.encode(["senior-ends", programme, person, reason])
    return cell.execute(Command(actor, "roster.write", key, request, decide))

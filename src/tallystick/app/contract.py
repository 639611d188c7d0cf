"""Open programmes, revise their data contracts, and say at a glance how a programme stands."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import msgspec

from tallystick import canon
from tallystick.app import access
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.pay.zone import check_zone
from tallystick.events.contract import ContractFacts, ContractRevised, DomainFacts, GatePolicySet, ProgrammeOpened
from tallystick.events.envelope import Event
from tallystick.events.gate import BatchMeasured
from tallystick.flow import routing, welfare
from tallystick.flow.checklist import refuse_closed
from tallystick.flow.contract import (
    DataContract,
    HardShare,
    QuotaFill,
    Terms,
    check_bound,
    check_rubric_domains,
    check_version,
    findings,
    hard_share,
    quota_fill,
    redundancy_for,
    refuse_reader,
)
from tallystick.flow.contract.assignment import tier_facts
from tallystick.flow.contract.credentials import demand_facts, plan_facts
from tallystick.flow.document import Finding, Problem, placed, read
from tallystick.flow.pay import check_terms, terms_facts
from tallystick.flow.refusal import Refused
from tallystick.flow.screening import DISQUALIFIED
from tallystick.ledger import journal
from tallystick.signals import BY_NAME
from tallystick.store import adjudication, gate, items, roster, screening
from tallystick.store import contract as contracts
from tallystick.store import release as releases
from tallystick.store import routing as routes
from tallystick.store import rubric as rubrics
from tallystick.store.schema import Row

RESTRICTED = frozenset(name for name, one in BY_NAME.items() if one.is_restricted)
"""Signals whose items only cleared people see."""


@dataclass(frozen=True, slots=True)
class ContractInForce:
    """A contract version that has come into force."""

    programme: str
    version: str
    receipt: Receipt


def bring_into_force(
    cell: Cell, actor: Actor, *, text: str, name: str, key: str
) -> ContractInForce | list[Problem] | Refused:
    """Open a programme from its first contract, or revise the contract of an existing one.

    text  the YAML document; its `name` is the programme
    name  what its writer calls it: it opens the sentence of every problem
    """
    if not access.allows(actor, "programme.write"):
        return access.ABSENT
    contract = read(text, name, DataContract)
    if isinstance(contract, list):
        return contract
    unbound = check_bound(contract, name)
    if unbound:
        return placed(unbound, text)
    request = canon.encode(["contract", text])
    answer = cell.execute(
        Command(actor, "programme.write", key, request, lambda tx: _decide(cell, tx, text, contract=contract))
    )
    return answer if isinstance(answer, Refused) else ContractInForce(contract.name, contract.version, answer)


def _decide(cell: Cell, tx: Transaction, text: str, *, contract: DataContract) -> Decision:
    row = contracts.programme(tx.connection, contract.name)
    previous = cell.contract(tx.connection, row.document) if row else None
    published = {r.rubric: r.domain for r in rubrics.of_programme(tx.connection, contract.name)}
    refused = check_version(previous, contract) or check_rubric_domains(contract, published)
    refused = refused or check_terms(previous, contract) or check_zone(contract)
    if previous is not None and refused is None:
        refused = routing.refuse_opening(previous, contract, items.held_of(tx.connection, contract.name, RESTRICTED))
    if refused:
        return refused
    facts = _facts(tx, text, contract)
    if previous is None:
        return [ProgrammeOpened(programme=contract.name, contract=facts), *_sections(contract)]
    return [ContractRevised(programme=contract.name, contract=facts, previous=previous.version), *_sections(contract)]


def _facts(tx: Transaction, text: str, contract: DataContract) -> ContractFacts:
    payload = text.encode()
    domains = [
        DomainFacts(domain=name, rubric=plan.rubric, risk=plan.risk, redundancy=redundancy_for(contract, name))
        for name, plan in contract.domains.items()
    ]
    return ContractFacts(
        version=contract.version, document=tx.seal(payload, scope=f"programme:{contract.name}"),
        document_digest=canon.digest(payload), title=contract.title, domains=domains,
        metric=contract.agreement.metric, level=contract.agreement.level, rule=contract.agreement.rule,
        items_min=contract.agreement.items_min, lease_ms=contract.lease_minutes * 60_000,
        permitted_uses=list(contract.rights.permitted_uses),
        source_class=contract.rights.source_class, licence=contract.rights.licence,
        retention_until=contract.rights.retention_until.isoformat(), simulated=contract.simulated,
    )  # fmt: skip


def _sections(contract: DataContract) -> list[Event]:
    """What a contract version says in sections that it may leave out, each as facts of its own."""
    name, version = contract.name, contract.version
    risks = {domain: plan.risk for domain, plan in contract.domains.items()}
    return [
        *_policies(contract),
        *tier_facts(name, version, contract.assignment),
        *demand_facts(name, version, contract.credentials, risks),
        *plan_facts(name, version, contract.pool),
        *terms_facts(contract),
        *welfare.rules(contract),
        *routing.rules(contract),
    ]


def _policies(contract: DataContract) -> list[GatePolicySet]:
    """The gate policies of domains that have their own."""
    return [
        GatePolicySet(
            programme=contract.name, contract_version=contract.version, domain=name, metric=own.metric,
            level=own.level, rule=own.rule, items_min=own.items_min,
        )
        for name, plan in contract.domains.items() if (own := plan.agreement)
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class BatchGlance:
    """A batch on the programme page: its latest measurement and its disagreements by state."""

    row: Row
    measured: BatchMeasured | None
    measured_seq: int | None
    disagreements: dict[str, int]


@dataclass(frozen=True, slots=True)
class ProgrammeGlance:
    """How a programme stands."""

    row: Row
    contract: DataContract
    versions: tuple[Row, ...]
    domains: tuple[Row, ...]
    rubrics: tuple[Row, ...]
    quotas: tuple[QuotaFill, ...]
    hard: HardShare
    funnel: dict[str, int]
    released_records: int
    batches: tuple[BatchGlance, ...]
    releases: tuple[Row, ...]
    findings: tuple[Finding, ...]
    tallies: tuple[Row, ...]


def programmes(cell: Cell, actor: Actor) -> list[Row] | Refused:
    """All programmes: everybody who works in the cell may know their names."""
    if not access.allows(actor, "self"):
        return access.ABSENT
    with cell.read() as connection:
        return contracts.programmes(connection)


def glance(cell: Cell, actor: Actor, name: str) -> ProgrammeGlance | Refused:
    """A programme with fill, funnel, agreement, disagreements and releases."""
    if not access.allows(actor, "programme.read"):
        return access.ABSENT
    with cell.read() as connection:
        row = contracts.programme(connection, name)
        if row is None:
            return access.ABSENT
        contract = cell.contract(connection, row.document)
        tallies = contracts.tallies(connection, name)
        counts = {(t.axis, t.value): t.items for t in tallies}
        made = releases.of_programme(connection, name)
        today = datetime.fromtimestamp(cell.kernel.now() / 1e6, UTC).date()
        return ProgrammeGlance(
            row=row, contract=contract, versions=tuple(contracts.versions(connection, name)),
            domains=tuple(contracts.domains(connection, name)),
            rubrics=tuple(rubrics.of_programme(connection, name)),
            quotas=tuple(quota_fill(contract, counts)),
            hard=hard_share(contract, hard=counts.get(("hard", "yes"), 0), total=counts.get(("all", "all"), 0)),
            funnel=contracts.funnel(connection, name), released_records=sum(r.records or 0 for r in made[:1]),
            batches=_batches(connection, name),
            releases=tuple(made), findings=tuple(findings(contract, today)), tallies=tuple(tallies),
        )  # fmt: skip


def batch_sizes(cell: Cell, actor: Actor, name: str) -> dict[str, int]:
    """Batch: how many items it has; empty for who may not read the programme."""
    if not access.allows(actor, "programme.read"):
        return {}
    with cell.read() as connection:
        return {row.batch: row.items for row in items.batches(connection, name)}


def _batches(connection: journal.Connection, name: str) -> tuple[BatchGlance, ...]:
    latest, divided = gate.latest_of(connection, name), adjudication.states(connection, name)
    return tuple(
        BatchGlance(row, *_latest(latest.get(row.batch)), divided.get(row.batch, {}))
        for row in items.batches(connection, name)
    )


def _latest(row: Row | None) -> tuple[BatchMeasured | None, int | None]:
    return (None, None) if row is None else (msgspec.json.decode(row.body, type=BatchMeasured), row.seq)


@dataclass(frozen=True, slots=True)
class ContractPage:
    """One contract version as text and as a model."""

    row: Row
    contract: DataContract
    text: str
    versions: tuple[Row, ...]


def contract_page(cell: Cell, actor: Actor, name: str, version: str | None = None) -> ContractPage | Refused:
    """A contract version, the one in force when none is named."""
    if not access.allows(actor, "programme.read"):
        return access.ABSENT
    with cell.read() as connection:
        row = contracts.programme(connection, name)
        history = contracts.versions(connection, name)
        chosen = [v for v in history if version in (None, v.version)]
        if row is None or not chosen:
            return access.ABSENT
        text = cell.document(connection, chosen[0].document)
        return ContractPage(row, cell.contract(connection, chosen[0].document), text, tuple(history))


def terms_of(cell: Cell, connection: journal.Connection, programme: Row) -> Terms:
    """Where and until when content of a programme may be read, by the contract in force."""
    rights = cell.contract(connection, programme.document).rights
    return Terms(
        programme=programme.programme, retention_until=date.fromisoformat(programme.retention_until),
        regions=tuple(rights.regions),
    )  # fmt: skip


def unreadable(
    cell: Cell, connection: journal.Connection, actor: Actor, programme: str, *, item: str | None = None
) -> Refused | None:
    """Why somebody may not read content of a programme now, whatever their role: its retention, or where they are.

    Or a disqualifier that a person confirmed: it stops every kind of work at once.
    item  the one that they would read: a restricted one is absent for who has no clearance
    """
    row = contracts.programme(connection, programme)
    if row is None or actor.person == access.SYSTEM:
        return None
    closed = None if item is None else _closed(cell, connection, actor.person, item)
    if closed:
        return closed
    if screening.stops(connection, actor.person, programme=programme):
        return DISQUALIFIED
    person = roster.person(connection, actor.person)
    region = None if person is None else person.region
    return refuse_reader(terms_of(cell, connection, row), today_of(cell), region)


def closed(connection: journal.Connection, programme: str) -> Refused | None:
    """Why nothing new begins in a programme: it is closed. None for any other phase, and where there is none."""
    row = contracts.programme(connection, programme)
    return None if row is None else refuse_closed(row.phase)


def _closed(cell: Cell, connection: journal.Connection, person: str, item: str) -> Refused | None:
    """Why an item of a domain with rules of its own is not for somebody's eyes, or None."""
    if not routes.is_anything_ruled(connection):
        return None
    row, reader = items.item(connection, item), roster.person(connection, person)
    rule = None if row is None else routes.rules(connection, row.programme).get(row.domain)
    if row is None or rule is None:
        return None
    if rule.needs_clearance and not routes.is_cleared(connection, person, row.programme, now=cell.kernel.now()):
        return access.ABSENT
    return routing.refuse_place(rule, None if reader is None else reader.region)


def today_of(cell: Cell) -> date:
    """The day by the cell's clock, in UTC."""
    return datetime.fromtimestamp(cell.kernel.now() / 1e6, UTC).date()

"""Read models of programmes and data contracts."""

import sqlalchemy as sa

from tallystick import canon
from tallystick.events.contract import ContractFacts, ContractRevised, GatePolicySet, ProgrammeOpened
from tallystick.ledger.statement import Statement
from tallystick.store.schema import (
    CONTRACT_VERSION,
    DISAGREEMENT,
    DOMAIN,
    PROGRAMME,
    TALLY,
    WORK,
    Handler,
    Recorded,
    Row,
)


def _on_opened(connection: sa.Connection, run: list[Recorded]) -> None:
    for recorded in run:
        fact: ProgrammeOpened = recorded.fact
        values = {"programme": fact.programme, "phase": "draft", "since": recorded.envelope.at}
        connection.execute(PROGRAMME.insert().values(**values, **_facts(fact.contract)))
        _store_version(connection, fact.programme, fact.contract, recorded)


def _on_revised(connection: sa.Connection, run: list[Recorded]) -> None:
    for recorded in run:
        fact: ContractRevised = recorded.fact
        change = PROGRAMME.update().where(PROGRAMME.c.programme == fact.programme)
        connection.execute(change.values(**_facts(fact.contract)))
        _store_version(connection, fact.programme, fact.contract, recorded)


def _facts(contract: ContractFacts) -> dict[str, object]:
    return {
        "title": contract.title, "version": contract.version, "document": contract.document.object,
        "metric": contract.metric, "level": contract.level, "rule": contract.rule, "items_min": contract.items_min,
        "lease_ms": contract.lease_ms,
        "permitted_uses": canon.encode(contract.permitted_uses).decode(), "source_class": contract.source_class,
        "licence": contract.licence, "retention_until": contract.retention_until,
        "simulated": int(contract.simulated),
    }  # fmt: skip


def _store_version(connection: sa.Connection, programme: str, contract: ContractFacts, recorded: Recorded) -> None:
    version = {
        "programme": programme, "version": contract.version, "document": contract.document.object,
        "document_digest": contract.document_digest, "seq": recorded.envelope.seq, "at": recorded.envelope.at,
        "by": recorded.envelope.by,
    }  # fmt: skip
    connection.execute(CONTRACT_VERSION.insert().values(version))
    connection.execute(DOMAIN.delete().where(DOMAIN.c.programme == programme))
    rows = [
        {"programme": programme, "domain": d.domain, "rubric": d.rubric, "risk": d.risk, "redundancy": d.redundancy,
         "metric": contract.metric, "level": contract.level, "rule": contract.rule, "items_min": contract.items_min}
        for d in contract.domains
    ]  # fmt: skip
    connection.execute(DOMAIN.insert(), rows)


def _on_policy(connection: sa.Connection, run: list[Recorded]) -> None:
    for recorded in run:
        fact: GatePolicySet = recorded.fact
        change = DOMAIN.update().where(DOMAIN.c.programme == fact.programme, DOMAIN.c.domain == fact.domain)
        connection.execute(
            change.values(metric=fact.metric, level=fact.level, rule=fact.rule, items_min=fact.items_min)
        )


HANDLERS: dict[str, Handler] = {
    ProgrammeOpened.KIND: _on_opened,
    ContractRevised.KIND: _on_revised,
    GatePolicySet.KIND: _on_policy,
}


_PROGRAMME = Statement(sa.select(PROGRAMME).where(PROGRAMME.c.programme == sa.bindparam("name")))
_DOMAINS = Statement(sa.select(DOMAIN).where(DOMAIN.c.programme == sa.bindparam("name")).order_by(DOMAIN.c.domain))
_COUNTS = Statement(sa.select(TALLY).where(TALLY.c.programme == sa.bindparam("name")))


def programme(connection: sa.Connection, name: str) -> Row | None:
    """One programme with the facts of its contract in force, or None."""
    return _PROGRAMME.first(connection, {"name": name})


def programmes(connection: sa.Connection) -> list[Row]:
    """All programmes by name."""
    return list(connection.execute(sa.select(PROGRAMME).order_by(PROGRAMME.c.programme)).all())


def is_document(connection: sa.Connection, object_id: str) -> bool:
    """Whether an object of the vault is the text of a contract version."""
    query = sa.select(CONTRACT_VERSION.c.document).where(CONTRACT_VERSION.c.document == object_id).limit(1)
    return connection.execute(query).first() is not None


def versions(connection: sa.Connection, name: str) -> list[Row]:
    """The contract's versions, newest first."""
    table = CONTRACT_VERSION
    return list(
        connection.execute(sa.select(table).where(table.c.programme == name).order_by(table.c.seq.desc())).all()
    )


def domains(connection: sa.Connection, name: str) -> list[Row]:
    """The contract's domains with rubric, risk and redundancy."""
    return _DOMAINS.all(connection, {"name": name})


def counts(connection: sa.Connection, name: str) -> dict[tuple[str, str], int]:
    """(Axis, value): how many work items have it."""
    return {(row.axis, row.value): row.items for row in _COUNTS.all(connection, {"name": name})}


def tallies(connection: sa.Connection, name: str) -> list[Row]:
    """Counts of work items by axis and value: items, complete."""
    query = sa.select(TALLY).where(TALLY.c.programme == name).order_by(TALLY.c.axis, TALLY.c.value)
    return list(connection.execute(query).all())


def funnel(connection: sa.Connection, name: str) -> dict[str, int]:
    """How many work items stand where: imported, leased, judged at least once, complete, and by disagreement."""
    work = sa.select(
        sa.func.count(),
        sa.func.coalesce(sa.func.sum(sa.case((WORK.c.leased > 0, 1), else_=0)), 0),
        sa.func.coalesce(sa.func.sum(sa.case((WORK.c.judged > 0, 1), else_=0)), 0),
        sa.func.coalesce(sa.func.sum(sa.case((WORK.c.state == "complete", 1), else_=0)), 0),
    ).where(WORK.c.programme == name)
    imported, leased, judged, complete = connection.execute(work).one()
    # Of complete items: while a judgment is held, or judged again, its item has neither agreed nor divided.
    states = (
        sa.select(DISAGREEMENT.c.state, sa.func.count())
        .join(WORK, WORK.c.item == DISAGREEMENT.c.item)
        .where(DISAGREEMENT.c.programme == name, DISAGREEMENT.c.state != "withdrawn", WORK.c.judged >= WORK.c.needed)
        .group_by(DISAGREEMENT.c.state)
    )
    by_state = {row[0]: row[1] for row in connection.execute(states).all()}
    divided = sum(by_state.values())
    return {
        "imported": imported, "leased": int(leased), "judged": int(judged), "complete": int(complete),
        "agreed": int(complete) - divided, "open": by_state.get("open", 0),
        "settled": by_state.get("settled", 0), "preserved": by_state.get("preserved", 0),
    }  # fmt: skip

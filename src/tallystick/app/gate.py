"""Measure batches, let the gate decide, and show agreement."""

from dataclasses import dataclass

import msgspec

from tallystick import __version__, canon
from tallystick.app import access
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.oversight import look
from tallystick.app.roster import profile_of
from tallystick.events.gate import BatchMeasured
from tallystick.flow import gate as flow
from tallystick.flow.gate import Bar, Batch, Judged
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric
from tallystick.ledger import journal
from tallystick.stats.agreement import Agreement, PairKappa
from tallystick.store import contract as contracts
from tallystick.store import gate, items, judgment, roster
from tallystick.store import rubric as rubrics
from tallystick.store.schema import Row

DAY_MICROSECONDS = 24 * 3600 * 1_000_000


@dataclass(frozen=True, slots=True)
class Measured:
    """A measurement that is in the journal."""

    fact: BatchMeasured
    receipt: Receipt


def measure(cell: Cell, actor: Actor, batch: str, *, key: str) -> Measured | Refused:
    """Measure a batch now and record the gate's decision."""
    request = canon.encode(["measure", batch])
    answer = cell.execute(Command(actor, "gate.measure", key, request, lambda tx: _measure(cell, tx, batch)))
    if isinstance(answer, Refused):
        return answer
    fact = answer.facts[0]
    assert isinstance(fact, BatchMeasured)
    return Measured(fact, answer)


def _measure(cell: Cell, tx: Transaction, batch: str) -> Decision:
    row = items.batch(tx.connection, batch)
    if row is None:
        return access.ABSENT
    found = measure_now(cell, tx.connection, row)
    return found if isinstance(found, Refused) else [found]


def measure_now(cell: Cell, connection: journal.Connection, row: Row) -> BatchMeasured | Refused:
    """The measurement of a batch as its judgments stand, not yet recorded."""
    if row.judgments == 0:
        return Refused("no-judgments", f"Batch {row.name} has no judgments yet: there is nothing to measure.", "batch")
    rubric = _rubric_of(cell, connection, row)
    programme = contracts.programme(connection, row.programme)
    if rubric is None or programme is None:
        return Refused("no-rubric", f"Domain {row.domain} has no rubric in force: publish one first.", "batch")
    about = Batch(
        batch=row.batch, programme=row.programme, domain=row.domain, contract_version=programme.version,
        incomplete=row.items - row.complete,
    )  # fmt: skip
    judged = judged_in(connection, row.batch)
    return flow.measure_batch(about, judged, rubric, _bar(connection, programme, rubric), code_version=__version__)


def _rubric_of(cell: Cell, connection: journal.Connection, row: Row) -> Rubric | None:
    return cell.rubrics_in_force(connection, row.programme).get(row.domain)


def _bar(connection: journal.Connection, programme: Row, rubric: Rubric) -> Bar:
    current = rubrics.current(connection, programme.programme, rubric.id)
    assert current is not None
    return Bar(
        metric=programme.metric, level=programme.level, rule=programme.rule, threshold_ppm=current.threshold_ppm,
        items_min=programme.items_min,
    )  # fmt: skip


def judged_in(connection: journal.Connection, batch: str) -> list[Judged]:
    """The judgments of a batch, in journal order."""
    rows = judgment.of_batch(connection, batch)
    declared = {row.item for row in items.of_batch(connection, batch) if row.is_disagreement_expected}
    # Nobody can show that the declaration came before a judgment that was made elsewhere: there it counts for nothing.
    expected = declared - {row.item for row in rows if not row.is_observed}
    return [
        Judged(
            judgment=row.judgment, item=row.item, expert=row.expert, verdict=row.verdict,
            scores=msgspec.json.decode(row.scores), is_expected=row.item in expected,
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class BatchPage:
    """Agreement of one batch as it stands now, beside what was decided."""

    row: Row
    rubric: Rubric | None
    bar: Bar | None
    now: BatchMeasured | Refused
    verdict: Agreement | None  # with prevalence and paradox diagnostics
    pairs: tuple[PairKappa, ...]
    names: dict[str, str]  # expert: how those who may read the roster know them; pseudonyms for all others
    history: tuple[tuple[Row, BatchMeasured], ...]


def batch_page(cell: Cell, actor: Actor, batch: str) -> BatchPage | Refused:
    """The agreement page of a batch. That it showed names of people is an event, once a day for each reader."""
    if not access.allows(actor, "gate.read"):
        return access.ABSENT
    page = _page(cell, actor, batch)
    if not isinstance(page, Refused) and any(name != expert for expert, name in page.names.items()):
        key = f"names|{actor.person}|{batch}|{cell.kernel.now() // DAY_MICROSECONDS}"
        look(cell, actor, "gate.read", subject=batch, what="profile", reason="names of a batch's experts", key=key)
    return page


def _page(cell: Cell, actor: Actor, batch: str) -> BatchPage | Refused:
    with cell.read() as connection:
        row = items.batch(connection, batch)
        if row is None:
            return access.ABSENT
        now = measure_now(cell, connection, row)
        rubric = _rubric_of(cell, connection, row)
        programme = contracts.programme(connection, row.programme)
        bar = _bar(connection, programme, rubric) if programme and rubric else None
        judged = judged_in(connection, batch)
        counted = [j for j in judged if not j.is_expected]
        verdict = flow.agreement_of(flow.verdict_table(counted, bar.level), bar.metric, bar.level) if bar else None
        past = tuple((r, msgspec.json.decode(r.body, type=BatchMeasured)) for r in gate.history(connection, batch))
        names = _names(cell, connection, sorted({j.expert for j in judged}), actor)
        return BatchPage(row, rubric, bar, now, verdict, tuple(flow.pairs(counted)), names, past)


def _names(cell: Cell, connection: journal.Connection, experts: list[str], actor: Actor) -> dict[str, str]:
    """Imported raters are shown by their source's id; people by name to who may read the roster, else by pseudonym."""
    may_read = access.allows(actor, "roster.read")
    names = {}
    for expert in experts:
        row = roster.person(connection, expert)
        assert row is not None
        is_open = may_read or row.origin == "imported"
        names[expert] = profile_of(cell, connection, row).name if is_open else expert
    return names


def batches(cell: Cell, actor: Actor, programme: str) -> list[Row] | Refused:
    """The batches of a programme."""
    if not access.allows(actor, "gate.read"):
        return access.ABSENT
    with cell.read() as connection:
        if contracts.programme(connection, programme) is None:
            return access.ABSENT
        return items.batches(connection, programme)

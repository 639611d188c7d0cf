"""Measure batches, let the gate decide, and show agreement."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from typing import Generic, NamedTuple, TypeVar

import msgspec

from tallystick import __version__, canon
from tallystick.app import access, intervention
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.looking import About, Look
from tallystick.app.roster import profiles_of, reason_of
from tallystick.app.sentinel import announce
from tallystick.events.gate import BatchMeasured, MeasuredValue
from tallystick.flow import gate as flow
from tallystick.flow.diagnosis import Diagnosis, diagnose
from tallystick.flow.gate import Bar, Batch, Judged
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric
from tallystick.ledger import journal
from tallystick.signals.shape import Labelled
from tallystick.stats.agreement import Agreement, PairKappa
from tallystick.store import contract as contracts
from tallystick.store import gate, items, judgment, roster, standing
from tallystick.store import rubric as rubrics
from tallystick.store.schema import Row

NO_MARKS = "[]"
REMEMBERED = 256
"""So many answers of each kind are kept: pages ask for the same figures again and again."""
Said = TypeVar("Said")


class _Memory(Generic[Said]):
    """What a pure function said, by everything that it was asked about: one other judgment is another question.

    Nothing is ever taken back: whoever asks reads what is true now, and only finds the answer faster.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._said: OrderedDict[tuple[object, ...], Said] = OrderedDict()

    def of(self, question: tuple[object, ...], answer: Callable[[], Said]) -> Said:
        """The answer to a question, found the first time and remembered."""
        with self._lock:
            if question in self._said:
                self._said.move_to_end(question)
                return self._said[question]
        found = answer()
        with self._lock:
            self._said[question] = found
            while len(self._said) > REMEMBERED:
                self._said.popitem(last=False)
        return found


class _Figures(NamedTuple):
    """What a batch's page shows beside its measurement."""

    verdict: Agreement | None
    diagnosis: Diagnosis | None
    pairs: tuple[PairKappa, ...]
    others: tuple[MeasuredValue, ...]


_MEASURED: _Memory[BatchMeasured] = _Memory()
_FIGURES: _Memory[_Figures] = _Memory()


def _digest(rows: Sequence[Judged] | dict[str, dict[str, str]]) -> bytes:
    """A digest of all that is said: of every field of every judgment, in their order."""
    return sha256(msgspec.msgpack.encode(rows)).digest()


@dataclass(frozen=True, slots=True)
class Measured:
    """A measurement that is in the journal."""

    fact: BatchMeasured
    receipt: Receipt


def measure(cell: Cell, actor: Actor, batch: str, *, key: str) -> Measured | Refused:
    """Measure a batch now and record the gate's decision. A fall on sentinels that is known by then is held first."""
    if not access.allows(actor, "gate.measure"):
        return access.ABSENT
    with cell.read() as connection:
        row = items.batch(connection, batch)
    if row is not None:
        announce(cell, row.programme, is_at_once=True)
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
    found = measure_now(tx.connection, row, asked_of(cell, tx.connection, row.programme))
    if isinstance(found, Refused):
        return found
    return [
        found,
        *intervention.after_measuring(
            cell, tx, found, measured_seq=tx.seq, judged_at=lambda until: judged_at(tx.connection, batch, until)
        ),
    ]


@dataclass(frozen=True, slots=True)
class Held:
    """What the batches of a domain are held to: the rubric in force, its document, and what the policy asks."""

    rubric: Rubric
    document: str
    bar: Bar


@dataclass(frozen=True, slots=True)
class Asked:
    """What a programme asks of its batches now, by domain; a domain without a rubric in force is not in it."""

    contract_version: str
    domains: Mapping[str, Held]


def asked_of(cell: Cell, connection: journal.Connection, programme: str) -> Asked | None:
    """What contract and rubrics in force ask of batches; None where there is no programme."""
    row = contracts.programme(connection, programme)
    if row is None:
        return None
    plans = {plan.rubric: plan for plan in contracts.domains(connection, programme)}
    current = [one for one in rubrics.of_programme(connection, programme) if one.rubric in plans]
    return Asked(
        row.version, {plans[one.rubric].domain: _held(cell, connection, plans[one.rubric], one) for one in current}
    )


def _held(cell: Cell, connection: journal.Connection, policy: Row, current: Row) -> Held:
    bar = Bar(
        metric=policy.metric, level=policy.level, rule=policy.rule, threshold_ppm=current.threshold_ppm,
        items_min=policy.items_min,
    )  # fmt: skip
    return Held(cell.rubric(connection, current.document), current.document, bar)


def measure_now(
    connection: journal.Connection, row: Row, asked: Asked | None, *, known: list[Judged] | None = None
) -> BatchMeasured | Refused:
    """The measurement of a batch as its judgments stand, not yet recorded.

    known  the judgments that measure it, where they were read before
    """
    if row.judgments == 0:
        sentence = f"Batch {row.name} has no judgments that count: there is nothing to measure."
        return Refused("no-judgments", sentence, "batch")
    held = None if asked is None else asked.domains.get(row.domain)
    if asked is None or held is None:
        return Refused("no-rubric", f"Domain {row.domain} has no rubric in force: publish one first.", "batch")
    about = Batch(
        batch=row.batch, programme=row.programme, domain=row.domain, contract_version=asked.contract_version,
        incomplete=row.items - row.complete,
    )  # fmt: skip
    judged = judged_in(connection, row.batch) if known is None else known
    return _MEASURED.of(
        (about, held.bar, held.document, _digest(judged)),
        lambda: flow.measure_batch(about, judged, held.rubric, held.bar, code_version=__version__),
    )


def judged_in(connection: journal.Connection, batch: str) -> list[Judged]:
    """The judgments that measure a batch, in journal order."""
    return _judged(connection, batch, standing.that_measure(connection, batch))


def judged_at(connection: journal.Connection, batch: str, until: int) -> list[Judged]:
    """The judgments that measured a batch just before a place in the journal, in journal order."""
    return _judged(connection, batch, standing.that_measure(connection, batch, until=until))


def _judged(connection: journal.Connection, batch: str, rows: list[Row]) -> list[Judged]:
    declared = items.declared(connection, batch)
    # Nobody can show that the declaration came before a judgment that was made elsewhere: there it counts for nothing.
    expected = declared - {row.item for row in rows if not row.is_observed}
    return [
        Judged(
            judgment=row.judgment, item=row.item, expert=row.expert, verdict=row.verdict,
            scores=msgspec.json.decode(row.scores), is_expected=row.item in expected, rubric_version=row.rubric_version,
            signal=row.signal, values=msgspec.json.decode(row.values), marks=marks_of(row),
        )
        for row in rows
    ]  # fmt: skip


def marks_of(row: Row) -> tuple[Labelled, ...]:
    """The labelled pieces of a judgment, without their words."""
    return () if row.marks == NO_MARKS else tuple(msgspec.json.decode(row.marks, type=list[Labelled]))


@dataclass(frozen=True, slots=True)
class BatchPage:
    """Agreement of one batch as it stands now, beside what was decided."""

    row: Row
    rubric: Rubric | None
    bar: Bar | None
    now: BatchMeasured | Refused
    verdict: Agreement | None  # with prevalence and paradox diagnostics
    diagnosis: Diagnosis | None  # of a batch whose verdict falls short: what would help most
    pairs: tuple[PairKappa, ...]
    names: dict[str, str]  # expert: how those who may read the roster know them; pseudonyms for all others
    history: tuple[tuple[Row, BatchMeasured], ...]
    others: tuple[MeasuredValue, ...] = ()  # what else the batch's signal measures, by the measure's name


def batch_page(cell: Cell, actor: Actor, batch: str) -> BatchPage | Refused:
    """The agreement page of a batch. That it shows names of people is an event."""
    if not access.allows(actor, "gate.read"):
        return access.ABSENT
    with cell.read() as connection:
        experts = sorted({row.expert for row in judgment.counted_in_batch(connection, batch)})
        named = [row for row in roster.persons(connection, experts) if _is_named(row, actor)]
    look: Look | Refused | None = None
    if named:
        about = About(
            subject=batch, what="profile", reason=reason_of(actor), subjects=tuple(row.person for row in named)
        )
        look = cell.look(actor, "gate.read", about)
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        known = {expert: expert for expert in experts}
        if look is not None:
            known |= {one: profile.name for one, profile in profiles_of(cell, connection, named, look).items()}
        return _page(cell, connection, batch, known)


def _is_named(row: Row, actor: Actor) -> bool:
    """Imported raters are shown by their source's id; people by name to who may read the roster, else by pseudonym."""
    return row.origin == "imported" or access.allows(actor, "roster.read")


def _page(cell: Cell, connection: journal.Connection, batch: str, known: dict[str, str]) -> BatchPage | Refused:
    row = items.batch(connection, batch)
    if row is None:
        return access.ABSENT
    judged = judged_in(connection, batch)
    asked = asked_of(cell, connection, row.programme)
    now = measure_now(connection, row, asked, known=judged)
    held = None if asked is None else asked.domains.get(row.domain)
    rubric, bar, document = (held.rubric, held.bar, held.document) if held else (None, None, "")
    figures = _figures(connection, now, judged, rubric=rubric, bar=bar, document=document)
    past = tuple((r, msgspec.json.decode(r.body, type=BatchMeasured)) for r in gate.history(connection, batch))
    names = {expert: known.get(expert, expert) for expert in sorted({j.expert for j in judged})}
    return BatchPage(
        row, rubric, bar, now, figures.verdict, figures.diagnosis, figures.pairs, names, past, figures.others
    )  # fmt: skip


def _figures(
    connection: journal.Connection, now: BatchMeasured | Refused, judged: list[Judged], *, rubric: Rubric | None,
    bar: Bar | None, document: str,
) -> _Figures:  # fmt: skip
    strata = _strata_to_search(connection, now, bar)

    def find() -> _Figures:
        counted = [j for j in judged if not j.is_expected]
        verdict = flow.agreement_of(flow.verdict_table(counted, bar.level), bar.metric, bar.level) if bar else None
        diagnosis = None
        if strata is not None and rubric and bar:
            diagnosis = diagnose(counted, rubric, bar, strata=strata, known=verdict)
        return _Figures(verdict, diagnosis, tuple(flow.pairs(counted)), _others(counted, bar, rubric))

    return _FIGURES.of((bar, document, _digest(judged), None if strata is None else _digest(strata)), find)


def _others(counted: list[Judged], bar: Bar | None, rubric: Rubric | None) -> tuple[MeasuredValue, ...]:
    return tuple(flow.others(counted, bar.level, rubric)) if bar and rubric else ()


def _strata_to_search(
    connection: journal.Connection, now: BatchMeasured | Refused, bar: Bar | None
) -> dict[str, dict[str, str]] | None:  # fmt: skip
    """The strata of a batch whose verdict falls short, in which the shortfall is looked for; None for any other."""
    if isinstance(now, Refused) or bar is None:
        return None
    if now.verdict.value_ppm is None or now.verdict.value_ppm >= bar.threshold_ppm:
        return None
    return _strata(connection, now.batch)


def _strata(connection: journal.Connection, batch: str) -> dict[str, dict[str, str]]:
    return {row.item: msgspec.json.decode(row.taxonomy) for row in items.of_batch(connection, batch)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What was looked for in a batch, and under which versions; no diagnosis where there is nothing to look for."""

    diagnosis: Diagnosis | None
    rubric_version: str
    inputs_digest: str


def diagnosis_of(cell: Cell, connection: journal.Connection, batch: str) -> Sought | Refused:
    """Where agreement is lost in a batch as it stands, whether its verdict falls short or a criterion does."""
    row = items.batch(connection, batch)
    assert row is not None, "a batch that was measured stays"
    asked = asked_of(cell, connection, row.programme)
    held = None if asked is None else asked.domains.get(row.domain)
    if held is None:
        return Refused("no-rubric", f"Domain {row.domain} has no rubric in force: publish one first.", "batch")
    judged = judged_in(connection, batch)
    counted = [one for one in judged if not one.is_expected]
    return Sought(
        diagnosis=diagnose(
            counted, held.rubric, held.bar, strata=_strata(connection, batch)
        ),
        rubric_version=held.rubric.version, inputs_digest=flow.inputs_digest(judged),
    )  # fmt: skip


def batches(cell: Cell, actor: Actor, programme: str) -> list[Row] | Refused:
    """The batches of a programme."""
    if not access.allows(actor, "gate.read"):
        return access.ABSENT
    with cell.read() as connection:
        if contracts.programme(connection, programme) is None:
            return access.ABSENT
        return items.batches(connection, programme)

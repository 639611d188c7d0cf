"""Classify the disagreements of a batch: read, compute beside the writers, record what still holds.

Computing takes milliseconds for each item, so it is done before the transaction. In the transaction, which is short, an
item is left out whose judgments, declarations or disagreement changed meanwhile: the next run takes it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec

from tallystick import __version__, canon
from tallystick.app import access, erased
from tallystick.app.access import CELL, Actor
from tallystick.app.cell import Cell
from tallystick.app.erased import Gone
from tallystick.app.kernel import Command, Decision, Transaction, new_key
from tallystick.app.looking import About, Look
from tallystick.events.disagreement import ClassModelFitted, DisagreementClassified
from tallystick.events.envelope import Event
from tallystick.flow import disagreement as flow
from tallystick.flow.disagreement import CauseModel, Found, Given, Judges, Tried, groups
from tallystick.flow.refusal import Refused
from tallystick.flow.standing import COUNTED, REQUEUED
from tallystick.ledger import journal
from tallystick.stats.disagreement import Evidence, Model
from tallystick.store import adjudication, disagreement, items, judgment, roster
from tallystick.store import contract as contracts
from tallystick.store import rubric as rubrics
from tallystick.store.schema import Row

ITEMS_PER_COMMAND = 200
ITEMS_MAX = 1_000
"""So many items are classified in one call at most, unless its caller says otherwise: what is left is told."""
WITHDRAWN = "withdrawn"
Progress = Callable[[int, int], None]
"""Told (done, of how many) while items are computed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a run over a batch did.

    classified  items that got a new classification; determined: those of them with a cause
    unchanged   items whose evidence and model are those of their newest classification
    changed     items that changed while it ran, and were left out
    left        items beyond the limit of one call
    """

    batch: str
    classified: int
    determined: int
    unchanged: int
    changed: int
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """All that classifying some items of a batch needs."""

    batch: Row
    given: dict[str, tuple[Given, ...]]
    judges: Judges
    criteria: tuple[str, ...]
    model: CauseModel


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """One item's class with what must still hold when it is recorded."""

    item: str
    fact: DisagreementClassified
    given: tuple[Given, ...]
    declarations: dict[str, str]


def classify_batch(
    cell: Cell, actor: Actor, batch: str, *, key: str, limit: int = ITEMS_MAX, progress: Progress = lambda *_: None
) -> Ran | Refused:
    """Classify the disagreements of a batch whose evidence is new, up to a number of them."""
    if not access.allows(actor, "monitor.write"):
        return access.ABSENT
    with cell.read() as connection:
        row = items.batch(connection, batch)
        if row is None:
            return access.ABSENT
        wanted = sorted(
            (one for one in adjudication.of_batch(connection, batch).values() if one.state != WITHDRAWN),
            key=lambda one: int(one.seq),
        )
    return _run(cell, actor, row, [one.item for one in wanted], key=key, limit=limit, progress=progress)


def classify_waiting(cell: Cell, *, limit: int = ITEMS_PER_COMMAND) -> int:
    """Classify disagreements that opened since the last time, oldest first; how many were. The cell itself does this.

    An item that is open already is not looked at again when more is known of its judges: a lead asks for that.
    """
    with cell.read() as connection:
        by_batch: dict[str, list[str]] = {}
        for one in disagreement.waiting(connection, limit=limit):
            by_batch.setdefault(one.batch, []).append(one.item)
        rows = {name: items.batch(connection, name) for name in by_batch}
    done = 0
    for name, wanted in by_batch.items():
        row = rows[name]
        assert row is not None, "a disagreement stands in a batch"
        ran = _run(cell, CELL, row, wanted, key=new_key(), limit=limit, progress=lambda *_: None)
        done += 0 if isinstance(ran, Refused) else ran.classified
    return done


def _run(
    cell: Cell, actor: Actor, batch: Row, wanted: Sequence[str], *, key: str, limit: int, progress: Progress
) -> Ran | Refused:
    look = _look(cell, batch)
    with cell.read() as connection:
        read = _read(cell, connection, batch, wanted, look=look)
        if isinstance(read, Refused):
            return read
        known = disagreement.classifications(connection, read.given)
    new = [item for item, given in read.given.items() if _is_new(known.get(item), given, read)]
    prepared = _prepare(read, new[:limit], progress)
    classified: list[DisagreementClassified] = []
    for start in range(0, len(prepared), ITEMS_PER_COMMAND):
        part = prepared[start : start + ITEMS_PER_COMMAND]
        request = canon.encode(["classify", batch.batch, start])
        decide = _decision(part, read.model)
        answer = cell.execute(Command(actor, "monitor.write", f"{key}|{start}", request, decide))
        if isinstance(answer, Refused):
            return answer
        classified += [fact for fact in answer.facts if isinstance(fact, DisagreementClassified)]
    return Ran(
        batch=batch.batch, classified=len(classified),
        determined=sum(fact.cause is not None for fact in classified), unchanged=len(read.given) - len(new),
        changed=max(0, len(prepared) - len(classified)), left=max(0, len(new) - limit),
    )  # fmt: skip


# --- reading ------------------------------------------------------------------------------------------------------


def _look(cell: Cell, batch: Row) -> Look | None:
    """The cell opens what people declared, to compare labels with it: that is an event. None where nobody declared."""
    with cell.read() as connection:
        people = tuple(disagreement.declarations(connection))
    if not people:
        return None
    about = About(subject=batch.batch, what="groups", reason="classification", subjects=people)
    look = cell.look(CELL, "self", about)
    assert not isinstance(look, Refused), "the cell may look"
    return look


def declared(cell: Cell, connection: journal.Connection, rows: Iterable[Row], look: Look) -> dict[str, dict[str, str]]:
    """Person: axis: group. What was erased is as if it was never declared."""
    by_object = {row.object: row.person for row in rows}
    found = erased.payloads(cell, connection, by_object, look)
    return {by_object[name]: groups.opened(data) for name, data in found.items() if not isinstance(data, Gone)}


def model_in_force(connection: journal.Connection) -> CauseModel:
    """The model of causes that somebody chose, or the built-in one."""
    row = disagreement.model_in_force(connection)
    return flow.model_of(None if row is None else msgspec.json.decode(row.body, type=ClassModelFitted))


def _read(
    cell: Cell, connection: journal.Connection, batch: Row, wanted: Sequence[str], *, look: Look | None
) -> _Read | Refused:
    rows = judgment.of_batch(connection, batch.batch)
    rubric = _rubric(connection, batch)
    if rubric is None:
        return Refused("no-rubric", f"Domain {batch.domain} has no rubric in force: publish one first.", "batch")
    every = [_given(row) for row in rows if row.standing in (COUNTED, REQUEUED)]
    given: dict[str, list[Given]] = {item: [] for item in wanted}
    for one in every:
        if one.item in given:
            given[one.item].append(one)
    return _Read(
        batch=batch, given={item: tuple(found) for item, found in given.items()},
        judges=_judges(cell, connection, batch, every, rubric=rubric.rubric, look=look),
        criteria=tuple(part["id"] for part in msgspec.json.decode(rubric.criteria)), model=model_in_force(connection),
    )  # fmt: skip


def _rubric(connection: journal.Connection, batch: Row) -> Row | None:
    """The version in force of the rubric that the batch's domain has, or of the one that its judgments were made by."""
    names = [row.rubric for row in contracts.domains(connection, batch.programme) if row.domain == batch.domain]
    row = rubrics.current(connection, batch.programme, names[0]) if names else None
    return None if row is None else rubrics.version(connection, batch.programme, row.rubric, row.version)


def _given(row: Row) -> Given:
    return Given(
        judgment=row.judgment, item=row.item, expert=row.expert, verdict=row.verdict,
        criteria=tuple(msgspec.json.decode(row.reasons)), rubric_version=row.rubric_version,
        is_observed=bool(row.is_observed), is_counted=row.standing == COUNTED,
    )  # fmt: skip


def _judges(
    cell: Cell, connection: journal.Connection, batch: Row, given: list[Given], *, rubric: str, look: Look | None
) -> Judges:
    experts = {one.expert for one in given}
    gold = disagreement.gold_counts(connection, batch.programme, rubric)
    qualified = roster.passed_once(connection, batch.programme, rubric) & experts
    rows = disagreement.declarations(connection) if look is not None else {}
    values = declared(cell, connection, rows.values(), look) if look is not None else {}
    return Judges(
        errors_ppm=flow.error_rates({one: gold[one] for one in gold if one in experts}, given),
        qualified=frozenset(qualified) if qualified else None,
        groups=flow.usable_groups(groups.by_axis(values)),
        declarations={person: row.commitment for person, row in rows.items()},
    )


# --- computing ----------------------------------------------------------------------------------------------------


def _is_new(known: Row | None, given: tuple[Given, ...], read: _Read) -> bool:
    """Whether the evidence on an item, or the model, is another than at its newest classification."""
    if known is None or known.inputs_digest != flow.inputs_digest(given, read.judges, criteria=read.criteria):
        return True
    return flow.decoded(known.body).model_digest != read.model.digest


def _prepare(read: _Read, wanted: Sequence[str], progress: Progress) -> list[_Prepared]:
    model, seen, tried = read.model.of(read.batch.domain), dict[object, Found](), Tried()
    prepared = []
    for number, item in enumerate(wanted):
        given = read.given[item]
        evidence = flow.evidence_of(given, read.judges, criteria=read.criteria)
        found = _found(evidence, model, seen, tried=tried)
        prepared.append(_one(read, item, given, found))
        progress(number + 1, len(wanted))
    return prepared


def _found(evidence: Evidence, model: Model, seen: dict[object, Found], *, tried: Tried) -> Found:
    """The class of an item; items with the same evidence, whoever gave it, share one computation."""
    names = sorted({*evidence.labels, *evidence.context_flags}, key=lambda expert: _features(evidence, expert))
    shape = tuple(_features(evidence, expert) for expert in names)
    if shape not in seen:
        renamed = _renamed(evidence, {name: f"j{place:03}" for place, name in enumerate(names)})
        seen[shape] = flow.find(renamed, model, tried=tried)
    return seen[shape]


def _features(evidence: Evidence, expert: str) -> tuple[str, ...]:
    """All that the evidence says of one judge, but for the name."""
    said = (
        evidence.labels.get(expert, ""), evidence.error_rates.get(expert, ""),
        "" if evidence.experts is None else expert in evidence.experts,
        [axis.get(expert, "") for axis in evidence.groups.values()], evidence.retests.get(expert, ()),
        evidence.context_flags.get(expert, ""), evidence.after_calibration.get(expert, ""),
        evidence.criteria.get(expert, ()),
    )  # fmt: skip
    return tuple(str(one) for one in said)


def _renamed(evidence: Evidence, names: dict[str, str]) -> Evidence:
    return replace(
        evidence,
        labels={names[one]: value for one, value in evidence.labels.items()},
        error_rates={names[one]: value for one, value in evidence.error_rates.items()},
        experts=None if evidence.experts is None else frozenset(names[one] for one in evidence.experts),
        groups={axis: {names[one]: value for one, value in by.items()} for axis, by in evidence.groups.items()},
        retests={names[one]: value for one, value in evidence.retests.items()},
        context_flags={names[one]: value for one, value in evidence.context_flags.items()},
        after_calibration={names[one]: value for one, value in evidence.after_calibration.items()},
        criteria={names[one]: value for one, value in evidence.criteria.items()},
    )


def _one(read: _Read, item: str, given: tuple[Given, ...], found: Found) -> _Prepared:
    fact = DisagreementClassified(
        item=item, programme=read.batch.programme, batch=read.batch.batch, status=found.status,
        posterior=dict(found.posterior), cause=found.cause, proposed=found.proposed,
        confidence_ppm=found.posterior[found.proposed] if found.proposed else None, terms=list(found.terms),
        absent=list(found.absent), helps=list(found.helps), judges=found.judges, model=read.model.name,
        model_digest=read.model.digest,
        inputs_digest=flow.inputs_digest(given, read.judges, criteria=read.criteria), code_version=__version__,
        salt="",
    )  # fmt: skip
    experts = {one.expert for one in given}
    mine = {person: told for person, told in read.judges.declarations.items() if person in experts}
    return _Prepared(item=item, fact=fact, given=given, declarations=mine)


# --- recording ----------------------------------------------------------------------------------------------------


def _decision(prepared: list[_Prepared], model: CauseModel) -> Callable[[Transaction], Decision]:
    def decide(tx: Transaction) -> Decision:
        if model_in_force(tx.connection).digest != model.digest:
            sentence = "Another model of causes came into force while this ran. Nothing was written: start it again."
            return Refused("model-changed", sentence)
        return _still(tx, prepared)

    return decide


def _still(tx: Transaction, prepared: list[_Prepared]) -> list[Event]:
    """The facts of items on which nothing changed since they were read."""
    names = [one.item for one in prepared]
    rows = judgment.of_items(tx.connection, names)
    states = disagreement.states(tx.connection, names)
    told = {person: row.commitment for person, row in disagreement.declarations(tx.connection).items()}
    facts: list[Event] = []
    for one in prepared:
        now = tuple(_given(row) for row in rows[one.item] if row.standing in (COUNTED, REQUEUED))
        is_same = flow.standing_of(now) == flow.standing_of(one.given)
        experts = {given.expert for given in one.given}
        mine = {person: told[person] for person in sorted(experts & told.keys())}
        if is_same and states.get(one.item, WITHDRAWN) != WITHDRAWN and mine == one.declarations:
            facts.append(msgspec.structs.replace(one.fact, salt=tx.new_salt()))
    return facts

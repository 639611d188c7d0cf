"""Interventions as people read them: the list of a programme, and one with its timeline, diagnosis and what is next."""

from dataclasses import dataclass

import msgspec

from tallystick import events
from tallystick.app import access, erased
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.intervention.opening import requeued_of, state_of
from tallystick.app.looking import About, Look
from tallystick.app.roster import profiles_of, reason_of
from tallystick.events.envelope import Event, ObjectRef
from tallystick.events.intervention import (
    ExpertReinstated,
    ExpertStoodDown,
    InterventionDiagnosed,
    InterventionRemeasured,
)
from tallystick.events.standing import JudgmentsRequeued
from tallystick.flow import intervention as flow
from tallystick.flow.diagnosis import EXPERT, PAIR
from tallystick.flow.intervention import Requeued, State
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import contract as contracts
from tallystick.store import intervention, items, roster
from tallystick.store.schema import Row


@dataclass(frozen=True, slots=True)
class Listed:
    """An intervention in the list of its programme."""

    row: Row
    batch_name: str
    state: State
    remeasured: InterventionRemeasured | None  # the newest


@dataclass(frozen=True, slots=True)
class Happened:
    """A line of the timeline.

    words  what a person wrote beside it, opened for this reader; None when there are none
    """

    seq: int
    at: int
    by: str
    kind: str
    fact: Event | Requeued
    words: str | None


@dataclass(frozen=True, slots=True)
class InterventionPage:
    """One intervention.

    diagnosis  the newest, of whichever round
    waiting    items whose judgments were set aside, and that are not complete again
    named      who may stand down by the diagnosis of this round, were the rubric ruled out
    not_now    command: why it may not be given now; commands that may be given are left out
    names      pseudonym: name, for those who may read the roster
    """

    row: Row
    batch_name: str
    state: State
    happened: tuple[Happened, ...]
    diagnosis: InterventionDiagnosed | None
    remeasured: tuple[InterventionRemeasured, ...]
    waiting: int
    named: tuple[str, ...]
    stood_down: tuple[Row, ...]
    not_now: dict[str, Refused]
    names: dict[str, str]


def interventions(cell: Cell, actor: Actor, programme: str) -> list[Listed] | Refused:
    """The interventions of a programme, the newest first."""
    if not access.allows(actor, "gate.read"):
        return access.ABSENT
    with cell.read() as connection:
        if contracts.programme(connection, programme) is None:
            return access.ABSENT
        return [_listed(connection, row) for row in intervention.of_programme(connection, programme)]


def of_batch(cell: Cell, actor: Actor, batch: str) -> Listed | Refused | None:
    """The intervention that a batch is in: its own, or the one that is open for its rubric; None when there is none."""
    if not access.allows(actor, "gate.read"):
        return access.ABSENT
    with cell.read() as connection:
        row = items.batch(connection, batch)
        if row is None:
            return access.ABSENT
        own = intervention.of_batch(connection, batch)
        rubrics = {one.domain: one.rubric for one in contracts.domains(connection, row.programme)}
        open_one = None
        if row.domain in rubrics:
            open_one = intervention.open_of(connection, row.programme, rubrics[row.domain])
        found = open_one or (own[0] if own else None)
        return None if found is None else _listed(connection, found)


def _listed(connection: journal.Connection, row: Row) -> Listed:
    facts = [_fact(step) for step in intervention.steps(connection, row.intervention)]
    again = [fact for fact in facts if isinstance(fact, InterventionRemeasured)]
    batch = items.batch(connection, row.batch)
    assert batch is not None, "a batch that was measured stays"
    return Listed(row, batch.name, state_of(connection, row), again[-1] if again else None)


def _fact(step: Row) -> Event:
    fact: Event = msgspec.json.decode(step.body, type=events.KINDS[step.kind])
    return fact


def page(cell: Cell, actor: Actor, wanted: str) -> InterventionPage | Refused:
    """One intervention. That its words or names of people are read is an event.

    Words and names are for those who may read the roster; others see pseudonyms, and that there are words.
    """
    if not access.allows(actor, "gate.read"):
        return access.ABSENT
    with cell.read() as connection:
        row = intervention.intervention(connection, wanted)
        if row is None:
            return access.ABSENT
        facts = [_fact(step) for step in intervention.steps(connection, wanted)]
        people = _people(connection, facts)
    may_read = access.allows(actor, "roster.read")
    looks: list[Look | None] = []
    subjects = tuple(sorted(person.person for person in people))
    for about in (
        About(subject=wanted, what="words", reason="intervention") if any(map(words_of, facts)) else None,
        About(subject=wanted, what="profile", reason=reason_of(actor), subjects=subjects) if people else None,
    ):
        look = cell.look(actor, "roster.read", about) if about and may_read else None
        if isinstance(look, Refused):
            return look
        looks.append(look)
    with cell.read() as connection:
        names = {} if looks[1] is None else _names(cell, connection, people, looks[1])
        return _page(cell, connection, row, look=looks[0], names=names)


def words_of(fact: Event | Requeued) -> ObjectRef | None:
    """What a person wrote beside a step, as the journal knows it."""
    for name in ("justification", "reason", "words"):
        found = getattr(fact, name, None)
        if isinstance(found, ObjectRef):
            return found
    return None


def _people(connection: journal.Connection, facts: list[Event]) -> list[Row]:
    """Everybody whom the facts of an intervention are about."""
    named = {
        name
        for fact in facts
        if isinstance(fact, InterventionDiagnosed)
        for finding in fact.findings
        if finding.kind in {PAIR, EXPERT}
        for name in finding.name.split("|")
    }
    named |= {fact.person for fact in facts if isinstance(fact, ExpertStoodDown | ExpertReinstated)}
    return roster.persons(connection, sorted(named))


def _names(cell: Cell, connection: journal.Connection, people: list[Row], look: Look) -> dict[str, str]:
    return {one: profile.name for one, profile in profiles_of(cell, connection, people, look).items()}


def _page(
    cell: Cell, connection: journal.Connection, row: Row, *, look: Look | None, names: dict[str, str]
) -> InterventionPage:
    steps = [(step, _fact(step)) for step in intervention.steps(connection, row.intervention)]
    refs = [ref.object for _, fact in steps if (ref := words_of(fact)) is not None]
    opened = {} if look is None else erased.payloads(cell, connection, refs, look)
    texts = {name: erased.text(found) for name, found in opened.items()}
    happened = [Happened(step.seq, step.at, step.by, step.kind, fact, _text(fact, texts)) for step, fact in steps]
    happened += [
        Happened(one.seq, one.at, one.by, JudgmentsRequeued.KIND, requeued_of(one), None)
        for one in intervention.requeued(connection, row.programme, row.intervention)
    ]  # fmt: skip
    state = state_of(connection, row)
    batch = items.batch(connection, row.batch)
    assert batch is not None, "a batch that was measured stays"
    looked_for = [fact for _, fact in steps if isinstance(fact, InterventionDiagnosed)]
    not_now = {command: refused for command in flow.COMMANDS if (refused := flow.may(state, command)) is not None}
    return InterventionPage(
        row, batch.name, state, tuple(sorted(happened, key=lambda one: one.seq)),
        looked_for[-1] if looked_for else None,
        tuple(fact for _, fact in steps if isinstance(fact, InterventionRemeasured)),
        intervention.waiting(connection, row.programme, row.intervention),
        tuple(sorted(_named(state))), tuple(intervention.stood_down(connection, row.programme, row.rubric)), not_now,
        names,
    )  # fmt: skip


def _text(fact: Event, texts: dict[str, str]) -> str | None:
    ref = words_of(fact)
    return None if ref is None else texts.get(ref.object)


def _named(state: State) -> set[str]:
    """Whom the diagnosis of this round clearly names, and who does not stand down yet."""
    if state.diagnosis is None:
        return set()
    people = {finding.name for finding in state.diagnosis.findings if finding.kind == EXPERT}
    return {person for person in people - state.stood_down if flow.cited(state.diagnosis, person)}

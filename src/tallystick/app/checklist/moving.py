"""The phases of a programme: what is missing before the next one, the move itself, and the mark on a release."""

from collections.abc import Collection
from dataclasses import dataclass

import msgspec

from tallystick import canon
from tallystick.app import access, erased
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.checklist.evaluating import evaluated
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.looking import About
from tallystick.app.monitoring.report import report_in
from tallystick.events.checklist import PhaseMoved, ReleasePhased
from tallystick.flow import checklist as flow
from tallystick.flow.checklist import Missing, Pilot
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import checklist as store
from tallystick.store import contract as contracts
from tallystick.store.schema import Row


@dataclass(frozen=True, slots=True)
class PhaseState:
    """In which phase a programme is, where it can go, and what is missing before production.

    pilots  releases of the last pilot, newest first
    ready   the one of them that lacks nothing, or None
    """

    row: Row
    ways: tuple[str, ...]
    missing: tuple[Missing, ...]
    pilots: tuple[Pilot, ...]
    ready: Pilot | None


@dataclass(frozen=True, slots=True)
class Move:
    """One move, with what was said of it."""

    row: Row
    checklist: dict[str, str]
    rationale: str


@dataclass(frozen=True, slots=True)
class PhasePage:
    """The phase of a programme, and how it came there, newest first."""

    state: PhaseState
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """A move that is durably in the journal. `failed`: lines of the checklist that failed then."""

    programme: str
    before: str
    phase: str
    failed: tuple[str, ...]
    receipt: Receipt


def phase_state(cell: Cell, actor: Actor, programme: str) -> PhaseState | Refused:
    """The phase of a programme. Nothing of anybody's words is opened."""
    if not access.allows(actor, "programme.read"):
        return access.ABSENT
    with cell.read() as connection:
        row = contracts.programme(connection, programme)
        return access.ABSENT if row is None else _state(cell, connection, row)


def _state(cell: Cell, connection: journal.Connection, row: Row) -> PhaseState:
    contract, pilots = cell.contract(connection, row.document), store.pilots(connection, row.programme)
    return PhaseState(
        row, flow.MOVES[row.phase], tuple(flow.missing(contract, row.phase, pilots)), tuple(pilots),
        flow.rests_on(contract, pilots),
    )  # fmt: skip


def phase_page(cell: Cell, actor: Actor, programme: str) -> PhasePage | Refused:
    """The phase with every move and its rationale. That the words were opened is an event."""
    state = phase_state(cell, actor, programme)
    if isinstance(state, Refused):
        return state
    with cell.read() as connection:
        rows = store.moves(connection, programme)
    if not rows:
        return PhasePage(state, ())
    about = About(subject=programme, what="words", reason="audit" if "auditor" in actor.roles else "review")
    look = cell.look(actor, "programme.read", about)
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        words = erased.payloads(cell, connection, [row.rationale for row in rows], look)
    moves = [Move(row, msgspec.json.decode(row.checklist), erased.text(words[row.rationale])) for row in rows]
    return PhasePage(state, tuple(moves))


def move(cell: Cell, actor: Actor, programme: str, *, phase: str, rationale: str, key: str) -> Moved | Refused:
    """Move a programme to another phase. The checklist as it stands goes into the journal with the move."""

    def decide(tx: Transaction) -> Decision:
        row = contracts.programme(tx.connection, programme)
        if row is None:
            return access.ABSENT
        contract, pilots = cell.contract(tx.connection, row.document), store.pilots(tx.connection, programme)
        refused = flow.refuse_move(contract, row.phase, phase, rationale=rationale, pilots=pilots)
        if refused:
            return refused
        lines = evaluated(cell, tx.connection, row)
        ready = flow.rests_on(contract, pilots) if phase == flow.PRODUCTION else None
        words = tx.seal(
            rationale.strip().encode(), scope=f"programme:{programme}", subjects=[f"person:{actor.person}"]
        )  # fmt: skip
        return [
            PhaseMoved(
                programme=programme, before=row.phase, phase=phase, contract_version=row.version, rationale=words,
                checklist={one.id: one.state for one in lines}, checklist_digest=flow.digest(lines),
                release=None if ready is None else ready.release,
            )
        ]  # fmt: skip

    request = canon.encode(["phase", programme, phase, rationale])
    done = cell.execute(Command(actor, "programme.write", key, request, decide))
    if isinstance(done, Refused):
        return done
    fact = done.facts[0]
    assert isinstance(fact, PhaseMoved)
    failed = tuple(name for name, _, _ in flow.LINES if fact.checklist.get(name) == flow.FAIL)
    return Moved(programme, fact.before, fact.phase, failed, done)


def phases_of(cell: Cell, actor: Actor, programme: str) -> dict[str, str]:
    """Release: the phase that it was made in. Those of a programme that had never moved are not in it."""
    if not access.allows(actor, "release.read"):
        return {}
    with cell.read() as connection:
        return {release: row.phase for release, row in store.phases_of(connection, programme).items()}


def phased(cell: Cell, tx: Transaction, row: Row, *, release: str, batches: Collection[str]) -> list[ReleasePhased]:
    """The phase in which a release is cut, with what production asks of a pilot; nothing before the first move.

    So a programme that never moved releases the same bytes as before there were phases.
    """
    moved = store.moves(tx.connection, row.programme)
    if not moved:
        return []
    report = report_in(cell, tx.connection, row)
    return [
        flow.phased(
            store.strata(tx.connection, batches), release=release, programme=row.programme, phase=row.phase,
            since=moved[0].seq, unanswered=[one.id for one in report.sections if one.missing],
        )
    ]  # fmt: skip

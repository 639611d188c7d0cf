"""Open a calibration session: which items are proposed, who may be asked, and the command."""

from collections.abc import Sequence
from dataclasses import dataclass

from tallystick import canon
from tallystick.app import access, intervention
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.events.calibration import CalibrationOpened
from tallystick.flow import assignment as order
from tallystick.flow import calibration as flow
from tallystick.flow import intervention as protocol
from tallystick.flow.adjudication import is_divided
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.signals import shape
from tallystick.store import assignment, calibration, erasure, items, judgment, roster
from tallystick.store import intervention as interventions
from tallystick.store import rubric as rubrics
from tallystick.store.schema import Row

AGREED_LISTED = 20
"""So many items on which all agreed are offered to choose from."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An item that a session can be opened with.

    external   the client's own name of it: for leads, never for experts
    gain_ppm   what it costs the agreement of its batch, by the diagnosis; None: all agreed on it
    is_chosen  it is among those that are proposed
    """

    item: str
    external: str
    gain_ppm: int | None
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """An expert who can be asked to take part."""

    person: str
    judgments: int  # in the batch
    is_qualified: bool  # under some version of the rubric


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a lead can open a session with."""

    intervention: Row
    items: tuple[Choice, ...]
    people: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """A session is open: its participants can label."""

    calibration: str
    programme: str
    items: tuple[str, ...]
    participants: int
    receipt: Receipt


def proposal(cell: Cell, actor: Actor, wanted: str) -> Proposal | Refused:
    """The items and people that a session of an intervention would be opened with."""
    if not access.allows(actor, "intervene"):
        return access.ABSENT
    with cell.read() as connection:
        row = interventions.intervention(connection, wanted)
        if row is None:
            return access.ABSENT
        worst = _diagnosed(connection, row)
        if isinstance(worst, Refused):
            return worst
        return _proposal(cell, connection, row, worst)


def _diagnosed(connection: journal.Connection, row: Row) -> dict[str, int] | Refused:
    """Item: what it costs, the worst first, from the newest diagnosis of this round."""
    state = intervention.state_of(connection, row)
    refused = protocol.may(state, protocol.CALIBRATE)
    if refused:
        return refused
    assert state.diagnosis is not None, "a session is opened in a round that was diagnosed"
    return {found.item: found.gain_ppm for found in state.diagnosis.items}


def _proposal(cell: Cell, connection: journal.Connection, row: Row, worst: dict[str, int]) -> Proposal:
    whole = _whole(connection, row.batch)
    divided = [item for item in worst if item in whole]
    agreed = _agreed(cell, connection, row, whole)
    chosen = flow.proposed(divided, agreed)
    return Proposal(
        row,
        (
            *(Choice(item, whole[item], worst[item], item in chosen) for item in divided),
            *(Choice(item, whole[item], None, item in chosen) for item in agreed[:AGREED_LISTED] if item not in worst),
        ),
        tuple(_people(connection, row)),
    )  # fmt: skip


def _whole(connection: journal.Connection, batch: str) -> dict[str, str]:
    """The complete items of a batch whose content is there, each with the client's name: nobody judges them now."""
    rows = [row for row in items.of_batch(connection, batch) if row.state == "complete"]
    gone = erasure.erased_of(connection, [row.content for row in rows])
    return {row.item: row.external for row in rows if row.content not in gone}


def _agreed(cell: Cell, connection: journal.Connection, row: Row, whole: dict[str, str]) -> list[str]:
    """Complete items on which all who decided agreed, in an order that nobody chose."""
    found = judgment.of_items(connection, sorted(whole))
    alike = [
        item for item, given in found.items()
        if len(given) > 1 and not is_divided(one.verdict for one in given)
        and shape.direction(given[0].verdict) is not None
    ]  # fmt: skip
    return order.shuffled(cell.order_seed, sorted(alike), salt=f"agreed|{row.intervention}")


def _people(connection: journal.Connection, row: Row) -> list[Candidate]:
    judged: dict[str, int] = {}
    for given in judgment.of_batch(connection, row.batch):
        if given.is_observed:
            judged[given.expert] = judged.get(given.expert, 0) + 1
    qualified = roster.passed_once(connection, row.programme, row.rubric)
    able = calibration.experts(connection, sorted({*judged, *qualified}))
    gone = erasure.erased_of(connection, [f"person:{person}" for person in able])
    found = [
        Candidate(person, judged.get(person, 0), person in qualified)
        for person in able
        if f"person:{person}" not in gone
    ]
    return sorted(found, key=lambda one: (-one.judgments, one.person))


def open_session(
    cell: Cell, actor: Actor, wanted: str, *, items: Sequence[str] | None = None,
    participants: Sequence[str] | None = None, key: str,
) -> Opened | Refused:  # fmt: skip
    """Open a session of an intervention. What is left out is as `proposal` has it: everybody who judged in the batch.

    items         their ids, of complete items of the batch
    participants  pseudonyms of experts
    """
    request = canon.encode(["calibrate", wanted, _listed(items), _listed(participants)])
    answer = cell.execute(
        Command(
            actor, "intervene", key, request,
            lambda tx: _open(cell, tx, wanted, items=items, participants=participants),
        )
    )  # fmt: skip
    if isinstance(answer, Refused):
        return answer
    fact = answer.facts[0]
    assert isinstance(fact, CalibrationOpened)
    return Opened(fact.calibration, fact.programme, tuple(fact.items), len(fact.participants), answer)


def _listed(names: Sequence[str] | None) -> list[str] | None:
    return None if names is None else list(names)


def _open(
    cell: Cell, tx: Transaction, wanted: str, *, items: Sequence[str] | None, participants: Sequence[str] | None
) -> Decision:
    row = interventions.intervention(tx.connection, wanted)
    if row is None:
        return access.ABSENT
    worst = _diagnosed(tx.connection, row)
    if isinstance(worst, Refused):
        return worst
    found = _proposal(cell, tx.connection, row, worst)
    chosen = [one.item for one in found.items if one.is_chosen] if items is None else list(items)
    authors = {person for those in assignment.authors_of(tx.connection, chosen).values() for person in those}
    judges = [one.person for one in found.people if one.judgments and one.person not in authors]
    asked = judges if participants is None else list(participants)
    refused = flow.check_opening(
        chosen, asked, known_items=_whole(tx.connection, row.batch), known_people={one.person for one in found.people}
    )
    return refused or _own(asked, authors) or [_fact(cell, tx, row, chosen, participants=asked)]


def _own(asked: Sequence[str], authors: set[str]) -> Refused | None:
    """Nobody labels what they wrote."""
    strange = tuple(person for person in asked if person in authors)
    if not strange:
        return None
    sentence = "Expected participants who wrote none of the items; leave them out, or choose other items."
    return Refused("own-item", sentence, "participants", strange)


def _fact(cell: Cell, tx: Transaction, row: Row, chosen: list[str], *, participants: list[str]) -> CalibrationOpened:
    name = tx.new_id("cal")
    current = rubrics.current(tx.connection, row.programme, row.rubric)
    assert current is not None, "a rubric under which a batch was measured is in force"
    return CalibrationOpened(
        calibration=name, intervention=row.intervention, programme=row.programme, batch=row.batch, domain=row.domain,
        rubric=row.rubric, rubric_version=current.version, items=chosen,
        # Their numbers are drawn: neither the order of joining nor that of the form tells who is who.
        participants=order.shuffled(cell.order_seed, participants, salt=f"calibration-numbers|{name}"),
    )  # fmt: skip

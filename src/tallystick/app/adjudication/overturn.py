"""What decided cases say: overturn rates, and what adjudicators said of the rubrics. Reads only."""

from dataclasses import dataclass

import msgspec

from tallystick.app import access, erased, routing
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.contract import unreadable
from tallystick.app.looking import About
from tallystick.flow import overturn as flow
from tallystick.flow.overturn import Decided, Overturns
from tallystick.flow.refusal import Refused
from tallystick.store import adjudication
from tallystick.store import contract as contracts
from tallystick.store import rubric as rubrics
from tallystick.store.schema import Row


def overturns(cell: Cell, actor: Actor, programme: str) -> Overturns | Refused:
    """Overturn rates of a programme by expert, criterion and domain. Experts stand in it by their ids."""
    if not access.allows(actor, "gate.read"):
        return access.ABSENT
    with cell.read() as connection:
        if contracts.programme(connection, programme) is None:
            return access.ABSENT
        rows = adjudication.settled_judgments(connection, programme)
    return flow.overturns(
        Decided(
            item=row.item, domain=row.domain, expert=row.expert, verdict=row.verdict, settled=row.settled,
            criteria=tuple(msgspec.json.decode(row.criteria)),
        )
        for row in rows
    )  # fmt: skip


def remarks_on(cell: Cell, actor: Actor, programme: str, rubric: str) -> int:
    """How many remarks on a rubric there are to read; 0 for whoever may not read them."""
    if not access.allows(actor, "gate.read"):
        return 0
    with cell.read() as connection:
        return adjudication.feedback_count(connection, programme, rubric)


@dataclass(frozen=True, slots=True)
class Remark:
    """What an adjudicator said of a criterion when they ended a case. Who it was is not told."""

    row: Row
    words: str


def remarks(cell: Cell, actor: Actor, programme: str, rubric: str) -> list[Remark] | Refused:
    """What adjudicators said of a rubric, newest first. Words may quote items: that they were opened is an event."""
    if not access.allows(actor, "gate.read"):
        return access.ABSENT
    with cell.read() as connection:
        if rubrics.current(connection, programme, rubric) is None:
            return access.ABSENT
        refused = unreadable(cell, connection, actor, programme)
        rows = routing.visible(cell, connection, actor, adjudication.feedback(connection, programme, rubric))
    if refused or not rows:
        return refused or []
    reason = "audit" if "auditor" in actor.roles else "review"
    about = About(subject=programme, what="words", reason=reason, subjects=tuple(row.item for row in rows), part=rubric)
    look = cell.look(actor, "gate.read", about)
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        return [Remark(row, erased.text(erased.payload(cell, connection, row.words, look))) for row in rows]

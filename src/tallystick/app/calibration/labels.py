"""The labels of a session side by side, by the numbers of the participants; nobody sees any before the reveal."""

from collections.abc import Mapping
from dataclasses import dataclass

from tallystick.app import access, erased, routing
from tallystick.app.access import Actor
from tallystick.app.assignment import Shown, shown_in
from tallystick.app.calibration import seen
from tallystick.app.cell import Cell
from tallystick.app.contract import unreadable
from tallystick.app.looking import About, Look
from tallystick.flow.answer import Said, as_shown
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric
from tallystick.ledger import journal
from tallystick.signals import BY_NAME, shape
from tallystick.store import calibration, items
from tallystick.store.schema import Row


@dataclass(frozen=True, slots=True)
class LabelShown:
    """One label in the reader's own order of candidates.

    reasons      empty in the overview, which shows no words
    is_own       it is the reader's
    is_mirrored  its author saw this reader's A as B: the letters in its words are the other way round
    """

    number: int
    verdict: str
    scores: dict[str, dict[str, int]]
    reasons: tuple[dict[str, str | None], ...]
    is_own: bool
    is_mirrored: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """Every label of a session, without words.

    items  item: its labels, by number; divided ones first
    """

    row: Row
    rubric: Rubric
    people: int
    own: int | None  # the reader's own number
    items: tuple[tuple[str, tuple[LabelShown, ...]], ...]
    divided: frozenset[str]


@dataclass(frozen=True, slots=True)
class ItemLabels:
    """One item with all that was said of it."""

    row: Row
    item: str
    shown: Shown
    rubric: Rubric
    labels: tuple[LabelShown, ...]
    is_gone: bool  # its content was erased, and the words about it with it


def overview(cell: Cell, actor: Actor, wanted: str) -> Overview | Refused:
    """Verdicts and scores side by side. They stand in the journal itself: no content is opened."""
    with cell.read() as connection:
        row = seen.shown(connection, actor, wanted)
        if isinstance(row, Refused):
            return row
        refused = unreadable(cell, connection, actor, row.programme)
        if refused:
            return refused
        if row.domain in routing.closed_to(cell, connection, actor, row.programme):
            return access.ABSENT
        people = calibration.participants(connection, wanted)
        by_item: dict[str, list[Row]] = {name: [] for name in calibration.items(connection, wanted)}
        for label in calibration.labels(connection, wanted):
            by_item[label.item].append(label)
        divided = {name for name, given in by_item.items() if len({_way(one.verdict) for one in given}) > 1}
        rows = sorted(by_item.items(), key=lambda pair: pair[0] not in divided)
        return Overview(
            row, seen.rubric_of(cell, connection, row), len(people),
            people.index(actor.person) + 1 if actor.person in people else None,
            tuple((name, _shown(cell, connection, actor, given, people=people, reasons={})) for name, given in rows),
            frozenset(divided),
        )  # fmt: skip


def _way(verdict: str) -> str:
    return shape.direction(verdict) or "undecided"


def _shown(
    cell: Cell, connection: journal.Connection, actor: Actor, given: list[Row], *, people: list[str],
    reasons: Mapping[str, tuple[dict[str, str | None], ...]],
) -> tuple[LabelShown, ...]:  # fmt: skip
    found = []
    for label in given:
        mine = seen.candidate_order(cell, connection, label.calibration, label.item, person=actor.person)
        row = items.item(connection, label.item)
        assert row is not None, "a session has items that are here"
        own = Said(verdict=label.verdict, scores=calibration.scores_of(label), values={}, marks=(), texts={})
        said = as_shown(BY_NAME[row.signal], own, mine)
        found.append(
            LabelShown(
                people.index(label.expert) + 1, said.verdict, said.scores, reasons.get(label.rationale, ()),
                label.expert == actor.person, label.order != mine,
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda one: one.number))


def item_labels(
    cell: Cell, actor: Actor, wanted: str, item: str, *, reason: str = "", words: str = "", key: str | None = None
) -> ItemLabels | Refused:
    """An item of a session with its labels and their reasons. That somebody opened it is an event.

    reason  of somebody who neither takes part nor leads: one of looking.CHOSEN
    """
    with cell.read() as connection:
        row = seen.shown(connection, actor, wanted)
        if isinstance(row, Refused):
            return row
        if item not in calibration.items(connection, wanted):
            return access.ABSENT
        found = items.item(connection, item)
        assert found is not None, "a session has items that are here"
        refused = unreadable(cell, connection, actor, row.programme, item=item) or routing.refuse_begun(
            cell, connection, actor.person, [found], instead=seen.ALL_ELSE
        )
        given = refused or seen.reason_of(actor, row, connection, given=reason, words=words)
    if isinstance(given, Refused):
        return given
    about = About(subject=item, what="labels", reason=given, words=words.strip())
    look = cell.look(actor, seen.permission_of(actor), about, key=key)
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        return _item(cell, connection, row, item, actor=actor, look=look)


def _item(cell: Cell, connection: journal.Connection, row: Row, item: str, *, actor: Actor, look: Look) -> ItemLabels:
    found = items.item(connection, item)
    assert found is not None, "a session has items that are here"
    given = [label for label in calibration.labels(connection, row.calibration) if label.item == item]
    opened = erased.payloads(cell, connection, [label.rationale for label in given], look)
    reasons = {name: erased.reasons(payload) for name, payload in opened.items()}
    people = calibration.participants(connection, row.calibration)
    order = seen.candidate_order(cell, connection, row.calibration, item, person=actor.person)
    return ItemLabels(
        row, item, shown_in(cell, connection, found.content, order, look=look),
        seen.rubric_of(cell, connection, row), _shown(cell, connection, actor, given, people=people, reasons=reasons),
        erased.gone(connection, found.content) is not None,
    )  # fmt: skip

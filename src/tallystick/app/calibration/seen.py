"""Who sees what of a session: participants by number, readers without knowing who is who, nobody before the reveal."""

from collections.abc import Sequence

from tallystick.app import access, erased, looking
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.kernel import Transaction
from tallystick.events.envelope import ObjectRef
from tallystick.flow import assignment as order
from tallystick.flow import calibration as flow
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric
from tallystick.ledger import journal
from tallystick.store import calibration, erasure, items
from tallystick.store import rubric as rubrics
from tallystick.store.schema import Row

NOT_REVEALED = Refused(
    "calibration-labelling", "Labels are shown when the lead reveals them. Until then everybody labels alone."
)
ALL_ELSE = "You can leave it, and all else in this session stays open to you."
NOT_OPEN = Refused(
    "calibration-ended", "This session takes no marks and no examples now: it is not revealed yet, or it has ended."
)


def takes_part(connection: journal.Connection, actor: Actor, wanted: str) -> Row | None:
    """A session that somebody takes part in, or None."""
    if not access.allows(actor, "calibrate") or actor.person not in calibration.participants(connection, wanted):
        return None
    return calibration.calibration(connection, wanted)


def readable(connection: journal.Connection, actor: Actor, wanted: str) -> Row | None:
    """A session that somebody takes part in or may read about, or None."""
    mine = takes_part(connection, actor, wanted)
    if mine is not None or not access.allows(actor, "gate.read"):
        return mine
    return calibration.calibration(connection, wanted)


def shown(connection: journal.Connection, actor: Actor, wanted: str) -> Row | Refused:
    """A session whose labels somebody may see now."""
    row = readable(connection, actor, wanted)
    if row is None:
        return access.ABSENT
    return NOT_REVEALED if row.revealed_seq is None else row


def reason_of(actor: Actor, row: Row, connection: journal.Connection, *, given: str, words: str) -> str | Refused:
    """Why somebody looks: because they take part or lead it, else as they say."""
    if access.allows(actor, "intervene") or takes_part(connection, actor, row.calibration) is not None:
        return "calibration"
    return looking.chosen(actor, given, words)


def permission_of(actor: Actor) -> str:
    """The permission under which somebody reads a session."""
    return "gate.read" if access.allows(actor, "gate.read") else "calibrate"


def candidate_order(cell: Cell, connection: journal.Connection, wanted: str, item: str, *, person: str) -> str:
    """The order in which somebody sees the candidates of an item in a session: another than in their work."""
    row = items.item(connection, item)
    assert row is not None, "a session has items that are here"
    return order.candidate_order(cell.order_seed, f"{wanted}|{item}", person, candidates=row.candidates)


def item_order(cell: Cell, wanted: str, names: Sequence[str], person: str) -> list[str]:
    """The order in which somebody labels the items of a session: their own, so that places tell nothing."""
    return order.shuffled(cell.order_seed, list(names), salt=f"calibration|{wanted}|{person}")


def living(connection: journal.Connection, wanted: str) -> list[Row]:
    """The items of a session whose content is there."""
    rows = [items.item(connection, name) for name in calibration.items(connection, wanted)]
    return [row for row in rows if row is not None and erased.gone(connection, row.content) is None]


def rubric_of(cell: Cell, connection: journal.Connection, row: Row) -> Rubric:
    """The rubric version that a session is about."""
    version = rubrics.version(connection, row.programme, row.rubric, row.rubric_version)
    assert version is not None, "a session is opened under a version that is published"
    return cell.rubric(connection, version.document)


def labels_of(connection: journal.Connection, wanted: str) -> list[flow.Label]:
    """The labels of a session, as decisions need them."""
    return [
        flow.Label(row.expert, row.item, row.verdict, calibration.scores_of(row))
        for row in calibration.labels(connection, wanted)
    ]


def seal(tx: Transaction, row: Row, words: str, *, about: Sequence[str] = ()) -> ObjectRef:
    """Words that were written in a session. They may quote its items, and go with any of them.

    about  people whom they speak of
    """
    runs = sorted({f"run:{item.run}" for item in living(tx.connection, row.calibration)})
    people = [f"person:{person}" for person in (tx.actor.person, *about)]
    gone = erasure.erased_of(tx.connection, people)
    people = [person for person in people if person not in gone]
    home, *others = runs or [f"programme:{row.programme}"]
    return tx.seal(words.strip().encode(), scope=home, subjects=[*others, *people])

"""Bring back what experts wrote, as items that others review: reads judgments and their words, writes items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from tallystick import canon
from tallystick.app import access, erased
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.contract import closed
from tallystick.app.erased import Gone
from tallystick.app.items.importing import bad_batch_name, not_importable, opened_batch
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.looking import About
from tallystick.events.assignment import ItemAuthored
from tallystick.events.envelope import Event
from tallystick.events.items import DemonstrationPromoted, ItemImported, ItemShaped
from tallystick.flow import items as flow
from tallystick.flow.refusal import Refused
from tallystick.store import assignment, items
from tallystick.store import contract as contracts
from tallystick.store.schema import Row

PROMOTED_MAX = 500
"""So many demonstrations are brought back by one command at most: it says how many are left."""
NOTHING_WRITTEN = Refused(
    "nothing-written",
    "Expected demonstrations of complete items of this batch that are not under review yet, found none.",
)


@dataclass(frozen=True, slots=True)
class Written:
    """What experts wrote for complete items of a batch: what counts of it, and what others were given to review.

    into  the name of the batch in which they come back
    """

    batch: str
    written: int
    promoted: int
    into: str


@dataclass(frozen=True, slots=True)
class Promoted:
    """Demonstrations that others review from now on; `waiting` are left for another command."""

    batch: str
    items: int
    waiting: int
    receipt: Receipt


def written_in(cell: Cell, actor: Actor, batch: str) -> Written | Refused:
    """How many demonstrations of a batch were written, and how many others were given to review."""
    if not access.allows(actor, "gate.read"):
        return access.ABSENT
    with cell.read() as connection:
        row = items.batch(connection, batch)
        if row is None or row.purpose != "work":
            return access.ABSENT
        written, promoted = assignment.under_review(connection, batch)
        return Written(batch, written, promoted, f"{row.name}-review")


def promote(cell: Cell, actor: Actor, batch: str, *, into: str = "", key: str) -> Promoted | Refused:
    """Bring back every demonstration of the complete items of a batch, as an item for others than its author.

    into  the name of the batch that holds the reviews; that of this batch with -review when empty
    """

    def decide(tx: Transaction) -> Decision:
        row = items.batch(tx.connection, batch)
        if row is None or row.purpose != "work":
            return access.ABSENT
        chosen = assignment.written_waiting(tx.connection, batch, limit=PROMOTED_MAX)
        runs = sorted({one.run for one in chosen})
        ended = [not_importable(cell, tx.connection, actor, row.programme, run=run) for run in runs]
        refused = closed(tx.connection, row.programme) or next((one for one in ended if one), None)
        if refused:
            return refused
        return _facts(cell, tx, row, chosen, name=into or f"{row.name}-review") if chosen else NOTHING_WRITTEN

    refused = bad_batch_name(into) if into else None
    if refused:
        return refused
    request = canon.encode(["promote", batch, into])
    answer = cell.execute(Command(actor, "item.import", key, request, decide))
    if isinstance(answer, Refused):
        return answer
    made = [fact for fact in answer.facts if isinstance(fact, DemonstrationPromoted)]
    with cell.read() as connection:
        written, promoted = assignment.under_review(connection, batch)
    return Promoted(made[0].batch, len(made), written - promoted, answer)


def _facts(cell: Cell, tx: Transaction, row: Row, chosen: Sequence[Row], *, name: str) -> Decision:
    plan = {one.domain: one for one in contracts.domains(tx.connection, row.programme)}
    if row.domain not in plan:
        sentence = f"Expected a domain of the contract in force, found {row.domain}: nobody could review there."
        return Refused("unknown-domain", sentence)
    found = opened_batch(tx, programme=row.programme, name=name, domain=row.domain)
    if isinstance(found, Refused):
        return found
    into, opened = found
    # The cell copies the words and shows them to nobody.
    look = tx.look_as_cell(About(subject=row.batch, what="judgments", reason="check", subjects=_names(chosen)))
    ids = [one for written in chosen for one in (written.content, written.rationale)]
    payloads = erased.payloads(cell, tx.connection, ids, look)
    reviews = _reviews(cell, tx, chosen, payloads, into=into, needed=plan[row.domain].redundancy)
    return [*opened, *reviews] if reviews else NOTHING_WRITTEN


def _names(chosen: Sequence[Row]) -> tuple[str, ...]:
    return tuple(sorted({one.item for one in chosen}))


def _reviews(
    cell: Cell, tx: Transaction, chosen: Sequence[Row], payloads: Mapping[str, bytes | Gone], *, into: str, needed: int
) -> list[Event]:
    facts: list[Event] = []
    for one in chosen:
        content, words = payloads[one.content], payloads[one.rationale]
        if isinstance(content, Gone) or isinstance(words, Gone):
            continue  # erased since it was chosen: there is nothing to review
        facts += _review(
            cell, tx, one, flow.for_review(content, erased.words(words)[1], _author(one)), into=into, needed=needed
        )
    return facts


def _author(one: Row) -> flow.Authored:
    return flow.Authored(
        external=f"{one.external[:80]}:{one.judgment}",
        domain=one.domain,
        person=one.expert,
        role=one.role,
        judgment=one.judgment,
        rubric=f"{one.rubric} {one.rubric_version}",
    )


def _review(cell: Cell, tx: Transaction, one: Row, row: flow.ItemRow, *, into: str, needed: int) -> list[Event]:
    # Whoever may erase the item or the words that it is made of erases it with them.
    scopes = cell.vault.scopes_of(tx.connection, one.content) + cell.vault.scopes_of(tx.connection, one.rationale)
    home, others = scopes[0], [*scopes[1:], f"person:{one.expert}"]
    key = cell.vault.keyed_digest(tx.connection, flow.normalised(row), scope=f"programme:{one.programme}")
    item = tx.new_id("itm")
    imported = ItemImported(
        item=item, programme=one.programme, batch=into, domain=one.domain, purpose="work", signal=row.signal,
        external=row.id, row=one.row, run=one.run, content=tx.seal(flow.visible(row), scope=home, subjects=others),
        hidden=tx.seal(flow.identities(row), scope=home, subjects=others), taxonomy=msgspec.json.decode(one.taxonomy),
        needed=needed, is_disagreement_expected=False, source_class=one.source_class, licence=one.licence,
        content_key=key,
    )  # fmt: skip
    return [
        imported,
        ItemShaped(item=item, candidates=1),
        ItemAuthored(item=item, programme=one.programme, author=one.expert),
        DemonstrationPromoted(
            item=item, programme=one.programme, batch=into, source=one.item, judgment=one.judgment, author=one.expert
        ),
    ]

"""What can be read of causes: the map of a batch, one item with all its evidence, the batches of a programme."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from tallystick.app import access, erased, looking, routing
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.contract import unreadable
from tallystick.app.disagreement.correcting import NOT_CLASSIFIED as UNCLASSIFIED
from tallystick.app.disagreement.correcting import may_read, permission_of, stated_of
from tallystick.app.disagreement.learning import cases, model_named, name_in_force
from tallystick.app.looking import About, Look
from tallystick.events.disagreement import DisagreementClassified, DistributionRecorded
from tallystick.flow import adjudication as adjudicating
from tallystick.flow import disagreement as flow
from tallystick.flow.adjudication import Warned
from tallystick.flow.disagreement import CAUSE_NAMES, NO_VARIATION, UNDETERMINED, Stated
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.stats.disagreement import Corrections, Model
from tallystick.store import adjudication, disagreement, items, judgment
from tallystick.store.schema import Row

WITHDRAWN = "withdrawn"
NOT_CLASSIFIED = "not_classified"
STANDS = (*CAUSE_NAMES, UNDETERMINED, NO_VARIATION, NOT_CLASSIFIED)
"""What can be said of a disagreement, in the order of the map."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """One disagreement on the map.

    stands      a cause, undetermined, no_variation, or not_classified
    helps       what would tell most, in words, the most telling first
    """

    item: str
    external: str
    state: str
    counts: Mapping[str, int]
    taxonomy: Mapping[str, str]
    stands: str
    proposed: str | None
    confidence_ppm: int | None
    is_corrected: bool
    judges: int
    sentence: str
    helps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """The disagreements of a batch by cause and confidence.

    by_axis      taxonomy axis: value: what stands: how many items
    helps        what would tell most: how many undetermined items it is the first thing to ask for
    corrections  what people made of the proposed causes of this batch
    """

    row: Row
    model: str
    items: tuple[Mapped, ...]
    counts: Mapping[str, int]
    by_axis: Mapping[str, Mapping[str, Mapping[str, int]]]
    helps: tuple[tuple[str, int], ...]
    corrections: Corrections
    distributions: tuple[DistributionRecorded, ...]


def disagreement_map(cell: Cell, actor: Actor, batch: str) -> Map | Refused:
    """The disagreement map of a batch. Items that the reader judged are left out."""
    if not access.allows(actor, "gate.read"):
        return access.ABSENT
    with cell.read() as connection:
        row = items.batch(connection, batch)
        if row is None or row.domain in routing.closed_to(cell, connection, actor, row.programme):
            return access.ABSENT
        refused = unreadable(cell, connection, actor, row.programme)
        return refused or _map(connection, actor, row)


def _map(connection: journal.Connection, actor: Actor, row: Row) -> Map:
    found = disagreement.of_batch(connection, row.batch)
    said = disagreement.standing_words(connection, row.batch)
    about = {one.item: one for one in items.of_batch(connection, row.batch)}
    rows = [one for one in adjudication.of_batch(connection, row.batch).values() if one.state != WITHDRAWN]
    hidden = _judged_by(connection, actor, row.batch)
    models = {name: model_named(connection, name).of(row.domain) for name in {one.model for one in found.values()}}
    mapped = tuple(
        _mapped(one, about[one.item], found.get(one.item), said.get(one.item), models=models)
        for one in sorted(rows, key=lambda one: int(one.seq))
        if one.item not in hidden
    )
    shown = {one.item for one in mapped}
    return Map(
        row=row, model=name_in_force(connection), items=mapped, counts=_counts(mapped), by_axis=_by_axis(mapped),
        helps=_helps(mapped),
        corrections=flow.measured([one for one in cases(connection, batch=row.batch) if one.item in shown]),
        distributions=tuple(
            msgspec.json.decode(one.body, type=DistributionRecorded)
            for one in disagreement.distributions(connection, batch=row.batch)
            if one.item in shown
        ),
    )  # fmt: skip


def _judged_by(connection: journal.Connection, actor: Actor, batch: str) -> set[str]:
    if not access.allows(actor, "work.do"):
        return set()
    return {row.item for row in judgment.of_batch(connection, batch) if row.expert == actor.person}


def _mapped(row: Row, about: Row, found: Row | None, said: Row | None, *, models: Mapping[str, Model]) -> Mapped:
    shared = {
        "item": row.item, "external": about.external, "state": row.state, "counts": msgspec.json.decode(row.counts),
        "taxonomy": {"domain": about.domain, **msgspec.json.decode(about.taxonomy)},
    }  # fmt: skip
    if found is None:
        return Mapped(
            **shared, stands=NOT_CLASSIFIED, proposed=None, confidence_ppm=None, is_corrected=False, judges=0,
            sentence="This disagreement has not been classified yet.", helps=(),
        )  # fmt: skip
    fact, stated = flow.decoded(found.body), stated_of(found, said)
    stands = stated.cause or (UNDETERMINED if fact.status == "ok" else NO_VARIATION)
    return Mapped(
        **shared, stands=stands, proposed=fact.proposed, confidence_ppm=fact.confidence_ppm,
        is_corrected=stated.is_corrected, judges=fact.judges,
        sentence=flow.summary(fact, models[fact.model]),
        helps=() if stated.cause else tuple(flow.help_words(one) for one in fact.helps),
    )  # fmt: skip


def _counts(mapped: tuple[Mapped, ...]) -> dict[str, int]:
    found = Counter(one.stands for one in mapped)
    return {name: found[name] for name in STANDS}


def _by_axis(mapped: tuple[Mapped, ...]) -> dict[str, dict[str, dict[str, int]]]:
    found: dict[str, dict[str, Counter[str]]] = {}
    for one in mapped:
        for axis, value in one.taxonomy.items():
            found.setdefault(axis, {}).setdefault(value, Counter())[one.stands] += 1
    return {
        axis: {value: {name: counts[name] for name in STANDS if counts[name]} for value, counts in sorted(by.items())}
        for axis, by in sorted(found.items())
    }


def _helps(mapped: tuple[Mapped, ...]) -> tuple[tuple[str, int], ...]:
    first = Counter(one.helps[0] for one in mapped if one.helps)
    return tuple(sorted(first.items(), key=lambda pair: (-pair[1], pair[0])))


# --- one item -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody said of a cause. `note` is None for a reader who has not said why they look."""

    seq: int
    at: int
    by: str
    proposed: str | None
    cause: str
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCause:
    """One disagreement with all the evidence about its cause, what it leads to, and what people said of it.

    needed  the share from which on the likeliest cause counts as determined
    """

    row: Row
    external: str
    seq: int
    at: int
    fact: DisagreementClassified
    stated: Stated
    sentence: str
    needed: float
    helps: tuple[str, ...]
    warned: Warned | None
    said: tuple[Said, ...]
    distributions: tuple[DistributionRecorded, ...]
    may_correct: bool


def item_cause(cell: Cell, actor: Actor, item: str, *, reason: str = "") -> ItemCause | Refused:
    """Why the judges of one item disagree. Notes open to who says why they look; an adjudicator need not.

    The evidence tells how the item was judged: that an adjudicator saw it is an event, and they never judge the item.
    """
    with cell.read() as connection:
        row = adjudication.disagreement(connection, item)
        found = disagreement.classification(connection, item)
        if row is None or not may_read(connection, actor, item) or routing.hidden(cell, connection, actor, item):
            return access.ABSENT
        if found is None:
            return UNCLASSIFIED
        refused = unreadable(cell, connection, actor, row.programme)
        has_notes = bool(disagreement.corrections_of(connection, item))
    if refused:
        return refused
    may_judge = access.allows(actor, "work.do")
    look = _look(cell, actor, item, reason=reason) if has_notes or may_judge else None
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        return _item_cause(cell, connection, actor, row, found=found, look=look)


def _look(cell: Cell, actor: Actor, item: str, *, reason: str) -> Look | Refused | None:
    is_adjudicator = access.allows(actor, "adjudicate")
    if not reason and not is_adjudicator:
        return None
    given = "adjudication" if is_adjudicator else looking.chosen(actor, reason)
    if isinstance(given, Refused):
        return given
    about = About(subject=item, what="judgments" if is_adjudicator else "words", reason=given)
    return cell.look(actor, "adjudicate" if is_adjudicator else "gate.read", about)


def _item_cause(
    cell: Cell, connection: journal.Connection, actor: Actor, row: Row, *, found: Row, look: Look | None
) -> ItemCause:
    about = items.item(connection, row.item)
    assert about is not None, "a disagreement is on an item that is here"
    fact, said = flow.decoded(found.body), disagreement.corrections_of(connection, row.item)
    model = model_named(connection, fact.model).of(about.domain)
    stated = stated_of(found, said[-1] if said else None)
    notes = erased.payloads(cell, connection, [one.note for one in said], look) if look else {}
    return ItemCause(
        row=row, external=about.external, seq=found.seq, at=found.at, fact=fact, stated=stated,
        sentence=flow.summary(fact, model), needed=flow.needed(fact, model),
        helps=tuple(flow.help_words(one) for one in fact.helps), warned=adjudicating.warning(stated.cause),
        said=tuple(
            Said(
                seq=one.seq, at=one.at, by=one.by, proposed=one.proposed, cause=one.cause,
                note=erased.text(notes[one.note]) if one.note in notes else None,
            )
            for one in said
        ),
        distributions=tuple(
            msgspec.json.decode(one.body, type=DistributionRecorded)
            for one in disagreement.distributions(connection, item=row.item)
        ),
        may_correct=access.allows(actor, permission_of(actor)),
    )  # fmt: skip


# --- a programme --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchCauses:
    """A batch of work and how its disagreements stand by cause."""

    row: Row
    disagreements: int
    counts: Mapping[str, int]


def batches_by_cause(cell: Cell, actor: Actor, programme: str) -> list[BatchCauses] | Refused:
    """The batches of a programme that have disagreements, with their causes counted."""
    if not access.allows(actor, "gate.read"):
        return access.ABSENT
    with cell.read() as connection:
        refused = unreadable(cell, connection, actor, programme)
        if refused:
            return refused
        rows = [(row, disagreement.counts(connection, row.batch)) for row in items.batches(connection, programme)]
    return [
        BatchCauses(row=row, disagreements=sum(counts.values()), counts=_named(counts))
        for row, counts in rows
        if counts
    ]


def _named(counts: Mapping[tuple[str | None, str | None], int]) -> dict[str, int]:
    """By what stands, from (status, cause as it stands)."""
    found: Counter[str] = Counter()
    for (status, cause), number in counts.items():
        if status is None:
            found[NOT_CLASSIFIED] += number
        else:
            found[cause or (UNDETERMINED if status == "ok" else NO_VARIATION)] += number
    return {name: found[name] for name in STANDS}

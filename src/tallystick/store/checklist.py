"""Read models of phases, and the counts that the operating checklist is evaluated on: each is one query over a set."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from tallystick import canon
from tallystick.events.checklist import PhaseMoved, ReleasePhased
from tallystick.flow.checklist import PILOT, HeldOut, Pilot, Source
from tallystick.flow.items import UNSTATED
from tallystick.flow.standing import COUNTED
from tallystick.ledger import journal
from tallystick.signals import pairs
from tallystick.store.assignment.promoted import is_set_aside
from tallystick.store.schema import (
    ACCESS,
    BATCH,
    CONTRACT_VERSION,
    DISAGREEMENT,
    ERASED,
    ITEM,
    JUDGMENT,
    PROGRAMME,
    QUALIFICATION,
    RELEASE,
    RUBRIC,
    RUBRIC_VERSION,
    STOOD_DOWN,
    WORK,
    Handler,
    Recorded,
    Row,
)
from tallystick.store.schema.assignment import SENIOR
from tallystick.store.schema.checklist import PHASE_MOVE, RELEASE_PHASE
from tallystick.store.schema.routing import CLEARANCE
from tallystick.store.schema.welfare import EXPOSURE
from tallystick.store.welfare import OPENED

_PART = 500
NAMED_MAX = 20
"""So many items are named as evidence at most."""


def _on_moved(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: PhaseMoved = r.fact
        row = {
            "seq": r.envelope.seq, "programme": fact.programme, "before": fact.before, "phase": fact.phase,
            "contract_version": fact.contract_version, "rationale": fact.rationale.object,
            "checklist": canon.encode(fact.checklist).decode(), "checklist_digest": fact.checklist_digest,
            "release": fact.release, "at": r.envelope.at, "by": r.envelope.by,
        }  # fmt: skip
        journal.insert_many(connection, PHASE_MOVE, [row])
        change = PROGRAMME.update().where(PROGRAMME.c.programme == fact.programme)
        connection.execute(change.values(phase=fact.phase))


def _on_phased(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"release": r.fact.release, "programme": r.fact.programme, "phase": r.fact.phase, "since": r.fact.since,
         "records": r.fact.records, "hard": r.fact.hard, "places": canon.encode(r.fact.places).decode(),
         "unanswered": canon.encode(r.fact.unanswered).decode(), "seq": r.envelope.seq}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, RELEASE_PHASE, rows)


HANDLERS: dict[str, Handler] = {PhaseMoved.KIND: _on_moved, ReleasePhased.KIND: _on_phased}


# --- phases -----------------------------------------------------------------------------------------------------


def moves(connection: sa.Connection, programme: str) -> list[Row]:
    """How a programme moved, newest first; nothing while it never left the phase in which it was opened."""
    query = sa.select(PHASE_MOVE).where(PHASE_MOVE.c.programme == programme).order_by(PHASE_MOVE.c.seq.desc())
    return list(connection.execute(query).all())


def phases_of(connection: sa.Connection, programme: str) -> dict[str, Row]:
    """Release: the phase that it was made in; releases of a programme that had never moved are not in it."""
    query = sa.select(RELEASE_PHASE).where(RELEASE_PHASE.c.programme == programme)
    return {row.release: row for row in connection.execute(query).all()}


def pilots(connection: sa.Connection, programme: str) -> list[Pilot]:
    """The releases that were built in the last pilot, newest first."""
    last = (
        sa.select(sa.func.max(PHASE_MOVE.c.seq))
        .where(PHASE_MOVE.c.programme == programme, PHASE_MOVE.c.phase == PILOT)
        .scalar_subquery()
    )
    query = (
        sa.select(RELEASE_PHASE, RELEASE.c.name, RELEASE.c.version)
        .join(RELEASE, RELEASE.c.release == RELEASE_PHASE.c.release)
        .where(
            RELEASE_PHASE.c.programme == programme, RELEASE_PHASE.c.phase == PILOT, RELEASE_PHASE.c.since == last,
            RELEASE.c.state == "built",
        )
        .order_by(RELEASE_PHASE.c.seq.desc())
    )  # fmt: skip
    return [
        Pilot(
            release=row.release, name=row.name, version=row.version, records=row.records, hard=row.hard,
            places=msgspec.json.decode(row.places), unanswered=tuple(msgspec.json.decode(row.unanswered)),
        )
        for row in connection.execute(query).all()
    ]  # fmt: skip


def strata(connection: sa.Connection, batches: Collection[str]) -> list[tuple[str, dict[str, str], int]]:
    """Domain, taxonomy and number of the records that a release of these batches has now."""
    is_open = sa.exists().where(DISAGREEMENT.c.item == ITEM.c.item, DISAGREEMENT.c.state == "open")
    is_gone = sa.exists().where(ERASED.c.target.in_([ITEM.c.content, ITEM.c.hidden]))
    wanted, found = sorted(batches), list[tuple[str, dict[str, str], int]]()
    for start in range(0, len(wanted), _PART):
        query = (
            sa.select(ITEM.c.domain, ITEM.c.taxonomy, sa.func.count())
            .join(WORK, WORK.c.item == ITEM.c.item)
            .where(
                ITEM.c.batch.in_(wanted[start : start + _PART]),
                WORK.c.state == "complete",
                ~is_open,
                ~is_gone,
                ~is_set_aside(ITEM.c.item),
            )
            .group_by(ITEM.c.domain, ITEM.c.taxonomy)
        )
        found += [(row[0], msgspec.json.decode(row[1]), row[2]) for row in connection.execute(query).all()]
    return found


def words_about(connection: sa.Connection, *, items: Sequence[str], people: Sequence[str]) -> set[str]:
    """Objects in the vault with why these people moved programmes. Items have none."""
    del items
    found: set[str] = set()
    for start in range(0, len(people), _PART):
        query = sa.select(PHASE_MOVE.c.rationale).where(PHASE_MOVE.c.by.in_(people[start : start + _PART]))
        found.update(connection.scalars(query).all())
    return found


def is_words(connection: sa.Connection, name: str) -> bool:
    """Whether an object of the vault is why a programme was moved."""
    return connection.execute(sa.select(PHASE_MOVE.c.seq).where(PHASE_MOVE.c.rationale == name)).first() is not None


# --- what the checklist counts ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Judgments that stand: those made here, and under which versions all of them were made.

    blinded   of those made here: how many on an item that shows candidates
    versions  (rubric, rubric version, contract version): how many
    """

    observed: int
    blinded: int
    sources: tuple[Source, ...]
    versions: dict[tuple[str, str, str], int]


def counted(connection: sa.Connection, programme: str) -> Counted:
    """The judgments of a programme that count, by where they were made, and by version. It reads them once."""
    # What raters elsewhere ever said of two candidates: a few words. All other verdicts would be a group each.
    is_said = sa.and_(JUDGMENT.c.is_observed == 0, JUDGMENT.c.signal.in_(pairs()))
    by: list[sa.ColumnElement[Any]] = [
        JUDGMENT.c.rubric, JUDGMENT.c.rubric_version, JUDGMENT.c.contract_version, JUDGMENT.c.is_observed,
        JUDGMENT.c.source, sa.case((is_said, JUDGMENT.c.verdict), else_="").label("said"),
        sa.case((JUDGMENT.c.order > "", 1), else_=0).label("shows"),
    ]  # fmt: skip
    inner = sa.select(*by).where(JUDGMENT.c.programme == programme, JUDGMENT.c.standing == COUNTED).subquery()
    query = sa.select(*inner.c, sa.func.count().label("number")).group_by(*inner.c)
    versions, numbers = Counter[tuple[str, str, str]](), Counter[str]()
    observed, blinded, verdicts = 0, 0, dict[str, set[str]]()
    for row in connection.execute(query).all():
        versions[row.rubric, row.rubric_version, row.contract_version] += row.number
        if row.is_observed:
            observed += row.number
            blinded += row.number * row.shows
            continue
        numbers[row.source] += row.number
        verdicts.setdefault(row.source, set()).update({row.said} - {""})
    return Counted(
        observed=observed, blinded=blinded, versions=dict(versions),
        sources=tuple(
            Source(name=name, judgments=number, verdicts=frozenset(verdicts[name]))
            for name, number in sorted(numbers.items())
        ),
    )  # fmt: skip


def known_versions(connection: sa.Connection, programme: str) -> tuple[set[tuple[str, str]], set[str]]:
    """(rubric, version) of every rubric version that the journal holds, and every contract version."""
    table = RUBRIC_VERSION
    of = sa.select(table.c.rubric, table.c.version).where(table.c.programme == programme)
    contracts = sa.select(CONTRACT_VERSION.c.version).where(CONTRACT_VERSION.c.programme == programme)
    return {(row[0], row[1]) for row in connection.execute(of).all()}, set(connection.scalars(contracts).all())


def qualified(connection: sa.Connection, programme: str, *, is_down: bool) -> dict[str, dict[str, frozenset[str]]]:
    """Rubric, then signal: who passed its gold items under the version in force. The empty one is any.

    is_down  those who stand down under the rubric, instead of those who do not
    """
    table = QUALIFICATION
    stands_down = sa.exists().where(
        STOOD_DOWN.c.person == table.c.person, STOOD_DOWN.c.programme == table.c.programme,
        STOOD_DOWN.c.rubric == table.c.rubric,
    )  # fmt: skip
    query = (
        sa.select(table.c.rubric, table.c.signals, table.c.person)
        .join(
            RUBRIC,
            sa.and_(
                RUBRIC.c.programme == table.c.programme, RUBRIC.c.rubric == table.c.rubric,
                RUBRIC.c.version == table.c.version,
            ),
        )
        .where(table.c.programme == programme, table.c.state == "qualified", stands_down if is_down else ~stands_down)
        .distinct()
    )  # fmt: skip
    found: dict[str, dict[str, set[str]]] = {}
    for row in connection.execute(query).all():
        for signal in ("", *msgspec.json.decode(row.signals, type=list[str])):
            found.setdefault(row.rubric, {}).setdefault(signal, set()).add(row.person)
    return {rubric: {signal: frozenset(who) for signal, who in by.items()} for rubric, by in found.items()}


def trusted(connection: sa.Connection, programme: str, *, now: int) -> tuple[int, int]:
    """How many people hold a clearance for a programme now, and how many are senior adjudicators of it."""
    cleared = sa.select(sa.func.count(sa.distinct(CLEARANCE.c.person))).where(
        CLEARANCE.c.programme == programme, CLEARANCE.c.until > now, CLEARANCE.c.revoked_at.is_(None)
    )
    seniors = sa.select(sa.func.count(sa.distinct(SENIOR.c.person))).where(
        SENIOR.c.programme == programme, SENIOR.c.revoked_seq.is_(None)
    )
    return int(connection.execute(cleared).scalar_one()), int(connection.execute(seniors).scalar_one())


def finished(connection: sa.Connection, programme: str) -> dict[str, int]:
    """Domain: work items with all their judgments."""
    query = (
        sa.select(WORK.c.domain, sa.func.count())
        .where(WORK.c.programme == programme, WORK.c.state == "complete")
        .group_by(WORK.c.domain)
    )
    return {row[0]: row[1] for row in connection.execute(query).all()}


def held_out(connection: sa.Connection, programme: str) -> HeldOut:
    """The held-out items that are not erased, against those of work; copies are found by digest of the content."""
    batches = sa.select(BATCH.c.batch, BATCH.c.purpose, BATCH.c["items"]).where(BATCH.c.programme == programme)
    every = connection.execute(batches).all()
    others = sum(row[2] for row in every if row.purpose == "work")
    held = [row.batch for row in every if row.purpose == "holdout"]
    if not held:
        return HeldOut(others=others)
    mine = (ITEM.c.batch.in_(held), ~sa.exists().where(ERASED.c.target == ITEM.c.content))
    other = ITEM.alias("other")
    is_twin = sa.exists().where(
        other.c.programme == programme, other.c.content_key == ITEM.c.content_key, other.c.purpose != "holdout",
        ~sa.exists().where(ERASED.c.target == other.c.content),
    )  # fmt: skip
    twins = connection.scalars(sa.select(ITEM.c.item).where(*mine, is_twin).order_by(ITEM.c.seq)).all()
    first = sa.select(sa.func.min(JUDGMENT.c.seq)).where(JUDGMENT.c.batch == BATCH.c.batch).scalar_subquery()
    begun = connection.scalars(sa.select(first).where(BATCH.c.programme == programme)).all()
    start = min((seq for seq in begun if seq is not None), default=None)
    late = sa.select(sa.func.count()).where(*mine, ITEM.c.seq > start)
    looks = sa.select(sa.func.count()).select_from(ACCESS).join(ITEM, ITEM.c.item == ACCESS.c.subject).where(*mine)
    return HeldOut(
        items=int(connection.execute(sa.select(sa.func.count()).where(*mine)).scalar_one()), others=others,
        twins=len(twins), named=tuple(twins[:NAMED_MAX]),
        late=0 if start is None else int(connection.execute(late).scalar_one()),
        looks=int(connection.execute(looks).scalar_one()),
    )  # fmt: skip


def unblinded(connection: sa.Connection, programme: str) -> list[str]:
    """Items with a judgment that counts whose author had seen behind the blinding of the item before they gave it."""
    # Looks behind the blinding are few beside all looks, and all items: an index holds them alone.
    query = (
        sa.select(ITEM.c.item)
        .join(ACCESS, ACCESS.c.subject == ITEM.c.item)
        .join(JUDGMENT, sa.and_(JUDGMENT.c.item == ITEM.c.item, JUDGMENT.c.expert == ACCESS.c.by))
        .where(
            ACCESS.c.what == sa.literal_column("'candidates'"), ITEM.c.programme == programme,
            JUDGMENT.c.seq > ACCESS.c.seq, JUDGMENT.c.standing == COUNTED,
        )
        .distinct()
        .order_by(ITEM.c.item)
    )  # fmt: skip
    return list(connection.scalars(query).all())


def unlicensed(connection: sa.Connection, programme: str) -> list[str]:
    """Items that name no source or no licence, and whose content is not erased."""
    query = sa.select(ITEM.c.item).where(
        ITEM.c.programme == programme, sa.or_(ITEM.c.licence.in_(["", UNSTATED]), ITEM.c.source_class == ""),
        ~sa.exists().where(ERASED.c.target == ITEM.c.content),
    )  # fmt: skip
    return list(connection.scalars(query.order_by(ITEM.c.seq)).all())


def kinds(connection: sa.Connection, programme: str) -> dict[tuple[str, str, str], tuple[int, int]]:
    """(purpose, domain, signal): how many items there are, and how many of them show a candidate."""
    by = (ITEM.c.purpose, ITEM.c.domain, ITEM.c.signal)
    shows = sa.func.sum(sa.case((ITEM.c.candidates > 0, 1), else_=0))
    query = sa.select(*by, sa.func.count(), shows).where(ITEM.c.programme == programme).group_by(*by)
    return {(row[0], row[1], row[2]): (row[3], int(row[4])) for row in connection.execute(query).all()}


def unfinished(connection: sa.Connection, programme: str) -> dict[str, frozenset[str]]:
    """Domain: the signals of work that still wants judgments, and whose content is not erased."""
    query = (
        sa.select(WORK.c.domain, ITEM.c.signal)
        .join(ITEM, ITEM.c.item == WORK.c.item)
        .where(
            WORK.c.programme == programme, WORK.c.state != "complete",
            ~sa.exists().where(ERASED.c.target == ITEM.c.content),
        )
        .distinct()
    )  # fmt: skip
    found: dict[str, frozenset[str]] = {}
    for row in connection.execute(query).all():
        found[row.domain] = found.get(row.domain, frozenset()) | {row.signal}
    return found


def exposures(connection: sa.Connection, programme: str) -> int:
    """Pieces of work in which somebody had content of a named kind."""
    query = sa.select(sa.func.count()).where(
        EXPOSURE.c.programme == programme, EXPOSURE.c.content != "", EXPOSURE.c.work != OPENED
    )
    return int(connection.execute(query).scalar_one())

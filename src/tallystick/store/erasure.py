"""Read models of erasure: what an order covers, what is gone, who is to be told. Reads read tables only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec
import sqlalchemy as sa

from tallystick import canon
from tallystick.events.erasure import (
    ErasureCompleted,
    ErasureOrdered,
    HoldersNotified,
    NoticeAcknowledged,
    ObjectsErased,
    ReleaseCopyErased,
)
from tallystick.flow.erasure import Coverage
from tallystick.ledger import journal
from tallystick.ledger.statement import Statement
from tallystick.store import (
    affected,
    assignment,
    calibration,
    checklist,
    constitution,
    credential,
    disagreement,
    pool,
    screening,
    standing,
)
from tallystick.store.schema import (
    ACCESS,
    ASSIGNMENT,
    CERTIFICATE,
    ERASED,
    ERASURE,
    ERASURE_TASK,
    GOLD_ANSWER,
    IMPORT_RUN,
    ITEM,
    JUDGMENT,
    NOTICE,
    PERSON,
    QUALIFICATION,
    RELEASE,
    VAULT_EPOCH,
    WORK,
    Handler,
    Recorded,
    Row,
)

_PART = 500
_WITH_WORDS = (standing, calibration, disagreement, affected, constitution, credential, screening, pool, checklist)
"""Stages with words of people about items."""
CELL = "cell"
"""The actor of what the cell does by itself."""


def _on_ordered(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: ErasureOrdered = r.fact
        row = {
            "erasure": fact.erasure, "what": fact.what, "target": fact.target, "reason": fact.reason,
            "note": fact.order.object if fact.order else None, "scopes": canon.text(fact.scopes),
            "releases": canon.text(fact.releases), "objects": fact.objects, "objects_digest": fact.objects_digest,
            "epoch": fact.epoch, "state": "ordered", "by": r.envelope.by, "at": r.envelope.at, "seq": r.envelope.seq,
            "epochs": None, "final_at": None, "certificate_digest": None, "completed_seq": None,
        }  # fmt: skip
        journal.insert_many(connection, ERASURE, [row])
        _mark(connection, fact.erasure, [*dict.fromkeys([fact.target, *fact.scopes])], at=r.envelope.at)


def _mark(connection: sa.Connection, erasure: str, targets: Sequence[str], *, at: int) -> None:
    gone = erased_of(connection, targets)
    rows = [{"target": target, "erasure": erasure, "at": at} for target in targets if target not in gone]
    if rows:
        journal.insert_many(connection, ERASED, rows)


def _on_objects(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: ObjectsErased = r.fact
        _mark(connection, fact.erasure, fact.objects, at=r.envelope.at)
        for start in range(0, len(fact.objects), _PART):
            part = fact.objects[start : start + _PART]
            lost = sa.select(ITEM.c.item).where(sa.or_(ITEM.c.content.in_(part), ITEM.c.hidden.in_(part)))
            assignment.count_erased(connection, lost)
            change = WORK.update().where(WORK.c.item.in_(lost))
            # Nobody is given an item without content; one that has all its judgments stays counted as complete.
            state = sa.case((WORK.c.judged >= WORK.c.needed, WORK.c.state), else_="erased")
            connection.execute(change.values(is_open=0, state=state))
            _end_qualifications(connection, set(connection.scalars(lost).all()), at=r.envelope.at)


def _end_qualifications(connection: sa.Connection, lost: set[str], *, at: int) -> None:
    """Attempts that still had to show an item that is erased: what is left would not decide by the stated rule."""
    running = connection.execute(sa.select(QUALIFICATION).where(QUALIFICATION.c.state == "running")).all()
    for row in running if lost else []:
        if not lost.isdisjoint(msgspec.json.decode(row.items)[row.answered :]):
            change = QUALIFICATION.update().where(QUALIFICATION.c.qualification == row.qualification)
            connection.execute(change.values(state="ended", ended_at=at))


def _on_copy(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"erasure": r.fact.erasure, "release": r.fact.release, "holder": holder, "state": "waiting", "way": None,
         "at": r.envelope.at, "delivered_at": None, "acknowledged_at": None, "acknowledged_by": None,
         "seq": r.envelope.seq}
        for r in run for holder in r.fact.holders
    ]  # fmt: skip
    if rows:
        journal.insert_many(connection, NOTICE, rows)


def _told(fact: HoldersNotified | NoticeAcknowledged) -> sa.Update:
    return NOTICE.update().where(
        NOTICE.c.erasure == fact.erasure, NOTICE.c.release == fact.release, NOTICE.c.holder == fact.holder
    )


def _on_notified(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        values = {"state": "delivered", "way": r.fact.way, "delivered_at": r.envelope.at}
        connection.execute(_told(r.fact).values(**values))


def _on_acknowledged(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        values = {"state": "acknowledged", "acknowledged_at": r.envelope.at, "acknowledged_by": r.envelope.by}
        connection.execute(_told(r.fact).values(**values))


def _on_completed(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: ErasureCompleted = r.fact
        values = {
            "state": "final", "epochs": canon.text(fact.epochs), "final_at": fact.final_at,
            "certificate_digest": fact.certificate_digest, "completed_seq": r.envelope.seq,
        }  # fmt: skip
        connection.execute(ERASURE.update().where(ERASURE.c.erasure == fact.erasure).values(**values))


HANDLERS: dict[str, Handler] = {
    ErasureOrdered.KIND: _on_ordered,
    ObjectsErased.KIND: _on_objects,
    ReleaseCopyErased.KIND: _on_copy,
    HoldersNotified.KIND: _on_notified,
    NoticeAcknowledged.KIND: _on_acknowledged,
    ErasureCompleted.KIND: _on_completed,
}

_ERASED = Statement(sa.select(ERASED).where(ERASED.c.target == sa.bindparam("wanted")))


def erased(connection: sa.Connection, target: str) -> Row | None:
    """Under which erasure a scope, an object or a target went, and when; None for what is there."""
    return _ERASED.first(connection, {"wanted": target})


def erased_of(connection: sa.Connection, targets: Sequence[str]) -> dict[str, Row]:
    """The same for many: those of them that are erased."""
    found: dict[str, Row] = {}
    for start in range(0, len(targets), _PART):
        query = sa.select(ERASED).where(ERASED.c.target.in_(targets[start : start + _PART]))
        found.update({row.target: row for row in connection.execute(query).all()})
    return found


def erasure(connection: sa.Connection, wanted: str) -> Row | None:
    """One erasure, or None."""
    return connection.execute(sa.select(ERASURE).where(ERASURE.c.erasure == wanted)).first()


def erasures(connection: sa.Connection, *, limit: int = 200) -> list[Row]:
    """All erasures, newest first."""
    return list(connection.execute(sa.select(ERASURE).order_by(ERASURE.c.seq.desc()).limit(limit)).all())


def unfinished(connection: sa.Connection) -> list[Row]:
    """Erasures that are not final yet, oldest first."""
    query = sa.select(ERASURE).where(ERASURE.c.state == "ordered").order_by(ERASURE.c.seq)
    return list(connection.execute(query).all())


def notices(connection: sa.Connection, *, state: str | None = None, erasure: str | None = None) -> list[Row]:
    """Notices to holders of releases, oldest first."""
    query = sa.select(NOTICE).order_by(NOTICE.c.seq, NOTICE.c.release, NOTICE.c.holder)
    for column, value in ((NOTICE.c.state, state), (NOTICE.c.erasure, erasure)):
        query = query if value is None else query.where(column == value)
    return list(connection.execute(query).all())


def notice(connection: sa.Connection, erasure: str, *, release: str, holder: str) -> Row | None:
    """One notice, or None."""
    query = sa.select(NOTICE).where(NOTICE.c.erasure == erasure, NOTICE.c.release == release, NOTICE.c.holder == holder)
    return connection.execute(query).first()


def readers_of(connection: sa.Connection, release: str) -> list[str]:
    """The people who opened a release: each may hold a copy."""
    query = sa.select(ACCESS.c.by).where(ACCESS.c.subject == release, ACCESS.c.what == "release").distinct()
    return sorted(row.by for row in connection.execute(query).all() if row.by != CELL)


def open_leases(connection: sa.Connection, items: Sequence[str], people: Sequence[str]) -> list[Row]:
    """Leases that are open on these items or of these people."""
    found: dict[str, Row] = {}
    open_ones = sa.select(ASSIGNMENT).where(ASSIGNMENT.c.state == "leased")
    for column, wanted in ((ASSIGNMENT.c.item, items), (ASSIGNMENT.c.expert, people)):
        for start in range(0, len(wanted), _PART):
            query = open_ones.where(column.in_(wanted[start : start + _PART]))
            found.update({row.assignment: row for row in connection.execute(query).all()})
    return sorted(found.values(), key=lambda row: str(row.assignment))


def living_runs(connection: sa.Connection, programme: str) -> list[str]:
    """The imports of a programme that are not erased, those that were cut off among them."""
    finished = sa.select(IMPORT_RUN.c.run).where(IMPORT_RUN.c.programme == programme)
    begun = sa.select(ITEM.c.run).where(ITEM.c.programme == programme).distinct()
    runs = sorted({row.run for query in (finished, begun) for row in connection.execute(query).all()})
    gone = erased_of(connection, [f"run:{run}" for run in runs])
    return [run for run in runs if f"run:{run}" not in gone]


def erased_part(connection: sa.Connection, target: str) -> Row | None:
    """Under which erasure the content of an item went that is no target of its own."""
    kind, _, name = target.partition(":")
    if kind == "object":
        return erased(connection, name)
    row = connection.execute(sa.select(ITEM.c.content).where(ITEM.c.item == name)).first() if kind == "item" else None
    return None if row is None else erased(connection, row.content)


def newest_epoch(connection: sa.Connection) -> int:
    """The newest key epoch: everything in the vault was wrapped under it or under one before."""
    newest = connection.execute(sa.select(sa.func.max(VAULT_EPOCH.c.epoch))).scalar()
    return int(newest or 1)


# --- kept ---------------------------------------------------------------------------------------------------------


def add_tasks(connection: sa.Connection, erasure: str, scopes: Iterable[str]) -> None:
    """Remember scopes that need a key of a new generation."""
    wanted, is_its = set(scopes), ERASURE_TASK.c.erasure == erasure
    known = wanted.intersection(connection.scalars(sa.select(ERASURE_TASK.c.scope).where(is_its)))
    if known:
        connection.execute(ERASURE_TASK.update().where(is_its, ERASURE_TASK.c.scope.in_(known)).values(epoch=None))
    rows = [{"erasure": erasure, "scope": scope, "epoch": None} for scope in sorted(wanted - known)]
    if rows:
        journal.insert_many(connection, ERASURE_TASK, rows)


def tasks(connection: sa.Connection) -> dict[str, list[str]]:
    """Scopes that still need a key of a new generation, each with the erasures that wait for it."""
    query = sa.select(ERASURE_TASK).where(ERASURE_TASK.c.epoch.is_(None))
    found: dict[str, list[str]] = {}
    for row in connection.execute(query.order_by(ERASURE_TASK.c.scope, ERASURE_TASK.c.erasure)).all():
        found.setdefault(row.scope, []).append(row.erasure)
    return found


def end_task(connection: sa.Connection, scope: str, erasures: Sequence[str]) -> None:
    """A scope has its key of a new generation, as these erasures wanted; an order that came meanwhile still waits."""
    journal.lock_head(connection)
    is_theirs = sa.and_(ERASURE_TASK.c.scope == scope, ERASURE_TASK.c.erasure.in_(erasures))
    connection.execute(ERASURE_TASK.update().where(is_theirs).values(epoch=newest_epoch(connection)))


def last_epochs(connection: sa.Connection) -> dict[str, int]:
    """Erasure: the newest epoch under which anything was wrapped that it took. For all whose epochs still live."""
    found = {row.erasure: int(row.epoch) for row in unfinished(connection)}
    for row in connection.execute(sa.select(ERASURE_TASK).where(ERASURE_TASK.c.epoch.is_not(None))).all():
        found[row.erasure] = max(found.get(row.erasure, 0), row.epoch)
    return found


def drop_tasks(connection: sa.Connection, *, before: int) -> None:
    """Forget the scopes whose old key is destroyed with every epoch that wrapped it, for erasures that are final."""
    is_final = ERASURE_TASK.c.erasure.in_(sa.select(ERASURE.c.erasure).where(ERASURE.c.state == "final"))
    connection.execute(ERASURE_TASK.delete().where(ERASURE_TASK.c.epoch < before, is_final))


def keep_certificate(connection: sa.Connection, erasure: str, text: str) -> None:
    """Keep a certificate as it was signed."""
    journal.insert_many(connection, CERTIFICATE, [{"erasure": erasure, "text": text}])


def certificate(connection: sa.Connection, erasure: str) -> str | None:
    """The certificate of an erasure, or None before it is final."""
    row = connection.execute(sa.select(CERTIFICATE.c.text).where(CERTIFICATE.c.erasure == erasure)).first()
    return None if row is None else str(row.text)


# --- what an order covers -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Found:
    """What hangs on a target, before what is gone already is taken out."""

    scopes: list[str] = field(default_factory=list)
    objects: set[str] = field(default_factory=set)
    lost: dict[str, int] = field(default_factory=dict)  # item that loses its content: place in the journal
    said: list[Row] = field(default_factory=list)  # judgments that lose their words
    noted: list[Row] = field(default_factory=list)  # disagreements that lose their notes
    people: set[str] = field(default_factory=set)


def covered(connection: sa.Connection, target: str, *, under_scope: Sequence[str] = ()) -> Coverage | None:
    """Everything that erasing a target takes with it; None when there is no such target.

    under_scope  objects of a subject's scope, which the vault alone knows
    """
    kind, _, name = target.partition(":")
    found = {"person": _person, "item": _item, "object": _object, "run": _run}.get(kind, _nothing)(connection, name)
    if kind == "subject":
        found = _subject(connection, name, under_scope)
    if found is None:
        return None
    # The words about an item may quote it: they go with it.
    _about(connection, found)
    listed = sorted(found.objects)
    gone = erased_of(connection, [*listed, *found.scopes])
    people = tuple(sorted(found.people))
    return Coverage(
        scopes=tuple(scope for scope in dict.fromkeys(found.scopes) if scope not in gone),
        objects=tuple(one for one in listed if one not in gone), items=tuple(sorted(found.lost)),
        judgments=len(found.said), releases=tuple(_releases(connection, found)), people=people,
    )  # fmt: skip


def _nothing(_connection: sa.Connection, _name: str) -> _Found | None:
    return None


def _person(connection: sa.Connection, name: str) -> _Found | None:
    row = connection.execute(sa.select(PERSON).where(PERSON.c.person == name)).first()
    if row is None:
        return None
    found = _Found(scopes=[f"person:{name}"], objects={row.profile}, people={name})
    found.said = list(connection.execute(sa.select(JUDGMENT).where(JUDGMENT.c.expert == name)).all())
    found.noted = standing.noted(connection, adjudicator=[name])
    answers = (
        sa.select(GOLD_ANSWER.c.rationale)
        .join(QUALIFICATION, QUALIFICATION.c.qualification == GOLD_ANSWER.c.qualification)
        .where(QUALIFICATION.c.person == name)
    )
    found.objects.update(row.rationale for row in connection.execute(answers).all())
    return found


def _item(connection: sa.Connection, name: str) -> _Found | None:
    row = connection.execute(sa.select(ITEM).where(ITEM.c.item == name)).first()
    return None if row is None else _Found(objects={row.content, row.hidden}, lost={name: row.seq})


def _object(connection: sa.Connection, name: str) -> _Found | None:
    """One object, when it is content: a contract or rubric is not."""
    found = _Found(objects={name})
    items = sa.select(ITEM).where(sa.or_(ITEM.c.content == name, ITEM.c.hidden == name))
    found.lost = {row.item: row.seq for row in connection.execute(items).all()}
    found.said = list(connection.execute(sa.select(JUDGMENT).where(JUDGMENT.c.rationale == name)).all())
    found.noted = standing.noted(connection, notes=[name])
    others = (
        sa.select(PERSON.c.person).where(PERSON.c.profile == name),
        sa.select(GOLD_ANSWER.c.item).where(GOLD_ANSWER.c.rationale == name),
        sa.select(IMPORT_RUN.c.run).where(IMPORT_RUN.c.report == name),
        sa.select(ERASURE.c.erasure).where(ERASURE.c.note == name),
    )
    known = found.lost or found.said or found.noted or any(connection.execute(query).first() for query in others)
    known = known or any(stage.is_words(connection, name) for stage in _WITH_WORDS if stage is not standing)
    return found if known else None


def _run(connection: sa.Connection, name: str) -> _Found | None:
    """An import; of judgments, every import of their source in the programme, with the raters of that source."""
    row = connection.execute(sa.select(IMPORT_RUN).where(IMPORT_RUN.c.run == name)).first()
    items = list(connection.execute(sa.select(ITEM).where(ITEM.c.run == name)).all())
    if row is None and not items:
        return None
    found = _Found(scopes=[f"run:{name}"], lost={item.item: item.seq for item in items})
    found.objects = {one for item in items for one in (item.content, item.hidden)}
    if row is None:
        return found
    found.objects.add(row.report)
    if row.what == "judgments":
        _of_source(connection, found, row)
    return found


def _of_source(connection: sa.Connection, found: _Found, row: Row) -> None:
    same = sa.select(IMPORT_RUN).where(IMPORT_RUN.c.programme == row.programme, IMPORT_RUN.c.source == row.source)
    runs = connection.execute(same.where(IMPORT_RUN.c.what == "judgments")).all()
    found.scopes += [f"run:{run.run}" for run in runs]
    found.objects.update(run.report for run in runs)
    given = sa.select(JUDGMENT).where(JUDGMENT.c.programme == row.programme, JUDGMENT.c.source == row.source)
    found.said = list(connection.execute(given.where(JUDGMENT.c.is_observed == 0)).all())
    raters = sorted({judgment.expert for judgment in found.said})
    found.people = set(raters)
    found.scopes += [f"person:{rater}" for rater in raters]
    for start in range(0, len(raters), _PART):
        query = sa.select(PERSON.c.profile).where(PERSON.c.person.in_(raters[start : start + _PART]))
        found.objects.update(one.profile for one in connection.execute(query).all())


def _subject(connection: sa.Connection, name: str, under_scope: Sequence[str]) -> _Found | None:
    if not under_scope:
        return None
    found = _Found(scopes=[f"subject:{name}"], objects=set(under_scope))
    for start in range(0, len(under_scope), _PART):
        part = under_scope[start : start + _PART]
        query = sa.select(ITEM.c.item, ITEM.c.seq).where(sa.or_(ITEM.c.content.in_(part), ITEM.c.hidden.in_(part)))
        found.lost.update({row.item: row.seq for row in connection.execute(query).all()})
        said = sa.select(JUDGMENT).where(JUDGMENT.c.rationale.in_(part))
        found.said += connection.execute(said).all()
    return found


def _about(connection: sa.Connection, found: _Found) -> None:
    """Add what was said about the items that lose their content, and the objects of all that was said."""
    for row in assignment.made_of(connection, found.lost, [row.judgment for row in found.said]):
        # What others review is made of what goes.
        found.lost[row.item] = row.seq
        found.objects |= {row.content, row.hidden}
    lost = sorted(found.lost)
    said = {row.judgment: row for row in found.said}
    noted = {(row.item, row.seq): row for row in [*found.noted, *standing.noted(connection, item=lost)]}
    for start in range(0, len(lost), _PART):
        part = lost[start : start + _PART]
        given = connection.execute(sa.select(JUDGMENT).where(JUDGMENT.c.item.in_(part))).all()
        said.update({row.judgment: row for row in given})
        answers = sa.select(GOLD_ANSWER.c.rationale).where(GOLD_ANSWER.c.item.in_(part))
        found.objects.update(row.rationale for row in connection.execute(answers).all())
    found.said, found.noted = list(said.values()), list(noted.values())
    found.objects.update(row.rationale for row in found.said if row.rationale)
    found.objects.update(row.notes for row in found.noted if row.notes)
    for stage in _WITH_WORDS:
        found.objects.update(stage.words_about(connection, items=lost, people=sorted(found.people)))


# --- releases that held it ----------------------------------------------------------------------------------------


def _releases(connection: sa.Connection, found: _Found) -> list[str]:
    """The releases that hold some of it in a record, by what the journal says of each."""
    made = connection.execute(sa.select(RELEASE).where(RELEASE.c.state != "abandoned").order_by(RELEASE.c.cut_seq))
    rows = made.all()
    gone = erased_of(connection, [f"release:{row.release}" for row in rows])
    stated = affected.holding(connection, found.objects)
    there = [row for row in rows if f"release:{row.release}" not in gone]
    return [row.release for row in there if row.release in stated or _holds(connection, found, row)]


def _holds(connection: sa.Connection, found: _Found, release: Row) -> bool:
    batches = msgspec.json.decode(release.batches, type=list[str])
    words = {row.item for row in found.said if row.rationale and row.seq < release.cut_seq}
    words |= constitution.noted_on(connection, found.objects, before=release.cut_seq)
    notes = {row.item for row in found.noted if row.closed_seq is not None and row.closed_seq < release.cut_seq}
    wanted = sorted({item for item, seq in found.lost.items() if seq < release.cut_seq} | words | notes)
    if any(in_record(connection, wanted[n : n + _PART], release, batches) for n in range(0, len(wanted), _PART)):
        return True
    return _names_rater(connection, sorted(found.people), release, batches)


def _names_rater(connection: sa.Connection, people: list[str], release: Row, batches: list[str]) -> bool:
    """Whether a release says which rater of its source one of these persons is."""
    query = (
        sa.select(JUDGMENT.c.judgment)
        .where(JUDGMENT.c.batch.in_(batches), JUDGMENT.c.seq < release.cut_seq, JUDGMENT.c.is_observed == 0)
        .limit(1)
    )
    parts = (people[n : n + _PART] for n in range(0, len(people), _PART))
    return any(connection.execute(query.where(JUDGMENT.c.expert.in_(part))).first() for part in parts)


def in_record(connection: sa.Connection, wanted: list[str], release: Row, batches: list[str]) -> list[str]:
    """Which of these items have a record in a release: complete at its cut, without an open disagreement, there."""
    cut = release.cut_seq
    was_erased = sa.exists().where(ERASED.c.target == ITEM.c.content, ERASED.c.at <= release.cut_at)
    query = (
        sa.select(JUDGMENT.c.item)
        .join(WORK, WORK.c.item == JUDGMENT.c.item)
        .join(ITEM, ITEM.c.item == JUDGMENT.c.item)
        .where(
            JUDGMENT.c.item.in_(wanted), JUDGMENT.c.batch.in_(batches), JUDGMENT.c.seq < cut,
            ~standing.was_divided(cut), ~standing.was_aside(cut), ~was_erased,
        )
        .group_by(JUDGMENT.c.item, WORK.c.needed)
        .having(sa.func.count() >= WORK.c.needed)
    )  # fmt: skip
    return [row.item for row in connection.execute(query).all()]

"""Read models of releases."""

import sqlalchemy as sa

from tallystick import canon
from tallystick.events.release import ConsensusRequested, ReleaseAbandoned, ReleaseBuilt, ReleaseCut, ReleaseMonitored
from tallystick.ledger import journal
from tallystick.store.schema import RELEASE, Handler, Recorded, Row


def _on_cut(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"release": r.fact.release, "programme": r.fact.programme, "name": r.fact.name, "version": r.fact.version,
         "use": r.fact.use, "batches": canon.encode(r.fact.batches).decode(),
         "left_out": canon.encode(r.fact.left_out).decode(), "state": "cut", "cut_seq": r.envelope.seq,
         "cut_at": r.envelope.at, "by": r.envelope.by, "manifest_digest": None, "records_root": None,
         "records": None, "judgments": None, "files": None, "built_seq": None}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, RELEASE, rows)


def _on_built(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: ReleaseBuilt = r.fact
        values = {
            "state": "built", "manifest_digest": fact.manifest_digest, "records_root": fact.records_root,
            "records": fact.records, "judgments": fact.judgments, "files": fact.files, "built_seq": r.envelope.seq,
        }  # fmt: skip
        connection.execute(RELEASE.update().where(RELEASE.c.release == fact.release).values(**values))


def _on_abandoned(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        connection.execute(RELEASE.update().where(RELEASE.c.release == r.fact.release).values(state="abandoned"))


def _on_nothing(_connection: sa.Connection, _run: list[Recorded]) -> None:
    """No table reads it: the files of the release are derived from the journal."""


HANDLERS: dict[str, Handler] = {
    ConsensusRequested.KIND: _on_nothing,
    ReleaseMonitored.KIND: _on_nothing,
    ReleaseCut.KIND: _on_cut,
    ReleaseAbandoned.KIND: _on_abandoned,
    ReleaseBuilt.KIND: _on_built,
}


def release(connection: sa.Connection, wanted: str) -> Row | None:
    """One release, or None."""
    return connection.execute(sa.select(RELEASE).where(RELEASE.c.release == wanted)).first()


def named(connection: sa.Connection, name: str, version: str) -> Row | None:
    """The release of one name and version, or None."""
    return connection.execute(sa.select(RELEASE).where(RELEASE.c.name == name, RELEASE.c.version == version)).first()


def of_programme(connection: sa.Connection, programme: str) -> list[Row]:
    """The releases of a programme, newest first."""
    query = sa.select(RELEASE).where(RELEASE.c.programme == programme).order_by(RELEASE.c.cut_seq.desc())
    return list(connection.execute(query).all())

"""A cell under a role that owns nothing: it does all its work, and cannot change what was written."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from living_cell import World, world_at
from psycopg import sql

from tallystick.app import cell as cells
from tallystick.app import oversight
from tallystick.audit.log import Status, verify_log
from tallystick.ledger import guards, journal
from tallystick.store import projection

ROLE = "tallystick_app"
OWNER = "tallystick_owner"
HARMLESS = (
    "CREATE OR REPLACE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
)
FORBIDDEN = (
    "UPDATE journal SET entry = 'x' WHERE seq = 0",
    "UPDATE journal SET kind = 'x/1'",
    "DELETE FROM journal",
    "DELETE FROM journal WHERE seq = 1",
    "TRUNCATE journal",
    "INSERT INTO journal (seq, kind, entry) VALUES (0, 'x/1', 'x') ON CONFLICT (seq) DO UPDATE SET entry = 'x'",
    "DROP TABLE journal",
    "ALTER TABLE journal DISABLE TRIGGER ALL",
    "ALTER TABLE journal DISABLE TRIGGER journal_guard",
    "DROP TRIGGER journal_guard ON journal",
    HARMLESS,
    "ALTER TABLE journal ADD COLUMN more text",
    "ALTER TABLE journal OWNER TO CURRENT_USER",
    "ALTER TABLE journal RENAME TO journal_before",
    "CREATE TABLE more (x integer)",
    "CREATE RULE quiet AS ON UPDATE TO journal DO INSTEAD NOTHING",
    "SET session_replication_role = 'replica'",
    f"SET ROLE {OWNER}",
    "DELETE FROM journal_head",
    "INSERT INTO journal_head (one, next_seq, last_at, link) VALUES (2, 0, 0, 'x')",
    "TRUNCATE journal_head",
    "DELETE FROM journal_actor",
    "DELETE FROM seal_head",
    "TRUNCATE seal_head",
    "DROP TABLE seal_head",
    "DROP TABLE receipt",
    "TRUNCATE receipt",
)


@pytest.fixture
def as_application(postgres_url: str, postgres_clerk: psycopg.Connection) -> Iterator[str]:
    """The address of a database that an owner made ready for an application role, as that role."""
    name = postgres_url.split("@/")[1].split("?", maxsplit=1)[0]
    for role in (OWNER, ROLE):
        postgres_clerk.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
    try:
        owned = sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(name), sql.Identifier(OWNER))
        postgres_clerk.execute(owned)
        as_owner = postgres_url.replace("tallystick@", f"{OWNER}@")
        said = cells.prepare_database(as_owner, ROLE, is_applied=True)
        assert said == cells.prepare_database(as_owner, ROLE, is_applied=False)
        assert cells.prepare_database(as_owner, ROLE, is_applied=True) == said, "it may be said again"
        yield postgres_url.replace("tallystick@", f"{ROLE}@")
    finally:
        with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
            for role in (ROLE, OWNER):
                connection.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(sql.Identifier(role)))
        owned = sql.SQL("ALTER DATABASE {} OWNER TO tallystick").format(sql.Identifier(name))
        postgres_clerk.execute(owned)
        for role in (ROLE, OWNER):
            postgres_clerk.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


@pytest.fixture
def world(as_application: str, tmp_path: Path) -> Iterator[World]:
    with world_at(as_application, tmp_path / "cell") as made:
        yield made


def test_the_role_does_all_the_work_of_a_cell(world: World, as_application: str, tmp_path: Path) -> None:
    cell = world.cell
    world.work(2)
    first, second = world.expert(), world.expert()
    world.judge(first)
    world.judge(second)
    end = cell.seal()
    assert verify_log(tmp_path / "cell" / "log", cell.signer.vkey).status is Status.OK
    assert projection.rebuild(cell.engine) == end
    found = oversight.check(cell)
    assert found.differences == ()
    assert found.events >= end
    end = cell.seal()
    ready = {check.name: check for check in oversight.readiness(cell)}
    assert (ready["guards"].is_good, ready["guards"].found) == (True, "all in place")
    again = cells.open_cell(tmp_path / "cell", database=as_application)
    assert again.seal() == end
    again.close()


def test_the_role_cannot_change_what_was_written(world: World) -> None:
    engine = world.cell.engine
    with journal.reading(engine) as connection:
        before = list(journal.read(connection, 0, 1000))
    for statement in FORBIDDEN:
        # Each must fail by itself, not behind another; a rule or owner of the name would show here as well.
        with pytest.raises(sa.exc.DatabaseError), engine.begin() as connection:
            connection.exec_driver_sql(statement)
    with engine.begin() as connection:  # PostgreSQL warns, and grants nothing
        connection.exec_driver_sql(f"GRANT UPDATE ON journal TO {ROLE}")
    with journal.reading(engine) as connection:
        assert list(journal.read(connection, 0, 1000)) == before
        assert guards.look(connection) == guards.Guards((), None)


def test_a_role_with_more_rights_is_named(postgres_url: str, tmp_path: Path) -> None:
    with world_at(postgres_url, tmp_path / "cell", gold=False) as world:
        ready = {check.name: check for check in oversight.readiness(world.cell)}["guards"]
        assert ready.is_good
        assert "the role tallystick is a superuser, owns the journal" in ready.found


CHANGES = {
    "ALTER TABLE journal DISABLE TRIGGER journal_guard": "found it disabled",
    "DROP TRIGGER journal_guard ON journal": "found none",
    HARMLESS: "found another text",
    "CREATE OR REPLACE TRIGGER journal_guard BEFORE UPDATE ON journal "
    "FOR EACH STATEMENT EXECUTE FUNCTION journal_is_append_only()": "found it for fewer",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_guard_that_was_taken_away_is_named(postgres_url: str, tmp_path: Path, change: str) -> None:
    with world_at(postgres_url, tmp_path / "cell", gold=False) as world:
        world.cell.seal()
        with world.cell.engine.begin() as connection:
            connection.exec_driver_sql(change)
        ready = {check.name: check for check in oversight.readiness(world.cell)}["guards"]
        assert not ready.is_good
        assert CHANGES[change] in ready.found
        assert any(CHANGES[change] in difference for difference in oversight.check(world.cell).differences)


@pytest.mark.parametrize("name", ["journal_no_update", "journal_no_delete", "journal_no_replace"])
def test_a_trigger_that_was_dropped_is_named_on_sqlite(sqlite_url: str, tmp_path: Path, name: str) -> None:
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        assert {check.name: check for check in oversight.readiness(world.cell)}["guards"].is_good
        with world.cell.engine.begin() as connection:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        ready = {check.name: check for check in oversight.readiness(world.cell)}["guards"]
        assert not ready.is_good
        assert f"expected the trigger {name}" in ready.found
        again = cells.open_cell(tmp_path / "cell", database=sqlite_url)
        assert {check.name: check for check in oversight.readiness(again)}["guards"].is_good, "opening makes it again"
        again.close()


def test_a_name_that_is_no_role_is_refused() -> None:
    with pytest.raises(cells.BadRole, match="expected a role of lower-case letters"):
        cells.prepare_database("postgresql+psycopg:///x", 'x"; DROP', is_applied=False)

"""What keeps the journal append-only in the database itself: triggers, and the rights of a role. Reads catalogues.

It stops accidents, injected statements and whoever holds the application's password. It does not stop whoever owns the
database: that is what the log is for. On PostgreSQL an owner makes the tables and the application's role may not
change what was written, nor the triggers; SQLite knows no roles, so there triggers are all.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from tallystick.ledger.head import SEAL_HEAD
from tallystick.ledger.journal import ACTOR, GUARDS, HEAD, JOURNAL

_ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_SQLITE = sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'journal'")
_TRIGGER = sa.text(
    "SELECT t.tgenabled, t.tgtype, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
    "WHERE t.tgrelid = to_regclass('journal') AND t.tgname = 'journal_guard'"
)
_RIGHTS = sa.text(
    "SELECT current_user, r.rolsuper, c.relowner = r.oid OR pg_has_role(c.relowner, 'MEMBER') AS is_owner, "
    "has_table_privilege('journal', 'UPDATE') OR has_table_privilege('journal', 'DELETE') "
    "OR has_table_privilege('journal', 'TRUNCATE') OR has_table_privilege('journal', 'TRIGGER') AS may_change "
    "FROM pg_class c, pg_roles r WHERE c.oid = to_regclass('journal') AND r.rolname = current_user"
)
_OWNS = sa.text(
    "SELECT bool_and(pg_has_role(c.relowner, 'MEMBER')) FROM pg_class c WHERE c.oid = to_regclass('journal')"
)
_BODY = "BEGIN RAISE EXCEPTION 'the journal is append-only'; END"
_BEFORE_UPDATE_DELETE_TRUNCATE = 2 | 8 | 16 | 32


class BadRole(ValueError):
    """The name of a role is not one that this software writes into a statement."""


@dataclass(frozen=True, slots=True)
class Guards:
    """How the database guards the journal.

    missing  what should be there and is not, one sentence each; empty when all is there
    role     what the role that asks may do beyond its work, in a sentence; None when that is nothing
    """

    missing: tuple[str, ...]
    role: str | None


def look(connection: sa.Connection) -> Guards:
    """The guards of this database, as the role that asks sees them."""
    if connection.dialect.name == "sqlite":
        return Guards(
            tuple(_missing_in_sqlite(connection)), "SQLite knows no roles: whoever may write the file may all"
        )
    return Guards(tuple(_missing_in_postgresql(connection)), _excess(connection))


def _missing_in_sqlite(connection: sa.Connection) -> list[str]:
    found = {" ".join(str(row.sql).split()) for row in connection.execute(_SQLITE)}
    missing = []
    for statement in GUARDS["sqlite"]:
        wanted = " ".join(statement.replace("IF NOT EXISTS ", "").split())
        if wanted not in found:
            name = wanted.split()[2]
            missing.append(
                f"expected the trigger {name} on the journal, found none or another: open the cell to make it"
            )
    return missing


def _missing_in_postgresql(connection: sa.Connection) -> list[str]:
    row = connection.execute(_TRIGGER).first()
    if row is None:
        return ["expected the trigger journal_guard on the journal, found none: let the owner make it again"]
    missing = []
    if row.tgenabled not in ("O", "A"):
        missing.append("expected the trigger journal_guard to be enabled, found it disabled: let the owner enable it")
    if row.tgtype & _BEFORE_UPDATE_DELETE_TRUNCATE != _BEFORE_UPDATE_DELETE_TRUNCATE or row.tgtype & 1:
        missing.append("expected journal_guard before each update, delete and truncate, found it for fewer")
    if row.prosrc.strip() != _BODY:
        missing.append("expected the function of journal_guard to refuse, found another text: let the owner replace it")
    return missing


def _excess(connection: sa.Connection) -> str | None:
    row = connection.execute(_RIGHTS).first()
    if row is None:
        return None
    what = [
        word
        for word, is_so in (
            ("is a superuser", row.rolsuper),
            ("owns the journal", row.is_owner),
            ("may change rows of the journal or its triggers", row.may_change),
        )
        if is_so
    ]
    if not what:
        return None
    return f"the role {row.current_user} {', '.join(what)}: use an application role (tallystick cell database-roles)"


def owns_tables(connection: sa.Connection) -> bool:
    """May this role drop and make tables? An application role may not."""
    return connection.dialect.name != "postgresql" or bool(connection.execute(_OWNS).scalar())


def grants(role: str, others: Iterable[sa.Table]) -> list[str]:
    """The statements that an owner runs, so that `role` may do its work and no more.

    others  the tables beside the journal, which the role may change as it likes
    raises  BadRole
    """
    if not _ROLE.fullmatch(role):
        raise BadRole(f"expected a role of lower-case letters, digits and underscores, found {role!r}")
    free = ", ".join(f'"{table.name}"' for table in others)
    return [
        f'REVOKE ALL ON ALL TABLES IN SCHEMA public FROM "{role}"',
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f'REVOKE CREATE ON SCHEMA public FROM "{role}"',
        f'GRANT USAGE ON SCHEMA public TO "{role}"',
        f'GRANT SELECT, INSERT ON "{JOURNAL.name}" TO "{role}"',
        f'GRANT SELECT, UPDATE ON "{HEAD.name}", "{SEAL_HEAD.name}" TO "{role}"',
        f'GRANT SELECT, INSERT, UPDATE ON "{ACTOR.name}" TO "{role}"',
        f'GRANT SELECT, INSERT, UPDATE, DELETE ON {free} TO "{role}"',
    ]

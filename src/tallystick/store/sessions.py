"""Sign-in: credentials and server-side sessions. KEPT tables: the journal holds that sessions happened, not these."""

from collections.abc import Collection

import sqlalchemy as sa

from tallystick.ledger.statement import Statement
from tallystick.store.schema import ASSIGNMENT, CREDENTIAL, DRAFT, PERSON, SESSION, Row


def add_credential(connection: sa.Connection, *, login: str, person: str, sealed: bytes, is_demo: bool) -> None:
    """Give a person a login. `login` is its keyed digest; the words and the password's hash are in `sealed`."""
    connection.execute(CREDENTIAL.insert().values(login=login, person=person, sealed=sealed, is_demo=int(is_demo)))


def credential(connection: sa.Connection, login: str) -> Row | None:
    """The credential of a login by its keyed digest, or None."""
    return connection.execute(sa.select(CREDENTIAL).where(CREDENTIAL.c.login == login)).first()


def credential_from(connection: sa.Connection, login: str) -> Row | None:
    """The credential with this keyed digest, or else the next one, from the last on the first: None only without any.

    Whoever opens what this gives does the same work whether the login is known or not.
    """
    in_order = sa.select(CREDENTIAL).order_by(CREDENTIAL.c.login).limit(1)
    found = connection.execute(in_order.where(CREDENTIAL.c.login >= login)).first()
    return connection.execute(in_order).first() if found is None else found


def credentials(connection: sa.Connection) -> list[Row]:
    """All logins by their keyed digests, with person, sealed words, and whether it is a demo account."""
    query = sa.select(CREDENTIAL).order_by(CREDENTIAL.c.login)
    return list(connection.execute(query).all())


def demo_credentials(connection: sa.Connection) -> list[Row]:
    """Those of demo accounts."""
    return list(connection.execute(sa.select(CREDENTIAL).where(CREDENTIAL.c.is_demo == 1)).all())


def credentials_of(connection: sa.Connection, person: str) -> list[Row]:
    """Those of one person."""
    return list(connection.execute(sa.select(CREDENTIAL).where(CREDENTIAL.c.person == person)).all())


def add_session(
    connection: sa.Connection,
    *,
    token_digest: str,
    session: str,
    person: str,
    kind: str,
    csrf: str,
    now: int,
    until: int,
) -> None:
    """Remember an opened session by the digest of its token."""
    row = {
        "token_digest": token_digest, "session": session, "person": person, "kind": kind, "csrf": csrf,
        "opened_at": now, "expires_at": until,
    }  # fmt: skip
    connection.execute(SESSION.insert().values(row))
    connection.execute(SESSION.delete().where(SESSION.c.expires_at < now))


_SESSION = Statement(sa.select(SESSION).where(SESSION.c.token_digest == sa.bindparam("wanted")))
_SESSION_OF_PERSON = Statement(
    sa.select(SESSION, PERSON.c.roles, PERSON.c.expert_roles)
    .join(PERSON, PERSON.c.person == SESSION.c.person)
    .where(SESSION.c.token_digest == sa.bindparam("wanted"))
)


def session(connection: sa.Connection, token_digest: str) -> Row | None:
    """The session of a token, expired or not, or None."""
    return _SESSION.first(connection, {"wanted": token_digest})


def session_of_person(connection: sa.Connection, token_digest: str) -> Row | None:
    """The session of a token with the roles that its person has now, or None."""
    return _SESSION_OF_PERSON.first(connection, {"wanted": token_digest})


def sessions(connection: sa.Connection) -> list[Row]:
    """Every session that stands, by its public id."""
    return list(connection.execute(sa.select(SESSION).order_by(SESSION.c.session)).all())


def end_session(connection: sa.Connection, token_digest: str) -> None:
    """Forget a session."""
    connection.execute(SESSION.delete().where(SESSION.c.token_digest == token_digest))


def end_sessions_of(connection: sa.Connection, person: str) -> None:
    """Forget all sessions of a person, after their roles changed."""
    connection.execute(SESSION.delete().where(SESSION.c.person == person))


_SAVE_DRAFT = Statement(
    sa.text(
        "INSERT INTO draft (work, expert, sealed, saved_at) VALUES (:work, :expert, :sealed, :saved_at) "
        "ON CONFLICT (work, expert) DO UPDATE SET sealed = excluded.sealed, saved_at = excluded.saved_at"
    )
)
_OWN_DRAFT = (DRAFT.c.work == sa.bindparam("work"), DRAFT.c.expert == sa.bindparam("expert"))
_DRAFT = Statement(sa.select(DRAFT).where(*_OWN_DRAFT))
_DROP_DRAFT = Statement(DRAFT.delete().where(*_OWN_DRAFT))


def save_draft(connection: sa.Connection, *, work: str, expert: str, sealed: bytes, now: int) -> None:
    """Keep unsent work."""
    _SAVE_DRAFT.run(connection, {"work": work, "expert": expert, "sealed": sealed, "saved_at": now})


def draft(connection: sa.Connection, work: str, expert: str) -> Row | None:
    """Unsent work, or None."""
    return _DRAFT.first(connection, {"work": work, "expert": expert})


def drop_draft(connection: sa.Connection, work: str, expert: str) -> None:
    """Forget a draft: it was submitted."""
    _DROP_DRAFT.run(connection, {"work": work, "expert": expert})


def drop_drafts_on(connection: sa.Connection, items: Collection[str]) -> set[str]:
    """Forget unsent work on items that are erased; whose it was."""
    wanted, found = set(items), set[str]()
    rows = connection.execute(
        sa.select(DRAFT.c.work, DRAFT.c.expert, ASSIGNMENT.c.item).join(
            ASSIGNMENT, ASSIGNMENT.c.assignment == DRAFT.c.work, isouter=True
        )
    ).all()
    for row in rows:
        # A draft on a gold item is named after its qualification and the item.
        if (row.item or row.work.partition("|")[2]) in wanted:
            drop_draft(connection, row.work, row.expert)
            found.add(row.expert)
    return found


def forget(connection: sa.Connection, person: str) -> None:
    """Forget how an erased person signed in, their sessions and their unsent work."""
    for table in (CREDENTIAL, SESSION):
        connection.execute(table.delete().where(table.c.person == person))
    connection.execute(DRAFT.delete().where(DRAFT.c.expert == person))

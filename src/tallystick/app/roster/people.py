"""People: enrolment, roles, contracts, sign-in and sessions."""

import contextlib
import hashlib
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from tallystick import canon
from tallystick.app import access, erased
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.erased import Gone
from tallystick.app.kernel import Command, Decision, Receipt, Transaction, new_key
from tallystick.app.looking import About, Look
from tallystick.events.roster import PersonEnrolled, RegionDeclared, SessionEnded, SessionOpened
from tallystick.flow import roster as flow
from tallystick.flow.contract import BAD_REGION, is_region
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import erasure, intervention, roster, sessions
from tallystick.store import judgment as judgments
from tallystick.store import rubric as rubrics
from tallystick.store.schema import Row
from tallystick.store.vault import CELL_SCOPE, ObjectErased, VaultError, credential_place

PASSWORD_CHARACTERS_MIN = 12
SESSION_MICROSECONDS = {"page": 12 * 3600 * 1_000_000, "api": 24 * 3600 * 1_000_000}
_HASHER = PasswordHasher()
_DUMMY_HASH = _HASHER.hash(secrets.token_hex(16))
"""Checked when a login is unknown, so that known and unknown logins take the same time."""

_HASHING = threading.BoundedSemaphore(2)
"""Each check takes 64 MiB: whoever tries many passwords at once waits, and does not take the memory of the cell."""

BAD_SIGN_IN = Refused("sign-in-failed", "Login or password is not right. Check both and try again.", "login")


@dataclass(frozen=True, slots=True)
class Profile:
    """What the vault holds of a person."""

    name: str
    note: str


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person with the name from the vault."""

    row: Row
    profile: Profile
    roles: tuple[str, ...]
    expert_roles: tuple[str, ...]
    login: str | None
    qualified: int = 0  # rubrics under which they have qualified
    judgments: int = 0
    pre_contract: int = 0  # judgments before their contract was executed


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A person has joined."""

    person: str
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """Who is to join. Without a login the person cannot sign in with a password."""

    name: str
    roles: tuple[str, ...]
    expert_roles: tuple[str, ...] = ()
    note: str = ""
    login: str | None = None
    password: str | None = None
    is_simulated: bool = False
    is_demo: bool = False


def enrol(cell: Cell, actor: Actor, person: NewPerson, *, key: str) -> Enrolled | Refused:
    """Let a person join. The name goes into the vault, the password's hash into a table beside the journal."""
    if not access.allows(actor, "roster.write"):
        return access.ABSENT
    refused = check_new(person)
    if refused:
        return refused
    # Argon2 takes 50 ms on purpose: not while the writers' lock is held.
    hashed = _HASHER.hash(person.password) if person.password else None
    request = canon.encode(["enrol", person.name, list(person.roles), list(person.expert_roles), person.login])
    answer = cell.execute(Command(actor, "roster.write", key, request, lambda tx: _enrol(tx, person, hashed)))
    if isinstance(answer, Refused):
        return answer
    fact = answer.facts[0]
    assert isinstance(fact, PersonEnrolled)
    return Enrolled(fact.person, answer)


def check_new(person: NewPerson) -> Refused | None:
    """Why somebody cannot join as they are described, or None."""
    if not person.name.strip() or len(person.name) > 200:
        return Refused("name-missing", "Expected a name of 1 to 200 characters.", "name")
    if (person.login is None) != (person.password is None):
        return Refused("login-incomplete", "Expected a login and a password together, or neither.", "login")
    if person.login is not None and not 3 <= len(person.login.strip()) <= 100:
        return Refused("login-length", "Expected a login of 3 to 100 characters.", "login")
    if person.password is not None and not PASSWORD_CHARACTERS_MIN <= len(person.password) <= 1000:
        sentence = f"Expected a password of at least {PASSWORD_CHARACTERS_MIN} characters: a sentence is easy to keep."
        return Refused("password-short", sentence, "password")
    return flow.check_roles(list(person.roles), list(person.expert_roles))


def _enrol(tx: Transaction, person: NewPerson, hashed: str | None) -> Decision:
    who = tx.new_id("per")
    if person.login is not None and hashed is not None:
        login = tx.vault.keyed_digest(tx.connection, person.login.encode(), scope=CELL_SCOPE)
        if sessions.credential(tx.connection, login) is not None:
            return Refused("login-taken", f"The login {person.login} is taken: choose another.", "login")
        secret = canon.encode({"argon2": hashed, "login": person.login})
        sealed = tx.vault.seal_private(tx.connection, secret, scope=f"person:{who}", place=credential_place(login))
        sessions.add_credential(tx.connection, login=login, person=who, sealed=sealed, is_demo=person.is_demo)
    profile = canon.encode({"name": person.name.strip(), "note": person.note})
    return [
        PersonEnrolled(
            person=who, roles=list(person.roles), expert_roles=list(person.expert_roles), origin="observed",
            simulated=person.is_simulated, profile=tx.seal(profile, scope=f"person:{who}"),
        )
    ]  # fmt: skip


INTO_THEIR_WORK = (
    "This expert judged in a batch whose intervention is open: the rubric is looked at before the people. Let them "
    "stand down there when it comes to that, or close the intervention and say why."
)


def change_roles(
    cell: Cell, actor: Actor, person: str, *, roles: list[str], expert_roles: list[str], key: str
) -> Receipt | Refused:
    """Set a person's roles anew. Their sessions end, so that old roles are gone at once.

    Nobody stops being an expert while an intervention looks into what they judged: that is its own last step.
    """

    def decide(tx: Transaction) -> Decision:
        row = roster.person(tx.connection, person)
        if row is None:
            return access.ABSENT
        changed = flow.change_roles(person, roles, expert_roles)
        if isinstance(changed, Refused):
            return changed
        was = msgspec.json.decode(row.roles)
        into = intervention.into_work_of(tx.connection, person) if "expert" in was and "expert" not in roles else []
        if into:
            return Refused("intervention-open", INTO_THEIR_WORK, "roles", tuple(into))
        sessions.end_sessions_of(tx.connection, person)
        return [changed]

    request = canon.encode(["roles", person, roles, expert_roles])
    return cell.execute(Command(actor, "roster.write", key, request, decide))


def execute_contract(
    cell: Cell, actor: Actor, person: str, *, template: bytes, executed_at: int, ip_assigned_at: int, key: str
) -> Receipt | Refused:
    """Record when a person's contract and rights assignment were executed; times in microseconds.

    template  the contract's text; only its digest is kept
    """
    digest = canon.digest(template)

    def decide(tx: Transaction) -> Decision:
        row = roster.person(tx.connection, person)
        if row is None:
            return access.ABSENT
        fact = flow.execute_contract(
            person, template_digest=digest, executed_at=executed_at, ip_assigned_at=ip_assigned_at, now=tx.now,
            earlier=row.executed_at,
        )  # fmt: skip
        return fact if isinstance(fact, Refused) else [fact]

    request = canon.encode(["execute-contract", person, digest, executed_at, ip_assigned_at])
    return cell.execute(Command(actor, "roster.write", key, request, decide))


def declare_region(cell: Cell, actor: Actor, person: str, *, region: str, key: str) -> Receipt | Refused:
    """Declare where a person is when they read content: an ISO 3166 code such as DE or US-CA, or EU."""
    if not is_region(region):
        return BAD_REGION

    def decide(tx: Transaction) -> Decision:
        if roster.person(tx.connection, person) is None:
            return access.ABSENT
        return [RegionDeclared(person=person, region=region)]

    return cell.execute(Command(actor, "roster.write", key, canon.encode(["region", person, region]), decide))


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that was opened. The token is shown once and kept only as a digest."""

    token: str
    csrf: str
    actor: Actor
    expires_at: int


@dataclass(frozen=True, slots=True)
class Session:
    """A session that is alive."""

    actor: Actor
    csrf: str
    expires_at: int


def sign_in(cell: Cell, *, login: str, password: str, kind: str) -> SignedIn | Refused:
    """Open a session for a login and its password. Rate limits stand at the edge.

    kind  "page" for a browser, "api" for a program
    """
    with cell.read() as connection:
        credential = _credential(cell, connection, login)
    try:
        with _HASHING:
            _HASHER.verify(credential.argon2 if credential else _DUMMY_HASH, password)
    except VerificationError:
        return BAD_SIGN_IN
    return BAD_SIGN_IN if credential is None else open_session(cell, credential.person, kind=kind, method="password")


@dataclass(frozen=True, slots=True)
class _Credential:
    """What a person signs in with. The row has a keyed digest of the login; the words are sealed for the person."""

    person: str
    login: str
    argon2: str
    is_demo: bool


def known_person(cell: Cell, connection: journal.Connection, name: str) -> str | None:
    """The pseudonym of somebody here who is named by it or by their login; None for anybody else."""
    row = roster.person(connection, name)
    if row is not None:
        return str(row.person) if row.origin == "observed" else None
    found = _credential(cell, connection, name)
    return None if found is None else found.person


def _credential(cell: Cell, connection: journal.Connection, login: str) -> _Credential | None:
    """The credential of a login, or None: also when its person was erased."""
    digest = cell.vault.known_digest(connection, login.encode(), scope=CELL_SCOPE)
    row = sessions.credential_from(connection, digest) if digest else None
    # One is opened for an unknown login, too: its key may take the token a while, which would tell the known ones.
    if row is None or row.login == digest:
        return None if row is None else _opened(cell, connection, row)
    with contextlib.suppress(VaultError):  # what is wrong with somebody else's is not for whoever asks here
        _opened(cell, connection, row)
    return None


def _opened(cell: Cell, connection: journal.Connection, row: Row) -> _Credential | None:
    try:
        secret = cell.vault.open_private(
            connection, row.sealed, scope=f"person:{row.person}", place=credential_place(row.login)
        )
    except ObjectErased:
        return None
    words = msgspec.json.decode(secret)
    return _Credential(row.person, words["login"], words["argon2"], bool(row.is_demo))


def _credentials(cell: Cell, connection: journal.Connection, rows: list[Row]) -> list[_Credential]:
    """These credentials, by login, without those of erased people."""
    found = (_opened(cell, connection, row) for row in rows)
    return sorted((one for one in found if one is not None), key=lambda one: one.login)


def _logins(cell: Cell, connection: journal.Connection, rows: list[Row]) -> dict[str, str]:
    return {one.person: one.login for one in _credentials(cell, connection, rows)}


def open_session(cell: Cell, person: str, *, kind: str, method: str) -> SignedIn | Refused:
    """Open a session for a person whose identity has been established: the seam for single sign-on."""
    with cell.read() as connection:
        actor = None if is_erased(connection, person) else _actor(roster.person(connection, person))
    if actor is None:
        return BAD_SIGN_IN
    token, csrf, public = secrets.token_urlsafe(32), secrets.token_urlsafe(24), secrets.token_hex(16)

    def decide(tx: Transaction) -> Decision:
        sessions.add_session(
            tx.connection, token_digest=_digest(token), session=public, person=person, kind=kind, csrf=csrf,
            now=tx.now, until=tx.now + SESSION_MICROSECONDS[kind],
        )  # fmt: skip
        return [SessionOpened(person=person, session=public, method=method)]

    answer = cell.execute(Command(actor, "self", new_key(), b"session", decide))
    if isinstance(answer, Refused):
        return answer
    return SignedIn(token, csrf, actor, answer.at + SESSION_MICROSECONDS[kind])


def session_of(cell: Cell, token: str, *, kind: str) -> Session | None:
    """The live session of a token, or None. Roles are read anew each time."""
    with journal.glance(cell.engine) as connection:
        row = sessions.session_of_person(connection, _digest(token))
    if row is None or row.kind != kind or row.expires_at < cell.kernel.now():
        return None
    actor = _actor(row)
    return None if actor is None else Session(replace(actor, session=row.session), row.csrf, row.expires_at)


def sign_out(cell: Cell, token: str) -> Receipt | Refused:
    """End a session."""
    with cell.read() as connection:
        row = sessions.session(connection, _digest(token))
        actor = _actor(roster.person(connection, row.person)) if row else None
    if row is None or actor is None:
        return access.ABSENT

    def decide(tx: Transaction) -> Decision:
        sessions.end_session(tx.connection, _digest(token))
        return [SessionEnded(person=row.person, session=row.session)]

    return cell.execute(Command(actor, "self", new_key(), b"session", decide))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _actor(row: Row | None) -> Actor | None:
    if row is None:
        return None
    return Actor(
        row.person, frozenset(msgspec.json.decode(row.roles)), frozenset(msgspec.json.decode(row.expert_roles))
    )


def is_erased(connection: journal.Connection, person: str) -> bool:
    """Whether a person was erased: their pseudonym stays, and nobody acts under it any more."""
    return erasure.erased(connection, f"person:{person}") is not None


def actor_of(cell: Cell, person: str) -> Actor | None:
    """A person as an actor, or None."""
    with cell.read() as connection:
        return _actor(roster.person(connection, person))


def profiles_of(cell: Cell, connection: journal.Connection, rows: Sequence[Row], look: Look) -> dict[str, Profile]:
    """Person: their profile from the vault. Many are opened together, which takes a fraction of the time."""
    opened = erased.payloads(cell, connection, [row.profile for row in rows], look)
    return {row.person: _profile(opened[row.profile]) for row in rows}


def _profile(found: bytes | Gone) -> Profile:
    if isinstance(found, Gone):
        return Profile(found.sentence.capitalize(), "")
    data = msgspec.json.decode(found)
    return Profile(data["name"], data.get("note", ""))


def people(cell: Cell, actor: Actor, *, key: str | None = None) -> list[PersonView] | Refused:
    """Everybody in the cell, with names. That somebody read the names is an event."""
    with cell.read() as connection:
        everybody = tuple(row.person for row in roster.people(connection))
    about = About(subject="roster", what="profile", reason=reason_of(actor), subjects=everybody)
    look = cell.look(actor, "roster.read", about, key=key)
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        logins = _logins(cell, connection, sessions.credentials(connection))
        qualified, done = roster.qualified_rubrics(connection), roster.work_done(connection)
        rows = [row for row in roster.people(connection) if row.person in set(everybody)]
        profiles = profiles_of(cell, connection, rows, look)
        found = [_view(row, logins.get(row.person), profiles[row.person]) for row in rows]
    return [
        replace(
            view, qualified=qualified.get(view.row.person, 0), judgments=done.get(view.row.person, (0, 0))[0],
            pre_contract=done.get(view.row.person, (0, 0))[1],
        )
        for view in found
    ]  # fmt: skip


def demo_logins(cell: Cell) -> list[str]:
    """Logins of demo accounts: they exist only in a cell that the demo made."""
    with cell.read() as connection:
        return [one.login for one in _credentials(cell, connection, sessions.demo_credentials(connection))]


def reason_of(actor: Actor) -> str:
    """Why somebody who reads the roster does: to audit it, or because people are their work."""
    return "audit" if "auditor" in actor.roles else "staffing"


def names(cell: Cell, actor: Actor) -> dict[str, str] | Refused:
    """Person: name, of everybody in the cell, for pages that say who did something. The same look, and no more."""
    with cell.read() as connection:
        rows = roster.people(connection)
    about = About(
        subject="roster", what="profile", reason=reason_of(actor), subjects=tuple(row.person for row in rows)
    )  # fmt: skip
    look = cell.look(actor, "roster.read", about)
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        return {person: profile.name for person, profile in profiles_of(cell, connection, rows, look).items()}


def _view(row: Row, login: str | None, profile: Profile) -> PersonView:
    roles, expert_roles = msgspec.json.decode(row.roles), msgspec.json.decode(row.expert_roles)
    return PersonView(row, profile, tuple(roles), tuple(expert_roles), login)


@dataclass(frozen=True, slots=True)
class PersonPage:
    """One person with qualifications and latest judgments.

    lapsed  the qualifications that were passed under a version of a rubric that another one has replaced
    """

    person: PersonView
    qualifications: tuple[Row, ...]
    judgments: tuple[Row, ...]
    lapsed: frozenset[str] = frozenset()


def own_name(cell: Cell, actor: Actor) -> str:
    """How somebody is called, for the head of every page of theirs; their id where nothing more is known."""
    with cell.read() as connection:
        row = roster.person(connection, actor.person)
    if row is None:
        return actor.person
    look = cell.look(actor, "self", About(subject=actor.person, what="profile", reason="own-work"))
    if isinstance(look, Refused):
        return actor.person
    with cell.read() as connection:
        return profiles_of(cell, connection, [row], look)[actor.person].name


def person_page(cell: Cell, actor: Actor, person: str) -> PersonPage | Refused:
    """A person's page: for those who read the roster, and for the person."""
    if not access.allows(actor, "roster.read") and actor.person != person:
        return access.ABSENT
    with cell.read() as connection:
        row = roster.person(connection, person)
        if row is None:
            return access.ABSENT
    is_own = actor.person == person
    about = About(subject=person, what="profile", reason="own-work" if is_own else reason_of(actor))
    look = cell.look(actor, "self" if is_own else "roster.read", about)
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        logins = _logins(cell, connection, sessions.credentials_of(connection, person))
        return PersonPage(
            _view(row, logins.get(person), profiles_of(cell, connection, [row], look)[person]),
            (attempts := tuple(roster.qualifications(connection, person))),
            tuple(judgments.of_expert(connection, person)),
            frozenset(q.qualification for q in attempts if _is_lapsed(connection, q)),
        )  # fmt: skip


def _is_lapsed(connection: journal.Connection, attempt: Row) -> bool:
    now = rubrics.current(connection, attempt.programme, attempt.rubric)
    return attempt.state == "qualified" and now is not None and now.version != attempt.version

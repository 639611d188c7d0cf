"""People in a cell: they join, sign in, qualify, and leave no name in the journal."""

from pathlib import Path

import pytest
from living_cell import EVENT_TIME, GOLD, PROGRAMME, World, answer_of, gold_row, world_at

from tallystick.app import access, judgment, roster
from tallystick.app.access import Actor
from tallystick.app.kernel import KEY_REUSED, Receipt, new_key
from tallystick.app.roster import BAD_SIGN_IN, Enrolled, NewPerson, SignedIn
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import projection

PASSWORD = "correct horse battery"


def enrol(world: World, *, key: str = "", **changes: object) -> Enrolled | Refused:
    values = {"name": "Ada", "roles": ("expert",), "login": "ada", "password": PASSWORD} | changes
    return roster.enrol(world.cell, world.lead, NewPerson(**values), key=key or new_key())  # type: ignore[arg-type]  # by name


def sign_in(world: World, **changes: str) -> SignedIn | Refused:
    return roster.sign_in(world.cell, **({"login": "ada", "password": PASSWORD, "kind": "page"} | changes))


REFUSED: dict[str, tuple[dict[str, object], str]] = {
    "no name": ({"name": "  "}, "name-missing"),
    "a name without end": ({"name": "x" * 201}, "name-missing"),
    "a login without a password": ({"password": None}, "login-incomplete"),
    "a password without a login": ({"login": None}, "login-incomplete"),
    "a login of two letters": ({"login": " a "}, "login-length"),
    "a password that is short": ({"password": "eleven char"}, "password-short"),
    "no role": ({"roles": ()}, "no-role"),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_who_cannot_join_hears_why(reason: str, sqlite_url: str, tmp_path: Path) -> None:
    changes, code = REFUSED[reason]
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        found = enrol(world, key=new_key(), **changes)
        assert isinstance(found, Refused)
        assert found.code == code


def test_joining_twice_with_one_key_is_one_person(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell", gold=False) as world:
        key = new_key()
        first, again = enrol(world, key=key), enrol(world, key=key)
        assert isinstance(first, Enrolled)
        assert isinstance(again, Enrolled)
        assert (again.person, again.receipt.is_repeat) == (first.person, True)
        assert enrol(world, key=key, name="Eve") == KEY_REUSED
        taken = enrol(world)
        assert isinstance(taken, Refused)
        assert taken.code == "login-taken"
        assert roster.enrol(world.cell, Actor("per-x", frozenset({"expert"})), NewPerson(name="x", roles=()),
                            key=new_key()) == access.ABSENT  # fmt: skip


def test_signing_in_and_out(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell", gold=False) as world:
        enrol(world)
        session = sign_in(world)
        assert isinstance(session, SignedIn)
        alive = roster.session_of(world.cell, session.token, kind="page")
        assert alive is not None
        assert (alive.actor, alive.csrf) == (session.actor, session.csrf)
        assert roster.session_of(world.cell, session.token, kind="api") is None
        assert roster.session_of(world.cell, session.token + "x", kind="page") is None
        assert isinstance(roster.sign_out(world.cell, session.token), Receipt)
        assert roster.session_of(world.cell, session.token, kind="page") is None
        assert roster.sign_out(world.cell, session.token) == access.ABSENT
        with world.cell.read() as connection:
            entries = b"".join(bytes(row.entry) for row in connection.execute(journal.JOURNAL.select()).all())
        for secret in (session.token, session.csrf, PASSWORD, "argon2", "Ada"):
            assert secret.encode() not in entries


def test_unknown_and_wrong_look_the_same(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        enrol(world)
        assert sign_in(world, password="not the password") == BAD_SIGN_IN
        assert sign_in(world, login="nobody") == BAD_SIGN_IN
        assert sign_in(world, login="") == BAD_SIGN_IN


def test_a_session_ends_by_itself(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        enrol(world)
        session = sign_in(world)
        assert isinstance(session, SignedIn)
        assert session.expires_at == world.clock.at + 12 * 3600 * 1_000_000
        world.clock.pass_minutes(12 * 60 + 1)
        assert roster.session_of(world.cell, session.token, kind="page") is None


def test_new_roles_end_old_sessions_at_once(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        joined = enrol(world)
        session = sign_in(world)
        assert isinstance(joined, Enrolled)
        assert isinstance(session, SignedIn)
        roster.change_roles(world.cell, world.lead, joined.person, roles=["auditor"], expert_roles=[], key=new_key())
        assert roster.session_of(world.cell, session.token, kind="page") is None
        now = roster.actor_of(world.cell, joined.person)
        assert now is not None
        assert now.roles == {"auditor"}


def test_sessions_and_credentials_outlive_a_rebuild(database_url: str, tmp_path: Path) -> None:
    """They are kept tables: replaying the journal signs nobody out and forgets no password."""
    with world_at(database_url, tmp_path / "cell", gold=False) as world:
        enrol(world)
        session = sign_in(world)
        assert isinstance(session, SignedIn)
        projection.rebuild(world.cell.engine)
        assert roster.session_of(world.cell, session.token, kind="page") is not None
        assert isinstance(sign_in(world), SignedIn)


def test_a_contract_is_recorded_once(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        person = world.person("Ada", "expert").person

        def execute(at: int) -> Receipt | Refused:
            return roster.execute_contract(
                world.cell, world.lead, person, template=b"t", executed_at=at, ip_assigned_at=at, key=new_key()
            )

        codes = [found.code if isinstance(found, Refused) else None for found in map(execute, (EVENT_TIME + 1, 5, 5))]
        assert codes == ["contract-in-future", None, "contract-exists"]


def test_qualification_is_blind_and_in_an_order_of_ones_own(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        orders = [fail(world, world.expert(domains=())) for _ in range(2)]
        assert sorted(orders[0]) == sorted(orders[1])
        assert orders[0] != orders[1]


def fail(world: World, expert: Actor) -> list[str]:
    """Answer every gold item wrong; the items in their order."""
    begun = roster.start_qualification(world.cell, expert, programme=PROGRAMME, rubric="general", key=new_key())
    assert isinstance(begun, roster.Started)
    seen: list[str] = []
    while isinstance(task := roster.gold_task(world.cell, expert, begun.qualification), roster.GoldTask):
        assert "gold" not in repr(task.shown)
        seen.append(task.item)
        done = roster.answer_gold(
            world.cell, expert, begun.qualification, item=task.item, answer=answer_of("tie"), key=new_key()
        )
        assert isinstance(done, roster.Outcome)
        ended = len(seen) == GOLD
        assert (done.state, done.correct) == (("failed", 0) if ended else ("running", None))
    return seen


def test_a_gold_answer_counts_once(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        expert, other = world.expert(domains=()), world.expert(domains=())
        begun = roster.start_qualification(world.cell, expert, programme=PROGRAMME, rubric="general", key=new_key())
        assert isinstance(begun, roster.Started)
        task = roster.gold_task(world.cell, expert, begun.qualification)
        assert isinstance(task, roster.GoldTask)
        judgment.save_draft(world.cell, expert, f"{begun.qualification}|{task.item}", {"verdict": "tie"})
        again = roster.gold_task(world.cell, expert, begun.qualification)
        assert isinstance(again, roster.GoldTask)
        assert (again.item, again.draft) == (task.item, {"verdict": "tie"})

        def answer(actor: Actor, key: str) -> roster.Outcome | Refused:
            return roster.answer_gold(
                world.cell, actor, begun.qualification, item=task.item, key=key,
                answer=answer_of("tie", words="The same words."),
            )  # fmt: skip

        key = new_key()
        outcomes = [answer(expert, key), answer(expert, key)]
        assert [outcome.answered for outcome in outcomes if isinstance(outcome, roster.Outcome)] == [1, 1]
        late, stranger = answer(expert, new_key()), answer(other, new_key())
        assert isinstance(late, Refused)
        assert late.code == "already-answered"
        assert stranger == access.ABSENT


def test_who_failed_tries_again_on_other_gold_items_only(database_url: str, tmp_path: Path) -> None:
    """The stated error rates hold for items that the expert has not had."""
    with world_at(database_url, tmp_path / "cell") as world:
        expert = world.expert(domains=())

        def begin() -> roster.Started | Refused:
            return roster.start_qualification(world.cell, expert, programme=PROGRAMME, rubric="general", key=new_key())

        begun = begin()
        assert isinstance(begun, roster.Started)
        had = set()
        while isinstance(task := roster.gold_task(world.cell, expert, begun.qualification), roster.GoldTask):
            had.add(task.item)
            roster.answer_gold(
                world.cell, expert, begun.qualification, item=task.item, answer=answer_of("tie"), key=new_key()
            )
        refused = begin()
        assert isinstance(refused, Refused)
        assert refused.code == "gold-used-up"
        world.bring([gold_row(f"fresh-{n}") for n in range(GOLD)], batch="gold-2", purpose="gold")
        second = begin()
        assert isinstance(second, roster.Started)
        task = roster.gold_task(world.cell, expert, second.qualification)
        assert isinstance(task, roster.GoldTask)
        assert task.total == GOLD
        assert task.item not in had


def test_standings_tell_how_one_stands(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", domains=("general", "creative")) as world:
        expert = world.expert(domains=("general",))
        found = roster.standings(world.cell, expert, PROGRAMME)
        assert not isinstance(found, Refused)
        assert {s.rubric.rubric: (s.qualification.state if s.qualification else None, s.gold_items) for s in found} == {
            "general": ("qualified", GOLD), "creative": (None, GOLD),
        }  # fmt: skip
        rules = {(one.items, one.rule and (one.rule.pass_at, round(one.rule.power, 3))) for one in found}
        assert rules == {(GOLD, (5, 0.774))}
        assert {one.enough and one.enough.n for one in found} == {8}
        page = roster.person_page(world.cell, expert, expert.person)
        assert isinstance(page, roster.PersonPage)
        assert [q.state for q in page.qualifications] == ["qualified"]
        assert roster.person_page(world.cell, expert, world.lead.person) == access.ABSENT
        assert roster.people(world.cell, expert) == access.ABSENT

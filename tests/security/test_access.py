"""Every read of content is an event that is durable before anything is shown (10.1, 18.3): tried on every route."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from security.planted import MARK, Heard, Planted, planted_at

from tallystick.app import looking
from tallystick.app.access import Actor
from tallystick.app.kernel import Kernel
from tallystick.app.looking import About, Look, Unrecorded
from tallystick.edge import RouteRule
from tallystick.store.schema import KEPT, READ

ROLES = ("lead", "expert", "newcomer", "adjudicator", "researcher", "auditor", "engineer")
SOURCE = Path(__file__).parents[2] / "src" / "tallystick"
OPENING = {"open_all", "open_known", "open_rows", "open_private", "open_file"}
CAPABILITY = {"app/cell.py"}
"""Where the raw vault may be opened: by methods that demand a look."""
NO_CONTENT = {("app/roster/people.py", "_opened"), ("app/keeping.py", "_opened"), ("app/keeping.py", "faults")}
"""The password hash, for the door, which is no content; files of releases, in functions behind a look."""


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    folder = tmp_path_factory.mktemp("planted")
    with planted_at(f"sqlite+pysqlite:///{folder / 'cell.db'}", folder / "cell") as made:
        yield made


def reads(planted: Planted) -> list[tuple[str, RouteRule]]:
    """Every route that is asked with GET, pages and API."""
    return [(name.removeprefix("GET "), rule) for name, rule in planted.served.site.rules.items() if name[:3] == "GET"]


def asked(planted: Planted, path: str, role: str) -> list[str]:
    """The addresses of a route that are tried: with and without a reason, and with the words of others."""
    address = planted.address(path, role)
    more = [f"{address}?reason=review"] if "{item}" in path else []
    words = f"?words={'true' if path.startswith('/api') else 'yes'}&subject={planted.names['all']['item']}"
    more += [address + words] if path.endswith("/accesses") and "/me/" not in path else []
    return [address, *more]


def tour(planted: Planted, role: str) -> Iterator[tuple[str, Heard]]:
    for path, rule in reads(planted):
        for address in asked(planted, path, role):
            kind = "page" if rule.kind == "page" else "api"
            yield address, planted.hear(role, "GET", address, kind=kind)


@pytest.mark.parametrize("role", ROLES)
def test_no_route_shows_content_without_an_event_that_was_durable_before(planted: Planted, role: str) -> None:
    wrong = [f"{address}: {one}" for address, heard in tour(planted, role) for one in planted.complaints(role, heard)]
    assert wrong == []


def test_the_tour_meets_every_kind_of_content(planted: Planted) -> None:
    """Or the test above would find nothing because it shows nothing."""
    shown = {mark for role in ROLES for _, heard in tour(planted, role) for mark in MARK.findall(heard.response.text)}
    kinds = {mark.split("-")[1] for mark in shown}
    assert kinds == {mark.split("-")[1] for mark in planted.rules}


def forgetful(self: Kernel, actor: Actor, permission: str, about: About, **_rest: object) -> Look:
    """A route that shows content and forgets the event."""
    del self
    return looking.recorded(actor, actor.role_for(permission), about)


def test_a_route_that_forgets_is_found(planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Kernel, "look", forgetful)
    for role, path, kind in (
        ("lead", "/items/{item}?reason=review", "page"), ("lead", "/api/v1/items/{item}?reason=review", "api"),
        ("expert", "/api/v1/assignments/{work}", "api"), ("lead", "/api/v1/people", "api"),
        ("auditor", "/api/v1/releases/{release_id}/files/{path:path}", "api"),
    ):  # fmt: skip
        heard = planted.hear(role, "GET", planted.address(path, role), kind=kind)
        assert heard.response.status_code == 200
        assert planted.complaints(role, heard) != [], path


def test_a_look_of_the_wrong_subject_or_in_a_strange_role_is_found(
    planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Kernel.look

    def elsewhere(self: Kernel, actor: Actor, permission: str, about: About, **_rest: object) -> object:
        other = About(subject="itm-other", what=about.what, reason=about.reason)
        real(self, actor, permission, other)
        return looking.recorded(actor, "lead", about)

    monkeypatch.setattr(Kernel, "look", elsewhere)
    heard = planted.hear("lead", "GET", planted.address("/api/v1/items/{item}?reason=review", "lead"), kind="api")
    assert len(planted.complaints("lead", heard)) > 2


def test_an_event_that_comes_after_the_answer_does_not_count(planted: Planted) -> None:
    address = planted.address("/api/v1/items/{item}?reason=review", "lead")
    heard = planted.hear("lead", "GET", address, kind="api")
    assert planted.complaints("lead", heard) == []
    assert planted.complaints("lead", Heard(heard.response, heard.before, heard.before)) != []


# --- an auditor --------------------------------------------------------------------------------------------------


def state(planted: Planted) -> dict[str, list[tuple[object, ...]]]:
    """Every table but looks, receipts of commands and sessions."""
    beside = {"access", "receipt", "session"}
    with planted.world.cell.read() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(sa.select(table)).all()), key=repr)
            for table in (*READ.sorted_tables, *KEPT.sorted_tables)
            if table.name not in beside
        }


def test_an_auditor_sees_much_and_changes_nothing(planted: Planted) -> None:
    """SPEC 18.3: every route, with every method, as an auditor: looks are all that is left behind."""
    earlier, start = state(planted), planted.committed()
    statuses = set()
    for name, rule in planted.served.site.rules.items():
        method, path = name.split(" ", 1)
        if path in ("/sign-in", "/sign-out", "/api/v1/sessions", "/api/v1/sessions/current"):
            continue  # a session is neither content nor state of the programme
        fields = {"reason": "audit"} if path.endswith(("/why", "/items/{item}")) else None
        kind = "page" if rule.kind == "page" else "api"
        address = planted.address(path, "auditor")
        statuses.add(planted.hear("auditor", method, address, kind=kind, fields=fields).response.status_code)
    kinds = set()
    with planted.world.cell.read() as connection:
        for row in connection.execute(sa.text("select kind from journal where seq >= :start"), {"start": start}).all():
            kinds.add(row.kind)
    assert kinds == {"session-opened/1", "content-accessed/1"}
    now = state(planted)
    assert {name: now[name] for name in now if name not in ("vault_object", "vault_key")} == {
        name: earlier[name] for name in earlier if name not in ("vault_object", "vault_key")
    }
    assert now["vault_object"] == earlier["vault_object"]
    assert 200 in statuses
    assert {status for status in statuses if status < 300} <= {200}


# --- the capability -----------------------------------------------------------------------------------------------


def openings(text: str) -> Iterator[tuple[int, str, str]]:
    """Calls that open the raw vault, and looks that are made by hand: line, function around, call."""
    tree = ast.parse(text)
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        for call in [node for node in ast.walk(function) if isinstance(node, ast.Call)]:
            name = ast.unparse(call.func)
            head, _, last = name.rpartition(".")
            is_raw = head.endswith("vault") and (last == "open" or last in OPENING)
            if is_raw or name in ("Look", "looking.Look", "looking.recorded", "recorded"):
                yield call.lineno, function.name, name


def test_nothing_opens_the_vault_but_what_demands_a_look() -> None:
    found = [
        (str(path.relative_to(SOURCE)), function, name)
        for place in ("app", "web", "api", "edge", "cli", "sim")
        for path in sorted((SOURCE / place).rglob("*.py"))
        for _, function, name in openings(path.read_text())
    ]
    raw = [one for one in found if "vault" in one[2] and one[0] not in CAPABILITY and one[:2] not in NO_CONTENT]
    assert raw == []
    made = {one[0] for one in found if "vault" not in one[2]}
    assert made == {"app/kernel.py", "app/looking.py"}


@pytest.mark.parametrize(
    "text",
    ["def f(cell):\n    cell.vault.open(1, 2)", "def f(tx):\n    tx.vault.open_all(1, [])", "def f():\n    Look()"],
)
def test_the_search_finds_what_it_looks_for(text: str) -> None:
    assert len(list(openings(text))) == 1


def test_a_look_made_by_hand_opens_nothing(planted: Planted) -> None:
    with pytest.raises(Unrecorded, match="made by hand"):
        Look("per-1", "lead", "itm-1", "record", "review", object())
    with planted.world.cell.read() as connection:
        content = connection.execute(sa.text("select content from item limit 1")).scalar_one()
        with pytest.raises(Unrecorded, match="expected a look, found str"):
            planted.world.cell.open(connection, content, "lead")  # type: ignore[arg-type]  # what is tried
        with pytest.raises(Unrecorded, match="found content"):
            planted.world.cell.document(connection, content)

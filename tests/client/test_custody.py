"""Renewing keys with the typed client: every level, by an engineer, and once only when an answer is lost."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from client.test_client import Flaky
from served import InProcess, Served, served_at

from tallystick.app.access import Actor
from tallystick.client import Absent, Client, Refused


@pytest.fixture
def served(database_url: str, tmp_path: Path) -> Iterator[Served]:
    """A served cell with content, on either database."""
    with served_at(database_url, tmp_path / "cell") as served:
        served.world.work(1)
        yield served


def client_of(served: Served, actor: Actor, *, transport: httpx.BaseTransport | None = None) -> Client:
    inside = transport or InProcess(served.site)
    return Client("http://testserver", token=served.token(actor), transport=inside, pause=lambda _: None)


def engineer_of(served: Served) -> Actor:
    return served.world.person("Eva", "engineer")


def test_an_engineer_renews_every_level(served: Served) -> None:
    world = served.world
    expert = world.expert()
    with client_of(served, engineer_of(served)) as client:
        epoch = client.rotate_epoch()
        assert (epoch.epoch, epoch.destroyed, epoch.rewrapped > 0) == (2, [1], True)
        scope = client.rotate_scope(f"person:{expert.person}")
        assert (scope.scope, scope.generation, scope.rewrapped > 0) == (f"person:{expert.person}", 2, True)
        added = client.rotate_log_key()
        assert (added.before, added.retire_at) == ([world.cell.signers[0].vkey], None)
        assert client.retire_log_key(added.before[0]).events == 1
        keys = client.custody()
        assert [(one.epoch, one.state) for one in keys.epochs] == [(1, "destroyed"), (2, "current")]
        assert [(one.vkey, one.state) for one in keys.log_keys] == [
            (added.before[0], "retired"), (added.vkey, "active"),
        ]  # fmt: skip
        assert keys.log_keys[1].added_seq < (keys.log_keys[0].retired_seq or 0)
    world.judge(expert)


def test_a_log_key_is_given_its_end_beforehand(served: Served) -> None:
    later = served.world.cell.kernel.now() + 3_600_000_000
    with client_of(served, engineer_of(served)) as client:
        assert client.rotate_log_key(retire_at=later).retire_at == later
        with pytest.raises(Refused) as early:
            client.rotate_log_key(retire_at=1)
        assert (early.value.code, early.value.field) == ("retire-at", "retire_at")
        assert len(client.custody().log_keys) == 2


def test_what_cannot_be_renewed_is_refused_with_its_reason(served: Served) -> None:
    only = served.world.cell.signers[0].vkey
    with client_of(served, engineer_of(served)) as client:
        with pytest.raises(Refused) as scope:
            client.rotate_scope("person:nobody")
        with pytest.raises(Refused) as last:
            client.retire_log_key(only)
        with pytest.raises(Refused) as unknown:
            client.retire_log_key("another+00000000+AA")
        assert [one.value.code for one in (scope, last, unknown)] == ["no-such-scope", "last-log-key", "no-such-key"]
        assert [one.state for one in client.custody().log_keys] == ["active"]


def test_nobody_else_renews_keys(served: Served) -> None:
    with client_of(served, served.world.lead) as lead:
        for call in (
            lead.rotate_epoch, lead.rotate_log_key, lambda: lead.rotate_scope("cell"),
            lambda: lead.retire_log_key("a+00000000+AA"),
        ):  # fmt: skip
            with pytest.raises(Absent):
                call()
        assert [one.epoch for one in lead.custody().epochs] == [1]


def test_a_lost_answer_renews_nothing_twice(served: Served) -> None:
    engineer = engineer_of(served)
    flaky = Flaky(InProcess(served.site), loses=lambda number, request: request.method == "POST" and number % 2 == 1)
    with client_of(served, engineer, transport=flaky) as client:
        assert client.rotate_epoch().epoch == 2
        assert client.rotate_scope(f"person:{engineer.person}").generation == 2
        added = client.rotate_log_key()
        assert client.retire_log_key(added.before[0]).is_repeat
        keys = client.custody()
    assert ([one.epoch for one in keys.epochs], len(keys.log_keys)) == ([1, 2], 2)
    assert len(flaky.sent) == 2 * 4 + 1

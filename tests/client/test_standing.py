"""Held work over the API with the typed client."""

from pathlib import Path

import pytest
from held_work import hold
from living_cell import PROGRAMME
from served import InProcess, Served, served_at

from tallystick.app.access import Actor
from tallystick.client import Absent, Client, Conflict

NOTES = "The words speak of the other candidate, so it is judged again."


def client_of(served: Served, actor: Actor) -> Client:
    transport = InProcess(served.site)
    return Client("http://testserver", token=served.token(actor), transport=transport, pause=lambda _: None)


def test_held_work_is_reviewed_over_the_api(sqlite_url: str, tmp_path: Path) -> None:
    with served_at(sqlite_url, tmp_path / "cell") as served:
        world = served.world
        world.work(2)
        judge = world.expert()
        names = [world.judge(judge).judgment for _ in range(2)]
        hold(world, judge.person, *names)
        reader = world.person("Rae Reader", "expert", expert_roles=("reviewer",))
        with client_of(served, world.lead) as lead:
            seen = lead.held_work(PROGRAMME)
            assert (seen.number, [one.waiting for one in seen.holds], seen.mine) == (2, [2], [])
            assert [(one.batch, one.judgments) for one in seen.batches] == [("pilot", 2)]
            with pytest.raises(Absent):
                lead.held_judgment(names[0])
        with client_of(served, reader) as reviewer:
            listed = reviewer.held_work(PROGRAMME)
            assert ([one.judgment for one in listed.mine], listed.holds) == (names, [])
            opened = reviewer.held_judgment(names[0])
            assert judge.person not in repr(opened)
            assert opened.said.verdict in {"a_clearly", "b_clearly"}
            done = reviewer.judgment_stands(names[0])
            assert (done.decision, done.receipt.is_repeat) == ("stands", False)
            assert reviewer.judge_again(names[1], notes=NOTES, by_same=True).decision == "again"
            with pytest.raises(Conflict) as twice:
                reviewer.judge_again(names[1], notes=NOTES)
            assert twice.value.code == "not-held"
        # The item that is judged again comes back to its author.
        again = served.call(judge, "POST", f"/api/v1/programmes/{PROGRAMME}/next")
        assert again.status_code == 200

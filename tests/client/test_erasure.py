"""Erasing over the API with the typed client: preview, order, notice, certificate, and plain words afterwards."""

from pathlib import Path

import pytest
from served import InProcess, Served, served_at

from tallystick.app import erasure
from tallystick.app.access import Actor
from tallystick.audit.erasure import verify_certificate
from tallystick.audit.log import Status
from tallystick.client import Client, Conflict


def client_of(served: Served, actor: Actor) -> Client:
    transport = InProcess(served.site)
    return Client("http://testserver", token=served.token(actor), transport=transport, pause=lambda _: None)


def test_an_item_is_erased_over_the_api(sqlite_url: str, tmp_path: Path) -> None:
    with served_at(sqlite_url, tmp_path / "cell") as served:
        world = served.world
        world.work(1)
        item = world.judge(world.expert()).item
        with client_of(served, world.lead) as lead:
            seen = lead.preview_erasure("object", f"item:{item}", reason="mistake")
            assert (seen.items, seen.judgments, seen.releases) == ([item], 1, [])
            done = lead.erase("object", f"item:{item}", reason="mistake", words="Wrong file.")
            with pytest.raises(Conflict) as twice:
                lead.erase("object", f"item:{item}", reason="mistake")
            assert twice.value.code == "already-erased"
            with pytest.raises(Conflict) as early:
                lead.erasure_certificate(done.erasure)
            assert early.value.code == "not-final"
            assert [one.state for one in lead.erasures()] == ["ordered"]
            shown = served.call(world.lead, "GET", f"/api/v1/items/{item}?reason=review")
            assert shown.status_code == 200
            assert f"under erasure {done.erasure}" in shown.text
            erasure.finish_interrupted(world.cell)
            world.cell.seal()
            assert lead.erasure(done.erasure).has_certificate
            vkey = (world.cell.directory / "log.vkey").read_text()
            text = lead.erasure_certificate(done.erasure)
            assert verify_certificate(text, world.cell.log_directory, vkey).status is Status.OK
            assert lead.notices() == []
            assert lead.declare_region(world.lead.person, "DE").events == 1

"""Erasing through the pages: a look at what would be lost, the order, the words in its place, the certificate."""

import re

from served import Served
from web.visitor import Visitor, filled

from tallystick.app import erasure
from tallystick.flow.refusal import Refused


def test_a_lead_erases_an_item_through_the_pages(served: Served) -> None:
    world = served.world
    world.work(1)
    item = world.judge(world.expert()).item
    lead = Visitor(served, world.lead)
    assert "Nothing was erased." in lead.get("/erasures").text
    form = lead.filled(f"/erasures/new?target=item:{item}", "/erasures/new", step="preview")
    seen = lead.post("/erasures/new", form)
    assert seen.status_code == 200
    assert "This would be lost for ever" in seen.text
    assert item in seen.text
    done = lead.post("/erasures/new", filled(seen.text, "/erasures/new", step="order"))
    assert done.status_code == 303, done.text
    place = done.headers["location"].partition("?")[0]
    page = lead.get(place).text
    assert "unreadable here" in page
    assert lead.get(f"{place}/certificate").status_code == 409
    erasure.finish_interrupted(world.cell)
    page = lead.get(place).text
    assert re.search(r"every key that\s+ever wrapped its keys is destroyed", page)
    assert "tallystick/erasure/v1" in page
    assert lead.get(f"{place}/certificate").text.startswith("tallystick/erasure/v1")
    assert place.rpartition("/")[2] in lead.get("/erasures").text


def test_a_source_is_not_erased_by_a_slip(served: Served) -> None:
    world = served.world
    run = world.bring([{"id": "s-1", "domain": "general", "prompt": "Why?",
                        "candidates": [{"text": "one."}, {"text": "two."}]}]).run  # fmt: skip
    lead = Visitor(served, world.lead)
    form = lead.filled(f"/erasures/new?target=run:{run}", "/erasures/new", step="order")
    slip = lead.post("/erasures/new", form)
    assert slip.status_code == 409
    assert "Send the target once more" in slip.text
    rows = erasure.erasures(world.cell, world.lead)
    assert not isinstance(rows, Refused)
    assert rows == []
    sure = filled(slip.text, "/erasures/new", step="order", confirmed=f"run:{run}")
    assert lead.post("/erasures/new", sure).status_code == 303


def test_a_region_is_declared_on_the_page_of_a_person(served: Served) -> None:
    lead = Visitor(served, served.world.lead)
    home = f"/people/{served.world.lead.person}"
    wrong = lead.post(f"{home}/region", lead.filled(home, f"{home}/region", region="Germany"))
    assert wrong.status_code == 422
    right = lead.post(f"{home}/region", lead.filled(home, f"{home}/region", region="DE"))
    assert right.status_code == 303
    assert "<dd>DE</dd>" in lead.get(home).text

"""A lead's way through an intervention by its pages: what is next has a button, and what is not possible says why."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from failing_batch import WHY, failing_world, held_session, judge_all, opened, revised, state
from living_cell import PROGRAMME
from served import InProcess, Served
from web.visitor import Visitor, filled

from tallystick import api, edge, web


@contextmanager
def failing_pages(directory: Path, **terms: object) -> Iterator[Served]:
    """The pages of a cell in which a gate has failed."""
    url = f"sqlite+pysqlite:///{directory / 'cell.db'}"
    with failing_world(url, directory / "cell", **terms) as world:  # type: ignore[arg-type]  # by name
        site = edge.build(world.cell, mounts=(api.mount, web.mount), secure_cookies=False, hosts=())
        try:
            with httpx.Client(transport=InProcess(site), base_url="http://testserver") as http:
                yield Served(world, site, http)
        finally:
            site.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with failing_pages(tmp_path) as found:
        yield found


def act(lead: Visitor, wanted: str, name: str, /, **changes: object) -> httpx.Response:
    """Fill in a form of the page as it stands, and send it."""
    path = f"/interventions/{wanted}"
    action = f"{path}/{name}"
    return lead.post(action, filled(lead.get(path).text, action, **changes))


def test_the_way_from_a_failing_gate_to_a_passing_one(served: Served) -> None:
    world = served.world
    lead, wanted = Visitor(served, world.lead), opened(world)
    listed = lead.get(f"/programmes/{PROGRAMME}/interventions")
    assert listed.status_code == 200
    assert f"/interventions/{wanted}" in listed.text
    assert f"/interventions/{wanted}" in lead.get(f"/batches/{world.batch()}").text
    assert f"/programmes/{PROGRAMME}/interventions" in lead.get(f"/programmes/{PROGRAMME}/agreement").text
    page = lead.get(f"/interventions/{wanted}").text
    assert "Nobody stands down before the rubric was ruled out" in page
    assert f"/interventions/{wanted}/stand-down" not in page
    assert act(lead, wanted, "diagnose").status_code == 303
    page = lead.get(f"/interventions/{wanted}").text
    assert "What would help most" in page
    assert f"/interventions/{wanted}/calibrate" in page
    session = held_session(world, wanted)
    page = lead.get(f"/interventions/{wanted}").text
    assert f"/calibrations/{session}/revision" in page
    revised(world)
    assert act(lead, wanted, "requeue").status_code == 303
    assert "12 items wait to be judged again" in lead.get(f"/interventions/{wanted}").text
    judge_all(world)
    world.measure()
    page = lead.get(f"/interventions/{wanted}").text
    assert "The batch passes its gate" in page
    assert "Before and after" in page
    assert "<form" not in page.partition("<main")[2].partition("</main")[0]


def test_the_last_step_is_refused_in_words_and_keeps_what_was_typed(served: Served) -> None:
    world = served.world
    lead, wanted = Visitor(served, world.lead), opened(world)
    careless = world.experts[-1].person
    act(lead, wanted, "diagnose")
    fields = {"csrf": lead.csrf, "idempotency_key": "a-key-of-its-own-0001", "person": careless, "justification": WHY}
    early = lead.post(f"/interventions/{wanted}/stand-down", fields)
    assert early.status_code == 409
    assert "Nobody stands down before the rubric was ruled out" in early.text
    held_session(world, wanted)
    short = act(lead, wanted, "rule-out", justification="It is <clear>.")
    assert short.status_code == 422
    assert "It is &lt;clear&gt;." in short.text
    assert "at least 80 characters" in short.text
    assert act(lead, wanted, "rule-out", justification=WHY).status_code == 303
    page = lead.get(f"/interventions/{wanted}").text
    assert WHY in page
    assert page.count(f'<option value="{careless}"') == 1
    assert world.experts[0].person not in page.partition('id="stand-down"')[2].partition("</form>")[0]
    assert act(lead, wanted, "stand-down", justification=WHY).status_code == 303
    assert state(world, wanted).stood_down == {careless}
    assert act(lead, wanted, "reinstate", reason="A second look found the items unclear.").status_code == 303
    assert state(world, wanted).stood_down == set()
    assert act(lead, wanted, "close", words="The client gave up this domain.").status_code == 303
    assert "given up" in lead.get(f"/interventions/{wanted}").text


def test_others_see_no_names_no_words_and_no_buttons(served: Served) -> None:
    world = served.world
    wanted = opened(world)
    lead, other = Visitor(served, world.lead), Visitor(served, world.person("Rita Researcher", "researcher"))
    act(lead, wanted, "diagnose")
    held_session(world, wanted)
    act(lead, wanted, "rule-out", justification=WHY)
    mine, theirs = (one.get(f"/interventions/{wanted}").text for one in (lead, other))
    assert "Expert 2" in mine
    assert "Expert 2" not in theirs
    assert WHY not in theirs
    assert "<form" not in theirs.partition("<main")[2].partition("</main")[0]
    assert Visitor(served, world.experts[0]).get(f"/interventions/{wanted}").status_code == 404


def test_a_programme_without_a_failing_gate_says_so(tmp_path: Path) -> None:
    with failing_pages(tmp_path, careless=False, measure=False) as found:
        lead = Visitor(found, found.world.lead)
        assert "No gate has failed yet" in lead.get(f"/programmes/{PROGRAMME}/interventions").text
        assert "Intervention</a>" not in lead.get(f"/batches/{found.world.batch()}").text

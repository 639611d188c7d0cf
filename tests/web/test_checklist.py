"""The checklist and the phases of a programme through the pages and the typed client."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from living_cell import PROGRAMME
from pilot_scene import cut, moved, revised, worked
from served import InProcess, Served
from web.visitor import Visitor

from tallystick import api, edge, web
from tallystick.app import release
from tallystick.app.checklist.evaluating import SECTIONS
from tallystick.client import Absent, Client, Conflict
from tallystick.flow.checklist import LINES

ROOT = f"/programmes/{PROGRAMME}"
REASON = "We want to see whether experts agree on <real> items."


def test_each_line_stands_on_the_page_with_its_state_in_words_and_its_evidence(looked_at: Served) -> None:
    world = looked_at.world
    page = Visitor(looked_at, world.lead).get(f"{ROOT}/checklist").text
    for number, (name, title, _) in enumerate(LINES, 1):
        part = page.partition(f'<li id="{name}">')[2].partition("</li>\n<li id=")[0]
        assert f">{number}</span>" in part
        assert title in part
        assert re.search(r"</span> (pass|fail|not applicable)</span>", part), name
        assert ("What to do:" in part) == ("</span> fail</span>" in part)
        assert f'href="{ROOT}/' in part or "/receipts/" in part
    assert " lines fail, " in page
    assert f'href="{ROOT}/contract#rights"' in page
    assert f'href="{ROOT}/rubrics/general?version=1.0.0"' in page
    assert 'aria-current="page">Checklist</a>' in page
    engineer = Visitor(looked_at, world.person("Some engineer", "engineer"))
    assert engineer.get(f"{ROOT}/checklist").status_code == 200
    assert "Move the programme" not in engineer.get(f"{ROOT}/phase").text
    expert = Visitor(looked_at, world.person("Some expert", "expert"))
    assert expert.get(f"{ROOT}/checklist").status_code == 404
    assert expert.get(f"{ROOT}/phase").status_code == 404


def test_every_section_of_the_contract_that_the_checklist_names_is_on_its_page(looked_at: Served) -> None:
    visitor = Visitor(looked_at, looked_at.world.lead)
    wanted = set(re.findall(rf'href="{ROOT}/contract#([a-z]+)"', visitor.get(f"{ROOT}/checklist").text))
    text = visitor.get(f"{ROOT}/contract").text
    assert {"credentials", "welfare", "versions"} <= wanted
    assert wanted <= set(re.findall(r'<section id="([a-z]+)">', text))
    assert set(re.findall(r'<section id="([a-z]+)">', text)) >= SECTIONS


def test_the_contract_shows_its_optional_sections_and_what_holds_without_one(served: Served) -> None:
    visitor = Visitor(served, served.world.lead)
    text = visitor.get(f"{ROOT}/contract").text
    assert text.count('<p dir="auto">Not in this contract.</p>') == 6
    assert "No domain demands a credential of those who judge in it." in text
    rules = "welfare: {categories: {gore: {warning: 'Blood <b>.'}}, minutes_daily_max: 240}\n"
    revised(served.world, "1.1.0", more=rules + "credentials: [{type: degree, domains: [general]}]\n")
    text = visitor.get(f"{ROOT}/contract").text
    assert text.count('<p dir="auto">Not in this contract.</p>') == 4
    assert "type: degree" in text
    assert "warning: Blood &lt;b&gt;." in text
    assert "blurred: true" in text, "a usual value holds as well"


def test_a_new_version_of_a_contract_begins_with_the_text_in_force(served: Served) -> None:
    visitor = Visitor(served, served.world.lead)
    wanted = f"/contracts/new?of={PROGRAMME}"
    assert f'href="{wanted}"' in visitor.get(f"{ROOT}/contract").text
    in_force = visitor.get(f"{ROOT}/contract.yaml").text
    assert visitor.filled(wanted, "/contracts/new")["text"] == [in_force]
    assert visitor.filled("/contracts/new", "/contracts/new")["text"] == [""]
    assert visitor.get("/contracts/new?of=no-such-one").status_code == 404


def test_a_lead_moves_a_programme_and_reads_what_production_waits_for(served: Served) -> None:
    visitor = Visitor(served, served.world.lead)
    home = visitor.get(ROOT).text
    assert "The programme is being set up." in home
    assert "What production waits for" not in home
    form = visitor.filled(ROOT, f"{ROOT}/phase", phase="pilot", rationale="Because.")
    short = visitor.post(f"{ROOT}/phase", form)
    assert short.status_code == 422
    assert "Expected a rationale of at least 20 characters" in short.text
    assert ">Because.</textarea>" in short.text
    assert '<details class="criterion" open>' in short.text
    done = visitor.post(f"{ROOT}/phase", {**form, "rationale": REASON})
    assert done.headers["location"] == f"{ROOT}/phase?done=phase"
    page = visitor.get(done.headers["location"]).text
    assert "The programme has moved." in page
    assert "From draft to <b>pilot</b>" in page
    assert "on &lt;real&gt; items." in page
    assert re.search(
        r"checklist then: \d lines fail \(Observable behaviour; .*\), \d lines? pass(es)? and \d lines? do(es)? ", page
    )
    for text in (page, visitor.get(ROOT).text):
        assert "What production waits for" in text
        assert "No release was made in this pilot." in text
    early = visitor.post(f"{ROOT}/phase", visitor.filled(ROOT, f"{ROOT}/phase", phase="production", rationale=REASON))
    assert early.status_code == 409
    assert "Production waits for a pilot." in early.text
    assert "no-pilot-release" not in early.text
    assert f'href="{ROOT}/releases/new">Build a release</a>' in early.text


@pytest.fixture
def finished(tmp_path: Path) -> Iterator[Served]:
    """A served cell whose work is done."""
    with worked(f"sqlite+pysqlite:///{tmp_path / 'cell.db'}", tmp_path / "cell") as world:
        site = edge.build(world.cell, mounts=(api.mount, web.mount), secure_cookies=False)
        with httpx.Client(transport=InProcess(site), base_url="http://testserver") as http:
            yield Served(world, site, http)
        site.close()


def test_what_production_waits_for_leads_to_the_report_and_the_release_and_the_report_on_from_there(
    finished: Served,
) -> None:
    world = finished.world
    moved(world, "pilot")
    made = cut(world)
    assert isinstance(made, release.Made), made
    lead = Visitor(finished, world.lead)
    for path in (ROOT, f"{ROOT}/phase"):
        text = lead.get(path).text
        assert f'<a href="{ROOT}/report">Report on quality</a>' in text
        assert f'<a href="/releases/{made.release}">answers 1.0.0</a>' in text
        assert "Closing ends this pilot." in text
    assert f'<a href="/releases/{made.release}">Open the release<' in lead.get(f"{ROOT}/phase").text
    refused = lead.post(f"{ROOT}/phase", lead.filled(ROOT, f"{ROOT}/phase", phase="production", rationale=REASON))
    assert refused.status_code == 409
    assert "report-incomplete" not in refused.text
    assert f'drifts. <a href="{ROOT}/sentinels">Sentinels</a>' in lead.get(f"{ROOT}/report").text
    engineer = Visitor(finished, world.person("An engineer", "engineer")).get(f"{ROOT}/phase").text
    assert "/releases/" not in engineer
    assert f'"{ROOT}/report"' not in engineer


def test_the_client_reads_and_moves_as_the_pages_do(served: Served) -> None:
    world = served.world
    transport = InProcess(served.site)
    with Client("http://testserver", token=served.token(world.lead), transport=transport) as lead:
        found = lead.checklist(PROGRAMME)
        assert [line.title for line in found.lines] == [title for _, title, _ in LINES]
        assert found.failed == sum(line.state == "fail" for line in found.lines)
        assert all(line.evidence and line.evidence[0].href.startswith("/") for line in found.lines)
        assert (lead.phase(PROGRAMME).phase, lead.phase(PROGRAMME).ways) == ("draft", ["pilot", "closed"])
        with pytest.raises(Conflict) as order:
            lead.move_phase(PROGRAMME, "production", rationale=REASON)
        assert order.value.code == "phase-order"
        moved = lead.move_phase(PROGRAMME, "pilot", rationale=REASON)
        assert (moved.before, moved.phase) == ("draft", "pilot")
        assert moved.failed == [line.id for line in found.lines if line.state == "fail"]
        now = lead.phase(PROGRAMME)
        assert [(one.seq, one.rationale) for one in now.moves] == [(moved.receipt.first_seq, REASON)]
        assert [one.code for one in now.missing] == ["no-pilot-release"]
        with pytest.raises(Conflict) as waits:
            lead.move_phase(PROGRAMME, "production", rationale=REASON)
        assert (waits.value.code, list(waits.value.names)) == ("pilot-incomplete", ["no-pilot-release"])
    expert = world.person("Some expert", "expert")
    with Client("http://testserver", token=served.token(expert), transport=InProcess(served.site)) as stranger:
        for call in (stranger.checklist, stranger.phase):
            with pytest.raises(Absent):
                call(PROGRAMME)


def test_an_expert_of_a_closed_programme_is_told_so_and_where_else_work_may_be(served: Served) -> None:
    world = served.world
    expert = world.expert()
    world.work(1)
    moved(world, "closed")
    page = Visitor(served, expert).get(f"/work/{PROGRAMME}")
    assert page.status_code == 200
    assert "This programme is closed: nothing new begins in it." in page.text
    assert "Other programmes may have work for you" in page.text

"""The pages of sentinels: rates are looked at before they are set, a fall is decided on, an auditor checks."""

import re

from living_cell import PROGRAMME, answer_of, gold_row, shown_as
from served import Served
from web.visitor import Visitor

from tallystick.app import assignment, judgment, roster, sentinel
from tallystick.app.assignment import Task
from tallystick.app.kernel import new_key
from tallystick.flow.refusal import Refused

ROOT = f"/programmes/{PROGRAMME}/sentinels"
ASKED = "?acceptable_ppm=95&unacceptable_ppm=50&found_within=60&found_ppm=90&false_horizon=600&false_ppm=5"


def test_rates_are_seen_then_set_then_a_fall_is_decided_and_the_schedule_checked(served: Served) -> None:

    world = served.world
    expert, lead = world.expert(), Visitor(served, world.lead)
    auditor = Visitor(served, world.person("Ada", "auditor"))
    world.work(80)
    world.bring([gold_row(f"s-{n}") for n in range(30)], batch="known", purpose="gold")
    assert "No sentinels are mixed into this programme." in lead.get(ROOT).text
    seen = lead.get(f"{ROOT}/offer{ASKED}").text
    assert re.search(r"Of 1,000 judgments \d+ are sentinels", seen)
    assert "35 gold items last" in seen
    assert auditor.get(f"{ROOT}/offer{ASKED}").status_code == 200
    assert f'action="{ROOT}"' not in auditor.get(f"{ROOT}/offer{ASKED}").text
    assert lead.post(ROOT, lead.filled(f"{ROOT}/offer{ASKED}", ROOT)).headers["location"] == f"{ROOT}?done=sentinels"
    while not world_has_crossed(served):
        task = assignment.next_task(world.cell, expert, PROGRAMME)
        assert isinstance(task, Task)
        wrong = answer_of(shown_as(task, "b_clearly"))
        judgment.submit(world.cell, expert, task.assignment, wrong, key=new_key())
    sentinel.announce(world.cell, is_at_once=True)
    text = lead.get(ROOT).text
    assert "work stopped" in text
    name = roster.names(world.cell, world.lead)
    assert not isinstance(name, Refused)
    assert f'href="/people/{expert.person}">{name[expert.person]}</a>' in text
    main = text[text.index("<main") :]
    assert re.findall(r">[^<]*\bper-[^<]*<", main) == [], "names, for who reads the roster"
    researcher = Visitor(served, world.person("Rea", "researcher")).get(ROOT).text
    assert expert.person in researcher
    assert name[expert.person] not in researcher
    assert "waits for you" in text
    here = f"{ROOT}/charts/{expert.person}/general"
    assert "not before" in lead.get(here).text
    short = lead.post(here, lead.filled(here, here, found="gold", words="no"))
    assert short.status_code == 422
    assert "at least 20 characters" in short.text
    done = lead.post(here, lead.filled(here, here, found="gold", words="One gold item was wrong: it is replaced."))
    assert done.headers["location"] == f"{here}?done=decided"
    assert auditor.get(f"{ROOT}/schedule").status_code == 200  # an auditor who gives no reason audits
    asked = lead.get(f"{ROOT}/schedule").text
    assert "Why do you look?" in asked
    assert "as the secret says" in lead.get(f"{ROOT}/schedule?reason=audit").text


def world_has_crossed(served: Served) -> bool:
    found = sentinel.overview(served.world.cell, served.world.lead, PROGRAMME)
    assert isinstance(found, sentinel.Overview)
    return any(one.row.state == "crossed" for one in found.charts)


def test_gold_that_runs_out_says_what_to_do_and_leads_there(served: Served) -> None:
    world = served.world
    lead = Visitor(served, world.lead)
    assert "import more gold items" not in lead.get(ROOT).text
    world.expert()
    text = lead.get(ROOT).text
    assert "used up" in text or "low" in text
    assert "Gold runs out: import more gold items" in text
    assert f'<a href="/programmes/{PROGRAMME}/import">Import</a>' in text
    researcher = Visitor(served, world.person("Rea", "researcher")).get(ROOT).text
    assert "Gold runs out: import more gold items" in researcher
    assert f'/programmes/{PROGRAMME}/import"' not in researcher


def test_rates_that_cannot_be_kept_come_back_with_the_form(served: Served) -> None:
    lead = Visitor(served, served.world.lead)
    for query, said in (
        ("?acceptable_ppm=50&unacceptable_ppm=80", "accuracy that is not acceptable"),
        ("?found_within=nothing", "Expected 1 to 200,000 judgments"),
        ("?acceptable_ppm=92&unacceptable_ppm=86&found_within=20", "Not even with all work as sentinels"),
    ):
        answer = lead.get(f"{ROOT}/offer{query}")
        assert answer.status_code == 422
        assert said in answer.text

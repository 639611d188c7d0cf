"""Agreement by slice on the page and in the API: one measurement with two faces; an unknown axis is refused."""

import re

from living_cell import PROGRAMME
from served import Served
from web.test_diagnosis import divided
from web.visitor import Visitor

V1 = f"/api/v1/programmes/{PROGRAMME}/agreement"
PAGE = f"/programmes/{PROGRAMME}/agreement"


def test_the_page_and_the_api_show_the_same_parts(served: Served) -> None:
    divided(served)
    lead = served.world.lead
    told = served.call(lead, "GET", f"{V1}?by=difficulty").json()
    hard, easy = sorted(told["slices"], key=lambda one: one["agreement"]["value"])
    assert (hard["name"], easy["name"], told["left_out"]) == ("hard", "easy", 0)
    assert easy["agreement"]["value"] == 1.0
    assert hard["threshold_ppm"] == easy["threshold_ppm"] == 740_000
    assert (hard["agreement"]["n_items"], hard["expected"]) == (20, 0)
    visitor = Visitor(served, lead)
    page = visitor.get(f"{PAGE}/slices?by=difficulty").text
    row = re.search(r'<th scope="row" data-label="Difficulty">hard</th>.*?</tr>', page, re.DOTALL)
    assert row is not None
    assert f"{hard['agreement']['value']:.2f}" in row[0]
    assert "Measured now from all judgments" in page
    for axis in told["axes"]:
        assert visitor.get(f"{PAGE}/slices?by={axis}").status_code == 200
    assert f'href="{PAGE}/slices"' in visitor.get(PAGE).text


def test_criteria_and_weeks_are_axes_too(served: Served) -> None:
    divided(served)
    lead = served.world.lead
    criteria = served.call(lead, "GET", f"{V1}?by=criterion").json()["slices"]
    assert [one["name"] for one in criteria] == ["general: reasoning", "general: concision"]
    assert {one["agreement"]["level"] for one in criteria} == {"ordinal"}
    (week,) = served.call(lead, "GET", f"{V1}?by=week").json()["slices"]
    assert re.fullmatch(r"[0-9]{4}-W[0-9]{2}", week["name"])


def test_weeks_are_drawn_with_intervals_and_the_threshold_of_their_rubric(served: Served) -> None:
    world = served.world
    experts = [world.expert(), world.expert()]
    world.work(24)
    for week in range(2):
        for _ in range(12):
            for expert in experts:
                world.judge(expert, "a_clearly" if expert is experts[0] else "b_clearly")
        world.clock.pass_minutes(7 * 24 * 60 * (1 - week))
    page = Visitor(served, world.lead).get(f"{PAGE}/slices?by=week").text
    part = page.partition("Over time")[2].partition("</section>")[0]
    assert "Agreement by week under the rubric general" in part
    assert part.count("plot-whisker") == 2
    assert ("Threshold 0.74." in part, "plot-threshold" in part) == (True, True)


def test_an_unknown_axis_is_refused_with_those_that_there_are(served: Served) -> None:
    divided(served)
    refused = served.call(served.world.lead, "GET", f"{V1}?by=colour")
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "unknown-axis")
    assert "difficulty" in refused.json()["error"]["sentence"]
    page = Visitor(served, served.world.lead).get(f"{PAGE}/slices?by=%3Cscript%3E")
    assert page.status_code == 422
    assert "<script>" not in page.text


def test_nothing_judged_yet_is_said(served: Served) -> None:
    served.world.work(1)
    assert served.call(served.world.lead, "GET", V1).json()["slices"] == []
    assert "Nothing was judged yet" in Visitor(served, served.world.lead).get(f"{PAGE}/slices").text

"""Monitoring on pages and in the API: one set of figures with two faces, no ranks, nothing of others on one's own."""

import re

from app.test_monitoring import biased, divided_imports
from living_cell import PROGRAMME
from served import Served
from web.visitor import Visitor

V1 = f"/api/v1/programmes/{PROGRAMME}"
PAGE = f"/programmes/{PROGRAMME}"


def test_the_overview_shows_the_same_figures_as_the_api_and_names_in_order(served: Served) -> None:
    divided_imports(served.world, raters=2)
    lead = served.world.lead
    told = served.call(lead, "GET", f"{V1}/monitoring?by=difficulty").json()
    page = Visitor(served, lead).get(f"{PAGE}/monitoring?by=difficulty").text
    whole = next(
        one for one in told["shares"]
        if one["kind"] == {"measure": "disagreement", "dimension": "general: reasoning", "family": "all"}
    )  # fmt: skip
    share = f"{100 * whole['rate']['share']:.0f} %"
    row = re.search(r'<th scope="row" data-label="What">Reasoning \(general\)</th>.*?</tr>', page, re.DOTALL)
    assert row is not None
    assert share in page
    assert whole["rate"]["interval"]["low"] < whole["rate"]["share"] < whole["rate"]["interval"]["high"]
    assert [judge["name"] for judge in told["judges"]] == sorted(judge["name"] for judge in told["judges"])
    links = re.findall(rf'href="({PAGE}/experts/[^"]+)"', page)
    assert len(links) == 2
    one = Visitor(served, lead).get(links[0])
    assert one.status_code == 200
    assert "What would help" in one.text
    assert served.call(lead, "GET", f"{V1}/monitoring?by=colour").status_code == 422
    assert Visitor(served, lead).get(f"{PAGE}/monitoring?by=%3Cb%3E").status_code == 422


def test_too_few_rows_show_no_share_anywhere(served: Served) -> None:
    world = served.world
    expert = world.expert()
    world.work(3)
    for _ in range(3):
        world.judge(expert, "a_clearly")
    page = Visitor(served, world.lead).get(f"{PAGE}/experts/{expert.person}").text
    assert "too few" in page
    assert not re.search(r"\d %", page.partition("What would help")[2].partition("Intervals")[0])
    told = served.call(world.lead, "GET", f"{V1}/experts/{expert.person}").json()
    assert {one["rate"]["share"] for one in told["figures"]} == {None}
    assert {one["rate"]["interval"] for one in told["figures"]} == {None}
    assert {one["pooled"] for one in told["figures"]} == {None}
    batch = world.batch()
    assert "Too few items" in Visitor(served, world.lead).get(f"/batches/{batch}/confusion").text


def test_an_expert_sees_their_own_figures_and_of_others_nothing(served: Served) -> None:
    world = served.world
    mine, other = world.expert(), world.expert()
    world.work(30)
    for _ in range(30):
        world.judge(mine)
    for n in range(30):
        world.judge(other, "abstain" if n < 25 else "a_clearly")
    page = Visitor(served, mine).get(f"/me/figures/{PROGRAMME}").text
    assert "30 judgments of yours" in page
    assert other.person not in page
    assert "All experts" not in page
    told = served.call(mine, "GET", f"/api/v1/me/figures/{PROGRAMME}").json()
    assert told["judgments"] == 30
    # Of those who abstained nothing is compared: five items are no step of twenty.
    assert (told["closed"], told["differing"]["share"]) == (0, None)
    assert "sentinel" not in page.lower()
    assert f'href="/me/figures/{PROGRAMME}"' in Visitor(served, mine).get("/me").text


def test_confusion_shows_what_chance_would_give(served: Served) -> None:
    divided_imports(served.world, raters=2)
    batch, lead = served.world.batch(), served.world.lead
    told = served.call(lead, "GET", f"/api/v1/batches/{batch}/confusion?of=reasoning").json()
    assert told["reason"] is None
    assert sum(cell["observed"] for cell in told["cells"]) > 0.999
    page = Visitor(served, lead).get(f"/batches/{batch}/confusion?of=reasoning").text
    assert "where chance alone would give" in page
    assert 'class="matrix"' in page
    assert f"/batches/{batch}/confusion" in Visitor(served, lead).get(f"/batches/{batch}").text
    refused = served.call(lead, "GET", f"/api/v1/batches/{batch}/confusion?of=colour")
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "unknown-dimension")


def test_an_audit_is_made_on_the_page_and_explained_in_sentences(served: Served) -> None:
    world = served.world
    biased(world)
    visitor = Visitor(served, world.lead)
    assert "No audit was made yet" in visitor.get(f"{PAGE}/shortcuts").text
    place = f"{PAGE}/shortcuts"
    refused = visitor.post(place, visitor.filled(place, place, language="fr"))
    assert refused.status_code == 409
    done = visitor.post(place, visitor.filled(place, place))
    assert done.status_code == 303
    page = visitor.get(done.headers["location"]).text
    assert "The audit is recorded" in page
    assert "An answer longer by one usual difference is preferred in" in page
    assert "Expert 0, judged here" in page
    told = served.call(world.lead, "GET", f"{V1}/shortcut-audits").json()
    assert len(told["audits"]) == 1
    assert {group["axis"] for group in told["audits"][0]["groups"]} == {"all", "rubric_version", "expert"}
    again = served.call(world.lead, "POST", f"{V1}/shortcut-audits", body={"language": "en"})
    assert again.status_code == 201
    assert len(served.call(world.lead, "GET", f"{V1}/shortcut-audits").json()["audits"]) == 2


def test_the_report_is_a_page_an_answer_and_markdown(served: Served) -> None:
    divided_imports(served.world, raters=2)
    served.world.measure()
    lead = served.world.lead
    told = served.call(lead, "GET", f"{V1}/report").json()
    visitor = Visitor(served, lead)
    page, text = visitor.get(f"{PAGE}/report").text, visitor.get(f"{PAGE}/report.md").text
    for section in told["sections"]:
        assert section["title"] in text
        for cause in section["causes"]:
            for number in cause["numbers"]:
                assert number["origin"]
    assert "Does agreement reach its thresholds?" in page
    assert text.startswith("# Quality of Plain answers")
    assert not re.search(r"prs-[0-9a-f]+", page.partition("<main")[2]), "no person is named"

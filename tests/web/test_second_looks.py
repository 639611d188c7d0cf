"""Cases and second looks through their forms, as a browser without scripts sends them."""

import re

import pytest
from living_cell import PROGRAMME
from served import Served
from web.visitor import Visitor, filled

from tallystick.app import adjudication
from tallystick.app.kernel import new_key

ROOT = f"/programmes/{PROGRAMME}"
NOTES = "The first step does not follow from the question."
ITEM = r'href="(/disagreements/itm[^"]+)"'


@pytest.fixture
def scene(served: Served) -> Served:
    """Two items on which two experts divide, and three on which they agree."""
    served.world.work(5)
    first, second = served.world.expert(), served.world.expert()
    for verdict in ("b_clearly", "b_clearly", "a_clearly", "a_clearly", "a_clearly"):
        served.world.judge(first)
        served.world.judge(second, verdict)
    return served


def adjudicator(scene: Served) -> Visitor:
    return Visitor(scene, scene.world.person("A judge", "expert", expert_roles=("adjudicator",)))


def take_next(visitor: Visitor) -> str:
    """Take the case that comes first; its address."""
    action = f"{ROOT}/disagreements/next"
    text = visitor.get(f"{ROOT}/disagreements").text
    return str(visitor.post(action, filled(text, action)).headers["location"])


def test_a_case_is_taken_from_the_queue_given_back_and_taken_by_somebody_else(scene: Served) -> None:
    one, two = adjudicator(scene), adjudicator(scene)
    case = take_next(one)
    assert "What the judges said" in one.get(case).text
    assert f'You work on <a href="{case}">' in one.get(f"{ROOT}/disagreements").text
    assert case not in two.get(f"{ROOT}/disagreements").text
    held = two.get(case).text
    assert "Another adjudicator works on this case now." in held
    assert "What the judges said" not in held
    assert f'action="{case}/take"' not in held
    back = one.post(f"{case}/give-back", filled(one.get(case).text, f"{case}/give-back"))
    assert back.headers["location"] == f"{ROOT}/disagreements?done=case-returned"
    assert take_next(two) == case
    lead = Visitor(scene, scene.world.lead)
    assert "being decided" in lead.get(f"{ROOT}/disagreements").text


def test_a_second_case_leads_back_to_the_first(scene: Served) -> None:
    one = adjudicator(scene)
    queue = re.findall(ITEM, one.get(f"{ROOT}/disagreements").text)
    case = take_next(one)
    other = next(address for address in queue if address != case)
    sent = one.post(f"{other}/take", filled(one.get(other).text, f"{other}/take"))
    assert sent.headers["location"] == f"{case}?done=holding"
    assert "You work on this case already" in one.get(f"{case}?done=holding").text


def test_a_case_is_sent_back_with_a_remark_on_the_rubric(scene: Served) -> None:
    one, lead = adjudicator(scene), Visitor(scene, scene.world.lead)
    case = take_next(one)
    typed = {
        "decision": "return", "why": "unclear_rubric", "by_same": "yes", "criteria": "reasoning", "notes": NOTES,
        "remark_1_criterion": "reasoning", "remark_1_what": "ambiguous", "remark_1_words": "Short",
    }  # fmt: skip
    refused = one.post(case, one.filled(case, case) | typed)
    assert refused.status_code == 422
    again = filled(refused.text, case)
    assert (again["remark_1_words"], again["why"], again["by_same"]) == (["Short"], ["unclear_rubric"], ["yes"])
    assert "Expected at least 10 characters on reasoning" in refused.text
    done = one.post(case, again | {"remark_1_words": "Say what counts as a step."})
    assert done.headers["location"] == f"{ROOT}/disagreements?done=sent-back"
    assert one.get(case).status_code == 404  # they could be the one who judges it again
    assert "withdrawn: judged again" in lead.get(f"{ROOT}/disagreements?state=withdrawn").text
    assert case not in re.findall(ITEM, lead.get(f"{ROOT}/disagreements").text)
    assert case in re.findall(ITEM, lead.get(f"{ROOT}/disagreements?state=withdrawn").text)
    rubric = lead.get(f"{ROOT}/rubrics/general").text
    assert "1 remark of an adjudicator" in rubric
    told = lead.get(f"{ROOT}/rubric-feedback/general").text
    assert "Say what counts as a step." in told
    assert "A judge" not in told


def test_overturn_rates_are_told_beside_the_queue(scene: Served) -> None:
    one, lead = adjudicator(scene), Visitor(scene, scene.world.lead)
    assert "No case was settled yet." in lead.get(f"{ROOT}/overturns").text
    case = take_next(one)
    typed = {"decision": "settle", "verdict": "a_clearly", "criteria": "reasoning", "notes": NOTES}
    assert one.post(case, one.filled(case, case) | typed).status_code == 303
    text = lead.get(f"{ROOT}/overturns").text
    assert "From 1 settled case." in text
    assert "Expert 0" in text
    assert "too few: between" in text


def test_items_are_drawn_looked_at_again_and_told(scene: Served) -> None:
    one, lead = adjudicator(scene), Visitor(scene, scene.world.lead)
    page = f"{ROOT}/rereview"
    text = lead.get(page).text
    assert "nothing is known of the defects that got through" in text
    for wrong in ({"medium": "many"}, {"medium": "9"}, {}):
        refused = lead.post(page, filled(text, page) | wrong)
        assert refused.status_code == 422
    done = lead.post(page, filled(text, page) | {"medium": "3"})
    assert done.headers["location"] == f"{page}?done=drawn"
    for found in ("defect", "sound", "sound"):
        action = f"{page}/next"
        drawn = str(one.post(action, filled(one.get(page).text, action)).headers["location"])
        shown = one.get(drawn).text
        assert "Expert 0" not in shown
        form = filled(shown, drawn) | {"found": found}
        if found == "defect":
            refused = one.post(drawn, form)
            assert refused.status_code == 422
            assert "A defect needs a severity" in refused.text
            form |= {"severity": "high", "cause": "rater_error", "failure": "padding", "notes": NOTES}
        assert one.post(drawn, form).headers["location"] == f"{page}?done=reviewed"
        assert "Your answer stands." in one.get(drawn).text
    assert "Nothing waits for you." in one.get(page).text
    assert "defects in" not in one.get(page).text
    told = lead.get(page).text
    assert "1 defect in 3 items that were looked at again, of 3." in told
    assert "At most 33.3 % of all are defective" in told
    assert "5 % cannot be shown" in told
    defects = lead.get(f"{page}/defects").text
    assert NOTES in defects
    action = re.findall(r'action="(/rereviews/[^"]+/set-aside)"', defects)[0]
    sent = lead.post(action, filled(defects, action))
    assert sent.headers["location"] == f"{page}/defects?done=set-aside"
    assert "/set-aside" not in lead.get(f"{page}/defects").text
    assert "Every drawn item stands in the order that the key gives." in lead.get(f"{page}/draws").text


def test_a_drawn_item_is_given_back(scene: Served) -> None:
    one, two, lead = adjudicator(scene), adjudicator(scene), Visitor(scene, scene.world.lead)
    page, action = f"{ROOT}/rereview", f"{ROOT}/rereview/next"
    lead.post(page, filled(lead.get(page).text, page) | {"medium": "1"})
    drawn = str(one.post(action, filled(one.get(page).text, action)).headers["location"])
    assert two.get(drawn).status_code == 404
    assert f'action="{action}"' not in two.get(page).text
    back = one.post(f"{drawn}/give-back", filled(one.get(drawn).text, f"{drawn}/give-back"))
    assert back.headers["location"] == f"{page}?done=returned"
    assert one.get(drawn).status_code == 404
    assert str(two.post(action, filled(two.get(page).text, action)).headers["location"]) == drawn
    assert two.get("/rereviews").headers["location"] == page


def test_a_form_for_a_case_that_somebody_took_meanwhile_leads_to_what_became_of_it(scene: Served) -> None:
    one, two = adjudicator(scene), adjudicator(scene)
    case = re.findall(ITEM, one.get(f"{ROOT}/disagreements").text)[0]
    offer = filled(one.get(case).text, f"{case}/take")
    item = case.rpartition("/")[2]
    assert isinstance(adjudication.take(scene.world.cell, two.actor, item, key=new_key()), adjudication.Taken)  # type: ignore[arg-type]  # somebody
    assert one.post(f"{case}/take", offer).headers["location"] == case
    assert "Another adjudicator works on this case now." in one.get(case).text

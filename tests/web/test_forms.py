"""Every form: what is typed comes back when it is refused, a double click changes nothing, hostile words stay words."""

import json
import re
from html import unescape

import pytest
from e2e.scene import PASSWORD, joined
from living_cell import GOLD, PROGRAMME, contract_text, gold_row, item_row, jsonl, rubric_text
from served import Served
from web.visitor import HERE, Visitor, filled

from tallystick.app import roster
from tallystick.app.access import Actor
from tallystick.app.kernel import new_key
from tallystick.flow.refusal import Refused

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}\"'"
ANSWER = {
    "verdict": "a_clearly", "score-reasoning-a": "4", "score-reasoning-b": "3", "score-concision-a": "4",
    "score-concision-b": "3", "reason-1-text": "It follows from what was asked.", "reason-1-criterion": "reasoning",
}  # fmt: skip
ROOT = f"/programmes/{PROGRAMME}"


@pytest.fixture
def expert(served: Served) -> Actor:
    """An expert with an item to judge."""
    served.world.work(2)
    return served.world.expert()


@pytest.fixture
def visitor(served: Served, expert: Actor) -> Visitor:
    """The expert at the pages."""
    return Visitor(served, expert)


@pytest.fixture
def lead(served: Served) -> Visitor:
    """The lead at the pages."""
    return Visitor(served, served.world.lead)


def work_of(visitor: Visitor) -> str:
    """The address of the item that an expert holds."""
    answer = visitor.get(f"/work/{PROGRAMME}")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def judgments(served: Served) -> int:
    """How many judgments there are."""
    with served.world.cell.read() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM judgment").scalar_one())


# --- sign-in ------------------------------------------------------------------------------------------------------


def test_a_person_signs_in_with_a_password_and_is_led_to_their_work(served: Served) -> None:
    joined(served.world, "ayse", "expert")
    form = filled(served.http.get("/sign-in?next=/me").text, "/sign-in", login="ayse", password=PASSWORD)
    answer = served.http.post("/sign-in", data=form, headers={"Origin": "http://testserver"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    assert "My work" in served.http.get("/me").text


@pytest.mark.parametrize(
    "place", ["//elsewhere.test", "https://elsewhere.test", "/\\elsewhere.test", "\\\\x", "javascript:1"]
)
def test_signing_in_leads_nowhere_else(served: Served, place: str) -> None:
    joined(served.world, "ayse", "expert")
    form = filled(served.http.get("/sign-in").text, "/sign-in", login="ayse", password=PASSWORD, next=place)
    answer = served.http.post("/sign-in", data=form, headers={"Origin": "http://testserver"}, follow_redirects=False)
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("place", ["/sign-in", "/sign-in?next=/sign-in", "/sign-out", "/sign%2Din", "/sign-in/"])
def test_signing_in_never_leads_to_signing_in(served: Served, place: str) -> None:
    joined(served.world, "ayse", "expert")
    form = filled(served.http.get("/sign-in").text, "/sign-in", login="ayse", password=PASSWORD, next=place)
    answer = served.http.post("/sign-in", data=form, headers={"Origin": "http://testserver"}, follow_redirects=False)
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    ("came_from", "leads_to"),
    [
        ("http://testserver/assignments/asg-1", "/assignments/asg-1"),
        ("http://testserver/people?page=2&done=draft#given", "/people%3Fpage%3D2"),
        ("http://testserver/assignments/asg-1/return", "/assignments/asg-9"),
        ("http://testserver/nowhere", "/assignments/asg-9"),
        ("http://elsewhere.test/assignments/asg-1", "/assignments/asg-9"),
        ("http://testserver.elsewhere.test/me", "/assignments/asg-9"),
        ("http://testserver@elsewhere.test/me", "/assignments/asg-9"),
        ("/me", "/assignments/asg-9"),
        ("javascript:alert(1)", "/assignments/asg-9"),
        ("http://[/me", "/assignments/asg-9"),
        ("", "/assignments/asg-9"),
    ],
)
def test_after_the_session_ended_signing_in_leads_back_to_the_page_of_the_form(
    served: Served, came_from: str, leads_to: str
) -> None:
    answer = Visitor(served, None).post("/assignments/asg-9", {"verdict": "tie"}, headers=HERE | {"Referer": came_from})
    assert answer.status_code == 401
    assert f'href="/sign-in?next={leads_to}"' in answer.text


def test_a_form_without_a_page_of_its_own_leads_home_and_an_absent_address_to_itself(served: Served) -> None:
    nobody = Visitor(served, None)
    assert 'href="/sign-in"' in nobody.post("/assignments/asg-9/return", {}).text
    assert (
        'href="/sign-in"' in nobody.post("/sign-out", {}, headers=HERE | {"Referer": "http://testserver/sign-in"}).text
    )
    assert 'href="/sign-in?next=/no/where%3Fa%3D1"' in nobody.get("/no/where?a=1").text


def test_a_wrong_name_and_a_wrong_password_sound_the_same(served: Served) -> None:
    joined(served.world, "ayse", "expert")
    said = []
    for login in ("ayse", "nobody"):
        form = filled(served.http.get("/sign-in").text, "/sign-in", login=login, password="wrong")
        answer = served.http.post("/sign-in", data=form, headers={"Origin": "http://testserver"})
        assert answer.status_code == 401
        said.append(re.findall(r'class="error"[^>]*>([^<]+)', answer.text))
    assert said[0] == said[1] != []


# --- judging ------------------------------------------------------------------------------------------------------


def test_a_double_click_gives_one_judgment_and_one_receipt(served: Served, visitor: Visitor) -> None:
    work = work_of(visitor)
    form = visitor.filled(work, work, **ANSWER, intent="submit")
    places = {visitor.post(work, form).headers["location"] for _ in range(3)}
    assert len(places) == 1
    assert judgments(served) == 1
    assert "Saved" in visitor.get(places.pop()).text
    assert visitor.get(work).status_code == 303, "an item that was judged leads to its receipt"


def test_another_form_for_the_same_item_leads_to_the_judgment_that_stands(served: Served, visitor: Visitor) -> None:
    work = work_of(visitor)
    first, second = (visitor.filled(work, work, **ANSWER, intent="submit") for _ in range(2))
    assert first["idempotency_key"] != second["idempotency_key"]
    place = visitor.post(work, first).headers["location"]
    again = visitor.post(work, second | {"verdict": "tie"})
    assert again.status_code == 303
    assert visitor.get(again.headers["location"]).status_code in {200, 303}
    assert visitor.get(place).status_code == 200
    assert judgments(served) == 1


@pytest.mark.parametrize(
    ("changes", "id_of_error"),
    [
        ({"verdict": []}, "verdict-error"),
        ({"verdict": "c_clearly"}, "verdict-error"),
        ({"score-reasoning-a": []}, "score-reasoning"),
        ({"score-reasoning-a": "9"}, "score-reasoning"),
        ({"score-reasoning-a": "-1"}, "score-reasoning"),
        ({"reason-1-text": "short"}, "reason-1-text-error"),
        ({"reason-1-criterion": []}, "reason-1-text-error"),
        ({"reason-1-criterion": "nonsense"}, "reason-1-text-error"),
        ({"reason-1-text": "x" * 20_001}, "reason-1-text-error"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_all_else_is_kept(
    served: Served, visitor: Visitor, changes: dict[str, object], id_of_error: str
) -> None:
    work = work_of(visitor)
    typed = ANSWER | {"reason-2-text": "A second thought, kept.", "reason-2-criterion": "concision"} | changes
    answer = visitor.post(work, visitor.filled(work, work) | typed | {"intent": "submit"})
    assert answer.status_code == 422
    assert id_of_error in answer.text
    shown = filled(answer.text, work)
    for name, value in typed.items():
        if value and name not in changes:
            assert shown.get(name) == [value], name
    assert judgments(served) == 0
    assert filled(visitor.get(work).text, work)["reason-2-text"] == ["A second thought, kept."], "kept as the draft"


def test_a_judgment_without_a_reason_is_not_taken(served: Served, visitor: Visitor) -> None:
    work = work_of(visitor)
    answer = visitor.post(work, visitor.filled(work, work) | ANSWER | {"reason-1-text": " ", "intent": "submit"})
    assert (answer.status_code, judgments(served)) == (422, 0)
    assert "reason-1-text-error" in answer.text


def test_a_criterion_that_cannot_be_scored_is_left_out_on_purpose(served: Served, visitor: Visitor) -> None:
    work = work_of(visitor)
    typed = ANSWER | {"score-concision-a": [], "score-concision-b": [], "score-concision-none": "yes"}
    assert visitor.post(work, visitor.filled(work, work) | typed | {"intent": "submit"}).status_code == 303
    assert judgments(served) == 1


def test_a_contradiction_is_pointed_out_and_only_what_was_shown_can_be_confirmed(
    served: Served, visitor: Visitor
) -> None:
    work = work_of(visitor)
    typed = ANSWER | {"score-reasoning-a": "1", "score-reasoning-b": "5", "intent": "submit"}
    answer = visitor.post(work, visitor.filled(work, work) | typed)
    assert (answer.status_code, judgments(served)) == (422, 0)
    assert 'id="confirmed-reasoning"' in answer.text
    shown = filled(answer.text, work) | {"intent": "submit"}
    assert visitor.post(work, shown | {"confirmed": "concision"}).status_code == 422
    assert visitor.post(work, shown | {"confirmed": "reasoning"}).status_code == 303
    assert judgments(served) == 1


def test_the_draft_is_saved_with_and_without_scripts(visitor: Visitor) -> None:
    work = work_of(visitor)
    form = visitor.filled(work, work, **{"reason-1-text": "Half a thought"})
    headers = {"Origin": "http://testserver", "X-CSRF-Token": visitor.csrf, "Accept": "application/json"}
    fields = {name: value for name, value in form.items() if name != "csrf"}
    kept = visitor.post(f"{work}/draft", fields, method="PUT", headers=headers)
    assert kept.status_code == 200
    assert kept.json()["saved_at"].endswith("+00:00")
    assert filled(visitor.get(work).text, work)["reason-1-text"] == ["Half a thought"]
    saved = visitor.post(work, form | {"reason-1-text": "A whole thought", "intent": "draft"})
    assert saved.status_code == 303
    assert filled(visitor.get(saved.headers["location"].partition("?")[0]).text, work)["reason-1-text"] == [
        "A whole thought"
    ]


def test_an_autosave_without_its_token_is_refused_in_words_for_the_script(visitor: Visitor) -> None:
    work = work_of(visitor)
    headers = {"Origin": "http://testserver", "Accept": "application/json"}
    answer = visitor.post(f"{work}/draft", {"reason-1-text": "x"}, method="PUT", headers=headers)
    assert answer.status_code == 403
    assert answer.json()["sentence"]


def test_a_lease_that_ran_out_keeps_the_draft_and_says_what_to_do(served: Served, visitor: Visitor) -> None:
    work = work_of(visitor)
    form = visitor.filled(work, work, **ANSWER, intent="submit")
    served.world.clock.pass_minutes(61)
    assert "Your draft is kept" in visitor.get(work).text
    for _ in range(2):
        other = served.world.expert()
        served.world.judge(other)
        served.world.judge(other)
    answer = visitor.post(work, form)
    assert answer.status_code == 409
    assert "Your draft is kept" in unescape(answer.text)
    assert filled(visitor.get(work).text, work)["reason-1-text"] == ["It follows from what was asked."]


def test_somebody_elses_assignment_is_not_there(served: Served, visitor: Visitor) -> None:
    work = work_of(visitor)
    other = Visitor(served, served.world.expert())
    for answer in (
        other.get(work), other.post(work, ANSWER | {"csrf": other.csrf, "intent": "submit"}),
        other.post(f"{work}/draft", {"csrf": other.csrf}, method="PUT"),
        other.post(f"{work}/return", {"csrf": other.csrf, "idempotency_key": new_key()}),
    ):  # fmt: skip
        assert answer.status_code == 404


def test_an_item_is_given_back_and_what_another_tab_sends_is_kept(visitor: Visitor) -> None:
    work = work_of(visitor)
    form, sent = visitor.filled(work, f"{work}/return"), visitor.filled(work, work, **ANSWER, intent="submit")
    assert visitor.post(f"{work}/return", form).headers["location"] == "/me?done=returned"
    assert "Submit as usual" not in visitor.get(work).text
    answer = visitor.post(work, sent)
    assert answer.status_code == 409
    assert "You gave this item back, so it is for somebody else. Your draft is kept." in unescape(answer.text)
    assert filled(visitor.get(work).text, work)["reason-1-text"] == ["It follows from what was asked."]


def test_a_qualification_is_passed_through_the_forms(served: Served) -> None:
    newcomer = joined(served.world, "newcomer", "expert")
    visitor = Visitor(served, newcomer)
    start = f"/qualifications/start/{PROGRAMME}/general"
    told = visitor.get(start).text
    assert "somebody who guesses passes in 3.1 % of cases, and somebody at the target accuracy fails in 22.6 %" in told
    assert "8 items are enough that at least 9 in 10 of them pass." in told
    place = visitor.post(start, visitor.filled(start, start)).headers["location"]
    places: list[str] = []
    for _ in range(GOLD):
        page = visitor.get(place).text
        action = re.findall(r'action="(/qualifications/[^"]+/items/[^"]+)"', page)[0]
        is_right = re.findall(r'id="candidate-a">.*?passage-body[^>]*>([^<]*)', page, re.DOTALL)[0].endswith("one.")
        flipped = {"score-reasoning-a": "3", "score-reasoning-b": "4", "verdict": "b_clearly"}
        answer = ANSWER | ({} if is_right else flipped) | {"intent": "submit"}
        form = filled(page, action) | answer | {"reason-1-text": f"It follows, {action[-8:]} shows."}
        done = visitor.post(action, form)
        assert visitor.post(action, form).status_code == 303, "a double click goes on"
        assert done.status_code == 303, done.text
        assert f"taken={action}/draft;" in done.headers["set-cookie"].replace('"', ""), "the device lets go of it"
        places.append(done.headers["location"])
    assert places[-1] == "/me?done=passed"
    assert f"/work/{PROGRAMME}" in visitor.get("/me").text


# --- leads --------------------------------------------------------------------------------------------------------


def test_a_contract_with_faults_comes_back_with_all_of_them(lead: Visitor) -> None:
    text = contract_text("1.1.0").replace("licence: CC0-1.0", "").replace("medium: 2", "medium: 0")
    form = lead.filled("/contracts/new", "/contracts/new", text=text)
    answer = lead.post("/contracts/new", form)
    assert answer.status_code == 422
    assert answer.text.count('class="problem-place"') == 2
    assert filled(answer.text, "/contracts/new")["text"] == [text]
    good = lead.post("/contracts/new", form | {"text": contract_text("1.1.0", redundancy=3)})
    assert good.headers.get("location") == f"{ROOT}?done=contract", good.text
    assert lead.get(f"{ROOT}/contract?version=1.1.0").status_code == 200


def test_a_rubric_version_is_published_and_compared(lead: Visitor) -> None:
    action = f"{ROOT}/new-rubric"
    text = rubric_text("1.1.0", question="Does each step follow?")
    answer = lead.upload(action, lead.filled(action, action), name="general.yaml", data=text.encode())
    assert answer.headers["location"] == f"{ROOT}/rubrics/general?done=rubric"
    assert "Does each step follow?" in unescape(
        re.sub(r'</?(?:del|ins)>|<span class="unseen">[^<]*</span>', "", lead.get(f"{ROOT}/rubrics/general/diff").text)
    )
    again = lead.upload(action, lead.filled(action, action), name="general.yaml", data=text.encode())
    assert again.status_code == 422
    assert lead.upload(action, lead.filled(action, action), name="x.yaml", data=b"\xff\xfe\x00").status_code == 422


def test_an_import_lists_every_bad_row_and_keeps_the_good_ones(lead: Visitor) -> None:
    action = f"{ROOT}/import"
    rows = jsonl([item_row("w-1"), item_row("w-2", domain="nonsense"), item_row("w-3")])
    typed = {"what": "items", "batch": "pilot", "purpose": "work"}
    strict = lead.upload(action, lead.filled(action, action) | typed | {"strict": "yes"}, name="i.jsonl", data=rows)
    assert strict.status_code == 422
    assert lead.get(f"{ROOT}/items?state=waiting").text.count('href="/items/') == 0
    answer = lead.upload(action, lead.filled(action, action) | typed, name="items.jsonl", data=rows)
    assert answer.status_code == 200
    assert "line 2" in answer.text
    listed = lead.get(re.findall(r'href="(/imports/[^"]+)"', answer.text)[0])
    assert [json.loads(line)["line"] for line in listed.text.splitlines()] == [2]
    assert lead.get(f"{ROOT}/items?state=waiting").text.count('href="/items/') == 2
    nothing = lead.post(action, {"csrf": lead.csrf, **typed})
    assert nothing.status_code == 422
    assert filled(nothing.text, action)["batch"] == ["pilot"]


def test_judgments_made_elsewhere_stay_marked(served: Served, lead: Visitor) -> None:
    served.world.work(2)
    action = f"{ROOT}/import"
    rows = jsonl([
        {"item": item, "rater": rater, "verdict": "a"} for item in ("w-1", "w-2") for rater in ("r1", "r2")
    ])  # fmt: skip
    typed = {"what": "judgments", "source": "another study"}
    answer = lead.upload(action, lead.filled(action, action) | typed, name="j.jsonl", data=rows)
    assert answer.status_code == 200
    assert judgments(served) == 4
    item = re.findall(r'href="(/items/[^"]+)"', lead.get(f"{ROOT}/items?state=complete").text)[0]
    assert lead.get(f"{item}?reason=review").text.count("imported, not observed") == 2
    assert "not observed here" in lead.get(f"/batches/{served.world.batch()}").text


def test_a_person_is_added_and_their_contract_recorded(lead: Visitor) -> None:
    typed = {"name": "Ayşe", "login": "ayse", "password": "short", "roles": "expert", "expert_roles": "reviewer"}
    form = lead.filled("/people/new", "/people/new") | typed
    refused = lead.post("/people/new", form)
    assert refused.status_code == 422
    shown = filled(refused.text, "/people/new")
    assert (shown["name"], shown["login"], shown["roles"]) == (["Ayşe"], ["ayse"], ["expert"])
    assert shown["password"] == [""], "a password is never sent back"
    place = lead.post("/people/new", form | {"password": PASSWORD}).headers["location"].partition("?")[0]
    action = f"{place}/contract"
    terms = {"executed_at": "2023-01-01", "ip_assigned_at": "yesterday", "template": "The terms."}
    wrong = lead.post(action, lead.filled(place, action) | terms)
    assert wrong.status_code == 422
    assert filled(wrong.text, action)["template"] == ["The terms."]
    done = lead.post(action, filled(wrong.text, action) | {"ip_assigned_at": "2023-01-02"})
    assert done.headers["location"] == f"{place}?done=executed"
    assert "not executed" not in lead.get(place).text


@pytest.fixture
def divided(served: Served) -> Served:
    """Four complete items of which the judges divide on one."""
    served.world.work(4)
    first, second = served.world.expert(), served.world.expert()
    for verdict in ("a_clearly", "a_clearly", "a_clearly", "b_clearly"):
        served.world.judge(first)
        served.world.judge(second, verdict)
    return served


def test_a_disagreement_is_settled_once(divided: Served) -> None:
    judge = divided.world.person("A judge", "expert", expert_roles=("adjudicator",))
    visitor = Visitor(divided, judge)
    case = re.findall(r'href="(/disagreements/itm[^"]+)"', visitor.get(f"{ROOT}/disagreements").text)[0]
    offer = visitor.get(case).text
    assert "What the judges said" not in offer
    assert visitor.post(f"{case}/take", filled(offer, f"{case}/take")).headers["location"] == case
    typed = {"decision": "settle", "verdict": "a_clearly", "criteria": "reasoning", "notes": "Too short"}
    refused = visitor.post(case, visitor.filled(case, case) | typed)
    assert refused.status_code == 422
    assert filled(refused.text, case) | {"notes": ["Too short"]} == filled(refused.text, case)
    form = filled(refused.text, case) | {"notes": "The first step does not follow from the question."}
    assert [visitor.post(case, form).headers["location"] for _ in range(2)] == [f"{case}?done=decided"] * 2
    assert "Settled: A clearly" in visitor.get(case).text
    assert "Expert 0" not in visitor.get(case).text


def test_a_judge_of_an_item_finds_no_case_of_it(divided: Served) -> None:
    visitor = Visitor(divided, divided.world.person("A judge", "expert", expert_roles=("adjudicator",)))
    case = re.findall(r'href="(/disagreements/itm[^"]+)"', visitor.get(f"{ROOT}/disagreements").text)[0]
    judged = divided.world.experts[0]
    done = roster.change_roles(
        divided.world.cell, divided.world.lead, judged.person, roles=["expert"], expert_roles=["adjudicator"],
        key=new_key(),
    )  # fmt: skip
    assert not isinstance(done, Refused)
    own = Visitor(divided, judged)
    assert own.get(case).status_code == 404
    assert case not in own.get(f"{ROOT}/disagreements").text


def test_a_batch_below_its_threshold_is_named_and_stays_out(served: Served, lead: Visitor) -> None:
    served.world.work(2)
    first, second = served.world.expert(), served.world.expert()
    for _ in range(2):
        served.world.judge(first)
        served.world.judge(second, "b_clearly")
    batch = f"/batches/{served.world.batch()}"
    form = lead.filled(batch, f"{batch}/measure")
    assert [lead.post(f"{batch}/measure", form).status_code for _ in range(2)] == [303, 303]
    assert lead.get(batch).text.count("Measured: below threshold") == 1, "a double click measures once"
    assert "below threshold" in lead.get(ROOT).text
    action = f"{ROOT}/releases/new"
    typed = {"batches": served.world.batch(), "name": "made", "version": "1.0.0", "use": "train"}
    refused = lead.post(action, lead.filled(action, action) | typed)
    assert refused.status_code == 422
    assert "pilot/general" in refused.text
    assert filled(refused.text, action)["version"] == ["1.0.0"]
    short = lead.post(action, lead.filled(action, action) | typed | {"affected_rationale": "Short."})
    assert 'id="affected_rationale-error"' in short.text, "it stands at the field that it is about"
    assert filled(short.text, action)["affected_rationale"] == ["Short."]
    assert not list(served.world.cell.releases_directory.iterdir())


# --- hostile words ------------------------------------------------------------------------------------------------


def test_hostile_words_stay_words_everywhere(served: Served) -> None:
    world = served.world
    candidates = [{"text": HOSTILE, "model": HOSTILE, "version": "1"}, {"text": f"{HOSTILE} two.", "model": "m"}]
    world.bring([item_row("w-1", prompt=HOSTILE, context=HOSTILE, candidates=candidates)])
    world.bring([gold_row("g-9", prompt=HOSTILE)], batch="gold", purpose="gold")
    experts = [world.expert(), world.expert()]
    for expert, verdict in zip(experts, ("a_clearly", "b_clearly"), strict=True):
        visitor = Visitor(served, expert)
        work = work_of(visitor)
        assert HOSTILE in unescape(visitor.get(work).text)
        lead, other = ("4", "3") if verdict == "a_clearly" else ("3", "4")
        points = {"score-reasoning-a": lead, "score-reasoning-b": other, "verdict": verdict}
        typed = ANSWER | points | {"reason-1-text": f"{HOSTILE} {verdict}", "reason-1-quote": HOSTILE}
        assert visitor.post(work, visitor.filled(work, work) | typed | {"intent": "submit"}).status_code == 303
        pages = [work, "/me"]
        found = [visitor.get(page).text for page in pages]
        assert all("<script>alert" not in text and "<img" not in text for text in found)
    person = world.person(HOSTILE, "expert", expert_roles=("adjudicator",))
    lead_visitor, judge = Visitor(served, world.lead), Visitor(served, person)
    item = re.findall(r'href="(/items/[^"]+)"', lead_visitor.get(f"{ROOT}/items?state=complete").text)[0]
    case = item.replace("/items/", "/disagreements/")
    for page in (
        item,
        case,
        "/people",
        f"/people/{person.person}",
        f"{ROOT}/items",
        "/log",
        f"{ROOT}/items?domain={HOSTILE}",
    ):
        text = lead_visitor.get(page).text
        assert "<script>alert" not in text, page
        assert "<img" not in text, page
    assert "<script>alert" not in judge.get(case).text

"""Pages of a session: nobody finds another's label in them; words are marked with and without scripts."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from browser import PHONE, new_page
from failing_batch import EVEN, diagnosed, failing_world, judge_all, opened
from living_cell import PROGRAMME, World, answer_of, item_row, world_at
from playwright.sync_api import Browser, Page
from served import InProcess, Served
from web.pages import show
from web.visitor import Visitor, filled

from tallystick import api, edge, web
from tallystick.app import calibration, welfare
from tallystick.app.access import Actor
from tallystick.app.kernel import new_key

VERDICT = re.compile("[ab]_clearly|[AB] clearly")
SECRET = "Only who labelled this item may read these words now."
WHY = "Both readings were told, and both of them are meant."


@contextmanager
def over(world: World) -> Iterator[Served]:
    """The site over a cell."""
    site = edge.build(world.cell, mounts=(api.mount, web.mount), secure_cookies=False)
    try:
        with httpx.Client(transport=InProcess(site), base_url="http://testserver") as http:
            yield Served(world, site, http)
    finally:
        site.close()


@pytest.fixture
def served(sqlite_url: str, tmp_path: Path) -> Iterator[Served]:
    """A batch that failed and was diagnosed, and the site over its cell."""
    with failing_world(sqlite_url, tmp_path / "cell") as world:
        diagnosed(world, opened(world))
        with over(world) as found:
            yield found


def session(served: Served) -> str:
    """A session with everybody who judged in the batch."""
    found = calibration.open_session(served.world.cell, served.world.lead, opened(served.world), key=new_key())
    assert isinstance(found, calibration.Opened), found
    return found.calibration


def label_all(served: Served, actor: Actor, name: str, *, words: str = "") -> str:
    """Label every item; the one that came last."""
    last = ""
    while isinstance(task := calibration.task(served.world.cell, actor, name), calibration.Task):
        told = f"{words} {task.number}" if words else ""
        answer = answer_of("a_clearly", scores=EVEN, words=told)
        calibration.label(served.world.cell, actor, name, item=task.item, answer=answer, key=new_key())
        last = task.item
    return last


def revealed(served: Served) -> str:
    """A session whose labels are shown."""
    name = session(served)
    for expert in served.world.experts:
        label_all(served, expert, name)
    calibration.reveal(served.world.cell, served.world.lead, name, key=new_key())
    return name


def test_before_the_reveal_no_page_and_no_call_holds_anything_of_another_label(served: Served) -> None:
    """Every address of a session that answers GET, for a participant who has not labelled, a lead and an auditor."""
    name, (first, second, _) = session(served), served.world.experts
    item = label_all(served, first, name, words=SECRET)
    auditor = served.world.person("Aud", "auditor")
    paths = [rule.partition(" ")[2] for rule in served.site.rules if rule.startswith("GET ") and "calibration" in rule]
    names = {"calibration_id": name, "item": item, "intervention": opened(served.world)}
    assert len(paths) > 8
    for actor in (second, served.world.lead, auditor):
        visitor = Visitor(served, actor)
        for path in paths:
            at = re.sub(r"\{(\w+)\}", lambda found: names[found[1]], path)
            for address in (at, f"{at}?reason=audit"):
                is_call = at.startswith("/api/")
                answer = served.call(actor, "GET", address, key=None) if is_call else visitor.get(address)
                assert SECRET not in answer.text, address
                assert at.endswith(("/label", "/task")) or not VERDICT.search(answer.text), address
                if actor is second:
                    assert first.person not in answer.text, address


def test_a_participant_is_not_told_who_is_how_far(served: Served) -> None:
    name, (first, second, _) = session(served), served.world.experts
    visitor = Visitor(served, second)
    before = visitor.get(f"/calibrations/{name}").text
    call = served.call(second, "GET", f"/api/v1/calibrations/{name}", key=None).json()
    label_all(served, first, name)
    assert visitor.get(f"/calibrations/{name}").text == before
    assert served.call(second, "GET", f"/api/v1/calibrations/{name}", key=None).json() == call


def test_an_item_is_labelled_by_a_plain_form_and_its_draft_is_kept(served: Served) -> None:
    name, expert = session(served), served.world.experts[0]
    visitor = Visitor(served, expert)
    page = visitor.get(f"/calibrations/{name}/label")
    assert "this is no judgment" in page.text
    action = re.findall(r'action="(/calibrations/[^"]+/label)"', page.text)[0]
    scores = {f"score-{c}-{side}": "3" for c in ("reasoning", "concision") for side in "ab"}
    half = filled(page.text, action, **scores, intent="submit")
    again = visitor.post(action, half)
    assert again.status_code == 422
    assert "Nothing was submitted yet" in again.text
    assert 'id="score-reasoning-a-3" value="3"' in visitor.get(f"/calibrations/{name}/label").text
    whole = half | {"verdict": "tie", "reason-1-text": WHY, "reason-1-criterion": "reasoning"}
    done = visitor.post(action, whole)
    assert (done.status_code, done.headers["location"]) == (303, f"/calibrations/{name}/label?done=labelled")
    repeated = visitor.post(action, whole | {"idempotency_key": new_key()})
    assert repeated.status_code == 303
    assert "Item 2 of" in visitor.get(f"/calibrations/{name}/label").text


def test_a_sentence_is_marked_by_a_plain_form_and_a_refused_mark_loses_nothing(served: Served) -> None:
    name = revealed(served)
    visitor, path = Visitor(served, served.world.experts[0]), f"/calibrations/{name}/rubric"
    page = visitor.get(f"{path}?place=criteria.reasoning.question").text
    chosen = re.findall(r'value="(criteria\.reasoning\.question\|0\|15)"', page)[0]
    form = filled(page, f"/calibrations/{name}/marks", range=chosen, kind="too_lax", note="Too short")
    again = visitor.post(f"/calibrations/{name}/marks", form)
    assert again.status_code == 422
    assert "Expected 20 to 2000 characters" in again.text
    assert f'value="{chosen}" checked' in again.text
    assert ">Too short</textarea>" in again.text
    empty = visitor.post(f"/calibrations/{name}/marks", form | {"range": ""})
    assert "select some, or choose a sentence" in empty.text
    done = visitor.post(f"/calibrations/{name}/marks", form | {"note": WHY})
    assert done.headers["location"] == f"{path}?done=marked#mark-1"
    assert '<mark class="marked">Does it follow?</mark>' in visitor.get(path).text


def test_a_lead_answers_marks_at_their_place(served: Served) -> None:
    name = revealed(served)
    new = calibration.NewMark("task", 0, 7, "ambiguous", WHY)
    calibration.mark(served.world.cell, served.world.experts[0], name, new, key=new_key())
    visitor, path = Visitor(served, served.world.lead), f"/calibrations/{name}/rubric"
    form = visitor.filled(path, f"/calibrations/{name}/marks/1", answer="kept", words="No.")
    again = visitor.post(f"/calibrations/{name}/marks/1", form)
    assert again.status_code == 422
    assert 'id="words-1-error"' in again.text
    done = visitor.post(f"/calibrations/{name}/marks/1", form | {"words": WHY})
    assert done.status_code == 303
    assert "kept as it is" in visitor.get(path).text
    assert visitor.post(f"/calibrations/{name}/marks/x1", form).status_code == 404


def test_only_the_text_whose_difference_was_shown_is_published(served: Served) -> None:
    name = revealed(served)
    visitor, path = Visitor(served, served.world.lead), f"/calibrations/{name}/revision"
    prepared = calibration.prepared(served.world.cell, served.world.lead, name)
    assert isinstance(prepared, calibration.Prepared)
    text = prepared.text.replace("Does it follow?", "Can a layman follow?")
    text = text.replace("changelog:", "changelog: Who follows.").replace("rationale:", "rationale: Two readings.")
    form = visitor.filled(path, path)
    at_once = visitor.post(path, form | {"text": text, "intent": "publish"})
    assert "Nothing was published" in at_once.text
    shown = visitor.post(path, form | {"text": text, "intent": "check"})
    assert "Earlier judgments are flagged on: Reasoning." in shown.text
    again = filled(shown.text, path, intent="publish")
    other = visitor.post(path, again | {"text": text.replace("layman", "child")})
    assert "Nothing was published" in other.text
    # A browser sends line ends of its own.
    done = visitor.post(path, again | {"text": text.replace("\n", "\r\n")})
    assert done.headers["location"] == f"/interventions/{opened(served.world)}?done=revised"
    broken = visitor.post(path, form | {"text": "rubric: [", "intent": "check"})
    assert broken.status_code == 422
    assert "Nothing was taken" in broken.text


def test_a_session_is_opened_by_its_form(served: Served) -> None:
    wanted = opened(served.world)
    visitor, path = Visitor(served, served.world.lead), f"/interventions/{wanted}/calibrate"
    page = visitor.get(path).text
    items = re.findall(r'name="items" id="[^"]+" value="([^"]+)" checked', page)
    people = re.findall(r'name="participants" id="[^"]+" value="([^"]+)" checked', page)
    assert len(people) == 3
    form = filled(page, path) | {"items": items[:4], "participants": people}
    few = visitor.post(path, form)
    assert few.status_code == 422
    assert "Expected 5 to 30 items" in few.text
    done = visitor.post(path, form | {"more": items[4]})
    assert done.status_code == 303
    found = calibration.mine(served.world.cell, served.world.experts[0])
    assert isinstance(found, list)
    assert found[0].total == 5
    assert "Calibration session" in Visitor(served, served.world.experts[0]).get("/me").text
    assert PROGRAMME in done.headers["location"] or "/calibrations/" in done.headers["location"]


# --- marking by selection -----------------------------------------------------------------------------------------


@contextmanager
def marking(browser: Browser, *, size: tuple[int, int] = (1280, 900)) -> Iterator[Page]:
    """The sample page of a rubric's words."""
    with new_page(browser, size=size) as page:
        show(page, "calibration-rubric")
        yield page


SELECT = """([from, start, to, end]) => {
  const places = [...document.querySelectorAll(".markable")];
  const spot = (place, at) => {
    const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
      if (at <= text.length) return [text, at];
      at -= text.length;
    }
    return [place, place.childNodes.length];
  };
  const range = document.createRange();
  range.setStart(...spot(places[from], start));
  range.setEnd(...spot(places[to], end));
  const selection = document.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}"""


@pytest.mark.parametrize(
    ("where", "value", "quote"),
    [
        ((1, 39, 1, 46), "criteria.factual_safety.question|39|46", "be safe"),  # across the ends of an earlier mark
        ((1, 32, 1, 42), "criteria.factual_safety.question|32|42", "answer be"),
        ((1, 38, 1, 47), "criteria.factual_safety.question|39|47", "be safe?"),  # without the space before
        ((0, 55, 2, 7), "task|55|64", "one of them."),  # goes on in other texts: cut at the end of the first
    ],
)
def test_selected_words_go_into_the_form_by_code_points(
    browser: Browser, where: tuple[int, int, int, int], value: str, quote: str
) -> None:
    with marking(browser) as page:
        text = page.locator(".markable").nth(where[0]).inner_text()
        page.evaluate(SELECT, list(where))
        page.wait_for_selector("#mark-bar:not([hidden])")
        page.get_by_role("button", name="Mark these words").click()
        place, start, end = page.input_value("#range-selected").split("|")
        assert place == value.partition("|")[0]
        assert [*text][int(start) : int(end)] == [*page.locator("#range-row .mark-quote").inner_text()]
        assert page.locator("#range-row .mark-quote").inner_text().endswith(quote[-6:])
        assert page.is_checked("#range-selected")
        assert page.locator("#mark-bar").is_hidden()


def test_letters_beyond_the_first_plane_count_once(browser: Browser) -> None:
    with marking(browser) as page:
        page.evaluate("() => { document.querySelector('.markable').textContent = '🩺 pulse 🩹 first' }")
        page.evaluate(SELECT, [0, 3, 0, 8])
        page.wait_for_selector("#mark-bar:not([hidden])")
        page.get_by_role("button", name="Mark these words").click()
        assert page.input_value("#range-selected") == "task|2|7"
        assert "🩺 pulse 🩹 first"[2:7] == "pulse"


def test_a_finger_marks_as_a_mouse_does(browser: Browser) -> None:
    with marking(browser, size=PHONE) as page:
        page.evaluate(SELECT, [1, 0, 1, 5])
        page.wait_for_selector("#mark-bar:not([hidden])")
        box = page.locator("#mark-bar button").bounding_box()
        assert box is not None
        assert box["height"] >= 44
        page.locator("#mark-bar button").tap()
        assert page.input_value("#range-selected") == "criteria.factual_safety.question|0|5"
        assert json.loads(page.evaluate("JSON.stringify(document.activeElement.id)")) == "kind"


def test_what_is_selected_elsewhere_offers_nothing(browser: Browser) -> None:
    with marking(browser) as page:
        page.evaluate("() => document.getSelection().selectAllChildren(document.querySelector('h1'))")
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        assert page.locator("#mark-bar").is_hidden()


def test_a_label_of_a_kind_that_was_left_out_meanwhile_is_kept_and_not_called_taken(
    sqlite_url: str, tmp_path: Path
) -> None:
    """Other items are still asked, so that the next page is one of them. What was sent again is taken before."""
    with world_at(sqlite_url, tmp_path / "cell", redundancy=3, metric="krippendorff_alpha") as world:
        world.pay = "welfare: {categories: {violence: {warning: Some items describe violence.}}}\n"
        world.revise("1.1.0", redundancy=3, metric="krippendorff_alpha")
        for _ in range(3):
            world.expert()
        world.bring([item_row(f"w-{n}", **({"categories": ["violence"]} if n < 6 else {})) for n in range(12)])
        judge_all(world, careless=world.experts[-1])
        world.measure()
        diagnosed(world, opened(world))
        with over(world) as served:
            name, expert = session(served), world.experts[0]
            page, visitor = f"/calibrations/{name}/label", Visitor(served, expert)
            while "violence" not in visitor.get(page).text:
                task = calibration.task(world.cell, expert, name)
                assert isinstance(task, calibration.Task)
                answer = answer_of("a_clearly", scores=EVEN)
                calibration.label(world.cell, expert, name, item=task.item, answer=answer, key=new_key())
            [action] = re.findall(r'action="(/calibrations/[^"]+/label)"', visitor.get(page).text)
            mine = filled(visitor.get(page).text, action) | {"reason-1-text": "It is half written."}
            welfare.save_settings(world.cell, expert, opted_out=["violence"], time_zone="UTC", key=new_key())
            sent = visitor.post(action, mine)
            assert sent.headers["location"] == f"{page}?done=draft"
            assert "taken=" not in sent.headers.get("set-cookie", "")
            welfare.save_settings(world.cell, expert, opted_out=[], time_zone="UTC", key=new_key())
            assert "It is half written." in visitor.get(page).text

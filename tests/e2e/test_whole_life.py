"""The whole process through pages in a real browser: qualify, judge, adjudicate, measure, release, and look at all.

The steps stand in their order and share one cell: each leaves behind what the next one needs.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from browser import DESKTOP, PHONE, barriers, sideways_overflow
from e2e.scene import SOURCE, Server, fill_in, joined, prepared, right_verdict, serving, signed_in
from living_cell import GOLD, PROGRAMME
from playwright.sync_api import Browser, Page, expect

from tallystick.app import cell as cells
from tallystick.app import release, roster
from tallystick.app.access import CELL, Actor

ROOT = f"/programmes/{PROGRAMME}"
ITEMS = 4


@dataclass
class Scene:
    """A server with people: a lead, an expert to qualify, two experts, an adjudicator."""

    server: Server
    directory: Path


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A cell with four items that one expert has judged."""
    directory = tmp_path_factory.mktemp("life") / "cell"
    with prepared(directory) as world:
        joined(world, "lead", "lead")
        joined(world, "nora", "expert")
        joined(world, "tom", "expert", expert_roles=("adjudicator",))
        ada = joined(world, "ada", "expert")
        world.qualify(ada)
        world.work(ITEMS)
        for _ in range(ITEMS):
            world.judge(ada)
    with serving(directory) as server:
        yield Scene(server, directory)


def test_an_expert_qualifies_without_scripts(browser: Browser, scene: Scene) -> None:
    with signed_in(browser, scene.server, "nora", scripts=False) as page:
        page.get_by_role("link", name="Start the qualification").click()
        page.get_by_role("button", name="start").click()
        for number in range(1, GOLD + 1):
            expect(page.locator("h1")).to_have_text(f"Item {number} of {GOLD}")
            fill_in(page, right_verdict(page), words=f"The answer follows from the premise, case {number}.")
            page.get_by_role("button", name="Submit").click()
        expect(page.get_by_text("You passed the qualification.")).to_be_visible()
        expect(page.get_by_role("link", name="Start with")).to_be_visible()


def test_what_is_missing_is_said_at_its_field_and_nothing_that_was_typed_is_lost(
    browser: Browser, scene: Scene
) -> None:
    with signed_in(browser, scene.server, "nora", scripts=False) as page:
        page.goto(f"/work/{PROGRAMME}")
        page.fill("#reason-1-text", "Half a thought about this answer")
        page.click("label[for=score-reasoning-a-4]")
        page.get_by_role("button", name="Submit").click()
        expect(page.get_by_text("Nothing was submitted yet.")).to_be_visible()
        assert page.locator(".error").count() >= 3
        assert page.input_value("#reason-1-text") == "Half a thought about this answer"
        assert page.is_checked("#score-reasoning-a-4")


def test_the_draft_saves_itself_and_survives_a_reload(browser: Browser, scene: Scene) -> None:
    with signed_in(browser, scene.server, "nora") as page:
        page.goto(f"/work/{PROGRAMME}")
        page.fill("#reason-1-text", "A thought that must not get lost")
        expect(page.locator("#save-state")).to_have_text(re.compile("^Saved"))
        page.reload()
        assert page.input_value("#reason-1-text") == "A thought that must not get lost"


def press_until(page: Page, name: str) -> None:
    """Walk by Tab to the input of an id."""
    for _ in range(60):
        if page.evaluate("document.activeElement.id") == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"expected to reach #{name} by Tab, found it nowhere")


def test_an_item_is_judged_by_keyboard_alone(browser: Browser, scene: Scene) -> None:
    with signed_in(browser, scene.server, "nora") as page:
        page.goto(f"/work/{PROGRAMME}")
        verdict = right_verdict(page)
        a, b = (5, 4) if verdict == "a_clearly" else (4, 5)
        page.keyboard.press("1" if verdict == "a_clearly" else "5")
        for criterion in ("reasoning", "concision"):
            page.keyboard.press("j")
            page.keyboard.press("Space")
            for side, points in (("a", a), ("b", b)):
                chosen = page.locator(f"input[name=score-{criterion}-{side}]:checked")
                while chosen.count() == 0 or int(chosen.get_attribute("value") or 0) != points:
                    page.keyboard.press("Space" if chosen.count() == 0 else "ArrowRight")
                page.keyboard.press("Tab")
        press_until(page, "reason-1-text")
        page.keyboard.press("Control+a")
        page.keyboard.type("It follows step by step from what was asked.")
        press_until(page, "reason-1-reasoning")
        page.keyboard.press("Space")
        page.keyboard.press("Control+Enter")
        page.wait_for_url("**/done?receipt=*")
        expect(page.locator("h1")).to_have_text("Saved")


def test_a_contradiction_is_pointed_out_and_kept_only_when_confirmed(browser: Browser, scene: Scene) -> None:
    with signed_in(browser, scene.server, "nora") as page:
        page.goto(f"/work/{PROGRAMME}")
        a, b, wrong = (5, 1, "b_clearly") if right_verdict(page) == "a_clearly" else (1, 5, "a_clearly")
        for criterion in ("reasoning", "concision"):
            page.click(f"label[for=score-{criterion}-a-{a}]")
            page.click(f"label[for=score-{criterion}-b-{b}]")
        page.fill("#reason-1-text", "The other answer is better all the same.")
        page.check("#reason-1-reasoning")
        page.check(f"#verdict-{wrong}")
        page.click("#submit")
        confirm = page.locator("input[name=confirmed]")
        expect(confirm.first).to_be_attached()
        for number in range(confirm.count()):
            confirm.nth(number).check()
        page.click("#submit")
        page.wait_for_url("**/done?receipt=*")


def test_the_rest_is_judged_on_a_phone_without_scripts(browser: Browser, scene: Scene) -> None:
    with signed_in(browser, scene.server, "nora", scripts=False, size=PHONE) as page:
        for number in range(2):
            page.goto(f"/work/{PROGRAMME}")
            fill_in(page, right_verdict(page), words=f"It follows from the question, as case {number} shows.")
            page.get_by_role("button", name="Submit").click()
            expect(page.locator("h1")).to_have_text("Saved")
        page.get_by_role("link", name="Next item").click()
        expect(page.locator("h1")).to_have_text("Nothing waits")


def test_an_adjudicator_preserves_a_disagreement(browser: Browser, scene: Scene) -> None:
    with signed_in(browser, scene.server, "tom") as page:
        page.goto("/")
        page.locator("table a").first.click()
        page.get_by_role("button", name="Take this case").click()
        expect(page.get_by_role("heading", name="Judge 2")).to_be_visible()
        page.check("#decision-preserve")
        page.fill("#notes", "Too short")
        page.check("#criteria-reasoning")
        page.get_by_role("button", name="Record the decision").click()
        expect(page.locator("#notes-error")).to_be_visible()
        assert page.is_checked("#decision-preserve")
        page.fill("#notes", "Competent people weigh brevity differently here.")
        page.get_by_role("button", name="Record the decision").click()
        expect(page.get_by_text("Preserved: the distribution is the result")).to_be_visible()


def test_a_lead_measures_and_releases(browser: Browser, scene: Scene) -> None:
    with signed_in(browser, scene.server, "lead") as page:
        page.goto(f"{ROOT}/agreement")
        page.locator("table a").first.click()
        page.get_by_role("button", name="Measure and decide").click()
        expect(page.get_by_text("The batch was measured.")).to_be_visible()
        page.goto(f"{ROOT}/releases/new")
        page.fill("#version", "one")
        page.get_by_role("button", name="Build the release").click()
        expect(page.locator("#version-error")).to_be_visible()
        page.fill("#version", "1.0.0")
        page.get_by_role("button", name="Build the release").click(timeout=60_000)
        page.wait_for_url("**/releases/rel-*")
        expect(page.get_by_text("The release was built.")).to_be_visible()
        assert page.get_by_text("Simulated data").count() == 0
        assert page.get_by_text("Development custody: software keys").is_visible()
    folder = scene.directory.with_name("taken-away")
    with cells.opened(scene.directory) as cell:
        lead = next(one for one in roster.people(cell, CELL) if one.login == "lead")  # type: ignore[union-attr]  # allowed
        release.export(cell, Actor(lead.row.person, frozenset(lead.roles)), f"{PROGRAMME}-1.0.0", folder)
    command = [sys.executable, "-m", "tallystick", "release", "verify", str(folder), "--vkey"]
    verified = subprocess.run(  # noqa: S603 - our own program
        [*command, str(scene.directory / "log.vkey")], check=False, capture_output=True, text=True,
        env={"PYTHONPATH": str(SOURCE), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert verified.returncode == 0, verified.stdout + verified.stderr


def hrefs(page: Page, pattern: str) -> list[str]:
    """Links of the page that fit."""
    found = [link.get_attribute("href") or "" for link in page.locator("a").all()]
    return [href for href in found if re.fullmatch(pattern, href)]


def looked_at(page: Page, address: str) -> list[str]:
    """What is wrong with a page at desktop and phone width. In both schemes: tests/web/test_access.py."""
    page.goto(address)
    found = []
    for size in (DESKTOP, PHONE):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        if wide := sideways_overflow(page):
            found.append(f"{address} at {size[0]}: {wide} px too wide")
    return found + [f"{address}: {barrier}" for barrier in barriers(page)]


def test_axe_finds_nothing_on_any_page_of_a_lead(browser: Browser, scene: Scene) -> None:
    places = [
        "/programmes", ROOT, f"{ROOT}/contract", "/contracts/new", f"{ROOT}/rubrics", f"{ROOT}/rubrics/general",
        f"{ROOT}/rubrics/general/diff", f"{ROOT}/new-rubric", f"{ROOT}/items", f"{ROOT}/import", f"{ROOT}/agreement",
        f"{ROOT}/disagreements?state=preserved", f"{ROOT}/releases", f"{ROOT}/releases/new", "/people", "/people/new",
        "/log", "/receipts/1", "/nothing-here",
    ]  # fmt: skip
    details = (
        (f"{ROOT}/items", r"/items/itm-\w+"), (f"{ROOT}/agreement", r"/batches/bat-\w+"),
        (f"{ROOT}/releases", r"/releases/rel-\w+"), ("/people", r"/people/per-\w+"),
        (f"{ROOT}/disagreements?state=preserved", r"/disagreements/itm-\w+"),
    )  # fmt: skip
    with signed_in(browser, scene.server, "lead") as page:
        for place, pattern in details:
            page.goto(place)
            places.append(hrefs(page, pattern)[0])
        assert [found for place in places for found in looked_at(page, place)] == []


def test_axe_finds_nothing_on_any_page_of_experts(browser: Browser, scene: Scene) -> None:
    with signed_in(browser, scene.server, "ada") as page:
        found = [one for place in ("/me", f"/work/{PROGRAMME}") for one in looked_at(page, place)]
    with signed_in(browser, scene.server, "tom") as page:
        page.goto(f"/qualifications/start/{PROGRAMME}/general")
        found += looked_at(page, page.url)
        page.get_by_role("button", name="start").click()
        found += looked_at(page, page.url)
        found += looked_at(page, f"{ROOT}/disagreements")
    assert found == []

"""What somebody types survives a dead server and a closed tab, and lies encrypted on their device. SPEC 5.3."""

import re
from pathlib import Path

from browser import PHONE
from e2e.scene import PASSWORD, Server, fill_in, joined, prepared, right_verdict, serving, signed_in
from living_cell import PROGRAMME
from playwright.sync_api import Browser, expect

WORDS = "The second step of A does not follow from the first, says the expert."
SAVED = re.compile(r"^Saved \d\d:\d\d:\d\d UTC$")
KEPT = "() => Object.keys(localStorage).filter((name) => name.startsWith('tallystick-unsent:'))"


def killed(server: Server) -> None:
    """The power fails."""
    assert server.process is not None
    server.process.kill()
    server.process.wait()
    assert server.process.stdout is not None
    server.process.stdout.close()


def test_server_tab_and_session_end_and_nothing_typed_is_lost(browser: Browser, tmp_path: Path) -> None:
    """On a phone. What the browser does when a draft is refused or was changed elsewhere: tests/web/test_drafts.py."""
    with prepared(tmp_path / "cell") as world:
        world.qualify(joined(world, "ada", "expert"))
        world.work(1)
    with serving(tmp_path / "cell") as server, signed_in(browser, server, "ada", size=PHONE) as page:
        page.goto(f"/work/{PROGRAMME}")
        work, tab = page.url, page.context.new_page()
        tab.goto(work)
        tab.fill("#reason-1-text", "A first draft.")
        expect(tab.locator("#save-state")).to_have_text(SAVED)
        assert tab.evaluate(KEPT) == []
        killed(server)
        tab.fill("#reason-1-text", WORDS)
        tab.check("#reason-1-reasoning")
        tab.click("label[for=score-reasoning-a-4]")
        expect(tab.locator("#save-state")).to_have_text(
            "Not saved: the server cannot be reached. Your words are kept on this device; trying again."
        )
        stored = tab.evaluate("() => JSON.stringify(localStorage)")
        assert "tallystick-unsent:" in stored
        assert not any(word in stored for word in ("second step", "reason", "csrf", "score"))
        tab.close()
        server.start()
        again = page.context.new_page()
        again.goto(work)
        expect(again.locator("#reason-1-text")).to_have_value(WORDS)
        expect(again.locator("#reason-1-reasoning")).to_be_checked()
        expect(again.locator("#score-reasoning-a-4")).to_be_checked()
        expect(again.locator("#save-state")).to_have_text(SAVED)
        assert again.evaluate(KEPT) == []
        again.reload()
        expect(again.locator("#reason-1-text")).to_have_value(WORDS)
        again.context.clear_cookies()
        again.fill("#reason-1-text", f"{WORDS} Typed after the session ended.")
        again.get_by_role("button", name="Submit").click()
        expect(again.locator("h1")).to_have_text("Not done")
        again.locator("main").get_by_role("link", name="Sign in").click()
        again.fill("#login", "ada")
        again.fill("#password", PASSWORD)
        again.click("main button[type=submit]")
        again.wait_for_url(work)
        expect(again.locator("#reason-1-text")).to_have_value(f"{WORDS} Typed after the session ended.")
        expect(again.locator("#save-state")).to_have_text(SAVED)
        assert again.evaluate(KEPT) == []


def test_the_receipt_of_the_work_before_takes_nothing_of_this_one(browser: Browser, tmp_path: Path) -> None:
    with prepared(tmp_path / "cell") as world:
        world.qualify(joined(world, "ada", "expert"))
        world.work(2)
    with serving(tmp_path / "cell") as server, signed_in(browser, server, "ada") as page:
        page.goto(f"/work/{PROGRAMME}")
        fill_in(page, right_verdict(page), words="It follows, and is short enough to read.")
        page.get_by_role("button", name="Submit").click()
        page.wait_for_url("**/done?receipt=*")
        expect(page.locator("h1")).to_have_text("Saved")
        assert page.evaluate(KEPT) == [], "what was taken is let go"
        receipt = page.url
        page.get_by_role("link", name="Next item").click()
        expect(page.locator("#work")).to_be_visible()
        work = page.url
        page.wait_for_load_state()
        killed(server)
        page.fill("#reason-1-text", WORDS)
        expect(page.locator("#save-state")).to_contain_text("kept on this device", timeout=15_000)
        page.get_by_role("button", name="Submit").click()
        page.wait_for_url("chrome-error://**")
        server.start()
        page.goto(receipt)
        expect(page.locator("h1")).to_have_text("Saved")
        assert len(page.evaluate(KEPT)) == 1
        page.goto(work)
        expect(page.locator("#reason-1-text")).to_have_value(WORDS)
        expect(page.locator("#save-state")).to_have_text(SAVED)


def test_without_scripts_signing_in_leads_back_to_the_work(browser: Browser, tmp_path: Path) -> None:
    with prepared(tmp_path / "cell") as world:
        world.qualify(joined(world, "ada", "expert"))
        world.work(1)
    with serving(tmp_path / "cell") as server, signed_in(browser, server, "ada", scripts=False) as page:
        page.goto(f"/work/{PROGRAMME}")
        work = page.url
        page.fill("#reason-1-text", WORDS)
        page.get_by_role("button", name="Save draft").click()
        expect(page.locator("#save-state")).to_have_text(re.compile("^Draft saved"))
        page.context.clear_cookies()
        page.get_by_role("button", name="Give this item back").click()
        expect(page.locator("h1")).to_have_text("Not done")
        page.locator("main").get_by_role("link", name="Sign in").click()
        page.fill("#login", "ada")
        page.fill("#password", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url(work)
        expect(page.locator("#reason-1-text")).to_have_value(WORDS)

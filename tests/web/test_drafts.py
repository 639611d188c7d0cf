"""Drafts and active time in Chromium, by a server that fails as told: what is kept, what comes back, what is asked.

The page stands at an https address, for a browser encrypts nowhere else.
"""

import dataclasses
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from browser import new_page
from playwright.sync_api import Browser, Page, Route, expect
from web.pages import BY_NAME, KINDS, html

from tallystick.app.judgment import mark_of
from tallystick.web.render import CONTENT_SECURITY_POLICY, STATIC
from tallystick.web.views.judgment import Work

ADDRESS = "https://pages.test"
KEY = "5a" * 32
DRAFT = "/assignments/a-77/draft"
WORDS = "What A says of the second step does not follow."
NOON, LATER = "2026-11-21T12:04:31Z", "2026-11-21T15:30:00Z"
PLACES = "() => Object.keys(localStorage).filter((name) => name.startsWith('tallystick-unsent:'))"
STATE = "#save-state"
REASON = "#reason-1-text"


@dataclass
class Server:
    """Answers a page of work, and takes drafts unless told otherwise."""

    fails: str = ""  # `dead`: cannot be reached; a number: the status it answers with
    draft: str = ""
    saved_at: str | None = None
    key: str = KEY
    taken: str = ""  # what the server says that it took last
    bodies: list[str] = field(default_factory=list)

    def answer(self, route: Route) -> None:
        """One request."""
        path = route.request.url.removeprefix(ADDRESS).partition("?")[0]
        headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY}
        if path.startswith("/static/"):
            kind = KINDS["." + path.rpartition(".")[2]]
            body = (STATIC / path.removeprefix("/static/")).read_text()
            route.fulfill(status=200, headers=headers | {"Content-Type": kind}, body=body)
        elif path in {"/page", "/else", "/other", "/sign-out"}:
            route.fulfill(status=200, headers=headers | {"Content-Type": "text/html"}, body=self._page(path))
        elif self.fails == "dead":
            route.abort()
        elif self.fails:
            route.fulfill(status=int(self.fails), json={"sentence": "Your session ended. Sign in again."})
        else:
            self.bodies.append(route.request.post_data or "")
            route.fulfill(status=200, json={"saved_at": NOON})

    def _page(self, path: str) -> str:
        sample = BY_NAME["work-qualification" if path in {"/page", "/else"} else "no-work"]
        view = sample.view
        if isinstance(view, Work) and path == "/else":
            view = dataclasses.replace(view, draft_href="/assignments/a-78/draft")
        if isinstance(view, Work):
            first = dataclasses.replace(view.reasons[0], text=self.draft)
            view = dataclasses.replace(view, reasons=(first, *view.reasons[1:]), saved_at=self.saved_at)
        frame = dataclasses.replace(
            sample.page, device_key=self.key, person_name="Ada", taken=self.taken, device_mark=mark_of(self.key)
        )
        return html(dataclasses.replace(sample, view=view, page=frame))


@contextmanager
def working(browser: Browser, server: Server, at: str = "/page") -> Iterator[Page]:
    """A page of work by this server."""
    with new_page(browser) as page:
        page.route("**/*", server.answer)
        page.goto(ADDRESS + at)
        yield page


@pytest.mark.parametrize("fails", ["dead", "503", "401"])
def test_what_the_server_does_not_take_is_kept_and_comes_back(browser: Browser, fails: str) -> None:
    server = Server(fails=fails)
    with working(browser, server) as page:
        page.fill(REASON, WORDS)
        expect(page.locator(STATE)).to_have_text(re.compile("^Not saved: .* kept on this device"))
        stored = page.evaluate("() => JSON.stringify(localStorage)")
        assert "tallystick-unsent:" in stored
        assert not any(word in stored for word in ("second step", "reason", "csrf", KEY))
        page.reload()
        expect(page.locator(REASON)).to_have_value(WORDS)
        server.fails = ""
        page.evaluate("() => window.dispatchEvent(new Event('online'))")
        expect(page.locator(STATE)).to_have_text("Saved 12:04:31 UTC")
        assert page.evaluate(PLACES) == []
        assert "second+step" in server.bodies[-1]


def test_of_another_person_nothing_can_be_read(browser: Browser) -> None:
    server = Server(fails="dead")
    with working(browser, server) as page:
        page.fill(REASON, WORDS)
        expect(page.locator(STATE)).to_have_text(re.compile("kept on this device"))
        server.key = "6b" * 32
        page.reload()
        expect(page.locator(REASON)).to_have_value("")
        page.fill(REASON, "Words of the other person.")
        expect(page.locator(STATE)).to_have_text(re.compile("kept on this device"))
        assert len(page.evaluate(PLACES)) == 2
        server.key = KEY
        page.reload()
        expect(page.locator(REASON)).to_have_value(WORDS)


@pytest.mark.parametrize("choice", ["use", "drop"])
def test_a_draft_that_was_changed_elsewhere_is_not_overwritten_unasked(browser: Browser, choice: str) -> None:
    server = Server(fails="dead")
    with working(browser, server) as page:
        page.fill(REASON, WORDS)
        expect(page.locator(STATE)).to_have_text(re.compile("kept on this device"))
        server.fails, server.draft, server.saved_at = "", "Written at the desk.", LATER
        page.reload()
        expect(page.locator("#kept-bar")).to_be_visible()
        expect(page.locator(REASON)).to_have_value("Written at the desk.")
        page.click(f"#kept-bar [data-{choice}]")
        expect(page.locator("#kept-bar")).to_be_hidden()
        if choice == "use":
            expect(page.locator(STATE)).to_have_text("Saved 12:04:31 UTC")
        expect(page.locator(REASON)).to_have_value(WORDS if choice == "use" else "Written at the desk.")
        assert page.evaluate(PLACES) == []


def test_signing_out_asks_and_removes_what_is_kept(browser: Browser) -> None:
    with working(browser, Server(fails="dead")) as page:
        page.fill(REASON, WORDS)
        expect(page.locator(STATE)).to_have_text(re.compile("kept on this device"))
        asked: list[str] = []

        def refuse(dialog: object) -> None:
            asked.append(dialog.message)  # type: ignore[attr-defined]  # a dialog of playwright
            dialog.dismiss()  # type: ignore[attr-defined]  # the same

        page.once("dialog", refuse)
        page.click("form[action='/sign-out'] button")
        assert "not saved yet" in asked[0]
        assert len(page.evaluate(PLACES)) == 1
        page.once("dialog", lambda dialog: dialog.accept())
        page.click("form[action='/sign-out'] button")
        page.wait_for_url("**/sign-out")
        assert page.evaluate(PLACES) == []


def test_signing_out_neither_names_nor_removes_what_is_kept_of_somebody_else(browser: Browser) -> None:
    server = Server(fails="dead")
    with working(browser, server) as page:
        page.fill(REASON, WORDS)
        expect(page.locator(STATE)).to_have_text(re.compile("kept on this device"))
        server.key = "6b" * 32
        page.goto(f"{ADDRESS}/other")
        asked: list[str] = []

        def accept(dialog: object) -> None:
            asked.append(dialog.message)  # type: ignore[attr-defined]  # a dialog of playwright
            dialog.accept()  # type: ignore[attr-defined]  # the same

        page.on("dialog", accept)
        page.click("form[action='/sign-out'] button")
        page.wait_for_url("**/sign-out")
        assert asked == []
        assert len(page.evaluate(PLACES)) == 1
        server.key = KEY
        page.goto(f"{ADDRESS}/page")
        expect(page.locator(REASON)).to_have_value(WORDS)


@pytest.mark.parametrize(
    ("place", "taken", "kept"),
    [
        ("/other", DRAFT, 0),
        ("/other?receipt=7", DRAFT, 0),
        ("/other", "", 1),
        ("/other?receipt=7", "/assignments/a-76/draft", 1),
        ("/other?done=labelled", "", 1),
        ("/else", "/assignments/a-76/draft", 1),
    ],
)
def test_words_are_let_go_where_the_server_says_that_they_were_taken(
    browser: Browser, place: str, taken: str, kept: int
) -> None:
    """And nowhere else: neither by an address, nor because the form of other work is shown."""
    server = Server(fails="503")
    with working(browser, server) as page:
        page.fill(REASON, WORDS)
        expect(page.locator(STATE)).to_have_text(re.compile("kept on this device"))
        page.evaluate("() => document.querySelector('#work').dispatchEvent(new Event('submit'))")
        assert len(page.evaluate(PLACES)) == 1
        server.taken = taken
        page.goto(f"{ADDRESS}{place}")
        expect(page.locator("h1")).to_be_visible()
        assert len(page.evaluate(PLACES)) == kept


def test_active_time_counts_work_and_neither_pauses_nor_what_nobody_sees(browser: Browser) -> None:
    """By a clock that is turned by hand: what pauses, is hidden or sleeps does not count."""
    with new_page(browser) as page:
        page.clock.install(time=0)
        page.route("**/*", Server(fails="dead").answer)
        page.goto(f"{ADDRESS}/page")
        spent = page.locator("#work input[name=active_ms]")
        before = int(spent.input_value())

        def gained() -> int:
            page.evaluate("() => document.dispatchEvent(new Event('scroll'))")
            return int(spent.input_value()) - before

        def is_seen(state: str) -> None:
            page.evaluate(
                "(state) => { Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });"
                " document.dispatchEvent(new Event('visibilitychange')); }",
                state,
            )

        assert gained() < 1_000
        page.clock.fast_forward(50_000)
        assert 50_000 <= gained() < 51_000
        page.clock.fast_forward(61_000)
        assert 50_000 <= gained() < 51_000
        is_seen("hidden")
        page.clock.fast_forward(30_000)
        assert 50_000 <= gained() < 51_000
        is_seen("visible")
        page.clock.fast_forward(20_000)
        assert 70_000 <= gained() < 72_000
        page.clock.fast_forward("08:00:00")
        assert 70_000 <= gained() < 72_000
        expect(page.locator("#active-time")).to_have_text(re.compile(r"^\d+ min$|^less than a minute$"))
        assert page.locator("#active-time").inner_text() == f"{(before + gained()) // 60_000} min"

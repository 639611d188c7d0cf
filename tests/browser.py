"""Pages in a real Chromium, and what axe finds on them. Reads CHROMIUM, the path of another Chromium.

A test takes the `browser` fixture of conftest.py and opens pages with `new_page`.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

AXE = Axe()
DESKTOP = (1280, 900)
PHONE = (390, 844)
"""Widths and heights in CSS pixels."""

FLAGS = (
    "--no-sandbox",  # root in a container has no user namespaces; the pages are our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",  # containers give 64 MB there
)


class ChromiumMissing(RuntimeError):
    """There is no Chromium here; the message says how to bring one."""


def chromium_path() -> str:
    """The program: CHROMIUM, else chromium or chromium-browser on PATH."""
    names = ("chromium", "chromium-browser")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        raise ChromiumMissing(
            "expected a Chromium for the browser tests, found none; run tools/system_packages, "
            "or set CHROMIUM to its path"
        )
    return found


@contextmanager
def start_chromium() -> Iterator[Browser]:
    """A running Chromium without a window; it ends with the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), headless=True, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def new_page(
    browser: Browser,
    *,
    size: tuple[int, int] = DESKTOP,
    dark: bool = False,
    scripts: bool = True,
    address: str | None = None,
    scale: float = 1,
) -> Iterator[Page]:
    """A page in a fresh context: no cookies, no storage, and no way to hide a script error.

    size     width and height in CSS pixels
    scripts  False to see the page as a browser without JavaScript does
    address  what relative addresses are relative to, such as http://127.0.0.1:8000
    scale    pixels of the screen for each CSS pixel: a browser's zoom, with a smaller `size`
    raises   AssertionError at the end of the block when a script failed or the page broke its own
             Content-Security-Policy; an answer of 4xx or 5xx is for the test to judge
    """
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        java_script_enabled=scripts,
        base_url=address,
        has_touch=size[0] < DESKTOP[0] and scale == 1,
        device_scale_factor=scale,
    )
    faults: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.extend(_console_fault(message)))
    try:
        yield page
        if scripts:
            page.evaluate("0")  # a round trip: what the page reported before has arrived when the answer does
    finally:
        context.close()
    assert not faults, f"the page reported: {faults}"


def _console_fault(message: ConsoleMessage) -> Iterator[str]:
    """The text of a console error, unless it only repeats the status of an answer."""
    if message.type == "error" and not message.text.startswith("Failed to load resource"):
        yield message.text


WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
"""The rules of axe that test WCAG 2.2 at the levels A and AA."""


def barriers(page: Page) -> list[str]:
    """What axe finds on the page as it stands against WCAG 2.2 AA, however slight: rule, help text and places."""
    page.evaluate(AXE.axe_script)
    found = page.evaluate("(tags) => axe.run({ resultTypes: ['violations'], runOnly: tags })", list(WCAG))
    return [
        f"{one['id']} ({one['impact']}): {one['help']} at {[node['target'] for node in one['nodes']]}"
        for one in found["violations"]
    ]


def sideways_overflow(page: Page) -> int:
    """By how many CSS pixels the page is wider than the screen: 0 on a page that fits a phone.

    An element stands in the page before the styles do, so whoever waited for one alone would measure a bare page.
    """
    page.wait_for_load_state()
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

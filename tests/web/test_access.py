"""Every page and state before axe, at a desk and on a phone, light and dark; the workspace at 200 % and in large type.

A run shows each sample in one of the four ways, drawn by its name. EVERY_SCREEN=1 shows each in all four: `make
access`.
"""

import hashlib
import os
from collections.abc import Iterator

import pytest
from browser import PHONE, barriers, new_page, sideways_overflow
from playwright.sync_api import Browser, Page
from web.pages import show
from web.samples import ALL

WAYS = [((1440, 900), False), ((1440, 900), True), (PHONE, False), (PHONE, True)]
"""Sizes in CSS pixels, and whether the scheme is the dark one."""
NAMES = sorted(sample.name for sample in ALL)
SIGNALS = [name for name in NAMES if name.startswith("signal-")]
SUBMIT = "#submit, form.form:last-of-type button[type=submit]"
ZOOMED = ["work", "work-wrong", "work-rtl", *SIGNALS, "case", "second-look", "me", "queue", "done"]


def ways_of(name: str) -> list[int]:
    """In which ways this run shows a sample."""
    drawn = hashlib.sha256(name.encode()).digest()[0] % len(WAYS)
    return list(range(len(WAYS))) if os.environ.get("EVERY_SCREEN") else [drawn]


@pytest.fixture(scope="module")
def screens(browser: Browser) -> Iterator[list[Page]]:
    """One window for each way: one for each sample would take as long as axe."""
    with (
        new_page(browser, size=WAYS[0][0], dark=WAYS[0][1]) as one,
        new_page(browser, size=WAYS[1][0], dark=WAYS[1][1]) as two,
        new_page(browser, size=WAYS[2][0], dark=WAYS[2][1]) as three,
        new_page(browser, size=WAYS[3][0], dark=WAYS[3][1]) as four,
    ):
        yield [one, two, three, four]


def shown(page: Page, name: str) -> Page:
    """A page with one sample, as a browser that kept nothing."""
    if page.url != "about:blank":
        page.evaluate("localStorage.clear(); sessionStorage.clear()")
    page.unroute_all()
    show(page, name)
    return page


@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(screens: list[Page], name: str) -> None:
    for way in ways_of(name):
        page = shown(screens[way], name)
        assert (barriers(page), sideways_overflow(page)) == ([], 0), WAYS[way]


# Words that are cut off or outside of the window, and controls that lie over each other.
CRAMPED = """() => {
  const found = [];
  const seen = (one) => one.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })
    && one.getClientRects().length > 0 && !one.closest(".unseen, .pad, dialog");
  const name = (one) => one.textContent.trim().slice(0, 40);
  const words = "main :is(label, button, legend, summary, h1, h2, h3, dt, dd, p, .button)";
  for (const one of document.querySelectorAll(words)) {
    if (!seen(one)) continue;
    const box = one.getBoundingClientRect();
    const isTooLarge = one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1;
    if (getComputedStyle(one).overflowX !== "visible" && isTooLarge) found.push(`cut off: ${name(one)}`);
    if (box.right > innerWidth + 1 || box.left < -1) found.push(`outside: ${name(one)}`);
  }
  const controls = "main :is(button, .button, .rating label, .verdict label, .chip, textarea, select)";
  const boxes = [...document.querySelectorAll(controls)]
    .filter((one) => seen(one) && !one.closest(".work-verdict"))
    .map((one) => [one, one.getBoundingClientRect()]);
  boxes.forEach(([one, a], at) => boxes.slice(at + 1).forEach(([other, b]) => {
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    const isPart = one.contains(other) || other.contains(one);
    if (!isPart && wide > 1.5 && high > 1.5) found.push(`one over the other: ${name(one)}, ${name(other)}`);
  }));
  return found;
}"""


def cramped(page: Page) -> list[str]:
    """What cannot be read or used at this size."""
    return [*page.evaluate(CRAMPED), *(["wider than the screen"] if sideways_overflow(page) else [])]


def covered_by_bar(page: Page) -> float:
    """How much of the screen's height the bar with the verdicts takes while it sticks."""
    return float(
        page.evaluate(
            "() => { const bar = document.querySelector('.work-verdict');"
            " return bar && getComputedStyle(bar).position === 'sticky' ? bar.offsetHeight / innerHeight : 0; }"
        )
    )


ENLARGED = {
    "200 percent": ((720, 450), 2, 16), "400 percent": ((320, 256), 4, 16), "large type": ((1440, 900), 1, 32),
    "large type on a phone": (PHONE, 1, 32),
}  # fmt: skip
"""A window of 1440 by 900 and one of 1280 by 1024 that are zoomed, and letters of twice the usual size of 16 pixels."""


@pytest.mark.parametrize("way", ENLARGED)
def test_enlarged_everything_can_be_read_and_reached(browser: Browser, way: str) -> None:
    """WCAG 1.4.4 and 1.4.10, for everything on which an expert or an adjudicator works."""
    size, scale, letters = ENLARGED[way]
    found: dict[str, list[str]] = {}
    with new_page(browser, size=size, scale=scale) as page:
        sizes = {"standard": letters, "fixed": letters}
        page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": sizes})
        for name in ZOOMED:
            shown(page, name)
            wrong = cramped(page)
            if covered_by_bar(page) > 0.5:
                wrong.append(f"the bar covers {covered_by_bar(page):.0%} of the screen")
            if page.locator(SUBMIT).count():
                page.click(SUBMIT, trial=True, timeout=5_000)
            found |= {name: wrong} if wrong else {}
    assert found == {}

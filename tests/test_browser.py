"""The browser tests' own tools: a fault on a page must reach the test."""

from urllib.parse import quote

import pytest
from browser import PHONE, barriers, new_page, sideways_overflow
from playwright.sync_api import Browser

GOOD = """<!doctype html><html lang="en"><head><title>Good</title></head>
<body><main><h1>Good</h1><label for="name">Name</label><input id="name"></main></body></html>"""
BAD = GOOD.replace('<label for="name">Name</label>', "").replace(' lang="en"', "")


def test_axe_passes_a_page_with_title_language_and_labels(browser: Browser) -> None:
    with new_page(browser) as page:
        page.set_content(GOOD)
        assert barriers(page) == []


def test_axe_names_the_input_without_a_label_and_the_missing_language(browser: Browser) -> None:
    with new_page(browser) as page:
        page.set_content(BAD)
        rules = {barrier.split()[0] for barrier in barriers(page)}
    assert {"html-has-lang", "label"} <= rules


def test_a_failing_script_fails_the_test(browser: Browser) -> None:
    with pytest.raises(AssertionError, match="not here"), new_page(browser) as page:
        page.set_content(GOOD + "<script>throw new Error('not here')</script>")


def test_a_page_wider_than_a_phone_is_measured(browser: Browser) -> None:
    with new_page(browser, size=PHONE) as page:
        page.set_content(GOOD)
        assert sideways_overflow(page) == 0
        page.set_content(GOOD.replace("<h1>", '<h1 style="width: 500px">'))
        assert sideways_overflow(page) > 0


def test_dark_mode_and_no_scripts_reach_the_page(browser: Browser) -> None:
    style = "<style>h1 {color: red} @media (prefers-color-scheme: dark) {h1 {color: blue}}</style>"
    script = "<p id='p'>plain</p><script>document.getElementById('p').textContent = ''</script>"
    address = f"data:text/html,{quote(GOOD.replace('<main>', style + '<main>' + script))}"
    with new_page(browser, dark=True, scripts=False) as page:
        page.goto(address)
        assert page.get_by_text("plain").is_visible()
    with new_page(browser, dark=True) as page:
        page.goto(address)
        assert not page.get_by_text("plain").is_visible()
        colour = page.evaluate("getComputedStyle(document.querySelector('h1')).color")
    assert colour == "rgb(0, 0, 255)"

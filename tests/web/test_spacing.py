"""Pieces that follow each other on a page do not touch, on a desk and on a phone."""

import pytest
from browser import DESKTOP, PHONE, new_page
from playwright.sync_api import Browser
from web.pages import show

GAP_MIN = 12
"""Pixels between the edges of two pieces."""
MEETING = {
    "constitution": [(".document-text > p", ".document-text > section"), (".document", ".document + .block")],
    "queue-adjudicator": [("main > form", "main > .tabs")],
    "load": [
        (".block > .table:has(+ form)", ".block > .table + form"), (".block > p:has(+ .figure)", ".block > .figure"),
        (".block > h3:has(+ .form)", ".block > h3 + .form"),
    ],
}  # fmt: skip
DISTANCE = """([above, below]) => document.querySelector(below).getBoundingClientRect().top
  - document.querySelector(above).getBoundingClientRect().bottom"""


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
@pytest.mark.parametrize("name", MEETING)
def test_pieces_keep_a_distance(browser: Browser, name: str, size: tuple[int, int]) -> None:
    with new_page(browser, size=size) as page:
        show(page, name)
        assert {pair: page.evaluate(DISTANCE, list(pair)) >= GAP_MIN for pair in MEETING[name]} == dict.fromkeys(
            MEETING[name], True
        )

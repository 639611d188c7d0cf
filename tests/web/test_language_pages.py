"""Languages on the pages of a served cell: what experts and adjudicators are shown, the choice, and refusals."""

import re
from pathlib import Path

import pytest
from served import Served
from web.pseudo import Bracketing, unmarked
from web.test_roles_of_pages import WHO, Scene, scene
from web.visitor import HERE, Visitor, filled

from tallystick.web.language import spoken

__all__ = ["scene"]  # the cell that has one of everything

TESTS = Path(__file__).parent.parent
WORKERS = [
    (route, role)
    for route, roles in WHO.items()
    for role in ("expert", "adjudicator")
    if route.startswith("GET ") and (roles is None or role in roles)
]
TOOK_PART = (
    "/people/{person}", "/credentials/{credential_id}", "/calibrations/{calibration_id}",
    "/calibrations/{calibration_id}/items/{item}", "/calibrations/{calibration_id}/rubric",
)  # fmt: skip
"""Pages that open to nobody but an expert who took part."""
VALUE = re.compile(r"\b(?:[a-z]{2,4}-[0-9a-z-]+\b|\d[\d.,:-]*|UTC\b|JPY\b)")
"""Ids, numbers, times and currencies."""
WRITTEN = (
    "A expert A judge general Plain answers Principles of plain answers Reasoning Concision Does each step follow? "
    "It follows, as step shows Principles in 1.1.0 carries them It asks: Say the limit They look into a report"
)
"""What people wrote into this cell, put together by its makers."""
COMPARED = "does not count for the gate not required"
"""A comparison of two versions shows the lines of the documents as they are."""


@pytest.fixture(scope="module")
def known() -> str:
    """Everything that the tests have put into the cell: the words of contracts, rubrics, items and people."""
    sources = [path.read_text() for path in sorted(TESTS.glob("*.py"))]
    return VALUE.sub("", " ".join(" ".join((*sources, WRITTEN, COMPARED)).split()))


@pytest.fixture
def bracketed(monkeypatch: pytest.MonkeyPatch) -> None:
    """German says everything in brackets."""
    monkeypatch.setattr(spoken, "messages_of", lambda _: Bracketing())


@pytest.mark.usefixtures("bracketed")
def test_every_word_that_an_expert_meets_is_said(scene: Scene, known: str) -> None:
    """All pages of experts and adjudicators in one test: the words that nobody marked, with the page they stand on."""
    found, seen = [], 0
    first = scene.served.world.experts[0]
    walks = [(route.removeprefix("GET "), role, scene.cast[role]) for route, role in WORKERS]
    for route, role, actor in (*walks, *((route, "who took part", first) for route in TOOK_PART)):
        answer = Visitor(scene.served, actor, language="de").get(scene.address(route))
        assert actor is not first or answer.status_code == 200
        if answer.status_code != 303 and answer.headers["content-type"].startswith("text/html"):
            seen += 1
            assert '<html lang="de" dir="ltr">' in answer.text
            left = unmarked(VALUE.sub("", answer.text), known)
            found += [(route, role, words) for words in left if words.strip(" -·/")]
    assert found == []
    assert seen > 40


def test_a_choice_is_kept_in_the_browser_alone(looked_at: Served) -> None:
    """Without an account, and for who is signed in: the same form, which leads back to the page."""
    nobody = Visitor(looked_at, None)
    page = nobody.get("/sign-in?next=/me")
    fields = filled(page.text, "/language", language="ar")
    before = page.headers["set-cookie"].partition(";")[0]
    sent = nobody.post("/language", fields, headers={**HERE, "Cookie": before})
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?next=/me")
    cookie = sent.headers["set-cookie"].lower()
    assert cookie.startswith("language=ar;")
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    expert = Visitor(looked_at, looked_at.world.expert(), language="ar")
    text = expert.get("/me").text
    assert '<html lang="ar" dir="rtl">' in text
    assert expert.post("/language", filled(text, "/language", language="zh")).headers["location"] == "/me"


@pytest.mark.parametrize("path", ["//elsewhere.example", "https://elsewhere.example/", "/\\elsewhere.example", "me"])
def test_a_choice_never_leads_elsewhere(looked_at: Served, path: str) -> None:
    expert = Visitor(looked_at, looked_at.world.lead)
    fields = {"csrf": expert.csrf, "language": "de", "next": path}
    assert expert.post("/language", fields).headers["location"] == "/"


def test_a_choice_needs_the_token_of_its_form(looked_at: Served) -> None:
    expert = Visitor(looked_at, looked_at.world.lead)
    assert expert.post("/language", {"csrf": "x" * 32, "language": "de", "next": "/"}).status_code == 403
    answer = expert.post("/language", {"csrf": expert.csrf, "language": "xx", "next": "/"})
    assert "set-cookie" not in answer.headers


@pytest.mark.usefixtures("bracketed")
def test_a_refusal_says_its_exact_sentence_in_english_too(looked_at: Served) -> None:
    expert = Visitor(looked_at, looked_at.world.lead, language="de")
    text = expert.post("/sign-out", {"csrf": "x" * 32}).text
    assert '<p class="notice-sentence">⟦forged⟧</p>' in text
    assert '<p lang="en" dir="ltr">This form did not come from a page of yours' in text
    english = Visitor(looked_at, looked_at.world.lead).post("/sign-out", {"csrf": "x" * 32}).text
    assert '<p class="notice-sentence">This form did not come from a page of yours' in english
    assert 'lang="en" dir="ltr">This form' not in english


def test_a_page_depends_on_who_asks_and_is_kept_by_nobody(looked_at: Served) -> None:
    headers = Visitor(looked_at, None).get("/sign-in").headers
    assert headers["vary"] == "Accept-Language, Cookie"
    assert headers["cache-control"] == "no-store"

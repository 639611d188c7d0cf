"""Hostile texts on every page that shows a text, read by a parser and by a real Chromium: they stay text.

No script runs, nothing is asked of any server, and beside the text itself a page is the one of a harmless item.
"""

import dataclasses
from html.parser import HTMLParser

import pytest
from browser import PHONE, new_page, sideways_overflow
from playwright.sync_api import Browser, Page, Route
from web.hostile_texts import SHORT
from web.pages import ADDRESS, KINDS, html
from web.samples import ALL
from web.samples.frame import Sample
from web.test_showing import CLASSES, TEXT_TAGS, VALUES, as_kept

from tallystick.web.render import CONTENT_SECURITY_POLICY, STATIC
from tallystick.web.showing.mathematics import ATTRIBUTES
from tallystick.web.views.items import Text

TOGETHER = "\n".join(SHORT.values())


def with_texts(value: object, body: str) -> object:
    """A view in which every text of an item says something else."""
    if isinstance(value, Text):
        return dataclasses.replace(value, body=body)
    if isinstance(value, tuple):
        return tuple(with_texts(part, body) for part in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: with_texts(getattr(value, field.name), body) for field in dataclasses.fields(value)}
        return dataclasses.replace(value, **parts)
    return value


def saying(sample: Sample, body: str) -> str:
    """A page whose item says something."""
    return html(dataclasses.replace(sample, view=with_texts(sample.view, body)))


WITH_TEXTS = [sample for sample in ALL if with_texts(sample.view, "harmless") != sample.view]


class Around(HTMLParser):
    """The elements of a page with their attributes, without what stands inside of texts and of their comparison."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self._inside = 0  # how many elements of the same kind are open inside of a text
        self._of = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element outside."""
        classes = (dict(attrs).get("class") or "").split()
        if self._inside:
            self._inside += tag == self._of
        elif {"passage-body", "passage-shown", "passage-plain", "passage-note", "compare"} & set(classes):
            self._inside, self._of = 1, tag
        else:
            self.tags.append(f"<{tag} {attrs}>")

    def handle_endtag(self, tag: str) -> None:
        """Leave a text."""
        if self._inside:
            self._inside -= tag == self._of
        else:
            self.tags.append(f"</{tag}>")


def test_there_are_pages_to_try() -> None:
    templates = {sample.template for sample in WITH_TEXTS}
    assert {"judgment/work.html", "items/detail.html", "adjudication/case.html", "escape/review.html",
            "standing/detail.html", "calibration/item.html"} <= templates  # fmt: skip


@pytest.mark.parametrize("sample", WITH_TEXTS, ids=[sample.name for sample in WITH_TEXTS])
def test_around_its_texts_a_page_is_that_of_a_harmless_item(sample: Sample) -> None:
    assert Around(saying(sample, TOGETHER)).tags == Around(saying(sample, "harmless")).tags


def opened(page: Page, text: str) -> list[str]:
    """Show a page under the policy of the web app; what it asked for beside our own style sheets and scripts."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        request = route.request
        name = request.url.removeprefix(f"{ADDRESS}/static/")
        headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY}
        if request.url == f"{ADDRESS}/page":
            route.fulfill(status=200, headers=headers | {"Content-Type": "text/html; charset=utf-8"}, body=text)
        elif (STATIC / name).is_file():
            kind = KINDS["." + name.rpartition(".")[2]]
            route.fulfill(status=200, headers=headers | {"Content-Type": kind}, body=(STATIC / name).read_text())
        else:
            asked.append(request.url)
            route.abort()

    page.route("**/*", answer)
    page.on("dialog", lambda dialog: asked.append(f"dialog {dialog.message}"))
    page.goto(f"{ADDRESS}/page")
    return asked


# What the browser made of the texts: every element and attribute inside of them, and the words of the plain views.
READ = """() => {
  const found = { tags: new Set(), names: new Set(), classes: new Set(), words: [] };
  for (const box of document.querySelectorAll(".passage-body, .passage-shown")) {
    for (const one of box.querySelectorAll("*")) {
      found.tags.add(one.localName);
      one.classList.forEach((name) => found.classes.add(name));
      for (const attribute of one.attributes) found.names.add(attribute.name);
    }
    if (box.matches(".passage-body")) found.words.push(box.textContent);
  }
  return { tags: [...found.tags], names: [...found.names], classes: [...found.classes], words: found.words };
}"""


def test_in_a_browser_hostile_texts_stay_text(browser: Browser) -> None:
    """One page with all of them, on a phone. `new_page` fails on a script error and on a breach of the policy."""
    record = next(sample for sample in ALL if sample.name == "record-hostile")
    texts = tuple(Text(label=name, body=body) for name, body in SHORT.items())
    view = dataclasses.replace(record.view, texts=texts)  # type: ignore[type-var]  # the view of a record
    text = html(dataclasses.replace(record, view=view)).encode(errors="strict").decode()
    with new_page(browser, size=PHONE) as page:
        assert opened(page, text) == []
        found = page.evaluate(READ)
        assert set(found["tags"]) <= TEXT_TAGS
        assert set(found["classes"]) <= CLASSES
        assert set(found["names"]) <= {"class", *VALUES, *ATTRIBUTES}
        kept = [as_kept(body) for name, body in SHORT.items() if name != "signs"]
        assert found["words"] == kept
        assert sideways_overflow(page) == 0
        assert page.locator("script:not([src^='/static/'])").count() == 0
        assert page.title() != ""


def test_a_text_turns_nothing_around_it(browser: Browser) -> None:
    """Overrides that nobody closes end with their text: the label below stands where it stands for a harmless one."""
    record = next(sample for sample in ALL if sample.name == "record-hostile")
    places = []
    for body in ("\u202e\u2067 three words here", "xx three words here"):
        texts = (Text(label="A", body=body), Text(label="B", body="after"))
        view = dataclasses.replace(record.view, texts=texts)  # type: ignore[type-var]  # the view of a record
        with new_page(browser) as page:
            opened(page, html(dataclasses.replace(record, view=view)))
            boxes = page.locator(".passage-body")
            places.append((boxes.nth(1).bounding_box(), boxes.nth(1).inner_text(), boxes.nth(0).inner_text()[-16:]))
    assert places[0][1:] == places[1][1:]
    assert places[0][0] is not None
    assert places[1][0] is not None
    assert places[0][0]["x"] == places[1][0]["x"]

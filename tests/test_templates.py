"""Rules that every template keeps, whatever view it gets: structure, labels, and nothing that our policy forbids.

What a browser sees on a whole page is checked in a browser; this finds the fault in the file that has it.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

WEB = Path(__file__).parent.parent / "src" / "tallystick" / "web"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
PAGES = [path for path in TEMPLATES if path.parent != WEB / "templates" and path.parent.name != "parts"]
STATIC = sorted(path for path in (WEB / "static").rglob("*") if path.suffix in {".css", ".js"})

TAG = re.compile(r"<(?P<name>[a-z]\w*)(?P<rest>(?:\{[{%].*?[%}]\}|[^<>])*)>", re.DOTALL)
CONTROLS = {"input", "textarea", "select"}
UNLABELLED = {"hidden", "submit", "button"}
FORBIDDEN = {
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)"),
    "an inline style": re.compile(r"<style\b|\sstyle="),
    "an inline handler": re.compile(r"<[^>]*\son[a-z]+="),
    "another host": re.compile(r"""(?:src|href|action)=["']?(?:https?:)?//"""),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
    "unescaped text": re.compile(r"\|\s*safe\b|autoescape\s+false"),
    "a focus order of its own": re.compile(r'tabindex="[1-9]'),
    "a second heading of the first rank": re.compile(r"<h1\b"),
}
NEEDED = {
    "img": ("alt", "what the picture says"),
    "button": ("type", "what the button does"),
    "th": ("scope", "what the heading is for"),
    "svg": ("aria-hidden|role", "whether a screen reader says it"),
}


def faults(text: str) -> Iterator[str]:
    """One line for each breach in one template other than base.html."""
    for name, pattern in FORBIDDEN.items():
        if pattern.search(text):
            yield f"{name}: {pattern.search(text)}"
    for tag in TAG.finditer(text):
        attribute, reason = NEEDED.get(tag["name"], ("", ""))
        if attribute and not re.search(rf"\b(?:{attribute})=", tag["rest"]):
            yield f"<{tag['name']}> has no {attribute}: say {reason}"
        if tag["name"] in CONTROLS and not is_labelled(tag, text):
            yield f"{tag[0]} has no label"
    for form in re.findall(r'<form[^>]*method="post".*?</form>', text, re.DOTALL):
        if "csrf" not in form:
            yield f"a form without its CSRF token: {form[:60]}"


def is_labelled(tag: re.Match[str], text: str) -> bool:
    """Whether a control has a label of its own, stands in one, or is handed to the macro that writes one."""
    kind = re.search(r'\btype="(\w+)"', tag["rest"])
    if (kind and kind[1] in UNLABELLED) or "aria-label" in tag["rest"]:
        return True
    before = text[: tag.start()]
    stands_in_label = before.rfind("<label") > before.rfind("</label>")
    stands_in_field = before.rfind("call field(") > before.rfind("endcall")
    stands_in_our_field = before.rfind("call ui.field(") > before.rfind("endcall")
    own = re.search(r'\bid="((?:\{\{.*?\}\}|[^"])*)"', tag["rest"])
    return stands_in_label or stands_in_field or stands_in_our_field or bool(own and f'<label for="{own[1]}"' in text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(WEB)))
def test_a_template_keeps_the_rules(path: Path) -> None:
    text = path.read_text()
    found = [fault for fault in faults(text) if not (path.name == "base.html" and fault.startswith("a second"))]
    assert found == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(WEB)))
def test_a_page_stands_on_the_one_base(path: Path) -> None:
    """So that it has a title, a heading, a language and a way past the menu."""
    assert path.read_text().startswith('{% extends "base.html" %}')


def test_the_base_has_what_every_page_needs() -> None:
    text = (WEB / "templates" / "base.html").read_text()
    for part in ('<html lang="', "<title>", "<h1>", '<main id="main"', 'href="#main"', 'name="viewport"', 'dir="'):
        assert text.count(part) == 1, part


# What stands between an else and its end: only one of two branches reaches the page.
OTHER_BRANCH = re.compile(r"\{% (?:else|elif) .*?(?=\{% (?:if|for|elif|endif|endfor))", re.DOTALL)


class Nesting(HTMLParser):
    """Counts what is opened and not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parser's signature
        if tag not in {"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Closed where it was opened: nothing to count."""

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"{self.getpos()[0]}: </{tag}> closes nothing")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(WEB)))
def test_elements_are_closed_in_order(path: Path) -> None:
    """A browser mends what is not closed, each in its own way."""
    nesting = Nesting()
    first_branches = OTHER_BRANCH.sub("", path.read_text())
    nesting.feed(re.sub(r"\{\{.*?\}\}", "x", re.sub(r"\{%.*?%\}|\{#.*?#\}", "", first_branches)))
    assert nesting.wrong == []
    assert nesting.open == []


AWAY = ("http://", "https://", "@import", "eval(", "innerHTML", "document.write", "localStorage")
NAMESPACE = "http://www.w3.org/2000/svg"


def test_scripts_and_styles_are_our_own_and_stay_here() -> None:
    texts = {path.name: path.read_text().replace(NAMESPACE, "") for path in STATIC}
    # Receipts are kept where the site cannot take them back, and unsent words, encrypted, until the server has them.
    for name in ("receipts.js", "keep.js"):
        texts[name] = texts[name].replace("localStorage", "")
    assert {Path(name).suffix for name in texts} == {".css", ".js"}
    assert [f"{name}: {word}" for name, text in texts.items() for word in AWAY if word in text] == []


BREACHES = {
    "an inline script": "<script>go()</script>",
    "an inline style": '<p style="color: red">x</p>',
    "an inline handler": '<a href="/" onclick="go()">x</a>',
    "another host": '<script src="//elsewhere.example/x.js"></script>',
    "a javascript:": '<a href="javascript:go()">x</a>',
    "unescaped text": "{{ view.text | safe }}",
    "a focus order": '<p tabindex="3">x</p>',
    "a second heading": "<h1>x</h1>",
    "<img> has no alt": '<img src="/x.png">',
    "<button> has no type": "<button>x</button>",
    "<th> has no scope": "<th>x</th>",
    "<svg> has no": "<svg></svg>",
    "has no label": '<input id="a" name="a">',
    "a form without": '<form action="/x" method="post"><p>x</p></form>',
}


@pytest.mark.parametrize("words", BREACHES)
def test_each_rule_finds_its_breach(words: str) -> None:
    found = list(faults(BREACHES[words]))
    assert len(found) == 1
    assert words in found[0]


@pytest.mark.parametrize(
    "text",
    [
        '<label for="a">A</label><input id="a">',
        '<label for="{{ x }}">A</label><select id="{{ x }}"></select>',
        "<label>A <textarea></textarea></label>",
        '<input type="hidden" name="a">',
        '{% call ui.field("a", "A") %}<input id="a">{% endcall %}',
    ],
)
def test_a_labelled_control_is_no_fault(text: str) -> None:
    assert list(faults(text)) == []

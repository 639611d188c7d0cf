"""Every page as it comes out: structure, escaping, honest numbers, and marks that nobody can miss."""

import dataclasses
import re
from collections import Counter
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal

import pytest
from jinja2 import UndefinedError
from markupsafe import escape
from web.pages import html
from web.samples import ALL
from web.samples.frame import REFUSED, Sample, lead
from web.samples.people import SIGNED_OUT
from web.samples.programme import UNDEFINED

from tallystick.web import render, words
from tallystick.web.language import formats
from tallystick.web.views import session
from tallystick.web.views.page import Notice, Page
from tallystick.web.views.parts import Estimate

HOSTILE = """<script>alert(1)</script>"'><img src=x onerror=alert(1)>{{ 7 * 7 }}"""
NAMES = [sample.name for sample in ALL]
each_sample = pytest.mark.parametrize("sample", ALL, ids=NAMES)


class Reader(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def values(self, attribute: str) -> list[str]:
        """Every value of one attribute."""
        return [found for _, attrs in self.tags if (found := attrs.get(attribute))]


def is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def poisoned(value: object) -> object:
    """The same view with every free text replaced by one that tries to break out."""
    if isinstance(value, str):
        return value if not value or is_time(value) else HOSTILE
    if isinstance(value, tuple):
        return tuple(poisoned(part) for part in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        keep = {"kind", "tone", "language", "direction"}
        parts = {
            field.name: old if field.name in keep and old in KEPT else poisoned(old)
            for field in dataclasses.fields(value)
            for old in [getattr(value, field.name)]
        }
        return dataclasses.replace(value, **parts)
    return value


KEPT = {
    "same", "changed", "added", "removed", "refused", "done", "note", "good", "bad", "waiting", "quiet",
    "software", "hardware", "ltr", "rtl", "auto", "en", "ar",
}  # fmt: skip


def test_every_page_template_has_a_sample() -> None:
    """A page that no sample shows is one that nobody has looked at."""
    pages = {
        str(path.relative_to(render.TEMPLATES))
        for path in render.TEMPLATES.rglob("*.html")
        if path.parent.name != "parts" and path.name != "base.html"
    }
    assert pages == {sample.template for sample in ALL}
    assert [name for name, times in Counter(NAMES).items() if times > 1] == []


@each_sample
def test_a_page_has_its_parts_once(sample: Sample) -> None:
    text = html(sample)
    tags = Counter(tag for tag, _ in Reader(text).tags)
    assert (tags["h1"], tags["main"], tags["title"] >= 1) == (1, 1, True)
    assert f"<title>{escape(sample.page.title)} · Tallystick</title>" in text
    assert 'href="#main"' in text


@each_sample
def test_ids_are_single_and_every_reference_has_its_target(sample: Sample) -> None:
    """A label or hint that points nowhere is silence to a screen reader."""
    reader = Reader(html(sample))
    ids = Counter(reader.values("id"))
    assert [name for name, times in ids.items() if times > 1] == []
    pointers = [*reader.values("for"), *(v[1:] for v in reader.values("href") if v.startswith("#") and v != "#")]
    for names in (*reader.values("aria-describedby"), *reader.values("aria-labelledby")):
        pointers += names.split()
    assert [name for name in pointers if name not in ids] == []


@each_sample
def test_the_strict_policy_has_nothing_to_refuse(sample: Sample) -> None:
    for tag, attributes in Reader(html(sample)).tags:
        assert tag != "style"
        assert tag != "script" or (attributes.get("src") or "").startswith("/static/")
        assert not [name for name in attributes if name == "style" or name.startswith("on")]


@each_sample
def test_hostile_text_stays_text(sample: Sample) -> None:
    """Whatever a client, an expert or a model wrote cannot become markup, and is no template."""
    view, page = poisoned(sample.view), poisoned(dataclasses.replace(sample.page, csrf_token="t"))
    assert isinstance(page, Page)
    text = render.render(sample.template, view, page)
    assert "<img" not in text
    assert text.count("{{ 7 * 7 }}") >= 1
    scripts = [attributes for tag, attributes in Reader(text).tags if tag == "script"]
    assert all((attributes.get("src") or "").startswith("/static/") for attributes in scripts)
    assert Reader(text).values("onerror") == []


def test_a_view_of_another_page_is_an_error_and_no_empty_place() -> None:
    with pytest.raises(UndefinedError):
        render.render("contract/list.html", session.Absent(), SIGNED_OUT)


@pytest.mark.parametrize(("custody", "is_simulated"), [("software", True), ("hardware", False), ("hardware", True)])
def test_custody_and_simulated_data_are_named_on_the_screen(
    custody: Literal["software", "hardware"], *, is_simulated: bool
) -> None:
    text = render.render("session/absent.html", session.Absent(), lead("x", custody=custody, is_simulated=is_simulated))
    assert ("Development custody: software keys" in text) == (custody == "software")
    assert ("Simulated data" in text) == is_simulated


def test_a_refusal_is_announced_with_what_to_do_and_whom_it_concerns() -> None:
    notice = dataclasses.replace(REFUSED, names=("med-014",), field="verdict")
    page = lead("x", notices=(notice, Notice(kind="done", sentence="Done.")))
    text = render.render("session/absent.html", session.Absent(), page)
    assert text.count('role="alert"') == 1
    for part in (notice.sentence, notice.todo, "med-014", 'href="#verdict"', 'role="status"'):
        assert part in text


def test_an_undefined_number_is_never_shown_as_a_number() -> None:
    programme = html(next(sample for sample in ALL if sample.name == "programme"))
    row = programme[programme.index("/batches/writing-1") :].partition("</tr>")[0]
    assert "undefined" in row
    assert UNDEFINED.reason in row
    assert re.findall(r"<b>[\d.]+</b>", row) == []


def test_every_form_that_posts_carries_the_token() -> None:
    for sample in ALL:
        for form in re.findall(r'<form[^>]*method="post".*?</form>', html(sample), re.DOTALL):
            assert f'name="csrf" value="{sample.page.csrf_token}"' in form, sample.name


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (formats.number(-0.125, 2), "\N{MINUS SIGN}0.12"),
        (formats.number(0.8), "0.80"),
        (formats.count(12400), "12,400"),
        (formats.share(0.814), "81\N{NO-BREAK SPACE}%"),
        (render.interval(Estimate(value=0.81, low=0.74, high=0.87)), "[0.74, 0.87]"),
        (render.interval(Estimate(value=0.81)), ""),
        (render.interval(Estimate(value=None, low=0.1, high=0.2, reason="x")), ""),
        (formats.size(812), "812 B"),
        (formats.size(184_220), "184.2 kB"),
        (formats.size(41_020_000), "41.0 MB"),
        (words.plural(1, "item", "items"), "1 item"),
        (words.plural(0, "item", "items"), "0 items"),
        (words.plural(12400, "item", "items"), "12,400 items"),
        (render.width_of(3, 0), "0.00%"),
        (render.width_of(5, 4), "100.00%"),
        (render.short_digest("sha256:9f2c41d07be65a1830"), "9f2c41d07b…"),
        (render.short_digest("9f2c"), "9f2c"),
    ],
)
def test_values_are_written_as_people_read_them(found: str, expected: str) -> None:
    assert found == expected


COUNTED = "answers|batches|contents|disagreements|entries|events|items|judgments|looks|minutes|people|records|releases"


def test_a_number_before_a_noun_asks_whether_it_is_one() -> None:
    """`1 items` is never written: `words.plural`, or the filter of that name, puts number and noun together."""
    web = Path(render.__file__).parent
    found = [
        f"{path.name}:{number}: {line.strip()}"
        for path in sorted([*web.rglob("*.py"), *web.rglob("*.html")])
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(rf"\}} (?:{COUNTED})\b", line)
    ]
    assert found == []


def test_a_time_is_shown_in_utc_whatever_its_zone() -> None:
    assert ">21 Nov 2026, 08:12\N{NO-BREAK SPACE}UTC<" in render.moment("2026-11-21T09:12:00+01:00")
    with pytest.raises(ValueError, match="zone"):
        render.moment("2026-11-21T09:12:00")


def luminance(colour: str) -> float:
    """Relative luminance of a #rrggbb colour (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


TEXT_ON = {
    "ink": ("paper", "sheet", "sunken", "bad-wash", "accent-wash", "waiting-wash", "mark-a", "mark-b"),
    "ink-soft": ("paper", "sheet", "sunken"),
    "accent": ("paper", "sheet", "sunken", "accent-wash"),
    "accent-hover": ("paper", "sheet", "sunken", "accent-wash"),
    "accent-ink": ("accent", "accent-hover"),
    "bad": ("paper", "sheet", "bad-wash", "sunken"),
    "waiting": ("paper", "sheet", "waiting-wash"),
}
EDGES_ON = {"focus": ("paper", "sheet", "sunken"), "rule-strong": ("paper", "sheet")}


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_reach_the_contrast_of_wcag_aa(scheme: int) -> None:
    sheet = (render.STATIC / "tokens.css").read_text()
    block = re.findall(r":root \{(.*?)\n *\}", sheet, re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))
    faint = [
        f"{name} on {ground}: {contrast(colours[name], colours[ground]):.2f}"
        for pairs, needed in ((TEXT_ON, 4.5), (EDGES_ON, 3.0))
        for name, grounds in pairs.items()
        for ground in grounds
        if contrast(colours[name], colours[ground]) < needed
    ]
    assert faint == []


def test_styles_know_no_left_or_right() -> None:
    """Logical directions only, so that a page turns round with its language."""
    wrong = re.compile(r"\b(?:margin|padding|border)-(?:left|right)\b|(?:^|[\s;{])(?:left|right):|: ?(?:left|right)\b")
    for path in Path(render.STATIC).glob("*.css"):
        assert wrong.findall(path.read_text()) == [], path.name


def test_versions_are_told_apart_as_removed_and_added_and_never_by_the_letters_of_candidates() -> None:
    page = next(html(sample) for sample in ALL if sample.name == "rubric-diff")
    assert '<del><span class="unseen">removed: </span>' in page
    assert '<ins><span class="unseen">added: </span>' in page
    for sample in ALL:
        if sample.template in {"rubric/diff.html", "rubric/editor.html", "calibration/revision.html"}:
            assert "only-" not in html(sample)

"""The text of an item as safe HTML: what it says, the closed list of what it becomes, and that it stays bounded."""

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from web.hostile_texts import PAYLOADS

from tallystick.web.showing import compared, plain, said, shown
from tallystick.web.showing.difference import CHARACTERS_MAX
from tallystick.web.showing.mathematics import mathml
from tallystick.web.showing.passage import RENDERED_MAX
from tallystick.web.showing.plain import LINE_MAX, SIGNS_MAX

TEXT_TAGS = set(re.findall(r"\w+", """
    p em strong del code pre span div ul ol li blockquote table thead tbody tr th td br hr
    math semantics annotation mrow mi mn mo ms mtext mspace msup msub msubsup munder mover munderover mfrac msqrt mroot
    mtable mtr mtd mpadded mphantom mstyle mmultiscripts mprescripts
"""))  # fmt: skip
CLASSES = set(re.findall(r"[\w-]+", """
    link address picture markup code code-label formula formula-box table-box sign stretch to-end to-start
    code-comment code-text code-number code-word heading-1 heading-2 heading-3 heading-4 heading-5 heading-6
"""))  # fmt: skip
VALUES = {
    "dir": "auto|ltr", "role": "heading|group", "aria-level": "[4-9]", "aria-label": "Table|Formula", "tabindex": "0",
    "scope": "col", "start": r"\d{1,9}", "data-sign": r"U\+[0-9A-F]{4,6}( U\+[0-9A-F]{4,6}){0,3}( and \d+ more)?",
    "display": "block|inline", "hidden": "", "encoding": "application/x-tex",
}  # fmt: skip
OF_FORMULAS = re.compile(r"[a-z]{1,12}|-?[\d.]{1,12}(em|ex|mu|pt|px|%)?")
WORDS = st.text(
    st.sampled_from("ab \n<>&\"'*_`~[]()!|-#>$\\{}^:1.\r\t\x00\u202e\u200b\u200d\u0301\ufe0fא👩") | st.characters()
)


class Read(HTMLParser):
    """The elements of a fragment, whether they close, and its words."""

    def __init__(self, fragment: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(str(fragment))  # `Markup` would escape what it is added to
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in {"br", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Every end closes what was opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note the words."""
        self.words += data


def foreign(read: Read) -> Iterator[str]:
    """What a text became that is not on the list."""
    for tag, attributes in read.tags:
        if tag not in TEXT_TAGS:
            yield tag
        for name, value in attributes.items():
            if name == "class":
                yield from (f"{tag} class={word}" for word in value.split() if word not in CLASSES)
            elif not re.fullmatch(VALUES[name], value) if name in VALUES else not OF_FORMULAS.fullmatch(value):
                yield f"{tag} {name}={value}"


def as_kept(text: str) -> str:
    """What a page can hold of a text, one for one."""
    return re.sub("[\x00\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_hostile_text_becomes_nothing_but_what_is_on_the_list(name: str) -> None:
    text = PAYLOADS[name]
    found = shown(text)
    for view in (found.plain, found.rendered, found.rest):
        read = Read(view)
        assert (list(foreign(read)), read.open) == ([], [])
        assert "�" in view or len(view) <= 16 * len(text) + 4_000
        view.encode()
    if "signs" not in name:
        assert Read(found.plain).words == as_kept(text)


@settings(max_examples=300)
@given(WORDS)
def test_the_plain_view_is_the_text_code_point_for_code_point(text: str) -> None:
    read = Read(plain(text))
    assert read.words == as_kept(text)
    assert {tag for tag, _ in read.tags} <= {"span"}


@settings(max_examples=300)
@given(WORDS)
def test_whatever_is_rendered_is_on_the_list_and_closed(text: str) -> None:
    read = Read(shown(text).rendered)
    assert (list(foreign(read)), read.open) == ([], [])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("# A\ntext", '<p class="heading-1" role="heading" aria-level="4" dir="auto">A</p><p dir="auto">text</p>'),
        ("**a** _b_ ~~c~~ `<d>`", "<strong>a</strong> <em>b</em> <del>c</del> <code>&lt;d&gt;</code>"),
        ("*a*\nb", "<em>a</em><br>b"),
        ("[a](https://b.c 'd')", '<span class="link">a</span> <span class="address">(https://b.c d)</span>'),
        ("<https://b.example>", '<span class="link">https://b.example</span>'),
        ("![a](b.png)", '<span class="picture">Picture, not loaded: a</span> <span class="address">(b.png)</span>'),
        ("3. c\n4. d", '<ol start="3"><li dir="auto">c</li><li dir="auto">d</li></ol>'),
        ("*a*\n\n<b>c</b>", '<code class="markup">&lt;b&gt;</code>c<code class="markup">&lt;/b&gt;</code>'),
        ("```python\nx = 1  # y\n```", 'x = <span class="code-number">1</span>  <span class="code-comment"># y</span>'),
        ("```nonsense\nif 1\n```", '<p class="code-label">nonsense</p><pre><code>if 1\n</code></pre>'),
        ("$x^2$ and *a*", '<annotation encoding="application/x-tex">x^2</annotation>'),
        ("\\(x^2\\) and `\\(y\\)`", "<code>\\(y\\)</code>"),
        ("\\[x^2\\]", 'tabindex="0" role="group" aria-label="Formula"><math display="block">'),
        ("*costs* $5 or $6", "costs</em> $5 or $6"),
        ("*a* $\\nonsense{x}$", '<code class="formula">$\\nonsense{x}$</code>'),
        ("[a]\n\n[a]: javascript:x", '<p class="address" dir="auto">[a]: javascript:x</p>'),
        ("- [x] a", "☑ a"),
    ],
)  # fmt: skip
def test_markdown_is_rendered(text: str, wanted: str) -> None:
    assert wanted in shown(text).rendered


@pytest.mark.parametrize("text", ["", "words", "two\nlines", "a\n\nb", "<b>x</b>", "5 < 6 & 7", "AT&amp;T", "\\*a\\*"])
def test_what_is_no_markdown_is_shown_once_as_it_is(text: str) -> None:
    found = shown(text)
    assert (found.rendered, found.notes, found.plain) == ("", (), html.escape(text))


def test_of_a_long_text_the_beginning_is_rendered_and_the_page_says_so() -> None:
    text = "**A** line of words.\n" * 10_000
    found = shown(text)
    assert len(Read(found.rendered).words) < RENDERED_MAX
    cut = len(text) - len(Read(found.rest).words)
    assert text[cut:] == Read(found.rest).words
    assert found.notes == (f"The first {cut:,} of 210,000 characters are rendered. The rest follows as plain text.",)
    assert Read(found.plain).words == text
    assert all(len(part) <= LINE_MAX for part in re.findall(r">([^<]*)<", found.plain))


@pytest.mark.parametrize("name", ["quotes", "lists", "lists in lists"])
def test_too_much_markup_stands_as_it_is_and_the_page_says_so(name: str) -> None:
    found = shown(PAYLOADS[name])
    assert (found.rendered, found.notes) == (
        "", ("This text has too much markup to be rendered: it stands as it is.",)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("a\u202eb", ["U+202E"]), ("a\u200b\u200b\u200b\u200b\u200bb", ["U+200B U+200B U+200B U+200B and 1 more"]),
        ("\u0645\u06cc\u200c\u062e", []), ("👨\u200d👩", []), ("❤\ufe0f", []), ("a\u200cb", ["U+200C"]),
        ("a\ufe0f", ["U+FE0F"]),
        ("\u2800", ["U+2800"]), ("\U000e0041", ["U+E0041"]), ("\x1b[0m", ["U+001B"]), ("a\tb\nc", []), ("\xa0", []),
        ("\x00", ["U+0000"]), ("\u2029", ["U+2029"]), ("1\ufe0f\u20e3", []),
        ("e" + "\u0301" * 8, []), ("e" + "\u0301" * 9 + "x", ["U+0301"]), ("\u0915\u094d\u0937\u093f", []),
    ],
)  # fmt: skip
def test_every_character_that_nobody_sees_has_a_sign(text: str, signs: list[str]) -> None:
    read = Read(plain(text))
    assert [attributes["data-sign"] for _, attributes in read.tags if "data-sign" in attributes] == signs


def test_a_text_of_nothing_but_invisible_characters_makes_no_page_of_megabytes() -> None:
    found = shown("a\u200b" * 50_000)
    assert found.plain.count("data-sign") == SIGNS_MAX
    assert "\u200b" not in found.plain.rpartition("</span>")[2]
    assert len(Read(found.plain).words) == 100_000
    assert "invisible" in found.notes[0]


def test_words_in_a_sentence_of_ours_are_isolated() -> None:
    assert said("a\u202e<b>") == '<bdi>a<span class="sign" data-sign="U+202E">\u202e</span>&lt;b&gt;</bdi>'


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_the_direction_is_that_of_the_first_letter(direction: str) -> None:
    assert shown("# 12 א b" if direction == "rtl" else "# 12 b א").direction == direction


@pytest.mark.parametrize(
    "latex",
    [
        "\\href{javascript:alert(1)}{x}", "\\style{color:red}{x}", "\\class{a}{x}", "\\unicode{65}", "\\frac{", "x^2^3",
        "\\newcommand{\\a}{b}\\a", "\\def\\a{b}\\a", "{" * 41 + "}" * 41, "x" * 2_001, "5", "1,200.50", "a\nb",
        "\\sqrt" * 300 + "x", "_" * 300, "\\includegraphics{x}", "\\left(" * 50,
    ],
)  # fmt: skip
def test_a_formula_that_is_not_trusted_stands_as_its_source(latex: str) -> None:
    assert mathml(latex, display=False) is None


def test_what_a_formula_says_is_escaped_and_styles_are_left_out() -> None:
    found = mathml("\\text{</mtext><script>}", display=False)
    assert found is not None
    assert found.count("&lt;script&gt;") == 2
    aligned = mathml("\\begin{aligned}a&=b\\end{aligned}", display=True)
    assert aligned is not None
    assert " style=" not in aligned
    assert 'class="to-end"' in aligned


def without(view: str, kind: str) -> str:
    """The words of a comparison without what only one side says."""
    return Read(re.sub(rf'<mark class="only-{kind}">.*?</mark>', "", view, flags=re.DOTALL)).words


NEAR = st.lists(st.sampled_from(("one", "two", "three", "你", "好", ".")), max_size=12).map(" ".join)


@settings(max_examples=200)
@given(left=NEAR, other=WORDS, is_near=st.booleans())
def test_a_comparison_says_what_both_texts_say(left: str, other: str, is_near: bool) -> None:
    right = left.replace("two", "2", 1) + " more" if is_near else other
    left, right = as_kept(left).replace("\u200b", ""), as_kept(right).replace("\u200b", "")
    found = compared(left, right)
    if left == right:
        assert found.note == "Both say exactly the same."
        return
    assert (Read(found.a).words, Read(found.b).words) == (left, right)
    assert "".join(without(found.a, "a").split()) == "".join(without(found.b, "b").split())
    assert "".join(without(found.both, "b").split()) == "".join(left.split())


@pytest.mark.parametrize(
    ("left", "right", "only"),
    [
        ("give 250 mg now", "give 240 mg, now", (["250"], ["240", ","])),
        ("a b c d", "b c d e", (["a"], ["e"])),
        ("你好吗", "你们好", (["吗"], ["们"])),
        ("same words", "same words here", ([], ["here"])),
        ("left", "right", (["left"], ["right"])),
    ],
)
def test_the_longest_common_run_of_words_is_what_both_say(left: str, right: str, only: tuple[list[str], ...]) -> None:
    found = compared(left, right)
    views = ((found.a, "a"), (found.b, "b"))
    assert tuple(re.findall(rf'<mark class="only-{kind}">(.*?)</mark>', view) for view, kind in views) == only


def test_long_texts_are_compared_by_lines_and_only_what_differs_is_shown() -> None:
    lines = [f"line {number} of many\n" for number in range(3_000)]
    left, right = "".join(lines), "".join([*lines[:1500], "another\n", *lines[1501:]])
    assert len(left) + len(right) > CHARACTERS_MAX
    found = compared(left, right)
    assert '<mark class="only-a">line 1500 of many</mark>' in found.a
    assert '<mark class="only-b">another</mark>' in found.both
    assert "1,496 lines that both share" in found.both
    assert len(found.both) < 1_000
    assert found.note.startswith("These texts are long")


@pytest.mark.parametrize(
    "pair", [("a" * 50_000, "b" * 50_000), ("a\n" * 90_000, "b\n" * 90_000), ("xx\n" * 9_000, "z\n" * 9_000)]
)
def test_what_cannot_be_compared_is_said(pair: tuple[str, str]) -> None:
    found = compared(*pair)
    assert not found.both
    assert "too long" in found.note

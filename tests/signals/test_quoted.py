"""Words that somebody quotes are held against the text: what reads alike passes, what says something else does not."""

import html
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.signals.quoted import Text, is_quote, says


def nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


TRUE = [
    ("caf\u00e9 est ferm\u00e9", nfd("Le caf\u00e9 est ferm\u00e9 \u00e0 midi.")),
    (nfd("caf\u00e9 est ferm\u00e9"), "Le caf\u00e9 est ferm\u00e9"),
    ("\ud55c\uad6d\uc5b4 \ubb38\uc7a5", nfd("\ud55c\uad6d\uc5b4 \ubb38\uc7a5\uc785\ub2c8\ub2e4")),
    ("\u559c\u6b22", "\u6211\u4e0d\u559c\u6b22\u8fd9\u4e2a\u5730\u65b9"),
    ("\u0e44\u0e21\u0e48\u0e0a\u0e2d\u0e1a", "\u0e1c\u0e21\u0e44\u0e21\u0e48\u0e0a\u0e2d\u0e1a"),
    ("\U0001d49c\U0001d4b7\U0001d4b8", "x \U0001d49c\U0001d4b7\U0001d4b8 y"),
    ("ABC", "\uff21\uff22\uff23"),
    ("stra\u00dfe", "STRASSE"),
    ("\U0001f44d", "good \U0001f44d job"),
    ("the manual for more", "See [the manual](https://example.org/x) for more."),
    ("Tom & Jerry", "Tom &amp; Jerry run"),
    ("wash hands dry them", "1. wash hands\n2. dry them"),
    ("1. wash hands", "1. wash hands\n2. dry them"),
    ("unbelievable", "un**believ**able"),
    ("a dose\t5 mg", "| a dose | 5 mg |"),
    ("if 5 > x then", "if $5 > x$ then"),
    ("-5 degrees", "it is \u22125 degrees"),
    ("first words \u2026 last ones", "The first words, and in the end the last ones."),
    ("first words [...] last ones", "The first words, and in the end the last ones."),
    ("a", "What a day"),
    ("\u4e2d\u6587\u6d4b\u8bd5", "\u4e2d\u6587\uff0c\u6d4b\u8bd5"),
    ("\u7528Python\u51995\u884c", "\u7528 Python \u5199\uff0c5 \u884c\u3002"),
    ("5", "\u5242\u91cf 5 \u6beb\u514b"),
    ("\u0e14\u0e35 \u0e21\u0e32\u0e01", "\u0e14\u0e35\u0e21\u0e32\u0e01"),
    ("Give .5 mg", "Give .5 mg twice."),
    ("p=.05", "where p=.05, as said"),
    ("ends. 5 mg", "It ends, 5 mg a day"),
    ("role != admin", "if role != admin:"),
    ("Stop now", "Stop! Now!"),
    ("-5 \u00b0C", "It froze at \u20135 \u00b0C."),
    ("5-10 mg", "Take 5\u201310 mg."),
    ("5 10 mg", "Take 5\u201310 mg."),
    ("10 %", "Some 5%\u201310% of it."),
    ("it is said he came", "it is said \u2014 \u201che\u201d came"),
    ('"don\'t" - he said', "\u201cdon\u2019t\u201d \u2013 he said"),
    ("10^2 kg", "Take 10\u00b2 kg."),
    ("H2O", "Water is H\u2082O."),
    ("$5 a day", "It costs $5 a day."),
    ("$5 > x$", "if $5 > x$ then"),
    ("the sum 5 > x", "the **sum** $$\n5 > x\n$$"),
    ("10'000 units", "Take 10\u2019000 units."),
    ("2\u00b75 mg", "Take 2\u00b75 mg."),
    ("> un**believ**able", "> un**believ**able"),
    ("15", "1**5**"),
]
FALSE = [
    ("1.5 mg", "15 mg"),
    ("5 mg", "15 mg"),
    ("1", "1.5 mg"),
    ("x = -5", "x = 5"),
    ("x = 5", "x = -5"),
    ("x < 5", "if x > 5 stop"),
    ("p\u00e9ch\u00e9", nfd("il a p\u00each\u00e9")),
    ("\u0915\u092e", "\u0915\u093e\u092e"),
    ("nowhere", "He is now here in London"),
    ("123", "Version 1 2 3"),
    ("a", "What is there"),
    ("last ones ... first words", "The first words, and in the end the last ones."),
    ("?!", "Really?!"),
    ("", "anything"),
    ("...", "anything..."),
    ("\u200b", "any\u200bthing"),
    ("Give 5 mg twice a day", "Give .5 mg twice a day"),
    ("5 mg twice a day", "Give .5 mg twice a day"),
    ("p = 05", "p = .05"),
    ("user.role = admin", "if user.role != admin"),
    ("a == b", "if a !== b"),
    ("if (consent)", "if (!consent) { stop }"),
    ("if consent", "if !consent"),
    ("if !consent", "if !!consent"),
    ("5 \u00b0C", "\u20135 \u00b0C"),
    ("froze at 5 \u00b0C", "It froze at \u20145 \u00b0C"),
    ("x = -5", "x = -.5"),
    ("x = .5", "x = -.5"),
    ("\u6e29\u5ea65\u5ea6", "\u6e29\u5ea6-5\u5ea6"),
    ("102 kg", "Take 10\u00b2 kg"),
    ("10 kg", "Take 10\u00b2 kg"),
    ("2 kg", "Take 10\u00b2 kg"),
    ("103", "10\u207b\u00b3"),
    ("10^3", "10\u207b\u00b3"),
    ("1012", "1\u2080\u2081\u2082"),
    ("$5", "\u00a35"),
    ("\u00a35", "$5"),
    ("It costs $5", "It costs \u00a35"),
    ("000 units", "10'000 units"),
    ("000 units", "10\u2019000 units"),
    ("000 units", "10_000 units"),
    ("5 mg", "2\u00b75 mg"),
    ("\u0665", "\u0662\u066b\u0665"),
    ("2 mg", "1/2 mg"),
    ("> 5 mg", "give it if < 5 mg"),
    ("53", "5*3 of them"),
    ("23 bytes", "2**3 bytes"),
    ("10-20 a month", "It costs $10-$20 a month"),
    ("10/20 a month", "It costs $10/$20 a month"),
    ("\u0e51\u0e52", "\u0e51 \u0e52"),
]


@pytest.mark.parametrize(("quote", "text"), TRUE)
def test_what_reads_alike_is_a_quote(quote: str, text: str) -> None:
    assert is_quote(quote, Text(text))


@pytest.mark.parametrize(("quote", "text"), FALSE)
def test_what_says_something_else_is_none(quote: str, text: str) -> None:
    assert not is_quote(quote, Text(text))


def test_only_what_says_something_is_a_source() -> None:
    assert [says(text) for text in ("5", "\U0001f44d", "\u0915", "...", "\u200b", " ")] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]


WORDS = st.sampled_from([
    "word", "Caf\u00e9", "e\u0301", "5", "1.5", ".5", "-5", "\u20135", "5\u201310", "5%-10%", "10\u00b2", "H\u2082O",
    "$5", "\u00a35", "10'000", "2\u00b75", "1/2", "\u00bd", "1_000", "x^2", "a!=b", "!x", "(!x)", "wow!", "!!", "<",
    "%", "\u4e2d\u6587\uff0c\u6d4b\u8bd5", "\u4e2d", "\u0e14\u0e35", "\u0627\u0644", "\u201cdon\u2019t\u201d", "\u2014",
    "-", "a,b", "end.", "1.", "snake_case", "\u2026", "well...", "...5", "&amp;", "\u00b4", "\U0001f44d",
])  # fmt: skip
SHOWN = {"un**believ**able": "unbelievable", "[a](b)": "a", "*5*": "5", "`a!=b`": "a!=b", "$x+1$": "x+1"}
"""Words of Markdown, and what somebody copies of them from a page."""


@given(st.data(), st.lists(WORDS | st.text(min_size=1).filter(lambda one: len(one.split()) == 1), min_size=1))
def test_whole_words_of_a_text_are_a_quote_of_it(data: st.DataObject, words: list[str]) -> None:
    """As they are written, in each form of Unicode."""
    place = data.draw(st.integers(0, len(words) - 1))
    quote = " ".join(words[place : place + data.draw(st.integers(1, len(words)))])
    text = Text(data.draw(st.sampled_from([" ", "\n", "  "])).join(words))
    assert is_quote(quote, text) == says(quote)
    assert is_quote(nfd(quote), text) == says(quote)


@given(st.data(), st.lists(WORDS | st.sampled_from(sorted(SHOWN)), min_size=1))
def test_whole_words_of_a_page_are_a_quote_of_its_text(data: st.DataObject, words: list[str]) -> None:
    """As a page shows them: without marks of Markdown."""
    place = data.draw(st.integers(0, len(words) - 1))
    shown = [SHOWN.get(word, word) for word in words[place : place + data.draw(st.integers(1, len(words)))]]
    quote = html.unescape(" ".join(shown))
    assert is_quote(quote, Text(" ".join(words))) == says(quote)


@pytest.mark.parametrize(
    "part", ["1.", "-5", "!", "!=", "$", "$a", "\u00b9\u00b2", "5*", "\u4e2d ", "](", "ab... ", "\u2082", "^", "'"]
)
def test_no_text_is_slow(part: str) -> None:
    """The time grows with the length of a text: 200 kB take well below a second, whatever stands in it."""
    text, start = Text(part * (200_000 // len(part))), time.process_time()
    assert not is_quote("q q", text)
    assert time.process_time() - start < 0.5

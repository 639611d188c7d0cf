"""Words that somebody quotes are held against the text: what reads alike passes, what says something else does not."""

import unicodedata

import pytest

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

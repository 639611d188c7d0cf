"""Whether words that somebody quotes stand in a text. Pure.

Who copies words from a page, or types them, changes nothing that they say: the form of Unicode, capitals, line ends,
marks of Markdown and punctuation may differ. Letters with their accents and vowel signs, numbers with their point and
sign, and signs that compare may not: 1.5 mg is no quote of 15 mg, nor x < 5 of x > 5.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from functools import cached_property
from typing import Final

LETTERS_MIN: Final = 3
"""A quote of fewer letters has to be whole words of the text, unless its script writes words without spaces."""

_NUMBERS: Final = ".,:-"
"""Signs that stay where they belong to a number."""
_LAYOUT: Final = "|~$"
"""Signs that Markdown uses to lay out: what they say of numbers is said by other signs."""
_LEFT_OUT: Final = re.compile(r"\u2026|\.{3}")
_NO_NUMBER: Final = re.compile(r"(?<!\d)[.,:]|[.,:](?!\d)|(?<=\w)-|-(?!\d)")
_LINK_TARGET: Final = re.compile(r"\]\([^()\s]*\)")
_LINE_MARK: Final = re.compile(r"^[ \t]*(?:[-*+>]|#{1,6}|\d{1,9}[.)])[ \t]+", re.MULTILINE)
_EMPHASIS: Final = re.compile(r"[*_~`$\\]+")


def says(text: str) -> bool:
    """Whether a text says anything: a letter, a digit, or a sign that is no punctuation."""
    return bool(_said(text))


class Text:
    """A text that quotes are held against. What it says is worked out once, when the first quote asks for it."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def as_written(self) -> str:
        """What it says with its marks of Markdown."""
        return _said(html.unescape(self.text))

    @cached_property
    def as_rendered(self) -> str:
        """What it says much as a page shows it."""
        return _said(_rendered(self.text))


def is_quote(quote: str, text: Text) -> bool:
    """Whether a quote is words of a text, or words of it in their order with what was left out between them as dots."""
    ways = [[quote]]
    if len(parts := [part for part in _LEFT_OUT.split(quote) if says(part)]) > 1:
        ways.append(parts)
    if any(_stand_in([_said(html.unescape(part)) for part in way], text.as_written) for way in ways):
        return True
    return any(_stand_in([_said(_rendered(part)) for part in way], text.as_rendered) for way in ways)


def _rendered(text: str) -> str:
    """A text of Markdown much as a page shows it: without targets of links, marks of lines and of emphasis."""
    shown = _LINE_MARK.sub("", _LINK_TARGET.sub("]", html.unescape(text)))
    return _EMPHASIS.sub("", shown)


def _said(text: str) -> str:
    """What a text says: words, numbers and signs with one space between them."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(_NO_NUMBER.sub(" ", folded.translate(_Signs())).split())


class _Signs(dict[int, str]):
    """What becomes of a sign, by its code point: each is looked up once a text."""

    def __missing__(self, code: int) -> str:
        self[code] = found = _kept(chr(code))
        return found


def _kept(sign: str) -> str:
    kind = unicodedata.category(sign)
    if sign == "\u2212":
        return "-"
    if kind == "Cf" or "\ufe00" <= sign <= "\ufe0f":
        return ""
    if kind[0] in "LMN" or sign in _NUMBERS:
        return sign
    is_told = sign in "%\u2030" or (kind in {"Sm", "Sc", "So"} and sign not in _LAYOUT)
    return f" {sign} " if is_told else " "


def _stand_in(parts: list[str], text: str) -> bool:
    """Whether these stand in a text, one behind the other. An empty one stands nowhere."""
    start = 0
    for part in parts:
        end = next(_ends(part, text, start), None)
        if end is None:
            return False
        start = end
    return True


def _ends(part: str, text: str, start: int) -> Iterator[int]:
    """Where the places end at which a part stands whole: no number cut, and no word where the part is short."""
    is_short = sum(sign.isalnum() for sign in part) < LETTERS_MIN and not any(map(_is_word, part))
    found = text.find(part, start) if part else -1
    while found >= 0:
        end = found + len(part)
        before, after = text[max(found - 1, 0) : found], text[end : end + 1]
        is_cut = _is_in_number(before, part[0]) or _is_in_number(part[-1], after) or _is_mark(after)
        if not is_cut and not (is_short and (before.strip() or after.strip())):
            yield end
        found = text.find(part, found + 1)


def _is_word(sign: str) -> bool:
    """Whether one sign can be a word: in scripts without capitals many are, and a picture is one."""
    return unicodedata.category(sign) in {"Lo", "So"}


def _is_mark(sign: str) -> bool:
    return bool(sign) and unicodedata.category(sign)[0] == "M"


def _is_in_number(before: str, after: str) -> bool:
    """Whether a number goes on from one sign to the next."""
    pair = {before, after}
    return "" not in pair and all(sign.isdigit() or sign in _NUMBERS for sign in pair)

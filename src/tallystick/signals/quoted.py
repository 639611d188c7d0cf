"""Whether words that somebody quotes stand in a text. Pure.

Who copies words from a page, or types them, changes nothing that they say: the form of Unicode, capitals, line ends,
marks of Markdown and punctuation may differ, and spaces beside a script that has none. Letters with their accents and
vowel signs, numbers with their point, sign, exponent and currency, and signs that compare or negate may not: 1.5 mg is
no quote of 15 mg, nor 5 mg of .5 mg, x < 5 of x > 5, or a = b of a != b.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from functools import cached_property
from typing import Final

LETTERS_MIN: Final = 3
"""A quote of fewer letters has to be whole words of the text, unless its script writes words without spaces."""

_SPACELESS: Final = (
    r"\u0e01-\u0e4f\u0e81-\u0ecf\u0f00-\u0f1f\u0f40-\u0fff\u1000-\u103f\u1780-\u17df"
    r"\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    r"\U00020000-\U0003ffff"
)
"""Letters and marks of scripts that write words without spaces: Thai, Lao, Tibetan, Burmese, Khmer, Chinese, Japanese.
Their digits are left out: what stands between two numbers is never nothing."""
_NUMBERS: Final = ".,:-'\u00b7/_^\u066b\u066c"
"""Signs that stay where they belong to a number."""
_LAYOUT: Final = "|~"
"""Signs that Markdown uses to lay out: what they say of numbers is said by other signs."""
_ALIKE: Final = {"\u2212": "-", "\u2019": "'", "\u2044": " \u2044 "}
_LEFT_OUT: Final = re.compile(r"\u2026|\.{3}")
# Each of these begins with the signs that it is about, so that a text without them is run through at once.
_NO_NUMBER: Final = re.compile(
    r"[:'/_\u066c](?:(?<!\d.)|(?!\d))"
    # A point or comma begins a number where no word and no other point ends before it.
    r"|[.,\u00b7\u066b](?:(?!\d)|(?<=[^\W\d_].)|(?<=[.,\u00b7\u066b].))"
    # A dash is a minus where it does not tie a word or a range, such as 5-10, 5%-10% or $5-10.
    rf"|-(?:(?![.,\u00b7\u066b]?\d)|(?<=[^\W_{_SPACELESS}].)|(?<=\d[{_SPACELESS}].)"
    r"|(?<=[%\u2030\u00b0] .)|(?<=\d [$\u20ac\u00a3\u00a5] .))"
    r"|\^(?:(?!-?\d)|(?<![^\W_].))"
)
_NO_CURRENCY: Final = re.compile(r"\$(?<!\d\$)(?!\s?[.,]?\d)")
_NOT: Final = re.compile(r"!(?<!!!)(?:!*+(?==)|(?<![^\W_]!)!*+(?=[\w($`*]))")
_RAISED: Final = re.compile(r"[\u2070\u00b9\u00b2\u00b3\u2074-\u207b]+")
_LOWERED: Final = re.compile(r"[\u2080-\u208b](?:(?<=\d.)|(?=\d))")
_NO_SPACES: Final = re.compile(rf"[{_SPACELESS}]")
_NO_SPACE: Final = re.compile(rf" (?=\w)(?:(?=[{_SPACELESS}])|(?<=[{_SPACELESS}] ))")
_LINK_TARGET: Final = re.compile(r"\]\([^()\s]*\)")
_LINE_MARK: Final = re.compile(r"^[ \t]*(?:[-*+>]|#{1,6}|\d{1,9}[.)])[ \t]+", re.MULTILINE)
_COPIED_MARK: Final = re.compile(r"^[ \t]*(?:[-*]|\d{1,9}[.)])[ \t]+", re.MULTILINE)
"""Marks of lines that a page shows, too. Others would be signs in a quote: > 5 is not said where < 5 is."""
_FORMULA: Final = re.compile(r"\$(?:\$([^$]++)\$\$|(?<!\\\$)(?![\s$])([^$]++)(?<!\s)\$(?!\d))")
_POWER: Final = re.compile(r"(?<=\d)\*\*(?=\d)(?![^*\n]*+\*\*)")
"""Two stars between two digits, and none behind them that would make them emphasis: 2**3 is not 23."""
_EMPHASIS: Final = re.compile(r"[*_~`\\](?:(?<!\d.)[*_~`\\]*|[*_~`\\]*(?!\d))")
"""One of them between two digits is a sign: 5*3 is not 53."""


def says(text: str) -> bool:
    """Whether a text says anything: a letter, a digit, or a sign that is no punctuation."""
    return bool(_said(html.unescape(text)))


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
        return _said(_rendered(self.text, _LINE_MARK))


def is_quote(quote: str, text: Text) -> bool:
    """Whether a quote is words of a text, or words of it in their order with what was left out between them as dots."""
    ways = [[quote]]
    if len(parts := [part for part in _LEFT_OUT.split(quote) if says(part)]) > 1:
        ways.append(parts)
    if any(_stand_in([_said(html.unescape(part)) for part in way], text.as_written) for way in ways):
        return True
    return any(_stand_in([_said(_rendered(part, _COPIED_MARK)) for part in way], text.as_rendered) for way in ways)


def _rendered(text: str, line_mark: re.Pattern[str]) -> str:
    """A text of Markdown much as a page shows it: without targets of links, marks of lines and of emphasis."""
    shown = line_mark.sub("", _LINK_TARGET.sub("]", html.unescape(text)))
    return _EMPHASIS.sub("", _POWER.sub("^", _FORMULA.sub(r"\1\2", shown)))


def _said(text: str) -> str:
    """What a text says: words, numbers and signs with one space between them, and none where the script has none."""
    apart = _LOWERED.sub(r" \g<0> ", _RAISED.sub(r"^\g<0> ", text))
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", apart).casefold())
    told = _NOT.sub(lambda found: "\u00ac" * len(found[0]), _NO_CURRENCY.sub(" ", folded))
    return _NO_SPACE.sub("", " ".join(_NO_NUMBER.sub(" ", told.translate(_Signs())).split()))


class _Signs(dict[int, str]):
    """What becomes of a sign, by its code point: each is looked up once a text."""

    def __missing__(self, code: int) -> str:
        self[code] = found = _kept(chr(code))
        return found


def _kept(sign: str) -> str:
    kind = unicodedata.category(sign)
    if kind == "Pd" or sign in _ALIKE:
        return _ALIKE.get(sign, "-")
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
    is_number_first, is_number_last = _is_of_number(part[:1]), _is_of_number(part[-1:])
    found = text.find(part, start) if part else -1
    while found >= 0:
        end = found + len(part)
        before, after = text[max(found - 1, 0) : found], text[end : end + 1]
        is_cut = (is_number_first and _is_of_number(before)) or (is_number_last and _is_of_number(after))
        if not is_cut and not _is_mark(after) and not (is_short and (_ties(before) or _ties(after))):
            yield end
        found = text.find(part, found + 1)


def _is_word(sign: str) -> bool:
    """Whether one sign can be a word: in scripts without capitals many are, and a picture is one."""
    return unicodedata.category(sign) in {"Lo", "So"}


def _ties(sign: str) -> bool:
    """Whether a word goes on in this sign: it is neither nothing nor a space nor of a script without spaces."""
    return bool(sign.strip()) and not _NO_SPACES.match(sign)


def _is_mark(sign: str) -> bool:
    return bool(sign) and unicodedata.category(sign)[0] == "M"


def _is_of_number(sign: str) -> bool:
    """Whether a number may go on in a sign: two of them side by side are of the same."""
    return bool(sign) and (sign.isdigit() or sign in _NUMBERS)

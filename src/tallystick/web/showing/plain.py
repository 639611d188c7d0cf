"""A text as it is: escaped, every invisible character with a visible sign, cut into stretches for browsers.

The text content of what is written equals the text, code point for code point, so that a place that is counted in the
page is a place in the text. Only what no page can hold (NUL, half a character) stands as U+FFFD, one for one.
"""

import re
from typing import Final
from unicodedata import category

from markupsafe import Markup, escape

SIGNS_MAX: Final = 500
"""Runs of invisible characters of a text that get a sign; beyond, every one of them stands as U+FFFD."""
NAMED_MAX: Final = 4
"""Characters of one run that its sign names."""
MARKS_MAX: Final = 8
"""Marks on one letter that are drawn. No script puts more there, and browsers stop over a heap of thousands."""
STRETCH: Final = 4_000
"""Characters of a stretch, at least: a browser lays out the stretches that are seen."""
LINE_MAX: Final = 16_000
"""Characters of a line that stay together; a longer one is broken here, for the eye alone."""

# Controls, joiners that join nothing, spaces of no width, fillers, marks and overrides of direction, tags and selectors
# that select nothing. Joiners inside of words and emoji, and selectors after what they select, are writing like other.
_INVISIBLE: Final = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffc\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
_MARK: Final = "".join(
    chr(point)
    for point in range(0x300, 0x20000)
    if category(chr(point)) in {"Mn", "Me"} and not 0xFE00 <= point < 0xFE10
)
_RUN: Final = re.compile(
    f"[{_INVISIBLE}]+"
    "|(?<![^\x00-\x7f\u200c\u200d])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\x7f\u200c\u200d])"
    "|(?<![^\x00-\x1f !-\x22$-)+-/:-\x7f\ufe00-\ufe0f])[\ufe00-\ufe0f]+"
)
HALF: Final = re.compile("[\ud800-\udfff]")
# Two searches for one class each: together they would cost sixty times as much.
_ODD: Final = re.compile(f"[{_INVISIBLE}\r\u200c\u200d\ufe00-\ufe0f\ud800-\udfff]")
_NEAR: Final = "".join(mark for mark in _MARK if ord(mark) < 0x10000)
_HEAP: Final = re.compile(f"[{_NEAR}]{{{MARKS_MAX + 1},}}")
# A class beyond the first plane is searched range by range: only for texts that have something there.
_BEYOND: Final = re.compile("[\U00010000-\U0001ffff]")
_HEAP_BEYOND: Final = re.compile(f"[{_MARK}]{{{MARKS_MAX + 1},}}")
_UNSEEN: Final = re.compile(f"[{_INVISIBLE}\u200c\u200d\ufe00-\ufe0f]")
LOST: Final = "\N{REPLACEMENT CHARACTER}"


class Signs:
    """The signs of one text, counted: so that a text of nothing else makes no page of megabytes."""

    def __init__(self) -> None:
        self.count = 0

    @property
    def are_cut(self) -> bool:
        """Whether there were more than get a sign of their own."""
        return self.count > SIGNS_MAX

    def put(self, text: str) -> str:
        """A piece of the text as HTML. A carriage return is written so that no parser takes it for a line break."""
        escaped, end = str(escape(text)), 0
        out: list[str] = []
        if escaped.isascii():
            return self._put(escaped)
        heaps = _HEAP_BEYOND if _BEYOND.search(escaped) else _HEAP
        for heap in heaps.finditer(escaped):
            start = heap.start() + MARKS_MAX
            self.count += 1
            out += self._put(escaped[end:start]), _sign(escaped[start : heap.end()])
            end = heap.end()
        return "".join((*out, self._put(escaped[end:])))

    def _put(self, escaped: str) -> str:
        if not _ODD.search(escaped):
            return escaped
        return self._signed(HALF.sub(LOST, escaped)).replace("\r", "&#13;")

    def _signed(self, escaped: str) -> str:
        out: list[str] = []
        end = 0
        for run in _RUN.finditer(escaped) if not self.are_cut else ():
            self.count += 1
            if self.are_cut:
                break
            out += escaped[end : run.start()], _sign(run[0])
            end = run.end()
        rest = escaped[end:]
        return "".join((*out, _UNSEEN.sub(LOST, rest) if self.are_cut else rest))


def _sign(run: str) -> str:
    """Invisible characters in an element that shows their names, and that none of them reaches out of."""
    names = " ".join(f"U+{ord(letter):04X}" for letter in run[:NAMED_MAX])
    more = f" and {len(run) - NAMED_MAX} more" if len(run) > NAMED_MAX else ""
    held = run.replace("\x00", LOST)
    if run[0] in _MARK:
        held = f"<span hidden>{held}</span>"
    return f'<span class="sign" data-sign="{names}{more}">{held}</span>'


def plain(text: str, signs: Signs | None = None) -> Markup:
    """A text as HTML for an element that keeps white space. A long one stands in stretches."""
    put = (signs or Signs()).put
    if len(text) <= STRETCH:
        return _safe(put(text))
    return _safe("".join(f'<div class="stretch">{put(stretch)}</div>' for stretch in stretches(text)))


def said(text: str) -> Markup:
    """Somebody's words within a sentence of ours: they cannot turn the direction of what stands around them."""
    return _safe(f"<bdi>{Signs().put(text)}</bdi>")


def stretches(text: str) -> list[str]:
    """A text cut after line breaks, so that together the stretches are the text."""
    found, start = [], 0
    while start < len(text):
        end = text.find("\n", start + STRETCH)
        end = len(text) if end < 0 else end + 1
        end = min(end, start + LINE_MAX)
        found.append(text[start:end])
        start = end
    return found


def _safe(html: str) -> Markup:
    return Markup(html)  # noqa: S704 - all of the text was escaped by `Signs.put`

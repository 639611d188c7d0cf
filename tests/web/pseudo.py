"""A language that brackets every message, and what of a page stands outside of brackets: words that nobody marked."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from gettext import NullTranslations
from html.parser import HTMLParser

from pydantic import BaseModel

from tallystick.web.language import Language

BRACKETED = Language(code="xx", tag="en", name="Bracketed")
INNERMOST = re.compile(r"⟦[^⟦⟧]*⟧")
BETWEEN = re.compile(r": | · |, |\. ")
NUMBERED = re.compile(r"^\d+ ")
WORD = re.compile(r"[A-Za-z]{2,}")
SPOKEN = ("aria-label", "title", "placeholder", "alt", "data-label")
SILENT = {"script", "style", "time", "code", "kbd", "title", "svg", "option"}
"""What no message stands in: times, names of code, keys, pictures, and the title, which says the heading again."""
DATA_CLASSES = {"passage-body", "passage-shown", "digest", "brand"}
VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr", "rect", "line", "path"}


class Bracketing(NullTranslations):
    """Says every message in brackets, so that what nobody marked stands out."""

    def gettext(self, message: str) -> str:
        """The message in brackets."""
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Its form for a number, in brackets."""
        return self.gettext(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        """A message of a context, in brackets."""
        del context
        return self.gettext(message)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        """Its form for a number, in brackets."""
        del context
        return self.ngettext(msgid1, msgid2, n)


def strings(value: object) -> Iterator[str]:
    """Every text that a view holds: what is data for a template."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from (*strings(name), *strings(part))
    elif isinstance(value, list | tuple | set | frozenset):
        for part in value:
            yield from strings(part)
    elif isinstance(value, BaseModel):
        yield from strings(dict(value))
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from strings(getattr(value, field.name))


class Outside(HTMLParser):
    """The texts of a page, and the attributes that are read out."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.texts: list[str] = []
        self._open: list[bool] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element says of itself, and whether what stands in it is data."""
        given = {name: value or "" for name, value in attrs}
        is_data = tag in SILENT or bool(DATA_CLASSES & set(given.get("class", "").split()))
        is_data = is_data or (tag != "html" and "lang" in given)
        if not any(self._open) and not is_data:
            self.said += [given[name] for name in SPOKEN if name in given]
        if tag not in VOID:
            self._open.append(is_data)

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        if tag not in VOID and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        """A text."""
        if not any(self._open):
            self.texts.append(data)


def unmarked(html: str, data: str) -> list[str]:
    """The words of a page outside of brackets that are no data."""
    page, found = Outside(html), []
    for text in (*page.said, "\n".join(page.texts)):
        left = text
        while INNERMOST.search(left):
            left = INNERMOST.sub("\n", left)
        parts = (" ".join(part.split()).strip(" .,;:·()[]…") for part in left.split("\n"))
        found += [part for part in parts if not _is_data(part, data)]
    return found


def _is_data(text: str, data: str) -> bool:
    """Whether a text is data, or made of data with signs between."""
    text = NUMBERED.sub("", text)
    return text in data or all(part in data or not WORD.search(part) for part in BETWEEN.split(text))

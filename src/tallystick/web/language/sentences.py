"""Sentences that pure modules make with values in them, said in the language of the request. Reads messages.pot.

A pure module knows of no language: it makes `Score safety for A, or choose that you cannot say.` The tool that writes
the catalogues finds the sentence with its places, `Score %(name)s for %(what)s, ...`, and here it is found again.
"""

import re
from functools import cache
from typing import Final

from babel.messages.pofile import read_po
from markupsafe import Markup

from tallystick.web.language.catalogue import CATALOGUES
from tallystick.web.language.spoken import ENGLISH, current, gettext, pgettext

SENTENCE: Final = "sentence"
"""The context of these messages."""
PLACE: Final = re.compile(r"%\((\w+)\)s")
WORDS_OF_OURS: Final = ("title", "expected", "what")
"""How the name of a place ends that holds a word of a closed list, or a part of a sentence: it is said, too."""


def sentence(text: str) -> str:
    """A sentence of a pure module in the language of the request; as English, marked as such, where it is not known."""
    if current() == ENGLISH or not text:
        return text
    found = _said(text)
    return Markup('<span lang="en" dir="ltr">{}</span>').format(text) if found is None else found


def phrase(text: str) -> str:
    """The title of a piece of an item, or another name that a pure module makes: said if it is known, else as it is."""
    return text if current() == ENGLISH or not text else _said(text) or gettext(text)


def _said(text: str) -> str | None:
    exact = pgettext(SENTENCE, text)
    if exact != text:
        return exact
    for pattern, message in _patterns():
        match = pattern.fullmatch(text)
        if match:
            translation = pgettext(SENTENCE, message)
            values = {name: _value(name, value) for name, value in match.groupdict().items()}
            return translation % values if translation != message else None
    return None


def _value(name: str, value: str) -> str:
    """What stands at a place: a word of ours is said, and what people wrote is kept."""
    if not name.rstrip("0123456789_").endswith(WORDS_OF_OURS):
        return value
    return _said(value) or gettext(value)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Every sentence with places, those with the most words of their own first."""
    with (CATALOGUES / "messages.pot").open("rb") as file:
        messages = [str(one.id) for one in read_po(file) if one.context == SENTENCE and PLACE.search(str(one.id))]
    return tuple((_pattern(one), one) for one in sorted(messages, key=lambda one: -len(PLACE.sub("", one))))


def _pattern(message: str) -> re.Pattern[str]:
    parts = PLACE.split(message)
    words = [re.escape(part.replace("%%", "%")) for part in parts[::2]]
    places = [f"(?P<{name}>.+?)" for name in parts[1::2]]
    return re.compile("".join(a + b for a, b in zip(words, [*places, ""], strict=True)), re.DOTALL)

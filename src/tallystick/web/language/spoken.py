"""Which language a request speaks: from a cookie or from what the browser asks for, held while it is answered."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from gettext import NullTranslations
from typing import Final, Literal

from babel import Locale

from tallystick.web.language.catalogue import messages_of

ASKED_CHARACTERS_MAX: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language of the interface.

    code  of the cookie and of the catalogue's file
    tag   of the page's `lang`
    name  as its speakers write it
    """

    code: str
    tag: str
    name: str
    direction: Literal["ltr", "rtl"] = "ltr"

    @property
    def locale(self) -> Locale:
        """The formats of its numbers and dates."""
        return Locale.parse(self.tag, sep="-")


ENGLISH: Final = Language(code="en", tag="en", name="English")
LANGUAGES: Final = (
    ENGLISH,
    Language(code="es", tag="es", name="Español"),
    Language(code="de", tag="de", name="Deutsch"),
    Language(code="ar", tag="ar", name="العربية", direction="rtl"),
    Language(code="zh", tag="zh-Hans", name="简体中文"),
)
"""Every language that a page can be shown in, in the order in which they are offered."""
_BY_CODE: Final = {language.code: language for language in LANGUAGES}


@dataclass(frozen=True, slots=True)
class _Spoken:
    language: Language
    messages: NullTranslations


_NOW: ContextVar[_Spoken | None] = ContextVar("language", default=None)


def chosen(cookie: str, asked: str) -> Language:
    """The language of a request.

    cookie  what was chosen on a page; anything but a code of ours counts as nothing
    asked   the header Accept-Language: `de-CH, de;q=0.9, en;q=0.5`; a region is left aside
    """
    return _BY_CODE.get(cookie) or _best(asked[:ASKED_CHARACTERS_MAX]) or ENGLISH


def _best(asked: str) -> Language | None:
    """The language that is asked for most, the first among equals; None when none of ours is."""
    wishes = [_wish(part) for part in asked.split(",")]
    found = [(weight, _BY_CODE[code]) for code, weight in wishes if code in _BY_CODE and weight > 0]
    return max(found, key=lambda wish: wish[0])[1] if found else None


def _wish(part: str) -> tuple[str, float]:
    """`de-CH;q=0.9` as `de` and 0.9. What cannot be read weighs nothing."""
    tag, *parameters = (piece.strip().lower() for piece in part.split(";"))
    code = tag.partition("-")[0]
    weights = [value.strip() for name, _, value in (one.partition("=") for one in parameters) if name.strip() == "q"]
    if not weights:
        return code, 1.0
    digits = weights[0].replace(".", "", 1)
    weight = float(weights[0]) if digits.isascii() and digits.isdigit() and len(weights[0]) < 8 else 0.0
    return code, min(weight, 1.0)


@contextmanager
def speaking(language: Language, messages: NullTranslations | None = None) -> Iterator[None]:
    """Everything said inside is said in a language. `messages` stands in for its catalogue, as for a trial of pages."""
    token = _NOW.set(_Spoken(language, messages or messages_of(language.code)))
    try:
        yield
    finally:
        _NOW.reset(token)


def current() -> Language:
    """The language that is spoken now; English outside of any request."""
    now = _NOW.get()
    return now.language if now else ENGLISH


def _messages() -> NullTranslations:
    now = _NOW.get()
    return now.messages if now else messages_of(ENGLISH.code)


def gettext(message: str) -> str:
    """A message as the current language says it; as it stands where that has no word for it."""
    return _messages().gettext(message) if message else ""


def ngettext(one: str, many: str, number: int) -> str:
    """The form of a message that goes with a number, in the current language."""
    return _messages().ngettext(one, many, number)


def pgettext(context: str, message: str) -> str:
    """A message of a context; as it stands where the language has no word for it."""
    return _messages().pgettext(context, message)


def npgettext(context: str, one: str, many: str, number: int) -> str:
    """The form of a message of a context that goes with a number."""
    return _messages().npgettext(context, one, many, number)


_RIGHT_TO_LEFT: Final = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)


def isolated(value: object) -> object:
    """A value as it stands inside a sentence: one that runs the other way, as a name may, moves nothing around it."""
    if not isinstance(value, str):
        return value
    runs_back = _RIGHT_TO_LEFT.search(value)
    other = runs_back if current().direction == "ltr" else any(map(str.isalpha, _RIGHT_TO_LEFT.sub("", value)))
    # The signs of Unicode for it (FSI, PDI), because sentences stand in attributes as well, where no element can.
    return "\u2068" + value + "\u2069" if other else value

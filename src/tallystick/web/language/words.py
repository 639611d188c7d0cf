"""Sentences in the language of the request, for the words that pages get from Python. Reads catalogues only."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final, TypeVar

from babel.lists import format_list
from markupsafe import Markup, escape

from tallystick.flow.monitoring.told import Value, Worded
from tallystick.flow.refusal import Refused
from tallystick.web.language.formats import count, number
from tallystick.web.language.sentences import phrase
from tallystick.web.language.spoken import ENGLISH, current, gettext, isolated, ngettext, pgettext

REFUSAL = "refusal"
"""The context of messages about refusals: their ids are the codes."""
Key = TypeVar("Key")
_BETWEEN: Final = {
    "zh": {" ": "", ", ": "、", "; ": "；", ": ": "："},  # noqa: RUF001 - the signs of Chinese
    "ar": {", ": "، ", "; ": "؛ "},
}
"""What stands between texts that follow each other, where a language writes other signs."""


def said(message: str, **values: object) -> str:
    """A sentence in the language of the request, with its values put in: `said("Place of %(title)s", title=title)`.

    The message is a literal: tools/write_catalogues.py finds it by this name. With no values a % stands for itself.
    """
    text = gettext(message)
    return _filled(text, {name: isolated(value) for name, value in values.items()}) if values else text


def counted(one: str, many: str, number: int, **values: object) -> str:
    """A sentence with a number in it: `counted("%(number)s item", "%(number)s items", n)`, `1 item`, `12,400 items`."""
    shown = {name: isolated(value) for name, value in values.items()}
    return _filled(ngettext(one, many, number), {"number": count(number), **shown})


def _filled(text: str, values: Mapping[str, object]) -> str:
    """A message with its values. With an element among them it is HTML, or a page would show the tags as text."""
    return (escape(text) if any(isinstance(value, Markup) for value in values.values()) else text) % values


def N_(message: str) -> str:  # noqa: N802 - the name that every catalogue tool knows
    """Mark a constant that is translated where it is shown."""
    return message


def told(message: str) -> str:
    """A word of a closed list in the language of the request, where the list itself knows of no languages.

    Not for what people wrote: a criterion that somebody called Submit keeps its name.
    """
    return gettext(message)


def listed(names: Iterable[str]) -> str:
    """`a, b, and c` as the language joins them; English as this project writes: `a, b and c`."""
    parts = list(names)
    if current() == ENGLISH:
        return " and ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part) if parts else ""
    return format_list(parts, locale=current().locale)


def either(names: Iterable[str]) -> str:
    """`a or b or c` as the language joins what one may choose from; English as this project writes."""
    parts = list(names)
    return " or ".join(parts) if current() == ENGLISH else format_list(parts, style="or", locale=current().locale)


def refusal(refused: Refused) -> tuple[str, str]:
    """What a refusal says to a person: the sentence to show, and the exact English one to show below it.

    A refusal is made where nothing knows of languages, so its sentence is English, with names and numbers in it. Other
    languages say for its code what was expected and what to do. Without such a message the English one stands alone.
    """
    if current() == ENGLISH:
        return refused.sentence, ""
    message = pgettext(REFUSAL, refused.code)
    return ("", refused.sentence) if message == refused.code else (message, refused.sentence)


def refusal_text(refused: Refused) -> str:
    """A refusal for a script of ours: in the language of the page, then in English with its names and numbers."""
    return " ".join(part for part in refusal(refused) if part)


def titled(title: str) -> str:
    """The title of a piece of an item, whose number is no part of the message: `Evidence 3`."""
    head, _, number = title.rpartition(" ")
    if head and number.isascii() and number.isdigit() and gettext(head) != head:
        return said("%(title)s %(number)s", title=gettext(head), number=number)
    return phrase(title)


def beside_exact(sentence: str, exact: str) -> str:
    """What the language of the request says of something, and the exact English words of a pure module behind it."""
    if current() == ENGLISH:
        return exact
    return Markup('{} <span lang="en" dir="ltr">{}</span>').format(sentence, exact)


def refusal_line(refused: Refused) -> str:
    """A refusal in one line, as for the error of a field: said, and behind it the exact English sentence."""
    sentence, exact = refusal(refused)
    return Markup('{} <span lang="en" dir="ltr">{}</span>').format(sentence, exact) if exact else sentence


def resaid(text: str) -> str:
    """A text that a pure module put together, in the language of the request; any other text as it is."""
    if current() == ENGLISH or not isinstance(text, Worded):
        return text
    if not text.message:
        between = _BETWEEN.get(current().code, {}).get(text.between, text.between)
        return between.join(resaid(part) for part in text.parts)
    form = gettext(text.message) if text.number is None else ngettext(text.message, text.many, text.number)
    return _filled(form, {name: isolated(_put(value)) for name, value in text.values.items()}) if text.values else form


def _put(value: Value) -> str:
    """What stands at a place: a number as the language writes it, a text of ours said, what people wrote as it is."""
    if isinstance(value, Decimal):
        return number(float(value), -int(value.as_tuple().exponent))
    return count(value) if isinstance(value, int) else resaid(value)


class Words(Mapping[Key, str]):
    """A closed list of words by their codes, each said in the language of the request when it is looked up."""

    __slots__ = ("messages",)

    def __init__(self, messages: Mapping[Key, str]) -> None:
        self.messages = dict(messages)

    def __getitem__(self, code: Key) -> str:
        return gettext(self.messages[code])

    def __iter__(self) -> Iterator[Key]:
        return iter(self.messages)

    def __len__(self) -> int:
        return len(self.messages)

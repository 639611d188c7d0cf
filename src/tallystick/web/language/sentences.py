"""Sentences that pure modules make with values in them, said in the language of the request. Reads messages.pot.

A pure module knows of no language: it makes `Score safety for A, or choose that you cannot say.` The tool that writes
the catalogues finds the sentence with its places, `Score %(name)s for %(what)s, ...`, and here it is found again. Where
a number stands with its noun (`counted` of the core), the message has the forms of its plural.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from babel.lists import format_list
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

from tallystick.web.language.catalogue import CATALOGUES
from tallystick.web.language.formats import count, number, share
from tallystick.web.language.spoken import ENGLISH, current, gettext, isolated, npgettext, pgettext

SENTENCE: Final = "sentence"
"""The context of these messages."""
PLACE: Final = re.compile(r"%\((\w+)\)s")
WORDS_OF_OURS: Final = ("title", "expected", "what", "todo", "risk", "source", "phase")
"""How the name of a place ends that holds a word of a closed list, or a part of a sentence: it is said, too."""
WHOLE: Final = ("titles", "why")
"""How it ends where whole sentences stand."""
SENTENCES_MAX: Final = 12
PART: Final = "part"
"""The context of what stands several times at one place: `%(name)s (%(risk)s risk)`."""
_GROUPED: Final = re.compile(r"\d{1,3}(?:,\d{3})*")
_PERCENT: Final = re.compile(r"(\d+(?:\.(\d))?) ?%")
_DECIMAL: Final = re.compile(r"\d\.\d{3}")
_MORE: Final = re.compile(r"(.+) and ([\d,]+) more", re.DOTALL)
_NUMBERED: Final = re.compile(r"(.+) ([\d,]+)")
_MARKED: Final = re.compile(r"(.+) \(([a-z_ ]+)\)")
_NUMBER_FIRST: Final = re.compile(r"[\d,]+ ")
_BETWEEN: Final = re.compile(r"(?<=[.?!]) ")


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A message with places: what it looks like in English, and its id; of a plural both forms."""

    pattern: re.Pattern[str]
    one: str
    many: str = ""


def sentence(text: str) -> str:
    """Sentences of pure modules in the language of the request; as English, marked as such, where one is not known."""
    if current() == ENGLISH or not text:
        return text
    parts = _split(text)
    # Chinese has no space between sentences.
    between = "" if current().code == "zh" else " "
    return escape(between).join(_shown(english, found) for english, found in parts)


def _shown(english: str, found: str | None) -> Markup:
    return Markup('<span lang="en" dir="ltr">{}</span>').format(english) if found is None else escape(found)


def _split(text: str) -> list[tuple[str, str | None]]:
    """A text as known sentences, each the shortest that is known, with what is said for it; None where none is."""
    pieces = _BETWEEN.split(text)
    if len(pieces) > SENTENCES_MAX:
        return [(text, _said(text))]
    best: list[tuple[int, list[tuple[str, str | None]]]] = [(0, [])]  # of the rest of the text, from its end
    for start in reversed(range(len(pieces))):
        ways = []
        for end in range(start + 1, len(pieces) + 1):
            english = " ".join(pieces[start:end])
            found, (unknown, rest) = _said(english), best[len(pieces) - end]
            ways.append((unknown + (end - start if found is None else 0), [(english, found), *rest]))
        best.append(min(ways, key=lambda way: way[0]))
    return best[-1][1]


def phrase(text: str) -> str:
    """The title of a piece of an item, or another name that a pure module makes: said if it is known, else as it is."""
    return text if current() == ENGLISH or not text else _said(text) or gettext(text)


def _said(text: str, context: str = SENTENCE) -> str | None:
    exact = pgettext(context, text)
    if exact != text:
        return exact
    for known in _patterns(context):
        match = known.pattern.fullmatch(text)
        if match:
            return _filled(known, match.groupdict(), context)
    return None


def _filled(known: _Sentence, found: dict[str, str], context: str) -> str | None:
    """A message that was found again with its values; None where the language does not know it."""
    whole = [_whole(value) for name, value in found.items() if _ending(name).endswith(WHOLE)]
    if None in whole:
        return None  # half a sentence of another language helps nobody
    values = {name: isolated(_value(name, value)) for name, value in found.items()}
    if not known.many:
        translation = pgettext(context, known.one)
        return None if translation == known.one else translation % values
    amount = int(found["number"].replace(",", ""))
    translation = npgettext(context, known.one, known.many, amount)
    return None if translation in (known.one, known.many) else translation % values


def _whole(text: str) -> str | None:
    """Sentences at a place of another one; None where one of them is not known."""
    parts = [found or gettext(english) for english, found in _split(text)]
    known = all(found or gettext(english) != english for english, found in _split(text))
    return " ".join(parts) if known else None


def _ending(name: str) -> str:
    """The name of a place without the number that tells it from another of that name."""
    return name.rstrip("0123456789_")


def _value(name: str, value: str) -> str:
    """What stands at a place: a word of ours, a number or a list of such is said, and what people wrote is kept."""
    ending = _ending(name)
    if ending.endswith(WHOLE):
        return _whole(value) or value
    if more := _MORE.fullmatch(value):
        return gettext("%(names)s and %(number)s more") % {
            "names": _value(name, more[1]),
            "number": _value("", more[2]),
        }
    if ending.endswith(("kinds", "parts")):
        say = _kind if ending.endswith("kinds") else _part
        return format_list([say(part) for part in value.split(", ")], locale=current().locale)
    if ending.endswith("measured"):  # the verdict, or a criterion that somebody named
        return gettext("verdict") if value == "verdict" else value
    if ending.endswith(WORDS_OF_OURS):
        return _said(value) or _word(value)
    return _figure(value)


def _word(value: str) -> str:
    """A word of a closed list, also where it opens a sentence with a capital."""
    small = value[:1].lower() + value[1:]
    found = gettext(value)
    return found if found != value or small == value else gettext(small)[:1].upper() + gettext(small)[1:]


def _figure(value: str) -> str:
    """A number, a share or a number with its noun; anything else as it is."""
    if value == "none":
        return gettext(value)
    if _GROUPED.fullmatch(value):
        return count(int(value.replace(",", "")))
    if percent := _PERCENT.fullmatch(value):
        return share(float(percent[1]) / 100, len(percent[2] or ""))
    if _DECIMAL.fullmatch(value):
        return number(float(value), 3)
    if _NUMBER_FIRST.match(value) and (found := _said(value)):
        return found
    return value


def _kind(text: str) -> str:
    """A word of a closed list, with its number if it has one: `high 12`."""
    numbered = _NUMBERED.fullmatch(text)
    return f"{gettext(numbered[1])} {_figure(numbered[2])}" if numbered else gettext(text)


def _part(text: str) -> str:
    """One of several things of a list."""
    marked = _MARKED.fullmatch(text)
    return _said(text, PART) or (f"{marked[1]} ({gettext(marked[2])})" if marked else text)


@cache
def _patterns(context: str) -> tuple[_Sentence, ...]:
    """Every sentence with places, those with the most words of their own first."""
    with (CATALOGUES / "messages.pot").open("rb") as file:
        messages = [one.id for one in read_po(file) if one.context == context]
    forms = [(form, one) for one in messages for form in ([one] if isinstance(one, str) else one) if PLACE.search(form)]
    forms.sort(key=lambda pair: -len(PLACE.sub("", pair[0])))
    return tuple(_Sentence(_pattern(form), *([one] if isinstance(one, str) else one)) for form, one in forms)


def _pattern(message: str) -> re.Pattern[str]:
    parts = PLACE.split(message)
    words = [re.escape(part.replace("%%", "%")) for part in parts[::2]]
    places = [f"(?P<{name}>{_shape(name)})" for name in parts[1::2]]
    return re.compile("".join(a + b for a, b in zip(words, [*places, ""], strict=True)), re.DOTALL)


def _shape(name: str) -> str:
    """What can stand at a place: a number, a name of code without spaces, or anything."""
    if name == "number":
        return "[0-9,]+"
    return r"\S+?" if name.endswith(("_id", "_version")) else ".+?"

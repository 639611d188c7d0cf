"""What can be wrong with a document, and the words for it. Reads and writes nothing."""

from dataclasses import dataclass
from typing import Literal

SHOWN_MAX = 80

Path = tuple[str | int, ...]
"""The steps to a place in a document: keys as text, list entries as numbers from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with a document.

    name      the document, as its writer knows it: usually a file name
    line      counted from 1; None when the problem concerns no single line
    path      the place in the document: `criteria[0].anchors`
    """

    name: str
    line: int | None
    path: str
    expected: str
    found: str
    fix: str

    @property
    def sentence(self) -> str:
        """For people: where, what was expected, what was found, what to do."""
        place = [self.name, *([f"line {self.line}"] if self.line else []), *([self.path] if self.path else [])]
        return f"{', '.join(place)}: expected {self.expected}, found {self.found}. {self.fix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What a model finds wrong with itself, before it is known where that stands in the text."""

    path: Path
    expected: str
    found: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A document that may be used, but that lacks something a reader has a right to (SPEC 1.2).

    code      stable, kebab-case
    severity  `serious`: it must be answered before production; `warning`: look at it
    """

    code: str
    path: str
    severity: Literal["serious", "warning"]
    sentence: str


def short(text: str) -> str:
    """Text for a sentence: on one line, not long, nothing in it that a terminal obeys."""
    line = "".join(character if character.isprintable() else "?" for character in text)
    return line if len(line) <= SHOWN_MAX else f"{line[:SHOWN_MAX]}..."


def joined(path: Path) -> str:
    """A path for people: `criteria[0].anchors.1`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{short(step)}" for step in path)
    return text.removeprefix(".")


def shown(value: object) -> str:
    """A value for a sentence, with its kind when that is what is wrong."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"the number {short(str(value))}"
    if isinstance(value, str):
        return f'"{short(value)}"' if value.strip() else "empty text"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return f"a map of {len(value)} keys"
    return "nothing" if value is None else f"{type(value).__name__} {short(str(value))}"

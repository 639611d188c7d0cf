"""The few SVG elements that our plots need. Reads nothing, writes nothing.

Widths are percentages of whatever space the picture is given and heights are pixels, so a plot
keeps its type size on a phone and on a desk, without a script and without knowing any font.
Colours are classes, never attributes or inline styles: the page's own style sheet (or STYLE in a
data card) themes them, and a strict Content-Security-Policy has nothing to refuse.
"""

import hashlib
import textwrap
from collections.abc import Mapping
from typing import Final

LETTERS: Final = 30
LINE_PX: Final = 17

# What XML 1.0 has no way to write, not even escaped: it would make the whole picture unreadable.
_FORBIDDEN = {code: None for code in range(32) if code not in (9, 10, 13)} | {
    0xFFFE: None,
    0xFFFF: None,
}


def escaped(text: str) -> str:
    """Text that may stand in an element or in a double-quoted attribute of any XML document."""
    clean = "".join(letter for letter in text.translate(_FORBIDDEN) if not "\ud800" <= letter <= "\udfff")
    return clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def label(words: str, *, y: int) -> tuple[str, int]:
    """The name of a row from the left edge on, and by how many pixels its further lines push the row down.

    A picture measures no type: LETTERS of them leave room for a number beside them on a phone. A longer name goes on
    below, whole, since names that differ at their ends alone are told apart by nothing else.
    """
    lines = textwrap.wrap(" ".join(words.split()), LETTERS) or [""]
    drawn = [text(one, x="0", y=y + LINE_PX * index, kind="plot-label") for index, one in enumerate(lines)]
    return "".join(drawn), LINE_PX * (len(lines) - 1)


def percent(share: float) -> str:
    """A horizontal place, 0 the left edge and 1 the right. Two decimals: the same bytes always."""
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"


def element(name: str, attributes: Mapping[str, str | int], content: str = "") -> str:
    """One element; `content` is SVG already, so text must have gone through `escaped`."""
    written = "".join(f' {key}="{escaped(str(value))}"' for key, value in attributes.items())
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def text(words: str, *, x: str, y: int, kind: str, anchor: str = "start") -> str:
    """One line of text with its baseline at `y`."""
    place: dict[str, str | int] = {"class": kind, "x": x, "y": y, "text-anchor": anchor}
    return element("text", place, escaped(words))


def line(kind: str, start: tuple[str, int], end: tuple[str, int]) -> str:
    """A straight line from `start` to `end`, each (x, y)."""
    return element("line", {"class": kind, "x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1]})


def bar(kind: str, *, start: float, end: float, y: int, height: int) -> str:
    """A filled bar between two horizontal places (0 to 1)."""
    place: dict[str, str | int] = {
        "class": kind, "x": percent(start), "y": y, "width": percent(end - start), "height": height,
    }  # fmt: skip
    return element("rect", place)


def dot(kind: str, *, x: str, y: int, radius: int) -> str:
    """A round mark."""
    return element("circle", {"class": kind, "cx": x, "cy": y, "r": radius})


def picture(title: str, description: str, height: int, body: str) -> str:
    """The whole SVG. A screen reader hears the title and the description instead of the drawing.

    The two ids come from the content itself, so that two plots on one page do not share them and
    the same plot has the same bytes on every machine.
    """
    mark = hashlib.sha256(f"{title}\n{description}\n{body}".encode("utf-8", "replace")).hexdigest()[:10]
    heard = element("title", {"id": f"plot-{mark}-title"}, escaped(title) or " ")
    heard += element("desc", {"id": f"plot-{mark}-text"}, escaped(description) or " ")
    frame: dict[str, str | int] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "class": "plot",
        "role": "img",
        "aria-labelledby": f"plot-{mark}-title plot-{mark}-text",
        "width": "100%",
        "height": height,
        "direction": "ltr",
    }
    return element("svg", frame, heard + body)

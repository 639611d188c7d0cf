"""One text of an item for one page: the plain view, and the rendered one where the text is Markdown."""

from dataclasses import dataclass
from typing import Final, Literal
from unicodedata import bidirectional

from markupsafe import Markup

from tallystick.web.language import said
from tallystick.web.language.formats import count
from tallystick.web.showing import markdown
from tallystick.web.showing.plain import HALF, LOST, SIGNS_MAX, Signs, plain

LONG: Final = 8_000
"""Characters of HTML from which on a browser lays out what is seen, and not all."""
RENDERED_MAX: Final = 20_000
"""Characters of a text that are rendered; what follows stands below as it is."""
NOTHING: Final = Markup("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A text for a page.

    plain      the text itself, code point for code point
    direction  of its first letter that has one
    rendered   the same as Markdown; empty when it is none, or too much of it
    rest       what follows the rendered part of a long text, plain
    notes      what the reader must know about the views: whole sentences
    """

    plain: Markup
    direction: Literal["ltr", "rtl"] = "ltr"
    rendered: Markup = NOTHING
    rest: Markup = NOTHING
    notes: tuple[str, ...] = ()

    @property
    def is_long(self) -> bool:
        """Whether its parts are laid out only when they are seen."""
        return len(self.plain) > LONG


def shown(text: str) -> Shown:
    """A text for a page, in a time and a size that grow no faster than the text. Limits: docs/showing.md."""
    signs = Signs()
    whole = plain(text, signs)
    notes = (_signs_cut(),) if signs.are_cut else ()
    cut, direction = _cut(text), _direction(text)
    try:
        html = markdown.rendered(HALF.sub(LOST, text[:cut]), Signs())
    except markdown.TooMuch:
        return Shown(
            plain=whole,
            direction=direction,
            notes=(*notes, said("This text has too much markup to be rendered: it stands as it is.")),
        )
    if html is None:
        return Shown(plain=whole, direction=direction, notes=notes)
    if cut < len(text):
        sentence = said(
            "The first %(number)s of %(all)s characters are rendered. The rest follows as plain text.",
            number=count(cut), all=count(len(text)),
        )  # fmt: skip
        notes = (*notes, sentence)
    # `markdown.rendered` writes every tag itself and escapes every word.
    rendered = Markup(html)  # noqa: S704 - every tag is ours and all text in it is escaped
    return Shown(plain=whole, direction=direction, rendered=rendered, rest=plain(text[cut:]), notes=notes)


def _signs_cut() -> str:
    return said(
        "This text has more than %(number)s runs of invisible characters. Each character of the later ones stands as "
        "\N{REPLACEMENT CHARACTER}.",
        number=SIGNS_MAX,
    )


def _cut(text: str) -> int:
    """Where the rendered part ends: after a line, or after a word where lines are too long for that."""
    if len(text) <= RENDERED_MAX:
        return len(text)
    found = (
        text.rfind("\n", RENDERED_MAX // 2, RENDERED_MAX) + 1 or text.rfind(" ", RENDERED_MAX // 2, RENDERED_MAX) + 1
    )
    return found or RENDERED_MAX


def _direction(text: str) -> Literal["ltr", "rtl"]:
    """As `dir=auto` would find it. A browser does not look into parts that have a direction of their own."""
    strong = (found for letter in text[:RENDERED_MAX] if (found := bidirectional(letter)) in {"L", "R", "AL"})
    return "rtl" if next(strong, "L") != "L" else "ltr"

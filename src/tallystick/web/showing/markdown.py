"""Markdown to HTML of a closed vocabulary. The parser only says what is what; every tag is written here.

Markup of other kinds stands as text. No address can be followed and no picture loads: both stand as words.
"""

from collections.abc import Iterator
from typing import Final

import pyromark
from markupsafe import escape

from tallystick.web.language import said
from tallystick.web.showing.code import HIGHLIGHTED_MAX, highlighted
from tallystick.web.showing.mathematics import mathml, with_dollars
from tallystick.web.showing.plain import Signs

EVENTS_MAX: Final = 6_000
"""What a parser may find in a text that is rendered: paragraphs, cells, emphases, ends of them."""
DEPTH_MAX: Final = 24
FORMULAS_MAX: Final = 6_000
"""Characters of formulas of a text that are set."""
FORMULA_COST: Final = 20
"""What a formula takes of that beside its own characters."""
DEFINITIONS_MAX: Final = 200

_OPTIONS: Final = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_MATH
    | pyromark.Options.ENABLE_TASKLISTS
)
_TAGS: Final = {
    "Emphasis": ("<em>", "</em>"),
    "Strong": ("<strong>", "</strong>"),
    "Strikethrough": ("<del>", "</del>"),
    "Item": ('<li dir="auto">', "</li>"),
    "BlockQuote": ('<blockquote dir="auto">', "</blockquote>"),
    "Table": (
        '<div class="table-box" tabindex="0" role="group" aria-label="{table}"><table>',
        "</tbody></table></div>",
    ),
    "TableHead": ("<thead><tr>", "</tr></thead><tbody>"),
    "TableRow": ("<tr>", "</tr>"),
}
_WORDS_ONLY: Final = {
    "Paragraph": ('<p dir="auto">', "</p>"),
    "HtmlBlock": ('<div class="markup" dir="auto">', "</div>"),
}
_CELLS: Final = {True: ('<th scope="col" dir="auto">', "</th>"), False: ('<td dir="auto">', "</td>")}


class TooMuch(Exception):
    """A text has more markup, or deeper, than is rendered."""


def rendered(text: str, signs: Signs) -> str | None:
    """A text as HTML; None when nothing in it is Markdown.

    raises  TooMuch
    """
    source = with_dollars(text)
    writer = _Writer(signs)
    for event in _events(source):
        writer.take(event)
    definitions = pyromark.reference_definitions(source, options=_OPTIONS)
    if len(definitions) > DEFINITIONS_MAX:
        raise TooMuch
    # What a text defines for its links stands below it: nobody else would show it.
    for label, found in definitions.items():
        words = signs.put(f"[{label}]: {found['dest']} {found['title'] or ''}".rstrip())
        writer.mark(f'<p class="address" dir="auto">{words}</p>')
    return "".join(writer.out) if writer.is_marked else None


def _events(text: str) -> Iterator[object]:
    for number, event in enumerate(pyromark.events(text, options=_OPTIONS)):
        if number >= EVENTS_MAX:
            raise TooMuch
        yield event


def _named(found: object) -> tuple[str, object]:
    """What the parser found: its name, and what it says about it. Some findings are a name alone."""
    if isinstance(found, str):
        return found, None
    assert isinstance(found, dict)
    ((name, value),) = found.items()
    return str(name), value


class _Writer:
    """Writes what the parser finds. Keeps what is open: addresses of links and pictures, code, the head of a table."""

    def __init__(self, signs: Signs) -> None:
        self.out: list[str] = []
        self.is_marked = False  # anything beside paragraphs of words
        self._signs = signs
        self._depth = 0
        self._addresses: list[str] = []
        self._language: str | None = None  # None: not in code
        self._code_left = HIGHLIGHTED_MAX
        self._formulas_left = FORMULAS_MAX
        self._is_head = False

    def mark(self, tags: str) -> None:
        """Write something that is Markdown."""
        self.is_marked = True
        self.out.append(tags)

    def take(self, event: object) -> None:
        """Write one finding."""
        name, value = _named(event)
        if name == "Start":
            self._depth += 1
            if self._depth > DEPTH_MAX:
                raise TooMuch
            self._begin(*_named(value))
        elif name == "End":
            self._depth -= 1
            self._end(*_named(value))
        elif name in _LINES:  # lines are lines, as their writer wrote them
            self.out.append("<br>")
        elif name == "Text":
            self.out.append(self._text(str(value)))
        elif name in _OTHER_MARKUP:
            self.out.append(_OTHER_MARKUP[name].format(self._signs.put(str(value))))
        else:
            self.mark(self._inline(name, value))

    def _inline(self, name: str, value: object) -> str:
        if name == "Code":
            return f"<code>{self._signs.put(str(value))}</code>"
        if name == "Rule":
            return "<hr>"
        if name == "TaskListMarker":
            return "\N{BALLOT BOX WITH CHECK} " if value else "\N{BALLOT BOX} "
        return self._formula(str(value), _FENCES[name])

    def _text(self, text: str) -> str:
        if self._language is None:
            return self._signs.put(text)
        self._code_left -= len(text)
        return self._signs.put(text) if self._code_left < 0 else highlighted(text, self._language, self._signs)

    def _begin(self, name: str, value: object) -> None:
        if name in _WORDS_ONLY:
            self.out.append(_WORDS_ONLY[name][0])
        elif name == "TableCell":
            self.mark(_CELLS[self._is_head][0])
        elif name == "List":
            self.mark(f'<ol start="{value:d}">' if isinstance(value, int) else "<ul>")
        elif isinstance(value, dict):
            self.mark(self._begin_with(name, value))
        elif name == "CodeBlock":
            self.mark(self._begin_code(""))
        else:
            self._is_head = self._is_head or name == "TableHead"
            begun = _TAGS[name][0]
            self.mark(begun.format(table=escape(said("Table"))) if name == "Table" else begun)

    def _begin_with(self, name: str, value: dict[str, object]) -> str:
        if name == "CodeBlock":
            return self._begin_code(str(value["Fenced"]))
        if name == "Heading":
            # A heading of the text, and none of the page: it stands below the label of its passage.
            level = int(str(value["level"])[1])
            return f'<p class="heading-{level}" role="heading" aria-level="{level + 3}" dir="auto">'
        is_bare = value["link_type"] in {"Autolink", "Email"}
        self._addresses.append("" if is_bare else f"{value['dest_url']} {value['title']}".rstrip())
        if name == "Link":
            return '<span class="link">'
        label = said("Picture, not loaded:")  # not inside of the next line: there no catalogue would find it
        return f'<span class="picture">{escape(label)} '

    def _begin_code(self, info: str) -> str:
        self._language = info.partition(" ")[0]
        label = f'<p class="code-label">{self._signs.put(info)}</p>' if info else ""
        return f'<div class="code" dir="ltr">{label}<pre><code>'

    def _end(self, name: str, value: object) -> None:
        if name in {"Link", "Image"}:
            address = self._signs.put(self._addresses.pop())
            self.out.append(f'</span> <span class="address">({address})</span>' if address else "</span>")
        elif name == "CodeBlock":
            self._language = None
            self.out.append("</code></pre></div>")
        elif name == "TableCell":
            self.out.append(_CELLS[self._is_head][1])
        elif name == "List":
            self.out.append("</ol>" if value else "</ul>")
        elif name == "Heading":
            self.out.append("</p>")
        else:
            self._is_head = self._is_head and name != "TableHead"
            self.out.append((_WORDS_ONLY.get(name) or _TAGS[name])[1])

    def _formula(self, latex: str, fence: str) -> str:
        self._formulas_left -= len(latex) + FORMULA_COST
        found = mathml(latex.strip(), display=fence == "$$") if self._formulas_left >= 0 else None
        if found is not None and fence == "$$":
            return f'<span class="formula-box" tabindex="0" role="group" aria-label="Formula">{found}</span>'
        return found or f'<code class="formula">{self._signs.put(f"{fence}{latex}{fence}")}</code>'


_LINES: Final = frozenset({"SoftBreak", "HardBreak"})
_OTHER_MARKUP: Final = {"Html": "{}", "InlineHtml": '<code class="markup">{}</code>'}
_FENCES: Final = {"InlineMath": "$", "DisplayMath": "$$"}

"""LaTeX to MathML, with its source as annotation. Nothing but a known element with known attributes comes out.

The converter is trusted with the mathematics and not with the markup: its answer is taken apart and written anew, and
what is not understood makes the formula stand as its source.
"""

import html
import re
from typing import Final

from markupsafe import escape
from math_core import LatexError, LatexToMathML

FORMULA_MAX: Final = 2_000
"""Characters of a formula that is set; a longer one stands as its source."""
DEPTH_MAX: Final = 40
"""Braces, roots, scripts and the like within one another."""
SWELL_MAX: Final = 60
"""Characters of MathML per character of source."""

MISSES_MAX: Final = 200
"""Beginnings of formulas that end nowhere, after which no more are looked for."""

_CONVERTER: Final = LatexToMathML(annotation=True)
ELEMENTS: Final = frozenset({
    "math", "semantics", "annotation", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "msup", "msub", "msubsup",
    "munder", "mover", "munderover", "mfrac", "msqrt", "mroot", "mtable", "mtr", "mtd", "mpadded", "mphantom",
    "mstyle", "mmultiscripts", "mprescripts",
})  # fmt: skip
ATTRIBUTES: Final = frozenset({
    "display", "displaystyle", "scriptlevel", "mathvariant", "lspace", "rspace", "stretchy", "form", "fence",
    "separator", "symmetric", "largeop", "movablelimits", "accent", "accentunder", "linethickness", "width", "height",
    "depth", "voffset", "minsize", "maxsize", "columnspan", "rowspan", "encoding",
})  # fmt: skip
_TOKEN: Final = re.compile(r'<(/?)([a-z]+)((?: [a-z]+="[^"<>]*")*)(/?)>|([^<]+)')
_PAIR: Final = re.compile(r' ([a-z]+)="([^"]*)"')
_VALUE: Final = re.compile(r"(?:[a-z]{1,12}|-?\d{0,2}(?:\.\d{1,8})?(?:em|ex|mu|pt|px|%)?|application/x-tex)")
_SIDES: Final = {"text-align: right": "to-end", "text-align: left": "to-start"}
# Macros could grow without end, and what they name stays unseen.
_MACRO: Final = re.compile(r"\\(?:(?:re)?new|provide)command|\\[gex]?def\b|\\let\b|\\expandafter")
_NESTING: Final = re.compile(r"\\(?:left|right|begin|end|sqrt|frac|[A-Za-z]*text|over|under)(?![a-z])|[{}^_]")
_OPENING: Final = re.compile(r"(?<!\\)\\[(\[]|`+|~~~+")
_CLOSING: Final = {"\\(": "\\)", "\\[": "\\]"}
_MONEY: Final = re.compile(r"[\d\s.,:;()/+\-]*")


def mathml(latex: str, *, display: bool) -> str | None:
    """A formula as MathML; None when it stands as its source: too long, too deep, unknown to us, or no formula."""
    if len(latex) > FORMULA_MAX or _MACRO.search(latex) or _depth(latex) > DEPTH_MAX or not latex.isprintable():
        return None
    if not display and _MONEY.fullmatch(latex):
        return None
    try:
        found = _CONVERTER.convert_with_local_state(latex, displaystyle=display)
    except LatexError:
        return None
    return _written_anew(found) if len(found) <= SWELL_MAX * (len(latex) + 10) else None


def _depth(latex: str) -> int:
    """At most how much stands within one another. What closes nothing counts as well."""
    closing = sum(latex.count(word) for word in ("}", "\\right", "\\end"))
    deepest = depth = 0
    for found in _NESTING.finditer(latex):
        depth += -1 if found[0] in {"}", "\\right", "\\end"} else 1 if found[0] in {"{", "\\left", "\\begin"} else 0
        deepest = max(deepest, depth)
    chained = max((len(run[0]) for run in re.finditer(r"(?:[\^_]|\\[A-Za-z]+)+", latex)), default=0) // 3
    return max(deepest, chained, -depth if closing else 0)


def _written_anew(found: str) -> str | None:
    """The same elements with the attributes that we know; None when there is anything else."""
    out, end = [], 0
    for token in _TOKEN.finditer(found):
        if token.start() != end:
            return None
        end = token.end()
        closing, name, attributes, empty, text = token.groups()
        if text is not None:
            out.append(str(escape(html.unescape(text))))
        elif name not in ELEMENTS:
            return None
        else:
            out.append(f"<{closing}{name}{_attributes(attributes)}>" + (f"</{name}>" if empty else ""))
    return "".join(out) if end == len(found) else None


def _attributes(given: str) -> str:
    kept = [
        f' {name}="{value}"' for name, value in _PAIR.findall(given) if name in ATTRIBUTES and _VALUE.fullmatch(value)
    ]
    side = next((f' class="{word}"' for style, word in _SIDES.items() if style in given), "")
    return "".join(kept) + side


def with_dollars(text: str) -> str:
    r"""A text with the formulas in \( \) and \[ \] between dollars, as the parser knows them. Code stays as it is."""
    if "\\(" not in text and "\\[" not in text:
        return text
    out, end, misses = [], 0, 0
    for opening in _OPENING.finditer(text):
        if misses > MISSES_MAX:
            break
        if opening.start() < end:
            continue
        closing = _CLOSING.get(opening[0])
        begin = opening.end()
        at = text.find(closing or opening[0], begin, begin + (FORMULA_MAX if closing else len(text)))
        if at < 0:
            misses += 1
            continue
        if closing is None:  # code: nothing in it is a formula
            stop = at + len(opening[0])
            out.append(text[end:stop])
        else:
            stop = at + 2
            fence, latex = "$" if closing == "\\)" else "$$", text[begin:at].strip()
            # Nothing between dollars may hold a dollar or an empty line.
            formula = (
                f"{fence}{latex}{fence}"
                if latex and "$" not in latex and "\n\n" not in latex
                else text[opening.start() : stop]
            )
            out.append(text[end : opening.start()] + formula)
        end = stop
    return "".join(out) + text[end:]

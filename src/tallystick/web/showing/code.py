"""Code with its comments, texts, numbers and key words marked: one pass, linear in what it reads, no grammar.

The well-known highlighters take seconds for a few kilobytes of hostile code; this one scans every letter once.
"""

import re
from dataclasses import dataclass
from typing import Final

from tallystick.web.showing.plain import Signs

HIGHLIGHTED_MAX: Final = 20_000
"""Characters of one text's code that are marked; more stands as it is."""

_TEXTS: Final = r'"(?:\\.|[^"\\\n])*"?' + r"|'(?:\\.|[^'\\\n])*'?"
_REST: Final = r"|(?P<number>\b\d[\w.]*)|(?P<word>[^\W\d]\w*)"
_WITH_SLASHES: Final = rf"(?P<comment>//[^\n]*|/\*[\s\S]*?(?:\*/|\Z))|(?P<text>{_TEXTS}|`(?:\\.|[^`\\])*`?)" + _REST
_WITH_HASH: Final = (
    r'(?P<comment>#[^\n]*)|(?P<text>"""[\s\S]*?(?:"""|\Z)|' + rf"'''[\s\S]*?(?:'''|\Z)|{_TEXTS})" + _REST
)
_WITH_DASHES: Final = rf"(?P<comment>--[^\n]*|/\*[\s\S]*?(?:\*/|\Z))|(?P<text>{_TEXTS})" + _REST
_WITH_PERCENT: Final = r"(?P<comment>%[^\n]*)|(?P<word>\\[A-Za-z]+)" + r"|(?P<number>\b\d[\w.]*)"
_WITH_TAGS: Final = rf"(?P<comment><!--[\s\S]*?(?:-->|\Z))|(?P<text>{_TEXTS})|(?P<word></?[A-Za-z][\w:-]*|/?>)"
_OF_CHANGES: Final = r"(?P<text>^\+[^\n]*)|(?P<comment>^-[^\n]*)|(?P<word>^@@[^\n]*)"


@dataclass(frozen=True, slots=True)
class _Language:
    pattern: re.Pattern[str]
    words: frozenset[str]


def _language(pattern: str, words: str = "") -> _Language:
    return _Language(re.compile(pattern, re.MULTILINE), frozenset(words.split()))


_C: Final = (
    "auto bool break case catch char class const continue default delete do double else enum extern false float for if "
    "inline int long namespace new null nullptr private protected public return short signed sizeof static struct "
    "switch template this throw true try typedef typename union unsigned using virtual void while"
)
_JAVA: Final = _C + (
    " abstract as base extends final finally foreach implements import in instanceof interface internal is override "
    "package readonly sealed string super synchronized throws val var when where yield fun fn func let mut pub impl "
    "trait use mod match loop ref type defer go chan map range select guard protocol extension self Self nil"
)
_SCRIPT: Final = (
    "async await break case catch class const continue debugger default delete do else enum export extends false "
    "finally for from function if implements import in instanceof interface let new null of private protected public "
    "readonly return static super switch this throw true try type typeof undefined var void while yield"
)
_PYTHON: Final = (
    "False None True and as assert async await break class continue def del elif else except finally for from global "
    "if import in is lambda match nonlocal not or pass raise return self try while with yield"
)
_SHELL: Final = (
    "begin case do done elif elsif else end esac exit export fi for function if in local module next nil repeat "
    "require return set source then true false unless until while NULL TRUE FALSE library"
)
_SQL: Final = (
    "all and as asc between by case count create cross delete desc distinct drop else end exists from full group "
    "having in index inner insert into is join key left like limit not null on or order outer primary references right "
    "select set table then union unique update values when where with"
)
_LANGUAGES: Final = {
    name: language
    for names, language in (
        ("c h cpp c++ cc hpp", _language(_WITH_SLASHES, _C)),
        ("java csharp cs c# go rust rs kotlin kt swift php scala dart", _language(_WITH_SLASHES, _JAVA)),
        ("javascript js typescript ts jsx tsx json css scss", _language(_WITH_SLASHES, _SCRIPT)),
        ("python py python3", _language(_WITH_HASH, _PYTHON)),
        ("bash sh shell zsh ruby rb r yaml yml toml perl make makefile dockerfile", _language(_WITH_HASH, _SHELL)),
        ("sql", _language(_WITH_DASHES, f"{_SQL} {_SQL.upper()}")),
        ("latex tex matlab", _language(_WITH_PERCENT)),
        ("html xml svg", _language(_WITH_TAGS)),
        ("diff patch", _language(_OF_CHANGES)),
    )
    for name in names.split()
}


def highlighted(code: str, language: str, signs: Signs) -> str:
    """Code as HTML. An unknown language is a plain one."""
    known = _LANGUAGES.get(language.lower())
    if known is None:
        return signs.put(code)
    out, end = [], 0
    for token in known.pattern.finditer(code):
        kind = token.lastgroup
        if kind == "word" and known.words and token[0] not in known.words:
            continue
        out.append(signs.put(code[end : token.start()]))
        out.append(f'<span class="code-{kind}">{signs.put(token[0])}</span>')
        end = token.end()
    return "".join((*out, signs.put(code[end:])))

"""The languages of the interface: which one a request speaks, its words, its numbers and dates. Reads `.po` files.

`said` gives a sentence in the language of the request; `N_` marks one that is said later; `Words` is a closed list.
What people wrote is never translated. docs/languages.md says how a language is added.
"""

from tallystick.web.language.spoken import (
    ENGLISH,
    LANGUAGES,
    Language,
    chosen,
    current,
    gettext,
    isolated,
    ngettext,
    npgettext,
    pgettext,
    speaking,
)
from tallystick.web.language.words import (
    N_,
    Words,
    beside_exact,
    counted,
    either,
    listed,
    refusal,
    refusal_line,
    refusal_text,
    resaid,
    said,
    titled,
    told,
)

__all__ = [
    "ENGLISH",
    "LANGUAGES",
    "N_",
    "Language",
    "Words",
    "beside_exact",
    "chosen",
    "counted",
    "current",
    "either",
    "gettext",
    "isolated",
    "listed",
    "ngettext",
    "npgettext",
    "pgettext",
    "refusal",
    "refusal_line",
    "refusal_text",
    "resaid",
    "said",
    "speaking",
    "titled",
    "told",
]

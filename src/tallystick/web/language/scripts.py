"""The words that scripts of ours put on a page, given to them in the page's own language. Reads catalogues only."""

import json
from typing import Final

from tallystick.web.language.words import Words

SCRIPT_WORDS: Final = Words({
    "copied": "Copied",
    "not-copied": "Not copied: select the text",
    "minutes": "%(minutes)s min",
    "less-than-a-minute": "less than a minute",
    "saved": "Saved %(time)s",
    "not-saved-yet": "Not saved yet",
    "kept-by-device": "Not saved yet: this device had kept what you typed.",
    "not-saved": "Not saved: %(reason)s. Your words are still on this page: leave it open.",
    "not-saved-retry": "Not saved: %(reason)s. Your words are still on this page: leave it open; trying again.",
    "not-saved-kept": "Not saved: %(reason)s. Your words are kept on this device.",
    "not-saved-kept-retry": "Not saved: %(reason)s. Your words are kept on this device; trying again.",
    "server-answered": "the server answered %(status)s",
    "server-away": "the server cannot be reached",
    "leave": "This device keeps words of yours that are not saved yet. Sign out and remove them?",
    "copy-kept": "This browser keeps a copy, too.",
    "copy-not-kept": "This browser keeps no copy: its storage is full or switched off. Download the receipt.",
    "sealed": "sealed",
    "waiting-to-be-sealed": "waiting to be sealed",
    "entry": "Entry %(number)s",
    "receipts-kept": "%(number)s kept, %(sealed)s of them sealed.",
    "receipts-none": "Nothing is kept here yet.",
    "receipts-full": "Not all are kept: the storage of this browser is full or switched off.",
    "receipts-failed": "The receipts could not be fetched. Try again.",
})  # fmt: skip
"""By the key with which a script asks for them: `say("saved", { time })`, in static/words.js."""


def script_words() -> str:
    """All of them as JSON, for `data-words` of the page."""
    return json.dumps(dict(SCRIPT_WORDS), ensure_ascii=False, separators=(",", ":"))

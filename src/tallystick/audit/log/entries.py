"""What every log entry must be, whatever happened in it: canonical JSON in its place, time and count. Pure.

The checks take bytes one after the other from index 0. They need no knowledge of the events, so they hold for every
kind of entry, of older and newer versions of this code.
"""

import re
from collections.abc import Callable

import msgspec

from tallystick import canon

EntryCheck = Callable[[int, bytes], list[str]]
"""Given each entry with its index, in order from 0: what is wrong with it, one sentence each."""

# In canonical JSON a number stands behind one of these signs. Below 9e15 it is surely within 2^53 - 1; the rest,
# and all that is not ASCII, goes to the slower exact check.
_LARGE_NUMBER = re.compile(rb"[:,\[]-?(?:\d{17}|9\d{15})")


class _NotExact(ValueError):
    """A number with a fraction or an exponent."""


def _no_float(text: str) -> float:
    raise _NotExact(f"expected integers only, found the number {text}")


_DECODER = msgspec.json.Decoder(dict[str, object], float_hook=_no_float)


class EnvelopeChecks:
    """The checks of our envelope: `seq` is the index, `at` never decreases, `n` counts each actor's events densely.

    A gap in `n` means that an event of that actor was left out.
    """

    def __init__(self) -> None:
        self._at = 0
        self._counts: dict[object, int] = {}

    def __call__(self, index: int, entry: bytes) -> list[str]:
        """What is wrong with the entry at `index`; an empty list when nothing is."""
        try:
            value = _DECODER.decode(entry)
            if canon.encode(value) != entry:
                return ["expected canonical JSON (sorted keys, no spaces, one spelling), found another form"]
            if not entry.isascii() or _LARGE_NUMBER.search(entry):
                canon.check(value)
        except (ValueError, RecursionError, msgspec.MsgspecError) as error:
            return [f"expected one canonical JSON object: {error}"]
        return self._check_envelope(index, value)

    def _check_envelope(self, index: int, value: dict[str, object]) -> list[str]:
        found: list[str] = []
        at, by, n, seq = value.get("at"), value.get("by"), value.get("n"), value.get("seq")
        if seq != index or type(seq) is not int:
            found.append(f"expected seq {index}, found {seq!r}: entries were moved, added or removed")
        if type(at) is not int or at < self._at:
            found.append(f"expected a time 'at' of at least {self._at}, found {at!r}: the entry was back-dated")
        # Go on from what was found, so that one altered time does not blame all entries behind it.
        self._at = at if type(at) is int else self._at
        if not isinstance(value.get("kind"), str):
            found.append(f"expected text in 'kind', found {value.get('kind')!r}")
        if not isinstance(by, str):
            found.append(f"expected text in 'by', found {by!r}")
            by = repr(by)  # what is no text may be a list, and that counts nothing
        expected = self._counts.get(by, 0) + 1
        if n != expected or type(n) is not int:
            found.append(f"expected event {expected} of {by!r} in 'n', found {n!r}: events are missing or repeated")
        self._counts[by] = n if type(n) is int else expected
        return found

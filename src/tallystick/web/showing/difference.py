"""What two texts share: word by word, line by line when they are long. Exact, and bounded in time and size.

The longest common run is found with whole rows of the table as one number (Hyyrö 2004, "Bit-parallel LCS-length
computation revisited"), which is hundreds of times faster than cell by cell.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

from markupsafe import Markup

from tallystick.web.showing.plain import Signs

WORDS_MAX: Final = 12_000_000
"""Words of the one times words of the other that are compared."""
LINES_MAX: Final = 24_000_000
CHARACTERS_MAX: Final = 40_000
"""Characters of both texts together that are compared word by word: what is compared stands on the page twice more."""
CONTEXT: Final = 2
"""Lines around a difference that are shown where lines are compared."""
SHOWN_MAX: Final = 20_000
"""Characters of each text that a comparison by lines shows."""

# One letter of a script without spaces is a word; what follows a word belongs to it.
_WORD: Final = re.compile(
    "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]\\s*|[^\\W\u3040-\u30ff\u3400-\u9fff]+(?:['\u2019-]\\w+)*\\s*"
    "|[^\\w\\s]\\s*|\\s+|\\w"
)
_Kind = Literal["both", "a", "b"]
Run = tuple[_Kind, str]


NOTHING: Final = Markup("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two texts compared. `note` says what the reader must know; no views when nothing can be compared.

    a, b   each text with what it alone says marked
    both   one text: what both say, with what only A and what only B says in its place
    """

    a: Markup = NOTHING
    b: Markup = NOTHING
    both: Markup = NOTHING
    note: str = ""


def compared(a: str, b: str) -> Difference:
    """Both texts with their differences, by words or by lines, whichever their lengths allow."""
    if a == b:
        return Difference(note="Both say exactly the same.")
    if len(a) + len(b) <= CHARACTERS_MAX:
        left, right = _WORD.findall(a), _WORD.findall(b)
        if len(left) * len(right) <= WORDS_MAX:
            return _written(list(_runs(left, right)), "")
    left, right = a.splitlines(keepends=True), b.splitlines(keepends=True)
    if len(left) * len(right) > LINES_MAX or max(map(len, (*left, *right))) > SHOWN_MAX:
        return Difference(note="These texts are too long to be compared here.")
    runs = _near(list(_runs(left, right)))
    if any(sum(len(text) for kind, text in runs if kind in {side, "both"}) > SHOWN_MAX for side in "ab"):
        return Difference(note="These texts are too long, and too different, to be compared here.")
    return _written(runs, "These texts are long: whole lines are compared, and only what differs is shown.")


def _runs(left: list[str], right: list[str]) -> Iterator[Run]:
    """Both texts as runs that are shared or not. What only A says comes before what only B says in its place."""
    steps = _steps([part.strip() for part in left], [part.strip() for part in right])
    pending: dict[_Kind, list[str]] = {"a": [], "b": []}
    for is_shared, group in groupby(steps, key=lambda step: step[0] == "both"):
        for kind, i, j in group:
            pending["b" if kind == "b" else "a"].append(right[j] if kind == "b" else left[i])
        if is_shared:
            yield "both", "".join(pending["a"])
        else:
            yield from ((side, "".join(pending[side])) for side in _SIDES if pending[side])
        pending = {"a": [], "b": []}


_SIDES: Final[tuple[_Kind, _Kind]] = ("a", "b")


def _steps(left: list[str], right: list[str]) -> list[tuple[_Kind, int, int]]:
    """The way through both texts along their longest common run: kind, place in A, place in B."""
    places: dict[str, int] = {}
    for number, part in enumerate(left):
        places[part] = places.get(part, 0) | 1 << number
    full = (1 << len(left)) - 1
    row, rows = full, []
    for part in right:
        same = row & places.get(part, 0)
        row = (row + same | row - same) & full
        rows.append(row)
    steps: list[tuple[_Kind, int, int]] = []
    i, j = len(left), len(right)
    while i and j:
        if rows[j - 1] >> (i - 1) & 1:
            i -= 1
            steps.append(("a", i, j))
        else:
            j -= 1
            if j and not rows[j - 1] >> (i - 1) & 1:
                steps.append(("b", i, j))
            else:
                i -= 1
                steps.append(("both", i, j))
    steps.extend(("a", place, 0) for place in reversed(range(i)))
    steps.extend(("b", 0, place) for place in reversed(range(j)))
    return steps[::-1]


def _near(runs: list[Run]) -> list[Run]:
    """The runs of lines, with what lies far from any difference named and left out."""
    found: list[Run] = []
    for kind, text in runs:
        lines = text.splitlines(keepends=True)
        if kind == "both" and len(lines) > 2 * CONTEXT + 1:
            gone = (
                f"\N{HORIZONTAL ELLIPSIS} {len(lines) - 2 * CONTEXT:,} lines that both share \N{HORIZONTAL ELLIPSIS}\n"
            )
            text = "".join((*lines[:CONTEXT], gone, *lines[-CONTEXT:]))  # noqa: PLW2901 - the same run, shortened
        found.append((kind, text))
    return found


def _written(runs: list[Run], note: str) -> Difference:
    def html(sides: str) -> Markup:
        put = Signs().put
        parts = (
            put(text) if kind == "both" else f'<mark class="only-{kind}">{put(text.rstrip())}</mark>{put(_tail(text))}'
            for kind, text in runs
            if kind in {"both", *sides}
        )
        return Markup("".join(parts))  # noqa: S704 - `put` has escaped every word

    return Difference(a=html("a"), b=html("b"), both=html("ab"), note=note)


def _tail(text: str) -> str:
    return text[len(text.rstrip()) :]

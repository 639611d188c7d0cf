"""What two texts share: word by word, line by line when they are long. Exact, and bounded in time and size.

The longest common run is found with whole rows of the table as one number (Hyyrö 2004, "Bit-parallel LCS-length
computation revisited"), which is hundreds of times faster than cell by cell.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

from markupsafe import Markup

from tallystick.web.language import counted, said
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
Run = tuple[_Kind, str, str]
"""What both or one of two texts say, as A and as B writes it: white space may differ where words are the same."""


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
        return Difference(note=said("Both say exactly the same."))
    if len(a) + len(b) <= CHARACTERS_MAX:
        left, right = _WORD.findall(a), _WORD.findall(b)
        if len(left) * len(right) <= WORDS_MAX:
            return _written(list(_runs(left, right)), "")
    left, right = a.splitlines(keepends=True), b.splitlines(keepends=True)
    if len(left) * len(right) > LINES_MAX or max(map(len, (*left, *right))) > SHOWN_MAX:
        return Difference(note=said("These texts are too long to be compared here."))
    runs = _near(list(_runs(left, right)))
    if any(sum(len(run[side]) for run in runs) > SHOWN_MAX for side in (1, 2)):
        return Difference(note=said("These texts are too long, and too different, to be compared here."))
    return _written(runs, said("These texts are long: whole lines are compared, and only what differs is shown."))


def _runs(left: list[str], right: list[str]) -> Iterator[Run]:
    """Both texts as runs that are shared or not. What only A says comes before what only B says in its place."""
    steps = _steps([part.strip() for part in left], [part.strip() for part in right])
    for is_shared, group in groupby(steps, key=lambda step: step[0] == "both"):
        way = list(group)
        of_a = "".join(left[i] for kind, i, _ in way if kind != "b")
        of_b = "".join(right[j] for kind, _, j in way if kind != "a")
        if is_shared:
            yield "both", of_a, of_b
        else:
            yield from (run for run in (("a", of_a, ""), ("b", "", of_b)) if run[1] or run[2])


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
    return [(kind, _shortened(a), _shortened(b)) if kind == "both" else (kind, a, b) for kind, a, b in runs]


def _shortened(text: str) -> str:
    lines = text.splitlines(keepends=True)
    left_out = len(lines) - 2 * CONTEXT
    if left_out <= 1:
        return text
    gone = counted("%(number)s line that both share", "%(number)s lines that both share", left_out)
    named = f"\N{HORIZONTAL ELLIPSIS} {gone} \N{HORIZONTAL ELLIPSIS}\n"
    return "".join((*lines[:CONTEXT], named, *lines[-CONTEXT:]))


def _written(runs: list[Run], note: str) -> Difference:
    return Difference(
        a=_html((kind, a) for kind, a, _ in runs if kind != "b"),
        b=_html((kind, b) for kind, _, b in runs if kind != "a"),
        both=_html((kind, max(a, b, key=len)) for kind, a, b in runs),
        note=note,
    )


def _html(parts: Iterable[tuple[_Kind, str]]) -> Markup:
    put = Signs().put
    found = (
        put(text) if kind == "both" else f'<mark class="only-{kind}">{put(text.rstrip())}</mark>{put(_tail(text))}'
        for kind, text in parts
    )
    return Markup("".join(found))  # noqa: S704 - every word was escaped by `put`


def _tail(text: str) -> str:
    return text[len(text.rstrip()) :]

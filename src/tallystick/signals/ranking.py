"""Ranking: all candidates in one order, ties allowed, with a line below which none is acceptable (SPEC 2.3).

The verdict is the order in one spelling: `b>a=c|d` puts b first, a and c equal behind it, and d below the line. Letters
of a tie stand in the order of the alphabet; without a `|` all are acceptable, and one at the very front says that none
is. Reads and writes nothing.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import ClassVar, Final

from pydantic import JsonValue

from tallystick.signals.shape import (
    LETTERS,
    UNDECIDED,
    Answer,
    Code,
    Codes,
    Content,
    Facts,
    Fault,
    Form,
    Given,
    Measure,
    Rated,
    Row,
    Signal,
    asked,
    turn,
)
from tallystick.signals.shape import (
    Ranking as Places,
)

CANDIDATES: Final = (2, 12)
LISTED_MAX: Final = 3
PAIRED: Final = ("first", "tie", "second")
"""How two candidates stand to each other, named in the item's own order."""


@dataclass(frozen=True, slots=True)
class Order:
    """Groups of equal candidates from best to worst, and how many of the groups are acceptable."""

    groups: tuple[tuple[str, ...], ...]
    acceptable: int

    def __str__(self) -> str:
        above, below = self.groups[: self.acceptable], self.groups[self.acceptable :]
        parts = [">".join("=".join(sorted(group)) for group in side) for side in (above, below)]
        return "|".join(parts) if below else parts[0]

    @property
    def place(self) -> dict[str, int]:
        """The place of each candidate; 1 is best, and equals share one."""
        return {letter: number for number, group in enumerate(self.groups, 1) for letter in group}


def order_of(verdict: str) -> Order:
    """The order that a verdict spells.

    raises  ValueError when it spells none
    """
    above, _, below = verdict.partition("|")
    sides = [[tuple(group.split("=")) for group in side.split(">")] if side else [] for side in (above, below)]
    order = Order((*sides[0], *sides[1]), len(sides[0]))
    letters = [letter for group in order.groups for letter in group]
    if str(order) != verdict or len(set(letters)) < len(letters) or not set(letters) <= set(LETTERS) or not letters:
        raise ValueError(f"Expected an order of candidates such as b>a=c|d, found {verdict or 'nothing'}.")
    return order


def spelled(places: Mapping[str, int], acceptable: Collection[str]) -> str:
    """The verdict of places that somebody gave, 1 the best; empty when they are no order.

    places      candidate: its place
    acceptable  the candidates that are: each stands above every other
    """
    groups = tuple(tuple(x for x in sorted(places) if places[x] == n) for n in sorted(set(places.values())))
    above = [bool(set(group) & set(acceptable)) for group in groups]
    is_split = any(not set(group) <= set(acceptable) for group in groups[: sum(above)])
    is_gapped = set(places.values()) != set(range(1, len(groups) + 1))
    return (
        ""
        if not groups or is_gapped or is_split or above != sorted(above, reverse=True)
        else str(Order(groups, sum(above)))
    )


class Ranking(Signal):
    """Two to twelve candidates in an order."""

    name: ClassVar[str] = "ranking"
    title: ClassVar[str] = "Ranking"
    about: ClassVar[str] = "All answers in an order, with ties, and which of them are acceptable at all."
    candidates: ClassVar[tuple[int, int]] = CANDIDATES
    exports: ClassVar[Mapping[str, str]] = {
        "listwise": "one row a judgment: prompt, completions, the place of each and whether it is acceptable",
        "pairwise": "two rows for each pair of each judgment; a tie gives one in each direction, so that the mean loss "
        "over all rows is that of the distribution",
    }

    @property
    def measures(self) -> tuple[Measure, ...]:
        return (
            Measure(
                name="pairs", title="Pairs of answers", unit="pair of candidates", level="nominal", values=PAIRED,
                read=_pairs,
            ),
            Measure(name="top", title="Best answer", unit="item", level="nominal", values=None, read=_top),
            Measure(
                name="acceptable", title="Acceptable or not", unit="candidate", level="nominal",
                values=("acceptable", "unacceptable"), read=_acceptable,
            ),
        )  # fmt: skip

    def form(self, content: Content, codes: Codes) -> Form:
        letters = tuple(LETTERS[: len(content.candidates)])
        return Form(
            verdict_title="Order", verdicts=(), scored=letters, ranking=Places(
                name="order", title="Order", pieces=letters, acceptable=Code("acceptable", "Acceptable"),
                unacceptable=Code("unacceptable", "Not acceptable"),
                help="1 is best. The same place twice is a tie. Every acceptable answer stands above every other.",
            ),
        )  # fmt: skip

    def verdicts(self, content: Content, codes: Codes) -> tuple[Code, ...]:
        """All orders of two or three candidates; none of more, since nobody reads a list of hundreds."""
        number = len(content.candidates)
        orders = _orders(tuple(LETTERS[:number])) if number <= LISTED_MAX else ()
        return tuple(Code(str(order), self.words(str(order))) for order in orders)

    def verdict_of(self, answer: Answer, content: Content) -> str:
        if answer.verdict in UNDECIDED:
            return answer.verdict
        places: dict[int, list[str]] = {}
        above = set()
        for mark in answer.marks:
            if mark.place is not None:
                places.setdefault(mark.place, []).append(mark.on)
                above |= {mark.place} if mark.label == "acceptable" else set()
        return str(Order(tuple(tuple(places[place]) for place in sorted(places)), len(above)))

    def own_faults(self, answer: Answer, content: Content) -> list[Fault]:
        """An order is not left out where none was abstained from: there would be no verdict."""
        if answer.verdict in UNDECIDED or answer.marks:
            return []
        return [Fault("marks.order", "Expected a place for every answer, found none.")]

    def settles(self, verdict: str, content: Content) -> bool:
        """Any order of all candidates does, also one that no judge gave."""
        try:
            order = order_of(verdict)
        except ValueError:
            return False
        return set(order.place) == set(LETTERS[: len(content.candidates)])

    def renamed(self, verdict: str, names: Mapping[str, str]) -> str:
        """What is no order stays what it is: whoever asks whether it settles is told."""
        try:
            order = order_of(verdict)
        except ValueError:
            return verdict
        groups = tuple(tuple(names.get(letter, letter) for letter in group) for group in order.groups)
        return str(Order(groups, order.acceptable))

    def words(self, verdict: str, form: Form | None = None) -> str:
        if verdict in UNDECIDED:
            return super().words(verdict, form)
        order = order_of(verdict)
        groups = [" and ".join(letter.upper() for letter in sorted(group)) for group in order.groups]
        line = order.acceptable
        if line == 0:
            return f"None is acceptable; from best to worst: {', '.join(groups)}"
        said = f"From best to worst: {', '.join(groups[:line])}"
        return said if line == len(groups) else f"{said}; not acceptable: {', '.join(groups[line:])}"

    def rows(self, content: Content, given: Sequence[Given]) -> Mapping[str, Sequence[Row]]:
        orders = [order_of(one.facts.verdict) for one in given if one.facts.verdict not in UNDECIDED]
        return {
            "listwise": [_listwise(content, order) for order in orders],
            "pairwise": [row for order in orders for row in _pairwise(content, order)],
        }


def _orders(letters: tuple[str, ...]) -> Iterator[Order]:
    """Every order of the letters with every line: places without a gap, in all ways to give them."""
    for places in product(range(len(letters)), repeat=len(letters)):
        if set(places) == set(range(max(places) + 1)):
            groups = [
                tuple(x for x, place in zip(letters, places, strict=True) if place == n) for n in sorted(set(places))
            ]
            yield from (Order(tuple(groups), line) for line in range(len(groups), -1, -1))


def _ordered(facts: Facts) -> Order | None:
    return None if facts.verdict in UNDECIDED else order_of(facts.verdict)


def _pairs(facts: Facts) -> Rated:
    order = _ordered(facts)
    if order is None:
        return ()
    place = order.place
    return [
        (f"{one}:{other}", PAIRED[1 + (place[one] > place[other]) - (place[one] < place[other])])
        for one, other in combinations(sorted(place), 2)
    ]


def _top(facts: Facts) -> Rated:
    order = _ordered(facts)
    return () if order is None else [("", "=".join(order.groups[0]))]


def _acceptable(facts: Facts) -> Rated:
    order = _ordered(facts)
    if order is None:
        return ()
    return [
        (letter, "acceptable" if place <= order.acceptable else "unacceptable")
        for letter, place in sorted(order.place.items())
    ]


def _listwise(content: Content, order: Order) -> Row:
    places = sorted(order.place.items())
    completions: list[JsonValue] = [turn("assistant", text) for text in content.candidates]
    return {
        "prompt": turn("user", asked(content)), "completions": completions, "ranks": [place for _, place in places],
        "acceptable": [place <= order.acceptable for _, place in places], "order": str(order),
    }  # fmt: skip


def _pairwise(content: Content, order: Order) -> Iterator[Row]:
    place = order.place
    for one, other in combinations(sorted(place), 2):
        better = (one, other) if place[one] <= place[other] else (other, one)
        is_tie = place[one] == place[other]
        for chosen, rejected in (better, better[::-1] if is_tie else better):
            yield {
                "prompt": turn("user", asked(content)),
                "chosen": turn("assistant", content.candidates[LETTERS.index(chosen)]),
                "rejected": turn("assistant", content.candidates[LETTERS.index(rejected)]),
                "is_tie": is_tie, "margin": abs(place[one] - place[other]),
            }  # fmt: skip

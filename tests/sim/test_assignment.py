"""A whole programme, small: 20 experts and 400 items break no promise of assignment. And the books can fail."""

from pathlib import Path

import pytest

from tallystick.sim.assignment import Size, Watch, simulate
from tallystick.sim.assignment.plan import people

SMALL = Size(experts=20, items=400, batches=2)


def test_experts_work_off_a_programme_and_every_promise_holds(tmp_path: Path) -> None:
    said: list[str] = []
    found = simulate(tmp_path / "cell", size=SMALL, seed=7, say=said.append)
    assert found.broken == ()
    assert found.items == 400
    assert found.judgments == sum(1 if n < 160 else 2 for n in range(400)), "one judgment each of low risk, else two"
    assert found.cases > 0
    assert found.looks > 0
    assert found.load.most * 4 < found.judgments, "nobody did a quarter of all"
    assert said


def test_the_same_seed_draws_the_same_people() -> None:
    assert people(SMALL, 3) == people(SMALL, 3)
    assert people(SMALL, 3) != people(SMALL, 4)


@pytest.mark.parametrize(
    ("breach", "word"),
    [
        (lambda books: books.given("i", "author", now=0, until=9), "wrote"),
        (lambda books: [books.given("i", who, now=0, until=9) for who in "abc"], "at once"),
        (lambda books: [books.said("i", "a"), books.given("i", "a", now=0, until=9)], "had judged"),
        (lambda books: [books.said("i", "a"), books.said("i", "a")], "twice"),
        (lambda books: [books.said("i", who) for who in "abc"], "needs 2"),
        (lambda books: [books.said("i", "a"), books.looked("i", "a")], "shown the judgments"),
    ],
)
def test_books_find_what_is_broken(breach: object, word: str) -> None:
    books = Watch({"i": 2}, {"i": "author"})
    books.given("i", "a", now=0, until=9)
    books.returned("i", "a")
    assert books.broken == []
    breach(books)  # type: ignore[operator]  # each of them is a function of the books
    assert word in " ".join(books.broken)

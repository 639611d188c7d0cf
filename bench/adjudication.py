"""How fast the queue of disagreements is when it is long: list it, take the next case, give it back, as it grows.

    python bench/adjudication.py [--cases 1000 10000 100000]

Reads nothing; writes a database of its own in a folder that goes with it. Cases stand in the read tables as events
would have put them there; what is timed goes through the app as it does for an adjudicator.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from living_cell import PROGRAMME, World, world_at  # noqa: E402 - the test cell lies beside the project

from tallystick.app import adjudication  # noqa: E402 - as above
from tallystick.app.kernel import new_key  # noqa: E402 - as above
from tallystick.ledger import journal  # noqa: E402 - as above
from tallystick.store.schema import DISAGREEMENT, ITEM, JUDGMENT, Row  # noqa: E402 - as above

ROUNDS = 20
PART = 2_000
CAUSES = (0, 1, 2, 3, 4, 5)
NUMBERS = count()


def fill(world: World, number: int) -> None:
    """Open cases beside the one that is really there: each with an item and two judgments by others."""
    with journal.writing(world.cell.engine) as connection:
        case, item = connection.execute(DISAGREEMENT.select()).first(), connection.execute(ITEM.select()).first()
        given = connection.execute(JUDGMENT.select()).first()
        assert case is not None
        assert item is not None
        assert given is not None
        for start in range(0, number, PART):
            names = [f"itm-{next(NUMBERS):09d}" for _ in range(min(PART, number - start))]
            journal.insert_many(connection, ITEM, [
                {**plain(item), "item": name, "external": name, "content": f"obj-{name}", "seq": 10**6 + n}
                for n, name in enumerate(names, start)
            ])  # fmt: skip
            journal.insert_many(connection, DISAGREEMENT, [
                {**plain(case), "item": name, "cause_rank": CAUSES[n % 6], "seq": 10**6 + n}
                for n, name in enumerate(names, start)
            ])  # fmt: skip
            journal.insert_many(connection, JUDGMENT, [
                {**plain(given), "judgment": f"{name}-{who}", "item": name, "expert": f"per-{who}", "seq": 10**6 + n}
                for n, name in enumerate(names, start)
                for who in ("x", "y")
            ])  # fmt: skip


def plain(row: Row) -> dict[str, object]:
    """A row as a dict, to make others of."""
    return dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping


def middle(work: Callable[[], object]) -> float:
    """The median of some runs, in milliseconds."""
    found = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        found.append((time.perf_counter() - started) * 1_000)
    return statistics.median(found)


def measure(number: int) -> None:
    """Times for one length of the queue."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with world_at(f"sqlite+pysqlite:///{place / 'cell.db'}", place / "cell") as world:
            world.work(1)
            first, second, third = world.expert(), world.expert(), world.expert("adjudicator")
            world.judge(first, "a_clearly")
            world.judge(second, "b_clearly")
            fill(world, number)

            def take() -> None:
                taken = adjudication.take_next(world.cell, third, PROGRAMME, key=new_key())
                assert isinstance(taken, adjudication.Taken), taken
                adjudication.give_back(world.cell, third, taken.item, key=new_key())

            figures = {
                "first page, adjudicator": middle(lambda: adjudication.queue(world.cell, third, PROGRAMME)),
                "whole page, lead": middle(lambda: adjudication.queue_page(world.cell, world.lead, PROGRAMME)),
                "take the next and give it back": middle(take),
            }
    told = "; ".join(f"{name} {value:.1f} ms" for name, value in figures.items())
    print(f"{number:,} open cases: {told}")


def main() -> None:
    """Measure every length that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    for number in parser.parse_args().cases:
        measure(number)


if __name__ == "__main__":
    main()

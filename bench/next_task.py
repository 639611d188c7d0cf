"""Whether the next task costs the same in a large programme as in a small one: real HTTP, two cells side by side.

Run: .venv/bin/python bench/next_task.py [--small N] [--large N] [--sentinels N] [--database sqlite|postgresql]
[--json]. One client asks both servers in turn, so that whatever else the machine does falls on both alike.
"""

import argparse
import json
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from stand import clients, databases, ground
from stand.served import Server, serving

RATIO_TARGET = 1.2
EXPERTS = 4
DOMAINS = ("general", "software")


@dataclass(slots=True)
class Side:
    """One cell of the comparison."""

    items: int
    ready: ground.Ground
    server: Server
    wire: clients.Wire
    next: list[float] = field(default_factory=list)  # seconds
    submit: list[float] = field(default_factory=list)

    def turn(self, number: int) -> None:
        """One expert takes an item and judges it."""
        token = self.ready.tokens[number % len(self.ready.tokens)]
        start = time.perf_counter()
        held = clients.take(self.wire, token, self.ready.programme)
        between = time.perf_counter()
        if held is None:
            raise clients.Unexpected("expected an open item, found none: ask for fewer turns")
        clients.give(self.wire, held)
        self.next.append(between - start)
        self.submit.append(time.perf_counter() - between)

    def told(self) -> dict[str, object]:
        """The figures of this cell."""
        return {
            "items": self.items,
            "next": clients.percentiles(self.next),
            "submit": clients.percentiles(self.submit),
        }


def measure(kind: str, sizes: tuple[int, int], *, turns: int, warm_up: int, sentinels: int = 0) -> dict[str, object]:
    """Both sizes on one database, and the ratio of their medians; with sentinels in the work when there are any."""
    with databases.stand(kind) as (folder, new_database), ExitStack() as open_until_the_end:
        sides = []
        for items in sizes:
            cell = folder / f"cell-{items}"
            ready = ground.prepare(
                cell, database=new_database(cell), number_of_items=items, experts=EXPERTS, domains=DOMAINS,
                sentinels=sentinels,
            )  # fmt: skip
            server = open_until_the_end.enter_context(serving(cell))
            sides.append(Side(items, ready, server, clients.Wire(server.port)))
        for number in range(warm_up + turns):
            if number == warm_up:
                for side in sides:
                    side.next, side.submit = [], []
            for side in sides:
                side.turn(number)
    small, large = sides
    ratio = round(median(large.next) / median(small.next), 2)
    return {"database": kind, "sides": [side.told() for side in sides], "ratio": ratio, "met": ratio <= RATIO_TARGET}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=databases.KINDS, default="sqlite")
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--large", type=int, default=200_000)
    parser.add_argument("--turns", type=int, default=600)
    parser.add_argument("--sentinels", type=int, default=0, help="mix sentinels in, from so many further gold items")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    machine = databases.machine()
    found = measure(
        chosen.database, (chosen.small, chosen.large), turns=chosen.turns, warm_up=chosen.turns // 10,
        sentinels=chosen.sentinels,
    )  # fmt: skip
    found = {"bench": "next_task", **machine, **found, "load_after": databases.machine()["load"]}
    if chosen.json:
        print(json.dumps(found))
        return
    print(machine)
    sides = found["sides"]
    assert isinstance(sides, list)
    for side in sides:
        print(f"{chosen.database:<11}{side['items']:>9,} items   next {side['next']}   submit {side['submit']}")
    verdict = "met" if found["met"] else "MISSED"
    print(f"large to small, medians of next: {found['ratio']}   target {RATIO_TARGET}: {verdict}")


if __name__ == "__main__":
    main()

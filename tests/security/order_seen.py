"""Which candidate stood first, for many experts and items, and whether what an expert holds tells whose it was.

Chance is the cell's own seed, so every statement is a bound that true chance breaks less than once in 1e9 runs.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from math import comb
from pathlib import Path

from living_cell import PROGRAMME, Clock, World, answer_of, filled, item_row, ready_world, shown_as, world_at
from served import Served

from tallystick.app import assignment, judgment
from tallystick.app.access import Actor
from tallystick.app.assignment import Task
from tallystick.app.cell import Cell
from tallystick.app.kernel import new_key
from tallystick.signals.preference import Verdict

V1 = "/api/v1"
EXPERTS, ITEMS = 12, 12
VALUES_MAX = 8
"""A feature with more values than that is an id or a place: of those each bit is a feature."""
FEATURES_MAX = 10_000
TEXTS = frozenset({"prompt", "first", "second", "text", "leaf", "proof", "salt"})
"""What is content, or random: it is not looked at bit by bit."""
ERROR = 1e-9
ID = re.compile(r"^[a-z]{3}-([0-9a-f]{26})$")


@dataclass(frozen=True, slots=True)
class Seen:
    """One item as one expert was given it.

    is_own_order  the first of the item's own candidates stands first: of two models always that of the same one
    is_favoured   the one that somebody before them preferred stands first
    features      all that the expert holds of it before they judge, but for the texts
    """

    expert: str
    item: str
    is_own_order: bool
    is_favoured: bool
    features: Mapping[str, str]


@contextmanager
def many_at(folder: Path) -> Iterator[World]:
    """A cell with pairs, each judged by one expert already, and as many experts who have not seen them."""
    url = f"sqlite+pysqlite:///{folder / 'cell.db'}"
    with ready_world(url, folder / "cell", key=("order seen", EXPERTS, ITEMS), make=_made) as world:
        yield world


@contextmanager
def few_at(folder: Path) -> Iterator[World]:
    """A cell without sentinels, with two items and two experts, in which nobody else does anything."""
    with world_at(f"sqlite+pysqlite:///{folder / 'cell.db'}", folder / "cell") as world:
        world.work(2)
        for _ in range(2):
            world.expert()
        yield world


def _made(cell: Cell, clock: Clock) -> World:
    world = filled(cell, clock, redundancy=EXPERTS + 1)
    world.bring([item_row(f"w-{number}") for number in range(ITEMS)])
    first = world.expert()
    while isinstance(task := assignment.next_task(cell, first, PROGRAMME), Task):
        verdict = preferred(task.shown.first)
        judgment.submit(cell, first, task.assignment, answer_of(shown_as(task, verdict)), key=new_key())
    for _ in range(EXPERTS):
        world.expert()
    return world


def preferred(text: str) -> Verdict:
    """What the one before them says of an item: half of the items are better in A."""
    return "a_clearly" if int(text.split(maxsplit=1)[0].rpartition("-")[2]) % 2 else "b_clearly"


def seen_by_all(served: Served) -> list[Seen]:
    """Every expert takes every item, notes all that they hold, and gives it back."""
    found = []
    for expert in served.world.experts[1:]:
        for _ in range(ITEMS):
            task = served.call(expert, "POST", f"{V1}/programmes/{PROGRAMME}/next")
            held = task.json()
            one = f"{V1}/assignments/{held['assignment']}"
            features = dict(_flat("task", held)) | {f"header {name}": value for name, value in task.headers.items()}
            features |= dict(_receipts(served, expert))
            is_own = held["shown"]["first"].endswith("one.")
            is_favoured = is_own == (preferred(held["shown"]["first"]) == "a_clearly")
            found.append(Seen(expert.person, held["item"], is_own, is_favoured, features))
            assert served.call(expert, "POST", f"{one}/return").status_code == 200
    return found


def _receipts(served: Served, expert: Actor) -> Iterator[tuple[str, str]]:
    """What the receipts of their latest events say: the lease, and the look at what was leased."""
    own = served.call(expert, "GET", f"{V1}/me/receipts").json()["receipts"]
    for place in (one["seq"] for one in own[:2]):
        told = served.call(expert, "GET", f"{V1}/receipts/{place}").json()
        entry = json.loads(told["entry"]) if told["entry"] else None
        yield from _flat(f"receipt of {told['kind']}", told | {"entry": entry})


def _flat(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, part in value.items():
            if key not in TEXTS:
                yield from _flat(f"{name}.{key}", part)
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _flat(f"{name}[{number}]", part)
    else:
        yield name, str(value)


def biases(found: Sequence[Seen]) -> list[str]:
    """What tells an expert which candidate stands first, or whose it is: nothing, where the order is blind."""
    number = len(found)
    wrong = []
    for name, hits in (
        ("the order follows the candidate", sum(one.is_own_order for one in found)),
        ("the order follows what others said", sum(one.is_favoured for one in found)),
    ):
        if max(hits, number - hits) >= bound(number, tries=2):
            wrong.append(f"{name}: {hits} of {number} in one order")
    for sides in ("expert", "item"):
        patterns: dict[str, list[bool]] = {}
        for one in sorted(found, key=lambda seen: (seen.expert, seen.item)):
            patterns.setdefault(getattr(one, sides), []).append(one.is_own_order)
        if len({tuple(pattern) for pattern in patterns.values()}) == 1:
            wrong.append(f"the order is the same for every {sides}")
    values = _features(found)
    assert len(values) < FEATURES_MAX
    for name, column in sorted(values.items()):
        told = Counter(zip(column, (one.is_own_order for one in found), strict=True))
        right = sum(max(told[value, True], told[value, False]) for value in set(column))
        if len(set(column)) > 1 and right >= bound(number, tries=FEATURES_MAX << VALUES_MAX):
            wrong.append(f"{name} tells the order: right {right} of {number} times")
    return wrong


def _features(found: Sequence[Seen]) -> dict[str, list[str]]:
    """Every feature with its value for each; of what has many values each bit."""
    columns: dict[str, list[str]] = {}
    for name in {name for one in found for name in one.features}:
        given = [one.features.get(name, "") for one in found]
        if len(set(given)) <= VALUES_MAX:
            columns[name] = given
            continue
        for bit in range(104):
            column = [str(_number(text) >> bit & 1) for text in given]
            if len(set(column)) > 1:
                columns[f"bit {bit} of {name}"] = column
    return columns


def _number(text: str) -> int:
    """A value with many others as a number: an id by its digits, a number as it is, all else by its bytes."""
    found = ID.match(text)
    if found:
        return int(found[1], 16)
    return int(text) if text.isdigit() else int.from_bytes(text.encode()[-13:], "big")


@cache
def bound(number: int, *, tries: int) -> int:
    """So many of a number of fair coins fall on one side, in any of so many tries, less than once in 1e9 runs."""
    ways, at = 0, number
    while at > number // 2:
        ways += comb(number, at)
        if 2 * tries * ways / 2**number > ERROR:
            break
        at -= 1
    return at + 1

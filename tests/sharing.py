"""Several processes share one run of all tests: each takes what no other has taken, and all end at the same time.

SHARED_RUN names an empty folder in which they say what they take, SHARED_END the end of the list at which one begins:
`first` or `last`. `make test` sets both. Without SHARED_RUN a process runs all tests that it was asked for.

Tests of one file stay together and in their order, so that what a file shares is made once, and so that a test may go
on where the one before it ended. A file's tests in a browser come last, together as well.
"""

import hashlib
import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest


def needs_browser(item: pytest.Item) -> bool:
    """While Playwright runs, its event loop owns the thread and asyncio.run refuses: such tests come last."""
    return "browser" in getattr(item, "fixturenames", ())


def pieces(items: list[pytest.Item]) -> dict[str, list[pytest.Item]]:
    """What one process takes at once, by name: the tests of a file, those in a browser apart."""
    found: dict[str, list[pytest.Item]] = {}
    for item in items:
        name = f"{item.nodeid.partition('::')[0]}{' in a browser' if needs_browser(item) else ''}"
        found.setdefault(name, []).append(item)
    return found


def taken(items: list[pytest.Item], folder: Path, *, is_from_end: bool) -> Iterator[pytest.Item]:
    """The tests of this process, one after the other, as long as there are some that nobody has taken."""
    named = list(pieces(items).items())
    sides = [piece for piece in named if not needs_browser(piece[1][0])], [p for p in named if needs_browser(p[1][0])]
    for name, piece in chain.from_iterable(side[::-1] if is_from_end else side for side in sides):
        try:
            (folder / hashlib.sha256(name.encode()).hexdigest()).touch(exist_ok=False)
        except FileExistsError:
            continue
        yield from piece


def run(session: pytest.Session) -> bool | None:
    """Run this process's share; None when nothing is shared, and pytest runs everything."""
    folder, end = os.environ.get("SHARED_RUN", ""), os.environ.get("SHARED_END", "")
    if not folder or session.config.option.collectonly:
        return None
    if end not in {"first", "last"}:
        raise pytest.UsageError(f"expected SHARED_END to be first or last, found {end!r}")
    if session.testsfailed:
        raise session.Interrupted(f"{session.testsfailed} errors during collection")
    mine = taken(session.items, Path(folder), is_from_end=end == "last")
    item = next(mine, None)
    while item is not None:
        following = next(mine, None)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
        item = following
    return True

"""The tamper table: what somebody does to a cell, who must notice it and name the place. Its page is made from it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Scene = TypeVar("Scene")


@dataclass(frozen=True, kw_only=True)
class Row(Generic[Scene]):
    """One manipulation.

    what    what is done, for the page
    do      does it
    found   finder: words that name the place, which its message must hold
    unseen  finders that cannot see it, and must stay silent: what they show is good
    given   what a checker has to bring along: "against", "policy"
    """

    what: str
    do: Callable[[Scene], object]
    found: dict[str, str]
    unseen: Sequence[str] = ()
    given: Sequence[str] = field(default=())


@dataclass(frozen=True)
class Part(Generic[Scene]):
    """A part of the table: rows over one kind of scene.

    title    for the page
    who      what whoever does this holds
    finders  the checks by name: each gives what it found, one sentence each; nothing means that it is content
    """

    title: str
    who: str
    rows: Sequence[Row[Scene]]
    finders: dict[str, Callable[[Scene, Row[Scene]], list[str]]]

    def names(self) -> list[str]:
        """What is done, row by row."""
        return [row.what for row in self.rows]

    def text(self) -> str:
        """Its section of the page."""
        lines = ["", f"## {self.title}", "", f"Done by: {self.who}", ""]
        lines += ["| what | found by | place that is named |", "| --- | --- | --- |"]
        return "\n".join([*lines, *(_line(row) for row in self.rows), ""])


def judge(part: Part[Scene], row: Row[Scene], scene: Scene) -> None:
    """Do it, then hold every finder of the row to what it must say."""
    row.do(scene)
    for finder, place in row.found.items():
        told = part.finders[finder](scene, row)
        assert any(place in line for line in told), f"{finder}: expected {place!r} in {told}"
    for finder in row.unseen:
        assert part.finders[finder](scene, row) == [], finder


def page(parts: Sequence[str], count: int) -> str:
    """The page of the table, from the text of each part."""
    lines = [
        "# What somebody does, who notices, and where",
        "<!-- Written from tests/tampering by tests/security/test_tamper.py. Change the tests, not this page. -->",
        "",
        f"{count} ways to alter a cell or its log. Each is a test: it does what the row says, runs the checks, and",
        "asks that the message of each holds words of the last column, which name the place. Our verifier and the",
        "stranger's (`tools/verify_log.mjs`) must besides come to one verdict on each log. That a good cell is good to",
        "every check is tested first.",
        "",
        "| check | what it is |",
        "| --- | --- |",
        "| sealer | it looks at the start and before each seal, and signs nothing over what it finds |",
        "| cell check | `tallystick cell check`, by the operator |",
        "| vault | opening content; `cell check` opens all of it |",
        "| log verify | `tallystick log verify` by anybody, offline, with the public key |",
        "| stranger | `node tools/verify_log.mjs`, the same without our code |",
        "| log compare | `tallystick log compare` of two copies: that of a witness and that which is shown |",
        "| receipt | `tallystick log receipt` by an expert |",
        "| witness | a witness with a mirror, when it is asked to cosign |",
        "",
        "*Silent* are checks that cannot see it, which the test shows, so that nobody relies on them.",
        "",
    ]
    return "\n".join(lines) + "\n".join(parts)


def _line(row: Row[Scene]) -> str:
    option = "".join(f" --{word}" for word in row.given)
    finders = [f"{name}{option}" for name in row.found]
    silent = f"; *silent*: {', '.join(row.unseen)}" if row.unseen else ""
    places = list(dict.fromkeys(f"`{place.strip(' :')}`" for place in row.found.values()))
    return f"| {row.what} | {', '.join(finders)}{silent} | {', '.join(places)} |"

"""What the check of a release found: a status, each step with its outcome, the places that are wrong. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from tallystick.audit.log.report import Status

PROBLEMS_SHOWN = 100
T = TypeVar("T")
OK, BAD, SKIPPED = "ok", "bad", "skipped"


@dataclass(frozen=True, slots=True)
class ReleaseProblem:
    """One place that is wrong.

    step  number of the step that found it
    file  path below the release folder
    row   the row, entry or place inside it, where one can be named
    what  what was expected, what was found
    """

    step: int
    file: str
    row: str | None
    what: str

    def __str__(self) -> str:
        place = self.file if self.row is None else f"{self.file}, {self.row}"
        return f"step {self.step}, {place}: {self.what}"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the check. `told` says what was looked at, or why it could not be."""

    number: int
    title: str
    outcome: str  # ok | bad | skipped
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseReport:
    """The result of a check.

    problems        at most 100, in the order in which they were found
    problems_count  how many there are in all
    not_checked     what this check says nothing about, one sentence each
    """

    status: Status
    name: str | None = None
    version: str | None = None
    origin: str | None = None
    custody: str | None = None
    simulated: bool | None = None
    records: int | None = None
    judgments: int | None = None
    manifest_digest: str | None = None
    log_size: int | None = None
    steps: tuple[Step, ...] = ()
    problems: tuple[ReleaseProblem, ...] = ()
    problems_count: int = 0
    not_checked: tuple[str, ...] = ()


class CannotGoOn(Exception):
    """A step found nothing that it could look at: later steps may still."""


@dataclass(slots=True)
class Findings:
    """Collects steps and problems while a check runs."""

    steps: list[Step] = field(default_factory=list)
    problems: list[ReleaseProblem] = field(default_factory=list)
    count: int = 0
    number: int = 0

    def add(self, file: str, row: str | None, what: str) -> None:
        """Record that a place is wrong, in the step that runs."""
        self.count += 1
        if len(self.problems) < PROBLEMS_SHOWN:
            self.problems.append(ReleaseProblem(self.number, file, row, what))

    def run(self, number: int, title: str, act: Callable[[], T], told: Callable[[T], str]) -> T | None:
        """Run one step; what it gave, or None when it found nothing to look at (CannotGoOn).

        told  what was looked at, given what the step gave
        """
        self.number, before = number, self.count
        try:
            given = act()
        except CannotGoOn as reason:
            self.steps.append(Step(number, title, BAD if self.count > before else SKIPPED, str(reason)))
            return None
        self.steps.append(Step(number, title, BAD if self.count > before else OK, told(given)))
        return given

"""What the check of a log found: a status, the places that are wrong, and what was looked at. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum

PROBLEMS_SHOWN = 100


class Status(StrEnum):
    """The outcome. `could-not-check` is no verdict: something needed for the check was not there."""

    OK = "ok"
    BAD = "bad"
    COULD_NOT_CHECK = "could-not-check"


@dataclass(frozen=True, slots=True)
class Problem:
    """One place that is wrong.

    file   path below the log directory, or the path of a kept checkpoint
    index  of the log entry, where one can be named
    what   what was expected, what was found
    """

    file: str
    index: int | None
    what: str

    def __str__(self) -> str:
        place = self.file if self.index is None else f"{self.file}, entry {self.index}"
        return f"{place}: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReport:
    """The result of a check.

    origin          name of the log, as its key says; None when the key could not be read
    size, root      what the newest good checkpoint states, root in hexadecimal; None without one
    keys            verifier key lines of the log: those given, and those that they prove
    witnessed       how many entries a quorum of witnesses vouches for; None without a policy, or when none is reached
    problems        at most 100, in the order of their places
    problems_count  how many there are in all
    checked         what was looked at, one sentence each
    notes           what is worth knowing, one sentence each
    not_checked     what was not looked at, one sentence each
    """

    status: Status
    origin: str | None = None
    size: int | None = None
    root: str | None = None
    keys: tuple[str, ...] = ()
    witnessed: int | None = None
    problems: tuple[Problem, ...] = ()
    problems_count: int = 0
    checked: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()


@dataclass(slots=True)
class Findings:
    """Collects problems while a check runs; keeps the first hundred and counts the rest."""

    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, file: str, index: int | None, what: str) -> None:
        """Record that a place is wrong."""
        self.count += 1
        if len(self.problems) < PROBLEMS_SHOWN:
            self.problems.append(Problem(file, index, what))

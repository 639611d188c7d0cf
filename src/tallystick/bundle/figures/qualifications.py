"""What qualifications of the people of a release came to, by role, rubric version and signal, and naming nobody. Pure.

A release none of whose attempts names its signal has no such file: until then the journal did not say it.
"""

from dataclasses import dataclass

from tallystick.bundle.credentials import roles_of
from tallystick.bundle.derive import Tables
from tallystick.bundle.figures.figure import Figure
from tallystick.bundle.state import Decided, State
from tallystick.events.roster import PersonQualified, QualificationStartedV2

SCHEMA = "tallystick/qualifications/1"
PLAIN = "expert"
"""The role of an expert who has none of the expert roles."""


class Criterion(Figure, frozen=True, kw_only=True):
    """One criterion in the attempts that were decided: the mean share of gold scores within one point, rounded down."""

    criterion: str
    attempts: int
    share_ppm: int


class Result(Figure, frozen=True, kw_only=True):
    """The attempts under one rubric version by people of one role.

    signal  whose gold items they had; null of attempts from before the journal said so
    people  how many made them; somebody with two expert roles is counted under both
    right   verdicts that point as the gold verdict does, of `items`, in the attempts that were decided
    """

    role: str
    rubric: str
    version: str
    signal: str | None
    people: int
    attempts: int
    passed: int
    failed: int
    undecided: int
    right: int
    items: int
    by_criterion: list[Criterion]


class Qualifications(Figure, frozen=True, kw_only=True):
    """quality/qualifications.json. Roles are those at the cut, as people/experts.jsonl has them."""

    schema: str
    people: int
    results: list[Result]


@dataclass(frozen=True, slots=True)
class _Attempt:
    person: str
    decided: Decided | None


def qualifications(tables: Tables) -> Qualifications | None:
    """Every attempt that `people/experts.jsonl` has, counted together; None while no attempt names its signal."""
    state = tables.state
    if not any(isinstance(one.fact, QualificationStartedV2) for one in state.started):
        return None
    parts = _parts(state)
    return Qualifications(
        schema=SCHEMA, people=len({one.fact.person for one in state.started}),
        results=[
            _result(place, parts[place]) for place in sorted(parts, key=lambda place: (*place[:3], place[3] or ""))
        ],
    )  # fmt: skip


def _parts(state: State) -> dict[tuple[str, str, str, str | None], list[_Attempt]]:
    ends = {one.fact.qualification: one.fact for one in state.decided}
    found: dict[tuple[str, str, str, str | None], list[_Attempt]] = {}
    for one in state.started:
        fact = one.fact
        signal = fact.signal if isinstance(fact, QualificationStartedV2) else None
        for role in roles_of(state, fact.person)[1] or [PLAIN]:
            place = (role, fact.rubric, fact.version, signal)
            found.setdefault(place, []).append(_Attempt(fact.person, ends.get(fact.qualification)))
    return found


def _result(place: tuple[str, str, str, str | None], attempts: list[_Attempt]) -> Result:
    role, rubric, version, signal = place
    ends = [one.decided for one in attempts if one.decided is not None]
    passed = sum(isinstance(end, PersonQualified) for end in ends)
    shares: dict[str, list[int]] = {}
    for end in ends:
        for criterion, share in end.by_criterion.items():
            shares.setdefault(criterion, []).append(share)
    return Result(
        role=role, rubric=rubric, version=version, signal=signal, people=len({one.person for one in attempts}),
        attempts=len(attempts), passed=passed, failed=len(ends) - passed, undecided=len(attempts) - len(ends),
        right=sum(end.correct for end in ends), items=sum(end.items for end in ends),
        by_criterion=[
            Criterion(criterion=name, attempts=len(given), share_ppm=sum(given) // len(given))
            for name, given in sorted(shares.items())
        ],
    )  # fmt: skip

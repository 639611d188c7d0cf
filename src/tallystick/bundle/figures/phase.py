"""In which phase of its programme a release was made, and whether what is told of its records is true of them. Pure.

A release of a programme that never moved has no such fact, and no such file.
"""

from collections.abc import Iterator

from tallystick.bundle.derive import Tables
from tallystick.bundle.figures.figure import Figure
from tallystick.bundle.state import Entered, State
from tallystick.events.checklist import ReleasePhased
from tallystick.flow.checklist import PILOT, PRODUCTION, phased
from tallystick.flow.monitoring.sections import TITLES

SCHEMA = "tallystick/phase/1"


class Phase(Figure, frozen=True, kw_only=True):
    """quality/phase.json. `since`: the entry of the log by which the programme moved to the phase.

    unanswered  questions of the report on quality that had no answer when the release was made
    """

    schema: str
    seq: int  # where it stands in the log
    phase: str
    since: int
    records: int
    hard: int
    places: dict[str, dict[str, int]]
    unanswered: list[str]


def stated(state: State) -> Entered[ReleasePhased] | None:
    """The fact that says in which phase the release was made, or None."""
    return next(iter(state.told(ReleasePhased)), None)


def phase(tables: Tables) -> Phase | None:
    """The phase of a release; None for a programme that never moved."""
    found = stated(tables.state)
    if found is None:
        return None
    fact = found.fact
    return Phase(
        schema=SCHEMA, seq=found.seq, phase=fact.phase, since=fact.since, records=fact.records, hard=fact.hard,
        places=fact.places, unanswered=[str(TITLES.get(one, one)) for one in fact.unanswered],
    )  # fmt: skip


def unfounded_phase(tables: Tables) -> Iterator[tuple[int, str]]:
    """(entry, sentence) of what is told of the phase and is not so."""
    found = stated(tables.state)
    if found is None:
        return
    fact = found.fact
    if fact.phase not in (PILOT, PRODUCTION):
        yield found.seq, f"phase: expected {PILOT} or {PRODUCTION}, found {fact.phase!r}"
    if fact.since >= found.seq:
        yield found.seq, f"phase: expected an earlier entry that moved the programme, found {fact.since}"
    own = phased(
        ((one.domain, {axis.name: axis.value for axis in one.taxonomy}, 1) for one in tables.records),
        release=fact.release, programme=fact.programme, phase=fact.phase, since=fact.since, unanswered=fact.unanswered,
    )  # fmt: skip
    if (fact.records, fact.hard, fact.places) != (own.records, own.hard, own.places):
        yield found.seq, f"phase: expected the counts of {own.records} records of this release, found others"

"""The phases of a programme: which moves there are, and what a pilot must have shown before production. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tallystick.canon import PPM
from tallystick.events.checklist import ReleasePhased
from tallystick.flow.contract import AXES, DataContract, is_hard
from tallystick.flow.document import share_ppm
from tallystick.flow.monitoring.sections import TITLES
from tallystick.flow.monitoring.told import counted, percent
from tallystick.flow.refusal import Refused

DRAFT, PILOT, PRODUCTION, CLOSED = PHASES = ("draft", "pilot", "production", "closed")
MOVES: Final[Mapping[str, tuple[str, ...]]] = {
    DRAFT: (PILOT, CLOSED), PILOT: (PRODUCTION, CLOSED), PRODUCTION: (PILOT, CLOSED), CLOSED: (PILOT,),
}  # fmt: skip
"""Phase: where a programme can go from it. Nothing leads back to draft, so a release of a draft is as it ever was."""
MEANING: Final[Mapping[str, str]] = {
    DRAFT: "The programme is being set up. Everything can be tried; what is released says nothing of a phase.",
    PILOT: "The programme is tried on real work. Each release says that it was made in the pilot.",
    PRODUCTION: "A pilot has shown that the programme works. Each release says that it was made in production.",
    CLOSED: "Nothing new begins: no item, case or second look is given out, nothing comes in, nothing is released. "
    "What somebody holds can be finished. Releases stay readable, and can be checked as ever.",
}
RATIONALE_CHARACTERS_MIN: Final = 20
SLICES_MIN: Final = 2
"""Values of one axis that a pilot must hold records of, so that it has several slices."""
PROGRAMME_CLOSED: Final = Refused(
    "programme-closed",
    "This programme is closed: nothing new begins in it. If work is to go on, ask a lead to reopen it as a pilot.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pilot:
    """A release that was built in the pilot phase in force or last, and what it held.

    places      axis and value: records
    unanswered  questions of the report on quality that had no answer then
    """

    release: str
    name: str
    version: str
    records: int
    hard: int
    places: Mapping[str, Mapping[str, int]]
    unanswered: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that is missing before production, and what to do about it."""

    code: str
    found: str
    todo: str


def missing(contract: DataContract, phase: str, pilots: Sequence[Pilot]) -> list[Missing]:
    """What keeps a programme from production; empty when it may move there.

    pilots  newest first; of several, one that lacks nothing is enough
    """
    if phase not in (PILOT, PRODUCTION):
        return [
            Missing(
                "not-in-pilot", f"The programme is in the phase {phase}, and production follows on a pilot.",
                "Move it to pilot.",
            )
        ]  # fmt: skip
    if not pilots:
        return [
            Missing(
                "no-pilot-release", "No release was made in this pilot.",
                "Have work done, looked at and measured, then cut a release.",
            )
        ]  # fmt: skip
    return [] if rests_on(contract, pilots) else _lacks(contract, pilots[0])


def rests_on(contract: DataContract, pilots: Sequence[Pilot]) -> Pilot | None:
    """The newest pilot release that lacks nothing, or None."""
    return next((one for one in pilots if not _lacks(contract, one)), None)


def _lacks(contract: DataContract, pilot: Pilot) -> list[Missing]:
    name, planned, found = f"{pilot.name} {pilot.version}", share_ppm(contract.sampling.hard_share_min), list[Missing]()
    if not pilot.hard or pilot.hard * PPM < planned * pilot.records:
        words = (
            f"{name} has {pilot.hard:,} hard cases in {counted(pilot.records, 'record', 'records')}, where the "
            "contract "
            f"asks for a share of {contract.sampling.hard_share_min}, and for one at least."
        )
        todo = "Bring in hard, boundary or failure-cluster items, have them judged, and cut another release."
        found.append(Missing("hard-cases-missing", words, todo))
    widest = max((len(values) for axis, values in pilot.places.items() if axis in AXES), default=0)
    if widest < SLICES_MIN:
        words = f"{name} has no axis with {SLICES_MIN} values: all its records lie in one slice."
        todo = "Bring in items of another domain, language, severity or difficulty, and cut another release."
        found.append(Missing("slices-missing", words, todo))
    if pilot.unanswered:
        titles = " ".join(TITLES.get(one, one) for one in pilot.unanswered)
        words = f"The report on quality was not complete when {name} was made. Without an answer: {titles}"
        todo = "The report says how to get each answer: do so, and cut another release."
        found.append(Missing("report-incomplete", words, todo))
    return found


def in_words(pilot: Pilot) -> str:
    """What a pilot release held, in a sentence."""
    axes = [f"{axis.replace('_', ' ')} {len(values):,}" for axis, values in sorted(pilot.places.items()) if values]
    share = percent(pilot.hard / pilot.records) if pilot.records else "none"
    report_what = (
        "complete" if not pilot.unanswered else f"{counted(len(pilot.unanswered), 'question', 'questions')} open"
    )
    kinds = ", ".join(axes) or "none"
    return (
        f"{pilot.name} {pilot.version}: {counted(pilot.records, 'record', 'records')}, {pilot.hard:,} hard ({share}); "
        f"values by axis: {kinds}; report on quality: {report_what}."
    )


def refuse_move(
    contract: DataContract, phase: str, wanted: str, *, rationale: str, pilots: Sequence[Pilot]
) -> Refused | None:
    """Why a programme cannot move to a phase, or None."""
    if wanted not in PHASES:
        return Refused("bad-phase", f"Expected one of {', '.join(PHASES)}, found {wanted[:40]!r}.", "phase")
    if wanted not in MOVES[phase]:
        ways = " or ".join(MOVES[phase])
        sentence = f"From {phase} a programme moves to {ways}, not to {wanted}: choose again."
        return Refused("phase-order", sentence, "phase")
    if len(rationale.strip()) < RATIONALE_CHARACTERS_MIN:
        least = RATIONALE_CHARACTERS_MIN
        sentence = f"Expected a rationale of at least {least} characters that a later reader can follow."
        return Refused("rationale-too-short", sentence, "rationale")
    lacking = missing(contract, phase, pilots) if wanted == PRODUCTION else []
    if not lacking:
        return None
    sentence = "Production waits for a pilot. " + " ".join(f"{one.found} {one.todo}" for one in lacking)
    return Refused("pilot-incomplete", sentence, "phase", tuple(one.code for one in lacking))


def refuse_closed(phase: str) -> Refused | None:
    """Why nothing new begins in a programme, or None."""
    return PROGRAMME_CLOSED if phase == CLOSED else None


Stratum = tuple[str, Mapping[str, str], int]
"""A domain, a taxonomy, and how many records have both."""


def phased(
    strata: Iterable[Stratum], *, release: str, programme: str, phase: str, since: int, unanswered: Sequence[str]
) -> ReleasePhased:
    """The fact that a release was made in a phase, with what a pilot is asked for."""
    records = hard = 0
    places: dict[str, dict[str, int]] = {}
    for domain, taxonomy, number in strata:
        records += number
        hard += number if is_hard(taxonomy) else 0
        for axis, value in {**taxonomy, "domain": domain}.items():
            if axis in AXES and value:
                values = places.setdefault(axis, {})
                values[value] = values.get(value, 0) + number
    return ReleasePhased(
        release=release, programme=programme, phase=phase, since=since, records=records, hard=hard,
        places={axis: dict(sorted(places[axis].items())) for axis in sorted(places)}, unanswered=list(unanswered),
    )  # fmt: skip

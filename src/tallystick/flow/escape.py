"""The second look at finished items: who is drawn, what an answer must hold, what the answers say. Pure.

The order of a programme's items is that of their digests under a secret key, made once and bound by the first draw. A
draw takes what comes next in that order, so nobody chooses what is drawn, and drawing again only adds to the sample.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tallystick import canon
from tallystick.events.escape import StratumDrawn
from tallystick.flow.refusal import Refused
from tallystick.stats import escape
from tallystick.stats.escape import Escape, Escapes, Stratum

RISKS: Final = ("restricted", "high", "medium", "low")
"""Risk tiers, the most careful first."""
POOLS: Final = ("restricted_severe", "high_severe", *RISKS)
"""What is drawn from: tiers, and before them the severe items of those whose contract has seniors look at all of them.
"""
SEVERITIES: Final = ("critical", "high", "medium", "low")
CAUSES: Final = ("rater_error", "expertise_gap", "rubric_ambiguity", "missing_context", "item_fault")
OTHER: Final = "other"
"""A defect that belongs to none of the contract's classes of failures."""
DRAW_MAX: Final = 1_000
"""So many items are drawn at once at most: the event lists them."""
NOTES_CHARACTERS_MIN: Final = 20
ASK_NEXT: Final = "Give it back, or ask for the next one: somebody else looks at it."
NO_REVIEW: Final = Refused(
    "no-work", "No drawn item waits for you now. You never get one that you judged, or that another reviewer has."
)


def ordered(secret: bytes, items: Iterable[str]) -> list[str]:
    """Items in the order in which they are drawn: of their digests under a key that nobody chose."""
    return sorted(
        items, key=lambda item: hmac.digest(secret, f"tallystick/rereview/v1|{item}".encode(), hashlib.sha256)
    )


def is_due(secret: bytes, item: str, rate_ppm: int) -> bool:
    """Whether an item is among those that a rate of second looks takes: the first ones in the order of the draws.

    Each item by itself, so that it does not matter when it is finished, nor with which others it is drawn.
    """
    digest = hmac.digest(secret, f"tallystick/rereview/v1|{item}".encode(), hashlib.sha256)
    return int.from_bytes(digest[:8], "big") * canon.PPM < rate_ppm << 64


def due(
    secret: bytes, pools: Mapping[str, Sequence[str]], drawn: frozenset[str], rates: Mapping[str, int]
) -> dict[str, int]:
    """Pool: how many more items of it the rates of its contract take, at most as many as one draw may.

    rates  tier: parts per million; the severe items of a tier are all taken
    """
    left, wanted = DRAW_MAX, dict[str, int]()
    for name in POOLS:
        rate = rates.get(name, 0) if name in RISKS else canon.PPM
        more = sum(item not in drawn and is_due(secret, item, rate) for item in pools.get(name, ()))
        wanted[name] = min(more, left)
        left -= wanted[name]
    return {name: number for name, number in wanted.items() if number}


def pool_digest(items: Iterable[str]) -> str:
    """What binds a pool without listing it."""
    return canon.digest(canon.encode(sorted(items)))


def draw(
    secret: bytes, pools: Mapping[str, Sequence[str]], drawn: frozenset[str], wanted: Mapping[str, int], *,
    is_none_enough: bool = False,
) -> list[StratumDrawn] | Refused:  # fmt: skip
    """The next items of every pool.

    pools   tier: every item of the round, drawn or not
    drawn   what earlier draws of the round took
    wanted  tier: how many more; a tier that is not named gets none
    is_none_enough  a draw may take none: it fixes the order, and what belongs to the round
    """
    strange = tuple(name for name in wanted if name not in POOLS)
    number = sum(wanted.values())
    if strange or any(n < 0 for n in wanted.values()):
        sentence = f"Expected numbers from 0 for the risk tiers {', '.join(RISKS)}; found something else."
        return Refused("bad-draw", sentence, "wanted", strange)
    if not (0 if is_none_enough else 1) <= number <= DRAW_MAX:
        sentence = f"Expected 1 to {DRAW_MAX:,} items in one draw, found {number:,}: draw the rest afterwards."
        return Refused("bad-draw", sentence, "wanted")
    strata = []
    for risk in POOLS:
        pool, want = pools.get(risk, ()), wanted.get(risk, 0)
        left = [item for item in ordered(secret, pool) if item not in drawn] if want else []
        if want > len(left):
            sentence = (
                f"Expected at most {len(left):,} items of {risk} risk, found {want:,}: so many are finished, without a "
                "disagreement and not drawn yet. Draw fewer."
            )
            return Refused("draw-too-large", sentence, "wanted", (risk,))
        if pool:
            taken = left[:want]
            strata.append(StratumDrawn(risk=risk, pool=len(pool), pool_digest=pool_digest(pool), sample=taken))
    return strata


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a reviewer says of one item: sound, or what is wrong with it."""

    is_defect: bool
    severity: str | None = None
    cause: str | None = None
    failure: str | None = None
    notes: str = ""


def check(answer: Answer, failures: Sequence[str]) -> Refused | None:
    """Why an answer cannot be taken, or None.

    failures  the ids of the contract's classes of failures
    """
    if not answer.is_defect:
        if answer.severity or answer.cause or answer.failure:
            sentence = "A sound item has no severity, cause or failure class: leave them out, or call it a defect."
            return Refused("sound-with-defect", sentence, "is_defect")
        return None
    for name, value, known in (
        ("severity", answer.severity, SEVERITIES),
        ("cause", answer.cause, CAUSES),
        ("failure", answer.failure, (*failures, OTHER)),
    ):
        if value not in known:
            return Refused("defect-unexplained", f"A defect needs a {name}: one of {', '.join(known)}.", name)
    if len(answer.notes.strip()) < NOTES_CHARACTERS_MIN:
        sentence = f"Expected notes of at least {NOTES_CHARACTERS_MIN} characters that say what is wrong."
        return Refused("notes-too-short", sentence, "notes")
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round: how many items each tier had, and how many of them were drawn."""

    number: int
    pools: Mapping[str, int]
    drawn: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """One answered item of a sample.

    places  the item's place on every axis of its taxonomy, its domain among them
    """

    round: int
    risk: str
    answer: Answer
    places: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """One risk tier over all rounds.

    found    with the exact interval of each round, weighted by their pools when there are several
    waiting  items that were drawn and are not answered
    worst    upper bound if every one of those were a defect: what holds whoever leaves which out
    """

    risk: str
    found: Escape
    rounds: tuple[Escape, ...]
    waiting: int
    worst: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What the second look says: in all, by tier, and by what was wrong.

    by_kind  axis (severity, cause, failure) and value: the rate over all strata, in order of frequency
    by_place axis of the items and value: defects among those that were answered. Counts, not rates of the whole
    """

    overall: Escape | None
    worst: float | None
    tiers: tuple[Tier, ...]
    by_kind: tuple[tuple[str, str, Escape], ...]
    by_place: tuple[tuple[str, str, int, int], ...]
    confidence: float


def estimate(rounds: Sequence[Round], answers: Sequence[Reviewed], *, confidence: float = 0.95) -> Estimate:
    """The share of defects that got through. Every round and every draw is in it; none can be left out.

    A stratum is one tier of one round: its items are a simple random sample of its pool. What was drawn and not
    answered is not known; `worst` counts it as defective.
    """
    strata = {(one.number, risk): n for one in rounds for risk, n in one.pools.items() if n}
    drawn = {(one.number, risk): n for one in rounds for risk, n in one.drawn.items()}
    kinds: list[tuple[str, str]] = sorted({kind for one in answers for kind in _kinds(one.answer)})

    def counted(wanted: tuple[str, str] | None, key: tuple[int, str]) -> int:
        return sum(
            (one.round, one.risk) == key and one.answer.is_defect and (wanted is None or wanted in _kinds(one.answer))
            for one in answers
        )

    reviewed = {key: sum((one.round, one.risk) == key for one in answers) for key in strata}
    found = {key: counted(None, key) for key in strata}
    waiting = {key: drawn.get(key, 0) - reviewed[key] for key in strata}

    def stratum(key: tuple[int, str], *, defective: int, is_worst: bool = False) -> Stratum:
        more = waiting[key] if is_worst else 0
        return Stratum(
            name=f"{key[1]} risk (round {key[0]})", population=strata[key], reviewed=reviewed[key] + more,
            defective=defective + more,
        )  # fmt: skip

    def rate(keys: Iterable[tuple[int, str]], *, is_worst: bool = False) -> Escapes:
        parts = [stratum(key, defective=found[key], is_worst=is_worst) for key in keys]
        return escape.escapes(parts, confidence=confidence)

    tiers = []
    for risk in POOLS:
        keys = [key for key in strata if key[1] == risk]
        if keys:
            own = rate(keys)
            tiers.append(
                Tier(
                    risk=risk, found=own.strata[0] if len(keys) == 1 else own.overall, rounds=own.strata,
                    waiting=sum(waiting[key] for key in keys), worst=rate(keys, is_worst=True).overall.at_most,
                )
            )  # fmt: skip
    by_kind = [
        (*kind, escape.escapes([stratum(key, defective=counted(kind, key)) for key in strata]).overall)
        for kind in kinds
    ]
    return Estimate(
        overall=rate(strata).overall if strata else None,
        worst=rate(strata, is_worst=True).overall.at_most if strata else None,
        tiers=tuple(tiers),
        by_kind=tuple(sorted(by_kind, key=lambda one: (one[0], -one[2].defective, one[1]))),
        by_place=_by_place(answers),
        confidence=confidence,
    )


def _kinds(answer: Answer) -> tuple[tuple[str, str], ...]:
    named = (("severity", answer.severity), ("cause", answer.cause), ("failure", answer.failure))
    return tuple((axis, value) for axis, value in named if value is not None)


def _by_place(answers: Sequence[Reviewed]) -> tuple[tuple[str, str, int, int], ...]:
    counts: dict[tuple[str, str], list[int]] = {}
    for one in answers:
        for place in one.places.items():
            both = counts.setdefault(place, [0, 0])
            both[0] += one.answer.is_defect
            both[1] += 1
    return tuple((axis, value, found, n) for (axis, value), (found, n) in sorted(counts.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """How many more items of one tier to look at, so that its upper bound is what was asked for.

    if_sound  when all of them are sound; None: not even all of them would do
    if_alike  when as many are defective as so far; None when that share is not below the bound
    left      items of the tier that were not drawn
    """

    risk: str
    if_sound: int | None
    if_alike: int | None
    left: int


def needed(tier: Tier, at_most: float, *, confidence: float = 0.95) -> Needed:
    """How many more reviews one tier needs. All rounds of a tier are taken as one pool for this.

    raises  ValueError unless 0 < at_most < 1
    """
    if not 0 < at_most < 1:
        message = f"Expected a bound between 0 and 1, found {at_most}."
        raise ValueError(message)
    one = tier.found
    left = one.population - one.reviewed - tier.waiting
    rate = one.defective / one.reviewed if one.reviewed else 0.0
    alike: int | None = None
    if rate < at_most:
        total = escape.reviews_for_bound(at_most, expected=rate, population=one.population, confidence=confidence)
        alike = max(0, total - one.reviewed)
    return Needed(risk=tier.risk, if_sound=_sound_needed(one, at_most, confidence), if_alike=alike, left=max(0, left))


def _sound_needed(one: Escape, at_most: float, confidence: float) -> int | None:
    def bound(more: int) -> float:
        part = Stratum(name=one.name, population=one.population, reviewed=one.reviewed + more, defective=one.defective)
        found = escape.escapes([part], confidence=confidence).strata[0].at_most
        return 1.0 if found is None else found

    most = one.population - one.reviewed
    if bound(most) > at_most:
        return None
    low, high = -1, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if bound(middle) <= at_most else (middle, high)
    return high

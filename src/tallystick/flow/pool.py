"""A pool of experts in aggregate, from which no small count can be worked out. Pure.

A partition hides cells in a way that depends on their sizes alone, never on their names, and goes on until those hidden
differ in size and are together no small count. So two hidden cells of different size could change places, and the table
told would be the same: no hidden cell follows from the others, the total and these rules. tests/flow/test_pool.py
tries it against every table of a size.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from tallystick import canon
from tallystick.events.pool import PoolAxis, PoolCell, PoolComposed, PoolPart
from tallystick.flow.contract.credentials import CELL_MIN, UNDECLARED
from tallystick.flow.refusal import Refused

REGION, ROLE, CREDENTIAL, OWN = "region", "role", "credential", "own:"
NO_PLAN = Refused(
    "no-pool-plan", "The contract in force has no section `pool`: what is told of the experts together is not agreed."
)
TOO_LIKE = Refused(
    "pool-too-alike",
    "Too few people have joined, left or answered since the last composition: the difference would tell of them. "
    "Compose again when there are more.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One person of the pool.

    credentials  types that are verified and hold
    own          axis: group, as they declared it
    """

    person: str
    region: str | None
    roles: frozenset[str]
    credentials: frozenset[str]
    own: Mapping[str, str]


def hidden(counts: Mapping[str, int], cell_min: int) -> frozenset[str]:
    """The cells of a partition that are not told: those below the minimum, and as many beside them as it takes.

    raises  ValueError for a minimum that could tell of a person
    """
    if cell_min < CELL_MIN:
        raise ValueError(f"expected a minimum of at least {CELL_MIN}, found {cell_min}")
    small = {name for name, number in counts.items() if number < cell_min}
    rest = sorted({number for number in counts.values() if number >= cell_min})
    # Cells of one size go together, so that no name decides which is hidden.
    while small and rest and _tells({counts[name] for name in small}, sum(counts[name] for name in small), cell_min):
        size = rest.pop(0)
        small |= {name for name, number in counts.items() if number == size}
    return frozenset(small)


def _tells(sizes: Collection[int], together: int, cell_min: int) -> bool:
    """Whether hidden cells could be worked out: all alike, or together a small count themselves."""
    return len(sizes) == 1 or together < cell_min


def partition(axis: str, counts: Mapping[str, int], *, cell_min: int, is_closed: bool) -> PoolPart:
    """Groups of which everybody is in exactly one.

    is_closed  the groups are known to all, so that hidden ones are named; else even their names are left out
    """
    kept_back = hidden(counts, cell_min)
    cells = [
        PoolCell(group=name, people=None if name in kept_back else number)
        for name, number in counts.items()
        if is_closed or name not in kept_back
    ]
    together = sum(counts[name] for name in kept_back)
    return PoolPart(axis=axis, is_partition=True, is_withheld=False, cells=cells, hidden_people=together)


def each(axis: str, having: Mapping[str, int], *, people: int, cell_min: int) -> PoolPart:
    """Things of which a person may have several: each count stands alone, and none follows from another."""
    cells = [
        PoolCell(group=name, people=None if 0 < number < cell_min or 0 < people - number < cell_min else number)
        for name, number in having.items()
    ]
    return PoolPart(axis=axis, is_partition=False, is_withheld=False, cells=cells, hidden_people=None)


def withheld(part: PoolPart) -> PoolPart:
    """The same axis with nothing told of it."""
    return msgspec.structs.replace(part, is_withheld=True, cells=[], hidden_people=None)


def region_part(regions: Iterable[str | None], *, cell_min: int) -> PoolPart:
    """Where people are, as it is declared; countries only, so that the cells are not needlessly small."""
    counts = Counter(UNDECLARED if region is None else region.partition("-")[0] for region in regions)
    return partition(REGION, dict(sorted(counts.items())), cell_min=cell_min, is_closed=False)


def having_part(axis: str, held: Iterable[Iterable[str]], *, people: int, cell_min: int) -> PoolPart:
    """Roles, or types of credential: how many have each."""
    counts = Counter(name for one in held for name in set(one))
    return each(axis, dict(sorted(counts.items())), people=people, cell_min=cell_min)


def own_part(axis: PoolAxis, answers: Iterable[str | None], *, cell_min: int) -> PoolPart:
    """What people declared on an axis of the contract."""
    given = Counter(one if one in axis.groups else UNDECLARED for one in answers)
    counts = {name: given[name] for name in (*axis.groups, UNDECLARED)}
    return partition(f"{OWN}{axis.axis}", counts, cell_min=cell_min, is_closed=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a contract version wants told of its pool."""

    programme: str
    contract_version: str
    cell_min: int
    axes: tuple[PoolAxis, ...]


def compose(
    plan: Plan, members: Iterable[Member], *, composition: str, release: str | None, is_withheld: bool
) -> PoolComposed:
    """The pool in aggregate. Fewer people than the minimum are told as a number alone.

    is_withheld  too little changed since another composition: regions and declared groups are not told again
    """
    every = sorted(members, key=lambda member: member.person)
    parts = _parts(plan, every) if len(every) >= plan.cell_min else []
    told = [withheld(part) if is_withheld and part.is_partition else part for part in parts]
    return PoolComposed(
        composition=composition, programme=plan.programme, contract_version=plan.contract_version, release=release,
        people=len(every), cell_min=plan.cell_min, parts=told,
    )  # fmt: skip


def _parts(plan: Plan, every: list[Member]) -> list[PoolPart]:
    least, number = plan.cell_min, len(every)
    return [
        region_part((one.region for one in every), cell_min=least),
        having_part(ROLE, (one.roles for one in every), people=number, cell_min=least),
        having_part(CREDENTIAL, (one.credentials for one in every), people=number, cell_min=least),
        *(own_part(axis, (one.own.get(axis.axis) for one in every), cell_min=least) for axis in plan.axes),
    ]


def tells_groups(fact: PoolComposed) -> bool:
    """Whether a composition told how many people are in a group of which everybody is in one."""
    return any(part.is_partition and not part.is_withheld for part in fact.parts)


def is_too_alike(changed: int, cell_min: int) -> bool:
    """Whether so few people differ between two compositions that their difference would tell of them."""
    return 0 < changed < cell_min


def faults(fact: PoolComposed) -> list[str]:
    """What a composition tells that it must not, or that does not add up; one sentence each. For whoever checks."""
    found = [f"a minimum of {fact.cell_min}, expected at least {CELL_MIN}"] if fact.cell_min < CELL_MIN else []
    if fact.people < fact.cell_min and fact.parts:
        found.append(f"parts of a pool of {fact.people}, expected none")
    return found + [sentence for part in fact.parts for sentence in _part_faults(fact, part)]


def _part_faults(fact: PoolComposed, part: PoolPart) -> Iterable[str]:
    told = [cell.people for cell in part.cells if cell.people is not None]
    least, name = fact.cell_min, part.axis
    if part.is_withheld:
        if part.cells or part.hidden_people is not None:
            yield f"{name}: counts, expected none where they are withheld"
        return
    if not part.is_partition:
        if any(0 < number < least or 0 < fact.people - number < least or number > fact.people for number in told):
            yield f"{name}: a small count, expected it hidden"
        return
    together = part.hidden_people or 0
    if sum(told) + together != fact.people:
        yield f"{name}: counts of {sum(told) + together} people, expected {fact.people}"
    if any(number < least for number in told):
        yield f"{name}: a small count, expected it hidden"
    if 0 < together < least or (together and sum(cell.people is None for cell in part.cells) == 1):
        yield f"{name}: a hidden count that the others give"


# --- what people declare ------------------------------------------------------------------------------------------


def check_values(values: Mapping[str, str], axes: Collection[PoolAxis]) -> Refused | None:
    """Why this cannot be declared, or None. Axes that are left out are not answered."""
    known = {axis.axis: axis.groups for axis in axes}
    strange = tuple(sorted(set(values) - set(known)))
    if strange:
        asked = ", ".join(known) or "none"
        return Refused("unknown-axis", f"Expected axes that the contract asks for: {asked}.", "values", strange)
    wrong = tuple(axis for axis, group in sorted(values.items()) if group not in known[axis])
    if wrong:
        return Refused("unknown-group", "Choose one of the groups that the axis has, or leave it out.", "values", wrong)
    if not values:
        return Refused("nothing-declared", "Expected a group on at least one axis. To say nothing, leave.", "values")
    return None


PADDED_TO: Final = 64
"""No group is shorter in the vault, so that the length of what is sealed says little."""


def sealed(values: Mapping[str, str], axes: Collection[PoolAxis]) -> bytes:
    """Answers as the vault keeps them: every axis, answered or not, each as long as the longest could be."""
    return canon.encode({axis.axis: values.get(axis.axis, "").ljust(PADDED_TO) for axis in axes})


def opened(payload: bytes) -> dict[str, str]:
    """What was declared: axis and group, answered ones only."""
    found = msgspec.json.decode(payload, type=dict[str, str])
    return {axis: group.strip() for axis, group in found.items() if group.strip()}

"""A pool of experts in aggregate, from which no small count can be worked out. Pure.

A partition hides cells in a way that depends on their sizes alone, never on their names, and goes on until those hidden
differ in size and are together no small count. So two hidden cells of different size could change places, and the table
told would be the same: no hidden cell follows from the others, the total and these rules. tests/flow/test_pool.py
tries it against every table of a size.

What is told is held against all that was told before, axis by axis. Whoever was counted in the same compositions and as
the same thing in each stands in one group, which no sum or difference of told counts can take apart. Each of these
groups has enough people, or nothing new is told. tests/flow/test_pools_apart.py tries sums and differences of all.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
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
    "Nothing new can be told: held against what was told before, each new count would tell of too few people. Compose "
    "again when more people have joined, left or answered.",
)
FORMER = "*former"
"""In place of a group that somebody declared and has taken back or changed since: nobody knows it any more."""
_HIDDEN, _WITH, _WITHOUT = "*hidden", "*with", "*without"
"""As what people are counted; no group of a contract and no country has such a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One person of the pool.

    credentials  types that are verified and hold
    own          axis: group, as they declared it
    declared     which declaration that was
    is_known     how they stood is on record; what was told of others whose standing is not is held against nothing
    """

    person: str
    region: str | None
    roles: frozenset[str]
    credentials: frozenset[str]
    own: Mapping[str, str]
    declared: str | None = None
    is_known: bool = True


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
    counts = Counter(_country(region) for region in regions)
    return partition(REGION, dict(sorted(counts.items())), cell_min=cell_min, is_closed=False)


def _country(region: str | None) -> str:
    return UNDECLARED if region is None else region.partition("-")[0]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """A composition that was told, with those whom it counted as they stood then."""

    fact: PoolComposed
    members: Sequence[Member]


def compose(
    plan: Plan, members: Iterable[Member], *, composition: str, release: str | None, before: Sequence[Before] = (),
    closed: Collection[str] = (),
) -> PoolComposed:  # fmt: skip
    """The pool in aggregate. Fewer people than the minimum are told as a number alone.

    before  everything that was told of a pool in this cell
    closed  axes of the contract whose answers were not opened: nothing is told of them
    """
    every = sorted(members, key=lambda member: member.person)
    parts = _parts(plan, every) if len(every) >= plan.cell_min else []
    shut = {f"{OWN}{axis}" for axis in closed}
    told = [
        withheld(part) if part.axis in shut else _held_back(part, every, _Past(plan, part.axis, before), release)
        for part in parts
    ]
    return PoolComposed(
        composition=composition, programme=plan.programme, contract_version=plan.contract_version, release=release,
        people=len(every), cell_min=plan.cell_min, parts=told,
    )  # fmt: skip


def is_idle(plan: Plan, members: Iterable[Member], fact: PoolComposed, before: Sequence[Before]) -> bool:
    """Whether a composition tells nothing that was not told before, and is not simply the same as one before.

    before  newest first; under another version of the contract than the newest, what is told may become less
    """
    newest = next((one.fact for one in before if one.fact.programme == fact.programme), fact)
    is_same = any(one.fact.parts == fact.parts for one in before)
    if not fact.parts or is_same or newest.contract_version != fact.contract_version:
        return False
    every = sorted(members, key=lambda member: member.person)
    return not any(
        telling and telling not in past.of(name)
        for part in fact.parts
        for past in [_Past(plan, part.axis, before)]
        for name, telling in past.tellings(part, every)
    )


def _parts(plan: Plan, every: list[Member]) -> list[PoolPart]:
    least, number = plan.cell_min, len(every)
    return [
        region_part((one.region for one in every), cell_min=least),
        having_part(ROLE, (one.roles for one in every), people=number, cell_min=least),
        having_part(CREDENTIAL, (one.credentials for one in every), people=number, cell_min=least),
        *(own_part(axis, (one.own.get(axis.axis) for one in every), cell_min=least) for axis in plan.axes),
    ]


# --- what was told before -----------------------------------------------------------------------------------------


Telling = Mapping[str, tuple[str, str]]
"""Person: as what a composition counted them, and which of their facts made it so. Who was not counted is left out."""


def is_apart(earlier: Collection[Telling], new: Telling, least: int) -> bool:
    """Whether no sum and no difference of told counts tells of fewer than `least` people once `new` is told too.

    The same told again adds nothing. A fact that changed between two compositions sets a person apart from those whose
    fact did not.
    """
    if not new or new in earlier:
        return True
    counted: dict[str, list[tuple[int, str, int]]] = {}
    facts: dict[str, tuple[int, str]] = {}  # how often a person's fact had changed so far, and what it was last
    for place, telling in enumerate((*earlier, new)):
        for person, (told_as, fact) in telling.items():
            changes, last = facts.get(person, (0, fact))
            facts[person] = changes + (fact != last), fact
            counted.setdefault(person, []).append((place, told_as, facts[person][0]))
    return all(number >= least for number in Counter(map(tuple, counted.values())).values())


def closed_axes(
    plan: Plan, now: Mapping[str, str | None], before: Iterable[tuple[PoolComposed, Mapping[str, str | None]]]
) -> frozenset[str]:
    """Axes of the contract of which nothing new can be told, whatever the answers are: they need not be opened.

    now, before  person: the declaration that stood
    """
    told = [(fact, _declared(standing)) for fact, standing in before if fact.programme == plan.programme]
    found = set()
    for axis in plan.axes:
        past = [(fact.cell_min, telling) for fact, telling in told if _part(fact, f"{OWN}{axis.axis}") is not None]
        least = max([plan.cell_min, *(number for number, _ in past)])
        if not is_apart([telling for _, telling in past], _declared(now), least):
            found.add(axis.axis)
    return frozenset(found)


def _declared(standing: Mapping[str, str | None]) -> Telling:
    return {person: ("", name or "") for person, name in standing.items()}


def _part(fact: PoolComposed, axis: str) -> PoolPart | None:
    """What a composition told along an axis; None where it told nothing."""
    return next((part for part in fact.parts if part.axis == axis and not part.is_withheld), None)


_HELD: Final[Mapping[str, Callable[[Member], frozenset[str]]]] = {
    ROLE: lambda one: one.roles,
    CREDENTIAL: lambda one: one.credentials,
}


class _Past:
    """What was told along one axis.

    Roles and verified credentials stand in releases under pseudonyms: who stands in one with the same is left out of
    every count, since whoever has the release can take them out of it.
    """

    def __init__(self, plan: Plan, axis: str, before: Sequence[Before]) -> None:
        theirs = [one for one in before if not axis.startswith(OWN) or one.fact.programme == plan.programme]
        self._has = _HELD.get(axis)
        self._open: set[tuple[str, frozenset[str]]] = set()
        if self._has is not None:
            has = self._has
            self._open = {
                (one.person, has(one)) for past in theirs if past.fact.release for one in past.members if one.is_known
            }
            theirs = [one for one in theirs if one.fact.release is None]
        parts = [(_part(one.fact, axis), one) for one in theirs]
        self._told = [(part, one) for part, one in parts if part is not None]
        self.least = max([plan.cell_min, *(one.fact.cell_min for _, one in self._told)])

    @property
    def names(self) -> set[str]:
        """Everything that was named, of which a person may have several."""
        return {cell.group for part, _ in self._told for cell in part.cells}

    def of(self, name: str | None) -> list[Telling]:
        """How people were counted in each composition that told it."""
        found = (self.telling(part, one.members, name) for part, one in self._told)
        return [telling for telling in found if telling is not None]

    def tellings(self, part: PoolPart, members: Sequence[Member]) -> Iterator[tuple[str | None, Telling]]:
        """The same of a new composition, for each name that stands alone; None is the name of a partition."""
        names = [None] if part.is_partition else sorted(self.names | {cell.group for cell in part.cells})
        for name in names if not part.is_withheld else ():
            telling = self.telling(part, members, name)
            if telling is not None:
                yield name, telling

    def telling(self, part: PoolPart, members: Sequence[Member], name: str | None) -> Telling | None:
        """As what people were counted; None where that was hidden. What nobody has stands in no cell."""
        if self._has is None or name is None:
            groups = {cell.group for cell in part.cells}
            told = {cell.group for cell in part.cells if cell.people is not None} | {FORMER}
            return {one.person: _counted_as(one, part.axis, groups=groups, told=told) for one in members}
        if any(cell.group == name and cell.people is None for cell in part.cells):
            return None
        found: dict[str, tuple[str, str]] = {}
        for one in members:
            held = self._has(one)
            if not one.is_known:
                found[one.person] = _unknown(one)
            elif (one.person, held) not in self._open:
                found[one.person] = (_WITH, _WITH) if name in held else (_WITHOUT, _WITHOUT)
        return found


def _counted_as(member: Member, axis: str, *, groups: Collection[str], told: Collection[str]) -> tuple[str, str]:
    if not member.is_known:
        return _unknown(member)
    if axis == REGION:
        group = fact = _country(member.region)
    else:
        said, fact = member.own.get(axis.removeprefix(OWN), UNDECLARED), member.declared or ""
        group = said if said in groups or said == FORMER else UNDECLARED
    return group if group in told else _HIDDEN, fact


def _unknown(member: Member) -> tuple[str, str]:
    return f"unknown {member.person}", ""


def _held_back(part: PoolPart, every: Sequence[Member], past: _Past, release: str | None) -> PoolPart:
    """What can be told of an axis beside all that was told: all of a partition or nothing, else name by name."""
    if part.axis in _HELD and release is not None:
        return part  # a release names roles and credentials of each person anyway
    unsafe = {name for name, telling in past.tellings(part, every) if not is_apart(past.of(name), telling, past.least)}
    if part.is_partition:
        return withheld(part) if unsafe else part
    cells = [cell for cell in part.cells if cell.group not in unsafe]
    kept_back = [PoolCell(group=name, people=None) for name in unsafe if name is not None]
    return msgspec.structs.replace(part, cells=sorted([*cells, *kept_back], key=lambda cell: cell.group))


# --- whether a composition tells too much --------------------------------------------------------------------------


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

"""The experts of a release in aggregate, small cells hidden, and whether what is told follows from the entries. Pure.

Regions and declared groups rest on facts that a release may not bring along: who is where, and who said what. Of these
a checker sees that nothing small is told and that counts add up; regions are counted again from a copy of the log.
"""

from collections.abc import Iterator

from tallystick.bundle.credentials import held, roles_of
from tallystick.bundle.derive import Tables
from tallystick.bundle.figures.figure import Figure
from tallystick.bundle.state import Entered, State
from tallystick.events.judgment import JudgmentSubmitted
from tallystick.events.pool import PoolComposed, PoolPart
from tallystick.flow import pool as flow
from tallystick.flow.contract.credentials import UNDECLARED, PoolPlan
from tallystick.flow.credential import VERIFIED

SCHEMA = "tallystick/pool/1"
WORDS = {flow.REGION: "Region", flow.ROLE: "Role", flow.CREDENTIAL: "Verified credential"}


class Cell(Figure, frozen=True, kw_only=True):
    """A group in the words of the contract; how many people, or null where that is hidden."""

    group: str
    words: str
    people: int | None


class Axis(Figure, frozen=True, kw_only=True):
    """The experts along one axis. `hidden_people` are those of all hidden groups of a partition together."""

    axis: str
    words: str
    is_partition: bool
    is_withheld: bool
    cells: list[Cell]
    hidden_people: int | None


class Pool(Figure, frozen=True, kw_only=True):
    """quality/pool.json."""

    schema: str
    seq: int  # where the composition stands in the log
    people: int
    cell_min: int
    axes: list[Axis]


def composed(state: State) -> Entered[PoolComposed] | None:
    """The composition that was made for a release."""
    return next(iter(state.told(PoolComposed)), None)


def pool(tables: Tables) -> Pool | None:
    """The experts in aggregate; None where the contract says nothing of it."""
    found = composed(tables.state)
    if found is None:
        return None
    return Pool(
        schema=SCHEMA, seq=found.seq, people=found.fact.people, cell_min=found.fact.cell_min,
        axes=[_axis(part, tables.contract.pool) for part in found.fact.parts],
    )  # fmt: skip


def _axis(part: PoolPart, plan: PoolPlan | None) -> Axis:
    asked = {axis.id: axis for axis in plan.axes} if plan is not None else {}
    own = asked.get(part.axis.removeprefix(flow.OWN)) if part.axis.startswith(flow.OWN) else None
    groups = {**(own.groups if own is not None else {}), UNDECLARED: "Not declared"}
    return Axis(
        axis=part.axis, words=own.question if own is not None else WORDS.get(part.axis, part.axis),
        is_partition=part.is_partition, is_withheld=part.is_withheld, hidden_people=part.hidden_people,
        cells=[
            Cell(group=cell.group, words=groups.get(cell.group, cell.group.replace("_", " ")), people=cell.people)
            for cell in part.cells
        ],
    )  # fmt: skip


def unfounded_pool(tables: Tables) -> Iterator[tuple[int, str]]:
    """(entry, sentence) of what a composition tells that it must not, or that other entries contradict."""
    plan, found = tables.contract.pool, composed(tables.state)
    if found is None:
        if plan is not None:
            yield tables.state.cut.seq, "the contract wants the pool told, and no composition was made for this release"
        return
    fact = found.fact
    if plan is None or (fact.cell_min, fact.contract_version) != (plan.cell_min, tables.contract.version):
        yield found.seq, "the pool is not told as the contract in force says"
    for sentence in flow.faults(fact):
        yield found.seq, f"pool: {sentence}"
    people = members(tables.state)
    if fact.people != len(people):
        yield found.seq, f"pool: expected {len(people)} people, who judged in this release, found {fact.people}"
    elif fact.parts:
        yield from _parted(found, tables.state, people)
    asked = [f"{flow.OWN}{axis.id}" for axis in plan.axes] if plan is not None else []
    told = [part.axis for part in fact.parts]
    if told and told != [flow.REGION, flow.ROLE, flow.CREDENTIAL, *asked]:
        yield found.seq, f"pool: expected all axes of the contract, found {', '.join(told)}"


def _parted(found: Entered[PoolComposed], state: State, people: list[str]) -> Iterator[tuple[int, str]]:
    told = {part.axis: part for part in found.fact.parts}
    least, number = found.fact.cell_min, len(people)
    roles = ([*first, *second] for first, second in (roles_of(state, person) for person in people))
    holding = _holding(state)
    computed = (
        flow.having_part(flow.ROLE, roles, people=number, cell_min=least),
        flow.having_part(
            flow.CREDENTIAL, (holding.get(person, set()) for person in people), people=number, cell_min=least
        ),
    )
    for part in computed:
        if told.get(part.axis) != part:
            yield found.seq, f"pool, {part.axis}: expected what the entries give, found other counts"


def _holding(state: State) -> dict[str, set[str]]:
    """Person: the types that are verified and hold on the day of the cut."""
    found: dict[str, set[str]] = {}
    for one in held(state):
        if one.state == VERIFIED:
            found.setdefault(one.person, set()).add(one.type)
    return found


def members(state: State) -> list[str]:
    """Who judged in this release, here."""
    return sorted({one.fact.expert for one in state.judgments if isinstance(one.fact, JudgmentSubmitted)})

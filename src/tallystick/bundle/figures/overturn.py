"""How often adjudicators decided otherwise than those who judged, as counts. Pure.

Only adjudications that stand are counted, and judgments that count. A preserved disagreement overturns nobody. Experts
stand under their pseudonyms; counts this small rank no one, and nothing is asked of anybody on their account.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tallystick.bundle.counting import cases, counted_by_item, standing_case
from tallystick.bundle.derive import Tables
from tallystick.bundle.figures.figure import Figure
from tallystick.events.adjudication import DisagreementPreserved, DisagreementSettled
from tallystick.signals import shape

SCHEMA = "tallystick/overturn/1"
UPHELD, OVERTURNED, UNDECIDED = "upheld", "overturned", "undecided"


class Count(Figure, frozen=True, kw_only=True):
    """Judgments on settled items: those that the decision agrees with, those it does not, those that did not decide.

    settled is the sum of the other three. A judgment agrees with a decision that points in the same direction.
    """

    name: str
    settled: int
    upheld: int
    overturned: int
    undecided: int


class ExpertOverturn(Figure, frozen=True, kw_only=True):
    """One expert: over all, by the criteria that decisions were tied to, and by domain."""

    expert: str
    preserved: int  # judgments on items whose disagreement was preserved
    over_all: Count
    by_criterion: list[Count]  # a decision tied to two criteria counts under both
    by_domain: list[Count]


class Overturn(Figure, frozen=True, kw_only=True):
    """quality/overturn.json."""

    schema: str
    settled_items: int
    preserved_items: int
    experts: list[ExpertOverturn]  # with a judgment on such an item, by pseudonym
    by_criterion: list[Count]
    by_domain: list[Count]


@dataclass(frozen=True, slots=True)
class _Answer:
    expert: str
    domain: str
    criteria: tuple[str, ...]
    outcome: str


def overturn(tables: Tables) -> Overturn:
    """Counted over the settled and preserved items of the released batches."""
    settled: dict[str, DisagreementSettled] = {}
    preserved: set[str] = set()
    for item, given in cases(tables.state).items():
        case = standing_case(given)
        fact = case.closed.fact if case and case.closed else None
        if isinstance(fact, DisagreementSettled):
            settled[item] = fact
        elif isinstance(fact, DisagreementPreserved):
            preserved.add(item)
    answers = list(_answers(tables, settled))
    by_item = counted_by_item(tables.state)
    kept = Counter(one.fact.expert for item in preserved for one in by_item[item])
    by_expert: dict[str, list[_Answer]] = {name: [] for name in kept}
    for answer in answers:
        by_expert.setdefault(answer.expert, []).append(answer)
    return Overturn(
        schema=SCHEMA, settled_items=len(settled), preserved_items=len(preserved),
        experts=[_expert(name, by_expert[name], kept[name]) for name in sorted(by_expert)],
        by_criterion=_by_criterion(answers), by_domain=_by_domain(answers),
    )  # fmt: skip


def _answers(tables: Tables, settled: dict[str, DisagreementSettled]) -> Iterator[_Answer]:
    domains = {item.fact.item: item.fact.domain for item in tables.state.items}
    by_item = counted_by_item(tables.state)
    for item, decision in sorted(settled.items()):
        for one in by_item[item]:
            direction = shape.direction(one.fact.verdict)
            same = direction == shape.direction(decision.verdict)
            outcome = UNDECIDED if direction is None else UPHELD if same else OVERTURNED
            yield _Answer(one.fact.expert, domains[item], tuple(decision.criteria), outcome)


def _expert(name: str, answers: list[_Answer], preserved: int) -> ExpertOverturn:
    return ExpertOverturn(
        expert=name, preserved=preserved, over_all=_count("all", answers), by_criterion=_by_criterion(answers),
        by_domain=_by_domain(answers),
    )  # fmt: skip


def _by_criterion(answers: list[_Answer]) -> list[Count]:
    names = sorted({criterion for answer in answers for criterion in answer.criteria})
    return [_count(name, (one for one in answers if name in one.criteria)) for name in names]


def _by_domain(answers: list[_Answer]) -> list[Count]:
    return [
        _count(name, (one for one in answers if one.domain == name)) for name in sorted({a.domain for a in answers})
    ]


def _count(name: str, answers: Iterable[_Answer]) -> Count:
    outcomes = [answer.outcome for answer in answers]
    return Count(
        name=name, settled=len(outcomes), upheld=outcomes.count(UPHELD), overturned=outcomes.count(OVERTURNED),
        undecided=outcomes.count(UNDECIDED),
    )  # fmt: skip

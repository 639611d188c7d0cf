"""What is simulated: the contract with its quotas and tiers, the rubrics, the items and the people, all from a seed."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

PROGRAMME: Final = "simulated-load"
RISKS: Final = {"general": "low", "software": "medium", "medical": "high", "legal": "restricted"}
SHARES: Final = {"general": 40, "software": 30, "medical": 20, "legal": 10}
DIFFICULTIES: Final = {"easy": 20, "medium": 40, "hard": 30, "boundary": 10}
LANGUAGES: Final = {"en": 50, "de": 20, "fr": 15, "ja": 10, "ar": 5}
SEVERITIES: Final = {"low": 60, "medium": 32, "high": 8}
AXES: Final = {"domain": SHARES, "difficulty": DIFFICULTIES, "language": LANGUAGES, "severity": SEVERITIES}
CATEGORY: Final = "distress"
GOLD: Final = 5
QUOTA_PERCENT: Final = 95
"""Of the items that there are of each value: a plan that leaves a few to spare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large the simulation is."""

    experts: int = 200
    items: int = 20_000
    batches: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An expert as they are drawn. Times are in seconds, hours of the day in UTC."""

    number: int
    domains: tuple[str, ...]
    languages: tuple[str, ...]
    seconds: float  # per item, in the mean
    errs: float  # chance of a wrong verdict
    starts: int
    hours: int
    walks_away: float  # chance that an item is left until its lease runs out
    leaves_after: int | None  # days
    opts_out: bool


def people(size: Size, seed: int) -> list[Person]:
    """The experts. The first of each domain stay, know every language and refuse nothing: somebody always can."""
    chance = random.Random(f"people|{seed}")  # noqa: S311 - a simulation, no secret
    domains = list(SHARES)
    found = []
    for number in range(size.experts):
        is_core = number < 3 * len(domains)
        first = domains[number % len(domains)] if is_core else chance.choices(domains, list(SHARES.values()))[0]
        second = chance.choice(domains)
        known = {"en", *chance.sample(list(LANGUAGES), k=chance.choice((1, 2, 2, 3)))}
        found.append(
            Person(
                number=number, domains=tuple(dict.fromkeys((first, second))),
                languages=tuple(sorted(LANGUAGES if is_core else known)),
                seconds=chance.lognormvariate(5.0, 0.4), errs=chance.uniform(0.005, 0.05),
                starts=chance.randrange(24), hours=chance.randrange(3, 10), walks_away=chance.uniform(0, 0.02),
                leaves_after=chance.randrange(1, 6) if not is_core and chance.random() < 0.1 else None,
                opts_out=not is_core and chance.random() < 0.15,
            )
        )  # fmt: skip
    return found


def rows(size: Size, seed: int) -> list[dict[str, object]]:
    """The work items, shuffled, so that no batch is of one kind."""
    chance = random.Random(f"items|{seed}")  # noqa: S311 - a simulation, no secret
    columns = {axis: _column(shares, size.items, chance) for axis, shares in AXES.items()}
    return [
        {
            "id": f"w-{n}", "prompt": f"Question {n}?", **{axis: column[n] for axis, column in columns.items()},
            "candidates": [{"text": f"{n} is one."}, {"text": f"{n} is two."}],
            **({"categories": [CATEGORY]} if chance.random() < 0.04 else {}),
        }
        for n in range(size.items)
    ]  # fmt: skip


def _column(shares: dict[str, int], number: int, chance: random.Random) -> list[str]:
    values = [value for value, share in shares.items() for _ in range(share * number // 100)]
    values += [next(iter(shares))] * (number - len(values))
    chance.shuffle(values)
    return values


def targets(items: list[dict[str, object]]) -> dict[tuple[str, str], int]:
    """The quotas of the plan: for every value of every axis a little fewer than there are items."""
    counts = Counter((axis, str(row[axis])) for row in items for axis in AXES)
    return {place: max(1, number * QUOTA_PERCENT // 100) for place, number in sorted(counts.items())}


def contract(items: list[dict[str, object]]) -> str:
    """The data contract, with everything that assignment looks at."""
    quotas = "".join(
        f"    - {{axis: {axis}, value: {value}, target: {target}}}\n"
        for (axis, value), target in targets(items).items()
    )
    domains = "".join(f"  {name}: {{rubric: {name}, risk: {risk}}}\n" for name, risk in RISKS.items())
    routing = "".join(f"    {name}: {{language_level: B2}}\n" for name in RISKS)
    return f"""contract: tallystick/contract/1
name: {PROGRAMME}
title: A simulated programme
version: 1.0.0
simulated: true
behaviour: The assistant answers plainly.
conditions: [A plain question.]
evidence: [An expert prefers the answer.]
failures: [{{id: padding, severity: low, description: Words that say nothing.}}]
improvement:
  measure: Share of held-out questions won.
  holdout: One in ten.
  acceptance: [{{id: better, claim: Better., margin: "0.05"}}]
domains:
{domains}sampling:
  quotas:
{quotas}holdout: {{share: "0.1", rule: None are needed here.}}
supervision: [{{signal: preference, why: Degrees matter.}}]
rights:
  source_class: synthetic
  licence: CC0-1.0
  permitted_uses: [train, evaluate]
  retention_until: 2099-01-01
  regions: [any]
  reviewer_access: Experts see what is assigned to them.
  deletion: On request.
agreement: {{metric: gwet_ac1, items_min: 5, why: Verdicts are of one kind.}}
lease_minutes: 60
assignment:
  reviews: {{low: "0.05", medium: "0", high: "0.10", restricted: "0.10"}}
  senior: {{role: adjudicator, years: 5}}
  expert_share_max: "0.25"
routing:
  domains:
{routing}welfare:
  minutes_daily_max: 720
  categories: {{{CATEGORY}: {{warning: Somebody is in distress here., blurred: false}}}}
"""


def rubric(domain: str) -> str:
    """The rubric of a domain: one criterion."""
    return f"""rubric: tallystick/rubric/1
id: {domain}
domain: {domain}
version: 1.0.0
title: Plain answers
task: Compare the two answers.
criteria:
  - id: reasoning
    name: Reasoning
    question: Does it follow?
    anchors: {{1: Not at all., 5: Throughout.}}
    gated: true
qualification: {{gold_min: {GOLD}, chance: "0.5", alpha: "0.05", target: "0.95"}}
"""


def gold() -> list[dict[str, object]]:
    """The gold items of every domain: A is right."""
    return [
        {
            "id": f"g-{domain}-{n}", "domain": domain, "prompt": f"Known question {domain} {n}?",
            "candidates": [{"text": f"{n} is one, known."}, {"text": f"{n} is two, known."}],
            "gold": {"verdict": "a_clearly", "scores": {"reasoning": {"a": 4, "b": 3}}},
        }
        for domain in RISKS for n in range(GOLD)
    ]  # fmt: skip


def lines(listed: list[dict[str, object]]) -> bytes:
    """Rows as a file of JSON lines."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in listed)


def parts(listed: list[dict[str, object]], number: int) -> Iterator[list[dict[str, object]]]:
    """Rows in so many parts, about equally long."""
    size = -(-len(listed) // number)
    for start in range(0, len(listed), size):
        yield listed[start : start + size]

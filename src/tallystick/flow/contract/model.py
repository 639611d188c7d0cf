"""The data contract: what a programme is for, and under which terms its data is made (SPEC 1.1 to 1.6).

Reads and writes nothing; `document.read` makes a contract of text.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from tallystick.flow.contract.assignment import Assignment, assignment_faults
from tallystick.flow.contract.credentials import CredentialDemand, PoolPlan, demand_faults
from tallystick.flow.contract.pay import Pay
from tallystick.flow.contract.places import Region
from tallystick.flow.contract.routing import Routing, routing_faults
from tallystick.flow.contract.welfare import Welfare
from tallystick.flow.document import Fault, Part, Share, Slug, Text, Versioned, shaped, share_ppm
from tallystick.flow.rubric import DOMAINS, Domain
from tallystick.signals import BY_NAME


def _known(name: str) -> str:
    if name not in BY_NAME:
        words = {"expected": f"one of {', '.join(BY_NAME)}", "fix": "Name a kind of supervision."}
        raise PydanticCustomError("shape", "shape", words)
    return name


Signal = Annotated[str, AfterValidator(_known)]
"""The name of a kind of supervision: see the package signals."""
Risk = Literal["low", "medium", "high", "restricted"]
Severity = Literal["low", "medium", "high", "critical"]
Axis = Literal[
    "domain",
    "difficulty",
    "language",
    "interaction",
    "ambiguity",
    "severity",
    "tools",
    "failure_cluster",
]
Use = Literal["train", "evaluate", "publish"]

SIGNALS: tuple[str, ...] = tuple(BY_NAME)
AXES: tuple[Axis, ...] = get_args(Axis)
AXIS_VALUES: Mapping[Axis, tuple[str, ...]] = {
    "domain": DOMAINS,
    "difficulty": ("easy", "medium", "hard", "boundary"),
    "interaction": ("single", "multi"),
    "ambiguity": ("low", "medium", "high"),
    "severity": ("low", "medium", "high"),
    "tools": ("none", "read", "write"),
}
"""The values of the closed axes; `language` and `failure_cluster` are open."""
AXIS_SHAPES: Mapping[Axis, tuple[re.Pattern[str], str]] = {
    "language": (re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"), "a BCP 47 language tag such as en or pt-BR"),
    "failure_cluster": (re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*"), "a short name such as wrong-dose"),
}
HARD_DIFFICULTIES = ("hard", "boundary")
COUNT_MAX = 100_000_000

Margin = Annotated[
    str,
    shaped(
        r"-?(0(\.[0-9]{1,6})?|1(\.0{1,6})?)",
        expected='a margin between -1 and 1 such as "0.03" or "-0.02"',
        fix="Positive: the least gain; negative: the largest loss that is still accepted.",
    ),
]
Slice = Annotated[
    str,
    shaped(
        rf"all|({'|'.join(AXES)})=[A-Za-z0-9_-]{{1,64}}",
        expected="`all`, or an axis and a value such as domain=medical",
        fix=f"The axes are {', '.join(AXES)}.",
    ),
]


def axis_fault(axis: Axis, value: str) -> str | None:
    """What an axis expects, when a value is not one of its; None when it is."""
    if axis in AXIS_SHAPES:
        shape, expected = AXIS_SHAPES[axis]
        return None if shape.fullmatch(value) else expected
    values = AXIS_VALUES[axis]
    return None if value in values else f"one of {', '.join(values)}"


class Failure(Part):
    """A class of failures, the most important first in the contract."""

    id: Slug
    description: Text
    severity: Severity


class Acceptance(Part):
    """A test that the improvement must pass on held-out items.

    margin   least gain over the earlier checkpoint, or, when negative, the largest loss still accepted
    """

    id: Slug
    claim: Text
    slice: Slice = "all"
    margin: Margin

    def faults(self) -> Iterator[Fault]:
        axis, _, value = self.slice.partition("=")
        if value and (expected := axis_fault(_axis(axis), value)):
            yield Fault(path=("slice",), expected=expected, found=f'"{value}"', fix=f"Name a value of the axis {axis}.")


class Improvement(Part):
    """How improvement will be measured on data kept out of training."""

    measure: Text
    holdout: Text
    acceptance: Annotated[tuple[Acceptance, ...], Field(min_length=1, max_length=100)]


class Quota(Part):
    """How many items with one value of one axis are wanted."""

    axis: Axis
    value: Text
    target: Annotated[int, Field(ge=1, le=COUNT_MAX)]

    def faults(self) -> Iterator[Fault]:
        if expected := axis_fault(self.axis, self.value):
            fix = f"Use a value of the axis {self.axis}."
            yield Fault(path=("value",), expected=expected, found=f'"{self.value[:60]}"', fix=fix)


class Sampling(Part):
    """What items are wanted, and the least share of them that must be hard."""

    quotas: Annotated[tuple[Quota, ...], Field(min_length=1, max_length=500)]
    hard_share_min: Share = "0.35"

    def faults(self) -> Iterator[Fault]:
        seen: set[tuple[str, str]] = set()
        for number, quota in enumerate(self.quotas):
            if (quota.axis, quota.value) in seen:
                yield Fault(
                    path=("quotas", number),
                    expected="one quota for each value of an axis",
                    found=f"{quota.axis} {quota.value} again",
                    fix="Add the targets up in one quota.",
                )
            seen.add((quota.axis, quota.value))


class Holdout(Part):
    """Items reserved before work starts and never in a training export (SPEC 1.4)."""

    share: Share
    rule: Text

    def faults(self) -> Iterator[Fault]:
        if share_ppm(self.share) > 500_000:
            yield Fault(
                path=("share",),
                expected="at most half of the items",
                found=self.share,
                fix="Leave the larger part for training.",
            )


class Supervision(Part):
    """One kind of signal, and why it is informative for the behaviour (SPEC 1.5)."""

    signal: Signal
    why: Text | None = None


class Rights(Part):
    """What may be done with the data, declared before any is collected (SPEC 1.6)."""

    source_class: Literal[
        "commissioned",
        "client_supplied",
        "licensed",
        "open_licence",
        "public_domain",
        "synthetic",
    ]
    licence: Text
    permitted_uses: Annotated[tuple[Use, ...], Field(min_length=1)]
    retention_until: date
    regions: Annotated[tuple[Region, ...], Field(min_length=1)]
    reviewer_access: Text
    deletion: Text

    def faults(self) -> Iterator[Fault]:
        for key, values in (("permitted_uses", self.permitted_uses), ("regions", self.regions)):
            if len(set(values)) < len(values):
                yield Fault(path=(key,), expected="each entry once", found=", ".join(values), fix="Remove the repeat.")
        if "any" in self.regions and len(self.regions) > 1:
            yield Fault(
                path=("regions",),
                expected="`any` alone, or regions by name",
                found=", ".join(self.regions),
                fix="Decide for one of them.",
            )


class Redundancy(Part):
    """How many independent judgments an item gets, by risk (SPEC 5.2).

    Low risk is judged once and sampled for review. High and restricted are judged twice, and a senior adjudicates.
    """

    low: Annotated[int, Field(ge=1, le=25)] = 1
    medium: Annotated[int, Field(ge=2, le=25)] = 2
    high: Annotated[int, Field(ge=2, le=25)] = 2
    restricted: Annotated[int, Field(ge=2, le=25)] = 2


class Agreement(Part):
    """How agreement is measured at the gate, and why so.

    rule       `estimate`: the figure must reach the threshold; `lower_bound`: the lower end of its interval must
    items_min  items with two judgments that decide, from which on a figure can pass: two lucky answers are none
    """

    metric: Literal["percent_agreement", "cohen_kappa", "fleiss_kappa", "krippendorff_alpha", "gwet_ac1"]
    level: Literal["nominal", "ordinal"] = "nominal"
    rule: Literal["estimate", "lower_bound"] = "estimate"
    items_min: Annotated[int, Field(ge=1, le=10_000)] = 5
    why: Text | None = None

    def faults(self) -> Iterator[Fault]:
        if self.level == "ordinal" and self.metric != "krippendorff_alpha":
            yield Fault(
                path=("level",),
                expected=f"nominal, because {self.metric} knows no order",
                found='"ordinal"',
                fix="Choose nominal, or krippendorff_alpha.",
            )


class DomainPlan(Part):
    """Which rubric a domain is judged by, and how much goes wrong when a judgment does.

    agreement  how agreement is measured in this domain, where not as in the rest of the contract, and why
    """

    rubric: Slug
    risk: Risk
    agreement: Agreement | None = None

    def faults(self) -> Iterator[Fault]:
        if self.agreement is not None and self.agreement.why is None:
            yield Fault(
                path=("agreement", "why"),
                expected="a reason why this domain is measured otherwise than the contract's others",
                found="none",
                fix="Say why, or leave `agreement` out of the domain.",
            )


class DataContract(Versioned):
    """One version of the contract of one programme. Immutable once it is in force."""

    contract: Literal["tallystick/contract/1"]
    name: Slug
    title: Text
    behaviour: Text
    conditions: Annotated[tuple[Text, ...], Field(min_length=1, max_length=100)]
    evidence: Annotated[tuple[Text, ...], Field(min_length=1, max_length=100)]
    failures: Annotated[tuple[Failure, ...], Field(min_length=1, max_length=100)]
    improvement: Improvement
    domains: Annotated[dict[Domain, DomainPlan], Field(min_length=1)]
    sampling: Sampling
    holdout: Holdout
    supervision: Annotated[tuple[Supervision, ...], Field(min_length=1)]
    rights: Rights
    redundancy: Redundancy = Redundancy()
    agreement: Agreement
    lease_minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)] = 60
    simulated: bool = False
    assignment: Assignment | None = None
    pay: Pay | None = None
    welfare: Welfare | None = None
    routing: Routing | None = None
    credentials: Annotated[tuple[CredentialDemand, ...], Field(max_length=100)] = ()
    pool: PoolPlan | None = None

    def faults(self) -> Iterator[Fault]:
        yield from _repeats(self)
        yield from assignment_faults(self.assignment, {name: plan.risk for name, plan in self.domains.items()})
        yield from demand_faults(self.credentials, {name: plan.risk for name, plan in self.domains.items()})
        yield from routing_faults(self.routing, {name: plan.risk for name, plan in self.domains.items()})
        for number, quota in enumerate(self.sampling.quotas):
            if quota.axis == "domain" and quota.value not in self.domains:
                yield Fault(
                    path=("sampling", "quotas", number, "value"),
                    expected=f"one of this contract's domains {', '.join(self.domains)}",
                    found=f'"{quota.value}"',
                    fix="Add the domain or drop the quota.",
                )
        for name, plan in self.domains.items():
            yield from _gate_faults(self, name, plan)


def redundancy_for(contract: DataContract, domain: Domain) -> int:
    """How many independent judgments an item of a domain gets. Raises KeyError for a domain not in the contract."""
    count: int = getattr(contract.redundancy, contract.domains[domain].risk)
    return count


def agreement_for(contract: DataContract, domain: Domain) -> Agreement:
    """The gate policy of a domain: its own, or else the contract's. Raises KeyError for a domain not in it."""
    return contract.domains[domain].agreement or contract.agreement


def _axis(name: str) -> Axis:
    return next(axis for axis in AXES if axis == name)


def _repeats(contract: DataContract) -> Iterator[Fault]:
    lists: tuple[tuple[tuple[str, ...], str, list[str]], ...] = (
        (("failures",), "id", [failure.id for failure in contract.failures]),
        (("supervision",), "signal", [part.signal for part in contract.supervision]),
        (("improvement", "acceptance"), "id", [test.id for test in contract.improvement.acceptance]),
    )
    for path, key, values in lists:
        for number, value in enumerate(values):
            if value in values[:number]:
                yield Fault(
                    path=(*path, number, key),
                    expected=f"each {key} once",
                    found=f'"{value}" again',
                    fix="Rename or remove one of the two.",
                )


def _gate_faults(contract: DataContract, name: Domain, plan: DomainPlan) -> Iterator[Fault]:
    """Agreement needs two; Cohen's kappa needs exactly two."""
    count = redundancy_for(contract, name)
    if agreement_for(contract, name).metric == "cohen_kappa" and count != 2:
        yield Fault(
            path=("redundancy", plan.risk),
            expected=f"2, because cohen_kappa compares two experts and {name} is of {plan.risk} risk",
            found=f"the number {count}",
            fix="Ask for two judgments, or choose fleiss_kappa or krippendorff_alpha.",
        )

"""The rubric document: criteria, their scales and anchors, priority rules, threshold, qualification.

Reads and writes nothing; `document.read` makes a rubric of text. SPEC 1.2, 3.1 to 3.3.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from tallystick.flow.document import (
    Fault,
    Part,
    Share,
    Slug,
    Text,
    Versioned,
    share_ppm,
)
from tallystick.signals import ALL as SIGNALS

Domain = Literal["medical", "legal", "software", "general", "creative"]
Side = Literal["a", "b"]
Form = Literal["clear", "lexicographic", "threshold"]

DOMAINS: tuple[Domain, ...] = get_args(Domain)
DOMAIN_THRESHOLDS_PPM: Mapping[Domain, int] = {
    "medical": 800_000,
    "legal": 780_000,
    "software": 820_000,
    "general": 740_000,
    "creative": 700_000,
}
"""The agreement that a domain asks of a batch, in parts per million (SPEC 3.3)."""


def _point(key: object) -> object:
    """A point of a scale as a key: one way to write it, so that `1` and `01` cannot both be there."""
    if isinstance(key, str) and re.fullmatch(r"0|[1-9][0-9]?", key):
        return int(key)
    if isinstance(key, int) and not isinstance(key, bool):
        return key
    words = {"expected": "a point of the scale such as 1 or 5", "fix": "Write the number as the key."}
    raise PydanticCustomError("shape", "shape", words)


class Scale(Part):
    """The points that an expert can give, both ends included."""

    low: Annotated[int, Field(ge=0, le=10)] = 1
    high: Annotated[int, Field(ge=0, le=10)] = 5

    def faults(self) -> Iterator[Fault]:
        if self.low >= self.high:
            yield Fault(
                path=("high",),
                expected=f"a number above low ({self.low})",
                found=f"the number {self.high}",
                fix="Let low be the worst score and high the best.",
            )

    @property
    def clear_difference(self) -> int:
        """From this difference on, one candidate is clearly better: half of the scale, rounded up. 2 on 1 to 5."""
        return (self.high - self.low + 1) // 2


class Example(Part):
    """A worked example: what was seen, which score it got, and why."""

    title: Text
    excerpt: Text
    score: int
    why: Text


class Criterion(Part):
    """One observable dimension of the behaviour.

    gated       its agreement counts for the gate of a batch
    weight      how much it counts where one number is wanted; never used to settle a verdict
    principles  ids of the principles of the constitution that it carries (SPEC 3.4)
    """

    id: Slug
    name: Text
    question: Text
    scale: Scale = Scale()
    anchors: dict[Annotated[int, BeforeValidator(_point)], Text]
    examples: tuple[Example, ...] = ()
    exclusions: tuple[Text, ...] = ()
    abstain: Text | None = None
    escalation: Text | None = None
    citation_required: bool = False
    gated: bool = True
    weight: Annotated[int, Field(ge=1, le=100)] | None = None
    principles: Annotated[tuple[Slug, ...], Field(max_length=50)] | None = None

    def faults(self) -> Iterator[Fault]:
        points = range(self.scale.low, self.scale.high + 1)
        within = f"a score from {self.scale.low} to {self.scale.high}"
        for end in (self.scale.low, self.scale.high):
            if end not in self.anchors:
                yield Fault(
                    path=("anchors",),
                    expected=f"an anchor for the score {end}",
                    found=f"anchors for {', '.join(map(str, self.anchors)) or 'no score'}",
                    fix="Describe what an answer with this score looks like.",
                )
        for point in self.anchors:
            if point not in points:
                yield Fault(
                    path=("anchors", str(point)),
                    expected=within,
                    found=f"the number {point}",
                    fix="Change the scale or the anchor.",
                )
        for number, example in enumerate(self.examples):
            if example.score not in points:
                yield Fault(
                    path=("examples", number, "score"),
                    expected=within,
                    found=f"the number {example.score}",
                    fix="Give the example a score of this scale.",
                )
        carried = self.principles or ()
        for number, principle in enumerate(carried):
            if principle in carried[:number]:
                yield Fault(
                    path=("principles", number),
                    expected="each principle once",
                    found=f'"{principle}" again',
                    fix="Take one of the two out.",
                )


class PriorityRule(Part):
    """One criterion outranks another; the reason is shown to the expert whose verdict says otherwise.

    form     when the upper criterion decides: `clear` when its scores lie half of its scale apart, `lexicographic`
             whenever they differ, `threshold` when one side alone has a score of `at_most` or less. Clear when left out
    at_most  the score of a threshold rule
    """

    over: Slug
    under: Slug
    why: Text
    form: Form | None = None
    at_most: Annotated[int, Field(ge=0, le=10)] | None = None

    def faults(self) -> Iterator[Fault]:
        if self.form == "threshold" and self.at_most is None:
            yield Fault(
                path=(),
                expected="the score at which a threshold rule decides",
                found="no `at_most`",
                fix="Add `at_most: 1`, or choose another form.",
            )
        if self.form != "threshold" and self.at_most is not None:
            yield Fault(
                path=("at_most",),
                expected="no score for a rule that is no threshold",
                found=f"the number {self.at_most}",
                fix="Add `form: threshold`, or take `at_most` out.",
            )


class Label(Part):
    """One value of a closed list that a signal asks from: a category of errors, a severity, a section of a policy."""

    value: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,79}$")]
    title: Text
    help: Text | None = None


class Threshold(Part):
    """The agreement that a batch must reach; another value than the domain's needs a rationale."""

    value: Share
    rationale: Text | None = None


class Qualification(Part):
    """The decision rule on gold items (SPEC 4.3).

    gold_min   gold items that a candidate judges at least
    chance     accuracy that must be ruled out
    alpha      accepted risk of passing somebody with that accuracy
    target     accuracy of the expert who is wanted
    """

    gold_min: Annotated[int, Field(ge=1, le=1000)] = 6
    chance: Share = "0.5"
    alpha: Share = "0.05"
    target: Share = "0.95"

    def faults(self) -> Iterator[Fault]:
        if not 0 < share_ppm(self.alpha) <= 500_000:
            yield Fault(
                path=("alpha",),
                expected="a risk above 0 and at most 0.5",
                found=self.alpha,
                fix="0.05 is usual.",
            )
        if share_ppm(self.chance) >= share_ppm(self.target):
            yield Fault(
                path=("target",),
                expected=f"more than chance ({self.chance})",
                found=self.target,
                fix="Name the accuracy that a good expert reaches.",
            )
        if Fraction(self.chance) ** self.gold_min > Fraction(self.alpha):
            yield Fault(
                path=("gold_min",),
                expected=f"enough gold items to rule out an accuracy of {self.chance} at a risk of {self.alpha}",
                found=f"{self.gold_min}, where even a faultless result would not do",
                fix="Ask for more gold items or accept a greater risk.",
            )


class Rubric(Versioned):
    """One version of the criteria of one domain. Immutable once it is published."""

    rubric: Literal["tallystick/rubric/1"]
    id: Slug
    domain: Domain
    title: Text
    task: Text
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1, max_length=20)]
    priority: tuple[PriorityRule, ...] = ()
    labels: dict[Slug, Annotated[tuple[Label, ...], Field(max_length=100)]] | None = None
    threshold: Threshold | None = None
    qualification: Qualification = Qualification()

    @property
    def by_id(self) -> dict[str, Criterion]:
        """The criteria by their id, in the rubric's order."""
        return {criterion.id: criterion for criterion in self.criteria}

    def faults(self) -> Iterator[Fault]:
        yield from _repeated(self.criteria)
        yield from _priority_faults(self)
        yield from _label_faults(self.labels or {})
        if (
            self.threshold
            and not self.threshold.rationale
            and threshold_ppm(self) != DOMAIN_THRESHOLDS_PPM[self.domain]
        ):
            usual = share_text(DOMAIN_THRESHOLDS_PPM[self.domain])
            yield Fault(
                path=("threshold",),
                expected=f"a rationale, because {self.domain} asks for {usual}",
                found=f"{self.threshold.value} without one",
                fix="Add `rationale:` or leave the threshold out.",
            )


def _label_faults(lists: Mapping[str, tuple[Label, ...]]) -> Iterator[Fault]:
    """Lists that no signal asks from, and values that stand twice."""
    known = sorted({name for signal in SIGNALS for name in signal.codes})
    for name, labels in lists.items():
        if not any(signal.has_list(name) for signal in SIGNALS):
            expected, fix = f"one of the lists {', '.join(known)}", "Name a list that a signal asks from."
            yield Fault(path=("labels", name), expected=expected, found=name, fix=fix)
        values = [label.value for label in labels]
        for number, value in enumerate(values):
            if value in values[:number]:
                expected, fix = "each value once", "Remove one of the two."
                yield Fault(path=("labels", name, number), expected=expected, found=f"{value} again", fix=fix)


def share_text(ppm: int) -> str:
    """Parts per million as the shortest decimal of at least two places: 800000 is 0.80."""
    whole, places = divmod(ppm, 1_000_000)
    return f"{whole}.{f'{places:06}'.rstrip('0').ljust(2, '0')}"


def threshold_ppm(rubric: Rubric) -> int:
    """The agreement that a batch under this rubric must reach, in parts per million."""
    return share_ppm(rubric.threshold.value) if rubric.threshold else DOMAIN_THRESHOLDS_PPM[rubric.domain]


def _repeated(criteria: Iterable[Criterion]) -> Iterator[Fault]:
    seen: set[str] = set()
    for number, criterion in enumerate(criteria):
        if criterion.id in seen:
            yield Fault(
                path=("criteria", number, "id"),
                expected="an id of its own for each criterion",
                found=f'"{criterion.id}" again',
                fix="Rename one of the two.",
            )
        seen.add(criterion.id)


def _priority_faults(rubric: Rubric) -> Iterator[Fault]:
    known = rubric.by_id
    for number, rule in enumerate(rubric.priority):
        for key, criterion in (("over", rule.over), ("under", rule.under)):
            if criterion not in known:
                close = difflib.get_close_matches(criterion, known, n=1)
                yield Fault(
                    path=("priority", number, key),
                    expected=f"one of the criteria {', '.join(known)}",
                    found=f'"{criterion}"',
                    fix=f"Did you mean `{close[0]}`?" if close else "Name a criterion of this rubric.",
                )
        earlier = rubric.priority[:number]
        if any(_pair(rule) == _pair(other) for other in earlier):
            yield Fault(
                path=("priority", number),
                expected="one rule of each form for each pair of criteria",
                found=f"{rule.over} over {rule.under} again",
                fix="Put both reasons into one rule.",
            )
        yield from _threshold_faults(rubric, number)
        if rule.over == rule.under or chain(earlier, rule.under, rule.over):
            yield Fault(
                path=("priority", number),
                expected="an order without a circle",
                found=f"{rule.over} over {rule.under}, which closes one",
                fix="Remove one of the rules of the circle.",
            )


def _pair(rule: PriorityRule) -> tuple[str, str, Form]:
    return rule.over, rule.under, rule.form or "clear"


def _threshold_faults(rubric: Rubric, number: int) -> Iterator[Fault]:
    rule = rubric.priority[number]
    upper = rubric.by_id.get(rule.over)
    if upper is not None and rule.at_most is not None and not upper.scale.low <= rule.at_most < upper.scale.high:
        yield Fault(
            path=("priority", number, "at_most"),
            expected=f"a score from {upper.scale.low} to {upper.scale.high - 1}, which not every score reaches",
            found=f"the number {rule.at_most}",
            fix=f"Name a score of the scale of {rule.over} below its best.",
        )


def chain(rules: Iterable[PriorityRule], over: str, under: str) -> tuple[PriorityRule, ...]:
    """The shortest row of rules by which one criterion outranks another; empty when it does not."""
    rules = tuple(rules)
    paths: dict[str, tuple[PriorityRule, ...]] = {over: ()}
    frontier = [over]
    while frontier:
        place = frontier.pop(0)
        for rule in rules:
            if rule.over == place and rule.under not in paths:
                paths[rule.under] = (*paths[place], rule)
                frontier.append(rule.under)
    return paths.get(under, ())

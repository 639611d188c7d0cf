"""Verdicts that an expert's own scores speak against (SPEC 3.2). Reads scores and writes nothing.

A contradiction is pointed out before a judgment is submitted; it never refuses one. The expert may have a reason
that the rubric does not know, and then the rubric is what has to be looked at.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tallystick.flow.rubric.model import Criterion, PriorityRule, Rubric, Side, chain
from tallystick.signals.preference import Verdict

Scores = Mapping[str, Mapping[Side, int]]

PREFERRED: Mapping[Verdict, Side | None] = {
    "a_clearly": "a",
    "a_slightly": "a",
    "tie": None,
    "b_slightly": "b",
    "b_clearly": "b",
}
"""The candidate that a verdict prefers. The other verdicts compare nothing, so no score can contradict them."""

_ADVICE = "Change the verdict or the scores, or keep both and say in your reasons why."
_OTHER: Mapping[Side, Side] = {"a": "b", "b": "a"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """A verdict against the rubric's order of criteria, given the expert's own scores.

    criterion  the id of the criterion that speaks against the verdict
    against    the candidate that this criterion clearly favours
    rules      the priority rules that apply; none when no score supports the verdict at all
    sentence   for the expert: what the scores say, which rule applies and why, what to do
    """

    criterion: str
    against: Side
    rules: tuple[PriorityRule, ...]
    sentence: str


def contradictions(rubric: Rubric, verdict: Verdict, scores: Scores) -> list[Contradiction]:
    """Every criterion that speaks against a verdict, in the rubric's order.

    scores   points by criterion id and candidate; a criterion without both scores says nothing

    A criterion speaks against a verdict when it clearly favours a candidate that the verdict does not prefer, and
    outranks every criterion that points the other way. Clearly means half of its scale: two points on 1 to 5.
    """
    if verdict not in PREFERRED:
        return []
    found: list[Contradiction] = []
    for criterion in rubric.criteria:
        side = _clearly_favoured(criterion, scores)
        if side and side != PREFERRED[verdict]:
            found.extend(_spoken_against(rubric, criterion, side, verdict=verdict, scores=scores))
    return found


def _spoken_against(
    rubric: Rubric, criterion: Criterion, side: Side, *, verdict: Verdict, scores: Scores
) -> Iterator[Contradiction]:
    supporters = [other for other in rubric.criteria if _lead(other, scores, _OTHER[side]) > 0]
    chains = [chain(rubric.priority, criterion.id, other.id) for other in supporters]
    if all(chains):
        rules = tuple(dict.fromkeys(rule for row in chains for rule in row))
        words = [_choice(verdict), _favour(criterion, side, scores), _ranks(criterion, supporters)]
        reasons = [_because(rubric, rule) for rule in rules]
        sentence = " ".join([f"{''.join(words)}.", *reasons, _ADVICE])
        yield Contradiction(criterion=criterion.id, against=side, rules=rules, sentence=sentence)


def _lead(criterion: Criterion, scores: Scores, side: Side) -> int:
    """By how many points a criterion favours a side; 0 when it has not both scores."""
    points = scores.get(criterion.id, {})
    return points[side] - points[_OTHER[side]] if "a" in points and "b" in points else 0


def _clearly_favoured(criterion: Criterion, scores: Scores) -> Side | None:
    lead = _lead(criterion, scores, "a")
    if abs(lead) < criterion.scale.clear_difference:
        return None
    return "a" if lead > 0 else "b"


def _choice(verdict: Verdict) -> str:
    preferred = PREFERRED[verdict]
    return f"You prefer {preferred.upper()}" if preferred else "You call it a tie"


def _favour(criterion: Criterion, side: Side, scores: Scores) -> str:
    points = scores[criterion.id]
    return f", but your scores for {criterion.name} clearly favour {side.upper()} (A {points['a']}, B {points['b']})"


def _ranks(criterion: Criterion, supporters: list[Criterion]) -> str:
    if not supporters:
        return ", and no other score points the other way"
    names = " and ".join(other.name for other in supporters)
    return f", and {criterion.name} outranks {names}"


def _because(rubric: Rubric, rule: PriorityRule) -> str:
    names = rubric.by_id
    return f"The rule {names[rule.over].name} over {names[rule.under].name} is there because {rule.why.rstrip('.')}."

"""Verdicts that an expert's own scores speak against (SPEC 3.2). Reads scores and writes nothing.

A contradiction is pointed out before a judgment is submitted; it never refuses one. The expert may have a reason
that the rubric does not know, and then the rubric is what has to be looked at.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

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

    criterion   the id of the criterion that speaks against the verdict
    against     the candidate that this criterion favours; of an order, the first or the second of a pair
    rules       the priority rules that apply; none when no score supports the verdict at all
    consistent  verdicts that these scores do not contradict, from A to B
    sentence    for the expert: what the scores say, which rule applies and why, what would be consistent, what to do
    """

    criterion: str
    against: Side
    rules: tuple[PriorityRule, ...]
    consistent: tuple[Verdict, ...]
    sentence: str


def contradictions(rubric: Rubric, verdict: Verdict, scores: Scores) -> list[Contradiction]:
    """Every criterion that speaks against a verdict, in the rubric's order.

    scores   points by criterion id and candidate; a criterion without both scores says nothing

    A criterion speaks against a verdict when it decides for a candidate that the verdict does not prefer, and outranks
    every criterion that points the other way. When it decides is what the form of its rules says; without a rule, and
    by a rule of the usual form, it does so from half of its scale on: two points on 1 to 5.
    """
    return _contradictions(rubric, verdict, scores, _PAIR) if verdict in PREFERRED else []


def order_contradictions(
    rubric: Rubric, places: Mapping[str, int], scores: Mapping[str, Mapping[str, int]]
) -> list[Contradiction]:
    """Every criterion that speaks against an order, once, with the first pair of candidates of which it does.

    places  candidate: its place, 1 the best; equals share one
    scores  points by criterion id and candidate

    Each two candidates are held against the rules as a pair: the one above is preferred, equals are a tie.
    """
    found: dict[str, Contradiction] = {}
    for one, other in combinations(sorted(places), 2):
        verdict: Verdict = "tie"
        if places[one] != places[other]:
            verdict = "a_slightly" if places[one] < places[other] else "b_slightly"
        pair: Scores = {
            name: {"a": points[one], "b": points[other]}
            for name, points in scores.items()
            if one in points and other in points
        }
        for against in _contradictions(rubric, verdict, pair, _Words.of_order(one, other)):
            found.setdefault(against.criterion, against)
    return [found[criterion.id] for criterion in rubric.criteria if criterion.id in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """How a pair of candidates is spoken of. said: a verdict in words, in the order of PREFERRED."""

    names: Mapping[Side, str]
    said: Mapping[Verdict, str]

    @classmethod
    def of_order(cls, one: str, other: str) -> "_Words":
        """Two candidates of an order."""
        first, second = one.upper(), other.upper()
        above, below = f"{first} above {second}", f"{second} above {first}"
        said: Mapping[Verdict, str] = {
            "a_clearly": above, "a_slightly": above, "tie": f"{first} and {second} in one place",
            "b_slightly": below, "b_clearly": below,
        }  # fmt: skip
        return cls(names={"a": first, "b": second}, said=said)


def _contradictions(rubric: Rubric, verdict: Verdict, scores: Scores, words: _Words) -> list[Contradiction]:
    found = _against(rubric, verdict, scores)
    consistent = tuple(one for one in PREFERRED if not _against(rubric, one, scores)) if found else ()
    return [
        Contradiction(
            criterion=one.criterion.id, against=one.side, rules=one.rules, consistent=consistent,
            sentence=_sentence(rubric, one, _Told(verdict, scores, consistent, words)),
        )
        for one in found
    ]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    criterion: Criterion
    side: Side
    rules: tuple[PriorityRule, ...]
    supporters: tuple[Criterion, ...]


def _against(rubric: Rubric, verdict: Verdict, scores: Scores) -> list[_Found]:
    sides: tuple[Side, Side] = ("a", "b")
    return [
        found
        for criterion in rubric.criteria
        for side in sides
        if side != PREFERRED[verdict]
        for found in _spoken_for(rubric, criterion, side, scores)
    ]


def _spoken_for(rubric: Rubric, criterion: Criterion, side: Side, scores: Scores) -> Iterator[_Found]:
    """The criterion, when it decides for a side against all that points the other way."""
    supporters = tuple(other for other in rubric.criteria if _lead(other, scores, _OTHER[side]) > 0)
    own = [rule for rule in rubric.priority if rule.over == criterion.id and _decides(criterion, rule, side, scores)]
    if not supporters and (_is_clear(criterion, side, scores) or any(rule.form == "threshold" for rule in own)):
        yield _Found(criterion=criterion, side=side, rules=(), supporters=())
    if not supporters or criterion in supporters:
        return
    others = [rule for rule in rubric.priority if rule.over != criterion.id]
    chains = [chain((*own, *others), criterion.id, other.id) for other in supporters]
    if all(chains):
        rules = tuple(dict.fromkeys(rule for row in chains for rule in row))
        yield _Found(criterion=criterion, side=side, rules=rules, supporters=supporters)


def _decides(criterion: Criterion, rule: PriorityRule, side: Side, scores: Scores) -> bool:
    """Whether a rule's upper criterion decides for a side, by the form of the rule."""
    if rule.form == "lexicographic":
        return _lead(criterion, scores, side) > 0
    if rule.form == "threshold":
        assert rule.at_most is not None, "a threshold rule was read with its score"
        points = scores.get(criterion.id, {})
        return "a" in points and "b" in points and points[_OTHER[side]] <= rule.at_most < points[side]
    return _is_clear(criterion, side, scores)


def _lead(criterion: Criterion, scores: Scores, side: Side) -> int:
    """By how many points a criterion favours a side; 0 when it has not both scores."""
    points = scores.get(criterion.id, {})
    return points[side] - points[_OTHER[side]] if "a" in points and "b" in points else 0


def _is_clear(criterion: Criterion, side: Side, scores: Scores) -> bool:
    return _lead(criterion, scores, side) >= criterion.scale.clear_difference


@dataclass(frozen=True, slots=True)
class _Told:
    """What a sentence is about."""

    verdict: Verdict
    scores: Scores
    consistent: tuple[Verdict, ...]
    words: _Words


def _sentence(rubric: Rubric, found: _Found, told: _Told) -> str:
    parts = [_choice(told), _favour(found.criterion, found.side, told), _ranks(found.criterion, found.supporters)]
    reasons = [_because(rubric, rule) for rule in found.rules]
    return " ".join([f"{''.join(parts)}.", *reasons, _would_be(told), _ADVICE])


def _choice(told: _Told) -> str:
    preferred = PREFERRED[told.verdict]
    if preferred:
        is_order = told.words is not _PAIR
        return f"You place {told.words.said[told.verdict]}" if is_order else f"You prefer {told.words.names[preferred]}"
    return "You call it a tie" if told.words is _PAIR else f"You place {told.words.said['tie']}"


def _favour(criterion: Criterion, side: Side, told: _Told) -> str:
    points, how = told.scores[criterion.id], " clearly" if _is_clear(criterion, side, told.scores) else ""
    first, second = told.words.names["a"], told.words.names["b"]
    given = f"({first} {points['a']}, {second} {points['b']})"
    return f", but your scores for {criterion.name}{how} favour {told.words.names[side]} {given}"


def _ranks(criterion: Criterion, supporters: tuple[Criterion, ...]) -> str:
    if not supporters:
        return ", and no other score points the other way"
    names = " and ".join(other.name for other in supporters)
    return f", and {criterion.name} outranks {names}"


_WHEN = {
    "lexicographic": ", whenever their scores differ,",
    "threshold": ", when one side alone has a score of {at_most} or less,",
}


def _because(rubric: Rubric, rule: PriorityRule) -> str:
    names = rubric.by_id
    when = _WHEN.get(rule.form or "clear", "").format(at_most=rule.at_most)
    return (
        f"The rule {names[rule.over].name} over {names[rule.under].name}{when} is there because {rule.why.rstrip('.')}."
    )


_PAIR = _Words(
    names={"a": "A", "b": "B"},
    said={
        "a_clearly": "A clearly better", "a_slightly": "A slightly better", "tie": "a tie",
        "b_slightly": "B slightly better", "b_clearly": "B clearly better",
    },
)  # fmt: skip


def _would_be(told: _Told) -> str:
    if not told.consistent:
        return "No comparison is consistent with these scores."
    said = dict.fromkeys(told.words.said[one] for one in told.consistent)
    return f"Consistent with these scores: {' or '.join(said)}."

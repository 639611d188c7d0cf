"""What a rubric lacks although it can be read (SPEC 1.2). Reads and writes nothing."""

from collections.abc import Iterator
from typing import Final, Literal

from tallystick.flow.document import Finding, Problem
from tallystick.flow.rubric.model import Rubric
from tallystick.flow.rubric.qualifying import GOLD_MAX, POWER_MIN, enough, kinds_needed, rule_on

KINDS_MIN: Final = 2
"""The verdicts of the signals that have fewest."""


def findings(rubric: Rubric) -> list[Finding]:
    """What a reader has a right to and does not find (SPEC 1.2): serious lacks first, in the rubric's order."""
    found = [*_criterion_findings(rubric), *_rubric_findings(rubric)]
    return sorted(found, key=lambda finding: finding.severity != "serious")


def check_takeable(rubric: Rubric, name: str) -> list[Problem]:
    """What keeps a version from being published that can be read: a qualification that nobody can take.

    name     what the writer of the document calls it
    returns  problems without a line; `document.placed` finds the lines in the rubric's text
    """
    items = rubric.qualification.gold_min
    if items <= GOLD_MAX:
        return []
    expected = f"at most {GOLD_MAX} gold items, which is what one attempt has"
    fix = "Ask for fewer, or accept a greater risk."
    path = "qualification.gold_min"
    return [Problem(name=name, line=None, path=path, expected=expected, found=str(items), fix=fix)]


def _criterion_findings(rubric: Rubric) -> Iterator[Finding]:
    for number, criterion in enumerate(rubric.criteria):
        path = f"criteria[{number}]"
        name = criterion.name
        if not criterion.examples:
            yield _finding("no-examples", f"{path}.examples", f"{name} has no worked example.")
        if not criterion.exclusions:
            yield _finding(
                "no-exclusions", f"{path}.exclusions", f"{name} has no exclusion: say what it does not judge."
            )
        if not criterion.abstain:
            words = f"{name} has no abstention rule: say when an expert should not score."
            yield _finding("no-abstain", f"{path}.abstain", words)
        if not criterion.escalation:
            words = f"{name} has no escalation path: say who decides what an expert cannot."
            yield _finding("no-escalation", f"{path}.escalation", words)
        if len(criterion.anchors) < 3 and criterion.scale.high - criterion.scale.low >= 3:
            words = f"{name} has anchors only at its ends: describe a point between them."
            yield _finding("no-middle-anchor", f"{path}.anchors", words, "warning")
        if len(set(criterion.anchors.values())) < len(criterion.anchors):
            words = f"{name} has the same words for two scores: nobody can tell them apart."
            yield _finding("same-anchors", f"{path}.anchors", words)
        if len({example.score for example in criterion.examples}) == 1:
            words = f"{name} has worked examples of one score only: show another one beside it."
            yield _finding("one-sided-examples", f"{path}.examples", words, "warning")


def _rubric_findings(rubric: Rubric) -> Iterator[Finding]:
    if not any(criterion.gated for criterion in rubric.criteria):
        yield _finding("nothing-gated", "criteria", "No criterion is gated: agreement on scores would gate nothing.")
    ranked = {name for rule in rubric.priority for name in (rule.over, rule.under)}
    for criterion in rubric.criteria:
        if len(rubric.criteria) > 1 and criterion.id not in ranked:
            words = f"{criterion.name} stands in no priority rule: say what it outranks or what outranks it."
            yield _finding("no-priority", "priority", words, "warning")

    yield from _qualification_findings(rubric)


def _qualification_findings(rubric: Rubric) -> Iterator[Finding]:
    asked = rubric.qualification
    items, most, target = asked.gold_min, GOLD_MAX, asked.target
    if items > most:
        words = f"The qualification asks for {items} gold items, and an attempt has {most} at most: nobody can pass."
        yield _finding("gold-min-large", "qualification.gold_min", words)
        return
    if (kinds := kinds_needed(asked)) is not None and kinds > KINDS_MIN:
        words = (
            f"Chance {asked.chance} is too low for signals whose gold items have fewer than {kinds} verdicts, such as "
            f"acceptable and not: whoever always answers alike would pass, so nobody can qualify on any number of "
            f"them. Raise chance to what somebody who guesses between the verdicts gets right."
        )
        yield _finding("chance-low", "qualification.chance", words, "warning")
    found, least = rule_on(asked, items), enough(asked)
    if found is not None and found.power >= POWER_MIN:
        return
    fails = 100 if found is None else round(100 * (1 - found.power))
    if least is None:
        words = (
            f"With gold_min {items}, {fails} % of experts of the target accuracy {target} fail the qualification, and "
            f"no number of gold items up to {most} is enough: put chance and target further apart."
        )
    else:
        words = (
            f"With gold_min {items}, {fails} % of experts of the target accuracy {target} fail the qualification: ask "
            f"for {least.n} gold items, with which at least 90 % pass."
        )
    yield _finding("gold-min-small", "qualification.gold_min", words, "warning")


def _finding(code: str, path: str, sentence: str, severity: Literal["serious", "warning"] = "serious") -> Finding:
    return Finding(code=code, path=path, severity=severity, sentence=sentence)

"""Each term of the evidence in plain words: what was seen, what it speaks for and against. Pure."""

import math
from collections import Counter

from tallystick.stats.disagreement.evidence import CAUSES, SOURCES, Cause, Evidence, Floats, Reading, Source

WORDS = {
    Cause.MISSING_CONTEXT: "missing context",
    Cause.RUBRIC_AMBIGUITY: "an ambiguous rubric",
    Cause.EXPERTISE_GAP: "a gap in expertise",
    Cause.RATER_ERROR: "a rater's error",
    Cause.VALUE_DIVERSITY: "different values",
}
ABSENT = {
    Source.LABELS: "Nobody gave a label.",
    Source.SKILL: "No rater's error rate is known: judge gold items or estimate it from other items.",
    Source.EXPERTS: "It is not known who is an expert of this domain.",
    Source.GROUPS: "No axis with two declared groups among the raters.",
    Source.CONTEXT_SEEN: "It is not known that anybody was shown more context than the others.",
    Source.RETESTS: "Nobody judged the item again.",
    Source.CONTEXT_FLAGS: "Nobody was asked whether context is missing.",
    Source.CALIBRATION: "No rater of the minority has judged again after calibration.",
    Source.CRITERIA: "No criteria are cited, or the rubric has only one.",
}
EVEN = 1.25  # times as likely, from which a term is said to speak for something


def of_term(source: Source, evidence: Evidence, reading: Reading, logs: Floats) -> str:
    """What was seen, and how much better the best cause explains it than the worst."""
    return f"{SEEN[source](evidence, reading)} {_weight(source, logs)}"


def _weight(source: Source, logs: Floats) -> str:
    best, worst = int(logs.argmax()), int(logs.argmin())
    ratio = math.exp(min(float(logs[best] - logs[worst]), 700.0))
    if ratio < EVEN:
        return "This fits all causes about equally well."
    if source in REFINED:
        cause = REFINED[source]
        change = float(logs[CAUSES.index(cause)])
        direction = "more" if change > 0 else "less"
        return f"This makes {WORDS[cause]} {_times(math.exp(min(abs(change), 700.0)))} {direction} likely."
    return f"This fits {WORDS[CAUSES[best]]} {_times(ratio)} better than {WORDS[CAUSES[worst]]}."


REFINED = {
    Source.SKILL: Cause.RATER_ERROR,
    Source.EXPERTS: Cause.EXPERTISE_GAP,
    Source.GROUPS: Cause.VALUE_DIVERSITY,
    Source.CONTEXT_SEEN: Cause.MISSING_CONTEXT,
}


def _times(ratio: float) -> str:
    return f"{ratio:.1f} times" if ratio < 100 else "over 100 times"


def _split(labels: list[str]) -> str:
    counted = sorted(Counter(labels).items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{count} x {label!r}" for label, count in counted)


def _labels(evidence: Evidence, _: Reading) -> str:
    return f"{len(evidence.labels)} raters: {_split(list(evidence.labels.values()))}."


def _skill(evidence: Evidence, _: Reading) -> str:
    rates = [rate for rater, rate in evidence.error_rates.items() if rater in evidence.labels]
    return f"Raters with a known error rate: {len(rates)}, from {min(rates):.0%} to {max(rates):.0%}."


def _experts(evidence: Evidence, _: Reading) -> str:
    known = evidence.experts or frozenset()
    experts = [label for rater, label in evidence.labels.items() if rater in known]
    others = [label for rater, label in evidence.labels.items() if rater not in known]
    return f"Experts of this domain: {_split(experts) or 'none'}; others: {_split(others) or 'none'}."


def _groups(evidence: Evidence, reading: Reading) -> str:
    """Axes and how many declared: who said what in which group is not for a sentence that many may read."""
    counts = [
        f"{axis} ({len(evidence.labels.keys() & evidence.groups[axis].keys())} raters, {len(names)} groups)"
        for axis, names in zip(reading.axis_names, reading.group_names, strict=True)
    ]
    return f"Declared groups on {', '.join(counts)}."


def _context(evidence: Evidence, _: Reading) -> str:
    saw = [label for rater, label in evidence.labels.items() if evidence.context_seen.get(rater)]
    others = [label for rater, label in evidence.labels.items() if not evidence.context_seen.get(rater)]
    return f"With the context: {_split(saw)}; without: {_split(others) or 'none'}."


COUNTED = {
    Source.RETESTS: "blind repetitions changed",
    Source.CONTEXT_FLAGS: "raters say that context is missing",
    Source.CALIBRATION: "minority raters moved to the majority after calibration",
}


def _counted(source: Source, reading: Reading) -> str:
    count = reading.counts[source]
    return f"{count.hits} of {count.trials} {COUNTED[source]}."


def _criteria(evidence: Evidence, reading: Reading) -> str:
    cited = len({name for names in evidence.criteria.values() for name in names})
    return f"{len(reading.cited)} citations of {cited} of {reading.criteria} criteria."


SEEN = {
    Source.LABELS: _labels,
    Source.SKILL: _skill,
    Source.EXPERTS: _experts,
    Source.GROUPS: _groups,
    Source.CONTEXT_SEEN: _context,
    Source.RETESTS: lambda _, reading: _counted(Source.RETESTS, reading),
    Source.CONTEXT_FLAGS: lambda _, reading: _counted(Source.CONTEXT_FLAGS, reading),
    Source.CALIBRATION: lambda _, reading: _counted(Source.CALIBRATION, reading),
    Source.CRITERIA: _criteria,
}
assert set(SEEN) == set(ABSENT) == set(SOURCES)

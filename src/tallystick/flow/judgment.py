"""From an expert's answer to a judgment. Pure: values in, events or a refusal out."""

from dataclasses import dataclass

from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric, Verdict, contradictions
from tallystick.signals import preference
from tallystick.signals.preference import CriterionScale, PreferenceAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """An answer that may become a judgment: verdict and scores name the item's own candidates."""

    verdict: str
    scores: dict[str, dict[str, int]]
    reasons: list[str]
    defects: list[str]
    confirmed: list[str]


def scales(rubric: Rubric) -> dict[str, CriterionScale]:
    """What a preference must know of each criterion."""
    return {
        criterion.id: CriterionScale(criterion.scale.low, criterion.scale.high, criterion.citation_required)
        for criterion in rubric.criteria
    }


def consider(
    answer: PreferenceAnswer, rubric: Rubric, order: str, *, shown: list[str], earlier: list[str]
) -> Considered | Refused:
    """Check an answer against the rubric.

    order    the order in which the candidates were shown
    shown    texts that were on the page
    earlier  the expert's latest reasons, newest first
    """
    found = preference.faults(answer, scales(rubric))
    if found:
        sentence = " ".join(fault.sentence for fault in found)
        return Refused("answer-incomplete", sentence, found[0].field, tuple(fault.field for fault in found))
    against = warnings(answer, rubric)
    open_ones = [contradiction for contradiction in against if contradiction[0] not in answer.confirmed]
    if open_ones:
        sentence = " ".join(words for _, words in open_ones) + " To keep the verdict, confirm it and submit again."
        return Refused("verdict-contradicts-scores", sentence, "confirmed", tuple(name for name, _ in open_ones))
    verdict, scores = preference.unshuffled(answer, order)
    reasons = list(dict.fromkeys(reason.criterion for reason in answer.reasons))
    return Considered(
        verdict=verdict, scores=scores, reasons=reasons,
        defects=preference.defects(answer, shown=shown, earlier=earlier),
        confirmed=[name for name, _ in against],
    )  # fmt: skip


def warnings(answer: PreferenceAnswer, rubric: Rubric) -> list[tuple[str, str]]:
    """(criterion, sentence) for every priority rule that the verdict contradicts, as shown to the expert."""
    verdict: Verdict = answer.verdict
    scores = {name: {"a": points.a, "b": points.b} for name, points in answer.scores.items() if points is not None}
    return [(found.criterion, found.sentence) for found in contradictions(rubric, verdict, scores)]  # type: ignore[arg-type]  # keys are a and b

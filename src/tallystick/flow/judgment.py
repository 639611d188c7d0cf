"""From an expert's answer to a judgment. Pure: values in, events or a refusal out."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import cast

from tallystick.flow.answer import Matter, faults
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric, Scores, Verdict, contradictions, order_contradictions
from tallystick.signals import BY_NAME, checking
from tallystick.signals.shape import UNDECIDED, Answer, Mark, names_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """An answer that may become a judgment, in terms of the item's own candidates.

    marks  with the words that belong to them
    texts  what the expert wrote
    """

    verdict: str
    scores: dict[str, dict[str, int]]
    reasons: list[str]
    defects: list[str]
    confirmed: list[str]
    values: dict[str, str] = field(default_factory=dict)
    marks: tuple[Mark, ...] = ()
    texts: dict[str, str] = field(default_factory=dict)


def role_of(expert_roles: Collection[str], *, signal: str, verdict: str, asks_language: bool) -> str:
    """The role in which somebody judges: the most special one that the work asks for and the roster gives them.

    Whoever writes a response is its author, given that role on the roster or not. An adjudicator who judges like
    everybody else does so as an expert.

    asks_language  whether the contract in force gives items of the domain by language alone
    """
    kind = BY_NAME[signal]
    if kind.writes(verdict):
        return "author"
    wanted = {"policy_reviewer": kind.is_policy, "language_specialist": asks_language, "reviewer": True}
    return next((role for role, is_asked in wanted.items() if is_asked and role in expert_roles), "expert")


def consider(answer: Answer, rubric: Rubric, matter: Matter, *, earlier: list[str]) -> Considered | Refused:
    """Check an answer against the rubric.

    earlier  the expert's latest reasons, newest first
    """
    matter = matter.under(rubric)
    shown = checking.page_texts(matter.signal, matter.content)
    found = faults(answer, rubric, matter, shown=shown)
    if found:
        sentence = " ".join(fault.sentence for fault in found)
        return Refused("answer-incomplete", sentence, found[0].field, tuple(fault.field for fault in found))
    against = warnings(answer, rubric)
    open_ones = [contradiction for contradiction in against if contradiction[0] not in answer.confirmed]
    if open_ones:
        sentence = " ".join(words for _, words in open_ones) + " To keep the verdict, confirm it and submit again."
        return Refused("verdict-contradicts-scores", sentence, "confirmed", tuple(name for name, _ in open_ones))
    own = checking.unshuffled(matter.signal, answer, matter.content, names_of(matter.order))
    return Considered(
        verdict=own.verdict, scores=given_scores(own), reasons=list(dict.fromkeys(r.criterion for r in own.reasons)),
        defects=checking.defects(answer, shown=shown, earlier=earlier), confirmed=[name for name, _ in against],
        values=dict(own.values), marks=tuple(own.marks), texts={k: v for k, v in own.texts.items() if v.strip()},
    )  # fmt: skip


def given_scores(answer: Answer) -> dict[str, dict[str, int]]:
    """The scores of an answer without the criteria from which the expert abstained."""
    return {name: dict(points) for name, points in answer.scores.items() if points is not None}


def warnings(answer: Answer, rubric: Rubric) -> list[tuple[str, str]]:
    """(criterion, sentence) for every priority rule that the answer contradicts, as shown to the expert.

    Of a pair its verdict is held against the rules, of an order each pair in it; other answers compare nothing.
    """
    scores = given_scores(answer)
    places = {mark.on: mark.place for mark in answer.marks if mark.place is not None}
    if places and answer.verdict not in UNDECIDED:
        found = order_contradictions(rubric, places, scores)
    else:
        found = contradictions(rubric, cast("Verdict", answer.verdict), cast("Scores", scores))
    return [(one.criterion, one.sentence) for one in found]

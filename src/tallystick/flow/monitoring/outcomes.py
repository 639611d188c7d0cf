"""Sections of the report on what came after judging: disagreements, people, shortcuts, escapes, what was done. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

from tallystick.events.monitoring import ShortcutAudited
from tallystick.flow.escape import Estimate
from tallystick.flow.monitoring import told
from tallystick.flow.monitoring.matter import Drift, Matter, Step
from tallystick.flow.monitoring.sections import (
    DISAGREEMENTS,
    DONE,
    ESCAPE,
    PEOPLE,
    SHORTCUTS,
    TITLES,
    Cause,
    Section,
    section,
    without,
)
from tallystick.flow.monitoring.told import Worded, numbered, percent, worded
from tallystick.stats.rates import COUNT_MIN

_CLASSES: Final[Mapping[str, tuple[str, str]]] = {
    "missing_context": (
        worded("the item lacks context"),
        worded("Bring what is missing, and have the items judged again."),
    ),
    "rubric_ambiguity": (
        worded("the rubric can be read in two ways"),
        worded("Calibrate on them and revise the criteria that they turn on."),
    ),
    "expertise_gap": (worded("the judges lack the expertise"), worded("Route such items to experts who have it.")),
    "rater_error": (
        worded("somebody erred"),
        worded("Have them judged again; if one kind of item gathers errors, look at its instructions."),
    ),
    "value_diversity": (
        worded("people differ in what they value"),
        worded("Preserve them as distributions: nothing is to be mended."),
    ),
}


_CAUSE_NAMES: Final[Mapping[str, str]] = {
    "missing_context": worded("missing context"), "rubric_ambiguity": worded("rubric ambiguity"),
    "expertise_gap": worded("expertise gap"), "rater_error": worded("rater error"),
    "value_diversity": worded("value diversity"),
}  # fmt: skip


def _stands(state: str, number: int) -> str:
    """How many disagreements stand in one way."""
    known = {
        "open": numbered("%(number)s open", "%(number)s open", number),
        "preserved": numbered("%(number)s preserved", "%(number)s preserved", number),
        "returned": numbered("%(number)s returned", "%(number)s returned", number),
        "settled": numbered("%(number)s settled", "%(number)s settled", number),
        "withdrawn": numbered("%(number)s withdrawn", "%(number)s withdrawn", number),
    }
    return known.get(state) or f"{number:,} {state}"


def disagreements(matter: Matter) -> Section:
    """What disagreements come from."""
    number = sum(matter.cases.values())
    if not number:
        return section(DISAGREEMENTS, worded("No complete item has judgments that point different ways."))
    states = Worded.joined((_stands(state, n) for state, n in sorted(matter.cases.items())), ", ")
    answer = numbered(
        "%(number)s item has judgments that point different ways: %(states)s.",
        "%(number)s items have judgments that point different ways: %(states)s.",
        number, states=states,
    )  # fmt: skip
    if not matter.classes:
        return Section(
            id=DISAGREEMENTS, title=TITLES[DISAGREEMENTS], answer=answer,
            missing=worded(
                "None of them was classified: classify the disagreements of a batch to see what they come from."
            ),
        )  # fmt: skip
    total = sum(matter.classes.values())
    causes = [
        Cause(
            sentence=numbered(
                "In %(number)s case of %(total)s %(what)s.", "In %(number)s cases of %(total)s %(what)s.",
                n, total=total, what=_CLASSES[name][0],
            ),
            action=_CLASSES[name][1],
            numbers=(told.of_part(_CAUSE_NAMES[name], n, total),), is_clear=n >= COUNT_MIN,
        )
        for name, n in sorted(matter.classes.items(), key=lambda pair: (-pair[1], pair[0]))
        if name in _CLASSES
    ]  # fmt: skip
    open_ones = matter.classes.get("undetermined", 0)
    if open_ones:
        thin = worded(
            "Of %(total)s that were classified the evidence is too thin in %(number)s.", total=total, number=open_ones
        )
        answer = Worded.joined((answer, thin))
    return section(DISAGREEMENTS, answer, causes)


_FALLS: Final[Mapping[str | None, str]] = {
    "rubric": worded("Revise the criterion that the sentinels turned on."),
    "gold": worded("Correct or withdraw the gold items."),
    "expert": worded("Calibrate with the expert, and have what is held reviewed."),
    "chance": worded("Nothing is to be mended."),
    "unclear": worded("Watch the next answers."),
    None: worded("Look at the answers together and decide what they come from, the rubric first."),
}  # fmt: skip


def _fell(one: Drift) -> str:
    return numbered(
        "Answers to sentinels under %(rubric)s fell: %(right)s of %(answers)s are right; %(number)s judgment was held.",
        "Answers to sentinels under %(rubric)s fell: %(right)s of %(answers)s are right; %(number)s judgments were "
        "held.",
        one.held, rubric=one.rubric, right=str(one.right), answers=str(one.answers),
    )  # fmt: skip


def _came_from(found: str | None) -> str:
    known = {
        None: worded("What it comes from is not decided."),
        "rubric": worded("It was found to come from: rubric."),
        "gold": worded("It was found to come from: gold."),
        "expert": worded("It was found to come from: expert."),
        "chance": worded("It was found to come from: chance."),
        "unclear": worded("It was found to come from: unclear."),
    }
    return known.get(found) or f"It was found to come from: {found}."


def people(matter: Matter) -> Section:
    """Whether experts stay as good as they were."""
    if matter.sentinels is None:
        return without(
            PEOPLE, worded("No sentinels were ever mixed into the work: set a policy to see whether anybody drifts.")
        )
    answers, right = matter.sentinels
    if not answers:
        return without(
            PEOPLE, worded("A policy mixes sentinels into the work, and nobody has answered one yet: nothing is known.")
        )
    answer = numbered(
        "Of %(number)s answer to sentinels %(right)s were right.",
        "Of %(number)s answers to sentinels %(right)s were right.",
        answers, right=right,
    )  # fmt: skip
    causes = [
        Cause(
            sentence=Worded.joined((_fell(one), _came_from(one.found))), action=_FALLS.get(one.found, _FALLS[None]),
            numbers=(told.of_place(worded("judgments held"), one.held, one.seq),), is_clear=True,
        )
        for one in matter.drifts
    ]  # fmt: skip
    return section(PEOPLE, answer, causes, [told.of_part(worded("sentinels answered right"), right, answers)])


def shortcuts(matter: Matter) -> Section:
    """Whether preferences follow form."""
    if not matter.audit or matter.audit_seq is None:
        return without(SHORTCUTS, worded("No shortcut audit was made: `tallystick programme audit` makes one."))
    causes = [cause for fact in matter.audit for cause in _of_audit(fact, matter.audit_seq)]
    whole = [fact for fact in matter.audit if fact.axis == "all"]
    answer = Worded.joined(told.foretold(fact) for fact in whole)
    return section(
        SHORTCUTS, answer, causes, [number for fact in whole for number in told.of_audit(fact, matter.audit_seq)]
    )


def _of_audit(fact: ShortcutAudited, seq: int) -> list[Cause]:
    """Of the whole and of rubric versions; what one expert follows stands on their page."""
    if fact.axis == "expert":
        return []
    return [
        Cause(
            sentence=told.effect_sentence(effect, fact),
            action=worded(
                "Look at pairs that are alike in it, and swap the order of some: where better answers have more of it, "
                "this is what is to be expected."
            ),
            numbers=(told.of_effect(effect, seq),), is_clear=fact.is_flagged,
        )
        for effect in fact.effects
        if effect.is_called and effect.win_ppm is not None
    ]  # fmt: skip


def escape(found: Estimate | None) -> Section:
    """What got through."""
    if found is None or found.overall is None or not found.overall.reviewed:
        return without(ESCAPE, worded("No finished item was looked at a second time: draw a sample for re-review."))
    one = found.overall
    answer = worded(
        "Of %(reviewed)s finished items that were reviewed again %(defective)s were defective.",
        reviewed=one.reviewed, defective=one.defective,
    )  # fmt: skip
    if one.at_most is not None:
        answer = worded(
            "Of %(reviewed)s finished items that were reviewed again %(defective)s were defective, and at most "
            "%(share)s of all finished items are.",
            reviewed=one.reviewed, defective=one.defective, share=percent(one.at_most),
        )  # fmt: skip
    causes = [
        Cause(
            sentence=numbered(
                "%(number)s defect with %(kind)s.", "%(number)s defects with %(kind)s.",
                kind.defective, kind=f"{axis} {value.replace('_', ' ')}",
            ),
            action=worded("Find what these items have in common, and hold the next batch against it."),
            numbers=(told.of_escape(f"{axis} {value}", kind),), is_clear=kind.defective >= 3,
        )
        for axis, value, kind in found.by_kind
        if kind.defective
    ]  # fmt: skip
    return section(ESCAPE, answer, causes, [told.of_escape(worded("defective"), one)])


def done(steps: Sequence[Step]) -> Section:
    """What was done about it."""
    if not steps:
        return section(
            DONE,
            worded("No corrective action is in the journal: no new rubric version, no intervention, no work redone."),
        )
    answer = numbered(
        "%(number)s step is in the journal, oldest first.",
        "%(number)s steps are in the journal, oldest first.",
        len(steps),
    )
    causes = [
        Cause(sentence=one.sentence, action=worded("Journal entry %(seq)s.", seq=one.seq), numbers=(), is_clear=False)
        for one in steps
    ]
    return section(DONE, answer, causes)

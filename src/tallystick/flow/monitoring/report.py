"""The report on quality: what keeps a programme's judgments from being better, what to do, and what was done. Pure.

It reads as an explanation: each cause is a sentence with its figures, where they come from, and an action that fits it.
The rubric stands before the items, and these before the people, of whom nobody is named. What is not known is said.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tallystick.canon import PPM
from tallystick.events.monitoring import ShortcutAudited
from tallystick.flow.diagnosis import CLUSTER, CRITERION, EXPERT, PAIR, VERSION, Diagnosis, Finding
from tallystick.flow.escape import Estimate
from tallystick.flow.monitoring import figures, told
from tallystick.flow.monitoring.figures import ALL, Kind, Shown
from tallystick.flow.monitoring.matter import Gate, Matter, Step
from tallystick.flow.monitoring.told import Number, percent
from tallystick.stats.rates import COUNT_MIN, Rate

AGREEMENT, RUBRIC, ITEMS, REASONS, DISAGREEMENTS, PEOPLE, SHORTCUTS, ESCAPE, DONE = SECTIONS = (
    "agreement", "rubric", "items", "reasons", "disagreements", "people", "shortcuts", "escape", "done",
)  # fmt: skip
TITLES: Final[Mapping[str, str]] = {
    AGREEMENT: "Does agreement reach its thresholds?", RUBRIC: "Is the rubric read in one way?",
    ITEMS: "Do items hold what is needed to judge them?", REASONS: "Are reasons given as they should be?",
    DISAGREEMENTS: "What do disagreements come from?", PEOPLE: "Do experts stay as good as they were?",
    SHORTCUTS: "Do preferences follow form instead of substance?", ESCAPE: "What got through?",
    DONE: "What was done about it?",
}  # fmt: skip
LACKING: Final = 0.05
"""Above this share of judgments that lacked context, or of reasons with a defect, something is worth doing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One thing that keeps quality down: a sentence, its figures, and what to do about it.

    is_clear  beyond what chance shows; a cause that is not is a place to look at
    """

    sentence: str
    action: str
    numbers: tuple[Number, ...]
    is_clear: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One question, its answer in a sentence, and the causes behind it.

    missing  why there is no answer yet, and how to get one; empty when there is
    """

    id: str
    title: str
    answer: str
    causes: tuple[Cause, ...] = ()
    numbers: tuple[Number, ...] = ()
    missing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole report. `upto` is the place in the journal up to which it speaks."""

    programme: str
    title: str
    upto: int
    judgments: int
    items: int
    summary: tuple[str, ...]
    sections: tuple[Section, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every question has an answer."""
        return not any(section.missing for section in self.sections)


def report(matter: Matter) -> Report:
    """The report of one programme."""
    shares = {
        (one.kind.measure, one.kind.dimension, one.kind.family): one for one in figures.of_programme(matter.counted)
    }
    sections = (
        _agreement(matter.gates), _rubric(matter, shares), _items(shares), _reasons(matter, shares),
        _disagreements(matter), _people(matter), _shortcuts(matter), _escape(matter.escape), _done(matter.done),
    )  # fmt: skip
    return Report(
        programme=matter.programme, title=matter.title, upto=matter.upto, judgments=matter.counted.judgments,
        items=matter.counted.items, summary=_summary(sections), sections=sections,
    )  # fmt: skip


def _summary(sections: Sequence[Section]) -> tuple[str, ...]:
    """The clear causes with what to do, in the order of the sections; what is not known at the end."""
    clear = [f"{cause.sentence} {cause.action}" for one in sections for cause in one.causes if cause.is_clear]
    missing = [TITLES[one.id] for one in sections if one.missing]
    if not clear:
        clear = ["Nothing stands out beyond what chance shows, in what was looked at."]
    return (*clear, f"Not answered yet: {' '.join(missing)}") if missing else tuple(clear)


Shares = Mapping[tuple[str, str, str], Shown]


def _section(name: str, answer: str, causes: Iterable[Cause] = (), numbers: Iterable[Number] = ()) -> Section:
    return Section(id=name, title=TITLES[name], answer=answer, causes=tuple(causes), numbers=tuple(numbers))


def _without(name: str, why: str) -> Section:
    return Section(id=name, title=TITLES[name], answer="Not answered yet.", missing=why)


def _agreement(gates: Sequence[Gate]) -> Section:
    if not gates:
        return _without(AGREEMENT, "There is no batch of work with judgments yet: import items and have them judged.")
    by = {name: [gate for gate in gates if gate.decision == name] for name in ("pass", "fail", "undecided", None)}
    told_of = [
        told.counted(len(by["pass"]), "batch passes", "batches pass"),
        told.counted(len(by["fail"]), "falls short", "fall short"),
        told.counted(len(by["undecided"]), "is undecided", "are undecided"),
        told.counted(len(by[None]), "was not measured", "were not measured"),
    ]
    answer = "; ".join(part for part in told_of if not part.startswith("0 ")) + "."
    causes = [cause for gate in gates for cause in _causes_of(gate)]
    return _section(AGREEMENT, answer, causes, (number for gate in gates for number in told.of_gate(gate)))


_IF: Final[Mapping[str, str]] = {
    CRITERION: "If {} were read alike",
    CLUSTER: "If items with {} were judged as much alike as the others",
    VERSION: "If judgments under version {} were as close to each other as the rest",
    PAIR: "If two of the raters were as close to each other as others are",
    EXPERT: "If one of the raters were as close to the others as they are to each other",
}
_THEN: Final[Mapping[str, str]] = {
    CRITERION: "Hold a calibration session on this criterion, and revise its anchors with worked examples.",
    CLUSTER: "Look at a few of these items together: they may lack context, or need a worked example of their own.",
    VERSION: "Have what was judged under this version judged again under the one in force.",
    PAIR: "Let both label the same items apart and compare, after the criteria have been looked at.",
    EXPERT: "Calibrate with them, after the criteria have been looked at: it may be the wording that they read apart.",
}


def _causes_of(gate: Gate) -> list[Cause]:
    found = gate.diagnosis
    if found is None:
        return []
    shown = [one for one in found.findings if one.is_clear and one.gain_ppm is not None][:5]
    if not shown and gate.decision == "fail":
        sentence = f"{gate.name}: no single part explains the shortfall. It is spread over many, or items are too few."
        return [
            Cause(sentence=sentence, action="Have more items judged, then diagnose again.", numbers=(), is_clear=False)
        ]
    return [_cause_of(gate, found, one) for one in shown]


def _cause_of(gate: Gate, found: Diagnosis, one: Finding) -> Cause:
    assert one.gain_ppm is not None
    what = _IF[one.kind].format(told.part_of(one))
    then = min(1.0, (found.value_ppm + one.gain_ppm) / PPM)
    share = "" if one.share_ppm is None else f": {percent(min(1.0, one.share_ppm / PPM))} of what is missing"
    origin = f"diagnosis at journal entry {gate.recorded}" if gate.recorded is not None else "diagnosis made now"
    gain = f"agreement would be {then:.2f} instead of {found.value_ppm / PPM:.2f}{share}"
    return Cause(
        sentence=f"{gate.name}: {_lower(what)}, {gain}.",
        action=_THEN[one.kind], numbers=told.of_finding(one, origin), is_clear=True,
    )  # fmt: skip


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]


def _rubric(matter: Matter, shares: Shares) -> Section:
    apart = [shares[key] for key in shares if key[0] == figures.DISAGREEMENT and key[2] == ALL]
    known = [one for one in apart if one.share is not None and one.kind.dimension != figures.VERDICT]
    if not known:
        return _without(RUBRIC, "No criterion has twenty comparisons of scores yet: have more items judged twice.")
    usual = sorted(one.share or 0.0 for one in known)[(len(known) - 1) // 2]
    over = {one.group[0]: one for one in matter.overturns.by_criterion}
    causes = [
        _of_criterion(matter, one, over=over, usual=usual)
        for one in sorted(known, key=lambda one: -(one.share or 0.0))
        if one.interval and len(known) > 1 and one.interval.low > usual
    ]
    causes += [
        Cause(
            sentence=f"Adjudicators remarked on {name} ({rubric}) in {told.counted(n, 'case', 'cases')}.",
            action="Read what they wrote on the page of the rubric, and answer it in its next version.",
            numbers=(), is_clear=n > 1,
        )
        for (rubric, name), n in sorted(matter.remarks.items(), key=lambda pair: (-pair[1], pair[0]))
    ]  # fmt: skip
    widest = max(known, key=lambda one: one.share or 0.0)
    answer = (
        f"On {told.dimension(widest.kind)} experts score different candidates higher most often: "
        f"in {told.share_of(widest)} of comparisons; half of the criteria lie at {percent(usual)} or below."
    )
    numbers = [told.of_share(one) for one in apart]
    return _section(RUBRIC, answer, causes, numbers)


def _of_criterion(matter: Matter, one: Shown, *, over: Mapping[str, Rate], usual: float) -> Cause:
    left = matter.counted.of(Kind(measure=figures.ABSTENTION, dimension=one.kind.dimension, family=ALL)).values()
    without, size = sum(pair[0] for pair in left), sum(pair[1] for pair in left)
    beside = f" In {percent(without / size)} of judgments it was left out." if size and without / size > LACKING else ""
    overturned = over.get(one.kind.dimension.partition(": ")[2])
    return Cause(
        sentence=f"{told.dimension(one.kind)} is read in more than one way: in {told.share_of(one)} of comparisons "
        f"experts score different candidates higher on it, where {percent(usual)} is usual.{beside}",
        action="Calibrate on items where they part, and put what comes of it into its anchors and worked examples.",
        numbers=(told.of_share(one), *([told.of_rate("overturned", overturned)] if overturned else [])), is_clear=True,
    )  # fmt: skip


def _items(shares: Shares) -> Section:
    whole = shares.get((figures.CONTEXT, figures.VERDICT, ALL))
    if whole is None or whole.share is None:
        return _without(ITEMS, "There are fewer than twenty judgments: nothing can be said of what items lack.")
    parts = [
        one for key, one in shares.items() if key[0] == figures.CONTEXT and key[2] != ALL and one.share is not None
    ]
    causes = [
        Cause(
            sentence=f"Items of {told.family(one.kind)} lack context in {told.share_of(one)} of judgments.",
            action="Read a few of their reasons, and bring what is missing with the item or leave such items out.",
            numbers=(told.of_share(one),), is_clear=bool(one.interval and one.interval.low > LACKING),
        )
        for one in parts or [whole]
        if (one.share or 0.0) > LACKING
    ]  # fmt: skip
    answer = f"In {told.share_of(whole)} of judgments experts said that the item does not hold enough to decide."
    abstained = shares.get((figures.ABSTENTION, figures.VERDICT, ALL))
    if abstained is not None and abstained.share is not None:
        answer += f" In {told.share_of(abstained)} they abstained."
    return _section(
        ITEMS, answer, causes, [told.of_share(one) for one in (whole, abstained, *parts) if one is not None]
    )


_DEFECTS: Final[Mapping[str, tuple[str, str]]] = {
    "copied-from-self": (
        "repeat the words of an earlier reason of the same expert",
        "Ask for what is special about the item at hand; see whether items are too much alike to say anything new.",
    ),
    "copied-from-page": (
        "only repeat the text that was on the page",
        "Show in the rubric's examples what a reason is: a quote says where, and the reason says why it matters.",
    ),
}


def _reasons(matter: Matter, shares: Shares) -> Section:
    whole = shares.get((figures.DEFECTS, figures.VERDICT, ALL))
    if whole is None or whole.share is None:
        return _without(
            REASONS, "Fewer than twenty judgments with reasons that were checked: those made elsewhere are not."
        )
    causes = []
    for name, n in sorted(matter.counted.defects.items(), key=lambda pair: (-pair[1], pair[0])):
        words, action = _DEFECTS.get(name, (f"have the defect {name}", "Read a few of them."))
        causes.append(
            Cause(
                sentence=f"{told.counted(n, 'judgment has', 'judgments have')} reasons that {words}.", action=action,
                numbers=(told.of_part(name.replace("-", " "), n, whole.n),),
                is_clear=bool(whole.interval and whole.interval.low > LACKING),
            )
        )  # fmt: skip
    answer = f"{told.share_of(whole).capitalize()} of judgments have a defect in their reasons."
    return _section(REASONS, answer, causes, [told.of_share(whole)])


_CLASSES: Final[Mapping[str, tuple[str, str]]] = {
    "missing_context": ("the item lacks context", "Bring what is missing, and have the items judged again."),
    "rubric_ambiguity": (
        "the rubric can be read in two ways",
        "Calibrate on them and revise the criteria that they turn on.",
    ),
    "expertise_gap": ("the judges lack the expertise", "Route such items to experts who have it."),
    "rater_error": (
        "somebody erred",
        "Have them judged again; if one kind of item gathers errors, look at its instructions.",
    ),
    "value_diversity": ("people differ in what they value", "Preserve them as distributions: nothing is to be mended."),
}


def _disagreements(matter: Matter) -> Section:
    number = sum(matter.cases.values())
    if not number:
        return _section(DISAGREEMENTS, "No complete item has judgments that point different ways.")
    states = ", ".join(f"{n:,} {state}" for state, n in sorted(matter.cases.items()))
    answer = f"{told.counted(number, 'item has', 'items have')} judgments that point different ways: {states}."
    if not matter.classes:
        return Section(
            id=DISAGREEMENTS, title=TITLES[DISAGREEMENTS], answer=answer,
            missing="None of them was classified: classify the disagreements of a batch to see what they come from.",
        )  # fmt: skip
    total = sum(matter.classes.values())
    causes = [
        Cause(
            sentence=f"In {told.counted(n, 'case', 'cases')} of {total:,} {_CLASSES[name][0]}.",
            action=_CLASSES[name][1],
            numbers=(told.of_part(name.replace("_", " "), n, total),), is_clear=n >= COUNT_MIN,
        )
        for name, n in sorted(matter.classes.items(), key=lambda pair: (-pair[1], pair[0]))
        if name in _CLASSES
    ]  # fmt: skip
    open_ones = matter.classes.get("undetermined", 0)
    if open_ones:
        answer += f" Of {total:,} that were classified the evidence is too thin in {open_ones:,}."
    return _section(DISAGREEMENTS, answer, causes)


_FALLS: Final[Mapping[str | None, str]] = {
    "rubric": "Revise the criterion that the sentinels turned on.", "gold": "Correct or withdraw the gold items.",
    "expert": "Calibrate with the expert, and have what is held reviewed.", "chance": "Nothing is to be mended.",
    "unclear": "Watch the next answers.",
    None: "Look at the answers together and decide what they come from, the rubric first.",
}  # fmt: skip


def _people(matter: Matter) -> Section:
    if matter.sentinels is None:
        return _without(
            PEOPLE, "No sentinels were ever mixed into the work: set a policy to see whether anybody drifts."
        )
    answers, right = matter.sentinels
    answer = f"Of {told.counted(answers, 'answer', 'answers')} to sentinels {right:,} were right."
    causes = [
        Cause(
            sentence=f"Answers to sentinels under {one.rubric} fell: {one.right} of {one.answers} are right; "
            f"{told.counted(one.held, 'judgment was', 'judgments were')} held. "
            + (f"It was found to come from: {one.found}." if one.found else "What it comes from is not decided."),
            action=_FALLS.get(one.found, _FALLS[None]),
            numbers=(told.of_place("judgments held", one.held, one.seq),), is_clear=True,
        )
        for one in matter.drifts
    ]  # fmt: skip
    return _section(
        PEOPLE, answer, causes, [told.of_part("sentinels answered right", right, answers)] if answers else ()
    )


def _shortcuts(matter: Matter) -> Section:
    if not matter.audit or matter.audit_seq is None:
        return _without(SHORTCUTS, "No shortcut audit was made: `tallystick programme audit` makes one.")
    causes = [cause for fact in matter.audit for cause in _of_audit(fact, matter.audit_seq)]
    whole = [fact for fact in matter.audit if fact.axis == "all"]
    answer = " ".join(told.foretold(fact) for fact in whole)
    return _section(
        SHORTCUTS, answer, causes, [number for fact in whole for number in told.of_audit(fact, matter.audit_seq)]
    )


def _of_audit(fact: ShortcutAudited, seq: int) -> list[Cause]:
    """Of the whole and of rubric versions; what one expert follows stands on their page."""
    if fact.axis == "expert":
        return []
    return [
        Cause(
            sentence=told.effect_sentence(effect, fact),
            action="Look at pairs that are alike in it, and swap the order of some: where better answers have more of "
            "it, this is what is to be expected.",
            numbers=(told.of_effect(effect, seq),), is_clear=fact.is_flagged,
        )
        for effect in fact.effects
        if effect.is_called and effect.win_ppm is not None
    ]  # fmt: skip


def _escape(found: Estimate | None) -> Section:
    if found is None or found.overall is None or not found.overall.reviewed:
        return _without(ESCAPE, "No finished item was looked at a second time: draw a sample for re-review.")
    one = found.overall
    top = "" if one.at_most is None else f", and at most {percent(one.at_most)} of all finished items are"
    answer = f"Of {one.reviewed:,} finished items that were reviewed again {one.defective:,} were defective{top}."
    causes = [
        Cause(
            sentence=f"{told.counted(kind.defective, 'defect', 'defects')} with {axis} {value.replace('_', ' ')}.",
            action="Find what these items have in common, and hold the next batch against it.",
            numbers=(told.of_escape(f"{axis} {value}", kind),), is_clear=kind.defective >= 3,
        )
        for axis, value, kind in found.by_kind
        if kind.defective
    ]  # fmt: skip
    return _section(ESCAPE, answer, causes, [told.of_escape("defective", one)])


def _done(steps: Sequence[Step]) -> Section:
    if not steps:
        return _section(
            DONE, "No corrective action is in the journal: no new rubric version, no intervention, no work redone."
        )
    answer = f"{told.counted(len(steps), 'step is', 'steps are')} in the journal, oldest first."
    causes = [
        Cause(sentence=one.sentence, action=f"Journal entry {one.seq:,}.", numbers=(), is_clear=False) for one in steps
    ]
    return _section(DONE, answer, causes)

"""The report on quality: what keeps a programme's judgments from being better, what to do, and what was done. Pure.

It reads as an explanation: each cause is a sentence with its figures, where they come from, and an action that fits it.
The rubric stands before the items, and these before the people, of whom nobody is named. What is not known is said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tallystick.canon import PPM
from tallystick.flow.diagnosis import CLUSTER, CRITERION, EXPERT, PAIR, VERSION, Diagnosis, Finding
from tallystick.flow.monitoring import figures, told
from tallystick.flow.monitoring.figures import ALL, Kind, Shown
from tallystick.flow.monitoring.matter import Gate, Matter
from tallystick.flow.monitoring.outcomes import disagreements, done, escape, people, shortcuts
from tallystick.flow.monitoring.sections import (
    AGREEMENT,
    ITEMS,
    LACKING,
    REASONS,
    RUBRIC,
    TITLES,
    Cause,
    Section,
    section,
    without,
)
from tallystick.flow.monitoring.told import Worded, decimal, numbered, percent, worded
from tallystick.stats.rates import Rate


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
        return not any(one.missing for one in self.sections)


def report(matter: Matter) -> Report:
    """The report of one programme."""
    shares = {
        (one.kind.measure, one.kind.dimension, one.kind.family): one for one in figures.of_programme(matter.counted)
    }
    sections = (
        _agreement(matter.gates), _rubric(matter, shares), _items(shares), _reasons(matter, shares),
        disagreements(matter), people(matter), shortcuts(matter), escape(matter.escape), done(matter.done),
    )  # fmt: skip
    return Report(
        programme=matter.programme, title=matter.title, upto=matter.upto, judgments=matter.counted.judgments,
        items=matter.counted.items, summary=_summary(sections), sections=sections,
    )  # fmt: skip


def _summary(sections: Sequence[Section]) -> tuple[str, ...]:
    """The clear causes with what to do, in the order of the sections; what is not known at the end."""
    clear: list[str] = [
        Worded.joined((cause.sentence, cause.action)) for one in sections for cause in one.causes if cause.is_clear
    ]
    missing = [TITLES[one.id] for one in sections if one.missing]
    if not clear:
        clear = [worded("Nothing stands out beyond what chance shows, in what was looked at.")]
    if not missing:
        return tuple(clear)
    return (*clear, worded("Not answered yet: %(questions)s", questions=Worded.joined(missing)))


Shares = Mapping[tuple[str, str, str], Shown]


def _agreement(gates: Sequence[Gate]) -> Section:
    if not gates:
        return without(
            AGREEMENT, worded("There is no batch of work with judgments yet: import items and have them judged.")
        )
    by = {name: [gate for gate in gates if gate.decision == name] for name in ("pass", "fail", "undecided", None)}
    told_of = [
        numbered("%(number)s batch passes", "%(number)s batches pass", len(by["pass"])),
        numbered("%(number)s falls short", "%(number)s fall short", len(by["fail"])),
        numbered("%(number)s is undecided", "%(number)s are undecided", len(by["undecided"])),
        numbered("%(number)s was not measured", "%(number)s were not measured", len(by[None])),
    ]
    answer = worded("%(parts)s.", parts=Worded.joined((part for part in told_of if part.number), "; "))
    causes = [cause for gate in gates for cause in _causes_of(gate)]
    return section(AGREEMENT, answer, causes, (number for gate in gates for number in told.of_gate(gate)))


def _if(one: Finding) -> Worded:
    """What mending a part would mean."""
    name = told.part_of(one)
    return {
        CRITERION: worded("if %(name)s were read alike", name=name),
        CLUSTER: worded("if items with %(name)s were judged as much alike as the others", name=name),
        VERSION: worded("if judgments under version %(name)s were as close to each other as the rest", name=name),
        PAIR: worded("if two of the raters were as close to each other as others are"),
        EXPERT: worded("if one of the raters were as close to the others as they are to each other"),
    }[one.kind]


_THEN: Final[Mapping[str, str]] = {
    CRITERION: worded("Hold a calibration session on this criterion, and revise its anchors with worked examples."),
    CLUSTER: worded(
        "Look at a few of these items together: they may lack context, or need a worked example of their own."
    ),
    VERSION: worded("Have what was judged under this version judged again under the one in force."),
    PAIR: worded("Let both label the same items apart and compare, after the criteria have been looked at."),
    EXPERT: worded(
        "Calibrate with them, after the criteria have been looked at: it may be the wording that they read apart."
    ),
}


def _causes_of(gate: Gate) -> list[Cause]:
    found = gate.diagnosis
    if found is None:
        return []
    shown = [one for one in found.findings if one.is_clear and one.gain_ppm is not None][:5]
    if not shown and gate.decision == "fail":
        sentence = worded(
            "%(name)s: no single part explains the shortfall. It is spread over many, or items are too few.",
            name=gate.name,
        )
        action = worded("Have more items judged, then diagnose again.")
        return [Cause(sentence=sentence, action=action, numbers=(), is_clear=False)]
    return [_cause_of(gate, found, one) for one in shown]


def _cause_of(gate: Gate, found: Diagnosis, one: Finding) -> Cause:
    assert one.gain_ppm is not None
    then = decimal(min(1.0, (found.value_ppm + one.gain_ppm) / PPM))
    origin = worded("diagnosis made now")
    if gate.recorded is not None:
        origin = worded("diagnosis at journal entry %(seq)s", seq=str(gate.recorded))
    gain = worded(
        "%(name)s: %(what)s, agreement would be %(then)s instead of %(now)s.",
        name=gate.name, what=_if(one), then=then, now=decimal(found.value_ppm / PPM),
    )  # fmt: skip
    if one.share_ppm is not None:
        gain = worded(
            "%(name)s: %(what)s, agreement would be %(then)s instead of %(now)s: %(share)s of what is missing.",
            name=gate.name, what=_if(one), then=then, now=decimal(found.value_ppm / PPM),
            share=percent(min(1.0, one.share_ppm / PPM)),
        )  # fmt: skip
    return Cause(
        sentence=gain, action=_THEN[one.kind], numbers=told.of_finding(one, origin), is_clear=True,
    )  # fmt: skip


def _rubric(matter: Matter, shares: Shares) -> Section:
    apart = [shares[key] for key in shares if key[0] == figures.DISAGREEMENT and key[2] == ALL]
    known = [one for one in apart if one.share is not None and one.kind.dimension != figures.VERDICT]
    if not known:
        return without(
            RUBRIC, worded("No criterion has twenty comparisons of scores yet: have more items judged twice.")
        )
    usual = sorted(one.share or 0.0 for one in known)[(len(known) - 1) // 2]
    over = {one.group[0]: one for one in matter.overturns.by_criterion}
    causes = [
        _of_criterion(matter, one, over=over, usual=usual)
        for one in sorted(known, key=lambda one: -(one.share or 0.0))
        if one.interval and len(known) > 1 and one.interval.low > usual
    ]
    causes += [
        Cause(
            sentence=numbered(
                "Adjudicators remarked on %(name)s (%(rubric)s) in %(number)s case.",
                "Adjudicators remarked on %(name)s (%(rubric)s) in %(number)s cases.",
                n, name=name, rubric=rubric,
            ),
            action=worded("Read what they wrote on the page of the rubric, and answer it in its next version."),
            numbers=(), is_clear=n > 1,
        )
        for (rubric, name), n in sorted(matter.remarks.items(), key=lambda pair: (-pair[1], pair[0]))
    ]  # fmt: skip
    widest = max(known, key=lambda one: one.share or 0.0)
    answer = worded(
        "On %(what)s experts score different candidates higher most often: in %(share)s of comparisons; half of the "
        "criteria lie at %(usual)s or below.",
        what=told.dimension(widest.kind), share=told.share_of(widest), usual=percent(usual),
    )  # fmt: skip
    numbers = [told.of_share(one) for one in apart]
    return section(RUBRIC, answer, causes, numbers)


def _of_criterion(matter: Matter, one: Shown, *, over: Mapping[str, Rate], usual: float) -> Cause:
    left = matter.counted.of(Kind(measure=figures.ABSTENTION, dimension=one.kind.dimension, family=ALL)).values()
    without, size = sum(pair[0] for pair in left), sum(pair[1] for pair in left)
    beside = ""
    if size and without / size > LACKING:
        beside = worded("In %(share)s of judgments it was left out.", share=percent(without / size))
    overturned = over.get(one.kind.dimension.partition(": ")[2])
    return Cause(
        sentence=Worded.joined((
            worded(
                "%(what)s is read in more than one way: in %(share)s of comparisons experts score different candidates "
                "higher on it, where %(usual)s is usual.",
                what=told.dimension(one.kind), share=told.share_of(one), usual=percent(usual),
            ),
            beside,
        )),
        action=worded(
            "Calibrate on items where they part, and put what comes of it into its anchors and worked examples."
        ),
        numbers=(told.of_share(one), *([told.of_rate(worded("overturned"), overturned)] if overturned else [])),
        is_clear=True,
    )  # fmt: skip


def _items(shares: Shares) -> Section:
    whole = shares.get((figures.CONTEXT, figures.VERDICT, ALL))
    if whole is None or whole.share is None:
        return without(ITEMS, worded("There are fewer than twenty judgments: nothing can be said of what items lack."))
    parts = [
        one for key, one in shares.items() if key[0] == figures.CONTEXT and key[2] != ALL and one.share is not None
    ]
    causes = [
        Cause(
            sentence=worded(
                "Items of %(family)s lack context in %(share)s of judgments.",
                family=told.family(one.kind), share=told.share_of(one),
            ),
            action=worded(
                "Read a few of their reasons, and bring what is missing with the item or leave such items out."
            ),
            numbers=(told.of_share(one),), is_clear=bool(one.interval and one.interval.low > LACKING),
        )
        for one in parts or [whole]
        if (one.share or 0.0) > LACKING
    ]  # fmt: skip
    answer = worded(
        "In %(share)s of judgments experts said that the item does not hold enough to decide.",
        share=told.share_of(whole),
    )
    abstained = shares.get((figures.ABSTENTION, figures.VERDICT, ALL))
    if abstained is not None and abstained.share is not None:
        answer = Worded.joined((answer, worded("In %(share)s they abstained.", share=told.share_of(abstained))))
    return section(ITEMS, answer, causes, [told.of_share(one) for one in (whole, abstained, *parts) if one is not None])


_DEFECTS: Final[Mapping[str, tuple[str, str]]] = {
    "copied-from-self": (
        worded("repeat the words of an earlier reason of the same expert"),
        worded(
            "Ask for what is special about the item at hand; see whether items are too much alike to say anything new."
        ),
    ),
    "copied-from-page": (
        worded("only repeat the text that was on the page"),
        worded(
            "Show in the rubric's examples what a reason is: a quote says where, and the reason says why it matters."
        ),
    ),
    "quote-not-found": (
        worded("quote words that are not in the item"),
        worded("Ask for the words of the item itself: whoever reads the reason later looks for them there."),
    ),
}


def _reasons(matter: Matter, shares: Shares) -> Section:
    whole = shares.get((figures.DEFECTS, figures.VERDICT, ALL))
    if whole is None or whole.share is None:
        return without(
            REASONS,
            worded("Fewer than twenty judgments with reasons that were checked: those made elsewhere are not."),
        )
    causes = []
    for name, n in sorted(matter.counted.defects.items(), key=lambda pair: (-pair[1], pair[0])):
        words, action = _DEFECTS.get(
            name, (worded("have the defect %(name)s", name=name), worded("Read a few of them."))
        )
        causes.append(
            Cause(
                sentence=numbered(
                    "%(number)s judgment has reasons that %(what)s.",
                    "%(number)s judgments have reasons that %(what)s.",
                    n, what=words,
                ),
                action=action, numbers=(told.of_part(name.replace("-", " "), n, whole.n),),
                is_clear=bool(whole.interval and whole.interval.low > LACKING),
            )
        )  # fmt: skip
    answer = worded("%(share)s of judgments have a defect in their reasons.", share=told.share_of(whole))
    return section(REASONS, answer, causes, [told.of_share(whole)])

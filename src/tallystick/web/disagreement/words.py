"""The words for causes of disagreements, their evidence and what would help, and tables that tell of them. Pure."""

from collections.abc import Callable, Iterable, Mapping

from tallystick.app.disagreement import AXES, NOT_CLASSIFIED, Corrections
from tallystick.canon import PPM
from tallystick.events.disagreement import DisagreementClassified, DistributionRecorded, FurtherEvidence
from tallystick.flow.disagreement import NO_VARIATION, UNDETERMINED
from tallystick.web import words
from tallystick.web.language import N_, Words, counted, said, told
from tallystick.web.language.formats import count, number
from tallystick.web.views import disagreement as views
from tallystick.web.views.parts import Fact, Pill

SECTION = N_("Disagreements")
SOURCES: Mapping[str, str] = Words({
    "labels": "Labels", "skill": "How often judges are wrong", "experts": "Who is qualified",
    "groups": "Declared groups", "context_seen": "Who saw more context", "retests": "Judged again, same rubric",
    "context_flags": "Asked for context", "calibration": "Judged again, clearer rubric",
    "criteria": "Criteria in reasons",
})  # fmt: skip
CAUSES: Mapping[str, str] = Words({
    "rater_error": "Rater error", "expertise_gap": "Expertise gap", "rubric_ambiguity": "Rubric ambiguity",
    "missing_context": "Missing context", "value_diversity": "Value diversity",
})  # fmt: skip
"""The causes as headings and choices; inside of other words they are words.CAUSES."""
_FOUND: Mapping[str, str] = Words({
    "missing_context": "missing context", "rubric_ambiguity": "an ambiguous rubric",
    "expertise_gap": "a gap in expertise", "rater_error": "a rater's error", "value_diversity": "different values",
})  # fmt: skip
"""The causes as a sentence finds them."""
_HEADS: Mapping[str, str] = Words({
    UNDETERMINED: "Undetermined", NO_VARIATION: "Not divided", NOT_CLASSIFIED: "Not classified",
})  # fmt: skip
_BY_AXIS: Mapping[str, str] = Words({
    "age": "%(item)s, by age", "gender": "%(item)s, by gender", "region": "%(item)s, by where you grew up",
    "schooling": "%(item)s, by highest schooling", "practice": "%(item)s, by years in your profession",
})  # fmt: skip
_STATES: Mapping[str, Pill] = {
    UNDETERMINED: Pill(label="undetermined", tone="waiting"), NO_VARIATION: Pill(label="not divided"),
    NOT_CLASSIFIED: Pill(label="not classified", tone="waiting"),
}  # fmt: skip


def standing(stands: str) -> Pill:
    """How the cause of a disagreement stands."""
    return _STATES.get(stands) or Pill(label=words.CAUSES[stands], tone="good")


def heading_of(stands: str) -> str:
    """The same as the head of a column."""
    return _HEADS.get(stands) or CAUSES[stands]


def percent(share: float) -> str:
    """`41%`."""
    return said("%(number)s%%", number=number(100 * share, 0))


def summary_said(fact: DisagreementClassified, needed: float) -> str:
    """What was found, in a sentence: flow.disagreement.summary in the language of the reader.

    needed  the share from which on the likeliest cause counts as determined
    """
    if fact.status != "ok":
        return said("Nobody who decided differs from another: there is no cause to look for.")
    first, second = sorted(fact.posterior, key=lambda name: -fact.posterior[name])[:2]
    likely, then = _likely(fact, first), _likely(fact, second)
    if fact.cause is not None:
        return said("The likeliest cause is %(cause)s, before %(next)s.", cause=likely, next=then)
    return said(
        "Undetermined: the likeliest cause is %(cause)s, then %(next)s; %(share)s is needed.",
        cause=likely, next=then, share=percent(needed),
    )  # fmt: skip


def _likely(fact: DisagreementClassified, name: str) -> str:
    return said("%(cause)s (%(share)s)", cause=_FOUND[name], share=percent(fact.posterior[name] / PPM))


def help_said(one: FurtherEvidence) -> str:
    """What to ask for, in a sentence: flow.disagreement.help_words in the language of the reader."""
    return _HELPS[one.kind](one.judgments)


_HELPS: Mapping[str, Callable[[int], str]] = {
    "labels": lambda number: counted(
        "Have %(number)s expert more judge the item.", "Have %(number)s experts more judge the item.", number
    ),
    "experts": lambda number: counted(
        "Have %(number)s expert who is qualified in this domain judge the item.",
        "Have %(number)s experts who are qualified in this domain judge the item.",
        number,
    ),
    "groups": lambda number: counted(
        "Ask %(number)s judge, if they wish, to declare their groups.",
        "Ask %(number)s judges, if they wish, to declare their groups.",
        number,
    ),
    "context_seen": lambda number: counted(
        "Give %(number)s judge the context that may be missing.",
        "Give %(number)s judges the context that may be missing.",
        number,
    ),
    "retests": lambda number: counted(
        "Have %(number)s judge judge the item again, blind and later.",
        "Have %(number)s judges judge the item again, blind and later.",
        number,
    ),
    "context_flags": lambda number: counted(
        "Ask %(number)s judge whether context is missing.", "Ask %(number)s judges whether context is missing.", number
    ),
    "calibration": lambda number: counted(
        "Clarify the rubric and have %(number)s judge of the minority judge again.",
        "Clarify the rubric and have %(number)s judges of the minority judge again.",
        number,
    ),
}


def table(one: DistributionRecorded, *, of: str) -> views.GroupTable:
    """Counts by declared group, as a page shows them."""
    labels = tuple(label for label in one.categories if one.total.get(label))
    title = _BY_AXIS.get(one.axis) or "%(item)s"
    return views.GroupTable(
        title=title % {"item": of}, labels=tuple(words.verdict(label) for label in labels),
        rows=tuple(
            (_groups(one.axis, row.groups), row.people, tuple(_cell(row.counts.get(label)) for label in labels))
            for row in one.cells
        ),
        note=said(
            "Of %(people)s judges who declared it; A and B as the item was imported. Groups of fewer than %(least)s "
            "are put together, and counts that could tell of one person are not shown.",
            people=one.people, least=one.cell_min,
        ),
    )  # fmt: skip


def _cell(number: int | None) -> str:
    return said("hidden") if number is None else str(number)


def _groups(axis: str, groups: Iterable[str]) -> str:
    """The names of groups that stand together in one row."""
    known = next((one.groups for one in AXES if one.id == axis), {})
    return ", ".join(told(known.get(group, group)) for group in groups)


def corrections(found: Corrections) -> tuple[Fact, ...]:
    """What people made of proposed causes."""
    if not found.cases:
        return ()
    kept = said("none was determined before")
    if found.kept is not None and found.kept_interval is not None:
        low, high = found.kept_interval.low, found.kept_interval.high
        kept = said(
            "%(share)s of %(number)s (95 %% interval %(low)s to %(high)s)",
            share=percent(found.kept), number=found.cases - found.undetermined, low=percent(low), high=percent(high),
        )  # fmt: skip
    changed = [
        Fact(
            term=said("%(proposed)s became %(cause)s", proposed=proposed_as(proposed), cause=words.CAUSES[cause]),
            value=counted("%(number)s item", "%(number)s items", times),
        )
        for (proposed, cause), times in sorted(found.confusion.items(), key=lambda pair: -pair[1])
        if proposed != cause
    ]
    return (
        Fact(term=said("Items of which somebody said the cause"), value=count(found.cases)),
        Fact(term=said("Determined causes that were kept"), value=kept), *changed[:10],
    )  # fmt: skip


def proposed_as(proposed: str | None) -> str:
    """A proposed cause in words; None where none was determined."""
    return said("undetermined") if proposed is None else words.CAUSES[proposed]

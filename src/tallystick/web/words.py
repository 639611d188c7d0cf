"""The words that people read for the codes of the journal: verdicts, coefficients, states, events. Pure."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final, Protocol

from tallystick.canon import PPM
from tallystick.events.gate import MeasuredValue
from tallystick.web.language import Words, formats, ngettext, said
from tallystick.web.views.parts import Estimate, Pill

VERDICTS: Final = Words({
    "a_clearly": "A clearly", "a_slightly": "A slightly", "tie": "Tie", "b_slightly": "B slightly",
    "b_clearly": "B clearly", "both_unacceptable": "Both unacceptable",
    "insufficient_context": "Insufficient context", "abstain": "Abstain", "a": "A", "b": "B",
})  # fmt: skip


def verdict(value: str) -> str:
    """A verdict in words, of whatever signal."""
    return VERDICTS.get(value) or value.replace("_", " ").capitalize()


DIRECTIONS: Final = Words({
    "a": "A is better", "b": "B is better", "tie": "Tie", "both_unacceptable": "Both unacceptable",
    "a_clearly": "A clearly", "a_slightly": "A slightly", "b_slightly": "B slightly", "b_clearly": "B clearly",
})  # fmt: skip
METRICS: Final = Words({
    "krippendorff_alpha": "Krippendorff's alpha", "percent_agreement": "Percent agreement",
    "cohen_kappa": "Cohen's kappa", "fleiss_kappa": "Fleiss' kappa", "gwet_ac1": "Gwet's AC1",
})  # fmt: skip
STATUSES: Final = Words({
    "no_variation": "every answer that could be compared is the same",
    "no_overlap": "no item was answered by two raters",
    "single_rater": "all answers come from one rater",
    "too_few_items": "fewer than two items have two answers",
})  # fmt: skip
ITEM_STATES: Final[Mapping[str | None, Pill]] = {
    "waiting": Pill(label="waiting", tone="waiting"), "active": Pill(label="being judged", tone="waiting"),
    "complete": Pill(label="complete", tone="good"), "erased": Pill(label="erased", tone="quiet"),
    None: Pill(label="no work"),
}  # fmt: skip
CASE_STATES: Final[Mapping[str, Pill]] = {
    "open": Pill(label="open", tone="waiting"), "settled": Pill(label="settled", tone="good"),
    "preserved": Pill(label="preserved", tone="good"),
    "withdrawn": Pill(label="withdrawn: judged again", tone="waiting"), "returned": Pill(label="sent back"),
}  # fmt: skip
RISKS: Final[Mapping[str, Pill]] = {
    "restricted_severe": Pill(label="severe, of restricted risk", tone="bad"),
    "high_severe": Pill(label="severe, of high risk", tone="bad"),
    "restricted": Pill(label="restricted", tone="bad"), "high": Pill(label="high risk", tone="bad"),
    "medium": Pill(label="medium risk", tone="waiting"), "low": Pill(label="low risk"),
}  # fmt: skip
CAUSES: Final = Words({
    "rater_error": "rater error", "expertise_gap": "expertise gap", "rubric_ambiguity": "rubric ambiguity",
    "missing_context": "missing context", "value_diversity": "value diversity",
})  # fmt: skip
FAULTS: Final = Words({
    "ambiguous": "can be read in two ways", "missing": "does not cover this", "contradicts": "contradicts another part",
    "too_strict": "is too strict", "too_lax": "is too lax",
})  # fmt: skip
RETURNS: Final = Words({
    "missing_context": "The item lacks context that has to be added or declared",
    "more_judges": "Others have to judge it", "unclear_rubric": "The rubric has to be clearer first",
    "error": "The judgments rest on an error",
})  # fmt: skip
HOLDS: Final = Words({"drift": "answers on sentinels fell off"})
"""What held judgments, in words."""
QUALIFICATION_STATES: Final[Mapping[str, Pill]] = {
    "running": Pill(label="going on", tone="waiting"), "qualified": Pill(label="qualified", tone="good"),
    "failed": Pill(label="not passed", tone="bad"), "ended": Pill(label="ended without a result"),
}  # fmt: skip
LAPSED: Final = Pill(label="lapsed: the rubric changed", tone="waiting")
"""Of a qualification that was passed under a version that another one has replaced."""
ROLES: Final = Words({
    "lead": "lead", "expert": "expert", "researcher": "researcher", "auditor": "auditor", "engineer": "engineer",
    "adjudicator": "adjudicator", "author": "author", "reviewer": "reviewer", "policy_reviewer": "policy reviewer",
    "language_specialist": "language specialist", "custodian": "custodian",
})  # fmt: skip
EVENTS: Final = Words({
    "cell-opened/1": "The cell was opened",
    "content-accessed/1": "Somebody looked at the content",
    "candidates-unblinded/1": "Somebody looked behind the blinding",
    "person-enrolled/1": "A person joined",
    "roles-changed/1": "Roles were set anew",
    "region-declared/1": "A person's region was declared",
    "languages-declared/1": "A person said which languages they know",
    "language-confirmed/1": "What a person knows of a language was confirmed",
    "clearance-granted/1": "A person was cleared for restricted items",
    "clearance-revoked/1": "A clearance was revoked",
    "routing-set/1": "A contract said who gets the items of a domain",
    "welfare-rules-set/1": "A contract said which content can weigh on people, and how much is too much",
    "own-settings-saved/1": "A person saved the settings of their own work",
    "expert-contract-executed/1": "A contract and its rights assignment were recorded as executed",
    "session-opened/1": "A person signed in",
    "session-ended/1": "A person signed out",
    "qualification-started/1": "A qualification was started",
    "qualification-started/2": "A qualification was started",
    "gold-answered/1": "An item of a qualification was judged",
    "person-qualified/1": "A person was found qualified",
    "qualification-failed/1": "A qualification was not passed",
    "programme-opened/1": "A programme was opened from its data contract",
    "contract-revised/1": "A new version of a data contract came into force",
    "phase-moved/1": "A programme moved to another phase",
    "release-phased/1": "It was recorded in which phase a release was made",
    "rubric-published/1": "A rubric version came into force",
    "affected-kept/1": "Judgments were found to stand under a later rubric version",
    "affected-requeued/1": "All judgments on a changed criterion were set aside, to be judged again",
    "constitution-published/1": "A version of the constitution came into force",
    "operationalization-proposed/1": "It was proposed how a rubric carries principles",
    "operationalization-signed/1": "One of two roles agreed how a rubric carries principles",
    "operationalization-agreed/1": "Both roles agreed how a rubric carries principles",
    "operationalization-declined/1": "One of two roles did not agree how a rubric carries principles",
    "trade-off-noted/1": "A trade-off between principles was noted",
    "batch-opened/1": "A batch was opened",
    "item-imported/1": "An item was imported",
    "import-finished/1": "An import was read to its end",
    "assignment-leased/1": "An item was given to an expert, in an order of candidates of their own",
    "assignment-released/1": "An item came back without a judgment",
    "judgment-submitted/1": "A judgment was submitted",
    "judgment-imported/1": "A judgment made elsewhere was taken in",
    "batch-measured/1": "A batch was measured and the gate decided",
    "disagreement-opened/1": "A disagreement was opened",
    "disagreement-settled/1": "A disagreement was settled",
    "disagreement-preserved/1": "A disagreement was preserved",
    "disagreement-returned/1": "The judgments of a disagreement were sent back",
    "judgments-held/1": "Judgments of one expert were held until somebody has reviewed them",
    "judgments-cleared/1": "A held judgment was found to stand",
    "judgments-requeued/1": "Judgments were set aside, to be judged again",
    "case-leased/1": "An adjudicator took a case",
    "case-released/1": "A case came back without a decision",
    "rubric-feedback-recorded/1": "An adjudicator said what is wrong with a criterion",
    "settlement-confirmed/1": "An adjudicator confirmed that they settle what people may differ on",
    "assignment-policy-set/1": "The contract said what its tiers of risk need",
    "item-authored/1": "The author of an item was recorded",
    "senior-granted/1": "Somebody was made a senior adjudicator",
    "senior-revoked/1": "Somebody is a senior adjudicator no more",
    "rereview-drawn/1": "Finished items were drawn for a second look",
    "rereview-leased/1": "A reviewer took a drawn item",
    "rereview-released/1": "A drawn item came back unanswered",
    "rereview-answered/1": "A drawn item was looked at again",
    "intervention-opened/1": "A gate failed, and an intervention was opened",
    "intervention-diagnosed/1": "What would help most was looked for and recorded",
    "intervention-revised/1": "A rubric was revised in an intervention",
    "rubric-ruled-out/1": "The rubric was ruled out as the cause",
    "intervention-remeasured/1": "A batch was measured again after judgments were redone",
    "expert-stood-down/1": "An expert stood down under a rubric",
    "expert-reinstated/1": "An expert was reinstated under a rubric",
    "intervention-closed/1": "An intervention was closed",
    "calibration-opened/1": "A calibration session was opened",
    "calibration-labelled/1": "An item was labelled in a calibration session",
    "calibration-revealed/1": "The labels of a calibration session were shown",
    "language-marked/1": "Words of a rubric were marked",
    "example-proposed/1": "A worked example was proposed for a rubric",
    "mark-answered/1": "A mark on a rubric was answered",
    "calibration-ended/1": "A calibration session ended",
    "shortcut-audited/1": "Preferences were held against the form of texts",
    "disagreement-classified/1": "The cause of a disagreement was looked for and recorded",
    "class-corrected/1": "A person said what the cause of a disagreement is",
    "groups-declared/1": "A person declared groups, or took it back",
    "distribution-recorded/1": "Counts by declared group were kept with a preserved item",
    "class-model-fitted/1": "A model of causes was fitted to corrections",
    "class-model-chosen/1": "A model of causes came into force",
    "release-cut/1": "A release was decided",
    "release-built/1": "The files of a release were built",
    "erasure-ordered/1": "Content was ordered to be erased, and became unreadable",
    "objects-erased/1": "Contents that an erasure took were named",
    "release-copy-erased/1": "The cell's own copy of a release was erased",
    "holders-notified/1": "A holder of a release was told of an erasure",
    "notice-acknowledged/1": "A holder of a release confirmed an erasure",
    "erasure-completed/1": "An erasure became final",
    "release-abandoned/1": "A release was given up before it was built",
    "key-epoch-started/1": "A key that wraps all others came into force",
    "key-epoch-destroyed/1": "A key that wrapped others was destroyed",
    "log-key-added/1": "A key that signs the log was added",
    "log-key-retired/1": "A key of the log was retired",
    "credential-declared/1": "A credential was declared",
    "credential-evidence-added/1": "Evidence of a credential was added",
    "credential-review-started/1": "A credential was taken up for review",
    "credential-verified/1": "A credential was verified",
    "credential-rejected/1": "A credential was rejected",
    "credential-withdrawn/1": "A credential was withdrawn",
    "credentials-demanded/1": "A contract version demanded credentials",
    "disqualifier-proposed/1": "A disqualifier was proposed; it does nothing until a person confirms it",
    "disqualifier-confirmed/1": "A disqualifier was confirmed by a person",
    "disqualifier-dismissed/1": "A proposed disqualifier was dismissed",
    "disqualifier-lifted/1": "A disqualifier was lifted",
    "disqualifier-answered/1": "A person answered a disqualifier",
    "pool-plan-set/1": "A contract version said what is told of the experts together",
    "demographics-declared/1": "A person said something of themselves, or took it back",
    "pool-composed/1": "The experts of a programme were told together, as counts",
    "scope-key-rotated/1": "The key of a scope was renewed",
    "affected-released/1": "A release went out with affected judgments, and the lead said why",
    "assignment-leased/2": "An item was given to an expert, in an order of candidates of their own",
    "assignment-leased/3": "An item was given to an expert, in an order of candidates of their own",
    "consensus-requested/1": "A release asked for one label for each item",
    "demonstration-promoted/1": "A written response was brought back for others to review",
    "drift-decided/1": "It was decided where a fall in accuracy came from",
    "drift-detected/1": "A fall in accuracy was found",
    "gate-policy-set/1": "A contract said how the gate decides",
    "item-shaped/1": "The shape of an item was recorded",
    "judgment-checked/1": "It was looked whether anything follows from a judgment",
    "judgment-detailed/1": "The parts of a judgment were recorded",
    "pay-adjusted/1": "A lead added an amount, with a reason",
    "pay-exported/1": "A payable export was made",
    "pay-period-closed/1": "A period of pay was closed",
    "pay-period-closed/2": "A period of pay was closed",
    "pay-terms-accepted/1": "A person accepted the pay terms",
    "pay-terms-set/1": "A contract version brought pay terms",
    "pay-terms-set/2": "A contract version brought pay terms",
    "release-monitored/1": "What was known of quality went into a release",
    "sentinel-policy-ended/1": "A policy of sentinels ended",
    "sentinel-policy-set/1": "A policy of sentinels was set",
})  # fmt: skip

OWN_EVENTS: Final = Words({
    "content-accessed/1": "You looked at the content",
    "candidates-unblinded/1": "You looked behind the blinding",
    "session-opened/1": "You signed in",
    "session-ended/1": "You signed out",
    "pay-terms-accepted/1": "You accepted the pay terms",
})  # fmt: skip
"""The same for who did it themselves, where the sentence above speaks of somebody."""


AXES: Final = Words({
    "domain": "domain", "difficulty": "difficulty", "interaction": "interaction", "ambiguity": "ambiguity",
    "severity": "severity", "language": "language", "failure_cluster": "failure cluster",
    "tools": "tools",
})  # fmt: skip
AXIS_VALUES: Final = Words({
    "easy": "easy", "medium": "medium", "hard": "hard", "boundary": "boundary", "single": "single", "multi": "multi",
    "low": "low", "high": "high", "critical": "critical", "restricted": "restricted",
    "high severe": "high severe", "restricted severe": "restricted severe", "holdout": "holdout", "gold": "gold",
    "none": "none", "read": "read", "write": "write",
})  # fmt: skip
"""The closed values of the axes of a sampling plan. Domains, languages and clusters of failures are named by people."""


def axis(name: str) -> str:
    """An axis of a sampling plan in words."""
    return AXES.get(name) or name.replace("_", " ")


def axis_value(name: str, value: str) -> str:
    """A value of an axis: a word of ours, except where people name it."""
    return value if name in ("domain", "language", "failure_cluster") else AXIS_VALUES.get(value) or value


def category(name: str) -> str:
    """A kind of content as people read it: `self_harm` as `Self harm`."""
    return name.replace("_", " ").replace("-", " ").capitalize()


def of_role(name: str) -> str:
    """A role, a region or a type of credential as a table names it."""
    return ROLES.get(name) or name.replace("_", " ")


def plural(number: int, one: str, many: str) -> str:
    """`1 item`, `12,400 items`."""
    return f"{formats.count(number)} {ngettext(one, many, number)}"


def duration(ms: int) -> str:
    """`1 h 05 min`, `12 min 30 s`, `4 s`: milliseconds as people read them, rounded to the second."""
    seconds = (ms + 500) // 1000
    minutes, hours = seconds // 60, seconds // 3600
    if hours:
        return said("%(hours)s h %(minutes)s min", hours=formats.count(hours), minutes=f"{minutes % 60:02d}")
    if minutes:
        return said("%(minutes)s min %(seconds)s s", minutes=minutes, seconds=f"{seconds % 60:02d}")
    return said("%(seconds)s s", seconds=seconds)


def moment(at: int) -> str:
    """Microseconds since 1970 as an ISO 8601 time in UTC."""
    return datetime.fromtimestamp(at / 1e6, UTC).isoformat(timespec="seconds")


def told(at: int) -> str:
    """The same as people read it, where no template can put it into words."""
    return f"{formats.day_and_time(datetime.fromtimestamp(at / 1e6, UTC))} UTC"


def day(text: str, *, is_end: bool = False) -> int | None:
    """The start of a day in UTC as microseconds, or its end; None for anything that is no date."""
    try:
        found = date.fromisoformat(text)
        start = datetime(found.year, found.month, found.day, tzinfo=UTC) + timedelta(days=int(is_end))
    except (ValueError, OverflowError):
        return None
    return int(start.timestamp()) * 1_000_000


def event(kind: str, *, is_own: bool = False) -> str:
    """A sentence for an event, without anything that the event holds; for its causer, when it is their own."""
    if is_own and kind in OWN_EVENTS:
        return OWN_EVENTS[kind]
    return EVENTS.get(kind) or kind.partition("/")[0].replace("-", " ").capitalize()


def share(ppm: int | None) -> float | None:
    """Parts per million as a number."""
    return None if ppm is None else ppm / PPM


def measured(value: MeasuredValue) -> str:
    """What a value was measured on: the verdict, or a criterion by its name."""
    if value.what == "verdict":
        return said("Verdict")
    return value.what.removeprefix("criterion:").replace("_", " ").capitalize()


def estimate(value: MeasuredValue | None) -> Estimate:
    """A measured value with its interval, or the reason why there is none."""
    if value is None:
        return Estimate(value=None, reason=said("not measured yet"))
    reason = STATUSES.get(value.status, value.status)
    return Estimate(
        value=share(value.value_ppm), low=share(value.low_ppm), high=share(value.high_ppm),
        reason=reason if value.value_ppm is None else "",
    )  # fmt: skip


class Limits(Protocol):
    """Two ends of an interval."""

    @property
    def low(self) -> float:
        """The lower end."""

    @property
    def high(self) -> float:
        """The upper end."""


class Found(Protocol):
    """What statistics found: a number, or why there is none."""

    @property
    def value(self) -> float | None:
        """None when it is undefined."""

    @property
    def status(self) -> str:
        """Whether it is, in one word."""

    @property
    def reason(self) -> str | None:
        """Why it is not."""

    @property
    def interval(self) -> Limits | None:
        """None when there are too few items for one."""


def estimate_of(found: Found | None) -> Estimate:
    """A number of statistics with its interval, or the reason why there is none."""
    if found is None:
        return Estimate(value=None, reason=said("nothing to measure yet"))
    low, high = (found.interval.low, found.interval.high) if found.interval else (None, None)
    reason = STATUSES.get(str(found.status)) or found.reason or str(found.status)
    return Estimate(value=found.value, low=low, high=high, reason="" if found.value is not None else reason)


def decision(name: str | None) -> Pill:
    """The gate's decision as a mark; None before the first measurement."""
    if name is None:
        return Pill(label="not measured", tone="waiting")
    if name == "undecided":
        return Pill(label="undecided", tone="waiting")
    return Pill(label="passes", tone="good") if name == "pass" else Pill(label="below threshold", tone="bad")

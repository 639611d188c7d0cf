"""What the figures of a release say, in sentences and tables. Pure: the same figures, the same words."""

from collections.abc import Iterable, Iterator, Sequence

from tallystick.bundle.cards.summary import Summary, day, listed, sentence, share
from tallystick.bundle.derive import UNREVIEWED
from tallystick.bundle.figures import Figures
from tallystick.bundle.figures.confusion import DIRECTION, Coincidences
from tallystick.bundle.figures.interventions import Intervention, Step
from tallystick.bundle.figures.monitoring import Escape, Sentinels
from tallystick.bundle.figures.phase import Phase
from tallystick.bundle.figures.pool import Axis, Pool
from tallystick.bundle.figures.trend import BatchTrend, Point
from tallystick.flow.credential import VERIFIED
from tallystick.flow.release import tally

MILLI = 1000
Cells = Sequence[Sequence[str]]


def words(name: str) -> str:
    """A name from the data as it reads in a sentence."""
    return name.replace("_", " ").replace("-", " ")


def directions(tables: Iterable[Coincidences]) -> Coincidences:
    """The table over verdict directions, which every batch has."""
    return next(one for one in tables if one.what == DIRECTION)


def confused(found: Coincidences) -> str:
    """The two different answers that stand beside each other most often, or that there are none."""
    size = range(len(found.categories))
    apart = [(found.observed_milli[r][c], r, c) for r in size for c in size if r < c and found.observed_milli[r][c]]
    if not apart:
        return "No item had two different answers."
    most, row, column = max(apart, key=lambda one: (one[0], -one[1], -one[2]))
    first, second = words(found.categories[row]), words(found.categories[column])
    return (
        f"Most often {first} stands beside {second}: {_figure(2 * most)} of {found.answers} answers, where chance "
        f"would bring {_figure(2 * found.expected_milli[row][column])}."
    )


def _figure(milli: int) -> str:
    return f"{milli / MILLI:.1f}"


def matrix(found: Coincidences) -> tuple[tuple[str, ...], Cells]:
    """Head and rows of a table of coincidences: observed, and in brackets what chance would bring."""
    head = ("beside", *(words(name) for name in found.categories))
    rows = [
        (words(name), *(
            f"{_figure(one)} ({_figure(other)})"
            for one, other in zip(found.observed_milli[place], found.expected_milli[place], strict=True)
        ))
        for place, name in enumerate(found.categories)
    ]  # fmt: skip
    return head, rows


def points(trend: BatchTrend) -> tuple[tuple[str, ...], Cells]:
    """Head and rows of the measurements of one batch."""
    head = ("entry", "day", "rubric", "agreement", "95 % interval", "threshold", "judgments", "decision")
    return head, [_point(point) for point in trend.points]


def _point(point: Point) -> tuple[str, ...]:
    fact, value = point.measured, point.measured.verdict
    interval = "none" if value.low_ppm is None else f"{share(value.low_ppm)} to {share(value.high_ppm)}"
    return (
        str(point.seq), day(point.at), fact.rubric_version, share(value.value_ppm), interval, share(fact.threshold_ppm),
        str(value.judgments), fact.decision,
    )  # fmt: skip


def trends(s: Summary) -> str:
    """How often each batch was measured, and from where to where its agreement went."""
    parts = []
    for one in s.figures.trend.batches:
        first, last = one.points[0].measured.verdict, one.points[-1].measured.verdict
        moved = f", from {share(first.value_ppm)} to {share(last.value_ppm)}" if len(one.points) > 1 else ""
        parts.append(f"{one.name}, {one.domain}: measured {_times(len(one.points))}{moved}")
    return f"{'; '.join(parts)}. Every measurement stands in quality/trend.json."


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


# --- interventions --------------------------------------------------------------------------------------------------


def interventions(figures: Figures) -> str:
    """Every intervention in two sentences."""
    found = figures.interventions.interventions
    if not found:
        return "No gate on these rubrics failed, so none was needed."
    return " ".join(_intervention(one) for one in found)


def _intervention(one: Intervention) -> str:
    kinds = [step.what for step in one.steps]
    done = {
        "diagnosed": kinds.count("intervention-diagnosed"),
        "calibration sessions": kinds.count("calibration-opened"),
        "rubric revisions": kinds.count("intervention-revised"),
        "measured again": kinds.count("intervention-remeasured"),
        "people stood down": kinds.count("expert-stood-down"),
    }
    redone = sum(step.counts["judgments"] for step in one.steps if step.what == "judgments-requeued")
    told = listed({name: number for name, number in (done | {"judgments set aside": redone}).items() if number})
    return f"{one.intervention} on rubric {one.rubric} ({one.domain}): {told}. Outcome: {one.outcome}."


def steps(one: Intervention) -> tuple[tuple[str, ...], Cells]:
    """Head and rows of the timeline of one intervention."""
    return ("entry", "day", "what", "told"), [_step(step) for step in one.steps]


def _step(step: Step) -> tuple[str, ...]:
    parts = [f"{words(name)} {number}" for name, number in step.counts.items() if not name.endswith("_ppm")]
    parts += [f"{words(name)} {value[:16]}" for name, value in step.names.items()]
    parts += [
        f"{one.what.removeprefix('criterion:')} {share(one.value_ppm)} [{share(one.low_ppm)}, {share(one.high_ppm)}]"
        for one in step.values
    ]
    parts += [f"{one.kind} {one.name}: gain {share(one.gain_ppm)}" for one in step.findings[:3]]
    if step.difference_ppm is not None:
        ends = f"[{share(step.low_ppm)}, {share(step.high_ppm)}]"
        parts.append(f"difference {share(step.difference_ppm)} {ends}")
    if step.decision:
        parts.append(f"decision {step.decision}")
    return str(step.seq), day(step.at), words(step.what), "; ".join(parts)


# --- causes, overturned judgments, monitoring -----------------------------------------------------------------------


def causes(figures: Figures) -> str:
    """Causes of disagreement over all batches, and how often people looked at them."""
    found = figures.disagreements
    every: dict[str, int] = {}
    for batch in found.batches:
        for name, number in batch.causes.items():
            every[words(name)] = every.get(words(name), 0) + number
    if not every:
        return "No disagreement stands on these items."
    told = f"Causes of the disagreements that stand: {listed(dict(sorted(every.items())))}."
    if not found.corrections:
        return told
    return f"{told} Causes that people looked at: {found.corrections}, of which they agreed with {found.agreeing}."


def overturned(figures: Figures) -> str:
    """How adjudicators decided against judgments, in counts."""
    found = figures.overturn
    if not found.settled_items:
        return f"No settlement stands. Preserved items: {found.preserved_items}."
    upheld, over, undecided = (
        sum(getattr(one, name) for one in found.by_domain) for name in ("upheld", "overturned", "undecided")
    )
    return (
        f"Settled items: {found.settled_items}. Of their judgments the decisions upheld {upheld} and overturned "
        f"{over}; {undecided} had not decided. Preserved items: {found.preserved_items}."
    )


def redone(figures: Figures) -> str:
    """Which judgments were held or set aside, and why."""
    found = figures.monitoring.redone
    parts = []
    if found.held:
        parts.append(f"Judgments held for a review, by cause: {listed(found.held)}; found to stand: {found.cleared}.")
    if found.requeued:
        parts.append(f"Judgments set aside to be judged again, by cause: {listed(found.requeued)}.")
        parts.append("Those are in data/judgments, and in no record, consensus or view.")
    return " ".join(parts) or "No judgment on these items was held for a review or set aside."


def unreviewed(s: Summary) -> str:
    """Affected judgments that a release holds though nobody reviewed them; empty without any, else after a space."""
    waiting = sum(UNREVIEWED in judgment.flags for judgment in s.tables.judgments)
    if not waiting:
        return ""
    why = " ".join(s.tables.unreviewed_why.split())
    stated = f"Why they were released as they are: {sentence(why)}" if why else "Nobody stated why they were released."
    return f" Judgments that a later rubric version affects and that nobody reviewed since: {waiting}. {stated}"


def watched(figures: Figures) -> str:
    """What sentinels, second looks and audits of the programme showed."""
    return " ".join(_watched(figures))


def _watched(figures: Figures) -> Iterator[str]:
    found = figures.monitoring
    yield "No sentinels were mixed into the work." if found.sentinels is None else _sentinels(found.sentinels)
    yield "No finished item was looked at a second time." if found.escape is None else _escape(found.escape)
    whole = [one for one in found.audits if one.axis == "all"]
    if not whole:
        yield "No audit for shortcuts was made."
    for one in whole:
        called = [effect.feature for effect in one.effects if effect.is_called]
        flagged = "foretold" if one.is_flagged else "did not foretell"
        yield (
            f"Over {one.pairs} pairs, form alone {flagged} preferences; features with an effect: "
            f"{', '.join(words(name) for name in called) or 'none'}."
        )


def _sentinels(found: Sentinels) -> str:
    parts = [
        f"{one.rubric}: too few to tell" if one.answers is None else f"{one.rubric}: {one.right} of {one.answers} right"
        for one in found.totals
    ]
    alarms = (
        f"Alarms of drift: {sum(found.alarms.values())}, put down to: {listed(found.found)}" if found.alarms else ""
    )
    return f"Answers to sentinels in the programme, {'; '.join(parts) or 'none yet'}. {alarms or 'No alarm of drift'}."


def _escape(found: Escape) -> str:
    bound = "no bound yet" if found.at_most is None else f"at most {found.at_most} of {found.pool} are defective"
    return (
        f"Second looks at finished items, drawn at random from {found.pool} of the programme: {found.answered}, with "
        f"{found.defects} defective; with 95 % confidence {bound}."
    )


def consensus(figures: Figures) -> str:
    """Which consensus stands beside the judgments."""
    found = figures.consensus
    if found is None:
        return "None was asked for. The consensus of a record is that of its judgments or its adjudicator."
    parts = [
        f"{one.domain}: {one.items} items" if one.status == "ok" else f"{one.domain}: none, {one.reason}"
        for one in found.domains
    ]
    return (
        f"By {words(found.method)}, with its posterior, in views/consensus.parquet: {'; '.join(parts)}. Left out: "
        f"{listed(found.left_out)}. Experts who err alike make such a model too sure."
    )


def credentials(s: Summary) -> str:
    """What the experts of a release hold."""
    held = s.tables.credentials
    if not held:
        return "Credentials are not recorded by this version; experts.jsonl says so."
    good = [one for one in held if one.state == VERIFIED]
    return (
        f"Credentials: {len(held)} declared by {len({one.person for one in held})} of {len(s.tables.experts)} experts. "
        f"Verified by a person and in force at the cut: {listed(tally(one.type for one in good))}; by method: "
        f"{listed(tally(words(one.method) for one in good))}. All states: "
        f"{listed(tally(words(one.state) for one in held))}. "
        "people/credentials.jsonl has each with its dates and the digest of its evidence."
    )


def qualified(figures: Figures) -> str:
    """What qualifications came to by role, rubric version and signal; nothing where the journal does not say whose."""
    found = figures.qualifications
    if found is None:
        return ""
    parts = [
        f"{words(one.role)}, {one.rubric} {one.version}, {one.signal or 'signal not recorded'}: {one.passed} of "
        f"{one.attempts} passed"
        for one in found.results
    ]
    return f" By role at the cut, rubric and signal: {'; '.join(parts)}. By criterion: quality/qualifications.json."


def unrecorded(s: Summary) -> str:
    """What a release does not tell of its experts."""
    if not s.tables.credentials:
        return "Credentials, pay and welfare of experts are not recorded by this version."
    return (
        "Pay and welfare of experts are not told in a release. A credential is what whoever verified it found on that "
        "day; the evidence stays with the cell."
    )


def phase(found: Phase) -> str:
    """In which phase a release was made, what it held then, and what nobody could answer yet."""
    places = "; ".join(
        f"{axis.replace('_', ' ')} {', '.join(f'{value} {number}' for value, number in values.items())}"
        for axis, values in found.places.items()
    )
    still = f" Questions of the report on quality without an answer then: {' '.join(found.unanswered)}"
    return (
        f"In the phase {found.phase}, to which the programme moved by entry {found.since} of the log. "
        f"Records: {found.records}, of them hard, boundary or of a known failure: {found.hard}. By axis: "
        f"{places or 'none'}.{still if found.unanswered else ' The report on quality was complete.'}"
    )


def pool(found: Pool) -> str:
    """The experts in aggregate, an axis after the other."""
    if not found.axes:
        return f"{found.people} people judged here: too few to tell anything of them together."
    axes = " ".join(_axis(axis) for axis in found.axes)
    return (
        f"{found.people} people judged here. {axes} Counts below {found.cell_min} are hidden, and others beside them, "
        "so that none can be worked out. What people say of themselves is voluntary, and nobody has checked it."
    )


def _axis(axis: Axis) -> str:
    name = axis.words.rstrip(".:?")
    if axis.is_withheld:
        return f"{name}: not told again, as too little has changed since it was told before."
    told = "; ".join(f"{cell.words} {cell.people}" for cell in axis.cells if cell.people is not None)
    hidden = [cell.words for cell in axis.cells if cell.people is None]
    parts = [told] if told else []
    if axis.hidden_people:
        parts.append(f"{', '.join(hidden) or 'other groups'} together {axis.hidden_people}")
    elif hidden:
        parts.append(f"hidden: {', '.join(hidden)}")
    return f"{name}: {'; '.join(parts) or 'none'}."

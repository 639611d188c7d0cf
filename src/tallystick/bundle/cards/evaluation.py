"""The part of the data card that human evaluation adds: who judged by which rubric, and how far they agreed. Pure."""

from tallystick.bundle.cards import told
from tallystick.bundle.cards.answers import (
    Answer,
    Section,
    collection,
    composition,
    distribution,
    maintenance,
    motivation,
    not_known,
    preprocessing,
    uses,
)
from tallystick.bundle.cards.summary import Summary, day, listed, models, share


def sections(s: Summary) -> tuple[Section, ...]:
    """Every section of the data card in its order."""
    return (
        motivation(s), composition(s), collection(s), preprocessing(s), uses(s), distribution(s), maintenance(s),
        evaluation(s),
    )  # fmt: skip


def evaluation(s: Summary) -> Section:
    """H1 to H29."""
    return Section("Human evaluation", (
        *_task(s), *_experts(s), *_agreement(s), *_conditions(s), *_disagreement(s), *_pool(s),
        *_phase(s),
    ))  # fmt: skip


def _task(s: Summary) -> tuple[Answer, ...]:
    rubrics = "; ".join(
        f"{one.fact.rubric} {one.fact.version} (entered {day(one.at)}, SHA-256 {one.fact.document_digest[:16]}...)"
        for one in s.tables.state.rubrics
    )
    return (
        Answer("H1", "Which kinds of task, and how many of each?",
               "Preference between two answers: "
               f"{listed(s.domains)}."),
        Answer("H2", "By which rubric versions?", f"{rubrics}. Their texts are in rubrics/."),
        Answer("H3", "What did experts see, in which order, and how blind?",
               "Prompt, context and two answers, without model names, in an order drawn for each expert and "
               "item from the "
               "journal's own seed; the rubric with its anchors beside them. Imported judgments: not known."),
    )  # fmt: skip


def _experts(s: Summary) -> tuple[Answer, ...]:
    experts = s.tables.experts
    attempts = [attempt for expert in experts for attempt in expert.qualifications]
    passed = sum(attempt.result == "qualified" for attempt in attempts)
    failed = sum(attempt.result == "failed" for attempt in attempts)
    marks = sorted({f"{attempt.pass_mark} of {attempt.items}" for attempt in attempts})
    qualified = sum(judgment.qualification == "qualified" for judgment in s.tables.judgments)
    low, middle, high = s.per_item
    return (
        Answer("H4", "Who was eligible, with which credentials?",
               f"Experts: {listed(s.expert_origins)}. {told.credentials(s)}"),
        Answer("H5", "How were they trained and tested?",
               f"On blinded gold items under the very rubric version: {passed} attempts passed, {failed} failed "
               "(of the "
               f"people in this release); pass marks {', '.join(marks) or 'none'}. Judgments by experts so qualified: "
               f"{qualified} of {len(s.tables.judgments)}.{told.qualified(s.figures)}"),
        Answer("H6", "How many judge an item, and who gets which?",
               f"{low} to {high} judgments per record, {middle} at the median. Qualified experts get the next "
               "item that "
               "lacks a judgment and that they have not judged."),
    )  # fmt: skip


def _agreement(s: Summary) -> tuple[Answer, ...]:
    gates = "; ".join(
        f"{m.fact.domain}: {m.fact.verdict.metric} {share(m.fact.verdict.value_ppm)} "
        f"[{share(m.fact.verdict.low_ppm)}, {share(m.fact.verdict.high_ppm)}] against {share(m.fact.threshold_ppm)}, "
        f"{m.fact.verdict.items} items, {m.fact.verdict.raters} raters"
        for m in s.tables.state.measured
    )
    standing = [one.outcome for one in s.tables.adjudications if one.withdrawn_seq is None]
    settled, preserved = standing.count("settled"), standing.count("preserved")
    return (
        Answer("H7", "How far did they agree?",
               f"{gates}. Each criterion apart: quality/agreement.json and "
               "quality/report.md."),
        Answer("H8", "What do tie and abstention mean?",
               "A tie is a verdict. Both unacceptable is another. Insufficient context and abstain compare "
               "nothing: they "
               "are counted and left out of agreement."),
        Answer("H9", "How was disagreement adjudicated?",
               f"By an adjudicator who had not judged the item, on blinded judgments, with notes: {settled} settled, "
               f"{preserved} preserved as a distribution. Judgments from before are all kept. "
               f"{told.overturned(s.figures)}"),
        Answer("H10", "By which rule does each view follow?",
               " ".join(f"{view.name}: {view.rule}" for view in s.views) or
                      "This release has no views "
                      "for trainers."),
        Answer("H11", "Which quality controls applied, and what was excluded?",
               f"Gate on each batch; rationale defects found in {s.defective} judgments; excluded items: "
               f"{listed(s.excluded)}. {told.watched(s.figures)}"),
        Answer("H12", "How long did it take?", _times(s)),
    )  # fmt: skip


def _times(s: Summary) -> str:
    if s.active_ms is None:
        return not_known("no judgment of this release was observed.")
    low, middle, high = (round(ms / 1000) for ms in s.active_ms)
    return f"Active time of observed judgments: {low} to {high} seconds, {middle} at the median. No floor was set."


def _conditions(s: Summary) -> tuple[Answer, ...]:
    executed = sum(expert.contract_executed_at is not None for expert in s.tables.experts)
    return (
        Answer("H13", "Which assistance was allowed, and how was it found?",
               not_known("nothing is recorded about assistance, and none is detected.")),
        Answer("H14", "How were experts paid?", not_known("compensation is not recorded by this version.")),
        Answer("H15", "Were contracts executed before work?",
               f"{executed} of {len(s.tables.experts)} experts have an executed contract in the journal; "
               f"{s.pre_contract} "
               "judgments were made before one, or elsewhere, and carry the flag pre_contract."),
        Answer("H16", "Were there conflicts of interest?",
               "An adjudicator never judged the item. Others are " + not_known("none are declared.").lower()),
        Answer("H17", "Were experts exposed to harmful content, and protected?",
               not_known("exposure and welfare measures are not recorded by this version.")),
        Answer("H18", "Where do the candidate answers come from?", f"As declared at import: {models(s)}."),
        Answer("H19", "Which machine checks were run?", "None: this version runs no verifiers."),
        Answer("H20", "Do the raters resemble those for whom the data speaks?",
               not_known("no target population is declared, and groups are declared by those who wish to.")),
        Answer("H21", "What differs from the version before, and why?", "See CHANGELOG.md."),
    )  # fmt: skip


def _disagreement(s: Summary) -> tuple[Answer, ...]:
    apart = " ".join(
        f"{one.name}, {one.domain}: {told.confused(told.directions(one.tables))}" for one in s.figures.confusion.batches
    )
    return (
        Answer("H22", "Which answers were taken for which?", f"{apart} Tables: quality/confusion.json."),
        Answer("H23", "How did agreement develop, and what was done where it fell short?",
               f"{told.trends(s)} Interventions: {told.interventions(s.figures)}"),
        Answer("H24", "Why did people disagree, as far as is known?", told.causes(s.figures)),
        Answer("H25", "Which work was held or done again?", told.redone(s.figures) + told.unreviewed(s)),
        Answer("H26", "Is there a consensus by a model, and with which doubt?", told.consensus(s.figures)),
        Answer("H27", "How do groups of people differ where disagreement was preserved?", _groups(s)),
    )  # fmt: skip


def _pool(s: Summary) -> tuple[Answer, ...]:
    """Told where the contract wants it told."""
    if s.figures.pool is None:
        return ()
    return (Answer("H28", "Who are the experts together?", told.pool(s.figures.pool)),)


def _phase(s: Summary) -> tuple[Answer, ...]:
    """Told where the programme has moved to a phase."""
    if s.figures.phase is None:
        return ()
    return (Answer("H29", "In which phase of its programme was the release made?", told.phase(s.figures.phase)),)


def _groups(s: Summary) -> str:
    held = [record for record in s.tables.records if record.distributions]
    if not held:
        return "No preserved record has a table by group: too few of its judges declared one, or none did."
    axes = sorted({found.axis for record in held for found in record.distributions})
    return (
        f"Preserved records with a table: {len(held)}, by {', '.join(axes)}. Groups are what judges said of "
        "themselves. Small counts are hidden, so that no table tells of a person."
    )

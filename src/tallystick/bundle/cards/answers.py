"""Why, what and how collected: the first sections of the data card. Pure.

The questions are those of Gebru et al., "Datasheets for Datasets" (Communications of the ACM 64, 2021), in our words
and under short ids. Each is answered from facts of the journal and the contract, or says that it is not known, and why.
"""

from dataclasses import dataclass

from tallystick.bundle.cards.summary import Summary, listed, models, sentence

PROVIDER = "Not known to the software: it is a matter of the agreement between provider and client. Ask the provider."


@dataclass(frozen=True, slots=True)
class Answer:
    """One question of the data card with its answer."""

    id: str
    question: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """A group of questions."""

    title: str
    answers: tuple[Answer, ...]


def not_known(why: str) -> str:
    """The form of an answer that nobody has."""
    return f"Not known: {why}"


def motivation(s: Summary) -> Section:
    """M1 to M4."""
    contract = s.tables.contract
    return Section("Motivation", (
        Answer("M1", "For what purpose was it made, and which gap was to be filled?",
               f"{contract.behaviour} Wanted under these conditions: {' '.join(contract.conditions)}"),
        Answer("M2", "Who made it, on whose behalf?",
               f"The cell {s.tables.state.cell.fact.cell}, which serves one client, in the programme "
               f"{s.tables.state.cut.fact.programme}: {contract.title}. Legal names are not in the journal."),
        Answer("M3", "Who paid for it?", not_known("funding is not recorded in the journal. Ask the provider.")),
        Answer("M4", "What else is there to say about its purpose?",
               "The failures that matter most, in this order: "
               + " ".join(f"{f.id} ({f.severity}): {f.description}" for f in contract.failures)),
    ))  # fmt: skip


def composition(s: Summary) -> Section:
    """C1 to C17."""
    return Section("Composition", (*_instances(s), *_people(s)))


def _instances(s: Summary) -> tuple[Answer, ...]:
    counts = s.tables
    low, middle, high = s.per_item
    return (
        Answer("C1", "What does one instance stand for?",
               "A record: a prompt with two candidate answers and every judgment that experts gave on them."),
        Answer("C2", "How many are there of each kind?",
               f"{len(counts.records)} records and {len(counts.judgments)} judgments. Records by domain: "
               f"{listed(s.domains)}."),
        Answer("C3", "Is it all there is, or a sample? Is the sample representative?",
               "It holds every complete item of the released batches whose disagreement, if any, was "
               "adjudicated. Items "
               "were chosen by the sampling plan of the contract, not drawn at random from use: it represents no "
               f"population. Left out: {listed(s.excluded)} items; {len(counts.state.cut.fact.left_out)} batches."),
        Answer("C4", "What does an instance hold?",
               "Raw text: prompt, context where there is one, two answers with model, version and sampling "
               "settings, and "
               "raw judgments with verdict, scores by criterion and reasons."),
        Answer("C5", "Is there a label or target?",
               f"The consensus of each record, where there is one: {listed(s.consensus)}. How it came about: "
               f"{listed(s.how)}. Raw verdicts: {listed(s.verdicts)}."),
        Answer("C6", "Is anything missing from instances?",
               "Fields that the source did not give are null. Imported judgments have no order of candidates, "
               "no time on "
               f"task and no observed reasons where the source had none: {s.imported} of {s.observed + s.imported}."),
        Answer("C7", "Are relations between instances explicit?",
               "Yes: items of one family share `group`; judgments name item, expert, rubric and contract version."),
        Answer("C8", "Are there recommended splits?",
               "None. Held-out items never enter a release. Split by `group`, so that no family stands on both sides."),
        Answer("C9", "Are there errors, noise or repetitions?",
               f"Disagreement is kept, not removed: {low} to {high} judgments per record, {middle} at the "
               "median. Exact "
               f"duplicates are refused at import. {s.defective} judgments carry a rationale defect, and say which."),
        Answer("C10", "Is it self-contained?",
               "Yes. No link has to be followed to use or to check it."),
        Answer("C11", "Is anything confidential?", f"Rights: {sentence(s.tables.contract.rights.licence)} "
               f"Reviewer access: {s.tables.contract.rights.reviewer_access}"),
        Answer("C12", "Can anything in it offend or frighten?",
               not_known("texts are not screened for this by the software. Axis severity of the records: "
                         f"{listed(s.axes.get('severity', {}))}.")),
    )  # fmt: skip


def _people(s: Summary) -> tuple[Answer, ...]:
    return (
        Answer("C13", "Does it relate to people?",
               "To the experts who judged. Whether prompts speak of real people is not known: nobody declared it."),
        Answer("C14", "Does it name groups of people?",
               f"Experts by origin: {listed(s.expert_origins)}. Groups that experts declared of themselves "
               "stand in preserved records, as counts that tell of no one."),
        Answer("C15", "Can somebody be identified from it?",
               "Experts stand under pseudonyms; names stay in the cell. Raters of imported judgments keep the id that "
               "their source gave. Writing style in reasons may identify its author to somebody who knows it."),
        Answer("C16", "Does it hold sensitive data about people?",
               not_known("no field asks for it, and free text is not screened for it.")),
        Answer("C17", "What else is there to say about its make-up?",
               f"Models that wrote the candidates: {models(s)}. Languages: "
               f"{', '.join(s.languages) or 'undeclared'}."),
    )  # fmt: skip


def collection(s: Summary) -> Section:
    """L1 to L13."""
    source = f"{s.observed} judgments were made here and observed; {s.imported} were made elsewhere and imported"
    wording = "the release does not hold the texts of contracts with experts; experts.jsonl has the template's digest."
    return Section("Collection", (
        Answer("L1", "How was the data acquired, and was it validated?",
               f"{source}. Every entry stands in an append-only log; agreement was measured on each batch "
               "before release."),
        Answer("L2", "By which mechanisms?",
               "Experts judged through the workspace or its API. Imports came from files whose digests are in "
               "the manifest."),
        Answer("L3", "How was it sampled?",
               f"By quotas over {', '.join(dict.fromkeys(q.axis for q in s.tables.contract.sampling.quotas))}; "
               "at least "
               f"{s.tables.contract.sampling.hard_share_min} of the items were to be hard. The contract has all "
               "targets."),
        Answer("L4", "Who took part, and how were they paid?",
               f"Experts: {listed(s.expert_origins)}. " + not_known("compensation is not recorded by this version.")),
        Answer("L5", "Over which time?",
               f"Judgments entered the journal from {s.first_day} to {s.last_day}; imported ones give their own time."),
        Answer("L6", "Was there an ethical review?", not_known("none is recorded in the journal.")),
        Answer("L7", "Does the collection relate to people?", "Yes: to the experts, see C13."),
        Answer("L8", "Was data collected from them directly?",
               f"Observed judgments directly ({s.observed}), imported ones through their source ({s.imported})."),
        Answer("L9", "Were they told, and in which words?", not_known(wording)),
        Answer("L10", "Did they consent, and in which words?",
               f"Executed contracts with assignment of rights: {_executed(s)} of {len(s.tables.experts)} "
               f"experts. As to the words, {wording}"),
        Answer("L11", "Can consent be withdrawn?", s.tables.contract.rights.deletion),
        Answer("L12", "Was the impact on them assessed?", not_known("no assessment is recorded in the journal.")),
        Answer("L13", "What else is there to say about the collection?",
               f"{s.pre_contract} judgments were made before a contract was executed, or elsewhere; each is flagged."),
    ))  # fmt: skip


def _executed(s: Summary) -> int:
    return sum(expert.contract_executed_at is not None for expert in s.tables.experts)


def preprocessing(_s: Summary) -> Section:
    """P1 to P4."""
    return Section("Preprocessing", (
        Answer("P1", "Was it cleaned, labelled or otherwise processed?",
               "Verdicts and scores were un-shuffled from the order that the expert saw. Nothing else was changed."),
        Answer("P2", "Is the raw data kept?",
               "Yes, in the release itself: data/judgments holds every raw judgment, whatever became of it."),
        Answer("P3", "Is the software available?",
               "Yes: tallystick, whose version stands in the manifest. It rebuilds the release from a copy of "
               "the log."),
        Answer("P4", "What else is there to say about processing?",
               "Views for trainers are derived by the rules in the manifest; a checker derives them again."),
    ))  # fmt: skip


def uses(s: Summary) -> Section:
    """U1 to U6."""
    rights = s.tables.contract.rights
    return Section("Uses", (
        Answer("U1", "Has it been used already?", not_known("uses outside the cell are not reported to it.")),
        Answer("U2", "Where are its uses listed?", not_known("there is no list.")),
        Answer("U3", "What else could it be used for?",
               "Studies of disagreement and of rubric wording; calibration of automatic judges."),
        Answer("U4", "What in its making could affect later uses?",
               f"Verdicts follow the rubrics of this programme, not taste at large. {s.affected} judgments were "
               "made under "
               "a rubric version that was revised later; they are flagged criterion by criterion."),
        Answer("U5", "For what should it not be used?",
               f"For anything but: {', '.join(rights.permitted_uses)}. This release was cut for: "
               f"{s.tables.state.cut.fact.use}. Not to rank, pay or dismiss the people who judged."
               + (" It is simulated, in whole or in part: not to train or to evaluate anything that people rely on."
                  if s.tables.is_simulated else "")),
        Answer("U6", "What else is there to say about uses?",
               f"How improvement is to be measured: {s.tables.contract.improvement.measure}"),
    ))  # fmt: skip


def distribution(s: Summary) -> Section:
    """D1 to D7."""
    rights = s.tables.contract.rights
    return Section("Distribution", (
        Answer("D1", "Will third parties get it?",
               "It goes to the client of the cell. What the client does is "
               "theirs."),
        Answer("D2", "How is it distributed?", "As this folder. It has no DOI."),
        Answer("D3", "When was it released?",
               f"Cut at entry {s.tables.state.cut.seq} of the log; manifest.json "
               "has the time."),
        Answer("D4", "Under which licence?",
               f"{sentence(rights.licence)} Permitted uses: "
               f"{', '.join(rights.permitted_uses)}."),
        Answer("D5", "Do third parties hold rights in it?",
               "The licence of each item is in its record. Terms of the models that wrote candidates are not "
               "recorded."),
        Answer("D6", "Do export controls or other rules apply?",
               f"Regions of the contract: {', '.join(rights.regions)}. " + PROVIDER),
        Answer("D7", "What else is there to say about distribution?",
               "The folder checks itself: `tallystick release verify`, offline, with the public key of the log."),
    ))  # fmt: skip


def maintenance(s: Summary) -> Section:
    """A1 to A8."""
    rights = s.tables.contract.rights
    return Section("Maintenance", (
        Answer("A1", "Who hosts it?", PROVIDER),
        Answer("A2", "Whom to write to?", PROVIDER),
        Answer("A3", "Is there an erratum?", "CHANGELOG.md lists what differs from earlier versions of this release."),
        Answer("A4", "Will it be updated?",
               "A version never changes. A correction is a new version with its own entry in the log."),
        Answer("A5", "How long may it be kept?", f"Until {rights.retention_until.isoformat()}, as the contract says."),
        Answer("A6", "Are older versions kept?",
               "Their manifests' digests stay in the log for ever; copies are "
               "the client's."),
        Answer("A7", "How can others contribute?", "Through the provider: a new judgment needs a qualified expert."),
        Answer("A8", "What else is there to say about maintenance?", f"Deletion: {rights.deletion}"),
    ))  # fmt: skip

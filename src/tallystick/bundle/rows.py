"""The rows of a release: what one record, one judgment and one line of every view holds. Reads and writes nothing.

One definition serves Parquet, JSONL and the Merkle root: integers, texts, booleans and lists of them, no floats, so
that a row has one canonical byte string in every language. Times are microseconds since 1970 in UTC. `_ppm` is parts
per million, `_milli` thousandths. Names that trainers read (`chosen`, `rejected` ...) stand in views only.
"""

import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row, or a part of one."""


class Setting(Row, frozen=True, kw_only=True):
    """A name and its value: a sampling setting, or the value of an item on one axis of the taxonomy."""

    name: str
    value: str


class Candidate(Row, frozen=True, kw_only=True):
    """One candidate answer and where it comes from. Experts saw only the text."""

    label: str  # a, b, ...: verdicts, scores and marks name the candidates so
    text: str
    model: str
    version: str
    sampling: list[Setting]


class Producer(Row, frozen=True, kw_only=True):
    """Which model made the work in an item's own part. Experts saw only the work."""

    model: str
    version: str
    sampling: list[Setting]


class VerdictCount(Row, frozen=True, kw_only=True):
    """How many judgments gave a verdict."""

    verdict: str
    judgments: int


class Dimension(Row, frozen=True, kw_only=True):
    """The scores of one criterion over the judgments that gave it, raw: no score is weighted or left out."""

    criterion: str
    on: str  # the candidate or other piece that was scored, by the item's own letter
    judgments: int
    mean_milli: int
    min: int
    max: int


class LabelCount(Row, frozen=True, kw_only=True):
    """How many people gave a label; null where that would tell of a person."""

    label: str
    people: int | None


class GroupCount(Row, frozen=True, kw_only=True):
    """One declared group, or several small ones together."""

    groups: list[str]
    people: int
    labels: list[LabelCount]


class GroupTable(Row, frozen=True, kw_only=True):
    """How the labels on a preserved item lie between declared groups of one axis, as recorded when it was preserved."""

    axis: str
    people: int  # judges who declared a group on this axis
    cell_min: int  # groups with fewer people stand together with others
    hidden: int  # counts that are null
    groups: list[GroupCount]
    total: list[LabelCount]
    seq: int  # index of its entry in the log


class ShownOrder(Row, frozen=True, kw_only=True):
    """In which order one judgment's expert saw the candidates. Null where it was not observed here."""

    judgment: str
    order: str | None  # AB | BA


class Record(Row, frozen=True, kw_only=True):
    """An item with everything that happened to it."""

    item: str
    external: str  # the client's own id
    programme: str
    batch: str
    batch_name: str
    domain: str
    signal: str
    taxonomy: list[Setting]
    prompt: str
    context: str | None
    candidates: list[Candidate]
    material: str | None  # the signal's own part of the item, as JSON text
    producer: Producer | None  # who made the work in it; candidates carry their own
    group: str | None  # family of items that belong together
    is_disagreement_expected: bool  # declared before judgment
    n_judgments: int  # that count; so do all numbers here
    n_requeued: int  # set aside: in data/judgments, and in no other number of this row
    n_observed: int
    n_imported: int
    n_a: int
    n_b: int
    n_tie: int
    n_both_unacceptable: int
    n_undecided: int
    verdicts: list[VerdictCount]
    votes: str  # unanimous | majority | split
    consensus: str | None  # a | b | tie | both_unacceptable; null where the distribution is the result
    consensus_how: str  # unanimous | majority | settled | preserved | undecided | split
    settled_verdict: str | None
    adjudicator: str | None
    distributions: list[GroupTable]  # of a preserved disagreement, by axis, where enough judges declared a group
    dimensions: list[Dimension]
    orders: list[ShownOrder]
    rubric: str
    rubric_versions: list[str]
    contract_versions: list[str]
    source_class: str
    licence: str
    permitted_uses: list[str]
    retention_until: str
    flags: list[str]
    gate_decision: str
    gate_seq: int
    link: int  # place in the manifest's `links`
    seq: int  # index of the item's entry in the log


class Score(Row, frozen=True, kw_only=True):
    """One criterion's points for both candidates, on the rubric's scale."""

    criterion: str
    on: str  # the candidate or other piece, by the item's own letter
    points: int


class Marked(Row, frozen=True, kw_only=True):
    """One labelled piece of an item: a span, a step, a turn, a call, or a candidate with its place in a ranking.

    The words of a judgment without a record, or erased, are null.
    """

    field: str
    on: str
    label: str
    start: int | None
    end: int | None
    quote: str | None
    severity: str | None
    place: int | None
    text: str | None


class Reason(Row, frozen=True, kw_only=True):
    """Why, tied to a criterion where the source tied it. Text is null where an item has no record."""

    criterion: str | None
    text: str | None
    quote: str | None = None
    citation: str | None = None


class Judgment(Row, frozen=True, kw_only=True):
    """One expert's decision on one item, as it was made. Candidates are named as in the record, whatever was shown."""

    judgment: str
    item: str
    external: str
    batch: str
    domain: str
    signal: str
    expert: str
    role: str | None
    source_rater: str | None  # the id that the source of an imported judgment gave
    qualification: str  # qualified | not-qualified | not-observed
    qualification_seq: int | None
    verdict: str
    direction: str | None
    scores: list[Score]
    reasons: list[Reason]
    values: list[Setting]  # choices and numbers of the signal's form
    marks: list[Marked]
    texts: list[Setting]  # what the expert wrote
    order: str | None  # the item's own letters in the order shown
    rubric: str
    rubric_version: str
    contract_version: str
    affected_criteria: list[str]  # changed by a later version of the rubric
    defects: list[str]
    confirmed: list[str]  # priority rules that the verdict contradicts, confirmed by the expert
    flags: list[str]
    is_observed: bool
    is_in_record: bool
    standing: str  # counted | requeued: set aside to be judged again, in no record and no view
    standing_seq: int | None  # index of the entry that gave it this standing; null where it always counted
    standing_cause: str | None  # intervention | drift | adjudication | review
    source: str
    source_row: int | None
    made_at: str | None  # as the source of an imported judgment gives it
    at: int  # when it entered the journal
    active_ms: int | None
    assignment: str | None
    seq: int  # index of its entry in the log


class Adjudication(Row, frozen=True, kw_only=True):
    """What became of one disagreement. The raw judgments stand beside it, unaltered.

    One that was withdrawn decides nothing: judgments on its item were set aside later.
    """

    item: str
    external: str
    batch: str
    counts: list[VerdictCount]
    is_expected: bool
    outcome: str  # settled | preserved | returned: its judgments were sent back instead
    verdict: str | None
    adjudicator: str
    criteria: list[str]
    notes: str
    rubric: str
    rubric_version: str
    opened_at: int
    closed_at: int
    opened_seq: int
    closed_seq: int
    withdrawn_seq: int | None  # index of the entry that set its judgments aside


class CriterionShare(Row, frozen=True, kw_only=True):
    """The share of gold scores within one point, in parts per million."""

    criterion: str
    share_ppm: int


class QualificationResult(Row, frozen=True, kw_only=True):
    """One attempt at the gold items of a rubric version, with its decision rule."""

    rubric: str
    version: str
    result: str  # qualified | failed | running
    items: int
    pass_mark: int
    correct: int | None
    alpha_ppm: int
    power_ppm: int
    by_criterion: list[CriterionShare]
    seq: int


class Expert(Row, frozen=True, kw_only=True):
    """Somebody whose decisions stand in the release. A pseudonym: names stay in the vault."""

    person: str
    roles: list[str]
    expert_roles: list[str]
    origin: str  # observed | imported
    simulated: bool
    source_rater: str | None
    contract_executed_at: int | None
    ip_assigned_at: int | None
    contract_template: str | None
    credentials: str  # what is known of them
    qualifications: list[QualificationResult]
    n_judgments: int  # delivered, whether they count or not
    n_judgments_requeued: int
    n_judgments_pre_contract: int
    n_adjudications: int
    seq: int


class CredentialHeld(Row, frozen=True, kw_only=True):
    """A credential of an expert of the release, as it stood at the cut. Names, numbers and issuers stay in the cell."""

    person: str
    expert_roles: list[str]
    credential: str
    type: str
    state: str  # declared | under_review | verified | rejected | withdrawn | expired
    method: str  # registry_lookup | document | structured_interview; self_attested is never verified
    verified_at: int | None
    verified_seq: int | None  # index of the entry: its envelope names the person who verified
    expires_on: str | None
    renews: str | None
    evidence: list[str]  # salted commitments of the files
    changed_seq: int
    seq: int


class Message(Row, frozen=True, kw_only=True):
    """One turn, as trainers expect it."""

    role: str
    content: str


class PreferencePair(Row, frozen=True, kw_only=True):
    """A line of `trl_preference`: TRL's explicit, conversational preference format, with harmless side columns."""

    prompt: list[Message]
    chosen: list[Message]
    rejected: list[Message]
    item: str
    domain: str
    consensus_how: str
    n_chosen: int
    n_rejected: int
    n_tie: int
    n_other: int


class SoftPair(Row, frozen=True, kw_only=True):
    """A line of `trl_preference_soft`: two for each judgment; a tie gives one in each direction."""

    prompt: list[Message]
    chosen: list[Message]
    rejected: list[Message]
    item: str
    domain: str
    judgment: str
    verdict: str


class Tie(Row, frozen=True, kw_only=True):
    """A judgment that prefers neither candidate. No trainer reads it; it must not be lost either."""

    prompt: list[Message]
    response_a: list[Message]
    response_b: list[Message]
    item: str
    domain: str
    judgment: str
    verdict: str  # tie | both_unacceptable


class VerdictShare(Row, frozen=True, kw_only=True):
    """How probable one answer is."""

    verdict: str  # a | b | tie | both_unacceptable
    share_ppm: int


class ConsensusRow(Row, frozen=True, kw_only=True):
    """A line of `consensus`: what a model of raters makes of the judgments on one record, with the doubt that remains.

    The judgments stand in data/judgments as ever, and the record keeps the consensus that people came to.
    """

    item: str
    external: str
    batch: str
    domain: str
    method: str  # majority | one_coin | dawid_skene
    posterior: list[VerdictShare]
    top: str | None  # the most probable answer; null for a tie between two
    doubt_millibits: int  # entropy of the posterior: 0 is certainty, 2000 is none between four answers
    votes: list[VerdictCount]  # judgments that decide and count, by direction
    record_consensus: str | None  # as in the record
    record_consensus_how: str


class Exclusion(Row, frozen=True, kw_only=True):
    """An item of a released batch that has no record, and why."""

    item: str
    external: str
    batch: str
    reason: str  # incomplete | open-disagreement | erased | demonstration-set-aside
    judgments: int  # that count
    needed: int

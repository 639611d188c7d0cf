"""What the API answers with, as values. Fields that a newer server adds are passed over."""

import msgspec

from tallystick.client.answers.warned import CaseWarning, Warned
from tallystick.client.receipts import Signed


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The body of an answer."""


class Receipt(Answer, frozen=True):
    """What a command left in the journal."""

    command: str
    first_seq: int
    events: int
    at: int  # microseconds since 1970, UTC
    is_repeat: bool


class Done(Answer, frozen=True):
    """A change that is durably in the journal."""

    receipt: Receipt


class Session(Answer, frozen=True):
    """A session. The token is told this once."""

    token: str
    person: str
    roles: list[str]
    expert_roles: list[str]
    expires_at: int


class Me(Answer, frozen=True):
    """Who one is."""

    person: str
    name: str
    login: str | None
    roles: list[str]
    expert_roles: list[str]
    simulated: bool
    contract_executed_at: int | None
    session_expires_at: int


class Programme(Answer, frozen=True):
    """A programme."""

    programme: str
    title: str
    phase: str
    version: str
    simulated: bool
    since: int


class Criterion(Answer, frozen=True):
    """One line of a rubric, as far as a program needs it; the whole of it stands in the rubric's YAML."""

    id: str
    name: str
    question: str
    scale: dict[str, int]  # low, high
    anchors: dict[str, str]
    citation_required: bool
    gated: bool


class Rubric(Answer, frozen=True):
    """One version of the criteria of one domain."""

    id: str
    domain: str
    version: str
    title: str
    task: str
    criteria: list[Criterion]


class RubricInForce(Answer, frozen=True):
    """A rubric in force."""

    rubric: str
    domain: str
    version: str
    threshold_ppm: int


class PieceShown(Answer, frozen=True):
    """A part of an item that is read on its own. Spans count the code points of its text."""

    id: str
    kind: str
    title: str
    text: str
    facts: list[tuple[str, str]]


class ShownItem(Answer, frozen=True):
    """An item as one expert sees it: A is `first`, B is `second`. `pieces` has everything below prompt and context."""

    prompt: str
    context: str | None
    first: str
    second: str
    signal: str
    pieces: list[PieceShown]


class Task(Answer, frozen=True):
    """An assignment with all that is needed to judge it."""

    assignment: str
    item: str
    programme: str
    domain: str
    state: str
    expires_at: int
    shown: ShownItem
    rubric: Rubric
    form: dict[str, object]
    draft: dict[str, object] | None
    draft_at: int | None
    done: int
    warnings: tuple[Warned, ...] = ()


class Submitted(Answer, frozen=True):
    """A judgment that is durably in the journal."""

    judgment: str
    item: str
    programme: str
    seq: int
    receipt: Receipt
    signed: Signed | None = None


class Standing(Answer, frozen=True):
    """How one stands with one rubric in force."""

    rubric: str
    version: str
    domain: str
    title: str
    signal: str
    gold_items: int
    gold_items_short: int
    items: int
    guesser_passes_ppm: int | None
    expert_fails_ppm: int | None
    items_needed: int | None
    qualification: str | None
    state: str | None


class Qualification(Answer, frozen=True):
    """A qualification that is running."""

    qualification: str
    receipt: Receipt


class GoldTask(Answer, frozen=True):
    """The gold item that comes next."""

    qualification: str
    item: str
    programme: str
    number: int
    total: int
    shown: ShownItem
    rubric: Rubric
    draft: dict[str, object] | None
    draft_at: int | None
    warnings: tuple[Warned, ...] = ()


class Outcome(Answer, frozen=True):
    """What an answer to a gold item led to."""

    qualification: str
    answered: int
    total: int
    state: str  # running, qualified or failed
    correct: int | None
    pass_mark: int
    receipt: Receipt
    signed: Signed | None = None


class Value(Answer, frozen=True):
    """One coefficient with its interval, in parts per million; None when it is undefined."""

    what: str
    metric: str
    level: str
    status: str
    value_ppm: int | None
    low_ppm: int | None
    high_ppm: int | None
    items: int
    raters: int
    judgments: int


class Measurement(Answer, frozen=True):
    """A batch measured against its domain's threshold."""

    batch: str
    domain: str
    rubric: str
    rubric_version: str
    contract_version: str
    rule: str
    threshold_ppm: int
    decision: str  # pass or fail
    why: str
    verdict: Value
    criteria: list[Value]
    expected: Value | None
    inputs_digest: str
    incomplete: int
    code_version: str


class Batch(Answer, frozen=True):
    """A batch; `measured` and `disagreements` are told by the programme's glance only."""

    batch: str
    name: str
    domain: str
    purpose: str
    items: int
    complete: int
    judgments: int
    imported_judgments: int
    measured: Measurement | None = None
    disagreements: dict[str, int] = {}


class Pair(Answer, frozen=True):
    """Cohen's kappa of two raters."""

    rater_a: str
    rater_b: str
    value: float | None
    status: str
    reason: str | None
    n_items: int
    percent_agreement: float | None


class Agreement(Answer, frozen=True):
    """How a batch stands now."""

    batch: Batch
    now: Measurement | None
    why_not: str | None
    pairs: list[Pair]
    names: dict[str, str]


class Quota(Answer, frozen=True):
    """One quota of the sampling plan."""

    axis: str
    value: str
    target: int
    filled: int
    missing: int


class Glance(Answer, frozen=True):
    """How a programme stands."""

    programme: Programme
    rubrics: list[RubricInForce]
    quotas: list[Quota]
    funnel: dict[str, int]
    batches: list[Batch]
    released_records: int


class InForce(Answer, frozen=True):
    """A contract version that has come into force."""

    programme: str
    version: str
    receipt: Receipt


class ContractVersion(Answer, frozen=True):
    """One contract version as text."""

    programme: str
    version: str
    title: str
    text: str


class Published(Answer, frozen=True):
    """A rubric version that has come into force."""

    rubric: str
    version: str
    affected: list[str]
    receipt: Receipt


class DiffRow(Answer, frozen=True):
    """One part of a rubric in two versions."""

    section: str
    part: str
    state: str
    old: str
    new: str


class Person(Answer, frozen=True):
    """A person of the cell."""

    person: str
    name: str
    login: str | None
    roles: list[str]
    expert_roles: list[str]
    origin: str
    simulated: bool
    since: int
    contract_executed_at: int | None
    ip_assigned_at: int | None
    contract_template: str | None


class Enrolled(Answer, frozen=True):
    """A person who has joined."""

    person: str
    receipt: Receipt


class RowProblem(Answer, frozen=True):
    """A row that did not come in."""

    name: str
    line: int | None
    path: str
    expected: str
    found: str
    fix: str
    sentence: str


class Import(Answer, frozen=True):
    """What became of a file."""

    run: str
    what: str
    rows: int
    accepted: int
    rejected: int
    problems: list[RowProblem]
    problems_total: int
    receipt: Receipt


class Item(Answer, frozen=True):
    """An item without its content."""

    item: str
    external: str
    batch: str
    domain: str
    purpose: str
    signal: str
    taxonomy: dict[str, str]
    is_disagreement_expected: bool
    seq: int
    state: str | None
    judged: int | None
    leased: int | None
    needed: int | None


class Items(Answer, frozen=True):
    """A page of items; `after` leads to the next one."""

    items: list[Item]
    after: int | None


class RecordedJudgment(Answer, frozen=True):
    """One judgment of a record. Verdict and scores name the item's own candidates."""

    judgment: str
    expert: str
    rubric_version: str
    verdict: str
    scores: dict[str, dict[str, int]]
    is_observed: bool
    is_pre_contract: bool
    source: str
    at: int
    seq: int


class Record(Answer, frozen=True):
    """An item with everything that happened to it."""

    item: Item
    shown: ShownItem
    judgments: list[RecordedJudgment]
    disagreement: str | None
    erased: str | None = None  # when and under which erasure the content went


class Disagreement(Answer, frozen=True):
    """How the judgments of an item divide. `counts` is None in the queue of somebody who may judge the item one day."""

    item: str
    batch: str
    domain: str
    counts: dict[str, int] | None
    is_expected: bool
    state: str
    opened_at: int
    closed_at: int | None
    risk: str | None = None
    cause: str | None = None
    held_until: int | None = None


class BlindedJudgment(Answer, frozen=True):
    """One judgment without its author, in the reader's own order of candidates."""

    number: int
    verdict: str
    scores: dict[str, dict[str, int]]
    reasons: list[dict[str, str | None]]
    values: dict[str, str]
    marks: list[dict[str, object]]
    texts: dict[str, str]
    is_observed: bool


class Case(Answer, frozen=True):
    """A disagreement with all that is needed to decide it."""

    disagreement: Disagreement
    shown: ShownItem
    rubric: Rubric
    judgments: list[BlindedJudgment]
    notes: str | None
    is_mine: bool = False
    warning: CaseWarning | None = None
    warnings: tuple[Warned, ...] = ()


class Closed(Answer, frozen=True):
    """A case that has ended: settled, preserved or returned."""

    item: str
    state: str
    receipt: Receipt
    signed: Signed | None = None


class Release(Answer, frozen=True):
    """A release; only its first three fields are told when it is cut."""

    release: str
    name: str
    version: str
    use: str = ""
    state: str = ""
    batches: list[str] = []
    left_out: dict[str, str] = {}
    records: int | None = None
    judgments: int | None = None
    manifest_digest: str | None = None
    records_root: str | None = None


class Blocker(Answer, frozen=True):
    """One thing that keeps a batch, or some of its items, out of a release."""

    batch: str
    name: str
    code: str
    sentence: str
    names: list[str]
    is_whole_batch: bool

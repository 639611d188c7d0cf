"""The tables beside the journal. READ tables are projections: droppable, rebuilt from the journal bit for bit.

KEPT tables hold what must never be in the journal (ciphertext, password hashes, sessions, unsent drafts). A stage may
keep its tables in a module of its own here, made of the same columns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tallystick.events import Envelope
from tallystick.store.schema import columns
from tallystick.store.schema.columns import sealed, text, whole

READ, KEPT = columns.READ, columns.KEPT

# One row per command: finds the receipt of a retry.
RECEIPT = sa.Table(
    "receipt", READ, text("cmd", key=True), text("req"), text("actor"), whole("first_seq"), whole("events"),
    sa.Index("receipt_of_actor", "actor", "first_seq"),
)  # fmt: skip

PERSON = sa.Table(
    "person", READ,
    text("person", key=True), text("roles"), text("expert_roles"), text("origin"), whole("simulated"),
    text("profile"), whole("since"), whole("executed_at", optional=True), whole("ip_assigned_at", optional=True),
    text("template_digest", optional=True), text("region", optional=True), whole("region_seq", optional=True),
)  # fmt: skip
# Which roles somebody ever had, each from an event on until another took it: `until` is empty while they have it.
ROLE_HELD = sa.Table(
    "role_held", READ,
    text("person", key=True), text("role", key=True), whole("seq", key=True), whole("until", optional=True),
)  # fmt: skip

PROGRAMME = sa.Table(
    "programme", READ,
    text("programme", key=True), text("title"), text("phase"), text("version"), text("document"),
    text("metric"), text("level"), text("rule"), whole("items_min"), whole("lease_ms"), text("permitted_uses"),
    text("source_class"),
    text("licence"), text("retention_until"), whole("simulated"), whole("since"),
)  # fmt: skip
CONTRACT_VERSION = sa.Table(
    "contract_version", READ,
    text("programme", key=True), text("version", key=True), text("document"), text("document_digest"),
    whole("seq"), whole("at"), text("by"),
)  # fmt: skip
DOMAIN = sa.Table(
    "domain", READ,
    text("programme", key=True), text("domain", key=True), text("rubric"), text("risk"), whole("redundancy"),
    text("metric"), text("level"), text("rule"), whole("items_min"),
)  # fmt: skip

RUBRIC = sa.Table(
    "rubric", READ,
    text("programme", key=True), text("rubric", key=True), text("domain"), text("version"), text("document"),
    whole("threshold_ppm"), whole("default_ppm"),
)  # fmt: skip
RUBRIC_VERSION = sa.Table(
    "rubric_version", READ,
    text("programme", key=True), text("rubric", key=True), text("version", key=True), text("domain"),
    text("document"), text("document_digest"), text("criteria"), whole("threshold_ppm"), whole("default_ppm"),
    text("previous", optional=True), text("affected"), whole("seq"), whole("at"), text("by"),
)  # fmt: skip

QUALIFICATION = sa.Table(
    "qualification", READ,
    text("qualification", key=True), text("person"), text("programme"), text("rubric"), text("version"),
    text("state"), text("items"), text("orders"), whole("answered"), whole("correct"), whole("pass_mark"),
    whole("alpha_ppm"), whole("power_ppm"), text("by_criterion"), whole("started_at"),
    whole("ended_at", optional=True), whole("seq"), text("signals"),
    sa.Index("qualification_of", "person", "programme", "rubric", "version"),
)  # fmt: skip
GOLD_ANSWER = sa.Table(
    "gold_answer", READ,
    text("qualification", key=True), text("item", key=True), text("verdict"), text("scores"), text("reasons"),
    text("rationale"), whole("is_correct"), text("near"), whole("active_ms"), whole("seq"),
)  # fmt: skip

BATCH = sa.Table(
    "batch", READ,
    text("batch", key=True), text("programme"), text("name"), text("domain"), text("purpose"), whole("items"),
    whole("complete"), whole("judgments"), whole("imported_judgments"), whole("held"), whole("seq"),
    sa.UniqueConstraint("programme", "name", "domain"),
)  # fmt: skip
ITEM = sa.Table(
    "item", READ,
    text("item", key=True), text("programme"), text("batch"), text("domain"), text("purpose"), text("signal"),
    text("external"), text("content"), text("hidden"), text("taxonomy"), whole("is_disagreement_expected"),
    text("source_class"), text("licence"), text("content_key"), text("run"), whole("row"), whole("seq"),
    whole("candidates"),
    sa.UniqueConstraint("programme", "external"),
    sa.Index("item_in_batch", "batch", "seq"), sa.Index("item_content", "programme", "content_key"),
)  # fmt: skip
# What assignment needs of an item, and no more: it is read at every click.
WORK = sa.Table(
    "work", READ,
    text("item", key=True), text("programme"), text("domain"), whole("rank"), whole("needed"), whole("leased"),
    whole("judged"), whole("held"), whole("is_open"), text("state"), whole("stratum"),
    whole("first_judged", optional=True),
    sa.Index("work_judged", "stratum", "is_open", "first_judged", "rank"),
    sa.Index("work_open", "stratum", "is_open", "rank"), sa.Index("work_of", "programme", "state"),
)  # fmt: skip
# Counts by stratum, kept as items come and go: filling and funnel cost the same at any size.
TALLY = sa.Table(
    "tally", READ,
    text("programme", key=True), text("axis", key=True), text("value", key=True), whole("items"),
    whole("complete"),
)  # fmt: skip
IMPORT_RUN = sa.Table(
    "import_run", READ,
    text("run", key=True), text("programme"), text("what"), text("source"), text("file_digest"), whole("rows"),
    whole("accepted"), whole("rejected"), text("report"), whole("at"), text("by"), whole("seq"),
)  # fmt: skip

ASSIGNMENT = sa.Table(
    "assignment", READ,
    text("assignment", key=True), text("item"), text("programme"), text("domain"), text("expert"),
    text("order"), text("rubric"), text("rubric_version"), text("contract_version"), text("state"),
    whole("leased_at"), whole("expires_at"), whole("seq"), text("batch"), whole("is_renewal"),
    sa.Index("assignment_of_expert", "expert", "item"),
    sa.Index("assignment_active", "expert", "state"),
    sa.Index("assignment_expiry", "state", "expires_at"),
    sa.Index("assignment_of_item", "item"),
)  # fmt: skip

JUDGMENT = sa.Table(
    "judgment", READ,
    text("judgment", key=True), text("item"), text("programme"), text("batch"), text("expert"), text("role"),
    text("assignment", optional=True), text("signal"), text("rubric"), text("rubric_version"),
    text("contract_version"), text("order", optional=True), text("verdict"), text("scores"), text("reasons"),
    text("rationale", optional=True), text("defects"), text("confirmed"), whole("active_ms", optional=True),
    whole("is_observed"), whole("is_pre_contract"), text("made_at", optional=True), text("source"),
    whole("at"), whole("seq"), text("standing"), text("values"), text("marks"),
    # One that counts or is held of each expert; those that were set aside stay beside it.
    sa.Index(
        "judgment_once", "item", "expert", unique=True,
        sqlite_where=sa.text("standing <> 'requeued'"), postgresql_where=sa.text("standing <> 'requeued'"),
    ),
    sa.Index(
        "judgment_held", "programme", "seq", sqlite_where=sa.text("standing = 'held'"),
        postgresql_where=sa.text("standing = 'held'"),
    ),
    sa.Index("judgment_on_item", "item", "seq"), sa.Index("judgment_in_batch", "batch", "seq"),
    sa.Index("judgment_of_expert", "expert", "seq"),
    sa.Index("judgment_under", "programme", "rubric", "rubric_version"),
)  # fmt: skip
# Every change of a judgment's standing, with what caused it.
STANDING = sa.Table(
    "standing", READ,
    text("judgment", key=True), whole("seq", key=True), text("programme"), text("item"), text("now"),
    text("hold", optional=True), text("cause"), text("reference"), whole("by_same"), text("notes", optional=True),
    whole("at"), text("by"),
    sa.Index("standing_by_cause", "programme", "cause", "reference"), sa.Index("standing_of_item", "item", "seq"),
)  # fmt: skip
# Judgments held together; `waiting` of them have not been reviewed.
HOLD = sa.Table(
    "hold", READ,
    text("hold", key=True), text("programme"), text("expert"), text("cause"), text("reference"),
    whole("judgments"), whole("waiting"), whole("at"), whole("seq"),
    sa.Index("hold_waiting", "programme", "seq"),
)  # fmt: skip
# A judgment made under an earlier rubric version, criterion by criterion.
FLAG = sa.Table(
    "flag", READ,
    text("judgment", key=True), text("version", key=True), text("criterion", key=True), whole("seq"),
)  # fmt: skip

# What a shortcut audit found, group by group; an audit has several rows.
SHORTCUT_AUDIT = sa.Table(
    "shortcut_audit", READ,
    whole("seq", key=True), text("audit"), text("programme"), text("axis"), text("name"), text("source"),
    whole("is_flagged"), text("body"), whole("at"), text("by"),
    sa.Index("shortcut_audit_of", "programme", "seq"), sa.Index("shortcut_audit_part", "audit", "seq"),
)  # fmt: skip

MEASUREMENT = sa.Table(
    "measurement", READ,
    whole("seq", key=True), text("batch"), text("programme"), text("decision"), text("body"), whole("at"),
    text("by"),
    sa.Index("measurement_of_batch", "batch", "seq"),
)  # fmt: skip

DISAGREEMENT = sa.Table(
    "disagreement", READ,
    text("item", key=True), text("programme"), text("batch"), text("domain"), text("counts"),
    whole("is_expected"), text("state"), text("verdict", optional=True), text("adjudicator", optional=True),
    text("criteria", optional=True), text("notes", optional=True), text("rubric_version", optional=True),
    whole("opened_at"), whole("closed_at", optional=True), whole("seq"), whole("closed_seq", optional=True),
    # The newest class, and its place in the queue; who works on the case, and until when.
    text("cause", optional=True), whole("cause_rank"), text("lease", optional=True),
    text("holder", optional=True), whole("held_until", optional=True), text("confirmed", optional=True),
    sa.Index("disagreement_queue", "programme", "state", "seq"),
    sa.Index("disagreement_by_risk", "programme", "state", "domain", "cause_rank", "seq"),
    sa.Index("disagreement_held", "holder", "programme", "state"), sa.Index("disagreement_lease", "held_until"),
    sa.Index("disagreement_in_batch", "batch", "seq"),
)  # fmt: skip
# What adjudicators said of a rubric's criteria when they ended a case.
RUBRIC_FEEDBACK = sa.Table(
    "rubric_feedback", READ,
    whole("seq", key=True), text("programme"), text("rubric"), text("rubric_version"), text("criterion"),
    text("what"), text("item"), text("words"), whole("at"), text("by"),
    sa.Index("rubric_feedback_on", "programme", "rubric", "seq"),
)  # fmt: skip
# Rounds of second looks at finished items, and every item that was drawn in one.
REREVIEW = sa.Table(
    "rereview", READ,
    text("rereview", key=True), text("programme"), whole("round"), whole("draws"), whole("since"),
    whole("until"), text("pools"), text("secret"), whole("at"), whole("seq"),
    sa.UniqueConstraint("programme", "round"),
)  # fmt: skip
REREVIEW_ITEM = sa.Table(
    "rereview_item", READ,
    text("item", key=True), text("rereview"), text("programme"), whole("round"), text("risk"), whole("place"),
    text("reviewer", optional=True), whole("held_until", optional=True), whole("is_answered"),
    whole("is_defect", optional=True), text("severity", optional=True), text("cause", optional=True),
    text("failure", optional=True), text("notes", optional=True), whole("answered_at", optional=True),
    whole("seq"), whole("answered_seq", optional=True),
    sa.Index("rereview_item_waiting", "programme", "is_answered", "round", "place"),
    sa.Index("rereview_item_held", "reviewer", "programme", "is_answered"),
)  # fmt: skip

INTERVENTION = sa.Table(
    "intervention", READ,
    text("intervention", key=True), text("programme"), text("domain"), text("rubric"), text("rubric_version"),
    text("batch"), whole("measured_seq"), text("state"), whole("round"), text("outcome", optional=True),
    whole("at"), text("by"), whole("seq"), whole("closed_at", optional=True), whole("closed_seq", optional=True),
    sa.Index("intervention_of", "programme", "rubric", "state"), sa.Index("intervention_of_batch", "batch", "seq"),
)  # fmt: skip
# Everything that happened in an intervention, whatever stage wrote it.
INTERVENTION_STEP = sa.Table(
    "intervention_step", READ,
    whole("seq", key=True), text("intervention"), text("kind"), text("body"), whole("at"), text("by"),
    sa.Index("intervention_step_of", "intervention", "seq"),
)  # fmt: skip
# Who works no more under a rubric, for the time being.
STOOD_DOWN = sa.Table(
    "stood_down", READ,
    text("programme", key=True), text("rubric", key=True), text("person", key=True), text("intervention"),
    whole("at"), whole("seq"),
)  # fmt: skip

# Calibration sessions. The label of an item is no judgment: nothing that counts judgments reads these tables.
CALIBRATION = sa.Table(
    "calibration", READ,
    text("calibration", key=True), text("intervention"), text("programme"), text("batch"), text("domain"),
    text("rubric"), text("rubric_version"), whole("round"), text("state"), whole("opened_at"), text("by"),
    whole("seq"), whole("revealed_at", optional=True), whole("revealed_seq", optional=True),
    text("agreement", optional=True),
    text("missing", optional=True), text("reason", optional=True), whole("ended_at", optional=True),
    whole("ended_seq", optional=True), text("ended_reason", optional=True),
    sa.Index("calibration_of", "intervention", "seq"),
)  # fmt: skip
CALIBRATION_ITEM = sa.Table(
    "calibration_item", READ,
    text("calibration", key=True), whole("number", key=True), text("item"),
    sa.Index("calibration_item_in", "item"),
)  # fmt: skip
CALIBRATION_PARTICIPANT = sa.Table(
    "calibration_participant", READ,
    text("calibration", key=True), whole("number", key=True), text("person"),
    sa.Index("calibration_participant_in", "person"),
)  # fmt: skip
CALIBRATION_LABEL = sa.Table(
    "calibration_label", READ,
    text("calibration", key=True), text("item", key=True), text("expert", key=True), text("order"),
    text("verdict"), text("scores"), text("reasons"), text("rationale"), whole("active_ms"), whole("at"),
    whole("seq"),
    sa.Index("calibration_label_on", "item"), sa.Index("calibration_label_by", "expert"),
)  # fmt: skip
CALIBRATION_MARK = sa.Table(
    "calibration_mark", READ,
    text("calibration", key=True), whole("number", key=True), text("expert"), text("rubric_version"),
    text("criterion", optional=True), text("place"), whole("start"), whole("end"), text("kind"), text("note"),
    whole("at"), whole("seq"), text("answer", optional=True), text("words", optional=True),
    whole("answered_at", optional=True), whole("answered_seq", optional=True),
)  # fmt: skip
CALIBRATION_EXAMPLE = sa.Table(
    "calibration_example", READ,
    text("calibration", key=True), whole("number", key=True), text("item"), text("expert"), text("candidate"),
    text("criterion"), whole("score"), text("note"), whole("at"), whole("seq"),
)  # fmt: skip

# A disagreement as it was when judgments of its item were set aside: it opens anew when the item is complete again.
PAST_DISAGREEMENT = sa.Table(
    "past_disagreement", READ,
    text("item", key=True), whole("seq", key=True), text("counts"), text("state"),
    text("verdict", optional=True), text("adjudicator", optional=True), text("criteria", optional=True),
    text("notes", optional=True), text("rubric_version", optional=True), whole("opened_at"),
    whole("closed_at", optional=True), whole("closed_seq", optional=True), whole("withdrawn_at"),
    whole("withdrawn_seq"),
)  # fmt: skip

# Why the judges of an item disagree: the newest proposal for each item; what people said of one; what was learnt.
CLASSIFICATION = sa.Table(
    "classification", READ,
    text("item", key=True), text("programme"), text("batch"), text("status"), text("cause", optional=True),
    text("proposed", optional=True), whole("confidence_ppm", optional=True), text("model"), text("inputs_digest"),
    text("body"), whole("at"), whole("seq"),
    sa.Index("classification_in_batch", "batch"), sa.Index("classification_of", "programme", "seq"),
)  # fmt: skip
CLASS_CORRECTION = sa.Table(
    "class_correction", READ,
    whole("seq", key=True), text("item"), text("programme"), text("batch"), whole("classified_seq"),
    text("classified"), text("proposed", optional=True), text("cause"), text("note"), text("by"), whole("at"),
    sa.Index("class_correction_of", "item", "seq"),
)  # fmt: skip
GROUP_DECLARATION = sa.Table(
    "group_declaration", READ,
    text("person", key=True), whole("seq", key=True), text("object", optional=True),
    text("commitment", optional=True), whole("at"),
)  # fmt: skip
DISTRIBUTION = sa.Table(
    "distribution", READ,
    whole("seq", key=True), text("item"), text("axis"), text("programme"), text("batch"), text("body"),
    whole("at"),
    sa.Index("distribution_on", "axis", "seq"), sa.Index("distribution_of", "item"),
)  # fmt: skip
CLASS_MODEL = sa.Table(
    "class_model", READ,
    text("model", key=True), text("body"), whole("is_in_force"), whole("at"), text("by"), whole("seq"),
    whole("chosen_at", optional=True), text("chosen_by", optional=True),
)  # fmt: skip

# The rate of sentinels in a programme, and the chart that follows from it. Of the versions, the newest that has not
# ended counts.
SENTINEL_POLICY = sa.Table(
    "sentinel_policy", READ,
    text("programme", key=True), whole("version", key=True), whole("acceptable_ppm"), whole("unacceptable_ppm"),
    whole("found_within"), whole("found_asked_ppm"), whole("false_horizon"), whole("false_asked_ppm"),
    whole("rate_ppm"), whole("if_right"), whole("if_wrong"), whole("limit"), whole("unit_nano"),
    whole("found_ppm"), whole("false_ppm"), whole("judgments_between"), whole("delay_worst_milli"),
    whole("delay_usual_milli"), whole("delay_90"), text("secret"), text("state"), text("by"), whole("at"),
    whole("seq"), whole("ended_at", optional=True), whole("ended_seq", optional=True),
    sa.Index("sentinel_policy_now", "programme", "state"),
)  # fmt: skip
# Gold items at places of their own in a pool: the next one from any place on is found by the index.
GOLD = sa.Table(
    "gold", READ,
    text("item", key=True), text("programme"), text("domain"), whole("place"), whole("seq"),
    sa.Index("gold_pool", "programme", "domain", "place"),
)  # fmt: skip
# Which gold items somebody has had, in a qualification or as a sentinel.
GOLD_SEEN = sa.Table(
    "gold_seen", READ, text("person", key=True), text("item", key=True), whole("is_sentinel"), whole("seq"),
)  # fmt: skip
# Where the chart of an expert stands: running, crossed, or stopped until somebody has decided.
SENTINEL_CHART = sa.Table(
    "sentinel_chart", READ,
    text("programme", key=True), text("expert", key=True), text("rubric", key=True), text("domain"),
    text("rubric_version"), whole("policy"), text("state"), whole("score"), whole("taken"), whole("right"),
    whole("calm_until"), whole("from_seq"), whole("crossed_seq", optional=True),
    whole("crossed_at", optional=True), whole("seq"),
    sa.Index("sentinel_chart_waiting", "state", "programme"),
)  # fmt: skip
SENTINEL_ANSWER = sa.Table(
    "sentinel_answer", READ,
    whole("seq", key=True), text("judgment"), text("programme"), text("domain"), text("rubric"),
    text("rubric_version"), text("expert"), text("item"), whole("policy"), whole("is_correct"), text("near"),
    whole("at"),
    sa.Index("sentinel_answer_of", "programme", "expert", "rubric", "seq"),
)  # fmt: skip
DRIFT = sa.Table(
    "drift", READ,
    whole("seq", key=True), text("programme"), text("rubric"), text("rubric_version"), text("expert"),
    whole("policy"), whole("score"), whole("limit"), whole("answers"), whole("right"), whole("shift_from"),
    whole("earliest"), whole("held_after"), whole("crossed_seq"), whole("held"), text("state"), whole("at"),
    text("found", optional=True), text("words", optional=True), text("decided_by", optional=True),
    whole("decided_at", optional=True), whole("decided_seq", optional=True),
    sa.Index("drift_of", "programme", "state", "seq"),
)  # fmt: skip

RELEASE = sa.Table(
    "release", READ,
    text("release", key=True), text("programme"), text("name"), text("version"), text("use"), text("batches"),
    text("left_out"), text("state"), whole("cut_seq"), whole("cut_at"), text("by"),
    text("manifest_digest", optional=True), text("records_root", optional=True), whole("records", optional=True),
    whole("judgments", optional=True), whole("files", optional=True), whole("built_seq", optional=True),
    sa.UniqueConstraint("name", "version"),
)  # fmt: skip

ACCESS = sa.Table(
    "access", READ,
    whole("seq", key=True), text("subject"), text("what"), text("reason"), whole("number"),
    text("part", optional=True), text("words", optional=True), text("by"), text("role"), whole("at"),
    sa.Index("access_to", "subject", "seq"), sa.Index("access_by", "by", "seq"), sa.Index("access_at", "at", "seq"),
    sa.Index(
        "access_unblinded", "subject", "seq", sqlite_where=sa.text("what = 'candidates'"),
        postgresql_where=sa.text("what = 'candidates'"),
    ),
)  # fmt: skip

# What was ordered to be erased, and how far it is. Lists stand as canonical JSON.
ERASURE = sa.Table(
    "erasure", READ,
    text("erasure", key=True), text("what"), text("target"), text("reason"), text("note", optional=True),
    text("scopes"), text("releases"), whole("objects"), text("objects_digest"), whole("epoch"), text("state"),
    text("by"), whole("at"), whole("seq"), text("epochs", optional=True), whole("final_at", optional=True),
    text("certificate_digest", optional=True), whole("completed_seq", optional=True),
)  # fmt: skip
# Every scope, object and target that is erased: what tells "erased" from "missing".
ERASED = sa.Table("erased", READ, text("target", key=True), text("erasure"), whole("at"))
# Who holds a release with erased content, and whether they were told.
NOTICE = sa.Table(
    "notice", READ,
    text("erasure", key=True), text("release", key=True), text("holder", key=True), text("state"),
    text("way", optional=True), whole("at"), whole("delivered_at", optional=True),
    whole("acknowledged_at", optional=True), text("acknowledged_by", optional=True), whole("seq"),
    sa.Index("notice_waiting", "state", "seq"),
)  # fmt: skip

# Keys, each by what can be said of it: an epoch's number, a log key's public line, a scope's newest generation.
KEY_EPOCH = sa.Table(
    "key_epoch", READ,
    whole("epoch", key=True), text("state"), text("custody"), whole("started_at"), whole("started_seq"),
    whole("destroyed_at", optional=True), whole("destroyed_seq", optional=True), whole("final_at", optional=True),
)  # fmt: skip
LOG_KEY = sa.Table(
    "log_key", READ,
    text("vkey", key=True), text("state"), text("custody"), whole("added_at"), whole("added_seq"),
    whole("retire_at", optional=True), whole("retired_at", optional=True), whole("retired_seq", optional=True),
)  # fmt: skip
SCOPE_ROTATION = sa.Table(
    "scope_rotation", READ, text("scope", key=True), whole("generation"), whole("at"), whole("seq"),
)  # fmt: skip

# --- kept ----------------------------------------------------------------------------------------------------------

VAULT_EPOCH = sa.Table("vault_epoch", KEPT, whole("epoch", key=True), text("state"))
VAULT_KEY = sa.Table(
    "vault_key", KEPT, text("scope", key=True), whole("generation", key=True), whole("epoch"), sealed("wrapped"),
    sa.Index("vault_key_under", "epoch", "scope", "generation"),
)  # fmt: skip
# `scopes` names the keys that an object needs, home first. A row without bytes is one that was erased.
VAULT_OBJECT = sa.Table(
    "vault_object", KEPT,
    text("object", key=True), text("scope"), text("scopes"), text("commitment"), whole("bytes"),
    sealed("wrapped"), sealed("sealed"),
    sa.Index("vault_object_in", "scope", "object"),
)  # fmt: skip
# Whom else an object is about, so that all of it is found when they are erased.
VAULT_SUBJECT = sa.Table("vault_subject", KEPT, text("scope", key=True), text("object", key=True))
# Large content stands sealed in a folder or bucket; here is its key.
VAULT_FILE = sa.Table(
    "vault_file", KEPT,
    text("file", key=True), text("scope"), text("scopes"), text("path"), text("place"), text("commitment"),
    whole("bytes"), sealed("wrapped"),
    sa.Index("vault_file_in", "scope", "path"),
)  # fmt: skip
# Scopes and objects that the vault let go of: no key is made for them again, and what still has bytes loses them.
VAULT_ERASED = sa.Table("vault_erased", KEPT, text("target", key=True), whole("is_purged"))
# `login` is a keyed digest; the login itself and the password's hash are sealed.
CREDENTIAL = sa.Table(
    "credential", KEPT, text("login", key=True), text("person"), sealed("sealed"), whole("is_demo"),
)  # fmt: skip
SESSION = sa.Table(
    "session", KEPT,
    text("token_digest", key=True), text("session"), text("person"), text("kind"), text("csrf"),
    whole("opened_at"), whole("expires_at"),
    sa.Index("session_of", "person"),
)  # fmt: skip
DRAFT = sa.Table(
    "draft", KEPT,
    text("work", key=True), text("expert", key=True), sa.Column("sealed", sa.LargeBinary, nullable=False),
    whole("saved_at"),
)  # fmt: skip

# Scopes that lost some of their objects and need a key of a new generation; `epoch` is the newest one when they had it:
# the old key was wrapped under none after it.
ERASURE_TASK = sa.Table(
    "erasure_task", KEPT, text("erasure", key=True), text("scope", key=True), whole("epoch", optional=True)
)
# Certificates as they were signed: a key that signed one may be retired since.
CERTIFICATE = sa.Table("certificate", KEPT, text("erasure", key=True), text("text"))


@dataclass(frozen=True, slots=True)
class Recorded:
    """A fact with its envelope, as projections take it."""

    envelope: Envelope
    fact: Any


Handler = Callable[[sa.Connection, list[Recorded]], None]
"""Projects a run of facts of one kind, in their order."""

Row = sa.Row[Any]
"""A row of a read table, by column name."""

"""The tables beside the journal. READ tables are projections: droppable, rebuilt from the journal bit for bit.

KEPT tables hold what must never be in the journal (ciphertext, password hashes, sessions, unsent drafts).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tallystick.events import Envelope

READ = sa.MetaData()
KEPT = sa.MetaData()


def _text(name: str, **rest: bool) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=rest.get("optional", False), primary_key=rest.get("key", False))


def _whole(name: str, **rest: bool) -> sa.Column[int]:
    optional, key = rest.get("optional", False), rest.get("key", False)
    return sa.Column(name, sa.BigInteger, nullable=optional, primary_key=key, autoincrement=False)


def _sealed(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


# One row per command: finds the receipt of a retry.
RECEIPT = sa.Table(
    "receipt", READ, _text("cmd", key=True), _text("req"), _text("actor"), _whole("first_seq"), _whole("events"),
    sa.Index("receipt_of_actor", "actor", "first_seq"),
)  # fmt: skip

PERSON = sa.Table(
    "person", READ,
    _text("person", key=True), _text("roles"), _text("expert_roles"), _text("origin"), _whole("simulated"),
    _text("profile"), _whole("since"), _whole("executed_at", optional=True), _whole("ip_assigned_at", optional=True),
    _text("template_digest", optional=True), _text("region", optional=True),
)  # fmt: skip

PROGRAMME = sa.Table(
    "programme", READ,
    _text("programme", key=True), _text("title"), _text("phase"), _text("version"), _text("document"),
    _text("metric"), _text("level"), _text("rule"), _whole("items_min"), _whole("lease_ms"), _text("permitted_uses"),
    _text("source_class"),
    _text("licence"), _text("retention_until"), _whole("simulated"), _whole("since"),
)  # fmt: skip
CONTRACT_VERSION = sa.Table(
    "contract_version", READ,
    _text("programme", key=True), _text("version", key=True), _text("document"), _text("document_digest"),
    _whole("seq"), _whole("at"), _text("by"),
)  # fmt: skip
DOMAIN = sa.Table(
    "domain", READ,
    _text("programme", key=True), _text("domain", key=True), _text("rubric"), _text("risk"), _whole("redundancy"),
    _text("metric"), _text("level"), _text("rule"), _whole("items_min"),
)  # fmt: skip

RUBRIC = sa.Table(
    "rubric", READ,
    _text("programme", key=True), _text("rubric", key=True), _text("domain"), _text("version"), _text("document"),
    _whole("threshold_ppm"), _whole("default_ppm"),
)  # fmt: skip
RUBRIC_VERSION = sa.Table(
    "rubric_version", READ,
    _text("programme", key=True), _text("rubric", key=True), _text("version", key=True), _text("domain"),
    _text("document"), _text("document_digest"), _text("criteria"), _whole("threshold_ppm"), _whole("default_ppm"),
    _text("previous", optional=True), _text("affected"), _whole("seq"), _whole("at"), _text("by"),
)  # fmt: skip

QUALIFICATION = sa.Table(
    "qualification", READ,
    _text("qualification", key=True), _text("person"), _text("programme"), _text("rubric"), _text("version"),
    _text("state"), _text("items"), _text("orders"), _whole("answered"), _whole("correct"), _whole("pass_mark"),
    _whole("alpha_ppm"), _whole("power_ppm"), _text("by_criterion"), _whole("started_at"),
    _whole("ended_at", optional=True), _whole("seq"),
    sa.Index("qualification_of", "person", "programme", "rubric", "version"),
)  # fmt: skip
GOLD_ANSWER = sa.Table(
    "gold_answer", READ,
    _text("qualification", key=True), _text("item", key=True), _text("verdict"), _text("scores"), _text("reasons"),
    _text("rationale"), _whole("is_correct"), _text("near"), _whole("active_ms"), _whole("seq"),
)  # fmt: skip

BATCH = sa.Table(
    "batch", READ,
    _text("batch", key=True), _text("programme"), _text("name"), _text("domain"), _text("purpose"), _whole("items"),
    _whole("complete"), _whole("judgments"), _whole("imported_judgments"), _whole("held"), _whole("seq"),
    sa.UniqueConstraint("programme", "name", "domain"),
)  # fmt: skip
ITEM = sa.Table(
    "item", READ,
    _text("item", key=True), _text("programme"), _text("batch"), _text("domain"), _text("purpose"), _text("signal"),
    _text("external"), _text("content"), _text("hidden"), _text("taxonomy"), _whole("is_disagreement_expected"),
    _text("source_class"), _text("licence"), _text("content_key"), _text("run"), _whole("row"), _whole("seq"),
    sa.UniqueConstraint("programme", "external"),
    sa.Index("item_in_batch", "batch", "seq"), sa.Index("item_content", "programme", "content_key"),
)  # fmt: skip
# What assignment needs of an item, and no more: it is read at every click.
WORK = sa.Table(
    "work", READ,
    _text("item", key=True), _text("programme"), _text("domain"), _whole("rank"), _whole("needed"), _whole("leased"),
    _whole("judged"), _whole("held"), _whole("is_open"), _text("state"),
    sa.Index("work_open", "programme", "domain", "is_open", "rank"),
)  # fmt: skip
# Counts by stratum, kept as items come and go: filling and funnel cost the same at any size.
TALLY = sa.Table(
    "tally", READ,
    _text("programme", key=True), _text("axis", key=True), _text("value", key=True), _whole("items"),
    _whole("complete"),
)  # fmt: skip
IMPORT_RUN = sa.Table(
    "import_run", READ,
    _text("run", key=True), _text("programme"), _text("what"), _text("source"), _text("file_digest"), _whole("rows"),
    _whole("accepted"), _whole("rejected"), _text("report"), _whole("at"), _text("by"), _whole("seq"),
)  # fmt: skip

ASSIGNMENT = sa.Table(
    "assignment", READ,
    _text("assignment", key=True), _text("item"), _text("programme"), _text("domain"), _text("expert"),
    _text("order"), _text("rubric"), _text("rubric_version"), _text("contract_version"), _text("state"),
    _whole("leased_at"), _whole("expires_at"), _whole("seq"), _text("batch"), _whole("is_renewal"),
    sa.Index("assignment_of_expert", "expert", "item"),
    sa.Index("assignment_active", "expert", "state"),
    sa.Index("assignment_expiry", "state", "expires_at"),
    sa.Index("assignment_of_item", "item"),
)  # fmt: skip
# Where an expert goes on in a domain: everything before has been offered to them.
CURSOR = sa.Table(
    "cursor", READ,
    _text("expert", key=True), _text("programme", key=True), _text("domain", key=True), _whole("rank"),
    _whole("leases"),
)  # fmt: skip

JUDGMENT = sa.Table(
    "judgment", READ,
    _text("judgment", key=True), _text("item"), _text("programme"), _text("batch"), _text("expert"), _text("role"),
    _text("assignment", optional=True), _text("signal"), _text("rubric"), _text("rubric_version"),
    _text("contract_version"), _text("order", optional=True), _text("verdict"), _text("scores"), _text("reasons"),
    _text("rationale", optional=True), _text("defects"), _text("confirmed"), _whole("active_ms", optional=True),
    _whole("is_observed"), _whole("is_pre_contract"), _text("made_at", optional=True), _text("source"),
    _whole("at"), _whole("seq"), _text("standing"),
    # One that counts or is held of each expert; those that were set aside stay beside it.
    sa.Index(
        "judgment_once", "item", "expert", unique=True,
        sqlite_where=sa.text("standing <> 'requeued'"), postgresql_where=sa.text("standing <> 'requeued'"),
    ),
    sa.Index(
        "judgment_held", "programme", "seq", sqlite_where=sa.text("standing = 'held'"),
        postgresql_where=sa.text("standing = 'held'"),
    ),
    sa.Index("judgment_in_batch", "batch", "seq"),
    sa.Index("judgment_of_expert", "expert", "seq"),
    sa.Index("judgment_under", "programme", "rubric", "rubric_version"),
)  # fmt: skip
# Every change of a judgment's standing, with what caused it.
STANDING = sa.Table(
    "standing", READ,
    _text("judgment", key=True), _whole("seq", key=True), _text("programme"), _text("item"), _text("now"),
    _text("hold", optional=True), _text("cause"), _text("reference"), _whole("by_same"), _text("notes", optional=True),
    _whole("at"), _text("by"),
    sa.Index("standing_by_cause", "programme", "cause", "reference"), sa.Index("standing_of_item", "item", "seq"),
)  # fmt: skip
# Judgments held together; `waiting` of them have not been reviewed.
HOLD = sa.Table(
    "hold", READ,
    _text("hold", key=True), _text("programme"), _text("expert"), _text("cause"), _text("reference"),
    _whole("judgments"), _whole("waiting"), _whole("at"), _whole("seq"),
    sa.Index("hold_waiting", "programme", "seq"),
)  # fmt: skip
# A judgment made under an earlier rubric version, criterion by criterion.
FLAG = sa.Table(
    "flag", READ,
    _text("judgment", key=True), _text("version", key=True), _text("criterion", key=True), _whole("seq"),
)  # fmt: skip

# What a shortcut audit found, group by group; an audit has several rows.
SHORTCUT_AUDIT = sa.Table(
    "shortcut_audit", READ,
    _whole("seq", key=True), _text("audit"), _text("programme"), _text("axis"), _text("name"), _text("source"),
    _whole("is_flagged"), _text("body"), _whole("at"), _text("by"),
    sa.Index("shortcut_audit_of", "programme", "seq"), sa.Index("shortcut_audit_part", "audit", "seq"),
)  # fmt: skip

MEASUREMENT = sa.Table(
    "measurement", READ,
    _whole("seq", key=True), _text("batch"), _text("programme"), _text("decision"), _text("body"), _whole("at"),
    _text("by"),
    sa.Index("measurement_of_batch", "batch", "seq"),
)  # fmt: skip

DISAGREEMENT = sa.Table(
    "disagreement", READ,
    _text("item", key=True), _text("programme"), _text("batch"), _text("domain"), _text("counts"),
    _whole("is_expected"), _text("state"), _text("verdict", optional=True), _text("adjudicator", optional=True),
    _text("criteria", optional=True), _text("notes", optional=True), _text("rubric_version", optional=True),
    _whole("opened_at"), _whole("closed_at", optional=True), _whole("seq"), _whole("closed_seq", optional=True),
    # The newest class, and its place in the queue; who works on the case, and until when.
    _text("cause", optional=True), _whole("cause_rank"), _text("lease", optional=True),
    _text("holder", optional=True), _whole("held_until", optional=True), _text("confirmed", optional=True),
    sa.Index("disagreement_queue", "programme", "state", "seq"),
    sa.Index("disagreement_by_risk", "programme", "state", "domain", "cause_rank", "seq"),
    sa.Index("disagreement_held", "holder", "programme", "state"), sa.Index("disagreement_lease", "held_until"),
)  # fmt: skip
# What adjudicators said of a rubric's criteria when they ended a case.
RUBRIC_FEEDBACK = sa.Table(
    "rubric_feedback", READ,
    _whole("seq", key=True), _text("programme"), _text("rubric"), _text("rubric_version"), _text("criterion"),
    _text("what"), _text("item"), _text("words"), _whole("at"), _text("by"),
    sa.Index("rubric_feedback_on", "programme", "rubric", "seq"),
)  # fmt: skip
# Rounds of second looks at finished items, and every item that was drawn in one.
REREVIEW = sa.Table(
    "rereview", READ,
    _text("rereview", key=True), _text("programme"), _whole("round"), _whole("draws"), _whole("since"),
    _whole("until"), _text("pools"), _text("secret"), _whole("at"), _whole("seq"),
    sa.UniqueConstraint("programme", "round"),
)  # fmt: skip
REREVIEW_ITEM = sa.Table(
    "rereview_item", READ,
    _text("item", key=True), _text("rereview"), _text("programme"), _whole("round"), _text("risk"), _whole("place"),
    _text("reviewer", optional=True), _whole("held_until", optional=True), _whole("is_answered"),
    _whole("is_defect", optional=True), _text("severity", optional=True), _text("cause", optional=True),
    _text("failure", optional=True), _text("notes", optional=True), _whole("answered_at", optional=True),
    _whole("seq"), _whole("answered_seq", optional=True),
    sa.Index("rereview_item_waiting", "programme", "is_answered", "round", "place"),
    sa.Index("rereview_item_held", "reviewer", "programme", "is_answered"),
)  # fmt: skip

INTERVENTION = sa.Table(
    "intervention", READ,
    _text("intervention", key=True), _text("programme"), _text("domain"), _text("rubric"), _text("rubric_version"),
    _text("batch"), _whole("measured_seq"), _text("state"), _whole("round"), _text("outcome", optional=True),
    _whole("at"), _text("by"), _whole("seq"), _whole("closed_at", optional=True), _whole("closed_seq", optional=True),
    sa.Index("intervention_of", "programme", "rubric", "state"), sa.Index("intervention_of_batch", "batch", "seq"),
)  # fmt: skip
# Everything that happened in an intervention, whatever stage wrote it.
INTERVENTION_STEP = sa.Table(
    "intervention_step", READ,
    _whole("seq", key=True), _text("intervention"), _text("kind"), _text("body"), _whole("at"), _text("by"),
    sa.Index("intervention_step_of", "intervention", "seq"),
)  # fmt: skip
# Who works no more under a rubric, for the time being.
STOOD_DOWN = sa.Table(
    "stood_down", READ,
    _text("programme", key=True), _text("rubric", key=True), _text("person", key=True), _text("intervention"),
    _whole("at"), _whole("seq"),
)  # fmt: skip

# Calibration sessions. The label of an item is no judgment: nothing that counts judgments reads these tables.
CALIBRATION = sa.Table(
    "calibration", READ,
    _text("calibration", key=True), _text("intervention"), _text("programme"), _text("batch"), _text("domain"),
    _text("rubric"), _text("rubric_version"), _whole("round"), _text("state"), _whole("opened_at"), _text("by"),
    _whole("seq"), _whole("revealed_at", optional=True), _whole("revealed_seq", optional=True),
    _text("agreement", optional=True),
    _text("missing", optional=True), _text("reason", optional=True), _whole("ended_at", optional=True),
    _whole("ended_seq", optional=True), _text("ended_reason", optional=True),
    sa.Index("calibration_of", "intervention", "seq"),
)  # fmt: skip
CALIBRATION_ITEM = sa.Table(
    "calibration_item", READ,
    _text("calibration", key=True), _whole("number", key=True), _text("item"),
    sa.Index("calibration_item_in", "item"),
)  # fmt: skip
CALIBRATION_PARTICIPANT = sa.Table(
    "calibration_participant", READ,
    _text("calibration", key=True), _whole("number", key=True), _text("person"),
    sa.Index("calibration_participant_in", "person"),
)  # fmt: skip
CALIBRATION_LABEL = sa.Table(
    "calibration_label", READ,
    _text("calibration", key=True), _text("item", key=True), _text("expert", key=True), _text("order"),
    _text("verdict"), _text("scores"), _text("reasons"), _text("rationale"), _whole("active_ms"), _whole("at"),
    _whole("seq"),
    sa.Index("calibration_label_on", "item"), sa.Index("calibration_label_by", "expert"),
)  # fmt: skip
CALIBRATION_MARK = sa.Table(
    "calibration_mark", READ,
    _text("calibration", key=True), _whole("number", key=True), _text("expert"), _text("rubric_version"),
    _text("criterion", optional=True), _text("place"), _whole("start"), _whole("end"), _text("kind"), _text("note"),
    _whole("at"), _whole("seq"), _text("answer", optional=True), _text("words", optional=True),
    _whole("answered_at", optional=True), _whole("answered_seq", optional=True),
)  # fmt: skip
CALIBRATION_EXAMPLE = sa.Table(
    "calibration_example", READ,
    _text("calibration", key=True), _whole("number", key=True), _text("item"), _text("expert"), _text("candidate"),
    _text("criterion"), _whole("score"), _text("note"), _whole("at"), _whole("seq"),
)  # fmt: skip

# A disagreement as it was when judgments of its item were set aside: it opens anew when the item is complete again.
PAST_DISAGREEMENT = sa.Table(
    "past_disagreement", READ,
    _text("item", key=True), _whole("seq", key=True), _text("counts"), _text("state"),
    _text("verdict", optional=True), _text("adjudicator", optional=True), _text("criteria", optional=True),
    _text("notes", optional=True), _text("rubric_version", optional=True), _whole("opened_at"),
    _whole("closed_at", optional=True), _whole("closed_seq", optional=True), _whole("withdrawn_at"),
    _whole("withdrawn_seq"),
)  # fmt: skip

# Why the judges of an item disagree: the newest proposal for each item; what people said of one; what was learnt.
CLASSIFICATION = sa.Table(
    "classification", READ,
    _text("item", key=True), _text("programme"), _text("batch"), _text("status"), _text("cause", optional=True),
    _text("proposed", optional=True), _whole("confidence_ppm", optional=True), _text("model"), _text("inputs_digest"),
    _text("body"), _whole("at"), _whole("seq"),
    sa.Index("classification_in_batch", "batch"), sa.Index("classification_of", "programme", "seq"),
)  # fmt: skip
CLASS_CORRECTION = sa.Table(
    "class_correction", READ,
    _whole("seq", key=True), _text("item"), _text("programme"), _text("batch"), _whole("classified_seq"),
    _text("classified"), _text("proposed", optional=True), _text("cause"), _text("note"), _text("by"), _whole("at"),
    sa.Index("class_correction_of", "item", "seq"),
)  # fmt: skip
GROUP_DECLARATION = sa.Table(
    "group_declaration", READ,
    _text("person", key=True), _whole("seq", key=True), _text("object", optional=True),
    _text("commitment", optional=True), _whole("at"),
)  # fmt: skip
DISTRIBUTION = sa.Table(
    "distribution", READ,
    _whole("seq", key=True), _text("item"), _text("axis"), _text("programme"), _text("batch"), _text("body"),
    _whole("at"),
    sa.Index("distribution_on", "axis", "seq"), sa.Index("distribution_of", "item"),
)  # fmt: skip
CLASS_MODEL = sa.Table(
    "class_model", READ,
    _text("model", key=True), _text("body"), _whole("is_in_force"), _whole("at"), _text("by"), _whole("seq"),
    _whole("chosen_at", optional=True), _text("chosen_by", optional=True),
)  # fmt: skip

# The rate of sentinels in a programme, and the chart that follows from it. Of the versions, the newest that has not
# ended counts.
SENTINEL_POLICY = sa.Table(
    "sentinel_policy", READ,
    _text("programme", key=True), _whole("version", key=True), _whole("acceptable_ppm"), _whole("unacceptable_ppm"),
    _whole("found_within"), _whole("found_asked_ppm"), _whole("false_horizon"), _whole("false_asked_ppm"),
    _whole("rate_ppm"), _whole("if_right"), _whole("if_wrong"), _whole("limit"), _whole("unit_nano"),
    _whole("found_ppm"), _whole("false_ppm"), _whole("judgments_between"), _whole("delay_worst_milli"),
    _whole("delay_usual_milli"), _whole("delay_90"), _text("secret"), _text("state"), _text("by"), _whole("at"),
    _whole("seq"), _whole("ended_at", optional=True), _whole("ended_seq", optional=True),
    sa.Index("sentinel_policy_now", "programme", "state"),
)  # fmt: skip
# Gold items at places of their own in a pool: the next one from any place on is found by the index.
GOLD = sa.Table(
    "gold", READ,
    _text("item", key=True), _text("programme"), _text("domain"), _whole("place"), _whole("seq"),
    sa.Index("gold_pool", "programme", "domain", "place"),
)  # fmt: skip
# Which gold items somebody has had, in a qualification or as a sentinel.
GOLD_SEEN = sa.Table(
    "gold_seen", READ, _text("person", key=True), _text("item", key=True), _whole("is_sentinel"), _whole("seq"),
)  # fmt: skip
# Where the chart of an expert stands: running, crossed, or stopped until somebody has decided.
SENTINEL_CHART = sa.Table(
    "sentinel_chart", READ,
    _text("programme", key=True), _text("expert", key=True), _text("rubric", key=True), _text("domain"),
    _text("rubric_version"), _whole("policy"), _text("state"), _whole("score"), _whole("taken"), _whole("right"),
    _whole("calm_until"), _whole("from_seq"), _whole("crossed_seq", optional=True),
    _whole("crossed_at", optional=True), _whole("seq"),
    sa.Index("sentinel_chart_waiting", "state", "programme"),
)  # fmt: skip
SENTINEL_ANSWER = sa.Table(
    "sentinel_answer", READ,
    _whole("seq", key=True), _text("judgment"), _text("programme"), _text("domain"), _text("rubric"),
    _text("rubric_version"), _text("expert"), _text("item"), _whole("policy"), _whole("is_correct"), _text("near"),
    _whole("at"),
    sa.Index("sentinel_answer_of", "programme", "expert", "rubric", "seq"),
)  # fmt: skip
DRIFT = sa.Table(
    "drift", READ,
    _whole("seq", key=True), _text("programme"), _text("rubric"), _text("rubric_version"), _text("expert"),
    _whole("policy"), _whole("score"), _whole("limit"), _whole("answers"), _whole("right"), _whole("shift_from"),
    _whole("earliest"), _whole("held_after"), _whole("crossed_seq"), _whole("held"), _text("state"), _whole("at"),
    _text("found", optional=True), _text("words", optional=True), _text("decided_by", optional=True),
    _whole("decided_at", optional=True), _whole("decided_seq", optional=True),
    sa.Index("drift_of", "programme", "state", "seq"),
)  # fmt: skip

RELEASE = sa.Table(
    "release", READ,
    _text("release", key=True), _text("programme"), _text("name"), _text("version"), _text("use"), _text("batches"),
    _text("left_out"), _text("state"), _whole("cut_seq"), _whole("cut_at"), _text("by"),
    _text("manifest_digest", optional=True), _text("records_root", optional=True), _whole("records", optional=True),
    _whole("judgments", optional=True), _whole("files", optional=True), _whole("built_seq", optional=True),
    sa.UniqueConstraint("name", "version"),
)  # fmt: skip

ACCESS = sa.Table(
    "access", READ,
    _whole("seq", key=True), _text("subject"), _text("what"), _text("reason"), _whole("number"),
    _text("part", optional=True), _text("words", optional=True), _text("by"), _text("role"), _whole("at"),
    sa.Index("access_to", "subject", "seq"), sa.Index("access_by", "by", "seq"), sa.Index("access_at", "at", "seq"),
)  # fmt: skip

# What was ordered to be erased, and how far it is. Lists stand as canonical JSON.
ERASURE = sa.Table(
    "erasure", READ,
    _text("erasure", key=True), _text("what"), _text("target"), _text("reason"), _text("note", optional=True),
    _text("scopes"), _text("releases"), _whole("objects"), _text("objects_digest"), _whole("epoch"), _text("state"),
    _text("by"), _whole("at"), _whole("seq"), _text("epochs", optional=True), _whole("final_at", optional=True),
    _text("certificate_digest", optional=True), _whole("completed_seq", optional=True),
)  # fmt: skip
# Every scope, object and target that is erased: what tells "erased" from "missing".
ERASED = sa.Table("erased", READ, _text("target", key=True), _text("erasure"), _whole("at"))
# Who holds a release with erased content, and whether they were told.
NOTICE = sa.Table(
    "notice", READ,
    _text("erasure", key=True), _text("release", key=True), _text("holder", key=True), _text("state"),
    _text("way", optional=True), _whole("at"), _whole("delivered_at", optional=True),
    _whole("acknowledged_at", optional=True), _text("acknowledged_by", optional=True), _whole("seq"),
    sa.Index("notice_waiting", "state", "seq"),
)  # fmt: skip

# Keys, each by what can be said of it: an epoch's number, a log key's public line, a scope's newest generation.
KEY_EPOCH = sa.Table(
    "key_epoch", READ,
    _whole("epoch", key=True), _text("state"), _text("custody"), _whole("started_at"), _whole("started_seq"),
    _whole("destroyed_at", optional=True), _whole("destroyed_seq", optional=True), _whole("final_at", optional=True),
)  # fmt: skip
LOG_KEY = sa.Table(
    "log_key", READ,
    _text("vkey", key=True), _text("state"), _text("custody"), _whole("added_at"), _whole("added_seq"),
    _whole("retire_at", optional=True), _whole("retired_at", optional=True), _whole("retired_seq", optional=True),
)  # fmt: skip
SCOPE_ROTATION = sa.Table(
    "scope_rotation", READ, _text("scope", key=True), _whole("generation"), _whole("at"), _whole("seq"),
)  # fmt: skip

# --- kept ----------------------------------------------------------------------------------------------------------

VAULT_EPOCH = sa.Table("vault_epoch", KEPT, _whole("epoch", key=True), _text("state"))
VAULT_KEY = sa.Table(
    "vault_key", KEPT, _text("scope", key=True), _whole("generation", key=True), _whole("epoch"), _sealed("wrapped"),
    sa.Index("vault_key_under", "epoch", "scope", "generation"),
)  # fmt: skip
# `scopes` names the keys that an object needs, home first. A row without bytes is one that was erased.
VAULT_OBJECT = sa.Table(
    "vault_object", KEPT,
    _text("object", key=True), _text("scope"), _text("scopes"), _text("commitment"), _whole("bytes"),
    _sealed("wrapped"), _sealed("sealed"),
    sa.Index("vault_object_in", "scope", "object"),
)  # fmt: skip
# Whom else an object is about, so that all of it is found when they are erased.
VAULT_SUBJECT = sa.Table("vault_subject", KEPT, _text("scope", key=True), _text("object", key=True))
# Large content stands sealed in a folder or bucket; here is its key.
VAULT_FILE = sa.Table(
    "vault_file", KEPT,
    _text("file", key=True), _text("scope"), _text("scopes"), _text("path"), _text("place"), _text("commitment"),
    _whole("bytes"), _sealed("wrapped"),
    sa.Index("vault_file_in", "scope", "path"),
)  # fmt: skip
# Scopes and objects that the vault let go of: no key is made for them again, and what still has bytes loses them.
VAULT_ERASED = sa.Table("vault_erased", KEPT, _text("target", key=True), _whole("is_purged"))
# `login` is a keyed digest; the login itself and the password's hash are sealed.
CREDENTIAL = sa.Table(
    "credential", KEPT, _text("login", key=True), _text("person"), _sealed("sealed"), _whole("is_demo"),
)  # fmt: skip
SESSION = sa.Table(
    "session", KEPT,
    _text("token_digest", key=True), _text("session"), _text("person"), _text("kind"), _text("csrf"),
    _whole("opened_at"), _whole("expires_at"),
    sa.Index("session_of", "person"),
)  # fmt: skip
DRAFT = sa.Table(
    "draft", KEPT,
    _text("work", key=True), _text("expert", key=True), sa.Column("sealed", sa.LargeBinary, nullable=False),
    _whole("saved_at"),
)  # fmt: skip

# Scopes that lost some of their objects and need a key of a new generation; `epoch` is the newest one when they had it:
# the old key was wrapped under none after it.
ERASURE_TASK = sa.Table(
    "erasure_task", KEPT, _text("erasure", key=True), _text("scope", key=True), _whole("epoch", optional=True)
)
# Certificates as they were signed: a key that signed one may be retired since.
CERTIFICATE = sa.Table("certificate", KEPT, _text("erasure", key=True), _text("text"))


@dataclass(frozen=True, slots=True)
class Recorded:
    """A fact with its envelope, as projections take it."""

    envelope: Envelope
    fact: Any


Handler = Callable[[sa.Connection, list[Recorded]], None]
"""Projects a run of facts of one kind, in their order."""

Row = sa.Row[Any]
"""A row of a read table, by column name."""

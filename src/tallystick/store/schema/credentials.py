"""Tables of credentials, demands for them, disqualifiers, and of the pool of experts in aggregate."""

import sqlalchemy as sa

from tallystick.store.schema.columns import READ, text, whole

# `state` is as recorded: whether it has expired follows from the day.
EXPERT_CREDENTIAL = sa.Table(
    "expert_credential", READ,
    text("credential", key=True), text("person"), text("type"), text("method"), text("state"), text("details"),
    text("expires_on", optional=True), text("renews", optional=True), text("declared_by"), whole("declared_at"),
    text("decided_by", optional=True), whole("decided_at", optional=True), text("reason", optional=True), whole("seq"),
    sa.Index("expert_credential_of", "person", "type"), sa.Index("expert_credential_until", "state", "expires_on"),
)  # fmt: skip
CREDENTIAL_EVIDENCE = sa.Table(
    "credential_evidence", READ,
    text("credential", key=True), whole("seq", key=True), text("object"), text("commitment"), whole("bytes"),
    text("by"), whole("at"),
)  # fmt: skip
# What was done with a credential, by whom and when: each step is kept, because a later one must not hide it.
CREDENTIAL_DECISION = sa.Table(
    "credential_decision", READ,
    text("credential", key=True), whole("seq", key=True), text("what"), text("by"), whole("at"),
)  # fmt: skip
CREDENTIAL_DEMAND = sa.Table(
    "credential_demand", READ,
    text("programme", key=True), text("contract_version", key=True), text("domain", key=True), text("type", key=True),
)  # fmt: skip
DISQUALIFIER = sa.Table(
    "disqualifier", READ,
    text("disqualifier", key=True), text("person"), text("ground"), text("programme", optional=True), text("source"),
    text("rule"), text("rule_version"), text("about"), text("evidence"), text("state"), text("proposed_by"),
    whole("proposed_at"), whole("seq"),
    sa.Index("disqualifier_of", "person", "state"), sa.Index("disqualifier_in", "state", "seq"),
)  # fmt: skip
# What was said of a disqualifier: confirmed, dismissed, lifted, answered.
DISQUALIFIER_WORDS = sa.Table(
    "disqualifier_words", READ,
    text("disqualifier", key=True), whole("seq", key=True), text("what"), text("object"), text("by"), whole("at"),
)  # fmt: skip

POOL_PLAN = sa.Table(
    "pool_plan", READ,
    text("programme", key=True), text("contract_version", key=True), whole("cell_min"), text("axes"),
)  # fmt: skip
DEMOGRAPHIC = sa.Table(
    "demographic", READ,
    text("person", key=True), text("programme", key=True), whole("seq", key=True), text("object", optional=True),
    whole("at"),
)  # fmt: skip
# How everybody stood who had judged in the programme when a composition was told.
POOL_STANDING = sa.Table(
    "pool_standing", READ,
    text("composition", key=True), text("person", key=True), text("body"),
)  # fmt: skip
POOL_COMPOSITION = sa.Table(
    "pool_composition", READ,
    text("composition", key=True), text("programme"), text("release", optional=True), text("body"), whole("at"),
    whole("seq"), sa.Index("pool_composition_of", "programme", "seq"),
)  # fmt: skip

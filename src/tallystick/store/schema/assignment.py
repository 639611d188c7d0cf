"""Tables of assignment: strata, where each expert goes on, load, authors, tiers, seniors. All are projections."""

import sqlalchemy as sa

from tallystick.store.schema.columns import READ, text, whole

# Items of one batch that are alike on every axis of a sampling plan, with how many of them still have a place. Its
# number is the place in the journal of its first item.
STRATUM = sa.Table(
    "stratum", READ,
    whole("stratum", key=True), text("programme"), text("domain"), text("batch"), text("taxonomy"), whole("items"),
    whole("open"),
    sa.UniqueConstraint("batch", "taxonomy"),
    sa.Index(
        "stratum_open", "programme", "domain", "taxonomy", "stratum", "open", sqlite_where=sa.text("open > 0"),
        postgresql_where=sa.text("open > 0"),
    ),
)  # fmt: skip
# How many items an expert has had in a domain, and when the last.
CURSOR = sa.Table(
    "cursor", READ,
    text("expert", key=True), text("programme", key=True), text("domain", key=True), whole("leases"),
    whole("last_at"),
    sa.Index("cursor_in", "programme", "domain"),
)  # fmt: skip
# Where an expert goes on in a stratum: everything before has been offered to them.
STRATUM_CURSOR = sa.Table("stratum_cursor", READ, text("expert", key=True), whole("stratum", key=True), whole("rank"))
# What an expert is at and has judged in a batch; sentinels that stood in for its items among them.
LOAD = sa.Table(
    "load", READ,
    text("expert", key=True), text("batch", key=True), text("programme"), text("domain"), whole("held"),
    whole("judged"),
    sa.Index("load_in", "programme"), sa.Index("load_of_batch", "batch"),
)  # fmt: skip
# Who wrote an item: they never judge, review or adjudicate it.
AUTHOR = sa.Table("author", READ, text("item", key=True), text("person", key=True), text("programme"))
# A demonstration that somebody wrote, and the item as which it came back for others to review.
PROMOTION = sa.Table(
    "promotion", READ,
    text("judgment", key=True), text("item"), text("source"), text("batch"), whole("seq"),
    sa.Index("promotion_of", "source"), sa.Index("promotion_item", "item"),
)  # fmt: skip
# What a contract version says of tiers and fairness; it counts while that version is in force.
ASSIGNMENT_POLICY = sa.Table(
    "assignment_policy", READ,
    text("programme", key=True), text("contract_version"), text("reviews"), text("senior_role", optional=True),
    whole("expert_share_max_ppm", optional=True), whole("others_first"), whole("since"), whole("seq"),
)  # fmt: skip
# Who is, or was, a senior adjudicator of a programme.
SENIOR = sa.Table(
    "senior", READ,
    whole("seq", key=True), text("programme"), text("person"), text("contract_version"), text("rests_on"),
    text("reason"), text("by"), whole("at"), whole("revoked_seq", optional=True), whole("revoked_at", optional=True),
    text("revoked_by", optional=True), text("revoked_reason", optional=True),
    sa.Index("senior_of", "programme", "person"),
)  # fmt: skip

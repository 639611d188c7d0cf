"""Tables of routing: rules of contracts, languages, clearances."""

import sqlalchemy as sa

from tallystick.store.schema.columns import READ, text, whole

# What a contract version asks of whoever gets items of a domain. It counts while that version is in force.
ROUTING_RULE = sa.Table(
    "routing_rule", READ,
    text("programme", key=True), text("contract_version", key=True), text("domain", key=True), text("regions"),
    text("language_level", optional=True), whole("is_language_confirmed"), whole("needs_clearance"),
)  # fmt: skip
# A language that somebody knows, as they say, and as somebody else confirmed.
LANGUAGE = sa.Table(
    "language", READ,
    text("person", key=True), text("language", key=True), text("level"), whole("at"),
    text("confirmed", optional=True), text("confirmed_by", optional=True), text("how", optional=True),
    whole("confirmed_at", optional=True),
)  # fmt: skip
CLEARANCE = sa.Table(
    "clearance", READ,
    text("clearance", key=True), text("person"), text("programme"), whole("until"), text("reason"), text("by"),
    whole("at"), whole("seq"), whole("revoked_at", optional=True), text("revoked_by", optional=True),
    text("revoked_reason", optional=True),
    sa.Index("clearance_of", "person", "programme"),
)  # fmt: skip

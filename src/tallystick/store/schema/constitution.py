"""Tables of constitutions: versions, agreements on how a rubric carries principles, trade-offs noted by experts."""

import sqlalchemy as sa

from tallystick.store.schema.columns import READ, text, whole

# The newest version of a programme's constitution is the one in force.
CONSTITUTION = sa.Table(
    "constitution", READ,
    text("programme", key=True), text("version", key=True), text("constitution"), text("document"),
    text("document_digest"), text("principles"), text("previous", optional=True), text("changed"), whole("seq"),
    whole("at"), text("by"),
)  # fmt: skip
# A proposal of how a rubric carries principles. Agreed when both roles have signed, by two people.
OPERATIONALIZATION = sa.Table(
    "operationalization", READ,
    text("proposal", key=True), text("programme"), text("version"), text("rubric"), text("rubric_version"),
    text("domain"), text("subject_digest"), text("carried"), text("notes", optional=True), text("state"),
    text("researcher", optional=True), whole("researcher_at", optional=True), text("lead", optional=True),
    whole("lead_at", optional=True), text("declined_by", optional=True), whole("declined_at", optional=True),
    text("why", optional=True), whole("at"), text("by"), whole("seq"),
    sa.Index("operationalization_of", "programme", "rubric", "seq"),
)  # fmt: skip
# What an expert noted beside a judgment: principles that conflicted, and which prevailed.
TRADE_OFF = sa.Table(
    "trade_off", READ,
    text("judgment", key=True), text("programme"), text("item"), text("expert"), text("version"),
    text("principles"), text("prevailed", optional=True), text("notes"), whole("at"), whole("seq"),
    sa.Index("trade_off_of", "programme", "seq"),
)  # fmt: skip

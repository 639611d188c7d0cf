"""Tables of the review of judgments that a later rubric version affects."""

import sqlalchemy as sa

from tallystick.store.schema.columns import READ, text, whole

# A judgment that stands under a later version, by somebody's decision; it may have several, one for each version.
AFFECTED_REVIEW = sa.Table(
    "affected_review", READ,
    text("judgment", key=True), whole("seq", key=True), text("programme"), text("rubric"), text("version"),
    text("way"), text("notes", optional=True), whole("at"), text("by"),
    sa.Index("affected_review_of", "programme", "rubric", "seq"),
)  # fmt: skip
# Judgments that were set aside together because of what a version changed on one criterion.
AFFECTED_BULK = sa.Table(
    "affected_bulk", READ,
    whole("seq", key=True), text("programme"), text("rubric"), text("version"), text("criterion"),
    whole("judgments"), text("notes"), whole("at"), text("by"),
)  # fmt: skip
# A release that holds affected judgments which nobody reviewed.
AFFECTED_RELEASE = sa.Table(
    "affected_release", READ,
    text("release", key=True), whole("seq"), text("programme"), whole("judgments"), text("rationale"), whole("at"),
    text("by"), sa.Index("affected_release_by", "by"),
)  # fmt: skip

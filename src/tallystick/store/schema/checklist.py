"""Tables of phases: how a programme moved, and in which phase a release was made."""

import sqlalchemy as sa

from tallystick.store.schema.columns import READ, text, whole

PHASE_MOVE = sa.Table(
    "phase_move", READ,
    whole("seq", key=True), text("programme"), text("before"), text("phase"), text("contract_version"),
    text("rationale"), text("checklist"), text("checklist_digest"), text("release", optional=True), whole("at"),
    text("by"),
    sa.Index("phase_move_of", "programme", "seq"),
)  # fmt: skip
RELEASE_PHASE = sa.Table(
    "release_phase", READ,
    text("release", key=True), text("programme"), text("phase"), whole("since"), whole("records"), whole("hard"),
    text("places"), text("unanswered"), whole("seq"),
    sa.Index("release_phase_of", "programme", "seq"),
)  # fmt: skip

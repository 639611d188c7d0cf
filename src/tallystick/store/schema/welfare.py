"""Tables of welfare: rules of contracts, what people had of which content, where their own settings lie."""

import sqlalchemy as sa

from tallystick.store.schema.columns import READ, text, whole

# What a contract version says of all work. It counts while that version is in force.
WELFARE_RULES = sa.Table(
    "welfare_rules", READ,
    text("programme", key=True), text("contract_version", key=True), whole("minutes_daily_max", optional=True),
    whole("rest_after_minutes", optional=True), whole("rest_minutes", optional=True), whole("seq"),
)  # fmt: skip
# What it says of one kind of content.
CATEGORY_RULE = sa.Table(
    "category_rule", READ,
    text("programme", key=True), text("contract_version", key=True), text("category", key=True), whole("is_blurred"),
    whole("minutes_daily_max", optional=True), whole("items_daily_max", optional=True),
    whole("rest_after_minutes", optional=True), whole("rest_minutes", optional=True),
)  # fmt: skip
# Every piece of work that showed content to somebody, with what counts of its time.
EXPOSURE = sa.Table(
    "exposure", READ,
    whole("seq", key=True), text("person"), text("programme"), text("item"), text("work"), text("content"),
    whole("active_ms"), whole("is_measured"), whole("at"),
    sa.Index("exposure_of", "person", "at"), sa.Index("exposure_in", "programme", "at"),
)  # fmt: skip
# Which object of the vault holds somebody's settings; the newest counts. What they say, no table knows.
OWN_SETTINGS = sa.Table(
    "own_settings", READ, whole("seq", key=True), text("person"), text("object"), whole("at"),
    sa.Index("own_settings_of", "person", "seq"), sa.Index("own_settings_object", "object"),
)  # fmt: skip

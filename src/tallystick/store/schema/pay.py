"""Tables of pay: terms, who accepted them, paid acts, what was added, periods that were closed, what was handed out."""

import sqlalchemy as sa

from tallystick.store.schema.columns import READ, text, whole

# One row for each contract version that says how experts are paid.
PAY_TERMS = sa.Table(
    "pay_terms", READ,
    text("programme", key=True), text("version", key=True), text("terms"), text("currency"), whole("decimals"),
    text("period"), text("time_zone"), whole("floor_hourly"), whole("unmeasured_ms_max"),
    whole("act_ms_max", optional=True), text("rates"), whole("at"), whole("seq"),
    sa.Index("pay_terms_now", "programme", "seq"), sa.Index("pay_terms_of", "terms"),
)  # fmt: skip
PAY_ACCEPTANCE = sa.Table(
    "pay_acceptance", READ,
    whole("seq", key=True), text("person"), text("programme"), text("terms"), text("version"), whole("at"),
    sa.Index("pay_acceptance_of", "person", "programme", "seq"),
)  # fmt: skip
# When a case or a drawn item was first given to somebody who has not answered it, how long the leases were that ended
# since (microseconds), and since when they hold it now.
PAY_GIVEN = sa.Table(
    "pay_given", READ,
    text("work", key=True), text("item", key=True), text("person", key=True), whole("at"), whole("seq"),
    whole("held"), whole("open_at", optional=True),
)  # fmt: skip
# What is paid, one row for each act: the terms were accepted before the work was given. Only a period that was closed
# by an earlier way of counting changes its rows, to what they were then.
PAID_ACT = sa.Table(
    "paid_act", READ,
    whole("seq", key=True), text("programme"), text("person"), text("work"), text("subject"), text("item"),
    text("domain"), text("signal"), whole("at"), whole("active_ms"), whole("claimed_ms", optional=True),
    whole("bound_ms"), whole("began_at"), whole("fit_ms"), whole("first_ms"), text("cut"), text("terms"),
    whole("floor_hourly"), whole("piece"), whole("hourly"), whole("amount"),
    sa.Index("paid_act_of", "programme", "person", "at"), sa.Index("paid_act_at", "programme", "at"),
    sa.Index("paid_act_on", "subject", "person", "seq"), sa.Index("paid_act_by", "person", "at"),
)  # fmt: skip
PAY_ADDED = sa.Table(
    "pay_added", READ,
    whole("seq", key=True), text("programme"), text("person"), whole("amount"), whole("reference", optional=True),
    text("reason"), whole("at"), text("by"),
    sa.Index("pay_added_of", "programme", "at"),
)  # fmt: skip
PAY_PERIOD = sa.Table(
    "pay_period", READ,
    text("programme", key=True), text("period", key=True), whole("from_at"), whole("until_at"), text("body"),
    whole("at"), text("by"), whole("seq"),
)  # fmt: skip
PAY_EXPORT = sa.Table(
    "pay_export", READ,
    whole("seq", key=True), text("programme"), text("period"), text("lines_digest"), text("summary_digest"),
    whole("at"), text("by"),
    sa.Index("pay_export_of", "programme", "period", "seq"),
)  # fmt: skip

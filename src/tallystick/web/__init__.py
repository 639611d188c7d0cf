"""Server-rendered pages: one module and one template folder per stage. `mount` registers all of them with a site."""

from tallystick.edge import Site
from tallystick.web import (
    adjudication,
    affected,
    assignment,
    calibration,
    checklist,
    constitution,
    contract,
    credential,
    custody,
    disagreement,
    erasure,
    escape,
    gate,
    intervention,
    items,
    monitoring,
    oversight,
    pay,
    pool,
    qualification,
    receipt,
    release,
    roster,
    routing,
    rubric,
    screening,
    sentinel,
    session,
    slices,
    standing,
    tiers,
    welfare,
)
from tallystick.web.render import STATIC

# The busiest first: a request is compared with the routes in their order.
STAGES = (
    assignment, qualification, session, contract, rubric, roster, items, gate, slices, adjudication, escape, release,
    standing, tiers, affected, constitution, checklist,
    receipt, oversight, erasure, custody, calibration, intervention,
    monitoring, sentinel, pay, welfare, routing,
    disagreement,
    credential, screening, pool,
)  # fmt: skip


def mount(site: Site) -> None:
    """Register all pages and static files."""
    for stage in STAGES:
        stage.mount(site)
    site.files("/static", STATIC)

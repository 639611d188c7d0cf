"""The cell as JSON: every command and query that a screen has, under /api/v1. One module for each stage.

`mount` registers all of it with a site (tallystick.edge). docs/api.md has the tour; GET /openapi.json is complete.
"""

from tallystick.api import (
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
    judgment,
    monitoring,
    oversight,
    pay,
    pool,
    qualification,
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
from tallystick.edge import Site

PREFIX = "/api/v1"

# The busiest first: a request is compared with the routes in their order.
STAGES = (
    judgment, assignment, session, qualification, contract, rubric, roster, items, gate, slices, adjudication, escape,
    standing, tiers, affected, constitution, checklist,
    release, oversight, erasure, custody, calibration,
    intervention,
    disagreement,
    monitoring, sentinel, pay,
    credential, screening, pool, welfare, routing,
)  # fmt: skip


def mount(site: Site) -> None:
    """Register the whole API."""
    for stage in STAGES:
        stage.mount(site, PREFIX)

"""The sections that a contract may leave out, as its page shows them, and what holds where one is missing. Pure."""

import json
from functools import lru_cache
from typing import Final

from tallystick.flow.contract import DataContract
from tallystick.flow.document import form
from tallystick.web.language import N_, counted, said
from tallystick.web.views.contract import ContractSection
from tallystick.web.views.parts import Fact

OPTIONAL: Final = (
    (
        "assignment", N_("Giving out work: tiers, seniors, shares"),
        N_("No tier draws second looks, nobody is asked to be senior, and one expert may give any share of a batch."),
    ),
    (
        "credentials", N_("Credentials"),
        N_("No domain demands a credential of those who judge in it."),
    ),
    (
        "welfare", N_("Welfare"),
        N_("No kind of content is named, so none is warned of or kept closed, and nothing limits the work of a day."),
    ),
    ("pay", N_("Pay"), N_("This cell counts no pay for work in this programme.")),
    ("pool", N_("Experts together"), N_("Experts are asked nothing about themselves for this programme.")),
    (
        "routing", N_("Routing"),
        N_("Whoever is qualified gets items, wherever the rights allow: no language and no clearance is asked for."),
    ),
)  # fmt: skip
"""Key in the document, heading, and what holds without it."""


def clauses(found: DataContract) -> tuple[ContractSection, ...]:
    """How many judge an item, then every optional section, there or not."""
    return (_judges(found), *(_optional(found, *row) for row in OPTIONAL))


def _judges(found: DataContract) -> ContractSection:
    of_risk = found.redundancy
    numbers = (
        (said("low risk"), of_risk.low), (said("medium risk"), of_risk.medium), (said("high risk"), of_risk.high),
        (said("restricted risk"), of_risk.restricted),
    )  # fmt: skip
    return ContractSection(
        id="redundancy", heading=said("Judgments of each item"),
        facts=tuple(
            Fact(term=risk, value=counted("%(number)s judgment", "%(number)s judgments", number))
            for risk, number in numbers
        ),
    )  # fmt: skip


def _optional(found: DataContract, name: str, heading: str, without: str) -> ContractSection:
    if not getattr(found, name):
        return ContractSection(
            id=name, heading=said(heading), paragraphs=(said("Not in this contract."), said(without))
        )
    # With the usual values in the places that the document leaves out: they hold as well.
    told = found.model_dump_json(include={name}, exclude_none=True)
    return ContractSection(id=name, heading=said(heading), source=_source(told))


@lru_cache(maxsize=256)
def _source(told: str) -> str:
    """The YAML of a section. Writing it takes a while, and a version in force never changes."""
    return form.plainly_written(json.loads(told)).text

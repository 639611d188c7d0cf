"""Programmes and their data contracts: open, revise, read, see at a glance."""

from typing import Annotated

from fastapi import Query
from pydantic import Field

from tallystick.api.gate import MeasurementShown
from tallystick.api.parts import (
    NAME,
    Body,
    FindingShown,
    InPath,
    Key,
    Line,
    Moment,
    Receipt,
    Shown,
)
from tallystick.app import contract
from tallystick.app.contract import BatchGlance, ProgrammeGlance
from tallystick.edge import Site, Visit
from tallystick.flow.document import Problem
from tallystick.flow.refusal import Refused


def mount(site: Site, prefix: str) -> None:
    """Register programmes."""
    every, one = f"{prefix}/programmes", f"{prefix}/programmes/{{programme}}"
    site.api("GET", every, programmes, permission="self", answers=Programmes, tag="programmes")
    site.api("GET", one, glance, permission="programme.read", answers=Glance, tag="programmes")
    site.api(
        "POST", f"{prefix}/contracts", bring_into_force, permission="programme.write", answers=InForce, status=201,
        refusals=(409, 422), max_bytes=1_000_000, tag="programmes",
    )  # fmt: skip
    site.api(
        "GET", f"{one}/contract", contract_page, permission="programme.read", answers=ContractShown, tag="programmes"
    )


class ProgrammeShown(Shown):
    """A programme."""

    programme: str
    title: str
    phase: str
    version: str = Field(description="Of the contract in force.")
    simulated: bool
    since: Moment


class Programmes(Shown):
    """All programmes of the cell."""

    programmes: list[ProgrammeShown]


def programmes(visit: Visit) -> Programmes | Refused:
    """List the programmes."""
    found = contract.programmes(visit.cell, visit.actor)
    if isinstance(found, Refused):
        return found
    return Programmes(programmes=[ProgrammeShown.of(row) for row in found])


class QuotaShown(Shown):
    """One quota of the sampling plan."""

    axis: str
    value: str
    target: int
    filled: int
    missing: int


class HardShown(Shown):
    """The share of hard items against the plan."""

    hard: int
    total: int
    planned_ppm: int
    share_ppm: int | None
    is_inflated: bool = Field(description="There are items, and too few of them are hard.")


class BatchShown(Shown):
    """A batch at a glance."""

    batch: str
    name: str
    domain: str
    purpose: str
    items: int
    complete: int
    judgments: int
    imported_judgments: int
    measured: MeasurementShown | None = Field(None, description="Its latest recorded measurement.")
    disagreements: dict[str, int] = Field(default_factory=dict, description="How many are open, settled, preserved.")


class DomainShown(Shown):
    """A domain of the contract."""

    domain: str
    rubric: str
    risk: str
    redundancy: int


class RubricInForce(Shown):
    """A rubric in force."""

    rubric: str
    domain: str
    version: str
    threshold_ppm: int


class Glance(Shown):
    """How a programme stands."""

    programme: ProgrammeShown
    domains: list[DomainShown]
    rubrics: list[RubricInForce]
    quotas: list[QuotaShown]
    hard: HardShown
    funnel: dict[str, int]
    batches: list[BatchShown]
    released_records: int
    findings: list[FindingShown]


def glance(visit: Visit, programme: InPath) -> Glance | Refused:
    """See a programme at a glance: fill against quota, funnel, agreement, disagreements."""
    found = contract.glance(visit.cell, visit.actor, programme)
    return found if isinstance(found, Refused) else _glance(found)


def _glance(found: ProgrammeGlance) -> Glance:
    return Glance(
        programme=ProgrammeShown.of(found.row), domains=[DomainShown.of(row) for row in found.domains],
        rubrics=[RubricInForce.of(row) for row in found.rubrics], quotas=[QuotaShown.of(q) for q in found.quotas],
        hard=HardShown.of(found.hard), funnel=found.funnel, batches=[_batch(batch) for batch in found.batches],
        released_records=found.released_records, findings=[FindingShown.of(f) for f in found.findings],
    )  # fmt: skip


def _batch(batch: BatchGlance) -> BatchShown:
    measured = MeasurementShown.of(batch.measured) if batch.measured else None
    return BatchShown.of(batch.row).model_copy(update={"measured": measured, "disagreements": batch.disagreements})


class ContractText(Body):
    """A data contract as a YAML document."""

    text: str = Field(max_length=900_000, description="The document; its `name` is the programme.")
    name: Line = Field("contract.yaml", description="What its writer calls it: it opens the sentence of every problem.")


class InForce(Shown):
    """A contract version that has come into force."""

    programme: str
    version: str
    receipt: Receipt


def bring_into_force(visit: Visit, body: ContractText, key: Key) -> InForce | list[Problem] | Refused:
    """Open a programme from its first contract, or revise the contract of an existing one.

    422 lists every problem of the document with its line.
    """
    found = contract.bring_into_force(visit.cell, visit.actor, text=body.text, name=body.name, key=key)
    if isinstance(found, list | Refused):
        return found
    return InForce(programme=found.programme, version=found.version, receipt=Receipt.of(found.receipt))


class VersionShown(Shown):
    """One version of a document in the journal."""

    version: str
    document_digest: str
    at: Moment
    by: str
    seq: int


class ContractShown(Shown):
    """One contract version."""

    programme: str
    version: str
    title: str
    text: str = Field(description="The YAML document, byte for byte.")
    versions: list[VersionShown]


Version = Annotated[str | None, Query(pattern=NAME, description="The one in force when left out.", examples=["1.0.0"])]


def contract_page(visit: Visit, programme: InPath, version: Version = None) -> ContractShown | Refused:
    """Read a contract version."""
    found = contract.contract_page(visit.cell, visit.actor, programme, version)
    if isinstance(found, Refused):
        return found
    return ContractShown(
        programme=found.contract.name, version=found.contract.version, title=found.contract.title, text=found.text,
        versions=[VersionShown.of(row) for row in found.versions],
    )  # fmt: skip

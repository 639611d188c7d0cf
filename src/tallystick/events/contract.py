"""Facts about programmes and their data contracts."""

from typing import ClassVar

import msgspec

from tallystick.events.envelope import ObjectRef


class DomainFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a contract says about one domain."""

    domain: str
    rubric: str
    risk: str  # low | medium | high | restricted
    redundancy: int  # judgments wanted per item


class ContractFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a data contract on which later decisions depend."""

    version: str
    document: ObjectRef
    document_digest: str
    title: str
    domains: list[DomainFacts]
    metric: str
    level: str
    rule: str  # estimate | lower_bound
    items_min: int  # items with two deciding judgments that a batch needs before it can pass
    lease_ms: int
    permitted_uses: list[str]
    source_class: str
    licence: str
    retention_until: str
    simulated: bool


class ProgrammeOpened(msgspec.Struct, frozen=True, kw_only=True):
    """A programme was opened from its first data contract, in phase draft."""

    KIND: ClassVar[str] = "programme-opened/1"
    programme: str
    contract: ContractFacts


class ContractRevised(msgspec.Struct, frozen=True, kw_only=True):
    """A new version of the data contract came into force."""

    KIND: ClassVar[str] = "contract-revised/1"
    programme: str
    contract: ContractFacts
    previous: str


class GatePolicySet(msgspec.Struct, frozen=True, kw_only=True):
    """A contract version measures agreement in one domain otherwise than in the others: this is the gate's policy."""

    KIND: ClassVar[str] = "gate-policy-set/1"
    programme: str
    contract_version: str
    domain: str
    metric: str
    level: str
    rule: str  # estimate | lower_bound
    items_min: int

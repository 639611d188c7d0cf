"""Trade-offs between principles that experts noted beside released judgments, and how often each pair conflicted. Pure.

The words stand beside them where those of the judgment do: not without a record, and not when they were erased. And
whether two people agreed on how rubrics carry principles, as the entries say.
"""

from collections.abc import Iterator

from tallystick.bundle.derive import Tables
from tallystick.bundle.figures.figure import Figure
from tallystick.events.constitution import (
    ConstitutionPublished,
    OperationalizationAgreed,
    OperationalizationProposed,
    OperationalizationSigned,
    TradeOffNoted,
)
from tallystick.flow.constitution import conflicts

SCHEMA = "tallystick/trade-offs/2"


class Version(Figure, frozen=True, kw_only=True):
    """One version of the constitution, by the digest of its text, with the numbers of its principles."""

    version: str
    document_digest: str
    principles: dict[str, int]


class Noted(Figure, frozen=True, kw_only=True):
    """One trade-off beside a judgment; prevailed is null where the principles were balanced."""

    judgment: str
    item: str
    constitution_version: str
    principles: list[str]
    prevailed: str | None
    note: str | None  # in the expert's words; null without a record, or when they were erased


class Pair(Figure, frozen=True, kw_only=True):
    """Two principles that conflicted, and how often each prevailed."""

    first: str
    second: str
    number: int
    first_prevailed: int
    second_prevailed: int


class TradeOffs(Figure, frozen=True, kw_only=True):
    """quality/trade_offs.json: there when a released judgment has a trade-off."""

    schema: str
    constitution: str
    versions: list[Version]
    trade_offs: list[Noted]
    pairs: list[Pair]


def trade_offs(tables: Tables) -> TradeOffs | None:
    """The trade-offs of a release, in journal order; None when there is none."""
    noted = [one.fact for one in tables.state.told(TradeOffNoted)]
    if not noted:
        return None
    versions = [one.fact for one in tables.state.told(ConstitutionPublished)]
    return TradeOffs(
        schema=SCHEMA, constitution=noted[0].constitution,
        versions=[
            Version(
                version=one.version, document_digest=one.document_digest,
                principles={principle.id: principle.number for principle in one.principles},
            )
            for one in versions
        ],
        trade_offs=[
            Noted(
                judgment=one.judgment, item=one.item, constitution_version=one.constitution_version,
                principles=one.principles, prevailed=one.prevailed, note=tables.trade_offs.get(one.judgment),
            )
            for one in noted
        ],
        pairs=[
            Pair(
                first=one.first, second=one.second, number=one.number, first_prevailed=one.first_prevailed,
                second_prevailed=one.second_prevailed,
            )
            for one in conflicts([(one.principles, one.prevailed) for one in noted])
        ],
    )  # fmt: skip


def unfounded_agreements(tables: Tables) -> Iterator[tuple[int, str]]:
    """(entry, sentence) of every agreement that two people in the two roles did not sign before, on the same digest."""
    state = tables.state
    asked = {one.fact.proposal: one.fact.subject_digest for one in state.told(OperationalizationProposed)}
    for agreed in state.told(OperationalizationAgreed):
        fact = agreed.fact
        signed = {
            (one.fact.role, one.fact.person)
            for one in state.told(OperationalizationSigned)
            if one.seq < agreed.seq and (one.fact.proposal, one.fact.subject_digest) == (
                fact.proposal, asked.get(fact.proposal)
            )
        }  # fmt: skip
        is_signed = {("researcher", fact.researcher), ("lead", fact.lead)} <= signed
        if not is_signed or fact.researcher == fact.lead or fact.subject_digest != asked.get(fact.proposal):
            yield (
                agreed.seq,
                "expected signatures of a researcher and a lead, two people, on what is agreed",
            )

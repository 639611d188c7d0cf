"""Trade-offs between principles that experts noted beside released judgments, and how often each pair conflicted. Pure.

The words of a trade-off stay in the cell: a release tells the principles, what prevailed and the judgment.
"""

from tallystick.bundle.derive import Tables
from tallystick.bundle.figures.figure import Figure
from tallystick.events.constitution import ConstitutionPublished, TradeOffNoted
from tallystick.flow.constitution import conflicts

SCHEMA = "tallystick/trade-offs/1"


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
                principles=one.principles, prevailed=one.prevailed,
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

"""What verifiers found, as an expert sees it beside the work, and may find the same or otherwise (SPEC 2.6, 8.2).

A verifier's result is no judgment: it covers one dimension, and says nothing about any other. Reads and writes nothing.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from tallystick.signals.ratings import labels_on
from tallystick.signals.shape import Code, Labelling, Measure, Piece, PieceId, PieceText, Text

FIELD = "verifiers"


class Found(BaseModel):
    """What one verifier found. `dimension`: what the result covers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: PieceId
    name: Text
    version: Text
    dimension: Text
    result: Literal["pass", "fail", "uncertain"]
    evidence: PieceText | None = None


def piece(one: Found) -> Piece:
    """One result as it is shown."""
    return Piece(
        id=one.id, kind="text", title=f"{one.name} {one.version}", text=one.evidence or "",
        facts=(("Covers", one.dimension), ("Result", one.result)),
    )  # fmt: skip


def part(results: list[Found]) -> tuple[Labelling, ...]:
    """The part of a form in which an expert looks into results; none where there are none."""
    if not results:
        return ()
    labelling = Labelling(
        name=FIELD, title="Results of verifiers", pieces=tuple(one.id for one in results),
        labels=(Code("confirmed", "I find the same"), Code("disputed", "I find otherwise")),
        note_labels=frozenset({"disputed"}), note_title="What you find",
        help="Leave a result unmarked that you have not looked into.",
    )  # fmt: skip
    return (labelling,)


MEASURE = Measure(
    name=FIELD, title="Results of verifiers", unit="verifier result", level="nominal",
    values=("confirmed", "disputed"), read=labels_on(FIELD),
)  # fmt: skip

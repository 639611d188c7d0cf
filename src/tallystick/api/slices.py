"""Agreement of a programme along one axis."""

from typing import Annotated, Self

from fastapi import Query
from pydantic import Field

from tallystick.api.gate import CoefficientShown
from tallystick.api.parts import LINE, InPath, Shown
from tallystick.app import slices
from tallystick.app.slices import Sliced
from tallystick.edge import Site, Visit
from tallystick.flow import slices as flow
from tallystick.flow.refusal import Refused


def mount(site: Site, prefix: str) -> None:
    """Register agreement by slice."""
    site.api(
        "GET", f"{prefix}/programmes/{{programme}}/agreement", by_axis, permission="gate.read", answers=SlicesShown,
        refusals=(422,), tag="agreement",
    )  # fmt: skip


class SliceShown(Shown):
    """One part of the judgments, measured by itself."""

    name: str
    threshold_ppm: int | None = Field(description="Of the rubric; null when judgments under several are in it.")
    expected: int = Field(description="Items declared as expected to divide: counted, and left out.")
    agreement: CoefficientShown


class SlicesShown(Shown):
    """The agreement of a programme, parted along one axis. Nothing of it is recorded, and no gate asks for it."""

    by: str
    axes: list[str] = Field(description="Along which this programme can be parted.")
    slices: list[SliceShown]
    left_out: int = Field(description="Values of the axis that were too many to measure.")

    @classmethod
    def told(cls, found: Sliced) -> Self:
        """The slices as an answer."""
        return cls(
            by=found.by, axes=list(found.axes), left_out=found.left_out,
            slices=[
                SliceShown(
                    name=one.name, threshold_ppm=found.threshold.get(one.name), expected=one.expected,
                    agreement=CoefficientShown.of(one.found),
                )
                for one in found.slices
            ],
        )  # fmt: skip


By = Annotated[
    str, Query(max_length=64, pattern=LINE, description="batch, domain, signal, rubric_version, week, criterion ...")
]


def by_axis(visit: Visit, programme: InPath, by: By = flow.BATCH) -> SlicesShown | Refused:
    """Measure agreement by batch, domain, rubric version, week, criterion, or an axis of the items' taxonomy."""
    found = slices.sliced(visit.cell, visit.actor, programme, by=by)
    return found if isinstance(found, Refused) else SlicesShown.told(found)

"""Rubrics: publish a version, read one, compare two."""

from typing import Annotated

from fastapi import Query
from pydantic import Field

from tallystick.api.contract import RubricInForce, Version, VersionShown
from tallystick.api.parts import NAME, Body, FindingShown, InPath, Key, Line, Moment, Receipt, Shown
from tallystick.app import rubric
from tallystick.app.rubric import drafting
from tallystick.edge import Site, Visit
from tallystick.flow.document import Problem
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric


def mount(site: Site, prefix: str) -> None:
    """Register rubrics."""
    every = f"{prefix}/programmes/{{programme}}/rubrics"
    site.api("GET", every, rubrics_in_force, permission="rubric.read", answers=RubricsInForce, tag="rubrics")
    site.api(
        "POST", every, publish, permission="rubric.write", answers=Published, status=201, refusals=(409, 422),
        max_bytes=1_000_000, tag="rubrics",
    )  # fmt: skip
    site.api(
        "POST", f"{every}/preview", preview, permission="rubric.write", answers=RubricPreview, refusals=(422,),
        max_bytes=1_000_000, tag="rubrics",
    )  # fmt: skip
    drafts = f"{prefix}/programmes/{{programme}}/rubric-drafts/{{rubric_id}}"
    site.api("GET", drafts, draft, permission="rubric.write", answers=RubricDraft, tag="rubrics")
    site.api(
        "PUT", drafts, save_draft, permission="rubric.write", answers=RubricDraftSaved, refusals=(422,),
        max_bytes=1_000_000, tag="rubrics",
    )  # fmt: skip
    site.api("GET", f"{every}/{{rubric_id}}", rubric_page, permission="rubric.read", answers=RubricShown, tag="rubrics")
    site.api(
        "GET", f"{every}/{{rubric_id}}/diff", rubric_diff, permission="rubric.read", answers=Difference, tag="rubrics"
    )


class RubricsInForce(Shown):
    """The rubric versions in force."""

    rubrics: list[RubricInForce]


def rubrics_in_force(visit: Visit, programme: InPath) -> RubricsInForce | Refused:
    """List the rubric versions in force in a programme."""
    found = rubric.rubrics_of(visit.cell, visit.actor, programme)
    return found if isinstance(found, Refused) else RubricsInForce(rubrics=[RubricInForce.of(row) for row in found])


class RubricText(Body):
    """A rubric as a YAML document."""

    text: str = Field(max_length=900_000)
    name: Line = Field("rubric.yaml", description="What its writer calls it: it opens the sentence of every problem.")


class Published(Shown):
    """A rubric version that has come into force."""

    rubric: str
    version: str
    affected: list[str] = Field(description="Criteria whose earlier judgments were flagged.")
    lapsed: int = Field(description="People whose qualification lapsed: they passed the version before.")
    receipt: Receipt


def publish(visit: Visit, programme: InPath, body: RubricText, key: Key) -> Published | list[Problem] | Refused:
    """Bring a rubric version into force. Versions are immutable; judgments made under earlier ones are flagged."""
    found = rubric.publish(visit.cell, visit.actor, programme=programme, text=body.text, name=body.name, key=key)
    if isinstance(found, list | Refused):
        return found
    return Published(
        rubric=found.rubric, version=found.version, affected=list(found.affected), lapsed=found.lapsed,
        receipt=Receipt.of(found.receipt),
    )  # fmt: skip


class RubricShown(Shown):
    """One rubric version with its history."""

    rubric: Rubric
    threshold_ppm: int = Field(description="Agreement that a batch must reach, in parts per million.")
    default_ppm: int = Field(description="What its domain asks for when the rubric says nothing.")
    versions: list[VersionShown]
    findings: list[FindingShown]


def rubric_page(visit: Visit, programme: InPath, rubric_id: InPath, version: Version = None) -> RubricShown | Refused:
    """Read a rubric version."""
    found = rubric.rubric_page(visit.cell, visit.actor, programme=programme, rubric=rubric_id, version=version)
    if isinstance(found, Refused):
        return found
    return RubricShown(
        rubric=found.rubric, threshold_ppm=found.row.threshold_ppm, default_ppm=found.row.default_ppm,
        versions=[VersionShown.of(row) for row in found.versions],
        findings=[FindingShown.of(finding) for finding in found.findings],
    )  # fmt: skip


class PieceShown(Shown):
    """A stretch of text that both versions share, or that only this one has."""

    text: str
    is_changed: bool


class DiffRowShown(Shown):
    """One part of a rubric in both versions."""

    section: str = Field(description="`Rubric`, or the name of a criterion.")
    part: str
    state: str = Field(description="same, added, removed or changed")
    old: str
    new: str
    old_pieces: list[PieceShown]
    new_pieces: list[PieceShown]


class Difference(Shown):
    """Two versions side by side."""

    rows: list[DiffRowShown]


def rubric_diff(
    visit: Visit, programme: InPath, rubric_id: InPath,
    old: Annotated[str, Query(pattern=NAME, examples=["1.0.0"])],
    new: Annotated[str, Query(pattern=NAME, examples=["1.1.0"])],
) -> Difference | Refused:  # fmt: skip
    """Compare two versions of a rubric, part by part."""
    found = rubric.rubric_diff(visit.cell, visit.actor, programme=programme, rubric=rubric_id, old=old, new=new)
    return found if isinstance(found, Refused) else Difference(rows=[DiffRowShown.of(row) for row in found])


class RubricPreview(Shown):
    """What publishing a text would do."""

    version: str
    previous: str | None
    affected: list[str] = Field(description="Criteria whose earlier judgments would be flagged.")
    lapses: int = Field(description="People whose qualification would lapse: they passed the version in force.")
    findings: list[FindingShown]
    rows: list[DiffRowShown] = Field(description="Every part beside the version in force; none of a first version.")


def preview(visit: Visit, programme: InPath, body: RubricText) -> RubricPreview | list[Problem] | Refused:
    """Say what publishing a text would do, and why it would be refused. Nothing is written."""
    found = rubric.preview(visit.cell, visit.actor, programme=programme, text=body.text, name=body.name)
    if isinstance(found, list | Refused):
        return found
    return RubricPreview(
        version=found.rubric.version, previous=found.previous, affected=list(found.affected),
        lapses=found.lapses,
        findings=[FindingShown.of(one) for one in found.findings], rows=[DiffRowShown.of(row) for row in found.rows],
    )  # fmt: skip


class RubricDraftText(Body):
    """An unfinished rubric, sound or not."""

    text: str = Field(max_length=900_000)


class RubricDraft(Shown):
    """One's own unfinished rubric; both null when there is none."""

    text: str | None
    saved_at: Moment | None


class RubricDraftSaved(Shown):
    """When a draft was saved."""

    saved_at: Moment


def draft(visit: Visit, programme: InPath, rubric_id: InPath) -> RubricDraft | Refused:
    """Open one's own unfinished rubric, `new` for one without an id. That you looked is an event."""
    found = drafting.draft(visit.cell, visit.actor, _place(programme, rubric_id))
    if isinstance(found, Refused):
        return found
    return RubricDraft(text=found.text, saved_at=found.saved_at) if found else RubricDraft(text=None, saved_at=None)


def save_draft(visit: Visit, programme: InPath, rubric_id: InPath, body: RubricDraftText) -> RubricDraftSaved | Refused:
    """Keep an unfinished rubric for oneself."""
    found = drafting.save(visit.cell, visit.actor, _place(programme, rubric_id), body.text)
    return found if isinstance(found, Refused) else RubricDraftSaved(saved_at=found)


def _place(programme: str, name: str) -> drafting.Place:
    return drafting.Place(programme=programme, kind="rubric", name=name)

"""Constitutions: publish a version, read one, compare two, agree on what rubrics carry, count trade-offs."""

from typing import Annotated

from fastapi import Query
from pydantic import Field

from tallystick.api.contract import Version, VersionShown
from tallystick.api.parts import NAME, Body, FindingShown, InPath, Key, Line, Moment, Paragraphs, Receipt, Shown
from tallystick.api.rubric import DiffRowShown
from tallystick.app import constitution
from tallystick.app.rubric import drafting
from tallystick.edge import Site, Visit
from tallystick.flow.constitution import Constitution, Role
from tallystick.flow.document import Problem
from tallystick.flow.refusal import Refused

READ, WRITE, AGREE = "constitution.read", "constitution.write", "constitution.agree"
TAG = "constitutions"
BYTES_MAX = 1_000_000


def mount(site: Site, prefix: str) -> None:
    """Register constitutions."""
    one, agreed = f"{prefix}/programmes/{{programme}}/constitution", f"{prefix}/operationalizations/{{proposal_id}}"
    site.api("GET", one, page, permission=READ, answers=ConstitutionShown, tag=TAG)
    site.api(
        "POST", one, publish, permission=WRITE, answers=ConstitutionPublished, status=201, refusals=(409, 422),
        max_bytes=BYTES_MAX, tag=TAG,
    )  # fmt: skip
    site.api(
        "POST", f"{one}/preview", preview, permission=WRITE, answers=ConstitutionPreview, refusals=(422,),
        max_bytes=BYTES_MAX, tag=TAG,
    )  # fmt: skip
    site.api("GET", f"{one}/draft", draft, permission=WRITE, answers=DraftShown, tag=TAG)
    site.api(
        "PUT", f"{one}/draft", save_draft, permission=WRITE, answers=DraftSaved, refusals=(422,), max_bytes=BYTES_MAX,
        tag=TAG,
    )  # fmt: skip
    site.api("GET", f"{one}/diff", diff, permission=READ, answers=ConstitutionDifference, tag=TAG)
    site.api("GET", f"{one}/trade-offs", trade_offs, permission="gate.read", answers=TradeOffsShown, tag=TAG)
    site.api(
        "POST", f"{one}/operationalizations", propose, permission=AGREE, answers=ProposalMoved, status=201,
        refusals=(409, 422), tag=TAG,
    )  # fmt: skip
    site.api("GET", agreed, proposal, permission=READ, answers=ProposalShown, tag=TAG)
    for verb, handler in (("sign", sign), ("decline", decline)):
        site.api(
            "POST", f"{agreed}/{verb}", handler, permission=AGREE, answers=ProposalMoved, refusals=(409, 422), tag=TAG
        )


class CarrierShown(Shown):
    """A criterion that carries a principle."""

    domain: str
    rubric: str
    criterion: str
    name: str
    examples: int


class RubricStateShown(Shown):
    """How the agreement on one rubric in force stands."""

    domain: str
    rubric: str
    version: str
    carried: dict[str, list[str]] = Field(description="Criterion: the principles that it names.")
    is_usable: bool = Field(description="Whether new work is given out under it.")
    why_not: str | None
    proposal: str | None = Field(description="The newest proposal about what stands there now.")


class ProposalRow(Shown):
    """A proposal and who has signed it."""

    proposal: str
    rubric: str
    rubric_version: str
    version: str = Field(description="Of the constitution.")
    domain: str
    state: str = Field(description="proposed, agreed or declined")
    researcher: str | None = Field(description="Who signed as the client's alignment researcher.")
    lead: str | None = Field(description="Who signed as the methodology lead.")
    declined_by: str | None
    at: Moment
    by: str


class ConstitutionShown(Shown):
    """One version of a programme's constitution."""

    constitution: Constitution
    versions: list[VersionShown]
    findings: list[FindingShown]
    carriers: dict[str, list[CarrierShown]] = Field(description="Principle: the criteria that carry it.")
    uncovered: list[str] = Field(description="Principles that no criterion carries.")
    rubrics: list[RubricStateShown]
    proposals: list[ProposalRow]


def page(visit: Visit, programme: InPath, version: Version = None) -> ConstitutionShown | Refused:
    """Read a programme's constitution, and what carries each principle."""
    found = constitution.constitution_page(visit.cell, visit.actor, programme, version)
    if isinstance(found, Refused):
        return found
    return ConstitutionShown(
        constitution=found.constitution, versions=[VersionShown.of(row) for row in found.versions],
        findings=[FindingShown.of(one) for one in found.findings],
        carriers={name: [CarrierShown.of(one) for one in given] for name, given in found.carriers.items()},
        uncovered=[name for name, given in found.carriers.items() if not given],
        rubrics=[
            RubricStateShown(
                domain=one.domain, rubric=one.rubric.id, version=one.rubric.version, carried=one.carried,
                is_usable=one.refused is None, why_not=one.refused.sentence if one.refused else None,
                proposal=one.proposal.proposal if one.proposal else None,
            )
            for one in found.rubrics
        ],
        proposals=[ProposalRow.of(row) for row in found.proposals],
    )  # fmt: skip


class ConstitutionText(Body):
    """A constitution as a YAML document."""

    text: str = Field(max_length=900_000)
    name: Line = Field(
        "constitution.yaml", description="What its writer calls it: it opens the sentence of every problem."
    )


class ConstitutionPublished(Shown):
    """A version of a constitution that has come into force."""

    constitution: str
    version: str
    changed: list[str] = Field(description="Principles that were added, removed or changed.")
    receipt: Receipt


def publish(
    visit: Visit, programme: InPath, body: ConstitutionText, key: Key
) -> ConstitutionPublished | list[Problem] | Refused:
    """Bring a version of the constitution into force. Rubrics that carry what changed need a new agreement."""
    found = constitution.publish(visit.cell, visit.actor, programme=programme, text=body.text, name=body.name, key=key)
    if isinstance(found, list | Refused):
        return found
    return ConstitutionPublished(
        constitution=found.constitution, version=found.version, changed=list(found.changed),
        receipt=Receipt.of(found.receipt),
    )  # fmt: skip


class ConstitutionPreview(Shown):
    """What publishing a text would do."""

    version: str
    previous: str | None
    changed: list[str]
    findings: list[FindingShown]
    rows: list[DiffRowShown]


def preview(visit: Visit, programme: InPath, body: ConstitutionText) -> ConstitutionPreview | list[Problem] | Refused:
    """Say what publishing a text would do. Nothing is written."""
    found = constitution.preview(visit.cell, visit.actor, programme=programme, text=body.text, name=body.name)
    if isinstance(found, list | Refused):
        return found
    return ConstitutionPreview(
        version=found.constitution.version, previous=found.previous, changed=list(found.changed),
        findings=[FindingShown.of(one) for one in found.findings], rows=[DiffRowShown.of(row) for row in found.rows],
    )  # fmt: skip


class DraftText(Body):
    """An unfinished document, sound or not."""

    text: str = Field(max_length=900_000)


class DraftShown(Shown):
    """One's own unfinished document; both null when there is none."""

    text: str | None
    saved_at: Moment | None


class DraftSaved(Shown):
    """When a draft was saved."""

    saved_at: Moment


def draft(visit: Visit, programme: InPath) -> DraftShown | Refused:
    """Open one's own unfinished constitution. That you looked is an event."""
    found = drafting.draft(visit.cell, visit.actor, _place(programme))
    if isinstance(found, Refused):
        return found
    return DraftShown(text=found.text, saved_at=found.saved_at) if found else DraftShown(text=None, saved_at=None)


def save_draft(visit: Visit, programme: InPath, body: DraftText) -> DraftSaved | Refused:
    """Keep an unfinished constitution for oneself."""
    found = drafting.save(visit.cell, visit.actor, _place(programme), body.text)
    return found if isinstance(found, Refused) else DraftSaved(saved_at=found)


def _place(programme: str) -> drafting.Place:
    return drafting.Place(programme=programme, kind="constitution", name="constitution")


class ConstitutionDifference(Shown):
    """Two versions side by side, and the criteria in force that carry what changed."""

    rows: list[DiffRowShown]
    changed: list[str]
    affected: list[CarrierShown]


def diff(
    visit: Visit, programme: InPath,
    old: Annotated[str, Query(pattern=NAME, examples=["1.0.0"])],
    new: Annotated[str, Query(pattern=NAME, examples=["1.1.0"])],
) -> ConstitutionDifference | Refused:  # fmt: skip
    """Compare two versions of the constitution, with their effect on the rubrics in force."""
    found = constitution.constitution_diff(visit.cell, visit.actor, programme, old=old, new=new)
    if isinstance(found, Refused):
        return found
    return ConstitutionDifference(
        rows=[DiffRowShown.of(row) for row in found.rows], changed=list(found.changed),
        affected=[CarrierShown.of(one) for one in found.affected],
    )  # fmt: skip


class Proposed(Body):
    """The proposal that the criteria of a rubric in force carry the principles that they name."""

    rubric: Annotated[str, Field(pattern=NAME)]
    notes: Paragraphs = ""


class Signature(Body):
    """Which of the two roles agrees."""

    role: Role = Field(description="researcher: the client's alignment researcher; lead: the methodology lead.")


class Declined(Body):
    """Why one does not agree."""

    why: Paragraphs = Field(description="What speaks against it, in at least 20 characters.")


class ProposalMoved(Shown):
    """A proposal that was made, signed or declined."""

    proposal: str
    programme: str
    state: str = Field(description="proposed, agreed or declined")
    receipt: Receipt


def propose(visit: Visit, programme: InPath, body: Proposed, key: Key) -> ProposalMoved | Refused:
    """Propose how a rubric carries principles. It is in force when both roles have signed, two people."""
    return _moved(
        constitution.propose(
            visit.cell, visit.actor, programme=programme, rubric=body.rubric, notes=body.notes, key=key
        )
    )


def sign(visit: Visit, proposal_id: InPath, body: Signature, key: Key) -> ProposalMoved | Refused:
    """Agree to a proposal, for a role that is one's own."""
    return _moved(constitution.sign(visit.cell, visit.actor, proposal_id, role=body.role, key=key))


def decline(visit: Visit, proposal_id: InPath, body: Declined, key: Key) -> ProposalMoved | Refused:
    """Do not agree to a proposal, and say why. It is closed."""
    return _moved(constitution.decline(visit.cell, visit.actor, proposal_id, why=body.why, key=key))


def _moved(found: constitution.Moved | Refused) -> ProposalMoved | Refused:
    if isinstance(found, Refused):
        return found
    return ProposalMoved(
        proposal=found.proposal, programme=found.programme, state=found.state, receipt=Receipt.of(found.receipt)
    )


class ProposalShown(Shown):
    """One proposal, with what it ties together."""

    row: ProposalRow
    carried: dict[str, list[str]] = Field(description="Criterion: the principles that it names.")
    subject_digest: str = Field(description="SHA-256 of these criteria and principles as they are written.")
    is_current: bool = Field(description="Whether rubric and constitution still read as when it was proposed.")
    may_sign: list[str] = Field(description="Roles for which you could sign.")


def proposal(visit: Visit, proposal_id: InPath) -> ProposalShown | Refused:
    """Read a proposal."""
    found = constitution.proposal_page(visit.cell, visit.actor, proposal_id)
    if isinstance(found, Refused):
        return found
    return ProposalShown(
        row=ProposalRow.of(found.row), carried=found.carried, subject_digest=found.row.subject_digest,
        is_current=found.is_current, may_sign=list(found.may_sign),
    )  # fmt: skip


class ConflictShown(Shown):
    """How often two principles conflicted, and how often each prevailed."""

    first: str
    second: str
    number: int
    first_prevailed: int
    second_prevailed: int


class TradeOffRow(Shown):
    """One trade-off, without its words."""

    judgment: str
    item: str
    version: str
    principles: list[str]
    prevailed: str | None
    at: Moment


class TradeOffsShown(Shown):
    """The trade-offs that experts noted."""

    conflicts: list[ConflictShown]
    trade_offs: list[TradeOffRow]


def trade_offs(visit: Visit, programme: InPath) -> TradeOffsShown | Refused:
    """Count conflicts by pair of principles. The words open with the item."""
    found = constitution.trade_offs(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    return TradeOffsShown(
        conflicts=[ConflictShown.of(one) for one in found.conflicts],
        trade_offs=[TradeOffRow.of(one) for one in found.noted],
    )

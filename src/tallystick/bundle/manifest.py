"""The manifest: one canonical JSON value that binds every file of a release by its digest. Pure.

Only the proofs are not in it: they are made after the log has taken in the manifest's own digest.
"""

from collections import Counter
from collections.abc import Iterable

import msgspec

from tallystick import canon
from tallystick.bundle.columns import merkle_root
from tallystick.bundle.contents import constitution_path, contract_path, rubric_path
from tallystick.bundle.derive import UNREVIEWED, Tables
from tallystick.bundle.views import View
from tallystick.custody import PROTECTED
from tallystick.events.checklist import ReleasePhased
from tallystick.events.constitution import (
    ConstitutionPublished,
    OperationalizationAgreed,
    OperationalizationProposed,
)
from tallystick.flow.checklist import PILOT
from tallystick.flow.release import tally

PATH = "manifest.json"
SIMULATED = "SIMULATED: the experts of this release are programs. No person judged anything in it."
SIMULATED_IN_PART = (
    "SIMULATED IN PART, in a programme for demonstration: programs made {} of {} judgments and {} of {} adjudications."
)
PILOT_MADE = "PILOT: this release was made while its programme was in its pilot phase, to try how it works."
DEVELOPMENT = (
    "DEVELOPMENT CUSTODY: the signing key and the vault key of this cell are files. The proofs show nothing to "
    "somebody "
    "who does not trust whoever could read those files."
)
UNREVIEWED_HELD = (
    "AFFECTED, NOT REVIEWED: {} judgments, on {} of {} records, were made under a version of their rubric that was "
    "revised later, and nobody has said since whether they stand. They carry the flag affected_unreviewed. {}"
)
WHY_STATED = "DATASHEET.md, H25, says why they were released as they are."
WHY_NOT_STATED = "Nobody stated why they were released as they are."
TRANSFORMATIONS = (
    "Verdicts and scores were turned from the order in which an expert saw the candidates into the record's a and b.",
    "Nothing else was changed: no text was cleaned, cut or translated, no judgment was weighted or dropped.",
)


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the manifest."""


class FileEntry(Part, frozen=True, kw_only=True):
    """One file: where, how large, its SHA-256, its rows where it has rows, and what it is for."""

    path: str
    bytes: int
    sha256: str
    rows: int | None
    role: str  # data | view | document | quality | people | card


class CellEntry(Part, frozen=True, kw_only=True):
    """Which cell and log the release comes from, and who holds its keys."""

    name: str
    origin: str
    vkey: str
    custody: str


class LinkEntry(Part, frozen=True, kw_only=True):
    """What a set of records stands under. A record's `link` is the number of its entry here, from 0."""

    link: int
    records: int
    batch: str
    schema: str
    rubric: str
    rubric_versions: list[str]
    contract_versions: list[str]
    source_class: str
    licence: str
    import_run: str
    import_file_sha256: str | None
    gate_seq: int
    quality: str


class ViewEntry(Part, frozen=True, kw_only=True):
    """One view: its rule, its rows, and what it leaves out."""

    name: str
    path: str
    rows: int
    rule: str
    counts: str
    excluded: dict[str, int]


class DocumentEntry(Part, frozen=True, kw_only=True):
    """A rubric or contract version."""

    id: str
    version: str
    path: str
    sha256: str
    seq: int


class OperationalizationEntry(Part, frozen=True, kw_only=True):
    """How a rubric carries principles of the constitution, as two people agreed at the entry `seq`."""

    rubric: str
    rubric_version: str
    domain: str
    constitution_version: str
    carried: dict[str, list[str]]  # criterion: principles
    subject_digest: str
    researcher: str
    lead: str
    seq: int


class GateEntry(Part, frozen=True, kw_only=True):
    """The decision that let a batch in."""

    batch: str
    name: str
    domain: str
    decision: str
    metric: str
    level: str
    rule: str
    value_ppm: int | None
    low_ppm: int | None
    high_ppm: int | None
    threshold_ppm: int
    seq: int


class Rights(Part, frozen=True, kw_only=True):
    """What the data contract permits."""

    use: str
    permitted_uses: list[str]
    licence: str
    source_class: str
    retention_until: str


class Counts(Part, frozen=True, kw_only=True):
    """How much there is, and how much of it carries a flag."""

    records: int
    judgments: int  # delivered
    standing: dict[str, int]  # of the judgments: counted, requeued
    experts: int
    adjudications: int
    excluded_items: dict[str, int]
    left_out_batches: int
    record_flags: dict[str, int]
    judgment_flags: dict[str, int]


class Manifest(Part, frozen=True, kw_only=True, omit_defaults=True):
    """manifest.json."""

    schema: str
    release: str
    name: str
    version: str
    programme: str
    cut_seq: int
    cut_at: int
    code_version: str
    cell: CellEntry
    simulated: bool
    notices: list[str]
    rights: Rights
    counts: Counts
    records_root: str
    judgments_root: str
    links: list[LinkEntry]
    views: list[ViewEntry]
    rubrics: list[DocumentEntry]
    contracts: list[DocumentEntry]
    gates: list[GateEntry]
    transformations: list[str]
    files: list[FileEntry]
    constitutions: list[DocumentEntry] = []  # left out of a programme without a constitution
    operationalizations: list[OperationalizationEntry] = []


def notices(tables: Tables) -> list[str]:
    """What a reader must know before anything else."""
    found = [_simulated(tables)] if tables.is_simulated else []
    found += [PILOT_MADE] if any(one.fact.phase == PILOT for one in tables.state.told(ReleasePhased)) else []
    found += [DEVELOPMENT] if tables.state.cell.fact.custody not in PROTECTED else []
    waiting = sum(UNREVIEWED in judgment.flags for judgment in tables.judgments)
    if waiting:
        records = sum(UNREVIEWED in record.flags for record in tables.records)
        why = WHY_STATED if tables.unreviewed_why else WHY_NOT_STATED
        found.append(UNREVIEWED_HELD.format(waiting, records, len(tables.records), why))
    return found


def _simulated(tables: Tables) -> str:
    programs = {expert.person for expert in tables.experts if expert.simulated}
    judged = simulated_judgments(tables)
    settled = sum(one.adjudicator in programs for one in tables.adjudications)
    if judged == len(tables.judgments) and settled == len(tables.adjudications):
        return SIMULATED
    return SIMULATED_IN_PART.format(judged, len(tables.judgments), settled, len(tables.adjudications))


def simulated_judgments(tables: Tables) -> int:
    """How many judgments were made by programs."""
    return sum("simulated" in judgment.flags for judgment in tables.judgments)


def manifest(tables: Tables, views: Iterable[View], files: Iterable[FileEntry]) -> Manifest:
    """The manifest of a release whose other files are known."""
    state = tables.state
    spec, cell, contract = state.cut.fact, state.cell.fact, state.contract
    return Manifest(
        schema=spec.schema, release=spec.release, name=spec.name, version=spec.version, programme=spec.programme,
        cut_seq=state.cut.seq, cut_at=state.cut.at, code_version=spec.code_version,
        cell=CellEntry(name=cell.cell, origin=cell.origin, vkey=cell.vkey, custody=cell.custody),
        simulated=tables.is_simulated, notices=notices(tables),
        rights=Rights(
            use=spec.use, permitted_uses=contract.permitted_uses, licence=contract.licence,
            source_class=contract.source_class, retention_until=contract.retention_until,
        ),
        counts=_counts(tables), records_root=merkle_root(tables.records), judgments_root=merkle_root(tables.judgments),
        links=_links(tables), views=[_view(view) for view in views], rubrics=_rubrics(tables),
        contracts=_contracts(tables), gates=_gates(tables), transformations=list(TRANSFORMATIONS),
        files=sorted(files, key=lambda file: file.path), constitutions=_constitutions(tables),
        operationalizations=_operationalizations(tables),
    )  # fmt: skip


def _view(view: View) -> ViewEntry:
    return ViewEntry(
        name=view.name, path=view.path, rows=view.n_rows, rule=view.rule, counts=view.counts,
        excluded=view.excluded,
    )  # fmt: skip


def _counts(tables: Tables) -> Counts:
    return Counts(
        records=len(tables.records), judgments=len(tables.judgments),
        standing=tally(judgment.standing for judgment in tables.judgments), experts=len(tables.experts),
        adjudications=len(tables.adjudications), excluded_items=tally(out.reason for out in tables.exclusions),
        left_out_batches=len(tables.state.cut.fact.left_out),
        record_flags=tally(flag for record in tables.records for flag in record.flags),
        judgment_flags=tally(flag for judgment in tables.judgments for flag in judgment.flags),
    )  # fmt: skip


def _links(tables: Tables) -> list[LinkEntry]:
    held = Counter(record.link for record in tables.records)
    digests = {run.fact.run: run.fact.file_digest for run in tables.state.runs}
    gates = {measured.fact.batch: measured.seq for measured in tables.state.measured}
    waiting = Counter(record.link for record in tables.records if UNREVIEWED in record.flags)
    return [
        LinkEntry(
            link=number, records=held[number], batch=link.batch, schema=tables.state.cut.fact.schema,
            rubric=link.rubric, rubric_versions=list(link.rubric_versions),
            contract_versions=list(link.contract_versions), source_class=link.source_class, licence=link.licence,
            import_run=link.run, import_file_sha256=digests.get(link.run), gate_seq=gates[link.batch],
            quality=_quality(waiting[number]),
        )
        for number, link in enumerate(tables.links)
    ]  # fmt: skip


def _quality(waiting: int) -> str:
    """QA status of the records of a link, of which so many hold affected judgments that nobody reviewed."""
    return "gate passed" + (f"; records with affected judgments that nobody reviewed: {waiting}" if waiting else "")


def _rubrics(tables: Tables) -> list[DocumentEntry]:
    found = []
    for one in tables.state.rubrics:
        path = rubric_path(one.fact.rubric, one.fact.version)
        digest = canon.digest(tables.documents[path])
        found.append(DocumentEntry(id=one.fact.rubric, version=one.fact.version, path=path, sha256=digest, seq=one.seq))
    return found


def _contracts(tables: Tables) -> list[DocumentEntry]:
    found = []
    for one in tables.state.contracts:
        version = one.fact.contract.version
        path = contract_path(version)
        digest = canon.digest(tables.documents[path])
        found.append(DocumentEntry(id=one.fact.programme, version=version, path=path, sha256=digest, seq=one.seq))
    return found


def _constitutions(tables: Tables) -> list[DocumentEntry]:
    return [
        DocumentEntry(
            id=one.fact.constitution, version=one.fact.version, path=constitution_path(one.fact.version),
            sha256=canon.digest(tables.documents[constitution_path(one.fact.version)]), seq=one.seq,
        )
        for one in tables.state.told(ConstitutionPublished)
    ]  # fmt: skip


def _operationalizations(tables: Tables) -> list[OperationalizationEntry]:
    asked = {one.fact.proposal: one.fact for one in tables.state.told(OperationalizationProposed)}
    return [
        OperationalizationEntry(
            rubric=asked[one.fact.proposal].rubric, rubric_version=asked[one.fact.proposal].rubric_version,
            domain=asked[one.fact.proposal].domain, constitution_version=asked[one.fact.proposal].constitution_version,
            carried=asked[one.fact.proposal].carried, subject_digest=one.fact.subject_digest,
            researcher=one.fact.researcher, lead=one.fact.lead, seq=one.seq,
        )
        for one in tables.state.told(OperationalizationAgreed)
        if one.fact.proposal in asked
    ]  # fmt: skip


def _gates(tables: Tables) -> list[GateEntry]:
    names = {batch.fact.batch: batch.fact.name for batch in tables.state.batches}
    return [
        GateEntry(
            batch=one.fact.batch, name=names[one.fact.batch], domain=one.fact.domain, decision=one.fact.decision,
            metric=one.fact.verdict.metric, level=one.fact.verdict.level, rule=one.fact.rule,
            value_ppm=one.fact.verdict.value_ppm, low_ppm=one.fact.verdict.low_ppm,
            high_ppm=one.fact.verdict.high_ppm, threshold_ppm=one.fact.threshold_ppm, seq=one.seq,
        )
        for one in tables.state.measured
    ]  # fmt: skip

"""Every file of a release that the manifest covers, as bytes. Pure: tables in, files out."""

from collections.abc import Sequence
from dataclasses import dataclass

from tallystick import canon
from tallystick.bundle import cards, columns
from tallystick.bundle.derive import Tables
from tallystick.bundle.figures import Figures, compute
from tallystick.bundle.manifest import PATH, FileEntry, Manifest, manifest
from tallystick.bundle.quality import quality
from tallystick.bundle.rows import Adjudication, CredentialHeld, Exclusion, Expert, Judgment, Record, Row
from tallystick.bundle.views import View, views_of

RECORDS, RECORDS_JSONL = "data/records.parquet", "data/records.jsonl"
JUDGMENTS, JUDGMENTS_JSONL = "data/judgments.parquet", "data/judgments.jsonl"
ADJUDICATIONS, EXPERTS = "data/adjudications.jsonl", "people/experts.jsonl"
CREDENTIALS = "people/credentials.jsonl"
AGREEMENT, REPORT, EXCLUSIONS = "quality/agreement.json", "quality/report.md", "exclusions.json"
JSONL_KINDS: dict[str, type[Row]] = {
    RECORDS_JSONL: Record, JUDGMENTS_JSONL: Judgment, ADJUDICATIONS: Adjudication, EXPERTS: Expert,
    CREDENTIALS: CredentialHeld,
}  # fmt: skip
PARQUET_KINDS: dict[str, type[Row]] = {RECORDS: Record, JUDGMENTS: Judgment}


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One file: what it is for, its bytes, and its rows where it has rows."""

    role: str
    data: bytes
    rows: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """All files of a release but its proofs."""

    manifest: Manifest
    files: dict[str, bytes]  # path: bytes, the manifest among them


def render(tables: Tables) -> Rendered:
    """Every file, and the manifest over them."""
    made = views_of(tables)
    figures = compute(tables)
    contents = {
        **_data(tables), **_views(made), **_documents(tables), **_figures(figures), **_readable(tables, made, figures),
    }  # fmt: skip
    entries = [
        FileEntry(path=path, bytes=len(one.data), sha256=canon.digest(one.data), rows=one.rows, role=one.role)
        for path, one in contents.items()
    ]
    listed = manifest(tables, made, entries)
    files = {path: one.data for path, one in contents.items()}
    return Rendered(manifest=listed, files={**files, PATH: canon.encode(listed) + b"\n"})


def tables_of(tables: Tables) -> dict[str, Sequence[Row]]:
    """The rows that stand in each file of rows, by path; views are not among them.

    The credential manifest is there when some expert has declared a credential.
    """
    found: dict[str, Sequence[Row]] = {
        RECORDS: tables.records, RECORDS_JSONL: tables.records, JUDGMENTS: tables.judgments,
        JUDGMENTS_JSONL: tables.judgments, ADJUDICATIONS: tables.adjudications, EXPERTS: tables.experts,
    }  # fmt: skip
    return {**found, CREDENTIALS: tables.credentials} if tables.credentials else found


def _data(tables: Tables) -> dict[str, Content]:
    found = {}
    for path, rows in tables_of(tables).items():
        kind = PARQUET_KINDS.get(path)
        data = columns.to_parquet(rows, kind) if kind else columns.to_jsonl(rows)
        found[path] = Content(role="people" if path in (EXPERTS, CREDENTIALS) else "data", data=data, rows=len(rows))
    return found


def _views(made: Sequence[View]) -> dict[str, Content]:
    return {view.path: Content(role="view", data=view_bytes(view), rows=view.n_rows) for view in made}


def view_bytes(view: View) -> bytes:
    """The file of a view: Parquet of its rows, or its lines as they are."""
    if view.lines is not None:
        return b"".join(line + b"\n" for line in view.lines)
    return columns.to_parquet(view.rows, view.kind)


def _documents(tables: Tables) -> dict[str, Content]:
    found = {path: Content(role="document", data=data) for path, data in tables.documents.items()}
    found[AGREEMENT] = Content(role="quality", data=agreement_bytes(tables))
    found[EXCLUSIONS] = Content(role="quality", data=exclusions_bytes(tables))
    return found


def _figures(figures: Figures) -> dict[str, Content]:
    return {path: Content(role="quality", data=data) for path, data in figures.files().items()}


def agreement_bytes(tables: Tables) -> bytes:
    """quality/agreement.json."""
    return canon.encode(quality(tables)) + b"\n"


def exclusions_bytes(tables: Tables) -> bytes:
    """exclusions.json: every item of the released batches without a record, and every batch left out, with reasons."""
    return canon.encode({"batches": left_out(tables), "items": list[Exclusion](tables.exclusions)}) + b"\n"


def left_out(tables: Tables) -> list[dict[str, str]]:
    """The batches of the programme that stayed out, in journal order."""
    spec = tables.state.cut.fact
    return [
        {"batch": batch.fact.batch, "name": batch.fact.name, "reason": spec.left_out[batch.fact.batch]}
        for batch in tables.state.batches
        if batch.fact.batch in spec.left_out
    ]


def _readable(tables: Tables, made: Sequence[View], figures: Figures) -> dict[str, Content]:
    texts = cards.texts(tables, made, figures)
    found = {path: Content(role="card", data=text.encode()) for path, text in texts.items()}
    return {**found, REPORT: Content(role="quality", data=cards.report(tables, figures).encode())}

"""Steps 6 to 10: contents fit their commitments; every row, number, view and text follows from the entries. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from tallystick import __version__
from tallystick.audit.release.report import CannotGoOn, Findings
from tallystick.bundle import columns, figures, quality
from tallystick.bundle.columns import BadRows, merkle_root
from tallystick.bundle.consensus import Consensus, stated_in
from tallystick.bundle.contents import OpenedObject, wanted
from tallystick.bundle.derive import Tables, derive
from tallystick.bundle.figures import every_measurement
from tallystick.bundle.files import (
    ADJUDICATIONS,
    AGREEMENT,
    JSONL_KINDS,
    JUDGMENTS,
    JUDGMENTS_JSONL,
    PARQUET_KINDS,
    RECORDS,
    RECORDS_JSONL,
    agreement_bytes,
    render,
    tables_of,
    view_bytes,
)
from tallystick.bundle.manifest import PATH, Manifest, manifest
from tallystick.bundle.proofs import ENTRIES, OPENINGS, BadProofs, Opening, read_openings, stands_in
from tallystick.bundle.rows import Adjudication, Judgment, Record, Row
from tallystick.bundle.state import CannotBuild, State, replay
from tallystick.bundle.views import views_of
from tallystick.events import UnknownKind
from tallystick.events.envelope import commitment
from tallystick.flow.document import BYTES_MAX

ROWS_NAMED = 20
_FACTS = (
    "schema", "programme", "cut_seq", "cut_at", "code_version", "cell", "simulated", "rights", "counts", "links",
    "rubrics", "contracts", "gates", "constitutions", "operationalizations",
)  # fmt: skip
_FILES = {"records": RECORDS_JSONL, "judgments": JUDGMENTS_JSONL, "adjudications": ADJUDICATIONS, "experts": OPENINGS}

Files = Mapping[str, bytes]
Read = dict[str, Sequence[Row]]


def read_rows(files: Files, findings: Findings) -> Read:
    """The rows of every file of rows that can be read; a problem for each that cannot."""
    found: Read = {}
    for path, kind in (*JSONL_KINDS.items(), *PARQUET_KINDS.items()):
        if path in files:
            try:
                is_parquet = path in PARQUET_KINDS
                read = columns.from_parquet if is_parquet else columns.from_jsonl
                found[path] = read(files[path], kind)
            except BadRows as error:
                findings.add(path, None, str(error))
    return found


@dataclass(frozen=True, slots=True)
class Held:
    """What a release brings along: its state, its contents by place, the rows of its files, its consensus."""

    state: State
    contents: dict[str, OpenedObject]
    rows: Read
    stated: Consensus | None


def check_contents(
    stated: Manifest, files: Files, entries: Mapping[int, bytes], openings: bytes | None, *, findings: Findings
) -> Held:
    """Step 6: every content that the release holds is what the journal committed to."""
    rows = read_rows(files, findings)
    lines = _lines(openings, findings)
    state = _replayed(entries, stated.release, findings)
    documents = {path: data for path, data in files.items() if path.endswith(".yaml") and len(data) <= BYTES_MAX}
    sources = [dict(_stands(rows, RECORDS_JSONL, JUDGMENTS_JSONL)) | documents, dict(_stands(rows, RECORDS, JUDGMENTS))]
    found: dict[str, OpenedObject] = {}
    for place, ref in wanted(state).items():
        line = lines.pop(ref.object, None)
        thing = None if line is None else _fitting(line, sources, ref.commitment)
        if thing is None:
            findings.add(*_where(place), f"expected the content of object {ref.object}, found none")
            continue
        found[place] = thing
        if commitment(thing.salt, thing.payload) != ref.commitment:
            findings.add(*_where(place), "the content is not what the journal committed to: it was changed")
    for line in lines.values():
        findings.add(OPENINGS, line.object, "expected only contents that the entries refer to, found another")
    return Held(state, found, rows, stated_in(files))


def _lines(openings: bytes | None, findings: Findings) -> dict[str, Opening]:
    if openings is None:
        raise CannotGoOn("There are no openings.")
    try:
        return read_openings(openings)
    except BadProofs as error:
        findings.add(OPENINGS, None, str(error))
        raise CannotGoOn("The openings cannot be read.") from error


def _replayed(entries: Mapping[int, bytes], release: str, findings: Findings) -> State:
    try:
        return replay(entries.values(), release)
    except (CannotBuild, UnknownKind) as error:
        findings.add(ENTRIES, None, str(error))
        raise CannotGoOn("The entries give no release.") from error


def _stands(rows: Read, records: str, judgments: str) -> Iterator[tuple[str, bytes]]:
    return stands_in(
        [row for row in rows.get(records, ()) if isinstance(row, Record)],
        [row for row in rows.get(judgments, ()) if isinstance(row, Judgment)],
        [row for row in rows.get(ADJUDICATIONS, ()) if isinstance(row, Adjudication)], documents={},
    )  # fmt: skip


def _fitting(line: Opening, sources: Sequence[Files], committed: str) -> OpenedObject | None:
    """The payload that fits, wherever the release gives it; else the first that it gives."""
    given = [line.opened(source) for source in ({}, *sources)]
    there = [thing for thing in given if thing is not None]
    return next((t for t in there if commitment(t.salt, t.payload) == committed), there[0] if there else None)


def _where(place: str) -> tuple[str, str]:
    table, _, rest = place.partition("/")
    return (_FILES[table], rest.replace("/", ", ")) if table in _FILES else (place, "the whole file")


def check_rows(held: Held | None, stated: Manifest, findings: Findings) -> Tables:
    """Step 7: every row of every table follows from entries and contents, and so do the roots in the manifest."""
    if held is None:
        raise CannotGoOn("Step 6 gave nothing to derive rows from.")
    rows = held.rows
    try:
        tables = derive(held.state, held.contents, held.stated)
    except (CannotBuild, LookupError) as error:
        findings.add(ENTRIES, None, f"the rows cannot be derived: {error}")
        raise CannotGoOn("Entries and contents give no rows.") from error
    for path, expected in tables_of(tables).items():
        if path in rows:
            _compare(path, expected, rows[path], findings)
    roots = (
        ("records_root", stated.records_root, tables.records),
        ("judgments_root", stated.judgments_root, tables.judgments),
    )
    for name, root, expected in roots:
        if merkle_root(expected) != root:
            findings.add(PATH, name, f"expected {merkle_root(expected)}, which the rows give, found {root}")
    return tables


def _compare(path: str, expected: Sequence[Row], found: Sequence[Row], findings: Findings) -> None:
    """Name the rows that differ, at most twenty, and what differs in them."""
    if list(expected) == list(found):
        return
    right, there = _named(expected), _named(found)
    sentences = [(name, "expected this row, found none: it was removed") for name in right if name not in there]
    sentences += [(name, "the entries give no such row: it was added") for name in there if name not in right]
    for name, row in right.items():
        if name in there and there[name] != row:
            fields = [one for one in row.__struct_fields__ if getattr(row, one) != getattr(there[name], one)]
            sentences.append((name, f"{', '.join(fields)}: not what the entries and contents give"))
    if not sentences:
        sentences = [
            ("all rows", f"expected {len(expected)} rows in journal order, found {len(found)} in another order")
        ]
    for name, what in sentences[:ROWS_NAMED]:
        findings.add(path, name, what)
    if len(sentences) > ROWS_NAMED:
        findings.add(path, None, f"and {len(sentences) - ROWS_NAMED} more rows")


def _named(rows: Sequence[Row]) -> dict[str, Row]:
    """Rows by the id of what they are about; the second line on the same thing is so numbered."""
    found: dict[str, Row] = {}
    seen: Counter[str] = Counter()
    for row in rows:
        key = next(key for key in ("judgment", "item", "person") if key in row.__struct_fields__)
        name = str(getattr(row, key))
        seen[name] += 1
        found[name if seen[name] == 1 else f"{name}, line {seen[name]}"] = row
    return found


def _there(tables: Tables | None) -> Tables:
    if tables is None:
        raise CannotGoOn("Step 7 gave no rows.")
    return tables


def check_gates(given: Tables | None, files: Files, findings: Findings) -> str:
    """Step 8: each released batch passed its gate; every measurement and every figure, computed anew, is the same."""
    tables = _there(given)
    passed = {measured.seq for measured in tables.state.measured}
    measurements = every_measurement(tables.state)
    others = 0
    for measured in measurements:
        try:
            again = quality.measured_again(tables, measured)
        except (CannotBuild, ValueError) as error:
            findings.add(ENTRIES, f"entry {measured.seq}", f"the batch cannot be measured again: {error}")
            continue
        is_ours = measured.seq in passed or measured.fact.code_version == __version__
        compare = quality.differences if is_ours else quality.inputs_differences
        for sentence in compare(measured.fact, again):
            findings.add(ENTRIES, f"entry {measured.seq}", sentence)
        others += not is_ours
        if measured.seq in passed and again.decision != "pass":
            findings.add(ENTRIES, f"entry {measured.seq}", f"batch {measured.fact.batch} does not pass: {again.why}")
    if AGREEMENT in files and files[AGREEMENT] != agreement_bytes(tables):
        findings.add(AGREEMENT, None, "expected the measurements that stand in the log, found others")
    computed = _check_figures(tables, files, findings)
    told = f"Agreement of {len(passed)} batches and {computed} files of figures, computed anew"
    earlier = len(measurements) - len(passed)
    if earlier:
        told += f"; so were {earlier} earlier measurements"
    if others:
        # How another version rounds or draws its intervals is not known here; what it measured is.
        told += f", {others} of which another version made: of those, what was measured and against what, not the value"
    return f"{told}."


def _check_figures(tables: Tables, files: Files, findings: Findings) -> int:
    try:
        all_computed = figures.compute(tables).files()
    except (CannotBuild, ValueError, LookupError) as error:
        findings.add(ENTRIES, None, f"the figures cannot be computed: {error}")
        return 0
    for seq, what in figures.contradictions(tables):
        findings.add(ENTRIES, f"entry {seq}", what)
    for path, computed in all_computed.items():
        if path in files and files[path] != computed:
            for place, what in figures.differences(files[path], computed):
                findings.add(path, place, what)
    return len(all_computed)


def check_views(given: Tables | None, files: Files, stated: Manifest, findings: Findings) -> int:
    """Step 9: every view follows from records and judgments by its rule."""
    tables = _there(given)
    made = views_of(tables)
    expected = manifest(tables, made, stated.files).views
    if list(expected) != list(stated.views):
        findings.add(PATH, "views", "expected the views, rules and counts that the records give, found others")
    for view in made:
        path = view.path
        if path not in files:
            continue
        if view.lines is not None:
            if files[path] != view_bytes(view):
                findings.add(path, None, "expected the lines that records and judgments give, found others")
            continue
        try:
            _compare(path, view.rows, columns.from_parquet(files[path], view.kind), findings)
        except BadRows as error:
            findings.add(path, None, str(error))
    return len(made)


def _check_facts(tables: Tables, stated: Manifest, findings: Findings) -> None:
    """What the manifest says follows from the entries whichever version wrote it; only its wording may differ."""
    expected = manifest(tables, (), stated.files)
    for name in _FACTS:
        if getattr(expected, name) != getattr(stated, name):
            findings.add(PATH, name, "expected what the entries give, found something else")


def check_texts(given: Tables | None, files: Files, stated: Manifest, findings: Findings) -> int:
    """Step 10: every other file is what this version of the software writes, to the byte; so is the manifest."""
    tables = _there(given)
    if stated.code_version != __version__:
        _check_facts(tables, stated, findings)
        raise CannotGoOn(
            f"Written by version {stated.code_version}; this is {__version__}, which may word texts otherwise: "
            "believe README and cards only as far as the rows and the facts of the manifest, which were checked."
        )
    try:
        rendered = render(tables)
    except (CannotBuild, ValueError, LookupError) as error:
        findings.add(ENTRIES, None, f"the files cannot be written: {error}")
        raise CannotGoOn("The entries give no files.") from error
    for path, data in rendered.files.items():
        if path != PATH and not path.endswith(".parquet") and path in files and files[path] != data:
            findings.add(path, None, "expected the text that the entries give, found another")
    if msgspec.structs.replace(rendered.manifest, files=stated.files) != stated:
        fields = [f for f in Manifest.__struct_fields__ if getattr(rendered.manifest, f) != getattr(stated, f)]
        findings.add(PATH, ", ".join(fields), "expected what the entries give, found something else")
    listed = {entry.path for entry in stated.files}
    for path in sorted(listed.symmetric_difference({entry.path for entry in rendered.manifest.files})):
        findings.add(PATH, path, "expected exactly the files that the entries give")
    return len(listed)

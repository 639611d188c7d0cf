"""A release forged by somebody who can write events and let the cell seal them, but lacks the client's patience.

They build the folder themselves and let the log name its manifest. Steps 1 to 5 of the check are content; what
follows from the entries must still be so, to the byte where a second reading is possible.
"""

import importlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from living_cell import PROGRAMME, jsonl, world_at

from tallystick import canon
from tallystick.app import items, release
from tallystick.app.kernel import new_key
from tallystick.audit.release import Status, verify_release
from tallystick.bundle.consensus import FIGURE
from tallystick.bundle.derive import Tables
from tallystick.bundle.files import JUDGMENTS_JSONL, RECORDS, RECORDS_JSONL, Rendered, render
from tallystick.bundle.manifest import PATH, Manifest
from tallystick.flow.release import Wish

BUILD = importlib.import_module("tallystick.bundle.build")
CONFUSION, MONITORING, TREND = (f"quality/{name}.json" for name in ("confusion", "monitoring", "trend"))
Files = dict[str, bytes]
Forge = Callable[[Files, Manifest], Rendered]


def fitted(files: Files, manifest: Manifest) -> Rendered:
    """The manifest with sizes and digests of the files as they are now."""
    entries = [
        msgspec.structs.replace(e, bytes=len(files[e.path]), sha256=canon.digest(files[e.path])) for e in manifest.files
    ]
    now = msgspec.structs.replace(manifest, files=entries)
    return Rendered(manifest=now, files={**files, PATH: canon.encode(now) + b"\n"})


def rewritten(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


def hidden_metadata(files: Files, manifest: Manifest) -> Rendered:
    table = pq.ParquetFile(io.BytesIO(files[RECORDS])).read().replace_schema_metadata({"note": "hidden"})
    return fitted({**files, RECORDS: rewritten(table)}, manifest)


def other_column_type(files: Files, manifest: Manifest) -> Rendered:
    table = pq.ParquetFile(io.BytesIO(files[RECORDS])).read()
    place = table.schema.get_field_index("prompt")
    field = pa.field("prompt", pa.large_string(), nullable=False)
    table = table.set_column(place, field, table["prompt"].cast(pa.large_string()))
    return fitted({**files, RECORDS: rewritten(table)}, manifest)


def key_twice_in_row(files: Files, manifest: Manifest) -> Rendered:
    changed = files[RECORDS_JSONL].replace(b"{", b'{"consensus":"b",', 1)
    return fitted({**files, RECORDS_JSONL: changed}, manifest)


def key_twice_in_manifest(files: Files, manifest: Manifest) -> Rendered:
    data = files[PATH].replace(b'"simulated":', b'"simulated":true,"simulated":', 1)
    return Rendered(manifest=manifest, files={**files, PATH: data})


def other_facts_of_another_version(files: Files, manifest: Manifest) -> Rendered:
    cell = msgspec.structs.replace(manifest.cell, custody="hardware-token")
    changed = msgspec.structs.replace(manifest, code_version="9.9.9", simulated=not manifest.simulated, cell=cell)
    return fitted({**files, "README.md": b"# Certified\n"}, changed)


def figures_polished(files: Files, manifest: Manifest) -> Rendered:
    """Fewer answers that part, in the figures alone: the judgments stay as they are."""
    value = json.loads(files[CONFUSION])
    value["batches"][0]["tables"][0]["observed_milli"][0][0] += 1000
    return fitted({**files, CONFUSION: canon.encode(value) + b"\n"}, manifest)


def second_looks_invented(files: Files, manifest: Manifest) -> Rendered:
    value = json.loads(files[MONITORING])
    value["escape"] = {"answered": 50, "at_most": 3, "defects": 0, "pool": 100, "strata": []}
    return fitted({**files, MONITORING: canon.encode(value) + b"\n"}, manifest)


def sentinels_invented(files: Files, manifest: Manifest) -> Rendered:
    value = json.loads(files[MONITORING])
    totals = [{"answers": 40, "right": 40, "rubric": "general"}]
    value["sentinels"] = {"alarms": {}, "found": {}, "held": 0, "policies": 1, "seq": 1, "totals": totals}
    return fitted({**files, MONITORING: canon.encode(value) + b"\n"}, manifest)


def judgment_set_aside_on_paper(files: Files, manifest: Manifest) -> Rendered:
    """A judgment that counts is said to be set aside, in the one form that no view is made of."""
    changed = files[JUDGMENTS_JSONL].replace(b'"standing":"counted"', b'"standing":"requeued"', 1)
    return fitted({**files, JUDGMENTS_JSONL: changed}, manifest)


def measurement_forgotten(files: Files, manifest: Manifest) -> Rendered:
    value = json.loads(files[TREND])
    value["batches"][0]["points"].pop()
    return fitted({**files, TREND: canon.encode(value) + b"\n"}, manifest)


def consensus_shifted(files: Files, manifest: Manifest) -> Rendered:
    value = json.loads(files[FIGURE])
    value["domains"][0]["raters"][0]["accuracy_ppm"] = 999_999
    return fitted({**files, FIGURE: canon.encode(value) + b"\n"}, manifest)


def nothing(files: Files, manifest: Manifest) -> Rendered:
    return fitted(files, manifest)


@pytest.mark.parametrize(
    ("forge", "expected"),
    [
        (nothing, Status.OK),
        (hidden_metadata, Status.BAD),
        (other_column_type, Status.BAD),
        (key_twice_in_row, Status.BAD),
        (key_twice_in_manifest, Status.BAD),
        (other_facts_of_another_version, Status.BAD),
        (figures_polished, Status.BAD),
        (second_looks_invented, Status.BAD),
        (sentinels_invented, Status.BAD),
        (judgment_set_aside_on_paper, Status.BAD),
        (measurement_forgotten, Status.BAD),
        (consensus_shifted, Status.BAD),
    ],
)
def test_forged_release_is_found_without_the_log(
    forge: Forge, expected: Status, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forged(tables: Tables) -> Rendered:
        rendered = render(tables)
        return forge(dict(rendered.files), rendered.manifest)

    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        names = world.work(4)
        rows: list[dict[str, object]] = [{"item": n, "rater": r, "verdict": "a"} for n in names for r in "xy"]
        items.import_judgments(world.cell, world.lead, jsonl(rows), programme=PROGRAMME, name="j.jsonl", source="lab")
        monkeypatch.setattr(BUILD, "render", forged)
        wish = Wish(
            programme=PROGRAMME, name="pairs", version="1.0.0", use="train", batches=None, consensus="dawid_skene"
        )
        made = release.cut(world.cell, world.lead, wish, key=new_key())
        assert isinstance(made, release.Made)
        assert isinstance(release.export(world.cell, world.lead, made.release, tmp_path / "out"), release.Exported)
        assert verify_release(tmp_path / "out", world.cell.signer.vkey).status is expected

"""Files of items in every format, their import into a cell, and what the cell then holds."""

import csv
import io

import pyarrow as pa
import pyarrow.parquet as pq
from living_cell import PROGRAMME, World

from tallystick.app import items
from tallystick.app.items import ImportReport, Wanted
from tallystick.flow.document import Problem
from tallystick.flow.refusal import Refused
from tallystick.store import projection


def as_csv(found: list[dict[str, object]]) -> bytes:
    """Rows as CSV: maps and lists in columns with dots."""
    flat = [dict(leaves(row)) for row in found]
    columns = list(dict.fromkeys(column for row in flat for column in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(flat)
    return text.getvalue().encode()


def leaves(value: object, path: str = "") -> list[tuple[str, object]]:
    """(path with dots, value) of everything that is neither map nor list."""
    if isinstance(value, dict):
        return [leaf for key, part in value.items() for leaf in leaves(part, f"{path}{key}.")]
    if isinstance(value, list):
        return [leaf for number, part in enumerate(value) for leaf in leaves(part, f"{path}{number}.")]
    return [(path.rstrip("."), value)]


def as_parquet(found: list[dict[str, object]]) -> bytes:
    data = io.BytesIO()
    columns = dict.fromkeys(key for row in found for key in row)
    pq.write_table(pa.Table.from_pylist([dict.fromkeys(columns) | row for row in found]), data)
    return data.getvalue()


def bring(world: World, data: bytes, name: str = "rows.jsonl", **wishes: object) -> ImportReport:
    """Import a file of items, good and bad."""
    report = try_to_bring(world, data, name, **wishes)
    assert isinstance(report, ImportReport), report
    return report


def try_to_bring(
    world: World, data: bytes, name: str = "rows.jsonl", **wishes: object
) -> ImportReport | list[Problem] | Refused:
    values = {"programme": PROGRAMME, "name": name, "batch": "pilot"} | wishes
    return items.import_items(world.cell, world.lead, data, Wanted(**values))  # type: ignore[arg-type]  # by name


def here(world: World) -> dict[str, tuple[str, str, str]]:
    """The items of the cell by the client's id: digest of what is shown, of what is hidden, and taxonomy."""
    page = items.items_page(world.cell, world.lead, PROGRAMME, limit=5000)
    assert isinstance(page, items.ItemsPage)
    with world.cell.read() as connection:
        found = {}
        for row in page.rows:
            opened = [world.cell.vault.open(connection, name).payload.decode() for name in (row.content, row.hidden)]
            found[row.external] = (opened[0], opened[1], row.taxonomy)
        return found


def dump(world: World) -> dict[str, list[tuple[object, ...]]]:
    with world.cell.read() as connection:
        return projection.dump(connection)

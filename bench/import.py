"""How fast items come in: 100,000 rows of JSONL, each a prompt of 60 words and two answers of 150, durable commits.

Run: .venv/bin/python bench/import.py [--items N] [--database sqlite|postgresql] [--json]. Beside it the floor: the same
number of bytes as bare rows in the same database, with as many to a commit.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from stand import databases, floor, ground

from tallystick.app.items.importing import CHUNK

TARGET = 5_000
FLOOR_SECONDS = 3.0


def measure(kind: str, data: bytes, items: int) -> dict[str, object]:
    """One import into an empty programme."""
    with databases.stand(kind) as (folder, new_database):
        bare_url = new_database(folder / "floor")
        size = len(data) // items
        bare = floor.rows_per_second(bare_url, size=size, rows_each=CHUNK, seconds=FLOOR_SECONDS)
        cell_folder = folder / "cell"
        cell, lead, programme = ground.programme_in(cell_folder, database=new_database(cell_folder))
        start, cpu = time.perf_counter(), time.process_time()
        ground.bring(cell, lead, programme, data=data)
        taken, used = time.perf_counter() - start, time.process_time() - cpu
        cell.close()
    return {
        "database": kind,
        "items": items,
        "bytes_each": size,
        "items_per_second": round(items / taken),
        "cpu_ms_each": round(1000 * used / items, 3),
        "floor_per_second": round(bare),
        "of_floor": round(items / taken / bare, 2),
        "load": databases.machine()["load"],
        "met": items / taken >= TARGET,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=databases.KINDS, help="both when left out")
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryFile() as file:
        file.writelines(ground.item_lines(chosen.items))
        file.seek(0)
        data = file.read()
    kinds = (chosen.database,) if chosen.database else databases.KINDS
    machine = databases.machine()
    rows = [measure(kind, data, chosen.items) for kind in kinds]
    if chosen.json:
        print(json.dumps({"bench": "import", **machine, "rows": rows}))
        return
    print(machine)
    for row in rows:
        print(
            f"{row['database']:<11}{row['items']:>9,} items of {row['bytes_each']:,} bytes   "
            f"{row['items_per_second']:>6,} per second   cpu {row['cpu_ms_each']} ms each   "
            f"floor {row['floor_per_second']:,}   ratio {row['of_floor']}   load {row['load']}   "
            f"target {TARGET:,}: {'met' if row['met'] else 'MISSED'}"
        )


if __name__ == "__main__":
    main()

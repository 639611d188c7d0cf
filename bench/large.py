"""Pages about a programme that simulated experts worked off: processor time and statements of each.

Run: .venv/bin/python bench/large.py [--items 20000 --experts 200] [--dir CELL] [--times 5]. Without a cell it lets
`tallystick simulate` make one (some minutes). The first view measures what changed; the others find it remembered.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from served import InProcess  # the lines above find it

from tallystick import api, edge, web
from tallystick.app import roster
from tallystick.app.cell import Cell, open_cell
from tallystick.app.kernel import wall_clock
from tallystick.ledger import journal

ROOT = Path(__file__).parents[1]
PARTS = (
    "", "/releases", "/checklist", "/phase", "/report", "/monitoring", "/agreement", "/agreement/slices", "/load",
    "/exposure", "/items", "/contract",
)  # fmt: skip
NOT_COUNTED = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA")


def made(directory: Path, items: int, experts: int) -> Path:
    """Let simulated experts work off a programme in a new folder."""
    command = [
        sys.executable, "-m", "tallystick", "simulate", "--items", str(items), "--experts", str(experts),
        "--dir", str(directory),
    ]  # fmt: skip
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    return directory


def opened(directory: Path) -> Cell:
    """The cell, with a clock that goes on from its last event: a simulation lives ahead of the machine's time."""
    cell = open_cell(directory)
    with cell.read() as connection:
        ahead = max(0, journal.head(connection).last_at - wall_clock())
    cell.close()
    return open_cell(directory, clock=lambda: wall_clock() + ahead + 1_000_000)


def session_of_lead(cell: Cell) -> str:
    """The cookie of whoever leads the programme."""
    with cell.read() as connection:
        rows = connection.execute(sa.text("SELECT person, roles FROM person ORDER BY since")).all()
    lead = next(row.person for row in rows if "lead" in json.loads(row.roles))
    signed = roster.open_session(cell, lead, kind="page", method="password")
    assert isinstance(signed, roster.SignedIn), signed
    return f"tallystick={signed.token}"


def measured(cell: Cell, http: httpx.Client, path: str, times: int) -> str:
    """One page: its first view, the middle of the others, and how many statements one takes."""
    statements: list[str] = []
    cpu = []
    for turn in range(times + 1):
        begin = time.process_time()
        answer = http.get(path)
        cpu.append(1000 * (time.process_time() - begin))
        assert answer.status_code == 200, (path, answer.status_code)
        if turn == 0:
            sa.event.listen(cell.engine, "checkout", lambda raw, *_: raw.set_trace_callback(statements.append))
        statements[:] = statements if turn == times else []
    counted = [one for one in statements if not one.startswith(NOT_COUNTED)]
    return f"{cpu[0]:9.0f} {sorted(cpu[1:])[(times - 1) // 2]:9.1f} {len(counted):11}  {path}"


def main() -> None:
    """Measure."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--dir", type=Path, help="a cell that `tallystick simulate --dir` kept")
    options.add_argument("--items", type=int, default=20_000)
    options.add_argument("--experts", type=int, default=200)
    options.add_argument("--times", type=int, default=5)
    asked = options.parse_args()
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, SQLite; load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        cell = opened(asked.dir or made(Path(folder) / "cell", asked.items, asked.experts))
        with cell.read() as connection:
            programme = connection.scalar(sa.text("SELECT programme FROM programme"))
        site = edge.build(cell, mounts=[api.mount, web.mount], secure_cookies=False)
        with httpx.Client(transport=InProcess(site), base_url="http://testserver", timeout=600) as http:
            http.headers["Cookie"] = session_of_lead(cell)
            print(f"{'first ms':>9} {'CPU ms':>9} {'statements':>11}")
            for path in ("/programmes", *(f"/programmes/{programme}{part}" for part in PARTS), "/people"):
                print(measured(cell, http, path, asked.times), flush=True)
        site.close()
        cell.close()


if __name__ == "__main__":
    main()

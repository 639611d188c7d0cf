"""The import contracts of pyproject.toml hold, and each of them would notice a breach."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LINTER = Path(sys.executable).parent / "lint-imports"

# One forbidden import for each contract, in the order of pyproject.toml.
BREACHES = {
    "Arrows point down": ("canon.py", "import tallystick.stats"),
    "The stages run one way": ("flow/refusal.py", "import tallystick.flow.gate"),
    "canon, events, stats, plots, signals and flow are pure": ("flow/gate.py", "import os"),
    "An outsider can audit": ("audit/__init__.py", "import tallystick.store.schema"),
    "The client knows the API": ("client/__init__.py", "import tallystick.flow.gate"),
    "Only app appends": ("audit/__init__.py", "import tallystick.ledger.journal"),
    "Only ledger and store speak SQL": ("app/__init__.py", "import sqlalchemy"),
    "Only cli reads settings": ("app/__init__.py", "import tallystick.settings"),
    "Pages and API talk to app only": ("web/__init__.py", "import tallystick.store.schema"),
}


def verdicts(source: Path, folder: Path) -> dict[str, str]:
    """Each contract and its verdict, KEPT or BROKEN, for the package in a folder."""
    outcome = subprocess.run(  # noqa: S603 - our own linter on our own files
        [LINTER, "--no-cache", "--config", ROOT / "pyproject.toml"],
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(source), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
    )
    found = re.findall(r"^(\S.*) (KEPT|BROKEN)$", outcome.stdout, re.MULTILINE)
    assert found, outcome.stdout + outcome.stderr
    return dict(found)


def test_every_import_contract_is_kept(tmp_path: Path) -> None:
    assert set(verdicts(ROOT / "src", tmp_path).values()) == {"KEPT"}


def test_every_import_contract_notices_a_breach(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "src", tmp_path / "src")
    for place, line in BREACHES.values():
        path = tmp_path / "src" / "tallystick" / place
        path.write_text(f"{path.read_text()}\n{line}\n")
    found = verdicts(tmp_path / "src", tmp_path)
    assert set(found.values()) == {"BROKEN"}
    assert len(found) == len(BREACHES)
    assert all(any(name.startswith(words) for name in found) for words in BREACHES)

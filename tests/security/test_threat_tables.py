"""The tables of threats name tests: each is there, and no row of the log's table is without one."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted((ROOT / "docs" / "security").glob("*.md"))
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
HEAD = "| could try | what stops it | what finds it, and how soon | test |"


def missing(text: str) -> list[str]:
    """The tests that a page names and that are not there."""
    found = []
    for path, name in NAMED.findall(text):
        file = ROOT / path
        names = {node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)} if (
            file.is_file()
        ) else set()  # fmt: skip
        if name not in names:
            found.append(f"{path}::{name}")
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_every_test_that_a_table_of_threats_names_is_there(page: Path) -> None:
    assert missing(page.read_text()) == []


def test_every_threat_to_the_log_has_its_test() -> None:
    text = (ROOT / "docs" / "security" / "ledger.md").read_text()
    tables = [part.split("\n\n")[0] for part in text.split(f"{HEAD}\n")[1:]]
    assert len(tables) == 9
    rows = [row for table in tables for row in table.splitlines()[1:]]
    assert len(rows) > 40
    assert [row for row in rows if not NAMED.search(row) or row.count(" | ") != 3] == []


def test_a_test_that_is_not_there_is_named() -> None:
    assert missing("`tests/security/test_threat_tables.py::test_nothing`, `tests/none.py::test_x`") == [
        "tests/security/test_threat_tables.py::test_nothing",
        "tests/none.py::test_x",
    ]

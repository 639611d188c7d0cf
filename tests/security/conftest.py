"""A served cell on SQLite: these promises do not depend on the database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from served import Served, served_at


@pytest.fixture
def served(sqlite_url: str, tmp_path: Path) -> Iterator[Served]:
    """A served cell with a programme, rubrics and gold items."""
    with served_at(sqlite_url, tmp_path / "cell") as served:
        yield served

"""Cells with pages: one for each test that changes something, one shared by those that only look."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from served import Served
from web.visitor import pages_at


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A served cell with a programme, rubrics and gold items."""
    with pages_at(tmp_path) as served:
        yield served


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A served cell that the tests of one module share."""
    with pages_at(tmp_path_factory.mktemp("pages")) as served:
        yield served

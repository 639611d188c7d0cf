"""A served cell: one on both databases for what writes, one shared on SQLite for what only looks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from served import Cast, Served, served_at


@pytest.fixture
def served(database_url: str, tmp_path: Path) -> Iterator[Served]:
    """A served cell with a programme, rubrics and gold items, on each database."""
    with served_at(database_url, tmp_path / "cell") as served:
        yield served


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A served cell that the tests of one module share."""
    directory = tmp_path_factory.mktemp("served")
    with served_at(f"sqlite+pysqlite:///{directory / 'cell.db'}", directory / "cell") as served:
        yield served


@pytest.fixture(scope="module")
def cast(looked_at: Served) -> Cast:
    """Somebody in each role."""
    world = looked_at.world
    people = {role: world.person(f"A {role}", role) for role in ("expert", "researcher", "auditor", "engineer")}
    return people | {
        "lead": world.lead,
        "adjudicator": world.person("A judge", "expert", expert_roles=("adjudicator",)),
    }

"""Somebody edits the database of a cell, triggers dropped first: the operator's check has to say what and where."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from living_cell import World, world_at

from tallystick.app import oversight

TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
EDITS = {
    "counter": "UPDATE journal_actor SET n = n - 1 WHERE actor LIKE 'per-%'",
    "clock": "UPDATE journal_head SET last_at = last_at + 1000000",
    "content-gone": "DELETE FROM vault_object WHERE rowid = (SELECT min(rowid) FROM vault_object)",
    "content-swapped": "UPDATE vault_object SET sealed = (SELECT sealed FROM vault_object ORDER BY rowid DESC LIMIT 1) "
    "WHERE rowid = (SELECT min(rowid) FROM vault_object)",
    "garbage": "UPDATE journal SET entry = CAST('{}' AS BLOB) WHERE seq = (SELECT max(seq) FROM journal)",
    "role": """UPDATE person SET roles = '["lead","expert"]'""",
}
NAMED = {
    "counter": "journal counter of per-", "clock": "journal head: expected the time", "content-gone": "holds no object",
    "content-swapped": "of another object: swapped", "garbage": "expected an entry", "role": "table person",
}  # fmt: skip


def edited(world: World, statement: str) -> None:
    with world.cell.engine.begin() as connection:
        for (name,) in connection.execute(sa.text(TRIGGERS)).all():
            connection.execute(sa.text(f"DROP TRIGGER {name}"))
        connection.execute(sa.text(statement))


@pytest.mark.parametrize("edit", EDITS)
def test_edit_behind_the_kernel_is_named(edit: str, sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.cell.seal()
        world.person("Somebody", "expert")
        assert oversight.check(world.cell).differences == ()
        edited(world, EDITS[edit])
        found = oversight.check(world.cell).differences
        assert any(NAMED[edit] in difference for difference in found), found

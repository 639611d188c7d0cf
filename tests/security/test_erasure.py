"""Erasure against the strongest reader: every copy from before, every key from after, every combination.

A full copy of the cell's folder and its database is taken before the erasure; the key token only after it. A searcher
then tries each wrapped key under each key-encryption key, each object under each key it got, and looks for marker
texts in everything that opens, and in the bytes of every file as they are. Backups: test_erased_image.py.
"""

from pathlib import Path

import pytest
from living_cell import world_at
from security.marked_cell import ALIVE, ITEM, NAMED, check_proofs, make, readable, targets
from security.searcher import Dump, dump_of

from tallystick.app import custody as rotations
from tallystick.app import erasure
from tallystick.app.access import Actor
from tallystick.app.kernel import new_key
from tallystick.custody import KeysUnavailable
from tallystick.custody.software import SoftwareKeys


def test_no_copy_opens_what_was_erased_and_every_proof_holds(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        scene = make(world, database_url, tmp_path)
        wanted = list(targets(scene))
        assert len(wanted) == 4
        early = scene.searcher()
        assert [marker for _, _, marker in wanted if not early.finds(marker)] == []
        for what, target, _ in wanted:
            scene.erase(what, target)
        assert set(erasure.finish_interrupted(world.cell)) == set(scene.erased)
        found = scene.searcher()
        assert found.finds(ALIVE), "what lives opens"
        assert [marker for _, _, marker in wanted if found.finds(marker)] == []
        assert readable(scene) == []
        check_proofs(scene)


def test_a_copy_from_between_two_rotations_opens_nothing(sqlite_url: str, tmp_path: Path) -> None:
    """The key that wrapped an erased object stays as long as its scope has no new one: a rotation brings it along."""
    with world_at(sqlite_url, tmp_path / "cell") as world:
        scene = make(world, sqlite_url, tmp_path)
        scene.erase("object", f"item:{scene.items['w-item']}")
        engineer = Actor("per-engineer", frozenset({"engineer"}))
        assert isinstance(rotations.rotate_epoch(world.cell, engineer, new_key()), rotations.EpochRotated)
        between = dump_of(sqlite_url)
        assert scene.searcher(between).finds(ITEM), "it has the key, under the new epoch"
        assert erasure.finish_interrupted(world.cell) == scene.erased
        found = scene.searcher(between)
        assert found.finds(ALIVE)
        assert not found.finds(ITEM)
        check_proofs(scene)


def test_an_order_that_comes_while_a_scope_is_renewed_is_not_forgotten(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        scene = make(world, sqlite_url, tmp_path)
        scene.erase("object", f"item:{scene.items['w-item']}")
        between: list[Dump] = []

        def order_another(name: str) -> None:
            if name.startswith("after new key of") and not between:
                between.append(dump_of(sqlite_url))
                scene.erase("object", f"item:{scene.items['w-alive']}")

        erasure.finish_interrupted(world.cell, step=order_another)
        assert between
        assert scene.searcher(*between).finds(f"{ALIVE} prompt")
        erasure.finish_interrupted(world.cell)
        found = scene.searcher(*between)
        assert found.finds(NAMED)
        assert not found.finds(ITEM)
        assert not found.finds(f"{ALIVE} prompt")


def test_the_searcher_finds_it_when_the_old_keys_live_on(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check can fail: with keys that are never destroyed, the copies from before still open."""
    with world_at(sqlite_url, tmp_path / "cell") as world:
        scene = make(world, sqlite_url, tmp_path)
        wanted = list(targets(scene))

        def keep(_self: SoftwareKeys, _epoch: int) -> None:
            """Says that it destroyed."""

        monkeypatch.setattr(SoftwareKeys, "destroy_epoch", keep)
        for what, target, _ in wanted:
            scene.erase(what, target)
        with pytest.raises(KeysUnavailable, match="found it still there"):  # nothing is certified meanwhile
            erasure.finish_interrupted(world.cell)
        found = scene.searcher()
        assert all(found.finds(marker) for _, _, marker in wanted)

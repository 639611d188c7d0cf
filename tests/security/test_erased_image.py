"""Erasure against a full disk image: backups and key bundles of before, the token of after, every key on everything.

The backups are those of `tallystick cell backup`, taken before the erasure, in the middle of it and after a rotation.
Whoever has them tries each in each way: by searching the rows, and by restoring with every bundle there is.
"""

import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa
from console import told
from custody.processes import Place
from living_cell import world_at
from security import token_attack
from security.marked_cell import ALIVE, ERASED, Scene, check_proofs, make, readable, targets
from security.searcher import CELL, Bound, Dump, Holder, Searcher, dump_of, dump_of_backup, key_files, remnants, spelled
from softhsm import PIN, module, tokens_at

from tallystick.app import cell as cells
from tallystick.app import custody as rotations
from tallystick.app import erasure, items
from tallystick.app.access import Actor
from tallystick.app.cell import KeysOf
from tallystick.app.kernel import new_key
from tallystick.custody.keyd import KeydClient
from tallystick.custody.software import SoftwareKeys
from tallystick.store.vault import VaultError

GENERATIONS = (1, 2)
ENGINEER = Actor("per-engineer", frozenset({"engineer"}))


@dataclass
class Image:
    """Everything that lies around: what was copied before an erasure, during it and after it."""

    scene: Scene
    folder: Path
    backups: list[Path] = field(default_factory=list)
    bundles: list[Path] = field(default_factory=list)

    @property
    def cell(self) -> Path:
        return self.scene.world.cell.directory

    def back_up(self, name: str) -> None:
        """A backup and a bundle of wrapped keys, by the commands that people use."""
        for command, kept in (("backup", self.backups), ("key-backup", self.bundles)):
            kept.append(self.folder / f"{command}-{name}")
            code, answer = told("cell", command, "--dir", str(self.cell), "--to", str(kept[-1]))
            assert code == 0, answer

    def rotate(self) -> None:
        assert isinstance(rotations.rotate_epoch(self.scene.world.cell, ENGINEER, new_key()), rotations.EpochRotated)

    def dumps(self) -> list[Dump]:
        """The rows of every copy."""
        return [dump_of_backup(path) for path in (*self.backups, *self.bundles)]

    def folders(self) -> list[Path]:
        """Where sealed files lie, in any copy."""
        return [
            *(path / "files" for path in self.backups),
            *(p / "releases/sealed" for p in (self.cell, self.scene.copy)),
        ]

    def places(self) -> list[Path]:
        """Every folder of the image, without the folder of key files: that is the token."""
        parts = [path for path in self.cell.iterdir() if path.name != "keys" and path.is_dir()]
        return [self.scene.copy, *self.backups, *self.bundles, *parts]

    def erased(self) -> set[str]:
        """Ids of the objects that the log says are erased."""
        return {str(row["target"]) for row in dump_of(self.scene.url)["erased"]}


def image_of(scene: Scene, folder: Path, configuration: str) -> Image:
    """Backups and bundles of two epochs before the erasure."""
    image = Image(scene, folder)
    (image.cell / "cell.toml").write_text(configuration)
    image.back_up("first")
    image.rotate()
    image.back_up("second")
    return image


def erase_all(image: Image) -> None:
    """Order every kind of erasure, take one more backup in the middle, and finish."""
    scene = image.scene
    for what, target, _ in list(targets(scene)):
        scene.erase(what, target)
    image.back_up("between")
    assert set(erasure.finish_interrupted(scene.world.cell)) == set(scene.erased)
    scene.world.cell.seal()
    image.back_up("newest")


def search(image: Image, holder: Holder, *, live: bool = True, values: bool = True) -> Searcher:
    """Every key on everything, and what it came to."""
    found = Searcher(holder, values=spelled(image.places()) if values else set())
    dumps = [*image.dumps(), *([image.scene.before, dump_of(image.scene.url)] if live else [])]
    return found.search(dumps, image.folders())


def found_markers(searcher: Searcher) -> list[str]:
    return [marker for marker in ERASED if searcher.finds(marker)]


def restores(image: Image, options: Sequence[str], keys: KeysOf, folder: Path, *, bundles: Sequence[Path]) -> set[str]:
    """Restore each backup with each bundle and with none, and look into what comes of it; the ways that open."""
    stands = set()
    # Without a log the cell does not hear of the erasure: the better way for whoever wants the content back.
    ways = [*itertools.product(image.backups, [None, *bundles], [False])]
    ways += itertools.product(image.backups, bundles[-1:], [True])
    for number, (backup, bundle, has_log) in enumerate(ways):
        cell = folder / f"again-{number}"
        log = ("--log", str(image.cell / "log")) if has_log else ("--log-is-lost",)
        more = ("--keys", str(bundle)) if bundle else ()
        code, answer = told("cell", "restore", "--dir", str(cell), "--from", str(backup), *log, *more, *options)
        assert code < 2 or "error" in answer
        assert look_into(image, cell, keys, is_open=code < 2) == []
        if code < 2:
            stands.add(f"{backup.name} with {bundle.name if bundle else 'nothing'}")
        shutil.rmtree(cell, ignore_errors=True)
    return stands


def openings(image: Image) -> set[str]:
    """The ways in which a backup opens: with the newest bundle; the newest backup by itself."""
    return {"backup-newest with nothing", *(f"{path.name} with key-backup-newest" for path in image.backups)}


def look_into(image: Image, directory: Path, keys: KeysOf, *, is_open: bool) -> list[str]:
    """Read every item in a restored cell, and every row in one that does not open; the erased markers found."""
    seen = "".join(
        path.read_bytes().decode("latin-1") for path in directory.rglob("*") if path.is_file()
    )  # fmt: skip
    if is_open:
        lead = image.scene.world.lead
        with cells.opened(directory, keys=keys) as cell:
            for item in image.scene.items.values():
                try:
                    seen += repr(items.item_record(cell, lead, item, reason="review", key=new_key()))
                except VaultError:
                    continue
        assert f"{ALIVE} prompt" in seen, "what lives opens"
    return [marker for marker in ERASED if marker in seen]


def commands_agree(image: Image) -> None:
    """The living cell checks, rebuilds and verifies, with a gap that it names."""
    gone = len([name for name in image.erased() if ":" not in name])
    assert gone > 0
    where = ("--dir", str(image.cell))
    code, answer = told("cell", "check", *where)
    assert (code, answer["differences"]) == (0, [])
    assert told("cell", "rebuild", *where)[0] == 0
    code, answer = told("cell", "check", *where)
    assert (code, answer["differences"]) == (0, [])
    code, answer = told("log", "verify", str(image.cell / "log"), "--vkey", str(image.cell / "log.vkey"))
    assert (code, answer["status"]) == (0, "ok")


def nothing_of_it(image: Image, after: Searcher) -> None:
    """What was erased did not open, and what lives did."""
    assert after.finds(f"{ALIVE} prompt"), "the searcher opens what lives"
    assert found_markers(after) == []
    assert after.objects.isdisjoint(image.erased())
    assert readable(image.scene) == []
    for path in (path for folder in image.places() for path in folder.rglob("*") if path.is_file()):
        assert not any(marker.encode() in path.read_bytes() for marker in ERASED), path


def raw(image: Image, request: pytest.FixtureRequest) -> list[Path]:
    """The files of the living database, with free pages, dead tuples and the write-ahead log."""
    if image.scene.world.cell.engine.dialect.name == "sqlite":
        name = sa.make_url(image.scene.url).database
        assert name is not None
        return sorted(Path(name).parent.glob(f"{Path(name).name}*"))
    request.getfixturevalue("postgres_clerk").execute("CHECKPOINT")
    data = Path(request.getfixturevalue("postgres_folder")) / "data"
    return [path for part in ("base", "pg_wal") for path in (data / part).rglob("*") if path.is_file()]


def left_over(image: Image, holder: Holder, files: Sequence[Path]) -> set[str]:
    """The scopes of which a key opens that lies in the bytes of a database, deleted or not.

    Every place behind the name of a scope is tried as its wrapped key, of every generation and epoch.
    """
    scopes = {str(row["scope"]) for dump in image.dumps() for row in dump["vault_key"]}
    found = remnants(files, {scope for scope in scopes if ":" in scope})
    epochs = range(1, max(image.scene.world.cell.keys.epochs()) + 1)
    tried = [(name, (f"{name}#{g}@{e}", data)) for name, data in found for g in GENERATIONS for e in epochs]
    opened = holder([bound for _, bound in tried])
    return {name for (name, _), keys in zip(tried, opened, strict=True) if keys}


def test_no_backup_opens_what_was_erased(
    database_url: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        scene = make(world, database_url, tmp_path)
        image = image_of(scene, tmp_path, f"database = {json.dumps(database_url)}\n")
        token = image.cell / "keys"
        early = Searcher(key_files(token, CELL), is_thorough=False).search(image.dumps())
        assert found_markers(early) == list(ERASED), "with the token of then, the backups open"
        erase_all(image)
        after = search(image, key_files(token, CELL))
        tell(world.cell.engine.dialect.name, after, record_testsuite_property)
        nothing_of_it(image, after)
        files = raw(image, request)
        assert not any(marker.encode() in path.read_bytes() for path in files for marker in (*ERASED, ALIVE))
        left = left_over(image, key_files(token, CELL), files)
        assert left, "it finds the keys that live"
        assert left.isdisjoint(image.erased())
        options = ("--development-keys", str(token))
        opened = restores(
            image, options, lambda cell: SoftwareKeys(token, cell), tmp_path / "restored", bundles=image.bundles[-1:]
        )
        assert opened == openings(image)
        check_proofs(scene)
        commands_agree(image)


def tell(name: str, searcher: Searcher, record: Callable[[str, object], None]) -> None:
    """The figures of a search, for `--junitxml`."""
    keys = len(searcher.keys) + len(searcher.inner) + len(searcher.values)
    figures = (searcher.wrapped, searcher.ciphertexts, keys, searcher.tries)
    record(f"{name}: wrapped keys, ciphertexts, keys tried, attempts", " ".join(map(str, figures)))


def token_image(folder: Path, cell: str) -> Holder:
    """A holder made of a copy of a token's folder: each secret key in it is tried on everything, whatever its label."""
    configuration = folder.with_suffix(".conf")
    configuration.write_text(f"directories.tokendir = {folder}\nobjectstore.backend = file\nlog.level = ERROR\n")

    def tried(wrapped: Sequence[Bound]) -> list[list[bytes]]:
        asked = {"module": str(module()), "pin": PIN, "cell": cell}
        line = json.dumps(asked | {"wrapped": [(binding, data.hex()) for binding, data in wrapped]})
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, token_attack.__file__], input=line + "\n", capture_output=True, text=True, check=True,
            env={**os.environ, "SOFTHSM2_CONF": str(configuration)},
        )  # fmt: skip
        answer = json.loads(done.stdout)
        assert answer["labels"], "the image has keys to try"
        return [[bytes.fromhex(key) for key in keys] for keys in answer["keys"]]

    return tried


def test_no_backup_opens_it_with_a_token_of_after(
    tmp_path: Path, record_testsuite_property: Callable[[str, object], None]
) -> None:
    """A SoftHSM token behind the key process; its folder is copied before and after."""
    (tmp_path / "run").mkdir(mode=0o700)
    place = Place(tmp_path, tokens_at(tmp_path / "softhsm"), CELL)
    place.tokens.make("cell")
    url = cells.embedded_database(place.cell)
    held = place.tokens.folder / "tokens"
    with contextlib.ExitStack() as stack:
        stack.enter_context(place.keyd())
        client = stack.enter_context(contextlib.closing(KeydClient(place.socket, CELL)))
        world = stack.enter_context(world_at(url, place.cell, keys=lambda _: client))
        scene = make(world, url, tmp_path)
        image = image_of(scene, tmp_path, f'custody = "keyd"\nkeyd_socket = {json.dumps(str(place.socket))}\n')
        shutil.copytree(held, tmp_path / "token-before")
        erase_all(image)
        shutil.copytree(held, tmp_path / "token-after")
        after = search(image, token_image(tmp_path / "token-after", CELL))
        tell("token", after, record_testsuite_property)
        nothing_of_it(image, after)
        before = Searcher(token_image(tmp_path / "token-before", CELL), is_thorough=False).search(image.dumps())
        assert found_markers(before) == list(ERASED), "with a token of before it does: the search can fail"
        opened = restores(
            image, (), lambda cell: KeydClient(place.socket, cell), tmp_path / "restored", bundles=image.bundles
        )
        assert opened == openings(image)
        check_proofs(scene)
        commands_agree(image)

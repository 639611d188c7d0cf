"""Erasure against the strongest reader: every copy from before, every key from after, every combination.

A full copy of the cell's folder, its database and its backups is taken before the erasure; the key token only after
it. A searcher then tries each wrapped key under each key-encryption key, each object under each key it got, with every
generation, and looks for marker texts in everything that opens, and in the bytes of every file as they are.
"""

import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa
from living_cell import PROGRAMME, World, answer_of, item_row, shown_as, world_at

from tallystick.app import custody as rotations
from tallystick.app import erasure, items, judgment, release, roster
from tallystick.app.access import Actor
from tallystick.app.erasure import Ordered
from tallystick.app.kernel import new_key
from tallystick.app.release import Made
from tallystick.audit.erasure import verify_certificate
from tallystick.audit.log import Status, verify_log
from tallystick.audit.release import verify_release
from tallystick.custody import CustodyError, Keys, KeysUnavailable
from tallystick.custody.software import SoftwareKeys
from tallystick.flow.erasure import Wish
from tallystick.flow.release import Wish as Cut
from tallystick.store.schema import KEPT, READ
from tallystick.store.vault import VaultError, sealing
from tallystick.store.vault.sealing import Place

SUBJECT, ITEM, SOURCE, NAMED, ALIVE = (
    "MARKER-subject-7d1", "MARKER-item-2a9", "MARKER-source-5c4", "MARKER-named-8e3", "MARKER-alive-1b6",
)  # fmt: skip
TABLES = {table.name: table for meta in (READ, KEPT) for table in meta.sorted_tables}
Row = dict[str, object]
Dump = dict[str, list[Row]]


@dataclass
class Searcher:
    """Somebody with copies from before and the token from after. Tries everything, and keeps what opens."""

    token: Keys
    opened: list[bytes] = field(default_factory=list)
    keys: dict[str, set[bytes]] = field(default_factory=dict)  # scope#generation: keys

    def recover(self, dumps: list[Dump]) -> None:
        """Every scope key that any copy's wrapping gives under any epoch of the token."""
        for row in (row for dump in dumps for row in dump["vault_key"]):
            name = f"{row['scope']}#{row['generation']}"
            for epoch in self.token.epochs():
                try:
                    key = self.token.unwrap(epoch, [(f"{name}@{row['epoch']}", blob(row["wrapped"]))])[0]
                except CustodyError:
                    continue
                self.keys.setdefault(name, set()).add(key)

    def search(self, dumps: list[Dump]) -> None:
        """Every object and private row of every copy under every key that it could need, of every generation."""
        for row in (row for dump in dumps for row in dump["vault_object"]):
            self._object(row)
        for dump in dumps:
            for name in ("draft", "credential"):
                for row in dump[name]:
                    self._private(blob(row["sealed"]), name, row)

    def _object(self, row: Row) -> None:
        scopes = [name.rpartition("#")[0] for name in str(row["scopes"]).split(" ")]
        for names in itertools.product(*([n for n in self.keys if n.rpartition("#")[0] == s] for s in scopes)):
            for keys in itertools.product(*(self.keys[name] for name in names)):
                for told in {str(row["scopes"]), " ".join(names)}:
                    place = Place(str(row["object"]), told, str(row["commitment"]), int(str(row["bytes"])))
                    try:
                        found = sealing.open_sealed(place, keys, blob(row["wrapped"]), blob(row["sealed"]))
                    except VaultError:
                        continue
                    self.opened.append(found.payload)

    def _private(self, sealed: bytes, table: str, row: Row) -> None:
        place = f"credential|{row['login']}" if table == "credential" else f"draft|{row['work']}"
        names = sealing.private_scopes(sealed, place).split(" ")
        for keys in itertools.product(*(self.keys.get(name, set()) for name in names)):
            try:
                self.opened.append(sealing.open_private(keys, sealed, place=place))
            except VaultError:
                continue

    def finds(self, marker: str) -> bool:
        """Whether a marker stands in anything that opened."""
        return any(marker.encode() in payload for payload in self.opened)


def blob(value: object) -> bytes:
    """Bytes of a column, whichever driver gave them."""
    assert isinstance(value, bytes | memoryview)
    return bytes(value)


def dump_of(url: str) -> Dump:
    """A whole database, as somebody who copies it has it."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = {
            name: [dict(row) for row in connection.execute(sa.select(table)).mappings().all()]
            for name, table in TABLES.items()
        }
    engine.dispose()
    return found


def marked(name: str, marker: str) -> dict[str, object]:
    """A work item whose prompt and candidates carry a marker."""
    row = item_row(name, prompt=f"{marker} prompt")
    row["candidates"] = [
        {"text": f"{marker} first. one.", "model": f"{marker}-model"}, {"text": f"{marker} second. two."},
    ]  # fmt: skip
    return row


@dataclass
class Scene:
    """A cell with markers in it, its copies from before, and what was erased."""

    world: World
    url: str
    items: dict[str, str]  # the client's id: item
    subject: str
    made: Made
    copy: Path
    before: Dump
    holder: Path
    erased: list[str] = field(default_factory=list)

    def erase(self, what: str, target: str) -> None:
        wish = Wish(what=what, target=target, reason="client-request", confirmed=target)
        done = erasure.order(self.world.cell, self.world.lead, wish, words="They ask for it.", key=new_key())
        assert isinstance(done, Ordered), done
        self.erased.append(done.erasure)

    def searcher(self, *between: Dump) -> Searcher:
        """After the erasure: every copy, the live database too, and the token as it is now."""
        dumps = [self.before, *between, dump_of(self.url)]
        found = Searcher(SoftwareKeys(self.world.cell.directory / "keys", self.world.cell.opened.cell))
        found.recover(dumps)
        found.search(dumps)
        return found


def words(marker: str) -> str:
    return f"{marker} is what I think of it."


def make(world: World, url: str, folder: Path) -> Scene:
    """Four items, judged; one expert and one named person to be erased; a release; copies of everything."""
    names = {"w-item": ITEM, "w-alive": ALIVE}
    world.bring([marked(name, marker) for name, marker in names.items()])
    world.bring([marked("w-source", SOURCE)], batch="pilot")
    named = marked("w-named", NAMED)
    world.bring([named | {"subjects": ["Jo Named"]}])
    subject, other = world.person(f"{SUBJECT} Smith", "expert"), world.expert()
    roster.execute_contract(
        world.cell, world.lead, subject.person, template=b"t", executed_at=1, ip_assigned_at=1, key=new_key()
    )
    world.qualify(subject)
    found: dict[str, str] = {}
    for expert, said in ((subject, SUBJECT), (other, ALIVE)):
        for _ in range(4):
            task = world.task(expert)
            external = external_of(world, task.item)
            found[external] = task.item
            about = names.get(external, SOURCE if external == "w-source" else NAMED)
            quoted = f"{words(said)} {about}" if expert is other and about != ALIVE else words(said)
            answer = answer_of(shown_as(task, "a_clearly"), words=quoted)
            done = judgment.submit(world.cell, expert, task.assignment, answer, key=new_key())
            assert isinstance(done, judgment.Saved), done
    world.bring([marked("w-draft", "MARKER-draft")])
    task = world.task(subject)
    assert isinstance(judgment.save_draft(world.cell, subject, task.assignment, {"words": words(SUBJECT)}), int)
    wish = Cut(programme=PROGRAMME, name="plain", version="1.0.0", use="train", batches=None)
    made = release.cut(world.cell, world.lead, wish, key=new_key())
    assert isinstance(made, Made), made
    holder = folder / "holder"
    exported = release.export(world.cell, world.lead, made.release, holder)
    assert isinstance(exported, release.Exported), exported
    copy = folder / "copy"
    shutil.copytree(world.cell.directory, copy, ignore=shutil.ignore_patterns("keys"))
    return Scene(world, url, found, subject.person, made, copy, dump_of(url), holder)


def external_of(world: World, item: str) -> str:
    page = items.items_page(world.cell, world.lead, PROGRAMME, limit=100)
    assert isinstance(page, items.ItemsPage)
    return next(str(row.external) for row in page.rows if row.item == item)


def targets(scene: Scene) -> Iterator[tuple[str, str, str]]:
    """(kind, target, marker) of everything that is erased."""
    with scene.world.cell.read() as connection:
        run = connection.execute(sa.text("SELECT run FROM item WHERE external = 'w-source'")).scalar_one()
        subjects = sorted({row.scope for row in connection.execute(sa.text("SELECT scope FROM vault_subject")).all()
                           if row.scope.startswith("subject:")})  # fmt: skip
    yield "subject", f"person:{scene.subject}", SUBJECT
    yield "object", f"item:{scene.items['w-item']}", ITEM
    yield "source", f"run:{run}", SOURCE
    for scope in subjects:
        yield "subject", scope, NAMED


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


def readable(scene: Scene) -> list[str]:
    """Files of the cell, the live and the copied, that hold an erased marker in the clear."""
    folders = [scene.copy, scene.world.cell.directory]
    return [
        f"{path.name}: {marker}"
        for folder in folders for path in folder.rglob("*") if path.is_file()
        for marker in (SUBJECT, ITEM, SOURCE, NAMED) if marker.encode() in path.read_bytes()
    ]  # fmt: skip


def check_proofs(scene: Scene) -> None:
    """The log, the holder's copy of the release, and every certificate are still good; the records still rebuild."""
    world = scene.world
    world.cell.seal()
    vkey = (world.cell.directory / "log.vkey").read_text()
    assert verify_log(world.cell.log_directory, vkey.strip()).status is Status.OK
    assert verify_release(scene.holder, vkey).status is Status.OK
    for name in scene.erased:
        page = erasure.erasure_page(world.cell, world.lead, name)
        assert isinstance(page, erasure.ErasurePage)
        assert page.certificate is not None
        assert verify_certificate(page.certificate, world.cell.log_directory, vkey).status is Status.OK
    alive = items.item_record(world.cell, world.lead, scene.items["w-alive"], reason="review", key=new_key())
    assert isinstance(alive, items.ItemRecord)
    assert ALIVE in alive.shown.prompt


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

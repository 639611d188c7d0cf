"""A cell with marker texts in it, some of which are then erased: what to erase, and what must hold afterwards."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from living_cell import PROGRAMME, World, answer_of, item_row, shown_as
from security.searcher import Dump, Searcher, dump_of, key_files

from tallystick.app import erasure, items, judgment, release, roster
from tallystick.app.erasure import Ordered
from tallystick.app.kernel import new_key
from tallystick.app.release import Made
from tallystick.audit.erasure import verify_certificate
from tallystick.audit.log import Status, verify_log
from tallystick.audit.release import verify_release
from tallystick.flow.erasure import Wish
from tallystick.flow.release import Wish as Cut

SUBJECT, ITEM, SOURCE, NAMED, ALIVE = (
    "MARKER-subject-7d1", "MARKER-item-2a9", "MARKER-source-5c4", "MARKER-named-8e3", "MARKER-alive-1b6",
)  # fmt: skip
ERASED = (SUBJECT, ITEM, SOURCE, NAMED)


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
        holder = key_files(self.world.cell.directory / "keys", self.world.cell.opened.cell)
        return Searcher(holder, is_thorough=False).search(dumps)


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

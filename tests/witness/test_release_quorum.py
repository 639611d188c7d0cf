"""A release stands on its witnesses: it waits for their quorum, is finished by itself, and is checked offline."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from living_cell import PROGRAMME, World, world_at
from witness_scene import served

from tallystick.app import cell as cells
from tallystick.app import keeping, release, witnessing
from tallystick.app.kernel import new_key
from tallystick.app.release import Made
from tallystick.audit.log import EnvelopeChecks
from tallystick.audit.release import Status, verify_release
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish
from tallystick.ledger import note
from tallystick.ledger import policy as policies
from tallystick.ledger.cosignature import Cosigner
from tallystick.ledger.policy import Policy
from tallystick.ledger.reader import LogReader
from tallystick.ledger.witnessing import Witnessing
from tallystick.witness import desk
from tallystick.witness.desk import Watched, Witness
from tallystick.witness.server import WitnessApp

WISH = Wish(programme=PROGRAMME, name="set", version="1.0.0", use="train", batches=None)

ALONE = "quorum down"


@dataclass
class Client:
    """A client's witness, with a second one that never answers."""

    witness: Witness
    url: str

    def policy(self, quorum: str) -> Policy:
        down = f"witness down {Cosigner('down.example/w', bytes([9]) * 32).key.line} http://127.0.0.1:9\n"
        ours = f"witness client {self.witness.cosigner.key.line} {self.url}\ngroup both all client down\n"
        return policies.parse(f"{down}{'' if quorum == ALONE else ours}{quorum}\n".encode())

    def join(self, world: World, quorum: str) -> None:
        """Put a policy into force in a cell."""
        cell = world.cell
        if cell.witnessing is not None:
            cell.witnessing.close()
        folder = cell.directory / cells.WITNESSES_FOLDER
        cell.witnessing = Witnessing(LogReader(cell.log), self.policy(quorum), folder)
        cell.quorum_seconds = 0


def client_of(world: World, folder: Path, stack: ExitStack) -> Client:
    desk.create(folder, "client.example/w")
    key = note.parse_vkey(world.cell.opened.vkey)
    witness = Witness(folder, [Watched(key.name, (key,))], EnvelopeChecks)
    stack.callback(witness.close)
    return Client(witness, stack.enter_context(served(WitnessApp(witness))))


def ready(world: World) -> None:
    """Work that passes its gate."""
    world.work(4)
    for _ in range(2):
        expert = world.expert()
        for _ in range(4):
            world.judge(expert)
    assert world.measure().decision == "pass"


def test_a_release_carries_the_cosignatures_that_its_reader_asks_for(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world, ExitStack() as stack:
        client = client_of(world, tmp_path / "w", stack)
        ready(world)
        client.join(world, "quorum client")
        assert isinstance(release.cut(world.cell, world.lead, WISH, key=new_key()), Made)
        out = tmp_path / "out"
        assert isinstance(release.export(world.cell, world.lead, "set-1.0.0", out), release.Exported)
        vkey = world.cell.opened.vkey
        report = verify_release(out, vkey, policy=client.policy("quorum client"))
        assert report.status is Status.OK, report.problems
        assert any("quorum 'client' is met" in step.told for step in report.steps)
        assert not any("--policy" in line for line in report.not_checked)
        assert any("--policy" in line for line in verify_release(out, vkey).not_checked)
        report = verify_release(out, vkey, policy=client.policy("quorum both"))
        assert report.status is Status.BAD
        assert "is not met" in report.problems[0].what
        path = out / "proofs" / "checkpoint"
        path.write_text("\n".join(path.read_text().split("\n")[:-2]) + "\n")  # without its cosignature
        assert verify_release(out, vkey, policy=client.policy("quorum client")).status is Status.BAD


def test_a_release_without_its_quorum_waits_sealed_and_is_finished_under_a_later_one(
    sqlite_url: str, tmp_path: Path
) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world, ExitStack() as stack:
        client = client_of(world, tmp_path / "w", stack)
        cell = world.cell
        ready(world)
        client.join(world, ALONE)
        key = new_key()
        refused = release.cut(cell, world.lead, WISH, key=key)
        assert isinstance(refused, Refused)
        assert (refused.code, any("down" in name for name in refused.names)) == ("no-quorum", True)
        (waiting,) = witnessing.waiting(cell)
        assert not keeping.is_kept(cell, waiting)
        assert not keeping.building_folder(cell, waiting).exists()
        before = cell.seal()
        size = before
        assert release.finish_waiting(cell) == []
        assert [type(one) for one in release.finish_interrupted(cell)] == [Refused]
        assert cell.seal() == before  # it is not built again before it may be
        world.work(1, start=90)
        cell.seal()
        # Another witness joins, and the log went on meanwhile: it never signs the smaller size.
        client.join(world, "quorum client")
        witnessing.follow(cell)
        assert isinstance(release.cut(cell, world.lead, WISH, key=key), Made)
        assert witnessing.waiting(cell) == []
        assert isinstance(release.export(cell, world.lead, "set-1.0.0", tmp_path / "out"), release.Exported)
        report = verify_release(tmp_path / "out", cell.opened.vkey, policy=client.policy("quorum client"))
        assert report.status is Status.OK, report.problems
        assert (report.log_size or 0) > size

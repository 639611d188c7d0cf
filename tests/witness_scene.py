"""A log and witnesses to test with: who is asked, with what, and what an insider who holds the log key can write."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sealed_cell import SIGNER, entry, sealed_log

from tallystick.audit.log import EnvelopeChecks
from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger import note
from tallystick.ledger.checkpoint import Checkpoint
from tallystick.ledger.note import VerifierKey
from tallystick.ledger.reader import LogReader, archive_path
from tallystick.ledger.tile_store import Step, no_step
from tallystick.ledger.tiles import Place, Tile, encode_bundle
from tallystick.ledger.tree import Tree, leaf_hashes
from tallystick.witness import desk, server
from tallystick.witness.desk import Watched, Witness
from tallystick.witness.request import Answer, write
from tallystick.witness.sources import FolderSource, Source

KEY = note.parse_vkey(SIGNER.vkey)
NOW = 1_800_000_000


def rewritten(number: int) -> bytes:
    """An event as an insider would rather have had it."""
    return entry(number, body={"item": f"itm-{number}", "scores": [5, 5]} if number == 20 else {"item": "x"})


def write_log(directory: Path, entries: list[bytes], *sizes: int) -> Path:
    """A whole log with good signatures, sealed at each size: what an insider with the log key can make."""
    shutil.rmtree(directory, ignore_errors=True)
    tree = Tree()
    tiles: list[Tile] = []
    notes = {}
    for size in sizes:
        tiles += tree.append(leaf_hashes(entries[tree.size : size]))
        tiles += tree.edge()
        notes[size] = checkpoints.sign(SIGNER.name, size, tree.root(), signers=[SIGNER]).note
    for start in range(0, sizes[-1], 256):
        bundle = entries[start : min(start + 256, sizes[-1])]
        tiles.append(Tile(Place(None, start // 256, len(bundle)), encode_bundle(bundle)))
    files = {tile.place.path: tile.data for tile in tiles}
    files |= {archive_path(size): text.encode() for size, text in notes.items()}
    for path, data in {**files, "checkpoint": notes[sizes[-1]].encode()}.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_bytes(data)
    return directory


def honest_log(folder: Path, *sizes: int) -> Path:
    """A log that a sealer made."""
    folder.mkdir(exist_ok=True)
    return sealed_log(folder, list(sizes))


def signed_at(log: Path, size: int) -> Checkpoint:
    """The archived checkpoint of a size."""
    return LogReader(log).checkpoint_at(size, KEY)


def body_at(log: Path, old: int, size: int) -> bytes:
    """An add-checkpoint request for a size of a log."""
    proof = LogReader(log).consistency_proof(old, size) if 0 < old <= size else []
    return write(old, proof, signed_at(log, size).note)


def ask(witness: Witness, log: Path, old: int, size: int) -> Answer:
    """Ask a witness to cosign a size of a log."""
    return witness.add_checkpoint(body_at(log, old, size))


@contextmanager
def witness_at(
    folder: Path, source: Path | Source | None, *, step: Step = no_step, clock: Callable[[], float] = lambda: NOW
) -> Iterator[Witness]:
    """A witness of the log, made if there is none; with a source it is a mirror."""
    if not (folder / desk.KEY).exists():
        desk.create(folder, "w.example/w")
    where = FolderSource(source) if isinstance(source, Path) else source
    watched = Watched(origin=KEY.name, keys=(KEY,), source=where)
    witness = Witness(folder, [watched], EnvelopeChecks, clock=clock, step=step)
    try:
        yield witness
    finally:
        witness.close()


@contextmanager
def served(app: server.WitnessApp | server.PublicLog) -> Iterator[str]:
    """Serve an application on a free port of this machine, as the command does; its address."""
    with ExitStack() as stack:
        listener = stack.enter_context(server.listen("127.0.0.1", 0))
        running = server.server_of(app)
        started = threading.Event()
        startup = running.startup

        async def startup_and_tell(sockets: object = None) -> None:
            await startup(sockets)  # type: ignore[arg-type]  # as uvicorn calls it
            started.set()

        running.startup = startup_and_tell  # type: ignore[method-assign]  # to know when it listens
        thread = threading.Thread(target=lambda: running.run(sockets=[listener]), daemon=True)
        thread.start()
        assert started.wait(30)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            running.should_exit = True
            thread.join(30)
            app.close()


def keys_of(witness: Witness) -> list[VerifierKey]:
    """The key of a witness, as a list."""
    return [witness.cosigner.key]


class Killed(BaseException):
    """The power goes out."""


class Killer:
    """Counts steps, and goes out at one of them."""

    def __init__(self, at: int | None = None) -> None:
        self.at = at
        self.count = 0
        self.names: list[str] = []

    def __call__(self, name: str) -> None:
        self.count += 1
        self.names.append(name)
        if self.count == self.at:
            raise Killed

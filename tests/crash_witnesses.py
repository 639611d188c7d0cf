"""A cell and its witness that die while they ask and cosign: cases for tests/crash_table.py."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import sqlalchemy as sa
from crash_scenes import Scene
from sealed_cell import SIGNER
from witness_scene import KEY, NOW, ask

from tallystick.app import cell as cells
from tallystick.app import witnessing
from tallystick.audit.log import EnvelopeChecks, Status, verify_log
from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger import policy as policies
from tallystick.ledger.cosignature import Cosigner
from tallystick.ledger.exchange import Exchange
from tallystick.ledger.reader import LogReader
from tallystick.ledger.witnessing import Witnessing
from tallystick.witness import desk
from tallystick.witness.desk import Watched, Witness
from tallystick.witness.request import parse
from tallystick.witness.sources import FolderSource


@dataclass(slots=True)
class Witnessed(Scene):
    """A cell whose releases need a cosignature. The witness is another's process: it lives on, and forgets nothing."""

    cosigner: Cosigner = field(default_factory=lambda: Cosigner("client.example/w", bytes([9]) * 32))
    held: int = 0

    def open(self) -> None:
        """The same, with a policy of one witness."""
        Scene.open(self)
        words = f"witness client {self.cosigner.key.line} http://client.example\nquorum client\n"
        policy = policies.parse(words.encode())
        self.cell.witnessing = Witnessing(LogReader(self.cell.log), policy, self.home / cells.WITNESSES_FOLDER)
        talk = Exchange(connect_seconds=5, read_seconds=5, total_seconds=5, transport=httpx.MockTransport(self.answer))
        self.cell.witnessing._http = talk  # noqa: SLF001 - the seam is one layer below
        self.cell.quorum_seconds = 0

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Cosign what goes on from what was cosigned before."""
        asked = parse(request.content)
        if asked.old != self.held:
            return self.say(409, f"{self.held}\n", "text/x.tlog.size")
        signed = asked.checkpoint
        assert signed.size >= self.held
        self.held = signed.size
        text = checkpoints.body(signed.origin, signed.size, signed.root)
        return self.say(200, self.cosigner.cosign(text, time=1), "text/plain")

    @staticmethod
    def say(status: int, words: str, kind: str) -> httpx.Response:
        """An answer."""
        return httpx.Response(status, stream=httpx.ByteStream(words.encode()), headers={"content-type": kind})

    def check(self, where: str) -> None:
        """It was never contradicted, and a quorum stands over all that is sealed."""
        Scene.check(self, where)
        assert self.cell.witnessing is not None
        size = self.cell.seal()
        self.cell.witnessing.ask(is_patient=False)
        assert self.cell.witnessing.alarms() == (), where
        assert self.cell.witnessing.quorum_from(size) is not None, where
        assert witnessing.waiting(self.cell) == [], where


class Cosigns:
    """A client's witness with its mirror, over a log that grows."""

    SIZES = (100, 300, 700)

    def __init__(self, folder: Path, log: Path) -> None:
        self.folder, self.log = folder, log
        desk.create(folder, "w.example/w")
        self.witness = self.open()
        self.cosigned = 0

    def open(self) -> Witness:
        """A process begins."""
        watched = Watched(KEY.name, (KEY,), FolderSource(self.log))
        return Witness(self.folder, [watched], EnvelopeChecks, clock=lambda: NOW)

    def engines(self) -> Iterable[sa.Engine]:
        """None: it keeps files."""
        return []

    def run(self) -> None:
        """What a log asks for."""
        for size in self.SIZES:
            held = self.witness.held(KEY.name)
            answer = ask(self.witness, self.log, held.size if held else 0, size)
            assert answer.status == 200, answer
            self.cosigned = size

    def recover(self) -> None:
        """The next process has what it said, and goes on."""
        self.witness = self.open()
        held = self.witness.held(KEY.name)
        size = held.size if held else 0
        assert size >= self.cosigned
        for wanted in self.SIZES:
            if wanted >= size:
                assert ask(self.witness, self.log, size, wanted).status == 200
                size = wanted

    def check(self, where: str) -> None:
        """The mirror is a whole log, and what it shows is cosigned."""
        held = self.witness.held(KEY.name)
        assert held is not None
        assert held.size == self.SIZES[-1]
        mirror = self.folder / desk.LOGS / desk.name_of(KEY.name)
        report = verify_log(mirror, SIGNER.vkey)
        assert (report.status, report.size, report.notes) == (Status.OK, self.SIZES[-1], ()), where
        for folder in (desk.EVIDENCE, desk.REFUSED):
            assert not list((self.folder / folder).glob("*")), where

    def close(self) -> None:
        """Let go of everything."""
        self.witness.close()
        shutil.rmtree(self.folder)

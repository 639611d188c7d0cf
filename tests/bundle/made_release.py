"""A whole release on disk: journal, sealed log, files, proofs. What an insider can do to it stands here too."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bundle.small_journal import RELEASE, SIGNER, SmallJournal, built_event, small_journal

from tallystick import canon
from tallystick.bundle import Built, build, write_proofs
from tallystick.ledger import journal
from tallystick.ledger.reader import LogReader
from tallystick.ledger.sealer import Sealer
from tallystick.ledger.signer import SoftwareSigner


@dataclass(frozen=True, slots=True)
class MadeRelease:
    """A release and where its parts lie."""

    directory: Path
    log: Path
    journal: SmallJournal
    built: Built
    built_seq: int


def sealed(entries: list[bytes], folder: Path, *, upto: int, signer: SoftwareSigner = SIGNER) -> Path:
    """A log directory over a journal with these entries, sealed at `upto` and at the end."""
    engine = journal.connect(f"sqlite+pysqlite:///{folder / 'cell.db'}")
    try:
        journal.create(engine)
        with journal.writing(engine) as connection:
            was = journal.lock_head(connection)
            now = journal.Head(len(entries), 1)
            rows = [("event/1", entry) for entry in entries]
            journal.append(connection, rows, was=was, now=now, counts={"per-lead": 1})
        with Sealer(engine, folder / "log", [signer]) as sealer:
            sealer.seal(upto)
            sealer.seal()
    finally:
        engine.dispose()
    return folder / "log"


def made_release(folder: Path, *, use: str = "train", made: SmallJournal | None = None) -> MadeRelease:
    """Cut, build, take in, seal, prove: as a cell does it. The log goes on after the release."""
    folder.mkdir(parents=True, exist_ok=True)
    made = made or small_journal(use=use)
    directory = folder / "release"
    built = build(list(made.entries), RELEASE, made.open_objects, directory)
    seq = made.add(built_event(built))
    made.batch("later", "medical")
    log = sealed(made.entries, folder, upto=seq + 1)
    write_proofs(directory, built, LogReader(log), built_seq=seq)
    return MadeRelease(directory, log, made, built, seq)


def rehash(directory: Path, change: Callable[[dict[str, object]], None] = lambda _: None) -> None:
    """Make the manifest fit the files again, as whoever tampers would: sizes and digests; then change it further."""
    path = directory / "manifest.json"
    manifest = json.loads(path.read_bytes())
    for entry in manifest["files"]:
        data = (directory / entry["path"]).read_bytes()
        entry["bytes"], entry["sha256"] = len(data), canon.digest(data)
    change(manifest)
    path.write_bytes(canon.encode(manifest) + b"\n")


def edit_lines(path: Path, change: Callable[[list[dict[str, object]]], None]) -> None:
    """Change the rows of a JSONL file."""
    rows = [json.loads(line) for line in path.read_bytes().splitlines()]
    change(rows)
    path.write_bytes(b"".join(canon.encode(row) + b"\n" for row in rows))

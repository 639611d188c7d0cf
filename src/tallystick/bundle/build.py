"""Write the files of a release into an empty folder, and its proofs beside them. Reads the journal prefix and the log.

`build` is a pure function of the journal prefix up to the release's cut and of the contents that it opens: no clock,
no host, no order of a file system. So a client with a copy of the log builds the same bytes. `write_proofs` comes
second, when the log has taken in the digest of the manifest.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tallystick import canon
from tallystick.bundle import proofs, watched
from tallystick.bundle.consensus import Consensus
from tallystick.bundle.contents import OpenObjects, opened_all
from tallystick.bundle.derive import derive
from tallystick.bundle.files import render
from tallystick.bundle.manifest import PATH
from tallystick.bundle.state import CannotBuild, replay
from tallystick.events.envelope import Event
from tallystick.ledger.checkpoint import Checkpoint
from tallystick.ledger.reader import LogReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What `release-built` says of a release, and what its proofs need.

    files     how many files the manifest covers, itself included
    basis     log indexes of the entries on which the release rests, its cut the last of them
    openings  the bytes of proofs/openings.jsonl
    """

    release: str
    name: str
    version: str
    manifest_digest: str
    records_root: str
    records: int
    judgments: int
    files: int
    basis: tuple[int, ...]
    openings: bytes


def build(
    entries: Iterable[bytes], release_id: str, open_objects: OpenObjects, directory: Path, *,
    stated: Consensus | None = None,
) -> Built:  # fmt: skip
    """Write every file but the proofs.

    entries       leaf bytes in journal order, from 0 at least to the release's `release-cut` event
    open_objects  object ids to payloads with their salts; each is held against its commitment
    directory     empty, or not there yet
    stated        the consensus as a finished release has it, when it is built again: see bundle/consensus.py
    raises        CannotBuild, before anything is written, when the journal or a content does not allow the release;
                  FileExistsError for a folder that is not empty
    """
    seen: list[Event] = []
    state = replay(entries, release_id, watched=seen)
    watched.check(state, seen)
    opened = opened_all(state, open_objects)
    tables = derive(state, opened, stated)
    rendered = render(tables)
    _write(directory, rendered.files)
    return Built(
        release=release_id, name=rendered.manifest.name, version=rendered.manifest.version,
        manifest_digest=canon.digest(rendered.files[PATH]), records_root=rendered.manifest.records_root,
        records=len(tables.records), judgments=len(tables.judgments), files=len(rendered.files),
        basis=tuple(state.basis), openings=proofs.openings_bytes(state, opened, proofs.standing(tables)),
    )  # fmt: skip


def write_proofs(
    directory: Path, built: Built, log: LogReader, *, built_seq: int, signed: Checkpoint | None = None
) -> None:
    """Write `proofs/`: the signed checkpoint, the entries on which the release rests, their proof, the openings.

    built_seq  log index of the `release-built` event; the log must have been sealed at exactly built_seq + 1
    signed     the checkpoint to prove it under instead: with cosignatures, of that size or a later one
    raises     reader.NotInLog when it was not; CannotBuild when the entry there does not name this manifest
    """
    made = proofs.make(log, built.basis, built.openings, built_seq=built_seq, signed=signed)
    stated = proofs.built_fact(made.built_entry)
    if stated is None or (stated.release, stated.manifest_digest) != (built.release, built.manifest_digest):
        raise CannotBuild(f"entry {built_seq}: expected release-built of {built.release} with digest "
                          f"{built.manifest_digest}, found another event")  # fmt: skip
    _write(
        directory / proofs.FOLDER, {path.removeprefix(f"{proofs.FOLDER}/"): data for path, data in made.files.items()}
    )


def is_inside(path: str) -> bool:
    """Whether a path names a file inside its folder, whoever wrote it."""
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts and "\\" not in path and "\0" not in path


def _write(directory: Path, files: Mapping[str, bytes]) -> None:
    outside = [name for name in files if not is_inside(name)]
    if outside:
        raise CannotBuild(f"expected files inside the release folder, found {outside[0]!r}")
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise FileExistsError(f"{directory}: expected an empty folder, found files in it: choose another")
    for name, data in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # Durable before the folder gets its final name: whoever sees that name sees whole files.
        with path.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

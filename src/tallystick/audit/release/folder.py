"""Steps 1 and 2: the folder holds exactly what its manifest lists, byte for byte. Reads the folder; writes nothing."""

import os
from pathlib import Path

from tallystick import canon
from tallystick.audit.release.report import Findings
from tallystick.bundle.manifest import PATH, Manifest
from tallystick.bundle.proofs import PATHS


def check_listing(directory: Path, manifest: Manifest, findings: Findings) -> int:
    """Step 1: no file is missing, none is there that the manifest does not know. Gives how many were expected."""
    there = set(_walk(directory, findings))
    listed = [entry.path for entry in manifest.files]
    expected = {*listed, PATH, *PATHS}
    for path in sorted({path for path in listed if listed.count(path) > 1}):
        findings.add(PATH, path, "expected each file once in the manifest, found it twice")
    for path in sorted(expected - there):
        findings.add(path, None, "expected this file, found none: it was removed")
    for path in sorted(there - expected):
        findings.add(path, None, "expected only files that the manifest lists, found this one")
    return len(expected)


def _walk(directory: Path, findings: Findings) -> list[str]:
    found = []
    for folder, folders, names in os.walk(directory):
        for name in [*names, *folders]:
            path = Path(folder, name)
            below = path.relative_to(directory).as_posix()
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                findings.add(below, None, "expected a plain file, found a link or a device")
            elif path.is_file():
                found.append(below)
    return found


def read_files(directory: Path, manifest: Manifest, findings: Findings) -> dict[str, bytes]:
    """Step 2: every listed file has the size and the SHA-256 that the manifest says. Gives the files that are there."""
    found = {}
    for entry in manifest.files:
        data = read(directory, entry.path)
        if data is None:
            continue  # step 1 has said so
        found[entry.path] = data
        if len(data) != entry.bytes:
            findings.add(entry.path, None, f"expected {entry.bytes} bytes, found {len(data)}: it was cut or extended")
        elif canon.digest(data) != entry.sha256:
            findings.add(
                entry.path, None, f"expected SHA-256 {entry.sha256}, found {canon.digest(data)}: it was changed"
            )
    return found


def read(directory: Path, name: str) -> bytes | None:
    """The bytes of a plain file inside the folder; None when there is none."""
    path = directory / name
    is_inside = path.resolve().is_relative_to(directory.resolve())
    return path.read_bytes() if is_inside and path.is_file() and not path.is_symlink() else None

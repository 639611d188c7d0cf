"""The memory of a running process as a file: a real core image by gdb's `gcore`, and all that it can write to.

A core holds what the process can write; so does swap, which holds parts of the same. Needs root: our processes let
nobody else read their memory.
"""

import os
import shutil
import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_STEP = 1 << 20


@dataclass(frozen=True)
class Image:
    """A file with the memory of a process.

    way  "gcore", or "memory" for what /proc gives of every writable part
    """

    way: str
    path: Path

    @property
    def size(self) -> int:
        """In bytes."""
        return self.path.stat().st_size

    def finds(self, secrets: Collection[bytes]) -> set[bytes]:
        """Which of the secrets stand in it."""
        # All in one walk by their first four bytes: a walk for each of a few hundred would take minutes.
        by_head: dict[bytes, list[bytes]] = {}
        for secret in set(secrets):
            by_head.setdefault(secret[:4], []).append(secret)
        first, second = (np.zeros(1 << 16, dtype=bool) for _ in range(2))
        for head in by_head:
            first[int.from_bytes(head[:2], "little")] = second[int.from_bytes(head[2:], "little")] = True
        found, tail, longest = set[bytes](), b"", max(map(len, secrets))
        with self.path.open("rb") as file:
            while part := file.read(_STEP):
                data = tail + part
                tail = data[-longest:]
                if not part.strip(b"\x00"):
                    continue  # gcore writes out what was never touched, too
                for shift in (0, 1):
                    pairs = np.frombuffer(data, dtype="<u2", offset=shift, count=(len(data) - shift) // 2)
                    begun = np.flatnonzero(first[pairs[:-1]])
                    for at in (begun[second[pairs[begun + 1]]] * 2 + shift).tolist():
                        found.update(one for one in by_head.get(data[at : at + 4], []) if data.startswith(one, at))
        return found


def images_of(pid: int, folder: Path) -> list[Image]:
    """The core image of a process, if there is a gdb, and its writable memory. The process goes on."""
    made = [Image("memory", folder / f"memory.{pid}")]
    _copy(pid, made[0].path)
    program = shutil.which("gcore")
    if program is not None:
        command = [program, "-o", str(folder / "core"), str(pid)]
        environment = {name: value for name, value in os.environ.items() if name != "DEBUGINFOD_URLS"}
        subprocess.run(command, check=True, capture_output=True, env=environment)  # noqa: S603 - a known program
        made.append(Image("gcore", folder / f"core.{pid}"))
    return made


def _copy(pid: int, target: Path) -> None:
    """Every writable part, one behind the other; what was never touched is left out."""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory, target.open("wb") as out:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights = line.split(" ")[:2]
            start, end = (int(part, 16) for part in span.split("-"))
            if not rights.startswith("rw"):
                continue
            for at in range(start, end, _STEP):
                memory.seek(at)
                part = memory.read(min(_STEP, end - at))
                if part.strip(b"\x00"):
                    out.write(part)

"""Looks for secrets in everything that a process shows: environment, arguments, memory, files."""

import base64
from collections.abc import Iterable
from pathlib import Path

_STEP = 1 << 22


def spellings(secret: bytes) -> set[bytes]:
    """The forms in which a secret could lie about: as it is, in hexadecimal, in base64."""
    coded = base64.b64encode(secret)
    return {secret, secret.hex().encode(), secret.hex().upper().encode(), coded, coded.rstrip(b"=")}


def in_memory(pid: int, secrets: Iterable[bytes]) -> set[bytes]:
    """Which of the secrets stand in the readable memory of a process. Needs to be its owner, or root."""
    left, found = set(secrets), set()
    longest = max(len(secret) for secret in left)
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights = line.split(" ")[:2]
            start, end = (int(part, 16) for part in span.split("-"))
            if "r" not in rights or line.endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
                continue
            tail = b""
            while start < end:
                try:
                    memory.seek(start)
                    part = memory.read(min(_STEP, end - start))
                except OSError:
                    break
                if not part:
                    break
                found |= {secret for secret in left if secret in tail + part}
                tail = part[-longest:]
                start += len(part)
    return found


def in_process(pid: int, secrets: Iterable[bytes]) -> set[str]:
    """Where in a process secrets stand: environ, cmdline, memory."""
    wanted = set(secrets)
    places = {
        name for name in ("environ", "cmdline")
        if any(secret in Path(f"/proc/{pid}/{name}").read_bytes() for secret in wanted)
    }  # fmt: skip
    return places | ({"memory"} if in_memory(pid, wanted) else set())


def in_files(folder: Path, secrets: Iterable[bytes]) -> set[str]:
    """The files below a folder in which secrets stand."""
    wanted = set(secrets)
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return {str(path) for path in files if any(secret in path.read_bytes() for secret in wanted)}

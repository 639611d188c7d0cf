"""Runs the stranger's verifier (tools/verify_log.mjs) over a log directory, and gives what it found as values."""

import importlib.util
import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

VERIFIER = Path(__file__).parents[1] / "tools" / "verify_log.mjs"
STATUS = {0: "good", 1: "bad", 2: "could not check"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the stranger says of a log.

    findings  place and problem, each as the verifier prints it
    receipts  the verdict on each receipt, in order
    """

    status: str
    size: int
    root: str | None
    keys: tuple[str, ...]
    witnessed: int | None
    findings: tuple[str, ...]
    unsure: tuple[str, ...]
    notes: tuple[str, ...]
    receipts: tuple[str, ...]


@cache
def node() -> str:
    """A JavaScript runtime: the one that Playwright brings along, whose version is pinned, else the one on PATH."""
    spec = importlib.util.find_spec("playwright")
    own = None if spec is None or spec.origin is None else Path(spec.origin).parent / "driver" / "node"
    found = str(own) if own is not None and own.is_file() else shutil.which("node")
    assert found is not None, "expected node in the playwright package or on PATH, found neither: run `make setup`"
    return found


def run(*arguments: str | Path) -> tuple[int, str]:
    """The exit status and the output of the verifier."""
    command = [node(), VERIFIER, *arguments]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300, check=False)  # noqa: S603 - our own file
    assert done.stderr == "", done.stderr
    return done.returncode, done.stdout


def ask(
    directory: Path, vkey: str, *, policy: str | None = None, against: Sequence[Path] = (),
    receipts: Sequence[Path] = (), proofs: Sequence[Path] = (),
) -> Answer:  # fmt: skip
    """Let the stranger check a log. The key and the policy are written beside the log, never into it."""
    key = directory.parent / "stranger.vkey"
    key.write_text(f"{vkey}\n")
    arguments: list[str | Path] = [directory, "--vkey", key, "--json"]
    if policy is not None:
        beside = directory.parent / "stranger.policy"
        beside.write_text(policy)
        arguments += ["--policy", beside]
    for option, paths in (("--against", against), ("--receipt", receipts), ("--proof", proofs)):
        for path in paths:
            arguments += [option, path]
    code, output = run(*arguments)
    told = json.loads(output)
    assert told["status"] == STATUS[code]
    return Answer(
        status=told["status"], size=told["size"], root=told["root"], keys=tuple(told["keys"]),
        witnessed=told["witnessed"], findings=_lines(told["findings"]), unsure=_lines(told["unsure"]),
        notes=tuple(told["notes"]), receipts=tuple(one["verdict"] for one in told["receipts"]),
    )  # fmt: skip


def _lines(found: list[dict[str, str]]) -> tuple[str, ...]:
    return tuple(f"{one['place']}: {one['problem']}" for one in found)

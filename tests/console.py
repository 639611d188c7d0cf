"""The command line as a test uses it: hand over passwords, run a command, read its one JSON object."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet
from typer.testing import CliRunner, Result

from tallystick.cli import app

SECRET = "a-long-enough-passphrase-91"
OTHER = "another-long-passphrase-77"
SOURCE = Path(__file__).parents[1] / "src"
DOCUMENTS = SOURCE / "tallystick" / "sim" / "data" / "imported"
WORDS = {"name": "answers", "set": "mine", "risk": "medium", "pairs": "40", "redundancy": "2"}


def run(*words: str, secrets: Sequence[str] = ()) -> Result:
    """Run a command in this process; `{fd}` in a word is a descriptor from which the secrets come, a line each."""
    reading, writing = os.pipe()
    os.write(writing, "".join(f"{secret}\n" for secret in secrets).encode())
    os.close(writing)
    try:
        return CliRunner().invoke(app, [word.replace("{fd}", str(reading)) for word in words])
    finally:
        os.close(reading)


def told(*words: str, secrets: Sequence[str] = ()) -> tuple[int, dict[str, Any]]:
    """The exit status and the one JSON object of a command. People hear of whatever did not work as well."""
    done = run(*words, "--json", secrets=secrets)
    assert done.stdout.count("\n") == 1, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    assert isinstance(answer, dict)
    assert {"error", "status"} & set(answer) or done.exit_code < 2, answer
    assert "Traceback" not in done.stderr
    if "error" in answer:
        assert answer["error"] in done.stderr, "the error stream has the sentence too"
    return done.exit_code, answer


def as_lead(cell: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """A command of the lead on a cell, signed in."""
    return told(*words, "--dir", str(cell), "--as", "vera", "--password-fd", "{fd}", secrets=[SECRET])


def make_cell(folder: Path) -> Path:
    """A new cell with its lead."""
    words = ("cell", "create", "--dir", str(folder), "--lead", "vera", "--password-fd", "{fd}")
    code, answer = told(*words, secrets=[SECRET])
    assert (code, answer["custody"]) == (0, "software-development")
    return folder


def write_documents(folder: Path) -> tuple[Path, Path]:
    """A contract and a rubric for preferences judged elsewhere."""
    paths = []
    for name in ("contract.yaml", "rubric.yaml"):
        text = (DOCUMENTS / name).read_text()
        for word, value in WORDS.items():
            text = text.replace(f"${{{word}}}", value)
        paths.append(folder / name)
        paths[-1].write_text(text)
    return paths[0], paths[1]


def command(*words: str) -> list[str]:
    """The same as a program of its own."""
    return [sys.executable, "-m", "tallystick", *words]


def process(*words: str, **options: Any) -> "subprocess.Popen[str]":  # what Popen takes
    """A command as a process of its own, with its streams as pipes."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    return subprocess.Popen(  # noqa: S603 - our own program
        command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **options
    )


@dataclass(frozen=True)
class Made:
    """A cell with a released programme, and the files that it was made from."""

    cell: Path
    files: Path

    @property
    def release(self) -> Path:
        """Its one release, exported."""
        return self.cell.with_name("answers-1.0.0")


def item(number: int) -> dict[str, object]:
    """One row of an import."""
    candidates = [{"text": f"It is {number * 7}.", "model": "m-1"}, {"text": "I cannot say.", "model": "m-2"}]
    prompt = f"What is {number} times 7?"
    return {"id": f"q-{number}", "domain": "general", "prompt": prompt, "difficulty": "hard", "candidates": candidates}


def write_items(folder: Path) -> list[Path]:
    """The same kind of rows as JSONL, CSV and Parquet."""
    (folder / "items.jsonl").write_text("".join(json.dumps(item(number)) + "\n" for number in range(20)))
    header = "id,domain,prompt,difficulty,candidates.0.text,candidates.0.model,candidates.1.text,candidates.1.model\n"
    rows = "".join(f"q-{n},general,What is {n}?,hard,It is {n}.,m-1,No.,m-2\n" for n in range(20, 30))
    (folder / "items.csv").write_text(header + rows)
    parquet.write_table(pa.Table.from_pylist([item(number) for number in range(30, 40)]), folder / "items.parquet")
    return [folder / f"items.{kind}" for kind in ("jsonl", "csv", "parquet")]


def write_votes(folder: Path) -> Path:
    """Two raters on forty items who part on two."""
    votes = [
        {"item": f"q-{number}", "rater": rater, "verdict": "ba"[number % 2 or (number < 4 and rater == "bob")]}
        for number in range(40)
        for rater in ("ann", "bob")
    ]  # fmt: skip
    (folder / "votes.jsonl").write_text("".join(json.dumps(vote) + "\n" for vote in votes))
    return folder / "votes.jsonl"

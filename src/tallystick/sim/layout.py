"""Real data sets in one plain layout: items.jsonl.gz and judgments.jsonl.gz in a folder, turned into import files.

Pairs of candidates with a winner become preference items and imported judgments; nothing is added to them.
"""

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any, Final

TEMPLATES: Final = Path(__file__).parent / "data" / "imported"
UNNAMED: Final = "rater-not-named"
"""Sources that do not say who judged give one rater for all: agreement is then undefined, and said to be."""


class BadLayout(ValueError):
    """The folder does not hold a data set in this layout; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set, ready to be imported."""

    name: str
    items: bytes  # JSONL of item rows
    judgments: bytes  # JSONL of judgment rows
    contract: str
    rubric: str
    pairs: int
    raters: int
    judgments_per_item: int


def load(folder: Path) -> DataSet:
    """Read a data set. Raises BadLayout when the folder holds none, or one without pairs."""
    rows = [row for row in _lines(folder, "items") if len(row.get("candidates") or []) == 2]
    if not rows:
        raise BadLayout(f"{folder}: expected items with two candidates, found none: choose a set of pairs")
    sides = {row["id"]: {c["id"]: side for c, side in zip(row["candidates"], "ab", strict=True)} for row in rows}
    judged = [row for row in _lines(folder, "judgments") if row["item_id"] in sides]
    raters = {row.get("rater_id", UNNAMED) for row in judged}
    per_item = max(Counter(row["item_id"] for row in judged).values(), default=1)
    name = _slug(folder.name)
    risk = "low" if per_item == 1 else "medium"
    words = {
        "name": name, "set": folder.name, "redundancy": str(max(2, per_item)), "risk": risk,
        "pairs": str(len(rows)), "raters": str(len(raters)),
    }  # fmt: skip
    return DataSet(
        name, _jsonl(_item(row) for row in rows), _jsonl(_judgment(row, sides) for row in judged),
        Template((TEMPLATES / "contract.yaml").read_text()).substitute(words),
        Template((TEMPLATES / "rubric.yaml").read_text()).substitute(words), len(rows), len(raters), per_item,
    )  # fmt: skip


def _lines(folder: Path, what: str) -> Iterator[dict[str, Any]]:
    path = folder / f"{what}.jsonl.gz"
    if not path.is_file():
        raise BadLayout(f"{folder}: expected {path.name}, found none: name a folder in the plain layout")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                yield json.loads(line)
            except ValueError as error:
                raise BadLayout(f"{path} line {number}: expected a JSON object, found {error}") from error


def _item(row: dict[str, Any]) -> dict[str, Any]:
    candidates = [
        {"text": _text(c["text"]), "model": c.get("label") or "unknown", "version": "as published"}
        for c in row["candidates"]
    ]
    item = {
        "id": row["id"], "domain": "general", "language": row.get("language", "en"), "prompt": row["prompt"],
        "candidates": candidates, "source": {"class": "open-licence", "licence": "as the source states"},
    }  # fmt: skip
    task = _slug(str(row.get("domain") or ""))
    return item | ({"context": row["context"]} if row.get("context") else {}) | ({"task_type": task} if task else {})


def _text(value: object) -> str:
    """Some sources hold an answer such as `true` as a JSON boolean: its text is what stood in the file."""
    return value if isinstance(value, str) else json.dumps(value)


def _judgment(row: dict[str, Any], sides: dict[str, dict[str, str]]) -> dict[str, Any]:
    winner = str(row["values"]["winner"])
    verdict = "tie" if winner == "tie" else sides[row["item_id"]][winner]
    judgment = {"item": row["item_id"], "rater": row.get("rater_id", UNNAMED), "verdict": verdict}
    extra = {"made_at": row.get("timestamp"), "rationale": row.get("rationale")}
    return judgment | {key: value for key, value in extra.items() if value}


def _jsonl(rows: Iterator[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _slug(text: str) -> str:
    """Lower-case words with single hyphens, beginning with a letter; empty when there is none."""
    return "-".join(re.findall(r"[a-z0-9]+", text.lower())).lstrip("0123456789-")[:64].rstrip("-")

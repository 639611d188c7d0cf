"""Answers that were written with the items: critiques, steps, traces, safety and attacks are judged by these.

Numbers cannot stand in for where an error lies and what would be right. A row says what a careful expert answers, and
by login what somebody answers otherwise.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tallystick.sim import cast

MEDIAN_LOG_S: Final = 4.9
SPREAD_LOG: Final = 0.35
QUOTED_WORDS: Final = 8


@dataclass(frozen=True, slots=True)
class Keyed:
    """The rows of items of other signals, found by the text of one of their pieces."""

    rows: Mapping[str, Mapping[str, Any]]
    seed: int
    pace: Mapping[str, float]

    def answer(self, task: Mapping[str, Any], login: str) -> dict[str, Any]:
        """What somebody answers, with the places of marked words found in the texts that they are shown."""
        texts = {piece["id"]: piece["text"] for piece in task["shown"]["pieces"]}
        row = next(self.rows[text] for text in texts.values() if text in self.rows)
        said = row["sim"].get("others", {}).get(login) or row["sim"]["answer"]
        criterion, why = said["reason"]
        marks = [_placed(mark, texts) for mark in said["marks"]]
        quote = next((mark["quote"] for mark in marks if mark.get("quote")), _opening(texts))
        chance = random.Random(f"{self.seed}|{login}|{row['id']}")  # noqa: S311 - a simulation, no secret
        seconds = self.pace.get(login, 1) * chance.lognormvariate(MEDIAN_LOG_S, SPREAD_LOG)
        return {
            "verdict": said["verdict"], "marks": marks, "values": said["values"], "texts": said["texts"],
            "scores": {name: {"a": points} for name, points in said.get("scores", {}).items()},
            "reasons": [{"criterion": criterion, "text": why, "quote": quote, "citation": None}],
            "confirmed": [], "active_ms": round(1000 * seconds),
        }  # fmt: skip


def keyed(rows: Sequence[Mapping[str, Any]], seed: int) -> Keyed:
    """Rows by the text that tells them apart: the response, the first step or the first turn."""
    pace = {expert.login: expert.pace for expert in cast.experts(seed)}
    return Keyed({_telling(row): row for row in rows}, seed, pace)


def _telling(row: Mapping[str, Any]) -> str:
    if row["candidates"]:
        return str(row["candidates"][0]["text"])
    material = row["material"]
    return str((material.get("steps") or material["turns"])[0]["text"])


def _placed(mark: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """A mark with the place of its words, in code points."""
    if "quote" not in mark:
        return dict(mark)
    start = texts[mark["on"]].index(mark["quote"])
    return {**mark, "start": start, "end": start + len(mark["quote"])}


def _opening(texts: Mapping[str, str]) -> str:
    return " ".join(next(text for text in texts.values() if text).split()[:QUOTED_WORDS])

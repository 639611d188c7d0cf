"""Simulated experts: seeded people with skill, taste and blind spots. Numbers and texts in, answers out.

They stand in for people in the demo and in whole-project tests. Everything they touch is marked as simulated.
"""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

DATA: Final = Path(__file__).parent / "data"
SPREAD_SIGMA: Final = {"low": 0.20, "medium": 0.26, "high": 0.62}
"""Standard deviation of an expert's score around the latent quality, in points, by how much experts differ."""
TIE_LEAD: Final = 0.30
CLEAR_LEAD: Final = 1.10
UNACCEPTABLE: Final = 2
GOLD_SLIPS: Final = 0.03
"""Chance that even a careful, competent expert misses a gold verdict."""

REMARKS: Final = (
    "{better} serves this criterion better: {quote} carries the point where the other leaves it out.",
    "On {criterion} I put {better} ahead. What decides it for me is {quote}.",
    "{better} is stronger here. A reader would rely on {quote}, and could.",
    "Judged by {criterion}, {better} wins; compare {quote} with what the other offers.",
)
EVEN_REMARKS: Final = (
    "Both do about the same on {criterion}; {quote} has its match in the other answer.",
    "I see no difference that matters on {criterion}, {quote} included.",
)


@dataclass(frozen=True, slots=True)
class Latent:
    """What the simulation knows of an item: quality by candidate and criterion, and how far experts differ.

    verdict  of a gold item: what a competent expert says of it
    """

    quality: Mapping[str, Mapping[str, int]]
    spread: str
    verdict: str | None = None


@dataclass(frozen=True, slots=True)
class Truth:
    """Latent quality of every item, found by the text of a candidate: the simulated expert sees only texts."""

    latents: Mapping[str, tuple[Latent, str]]  # candidate text: (latent, "a" or "b")

    def of(self, first: str) -> tuple[Latent, str]:
        """The latent of the item whose first shown candidate has this text, and which candidate that is."""
        return self.latents[first]


def load_rows(name: str) -> list[dict[str, Any]]:
    """The rows of one shipped file, with their `sim` part."""
    return [json.loads(line) for line in (DATA / "items" / name).read_text().splitlines()]


def without_latents(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The rows as JSONL for import: what only the simulation knows never reaches a cell."""
    kept = [{key: value for key, value in row.items() if key != "sim"} for row in rows]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept).encode()


def truth_of(rows: Sequence[Mapping[str, Any]]) -> Truth:
    """The latent quality of work items, and of gold items from their gold scores."""
    latents: dict[str, tuple[Latent, str]] = {}
    for row in rows:
        latent = _latent(row)
        for side, candidate in zip("ab", row["candidates"], strict=True):
            latents[candidate["text"]] = (latent, side)
    return Truth(latents)


def _latent(row: Mapping[str, Any]) -> Latent:
    if "sim" in row:
        return Latent(row["sim"]["quality"], row["sim"]["spread"])
    scores = row["gold"]["scores"]
    quality = {side: {name: points[side] for name, points in scores.items()} for side in "ab"}
    return Latent(quality, "low", row["gold"]["verdict"])


@dataclass(frozen=True, slots=True)
class SimulatedExpert:
    """One simulated person.

    slips     chance of a careless verdict, per judgment
    blind_to  criteria on which this person sees no difference: a rubric read differently from the others
    pace      how much time they take for what takes others one
    """

    login: str
    name: str
    domains: tuple[str, ...]
    seed: int
    slips: float = 0.0
    blind_to: frozenset[str] = frozenset()
    pace: float = 1.0

    def answer(self, task: Mapping[str, Any], truth: Truth) -> dict[str, Any]:
        """The answer to a task as the API gives it, in the order in which the candidates were shown.

        What somebody thinks of an item depends on the seed, the person and the item alone: not on when they meet it,
        nor on which candidate stands first.
        """
        shown, criteria = task["shown"], task["rubric"]["criteria"]
        latent, first = truth.of(shown["first"])
        stored = shown["first"] if first == "a" else shown["second"]
        chance = random.Random(f"{self.seed}|{self.login}|{stored}")  # noqa: S311 - a simulation, no secret
        opinion = {c["id"]: self._points(latent, c, chance) for c in criteria}
        verdict = self._verdict(opinion, criteria, chance)
        if latent.verdict is not None and chance.random() >= GOLD_SLIPS:
            verdict = latent.verdict
        if first == "b":
            opinion = {name: {"a": points["b"], "b": points["a"]} for name, points in opinion.items()}
            verdict = _SWAPPED.get(verdict, verdict)
        return {
            "verdict": verdict, "scores": opinion, "reasons": _reasons(verdict, opinion, task, chance),
            "confirmed": [], "active_ms": round(1000 * self.pace * chance.lognormvariate(4.3, 0.5)),
        }  # fmt: skip

    def _points(self, latent: Latent, criterion: Mapping[str, Any], chance: random.Random) -> dict[str, int]:
        sigma = SPREAD_SIGMA[latent.spread]
        low, high = criterion["scale"]["low"], criterion["scale"]["high"]
        given = {}
        for side in "ab":
            quality = latent.quality[side][criterion["id"]]
            if criterion["id"] in self.blind_to:
                quality = (latent.quality["a"][criterion["id"]] + latent.quality["b"][criterion["id"]]) // 2
            given[side] = min(high, max(low, round(quality + chance.gauss(0, sigma))))
        return given

    def _verdict(
        self, scores: Mapping[str, Mapping[str, int]], criteria: Sequence[Mapping[str, Any]], chance: random.Random
    ) -> str:
        first = scores[criteria[0]["id"]]
        if max(first["a"], first["b"]) <= UNACCEPTABLE:
            return "both_unacceptable"
        weights = [2.0 if number == 0 else 1.0 for number in range(len(criteria))]
        leads = [scores[c["id"]]["a"] - scores[c["id"]]["b"] for c in criteria]
        lead = sum(w * d for w, d in zip(weights, leads, strict=True)) / sum(weights)
        if chance.random() < self.slips:
            lead = -lead
        if abs(lead) < TIE_LEAD:
            return "tie"
        strength = "clearly" if abs(lead) >= CLEAR_LEAD else "slightly"
        return f"{'a' if lead > 0 else 'b'}_{strength}"


_SWAPPED: Final = {
    "a_clearly": "b_clearly", "a_slightly": "b_slightly", "b_slightly": "a_slightly", "b_clearly": "a_clearly",
}  # fmt: skip


def _reasons(
    verdict: str, scores: Mapping[str, Mapping[str, int]], task: Mapping[str, Any], chance: random.Random
) -> list[dict[str, Any]]:
    """One or two reasons, tied to the criteria that differ most."""
    gaps = sorted(scores, key=lambda name: -abs(scores[name]["a"] - scores[name]["b"]))
    names = {c["id"]: c["name"] for c in task["rubric"]["criteria"]}
    wanted = 1 if verdict in {"tie", "both_unacceptable"} else chance.choice((1, 2))
    return [_reason(name, names[name], scores[name], shown=task["shown"], chance=chance) for name in gaps[:wanted]]


def _reason(
    criterion: str, name: str, points: Mapping[str, int], *, shown: Mapping[str, Any], chance: random.Random
) -> dict[str, Any]:
    better = "a" if points["a"] >= points["b"] else "b"
    words = (shown["first"] if better == "a" else shown["second"]).split()
    start = chance.randrange(max(1, len(words) - 7))
    quote = " ".join(words[start : start + 7])
    remark = chance.choice(EVEN_REMARKS if points["a"] == points["b"] else REMARKS)
    said = remark.format(better=f"answer {better.upper()}", criterion=name.lower(), quote=f"“{quote}”")
    return {"criterion": criterion, "text": said[0].upper() + said[1:], "quote": quote, "citation": None}

"""How `tallystick aggregate` tells its answer: one JSON object, one table of items, a report for people."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import parquet
from rich.console import Console
from rich.table import Table

from tallystick.cli.agree import DELIMITERS, LINES, CannotMeasure
from tallystick.stats.aggregation import Consensus, Interval, Part, Ranking, Skills

Cells = list[str] | list[str | None] | list[float] | list[float | None] | list[int]
SHOWN_MAX = 12  # raters or candidates in the report for people; --json has all


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One answer in three forms.

    told   the JSON object
    rows   columns by name, one row per item or candidate; None when there is no answer, and `reason` says why
    show   writes the report for people
    """

    told: dict[str, object]
    rows: dict[str, Cells] | None
    reason: str | None
    show: Callable[[Console], None]


def check_out(path: Path | None) -> None:
    """Raise CannotMeasure for a place that is taken or a name that says no format."""
    if path is None:
        return
    if path.suffix.lower() not in {*DELIMITERS, ".parquet", *LINES}:
        raise CannotMeasure(f"{path} ends in no known name: expected .csv, .tsv, .jsonl, .ndjson or .parquet.")
    if path.exists():
        raise CannotMeasure(f"{path} is there already, and nothing is ever overwritten: name a new file.")


def write_table(answer: Answered, path: Path) -> None:
    """The rows as a new file. Raises CannotMeasure when there are none or they cannot be written."""
    if answer.rows is None:
        raise CannotMeasure(f"There is no consensus to write to {path}: {answer.reason}")
    kind = path.suffix.lower()
    try:
        with path.open("xb") as file:
            if kind in LINES:
                rows = zip(*answer.rows.values(), strict=True)
                for row in rows:
                    file.write(json.dumps(dict(zip(answer.rows, row, strict=True))).encode() + b"\n")
            elif kind == ".parquet":
                parquet.write_table(pa.table(answer.rows), file)
            else:
                options = arrow_csv.WriteOptions(delimiter=DELIMITERS[kind])
                arrow_csv.write_csv(pa.table(answer.rows), file, options)
    except OSError as error:
        raise CannotMeasure(f"{path} could not be written: {error.strerror}. Name another place.") from error


def of_consensus(found: Consensus, confidence: float) -> Answered:
    """Every item with its label, posterior and votes; every rater with what the model says of them."""
    rows = _item_rows(found)
    items: list[dict[str, object]] = []
    if found.posteriors is not None and found.entropy is not None:
        everything = (found.items, found.labels or (), found.entropy.tolist(), found.posteriors.tolist())
        items = [
            {"item": item, "label": label, "entropy": doubt, "posterior": posterior, "votes": votes}
            for item, label, doubt, posterior, votes in zip(*everything, found.votes.tolist(), strict=True)
        ]
    skills = found.skills
    told: dict[str, object] = {
        "method": found.method,
        "status": found.status,
        "reason": found.reason,
        "converged": found.converged,
        "stop": found.stop,
        "iterations": found.iterations,
        "objective": found.objective,
        "trace": found.trace,
        "restarts": found.restarts,
        "log_likelihood": found.log_likelihood,
        "smoothing": found.smoothing,
        "categories": found.categories,
        "priors": None if found.priors is None else found.priors.tolist(),
        "n_items": len(found.items),
        "n_raters": len(found.raters),
        "n_judgments": found.n_judgments,
        "n_ties": found.n_ties,
        "items": items,
        "measure": None if skills is None else skills.measure,
        "raters": []
        if skills is None
        else [_rater(found, skills, place, confidence) for place in range(len(found.raters))],
        "notes": found.notes,
    }
    return Answered(told=told, rows=rows, reason=found.reason, show=partial(_show, found, confidence))


def _item_rows(found: Consensus) -> dict[str, Cells] | None:
    if found.posteriors is None or found.entropy is None:
        return None
    rows: dict[str, Cells] = {
        "item": [str(item) for item in found.items],
        "label": list(found.labels or ()),
        "entropy": found.entropy.tolist(),
    }
    for place, name in enumerate(found.categories):
        rows[f"posterior.{name}"] = found.posteriors[:, place].tolist()
    for place, name in enumerate(found.categories):
        rows[f"votes.{name}"] = found.votes[:, place].tolist()
    return rows


def _rater(found: Consensus, skills: Skills, place: int, confidence: float) -> dict[str, object]:
    effective = None if skills.effective is None else float(skills.effective[place])
    return {
        "rater": found.raters[place],
        "value": float(skills.value[place]),
        "se": _finite(float(skills.se[place])),
        "interval": _limits(skills.interval(place, confidence=confidence)),
        "judgments": int(skills.judgments[place]),
        "effective_judgments": effective,
        "confusion": None if skills.confusion is None else skills.confusion[place].tolist(),
        "confusion_judgments": None if skills.confusion_n is None else skills.confusion_n[place].tolist(),
        "spamming": None if skills.spamming is None else skills.spamming[place].tolist(),
    }


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _limits(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [interval.low, interval.high]


def of_ranking(found: Ranking) -> Answered:
    """Every part with its candidates, their strengths and errors."""
    told: dict[str, object] = {
        "method": "bradley_terry",
        "status": found.status,
        "reason": found.reason,
        "converged": found.converged,
        "stop": found.stop,
        "iterations": found.iterations,
        "trace": found.trace,
        "log_likelihood": found.log_likelihood,
        "tie_parameter": found.tie_parameter,
        "tie_se": found.tie_se,
        "n_comparisons": found.n_comparisons,
        "n_ties": found.n_ties,
        "prior": found.prior,
        "parts": [_part(part) for part in found.parts],
        "above": found.above,
        "notes": found.notes,
    }
    rows: dict[str, Cells] | None = None
    if found.parts:
        sizes = [len(part.candidates) for part in found.parts]
        rows = {
            "candidate": [name for part in found.parts for name in part.candidates],
            "part": [number for number, size in enumerate(sizes) for _ in range(size)],
            "strength": [one for part in found.parts for one in _column(part, part.strengths)],
            "se": [one for part in found.parts for one in _column(part, part.se)],
        }
    return Answered(told=told, rows=rows, reason=found.reason, show=partial(_show_ranking, found))


def _column(part: Part, values: np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None) -> list[float | None]:
    return list(repeat(None, len(part.candidates))) if values is None else list(values.tolist())


def _part(part: Part) -> dict[str, object]:
    return {
        "candidates": part.candidates,
        "strengths": _column(part, part.strengths),
        "se": _column(part, part.se),
    }


def _show(found: Consensus, confidence: float, console: Console) -> None:
    if found.posteriors is None or found.entropy is None:
        console.print(f"[bold]{found.method}: no consensus[/bold] ({found.status})")
    else:
        console.print(f"[bold]{found.method}: {len(found.items) - found.n_ties:,} labels[/bold], {found.n_ties:,} ties")
    for sentence in (found.reason, found.stop, *found.notes):
        if sentence:
            console.print(sentence, markup=False)
    facts = Table(show_header=False, box=None, pad_edge=False)
    facts.add_row("judgments", f"{found.n_judgments:,} by {len(found.raters):,} raters")
    facts.add_row("items", f"{len(found.items):,}")
    if found.entropy is not None:
        facts.add_row("mean doubt of an item", f"{found.entropy.mean():.3f} bits")
    if found.log_likelihood is not None:
        facts.add_row("log-likelihood", f"{found.log_likelihood:,.3f}")
    console.print(facts)
    labels = Table("label", "items", "votes", box=None, pad_edge=False)
    for place, name in enumerate(found.categories[:SHOWN_MAX]):
        items = 0 if found.top is None else int(np.count_nonzero(found.top == place))
        votes = int(found.votes[:, place].sum()) if found.votes.size else 0
        labels.add_row(name, f"{items:,}", f"{votes:,}")
    console.print(labels)
    if found.skills is not None:
        _show_raters(found, found.skills, confidence, console)
    console.print("The raw judgments stay what they are; where people differ in values, no label is right for all.")


def _show_raters(found: Consensus, skills: Skills, confidence: float, console: Console) -> None:
    table = Table("rater", skills.measure, f"{confidence:.0%} interval", "judgments", box=None, pad_edge=False)
    for place in np.argsort(skills.value, kind="stable")[:SHOWN_MAX].tolist():
        limits = skills.interval(place, confidence=confidence)
        shown = "not known" if limits is None else f"{limits.low:.3f} to {limits.high:.3f}"
        table.add_row(found.raters[place], f"{skills.value[place]:.3f}", shown, f"{skills.judgments[place]:,.0f}")
    console.print(table)
    if len(found.raters) > SHOWN_MAX:
        console.print(f"... and {len(found.raters) - SHOWN_MAX:,} more raters above these; --json has all.")


def _show_ranking(found: Ranking, console: Console) -> None:
    console.print(f"[bold]bradley_terry: {len(found.candidates):,} candidates[/bold] ({found.status})")
    for sentence in (found.reason, found.stop, *found.notes):
        if sentence:
            console.print(sentence, markup=False)
    console.print(f"{found.n_comparisons:,} comparisons, {found.n_ties:,.0f} of them ties")
    table = Table("candidate", "group", "strength", "standard error", box=None, pad_edge=False)
    rows = [
        (number, name, strength, error)
        for number, part in enumerate(found.parts)
        for name, strength, error in zip(
            part.candidates, _column(part, part.strengths), _column(part, part.se), strict=True
        )
    ]
    rows.sort(key=lambda row: (row[0], -(row[2] or 0.0)))
    for number, name, strength, error in rows[:SHOWN_MAX]:
        shown = ("none" if strength is None else f"{strength:.3f}", "none" if error is None else f"{error:.3f}")
        table.add_row(name, str(number), *shown)
    console.print(table)
    if len(rows) > SHOWN_MAX:
        console.print(f"... and {len(rows) - SHOWN_MAX:,} more candidates; --json has all.")

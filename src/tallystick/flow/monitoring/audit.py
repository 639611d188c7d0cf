"""The shortcut audit of a programme: preferences and the form of texts in, facts out. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tallystick import canon
from tallystick.events.monitoring import ShortcutAudited, ShortcutEffect
from tallystick.flow.shortcuts import Form, differences_of
from tallystick.signals import shape
from tallystick.stats.intervals import Interval
from tallystick.stats.shortcuts import Audit, Effect, audits

WHOLE, VERSION, EXPERT = AXES = ("all", "rubric_version", "expert")
HERE, ELSEWHERE = SOURCES = ("here", "elsewhere")
PROMPTS_MIN: Final = 40
"""A version or an expert with fewer prompts is not audited apart: errors from so few are too small."""
SEED: Final = 0
FEATURES: Final = (
    "length", "bullets", "headers", "bold", "code", "prompt_repetition", "hedges", "confidence", "refusal",
    "first_position",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferred:
    """One judgment of two candidates. `order` is None for what was judged elsewhere."""

    judgment: str
    item: str
    expert: str
    version: str
    verdict: str
    order: str | None
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The form of an item's candidates, and what its prompt is called: pairs of one prompt are not independent."""

    prompt: str
    first: Form
    second: Form


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What all facts of one audit share."""

    audit: str
    programme: str
    language: str | None
    code_version: str


def audited(rows: Sequence[Preferred], forms: Mapping[str, Measured], head: Head) -> list[ShortcutAudited]:
    """Every group that is large enough, of what was judged here and of what was judged elsewhere, each by itself.

    forms  of the items whose texts are there and in the language that was asked for
    """
    found = []
    for source in SOURCES:
        mine = [row for row in rows if (row.order is not None) == (source == HERE)]
        kept = [row for row in mine if row.item in forms]
        if kept:
            found += list(_source(kept, forms, head, source=source, erased=len(mine) - len(kept)))
    return found


def _source(
    rows: list[Preferred], forms: Mapping[str, Measured], head: Head, *, source: str, erased: int
) -> Iterator[ShortcutAudited]:
    for axis in AXES:
        names = [_name(row, axis) for row in rows]
        large = _large(rows, forms, names) if axis != WHOLE else {""}
        kept = [number for number, name in enumerate(names) if name in large]
        left_out = len(set(names)) - len(large)
        if kept:
            mine, labels = [rows[number] for number in kept], [names[number] for number in kept]
            for name, found in _audits(mine, forms, labels).items():
                own = [row for row, label in zip(mine, labels, strict=True) if label == name]
                yield _fact(
                    found, head, axis=axis, name=name, source=source, left_out=left_out, erased=erased,
                    digest=_digest(own, forms), upto=max(row.seq for row in own),
                )  # fmt: skip


def _name(row: Preferred, axis: str) -> str:
    return {WHOLE: "", VERSION: row.version, EXPERT: row.expert}[axis]


def _large(rows: list[Preferred], forms: Mapping[str, Measured], names: list[str]) -> set[str]:
    prompts: dict[str, set[str]] = {}
    for row, name in zip(rows, names, strict=True):
        if _preferred(row.verdict) is not None:
            prompts.setdefault(name, set()).add(forms[row.item].prompt)
    return {name for name, found in prompts.items() if len(found) >= PROMPTS_MIN}


def _audits(rows: list[Preferred], forms: Mapping[str, Measured], names: list[str]) -> dict[str, Audit]:
    measured = [forms[row.item] for row in rows]
    shown_first = [None if row.order is None else row.order == "AB" for row in rows]
    differences = differences_of([(one.first, one.second) for one in measured], shown_first)
    return audits(
        differences,
        [_preferred(row.verdict) for row in rows],
        [one.prompt for one in measured],
        groups=names,
        seed=SEED,
    )


def _preferred(verdict: str) -> float | None:
    """1 the first candidate of the item, 0 the second, 0.5 a tie, None no preference."""
    return {"a": 1.0, "b": 0.0, "tie": 0.5}.get(shape.direction(verdict) or "")


def _digest(rows: list[Preferred], forms: Mapping[str, Measured]) -> str:
    """Over exactly what was looked at: judgments, verdicts, orders, and what was measured of the texts."""
    told = []
    for row in rows:
        one = forms[row.item]
        told.append([row.judgment, row.verdict, row.order or "", one.prompt, _form(one.first), _form(one.second)])
    return canon.digest_of(told)


def _form(form: Form) -> list[int]:
    words = [form.hedges, form.confident, form.is_refusal]
    counts = [form.characters, form.bullets, form.headers, form.bold, form.code, canon.ppm(form.repetition)]
    return [*counts, *(-1 if word is None else int(word) for word in words)]


def _fact(
    found: Audit, head: Head, *, axis: str, name: str, source: str, left_out: int, erased: int, digest: str, upto: int
) -> ShortcutAudited:
    held = found.held_out
    low, high = _limits(held.interval)
    return ShortcutAudited(
        audit=head.audit, programme=head.programme, axis=axis, name=name, source=source, language=head.language,
        pairs=found.n_pairs, tied=found.n_ties, missing=found.n_missing, prompts=found.n_prompts,
        accuracy_ppm=_ppm(held.accuracy), accuracy_low_ppm=low, accuracy_high_ppm=high,
        accuracy_status=str(held.status), is_flagged=held.is_flagged,
        effects=[_effect(effect) for effect in found.effects], left_out=left_out, erased=erased, inputs_digest=digest,
        upto=upto, code_version=head.code_version, seed=SEED,
    )  # fmt: skip


def _effect(effect: Effect) -> ShortcutEffect:
    (win_low, win_high), (plain_low, plain_high) = _limits(effect.win_interval), _limits(effect.plain_interval)
    return ShortcutEffect(
        feature=effect.feature, status=str(effect.status), unequal=effect.n_unequal,
        spread_ppm=canon.ppm(effect.spread),
        win_ppm=_ppm(effect.win_chance), win_low_ppm=win_low, win_high_ppm=win_high,
        adjusted_ppm=_ppm(effect.adjusted), is_called=effect.is_called, plain_ppm=_ppm(effect.plain_share),
        plain_low_ppm=plain_low, plain_high_ppm=plain_high,
    )  # fmt: skip


def _limits(interval: Interval | None) -> tuple[int | None, int | None]:
    return (None, None) if interval is None else (canon.ppm(interval.low), canon.ppm(interval.high))


def _ppm(value: float | None) -> int | None:
    return None if value is None else canon.ppm(value)

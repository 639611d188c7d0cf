"""Columns of labels as integer codes. Reads arrays or sequences, writes nothing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Label = str | int | float

MISSING = -1
STEP = 1 << 16  # rows at a time: they stay in the processor's cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """A column that its reader has coded already: label `labels[codes[j]]` in row j, -1 where it is missing."""

    codes: Codes
    labels: Sequence[Label | None]

    def __len__(self) -> int:
        return len(self.codes)


Labels = Sequence[Label] | Sequence[Label | None] | NDArray[np.generic] | Coded


class BadRatings(ValueError):
    """The judgments, or what is asked of them, make no sense: the caller must change the input.

    rows  zero-based rows of the input that are at fault, when some are
    """

    def __init__(self, sentence: str, rows: tuple[int, ...] = ()) -> None:
        super().__init__(sentence)
        self.rows = rows


def check_lengths(items: Labels, raters: Labels, values: Labels) -> None:
    """Raises BadRatings unless each judgment has its item, its rater and its value."""
    if not len(items) == len(raters) == len(values):
        raise BadRatings(
            f"Items, raters and values must have one length; found {len(items)}, {len(raters)} and {len(values)}."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Codes into sorted labels, MISSING for None and NaN.

    Integers that lie close together are their own codes, so that no row is sorted or copied; `labels` is then the
    whole range, and `has_gaps` says that some of them may stand in no row. `has_missing` says that a row may have none.
    """

    codes: Codes
    labels: Sequence[Label]
    has_gaps: bool = False
    has_missing: bool = False

    def of(self, keep: NDArray[np.bool_]) -> "Column":
        """The rows to keep, each with a label."""
        return Column(codes=self.codes[keep], labels=self.labels, has_gaps=True)

    def without_gaps(self) -> "Column":
        """The same with exactly the labels that some row has; no row may be without one."""
        if not self.has_gaps:
            return self
        is_used = _used(self.codes, len(self.labels))
        if bool(is_used.all()):
            return Column(codes=self.codes, labels=self.labels)
        places = np.cumsum(is_used) - 1
        return Column(
            codes=places[self.codes], labels=[self.labels[place] for place in np.flatnonzero(is_used).tolist()]
        )


def label_text(label: Label) -> str:
    """One text for one label: 3, 3.0 and "3" are the same category."""
    if isinstance(label, bool | np.bool_):
        return "true" if label else "false"
    if isinstance(label, float) and label.is_integer():
        return str(int(label))
    return str(label)


def label_number(label: Label) -> float | None:
    """The finite number that a label is or spells; None when it is none."""
    try:
        number = float(label)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and not isinstance(label, bool) else None


def encode(labels: Labels) -> Column:
    """A code for each label, in the order of the sorted labels."""
    if isinstance(labels, Coded):
        places, used = _sorted_places(labels.labels)
        return Column(codes=np.append(places, MISSING)[labels.codes], labels=used, has_gaps=True, has_missing=True)
    if isinstance(labels, np.ndarray) and labels.dtype.kind in "iu" and len(labels):
        return _encode_integers(labels.astype(np.int64, copy=False))
    if isinstance(labels, np.ndarray) and labels.dtype.kind == "f":
        present = ~np.isnan(labels)
        distinct, inverse = np.unique(labels[present], return_inverse=True)
        codes = np.full(len(labels), MISSING, dtype=np.int64)
        codes[present] = inverse
        return Column(codes=codes, labels=distinct.tolist(), has_missing=not bool(present.all()))
    if isinstance(labels, np.ndarray) and labels.dtype.kind in "US":
        distinct_text, inverse = np.unique(labels, return_inverse=True)
        return Column(codes=inverse.astype(np.int64), labels=distinct_text.tolist())
    return _encode_sequence(labels.tolist() if isinstance(labels, np.ndarray) else labels)


def dense(codes: Codes) -> tuple[Codes, int]:
    """The same codes without those that nobody has, in the old order; and how many there are."""
    if not len(codes):
        return codes, 0
    column = _encode_integers(codes).without_gaps()
    return column.codes, len(column.labels)


def _encode_integers(labels: Codes) -> Column:
    low, high = _limits(labels)
    if high - low > 4 * len(labels) + 1024:
        distinct, inverse = np.unique(labels, return_inverse=True)
        return Column(codes=inverse.astype(np.int64), labels=distinct.tolist())
    return Column(codes=labels - low if low else labels, labels=range(low, high + 1), has_gaps=True)


def _limits(labels: Codes) -> tuple[int, int]:
    """The lowest and the highest, read once from memory and not twice."""
    steps = [labels[first : first + STEP] for first in range(0, len(labels), STEP)]
    limits = [(int(step.min()), int(step.max())) for step in steps]
    return min(low for low, _ in limits), max(high for _, high in limits)


def _used(codes: Codes, size: int) -> NDArray[np.bool_]:
    """(size,) which codes some row has; a few labels are soon seen, and the rest of the rows need not be read."""
    if size > STEP:
        return np.bincount(codes, minlength=size) > 0
    is_used = np.zeros(size, dtype=np.bool_)
    for first in range(0, len(codes), STEP):
        is_used[codes[first : first + STEP]] = True
        if bool(is_used.all()):
            break
    return is_used


def _encode_sequence(labels: Sequence[Label | None]) -> Column:
    first: dict[Label | None, int] = {}
    numbered = (first.setdefault(label, len(first)) for label in labels)
    codes = np.fromiter(numbered, np.int64, len(labels))
    places, used = _sorted_places(list(first))
    has_missing = len(used) < len(first)
    return Column(codes=places[codes] if len(codes) else codes, labels=used, has_missing=has_missing)


def _sorted_places(distinct: Sequence[Label | None]) -> tuple[Codes, Sequence[Label]]:
    """For each label its place among the sorted ones, MISSING for None and NaN; and the sorted labels."""
    present = [(label, number) for number, label in enumerate(distinct) if label is not None and not _is_nan(label)]
    present.sort(key=lambda pair: _sort_key(pair[0]))
    places = np.full(len(distinct), MISSING, dtype=np.int64)
    places[[number for _, number in present]] = np.arange(len(present))
    return places, [label for label, _ in present]


def _is_nan(label: Label) -> bool:
    return isinstance(label, float) and math.isnan(label)


def _sort_key(label: Label) -> tuple[int, float, str]:
    return (1, 0.0, label) if isinstance(label, str) else (0, label, "")

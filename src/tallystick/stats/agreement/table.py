"""Judgments in long form, coded as integers and checked. Reads arrays or sequences, writes nothing.

Whatever the order of the rows, the same judgments get the same codes, so every number that follows
is the same to the last bit, intervals from a seed included.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Label = str | int | float

MISSING = -1
UNITS_MAX = 4096  # patterns beyond which resampling them costs more than it gives
EXACT_BITS = 53  # a float holds every integer with fewer bits


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


@dataclass(frozen=True, kw_only=True)  # no slots: what is counted once is kept beside the fields
class Ratings:
    """One row per judgment, missing ones left out; no rater answers an item twice.

    item, rater, code  (judgments,) from 0; `code` counts into `categories`
    numbers            (categories,) value of each category; None when the scale has no numbers
    """

    item: Codes
    rater: Codes
    code: Codes
    categories: tuple[str, ...]
    numbers: Floats | None
    raters: tuple[str, ...]
    n_items: int

    def of(self, keep: NDArray[np.bool_]) -> "Ratings":
        """The judgments to keep, items counted anew, raters and categories unchanged."""
        item, labels = _encode_integers(self.item[keep])
        return Ratings(
            item=item,
            rater=self.rater[keep],
            code=self.code[keep],
            categories=self.categories,
            numbers=self.numbers,
            raters=self.raters,
            n_items=len(labels),
        )

    @cached_property
    def judgments_per_item(self) -> Codes:
        """(items,) how many judgments each item has, at least 1."""
        return np.bincount(self.item, minlength=self.n_items).astype(np.int64, copy=False)

    def pairable(self) -> "Ratings":
        """The judgments of items that have two or more."""
        many = self.judgments_per_item >= 2
        return self if bool(many.all()) else self.of(many[self.item])

    @cached_property
    def patterns(self) -> tuple[Floats, Codes] | None:
        """The distinct (patterns, categories) counts and how many items have each.

        None when a pattern has no exact code in a float or when there are too many patterns.
        """
        n_categories = len(self.categories)
        base = int(self.judgments_per_item.max()) + 1
        if n_categories * math.log2(base) >= EXACT_BITS:
            return None
        powers = float(base) ** np.arange(n_categories)
        key = np.bincount(self.item, weights=powers[self.code], minlength=self.n_items)
        distinct, weights = _distinct(key.astype(np.int64), base**n_categories)
        if len(distinct) > UNITS_MAX:
            return None
        counts = distinct[:, None] // powers.astype(np.int64) % base
        return counts.astype(np.float64), weights

    def category_counts(self) -> Codes:
        """(categories,) how often each was chosen."""
        return np.bincount(self.code, minlength=len(self.categories)).astype(np.int64)


def _distinct(key: Codes, limit: int) -> tuple[Codes, Codes]:
    if limit <= len(key) + 1024:
        weights = np.bincount(key, minlength=limit)
        distinct = np.flatnonzero(weights)
        return distinct.astype(np.int64), weights[distinct].astype(np.int64)
    found, counts = np.unique(key, return_counts=True)
    return found, counts.astype(np.int64)


def read_ratings(
    items: Labels,
    raters: Labels,
    values: Labels,
    *,
    categories: Sequence[Label] | None,
    order: str,
) -> Ratings:
    """Code three columns of one length.

    values   None or NaN is a missing judgment
    order    "none": labels only; "ranked": an order is needed, from `categories` or from numbers;
             "numbers": every value must be a number
    raises   BadRatings for columns of different length, missing item or rater, a value outside the
             categories or that is no number where one is needed, two judgments of one rater on one item
    """
    if not len(items) == len(raters) == len(values):
        raise BadRatings(
            f"Items, raters and values must have one length; found {len(items)}, {len(raters)} and {len(values)}."
        )
    code, labels = _encode(values)
    scale_labels, numbers, places = _scale(labels, categories, order, code)
    code = places[code]  # the last place is MISSING, and so is the code of a missing value
    kept = code != MISSING
    item_code, item_labels = _encode(items)
    rater_code, rater_labels = _encode(raters)
    for name, column in (("item", item_code), ("rater", rater_code)):
        if len(column) and int(column.min()) == MISSING:
            row = int(np.flatnonzero(column == MISSING)[0])
            raise BadRatings(f"A judgment has no {name}: every row needs one.", (row,))
    if not bool(kept.all()):
        item_code, item_labels = _recode(item_code[kept], item_labels)
        rater_code, rater_labels = _recode(rater_code[kept], rater_labels)
        code = code[kept]
    _refuse_twice(item_code, rater_code, kept, (item_labels, rater_labels))
    return Ratings(
        item=item_code,
        rater=rater_code,
        code=code,
        categories=scale_labels,
        numbers=numbers,
        raters=tuple(label_text(label) for label in rater_labels),
        n_items=len(item_labels),
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


def _encode(labels: Labels) -> tuple[Codes, Sequence[Label]]:
    """A code for each label, in the order of the sorted labels; MISSING for None and NaN."""
    if isinstance(labels, Coded):
        places, used = _sorted_places(labels.labels)
        return np.append(places, MISSING)[labels.codes], used
    if isinstance(labels, np.ndarray) and labels.dtype.kind in "iu" and len(labels):
        return _encode_integers(labels.astype(np.int64, copy=False))
    if isinstance(labels, np.ndarray) and labels.dtype.kind == "f":
        present = ~np.isnan(labels)
        distinct, inverse = np.unique(labels[present], return_inverse=True)
        codes = np.full(len(labels), MISSING, dtype=np.int64)
        codes[present] = inverse
        return codes, distinct.tolist()
    if isinstance(labels, np.ndarray) and labels.dtype.kind in "US":
        distinct_text, inverse = np.unique(labels, return_inverse=True)
        return inverse.astype(np.int64), distinct_text.tolist()
    return _encode_sequence(labels.tolist() if isinstance(labels, np.ndarray) else labels)


def _encode_integers(labels: Codes) -> tuple[Codes, Sequence[int]]:
    """The same without sorting when the integers lie close together, as ids do."""
    if not len(labels):
        return labels, []
    low, high = int(labels.min()), int(labels.max())
    if high - low > 4 * len(labels) + 1024:
        distinct, inverse = np.unique(labels, return_inverse=True)
        return inverse.astype(np.int64), distinct.tolist()
    shifted = labels - low if low else labels
    is_used = np.bincount(shifted, minlength=high - low + 1) > 0
    if bool(is_used.all()):
        return shifted, range(low, high + 1)
    places = np.cumsum(is_used) - 1
    return places[shifted], (np.flatnonzero(is_used) + low).tolist()


def _encode_sequence(labels: Sequence[Label | None]) -> tuple[Codes, Sequence[Label]]:
    first: dict[Label | None, int] = {}
    numbered = (first.setdefault(label, len(first)) for label in labels)
    codes = np.fromiter(numbered, np.int64, len(labels))
    places, used = _sorted_places(list(first))
    return (places[codes] if len(codes) else codes), used


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


def _recode(codes: Codes, labels: Sequence[Label]) -> tuple[Codes, Sequence[Label]]:
    """Leave out labels that no row has any more."""
    used = np.bincount(codes, minlength=len(labels)) > 0
    return (np.cumsum(used) - 1)[codes], [labels[place] for place in np.flatnonzero(used).tolist()]


def _scale(
    labels: Sequence[Label], categories: Sequence[Label] | None, order: str, code: Codes
) -> tuple[tuple[str, ...], Floats | None, Codes]:
    """The categories, their numbers, and for each label its place among them.

    The places end with MISSING, so that the code -1 of a missing value finds it.
    """
    given = list(labels if categories is None else categories)
    numbers = [label_number(label) for label in given]
    found = [label_number(label) for label in labels]
    if order == "none" or (order == "ranked" and categories is not None):
        keys: list[float | str] = [label_text(label) for label in given]
        wanted: list[float | str] = [label_text(label) for label in labels]
    else:
        _refuse_words(labels, found, code, order)
        _refuse_words(given, numbers, None, order)
        keys = sorted({number for number in numbers if number is not None})
        wanted = [number for number in found if number is not None]
    if categories is not None and len(set(keys)) != len(given):
        raise BadRatings(f"A category is named twice in {[label_text(one) for one in given]}.")
    keys = list(dict.fromkeys(keys))
    place = {key: number for number, key in enumerate(keys)}
    for number, key in enumerate(wanted):
        if key not in place:
            names = ", ".join(label_text(key) for key in keys)
            row = int(np.flatnonzero(code == number)[0])
            raise BadRatings(
                f"The value {label_text(key)!r} is none of the categories {names}:"
                " correct the row or name the category.",
                (row,),
            )
    places = np.array([*(place[key] for key in wanted), MISSING], dtype=np.int64)
    parsed = [label_number(key) for key in keys]
    values = [number for number in parsed if number is not None]
    whole = np.array(values, dtype=np.float64) if len(values) == len(keys) else None
    return tuple(label_text(key) for key in keys), whole, places


def _refuse_words(labels: Sequence[Label], numbers: Sequence[float | None], code: Codes | None, order: str) -> None:
    for place, (label, number) in enumerate(zip(labels, numbers, strict=True)):
        if number is not None:
            continue
        rows = () if code is None else (int(np.flatnonzero(code == place)[0]),)
        if order == "ranked":
            raise BadRatings(
                f"The value {label_text(label)!r} is no number, so the order of the categories is"
                " not known: name all categories from lowest to highest.",
                rows,
            )
        raise BadRatings(
            f"The value {label_text(label)!r} is no finite number, and this measure needs numbers:"
            " correct the row, leave the value empty, or choose the level nominal.",
            rows,
        )


def _refuse_twice(
    item: Codes,
    rater: Codes,
    kept: NDArray[np.bool_],
    labels: tuple[Sequence[Label], Sequence[Label]],
) -> None:
    """Raise for two judgments by one rater on one item: which one counts is not ours to choose."""
    if not len(item):
        return
    n_raters = len(labels[1])
    key = item * n_raters + rater
    cells = len(labels[0]) * n_raters
    if cells <= 4 * len(item) + 1024:
        is_twice = int(np.bincount(key).max()) > 1
    else:
        ordered = np.sort(key)
        is_twice = bool((ordered[1:] == ordered[:-1]).any())
    if is_twice:
        _raise_twice(key, kept, labels)


def _raise_twice(key: Codes, kept: NDArray[np.bool_], labels: tuple[Sequence[Label], Sequence[Label]]) -> NoReturn:
    order = np.argsort(key, kind="stable")
    place = int(np.flatnonzero(key[order][1:] == key[order][:-1])[0])
    rows = np.flatnonzero(kept)[order[place : place + 2]]
    item, rater = divmod(int(key[order[place]]), len(labels[1]))
    raise BadRatings(
        f"Rater {label_text(labels[1][rater])!r} judged item {label_text(labels[0][item])!r} more"
        " than once: keep one judgment, or give a repeated judgment a rater name of its own.",
        tuple(int(row) for row in rows),
    )

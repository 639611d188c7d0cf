"""Judgments in long form, coded as integers and checked. Reads arrays or sequences, writes nothing.

Whatever the order of the rows, the same judgments get the same codes, so every number that follows
is the same to the last bit, intervals from a seed included.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NoReturn

import numpy as np

from tallystick.stats.agreement.columns import (
    MISSING,
    BadRatings,
    Codes,
    Column,
    Floats,
    Label,
    Labels,
    check_lengths,
    encode,
    label_number,
    label_text,
)
from tallystick.stats.agreement.rows import LABELS_MAX, Flags, Patterns, Rows, scan
from tallystick.stats.agreement.scale import set_label, set_members

__all__ = ["BadRatings", "Codes", "Floats", "Label", "Labels", "Ratings", "Table", "read_ratings", "read_table"]


@dataclass(frozen=True, kw_only=True)  # no slots: what is counted once is kept beside the fields
class Ratings:
    """The judgments of a table on one scale; no rater answers an item twice.

    places      (labels,) the category of each label of the rows
    numbers     (categories,) value of each category; None when the scale has no numbers
    is_pairable whether only items with two judgments or more are meant
    """

    rows: Rows
    places: Codes
    categories: tuple[str, ...]
    numbers: Floats | None
    raters: tuple[str, ...]
    is_pairable: bool = False

    @cached_property
    def chosen(self) -> Rows:
        """The rows that are meant: all, or those of items with two judgments or more."""
        return self.rows.pairable if self.is_pairable and self.n_items < self.rows.n_items else self.rows

    @property
    def item(self) -> Codes:
        """(judgments,) items from 0."""
        return self.chosen.item

    @property
    def rater(self) -> Codes:
        """(judgments,) raters, which count into `raters`."""
        return self.chosen.rater

    @cached_property
    def code(self) -> Codes:
        """(judgments,) categories, which count into `categories`."""
        is_same = bool((self.places == np.arange(len(self.places))).all())
        return self.chosen.code if is_same else self.places[self.chosen.code]

    @property
    def cluster(self) -> Codes | None:
        """(items,) the cluster of each item; None when every item stands for itself."""
        return self.chosen.cluster

    @property
    def n_clusters(self) -> int:
        """How many clusters the whole table has."""
        return self.rows.n_clusters

    @cached_property
    def n_items(self) -> int:
        """How many items are meant."""
        if not self.is_pairable:
            return self.rows.n_items
        if self.rows.patterns is not None:
            counts, weights = self.rows.patterns
            return int(weights[counts.sum(axis=1) >= 2].sum())
        return int(np.count_nonzero(self.rows.judgments_per_item >= 2))

    @cached_property
    def n_judgments(self) -> int:
        """How many judgments are meant."""
        return int(self.category_counts.sum())

    @cached_property
    def judgments_per_item(self) -> Codes:
        """(items,) how many judgments each item has, at least 1."""
        return self.chosen.judgments_per_item

    @cached_property
    def patterns(self) -> Patterns | None:
        """The distinct (patterns, categories) counts and how many items have each; None for too many."""
        if self.rows.patterns is None:
            return None
        counts, weights = self.rows.patterns
        if self.is_pairable and self.n_items < self.rows.n_items:
            is_meant = counts.sum(axis=1) >= 2
            counts, weights = counts[is_meant], weights[is_meant]
        size = len(self.categories)
        is_used = self.places != MISSING
        if size == len(self.places) and bool((self.places == np.arange(size)).all()):
            return counts, weights
        by_category = np.zeros((len(counts), size))
        np.add.at(by_category.T, self.places[is_used], counts.T[is_used])
        # In the order of the digits of a scan, the last category first, so that the same draws follow for any column.
        distinct, place = np.unique(by_category[:, ::-1], axis=0, return_inverse=True)
        return distinct[:, ::-1], np.bincount(place.ravel(), weights=weights).astype(np.int64)

    @cached_property
    def category_counts(self) -> Codes:
        """(categories,) how often each was chosen."""
        if self.patterns is not None:
            counts, weights = self.patterns
            return np.rint(weights @ counts).astype(np.int64)
        return np.bincount(self.code, minlength=len(self.categories)).astype(np.int64)

    @cached_property
    def is_constant(self) -> bool:
        """Whether all judgments that are meant are the same."""
        return int(np.count_nonzero(self.category_counts)) < 2

    @cached_property
    def pairable(self) -> "Ratings":
        """The judgments of items that have two or more."""
        return self if self.is_pairable else self._with(self.rows, is_pairable=True)

    def of(self, keep: Flags) -> "Ratings":
        """The judgments to keep, items counted anew, raters, clusters and categories unchanged."""
        return self._with(self.chosen.of(keep), is_pairable=False)

    def _with(self, rows: Rows, *, is_pairable: bool) -> "Ratings":
        return Ratings(
            rows=rows,
            places=self.places,
            categories=self.categories,
            numbers=self.numbers,
            raters=self.raters,
            is_pairable=is_pairable,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Three columns, coded and checked once for all that is asked of them.

    kept  which rows of the input have a value; None when all have
    """

    rows: Rows
    labels: Sequence[Label]
    raters: tuple[str, ...]
    kept: Flags | None

    def on(self, categories: Sequence[Label] | None, order: str) -> Ratings:
        """The judgments on a scale.

        order   "none": labels only; "ranked": an order is needed, from `categories` or from numbers;
                "numbers": every value must be a number; "sets": a value names the members of a set, as set_label does
        raises  BadRatings for a value outside the categories or that is no number where one is needed
        """
        used = np.flatnonzero(self.rows.label_counts)
        labels = [self.labels[place] for place in used.tolist()]
        names, numbers, found = _scale(self, labels, categories, order)
        places = np.full(len(self.labels), MISSING, dtype=np.int64)
        places[used] = found
        return Ratings(rows=self.rows, places=places, categories=names, numbers=numbers, raters=self.raters)

    def row_of(self, label: Label) -> tuple[int]:
        """The first row of the input with a label."""
        place = int(np.flatnonzero(self.rows.code == self.labels.index(label))[0])
        return (place if self.kept is None else int(np.flatnonzero(self.kept)[place]),)


def read_table(items: Labels, raters: Labels, values: Labels, *, clusters: Labels | None = None) -> Table:
    """Code three columns of one length, and the clusters that items belong to.

    values   None or NaN is a missing judgment
    raises   BadRatings for columns of different length, missing item or rater, two judgments of one rater on one
             item, an item in two clusters or in none
    """
    check_lengths(items, raters, values)
    value, item, rater = encode(values), encode(items), encode(raters)
    _refuse_missing("item", item)
    _refuse_missing("rater", rater)
    cluster = None if clusters is None else _read_clusters(clusters, len(items))
    kept = value.codes != MISSING if value.has_missing else None
    if kept is not None and not bool(kept.all()):
        value, item, rater = value.of(kept), item.of(kept), rater.of(kept)
        cluster = None if cluster is None else cluster.of(kept)
    else:
        kept = None
    return _checked((item, rater, value), cluster, kept)


def _checked(columns: tuple[Column, Column, Column], cluster: Column | None, kept: Flags | None) -> Table:
    item, rater, value = columns
    rater = rater.without_gaps()
    if len(item.labels) > len(item.codes) or cluster is not None:
        item = item.without_gaps()
    if len(value.labels) > LABELS_MAX:
        value = value.without_gaps()
    codes = (item.codes, rater.codes, value.codes)
    found = scan(codes, (len(item.labels), len(rater.labels), len(value.labels)))
    if found is None:
        item = item.without_gaps()
        codes = (item.codes, rater.codes, value.codes)
    suspects = None if found is None else found.suspects
    _refuse_twice((item, rater), suspects, kept)
    of_item, n_clusters = _clusters_of(item, cluster)
    rows = Rows(
        raw_item=item.codes,
        rater=rater.codes,
        code=value.codes,
        n_items=len(item.labels) if found is None else found.n_items,
        n_raters=len(rater.labels),
        n_labels=len(value.labels),
        is_item=None if found is None else found.is_item,
        scanned=found,
        cluster=of_item,
        n_clusters=n_clusters,
    )
    raters = tuple(label_text(label) for label in rater.labels)
    return Table(rows=rows, labels=value.labels, raters=raters, kept=kept)


def read_ratings(
    items: Labels,
    raters: Labels,
    values: Labels,
    *,
    categories: Sequence[Label] | None,
    order: str,
) -> Ratings:
    """The judgments of three columns on a scale: `read_table` and `Table.on` in one."""
    return read_table(items, raters, values).on(categories, order)


def _read_clusters(clusters: Labels, n_rows: int) -> Column:
    if len(clusters) != n_rows:
        raise BadRatings(f"Clusters must be one for each row; found {len(clusters)} for {n_rows} rows.")
    cluster = encode(clusters)
    _refuse_missing("cluster", cluster)
    return cluster


def _clusters_of(item: Column, cluster: Column | None) -> tuple[Codes | None, int]:
    """The cluster of each item, and how many clusters there are."""
    if cluster is None:
        return None, 0
    cluster = cluster.without_gaps()
    of_item = np.zeros(len(item.labels), dtype=np.int64)
    of_item[item.codes] = cluster.codes
    torn = np.flatnonzero(of_item[item.codes] != cluster.codes)
    if len(torn):
        row = int(torn[0])
        raise BadRatings(
            f"Item {label_text(item.labels[int(item.codes[row])])!r} stands in two clusters: an item belongs to one.",
            (row,),
        )
    return of_item, len(cluster.labels)


def _refuse_missing(name: str, column: Column) -> None:
    if not column.has_missing:
        return
    without = np.flatnonzero(column.codes == MISSING)
    if len(without):
        raise BadRatings(f"A judgment has no {name}: every row needs one.", (int(without[0]),))


def _scale(
    table: Table, labels: Sequence[Label], categories: Sequence[Label] | None, order: str
) -> tuple[tuple[str, ...], Floats | None, Codes]:
    """The categories, their numbers, and for each of the labels its place among them."""
    given = list(labels if categories is None else categories)
    numbers = [label_number(label) for label in given]
    found = [label_number(label) for label in labels]
    if order == "sets":
        keys: list[float | str] = [set_label(set_members(label_text(label))) for label in given]
        wanted: list[float | str] = [set_label(set_members(label_text(label))) for label in labels]
        keys = sorted(set(keys), key=str) if categories is None else keys
    elif order == "none" or (order == "ranked" and categories is not None):
        keys = [label_text(label) for label in given]
        wanted = [label_text(label) for label in labels]
    else:
        _refuse_words(labels, found, table, order)
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
            raise BadRatings(
                f"The value {label_text(key)!r} is none of the categories {names}:"
                " correct the row or name the category.",
                table.row_of(labels[number]),
            )
    places = np.array([place[key] for key in wanted], dtype=np.int64)
    parsed = [label_number(key) for key in keys]
    values = [number for number in parsed if number is not None]
    whole = np.array(values, dtype=np.float64) if len(values) == len(keys) else None
    return tuple(label_text(key) for key in keys), whole, places


def _refuse_words(labels: Sequence[Label], numbers: Sequence[float | None], table: Table | None, order: str) -> None:
    for label, number in zip(labels, numbers, strict=True):
        if number is not None:
            continue
        rows = () if table is None else table.row_of(label)
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


def _refuse_twice(columns: tuple[Column, Column], suspects: Codes | None, kept: Flags | None) -> None:
    """Raise for two judgments by one rater on one item: which one counts is not ours to choose.

    suspects  the rows that may be such; None when any may
    """
    item, rater = columns
    n_raters = len(rater.labels)
    rows = slice(None) if suspects is None else suspects
    ordered = np.sort(item.codes[rows] * n_raters + rater.codes[rows])
    if bool((ordered[1:] == ordered[:-1]).any()):
        _raise_twice(item.codes * n_raters + rater.codes, (item, rater), kept)


def _raise_twice(key: Codes, columns: tuple[Column, Column], kept: Flags | None) -> NoReturn:
    item, rater = columns
    order = np.argsort(key, kind="stable")
    place = int(np.flatnonzero(key[order][1:] == key[order][:-1])[0])
    rows = order[place : place + 2]
    if kept is not None:
        rows = np.flatnonzero(kept)[rows]
    item_code, rater_code = divmod(int(key[order[place]]), len(rater.labels))
    raise BadRatings(
        f"Rater {label_text(rater.labels[rater_code])!r} judged item {label_text(item.labels[item_code])!r} more"
        " than once: keep one judgment, or give a repeated judgment a rater name of its own.",
        tuple(int(row) for row in rows),
    )

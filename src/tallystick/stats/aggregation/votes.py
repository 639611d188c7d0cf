"""Judgments laid out for aggregation: checked, sorted, one slot per judgment of an item. Reads columns, writes nothing.

Models go over all judgments at every step, so the layout decides their speed. Items stand in order of how many
judgments they have, most first; slot s holds the s-th judgment of every item that has one. Then a sum over the
judgments of each item is one addition of two columns per slot, without a scatter. The order inside is that of items,
raters and answers, never that of the rows: the same judgments in any order give the same numbers to the last bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

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
    label_text,
)

SLOTS_MAX = 64  # judgments of an item beyond these are summed by a scatter
CELLS_MAX = 50_000_000  # floats in the largest table of a model: 400 MB
TINY = 1e-300


@dataclass(frozen=True, kw_only=True)  # no slots: what is counted once is kept beside the fields
class Votes:
    """One entry per judgment, missing ones left out.

    items       the labels of items with a judgment, sorted
    unjudged    how many items have none: no method can say anything of them
    categories  the whole scale
    used        (used,) places in the scale of the categories that somebody chose
    column      (items,) the place of each item in the layout
    at          (judgments,) the column of the item of each judgment, slot after slot
    rater       (judgments,)
    code        (judgments,) into `used`
    slots       where each slot begins and ends; slot s covers the columns 0 to its length
    """

    items: Sequence[Label]
    unjudged: int
    missing: int
    raters: tuple[str, ...]
    categories: tuple[str, ...]
    used: Codes
    column: Codes
    at: Codes
    rater: Codes
    code: Codes
    slots: tuple[tuple[int, int], ...]
    has_overlap: bool
    lonely: tuple[str, ...]

    @property
    def n_judgments(self) -> int:
        """How many judgments count."""
        return len(self.code)

    @property
    def n_cells(self) -> int:
        """Raters times used categories."""
        return len(self.raters) * len(self.used)

    @cached_property
    def cell(self) -> Codes:
        """(judgments,) rater and answer as one number."""
        return self.rater * len(self.used) + self.code

    @cached_property
    def spot(self) -> Codes:
        """(judgments,) answer and item as one number: a place in a (used, items) table."""
        return self.code * len(self.items) + self.at

    @cached_property
    def per_rater(self) -> Floats:
        """(raters,) how many judgments each gave."""
        return np.bincount(self.rater, minlength=len(self.raters)).astype(np.float64)

    @cached_property
    def per_cell(self) -> Floats:
        """(raters, used) how often each rater gave each answer."""
        counts = np.bincount(self.cell, minlength=self.n_cells).astype(np.float64)
        return counts.reshape(len(self.raters), -1)

    @cached_property
    def counts(self) -> Floats:
        """(used, items in columns) how often each answer was given to each item."""
        size = len(self.used) * len(self.items)
        return np.bincount(self.spot, minlength=size).astype(np.float64).reshape(len(self.used), -1)

    @property
    def shares(self) -> Floats:
        """(used, items in columns) the share of each answer: where every model begins."""
        shares: Floats = self.counts / self.counts.sum(axis=0)
        return shares

    def summed(self, table: Floats, out: Floats) -> Floats:
        """out[k, i] = the sum of table[k, cell] over the judgments of item i.

        table  (used, cells), contiguous
        out    (used, items), overwritten
        """
        end = self.slots[-1][1]
        for row, sums in zip(table, out, strict=True):
            taken = row.take(self.cell, mode="clip")
            for number, (start, stop) in enumerate(self.slots):
                if number:
                    sums[: stop - start] += taken[start:stop]
                else:
                    sums[:] = taken[start:stop]
            if end < len(taken):
                rest = sums_by(self.at[end:], taken[end:], 0)
                sums[: len(rest)] += rest
        return out

    def spread(self, values: Floats, out: Floats) -> Floats:
        """(items,) values as one per judgment, written into out (judgments,)."""
        for start, stop in self.slots:
            out[start:stop] = values[: stop - start]
        end = self.slots[-1][1]
        if end < len(out):
            out[end:] = values[self.at[end:]]
        return out

    def by_item(self, table: Floats) -> Floats:
        """(used, items in columns) as (items, categories) in the order of `items`, 0 for unused categories."""
        whole = np.zeros((len(self.items), len(self.categories)))
        whole[:, self.used] = table.T[self.column]
        return whole


def read_votes(
    items: Labels, raters: Labels, values: Labels, *, categories: Sequence[Label] | None, may_repeat: bool
) -> Votes:
    """Code and lay out three columns of one length.

    values      None or NaN is a missing judgment
    categories  the whole scale; without it the scale is what was observed
    may_repeat  whether a rater may judge an item more than once; each judgment then counts by itself
    raises      BadRatings for columns of different length, a row without item or rater, a value outside the
                categories, and two judgments of one rater on one item unless they may repeat
    """
    check_lengths(items, raters, values)
    answer = encode(values)
    names, places = read_scale(answer, categories)
    kept = np.flatnonzero(answer.codes != MISSING)
    code = places[answer.codes[kept]]
    columns = {"item": encode(items), "rater": encode(raters)}
    for name, column in columns.items():
        if len(column.codes) and int(column.codes.min()) == MISSING:
            row = int(np.flatnonzero(column.codes == MISSING)[0])
            raise BadRatings(f"A judgment has no {name}: every row needs one.", (row,))
    whole = columns["item"].without_gaps()
    item = _of_rows(whole, kept)
    rater = _of_rows(columns["rater"], kept)
    order = _order(item, rater, code, len(names))
    if not may_repeat:
        _refuse_twice(item, rater, kept, order)
    return _laid_out(
        item,
        rater,
        code,
        order,
        names=names,
        unjudged=len(whole.labels) - len(item.labels),
        missing=len(values) - len(kept),
    )


def read_scale(answer: Column, categories: Sequence[Label] | None) -> tuple[tuple[str, ...], Codes]:
    """The names of the scale, and for each label of the answers its place in it. Raises BadRatings."""
    texts = [label_text(label) for label in answer.labels]
    if categories is None:
        is_used = np.bincount(answer.codes[answer.codes != MISSING], minlength=len(texts)) > 0
        names = tuple(dict.fromkeys(text for text, used in zip(texts, is_used, strict=True) if used))
    else:
        names = tuple(label_text(label) for label in categories)
        if len(set(names)) != len(names):
            raise BadRatings(f"A category is named twice in {list(names)}.")
    place = {name: number for number, name in enumerate(names)}
    places = np.array([place.get(text, MISSING) for text in texts], dtype=np.int64)
    known = np.append(places, 0)[answer.codes]  # a missing answer, -1, finds the last
    strange = np.flatnonzero(known == MISSING)
    if len(strange):
        row = int(strange[0])
        raise BadRatings(
            f"The value {texts[answer.codes[row]]!r} is none of the categories {', '.join(names)}:"
            " correct the row or name the category.",
            (row,),
        )
    return names, places


def _of_rows(column: Column, rows: Codes) -> Column:
    """The column of some of its rows, without labels that none of them has."""
    return Column(codes=column.codes[rows], labels=column.labels, has_gaps=True).without_gaps()


def _order(item: Column, rater: Column, code: Codes, n_codes: int) -> Codes:
    """The judgments by item, then rater, then answer."""
    wide = max(len(item.labels), 1) * max(len(rater.labels), 1) * max(n_codes, 1)
    if wide < 2**62:
        key = (item.codes * len(rater.labels) + rater.codes) * n_codes + code
        return np.argsort(key, kind="stable")
    return np.lexsort((code, rater.codes, item.codes))


def _refuse_twice(item: Column, rater: Column, kept: Codes, order: Codes) -> None:
    """Raise for two judgments by one rater on one item: which one counts is not ours to choose."""
    items, raters = item.codes[order], rater.codes[order]
    twice = np.flatnonzero((items[1:] == items[:-1]) & (raters[1:] == raters[:-1]))
    if len(twice):
        place = int(twice[0])
        raise BadRatings(
            f"Rater {label_text(rater.labels[raters[place]])!r} judged item {label_text(item.labels[items[place]])!r}"
            " more than once: keep one judgment, give a repeated judgment a rater name of its own, or say that"
            " repeated judgments count.",
            tuple(sorted(int(row) for row in kept[order[place : place + 2]])),
        )


def _laid_out(
    item: Column, rater: Column, code: Codes, order: Codes, *, names: tuple[str, ...], unjudged: int, missing: int
) -> Votes:
    items, raters, codes = item.codes[order], rater.codes[order], code[order]
    many = np.bincount(items, minlength=len(item.labels))
    first = np.cumsum(many) - many
    by_size = np.argsort(-many, kind="stable")
    column = np.empty_like(by_size)
    column[by_size] = np.arange(len(by_size))
    depth = min(int(many.max()) if len(many) else 0, SLOTS_MAX)
    sizes = [int(np.count_nonzero(many > slot)) for slot in range(depth)]
    picked = [first[by_size[:size]] + slot for slot, size in enumerate(sizes)]
    within = np.arange(len(items)) - first[items] if len(items) else items
    rows = np.concatenate([*picked, np.flatnonzero(within >= SLOTS_MAX)]).astype(np.int64)
    ends = np.cumsum([0, *sizes]).tolist()
    used = np.flatnonzero(np.bincount(codes, minlength=len(names)))
    renumbered = np.full(len(names) + 1, MISSING, dtype=np.int64)
    renumbered[used] = np.arange(len(used))
    is_new = np.ones(len(items), dtype=np.bool_)
    is_new[1:] = (items[1:] != items[:-1]) | (raters[1:] != raters[:-1])
    company = np.bincount(items[is_new], minlength=len(item.labels)) > 1
    met = np.bincount(raters, weights=company[items], minlength=len(rater.labels)) > 0
    texts = tuple(label_text(label) for label in rater.labels)
    return Votes(
        items=item.labels,
        unjudged=unjudged,
        missing=missing,
        raters=texts,
        categories=names,
        used=used,
        column=column,
        at=column[items[rows]],
        rater=raters[rows],
        code=renumbered[codes[rows]],
        slots=tuple(pairwise(ends)),
        has_overlap=bool(company.any()),
        lonely=tuple(texts[place] for place in np.flatnonzero(~met)),
    )


def sums_by(owner: Codes, weights: Floats, size: int) -> Floats:
    """(size,) the sum of the weights of each owner; sums of none are 0."""
    return np.bincount(owner, weights=weights, minlength=size).astype(np.float64, copy=False)


def softmax(scores: Floats) -> float:
    """Turn (used, items) logarithms into shares of each item, in place; the sum over items of the log of their totals.

    -inf is a share of 0; each item needs one finite score.
    """
    top = scores.max(axis=0)
    scores -= top
    np.exp(scores, out=scores)
    totals = scores.sum(axis=0)
    scores /= totals
    return float(top.sum() + np.log(totals).sum())


def safe_log(shares: Floats) -> Floats:
    """The logarithm, -inf for 0 without a warning."""
    return np.log(shares, out=np.full_like(shares, -np.inf), where=shares > 0)

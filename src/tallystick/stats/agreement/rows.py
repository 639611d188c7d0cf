"""Judgments as rows of codes, and how many items have which answers. Reads codes, writes nothing.

Ten million rows take a tenth of a second each time that something is looked up for every one of them, so there is
one pass that answers three questions at once: how often each item got each label, whether a rater answered an item
twice, and which items have no judgment. It adds one 64-bit number per row to its item: four bits for each label,
which count, and above them one bit for the rater. Counts that outgrow their four bits show in the total; two raters
on one bit show in the number of bits, and only such items are looked at again.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tallystick.stats.agreement.columns import STEP, Codes, Floats, dense

Words = NDArray[np.uint64]
Flags = NDArray[np.bool_]
Patterns = tuple[Floats, Codes]

UNITS_MAX = 4096  # patterns beyond which resampling them costs more than it gives
EXACT_BITS = 53  # a float holds every integer with fewer bits
DIGIT_BITS = 4
LABELS_MAX = 12  # labels whose counts leave at least sixteen bits for raters
TABLE_BITS = 20  # of a histogram that is a table and needs no sorting


@dataclass(frozen=True, kw_only=True)  # no slots: what is computed once is kept beside the fields
class Rows:
    """Judgments as codes: row j says that `rater[j]` gave `raw_item[j]` the label `code[j]`.

    raw_item   codes of items, perhaps with gaps; `item` has none
    is_item    which raw items have a judgment; None when all have
    scanned    what the one pass found, if it was made; `patterns` finds them otherwise
    cluster    (items,) the cluster of each item, from 0; None when every item stands for itself
    """

    raw_item: Codes
    rater: Codes
    code: Codes
    n_items: int
    n_raters: int
    n_labels: int
    is_item: Flags | None = None
    scanned: "Scan | None" = None
    cluster: Codes | None = None
    n_clusters: int = 0

    @cached_property
    def item(self) -> Codes:
        """(judgments,) codes of items from 0, each with a judgment."""
        if self.is_item is None:
            return self.raw_item
        return (np.cumsum(self.is_item) - 1)[self.raw_item]

    @cached_property
    def judgments_per_item(self) -> Codes:
        """(items,) how many judgments each item has, at least 1."""
        return np.bincount(self.item, minlength=self.n_items).astype(np.int64, copy=False)

    @cached_property
    def patterns(self) -> Patterns | None:
        """Distinct (patterns, labels) counts of an item and how many items have each; None for too many."""
        if self.scanned is not None:
            return self.scanned.patterns
        return _slow_patterns(self.item, self.code, self.n_items, self.n_labels)

    @cached_property
    def label_counts(self) -> Codes:
        """(labels,) how often each label was given."""
        if self.patterns is not None:
            counts, weights = self.patterns
            return (weights @ counts.astype(np.int64)).astype(np.int64)
        return np.bincount(self.code, minlength=self.n_labels).astype(np.int64)

    @cached_property
    def pairable(self) -> "Rows":
        """The judgments of items that have two or more."""
        many = self.judgments_per_item >= 2
        return self if bool(many.all()) else self.of(many[self.item])

    def of(self, keep: Flags) -> "Rows":
        """The judgments to keep; items counted anew, raters, labels and clusters unchanged."""
        item, n_items = dense(self.item[keep])
        cluster = self.cluster
        if cluster is not None:
            is_kept = np.zeros(self.n_items, dtype=np.bool_)
            is_kept[self.item[keep]] = True
            cluster = cluster[is_kept]
        return Rows(
            raw_item=item,
            rater=self.rater[keep],
            code=self.code[keep],
            n_items=n_items,
            n_raters=self.n_raters,
            n_labels=self.n_labels,
            cluster=cluster,
            n_clusters=self.n_clusters,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What the one pass found.

    is_item   which raw items have a judgment; None when all have
    suspects  rows that may repeat a rater on an item; all other rows do not
    """

    patterns: Patterns | None
    n_items: int
    is_item: Flags | None
    suspects: Codes


def scan(columns: tuple[Codes, Codes, Codes], sizes: tuple[int, int, int]) -> Scan | None:
    """The one pass over (item, rater, code), codes below their sizes; None when four bits a label do not do.

    There may be items without rows, but not without rows to speak of: the sums take eight bytes for each.
    """
    item = columns[0]
    n_raw, n_raters, n_labels = sizes
    if n_labels > LABELS_MAX or not len(item):
        return None
    count_bits = DIGIT_BITS * n_labels
    sums = _summed(columns, count_bits=count_bits, n_raters=n_raters, n_raw=n_raw)
    mask = np.uint64((1 << count_bits) - 1)
    is_suspect = np.empty(n_raw, dtype=np.bool_)
    n_counted = n_items = 0
    for first in range(0, n_raw, STEP):
        part = sums[first : first + STEP]
        given = _digit_sums(part & mask)
        n_counted += int(given.sum())
        n_items += int(np.count_nonzero(given))
        is_suspect[first : first + STEP] = np.bitwise_count(part >> np.uint64(count_bits)) != given
        part &= mask
    if n_counted != len(item):
        return None
    is_item = sums != 0 if n_items < n_raw else None
    found, weights = _histogram(sums, count_bits)
    if is_item is not None:
        found, weights = found[found != 0], weights[found != 0]
    patterns = None
    if len(found) <= UNITS_MAX:
        shifts = np.arange(n_labels, dtype=np.uint64) * np.uint64(DIGIT_BITS)
        patterns = ((found[:, None] >> shifts) & np.uint64(15)).astype(np.float64), weights
    suspects = _rows_of(item, is_suspect) if bool(is_suspect.any()) else np.zeros(0, dtype=np.int64)
    return Scan(patterns=patterns, n_items=n_items, is_item=is_item, suspects=suspects)


def _summed(columns: tuple[Codes, Codes, Codes], *, count_bits: int, n_raters: int, n_raw: int) -> Words:
    item, rater, code = columns
    room = 64 - count_bits
    bit = np.arange(n_raters)
    if n_raters > room:
        # A fixed shuffle: raters are often dealt out in steps, and a step that fits `room` would put them on one bit.
        bit = np.random.default_rng(0).permutation(n_raters) % room
    of_rater = np.uint64(1) << (bit + count_bits).astype(np.uint64)
    one, to_bits = np.uint64(1), np.uint64(2)  # a label's first bit is four times its place
    sums = np.zeros(n_raw, dtype=np.uint64)
    for first in range(0, len(item), STEP):
        rows = slice(first, first + STEP)
        words = one << (code[rows].view(np.uint64) << to_bits)
        words += np.take(of_rater, rater[rows], mode="clip")  # no code is outside, and "clip" need not look
        np.add.at(sums, item[rows], words)
    return sums


def _digit_sums(words: Words) -> Codes:
    """The sum of the sixteen four-bit digits of each word, as long as it is below 256."""
    low = np.uint64(0x0F0F0F0F0F0F0F0F)
    pairs = (words & low) + ((words >> np.uint64(4)) & low)
    return ((pairs * np.uint64(0x0101010101010101)) >> np.uint64(56)).astype(np.int64)


def _histogram(words: Words, bits: int) -> tuple[Words, Codes]:
    if bits <= TABLE_BITS and (1 << bits) <= 4 * len(words):
        table = np.bincount(words.view(np.int64))
        found = np.flatnonzero(table)
        return found.astype(np.uint64), table[found].astype(np.int64)
    distinct, counts = np.unique(words, return_counts=True)
    return distinct, counts.astype(np.int64)


def _rows_of(item: Codes, is_suspect: Flags) -> Codes:
    steps = range(0, len(item), STEP)
    return np.concatenate([np.flatnonzero(np.take(is_suspect, item[first : first + STEP])) + first for first in steps])


def _slow_patterns(item: Codes, code: Codes, n_items: int, n_labels: int) -> Patterns | None:
    """Patterns from digits in base m + 1, m the most judgments of an item: for what the one pass has no room for."""
    if not n_items:
        return None
    base = int(np.bincount(item, minlength=n_items).max()) + 1
    if n_labels * math.log2(base) >= EXACT_BITS:
        return None
    powers = float(base) ** np.arange(n_labels)
    key = np.bincount(item, weights=powers[code], minlength=n_items).astype(np.int64)
    distinct, weights = np.unique(key, return_counts=True)
    if len(distinct) > UNITS_MAX:
        return None
    counts = distinct[:, None] // powers.astype(np.int64) % base
    return counts.astype(np.float64), weights.astype(np.int64)

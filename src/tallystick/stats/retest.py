"""How far raters agree with themselves when they judge an item again. Reads columns, writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tallystick.stats.agreement.columns import MISSING, Coded, Codes, Column, dense, encode, label_text
from tallystick.stats.agreement.measure import measure_many
from tallystick.stats.agreement.question import Question
from tallystick.stats.agreement.result import Agreement
from tallystick.stats.agreement.table import BadRatings, Label, Labels

ALPHA = Question(metric="krippendorff_alpha")


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterRetest:
    """One rater against themselves, over the items that they judged more than once."""

    rater: str
    agreement: Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class Retest:
    """Agreement within raters: an item of `whole` is one rater on one item, a rater of it the first or a later time.

    whole      all raters together; items are what is resampled, so several raters on one item count once
    by_rater   each rater who judged an item twice, in the order of their names
    n_repeated judgments of an item by the same rater after the first, in all
    n_changed  those that differ from the rater's judgment just before
    """

    whole: Agreement
    by_rater: tuple[RaterRetest, ...]
    n_repeated: int
    n_changed: int


def retest(
    items: Labels,
    raters: Labels,
    values: Labels,
    times: Labels,
    *,
    question: Question = ALPHA,
    categories: Sequence[Label] | None = None,
    confidence: float = 0.95,
    seed: int | np.random.Generator = 0,
    draws: int = 1000,
) -> Retest:
    """Agreement of raters with themselves. Agreement between raters cannot be expected to be higher.

    times    of each judgment, in an order: numbers, or texts that sort, such as ISO 8601; only their order counts
    question any coefficient; those for two raters need exactly two judgments of each rater and item
    raises   BadRatings as `measure` does, and for two judgments of one rater on one item at the same time
    source   Abercrombie, Hovy and Prabhakaran (2023), "Temporal and Second Language Influence on Intra-Annotator
             Agreement and Stability in Hate Speech Labelling", LAW-XVII
    """
    again = _Repeated.of(items, raters, values, times)
    seed_of_all = int(seed.integers(2**62)) if isinstance(seed, np.random.Generator) else seed
    answers = again.measured(question, categories, confidence=confidence, seed=seed_of_all, draws=draws)
    by_rater = tuple(
        RaterRetest(
            rater=label_text(again.raters[place]),
            agreement=again.of_rater(place).measured(
                question, categories, confidence=confidence, seed=seed_of_all, draws=draws
            ),
        )
        for place in np.unique(again.rater).tolist()
    )
    is_later = again.time > 0
    changed = again.value[1:] != again.value[:-1]
    return Retest(
        whole=answers,
        by_rater=by_rater,
        n_repeated=int(is_later.sum()),
        n_changed=int((changed & is_later[1:]).sum()),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Repeated:
    """Judgments of raters who judged an item more than once, by item, rater and time.

    pair  one number for each item and rater; time  0 for the first judgment, 1 for the second
    """

    pair: Codes
    item: Codes
    rater: Codes
    time: Codes
    value: Codes
    raters: Sequence[Label]
    labels: Sequence[Label]

    @classmethod
    def of(cls, items: Labels, raters: Labels, values: Labels, times: Labels) -> "_Repeated":
        if not len(items) == len(raters) == len(values) == len(times):
            raise BadRatings("Items, raters, values and times must have one length.")
        item, rater, value, time = encode(items), encode(raters), encode(values), encode(times)
        for name, column in (("item", item), ("rater", rater), ("time", time)):
            _refuse_missing(name, column)
        present = np.flatnonzero(value.codes != MISSING)
        pair = item.codes[present] * len(rater.labels) + rater.codes[present]
        order = np.lexsort((time.codes[present], pair))
        rows, pair = present[order], pair[order]
        is_same = pair[1:] == pair[:-1]
        tied = np.flatnonzero(is_same & (time.codes[rows][1:] == time.codes[rows][:-1]))
        if len(tied):
            raise BadRatings(
                "A rater judged one item twice at the same time: give the judgments times that say which came first.",
                (int(rows[tied[0]]), int(rows[tied[0] + 1])),
            )
        is_first = np.concatenate([[True], ~is_same]) if len(pair) else np.zeros(0, dtype=np.bool_)
        group = np.cumsum(is_first) - 1
        place = np.arange(len(pair)) - np.flatnonzero(is_first)[group]
        kept = np.bincount(group)[group] > 1 if len(pair) else is_first
        return cls(
            pair=pair[kept],
            item=item.codes[rows[kept]],
            rater=rater.codes[rows[kept]],
            time=place[kept],
            value=value.codes[rows[kept]],
            raters=rater.labels,
            labels=value.labels,
        )

    def of_rater(self, place: int) -> "_Repeated":
        kept = self.rater == place
        return _Repeated(
            pair=self.pair[kept], item=self.item[kept], rater=self.rater[kept], time=self.time[kept],
            value=self.value[kept], raters=self.raters, labels=self.labels,
        )  # fmt: skip

    def measured(
        self, question: Question, categories: Sequence[Label] | None, *, confidence: float, seed: int, draws: int
    ) -> Agreement:
        # One rater has each item once: no clusters. Several may share an item, and then it is one draw.
        pair, n_pairs = dense(self.pair)
        is_shared = n_pairs > dense(self.item)[1]
        return measure_many(
            pair, self.time, Coded(codes=self.value, labels=self.labels), [question], categories=categories,
            clusters=self.item if is_shared else None, confidence=confidence, seed=seed, draws=draws,
        )[0]  # fmt: skip


def _refuse_missing(name: str, column: Column) -> None:
    without = np.flatnonzero(column.codes == MISSING)
    if len(without):
        raise BadRatings(f"A judgment has no {name}: every row needs one.", (int(without[0]),))

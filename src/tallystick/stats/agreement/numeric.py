"""Measures of rated numbers: intraclass correlations and Kendall's W. Reads `Ratings`, writes nothing.

Both need every rater on every item; items with a missing judgment are left out and counted.
"""

import math
from dataclasses import dataclass

import numpy as np

from tallystick.stats.agreement.sums import Sums, from_items
from tallystick.stats.agreement.table import BadRatings, Codes, Floats, Ratings
from tallystick.stats.agreement.uncertainty import TINY, Limits
from tallystick.stats.distributions import f_quantile
from tallystick.stats.intervals import Interval

FORMS = ("icc_1", "icc_1k", "icc_A1", "icc_Ak", "icc_C1", "icc_Ck")
CELLS_MAX = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanSquares:
    """The two-way analysis of variance of a complete table of n items by k raters."""

    n: float  # items; whole unless sums are varied
    k: int
    items: float
    raters: float
    error: float
    within: float


def complete(ratings: Ratings) -> Ratings:
    """The judgments of the items that every rater judged; perhaps none."""
    n_raters = len(ratings.raters)
    kept = ratings.of((ratings.judgments_per_item == n_raters)[ratings.item])
    if kept.n_items * n_raters > CELLS_MAX:
        raise BadRatings(
            f"{kept.n_items} items by {n_raters} raters are more than the {CELLS_MAX} judgments"
            " that this measure holds in memory: measure a sample of the items."
        )
    return kept


def complete_codes(kept: Ratings) -> Codes:
    """(items, raters) category codes where every rater judged every item."""
    table = np.zeros((kept.n_items, len(kept.raters)), dtype=np.int64)
    table[kept.item, kept.rater] = kept.code
    return table


def mean_squares(table: Floats) -> MeanSquares:
    """Mean squares of (items, raters) numbers; at least two of each."""
    n, k = table.shape
    centred = table - table.mean()
    by_item, by_rater = centred.mean(axis=1), centred.mean(axis=0)
    residual = centred - by_item[:, None] - by_rater[None, :]
    return MeanSquares(
        n=n,
        k=k,
        items=float(k * (by_item**2).sum() / (n - 1)),
        raters=float(n * (by_rater**2).sum() / (k - 1)),
        error=float((residual**2).sum() / ((n - 1) * (k - 1))),
        within=float(((centred - by_item[:, None]) ** 2).sum() / (n * (k - 1))),
    )


def icc(squares: MeanSquares, form: str) -> float | None:
    """An intraclass correlation; None when the numbers do not vary enough to have one.

    1 one-way, A two-way absolute agreement, C two-way consistency; ending 1 for one rater, k for
    the mean of all k. Shrout and Fleiss call them (1,1), (1,k), (2,1), (2,k), (3,1), (3,k).
    source  McGraw and Wong (1996), Psychological Methods 1, 30-46
    """
    s = squares
    spread = (s.raters - s.error) / s.n
    above, below = {
        "icc_1": (s.items - s.within, s.items + (s.k - 1) * s.within),
        "icc_1k": (s.items - s.within, s.items),
        "icc_A1": (s.items - s.error, s.items + (s.k - 1) * s.error + s.k * spread),
        "icc_Ak": (s.items - s.error, s.items + spread),
        "icc_C1": (s.items - s.error, s.items + (s.k - 1) * s.error),
        "icc_Ck": (s.items - s.error, s.items),
    }[form]
    largest = max(s.items, s.raters, s.error, s.within)
    return above / below if below > TINY * largest else None


def icc_sums(ratings: Ratings, form: str) -> Sums:
    """The same as a function of sums over items, so that items can be resampled.

    ratings  with numbers, every item judged by every rater
    """
    assert ratings.numbers is not None
    codes = complete_codes(ratings)
    table = ratings.numbers[codes]
    table = table - table.mean()
    # Dividing by the spread changes nothing but keeps squares of huge values finite.
    table /= float(np.abs(table).max()) or 1.0
    of_item = table.sum(axis=1)
    features = np.column_stack([np.ones(len(table)), of_item**2, (table**2).sum(axis=1), table])
    k = table.shape[1]

    def split(sums: Floats) -> tuple[Floats, Floats]:
        found = [_of_sums(one, k, form) for one in sums]
        return np.array([np.nan if one is None else one for one in found]), np.zeros(len(sums))

    return from_items(ratings, features, split)


def _of_sums(sums: Floats, k: int, form: str) -> float | None:
    n = float(sums[0])
    by_rater = sums[3:]
    centre = float(by_rater.sum()) ** 2 / (n * k)
    items = float(sums[1]) / k - centre
    raters = float((by_rater**2).sum()) / n - centre
    whole = float(sums[2]) - centre
    error = max(whole - items - raters, 0.0)
    squares = MeanSquares(
        n=n, k=k, items=items / (n - 1), raters=raters / (k - 1), error=error / ((n - 1) * (k - 1)),
        within=max(whole - items, 0.0) / (n * (k - 1)),
    )  # fmt: skip
    return icc(squares, form)


def icc_interval(squares: MeanSquares, form: str, *, confidence: float) -> Limits:
    """Exact F limits; for absolute agreement Satterthwaite's, as in McGraw and Wong."""
    s = squares
    noise = s.within if form in {"icc_1", "icc_1k"} else s.error
    if noise <= TINY * s.items:
        return None, "The raters agree without any error, so the F limits have no width."
    if form in {"icc_A1", "icc_Ak"}:
        low, high = _absolute_limits(s, form, confidence)
    else:
        upper = 0.5 + confidence / 2
        df_items = s.n - 1
        df_noise = (s.k - 1) * (s.n if form in {"icc_1", "icc_1k"} else s.n - 1)
        ratio = s.items / noise
        f_low = ratio / f_quantile(df_items, df_noise, upper)
        f_high = ratio * f_quantile(df_noise, df_items, upper)
        if form.endswith("k"):
            low, high = 1 - 1 / f_low, 1 - 1 / f_high
        else:
            low, high = (f_low - 1) / (f_low + s.k - 1), (f_high - 1) / (f_high + s.k - 1)
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        return None, "The items differ less than chance would have it, so the F limits have no meaning."
    return Interval(low=low, high=high, method="f_exact", confidence=confidence), None


def _absolute_limits(s: MeanSquares, form: str, confidence: float) -> tuple[float, float]:
    value = icc(s, form)
    assert value is not None
    n, k = s.n, s.k
    if form == "icc_A1":
        a = k * value / (n * (1 - value))
        b = 1 + k * value * (n - 1) / (n * (1 - value))
    else:
        a = value / (n * (1 - value))
        b = 1 + value * (n - 1) / (n * (1 - value))
    spread = (a * s.raters) ** 2 / (k - 1) + (b * s.error) ** 2 / ((n - 1) * (k - 1))
    df = (a * s.raters + b * s.error) ** 2 / spread if spread > 0 else 0.0
    upper = 0.5 + confidence / 2
    f_low = f_quantile(n - 1, df, upper)
    f_high = f_quantile(df, n - 1, upper)
    if form == "icc_A1":
        noise = k * s.raters + (k * n - k - n) * s.error
        low = n * (s.items - f_low * s.error) / (f_low * noise + n * s.items)
        high = n * (f_high * s.items - s.error) / (noise + n * f_high * s.items)
    else:
        noise = s.raters - s.error
        low = n * (s.items - f_low * s.error) / (f_low * noise + n * s.items)
        high = n * (f_high * s.items - s.error) / (noise + n * f_high * s.items)
    return low, high


def kendall_w(ranked: Codes) -> float | None:
    """Kendall's W with the correction for ties; None when no rater tells two items apart.

    W = 12 S / (m^2 (n^3 - n) - m T), S the spread of the items' rank sums over m raters and T the
    sum of t^3 - t over all groups of t tied items.
    ranked  (items, raters) codes in the order of the scale
    source  Kendall and Gibbons (1990), Rank Correlation Methods, 5th ed., ch. 6
    """
    n, m = ranked.shape
    sums = np.zeros(n)
    ties = 0.0
    for column in ranked.T:
        counts = np.bincount(column).astype(np.float64)
        ranks = np.cumsum(counts) - counts / 2 + 0.5
        sums += ranks[column]
        ties += float((counts**3 - counts).sum())
    spread = float(((sums - sums.mean()) ** 2).sum())
    room = m * m * (float(n) ** 3 - n) - m * ties
    return 12 * spread / room if room > TINY * float(n) ** 3 else None

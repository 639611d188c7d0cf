"""What aggregation answers: a posterior for each item, what the model thinks of each rater, how it got there.

Reads and writes nothing. Every array is read-only.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tallystick.stats import distributions
from tallystick.stats.aggregation.climb import Climb
from tallystick.stats.aggregation.votes import Votes, sums_by
from tallystick.stats.agreement.columns import MISSING, Codes, Floats, Label
from tallystick.stats.agreement.result import Status
from tallystick.stats.intervals import Interval, normal_quantile, wilson

TIE_MAX = 1e-9  # posteriors nearer to each other than this are a tie

SENTENCES = {
    Status.TOO_FEW_ITEMS: "There are no judgments, so there is nothing to aggregate.",
    Status.SINGLE_RATER: (
        "All judgments come from one rater, so nothing says how good they are. Have a second rater judge the same"
        " items, or take the majority, which is then what this rater said."
    ),
    Status.NO_OVERLAP: (
        "No item was judged by two raters, so nothing says how good they are. Have the same items judged by at"
        " least two raters, or take the majority, which is then what the one rater said."
    ),
    Status.NO_VARIATION: (
        "Every judgment is the same, so a good rater cannot be told from one who always says this. Add items that"
        " should be judged differently, or take the majority."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Skills:
    """What a model says of each rater. The arrays follow `Consensus.raters`.

    measure      "accuracy": the share of judgments that are right; "competence": the share that are not spam (MACE);
                 "ability": the slope of GLAD, 0 for chance, negative for worse than chance
    value        (raters,)
    se           (raters,) standard error; infinite where the judgments say nothing
    judgments    (raters,) how many each gave
    effective    (raters,) how many judgments of items with a known answer would say as much; None for an ability
    confusion    (raters, categories, categories) share of answer [r, truth, answer]; None where the model has none
    confusion_se the same shape; infinite where the judgments say nothing
    confusion_n  (raters, categories) expected judgments of items with this truth: where it is 0 the row is a guess
    spamming     (raters, categories) what a rater answers when spamming (MACE); None elsewhere
    shapes       (raters, 2) of the beta posterior of a competence; None elsewhere
    """

    measure: str
    value: Floats
    se: Floats
    judgments: Floats
    effective: Floats | None = None
    confusion: Floats | None = None
    confusion_se: Floats | None = None
    confusion_n: Floats | None = None
    spamming: Floats | None = None
    shapes: Floats | None = None

    def interval(self, rater: int, *, confidence: float = 0.95) -> Interval | None:
        """The interval of one rater's value, by place; None where the judgments say nothing.

        An accuracy has Wilson's interval for its effective judgments, a competence the quantiles of its beta
        posterior, an ability the normal interval.
        """
        value, error = float(self.value[rater]), float(self.se[rater])
        if self.shapes is not None:
            a, b = (float(shape) for shape in self.shapes[rater])
            tail = (1 - confidence) / 2
            low, high = (distributions.beta_quantile(a, b, share) for share in (tail, 1 - tail))
            return Interval(low=low, high=high, method="beta_posterior", confidence=confidence)
        if self.effective is not None:
            trials = float(self.effective[rater])
            return wilson(min(value, 1.0) * trials, trials, confidence=confidence) if trials > 0 else None
        if not math.isfinite(error):
            return None
        half = normal_quantile(confidence) * error
        return Interval(low=value - half, high=value + half, method="normal", confidence=confidence)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Difficulty:
    """How hard each item is for GLAD. The arrays follow `Consensus.items`.

    value  (items,) the logarithm of 1 / beta: 0 is the middle of the scale, more is harder
    se     (items,) standard error; near 1 means that little but the prior speaks
    """

    value: Floats
    se: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Consensus:
    """A consensus for each item with its doubt. The judgments stay what they were: `votes` counts them.

    items           labels of the items with a judgment, sorted
    categories      the whole scale; a category that nobody chose has posterior 0 in every model but the majority
    votes           (items, categories) how often each category was chosen
    posteriors      (items, categories) rows sum to 1; None when `status` is not ok, `reason` then says why
    top             (items,) place of the most probable category, -1 for a tie
    entropy         (items,) bits of doubt of each posterior: 0 for certainty, log2(categories) for none
    priors          (categories,) share of each category among items; None where the model has none
    objective       what `trace` holds after each iteration, never falling: the log-likelihood, or that with the
                    logarithm of the prior, or a lower bound of the evidence
    log_likelihood  of the judgments under the final parameters
    converged       None for the majority, which needs no iteration; `stop` says how it ended
    restarts        the objective that each start reached, the best first
    lonely          raters who share no item with another: what is said of them rests on the class shares alone
    """

    method: str
    status: Status
    reason: str | None
    items: Sequence[Label]
    categories: tuple[str, ...]
    raters: tuple[str, ...]
    votes: Codes
    n_judgments: int
    posteriors: Floats | None = None
    top: Codes | None = None
    entropy: Floats | None = None
    priors: Floats | None = None
    skills: Skills | None = None
    difficulty: Difficulty | None = None
    smoothing: float | None = None
    objective: str | None = None
    trace: tuple[float, ...] = ()
    log_likelihood: float | None = None
    converged: bool | None = None
    iterations: int = 0
    stop: str | None = None
    restarts: tuple[float, ...] = ()
    lonely: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str | None, ...] | None:
        """The most probable category of each item, None for a tie; None when there is no consensus."""
        if self.top is None:
            return None
        names = [*self.categories, None]  # a tie is -1: the last
        return tuple(names[place] for place in self.top.tolist())

    @property
    def n_ties(self) -> int:
        """How many items have no single most probable category."""
        return 0 if self.top is None else int(np.count_nonzero(self.top == MISSING))


def frozen(array: Floats) -> Floats:
    """The array, read-only from now on."""
    array.setflags(write=False)
    return array


def describe(votes: Votes, method: str, status: Status) -> Consensus:
    """All but what the model finds."""
    counts = votes.by_item(votes.counts).astype(np.int64) if votes.n_judgments else np.zeros((0, 0), np.int64)
    counts.setflags(write=False)
    notes = []
    if votes.missing:
        notes.append(f"{votes.missing:,} rows hold no value and are left out.")
    if votes.unjudged:
        notes.append(f"{votes.unjudged:,} items have no judgment at all and get no consensus.")
    if votes.lonely and votes.has_overlap and method != "majority":
        notes.append(
            f"{len(votes.lonely):,} raters share no item with another rater: what the model says of them and of their"
            " items rests on the shares of the categories alone."
        )
    unused = len(votes.categories) - len(votes.used)
    if unused and method != "majority":
        notes.append(f"{unused:,} categories of the scale were never chosen and have posterior 0.")
    return Consensus(
        method=method,
        status=status,
        reason=SENTENCES.get(status),
        items=votes.items,
        categories=votes.categories,
        raters=votes.raters,
        votes=counts,
        n_judgments=votes.n_judgments,
        lonely=votes.lonely,
        notes=tuple(notes),
    )


def fitted(
    described: Consensus, votes: Votes, climbed: Climb, *, posteriors: Floats, priors: Floats | float, skills: Skills,
    objective: str, log_likelihood: float,
) -> Consensus:  # fmt: skip
    """What every model of raters says when its climb has ended.

    posteriors  (used, items in columns)
    priors      (used,) of the categories that somebody chose, or one number for all of them; 0 for the others
    """
    by_item = frozen(votes.by_item(posteriors))
    whole = np.zeros(len(votes.categories))
    whole[votes.used] = priors
    return replace(
        described, posteriors=by_item, top=most_probable(by_item), entropy=entropy_bits(by_item), priors=frozen(whole),
        skills=skills, objective=objective, trace=climbed.trace, log_likelihood=log_likelihood,
        converged=climbed.converged, iterations=climbed.iterations, stop=climbed.stop,
    )  # fmt: skip


def status_of(votes: Votes) -> Status:
    """Whether a model of raters can be fitted at all."""
    if not votes.n_judgments:
        return Status.TOO_FEW_ITEMS
    if len(votes.raters) < 2:
        return Status.SINGLE_RATER
    if not votes.has_overlap:
        return Status.NO_OVERLAP
    return Status.NO_VARIATION if len(votes.used) < 2 else Status.OK


def most_probable(posteriors: Floats) -> Codes:
    """(items,) the place of the largest of each row, -1 where the two largest are within 1e-9."""
    top: Codes = posteriors.argmax(axis=1)
    largest = posteriors.max(axis=1)
    near = np.zeros(len(top), dtype=np.int64)
    for column in posteriors.T:
        near += column > largest - TIE_MAX
    top[near > 1] = MISSING
    top.setflags(write=False)
    return top


def entropy_bits(posteriors: Floats) -> Floats:
    """(items,) -sum p log2 p of each row."""
    total = np.zeros(len(posteriors))
    for column in posteriors.T:
        total -= column * np.log2(column, out=np.zeros(len(column)), where=column > 0)
    return frozen(np.maximum(total, 0.0))


def accuracies(votes: Votes, posteriors: Floats, value: Floats) -> tuple[Floats, Floats]:
    """The standard error and the effective judgments of each rater's accuracy.

    posteriors  (used, items in columns)
    value       (raters,) the accuracies p

    With q the posterior of the answer that was given, the score of p from one judgment is (q - p) / (p (1 - p)). The
    sum of its squares is the information that remains when the truth is not known; a judgment of an item whose truth
    is certain counts 1, one of an item in full doubt nothing. Source: Meilijson (1989), "A fast improvement to the EM
    algorithm on its own terms", Journal of the Royal Statistical Society B 51, 127-138.
    """
    given = posteriors.ravel().take(votes.spot)
    squares = sums_by(votes.rater, np.square(given - value[votes.rater]), len(votes.raters))
    spread = value * (1 - value)
    is_inside = spread > 1e-12
    effective = np.where(is_inside, squares / np.where(is_inside, spread, 1.0), votes.per_rater)
    effective = np.minimum(effective, votes.per_rater)
    error = np.full(len(value), np.inf)
    np.sqrt(spread / np.where(effective > 0, effective, 1.0), out=error, where=effective > 0)
    return frozen(error), frozen(effective)

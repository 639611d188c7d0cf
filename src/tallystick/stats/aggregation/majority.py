"""The category that most raters chose, with ties as ties. Reads columns, writes nothing."""

from collections.abc import Sequence
from dataclasses import replace

from tallystick.stats.aggregation.climb import check_limits
from tallystick.stats.aggregation.result import Consensus, describe, entropy_bits, frozen
from tallystick.stats.aggregation.votes import read_votes
from tallystick.stats.agreement.columns import MISSING, Label, Labels
from tallystick.stats.agreement.result import Status


def majority(
    items: Labels,
    raters: Labels,
    values: Labels,
    *,
    categories: Sequence[Label] | None = None,
    may_repeat: bool = False,
    smoothing: float = 0.5,
) -> Consensus:
    """The commonest answer of each item; -1 in `top` where two or more share the first place.

    posterior  (n_k + s) / (m + s K): n of the m judgments chose category k of K, and s is `smoothing`. It is the mean
               of the Dirichlet posterior of the share of raters who would choose k, with Jeffreys' prior at s = 1/2.
               It is not the probability that k is right: no rater counts more than another, and raters who err alike
               err together.
    raises     BadRatings when the judgments make no sense
    """
    check_limits(tolerance=0.5, iterations_max=1, smoothing=smoothing)
    votes = read_votes(items, raters, values, categories=categories, may_repeat=may_repeat)
    status = Status.OK if votes.n_judgments else Status.TOO_FEW_ITEMS
    described = describe(votes, "majority", status)
    if status is not Status.OK:
        return described
    counts = described.votes
    most = counts.max(axis=1)
    top = counts.argmax(axis=1)
    top[(counts == most[:, None]).sum(axis=1) > 1] = MISSING
    top.setflags(write=False)
    whole = counts.sum(axis=1) + smoothing * len(votes.categories)
    posteriors = frozen((counts + smoothing) / whole[:, None])
    return replace(described, posteriors=posteriors, top=top, entropy=entropy_bits(posteriors), smoothing=smoothing)

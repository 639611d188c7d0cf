"""How well shortcuts alone foretell preferences that they were not fitted to. Reads and writes nothing."""

from dataclasses import dataclass

import numpy as np

from tallystick.stats.agreement.result import Status
from tallystick.stats.intervals import Interval
from tallystick.stats.shortcuts.clustered import clustered_share
from tallystick.stats.shortcuts.fit import Codes, Floats, ridge

FLAG_ABOVE = 0.55  # lower limit of the accuracy from which preferences follow the shortcuts more than chance would


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """Accuracy on preferences of prompts that the fit did not see; ties are not foretold and not counted.

    accuracy    None when `status` is not ok; `reason` then says why
    is_flagged  whether the lower limit of the interval is above 0.55
    n           preferences that were foretold, of this many prompts
    """

    accuracy: float | None
    status: Status
    reason: str | None
    interval: Interval | None
    is_flagged: bool
    folds: int
    n: int
    n_prompts: int


def held_out(
    differences: Floats,
    share: Floats,
    cluster: Codes,
    *,
    folds: int,
    confidence: float,
    seed: int | np.random.Generator,
) -> HeldOut:
    """Fit on the other folds of prompts, foretell this one's; a prompt is never on both sides.

    A score of zero, which no shortcut speaks for, counts as half right.
    """
    n_prompts = int(cluster.max()) + 1 if len(cluster) else 0
    decided = share != 0.5
    if n_prompts < folds or not decided.any():
        reason = (
            f"Foretelling needs at least {folds} prompts with a preference, found {n_prompts} prompts"
            f" and {int(decided.sum())} preferences. Audit more pairs at once."
        )
        return HeldOut(
            accuracy=None,
            status=Status.TOO_FEW_ITEMS,
            reason=reason,
            interval=None,
            is_flagged=False,
            folds=folds,
            n=int(decided.sum()),
            n_prompts=n_prompts,
        )
    fold = np.random.default_rng(seed).permutation(n_prompts)[cluster] % folds
    score = np.zeros(len(share))
    for left_out in range(folds):
        here = fold == left_out
        score[here] = differences[here] @ ridge(differences[~here], share[~here])
    right = np.where(score == 0, 0.5, (score > 0) == (share > 0.5)).astype(np.float64)[decided]
    accuracy, interval = clustered_share(right, cluster[decided], confidence=confidence)
    return HeldOut(
        accuracy=accuracy,
        status=Status.OK,
        reason=None,
        interval=interval,
        is_flagged=interval.low > FLAG_ABOVE,
        folds=folds,
        n=int(decided.sum()),
        n_prompts=len(np.unique(cluster[decided])),
    )

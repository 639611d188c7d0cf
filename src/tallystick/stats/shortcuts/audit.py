"""Whether preferences follow length, form or position instead of substance. Reads columns, writes nothing."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from tallystick.stats import distributions
from tallystick.stats.agreement.columns import Labels, encode, label_text
from tallystick.stats.agreement.result import Status
from tallystick.stats.agreement.table import BadRatings
from tallystick.stats.intervals import Interval
from tallystick.stats.multiple import benjamini_hochberg
from tallystick.stats.shortcuts.clustered import clustered_share
from tallystick.stats.shortcuts.fit import Codes, Fit, Flags, Floats, fit, inflation
from tallystick.stats.shortcuts.held_out import HeldOut, held_out

FOLDS = 10
PROMPTS_MIN = 10  # with fewer a clustered error says nothing
PROMPTS_FEW = 40  # with fewer it is often too small
INFLATED = 10.0
TIES = ("half", "drop")


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One feature, everything else equal.

    coefficient   log odds of being preferred for one unit of difference; None when `status` is not ok
    spread        root mean square of the difference: what "one spread more" means
    win_chance    chance of being preferred with one spread more and no other difference; 0.5 is no effect
    p_value       two-sided, Student's t with one degree of freedom less than there are prompts
    adjusted      the same after Benjamini and Hochberg, over all features of all groups of one audit
    plain_share   how often the candidate with more was preferred, whatever else differed; ties count half
    n_unequal     pairs in which the two differed in it
    """

    feature: str
    coefficient: float | None
    status: Status
    reason: str | None
    se: float | None
    interval: Interval | None
    interval_reason: str | None
    spread: float
    win_chance: float | None
    win_interval: Interval | None
    p_value: float | None
    adjusted: float | None
    is_called: bool
    plain_share: float | None
    plain_interval: Interval | None
    n_unequal: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Every feature, and how well all of them foretell together.

    ties     "half": a tie is half a win for each; "drop": ties are left out
    n_used   pairs that the coefficients rest on; fewer than `n_pairs` after ties or decided pairs were set aside
    """

    effects: tuple[Effect, ...]
    held_out: HeldOut
    ties: str
    q: float
    n_pairs: int
    n_ties: int
    n_missing: int
    n_used: int
    n_prompts: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pairs:
    features: tuple[str, ...]
    differences: Floats
    share: Floats
    cluster: Codes
    n_pairs: int
    n_ties: int
    n_missing: int


def audit(
    differences: Mapping[str, Sequence[float]],
    preferred: Sequence[float | None],
    prompts: Labels,
    *,
    ties: Literal["half", "drop"] = "half",
    q: float = 0.05,
    confidence: float = 0.95,
    seed: int | np.random.Generator = 0,
) -> Audit:
    """Conditional logistic regression of preferences on the differences of their candidates.

    differences  for each feature one number a pair: first candidate minus second
    preferred    1 the first, 0 the second, 0.5 a tie, None no preference (left out and counted)
    prompts      what a pair was about: errors are clustered by it
    raises       BadRatings for columns of different length, numbers that are not finite, a pair without a prompt
    """
    found = _audited(_read(differences, preferred, prompts, ties), ties=ties, q=q, confidence=confidence, seed=seed)
    return _called([found], q)[0]


def audits(
    differences: Mapping[str, Sequence[float]],
    preferred: Sequence[float | None],
    prompts: Labels,
    *,
    groups: Labels,
    ties: Literal["half", "drop"] = "half",
    q: float = 0.05,
    confidence: float = 0.95,
    seed: int = 0,
) -> dict[str, Audit]:
    """One audit for each group of pairs, such as an expert or a rubric version; one adjustment over all of them."""
    column = encode(groups).without_gaps()
    if len(column.codes) != len(preferred) or (len(column.codes) and int(column.codes.min()) < 0):
        raise BadRatings(f"Groups must be one for each pair; found {len(column.codes)} for {len(preferred)} pairs.")
    labels = encode(prompts)
    codes = labels.codes
    names, found = [], []
    for place, name in enumerate(column.labels):
        rows = np.flatnonzero(column.codes == place)
        own = {feature: np.asarray(values, dtype=np.float64)[rows] for feature, values in differences.items()}
        pairs = _read(own, [preferred[row] for row in rows.tolist()], codes[rows], ties)
        names.append(label_text(name))
        found.append(_audited(pairs, ties=ties, q=q, confidence=confidence, seed=seed))
    return dict(zip(names, _called(found, q), strict=True))


def squashed(differences: Sequence[float]) -> list[float]:
    """tanh(difference / spread): what is far longer counts hardly more than what is longer. Zeros stay zeros.

    source  Dubois et al. (2024), "Length-controlled AlpacaEval", arXiv 2404.04475
    """
    values = np.asarray(differences, dtype=np.float64)
    spread = float(values.std()) if len(values) else 0.0
    return [float(value) for value in (np.tanh(values / spread) if spread > 0 else np.zeros(len(values)))]


def _read(
    differences: Mapping[str, Sequence[float] | Floats], preferred: Sequence[float | None], prompts: Labels, ties: str
) -> _Pairs:
    if ties not in TIES:
        raise BadRatings(f"Ties are one of {', '.join(TIES)}; found {ties!r}.")
    lengths = {feature: len(values) for feature, values in differences.items()}
    if not lengths or {*lengths.values(), len(prompts)} != {len(preferred)}:
        raise BadRatings(
            f"Features, preferences and prompts must have one length and at least one feature; found {lengths},"
            f" {len(preferred)} preferences and {len(prompts)} prompts."
        )
    share = np.array([np.nan if value is None else value for value in preferred], dtype=np.float64)
    wrong = np.flatnonzero(~(np.isnan(share) | np.isin(share, (0.0, 0.5, 1.0))))
    if len(wrong):
        row = int(wrong[0])
        raise BadRatings(f"A preference is 1, 0, 0.5 for a tie, or None; found {preferred[row]}.", (row,))
    matrix = np.column_stack([np.asarray(values, dtype=np.float64) for values in differences.values()])
    if not np.isfinite(matrix).all():
        row = int(np.flatnonzero(~np.isfinite(matrix).all(axis=1))[0])
        raise BadRatings("A difference is a finite number: leave out a pair that could not be measured.", (row,))
    prompt = encode(prompts)
    if len(prompt.codes) and int(prompt.codes.min()) < 0:
        raise BadRatings("A pair has no prompt: every row needs one.", (int(prompt.codes.argmin()),))
    kept = ~np.isnan(share) & ((share != 0.5) if ties == "drop" else True)
    matrix, chosen, labels = matrix[kept], share[kept], prompt.codes[kept]
    cluster = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    order = np.lexsort((*matrix.T, chosen, cluster))  # so that sums do not depend on the order of the rows
    return _Pairs(
        features=tuple(differences),
        differences=matrix[order],
        share=chosen[order],
        cluster=cluster[order],
        n_pairs=int((~np.isnan(share)).sum()),
        n_ties=int((share == 0.5).sum()),
        n_missing=int(np.isnan(share).sum()),
    )


def _audited(pairs: _Pairs, *, ties: str, q: float, confidence: float, seed: int | np.random.Generator) -> Audit:
    fitted = fit(pairs.differences, pairs.share, pairs.cluster)
    n_prompts = int(pairs.cluster.max()) + 1 if len(pairs.cluster) else 0
    effects = tuple(_effect(pairs, fitted, column, confidence=confidence) for column in range(len(pairs.features)))
    return Audit(
        effects=effects,
        held_out=held_out(pairs.differences, pairs.share, pairs.cluster, folds=FOLDS, confidence=confidence, seed=seed),
        ties=ties,
        q=q,
        n_pairs=pairs.n_pairs,
        n_ties=pairs.n_ties,
        n_missing=pairs.n_missing,
        n_used=int(fitted.is_used.sum()),
        n_prompts=n_prompts,
        notes=_notes(pairs, fitted, ties, n_prompts),
    )


def _notes(pairs: _Pairs, fitted: Fit, ties: str, n_prompts: int) -> tuple[str, ...]:
    notes = []
    if pairs.n_ties and ties == "half":
        notes.append(f"{pairs.n_ties} ties count as half a win for each candidate.")
    elif pairs.n_ties:
        notes.append(f"{pairs.n_ties} ties were left out.")
    if pairs.n_missing:
        notes.append(f"{pairs.n_missing} pairs without a preference were left out.")
    decided = int((~fitted.is_used).sum())
    if decided:
        notes.append(f"Pairs set aside: {decided}. Separated features decide them alone; the others rest on the rest.")
    if PROMPTS_MIN <= n_prompts < PROMPTS_FEW:
        notes.append(f"Only {n_prompts} prompts: clustered errors from fewer than {PROMPTS_FEW} are often too small.")
    return tuple(notes)


def _effect(pairs: _Pairs, fitted: Fit, column: int, *, confidence: float) -> Effect:
    values = pairs.differences[:, column]
    status, reason = _status(pairs, fitted, column)
    plain, plain_interval, n_unequal = _plain(values, pairs, confidence)
    effect = Effect(
        feature=pairs.features[column],
        coefficient=None,
        status=status,
        reason=reason,
        se=None,
        interval=None,
        interval_reason=reason,
        spread=float(np.sqrt((values**2).mean())) if len(values) else 0.0,
        win_chance=None,
        win_interval=None,
        p_value=None,
        adjusted=None,
        is_called=False,
        plain_share=plain,
        plain_interval=plain_interval,
        n_unequal=n_unequal,
        notes=_shared_with(pairs, fitted, column),
    )
    return effect if status is not Status.OK else _estimated(effect, pairs, fitted, column, confidence=confidence)


def _status(pairs: _Pairs, fitted: Fit, column: int) -> tuple[Status, str | None]:
    name = pairs.features[column]
    if column in fitted.kept:
        return Status.OK, None
    if not len(pairs.share):
        return Status.TOO_FEW_ITEMS, "There is no pair with a preference, so nothing could be estimated."
    if not pairs.differences[:, column].any():
        return Status.NO_VARIATION, f"No pair differs in {name}, so its effect cannot be seen."
    if column in fitted.separated or column in fitted.collinear:
        return _without_own_value(pairs, fitted, column)
    if not fitted.is_settled:
        return Status.UNSETTLED, f"The fit did not come to rest, so {name} has no coefficient. Audit fewer features."
    return Status.NO_VARIATION, f"{name} does not differ in the pairs that separated features leave undecided."


def _without_own_value(pairs: _Pairs, fitted: Fit, column: int) -> tuple[Status, str]:
    name = pairs.features[column]
    if column in fitted.separated:
        way = "more" if fitted.separated[column] > 0 else "less"
        others = [pairs.features[other] for other in fitted.separated if other != column]
        beside = f", together with {', '.join(others)}," if others else ""
        return Status.SEPARATED, (
            f"No preference speaks against {way} {name}{beside} so its coefficient has no finite value."
            " Read the plain share, or audit more pairs."
        )
    others = [pairs.features[other] for other in fitted.collinear[column]]
    return Status.COLLINEAR, (
        f"{name} is a combination of {', '.join(others)} in these pairs, so its own effect cannot be told from"
        " theirs. It was left out; leave out another one to see it."
    )


def _shared_with(pairs: _Pairs, fitted: Fit, column: int) -> tuple[str, ...]:
    notes = [
        f"{pairs.features[other]} was left out as a combination with this one, which carries its effect too."
        for other, parts in fitted.collinear.items()
        if column in parts
    ]
    if column in fitted.kept and len(fitted.kept) > 1:
        factor = float(inflation(pairs.differences[fitted.is_used], fitted.kept)[fitted.kept.index(column)])
        if factor > INFLATED:
            notes.append(
                f"The other features explain it nearly: its variance is {factor:.0f} times what it were alone."
            )
    return tuple(notes)


def _estimated(effect: Effect, pairs: _Pairs, fitted: Fit, column: int, *, confidence: float) -> Effect:
    place = fitted.kept.index(column)
    beta = float(fitted.beta[place])
    n_prompts = len(np.unique(pairs.cluster[fitted.is_used]))
    effect = replace(effect, coefficient=beta, win_chance=_chance(beta * effect.spread))
    needed = max(PROMPTS_MIN, len(fitted.kept) + 2)
    if n_prompts < needed:
        reason = f"Errors by prompt need at least {needed} prompts for {len(fitted.kept)} features, found {n_prompts}."
        return replace(effect, interval_reason=reason)
    se = math.sqrt(float(fitted.covariance[place, place]))
    half = distributions.student_quantile(n_prompts - 1, 0.5 + confidence / 2) * se
    interval = Interval(low=beta - half, high=beta + half, method="cluster_robust", confidence=confidence)
    return replace(
        effect,
        se=se,
        interval=interval,
        interval_reason=None,
        win_interval=replace(
            interval, low=_chance(interval.low * effect.spread), high=_chance(interval.high * effect.spread)
        ),
        p_value=distributions.student_tails(n_prompts - 1, beta / se) if se > 0 else 0.0,
    )


def _plain(values: Floats, pairs: _Pairs, confidence: float) -> tuple[float | None, Interval | None, int]:
    unequal: Flags = values != 0
    if not unequal.any():
        return None, None, 0
    won = np.where(values > 0, pairs.share, 1 - pairs.share)[unequal]
    share, interval = clustered_share(won, pairs.cluster[unequal], confidence=confidence)
    return share, interval, int(unequal.sum())


def _called(found: list[Audit], q: float) -> list[Audit]:
    """The audits with one adjustment over all their tests."""
    discoveries = benjamini_hochberg([effect.p_value for one in found for effect in one.effects], q=q)
    verdicts = iter(zip(discoveries.adjusted, discoveries.is_called, strict=True))
    done = []
    for one in found:
        effects = [(effect, *next(verdicts)) for effect in one.effects]
        done.append(
            replace(
                one,
                effects=tuple(
                    replace(effect, adjusted=adjusted, is_called=called) for effect, adjusted, called in effects
                ),
            )
        )
    return done


def _chance(score: float) -> float:
    return 0.5 * (1 + math.tanh(score / 2))

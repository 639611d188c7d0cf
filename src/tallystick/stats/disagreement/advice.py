"""Which further evidence about one item would tell most: expected entropy, computed over what might come. Pure.

Each piece of evidence is tried out: every outcome it may have, how likely each is under each cause given what is known
already, and the posterior that would follow. source  Lindley (1956), "On a Measure of the Information Provided by an
Experiment", Annals of Mathematical Statistics 27, 986-1005
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement
from math import comb

import numpy as np

from tallystick.stats.disagreement import likelihood, terms
from tallystick.stats.disagreement.evidence import (
    CAUSES,
    UNKNOWN,
    Codes,
    Count,
    Evidence,
    Floats,
    Reading,
    Source,
    minority,
)
from tallystick.stats.disagreement.model import Model
from tallystick.stats.disagreement.posterior import entropy_bits, is_determined

MORE_RATERS = 3
RETESTS = 3
OUTCOMES_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """One piece of evidence that could be asked for.

    kind          the source that it would come from; labels for more raters of any kind
    what          what to ask for, in words
    judgments     how many answers that takes
    gain_bits     by how much the entropy of the posterior is expected to fall
    settled       chance that the posterior of some cause then is likely enough
    """

    kind: Source
    what: str
    judgments: int
    gain_bits: float
    settled: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Evidence that might come: (outcomes, causes) natural logarithms of how likely each outcome is, given the rest."""

    kind: Source
    what: str
    judgments: int
    logs: Floats


def what_would_help(evidence: Evidence, reading: Reading, posterior: Floats, model: Model) -> tuple[Help, ...]:
    """What to ask for next, the most telling first.

    posterior  (causes,) as it is now
    """
    return ranked(trials(evidence, reading, model), posterior, model)


def ranked(tried: Iterable[Trial], posterior: Floats, model: Model) -> tuple[Help, ...]:
    """What tells most, of evidence that was tried out; for items that share it, it is tried out once."""
    found = [_helped(trial, posterior, model) for trial in tried]
    return tuple(sorted(found, key=lambda one: (-one.gain_bits, one.kind, one.what)))


def _helped(trial: Trial, posterior: Floats, model: Model) -> Help:
    likely = np.exp(trial.logs) @ posterior  # (outcomes,)
    weighed = np.log(np.maximum(posterior, 1e-300)) + trial.logs / model.temperature
    after = np.exp(weighed - likelihood.log_sum(weighed)[:, None])
    remaining = sum(float(chance) * entropy_bits(row) for chance, row in zip(likely, after, strict=True))
    settled = float(likely[is_determined(after, model)].sum())
    gain = max(0.0, entropy_bits(posterior) - remaining)
    return Help(kind=trial.kind, what=trial.what, judgments=trial.judgments, gain_bits=gain, settled=min(1.0, settled))


def trials(evidence: Evidence, reading: Reading, model: Model) -> Iterator[Trial]:
    """Every piece of evidence that could be asked for, with the outcomes that it may have."""
    yield from _counts(evidence, reading, model)
    yield from _people(evidence, reading, model)


def _counts(evidence: Evidence, reading: Reading, model: Model) -> Iterator[Trial]:
    """Retests, flags and calibration: every number of hits that may come."""
    unasked = len([rater for rater in evidence.labels if rater not in evidence.context_flags])
    uncalibrated = len([rater for rater in minority(evidence) if rater not in evidence.after_calibration])
    again = min(RETESTS, len(evidence.labels))
    asked = (
        (Source.RETESTS, again, f"have {again} of the raters judge the item again, blind and later"),
        (Source.CONTEXT_FLAGS, unasked, f"ask {unasked} raters whether context is missing"),
        (
            Source.CALIBRATION,
            uncalibrated,
            f"clarify the rubric and have {uncalibrated} raters of the minority judge again",
        ),
    )
    shapes = terms.shapes(model)
    for source, more, what in asked:
        if more:
            known = reading.counts.get(source, Count(hits=0, trials=0))
            hits = np.arange(more + 1)
            ways = np.log([comb(more, int(hit)) for hit in hits])
            columns = []
            for cause in CAUSES:
                a, b = shapes[source][cause]
                shape = (a + known.hits, b + known.trials - known.hits)
                columns.append(ways + likelihood.beta_binomial(hits, np.full(more + 1, more), shape))
            yield Trial(kind=source, what=what, judgments=more, logs=np.stack(columns, axis=1))


def _people(evidence: Evidence, reading: Reading, model: Model) -> Iterator[Trial]:
    """More raters: of any kind, experts, those who are shown the context, those of a group that is thin."""
    more = MORE_RATERS
    while comb(reading.size + more - 1, more) > OUTCOMES_MAX and more > 1:
        more -= 1
    yield _raters(reading, model, _added(reading, more), (Source.LABELS, f"have {more} more raters judge the item"))
    experts = _added(replace(reading, expert=_no_one(reading)), more, expert=True)
    yield _raters(reading, model, experts, (Source.EXPERTS, f"have {more} experts of this domain judge the item"))
    shown = _added(replace(reading, seen=_unseen(reading)), more, seen=1)
    what = f"give {more} raters the context that may be missing"
    yield _raters(reading, model, shown, (Source.CONTEXT_SEEN, what))
    for number, (axis, names) in enumerate(zip(reading.axis_names, reading.group_names, strict=True)):
        sizes = [int((reading.axes[number] == place).sum()) for place in range(len(names))]
        thin = int(np.argmin(sizes))
        what = f"have {more} raters of the group {names[thin]!r} ({axis}) judge the item: it has {sizes[thin]} so far"
        yield _raters(reading, model, _added(reading, more, group=(number, thin)), (Source.GROUPS, what))
    if not reading.axes:
        yield _declared(evidence, reading, model)


def _no_one(reading: Reading) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.zeros(len(reading.codes), dtype=np.bool_) if reading.expert is None else reading.expert


def _unseen(reading: Reading) -> Codes:
    return np.full(len(reading.codes), UNKNOWN, dtype=np.int64) if reading.seen is None else reading.seen


def _added(
    reading: Reading, more: int, *, expert: bool = False, seen: int = UNKNOWN, group: tuple[int, int] = (UNKNOWN, 0)
) -> Reading:
    """The reading with raters of this kind whose labels are not known yet."""
    return replace(
        reading,
        codes=np.append(reading.codes, np.zeros(more, dtype=np.int64)),
        errors=np.append(reading.errors, np.full(more, np.nan)),
        expert=None if reading.expert is None else np.append(reading.expert, np.full(more, expert)),
        seen=None if reading.seen is None else np.append(reading.seen, np.full(more, seen)),
        axes=tuple(
            np.append(axis, np.full(more, group[1] if place == group[0] else UNKNOWN))
            for place, axis in enumerate(reading.axes)
        ),
    )


def _raters(reading: Reading, model: Model, added: Reading, words: tuple[Source, str]) -> Trial:
    """Every multiset of labels that the new raters may give, with how many orders it has."""
    more = len(added.codes) - len(reading.codes)
    answers = list(combinations_with_replacement(range(reading.size), more))
    ways = np.log([_orders(answer) for answer in answers])
    vectors = np.hstack([np.repeat(reading.codes[None, :], len(answers), axis=0), np.array(answers, dtype=np.int64)])
    before = terms.label_logs(_as(reading, added), model, reading.codes[None, :]).sum(axis=1)
    after = terms.label_logs(added, model, vectors).sum(axis=1)
    logs = after - before + ways[:, None]
    # Sums to 1 already, but for raters who declared no group: what they follow depends on who did.
    return Trial(kind=words[0], what=words[1], judgments=more, logs=logs - likelihood.log_sum(logs, axis=0))


def _as(reading: Reading, added: Reading) -> Reading:
    """The present raters with what the added ones make known: nobody was an expert, nobody saw the context."""
    n = len(reading.codes)
    return replace(
        reading,
        expert=None if added.expert is None else added.expert[:n],
        seen=None if added.seen is None else added.seen[:n],
    )


def _orders(answer: tuple[int, ...]) -> int:
    found = math.factorial(len(answer))
    for label in set(answer):
        found //= math.factorial(answer.count(label))
    return found


def _declared(evidence: Evidence, reading: Reading, model: Model) -> Trial:
    """Ask the raters for a group on one axis: as if it halved them, by how many of each label are in the first half.

    Only raters of the two commonest labels are tried out: with more the outcomes are too many to go through.
    """
    counts = np.bincount(reading.codes, minlength=reading.size)
    counts[np.argsort(-counts, kind="stable")[2:]] = 0
    listed = counts[reading.codes] > 0
    tables = np.stack(np.meshgrid(*[np.arange(count + 1) for count in counts], indexing="ij"), axis=-1)
    logs = []
    for first in tables.reshape(-1, reading.size):
        axis = np.where(listed, 0, UNKNOWN)
        for label, number in enumerate(first):
            axis[np.flatnonzero(reading.codes == label)[:number]] = 1
        ways = sum(math.log(comb(int(count), int(number))) for count, number in zip(counts, first, strict=True))
        split = replace(reading, axes=(axis,) if 0 < first.sum() < counts.sum() else ())
        label_logs = terms.label_logs(split, model, reading.codes[None, :])[0]
        logs.append(label_logs[terms.ROW[Source.GROUPS]] + ways - int(counts.sum()) * math.log(2))
    table = np.stack(logs)
    what = f"ask the {len(evidence.labels)} raters, if they wish, for their groups on an axis that may matter"
    judgments = len(evidence.labels)
    return Trial(kind=Source.GROUPS, what=what, judgments=judgments, logs=table - likelihood.log_sum(table, axis=0))

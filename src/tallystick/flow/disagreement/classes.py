"""From evidence to a recorded class: terms, posterior, what would help; and what people may say of it. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import msgspec
import numpy as np

from tallystick import canon
from tallystick.canon import PPM
from tallystick.events.disagreement import (
    ClassModelFitted,
    DisagreementClassified,
    FurtherEvidence,
    WeighedTerm,
)
from tallystick.flow.refusal import Refused
from tallystick.stats.agreement.result import Status
from tallystick.stats.disagreement import (
    CAUSES,
    Cause,
    Evidence,
    Model,
    Source,
    Term,
    classify,
    is_determined,
    posterior_of,
)
from tallystick.stats.disagreement.advice import Help, Trial, ranked, trials
from tallystick.stats.disagreement.evidence import Floats, read

BUILT_IN: Final = "built-in-1"
MILLI = 1_000
GROUP_STEP_MILLI = 1_000
"""What declared groups say is told in whole natural logarithms: finer would let somebody who knows the labels work out
who stands with whom."""
HELPS_MAX = 5
UNDETERMINED: Final = "undetermined"
NO_VARIATION: Final = "no_variation"
GROUPS_SENTENCE = "The labels were compared with the groups that judges declared; which groups is told to nobody."

WORDS: Mapping[str, str] = {
    Cause.MISSING_CONTEXT: "missing context",
    Cause.RUBRIC_AMBIGUITY: "an ambiguous rubric",
    Cause.EXPERTISE_GAP: "a gap in expertise",
    Cause.RATER_ERROR: "a rater's error",
    Cause.VALUE_DIVERSITY: "different values",
}
HELP_WORDS: Mapping[str, str] = {
    Source.LABELS: "Have {experts} more judge the item.",
    Source.EXPERTS: "Have {experts} who are qualified in this domain judge the item.",
    Source.GROUPS: "Ask {judges}, if they wish, to declare their groups.",
    Source.CONTEXT_SEEN: "Give {judges} the context that may be missing.",
    Source.RETESTS: "Have {judges} judge the item again, blind and later.",
    Source.CONTEXT_FLAGS: "Ask {judges} whether context is missing.",
    Source.CALIBRATION: "Clarify the rubric and have {judges} of the minority judge again.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseModel:
    """The model of causes in force: its name, a digest of all its numbers, and the numbers by domain."""

    name: str
    digest: str
    overall: Model
    by_domain: Mapping[str, Model]

    def of(self, domain: str) -> Model:
        """The model for items of a domain."""
        return self.by_domain.get(domain, self.overall)


def model_of(fitted: ClassModelFitted | None) -> CauseModel:
    """The model that people chose, or the built-in one."""
    overall = Model()
    if fitted is None:
        return CauseModel(name=BUILT_IN, digest=_digest(overall, {}), overall=overall, by_domain={})
    overall = replace(overall, temperature=fitted.temperature_ppm / PPM)
    by_domain = {name: replace(overall, priors=_shares(priors)) for name, priors in fitted.priors.items()}
    overall = by_domain.pop("", overall)
    return CauseModel(
        name=fitted.model, digest=_digest(overall, by_domain), overall=overall, by_domain=by_domain
    )  # fmt: skip


def _shares(priors: Mapping[str, int]) -> dict[Cause, float]:
    total = sum(priors.values())
    return {cause: priors[cause] / total for cause in CAUSES}


def _digest(overall: Model, by_domain: Mapping[str, Model]) -> str:
    """Over every number of the model, as text: the event cannot hold floats."""
    return canon.digest(repr((overall, sorted((name, model.priors) for name, model in by_domain.items()))).encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the evidence about one item says, in the numbers that are recorded. `helps` by kind and answers."""

    status: str
    posterior: Mapping[str, int]
    cause: str | None
    proposed: str | None
    terms: tuple[WeighedTerm, ...]
    absent: tuple[str, ...]
    helps: tuple[FurtherEvidence, ...]
    judges: int


Tried = dict[object, tuple[Trial, ...]]
"""What further evidence may come, by what is known of an item: items of a batch share most of it."""


def find(evidence: Evidence, model: Model, *, tried: Tried | None = None) -> Found:
    """Classify one item. The posterior is computed from the terms as they are recorded, so that it can be checked.

    tried  filled and used again from item to item under one model
    """
    classified = classify(evidence, model, with_help=False)
    if classified.status is not Status.OK:
        return Found(
            status=NO_VARIATION, posterior={}, cause=None, proposed=None, terms=(), absent=(),
            helps=_helps_undivided(evidence), judges=len(evidence.labels),
        )  # fmt: skip
    terms = tuple(
        WeighedTerm(
            source=term.source,
            milli={cause: _milli(term.source, value) for cause, value in term.log_likelihood.items()},
            sentence=_sentence(term, evidence),
        )
        for term in classified.terms
        if term.is_present
    )
    posterior = posterior_of(logs_of(terms), model)
    place = int(posterior.argmax())
    cause = CAUSES[place] if bool(is_determined(posterior, model)) else None
    return Found(
        status="ok",
        posterior={name: canon.ppm(share) for name, share in zip(CAUSES, posterior.tolist(), strict=True)},
        cause=cause, proposed=CAUSES[place], terms=terms, absent=tuple(classified.absent),
        helps=_helps(evidence, posterior, model, tried={} if tried is None else tried), judges=len(evidence.labels),
    )  # fmt: skip


def _sentence(term: Term, evidence: Evidence) -> str:
    """What was seen, without the names of groups, and of labels, which are A to one reader and B to another."""
    _, weight = term.sentence.rsplit(". ", 1) if ". " in term.sentence else ("", term.sentence)
    if term.source is Source.GROUPS:
        return GROUPS_SENTENCE
    if term.source is Source.LABELS:
        return f"{len(evidence.labels)} judges, divided {_split(evidence, set(evidence.labels))}. {weight}"
    if term.source is Source.EXPERTS:
        inside = set(evidence.experts or ())
        return f"Qualified in this domain: {_split(evidence, inside)}; others: {_others(evidence, inside)}. {weight}"
    return term.sentence


def _split(evidence: Evidence, judges: set[str]) -> str:
    """How many of these judges gave each label: `3 to 1`, the label that most of all judges gave first."""
    order = [label for label, _ in Counter(sorted(evidence.labels.values())).most_common()]
    return " to ".join(
        str(sum(evidence.labels[judge] == label for judge in judges & evidence.labels.keys())) for label in order
    )


def _others(evidence: Evidence, inside: set[str]) -> str:
    rest = evidence.labels.keys() - inside
    return _split(evidence, set(rest)) if rest else "none"


def _milli(source: Source, value: float) -> int:
    step = GROUP_STEP_MILLI if source is Source.GROUPS else 1
    return round(value * MILLI / step) * step


def logs_of(terms: tuple[WeighedTerm, ...] | list[WeighedTerm]) -> Floats:
    """(causes,) the sum of recorded terms: what a model of causes is fitted to."""
    rows = [[term.milli[cause] for cause in CAUSES] for term in terms]
    found: Floats = np.array(rows, dtype=np.float64).reshape(-1, len(CAUSES)).sum(axis=0) / MILLI
    return found


def posterior_again(fact: DisagreementClassified, model: Model) -> dict[str, int]:
    """The posterior of a recorded classification, computed anew from its terms."""
    found = posterior_of(logs_of(fact.terms), model)
    return {name: canon.ppm(share) for name, share in zip(CAUSES, found.tolist(), strict=True)}


def _helps(evidence: Evidence, posterior: Floats, model: Model, *, tried: Tried) -> tuple[FurtherEvidence, ...]:
    """What would tell most, for judges as they usually are.

    Declared groups take no part in it: what is told here must not give them away. Error rates and cited criteria would
    change the order little, and without them items with the same labels share one computation.
    """
    plain = replace(evidence, groups={}, error_rates={}, criteria={}, rubric_criteria=())
    shape = _shape(plain)
    if shape not in tried:
        tried[shape] = tuple(trials(plain, read(plain), model))
    return tuple(_further(one) for one in ranked(tried[shape], posterior, model)[:HELPS_MAX])


def _shape(plain: Evidence) -> object:
    """What is known of the judges, whoever they are."""
    return tuple(
        sorted(
            (
                plain.labels.get(judge, ""), plain.experts is not None, judge in (plain.experts or ()),
                plain.retests.get(judge, ()), str(plain.context_flags.get(judge)),
                plain.after_calibration.get(judge, ""),
            )
            for judge in {*plain.labels, *plain.context_flags}
        )
    )  # fmt: skip


def _further(one: Help) -> FurtherEvidence:
    return FurtherEvidence(
        kind=one.kind, judgments=one.judgments, gain_millibits=round(one.gain_bits * MILLI),
        settled_ppm=canon.ppm(one.settled),
    )  # fmt: skip


def _helps_undivided(evidence: Evidence) -> tuple[FurtherEvidence, ...]:
    """Nobody who decided differs: where some did not decide for want of context, more context is what is missing."""
    asked = sum(evidence.context_flags.values())
    if not asked:
        return ()
    return (FurtherEvidence(kind=Source.CONTEXT_SEEN, judgments=asked, gain_millibits=0, settled_ppm=0),)


def help_words(one: FurtherEvidence) -> str:
    """What to ask for, in a sentence."""
    many = "" if one.judgments == 1 else "s"
    return HELP_WORDS[one.kind].format(judges=f"{one.judgments} judge{many}", experts=f"{one.judgments} expert{many}")


def summary(fact: DisagreementClassified, model: Model) -> str:
    """What was found, in a sentence."""
    if fact.status != "ok":
        return "Nobody who decided differs from another: there is no cause to look for."
    first, second = sorted(fact.posterior, key=lambda name: -fact.posterior[name])[:2]
    likely = f"{WORDS[first]} ({_share(fact.posterior[first])})"
    then = f"{WORDS[second]} ({_share(fact.posterior[second])})"
    if fact.cause is not None:
        return f"The likeliest cause is {likely}, before {then}."
    return f"Undetermined: the likeliest cause is {likely}, then {then}; {needed(fact, model):.0%} is needed."


def needed(fact: DisagreementClassified, model: Model) -> float:
    """The share from which on the likeliest cause counts as determined."""
    likeliest = max(fact.posterior, key=lambda name: fact.posterior[name], default=None)
    return model.value_threshold if likeliest == Cause.VALUE_DIVERSITY else model.threshold


def _share(value_ppm: int) -> str:
    return f"{value_ppm / PPM:.0%}"


# --- what people say of it ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """The cause of a disagreement as it stands: what a person said of it, else what was found."""

    item: str
    cause: str | None
    proposed: str | None
    confidence_ppm: int | None
    is_corrected: bool


NOTE_CHARACTERS_MIN = 10
CAUSE_NAMES = tuple(str(cause) for cause in CAUSES)


def check_correction(cause: str, note: str) -> Refused | None:
    """Why a cause cannot be recorded in this way, or None."""
    if cause not in CAUSE_NAMES:
        return Refused("unknown-cause", f"Expected one of {', '.join(CAUSE_NAMES)}; found {cause!r}.", "cause")
    if len(note.strip()) < NOTE_CHARACTERS_MIN:
        sentence = f"Expected a note of at least {NOTE_CHARACTERS_MIN} characters: what shows that this is the cause?"
        return Refused("note-too-short", sentence, "note")
    return None


def decoded(body: str) -> DisagreementClassified:
    """A classification as its read row keeps it."""
    return msgspec.json.decode(body, type=DisagreementClassified)

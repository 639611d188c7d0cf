"""What was found when work was watched: whether preferences follow form instead of substance."""

from typing import ClassVar

import msgspec


class ShortcutEffect(msgspec.Struct, frozen=True, kw_only=True):
    """One feature of form, everything else equal. Chances are parts per million, and None where there is none."""

    feature: str
    status: str  # ok, or why there is no coefficient: separated, collinear, no_variation ...
    unequal: int  # pairs in which the two candidates differed in it
    spread_ppm: int  # root mean square of the difference: what "one spread more" means
    win_ppm: int | None  # chance of being preferred with one spread more and no other difference
    win_low_ppm: int | None
    win_high_ppm: int | None
    adjusted_ppm: int | None  # p-value after Benjamini and Hochberg, over all features of all groups of one axis
    is_called: bool
    plain_ppm: int | None  # how often the candidate with more was preferred, whatever else differed
    plain_low_ppm: int | None
    plain_high_ppm: int | None


class ShortcutAudited(msgspec.Struct, frozen=True, kw_only=True):
    """The preferences of one group of judgments were held against the form of the texts. One audit has several.

    Nothing in it says why somebody preferred what they did: longer answers can be the better ones.
    """

    KIND: ClassVar[str] = "shortcut-audited/1"
    audit: str
    programme: str
    axis: str  # all | rubric_version | expert
    name: str  # which of them: "general 1.0.0", an expert's id; empty for all
    source: str  # here | elsewhere: only of what was judged here is the order known in which it was shown
    language: str | None  # of the items that were taken; None: whatever their language
    pairs: int
    tied: int  # of them: half a win for each candidate
    missing: int  # judgments without a preference, left out
    prompts: int
    accuracy_ppm: int | None  # preferences of unseen prompts that form alone foretold
    accuracy_low_ppm: int | None
    accuracy_high_ppm: int | None
    accuracy_status: str
    is_flagged: bool  # the lower end of that is above 0.55
    effects: list[ShortcutEffect]
    left_out: int  # groups of this axis with too few prompts to be audited
    erased: int  # judgments whose texts are gone
    inputs_digest: str  # over the judgments, their verdicts and orders, and the measured form of the texts
    upto: int  # place in the journal of the newest judgment that was looked at
    code_version: str
    seed: int

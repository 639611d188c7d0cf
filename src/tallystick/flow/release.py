"""What goes into a release, what stays out, and why. Pure: state in, events or a refusal out."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from tallystick.events.affected import AffectedReleased
from tallystick.events.envelope import ObjectRef
from tallystick.events.gate import BatchMeasured
from tallystick.events.release import ReleaseCut, ReleaseMonitored, SentinelTotal
from tallystick.flow import gate
from tallystick.flow.refusal import Refused
from tallystick.flow.standing import NOTES_CHARACTERS_MIN

SCHEMA = "tallystick/release/3"
USES = ("train", "evaluate", "publish")
CONSENSUS = ("majority", "one_coin", "dawid_skene")
"""Models of raters that a release can be asked for (docs/aggregation.md)."""
WITHDRAWN = "demonstration-set-aside"
"""Why an item has no record whose response an expert wrote in a judgment that counts no more."""
RATIONALE = "affected_rationale"
"""The field in which every interface asks why affected judgments may go out as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchState:
    """A batch as a release finds it, measured at this very moment."""

    batch: str
    name: str
    purpose: str
    items: int
    complete: int
    open_disagreements: tuple[str, ...]  # the client's ids of items
    erased: tuple[str, ...] = ()  # the client's ids of items that are complete and without an open disagreement
    withdrawn: tuple[str, ...] = ()  # as those that are erased: the demonstration that they hold was set aside
    measured: BatchMeasured | None  # None for a batch without judgments that count
    held: int = 0  # judgments that wait for a review
    needs: tuple[Refused, ...] = ()  # what its tier of risk still asks for, with the client's ids of items
    set_aside: int = 0  # items whose judgments an intervention set aside, and that are not complete again
    affected: tuple[str, ...] = ()  # the client's ids of items with judgments that a later rubric version affects
    unreviewed: int = 0  # those judgments: they count, and nobody has said since whether they stand


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for. Without `batches`, all that pass their gate are taken and the rest is left out.

    consensus  one of CONSENSUS: then the release holds a model's consensus beside all judgments; None for none
    rationale  why affected judgments that nobody reviewed may be released as they are; empty when they may not
    """

    programme: str
    name: str
    version: str
    use: str
    batches: tuple[str, ...] | None
    consensus: str | None = None
    rationale: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What the data contract permits."""

    permitted_uses: tuple[str, ...]
    retention_until: date
    today: date


def cut(
    wish: Wish, states: list[BatchState], rights: Rights, *, is_taken: bool, release: str, code_version: str
) -> ReleaseCut | Refused:
    """Decide a release, or refuse it and name what is in the way. No interface can go round this function.

    is_taken  a release of this name and version exists
    """
    refused = _refuse_wish(wish, rights, is_taken=is_taken)
    if refused:
        return refused
    known = {state.batch: state for state in states}
    if wish.batches is not None:
        return _cut_named(wish, known, release=release, code_version=code_version)
    against = {state.batch: blocks(state, is_stated=bool(wish.rationale)) for state in states}
    chosen = [state for state in states if not against[state.batch]]
    left_out = {batch: refusals[0].sentence for batch, refusals in against.items() if refusals}
    if not chosen:
        reasons = " ".join(left_out.values()) or "There is no batch with judgments yet."
        return Refused("nothing-passes", f"No batch can be released. {reasons}", "batches", tuple(left_out))
    return _event(wish, chosen, left_out, release=release, code_version=code_version)


def _cut_named(wish: Wish, known: Mapping[str, BatchState], *, release: str, code_version: str) -> ReleaseCut | Refused:
    asked = tuple(dict.fromkeys(wish.batches or ()))
    strange = tuple(batch for batch in asked if batch not in known)
    if strange or not asked:
        listed = ", ".join(known) or "none"
        return Refused("unknown-batch", f"Expected batches of this programme ({listed}).", "batches", strange)
    refusals = [refusal for batch in asked for refusal in blocks(known[batch], is_stated=bool(wish.rationale))]
    if refusals:
        sentence = " ".join(refusal.sentence for refusal in refusals)
        names = tuple(dict.fromkeys(name for refusal in refusals for name in refusal.names))
        return Refused(refusals[0].code, sentence, "batches", names)
    left_out = {batch: "It was not asked for." for batch in known if batch not in asked}
    return _event(wish, [known[batch] for batch in asked], left_out, release=release, code_version=code_version)


def blocks(state: BatchState, *, is_stated: bool = False) -> list[Refused]:
    """Everything that keeps a batch from being released.

    is_stated  whether a rationale says why affected judgments that nobody reviewed may be released
    """
    if state.purpose != "work":
        what = state.purpose
        sentence = f"Batch {state.name} holds {what} items, which are never exported."
        return [Refused("not-for-export", sentence, "batches", (state.name,))]
    if state.held:
        sentence = (
            f"Batch {state.name} holds judgments that wait for a review and do not count meanwhile: {state.held:,}. "
            "Have them reviewed first."
        )
        return [Refused("work-held", sentence, "batches", (state.name,))]
    if state.set_aside:
        sentence = (
            f"Items of batch {state.name} whose judgments an intervention set aside, and that are not judged again: "
            f"{state.set_aside:,}. What is left without them shows nothing of the batch: have them judged first."
        )
        return [Refused("work-set-aside", sentence, "batches", (state.name,))]
    if state.measured is None:
        sentence = f"Batch {state.name} has no judgments that count."
        return [Refused("no-judgments", sentence, "batches", (state.name,))]
    failed = gate.refuse(state.measured, state.name)
    if failed is None and state.complete <= len(state.open_disagreements) + len(state.erased) + len(state.withdrawn):
        sentence = (
            f"Batch {state.name} has no item that is complete, free of open disagreements, not erased and without a "
            "demonstration that was set aside: finish some first."
        )
        return [Refused("nothing-finished", sentence, "batches", (state.name,))]
    affected = [_unreviewed(state)] if state.unreviewed and not is_stated else []
    return [*([failed] if failed else []), *affected, *state.needs]


def _unreviewed(state: BatchState) -> Refused:
    sentence = (
        f"Batch {state.name} holds judgments that a later version of their rubric affects and that nobody has reviewed "
        f"since: {state.unreviewed:,}, on items: {len(state.affected):,}. Have them reviewed, or state why they may be "
        "released as they are."
    )
    return Refused("affected-unreviewed", sentence, "batches", state.affected)


def _refuse_wish(wish: Wish, rights: Rights, *, is_taken: bool) -> Refused | None:
    if is_taken:
        sentence = f"Release {wish.name} {wish.version} exists and is immutable: choose a new version."
        return Refused("release-exists", sentence, "version")
    if wish.use not in rights.permitted_uses:
        permitted = ", ".join(rights.permitted_uses)
        sentence = f"The contract permits {permitted}; {wish.use} is not among it. Revise the contract, or the use."
        return Refused("use-not-permitted", sentence, "use")
    if wish.consensus is not None and wish.consensus not in CONSENSUS:
        sentence = f"Expected a consensus by {', '.join(CONSENSUS)}, or none; found {wish.consensus!r}."
        return Refused("unknown-method", sentence, "consensus")
    if wish.rationale and len(wish.rationale.strip()) < NOTES_CHARACTERS_MIN:
        sentence = f"Expected a rationale of at least {NOTES_CHARACTERS_MIN} characters that a later reader can follow."
        return Refused("notes-too-short", sentence, RATIONALE)
    if rights.today > rights.retention_until:
        sentence = f"The contract's retention ended on {rights.retention_until}: nothing may be exported any more."
        return Refused("retention-ended", sentence)
    return None


def _event(
    wish: Wish, chosen: list[BatchState], left_out: dict[str, str], *, release: str, code_version: str
) -> ReleaseCut | Refused:
    if wish.rationale and not any(state.unreviewed for state in chosen):
        sentence = "No batch of this release holds affected judgments that nobody reviewed: leave the rationale out."
        return Refused("nothing-affected", sentence, RATIONALE)
    return ReleaseCut(
        release=release, programme=wish.programme, name=wish.name, version=wish.version, use=wish.use,
        batches=[state.batch for state in chosen], left_out=left_out, schema=SCHEMA, code_version=code_version,
    )  # fmt: skip


def held_affected(states: Iterable[BatchState], fact: ReleaseCut, rationale: ObjectRef) -> AffectedReleased:
    """What says that a release holds affected judgments that nobody reviewed, and why it may."""
    held = {state.batch: state.unreviewed for state in states if state.batch in fact.batches and state.unreviewed}
    return AffectedReleased(
        release=fact.release, programme=fact.programme, judgments=dict(sorted(held.items())), rationale=rationale
    )


SENTINELS_MIN, PEOPLE_MIN = 20, 3
"""Answers to sentinels under a rubric, and people who gave them, from which on a release tells their total."""
NOT_DECIDED = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What watching the work of a programme showed so far.

    policies  how often a rate of sentinels was set
    answers   (rubric, expert, whether right) of each answer to a sentinel
    alarms    (rubric, judgments held, what it came from or None) of each alarm
    """

    policies: int
    answers: tuple[tuple[str, str, bool], ...]
    alarms: tuple[tuple[str, int, str | None], ...]


def monitored(watched: Watched, *, release: str, programme: str) -> ReleaseMonitored | None:
    """The totals that a release may tell: never of which items, and of nobody alone. None without sentinels."""
    if not watched.policies:
        return None
    rubrics = sorted({rubric for rubric, _, _ in watched.answers})
    return ReleaseMonitored(
        release=release, programme=programme, policies=watched.policies,
        sentinels=[_total(rubric, [one for one in watched.answers if one[0] == rubric]) for rubric in rubrics],
        alarms=tally(rubric for rubric, _, _ in watched.alarms), held=sum(held for _, held, _ in watched.alarms),
        found=tally(found or NOT_DECIDED for _, _, found in watched.alarms),
    )  # fmt: skip


def _total(rubric: str, answers: list[tuple[str, str, bool]]) -> SentinelTotal:
    if len(answers) < SENTINELS_MIN or len({expert for _, expert, _ in answers}) < PEOPLE_MIN:
        return SentinelTotal(rubric=rubric, answers=None, right=None)
    return SentinelTotal(rubric=rubric, answers=len(answers), right=sum(right for _, _, right in answers))


def tally(names: Iterable[str]) -> dict[str, int]:
    """How often each name is there, in the order of the alphabet."""
    return dict(sorted(Counter(names).items()))


def exclusion(
    *, state: str, disagreement: str | None, is_erased: bool = False, is_withdrawn: bool = False
) -> str | None:  # fmt: skip
    """Why an item of a released batch has no record in the release, or None when it has one.

    is_withdrawn  the response that it holds is a demonstration that was set aside
    """
    if is_erased:
        return "erased"
    if state != "complete":
        return "incomplete"
    if disagreement == "open":
        return "open-disagreement"
    return WITHDRAWN if is_withdrawn else None

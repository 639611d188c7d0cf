"""Calibration sessions: which items, who, when labels are shown, which words of a rubric can be marked. Pure."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tallystick import canon
from tallystick.events.gate import MeasuredValue
from tallystick.flow.gate import Judged, agreement_of, verdict_table
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Criterion, Rubric

ITEMS_MIN: Final = 5
ITEMS_MAX: Final = 30
WORST_MAX: Final = 8
"""So many of the items that cost agreement most are proposed."""
AGREED_SHARE: Final = 2
"""For so many of these, one on which all agreed: a session of nothing but trouble teaches that all is contested."""
AGREED_MIN: Final = 2
PEOPLE_MIN: Final = 2
PEOPLE_MAX: Final = 30
WORDS_MIN: Final = 20
WORDS_MAX: Final = 2_000
KINDS: Final = ("ambiguous", "missing", "contradicts", "too_strict", "too_lax")
"""What can be said of words of a rubric."""
ANSWERS: Final = ("revised", "kept")
LABELLING, REVEALED, ENDED, ABANDONED = STATES = ("labelling", "revealed", "ended", "abandoned")


# --- opening ------------------------------------------------------------------------------------------------------


def proposed(worst: Sequence[str], agreed: Sequence[str]) -> tuple[str, ...]:
    """The items that a session is opened with unless the lead chooses others.

    worst   items that cost agreement most, the worst first
    agreed  complete items on which all agreed, in the order in which they are to be taken
    """
    divided = list(worst[:WORST_MAX])
    calm = list(agreed[: max(AGREED_MIN, len(divided) // AGREED_SHARE, ITEMS_MIN - len(divided))])
    more = list(worst[WORST_MAX : WORST_MAX + max(0, ITEMS_MIN - len(divided) - len(calm))])
    return (*divided, *more, *calm)


def check_opening(
    items: Sequence[str], people: Sequence[str], *, known_items: Collection[str], known_people: Collection[str]
) -> Refused | None:
    """Why a session cannot be opened on these items with these people, or None.

    known_items   complete items of the batch whose content is there
    known_people  experts who may be asked
    """
    strange = tuple(name for name in items if name not in known_items)
    if strange:
        sentence = "Expected complete items of this batch whose content is there. Leave these out."
        return Refused("calibration-items", sentence, "items", strange)
    if not ITEMS_MIN <= len(set(items)) <= ITEMS_MAX or len(set(items)) != len(items):
        sentence = f"Expected {ITEMS_MIN} to {ITEMS_MAX} items, each once, found {len(items)}. Choose again."
        return Refused("calibration-items", sentence, "items")
    strange = tuple(name for name in people if name not in known_people)
    if strange:
        sentence = "Expected experts who judged in this batch or are qualified under its rubric. Leave these out."
        return Refused("calibration-people", sentence, "participants", strange)
    if not PEOPLE_MIN <= len(set(people)) <= PEOPLE_MAX or len(set(people)) != len(people):
        sentence = f"Expected {PEOPLE_MIN} to {PEOPLE_MAX} participants, each once, found {len(people)}. Choose again."
        return Refused("calibration-people", sentence, "participants")
    return None


# --- labels -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Label:
    """One participant's answer to one item, in terms of the item's own candidates."""

    expert: str
    item: str
    verdict: str
    scores: Mapping[str, Mapping[str, int]]


def unfinished(items: Collection[str], people: Sequence[str], labels: Iterable[Label]) -> tuple[str, ...]:
    """Participants who have not labelled every item that can still be read, in their order."""
    given = {(label.expert, label.item) for label in labels}
    return tuple(person for person in people if any((person, item) not in given for item in items))


def check_reveal(state: str, people: Sequence[str], missing: Sequence[str], *, reason: str) -> Refused | None:
    """Why the labels of a session cannot be shown yet, or None."""
    if state != LABELLING:
        return Refused("calibration-revealed", "The labels of this session are shown already, or it was abandoned.")
    if len(people) - len(missing) < PEOPLE_MIN:
        sentence = (
            f"Expected at least {PEOPLE_MIN} participants who labelled every item, found {len(people) - len(missing)}. "
            "Wait for them, or abandon the session."
        )
        return Refused("calibration-unfinished", sentence, "reason")
    if missing and len(reason.strip()) < WORDS_MIN:
        sentence = (
            f"{len(missing)} of {len(people)} participants have not finished, and nobody can label any more after "
            f"this. Wait for them, or say in at least {WORDS_MIN} characters why you do not."
        )
        return Refused("reveal-reason-missing", sentence, "reason")
    return None


def agreement(labels: Sequence[Label], *, metric: str, level: str, rubric_version: str) -> MeasuredValue:
    """The coefficient of the batch over the labels of a session. It stands beside no threshold."""
    judged = [
        Judged(
            judgment="", item=label.item, expert=label.expert, verdict=label.verdict, scores=label.scores,
            is_expected=False, rubric_version=rubric_version,
        )
        for label in labels
    ]  # fmt: skip
    found = agreement_of(verdict_table(judged, level), metric, level)
    low, high = (found.interval.low, found.interval.high) if found.interval else (None, None)
    return MeasuredValue(
        what="verdict", metric=found.metric, level=found.level or level, status=str(found.status),
        value_ppm=None if found.value is None else canon.ppm(found.value),
        low_ppm=None if low is None else canon.ppm(low), high_ppm=None if high is None else canon.ppm(high),
        items=found.n_items, raters=found.n_raters, judgments=found.n_judgments,
    )  # fmt: skip


# --- the words of a rubric ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Passage:
    """One text of a rubric that can be marked.

    place      where it stands in the document, such as criteria.accuracy.anchors.3
    criterion  None: it belongs to no criterion
    label      what it is, for people
    """

    place: str
    criterion: str | None
    label: str
    text: str


def passages(rubric: Rubric) -> tuple[Passage, ...]:
    """Every text of a rubric that people judge by, in the order of the document."""
    return (
        Passage("task", None, "Task", rubric.task),
        *(passage for criterion in rubric.criteria for passage in _of_criterion(criterion)),
        *(
            Passage(f"priority.{number}.why", None, f"Why {rule.over} outranks {rule.under}", rule.why)
            for number, rule in enumerate(rubric.priority)
        ),
    )


def _of_criterion(criterion: Criterion) -> Iterator[Passage]:
    root, name = f"criteria.{criterion.id}", criterion.id
    yield Passage(f"{root}.name", name, "Name", criterion.name)
    yield Passage(f"{root}.question", name, "Question", criterion.question)
    for point, words in sorted(criterion.anchors.items()):
        yield Passage(f"{root}.anchors.{point}", name, f"Anchor {point}", words)
    for number, example in enumerate(criterion.examples):
        yield Passage(f"{root}.examples.{number}.excerpt", name, f"Example {number + 1}", example.excerpt)
        yield Passage(f"{root}.examples.{number}.why", name, f"Why example {number + 1} scores so", example.why)
    for number, words in enumerate(criterion.exclusions):
        yield Passage(f"{root}.exclusions.{number}", name, "Does not count", words)
    if criterion.abstain:
        yield Passage(f"{root}.abstain", name, "Abstain when", criterion.abstain)
    if criterion.escalation:
        yield Passage(f"{root}.escalation", name, "Escalate to", criterion.escalation)


_SENTENCE = re.compile(r"[^\s].*?(?:[.!?…。！？؟](?=\s|$)|$)", re.DOTALL)  # noqa: RUF001 - full stops of other scripts


def sentences(text: str) -> tuple[tuple[int, int], ...]:
    """Where each sentence of a text begins and ends, in code points: what can be chosen without selecting."""
    return tuple((found.start(), found.end()) for found in _SENTENCE.finditer(text))


def quote_digest(text: str, start: int, end: int) -> str:
    """What the journal says of marked words."""
    return canon.digest(text[start:end].encode())


def check_mark(passage: Passage | None, start: int, end: int, *, kind: str, note: str) -> Refused | None:
    """Why a mark on words of a rubric is not taken, or None."""
    if passage is None:
        return Refused("unknown-place", "Expected a text of this rubric version. Choose the words again.", "place")
    if not 0 <= start < end <= len(passage.text):
        sentence = (
            f"Expected a range of words within the {len(passage.text)} characters of this text, found {start} to "
            f"{end}. Choose the words again."
        )
        return Refused("unknown-place", sentence, "place")
    if kind not in KINDS:
        return Refused("unknown-kind", f"Expected one of {', '.join(KINDS)}. Say what is wrong with the words.", "kind")
    return check_words(note, "note")


def check_words(words: str, field: str) -> Refused | None:
    """Why words are too short or too long to be of use, or None."""
    if WORDS_MIN <= len(words.strip()) <= WORDS_MAX:
        return None
    sentence = f"Expected {WORDS_MIN} to {WORDS_MAX} characters, found {len(words.strip())}."
    return Refused("words-length", f"{sentence} Say it so that a later reader can follow.", field)


def check_example(rubric: Rubric, *, criterion: str, candidate: str, score: int) -> Refused | None:
    """Why a worked example is not one of this rubric, or None. Its words are checked by `check_words`."""
    part = rubric.by_id.get(criterion)
    if part is None:
        sentence = f"Expected a criterion of this rubric ({', '.join(rubric.by_id)}). Choose one."
        return Refused("unknown-criterion", sentence, "criterion", (criterion,))
    if candidate not in ("a", "b"):
        return Refused("unknown-candidate", "Expected candidate A or B. Say which answer it is about.", "candidate")
    if not part.scale.low <= score <= part.scale.high:
        sentence = f"Expected a score from {part.scale.low} to {part.scale.high} for {criterion}, found {score}."
        return Refused("unknown-score", sentence, "score")
    return None


def check_answer(answer: str, words: str) -> Refused | None:
    """Why an answer to a mark is none, or None."""
    if answer not in ANSWERS:
        return Refused("unknown-answer", f"Expected one of {', '.join(ANSWERS)}. Choose one.", "answer")
    return check_words(words, "words")


def next_version(version: str) -> str:
    """The version that a revision is proposed with: the middle number one higher."""
    major, minor, _ = version.split(".")
    return f"{major}.{int(minor) + 1}.0"

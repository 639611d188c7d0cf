"""What changed between two versions of a rubric, and whether a version may follow another (SPEC 3.1, 3.6).

Reads two rubrics and writes nothing.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from tallystick.flow.document import Plain, Versioned, plain
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric.model import Criterion, PriorityRule, Rubric, share_text, threshold_ppm

WORDS_MAX = 2_000
"""Texts longer than this are shown as wholly changed: comparing words takes time that grows with their square."""
LABEL_MAX = 24
"""An exclusion is called by so many letters of its words at most."""

State = Literal["same", "added", "removed", "changed"]
_MEASURING = frozenset({"gated", "weight", "principles"})
_REVISION_KEYS = frozenset({"version", "changelog", "rationale"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionChange:
    """What a new version does to one criterion.

    parts  the keys of the criterion that differ; `task`, `priority`, `lists` or `list words` where the rubric's differ
    """

    criterion: str
    kind: Literal["added", "removed", "changed"]
    parts: tuple[str, ...] = ()

    @property
    def is_affecting(self) -> bool:
        """An expert could have judged otherwise. A new gate, weight or principle is nothing that they saw."""
        return self.kind != "changed" or bool(set(self.parts) - _MEASURING)


def changes(old: Rubric, new: Rubric) -> list[CriterionChange]:
    """Criterion by criterion, in the new version's order, removed ones last; unchanged ones are left out."""
    ids = [*new.by_id, *(name for name in old.by_id if name not in new.by_id)]
    return [change for name in ids if (change := _change(name, old, new))]


def affected(old: Rubric, new: Rubric) -> list[str]:
    """Ids of the criteria whose judgments under the old version must be looked at again, sorted.

    An added criterion is among them: earlier judgments do not have it.
    """
    return sorted(change.criterion for change in changes(old, new) if change.is_affecting)


def _change(name: str, old: Rubric, new: Rubric) -> CriterionChange | None:
    before, after = old.by_id.get(name), new.by_id.get(name)
    if before is None:
        return CriterionChange(criterion=name, kind="added")
    if after is None:
        return CriterionChange(criterion=name, kind="removed")
    was, now = plain(before), plain(after)
    parts = [part for part in Criterion.model_fields if was.get(part) != now.get(part)]
    if old.task != new.task:
        parts.append("task")
    if _lists(old) != _lists(new):
        parts.append("lists")
    elif old.labels != new.labels:
        parts.append("list words")
    if _rules_about(name, old) != _rules_about(name, new):
        parts.append("priority")
    return CriterionChange(criterion=name, kind="changed", parts=tuple(parts)) if parts else None


def _lists(rubric: Rubric) -> dict[str, tuple[str, ...]]:
    """The values of each closed list, in order, because a list of severities rises from the first to the last.

    They are the scale of what is chosen: anybody may have chosen otherwise.
    """
    return {name: tuple(label.value for label in labels) for name, labels in (rubric.labels or {}).items()}


def _rules_about(name: str, rubric: Rubric) -> set[PriorityRule]:
    return {rule for rule in rubric.priority if name in {rule.over, rule.under}}


Reason = Literal["added", "removed", "scale", "anchors", "rule", "wording"]
REASONS: tuple[Reason, ...] = get_args(Reason)
"""Why an earlier judgment on a criterion is affected, the gravest first. Whatever touches no scale, anchor or rule is
wording: the name, question, task, examples, exclusions, when to abstain, whom to ask, the words of a closed list."""
_RULES = frozenset({"priority", "citation_required"})


def reasons(old: Rubric, new: Rubric) -> dict[str, Reason]:
    """Criterion: the gravest reason why its judgments under the old version are affected. As `affected` names them."""
    return {change.criterion: _reason(change) for change in changes(old, new) if change.is_affecting}


def _reason(change: CriterionChange) -> Reason:
    if change.kind != "changed":
        return change.kind
    parts = set(change.parts)
    if parts & {"scale", "lists"}:
        return "scale"
    if "anchors" in parts:
        return "anchors"
    return "rule" if parts & _RULES else "wording"


# --- side by side -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that is, or is not, in the other version."""

    text: str
    is_changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffRow:
    """One line of a side-by-side view.

    section  what it belongs to: `Rubric`, or the name of a criterion
    part     what it is: `anchor 3`, `question`, `example: A wrong unit`
    old, new the texts; empty where a version does not have the part
    """

    section: str
    part: str
    old: str
    new: str
    old_pieces: tuple[Piece, ...]
    new_pieces: tuple[Piece, ...]

    @property
    def state(self) -> State:
        """Whether the part is the same, or was added, removed or changed."""
        if self.old == self.new:
            return "same"
        if not self.old:
            return "added"
        return "changed" if self.new else "removed"


def side_by_side(before: Iterable[tuple[str, str]], after: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The parts of two versions by section and name, in the order of the new one.

    A part that only the old version has stands where its section ends.
    """
    every = list(dict.fromkeys((*after, *before)))
    sections = list(dict.fromkeys(section for section, _ in every))
    return sorted(every, key=lambda key: sections.index(key[0]))


def diff(old: Rubric, new: Rubric) -> list[DiffRow]:
    """Every part of both versions side by side, the same ones too, in the new version's order."""
    before, after = _keyed(old), _keyed(new)
    keys = side_by_side(before, after)
    names = {criterion.id: criterion.name for rubric in (old, new) for criterion in rubric.criteria}
    rows = [_row(names.get(key[0], "Rubric"), key[1], before.get(key, ""), new=after.get(key, "")) for key in keys]
    return [row for row in rows if row.old or row.new]


def _keyed(rubric: Rubric) -> dict[tuple[str, str], str]:
    """Every part by its section and name; a name that comes again gets a number, so that no part is lost."""
    parts: dict[tuple[str, str], str] = {}
    for (section, part), text in _parts(rubric):
        again = sum(1 for key in parts if key[0] == section and key[1].partition(" #")[0] == part)
        parts[section, f"{part} #{again + 1}" if again else part] = text
    return parts


def _row(section: str, part: str, old: str, *, new: str) -> DiffRow:
    old_pieces, new_pieces = pieces(old, new)
    return DiffRow(section=section, part=part, old=old, new=new, old_pieces=old_pieces, new_pieces=new_pieces)


def _parts(rubric: Rubric) -> Iterator[tuple[tuple[str, str], str]]:
    """((criterion id or nothing, part), text) of all that a rubric says."""
    yield ("", "title"), rubric.title
    yield ("", "task"), rubric.task
    yield ("", "threshold"), share_text(threshold_ppm(rubric))
    if rubric.threshold and rubric.threshold.rationale:
        yield ("", "threshold rationale"), rubric.threshold.rationale
    for name, value in plain(rubric.qualification).items():
        yield ("", f"qualification {name}"), str(value)
    for criterion in rubric.criteria:
        for part, text in _criterion_parts(criterion):
            yield (criterion.id, part), text
    for name, labels in (rubric.labels or {}).items():
        yield ("", f"list {name}"), ", ".join(label.value for label in labels) or "no values"
        for label in labels:
            yield ("", f"list {name}: {label.value}"), "\n".join(filter(None, (label.title, label.help)))
    for rule in rubric.priority:
        yield ("", f"priority: {rule.over} over {rule.under}"), f"{rule.why}{form_note(rule)}"


def form_note(rule: PriorityRule) -> str:
    """What a rule of another form than the usual one says of itself, to stand behind its reason; else nothing."""
    notes = {
        "lexicographic": " (any difference decides)",
        "threshold": f" (a score of {rule.at_most} or less on one side decides)",
    }
    return notes.get(rule.form or "clear", "")


def _criterion_parts(criterion: Criterion) -> Iterator[tuple[str, str]]:
    yield "name", criterion.name
    yield "question", criterion.question
    yield "scale", f"{criterion.scale.low} to {criterion.scale.high}"
    for point, words in sorted(criterion.anchors.items()):
        yield f"anchor {point}", words
    for example in criterion.examples:
        yield f"example: {example.title}", f"{example.excerpt}\nScore {example.score}: {example.why}"
    for words in criterion.exclusions:
        # By its first words, so that one put in between does not shift those after it.
        yield f"exclusion: {_first_words(words)}", words
    yield "abstain", criterion.abstain or ""
    yield "escalation", criterion.escalation or ""
    yield "citation", "required" if criterion.citation_required else "not required"
    yield "gate", "counts for the gate" if criterion.gated else "does not count for the gate"
    yield "weight", str(criterion.weight or "")
    yield "principles", ", ".join(criterion.principles or ())


def _first_words(text: str) -> str:
    """The first words of a text as a label: cut between words, and within one only where it alone is too long."""
    if len(text) <= LABEL_MAX:
        return text
    whole, _, _ = text[: LABEL_MAX + 1].rpartition(" ")
    return f"{whole.rstrip() or text[:LABEL_MAX]}…"


def pieces(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Both texts cut at words into what they share and what they do not."""
    if old == new:
        return ((Piece(old, False),) if old else (),) * 2
    before, after = re.findall(r"\s+|\S+", old), re.findall(r"\s+|\S+", new)
    if len(before) > WORDS_MAX or len(after) > WORDS_MAX:
        is_changed = old != new
        return (Piece(old, is_changed),), (Piece(new, is_changed),)
    left: list[Piece] = []
    right: list[Piece] = []
    for kind, start, end, new_start, new_end in difflib.SequenceMatcher(None, before, after, False).get_opcodes():
        is_changed = kind != "equal"
        left.extend([Piece("".join(before[start:end]), is_changed)] if end > start else [])
        right.extend([Piece("".join(after[new_start:new_end]), is_changed)] if new_end > new_start else [])
    return tuple(left), tuple(right)


# --- may this version follow that one? --------------------------------------------------------------------------


def check_version(previous: Rubric | None, new: Rubric) -> Refused | None:
    """Why a version may not be published after another, or None. The first version may always."""
    if previous is None:
        return None
    if (previous.id, previous.domain) != (new.id, new.domain):
        return Refused(
            code="rubric-differs",
            sentence=f"Expected a new version of the rubric {previous.id} for {previous.domain}, found {new.id} for "
            f"{new.domain}. Keep id and domain, or publish it as a rubric of its own.",
            field="id" if previous.id != new.id else "domain",
        )
    return check_revision(previous, new, noun="rubric")


def check_revision(previous: Versioned, new: Versioned, *, noun: str) -> Refused | None:
    """Why a document may not follow its previous version, or None (rubrics and contracts alike)."""
    if new.number <= previous.number:
        return Refused(
            code="version-not-higher",
            sentence=f"Expected a version above {previous.version}, because versions are immutable, found "
            f"{new.version}. Raise the number.",
            field="version",
        )
    if _content(previous) == _content(new):
        return Refused(
            code="nothing-changed",
            sentence=f"Expected a {noun} that differs from version {previous.version}, found the same content. "
            f"Keep version {previous.version} or change something.",
            field="version",
        )
    for key, text, earlier in (
        ("changelog", new.changelog, previous.changelog),
        ("rationale", new.rationale, previous.rationale),
    ):
        if text is None or text == earlier:
            found = "none" if text is None else f"the text of version {previous.version}"
            return Refused(
                code=f"{key}-missing",
                sentence=f"Expected a {key} of its own for version {new.version} of the {noun}, found {found}. "
                f"Say {'what changed' if key == 'changelog' else 'why it changed'}.",
                field=key,
            )
    return None


def _content(document: Versioned) -> Mapping[str, Plain]:
    return {key: value for key, value in plain(document).items() if key not in _REVISION_KEYS}

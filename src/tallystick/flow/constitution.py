"""Constitutions: numbered principles, how criteria carry them, who has agreed, and trade-offs. SPEC 3.4 and 3.5.

Reads documents and facts; writes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tallystick import canon
from tallystick.flow.document import Fault, Finding, Part, Slug, Text, Versioned, form, plain
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import DiffRow, Rubric, check_revision, pieces, side_by_side

Role = Literal["researcher", "lead"]
ROLES: tuple[Role, Role] = ("researcher", "lead")
"""Who must agree on how a rubric carries principles: the client's alignment researcher and the methodology lead."""
ROLE_NAMES: Mapping[Role, str] = {"researcher": "the client's alignment researcher", "lead": "the methodology lead"}
PROPOSED, AGREED, DECLINED = "proposed", "agreed", "declined"
NOTES_CHARACTERS_MIN = 20
PRINCIPLES_IN_CONFLICT_MAX = 10
NOTE_CHARACTERS_MAX = 4_000


class Illustration(Part):
    """A situation in which a principle matters, and what it asks for there."""

    title: Text
    situation: Text
    asks: Text


class Principle(Part):
    """One principle. Its id stays the same in all versions; its number is how people call it."""

    id: Slug
    number: Annotated[int, Field(ge=1, le=999)]
    title: Text
    text: Text
    explanation: Text | None = None
    examples: tuple[Illustration, ...] = ()


class Constitution(Versioned):
    """One version of a programme's principles. Immutable once it is published."""

    constitution: Literal["tallystick/constitution/1"]
    id: Slug
    title: Text
    preamble: Text | None = None
    principles: Annotated[tuple[Principle, ...], Field(min_length=1, max_length=200)]

    @property
    def by_id(self) -> dict[str, Principle]:
        """The principles by their id, in the constitution's order."""
        return {principle.id: principle for principle in self.principles}

    def faults(self) -> Iterator[Fault]:
        for number, principle in enumerate(self.principles):
            for key in ("id", "number"):
                value = getattr(principle, key)
                if any(getattr(other, key) == value for other in self.principles[:number]):
                    yield Fault(
                        path=("principles", number, key),
                        expected=f"{'an id' if key == 'id' else 'a number'} of its own for each principle",
                        found=f'"{value}" again',
                        fix="Change one of the two.",
                    )


def check_version(previous: Constitution | None, new: Constitution) -> Refused | None:
    """Why a version may not be published after another, or None. The first version may always."""
    if previous is None:
        return None
    if previous.id != new.id:
        sentence = (
            f"A programme has one constitution. Expected a new version of {previous.id}, found {new.id}: keep the id."
        )
        return Refused("constitution-differs", sentence, "id")
    return check_revision(previous, new, noun="constitution")


def changed(old: Constitution, new: Constitution) -> list[str]:
    """Ids of the principles that were added, removed or changed, sorted. A new number alone changes none."""
    before, after = ({p.id: _content(p) for p in one.principles} for one in (old, new))
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def _content(principle: Principle) -> Mapping[str, object]:
    return {key: value for key, value in plain(principle).items() if key != "number"}


def diff(old: Constitution, new: Constitution) -> list[DiffRow]:
    """Every part of both versions side by side, the same ones too, in the new version's order."""
    before, after = dict(_parts(old)), dict(_parts(new))
    keys = side_by_side(before, after)
    titles = {p.id: f"{p.number} {p.title}" for one in (old, new) for p in one.principles}
    rows = []
    for section, part in keys:
        texts = before.get((section, part), ""), after.get((section, part), "")
        cut = pieces(*texts)
        rows.append(
            DiffRow(
                section=titles.get(section, "Constitution"), part=part, old=texts[0], new=texts[1], old_pieces=cut[0],
                new_pieces=cut[1],
            )
        )  # fmt: skip
    return [row for row in rows if row.old or row.new]


def _parts(one: Constitution) -> Iterator[tuple[tuple[str, str], str]]:
    yield ("", "title"), one.title
    yield ("", "preamble"), one.preamble or ""
    for principle in one.principles:
        yield (principle.id, "number"), str(principle.number)
        yield (principle.id, "title"), principle.title
        yield (principle.id, "text"), principle.text
        yield (principle.id, "explanation"), principle.explanation or ""
        for place, example in enumerate(principle.examples, start=1):
            yield (principle.id, f"example {place}"), f"{example.title}\n{example.situation}\nIt asks: {example.asks}"


# --- how criteria carry principles ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A criterion that carries a principle."""

    domain: str
    rubric: str
    criterion: str
    name: str
    examples: int


def carried(rubric: Rubric) -> dict[str, list[str]]:
    """Criterion: the principles that it names. Criteria that name none are left out."""
    return {one.id: list(one.principles) for one in rubric.criteria if one.principles}


def carriers(constitution: Constitution, rubrics: Mapping[str, Rubric]) -> dict[str, list[Carrier]]:
    """Principle: the criteria that carry it, in every domain. rubrics: domain to the version in force."""
    found: dict[str, list[Carrier]] = {principle.id: [] for principle in constitution.principles}
    for domain, rubric in rubrics.items():
        for one in rubric.criteria:
            for name in one.principles or ():
                if name in found:
                    found[name].append(
                        Carrier(
                            domain=domain, rubric=rubric.id, criterion=one.id, name=one.name,
                            examples=len(one.examples),
                        )
                    )  # fmt: skip
    return found


def findings(constitution: Constitution, rubrics: Mapping[str, Rubric]) -> list[Finding]:
    """What the constitution and its rubrics lack: serious lacks first."""
    found = [*_principle_findings(constitution, rubrics), *_lost(constitution, rubrics)]
    return sorted(found, key=lambda finding: finding.severity != "serious")


def _principle_findings(constitution: Constitution, rubrics: Mapping[str, Rubric]) -> Iterator[Finding]:
    given = carriers(constitution, rubrics)
    for place, principle in enumerate(constitution.principles):
        path, name = f"principles[{place}]", f"Principle {principle.number}, {principle.title},"
        if not given[principle.id]:
            sentence = f"{name} is carried by no criterion: name it in a criterion of a rubric, or take it out."
            yield Finding(code="principle-uncovered", path=path, severity="serious", sentence=sentence)
        for carrier in given[principle.id]:
            if not carrier.examples:
                sentence = f"{name} is carried by {carrier.name} ({carrier.domain}), which has no worked example."
                yield Finding(code="no-example", path=path, severity="serious", sentence=sentence)
        if not principle.examples:
            sentence = f"{name} has no example: show what it asks for in a situation."
            yield Finding(code="no-illustration", path=f"{path}.examples", severity="warning", sentence=sentence)


def _lost(constitution: Constitution, rubrics: Mapping[str, Rubric]) -> Iterator[Finding]:
    known = constitution.by_id
    for domain, rubric in rubrics.items():
        for one in rubric.criteria:
            for name in one.principles or ():
                if name not in known:
                    sentence = (
                        f"{one.name} ({domain}) names the principle {name}, which the constitution does not have."
                    )
                    yield Finding(
                        code="unknown-principle", path=f"{rubric.id}.{one.id}", severity="serious", sentence=sentence
                    )


def refuse_names(constitution: Constitution | None, rubric: Rubric) -> Refused | None:
    """Why a rubric cannot name the principles that it names, or None."""
    named = list(dict.fromkeys(name for given in carried(rubric).values() for name in given))
    if not named:
        return None
    if constitution is None:
        sentence = f"Expected a constitution with the principles {', '.join(named)}, found none: publish it first."
        return Refused("no-constitution", sentence, "principles", tuple(named))
    unknown = tuple(name for name in named if name not in constitution.by_id)
    if unknown:
        sentence = (
            f"Expected principles of {constitution.id} {constitution.version}, which are "
            f"{', '.join(constitution.by_id)}; found {', '.join(unknown)}."
        )
        return Refused("unknown-principle", sentence, "principles", unknown)
    return None


def subject_digest(constitution: Constitution, rubric: Rubric) -> str:
    """SHA-256 of what two people sign: the carrying criteria and the carried principles, as they are written.

    A version that changes neither keeps its agreement.
    """
    given = carried(rubric)
    names = sorted({name for names in given.values() for name in names})
    subject = {
        "constitution": constitution.id, "rubric": rubric.id, "domain": rubric.domain,
        "criteria": [plain(one) for one in rubric.criteria if one.id in given],
        "principles": [_content(constitution.by_id[name]) for name in names if name in constitution.by_id],
    }  # fmt: skip
    return canon.digest(canon.encode(subject))


def refuse_use(constitution: Constitution | None, rubric: Rubric, agreed: set[str]) -> Refused | None:
    """Why a rubric cannot be used for new work, or None. A rubric that names no principle needs no agreement.

    agreed  digests of what both roles have signed
    """
    if constitution is None or not carried(rubric) or subject_digest(constitution, rubric) in agreed:
        return None
    one_title, other_title = ROLE_NAMES["researcher"], ROLE_NAMES["lead"]
    sentence = (
        f"The rubric {rubric.id} {rubric.version} carries principles of the constitution. Expected the agreement of "
        f"{one_title} and {other_title} on how, found none that fits it: no new work is given "
        "out under it until both have signed."
    )
    return Refused("operationalization-open", sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """How a proposal stands. signed: role to the person who signed for it."""

    state: str
    subject_digest: str
    signed: Mapping[str, str]


def refuse_proposal(
    constitution: Constitution | None, rubric: Rubric, *, agreed: set[str], waiting: set[str]
) -> Refused | None:
    """Why it cannot be proposed how a rubric carries principles, or None.

    agreed, waiting  digests of what was agreed, and of what waits for signatures
    """
    if constitution is None or not carried(rubric):
        sentence = f"Expected a rubric whose criteria name principles, found none in {rubric.id} {rubric.version}."
        return Refused("nothing-carried", sentence)
    refused = refuse_names(constitution, rubric)
    if refused:
        return refused
    digest = subject_digest(constitution, rubric)
    if digest in agreed:
        return Refused("already-agreed", "Both have agreed on this already: nothing is left to propose.")
    if digest in waiting:
        return Refused("already-proposed", "This was proposed already and waits for signatures: sign that proposal.")
    return None


def refuse_signing(proposal: Proposal, role: str, person: str, *, current: str | None) -> Refused | None:
    """Why somebody cannot sign a proposal for a role, or None.

    current  the digest of the rubric and the constitution in force
    """
    if proposal.state != PROPOSED:
        return Refused("proposal-closed", f"Expected a proposal that waits for signatures, found one {proposal.state}.")
    if proposal.subject_digest != current:
        sentence = (
            "The rubric or the constitution has changed since this was proposed: propose it as it reads now, and sign "
            "that."
        )
        return Refused("proposal-outdated", sentence)
    if role in proposal.signed:
        return Refused("already-signed", f"{ROLE_NAMES[role].capitalize()} has signed already.")  # type: ignore[index]  # a role of the two
    if person in proposal.signed.values():
        return Refused(
            "two-people-needed", "Expected two people. You have signed for the other role: somebody else must."
        )
    return None


def agreed_by(proposal: Proposal, role: str, person: str) -> dict[str, str] | None:
    """Role: person of both signatures when this one is the second, else None."""
    signed = {**proposal.signed, role: person}
    return signed if set(signed) == set(ROLES) else None


# --- trade-offs -------------------------------------------------------------------------------------------------


class TradeOff(BaseModel):
    """What an expert may note beside a judgment: principles that conflicted, and what gave way.

    prevailed  one of the principles; None when they were balanced
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    principles: Annotated[tuple[Slug, ...], Field(min_length=2, max_length=PRINCIPLES_IN_CONFLICT_MAX)]
    prevailed: Slug | None = None
    note: Annotated[str, Field(max_length=NOTE_CHARACTERS_MAX)]


def refuse_trade_off(constitution: Constitution | None, given: TradeOff) -> Refused | None:
    """Why a trade-off cannot be noted, or None."""
    if constitution is None:
        return Refused("no-constitution", "This programme has no constitution: leave the trade-off out.", "trade_off")
    unknown = tuple(name for name in given.principles if name not in constitution.by_id)
    if unknown:
        known = ", ".join(constitution.by_id)
        sentence = f"Expected principles of the constitution in force ({known}), found {', '.join(unknown)}."
        return Refused("unknown-principle", sentence, "trade_off", unknown)
    if len(set(given.principles)) != len(given.principles):
        return Refused("trade-off-incomplete", "Name each principle that conflicted once.", "trade_off")
    if given.prevailed is not None and given.prevailed not in given.principles:
        sentence = "The principle that prevailed is not among those that conflicted: choose one of them, or none."
        return Refused("trade-off-incomplete", sentence, "trade_off")
    if not given.note.strip():
        return Refused("trade-off-incomplete", "Say in a sentence which trade-off you made.", "trade_off")
    return None


def in_order(constitution: Constitution, given: TradeOff) -> list[str]:
    """The principles of a trade-off in the constitution's order."""
    return [name for name in constitution.by_id if name in given.principles]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """How often two principles conflicted, and how often each prevailed. first stands before second in the order."""

    first: str
    second: str
    number: int
    first_prevailed: int
    second_prevailed: int


def conflicts(noted: Sequence[tuple[Sequence[str], str | None]]) -> list[Conflict]:
    """Every pair of principles that conflicted, the most frequent first.

    noted  (principles, the one that prevailed) of each trade-off
    """
    pairs: dict[tuple[str, str], list[str | None]] = {}
    for names, prevailed in noted:
        for place, first in enumerate(names):
            for second in names[place + 1 :]:
                pairs.setdefault((first, second), []).append(prevailed)
    found = [
        Conflict(
            first=first, second=second, number=len(given), first_prevailed=given.count(first),
            second_prevailed=given.count(second),
        )
        for (first, second), given in pairs.items()
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-one.number, one.first, one.second))


SHAPE = form.Shape(
    ("constitution", "tallystick/constitution/1"),
    (
        form.Field("id", "Id", hint="It stays the same in all versions."),
        form.Field("version", "Version", hint="Above the version in force."),
        form.Field("title", "Title"),
        form.Field("preamble", "Preamble", "text"),
        form.Field("changelog", "What changed", "text", hint="Needed from the second version on."),
        form.Field("rationale", "Why it changed", "text", hint="Needed from the second version on."),
        form.Rows(
            "principles", "Principles", "principle", "title", (
                form.Field("id", "Id", hint="Short and lasting: rubrics name it."),
                form.Field("number", "Number", "whole"),
                form.Field("title", "Title"),
                form.Field("text", "Principle", "text"),
                form.Field("explanation", "Explanation", "text"),
                form.Rows(
                    "examples", "Examples", "example", "title", (
                        form.Field("title", "Title"), form.Field("situation", "Situation", "text"),
                        form.Field("asks", "What the principle asks for there", "text"),
                    ),
                ),
            ),
        ),
    ),
)  # fmt: skip
"""The form of a constitution."""

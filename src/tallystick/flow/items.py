"""Rows of an import: items and judgments made elsewhere. Pure: rows in, checked models or problems out.

A row's problems are complete and name line and field. What an expert may see and what is hidden from them part here.
"""

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tallystick import canon
from tallystick.flow.document import Fault, Part, Plain, Problem, Slug, check
from tallystick.flow.rubric import Domain, Rubric
from tallystick.signals import preference

PURPOSES = ("work", "gold", "holdout")
TEXT_MAX = 200_000
SPACING = b" \t\r\n\v\f"
TAXONOMY = ("difficulty", "language", "ambiguity", "severity", "interaction", "tools", "failure_cluster", "task_type")

External = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:|/-]{0,127}$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_MAX, pattern=r"\S")]
# These stand in events and columns as they are: a NUL has no place there, and a line break hides what follows it.
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Label = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class Candidate(Part):
    """One candidate answer, and where it comes from: the expert sees only the text.

    The text may be empty: models do answer with nothing, and people judge that too.
    """

    text: Annotated[str, StringConstraints(max_length=TEXT_MAX)]
    model: Name = "unknown"
    version: Name = "unknown"
    sampling: Annotated[dict[Label, Name], Field(max_length=20)] = Field(default_factory=dict)


class Source(Part):
    """Under which rights an item came."""

    class_: Annotated[Label, Field(alias="class")] = "client_supplied"
    licence: Name = "unstated"


class GoldScore(Part):
    """The right scores of one criterion, within one point."""

    a: Annotated[int, Field(ge=0, le=100)]
    b: Annotated[int, Field(ge=0, le=100)]


class GoldKey(Part):
    """What is known to be right about a gold item."""

    verdict: preference.Verdict
    scores: dict[Slug, GoldScore] = Field(default_factory=dict)
    rationale: Words | None = None


class ItemRow(Part):
    """One row of an item import. A preference item has two candidates.

    subjects  people who appear in the content, so that it can be erased with them; kept as keyed digests only
    """

    id: External
    domain: Domain
    prompt: Annotated[str, StringConstraints(max_length=TEXT_MAX)]
    candidates: Annotated[tuple[Candidate, ...], Field(min_length=2, max_length=2)]
    signal: Literal["preference"] = "preference"
    context: Words | None = None
    language: Label = "en"
    difficulty: Literal["easy", "medium", "hard", "boundary"] | None = None
    ambiguity: Literal["low", "medium", "high"] | None = None
    severity: Literal["low", "medium", "high"] | None = None
    interaction: Literal["single", "multi"] | None = None
    tools: Literal["none", "read", "write"] | None = None
    failure_cluster: Slug | None = None
    task_type: Slug | None = None
    group: Label | None = None
    expected_disagreement: bool = False
    source: Source = Source()
    gold: GoldKey | None = None
    subjects: Annotated[tuple[Name, ...], Field(max_length=8)] = ()

    def faults(self) -> list[Fault]:
        """Two candidates that say the same cannot be compared, nor two answers to nothing."""
        if not self.prompt.strip() and not self.context:
            fix = "Bring the prompt, or remove the row."
            return [Fault(path=("prompt",), expected="a prompt or a context", found="neither", fix=fix)]
        if self.candidates[0].text.strip() == self.candidates[1].text.strip():
            fix = "Remove the row, or bring the answer that was meant."
            return [Fault(path=("candidates",), expected="two different texts", found="the same text twice", fix=fix)]
        return []


class JudgmentRow(Part):
    """One row of judgments that were made elsewhere."""

    item: External
    rater: Name
    verdict: Literal[
        "a_clearly", "a_slightly", "tie", "b_slightly", "b_clearly", "both_unacceptable", "insufficient_context",
        "abstain", "a", "b",
    ]  # fmt: skip
    scores: Annotated[dict[Slug, GoldScore], Field(max_length=50)] = Field(default_factory=dict)
    reasons: Annotated[tuple[Slug, ...], Field(max_length=20)] = ()
    rationale: Words | None = None
    made_at: Annotated[str, StringConstraints(max_length=40, pattern=r"^[^\x00-\x1f\x7f]*$")] | None = None


def read_item(
    row: Plain, *, line: int, name: str, purpose: str, rubrics: Mapping[str, Rubric]
) -> ItemRow | list[Problem]:
    """One item of a row, or all that is wrong with it.

    rubrics  domain: the rubric in force, for every domain of the contract
    """
    found = check(row, name, ItemRow, line=line)
    if isinstance(found, list):
        return found
    problems = [*_domain_problems(found, rubrics, name, line=line), *_gold_problems(found, purpose, name, line=line)]
    return problems or found


def _domain_problems(row: ItemRow, rubrics: Mapping[str, Rubric], name: str, *, line: int) -> list[Problem]:
    rubric = rubrics.get(row.domain)
    if rubric is None:
        known = ", ".join(sorted(rubrics)) or "none yet: publish a rubric first"
        fix = "Correct the domain, or revise the contract."
        expected = f"a domain with a rubric in this programme ({known})"
        return [_problem(name, line, "domain", expected=expected, found=row.domain, fix=fix)]
    strange = sorted(set(row.gold.scores) - set(rubric.by_id)) if row.gold else []
    expected = f"criteria of {rubric.id} ({', '.join(rubric.by_id)})"
    return [
        _problem(name, line, f"gold.scores.{criterion}", expected=expected, found=criterion, fix="Correct the name.")
        for criterion in strange
    ]


def _gold_problems(row: ItemRow, purpose: str, name: str, *, line: int) -> list[Problem]:
    if purpose == "gold" and row.gold is None:
        fix = "Add the verdict that is right, or import the row as work."
        return [_problem(name, line, "gold", expected="a gold verdict", found="nothing", fix=fix)]
    if purpose == "gold" and row.gold and row.gold.verdict in preference.UNDECIDED:
        fix = "Choose items with a right answer."
        return [_problem(name, line, "gold.verdict", expected="a verdict", found=row.gold.verdict, fix=fix)]
    if purpose != "gold" and row.gold is not None:
        fix = "Import gold items with the purpose gold, so that experts meet them only in qualification."
        return [_problem(name, line, "gold", expected=f"no gold key on an item for {purpose}", found="one", fix=fix)]
    return []


def read_judgment(row: Plain, *, line: int, name: str) -> JudgmentRow | list[Problem]:
    """One imported judgment of a row, or all that is wrong with it."""
    return check(row, name, JudgmentRow, line=line)


def row_problem(name: str, line: int, field: str, *, expected: str, found: str, fix: str) -> Problem:
    """A problem that only the cell's state shows: an item that is there already, an unknown item."""
    return _problem(name, line, field, expected=expected, found=found, fix=fix)


def _problem(name: str, line: int, field: str, *, expected: str, found: str, fix: str) -> Problem:
    return Problem(name=name, line=line, path=field, expected=expected, found=found, fix=fix)


def visible(row: ItemRow) -> bytes:
    """What an expert sees, as canonical bytes: prompt, context, candidate texts."""
    texts = [{"text": candidate.text} for candidate in row.candidates]
    return canon.encode({"candidates": texts, "context": row.context, "prompt": row.prompt})


def hidden(row: ItemRow) -> bytes:
    """What no expert sees before their time, as canonical bytes: candidate identity, family, gold key."""
    identity = [
        {"model": candidate.model, "sampling": candidate.sampling, "version": candidate.version}
        for candidate in row.candidates
    ]
    gold = None
    if row.gold:
        scores = {name: {"a": points.a, "b": points.b} for name, points in row.gold.scores.items()}
        gold = {"rationale": row.gold.rationale, "scores": scores, "verdict": row.gold.verdict}
    return canon.encode({"candidates": identity, "gold": gold, "group": row.group})


def normalised(row: ItemRow) -> bytes:
    """The content without case, spacing and candidate order: equal for items that ask the same."""
    texts = sorted(_plain(candidate.text) for candidate in row.candidates)
    return canon.encode([_plain(row.prompt), _plain(row.context or ""), *texts])


def spelling(subject: str) -> str:
    """Somebody named in content, as they are found again: without case and spacing."""
    return " ".join(unicodedata.normalize("NFKC", subject).casefold().split())


def taxonomy(row: ItemRow) -> dict[str, str]:
    """The axes on which an item has a value."""
    return {axis: value for axis in TAXONOMY if (value := getattr(row, axis)) is not None}


def _plain(text: str) -> str:
    return text.lower().encode().translate(None, SPACING).decode()

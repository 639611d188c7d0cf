"""The answer form of a preference: from fields to an answer, and back with everything that was typed. Pure.

Field names are those of views/judgment.py. A draft is the same fields, kept as they were typed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from starlette.datastructures import FormData

from tallystick.app.assignment import Shown
from tallystick.flow.judgment import scales, warnings
from tallystick.flow.rubric import Criterion, Rubric
from tallystick.signals import preference
from tallystick.signals.preference import PreferenceAnswer
from tallystick.web import rubric as rubrics
from tallystick.web import words
from tallystick.web.views import judgment as views
from tallystick.web.views.items import Text
from tallystick.web.views.page import Notice
from tallystick.web.views.parts import Choice

Fields = Mapping[str, tuple[str, ...]]
"""What was typed: each field with all its values."""

REASONS: Final = 3
NOT_KEPT: Final = frozenset({"csrf", "idempotency_key", "intent"})
VALUE_MAX: Final = 40_000
_ANY_VERDICT: Final = "tie"
"""Stands in while no verdict was chosen, so that all else that is wrong can be said at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a form says. `errors` maps `verdict`, `score-ID` and `reason-N` to a sentence for each."""

    answer: PreferenceAnswer | None
    errors: Mapping[str, str] = field(default_factory=dict)


def fields_of(form: FormData) -> dict[str, tuple[str, ...]]:
    """The fields of a form that belong to the answer."""
    return {
        name: tuple(value for value in form.getlist(name) if isinstance(value, str))
        for name in form
        if name not in NOT_KEPT
    }


def drafted(draft: Mapping[str, object] | None) -> dict[str, tuple[str, ...]]:
    """The fields of a draft. What another program kept in another shape is left where it is."""
    found = {}
    for name, value in (draft or {}).items():
        values = value if isinstance(value, list | tuple) else [value]
        if all(isinstance(part, str) for part in values):
            found[name] = tuple(str(part) for part in values)
    return found


def draft_of(fields: Fields) -> dict[str, object]:
    """Fields as a draft keeps them."""
    return {name: list(values) for name, values in fields.items()}


def first(fields: Fields, name: str) -> str:
    """The value of a field, or nothing."""
    return fields.get(name, ("",))[0] if fields.get(name) else ""


def active_ms(fields: Fields) -> int:
    """The measured time on the page in milliseconds; 0 when a browser sends none."""
    text = first(fields, "active_ms")
    return min(int(text), preference.ACTIVE_MS_MAX) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def read(fields: Fields, rubric: Rubric) -> Reading:
    """The answer of a form, or everything that keeps it from being one."""
    errors: dict[str, str] = {}
    verdict = first(fields, "verdict")
    if verdict not in preference.VERDICTS:
        errors["verdict"] = "Choose a verdict. If the work cannot be compared, choose one of the last three."
    scores = {criterion.id: points for criterion in rubric.criteria if (points := _points(fields, criterion)) != ""}
    reasons, numbers = _reasons(fields, rubric, errors)
    if any(len(value) > preference.TEXT_CHARACTERS_MAX for reason in reasons for value in reason.values() if value):
        errors["reason-1"] = f"Expected at most {preference.TEXT_CHARACTERS_MAX} characters in each reason: shorten it."
        return Reading(answer=None, errors=errors)
    answer = PreferenceAnswer.model_validate({
        "verdict": _ANY_VERDICT if "verdict" in errors else verdict, "scores": scores, "reasons": reasons,
        "confirmed": [name for name in fields.get("confirmed", ()) if name in rubric.by_id],
        "active_ms": active_ms(fields),
    })  # fmt: skip
    for fault in preference.faults(answer, scales(rubric)):
        errors.setdefault(_place(fault.field, numbers), fault.sentence)
    return Reading(answer=None if errors else answer, errors=errors)


def _points(fields: Fields, criterion: Criterion) -> dict[str, int] | str | None:
    """Both scores; None when the expert cannot say; an empty text when something is missing."""
    if first(fields, f"score-{criterion.id}-none") == "yes":
        return None
    given = [first(fields, f"score-{criterion.id}-{side}") for side in ("a", "b")]
    if not all(value.isascii() and value.isdigit() and len(value) < 3 for value in given):
        return ""
    return {"a": int(given[0]), "b": int(given[1])}


def _reasons(
    fields: Fields, rubric: Rubric, errors: dict[str, str]
) -> tuple[list[dict[str, str | None]], tuple[int, ...]]:
    """The reasons that were written, with the numbers of their fields. One without a criterion is an error."""
    reasons: list[dict[str, str | None]] = []
    numbers = []
    for number in range(1, REASONS + 1):
        text, quote, citation = (first(fields, f"reason-{number}-{part}") for part in ("text", "quote", "citation"))
        if not (text.strip() or quote.strip() or citation.strip()):
            continue
        criterion = first(fields, f"reason-{number}-criterion")
        if criterion not in rubric.by_id:
            errors[f"reason-{number}"] = "Choose the criterion that this reason belongs to."
            criterion = rubric.criteria[0].id
        reasons.append({"criterion": criterion, "text": text, "quote": quote or None, "citation": citation or None})
        numbers.append(number)
    return reasons, tuple(numbers)


def _place(name: str, numbers: tuple[int, ...]) -> str:
    """The part of the page that a field of the answer stands in."""
    head, _, rest = name.partition(".")
    if head == "scores":
        return f"score-{rest}"
    index = rest.partition(".")[0]
    return f"reason-{numbers[int(index)]}" if index.isdigit() else "reason-1"


def contradictions(answer: PreferenceAnswer, rubric: Rubric) -> tuple[views.Contradiction, ...]:
    """Every priority rule that an answer contradicts, with whether that was confirmed."""
    return tuple(
        views.Contradiction(
            criterion=name, name=rubric.by_id[name].name, sentence=sentence, is_confirmed=name in answer.confirmed
        )
        for name, sentence in warnings(answer, rubric)
    )


def complaint(errors: Mapping[str, str]) -> Notice:
    """The notice above a form that was not taken."""
    number = "One thing is" if len(errors) == 1 else f"{len(errors)} things are"
    return Notice(
        kind="refused", sentence=f"Nothing was submitted yet. {number} missing or not right.",
        todo="Each is marked below. Everything that you typed is still here.", field=next(iter(errors), None),
    )  # fmt: skip


def texts(shown: Shown) -> tuple[Text, tuple[Text, ...], Text, Text]:
    """Prompt, context and both candidates as passages, in the order in which this person sees them."""
    context = (Text(label="Context", body=shown.context),) if shown.context else ()
    prompt = Text(label="Prompt", body=shown.prompt)
    return prompt, context, Text(label="A", body=shown.first), Text(label="B", body=shown.second)


def scores(rubric: Rubric, fields: Fields, errors: Mapping[str, str]) -> tuple[views.ScoreField, ...]:
    """The score fields with what was chosen."""
    return tuple(
        views.ScoreField(
            id=criterion.id, name=criterion.name, choices=_choices(criterion),
            chosen_a=_chosen(fields, criterion, "a"), chosen_b=_chosen(fields, criterion, "b"),
            is_none=first(fields, f"score-{criterion.id}-none") == "yes",
            error=errors.get(f"score-{criterion.id}", ""),
        )
        for criterion in rubric.criteria
    )  # fmt: skip


def _chosen(fields: Fields, criterion: Criterion, side: str) -> int | None:
    text = first(fields, f"score-{criterion.id}-{side}")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else None


def _choices(criterion: Criterion) -> tuple[views.ScoreChoice, ...]:
    """Every point of the scale with its anchor, or with the anchors around it."""
    anchors = criterion.anchors
    return tuple(
        views.ScoreChoice(value=point, words=anchors.get(point) or _between(anchors, point))
        for point in range(criterion.scale.low, criterion.scale.high + 1)
    )


def _between(anchors: Mapping[int, str], point: int) -> str:
    below = max(value for value in anchors if value < point)
    above = min(value for value in anchors if value > point)
    return f"Between {below} ({anchors[below].rstrip('.')}) and {above} ({anchors[above].rstrip('.')})."


def verdicts(chosen: str) -> tuple[views.VerdictChoice, ...]:
    """The eight verdicts with their keys."""
    short = ("A", "a", "=", "b", "B", "none", "?", "-")
    return tuple(
        views.VerdictChoice(
            value=value, label=words.VERDICTS[value], short=short[number], key=str(number + 1), is_scale=number < 5,
            is_chosen=value == chosen,
        )
        for number, value in enumerate(preference.VERDICTS)
    )  # fmt: skip


def reasons(rubric: Rubric, fields: Fields, errors: Mapping[str, str]) -> tuple[views.ReasonField, ...]:
    """The reason fields with what was typed."""
    return tuple(
        views.ReasonField(
            number=number,
            criteria=tuple(
                Choice(value=c.id, label=c.name, is_chosen=first(fields, f"reason-{number}-criterion") == c.id)
                for c in rubric.criteria
            ),
            text=first(fields, f"reason-{number}-text"), quote=first(fields, f"reason-{number}-quote"),
            citation=first(fields, f"reason-{number}-citation"), error=errors.get(f"reason-{number}", ""),
        )
        for number in range(1, REASONS + 1)
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What a workspace page is about; the form's own state comes apart from it."""

    action: str
    draft_href: str
    programme: str
    shown: Shown
    rubric: Rubric
    done: int
    total: int | None = None
    lease_until: str | None = None
    is_qualification: bool = False
    release_action: str | None = None


def work(
    sheet: Sheet, fields: Fields, *, key: str, saved_at: str | None, errors: Mapping[str, str],
    against: tuple[views.Contradiction, ...] = (),
) -> views.Work:  # fmt: skip
    """The workspace with everything that was typed."""
    rubric = sheet.rubric
    prompt, context, candidate_a, candidate_b = texts(sheet.shown)
    return views.Work(
        action=sheet.action, draft_href=sheet.draft_href, idempotency_key=key, active_ms=active_ms(fields),
        programme=sheet.programme, rubric_title=rubric.title, rubric_version=rubric.version,
        rubric_href=f"/programmes/{sheet.programme}/rubrics/{rubric.id}/{rubric.version}", done=sheet.done,
        total=sheet.total, lease_until=sheet.lease_until, prompt=prompt, context=context, candidate_a=candidate_a,
        candidate_b=candidate_b, criteria=tuple(rubrics.criterion(c) for c in rubric.criteria),
        priorities=rubrics.priorities(rubric), scores=scores(rubric, fields, errors),
        verdicts=verdicts(first(fields, "verdict")), reasons=reasons(rubric, fields, errors),
        verdict_error=errors.get("verdict", ""), contradictions=against, saved_at=saved_at,
        is_qualification=sheet.is_qualification, release_action=sheet.release_action,
        is_citation_required=any(c.citation_required for c in rubric.criteria),
    )  # fmt: skip

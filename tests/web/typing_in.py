"""Answers as browsers send them: for tests of forms."""

from living_cell import CRITERIA

from tallystick.signals.shape import UNDECIDED, Answer, Form, Reason


def under(answer: Answer, form: Form) -> Answer:
    """The answer under the rubric of these tests."""
    is_decided = answer.verdict not in UNDECIDED
    scores = {name: dict.fromkeys(form.scored, 3) for name in CRITERIA} if form.scored and is_decided else {}
    reasons = [Reason(criterion=CRITERIA[0], text="It follows, as anybody can see.")]
    return answer.model_copy(update={"scores": scores, "reasons": reasons})


def typed(answer: Answer, form: Form) -> dict[str, tuple[str, ...]]:
    """An answer as the fields that a browser sends."""
    fields = {"verdict": answer.verdict, "active_ms": str(answer.active_ms)}
    for name, points in answer.scores.items():
        fields |= {f"score-{name}-{on}": str(given) for on, given in (points or {}).items()}
    for number, reason in enumerate(answer.reasons, 1):
        fields |= {f"reason-{number}-criterion": reason.criterion, f"reason-{number}-text": reason.text}
    fields |= {f"value-{name}": value for name, value in answer.values.items()}
    fields |= {f"text-{name}": text for name, text in answer.texts.items()}
    spans = {one.name for one in form.labellings if one.is_span}
    numbers: dict[str, int] = {}
    for mark in answer.marks:
        numbers[mark.field] = number = numbers.get(mark.field, 0) + 1
        if mark.field in spans:
            head = f"span-{mark.field}-{number}"
            fields |= {f"{head}-on": mark.on, f"{head}-quote": mark.quote or "", f"{head}-start": str(mark.start)}
        else:
            several = {one.name for one in form.labellings if one.is_many}
            head = f"mark-{mark.field}-{mark.on}" + (f"~{mark.label}" if mark.field in several else "")
        if mark.place is not None:
            below = form.ranking is not None and mark.label == form.ranking.unacceptable.value
            fields |= {f"{head}-place": str(mark.place)} | ({f"{head}-below": "yes"} if below else {})
            continue
        fields |= {
            f"{head}-label": mark.label,
            f"{head}-severity": mark.severity or "",
            f"{head}-note": mark.text or "",
        }
    return {name: (value,) for name, value in fields.items()}

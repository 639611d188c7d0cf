"""What a signal asks beyond scores, reasons and verdict, as fields with what was typed."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from tallystick.app.assignment import Shown
from tallystick.signals.shape import Code, Form, Labelling, Piece, Ranking
from tallystick.web.judgment.reading import SPANS_MAX, label_places, span_numbers
from tallystick.web.judgment.typed import Fields, first
from tallystick.web.language import either, titled, told
from tallystick.web.views import judgment as views
from tallystick.web.views.parts import Choice

EMPTY_SPANS = 4
"""Rows for further spans. A script shows one after the other; without it all are there, and more after each save."""


def asked(shown: Shown, form: Form, fields: Fields, errors: Mapping[str, str]) -> views.FormFields:
    """Everything that a form asks for, but for the labels that stand with the pieces."""
    spans = tuple(_spans(shown, one, fields, errors) for one in form.labellings if one.is_span)
    choices = tuple(
        views.ChoiceField(
            name=f"value-{one.name}", title=told(one.title), help=told(one.help), is_required=one.is_required,
            choices=_choices(one.options, first(fields, f"value-{one.name}")), when=_when(one.when, form),
            error=errors.get(f"value-{one.name}", ""),
        )
        for one in form.choices
    )  # fmt: skip
    numbers = tuple(
        views.NumberField(
            name=f"value-{one.name}", title=told(one.title), help=told(one.help), low=one.low, high=one.high,
            value=first(fields, f"value-{one.name}"), when=_when(one.when, form), is_required=one.is_required,
            error=errors.get(f"value-{one.name}", ""),
        )
        for one in form.numbers
    )  # fmt: skip
    texts = {piece.id: piece.text for piece in shown.pieces}
    writings = tuple(
        views.WritingField(
            name=f"text-{one.name}", title=told(one.title), help=told(one.help), rows=one.rows,
            is_required=one.is_required,
            value=first(fields, f"text-{one.name}") or ("" if fields else texts.get(one.starts_with or "", "")),
            when=_when(one.when, form), error=errors.get(f"text-{one.name}", ""),
        )
        for one in form.writings
    )  # fmt: skip
    ranking = _ranking(shown, form.ranking, fields, errors) if form.ranking else None
    return views.FormFields(spans=spans, ranking=ranking, choices=choices, numbers=numbers, writings=writings)


def _when(verdicts: frozenset[str], form: Form) -> str:
    """With which verdicts a field is asked for, in words."""
    return either(told(code.title) for code in form.verdicts if code.value in verdicts)


def _choices(codes: Iterable[Code], chosen: str) -> tuple[Choice, ...]:
    return tuple(
        Choice(value=code.value, label=told(code.title), is_chosen=code.value == chosen, note=told(code.help))
        for code in codes
    )


def labels_of(part: Labelling, piece: Piece, fields: Fields, errors: Mapping[str, str]) -> tuple[views.LabelField, ...]:
    """The label of one piece; one field for each label where several may stand on it."""
    places = label_places(part, piece.id)
    codes = [(code,) for code in part.labels] if part.is_many else [part.labels]
    found = [_label(part, name, some, fields, errors=errors) for name, some in zip(places, codes, strict=True)]
    missing = errors.get(f"mark-{part.name}-{piece.id}", "")
    return (replace(found[0], error=found[0].error or missing), *found[1:]) if part.is_many and found else tuple(found)


def _label(
    part: Labelling, name: str, codes: tuple[Code, ...], fields: Fields, *, errors: Mapping[str, str]
) -> views.LabelField:
    return views.LabelField(
        name=name, legend=told(part.title), is_many=part.is_many,
        labels=_choices(codes, first(fields, f"{name}-label")),
        severities=_choices(part.severities, first(fields, f"{name}-severity")),
        note_title="" if part.note == "none" else told(part.note_title), note=first(fields, f"{name}-note"),
        error=errors.get(name, ""),
    )  # fmt: skip


def _spans(shown: Shown, part: Labelling, fields: Fields, errors: Mapping[str, str]) -> views.SpanField:
    used = span_numbers(fields, part.name)
    last = used[-1] if used else 0
    numbers = [*used, *range(last + 1, min(last + EMPTY_SPANS, SPANS_MAX) + 1)]
    heads = tuple(f"span-{part.name}-{number}-" for number in used)
    fields = {name: values for name, values in fields.items() if name.startswith(heads)}  # a mark taken back is gone
    titles = {piece.id: titled(piece.title) for piece in shown.pieces if piece.id in part.pieces}
    return views.SpanField(
        name=part.name, title=told(part.title), help=told(part.help), pieces=tuple(titles),
        note_title="" if part.note == "none" else told(part.note_title),
        rows=tuple(_span(part, number, titles, fields, errors=errors, is_open=number in used) for number in numbers),
        error=errors.get(f"part-{part.name}", ""),
    )  # fmt: skip


def _span(
    part: Labelling, number: int, titles: Mapping[str, str], fields: Fields, *, errors: Mapping[str, str],
    is_open: bool,
) -> views.SpanRow:  # fmt: skip
    name = f"span-{part.name}-{number}"
    on = first(fields, f"{name}-on")
    return views.SpanRow(
        name=name,
        pieces=tuple(Choice(value=piece, label=title, is_chosen=piece == on) for piece, title in titles.items()),
        labels=_choices(part.labels, first(fields, f"{name}-label")),
        severities=_choices(part.severities, first(fields, f"{name}-severity")),
        quote=first(fields, f"{name}-quote"), start=first(fields, f"{name}-start"), note=first(fields, f"{name}-note"),
        is_open=is_open, error=errors.get(name, ""),
    )  # fmt: skip


def ranking_of(shown: Shown, fields: Fields) -> views.RankField | None:
    """The places of a ranking alone, for somebody who settles it; None of another signal."""
    part = shown.matter.signal.form(shown.matter.content, {}).ranking if shown.erased is None else None
    return None if part is None else _ranking(shown, part, fields, {})


def _ranking(shown: Shown, part: Ranking, fields: Fields, errors: Mapping[str, str]) -> views.RankField:
    titles = {piece.id: titled(piece.title) for piece in shown.pieces}
    rows = []
    for piece in part.pieces:
        name = f"mark-{part.name}-{piece}"
        given = first(fields, f"{name}-place")
        places = [str(number) for number in range(1, len(part.pieces) + 1)]
        rows.append(
            views.RankRow(
                name=name, title=titles[piece],
                places=tuple(Choice(value=place, label=place, is_chosen=place == given) for place in places),
                is_below=first(fields, f"{name}-below") == "yes", error=errors.get(name, ""),
            )
        )  # fmt: skip
    return views.RankField(
        title=told(part.title), help=told(part.help), below=told(part.unacceptable.title), rows=tuple(rows),
        error=errors.get(f"part-{part.name}", ""),
    )  # fmt: skip

"""The workspace page of any signal: what is read, what is asked, and everything that was typed. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tallystick.app.assignment import Shown
from tallystick.flow.judgment import warnings
from tallystick.flow.rubric import Criterion, Rubric
from tallystick.signals.shape import UNDECIDED_CODES, Answer, Code, Form, Piece
from tallystick.web import rubric as rubrics
from tallystick.web.judgment.asked import asked, labels_of
from tallystick.web.judgment.reading import REASONS
from tallystick.web.judgment.typed import Fields, active_ms, first
from tallystick.web.language import Words, beside_exact, counted, said, titled, told
from tallystick.web.views import judgment as views
from tallystick.web.views.items import Text
from tallystick.web.views.page import Notice
from tallystick.web.views.parts import Choice, Fact
from tallystick.web.views.welfare import Shield

_SHORT = {
    "a_clearly": "A", "a_slightly": "a", "tie": "=", "b_slightly": "b", "b_clearly": "B",
    "both_unacceptable": "none", "insufficient_context": "?", "abstain": "-",
}  # fmt: skip
KEYS = "123456789"
SCALE_MAX = 5
"""So many verdicts stand in one row; others stand beside them."""


def contradictions(answer: Answer, rubric: Rubric) -> tuple[views.Contradiction, ...]:
    """Every priority rule that an answer contradicts, with whether that was confirmed."""
    return tuple(
        views.Contradiction(
            criterion=name,
            name=rubric.by_id[name].name,
            sentence=_against(rubric.by_id[name].name, sentence),
            is_confirmed=name in answer.confirmed,
        )
        for name, sentence in warnings(answer, rubric)
    )


def _against(name: str, exact: str) -> str:
    sentence = said(
        "By the priority rules of the rubric, your verdict contradicts your scores for %(name)s.", name=name
    )
    return beside_exact(sentence, exact)


def complaint(errors: Mapping[str, str]) -> Notice:
    """The notice above a form that was not taken."""
    sentence = (
        said("Nothing was submitted yet. One thing is missing or not right.")
        if len(errors) == 1
        else counted(
            "Nothing was submitted yet. %(number)s thing is missing or not right.",
            "Nothing was submitted yet. %(number)s things are missing or not right.", len(errors),
        )
    )  # fmt: skip
    return Notice(
        kind="refused", sentence=sentence, field=next(iter(errors), None),
        todo=said("Each is marked below. Everything that you typed is still here."),
    )  # fmt: skip


def read_first(shown: Shown) -> tuple[Text, tuple[Text, ...]]:
    """Prompt and context as passages."""
    context = (Text(label=said("Context"), body=shown.context),) if shown.context else ()
    return Text(label=said("Prompt"), body=shown.prompt), context


def pieces(shown: Shown) -> tuple[views.PieceView, ...]:
    """What is read below prompt and context, in the order in which this person sees it."""
    return tuple(_piece(piece) for piece in shown.pieces)


def _piece(piece: Piece, labels: tuple[views.LabelField, ...] = (), *, is_markable: bool = False) -> views.PieceView:
    return views.PieceView(
        id=piece.id, kind=piece.kind, text=Text(label=titled(piece.title), body=piece.text),
        facts=tuple(Fact(term=titled(name), value=_FACTS.get(text) or text) for name, text in piece.facts),
        labels=labels, is_markable=is_markable,
    )  # fmt: skip


def _asked_pieces(shown: Shown, form: Form, fields: Fields, errors: Mapping[str, str]) -> tuple[views.PieceView, ...]:
    """The pieces with the labels that stand with them."""
    spans = {piece for one in form.labellings if one.is_span for piece in one.pieces}
    found = []
    for piece in shown.pieces:
        asked_of = [one for one in form.labellings if not one.is_span and piece.id in one.pieces]
        labels = tuple(label for one in asked_of for label in labels_of(one, piece, fields, errors))
        found.append(_piece(piece, labels, is_markable=piece.id in spans))
    return tuple(found)


def scores(
    rubric: Rubric, form: Form, shown: Shown, fields: Fields, *, errors: Mapping[str, str]
) -> tuple[views.ScoreField, ...]:
    """The score fields with what was chosen."""
    if not form.scored:
        return ()
    titles = {piece.id: titled(piece.title) for piece in shown.pieces}
    return tuple(
        views.ScoreField(
            id=criterion.id, name=criterion.name, choices=_choices(criterion),
            pieces=tuple(
                views.Scored(
                    letter=on.upper() if len(on) == 1 else titles.get(on, on), name=on,
                    chosen=_chosen(fields, criterion, on),
                )
                for on in form.scored
            ),
            is_none=first(fields, f"score-{criterion.id}-none") == "yes",
            error=errors.get(f"score-{criterion.id}", ""),
        )
        for criterion in rubric.criteria
    )  # fmt: skip


def _chosen(fields: Fields, criterion: Criterion, on: str) -> int | None:
    text = first(fields, f"score-{criterion.id}-{on}")
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
    return said(
        "Between %(below)s (%(words_below)s) and %(above)s (%(words_above)s).", below=below,
        words_below=anchors[below].rstrip("."), above=above, words_above=anchors[above].rstrip("."),
    )  # fmt: skip


def verdicts(form: Form, chosen: str) -> tuple[views.VerdictChoice, ...]:
    """The verdicts with their keys; the last two decide nothing."""
    codes: Iterable[Code] = (*form.verdicts, *UNDECIDED_CODES)
    return tuple(
        views.VerdictChoice(
            value=code.value, label=told(code.title), key=KEYS[n : n + 1],
            short=_SHORT.get(code.value) or told(code.title),
            is_scale=n < min(len(form.verdicts), SCALE_MAX), is_chosen=code.value == chosen,
        )
        for n, code in enumerate(codes)
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
            citation=first(fields, f"reason-{number}-citation"),
            error=errors.get(f"reason-{number}", errors.get("reasons", "") if number == 1 else ""),
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
    shield: Shield | None = None
    trade_off: views.TradeOffField | None = None


def question(shown: Shown) -> tuple[str, str]:
    """What the expert is asked: the heading of the page, and the sentence below it."""
    signal = shown.matter.signal
    return (told(signal.question), "") if signal.question else (told(signal.title), told(signal.about))


def work(
    sheet: Sheet, fields: Fields, *, key: str, saved_at: str | None, errors: Mapping[str, str],
    against: tuple[views.Contradiction, ...] = (),
) -> views.Work:  # fmt: skip
    """The workspace with everything that was typed."""
    rubric, shown = sheet.rubric, sheet.shown
    form = shown.matter.form(rubric)
    prompt, context = read_first(shown)
    return views.Work(
        action=sheet.action, draft_href=sheet.draft_href, idempotency_key=key, active_ms=active_ms(fields),
        programme=sheet.programme, rubric_title=rubric.title, rubric_version=rubric.version,
        rubric_href=f"/programmes/{sheet.programme}/rubrics/{rubric.id}/{rubric.version}", done=sheet.done,
        total=sheet.total, lease_until=sheet.lease_until, prompt=prompt, context=context,
        pieces=_asked_pieces(shown, form, fields, errors), pieces_title=pieces_title(shown),
        criteria=tuple(rubrics.criterion(c) for c in rubric.criteria), priorities=rubrics.priorities(rubric),
        scores=scores(rubric, form, shown, fields, errors=errors), asked=asked(shown, form, fields, errors),
        verdict_title=told(form.verdict_title), is_verdict_found=not form.verdicts,
        verdicts=verdicts(form, first(fields, "verdict")), reasons=reasons(rubric, fields, errors),
        is_reason_required=form.is_reason_required, verdict_error=errors.get("verdict", ""), contradictions=against,
        saved_at=saved_at, is_qualification=sheet.is_qualification, release_action=sheet.release_action,
        is_citation_required=any(c.citation_required for c in rubric.criteria), shield=sheet.shield,
        trade_off=sheet.trade_off,
    )  # fmt: skip


_TERMS: Final = Words({
    name: name
    for name in (
        "Schema", "Output", "Digest", "Arguments", "User", "Assistant", "System", "Tool", "Source", "Covers", "Result",
        "Evidence",
    )
})  # fmt: skip
"""What titles and facts of traces say, in the words of signals/tooltrace.py and signals/redteam.py."""
_FACTS: Final = Words({
    text: text
    for text in ("None.", "The arguments fit.", "The model was given no tool of this name.", "No description.")
})  # fmt: skip
_TITLES: Final = Words({"candidate": "Candidates", "step": "Steps", "turn": "Conversation", "call": "Actions"})


def pieces_title(shown: Shown) -> str:
    """The heading above the pieces. One response is no choice of candidates, and a policy beside it is none either."""
    if sum(piece.kind == "candidate" for piece in shown.pieces) == 1:
        return said("The work")
    return next((_TITLES[piece.kind] for piece in shown.pieces if piece.kind in _TITLES), said("The work"))

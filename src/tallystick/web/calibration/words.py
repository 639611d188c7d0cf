"""The words of the rubric with the marks on them: mark by selecting or by sentence, answer as the lead. Through app."""

from collections.abc import Mapping
from itertools import pairwise

from tallystick.app import access, calibration
from tallystick.app.calibration import ExampleShown, MarkShown, NewMark, Words
from tallystick.app.kernel import new_key
from tallystick.edge import Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.flow import calibration as flow
from tallystick.flow.document import write
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Example
from tallystick.web import frame
from tallystick.web.calibration import place
from tallystick.web.language import N_, refusal_line, said
from tallystick.web.language import Words as Closed
from tallystick.web.views import calibration as views
from tallystick.web.views.page import Notice
from tallystick.web.views.parts import Choice, Link, Pill

ANSWERS = {"revised": Pill(label="will be revised", tone="good"), "kept": Pill(label="kept as it is", tone="quiet")}
OF_NONE = N_("The rubric as a whole")
_LABELS = Closed({
    "name": N_("Name"), "question": N_("Question"), "exclusions": N_("Does not count"), "abstain": N_("Abstain when"),
    "escalation": N_("Escalate to"),
})  # fmt: skip
CHOOSE = Refused(
    "no-words-chosen", "Expected words of the rubric, found none: select some, or choose a sentence.", "range"
)


def show(visit: Visit) -> PageAnswer:
    """The rubric's words. That somebody read the marks is an event."""
    return _page(visit, key=new_key())


def why(visit: Visit) -> PageAnswer:
    """Read the marks with a reason and words for it."""
    name = visit.path["calibration_id"]
    found = calibration.words(visit.cell, visit.actor, name, reason=visit.text("reason"), words=visit.text("words"))
    path = f"{place.root(name)}/rubric"
    return frame.opened_for(visit, found, path, asked_at=f"{path}/why")


def _page(visit: Visit, *, key: str, refused: Refused | None = None, number: int | None = None) -> PageAnswer:
    name = visit.path["calibration_id"]
    found = calibration.words(visit.cell, visit.actor, name, reason=visit.query.get("reason", ""))
    if isinstance(found, Refused):
        path = f"{place.root(name)}/rubric/why"
        return frame.ask_why(visit, path, found) if found.code in frame.ASKED else found
    session = calibration.session(visit.cell, visit.actor, name)
    if isinstance(session, Refused):
        return session
    errors = (
        {} if refused is None or refused.field is None or number else {_FIELDS[refused.field]: refusal_line(refused)}
    )
    may_answer = access.allows(visit.actor, "intervene")
    marks = tuple(
        _mark(visit, one, found, may_answer=may_answer, refused=refused, number=number) for one in found.marks
    )
    view = views.SessionWords(
        parts=_parts(found, marks),
        examples=tuple(example(one, found) for one in found.examples),
        back=Link(label=said("The session"), href=place.root(name)), unanswered=session.unanswered,
        form=_form(visit, found, key=key, errors=errors) if found.may_mark else None,
        revision_href=f"{place.root(name)}/revision" if access.allows(visit.actor, "rubric.write") else None,
    )  # fmt: skip
    notices: tuple[Notice, ...] = () if refused is None else (frame.notice(refused, field=next(iter(errors), None)),)
    heading = f"{found.rubric.title} {found.rubric.version}"
    page = frame.page(
        visit, heading, title=said("The rubric's words"), at=place.inside(visit, session), notices=notices,
        lead=said("Which words do you read differently? Mark them, and say how."),
    )  # fmt: skip
    return frame.shown("calibration/rubric.html", view, page, status=200 if refused is None else status_of(refused))


_FIELDS = {"place": "range", "range": "range", "kind": "kind", "note": "note", "answer": "answer", "words": "words"}


def named(found: Words) -> dict[str | None, str]:
    """The criteria of the rubric by name, and before them what belongs to none."""
    names: dict[str | None, str] = {None: said(OF_NONE)}
    return names | {part.id: part.name for part in found.rubric.criteria}


def _parts(found: Words, marks: tuple[views.Mark, ...]) -> tuple[views.Part, ...]:
    names = named(found)
    parts = []
    for criterion, label in names.items():
        passages = tuple(_passage(one, found, marks) for one in found.passages if one.criterion == criterion)
        number = sum(len(one.marks) for one in passages)
        parts.append(views.Part(id=criterion or "whole", name=label, passages=passages, marks=number))
    return tuple(parts)


def _passage(passage: flow.Passage, found: Words, marks: tuple[views.Mark, ...]) -> views.Passage:
    here = [one for one in found.marks if one.place == passage.place]
    numbers = {one.number for one in here}
    path = f"{place.root(found.row.calibration)}/rubric"
    return views.Passage(
        place=passage.place, label=label_of(passage, found), pieces=pieces(passage.text, here),
        marks=tuple(one for one in marks if one.number in numbers),
        choose_href=f"{path}?place={passage.place}#mark" if found.may_mark else None,
    )  # fmt: skip


def label_of(passage: flow.Passage, found: Words) -> str:
    """What a text of the rubric is, in the language of the reader, from the place where it stands."""
    if passage.criterion is None:
        return _label_of_rule(passage, found)
    kind, _, rest = passage.place.removeprefix(f"criteria.{passage.criterion}.").partition(".")
    number, _, part = rest.partition(".")
    match kind, part:
        case "anchors", _:
            return said("Anchor %(points)s", points=number)
        case "examples", "why":
            return said("Why example %(number)s scores so", number=int(number) + 1)
        case "examples", _:
            return said("Example %(number)s", number=int(number) + 1)
    return _LABELS[kind]


def _label_of_rule(passage: flow.Passage, found: Words) -> str:
    """Of a text that belongs to no criterion: the task, or the reason of a priority rule."""
    kind, _, rest = passage.place.partition(".")
    if kind != "priority":
        return said("Task")
    rule = found.rubric.priority[int(rest.partition(".")[0])]
    return said("Why %(over)s outranks %(under)s", over=rule.over, under=rule.under)


def pieces(text: str, marks: list[MarkShown]) -> tuple[views.Piece, ...]:
    """A text cut wherever a mark begins or ends."""
    cuts = sorted({0, len(text), *(one.start for one in marks), *(one.end for one in marks)})
    return tuple(
        views.Piece(
            text=text[start:end],
            marks=tuple(one.number for one in marks if one.start <= start and end <= one.end),
        )
        for start, end in pairwise(cuts)
    )  # fmt: skip


def _mark(
    visit: Visit, one: MarkShown, found: Words, *, may_answer: bool, refused: Refused | None, number: int | None
) -> views.Mark:
    is_asked = may_answer and one.answer is None
    is_wrong = refused is not None and number == one.number
    return views.Mark(
        number=one.number, who=place.who(one.participant, is_own=one.is_own), kind=place.KINDS[one.kind],
        quote=one.quote, note=one.note, answer=None if one.answer is None else ANSWERS[one.answer], words=one.words,
        action=f"{place.root(found.row.calibration)}/marks/{one.number}" if is_asked else None,
        idempotency_key=new_key() if is_asked else "", typed_words=visit.text("words") if is_wrong else "",
        typed_answer=visit.text("answer") if is_wrong else "",
        error=refusal_line(refused) if refused is not None and is_wrong else "",
    )  # fmt: skip


def listed(one: MarkShown, found: Words) -> views.Mark:
    """A mark away from its text: beside an editor."""
    label = next(label_of(passage, found) for passage in found.passages if passage.place == one.place)
    return views.Mark(
        number=one.number, who=place.who(one.participant, is_own=one.is_own), kind=place.KINDS[one.kind],
        quote=one.quote, note=one.note, place=label, answer=None if one.answer is None else ANSWERS[one.answer],
        words=one.words,
    )  # fmt: skip


def example(one: ExampleShown, found: Words) -> views.Example:
    """A proposed example, with the lines that would put it into the rubric."""
    names = {part.id: part.name for part in found.rubric.criteria}
    return views.Example(
        number=one.number, who=place.who(one.participant, is_own=one.is_own),
        criterion=names.get(one.criterion, one.criterion), score=one.score, title=one.title,
        situation=one.situation, why=one.why,
        item=Link(label=said("the item"), href=f"{place.root(found.row.calibration)}/items/{one.item}"),
        yaml=_yaml(Example(title=one.title, excerpt=one.situation, score=one.score, why=one.why)),
    )  # fmt: skip


def _yaml(worked: Example) -> str:
    """The lines of an example under its criterion."""
    first, *rest = write(worked).rstrip().split("\n")
    return "\n".join(["examples:", f"  - {first}", *(f"    {line}" for line in rest)])


def _form(visit: Visit, found: Words, *, key: str, errors: Mapping[str, str]) -> views.MarkForm:
    sent = visit.text("range")
    wanted = visit.query.get("place", "") or sent.partition("|")[0]
    passage = next((one for one in found.passages if one.place == wanted), None)
    ranges = () if passage is None else _ranges(passage, sent)
    return views.MarkForm(
        action=f"{place.root(found.row.calibration)}/marks", idempotency_key=key, ranges=ranges,
        chosen="" if passage is None else label_of(passage, found),
        kinds=tuple(Choice(value=v, label=n, is_chosen=visit.text("kind") == v) for v, n in place.KINDS.items()),
        note=visit.text("note"), errors=tuple(errors.items()),
    )  # fmt: skip


def _ranges(passage: flow.Passage, sent: str) -> tuple[Choice, ...]:
    """The sentences of a text, all of it when it has several, and what was selected before the form came back."""
    found = dict.fromkeys(flow.sentences(passage.text))
    if len(found) > 1:
        found[0, len(passage.text)] = None
    again = _range(sent)
    if again is not None and again[0] == passage.place and again[1] < again[2] <= len(passage.text):
        found[again[1:]] = None
    return tuple(
        Choice(
            value=f"{passage.place}|{start}|{end}", label=passage.text[start:end],
            is_chosen=sent == f"{passage.place}|{start}|{end}",
            note=said("all of it") if end - start == len(passage.text) else "",
        )
        for start, end in found
    )  # fmt: skip


def _range(sent: str) -> tuple[str, int, int] | None:
    """place|start|end, as a form sends it."""
    where, _, rest = sent.partition("|")
    start, _, end = rest.partition("|")
    if not all(part.isascii() and part.isdigit() and len(part) < 8 for part in (start, end)):
        return None
    return where, int(start), int(end)


def mark(visit: Visit) -> PageAnswer:
    """Mark words."""
    name = visit.path["calibration_id"]
    chosen = _range(visit.text("range"))
    if chosen is None:
        return _page(visit, key=new_key(), refused=CHOOSE)
    new = NewMark(*chosen, kind=visit.text("kind"), note=visit.text("note"))
    done = calibration.mark(visit.cell, visit.actor, name, new, key=visit.text("idempotency_key"))
    if not isinstance(done, Refused):
        return frame.moved(f"{place.root(name)}/rubric?done=marked#mark-{done.number}")
    return done if done == access.ABSENT else _page(visit, key=new_key(), refused=done)


def answer(visit: Visit) -> PageAnswer:
    """Answer a mark as the lead."""
    name, number = visit.path["calibration_id"], visit.path["number"]
    if not (number.isascii() and number.isdigit() and len(number) < 6):
        return access.ABSENT
    done = calibration.answer(
        visit.cell, visit.actor, name, int(number), answer=visit.text("answer"), words=visit.text("words"),
        key=visit.text("idempotency_key"),
    )  # fmt: skip
    if not isinstance(done, Refused):
        return frame.moved(f"{place.root(name)}/rubric?done=answered#mark-{number}")
    return done if done == access.ABSENT else _page(visit, key=new_key(), refused=done, number=int(number))

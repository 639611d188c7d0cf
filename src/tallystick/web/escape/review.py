"""The second look itself: take the next drawn item, read it without names, answer. Reads and writes through app."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from tallystick.app import access, contract, escape
from tallystick.app.escape import Review
from tallystick.app.kernel import new_key
from tallystick.edge import Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.flow import escape as flow
from tallystick.flow.escape import Answer
from tallystick.flow.pay import NOT_ACCEPTED
from tallystick.flow.refusal import Refused
from tallystick.flow.routing import KIND_LEFT_OUT
from tallystick.web import assignment, frame, words
from tallystick.web import judgment as form
from tallystick.web.adjudication.case import blind
from tallystick.web.escape.overview import SECTION, place
from tallystick.web.language import Words, refusal_line, said
from tallystick.web.views import escape as views
from tallystick.web.views.parts import Choice, Fact
from tallystick.web.welfare import shield

_BLANK = Answer(is_defect=False)
SEVERITIES: Mapping[str, str] = Words({
    "critical": "critical", "high": "high", "medium": "medium", "low": "low",
})  # fmt: skip
CAUSES: Mapping[str, str] = Words({
    "rater_error": "Somebody slipped", "expertise_gap": "The judges lacked the knowledge",
    "rubric_ambiguity": "The rubric can be read in two ways", "missing_context": "The item lacks context",
    "item_fault": "The item itself is broken",
})  # fmt: skip


def first(visit: Visit) -> PageAnswer:
    """To the first programme in which a drawn item waits for whoever asks, or to the first programme."""
    found = contract.programmes(visit.cell, visit.actor)
    if isinstance(found, Refused):
        return found
    names = [row.programme for row in found]
    pages = {name: escape.escape_page(visit.cell, visit.actor, name, is_pool_counted=False) for name in names}
    waiting = [name for name, page in pages.items() if not isinstance(page, Refused) and page.for_me]
    return frame.moved(f"/programmes/{(waiting or names)[0]}/rereview") if names else access.ABSENT


def take_next(visit: Visit) -> PageAnswer:
    """Take the next drawn item, and go to it."""
    programme = visit.path["programme"]
    item = escape.next_review(visit.cell, visit.actor, programme, key=visit.text("idempotency_key") or new_key())
    if not isinstance(item, Refused):
        return frame.moved(f"/rereviews/{item}")
    if item.code == NOT_ACCEPTED:
        return frame.ask_terms(item)
    return item if item == access.ABSENT else frame.moved(f"/programmes/{programme}/rereview")


def review(visit: Visit) -> PageAnswer:
    """The drawn item that one holds. That it was opened is an event."""
    return _shown(visit, _BLANK, "", key=new_key())


def _shown(visit: Visit, typed: Answer, found_as: str, *, key: str, refused: Refused | None = None) -> PageAnswer:
    item = visit.path["drawn"]
    found = escape.review(visit.cell, visit.actor, item)
    if isinstance(found, Refused) and found.code == KIND_LEFT_OUT:
        todo = said("Giving it back counts in no figure: somebody else looks at it.")
        return assignment.put_aside(visit, found, todo=todo, release_action=f"/rereviews/{item}/give-back")
    if isinstance(found, Refused):
        return found
    programme = found.row.programme
    notices = () if refused is None else (frame.notice(refused, field=refused.field),)
    at = place(visit, programme, (said(SECTION), f"/programmes/{programme}/rereview"))
    page = frame.page(visit, said("Is this item sound?"), at=at, notices=notices)
    back = None if found.row.is_answered else f"/rereviews/{item}/give-back"
    view = replace(
        _view(found, typed, found_as, key=key, refused=refused), shield=shield(visit, item, skip_action=back)
    )
    return frame.shown("escape/review.html", view, page, status=200 if refused is None else status_of(refused))


def _view(found: Review, typed: Answer, found_as: str, *, key: str, refused: Refused | None) -> views.Review:
    row, rubric = found.row, found.rubric
    prompt, context = form.read_first(found.shown)
    names = {part.id: part.name for part in rubric.criteria}
    is_open = not row.is_answered
    failures = {one.id: one.description for one in found.failures} | {flow.OTHER: said("None of these")}
    return views.Review(
        facts=(
            Fact(term=said("Domain"), value=found.domain),
            Fact(term=said("Risk"), value=said(words.RISKS[row.risk].label)),
            *((Fact(term=said("Yours until"), value=words.told(row.held_until)),) if row.held_until else ()),
        ),
        prompt=prompt, context=context, pieces=form.pieces(found.shown), pieces_title=form.pieces_title(found.shown),
        judgments=tuple(blind(given, names) for given in found.judgments),
        rubric_href=f"/programmes/{row.programme}/rubrics/{rubric.id}/{rubric.version}",
        action=f"/rereviews/{row.item}" if is_open else None, give_back_action=f"/rereviews/{row.item}/give-back",
        idempotency_key=key, found=found_as,
        severities=_choices(SEVERITIES, typed.severity),
        causes=_choices(CAUSES, typed.cause), failures=_choices(failures, typed.failure), notes=typed.notes,
        errors=((refused.field, refusal_line(refused)),) if refused and refused.field else (),
    )  # fmt: skip


def _choices(known: Mapping[str, str], chosen: str | None) -> tuple[Choice, ...]:
    named: Iterable[tuple[str, str]] = known.items()
    return (
        Choice(value="", label=said("Choose when it is a defect")),
        *(Choice(value=value, label=label, is_chosen=value == chosen) for value, label in named),
    )


def answer(visit: Visit) -> PageAnswer:
    """Answer for one's drawn item, and go on."""
    item, found_as, key = visit.path["drawn"], visit.text("found"), visit.text("idempotency_key")
    given = Answer(
        is_defect=found_as == "defect", severity=visit.text("severity") or None, cause=visit.text("cause") or None,
        failure=visit.text("failure") or None, notes=visit.text("notes"),
    )  # fmt: skip
    if found_as not in {"sound", "defect"}:
        missing = Refused("no-choice", "Choose whether the item is sound or defective.", "found")
        return _shown(visit, given, found_as, key=key, refused=missing)
    done = escape.answer(visit.cell, visit.actor, item, given, key=key)
    if not isinstance(done, Refused):
        return frame.moved(f"/programmes/{done.programme}/rereview?done=reviewed")
    if done.code == "already-answered":
        return frame.moved(f"/rereviews/{item}")
    return done if done == access.ABSENT else _shown(visit, given, found_as, key=key, refused=done)


def give_back(visit: Visit) -> PageAnswer:
    """Give one's drawn item back, and go to the overview."""
    item, key = visit.path["drawn"], visit.text("idempotency_key") or new_key()
    done = escape.give_back(visit.cell, visit.actor, item, key=key)
    if isinstance(done, Refused):
        return done if done == access.ABSENT else frame.moved(f"/rereviews/{item}")
    programme = next(str(fact.programme) for fact in done.facts if hasattr(fact, "programme"))
    return frame.moved(f"/programmes/{programme}/rereview?done=returned")

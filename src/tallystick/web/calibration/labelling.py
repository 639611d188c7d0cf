"""Label items of a session in the workspace of preferences, alone. Reads and writes through app."""

from dataclasses import replace

from tallystick.app import access, calibration
from tallystick.app import judgment as drafts
from tallystick.app.calibration import Task
from tallystick.app.kernel import new_key
from tallystick.edge import Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.flow.pay import NOT_ACCEPTED
from tallystick.flow.refusal import Refused
from tallystick.flow.routing import KIND_LEFT_OUT
from tallystick.signals.shape import Answer
from tallystick.web import assignment, frame, words
from tallystick.web import judgment as form
from tallystick.web.assignment import Sent
from tallystick.web.calibration import place
from tallystick.web.frame import Place
from tallystick.web.judgment import Fields, Sheet
from tallystick.web.language import N_, said
from tallystick.web.views.page import Notice
from tallystick.web.welfare import shield

ALONE = Notice(
    kind="note", sentence=N_("Calibration: this is no judgment, and nothing of it is released."),
    todo=N_(
        "Label each item alone, as you read the rubric now. When the lead shows all labels, you compare them and say "
        "which words of the rubric you read differently."
    ),
)  # fmt: skip
OVER = ("calibration-done", "calibration-revealed", "already-labelled")


def show(visit: Visit) -> PageAnswer:
    """The next item of a session; when none is left, the session itself."""
    name = visit.path["calibration_id"]
    task = calibration.task(visit.cell, visit.actor, name)
    if isinstance(task, Refused):
        if task.code == NOT_ACCEPTED:
            return frame.ask_terms(task)
        if task.code == KIND_LEFT_OUT:
            return _put_aside(visit, task)
        return frame.moved(place.root(name)) if task.code in OVER else task
    return _page(visit, task, Sent(fields=form.drafted(task.draft), notices=(), key=new_key(), status=200))


def _put_aside(visit: Visit, refused: Refused) -> PageAnswer:
    """In place of the items that are left and of kinds that one leaves out."""
    todo = said("What you labelled stays. The lead sees that labels are missing, and not why.")
    return assignment.put_aside(visit, refused, todo=todo)


def _page(visit: Visit, task: Task, sent: Sent) -> PageAnswer:
    root = f"{place.root(task.calibration)}/items/{task.item}"
    sheet = Sheet(
        action=f"{root}/label", draft_href=f"{root}/draft", programme=task.programme, shown=task.shown,
        rubric=task.rubric, done=task.number - 1, total=task.total,
        shield=shield(visit, task.item, is_open=bool(sent.fields)),
    )  # fmt: skip
    saved_at = None if task.draft_at is None else words.moment(task.draft_at)
    view = form.work(sheet, sent.fields, key=sent.key, saved_at=saved_at, errors=sent.errors, against=sent.against)
    trail = ((said("My work"), "/me"), (said("Calibration session"), place.root(task.calibration)))
    heading = said("Item %(number)s of %(total)s", number=task.number, total=task.total)
    page = frame.page(
        visit, heading, title=said("Calibration"), at=Place(trail=trail, programme=task.programme),
        notices=(replace(ALONE, sentence=said(ALONE.sentence), todo=said(ALONE.todo)), *sent.notices),
    )  # fmt: skip
    return frame.shown("judgment/work.html", view, page, status=sent.status)


def act(visit: Visit) -> PageAnswer:
    """Label the item, or save the draft without scripts."""
    name, item = visit.path["calibration_id"], visit.path["item"]
    fields, key = form.fields_of(visit.form), visit.text("idempotency_key")
    if visit.text("intent") == "draft":
        saved = drafts.save_draft(visit.cell, visit.actor, f"{name}|{item}", form.draft_of(fields))
        return saved if isinstance(saved, Refused) else frame.moved(f"{place.root(name)}/label?done=draft")
    task = calibration.task(visit.cell, visit.actor, name)
    if isinstance(task, Refused) or task.item != item:
        return _not_asked(visit, task)
    reading = form.read(fields, task.rubric, task.shown.matter)
    if reading.answer is None:
        notices = (form.complaint(reading.errors),)
        return _kept(visit, task, Sent(fields=fields, notices=notices, key=key, errors=reading.errors))
    return _label(visit, task, reading.answer, fields)


def _not_asked(visit: Visit, task: Task | Refused) -> PageAnswer:
    """In place of a label that is not asked for now: one that stands is the answer, else the words are kept as a draft.

    Who has labelled the item sent it again, or from a page that was left open; who has not leaves its kind out since.
    """
    name, item = visit.path["calibration_id"], visit.path["item"]
    if isinstance(task, Refused) and task.code != KIND_LEFT_OUT:
        return frame.moved(place.root(name), over=visit) if task.code in OVER else task
    kept = drafts.save_draft(visit.cell, visit.actor, f"{name}|{item}", form.draft_of(form.fields_of(visit.form)))
    if isinstance(kept, Refused) and kept != access.ABSENT:
        return kept
    if isinstance(task, Refused):
        return _put_aside(visit, task)
    is_labelled = isinstance(kept, Refused)
    done = "" if is_labelled else "?done=draft"
    return frame.moved(f"{place.root(name)}/label{done}", over=visit if is_labelled else None)


def _label(visit: Visit, task: Task, answer: Answer, fields: Fields) -> PageAnswer:
    root, key = place.root(task.calibration), visit.text("idempotency_key")
    done = calibration.label(visit.cell, visit.actor, task.calibration, item=task.item, answer=answer, key=key)
    if not isinstance(done, Refused):
        is_last = done.done >= done.total
        return frame.moved(f"{root}?done=labelled" if is_last else f"{root}/label?done=labelled", over=visit)
    if done.code in OVER:
        return frame.moved(f"{root}/label", over=visit)
    if done.code == "verdict-contradicts-scores":
        against = form.contradictions(answer, task.rubric)
        return _kept(visit, task, Sent(fields=fields, notices=(), key=key, against=against))
    notices = (frame.notice(done),)
    return _kept(visit, task, Sent(fields=fields, notices=notices, key=new_key(), status=status_of(done)))


def _kept(visit: Visit, task: Task, sent: Sent) -> PageAnswer:
    work = f"{task.calibration}|{task.item}"
    saved = drafts.save_draft(visit.cell, visit.actor, work, form.draft_of(sent.fields))
    return _page(visit, task if isinstance(saved, Refused) else replace(task, draft_at=saved), sent)


def keep_draft(visit: Visit) -> PageAnswer:
    """Autosave of a label."""
    work = f"{visit.path['calibration_id']}|{visit.path['item']}"
    return assignment.draft_answer(
        drafts.save_draft(visit.cell, visit.actor, work, form.draft_of(form.fields_of(visit.form)))
    )

"""Revise a rubric out of a session: its text in an editor, beside the marks and examples. Through app."""

import hashlib

from tallystick.app import access, calibration, rubric
from tallystick.app.calibration import Prepared, Words
from tallystick.app.kernel import new_key
from tallystick.app.rubric import Preview
from tallystick.edge import Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.flow.document import Problem
from tallystick.flow.refusal import Refused
from tallystick.web import frame
from tallystick.web import rubric as rubrics
from tallystick.web.calibration import place, words
from tallystick.web.language import said
from tallystick.web.views import calibration as views
from tallystick.web.views.page import Notice
from tallystick.web.views.parts import Link

NOT_SEEN = Refused(
    "difference-not-seen", "Nothing was published. This is what your text would change: read it, then publish.", "text"
)


def edit(visit: Visit) -> PageAnswer:
    """The rubric in force, with the number of its next version."""
    return _page(visit, text=None, key=new_key())


def act(visit: Visit) -> PageAnswer:
    """Show what a text would change, or bring it into force once that was shown."""
    text, key = visit.text("text").replace("\r\n", "\n"), visit.text("idempotency_key")
    found = calibration.prepared(visit.cell, visit.actor, visit.path["calibration_id"])
    if isinstance(found, Refused):
        return found
    programme, name = found.row.programme, f"{found.row.rubric}.yaml"
    checked = rubric.preview(visit.cell, visit.actor, programme=programme, text=text, name=name)
    if isinstance(checked, Refused) or not isinstance(checked, Preview):
        return _page(visit, text=text, key=key, checked=checked)
    if visit.text("intent") != "publish":
        return _page(visit, text=text, key=key, checked=checked)
    if visit.text("seen") != _digest(text):
        return _page(visit, text=text, key=key, checked=checked, refused=NOT_SEEN)
    done = rubric.publish(visit.cell, visit.actor, programme=programme, text=text, name=name, key=key)
    if isinstance(done, list | Refused):
        return _page(visit, text=text, key=new_key(), checked=done)
    return frame.moved(f"/interventions/{found.row.intervention}?done=revised")


def _digest(text: str) -> str:
    """Of a text whose difference was shown: another text has to be looked at first."""
    return hashlib.sha256(text.encode()).hexdigest()


def _page(
    visit: Visit, *, text: str | None, key: str, checked: Preview | list[Problem] | Refused | None = None,
    refused: Refused | None = None,
) -> PageAnswer:  # fmt: skip
    name = visit.path["calibration_id"]
    found = calibration.prepared(visit.cell, visit.actor, name)
    session = calibration.session(visit.cell, visit.actor, name)
    spoken = calibration.words(visit.cell, visit.actor, name)
    if isinstance(found, Refused):
        return found
    if isinstance(session, Refused) or isinstance(spoken, Refused):
        return session if isinstance(session, Refused) else spoken  # type: ignore[return-value]  # one of them is refused
    refused = checked if isinstance(checked, Refused) else refused
    if refused == access.ABSENT:
        return refused
    view = _view(found, spoken, text=found.text if text is None else text, key=key, checked=checked)
    notices: tuple[Notice, ...] = () if refused is None else (frame.notice(refused, field="text"),)
    page = frame.page(
        visit, said("Revise %(rubric)s", rubric=spoken.rubric.title), title=said("Revise the rubric"),
        at=place.inside(visit, session), notices=notices,
    )  # fmt: skip
    status = 422 if isinstance(checked, list) else 200 if refused is None else status_of(refused)
    return frame.shown("calibration/revision.html", view, page, status=status)


def _view(
    found: Prepared, spoken: Words, *, text: str, key: str, checked: Preview | list[Problem] | Refused | None
) -> views.Revision:
    preview = checked if isinstance(checked, Preview) else None
    rows = () if preview is None else tuple(rubrics.diff_row(row) for row in preview.rows)
    names = {} if preview is None else {part.id: part.name for part in preview.rubric.criteria}
    return views.Revision(
        action=f"{place.root(found.row.calibration)}/revision", idempotency_key=key, text=text,
        in_force=found.in_force, groups=_groups(spoken),
        back=Link(label=said("The marks in the rubric"), href=f"{place.root(found.row.calibration)}/rubric"),
        seen=_digest(text) if preview is not None else "",
        problems=frame.problems(checked) if isinstance(checked, list) else (),
        rows=tuple(row for row in rows if row.kind != "same"), same=sum(row.kind == "same" for row in rows),
        before=found.in_force, after=preview.rubric.version if preview is not None else found.version,
        affected=tuple(names.get(one, one) for one in preview.affected) if preview is not None else (),
        findings=() if preview is None else tuple(one.sentence for one in preview.findings),
    )  # fmt: skip


def _groups(spoken: Words) -> tuple[views.MarkGroup, ...]:
    """Marks and examples by criterion, in the order of the rubric; criteria without any are left out."""
    groups = [
        views.MarkGroup(
            name=label, marks=tuple(words.listed(one, spoken) for one in spoken.marks if one.criterion == criterion),
            examples=tuple(words.example(one, spoken) for one in spoken.examples if one.criterion == criterion),
        )
        for criterion, label in words.named(spoken).items()
    ]  # fmt: skip
    return tuple(group for group in groups if group.marks or group.examples)

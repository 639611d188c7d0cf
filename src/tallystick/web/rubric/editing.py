"""An editor of rubrics and constitutions without scripts: form and YAML of one draft. Reads and writes through app."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tallystick.app import access, rubric
from tallystick.app.kernel import new_key
from tallystick.app.rubric import drafting
from tallystick.app.rubric.drafting import Place
from tallystick.edge import Site, Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.flow.document import Finding, Problem, form, parse
from tallystick.flow.document.form import Data, Shape
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import DiffRow
from tallystick.flow.rubric.form import SHAPE
from tallystick.web import frame, upload, words
from tallystick.web.language import said
from tallystick.web.language.sentences import sentence
from tallystick.web.rubric.labels import labelled
from tallystick.web.rubric.pages import SECTION, diff_row
from tallystick.web.views import rubric as views
from tallystick.web.views.page import Notice

DOCUMENT_BYTES = 1_000_000
NEW = "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What publishing a text would do."""

    previous: str | None
    findings: tuple[Finding, ...]
    rows: tuple[DiffRow, ...]
    affected: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document that is edited: where its draft lies, what it looks like, how it comes into force.

    begin    the text that an editor without a draft starts with
    check    what publishing a text would do, or all that speaks against it
    publish  brings a text into force under a key; where to go then
    """

    place: Place
    shape: Shape
    action: str
    heading: str
    section: str
    trail: tuple[tuple[str, str], ...]
    begin: Callable[[], str]
    check: Callable[[str], Checked | list[Problem] | Refused]
    publish: Callable[[str, str], str | list[Problem] | Refused]


def mount(site: Site) -> None:
    """Register the editor of rubrics."""
    at = "/programmes/{programme}/rubric-editor/{rubric_id}"
    site.page(at, show, permission="rubric.write")
    site.page(at, change, permission="rubric.write", methods=("POST",), max_bytes=DOCUMENT_BYTES)


def show(visit: Visit) -> PageAnswer:
    """The editor of a rubric."""
    return opened(visit, _rubric(visit))


def change(visit: Visit) -> PageAnswer:
    """Whatever a button of the editor asks for."""
    return changed(visit, _rubric(visit))


def _rubric(visit: Visit) -> Document:
    programme, name = visit.path["programme"], visit.path["rubric_id"]
    root = f"/programmes/{programme}/rubrics"

    def begin() -> str:
        found = rubric.rubric_page(visit.cell, visit.actor, programme=programme, rubric=name)
        if isinstance(found, Refused):
            return form.text(SHAPE, {"version": "1.0.0"})
        return next_of(found.text, SHAPE)

    def check(text: str) -> Checked | list[Problem] | Refused:
        found = rubric.preview(visit.cell, visit.actor, programme=programme, text=text, name="rubric.yaml")
        if isinstance(found, list | Refused):
            return found
        names = {one.id: one.name for one in found.rubric.criteria}
        affected = tuple(names.get(one, one) for one in found.affected)
        return Checked(previous=found.previous, findings=found.findings, rows=found.rows, affected=affected)

    def publish(text: str, key: str) -> str | list[Problem] | Refused:
        done = rubric.publish(visit.cell, visit.actor, programme=programme, text=text, name="rubric.yaml", key=key)
        return done if isinstance(done, list | Refused) else f"{root}/{done.rubric}?done=rubric"

    return Document(
        place=Place(programme=programme, kind="rubric", name=name), shape=SHAPE,
        action=f"/programmes/{programme}/rubric-editor/{name}",
        heading=said("A new rubric") if name == NEW
        else said("A new version of the rubric %(name)s", name=name), section=SECTION,
        trail=((said(SECTION), root),), begin=begin, check=check, publish=publish,
    )  # fmt: skip


def next_of(text: str, shape: Shape) -> str:
    """The document in force as the start of its next version: a higher number, and nothing said of the change yet.

    What the form has no fields for stays in it, behind what it has.
    """
    data = _data_of(text)
    assert data is not None, "a document in force can be read"
    version = form.next_version(str(data.get("version", "")))
    begun: Data = {**data, "version": version, "changelog": "", "rationale": ""}
    if form.unknown(shape, data):
        return form.plain_text(begun)
    return form.text(shape, begun)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What lies on the editor's desk: the text, its form when it has one, and what was found."""

    text: str
    data: Data | None
    saved_at: str | None = None
    touched: str = ""
    problems: tuple[Problem, ...] = ()
    checked: Checked | None = None
    notices: tuple[Notice, ...] = ()
    status: int = 200


def opened(visit: Visit, document: Document) -> PageAnswer:
    """The editor with one's draft, or with the version in force."""
    draft = drafting.draft(visit.cell, visit.actor, document.place)
    if isinstance(draft, Refused):
        return draft
    text = draft.text if draft else document.begin()
    saved_at = words.moment(draft.saved_at) if draft else None
    return _page(visit, document, _desk(document, text, saved_at=saved_at))


def _desk(document: Document, text: str, *, saved_at: str | None) -> Desk:
    """A text with its form, or with what keeps it from having one."""
    data = _data_of(text)
    strange = form.unknown(document.shape, data) if data is not None else []
    if data is not None and not strange:
        return Desk(text=text, data=data, saved_at=saved_at)
    why = (
        said("This text cannot be shown as a form yet. Correct it here, and use it again.")
        if data is None
        else said("This document holds what the form has no fields for. It is changed here, as text.")
    )
    names = tuple(said("The form has no place for %(name)s.", name=name) for name in strange)
    found = parse(text, "the text") if data is None else []
    problems = tuple(found) if isinstance(found, list) else ()
    return Desk(
        text=text, data=None, saved_at=saved_at, problems=problems,
        notices=(Notice(kind="refused", sentence=why, field="text", names=names),),
        status=422 if data is None else 200,
    )  # fmt: skip


def _data_of(text: str) -> Data | None:
    tree = parse(text, "the text")
    return tree.data if not isinstance(tree, list) and isinstance(tree.data, dict) else None


def changed(visit: Visit, document: Document) -> PageAnswer:
    """Keep what was typed as a draft, and do what the button says."""
    verb, _, place = visit.text("do").partition(" ")
    if verb == "discard":
        drafting.drop(visit.cell, visit.actor, document.place)
        return frame.moved(document.action)
    sent = _sent(visit, document, verb, place)
    if isinstance(sent, Refused):
        return _page(visit, document, _refused(document, visit.text("text"), sent))
    saved = drafting.save(visit.cell, visit.actor, document.place, sent)
    if isinstance(saved, Refused):
        return saved if saved == access.ABSENT else _page(visit, document, _refused(document, sent, saved))
    if verb == "publish":
        return _publish(visit, document, sent)
    desk = _desk(document, sent, saved_at=words.moment(saved))
    if desk.data is not None and verb in {"add", "remove", "up"}:
        # What stands empty is in no document: the new row comes from the form itself.
        desk = Desk(text=desk.text, data=_typed(visit, document, verb, place), saved_at=desk.saved_at, touched=place)
    return _page(visit, document, _checked(document, desk) if verb == "check" else desk)


def _sent(visit: Visit, document: Document, verb: str, place: str) -> str | Refused:
    """The text of what was typed into the form, or the text itself."""
    if verb != "text" and visit.text("as") != "text":
        return form.text(document.shape, _typed(visit, document, verb, place))
    found = upload.document(visit, "the text")
    return found if isinstance(found, Refused) else found.text


def _typed(visit: Visit, document: Document, verb: str, place: str) -> Data:
    fields = {name: value for name in visit.form if isinstance(value := visit.form.get(name), str)}
    return form.changed(document.shape, form.taken(document.shape, fields), verb, place)


def _refused(document: Document, text: str, refused: Refused) -> Desk:
    data = _data_of(text)
    is_form = data is not None and not form.unknown(document.shape, data)
    return Desk(
        text=text, data=data if is_form else None, notices=(frame.notice(refused, field=refused.field and "editor"),),
        status=status_of(refused),
    )  # fmt: skip


def _checked(document: Document, desk: Desk) -> Desk:
    found = document.check(desk.text)
    if isinstance(found, list):
        return Desk(text=desk.text, data=desk.data, saved_at=desk.saved_at, problems=tuple(found), status=422)
    if isinstance(found, Refused):
        return Desk(
            text=desk.text, data=desk.data, saved_at=desk.saved_at, notices=(frame.notice(found),),
            status=status_of(found),
        )  # fmt: skip
    return Desk(text=desk.text, data=desk.data, saved_at=desk.saved_at, checked=found)


def _publish(visit: Visit, document: Document, text: str) -> PageAnswer:
    done = document.publish(text, visit.text("idempotency_key"))
    if isinstance(done, str):
        drafting.drop(visit.cell, visit.actor, document.place)
        return frame.moved(done)
    if done == access.ABSENT:
        return access.ABSENT
    desk = _desk(document, text, saved_at=None)
    if isinstance(done, list):
        return _page(visit, document, Desk(text=text, data=desk.data, problems=tuple(done), status=422))
    notices = (frame.notice(done),)
    return _page(visit, document, Desk(text=text, data=desk.data, notices=notices, status=status_of(done)))


def _page(visit: Visit, document: Document, desk: Desk) -> PageAnswer:
    names = _errors(desk.problems)
    checked = desk.checked
    view = views.Editor(
        action=document.action, idempotency_key=new_key(), text=desk.text, saved_at=desk.saved_at,
        is_form=desk.data is not None,
        nodes=() if desk.data is None
        else labelled(form.nodes(document.shape, desk.data, names, touched=desk.touched)),
        problems=frame.problems(desk.problems), is_checked=checked is not None,
        findings=tuple(
            (one.severity == "serious", sentence(one.sentence)) for one in (checked.findings if checked else ())
        ),
        previous=checked.previous if checked else None,
        rows=tuple(diff_row(row) for row in (checked.rows if checked else ()) if row.state != "same"),
        affected=checked.affected if checked else (),
    )  # fmt: skip
    at = frame.inside(visit, document.place.programme, document.section, *document.trail)
    page = frame.page(visit, document.heading, at=at, notices=desk.notices)
    return frame.shown("rubric/editor.html", view, page, status=desk.status)


def _errors(problems: tuple[Problem, ...]) -> Mapping[str, str]:
    """Problems by the name of the field that they stand at: `criteria[0].name` is `criteria.0.name`."""
    return {
        one.path.replace("[", ".").replace("]", ""): f"Expected {one.expected}, found {one.found}. {one.fix}"
        for one in problems
    }

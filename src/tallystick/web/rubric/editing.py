"""An editor of rubrics and constitutions without scripts: form and YAML of one draft. Reads and writes through app."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from tallystick.app import access, rubric
from tallystick.app.kernel import new_key
from tallystick.app.rubric import drafting
from tallystick.app.rubric.drafting import Place
from tallystick.edge import Site, Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.flow.document import Finding, Problem, form, parse, placed
from tallystick.flow.document.form import Data, Shape, Written
from tallystick.flow.document.reading import is_missing
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
NOTHING = "none"
"""From what a draft was begun where nothing was in force. An older draft, of which nobody said, says nothing at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What publishing a text would do."""

    previous: str | None
    findings: tuple[Finding, ...]
    rows: tuple[DiffRow, ...]
    affected: tuple[str, ...]
    lapses: int = 0


class InForce(NamedTuple):
    """A document as it stands in force: its version and its text."""

    version: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document that is edited: where its draft lies, what it looks like, how it comes into force.

    in_force  what a text would follow: the version in force now, or None. Without a draft an editor starts with the
              next one after it, and asks with no text
    fresh     the form data that an editor starts with where nothing is in force
    check     what publishing a text would do, or all that speaks against it
    publish   brings a text into force under a key; where to go then
    """

    place: Place
    shape: Shape
    action: str
    heading: str
    section: str
    trail: tuple[tuple[str, str], ...]
    in_force: Callable[[str], InForce | None]
    fresh: Data
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

    def in_force(text: str) -> InForce | None:
        wanted = _id_of(text) if name == NEW else name
        found = rubric.rubric_page(visit.cell, visit.actor, programme=programme, rubric=wanted)
        return None if isinstance(found, Refused) else InForce(found.rubric.version, found.text)

    def check(text: str) -> Checked | list[Problem] | Refused:
        if problems := _of_another(name, text):
            return problems
        found = rubric.preview(visit.cell, visit.actor, programme=programme, text=text, name="rubric.yaml")
        if isinstance(found, list | Refused):
            return found
        names = {one.id: one.name for one in found.rubric.criteria}
        affected = tuple(names.get(one, one) for one in found.affected)
        return Checked(
            previous=found.previous, findings=found.findings, rows=found.rows, affected=affected, lapses=found.lapses
        )

    def publish(text: str, key: str) -> str | list[Problem] | Refused:
        if problems := _of_another(name, text):
            return problems
        done = rubric.publish(visit.cell, visit.actor, programme=programme, text=text, name="rubric.yaml", key=key)
        return done if isinstance(done, list | Refused) else f"{root}/{done.rubric}?done=rubric"

    return Document(
        place=Place(programme=programme, kind="rubric", name=name), shape=SHAPE,
        action=f"/programmes/{programme}/rubric-editor/{name}",
        heading=said("A new rubric") if name == NEW
        else said("A new version of the rubric %(name)s", name=name), section=SECTION,
        trail=((said(SECTION), root),), in_force=in_force, fresh={"version": "1.0.0"}, check=check, publish=publish,
    )  # fmt: skip


def _id_of(text: str) -> str:
    named = (_data_of(text) or {}).get("id")
    return named if isinstance(named, str) else ""


def _of_another(name: str, text: str) -> list[Problem]:
    """Why a text is no version of the rubric that is edited here: another id would take the next one of another."""
    named = _id_of(text)
    if name in (NEW, named) or not named:  # a text without an id is refused for that
        return []
    problem = Problem(
        name="rubric.yaml", line=None, path="id", expected=f"the id {name}, of the rubric that is edited here",
        found=named, fix=f"Put {name} back; another rubric has an editor of its own.",
    )  # fmt: skip
    return placed([problem], text)


@lru_cache(maxsize=64)
def next_of(text: str, shape: Shape) -> Written:
    """The document in force as the start of its next version: a higher number, and nothing said of the change yet.

    What the form has no fields for stays in it, behind what it has. It follows from the text alone, so it is kept.
    """
    data = _data_of(text)
    assert data is not None, "a document in force can be read"
    version = form.next_version(str(data.get("version", "")))
    begun: Data = {**data, "version": version, "changelog": "", "rationale": ""}
    if not form.has_form(shape, data):
        return form.plainly_written(begun)
    return form.written(shape, begun)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What lies on the editor's desk: the text, its form when it has one, and what was found.

    begun_from  the version in force whose difference from this text its writer knows; NOTHING where none was
    """

    text: str
    data: Data | None
    begun_from: str = ""
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
    if draft is None:
        now = document.in_force("")
        begun = next_of(now.text, document.shape) if now else form.written(document.shape, document.fresh)
        desk = replace(_desk(document, begun, saved_at=None), begun_from=now.version if now else NOTHING)
        return _page(visit, document, desk)
    desk = replace(
        _desk(document, draft.text, saved_at=words.moment(draft.saved_at)), begun_from=draft.begun_from
    )  # fmt: skip
    overtaken = _overtaken(document, draft.begun_from, draft.text)
    return _page(visit, document, replace(desk, notices=(*desk.notices, overtaken)) if overtaken else desk)


def _overtaken(document: Document, begun_from: str, text: str) -> Notice | None:
    """What is said where another version came into force since a draft was begun: its changes are not in the draft."""
    now = document.in_force(text)
    if not begun_from or now is None or begun_from == now.version:
        return None
    told = (
        said(
            "Version %(version)s is in force, and this draft was begun where nothing was. What that version says is not"
            " in the draft: look at what differs, take over what should stay, and bring it into force then.",
            version=now.version,
        )
        if begun_from == NOTHING
        else said(
            "Version %(version)s came into force since this draft was begun under version %(begun)s. What it changed is"
            " not in the draft: look at what differs, take over what should stay, and bring it into force then.",
            version=now.version, begun=begun_from,
        )
    )  # fmt: skip
    return Notice(kind="refused", sentence=told, field="editor")


def _desk(document: Document, begun: str | Written, *, saved_at: str | None) -> Desk:
    """A text with its form, or with what keeps it from having one."""
    text = begun if isinstance(begun, str) else begun.text
    data = _data_of(text) if isinstance(begun, str) or not form.is_readable(begun) else begun.data
    strange = form.unknown(document.shape, data) if data is not None else []
    is_long = data is not None and form.is_too_long(document.shape, data)
    broken = form.broken(document.shape, data) if data is not None else []
    if data is not None and not strange and not is_long and not broken:
        return Desk(text=text, data=data, saved_at=saved_at)
    why = (
        said("This text cannot be shown as a form yet. Correct it here, and use it again.")
        if data is None
        else said("This document holds what the form has no fields for. It is changed here, as text.")
        if strange
        else said("This document is too long for a form. It is changed here, as text.")
        if is_long
        else said("A field of one line holds a line break, which a form would lose. It is changed here, as text.")
    )
    names = (*(said("The form has no place for %(name)s.", name=name) for name in strange), *broken)
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
    begun_from = visit.text("begun_from")
    sent = _sent(visit, document, verb, place)
    if isinstance(sent, Refused):
        return _page(visit, document, replace(_refused(document, visit.text("text"), sent), begun_from=begun_from))
    text = sent if isinstance(sent, str) else sent.text
    saved = drafting.save(visit.cell, visit.actor, document.place, text, begun_from=begun_from)
    if isinstance(saved, Refused):
        desk = replace(_refused(document, text, saved), begun_from=begun_from)
        return saved if saved == access.ABSENT else _page(visit, document, desk)
    if verb == "publish":
        return _publish(visit, document, sent, saved_at=words.moment(saved))
    desk = replace(_desk(document, sent, saved_at=words.moment(saved)), begun_from=begun_from)
    if desk.data is not None and verb in {"add", "remove", "up"}:
        # What stands empty is in no document: the new row comes from the form itself.
        desk = replace(desk, data=_typed(visit, document, verb, place), touched=place)
    return _page(visit, document, _checked(document, desk) if verb == "check" else desk)


def _sent(visit: Visit, document: Document, verb: str, place: str) -> str | Written | Refused:
    """The document that was typed into the form, or the text itself."""
    if verb != "text" and visit.text("as") != "text":
        return form.written(document.shape, _typed(visit, document, verb, place))
    found = upload.document(visit, "the text")
    return found if isinstance(found, Refused) else found.text


def _typed(visit: Visit, document: Document, verb: str, place: str) -> Data:
    fields = {name: value for name in visit.form if isinstance(value := visit.form.get(name), str)}
    return form.changed(document.shape, form.taken(document.shape, fields), verb, place)


def _refused(document: Document, text: str, refused: Refused) -> Desk:
    data = _data_of(text)
    is_form = data is not None and form.has_form(document.shape, data)
    return Desk(
        text=text, data=data if is_form else None, notices=(frame.notice(refused, field=refused.field and "editor"),),
        status=status_of(refused),
    )  # fmt: skip


def _checked(document: Document, desk: Desk) -> Desk:
    """A desk with what publishing its text would do. Whoever sees that knows the difference from what is in force."""
    found = document.check(desk.text)
    if isinstance(found, list):
        return replace(desk, problems=tuple(found), status=422)
    if isinstance(found, Refused):
        return replace(desk, notices=(frame.notice(found),), status=status_of(found))
    return replace(desk, checked=found, begun_from=found.previous or NOTHING)


def _publish(visit: Visit, document: Document, sent: str | Written, *, saved_at: str) -> PageAnswer:
    text = sent if isinstance(sent, str) else sent.text
    begun_from = visit.text("begun_from")
    if overtaken := _overtaken(document, begun_from, text):
        desk = replace(_desk(document, sent, saved_at=saved_at), begun_from=begun_from)
        checked = _checked(document, desk)
        return _page(visit, document, replace(checked, notices=(overtaken, *checked.notices), status=409))
    done = document.publish(text, visit.text("idempotency_key"))
    if isinstance(done, str):
        drafting.drop(visit.cell, visit.actor, document.place)
        return frame.moved(done)
    if done == access.ABSENT:
        return access.ABSENT
    desk = replace(_desk(document, sent, saved_at=None), begun_from=begun_from)
    if isinstance(done, list):
        return _page(visit, document, replace(desk, problems=tuple(done), status=422))
    return _page(visit, document, replace(desk, notices=(frame.notice(done),), status=status_of(done)))


def _page(visit: Visit, document: Document, desk: Desk) -> PageAnswer:
    names = _errors(desk.problems)
    checked = desk.checked
    view = views.Editor(
        action=document.action, idempotency_key=new_key(), text=desk.text, saved_at=desk.saved_at,
        is_form=desk.data is not None, begun_from=desk.begun_from,
        nodes=() if desk.data is None
        else labelled(form.nodes(document.shape, desk.data, names, touched=desk.touched), _missing(desk.problems)),
        problems=frame.problems(desk.problems), is_checked=checked is not None,
        findings=tuple(
            (one.severity == "serious", sentence(one.sentence)) for one in (checked.findings if checked else ())
        ),
        previous=checked.previous if checked else None,
        rows=tuple(diff_row(row) for row in (checked.rows if checked else ()) if row.state != "same"),
        affected=checked.affected if checked else (), lapses=checked.lapses if checked else 0,
    )  # fmt: skip
    at = frame.inside(visit, document.place.programme, document.section, *document.trail)
    page = frame.page(visit, document.heading, at=at, notices=desk.notices)
    return frame.shown("rubric/editor.html", view, page, status=desk.status)


def _errors(problems: tuple[Problem, ...]) -> Mapping[str, str]:
    """Problems by the name of the field that they stand at: `criteria[0].name` is `criteria.0.name`."""
    return {_field(one): f"Expected {one.expected}, found {one.found}. {one.fix}" for one in problems}


def _missing(problems: tuple[Problem, ...]) -> frozenset[str]:
    """The fields that stand empty and must not."""
    return frozenset(_field(one) for one in problems if is_missing(one))


def _field(problem: Problem) -> str:
    return problem.path.replace("[", ".").replace("]", "")

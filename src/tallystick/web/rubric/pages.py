"""Rubrics: the versions in force, one version with its anchors, two side by side, a new one. Through app."""

from starlette.responses import Response

from tallystick.app import access, adjudication, rubric
from tallystick.app.kernel import new_key
from tallystick.app.rubric import RubricPage
from tallystick.edge import Site, Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.flow import rubric as flow
from tallystick.flow.document import Problem
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric, share_text
from tallystick.web import frame, upload, words
from tallystick.web.views import rubric as views
from tallystick.web.views.contract import Version
from tallystick.web.views.page import Notice
from tallystick.web.views.parts import Link, Pill, UploadForm

DOCUMENT_BYTES = 1_000_000
_WHEN = {
    "clear": "", "lexicographic": ", whenever their scores differ",
    "threshold": ", when one side alone has a score of {} or less on it",
}  # fmt: skip
"""What the form of a rule adds to its sentence."""
SECTION = "Rubrics"


def mount(site: Site) -> None:
    """Register rubrics."""
    every, one = "/programmes/{programme}/rubrics", "/programmes/{programme}/rubrics/{rubric_id}"
    new = "/programmes/{programme}/new-rubric"
    site.page(every, in_force, permission="rubric.read")
    site.page(new, ask, permission="rubric.write")
    site.page(new, publish, permission="rubric.write", methods=("POST",), max_bytes=DOCUMENT_BYTES)
    site.page(one, detail, permission="rubric.read")
    site.page(f"{one}/diff", compare, permission="rubric.read")
    site.page(f"{one}/{{version}}", detail, permission="rubric.read")


def criterion(part: flow.Criterion, *, affected: int = 0) -> views.Criterion:
    """A criterion with its anchors, examples and exclusions, as experts read it."""
    return views.Criterion(
        id=part.id, name=part.name, question=part.question,
        anchors=tuple(views.Anchor(value=value, text=text) for value, text in sorted(part.anchors.items())),
        examples=tuple(
            views.Example(situation=f"{e.title}. {e.excerpt}", score=e.score, why=e.why) for e in part.examples
        ),
        exclusions=part.exclusions, abstain_when=part.abstain or "", escalate_to=part.escalation or "",
        affected=affected,
    )  # fmt: skip


def priorities(found: Rubric) -> tuple[str, ...]:
    """The priority rules as sentences."""
    names = {part.id: part.name for part in found.criteria}
    return tuple(
        f"{names[rule.over]} outranks {names[rule.under]}{_WHEN[rule.form or 'clear'].format(rule.at_most)}, because "
        f"{rule.why.rstrip('.')}."
        for rule in found.priority
    )


def in_force(visit: Visit) -> PageAnswer:
    """The rubric versions in force in a programme."""
    programme = visit.path["programme"]
    found = rubric.rubrics_of(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    rows = []
    for row in found:
        page = rubric.rubric_page(visit.cell, visit.actor, programme=programme, rubric=row.rubric)
        if not isinstance(page, Refused):
            rows.append(_row(programme, page))
    if not rows and not access.allows(visit.actor, "rubric.write"):
        return access.ABSENT  # a programme without rubrics and one that is not there look the same to readers
    new = f"/programmes/{programme}/rubric-editor/new" if access.allows(visit.actor, "rubric.write") else None
    view = views.RubricList(rubrics=tuple(rows), new_href=new)
    return frame.shown("rubric/list.html", view, frame.page(visit, SECTION, at=frame.inside(visit, programme, SECTION)))


def _row(programme: str, page: RubricPage) -> views.RubricRow:
    found = page.rubric
    return views.RubricRow(
        title=found.title, href=f"/programmes/{programme}/rubrics/{found.id}", domain=found.domain,
        threshold=page.row.threshold_ppm / 1_000_000, version=found.version, criteria=len(found.criteria),
        affected=_affected(page),
    )  # fmt: skip


def _affected(page: RubricPage) -> int:
    """Judgments flagged by this version; one that several criteria flag counts once for each."""
    return sum(count for (version, _), count in page.affected.items() if version == page.rubric.version)


def detail(visit: Visit) -> PageAnswer:
    """One rubric version."""
    programme, name = visit.path["programme"], visit.path["rubric_id"]
    version = visit.path.get("version")
    page = rubric.rubric_page(visit.cell, visit.actor, programme=programme, rubric=name, version=version)
    if isinstance(page, Refused):
        return page
    at = frame.inside(visit, programme, SECTION, (SECTION, f"/programmes/{programme}/rubrics"))
    heading = f"{page.rubric.title} {page.rubric.version}"
    return frame.shown("rubric/detail.html", _detail(visit, programme, page), frame.page(visit, heading, at=at))


def _detail(visit: Visit, programme: str, page: RubricPage) -> views.RubricDetail:
    found, root = page.rubric, f"/programmes/{programme}/rubrics/{page.rubric.id}"
    counts = {name: count for (version, name), count in page.affected.items() if version == found.version}
    is_current = page.versions[0].version == found.version
    may_write = access.allows(visit.actor, "rubric.write")
    return views.RubricDetail(
        title=found.title, domain=found.domain, version=found.version,
        status=Pill(label="in force", tone="good") if is_current else Pill(label="replaced", tone="quiet"),
        threshold=page.row.threshold_ppm / 1_000_000, threshold_note=_threshold_note(page),
        rationale=found.rationale or "The first version.", changelog=found.changelog or "The first version.",
        digest=page.row.document_digest,
        criteria=tuple(criterion(part, affected=counts.get(part.id, 0)) for part in found.criteria),
        priorities=priorities(found), versions=_versions(visit, root, page), affected=_affected(page),
        diff_href=f"{root}/diff" if len(page.versions) > 1 else None,
        new_version_href=f"/programmes/{programme}/rubric-editor/{found.id}" if may_write else None,
        affected_href=f"/programmes/{programme}/affected" if _sees_affected(visit) else None,
        remarks=_remarks(visit, programme, found.id),
    )  # fmt: skip


def _sees_affected(visit: Visit) -> bool:
    return access.allows(visit.actor, "gate.read") or access.allows(visit.actor, "review")


def _remarks(visit: Visit, programme: str, name: str) -> Link | None:
    """The way to what adjudicators said of it, when there is something to read."""
    number = adjudication.remarks_on(visit.cell, visit.actor, programme, name)
    if not number:
        return None
    label = words.plural(number, "remark of an adjudicator", "remarks of adjudicators")
    return Link(label=label, href=f"/programmes/{programme}/rubric-feedback/{name}")


def _threshold_note(page: RubricPage) -> str:
    threshold = page.rubric.threshold
    if threshold is None or threshold.rationale is None:
        return f"The default of the domain {page.rubric.domain}."
    return f"The domain's default is {share_text(page.row.default_ppm)}. It was changed: {threshold.rationale}"


def _versions(visit: Visit, root: str, page: RubricPage) -> tuple[Version, ...]:
    known = frame.names(visit)
    return tuple(
        Version(
            label=row.version, href=f"{root}/{row.version}", at=words.moment(row.at), who=known.get(row.by, row.by),
            changelog="The first version." if row.previous is None else f"Follows {row.previous}.",
            is_current=row is page.versions[0],
        )
        for row in page.versions
    )  # fmt: skip


def compare(visit: Visit) -> PageAnswer:
    """Two versions side by side; the last two when none are named."""
    programme, name = visit.path["programme"], visit.path["rubric_id"]
    newest = rubric.rubric_page(visit.cell, visit.actor, programme=programme, rubric=name)
    if isinstance(newest, Refused):
        return newest
    labels = tuple(row.version for row in newest.versions)
    before = visit.query.get("from") or labels[min(1, len(labels) - 1)]
    after = visit.query.get("to") or labels[0]
    rows = rubric.rubric_diff(visit.cell, visit.actor, programme=programme, rubric=name, old=before, new=after)
    later = rubric.rubric_page(visit.cell, visit.actor, programme=programme, rubric=name, version=after)
    if isinstance(rows, Refused) or isinstance(later, Refused):
        return access.ABSENT
    root = f"/programmes/{programme}/rubrics"
    view = views.RubricDiff(
        title=newest.rubric.title, before=before, after=after, rationale=later.rubric.rationale or "The first version.",
        rows=tuple(diff_row(row) for row in rows), version_labels=labels, action=f"{root}/{name}/diff",
    )  # fmt: skip
    at = frame.inside(visit, programme, SECTION, (SECTION, root), (newest.rubric.title, f"{root}/{name}"))
    page = frame.page(visit, f"{newest.rubric.title}: what changed", at=at)
    return frame.shown("rubric/diff.html", view, page)


def diff_row(row: flow.DiffRow) -> views.DiffRow:
    """One part of a rubric in two versions, as pages show it."""
    return views.DiffRow(
        place=f"{row.section}: {row.part}", kind=row.state,
        before=tuple(views.Piece(text=piece.text, is_changed=piece.is_changed) for piece in row.old_pieces),
        after=tuple(views.Piece(text=piece.text, is_changed=piece.is_changed) for piece in row.new_pieces),
    )  # fmt: skip


def ask(visit: Visit) -> PageAnswer:
    """The form for a rubric, or for a new version of one."""
    return _form(visit, key=new_key())


def _form(
    visit: Visit, *, key: str, text: str = "", name: str = "", found: list[Problem] | None = None,
    notices: tuple[Notice, ...] = (), status: int = 200,
) -> Response:  # fmt: skip
    programme = visit.path["programme"]
    form = UploadForm(
        action=f"/programmes/{programme}/new-rubric", label="Rubric", hint="A YAML file, at most 900 kB.",
        accept=".yaml,.yml", button="Bring it into force", text=text, may_paste=True,
        problems=frame.problems(found or ()), file_name=name, idempotency_key=key,
    )  # fmt: skip
    at = frame.inside(visit, programme, SECTION, (SECTION, f"/programmes/{programme}/rubrics"))
    page = frame.page(visit, "Add a rubric or a new version", at=at, notices=notices)
    return frame.shown("rubric/new.html", views.RubricNew(form=form), page, status=status)


def publish(visit: Visit) -> PageAnswer:
    """Bring a rubric version into force, or list everything that is wrong with it."""
    programme, key = visit.path["programme"], visit.text("idempotency_key")
    sent = upload.document(visit, "rubric.yaml")
    if isinstance(sent, Refused):
        return _form(visit, key=key, notices=(frame.notice(sent, field="document"),), status=status_of(sent))
    done = rubric.publish(visit.cell, visit.actor, programme=programme, text=sent.text, name=sent.name, key=key)
    if isinstance(done, list):
        return _form(visit, key=key, text=sent.text, name=sent.name, found=done, status=422)
    if isinstance(done, Refused):
        if done == access.ABSENT:
            return done
        notices = (frame.notice(done, field="document"),)
        return _form(visit, key=new_key(), text=sent.text, notices=notices, status=status_of(done))
    return frame.moved(f"/programmes/{programme}/rubrics/{done.rubric}?done=rubric")

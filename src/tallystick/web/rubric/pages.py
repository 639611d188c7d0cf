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
from tallystick.web.language import N_, Words, counted, said, told
from tallystick.web.views import rubric as views
from tallystick.web.views.contract import Version
from tallystick.web.views.page import Notice
from tallystick.web.views.parts import Link, Pill, UploadForm

DOCUMENT_BYTES = 1_000_000
SECTION = N_("Rubrics")
WHOLES = (N_("Rubric"), N_("Constitution"))
"""Sections of a difference that belong to no criterion, and to no principle."""
FIRST = N_("The first version.")
_PARTS = Words({
    "title": "title", "task": "task", "threshold": "threshold", "name": "name",
    "threshold rationale": "threshold rationale", "question": "question", "scale": "scale",
    "abstain": "abstain", "escalation": "escalation", "citation": "citation", "gate": "gate",
    "weight": "weight", "principles": "principles", "number": "number", "text": "text",
    "explanation": "explanation", "preamble": "preamble",
})  # fmt: skip


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
    return tuple(_priority(rule, over=names[rule.over], under=names[rule.under]) for rule in found.priority)


def _priority(rule: flow.PriorityRule, *, over: str, under: str) -> str:
    why = rule.why.rstrip(".")
    match rule.form:
        case "lexicographic":
            return said(
                "%(over)s outranks %(under)s, whenever their scores differ, because %(why)s.",
                over=over, under=under, why=why,
            )  # fmt: skip
        case "threshold":
            return said(
                "%(over)s outranks %(under)s, when one side alone has a score of %(points)s or less on it, because "
                "%(why)s.",
                over=over, under=under, points=rule.at_most, why=why,
            )  # fmt: skip
    return said("%(over)s outranks %(under)s, because %(why)s.", over=over, under=under, why=why)


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
    return frame.shown(
        "rubric/list.html", view, frame.page(visit, said(SECTION), at=frame.inside(visit, programme, SECTION))
    )


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
    at = frame.inside(visit, programme, SECTION, (said(SECTION), f"/programmes/{programme}/rubrics"))
    heading = f"{page.rubric.title} {page.rubric.version}"
    return frame.shown("rubric/detail.html", _detail(visit, programme, page), frame.page(visit, heading, at=at))


def _detail(visit: Visit, programme: str, page: RubricPage) -> views.RubricDetail:
    found, root = page.rubric, f"/programmes/{programme}/rubrics/{page.rubric.id}"
    counts = {name: count for (version, name), count in page.affected.items() if version == found.version}
    is_current = page.versions[0].version == found.version
    may_write = access.allows(visit.actor, "rubric.write")
    return views.RubricDetail(
        title=found.title, domain=found.domain, version=found.version,
        status=_status(is_current=is_current),
        threshold=page.row.threshold_ppm / 1_000_000, threshold_note=_threshold_note(page),
        rationale=found.rationale or said(FIRST), changelog=found.changelog or said(FIRST),
        digest=page.row.document_digest,
        criteria=tuple(criterion(part, affected=counts.get(part.id, 0)) for part in found.criteria),
        priorities=priorities(found), versions=_versions(visit, root, page), affected=_affected(page),
        diff_href=f"{root}/diff" if len(page.versions) > 1 else None,
        new_version_href=f"/programmes/{programme}/rubric-editor/{found.id}" if may_write else None,
        affected_href=f"/programmes/{programme}/affected" if _sees_affected(visit) else None,
        remarks=_remarks(visit, programme, found.id), lapsed=page.lapsed if may_write else 0,
    )  # fmt: skip


def _status(*, is_current: bool) -> Pill:
    if is_current:
        return Pill(label="in force", tone="good")
    return Pill(label="replaced", tone="quiet")


def _sees_affected(visit: Visit) -> bool:
    return access.allows(visit.actor, "gate.read") or access.allows(visit.actor, "review")


def _remarks(visit: Visit, programme: str, name: str) -> Link | None:
    """The way to what adjudicators said of it, when there is something to read."""
    number = adjudication.remarks_on(visit.cell, visit.actor, programme, name)
    if not number:
        return None
    label = counted("%(number)s remark of an adjudicator", "%(number)s remarks of adjudicators", number)
    return Link(label=label, href=f"/programmes/{programme}/rubric-feedback/{name}")


def _threshold_note(page: RubricPage) -> str:
    threshold = page.rubric.threshold
    if threshold is None or threshold.rationale is None:
        return said("The default of the domain %(domain)s.", domain=page.rubric.domain)
    return said(
        "The domain's default is %(share)s. It was changed: %(why)s",
        share=share_text(page.row.default_ppm), why=threshold.rationale,
    )  # fmt: skip


def _versions(visit: Visit, root: str, page: RubricPage) -> tuple[Version, ...]:
    known = frame.names(visit)
    return tuple(
        Version(
            label=row.version, href=f"{root}/{row.version}", at=words.moment(row.at), who=known.get(row.by, row.by),
            changelog=said(FIRST) if row.previous is None else said("Follows %(version)s.", version=row.previous),
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
        title=newest.rubric.title, before=before, after=after, rationale=later.rubric.rationale or said(FIRST),
        rows=tuple(diff_row(row) for row in rows), version_labels=labels, action=f"{root}/{name}/diff",
    )  # fmt: skip
    at = frame.inside(visit, programme, SECTION, (said(SECTION), root), (newest.rubric.title, f"{root}/{name}"))
    page = frame.page(visit, said("%(rubric)s: what changed", rubric=newest.rubric.title), at=at)
    return frame.shown("rubric/diff.html", view, page)


def diff_row(row: flow.DiffRow) -> views.DiffRow:
    """One part of a rubric in two versions, as pages show it."""
    return views.DiffRow(
        place=f"{told(row.section) if row.section in WHOLES else row.section}: {_part(row.part)}", kind=row.state,
        before=tuple(views.Piece(text=piece.text, is_changed=piece.is_changed) for piece in row.old_pieces),
        after=tuple(views.Piece(text=piece.text, is_changed=piece.is_changed) for piece in row.new_pieces),
    )  # fmt: skip


def _part(part: str) -> str:
    """What a part of a rubric is, from its name in a difference: `anchor 3`, `example: A wrong unit`."""
    bare, again = part.partition(" #")[::2]
    kind, _, rest = bare.partition(": ")
    first, _, second = bare.partition(" ")
    if kind == "example" and rest:
        found = said("example: %(title)s", title=rest)
    elif kind == "exclusion" and rest:
        found = said("exclusion: %(words)s", words=rest)
    elif kind == "priority" and rest:
        over, _, under = rest.partition(" over ")
        found = said("priority: %(over)s over %(under)s", over=over, under=under)
    elif first == "list" and rest:
        found = said("list %(name)s, value %(value)s", name=kind.partition(" ")[2], value=rest)
    elif first == "list" and second:
        found = said("list %(name)s", name=second)
    elif first == "anchor" and second:
        found = said("anchor %(points)s", points=second)
    elif first == "example" and second:
        found = said("example %(number)s", number=second)
    elif first == "qualification" and second:
        found = said("qualification %(rule)s", rule=second)
    else:
        found = _PARTS.get(bare) or bare
    return f"{found} #{again}" if again else found


def ask(visit: Visit) -> PageAnswer:
    """The form for a rubric, or for a new version of one."""
    return _form(visit, key=new_key())


def _form(
    visit: Visit, *, key: str, text: str = "", name: str = "", found: list[Problem] | None = None,
    notices: tuple[Notice, ...] = (), status: int = 200,
) -> Response:  # fmt: skip
    programme = visit.path["programme"]
    form = UploadForm(
        action=f"/programmes/{programme}/new-rubric", label=said("Rubric"), hint=said("A YAML file, at most 900 kB."),
        accept=".yaml,.yml", button=said("Bring it into force"), text=text, may_paste=True,
        problems=frame.problems(found or ()), file_name=name, idempotency_key=key,
    )  # fmt: skip
    at = frame.inside(visit, programme, SECTION, (said(SECTION), f"/programmes/{programme}/rubrics"))
    page = frame.page(visit, said("Add a rubric or a new version"), at=at, notices=notices)
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

"""Affected judgments: what waits, one beside what changed, the decision on it or on many. Through app."""

from dataclasses import dataclass, replace

from tallystick.app import access, affected
from tallystick.app.affected import AffectedJudgment
from tallystick.app.kernel import new_key
from tallystick.edge import Site, Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.flow.affected import WORDING
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Reason
from tallystick.web import frame, words
from tallystick.web import judgment as form
from tallystick.web.adjudication.case import blind
from tallystick.web.language import N_, Words, refusal_line, said
from tallystick.web.rubric import diff_row
from tallystick.web.standing import AGAIN, MISSING, STANDS, Typed
from tallystick.web.views import affected as views
from tallystick.web.views.parts import Choice, Fact, Pill
from tallystick.web.welfare import shield

READERS = "review or gate.read"
FORM_BYTES = 100_000
SECTION = N_("Affected work")
STAND = "stand"
REASONS: dict[Reason, Pill] = {
    "added": Pill(label="criterion is new", tone="bad"),
    "removed": Pill(label="criterion is gone", tone="bad"),
    "scale": Pill(label="another scale", tone="bad"),
    "anchors": Pill(label="another anchor", tone="waiting"),
    "rule": Pill(label="another rule", tone="waiting"),
    "wording": Pill(label="wording only", tone="quiet"),
}
_WAYS = Words({
    "each": "One was read, and stands", "bulk": "Those stand of which only wording changed",
    "again": "All on a criterion are judged again",
})  # fmt: skip


def mount(site: Site) -> None:
    """Register affected judgments."""
    every = "/programmes/{programme}/affected"
    site.page(every, queue, permission=READERS)
    site.page(f"{every}/{{rubric_id}}", in_bulk, permission="rubric.write", methods=("POST",), max_bytes=FORM_BYTES)
    site.page("/affected/{affected_id}", review, permission="review")
    site.page("/affected/{affected_id}", decide, permission="review", methods=("POST",), max_bytes=FORM_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk(Typed):
    """What came with a decision on many of one rubric; empty for a page that is opened."""

    criterion: str = ""
    rubric: str = ""


def queue(visit: Visit) -> PageAnswer:
    """What is affected in a programme, and how far its review has come."""
    return _listed(visit, Bulk())


def _listed(visit: Visit, typed: Bulk, refused: Refused | None = None) -> PageAnswer:
    programme = visit.path["programme"]
    found = affected.queue(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    known = frame.names(visit) if found else {}
    view = views.Queue(
        rubrics=tuple(_rubric(visit, programme, one, typed, known=known, refused=refused) for one in found),
        is_reviewer=access.allows(visit.actor, "review"),
    )
    lead = said("Judgments made under an earlier version of their rubric, on a criterion that has changed since.")
    notices = () if refused is None else (frame.notice(refused, field=_place_of(refused, typed)),)
    page = frame.page(visit, said(SECTION), lead=lead, at=frame.inside(visit, programme, SECTION), notices=notices)
    return frame.shown("affected/list.html", view, page, status=200 if refused is None else status_of(refused))


def _place_of(refused: Refused, typed: Bulk) -> str | None:
    """The field of the form of one rubric, of which a page may have several."""
    return f"{refused.field}-{typed.rubric}" if refused.field in {"decision", "notes"} else None


def _rubric(
    visit: Visit, programme: str, one: affected.RubricQueue, typed: Bulk, *, known: dict[str, str],
    refused: Refused | None,
) -> views.RubricQueue:  # fmt: skip
    rubric = one.rubric
    root = f"/programmes/{programme}/rubrics/{rubric.id}"
    names = {part.id: part.name for part in rubric.criteria}
    may_decide = access.allows(visit.actor, "rubric.write") and one.tally.waiting > 0
    return views.RubricQueue(
        rubric=rubric.id, title=f"{rubric.title} {rubric.version}", href=root, diff_href=f"{root}/diff",
        waiting=one.tally.waiting, reviewed=one.tally.all - one.tally.waiting, total=one.tally.all,
        progress=tuple(
            views.ProgressRow(
                version=row.version, criterion=names.get(row.criterion, row.criterion), reason=REASONS[row.reason],
                waiting=row.tally.waiting, stands=row.tally.stands, again=row.tally.again,
            )
            for row in one.progress
        ),
        mine=tuple(
            views.WaitingRow(
                judgment=row.judgment, href=f"/affected/{row.judgment}",
                changes=tuple((names.get(name, name), REASONS[reason]) for name, reason in row.reasons.items()),
            )
            for row in one.mine
        ),
        decisions=tuple(
            views.DecisionRow(
                what=_what(row.way, names.get(row.criterion, row.criterion) if row.criterion else ""),
                version=row.version, judgments=row.judgments, who=known.get(row.by, row.by), at=words.moment(row.at),
            )
            for row in one.decisions
        ),
        bulk=_bulk(programme, one, names, typed, refused=refused) if may_decide else None,
    )  # fmt: skip


def _what(way: str, criterion: str) -> str:
    """What was decided, and on which criterion, where it was on one."""
    decided = _WAYS[way]
    return said("%(decided)s: %(criterion)s", decided=decided, criterion=criterion) if criterion else decided


def _bulk(
    programme: str, one: affected.RubricQueue, names: dict[str, str], typed: Bulk, *, refused: Refused | None
) -> views.BulkForm:
    is_mine = typed.rubric == one.rubric.id
    waiting = dict.fromkeys(row.criterion for row in one.progress if row.tally.waiting)
    return views.BulkForm(
        action=f"/programmes/{programme}/affected/{one.rubric.id}", idempotency_key=new_key(),
        criteria=tuple(
            Choice(value=name, label=names.get(name, name), is_chosen=is_mine and name == typed.criterion)
            for name in waiting
        ),
        has_wording=any(row.tally.waiting and row.reason == WORDING for row in one.progress),
        decision=typed.decision if is_mine else "", rationale=typed.notes if is_mine else "",
        errors=((refused.field, refusal_line(refused)),) if is_mine and refused and refused.field else (),
    )  # fmt: skip


def in_bulk(visit: Visit) -> PageAnswer:
    """Let all stand of which only wording changed, or have all on a criterion judged again."""
    programme, rubric, key = visit.path["programme"], visit.path["rubric_id"], visit.text("idempotency_key")
    typed = Bulk(
        decision=visit.text("decision"), notes=visit.text("rationale"), criterion=visit.text("criterion"), rubric=rubric
    )
    if typed.decision == STAND:
        done = affected.stand_all(
            visit.cell, visit.actor, programme=programme, rubric=rubric, rationale=typed.notes, key=key
        )
    elif typed.decision == AGAIN:
        done = affected.again_all(
            visit.cell, visit.actor, programme=programme, rubric=rubric, criterion=typed.criterion,
            rationale=typed.notes, key=key,
        )  # fmt: skip
    else:
        done = Refused("no-choice", "Choose whether they stand or are judged again.", "decision")
    if isinstance(done, Refused):
        return done if done == access.ABSENT else _listed(visit, typed, done)
    return frame.moved(f"/programmes/{programme}/affected?done=affected-{done.decision}-all")


def review(visit: Visit) -> PageAnswer:
    """One affected judgment. That it was opened is an event."""
    return _shown(visit, Typed(), key=new_key())


def _shown(visit: Visit, typed: Typed, *, key: str, refused: Refused | None = None) -> PageAnswer:
    found = affected.affected_judgment(visit.cell, visit.actor, visit.path["affected_id"])
    if isinstance(found, Refused):
        return found
    at = frame.inside(visit, found.programme, SECTION, (said(SECTION), f"/programmes/{found.programme}/affected"))
    notices = () if refused is None else (frame.notice(refused, field=refused.field),)
    page = frame.page(visit, said("Does this judgment stand under the new version?"), at=at, notices=notices)
    view = replace(_view(found, typed, key=key, refused=refused), shield=shield(visit, found.item))
    return frame.shown("affected/detail.html", view, page, status=200 if refused is None else status_of(refused))


def _view(found: AffectedJudgment, typed: Typed, *, key: str, refused: Refused | None) -> views.Review:
    prompt, context = form.read_first(found.shown)
    rubric = found.rubric
    names = {part.id: part.name for part in rubric.criteria}
    affects = ", ".join(f"{names.get(name, name)}: {said(REASONS[why].label)}" for name, why in found.reasons.items())
    return views.Review(
        facts=(
            Fact(term=said("Domain"), value=found.domain), Fact(term=said("Rubric"), value=rubric.title),
            Fact(term=said("Given under"), value=found.given_under), Fact(term=said("In force"), value=rubric.version),
            Fact(term=said("Affected"), value=affects),
        ),
        given_under=found.given_under, version=rubric.version, changed=tuple(diff_row(row) for row in found.changed),
        prompt=prompt, context=context, pieces=form.pieces(found.shown), pieces_title=form.pieces_title(found.shown),
        said=blind(found.said, names), action=f"/affected/{found.judgment}", idempotency_key=key,
        decision=typed.decision, notes=typed.notes, by_same=typed.by_same,
        errors=((refused.field, refusal_line(refused)),) if refused and refused.field else (),
    )  # fmt: skip


def decide(visit: Visit) -> PageAnswer:
    """Let an affected judgment stand, or have its item judged again; then on to the next one."""
    name, key = visit.path["affected_id"], visit.text("idempotency_key")
    typed = Typed.of(visit)
    if typed.decision not in (STANDS, AGAIN):
        return _shown(visit, typed, key=key, refused=MISSING)
    if typed.decision == STANDS:
        done = affected.stands(visit.cell, visit.actor, name, notes=typed.notes, key=key)
    else:
        done = affected.judge_again(visit.cell, visit.actor, name, notes=typed.notes, by_same=typed.by_same, key=key)
    if isinstance(done, Refused):
        return done if done == access.ABSENT else _shown(visit, typed, key=key, refused=done)
    waiting = affected.queue(visit.cell, visit.actor, done.programme)
    mine = [] if isinstance(waiting, Refused) else [row for one in waiting for row in one.mine]
    onward = f"/affected/{mine[0].judgment}" if mine else f"/programmes/{done.programme}/affected"
    return frame.moved(f"{onward}?done=affected-{done.decision}")

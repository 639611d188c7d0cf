"""Held work: what waits for a review, one held judgment, the reviewer's decision. Reads and writes through app."""

from dataclasses import dataclass, replace
from typing import Self

from tallystick.app import access, contract
from tallystick.app.kernel import new_key
from tallystick.app.standing import reviewing
from tallystick.app.standing.reviewing import HeldJudgment, HeldWork
from tallystick.edge import Site, Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.flow.refusal import Refused
from tallystick.web import frame, words
from tallystick.web import judgment as form
from tallystick.web.adjudication.case import blind
from tallystick.web.language import N_, refusal_line, said
from tallystick.web.views import standing as views
from tallystick.web.views.parts import Fact
from tallystick.web.welfare import shield

READERS = "review or gate.read"
FORM_BYTES = 100_000
SECTION = N_("Held work")
STANDS, AGAIN = "stands", "again"
MISSING = Refused("no-choice", "Choose whether the judgment stands or is judged again.", "decision")


def mount(site: Site) -> None:
    """Register held work."""
    site.page("/held", first, permission="review")
    site.page("/programmes/{programme}/held", held, permission=READERS)
    site.page("/held/{judgment_id}", review, permission="review")
    site.page("/held/{judgment_id}", decide, permission="review", methods=("POST",), max_bytes=FORM_BYTES)


def first(visit: Visit) -> PageAnswer:
    """To the first programme in which a held judgment waits for whoever asks, or to the first programme."""
    found = contract.programmes(visit.cell, visit.actor)
    if isinstance(found, Refused):
        return found
    names = [row.programme for row in found]
    waiting = [name for name in names if _mine(visit, name)]
    return frame.moved(f"/programmes/{(waiting or names)[0]}/held") if names else access.ABSENT


def _mine(visit: Visit, programme: str) -> tuple[reviewing.Waiting, ...]:
    found = reviewing.held_work(visit.cell, visit.actor, programme)
    return () if isinstance(found, Refused) else found.mine


def held(visit: Visit) -> PageAnswer:
    """What is held in a programme."""
    programme = visit.path["programme"]
    found = reviewing.held_work(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    lead = said("Judgments that do not count until somebody else has looked at them. They stay as they are.")
    page = frame.page(visit, said(SECTION), lead=lead, at=frame.inside(visit, programme, SECTION))
    return frame.shown("standing/list.html", _list(visit, found), page)


def _list(visit: Visit, found: HeldWork) -> views.HeldWork:
    sees_people = access.allows(visit.actor, "roster.read")
    return views.HeldWork(
        number=found.number, is_reviewer=access.allows(visit.actor, "review"),
        is_told=access.allows(visit.actor, "gate.read"),
        waiting=tuple(
            views.WaitingRow(
                judgment=one.judgment, href=f"/held/{one.judgment}", domain=one.domain,
                since=words.moment(one.held_at),
            )
            for one in found.mine
        ),
        batches=tuple(
            views.BatchRow(name=name, domain=domain, judgments=number)
            for (name, domain), number in found.by_batch.items()
        ),
        holds=tuple(
            views.HoldRow(
                expert=row.expert, expert_href=f"/people/{row.expert}" if sees_people else None,
                cause=words.HOLDS.get(row.cause) or row.cause, judgments=row.judgments, waiting=row.waiting,
                at=words.moment(row.at),
            )
            for row in found.holds
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What came with a decision that was not taken; empty for a page that is opened."""

    decision: str = ""
    notes: str = ""
    by_same: bool = False

    @classmethod
    def of(cls, visit: Visit) -> Self:
        """What was typed into the form of one judgment."""
        return cls(
            decision=visit.text("decision"), notes=visit.text("notes"), by_same=visit.text("by_same") == "yes"
        )  # fmt: skip


def review(visit: Visit) -> PageAnswer:
    """One held judgment. That it was opened is an event."""
    return _shown(visit, Typed(), key=new_key())


def _shown(visit: Visit, typed: Typed, *, key: str, refused: Refused | None = None) -> PageAnswer:
    found = reviewing.held_judgment(visit.cell, visit.actor, visit.path["judgment_id"])
    if isinstance(found, Refused):
        return found
    at = frame.inside(visit, found.programme, SECTION, (said(SECTION), f"/programmes/{found.programme}/held"))
    notices = () if refused is None else (frame.notice(refused, field=refused.field),)
    page = frame.page(visit, said("Does this judgment stand?"), at=at, notices=notices)
    view = replace(_view(found, typed, key=key, refused=refused), shield=shield(visit, found.item))
    return frame.shown("standing/detail.html", view, page, status=200 if refused is None else status_of(refused))


def _view(found: HeldJudgment, typed: Typed, *, key: str, refused: Refused | None) -> views.Review:
    prompt, context = form.read_first(found.shown)
    rubric = found.rubric
    return views.Review(
        facts=(
            Fact(term=said("Domain"), value=found.domain),
            Fact(term=said("Rubric"), value=f"{rubric.title} {rubric.version}"),
            Fact(term=said("Held since"), value=words.told(found.held_at)),
        ),
        prompt=prompt, context=context, pieces=form.pieces(found.shown), pieces_title=form.pieces_title(found.shown),
        said=blind(found.said, {part.id: part.name for part in rubric.criteria}),
        rubric_href=f"/programmes/{found.programme}/rubrics/{rubric.id}/{rubric.version}",
        action=f"/held/{found.judgment}", idempotency_key=key, decision=typed.decision, notes=typed.notes,
        by_same=typed.by_same, errors=((refused.field, refusal_line(refused)),) if refused and refused.field else (),
    )  # fmt: skip


def decide(visit: Visit) -> PageAnswer:
    """Let a held judgment stand, or have its item judged again; then on to the next one."""
    name, key = visit.path["judgment_id"], visit.text("idempotency_key")
    typed = Typed.of(visit)
    if typed.decision not in (STANDS, AGAIN):
        return _shown(visit, typed, key=key, refused=MISSING)
    if typed.decision == STANDS:
        done = reviewing.stands(visit.cell, visit.actor, name, notes=typed.notes, key=key)
    else:
        done = reviewing.judge_again(visit.cell, visit.actor, name, notes=typed.notes, by_same=typed.by_same, key=key)
    if not isinstance(done, Refused):
        waiting = _mine(visit, done.programme)
        onward = f"/held/{waiting[0].judgment}" if waiting else f"/programmes/{done.programme}/held"
        return frame.moved(f"{onward}?done=held-{done.decision}")
    if done.code == "not-held":
        return frame.moved("/held")
    return done if done == access.ABSENT else _shown(visit, typed, key=key, refused=done)

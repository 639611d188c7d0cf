"""The pages of interventions: the list of a programme, and one with all that happened. Reads through app."""

from tallystick.app import access, contract
from tallystick.app.intervention import reading
from tallystick.app.intervention.reading import Happened, InterventionPage, Listed
from tallystick.app.kernel import new_key
from tallystick.canon import PPM
from tallystick.edge import Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.events.calibration import CalibrationOpened
from tallystick.events.intervention import (
    ExpertReinstated,
    ExpertStoodDown,
    InterventionClosed,
    InterventionRemeasured,
    InterventionRevised,
)
from tallystick.flow import intervention as flow
from tallystick.flow.intervention import Requeued
from tallystick.flow.refusal import Refused
from tallystick.plots import IntervalPlot, IntervalRow
from tallystick.web import diagnosis, frame, words
from tallystick.web.contract import interval_row
from tallystick.web.intervention import next as following
from tallystick.web.intervention.next import Sent
from tallystick.web.language import N_, beside_exact, counted, formats, said, told
from tallystick.web.views import intervention as views
from tallystick.web.views.page import Notice, Page
from tallystick.web.views.parts import Estimate, Fact, Link

SECTION = N_("Interventions")
CHANGE_NOTE = N_(
    "The difference comes with a 95 % interval: before and after are measured on the same resampled items, so that "
    "what they share cancels. Judgments that were set aside stay on record."
)


def every(visit: Visit) -> PageAnswer:
    """The interventions of a programme."""
    programme = visit.path["programme"]
    glance = contract.glance(visit.cell, visit.actor, programme)
    found = reading.interventions(visit.cell, visit.actor, programme)
    if isinstance(glance, Refused) or isinstance(found, Refused):
        return access.ABSENT
    view = views.InterventionsPage(
        rows=tuple(_row(one) for one in found), agreement_href=f"/programmes/{programme}/agreement"
    )
    at = frame.Place(trail=((glance.row.title, f"/programmes/{programme}"),), programme=programme, section=SECTION)
    return frame.shown("intervention/list.html", view, frame.page(visit, said(SECTION), at=at))


def _row(one: Listed) -> views.InterventionRow:
    return views.InterventionRow(
        batch=one.batch_name, href=f"/interventions/{one.row.intervention}", domain=one.row.domain,
        state=following.pill(one.state.stage, one.row.outcome, one.state.round), round=one.state.round,
        at=words.moment(one.row.at), before=words.estimate(one.state.opened.short[0]),
        after=words.estimate(one.remeasured.after) if one.remeasured else None,
        threshold=one.state.opened.threshold_ppm / PPM,
    )  # fmt: skip


def show(visit: Visit) -> PageAnswer:
    """One intervention."""
    return _shown(visit, None)


def again(visit: Visit, sent: Sent) -> PageAnswer:
    """The same page after a step was refused."""
    return _shown(visit, sent)


def _shown(visit: Visit, sent: Sent | None) -> PageAnswer:
    page = reading.page(visit.cell, visit.actor, visit.path["intervention"])
    if isinstance(page, Refused):
        return page
    view = _detail(visit, page, sent)
    status = 200 if sent is None else status_of(sent.refused)
    return frame.shown("intervention/detail.html", view, _frame(visit, page, sent), status=status)


def _frame(visit: Visit, page: InterventionPage, sent: Sent | None) -> Page:
    at = frame.inside(
        visit, page.row.programme, SECTION, (said(SECTION), f"/programmes/{page.row.programme}/interventions")
    )  # fmt: skip
    notices: tuple[Notice, ...] = ()
    if sent is not None:
        has_field = sent.refused.field in {"justification", "reason", "words"}
        notices = (frame.notice(sent.refused, field=f"{sent.id}-words" if has_field else None),)
    return frame.page(visit, said("Intervention on %(batch)s", batch=page.batch_name), at=at, notices=notices)


def _detail(visit: Visit, page: InterventionPage, sent: Sent | None) -> views.InterventionDetail:
    state, threshold = page.state, page.state.opened.threshold_ppm / PPM
    is_lead = access.allows(visit.actor, "intervene")
    rows = [interval_row(words.measured(value), words.estimate(value), threshold) for value in state.opened.short]
    found = page.diagnosis
    return views.InterventionDetail(
        state=following.pill(state.stage, page.row.outcome, state.round), sentence=following.sentence(page),
        facts=_facts(page), path=following.path(page),
        steps=following.steps(page, sent=sent, may_measure=access.allows(visit.actor, "gate.measure"))
        if is_lead else (),
        not_yet=following.not_yet(page) if is_lead else (),
        short=IntervalPlot(title=said("Agreement when the gate failed"), rows=tuple(rows)),
        help=diagnosis.told(flow.recorded(found), page.names) if found else None,
        diagnosis_note=said(
            "Recorded in round %(round)s, under rubric %(version)s.", round=found.round, version=found.rubric_version
        ) if found else "",
        plot=_plot(page, threshold), changes=tuple(_change(one) for one in page.remeasured),
        change_note=said(CHANGE_NOTE),
        stood_down=tuple(page.names.get(one.person, one.person) for one in page.stood_down),
        timeline=_timeline(visit, page), idempotency_key=new_key(),
    )  # fmt: skip


def _facts(page: InterventionPage) -> tuple[Fact, ...]:
    row, opened = page.row, page.state.opened
    return (
        Fact(term=said("Batch"), value=page.batch_name, href=f"/batches/{row.batch}"),
        Fact(term=said("Domain"), value=row.domain),
        Fact(term=said("Rubric"), value=row.rubric, href=f"/programmes/{row.programme}/rubrics/{row.rubric}"),
        Fact(term=said("Threshold"), value=formats.number(opened.threshold_ppm / PPM)),
        Fact(term=said("Coefficient"), value=words.METRICS.get(opened.metric) or opened.metric),
        Fact(term=said("Round"), value=str(page.state.round)),
        Fact(term=said("Opened"), value=words.told(row.at)),
    )


def _plot(page: InterventionPage, threshold: float) -> IntervalPlot | None:
    """What each round began with and ended with, one under the other."""
    if not page.remeasured:
        return None
    rows: list[IntervalRow] = []
    for one in page.remeasured:
        rows += [
            interval_row(said("Round %(number)s, before", number=one.round), words.estimate(one.before), threshold),
            interval_row(said("Round %(number)s, after", number=one.round), words.estimate(one.after), threshold),
        ]
    return IntervalPlot(title=said("Agreement before and after"), rows=tuple(rows))


def _change(one: InterventionRemeasured) -> views.Change:
    difference = Estimate(value=None, reason=_why(one.reason))
    if one.difference_ppm is not None:
        low, high = one.low_ppm, one.high_ppm
        difference = Estimate(
            value=one.difference_ppm / PPM, low=None if low is None else low / PPM,
            high=None if high is None else high / PPM,
        )  # fmt: skip
    return views.Change(
        round=one.round, version=one.rubric_version, before=words.estimate(one.before),
        after=words.estimate(one.after), difference=difference, redone=one.redone,
        decision=words.decision(one.decision), href=f"/receipts/{one.measured_seq}",
    )  # fmt: skip


def _why(reason: str | None) -> str:
    """Why two measurements have no difference. The journal holds the exact English words."""
    return beside_exact(said("They cannot be compared."), reason) if reason else said("there is none")


def _timeline(visit: Visit, page: InterventionPage) -> tuple[views.TimelineEntry, ...]:
    known = frame.names(visit)
    return tuple(
        views.TimelineEntry(
            index=one.seq, at=words.moment(one.at), who=known.get(one.by, one.by), kind=one.kind,
            sentence=_sentence(one, page), href=f"/receipts/{one.seq}", words=one.words or "", link=_link(one, page),
        )
        for one in reversed(page.happened)
    )  # fmt: skip


def _sentence(one: Happened, page: InterventionPage) -> str:
    """What happened, with what the fact holds where that says more than its kind."""
    fact = one.fact
    if isinstance(fact, Requeued):
        return _requeued(fact)
    if isinstance(fact, InterventionRevised):
        return said("Rubric version %(version)s came into force", version=fact.version)
    if isinstance(fact, InterventionRemeasured):
        return said("Measured again: %(decision)s", decision=told(words.decision(fact.decision).label))
    if isinstance(fact, InterventionClosed):
        return said("Closed: the batch passes") if fact.outcome == flow.PASSED else said("Given up")
    if isinstance(fact, ExpertStoodDown | ExpertReinstated):
        name = page.names.get(fact.person, fact.person)
        is_down = isinstance(fact, ExpertStoodDown)
        return said("%(name)s stood down", name=name) if is_down else said("%(name)s was reinstated", name=name)
    return words.event(one.kind)


def _requeued(fact: Requeued) -> str:
    made = counted("%(number)s judgment", "%(number)s judgments", fact.judgments)
    items = counted("%(number)s item", "%(number)s items", fact.items)
    if fact.by_same:
        return said("Set aside to be made again: %(judgments)s on %(items)s", judgments=made, items=items)
    return said("Set aside to be made again: %(judgments)s on %(items)s, by others", judgments=made, items=items)


def _link(one: Happened, page: InterventionPage) -> Link | None:
    fact = one.fact
    if isinstance(fact, CalibrationOpened):
        return Link(label=said("the session"), href=f"/calibrations/{fact.calibration}")
    if isinstance(fact, InterventionRevised):
        root = f"/programmes/{page.row.programme}/rubrics/{fact.rubric}"
        return Link(label=said("what changed"), href=f"{root}/diff?from={fact.previous}&to={fact.version}")
    return None

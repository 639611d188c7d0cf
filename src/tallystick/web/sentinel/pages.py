"""Sentinels: the policy and what its rates mean, every chart, deciding on a fall, the auditor's check. Through app."""

from tallystick.app import access, sentinel
from tallystick.app.kernel import new_key
from tallystick.app.sentinel import Overview, ScheduleCheck
from tallystick.canon import PPM
from tallystick.edge import Site, Visit
from tallystick.edge.pages import PageAnswer
from tallystick.flow import sentinel as flow
from tallystick.flow.refusal import Refused
from tallystick.flow.sentinel import Wish
from tallystick.plots import HistoryPlot, HistoryPoint
from tallystick.web import frame, words
from tallystick.web.language import N_, counted, said
from tallystick.web.sentinel import words as told
from tallystick.web.views import sentinel as views
from tallystick.web.views.page import Notice
from tallystick.web.views.parts import Choice, Pill

SECTION = N_("Sentinels")
LEAD = N_("Gold items that stand blind in the work, so that a fall of somebody's accuracy is seen where it begins.")
POINTS_MAX = 60


def mount(site: Site) -> None:
    """Register sentinels."""
    root = "/programmes/{programme}/sentinels"
    site.page(root, overview, permission="monitor.read")
    site.page(root, set_policy, permission="monitor.write", methods=("POST",), max_bytes=4_000)
    site.page(f"{root}/offer", offer, permission="monitor.read")
    site.page(f"{root}/end", end, permission="monitor.write", methods=("POST",), max_bytes=40_000)
    site.page(f"{root}/schedule", schedule, permission="sentinel.audit")
    site.page(f"{root}/schedule", say_why, permission="sentinel.audit", methods=("POST",), max_bytes=4_000)
    site.page(f"{root}/charts/{{expert}}/{{rubric_id}}", chart, permission="monitor.read")
    site.page(
        f"{root}/charts/{{expert}}/{{rubric_id}}", decide, permission="monitor.write", methods=("POST",),
        max_bytes=40_000,
    )  # fmt: skip


def overview(visit: Visit) -> PageAnswer:
    """Policy, warnings, charts, falls and pools of a programme."""
    found = sentinel.overview(visit.cell, visit.actor, visit.path["programme"])
    return found if isinstance(found, Refused) else _overview(visit, found)


def _overview(visit: Visit, found: Overview, notices: tuple[Notice, ...] = ()) -> PageAnswer:
    programme = found.programme.programme
    root = f"/programmes/{programme}/sentinels"
    may_write, known = access.allows(visit.actor, "monitor.write"), frame.names(visit)
    to_import = f"/programmes/{programme}/import"
    view = views.Overview(
        policy=told.policy(found), warnings=told.warnings(found, known),
        charts=tuple(_chart_rows(visit, found, root, known=known)), falls=tuple(_fall_rows(found, root, known)),
        is_low=any(one.is_low for one in found.left), import_href=to_import if visit.leads(to_import) else None,
        pools=tuple(
            views.PoolRow(
                expert=known.get(one.expert, one.expert), domain=one.domain, left=told.part_of(one.left, one.total),
                lasts="" if one.judgments is None else told.about(one.judgments),
                state=Pill(label="used up", tone="bad") if one.left == 0
                else Pill(label="low", tone="waiting") if one.is_low else Pill(label="enough", tone="good"),
            )
            for one in found.left
        ),
        rates=_rates(_wish_of(found)), offer_action=f"{root}/offer" if may_write else None,
        end_action=f"{root}/end" if may_write and found.policy is not None else None,
        schedule_href=f"{root}/schedule" if access.allows(visit.actor, "sentinel.audit") and found.versions else None,
        idempotency_key=new_key(),
    )  # fmt: skip
    page = frame.page(
        visit, said(SECTION), lead=said(LEAD), at=frame.inside(visit, programme, SECTION), notices=notices
    )
    return frame.shown("sentinel/overview.html", view, page, status=422 if notices else 200)


def _chart_rows(visit: Visit, found: Overview, root: str, *, known: dict[str, str]) -> list[views.ChartRow]:
    sees_people = access.allows(visit.actor, "roster.read")
    return [
        views.ChartRow(
            expert=known.get(one.row.expert, one.row.expert),
            expert_href=f"/people/{one.row.expert}" if sees_people else None,
            rubric=f"{one.row.rubric} {one.row.rubric_version}",
            href=f"{root}/charts/{one.row.expert}/{one.row.rubric}", state=told.STATES[one.row.state],
            answers=one.row.taken, right=one.row.right,
            score=told.part_of(one.row.score, one.limit),
        )
        for one in found.charts
    ]  # fmt: skip


def _fall_rows(found: Overview, root: str, known: dict[str, str]) -> list[views.FallRow]:
    return [
        views.FallRow(
            at=words.moment(one.at), expert=known.get(one.expert, one.expert),
            rubric=f"{one.rubric} {one.rubric_version}",
            href=f"{root}/charts/{one.expert}/{one.rubric}", answers=told.right(one.right, one.answers),
            held=one.held, found=told.CAUSES.get(one.found or "", ""),
            state=Pill(label="decided", tone="good") if one.state == "decided"
            else Pill(label="waits for you", tone="bad"),
        )
        for one in found.falls
    ]  # fmt: skip


def _wish_of(found: Overview) -> Wish:
    now = found.versions[0] if found.versions else None
    if now is None:
        return Wish()
    return Wish(
        acceptable_ppm=now.acceptable_ppm, unacceptable_ppm=now.unacceptable_ppm, found_within=now.found_within,
        found_ppm=now.found_asked_ppm, false_horizon=now.false_horizon, false_ppm=now.false_asked_ppm,
    )  # fmt: skip


def _rates(wish: Wish) -> tuple[views.Rate, ...]:
    return tuple(
        views.Rate(
            name=name, label=said(label), hint=said(hint),
            value=f"{getattr(wish, name) / 10_000:g}" if is_share else str(getattr(wish, name)),
        )
        for name, label, hint, is_share in told.RATES
    )  # fmt: skip


def _asked(given: dict[str, str]) -> Wish:
    """The rates of a form: percents as they were typed, 0 for what is no number, which the core refuses."""
    usual, values = Wish(), {}
    for name, _, _, is_share in told.RATES:
        text = given.get(name, "").strip()
        try:
            number = float(text.replace(",", ".")) if text else None
        except ValueError:
            number = 0.0
        if number is None:
            values[name] = getattr(usual, name)
        else:
            bounded = min(max(number, 0.0), 1e9)
            values[name] = round(bounded * 10_000) if is_share else round(bounded)
    return Wish(**values)


def offer(visit: Visit) -> PageAnswer:
    """What error rates mean and cost, before they are set."""
    programme = visit.path["programme"]
    wish = _asked({name: visit.query.get(name, "") for name, *_ in told.RATES})
    found = sentinel.offer(visit.cell, visit.actor, programme, wish)
    if isinstance(found, Refused):
        if found is access.ABSENT:
            return found
        return _refused(visit, found)
    seen = sentinel.overview(visit.cell, visit.actor, programme)
    if isinstance(seen, Refused):
        return seen
    root = f"/programmes/{programme}/sentinels"
    view = views.OfferPage(
        facts=told.offer_facts(found), delays=told.delays(found), sentences=told.offer_sentences(found, seen),
        rates=_rates(wish),
        offer_action=f"{root}/offer", set_action=root if access.allows(visit.actor, "monitor.write") else None,
        idempotency_key=new_key(),
    )  # fmt: skip
    at = frame.inside(visit, programme, SECTION, (said(SECTION), root))
    return frame.shown("sentinel/offer.html", view, frame.page(visit, said("What these rates mean"), at=at))


def _refused(visit: Visit, refused: Refused) -> PageAnswer:
    seen = sentinel.overview(visit.cell, visit.actor, visit.path["programme"])
    return seen if isinstance(seen, Refused) else _overview(visit, seen, (frame.notice(refused, field=refused.field),))


def set_policy(visit: Visit) -> PageAnswer:
    """Set the rates that were looked at."""
    programme = visit.path["programme"]
    wish = _asked({name: visit.text(name) for name, *_ in told.RATES})
    done = sentinel.set_policy(visit.cell, visit.actor, programme, wish, key=visit.text("idempotency_key"))
    if isinstance(done, Refused):
        return done if done is access.ABSENT else _refused(visit, done)
    return frame.moved(f"/programmes/{programme}/sentinels?done=sentinels")


def end(visit: Visit) -> PageAnswer:
    """Mix in no more sentinels."""
    programme = visit.path["programme"]
    done = sentinel.end_policy(
        visit.cell, visit.actor, programme, words=visit.text("words"), key=visit.text("idempotency_key")
    )
    if isinstance(done, Refused):
        return done if done is access.ABSENT else _refused(visit, done)
    return frame.moved(f"/programmes/{programme}/sentinels?done=sentinels-ended")


def chart(visit: Visit) -> PageAnswer:
    """One chart, answer by answer, and the decision when work is stopped."""
    return _chart(visit)


def _chart(visit: Visit, notices: tuple[Notice, ...] = ()) -> PageAnswer:
    programme, expert, rubric = visit.path["programme"], visit.path["expert"], visit.path["rubric_id"]
    found = sentinel.chart_page(visit.cell, visit.actor, programme, expert=expert, rubric=rubric)
    if isinstance(found, Refused):
        return found
    limit = found.policy.limit
    may_decide = found.fall is not None and access.allows(visit.actor, "monitor.write")
    root = f"/programmes/{programme}/sentinels"
    scored = list(zip(found.answers, found.scores, strict=True))
    view = views.ChartPage(
        facts=told.chart_facts(found),
        plot=HistoryPlot(
            title=said("Score after each sentinel, as a share of the limit"), threshold=1.0,
            axis_max=max([1.2, *(score / limit for _, score in scored[-POINTS_MAX:])]),
            points=tuple(
                HistoryPoint(when=str(number), value=score / limit)
                for number, (_, score) in list(enumerate(scored, 1))[-POINTS_MAX:]
            ),
        ),
        answers=tuple(
            views.AnswerRow(
                number=number, at=words.moment(one.at), item=one.item, href=f"/items/{one.item}",
                result=Pill(label="right", tone="good") if one.is_correct else Pill(label="wrong", tone="bad"),
                score=told.part_of(score, limit),
            )
            for number, (one, score) in reversed(list(enumerate(scored, 1)))
        ),
        pace=told.pace(found.pace), decide_action=f"{root}/charts/{expert}/{rubric}" if may_decide else None,
        causes=tuple(
            Choice(value=cause, label=told.CAUSES[cause], is_chosen=visit.text("found") == cause)
            for cause in flow.CAUSES
        ),
        words=visit.text("words"), idempotency_key=new_key(),
    )  # fmt: skip
    at = frame.inside(visit, programme, SECTION, (said(SECTION), root))
    page = frame.page(visit, f"{frame.names(visit).get(expert, expert)}, {rubric}", at=at, notices=notices)
    return frame.shown("sentinel/chart.html", view, page, status=422 if notices else 200)


def decide(visit: Visit) -> PageAnswer:
    """Say what a fall came from, and let the expert work on."""
    programme, expert, rubric = visit.path["programme"], visit.path["expert"], visit.path["rubric_id"]
    found = sentinel.chart_page(visit.cell, visit.actor, programme, expert=expert, rubric=rubric)
    if isinstance(found, Refused):
        return found
    here = f"/programmes/{programme}/sentinels/charts/{expert}/{rubric}"
    if found.fall is None:
        return frame.moved(here)
    done = sentinel.decide(
        visit.cell, visit.actor, programme, found.fall.seq, found=visit.text("found"), words=visit.text("words"),
        key=visit.text("idempotency_key"),
    )  # fmt: skip
    if isinstance(done, Refused):
        return done if done is access.ABSENT else _chart(visit, (frame.notice(done, field=done.field),))
    return frame.moved(f"{here}?done=decided")


def schedule(visit: Visit) -> PageAnswer:
    """The auditor's check, after they said why they look."""
    programme = visit.path["programme"]
    found = sentinel.check_schedule(visit.cell, visit.actor, programme, reason=visit.query.get("reason", ""))
    if isinstance(found, Refused):
        return frame.opened_for(visit, found, f"/programmes/{programme}/sentinels/schedule")
    view = views.SchedulePage(checks=tuple(_check(one) for one in found))
    at = frame.inside(visit, programme, SECTION, (said(SECTION), f"/programmes/{programme}/sentinels"))
    lead = said("Whether sentinels stood where the secret of each version says, no more and no fewer.")
    return frame.shown("sentinel/schedule.html", view, frame.page(visit, said("Schedule"), lead=lead, at=at))


def say_why(visit: Visit) -> PageAnswer:
    """Open the schedule with a reason and words for it."""
    programme = visit.path["programme"]
    found = sentinel.check_schedule(
        visit.cell, visit.actor, programme, reason=visit.text("reason"), words=visit.text("words")
    )
    return frame.opened_for(visit, found, f"/programmes/{programme}/sentinels/schedule")


def _check(one: ScheduleCheck) -> views.CheckRow:
    found = one.found
    number = len(found.departures)
    return views.CheckRow(
        version=one.policy.version, rate=told.percent(one.policy.rate_ppm), leases=found.leases, due=found.due,
        served=found.served, observed=told.percent(round(found.served * PPM / found.leases)) if found.leases else "",
        used_up=found.used_up, departures=found.departures, secret=one.secret,
        result=Pill(label="as the secret says", tone="good") if not number
        else Pill(label=counted("%(number)s departure", "%(number)s departures", number), tone="bad"),
    )  # fmt: skip

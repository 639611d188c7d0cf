"""What second looks say, draws, and the defects that were found. Reads and writes through app."""

from tallystick.app import access, escape
from tallystick.app.escape import EscapePage
from tallystick.app.kernel import new_key
from tallystick.edge import Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.flow import escape as flow
from tallystick.flow.escape import Needed, Tier
from tallystick.flow.refusal import Refused
from tallystick.plots import IntervalPlot, IntervalRow
from tallystick.web import frame, words
from tallystick.web.frame import Place
from tallystick.web.language import N_, Words, counted, said
from tallystick.web.language.formats import count, number
from tallystick.web.views import escape as views
from tallystick.web.views.page import Notice
from tallystick.web.views.parts import Choice, Estimate, Fact, Link

SECTION = N_("Second looks")
UNSEEN = N_("nothing of one part was looked at again")
NOTHING = N_("Nothing was drawn yet, so nothing is known of the defects that got through.")
_FIELDS = Words({
    "restricted_severe": "Severe, of restricted risk", "high_severe": "Severe, of high risk",
    "restricted": "Restricted", "high": "High risk", "medium": "Medium risk", "low": "Low risk",
})  # fmt: skip
_RISKS = Words({"restricted": "restricted", "high": "high", "medium": "medium", "low": "low"})


def overview(visit: Visit) -> PageAnswer:
    """What second looks say, and what waits."""
    return _shown(visit)


def _shown(visit: Visit, refused: Refused | None = None) -> PageAnswer:
    programme = visit.path["programme"]
    found = escape.escape_page(visit.cell, visit.actor, programme, at_most=_bound(visit))
    if isinstance(found, Refused):
        return found
    notices: tuple[Notice, ...] = (frame.notice(refused),) if refused else ()
    lead = said("Finished items, drawn at random and looked at again by somebody who did not judge them.")
    page = frame.page(visit, said(SECTION), lead=lead, at=place(visit, programme), notices=notices)
    status = 200 if refused is None else status_of(refused)
    return frame.shown("escape/overview.html", _view(visit, found), page, status=status)


def place(visit: Visit, programme: str, *trail: tuple[str, str]) -> Place:
    """Where the pages of second looks stand."""
    return frame.inside(visit, programme, SECTION, *trail)


def _bound(visit: Visit) -> float:
    """The bound that was asked for in percent; 5 % for anything that is none."""
    try:
        percent = float(visit.query.get("bound", "5"))
    except ValueError:
        return 0.05
    return percent / 100 if 0 < percent < 100 else 0.05


def _view(visit: Visit, found: EscapePage) -> views.Overview:
    root = f"/programmes/{found.programme}/rereview"
    is_told = access.allows(visit.actor, "monitor.read")
    estimate = found.estimate
    needed = {one.risk: one for one in found.needed}
    links = [Link(label=said("Defects that were found"), href=f"{root}/defects")] if is_told else []
    if access.allows(visit.actor, "sentinel.audit") and found.rounds:
        links.append(Link(label=said("How the items were drawn"), href=f"{root}/draws", note=said("shows the key")))
    return views.Overview(
        is_told=is_told, sentence=_sentence(found) if is_told else "",
        tiers=tuple(_tier(one, needed[one.risk], found.at_most) for one in estimate.tiers),
        kinds=tuple(
            views.KindRow(
                axis=axis, name=name.replace("_", " "), defects=rate.defective, reviewed=rate.reviewed,
                rate=_rate(rate.rate, rate.interval, said(UNSEEN)), at_most=_percent(rate.at_most),
            )
            for axis, name, rate in estimate.by_kind
        ),
        places=tuple(
            views.KindRow(axis=axis, name=name, defects=bad, reviewed=n) for axis, name, bad, n in estimate.by_place
        ),
        rounds=tuple(
            views.RoundRow(
                number=row.round, draws=row.draws,
                items=said("%(first)s to %(last)s", first=count(row.since), last=count(row.until - 1)),
                at=words.moment(row.at),
            )
            for row in found.rounds
        ) if is_told else (),
        plot=_plot(found), since_last=_since(found), bound=f"{found.at_most * 100:g}", bound_action=root,
        draw=_draw_form(found, root) if access.allows(visit.actor, "monitor.write") else None,
        waiting=found.waiting, next_action=f"{root}/next" if found.for_me else None, idempotency_key=new_key(),
        links=tuple(links),
    )  # fmt: skip


def _sentence(found: EscapePage) -> str:
    """The whole in one sentence. A rate never stands without its upper bound."""
    overall = found.estimate.overall
    if overall is None:
        return said(NOTHING)
    if overall.at_most is None or overall.rate is None:
        unseen = [said(words.RISKS[tier.risk].label) for tier in found.estimate.tiers if tier.found.rate is None]
        return said(
            "Nothing can be said of all: in one round or more, nothing of %(risks)s was looked at again.",
            risks=", ".join(unseen),
        )
    return said(
        "%(defects)s in %(items)s that were looked at again, of %(all)s. At most %(share)s of all are defective, with "
        "95 %% confidence.",
        defects=counted("%(number)s defect", "%(number)s defects", overall.defective),
        items=counted("%(number)s item", "%(number)s items", overall.reviewed),
        all=count(overall.population), share=_percent(overall.at_most),
    )  # fmt: skip


def _tier(tier: Tier, needed: Needed, at_most: float) -> views.TierRow:
    found = tier.found
    return views.TierRow(
        risk=words.RISKS[tier.risk], pool=found.population, reviewed=found.reviewed, waiting=tier.waiting,
        defects=found.defective, rate=_rate(found.rate, found.interval, said(UNSEEN)), at_most=_percent(found.at_most),
        worst=_percent(tier.worst), needed=_needed(needed, at_most),
    )  # fmt: skip


def _needed(needed: Needed, at_most: float) -> str:
    bound = said("%(number)s %%", number=f"{at_most * 100:g}")
    if needed.if_sound == 0:
        return said("none: at most %(share)s is shown", share=bound)
    if needed.if_sound is None:
        return said("%(share)s cannot be shown: there are more defects already", share=bound)
    sound, left = count(needed.if_sound), count(needed.left)
    if needed.if_alike is None:
        return said("%(sound)s if all are sound; %(left)s are left", sound=sound, left=left)
    return said(
        "%(sound)s if all are sound, %(alike)s if as many are defective as so far; %(left)s are left",
        sound=sound, alike=count(needed.if_alike), left=left,
    )  # fmt: skip


def _rate(value: float | None, interval: object, reason: str | None) -> Estimate:
    low, high = getattr(interval, "low", None), getattr(interval, "high", None)
    return Estimate(value=value, low=low, high=high, reason=reason or "")


def _percent(value: float | None) -> str:
    return "" if value is None else said("%(number)s %%", number=number(value * 100, 1))


def _plot(found: EscapePage) -> IntervalPlot | None:
    if not found.estimate.tiers:
        return None
    rows = [
        IntervalRow(
            label=said(words.RISKS[tier.risk].label), value=tier.found.rate,
            low=tier.found.interval.low if tier.found.interval else None,
            high=tier.found.interval.high if tier.found.interval else None, reason=said(UNSEEN),
        )
        for tier in found.estimate.tiers
    ]  # fmt: skip
    return IntervalPlot(title=said("Share of defective items, by risk"), rows=tuple(rows))


def _since(found: EscapePage) -> str:
    """What no round covers."""
    total = sum(found.since_last.values())
    if not total:
        return ""
    parts = ", ".join(_of_risk(risk, n) for risk, n in found.since_last.items())
    if found.rounds:
        return counted(
            "%(number)s item was finished without a disagreement since the last round began (%(parts)s): no figure "
            "here speaks of them.",
            "%(number)s items were finished without a disagreement since the last round began (%(parts)s): no figure "
            "here speaks of them.",
            total, parts=parts,
        )  # fmt: skip
    return counted(
        "%(number)s item was finished without a disagreement so far (%(parts)s): no figure here speaks of them.",
        "%(number)s items were finished without a disagreement so far (%(parts)s): no figure here speaks of them.",
        total, parts=parts,
    )  # fmt: skip


def _of_risk(risk: str, number: int) -> str:
    return said("%(number)s of %(risk)s risk", number=count(number), risk=_RISKS.get(risk) or risk)


def _draw_form(found: EscapePage, root: str) -> views.DrawForm:
    left = {one.risk: one.left for one in found.needed}
    return views.DrawForm(
        action=root, idempotency_key=new_key(),
        rounds=(
            Choice(value="", label=said("A new round, of what was finished since the last"), is_chosen=True),
            *(
                Choice(value=str(row.round), label=said("More of round %(round)s", round=row.round))
                for row in found.rounds
            ),
        ),
        fields=tuple(
            views.DrawField(
                name=risk, label=_FIELDS[risk],
                left=found.since_last.get(risk, 0) + left.get(risk, 0),
            )
            for risk in flow.RISKS
            if found.since_last.get(risk, 0) + left.get(risk, 0)
        ),
    )  # fmt: skip


def draw(visit: Visit) -> PageAnswer:
    """Draw items, and go to the overview."""
    programme = visit.path["programme"]
    wanted = {risk: visit.text(risk).strip() for risk in flow.RISKS}
    number = visit.text("round").strip()
    if not all(text.isdigit() for text in [*filter(None, wanted.values()), number or "0"]):
        return _shown(visit, Refused("bad-draw", "Expected whole numbers from 0, found something else.", "wanted"))
    counts = {risk: int(text) for risk, text in wanted.items() if text and int(text)}
    done = escape.draw(
        visit.cell, visit.actor, programme, wanted=counts, key=visit.text("idempotency_key") or new_key(),
        extend=int(number) if number else None,
    )  # fmt: skip
    if not isinstance(done, Refused):
        return frame.moved(f"/programmes/{programme}/rereview?done=drawn")
    return done if done == access.ABSENT else _shown(visit, done)


def defects(visit: Visit) -> PageAnswer:
    """What was found wrong. That the notes were opened is an event."""
    programme = visit.path["programme"]
    found = escape.defects(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    may_mend = access.allows(visit.actor, "monitor.write")
    view = views.Defects(
        defects=tuple(
            views.DefectRow(
                item=one.row.item, href=f"/items/{one.row.item}", risk=words.RISKS[one.row.risk],
                severity=one.row.severity, cause=one.row.cause.replace("_", " "), failure=one.row.failure,
                notes=one.words, at=words.moment(one.row.answered_at),
                action=f"/rereviews/{one.row.item}/set-aside" if may_mend and one.is_open else "",
                idempotency_key=new_key(),
            )
            for one in found
        )
    )  # fmt: skip
    root = f"/programmes/{programme}/rereview"
    page = frame.page(visit, said("Defects that were found"), at=place(visit, programme, (said(SECTION), root)))
    return frame.shown("escape/defects.html", view, page)


def set_aside(visit: Visit) -> PageAnswer:
    """Have a defective item judged again, and go back to the list."""
    item, key = visit.path["drawn"], visit.text("idempotency_key") or new_key()
    done = escape.set_aside(visit.cell, visit.actor, item, by_same=visit.text("by_same") == "yes", key=key)
    if isinstance(done, Refused):
        return done
    programme = visit.text("programme")
    return frame.moved(f"/programmes/{programme}/rereview/defects?done=set-aside")


def proof(visit: Visit) -> PageAnswer:
    """Every draw worked out again, with the key of the order. That it was shown is an event."""
    programme = visit.path["programme"]
    found = escape.check_draws(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    view = views.Proof(
        facts=(
            Fact(term=said("Draws"), value=f"{found.draws:,}"),
            Fact(term=said("Items drawn"), value=f"{found.items:,}"),
            Fact(term=said("Key of the order"), value=found.key, is_digest=True),
        ),
        wrong=found.wrong, passed_over=found.passed_over,
    )  # fmt: skip
    root = f"/programmes/{programme}/rereview"
    page = frame.page(visit, said("How the items were drawn"), at=place(visit, programme, (said(SECTION), root)))
    return frame.shown("escape/proof.html", view, page)

"""Welfare in pages: the warning before an item, one's own settings, the report. Reads and writes through app."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.responses import Response

from tallystick.app import routing, welfare
from tallystick.app.kernel import new_key
from tallystick.app.welfare import Exposure, Own, OwnCategory, Warned
from tallystick.edge import Site, Visit
from tallystick.edge.pages import PageAnswer
from tallystick.flow.contract import LEVELS
from tallystick.flow.refusal import Refused
from tallystick.flow.welfare import Limit
from tallystick.web import frame, words
from tallystick.web.frame import Place
from tallystick.web.language import N_, counted, refusal_line, said
from tallystick.web.views import welfare as views
from tallystick.web.views.page import Notice
from tallystick.web.views.parts import Choice, Fact

SECTION = N_("Exposure")
MINE = "/me/settings"
FORM_BYTES = 20_000
LANGUAGE_FIELDS_MORE = 2
LANGUAGE_FIELDS_MAX = 40


def mount(site: Site) -> None:
    """Register welfare."""
    site.page(MINE, mine, permission="work.do")
    site.page(MINE, save, permission="work.do", methods=("POST",), max_bytes=FORM_BYTES)
    site.page(
        "/me/languages", declare, permission="work.do", methods=("POST",), max_bytes=FORM_BYTES,
        form_at="/me/settings",
    )  # fmt: skip
    site.page("/programmes/{programme}/exposure", exposure, permission="monitor.read")


# --- the warning before an item -----------------------------------------------------------------------------------


def shield(visit: Visit, item: str, *, skip_action: str | None = None, is_open: bool = False) -> views.Shield | None:
    """The warning of an item that whoever asks may see; None for one without."""
    return shielded(welfare.warnings(visit.cell, item), skip_action=skip_action, is_open=is_open)


def shielded(
    found: tuple[Warned, ...], *, skip_action: str | None = None, is_open: bool = False
) -> views.Shield | None:  # fmt: skip
    """Warnings as a page says them."""
    if not found:
        return None
    return views.Shield(
        warnings=tuple((words.category(one.category), one.warning) for one in found),
        is_veiled=any(one.is_blurred for one in found), is_open=is_open, skip_action=skip_action,
        idempotency_key=new_key() if skip_action else "",
    )  # fmt: skip


# --- one's own settings -------------------------------------------------------------------------------------------


def mine(visit: Visit) -> PageAnswer:
    """What one set for oneself, and what one had today."""
    return _mine(visit, errors={}, refused=None)


def _mine(visit: Visit, *, errors: Mapping[str, str], refused: Refused | None) -> PageAnswer:
    found = welfare.own(visit.cell, visit.actor)
    routed = routing.routed(visit.cell, visit.actor, visit.actor.person)
    if isinstance(found, Refused):
        return found
    if isinstance(routed, Refused):
        return routed
    declared = [(row.language, row.level, row.confirmed) for row in routed.languages]
    view = views.Own(
        today=(
            Fact(
                term=said("Work today"),
                value=counted("%(number)s piece of work", "%(number)s pieces of work", found.all_work.items),
            ),
            Fact(term=said("Active time"), value=words.duration(found.all_work.active_ms)),
            Fact(term=said("Your day ends"), value=_until(found, found.day.end)),
        ),
        categories=tuple(_row(found, one) for one in found.categories),
        zones=tuple(Choice(value=z, label=z, is_chosen=z == found.settings.time_zone) for z in found.zones),
        idempotency_key=new_key(), languages=_languages(declared), languages_key=new_key(),
        errors=tuple(errors.items()),
    )  # fmt: skip
    notices = () if refused is None else (frame.notice(refused, field=refused.field),)
    return _shown(visit, view, notices, 200 if refused is None else frame.again(refused))


def _shown(visit: Visit, view: views.Own, notices: tuple[Notice, ...], status: int) -> Response:
    lead = said("What you take on, how much of it, and the languages that you work in.")
    page = frame.page(
        visit, said("My settings"), lead=lead, at=Place(trail=((said("My work"), "/me"),)), notices=notices
    )
    return frame.shown("welfare/own.html", view, page, status=status)


def _languages(declared: list[tuple[str, str, str | None]]) -> tuple[views.LanguageField, ...]:
    rows = [*declared, *[("", "B2", None)] * LANGUAGE_FIELDS_MORE]
    return tuple(
        views.LanguageField(
            number=number, tag=tag,
            levels=tuple(Choice(value=one, label=one, is_chosen=one == level) for one in LEVELS),
            confirmed=said("confirmed: %(level)s", level=confirmed) if confirmed else "",
        )
        for number, (tag, level, confirmed) in enumerate(rows, 1)
    )  # fmt: skip


def _row(found: Own, one: OwnCategory) -> views.CategoryRow:
    closed, had = "", said("nothing")
    if one.had.items:
        time = words.duration(one.had.active_ms)
        had = counted("%(number)s item, %(time)s", "%(number)s items, %(time)s", one.had.items, time=time)
    if one.closed is not None:
        closed = _closed(_until(found, one.closed.until), is_break=one.closed.is_break)
    return views.CategoryRow(
        name=one.category, label=words.category(one.category), warning=one.warning, is_opted_out=one.is_opted_out,
        had=had, limit=_limit(one.limit),
        closed=closed,
    )  # fmt: skip


def _closed(until: str, *, is_break: bool) -> str:
    if is_break:
        return said("Closed until %(moment)s: a break.", moment=until)
    return said("Closed until %(moment)s: enough for today.", moment=until)


def _limit(limit: Limit) -> str:
    parts = []
    if limit.minutes_daily_max is not None:
        parts.append(counted("%(number)s minute a day", "%(number)s minutes a day", limit.minutes_daily_max))
    if limit.items_daily_max is not None:
        parts.append(counted("%(number)s item a day", "%(number)s items a day", limit.items_daily_max))
    if limit.rest_after_minutes is not None and limit.rest_minutes is not None:
        after = counted("%(number)s minute", "%(number)s minutes", limit.rest_after_minutes)
        rest = counted("%(number)s minute", "%(number)s minutes", limit.rest_minutes)
        parts.append(said("after %(time)s a break of %(rest)s", time=after, rest=rest))
    return ", ".join(parts) or said("none")


def _until(found: Own, at: int) -> str:
    """A moment in the reader's own time zone."""
    zone = found.settings.time_zone
    try:
        return f"{datetime.fromtimestamp(at / 1e6, ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"
    except ZoneInfoNotFoundError:
        return words.told(at)


def save(visit: Visit) -> PageAnswer:
    """Opt out, or back in, and say one's time zone."""
    opted_out = [value for value in visit.form.getlist("opted_out") if isinstance(value, str)]
    done = welfare.save_settings(
        visit.cell, visit.actor, opted_out=opted_out, time_zone=visit.text("time_zone"),
        key=visit.text("idempotency_key"),
    )  # fmt: skip
    if isinstance(done, Refused):
        return _mine(visit, errors={done.field or "": refusal_line(done)}, refused=done)
    return frame.moved(f"{MINE}?done=settings")


def declare(visit: Visit) -> PageAnswer:
    """Declare the languages that one knows."""
    languages: dict[str, str] = {}
    for number in range(1, LANGUAGE_FIELDS_MAX + 1):
        tag = visit.text(f"language-{number}").strip()
        if tag:
            languages[tag] = visit.text(f"level-{number}")
    done = routing.declare_languages(visit.cell, visit.actor, languages, key=visit.text("idempotency_key"))
    if isinstance(done, Refused):
        return _mine(visit, errors={"languages": refusal_line(done)}, refused=done)
    return frame.moved(f"{MINE}?done=languages")


# --- the report of a programme ------------------------------------------------------------------------------------


def exposure(visit: Visit) -> PageAnswer:
    """What the people of a programme had of which content."""
    programme = visit.path["programme"]
    found = welfare.exposure(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    lead = said("How much content that can weigh on people they had, by kind and week, and who is at a limit now.")
    page = frame.page(visit, said(SECTION), lead=lead, at=frame.inside(visit, programme, SECTION))
    return frame.shown("welfare/exposure.html", _report(visit, found), page)


def _report(visit: Visit, found: Exposure) -> views.Exposure:
    from_all = {one.category: one.people for one in found.opt_outs}
    names = frame.names(visit)
    general = said("The contract in force has no section `welfare`: nothing is limited, and no break is enforced.")
    if found.rules is not None:
        limit = Limit(
            minutes_daily_max=found.rules.minutes_daily_max, rest_after_minutes=found.rules.rest_after_minutes,
            rest_minutes=found.rules.rest_minutes,
        )  # fmt: skip
        general = said("Limits of all work: %(limits)s.", limits=_limit(limit))
    return views.Exposure(
        general=general, may_name=bool(names),
        rules=tuple(
            views.RuleRow(
                label=words.category(row.category), is_blurred=bool(row.is_blurred),
                limit=_limit(
                    Limit(
                        minutes_daily_max=row.minutes_daily_max, items_daily_max=row.items_daily_max,
                        rest_after_minutes=row.rest_after_minutes, rest_minutes=row.rest_minutes,
                    )
                ),
                opt_outs=_people(from_all[row.category]),
            )
            for row in found.categories
        ),
        weeks=tuple(
            views.WeekRow(
                week=row.week, label=words.category(row.category), people=row.people, items=row.items,
                time=words.duration(row.active_ms),
            )
            for row in found.weeks
        ),
        at_limit=tuple(
            views.LimitRow(
                name=names.get(row.person, row.person), href=f"/people/{row.person}",
                what=said("All work") if row.category is None else words.category(row.category),
                why=said("a break") if row.is_break else said("enough for today"),
            )
            for row in found.at_limit
        ),
    )  # fmt: skip


def _people(number: int | None) -> str:
    return said("not told") if number is None else counted("%(number)s person", "%(number)s people", number)

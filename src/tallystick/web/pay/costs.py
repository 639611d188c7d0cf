"""What a period costs, for leads and auditors: people, odd times, closing, files. Reads and writes through app."""

from starlette.responses import Response

from tallystick.app import access, pay
from tallystick.app.kernel import new_key
from tallystick.app.pay import Overview, PeriodRow
from tallystick.edge import Visit
from tallystick.edge.pages import PageAnswer
from tallystick.flow.pay import Odd
from tallystick.flow.pay.amounts import WORK_NAMES
from tallystick.flow.pay.files import exact
from tallystick.flow.refusal import Refused
from tallystick.web import frame, words
from tallystick.web.language import N_, Words, counted, refusal_line, said, told
from tallystick.web.language.formats import money
from tallystick.web.pay.own import statement_view, terms_view
from tallystick.web.views import pay as views
from tallystick.web.views.parts import Fact, Link, Pill

SECTION = N_("Pay")
_STATES = {
    "closed": Pill(label="closed", tone="good"), "ended": Pill(label="ended, not closed", tone="waiting"),
    "going on": Pill(label="going on"),
}  # fmt: skip
_ODD = Words({
    "short": "much shorter than usual", "long": "much longer than usual, or than an hour",
    "over": "the page claimed more than the cell saw", "limit": "more than the terms count of one act",
    "overlap": "the same time as other work of this person",
})  # fmt: skip


def overview(visit: Visit) -> PageAnswer:
    """What a period costs."""
    return _overview(visit, visit.query.get("period", ""), refused=None)


def _overview(visit: Visit, period: str, *, refused: Refused | None) -> PageAnswer:
    programme = visit.path["programme"]
    found = pay.overview(visit.cell, visit.actor, programme, period)
    lead = said("What experts are paid for their work: by the terms that they accepted, and never under the floor.")
    notices = () if refused is None else (frame.notice(refused),)
    page = frame.page(visit, said(SECTION), lead=lead, at=frame.inside(visit, programme, SECTION), notices=notices)
    if isinstance(found, Refused):
        return frame.shown("pay/none.html", None, page) if found.code == "no-pay-terms" else found
    status = 200 if refused is None else frame.again(refused)
    return frame.shown("pay/overview.html", _view(visit, found), page, status=status)


def _view(visit: Visit, found: Overview) -> views.Overview:
    root, names = f"/programmes/{found.terms.programme}/pay", frame.names(visit)

    def amount(minor: int) -> str:
        return money(minor, currency=found.terms.currency, decimals=found.terms.decimals)

    people = []
    for one in found.people:
        stated = one.statement
        rate = "" if stated.earned_hourly is None else amount(stated.earned_hourly)
        people.append(
            views.PersonRow(
                person=one.person, name=names.get(one.person, one.person),
                href=f"{root}/people/{one.person}?period={found.period.name}", acts=len(stated.acts),
                time=words.duration(stated.active_ms), hourly=rate, earned=amount(stated.earned),
                top_up=amount(stated.top_up) if stated.top_up else "",
                added=amount(stated.added) if stated.added else "", payable=amount(stated.payable),
                note="" if one.is_accepted else said("has not accepted the terms in force"),
            )
        )  # fmt: skip
    under = sum(bool(one.statement.top_up) for one in found.people)
    is_writer = access.allows(visit.actor, "pay.write")
    return views.Overview(
        span=_span(found.period.from_at, found.period.until_at), state=_STATES[found.state],
        facts=(
            Fact(term=said("Period"), value=found.period.name),
            Fact(term=said("Active time"), value=words.duration(found.totals.active_ms)),
            Fact(term=said("Earned"), value=amount(found.totals.earned)),
            Fact(term=said("Top-up"), value=amount(found.totals.top_up)),
            Fact(term=said("Added"), value=amount(found.totals.added)),
            Fact(term=said("To be paid"), value=amount(found.totals.payable)),
            Fact(term=said("Floor for an hour"), value=amount(found.terms.floor_hourly)),
        ),
        people=tuple(people), under=_under(under), odd=tuple(_odd(odd, names) for odd in found.odd),
        periods=tuple(_period(found, row, is_writer=is_writer) for row in found.periods),
        close_action=f"{root}/close", export_action=f"{root}/export", terms_href=f"{root}/terms",
    )  # fmt: skip


def _span(start: int, end: int) -> str:
    return said("%(start)s to %(end)s", start=words.told(start), end=words.told(end))


def _under(number: int) -> str:
    if not number:
        return ""
    return counted(
        "The rates brought %(number)s person less than the floor. The top-up makes up for it; look at rates and items.",
        "The rates brought %(number)s people less than the floor. The top-up makes up for it; look at rates and items.",
        number,
    )


def _odd(odd: Odd, names: dict[str, str]) -> views.OddRow:
    act = odd.act
    return views.OddRow(
        seq=act.seq, href=f"/receipts/{act.seq}", who=names.get(act.person, act.person),
        what=said(
            "%(work)s in %(domain)s: %(odd)s", work=told(WORK_NAMES[act.work]), domain=act.domain, odd=_ODD[odd.what]
        ),
        time=words.duration(act.active_ms if act.claimed_ms is None else act.claimed_ms),
        usual=words.duration(odd.median_ms if odd.what in ("short", "long") and odd.median_ms else act.bound_ms),
        counts=words.duration(act.active_ms),
    )  # fmt: skip


def _period(found: Overview, row: PeriodRow, *, is_writer: bool) -> views.PeriodRow:
    root, name = f"/programmes/{found.terms.programme}/pay", row.period.name
    is_out = bool(row.exports)
    return views.PeriodRow(
        name=name, href=f"{root}?period={name}",
        span=_span(row.period.from_at, row.period.until_at), state=_STATES[row.state],
        close_key=new_key() if is_writer and row.state == "ended" else "",
        export_key=new_key() if is_writer and row.state == "closed" else "",
        files=(
            (
                Link(label=said("Every line"), href=f"{root}/{name}/lines.csv"),
                Link(label=said("One line for each person"), href=f"{root}/{name}/summary.csv"),
            )
            if is_out
            else ()
        ),
    )  # fmt: skip


def terms(visit: Visit) -> PageAnswer:
    """The terms in force, as experts see them."""
    programme = visit.path["programme"]
    found = pay.terms_page(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    at = frame.inside(visit, programme, SECTION, (said(SECTION), f"/programmes/{programme}/pay"))
    page = frame.page(visit, said("Pay terms"), lead=said("As experts see them before they work."), at=at)
    return frame.shown("pay/terms.html", terms_view(found, action=None), page)


def statement(visit: Visit) -> PageAnswer:
    """Somebody's statement for a period."""
    return _statement(visit, visit.path["person"], visit.query.get("period", ""), refused=None)


def _statement(visit: Visit, person: str, period: str, *, refused: Refused | None) -> PageAnswer:
    programme = visit.path["programme"]
    found = pay.statement_of(visit.cell, visit.actor, programme, person, period=period)
    if isinstance(found, Refused):
        return found
    root = f"/programmes/{programme}/pay"
    name = frame.names(visit).get(person, person)
    notices = () if refused is None else (frame.notice(refused, field=refused.field),)
    at = frame.inside(visit, programme, SECTION, (said(SECTION), root))
    page = frame.page(visit, said("Statement of %(name)s", name=name), at=at, notices=notices)
    add = None
    if access.allows(visit.actor, "pay.write"):
        add = views.AddForm(
            action=f"{root}/add", idempotency_key=new_key(), person=person,
            unit=said(
                "%(currency)s, such as %(amount)s",
                currency=found.terms.currency, amount=exact(1250, found.terms.decimals),
            ),
            amount=visit.text("amount"), reason=visit.text("reason"), reference=visit.text("reference"),
            errors=((refused.field, refusal_line(refused)),) if refused is not None and refused.field else (),
        )  # fmt: skip
    view = statement_view(visit, found, action=f"{root}/people/{person}", terms_href=f"{root}/terms", add=add)
    return frame.shown("pay/statement.html", view, page, status=200 if refused is None else frame.again(refused))


def close(visit: Visit) -> PageAnswer:
    """Close a period that has ended."""
    programme, period = visit.path["programme"], visit.text("period")
    key = visit.text("idempotency_key") or new_key()
    done = pay.close(visit.cell, visit.actor, programme, period, key=key)
    if isinstance(done, Refused):
        return done if done == access.ABSENT else _overview(visit, "", refused=done)
    return frame.moved(f"/programmes/{programme}/pay?period={period}&done=pay-closed")


def export(visit: Visit) -> PageAnswer:
    """Hand out the files of a closed period: the page has links to them then."""
    programme, period = visit.path["programme"], visit.text("period")
    key = visit.text("idempotency_key") or new_key()
    done = pay.export(visit.cell, visit.actor, programme, period, key=key)
    if isinstance(done, Refused):
        return done if done == access.ABSENT else _overview(visit, "", refused=done)
    return frame.moved(f"/programmes/{programme}/pay?period={period}&done=pay-exported")


def file(visit: Visit) -> PageAnswer:
    """One of the two files of a period that was exported, as a download."""
    programme, period, name = visit.path["programme"], visit.path["period"], visit.path["file"]
    found = pay.file_of(visit.cell, visit.actor, programme, period, name=name)
    if isinstance(found, Refused):
        return found
    headers = {"Content-Disposition": f'attachment; filename="{programme}-{period}-{name}"'}
    return Response(found, media_type="text/csv", headers=headers)


def add(visit: Visit) -> PageAnswer:
    """Add an amount to what somebody is paid, and go back to the statement."""
    programme, person = visit.path["programme"], visit.text("person")
    found = pay.terms_page(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    amount = _minor(visit.text("amount"), found.row.decimals)
    reference = visit.text("reference").strip()
    if amount is None:
        sentence = f"Expected an amount such as {exact(1250, found.row.decimals)}, found something else."
        return _statement(visit, person, "", refused=Refused("bad-amount", sentence, "amount"))
    if reference and not (reference.isascii() and reference.isdigit() and len(reference) < 16):
        wrong = Refused("no-such-line", "Expected the log index of a line, found something else.", "reference")
        return _statement(visit, person, "", refused=wrong)
    done = pay.add(
        visit.cell, visit.actor, programme, person=person, amount=amount, reason=visit.text("reason"),
        reference=int(reference) if reference else None, key=visit.text("idempotency_key") or new_key(),
    )  # fmt: skip
    if isinstance(done, Refused):
        return done if done == access.ABSENT else _statement(visit, person, "", refused=done)
    return frame.moved(f"/programmes/{programme}/pay/people/{person}?done=pay-added")


def _minor(text: str, decimals: int) -> int | None:
    """An amount as somebody typed it, in minor units; None when it is none, or has more digits than the currency."""
    whole, point, rest = text.strip().partition(".")
    digits = whole + rest
    is_number = digits.isascii() and digits.isdigit() and len(digits) < 13
    if not is_number or not whole or (point and not 0 < len(rest) <= decimals):
        return None
    return int(whole + rest.ljust(decimals, "0"))

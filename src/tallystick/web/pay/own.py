"""An expert's own pay: terms to read and accept, how it stands, statements. Reads and writes through app."""

from collections.abc import Callable

from tallystick.app import contract, pay
from tallystick.app.kernel import new_key
from tallystick.app.pay import StatementPage, TermsPage
from tallystick.edge import Visit
from tallystick.edge.pages import PageAnswer
from tallystick.flow.pay import Act, told
from tallystick.flow.pay.amounts import WORK_NAMES
from tallystick.flow.refusal import Refused
from tallystick.web import frame, words
from tallystick.web.frame import Place
from tallystick.web.views import pay as views
from tallystick.web.views.parts import Choice, Fact, Link, Paging, Pill

ROOT = "/me/pay"
TRAIL = (("My work", "/me"), ("My pay", ROOT))
LINES = 100
RULES = (
    "Every judgment, qualification item, calibration label, adjudication and second look that you send is paid.",
    "It stays paid when it is set aside later and judged again.",
    "Active time is what your page measures while you work: a pause longer than 60 seconds is left out whole.",
    "It is never more than the time between getting the work and sending it.",
    "Nothing measures adjudications and second looks: the time from taking to answering counts, up to the limit.",
    "Work that you give back, or whose time runs out, is not paid and counts no time.",
    "Every line is rounded up. What a period lacks to the floor for your active time is added to it.",
    "What you do under these terms stays paid by them. New terms need your consent before more work.",
)


def mine(visit: Visit) -> PageAnswer:
    """How one's own pay stands everywhere, and which terms wait to be read."""
    programmes = contract.programmes(visit.cell, visit.actor)
    if isinstance(programmes, Refused):
        return programmes
    waiting = []
    for row in programmes:
        found = pay.terms_page(visit.cell, visit.actor, row.programme)
        if not isinstance(found, Refused) and not found.is_accepted:
            is_new = "" if found.accepted is None else "They changed since you accepted the ones before."
            waiting.append(Link(label=row.programme, href=f"{ROOT}/{row.programme}/terms", note=is_new))
    view = views.Mine(standings=frame.pay_now(visit), waiting=tuple(waiting))
    page = frame.page(visit, "My pay", at=Place(trail=TRAIL[:1]))
    return frame.shown("pay/mine.html", view, page)


def terms(visit: Visit) -> PageAnswer:
    """The terms in force, with what they mean, and the way to accept them."""
    return _terms(visit, refused=None)


def _terms(visit: Visit, *, refused: Refused | None) -> PageAnswer:
    programme = visit.path["programme"]
    found = pay.terms_page(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    notices = () if refused is None else (frame.notice(refused),)
    page = frame.page(
        visit, "Pay terms", lead=f"How you are paid in {programme}. Work waits until you accept them.",
        at=Place(trail=TRAIL, programme=programme), notices=notices,
    )  # fmt: skip
    action = None if found.is_accepted else f"{ROOT}/{programme}/terms"
    view = terms_view(found, action=action, next_href=f"/work/{programme}" if found.is_accepted else None)
    return frame.shown("pay/terms.html", view, page, status=200 if refused is None else frame.again(refused))


def terms_view(found: TermsPage, *, action: str | None, next_href: str | None = None) -> views.Terms:
    """Terms as a page shows them."""
    row = found.row

    def amount(minor: int) -> str:
        return told(minor, currency=row.currency, decimals=row.decimals) if minor else ""

    said = found.accepted
    accepted = f"You accepted these terms on {words.told(said.at)}." if said is not None and found.is_accepted else ""
    return views.Terms(
        facts=(
            Fact(term="Guaranteed at least", value=f"{amount(row.floor_hourly)} for an hour of active time"),
            Fact(term="Paid by the", value=row.period), Fact(term="Time zone", value=row.time_zone),
            Fact(term="Contract version", value=row.version),
            Fact(term="Unmeasured work counts", value=f"at most {words.duration(row.unmeasured_ms_max)}"),
            Fact(term="Digest of the terms", value=row.terms, is_digest=True),
        ),
        rates=tuple(
            views.RateRow(
                work=WORK_NAMES[rate.work], where=_where(rate.domain, rate.signal), piece=amount(rate.piece),
                hourly=amount(rate.hourly),
            )
            for rate in found.rates
        ),
        words=found.words, rules=RULES, terms=row.terms, accepted=accepted, action=action,
        idempotency_key=new_key(), next_href=next_href,
    )  # fmt: skip


def _where(domain: str | None, signal: str | None) -> str:
    return ", ".join(name for name in (domain, signal) if name) or "everywhere else"


def accept(visit: Visit) -> PageAnswer:
    """Accept the terms that were shown, and go to work."""
    programme = visit.path["programme"]
    key = visit.text("idempotency_key") or new_key()
    done = pay.accept(visit.cell, visit.actor, programme, terms=visit.text("terms"), key=key)
    if isinstance(done, Refused):
        return _terms(visit, refused=done) if done.code == "terms-changed" else done
    return frame.moved("/me?done=terms-accepted")


def statement(visit: Visit) -> PageAnswer:
    """One's own statement for a period."""
    programme = visit.path["programme"]
    found = pay.my_statement(visit.cell, visit.actor, programme, visit.query.get("period", ""))
    if isinstance(found, Refused):
        return found
    page = frame.page(visit, f"My pay in {programme}", at=Place(trail=TRAIL, programme=programme))
    view = statement_view(visit, found, action=f"{ROOT}/{programme}", terms_href=f"{ROOT}/{programme}/terms")
    return frame.shown("pay/statement.html", view, page)


def statement_view(
    visit: Visit, found: StatementPage, *, action: str, terms_href: str, add: views.AddForm | None = None
) -> views.Statement:
    """A statement as a page shows it, its newest lines first, a hundred at a time."""
    one = found.statement
    asked = visit.query.get("page", "1")
    last = max(1, -(-len(one.acts) // LINES))
    number = min(max(1, int(asked) if asked.isdigit() and len(asked) < 7 else 1), last)
    newest = one.acts[::-1][(number - 1) * LINES : number * LINES]

    def amount(minor: int) -> str:
        return told(minor, currency=found.terms.currency, decimals=found.terms.decimals)

    def hourly(minor: int | None) -> str:
        return "no active time" if minor is None else f"{amount(minor)} an hour"

    return views.Statement(
        state=Pill(label="closed", tone="good") if found.closed is not None else Pill(label="open", tone="waiting"),
        span=f"{words.told(found.period.from_at)} to {words.told(found.period.until_at)}",
        facts=(
            Fact(term="Active time", value=words.duration(one.active_ms)),
            Fact(term="Earned", value=amount(one.earned)),
            Fact(term="Effective rate", value=hourly(one.earned_hourly)),
            Fact(term="Floor for this time", value=amount(one.floor)), Fact(term="Top-up", value=amount(one.top_up)),
            Fact(term="Added", value=amount(one.added)), Fact(term="To be paid", value=amount(one.payable)),
        ),
        sums=tuple(
            views.SumRow(
                work=WORK_NAMES[each.work], acts=each.acts, time=words.duration(each.active_ms),
                amount=amount(each.amount),
            )
            for each in one.by_work
        ),
        lines=tuple(
            views.LineRow(
                seq=act.seq, href=f"/receipts/{act.seq}", at=words.moment(act.at), work=_one_of(act.work),
                subject=act.subject, item=act.item, time=words.duration(act.active_ms), note=_note(act),
                rate=_rate(amount, act), amount=amount(act.amount),
            )
            for act in newest
        ),
        added=tuple(
            views.AddedRow(
                seq=more.seq, href=f"/receipts/{more.seq}", at=words.moment(more.at), reason=found.reasons[more.seq],
                amount=amount(more.amount),
            )
            for more in one.added_lines
        ),
        paging=_paging(found, action, number=number, last=last),
        periods=tuple(
            Choice(value=name, label=name, is_chosen=name == found.period.name) for name in found.periods
        ),
        action=action, terms_href=terms_href, add=add,
    )  # fmt: skip


def _paging(found: StatementPage, action: str, *, number: int, last: int) -> Paging | None:
    if last == 1:
        return None
    where = f"{action}?period={found.period.name}&page="
    return Paging(
        summary=f"Page {number} of {last}: {words.plural(len(found.statement.acts), 'line', 'lines')}, newest first.",
        previous_href=f"{where}{number - 1}" if number > 1 else None,
        next_href=f"{where}{number + 1}" if number < last else None,
    )  # fmt: skip


_ONE_OF = {
    "judgment": "Judgment", "qualification": "Qualification item", "calibration": "Calibration label",
    "adjudication": "Adjudication", "second_look": "Second look",
}  # fmt: skip


def _one_of(work: str) -> str:
    return _ONE_OF[work]


def _note(act: Act) -> str:
    if act.claimed_ms is None:
        return "from taking it to the answer"
    return f"the page measured {words.duration(act.claimed_ms)}" if act.claimed_ms > act.active_ms else ""


def _rate(amount: Callable[[int], str], act: Act) -> str:
    parts = [amount(act.piece)] if act.piece or not act.hourly else []
    return " + ".join([*parts, *([f"{amount(act.hourly)} an hour"] if act.hourly else [])])

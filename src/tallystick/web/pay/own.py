"""An expert's own pay: terms to read and accept, how it stands, statements. Reads and writes through app."""

from collections.abc import Callable

from tallystick.app import contract, pay
from tallystick.app.kernel import new_key
from tallystick.app.pay import StatementPage, TermsPage
from tallystick.edge import Visit
from tallystick.edge.pages import PageAnswer
from tallystick.flow.pay import Act
from tallystick.flow.pay.amounts import WORK_NAMES
from tallystick.flow.refusal import Refused
from tallystick.web import frame, words
from tallystick.web.frame import Place
from tallystick.web.language import N_, Words, counted, said, told
from tallystick.web.language.formats import money
from tallystick.web.views import pay as views
from tallystick.web.views.parts import Choice, Fact, Link, Paging, Pill

ROOT = "/me/pay"
LINES = 100
PERIODS = Words({"week": "week", "month": "month"})
ONCE = (5, 6)
"""These rules hold by terms with a limit for one act alone: those before knew neither."""
RULES = (
    N_("Every judgment, qualification item, calibration label, adjudication and second look that you send is paid."),
    N_("It stays paid when it is set aside later and judged again."),
    N_("Active time is what your page measures while you work: a pause longer than 60 seconds is left out whole."),
    N_("It is never more than the time between getting the work and sending it."),
    N_(
        "Unmeasured work (no scripts, adjudications, second looks) counts from getting it to sending it, up to a limit."
    ),
    N_("Work that you give back, or whose time runs out, is not paid and counts no time."),
    N_("The time of one person is paid once: what you send counts no more than the time that your other work left."),
    N_("A review of a judgment that is held, or that new rules affect, is paid as a second look."),
    N_("Where less time counts than your page measured, the line says why."),
    N_("Every line is rounded up. What a period lacks to the floor for your active time is added to it."),
    N_("What you do under these terms stays paid by them. New terms need your consent before more work."),
)


def trail() -> tuple[tuple[str, str], ...]:
    """Where the pages of one's own pay stand."""
    return ((said("My work"), "/me"), (said("My pay"), ROOT))


def mine(visit: Visit) -> PageAnswer:
    """How one's own pay stands everywhere, and which terms wait to be read."""
    programmes = contract.programmes(visit.cell, visit.actor)
    if isinstance(programmes, Refused):
        return programmes
    waiting = []
    for row in programmes:
        found = pay.terms_page(visit.cell, visit.actor, row.programme)
        if not isinstance(found, Refused) and not found.is_accepted:
            is_new = "" if found.accepted is None else said("They changed since you accepted the ones before.")
            waiting.append(Link(label=row.programme, href=f"{ROOT}/{row.programme}/terms", note=is_new))
    view = views.Mine(standings=frame.pay_now(visit), waiting=tuple(waiting))
    page = frame.page(visit, said("My pay"), at=Place(trail=trail()[:1]))
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
        visit, said("Pay terms"),
        lead=said("How you are paid in %(programme)s. Work waits until you accept them.", programme=programme),
        at=Place(trail=trail(), programme=programme), notices=notices,
    )  # fmt: skip
    action = None if found.is_accepted else f"{ROOT}/{programme}/terms"
    view = terms_view(found, action=action, next_href=f"/work/{programme}" if found.is_accepted else None)
    return frame.shown("pay/terms.html", view, page, status=200 if refused is None else frame.again(refused))


def terms_view(found: TermsPage, *, action: str | None, next_href: str | None = None) -> views.Terms:
    """Terms as a page shows them."""
    row = found.row

    def amount(minor: int) -> str:
        return money(minor, currency=row.currency, decimals=row.decimals) if minor else ""

    consent, accepted = found.accepted, ""
    if consent is not None and found.is_accepted:
        accepted = said("You accepted these terms on %(moment)s.", moment=words.told(consent.at))
    return views.Terms(
        facts=(
            Fact(
                term=said("Guaranteed at least"),
                value=said("%(amount)s for an hour of active time", amount=amount(row.floor_hourly)),
            ),
            Fact(term=said("Paid by the"), value=PERIODS[row.period]),
            Fact(term=said("Time zone"), value=row.time_zone),
            Fact(term=said("Contract version"), value=row.version),
            Fact(
                term=said("Unmeasured work counts"),
                value=said("at most %(time)s", time=words.duration(row.unmeasured_ms_max)),
            ),
            *_longest(row.act_ms_max),
            Fact(term=said("Digest of the terms"), value=row.terms, is_digest=True),
        ),
        rates=tuple(
            views.RateRow(
                work=told(WORK_NAMES[rate.work]), where=_where(rate.domain, rate.signal), piece=amount(rate.piece),
                hourly=amount(rate.hourly),
            )
            for rate in found.rates
        ),
        words=found.words, rules=_rules(row.act_ms_max), terms=row.terms, accepted=accepted, action=action,
        idempotency_key=new_key(), next_href=next_href,
    )  # fmt: skip


def _longest(act_ms_max: int | None) -> list[Fact]:
    if act_ms_max is None:
        return []
    return [Fact(term=said("One act counts"), value=said("at most %(time)s", time=words.duration(act_ms_max)))]


def _rules(act_ms_max: int | None) -> tuple[str, ...]:
    return tuple(said(rule) for number, rule in enumerate(RULES) if act_ms_max is not None or number not in ONCE)


def _where(domain: str | None, signal: str | None) -> str:
    return ", ".join(name for name in (domain, signal) if name) or said("everywhere else")


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
    page = frame.page(
        visit, said("My pay in %(programme)s", programme=programme), at=Place(trail=trail(), programme=programme)
    )
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
        return money(minor, currency=found.terms.currency, decimals=found.terms.decimals)

    def hourly(minor: int | None) -> str:
        return said("no active time") if minor is None else said("%(amount)s an hour", amount=amount(minor))

    return views.Statement(
        state=_state(is_closed=found.closed is not None),
        span=said(
            "%(start)s to %(end)s", start=words.told(found.period.from_at), end=words.told(found.period.until_at)
        ),
        facts=(
            Fact(term=said("Active time"), value=words.duration(one.active_ms)),
            Fact(term=said("Earned"), value=amount(one.earned)),
            Fact(term=said("Effective rate"), value=hourly(one.earned_hourly)),
            Fact(term=said("Floor for this time"), value=amount(one.floor)),
            Fact(term=said("Top-up"), value=amount(one.top_up)),
            Fact(term=said("Added"), value=amount(one.added)), Fact(term=said("To be paid"), value=amount(one.payable)),
        ),
        sums=tuple(
            views.SumRow(
                work=told(WORK_NAMES[each.work]), acts=each.acts, time=words.duration(each.active_ms),
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


def _state(*, is_closed: bool) -> Pill:
    return Pill(label="closed", tone="good") if is_closed else Pill(label="open", tone="waiting")


def _paging(found: StatementPage, action: str, *, number: int, last: int) -> Paging | None:
    if last == 1:
        return None
    where = f"{action}?period={found.period.name}&page="
    return Paging(
        summary=counted(
            "Page %(page)s of %(last)s: %(number)s line, newest first.",
            "Page %(page)s of %(last)s: %(number)s lines, newest first.",
            len(found.statement.acts), page=number, last=last,
        ),
        previous_href=f"{where}{number - 1}" if number > 1 else None,
        next_href=f"{where}{number + 1}" if number < last else None,
    )  # fmt: skip


_ONE_OF = Words({
    "judgment": "Judgment", "qualification": "Qualification item", "calibration": "Calibration label",
    "adjudication": "Adjudication", "second_look": "Second look",
})  # fmt: skip


def _one_of(work: str) -> str:
    return _ONE_OF[work]


def _note(act: Act) -> str:
    if act.claimed_ms is None:
        return _WHY_UNMEASURED[act.cut]
    if not act.cut:
        return ""
    why = _WHY[act.cut]
    return said("the page measured %(time)s: %(why)s", time=words.duration(act.claimed_ms), why=why)


_WHY = Words({
    "seen": "no more than passed counts", "overlap": "other work took up the rest of this time",
    "limit": "no act counts longer by the terms", "closed": "the period was closed by an earlier way of counting",
})  # fmt: skip
_WHY_UNMEASURED = Words({
    "": "not measured: from getting it to the answer",
    "unmeasured": "not measured: it took longer, and this is the limit of the terms",
    "limit": "not measured: it took longer, and this is the limit of the terms",
    "overlap": "not measured: other work took up the rest of this time",
    "closed": "not measured: the period was closed by an earlier way of counting",
})  # fmt: skip


def _rate(amount: Callable[[int], str], act: Act) -> str:
    parts = [amount(act.piece)] if act.piece or not act.hourly else []
    return " + ".join([*parts, *([said("%(amount)s an hour", amount=amount(act.hourly))] if act.hourly else [])])

"""Sample pages of pay."""

from dataclasses import replace

from web.samples.frame import DAY, Sample, expert, within

from tallystick.web.pay.own import RULES
from tallystick.web.views import pay
from tallystick.web.views.page import Notice, Page, PayNow
from tallystick.web.views.parts import Choice, Fact, Link, Paging, Pill

PROGRAMME, PERSON = "careful-answers", "per-3f9a1c7be204d58e6a1b0c2d4e"
TERMS = "9c1e4b7a" * 8
OPEN, GOES_ON = Pill(label="open", tone="waiting"), Pill(label="going on")
SPAN = "31 Oct 2026, 23:00 UTC to 30 Nov 2026, 23:00 UTC"
NOW = PayNow(
    programme=PROGRAMME, href="/me/pay/careful-answers",
    facts=(
        Fact(term="Active today", value="1 h 12 min"), Fact(term="Active in 2026-11", value="14 h 03 min"),
        Fact(term="Earned", value="612.50 EUR"), Fact(term="Effective rate", value="43.59 EUR an hour"),
        Fact(term="Floor", value="45.00 EUR an hour"),
    ),
    note="A top-up of 19.75 EUR is added, so that you get the floor.",
)  # fmt: skip


def paid(page: Page) -> Page:
    """A page of an expert, with the strip that every one of them has."""
    return replace(page, pay=(NOW,))


SHOWN = pay.Terms(
    facts=(
        Fact(term="Guaranteed at least", value="45.00 EUR for an hour of active time"),
        Fact(term="Paid by the", value="month"), Fact(term="Time zone", value="Europe/Berlin"),
        Fact(term="Contract version", value="1.2.0"),
        Fact(term="Unmeasured work counts", value="at most 15 min 00 s"),
        Fact(term="One act counts", value="at most 2 h 00 min"),
        Fact(term="Digest of the terms", value=TERMS, is_digest=True),
    ),
    rates=(
        pay.RateRow(work="Judgments", where="everywhere else", piece="2.50 EUR", hourly=""),
        pay.RateRow(work="Judgments", where="medical, preference", piece="4.00 EUR", hourly="12.00 EUR"),
        pay.RateRow(work="Qualification items", where="everywhere else", piece="", hourly="45.00 EUR"),
        pay.RateRow(work="Adjudications", where="everywhere else", piece="9.00 EUR", hourly=""),
    ),
    words="You are an independent contractor.\n\nYou are paid by the fifth working day of the month after.",
    rules=RULES, terms=TERMS, accepted="", action="#", idempotency_key="k",
)  # fmt: skip
LINE = pay.LineRow(
    seq=41_207, href="#", at=f"{DAY}10:41:07Z", work="Judgment", subject="jdg-2a9f3c51be7704d8e6a1b0c2d4",
    item="itm-77b2e90c4d1f5a3e8b6c0d2f4a", time="4 min 12 s", note="the page measured 6 min 40 s: no more than passed counts",
    rate="4.00 EUR + 12.00 EUR an hour", amount="4.84 EUR",
)  # fmt: skip
STATEMENT = pay.Statement(
    state=OPEN, span=SPAN,
    facts=(
        Fact(term="Active time", value="14 h 03 min"), Fact(term="Earned", value="612.50 EUR"),
        Fact(term="Effective rate", value="43.59 EUR an hour"), Fact(term="Floor for this time", value="632.25 EUR"),
        Fact(term="Top-up", value="19.75 EUR"), Fact(term="Added", value="8.00 EUR"),
        Fact(term="To be paid", value="640.25 EUR"),
    ),
    sums=(
        pay.SumRow(work="Judgments", acts=214, time="13 h 22 min", amount="576.50 EUR"),
        pay.SumRow(work="Adjudications", acts=4, time="41 min 09 s", amount="36.00 EUR"),
    ),
    lines=(
        LINE,
        replace(
            LINE, seq=41_190, work="Adjudication", subject=LINE.item, note="from taking it to the answer",
            rate="9.00 EUR", amount="9.00 EUR",
        ),
        replace(LINE, seq=41_002, note="", rate="2.50 EUR", amount="2.50 EUR"),
    ),
    added=(
        pay.AddedRow(
            seq=41_300, href="#", at=f"{DAY}12:00:00Z", amount="8.00 EUR",
            reason="The page did not load for ten minutes on the twelfth.",
        ),
    ),
    paging=Paging(summary="Page 1 of 3: 218 lines, newest first.", next_href="#"),
    periods=(Choice(value="2026-11", label="2026-11", is_chosen=True), Choice(value="2026-10", label="2026-10")),
    action="#", terms_href="#",
)  # fmt: skip
ADD = pay.AddForm(action="#", idempotency_key="k", person=PERSON, unit="EUR, such as 12.50")
PERSON_ROW = pay.PersonRow(
    person=PERSON, name="Dr. Amara Okafor", href="#", acts=218, time="14 h 03 min", hourly="43.59 EUR",
    earned="612.50 EUR", top_up="19.75 EUR", added="8.00 EUR", payable="640.25 EUR", note="",
)  # fmt: skip
COSTS = pay.Overview(
    span=SPAN, state=GOES_ON,
    facts=(
        Fact(term="Period", value="2026-11"), Fact(term="Active time", value="61 h 40 min"),
        Fact(term="Earned", value="3,104.00 EUR"), Fact(term="Top-up", value="19.75 EUR"),
        Fact(term="Added", value="8.00 EUR"), Fact(term="To be paid", value="3,131.75 EUR"),
        Fact(term="Floor for an hour", value="45.00 EUR"),
    ),
    people=(
        PERSON_ROW,
        replace(PERSON_ROW, name="Jonas Weber", top_up="", added="", hourly="52.10 EUR", payable="2,491.50 EUR"),
        replace(
            PERSON_ROW, name="Ines Duarte", acts=0, time="0 s", hourly="", earned="0.00 EUR", top_up="", added="",
            payable="0.00 EUR", note="has not accepted the terms in force",
        ),
    ),
    under="The rates brought 1 person less than the floor. The top-up makes up for it; look at rates and items.",
    odd=(
        pay.OddRow(
            seq=40_871, href="#", who="Jonas Weber", what="Judgments in medical: much shorter than usual", time="9 s",
            usual="3 min 58 s", counts="9 s",
        ),
        pay.OddRow(
            seq=40_902, href="#", who="Dr. Amara Okafor", time="55 min 00 s", usual="31 min 12 s", counts="31 min 12 s",
            what="Judgments in medical: the page claimed more than the cell saw",
        ),
    ),
    periods=(
        pay.PeriodRow(name="2026-11", href="#", span=SPAN, state=GOES_ON),
        pay.PeriodRow(
            name="2026-10", href="#", span="30 Sep 2026, 22:00 UTC to 31 Oct 2026, 23:00 UTC", close_key="k",
            state=Pill(label="ended, not closed", tone="waiting"),
        ),
        pay.PeriodRow(
            name="2026-09", href="#", span="31 Aug 2026, 22:00 UTC to 30 Sep 2026, 22:00 UTC", export_key="k",
            state=Pill(label="closed", tone="good"),
            files=(Link(label="Every line", href="#"), Link(label="One line for each person", href="#")),
        ),
    ),
    close_action="#", export_action="#", terms_href="#",
)  # fmt: skip
WRONG = replace(
    STATEMENT,
    added=(),
    add=replace(
        ADD, amount="12,50", reason="Late.", errors=(("amount", "Expected an amount such as 12.50, found 12,50."),)
    ),
)
NEW_TERMS = Link(label="plain-answers", href="#", note="They changed since you accepted the ones before.")

SAMPLES = (
    Sample("pay-terms", "pay/terms.html", SHOWN, expert("Pay terms", lead="How you are paid in careful-answers.")),
    Sample(
        "pay-terms-accepted",
        "pay/terms.html",
        replace(SHOWN, action=None, accepted="You accepted these terms on 2 Nov 2026, 09:14 UTC.", next_href="#"),
        paid(expert("Pay terms")),
    ),
    Sample("pay-mine", "pay/mine.html", pay.Mine(standings=(NOW,), waiting=(NEW_TERMS,)), paid(expert("My pay"))),
    Sample("pay-mine-empty", "pay/mine.html", pay.Mine(standings=(), waiting=()), expert("My pay")),
    Sample("pay-statement", "pay/statement.html", STATEMENT, paid(expert("My pay in careful-answers"))),
    Sample(
        "pay-statement-empty",
        "pay/statement.html",
        replace(STATEMENT, sums=(), lines=(), added=(), paging=None, state=Pill(label="closed", tone="good")),
        paid(expert("My pay in careful-answers")),
    ),
    Sample(
        "pay-statement-refused",
        "pay/statement.html",
        WRONG,
        within(
            "Statement of Dr. Amara Okafor",
            "Pay",
            notices=(
                Notice(kind="refused", sentence="Expected an amount such as 12.50, found 12,50.", field="amount"),
            ),
        ),
    ),
    Sample("pay-overview", "pay/overview.html", COSTS, within("Pay", "Pay")),
    Sample(
        "pay-overview-empty", "pay/overview.html", replace(COSTS, people=(), odd=(), under=""), within("Pay", "Pay")
    ),
    Sample("pay-none", "pay/none.html", None, within("Pay", "Pay")),
)

"""Sample pages of disagreements beside the queue and the case: the offer, overturn rates, remarks on a rubric."""

from dataclasses import replace

from web.samples.frame import DAY, Sample, expert, within
from web.samples.results import CASE, QUEUE

from tallystick.plots import IntervalPlot, IntervalRow
from tallystick.web.views import adjudication
from tallystick.web.views.page import NavLink
from tallystick.web.views.parts import Choice, Estimate, Fact, Link, Pill

HIGH = Pill(label="high risk", tone="bad")
OFFER = adjudication.Offer(
    facts=(
        Fact(term="Item", value="med-014"),
        Fact(term="Domain", value="medical"),
        Fact(term="Risk", value="high risk"),
        Fact(term="Class", value="value diversity"),
        Fact(term="Open since", value="21 Nov 2026, 12:10 UTC"),
    ),
    action="#",
    note="Take this case first: then nobody else works on it while you read and decide.",
    idempotency_key="k-1",
)
NONE = Choice(value="", label="Choose")
HELD_CASE = replace(
    CASE,
    risk=HIGH,
    cause="value diversity",
    warning="The evidence says that competent people differ here in values. Settling it replaces a finding with one opinion, and the record loses its distribution. Preserve it, or confirm that you settle it all the same.",
    is_confirmation_asked=True,
    whys=(
        Choice(value="missing_context", label="The item lacks context that has to be added or declared"),
        Choice(value="more_judges", label="Others have to judge it"),
    ),
    remarks=tuple(
        adjudication.RemarkField(
            number=number,
            criteria=(NONE, Choice(value="factual_safety", label="Factual safety")),
            faults=(NONE, Choice(value="ambiguous", label="can be read in two ways")),
        )
        for number in (1, 2)
    ),
    give_back_action="#",
    held="yours until 21 Nov 2026, 13:40 UTC",
    decision="settle",
    errors=(("confirmed", "The evidence says that competent people differ here in values."), ("feedback", "Say more.")),
)
LONG_QUEUE = replace(
    QUEUE,
    cases=tuple(replace(row, risk=HIGH, cause="rater error") for row in QUEUE.cases),
    waiting=(
        adjudication.WaitingRow(domain="medical", risk=HIGH, cause="rater error", cases=6, oldest=f"{DAY}10:10:00Z"),
        adjudication.WaitingRow(
            domain="creative", risk=Pill(label="low risk"), cause="not classified", cases=1, oldest=f"{DAY}10:10:00Z"
        ),
    ),
    links=(Link(label="Overturn rates", href="#"),),
)
OWN_CASES = tuple(replace(row, spread=None) for row in QUEUE.cases)
OWN_QUEUE = replace(QUEUE, cases=OWN_CASES, take_action="#", idempotency_key="k-2")
HOLDING = replace(
    QUEUE,
    cases=OWN_CASES,
    take_action="#",
    mine=Link(label="med-014", href="#", note="yours until 21 Nov 2026, 13:40 UTC"),
)
SHARE = Estimate(value=0.25, low=0.14, high=0.4)
OVERTURNS = adjudication.Overturns(
    cases=120,
    count_min=20,
    plot=IntervalPlot(
        title="Overturned, by criterion",
        rows=(
            IntervalRow(label="factual_safety", value=0.25, low=0.14, high=0.4),
            IntervalRow(label="clarity", value=None, low=0.02, high=0.6, reason="fewer than 20 judgments"),
        ),
    ),
    tables=(
        adjudication.OverturnTable(
            title="By criterion",
            column="Criterion",
            rows=(
                adjudication.OverturnRow(
                    name="factual_safety", overturned=10, judgments=40, estimate=SHARE, pooled=None, abstained=None
                ),
            ),
            left_out=0,
        ),
        adjudication.OverturnTable(
            title="By expert",
            column="Expert",
            rows=(
                adjudication.OverturnRow(
                    name="Dr. Ayşe Öztürk-Oyelaran",
                    overturned=1,
                    judgments=5,
                    estimate=Estimate(value=None, low=0.04, high=0.62, reason="too few: between 0.04 and 0.62"),
                    pooled=Estimate(value=0.22, low=0.1, high=0.41),
                    abstained=2,
                ),
            ),
            left_out=3,
        ),
    ),
)
REMARKS = adjudication.Remarks(
    rubric_href="#",
    remarks=(
        adjudication.RemarkRow(
            criterion="factual_safety",
            what=Pill(label="can be read in two ways"),
            version="1.1",
            text="Say whether a dose that is right per day but wrong per hour counts as unsafe.",
            at=f"{DAY}12:10:00Z",
            href="#",
        ),
    ),
)
TRAIL = (NavLink(label="Disagreements", href="#"),)
SAMPLES = (
    Sample("case-offer", "adjudication/offer.html", OFFER, expert("Disagreement on med-014")),
    Sample(
        "case-offer-held",
        "adjudication/offer.html",
        replace(OFFER, action=None, note="Another adjudicator works on this case now. Take another one."),
        expert("Disagreement on med-014"),
    ),
    Sample("case-held", "adjudication/case.html", HELD_CASE, expert("Disagreement on med-014")),
    Sample("queue-lead", "adjudication/queue.html", LONG_QUEUE, within("Disagreements", "Disagreements")),
    Sample("queue-adjudicator", "adjudication/queue.html", OWN_QUEUE, expert("Disagreements")),
    Sample("queue-holding", "adjudication/queue.html", HOLDING, expert("Disagreements")),
    Sample(
        "overturns", "adjudication/overturns.html", OVERTURNS, within("Overturn rates", "Disagreements", trail=TRAIL)
    ),
    Sample(
        "overturns-none",
        "adjudication/overturns.html",
        adjudication.Overturns(cases=0, count_min=20, tables=()),
        within("Overturn rates", "Disagreements", trail=TRAIL),
    ),
    Sample(
        "rubric-remarks", "adjudication/remarks.html", REMARKS, within("What adjudicators said of medical", "Rubrics")
    ),
    Sample(
        "rubric-remarks-none",
        "adjudication/remarks.html",
        adjudication.Remarks(rubric_href="#", remarks=()),
        within("What adjudicators said of medical", "Rubrics"),
    ),
)

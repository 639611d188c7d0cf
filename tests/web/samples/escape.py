"""Sample pages of second looks."""

from dataclasses import replace

from web.samples.frame import DAY, REFUSED, Sample, expert, within
from web.samples.results import JUDGES
from web.samples.work import ANSWER_A, ANSWER_B, CONTEXT, PROMPT, candidate

from tallystick.plots import IntervalPlot, IntervalRow
from tallystick.web.views import escape
from tallystick.web.views.page import NavLink
from tallystick.web.views.parts import Choice, Estimate, Fact, Link, Pill

HIGH, LOW = Pill(label="high risk", tone="bad"), Pill(label="low risk")
UNKNOWN = "Nothing can be said of all: in one round or more, nothing of low risk was looked at again."
TIERS = (
    escape.TierRow(
        risk=HIGH, pool=400, reviewed=60, waiting=4, defects=1, rate=Estimate(value=0.0167, low=0.0025, high=0.0875),
        at_most="7.3 %", worst="14.8 %", needed="33 if all are sound, 52 if as many are defective as so far; 336 are left",
    ),
    escape.TierRow(
        risk=LOW, pool=9600, reviewed=0, waiting=0, defects=0, rate=Estimate(value=None, reason="nothing of one part was looked at again"), at_most="",
        worst="", needed="59 if all are sound; 9,600 are left",
    ),
)  # fmt: skip
OVERVIEW = escape.Overview(
    is_told=True,
    sentence=UNKNOWN,
    tiers=TIERS,
    kinds=(
        escape.KindRow(
            axis="severity", name="high", defects=1, reviewed=60,
            rate=Estimate(value=0.0167, low=0.0025, high=0.0875), at_most="7.3 %",
        ),
        escape.KindRow(
            axis="cause", name="rater error", defects=1, reviewed=60,
            rate=Estimate(value=0.0167, low=0.0025, high=0.0875), at_most="7.3 %",
        ),
        escape.KindRow(
            axis="failure", name="wrong-dose", defects=1, reviewed=60,
            rate=Estimate(value=0.0167, low=0.0025, high=0.0875), at_most="7.3 %",
        ),
    ),
    places=(
        escape.KindRow(axis="domain", name="medical", defects=1, reviewed=60),
        escape.KindRow(axis="difficulty", name="boundary", defects=1, reviewed=22),
    ),
    rounds=(escape.RoundRow(number=1, draws=2, items="0 to 12,403", at=f"{DAY}12:10:00Z"),),
    plot=IntervalPlot(
        title="Share of defective items, by risk",
        rows=(
            IntervalRow(label="high risk", value=0.0167, low=0.0025, high=0.0875),
            IntervalRow(label="low risk", value=None, reason="nothing of it was looked at again"),
        ),
    ),
    since_last="212 items were finished without a disagreement since the last round began (12 of high risk, 200 of low risk): no figure here speaks of them.",
    bound="5",
    bound_action="#",
    draw=escape.DrawForm(
        action="#",
        rounds=(
            Choice(value="", label="A new round, of what was finished since the last", is_chosen=True),
            Choice(value="1", label="More of round 1"),
        ),
        fields=(
            escape.DrawField(name="high", label="High risk", left=348),
            escape.DrawField(name="low", label="Low risk", left=9800),
        ),
        idempotency_key="k-1",
    ),
    waiting=4,
    idempotency_key="k-2",
    links=(
        Link(label="Defects that were found", href="#"),
        Link(label="How the items were drawn", href="#", note="shows the key"),
    ),
)  # fmt: skip
REVIEWER = escape.Overview(is_told=False, sentence="", waiting=4, next_action="#", idempotency_key="k-3")
REVIEW = escape.Review(
    facts=(
        Fact(term="Domain", value="medical"),
        Fact(term="Risk", value="high risk"),
        Fact(term="Yours until", value="21 Nov 2026, 13:40 UTC"),
    ),
    prompt=PROMPT,
    context=CONTEXT,
    pieces_title="Candidates",
    pieces=(candidate(ANSWER_A), candidate(ANSWER_B)),
    judgments=JUDGES[:2],
    rubric_href="#",
    action="/rereviews/med-014",
    give_back_action="/rereviews/med-014/give-back",
    idempotency_key="k-4",
    severities=(Choice(value="", label="Choose when it is a defect"), Choice(value="high", label="high")),
    causes=(
        Choice(value="", label="Choose when it is a defect"),
        Choice(value="rater_error", label="Somebody slipped"),
    ),
    failures=(
        Choice(value="", label="Choose when it is a defect"),
        Choice(value="wrong-dose", label="A dose that is wrong for the person"),
        Choice(value="other", label="None of these"),
    ),
)
WRONG = replace(
    REVIEW, found="defect", errors=(("severity", "A defect needs a severity: one of critical, high, medium, low."),)
)
DEFECTS = escape.Defects(
    defects=(
        escape.DefectRow(
            item="itm-0fd1c2b7a9e34c5d8f60718293",
            href="#",
            risk=HIGH,
            severity="high",
            cause="rater error",
            failure="wrong-dose",
            notes="Both judges read the dose per day as the dose per hour. The verdict is the wrong way round.",
            at=f"{DAY}12:10:00Z",
            action="#",
            idempotency_key="k-5",
        ),
    )
)
PROOF = escape.Proof(
    facts=(
        Fact(term="Draws", value="2"),
        Fact(term="Items drawn", value="64"),
        Fact(
            term="Key of the order",
            value="77ab09ff21c3d4e5f6a7b8c9d0e1f2a377ab09ff21c3d4e5f6a7b8c9d0e1f2a3",
            is_digest=True,
        ),
    ),
    wrong=(),
    passed_over=("itm-0fd1c2b7a9e34c5d8f60718293",),
)
TRAIL = (NavLink(label="Second looks", href="#"),)
SAMPLES = (
    Sample("second-looks", "escape/overview.html", OVERVIEW, within("Second looks", "Second looks")),
    Sample(
        "second-looks-empty",
        "escape/overview.html",
        replace(
            OVERVIEW, sentence="Nothing was drawn yet, so nothing is known of the defects that got through.", tiers=(),
            kinds=(), places=(), rounds=(), plot=None,
        ),
        within("Second looks", "Second looks", notices=(REFUSED,)),
    ),
    Sample("second-looks-reviewer", "escape/overview.html", REVIEWER, expert("Second looks")),
    Sample("second-look", "escape/review.html", REVIEW, expert("Is this item sound?")),
    Sample("second-look-wrong", "escape/review.html", WRONG, expert("Is this item sound?", notices=(REFUSED,))),
    Sample("defects", "escape/defects.html", DEFECTS, within("Defects that were found", "Second looks", trail=TRAIL)),
    Sample(
        "defects-none",
        "escape/defects.html",
        escape.Defects(defects=()),
        within("Defects that were found", "Second looks", trail=TRAIL),
    ),
    Sample("draws", "escape/proof.html", PROOF, within("How the items were drawn", "Second looks", trail=TRAIL)),
    Sample(
        "draws-wrong",
        "escape/proof.html",
        replace(PROOF, wrong=("In round 1, high risk, expected the sample in the order of its digests, found another order.",)),
        within("How the items were drawn", "Second looks", trail=TRAIL),
    ),
)  # fmt: skip

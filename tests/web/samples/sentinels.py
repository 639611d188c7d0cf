"""Sample pages of sentinels: a programme with a fall, one without a policy, an offer, a chart, a schedule."""

from web.samples.frame import DAY, Sample, within

from tallystick.plots import HistoryPlot, HistoryPoint
from tallystick.web.sentinel import CAUSES, RATES
from tallystick.web.views import sentinel
from tallystick.web.views.parts import Choice, Fact, Pill

EXPERT = "per-5d9b56c3c93d7074f5bd7e872b"
VALUES = ("92", "70", "500", "90", "5000", "5")
FORM = tuple(
    sentinel.Rate(name=name, label=label, value=value, hint=hint)
    for (name, label, hint, _), value in zip(RATES, VALUES, strict=True)
)
WARNING = (
    f"No sentinels are left for {EXPERT} in medical: all 40 gold items were seen, and no fall of accuracy would be "
    "noticed. Import gold items for this domain."
)
OVERVIEW = sentinel.Overview(
    policy=(
        Fact(term="In force", value=f"version 1, since {DAY}08:00:00Z"),
        Fact(term="Sentinels", value="11.1 % of all leases"),
        Fact(term="Told apart", value="92 % from 70 %"),
        Fact(term="False alarms", value="one in 96,806 judgments of each expert who stays acceptable; one in 24,202 of all 4"),
        Fact(term="A fall is found after", value="about 267 judgments in the mean"),
        Fact(term="Answers so far", value="412, of which 371 right"),
    ),
    warnings=(WARNING,),
    charts=(
        sentinel.ChartRow(
            expert=EXPERT, expert_href="#", rubric="medical 1.2.0", href="#",
            state=Pill(label="work stopped", tone="bad"), answers=64, right=47, score="781 of 767",
        ),
        sentinel.ChartRow(
            expert="per-8c1d", expert_href="#", rubric="medical 1.2.0", href="#",
            state=Pill(label="running", tone="good"), answers=71, right=68, score="31 of 767",
        ),
    ),
    falls=(
        sentinel.FallRow(
            at=f"{DAY}11:20:00Z", expert=EXPERT, rubric="medical 1.2.0", href="#", answers="47 of 64 right", held=212,
            state=Pill(label="waits for you", tone="bad"), found="",
        ),
        sentinel.FallRow(
            at=f"{DAY}09:00:00Z", expert="per-8c1d", rubric="medical 1.1.0", href="#", answers="40 of 52 right",
            held=140, state=Pill(label="decided", tone="good"), found=CAUSES["rubric"],
        ),
    ),
    is_low=True, import_href="#", pools=(
        sentinel.PoolRow(
            expert=EXPERT, domain="medical", left="0 of 40", lasts="about 0 judgments",
            state=Pill(label="used up", tone="bad"),
        ),
        sentinel.PoolRow(
            expert="per-8c1d", domain="medical", left="9 of 40", lasts="about 81 judgments",
            state=Pill(label="low", tone="waiting"),
        ),
    ),
    rates=FORM, offer_action="#", end_action="#", schedule_href="#", idempotency_key="k" * 24,
)  # fmt: skip
NOTHING = sentinel.Overview(
    policy=(), warnings=(), charts=(), falls=(), pools=(), rates=FORM, offer_action="#", end_action=None,
    schedule_href=None, idempotency_key="k" * 24,
)  # fmt: skip
OFFER = sentinel.OfferPage(
    facts=(
        Fact(term="Sentinels", value="11.1 % of all leases"),
        Fact(term="A fall is found", value="within 500 judgments with a chance of 90.2%"),
        Fact(term="False alarms", value="within 5,000 judgments with a chance of 4.9%; in the mean one in 96,806 judgments of one expert"),
    ),
    delays=(
        sentinel.Delay(accuracy="92.0%", judgments="96,806", note="acceptable: a false alarm"),
        sentinel.Delay(accuracy="81.0%", judgments="1,110", note="halfway"),
        sentinel.Delay(accuracy="70.0%", judgments="282", note="not acceptable"),
        sentinel.Delay(accuracy="56.0%", judgments="151", note="worse"),
    ),
    sentences=("Of 1,000 judgments 111 are sentinels: they are paid as work and bring no data.",),
    rates=FORM, offer_action="#", set_action="#", idempotency_key="k" * 24,
)  # fmt: skip
CHART = sentinel.ChartPage(
    facts=(
        Fact(term="State", value="work stopped"), Fact(term="Rubric version", value="1.2.0"),
        Fact(term="Answers", value="64, of which 47 right"),
        Fact(term="Score", value="781; at 767 the chart gives alarm"),
        Fact(term="Fall", value="most likely from answer 41 on; not before 33 with a chance of 95 %"),
        Fact(term="Held for review", value="212 judgments"),
    ),
    plot=HistoryPlot(
        title="Score after each sentinel, as a share of the limit", threshold=1.0, axis_max=1.2,
        points=tuple(HistoryPoint(when=str(n), value=max(0.0, (n - 40) / 23)) for n in range(30, 65)),
    ),
    answers=(
        sentinel.AnswerRow(
            number=64, at=f"{DAY}11:20:00Z", item="itm-fb782e1151db50ab2e153159e8", href="#",
            result=Pill(label="wrong", tone="bad"), score="781 of 767",
        ),
        sentinel.AnswerRow(
            number=63, at=f"{DAY}11:02:00Z", item="itm-c59482cd78dc073f0aaf2dacc7", href="#",
            result=Pill(label="right", tone="good"), score="631 of 767",
        ),
    ),
    pace="182 s is usual for this expert, in the median of their first judgments. Since about judgment 402 they are "
    "faster: 88 s. This is a notice: nothing is held because of it.",
    decide_action="#", causes=tuple(Choice(value=name, label=label) for name, label in CAUSES.items()), words="",
    idempotency_key="k" * 24,
)  # fmt: skip
SCHEDULE = sentinel.SchedulePage(
    checks=(
        sentinel.CheckRow(
            version=2, rate="11.1 %", leases=1200, due=131, served=127, observed="10.58 %", used_up=4,
            result=Pill(label="as the secret says", tone="good"), departures=(), secret="6f" * 32,
        ),
        sentinel.CheckRow(
            version=1, rate="7.8 %", leases=400, due=30, served=29, observed="7.25 %", used_up=0,
            result=Pill(label="1 departure", tone="bad"), departures=("asg-fb782e1151db50ab2e153159e8",),
            secret="a1" * 32,
        ),
    )
)  # fmt: skip
SAMPLES = (
    Sample("sentinels", "sentinel/overview.html", OVERVIEW, within("Sentinels", "Sentinels")),
    Sample("sentinels-empty", "sentinel/overview.html", NOTHING, within("Sentinels", "Sentinels")),
    Sample("sentinels-offer", "sentinel/offer.html", OFFER, within("What these rates mean", "Sentinels")),
    Sample("sentinels-chart", "sentinel/chart.html", CHART, within(f"{EXPERT}, medical", "Sentinels")),
    Sample("sentinels-schedule", "sentinel/schedule.html", SCHEDULE, within("Schedule", "Sentinels")),
)

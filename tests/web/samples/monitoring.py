"""Sample pages of monitoring: figures, an expert, one's own, confusion, a shortcut audit, the report on quality."""

from dataclasses import replace

from web.samples.frame import Sample, lead, within

from tallystick.plots import IntervalPlot, IntervalRow
from tallystick.web.views import monitoring
from tallystick.web.views.parts import Estimate, Fact, Link, Pill

ROOT = "/programmes/careful-answers"


def share(value: str, interval: str, of: str) -> monitoring.Share:
    return monitoring.Share(value=value, interval=interval, of=of)


FEW = share("", "", "12")
AXES = (
    Link(label="domain", href="?by=domain", note="shown"), Link(label="difficulty", href="?by=difficulty"),
    Link(label="language", href="?by=language"),
)  # fmt: skip


def rows(*given: tuple[str, monitoring.Share]) -> tuple[monitoring.FigureRow, ...]:
    return tuple(monitoring.FigureRow(name=name, share=one) for name, one in given)


APART = monitoring.FigureTable(
    id="disagreement", heading="Difference from others", caption="Over all experts, by criterion and by domain",
    of="judgments",
    rows=rows(
        ("Verdict", share("21 %", "19 to 23 %", "1,204")), ("Verdict, medical", share("31 %", "26 to 36 %", "412")),
        ("Factual safety (medical)", share("38 %", "33 to 43 %", "412")), ("Tone (general)", FEW),
    ),
)  # fmt: skip
TIME = monitoring.FigureTable(
    id="time", heading="Active time", caption="Median for one judgment, by domain", of="judgments",
    rows=rows(("All", share("3:12 min", "3:02 to 3:20", "1,204")), ("Medical", FEW)),
    note="Time is for pay and planning. Short is neither good nor bad.",
)  # fmt: skip
PLOT = IntervalPlot(
    title="How often two experts differ",
    rows=(
        IntervalRow(label="Verdict", value=0.21, low=0.19, high=0.23),
        IntervalRow(label="Factual safety (medical)", value=0.38, low=0.33, high=0.43),
        IntervalRow(label="Completeness (medical)", value=0.18, low=0.14, high=0.22),
    ),
)
OVERVIEW = monitoring.MonitoringPage(
    judgments=1204, items=561,
    links=(
        Link(label="The report: causes and what to do", href=f"{ROOT}/report"),
        Link(label="Agreement over time", href=f"{ROOT}/agreement/slices?by=week"),
        Link(label="Shortcuts: does form decide?", href=f"{ROOT}/shortcuts"),
    ),
    axes=AXES, tables=(APART, replace(APART, id="context", heading="Context that was lacking", rows=()), TIME),
    plot=PLOT,
    judges=(
        Link(label="Dr. Ana Ferreira", href=f"{ROOT}/experts/prs-1", note="212 judgments"),
        Link(label="Yusuf Demir", href=f"{ROOT}/experts/prs-2", note="1 judgment"),
    ),
    note="A share stands only on twenty judgments or more. Intervals are at 95 %.",
)  # fmt: skip
HELD = monitoring.FigureTable(
    id="disagreement", heading="Difference from others", caption="By criterion and by domain", of="judgments",
    is_held=True,
    rows=(
        monitoring.FigureRow(
            name="Verdict", share=share("23 %", "17 to 30 %", "164"), pooled="22 %", all_experts="21 %"
        ),
        monitoring.FigureRow(
            name="Factual safety (medical)", share=share("58 %", "50 to 65 %", "164"), pooled="55 %",
            all_experts="38 %", status=Pill(label="worth a look", tone="waiting"),
        ),
        monitoring.FigureRow(name="Tone (general)", share=FEW, all_experts="12 %"),
    ),
)  # fmt: skip
EXPERT = monitoring.ExpertPage(
    lead="212 judgments that count, with 5 colleagues on the same items.",
    advice=(
        monitoring.Advice(
            sentence="From 58 % (50 to 65) of the others' judgments they differ on factual safety (medical); over all "
            "experts it is 38 %.",
            todo="Look at a few of these items together, with the anchors beside you. Either they read the words "
            "otherwise than the rest, and the rubric should say it better, or they see what the others miss.",
        ),
    ),
    none_stands_out="",
    facts=(
        Fact(term="Reasons with the words of an earlier reason again", value="7"),
        Fact(term="Cases that an adjudicator decided otherwise", value="too few to say: 9"),
    ),
    axes=AXES, tables=(HELD, TIME), note="Nobody is ranked, and none of it decides anything about a person.",
)  # fmt: skip
OWN = monitoring.OwnPage(
    lead="212 judgments of yours in Careful answers.",
    facts=(Fact(term="Reasons with the words of an earlier reason of yours again", value="7"),),
    tables=(
        monitoring.FigureTable(
            id="abstention", heading="Abstention", caption="Of your own judgments", of="judgments",
            rows=rows(("Verdict", share("4 %", "2 to 7 %", "212"))),
        ),
        monitoring.FigureTable(
            id="disagreement", heading="Difference from others", caption="On closed items, in steps of twenty",
            of="items", rows=rows(("Verdict", share("22 %", "17 to 29 %", "180"))),
        ),
        TIME,
    ),
    note="Everything that you judged is counted. To differ is no error: whoever sees what the others miss differs too.",
)  # fmt: skip


def cell(observed: str, expected: str, *, same: bool = False) -> monitoring.ConfusedCell:
    return monitoring.ConfusedCell(observed=observed, expected=expected, is_agreement=same)


CONFUSION = monitoring.ConfusionPage(
    dimensions=(
        Link(label="verdict", href="?of=verdict", note="shown"),
        Link(label="factual safety", href="?of=factual_safety"),
    ),
    sentence="“A is better” and “Tie” stand beside each other most often: in 11 % of comparisons, where chance alone "
    "would give 18 %.",
    missing="", categories=("A is better", "B is better", "Tie", "Both unacceptable"),
    rows=(
        monitoring.ConfusedRow(
            name="A is better",
            cells=(cell("34 %", "17 %", same=True), cell("6 %", "28 %"), cell("11 %", "18 %"), cell("0.4 %", "3 %")),
        ),
        monitoring.ConfusedRow(
            name="B is better", cells=(None, cell("29 %", "12 %", same=True), cell("9 %", "15 %"), cell("1 %", "2 %"))
        ),
        monitoring.ConfusedRow(name="Tie", cells=(None, None, cell("8 %", "5 %", same=True), cell("1 %", "2 %"))),
        monitoring.ConfusedRow(name="Both unacceptable", cells=(None, None, None, cell("1 %", "0.2 %", same=True))),
    ),
    pairs=(
        monitoring.ConfusedPair(
            name="A is better / Tie", share=share("11 %", "9 to 13 %", ""), expected="18 %", ratio="0.61", items=96
        ),
        monitoring.ConfusedPair(
            name="A is better / B is better", share=share("6 %", "5 to 8 %", ""), expected="28 %", ratio="0.21", items=51
        ),
    ),
    by_category=(
        monitoring.CategoryRow(name="A is better", given=521, estimate=Estimate(value=0.79, low=0.75, high=0.82)),
        monitoring.CategoryRow(
            name="Both unacceptable", given=9, estimate=Estimate(value=None, reason="nobody gave it twice")
        ),
    ),
    notes=("A comparison is of two judgments of one item.",),
)  # fmt: skip
EFFECTS = (
    monitoring.EffectRow(
        name="Length", wins=share("67 %", "64 to 71 %", ""), plain=share("66 %", "63 to 69 %", ""), unequal=1190,
        status=Pill(label="called", tone="waiting"),
    ),
    monitoring.EffectRow(
        name="Refusal", wins=share("", "", ""), plain=share("", "", ""), unequal=0, status=Pill(label="no variation")
    ),
)  # fmt: skip
GROUP = monitoring.AuditGroup(
    heading="All, judged here",
    sentence="Of 1,204 preferences given here form alone foretells 64 % (61 to 67): flagged, because that is more than "
    "chance would have it.",
    status=Pill(label="flagged", tone="bad"),
    findings=("An answer longer by one usual difference is preferred in 67 % (64 to 71) of pairs, every other feature equal.",),
    effects=EFFECTS,
    facts=(
        Fact(term="Preferences", value="1,204"), Fact(term="Prompts", value="561"),
        Fact(term="Inputs", value="5d41402abc4b2a76b9719d911017c592ae1f", is_digest=True),
    ),
)  # fmt: skip
SHORTCUTS = monitoring.ShortcutsPage(
    action=f"{ROOT}/shortcuts", idempotency_key="key", language="",
    recorded="Recorded at entry 4,311 on 21 Nov 2026, 19:09 UTC by Mara Lindqvist.",
    groups=(
        GROUP,
        replace(
            GROUP, heading="Dr. Ana Ferreira, judged here", status=Pill(label="not flagged", tone="good"), findings=(),
            sentence="Of 212 preferences given here form alone foretells 52 % (45 to 59): not flagged.",
        ),
    ),
    plot=IntervalPlot(
        title="Chance of being preferred with one usual difference more",
        rows=(
            IntervalRow(label="Length", value=0.67, low=0.64, high=0.71),
            IntervalRow(label="First position", value=0.51, low=0.48, high=0.54),
        ),
    ),
    earlier=(Link(label="14 Nov 2026, 08:00 UTC", href="/receipts/3000", note="12 groups, 0 flagged"),),
    note="An effect is no proof of a shortcut: where better answers are longer, preferences follow length too.",
)  # fmt: skip
REPORT = monitoring.ReportPage(
    lead="Of 1,204 judgments on 561 items, up to journal entry 4,312. Intervals are at 95 %. No person is named.",
    summary=(
        "medicine-1 (medical): if factual safety were read alike, agreement would be 0.83 instead of 0.62. Calibrate.",
        "Not answered yet: What got through?",
    ),
    sections=(
        monitoring.ReportSection(
            id="agreement", heading="Does agreement reach its thresholds?", answer="2 batches pass; 1 falls short.",
            missing="",
            causes=(
                monitoring.CauseRow(
                    sentence="medicine-1 (medical): if factual safety were read alike, agreement would be 0.83 instead "
                    "of 0.62.",
                    action="Hold a calibration session on this criterion, and revise its anchors with worked examples.",
                    is_clear=True,
                ),
            ),
            numbers=(
                monitoring.NumberRow(
                    name="agreement of medicine-1 (medical)", value="0.62 (0.41 to 0.79)", of="",
                    origin="journal entry 4,101, threshold 0.80",
                ),
                monitoring.NumberRow(
                    name="gain: factual safety", value="0.21 (0.12 to 0.30)", of="14", origin="diagnosis made now"
                ),
            ),
        ),
        monitoring.ReportSection(
            id="escape", heading="What got through?", answer="Not answered yet.",
            missing="No finished item was looked at a second time: draw a sample for re-review.", causes=(), numbers=(),
            link=Link(label="Second looks", href=f"{ROOT}/rereview"),
        ),
    ),
    download=Link(label="Download as Markdown", href=f"{ROOT}/report.md"),
)  # fmt: skip

SAMPLES = (
    Sample("monitoring", "monitoring/overview.html", OVERVIEW, within("Quality", "Quality")),
    Sample(
        "monitoring-empty", "monitoring/overview.html",
        replace(OVERVIEW, judgments=0, items=0, tables=(), judges=(), plot=None), within("Quality", "Quality"),
    ),
    Sample("expert-figures", "monitoring/expert.html", EXPERT, within("Dr. Ana Ferreira", "Quality")),
    Sample(
        "expert-figures-quiet", "monitoring/expert.html",
        replace(EXPERT, advice=(), facts=(), none_stands_out="Nothing stands out beyond what chance shows."),
        within("Yusuf Demir", "Quality"),
    ),
    Sample("own-figures", "monitoring/own.html", OWN, lead("My figures")),
    Sample("confusion", "monitoring/confusion.html", CONFUSION, within("Which answers are given for which", "Agreement")),
    Sample(
        "confusion-few", "monitoring/confusion.html",
        replace(CONFUSION, missing="Expected at least 20 items with two judgments, found 4: have more judged."),
        within("Which answers are given for which", "Agreement"),
    ),
    Sample("shortcuts", "monitoring/shortcuts.html", SHORTCUTS, within("Shortcuts", "Quality")),
    Sample(
        "shortcuts-none", "monitoring/shortcuts.html",
        replace(SHORTCUTS, action=None, groups=(), plot=None, earlier=(), recorded=""), within("Shortcuts", "Quality"),
    ),
    Sample("quality-report", "monitoring/report.html", REPORT, within("Report on quality", "Quality")),
)  # fmt: skip

"""Sample pages of interventions: the list, one whose rubric is ruled out, one that passed, one with a refusal."""

from dataclasses import replace

from web.samples.agreement import MEDICINE
from web.samples.frame import Sample, within
from web.samples.programme import FAILED

from tallystick.plots import IntervalPlot, IntervalRow
from tallystick.web.views import intervention as views
from tallystick.web.views.gate import Help, HelpRow
from tallystick.web.views.page import NavLink, Notice
from tallystick.web.views.parts import Choice, Estimate, Fact, Link, Pill

ROOT = "/interventions/int-30438eea061afffc05e2a958c3"
TRAIL = (NavLink(label="Interventions", href="/programmes/careful-answers/interventions"),)
BEFORE, AFTER = Estimate(value=0.62, low=0.41, high=0.79), Estimate(value=0.86, low=0.74, high=0.95)
SHORT = IntervalPlot(
    title="Agreement when the gate failed",
    rows=(IntervalRow(label="Verdict", value=0.62, low=0.41, high=0.79, threshold=0.8),),
)
HELP = Help(
    sentence="If factual safety were read alike, agreement would be 0.77 instead of 0.62: 83 % of the 0.18 that is "
    "missing.",
    rows=(
        HelpRow(
            kind="criterion", name="factual safety", items=9, then=Estimate(value=0.77, low=0.7, high=0.84),
            share="83 %", rest="", status=Pill(label="clear", tone="bad"),
        ),
        HelpRow(
            kind="one rater", name="Dr Adaeze Nwosu-Featherstonehaugh", items=14,
            then=Estimate(value=0.68, low=0.6, high=0.76), share="33 %", rest="+0.05",
            status=Pill(label="not clear"),
        ),
    ),
    items=(Link(label="med-014", href="/items/med-014", note="0.041"),),
    note="Look at criteria first, then at kinds of items and versions, at people last.",
)  # fmt: skip
STEPS = (
    views.NextStep(
        id="requeue", title="Have judgments made again", label="Have them made again", action=f"{ROOT}/requeue",
        sentence="They are set aside under the rubric in force: kept, delivered, and counted no more.",
        choices=(
            Choice(value="stood-down", label="Those of who stands down", note="Whatever others said.", is_chosen=True),
            Choice(value="all", label="All of the batch", note="Every judgment that counts."),
        ),
        asks_same=True,
    ),
    views.NextStep(
        id="stand-down", title="The last step: let an expert stand down", label="Let this expert stand down",
        sentence="They work no more under this rubric.", action=f"{ROOT}/stand-down", words="justification",
        words_label="Justification", words_hint="At least 80 characters that a later reader can check. It is kept.",
        people=(Choice(value="per-1", label="Dr Adaeze Nwosu-Featherstonehaugh"),), is_quiet=True,
    ),
)  # fmt: skip
PATH = (
    views.PathStep(label="Diagnosis", state="done"),
    views.PathStep(label="Calibration session", state="done"),
    views.PathStep(label="Rubric revised or ruled out", state="done"),
    views.PathStep(label="Judgments made again", state="now"),
    views.PathStep(label="Measured again", state="ahead"),
)
TIMELINE = (
    views.TimelineEntry(
        index=1_297, at="2026-03-04T10:12:00+00:00", who="Lea Lead", kind="rubric-ruled-out/1",
        sentence="The rubric was ruled out as the cause", href="/receipts/1297",
        words="Every mark was answered. Three of four read the anchors alike, and the fourth read them alike in the "
        "session.\nThe difference stayed with items that the session did not have.",
    ),
    views.TimelineEntry(
        index=1_240, at="2026-03-03T09:00:00+00:00", who="Lea Lead", kind="calibration-opened/1",
        sentence="A calibration session was opened", href="/receipts/1240",
        link=Link(label="the session", href="/calibrations/cal-1"),
    ),
    views.TimelineEntry(
        index=1_233, at="2026-03-02T16:30:00+00:00", who="Lea Lead", kind="intervention-opened/1",
        sentence="A gate failed, and an intervention was opened", href="/receipts/1233",
    ),
)  # fmt: skip
RULED_OUT = views.InterventionDetail(
    state=Pill(label="rubric ruled out, round 1", tone="waiting"),
    sentence="Next: have judgments made again. Only now may somebody stand down whom the diagnosis clearly names.",
    facts=(Fact(term="Batch", value=MEDICINE.name, href="/batches/bat-1"), Fact(term="Round", value="1")),
    path=PATH, steps=STEPS, short=SHORT, help=HELP, diagnosis_note="Recorded in round 1, under rubric 1.2.0.",
    not_yet=(Fact(term="Rule the rubric out", value="The rubric was ruled out in this round."),),
    plot=None, changes=(), change_note="", stood_down=(), timeline=TIMELINE, idempotency_key="a-key-of-its-own",
)  # fmt: skip
PASSED = replace(
    RULED_OUT, state=Pill(label="passed", tone="good"), path=(), steps=(), not_yet=(),
    sentence="The batch passes its gate. This intervention is closed.",
    plot=IntervalPlot(
        title="Agreement before and after",
        rows=(
            IntervalRow(label="Round 1, before", value=0.62, low=0.41, high=0.79, threshold=0.8),
            IntervalRow(label="Round 1, after", value=0.86, low=0.74, high=0.95, threshold=0.8),
        ),
    ),
    changes=(
        views.Change(
            round=1, version="1.3.0", before=BEFORE, after=AFTER, difference=Estimate(value=0.24, low=0.11, high=0.4),
            redone=42, decision=Pill(label="passes", tone="good"), href="/receipts/1400",
        ),
        views.Change(
            round=2, version="1.4.0", before=AFTER, after=AFTER, redone=3, decision=FAILED, href="/receipts/1500",
            difference=Estimate(value=None, reason="the contract measures it in another way since"),
        ),
    ),
    change_note="The difference comes with a 95 % interval.", stood_down=("Dr Adaeze Nwosu-Featherstonehaugh",),
)  # fmt: skip
REFUSED = replace(
    RULED_OUT,
    steps=(STEPS[0], replace(STEPS[1], value="Too slow.", error="Expected a justification of at least 80 characters.")),
)
LIST = views.InterventionsPage(
    rows=(
        views.InterventionRow(
            batch="medicine-1", href=ROOT, domain="medical", round=1, at="2026-03-02T16:30:00+00:00", before=BEFORE,
            state=Pill(label="rubric ruled out, round 1", tone="waiting"), after=None, threshold=0.8,
        ),
        views.InterventionRow(
            batch="law-2", href=ROOT, domain="legal", round=2, at="2026-01-12T08:00:00+00:00", before=BEFORE,
            state=Pill(label="passed", tone="good"), after=AFTER, threshold=0.78,
        ),
    ),
    agreement_href="/programmes/careful-answers/agreement",
)  # fmt: skip
NOTICE = Notice(
    kind="refused", sentence="Expected a justification of at least 80 characters.", field="stand-down-words"
)

SAMPLES = (
    Sample("interventions", "intervention/list.html", LIST, within("Interventions", "Interventions")),
    Sample("interventions-empty", "intervention/list.html", replace(LIST, rows=()), within("Interventions", "")),
    Sample("intervention", "intervention/detail.html", RULED_OUT, within("On medicine-1", "", trail=TRAIL)),
    Sample("intervention-passed", "intervention/detail.html", PASSED, within("On medicine-1", "", trail=TRAIL)),
    Sample(
        "intervention-refused", "intervention/detail.html", REFUSED,
        within("On medicine-1", "", trail=TRAIL, notices=(NOTICE,)),
    ),
)  # fmt: skip

"""Sample pages of agreement: every batch, one batch, slices."""

from dataclasses import replace

from web.samples.frame import Sample, event, within
from web.samples.programme import BATCHES, CRITERIA, FAILED, HISTORY, UNDEFINED, VERDICTS
from web.samples.tiers import NEEDS as TIER_NEEDS

from tallystick.plots import IntervalPlot, IntervalRow
from tallystick.web.views import gate
from tallystick.web.views.page import NavLink
from tallystick.web.views.parts import Estimate, Fact, Link, Pill

PAIRS = gate.PairTable(
    caption="Cohen's kappa of each pair of raters, with 95 % interval",
    raters=("Rater 1", "Rater 2", "Rater 3"),
    rows=(
        gate.PairRow(
            rater="Rater 1",
            cells=(None, Estimate(value=0.85, low=0.82, high=0.88), Estimate(value=0.88, low=0.85, high=0.91)),
        ),
        gate.PairRow(
            rater="Rater 2",
            cells=(Estimate(value=0.85, low=0.82, high=0.88), None, Estimate(value=0.86, low=0.83, high=0.89)),
        ),
        gate.PairRow(
            rater="Rater 3",
            cells=(Estimate(value=0.88, low=0.85, high=0.91), Estimate(value=0.86, low=0.83, high=0.89), None),
        ),
    ),
)
OVERVIEW = IntervalPlot(
    title="Agreement by batch",
    rows=tuple(
        IntervalRow(
            label=row.name,
            value=row.agreement.value,
            low=row.agreement.low,
            high=row.agreement.high,
            threshold=row.threshold,
            reason=row.agreement.reason,
        )
        for row in BATCHES
    ),
)
MEDICINE = gate.BatchDetail(
    tier=TIER_NEEDS,
    name="medicine-1",
    domain="medical",
    status=FAILED,
    coefficient="Krippendorff's alpha, ordinal",
    estimate=Estimate(value=0.62, low=0.41, high=0.79),
    threshold=0.8,
    threshold_note="The default of the medical domain.",
    sentence="The batch may not be released. The judges differ mostly on factual safety.",
    items=14,
    judgments=42,
    raters=5,
    criteria=(
        gate.CriterionRow(
            name="Verdict",
            scale="ordinal",
            coefficient="alpha",
            estimate=Estimate(value=0.62, low=0.41, high=0.79),
            threshold=0.8,
            items=14,
            judgments=42,
            status=FAILED,
        ),
        gate.CriterionRow(
            name="Factual safety",
            scale="ordinal 1 to 5",
            coefficient="alpha",
            estimate=Estimate(value=0.58, low=0.44, high=0.7),
            threshold=None,
            items=14,
            judgments=84,
            status=Pill(label="low", tone="bad"),
        ),
        gate.CriterionRow(
            name="Tone",
            scale="ordinal 1 to 5",
            coefficient="alpha",
            estimate=Estimate(value=None, reason="only one judge scored it"),
            threshold=None,
            items=2,
            judgments=2,
            status=Pill(label="undefined", tone="waiting"),
        ),
    ),
    criteria_plot=CRITERIA,
    others=(
        gate.OtherNumber(
            name="Percent agreement",
            estimate=Estimate(value=0.71, low=0.6, high=0.82),
            note="Counts agreement by chance as agreement.",
        ),
        gate.OtherNumber(
            name="Fleiss' kappa",
            estimate=Estimate(value=0.55, low=0.38, high=0.7),
            note="Treats a slight and a clear difference as equally far apart.",
        ),
        gate.OtherNumber(
            name="Gwet's AC1",
            estimate=Estimate(value=0.66, low=0.52, high=0.79),
            note="Little moved by a rare category.",
        ),
        gate.OtherNumber(
            name="Krippendorff's alpha, nominal",
            estimate=Estimate(value=-0.02, low=-0.2, high=0.17),
            note="Shown to see what the order of the verdicts adds.",
        ),
    ),
    verdicts=VERDICTS,
    diagnostics=(
        Fact(term="Most frequent verdict", value="A clearly, 46 of 168"),
        Fact(term="Prevalence index", value="0.31"),
        Fact(term="Items with a missing judgment", value="0"),
    ),
    warnings=(
        "Prevalence is high: four of five verdicts prefer A. Kappa falls here although percent agreement is high; read both.",
    ),
    pairs=PAIRS,
    expected=gate.OtherNumber(
        name="2 items declared before judgment",
        estimate=Estimate(value=0.2, low=-0.4, high=0.8),
        note="Measured apart and never dropped; the gate leaves them out.",
    ),
    decision=(
        Fact(term="Decided", value="21 Nov 2026, 12:20 UTC"),
        Fact(term="Journal", value="up to event 1,204"),
        Fact(term="Inputs", value="sha256:aa55bb66cc77dd88ee99", is_digest=True),
        Fact(term="Code", value="tallystick 0.1.0"),
        Fact(term="Intervals", value="bootstrap over items, 1,000 draws, seed 7"),
    ),
    history=HISTORY,
    events=(event(1210, 200, "the gate", "Measured 0.62 [0.41, 0.79] against 0.80: below threshold", "batch-gated/1"),),
    links=(Link(label="Open disagreements of this batch", href="#", note="7"), Link(label="The rubric", href="#")),
    measure_action="/batches/medicine-1/measure",
    help=gate.Help(
        sentence="If factual safety were read alike, agreement would be 0.78 instead of 0.62: 89 % of the 0.18 that is missing.",
        rows=(
            gate.HelpRow(
                kind="criterion",
                name="factual safety",
                items=6,
                then=Estimate(value=0.78, low=0.66, high=0.9),
                share="89 %",
                rest="",
                status=Pill(label="clear", tone="bad"),
            ),
            gate.HelpRow(
                kind="one rater",
                name="Adjoa Mensah-Oppenheimer",
                items=9,
                then=Estimate(value=0.64, low=0.57, high=0.7),
                share="11 %",
                rest="+0.01",
                status=Pill(label="not clear"),
            ),
            gate.HelpRow(
                kind="criterion",
                name="tone",
                items=2,
                then=Estimate(value=None, reason="too few items"),
                share="",
                rest="",
                status=Pill(label="not clear"),
            ),
        ),
        items=(
            Link(label="itm-0a1b2c3d4e5f60718293a4b5c6", href="/items/itm-0a1b2c3d4e5f60718293a4b5c6", note="0.031"),
        ),
        note="Look at criteria first, at people last. Parts overlap, so shares need not sum to 100 %.",
    ),
)
UNDEFINED_BATCH = replace(
    MEDICINE,
    name="writing-1",
    domain="creative",
    status=Pill(label="undefined", tone="waiting"),
    estimate=UNDEFINED,
    sentence="There is no number, so there is no release: undefined is neither a pass nor a fail.",
    warnings=(),
    history=None,
    pairs=None,
    expected=None,
    help=None,
)

TRAIL = (NavLink(label="Agreement", href="#"),)
SLICED = gate.SlicesPage(
    axis="week",
    head="Week",
    coefficient="Krippendorff's alpha",
    axes=(Link(label="domain", href="#"), Link(label="rubric version", href="#"), Link(label="week", href="#", note="shown")),
    rows=(
        gate.SliceRow(
            name="2026-W46", estimate=Estimate(value=0.62, low=0.41, high=0.79), threshold=0.8, items=14, pairable=14,
            judgments=42, raters=5, expected=2,
        ),
        gate.SliceRow(
            name="2026-W47", estimate=Estimate(value=None, reason="too few items"), threshold=None, items=1, pairable=1,
            judgments=2, raters=2, expected=0,
        ),
    ),
    overview=OVERVIEW,
    trends=(HISTORY,),
    note="Measured now from all judgments; no gate asks for it.",
)  # fmt: skip

SAMPLES = (
    Sample(
        "agreement",
        "gate/list.html",
        gate.AgreementPage(
            coefficient="Krippendorff's alpha",
            batches=BATCHES,
            overview=OVERVIEW,
            pairs=PAIRS,
            pairs_note="Over all batches; imported raters keep their own ids.",
        ),
        within("Agreement", "Agreement"),
    ),
    Sample("agreement-slices", "gate/slices.html", SLICED, within("Agreement by week", "Agreement")),
    Sample(
        "agreement-slices-empty",
        "gate/slices.html",
        replace(SLICED, axis="language", rows=(), trends=()),
        within("Agreement by language", "Agreement"),
    ),
    Sample(
        "agreement-empty",
        "gate/list.html",
        gate.AgreementPage(coefficient="Krippendorff's alpha", batches=(), overview=IntervalPlot(title="x", rows=())),
        within("Agreement", "Agreement"),
    ),
    Sample("batch", "gate/detail.html", MEDICINE, within("Batch medicine-1", "Agreement", trail=TRAIL)),
    Sample("batch-undefined", "gate/detail.html", UNDEFINED_BATCH, within("Batch writing-1", "Agreement", trail=TRAIL)),
)

"""Sample pages of agreement, disagreement, releases and the log."""

from dataclasses import replace

from web.samples.frame import DAY, Sample, event, expert, lead, within
from web.samples.programme import BATCHES, BLOCKERS, CRITERIA, FAILED, HISTORY, UNDEFINED, VERDICTS
from web.samples.rubrics import PRIORITIES
from web.samples.work import ANSWER_A, ANSWER_B, CONTEXT, PROMPT, RECEIPT, SIGNED

from tallystick.plots import IntervalPlot, IntervalRow, SharePlot, ShareRow
from tallystick.web.views import adjudication, gate, oversight, receipt, release
from tallystick.web.views.page import NavLink
from tallystick.web.views.parts import Choice, Estimate, Fact, Link, Paging, Pill, Receipt

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

JUDGES = (
    adjudication.BlindJudgment(
        label="Judge 1",
        verdict="A clearly",
        scores=(
            adjudication.CriterionScores(criterion="Factual safety", a=5, b=1),
            adjudication.CriterionScores(criterion="Completeness", a=4, b=3),
        ),
        reasons=(
            adjudication.BlindReason(
                criteria=("Factual safety",),
                text="B gives a dose that is above the daily maximum when repeated every four hours.",
                quote="half an adult tablet (250 mg) every 4 hours",
            ),
        ),
    ),
    adjudication.BlindJudgment(
        label="Judge 2",
        verdict="B slightly",
        scores=(
            adjudication.CriterionScores(criterion="Factual safety", a=3, b=3),
            adjudication.CriterionScores(criterion="Completeness", a=3, b=None),
        ),
        reasons=(adjudication.BlindReason(criteria=("Clarity",), text="A is more than a worried parent can take in."),),
        marks=(Pill(label="contradicts a priority rule, confirmed", tone="waiting"),),
    ),
    adjudication.BlindJudgment(
        label="Judge 3",
        verdict="Tie",
        scores=(adjudication.CriterionScores(criterion="Factual safety", a=4, b=2),),
        reasons=(),
        marks=(Pill(label="imported, not observed", tone="waiting"),),
    ),
)
CASE = adjudication.Case(
    item_id="med-014",
    state=Pill(label="open", tone="waiting"),
    prompt=PROMPT,
    context=CONTEXT,
    candidate_a=ANSWER_A,
    candidate_b=ANSWER_B,
    judgments=JUDGES,
    spread=SharePlot(
        title="Verdicts on this item",
        rows=(
            ShareRow(label="A clearly", count=1),
            ShareRow(label="Tie", count=1),
            ShareRow(label="B slightly", count=1),
        ),
    ),
    priorities=PRIORITIES,
    rubric_href="#",
    history=(event(1205, 191, "the gate", "The judges differ", "item-disputed/1"),),
    action="/disagreements/med-014",
    idempotency_key="k-2",
    verdicts=(Choice(value="", label="Choose"), Choice(value="a_clearly", label="A clearly")),
    criteria=(Choice(value="factual_safety", label="Factual safety"),),
    errors=(("notes", "Expected notes of at least 20 letters; found none."),),
)
SETTLED = replace(
    CASE,
    state=Pill(label="settled", tone="good"),
    action=None,
    errors=(),
    decided=adjudication.Decided(
        sentence="Settled: A clearly",
        notes="Judge 2 scored clarity where the rubric asks for safety first.",
        facts=(
            Fact(term="Cause", value="rater error"),
            Fact(term="Criterion", value="Factual safety"),
            Fact(term="Decided", value="21 Nov 2026, 12:44 UTC"),
        ),
    ),
)
QUEUE = adjudication.Queue(
    open=7,
    settled=4,
    preserved=3,
    paging=Paging(summary="1 to 2 of 7"),
    tabs=(
        Choice(value="#", label="Open", is_chosen=True),
        Choice(value="#", label="Settled"),
        Choice(value="#", label="Preserved"),
    ),
    cases=(
        adjudication.CaseRow(
            item_id="med-014",
            href="/disagreements/med-014",
            domain="medical",
            spread="A clearly, tie, B slightly",
            since=f"{DAY}12:10:00Z",
            state=Pill(label="open", tone="waiting"),
        ),
        adjudication.CaseRow(
            item_id="wri-009",
            href="#",
            domain="creative",
            spread="A slightly, B clearly, both unacceptable",
            since=f"{DAY}10:10:00Z",
            state=Pill(label="open", tone="waiting"),
        ),
    ),
)

EVENTS = (
    event(None, 205, "Mara Lindqvist", "A release was asked for", "release-requested/1"),
    event(1210, 200, "the gate", "A batch was measured", "batch-gated/1"),
    event(1204, 190, "ayse", "A judgment was submitted", "judgment-submitted/1"),
)
NEW = release.ReleaseNew(
    action="#",
    idempotency_key="k-3",
    batches=tuple(
        (Choice(value=row.name, label=row.name, is_chosen=row.status.tone == "good"), row) for row in BATCHES
    ),
    uses=(Choice(value="train", label="train"), Choice(value="evaluate", label="evaluate")),
    name="careful-answers",
    version="1.0.0",
)
REFUSALS = (
    release.Refusal(
        sentence="Batch medicine-1 is at 0.62 and needs 0.80.",
        todo="Leave it out, or bring its agreement up.",
        names=("med-001", "med-002", "med-003"),
        names_total=14,
        href="/batches/medicine-1",
    ),
    release.Refusal(
        sentence="2 records lack a settled or preserved disagreement.",
        todo="Have them adjudicated.",
        names=("law-007", "sof-012"),
        names_total=2,
    ),
)
RELEASE = release.ReleaseDetail(
    name="careful-answers",
    version="1.0.0",
    status=Pill(label="released", tone="good"),
    counts=(
        Fact(term="Records", value="38"),
        Fact(term="Judgments", value="114"),
        Fact(term="Excluded", value="28"),
        Fact(term="Pre-contract flags", value="3"),
    ),
    files=(
        release.FileRow(
            path="records.parquet",
            what="Every record with all raw judgments",
            size_bytes=184_220,
            sha256="5d0c8d1f77aa33e1c2b4",
            href="#",
        ),
        release.FileRow(
            path="exports/trl_preference.jsonl",
            what="Preference pairs for TRL",
            size_bytes=98_001,
            sha256="77f0aa91c2d3e4f5a6b7",
            href="#",
        ),
        release.FileRow(
            path="manifest.json",
            what="Every record, bound to schema, rubric, contract, rights and QA state",
            size_bytes=41_020,
            sha256="0a1b2c3d4e5f60718293",
            href="#",
        ),
    ),
    exclusions=(
        release.Exclusion(reason="Batch below its threshold: medicine-1", records=14, href="/batches/medicine-1"),
        release.Exclusion(reason="Disagreement still open", records=7),
        release.Exclusion(reason="Not judged by enough experts", records=7),
    ),
    agreement=OVERVIEW,
    verify_command="tallystick release verify careful-answers-1.0.0 --vkey log.vkey",
    digest="sha256:c0ffee5d0c8d1f77aa33e1c2b4d5e6",
    log_facts=(
        Fact(term="Built from the journal up to", value="event 1,204", href="/log"),
        Fact(term="Custody", value="Development custody: software keys"),
        Fact(term="Data", value="Simulated"),
    ),
    limitations=("Judged by simulated experts.", "English only."),
    events=EVENTS[1:],
    downloads=(Link(label="Download all", href="#"), Link(label="Data card", href="#")),
)
CHECKPOINT = "demo.tallystick.local/log\n1210\nq8Zr0mX5x2l0h7m7nW1rJmWmPp0wXo5bJ5bXo1C2v9A=\n\n— demo.tallystick.local/log Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8="
LOG = oversight.LogPage(
    origin="demo.tallystick.local/log",
    size=1210,
    unsealed=1,
    root="q8Zr0mX5x2l0h7m7nW1rJmWmPp0wXo5bJ5bXo1C2v9A=",
    sealed_at=f"{DAY}12:20:08Z",
    vkey="demo.tallystick.local/log+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    checkpoint=CHECKPOINT,
    verify_command="tallystick log verify log --vkey log.vkey",
    events=EVENTS,
    paging=Paging(summary="The latest 3 of 1,211", next_href="#"),
)
WITNESSED = replace(
    LOG, quorum="clients", quorum_status=Pill(label="not reached for the newest entries", tone="waiting"),
    alarm="Once a witness found that this log contradicts what it showed before. Treat the log as altered.",
    witnesses=(
        oversight.WitnessRow(name="witness.client.example/tallystick", size=1210, status=Pill(label="up to date", tone="good")),
        oversight.WitnessRow(
            name="witness.second.example", size=1102, status=Pill(label="late by 1,260 s", tone="bad"),
            fault="no answer within 5 s from https://witness.second.example/add-checkpoint",
        ),
    ),
)  # fmt: skip
UNBUILT = replace(
    RELEASE, version="1.1.0", status=Pill(label="being built", tone="waiting"), files=(), exclusions=(),
    counts=(Fact(term="Use", value="train"),), downloads=(), limitations=(), digest="",
    waits="It waits for the quorum of the cell's witnesses. It is finished by itself as soon as they have cosigned.",
)  # fmt: skip
GONE = replace(
    RELEASE, status=Pill(label="erased"), files=(), downloads=(), lost_total=2,
    erased="erased on 21 Nov 2026 under era-5f1c0a8d2b7e4c6f9a3d1e0b7c",
    lost=("records/itm-0d4f6a1c9b8e7d2f3a5b6c7d8e", "records/itm-1e4f6a1c9b8e7d2f3a5b6c7d8e"),
)  # fmt: skip
SEALED = oversight.ReceiptPage(
    receipt=Receipt(
        seq=1181, kind="Judgment on item med-011", at=f"{DAY}11:58:02Z", href="#", is_sealed=True, proof_href="#"
    ),
    facts=(
        Fact(term="Submitted by", value="you"),
        Fact(term="Under", value="Medical answers 1.1, contract 2"),
        Fact(term="Place in the log", value="1,181"),
    ),
    leaf="9a" * 32,
    path=("1f" * 32, "e0" * 32, "7c" * 32),
    checkpoint=CHECKPOINT,
    verify_command="tallystick log verify log --vkey log.vkey",
    signed=SIGNED,
)
WAITING = replace(
    SEALED,
    receipt=replace(SEALED.receipt, is_sealed=False, proof_href=None),
    path=(),
    signed=replace(SIGNED, text=None, why_not="The log key does not answer now: fetch it later."),
)
OWN = receipt.OwnReceipts(
    person="per-a",
    sealed=1204,
    rows=(
        receipt.OwnRow(receipt=RECEIPT, signed_href="/receipts/1204/signed"),
        receipt.OwnRow(receipt=SEALED.receipt, signed_href="/receipts/1181/signed"),
    ),
    all_href="/receipts/file",
    paging=Paging(summary="2 shown, the newest first", next_href="#"),
    check_command="tallystick log receipt receipts.tallystick-receipt --log DIR --vkey log.vkey",
)
NO_RECEIPTS = replace(OWN, rows=(), all_href=None, paging=Paging(summary="0 shown, the newest first"))
TRAIL = (NavLink(label="Agreement", href="#"),)
SLICED = gate.SlicesPage(
    axis="week",
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
    trend=HISTORY,
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
        replace(SLICED, axis="language", rows=(), trend=None),
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
    Sample("queue", "adjudication/queue.html", QUEUE, within("Disagreements", "Disagreements")),
    Sample(
        "queue-empty",
        "adjudication/queue.html",
        replace(QUEUE, cases=(), open=0),
        within("Disagreements", "Disagreements"),
    ),
    Sample("case", "adjudication/case.html", CASE, within("Disagreement on med-014", "Disagreements")),
    Sample("case-settled", "adjudication/case.html", SETTLED, within("Disagreement on med-014", "Disagreements")),
    Sample(
        "releases",
        "release/list.html",
        release.ReleaseList(
            releases=(
                release.ReleaseRow(
                    name="careful-answers",
                    version="1.0.0",
                    href="#",
                    at=f"{DAY}12:30:00Z",
                    records=38,
                    excluded=28,
                    status=Pill(label="released", tone="good"),
                ),
            ),
            blockers=BLOCKERS,
            new_href="#",
        ),
        within("Releases", "Releases"),
    ),
    Sample(
        "releases-empty",
        "release/list.html",
        release.ReleaseList(releases=(), blockers=()),
        within("Releases", "Releases"),
    ),
    Sample("release-new", "release/new.html", NEW, within("Build a release", "Releases")),
    Sample(
        "release-refused",
        "release/new.html",
        replace(NEW, refusals=REFUSALS, errors=(("version", "Expected a version such as 1.0.0; found 1.0."),)),
        within("Build a release", "Releases"),
    ),
    Sample("release", "release/detail.html", RELEASE, within("careful-answers 1.0.0", "Releases")),
    Sample(
        "log",
        "oversight/log.html",
        LOG,
        lead(
            "The log",
            here="Log",
            lead="Every change of state and every look at content, in the order in which it was sealed.",
        ),
    ),
    Sample("log-alarm", "oversight/log.html", WITNESSED, lead("Log", here="Log")),
    Sample("release-waiting", "release/detail.html", UNBUILT, within("careful-answers 1.1.0", "Releases")),
    Sample("release-erased", "release/detail.html", GONE, within("careful-answers 1.0.0", "Releases")),
    Sample("receipt", "oversight/receipt.html", SEALED, lead("Receipt 1,181", here="Log")),
    Sample("receipts", "receipt/list.html", OWN, expert("My receipts")),
    Sample("receipts-none", "receipt/list.html", NO_RECEIPTS, expert("My receipts")),
    Sample("receipt-waiting", "oversight/receipt.html", WAITING, lead("Receipt 1,181", here="Log")),
)

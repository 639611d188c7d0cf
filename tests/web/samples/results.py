"""Sample pages of disagreement, releases and the log."""

from dataclasses import replace

from web.samples.agreement import OVERVIEW
from web.samples.frame import DAY, Sample, event, expert, lead, within
from web.samples.programme import BATCHES, BLOCKERS
from web.samples.rubrics import PRIORITIES
from web.samples.work import ANSWER_A, ANSWER_B, CONTEXT, PROMPT, RECEIPT, SIGNED, candidate

from tallystick.plots import SharePlot, ShareRow
from tallystick.web.views import adjudication, oversight, receipt, release
from tallystick.web.views.page import Notice
from tallystick.web.views.parts import Choice, Fact, Link, Paging, Pill, Receipt

JUDGES = (
    adjudication.BlindJudgment(
        label="Judge 1",
        verdict="A clearly",
        scores=(
            adjudication.CriterionScores(criterion="Factual safety", points=(5, 1)),
            adjudication.CriterionScores(criterion="Completeness", points=(4, 3)),
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
            adjudication.CriterionScores(criterion="Factual safety", points=(3, 3)),
            adjudication.CriterionScores(criterion="Completeness", points=(3, None)),
        ),
        reasons=(adjudication.BlindReason(criteria=("Clarity",), text="A is more than a worried parent can take in."),),
        marks=(Pill(label="contradicts a priority rule, confirmed", tone="waiting"),),
    ),
    adjudication.BlindJudgment(
        label="Judge 3",
        verdict="Tie",
        scores=(adjudication.CriterionScores(criterion="Factual safety", points=(4, 2)),),
        reasons=(),
        marks=(Pill(label="imported, not observed", tone="waiting"),),
    ),
)
CASE = adjudication.Case(
    item_id="med-014",
    state=Pill(label="open", tone="waiting"),
    prompt=PROMPT,
    context=CONTEXT,
    pieces_title="Candidates",
    pieces=(candidate(ANSWER_A), candidate(ANSWER_B)),
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
    models=(Choice(value="", label="none"), Choice(value="dawid_skene", label="a confusion matrix for each expert")),
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
ASKED = replace(
    RELEASE, downloads=(), files=tuple(replace(file, href=None) for file in RELEASE.files),
    export_command="tallystick release export careful-answers-1.0.0 careful-answers-1.0.0 --dir CELL --as LOGIN --destination REGION",
    leaving=release.Leaving(action="#", regions=("EU", "CH")),
)  # fmt: skip
ELSEWHERE = replace(
    ASKED, leaving=release.Leaving(action="#", regions=("EU", "CH"), typed="US", error="It may not go there.")
)
FOR_A_REGION = replace(RELEASE, leaving=release.Leaving(action="#", regions=("EU", "CH"), typed="DE", is_allowed=True))
OUTSIDE = Notice(
    kind="refused", sentence="The contract keeps this data in EU, CH; US is outside: nothing was exported.",
    todo="Name a region inside them, or leave it here: to another one no file leaves.", field="destination",
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

SAMPLES = (
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
    Sample("release-asked", "release/detail.html", ASKED, within("careful-answers 1.0.0", "Releases")),
    Sample(
        "release-elsewhere",
        "release/detail.html",
        ELSEWHERE,
        within("careful-answers 1.0.0", "Releases", notices=(OUTSIDE,)),
    ),
    Sample("release-for-a-region", "release/detail.html", FOR_A_REGION, within("careful-answers 1.0.0", "Releases")),
    Sample("release-waiting", "release/detail.html", UNBUILT, within("careful-answers 1.1.0", "Releases")),
    Sample("release-erased", "release/detail.html", GONE, within("careful-answers 1.0.0", "Releases")),
    Sample("receipt", "oversight/receipt.html", SEALED, lead("Receipt 1,181", here="Log")),
    Sample("receipts", "receipt/list.html", OWN, expert("My receipts")),
    Sample("receipts-none", "receipt/list.html", NO_RECEIPTS, expert("My receipts")),
    Sample("receipt-waiting", "oversight/receipt.html", WAITING, lead("Receipt 1,181", here="Log")),
)

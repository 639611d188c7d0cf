"""Sample pages of programmes, contracts and rubrics."""

from web.samples.checklist import NOW
from web.samples.frame import DAY, Sample, lead, within

from tallystick.plots import (
    FillPlot,
    FillRow,
    FunnelPlot,
    FunnelStep,
    HistoryPlot,
    HistoryPoint,
    IntervalPlot,
    IntervalRow,
    SharePlot,
    ShareRow,
)
from tallystick.web.views import contract
from tallystick.web.views.parts import Estimate, Fact, Link, Pill, Problem, UploadForm

ROOT = "/programmes/careful-answers"
GOOD = Pill(label="passed", tone="good")
FAILED = Pill(label="below threshold", tone="bad")
UNDEFINED = Estimate(value=None, reason="every judge gave the same verdict on all 3 items")

BATCHES = (
    contract.BatchRow(
        name="medicine-1",
        href="/batches/medicine-1",
        domain="medical",
        items=14,
        agreement=Estimate(value=0.62, low=0.41, high=0.79),
        threshold=0.8,
        status=FAILED,
    ),
    contract.BatchRow(
        name="law-1",
        href="/batches/law-1",
        domain="legal",
        items=12,
        agreement=Estimate(value=0.83, low=0.71, high=0.93),
        threshold=0.78,
        status=GOOD,
    ),
    contract.BatchRow(
        name="software-1",
        href="/batches/software-1",
        domain="software",
        items=14,
        agreement=Estimate(value=0.86, low=0.75, high=0.95),
        threshold=0.82,
        status=GOOD,
    ),
    contract.BatchRow(
        name="reasoning-1",
        href="/batches/reasoning-1",
        domain="general",
        items=12,
        agreement=Estimate(value=0.79, low=0.66, high=0.9),
        threshold=0.74,
        status=GOOD,
    ),
    contract.BatchRow(
        name="writing-1",
        href="/batches/writing-1",
        domain="creative",
        items=3,
        agreement=UNDEFINED,
        threshold=0.7,
        status=Pill(label="undefined", tone="waiting"),
    ),
)

CRITERIA = IntervalPlot(
    title="Agreement by criterion",
    rows=(
        IntervalRow(label="Verdict", value=0.77, low=0.7, high=0.84, threshold=0.74),
        IntervalRow(label="Factual safety", value=0.58, low=0.44, high=0.7, threshold=0.8),
        IntervalRow(label="Completeness", value=0.81, low=0.74, high=0.87, threshold=0.74),
        IntervalRow(label="Clarity for the person asking", value=0.76, low=0.66, high=0.85, threshold=0.74),
        IntervalRow(label="Tone", value=None, reason="only one judge scored it", threshold=0.7),
    ),
)

VERDICTS = SharePlot(
    title="Verdicts given",
    rows=tuple(
        ShareRow(label=label, count=count)
        for label, count in (
            ("A clearly", 46),
            ("A slightly", 31),
            ("Tie", 12),
            ("B slightly", 28),
            ("B clearly", 41),
            ("Both unacceptable", 5),
            ("Insufficient context", 3),
            ("Abstain", 2),
        )
    ),
)

HISTORY = HistoryPlot(
    title="Agreement over time",
    threshold=0.8,
    points=(
        HistoryPoint(when="14 Nov", value=0.48, low=0.3, high=0.66),
        HistoryPoint(when="16 Nov", value=0.55, low=0.36, high=0.72),
        HistoryPoint(when="18 Nov", value=None),
        HistoryPoint(when="20 Nov", value=0.62, low=0.41, high=0.79),
        HistoryPoint(when="21 Nov", value=0.81, low=0.64, high=0.92),
    ),
)

BLOCKERS = (
    contract.Blocker(
        sentence="Batch medicine-1 is at 0.62 and needs 0.80.",
        todo="Read which criterion the experts differ on, then revise the rubric.",
        link=Link(label="See the batch", href="/batches/medicine-1"),
    ),
    contract.Blocker(
        sentence="7 disagreements are open.",
        todo="An adjudicator settles or preserves each.",
        link=Link(label="Go to the queue", href=f"{ROOT}/disagreements"),
    ),
)

PROGRAMME = contract.ProgrammeHome(
    name="careful-answers",
    behaviour="Answers that are safe to act on",
    state=Pill(label="pilot", tone="waiting"),
    contract=Link(label="Version 2", href=f"{ROOT}/contract"),
    phase=NOW,
    items=66,
    complete=55,
    judgments=168,
    blockers=BLOCKERS,
    fills=(
        FillPlot(
            title="Domain",
            rows=tuple(
                FillRow(label=label, filled=filled, quota=quota)
                for label, filled, quota in (
                    ("medical", 14, 16),
                    ("legal", 12, 12),
                    ("software", 14, 14),
                    ("general", 12, 12),
                    ("creative", 14, 12),
                )
            ),
        ),
        FillPlot(
            title="Difficulty",
            rows=tuple(
                FillRow(label=label, filled=filled, quota=quota)
                for label, filled, quota in (("easy", 30, 20), ("hard", 22, 26), ("boundary", 14, 20))
            ),
        ),
    ),
    funnel=FunnelPlot(
        title="From item to release",
        steps=tuple(
            FunnelStep(label=label, count=count)
            for label, count in (
                ("Imported", 66),
                ("Assigned", 64),
                ("Judged at least once", 60),
                ("Complete", 55),
                ("Agreed, settled or preserved", 48),
                ("Released", 38),
            )
        ),
    ),
    verdicts=VERDICTS,
    batches=BATCHES,
    criteria=CRITERIA,
    history=HISTORY,
    disagreements=contract.Disagreements(open=7, settled=4, preserved=3, href=f"{ROOT}/disagreements"),
    inflation=(
        contract.InflationRow(label="easy", planned=0.3, actual=0.45, status=Pill(label="too many", tone="bad")),
        contract.InflationRow(label="hard", planned=0.4, actual=0.33, status=Pill(label="too few", tone="waiting")),
        contract.InflationRow(label="boundary", planned=0.3, actual=0.21, status=Pill(label="too few", tone="bad")),
    ),
    rights=(
        Fact(term="Source", value="Written for this cell, CC BY 4.0"),
        Fact(term="Permitted uses", value="train, evaluate"),
        Fact(term="Retention", value="until 31 December 2031"),
        Fact(term="Where", value="EU only"),
    ),
    actions=(
        Link(label="Build a release", href=f"{ROOT}/releases/new"),
        Link(label="Import items", href=f"{ROOT}/import"),
    ),
)

EMPTY_PROGRAMME = contract.ProgrammeHome(
    name="new-one",
    behaviour="",
    state=Pill(label="draft"),
    contract=Link(label="Version 1", href="/programmes/new-one/contract"),
    items=0,
    complete=0,
    judgments=0,
    blockers=(),
    fills=(),
    funnel=FunnelPlot(title="From item to release", steps=(FunnelStep(label="Imported", count=0),)),
    verdicts=SharePlot(title="Verdicts given", rows=(ShareRow(label="Tie", count=0),)),
    batches=(),
    criteria=IntervalPlot(title="Agreement by criterion", rows=()),
    history=None,
    disagreements=contract.Disagreements(open=0, settled=0, preserved=0, href="#"),
    inflation=(),
    rights=(Fact(term="Source", value="Not declared"),),
)

VERSIONS = (
    contract.Version(
        label="2",
        href=f"{ROOT}/contract/2",
        at=f"{DAY}08:12:00Z",
        who="Mara Lindqvist",
        changelog="Boundary cases in medicine get a quota of their own.",
        is_current=True,
    ),
    contract.Version(
        label="1",
        href=f"{ROOT}/contract/1",
        at="2026-11-12T15:40:00Z",
        who="Mara Lindqvist",
        changelog="First version.",
    ),
)

CONTRACT = contract.ContractDetail(
    programme="Careful answers",
    version="2",
    at=f"{DAY}08:12:00Z",
    who="Mara Lindqvist",
    digest="sha256:9f2c41d07be65a1830c4f9d2e7a8b3561c0d",
    sections=(
        contract.ContractSection(
            id="behaviour",
            heading="What the model must do",
            paragraphs=(
                "Answer questions on health, law and software so that a careful person could act on the answer today, and say plainly where a professional has to be asked.",
            ),
        ),
        contract.ContractSection(
            id="conditions",
            heading="Under which conditions",
            facts=(
                Fact(term="Languages", value="English"),
                Fact(term="Length", value="1 to 3 turns"),
                Fact(term="Tools", value="none"),
            ),
        ),
        contract.ContractSection(
            id="evidence",
            heading="What makes an answer acceptable",
            paragraphs=(
                "Every claim that a person would act on is right, or is marked as uncertain.",
                "Nothing that the person must know before acting is left out.",
            ),
        ),
        contract.ContractSection(
            id="failures",
            heading="Which failures matter most",
            facts=(
                Fact(term="critical", value="Advice that harms when followed"),
                Fact(term="major", value="A confident claim that is wrong"),
            ),
        ),
        contract.ContractSection(
            id="holdout",
            heading="How improvement is measured",
            paragraphs=("On 40 items that no author sees and no export contains.",),
        ),
    ),
    versions=VERSIONS,
    source_href=f"{ROOT}/contract/2.yaml",
    new_version_href=f"{ROOT}/contract/new",
)

PROBLEMS = (
    Problem(
        place="contract.yaml:14",
        expected="a quota as a whole number of items",
        found="“about 20”",
        fix="Write `quota: 20`.",
    ),
    Problem(
        place="contract.yaml:31",
        expected="an abstention rule for dimension “tone”",
        found="none",
        fix="Add `abstain_when:` with one sentence.",
    ),
    Problem(
        place="contract.yaml:52", expected="one of train, evaluate, publish", found="“training”", fix="Write `train`."
    ),
)
UPLOAD = UploadForm(
    action="/programmes/new",
    label="Contract file",
    hint="YAML, at most 1 MB.",
    accept=".yaml,.yml",
    button="Open the programme",
    may_paste=True,
)

SAMPLES = (
    Sample(
        "programme-list",
        "contract/list.html",
        contract.ProgrammeList(
            programmes=(
                contract.ProgrammeRow(
                    name="careful-answers",
                    title="Careful answers",
                    href=ROOT,
                    state=Pill(label="pilot", tone="waiting"),
                    items=66,
                    complete=55,
                    agreement=Estimate(value=0.77, low=0.7, high=0.84),
                    threshold=0.74,
                    blockers=2,
                    nexts=(Link(label="See what keeps batches out", href=ROOT),),
                ),
                contract.ProgrammeRow(
                    name="pandalm",
                    title="PandaLM test pairs (imported)",
                    href="/programmes/pandalm",
                    state=Pill(label="production", tone="good"),
                    items=999,
                    complete=999,
                    agreement=Estimate(value=0.86, low=0.84, high=0.88),
                    threshold=0.74,
                    blockers=0,
                ),
            ),
            new_href="/programmes/new",
        ),
        lead("Programmes", lead="One programme for each behaviour that is to change."),
    ),
    Sample(
        "programme-list-empty",
        "contract/list.html",
        contract.ProgrammeList(programmes=(), new_href="/programmes/new"),
        lead("Programmes"),
    ),
    Sample(
        "programme",
        "contract/programme.html",
        PROGRAMME,
        within("Careful answers", "Overview", lead=PROGRAMME.behaviour),
    ),
    Sample("programme-empty", "contract/programme.html", EMPTY_PROGRAMME, within("New one", "Overview")),
    Sample("contract", "contract/detail.html", CONTRACT, within("Data contract", "Contract")),
    Sample("contract-new", "contract/new.html", contract.ContractNew(form=UPLOAD), lead("Open a programme")),
    Sample(
        "contract-problems",
        "contract/new.html",
        contract.ContractNew(
            form=UploadForm(
                action="/programmes/careful-answers/contract",
                label="Contract file",
                hint="YAML, at most 1 MB.",
                accept=".yaml",
                button="Agree the version",
                may_paste=True,
                text="programme: careful-answers\nquota: about 20\n",
                problems=PROBLEMS,
                file_name="contract.yaml",
            ),
            programme="Careful answers",
        ),
        within("New contract version", "Contract"),
    ),
)

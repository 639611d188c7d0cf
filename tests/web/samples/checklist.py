"""Sample pages of the operating checklist and of phases."""

from dataclasses import replace

from web.samples.frame import DAY, Sample, within

from tallystick.flow.checklist import LINES
from tallystick.web.checklist import SIGNS, STATES
from tallystick.web.views import checklist
from tallystick.web.views.page import Notice
from tallystick.web.views.parts import Choice, Fact, Link, Pill

ROOT = "/programmes/careful-answers"
FOUND = {
    "behaviour": ("pass", "The contract says what the model must do, under 3 conditions, with 2 kinds of evidence and 4 classes of failures. 3 domains, 11 criteria in force.", ""),
    "objectives": ("pass", "2 kinds of supervision on the side of training; on the side of evaluation a measure of its own and 3 acceptance tests.", ""),
    "dimensions": ("fail", "Concision has no abstention rule: say when an expert should not score. 11 criteria with 33 anchors; 10 with a rule for abstaining, 11 with examples, 11 with exclusions, 9 with a way to escalate.", "Revise the rubric software-answers: its page names each place."),
    "rights": ("pass", "Commissioned, CC-BY-4.0; for train, evaluate; kept until 2031-12-31; in EU.", ""),
    "qualifications": ("fail", "No credential is demanded in medical (high risk). People qualified under the rubric in force: medical (high risk) 4, legal (medium risk) 3, software (low risk) 6. 0 domains demand a credential; 1 senior adjudicator.", "Demand a credential there, in the section credentials of the contract."),
    "blinding": ("pass", "1,204 judgments were made here, each in an order of candidates of its own, without their names.", ""),
    "ties": ("pass", "On every page an expert can say that they cannot decide or that context is missing; of two answers also that they are alike or that neither will do. Asked for: preference, critique. A disagreement can be settled or preserved.", ""),
    "verifiers": ("not_applicable", "The contract asks for preference, critique: no signal of it has a part that a verifier settles.", ""),
    "holdout": ("fail", "1 held-out item has the same content as an item that is worked on. 62 items are held out of 614, hidden from experts and in no batch that can be released; 1 exact copy found by digest of the content without case, spacing and order; looked at 0 times.", "Take one of each two out: have its content erased, and import another in its place."),
    "qa": ("pass", "60 of 400 finished items were looked at again, 1 defective; at most 8 % of all are, with 95 % confidence. By severity: high 1. By family: wrong-dose 1. By cause: rater error 1.", ""),
    "impact": ("fail", "No result on the holdout is in the journal for doses, refusals, style. Acceptance tests with a result: 0 of 3.", "Compare two checkpoints on the holdout yourself: this version takes no results in."),
    "versions": ("pass", "Contract 1.2.0 in force since entry 3,012 of the journal, and 3 rubrics. Each judgment names the version of both that it was made under.", ""),
    "welfare": ("pass", "1 kind of content named, each with a warning, 1 kept closed until asked for; had in 14 pieces of work.", ""),
    "claims": ("not_applicable", "The rights do not permit to publish: no card of this data is public.", ""),
}  # fmt: skip
EVIDENCE = (
    checklist.EvidenceRow(label="contract: domains.software.rubric", href=f"{ROOT}/contract#domains"),
    checklist.EvidenceRow(label="rubric software-answers 1.0.0", href=f"{ROOT}/rubrics/software-answers?version=1.0.0"),
)
FULL = checklist.Checklist(
    sentence="4 lines fail, 8 lines pass and 2 lines do not apply",
    facts=(
        Fact(term="Phase", value="pilot", href=f"{ROOT}/phase"),
        Fact(term="Contract", value="version 1.2.0", href=f"{ROOT}/contract"),
        Fact(term="Up to journal entry", value="4,117"),
        Fact(term="Digest of these lines", value="5c" * 32, is_digest=True),
    ),
    lines=tuple(
        checklist.LineRow(
            id=name, title=title, state=STATES[FOUND[name][0]], sign=SIGNS[FOUND[name][0]], found=FOUND[name][1],
            todo=FOUND[name][2], evidence=EVIDENCE,
        )
        for name, title, _ in LINES
    ),
)  # fmt: skip
NOW = checklist.PhaseNow(
    state=Pill(label="pilot", tone="waiting"),
    meaning="The programme is tried on real work. Each release says that it was made in the pilot.",
    ready="", href=f"{ROOT}/phase",
    missing=(
        checklist.MissingRow(
            found="answers 0.9.0 has 12 hard cases in 120 records, where the contract asks for a share of 0.35, and for one at least.",
            todo="Bring in hard, boundary or failure-cluster items, have them judged, and cut another release.",
        ),
        checklist.MissingRow(
            found="The report on quality was not complete when answers 0.9.0 was made. Without an answer: Do experts stay as good as they were? What got through?",
            todo="The report says how to get each answer: do so, and cut another release.",
            links=(Link(label="Report on quality", href=f"{ROOT}/report"), Link(label="answers 0.9.0", href="/releases/rel-1")),
        ),
    ),
    form=checklist.MoveForm(
        action="#", idempotency_key="k-1",
        ways=(
            Choice(value="production", label="Production: a pilot has shown that it works"),
            Choice(value="closed", label="Closed: nothing new begins"),
        ),
        warning="Closing ends this pilot.",
    ),
)  # fmt: skip
MOVE = checklist.MoveRow(
    seq="2,101", before="draft", phase="pilot", at=f"{DAY}09:12:00Z", who="Mara Lindqvist", href="/receipts/2101",
    rationale="Contract and rubrics were agreed on with the client; now we want to see whether experts read them alike.",
    checklist="2 lines fail (Rights; Blinding), 7 lines pass and 2 lines do not apply", release=None,
)  # fmt: skip
READY = replace(
    NOW, missing=(),
    ready="answers 1.0.0: 140 records, 61 hard (44 %); values by axis: difficulty 4, domain 3, language 2; report on quality: complete.",
)  # fmt: skip
SHORT = "Expected a rationale of at least 20 characters that a later reader can follow."
assert NOW.form is not None
SAMPLES = (
    Sample("checklist", "checklist/checklist.html", FULL, within("Operating checklist", "Checklist")),
    Sample(
        "checklist-good", "checklist/checklist.html",
        replace(FULL, sentence="0 lines fail, 12 lines pass and 2 lines do not apply", lines=FULL.lines[:2]),
        within("Operating checklist", "Checklist"),
    ),
    Sample(
        "phase", "checklist/phase.html",
        checklist.Phase(now=NOW, pilots=(checklist.PilotRow(told="answers 0.9.0: 120 records, 12 hard (10 %); values by axis: domain 3.", name="answers 0.9.0", href="/releases/rel-1"),), moves=(MOVE,)),
        within("Phase", "Phase"),
    ),
    Sample(
        "phase-empty", "checklist/phase.html",
        checklist.Phase(now=replace(NOW, state=Pill(label="draft", tone="waiting"), missing=(), form=None), pilots=(), moves=()),
        within("Phase", "Phase"),
    ),
    Sample(
        "phase-refused", "checklist/phase.html",
        checklist.Phase(
            now=replace(READY, form=replace(NOW.form, rationale="Because.", errors=(("rationale", SHORT),))),
            pilots=(checklist.PilotRow(told=READY.ready, name="answers 0.9.1", href=None),),
            moves=(replace(MOVE, before="pilot", phase="production", release=Link(label="the pilot release", href="#")), MOVE),
        ),
        within("Phase", "Phase", notices=(Notice(kind="refused", sentence=SHORT, field="rationale"),)),
    ),
)  # fmt: skip

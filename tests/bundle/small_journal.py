"""A small journal with everything that a release must carry: observed and imported judgments, a tie, disagreements
settled, preserved and left open, an incomplete item, a batch below its threshold, gold items, a revised rubric.

It is made by hand and without a cell, so that a release is shown to need nothing but entries and contents.
"""

import hashlib
from dataclasses import dataclass, field

import msgspec

from tallystick import canon, events
from tallystick.bundle import Built, Opened
from tallystick.events.adjudication import DisagreementOpened, DisagreementPreserved, DisagreementSettled
from tallystick.events.contract import ContractFacts, ContractRevised, DomainFacts, ProgrammeOpened
from tallystick.events.envelope import Envelope, Event, ObjectRef, commitment, open_entry, seal_entry
from tallystick.events.gate import BatchMeasured
from tallystick.events.items import BatchOpened, ImportFinished, ItemImported
from tallystick.events.judgment import JudgmentImported, JudgmentSubmitted
from tallystick.events.oversight import CellOpened, ContentAccessed
from tallystick.events.release import ReleaseBuilt, ReleaseCut
from tallystick.events.roster import ExpertContractExecuted, PersonEnrolled, PersonQualified, QualificationStarted
from tallystick.events.rubric import CriterionFacts, RubricPublished
from tallystick.events.standing import JudgmentsCleared, JudgmentsHeld, JudgmentsRequeued
from tallystick.flow import gate
from tallystick.flow.document import read
from tallystick.flow.gate import Bar, Batch, Judged
from tallystick.flow.rubric import Rubric
from tallystick.ledger.signer import SoftwareSigner

SIGNER = SoftwareSigner("small.example/log", b"s" * 32)
RELEASE = "rel-aaaaaaaaaaaaaaaa"
START = 1_780_000_000_000_000
SECRET = "Ada Nobody"

CONTRACT = """
contract: tallystick/contract/1
name: small
title: A small programme
version: 1.0.0
simulated: true
behaviour: Answers <b>carefully</b> & well.
conditions: [One turn.]
evidence: [An expert prefers it.]
failures:
  - {id: wrong, severity: high, description: It is wrong.}
improvement:
  measure: Share preferred on held-out items.
  holdout: One in ten.
  acceptance:
    - {id: better, claim: It is better., slice: all, margin: "0.05"}
domains:
  medical: {rubric: medical, risk: high}
  software: {rubric: software, risk: medium}
  legal: {rubric: legal, risk: high}
sampling:
  quotas:
    - {axis: domain, value: medical, target: 10}
holdout: {share: "0.1", rule: Drawn by family.}
supervision:
  - {signal: preference, why: Experts can compare.}
rights:
  source_class: commissioned
  licence: CC0-1.0
  permitted_uses: [train, evaluate]
  retention_until: 2036-12-31
  regions: [any]
  reviewer_access: Leads see all.
  deletion: On request.
redundancy: {low: 3, medium: 3, high: 3, restricted: 3}
agreement: {metric: krippendorff_alpha, level: nominal, rule: estimate, items_min: 1, why: It copes with gaps.}
"""

RUBRIC = """
rubric: tallystick/rubric/1
id: {name}
domain: {name}
version: {version}
title: A rubric
task: Compare.
{revision}
threshold: {{value: "0.40", rationale: A small test.}}
criteria:
  - id: correct
    name: Correct
    question: {question}
    anchors: {{1: No., 5: Yes.}}
    abstain: When you cannot know.
    escalation: Ask the lead.
  - id: clear
    name: Clear
    question: Is it clear?
    gated: false
    anchors: {{1: No., 5: Yes.}}
    abstain: When you cannot know.
    escalation: Ask the lead.
"""
REVISED = "changelog: The question is sharper.\nrationale: Experts read it two ways."
SCORES = {
    "a_clearly": (5, 2), "a_slightly": (4, 3), "tie": (4, 4), "b_slightly": (3, 4), "b_clearly": (1, 5),
    "both_unacceptable": (1, 1), "abstain": (0, 0), "a": (0, 0), "b": (0, 0),
}  # fmt: skip
EXPERTS = ("per-one", "per-two", "per-three")
RATERS = ("per-src1", "per-src2", "per-src3")


@dataclass(slots=True)
class SmallJournal:
    """Entries in order, and the contents behind their commitments."""

    entries: list[bytes] = field(default_factory=list)
    vault: dict[str, Opened] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    judged: dict[str, list[Judged]] = field(default_factory=dict)

    def add(self, fact: Event, by: str = "per-lead") -> int:
        """Append a fact; its place in the log."""
        seq = len(self.entries)
        self.counts[by] = self.counts.get(by, 0) + 1
        digest = hashlib.sha256(f"{by}{seq}".encode()).hexdigest()
        envelope = Envelope(
            at=START + seq * 1_000_000, body=events.body_of(fact), by=by, cmd=digest, kind=fact.KIND,
            n=self.counts[by], req=digest, role="lead", seq=seq,
        )  # fmt: skip
        self.entries.append(seal_entry(envelope))
        return seq

    def seal(self, payload: bytes) -> ObjectRef:
        """Put content away; how the journal refers to it."""
        name = f"obj-{len(self.vault):05}"
        salt = hashlib.sha256(name.encode()).digest()
        self.vault[name] = Opened(payload, salt)
        return ObjectRef(object=name, commitment=commitment(salt, payload), bytes=len(payload))

    def open_objects(self, wanted: object) -> dict[str, Opened]:
        """What the vault gives for object ids."""
        assert isinstance(wanted, list)
        return {name: self.vault[name] for name in wanted}

    # --- the story --------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Cell, contract, rubrics, people."""
        self.add(CellOpened(
            cell="small", origin=SIGNER.name, vkey=SIGNER.vkey, custody=SIGNER.custody, order_seed="00" * 32,
            code_version="0.1.0",
        ))  # fmt: skip
        self.add(ProgrammeOpened(programme="small", contract=self.contract()))
        for name in ("medical", "software", "legal"):
            self.publish(name)
        for person in EXPERTS:
            self.enrol(person)

    def contract(self, *, version: str = "1.0.0", retention_until: str = "2036-12-31") -> ContractFacts:
        """What the journal says of the contract."""
        text = CONTRACT.replace("1.0.0", version).replace("2036-12-31", retention_until)
        domains = [
            DomainFacts(domain=name, rubric=name, risk="high", redundancy=3)
            for name in ("medical", "software", "legal")
        ]
        return ContractFacts(
            version=version, document=self.seal(text.encode()), document_digest=canon.digest(text.encode()),
            title="A small programme", domains=domains, metric="krippendorff_alpha", level="nominal", items_min=1,
            rule="estimate",
            lease_ms=1, permitted_uses=["train", "evaluate"], source_class="commissioned", licence="CC0-1.0",
            retention_until=retention_until, simulated=True,
        )  # fmt: skip

    def revise(self, *, retention_until: str) -> None:
        """A second version of the contract."""
        facts = self.contract(version="1.1.0", retention_until=retention_until)
        self.add(ContractRevised(programme="small", contract=facts, previous="1.0.0"))

    def publish(self, name: str, *, version: str = "1.0.0", previous: str | None = None) -> None:
        """A rubric version."""
        text = rubric_text(name, version)
        self.add(RubricPublished(
            programme="small", rubric=name, version=version, domain=name, document=self.seal(text.encode()),
            document_digest=canon.digest(text.encode()), criteria=[
                CriterionFacts(id="correct", low=1, high=5, gated=True),
                CriterionFacts(id="clear", low=1, high=5, gated=False),
            ], threshold_ppm=400_000, default_ppm=800_000, previous=previous, affected=["correct"] if previous else [],
        ))  # fmt: skip

    def enrol(self, person: str) -> None:
        """An expert with contract and qualification; the name stays closed."""
        profile = self.seal(canon.encode({"name": SECRET, "note": ""}))
        self.add(PersonEnrolled(
            person=person, roles=["expert"], expert_roles=["reviewer"], origin="observed", simulated=True,
            profile=profile,
        ))  # fmt: skip
        self.add(ExpertContractExecuted(person=person, template_digest="0" * 64, executed_at=1, ip_assigned_at=2))
        self.add(QualificationStarted(
            qualification=f"qua-{person}", person=person, programme="small", rubric="medical", version="1.0.0",
            items=["g1", "g2"], orders=["AB", "BA"], pass_mark=2, alpha_ppm=50_000, power_ppm=900_000,
        ), by=person)  # fmt: skip
        self.add(PersonQualified(
            qualification=f"qua-{person}", person=person, programme="small", rubric="medical", version="1.0.0",
            correct=2, items=2, pass_mark=2, by_criterion={"correct": 1_000_000},
        ), by=person)  # fmt: skip

    def enrol_rater(self, person: str, name: str) -> None:
        """A rater of imported judgments."""
        profile = self.seal(canon.encode({"name": name, "note": "Rater of a source."}))
        self.add(PersonEnrolled(
            person=person, roles=[], expert_roles=[], origin="imported", simulated=False, profile=profile,
        ))  # fmt: skip

    def batch(self, name: str, domain: str, *, purpose: str = "work") -> None:
        """A batch."""
        self.add(BatchOpened(batch=f"bat-{name}", programme="small", name=name, domain=domain, purpose=purpose))

    def item(self, name: str, batch: str, domain: str, *, purpose: str = "work", context: str | None = None) -> None:
        """An item with two candidates."""
        content = {
            "candidates": [{"text": f"Answer one to {name}, \u00fc."}, {"text": f"Answer two to {name}."}],
            "context": context, "prompt": f"Question {name}?",
        }  # fmt: skip
        identity = [{"model": f"model-{n}", "sampling": {"temperature": "0.7"}, "version": "1"} for n in "xy"]
        hidden = {"candidates": identity, "gold": None, "group": "family-1"}
        self.add(ItemImported(
            item=f"itm-{name}", programme="small", batch=f"bat-{batch}", domain=domain, purpose=purpose,
            signal="preference", external=name, row=1, run="run-1", content=self.seal(canon.encode(content)),
            hidden=self.seal(canon.encode(hidden)), taxonomy={"language": "en", "difficulty": "hard"}, needed=3,
            is_disagreement_expected=False, source_class="client_supplied", licence="CC0-1.0", content_key="0" * 64,
        ))  # fmt: skip

    def judge(self, name: str, batch: str, domain: str, *, verdicts: list[str]) -> None:
        """Observed judgments on an item, and the disagreement that they open."""
        for expert, verdict in zip(EXPERTS, verdicts, strict=False):
            scores = _scores(verdict)
            reasons = [{"citation": None, "criterion": "correct", "quote": "two", "text": f"{expert} on {name}"}]
            judgment = f"jdg-{name}-{expert}"
            self.add(JudgmentSubmitted(
                judgment=judgment, assignment=f"asg-{name}-{expert}", item=f"itm-{name}", programme="small",
                batch=f"bat-{batch}", expert=expert, role="expert", signal="preference", rubric=domain,
                rubric_version="1.0.0", contract_version="1.0.0", order="BA", verdict=verdict, scores=scores,
                reasons=["correct"], rationale=self.seal(canon.encode({"reasons": reasons})), defects=[], confirmed=[],
                active_ms=30_000, is_pre_contract=False,
            ), by=expert)  # fmt: skip
            self._judged(batch, judgment, f"itm-{name}", expert=expert, verdict=verdict, scores=scores)
        self._divided(name, batch, verdicts)

    def judge_elsewhere(self, name: str, batch: str, domain: str, *, verdicts: list[str]) -> None:
        """Imported judgments on an item: only the winner, one of them with a text."""
        for rater, verdict in zip(RATERS, verdicts, strict=False):
            reasons = [{"citation": None, "criterion": "", "quote": None, "text": "Two is better."}]
            judgment = f"jdg-{name}-{rater}"
            self.add(JudgmentImported(
                judgment=judgment, item=f"itm-{name}", programme="small", batch=f"bat-{batch}", expert=rater,
                signal="preference", rubric=domain, rubric_version="1.0.0", contract_version="1.0.0", verdict=verdict,
                scores={"correct": {"a": 5 if verdict == "a" else 1, "b": 1 if verdict == "a" else 5}}, reasons=[],
                rationale=self.seal(canon.encode({"reasons": reasons})) if rater == RATERS[0] else None,
                made_at="2023-01-01T00:00:00Z", source="old-study", row=7, run="run-2", is_pre_contract=True,
            ))  # fmt: skip
            scores = {"correct": {"a": 5 if verdict == "a" else 1, "b": 1 if verdict == "a" else 5}}
            self._judged(batch, judgment, f"itm-{name}", expert=rater, verdict=verdict, scores=scores)
        self._divided(name, batch, verdicts)

    def _judged(
        self, batch: str, judgment: str, item: str, *, expert: str, verdict: str, scores: dict[str, dict[str, int]]
    ) -> None:
        row = Judged(
            judgment=judgment, item=item, expert=expert, verdict=verdict, scores=scores, is_expected=False,
            rubric_version="1.0.0",
        )  # fmt: skip
        self.judged.setdefault(batch, []).append(row)

    def _divided(self, name: str, batch: str, verdicts: list[str]) -> None:
        if len(verdicts) == 3 and len({verdict[:2] for verdict in verdicts}) > 1:
            counts = {verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts))}
            self.add(DisagreementOpened(
                item=f"itm-{name}", programme="small", batch=f"bat-{batch}", counts=counts, is_expected=False,
                salt="0" * 32,
            ))  # fmt: skip

    def settle(self, name: str, batch: str, verdict: str) -> None:
        """An adjudicator decides."""
        self.add(DisagreementSettled(
            item=f"itm-{name}", programme="small", batch=f"bat-{batch}", adjudicator="per-senior", rubric="medical",
            rubric_version="1.0.0", verdict=verdict, criteria=["correct"], notes=self.seal(b"The second one errs."),
        ), by="per-senior")  # fmt: skip

    def preserve(self, name: str, batch: str) -> None:
        """An adjudicator keeps the distribution."""
        self.add(DisagreementPreserved(
            item=f"itm-{name}", programme="small", batch=f"bat-{batch}", adjudicator="per-senior", rubric="medical",
            rubric_version="1.0.0", counts={"a_clearly": 1}, criteria=["clear"], notes=self.seal(b"Both can be held."),
        ), by="per-senior")  # fmt: skip

    def judge_again(self, name: str, batch: str, domain: str, *, expert: str, verdict: str) -> None:
        """One more judgment on an item."""
        reasons = [{"citation": None, "criterion": "correct", "quote": None, "text": "One more."}]
        self.add(JudgmentSubmitted(
            judgment=f"jdg-{name}-{expert}", assignment=f"asg-{name}-{expert}", item=f"itm-{name}", programme="small",
            batch=f"bat-{batch}", expert=expert, role="expert", signal="preference", rubric=domain,
            rubric_version="1.0.0", contract_version="1.0.0", order="AB", verdict=verdict, scores=_scores(verdict),
            reasons=["correct"], rationale=self.seal(canon.encode({"reasons": reasons})), defects=[], confirmed=[],
            active_ms=30_000, is_pre_contract=False,
        ), by=expert)  # fmt: skip

    # --- work that is done again ------------------------------------------------------------------------------

    def hold(self, expert: str, judgments: list[str]) -> None:
        """Judgments of one expert wait for a review."""
        self.add(JudgmentsHeld(
            hold="hld-1", programme="small", expert=expert, judgments=judgments, cause="drift", reference="12",
        ))  # fmt: skip
        self._drop(judgments)

    def clear(self, judgments: list[str], rows: list[Judged]) -> None:
        """They stand."""
        self.add(JudgmentsCleared(
            hold="hld-1", programme="small", judgments=judgments, reviewer="per-senior", notes=self.seal(b"All well."),
        ))  # fmt: skip
        for row in rows:
            self.judged["med"].append(row)
        order = {name: place for place, name in enumerate(self._journal_order())}
        self.judged["med"].sort(key=lambda row: order[row.judgment])

    def requeue(self, judgments: list[str], *, cause: str = "intervention", domain: str = "medical") -> None:
        """Judgments are set aside, and their items opened again."""
        items = sorted({"itm-" + name.removeprefix("jdg-").rsplit("-per-", 1)[0] for name in judgments})
        self.add(JudgmentsRequeued(
            programme="small", judgments=judgments, items=items, cause=cause, reference="itv-1", by_same=True,
            rubric=domain, rubric_version="1.0.0", notes=None, salt="0" * 32,
        ))  # fmt: skip
        self._drop(judgments)

    def judge_anew(self, name: str, batch: str, domain: str, *, verdicts: list[str]) -> None:
        """The same experts judge an item again."""
        for expert, verdict in zip(EXPERTS, verdicts, strict=False):
            judgment = f"jdg-again-{name}-{expert}"
            reasons = [{"citation": None, "criterion": "correct", "quote": None, "text": "Seen again."}]
            self.add(JudgmentSubmitted(
                judgment=judgment, assignment=f"asg-again-{name}-{expert}", item=f"itm-{name}", programme="small",
                batch=f"bat-{batch}", expert=expert, role="expert", signal="preference", rubric=domain,
                rubric_version="1.0.0", contract_version="1.0.0", order="AB", verdict=verdict, scores=_scores(verdict),
                reasons=["correct"], rationale=self.seal(canon.encode({"reasons": reasons})), defects=[], confirmed=[],
                active_ms=30_000, is_pre_contract=False,
            ), by=expert)  # fmt: skip
            self._judged(batch, judgment, f"itm-{name}", expert=expert, verdict=verdict, scores=_scores(verdict))
        self._divided(name, batch, verdicts)

    def _drop(self, judgments: list[str]) -> None:
        for batch, rows in self.judged.items():
            self.judged[batch] = [row for row in rows if row.judgment not in judgments]

    def _journal_order(self) -> list[str]:
        facts = [events.fact_of(open_entry(entry)) for entry in self.entries]
        return [fact.judgment for fact in facts if isinstance(fact, JudgmentSubmitted | JudgmentImported)]

    def measure(
        self, batch: str, domain: str, *, incomplete: int, decision: str | None = None, value_ppm: int | None = None,
        code_version: str = "0.1.0",
    ) -> BatchMeasured:  # fmt: skip
        """The gate's real decision on a batch, or one that is put in its place."""
        rubric = read(rubric_text(domain, "1.0.0"), "rubric.yaml", Rubric)
        assert isinstance(rubric, Rubric)
        fact = gate.measure_batch(
            Batch(
                batch=f"bat-{batch}", programme="small", domain=domain, contract_version="1.0.0", incomplete=incomplete
            ),
            self.judged[batch], rubric,
            Bar(metric="krippendorff_alpha", level="nominal", rule="estimate", threshold_ppm=400_000),
            code_version=code_version,
        )  # fmt: skip
        if value_ppm is not None:
            fact = msgspec.structs.replace(fact, verdict=msgspec.structs.replace(fact.verdict, value_ppm=value_ppm))
        if decision:
            fact = msgspec.structs.replace(fact, decision=decision)
        self.add(fact)
        return fact

    def cut(
        self, *, use: str = "train", batches: list[str] | None = None, release: str = RELEASE, version: str = "1.0.0"
    ) -> int:
        """The decision that a release is made."""
        return self.add(ReleaseCut(
            release=release, programme="small", name="small", version=version, use=use,
            batches=batches or ["bat-med", "bat-soft"],
            left_out={"bat-law": "Expected agreement of at least 0.40, found 0.1."},
            schema="tallystick/release/3", code_version="0.1.0",
        ))  # fmt: skip


def rubric_text(name: str, version: str) -> str:
    """A rubric document."""
    is_first = version == "1.0.0"
    question = "Is it right?" if is_first else "Is it right here?"
    return RUBRIC.format(name=name, version=version, question=question, revision="" if is_first else REVISED)


def _scores(verdict: str) -> dict[str, dict[str, int]]:
    a, b = SCORES[verdict]
    return {} if (a, b) == (0, 0) else {"clear": {"a": a, "b": b}, "correct": {"a": a, "b": b}}


AGREED = ["a_clearly", "b_clearly", "a_clearly", "b_slightly", "a_slightly", "b_clearly", "a_clearly", "b_slightly"]


def small_journal(*, use: str = "train", cut: bool = True) -> SmallJournal:
    """The whole story up to the cut."""
    made = SmallJournal()
    made.begin()
    made.enrol("per-senior")
    for number, name in enumerate(RATERS, 1):
        made.enrol_rater(name, f"annotator-{number}")
    made.batch("gold", "medical", purpose="gold")
    made.item("gold-1", "gold", "medical", purpose="gold")
    made.batch("med", "medical")
    for number, verdict in enumerate(AGREED):
        made.item(f"med-{number}", "med", "medical", context="Said before." if number == 0 else None)
        made.judge(f"med-{number}", "med", "medical", verdicts=[verdict] * 3)
    divided = {
        "tie": ["tie", "tie", "tie"], "settled": ["a_clearly", "a_slightly", "b_slightly"],
        "preserved": ["a_clearly", "b_clearly", "tie"], "open": ["b_clearly", "a_slightly", "b_slightly"],
        "short": ["a_clearly"], "bad": ["both_unacceptable"] * 3,
    }  # fmt: skip
    for name, verdicts in divided.items():
        made.item(name, "med", "medical")
        made.judge(name, "med", "medical", verdicts=verdicts)
    made.settle("settled", "med", "a_slightly")
    made.preserve("preserved", "med")
    made.add(ContentAccessed(subject="itm-open", what="judgments", reason="adjudication"))
    made.batch("soft", "software")
    for number, verdict in enumerate(["a", "b", "a", "b", "a", "b"]):
        made.item(f"soft-{number}", "soft", "software")
        made.judge_elsewhere(f"soft-{number}", "soft", "software", verdicts=[verdict] * 3)
    made.batch("law", "legal")
    made.item("law-1", "law", "legal")
    made.judge("law-1", "law", "legal", verdicts=["a_clearly", "b_clearly", "tie"])
    for run, what in (("run-1", "items"), ("run-2", "judgments")):
        made.add(ImportFinished(
            run=run, programme="small", what=what, source="elsewhere", file_digest="f" * 64, rows=3, accepted=3,
            rejected=0, report=made.seal(b"[]"),
        ))  # fmt: skip
    made.measure("med", "medical", incomplete=1)
    made.measure("soft", "software", incomplete=0)
    made.publish("medical", version="1.1.0", previous="1.0.0")
    if cut:
        made.cut(use=use)
    return made


def built_event(built: Built) -> ReleaseBuilt:
    """What the cell says once the files are there."""
    return ReleaseBuilt(
        release=built.release, manifest_digest=built.manifest_digest, records_root=built.records_root,
        records=built.records, judgments=built.judgments, files=built.files,
    )  # fmt: skip

"""A small journal in which a gate failed and work was watched: an intervention from end to end, causes of disagreement,
declared groups, second looks, an audit, sentinels with an alarm. Made by hand, as small_journal is.
"""

import msgspec
from bundle.small_journal import EXPERTS, RELEASE, SmallJournal, small_journal

from tallystick.events.calibration import CalibrationEnded, CalibrationOpened, CalibrationRevealed
from tallystick.events.disagreement import (
    ClassCorrected,
    DisagreementClassified,
    DistributionRecorded,
    GroupCounts,
    WeighedTerm,
)
from tallystick.events.escape import RereviewAnswered, RereviewDrawn, StratumDrawn
from tallystick.events.gate import BatchMeasured, MeasuredValue
from tallystick.events.intervention import (
    DividedItemFacts,
    ExpertStoodDown,
    FindingFacts,
    InterventionClosed,
    InterventionDiagnosed,
    InterventionOpened,
    InterventionRemeasured,
    InterventionRevised,
    RubricRuledOut,
)
from tallystick.events.monitoring import ShortcutAudited, ShortcutEffect
from tallystick.events.release import ReleaseMonitored, SentinelTotal
from tallystick.events.sentinel import DriftDecided, DriftDetected, JudgmentChecked, SentinelPolicySet
from tallystick.flow.disagreement import classes

SET_ASIDE = [f"jdg-settled-{expert}" for expert in EXPERTS]
SENTINEL = "itm-gold-secret"
TOTALS = ReleaseMonitored(
    release=RELEASE, programme="small", policies=1, sentinels=[SentinelTotal(rubric="medical", answers=30, right=27)],
    alarms={"medical": 1}, held=0, found={"chance": 1},
)  # fmt: skip


def finding(kind: str, name: str, gain_ppm: int) -> FindingFacts:
    return FindingFacts(
        kind=kind, name=name, items=9, comparisons=20, gain_ppm=gain_ppm, low_ppm=10_000, high_ppm=90_000,
        share_ppm=500_000, rest_ppm=20_000 if kind in ("pair", "expert") else None, is_clear=True, reason=None,
    )  # fmt: skip


def intervention(made: SmallJournal, failed: BatchMeasured, failed_seq: int) -> None:
    """Opened, diagnosed, a session, a revision, work redone, measured again, closed."""
    made.add(InterventionOpened(
        intervention="itv-1", programme="small", domain="medical", rubric="medical", rubric_version="1.0.0",
        contract_version="1.0.0", batch="bat-med", measured_seq=failed_seq, inputs_digest=failed.inputs_digest,
        metric="krippendorff_alpha", level="nominal", rule="estimate", threshold_ppm=400_000, short=[failed.verdict],
    ))  # fmt: skip
    made.add(InterventionDiagnosed(
        intervention="itv-1", programme="small", round=1, batch="bat-med", rubric_version="1.0.0",
        inputs_digest=failed.inputs_digest, value_ppm=300_000, threshold_ppm=400_000,
        findings=[finding("criterion", "correct", 60_000), finding("expert", "per-three", 30_000)], left_out=0,
        items=[DividedItemFacts(item="itm-settled", gain_ppm=50_000)], beside=["correct"], code_version="0.1.0", seed=0,
    ))  # fmt: skip
    made.add(CalibrationOpened(
        calibration="cal-1", intervention="itv-1", programme="small", batch="bat-med", domain="medical",
        rubric="medical", rubric_version="1.0.0", items=["itm-settled", "itm-med-0"], participants=list(EXPERTS),
    ))  # fmt: skip
    made.add(CalibrationRevealed(
        calibration="cal-1", labels=6, agreement=value("verdict", 500_000), missing=[], reason=None,
    ))  # fmt: skip
    made.add(CalibrationEnded(calibration="cal-1", outcome="held", marks=2, examples=1, reason=None))
    made.add(InterventionRevised(
        intervention="itv-1", programme="small", rubric="medical", version="1.1.0", previous="1.0.0",
        affected=["correct"], calibration="cal-1",
    ))  # fmt: skip
    made.requeue(SET_ASIDE)
    made.judge_anew("settled", "med", "medical", verdicts=["a_slightly"] * 3)


def value(what: str, ppm: int) -> MeasuredValue:
    return MeasuredValue(
        what=what, metric="krippendorff_alpha", level="nominal", status="ok", value_ppm=ppm, low_ppm=None,
        high_ppm=None, items=2, raters=3, judgments=6,
    )  # fmt: skip


def ended(made: SmallJournal, failed: BatchMeasured, again: BatchMeasured, again_seq: int) -> None:
    """Somebody stood down in the end, and the batch passed."""
    made.add(RubricRuledOut(
        intervention="itv-1", programme="small", round=1, rubric="medical", rubric_version="1.1.0", calibration="cal-1",
        diagnosed_seq=1, justification=made.seal(b"Words that stay in the cell."), evidence_digest="e" * 64,
    ))  # fmt: skip
    made.add(ExpertStoodDown(
        intervention="itv-1", programme="small", round=1, person="per-three", rubric="medical", rubric_version="1.1.0",
        ruled_out_seq=1, findings=[finding("expert", "per-three", 30_000)],
        justification=made.seal(b"Words that stay in the cell."), evidence_digest="e" * 64,
    ))  # fmt: skip
    made.add(InterventionRemeasured(
        intervention="itv-1", programme="small", round=1, batch="bat-med", measured_seq=again_seq,
        rubric_version="1.0.0", before=failed.verdict, after=again.verdict, difference_ppm=40_000, low_ppm=-10_000,
        high_ppm=90_000, method="item_bootstrap", reason=None, redone=3, waiting=1, decision=again.decision,
    ))  # fmt: skip
    made.add(InterventionClosed(
        intervention="itv-1", programme="small", outcome="passed", measured_seq=again_seq, words=None,
    ))  # fmt: skip


MILLI = {
    "missing_context": -900, "rubric_ambiguity": -700, "expertise_gap": -1200, "rater_error": -300,
    "value_diversity": 0,
}  # fmt: skip


def classified(item: str, cause: str | None) -> DisagreementClassified:
    """A classification by the built-in model whose posterior follows from its one term."""
    model = classes.model_of(None)
    fact = DisagreementClassified(
        item=item, programme="small", batch="bat-med", status="ok", posterior={}, cause=cause,
        proposed="value_diversity", confidence_ppm=None, absent=["groups"], helps=[], judges=3, model=model.name,
        terms=[WeighedTerm(source="labels", milli=MILLI, sentence="Split.")], model_digest=model.digest,
        inputs_digest="1" * 64, code_version="0.1.0", salt="0" * 32,
    )  # fmt: skip
    posterior = classes.posterior_again(fact, model.overall)
    return msgspec.structs.replace(fact, posterior=posterior, confidence_ppm=posterior["value_diversity"])


def causes(made: SmallJournal, *, shift_ppm: int = 0) -> None:
    """Why two items divide; a person corrected one; groups of those who judged the preserved one."""
    fact = classified("itm-preserved", "value_diversity")
    shifted = {
        name: share + shift_ppm * ((name == "value_diversity") - (name == "rater_error"))
        for name, share in fact.posterior.items()
    }
    made.add(msgspec.structs.replace(fact, posterior=shifted))
    seq = made.add(classified("itm-open", None))
    made.add(ClassCorrected(
        item="itm-open", programme="small", batch="bat-med", classified_seq=seq, proposed=None, cause="rater_error",
        note=made.seal(b"Words that stay in the cell."),
    ))  # fmt: skip
    made.add(DistributionRecorded(
        item="itm-preserved", programme="small", batch="bat-med", axis="age", categories=["a", "b", "tie"],
        cells=[GroupCounts(groups=["under-40"], people=5, counts={"a": None, "b": None, "tie": 0})],
        total={"a": 4, "b": 1, "tie": 0}, people=5, cell_min=5, hidden=2, salt="0" * 32,
    ))  # fmt: skip


def second_looks(made: SmallJournal) -> None:
    """Two draws of one round; one defect among four answers, one drawn item that nobody answered."""
    for draw, sample in ((1, ["itm-med-0", "itm-med-1"]), (2, ["itm-med-2", "itm-med-3", "itm-med-4"])):
        made.add(RereviewDrawn(
            rereview="rrv-1", programme="small", round=1, draw=draw, since=0, until=50, contract_version="1.0.0",
            strata=[StratumDrawn(risk="high", pool=100, pool_digest="2" * 64, sample=sample)],
            secret=made.seal(b"k" * 32),
        ))  # fmt: skip
    for number in range(4):
        is_defect = number == 2
        made.add(RereviewAnswered(
            rereview="rrv-1", programme="small", item=f"itm-med-{number}", reviewer="per-senior", is_defect=is_defect,
            severity="high" if is_defect else None, cause="rater_error" if is_defect else None,
            failure="wrong" if is_defect else None, notes=made.seal(b"Words that stay in the cell."),
        ))  # fmt: skip


def audits(made: SmallJournal) -> None:
    """One audit over all judgments, by rubric version, and of one expert."""
    effect = ShortcutEffect(
        feature="length", status="ok", unequal=10, spread_ppm=1, win_ppm=600_000, win_low_ppm=500_000,
        win_high_ppm=700_000, adjusted_ppm=40_000, is_called=True, plain_ppm=None, plain_low_ppm=None,
        plain_high_ppm=None,
    )  # fmt: skip
    for audit, axis, name in (("aud-1", "all", ""), ("aud-2", "all", ""), ("aud-2", "rubric_version", "medical 1.0.0"),
                              ("aud-2", "expert", "per-one")):  # fmt: skip
        made.add(ShortcutAudited(
            audit=audit, programme="small", axis=axis, name=name, source="here", language=None, pairs=30, tied=2,
            missing=0, prompts=14, accuracy_ppm=520_000, accuracy_low_ppm=400_000, accuracy_high_ppm=640_000,
            accuracy_status="ok", is_flagged=False, effects=[effect], left_out=0, erased=0, inputs_digest="3" * 64,
            upto=1, code_version="0.1.0", seed=0,
        ))  # fmt: skip


def sentinels(made: SmallJournal) -> None:
    """A policy, thirty answers of three experts, an alarm that chance explains. Another programme has some too."""
    made.add(SentinelPolicySet(
        programme="small", version=1, acceptable_ppm=900_000, unacceptable_ppm=700_000, found_within=100,
        found_asked_ppm=900_000, false_horizon=1000, false_asked_ppm=50_000, rate_ppm=100_000, if_right=-1, if_wrong=3,
        limit=9, unit_nano=1, found_ppm=900_000, false_ppm=50_000, judgments_between=9000, delay_worst_milli=9000,
        delay_usual_milli=8000, delay_90=12, secret=made.seal(b"z" * 32),
    ))  # fmt: skip
    for number in range(31):
        is_elsewhere = number == 30
        made.add(JudgmentChecked(
            judgment=f"jdg-secret-{number}", programme="other" if is_elsewhere else "small", domain="medical",
            rubric="medical", rubric_version="1.0.0", expert=EXPERTS[number % 3], item=f"{SENTINEL}-{number}", policy=1,
            is_sentinel=True, is_correct=number >= 3, near={}, salt="0" * 32,
        ))  # fmt: skip
    made.add(JudgmentChecked(
        judgment="jdg-med-0-per-one", programme="small", domain="medical", rubric="medical", rubric_version="1.0.0",
        expert="per-one", item="itm-med-0", policy=1, is_sentinel=False, is_correct=None, near={}, salt="0" * 32,
    ))  # fmt: skip
    alarm = made.add(DriftDetected(
        programme="small", rubric="medical", rubric_version="1.0.0", expert="per-two", policy=1, score=9, limit=9,
        answers=10, right=7, shift_from=2, earliest=1, held_after=3, crossed_seq=4, held=0,
    ))  # fmt: skip
    made.add(DriftDecided(
        programme="small", rubric="medical", expert="per-two", detected_seq=alarm, found="chance",
        words=made.seal(b"Words that stay in the cell."),
    ))  # fmt: skip


def told_journal(
    *, totals: ReleaseMonitored | None = TOTALS, passed_value_ppm: int | None = None, shift_ppm: int = 0
) -> SmallJournal:
    """The whole story up to the cut.

    totals            what the cell says of sentinels
    passed_value_ppm  what the intervention says it measured in the end, if not what was measured
    shift_ppm         by how much the posterior of a cause says more than its evidence
    """
    made = small_journal(cut=False)
    failed = made.measure("med", "medical", incomplete=1, decision="fail", code_version="0.0.9")
    intervention(made, failed, len(made.entries) - 1)
    again = made.measure("med", "medical", incomplete=1)
    again_seq = len(made.entries) - 1
    if passed_value_ppm is not None:
        again = _with(again, passed_value_ppm)
    ended(made, failed, again, again_seq)
    causes(made, shift_ppm=shift_ppm)
    second_looks(made)
    audits(made)
    sentinels(made)
    if totals is not None:
        made.add(totals)
    made.cut()
    return made


def _with(fact: BatchMeasured, ppm: int) -> BatchMeasured:
    return msgspec.structs.replace(fact, verdict=msgspec.structs.replace(fact.verdict, value_ppm=ppm))

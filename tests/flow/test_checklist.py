"""The operating checklist: each line passes, fails, and does not apply where it can, each for a reason in the facts."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import pytest
from living_cell import contract_text, criterion_text, rubric_text

from tallystick.flow.checklist import (
    FAIL,
    LINES,
    MOVES,
    NOT_APPLICABLE,
    PASS,
    PHASES,
    AlikeGold,
    Facts,
    HeldOut,
    Pilot,
    Released,
    Source,
    checklist,
    digest,
    missing,
    phased,
    refuse_closed,
    refuse_move,
    rests_on,
)
from tallystick.flow.contract import DataContract
from tallystick.flow.document import read
from tallystick.flow.escape import Answer, Estimate, Reviewed, Round, estimate
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric

WORDS = (
    "observable behaviour; train and evaluation objectives apart; anchors and abstention on every dimension; rights; "
    "qualifications by risk; blinding; ties and disagreement representable; verifiers where objective; holdout "
    "isolated and deduplicated; QA by severity, family and cause; holdout impact test; everything versioned; "
    "welfare controls; public claims"
)
"""SPEC 1.7."""
WELFARE = "welfare: {categories: {grim: {warning: It is grim., items_daily_max: 9}}}\n"
SENIOR = "assignment: {senior: {years: 10}}\ncredentials: [{type: board, risks: [high, restricted]}]\nrouting: {}\n"
UNREVIEWED = SENIOR.replace("{senior", "{reviews: {high: '0'}, senior")


def contract(*changes: tuple[str, str], more: str = "", **terms: object) -> DataContract:
    """The contract of the small cell with some words exchanged."""
    text = contract_text(**terms) + more  # type: ignore[arg-type]  # by name
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    found = read(text.encode(), "contract.yaml", DataContract)
    assert isinstance(found, DataContract), found
    return found


def rubric(*, abstain: str = "    abstain: When you cannot read it.\n", gated: bool = True) -> Rubric:
    text = rubric_text(gated=gated)
    for name, question in (("reasoning", "Does it follow?"), ("concision", "Short?")):
        plain = criterion_text(name, question, gated=gated and name == "reasoning")
        text = text.replace(plain, plain + abstain)
    found = read(text.encode(), "rubric.yaml", Rubric)
    assert isinstance(found, Rubric), found
    return found


def looked(*, answered: int = 10, drawn: int = 10, defects: int = 1, risk: str = "medium") -> Estimate:
    """Second looks at one tier of a hundred finished items."""
    bad = Answer(is_defect=True, severity="high", cause="rater_error", failure="padding")
    answers = [
        Reviewed(round=1, risk=risk, places={}, answer=bad if n < defects else Answer(is_defect=False))
        for n in range(answered)
    ]
    return estimate([Round(number=1, pools={risk: 100}, drawn={risk: drawn})], answers)


GOOD = Facts(
    contract=contract(), contract_seq=2, today=date(2030, 1, 1), rubrics={"general": rubric()},
    qualified={"general": 3}, finished={"general": 100}, observed=200, blinded=200,
    items=120, showing=120, held_out=HeldOut(items=20, others=100),
    second=looked(), results=frozenset({"better"}),
)  # fmt: skip
"""Facts on which no line fails."""


def of(**changes: object) -> Facts:
    return replace(GOOD, **changes)  # type: ignore[arg-type]  # by name


def terms(*changes: tuple[str, str], **more: str) -> Facts:
    return of(contract=contract(*changes, **more))


def signal(name: str) -> tuple[str, str]:
    return "signal: preference", f"signal: {name}"


def release(use: str) -> Released:
    return Released(release=f"rel-{use}", name="one", version="1.0.0", use=use, batches=("bat-1",))


MEASURE = ("measure: Share of held-out questions won.", "measure: The assistant answers plainly.")
PUBLISH = ("train, evaluate", "train, evaluate, publish")
ONLY = ("train, evaluate", "evaluate")
RISK = ("risk: medium", "risk: high")
RESTRICTED = ("risk: medium", "risk: restricted")
BINARY = Source(name="old", judgments=20, verdicts=frozenset("ab"))
HEAVY = replace(GOOD, categories=frozenset({"grim"}))


@dataclass(frozen=True)
class Row:
    """Facts, the line that they are about, how it stands, and words that it says."""

    line: str
    facts: Facts
    state: str
    says: str
    todo: str = ""

    def __str__(self) -> str:
        return f"{self.line}: {self.says[:40]}"


TABLE = (
    Row("behaviour", GOOD, PASS, "1 condition, with 1 kind of evidence and 1 class of failures"),
    Row("behaviour", of(rubrics={}), FAIL, "is not published", "Publish it first."),
    Row("behaviour", of(rubrics={"general": rubric(gated=False)}), FAIL, "no criterion is gated", "Gate at least one"),
    Row("behaviour", of(not_agreed={"general": "Nobody signed."}), FAIL, "Nobody signed.", "Have both roles agree"),
    Row("objectives", GOOD, PASS, "a measure of its own and 1 acceptance test"),
    Row("objectives", terms(("train, evaluate", "train")), FAIL, "do not permit to evaluate", "evaluate permitted"),
    Row("objectives", terms((", why: Degrees matter.", "")), FAIL, "Nothing says what preference", "informative"),
    Row("objectives", terms(MEASURE), FAIL, "in the very words", "Say what is counted"),
    Row("objectives", of(releases=(release("train"), release("evaluate"))), FAIL, "1 batch was released for", "one of"),
    Row("objectives", terms(ONLY), NOT_APPLICABLE, "permit evaluate alone"),
    Row("dimensions", GOOD, PASS, "2 criteria with 4 anchors; 2 with a rule for abstaining"),
    Row("dimensions", of(rubrics={"general": rubric(abstain="")}), FAIL, "no abstention rule", "Revise the rubric"),
    Row("dimensions", of(rubrics={}), FAIL, "without any dimension: general", "Publish the rubrics"),
    Row("rights", GOOD, PASS, "Commissioned, CC0-1.0; for train, evaluate; kept until 2040-01-01"),
    Row("rights", terms(("licence: CC0-1.0", "licence: Ours.")), PASS, "Commissioned, Ours; for train"),
    Row("rights", GOOD, PASS, "; in any region."),
    Row("rights", terms(("regions: [any]", "regions: [DE, FR]")), PASS, "; in DE, FR."),
    Row("rights", of(today=date(2040, 1, 1)), PASS, "kept until 2040-01-01"),
    Row("rights", of(today=date(2040, 1, 2)), FAIL, "Retention ended on 2040-01-01", "Revise the contract"),
    Row("rights", of(unlicensed=("itm-1",)), FAIL, "1 item has no source or no licence", "Import them again"),
    Row("rights", of(releases=(release("publish"),)), FAIL, "one 1.0.0 (publish)", "Tell who holds them"),
    Row("qualifications", GOOD, PASS, "general (medium risk) 3"),
    Row("qualifications", of(qualified={}), FAIL, "Nobody is qualified", "qualify on gold items"),
    Row("qualifications", of(left_out={"general": {"stands-down": 2}}), PASS, "an intervention: general (2)."),
    Row("qualifications", of(left_out={"general": {"disqualified": 1}}), PASS, "confirmed disqualifier: general (1)."),
    Row("qualifications", of(qualified={}, left_out={"general": {"no-credential": 3}}), FAIL,
        "Nobody who is qualified may be given work now in general.", "Have what keeps them out settled"),
    Row("qualifications", of(closed_signals={"general": "critique"}), FAIL, "critique in general", "qualify on them"),
    Row("qualifications", of(short_gold={("general", "critique"): 2}), FAIL, "critique in general (2 more)", "Import"),
    Row("qualifications", of(alike_gold={("general", "critique"): AlikeGold(verdicts=("Good",), more=2, kinds=2)}),
        FAIL, "critique in general (2 more for which another verdict than Good is right)", "Import so many more"),
    Row("qualifications", of(alike_gold={("general", "safety"): AlikeGold(verdicts=("A", "B"), more=6, kinds=3)}),
        FAIL, "safety in general (6 more for which another verdict than A or B is right)",
        "Of safety in general (3 verdicts), the gold items need as many different verdicts."),
    Row("qualifications", replace(terms(RISK, more=SENIOR), seniors=1), PASS, "1 domain demands a credential"),
    Row("qualifications", terms(RISK, more=SENIOR), FAIL, "senior adjudicator yet", "Grant it"),
    Row("qa", terms(RISK, more=UNREVIEWED), FAIL, "no second look at items of high risk", "rate above 0"),
    Row("qualifications", terms(RISK), FAIL, "No credential is demanded in general (high risk)", "section credentials"),
    Row("qualifications", terms(RISK), FAIL, "Nobody is named senior", "section assignment"),
    Row("qualifications", terms(RESTRICTED), FAIL, "open to people without a clearance: general", "section routing"),
    Row("qualifications", of(sources=(Source(name="old", judgments=4),)), FAIL, "4 judgments were made elsewhere", ""),
    Row("blinding", GOOD, PASS, "200 judgments were made here"),
    Row("rights", of(items=0), FAIL, "There is no item yet", "Import items with"),
    Row("qualifications", of(qualified={"general": 1}), FAIL, "to be judged by: general (1 of 2)", "Have more experts"),
    Row("versions", of(observed=0), FAIL, "There is no judgment yet", "Have items judged."),
    Row("blinding", of(showing=0, blinded=0), NOT_APPLICABLE, "No item shows a candidate yet"),
    Row("blinding", of(blinded=0), FAIL, "on an item that shows candidates, so none", "Have items judged here."),
    Row("blinding", of(observed=0, blinded=0), FAIL, "No judgment was made here yet", "Have items judged"),
    Row("blinding", of(sources=(Source(name="old", judgments=1),)), FAIL, "1 judgment was made elsewhere", "apart"),
    Row("blinding", of(unblinded=("itm-1",)), FAIL, "judged by somebody who had seen behind", "by others"),
    Row("blinding", terms(signal("process")), NOT_APPLICABLE, "process alone: items show no candidates"),
    Row("ties", GOOD, PASS, "A disagreement can be settled or preserved."),
    Row("ties", terms(("risk: medium", "risk: low")), FAIL, "Judged once", "two judgments"),
    Row("ties", of(contract=contract(metric="krippendorff_alpha", level="ordinal")), FAIL, "is ordinal", "nominal"),
    Row("ties", of(sources=(BINARY,)), FAIL, "had to choose", "where a tie"),
    Row("verifiers", terms(signal("outcome")), FAIL, "There is no item of outcome yet", "Import items"),
    Row("verifiers", replace(terms(signal("tooltrace")), objective=9), FAIL, "0 of 9 items of tooltrace", "runs no"),
    Row("verifiers", replace(terms(signal("outcome")), objective=9, verified=9), PASS, "that this cell ran."),
    Row("verifiers", GOOD, NOT_APPLICABLE, "asks for preference: no signal of it"),
    Row("holdout", GOOD, PASS, "20 items are held out of 120"),
    Row("holdout", terms(('share: "0.1"', 'share: "0"')), FAIL, "holds no item out", "Name a share"),
    Row("holdout", of(held_out=HeldOut(others=9)), FAIL, "No held-out item is in this cell", "before work starts"),
    Row("holdout", of(held_out=HeldOut(items=1, others=99)), FAIL, "1 of 100 items are held out, fewer", "more of"),
    Row("holdout", of(held_out=HeldOut(items=20, others=9, late=2)), FAIL, "2 held-out items came in after", "before"),
    Row("holdout", of(held_out=HeldOut(items=20, others=9, twins=1)), FAIL, "1 held-out item has the same", "Take one"),
    Row("holdout", terms(ONLY), NOT_APPLICABLE, "The rights permit no training"),
    Row("qa", GOOD, PASS, "By severity: high 1. By family: padding 1. By cause: rater error 1."),
    Row("qa", of(second=None), FAIL, "Of 100 finished items none was looked at", "Draw a sample"),
    Row("qa", of(second=None, finished={}), FAIL, "Of 0 finished items", "Have items finished first."),
    Row("qa", of(second=looked(drawn=12)), FAIL, "2 drawn items wait", "Have them looked at."),
    Row("qa", of(second=looked(risk="low")), FAIL, "finished items of medium risk", "Draw some of each risk."),
    Row("impact", GOOD, PASS, "Acceptance tests with a result: 1 of 1."),
    Row("impact", of(results=frozenset()), FAIL, "No result on the holdout is in the journal for better", "takes no"),
    Row("impact", terms(("train, evaluate", "train")), FAIL, "the holdout cannot be used", "evaluate permitted"),
    Row("impact", terms(ONLY), NOT_APPLICABLE, "no checkpoint comes of this data"),
    Row("versions", GOOD, PASS, "Contract 1.0.0 in force since entry 2"),
    Row("versions", of(unknown_versions=3), FAIL, "3 judgments were made under a version", "Publish that version"),
    Row("versions", of(affected={"general": 2}), FAIL, "2 judgments under earlier versions of general", "Decide on"),
    Row("welfare", replace(HEAVY, contract=contract(more=WELFARE)), PASS, "1 kind of content named, each with a"),
    Row("welfare", HEAVY, FAIL, "although there is grim", "section welfare"),
    Row("welfare", terms(signal("safety")), FAIL, "although there is safety", "section welfare"),
    Row("welfare", terms(RESTRICTED), FAIL, "general (restricted risk)", "section welfare"),
    Row("welfare", replace(terms(more=WELFARE), categories=frozenset({"gory"})), FAIL, "does not name: gory", "Name"),
    Row("welfare", terms(more=WELFARE.replace(", items_daily_max: 9", "")), FAIL, "limit or break: grim", "Limit the"),
    Row("welfare", GOOD, NOT_APPLICABLE, "Nothing of the programme weighs on people"),
    Row("claims", replace(terms(PUBLISH), releases=(release("publish"),)), FAIL, "for one 1.0.0", "Read their cards"),
    Row(
        "claims", replace(terms(PUBLISH), releases=(release("publish"),), checked_claims=frozenset({"rel-publish"})),
        PASS, "1 release for publication, 1 with a check",
    ),
    Row("claims", terms(PUBLISH), NOT_APPLICABLE, "Nothing was released for publication yet"),
    Row("claims", GOOD, NOT_APPLICABLE, "do not permit to publish"),
)  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_a_line_says_what_was_found(row: Row) -> None:
    found = {one.id: one for one in checklist(row.facts)}[row.line]
    assert found.state == row.state, found
    assert row.says in found.found
    assert row.todo in found.todo
    assert bool(found.todo) == (found.state == FAIL)
    assert found.evidence


def test_the_lines_are_those_of_the_specification_in_its_order() -> None:
    titles = "; ".join(title for _, title, _ in LINES)
    assert titles.replace("; QA", "; qa").lower() == WORDS.replace("; QA", "; qa").lower()


def test_every_line_can_be_each_result_that_it_claims() -> None:
    """A line that never fails checks nothing; seven of them always apply."""
    seen = {(row.line, row.state) for row in TABLE}
    names = [name for name, _, _ in LINES]
    assert {name for name in names if (name, PASS) not in seen or (name, FAIL) not in seen} == set()
    always = {"behaviour", "dimensions", "rights", "qualifications", "ties", "qa", "versions"}
    assert {name for name in names if (name, NOT_APPLICABLE) not in seen} == always


def test_good_facts_fail_nowhere_and_another_state_has_another_digest() -> None:
    lines = checklist(GOOD)
    assert [one.id for one in lines if one.state == FAIL] == []
    assert digest(lines) == digest(checklist(GOOD))
    assert digest(lines) != digest(checklist(of(blinded=201)))


# --- phases -----------------------------------------------------------------------------------------------------

REASON = "The pilot has shown what it was to show."
FULL = Pilot(
    release="rel-2", name="pilot", version="1.1.0", records=10, hard=4, unanswered=(),
    places={"domain": {"general": 10}, "language": {"de": 3, "en": 7}},
)  # fmt: skip
Change = Callable[[Pilot], Pilot]
LACKING: tuple[tuple[str, Change], ...] = (
    ("hard-cases-missing", lambda one: replace(one, hard=3)),
    ("hard-cases-missing", lambda one: replace(one, hard=0)),
    ("slices-missing", lambda one: replace(one, places={"domain": {"general": 10}})),
    ("slices-missing", lambda one: replace(one, places={"content": {"grim": 1, "gory": 2}})),
    ("report-incomplete", lambda one: replace(one, unanswered=("escape",))),
)


@pytest.mark.parametrize(("code", "change"), LACKING)
def test_production_waits_for_what_a_pilot_lacks(code: str, change: Change) -> None:
    found = missing(GOOD.contract, "pilot", [change(FULL)])
    assert [one.code for one in found] == [code]
    assert found[0].found
    assert found[0].todo
    refused = refuse_move(GOOD.contract, "pilot", "production", rationale=REASON, pilots=[change(FULL)])
    assert isinstance(refused, Refused)
    assert (refused.code, refused.names) == ("pilot-incomplete", (code,))
    assert found[0].todo in refused.sentence


def test_one_good_pilot_is_enough_and_none_is_not() -> None:
    poor = replace(FULL, release="rel-3", hard=0)
    assert rests_on(GOOD.contract, [poor, FULL]) == FULL
    assert missing(GOOD.contract, "pilot", [poor, FULL]) == []
    assert [one.code for one in missing(GOOD.contract, "pilot", [])] == ["no-pilot-release"]
    assert [one.code for one in missing(GOOD.contract, "draft", [FULL])] == ["not-in-pilot"]
    easy = contract(("quotas:", 'hard_share_min: "0", quotas:'))
    assert [one.code for one in missing(easy, "pilot", [replace(FULL, hard=0)])] == ["hard-cases-missing"]
    assert missing(easy, "pilot", [replace(FULL, hard=1)]) == []


@pytest.mark.parametrize("before", PHASES)
@pytest.mark.parametrize("after", PHASES)
def test_every_move_that_there_is_and_no_other(before: str, after: str) -> None:
    refused = refuse_move(GOOD.contract, before, after, rationale=REASON, pilots=[FULL])
    assert (refused is None) == (after in MOVES[before])
    assert refused is None or refused.code == "phase-order"


def test_a_move_needs_a_phase_and_a_reason() -> None:
    for wanted, reason, code in (("elsewhere", REASON, "bad-phase"), ("pilot", " short ", "rationale-too-short")):
        refused = refuse_move(GOOD.contract, "draft", wanted, rationale=reason, pilots=[])
        assert isinstance(refused, Refused)
        assert refused.code == code
    assert [phase for phase in PHASES if refuse_closed(phase)] == ["closed"]


def test_what_a_release_holds_is_counted_along_the_axes_of_the_plan() -> None:
    strata = [
        ("medical", {"difficulty": "hard", "content": "grim"}, 2),
        ("legal", {"failure_cluster": "wrong-dose", "language": "de"}, 1),
        ("legal", {"difficulty": "easy"}, 4),
    ]  # fmt: skip
    fact = phased(strata, release="rel-1", programme="p", phase="pilot", since=9, unanswered=["escape"])
    assert (fact.records, fact.hard, fact.since, fact.unanswered) == (7, 3, 9, ["escape"])
    assert fact.places == {
        "difficulty": {"easy": 4, "hard": 2}, "domain": {"legal": 5, "medical": 2},
        "failure_cluster": {"wrong-dose": 1}, "language": {"de": 1},
    }  # fmt: skip

"""Data contracts: what is refused, what is found lacking, how quotas fill, whether rubrics fit."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick import canon
from tallystick.flow import contract as contracts
from tallystick.flow.contract import (
    AXES,
    DataContract,
    check_bound,
    check_rubrics,
    check_version,
    count_items,
    findings,
    hard_share,
    is_hard,
    quota_fill,
    redundancy_for,
)
from tallystick.flow.document import Problem, from_plain, placed, plain, read, write
from tallystick.flow.rubric import Rubric

PROGRAMME = Path(contracts.__file__).parents[2] / "sim" / "data" / "programme"
DEMO = (PROGRAMME / "contract.yaml").read_text()
TODAY = date(2026, 11, 21)

SMALL = """\
contract: tallystick/contract/1
name: doses
title: Doses
version: 1.0.0
behaviour: Name the limit.
conditions: [A layperson asks.]
evidence: [An expert prefers it.]
failures:
  - {id: wrong-dose, description: A dose that harms., severity: critical}
  - {id: padding, description: Words that say nothing., severity: low}
improvement:
  measure: Share preferred.
  holdout: One in ten.
  acceptance:
    - {id: better, claim: It is preferred., slice: domain=medical, margin: 0.05}
domains:
  medical: {rubric: medical, risk: high}
  creative: {rubric: creative, risk: low}
sampling:
  quotas:
    - {axis: domain, value: medical, target: 6}
    - {axis: domain, value: creative, target: 4}
    - {axis: difficulty, value: easy, target: 3}
    - {axis: difficulty, value: medium, target: 3}
    - {axis: difficulty, value: hard, target: 3}
    - {axis: difficulty, value: boundary, target: 1}
holdout: {share: 0.1, rule: By family.}
supervision:
  - {signal: preference, why: Experts can compare.}
rights:
  source_class: commissioned
  licence: Ours.
  permitted_uses: [train, evaluate]
  retention_until: 2031-12-31
  regions: [EU]
  reviewer_access: Experts see their own items.
  deletion: By destroying the key.
redundancy: {low: 2, high: 3}
agreement: {metric: krippendorff_alpha, level: nominal, why: Few use every verdict.}
assignment: {senior: {years: 8}}
"""


def sound(text: str = SMALL) -> DataContract:
    """The contract of a text that must be sound."""
    found = read(text, "contract.yaml", DataContract)
    assert isinstance(found, DataContract), [problem.sentence for problem in found]
    return found


def edited(before: str, after: str) -> str:
    """The small contract with one replacement, which must apply."""
    assert before in SMALL
    return SMALL.replace(before, after, 1)


# what is replaced in SMALL | by what | line | path | a word of what is expected | a word of what is found
WRONG = [
    ("tallystick/contract/1", "tallystick/contract/2", 1, "contract", "'tallystick/contract/1'", "contract/2"),
    ("name: doses", "name: Doses!", 2, "name", "a short name", "Doses!"),
    ("conditions: [A layperson asks.]", "conditions: []", 6, "conditions", "1 or more", "a list of 0"),
    ("severity: critical", "severity: fatal", 9, "failures[0].severity", "'critical'", "fatal"),
    ("id: padding", "id: wrong-dose", 10, "failures[1].id", "each id once", "again"),
    ("domain=medical", "domain=surgery", 15, "improvement.acceptance[0].slice", "medical, legal", "surgery"),
    ("domain=medical", "doctor=who", 15, "improvement.acceptance[0].slice", "an axis and a value", "doctor=who"),
    ("margin: 0.05", "margin: 5%", 15, "improvement.acceptance[0].margin", "a margin", "5%"),
    ("creative: {rubric", "poetry: {rubric", 18, "domains.poetry", "'creative'", "poetry"),
    ("risk: low", "risk: none", 18, "domains.creative.risk", "'restricted'", "none"),
    ("value: creative", "value: legal", 22, "sampling.quotas[1].value", "domains medical, creative", "legal"),
    ("value: creative", "value: medical", 22, "sampling.quotas[1]", "one quota for each", "again"),
    ("value: hard", "value: tough", 25, "sampling.quotas[4].value", "easy, medium, hard, boundary", "tough"),
    ("axis: difficulty, value: hard", "axis: language, value: English", 25, "sampling.quotas[4].value", "BCP 47", "E"),
    ("value: hard, target: 3", "value: hard, target: 0", 25, "sampling.quotas[4].target", "at least 1", "number 0"),
    ("share: 0.1", "share: 0.6", 27, "holdout.share", "at most half", "0.6"),
    ("signal: preference", "signal: opinion", 29, "supervision[0].signal", "preference", "opinion"),
    ("[train, evaluate]", "[train, train]", 33, "rights.permitted_uses", "each entry once", "train"),
    ("[train, evaluate]", "[train, sell]", 33, "rights.permitted_uses[1]", "'publish'", "sell"),
    ("2031-12-31", "2031-02-30", 34, "rights.retention_until", "a date", "2031-02-30"),
    ("2031-12-31", "soon", 34, "rights.retention_until", "a date", "soon"),
    ("[EU]", "[Europe]", 35, "rights.regions[0]", "a region", "Europe"),
    ("[EU]", "[any, EU]", 35, "rights.regions", "`any` alone", "any, EU"),
    ("high: 3", "high: 1", 38, "redundancy.high", "at least 2", "the number 1"),
    (
        "krippendorff_alpha, level: nominal",
        "gwet_ac1, level: ordinal",
        39,
        "agreement.level",
        "knows no order",
        "ordinal",
    ),
    ("krippendorff_alpha, level: nominal", "cohen_kappa", 38, "redundancy.high", "compares two experts", "3"),
]


@pytest.mark.parametrize("row", WRONG, ids=[f"{row[3]}: {row[1][:20]}" for row in WRONG])
def test_a_fault_is_named_with_its_line(row: tuple[str, str, int, str, str, str]) -> None:
    before, after, line, path, expected, found = row
    problems = read(edited(before, after), "contract.yaml", DataContract)
    assert isinstance(problems, list)
    (problem,) = problems
    assert (problem.line, problem.path) == (line, path)
    assert expected in problem.expected
    assert found in problem.found


def test_every_part_of_a_contract_is_asked_for() -> None:
    problems = read("title: Nothing else\n", "contract.yaml", DataContract)
    assert isinstance(problems, list)
    optional = {"changelog", "rationale", "redundancy", "lease_minutes", "simulated", "title"}
    # A contract without these sections asks for nothing of their kind
    optional |= {"pay", "welfare", "routing", "assignment", "credentials", "pool"}
    assert {problem.path for problem in problems} == set(DataContract.model_fields) - optional


def test_contracts_survive_text_and_journal() -> None:
    for contract in (sound(), sound(DEMO)):
        assert read(write(contract), "contract.yaml", DataContract) == contract
        data = plain(contract)
        canon.check(data)
        assert from_plain(data, DataContract) == contract


@settings(deadline=None)
@given(st.data())
def test_a_damaged_contract_gives_problems_or_another_contract(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(SMALL)))
    end = data.draw(st.integers(start, min(len(SMALL), start + 40)))
    found = read(SMALL[:start] + data.draw(st.text(max_size=6)) + SMALL[end:], "contract.yaml", DataContract)
    assert isinstance(found, DataContract) or all(problem.fix for problem in found)


def test_the_documented_contract_is_sound_and_lacks_nothing() -> None:
    text = (Path(__file__).parents[2] / "docs" / "stages" / "contract.md").read_text()
    assert findings(sound(text.split("```yaml\n")[1].split("```")[0]), TODAY) == []


# --- findings ---------------------------------------------------------------------------------------------------


def test_a_sound_contract_has_no_findings() -> None:
    assert findings(sound(), TODAY) == []
    assert findings(sound(DEMO), TODAY) == []


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("value: creative, target: 4", "value: creative, target: 5", "quota-sums"),
        ("value: easy, target: 3", "value: easy, target: 4", "quota-sums"),
        ("\nholdout:", "\n    - {axis: severity, value: high, target: 11}\nholdout:", "quota-sums"),
        ("    - {axis: domain, value: creative, target: 4}\n", "", "domain-without-quota"),
        ("    - {axis: difficulty, value: easy, target: 3}\n", "", "difficulty-open"),
        ("sampling:", "sampling:\n  hard_share_min: 0.5", "plan-too-easy"),
        (", why: Experts can compare.", "", "supervision-without-why"),
        ("{signal: preference, why: Experts", "{signal: redteam, why: Experts", "restricted-signal-open"),
        ("2031-12-31", "2026-11-21", "retention-over"),
        ("[train, evaluate]", "[train]", "evaluate-not-permitted"),
        ("[train, evaluate]", "[evaluate]", "train-not-permitted"),
        ("share: 0.1", "share: 0", "no-holdout"),
        ("{low: 2, high: 3}", "{high: 3}", "judged-once"),
        (", why: Few use every verdict.", "", "metric-without-why"),
        ("level: nominal", "level: ordinal", "ordinal-leaves-out"),
        ("krippendorff_alpha, level: nominal, why: Few use every verdict.", "percent_agreement", "chance-not-removed"),
        ("severity: low}\nimp", "severity: low}\n  - {id: x, description: y, severity: high}\nimp", "failure-order"),
    ],
)
def test_what_a_contract_lacks_is_found(before: str, after: str, code: str) -> None:
    assert [finding.code for finding in findings(sound(edited(before, after)), TODAY)] == [code]


def test_client_material_is_not_published_without_a_word() -> None:
    text = edited("source_class: commissioned", "source_class: client_supplied")
    text = text.replace("[train, evaluate]", "[train, evaluate, publish]")
    assert [finding.code for finding in findings(sound(text), TODAY)] == ["publish-client-material"]


# --- quotas -----------------------------------------------------------------------------------------------------


def test_quotas_fill_in_the_contracts_order() -> None:
    fills = quota_fill(sound(), {("domain", "medical"): 3, ("domain", "creative"): 5, ("domain", "legal"): 9})
    assert [(fill.value, fill.filled, fill.missing, fill.share_ppm) for fill in fills[:3]] == [
        ("medical", 3, 3, 500_000),
        ("creative", 5, 0, 1_250_000),
        ("easy", 0, 3, 0),
    ]


def test_easy_items_show() -> None:
    contract = sound()
    assert hard_share(contract, hard=0, total=0).share_ppm is None
    assert not hard_share(contract, hard=0, total=0).is_inflated
    inflated = hard_share(contract, hard=34, total=100)
    assert (inflated.share_ppm, inflated.is_inflated) == (340_000, True)
    assert not hard_share(contract, hard=35, total=100).is_inflated


def test_items_are_counted_on_every_axis_that_they_have() -> None:
    items: list[dict[str, str | None]] = [
        {"domain": "medical", "difficulty": "hard", "failure_cluster": "wrong-dose", "mood": "good"},
        {"domain": "medical", "difficulty": "easy", "failure_cluster": None},
    ]
    assert count_items(items) == {
        ("domain", "medical"): 2, ("difficulty", "hard"): 1, ("difficulty", "easy"): 1,
        ("failure_cluster", "wrong-dose"): 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("taxonomy", "expected"),
    [
        ({"difficulty": "hard"}, True),
        ({"difficulty": "boundary"}, True),
        ({"difficulty": "easy", "failure_cluster": "wrong-dose"}, True),
        ({"difficulty": "medium"}, False),
        ({}, False),
    ],
)
def test_hard_is_hard_boundary_or_a_known_failure(taxonomy: dict[str, str | None], expected: bool) -> None:  # a table
    assert is_hard(taxonomy) is expected


def test_every_axis_has_values() -> None:
    assert set(contracts.AXIS_VALUES) | set(contracts.AXIS_SHAPES) == set(AXES)


def test_redundancy_follows_risk() -> None:
    assert redundancy_for(sound(), "medical") == 3
    assert redundancy_for(sound(), "creative") == 2
    assert contracts.Redundancy() == contracts.Redundancy(low=1, medium=2, high=2, restricted=2)
    with pytest.raises(KeyError):
        redundancy_for(sound(), "legal")


# --- versions and rubrics ---------------------------------------------------------------------------------------

NEXT = SMALL.replace("version: 1.0.0", "version: 1.1.0\nchangelog: More.\nrationale: Because.")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (SMALL, "version-not-higher"),
        (NEXT, "nothing-changed"),
        (SMALL.replace("1.0.0", "1.1.0").replace("Doses", "All doses"), "changelog-missing"),
        (NEXT.replace("rationale: Because.\n", "").replace("Doses", "All doses"), "rationale-missing"),
        (NEXT.replace("name: doses", "name: pills"), "contract-differs"),
        (NEXT + "simulated: true\n", "simulated-changed"),
    ],
)
def test_a_version_may_not_follow(text: str, code: str) -> None:
    refused = check_version(sound(), sound(text))
    assert refused is not None
    assert refused.code == code


@pytest.mark.parametrize(
    ("risk", "codes", "expected"),
    [
        ("high", ["tiers-unbound", "tiers-unsaid"], "medical is of high or restricted risk"),
        (
            "restricted",
            ["tiers-unbound", "restricted-open", "restricted-unlimited", "tiers-unsaid"],
            "medical is of",
        ),
        ("medium", ["tiers-unsaid"], None),
    ],
)
def test_careful_tiers_bind_whoever_brings_a_version_into_force(
    risk: str, codes: list[str], expected: str | None
) -> None:
    """It is no fault of the document: versions from before stay readable. Low risk is told of what it leaves out."""
    text = SMALL.replace("assignment: {senior: {years: 8}}\n", "").replace("{low: 2, high: 3}", "{low: 2}")
    text = text.replace("medical, risk: high", f"medical, risk: {risk}")
    found = sound(text)
    assert [one.code for one in findings(found, TODAY)] == codes
    problems = placed(check_bound(found, "contract.yaml"), text)
    lines = [n for n, line in enumerate(text.splitlines(), 1) if "rubric: medical" in line]
    assert [one.line for one in problems] == lines * (len(codes) - 1)
    assert all(expected in one.sentence for one in problems if expected)
    assert all("senior: {role: adjudicator" in one.fix for one in problems[:1])
    assert check_bound(sound(), "contract.yaml") == []


def test_the_domains_that_need_a_senior_are_named_in_their_number() -> None:
    nobody = ("{senior: {years: 8}}", "{others_first: true}")
    (one,) = read(edited(*nobody), "contract.yaml", DataContract)
    assert isinstance(one, Problem)
    assert "because medical is of high or restricted risk" in one.sentence
    text = SMALL.replace(*nobody).replace("risk: low", "risk: high")
    (both,) = read(text.encode(), "contract.yaml", DataContract)
    assert isinstance(both, Problem)
    assert "because medical, creative are of high or restricted risk" in both.sentence


BOUND = SMALL.replace("medical, risk: high", "medical, risk: restricted").replace("{low: 2, high: 3}", "{low: 2}") + (
    "routing: {domains: {}}\nwelfare: {minutes_daily_max: 240}\n"
)
NOBODY = 'assignment: {senior: {years: 8}, reviews: {high: "0", restricted: "0"}}'


@pytest.mark.parametrize(
    ("text", "code", "path", "words"),
    [
        (
            SMALL.replace("assignment: {senior: {years: 8}}", NOBODY), "tier-unreviewed", "assignment.reviews.high",
            "a rate above 0, because medical is of high risk, found 0. Leave the rate out",
        ),
        (
            BOUND.replace("assignment: {senior: {years: 8}}", NOBODY), "tier-unreviewed",
            "assignment.reviews.restricted", "a rate above 0, because medical is of restricted risk",
        ),
        (
            BOUND.replace("routing: {domains: {}}\n", ""), "restricted-open", "domains.medical.risk",
            "the section `routing`, because medical is of restricted risk",
        ),
        (
            BOUND.replace("welfare: {minutes_daily_max: 240}\n", ""),
            "restricted-unlimited", "domains.medical.risk",
            "the section `welfare` with a limit of at most 720 minutes",
        ),
        (
            BOUND.replace("{minutes_daily_max: 240}", "{categories: {grim: {warning: Grim.}}}"),
            "restricted-unlimited",
            "welfare", "found no limit",
        ),
        (
            BOUND.replace("minutes_daily_max: 240", "minutes_daily_max: 721"), "restricted-unlimited", "welfare",
            "found none that anybody reaches. Say how much is enough",
        ),
        (
            BOUND.replace("minutes_daily_max: 240", "rest: {after_minutes: 1440, minutes: 1}"),
            "restricted-unlimited", "welfare", "of at most 720 minutes or 720 items a day",
        ),
        (
            BOUND.replace("minutes_daily_max: 240", "categories: {a: {warning: Grim., items_daily_max: 721}}"),
            "restricted-unlimited", "welfare", "found none that anybody reaches",
        ),
    ],
)  # fmt: skip
def test_a_tier_binds_what_its_sections_say(text: str, code: str, path: str, words: str) -> None:
    """A rate of nothing, open doors and no limits are refused of a version to come, and told of one from before."""
    found = sound(text)
    (problem,) = placed(check_bound(found, "contract.yaml"), text)
    assert (problem.path, problem.line is not None) == (path, True)
    assert words in problem.sentence
    assert [one.severity for one in findings(found, TODAY) if one.code == code] == ["serious"]
    for good in (
        BOUND,
        BOUND.replace("minutes_daily_max: 240", "minutes_daily_max: 720"),
        BOUND.replace("{minutes_daily_max: 240}", "{categories: {a: {warning: Grim., items_daily_max: 9}}}"),
    ):
        assert check_bound(sound(good), "contract.yaml") == []


def test_a_version_with_reasons_may_follow() -> None:
    assert check_version(None, sound()) is None
    assert check_version(sound(), sound(NEXT.replace("title: Doses", "title: All doses"))) is None


def rubrics() -> dict[str, Rubric]:
    """The demo's rubrics in their newest version."""
    found = [read(path.read_text(), path.name, Rubric) for path in sorted(PROGRAMME.glob("rubric-*.yaml"))]
    sounds = [rubric for rubric in found if isinstance(rubric, Rubric)]
    return {rubric.id: rubric for rubric in sorted(sounds, key=lambda rubric: rubric.number)}


def test_the_demo_contract_fits_its_rubrics() -> None:
    assert check_rubrics(sound(DEMO), rubrics()) == []
    assert sound(DEMO).simulated


def test_a_rubric_that_is_missing_or_misplaced_is_a_problem_with_a_line() -> None:
    text = edited("{rubric: medical", "{rubric: legal").replace("rubric: creative", "rubric: verse")
    found = {name: rubric for name, rubric in rubrics().items() if name in {"legal", "software"}}
    problems = placed(check_rubrics(sound(text), found), text)
    assert [(problem.line, problem.path, problem.expected) for problem in problems] == [
        (17, "domains.medical.rubric", "a rubric for medical"),
        (18, "domains.creative.rubric", "a published rubric"),
        (16, "domains", "only rubrics that the contract names"),
    ]


def test_a_rubric_that_gates_nothing_does_not_fit() -> None:
    found = rubrics()
    criteria = tuple(criterion.model_copy(update={"gated": False}) for criterion in found["medical"].criteria)
    found["medical"] = found["medical"].model_copy(update={"criteria": criteria})
    wanted = {name: found[name] for name in ("medical", "creative")}
    assert [problem.expected for problem in check_rubrics(sound(), wanted)] == ["a rubric that gates"]

"""What would help most: a planted cause is found, the rubric comes before people, and chance is not called clear."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace

import pytest
from living_cell import rubric_text

from tallystick.flow.diagnosis import (
    CLUSTER,
    CRITERION,
    EXPERT,
    ITEMS_SHOWN,
    KINDS,
    PAIR,
    VERSION,
    Diagnosis,
    Finding,
    diagnose,
)
from tallystick.flow.document import read
from tallystick.flow.gate import Bar, Judged
from tallystick.flow.rubric import Rubric

BAR = Bar(metric="krippendorff_alpha", level="nominal", rule="estimate", threshold_ppm=900_000)
Strata = dict[str, dict[str, str]]
SCORES = {1: {"a": 4, "b": 2}, -1: {"a": 2, "b": 4}, 0: {"a": 3, "b": 3}}


def rubric() -> Rubric:
    found = read(rubric_text(), "rubric.yaml", Rubric)
    assert isinstance(found, Rubric)
    return found


RUBRIC = rubric()


@dataclass(frozen=True)
class World:
    """Experts who score two criteria and give the verdict that the first of them asks for.

    noise    how often an expert reads a criterion the other way round
    unclear  the same for `reasoning` on items of the kind difficulty=hard
    careless an expert who answers by chance, whatever the scores say
    """

    items: int = 300
    experts: str = "uvxy"
    noise: float = 0.04
    unclear: float = 0.04
    careless: str = ""
    seed: int = 1

    def rows(self) -> tuple[list[Judged], Strata]:
        chance = random.Random(self.seed)  # noqa: S311 - made-up experts, no secret
        found, strata = list[Judged](), Strata()
        for item in range(self.items):
            is_hard = item % 3 == 0
            strata[f"i-{item}"] = {"difficulty": "hard" if is_hard else "easy", "language": chance.choice(["en", "de"])}
            truth = chance.choice([1, -1])
            for expert in chance.sample(self.experts, 3):
                wrong = chance.random() < (self.unclear if is_hard else self.noise)
                lean = -truth if wrong else truth
                other = chance.choice([1, -1, 0])
                verdict = "a_clearly" if lean > 0 else "b_clearly"
                if expert == self.careless:
                    verdict = chance.choice(["a_clearly", "b_clearly"])
                found.append(
                    Judged(
                        judgment=f"j-{item}-{expert}", item=f"i-{item}", expert=expert, verdict=verdict,
                        scores={"reasoning": SCORES[lean], "concision": SCORES[other]}, is_expected=False,
                        rubric_version="1.0.0",
                    )
                )  # fmt: skip
        return found, strata


def of(world: World, bar: Bar = BAR) -> Diagnosis:
    rows, strata = world.rows()
    found = diagnose(rows, RUBRIC, bar, strata=strata)
    assert found is not None
    return found


def named(found: Diagnosis, kind: str, name: str) -> Finding:
    return next(finding for finding in found.findings if (finding.kind, finding.name) == (kind, name))


def kinds(findings: Iterable[Finding]) -> set[tuple[str, str]]:
    return {(finding.kind, finding.name) for finding in findings if finding.is_clear}


def test_a_criterion_that_is_read_differently_comes_first_and_its_items_are_named() -> None:
    found = of(World(unclear=0.5))
    assert found.best is not None
    assert (found.best.kind, found.best.name) == (CRITERION, "reasoning")
    hard = named(found, CLUSTER, "difficulty=hard")
    assert hard.is_clear
    assert not named(found, CRITERION, "concision").is_clear
    # What the experts said elsewhere is near full agreement: mending the criterion gives nearly all of the shortfall.
    assert found.best.share_ppm is not None
    assert found.best.share_ppm > 700_000
    assert found.best.low_ppm is not None
    assert found.best.low_ppm > 0
    rows, _ = World(unclear=0.5).rows()
    assert all(len({j.verdict for j in rows if j.item == item.item}) == 2 for item in found.items)
    assert len(found.items) == ITEMS_SHOWN
    assert [item.gain_ppm for item in found.items] == sorted((i.gain_ppm for i in found.items), reverse=True)


def test_who_answers_by_chance_is_found_and_none_of_the_others() -> None:
    found = of(World(careless="x"))
    careless = named(found, EXPERT, "x")
    assert careless.is_clear
    assert careless.rest_ppm is not None
    assert careless.rest_ppm > 50_000, "no criterion accounts for it"
    assert {name for kind, name in kinds(found.findings) if kind == EXPERT} == {"x"}
    assert all("x" in name for kind, name in kinds(found.findings) if kind == PAIR)
    assert not named(found, CRITERION, "concision").is_clear


def test_the_rubric_stands_before_people_in_every_list() -> None:
    found = of(World(unclear=0.5, careless="x"))
    order = [KINDS.index(finding.kind) for finding in found.findings]
    assert order == sorted(order)
    assert found.best is not None
    assert found.best.kind == CRITERION
    assert ("expert", "x") in kinds(found.findings)
    assert found.beside == ("reasoning",)


def test_what_a_criterion_accounts_for_is_not_left_to_people() -> None:
    found = of(World(unclear=0.5))
    for finding in found.findings:
        if finding.kind in {PAIR, EXPERT} and finding.rest_ppm is not None:
            assert abs(finding.rest_ppm) < 20_000


def test_parts_that_are_like_the_rest_are_seldom_called_clear() -> None:
    """The stated error rate is 0.05 for a whole diagnosis; of 30 runs, 6 or more come less than once in 200."""
    runs = [of(World(items=150, noise=0.2, unclear=0.2, seed=seed)) for seed in range(30)]
    wrong = [run for run in runs if kinds(run.findings) - {(CRITERION, "reasoning")}]
    assert len(wrong) < 6


def test_a_version_that_was_read_differently_is_found() -> None:
    rows, strata = World(noise=0.02, unclear=0.02).rows()
    chance = random.Random(2)  # noqa: S311 - made-up experts, no secret
    old = [
        replace(j, rubric_version="0.9.0", verdict=chance.choice(["a_clearly", "b_clearly"]))
        if int(j.item.removeprefix("i-")) < 80
        else j
        for j in rows
    ]
    found = diagnose(old, RUBRIC, BAR, strata=strata)
    assert found is not None
    assert named(found, VERSION, "0.9.0").is_clear
    assert not any(finding.kind == VERSION for finding in of(World()).findings), "one version is none to compare"


def test_the_order_of_the_judgments_changes_nothing() -> None:
    rows, strata = World(unclear=0.4, careless="x").rows()
    first = diagnose(rows, RUBRIC, BAR, strata=strata)
    rows.sort(key=lambda j: j.judgment[::-1])
    assert diagnose(rows, RUBRIC, BAR, strata=strata) == first


def test_two_experts_are_one_pair_and_nothing_is_said_of_them() -> None:
    rows, strata = World().rows()
    two = [j for j in rows if j.expert in "uv"]
    found = diagnose(two, RUBRIC, BAR, strata=strata)
    assert found is not None
    assert not any(finding.kind in {PAIR, EXPERT} for finding in found.findings)


@pytest.mark.parametrize(
    ("metric", "level"),
    [
        ("krippendorff_alpha", "nominal"), ("krippendorff_alpha", "ordinal"), ("gwet_ac1", "nominal"),
        ("percent_agreement", "nominal"), ("fleiss_kappa", "nominal"),
    ],
)  # fmt: skip
def test_every_coefficient_of_a_contract_can_be_diagnosed(metric: str, level: str) -> None:
    bar = replace(BAR, metric=metric, level=level)
    found = of(World(unclear=0.5), bar)
    assert found.best is not None
    assert (found.best.kind, found.best.name) == (CRITERION, "reasoning")


def test_judgments_that_compare_nothing_are_left_out() -> None:
    rows, strata = World(unclear=0.4).rows()
    silent = [replace(j, judgment=f"{j.judgment}-s", expert="silent", verdict="abstain") for j in rows[::3]]
    assert diagnose([*rows, *silent], RUBRIC, BAR, strata=strata) == diagnose(rows, RUBRIC, BAR, strata=strata)


def test_scores_of_steps_have_no_direction_and_end_no_diagnosis() -> None:
    rows, strata = World(unclear=0.4).rows()
    steps = {name: {"s1": 4, "s2": 1} for name in ("reasoning", "concision")}
    found = diagnose([replace(one, scores=steps) for one in rows], RUBRIC, BAR, strata=strata)
    assert found is not None
    assert not any(finding.is_clear and finding.kind == "criterion" for finding in found.findings)


def test_nothing_to_compare_and_nothing_short_of_full_agreement_have_no_diagnosis() -> None:
    rows, strata = World(noise=0, unclear=0).rows()
    assert diagnose(rows, RUBRIC, BAR, strata=strata) is None
    assert diagnose([j for j in rows if j.expert == "u"], RUBRIC, BAR, strata=strata) is None
    assert diagnose([], RUBRIC, BAR, strata={}) is None


def test_a_small_batch_says_that_it_is_too_small() -> None:
    rows, strata = World(items=6, unclear=0.5, noise=0.4).rows()
    found = diagnose(rows, RUBRIC, BAR, strata=strata)
    assert found is not None
    assert found.best is None
    small = [finding for finding in found.findings if finding.gain_ppm is None]
    assert small
    assert all(finding.reason and "items" in finding.reason for finding in small)

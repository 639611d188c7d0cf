"""The gate takes its policy from its domain, and whoever checks a release takes the same one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from living_cell import PROGRAMME, World, contract_text, item_row, jsonl, world_at

from tallystick.app import contract, gate, items, release
from tallystick.app.items import ImportReport
from tallystick.app.kernel import new_key
from tallystick.audit.release import Status, verify_release
from tallystick.flow import gate as flow
from tallystick.flow.document import Problem
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish

DOMAINS = ("general", "creative")
PLAIN = "creative: {rubric: creative, risk: medium}"
OWN = "creative: {rubric: creative, risk: medium, agreement: {metric: gwet_ac1, items_min: 4, why: One model wins.}}"


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    with world_at(sqlite_url, tmp_path / "cell", domains=DOMAINS, gold=False) as world:
        yield world


def revise(world: World, own: str, version: str = "1.1.0") -> object:
    text = contract_text(version, domains=DOMAINS).replace(PLAIN, own).replace("Terms", version)
    text = text.replace("The plan changed", f"The plan of {version} changed")
    return contract.bring_into_force(world.cell, world.lead, text=text, name="c.yaml", key=new_key())


def judged(world: World, *, number: int = 5) -> None:
    """Both domains, in which two raters of another study agree on all items but one of five."""
    for domain in DOMAINS:
        names = [f"{domain}-{n}" for n in range(number)]
        world.bring([item_row(name, domain=domain) for name in names])
        rows: list[dict[str, object]] = [
            {"item": name, "rater": rater, "verdict": "b" if (place, rater) == (0, "y") else "a"}
            for place, name in enumerate(names)
            for rater in ("x", "y")
        ]
        report = items.import_judgments(
            world.cell, world.lead, jsonl(rows), programme=PROGRAMME, name="j.jsonl", source=domain
        )
        assert isinstance(report, ImportReport)


def test_a_domain_with_a_policy_of_its_own_is_measured_by_it_and_no_other_is(world: World) -> None:
    judged(world)
    assert isinstance(revise(world, OWN), contract.ContractInForce)
    own, other = world.measure("creative"), world.measure("general")
    assert (own.verdict.metric, own.contract_version) == ("gwet_ac1", "1.1.0")
    assert other.verdict.metric == "percent_agreement"
    assert own.verdict.value_ppm != other.verdict.value_ppm
    assert isinstance(revise(world, PLAIN, "1.2.0"), contract.ContractInForce)
    assert world.measure("creative").verdict == other.verdict


def test_too_few_items_for_the_domain_are_too_few(world: World) -> None:
    judged(world, number=3)
    assert isinstance(revise(world, OWN.replace("gwet_ac1", "percent_agreement")), contract.ContractInForce)
    found = world.measure("creative")
    assert (found.decision, "bring 1 more" in found.why) == ("undecided", True)


def test_a_policy_says_why(world: World) -> None:
    found = revise(world, OWN.replace(", why: One model wins.", ""))
    assert isinstance(found, list)
    assert isinstance(found[0], Problem)
    assert found[0].path == "domains.creative.agreement.why"


def test_whoever_checks_a_release_takes_the_policy_of_the_domain(world: World, tmp_path: Path) -> None:
    judged(world)
    assert isinstance(revise(world, OWN), contract.ContractInForce)
    wish = Wish(programme=PROGRAMME, name="set", version="1.0.0", use="train", batches=(world.batch("creative"),))
    assert isinstance(release.cut(world.cell, world.lead, wish, key=new_key()), release.Made)
    assert isinstance(release.export(world.cell, world.lead, "set-1.0.0", tmp_path / "out"), release.Exported)
    assert verify_release(tmp_path / "out", world.cell.signer.vkey).status is Status.OK


def test_a_batch_is_measured_once_until_something_changes_that_its_figures_rest_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(world)
    batch, measure, found = world.batch("creative"), flow.measure_batch, []

    def watched(*given: object, **named: object) -> object:
        found.append(measure(*given, **named))  # type: ignore[arg-type]  # handed on
        return found[-1]

    monkeypatch.setattr(flow, "measure_batch", watched)

    def changed() -> gate.BatchPage:
        """What the page shows now: measured once more, shown again without, and as the gate's own page has it."""
        before = len(found)
        page = gate.batch_page(world.cell, world.lead, batch)
        assert isinstance(page, gate.BatchPage)
        assert gate.batch_page(world.cell, world.lead, batch) == page
        assert (len(found), page.now) == (before + 1, found[-1])
        return page

    pages = [changed()]
    names = ("creative-5", "creative-6")
    world.bring([item_row(name, domain="creative") for name in names])
    rows: list[dict[str, object]] = [
        {"item": name, "rater": rater, "verdict": verdict}
        for name in names for rater, verdict in (("x", "a"), ("z", "b"))
    ]  # fmt: skip
    items.import_judgments(world.cell, world.lead, jsonl(rows), programme=PROGRAMME, name="k.jsonl", source="more")
    pages.append(changed())
    assert isinstance(revise(world, OWN), contract.ContractInForce)
    pages.append(changed())
    world.publish("1.1.0", domain="creative", question="Does it hold?")
    pages.append(changed())
    said = [page.now.verdict for page in pages if not isinstance(page.now, Refused)]
    assert len({(one.value_ppm, one.metric) for one in said}) == 3
    assert pages[0].verdict != pages[1].verdict != pages[2].verdict
    assert len(pages[0].pairs) < len(pages[1].pairs)

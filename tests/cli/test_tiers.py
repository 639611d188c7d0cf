"""`tallystick programme load`, `draw-due`, `senior`, `review-written`: how work stands, and what leads do about it."""

from pathlib import Path

import pytest
from console import SECRET, as_lead, run
from living_cell import PROGRAMME, contract_text, world_at

from tallystick.app import access, contract, roster
from tallystick.app.kernel import new_key

SET = ("--programme", PROGRAMME)
WHY = ("--reason", "Fifteen years of practice, as the papers that I saw say.")
SECTION = """assignment:
  reviews: {low: "0.10", medium: "1", high: "0.20", restricted: "0.20"}
  senior: {role: adjudicator, years: 5}
  others_first: false
"""


@pytest.fixture(scope="module")
def tiered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """Three finished items of medium risk, all of which are looked at again; its batch, and an adjudicator."""
    folder = tmp_path_factory.mktemp("tiered") / "cell"
    with world_at(f"sqlite+pysqlite:///{folder / 'cell.db'}", folder) as world:
        text = contract_text("1.1.0") + SECTION
        done = contract.bring_into_force(world.cell, world.lead, text=text, name="contract.yaml", key=new_key())
        assert isinstance(done, contract.ContractInForce), done
        world.work(3)
        for expert in (world.expert(), world.expert()):
            for _ in range(3):
                world.judge(expert)
        adjudicator = world.expert("adjudicator", domains=())
        vera = roster.NewPerson(name="Vera", roles=("lead",), login="vera", password=SECRET)
        assert isinstance(roster.enrol(world.cell, access.CELL, vera, key=new_key()), roster.Enrolled)
        batch = world.batch()
    return folder, batch, adjudicator.person


def test_load_says_what_is_needed_and_drawing_serves_it(tiered: tuple[Path, str, str]) -> None:
    cell, batch, _ = tiered
    code, answer = as_lead(cell, "programme", "load", *SET)
    assert (code, [one["judged"] for one in answer["workers"]], answer["seniors"]) == (0, [3, 3], [])
    assert answer["spread"]["gini_ppm"] == 0
    (one,) = answer["batches"]
    assert (one["batch"], one["risk"], one["needs"][0]["code"]) == (batch, "medium", "review-not-drawn")
    assert sorted(one["needs"][0]["names"]) == ["w-1", "w-2", "w-3"]
    assert as_lead(cell, "programme", "draw-due", *SET) == (0, {"draws": 1, "items": 3})
    assert as_lead(cell, "programme", "draw-due", *SET) == (0, {"draws": 0, "items": 0}), "once is enough"
    (one,) = as_lead(cell, "programme", "load", *SET)[1]["batches"]
    assert [need["code"] for need in one["needs"]] == ["review-waiting"]
    line = ("--dir", str(cell), "--as", "vera", "--password-fd", "{fd}")
    done = run("programme", "load", *SET, *line, secrets=[SECRET])
    assert (done.exit_code, "wait for it: 3" in " ".join(done.stdout.split())) == (0, True), done.stdout
    code, answer = as_lead(cell, "programme", "load", "--programme", "nowhere")
    assert (code, answer["refused"]["code"]) == (1, "absent")


def test_a_senior_is_made_once_with_a_reason_and_ends(tiered: tuple[Path, str, str]) -> None:
    cell, _, person = tiered
    who = (*SET, "--person", person)
    code, answer = as_lead(cell, "programme", "senior", *who, "--reason", "short")
    assert (code, answer["refused"]["code"]) == (1, "reason-too-short")
    code, answer = as_lead(cell, "programme", "senior", *who, *WHY, "--rests-on", "rumour")
    assert (code, answer["refused"]["code"]) == (1, "unknown-basis")
    code, answer = as_lead(cell, "programme", "senior", *who, *WHY)
    assert (code, answer["person"]) == (0, person)
    code, answer = as_lead(cell, "programme", "senior", *who, *WHY)
    assert (code, answer["refused"]["code"]) == (1, "already-senior")
    told = as_lead(cell, "programme", "load", *SET)[1]["seniors"]
    assert [(one["person"], one["until"]) for one in told] == [(person, None)]
    assert as_lead(cell, "programme", "senior", *who, *WHY, "--end")[0] == 0
    code, answer = as_lead(cell, "programme", "senior", *who, *WHY, "--end")
    assert (code, answer["refused"]["code"]) == (1, "not-senior")
    told = as_lead(cell, "programme", "load", *SET)[1]["seniors"]
    assert [one["until"] is None for one in told] == [False]


def test_where_nothing_was_written_nothing_comes_back_for_review(tiered: tuple[Path, str, str]) -> None:
    cell, batch, _ = tiered
    code, answer = as_lead(cell, "programme", "review-written", batch)
    assert (code, answer["refused"]["code"]) == (1, "nothing-written")
    code, answer = as_lead(cell, "programme", "review-written", "bat-none")
    assert (code, answer["refused"]["code"]) == (1, "absent")

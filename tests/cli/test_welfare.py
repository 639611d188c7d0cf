"""`tallystick programme exposure`, `cell clear` and its kin: the report, clearances, confirmed languages."""

from pathlib import Path

import pytest
from console import SECRET, as_lead
from history_welfare import RULES
from living_cell import PROGRAMME, contract_text, item_row, world_at

from tallystick.app import access, contract, roster, routing
from tallystick.app.kernel import new_key


@pytest.fixture(scope="module")
def cared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A cell in which an expert judged a grim item; the expert's id."""
    folder = tmp_path_factory.mktemp("cared") / "cell"
    with world_at(f"sqlite+pysqlite:///{folder / 'cell.db'}", folder) as world:
        text = contract_text("1.1.0") + RULES
        done = contract.bring_into_force(world.cell, world.lead, text=text, name="contract.yaml", key=new_key())
        assert isinstance(done, contract.ContractInForce), done
        world.bring([item_row("grim", categories=["grim"])])
        expert = world.expert()
        world.judge(expert)
        routing.declare_languages(world.cell, expert, {"de": "native"}, key=new_key())
        vera = roster.NewPerson(name="Vera", roles=("lead",), login="vera", password=SECRET)
        assert isinstance(roster.enrol(world.cell, access.CELL, vera, key=new_key()), roster.Enrolled)
    return folder, expert.person


def test_the_report_is_told(cared: tuple[Path, str]) -> None:
    cell, _ = cared
    code, answer = as_lead(cell, "programme", "exposure", "--programme", PROGRAMME)
    assert (code, answer["opt_outs"], answer["at_limit"]) == (0, [{"category": "grim", "people": None}], [])
    assert answer["programme"] == PROGRAMME


def test_a_clearance_ends_within_a_year_and_a_language_is_confirmed(cared: tuple[Path, str]) -> None:
    cell, person = cared
    why = ("--reason", "They look into a report.")
    code, answer = as_lead(
        cell, "cell", "clear", "--person", person, "--programme", PROGRAMME, "--until", "2099-01-01", *why
    )
    assert (code, answer["refused"]["code"]) == (1, "bad-expiry")
    how = ("--how", "An interview of half an hour.")
    code, answer = as_lead(
        cell, "cell", "confirm-language", "--person", person, "--language", "de", "--level", "C1", *how
    )
    assert (code, answer["level"]) == (0, "C1")
    code, answer = as_lead(cell, "cell", "revoke-clearance", "--clearance", "clr-none", *why)
    assert (code, answer["refused"]["code"]) == (1, "absent")

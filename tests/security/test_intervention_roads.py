"""No road leads round the rubric: every interface, at every stage before its time, refuses to blame a person."""

import ast
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from console import SECRET, told
from failing_batch import (
    WHY,
    diagnosed,
    failing_world,
    held_session,
    judge_all,
    opened,
    requeued,
    revised,
    ruled_out,
    state,
    stood_down,
)
from living_cell import World
from served import InProcess, Served
from web.visitor import Visitor

from tallystick import api, edge, web
from tallystick.app import calibration, roster
from tallystick.app.calibration import NewMark
from tallystick.app.cell import embedded_database
from tallystick.app.intervention import steps
from tallystick.app.intervention.steps import Done
from tallystick.app.kernel import new_key
from tallystick.events.intervention import ExpertStoodDown, RubricRuledOut
from tallystick.flow import intervention as flow
from tallystick.flow.refusal import Refused
from tallystick.store import intervention

SOURCE = Path(__file__).parents[2] / "src" / "tallystick"
EARLY = {"rubric-first", "not-at-this-stage", "session-missing", "session-running", "marks-unanswered"}


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    with failing_world(sqlite_url, tmp_path / "cell") as found:
        yield found


@pytest.fixture
def served(world: World) -> Iterator[Served]:
    """The pages and the API of that cell."""
    site = edge.build(world.cell, mounts=(api.mount, web.mount), secure_cookies=False, hosts=())
    try:
        with httpx.Client(transport=InProcess(site), base_url="http://testserver") as http:
            yield Served(world, site, http)
    finally:
        site.close()


def tried(served: Served, wanted: str, person: str, *, with_rubric: bool = True) -> None:
    """Rule the rubric out and let somebody stand down, by every interface; none of it may happen."""
    world, lead = served.world, served.world.lead
    root = f"/api/v1/interventions/{wanted}"
    bodies = {"stand-downs": {"person": person, "justification": WHY}}
    found: list[str] = []
    answers: list[Done | Refused] = [stood_down(world, wanted, person)]
    if with_rubric:
        bodies["ruling-out"] = {"justification": WHY}
        answers.append(ruled_out(world, wanted))
    found += [answer.code if isinstance(answer, Refused) else "done" for answer in answers]
    for name, body in bodies.items():
        answer = served.call(lead, "POST", f"{root}/{name}", body=body)
        found.append(answer.json()["error"]["code"] if answer.status_code == 409 else str(answer.status_code))
    visitor = Visitor(served, lead)
    for name in ("stand-down", "rule-out")[: len(bodies)]:
        fields = {"csrf": visitor.csrf, "idempotency_key": new_key(), "person": person, "justification": WHY}
        page = visitor.post(f"/interventions/{wanted}/{name}", fields)
        assert page.status_code == 409, page.text
    assert set(found) <= EARLY, found
    assert not told_in_journal(world, wanted)


def told_in_journal(world: World, wanted: str) -> list[str]:
    """The facts that a person or the rubric was held responsible for something."""
    with world.cell.read() as connection:
        kinds = [step.kind for step in intervention.steps(connection, wanted)]
    return [kind for kind in kinds if kind in {ExpertStoodDown.KIND, RubricRuledOut.KIND}]


def test_every_stage_before_its_time_by_app_api_and_pages(served: Served) -> None:
    world = served.world
    wanted, careless = opened(world), world.experts[-1].person
    tried(served, wanted, careless)  # opened
    diagnosed(world, wanted)
    tried(served, wanted, careless)  # diagnosed
    session = calibration.open_session(world.cell, world.lead, wanted, key=new_key())
    assert isinstance(session, calibration.Opened)
    tried(served, wanted, careless)  # a session is running
    ended = calibration.end(
        world.cell, world.lead, session.calibration, reason="Nobody found the time for it this week.", key=new_key()
    )
    assert not isinstance(ended, Refused), ended
    tried(served, wanted, careless)  # a session that shows nothing
    held_session(world, wanted)
    revised(world)
    tried(served, wanted, careless)  # the rubric was the cause
    assert isinstance(requeued(world, wanted), Done)
    tried(served, wanted, careless)  # judged again
    judge_all(world, careless=world.experts[-1])
    world.measure()
    assert state(world, wanted).stage == flow.REMEASURED
    tried(served, wanted, careless)  # another round
    diagnosed(world, wanted)
    tried(served, wanted, careless)  # the session of the round before counts for nothing


def test_a_mark_that_nobody_answered_holds_everything_up(served: Served) -> None:
    world = served.world
    wanted, careless = opened(world), world.experts[-1].person
    diagnosed(world, wanted)
    session = held_session(world, wanted, mark=NewMark("task", 0, 7, "ambiguous", "Which two answers are meant here?"))
    tried(served, wanted, careless)
    refused = ruled_out(world, wanted)
    assert isinstance(refused, Refused)
    assert refused.code == "marks-unanswered"
    words = "The task names both answers in its first line."
    done = calibration.answer(world.cell, world.lead, session, 1, answer="kept", words=words, key=new_key())
    assert not isinstance(done, Refused), done
    tried(served, wanted, careless, with_rubric=False)
    assert isinstance(ruled_out(world, wanted), Done)
    assert isinstance(stood_down(world, wanted, careless), Done)
    assert told_in_journal(world, wanted) == [RubricRuledOut.KIND, ExpertStoodDown.KIND]


def test_the_command_line_takes_no_other_road(tmp_path: Path) -> None:
    directory = tmp_path / "cell"
    with failing_world(embedded_database(directory), directory) as world:
        wanted, careless = opened(world), world.experts[-1].person
        lead = roster.NewPerson(name="Vera", roles=("lead",), login="vera", password=SECRET)
        assert isinstance(roster.enrol(world.cell, world.lead, lead, key=new_key()), roster.Enrolled)

    def lead_says(*words: str) -> tuple[int, dict[str, object]]:
        signed = ("--dir", str(directory), "--as", "vera", "--password-fd", "{fd}")
        return told("intervention", *words, *signed, secrets=[SECRET])

    down = ("stand-down", wanted, "--person", careless, "--justification", WHY)
    for early in (down, ("rule-out", wanted, "--justification", WHY)):
        code, answer = lead_says(*early)
        assert code != 0
        assert "error" in answer
    assert lead_says("diagnose", wanted)[1]["stage"] == flow.DIAGNOSED
    assert lead_says(*down)[0] != 0
    code, shown = lead_says("show", wanted)
    assert (code, shown["stage"], shown["next"], shown["named"]) == (0, "diagnosed", ["calibrate"], [careless])
    code, answer = lead_says("close", wanted, "--words", "The client gave up this domain.")
    assert (code, answer["stage"]) == (0, "closed")


def test_taking_the_role_away_is_no_way_round(world: World) -> None:
    wanted, careless = opened(world), world.experts[-1]
    refused = roster.change_roles(
        world.cell, world.lead, careless.person, roles=["researcher"], expert_roles=[], key=new_key()
    )
    assert isinstance(refused, Refused)
    assert (refused.code, refused.names) == ("intervention-open", (wanted,))
    closed = steps.close(world.cell, world.lead, wanted, words="The client gave up this domain.", key=new_key())
    assert isinstance(closed, Done)
    done = roster.change_roles(
        world.cell, world.lead, careless.person, roles=["researcher"], expert_roles=[], key=new_key()
    )
    assert not isinstance(done, Refused)


@pytest.mark.parametrize("name", ["ExpertStoodDown", "RubricRuledOut"])
def test_only_the_protocol_makes_these_facts(name: str) -> None:
    made = [
        str(path.relative_to(SOURCE))
        for path in sorted(SOURCE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]
    assert made == ["flow/intervention/facts.py"]

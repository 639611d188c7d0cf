"""What an expert may not learn before their time (invariant 6), tried by the roads that an expert has."""

import pytest
from living_cell import PROGRAMME
from served import Served, body_of

from tallystick.app import roster
from tallystick.app.access import Actor
from tallystick.app.kernel import new_key

V1 = "/api/v1"


def newcomer(served: Served) -> Actor:
    """An expert with a contract and without any qualification."""
    world = served.world
    actor = world.person("A newcomer", "expert")
    roster.execute_contract(
        world.cell, world.lead, actor.person, template=b"terms", executed_at=1, ip_assigned_at=1, key=new_key()
    )
    return actor


def test_receipt_of_gold_answer_does_not_tell_whether_it_was_right(served: Served) -> None:
    expert = newcomer(served)
    begun = served.call(expert, "POST", f"{V1}/programmes/{PROGRAMME}/qualifications", body={"rubric": "general"})
    one = f"{V1}/qualifications/{begun.json()['qualification']}"
    item = served.call(expert, "GET", f"{one}/task").json()["item"]
    seq = served.call(expert, "POST", f"{one}/items/{item}/answer", body=body_of()).json()["receipt"]["first_seq"]
    served.world.cell.seal()
    own = served.call(expert, "GET", f"{V1}/receipts/{seq}").json()
    assert (own["fact"], own["entry"]) == (None, None)
    assert own["proof"] is not None
    read = served.call(served.world.lead, "GET", f"{V1}/receipts/{seq}").json()
    assert "is_correct" in read["fact"]
    assert read["leaf"] == own["leaf"]


def test_last_judge_does_not_learn_that_the_judgments_divide(served: Served) -> None:
    world = served.world
    world.work(1)
    first, last = world.expert(), world.expert()
    world.judge(first, "a_clearly")
    task = served.call(last, "POST", f"{V1}/programmes/{PROGRAMME}/next").json()
    verdict = "b_clearly" if task["shown"]["first"].endswith("one.") else "a_clearly"
    done = served.call(last, "POST", f"{V1}/assignments/{task['assignment']}/judgment", body=body_of(verdict)).json()
    after = done["seq"] + 1
    assert served.call(world.lead, "GET", f"{V1}/receipts/{after}").json()["kind"] == "disagreement-opened/1"
    assert served.call(last, "GET", f"{V1}/receipts/{after}").status_code == 404
    assert served.call(last, "GET", f"{V1}/receipts/{after}/proof").status_code == 404
    assert done["receipt"]["events"] == 1


def test_bringing_leases_home_does_not_tell_who_held_them(served: Served) -> None:
    world = served.world
    world.work(2)
    slow, quick = world.expert(), world.expert()
    world.task(slow)
    world.clock.pass_minutes(61)
    served.call(quick, "POST", f"{V1}/programmes/{PROGRAMME}/next")
    end = served.call(world.lead, "GET", f"{V1}/log").json()["journaled"]
    kinds = {n: served.call(world.lead, "GET", f"{V1}/receipts/{n}").json() for n in range(end - 4, end)}
    released = [n for n, found in kinds.items() if found["kind"] == "assignment-released/1"]
    assert [kinds[n]["by"] for n in released] == [quick.person]
    assert served.call(quick, "GET", f"{V1}/receipts/{released[0]}").status_code == 404


def test_draft_of_half_a_character_is_refused_and_only_shown_gold_has_drafts(served: Served) -> None:
    expert = newcomer(served)
    begun = served.call(expert, "POST", f"{V1}/programmes/{PROGRAMME}/qualifications", body={"rubric": "general"})
    one = f"{V1}/qualifications/{begun.json()['qualification']}"
    item = served.call(expert, "GET", f"{one}/task").json()["item"]
    kept = served.call(
        expert, "PUT", f"{one}/items/{item}/draft", content=b'{"a": "\\ud800"}',
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    assert kept.status_code in {400, 422}
    assert served.call(expert, "PUT", f"{one}/items/{item}/draft", body={"a": "b"}).status_code == 200
    assert served.call(expert, "PUT", f"{one}/items/itm-other/draft", body={"a": "b"}).status_code == 404


@pytest.mark.parametrize("other", ["lead", "researcher", "engineer", "auditor"])
def test_nobody_judges_and_reads_what_others_judged(served: Served, other: str) -> None:
    body = {"name": "Two hats", "roles": ["expert", other]}
    refused = served.call(served.world.lead, "POST", f"{V1}/people", body=body)
    assert refused.status_code == 422
    expert = newcomer(served)
    changed = served.call(
        served.world.lead, "POST", f"{V1}/people/{expert.person}/roles", body={"roles": ["expert", other]}
    )
    assert changed.status_code == 422

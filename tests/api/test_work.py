"""The work itself over the API: qualify, take an item, judge it once, whatever the network does."""

import json

import pytest
from living_cell import PROGRAMME, contract_text, item_row, jsonl
from served import Served, body_of, fresh_key

from tallystick.app import contract
from tallystick.app.access import Actor

V1 = "/api/v1"


def next_task(served: Served, expert: Actor) -> dict[str, object]:
    """The expert's item, which must be there."""
    response = served.call(expert, "POST", f"{V1}/programmes/{PROGRAMME}/next")
    assert response.status_code == 200, response.text
    task: dict[str, object] = response.json()
    return task


def journaled(served: Served) -> int:
    """How many events the journal holds."""
    return int(served.call(served.world.lead, "GET", f"{V1}/log").json()["journaled"])


def test_an_expert_qualifies_and_judges(served: Served) -> None:
    world = served.world
    world.work(1)
    expert = world.expert(domains=())
    begun = served.call(expert, "POST", f"{V1}/programmes/{PROGRAMME}/qualifications", body={"rubric": "general"})
    assert begun.status_code == 201
    one = f"{V1}/qualifications/{begun.json()['qualification']}"
    state = "running"
    while state == "running":
        task = served.call(expert, "GET", f"{one}/task").json()
        verdict = "a_clearly" if task["shown"]["first"].endswith("one.") else "b_clearly"
        outcome = served.call(expert, "POST", f"{one}/items/{task['item']}/answer", body=body_of(verdict)).json()
        state = outcome["state"]
    assert state == "qualified"
    assert served.call(expert, "GET", f"{one}/task").status_code == 404
    task = next_task(served, expert)
    answer = served.call(expert, "POST", f"{V1}/assignments/{task['assignment']}/judgment", body=body_of("tie"))
    assert answer.status_code == 201
    receipt = served.call(expert, "GET", f"{V1}/receipts/{answer.json()['seq']}").json()
    assert (receipt["kind"], receipt["is_sealed"]) == ("judgment-submitted/1", False)
    world.cell.seal()
    receipt = served.call(expert, "GET", f"{V1}/receipts/{answer.json()['seq']}").json()
    proof = served.call(expert, "GET", f"{V1}/receipts/{answer.json()['seq']}/proof")
    assert receipt["is_sealed"]
    assert receipt["proof"] == proof.text
    assert proof.headers["content-type"].startswith("text/plain")


def test_what_the_tiers_need_is_drawn(served: Served) -> None:
    """The answer of a draw that takes something is as whole as that of one that takes nothing."""
    world = served.world
    text = contract_text("1.1.0") + 'assignment: {reviews: {medium: "1"}}\n'
    done = contract.bring_into_force(world.cell, world.lead, text=text, name="c.yaml", key=fresh_key())
    assert isinstance(done, contract.ContractInForce), done
    world.work(2)
    for expert in (world.expert(), world.expert()):
        world.judge(expert)
        world.judge(expert)
    drawn = served.call(world.lead, "POST", f"{V1}/programmes/{PROGRAMME}/rereview/due", body={})
    assert drawn.status_code == 200, drawn.text
    [one] = drawn.json()["draws"]
    assert one["items"] == {"medium": 2}
    assert one["receipt"]["events"]


def test_the_same_key_gives_the_same_answer_and_one_judgment(served: Served) -> None:
    served.world.work(1)
    expert = served.world.expert()
    path = f"{V1}/assignments/{next_task(served, expert)['assignment']}/judgment"
    key, body = fresh_key(), body_of()
    first = served.call(expert, "POST", path, key=key, body=body).json()
    events = journaled(served)
    again = served.call(expert, "POST", path, key=key, body=body)
    assert again.status_code == 201
    assert again.json()["receipt"].pop("is_repeat") is True
    assert first["receipt"].pop("is_repeat") is False
    assert {**again.json(), "receipt": None} == {**first, "receipt": None}
    assert journaled(served) == events


def test_a_key_for_something_else_is_refused(served: Served) -> None:
    served.world.work(1)
    expert = served.world.expert()
    path = f"{V1}/assignments/{next_task(served, expert)['assignment']}/judgment"
    key = fresh_key()
    served.call(expert, "POST", path, key=key, body=body_of("a_clearly"))
    events = journaled(served)
    other = served.call(expert, "POST", path, key=key, body=body_of("b_clearly"))
    assert (other.status_code, other.json()["error"]["code"]) == (422, "key-reused")
    assert journaled(served) == events


@pytest.mark.parametrize("key", [None, "short", "with space in it and more"])
def test_a_key_that_is_missing_or_weak_changes_nothing(served: Served, key: str | None) -> None:
    served.world.work(1)
    expert = served.world.expert()
    path = f"{V1}/assignments/{next_task(served, expert)['assignment']}/judgment"
    events = journaled(served)
    answer = served.call(expert, "POST", path, key=key, body=body_of())
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == "header.Idempotency-Key"
    assert journaled(served) == events


def test_a_judged_item_cannot_be_judged_again(served: Served) -> None:
    served.world.work(1)
    expert = served.world.expert()
    path = f"{V1}/assignments/{next_task(served, expert)['assignment']}/judgment"
    served.call(expert, "POST", path, body=body_of())
    answer = served.call(expert, "POST", path, body=body_of())
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "already-judged")


def test_a_refusal_names_every_field(served: Served) -> None:
    served.world.work(1)
    expert = served.world.expert()
    path = f"{V1}/assignments/{next_task(served, expert)['assignment']}/judgment"
    body = body_of() | {"scores": {}, "reasons": []}
    answer = served.call(expert, "POST", path, body=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (422, "answer-incomplete")
    assert error["names"] == ["scores.reasoning", "scores.concision", "reasons"]


def test_somebody_elses_assignment_is_absent(served: Served) -> None:
    served.world.work(1)
    expert, other = served.world.expert(), served.world.expert()
    task = next_task(served, expert)
    for method, rest in (("GET", ""), ("POST", "/judgment"), ("POST", "/return"), ("PUT", "/draft")):
        body = body_of() if rest in {"/judgment", "/draft"} else None
        response = served.call(other, method, f"{V1}/assignments/{task['assignment']}{rest}", body=body)
        assert response.status_code == 404, rest


def test_a_draft_is_kept_until_the_judgment(served: Served) -> None:
    served.world.work(1)
    expert = served.world.expert()
    one = f"{V1}/assignments/{next_task(served, expert)['assignment']}"
    events = journaled(served)
    assert served.call(expert, "PUT", f"{one}/draft", body={"verdict": "tie", "words": "später"}).status_code == 200
    assert served.call(expert, "GET", one).json()["draft"] == {"verdict": "tie", "words": "später"}
    assert journaled(served) == events
    served.call(expert, "POST", f"{one}/judgment", body=body_of())
    assert served.call(expert, "GET", one).json()["draft"] is None


@pytest.mark.parametrize(
    "content", [b'{"n": 1e999}', b'{"n": 99999999999999999999}', b'{"a":' * 900 + b"1" + b"}" * 900]
)
def test_a_draft_of_any_shape_is_kept_or_refused(served: Served, content: bytes) -> None:
    served.world.work(1)
    expert = served.world.expert()
    one = f"{V1}/assignments/{next_task(served, expert)['assignment']}"
    response = served.call(expert, "PUT", f"{one}/draft", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code in {200, 400, 422}
    assert served.call(expert, "GET", one).status_code == 200


def test_items_come_in_and_bad_rows_are_listed(served: Served) -> None:
    lead = served.world.lead
    rows = jsonl([item_row("x-1"), {"id": "x-2"}, item_row("x-3")])
    path = f"{V1}/programmes/{PROGRAMME}/items?name=items.jsonl&batch=pilot"
    strict = served.call(lead, "POST", f"{path}&strict=true", key=None, content=rows)
    assert strict.status_code == 422
    assert {problem["line"] for problem in strict.json()["problems"]} == {2}
    report = served.call(lead, "POST", path, key=None, content=rows).json()
    assert (report["rows"], report["accepted"], report["rejected"]) == (3, 2, 1)
    again = served.call(lead, "POST", path, key=None, content=rows).json()
    assert again["receipt"]["is_repeat"]
    listed = served.call(lead, "GET", f"{V1}/imports/{report['run']}/problems").json()["problems"]
    assert [problem["line"] for problem in listed] == [problem["line"] for problem in report["problems"]]
    refused = served.call(lead, "GET", f"{V1}/programmes/{PROGRAMME}/items?batch=nothing")
    assert refused.status_code == 422
    assert "pilot" in refused.text, "it says which are there"
    page = served.call(lead, "GET", f"{V1}/programmes/{PROGRAMME}/items?limit=1&domain=general&state=waiting").json()
    assert [item["external"] for item in page["items"]] == ["x-1"]
    assert page["after"] is not None


def test_a_record_shows_what_happened_and_who_looked(served: Served) -> None:
    world = served.world
    world.work(1)
    world.judge(world.expert())
    item = served.call(world.lead, "GET", f"{V1}/programmes/{PROGRAMME}/items?state=active").json()["items"][0]["item"]
    record = served.call(world.lead, "GET", f"{V1}/items/{item}?reason=review").json()
    assert [judgment["verdict"] for judgment in record["judgments"]] == ["a_clearly"]
    kinds = [step["kind"] for step in record["history"]]
    assert kinds[0] == "item-imported/1"
    assert "content-accessed/1" in kinds
    assert "secret-model" not in json.dumps(record)


def test_the_counts_of_a_case_are_in_the_letters_of_its_judgments(served: Served) -> None:
    """In the item's own they would tell an adjudicator, beside the judgments, in which order its candidates stand."""
    world = served.world
    world.work(6)
    first, second = world.expert(), world.expert()
    for _ in range(6):
        world.judge(first, "a_clearly")
        world.judge(second, "tie")
    judge = world.person("A judge", "expert", expert_roles=("adjudicator",))
    address = f"{V1}/programmes/{PROGRAMME}/disagreements"
    own = [row["counts"] for row in served.call(world.lead, "GET", address).json()["disagreements"]]
    assert own == [{"a_clearly": 1, "tie": 1}] * 6
    for row in served.call(judge, "GET", address).json()["disagreements"]:
        one = f"{V1}/disagreements/{row['item']}"
        served.call(judge, "POST", f"{one}/take")
        case = served.call(judge, "GET", one).json()
        assert row["counts"] is None
        assert case["disagreement"]["counts"] == dict.fromkeys([said["verdict"] for said in case["judgments"]], 1)
        served.call(judge, "POST", f"{one}/give-back")


def test_a_disagreement_is_settled_by_somebody_else(served: Served) -> None:
    world = served.world
    world.work(2)
    first, second = world.expert(), world.expert()
    for _ in range(2):
        world.judge(first, "a_clearly")
        world.judge(second, "b_clearly")
    judge = world.person("A judge", "expert", expert_roles=("adjudicator",))
    queue = served.call(judge, "GET", f"{V1}/programmes/{PROGRAMME}/disagreements").json()["disagreements"]
    assert [case["counts"] for case in queue] == [None] * 2  # one who judges the item some day has not read them
    one, two = (f"{V1}/disagreements/{case['item']}" for case in queue)
    early = served.call(judge, "GET", one)
    assert (early.status_code, early.json()["error"]["code"]) == (409, "case-not-taken")
    assert served.call(judge, "POST", f"{one}/take").json()["item"] == queue[0]["item"]
    case = served.call(judge, "GET", one).json()
    assert len(case["judgments"]) == 2
    assert first.person not in json.dumps(case)
    body = {"verdict": "a_clearly", "criteria": ["reasoning"], "notes": "The first one follows; the second does not."}
    assert served.call(judge, "POST", f"{one}/settle", body=body).json()["state"] == "settled"
    again = served.call(judge, "POST", f"{one}/settle", body=body)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "already-adjudicated")
    del body["verdict"]
    taken = served.call(judge, "POST", f"{V1}/programmes/{PROGRAMME}/disagreements/next").json()
    assert taken["item"] == queue[1]["item"]
    assert served.call(judge, "POST", f"{two}/preserve", body=body).json()["state"] == "preserved"


def test_agreement_is_measured_and_a_release_refused_below_the_threshold(served: Served) -> None:
    world = served.world
    world.work(4)
    first, second = world.expert(), world.expert()
    for _ in range(4):
        world.judge(first, "a_clearly")
        world.judge(second, "b_clearly")
    batch = next(
        batch["batch"]
        for batch in served.call(world.lead, "GET", f"{V1}/programmes/{PROGRAMME}/batches").json()["batches"]
        if batch["purpose"] == "work"
    )
    measured = served.call(world.lead, "POST", f"{V1}/batches/{batch}/measurements")
    assert measured.status_code == 201
    assert measured.json()["measurement"]["decision"] == "fail"
    page = served.call(world.lead, "GET", f"{V1}/batches/{batch}/agreement").json()
    assert page["now"]["verdict"] == measured.json()["measurement"]["verdict"]
    assert len(page["history"]) == 1
    wish = {"name": "plain", "version": "1.0.0", "use": "train", "batches": [batch]}
    refused = served.call(world.lead, "POST", f"{V1}/programmes/{PROGRAMME}/releases", body=wish)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "below-threshold")
    glance = served.call(world.lead, "GET", f"{V1}/programmes/{PROGRAMME}").json()
    assert next(b for b in glance["batches"] if b["batch"] == batch)["measured"]["decision"] == "fail"

"""Every route by every role: who is let in, who finds nothing, who is asked to sign in.

Requests are malformed on purpose wherever a route takes input: who may use it is told so (400), and who may not
learns nothing at all. So no call changes anything, and an absent id cannot be taken for a forbidden route.
"""

import re

import pytest
from served import Served

from tallystick.app.access import ABSENT, Actor
from tallystick.edge import error_answer

ROLES = ("lead", "expert", "adjudicator", "researcher", "auditor", "engineer")
EVERYBODY = set(ROLES)
READERS = {"lead", "researcher", "auditor"}
EXPERTS = {"expert", "adjudicator"}
LEAD = {"lead"}
V1 = "/api/v1"
PROGRAMME = f"{V1}/programmes/{{programme}}"

# A new route must be placed here, by hand: this table does not read the one in the code.
WHO: dict[str, set[str] | None] = {
    "GET /openapi.json": None,
    "GET /healthz": None,
    "GET /readyz": None,
    f"POST {V1}/sessions": None,
    f"DELETE {V1}/sessions/current": EVERYBODY,
    f"GET {V1}/me": EVERYBODY,
    f"GET {V1}/programmes": EVERYBODY,
    f"GET {PROGRAMME}": READERS | {"engineer"},
    f"GET {PROGRAMME}/contract": READERS | {"engineer"},
    f"POST {V1}/contracts": LEAD,
    f"GET {PROGRAMME}/rubrics": READERS | EXPERTS,
    f"POST {PROGRAMME}/rubrics": LEAD,
    f"GET {PROGRAMME}/rubrics/{{rubric_id}}": READERS | EXPERTS,
    f"GET {PROGRAMME}/rubrics/{{rubric_id}}/diff": READERS | EXPERTS,
    f"GET {V1}/people": {"lead", "auditor"},
    f"POST {V1}/people": LEAD,
    f"GET {V1}/people/{{person}}": EVERYBODY,
    f"POST {V1}/people/{{person}}/roles": LEAD,
    f"POST {V1}/people/{{person}}/contract": LEAD,
    f"GET {PROGRAMME}/qualifications": EVERYBODY,
    f"POST {PROGRAMME}/qualifications": EXPERTS,
    f"GET {V1}/qualifications/{{qualification}}/task": EXPERTS,
    f"POST {V1}/qualifications/{{qualification}}/items/{{item}}/answer": EXPERTS,
    f"PUT {V1}/qualifications/{{qualification}}/items/{{item}}/draft": EXPERTS,
    f"POST {PROGRAMME}/items": LEAD,
    f"GET {PROGRAMME}/items": READERS,
    f"GET {V1}/items/{{item}}": READERS,
    f"GET {V1}/imports/{{run}}/problems": LEAD,
    f"POST {PROGRAMME}/judgments": LEAD,
    f"POST {PROGRAMME}/next": EXPERTS,
    f"GET {V1}/assignments/{{work}}": EXPERTS,
    f"PUT {V1}/assignments/{{work}}/draft": EXPERTS,
    f"POST {V1}/assignments/{{work}}/return": EXPERTS,
    f"POST {V1}/assignments/{{work}}/judgment": EXPERTS,
    f"GET {PROGRAMME}/batches": READERS,
    f"GET {V1}/batches/{{batch}}/agreement": READERS,
    f"POST {V1}/batches/{{batch}}/measurements": LEAD,
    f"GET {PROGRAMME}/disagreements": READERS | {"adjudicator"},
    f"GET {V1}/disagreements/{{item}}": READERS | {"adjudicator"},
    f"POST {V1}/disagreements/{{item}}/settle": {"adjudicator"},
    f"POST {V1}/disagreements/{{item}}/preserve": {"adjudicator"},
    f"GET {PROGRAMME}/releases": READERS,
    f"POST {PROGRAMME}/releases": LEAD,
    f"GET {PROGRAMME}/blockers": READERS,
    f"GET {V1}/releases/{{release_id}}": READERS,
    f"GET {V1}/releases/{{release_id}}/files/{{path:path}}": READERS,
    f"GET {V1}/log": READERS | {"engineer"},
    f"GET {V1}/log/checkpoint": READERS | {"engineer"},
    f"GET {V1}/receipts/{{seq}}": EVERYBODY,
    f"GET {V1}/receipts/{{seq}}/proof": EVERYBODY,
}


@pytest.fixture(scope="module")
def cast(looked_at: Served) -> dict[str, Actor]:
    """Somebody in each role."""
    world = looked_at.world
    people = {role: world.person(f"A {role}", role) for role in ("expert", "researcher", "auditor", "engineer")}
    return people | {
        "lead": world.lead,
        "adjudicator": world.person("A judge", "expert", expert_roles=("adjudicator",)),
    }


def test_every_route_is_placed(looked_at: Served) -> None:
    assert set(looked_at.site.rules) == set(WHO)


def malformed(served: Served, actor: Actor | None, route: str) -> tuple[int, bytes]:
    """What a route answers to a request in which every input is wrong."""
    method, path = route.split(" ")
    address = re.sub(r"\{[\w:]+\}", "%20", path)
    content = b"{" if method in {"POST", "PUT"} else None
    response = served.call(actor, method, address, content=content, headers={"Content-Type": "application/json"})
    return response.status_code, response.content


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("route", WHO)
def test_a_role_finds_what_it_may_use_and_nothing_else(
    looked_at: Served, cast: dict[str, Actor], route: str, role: str
) -> None:
    looked_at.forget(cast[role])  # one of the routes ends the session
    status, content = malformed(looked_at, cast[role], route)
    allowed = WHO[route]
    if allowed is None or role in allowed:
        assert status in {200, 204, 400, 409}
    else:
        assert (status, content) == (404, error_answer(ABSENT).model_dump_json().encode())


@pytest.mark.parametrize("route", [route for route, allowed in WHO.items() if allowed is not None])
def test_without_a_session_nothing_is_told(looked_at: Served, route: str) -> None:
    status, content = malformed(looked_at, None, route)
    assert status == 401
    assert b"sign-in-needed" in content


def test_forbidden_and_absent_look_the_same(looked_at: Served, cast: dict[str, Actor]) -> None:
    absent = looked_at.call(cast["lead"], "GET", f"{V1}/items/nothing?reason=review")
    forbidden = looked_at.call(cast["expert"], "GET", f"{V1}/items/nothing?reason=review")
    nowhere = looked_at.call(cast["lead"], "GET", f"{V1}/nowhere")
    seen = {(r.status_code, r.content, tuple(sorted(r.headers.items()))) for r in (absent, forbidden, nowhere)}
    assert len(seen) == 1

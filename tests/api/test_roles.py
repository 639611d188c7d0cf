"""Every route by every role: who is let in, who finds nothing, who is asked to sign in.

Requests are malformed on purpose wherever a route takes input: who may use it is told so (400), and who may not
learns nothing at all. So no call changes anything, and an absent id cannot be taken for a forbidden route.
"""

import re

import pytest
from route_roles import ROLES, V1, WHO
from served import Cast, Served

from tallystick.app.access import ABSENT, Actor
from tallystick.edge import error_answer


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
def test_a_role_finds_what_it_may_use_and_nothing_else(looked_at: Served, cast: Cast, route: str, role: str) -> None:
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


def test_forbidden_and_absent_look_the_same(looked_at: Served, cast: Cast) -> None:
    absent = looked_at.call(cast["lead"], "GET", f"{V1}/items/nothing?reason=review")
    forbidden = looked_at.call(cast["expert"], "GET", f"{V1}/items/nothing?reason=review")
    nowhere = looked_at.call(cast["lead"], "GET", f"{V1}/nowhere")
    seen = {(r.status_code, r.content, tuple(sorted(r.headers.items()))) for r in (absent, forbidden, nowhere)}
    assert len(seen) == 1

"""Errors have one shape everywhere, and say nothing that they need not."""

import ast
import re
from pathlib import Path

import pytest
from served import Served

from tallystick.edge import ErrorAnswer
from tallystick.edge.faults import BAD_REQUEST, CONFLICTS

V1 = "/api/v1"
SOURCE = Path(__file__).parent.parent.parent / "src" / "tallystick"


def refusal_codes() -> set[str]:
    """Every code that a refusal in the source has: written in it, chosen of two there, or a constant of its module."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        named = {ast.unparse(n.targets[0]): n.value for n in tree.body if isinstance(n, ast.Assign)}
        named |= {ast.unparse(n.target): n.value for n in tree.body if isinstance(n, ast.AnnAssign) and n.value}
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and (node.args or node.keywords)]
        for call in calls:
            if ast.unparse(call.func).endswith(("Refused", "_refused", "TooMany")):
                first = [*call.args, *(k.value for k in call.keywords if k.arg == "code")][0]
                parts = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
                values = [named.get(ast.unparse(part), part) for part in parts]
                found |= {v.value for v in values if isinstance(v, ast.Constant) and isinstance(v.value, str)}
    return found


def test_no_status_is_kept_for_a_code_that_is_gone() -> None:
    assert len(refusal_codes()) > 30
    assert refusal_codes() >= (CONFLICTS | BAD_REQUEST)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", f"{V1}/me", 401),
        ("PATCH", f"{V1}/me", 405),
        ("POST", f"{V1}/sessions", 400),
    ],
)
def test_every_error_has_the_one_shape(looked_at: Served, method: str, path: str, status: int) -> None:
    response = looked_at.call(None, method, path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    assert ErrorAnswer.model_validate_json(response.content).error.sentence


def test_a_method_that_is_not_there_names_those_that_are(looked_at: Served) -> None:
    people = looked_at.call(None, "DELETE", f"{V1}/people")
    assert people.headers["allow"] == "GET, POST"


def test_what_was_sent_is_not_sent_back(looked_at: Served) -> None:
    secret = "my-secret-password"
    response = looked_at.call(None, "POST", f"{V1}/sessions", body={"login": 7, "password": [secret]})
    assert response.status_code == 400
    assert secret not in response.text
    assert {problem["path"] for problem in response.json()["problems"]} == {"body.login", "body.password"}


@pytest.mark.parametrize(
    "content", [b"{", b"\xff\xfe", b"[" * 100_000, b'{"login": "\\ud800", "password": "x"}', b"9" * 4000]
)
def test_a_body_that_is_no_json_is_malformed(looked_at: Served, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    response = looked_at.call(None, "POST", f"{V1}/sessions", content=content, headers=headers)
    assert response.status_code in {400, 413}
    assert response.json()["error"]["code"] in {"malformed", "too-large"}


def test_a_key_that_stands_twice_is_malformed(looked_at: Served) -> None:
    """A parser would take the last of two values, and say nothing."""
    headers = {"Content-Type": "application/json"}
    for content in (b'{"login": "a", "login": "b", "password": "x"}', b'{"login": "a", "password": {"x": 1, "x": 1}}'):
        response = looked_at.call(None, "POST", f"{V1}/sessions", content=content, headers=headers)
        assert (response.status_code, response.json()["error"]["code"]) == (400, "malformed")
    again = looked_at.call(
        None, "POST", f"{V1}/sessions", content=b'{"login": "a", "login": "b", "password": "x"}', headers=headers
    )
    assert again.json()["problems"][0]["expected"] == "each key once in an object"


def test_a_document_comes_back_with_every_problem(looked_at: Served) -> None:
    lead = looked_at.world.lead
    response = looked_at.call(
        lead, "POST", f"{V1}/contracts", body={"text": "name: x\nsampling: 3\n", "name": "c.yaml"}
    )
    assert (response.status_code, response.json()["error"]["code"]) == (422, "document-faults")
    problems = response.json()["problems"]
    assert len(problems) > 3
    assert all(problem["sentence"].startswith("c.yaml") for problem in problems)


def test_sign_in_tells_neither_login_nor_password_apart(looked_at: Served) -> None:
    wrong = looked_at.call(None, "POST", f"{V1}/sessions", body={"login": "nobody", "password": "x" * 20})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "sign-in-failed")


def test_too_many_failures_wait(looked_at: Served) -> None:
    body = {"login": "somebody", "password": "x" * 20}
    answers = [looked_at.call(None, "POST", f"{V1}/sessions", body=body) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert re.fullmatch(r"[1-9]\d?", answers[-1].headers["retry-after"])
    other = looked_at.call(None, "POST", f"{V1}/sessions", body=body | {"login": "somebody-else"})
    assert other.status_code == 401


def test_health_says_what_it_checks(looked_at: Served) -> None:
    assert looked_at.call(None, "GET", "/healthz").json()["is_good"]
    ready = looked_at.call(None, "GET", "/readyz").json()
    assert {check["name"] for check in ready["checks"]} >= {"database", "log-key", "log", "guards", "sealer"}

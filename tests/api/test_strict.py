"""What is sent is read as it stands: no number out of a text, no name that nothing reads, no constant that JSON lacks.

The walks below go over the whole OpenAPI document, so that a route that comes later is held to it too.
"""

import json
import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from living_cell import PROGRAMME
from pydantic_core._pydantic_core import list_all_errors
from route_roles import ROLES, V1, WHO
from served import Cast, Served

from tallystick.edge.wording import expected

Json = dict[str, object]
Wrap = Callable[[object], object]
NOT_WHOLE = (True, "1", 1.0)
NOT_YES_OR_NO = (1, "true")
NOT_DIGITS = ("1_0", " 2", "2.0", "+1", "", "0x1", "\u0661")
FOREIGN = re.compile(r"Input should|Field required|Extra inputs|should be|should have|valid integer|something else")


@pytest.fixture(scope="module")
def described(looked_at: Served) -> Json:
    found: Json = looked_at.http.get("/openapi.json").json()
    return found


def operations(described: Json) -> Iterator[tuple[str, str, Json]]:
    """Method, path and description of every call."""
    paths = described["paths"]
    assert isinstance(paths, dict)
    for path, methods in paths.items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def role_of(method: str, path: str) -> str:
    allowed = next(who for route, who in WHO.items() if re.sub(r":path\}", "}", route) == f"{method} {path}")
    return next(role for role in ROLES if role in (allowed or ROLES))


def ask(
    served: Served, cast: Cast, method: str, path: str, *, query: str = "", content: bytes | None = None
) -> httpx.Response:
    """A call by somebody who may make it, at an address where nothing is."""
    if path.endswith("sessions/current"):
        served.forget(cast[role_of(method, path)])
    address = re.sub(r"\{[\w:]+\}", "1", path) + query
    headers = {"Content-Type": "application/json"}
    return served.call(cast[role_of(method, path)], method, address, content=content, headers=headers)


def body_of(operation: Json) -> Json | None:
    """The schema of a JSON body, or None."""
    content = operation.get("requestBody", {}).get("content", {})  # type: ignore[attr-defined]  # an object
    found: Json | None = content.get("application/json", {}).get("schema")
    return found


def plain(given: object) -> object:
    return given


def leaves(whole: Json, schema: Json, place: str = "body", wrap: Wrap = plain) -> Iterator[tuple[str, str, Wrap]]:
    """Path and type of every plain value in a described body, with what makes a body of one value there."""
    if "$ref" in schema:
        named = str(schema["$ref"]).rpartition("/")[2]
        schema = whole["components"]["schemas"][named]  # type: ignore[index]  # an object
    for choice in schema.get("anyOf", []):  # type: ignore[attr-defined]  # a list
        yield from leaves(whole, choice, place, wrap)
    if schema.get("type") in ("integer", "boolean"):
        yield place, str(schema["type"]), wrap
    for name, inner in schema.get("properties", {}).items():  # type: ignore[attr-defined]  # an object
        yield from leaves(whole, inner, f"{place}.{name}", lambda value, name=name: wrap({name: value}))  # type: ignore[misc]  # a default
    if isinstance(inner := schema.get("items"), dict):
        yield from leaves(whole, inner, f"{place}.0", lambda value: wrap([value]))
    by_any_name = [schema.get("additionalProperties"), *schema.get("patternProperties", {}).values()]  # type: ignore[attr-defined]  # an object
    for inner in by_any_name:
        if isinstance(inner, dict):
            yield from leaves(whole, inner, f"{place}.a", lambda value: wrap({"a": value}))


def test_no_body_takes_another_kind_of_value_for_a_number_or_a_yes(
    looked_at: Served, cast: Cast, described: Json
) -> None:
    """`"amount": "12"` and `"round": true` were read as 12 and 1."""
    taken, walked = [], set()
    for method, path, operation in operations(described):
        for place, kind, wrap in leaves(described, body_of(operation) or {}):
            walked.add((path, place))
            for wrong in NOT_WHOLE if kind == "integer" else NOT_YES_OR_NO:
                answer = ask(looked_at, cast, method, path, content=json.dumps(wrap(wrong)).encode())
                wanted = "a whole number" if kind == "integer" else "true or false"
                problems = {one["path"]: one["expected"] for one in answer.json().get("problems", [])}
                if answer.status_code != 400 or not problems.get(place, "").startswith(wanted):
                    taken.append((path, place, wrong, problems))
    assert not taken
    of_pay = f"{V1}/programmes/{{programme}}/pay/additions"
    of_work = f"{V1}/assignments/{{work}}/judgment"
    assert len(walked) > 30
    assert {(of_pay, "body.amount"), (of_work, "body.marks.0.place"), (of_work, "body.scores.a.a")} <= walked


@pytest.mark.parametrize("constant", ["NaN", "-Infinity", "1e400"])
def test_no_draft_keeps_what_json_cannot_say(looked_at: Served, cast: Cast, constant: str) -> None:
    """It came back as null."""
    path = f"{V1}/assignments/{{work}}/draft"
    answer = ask(looked_at, cast, "PUT", path, content=f'{{"a": [1.5, {{"b": {constant}}}]}}'.encode())
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["expected"] == "numbers that JSON has"
    assert ask(looked_at, cast, "PUT", path, content=b'{"a": [1.5, 1e3]}').status_code == 404


def test_no_query_is_read_for_another(looked_at: Served, cast: Cast, described: Json) -> None:
    """`?limt=1` gave everything, and of `limit=1&limit=3` the last was taken."""
    wrong, walked = [], 0
    for method, path, operation in operations(described):
        names = [one for one in operation.get("parameters", []) if one["in"] == "query"]  # type: ignore[attr-defined]  # a list
        cases = [("sinse", "?sinse=1")]
        for one in names:
            name, schema = one["name"], one["schema"]
            kinds = {schema.get("type"), *(choice.get("type") for choice in schema.get("anyOf", []))}
            cases.append((name, f"?{name}=1&{name}=1"))
            cases += [(name, f"?{name}={given}") for given in NOT_DIGITS if "integer" in kinds]
            cases += [(name, f"?{name}={given}") for given in (".5", "0,5", "1_0.5", "nan") if "number" in kinds]
            cases += [(name, f"?{name}={given}") for given in ("1", "yes", "True") if "boolean" in kinds]
            walked += bool(kinds & {"integer", "number", "boolean"})
        for name, query in cases:
            content = b"{}" if method in ("POST", "PUT") else None
            answer = ask(looked_at, cast, method, path, query=query, content=content)
            places = {problem["path"] for problem in answer.json().get("problems", [])} if answer.content else set()
            if answer.status_code != 400 or f"query.{name}" not in places:
                wrong.append((method, path, query, answer.status_code, places))
    assert not wrong
    assert walked > 15


def test_a_query_that_is_spelled_as_described_is_taken(looked_at: Served, cast: Cast) -> None:
    wish = "?acceptable_ppm=50000&found_within=200"
    offer = ask(looked_at, cast, "GET", f"{V1}/programmes/{{programme}}/sentinels/offer", query=wish)
    assert offer.status_code == 404, offer.text  # of a programme that is not there, and not malformed
    assert ask(looked_at, cast, "GET", f"{V1}/accesses", query="?limit=3&since=0&words=false").status_code in (200, 400)


def test_every_body_says_in_plain_words_what_is_wrong_with_it(looked_at: Served, cast: Cast, described: Json) -> None:
    """`expected Extra inputs are not permitted, found something else` says nothing to do."""
    foreign = []
    for method, path, operation in operations(described):
        schema = body_of(operation)
        for content in (b'{"bogus": 1}', b"[]", b"{") if schema else ():
            answer = ask(looked_at, cast, method, path, content=content)
            foreign += [one["sentence"] for one in answer.json().get("problems", []) if FOREIGN.search(one["sentence"])]
    assert not foreign


def test_what_is_missing_or_too_much_is_named(looked_at: Served, cast: Cast) -> None:
    path = f"{V1}/programmes/{{programme}}/pay/additions"
    answer = ask(looked_at, cast, "POST", path, content=b'{"bogus": 1, "person": "p", "amount": 0, "reason": 3}')
    told = {one["path"]: one["sentence"].partition(": ")[2] for one in answer.json()["problems"]}
    assert told == {
        "body.bogus": "expected one of amount, person, reason, reference, found another name. "
        "Correct its spelling, or leave it out.",
        "body.amount": "expected a number of at least 1, found a smaller one. "
        "GET /openapi.json describes what this address takes.",
        "body.reason": "expected text, in quotes, found a whole number. "
        "GET /openapi.json describes what this address takes.",
    }
    nothing = ask(looked_at, cast, "POST", path, content=b"{}").json()["problems"]
    assert {one["sentence"].partition(": ")[2] for one in nothing} == {"expected a value, found nothing. Send it."}
    inside = ask(
        looked_at, cast, "POST", f"{V1}/assignments/{{work}}/judgment", content=b'{"marks": [{"bogus": 1}]}'
    ).json()["problems"]
    extra = next(one for one in inside if one["path"] == "body.marks.0.bogus")
    assert extra["expected"] == "one of end, field, label, on, place, quote, severity, start, text"


@pytest.mark.parametrize("known", list_all_errors(), ids=lambda known: str(known["type"]))
def test_no_kind_of_fault_is_told_in_the_words_of_a_library(known: dict[str, object]) -> None:
    facts = known.get("example_context") or {}
    assert isinstance(facts, dict)
    said = expected(str(known["type"]), facts | {"error": "ours"} if "error" in facts else facts)
    assert not FOREIGN.search(said)
    assert not said.startswith(str(known["message_template_python"])[:14])


def test_items_that_are_asked_for_by_a_name_that_is_not_there_are_refused(looked_at: Served) -> None:
    """An empty list said that there is no such work, and not that its name is misspelt."""
    world = looked_at.world
    world.work(1)
    looked_at.forget(world.lead)  # a walk above may have ended the session
    root = f"{V1}/programmes/{PROGRAMME}/items"
    told = {}
    for query in ("domain=medicla", "batch=bat-none"):
        answer = looked_at.call(world.lead, "GET", f"{root}?{query}")
        assert answer.status_code == 422
        error = answer.json()["error"]
        assert error["code"] == "unknown-filter"
        told[error["field"]] = error["names"]
    assert "general" in told["domain"]
    assert told["batch"]
    assert looked_at.call(world.lead, "GET", f"{root}?state=nonsense").json()["problems"][0]["path"] == "query.state"
    one = looked_at.call(world.lead, "GET", f"{root}?domain=general&state=erased&batch={told['batch'][0]}")
    assert (one.status_code, one.json()["items"]) == (200, [])

"""The OpenAPI description is complete and true: nothing breaks, and nothing is answered that it does not describe."""

import json
import re
from typing import Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from living_cell import PROGRAMME
from route_roles import ROLES, WHO
from schemathesis import Case, GenerationMode
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)
from served import Cast, Served

load_all_checks()
DESCRIBED: Final = [route for route in WHO if route != "GET /openapi.json"]
CHECKS: Final = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 8


@pytest.fixture(scope="module")
def described(looked_at: Served) -> dict[str, object]:
    """The description as a client gets it."""
    document: dict[str, object] = looked_at.http.get("/openapi.json").json()
    return document


@pytest.fixture(scope="module")
def schema(described: dict[str, object]) -> BaseSchema:
    """The description as schemathesis reads it."""
    return schemathesis.openapi.from_dict(json.loads(json.dumps(described)))


@pytest.fixture(scope="module")
def known(looked_at: Served) -> dict[str, str]:
    """Names that exist, so that calls get past 404."""
    world = looked_at.world
    world.work(3)
    first, second, third = world.expert(), world.expert(), world.expert("adjudicator")
    world.judge(first, "a_clearly")
    world.judge(second, "b_clearly")
    page = looked_at.call(world.lead, "GET", f"/api/v1/programmes/{PROGRAMME}/items?state=complete").json()
    return {
        "programme": PROGRAMME, "rubric_id": "general", "batch": world.batch(), "item": page["items"][0]["item"],
        "person": third.person, "work": world.task(first).assignment, "seq": "3",
    }  # fmt: skip


def test_every_route_is_described(described: dict[str, object]) -> None:
    paths = described["paths"]
    assert isinstance(paths, dict)
    found = {f"{method.upper()} {path}" for path, operations in paths.items() for method in operations}
    assert found == {re.sub(r":path\}", "}", route) for route in DESCRIBED}


def test_every_operation_says_what_it_does_and_needs(described: dict[str, object]) -> None:
    paths = described["paths"]
    assert isinstance(paths, dict)
    operations = [(f"{method.upper()} {path}", o) for path, all_of in paths.items() for method, o in all_of.items()]
    ids = [operation["operationId"] for _, operation in operations]
    assert len(set(ids)) == len(ids)
    for name, operation in operations:
        assert operation["summary"], name
        assert operation["tags"], name
        needs_session = operation["security"] == [{"session": []}]
        assert needs_session == (operation["x-permission"] != "public"), name
        assert needs_session <= {"401", "404"}.issubset(operation["responses"]), name


def fill(case: Case, known: dict[str, str]) -> None:  # type: ignore[type-arg]  # four parameters that say nothing here
    """Put names that exist into the address."""
    for name in case.path_parameters or {}:
        if name in known:
            case.path_parameters[name] = known[name]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["good", "bad"])
@pytest.mark.parametrize("route", DESCRIBED)
def test_nothing_breaks_and_nothing_undescribed_is_answered(
    *, looked_at: Served, schema: BaseSchema, known: dict[str, str], cast: Cast, route: str, mode: GenerationMode
) -> None:
    method, path = re.sub(r":path\}", "}", route).split(" ")
    operation = schema[path][method]
    if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query or operation.path_parameters):
        return
    role = next(role for role in ROLES if role in (WHO[route] or ROLES))

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), is_known=st.booleans())
    def run(case: Case, is_known: bool) -> None:  # type: ignore[type-arg]  # four parameters that say nothing here
        if is_known and mode is GenerationMode.POSITIVE:
            fill(case, known)
        case.headers["Authorization"] = f"Bearer {looked_at.token(cast[role])}"
        sent = case.as_transport_kwargs(base_url="http://testserver")
        sent.pop("cookies", None)
        sent["content"] = sent.pop("data", None)
        if sent["content"] is None:
            del sent["content"]
        response = looked_at.http.request(**sent)
        if route.endswith("sessions/current"):
            looked_at.forget(cast[role])
        is_refusal_due = mode is GenerationMode.NEGATIVE and response.status_code != 413
        checks = CHECKS + ([negative_data_rejection] if is_refusal_due else [])
        case.validate_response(response, checks=checks)

    run()

"""Every address of the API has a method of the client, and every method sends to an address that there is."""

import inspect
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import msgspec
import pytest
from route_roles import WHO
from served import served_at

from tallystick.client import ApiError, Client, Judgment, TradeOff
from tallystick.client.erasure import Notice

NO_SESSION = {"GET /openapi.json", "GET /healthz", "GET /readyz"}
"""Addresses for those who watch a cell: they need no client."""
OF_THE_OBJECT = {"close"}
ONLY_OF_THE_ORDER = {"preview_erasure": {"confirmed", "words"}}
"""Parts of a body that two addresses share, and that only the other one looks at."""
NOTICE = Notice(
    erasure="x", release="x", holder="x", state="waiting", at=1, delivered_at=None, acknowledged_at=None,
    acknowledged_by=None,
)  # fmt: skip
GIVEN: dict[str, object] = {
    "str": "x", "int": 1, "float": 0.5, "bool": True, "bytes": b"x", "Sequence[str]": ["x"],
    "Mapping[str, object]": {"a": 1}, "Mapping[str, str]": {"de": "B2"},
    "Judgment": Judgment(verdict="tie", scores={}, reasons=[]), "Notice": NOTICE, "RubricRemark]": [],
    "TradeOff": TradeOff(principles=["a", "b"], note="x"),
}  # fmt: skip
REFUSED = {"error": {"code": "no", "sentence": "No.", "field": None, "names": []}, "problems": []}


@dataclass
class Listener(httpx.BaseTransport):
    """Writes down what is asked, and refuses it."""

    heard: list[httpx.Request] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The same refusal for all."""
        self.heard.append(request)
        return httpx.Response(422, content=msgspec.json.encode(REFUSED))


def methods() -> dict[str, Callable[..., object]]:
    named = inspect.getmembers(Client, inspect.isfunction)
    return {name: method for name, method in named if not name.startswith("_") and name not in OF_THE_OBJECT}


def kind_of(parameter: inspect.Parameter) -> str:
    """The last word of a parameter's type, without what may be left out."""
    return inspect.formatannotation(parameter.annotation).removesuffix(" | None").rpartition(".")[2]


def asked_by(method: Callable[..., object], transport: Listener) -> httpx.Request:
    """What a method sends when it is given all that it takes, the optional as well."""
    parameters = list(inspect.signature(method).parameters.values())[1:]
    given: dict[str, object] = {}
    for parameter in parameters:
        kind = kind_of(parameter)
        assert kind in GIVEN, f"{method.__name__}: no value known for {parameter}"
        given[parameter.name] = GIVEN[kind]
    with Client("http://testserver", token="t", transport=transport, attempts=1) as client, pytest.raises(ApiError):
        method(client, **given)
    return transport.heard[-1]


def route_of(request: httpx.Request) -> str:
    """The route of the table that a request goes to; one without names in it comes first."""
    for route in sorted(WHO, key=lambda one: one.count("{")):
        method, _, path = route.partition(" ")
        pattern = re.sub(r"\{\w+:path\}", ".+", path)
        pattern = re.sub(r"\{\w+\}", "[^/]+", pattern)
        if method == request.method and re.fullmatch(pattern, request.url.path):
            return route
    return f"nothing at {request.method} {request.url.path}"


def test_every_address_has_a_method_and_every_method_an_address() -> None:
    listener = Listener()
    reached = {name: route_of(asked_by(method, listener)) for name, method in methods().items()}
    assert {name: route for name, route in reached.items() if route not in WHO} == {}
    assert set(WHO) - set(reached.values()) == NO_SESSION


class Named(msgspec.Struct, frozen=True):
    """A parameter of a call, or a part of its body."""

    name: str
    where: str = msgspec.field(name="in")


class Operation(msgspec.Struct, frozen=True):
    """One call as it is described."""

    parameters: list[Named] = []
    body: msgspec.Raw = msgspec.field(name="requestBody", default=msgspec.Raw(b"null"))


class Described(msgspec.Struct, frozen=True):
    """The description of the API."""

    paths: dict[str, dict[str, Operation]]
    components: dict[str, dict[str, msgspec.Raw]]

    def parts(self, operation: Operation) -> set[str] | None:
        """The names in the JSON body of a call; None when its body is none, or free."""
        named = re.search(rb'"#/components/schemas/(\w+)"', bytes(operation.body))
        if named is None:
            return None
        schema = json.loads(bytes(self.components["schemas"][named[1].decode()]))
        return set(schema["properties"]) if "properties" in schema else None


def test_what_a_method_sends_is_what_the_description_asks_for(sqlite_url: str, tmp_path: Path) -> None:
    """A parameter that the client forgot, or misspelt, would be lost in silence."""
    with served_at(sqlite_url, tmp_path / "cell") as served:
        described = msgspec.json.decode(served.http.get("/openapi.json").content, type=Described)
    listener, bodies = Listener(), 0
    for name, method in methods().items():
        request = asked_by(method, listener)
        verb, _, path = route_of(request).partition(" ")
        operation = described.paths[path.replace(":path", "")][verb.lower()]
        asked = {one.name for one in operation.parameters if one.where == "query"}
        assert (name, set(request.url.params)) == (name, asked)
        parts = described.parts(operation)
        if parts is not None:
            bodies += 1
            assert (name, set(json.loads(request.content))) == (name, parts - ONLY_OF_THE_ORDER.get(name, set()))
    assert bodies > 10

"""No route without a rule, and no rule that cannot be kept: the site does not start."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from living_cell import cell_at
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from tallystick import edge
from tallystick.app.cell import Cell
from tallystick.edge import BadRule, RouteRule, Site, Unruled, Visit


@pytest.fixture
def cell(sqlite_url: str, tmp_path: Path) -> Iterator[Cell]:
    """A cell with nothing in it."""
    with cell_at(sqlite_url, tmp_path / "cell") as cell:
        yield cell


def show(visit: Visit) -> Response:
    """A page."""
    return PlainTextResponse(visit.path.get("name", ""))


def rule(**changes: object) -> RouteRule:
    """A rule that is good but for the changes."""
    values: dict[str, object] = {"permission": "self", "methods": frozenset({"GET"}), "max_bytes": 0, "kind": "page"}
    return RouteRule(**(values | changes))  # type: ignore[arg-type]  # some are wrong on purpose


@pytest.mark.parametrize(
    "changes",
    [
        {"permission": "root"},
        {"permission": ""},
        {"permission": "self or root"},
        {"methods": frozenset()},
        {"methods": frozenset({"TRACE"})},
        {"max_bytes": -1},
        {"max_bytes": 10**12},
        {"kind": "socket"},
    ],
)
def test_a_rule_that_cannot_be_kept_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(BadRule, match="expected"):
        rule(**changes)


def test_a_good_rule_is_taken() -> None:
    assert rule(permission="adjudicate or gate.read").permissions == ("adjudicate", "gate.read")


def test_a_route_that_goes_around_the_door_stops_the_start(cell: Cell) -> None:
    async def aside(_: Request) -> Response:
        return PlainTextResponse("open to all")

    def mount(site: Site) -> None:
        site.app.add_route("/aside", aside)

    with pytest.raises(Unruled, match="/aside"):
        edge.build(cell, mounts=[mount], secure_cookies=True)


def test_a_page_must_name_a_permission_that_exists(cell: Cell) -> None:
    with pytest.raises(BadRule, match="everything"):
        edge.build(cell, mounts=[lambda site: site.page("/x", show, permission="everything")], secure_cookies=True)


def test_two_rules_for_one_route_are_one_too_many(cell: Cell) -> None:
    def mount(site: Site) -> None:
        site.page("/x", show, permission="self")
        site.page("/x", show, permission="public")

    with pytest.raises(Unruled, match="GET /x"):
        edge.build(cell, mounts=[mount], secure_cookies=True)


def test_a_call_that_takes_no_visit_is_refused(cell: Cell) -> None:
    def call(name: str) -> None:
        """Take a name."""

    with pytest.raises(TypeError, match="visit"):
        edge.build(
            cell, mounts=[lambda site: site.api("GET", "/api/x", call, permission="self", answers=None)],
            secure_cookies=True,
        )  # fmt: skip

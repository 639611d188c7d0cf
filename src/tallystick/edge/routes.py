"""Finds the route of a request without asking all of them: by method, and by how many slashes its path has."""

import re
from dataclasses import dataclass, field

from starlette.routing import Route
from starlette.types import ASGIApp, Scope


@dataclass(slots=True)
class Routes:
    """The routes of a site. Those without parameters come before those with; else the first registered wins."""

    _exact: dict[tuple[str, str], ASGIApp] = field(default_factory=dict)
    _shaped: dict[tuple[str, int], list[tuple[re.Pattern[str], ASGIApp]]] = field(default_factory=dict)
    _open: list[tuple[str, re.Pattern[str], ASGIApp]] = field(default_factory=list)

    def add(self, route: Route) -> None:
        """Take a route in. Parameters are text: handlers read what they mean."""
        assert route.methods is not None, "a route that answers every method has no rule"
        for method in route.methods:
            if "{" not in route.path:
                self._exact[method, route.path] = route.app
            elif ":path}" in route.path:
                self._open.append((method, route.path_regex, route.app))
            else:
                self._shaped.setdefault((method, route.path.count("/")), []).append((route.path_regex, route.app))

    def find(self, scope: Scope) -> ASGIApp | None:
        """What answers a request, its parameters put into the scope; None when nothing does."""
        method, path = scope["method"], scope["path"]
        found = self._exact.get((method, path))
        if found is not None:
            scope["path_params"] = {}
            return found
        for pattern, app in self._shaped.get((method, path.count("/")), ()):
            match = pattern.match(path)
            if match:
                scope["path_params"] = match.groupdict()
                return app
        for wanted, pattern, app in self._open:
            match = pattern.match(path) if wanted == method else None
            if match:
                scope["path_params"] = match.groupdict()
                return app
        return None

"""What the site says about its own routes, as a page. Reads rules and an OpenAPI document; writes nothing."""

import re
from collections.abc import Iterator, Mapping

from tallystick.edge.rule import RouteRule

TITLES = {"api": "API", "page": "Pages", "static": "Files for everybody"}
UNITS = ((1_000_000, "MB"), (1_000, "kB"), (1, "B"))


def page(rules: Mapping[str, RouteRule], document: Mapping[str, object], note: str) -> str:
    """The whole page.

    rules     by method and path, `GET /healthz`, as the site holds them
    document  the OpenAPI description, for the words of each API route
    """
    words = dict(summaries(document))
    lines = [
        "# Routes",
        note,
        "Every address of a cell, with who may use it and how much it takes. An address that is absent and one that",
        "is forbidden answer alike. `GET /openapi.json` says what each API route takes and gives.",
    ]
    for kind, title in TITLES.items():
        chosen = {name: rule for name, rule in rules.items() if rule.kind == kind}
        if chosen:
            lines += ["", f"## {title}", "", "| route | who may | takes | what it does |", "| --- | --- | --- | --- |"]
            lines += [
                f"| `{name}` | {rule.permission} | {size(rule.max_bytes)} | {words.get(in_openapi(name), '')} |"
                for name, rule in sorted(chosen.items(), key=lambda pair: pair[0].split()[::-1])
            ]
    return "\n".join(lines) + "\n"


def summaries(document: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Method and path of every API route, and its summary."""
    paths = document.get("paths")
    assert isinstance(paths, dict)
    for path, operations in paths.items():
        for method, operation in operations.items():
            yield f"{method.upper()} {path}", str(operation.get("summary", "")).replace("|", "or")


def in_openapi(name: str) -> str:
    """A route's name as OpenAPI writes it: without the converters of its path."""
    return re.sub(r":\w+}", "}", name)


def size(count: int) -> str:
    """A limit in bytes, as people write it; nothing for a route that takes no body."""
    if not count:
        return ""
    scale, unit = next(found for found in UNITS if count >= found[0])
    return f"{count / scale:g} {unit}"

"""Writes the pages of docs/ that the code can write best: what it says about itself. Run by `make docs`.

tests/test_docs.py fails when a page here is not what the code says.
"""

import dataclasses
import inspect
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import command_page
import route_page
import signal_page

from tallystick import api, cli, edge, events, settings, web
from tallystick.app import cell
from tallystick.signals import ALL

DOCS = Path(__file__).parent.parent / "docs"
NOTE = "<!-- Written by `make docs`. Change the code, not this page. -->\n"
FIELD = re.compile(r"^    (?P<name>\w+): (?P<type>[^=#]+?)(?: = (?P<default>[^#]+?))?(?:  # (?P<note>.*))?$")


@cache
def pages() -> dict[Path, str]:
    """Every generated page: where it stands and what it says."""
    return {
        DOCS / "commands.md": command_page.page(cli.app, "tallystick", NOTE),
        DOCS / "events.md": events_page(),
        DOCS / "routes.md": routes_page(),
        DOCS / "settings.md": settings_page(),
        DOCS / "signals.md": signal_page.page(ALL, NOTE),
    }


@cache
def routes_page() -> str:
    """Every route of a cell's site, with its rule."""
    with tempfile.TemporaryDirectory() as folder:
        opened = cell.create(Path(folder), name="docs.invalid")
        try:
            site = edge.build(opened, mounts=[api.mount, web.mount], secure_cookies=True)
            return route_page.page(site.rules, json.loads(site.describe()), NOTE)
        finally:
            opened.close()


def settings_page() -> str:
    """Every key of a cell's settings file."""
    lines = [
        "# Settings",
        NOTE,
        f"A cell reads `{settings.FILE}` in its folder, once, when it starts. No file means: all as below. It never",
        "holds a secret, and a key that nobody knows is an error, not a comment.",
        "",
        "| key | type | when left out | what it is |",
        "| --- | --- | --- | --- |",
    ]
    told = dict(re.findall(r"^(\w+) {2,}(.+)$", inspect.getdoc(settings.Settings) or "", re.MULTILINE))
    for key in dataclasses.fields(settings.Settings):
        if key.name != "directory":
            kind = str(key.type if isinstance(key.type, str) else getattr(key.type, "__name__", key.type))
            lines.append(
                f"| `{key.name}` | {kind.replace(' | ', ' or ')} | `{key.default}` | {told.get(key.name, '')} |"
            )
    return "\n".join(lines) + "\n"


def events_page() -> str:
    """Every kind of event, stage by stage, with its fields."""
    lines = [
        "# Events",
        NOTE,
        "Every fact that a journal can hold. A shipped kind never changes: a new need is a new version.",
        "Texts and personal data are not here: they live in the vault, and events carry commitments to them.",
    ]
    for module in events_modules():
        lines += ["", f"## {module.__name__.rsplit('.', 1)[1]}", "", inspect.getdoc(module) or ""]
        for fact in vars(module).values():
            if inspect.isclass(fact) and fact.__module__ == module.__name__:
                lines += event_lines(fact)
    return "\n".join(lines) + "\n"


def events_modules() -> list[ModuleType]:
    """The modules of events that define a kind, in alphabetical order."""
    names = {fact.__module__ for fact in events.KINDS.values()}
    return [sys.modules[name] for name in sorted(names)]


def event_lines(fact: type) -> Iterator[str]:
    """One event, or one part that events share, as a heading, a sentence and a table of fields."""
    kind = getattr(fact, "KIND", None)
    yield ""
    yield f"### `{kind}`" if kind else f"### {fact.__name__} (a part of the events beside it)"
    yield ""
    yield inspect.cleandoc(fact.__doc__ or "")
    yield ""
    yield "| field | type | what it is |"
    yield "| --- | --- | --- |"
    for line in inspect.getsource(fact).splitlines():
        found = FIELD.match(line)
        if found and not found["type"].startswith("ClassVar"):
            default = f" (when left out: `{found['default']}`)" if found["default"] else ""
            note = ((found["note"] or "") + default).strip().replace("|", "or")
            yield f"| `{found['name']}` | `{found['type'].replace(' | ', ' or ')}` | {note} |"


def main() -> None:
    """Write every generated page anew."""
    for path, text in pages().items():
        path.write_text(text)
        sys.stdout.write(f"{path.relative_to(DOCS.parent)}\n")


if __name__ == "__main__":
    main()

"""What the command line says about itself, as a page and as a table of commands. Reads a Typer app; writes nothing."""

from collections.abc import Iterator

import typer
from typer.main import get_command


def commands(app: typer.Typer) -> dict[str, typer.core.TyperCommand]:
    """Every command that does something, by the words one types: `log verify`."""
    return dict(_walk(get_command(app), ""))


def _walk(command: object, words: str) -> Iterator[tuple[str, typer.core.TyperCommand]]:
    if isinstance(command, typer.core.TyperGroup):
        for name, part in sorted(command.commands.items()):
            yield from _walk(part, f"{words} {name}".strip())
    elif isinstance(command, typer.core.TyperCommand):
        yield words, command


def page(app: typer.Typer, program: str, note: str) -> str:
    """The whole page."""
    lines = [
        "# Commands", note,
        f"`{program} COMMAND --help` says the same on the command line. `--json` prints one JSON object.",
    ]  # fmt: skip
    for words, command in commands(app).items():
        lines += ["", f"## `{program} {words}`", "", (command.help or "").strip()]
        table = list(_rows(command))
        if table:
            lines += ["", "| argument | what it is | when left out |", "| --- | --- | --- |", *table]
    return "\n".join(lines) + "\n"


def _rows(command: typer.core.TyperCommand) -> Iterator[str]:
    for parameter in command.params:
        if isinstance(parameter, typer.core.TyperOption):
            name = ", ".join((*parameter.opts, *parameter.secondary_opts))
        else:
            name = (parameter.metavar or parameter.name or "").upper()
        told = " ".join((getattr(parameter, "help", None) or "").split()).replace("|", "or")
        default = said(parameter.default)
        yield f"| `{name}` | {told} | {'required' if parameter.required else default} |"


def said(default: object) -> str:
    """A default value in words; nothing for none."""
    if default is None or default is ...:
        return ""
    if isinstance(default, bool):
        return "on" if default else "off"
    return f"`{default}`"


def unknown(app: typer.Typer, words: list[str]) -> str | None:
    """What is wrong with a command line that a document shows; None when the app would understand it.

    words  what follows the name of the program; values are not looked at
    """
    known = commands(app)
    spoken = next((" ".join(words[:size]) for size in (3, 2, 1) if " ".join(words[:size]) in known), None)
    if spoken is None:
        return f"no such command: {' '.join(words)}"
    options = {name for parameter in known[spoken].params for name in (*parameter.opts, *parameter.secondary_opts)}
    used = {word.split("=")[0] for word in words if word.startswith("--")}
    strange = used - options - {"--help"}
    return f"{spoken} has no {sorted(strange)}" if strange else None

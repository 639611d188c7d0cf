"""The page of commands, and the check that documents show only commands that exist."""

from typing import Annotated

import pytest
import typer
from command_page import commands, page, unknown

app = typer.Typer()
log = typer.Typer()
app.add_typer(log, name="log")


@app.command()
def serve(
    folder: Annotated[str, typer.Argument(help="Where the cell is.")],
    port: Annotated[int, typer.Option(help="Where to listen.")] = 8000,
    *,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Serve a cell."""


@log.command()
def verify(folder: str) -> None:
    """Check a log."""


def test_commands_of_groups_are_found() -> None:
    assert list(commands(app)) == ["log verify", "serve"]


def test_the_page_has_help_arguments_and_defaults() -> None:
    text = page(app, "prog", "")
    assert "## `prog serve`\n\nServe a cell.\n" in text
    assert "| `FOLDER` | Where the cell is. | required |" in text
    assert "| `--port` | Where to listen. | `8000` |" in text


@pytest.mark.parametrize("line", ["serve DIR", "serve DIR --port 1 --json", "log verify DIR", "serve --help"])
def test_a_line_that_would_be_understood(line: str) -> None:
    assert unknown(app, line.split()) is None


@pytest.mark.parametrize(
    ("line", "words"), [("log burn DIR", "no such command"), ("serve DIR --prot=1", r"serve has no \['--prot'\]")]
)
def test_a_line_that_would_not(line: str, words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        assert unknown(app, line.split()) is None

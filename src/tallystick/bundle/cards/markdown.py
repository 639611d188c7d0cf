"""The few pieces of Markdown that several cards need. Pure."""

from collections.abc import Iterable, Sequence

from tallystick.bundle.derive import Tables
from tallystick.bundle.manifest import notices


def warning(tables: Tables) -> str:
    """What a reader must know before anything else, as a quote at the top of each page."""
    return "\n>\n".join(f"> **{notice}**" for notice in notices(tables)) + ("\n" if notices(tables) else "")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(
        f"| {' | '.join(cell.replace('|', '/').replace(chr(10), ' ') for cell in line)} |\n" for line in lines
    )

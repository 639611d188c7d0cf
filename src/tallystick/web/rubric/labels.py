"""The labels of an editor's form in the language of the request: pure modules name its fields in English. Pure else."""

from collections.abc import Collection
from dataclasses import replace

from tallystick.flow.document.form import Boxed, Leaf, Listed, Node, Row
from tallystick.web.language import said, told
from tallystick.web.language.formats import count


def labelled(nodes: tuple[Node, ...], missing: Collection[str] = ()) -> tuple[Node, ...]:
    """Every field with its label and its hint said. What stands in them is kept as it was written.

    missing  the names of fields that stand empty and must not: each says so in the words of a form
    """
    return tuple(_labelled(node, missing) for node in nodes)


def _labelled(node: Node, missing: Collection[str]) -> Node:
    if isinstance(node, Boxed):
        return replace(node, label=told(node.label), nodes=labelled(node.nodes, missing))
    error = _empty(node) if node.name in missing else node.error
    if isinstance(node, Leaf):
        return replace(node, label=told(node.label), hint=told(node.hint), error=error)
    rows = tuple(_row(row, node, number, missing) for number, row in enumerate(node.rows, 1))
    return replace(node, label=told(node.label), one=told(node.one), rows=rows, error=error)


def _empty(node: Leaf | Listed) -> str:
    """What is said at a field in which something must stand."""
    if isinstance(node, Listed):
        return said("Expected at least one entry here, found none. Add one with the button below.")
    if node.kind == "choice":
        return said("Expected a choice here, found none. Choose one of the list.")
    return said("Expected words or a number here, found nothing. Fill in this field.")


def _row(row: Row, listed: Listed, number: int, missing: Collection[str]) -> Row:
    """One entry of a list, `criterion 2: Safety`: what follows the number is what somebody wrote."""
    name = said("%(title)s %(number)s", title=told(listed.one), number=count(number))
    written = row.label.removeprefix(f"{listed.one} {number}")
    label = name[:1].upper() + name[1:]
    nodes = tuple(
        replace(node, label=label) if isinstance(node, Leaf) and node.name == row.name else _labelled(node, missing)
        for node in row.nodes
    )
    return replace(row, label=f"{name}{written}", nodes=nodes)

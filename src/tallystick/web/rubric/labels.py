"""The labels of an editor's form in the language of the request: pure modules name its fields in English. Pure else."""

from dataclasses import replace

from tallystick.flow.document.form import Boxed, Leaf, Listed, Node, Row
from tallystick.web.language import said, told
from tallystick.web.language.formats import count


def labelled(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Every field with its label and its hint said. What stands in them is kept as it was written."""
    return tuple(_labelled(node) for node in nodes)


def _labelled(node: Node) -> Node:
    if isinstance(node, Leaf):
        return replace(node, label=told(node.label), hint=told(node.hint))
    if isinstance(node, Boxed):
        return replace(node, label=told(node.label), nodes=labelled(node.nodes))
    rows = tuple(_row(row, node, number) for number, row in enumerate(node.rows, 1))
    return replace(node, label=told(node.label), one=told(node.one), rows=rows)


def _row(row: Row, listed: Listed, number: int) -> Row:
    """One entry of a list, `criterion 2: Safety`: what follows the number is what somebody wrote."""
    name = said("%(title)s %(number)s", title=told(listed.one), number=count(number))
    written = row.label.removeprefix(f"{listed.one} {number}")
    label = name[:1].upper() + name[1:]
    nodes = tuple(
        replace(node, label=label) if isinstance(node, Leaf) and node.name == row.name else _labelled(node)
        for node in row.nodes
    )
    return replace(row, label=f"{name}{written}", nodes=nodes)

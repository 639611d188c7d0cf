"""YAML documents that people write: text in, a checked model out, or every problem with its line.

Rubrics and contracts are such documents, and both come from outside: hostile text gives a problem, never an exception.
Reads text and writes text; touches no file.
"""

from tallystick.flow.document import form
from tallystick.flow.document.part import (
    Part,
    Share,
    Slug,
    Text,
    Version,
    Versioned,
    shaped,
    share_ppm,
)
from tallystick.flow.document.problem import Fault, Finding, Problem
from tallystick.flow.document.reading import check, from_plain, placed, plain, read, write
from tallystick.flow.document.tree import BYTES_MAX, DEPTH_MAX, NODES_MAX, Plain, Tree, parse

__all__ = [
    "BYTES_MAX",
    "DEPTH_MAX",
    "NODES_MAX",
    "Fault",
    "Finding",
    "Part",
    "Plain",
    "Problem",
    "Share",
    "Slug",
    "Text",
    "Tree",
    "Version",
    "Versioned",
    "check",
    "form",
    "from_plain",
    "parse",
    "placed",
    "plain",
    "read",
    "shaped",
    "share_ppm",
    "write",
]

"""Documents as forms: a form and its YAML say the same. Reads and writes plain data; touches no file.

A form is flat: the name of a field is its path, `criteria.0.anchors.1.text`. In between, a document is form data:
lists and maps of texts, in which a map by points of a scale is a list of rows.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import yaml

from tallystick.flow.document.tree import BYTES_MAX, NODES_MAX, Plain

Kind = Literal["line", "text", "whole", "flag", "choice"]
Data = dict[str, Plain]
ROWS_MAX = 100
FIELDS_MAX = 800
"""A document with a longer list, or with more fields, is changed as text: nobody finds their way in such a form."""
_YES = "yes"


@dataclass(frozen=True, slots=True)
class Field:
    """One value. default: what a flag is when the document does not say."""

    key: str
    label: str
    kind: Kind = "line"
    hint: str = ""
    choices: tuple[str, ...] = ()
    default: bool = False


@dataclass(frozen=True, slots=True)
class Inside:
    """A map with keys of its own."""

    key: str
    label: str
    parts: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Texts:
    """A list of texts. one: what one of them is called."""

    key: str
    label: str
    one: str


@dataclass(frozen=True, slots=True)
class Points:
    """A map from points of a scale to texts."""

    key: str
    label: str
    one: str


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of maps. title: the key whose value names a row."""

    key: str
    label: str
    one: str
    title: str
    parts: "tuple[Part, ...]"


@dataclass(frozen=True, slots=True)
class Named:
    """A map from names to lists of maps. In between it is a list of rows with a name and their entries.

    one    what one list is called; entry: what one of its entries is called, title the key that names it
    """

    key: str
    label: str
    one: str
    entry: str
    title: str
    parts: "tuple[Part, ...]"
    hint: str = ""


Part = Field | Inside | Texts | Points | Rows | Named
_POINT = (Field("point", "Score", "whole"), Field("text", "What it means", "text"))


@dataclass(frozen=True, slots=True)
class Shape:
    """The form of one kind of document. mark: the line with which every such document begins."""

    mark: tuple[str, str]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """A document as text, and what stands in it: whoever has both reads no text anew. Not to be changed."""

    text: str
    data: Data


# --- what a page shows ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Leaf:
    """One input: its name, what stands in it, and what is wrong with it."""

    name: str
    label: str
    kind: Kind
    value: str
    hint: str = ""
    choices: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One entry of a list, with the name of its place. is_open: something in it waits to be looked at."""

    name: str
    label: str
    nodes: "tuple[Node, ...]"
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class Listed:
    """A list whose rows can be added and taken out."""

    name: str
    label: str
    one: str
    rows: tuple[Row, ...]
    error: str = ""
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Boxed:
    """Fields that belong together."""

    label: str
    nodes: "tuple[Node, ...]"


Node = Leaf | Listed | Boxed


def nodes(shape: Shape, data: Data, errors: Mapping[str, str] | None = None, *, touched: str = "") -> tuple[Node, ...]:
    """The form of a document's data.

    errors   the name of a field to what is wrong with it
    touched  the place that was changed last: rows around it stand open
    """
    return _nodes(shape.parts, data, "", {**({touched: ""} if touched else {}), **(errors or {})})


def _nodes(parts: Sequence[Part], data: Data, under: str, errors: Mapping[str, str]) -> tuple[Node, ...]:
    return tuple(_node(part, data.get(part.key), f"{under}{part.key}", errors) for part in parts)


def _node(part: Part, value: Plain, name: str, errors: Mapping[str, str]) -> Node:
    error = errors.get(name, "")
    if isinstance(part, Field):
        shown = _shown(value, part)
        return Leaf(name, part.label, part.kind, shown, part.hint, part.choices, error)
    if isinstance(part, Inside):
        return Boxed(part.label, _nodes(part.parts, _map(value), f"{name}.", errors))
    rows = []
    for number, entry in enumerate(_list(part, value)):
        place = f"{name}.{number}"
        if isinstance(part, Texts):
            leaf = Leaf(
                place, f"{part.one.capitalize()} {number + 1}", "text", _text(entry), error=errors.get(place, "")
            )
            rows.append(Row(place, f"{part.one} {number + 1}", (leaf,)))
            continue
        inner = _inner(part)
        title = _text(_map(entry).get(_title(part), ""))
        label = f"{part.one} {number + 1}" + (f": {title}" if title else "")
        is_open = not title or any(f"{name}.".startswith(f"{place}.") for name in errors)
        rows.append(Row(place, label, _nodes(inner, _map(entry), f"{place}.", errors), is_open))
    return Listed(name, part.label, part.one, tuple(rows), error, is_open=not isinstance(part, Rows | Named))


def _inner(part: "Texts | Points | Rows | Named") -> "tuple[Part, ...]":
    """What a row of a list holds."""
    if isinstance(part, Rows):
        return part.parts
    if isinstance(part, Named):
        return Field("name", "Name", hint=part.hint), Rows("entries", "Entries", part.entry, part.title, part.parts)
    return _POINT


def _title(part: "Texts | Points | Rows | Named") -> str:
    """The key whose value names a row; empty where none does."""
    return part.title if isinstance(part, Rows) else "name" if isinstance(part, Named) else ""


def _shown(value: Plain, part: Field) -> str:
    if part.kind == "flag":
        is_set = part.default if value is None else value in {True, _YES}
        return _YES if is_set else ""
    return _text(value)


def _text(value: Plain) -> str:
    return "" if value is None or isinstance(value, list | dict) else str(value)


def _map(value: Plain) -> Data:
    return value if isinstance(value, dict) else {}


def _list(part: Part, value: Plain) -> list[Plain]:
    """The rows of a list; of a map by points or by names, its pairs."""
    if isinstance(part, Points) and isinstance(value, dict):
        return [{"point": point, "text": text} for point, text in value.items()]
    if isinstance(part, Named) and isinstance(value, dict):
        return [{"name": name, "entries": entries} for name, entries in value.items()]
    return value if isinstance(value, list) else []


# --- from what was typed to a document --------------------------------------------------------------------------


def taken(shape: Shape, fields: Mapping[str, str]) -> Data:
    """Form data of what was typed. Rows that stand there empty stay, so that they can be filled in."""
    return _taken(shape.parts, fields, "")


def _taken(parts: Sequence[Part], fields: Mapping[str, str], under: str) -> Data:
    return {part.key: _value(part, fields, f"{under}{part.key}") for part in parts}


def _value(part: Part, fields: Mapping[str, str], name: str) -> Plain:
    if isinstance(part, Field):
        return _typed(part, fields.get(name, ""))
    if isinstance(part, Inside):
        return _taken(part.parts, fields, f"{name}.")
    places = _places(fields, name)
    if isinstance(part, Texts):
        return [_clean(fields.get(place, "")) for place in places]
    inner = _inner(part)
    return [_taken(inner, fields, f"{place}.") for place in places]


def _places(fields: Mapping[str, str], name: str) -> list[str]:
    """The places of the rows of a list that a form holds, in order."""
    start = f"{name}."
    heads = {field[len(start) :].partition(".")[0] for field in fields if field.startswith(start)}
    return [f"{start}{number}" for number in sorted(int(head) for head in heads if head.isdecimal() and len(head) < 4)]


def _typed(part: Field, text: str) -> Plain:
    if part.kind == "flag":
        return text == _YES
    clean = _clean(text)
    return int(clean) if part.kind == "whole" and clean.isascii() and clean.isdecimal() and len(clean) < 9 else clean


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def changed(shape: Shape, data: Data, verb: str, place: str) -> Data:
    """The data after a row was added to a list, taken out of it, or moved up. A place that is not there changes none.

    verb  add, with the list as the place; remove or up, with the row
    """
    steps = place.split(".")
    part, inside = _found(shape.parts, data, steps if verb == "add" else steps[:-1])
    if part is None or isinstance(part, Field | Inside) or not isinstance(inside, list):
        return data
    if verb == "add":
        inside.append("" if isinstance(part, Texts) else {})
    number = int(steps[-1]) if steps[-1].isdecimal() else -1
    if verb == "remove" and 0 <= number < len(inside):
        inside.pop(number)
    if verb == "up" and 0 < number < len(inside):
        inside[number - 1], inside[number] = inside[number], inside[number - 1]
    return data


def _found(parts: Sequence[Part], data: Plain, steps: list[str]) -> tuple[Part | None, Plain]:
    """The part and the list at a place of form data; lists on the way there are made when they are missing."""
    part = next((one for one in parts if one.key == steps[0]), None) if steps else None
    if part is None or not isinstance(data, dict):
        return None, None
    inside = data.get(part.key)
    if not isinstance(part, Field | Inside) and not isinstance(inside, list):
        inside = data[part.key] = _list(part, inside)
    if len(steps) == 1:
        return part, inside
    number = int(steps[1]) if steps[1].isdecimal() else -1
    if not isinstance(part, Rows | Named) or not isinstance(inside, list) or not 0 <= number < len(inside):
        return None, None
    return _found(_inner(part), inside[number], steps[2:])


def document(shape: Shape, data: Data) -> Data:
    """The document of form data: what stands empty is left out, rows by points are a map again."""
    key, mark = shape.mark
    return {key: mark, **_document(shape.parts, data)}


def _document(parts: Sequence[Part], data: Data) -> Data:
    found: Data = {}
    for part in parts:
        value = _entry(part, data.get(part.key))
        if value not in (None, "", [], {}):
            found[part.key] = value
    return found


def _entry(part: Part, value: Plain) -> Plain:
    if isinstance(part, Field):
        return value is True if part.kind == "flag" and value is not None else value
    if isinstance(part, Inside):
        return _document(part.parts, _map(value))
    rows = _list(part, value)
    if isinstance(part, Texts):
        return [row for row in rows if row not in (None, "")]
    if isinstance(part, Points):
        return _by_point(rows)
    if isinstance(part, Named):
        return _by_name(part, rows)
    given = [_document(part.parts, _map(row)) for row in rows]
    return [row for row in given if any(not isinstance(value, bool) for value in row.values())]


def _by_point(rows: list[Plain]) -> Plain:
    """A map by points. A point that comes again keeps its words under a key that no scale has: nothing is lost."""
    found: dict[object, Plain] = {}
    for row in rows:
        point, text = _map(row).get("point"), _map(row).get("text")
        if point in (None, "") and text in (None, ""):
            continue
        key: object = point if point not in (None, "") else "no score"
        while key in found:
            key = f"{key} again"
        found[key] = text or ""
    return found  # type: ignore[return-value]  # points are written as numbers, as people write them


def _by_name(part: Named, rows: list[Plain]) -> Plain:
    """A map by names. A list with a name and no entries stays; a name that comes again is kept under another."""
    found: Data = {}
    _, inner = _inner(part)
    for row in rows:
        name, entries = _text(_map(row).get("name")), _entry(inner, _map(row).get("entries"))
        if name or entries:
            key = name or "no name"
            while key in found:
                key = f"{key} again"
            found[key] = entries
    return found


def text(shape: Shape, data: Data) -> str:
    """The YAML of form data."""
    return written(shape, data).text


def written(shape: Shape, data: Data) -> Written:
    """The YAML of form data, and the document that stands in it."""
    return plainly_written(document(shape, data))


def plainly_written(data: Data) -> Written:
    """The YAML of a document, with all that stands in it."""
    made: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return Written(made, data)


class _Dumper(yaml.SafeDumper):
    """Writes every text so that it is read as it was: ends of lines of Unicode are written as escapes."""


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if _OTHER_ENDS.search(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_OTHER_ENDS = re.compile("[\x85\u2028\u2029]")
_Dumper.add_representer(str, _text_node)


def is_readable(written: Written) -> bool:
    """Whether reading the text would give what was written: it is short enough."""
    return len(written.text.encode("utf-8", "replace")) <= BYTES_MAX and _size(written.data) <= NODES_MAX


def _size(data: Plain) -> int:
    """How many values a document holds, as whoever reads it counts them."""
    inner = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return 1 + sum(_size(value) for value in inner)


def unknown(shape: Shape, data: Data) -> list[str]:
    """Places of a document that its form has no field for: such a document is changed as text."""
    rest = {key: value for key, value in data.items() if key != shape.mark[0]}
    return list(_unknown(shape.parts, rest, ""))


def _unknown(parts: Sequence[Part], data: Plain, under: str) -> Iterator[str]:
    if not isinstance(data, dict):
        yield under.rstrip(".") or "the document"
        return
    by_key = {part.key: part for part in parts}
    for key, value in data.items():
        name, part = f"{under}{key}", by_key.get(str(key))
        yield from [name] if part is None else _misplaced(part, value, name)


def _misplaced(part: Part, value: Plain, name: str) -> Iterator[str]:
    if isinstance(part, Inside):
        yield from _unknown(part.parts, value, f"{name}.")
        return
    wanted = {Field: (str, int, bool, type(None)), Points: (dict,), Named: (dict,)}.get(type(part), (list,))
    if not isinstance(value, wanted):
        yield name
    elif isinstance(part, Rows | Named):
        for number, row in enumerate(_list(part, value)):
            yield from _unknown(_inner(part), row, f"{name}.{number}.")
    elif isinstance(part, Texts):
        yield from [f"{name}.{number}" for number, row in enumerate(_list(part, value)) if isinstance(row, list | dict)]


def has_form(shape: Shape, data: Data) -> bool:
    """Whether a document can be shown as a form: it has a place for everything, as it is, and is not too long."""
    return not unknown(shape, data) and not is_too_long(shape, data) and not broken(shape, data)


def broken(shape: Shape, data: Data) -> list[str]:
    """Fields of one line that hold more than one: a browser glues them together on the way through a form."""
    return [leaf.name for leaf in _leaves(nodes(shape, data)) if leaf.kind != "text" and _LINE_END.search(leaf.value)]


_LINE_END = re.compile("[\r\n]")


def _leaves(shown: Sequence[Node]) -> Iterator[Leaf]:
    for node in shown:
        if isinstance(node, Leaf):
            yield node
            continue
        for inner in (row.nodes for row in node.rows) if isinstance(node, Listed) else (node.nodes,):
            yield from _leaves(inner)


def is_too_long(shape: Shape, data: Data) -> bool:
    """Whether a document has a list of more rows, or more fields in all, than a form shows."""
    lists, fields = _sizes(nodes(shape, data))
    return lists > ROWS_MAX or fields > FIELDS_MAX


def _sizes(shown: Sequence[Node]) -> tuple[int, int]:
    """(rows of the longest list, all fields) of a form."""
    longest = fields = 0
    for node in shown:
        if isinstance(node, Leaf):
            fields += 1
            continue
        inner = [_sizes(row.nodes) for row in node.rows] if isinstance(node, Listed) else [_sizes(node.nodes)]
        rows = len(node.rows) if isinstance(node, Listed) else 0
        longest = max([longest, rows, *(one for one, _ in inner)])
        fields += sum(one for _, one in inner)
    return longest, fields


def next_version(version: str) -> str:
    """The version that a change usually gets: 1.2.0 becomes 1.3.0."""
    found = re.fullmatch(r"([0-9]+)[.]([0-9]{1,6})[.][0-9]+", version)
    return f"{found[1]}.{int(found[2]) + 1}.0" if found else version

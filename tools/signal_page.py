"""docs/signals.md from the registered signals: what each is about, holds, asks, measures and exports."""

from collections.abc import Iterator, Sequence

from pydantic import BaseModel

from tallystick.signals.shape import Code, Measure, Signal

INTRODUCTION = """# Signals

{note}
A signal is one kind of supervision. Everything that the cell does with it follows from what is declared here; how to
add one stands in [extending.md](extending.md). How the answers of each are made up stands in the module named with it.

Every signal also offers the verdicts `insufficient_context` and `abstain`. They decide nothing: they are counted, left
out of agreement, and are no row of a trainer's export. Every judgment gives reasons, each tied to a criterion of the
rubric. Agreement of the first measure, the headline, is what a gate holds to its threshold. Each row of an export comes
of one judgment alone, so that none is collapsed with another.
"""


def page(signals: Sequence[Signal], note: str) -> str:
    """The page of all signals."""
    parts = [INTRODUCTION.format(note=note), *(_one(signal) for signal in signals)]
    return "\n".join(parts)


def _one(signal: Signal) -> str:
    low, high = signal.candidates
    number = str(low) if low == high else f"{low} to {high}"
    module = type(signal).__module__.replace(".", "/")
    lines = [
        f"## {signal.title}", "", signal.about, "", f"- name: `{signal.name}`", f"- declared in `src/{module}.py`",
        f"- candidates: {number}",
    ]  # fmt: skip
    if signal.is_restricted:
        lines.append(
            "- restricted: give it a domain of restricted risk, whose items are seen by those alone who were let in"
        )
    return "\n".join([*lines, "", *_material(signal), *_codes(signal), *_measures(signal), *_exports(signal)])


def _material(signal: Signal) -> Iterator[str]:
    if signal.material is None:
        yield "An item has no part of its own beyond prompt, context and candidates.\n"
        return
    yield "| field of `material` | asked for | what it holds |"
    yield "| --- | --- | --- |"
    for path, is_required, about in fields(signal.material):
        yield f"| `{path}` | {'yes' if is_required else 'no'} | {about} |"
    yield ""


def fields(model: type[BaseModel], under: str = "") -> Iterator[tuple[str, bool, str]]:
    """Every field of a model and of the models within: its path, whether it must be there, what its schema says."""
    schema = model.model_json_schema()
    yield from _fields(schema, schema, under)


def _fields(schema: dict[str, object], root: dict[str, object], under: str) -> Iterator[tuple[str, bool, str]]:
    properties, required, inner = schema.get("properties"), schema.get("required"), root.get("$defs")
    assert isinstance(properties, dict), "an item's own part is an object"
    for name, part in properties.items():
        where = _item(part)
        reference = where.get("$ref")
        target = inner[reference.rsplit("/", 1)[1]] if isinstance(reference, str) and isinstance(inner, dict) else None
        path = f"{under}{name}{'[]' if part.get('type') == 'array' else ''}"
        about = target["description"].split("\n")[0] if target else _kind(where)
        yield path, isinstance(required, list) and name in required, about
        if target:
            yield from _fields(target, root, f"{path}.")


def _item(part: dict[str, object]) -> dict[str, object]:
    items = part.get("items")
    return items if isinstance(items, dict) else part


def _kind(part: dict[str, object]) -> str:
    options = part.get("anyOf")
    kinds = [str(one.get("type")) for one in options] if isinstance(options, list) else []
    if "enum" in part and isinstance(part["enum"], list):
        return " or ".join(f"`{one}`" for one in part["enum"])
    names = {"string": "text", "object": "map", "boolean": "true or false"}
    found = [names.get(kind, kind) for kind in (kinds or [str(part.get("type", "any JSON"))]) if kind != "null"]
    return " or ".join(found)


def _codes(signal: Signal) -> Iterator[str]:
    if not signal.codes:
        return
    yield "| list that a rubric may replace | values where it does not |"
    yield "| --- | --- |"
    for name, codes in signal.codes.items():
        yield f"| `{name}` | {_listed(codes)} |"
    yield ""


def _listed(codes: Sequence[Code]) -> str:
    return ", ".join(f"`{code.value}`" for code in codes)


def _measures(signal: Signal) -> Iterator[str]:
    yield "| measure | what is rated | level | ratings |"
    yield "| --- | --- | --- | --- |"
    for number, measure in enumerate(signal.measures):
        name = f"`{measure.name}`{'' if number else ' (headline)'}"
        yield f"| {name} | {measure.unit} | {measure.level} | {_values(measure)} |"
    yield ""


def _values(measure: Measure) -> str:
    if measure.values is None:
        return "they differ from item to item"
    return ", ".join(f"`{value}`" for value in measure.values)


def _exports(signal: Signal) -> Iterator[str]:
    if not signal.exports:
        return
    yield "| export | rows |"
    yield "| --- | --- |"
    for name, about in signal.exports.items():
        yield f"| `{name}` | {about} |"
    yield ""

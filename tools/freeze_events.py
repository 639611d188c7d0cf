"""Adds a golden entry for every kind of event that has none. Reads the events; writes tests/events/golden.json.

An entry is never rewritten here: a shipped kind never changes, a new need is a new version.
"""

import json
import sys
from pathlib import Path

import msgspec
from msgspec import inspect

from tallystick import canon, events

GOLDEN = Path(__file__).parent.parent / "tests" / "events" / "golden.json"


def golden() -> dict[str, object]:
    """What is frozen so far: an example of every kind."""
    return dict(json.loads(GOLDEN.read_text())) if GOLDEN.exists() else {}


PLAIN: dict[type[inspect.Type], object] = {inspect.StrType: "text", inspect.IntType: 7, inspect.BoolType: True}


def example(kind: inspect.Type) -> object:
    """A value of a type that fills every field, so that no field can vanish or change its type unseen.

    raises  TypeError on what no event may hold, floats among it
    """
    match kind:
        case inspect.StructType():
            return {field.encode_name: example(field.type) for field in kind.fields}
        case inspect.ListType() | inspect.VarTupleType():
            return [example(kind.item_type)]
        case inspect.DictType():
            return {"key": example(kind.value_type)}
        case inspect.UnionType():
            return example(next(part for part in kind.types if not isinstance(part, inspect.NoneType)))
    if type(kind) not in PLAIN:
        raise TypeError(f"expected text, integer, boolean, list, map or struct in an event, found {kind}")
    return PLAIN[type(kind)]


def example_of(kind: str) -> object:
    """A filled example of one kind of event, as plain data."""
    return example(inspect.type_info(events.KINDS[kind]))


def main() -> None:
    """Freeze what is new, and say what it was."""
    frozen = golden()
    new = {kind: example_of(kind) for kind in sorted(events.KINDS) if kind not in frozen}
    for kind, plain in new.items():
        fact = msgspec.convert(plain, events.KINDS[kind])
        assert canon.encode(fact) == canon.encode(plain)
        sys.stdout.write(f"frozen: {kind}\n")
    lines = [
        f"  {json.dumps(kind)}: {json.dumps(plain, sort_keys=True)}"
        for kind, plain in sorted({**frozen, **new}.items())
    ]
    GOLDEN.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()

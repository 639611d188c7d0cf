"""Numbers in the calls of a tool trace: what was a number stays one, as it was written, from the file to the export."""

import json
from typing import Any

import pytest
from living_cell import rubric_text

from tallystick.app.items import reading
from tallystick.flow import items as flow
from tallystick.flow.document import read
from tallystick.flow.items import ItemRow, content_of_row
from tallystick.flow.rubric import Rubric
from tallystick.signals import BY_NAME
from tallystick.signals.shape import Facts, Given

SIGNAL = BY_NAME["tooltrace"]
SCHEMA = '{"type": "object", "properties": {"x": {"type": "number", "minimum": 0.5}}, "required": ["x"]}'
ASKED = '{"type": "object", "properties": {"x": {"type": "number"}}}'


def line(arguments: str, schema: str = ASKED) -> bytes:
    call = f'{{"id": "c", "tool": "f", "arguments": {arguments}, "output": "o"}}'
    turns = f'[{{"id": "m", "role": "assistant", "calls": [{call}]}}]'
    material = f'{{"tools": [{{"name": "f", "parameters": {schema}}}], "turns": {turns}}}'
    return (
        f'{{"id": "t", "domain": "general", "signal": "tooltrace", "prompt": "p", "material": {material}}}\n'.encode()
    )


def brought(data: bytes) -> ItemRow:
    """The item of a file, as an import makes it."""
    rubric = read(rubric_text(), "rubric.yaml", Rubric)
    assert isinstance(rubric, Rubric)
    rows = reading.rows("x.jsonl", data)
    (row,) = rows  # type: ignore[misc]  # a file that opens
    assert isinstance(row, reading.Row), row
    found = flow.read_item(row.data, line=1, name="x.jsonl", purpose="work", rubrics={"general": rubric})
    assert isinstance(found, ItemRow), found
    assert SIGNAL.item_faults(content_of_row(found)) == []
    return found


def facts(found: ItemRow) -> dict[str, str]:
    (call,) = [piece for piece in SIGNAL.pieces(content_of_row(found)) if piece.kind == "call"]
    return dict(call.facts)


def exported(found: ItemRow) -> dict[str, Any]:
    (row,) = SIGNAL.rows(content_of_row(found), [Given(facts=Facts(verdict="goal_reached"))])["conversations"]
    plain: dict[str, Any] = json.loads(json.dumps(row))
    return plain


@pytest.mark.parametrize(
    ("arguments", "fits"),
    [
        ('{"x": 1.5}', True), ('{"x": 1.50}', True), ('{"x": 1e-7}', True), ('{"x": -0.0}', True), ('{"x": 2}', True),
        ('{"x": "1.5"}', False), ('{"x": [1.5]}', False),
        ('{"x": 0.1, "y": {"z": [1, 2.25, "2.25", null, true]}}', True),
    ],
)  # fmt: skip
def test_a_number_is_a_number_as_it_was_written(arguments: str, fits: bool) -> None:
    found = brought(line(arguments))
    told = facts(found)
    assert told["Arguments"] == arguments
    assert (told["Schema"] == "The arguments fit.") is fits
    function = exported(found)["messages"][0]["tool_calls"][0]["function"]
    assert function["arguments"] == arguments
    again = brought(line(function["arguments"]))
    assert again == found


def test_a_schema_keeps_its_decimals() -> None:
    found = brought(line('{"x": 1}', SCHEMA))
    assert '"minimum": 0.5' in dict(SIGNAL.pieces(content_of_row(found))[0].facts)["f"]
    assert json.loads(exported(found)["tools"])[0]["function"]["parameters"]["properties"]["x"]["minimum"] == 0.5
    assert facts(found)["Schema"] == "The arguments fit, as far as was looked: not at minimum."


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ('"arguments": {"x": 1}, "arguments_json": "{}"', "found both"),
        ('"arguments_json": "{\\"x\\": NaN}"', "text that is none"),
        ('"arguments_json": "nothing"', "text that is none"),
    ],
)
def test_json_text_that_is_none_is_told(call: str, words: str) -> None:
    data = line('{"x": 1}').replace(b'"arguments": {"x": 1}', call.encode())
    rows = reading.rows("x.jsonl", data)
    (row,) = rows  # type: ignore[misc]  # a file that opens
    assert isinstance(row, reading.Row), row
    rubric = read(rubric_text(), "rubric.yaml", Rubric)
    assert isinstance(rubric, Rubric)
    found = flow.read_item(row.data, line=1, name="x.jsonl", purpose="work", rubrics={"general": rubric})
    assert isinstance(found, list)
    assert words in found[0].expected

"""A form and its YAML say the same: whatever a rubric or a constitution holds survives the way through a form."""

from pathlib import Path

import pytest
from constitution_scene import carrying_text, constitution_text

from tallystick.flow import rubric as rubrics
from tallystick.flow.constitution import SHAPE as CONSTITUTION
from tallystick.flow.constitution import Constitution
from tallystick.flow.document import BYTES_MAX, form, parse, plain, read
from tallystick.flow.document.form import Data, Leaf, Listed, Node, Shape
from tallystick.flow.document.tree import Plain
from tallystick.flow.rubric import Rubric
from tallystick.flow.rubric.form import SHAPE as RUBRIC

FILES = sorted((Path(rubrics.__file__).parents[2] / "sim" / "data" / "programme").glob("rubric-*.yaml"))
THRESHOLD = carrying_text().replace("under: concision,", "under: concision, form: threshold, at_most: 1,")


def data_of(text: str) -> Data:
    tree = parse(text, "x.yaml")
    assert not isinstance(tree, list)
    assert isinstance(tree.data, dict)
    return tree.data


def listed(text: str) -> Data:
    """The closed lists of a rubric."""
    found = data_of(text)["labels"]
    assert isinstance(found, dict)
    return found


def typed(nodes: tuple[Node, ...]) -> dict[str, str]:
    """What a browser sends of a form in which nobody changed anything; its lines end as browsers end them."""
    found: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, Leaf):
            if node.kind != "flag" or node.value:
                found[node.name] = node.value.replace("\n", "\r\n")
        elif isinstance(node, Listed):
            for row in node.rows:
                found |= typed(row.nodes)
        else:
            found |= typed(node.nodes)
    return found


def through(shape: Shape, text: str) -> str:
    return form.text(shape, form.taken(shape, typed(form.nodes(shape, data_of(text)))))


LISTS = (
    FILES[0].read_text()
    + """
labels:
  category: [{value: fact, title: Fact, help: It says what is not so.}, {value: tone, title: Tone}]
  severity: []
"""
)


@pytest.mark.parametrize("text", [*(file.read_text() for file in FILES), THRESHOLD, LISTS])
def test_a_rubric_is_the_same_after_its_form(text: str) -> None:
    before, after = read(text, "x", Rubric), read(through(RUBRIC, text), "x", Rubric)
    assert isinstance(before, Rubric), before
    assert isinstance(after, Rubric), after
    assert plain(after) == plain(before)
    assert form.unknown(RUBRIC, data_of(text)) == []


def test_a_document_need_not_be_read_again_after_it_was_written() -> None:
    fields = typed(form.nodes(RUBRIC, data_of(LISTS)))
    for strange in (
        "no",
        "007",
        " a ",
        "a\n\n b",
        "- a: 'b'",
        "# x",
        "\x07",
        "\ufeff",
        "w " * 120,
        "a\x85b",
        "\u2028",
        "a\u2029 b",
    ):
        odd = {
            name: f"{value}{strange}" if number % 7 else strange for number, (name, value) in enumerate(fields.items())
        }
        written = form.written(RUBRIC, form.taken(RUBRIC, odd))
        assert form.is_readable(written)
        assert form.nodes(RUBRIC, written.data) == form.nodes(RUBRIC, data_of(written.text))
    many: Data = {"priority": [["x"] * 100] * 50}
    assert not form.is_readable(form.Written("", many))
    assert not form.is_readable(form.Written("x" * (BYTES_MAX + 1), {}))


def test_a_constitution_is_the_same_after_its_form() -> None:
    text = constitution_text("1.1.0")
    before, after = read(text, "x", Constitution), read(through(CONSTITUTION, text), "x", Constitution)
    assert isinstance(before, Constitution)
    assert isinstance(after, Constitution)
    assert plain(after) == plain(before)


def test_rows_are_added_taken_out_and_moved_and_empty_ones_are_not_written() -> None:
    data = form.taken(CONSTITUTION, typed(form.nodes(CONSTITUTION, data_of(constitution_text()))))
    form.changed(CONSTITUTION, data, "add", "principles")
    form.changed(CONSTITUTION, data, "add", "principles.0.examples")
    form.changed(CONSTITUTION, data, "up", "principles.1")
    form.changed(CONSTITUTION, data, "remove", "principles.2")
    for place in ("principles.9", "nowhere", "principles.0.title.3", "id", ""):
        for verb in ("add", "remove", "up"):
            form.changed(CONSTITUTION, data, verb, place)
    found = read(form.text(CONSTITUTION, data), "x", Constitution)
    assert isinstance(found, Constitution), found
    assert list(found.by_id) == ["candour", "care"]
    assert len(found.by_id["care"].examples) == 1


def test_lists_of_a_name_are_added_and_one_that_comes_twice_is_kept() -> None:
    data = form.taken(RUBRIC, typed(form.nodes(RUBRIC, data_of(LISTS))))
    form.changed(RUBRIC, data, "add", "labels")
    form.changed(RUBRIC, data, "add", "labels.0.entries")
    form.changed(RUBRIC, data, "up", "labels.0.entries.1")
    form.changed(RUBRIC, data, "remove", "labels.1")
    assert list(listed(form.text(RUBRIC, data))) == ["category"]
    found = read(form.text(RUBRIC, data), "x", Rubric)
    assert isinstance(found, Rubric), found
    assert [label.value for label in (found.labels or {})["category"]] == ["tone", "fact"]
    rows: list[Plain] = [{"name": "category"}, {"name": "category"}, {"entries": [{"value": "x"}]}]
    assert list(listed(form.text(RUBRIC, {"labels": rows}))) == ["category", "category again", "no name"]


def test_a_score_that_comes_twice_is_a_problem_and_loses_no_words() -> None:
    fields = {"criteria.0.anchors.0.point": "1", "criteria.0.anchors.0.text": "Bad.",
              "criteria.0.anchors.1.point": "1", "criteria.0.anchors.1.text": "Worse."}  # fmt: skip
    text = form.text(RUBRIC, form.taken(RUBRIC, fields))
    assert "Bad." in text
    assert "Worse." in text
    found = read(text, "x", Rubric)
    assert isinstance(found, list)
    assert any("1 again" in problem.path for problem in found)


def test_what_a_form_has_no_field_for_is_named() -> None:
    text = "rubric: tallystick/rubric/1\nid: [a]\nwidth: 3\ncriteria: [{id: a, colour: red, anchors: no}, 7]\n"
    assert form.unknown(RUBRIC, data_of(text)) == [
        "id", "width", "criteria.0.colour", "criteria.0.anchors", "criteria.1",
    ]  # fmt: skip


@pytest.mark.parametrize(("version", "expected"), [("1.2.3", "1.3.0"), ("0.9.0", "0.10.0"), ("one", "one")])
def test_the_next_version_is_proposed(version: str, expected: str) -> None:
    assert form.next_version(version) == expected


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_a_line_break_in_a_field_of_one_line_has_no_form(end: str) -> None:
    data = data_of(FILES[0].read_text())
    assert form.has_form(RUBRIC, data)
    criteria = data["criteria"]
    assert isinstance(criteria, list)
    assert isinstance(criteria[0], dict)
    criteria[0]["question"] = f"Is it true?{end}Is all of it true?"
    assert form.has_form(RUBRIC, data), "a field of several lines keeps them"
    criteria[0]["name"] = f"Rea{end}soning"
    assert form.broken(RUBRIC, data) == ["criteria.0.name"]
    assert not form.has_form(RUBRIC, data)

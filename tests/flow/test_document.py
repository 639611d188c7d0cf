"""Documents: every problem with its line and what to do, and no text that gets through as an exception."""

from collections.abc import Iterator
from typing import Annotated, Literal

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import Field

from tallystick import canon
from tallystick.flow.document import (
    BYTES_MAX,
    DEPTH_MAX,
    NODES_MAX,
    Fault,
    Part,
    Plain,
    Problem,
    Share,
    Slug,
    Text,
    Tree,
    Version,
    check,
    from_plain,
    parse,
    placed,
    plain,
    read,
    share_ppm,
    write,
)


class Notch(Part):
    """A part with a check over two of its fields, as rubrics have."""

    low: int
    high: int

    def faults(self) -> Iterator[Fault]:
        if self.low > self.high:
            yield Fault(path=("low",), expected="less than high", found=str(self.low), fix="Swap them.")
            yield Fault(path=("high",), expected="more than low", found=str(self.high), fix="Swap them.")


class Stick(Part):
    """A small document with every kind of field that rubrics and contracts use."""

    name: Slug
    version: Version = "1.0.0"
    words: Text = "a word"
    share: Share = "0.5"
    wood: Literal["hazel", "willow"] = "hazel"
    is_split: bool = True
    marks: Annotated[tuple[int, ...], Field(min_length=2)] = (1, 2)
    notches: tuple[Notch, ...] = ()
    by_point: dict[int, Text] = Field(default_factory=dict)


GOOD = "name: exchequer\n"


def problems(text: str | bytes) -> list[Problem]:
    """What is wrong with a stick; the test fails when nothing is."""
    found = read(text, "stick.yaml", Stick)
    assert isinstance(found, list)
    assert found
    return found


# text after GOOD | line | path | a word of what is expected | a word of what is found | a word of what to do
WRONG = [
    ("nmae: x", 2, "nmae", "one of the keys name", "`nmae`", "Did you mean `name`?"),
    ("zzz: x", 2, "zzz", "one of the keys", "`zzz`", "Remove it"),
    ("version: 1.0", 2, "version", "1.0.0", '"1.0"', "three whole numbers"),
    ("words: 2024", 2, "words", "text", "the number 2024", "quotes"),
    ("words: true", 2, "words", "text", "true", "quotes"),
    ("words:", 2, "words", "text", "nothing", "quotes"),
    ("words: ' '", 2, "words", "not empty", "empty text", "word"),
    (f"words: {'x' * 20_001}", 2, "words", "at most 20000 characters", "xxx...", "shorter"),
    ("share: 1.5", 2, "share", "between 0 and 1", '"1.5"', "decimal"),
    ("share: 80%", 2, "share", "between 0 and 1", '"80%"', "decimal"),
    ("share: true", 2, "share", "text", "true", "quotes"),
    ("wood: hazle", 2, "wood", "'hazel' or 'willow'", '"hazle"', "Did you mean `hazel`?"),
    ("wood: 7", 2, "wood", "'hazel' or 'willow'", "the number 7", "Choose"),
    ("is_split: yes", 2, "is_split", "true or false", '"yes"', "without quotes"),
    ("marks: 3", 2, "marks", "a list", "the number 3", "own line"),
    ("marks: [3]", 2, "marks", "2 or more", "a list of 1", "Add"),
    ("marks:\n  - 3\n  - '4'", 4, "marks[1]", "a whole number", '"4"', "without quotes"),
    ("marks:\n  - 3\n  - 0.5", 4, "marks[1]", "a whole number", '"0.5"', "without a point"),
    ("notches: [1]", 2, "notches[0]", "a map", "the number 1", "indented"),
    ("notches:\n  - low: 1", 3, "notches[0].high", "the key `high`", "nothing", "Add a line `high:`"),
    ("by_point:\n  one: x", 3, "by_point.one", "a whole number", '"one"', "digits"),
    ("name: again", 2, "name", "each key once", "(first on line 1)", "Keep one"),
    ("words: &a x", 2, "words", "without an anchor", "&a", "Remove"),
    ("words: *a", 2, "words", "the value itself", "*a", "Repeat"),
    ("words: !!str x", 2, "words", "without a tag", "`!`", "Remove"),
    ("[a, b]: x", 2, "", "a key that is plain text", "a list", "key: value"),
    ('words: "a\nwood: oak', 4, "", "YAML", "began on line 2", "quotes"),
    ("words: a: b", 2, "", "YAML", "mapping values", "quotes"),
    ("\twords: x", 2, "", "YAML", "\\t", "indentation"),
    ("words: \x07", 2, "", "printable", "U+0007", "Remove"),
    ('words: "\\ud800"', 2, "words", "valid Unicode", "half of a character", "escape"),
    ('words: "\\UFFFFFFFF"', None, "", "Unicode", "too large", "escape"),
    ("---\nname: b", 2, "", "one document", "a second one", "two files"),
    (f"words: {'[' * 5000}", 2, "words" + "[0]" * (DEPTH_MAX - 1), f"{DEPTH_MAX} levels", "deeper", "flatter"),
    (f"marks: [{'1,' * NODES_MAX}]", 2, f"marks[{NODES_MAX - 3}]", f"{NODES_MAX} values", "more", "shorter"),
]


@pytest.mark.parametrize("row", WRONG, ids=[row[0][:30] for row in WRONG])
def test_one_fault_gives_one_problem_with_its_place(row: tuple[str, int | None, str, str, str, str]) -> None:
    text, line, path, expected, found, fix = row
    (problem,) = problems(f"{GOOD}{text}\n")
    assert (problem.line, problem.path) == (line, path)
    assert expected in problem.expected
    assert found in problem.found
    assert fix in problem.fix
    place = f"line {line}" if line else ""
    assert all(part in problem.sentence for part in ("stick.yaml", place, path, problem.expected, problem.found, fix))


HOSTILE: list[str | bytes] = [
    "",
    "\n\n",
    "# only a comment",
    "just text",
    "- a\n- b",
    "null",
    b"\xff\xfe\x00",
    b"\x80",
    "\x00",
    "\ud800",
    "%YAML " + "9" * 5000 + ".1\n--- a",
    "%TAG ! tag:x,2000:\n---\n!a b",
    "!!python/object/apply:os.system [id]",
    "a: &a [*a]",
    "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]",
    "{" * 10_000,
    "? " * 10_000,
    "- " * 10_000,
    "a: " + "9" * 100_000,
    "name: " + "x" * BYTES_MAX,
    "\n".join(f"k{number}: 1" for number in range(2_000)),
    "\n".join("k: 1" for _ in range(2_000)),
    "<<: {name: x}",
    "name: |\n\t- x",
    '"\\xZZ": 1',
    "name: x\n...\ngarbage: [",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:24]))
def test_hostile_text_gives_problems_that_can_be_shown(text: str | bytes) -> None:
    for problem in problems(text):
        assert problem.sentence.isprintable()
        assert len(problem.sentence) < 1000


def test_all_problems_come_at_once_in_the_order_of_the_lines() -> None:
    text = "wood: oak\nmarks: [1]\nnotches:\n  - {low: 2, high: 1}\n  - {low: x, high: 1}\nshare: much\n"
    assert [(problem.line, problem.path) for problem in problems(text)] == [
        (1, "name"),
        (1, "wood"),
        (2, "marks"),
        (4, "notches[0].low"),
        (4, "notches[0].high"),
        (5, "notches[1].low"),
        (6, "share"),
    ]


def test_a_sentence_says_where_what_and_what_to_do() -> None:
    (problem,) = problems(f"{GOOD}wood: hazle\n")
    assert problem.sentence == (
        "stick.yaml, line 2, wood: expected one of 'hazel' or 'willow', found \"hazle\". Did you mean `hazel`?"
    )


def test_a_long_list_with_broken_entries_is_not_called_short() -> None:
    assert [problem.path for problem in problems(f"{GOOD}marks: [a, b]\n")] == ["marks[0]", "marks[1]"]


def test_what_looks_like_a_number_stays_as_it_was_written() -> None:
    tree = parse("a: 0.80\nb: 010\nc: 1:30\nd: no\ne: 2031-12-31\nf: 1e3\ng: -7\nh: ~\ni: 'true'\nj: 0x1F\n", "t")
    assert isinstance(tree, Tree)
    assert tree.data == {
        "a": "0.80", "b": "010", "c": "1:30", "d": "no", "e": "2031-12-31", "f": "1e3", "g": -7, "h": None, "i": "true",
        "j": "0x1F",
    }  # fmt: skip


def test_a_byte_order_mark_is_not_part_of_the_first_key() -> None:
    assert read(b"\xef\xbb\xbfname: x\n", "t", Stick) == Stick(name="x")
    assert read("\ufeffname: x\n", "t", Stick) == Stick(name="x")


def test_a_problem_without_a_line_finds_its_place_in_the_text() -> None:
    text = f"{GOOD}notches:\n  - low: 1\n    high: 2\n"
    late = Problem(name="t", line=None, path="notches[0].high", expected="e", found="f", fix="x")
    nowhere = Problem(name="t", line=None, path="wood", expected="e", found="f", fix="x")
    assert [problem.line for problem in placed([late, nowhere], text)] == [4, None]


@pytest.mark.parametrize(
    ("share", "ppm"), [("0", 0), ("1", 1_000_000), ("0.8", 800_000), ("0.000001", 1), ("1.0", 10**6)]
)
def test_a_share_is_exact(share: str, ppm: int) -> None:
    assert share_ppm(share) == ppm


@settings(deadline=None)
@given(st.text() | st.binary())
@example("\x85\u2028: [")
def test_any_text_gives_a_model_or_problems(text: str | bytes) -> None:
    assert isinstance(read(text, "t", Stick), Stick | list)


LETTERS = st.characters(categories=["L", "M", "N", "P", "S"])
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
KEYS = st.sampled_from([*Stick.model_fields, "other"])


@settings(deadline=None)
@given(st.dictionaries(KEYS, PLAIN))
def test_any_data_under_our_keys_gives_a_model_or_problems(data: dict[str, object]) -> None:
    found = read(yaml.safe_dump(data), "t", Stick)
    if isinstance(found, list):
        assert found
        assert all(problem.expected and problem.found and problem.fix for problem in found)


@settings(deadline=None)
@given(st.builds(
    Stick,
    name=st.just("exchequer"),
    words=st.lists(st.text(LETTERS, min_size=1), min_size=1).map(" ".join),
    is_split=st.booleans(),
    marks=st.lists(st.integers(-9, 9), min_size=2).map(tuple),
    by_point=st.dictionaries(st.integers(0, 99), st.sampled_from(["no", "1", "0.8", "a: b", "# x", "~", "é\u0301"])),
))  # fmt: skip
def test_what_is_written_reads_back_the_same(stick: Stick) -> None:
    assert read(write(stick), "t", Stick) == stick
    data: dict[str, Plain] = plain(stick)
    canon.check(data)
    assert from_plain(data, Stick) == stick


def test_a_row_of_an_import_has_all_its_problems_on_its_own_line() -> None:
    found = check({"name": "x", "wood": 15, "notches": [{"low": 2}]}, "rows.jsonl", Stick, line=7)
    assert isinstance(found, list)
    assert [(problem.line, problem.path, problem.found) for problem in found] == [
        (7, "wood", "the number 15"),
        (7, "notches[0].high", "nothing"),
    ]
    assert check({"name": "x"}, "rows.jsonl", Stick, line=7) == Stick(name="x")
    assert isinstance(check([1], "rows.jsonl", Stick, line=7), list)

"""YAML text to plain data, with the line of every place in it. Reads text and writes nothing.

The YAML is a plain part of YAML 1.2: no tags, no anchors, no duplicate keys. A decimal such as 0.80 stays the text
that was written, because no float may enter the journal, and `no` is text (Norwegian), not a truth value.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Never

import yaml

from tallystick.flow.document.problem import Path, Problem, joined, short

BYTES_MAX = 256 * 1024
DEPTH_MAX = 16
NODES_MAX = 5_000

Plain = str | int | bool | None | list["Plain"] | dict[str, "Plain"]

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,14})")
_WORDS: Mapping[str, Plain] = {"true": True, "false": False, "null": None, "~": None, "": None}
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Tree:
    """A document's data, and the line on which each place in it begins."""

    data: Plain
    lines: Mapping[Path, int]

    def line(self, path: Path) -> int | None:
        """The line of a place, or of the nearest place around it that exists."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


class _Unreadable(Exception):
    """The text cannot be read any further."""


@dataclass(slots=True)
class _Composer:
    """Builds a tree from parser events: no recursion deeper than DEPTH_MAX, whatever the text."""

    name: str
    events: Iterator[yaml.Event]
    problems: list[Problem] = field(default_factory=list)
    lines: dict[Path, int] = field(default_factory=dict)
    nodes: int = 0

    def document(self) -> Plain:
        """The one document of the stream."""
        next(self.events)  # the stream starts
        if isinstance(next(self.events), yaml.StreamEndEvent):
            self.stop(1, (), expected="a document", found="an empty text", fix="Write at least one `key: value` line.")
        data = self.node(next(self.events), (), 1)
        next(self.events)  # the document ends
        following = next(self.events)
        if not isinstance(following, yaml.StreamEndEvent):
            self.note(
                _line(following),
                (),
                expected="one document",
                found="a second one after `---`",
                fix="Split it into two files.",
            )
        return data

    def node(self, event: yaml.Event, path: Path, depth: int) -> Plain:
        """One value and all below it."""
        self.nodes += 1
        line = _line(event)
        self.lines.setdefault(path, line)
        if depth > DEPTH_MAX:
            self.stop(
                line,
                path,
                expected=f"at most {DEPTH_MAX} levels",
                found="a deeper one",
                fix="Make the document flatter.",
            )
        if self.nodes > NODES_MAX:
            self.stop(
                line, path, expected=f"at most {NODES_MAX} values", found="more", fix="Make the document shorter."
            )
        if isinstance(event, yaml.AliasEvent):
            self.note(
                line,
                path,
                expected="the value itself",
                found=f"the alias *{event.anchor}",
                fix="Repeat the value here.",
            )
            return None
        assert isinstance(event, yaml.NodeEvent)
        if event.anchor is not None:
            self.note(
                line, path, expected="a value without an anchor", found=f"&{event.anchor}", fix="Remove the anchor."
            )
        if getattr(event, "tag", None) is not None:
            self.note(
                line, path, expected="a value without a tag", found="a tag that begins with `!`", fix="Remove the tag."
            )
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(path, depth)
        return self.mapping(path, depth)

    def scalar(self, event: yaml.ScalarEvent, path: Path) -> Plain:
        """Text, unless it is unquoted and one of the few words and numbers of the profile."""
        text = str(event.value)
        if _SURROGATE.search(text):
            self.note(
                _line(event), path, expected="valid Unicode text", found="half of a character", fix="Remove the escape."
            )
            return None
        if event.style is not None:
            return text
        if text in _WORDS:
            return _WORDS[text]
        return int(text) if _INTEGER.fullmatch(text) else text

    def sequence(self, path: Path, depth: int) -> Plain:
        """The entries up to the end of the list."""
        entries: list[Plain] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            entries.append(self.node(event, (*path, len(entries)), depth + 1))
        return entries

    def mapping(self, path: Path, depth: int) -> Plain:
        """The pairs up to the end of the map. Of a key that comes twice, the first is kept."""
        pairs: dict[str, Plain] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.key(event, path, depth)
            place = (*path, key)
            if key in pairs:
                found = f"`{short(key)}` again (first on line {self.lines[place]})"
                self.note(_line(event), place, expected="each key once", found=found, fix="Keep one.")
                self.node(next(self.events), (*place, "again"), depth + 1)
                continue
            self.lines[place] = _line(event)
            pairs[key] = self.node(next(self.events), place, depth + 1)
        return pairs

    def key(self, event: yaml.Event, path: Path, depth: int) -> str:
        """A key is text, whatever it looks like."""
        if isinstance(event, yaml.ScalarEvent) and event.anchor is None and event.tag is None:
            return str(event.value).encode("utf-8", "replace").decode()
        self.note(
            _line(event),
            path,
            expected="a key that is plain text",
            found="a list, a map, a tag or an alias",
            fix="Write `key: value`.",
        )
        self.node(event, (*path, "?"), depth + 1)
        return "?"

    def note(self, line: int, path: Path, *, expected: str, found: str, fix: str) -> None:
        """Remember a problem and read on."""
        self.problems.append(
            Problem(name=self.name, line=line, path=joined(path), expected=expected, found=found, fix=fix)
        )

    def stop(self, line: int, path: Path, *, expected: str, found: str, fix: str) -> Never:
        """Remember a problem and give up."""
        self.note(line, path, expected=expected, found=found, fix=fix)
        raise _Unreadable


def _line(event: yaml.Event) -> int:
    assert event.start_mark is not None
    return int(event.start_mark.line) + 1


def parse(text: str | bytes, name: str) -> Tree | list[Problem]:
    """The data of a YAML document and its lines, or every problem up to where reading had to stop."""
    decoded = _decoded(text)
    if decoded is None:
        return [unplaced(name, "UTF-8 text", "bytes that are not", "Save the file as UTF-8.")]
    if len(decoded.encode("utf-8", "replace")) > BYTES_MAX:
        return [unplaced(name, f"at most {BYTES_MAX} bytes", "more", "Make the document shorter.")]
    composer = _Composer(name, yaml.parse(decoded, Loader=yaml.SafeLoader))
    data, end = _composed(composer, decoded)
    problems = [*composer.problems, *end]
    return problems or Tree(data, composer.lines)


def _composed(composer: _Composer, text: str) -> tuple[Plain, list[Problem]]:
    """The data, and why the parser stopped before the end if it did."""
    try:
        return composer.document(), []
    except _Unreadable:
        return None, []  # the composer has noted why
    except yaml.MarkedYAMLError as error:
        return None, [_syntax_problem(composer.name, error)]
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        found = f"the character U+{error.character:04X}"
        problem = unplaced(composer.name, "printable text", found, "Remove the character.")
        return None, [replace(problem, line=line)]
    except (yaml.YAMLError, ValueError, OverflowError):
        # The scanner answers so for escapes beyond Unicode and for a version with thousands of digits.
        found = "an escape or a number that is too large"
        return None, [unplaced(composer.name, "characters of Unicode", found, "Remove the escape or the number.")]


def _decoded(text: str | bytes) -> str | None:
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def unplaced(name: str, expected: str, found: str, fix: str) -> Problem:
    """A problem of the document as a whole."""
    return Problem(name=name, line=None, path="", expected=expected, found=found, fix=fix)


def _syntax_problem(name: str, error: yaml.MarkedYAMLError) -> Problem:
    mark, start = error.problem_mark or error.context_mark, error.context_mark
    found = short(" ".join(part for part in (error.context, error.problem) if part)) or "something else"
    if mark and start and start.line != mark.line:
        found += f" (it began on line {start.line + 1})"
    return Problem(
        name=name,
        line=int(mark.line) + 1 if mark else None,
        path="",
        expected="YAML",
        found=found,
        fix="Look at the indentation, at unclosed quotes, and at text with `: ` or ` #` in it, which needs quotes.",
    )

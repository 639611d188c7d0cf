"""A thousand hostile rows among good ones: each is listed with line and reason, none is half written."""

import json
from collections.abc import Callable
from pathlib import Path

from item_files import as_csv, bring, here
from living_cell import PROGRAMME, World, item_row, world_at

from tallystick.app import items
from tallystick.app.items import ImportReport
from tallystick.app.items.reading import LINE_BYTES_MAX
from tallystick.flow.items import TEXT_MAX
from tallystick.flow.refusal import Refused

HUGE = 10**400


def row(number: int, **changes: object) -> bytes:
    """A row that is good but for its changes."""
    return json.dumps(item_row(f"bad-{number}", **changes)).encode()


def candidates(*texts: object, **more: object) -> list[dict[str, object]]:
    return [{"text": text, **more} for text in texts]


HOSTILE: dict[str, Callable[[int], bytes]] = {
    "broken JSON": lambda n: row(n)[: -1 - n % 40],
    "two rows on one line": lambda n: row(n) + row(n + 1),
    "no object": lambda n: [b"[1, 2]", b'"text"', b"17", b"null", b"true"][n % 5],
    "not a number": lambda n: row(n)[:-1] + [b', "context": NaN}', b', "context": Infinity}'][n % 2],
    "a number with too many digits": lambda n: row(n)[:-1] + b', "x": ' + b"9" * (5000 + n) + b"}",
    "a number where text belongs": lambda n: row(n, prompt=n),
    "a huge number where text belongs": lambda n: row(n, prompt=HUGE),
    "a list where text belongs": lambda n: row(n, prompt=["What?"] * n),
    "text where a list belongs": lambda n: row(n, candidates="a and b"),
    "text where a truth value belongs": lambda n: row(n, expected_disagreement=["maybe", {}, []][n % 3]),
    "one candidate": lambda n: row(n, candidates=candidates("one")),
    "three candidates": lambda n: row(n, candidates=candidates("one", "two", "three")),
    "the same text twice": lambda n: row(n, candidates=candidates("same", " same " if n % 2 else "same")),
    "nothing but spaces": lambda n: row(n, prompt=" " * n, context=""),
    "two empty candidates": lambda n: row(n, candidates=candidates("", " " * n)),
    "a lone surrogate": lambda n: row(n, prompt="half \ud83d of a face"),
    "a lone surrogate in a key": lambda n: row(n, **{"\ud800": "x"}),
    "a raw control character": lambda n: row(n).replace(b"What is", b"What\x00is" if n % 2 else b"What\x1bis"),
    "a NUL in a licence": lambda n: row(n, source={"class": "own", "licence": "free\x00for all"}),
    "a line break in a model's name": lambda n: row(n, candidates=candidates("one", "two", model="m\n2")),
    "a key that nobody knows": lambda n: row(n, **{f"key-{n}": 1}),
    "a key twice": lambda n: row(n)[:-1] + b', "prompt": "Another?"}',
    "too long a text": lambda n: row(n, prompt="x" * (TEXT_MAX + 1)),
    "too long a line": lambda n: row(n, prompt="x" * LINE_BYTES_MAX) if n < 60 else row(n, prompt="x" * 250_000),
    "too deep a nesting": lambda n: row(n)[:-1] + b', "context": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep, but not too deep": lambda n: row(n)[:-1] + b', "context": ' + b"[" * 500 + b"]" * 500 + b"}",
    "many keys": lambda n: row(n, **{f"k{k}": k for k in range(300)}),
    "another encoding": lambda n: row(n).decode().encode("utf-16") if n % 2 else row(n).replace(b"is", b"\xef\xff"),
    "a mark of byte order inside": lambda n: b"\xef\xbb\xbf" + row(n),
    "no such domain": lambda n: row(n, domain=["", "cooking", "GENERAL", None, 7][n % 5]),
    "an id of strange letters": lambda n: row(n, id=["", " ", "a b", "../../etc", "-x", "x" * 200, "ä", 5][n % 8]),
    "an id that another row has": lambda n: row(n, id="good-1"),
    "no such signal": lambda n: row(n, signal="telepathy"),
    "a gold key on work": lambda n: row(n, gold={"verdict": "tie", "scores": {}}),
    "a difficulty of its own": lambda n: row(n, difficulty="impossible"),
}  # fmt: skip


def attack(number: int) -> tuple[list[bytes], dict[int, str], list[str]]:
    """Lines of which `number` are hostile, one good row before each ten; (lines, line: attack, good ids)."""
    lines, hostile, good = list[bytes](), dict[int, str](), list[str]()
    names = list(HOSTILE)
    for n in range(number):
        if n % 10 == 0:
            good.append(f"good-{len(good) + 1}")
            lines.append(json.dumps(item_row(good[-1])).encode())
        name = names[n % len(names)]
        lines.append(HOSTILE[name](n))
        hostile[len(lines)] = name
    return lines, hostile, good


def check_nothing_half_written(world: World, report: ImportReport, good: list[str]) -> None:
    """What is counted, what is listed and what can be opened are the same."""
    assert list(here(world)) == good
    assert (report.accepted, report.rejected) == (len(good), report.rows - len(good))
    stored = items.stored_problems(world.cell, world.lead, report.run)
    assert not isinstance(stored, Refused)
    assert len(stored) == len(report.problems)


def test_a_thousand_hostile_rows(database_url: str, tmp_path: Path) -> None:
    lines, hostile, good = attack(1000)
    with world_at(database_url, tmp_path / "cell", gold=False) as world:
        report = bring(world, b"\n".join(lines), "attack.jsonl")
        listed = {problem.line for problem in report.problems}
        assert {line: name for line, name in hostile.items() if line not in listed} == {}
        assert listed == set(hostile)
        assert all(problem.expected and problem.found and problem.fix for problem in report.problems)
        assert all(len(problem.sentence) < 2_000 and problem.sentence.isprintable() for problem in report.problems)
        assert report.rows == len(lines)
        check_nothing_half_written(world, report, good)


def test_strict_lists_them_all_and_writes_nothing(sqlite_url: str, tmp_path: Path) -> None:
    lines, hostile, _ = attack(140)
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        wanted = items.Wanted(programme=PROGRAMME, name="attack.jsonl", batch="pilot", is_strict=True)
        found = items.import_items(world.cell, world.lead, b"\n".join(lines), wanted)
        assert isinstance(found, list)
        assert {problem.line for problem in found} == set(hostile)
        assert here(world) == {}


def test_hostile_rows_of_csv(sqlite_url: str, tmp_path: Path) -> None:
    """The attacks that CSV can carry, each in one row among good ones."""
    good = [item_row(f"good-{n}") for n in range(3)]
    header, *sound = as_csv(good).splitlines()
    width = header.count(b",")
    attacks = [
        b",".join([b"x"] * (width + 2)), b",".join([b"x"] * width), b'"open', b'"a"b' + b"," * width,
        b"\xff" + b"," * width, b"," * width, b"bad id" + b"," * width, b"\x00" + b"," * width,
        sound[0].replace(b"good-0", b"good-1"),
    ]  # fmt: skip
    lines = [header, sound[0], *attacks, *sound[1:]]
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        report = bring(world, b"\r\n".join(lines) + b"\r\n", "attack.csv")
        assert {problem.line for problem in report.problems} >= set(range(3, 3 + len(attacks) - 1))
        assert set(here(world)) == {"good-0", "good-1", "good-2"}
        assert report.accepted == 3

"""The documents say what the code says: pages, paths, commands, pins and requirement numbers."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import write_docs
from command_page import commands, unknown

from tallystick import cli

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "changelog").glob("*.md")])
DOCUMENTS += [ROOT / "bench" / "README.md", ROOT / "tests" / "README.md"]
PINS = sorted((ROOT / "requirements").glob("*.txt"))
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.DOTALL | re.MULTILINE)
OUR_PATH = re.compile(r"`((?:docs|src|tests|tools|bench|requirements|changelog|\.ci)/[\w./-]*)`")
LINK = re.compile(r"\]\((?!\w+:|#)([^)#]+)")
# How many requirements each section of the specification has, in order.
REQUIREMENTS = (8, 12, 6, 8, 5, 6, 4, 4, 4, 7, 5, 8, 3, 3, 2, 4, 3, 3, 4, 2)


def name_of(path: Path) -> str:
    """A document's path inside the project."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", write_docs.pages(), ids=name_of)
def test_a_generated_page_is_what_the_code_says(path: Path) -> None:
    assert path.read_text() == write_docs.pages()[path], "run `make docs` and commit what it writes"


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_what_a_document_points_at_is_there(path: Path) -> None:
    text = path.read_text()
    named = [ROOT / place for place in OUR_PATH.findall(text)]
    linked = [path.parent / place for place in LINK.findall(text)]
    assert [str(place) for place in (*named, *linked) if not place.exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_a_document_has_one_title(path: Path) -> None:
    prose = FENCE.sub("", path.read_text())
    assert len(re.findall(r"^# ", prose, re.MULTILINE)) == 1


def shown_commands(program: str) -> Iterator[tuple[str, list[str]]]:
    """Every line of a code block that starts with a program: which document, and the words after it."""
    for path in DOCUMENTS:
        for block in FENCE.findall(path.read_text()):
            for line in block.splitlines():
                words = line.removeprefix("$ ").split("#")[0].split()
                if words and words[0].removeprefix(".venv/bin/") == program:
                    yield name_of(path), words[1:]


def targets() -> set[str]:
    """The targets of the Makefile."""
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_every_make_command_shown_exists() -> None:
    shown = list(shown_commands("make"))
    assert {"demo", "test"} <= {words[0] for document, words in shown if document == "README.md"}
    assert [words for _, words in shown if words[0] not in targets()] == []


def test_every_tallystick_command_shown_would_be_understood() -> None:
    shown = list(shown_commands("tallystick"))
    faults = [(document, unknown(cli.app, words)) for document, words in shown]
    assert [found for found in faults if found[1]] == []


def test_every_command_and_every_option_says_what_it_is() -> None:
    silent = [
        f"{words} {parameter.name}"
        for words, command in commands(cli.app).items()
        for parameter in command.params
        if not getattr(parameter, "help", None)
    ]
    assert [words for words, command in commands(cli.app).items() if not command.help] == []
    assert silent == []


def test_every_api_route_has_words_and_a_permission() -> None:
    rows = re.findall(r"^\| `([A-Z]+ /api/\S+)` \| (\S*) \| .* \| (.*) \|$", write_docs.routes_page(), re.MULTILINE)
    assert rows
    assert [name for name, permission, words in rows if not permission or not words] == []


def test_every_setting_has_words() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \| (.*) \|$", write_docs.settings_page(), re.MULTILINE)
    assert rows
    assert [name for name, words in rows if not words] == []


def test_the_makefile_has_the_targets_that_everybody_expects() -> None:
    assert {"setup", "run", "demo", "check", "test", "bench", "docs"} <= targets()


def test_ci_runs_what_a_person_runs() -> None:
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == "make check test"


def direct(name: str) -> list[str]:
    """The packages that requirements/NAME.in names."""
    lines = (ROOT / "requirements" / f"{name}.in").read_text().splitlines()
    return [re.split(r"[\[<=>~;]", line)[0] for line in lines if re.match(r"[a-z]", line)]


@pytest.mark.parametrize("name", ["run", "dev"])
def test_every_direct_dependency_has_its_reason_and_licence(name: str) -> None:
    rows = re.findall(r"^\| ([\w-]+) \| ([^|]+) \| .* \| ([^|]+) \|$", DEPENDENCIES.read_text(), re.MULTILINE)
    explained = {package for package, licence, reason in rows if licence.strip() and reason.strip()}
    assert direct(name)
    assert [package for package in direct(name) if package not in explained] == []


def test_no_dependency_is_explained_that_is_gone() -> None:
    rows = set(re.findall(r"^\| ([\w-]+) \|", DEPENDENCIES.read_text(), re.MULTILINE)) - {"package", "---"}
    assert rows == {*direct("run"), *direct("dev")}


DEPENDENCIES = ROOT / "docs" / "dependencies.md"


def pinned(name: str) -> dict[tuple[str, str], str]:
    """The pins of requirements/NAME.txt: package and platform marker, and the version."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    found = re.findall(r"^([\w.-]+)==(\S+)(?: ; (.*?))? \\$", text, re.MULTILINE)
    return {(package, marker): version for package, version, marker in found}


@pytest.mark.parametrize("path", PINS, ids=name_of)
def test_every_pin_has_a_hash(path: Path) -> None:
    blocks = re.split(r"^(?=\w)", path.read_text(), flags=re.MULTILINE)[1:]
    assert blocks
    assert [block.split()[0] for block in blocks if "==" not in block or "--hash=sha256:" not in block] == []


def test_what_is_tested_is_what_runs() -> None:
    tested = {(package, version) for (package, _), version in pinned("dev").items()}
    running = {(package, version) for (package, _), version in pinned("run").items()}
    assert running
    assert running - tested == set()


def coverage_rows() -> dict[str, list[str]]:
    """docs/coverage.md by number: what, state, modules, tests."""
    text = (ROOT / "docs" / "coverage.md").read_text()
    rows = re.findall(r"^\| (\d+\.\d+) \|(.*)\|$", text, re.MULTILINE)
    assert len(rows) == len(dict(rows)), "a number stands twice"
    return {number: [cell.strip() for cell in rest.split("|")] for number, rest in rows}


def test_coverage_has_every_requirement_in_order() -> None:
    wanted = [f"{part + 1}.{line + 1}" for part, lines in enumerate(REQUIREMENTS) for line in range(lines)]
    assert list(coverage_rows()) == wanted


def test_a_requirement_that_is_built_names_its_modules_and_tests() -> None:
    rows = coverage_rows()
    assert {row[1] for row in rows.values()} <= {"done", "part", "open", "later"}
    nowhere = [number for number, (_, state, modules, _) in rows.items() if state in ("done", "part") and not modules]
    untested = [number for number, (_, state, _, tests) in rows.items() if state == "done" and not tests]
    assert (nowhere, untested) == ([], [])


def test_every_changelog_entry_has_its_own_number() -> None:
    numbers = [path.name[:4] for path in (ROOT / "changelog").glob("[0-9]*.md")]
    assert numbers
    assert len(numbers) == len(set(numbers))

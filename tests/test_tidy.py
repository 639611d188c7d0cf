"""House rules that no other tool checks. A rule without a check is a wish, and a check that cannot fail is none."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "tallystick"
FILES = sorted(path for place in ("src", "tests", "tools", "bench") for path in (ROOT / place).rglob("*.py"))
LINES_PER_FILE = 500
LINES_PER_FUNCTION = 60
POSITIONAL_ARGUMENTS = 4
IRREGULAR_PAST = (
    "Begun",
    "Built",
    "Chosen",
    "Cut",
    "Drawn",
    "Held",
    "Kept",
    "RuledOut",
    "Sent",
    "Set",
    "Shown",
    "StoodDown",
    "Withdrawn",
    "Written",
)
TYPE_IGNORE = re.compile(r"[#] type: ignore(?!\[[\w,-]+\]  # \w)")
NOQA = re.compile(r"[#] noqa(?!: [A-Z0-9, ]+ (?: #|-) \w)")
SKIP = re.compile(r"(^|\.)(skip|skipif|importorskip)$")
NAMELESS = {"utils", "util", "helpers", "helper", "common", "base", "misc", "shared", "tools", "stuff", "manager"}


def problems(text: str, place: str) -> Iterator[str]:
    """One line for each breach of a house rule in one Python file.

    place  the file's path inside the project: some rules hold in src only
    """
    tree = ast.parse(text)
    lines = text.splitlines()
    if len(lines) > LINES_PER_FILE:
        yield f"{len(lines)} lines: make it a folder of the same name"
    if not ast.get_docstring(tree):
        yield "no docstring: say in one line what the module is for"
    if Path(place).stem in NAMELESS:
        yield "a name that says nothing: name the idea, or put the function beside its only caller"
    yield from bare_ignores(lines)
    for node in ast.walk(tree):
        yield from node_problems(node, place)
    if place.startswith("tests/"):
        yield from excuses(tree)
        yield from silent_skips(tree)
    if place.startswith("src/"):
        yield from undocumented(tree)
    if "/events/" in place:
        yield from present_tense(tree)


def bare_ignores(lines: list[str]) -> Iterator[str]:
    """Lines that silence a tool without saying which rule and why."""
    for number, line in enumerate(lines, 1):
        if TYPE_IGNORE.search(line):
            yield f"{number}: write '# type: ignore[code]  # the reason'"
        if NOQA.search(line):
            yield f"{number}: write '# noqa: CODE - the reason'"


def node_problems(node: ast.AST, place: str) -> Iterator[str]:
    """The rules that one syntax node can break."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        length = (node.end_lineno or 0) - node.lineno + 1
        if length > LINES_PER_FUNCTION:
            yield f"{node.lineno}: {node.name} has {length} lines: keep the ifs, move out the work"
        if positional(node) > POSITIONAL_ARGUMENTS and not is_called_by_name(node, place):
            yield f"{node.lineno}: {node.name} takes more than 4 positional arguments: put a * before the rest"
    if isinstance(node, ast.Import | ast.ImportFrom) and node.col_offset:
        yield f"{node.lineno}: import at the top: a hidden import hides a cycle"


def excuses(tree: ast.Module) -> Iterator[str]:
    """What lets a test pass without its promise being kept."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute | ast.ImportFrom):
            continue
        name = ast.unparse(node)
        if name.endswith((".sleep", "wait_for_timeout")):
            yield f"{node.lineno}: a test that sleeps is slow or wrong: wait for the thing itself"
        if name.endswith(".xfail"):
            yield f"{node.lineno}: a test that may fail guards nothing: mend it or file it"
        if name.startswith(("from unittest.mock", "from unittest import mock")):
            yield f"{node.lineno}: fakes, not mocks: a fake enforces the rules too"


def silent_skips(tree: ast.Module) -> Iterator[str]:
    """A machine without a part must fail; only test material that stands beside the project may be away."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if SKIP.search(ast.unparse(node.func)) and "shared" not in ast.unparse(node):
            yield f"{node.lineno}: a test may be skipped only when ../shared is away, and must say so"


def positional(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many arguments a caller may pass by place, `self` and `cls` aside."""
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def is_called_by_name(node: ast.FunctionDef | ast.AsyncFunctionDef, place: str) -> bool:
    """Tests, fixtures, commands and routes: a framework calls them, and passes every argument by its name."""
    marks = [ast.unparse(decorator) for decorator in node.decorator_list]
    is_shell = place.startswith(("src/tallystick/cli/", "src/tallystick/api/")) and not node.name.startswith("_")
    return is_shell or node.name.startswith("test_") or any("fixture" in mark or "given" in mark for mark in marks)


def undocumented(tree: ast.Module) -> Iterator[str]:
    """Public functions and classes that do not say what their name cannot."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            is_public = not node.name.startswith("_")
            if is_public and not ast.get_docstring(node):
                yield f"{node.lineno}: {node.name} has no docstring"


def present_tense(tree: ast.Module) -> Iterator[str]:
    """Events, which are the classes with a KIND, whose name is no fact."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and "KIND: ClassVar[str] =" in ast.unparse(node):
            if not re.sub(r"V\d+$", "", node.name).endswith(("ed", *IRREGULAR_PAST)):
                yield f"{node.lineno}: {node.name} is no fact: name it in the past tense"
            if "frozen=True" not in ast.unparse(node):
                yield f"{node.lineno}: {node.name} can be changed: freeze it"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_file_is_tidy(path: Path) -> None:
    assert list(problems(path.read_text(), str(path.relative_to(ROOT)))) == []


DOCUMENTED = '"""What it is for."""\n'
EVENT = DOCUMENTED + "class {name}(Struct{frozen}):\n    '''A fact.'''\n    KIND: ClassVar[str] = 'x/1'\n"
BREACHES = {
    "no docstring: say": "X = 1\n",
    "make it a folder": DOCUMENTED + "X = 1\n" * 500,
    "move out the work": DOCUMENTED + "def f():\n    '''Long.'''\n" + "    x = 1\n" * 60,
    "more than 4 positional": DOCUMENTED + "def f(a, b, c, d, e):\n    '''Wide.'''\n",
    "import at the top": DOCUMENTED + "def f():\n    '''Hide.'''\n    import os\n",
    "f has no docstring": DOCUMENTED + "def f():\n    pass\n",
    "ignore[code]": DOCUMENTED + "x = 1  # type: ig" + "nore[misc]\n",
    "CODE - the": DOCUMENTED + "x = 1  # no" + "qa: E501\n",
    "past tense": EVENT.format(name="SubmitJudgment", frozen=", frozen=True"),
    "freeze it": EVENT.format(name="JudgmentSubmitted", frozen=""),
}


@pytest.mark.parametrize("word", BREACHES)
def test_each_rule_finds_its_breach(word: str) -> None:
    found = list(problems(BREACHES[word], "src/tallystick/events/example.py"))
    assert len(found) == 1
    assert word in found[0]


EXCUSES = {
    "a test that sleeps": "time.sleep(1)",
    "a test that may fail": "pytest.mark.xfail",
    "only when ../shared": "pytest.skip('no database')",
    "fakes, not mocks": "from unittest.mock import Mock",
}


@pytest.mark.parametrize("words", EXCUSES)
def test_an_excuse_is_found(words: str) -> None:
    found = list(problems(DOCUMENTED + EXCUSES[words], "tests/test_example.py"))
    assert len(found) == 1
    assert words in found[0]


def test_a_name_that_says_nothing_is_found() -> None:
    assert "says nothing" in next(problems(DOCUMENTED, "src/tallystick/flow/utils.py"))


def stages() -> set[str]:
    """The stages as the import contract lists them, those of later issues included."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = settings["tool"]["importlinter"]["contracts"]
    rows = next(found["layers"] for found in contracts if found["name"].startswith("The stages run"))
    return set(re.findall(r"\w+", " ".join(rows)))


NOT_MODULES = {"templates", "static", "__pycache__"}
FLOW_ONLY = {"refusal", "document"}
# Who looked at what, what everybody keeps, who holds the keys, what is kept of the whole cell elsewhere: no step of the
# work, but a name in every layer like one.
BESIDE = {"oversight", "receipt", "custody", "backup"}
OTHER_MODULES = {
    "events": {"envelope"},
    "app": {
        "access",
        "access_history",
        "admission",  # who may take work, asked by whatever gives some out or takes it late
        "looking",
        "remembered",
        "blocking",  # what keeps a batch out of a release
        "kernel",
        "jobs",
        "cell",
        "timestamp",
        "sealing",
        "witnessing",
        "keeping",
        "erased",  # what any stage shows in the place of erased content
    },
    "store": {"schema", "vault", "projection", "kept", "sessions", "receipts"},
    "api": {"session", "parts", "qualification"},
    "web": {
        *("session", "views", "routes", "charts", "render", "qualification", "frame", "upload", "words", "showing"),
        "language",
        "clauses",  # the sections that a contract may leave out, on its page
    },
}


@pytest.mark.parametrize("layer", OTHER_MODULES)
def test_a_stage_has_one_name_in_every_layer(layer: str) -> None:
    """So that `find -name 'gate*'` shows all there is about the gate."""
    modules = {path.stem for path in (SOURCE / layer).glob("[!_]*") if path.name not in NOT_MODULES}
    assert modules <= (stages() - FLOW_ONLY) | BESIDE | OTHER_MODULES[layer]


def test_templates_are_named_after_stages() -> None:
    folders = {path.name for path in (SOURCE / "web" / "templates").glob("[!_]*") if path.is_dir()}
    assert folders <= stages() | BESIDE | {"session", "cell", "parts"}


# What must not be in the tree, each with a bar inside, so that this file is not its own breach.
OUTSIDE = [
    word.replace("|", "")
    for word in (
        *("/wo|rk/main", "/wo|rk/shared", "/wo|rk/.", "/ro|ot/", "/ho|me/", "far|m-"),
        *("py|pi.org", "files.python|hosted", "registry.npm|js", "deb.deb|ian"),
    )
]


def tracked() -> list[Path]:
    """Every file of the project that is text."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S607  # git, wherever it is
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()]


def test_nothing_names_a_machine_a_registry_or_a_key() -> None:
    """What is committed must mean the same everywhere."""
    texts = {path.relative_to(ROOT): path.read_text() for path in tracked()}
    assert len(texts) > 20
    assert [f"{path}: {word}" for path, text in texts.items() for word in OUTSIDE if word in text] == []
    assert [str(path) for path, text in texts.items() if re.search(r"BEGIN [A-Z ]*PRIVATE KEY", text)] == []


def test_every_file_of_the_package_is_installed_with_it() -> None:
    """A template that the wheel leaves out is missed only on somebody else's machine."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    patterns = settings["tool"]["setuptools"]["package-data"]["tallystick"]
    installed = {path for pattern in patterns for path in SOURCE.glob(pattern)} | set(SOURCE.rglob("*.py"))
    present = {path for path in tracked() if path.is_relative_to(SOURCE)}
    assert present
    assert [str(path) for path in present - installed] == []

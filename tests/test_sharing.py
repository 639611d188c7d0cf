"""Two processes that share a run take every test once, and a file's tests together."""

import os
import re
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parent
FILE = """import time
import pytest
NAMES = {names}
SEEN = []
PAGES = []
@pytest.mark.parametrize("name", NAMES)
def test_it(name):
    SEEN.append(name)
    assert SEEN == NAMES[: len(SEEN)], "a file's tests stay together and in their order"
@pytest.mark.parametrize("name", NAMES)
def test_pages(name, browser):
    PAGES.append(name)
    assert PAGES == NAMES[: len(PAGES)], "and so do those in a browser"
"""


def share(folder: Path, end: str) -> "subprocess.Popen[str]":
    words = {"SHARED_RUN": str(folder / "taken"), "SHARED_END": end, "PYTHONPATH": str(SOURCE)}
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", str(folder / "tests")]
    return subprocess.Popen(  # noqa: S603 - our own program
        command, cwd=folder, env=os.environ | words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def test_every_test_is_taken_once(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "taken").mkdir()
    hooks = "import sharing\nimport pytest\npytest_runtestloop = sharing.run\n@pytest.fixture\ndef browser(): pass\n"
    (tmp_path / "tests" / "conftest.py").write_text(hooks)
    for name in "abcd":
        (tmp_path / "tests" / f"test_{name}.py").write_text(FILE.format(names=[f"{name}{n}" for n in range(5)]))
    told = [process.communicate(timeout=300)[0] for process in [share(tmp_path, end) for end in ("first", "last")]]
    ran = [name for words in told for name in re.findall(r"^(tests/\S+) PASSED", words, re.MULTILINE)]
    assert len(ran) == len(set(ran)) == 40, told


def test_a_wrong_end_is_no_green_run(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "taken").mkdir()
    (tmp_path / "tests" / "conftest.py").write_text("import sharing\npytest_runtestloop = sharing.run\n")
    (tmp_path / "tests" / "test_a.py").write_text("def test_it(): pass\n")
    process = share(tmp_path, "middle")
    assert "expected SHARED_END to be first or last" in process.communicate(timeout=300)[0]
    assert process.returncode != 0

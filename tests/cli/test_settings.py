"""`cell.toml`: what it may say, how it says what is wrong, and that it never holds a secret."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick import settings
from tallystick.settings import BadSettings, Settings


def test_a_silent_file_and_no_file_are_the_defaults(tmp_path: Path) -> None:
    assert settings.load(tmp_path) == Settings(directory=tmp_path)
    settings.save(Settings(directory=tmp_path))
    assert settings.load(tmp_path) == Settings(directory=tmp_path)


@given(
    host=st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f"), min_size=1),
    port=st.integers(1, 65_535),
    seconds=st.floats(0.01, 3600),
    secure=st.booleans(),
)
def test_what_is_saved_is_loaded(
    tmp_path_factory: pytest.TempPathFactory, host: str, port: int, seconds: float, *, secure: bool
) -> None:
    folder = tmp_path_factory.mktemp("cell")
    wanted = Settings(
        directory=folder, database='postgresql+psycopg:///a"b\\c?host=/run', host=f"h{host}", port=port,
        secure_cookies=secure, seal_seconds=seconds,
    )  # fmt: skip
    settings.save(wanted)
    assert settings.load(folder) == wanted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("port = 'x", "expected TOML"),
        ("port = 'x'", "expected a whole number for port, found 'x'"),
        ("port = true", "expected a whole number for port"),
        ("port = 0", "expected port from 1 to 65535, found 0"),
        ("prot = 1", "found prot: remove it"),
        ("host = ' '", "expected an address for host"),
        ("secure_cookies = 'yes'", "expected true or false for secure_cookies"),
        ("seal_seconds = -1", "expected seal_seconds from 0.01 to 3600, found -1"),
        ("seal_seconds = nan", "expected seal_seconds from 0.01 to 3600, found nan"),
        ("database = 'mysql://here'", "expected a database address postgresql+psycopg://..., found mysql"),
        ("database = 'postgresql+psycopg://me:secret@here/cell'", "expected no password in the database address"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / settings.FILE).write_text(text)
    with pytest.raises(BadSettings) as caught:
        settings.load(tmp_path)
    assert words in str(caught.value)
    assert settings.FILE in str(caught.value)
    assert "secret" not in str(caught.value), "a password is not repeated"


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / settings.FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(BadSettings, match="expected TOML"):
        settings.load(tmp_path)

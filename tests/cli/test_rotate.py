"""`tallystick cell keys` and `tallystick cell rotate`: an engineer renews each level; the log stays good."""

from pathlib import Path

from console import OTHER, SECRET, as_lead, make_cell, told


def as_engineer(cell: Path, *words: str) -> tuple[int, dict[str, object]]:
    """A command of an engineer."""
    return told(*words, "--dir", str(cell), "--as", "egon", "--password-fd", "{fd}", secrets=[OTHER])


def test_an_engineer_renews_every_key(tmp_path: Path) -> None:
    cell = make_cell(tmp_path / "cell")
    words = (
        "cell", "enrol", "--dir", str(cell), "--as", "vera", "--name", "Egon", "--role", "engineer", "--new-login",
        "egon", "--password-fd", "{fd}", "--new-password-fd", "{fd}",
    )  # fmt: skip
    assert told(*words, secrets=[SECRET, OTHER])[0] == 0
    first = (cell / "log.vkey").read_text().strip()
    assert as_lead(cell, "cell", "rotate", "epoch")[0] == 1
    code, done = as_engineer(cell, "cell", "rotate", "epoch")
    assert (code, done["epoch"], done["destroyed"]) == (0, 2, [1])
    code, added = as_engineer(cell, "cell", "rotate", "log-key", "--hours", "24")
    assert (code, added["before"]) == (0, [first])
    assert as_engineer(cell, "cell", "rotate", "log-key", "--retire", first)[0] == 0
    assert as_engineer(cell, "cell", "rotate", "scope", "person:nobody")[0] == 1
    code, shown = as_engineer(cell, "cell", "keys")
    assert (code, shown["epochs"]) == (0, ["1 destroyed", "2 current"])
    assert shown["log_keys"] == [f"{first} retired", f"{added['vkey']} active"]
    assert told("log", "verify", str(cell / "log"), "--vkey", str(cell / "log.vkey"))[0] == 0
    assert told("cell", "check", "--dir", str(cell))[0] == 0

"""`tallystick programme`: documents, imports and gates, and how what is wrong with a file is said."""

from pathlib import Path

import pytest
from console import Made, as_lead, run, told, write_documents

HOSTILE = (
    '{"id": "q-41", "domain": "general", "prompt": "p", "candidates": [{"text": "x", "model": "m"}, '
    '{"text": "y", "model": "n"}]}\n{"id": "q-42", "domain": "medicine"}\nno json\n'
)


def test_a_good_document_passes_the_check(tmp_path: Path) -> None:
    contract, rubric = write_documents(tmp_path)
    assert told("programme", "check", str(contract)) == (0, {"document": "contract", "version": "1.0.0"})
    assert told("programme", "check", str(rubric)) == (
        0,
        {
            "document": "rubric", "version": "1.0.0", "gold_min": 8, "guesser_passes": 0.0352,
            "expert_fails": 0.0572, "items_needed": 8,
        },
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("contract: tallystick/contract/1\nname: [x\n", 3, "YAML"),
        ("contract: tallystick/contract/1\nnmae: x\n", 2, "one of the keys"),
        ("", 1, "a document"),
        ("- a\n- b\n", None, "a map"),
    ],
)
def test_a_broken_document_is_named_by_line(tmp_path: Path, text: str, line: int | None, expected: str) -> None:
    (tmp_path / "broken.yaml").write_text(text)
    code, answer = told("programme", "check", str(tmp_path / "broken.yaml"))
    assert code == 1
    assert any(found["line"] == line and expected in found["expected"] for found in answer["problems"]), answer


def test_a_document_that_is_no_text_is_named(made: Made) -> None:
    (made.files / "noise.yaml").write_bytes(b"contract: x\n\xff\xfe")
    assert told("programme", "check", str(made.files / "noise.yaml"))[0] == 1
    code, answer = as_lead(made.cell, "programme", "open", str(made.files / "noise.yaml"))
    assert (code, "line 2: expected a data contract in UTF-8, found the byte 0xff" in answer["error"]) == (2, True)


@pytest.mark.parametrize("command", ["check", "open", "publish", "import", "import-judgments"])
def test_a_file_that_is_not_there_or_a_folder_is_named(made: Made, command: str) -> None:
    more = {
        "publish": ["--programme", "answers"],
        "import": ["--programme", "answers"],
        "import-judgments": ["--programme", "answers", "--source", "elsewhere"],
    }.get(command, [])
    for path, words in ((made.files / "none.jsonl", "found nothing there"), (made.files, "found a folder")):
        line = ("programme", command, str(path), *more)
        code, answer = told(*line) if command == "check" else as_lead(made.cell, *line)
        assert (code, words in answer["error"]) == (2, True), answer


def test_good_rows_come_in_and_bad_ones_are_listed(made: Made) -> None:
    path = made.files / "hostile.jsonl"
    path.write_text(HOSTILE)
    words = ("programme", "import", str(path), "--programme", "answers", "--batch", "more")
    code, answer = as_lead(made.cell, *words, "--strict")
    assert (code, answer["error"]) == (1, "4 problems; nothing was written.")
    code, answer = as_lead(made.cell, *words)
    assert (code, answer["rows"], answer["accepted"], answer["rejected"]) == (1, 3, 1, 2)
    assert {problem["line"] for problem in answer["problems"]} == {2, 3}
    assert answer["problems"][0]["fix"] == "Did you mean `medical`?"


def test_a_flood_of_problems_is_counted(made: Made) -> None:
    path = made.files / "flood.jsonl"
    path.write_text("no json\n" * 50)
    words = ["programme", "import", str(path), "--programme", "answers", "--dir", str(made.cell), "--as", "vera"]
    done = run(*words, "--password-fd", "{fd}", secrets=["a-long-enough-passphrase-91"])
    assert done.exit_code == 1
    assert done.stderr.count("no json") + done.stderr.count("expected a JSON object") == 20
    assert "and 30 more: --json lists all." in done.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["import", "noise.bin", "--programme", "answers"], "unknown-format"),
        (["import", "items.jsonl", "--programme", "answers", "--batch", "two words"], "bad-batch-name"),
        (["import", "items.jsonl", "--programme", "answers", "--purpose", "play"], "unknown-purpose"),
        (["import", "items.jsonl", "--programme", "nowhere"], "absent"),
        (["import-judgments", "votes.jsonl", "--programme", "answers", "--source", " "], "source-missing"),
        (["publish", "rubric.yaml", "--programme", "nowhere"], "absent"),
        (["measure", "--programme", "nowhere"], "absent"),
        (["status", "--programme", "nowhere"], "absent"),
        (["agreement", "--programme", "nowhere"], "absent"),
        (["agreement", "--programme", "answers", "--by", "colour"], "unknown-axis"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(made: Made, words: list[str], code: str) -> None:
    (made.files / "noise.bin").write_bytes(b"\x00\x01")
    line = [str(made.files / word) if "." in word else word for word in words]
    status, answer = as_lead(made.cell, "programme", *line)
    assert (status, answer["refused"]["code"]) == (1, code)


def test_agreement_is_shown_along_an_axis(made: Made) -> None:
    words = ["programme", "agreement", "--programme", "answers"]
    code, answer = as_lead(made.cell, *words)
    assert (code, answer["by"], [one["name"] for one in answer["slices"]]) == (0, "domain", ["general"])
    assert answer["slices"][0]["value"] >= 0.74
    low, high = answer["slices"][0]["interval"]
    assert low <= answer["slices"][0]["value"] <= high
    line = [*words, "--by", "criterion", "--dir", str(made.cell), "--as", "vera", "--password-fd", "{fd}"]
    shown = run(*line, secrets=["a-long-enough-passphrase-91"])
    assert shown.exit_code == 0, shown.stderr
    assert "imported-preference: overall" in shown.stdout
    assert "judgments" in shown.stdout


def test_nothing_to_measure_is_no_success(tmp_path: Path, made: Made) -> None:
    contract, rubric = write_documents(tmp_path)
    for path in (contract, rubric):
        path.write_text(
            path.read_text().replace("name: answers", "name: others").replace("imported-pref", "other-pref")
        )
    assert as_lead(made.cell, "programme", "open", str(contract))[0] == 0
    assert as_lead(made.cell, "programme", "publish", str(rubric), "--programme", "others")[0] == 0
    code, answer = as_lead(made.cell, "programme", "measure", "--programme", "others")
    assert (code, "expected a batch of work items with judgments" in answer["error"]) == (2, True)

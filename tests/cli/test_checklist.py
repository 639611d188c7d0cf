"""`tallystick contract`: the checklist with its exit status, and moves from phase to phase."""

from pathlib import Path

from console import SECRET, Made, as_lead, make_cell, run, write_documents

from tallystick.flow.checklist import LINES

REASON = ("--rationale", "We want to see whether experts agree.")


def test_the_checklist_leaves_with_one_while_a_line_fails(made: Made) -> None:
    code, answer = as_lead(made.cell, "contract", "check", "answers")
    assert code == 1
    assert [line["id"] for line in answer["lines"]] == [name for name, _, _ in LINES]
    assert answer["failed"] == sum(line["state"] == "fail" for line in answer["lines"]) > 0
    by = {line["id"]: line for line in answer["lines"]}
    assert "80 judgments were made elsewhere" in by["blinding"]["found"]
    assert by["rights"]["evidence"][-1] == {
        "kind": "contract", "ref": "rights", "href": "/programmes/answers/contract#rights",
    }  # fmt: skip
    assert by["rights"]["evidence"][0]["kind"] == "item"  # the first of those that name no licence
    words = ("--dir", str(made.cell), "--as", "vera", "--password-fd", "{fd}")
    done = run("contract", "check", "answers", *words, secrets=[SECRET])
    assert done.exit_code == 1
    assert "FAIL  Blinding" in done.stdout
    assert "What to do: Have such items judged here" in done.stdout
    code, answer = as_lead(made.cell, "contract", "check", "nowhere")
    assert (code, answer["refused"]["code"]) == (1, "absent")


def test_a_programme_is_moved_and_says_what_production_waits_for(tmp_path: Path) -> None:
    cell = make_cell(tmp_path / "cell")
    contract, _ = write_documents(tmp_path)
    assert as_lead(cell, "programme", "open", str(contract))[0] == 0
    code, answer = as_lead(cell, "contract", "phase", "answers")
    assert (code, answer["phase"], answer["ways"]) == (0, "draft", ["pilot", "closed"])
    code, answer = as_lead(cell, "contract", "move", "answers", "pilot", *REASON)
    assert (code, answer["before"], answer["phase"]) == (0, "draft", "pilot")
    assert "behaviour" in answer["failed_lines"]
    code, answer = as_lead(cell, "contract", "move", "answers", "production", *REASON)
    assert (code, answer["refused"]["names"]) == (1, ["no-pilot-release"])
    words = ("--dir", str(cell), "--as", "vera", "--password-fd", "{fd}")
    done = run("contract", "phase", "answers", *words, secrets=[SECRET])
    assert done.exit_code == 0
    assert "No release was made in this pilot." in done.output

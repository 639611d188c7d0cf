"""`tallystick programme report` and `audit`: one report in three forms; an exit status that says what was found."""

from pathlib import Path

from console import SECRET, Made, as_lead, run


def test_the_report_in_three_forms(made: Made, tmp_path: Path) -> None:
    code, answer = as_lead(made.cell, "programme", "report", "--programme", "answers")
    assert (code, answer["programme"]) == (0, "answers")
    assert [section["id"] for section in answer["sections"]][:2] == ["agreement", "rubric"]
    words = (
        "programme",
        "report",
        "--programme",
        "answers",
        "--dir",
        str(made.cell),
        "--as",
        "vera",
        "--password-fd",
        "{fd}",
    )
    shown = run(*words, secrets=[SECRET])
    assert shown.exit_code == 0
    assert shown.stdout.startswith("# Quality of ")
    for section in answer["sections"]:
        assert f"## {section['title']}" in shown.stdout
    place = tmp_path / "quality.md"
    assert run(*words, "--out", str(place), secrets=[SECRET]).exit_code == 0
    assert place.read_text().startswith("# Quality of ")


def test_an_audit_says_what_it_found(made: Made) -> None:
    code, answer = as_lead(made.cell, "programme", "audit", "--programme", "answers")
    assert code == int(any(group["is_flagged"] for group in answer["groups"]))
    whole = answer["groups"][0]
    assert (whole["axis"], whole["source"], whole["pairs"] > 30) == ("all", "elsewhere", True)
    code, answer = as_lead(made.cell, "programme", "audit", "--programme", "answers", "--language", "fr")
    assert (code, answer["refused"]["code"]) == (1, "nothing-to-audit")
    code, answer = as_lead(made.cell, "programme", "report", "--programme", "nowhere")
    assert (code, answer["refused"]["code"]) == (1, "absent")

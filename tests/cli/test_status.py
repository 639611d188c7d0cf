"""`tallystick programme status`: a programme at a glance, for people and machines."""

from pathlib import Path

from console import SECRET, Made, as_lead, run, write_documents


def test_a_programme_at_a_glance_for_machines(made: Made) -> None:
    code, answer = as_lead(made.cell, "programme", "status", "--programme", "answers")
    assert (code, answer["version"], answer["gates"]["pilot/general"]) == (0, "1.0.0", "pass")
    assert (answer["funnel"]["agreed"], answer["funnel"]["open"], answer["funnel"]["released"]) == (38, 2, 38)
    assert [quota["target"] for quota in answer["quotas"]] == [40]
    assert any(
        blocker["code"] == "open-disagreement" and ": 2." in blocker["sentence"] for blocker in answer["blockers"]
    )


def status(cell: Path, programme: str) -> str:
    words = ("programme", "status", "--dir", str(cell), "--programme", programme, "--as", "vera")
    done = run(*words, "--password-fd", "{fd}", secrets=[SECRET])
    assert done.exit_code == 0
    return done.stdout


def test_a_programme_at_a_glance_for_people(made: Made) -> None:
    text = status(made.cell, "answers")
    for words in ("Fill against quota", "Funnel", "pilot/general", "0.74", "What stays out of a release"):
        assert words in text


def test_a_programme_without_items_says_what_to_do(made: Made, tmp_path: Path) -> None:
    contract, _ = write_documents(tmp_path)
    text = contract.read_text().replace("name: answers", "name: empty").replace("imported-pref", "empty-pref")
    contract.write_text(text.replace("title: ", "title: '[red]Odd[/nope]' #"))
    assert as_lead(made.cell, "programme", "open", str(contract))[0] == 0
    text = status(made.cell, "empty")
    assert "No batch yet: `tallystick programme import` brings items in." in text
    assert "every batch can be released" not in text
    assert "[red]Odd[/nope]" in text, "a title is no markup"

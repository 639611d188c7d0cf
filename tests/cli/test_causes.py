"""`tallystick programme causes` and `classify-causes`."""

from console import Made, as_lead, run

WHERE = ("--programme", "answers")


def test_causes_are_classified_and_shown(made: Made) -> None:
    assert as_lead(made.cell, "programme", "classify-causes", *WHERE) == (0, {"pilot/general": 2})
    assert as_lead(made.cell, "programme", "classify-causes", *WHERE) == (0, {"pilot/general": 0})
    code, listed = as_lead(made.cell, "programme", "causes", *WHERE)
    assert code == 0
    assert [one["counts"]["undetermined"] for one in listed["batches"]] == [2]
    code, shown = as_lead(made.cell, "programme", "causes", *WHERE, "--batch", "pilot")
    assert code == 0
    assert [one["stands"] for one in shown["items"]] == ["undetermined", "undetermined"]
    assert all(one["helps"] for one in shown["items"])
    code, refused = as_lead(made.cell, "programme", "causes", *WHERE, "--batch", "nowhere")
    assert code == 2
    assert "found none of this name" in refused["error"]


def test_people_read_the_map_in_words(made: Made) -> None:
    line = ("programme", "causes", *WHERE, "--batch", "pilot", "--dir", str(made.cell), "--as", "vera")
    shown = run(*line, "--password-fd", "{fd}", secrets=["a-long-enough-passphrase-91"])
    assert shown.exit_code == 0, shown.stderr
    assert "Disagreement map of pilot" in shown.stdout

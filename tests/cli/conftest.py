"""One cell, brought by the command line from nothing to a release, for all tests of commands."""

import pytest
from console import Made, as_lead, make_cell, told, write_documents, write_items, write_votes


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Made once, as README.md says it; no test changes it but by adding."""
    files = tmp_path_factory.mktemp("files")
    cell = make_cell(tmp_path_factory.mktemp("cells") / "cell")
    contract, rubric = write_documents(files)
    for document in (contract, rubric):
        assert told("programme", "check", str(document))[0] == 0
    assert as_lead(cell, "programme", "open", str(contract))[0] == 0
    assert as_lead(cell, "programme", "publish", str(rubric), "--programme", "answers")[0] == 0
    for path in write_items(files):
        code, answer = as_lead(cell, "programme", "import", str(path), "--programme", "answers", "--batch", "pilot")
        assert (code, answer["rejected"]) == (0, 0)
    words = ("programme", "import-judgments", str(write_votes(files)), "--programme", "answers")
    assert as_lead(cell, *words, "--source", "earlier vendor")[0] == 0
    assert as_lead(cell, "programme", "measure", "--programme", "answers") == (
        0,
        {"gates": {"pilot/general": {"decision": "pass", "why": "Agreement reaches the threshold of 0.74."}}},
    )
    code, answer = as_lead(cell, "release", "cut", "--programme", "answers", "--version", "1.0.0")
    assert (code, answer["name"]) == (0, "answers")
    code, answer = as_lead(cell, "release", "export", "answers-1.0.0", str(cell.with_name("answers-1.0.0")))
    assert (code, answer["files"] > 20) == (0, True)
    return Made(cell, files)

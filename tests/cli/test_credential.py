"""`tallystick credential`, `screening` and `programme pool`: what a lead does with them in a shell."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from console import OTHER, SECRET, Made, as_lead, make_cell, told

WHY = "The registry of the chamber was asked."
UNTIL = (datetime.now(UTC).date() + timedelta(days=20)).isoformat()
"""The command line reads the clock of the machine: the day is only held against itself."""


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_cell(tmp_path_factory.mktemp("cells") / "cell")


def joined(cell: Path, login: str) -> str:
    line = ("cell", "enrol", "--dir", str(cell), "--as", "vera", "--name", "Ed", "--new-login", login)
    passwords = ("--password-fd", "{fd}", "--new-password-fd", "{fd}")
    code, answer = told(*line, "--role", "expert", *passwords, secrets=[SECRET, OTHER])
    assert code == 0
    return str(answer["person"])


def test_a_credential_goes_from_its_declaration_to_a_reminder(cell: Path, tmp_path: Path) -> None:
    person = joined(cell, "edward")
    code, made = as_lead(
        cell, "credential", "declare", "--person", person, "--type", "medical-licence", "--method", "self_attested",
        "--issuer", "A chamber", "--expires-on", UNTIL,
    )  # fmt: skip
    assert code == 0
    name = made["credential"]
    code, refused = as_lead(cell, "credential", "verify", name, "--method", "document")
    assert (code, refused["refused"]["code"]) == (1, "not-under-review")
    (tmp_path / "licence.pdf").write_bytes(b"%PDF")
    assert as_lead(cell, "credential", "evidence", name, "--file", str(tmp_path / "licence.pdf"))[0] == 0
    assert as_lead(cell, "credential", "review", name)[0] == 0
    waiting = as_lead(cell, "credential", "due")[1]["waiting"]
    assert [(one["credential"], one["state"]) for one in waiting] == [(name, "under_review")]
    code, refused = as_lead(cell, "credential", "verify", name, "--method", "self_attested")
    assert (code, refused["refused"]["code"]) == (1, "self-attested")
    assert as_lead(cell, "credential", "verify", name, "--method", "document", "--expires-on", UNTIL)[0] == 0
    found = as_lead(cell, "credential", "due", "--days", "30")[1]["expiring"]
    assert [(one["credential"], one["expires_on"]) for one in found] == [(name, UNTIL)]
    assert as_lead(cell, "credential", "due", "--days", "3")[1]["expiring"] == []
    line = ("credential", "due", "--dir", str(cell), "--as", "edward", "--password-fd", "{fd}")
    assert [one["credential"] for one in told(*line, secrets=[OTHER])[1]["expiring"]] == [name]
    assert as_lead(cell, "credential", "withdraw", name, "--reason", WHY)[0] == 0
    (listed,) = as_lead(cell, "credential", "list", "--person", person)[1]["credentials"]
    assert listed["state"] == "withdrawn"


def test_screening_proposes_and_a_person_decides(cell: Path, tmp_path: Path) -> None:
    person = joined(cell, "frieda")
    line = {"person": person, "ground": "licence-revoked", "evidence": WHY, "rule": "watch", "rule_version": "2"}
    (tmp_path / "found.jsonl").write_text(json.dumps(line) + "\n")
    assert as_lead(cell, "screening", "import", str(tmp_path / "found.jsonl"))[1]["proposed"] == 1
    (tmp_path / "bad.jsonl").write_text(json.dumps(line | {"score": 12}) + "\n")
    code, refused = as_lead(cell, "screening", "import", str(tmp_path / "bad.jsonl"))
    assert (code, refused["refused"]["code"]) == (1, "bad-line"), "there is no place for a score"
    assert as_lead(cell, "screening", "run")[0] == 0
    waiting = as_lead(cell, "screening", "waiting")[1]["disqualifiers"]
    (revoked,) = [one for one in waiting if one["ground"] == "licence-revoked"]
    assert (revoked["person"], revoked["source"], revoked["rule_version"]) == (person, "import", "2")
    words = ("screening", "decide", revoked["disqualifier"], "--decision", "confirmed", "--reason")
    code, refused = as_lead(cell, *words, "yes")
    assert (code, refused["refused"]["code"]) == (1, "reason-short")
    assert as_lead(cell, *words, WHY)[0] == 0


def test_a_pool_that_no_contract_speaks_of_is_not_composed(made: Made) -> None:
    code, answer = as_lead(made.cell, "programme", "pool", "--programme", "answers")
    assert (code, answer["newest"]) == (0, None)
    code, answer = as_lead(made.cell, "programme", "compose-pool", "--programme", "answers")
    assert (code, answer["refused"]["code"]) == (1, "no-pool-plan")

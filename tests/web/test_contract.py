"""The list of programmes over HTTP: everybody who reads it sees the gate, and what their role would do next."""

import re
from pathlib import Path

import pytest
from living_cell import PROGRAMME
from web.visitor import Visitor, pages_at

P = f"/programmes/{PROGRAMME}"
NEXT = {
    "lead": {"See what keeps batches out": P}, "researcher": {"See where experts agree": f"{P}/agreement"},
    "auditor": {"Go through the checklist": f"{P}/checklist"},
    "engineer": {
        "Go through the checklist": f"{P}/checklist", "Look after the keys": "/custody",
        "Look at the log and its witnesses": "/log",
    },
}  # fmt: skip


@pytest.mark.parametrize("role", NEXT)
def test_every_role_sees_the_gate_and_a_next_step_that_opens(role: str, tmp_path: Path) -> None:
    with pages_at(tmp_path) as served:
        world = served.world
        visitor = Visitor(served, world.lead if role == "lead" else world.person(f"A {role}", role))
        before = visitor.get("/programmes").text
        world.work(1)
        text = visitor.get("/programmes").text
        main = text[text.index("<main") :]
        links = {label: href for href, label in re.findall(r'href="([^"]+)">([^<]+)<', main)}
        assert {label: links.get(label) for label in NEXT[role]} == NEXT[role]
        assert all(visitor.get(href).status_code == 200 for href in NEXT[role].values())
    assert "1 batch is kept out of a release" in text
    assert "every batch passed" not in before, "no batch is there yet"
    assert ("Import<" in before) is (role == "lead")

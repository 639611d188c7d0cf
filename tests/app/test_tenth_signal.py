"""The tenth signal of docs/extending.md through a whole cell: put into the registry, and nothing else is told of it."""

import json
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import msgspec
import pytest
from living_cell import CRITERIA, PROGRAMME, contract_text, item_row
from served import InProcess, Served
from signals.test_extending import of_the_page
from web.typing_in import typed
from web.visitor import Visitor, pages_at

from tallystick.app import contract, release
from tallystick.app.access import Actor
from tallystick.app.kernel import new_key
from tallystick.audit.release import Status, verify_release
from tallystick.client import Client, Judgment, Mark, Reason
from tallystick.signals import BY_NAME
from tallystick.signals.shape import Answer, Content
from tallystick.signals.shape import Mark as OwnMark
from tallystick.signals.shape import Reason as OwnReason

TEXTS = {
    "film": ("The film is \U0001f702 dull.", "bad", "dull"),
    "book": ("A <b>lively</b> book, and a short one.", "good", "lively"),
    "play": ("Two hours of shouting.", "bad", "shouting"),
}
WHY = "These words leave no other label."


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A cell with two experts, a contract that asks for the new signal, and items of it."""
    signal = of_the_page(tmp_path)
    monkeypatch.setitem(BY_NAME, signal.name, signal)
    with pages_at(tmp_path) as served:
        world = served.world
        text = contract_text("1.1.0").replace(
            "supervision: [", "supervision: [{signal: label, why: Labels are quick and can be counted.}, "
        )
        done = contract.bring_into_force(world.cell, world.lead, text=text, name="c.yaml", key=new_key())
        assert isinstance(done, contract.ContractInForce), done
        rows = [
            item_row(name, signal="label", prompt=f"Is the {name} good?", candidates=[],
                     material={"text": words, "labels": ["good", "bad"]})
            for name, (words, _, _) in TEXTS.items()
        ]  # fmt: skip
        world.bring(rows)
        yield served


def judge_by_form(served: Served, expert: Actor) -> None:
    """Open the page of each item, and send its form as a browser does."""
    visitor = Visitor(served, expert)
    for _ in TEXTS:
        place = visitor.get(f"/work/{PROGRAMME}").headers["location"]
        page = visitor.get(place)
        assert page.status_code == 200
        [name] = [name for name in TEXTS if f"Is the {name} good?" in page.text]
        text, label, words = TEXTS[name]
        assert text in unescape(page.text)
        start = text.index(words)
        mark = OwnMark(field="words", on="text", label="decides", start=start, end=start + len(words), quote=words)
        answer = Answer(verdict=label, marks=[mark], reasons=[OwnReason(criterion=CRITERIA[0], text=WHY)])
        content = Content(prompt=f"Is the {name} good?", material={"text": text, "labels": ["good", "bad"]})
        fields = {key: value[0] for key, value in typed(answer, BY_NAME["label"].form(content, {})).items()}
        sent = visitor.post(place, visitor.filled(place, place, **fields))
        assert sent.status_code == 303, sent.text


def judge_by_client(served: Served, expert: Actor) -> None:
    """The same through the typed client, which knows no signal by name."""
    with Client("http://testserver", token=served.token(expert), transport=InProcess(served.site)) as client:
        while task := client.next_task(PROGRAMME):
            [piece] = task.shown.pieces
            text, label, words = next(one for one in TEXTS.values() if one[0] == piece.text)
            start = text.index(words)
            mark = Mark(field="words", on=piece.id, label="decides", start=start, end=start + len(words), quote=words)
            reasons = [Reason(criterion=task.rubric.criteria[0].id, text=WHY)]
            client.submit(task.assignment, Judgment(verdict=label, scores={}, reasons=reasons, marks=[mark]))


def test_a_tenth_signal_goes_the_whole_way(served: Served, tmp_path: Path) -> None:
    world = served.world
    judge_by_form(served, world.expert())
    judge_by_client(served, world.expert())
    lead = Visitor(served, world.lead)
    with Client("http://testserver", token=served.token(world.lead), transport=InProcess(served.site)) as client:
        [batch] = [row for row in client.batches(PROGRAMME) if row.purpose == "work"]
        measured = client.measure(batch.batch)
        assert (measured.decision, measured.verdict.value_ppm) == ("pass", 1_000_000)
        made = client.cut_release(PROGRAMME, name="tenth", version="1.0.0", use="train")
    for place in (f"/programmes/{PROGRAMME}", f"/programmes/{PROGRAMME}/contract", f"/batches/{batch.batch}"):
        assert lead.get(place).status_code == 200
    folder = tmp_path / "out"
    done = release.export(world.cell, world.lead, made.release, folder)
    assert isinstance(done, release.Exported), done
    report = verify_release(folder, world.cell.signer.vkey, log=world.cell.log_directory)
    assert report.status is Status.OK, report.problems
    records = [msgspec.json.decode(line) for line in (folder / "data/records.jsonl").read_bytes().splitlines()]
    assert {json.loads(row["material"])["text"] for row in records} == {text for text, _, _ in TEXTS.values()}
    assert {row["consensus_how"] for row in records} == {"unanimous"}
    judgments = [msgspec.json.decode(line) for line in (folder / "data/judgments.jsonl").read_bytes().splitlines()]
    found = sorted((row["external"], row["verdict"], row["marks"][0]["quote"]) for row in judgments)
    assert found == sorted((name, label, words) for name, (_, label, words) in TEXTS.items() for _ in range(2))
    lines = [msgspec.json.decode(line) for line in (folder / "views/label_labels.jsonl").read_bytes().splitlines()]
    assert len(lines) == 2 * len(TEXTS)
    assert {(line["text"], line["label"]) for line in lines} == {(text, label) for text, label, _ in TEXTS.values()}

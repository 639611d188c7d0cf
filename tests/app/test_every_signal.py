"""Every signal goes the whole way: in, to two experts, through the gate, into a release that a stranger checks."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from living_cell import CRITERIA, PROGRAMME, World, contract_text, gold_row, item_row, jsonl, rubric_text, world_at
from restricted_work import clear, draw, restrict
from signals.answers import an_answer
from signals.contents import contents

from tallystick.app import assignment, contract, items, judgment, release
from tallystick.app.access import Actor
from tallystick.app.assignment import Task
from tallystick.app.items import Wanted
from tallystick.app.judgment import Saved
from tallystick.app.kernel import new_key
from tallystick.audit.release import Status, verify_release
from tallystick.flow import document
from tallystick.flow.answer import Matter
from tallystick.flow.judgment import Considered, consider
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish
from tallystick.flow.rubric import Rubric
from tallystick.signals import BY_NAME, checking
from tallystick.signals.shape import LETTERS, UNDECIDED, Answer, Content, Form, Mark, Reason, Signal, names_of
from tallystick.store.schema import ITEM

ITEMS = 3
WISH = Wish(programme=PROGRAMME, name="whole", version="1.0.0", use="train", batches=None)
OTHERS = sorted(set(BY_NAME) - {"preference"})


def rows_of(signal: Signal) -> list[tuple[dict[str, object], Content]]:
    """Items of a signal, as rows of an import, with their contents."""
    found = []
    every = [content for one, content in contents() if one.name == signal.name]
    for number in range(ITEMS):
        content = every[number % len(every)]
        row = item_row(
            f"{signal.name}-{number}", signal=signal.name, prompt=f"{content.prompt} Case {number}.",
            candidates=[{"text": text, "model": f"secret-{n}"} for n, text in enumerate(content.candidates)],
        )  # fmt: skip
        row |= {"material": dict(content.material)} if signal.material else {}
        row |= {"context": content.context} if content.context else {}
        found.append((row, content))
    return found


def own_answer(signal: Signal, content: Content, form: Form, seed: int) -> Answer:
    """A decided answer in the item's own letters, under the rubric of these tests."""
    answers = (an_answer(signal, content, form, chance) for chance in range(seed, seed + 200))
    found = next(one for one in answers if one.verdict not in UNDECIDED)
    scores = {name: dict.fromkeys(form.scored, 4) for name in CRITERIA} if form.scored else {}
    words = Reason(criterion=CRITERIA[0], text=f"It follows, as case {seed} of {signal.name} shows.")
    return found.model_copy(update={"scores": scores, "reasons": [words]})


def shown_answer(task: Task, own: Answer) -> Answer:
    """The same answer in the letters of the order in which an expert sees the candidates."""
    matter = task.shown.matter
    names = {own_name: shown for shown, own_name in names_of(matter.order).items()}
    turned = checking.unshuffled(matter.signal, own, matter.content, names)
    keeps = matter.signal.form(matter.content, {}).verdicts
    return turned if keeps else turned.model_copy(update={"verdict": own.verdict})


def judge(world: World, expert: Actor, answers: dict[str, Answer]) -> Saved:
    task = world.task(expert)
    with world.cell.read() as connection:
        external = connection.execute(sa.select(ITEM.c.external).where(ITEM.c.item == task.item)).scalar_one()
    answer = shown_answer(task, answers[external])
    saved = judgment.submit(world.cell, expert, task.assignment, answer, key=new_key())
    assert isinstance(saved, Saved), saved
    return saved


def let_in(world: World, signal: Signal, experts: list[Actor]) -> list[Actor]:
    """The experts, cleared for a restricted domain where the signal belongs into one."""
    if signal.is_restricted:
        restrict(world)
        clear(world, world.lead, *experts)
    return experts


@pytest.mark.parametrize("name", OTHERS)
def test_a_signal_goes_the_whole_way(name: str, sqlite_url: str, tmp_path: Path) -> None:
    signal = BY_NAME[name]
    with world_at(sqlite_url, tmp_path / "cell") as world:
        experts = let_in(world, signal, [world.expert(), world.expert()])
        made = rows_of(signal)
        world.bring([row for row, _ in made])
        answers = {}
        for seed, (row, content) in enumerate(made):
            own = Content(
                prompt=str(row["prompt"]), context=content.context, candidates=content.candidates,
                material=content.material,
            )  # fmt: skip
            answers[str(row["id"])] = own_answer(signal, own, signal.form(own, {}), seed)
        for expert in experts:
            for _ in range(ITEMS):
                judge(world, expert, answers)
        measured = world.measure()
        assert measured.decision == "pass", measured.why
        if signal.is_restricted:
            draw(world)
        folder = tmp_path / "out"
        made_of = release.cut(world.cell, world.lead, WISH, key=new_key())
        assert isinstance(made_of, release.Made), made_of
        done = release.export(world.cell, world.lead, made_of.release, folder)
        assert isinstance(done, release.Exported), done
        report = verify_release(folder, world.cell.signer.vkey, log=world.cell.log_directory)
        assert report.status is Status.OK, report.problems
        rows = [msgspec.json.decode(line) for line in (folder / "data/judgments.jsonl").read_bytes().splitlines()]
        assert len(rows) == 2 * ITEMS
        by_item: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            by_item.setdefault(row["external"], []).append(row)
        for external, given in by_item.items():
            first, second = given
            said = answers[external]
            assert [mark["label"] for mark in first["marks"]] == [mark.label for mark in said.marks]
            for field in ("verdict", "scores", "values", "texts", "marks"):
                assert first[field] == second[field], "two experts who see other orders said the same"
            assert {one["name"]: one["value"] for one in first["texts"]} == dict(said.texts)
        for export in signal.exports:
            lines = (folder / f"views/{name}_{export}.jsonl").read_bytes().splitlines()
            named = {msgspec.json.decode(line)["judgment"] for line in lines}
            assert named <= {row["judgment"] for row in rows}


@pytest.mark.parametrize("purpose", ["work", "gold", "holdout"])
def test_items_of_a_restricted_signal_come_into_a_domain_that_asks_for_a_clearance_alone(
    purpose: str, database_url: str, tmp_path: Path
) -> None:
    rows = [row for row, _ in rows_of(BY_NAME["redteam"])]
    if purpose == "gold":
        rows = [row | {"gold": {"verdict": "failed"}} for row in rows]
    with world_at(database_url, tmp_path / "cell") as world:
        wanted = Wanted(programme=PROGRAMME, name="attacks.jsonl", batch="attacks", purpose=purpose)
        data = jsonl([*rows, item_row("plain", **({"gold": gold_row("g")["gold"]} if purpose == "gold" else {}))])

        def brought() -> items.ImportReport:
            report = items.import_items(world.cell, world.lead, data, wanted)
            assert isinstance(report, items.ImportReport), report
            return report

        report = brought()
        assert report.accepted == 1
        assert [(one.line, one.path) for one in report.problems] == [(n + 1, "domain") for n in range(len(rows))]
        assert all("only cleared people see" in one.sentence for one in report.problems)
        restrict(world)
        report = brought()
        assert [(one.line, one.path) for one in report.problems] == [(len(rows) + 1, "id")], "the plain one is here"
        assert report.accepted == len(rows)
        text = contract_text("1.2.0").replace("Terms", "Risk").replace("The plan", "The risk")
        refused = contract.bring_into_force(world.cell, world.lead, text=text, name="c.yaml", key=new_key())
        assert isinstance(refused, Refused)
        assert (refused.code, refused.names) == ("restricted-items-open", ("general",))


@pytest.mark.parametrize("name", OTHERS)
def test_a_faulty_answer_is_refused_and_nothing_is_written(name: str, sqlite_url: str, tmp_path: Path) -> None:
    signal = BY_NAME[name]
    with world_at(sqlite_url, tmp_path / "cell") as world:
        (expert,) = let_in(world, signal, [world.expert()])
        world.bring([rows_of(signal)[0][0]])
        task = world.task(expert)
        refused = judgment.submit(world.cell, expert, task.assignment, Answer(verdict="nonsense"), key=new_key())
        assert isinstance(refused, Refused)
        assert refused.code == "answer-incomplete"
        assert "verdict" in refused.names
        again = assignment.task(world.cell, expert, task.assignment)
        assert isinstance(again, Task)
        assert again.state == "leased"


def test_letters_are_enough() -> None:
    assert all(signal.candidates[1] <= len(LETTERS) for signal in BY_NAME.values())


LABELS = """labels:
  category: [{value: fluency, title: Fluency}, {value: accuracy, title: Accuracy}]
  severity: [{value: slight, title: Slight}, {value: grave, title: Grave}]
"""


def test_a_rubric_names_its_own_categories_and_severities() -> None:
    signal, content = next((one, content) for one, content in contents() if one.name == "critique")
    read = document.read(rubric_text() + LABELS, "rubric.yaml", Rubric)
    assert isinstance(read, Rubric), read
    matter = Matter(signal=signal, content=content, order="A")
    [errors] = [part for part in matter.form(read).labellings if part.is_span]
    assert [code.value for code in errors.labels] == ["fluency", "accuracy"]
    text = content.candidates[0]
    mark = Mark(field=errors.name, on="a", label="fluency", severity="grave", start=0, end=3, quote=text[:3])
    said = Answer(
        marks=[mark], scores={name: {"a": 3} for name in CRITERIA},
        reasons=[Reason(criterion=CRITERIA[0], text="It does not read well.")],
    )  # fmt: skip
    found = consider(said, read, matter, earlier=[])
    assert isinstance(found, Considered), found
    assert found.verdict == "grave"
    strange = said.model_copy(update={"marks": [mark.model_copy(update={"label": "omission"})]})
    refused = consider(strange, read, matter, earlier=[])
    assert isinstance(refused, Refused)
    assert "fluency, accuracy" in refused.sentence


def test_a_list_that_no_signal_asks_from_is_a_fault() -> None:
    read = document.read(rubric_text() + "labels: {colour: [{value: red, title: Red}]}\n", "rubric.yaml", Rubric)
    assert isinstance(read, list)
    assert "category" in read[0].expected

"""Whoever passed the gold items of one signal is not thereby qualified for another that has gold items of its own."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from held_work import code
from living_cell import CRITERIA, GOLD, NUMBERS, PROGRAMME, World, item_row, jsonl, world_at

from tallystick.app import assignment, checklist, erasure, judgment, release, roster
from tallystick.app import items as imports
from tallystick.app.access import Actor
from tallystick.app.assignment import Task
from tallystick.app.judgment import Saved
from tallystick.app.kernel import new_key
from tallystick.audit.release import Status, verify_release
from tallystick.flow.erasure import Wish
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish as ReleaseWish
from tallystick.flow.roster import covers, next_signal
from tallystick.signals.shape import Answer, Reason
from tallystick.store import items

OTHER = "demonstration"
REJECTED = "gd-2"
"""The gold item of the other signal on which whoever always endorses is wrong."""


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A pair and a demonstration to review, and an expert who passed gold items of pairs."""
    with world_at(database_url, tmp_path / "cell") as found:
        found.work(1)
        found.bring([demonstration("d-1")])
        found.expert()
        yield found


def demonstration(name: str, **changes: object) -> dict[str, object]:
    return item_row(name, signal=OTHER, candidates=[{"text": f"{name} is one."}], material={}, **changes)


def gold(world: World, number: int = GOLD, *, start: int = 0, verdict: str = "") -> None:
    scores = {name: {"a": 4} for name in CRITERIA}
    names = [f"gd-{n}" for n in range(start, start + number)]
    keys = {name: {"verdict": verdict or right(name), "scores": scores} for name in names}
    world.bring([demonstration(name, gold=keys[name]) for name in names], batch="gold-other", purpose="gold")


def right(name: str) -> str:
    return "rejected" if name == REJECTED else "endorsed"


def qualify_on_other(world: World, expert: Actor, *, verdict: str = "") -> None:
    begun = start(world, expert)
    assert isinstance(begun, roster.Started), begun
    while isinstance(task := roster.gold_task(world.cell, expert, begun.qualification), roster.GoldTask):
        assert task.shown.matter.signal.name == OTHER
        shown = task.shown.first.split()[0]
        answer = endorsed(task.item).model_copy(update={"verdict": verdict or right(shown)})
        roster.answer_gold(world.cell, expert, begun.qualification, item=task.item, answer=answer, key=new_key())


def offers(world: World, expert: Actor) -> set[str]:
    """The signals of what somebody is given of two new items, one after the other."""
    name = f"n-{next(NUMBERS)}"
    world.bring([item_row(name), demonstration(f"{name}-d")], batch=name)
    seen = set()
    for _ in range(9):
        task = assignment.next_task(world.cell, expert, PROGRAMME)
        if isinstance(task, Task):
            seen.add(task.shown.matter.signal.name)
            assignment.give_back(world.cell, expert, task.assignment, key=new_key())
    return seen


def lack(world: World) -> str:
    found = checklist.checklist(world.cell, world.lead, PROGRAMME)
    assert not isinstance(found, Refused)
    return next(one.found for one in found.lines if one.id == "qualifications")


def endorsed(words: str) -> Answer:
    return Answer(
        verdict="endorsed", reasons=[Reason(criterion=CRITERIA[0], text=f"It follows, as {words} shows.")],
        scores={name: {"a": 4} for name in CRITERIA}, active_ms=1_000,
    )  # fmt: skip


def start(world: World, expert: Actor, signal: str | None = None) -> roster.Started | Refused:
    return roster.start_qualification(
        world.cell, expert, programme=PROGRAMME, rubric="general", signal=signal, key=new_key()
    )


def erase_item(world: World, external: str) -> None:
    with world.cell.read() as connection:
        item = items.by_external(connection, PROGRAMME, [external])[external].item
    wish = Wish(what="object", target=f"item:{item}", reason="client-request")
    assert not isinstance(erasure.order(world.cell, world.lead, wish, key=new_key()), Refused)


def standings(world: World, expert: Actor) -> dict[str, tuple[str | None, int]]:
    found = roster.standings(world.cell, expert, PROGRAMME)
    assert not isinstance(found, Refused)
    return {one.signal: (one.qualification.state if one.qualification else None, one.gold_items) for one in found}


def test_gold_of_one_signal_is_no_gold_of_another(world: World) -> None:
    (expert,) = world.experts
    gold(world)
    assert standings(world, expert) == {"preference": ("qualified", GOLD), OTHER: (None, GOLD)}
    world.judge(expert)
    refused = assignment.next_task(world.cell, expert, PROGRAMME)
    assert isinstance(refused, Refused)
    assert (refused.code, "gold items of its own" in refused.sentence) == ("not-qualified", True)
    assert code(start(world, expert, "critique")) == "unknown-signal"
    assert code(start(world, expert, "preference")) == "already-qualified"
    qualify_on_other(world, expert)
    assert standings(world, expert) == {"preference": ("qualified", GOLD), OTHER: ("qualified", GOLD)}
    work = world.task(expert)
    assert work.shown.matter.signal.name == OTHER
    saved = judgment.submit(world.cell, expert, work.assignment, endorsed("this item"), key=new_key())
    assert isinstance(saved, Saved)


def test_a_signal_without_gold_items_needs_the_qualification_that_there_is(world: World) -> None:
    (expert,) = world.experts
    assert offers(world, expert) == {"preference", OTHER}


def test_a_signal_with_too_few_gold_items_asks_for_none_of_its_own(world: World) -> None:
    (expert,) = world.experts
    gold(world, GOLD - 1)
    assert offers(world, expert) == {"preference", OTHER}
    assert f"too few for a qualification, of {OTHER} in general (1 more)" in lack(world)
    # What can be passed is passed, so nobody is led to a qualification that cannot be taken.
    assert code(start(world, expert)) == "already-qualified"
    assert code(start(world, expert, OTHER)) == "too-few-gold-items"
    # It opens nothing to somebody who has passed nothing.
    new = world.expert(domains=())
    assert code(assignment.next_task(world.cell, new, PROGRAMME)) == "not-qualified"
    gold(world, 1, start=GOLD)
    assert offers(world, expert) == {"preference"}
    assert "too few" not in lack(world)
    assert f"Nobody who may work has passed the gold items of {OTHER} in general" in lack(world)


def test_whoever_always_answers_alike_does_not_qualify(world: World) -> None:
    """With gold items of one verdict nobody can take it; with another one who always says the same fails."""
    (expert,) = world.experts
    gold(world, verdict="endorsed")
    assert f"{OTHER} in general (1 more for which another verdict than Endorsed is right)" in lack(world)
    refused = start(world, expert, OTHER)
    assert (code(refused), "endorsed" in str(refused).lower()) == ("gold-alike", False)
    assert offers(world, expert) == {"preference", OTHER}, "any other qualification of the domain has to do"
    found = roster.standings(world.cell, expert, PROGRAMME)
    assert not isinstance(found, Refused)
    assert [(one.signal, one.short, one.is_alike) for one in found] == [("preference", 0, False), (OTHER, 1, True)]
    gold(world, 1, start=GOLD, verdict="rejected")
    assert "another verdict" not in lack(world)
    assert offers(world, expert) == {"preference"}
    qualify_on_other(world, expert, verdict="endorsed")
    assert standings(world, expert)[OTHER] == ("failed", GOLD + 1)


def test_what_somebody_passed_is_asked_for_although_its_gold_items_were_erased(world: World) -> None:
    first, second = world.experts[0], world.expert()
    gold(world)
    erase_item(world, "gd-0")
    assert offers(world, second) == {"preference", OTHER}  # nobody has passed it: it is as if it had not come in
    gold(world, 1, start=GOLD)
    qualify_on_other(world, first)
    erase_item(world, "gd-1")
    assert (offers(world, first), offers(world, second)) == ({"preference", OTHER}, {"preference"})
    assert code(start(world, second)) == "too-few-gold-items"
    assert f"{OTHER} in general (1 more)" in lack(world)
    assert "has passed the gold items" not in lack(world)
    gold(world, 1, start=GOLD + 1)
    qualify_on_other(world, second)
    assert offers(world, second) == {"preference", OTHER}


def test_a_release_tells_what_qualifications_came_to_by_role_and_signal(world: World, tmp_path: Path) -> None:
    people = first, second, third = world.experts[0], world.expert(), world.expert()
    gold(world)
    world.work(2, start=2)
    for one, other in zip(people, (second, third, first), strict=True):
        world.judge(one), world.judge(other)
    qualify_on_other(world, first)
    qualify_on_other(world, second, verdict="rejected")
    assert isinstance(start(world, third), roster.Started)
    for one, roles in ((first, ["reviewer", "adjudicator"]), (second, ["reviewer"])):
        roster.change_roles(world.cell, world.lead, one.person, roles=["expert"], expert_roles=roles, key=new_key())
    wish = ReleaseWish(programme=PROGRAMME, name="set", version="1.0.0", use="train", batches=None)
    made = release.cut(world.cell, world.lead, wish, key=new_key())
    assert isinstance(made, release.Made), made
    folder = tmp_path / "out"
    release.export(world.cell, world.lead, made.release, folder)
    vkey = world.cell.signer.vkey
    report = verify_release(folder, vkey, log=world.cell.log_directory)
    assert report.status is Status.OK, report.problems
    path = folder / "quality/qualifications.json"
    told = json.loads(path.read_text())
    parts = ("role", "signal", "people", "passed", "failed", "undecided")
    assert (told["people"], [tuple(one[part] for part in parts) for one in told["results"]]) == (3, [
        ("adjudicator", OTHER, 1, 1, 0, 0), ("adjudicator", "preference", 1, 1, 0, 0),
        ("expert", OTHER, 1, 0, 0, 1), ("expert", "preference", 1, 1, 0, 0),
        ("reviewer", OTHER, 2, 1, 1, 0), ("reviewer", "preference", 2, 2, 0, 0),
    ])  # fmt: skip
    both = told["results"][4]
    assert (both["right"], both["items"]) == (GOLD + 1, 2 * GOLD)
    assert [(one["criterion"], one["attempts"]) for one in both["by_criterion"]] == [(c, 2) for c in sorted(CRITERIA)]
    assert not any(one.person in path.read_text() for one in people)
    assert "reviewer, general 1.0.0, demonstration: 1 of 2 passed" in (folder / "DATASHEET.md").read_text()
    path.write_bytes(path.read_bytes().replace(b'"passed":2', b'"passed":3'))
    assert verify_release(folder, vkey).status is Status.BAD


@pytest.mark.parametrize(
    ("passed", "known", "signal", "may"),
    [
        ({"preference"}, {"preference"}, "preference", True),
        ({"preference"}, {"preference", OTHER}, OTHER, False),
        ({"preference"}, {"preference"}, OTHER, True),
        ({OTHER}, {"preference", OTHER}, "preference", False),
        (set(), {"preference"}, OTHER, False),
    ],
)
def test_what_a_qualification_covers(passed: set[str], known: set[str], signal: str, *, may: bool) -> None:
    assert covers(passed, known, signal) is may


def test_the_next_qualification_is_one_that_is_not_passed() -> None:
    both = {OTHER, "preference"}
    assert next_signal(both, set(), None, asked=both) == "preference"
    assert next_signal(both, {"preference"}, None, asked=both) == OTHER
    assert next_signal(both, {"preference"}, None, asked={"preference"}) == "preference"
    assert next_signal(both, set(), None, asked={OTHER}) == OTHER
    assert next_signal(set(), set(), None, asked=set()) == "preference"


def test_gold_that_nobody_can_fail_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    """Who writes has one verdict, so any response would pass: others of the domain have to do, as with no gold."""
    with world_at(sqlite_url, tmp_path / "cell") as world:
        material = {"evidence": [{"id": "leaf", "title": "Leaf", "text": "Take one."}]}
        marks = [{"field": "evidence", "on": "leaf", "label": "rests_on"}]
        rows = [
            item_row(f"gw-{n}", signal=OTHER, candidates=[], material=material, gold={"verdict": "written"} | more)
            for n, more in enumerate([{}, {"marks": marks, "values": {"basis": "both"}}])
        ]
        wanted = imports.Wanted(programme=PROGRAMME, name="gold.jsonl", batch="gold-written", purpose="gold")
        report = imports.import_items(world.cell, world.lead, jsonl(rows), wanted)
        assert isinstance(report, imports.ImportReport), report
        assert (report.accepted, [one.path for one in report.problems]) == (0, ["gold.verdict"] * 2)
        assert "a single verdict that decides, found written" in report.problems[0].sentence
        world.bring([item_row("d-1", signal=OTHER, candidates=[], material=material)])
        # Any other qualification of the domain has to do.
        assert world.task(world.expert()).shown.signal == OTHER

"""The checklist and the phases of a live programme: what is found, what production waits for, what closing stops."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import pytest
from living_cell import CRITERIA, GOLD, PROGRAMME, World, answer_of, item_row, jsonl, world_at
from pilot_scene import REASON, complete, cut, moved, revised, worked

from tallystick.app import (
    access,
    adjudication,
    assignment,
    checklist,
    credential,
    erasure,
    escape,
    items,
    judgment,
    release,
    roster,
)
from tallystick.app.items import Wanted
from tallystick.app.kernel import new_key
from tallystick.app.looking import About, Look
from tallystick.audit.release import Status, verify_release
from tallystick.bundle.contents import Opened, opened_all
from tallystick.bundle.derive import Tables, derive
from tallystick.bundle.figures.phase import unfounded_phase
from tallystick.bundle.state import Entered, replay
from tallystick.events.checklist import PhaseMoved, ReleasePhased
from tallystick.flow.checklist import FAIL, NOT_APPLICABLE, PASS, Line
from tallystick.flow.erasure import Wish as ErasureWish
from tallystick.flow.escape import Answer
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import items as store_items
from tallystick.store import projection
from tallystick.store.schema import PROGRAMME as PROGRAMMES
from tallystick.store.schema import STOOD_DOWN
from tallystick.store.schema.checklist import PHASE_MOVE, RELEASE_PHASE

KINDS = "welfare: {categories: {grim: {warning: It is grim., items_daily_max: 9}}}\n"


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with worked(database_url, tmp_path / "cell") as found:
        yield found


@pytest.fixture
def embedded(sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    """The same on SQLite alone, where no SQL is new."""
    with worked(sqlite_url, tmp_path / "cell") as found:
        yield found


def lines(world: World, who: access.Actor | None = None) -> dict[str, Line]:
    found = checklist.checklist(world.cell, who or world.lead, PROGRAMME)
    assert isinstance(found, checklist.ChecklistPage), found
    return {one.id: one for one in found.lines}


def state(world: World) -> checklist.PhaseState:
    found = checklist.phase_state(world.cell, world.lead, PROGRAMME)
    assert isinstance(found, checklist.PhaseState), found
    return found


def code(found: object) -> str:
    assert isinstance(found, Refused), found
    return found.code


def dump(world: World) -> dict[str, list[tuple[object, ...]]]:
    with world.cell.read() as connection:
        return projection.dump(connection)


def test_a_live_programme_is_evaluated_line_by_line(world: World) -> None:
    found = lines(world)
    assert {name: one.state for name, one in found.items()} == {
        "behaviour": FAIL, "objectives": PASS, "dimensions": FAIL, "rights": FAIL, "qualifications": PASS,
        "blinding": PASS, "ties": PASS, "verifiers": NOT_APPLICABLE, "holdout": FAIL, "qa": FAIL, "impact": FAIL,
        "versions": PASS, "welfare": NOT_APPLICABLE, "claims": NOT_APPLICABLE,
    }  # fmt: skip
    assert "general (medium risk) 3" in found["qualifications"].found
    assert "40 judgments were made here" in found["blinding"].found
    assert "Of 20 finished items none was looked at" in found["qa"].found
    assert "1 held-out item has the same content" in found["holdout"].found
    assert "3 items are held out of 23" in found["holdout"].found
    assert "28 items have no source or no licence." in found["rights"].found


def erase_item(world: World, external: str) -> None:
    with world.cell.read() as connection:
        item = store_items.by_external(connection, PROGRAMME, [external])[external].item
    wish = ErasureWish(what="object", target=f"item:{item}", reason="client-request")
    assert not isinstance(erasure.order(world.cell, world.lead, wish, key=new_key()), Refused)


def test_an_item_that_names_no_licence_has_none_until_it_is_erased(tmp_path: Path, database_url: str) -> None:
    with world_at(database_url, tmp_path / "cell", gold=False) as world:
        said = {"class": "commissioned", "licence": "CC0-1.0"}
        world.bring([item_row("told", source=said), item_row("silent")])
        rights = lines(world)["rights"]
        assert (rights.state, "1 item has no source or no licence." in rights.found) == (FAIL, True)
        with world.cell.read() as connection:
            silent = store_items.by_external(connection, PROGRAMME, ["silent"])["silent"].item
        assert [one.ref for one in rights.evidence if one.kind == "item"] == [silent]
        assert silent not in rights.found
        erase_item(world, "silent")
        assert lines(world)["rights"].state == PASS


def test_whoever_stands_down_is_not_counted_as_qualified(world: World) -> None:
    row = {"programme": PROGRAMME, "rubric": "general", "intervention": "int-1", "at": 1, "seq": 1}
    with journal.writing(world.cell.engine) as connection:
        connection.execute(STOOD_DOWN.insert().values(person=world.experts[0].person, **row))
    found = lines(world)["qualifications"].found
    assert "general (medium risk) 2" in found
    assert "stand down in an intervention: general (1)." in found


def test_only_who_may_work_is_counted_as_qualified(world: World) -> None:
    """By credentials and disqualifiers, as work is given out."""
    credentials = import_module("app.test_credential")
    first, second, third = world.experts
    revised(world, "1.1.0", more=credentials.DEMAND)
    barred = lines(world)["qualifications"]
    assert barred.state == FAIL
    assert "Nobody who is qualified may be given work now in general." in barred.found
    assert "for want of a verified credential that has not expired: general (3)." in barred.found
    held = [credentials.declared(world, one) for one in world.experts]
    for one in held:
        assert not isinstance(credentials.verify(world, one), Refused)
    assert "general (medium risk) 3" in lines(world)["qualifications"].found
    named = credentials.proposed(world, first)
    assert "general (medium risk) 3" in lines(world)["qualifications"].found, "a proposal does nothing"
    assert not isinstance(credentials.decide(world, named, "confirmed"), Refused)
    taken = credential.withdraw(world.cell, world.lead, held[1], reason="The chamber struck them off.", key=new_key())
    assert not isinstance(taken, Refused)
    found = lines(world)["qualifications"].found
    assert "general (medium risk) 1" in found
    assert "for want of a verified credential that has not expired: general (1)." in found
    assert "because of a confirmed disqualifier: general (1)." in found
    for who, code in ((first, "disqualified"), (second, "credential-missing")):
        assert credentials.next_code(world, who) == code
    assert credentials.next_code(world, third) not in ("disqualified", "credential-missing")


def test_a_signal_is_closed_while_its_work_is_open_and_enough_gold_items_are_there(world: World) -> None:
    one = {"signal": "demonstration", "candidates": [{"text": "It is one."}], "material": {}}
    key = {"scores": {name: {"a": 4} for name in CRITERIA}}
    verdicts = ["rejected", *["endorsed"] * (GOLD - 1)]
    rows = [item_row(f"gd-{n}", gold=key | {"verdict": verdict}, **one) for n, verdict in enumerate(verdicts)]
    world.bring(rows, batch="gold-other", purpose="gold")
    assert lines(world)["qualifications"].state == PASS  # there is no work of it
    world.bring([item_row("d-1", **one)], batch="other")
    assert "the gold items of demonstration in general" in lines(world)["qualifications"].found
    erase_item(world, "gd-1")
    found = lines(world)["qualifications"].found  # any other qualification has to do, as long as nobody passed this one
    assert "demonstration in general (1 more)" in found
    assert "has passed the gold items" not in found
    for number in (0, *range(2, GOLD)):
        erase_item(world, f"gd-{number}")
    assert lines(world)["qualifications"].state == PASS


def test_a_copy_among_the_held_out_is_named_to_those_alone_who_may_read_it_until_it_is_erased(world: World) -> None:
    with world.cell.read() as connection:
        copy = store_items.by_external(connection, PROGRAMME, ["a-copy"])["a-copy"].item
    named = [one.ref for one in lines(world)["holdout"].evidence if one.kind == "item"]
    assert named == [copy]
    for role in ("researcher", "engineer"):
        other = lines(world, world.person(f"Some {role}", role))["holdout"]
        assert [one.ref for one in other.evidence if one.kind == "item"] == []
    erase_item(world, "a-copy")
    assert "2 items are held out of 22" in lines(world)["holdout"].found
    assert lines(world)["holdout"].state == FAIL  # two of twenty-two are fewer than a tenth


def test_what_comes_from_elsewhere_late_or_under_another_contract_is_found(world: World) -> None:
    world.bring([item_row("late")], batch="held", purpose="holdout")
    world.bring([item_row(f"said-{n}") for n in range(20)], batch="said")
    votes: list[dict[str, object]] = [
        {"item": f"said-{n}", "rater": f"rater-{r}", "verdict": "ab"[n % 2]} for n in range(20) for r in range(2)
    ]
    done = items.import_judgments(
        world.cell, world.lead, jsonl(votes), programme=PROGRAMME, name="v.jsonl", source="an old tool"
    )
    assert not isinstance(done, Refused)
    revised(world, "1.1.0", more=KINDS)
    world.bring([item_row("heavy", categories=["grim"])], batch="heavy")
    revised(world, "1.2.0", more="")
    found = lines(world)
    assert "1 held-out item came in after the first judgment" in found["holdout"].found
    assert "40 judgments were made elsewhere" in found["blinding"].found
    assert "Of 40 judgments from an old tool none is a tie" in found["ties"].found
    assert "although there is grim" in found["welfare"].found
    assert "Contract 1.2.0 in force" in found["versions"].found
    world.publish("1.1.0", question="Does it follow from what was said?", gated=True)
    found = lines(world)
    assert "Nobody is qualified under the rubric in force: general" in found["qualifications"].found
    assert "80 judgments under earlier versions of general wait" in found["versions"].found
    assert found["behaviour"].state == PASS
    erase_item(world, "w-1")  # nobody can decide on what nobody can read
    assert "78 judgments under earlier versions of general wait" in lines(world)["versions"].found


def test_production_waits_for_a_pilot_that_shows_something(world: World, tmp_path: Path) -> None:
    assert state(world).row.phase == "draft"
    assert code(moved(world, "production")) == "phase-order"
    early = cut(world, "0.1.0")
    assert isinstance(early, release.Made)
    done = moved(world, "pilot")
    assert isinstance(done, checklist.Moved)
    fact = done.receipt.facts[0]
    assert isinstance(fact, PhaseMoved)
    page = checklist.checklist(world.cell, world.lead, PROGRAMME)
    assert isinstance(page, checklist.ChecklistPage)
    assert fact.checklist == {one.id: one.state for one in page.lines}
    assert fact.checklist_digest == page.digest
    # What was released before the first move is no pilot.
    assert [one.code for one in state(world).missing] == ["no-pilot-release"]
    assert not isinstance(cut(world), Refused)
    assert [one.code for one in state(world).missing] == ["report-incomplete"]
    refused = moved(world, "production")
    assert code(refused) == "pilot-incomplete"
    assert "What got through?" in refused.sentence  # type: ignore[union-attr]  # it is a refusal
    complete(world)
    made = cut(world, "1.1.0")
    assert isinstance(made, release.Made)
    assert state(world).missing == ()
    done = moved(world, "production")
    assert isinstance(done, checklist.Moved)
    assert done.receipt.facts[0].release == made.release  # type: ignore[attr-defined]  # a move
    assert "By severity: high 1" in lines(world)["qa"].found
    last = cut(world, "1.2.0")
    assert isinstance(last, release.Made)
    told = [exported(world, one.release, tmp_path / one.version) for one in (early, made, last)]
    assert [one[0] for one in told] == [None, "pilot", "production"]
    assert [one[1] for one in told] == [False, True, False]
    # A new pilot asks for a new release, whatever was shown before.
    moved(world, "pilot")
    assert [one.code for one in state(world).missing] == ["no-pilot-release"]
    before = dump(world)
    projection.rebuild(world.cell.engine)
    assert dump(world) == before
    assert len(before[PHASE_MOVE.name]) == 3
    assert len(before[RELEASE_PHASE.name]) == 3
    assert "pilot" in before[PROGRAMMES.name][0]


def exported(world: World, name: str, to: Path) -> tuple[str | None, bool]:
    """The phase that the files of a release tell, and whether its readers are warned of a pilot. They verify."""
    done = release.export(world.cell, world.lead, name, to)
    assert isinstance(done, release.Exported), done
    report = verify_release(to, world.cell.signer.vkey, log=world.cell.log_directory)
    assert report.status is Status.OK, report
    told = to / "quality" / "phase.json"
    phase = msgspec.json.decode(told.read_bytes())["phase"] if told.exists() else None
    card = (to / "DATASHEET.md").read_text()
    assert ("H29" in card) == (phase is not None)
    return phase, "**PILOT: " in card


def test_a_closed_programme_begins_nothing_and_lets_what_is_held_be_finished(embedded: World, tmp_path: Path) -> None:
    world = embedded
    cell, lead, (first, second, reviewer) = world.cell, world.lead, world.experts
    made = cut(world)
    assert isinstance(made, release.Made)
    world.work(2, start=90)
    drawn = escape.draw(cell, lead, PROGRAMME, wanted={"medium": 2}, key=new_key())
    assert not isinstance(drawn, Refused)
    looked = escape.next_review(cell, reviewer, PROGRAMME, key=new_key())
    task = world.task(first)
    assert not isinstance(moved(world, "closed"), Refused)
    begun: dict[str, Callable[[], object]] = {
        "work": lambda: assignment.next_task(cell, second, PROGRAMME),
        "import": lambda: items.import_items(cell, lead, jsonl([item_row("new")]), Wanted(
            programme=PROGRAMME, name="i.jsonl", batch="new",
        )),
        "judgments": lambda: items.import_judgments(
            cell, lead, jsonl([{"item": "w-90", "rater": "r", "verdict": "a"}]), programme=PROGRAMME, name="v.jsonl",
            source="elsewhere",
        ),
        "draw": lambda: escape.draw(cell, lead, PROGRAMME, wanted={"medium": 1}, key=new_key(), extend=1),
        "look": lambda: escape.next_review(cell, world.person("Reva", "expert", expert_roles=("reviewer",)), PROGRAMME,
                                           key=new_key()),
        "qualification": lambda: roster.start_qualification(
            cell, world.person("New", "expert"), programme=PROGRAMME, rubric="general", key=new_key()
        ),
        "release": lambda: cut(world, "1.1.0"),
    }  # fmt: skip
    assert {name: code(begin()) for name, begin in begun.items()} == dict.fromkeys(begun, "programme-closed")
    # What somebody holds is finished, and what was released is read and checked as ever.
    held = assignment.next_task(cell, first, PROGRAMME)
    assert isinstance(held, assignment.Task)
    assert held.assignment == task.assignment
    assert isinstance(judgment.submit(cell, first, task.assignment, answer_of(), key=new_key()), judgment.Saved)
    assert isinstance(looked, str)
    given = escape.answer(cell, reviewer, looked, Answer(is_defect=False), key=new_key())
    assert isinstance(given, escape.Answered)
    assert exported(world, made.release, tmp_path / "out") == (None, False)
    assert code(moved(world, "production")) == "phase-order"
    assert not isinstance(moved(world, "pilot"), Refused)
    assert isinstance(assignment.next_task(cell, second, PROGRAMME), assignment.Task)


def test_no_case_is_given_out_in_a_closed_programme(embedded: World) -> None:
    world = embedded
    world.work(1, start=80)
    judge = world.person("Addy", "expert", expert_roles=("adjudicator",))
    world.judge(world.experts[0])
    divided = world.judge(world.experts[1], "b_clearly").item
    moved(world, "closed")
    assert code(adjudication.take(world.cell, judge, divided, key=new_key())) == "programme-closed"
    assert code(adjudication.take_next(world.cell, judge, PROGRAMME, key=new_key())) == "programme-closed"


def test_a_move_is_made_once_by_a_lead_and_its_reason_can_be_erased_with_its_author(world: World) -> None:
    other = world.person("Lea", "lead")
    key = new_key()
    done = [
        checklist.move(world.cell, other, PROGRAMME, phase="pilot", rationale=REASON, key=key) for _ in range(2)
    ]  # fmt: skip
    assert all(isinstance(one, checklist.Moved) for one in done)
    assert done[1].receipt.is_repeat  # type: ignore[union-attr]  # it moved
    auditor = world.person("Aud", "auditor")
    assert code(checklist.move(world.cell, auditor, PROGRAMME, phase="closed", rationale=REASON, key=new_key())) == (
        "absent"
    )
    assert checklist.checklist(world.cell, world.experts[0], PROGRAMME) == access.ABSENT
    assert checklist.phase_page(world.cell, world.experts[0], PROGRAMME) == access.ABSENT
    assert code(checklist.checklist(world.cell, world.lead, "nowhere")) == "absent"
    page = checklist.phase_page(world.cell, auditor, PROGRAMME)
    assert isinstance(page, checklist.PhasePage)
    assert [one.rationale for one in page.moves] == [REASON]
    wish = ErasureWish(what="subject", target=f"person:{other.person}", reason="client-request")
    assert not isinstance(erasure.order(world.cell, world.lead, wish, key=new_key()), Refused)
    page = checklist.phase_page(world.cell, auditor, PROGRAMME)
    assert isinstance(page, checklist.PhasePage)
    assert REASON not in page.moves[0].rationale
    assert "erased" in page.moves[0].rationale.lower()


def test_whoever_checks_a_release_sees_a_phase_that_is_not_so(embedded: World) -> None:
    world = embedded
    moved(world, "pilot")
    made = cut(world)
    assert isinstance(made, release.Made)
    tables = derived(world, made.release)
    told = next(one for one in tables.state.beside if isinstance(one.fact, ReleasePhased))
    found = told.fact
    assert isinstance(found, ReleasePhased)
    assert found in made.receipt.facts
    for change, says in (
        ({"records": found.records + 1}, "expected the counts of"),
        ({"hard": 0}, "expected the counts of"),
        ({"places": {}}, "expected the counts of"),
        ({"phase": "draft"}, "expected pilot or production"),
        ({"since": told.seq}, "expected an earlier entry"),
    ):
        assert [says in one for one in forged(tables, told, **change)] == [True], change
    assert forged(tables, told) == []


def derived(world: World, name: str) -> Tables:
    """What a checker makes of the entries of a release."""
    look = world.cell.look(access.CELL, "self", About(subject=name, what="release", reason="release-build"))
    assert isinstance(look, Look)
    with world.cell.read() as connection:
        entries = [entry for _, entry in journal.read(connection, 0, journal.head(connection).next_seq)]
        state = replay(entries, name)
        return derive(state, opened_all(state, lambda wanted: {
            name: Opened(one.payload, one.salt)  # type: ignore[union-attr]  # nothing was erased
            for name, one in world.cell.open_known(connection, wanted, look).items()
        }))  # fmt: skip


def forged(tables: Tables, told: Entered[Any], **change: object) -> list[str]:
    """What a checker says of a release whose phase was stated otherwise."""
    stated = replace(told, fact=msgspec.structs.replace(told.fact, **change))
    beside = tuple(stated if one is told else one for one in tables.state.beside)
    return [sentence for _, sentence in unfounded_phase(replace(tables, state=replace(tables.state, beside=beside)))]


def test_a_cell_that_was_made_before_there_were_phases_has_them_after_a_rebuild(embedded: World) -> None:
    with journal.writing(embedded.cell.engine) as connection:
        for table in (PHASE_MOVE, RELEASE_PHASE):
            table.drop(connection)
    projection.rebuild(embedded.cell.engine)
    assert state(embedded).row.phase == "draft"
    assert isinstance(cut(embedded), release.Made)
    assert not isinstance(moved(embedded, "pilot"), Refused)

"""People who were erased and are named again: their rows stay out, and everybody else's come in."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from living_cell import PROGRAMME, World, contract_text, item_row, jsonl, rubric_text, world_at

from tallystick.app import access, contract, erasure, items, roster, rubric
from tallystick.app import cell as cells
from tallystick.app.items import ImportReport, Wanted
from tallystick.app.kernel import new_key
from tallystick.custody.software import SoftwareKeys
from tallystick.flow.erasure import Wish
from tallystick.flow.items import spelling
from tallystick.flow.refusal import Refused
from tallystick.store.vault import ObjectAltered, ObjectSwapped

NAME = "Quetzalcoatl Tlaloc"
WANTED = Wanted(programme=PROGRAMME, name="items.jsonl", batch="pilot")


def erase(world: World, target: str, what: str) -> None:
    wish = Wish(what=what, target=target, reason="client-request", confirmed=target)
    done = erasure.order(world.cell, world.lead, wish, key=new_key())
    assert isinstance(done, erasure.Ordered), done
    erasure.finish_interrupted(world.cell)


def subject(world: World, name: str = NAME) -> str:
    with world.cell.engine.begin() as connection:
        return world.cell.vault.subject_scope(connection, spelling(name))


def test_a_row_about_somebody_erased_stays_out_and_the_others_come_in(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        world.bring([item_row("w-1", subjects=[NAME])])
        erase(world, subject(world), "subject")
        rows = [item_row("w-2", subjects=["quetzalcoatl TLALOC", "Somebody Else"]), item_row("w-3")]
        report = items.import_items(world.cell, world.lead, jsonl(rows), WANTED)
        assert isinstance(report, ImportReport), report
        assert (report.accepted, [problem.path for problem in report.problems]) == (1, ["subjects"])
        assert NAME.lower() not in repr(report.problems).lower()
        again = items.import_items(world.cell, world.lead, jsonl(rows), WANTED)
        assert isinstance(again, ImportReport)
        assert again.problems == report.problems


def test_an_erased_rater_brings_no_new_judgments(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        world.work(2)

        def bring(rows: list[dict[str, object]]) -> object:
            return items.import_judgments(
                world.cell, world.lead, jsonl(rows), programme=PROGRAMME, name="j.jsonl", source="lab"
            )

        first = bring([{"item": "w-1", "rater": "Ann", "verdict": "a", "rationale": "Because."}])
        assert isinstance(first, ImportReport)
        people = roster.people(world.cell, world.lead)
        assert not isinstance(people, Refused)
        ann = next(one.row.person for one in people if one.profile.name == "Ann")
        erase(world, f"person:{ann}", "subject")
        report = bring(
            [
                {"item": "w-2", "rater": "Ann", "verdict": "a"},
                {"item": "w-2", "rater": "Ann", "verdict": "a", "rationale": "Because."},
                {"item": "w-2", "rater": "Bob", "verdict": "a", "rationale": "Because."},
            ]
        )
        assert isinstance(report, ImportReport), report
        assert (report.accepted, [problem.path for problem in report.problems]) == (1, ["rater", "rater"])


def test_erasing_by_the_name_works_across_programmes_and_spellings(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        text = contract_text().replace(PROGRAMME, "other-answers")
        done = contract.bring_into_force(world.cell, world.lead, text=text, name="contract.yaml", key=new_key())
        assert isinstance(done, contract.ContractInForce), done
        published = rubric.publish(
            world.cell, world.lead, programme="other-answers", text=rubric_text(), name="r.yaml", key=new_key()
        )
        assert isinstance(published, rubric.Published), published
        other = Wanted(programme="other-answers", name="items.jsonl", batch="pilot")
        rows = jsonl([item_row("w-9", subjects=["quetzalcoatl  TLALOC"])])
        assert isinstance(items.import_items(world.cell, world.lead, rows, other), ImportReport)
        world.bring([item_row("w-1", subjects=[NAME]), item_row("w-2")])
        target = erasure.subject_named(world.cell, world.lead, " Quetzalcoatl\ttlaloc ")
        assert isinstance(target, str), target
        found = erasure.preview(world.cell, world.lead, Wish(what="subject", target=target, reason="subject-request"))
        assert isinstance(found, erasure.Preview)
        assert len(found.coverage.items) == 2
        erase(world, target, "subject")
        for programme, gone in ((PROGRAMME, {"w-1"}), ("other-answers", {"w-9"})):
            page = items.items_page(world.cell, world.lead, programme)
            assert isinstance(page, items.ItemsPage)
            assert {row.external for row in page.rows if is_erased(world, row.item)} == gone
        assert isinstance(erasure.subject_named(world.cell, world.lead, "Nobody"), str), "a name is no secret to a lead"
        expert = world.person("Eve", "expert")
        assert erasure.subject_named(world.cell, expert, NAME) == access.ABSENT


def is_erased(world: World, item: str) -> bool:
    found = items.item_record(world.cell, world.lead, item, reason="review", key=new_key())
    assert isinstance(found, items.ItemRecord)
    return found.shown.erased is not None


class Counting(SoftwareKeys):
    """How often a token would have been asked to open a key."""

    asked = 0

    def unwrap(self, epoch: int, keys: object) -> list[bytes]:
        Counting.asked += len(keys)  # type: ignore[arg-type]  # a sequence
        return super().unwrap(epoch, keys)  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize("login", ["ada", "bob", "nobody", "zzz", ""])
def test_the_token_is_asked_as_often_for_a_login_that_is_not_there(login: str, sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        for name in ("ada", "bob"):
            new = roster.NewPerson(name=name, roles=("researcher",), login=name, password="a long sentence")
            assert isinstance(roster.enrol(world.cell, world.lead, new, key=new_key()), roster.Enrolled)
    folder = tmp_path / "cell"
    Counting.asked = 0
    with cells.opened(folder, database=sqlite_url, keys=lambda name: Counting(folder / "keys", name)) as cell:
        refused = roster.sign_in(cell, login=login, password="not the password", kind="api")
        assert refused == roster.BAD_SIGN_IN
    assert Counting.asked == 2, "the cell's key and one person's"


SWAPS = {
    "the words of another": (
        ObjectSwapped,
        "UPDATE credential SET sealed = (SELECT sealed FROM credential WHERE person = :bob)",
    ),
    "another's login": (ObjectAltered, "UPDATE credential SET login = :ada WHERE person = :bob"),
}


@pytest.mark.parametrize("swap", SWAPS)
def test_a_credential_put_under_another_login_signs_nobody_in(swap: str, sqlite_url: str, tmp_path: Path) -> None:
    error, change = SWAPS[swap]
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        people: list[str] = []
        for name in ("ada", "bob"):
            new = roster.NewPerson(name=name, roles=("researcher",), login=name, password=f"a long sentence of {name}")
            enrolled = roster.enrol(world.cell, world.lead, new, key=new_key())
            assert isinstance(enrolled, roster.Enrolled)
            people.append(enrolled.person)
        with world.cell.engine.begin() as connection:
            ada = world.cell.vault.known_digest(connection, b"ada", scope="cell")
            if error is ObjectAltered:
                connection.execute(sa.text("DELETE FROM credential WHERE login = :ada"), {"ada": ada})
            connection.execute(sa.text(change), {"ada": ada, "bob": people[1]})
        with pytest.raises(error):
            roster.sign_in(world.cell, login="ada", password="a long sentence of bob", kind="api")
        assert roster.sign_in(world.cell, login="nobody", password="x", kind="api") == roster.BAD_SIGN_IN

"""Erasure in a living cell: unreadable at the commit, plain words in its place, final when the keys are gone."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from living_cell import GOLD, PROGRAMME, World, answer_of, gold_row, world_at

from tallystick.app import adjudication, assignment, erasure, items, judgment, oversight, release, roster
from tallystick.app.erasure import Notice, NoticeUndelivered, Ordered, Preview
from tallystick.app.items import ItemRecord
from tallystick.app.kernel import new_key
from tallystick.app.release import Made, ReleasePage
from tallystick.app.roster import NewPerson, PersonPage, Profile
from tallystick.audit.erasure import verify_certificate
from tallystick.audit.log import Status
from tallystick.audit.release import verify_release
from tallystick.flow.assignment import NO_WORK
from tallystick.flow.erasure import Wish
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish as Cut
from tallystick.store import projection

ITEM = Wish(what="object", target="", reason="client-request")


class Crash(BaseException):
    """The process ends here."""


def complete(world: World, number: int = 2) -> list[str]:
    """Items with two judgments each."""
    world.work(number)
    first, second = world.expert(), world.expert()
    done = [world.judge(first).item for _ in range(number)]
    for _ in range(number):
        world.judge(second)
    return done


def erase(world: World, target: str, what: str = "object", **changes: str) -> Ordered:
    wish = Wish(what=what, target=target, reason="client-request", **changes)
    ordered = erasure.order(world.cell, world.lead, wish, words="Mr Doe asked for it.", key=new_key())
    assert isinstance(ordered, Ordered), ordered
    return ordered


def record(world: World, item: str) -> ItemRecord:
    found = items.item_record(world.cell, world.lead, item, reason="review", key=new_key())
    assert isinstance(found, ItemRecord), found
    return found


def cut(world: World, version: str = "1.0.0") -> Made | Refused:
    wish = Cut(programme=PROGRAMME, name="plain", version=version, use="train", batches=None)
    return release.cut(world.cell, world.lead, wish, key=new_key())


REFUSED: dict[str, tuple[Wish, str]] = {
    "no such kind": (replace(ITEM, what="all", target="item:x"), "unknown-kind"),
    "no such reason": (replace(ITEM, reason="because he said so", target="item:x"), "unknown-reason"),
    "a person as an object": (replace(ITEM, target="person:per-1"), "unknown-target"),
    "an item that is not there": (replace(ITEM, target="item:itm-1"), "unknown-target"),
    "an object that is not there": (replace(ITEM, target="object:obj-1"), "unknown-target"),
    "a subject nobody named": (replace(ITEM, what="subject", target="subject:ab"), "unknown-target"),
    "an import that is not there": (replace(ITEM, what="source", target="run:run-1"), "unknown-target"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_cannot_be_erased_says_why(why: str, sqlite_url: str, tmp_path: Path) -> None:
    wish, code = REFUSED[why]
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        for found in (
            erasure.preview(world.cell, world.lead, wish),
            erasure.order(world.cell, world.lead, wish, key=new_key()),
        ):
            assert isinstance(found, Refused)
            assert found.code == code


def test_a_contract_is_no_content(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        with world.cell.read() as connection:
            rows = projection.dump(connection)["programme"]
        document = next(str(cell) for cell in rows[0] if str(cell).startswith("obj-"))
        found = erasure.preview(world.cell, world.lead, replace(ITEM, target=f"object:{document}"))
        assert isinstance(found, Refused)
        assert found.code == "unknown-target"


def test_an_item_is_gone_at_once_and_says_so_everywhere(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        first, second = complete(world)
        ordered = erase(world, f"item:{first}")
        gone = record(world, first)
        assert gone.shown.prompt == f"Erased on 2023-11-14 under erasure {ordered.erasure}"
        assert gone.shown.erased is not None
        assert {reason["text"] for reasons in gone.reasons.values() for reason in reasons} == {gone.shown.prompt}
        assert len(gone.judgments) == 2
        assert [row.verdict for row in gone.judgments] == ["a_clearly", "a_clearly"]
        there = record(world, second)
        assert there.shown.erased is None
        assert all(reason["text"].startswith("It follows") for r in there.reasons.values() for reason in r)  # type: ignore[union-attr]  # reasons have words
        again = erasure.order(world.cell, world.lead, replace(ITEM, target=f"item:{first}"), key=new_key())
        assert isinstance(again, Refused)
        assert (again.code, again.names) == ("already-erased", (ordered.erasure,))


def test_an_erased_item_is_given_to_nobody_and_its_lease_ends(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(2)
        expert = world.expert()
        held = world.task(expert)
        assert isinstance(judgment.save_draft(world.cell, expert, held.assignment, {"words": "half"}), int)
        erase(world, f"item:{held.item}")
        refused = judgment.submit(world.cell, expert, held.assignment, answer_of(), key=new_key())
        assert isinstance(refused, Refused)
        assert refused.code == "erased"
        seen = assignment.task(world.cell, expert, held.assignment)
        assert isinstance(seen, assignment.Task)
        assert seen.shown.erased is not None
        assert seen.draft is None
        other = world.judge(expert).item
        assert other != held.item
        assert assignment.next_task(world.cell, expert, PROGRAMME) == NO_WORK


def test_a_person_goes_with_name_login_and_words_and_their_scores_stay(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        item = complete(world, 1)[0]
        expert = world.experts[0]
        login = NewPerson(name="Bo", roles=("researcher",), login="bob", password="a long sentence")
        bo = roster.enrol(world.cell, world.lead, login, key=new_key())
        assert isinstance(bo, roster.Enrolled)
        assert not isinstance(roster.sign_in(world.cell, login="bob", password="a long sentence", kind="api"), Refused)
        for person in (expert.person, bo.person):
            erase(world, f"person:{person}", "subject")
        assert roster.sign_in(world.cell, login="bob", password="a long sentence", kind="api") == roster.BAD_SIGN_IN
        assert roster.open_session(world.cell, bo.person, kind="api", method="token") == roster.BAD_SIGN_IN
        page = roster.person_page(world.cell, world.lead, expert.person)
        assert isinstance(page, PersonPage)
        assert isinstance(page.person.profile, Profile)
        assert page.person.profile.name.startswith("Erased on")
        everybody = roster.people(world.cell, world.lead)
        assert not isinstance(everybody, Refused)
        assert sum(view.profile.name.startswith("Erased on") for view in everybody) == 2
        found = record(world, item)
        assert found.shown.erased is None
        mine = next(row for row in found.judgments if row.expert == expert.person)
        assert found.reasons[mine.judgment][0]["text"] == page.person.profile.name
        assert mine.scores != "{}"


def test_a_source_needs_its_name_twice_and_takes_all_that_came_with_it(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        done = complete(world)
        run = record(world, done[0]).row.run
        wish = Wish(what="source", target=f"run:{run}", reason="rights-claim")
        found = erasure.preview(world.cell, world.lead, wish)
        assert isinstance(found, Preview)
        assert set(found.coverage.items) == set(done)
        refused = erasure.order(world.cell, world.lead, wish, key=new_key())
        assert isinstance(refused, Refused)
        assert refused.code == "needs-confirmation"
        ordered = erase(world, f"run:{run}", "source", confirmed=f"run:{run}")
        assert all(record(world, item).shown.erased for item in done)
        assert found.coverage.judgments == 4
        again = world.bring([{"id": "w-9", "domain": "general", "prompt": "New?",
                              "candidates": [{"text": "one."}, {"text": "two."}]}])  # fmt: skip
        assert again.accepted == 1
        assert ordered.erasure in {row.erasure for row in erasure.erasures(world.cell, world.lead)}  # type: ignore[union-attr]  # rows


def test_a_qualification_ends_clearly_when_its_gold_item_goes(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        world.bring([gold_row(f"g-more-{n}") for n in range(GOLD)], batch="gold", purpose="gold")
        expert = world.expert(domains=())
        begun = roster.start_qualification(world.cell, expert, programme=PROGRAMME, rubric="general", key=new_key())
        assert isinstance(begun, roster.Started)
        task = roster.gold_task(world.cell, expert, begun.qualification)
        assert isinstance(task, roster.GoldTask)
        erase(world, f"item:{task.item}")
        refused = roster.answer_gold(
            world.cell, expert, begun.qualification, item=task.item, answer=answer_of(), key=new_key()
        )
        assert isinstance(refused, Refused)
        assert refused.code == "qualification-ended"
        assert world.qualify(expert).state == "qualified"


def test_an_adjudicator_cannot_decide_on_what_is_gone(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(1)
        item = world.judge(world.expert(), "a_clearly").item
        world.judge(world.expert(), "b_clearly")
        arbiter = world.expert("adjudicator")
        assert len(adjudication.queue(world.cell, arbiter, PROGRAMME)) == 1  # type: ignore[arg-type]  # rows
        erase(world, f"item:{item}")
        assert adjudication.queue(world.cell, arbiter, PROGRAMME) == []
        case = adjudication.case_page(world.cell, arbiter, item, key=new_key())
        assert isinstance(case, adjudication.CasePage)
        assert case.shown.erased is not None
        refused = adjudication.preserve(
            world.cell, arbiter, item, criteria=["reasoning"], notes="They differ on the first step.", key=new_key()
        )
        assert isinstance(refused, Refused)
        assert refused.code == "erased"


def test_rebuilding_gives_the_same_tables_and_the_check_finds_nothing_wrong(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        first, _ = complete(world)
        erase(world, f"item:{first}")
        erase(world, f"person:{world.experts[0].person}", "subject")
        erasure.finish_interrupted(world.cell)
        world.cell.seal()
        with world.cell.read() as connection:
            before = projection.dump(connection)
        projection.rebuild(world.cell.engine)
        with world.cell.read() as connection:
            assert projection.dump(connection) == before
        world.cell.seal()
        assert oversight.check(world.cell).differences == ()


def test_a_final_erasure_has_a_certificate_that_anybody_can_check(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        first, second = complete(world)
        ordered = erase(world, f"item:{first}")
        before = erasure.erasure_page(world.cell, world.lead, ordered.erasure)
        assert isinstance(before, erasure.ErasurePage)
        assert (before.row.state, before.certificate) == ("ordered", None)
        assert erasure.finish_interrupted(world.cell) == [ordered.erasure]
        assert erasure.finish_interrupted(world.cell) == []
        page = erasure.erasure_page(world.cell, world.lead, ordered.erasure)
        assert isinstance(page, erasure.ErasurePage)
        assert (page.row.state, page.epochs) == ("final", (1,))
        assert page.certificate is not None
        world.cell.seal()
        vkey = (world.cell.directory / "log.vkey").read_text()
        report = verify_certificate(page.certificate, world.cell.log_directory, vkey)
        assert report.status is Status.OK, report
        assert any("Development custody" in note for note in report.notes)
        other = page.certificate.replace(first, second)
        assert verify_certificate(other, world.cell.log_directory, vkey).status is Status.BAD
        assert record(world, second).shown.erased is None


def test_releases_before_and_after(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        first, second = complete(world)
        made = cut(world)
        assert isinstance(made, Made), made
        copy = tmp_path / "copy"
        export(world, made, copy)
        ordered = erase(world, f"item:{first}")
        vkey = (world.cell.directory / "log.vkey").read_text()
        assert verify_release(copy, vkey).status is Status.OK
        page = release.release_page(world.cell, world.lead, made.release)
        assert isinstance(page, ReleasePage)
        assert page.erased is not None
        assert page.erased.sentence.endswith(ordered.erasure)
        assert set(page.lost) >= {f"records/{first}/content", f"records/{first}/hidden"}
        assert not any(second in place for place in page.lost)
        refused = release.release_file(world.cell, world.lead, made.release, "data/records.jsonl")
        assert isinstance(refused, Refused)
        assert refused.code == "erased"
        release.finish_interrupted(world.cell)
        erasure.finish_interrupted(world.cell)
        assert not any(path.is_file() for path in (world.cell.releases_directory / "sealed").rglob("*"))
        later = cut(world, "1.1.0")
        assert isinstance(later, Made), later
        export(world, later, tmp_path / "later")
        text = (tmp_path / "later" / "exclusions.json").read_text()
        assert '"reason":"erased"' in text
        assert second in (tmp_path / "later" / "data" / "records.jsonl").read_text()
        assert verify_release(tmp_path / "later", vkey, log=world.cell.log_directory).status is Status.OK


def export(world: World, made: Made, to: Path) -> None:
    """A holder's copy of a release."""
    done = release.export(world.cell, world.lead, made.release, to)
    assert isinstance(done, release.Exported)


def test_holders_are_told_until_it_works_and_confirm(database_url: str, tmp_path: Path) -> None:
    told: list[Notice] = []

    class Flaky:
        way = "fake"
        is_up = False

        def deliver(self, notice: Notice) -> None:
            if not self.is_up:
                raise NoticeUndelivered("the portal is down")
            told.append(notice)

    with world_at(database_url, tmp_path / "cell") as world:
        first, _ = complete(world)
        made = cut(world)
        assert isinstance(made, Made), made
        reader = world.person("Rae", "researcher")
        assert isinstance(release.release_file(world.cell, reader, made.release, "manifest.json"), object)
        ordered = erase(world, f"item:{first}")
        portal = Flaky()
        assert erasure.deliver_notices(world.cell, portal) == 0
        portal.is_up = True
        assert erasure.deliver_notices(world.cell, portal) == 2
        assert erasure.deliver_notices(world.cell, portal) == 0
        assert {notice.holder for notice in told} == {"client", reader.person}
        assert {(notice.erasure, notice.release) for notice in told} == {(ordered.erasure, made.release)}
        mine = erasure.notices(world.cell, reader)
        assert not isinstance(mine, Refused)
        assert [row.state for row in mine] == ["delivered"]
        whose = {"release": made.release, "holder": reader.person}
        refused = erasure.acknowledge(world.cell, world.lead, ordered.erasure, **whose, key=new_key())
        assert isinstance(refused, Refused)
        done = erasure.acknowledge(world.cell, reader, ordered.erasure, **whose, key=new_key())
        assert not isinstance(done, Refused)
        states = {row.holder: row.state for row in erasure.notices(world.cell, world.lead)}  # type: ignore[union-attr]  # rows
        assert states == {"client": "delivered", reader.person: "acknowledged"}


def crash_at(number: int) -> Callable[[str], None]:
    left = [number]

    def step(_name: str) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Crash

    return step


def goes_through(world: World, place: int) -> bool:
    """Whether the job has fewer steps than this; else it is cut off there."""
    try:
        erasure.finish_interrupted(world.cell, step=crash_at(place))
    except Crash:
        return False
    return True


def test_a_list_of_items_knows_which_are_erased(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        gone, *kept = complete(world, 3)
        erase(world, f"item:{gone}")
        for state, expected in (("erased", {gone}), ("complete", set(kept)), ("waiting", set())):
            page = items.items_page(world.cell, world.lead, PROGRAMME, state=state)
            assert not isinstance(page, Refused)
            assert {row.item for row in page.rows} == expected, state


def test_cut_off_at_any_step_it_goes_on_and_ends_the_same(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        done = complete(world, 3)
        erase(world, f"item:{done[0]}")
        for place in count():
            target = world.bring([{"id": f"c-{place}", "domain": "general", "prompt": f"Is {place} even?",
                                   "candidates": [{"text": "one."}, {"text": "two."}]}])  # fmt: skip
            assert target.accepted == 1
            rows = items.items_page(world.cell, world.lead, PROGRAMME, limit=200)
            assert not isinstance(rows, Refused)
            item = next(row.item for row in rows.rows if row.external == f"c-{place}")
            ordered = erase(world, f"item:{item}")
            is_over = goes_through(world, place)
            erasure.finish_interrupted(world.cell)
            page = erasure.erasure_page(world.cell, world.lead, ordered.erasure)
            assert isinstance(page, erasure.ErasurePage)
            assert page.row.state == "final"
            assert page.certificate is not None
            assert record(world, item).shown.erased is not None
            if is_over:
                break
        assert place > 12
        assert record(world, done[1]).shown.erased is None
        world.cell.seal()
        assert oversight.check(world.cell).differences == ()

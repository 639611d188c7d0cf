"""What one look is, what it leaves in the journal, and who may read the history of looks."""

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from living_cell import PROGRAMME, World, answer_of, item_row, world_at

from tallystick.app import access, access_history, adjudication, assignment, items, judgment
from tallystick.app.access import Actor
from tallystick.app.access_history import AccessPage, Looks
from tallystick.app.kernel import new_key
from tallystick.app.looking import DISPLAYS_MAX, SUBJECTS_MAX, About, Look
from tallystick.events import fact_of
from tallystick.events.envelope import Envelope, open_entry
from tallystick.events.oversight import ContentAccessed
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import oversight


def entries(world: World) -> list[Envelope]:
    with world.cell.read() as connection:
        return [open_entry(e) for _, e in journal.read(connection, 0, journal.head(connection).next_seq)]


def looks(world: World, *, by: str = "") -> list[ContentAccessed]:
    found = [e for e in entries(world) if e.kind == ContentAccessed.KIND and by in ("", e.by)]
    return [fact for fact in map(fact_of, found) if isinstance(fact, ContentAccessed)]


def in_session(actor: Actor, name: str = "s1") -> Actor:
    return replace(actor, session=name)


def an_item(world: World) -> str:
    world.work(1)
    page = items.items_page(world.cell, world.lead, PROGRAMME, state="waiting")
    assert isinstance(page, items.ItemsPage)
    found: str = page.rows[0].item
    return found


def open_record(world: World, actor: Actor, item: str, *, key: str | None = None, words: str = "") -> None:
    found = items.item_record(world.cell, actor, item, reason="review", key=key, words=words)
    assert isinstance(found, items.ItemRecord), found


def test_a_reload_is_the_same_look_and_ten_minutes_later_it_is_not(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        item, lead = an_item(world), in_session(world.lead)
        for _ in range(3):
            open_record(world, lead, item)
        assert len(looks(world, by=lead.person)) == 1
        open_record(world, in_session(world.lead, "s2"), item)
        assert len(looks(world, by=lead.person)) == 2
        world.clock.pass_minutes(10)
        open_record(world, lead, item)
        assert len(looks(world, by=lead.person)) == 3


def test_another_process_finds_the_look_by_its_key(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        item, lead = an_item(world), in_session(world.lead)
        open_record(world, lead, item)
        world.cell.kernel.recent = type(world.cell.kernel.recent)()  # what another process knows: nothing
        open_record(world, lead, item)
        assert len(looks(world, by=lead.person)) == 1


def test_a_look_is_fifty_displays_at_most(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        item, lead = an_item(world), in_session(world.lead)
        for _ in range(DISPLAYS_MAX):
            open_record(world, lead, item)
        assert len(looks(world, by=lead.person)) == 1
        open_record(world, lead, item)
        assert len(looks(world, by=lead.person)) == 2


def test_no_key_opens_content_for_ever(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        item, key = an_item(world), new_key()
        for _ in range(2):
            open_record(world, world.lead, item, key=key)
        assert len(looks(world, by=world.lead.person)) == 1
        world.clock.pass_minutes(10)
        open_record(world, world.lead, item, key=key)
        assert len(looks(world, by=world.lead.person)) == 2


def test_words_are_sealed_and_never_folded_into_an_earlier_look(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        item, lead = an_item(world), in_session(world.lead)
        open_record(world, lead, item)
        open_record(world, lead, item, words="Complaint of Jane Doe")
        first, second = looks(world, by=lead.person)
        assert first.words is None
        assert second.words is not None
        with world.cell.read() as connection:
            assert world.cell.vault.open(connection, second.words.object).payload == b"Complaint of Jane Doe"
            assert all(b"Jane" not in entry for _, entry in journal.read(connection, 0, 10_000))
        page = access_history.history(world.cell, lead, Looks(subjects=(item,)))
        worded = access_history.history(world.cell, lead, Looks(subjects=(item,)), with_words=True)
        assert isinstance(page, AccessPage)
        assert isinstance(worded, AccessPage)
        assert [(row.has_words, row.words) for row in page.rows] == [(True, ""), (False, "")]
        assert [row.words for row in worded.rows] == ["Complaint of Jane Doe", ""]
        assert looks(world, by=lead.person)[-1].what == "words"


def test_a_lease_and_its_look_are_one_commit(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(1)
        expert = in_session(world.expert())
        commits: list[int] = []
        world.cell.kernel.after_commit = lambda: commits.append(1)
        before = len(entries(world))
        task = assignment.next_task(world.cell, expert, PROGRAMME)
        assert isinstance(task, assignment.Task)
        new = entries(world)[before:]
        assert [e.kind for e in new] == ["assignment-leased/3", "content-accessed/1"]
        assert len({e.cmd for e in new}) == 1
        assert len(commits) == 1
        fact = fact_of(new[1])
        assert isinstance(fact, ContentAccessed)
        assert (fact.subject, fact.what, fact.reason, new[1].role) == (task.item, "item", "assignment", "expert")
        assert isinstance(assignment.task(world.cell, expert, task.assignment), assignment.Task)
        assert len(entries(world)) == before + 2  # shown again at once: the same look


def test_a_refused_answer_leaves_the_look_that_it_took_and_nothing_else(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.work(1)
        expert = world.expert()
        task, key = world.task(expert), new_key()
        before = len(entries(world))
        scores = {"reasoning": {"a": 5, "b": 1}, "concision": {"a": 3, "b": 4}}
        wrong = answer_of("b_clearly", scores=scores)
        refused = judgment.submit(world.cell, expert, task.assignment, wrong, key=key)
        assert isinstance(refused, Refused)
        new = entries(world)[before:]
        assert [(e.kind, e.by, e.role) for e in new] == [("content-accessed/1", "cell", "cell")]
        right = judgment.submit(world.cell, expert, task.assignment, answer_of("a_clearly"), key=key)
        assert isinstance(right, judgment.Saved)


def test_many_subjects_are_a_number_and_a_digest(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        few = tuple(f"per-{n}" for n in range(SUBJECTS_MAX))
        many = tuple(f"per-{n}" for n in range(100_000))
        for subjects in (few, many):
            about = About(subject="roster", what="profile", reason="staffing", subjects=subjects)
            assert isinstance(world.cell.look(world.lead, "roster.read", about), Look)
        listed, counted = looks(world, by=world.lead.person)
        assert (listed.number, len(listed.subjects), listed.digest) == (SUBJECTS_MAX, SUBJECTS_MAX, None)
        assert (counted.number, counted.subjects) == (100_000, [])
        assert counted.digest is not None


def test_held_out_items_open_by_a_rule_of_their_own(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.bring([item_row("h-1")], batch="held", purpose="holdout")
        page = items.items_page(world.cell, world.lead, PROGRAMME, limit=100)
        assert isinstance(page, items.ItemsPage)
        item = next(row.item for row in page.rows if row.external == "h-1")
        researcher, auditor = world.person("Rae", "researcher"), world.person("Ann", "auditor")
        assert items.item_record(world.cell, researcher, item, reason="review") == access.ABSENT
        assert looks(world, by=researcher.person) == []
        assert isinstance(items.item_record(world.cell, auditor, item, reason=""), items.ItemRecord)
        assert [(look.subject, look.reason) for look in looks(world, by=auditor.person)] == [(item, "audit")]


@pytest.mark.parametrize("reason", ["", "page", "curiosity"])
def test_without_a_reason_nothing_opens(reason: str, sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        item = an_item(world)
        refused = items.item_record(world.cell, world.lead, item, reason=reason)
        assert isinstance(refused, Refused)
        assert refused.code == "reason-missing"
        assert looks(world, by=world.lead.person) == []


def test_an_expert_hears_of_an_adjudicator_only_when_the_case_is_closed(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.work(1)
        first, second, third = world.expert(), world.expert(), world.expert("adjudicator")
        item = world.judge(first, "a_clearly").item
        world.judge(second, "b_clearly")
        open_record(world, world.lead, item)
        assert isinstance(adjudication.take(world.cell, third, item, key=new_key()), adjudication.Taken)
        assert isinstance(adjudication.case_page(world.cell, third, item), adjudication.CasePage)
        while_open = access_history.own_history(world.cell, first)
        assert isinstance(while_open, AccessPage)
        assert [row.what for row in while_open.rows if row.subject == item] == []
        notes = "The first answer follows from what was asked, the second does not."
        closed = adjudication.settle(
            world.cell, third, item, verdict="a_clearly", criteria=["reasoning"], notes=notes, key=new_key()
        )
        assert isinstance(closed, adjudication.Closed), closed
        after = access_history.own_history(world.cell, first)
        assert isinstance(after, AccessPage)
        assert [(row.what, row.role, row.by) for row in after.rows if row.subject == item] == [
            ("judgments", "adjudicator", ""), ("record", "lead", ""),
        ]  # fmt: skip
        assert {row.what for row in after.rows} <= {"judgments", "record", "profile"}  # gold is never among them
        assert access_history.history(world.cell, first, Looks()) == access.ABSENT


def test_the_history_is_paged_and_asked_by_subject_person_and_time(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        item, auditor = an_item(world), world.person("Ann", "auditor")
        for _ in range(5):
            open_record(world, world.lead, item)
            world.clock.pass_minutes(1)
        middle = world.clock.at - 150_000_000
        found = access_history.history(world.cell, auditor, Looks(subjects=(item,)), limit=2)
        assert isinstance(found, AccessPage)
        assert len(found.rows) == 2
        seen = list(found.rows)
        while found.before is not None:
            found = access_history.history(world.cell, auditor, Looks(subjects=(item,), before=found.before), limit=2)
            assert isinstance(found, AccessPage)
            seen += found.rows
        assert [row.at for row in seen] == sorted((row.at for row in seen), reverse=True)
        assert len(seen) == 5
        by_person = access_history.history(world.cell, auditor, Looks(by=world.lead.person, since=middle))
        assert isinstance(by_person, AccessPage)
        assert [row.at for row in by_person.rows] == [row.at for row in seen if row.at >= middle]
        until = access_history.history(world.cell, auditor, Looks(subjects=(item,), until=middle))
        assert isinstance(until, AccessPage)
        assert [row.at for row in until.rows] == [row.at for row in seen if row.at < middle]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (Looks(subjects=("itm-1",)), "access_to"),
        (Looks(by="per-1"), "access_by"),
        (Looks(before=9), "autoindex_access_1"),
        (Looks(since=5, until=9), "autoindex_access_1"),
    ],
)
def test_each_way_to_ask_goes_by_an_index(wanted: Looks, index: str, sqlite_url: str, tmp_path: Path) -> None:
    """Without sorting or reading it all, so a page costs the same at a million looks."""
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world, world.cell.read() as connection:
        query = oversight.looks_query(connection, wanted).limit(50)
        text = str(query.compile(connection.engine, compile_kwargs={"literal_binds": True}))
        plan = " ".join(row.detail for row in connection.execute(sa.text(f"EXPLAIN QUERY PLAN {text}")).all())
        assert index in plan, plan
        assert "TEMP B-TREE" not in plan

"""Groups that experts declare: of their own will, to be taken back, and told to nobody of any one person."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from living_cell import PROGRAMME, World, item_row, jsonl, world_at

from tallystick.app import adjudication, disagreement, erasure, items
from tallystick.app.access import ABSENT, Actor
from tallystick.app.disagreement import Declared, Own, Ran
from tallystick.app.kernel import new_key
from tallystick.events import fact_of
from tallystick.events.disagreement import DisagreementClassified, DistributionRecorded, GroupsDeclared
from tallystick.events.envelope import Envelope, open_entry
from tallystick.events.oversight import ContentAccessed
from tallystick.flow.erasure import Wish
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import disagreement as stored
from tallystick.store import projection, roster
from tallystick.store.items import by_external
from tallystick.store.judgment import of_item
from tallystick.store.schema import VAULT_OBJECT

NOTES = "Both readings were weighed against the rubric."
YOUNG, OLD = {"age": "under-30"}, {"age": "60-up"}


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A programme with one expert who has declared nothing."""
    with world_at(database_url, tmp_path / "cell") as found:
        found.expert()
        yield found


def declare(world: World, actor: Actor, values: dict[str, str]) -> Declared:
    done = disagreement.declare_groups(world.cell, actor, values, key=new_key())
    assert isinstance(done, Declared), done
    return done


def own(world: World, actor: Actor) -> dict[str, str]:
    found = disagreement.own_groups(world.cell, actor)
    assert isinstance(found, Own), found
    return found.values


def envelopes(world: World) -> list[Envelope]:
    with world.cell.read() as connection:
        return [open_entry(entry) for _, entry in journal.read(connection, 0, 20_000)]


def facts(world: World, kind: type) -> list[object]:
    return [fact_of(one) for one in envelopes(world) if one.kind == kind.KIND]  # type: ignore[attr-defined]  # an event


# --- declaring ----------------------------------------------------------------------------------------------------


def test_what_is_declared_is_seen_by_its_author_alone_and_each_look_is_an_event(world: World) -> None:
    me = world.experts[0]
    declare(world, me, YOUNG)
    assert own(world, me) == YOUNG
    looks = [fact for fact in facts(world, ContentAccessed) if fact.what == "groups"]  # type: ignore[attr-defined]  # of this kind
    assert [(look.subject, look.reason) for look in looks] == [(me.person, "own-work")]  # type: ignore[attr-defined]  # of this kind
    assert disagreement.own_groups(world.cell, world.lead) == ABSENT, "nobody has a road to another's groups"


def test_neither_the_journal_nor_any_table_holds_a_group_in_the_clear(world: World) -> None:
    declare(world, world.experts[0], {"age": "under-30", "region": "oceania"})
    told = b"".join(one.body for one in envelopes(world))
    with world.cell.read() as connection:
        tables = str(projection.dump(connection)).encode()
        sealed = b"".join(row.sealed for row in connection.execute(sa.select(VAULT_OBJECT)) if row.sealed)
    for place in (told, tables, sealed):
        assert b"oceania" not in place
        assert b"under-30" not in place


def test_all_axes_that_were_asked_stand_in_the_journal_so_that_it_does_not_tell_which_were_answered(
    world: World,
) -> None:
    other = world.expert()
    declare(world, world.experts[0], YOUNG)
    declare(world, other, {"age": "60-up", "gender": "woman", "region": "asia", "schooling": "school"})
    first, second = facts(world, GroupsDeclared)
    assert first.axes == second.axes == ["age", "gender", "region", "schooling", "practice"]  # type: ignore[attr-defined]  # of this kind


def test_a_declaration_is_taken_back_and_its_content_erased(world: World) -> None:
    me = world.experts[0]
    declare(world, me, YOUNG)
    done = disagreement.withdraw_groups(world.cell, me, key=new_key())
    assert isinstance(done, Declared)
    assert done.is_withdrawn
    assert own(world, me) == {}
    with world.cell.read() as connection:
        (row, _) = stored.declared_by(connection, me.person)
        left = connection.execute(sa.select(VAULT_OBJECT).where(VAULT_OBJECT.c.object == row.object)).first()
    assert left is None or not left.sealed, "the bytes are gone"
    again = disagreement.withdraw_groups(world.cell, me, key=new_key())
    assert isinstance(again, Refused)
    assert again.code == "nothing-declared"


def test_a_new_declaration_takes_the_place_of_the_old_one_which_is_erased(world: World) -> None:
    me = world.experts[0]
    declare(world, me, YOUNG)
    declare(world, me, OLD)
    assert own(world, me) == OLD
    orders = erasure.erasures(world.cell, world.lead)
    assert not isinstance(orders, Refused)
    assert len(orders) == 1


@pytest.mark.parametrize(
    ("values", "code"),
    [({"mood": "fine"}, "unknown-axis"), ({"age": "12"}, "unknown-group"), ({}, "nothing-declared")],
)
def test_only_groups_that_are_asked_for_can_be_declared(world: World, values: dict[str, str], code: str) -> None:
    refused = disagreement.declare_groups(world.cell, world.experts[0], values, key=new_key())
    assert isinstance(refused, Refused)
    assert refused.code == code
    assert facts(world, GroupsDeclared) == []


def test_erasing_a_person_erases_what_they_declared(world: World) -> None:
    me = world.experts[0]
    declare(world, me, YOUNG)
    wish = Wish(what="subject", target=f"person:{me.person}", reason="subject-request")
    done = erasure.order(world.cell, world.lead, wish, key=new_key())
    assert not isinstance(done, Refused), done
    assert own(world, me) == {}


# --- what groups do -----------------------------------------------------------------------------------------------


@dataclass
class Crowd:
    """Raters from elsewhere, who in these tests have declared what they are."""

    world: World
    raters: dict[str, Actor]

    def say(self, labels: Mapping[str, Sequence[str]]) -> dict[str, str]:
        """Items with one verdict of each rater, in the raters' order; the cell's id of each item."""
        world = self.world
        world.bring([item_row(name) for name in labels])
        rows: list[dict[str, object]] = [
            {"item": name, "rater": rater, "verdict": verdict}
            for name, verdicts in labels.items()
            for rater, verdict in zip(names(len(verdicts)), verdicts, strict=True)
        ]
        done = items.import_judgments(
            world.cell, world.lead, jsonl(rows), programme=PROGRAMME, name="said.jsonl", source="elsewhere"
        )
        assert not isinstance(done, Refused), done
        assert done.problems == ()
        with world.cell.read() as connection:
            if not self.raters:
                people = roster.people(connection, origin="imported")
                self.raters = {row.person: Actor(row.person, frozenset({"expert"})) for row in people}
            return {name: row.item for name, row in by_external(connection, PROGRAMME, list(labels)).items()}

    def by_verdict(self, item: str) -> dict[str, list[Actor]]:
        """Verdict: who gave it."""
        with self.world.cell.read() as connection:
            found: dict[str, list[Actor]] = {}
            for row in of_item(connection, item):
                found.setdefault(row.verdict, []).append(self.raters[row.expert])
            return found

    def classify(self) -> Ran:
        ran = disagreement.classify_batch(self.world.cell, self.world.lead, self.world.batch(), key=new_key())
        assert isinstance(ran, Ran), ran
        return ran

    def preserve(self, item: str) -> list[DistributionRecorded]:
        """Preserve an item; the tables by group that it got."""
        judge = self.world.expert("adjudicator")
        assert isinstance(adjudication.take(self.world.cell, judge, item, key=new_key()), adjudication.Taken)
        done = adjudication.preserve(self.world.cell, judge, item, criteria=["reasoning"], notes=NOTES, key=new_key())
        assert isinstance(done, adjudication.Closed), done
        return [fact for fact in done.receipt.facts if isinstance(fact, DistributionRecorded)]


def names(number: int) -> list[str]:
    return [f"r{n:02}" for n in range(number)]


@contextmanager
def crowd_of(number: int, url: str, directory: Path) -> Iterator[Crowd]:
    """A programme whose items so many raters judge."""
    with world_at(url, directory / "cell", redundancy=number) as world:
        yield Crowd(world, {})


@pytest.fixture
def crowd(database_url: str, tmp_path: Path) -> Iterator[Crowd]:
    with crowd_of(12, database_url, tmp_path) as found:
        yield found


def newest(world: World, item: str) -> DisagreementClassified:
    return [f for f in facts(world, DisagreementClassified) if f.item == item][-1]  # type: ignore[attr-defined,return-value]  # of this kind


def test_labels_that_follow_declared_groups_are_found_to_be_of_values(crowd: Crowd) -> None:
    item = crowd.say({"one": ["a"] * 6 + ["b"] * 6})["one"]
    crowd.classify()
    assert newest(crowd.world, item).cause is None
    sides = crowd.by_verdict(item)
    for verdict, group in (("a", YOUNG), ("b", OLD)):
        for actor in sides[verdict]:
            declare(crowd.world, actor, group)
    assert crowd.classify().classified == 1, "more is known of the judges"
    found = newest(crowd.world, item)
    assert found.cause == "value_diversity"
    term = next(term for term in found.terms if term.source == "groups")
    assert all(milli % 1_000 == 0 for milli in term.milli.values()), "told in whole logarithms only"
    assert "under" not in str(found)
    assert "age" not in term.sentence


def test_groups_that_fewer_than_five_people_are_in_say_nothing(crowd: Crowd) -> None:
    item = crowd.say({"one": ["a"] * 4 + ["b"] * 8})["one"]
    for verdict, group in (("a", YOUNG), ("b", OLD)):
        for actor in crowd.by_verdict(item)[verdict]:
            declare(crowd.world, actor, group)
    crowd.classify()
    assert "groups" in newest(crowd.world, item).absent


def test_a_declaration_that_is_taken_back_meanwhile_is_not_used(crowd: Crowd) -> None:
    item = crowd.say({"one": ["a"] * 6 + ["b"] * 6})["one"]
    for verdict, group in (("a", YOUNG), ("b", OLD)):
        for actor in crowd.by_verdict(item)[verdict]:
            declare(crowd.world, actor, group)

    def take_back(_done: int, _of: int) -> None:
        done = disagreement.withdraw_groups(crowd.world.cell, crowd.by_verdict(item)["a"][0], key=new_key())
        assert isinstance(done, Declared)

    ran = disagreement.classify_batch(
        crowd.world.cell, crowd.world.lead, crowd.world.batch(), key=new_key(), progress=take_back
    )
    assert isinstance(ran, Ran)
    assert (ran.classified, ran.changed) == (0, 1)


def test_a_preserved_item_keeps_how_labels_lie_between_groups(database_url: str, tmp_path: Path) -> None:
    with crowd_of(25, database_url, tmp_path) as crowd:
        world = crowd.world
        item = crowd.say({"one": ["a"] * 15 + ["b"] * 10})["one"]
        for verdict, young in (("a", 10), ("b", 5)):
            for number, actor in enumerate(crowd.by_verdict(item)[verdict]):
                declare(world, actor, YOUNG if number < young else OLD)
        (table,) = crowd.preserve(item)
        assert (table.axis, table.people, table.cell_min) == ("age", 25, 5)
        assert {tuple(row.groups): (row.counts["a"], row.counts["b"]) for row in table.cells} == {
            ("under-30",): (10, 5), ("60-up",): (5, 5),
        }  # fmt: skip


def test_no_table_is_kept_where_everybody_of_a_label_is_of_one_group(database_url: str, tmp_path: Path) -> None:
    """The raw judgments are delivered: a table with 12 and 0, 0 and 12 would name the group of each judge."""
    with crowd_of(24, database_url, tmp_path) as crowd:
        world = crowd.world
        item = crowd.say({"one": ["a"] * 12 + ["b"] * 12})["one"]
        for verdict, group in (("a", YOUNG), ("b", OLD)):
            for actor in crowd.by_verdict(item)[verdict]:
                declare(world, actor, group)
        assert crowd.preserve(item) == []


def test_a_second_table_is_kept_only_while_both_together_tell_of_nobody(database_url: str, tmp_path: Path) -> None:
    """Each table alone would be fine. Whoever differs from all others of their group in both is found by the two."""
    with crowd_of(24, database_url, tmp_path) as crowd:
        world = crowd.world
        labels = ["a"] * 12 + ["b"] * 12
        turned = ["b" if n in (0, 23) else label for n, label in enumerate(labels)]
        found = crowd.say({"one": labels, "two": turned, "three": labels})
        for verdict in ("a", "b"):
            for number, actor in enumerate(crowd.by_verdict(found["one"])[verdict]):
                declare(world, actor, YOUNG if number % 2 else OLD)
        assert len(crowd.preserve(found["one"])) == 1
        assert crowd.preserve(found["two"]) == [], "one person alone said a and then b"
        assert len(crowd.preserve(found["three"])) == 1, "the same labels tell nothing more"


def test_no_table_is_kept_after_somebody_in_an_earlier_one_declared_otherwise(
    database_url: str, tmp_path: Path
) -> None:
    with crowd_of(24, database_url, tmp_path) as crowd:
        world = crowd.world
        labels = ["a"] * 12 + ["b"] * 12
        found = crowd.say({"one": labels, "two": labels})
        for verdict in ("a", "b"):
            for number, actor in enumerate(crowd.by_verdict(found["one"])[verdict]):
                declare(world, actor, YOUNG if number % 2 else OLD)
        assert len(crowd.preserve(found["one"])) == 1
        disagreement.withdraw_groups(world.cell, crowd.by_verdict(found["one"])["a"][0], key=new_key())
        assert crowd.preserve(found["two"]) == []

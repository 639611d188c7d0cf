"""Random histories of leases that end in every way, on both databases: paid as a timetable says, and no time twice."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa
from living_cell import CRITERIA, PROGRAMME, World
from paid_world import accept, paid_world, projected_again, revise
from timetable import idle

from tallystick.app.access import Actor
from tallystick.app.kernel import Command, Receipt, Transaction, new_key
from tallystick.events.adjudication import CaseLeased, CaseReleased, DisagreementPreserved
from tallystick.events.assignment import AssignmentLeasedV3, AssignmentReleased
from tallystick.events.envelope import Event
from tallystick.events.escape import RereviewAnswered, RereviewLeased, RereviewReleased
from tallystick.events.judgment import JudgmentSubmitted
from tallystick.store import pay
from tallystick.store.schema import ITEM, Row

STEPS, SEED = 260, 9
MINUTE = 60_000_000
UNMEASURED, LIMIT = 10 * 60_000, 120 * 60_000
ENDS = {
    "judgment": ("expired", "recalled", "returned", "stood-down"),
    "adjudication": ("expired", "returned"),
    "second_look": ("released", ""),  # a drawn item may be given again without a word of the lease that ran out
}


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with paid_world(database_url, tmp_path / "cell") as found:
        yield found


@dataclass
class Lease:
    """One lease as the history drew it. `terms` counts what its holder had accepted before; 0 is nothing.

    until  when it ended without an answer; None while it is held, and where no word of its end was written
    """

    name: str
    at: int
    terms: int
    until: int | None = None


@dataclass
class Story:
    """What was drawn, with a book of its own: who holds what, the leases since the last answer, what must be paid."""

    world: World
    chance: random.Random
    rows: list[Row]
    terms: Counter[str] = field(default_factory=Counter)
    held: dict[tuple[str, str], tuple[Row, Lease]] = field(default_factory=dict)
    since: dict[tuple[str, str, str], list[Lease]] = field(default_factory=dict)
    judged: set[tuple[str, str]] = field(default_factory=set)
    laid: dict[str, list[tuple[int, int, int]]] = field(default_factory=dict)
    due: list[tuple[str, str, int]] = field(default_factory=list)
    ends: Counter[tuple[str, str]] = field(default_factory=Counter)

    def write(self, *facts: Event) -> Receipt:
        done = self.world.cell.execute(Command(self.world.lead, "pay.write", new_key(), b"drawn", lambda _: [*facts]))
        assert isinstance(done, Receipt), done
        return done

    def give(self, person: str, work: str) -> None:
        """Give somebody an item that they have not judged."""
        row = self.chance.choice([row for row in self.rows if (person, row.item) not in self.judged])
        lease = Lease(f"asg-{self.chance.randbytes(9).hex()}", self.world.clock.at, self.terms[person])
        self.write(leased(row, person, work, lease.name))
        self.held[person, work] = (row, lease)
        self.since.setdefault((person, work, row.item), []).append(lease)

    def end(self, person: str, work: str) -> None:
        """It ends without an answer; of a judgment, one that ran out may be answered late."""
        row, lease = self.held.pop((person, work))
        why = self.chance.choice(ENDS[work])
        self.ends[work, why] += 1
        if why:
            self.write(released(row, person, work, lease.name, why=why))
            lease.until = self.world.clock.at
        if why == "expired" and work == "judgment" and self.chance.random() < 0.4:
            self.world.clock.pass_minutes(self.chance.randrange(30))
            again = f"asg-{self.chance.randbytes(9).hex()}"
            self.ends[work, "late"] += 1
            self.answer(person, work, row, again, leased(row, person, work, again, is_renewal=True))

    def answer(self, person: str, work: str, row: Row, name: str, *before: Event) -> None:
        """It is answered: what must be paid for it is worked out from this book alone."""
        sent = self.chance.choice((0, self.chance.randrange(100) * 60_000)) if work == "judgment" else 0
        self.write_answer(row, person, work, name, sent=sent, before=before)
        now, chain = self.world.clock.at, self.since.pop((person, work, row.item))
        for one in [] if work == "judgment" else [key for key in self.since if key[1:] == (work, row.item)]:
            del self.since[one]  # the case is decided: whoever had it before has no part in the next one
        if work == "judgment":
            self.judged.add((person, row.item))
        terms = chain[-1].terms
        if not terms:
            return
        mine = [lease for lease in chain if lease.terms == terms]
        began = mine[0].at
        done = self.laid.setdefault(person, [])
        room, seen = idle(done, began, now) // 1_000, (now - began) // 1_000
        if work != "judgment":  # no page measures it: what lay between two leases was nobody's work
            ends = [lease.until or after.at for lease, after in pairwise(mine)] + [now]
            seen = sum(end - lease.at for lease, end in zip(mine, ends, strict=True)) // 1_000
        counts = min(seen, room, LIMIT, sent or UNMEASURED)
        done.append((began, now, counts * 1_000))
        self.due.append((person, work, counts))

    def write_answer(
        self, row: Row, person: str, work: str, name: str, *, sent: int, before: tuple[Event, ...]
    ) -> None:  # fmt: skip
        def decide(tx: Transaction) -> list[Event]:
            return [*before, answered(tx, row, person, work, name=name, active_ms=sent)]

        done = self.world.cell.execute(Command(self.world.lead, "pay.write", new_key(), b"drawn", decide))
        assert isinstance(done, Receipt), done


def leased(row: Row, person: str, work: str, name: str, *, is_renewal: bool = False) -> Event:
    until = 2**52
    if work == "adjudication":
        return CaseLeased(lease=name, item=row.item, programme=PROGRAMME, adjudicator=person, expires_at=until)
    if work == "second_look":
        return RereviewLeased(rereview="rrv", programme=PROGRAMME, item=row.item, reviewer=person, expires_at=until)
    return AssignmentLeasedV3(
        assignment=name, item=row.item, programme=PROGRAMME, domain=row.domain, batch=row.batch, expert=person,
        order="AB", rubric="general", rubric_version="1.0.0", contract_version="1.1.0", expires_at=until,
        is_renewal=is_renewal, salt="00" * 16,
    )  # fmt: skip


def released(row: Row, person: str, work: str, name: str, *, why: str) -> Event:
    if work == "adjudication":
        return CaseReleased(lease=name, item=row.item, programme=PROGRAMME, adjudicator=person, reason=why)
    if work == "second_look":
        return RereviewReleased(rereview="rrv", programme=PROGRAMME, item=row.item, reviewer=person)
    return AssignmentReleased(assignment=name, item=row.item, expert=person, reason=why)


def answered(tx: Transaction, row: Row, person: str, work: str, *, name: str, active_ms: int) -> Event:
    notes = tx.seal(b"Both readings were weighed.", scope=f"run:{row.run}")
    if work == "adjudication":
        return DisagreementPreserved(
            item=row.item, programme=PROGRAMME, batch=row.batch, adjudicator=person, rubric="general",
            rubric_version="1.0.0", counts={"tie": 2}, criteria=["reasoning"], notes=notes,
        )  # fmt: skip
    if work == "second_look":
        return RereviewAnswered(
            rereview="rrv", programme=PROGRAMME, item=row.item, reviewer=person, is_defect=False, severity=None,
            cause=None, failure=None, notes=None,
        )  # fmt: skip
    return JudgmentSubmitted(
        judgment=tx.new_id("jdg"), assignment=name, item=row.item, programme=PROGRAMME, batch=row.batch,
        expert=person, role="expert", signal=row.signal, rubric="general", rubric_version="1.0.0",
        contract_version="1.1.0", order="AB", verdict="tie", scores={name: {"a": 3, "b": 3} for name in CRITERIA},
        reasons=["reasoning"], rationale=notes, defects=[], confirmed=[], active_ms=active_ms, is_pre_contract=False,
    )  # fmt: skip


def accept_anew(story: Story, actor: Actor, number: int) -> None:
    revise(story.world, f"1.{number}.0", piece=200 + number)
    accept(story.world, actor)
    story.terms[actor.person] = number


def test_work_counts_from_the_first_lease_without_an_answer_and_no_time_counts_twice(world: World) -> None:
    chance = random.Random(SEED)  # noqa: S311 - histories, no secrets
    with world.cell.read() as connection:
        rows = list(connection.execute(sa.select(ITEM).where(ITEM.c.purpose == "work").order_by(ITEM.c.item)).all())
    story = Story(world, chance, rows[:9])
    for step in range(STEPS):
        world.clock.pass_minutes(chance.choice((0, 1, chance.randrange(40))))
        if step in (20, 25, 90, 150, 200):  # before the first of these nothing is paid
            accept_anew(story, world.experts[step % 2], step + 2)
        person = world.experts[chance.randrange(2)].person
        work = chance.choice(sorted(ENDS))
        if (person, work) not in story.held:
            if len([one for one in story.judged if one[0] == person]) < len(story.rows):
                story.give(person, work)
        elif chance.random() < 0.6:
            story.end(person, work)
        else:
            row, lease = story.held.pop((person, work))
            story.answer(person, work, row, lease.name)
    with world.cell.read() as connection:
        acts = pay.acts(connection, PROGRAMME, since=0, until=2**62)
    found = [(one.person, one.work, one.active_ms) for one in acts if one.work in ENDS]
    assert found == story.due, f"seed {SEED}"
    for person, laid in story.laid.items():
        passed = max(at for _, at, _ in laid) - min(began for began, _, _ in laid)
        assert sum(work for _, _, work in laid) <= passed, f"{person} is paid for more time than passed"
    assert len(story.ends) == 4 + 1 + 2 + 2, story.ends
    assert {work for _, work, _ in story.due} == set(ENDS)
    projected_again(world)

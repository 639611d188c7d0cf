"""Pay: terms before work, what counts as time, what is paid by which terms, and periods whose lines never change."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from failing_batch import EVEN, diagnosed, failing_world, opened
from living_cell import PROGRAMME, World, answer_of, shown_as
from paid_world import (
    DECEMBER,
    NOVEMBER,
    accept,
    acts,
    judge,
    paid_world,
    refused,
    revise,
    stated,
    terms_text,
    until_december,
)

from tallystick import canon
from tallystick.app import access, adjudication, assignment, calibration, contract, escape, judgment, pay, roster
from tallystick.app import cell as cells
from tallystick.app.access import Actor
from tallystick.app.judgment import Saved
from tallystick.app.kernel import Command, new_key
from tallystick.app.pay import Closed, Exported, StatementPage
from tallystick.app.standing import requeue
from tallystick.events.pay import PayTermsAccepted
from tallystick.flow.escape import Answer as Finding
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import pay as store
from tallystick.store import projection

NOTES = "Both readings were weighed against the rubric."


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    with paid_world(sqlite_url, tmp_path / "cell") as found:
        yield found


@pytest.fixture
def on_both(database_url: str, tmp_path: Path) -> Iterator[World]:
    """The same on each database: for what is asked in SQL of this stage."""
    with paid_world(database_url, tmp_path / "cell") as found:
        yield found


def test_no_work_before_the_terms_are_accepted_and_what_was_done_before_is_not_paid(world: World) -> None:
    cell, (first, second) = world.cell, world.experts
    answer = assignment.next_task(cell, first, PROGRAMME)
    assert isinstance(answer, Refused)
    assert (answer.code, answer.names) == ("terms-not-accepted", (PROGRAMME,))
    assert refused(pay.accept(cell, first, PROGRAMME, terms="0" * 64, key=new_key())) == "terms-changed"
    assert pay.mine(cell, first) == []
    accept(world, first)
    accept(world, first)
    with cell.read() as connection:
        entries = [entry for _, entry in journal.read(connection, 0, journal.head(connection).next_seq)]
    assert sum(PayTermsAccepted.KIND.encode() in entry for entry in entries) == 1
    assert acts(world, first) == ()  # its qualification was before
    judge(world, first)
    now = pay.mine(cell, first)
    assert [(one.acts, one.today_ms, one.active_ms, one.earned, one.earned_hourly) for one in now] == [
        (1, 240_000, 240_000, 250, 3_750)
    ]
    assert refused(assignment.next_task(cell, second, PROGRAMME)) == "terms-not-accepted"


def test_the_time_that_counts_is_never_more_than_the_cell_saw(world: World) -> None:
    first = world.experts[0]
    accept(world, first)
    judge(world, first, minutes=1, claimed_ms=240_000)
    judge(world, first, minutes=4, claimed_ms=30_000)
    task = world.task(first)
    world.clock.pass_minutes(90)  # the lease runs out; the work is taken all the same, with the time it took
    answer = answer_of(shown_as(task, "a_clearly"), active_ms=600_000)
    assert isinstance(judgment.submit(world.cell, first, task.assignment, answer, key=new_key()), Saved)
    given = world.task(first)
    assignment.give_back(world.cell, first, given.assignment, key=new_key())
    times = [(act.active_ms, act.claimed_ms, act.bound_ms) for act in acts(world, first)]
    assert times == [(60_000, 240_000, 60_000), (30_000, 30_000, 240_000), (600_000, 600_000, 5_400_000)]
    over = pay.overview(world.cell, world.lead, PROGRAMME)
    assert not isinstance(over, Refused)
    assert [(odd.act.active_ms, odd.what) for odd in over.odd] == [(60_000, "over")]


def test_new_terms_need_consent_and_change_nothing_that_was_given_before(world: World) -> None:
    cell, first = world.cell, world.experts[0]
    accept(world, first)
    judge(world, first)
    held = world.task(first)
    revise(world, "1.2.0", items_min=2)  # another version with the same terms
    assert world.task(first).assignment == held.assignment
    revise(world, "1.3.0", piece=300, floor=6000)
    world.clock.pass_minutes(4)
    answer = answer_of(shown_as(held, "a_clearly"), active_ms=240_000)
    assert isinstance(judgment.submit(cell, first, held.assignment, answer, key=new_key()), Saved)
    assert refused(assignment.next_task(cell, first, PROGRAMME)) == "terms-not-accepted"
    accept(world, first)
    judge(world, first)
    assert [(act.amount, act.floor_hourly) for act in acts(world, first)] == [(250, 3000), (250, 3000), (300, 6000)]
    one = stated(world, first).statement
    assert (one.earned, one.floor, one.top_up) == (800, 800, 0)  # 200 + 200 + 400 for four minutes each


def qualify_slowly(world: World, actor: Actor) -> None:
    """A minute for each gold item, and claims of an hour for each."""
    begun = roster.start_qualification(world.cell, actor, programme=PROGRAMME, rubric="general", key=new_key())
    assert isinstance(begun, roster.Started), begun
    while isinstance(task := roster.gold_task(world.cell, actor, begun.qualification), roster.GoldTask):
        world.clock.pass_minutes(1)
        answer = answer_of("a_clearly" if task.shown.first.endswith("one.") else "b_clearly", active_ms=3_600_000)
        roster.answer_gold(world.cell, actor, begun.qualification, item=task.item, answer=answer, key=new_key())


def test_labels_of_a_calibration_session_are_paid_by_the_hour_and_never_for_more_than_passed(
    database_url: str, tmp_path: Path
) -> None:
    """Each label is a line; its time is bounded by the label before it. A rebuild finds the same lines."""
    with failing_world(database_url, tmp_path / "cell") as world:
        diagnosed(world, opened(world))
        revise(world, "1.1.0")
        session = calibration.open_session(world.cell, world.lead, opened(world), key=new_key())
        assert isinstance(session, calibration.Opened), session
        first, second, _ = world.experts
        world.clock.pass_minutes(5)
        accept(world, first)
        for claimed in (60_000, 3_600_000):
            task = calibration.task(world.cell, first, session.calibration)
            assert isinstance(task, calibration.Task), task
            world.clock.pass_minutes(2)
            answer = answer_of("a_clearly", scores=EVEN, active_ms=claimed)
            done = calibration.label(
                world.cell, first, session.calibration, item=task.item, answer=answer, key=new_key()
            )
            assert isinstance(done, calibration.Labelled), done
        lines = [(act.work, act.subject, act.active_ms, act.claimed_ms, act.amount) for act in acts(world, first)]
        assert lines == [
            ("calibration", session.calibration, 60_000, 60_000, 20),
            ("calibration", session.calibration, 120_000, 3_600_000, 40),
        ]
        unpaid = calibration.task(world.cell, second, session.calibration)
        assert isinstance(unpaid, Refused)
        assert unpaid.code == "terms-not-accepted"
        with world.cell.read() as connection:
            before = projection.dump(connection)
        projection.rebuild(world.cell.engine)
        with world.cell.read() as connection:
            assert projection.dump(connection) == before


def test_every_kind_of_work_is_a_line_that_names_its_entry(world: World) -> None:
    """Qualification, adjudication and second look; the last two by the time from taking them to the answer."""
    cell, (first, second) = world.cell, world.experts
    for one in (first, second):
        accept(world, one)
    judge(world, first)
    task = world.task(second)
    judgment.submit(cell, second, task.assignment, answer_of(shown_as(task, "b_clearly")), key=new_key())
    for _ in range(11):
        judge(world, first, minutes=0)
        world.judge(second)
    third = world.person("Adele", "expert", expert_roles=("adjudicator",))
    roster.execute_contract(
        cell, world.lead, third.person, template=b"t", executed_at=1, ip_assigned_at=1, key=new_key()
    )
    assert refused(roster.start_qualification(cell, third, programme=PROGRAMME, rubric="general", key=new_key())) == (
        "terms-not-accepted"
    )
    assert refused(adjudication.take_next(cell, third, PROGRAMME, key=new_key())) == "terms-not-accepted"
    escape.draw(cell, world.lead, PROGRAMME, wanted={"medium": 1}, key=new_key())
    assert refused(escape.next_review(cell, third, PROGRAMME, key=new_key())) == "terms-not-accepted"
    accept(world, third)
    qualify_slowly(world, third)
    case = adjudication.take_next(cell, third, PROGRAMME, key=new_key())
    assert isinstance(case, adjudication.Taken), case
    adjudication.case_page(cell, third, case.item)
    world.clock.pass_minutes(7)
    settled = adjudication.settle(
        cell,
        third,
        case.item,
        verdict="a_clearly",
        criteria=["reasoning"],
        notes=NOTES,
        key=new_key(),
        is_confirmed=True,
    )
    assert not isinstance(settled, Refused), settled
    drawn = escape.next_review(cell, third, PROGRAMME, key=new_key())
    assert isinstance(drawn, str)
    world.clock.pass_minutes(40)
    assert not isinstance(escape.answer(cell, third, drawn, Finding(is_defect=False), key=new_key()), Refused)
    found = acts(world, third)
    assert [act.work for act in found] == ["qualification"] * 5 + ["adjudication", "second_look"]
    assert [act.active_ms for act in found] == [60_000] * 5 + [420_000, 600_000]
    assert [act.amount for act in found] == [20] * 5 + [900, 400]
    with cell.read() as connection:
        for act in found:
            entry = next(entry for _, entry in journal.read(connection, act.seq, act.seq + 1))
            assert act.subject.encode() in entry
            assert act.item.encode() in entry


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline=""), strict=True))


def test_a_closed_period_gives_the_same_bytes_for_ever(on_both: World, database_url: str) -> None:
    world = on_both
    cell, lead, (first, second) = world.cell, world.lead, world.experts
    for one in (first, second):
        accept(world, one)
    given = judge(world, first)
    judge(world, second, minutes=20, claimed_ms=1_200_000)
    assert refused(pay.close(cell, lead, PROGRAMME, NOVEMBER, key=new_key())) == "period-not-ended"
    assert refused(pay.export(cell, lead, PROGRAMME, NOVEMBER, key=new_key())) == "period-open"
    until_december(world)
    judge(world, first)
    closed = pay.close(cell, lead, PROGRAMME, NOVEMBER, key=new_key())
    assert isinstance(closed, Closed), closed
    assert (closed.fact.earned, closed.fact.top_up, closed.fact.payable) == (500, 750, 1_250)
    exported = pay.export(cell, lead, PROGRAMME, NOVEMBER, key=new_key())
    assert isinstance(exported, Exported)
    assert (closed.fact.lines_digest, closed.fact.summary_digest) == (
        canon.digest(exported.lines), canon.digest(exported.summary),
    )  # fmt: skip
    lines = rows_of(exported.lines)
    assert sum(int(row["amount_minor"]) for row in lines) == closed.fact.payable
    assert given.judgment in {row["reference"] for row in lines}

    # What comes later changes none of it: the judgment is set aside, an amount is added, terms change, tables go.
    set_aside(world, given)
    amends = {"person": first.person, "amount": 40, "reason": "The page had failed to load.", "reference": None}
    assert not isinstance(pay.add(cell, lead, PROGRAMME, key=new_key(), **amends), Refused)  # type: ignore[arg-type]  # by name
    revise(world, "1.2.0", piece=1, floor=9000)
    assert refused(pay.close(cell, lead, PROGRAMME, NOVEMBER, key=new_key())) == "period-closed"
    again = pay.export(cell, lead, PROGRAMME, NOVEMBER, key=new_key())
    projection.rebuild(cell.engine)
    assert isinstance(again, Exported)
    files = {name: pay.file_of(cell, lead, PROGRAMME, NOVEMBER, name=name) for name in ("lines.csv", "summary.csv")}
    assert (files["lines.csv"], files["summary.csv"]) == (again.lines, again.summary) == (
        exported.lines, exported.summary,
    )  # fmt: skip
    reopened = cells.open_cell(cell.directory, database=database_url, clock=world.clock)
    try:
        third = pay.export(reopened, lead, PROGRAMME, NOVEMBER, key=new_key())
    finally:
        reopened.close()
    assert isinstance(third, Exported)
    assert (third.lines, third.summary) == (exported.lines, exported.summary)
    late = stated(world, first)
    assert (late.period.name, late.statement.added, late.reasons) == (
        DECEMBER, 40, {late.statement.added_lines[0].seq: "The page had failed to load."}
    )  # fmt: skip
    assert [act.subject for act in acts(world, first, NOVEMBER)] == [given.judgment]


def set_aside(world: World, given: Saved) -> None:
    """Judgments are called back to be made again."""
    done = world.cell.execute(
        Command(
            world.lead, "gate.measure", new_key(), b"again",
            lambda tx: requeue(
                world.cell, tx, programme=PROGRAMME, judgments=[given.judgment], cause="intervention",
                reference=str(tx.seq), by_same=True,
            ),
        )
    )  # fmt: skip
    assert not isinstance(done, Refused), done


def test_periods_are_closed_in_their_order_and_no_line_falls_between_them(world: World) -> None:
    first = world.experts[0]
    accept(world, first)
    judge(world, first)
    until_december(world)
    judge(world, first)
    world.clock.pass_minutes(60 * 24 * 31)
    judge(world, first)
    assert refused(pay.close(world.cell, world.lead, PROGRAMME, DECEMBER, key=new_key())) == "period-before-open"
    sums = []
    for name in (NOVEMBER, DECEMBER):
        done = pay.close(world.cell, world.lead, PROGRAMME, name, key=new_key())
        assert isinstance(done, Closed), done
        sums.append((done.fact.from_at, done.fact.until_at, done.fact.lines))
    assert sums[0][1] == sums[1][0]
    assert [lines for *_, lines in sums] == [1, 1]
    over = pay.overview(world.cell, world.lead, PROGRAMME)
    assert not isinstance(over, Refused)
    assert [(row.period.name, row.state) for row in over.periods] == [
        ("2024-01", "going on"), (DECEMBER, "closed"), (NOVEMBER, "closed"),
    ]  # fmt: skip


def test_an_addition_is_refused_with_its_reason(world: World) -> None:
    first = world.experts[0]
    accept(world, first)
    good: dict[str, object] = {
        "person": first.person, "amount": 40, "reason": "The page had failed.", "reference": None
    }  # fmt: skip
    for changes, code in (
        ({"amount": 0}, "bad-amount"), ({"amount": -5}, "bad-amount"), ({"reason": "short"}, "reason-missing"),
        ({"reference": 1}, "no-such-line"), ({"person": "nobody"}, "not-paid-here"),
    ):  # fmt: skip
        done = pay.add(world.cell, world.lead, PROGRAMME, key=new_key(), **(good | changes))  # type: ignore[arg-type]  # by name
        assert refused(done) == code


def test_nobody_sees_anothers_pay_but_leads_and_auditors(world: World) -> None:
    cell, first = world.cell, world.experts[0]
    accept(world, first)
    auditor, researcher = world.person("Audrey", "auditor"), world.person("Rhea", "researcher")
    engineer = world.person("Enzo", "engineer")
    for actor in (first, researcher, engineer):
        assert pay.overview(cell, actor, PROGRAMME) == access.ABSENT
        assert pay.statement_of(cell, actor, PROGRAMME, first.person) == access.ABSENT
        assert pay.file_of(cell, actor, PROGRAMME, NOVEMBER, name="lines.csv") == access.ABSENT
    for actor in (world.lead, auditor):
        assert isinstance(pay.statement_of(cell, actor, PROGRAMME, first.person), StatementPage)
    assert pay.close(cell, auditor, PROGRAMME, NOVEMBER, key=new_key()) == access.ABSENT
    assert pay.my_statement(cell, world.lead, PROGRAMME) == access.ABSENT


def test_the_sums_of_the_frame_are_those_of_the_statement(on_both: World) -> None:
    world, first = on_both, on_both.experts[0]
    accept(world, first)
    for minutes in (1, 2, 30):
        judge(world, first, minutes=minutes, claimed_ms=minutes * 60_000)
    now, one = pay.mine(world.cell, first)[0], stated(world, first).statement
    assert (now.acts, now.active_ms, now.earned, now.floor, now.top_up) == (
        len(one.acts), one.active_ms, one.earned, one.floor, one.top_up,
    )  # fmt: skip
    assert now.top_up > 0
    with world.cell.read() as connection:
        assert store.sums(connection, first.person, PROGRAMME, since=0) == [(3000, one.active_ms, one.earned, 3)]


def test_a_zone_that_is_not_there_is_a_refusal(world: World) -> None:
    text = terms_text("1.2.0").replace("Europe/Berlin", "Europe/Nowhere")
    done = contract.bring_into_force(world.cell, world.lead, text=text, name="contract.yaml", key=new_key())
    assert refused(done) == "pay-frame-changed"
    other = text.replace(f"name: {PROGRAMME}", "name: another").replace("1.2.0", "1.0.0")
    done = contract.bring_into_force(world.cell, world.lead, text=other, name="contract.yaml", key=new_key())
    assert refused(done) == "pay-zone-unknown"

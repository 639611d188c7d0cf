"""A cell whose experts are paid: its terms, work that takes time, and statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from living_cell import PROGRAMME, World, answer_of, contract_text, shown_as, world_at

from tallystick.app import contract, judgment, pay
from tallystick.app.access import Actor
from tallystick.app.judgment import Saved
from tallystick.app.kernel import new_key
from tallystick.app.pay import Accepted, StatementPage
from tallystick.flow.pay import Act
from tallystick.flow.refusal import Refused
from tallystick.signals.preference import Verdict
from tallystick.store import projection

NOVEMBER, DECEMBER = "2023-11", "2023-12"
PAY = """pay:
  currency: EUR
  period: month
  time_zone: Europe/Berlin
  floor_hourly: {floor}
  unmeasured_minutes: 10
  rates:
    - {{work: judgment, piece: {piece}}}
    - {{work: qualification, hourly: 1200}}
    - {{work: calibration, hourly: 1200}}
    - {{work: adjudication, piece: 900}}
    - {{work: second_look, piece: 400}}
  terms: |
    You are paid for every judgment.
"""


@contextmanager
def paid_world(url: str, directory: Path) -> Iterator[World]:
    """Twelve items and two experts, from before anybody was paid; then the contract says how they are."""
    with world_at(url, directory) as found:
        found.work(12)
        for _ in range(2):
            found.expert()
        revise(found, "1.1.0")
        yield found


def terms_text(version: str, *, piece: int = 250, floor: int = 3000, items_min: int = 1) -> str:
    plain = contract_text(version, items_min=items_min).replace("Terms changed.", f"Terms changed in {version}.")
    return plain.replace("The plan changed.", f"As agreed for {version}.") + PAY.format(piece=piece, floor=floor)


def revise(world: World, version: str, *, piece: int = 250, floor: int = 3000, items_min: int = 1) -> None:
    text = terms_text(version, piece=piece, floor=floor, items_min=items_min)
    done = contract.bring_into_force(world.cell, world.lead, text=text, name="contract.yaml", key=new_key())
    assert isinstance(done, contract.ContractInForce), done


def accept(world: World, actor: Actor) -> None:
    page = pay.terms_page(world.cell, actor, PROGRAMME)
    assert not isinstance(page, Refused)
    done = pay.accept(world.cell, actor, PROGRAMME, terms=page.row.terms, key=new_key())
    assert isinstance(done, Accepted), done


def judge(
    world: World, actor: Actor, *, minutes: int = 5, claimed_ms: int = 240_000, verdict: Verdict = "a_clearly"
) -> Saved:
    """Take an item, work for some minutes of the cell's clock, claim a time, submit."""
    task = world.task(actor)
    world.clock.pass_minutes(minutes)
    answer = answer_of(shown_as(task, verdict), active_ms=claimed_ms)
    saved = judgment.submit(world.cell, actor, task.assignment, answer, key=new_key())
    assert isinstance(saved, Saved), saved
    return saved


def stated(world: World, actor: Actor, period: str = "") -> StatementPage:
    found = pay.my_statement(world.cell, actor, PROGRAMME, period)
    assert isinstance(found, StatementPage), found
    return found


def acts(world: World, actor: Actor, period: str = "") -> tuple[Act, ...]:
    return stated(world, actor, period).statement.acts


def refused(answer: object) -> str:
    assert isinstance(answer, Refused), answer
    return answer.code


def until_december(world: World) -> None:
    world.clock.pass_minutes(60 * 24 * 20)


def projected_again(world: World) -> None:
    """A rebuild finds the same rows."""
    with world.cell.read() as connection:
        before = projection.dump(connection)
    projection.rebuild(world.cell.engine)
    with world.cell.read() as connection:
        assert projection.dump(connection) == before

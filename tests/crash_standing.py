"""Cells that die while judgments are held, reviewed and set aside: acts for tests/crash_scenes.py."""

from collections.abc import Callable

import sqlalchemy as sa
from crash_scenes import Act, Scene
from living_cell import PROGRAMME

from tallystick.app import roster, standing
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.standing import reviewing
from tallystick.store.schema import JUDGMENT, Row

NOTES = "The words speak of the other candidate, so it is judged again."


def said(scene: Scene) -> list[Row]:
    """The judgments of the one expert who gave the first, in their order."""
    with scene.cell.read() as connection:
        rows = list(connection.execute(sa.select(JUDGMENT).order_by(JUDGMENT.c.seq)).all())
    return [row for row in rows if row.expert == rows[0].expert]


def commanded(scene: Scene, key: str, decide: Callable[[Transaction], Decision]) -> object:
    """A command of the lead; the place and the facts that it was acknowledged with."""
    done = scene.cell.execute(Command(scene.lead, "gate.measure", key, b"crash", decide))
    assert isinstance(done, Receipt), done
    return done.first_seq, done.facts


def hold_work(scene: Scene) -> object:
    """Two judgments of one expert."""
    rows = said(scene)

    def decide(tx: Transaction) -> Decision:
        names = [row.judgment for row in rows[:2]]
        return standing.hold(
            tx, programme=PROGRAMME, expert=rows[0].expert, judgments=names, cause="drift", reference="1"
        )

    return commanded(scene, "the-first-two-are-held", decide)


def review_work(scene: Scene) -> object:
    """One stands, the other is judged again; the notes are sealed in the same commit."""
    new = roster.NewPerson(name="Rae Reader", roles=("expert",), expert_roles=("reviewer",))
    enrolled = roster.enrol(scene.cell, scene.lead, new, key="a-reviewer-is-enrolled")
    assert isinstance(enrolled, roster.Enrolled), enrolled
    reader = roster.actor_of(scene.cell, enrolled.person)
    assert reader is not None
    first, second = (row.judgment for row in said(scene)[:2])
    stands = reviewing.stands(scene.cell, reader, first, notes=NOTES, key="the-first-one-stands")
    again = reviewing.judge_again(scene.cell, reader, second, notes=NOTES, key="the-second-one-does-not")
    assert isinstance(stands, reviewing.Reviewed), stands
    assert isinstance(again, reviewing.Reviewed), again
    return stands.receipt.first_seq, stands.receipt.facts, again.receipt.first_seq, again.receipt.facts


def redo_work(scene: Scene) -> object:
    """What stands is set aside after all."""
    first = said(scene)[0].judgment
    return commanded(
        scene,
        "the-first-one-is-judged-again",
        lambda tx: standing.requeue(
            scene.cell, tx, programme=PROGRAMME, judgments=[first], cause="intervention", reference="int-1",
            by_same=True,
        ),
    )  # fmt: skip


STANDING: dict[str, Act] = {"hold": hold_work, "review": review_work, "redo": redo_work}

"""Cells that die while a programme is moved and revised, and what it affects is released: acts for crash_scenes.py."""

from crash_scenes import Act, Scene
from living_cell import PROGRAMME, rubric_text

from tallystick.app import affected, checklist, release, rubric
from tallystick.app.checklist import Moved
from tallystick.app.release import Made
from tallystick.app.rubric import Published
from tallystick.flow.release import Wish

WHY = "Only the wording of the question is clearer; the anchors stand."


def move(scene: Scene) -> object:
    """Into the pilot; the rationale is sealed in the same commit."""
    done = checklist.move(scene.cell, scene.lead, PROGRAMME, phase="pilot", rationale=WHY, key="the-pilot-begins-now")
    assert isinstance(done, Moved), done
    return done.before, done.phase, done.failed, done.receipt.first_seq, done.receipt.facts


def revise(scene: Scene) -> object:
    """Every judgment so far was made under words that changed."""
    text = rubric_text("1.1.0", question="Does each step follow?")
    done = rubric.publish(
        scene.cell, scene.lead, programme=PROGRAMME, text=text, name="rubric.yaml", key="a-clearer-question"
    )
    assert isinstance(done, Published), done
    return done.version, done.affected, done.receipt.first_seq


def cut_affected(scene: Scene) -> object:
    """A release with what nobody reviewed, and why it may go out: phase and words stand beside the cut."""
    wish = Wish(
        programme=PROGRAMME, name="plain", version="2.0.0", use="train", batches=None, rationale=WHY
    )  # fmt: skip
    made = release.cut(scene.cell, scene.lead, wish, key="release-of-affected-work")
    assert isinstance(made, Made), made
    return made.release, made.receipt.first_seq, made.receipt.facts


def stand(scene: Scene) -> object:
    """All of them at once, after all."""
    done = affected.stand_all(
        scene.cell, scene.lead, programme=PROGRAMME, rubric="general", rationale=WHY, key="they-all-stand-now"
    )
    assert isinstance(done, affected.Reviewed), done
    return done.decision, done.judgments, done.receipt.first_seq


PHASES: dict[str, Act] = {"move": move, "revise": revise, "cut": cut_affected, "stand": stand}

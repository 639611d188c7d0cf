"""A programme with a constitution: principles, a rubric whose criteria carry them, and the two who must agree."""

from collections.abc import Iterator

from history_experts import join
from living_cell import PROGRAMME, World, answer_of, item_row, jsonl, rubric_text

from tallystick.app import affected, assignment, constitution, items, judgment, rubric
from tallystick.app.access import Actor
from tallystick.app.assignment import Task
from tallystick.app.constitution import Moved, Published
from tallystick.app.kernel import new_key
from tallystick.flow.constitution import TradeOff
from tallystick.flow.refusal import Refused


def constitution_text(version: str = "1.0.0", *, care: str = "Warn of what can harm.", extra: str = "") -> str:
    """A constitution with three principles; `extra` are more lines of its list."""
    history = "" if version == "1.0.0" else f"changelog: Care reads anew in {version}.\nrationale: {version} asked.\n"
    return f"""constitution: tallystick/constitution/1
id: plain-principles
version: {version}
{history}title: Principles of plain answers
principles:
  - id: care
    number: 1
    title: Care
    text: {care}
    examples: [{{title: A dose, situation: Somebody asks for a dose., asks: Say the limit.}}]
  - {{id: candour, number: 2, title: Candour, text: Say what is not known.}}
  - {{id: respect, number: 3, title: Respect, text: Let people decide for themselves.}}
{extra}"""


def carrying_text(
    version: str = "1.1.0", *, principles: str = "[care, candour]", question: str = "Does it follow?"
) -> str:
    """The rubric of the living cell, its first criterion carrying principles."""
    text = rubric_text(version, question=question).replace("The question changed.", f"Principles in {version}.")
    text = text.replace("It was unclear.", f"{version} carries them.")
    return text.replace("    gated: false\n", f"    gated: false\n    principles: {principles}\n", 1)


def publish(world: World, text: str) -> Published:
    done = constitution.publish(
        world.cell, world.lead, programme=PROGRAMME, text=text, name="constitution.yaml", key=new_key()
    )
    assert isinstance(done, Published), done
    return done


def carry(
    world: World, version: str = "1.1.0", *, principles: str = "[care, candour]", question: str = "Does it follow?"
) -> None:
    text = carrying_text(version, principles=principles, question=question)
    done = rubric.publish(world.cell, world.lead, programme=PROGRAMME, text=text, name="r.yaml", key=new_key())
    assert isinstance(done, rubric.Published), done


def propose(world: World, actor: Actor) -> Moved:
    done = constitution.propose(world.cell, actor, programme=PROGRAMME, rubric="general", notes="", key=new_key())
    assert isinstance(done, Moved), done
    return done


def agree(world: World, researcher: Actor) -> Moved:
    """Propose what the rubric carries now, and sign it by both."""
    made = propose(world, world.lead)
    constitution.sign(world.cell, researcher, made.proposal, role="researcher", key=new_key())
    done = constitution.sign(world.cell, world.lead, made.proposal, role="lead", key=new_key())
    assert isinstance(done, Moved), done
    return done


CONFLICT = TradeOff(principles=("care", "candour"), prevailed="care", note="A warning came before all the doubts.")
WHY = "Only the wording of the question is clearer; the anchors stand."


def rubrics_anew(world: World, numbers: Iterator[int], *, is_declined: bool) -> None:
    """A new version of the constitution and of the rubric that carries it; declined once, or signed by both."""
    number = next(numbers)
    text = constitution_text(f"1.{number}.0", care=f"Warn of what can harm, {number}.")
    constitution.publish(world.cell, world.lead, programme=PROGRAMME, text=text, name="c.yaml", key=new_key())
    text = carrying_text(f"1.{next(numbers)}.0", question=f"Does each step follow, {number}?")
    rubric.publish(world.cell, world.lead, programme=PROGRAMME, text=text, name="r.yaml", key=new_key())
    made = constitution.propose(world.cell, world.lead, programme=PROGRAMME, rubric="general", notes=WHY, key=new_key())
    if isinstance(made, Refused):
        return
    if is_declined:
        constitution.decline(world.cell, world.lead, made.proposal, why=WHY, key=new_key())
        made = propose(world, world.lead)
    researcher = world.person("Rosa", "researcher")
    constitution.sign(world.cell, researcher, made.proposal, role="researcher", key=new_key())
    constitution.sign(world.cell, world.lead, made.proposal, role="lead", key=new_key())


def live_by_principles(world: World, numbers: Iterator[int], m: int) -> None:
    """A trade-off is noted, principles and the rubric that carries them change, and what that affects is decided."""
    expert = join(world)
    task = assignment.next_task(world.cell, expert, PROGRAMME)
    if isinstance(task, Task):
        answer = answer_of("a_clearly")
        judgment.submit(world.cell, expert, task.assignment, answer, trade_off=CONFLICT, key=new_key())
    number = next(numbers)
    world.bring([item_row(f"principled-{number}")])
    row: dict[str, object] = {
        "item": f"principled-{number}",
        "rater": "rater-0",
        "verdict": "a",
        "made_at": "2020-01-01",
    }
    items.import_judgments(
        world.cell, world.lead, jsonl([row]), programme=PROGRAMME, name="said.jsonl", source=f"principled {number}"
    )
    rubrics_anew(world, numbers, is_declined=m % 3 == 0)
    settle_affected(world, is_again=m % 2 == 0)


def settle_affected(world: World, *, is_again: bool) -> None:
    """Decide on some affected judgments one by one, and on the rest in bulk."""
    reviewer = world.person("A reviewer", "expert", expert_roles=("reviewer",))
    found = affected.queue(world.cell, reviewer, PROGRAMME)
    for one in found if isinstance(found, list) else []:
        of = {"programme": PROGRAMME, "rubric": one.rubric.id, "rationale": WHY}
        if is_again:
            affected.again_all(world.cell, world.lead, criterion="reasoning", key=new_key(), **of)  # type: ignore[arg-type]  # texts
        for row in one.mine[:1]:
            affected.stands(world.cell, reviewer, row.judgment, notes=WHY, key=new_key())
        affected.stand_all(world.cell, world.lead, **of, key=new_key())

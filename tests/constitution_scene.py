"""A programme with a constitution: principles, a rubric whose criteria carry them, and the two who must agree."""

from living_cell import PROGRAMME, World, rubric_text

from tallystick.app import constitution, rubric
from tallystick.app.access import Actor
from tallystick.app.constitution import Moved, Published
from tallystick.app.kernel import new_key


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


def carrying_text(version: str = "1.1.0", *, principles: str = "[care, candour]") -> str:
    """The rubric of the living cell, its first criterion carrying principles."""
    text = rubric_text(version, question="Does it follow?")
    return text.replace("    gated: false\n", f"    gated: false\n    principles: {principles}\n", 1)


def publish(world: World, text: str) -> Published:
    done = constitution.publish(
        world.cell, world.lead, programme=PROGRAMME, text=text, name="constitution.yaml", key=new_key()
    )
    assert isinstance(done, Published), done
    return done


def carry(world: World, version: str = "1.1.0", *, principles: str = "[care, candour]") -> None:
    done = rubric.publish(
        world.cell, world.lead, programme=PROGRAMME, text=carrying_text(version, principles=principles), name="r.yaml",
        key=new_key(),
    )  # fmt: skip
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

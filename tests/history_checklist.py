"""What happens around phases in a history: a programme is moved, and a release is cut in its pilot."""

from collections.abc import Iterator

from living_cell import PROGRAMME, World, item_row, jsonl

from tallystick.app import checklist, gate, items, release
from tallystick.app.kernel import new_key
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish

WORDS = "It is tried on what is there."


def move(world: World, numbers: Iterator[int], n: int) -> None:
    """A pilot of one item on which two raters agree; now and then the programme is closed, and opened again."""
    cell, lead, name = world.cell, world.lead, f"pilot-{next(numbers)}"
    for phase in ("production", "closed", "pilot")[n % 2 :]:
        checklist.move(cell, lead, PROGRAMME, phase=phase, rationale=WORDS, key=new_key())
    world.bring([item_row(name, domain=world.domains[0])], batch=name)
    votes: list[dict[str, object]] = [{"item": name, "rater": f"{name}-{r}", "verdict": "a"} for r in range(4)]
    items.import_judgments(cell, lead, jsonl(votes), programme=PROGRAMME, name="v.jsonl", source=name)
    rows = gate.batches(cell, lead, PROGRAMME)
    mine = [] if isinstance(rows, Refused) else [row.batch for row in rows if row.name == name]
    wish = Wish(programme=PROGRAMME, name=name, version="1.0.0", use="train", batches=tuple(mine))
    release.cut(cell, lead, wish, key=new_key())

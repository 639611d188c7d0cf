"""An expert's own page over HTTP: it says what waits, and says so plainly where nothing does."""

from pathlib import Path

from e2e.scene import joined
from living_cell import PROGRAMME, World
from web.visitor import Visitor, pages_at

from tallystick.app import assignment
from tallystick.flow.refusal import Refused

GO = 'class="button" href="/work/'
NOTHING = "Nothing waits for you here now."


def leases(world: World) -> int:
    """How many items were given out."""
    with world.cell.read() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM assignment").scalar_one())


def test_the_page_of_ones_work_says_what_a_request_for_work_would_find(tmp_path: Path) -> None:
    with pages_at(tmp_path) as served:
        world = served.world
        expert = world.expert()
        visitor = Visitor(served, expert)

        def page() -> str:
            before = leases(world)
            text = visitor.get("/me").text
            assert leases(world) == before, "looking leases nothing"
            return text

        empty = page()
        assert NOTHING in empty
        assert GO not in empty
        assert f'href="/work/{PROGRAMME}">Look again' in empty
        refused = assignment.next_task(world.cell, expert, PROGRAMME)
        assert isinstance(refused, Refused)
        assert refused == assignment.nothing_waits(world.cell, expert, PROGRAMME)
        assert refused.sentence in empty
        world.work(1)
        waits = page()
        assert GO in waits
        assert NOTHING not in waits
        assert isinstance(assignment.next_task(world.cell, expert, PROGRAMME), assignment.Task)
        assert GO in page(), "what one holds waits as well"
        world.judge(expert)
        assert NOTHING in page()


def test_whoever_may_not_work_is_told_why(tmp_path: Path) -> None:
    with pages_at(tmp_path) as served:
        world = served.world
        newcomer = joined(world, "nora", "expert")
        why = assignment.nothing_waits(world.cell, newcomer, PROGRAMME)
        assert isinstance(why, Refused)
        assert why.code == "not-qualified"
        absent = assignment.nothing_waits(world.cell, world.lead, PROGRAMME)
        assert isinstance(absent, Refused)
        assert absent.code == "absent"

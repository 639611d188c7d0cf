"""An expert's own page over HTTP: it says what waits, and says so plainly where nothing does."""

from pathlib import Path

from app import test_credential as credentials
from app import test_routing as routed
from e2e.scene import joined
from living_cell import GOLD, PROGRAMME, World, answer_of, contract_text, gold_row, rubric_text, world_at
from restricted_work import LIMITS, SENIOR
from web.visitor import Visitor, pages_at

from tallystick.app import assignment, contract, rubric
from tallystick.app import roster as rosters
from tallystick.app.kernel import Receipt, new_key
from tallystick.flow.refusal import Refused
from tallystick.flow.roster import GOLD_RESTRICTED
from tallystick.signals.preference import Verdict
from tallystick.web.qualification import standing_view
from tallystick.web.views.roster import Qualification

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


def revised(world: World, section: str, version: str = "1.1.0", *, domains: tuple[str, ...] = ("general",)) -> None:
    """Bring another version of the contract into force, with a section more."""
    text = (
        contract_text(version, domains=domains).replace("Terms", version).replace("The plan", f"Plan {version}")
        + section
    )
    done = contract.bring_into_force(world.cell, world.lead, text=text, name="c.yaml", key=new_key())
    assert isinstance(done, contract.ContractInForce), done


def test_what_is_closed_for_want_of_a_credential_is_not_said_to_be_open(tmp_path: Path) -> None:
    with pages_at(tmp_path) as served:
        world, expert = served.world, served.world.expert()
        world.work(1)
        visitor, mine = Visitor(served, expert), f"/people/{expert.person}"
        assert "Open to you: " in visitor.get("/me").text
        revised(world, credentials.DEMAND)
        closed = visitor.get("/me").text
        assert "Open to you: " not in closed
        assert GO not in closed
        assert "its work needs a verified credential that has not expired: medical-licence." in closed
        assert f'href="{mine}#credentials"' in closed
        refused = visitor.get(f"/work/{PROGRAMME}")
        assert refused.status_code == 409
        assert f'href="{mine}#credentials"' in refused.text
        name = credentials.declared(world, expert)
        assert isinstance(credentials.verify(world, name), Receipt)
        opened = visitor.get("/me").text
        assert "Open to you: " in opened
        assert "its work needs" not in opened


def test_a_disqualifier_stands_on_the_page_of_ones_work_with_the_way_to_answer_it(tmp_path: Path) -> None:
    with pages_at(tmp_path) as served:
        world, expert = served.world, served.world.expert()
        world.work(2)
        world.judge(expert)
        visitor, link = Visitor(served, expert), f'href="/people/{expert.person}#screening"'
        assert link not in visitor.get("/me").text
        name = credentials.proposed(world, expert)
        waits = visitor.get("/me").text
        assert "A disqualifier was proposed about you, and does nothing yet: The registry says" in waits
        assert link in waits
        assert GO in waits
        assert not isinstance(credentials.decide(world, name, "confirmed"), Refused)
        stopped = visitor.get("/me").text
        assert "You get no work: a disqualifier was confirmed. The registry says" in stopped
        assert "Open to you: " not in stopped
        assert GO not in stopped
        assert link in stopped
        assert f'href="/me/figures/{PROGRAMME}"' in stopped, "what one judged stays one's own"
        refused = visitor.get(f"/work/{PROGRAMME}")
        assert refused.status_code == 409
        assert link in refused.text
        assert not isinstance(credentials.decide(world, name, "lifted"), Refused)
        assert link not in visitor.get("/me").text


def test_whoever_may_do_some_work_is_told_what_is_closed_to_them(tmp_path: Path) -> None:
    demand = "credentials: [{type: medical-licence, domains: [legal], why: Doctors only.}]\n"
    with pages_at(tmp_path) as served:
        world, expert = served.world, served.world.expert()
        revised(world, demand, domains=("general", "legal"))
        world.publish(domain="legal")
        world.bring([gold_row(f"gl-{n}", domain="legal") for n in range(GOLD)], batch="gold-l", purpose="gold")
        world.qualify(expert, "legal")
        visitor = Visitor(served, expert)
        mine = visitor.get("/me").text
        assert mine.count("Open to you: ") == 1
        none = visitor.get(f"/work/{PROGRAMME}")
        assert none.status_code == 200
        assert "its work needs a verified credential that has not expired: medical-licence." in none.text
        assert f'href="/people/{expert.person}#credentials"' in none.text


def test_a_qualification_that_lapsed_is_told_where_one_looks_and_to_the_lead(tmp_path: Path) -> None:
    with pages_at(tmp_path) as served:
        world, expert = served.world, served.world.expert()
        world.work(1)
        world.judge(expert)
        visitor, lead = Visitor(served, expert), Visitor(served, world.lead)
        mine, root = f"/people/{expert.person}", f"/programmes/{PROGRAMME}"
        assert "lapsed" not in visitor.get("/me").text + visitor.get(mine).text
        text = rubric_text("1.1.0", question="Does it follow from what was said?")
        looked = rubric.preview(world.cell, world.lead, programme=PROGRAMME, text=text, name="r.yaml")
        assert isinstance(looked, rubric.Preview)
        assert looked.lapses == 1
        editor = f"{root}/rubric-editor/general"
        known = {"csrf": lead.csrf, "as": "text", "begun_from": lead.filled(editor, editor)["begun_from"]}
        shown = lead.post(editor, {**known, "text": text, "do": "check"})
        done = world.publish("1.1.0", question="Does it follow from what was said?")
        assert isinstance(done, rubric.Published)
        assert done.lapsed == 1
        after = visitor.get("/me").text
        assert "lapsed: the rubric changed" in after
        assert after.count("Your qualification lapsed: the rubric changed.") == 2, "at the work and at the rubric"
        assert "Take the qualification again" in after
        assert f'href="/me/figures/{PROGRAMME}"' in after
        assert "lapsed: the rubric changed" in visitor.get(mine).text
        work = visitor.get(f"/work/{PROGRAMME}")
        assert work.status_code == 200
        assert "Your qualification lapsed: the rubric changed." in work.text
        assert "1 person passed an earlier version and not this one" in lead.get(f"{root}/rubrics/general").text
        assert "passed an earlier version" not in visitor.get(f"{root}/rubrics/general").text
        assert "The qualification of 1 person lapses when" in shown.text


def test_a_button_says_what_it_does_and_both_pages_count_the_same_items(tmp_path: Path) -> None:
    with pages_at(tmp_path) as served:
        world = served.world
        newcomer = joined(world, "nora", "expert")
        visitor, mine = Visitor(served, newcomer), f"/people/{newcomer.person}"
        assert "Start the qualification" in visitor.get("/me").text
        begun = rosters.start_qualification(world.cell, newcomer, programme=PROGRAMME, rubric="general", key=new_key())
        assert isinstance(begun, rosters.Started)
        page = visitor.get("/me").text
        assert "Go on with the qualification" in page, "with nothing answered yet"
        assert f"0 of {GOLD}" in page
        assert f"0 of {GOLD}" in visitor.get(mine).text
        while True:
            task = rosters.gold_task(world.cell, newcomer, begun.qualification)
            if isinstance(task, Refused):
                break
            wrong: Verdict = "b_clearly" if task.shown.first.endswith("one.") else "a_clearly"
            answered = rosters.answer_gold(
                world.cell, newcomer, begun.qualification, item=task.item, answer=answer_of(wrong), key=new_key()
            )
            assert not isinstance(answered, Refused), answered
        failed = visitor.get("/me").text
        assert "not passed" in failed
        assert "Take the qualification again" in failed
        assert "Go on with the qualification" not in failed


def test_who_has_no_clearance_is_told_before_anything_is_asked_of_them(tmp_path: Path) -> None:
    with world_at(f"sqlite+pysqlite:///{tmp_path / 'cell.db'}", tmp_path / "cell", domains=routed.DOMAINS) as world:
        restrict(world)
        newcomer = world.expert(domains=())

        def shown() -> dict[str, Qualification]:
            found = rosters.standings(world.cell, newcomer, PROGRAMME)
            assert not isinstance(found, Refused)
            return {one.rubric.rubric: standing_view(PROGRAMME, one, may_start=True) for one in found}

        assert shown()["general"].start_href is not None
        assert shown()["creative"].start_href is None
        assert "Ask the programme lead for a clearance first." in shown()["creative"].rule
        refused = rosters.start_qualification(
            world.cell, newcomer, programme=PROGRAMME, rubric="creative", key=new_key()
        )
        assert refused == GOLD_RESTRICTED
        routed.clear(world, newcomer)
        assert shown()["creative"].start_href is not None


def restrict(world: World) -> None:
    """One of two domains is for those with a clearance."""
    text = contract_text("1.1.0", domains=routed.DOMAINS) + LIMITS + SENIOR
    text = text.replace("creative: {rubric: creative, risk: medium}", "creative: {rubric: creative, risk: restricted}")
    done = contract.bring_into_force(world.cell, world.lead, text=text + "routing: {}\n", name="c.yaml", key=new_key())
    assert isinstance(done, contract.ContractInForce), done

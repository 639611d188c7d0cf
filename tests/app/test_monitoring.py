"""Monitoring through the app: what counts, what experts see of themselves, audits that record, a report that reads."""

import random
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa
from app.test_sentinel import mixed
from living_cell import PROGRAMME, World, answer_of, item_row, jsonl, shown_as, world_at

from tallystick.app import assignment, erasure, items, judgment, monitoring
from tallystick.app.access import Actor
from tallystick.app.intervention import diagnosing
from tallystick.app.items import ImportReport
from tallystick.app.kernel import new_key
from tallystick.flow.erasure import Wish as ErasureWish
from tallystick.flow.monitoring.figures import ALL, VERDICT, Kind
from tallystick.flow.refusal import Refused
from tallystick.signals.preference import Verdict
from tallystick.store import projection
from tallystick.store.schema import ACCESS, INTERVENTION, JUDGMENT

WHOLE = Kind(measure="abstention", dimension=VERDICT, family=ALL)


def own(world: World, actor: Actor) -> monitoring.OwnPage:
    found = monitoring.own(world.cell, actor, PROGRAMME)
    assert isinstance(found, monitoring.OwnPage), found
    return found


def overview(world: World) -> monitoring.Overview:
    found = monitoring.overview(world.cell, world.lead, PROGRAMME)
    assert isinstance(found, monitoring.Overview), found
    return found


def report(world: World) -> monitoring.ReportPage:
    found = monitoring.quality(world.cell, world.lead, PROGRAMME)
    assert isinstance(found, monitoring.ReportPage), found
    return found


def test_figures_count_work_and_no_sentinels_but_ones_own_count_all(database_url: str, tmp_path: Path) -> None:
    """One's own number rises by one with every judgment, whatever the item was: it tells no sentinel from work."""
    with world_at(database_url, tmp_path / "cell") as world:
        expert = world.expert()
        cell = mixed(world)
        gold = 0
        for done in range(1, 41):
            item = cell.judge(expert, "abstain" if done % 4 == 0 else "a_clearly")
            assert isinstance(item, str)
            gold += cell.is_gold(item)
            found = own(world, expert).own
            assert found.judgments == done
            assert dict(found.shares)[WHOLE].n == done
            assert dict(found.shares)[WHOLE].count == done // 4
            assert found.times[0].n == done
        assert gold, "some of them were sentinels"
        assert overview(world).counted.judgments == 40 - gold
        page = monitoring.expert(world.cell, world.lead, PROGRAMME, expert.person)
        assert isinstance(page, monitoring.ExpertPage)
        assert page.sentinels is not None
        assert page.sentinels.n == gold


def test_what_others_answer_on_open_items_shows_nowhere(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        first, second = world.expert(), world.expert()
        world.work(25)
        for _ in range(25):
            world.judge(first)
        assert own(world, first).own.closed == 0
        for n in range(25):
            world.judge(second, "b_clearly" if n < 5 else "a_slightly")
        # Five items divide and are open until an adjudicator has ended them: twenty are closed.
        found = own(world, first).own
        assert (found.closed, found.differing.n, found.differing.share) == (20, 20, 0)


def test_figures_are_for_those_who_watch_and_own_ones_for_experts(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        expert, researcher = world.expert(), world.person("Rex Researcher", "researcher")
        world.work(2)
        world.judge(expert)
        assert isinstance(monitoring.overview(world.cell, expert, PROGRAMME), Refused)
        assert isinstance(monitoring.expert(world.cell, expert, PROGRAMME, expert.person), Refused)
        assert isinstance(monitoring.own(world.cell, world.lead, PROGRAMME), Refused)
        assert isinstance(monitoring.run(world.cell, researcher, PROGRAMME, key=new_key()), Refused)
        seen = monitoring.overview(world.cell, researcher, PROGRAMME)
        assert isinstance(seen, monitoring.Overview)
        assert [judge.name for judge in seen.judges] == [expert.person], "a researcher sees pseudonyms"
        assert [judge.name for judge in overview(world).judges] == ["Expert 0"]
        with world.cell.read() as connection:
            looks = connection.execute(
                sa.select(ACCESS).where(ACCESS.c.what == "profile", ACCESS.c.subject == PROGRAMME)
            )
            assert [row.by for row in looks.all()] == [world.lead.person], "that names were shown is an event"
        unknown = monitoring.overview(world.cell, world.lead, PROGRAMME, by="colour")
        assert isinstance(unknown, Refused)
        assert unknown.code == "unknown-axis"
        assert isinstance(monitoring.expert(world.cell, world.lead, PROGRAMME, "prs-nobody"), Refused)


def biased(world: World, number: int = 60) -> list[Actor]:
    """Items whose candidates differ in length, and two experts: one takes the longer text, one takes each in turn.

    Which candidate stands first is drawn for every lease. So each counts by itself the tasks with the longer text first
    and those with it second, and neither can follow the place by accident.
    """
    long = " One more sentence that says the same again." * 4
    rows = []
    for n in range(number):
        texts = [f"w-{n} is one.", f"w-{n} is two."]
        texts[n % 2] += long
        candidates = [{"text": text, "model": "m", "version": "1"} for text in texts]
        rows.append(item_row(f"w-{n}", candidates=candidates))
    world.bring(rows)
    experts = [world.expert(), world.expert()]
    for expert, turn in zip(experts, (10, 2), strict=True):
        met: Counter[Verdict] = Counter()
        for _ in range(number):
            task = world.task(expert)
            longer: Verdict = "a_clearly" if len(task.shown.first) > len(task.shown.second) else "b_clearly"
            other: Verdict = "b_clearly" if longer == "a_clearly" else "a_clearly"
            met[longer] += 1
            said = answer_of(longer if met[longer] % turn else other)
            done = judgment.submit(world.cell, expert, task.assignment, said, key=new_key())
            assert isinstance(done, judgment.Saved), done
    return experts


def audit(world: World, **wish: str) -> monitoring.Audited:
    found = monitoring.run(world.cell, world.lead, PROGRAMME, key=new_key(), **wish)
    assert isinstance(found, monitoring.Audited), found
    return found


def test_an_audit_is_recorded_group_by_group_and_so_is_that_texts_were_opened(
    database_url: str, tmp_path: Path
) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        follower, coin = biased(world)
        done = audit(world)
        facts = {(fact.axis, fact.name): fact for fact in done.facts}
        assert set(facts) == {
            ("all", ""), ("rubric_version", "general 1.0.0"), ("expert", follower.person), ("expert", coin.person)
        }  # fmt: skip
        called = {name: [e.feature for e in fact.effects if e.is_called] for (_, name), fact in facts.items()}
        assert called[follower.person] == ["length"]
        assert called[coin.person] == []
        assert facts["expert", follower.person].is_flagged
        with world.cell.read() as connection:
            before = projection.dump(connection)
            [look] = connection.execute(
                sa.select(ACCESS).where(ACCESS.c.what == "item", ACCESS.c.reason == "audit")
            ).all()
        assert (look.number, look.by) == (60, world.lead.person)
        projection.rebuild(world.cell.engine)
        with world.cell.read() as connection:
            assert projection.dump(connection) == before
        page = monitoring.audits(world.cell, world.lead, PROGRAMME)
        assert isinstance(page, monitoring.AuditsPage)
        assert page.audits[0].facts == done.facts
        assert page.names[follower.person] == "Expert 0"
        again = audit(world)
        assert [fact.inputs_digest for fact in again.facts] == [fact.inputs_digest for fact in done.facts]
        assert again.audit != done.audit


def test_the_same_key_makes_one_audit(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        biased(world, 12)
        key = new_key()
        first, second = (monitoring.run(world.cell, world.lead, PROGRAMME, key=key) for _ in range(2))
        assert isinstance(first, monitoring.Audited)
        assert isinstance(second, monitoring.Audited)
        assert (second.audit, second.receipt.is_repeat) == (first.audit, True)


def test_erased_texts_are_left_out_and_a_language_without_items_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        biased(world, 12)
        listed = items.items_page(world.cell, world.lead, PROGRAMME, batch=world.batch())
        assert isinstance(listed, items.ItemsPage)
        wish = ErasureWish(what="object", target=f"item:{listed.rows[0].item}", reason="mistake")
        assert isinstance(erasure.order(world.cell, world.lead, wish, key=new_key()), erasure.Ordered)
        assert {fact.erased for fact in audit(world).facts} == {2}
        refused = monitoring.run(world.cell, world.lead, PROGRAMME, language="fr", key=new_key())
        assert isinstance(refused, Refused)
        assert refused.code == "nothing-to-audit"


def divided_imports(world: World, *, raters: int = 3) -> None:
    """Forty items, some raters elsewhere; the first criterion is read in two ways on every second item."""
    chance = random.Random(2)  # noqa: S311 - made-up raters, no secret
    world.bring([item_row(f"w-{n}", difficulty="hard" if n % 2 else "easy") for n in range(40)])
    rows: list[dict[str, object]] = []
    for n in range(40):
        lean = chance.choice("ab")
        for rater in ("r1", "r2", "r3")[:raters]:
            given = "ba"["ab".index(lean)] if n % 2 and chance.random() < 0.5 else lean
            points = {"a": {"a": 4, "b": 2}, "b": {"a": 2, "b": 4}}
            scores = {"reasoning": points[given], "concision": points[lean]}
            rows.append({"item": f"w-{n}", "rater": rater, "verdict": given, "scores": scores})
    done = items.import_judgments(
        world.cell, world.lead, jsonl(rows), programme=PROGRAMME, name="said.jsonl", source="elsewhere"
    )
    assert isinstance(done, ImportReport)
    assert done.problems == ()


def test_a_report_explains_a_failing_batch_from_the_rubric_on(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell", metric="krippendorff_alpha", redundancy=3) as world:
        divided_imports(world)
        assert world.measure().decision == "fail"
        page = report(world)
        by = {section.id: section for section in page.report.sections}
        sentences = " ".join(cause.sentence for cause in by["agreement"].causes)
        assert "if reasoning were read alike, agreement would be 1.00" in sentences
        assert "Reasoning" in by["rubric"].answer or "reasoning" in by["rubric"].answer
        assert [cause for cause in by["rubric"].causes if "reasoning" in cause.sentence]
        assert by["reasons"].missing, "reasons of imports were checked by nobody"
        assert by["done"].causes, "the intervention that opened is what was done"
        assert page.report.judgments == 120
        confused = monitoring.confused(world.cell, world.lead, world.batch(), of="reasoning")
        assert isinstance(confused, monitoring.ConfusedPage)
        assert confused.between.worst is not None
        assert {confused.between.worst.first, confused.between.worst.second} == {"2", "4"}
        unknown = monitoring.confused(world.cell, world.lead, world.batch(), of="colour")
        assert isinstance(unknown, Refused)


def test_a_report_takes_the_diagnosis_that_is_on_record(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", metric="krippendorff_alpha", redundancy=3) as world:
        divided_imports(world)
        world.measure()
        made = report(world).report.sections[0].causes
        with world.cell.read() as connection:
            [opened] = connection.execute(sa.select(INTERVENTION.c.intervention)).scalars().all()
        done = diagnosing.diagnose(world.cell, world.lead, opened, key=new_key())
        assert not isinstance(done, Refused), done
        taken = report(world).report.sections[0].causes
        assert [cause.sentence for cause in taken] == [cause.sentence for cause in made]
        assert {number.origin for cause in made for number in cause.numbers} == {"diagnosis made now"}
        [origin] = {number.origin for cause in taken for number in cause.numbers}
        assert origin.startswith("diagnosis at journal entry ")


def test_an_empty_programme_has_a_page_a_report_and_no_audit(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        assert overview(world).judges == ()
        assert not report(world).report.is_complete
        refused = monitoring.run(world.cell, world.lead, PROGRAMME, key=new_key())
        assert isinstance(refused, Refused)
        assert refused.code == "nothing-to-audit"
        expert = world.expert()
        assert own(world, expert).own.judgments == 0


@pytest.mark.parametrize("verdict", ["insufficient_context", "abstain"])
def test_who_does_not_decide_is_counted_and_asked_for_no_scores(
    sqlite_url: str, tmp_path: Path, verdict: Verdict
) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        expert = world.expert()
        world.work(1)
        task = assignment.next_task(world.cell, expert, PROGRAMME)
        assert isinstance(task, assignment.Task)
        said = answer_of(shown_as(task, verdict), scores={})
        assert isinstance(judgment.submit(world.cell, expert, task.assignment, said, key=new_key()), judgment.Saved)
        counted = overview(world).counted
        measure = "context" if verdict == "insufficient_context" else "abstention"
        assert counted.of(Kind(measure=measure, dimension=VERDICT, family=ALL)) == {(expert.person,): (1, 1)}
        assert [kind for kind in counted.kinds(measure="abstention") if kind.dimension != VERDICT] == []
        with world.cell.read() as connection:
            assert connection.execute(sa.select(JUDGMENT.c.standing)).scalar_one() == "counted"

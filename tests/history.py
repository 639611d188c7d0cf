"""Histories to test with: any sequence of small numbers becomes the work of a few people on one cell.

Every step goes through the functions that people's interfaces use. A step that makes no sense at its moment is
refused by them, and that is part of the history.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count

from constitution_scene import live_by_principles
from history_checklist import move
from history_experts import join, pay_from, pay_out, sit, tell
from history_welfare import care
from hypothesis import strategies as st
from living_cell import EVENT_TIME, PROGRAMME, World, answer_of, gold_row, item_row, jsonl
from tiered_work import adjudicator_of, live_in_tiers

from tallystick.app import (
    adjudication,
    assignment,
    calibration,
    disagreement,
    erasure,
    escape,
    gate,
    items,
    judgment,
    monitoring,
    release,
    roster,
    sentinel,
    standing,
)
from tallystick.app.access import Actor
from tallystick.app.assignment import Task
from tallystick.app.intervention import diagnosing, reading, steps
from tallystick.app.kernel import Command, Decision, Transaction, new_key
from tallystick.app.standing import reviewing
from tallystick.events.disagreement import ClassModelFitted, DistributionRecorded, GroupCounts, ModelQuality
from tallystick.events.intervention import InterventionOpened
from tallystick.events.items import DemonstrationPromoted
from tallystick.flow.adjudication import Feedback
from tallystick.flow.disagreement import CAUSE_NAMES
from tallystick.flow.erasure import Wish as ErasureWish
from tallystick.flow.escape import Answer
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish
from tallystick.flow.sentinel import Wish as SentinelWish
from tallystick.signals.preference import VERDICTS
from tallystick.store import items as store_items
from tallystick.store import judgment as judgments

CRITERION = ["reasoning"]
OFTEN = SentinelWish(
    acceptable_ppm=900_000, unacceptable_ppm=300_000, found_within=12, found_ppm=900_000, false_horizon=60,
    false_ppm=200_000,
)  # fmt: skip
"""Rates at which nearly every other lease is a sentinel and few wrong answers are a fall: histories are short."""
NOTES = "Both readings were weighed against the rubric."
REMARK = [Feedback(criterion="reasoning", what="ambiguous", words="Say what counts as a step.")]
SOUND = Answer(is_defect=False)
DEFECT = Answer(is_defect=True, severity="high", cause="rater_error", failure="padding", notes=NOTES)


@dataclass
class Story:
    """One history in the making."""

    world: World
    tasks: dict[str, Task] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def one(self, n: int) -> Actor:
        return self.world.experts[n % len(self.world.experts)]

    def bring(self, n: int, m: int) -> None:
        """Import a few items, one of them twice and one of no known domain."""
        names = [f"h-{next(self.numbers)}" for _ in range(n % 4 + 1)]
        rows = [
            item_row(
                name, domain=self.world.domains[m % len(self.world.domains)], expected_disagreement=(n + m) % 3 == 0,
                difficulty=("easy", "medium", "hard", "boundary")[m % 4],
            )
            for name in names
        ]  # fmt: skip
        rows += [rows[0], item_row("nowhere", domain="medical")][: m % 3]
        data = b"\n".join(json.dumps(row).encode() for row in rows)
        wanted = items.Wanted(programme=PROGRAMME, name="rows.jsonl", batch=f"batch-{n % 2}")
        items.import_items(self.world.cell, self.world.lead, data, wanted)
        self.names += names

    def take(self, n: int, _m: int) -> None:
        found = assignment.next_task(self.world.cell, self.one(n), PROGRAMME)
        if isinstance(found, Task):
            self.tasks[self.one(n).person] = found

    def submit(self, n: int, m: int) -> None:
        """Take and submit; now and then twice, with the same key or with another."""
        if m % 3:
            self.take(n, m)
        task = self.tasks.get(self.one(n).person)
        if task is None:
            return
        answer, key = answer_of(VERDICTS[m % len(VERDICTS)]), new_key()
        for again in (key, key, new_key())[: 1 + n % 3]:
            judgment.submit(self.world.cell, self.one(n), task.assignment, answer, key=again)

    def give_back(self, n: int, _m: int) -> None:
        task = self.tasks.get(self.one(n).person)
        if task is not None:
            assignment.give_back(self.world.cell, self.one(n), task.assignment, key=new_key())

    def wait(self, n: int, m: int) -> None:
        self.world.clock.pass_minutes(n % 3 * 61)
        if m % 2:
            assignment.expire_all(self.world.cell)

    def bring_judgments(self, n: int, m: int) -> None:
        """Judgments made elsewhere, by three raters, some on items that are not there."""
        verdicts = ("a", "b", "tie", "a_clearly", "abstain")
        rows = [
            {
                "item": name, "rater": f"rater-{r % 3}", "verdict": verdicts[(r + m) % 5], "made_at": "2020-01-01",
                "rationale": "Because." if r % 2 else None, "reasons": CRITERION if r % 2 else [],
                "scores": {"reasoning": {"a": 4, "b": m % 5 + 1}},
            }
            for r, name in enumerate([*self.names[-3:], *self.names[-3:], "not-here"])
        ]  # fmt: skip
        data = b"\n".join(json.dumps({k: v for k, v in row.items() if v is not None}).encode() for row in rows)
        items.import_judgments(
            self.world.cell, self.world.lead, data, programme=PROGRAMME, name="said.jsonl", source=f"source {n % 2}"
        )

    def publish(self, n: int, m: int) -> None:
        domain = self.world.domains[m % len(self.world.domains)]
        self.world.publish(f"1.{next(self.numbers)}.0", domain=domain, question=f"Does it follow, {n}?")

    def revise(self, n: int, _m: int) -> None:
        self.world.revise(f"1.{next(self.numbers)}.0", redundancy=2 + n % 2)

    def qualify(self, n: int, m: int) -> None:
        """An expert qualifies anew, or somebody new joins."""
        if m % 2:
            join(self.world)
        else:
            sit(self.world, self.one(n), self.world.domains[m % len(self.world.domains)], is_tie=n % 3 == 0)

    def people(self, n: int, m: int) -> None:
        """Roles change, sessions open and end, a second contract is refused."""
        cell, who = self.world.cell, self.one(n).person
        roles = ["adjudicator"] if m % 2 else ["reviewer", "adjudicator"]
        roster.change_roles(cell, self.world.lead, who, roles=["expert"], expert_roles=roles, key=new_key())
        session = roster.open_session(cell, who, kind="page", method="password")
        if m % 3 and isinstance(session, roster.SignedIn):
            roster.sign_out(cell, session.token)
        roster.execute_contract(
            cell, self.world.lead, who, template=b"terms", executed_at=EVENT_TIME, ip_assigned_at=1, key=new_key()
        )

    def measure(self, n: int, _m: int) -> None:
        rows = gate.batches(self.world.cell, self.world.lead, PROGRAMME)
        if not isinstance(rows, Refused):
            gate.measure(self.world.cell, self.world.lead, rows[n % len(rows)].batch, key=new_key())

    def adjudicate(self, n: int, m: int) -> None:
        """Whoever may, settles or preserves the oldest disagreement that they did not judge."""
        cell, who = self.world.cell, adjudicator_of(self.world)
        queue = adjudication.queue(cell, who, PROGRAMME)
        if isinstance(queue, Refused) or not queue:
            return
        item = queue[n % len(queue)].item
        adjudication.take(cell, who, item, key=new_key())
        adjudication.case_page(cell, who, item, key=new_key())
        if m % 4 == 3:
            adjudication.give_back(cell, who, item, key=new_key())
        elif m % 5 == 4:
            adjudication.send_back(
                cell, who, item, why="error", by_same=n % 2 == 0, criteria=CRITERION, notes=NOTES, key=new_key()
            )
        elif m % 2:
            adjudication.preserve(cell, who, item, criteria=CRITERION, notes=NOTES, feedback=REMARK, key=new_key())
        else:
            verdict = VERDICTS[m % len(VERDICTS)]
            adjudication.settle(
                cell, who, item, verdict=verdict, criteria=CRITERION, notes=NOTES, feedback=REMARK, key=new_key()
            )

    def look_again(self, n: int, m: int) -> None:
        """Finished items are drawn, in a new round or more of the first; somebody takes one, and mostly answers."""
        cell, who = self.world.cell, adjudicator_of(self.world)
        name, split = f"again-{next(self.numbers)}", f"split-{next(self.numbers)}"
        self.world.bring([item_row(name), item_row(split)])
        votes: list[dict[str, object]] = [
            {"item": one, "rater": f"again-{rater}", "verdict": "b" if one == split and rater else "a"}
            for one in (name, split)
            for rater in range(2)
        ]
        items.import_judgments(
            cell, self.world.lead, jsonl(votes), programme=PROGRAMME, name="v.jsonl", source="elsewhere"
        )
        escape.draw(
            cell, self.world.lead, PROGRAMME, wanted={"medium": n % 3 + 1}, key=new_key(), extend=1 if m % 3 else None
        )
        item = escape.next_review(cell, who, PROGRAMME, key=new_key())
        if isinstance(item, Refused) or m % 4 == 3:
            return
        given = SOUND if n % 2 else DEFECT
        escape.answer(cell, who, item, given, key=new_key())
        escape.set_aside(cell, self.world.lead, item, by_same=m % 2 == 0, key=new_key())
        self.adjudicate(n, 4)
        self.adjudicate(n, 1)

    def doubt(self, n: int, m: int) -> None:
        """Some of what an expert judged is held."""
        cell, who = self.world.cell, self.one(n).person
        with cell.read() as connection:
            said = [row.judgment for row in judgments.of_expert(connection, who)]

        def decide(tx: Transaction) -> Decision:
            return standing.hold(
                tx, programme=PROGRAMME, expert=who, judgments=said[: m % 3 + 1], cause="drift", reference=str(tx.seq)
            )

        cell.execute(Command(self.world.lead, "gate.measure", new_key(), b"doubt", decide))

    def review(self, n: int, m: int) -> None:
        """Whoever may, opens a held judgment and decides on it."""
        cell = self.world.cell
        for actor in reversed(self.world.experts):
            found = reviewing.held_work(cell, actor, PROGRAMME)
            if isinstance(found, Refused) or not found.mine:
                continue
            name = found.mine[n % len(found.mine)].judgment
            reviewing.held_judgment(cell, actor, name)
            if m % 2:
                reviewing.stands(cell, actor, name, notes=NOTES if m % 3 else "", key=new_key())
            else:
                reviewing.judge_again(cell, actor, name, notes=NOTES, by_same=n % 2 == 0, key=new_key())

    def redo(self, n: int, m: int) -> None:
        """Judgments of a batch, or of an item that divides, are set aside; what was set aside before is refused."""
        cell = self.world.cell
        cases = adjudication.queue(cell, self.world.lead, PROGRAMME)
        with cell.read() as connection:
            batches = [row.batch for row in store_items.batches(connection, PROGRAMME) if row.purpose == "work"]
            said = [row.judgment for row in judgments.of_batch(connection, batches[n % len(batches)])]
            if m % 3 and isinstance(cases, list) and cases:
                said = [row.judgment for row in judgments.counted_on(connection, cases[n % len(cases)].item)]
        cause = ("intervention", "drift", "adjudication")[m % 3]

        def decide(tx: Transaction) -> Decision:
            return standing.requeue(
                cell, tx, programme=PROGRAMME, judgments=said[-1 - m % 4 :], cause=cause, reference=str(tx.seq),
                by_same=n % 2 == 0,
            )  # fmt: skip

        cell.execute(Command(self.world.lead, "gate.measure", new_key(), b"redo", decide))

    def explain(self, n: int, m: int) -> None:
        """Causes are looked for, somebody says what one is, experts declare groups and take them back."""
        cell, lead, who = self.world.cell, self.world.lead, self.one(n)
        row = item_row(f"d-{next(self.numbers)}", domain=self.world.domains[m % len(self.world.domains)])
        wanted = items.Wanted(programme=PROGRAMME, name="rows.jsonl", batch=f"apart-{row['id']}")
        items.import_items(cell, lead, json.dumps(row).encode(), wanted)
        rows = [{"item": row["id"], "rater": f"rater-{r}", "verdict": "ab"[r % 2]} for r in range(3)]
        data = b"\n".join(json.dumps(said).encode() for said in rows)
        items.import_judgments(cell, lead, data, programme=PROGRAMME, name="said.jsonl", source="those apart")
        disagreement.classify_waiting(cell)
        with cell.read() as connection:
            divided = store_items.by_external(connection, PROGRAMME, [str(row["id"])])
        for one in divided.values():
            cause = CAUSE_NAMES[n % len(CAUSE_NAMES)]
            disagreement.correct(cell, lead, one.item, cause=cause, note=NOTES, key=new_key())
        if m % 3:
            disagreement.declare_groups(cell, who, {"age": ("under-30", "60-up")[n % 2]}, key=new_key())
        else:
            disagreement.withdraw_groups(cell, who, key=new_key())

    def learn(self, n: int, m: int) -> None:
        """A model of causes, counts by group, a demonstration under review, as more people would bring them about."""
        cell, name = self.world.cell, f"fitted-{next(self.numbers)}"
        found = dict.fromkeys(("balanced_accuracy_ppm", "undetermined_ppm", "calibration_error_ppm", "brier_ppm"), m)
        quality = ModelQuality(cases=n, accuracy_when_determined_ppm=None, **found)
        fitted = ClassModelFitted(
            model=name, previous="built-in-1", temperature_ppm=1_200_000 + n, are_priors_fitted=False, why="Too faint.",
            priors={"": dict.fromkeys(CAUSE_NAMES, 200_000)}, cases=n, classified=m, determined_ppm=0, before=quality,
            after=quality, corrections_digest="0" * 64, code_version="1",
        )  # fmt: skip
        row = GroupCounts(groups=["under-30"], people=12, counts={"a": 5, "b": None})
        kept = DistributionRecorded(
            item="itm-any", programme=PROGRAMME, batch="bat-any", axis="age", categories=["a", "b"], cells=[row],
            total={"a": 5, "b": 7}, people=12, cell_min=5, hidden=1, salt="0" * 32,
        )  # fmt: skip
        written = DemonstrationPromoted(
            item="itm-any", programme=PROGRAMME, batch="bat-any", source="itm-other", judgment=name, author="per-any"
        )
        cell.execute(Command(self.world.lead, "gate.measure", new_key(), b"learn", lambda _: [fitted, kept, written]))
        if n % 2:
            disagreement.choose_model(cell, self.world.lead, name, key=new_key())

    def look(self, n: int, _m: int) -> None:
        page = items.items_page(self.world.cell, self.world.lead, PROGRAMME, limit=5)
        if isinstance(page, items.ItemsPage) and page.rows:
            item = page.rows[n % len(page.rows)].item
            items.item_record(self.world.cell, self.world.lead, item, reason="review", key=new_key())

    def agree(self, _n: int, m: int) -> None:
        """An item in a batch of its own, on which everybody elsewhere agreed: a batch that can be released."""
        number = next(self.numbers)
        row = item_row(f"s-{number}", domain=self.world.domains[m % len(self.world.domains)])
        wanted = items.Wanted(programme=PROGRAMME, name="rows.jsonl", batch=f"sure-{number}")
        items.import_items(self.world.cell, self.world.lead, json.dumps(row).encode(), wanted)
        data = jsonl([{"item": row["id"], "rater": f"rater-{r}", "verdict": "a"} for r in range(3)])
        items.import_judgments(
            self.world.cell, self.world.lead, data, programme=PROGRAMME, name="said.jsonl", source="the sure ones"
        )

    def watch(self, n: int, _m: int) -> None:
        """Hold preferences against the form of texts; now and then of a language that nobody writes in."""
        monitoring.run(self.world.cell, self.world.lead, PROGRAMME, language="fr" if n % 4 == 3 else "", key=new_key())

    def cut(self, n: int, _m: int) -> None:
        """A release with all that passes, affected work that nobody reviewed among it where there is some."""
        wish = Wish(programme=PROGRAMME, name="set", version=f"1.{n}.0", use="train", batches=None, rationale=NOTES)
        if isinstance(release.cut(self.world.cell, self.world.lead, wish, key=new_key()), Refused):
            release.cut(self.world.cell, self.world.lead, replace(wish, rationale=""), key=new_key())

    def erase(self, n: int, m: int) -> None:
        """An item goes, one that a release holds when there is one; somebody's region is declared."""
        cell, lead = self.world.cell, self.world.lead
        roster.declare_region(cell, lead, self.one(m).person, region=("DE", "US-CA")[n % 2], key=new_key())
        page = items.items_page(cell, lead, PROGRAMME, limit=200)
        if isinstance(page, Refused):
            return
        # Of the gold that comes after, so that who joins later still finds enough.
        late = [gold_row(f"late-{next(self.numbers)}", domain=domain) for domain in self.world.domains]
        self.world.bring(late, batch="gold", purpose="gold")
        rows = [row for row in page.rows if not row.external.startswith("g-")]
        wishes = [ErasureWish(what="object", target=f"item:{row.item}", reason="mistake") for row in rows]
        seen = [(wish, erasure.preview(cell, lead, wish)) for wish in wishes]
        held = [wish for wish, found in seen if isinstance(found, erasure.Preview) and found.releases]
        words, wish = "Asked for." if m % 2 else "", (held or wishes)[m % len(held or wishes)]
        erasure.order(cell, lead, wish, words=words, key=new_key())
        if n % 2 == 0:
            erasure.finish_interrupted(cell)
            erasure.deliver_notices(cell)

    def part(self, _n: int, m: int) -> None:
        """A batch on which one rater elsewhere parts from the others: its gate fails, and all steps of that follow."""
        cell, lead, number = self.world.cell, self.world.lead, next(self.numbers)
        names = [f"parted-{number}-{k}" for k in range(18)]
        rows = [item_row(name, domain=self.world.domains[m % len(self.world.domains)]) for name in names]
        self.world.bring(rows, batch=f"parted-{number}")
        said = [
            {"item": name, "rater": f"rater-{r}", "verdict": "ab"[(k + (r == 2)) % 2]}
            for k, name in enumerate(names) for r in range(3) if r != k % 3
        ]  # fmt: skip
        data = b"\n".join(json.dumps(row).encode() for row in said)
        items.import_judgments(cell, lead, data, programme=PROGRAMME, name="said.jsonl", source=f"parted {number}")
        found = gate.batches(cell, lead, PROGRAMME)
        assert not isinstance(found, Refused)
        batch = next(row.batch for row in found if row.name == f"parted-{number}")
        done = gate.measure(cell, lead, batch, key=new_key())
        opened = list(done.receipt.facts[1:]) if isinstance(done, gate.Measured) else []
        for fact in opened:
            if isinstance(fact, InterventionOpened):
                diagnosing.diagnose(cell, lead, fact.intervention, key=new_key())
                self.confer(fact.intervention)
                page = reading.page(cell, lead, fact.intervention)
                steps.rule_out(cell, lead, fact.intervention, justification=NOTES * 2, key=new_key())
                for person in () if isinstance(page, Refused) else page.named:
                    steps.stand_down(
                        cell, lead, fact.intervention, person=person, justification=NOTES * 2, key=new_key()
                    )

    def confer(self, wanted: str) -> None:
        """A calibration session: two label, mark words and propose examples, and the lead answers."""
        cell, lead, two = self.world.cell, self.world.lead, self.world.experts[:2]
        held = calibration.open_session(cell, lead, wanted, participants=[one.person for one in two], key=new_key())
        if isinstance(held, Refused):
            return
        for one in two:
            while isinstance(task := calibration.task(cell, one, held.calibration), calibration.Task):
                done = calibration.label(
                    cell, one, held.calibration, item=task.item, answer=answer_of("a_clearly"), key=new_key()
                )
                if isinstance(done, Refused):
                    break
        calibration.reveal(cell, lead, held.calibration, key=new_key())
        mark = calibration.NewMark("task", 0, 7, "ambiguous", NOTES)
        calibration.mark(cell, two[0], held.calibration, mark, key=new_key())
        example = calibration.NewExample("a", "reasoning", 4, "A step is missing", NOTES, NOTES)
        calibration.propose(cell, two[0], held.calibration, held.items[0], new=example, key=new_key())
        calibration.end(cell, lead, held.calibration, key=new_key())
        calibration.answer(cell, lead, held.calibration, 1, answer="kept", words=NOTES, key=new_key())

    def intervene(self, n: int, m: int) -> None:
        """Steps of an intervention, in whichever stage it is; most are refused."""
        cell, lead = self.world.cell, self.world.lead
        found = reading.interventions(cell, lead, PROGRAMME)
        if isinstance(found, Refused) or not found:
            return
        wanted, who = found[n % len(found)].row.intervention, self.one(m).person
        diagnosing.diagnose(cell, lead, wanted, key=new_key())
        calibration.open_session(cell, lead, wanted, key=new_key())
        steps.rule_out(cell, lead, wanted, justification=NOTES * 2, key=new_key())
        choice = ("affected", "stood-down", "all")[m % 3]
        steps.requeue(cell, lead, wanted, choice=choice, by_same=n % 2 == 0, key=new_key())
        steps.stand_down(cell, lead, wanted, person=who, justification=NOTES * 2, key=new_key())
        if m > 9:
            steps.close(cell, lead, wanted, words=NOTES, key=new_key())

    def earn(self, n: int, m: int) -> None:
        """The contract says how experts are paid; they accept, work, get something beside, and a week is closed."""
        pay_from(self.world, version=f"1.{next(self.numbers)}.0")
        self.submit(n, 1)
        self.adjudicate(n, 4)
        pay_out(self.world, self.one(n), amount=m + 1)

    def vouch(self, n: int, m: int) -> None:
        """An expert shows what they hold and says who they are; somebody decides on it."""
        version = f"1.{next(self.numbers)}.0"
        tell(self.world, self.one(n), version=version, sections=self.world.pay, n=n, m=m)

    def care(self, n: int, m: int) -> None:
        """The contract names content that can weigh on people; one expert says what they take on and speak."""
        version = f"1.{next(self.numbers)}.0"
        care(self.world, self.one(n), version=version, sections=self.world.pay, n=n, m=m)

    def tier(self, n: int, m: int) -> None:
        """The contract speaks of tiers; somebody wrote items, and is senior for a while."""
        live_in_tiers(self.world, next(self.numbers), redundancy=2 + n % 2)
        self.revise(n, m)

    def fall(self) -> None:
        """Somebody new answers every sentinel wrong."""
        expert, domains = join(self.world), self.world.domains
        for domain in domains:
            names = [f"fall-{next(self.numbers)}" for _ in range(12)]
            self.world.bring([gold_row(name, domain=domain) for name in names], batch="gold", purpose="gold")
            self.world.bring([item_row(f"w-{name}", domain=domain) for name in names], batch="fall")
        for _ in range(40):
            task = assignment.next_task(self.world.cell, expert, PROGRAMME)
            if isinstance(task, Refused):
                return
            wrong = answer_of("b_clearly" if task.shown.first.endswith("one.") else "a_clearly")
            judgment.submit(self.world.cell, expert, task.assignment, wrong, key=new_key())

    def mix(self, n: int, m: int) -> None:
        """Sentinels come into the work, or go; a fall that is there is announced, and decided on."""
        cell, lead = self.world.cell, self.world.lead
        known = [gold_row(f"known-{next(self.numbers)}", domain=domain) for domain in self.world.domains]
        self.world.bring(known, batch="gold", purpose="gold")
        if n % 3:
            sentinel.set_policy(cell, lead, PROGRAMME, OFTEN, key=new_key())
        elif m % 4 == 0:
            sentinel.end_policy(cell, lead, PROGRAMME, words=NOTES, key=new_key())
        if n % 3 == 2 and m > 11:
            self.fall()
        sentinel.announce(cell, is_at_once=m % 2 == 0 or m > 11)
        found = sentinel.overview(cell, lead, PROGRAMME)
        for fall in [] if isinstance(found, Refused) else found.falls:
            sentinel.decide(cell, lead, PROGRAMME, fall.seq, found="gold", words=NOTES, key=new_key())

    def move(self, n: int, _m: int) -> None:
        """The programme moves from phase to phase, and something is released in its pilot."""
        move(self.world, self.numbers, n)

    def constitute(self, _n: int, m: int) -> None:
        live_by_principles(self.world, self.numbers, m)


STEPS: tuple[Callable[[Story, int, int], None], ...] = (
    Story.bring, Story.bring, Story.take, Story.submit, Story.submit, Story.submit, Story.submit, Story.give_back,
    Story.wait, Story.bring_judgments, Story.publish, Story.revise, Story.qualify, Story.people, Story.measure,
    Story.adjudicate, Story.look, Story.agree, Story.cut, Story.erase, Story.doubt, Story.review, Story.redo,
    Story.part, Story.intervene, Story.explain, Story.learn, Story.constitute, Story.mix, Story.mix, Story.watch,
    Story.earn, Story.vouch, Story.care, Story.tier, Story.look_again, Story.look_again,
    Story.move,
)  # fmt: skip
"""What can happen; work happens more often."""

HISTORIES = st.lists(
    st.tuples(st.integers(0, len(STEPS) - 1), st.integers(0, 11), st.integers(0, 11)), min_size=10, max_size=30
)


def live(world: World, history: list[tuple[int, int, int]], *, look: Callable[[World], None] = lambda _: None) -> None:
    """Let a history happen in a cell. `look` is called after each step."""
    story = Story(world)
    story.bring(3, 2)
    for step, n, m in history:
        STEPS[step](story, n, m)
        look(world)

"""A small cell to test with, made through the functions that people's interfaces use: programme, rubrics, experts.

The content is as short as a contract allows. Time is a clock that tests move by hand.
"""

import json
from collections.abc import Callable, Hashable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from pathlib import Path

import sqlalchemy as sa
from ready_cell import SHELF
from sqlalchemy.engine.interfaces import DBAPIConnection

from tallystick.app import access, assignment, contract, gate, items, judgment, pay, roster, rubric
from tallystick.app import cell as cells
from tallystick.app.access import Actor
from tallystick.app.assignment import Task
from tallystick.app.cell import Cell
from tallystick.app.items import ImportReport, Wanted
from tallystick.app.judgment import Saved
from tallystick.app.kernel import new_key
from tallystick.events.gate import BatchMeasured
from tallystick.flow.refusal import Refused
from tallystick.signals.preference import Verdict, swap
from tallystick.signals.shape import Answer, Reason

NUMBERS = count(1)
PROGRAMME = "plain-answers"
CRITERIA = ("reasoning", "concision")
GOLD = 5  # the fewest at which guessing passes less than once in twenty
LEAD = {"a": (4, 3), "b": (3, 4)}
EVENT_TIME = 1_700_000_000_000_000


class Clock:
    """Microseconds that move only when a test says so."""

    def __init__(self) -> None:
        self.at = EVENT_TIME

    def __call__(self) -> int:
        return self.at

    def pass_minutes(self, minutes: int) -> None:
        self.at += minutes * 60_000_000


def contract_text(
    version: str = "1.0.0", *, redundancy: int = 2, metric: str = "percent_agreement", rule: str = "estimate",
    level: str = "nominal", items_min: int = 1, domains: tuple[str, ...] = ("general",), uses: str = "train, evaluate",
    until: str = "2040-01-01",
) -> str:  # fmt: skip
    """A contract in which every domain is of medium risk."""
    plans = "".join(f"  {domain}: {{rubric: {domain}, risk: medium}}\n" for domain in domains)
    history = "" if version == "1.0.0" else "changelog: Terms changed.\nrationale: The plan changed.\n"
    return f"""contract: tallystick/contract/1
name: {PROGRAMME}
title: Plain answers
version: {version}
{history}behaviour: The assistant answers plainly.
conditions: [A plain question.]
evidence: [An expert prefers the answer.]
failures: [{{id: padding, severity: low, description: Words that say nothing.}}]
improvement:
  measure: Share of held-out questions won.
  holdout: One in ten.
  acceptance: [{{id: better, claim: Better., margin: "0.05"}}]
domains:
{plans}sampling: {{quotas: [{{axis: domain, value: {domains[0]}, target: 10}}]}}
holdout: {{share: "0.1", rule: The client keeps them.}}
supervision: [{{signal: preference, why: Degrees matter.}}]
rights:
  source_class: commissioned
  licence: CC0-1.0
  permitted_uses: [{uses}]
  retention_until: {until}
  regions: [any]
  reviewer_access: Experts see what is assigned to them.
  deletion: On request.
redundancy: {{medium: {redundancy}}}
agreement: {{metric: {metric}, level: {level}, rule: {rule}, items_min: {items_min}}}
lease_minutes: 60
"""


def criterion_text(name: str, question: str, *, gated: bool) -> str:
    """One criterion of a rubric, on 1 to 5."""
    return f"""  - id: {name}
    name: {name.capitalize()}
    question: {question}
    anchors: {{1: Not at all., 5: Throughout.}}
    gated: {str(gated).lower()}
"""


def rubric_text(
    version: str = "1.0.0", *, domain: str = "general", question: str = "Does it follow?", gated: bool = False
) -> str:
    """A rubric with two criteria, of which the first outranks the second."""
    history = "" if version == "1.0.0" else "changelog: The question changed.\nrationale: It was unclear.\n"
    criteria = criterion_text("reasoning", question, gated=gated) + criterion_text("concision", "Short?", gated=False)
    return f"""rubric: tallystick/rubric/1
id: {domain}
domain: {domain}
version: {version}
{history}title: Plain answers
task: Compare the two answers.
criteria:
{criteria}priority: [{{over: reasoning, under: concision, why: a short error is still an error}}]
qualification: {{gold_min: {GOLD}, chance: "0.5", alpha: "0.05", target: "0.95"}}
"""


def item_row(name: str, **changes: object) -> dict[str, object]:
    """One row of an item import."""
    row: dict[str, object] = {
        "id": name,
        "domain": "general",
        "prompt": f"What is {name}?",
        "candidates": [
            {"text": f"{name} is one.", "model": "secret-model-a", "version": "1"},
            {"text": f"{name} is two.", "model": "secret-model-b", "version": "2"},
        ],
        "difficulty": "hard",
    }
    return row | changes


def gold_row(name: str, **changes: object) -> dict[str, object]:
    """One gold item: A is right."""
    scores = {"reasoning": {"a": 4, "b": 3}, "concision": {"a": 4, "b": 3}}
    return item_row(name, **{"gold": {"verdict": "a_clearly", "scores": scores}, **changes})


def jsonl(rows: list[dict[str, object]]) -> bytes:
    """Rows as a JSONL file."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def answer_of(verdict: Verdict = "a_clearly", *, words: str = "", **changes: object) -> Answer:
    """An answer whose scores carry its verdict, in the order in which the candidates were shown."""
    a, b = LEAD.get(verdict[0], (3, 3)) if "_" in verdict else (3, 3)
    values: dict[str, object] = {
        "verdict": verdict,
        "scores": {name: {"a": a, "b": b} for name in CRITERIA},
        "reasons": [Reason(criterion="reasoning", text=words or f"It follows, as step {next(NUMBERS)} shows.")],
        "active_ms": 1_000,
    }
    return Answer.model_validate(values | changes)


def shown_as(task: Task, verdict: Verdict) -> Verdict:
    """How an expert has to answer so that the verdict on the item's own candidates is this one."""
    return verdict if ".".join(task.shown.first.split()).endswith("one.") else swap(verdict)  # type: ignore[return-value]  # a swapped verdict is a verdict


@dataclass
class World:
    """A cell with its clock, its lead and one programme."""

    cell: Cell
    clock: Clock
    lead: Actor
    domains: tuple[str, ...]
    experts: list[Actor] = field(default_factory=list)
    pay: str = ""  # the section of that name in every contract version from now on

    def revise(self, version: str, **changes: object) -> object:
        """Bring another contract version into force."""
        text = contract_text(version, **{"domains": self.domains, **changes}) + self.pay  # type: ignore[arg-type]  # by name
        return contract.bring_into_force(self.cell, self.lead, text=text, name="contract.yaml", key=new_key())

    def publish(self, version: str = "1.0.0", *, domain: str = "general", **changes: object) -> object:
        """Bring a rubric version into force."""
        text = rubric_text(version, domain=domain, **changes)  # type: ignore[arg-type]  # by name
        return rubric.publish(
            self.cell, self.lead, programme=PROGRAMME, text=text, name=f"{domain}.yaml", key=new_key()
        )

    def bring(self, rows: list[dict[str, object]], *, batch: str = "pilot", purpose: str = "work") -> ImportReport:
        """Import items that are all good."""
        wanted = Wanted(programme=PROGRAMME, name="items.jsonl", batch=batch, purpose=purpose)
        report = items.import_items(self.cell, self.lead, jsonl(rows), wanted)
        assert isinstance(report, ImportReport), report
        assert report.problems == ()
        return report

    def work(self, number: int, *, start: int = 1, **changes: object) -> list[str]:
        """Import work items; the client's ids."""
        names = [f"w-{n}" for n in range(start, start + number)]
        self.bring([item_row(name, **changes) for name in names])
        return names

    def person(self, name: str, *roles: str, expert_roles: tuple[str, ...] = ()) -> Actor:
        """Enrol somebody."""
        new = roster.NewPerson(name=name, roles=roles, expert_roles=expert_roles)
        enrolled = roster.enrol(self.cell, self.lead, new, key=new_key())
        assert isinstance(enrolled, roster.Enrolled), enrolled
        actor = roster.actor_of(self.cell, enrolled.person)
        assert actor is not None
        return actor

    def expert(self, *expert_roles: str, domains: tuple[str, ...] | None = None) -> Actor:
        """An expert with a contract, qualified in all domains unless told otherwise."""
        actor = self.person(f"Expert {len(self.experts)}", "expert", expert_roles=expert_roles)
        done = roster.execute_contract(
            self.cell, self.lead, actor.person, template=b"terms", executed_at=1, ip_assigned_at=1, key=new_key()
        )
        assert not isinstance(done, Refused)
        for domain in self.domains if domains is None else domains:
            assert self.qualify(actor, domain).state == "qualified"
        self.experts.append(actor)
        return actor

    def qualify(self, actor: Actor, domain: str = "general") -> roster.Outcome:
        """Answer all gold items of a domain right. Pay terms that are in force are accepted before."""
        self.accept_pay(actor)
        begun = roster.start_qualification(self.cell, actor, programme=PROGRAMME, rubric=domain, key=new_key())
        assert isinstance(begun, roster.Started), begun
        while True:
            task = roster.gold_task(self.cell, actor, begun.qualification)
            assert isinstance(task, roster.GoldTask)
            verdict: Verdict = "a_clearly" if task.shown.first.endswith("one.") else "b_clearly"
            done = roster.answer_gold(
                self.cell, actor, begun.qualification, item=task.item, answer=answer_of(verdict), key=new_key()
            )
            assert isinstance(done, roster.Outcome), done
            if done.state != "running":
                return done

    def accept_pay(self, actor: Actor) -> None:
        """Accept the pay terms in force, where there are some."""
        terms = pay.terms_page(self.cell, actor, PROGRAMME)
        if not isinstance(terms, Refused):
            done = pay.accept(self.cell, actor, PROGRAMME, terms=terms.row.terms, key=new_key())
            assert not isinstance(done, Refused), done

    def task(self, actor: Actor) -> Task:
        """The next task of an expert, who must have one."""
        found = assignment.next_task(self.cell, actor, PROGRAMME)
        assert isinstance(found, Task), found
        return found

    def judge(self, actor: Actor, verdict: Verdict = "a_clearly") -> Saved:
        """Let an expert judge their next item; the verdict names the item's own candidates."""
        task = self.task(actor)
        saved = judgment.submit(self.cell, actor, task.assignment, answer_of(shown_as(task, verdict)), key=new_key())
        assert isinstance(saved, Saved), saved
        return saved

    def batch(self, domain: str = "general") -> str:
        """The id of the batch of work items in a domain."""
        rows = gate.batches(self.cell, self.lead, PROGRAMME)
        assert not isinstance(rows, Refused)
        found: str = next(row.batch for row in rows if row.purpose == "work" and row.domain == domain)
        return found

    def measure(self, domain: str = "general") -> BatchMeasured:
        """Measure the batch of work items."""
        measured = gate.measure(self.cell, self.lead, self.batch(domain), key=new_key())
        assert isinstance(measured, gate.Measured), measured
        return measured.fact


def hurry(cell: Cell) -> None:
    """Let SQLite not wait for the disk: these tests do not pull the plug."""
    if cell.engine.dialect.name == "sqlite":
        sa.event.listen(cell.engine, "connect", _no_wait)
        cell.engine.dispose()


def _no_wait(handle: DBAPIConnection, _record: object) -> None:
    cursor = handle.cursor()
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.close()


@contextmanager
def cell_at(
    url: str, directory: Path, *, clock: Clock | None = None, keys: cells.KeysOf | None = None
) -> Iterator[Cell]:
    """A cell with nothing in it but its opening; closed at the end."""
    clock = clock or Clock()
    with ExitStack() as stack:
        is_copy = None
        if keys is None and type(clock) is Clock and clock.at == EVENT_TIME:
            is_copy = stack.enter_context(SHELF.copy("cell", url, directory, _original_cell))
        if is_copy:
            cell = cells.open_cell(directory, database=url, clock=clock)
        else:
            cell = cells.create(directory, name="tests.invalid/cell", database=url, keys=keys, clock=clock)
        stack.callback(cell.close)
        hurry(cell)
        yield cell


def _original_cell(url: str, directory: Path) -> bool:
    cells.create(directory, name="tests.invalid/cell", database=url, clock=Clock()).close()
    return True


@contextmanager
def world_at(
    url: str, directory: Path, *, domains: tuple[str, ...] = ("general",), gold: bool = True,
    keys: cells.KeysOf | None = None, **terms: object,
) -> Iterator[World]:  # fmt: skip
    """A cell with a programme, its rubrics and, unless told otherwise, gold items; closed at the end."""
    if keys is not None:
        with cell_at(url, directory, clock=(clock := Clock()), keys=keys) as cell:
            yield filled(cell, clock, domains=domains, gold=gold, **terms)
        return
    key = ("world", domains, gold, repr(sorted(terms.items())))
    with ready_world(url, directory, key=key, make=partial(filled, domains=domains, gold=gold, **terms)) as world:
        yield world


@contextmanager
def ready_world(url: str, directory: Path, *, key: Hashable, make: Callable[[Cell, Clock], World]) -> Iterator[World]:
    """A world that is made once in a test run, and copied for every test that wants the same one.

    key   names all that the world depends on
    make  fills a new cell; what it tells beside the world, a test reads from the cell
    """

    def original(where: str, folder: Path) -> World:
        with cell_at(where, folder, clock=(clock := Clock())) as cell:
            return make(cell, clock)

    with SHELF.copy(key, url, directory, original) as made:
        if made is None:
            with cell_at(url, directory, clock=(clock := Clock())) as cell:
                yield make(cell, clock)
            return
        clock = Clock()
        clock.at = made.clock.at
        cell = cells.open_cell(directory, database=url, clock=clock)
        try:
            hurry(cell)
            yield replace(made, cell=cell, clock=clock, experts=list(made.experts))
        finally:
            cell.close()


def filled(
    cell: Cell, clock: Clock, /, *, domains: tuple[str, ...] = ("general",), gold: bool = True, **terms: object
) -> World:
    """A programme, its rubrics and gold items in a new cell."""
    new = roster.NewPerson(name="Lea Lead", roles=("lead",))
    first = roster.enrol(cell, access.CELL, new, key=new_key())
    assert isinstance(first, roster.Enrolled)
    lead = roster.actor_of(cell, first.person)
    assert lead is not None
    world = World(cell, clock, lead, domains)
    assert isinstance(world.revise("1.0.0", **terms), contract.ContractInForce)
    for domain in domains:
        assert isinstance(world.publish(domain=domain), rubric.Published)
    if gold:
        rows = [gold_row(f"g-{domain}-{n}", domain=domain) for domain in domains for n in range(GOLD)]
        world.bring(rows, batch="gold", purpose="gold")
    return world

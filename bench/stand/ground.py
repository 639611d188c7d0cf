"""A cell to measure: the shipped programme, made-up items, experts who qualified. Writes one folder and its database.

Everything is done through the functions that the interfaces use; no table is filled from outside.
"""

import json
import random
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tallystick import settings
from tallystick.app import access, contract, items, pay, roster, rubric, sentinel
from tallystick.app import cell as cells
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.kernel import new_key
from tallystick.flow.refusal import Refused
from tallystick.flow.sentinel import Wish
from tallystick.signals.preference import swap
from tallystick.signals.shape import Answer, Reason
from tallystick.sim.experts import DATA, load_rows, without_latents

DOMAINS = ("medical", "legal", "software", "general", "creative")
PROMPT_WORDS = 60
ANSWER_WORDS = 150
_TEXT = """
the a of and to in is that for it as with be on not this are by from or an which but at if when one may can value
result answer question reason evidence source number step model patient contract clause function test input output
error memory dose risk limit time case first second third before after between under over more less every only
other same right wrong clear likely never always often sometimes because therefore however
"""
WORDS = tuple(_TEXT.split())


class SetUpRefused(RuntimeError):
    """The cell refused a step of the set-up; the message is its own sentence."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A cell that is ready: its folder, its programme, and an API token for each expert."""

    directory: Path
    programme: str
    tokens: tuple[str, ...]


def item_lines(count: int, *, domains: tuple[str, ...] = DOMAINS, seed: int = 1) -> Iterator[bytes]:
    """Rows of an item import: prompts of 60 words, two answers of 150 words, in turn from each domain."""
    chance = random.Random(seed)  # noqa: S311 - made-up text, no secret
    pool = [" ".join(chance.choices(WORDS, k=ANSWER_WORDS - 2)) for _ in range(2_000)]
    for number in range(count):
        a, b = chance.sample(pool, 2)
        row = {
            "id": f"bench-{number}",
            "domain": domains[number % len(domains)],
            "difficulty": "hard",
            "prompt": f"Item {number}: {' '.join(chance.choices(WORDS, k=PROMPT_WORDS - 2))}",
            "candidates": [
                {"text": f"A{number} {a}", "model": "one", "version": "1"},
                {"text": f"B{number} {b}", "model": "two", "version": "1"},
            ],
        }
        yield json.dumps(row).encode() + b"\n"


def programme_in(directory: Path, *, database: str | None) -> tuple[Cell, Actor, str]:
    """A new cell with a lead and the shipped programme: (cell, lead, programme)."""
    cell = cells.create(directory, name="bench.cell.example", database=database)
    settings.save(settings.Settings(directory=directory, database=database))
    lead = _done(roster.enrol(cell, access.CELL, roster.NewPerson(name="Lead", roles=("lead",)), key=new_key()))
    actor = roster.actor_of(cell, lead.person)
    assert actor is not None
    text = (DATA / "programme" / "contract.yaml").read_text()
    agreed = contract.bring_into_force(cell, actor, text=text, name="contract.yaml", key=new_key())
    programme = agreed.programme  # type: ignore[union-attr]  # the shipped contract has no problems
    for domain in DOMAINS:
        path = DATA / "programme" / f"rubric-{domain}.yaml"
        rubric.publish(cell, actor, programme=programme, text=path.read_text(), name=path.name, key=new_key())
    return cell, actor, programme


def bring(cell: Cell, lead: Actor, programme: str, *, data: bytes, purpose: str = "work") -> None:
    """Import items that are all good."""
    wanted = items.Wanted(programme=programme, name="items.jsonl", batch=f"bench-{purpose}", purpose=purpose)
    report = items.import_items(cell, lead, data, wanted)
    if not isinstance(report, items.ImportReport) or report.problems:
        raise SetUpRefused(f"expected every item to come in, found {report}")


@dataclass(frozen=True, slots=True)
class _School:
    """Where experts qualify: gold rows by their prompt."""

    cell: Cell
    lead: Actor
    programme: str
    domains: tuple[str, ...]
    gold: Mapping[str, Mapping[str, Any]]

    def expert(self, number: int) -> str:
        """Enrol one expert, execute the contract, pass every domain, open a session: its token."""
        new = roster.NewPerson(name=f"Expert {number}", roles=("expert",))
        person = _done(roster.enrol(self.cell, self.lead, new, key=new_key())).person
        _done(
            roster.execute_contract(
                self.cell, self.lead, person, template=b"terms", executed_at=1, ip_assigned_at=1, key=new_key()
            )
        )
        actor = roster.actor_of(self.cell, person)
        assert actor is not None
        self._accept_pay(actor)
        for domain in self.domains:
            self._qualify(actor, domain)
        return _done(roster.open_session(self.cell, person, kind="api", method="password")).token

    def _accept_pay(self, actor: Actor) -> None:
        terms = pay.terms_page(self.cell, actor, self.programme)
        if not isinstance(terms, Refused):
            _done(pay.accept(self.cell, actor, self.programme, terms=terms.row.terms, key=new_key()))

    def _qualify(self, actor: Actor, domain: str) -> None:
        begun = _done(
            roster.start_qualification(self.cell, actor, programme=self.programme, rubric=domain, key=new_key())
        )
        state = "running"
        while state == "running":
            task = _done(roster.gold_task(self.cell, actor, begun.qualification))
            answer = _right_answer(self.gold[task.shown.prompt], first=task.shown.first)
            done = roster.answer_gold(
                self.cell, actor, begun.qualification, item=task.item, answer=answer, key=new_key()
            )
            state = _done(done).state
        if state != "qualified":
            raise SetUpRefused(f"expected an expert who gives the right answers to qualify in {domain}, found {state}")


def _right_answer(row: Mapping[str, Any], *, first: str) -> Answer:
    """The gold key as an answer, in the order in which the candidates are shown."""
    verdict, scores = row["gold"]["verdict"], row["gold"]["scores"]
    if first != row["candidates"][0]["text"]:
        verdict = swap(verdict)
        scores = {name: {"a": points["b"], "b": points["a"]} for name, points in scores.items()}
    return Answer.model_validate({
        "verdict": verdict, "scores": scores, "confirmed": sorted(scores), "active_ms": 1_000,
        "reasons": [Reason(criterion=min(scores), text="It is what the key says, and why.", quote="as shown")],
    })  # fmt: skip


def prepare(
    directory: Path, *, database: str | None, number_of_items: int, experts: int, domains: tuple[str, ...] = DOMAINS,
    sentinels: int = 0,
) -> Ground:  # fmt: skip
    """A cell with items and with experts who passed the gold items of some domains.

    sentinels  when above 0, so many further gold items, and a policy that mixes them into the work
    """
    cell, lead, programme = programme_in(directory, database=database)
    gold = [row for row in load_rows("gold.jsonl") if row["domain"] in domains]
    bring(cell, lead, programme, data=without_latents(gold), purpose="gold")
    bring(cell, lead, programme, data=b"".join(item_lines(number_of_items, domains=domains)))
    school = _School(cell, lead, programme, domains, {row["prompt"]: row for row in gold})
    with ThreadPoolExecutor(8) as pool:
        tokens = tuple(pool.map(school.expert, range(experts)))
    if sentinels:
        _mix(cell, lead, programme, number=sentinels, domains=domains)
    cell.seal()
    cell.close()
    return Ground(directory, programme, tokens)


def _mix(cell: Cell, lead: Actor, programme: str, *, number: int, domains: tuple[str, ...]) -> None:
    """Gold items that are worded as the work, and one lease in nine a sentinel."""
    rows = [json.loads(line) for line in item_lines(number, domains=domains, seed=2)]
    criteria = {domain: {name: {"a": 4, "b": 2} for name in _criteria(cell, programme, domain)} for domain in domains}
    key = [{**row, "id": f"sentinel-{row['id']}", "prompt": f"Known: {row['prompt']}"} for row in rows]
    gold = [{**row, "gold": {"verdict": "a_clearly", "scores": criteria[row["domain"]]}} for row in key]
    bring(cell, lead, programme, data=b"".join(json.dumps(row).encode() + b"\n" for row in gold), purpose="gold")
    _done(sentinel.set_policy(cell, lead, programme, Wish(), key=new_key()))


def _criteria(cell: Cell, programme: str, domain: str) -> list[str]:
    with cell.read() as connection:
        return [criterion.id for criterion in cell.rubrics_in_force(connection, programme)[domain].criteria]


Done = TypeVar("Done")


def _done(answer: Done | Refused) -> Done:
    if isinstance(answer, Refused):
        raise SetUpRefused(f"{answer.code}: {answer.sentence}")
    return answer

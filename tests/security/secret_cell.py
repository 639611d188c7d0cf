"""A cell with everything that an expert may not learn before their time, every secret in words of its own.

Somebody is in the middle of work there: with a draft, with judgments behind them, with sentinels among them. Others
have judged the same open items. `secret_cell` makes it once; `opened` gives each test a copy that it may change.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import sqlalchemy as sa
from app.test_every_signal import own_answer, rows_of, shown_answer
from history import OFTEN
from history_experts import PAY
from living_cell import PROGRAMME, Clock, World, answer_of, contract_text, hurry, item_row, jsonl, shown_as
from restricted_work import CLOSED

from tallystick.app import (
    access,
    adjudication,
    assignment,
    calibration,
    contract,
    credential,
    gate,
    items,
    judgment,
    pay,
    roster,
    routing,
    sentinel,
)
from tallystick.app import cell as cells
from tallystick.app.access import Actor
from tallystick.app.assignment import Task
from tallystick.app.intervention import diagnosing
from tallystick.app.kernel import new_key
from tallystick.flow.adjudication import Feedback
from tallystick.flow.credential import Details
from tallystick.flow.credential import Wish as CredentialWish
from tallystick.flow.refusal import Refused
from tallystick.signals import BY_NAME
from tallystick.signals.shape import Answer, Content, Reason
from tallystick.store import intervention as interventions
from tallystick.store.schema import ITEM

STEM = "tellmark"
"""Begins every secret word, so that a search finds all of them in whatever way they are written."""
REDUNDANCY = 3
SENTINELS = 3
HELD = "held"  # the item that the adversary has before them, of which another holds a place as well
SIGNALS = ("ranking", "critique", "safety", "process", "tooltrace", "demonstration", "outcome")
VERDICTS = ("a_clearly", "b_slightly", "tie", "b_clearly", "a_slightly")


@dataclass
class Secrets:
    """The secret words: what each of them is, and of which item where it is a text of one."""

    known: dict[str, str] = field(default_factory=dict)
    texts: dict[str, set[str]] = field(default_factory=dict)  # the client's id of an item: words in its texts
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def word(self, kind: str, about: str, *, text_of: str = "") -> str:
        """A word that stands nowhere else."""
        assert kind.isalpha(), kind
        made = f"{STEM}{kind}z{next(self.numbers)}z"
        self.known[made] = about
        if text_of:
            self.texts.setdefault(text_of, set()).add(made)
        return made


@dataclass
class Told:
    """What the maker of the cell tells whoever tries it: who is there, and what is secret."""

    secrets: Secrets
    lead: str
    cast: dict[str, str] = field(default_factory=dict)  # name: person
    at: int = 0  # the time at which it was left


@dataclass
class Scene:
    """A copy of the cell, open."""

    world: World
    secrets: Secrets
    cast: dict[str, Actor]

    @property
    def me(self) -> Actor:
        """The expert who looks for what is not theirs to know."""
        return self.cast["adversary"]


def make(folder: Path) -> Told:
    """Make the cell in a folder, and close it."""
    clock = Clock()
    cell = cells.create(folder / "cell", name="tests.invalid/cell", database=database_in(folder), clock=clock)
    try:
        hurry(cell)
        maker = _Maker.begin(cell, clock)
        maker.work()
        maker.session()
        maker.middle()
        cell.seal()
        told = maker.told
        told.at = clock.at
        return told
    finally:
        cell.close()


def database_in(folder: Path) -> str:
    """The address of the database beside the cell."""
    return f"sqlite+pysqlite:///{folder / 'cell.db'}"


@contextmanager
def opened(original: Path, told: Told, folder: Path) -> Iterator[Scene]:
    """A copy of the cell in a folder of its own, closed at the end."""
    shutil.copytree(original, folder)
    clock = Clock()
    clock.at = told.at
    cell = cells.open_cell(folder / "cell", database=database_in(folder), clock=clock)
    try:
        hurry(cell)
        cast = {name: roster.actor_of(cell, person) for name, person in told.cast.items()}
        lead = roster.actor_of(cell, told.lead)
        assert lead is not None
        world = World(cell, clock, lead, ("general", "software"))
        yield Scene(world, told.secrets, {name: actor for name, actor in cast.items() if actor is not None})
    finally:
        cell.close()


@dataclass
class _Maker:
    world: World
    told: Told
    cast: dict[str, Actor] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)  # the client's id of an item: what is said of it
    said: int = 0

    @classmethod
    def begin(cls, cell: cells.Cell, clock: Clock) -> "_Maker":
        """A programme with secrets in its contract, and four experts beside the one who looks for them."""
        new = roster.NewPerson(name="Lea Lead", roles=("lead",))
        first = roster.enrol(cell, access.CELL, new, key=new_key())
        assert isinstance(first, roster.Enrolled)
        lead = roster.actor_of(cell, first.person)
        assert lead is not None
        told = Told(Secrets(), lead.person)
        maker = cls(World(cell, clock, lead, ("general", "software")), told)
        maker.programme()
        for name in ("adversary", "second", "third", "judge"):
            maker.enrol(name)
        return maker

    def programme(self) -> None:
        """A contract with a restricted domain, pay and a reserve of which nobody who works may read."""
        world, word = self.world, self.told.secrets.word
        text = contract_text(redundancy=REDUNDANCY, domains=world.domains, metric="krippendorff_alpha")
        text = text.replace("software, risk: medium", "software, risk: restricted")
        text = text.replace("One in ten.", f"{word('contract', 'how the reserve is measured')} in ten.")
        text = text.replace("The client keeps them.", f"{word('contract', 'the rule of the reserve')} keeps them.")
        text = text.replace("claim: Better.", f"claim: {word('contract', 'an acceptance test')} is better.")
        world.pay = PAY + CLOSED
        done = contract.bring_into_force(world.cell, world.lead, text=text + world.pay, name="c.yaml", key=new_key())
        assert isinstance(done, contract.ContractInForce), done
        for domain in world.domains:
            world.publish(domain=domain)
        self.bring([self.gold(f"g-{domain}-{n}", domain=domain) for domain in world.domains for n in range(5)], "gold")

    def enrol(self, name: str) -> None:
        """Somebody with a secret name and login, a credential, and pay of their own."""
        world, word = self.world, self.told.secrets.word
        roles = ("adjudicator",) if name == "judge" else ()
        called = "Ada" if name == "adversary" else word("person", f"the name of {name}")
        actor = world.person(called, "expert", expert_roles=roles)
        executed = roster.execute_contract(
            world.cell, world.lead, actor.person, template=b"terms", executed_at=1, ip_assigned_at=1, key=new_key()
        )
        assert not isinstance(executed, Refused)
        is_cleared = name in ("second", "third")
        if is_cleared:
            until, why = world.clock() + 86_400_000_000, f"{word('clearance', f'why {name} is cleared')} asks for it."
            granted = routing.grant(
                world.cell, world.lead, actor.person, programme=PROGRAMME, until=until, reason=why, key=new_key()
            )
            assert isinstance(granted, routing.Granted), granted
        for domain in world.domains if is_cleared else world.domains[:1]:
            assert world.qualify(actor, domain).state == "qualified"
        self.cast[name] = actor
        self.told.cast[name] = actor.person
        if name == "adversary":
            return
        wish = CredentialWish(
            type="degree", method="document", details=Details(issuer=word("credential", f"who issued that of {name}"))
        )
        assert not isinstance(credential.declare(world.cell, actor, actor.person, wish, key=new_key()), Refused)
        added = pay.add(
            world.cell, world.lead, PROGRAMME, person=actor.person, amount=7, reason=word("pay", f"words to {name}"),
            reference=None, key=new_key(),
        )  # fmt: skip
        assert not isinstance(added, Refused), added

    def gold(self, name: str, **changes: object) -> dict[str, object]:
        """A gold item, whose key has words as well."""
        scores = {"reasoning": {"a": 4, "b": 3}, "concision": {"a": 4, "b": 3}}
        why = f"{self.told.secrets.word('key', f'why gold {name} is right')} says so."
        return self.pair(name, gold={"verdict": "a_clearly", "scores": scores, "rationale": why}, **changes)

    def pair(self, name: str, **changes: object) -> dict[str, object]:
        """An item of two answers."""
        return self.hidden(item_row(name), name) | changes

    def hidden(self, row: dict[str, object], name: str) -> dict[str, object]:
        """The row with secret words in every text, and in all that says where its candidates come from."""
        word = self.told.secrets.word
        row["id"] = word("name", f"the client's name of {name}") + f"-{name}"
        row["prompt"] = f"{word('text', f'the prompt of {name}', text_of=name)} {row['prompt']}"
        row["source"] = {"licence": word("licence", f"the licence of {name}")}
        candidates = row["candidates"]
        assert isinstance(candidates, list)
        row["candidates"] = [
            {
                "text": f"{word('text', f'a candidate of {name}', text_of=name)} {one['text']}",
                "model": word("model", f"who wrote candidate {n} of {name}"),
                "version": word("version", f"of candidate {n} of {name}"),
                "sampling": {"temperature": word("sampling", f"of candidate {n} of {name}")},
            }
            for n, one in enumerate(candidates)
        ]  # fmt: skip
        if not candidates:
            row["producer"] = {
                "model": word("model", f"who made the work in {name}"), "version": word("version", f"of {name}"),
                "sampling": {"temperature": word("sampling", f"of the work in {name}")},
            }  # fmt: skip
        return row

    def bring(self, rows: Sequence[dict[str, object]], purpose: str, *, batch: str = "") -> None:
        """Import rows in a batch and a file of secret names."""
        word = self.told.secrets.word
        wanted = items.Wanted(
            programme=PROGRAMME, name=word("file", "the file of an import") + ".jsonl",
            batch=batch or word("batch", f"the name of a batch of {purpose}"), purpose=purpose,
        )  # fmt: skip
        report = items.import_items(self.world.cell, self.world.lead, jsonl(list(rows)), wanted)
        assert isinstance(report, items.ImportReport), report
        assert report.problems == ()

    def work(self) -> None:
        """Items of every signal, sentinels, a reserve; the others judge, all of it or some."""
        world = self.world
        plain = [self.pair(f"w-{n}") for n in range(6)]
        signals = [row for name in SIGNALS for row in self.of_signal(name)[:1]]
        self.bring([*plain, *signals], "work")
        self.bring([self.pair(f"h-{n}", prompt=self.unseen(f"h-{n}")) for n in range(4)], "holdout")
        self.bring([self.gold(f"s-{n}") for n in range(40)], "gold")
        for row in self.of_signal("redteam"):
            self.bring([row | {"domain": "software"}], "work")
        sentinel.set_policy(world.cell, world.lead, PROGRAMME, OFTEN, key=new_key())
        self.judge("adversary")
        for number in count(1):
            if self.sentinels() >= SENTINELS:
                break
            self.bring([self.pair(f"w-{number}-{n}") for n in range(4)], "work")
            self.judge("adversary")

    def sentinels(self) -> int:
        """How many sentinels the adversary has judged."""
        asked = sa.text("SELECT count(*) FROM sentinel_answer WHERE expert = :me")
        with self.world.cell.read() as connection:
            return int(connection.execute(asked, {"me": self.cast["adversary"].person}).scalar_one())

    def unseen(self, name: str) -> str:
        return f"{self.told.secrets.word('holdout', f'the prompt of {name} in the reserve')} asks."

    def of_signal(self, name: str) -> list[dict[str, object]]:
        """Rows of a signal, and what is said of each."""
        found = []
        for row, content in rows_of(BY_NAME[name]):
            made = self.hidden(dict(row), str(row["id"]))
            given = made["candidates"]
            assert isinstance(given, list)
            own = Content(
                prompt=str(made["prompt"]), context=content.context, candidates=tuple(one["text"] for one in given),
                material=content.material,
            )  # fmt: skip
            signal = BY_NAME[name]
            self.answers[str(made["id"])] = own_answer(signal, own, signal.form(own, {}), len(self.answers))
            found.append(made)
        return found

    def judge(self, name: str, *, until: str = "") -> Task | None:
        """Somebody judges all that there is for them; or until they hold one item, which they are left with."""
        world, actor = self.world, self.cast[name]
        while isinstance(task := assignment.next_task(world.cell, actor, PROGRAMME), Task):
            world.clock.at += 7_000_001
            external, purpose = self.external(task.item)
            if until and external.endswith(f"-{until}") and purpose == "work":
                return task
            saved = judgment.submit(
                world.cell, actor, task.assignment, self.answer(task, name, external), key=new_key()
            )
            assert isinstance(saved, judgment.Saved), saved
        return None

    def external(self, item: str) -> tuple[str, str]:
        """What the client calls an item, and what it is for."""
        with self.world.cell.read() as connection:
            row = connection.execute(sa.select(ITEM.c.external, ITEM.c.purpose).where(ITEM.c.item == item)).one()
        return str(row.external), str(row.purpose)

    def answer(self, task: Task, name: str, external: str) -> Answer:
        """What somebody says of an item, with secret words in every writing unless they are the adversary."""
        self.said += 1
        who = f"{name} on {external}"
        words = "I see" if name == "adversary" else self.told.secrets.word("reason", f"the reason of {who}")
        reason = Reason(criterion="reasoning", text=f"{words} that step {self.said} of it follows.")
        if task.shown.signal == "preference":
            # Right on gold, or somebody's work would be stopped.
            is_given = external.endswith(f"-{HELD}") or "-s-" in external
            verdict = "a_clearly" if is_given else VERDICTS[self.said % len(VERDICTS)]
            return answer_of(shown_as(task, verdict), reasons=[reason], active_ms=100_000 + self.said)  # type: ignore[arg-type]  # a verdict
        said = shown_answer(task, self.answers[external])
        word = "Mine." if name == "adversary" else self.told.secrets.word("writing", f"what {who} wrote")
        marks = [mark.model_copy(update={"text": f"{mark.text} {word}"}) if mark.text else mark for mark in said.marks]
        texts = {key: f"{text} {word}" for key, text in said.texts.items()}
        return said.model_copy(update={"reasons": [reason], "marks": marks, "texts": texts})

    def session(self) -> None:
        """A batch falls short, and the adversary and another label some of it, each for themselves."""
        world, cell, word = self.world, self.world.cell, self.told.secrets.word
        names = [f"c-{n}" for n in range(6)]
        rows = [self.pair(name) for name in names]
        self.bring(rows, "work", batch="short")
        votes: list[dict[str, object]] = [
            {"item": row["id"], "rater": word("rater", "somebody elsewhere") if not n else f"{STEM}rater{rater}",
             "verdict": "a" if n < 3 or rater else "b", "rationale": word("reason", "of somebody elsewhere")}
            for n, row in enumerate(rows) for rater in range(REDUNDANCY)
        ]  # fmt: skip
        items.import_judgments(cell, world.lead, jsonl(votes), programme=PROGRAMME, name="v.jsonl", source="elsewhere")
        batches = gate.batches(cell, world.lead, PROGRAMME)
        assert isinstance(batches, list)
        batch = next(row.batch for row in batches if row.name == "short")
        gate.measure(cell, world.lead, batch, key=new_key())
        with cell.read() as connection:
            short = interventions.of_batch(connection, batch)[0].intervention
        diagnosing.diagnose(cell, world.lead, short, key=new_key())
        people = [self.cast[name].person for name in ("adversary", "third")]
        begun = calibration.open_session(cell, world.lead, short, participants=people, key=new_key())
        assert isinstance(begun, calibration.Opened), begun
        third = self.cast["third"]
        while isinstance(task := calibration.task(cell, third, begun.calibration), calibration.Task):
            reason = Reason(criterion="reasoning", text=f"{word('label', 'of third in the session')} is how it reads.")
            answer = answer_of("b_slightly", reasons=[reason])
            done = calibration.label(cell, third, begun.calibration, item=task.item, answer=answer, key=new_key())
            assert isinstance(done, calibration.Labelled), done

    def middle(self) -> None:
        """Others before and beside the adversary, a case that is settled, and a draft that is kept."""
        cell, word = self.world.cell, self.told.secrets.word
        self.bring([self.pair(HELD)], "work")
        self.judge("third")
        self.judge("adversary", until=HELD)
        held = self.judge("second", until=HELD)
        assert held is not None, "expected both to hold the same item"
        self.settle()
        judgment.save_draft(
            cell, self.cast["second"], held.assignment, {"reason-1-text": word("draft", "what second has not sent")}
        )
        mine = assignment.next_task(cell, self.cast["adversary"], PROGRAMME)
        assert isinstance(mine, Task)
        judgment.save_draft(cell, self.cast["adversary"], mine.assignment, {"reason-1-text": "I am not done."})

    def settle(self) -> None:
        """The adjudicator settles one case that the judgments opened, and holds another."""
        cell, judge, word = self.world.cell, self.cast["judge"], self.told.secrets.word
        queue = adjudication.queue(cell, judge, PROGRAMME)
        assert isinstance(queue, list)
        assert len(queue) >= 2, "expected judgments that divide"
        for number, case in enumerate(queue[:2]):
            adjudication.take(cell, judge, case.item, key=new_key())
            adjudication.case_page(cell, judge, case.item, key=new_key())
            if number == 0:
                remark = Feedback(
                    criterion="reasoning", what="ambiguous", words=word("notes", "of a case, to the rubric")
                )
                done = adjudication.preserve(
                    cell, judge, case.item, criteria=["reasoning"], feedback=[remark],
                    notes=f"{word('notes', 'of the adjudicator')} says why it is so.", key=new_key(),
                )  # fmt: skip
                assert isinstance(done, adjudication.Closed), done

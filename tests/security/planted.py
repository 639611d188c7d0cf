"""A served cell with marks planted in all of its content, and what has to be in the journal before a mark is shown."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import msgspec
import sqlalchemy as sa
from history_experts import PAY
from living_cell import PROGRAMME, World, answer_of, contract_text, gold_row, item_row, jsonl, shown_as
from served import Served, served_at
from starlette.types import Message, Receive, Scope, Send

from tallystick import api, web
from tallystick.app import (
    adjudication,
    assignment,
    calibration,
    contract,
    credential,
    escape,
    gate,
    items,
    judgment,
    pay,
    release,
    roster,
    screening,
)
from tallystick.app.access import Actor
from tallystick.app.intervention import diagnosing
from tallystick.app.items import ImportReport, Wanted
from tallystick.app.kernel import new_key
from tallystick.edge import Site
from tallystick.events.envelope import Envelope, open_entry
from tallystick.events.oversight import ContentAccessed
from tallystick.flow.adjudication import Feedback
from tallystick.flow.credential import Details
from tallystick.flow.credential import Wish as CredentialWish
from tallystick.flow.escape import Answer
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish
from tallystick.flow.screening import Proposal
from tallystick.ledger import journal
from tallystick.signals.shape import Reason
from tallystick.store import intervention as interventions

MARK = re.compile(r"MARK-(?:[A-Z]+)-(?:[a-z0-9]+)-END")


@dataclass(frozen=True)
class Rule:
    """What must be recorded before a mark is shown: one of these things of one of these subjects."""

    whats: frozenset[str]
    subjects: frozenset[str]


@dataclass(frozen=True)
class Heard:
    """An answer, with where the committed journal stood before the call and when the first byte went out."""

    response: httpx.Response
    before: int
    at_send: int


@dataclass
class Planted:
    """The cell, its people, the names that addresses need, and the rule of every mark."""

    served: Served
    beside: journal.Engine
    cast: dict[str, Actor] = field(default_factory=dict)
    names: dict[str, dict[str, str]] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    sent_at: list[int] = field(default_factory=list)

    @property
    def world(self) -> World:
        """The world behind the site."""
        return self.served.world

    def committed(self) -> int:
        """How many entries another connection than the cell's sees: those that are durable."""
        with journal.reading(self.beside) as connection:
            return journal.head(connection).next_seq

    def address(self, path: str, role: str) -> str:
        """A path with the names of what is there for this role; of what is not planted, one that nothing bears."""
        place = "session" if "/calibrations/" in path else role
        known = self.names["all"] | self.names.get(place, {})
        return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: known.get(found[1], "nothing"), path)

    def hear(self, role: str, method: str, path: str, *, kind: str, fields: dict[str, str] | None = None) -> Heard:
        """One call in a session of its own, so that no earlier look stands in for this one."""
        actor = self.cast[role]
        signed = self.served.session(actor, kind=kind)
        headers = {"Authorization": f"Bearer {signed.token}", "Idempotency-Key": new_key()}
        if kind == "page":
            headers = {"Cookie": f"tallystick={signed.token}", "Origin": "http://testserver"}
        data = {"csrf": signed.csrf} | (fields or {}) if kind == "page" and method != "GET" else None
        before = self.committed()
        self.sent_at.clear()
        response = self.served.http.request(method, path, headers=headers, data=data, follow_redirects=False)
        return Heard(response, before, self.sent_at[0])

    def looks(self, start: int, stop: int) -> list[tuple[Envelope, ContentAccessed]]:
        """The looks between two places of the journal."""
        with self.world.cell.read() as connection:
            found = [open_entry(entry) for _, entry in journal.read(connection, start, stop)]
        return [(e, msgspec.json.decode(e.body, type=ContentAccessed)) for e in found if e.kind == ContentAccessed.KIND]

    def complaints(self, role: str, heard: Heard) -> list[str]:
        """Marks in an answer that nothing in the journal accounts for, as it stood when the answer went out."""
        actor = self.cast[role]
        marks = sorted(set(MARK.findall(heard.response.text)))
        recorded = [
            (envelope, fact)
            for envelope, fact in self.looks(heard.before, heard.at_send)
            if envelope.by == actor.person
        ]
        wrong = [
            f"look {fact} in the role {envelope.role}, which {role} does not have"
            for envelope, fact in recorded
            if envelope.role not in actor.roles | actor.expert_roles
        ]
        told = [(fact.what, subject) for _, fact in recorded for subject in (fact.subject, *fact.subjects)]
        twice = {(f.subject, f.what, f.reason) for _, f in recorded}
        if len(twice) != len(recorded):
            wrong.append(f"expected one event for each look, found {len(recorded)} for {len(twice)}")
        for mark in marks:
            rule = self.rules[mark]
            if not any(what in rule.whats and subject in rule.subjects for what, subject in told):
                wrong.append(
                    f"{mark} is shown; expected {sorted(rule.whats)} of it in the journal before, found {told}"
                )
        return wrong


class _Sending:
    """The site, noting what is committed at the moment its first byte goes out."""

    def __init__(self, site: Site, planted: Planted) -> None:
        self._site = site
        self._planted = planted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._planted.sent_at.append(self._planted.committed())
            await send(message)

        await self._site(scope, receive, noted)


@contextmanager
def planted_at(url: str, directory: Path) -> Iterator[Planted]:
    """The cell with its marks; closed at the end."""
    with served_at(url, directory, mounts=(api.mount, web.mount), gold=False) as served:
        planted = Planted(served, journal.connect(url))
        inside = served.http._transport._inside  # type: ignore[attr-defined]  # noqa: SLF001 - the seam of the transport
        inside.app = _Sending(served.site, planted)
        _people(planted)
        _work(planted)
        _session(planted)
        _vouched(planted)
        _paid(planted)
        try:
            yield planted
        finally:
            planted.beside.dispose()


def _mark(kind: str, name: str) -> str:
    return f"MARK-{kind}-{name}-END"


def _rule(planted: Planted, mark: str, whats: set[str], subjects: set[str]) -> None:
    planted.rules[mark] = Rule(frozenset(whats), frozenset(subjects))


def _people(planted: Planted) -> None:
    world = planted.world
    world.bring([gold_row(f"g{n}", prompt=_mark("PROMPT", f"g{n}")) for n in range(5)], batch="gold", purpose="gold")
    for role in ("lead", "researcher", "auditor", "engineer"):
        planted.cast[role] = world.person(_mark("NAME", role), role)
    for name, expert_roles in (("expert", ()), ("second", ()), ("adjudicator", ("adjudicator",)), ("newcomer", ())):
        actor = world.person(_mark("NAME", name), "expert", expert_roles=expert_roles)
        roster.execute_contract(
            world.cell, world.lead, actor.person, template=b"terms", executed_at=1, ip_assigned_at=1, key=new_key()
        )
        if name != "newcomer":
            assert world.qualify(actor).state == "qualified"
        planted.cast[name] = actor
    for role, actor in planted.cast.items():
        subjects = {actor.person, "roster"} | ({actor.person} if role else set())
        _rule(planted, _mark("NAME", role), {"profile", "release"}, subjects)


def _work(planted: Planted) -> None:
    world, cell = planted.world, planted.world.cell
    rows = [
        item_row(
            f"w{n}", prompt=_mark("PROMPT", f"w{n}"),
            candidates=[
                {"text": f"{_mark('FIRST', f'w{n}')} is one.", "model": _mark("MODEL", f"w{n}")},
                {"text": f"{_mark('SECOND', f'w{n}')} is two.", "model": _mark("MODEL", f"w{n}")},
            ],
        )
        for n in range(5)
    ]  # fmt: skip
    bad = item_row("bad", domain=_mark("REPORT", "one"))
    report = items.import_items(
        cell,
        world.lead,
        jsonl([*rows, bad]),
        Wanted(programme=PROGRAMME, name="i.jsonl", batch="pilot", purpose="work"),
    )
    assert isinstance(report, ImportReport)
    _rule(planted, _mark("REPORT", "one"), {"import-report"}, {report.run})
    for verdict in ("a_clearly", "a_clearly", "a_clearly", "b_clearly"):
        for name in ("expert", "second"):
            _judge(planted, name, verdict if name == "second" else "a_clearly")
    world.measure()
    listed = items.items_page(cell, world.lead, PROGRAMME, batch=world.batch())
    assert isinstance(listed, items.ItemsPage)
    ids = {row.external: row.item for row in listed.rows}
    with cell.read() as connection:
        divided = connection.execute(sa.text("select item from disagreement")).scalar_one()
    adjudication.take(cell, planted.cast["adjudicator"], divided, key=new_key())
    settled = adjudication.settle(
        cell, planted.cast["adjudicator"], divided, verdict="a_clearly", criteria=["reasoning"],
        notes=_mark("NOTES", "one") + " says why it is so.", key=new_key(),
        feedback=[_remark()],
    )  # fmt: skip
    assert isinstance(settled, adjudication.Closed), settled
    assert not isinstance(
        items.unblind(cell, planted.cast["lead"], divided, reason=f"{_mark('WORDS', 'one')} to compare", key=new_key()),
        Refused,
    )
    wish = Wish(programme=PROGRAMME, name="made", version="1.0.0", use="train", batches=(world.batch(),))
    made = release.cut(cell, world.lead, wish, key=new_key())
    assert isinstance(made, release.Made), made
    cell.seal()
    _name(planted, ids=ids, divided=divided, made=made.release, run=report.run)


def _judge(planted: Planted, name: str, verdict: str) -> None:
    world, actor = planted.world, planted.cast[name]
    task = world.task(actor)
    number = f"{name}{task.shown.prompt.split('-')[2]}"
    words = f"{_mark('REASON', number)} is what step {number} of it shows, {hash(number) % 997} times."
    answer = answer_of(shown_as(task, verdict), reasons=[Reason(criterion="reasoning", text=words)])  # type: ignore[arg-type]  # a verdict
    saved = judgment.submit(world.cell, actor, task.assignment, answer, key=new_key())
    assert isinstance(saved, judgment.Saved), saved
    planted.rules[_mark("REASON", number)] = Rule(frozenset({"record", "judgments"}), frozenset({task.item}))


def _session(planted: Planted) -> None:
    """A batch that falls short, and a calibration session about it with words of both experts and of the lead."""
    world, cell = planted.world, planted.world.cell
    short: list[dict[str, object]] = [
        item_row(f"s{n}", prompt=_mark("PROMPT", f"s{n}"), candidates=[
            {"text": f"{_mark('FIRST', f's{n}')} is one."}, {"text": f"{_mark('SECOND', f's{n}')} is two."},
        ])
        for n in range(6)
    ]  # fmt: skip
    wanted = Wanted(programme=PROGRAMME, name="short.jsonl", batch="short")
    assert isinstance(items.import_items(cell, world.lead, jsonl(short), wanted), ImportReport)
    votes: list[dict[str, object]] = [
        {"item": f"s{n}", "rater": f"rater-{rater}", "verdict": "a" if n < 3 or rater else "b"}
        for n in range(6)
        for rater in range(2)
    ]
    items.import_judgments(cell, world.lead, jsonl(votes), programme=PROGRAMME, name="v.jsonl", source="elsewhere")
    rows = gate.batches(cell, world.lead, PROGRAMME)
    assert isinstance(rows, list)
    batch = next(row.batch for row in rows if row.name == "short")
    gate.measure(cell, world.lead, batch, key=new_key())
    with cell.read() as connection:
        opened = interventions.of_batch(connection, batch)[0].intervention
    diagnosing.diagnose(cell, world.lead, opened, key=new_key())
    people = [planted.cast[name].person for name in ("expert", "second")]
    begun = calibration.open_session(cell, world.lead, opened, participants=people, key=new_key())
    assert isinstance(begun, calibration.Opened), begun
    _label(planted, begun)
    listed = items.items_page(cell, world.lead, PROGRAMME, batch=batch)
    assert isinstance(listed, items.ItemsPage)
    for row in listed.rows:
        for kind in ("PROMPT", "FIRST", "SECOND"):
            _rule(planted, _mark(kind, row.external), {"item", "record", "judgments", "labels"}, {row.item})
    planted.names["all"] |= {"intervention": opened, "number": "1", "calibration_id": begun.calibration}
    planted.names["session"] = {"item": begun.items[0]}


def _label(planted: Planted, begun: calibration.Opened) -> None:
    cell, name = planted.world.cell, begun.calibration
    for who in ("expert", "second"):
        actor = planted.cast[who]
        while isinstance(task := calibration.task(cell, actor, name), calibration.Task):
            words = _mark("LABEL", f"{who}{task.number}")
            _rule(planted, words, {"labels"}, {task.item})
            reason = Reason(criterion="reasoning", text=f"{words} is how it reads.")
            calibration.label(cell, actor, name, item=task.item, answer=answer_of(reasons=[reason]), key=new_key())
    calibration.reveal(cell, planted.cast["lead"], name, key=new_key())
    told = {kind: _mark(kind, "session") for kind in ("MARKED", "EXAMPLE", "ANSWER")}
    for words in told.values():
        _rule(planted, words, {"words"}, {name})
    new = calibration.NewMark("task", 0, 7, "ambiguous", f"{told['MARKED']} can be read twice.")
    assert isinstance(calibration.mark(cell, planted.cast["expert"], name, new, key=new_key()), calibration.Marked)
    worked = calibration.NewExample(
        "a", "reasoning", 2, "A leap", f"{told['EXAMPLE']} was seen.", "It leaves a gap that nobody can follow."
    )
    said = calibration.propose(cell, planted.cast["second"], name, begun.items[0], new=worked, key=new_key())
    assert isinstance(said, calibration.Proposed), said
    answer = f"{told['ANSWER']} says the question."
    calibration.answer(cell, planted.cast["lead"], name, 1, answer="kept", words=answer, key=new_key())


def _vouched(planted: Planted) -> None:
    """A credential with evidence, and a disqualifier that its person has answered; nothing is decided."""
    cell, who = planted.world.cell, planted.cast["expert"]
    told = {kind: _mark(kind, "one") for kind in ("ISSUER", "EVIDENCE", "POINTED", "SAID")}
    whats = {"ISSUER": "credential", "EVIDENCE": "evidence", "POINTED": "screening", "SAID": "screening"}
    for kind, words in told.items():
        _rule(planted, words, {whats[kind]}, {who.person})
    wish = CredentialWish(type="degree", method="document", details=Details(issuer=told["ISSUER"]))
    declared = credential.declare(cell, who, who.person, wish, key=new_key())
    assert isinstance(declared, credential.Declared), declared
    file = credential.EvidenceFile("degree.txt", told["EVIDENCE"].encode())
    credential.add_evidence(cell, who, declared.credential, file, key=new_key())
    proposal = Proposal(person=who.person, ground="licence-revoked", evidence=told["POINTED"])
    proposed = screening.propose(cell, planted.world.lead, [proposal], key=new_key())
    assert isinstance(proposed, screening.Proposed), proposed
    (name,) = proposed.disqualifiers
    screening.answer(cell, who, name, words=told["SAID"], key=new_key())
    planted.names["all"] |= {"credential_id": declared.credential, "disqualifier": name}


def _paid(planted: Planted) -> None:
    """Pay terms that all experts accepted, and an amount that was added with words."""
    world, who = planted.world, planted.cast["expert"]
    text = contract_text("1.1.0") + PAY
    done = contract.bring_into_force(world.cell, world.lead, text=text, name="contract.yaml", key=new_key())
    assert isinstance(done, contract.ContractInForce), done
    for name in ("expert", "second", "adjudicator", "newcomer"):
        world.accept_pay(planted.cast[name])
    _rule(planted, _mark("ADDED", "one"), {"words"}, {who.person})
    added = pay.add(
        world.cell, world.lead, PROGRAMME, person=who.person, amount=1, reason=_mark("ADDED", "one"), reference=None,
        key=new_key(),
    )  # fmt: skip
    assert not isinstance(added, Refused), added
    found = pay.overview(world.cell, world.lead, PROGRAMME)
    assert isinstance(found, pay.Overview)
    planted.names["all"] |= {"period": found.period.name, "file": "lines.csv"}


def _remark() -> Feedback:
    return Feedback(criterion="reasoning", what="ambiguous", words=_mark("REMARK", "one") + " can be read twice.")


def _look_again(planted: Planted) -> str:
    """Two finished items are drawn: one is found defective, in words; the other is held, and named."""
    cell, lead, who = planted.world.cell, planted.world.lead, planted.cast["adjudicator"]
    for kind in ("REMARK", "DEFECT"):
        _rule(planted, _mark(kind, "one"), {"words"}, {PROGRAMME})
    assert isinstance(escape.draw(cell, lead, PROGRAMME, wanted={"medium": 2}, key=new_key()), escape.Drawn)
    first = escape.next_review(cell, who, PROGRAMME, key=new_key())
    assert isinstance(first, str)
    notes = f"{_mark('DEFECT', 'one')} is what is wrong with it."
    wrong = Answer(is_defect=True, severity="high", cause="rater_error", failure="padding", notes=notes)
    assert isinstance(escape.answer(cell, who, first, wrong, key=new_key()), escape.Answered)
    second = escape.next_review(cell, who, PROGRAMME, key=new_key())
    assert isinstance(second, str)
    return second


def _name(planted: Planted, *, ids: dict[str, str], divided: str, made: str, run: str) -> None:
    world, cell = planted.world, planted.world.cell
    held = assignment.next_task(cell, planted.cast["expert"], PROGRAMME)
    assert isinstance(held, assignment.Task), held
    judgment.save_draft(cell, planted.cast["expert"], held.assignment, {"reason-1-text": _mark("DRAFT", "work")})
    begun = roster.start_qualification(
        cell, planted.cast["newcomer"], programme=PROGRAMME, rubric="general", key=new_key()
    )
    assert isinstance(begun, roster.Started), begun
    gold = roster.gold_task(cell, planted.cast["newcomer"], begun.qualification)
    assert isinstance(gold, roster.GoldTask)
    judgment.save_draft(
        cell, planted.cast["newcomer"], f"{begun.qualification}|{gold.item}",
        {"reason-1-text": _mark("DRAFT", "gold")},
    )  # fmt: skip
    _rule(planted, _mark("DRAFT", "work"), {"item"}, {held.item})
    _rule(planted, _mark("DRAFT", "gold"), {"item"}, {gold.item})
    golds = items.items_page(cell, world.lead, PROGRAMME, limit=100)
    assert isinstance(golds, items.ItemsPage)
    ids |= {row.external: row.item for row in golds.rows}
    for external, item in ids.items():
        for kind in ("PROMPT", "FIRST", "SECOND"):
            _rule(planted, _mark(kind, external), {"item", "record", "judgments", "release"}, {item, made})
        _rule(planted, _mark("MODEL", external), {"identities", "release"}, {item, made})
    for mark, rule in list(planted.rules.items()):
        if mark.startswith("MARK-REASON"):
            planted.rules[mark] = Rule(rule.whats | {"release"}, rule.subjects | {made})
    _rule(planted, _mark("NOTES", "one"), {"record", "judgments", "release"}, {divided, made})
    _rule(planted, _mark("WORDS", "one"), {"words"}, {"cell"})
    batches = gate.batches(cell, world.lead, PROGRAMME)
    assert isinstance(batches, list)
    for mark, rule in list(planted.rules.items()):
        if mark.startswith("MARK-NAME"):
            planted.rules[mark] = Rule(rule.whats, rule.subjects | {world.batch()})
    planted.names = {
        "all": {
            "programme": PROGRAMME, "rubric_id": "general", "version": "1.0.0", "item": divided, "seq": "1",
            "person": planted.cast["expert"].person, "batch": world.batch(), "release_id": made, "run": run,
            "path": "data/records.jsonl", "erasure_id": "ers-none", "holder": "none",
            "work": held.assignment, "qualification": begun.qualification, "judgment_id": "jdg-none",
            "model": "mdl-none", "expert": planted.cast["expert"].person, "place": "1", "drawn": _look_again(planted),
        },
    }  # fmt: skip

"""Judgments made elsewhere: taken in with their own rater ids and times, marked as imported and not observed."""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from tallystick import canon
from tallystick.app import access
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.items.importing import CHUNK, ImportReport, finish, run_id
from tallystick.app.items.reading import Row, rows
from tallystick.app.kernel import Command, Decision, Transaction
from tallystick.events.envelope import Event
from tallystick.events.judgment import JudgmentImported
from tallystick.events.roster import PersonEnrolled
from tallystick.flow import adjudication
from tallystick.flow import items as flow
from tallystick.flow.document import Problem
from tallystick.flow.items import JudgmentRow
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric
from tallystick.store import contract as contracts
from tallystick.store import items, judgment, roster
from tallystick.store import schema as tables


@dataclass(frozen=True, slots=True)
class _Good:
    line: int
    row: JudgmentRow


def import_judgments(
    cell: Cell, actor: Actor, data: bytes, *, programme: str, name: str, source: str
) -> ImportReport | Refused:
    """Import a file of judgments on items that are here.

    source  who made them, in a word or two; it stays with every record for ever
    """
    if not access.allows(actor, "item.import"):
        return access.ABSENT
    if not 1 <= len(source.strip()) <= 100:
        return Refused("source-missing", "Say in 1 to 100 characters where the judgments come from.", "source")
    with cell.read() as connection:
        row = contracts.programme(connection, programme)
        if row is None:
            return access.ABSENT
        in_force = cell.rubrics_in_force(connection, programme)
    found = rows(name, data)
    if isinstance(found, Refused):
        return found
    file_digest = canon.digest(data)
    run = run_id(["judgments", programme, source, file_digest])
    job = _Job(cell, actor, programme, name, source, run, row.version, in_force)
    return job.carry_out(found, file_digest)


@dataclass(frozen=True, slots=True)
class _Job:
    """One file on its way in."""

    cell: Cell
    actor: Actor
    programme: str
    name: str
    source: str
    run: str
    contract_version: str
    in_force: dict[str, Rubric]

    def carry_out(self, found: Iterator[Row | Problem], file_digest: str) -> ImportReport | Refused:
        """Good rows come in, a thousand to a transaction; bad ones are listed."""
        total, accepted, problems = 0, 0, list[Problem]()
        for number, chunk in enumerate(iter(lambda: list(islice(found, CHUNK)), [])):
            total += len(chunk)
            good = []
            for row in chunk:
                checked = [row] if isinstance(row, Problem) else self._read(row)
                if isinstance(checked, list):
                    problems += checked
                else:
                    good.append(_Good(row.line or 0, checked))
            done = self._write(number, good)
            if isinstance(done, Refused):
                return done
            accepted += len(done[0])
            problems += [done[1].get(g.line) or self._unknown(g) for g in good if g.line not in done[0]]
        problems.sort(key=lambda problem: problem.line or 0)
        return finish(
            self.cell, self.actor, run=self.run, programme=self.programme, what="judgments", problems=problems,
            file_digest=file_digest, total=total, accepted=accepted,
        )  # fmt: skip

    def _read(self, row: Row) -> JudgmentRow | list[Problem]:
        return flow.read_judgment(row.data, line=row.line, name=self.name)

    def _write(self, number: int, good: list[_Good]) -> tuple[set[int], dict[int, Problem]] | Refused:
        """Write one chunk: the lines that came in, and the problems of those that did not."""
        problems: dict[int, Problem] = {}
        if not good:
            return set(), problems
        request = canon.encode([self.run, number])
        key = f"import|{self.run}|{number}"
        answer = self.cell.execute(
            Command(self.actor, "item.import", key, request, lambda tx: self._decide(tx, good, problems))
        )
        if isinstance(answer, Refused):
            return answer
        return {fact.row for fact in answer.facts if isinstance(fact, JudgmentImported)}, problems

    def _decide(self, tx: Transaction, good: list[_Good], problems: dict[int, Problem]) -> Decision:
        known = items.by_external(tx.connection, self.programme, sorted({g.row.item for g in good}))
        works = {row.item: items.work(tx.connection, row.item) for row in known.values()}
        before = judgment.of_items(tx.connection, [row.item for row in known.values()])
        raters: dict[str, str] = {}
        people: list[Event] = []
        facts: list[JudgmentImported] = []
        given: dict[str, list[tuple[str, str]]] = {
            item: [(j.expert, j.verdict) for j in listed] for item, listed in before.items()
        }
        for g in good:
            row = known.get(g.row.item)
            problem = self._problem(g, row, works.get(row.item) if row else None, given, self._person(g.row.rater))
            if problem or row is None:
                problems[g.line] = problem or self._unknown(g)
                continue
            if g.row.rater not in raters:
                raters[g.row.rater] = self._person(g.row.rater)
                people += self._enrol(tx, g.row.rater, raters[g.row.rater])
            facts.append(self._fact(tx, g, row, raters[g.row.rater]))
            given[row.item].append((raters[g.row.rater], g.row.verdict))
        return [*people, *facts, *self._divided(known, works, before, given)]

    def _person(self, rater: str) -> str:
        """One pseudonym for one rater of one source, the same at every import."""
        secret = self.cell.order_seed
        return canon.identifier("per", hmac.digest(secret, canon.encode([self.source, rater]), hashlib.sha256))

    def _problem(
        self, good: _Good, row: tables.Row | None, work: tables.Row | None, given: dict[str, list[tuple[str, str]]],
        person: str,
    ) -> Problem | None:  # fmt: skip
        if row is None or work is None:
            return self._unknown(good)
        said = given[row.item]
        if any(expert == person for expert, _ in said):
            found = f"a second one by {good.row.rater}"
            return self._at(good, "rater", expected="one judgment by each rater", found=found, fix="Remove one.")
        if len(said) >= work.needed:
            expected = f"an item that lacks judgments (it takes {work.needed})"
            return self._at(good, "item", expected=expected, found="a complete one", fix="Raise the redundancy first.")
        rubric = self.in_force.get(row.domain)
        if rubric is None:
            return self._at(good, "item", expected="a domain with a rubric", found=row.domain, fix="Publish a rubric.")
        strange = sorted((set(good.row.scores) | set(good.row.reasons)) - set(rubric.by_id))
        if strange:
            known = ", ".join(rubric.by_id)
            return self._at(good, "scores", expected=f"criteria {known}", found=strange[0], fix="Correct the name.")
        return None

    def _unknown(self, good: _Good) -> Problem:
        expected = "the id of a work item of this programme"
        return self._at(good, "item", expected=expected, found=good.row.item, fix="Import the items first.")

    def _at(self, good: _Good, field: str, *, expected: str, found: str, fix: str) -> Problem:
        return flow.row_problem(self.name, good.line, field, expected=expected, found=found, fix=fix)

    def _enrol(self, tx: Transaction, rater: str, person: str) -> list[Event]:
        if roster.person(tx.connection, person) is not None:
            return []
        profile = canon.encode({"name": rater, "note": f"Rater of the source {self.source}."})
        sealed = tx.seal(profile, scope=f"person:{person}")
        return [
            PersonEnrolled(person=person, roles=[], expert_roles=[], origin="imported", simulated=False, profile=sealed)
        ]

    def _fact(self, tx: Transaction, good: _Good, row: tables.Row, person: str) -> JudgmentImported:
        rubric, said = self.in_force[row.domain], good.row
        rationale = None
        if said.rationale:
            reasons = [
                {"citation": None, "criterion": criterion, "quote": None, "text": said.rationale}
                for criterion in (said.reasons or ("",))
            ]
            rationale = tx.seal(canon.encode({"reasons": reasons}), scope=f"person:{person}")
        return JudgmentImported(
            judgment=tx.new_id("jdg"), item=row.item, programme=self.programme, batch=row.batch, expert=person,
            signal=row.signal, rubric=rubric.id, rubric_version=rubric.version,
            contract_version=self.contract_version, verdict=said.verdict,
            scores={name: {"a": points.a, "b": points.b} for name, points in said.scores.items()},
            reasons=list(said.reasons), rationale=rationale, made_at=said.made_at, source=self.source,
            row=good.line, run=self.run, is_pre_contract=True,
        )  # fmt: skip

    def _divided(
        self, known: dict[str, tables.Row], works: dict[str, tables.Row | None],
        before: dict[str, list[tables.Row]], given: dict[str, list[tuple[str, str]]],
    ) -> list[Event]:  # fmt: skip
        """Disagreements on items that these judgments complete."""
        found: list[Event] = []
        for row in known.values():
            work = works[row.item]
            if work is None or not len(before[row.item]) < work.needed <= len(given[row.item]):
                continue
            opened = adjudication.opened(
                row.item, programme=self.programme, batch=row.batch, verdicts=[v for _, v in given[row.item]],
                needed=work.needed, is_expected=bool(row.is_disagreement_expected),
            )  # fmt: skip
            found += [opened] if opened else []
        return found

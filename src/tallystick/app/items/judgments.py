"""Judgments made elsewhere: taken in with their own rater ids and times, marked as imported and not observed."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from tallystick import canon
from tallystick.app import access
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.contract import closed
from tallystick.app.items import forms
from tallystick.app.items.importing import CHUNK, ImportReport, finish, not_importable, run_id
from tallystick.app.items.reading import Row, rows
from tallystick.app.judgment import detailed, divided, words_bytes
from tallystick.app.kernel import Command, Decision, Transaction
from tallystick.events.envelope import Event
from tallystick.events.judgment import JudgmentImported
from tallystick.events.roster import PersonEnrolled
from tallystick.flow import items as flow
from tallystick.flow.document import Problem
from tallystick.flow.items import JudgmentRow
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric
from tallystick.ledger import journal
from tallystick.signals.shape import Answer
from tallystick.store import contract as contracts
from tallystick.store import erasure, items, judgment, roster, standing
from tallystick.store import schema as tables


@dataclass(frozen=True, slots=True)
class _Good:
    line: int
    row: JudgmentRow
    said: Answer  # what the row says, in the item's own letters


@dataclass(frozen=True, slots=True)
class _SortedOut:
    """Rows against the state of the cell. By item: (expert, verdict) `before` these rows, and `given` with them.

    Those are of judgments that stand, held ones among them. `over` has everybody whose judgment on an item was set
    aside: somebody else judges it again.
    """

    known: dict[str, tables.Row]
    works: dict[str, tables.Row | None]
    before: dict[str, list[tuple[str, str]]]
    over: frozenset[tuple[str, str]]
    given: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    placed: list[tuple[_Good, tables.Row, str]] = field(default_factory=list)
    problems: dict[int, Problem] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()  # items whose content was erased


def import_judgments(
    cell: Cell, actor: Actor, data: bytes, *, programme: str, name: str, source: str
) -> ImportReport | Refused:
    """Import a file of judgments on items that are here.

    source  who made them, in a word or two; it stays with every record for ever
    """
    if not access.allows(actor, "item.import"):
        return access.ABSENT
    source = one_spelling(source)
    if not 1 <= len(source) <= 100 or not source.isprintable():
        return Refused("source-missing", "Say in 1 to 100 characters where the judgments come from.", "source")
    with cell.read() as connection:
        row = contracts.programme(connection, programme)
        if row is None:
            return access.ABSENT
        in_force = cell.rubrics_in_force(connection, programme)
        # Once other items are here, the same file is another import: what it could not place may have its place now.
        seen = [r.run for r in items.runs(connection, programme) if r.what == "items"][:1]
        others = items.sources_of_file(connection, programme, canon.digest(data)) - {source}
    if others:
        # The same votes under two names would be raters who always agree with themselves.
        sentence = f"This file is here already, from the source {min(others)}: bring it once, under one name."
        return Refused("file-of-another-source", sentence, "source", tuple(sorted(others)))
    found = rows(name, data)
    if isinstance(found, Refused):
        return found
    file_digest = canon.digest(data)
    run = run_id(["judgments", actor.person, programme, source, file_digest, row.version, *seen])
    job = _Job(cell, actor, programme, name, source, run, row.version, in_force)
    return job.carry_out(found, file_digest)


def one_spelling(name: str) -> str:
    """A name as it is compared: one person under two spellings would be two judges who always agree."""
    return " ".join(unicodedata.normalize("NFKC", name).split())


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
            good = self._formed(chunk, problems)
            if isinstance(good, Refused):
                return good
            done = self._write(number, good)
            if isinstance(done, Refused):
                return done
            accepted += len(done[0])
            problems += [done[1].get(g.line) or self._unknown(g) for g in good if g.line not in done[0]]
        problems.sort(key=lambda problem: problem.line or 0)
        return finish(
            self.cell, self.actor, run=self.run, programme=self.programme, what="judgments", problems=problems,
            file_digest=file_digest, total=total, accepted=accepted, name=self.name, source=self.source,
        )  # fmt: skip

    def _formed(self, chunk: list[Row | Problem], problems: list[Problem]) -> list[_Good] | Refused:
        """The rows of a chunk that fit the forms of their items; what is wrong with the others goes to `problems`."""
        checked: dict[int, JudgmentRow] = {}
        for row in chunk:
            found = [row] if isinstance(row, Problem) else flow.read_judgment(row.data, line=row.line, name=self.name)
            if isinstance(found, list):
                problems += found
            else:
                checked[row.line or 0] = found
        read = forms.read(
            self.cell, self.actor, checked, programme=self.programme, run=self.run, in_force=self.in_force
        )
        if isinstance(read, Refused):
            return read
        for line, one in read.items():
            if one.fault:
                wrong = flow.row_problem(
                    self.name, line, one.fault.field, expected=one.fault.sentence, found="another answer",
                    fix="Correct the row.",
                )  # fmt: skip
                problems.append(wrong)
        return [_Good(line, checked[line], one.answer) for line, one in read.items() if one.fault is None]

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
        if answer.is_repeat:
            # Written before a crash: the reasons of the rows that stayed out follow from the state of that moment.
            with self.cell.read() as connection:
                problems = self._sorted_out(connection, good, upto=answer.first_seq).problems
        return {fact.row for fact in answer.facts if isinstance(fact, JudgmentImported)}, problems

    def _decide(self, tx: Transaction, good: list[_Good], problems: dict[int, Problem]) -> Decision:
        ended = not_importable(self.cell, tx.connection, self.actor, self.programme, run=self.run)
        ended = ended or closed(tx.connection, self.programme)
        if ended:
            return ended
        sorted_out = self._sorted_out(tx.connection, good, upto=tx.seq)
        problems.update(sorted_out.problems)
        raters = {person: one_spelling(g.row.rater) for g, _, person in sorted_out.placed}
        people = [event for person, rater in raters.items() for event in self._enrol(tx, rater, person)]
        facts = [self._fact(tx, g, row, person) for g, row, person in sorted_out.placed]
        beyond = [
            one
            for fact, (g, _, _) in zip(facts, sorted_out.placed, strict=True)
            for one in detailed(fact, g.said.values, g.said.marks)
        ]
        return [*people, *facts, *beyond, *self._divided(tx, sorted_out)]

    def _sorted_out(self, connection: journal.Connection, good: list[_Good], *, upto: int) -> _SortedOut:
        """Which rows have a place, and why the others have none, as of one place of the journal."""
        known = items.by_external(connection, self.programme, sorted({g.row.item for g in good}))
        works = {row.item: items.work(connection, row.item) for row in known.values()}
        before = judgment.of_items(connection, [row.item for row in known.values()])
        earlier = [j for listed in before.values() for j in listed if j.seq < upto]
        aside = standing.aside(connection, [j.judgment for j in earlier], upto=upto)
        stood: dict[str, list[tables.Row]] = {item: [] for item in before}
        for j in earlier:
            stood[j.item] += [] if j.judgment in aside else [j]
        found = _SortedOut(
            known, works, {item: [(j.expert, j.verdict) for j in listed] for item, listed in stood.items()},
            over=frozenset((j.item, j.expert) for j in earlier if j.judgment in aside),
            gone=_gone(connection, known),
        )  # fmt: skip
        found.given.update({item: list(listed) for item, listed in found.before.items()})
        persons = {rater: self._person(connection, rater) for rater in sorted({g.row.rater for g in good})}
        barred = erasure.erased_of(connection, sorted(f"person:{person}" for person in persons.values()))
        for g in good:
            row, person = known.get(g.row.item), persons[g.row.rater]
            work = works.get(row.item) if row else None
            problem = self._problem(g, row, work, given=found.given, person=person)
            if row is not None and row.item in found.gone:
                problem = self._erased(g)
            elif f"person:{person}" in barred:
                problem = self._barred(g)
            elif row is not None and (row.item, person) in found.over:
                problem = self._set_aside(g)
            if problem or row is None:
                found.problems[g.line] = problem or self._unknown(g)
                continue
            found.placed.append((g, row, person))
            found.given[row.item].append((person, g.said.verdict))
        return found

    def _person(self, connection: journal.Connection, rater: str) -> str:
        """One pseudonym for one rater of one source, the same at every import.

        Keyed by a secret of the vault: with the journal's own seed, which is public, rater ids could be guessed.
        """
        named = canon.encode([self.source, one_spelling(rater)])
        keyed = self.cell.vault.keyed_digest(connection, named, scope=f"programme:{self.programme}")
        return canon.identifier("per", bytes.fromhex(keyed))

    def _problem(
        self, good: _Good, row: tables.Row | None, work: tables.Row | None, *,
        given: dict[str, list[tuple[str, str]]], person: str,
    ) -> Problem | None:  # fmt: skip
        if row is None or work is None:
            return self._unknown(good)
        said = given[row.item]
        if any(expert == person for expert, _ in said):
            found = f"a second one by {good.row.rater}"
            return self._at(good, "rater", expected="one judgment by each rater", found=found, fix="Remove one.")
        if len(said) + work.leased >= work.needed:
            return self._full(good, work, said=len(said))
        rubric = self.in_force.get(row.domain)
        if rubric is None:
            return self._at(good, "item", expected="a domain with a rubric", found=row.domain, fix="Publish a rubric.")
        strange = sorted((set(good.row.scores) | set(good.row.reasons)) - set(rubric.by_id))
        if strange:
            known = ", ".join(rubric.by_id)
            return self._at(good, "scores", expected=f"criteria {known}", found=strange[0], fix="Correct the name.")
        return self._off_scale(good, rubric)

    def _off_scale(self, good: _Good, rubric: Rubric) -> Problem | None:
        """A score that the rubric does not have could be measured by nobody, and would block its whole batch."""
        for criterion, points in good.row.scores.items():
            scale = rubric.by_id[criterion].scale
            wrong = [score for score in points.values() if not scale.low <= score <= scale.high]
            if wrong:
                expected, fix = f"a score from {scale.low} to {scale.high}", "Bring it onto the rubric's scale."
                return self._at(good, f"scores.{criterion}", expected=expected, found=str(wrong[0]), fix=fix)
        return None

    def _full(self, good: _Good, work: tables.Row, *, said: int) -> Problem:
        expected, found, fix = "an item that lacks judgments", "a complete one", "Raise the redundancy first."
        if said < work.needed:
            found, fix = "one whose last places experts hold now", "Bring the row again when they are done."
        return self._at(good, "item", expected=f"{expected} (it takes {work.needed})", found=found, fix=fix)

    def _erased(self, good: _Good) -> Problem:
        expected, fix = "an item with its content", "Leave the row out: nothing about it is taken in any more."
        return self._at(good, "item", expected=expected, found="one that was erased", fix=fix)

    def _barred(self, good: _Good) -> Problem:
        expected, fix = "a rater who was not erased", "Leave the row out: nobody acts under that pseudonym any more."
        return self._at(good, "rater", expected=expected, found="one who was", fix=fix)

    def _set_aside(self, good: _Good) -> Problem:
        found, fix = "one whose judgment on it was set aside", "Leave the row out: somebody else judges it again."
        return self._at(good, "rater", expected="a rater who has not judged this item", found=found, fix=fix)

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
        if said.rationale or said.marks or said.texts:
            reasons = [
                {"citation": None, "criterion": criterion, "quote": None, "text": said.rationale}
                for criterion in (said.reasons or ("",)) if said.rationale
            ]  # fmt: skip
            closers = [f"person:{person}", f"run:{self.run}"]
            rationale = tx.seal(words_bytes(reasons, said.marks, said.texts), scope=f"run:{row.run}", subjects=closers)
        return JudgmentImported(
            judgment=tx.new_id("jdg"), item=row.item, programme=self.programme, batch=row.batch, expert=person,
            signal=row.signal, rubric=rubric.id, rubric_version=rubric.version,
            contract_version=self.contract_version, verdict=good.said.verdict,
            scores={name: dict(points) for name, points in said.scores.items()},
            reasons=list(dict.fromkeys(said.reasons)), rationale=rationale, made_at=said.made_at, source=self.source,
            row=good.line, run=self.run, is_pre_contract=True,
        )  # fmt: skip

    def _divided(self, tx: Transaction, sorted_out: _SortedOut) -> list[Event]:
        """Disagreements on items that these judgments complete."""
        found: list[Event] = []
        for row in sorted_out.known.values():
            work = sorted_out.works[row.item]
            before, given = sorted_out.before[row.item], sorted_out.given[row.item]
            if work is not None and len(before) < work.needed <= len(given):
                found += divided(tx, row, [verdict for _, verdict in given[len(before) :]])
        return found


def _gone(connection: journal.Connection, known: dict[str, tables.Row]) -> frozenset[str]:
    gone = erasure.erased_of(connection, [row.content for row in known.values()])
    return frozenset(row.item for row in known.values() if row.content in gone)

"""Bring items in: good rows become events and vault objects, bad ones are listed with line and reason."""

import hashlib
from collections.abc import Container, Iterator
from dataclasses import dataclass
from itertools import islice

import msgspec

from tallystick import canon
from tallystick.app import access, erased
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.contract import closed, unreadable
from tallystick.app.erased import Gone
from tallystick.app.items.reading import Row, rows
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.looking import About
from tallystick.app.roster import known_person
from tallystick.events.assignment import ItemAuthored
from tallystick.events.envelope import Event
from tallystick.events.items import BatchOpened, ImportFinished, ItemImported, ItemShaped
from tallystick.flow import items as flow
from tallystick.flow.document import Problem
from tallystick.flow.erasure import words as words_of
from tallystick.flow.items import PURPOSES, ItemRow
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric
from tallystick.ledger import journal
from tallystick.signals.preference import SIGNAL as PAIR
from tallystick.store import contract as contracts
from tallystick.store import erasure, items, judgment, routing, welfare
from tallystick.store import rubric as rubrics
from tallystick.store import schema as tables

CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a file. `problems` is complete and in the order of the lines."""

    run: str
    what: str
    rows: int
    accepted: int
    problems: tuple[Problem, ...]
    receipt: Receipt

    @property
    def rejected(self) -> int:
        """Rows that did not come in."""
        return self.rows - self.accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How a file of items is to come in."""

    programme: str
    name: str  # of the file, as its owner knows it
    batch: str
    purpose: str = "work"
    is_strict: bool = False


@dataclass(frozen=True, slots=True)
class _Good:
    line: int
    row: ItemRow
    rubric: Rubric  # in force in its domain


def import_items(cell: Cell, actor: Actor, data: bytes, wanted: Wanted) -> ImportReport | list[Problem] | Refused:
    """Import a file of items. The same file again, also after a crash in the middle, gives the same report.

    Returns all problems, with nothing written, when `is_strict` and there is one.
    """
    if not access.allows(actor, "item.import"):
        return access.ABSENT
    refused = _check(wanted)
    if refused:
        return refused
    with cell.read() as connection:
        if contracts.programme(connection, wanted.programme) is None:
            return access.ABSENT
        named = [row for row in items.batches(connection, wanted.programme) if row.name == wanted.batch]
        mixed = [closed(connection, wanted.programme), *(_mixed(row, wanted) for row in named)]
        in_force = cell.rubrics_in_force(connection, wanted.programme)
        categories = [row.category for row in welfare.categories(connection, wanted.programme)]
        rules = routing.rules(connection, wanted.programme)
        versions = [f"{r.rubric} {r.version}" for r in rubrics.of_programme(connection, wanted.programme)]
    for refused in mixed:
        if refused:
            return refused
    found = rows(wanted.name, data)
    if isinstance(found, Refused):
        return found
    file_digest = canon.digest(data)
    cleared = sorted(domain for domain, rule in rules.items() if rule.needs_clearance)
    run = run_id([
        "items", actor.person, wanted.programme, wanted.batch, wanted.purpose, file_digest, *versions, *categories,
        *(f"cleared {domain}" for domain in cleared),
    ])  # fmt: skip
    job = _Job(cell, actor, wanted, run, file_digest)
    checked = _checked(found, wanted, in_force, categories, cleared=cleared)
    return job.strictly(checked) if wanted.is_strict else job.leniently(checked)


def run_id(parts: list[str]) -> str:
    """The id of an import: the same file of the same person under the same conditions is the same import."""
    return canon.identifier("run", hashlib.sha256(canon.encode(parts)).digest())


def _check(wanted: Wanted) -> Refused | None:
    if wanted.purpose not in PURPOSES:
        return Refused("unknown-purpose", f"Expected one of {', '.join(PURPOSES)}, found {wanted.purpose}.", "purpose")
    return bad_batch_name(wanted.batch)


def bad_batch_name(name: str) -> Refused | None:
    """Why a batch cannot have this name, or None."""
    if not name or len(name) > 64 or not name.replace("-", "").replace("_", "").isalnum():
        sentence = "Expected a batch name of letters, digits, hyphens and underscores, 64 characters at most."
        return Refused("bad-batch-name", sentence, "batch")
    return None


def _mixed(row: tables.Row, wanted: Wanted) -> Refused | None:
    """Why items of this purpose may not come into a batch: gold or held-out items beside work would be delivered."""
    if row.purpose == wanted.purpose:
        return None
    sentence = f"Batch {row.name} holds {row.purpose} items, found items for {wanted.purpose}: name another batch."
    return Refused("batch-of-other-purpose", sentence, "batch", (row.name,))


def opened_batch(
    tx: Transaction, *, programme: str, name: str, domain: str, purpose: str = "work"
) -> tuple[str, list[Event]] | Refused:  # fmt: skip
    """The batch of a name and domain, with the fact that opens it where it is not there yet."""
    row = items.batch_named(tx.connection, programme, name=name, domain=domain)
    if row is None:
        batch = tx.new_id("bat")
        return batch, [BatchOpened(batch=batch, programme=programme, name=name, domain=domain, purpose=purpose)]
    wanted = Wanted(programme=programme, name="", batch=name, purpose=purpose)
    return _mixed(row, wanted) or (str(row.batch), [])


def _checked(
    found: Iterator[Row | Problem], wanted: Wanted, in_force: dict[str, Rubric], categories: list[str], *,
    cleared: list[str],
) -> Iterator[_Good | list[Problem]]:  # fmt: skip
    """Every row as an item, or as the list of its problems."""
    seen: dict[str, int] = {}
    for row in found:
        if isinstance(row, Problem):
            yield [row]
            continue
        item = flow.read_item(
            row.data, line=row.line, name=wanted.name, purpose=wanted.purpose, rubrics=in_force, categories=categories,
            cleared=cleared,
        )  # fmt: skip
        if isinstance(item, list):
            yield item
        elif item.id in seen:
            yield [_twice(wanted.name, row.line, item.id, first=seen[item.id])]
        else:
            seen[item.id] = row.line
            yield _Good(row.line, item, in_force[item.domain])


def _twice(name: str, line: int, external: str, *, first: int) -> Problem:
    found = f"{external}, which line {first} has"
    return flow.row_problem(name, line, "id", expected="an id of its own", found=found, fix="Rename one of the two.")


@dataclass(frozen=True, slots=True)
class _Job:
    """One file on its way in."""

    cell: Cell
    actor: Actor
    wanted: Wanted
    run: str
    file_digest: str

    def strictly(self, checked: Iterator[_Good | list[Problem]]) -> ImportReport | list[Problem] | Refused:
        """All rows or none: everything is checked before anything is written, and written in one transaction."""
        everything = list(checked)
        good = [row for row in everything if isinstance(row, _Good)]
        problems = [problem for row in everything if not isinstance(row, _Good) for problem in row]
        with self.cell.read() as connection:
            taken = items.by_external(connection, self.wanted.programme, [g.row.id for g in good])
            barred, late = self._barred(connection, good), self._late(connection, good)
            authors = self._authors(connection, good)
        here = {g.line for g in good if g.row.id in taken and taken[g.row.id].run != self.run}
        problems += [self._exists(g) for g in good if g.line in here]
        problems += [self._erased(g) for g in good if g.line in barred]
        problems += [self._declared_late(g) for g in good if g.line in late and g.row.id not in taken]
        problems += [self._unknown_author(g) for g in good if g.row.author and g.row.author not in authors]
        if problems:
            return sorted(problems, key=lambda problem: problem.line or 0)
        return self._carry_out(iter(everything), len(everything) or 1)

    def leniently(self, checked: Iterator[_Good | list[Problem]]) -> ImportReport | Refused:
        """Good rows come in, a thousand to a transaction; bad ones are listed."""
        return self._carry_out(checked, CHUNK)

    def _carry_out(self, checked: Iterator[_Good | list[Problem]], size: int) -> ImportReport | Refused:
        total, accepted, problems = 0, 0, list[Problem]()
        for number, chunk in enumerate(iter(lambda: list(islice(checked, size)), [])):
            total += len(chunk)
            problems += [problem for row in chunk if not isinstance(row, _Good) for problem in row]
            good = [row for row in chunk if isinstance(row, _Good)]
            lines = self._write(number, good)
            if isinstance(lines, Refused):
                return lines
            accepted += len(lines)
            problems += self._left_out([row for row in good if row.line not in lines])
        problems.sort(key=lambda problem: problem.line or 0)
        return finish(
            self.cell, self.actor, run=self.run, programme=self.wanted.programme, what="items", problems=problems,
            file_digest=self.file_digest, total=total, accepted=accepted, name=self.wanted.name,
        )  # fmt: skip

    def _write(self, number: int, good: list[_Good]) -> set[int] | Refused:
        """Write the rows of one chunk; the lines that came in."""
        if not good:
            return set()
        request = canon.encode([self.run, number])
        key = f"import|{self.run}|{number}"
        answer = self.cell.execute(Command(self.actor, "item.import", key, request, lambda tx: self._decide(tx, good)))
        if isinstance(answer, Refused):
            return answer
        return {fact.row for fact in answer.facts if isinstance(fact, ItemImported)}

    def _decide(self, tx: Transaction, good: list[_Good]) -> Decision:
        programme = self.wanted.programme
        ended = not_importable(self.cell, tx.connection, self.actor, programme, run=self.run)
        ended = ended or closed(tx.connection, programme)
        if ended:
            return ended
        taken = items.by_external(tx.connection, programme, [g.row.id for g in good])
        kept_out = self._barred(tx.connection, good) | self._late(tx.connection, good)
        authors = self._authors(tx.connection, good)
        known = [g for g in good if g.row.author is None or g.row.author in authors]
        fresh = [g for g in known if g.row.id not in taken and g.line not in kept_out]
        plan = {row.domain: row for row in contracts.domains(tx.connection, programme)}
        opened: list[Event] = []
        batches: dict[str, str] = {}
        for domain in sorted({g.row.domain for g in fresh}):
            found = opened_batch(
                tx, programme=programme, name=self.wanted.batch, domain=domain, purpose=self.wanted.purpose
            )
            if isinstance(found, Refused):
                return found
            batches[domain] = found[0]
            opened += found[1]
        facts = [self._fact(tx, g, batches[g.row.domain], needed=plan[g.row.domain].redundancy) for g in fresh]
        shaped = [
            ItemShaped(item=fact.item, candidates=len(g.row.candidates))
            for g, fact in zip(fresh, facts, strict=True)
            if g.row.signal != PAIR
        ]
        return [*opened, *facts, *shaped, *_authored(facts, fresh, authors)]

    def _authors(self, connection: journal.Connection, good: list[_Good]) -> dict[str, str]:
        """Author, as a row names them: their pseudonym. Whoever is not known here is not in it."""
        names = sorted({g.row.author for g in good if g.row.author})
        found = {name: known_person(self.cell, connection, name) for name in names}
        return {name: person for name, person in found.items() if person is not None}

    def _barred(self, connection: journal.Connection, good: list[_Good]) -> set[int]:
        """The lines that are about somebody who was erased: nothing about them is taken in again."""
        names = {name for g in good for name in g.row.subjects}
        scopes = {name: self.cell.vault.known_subject(connection, flow.spelling(name)) for name in names}
        gone = erasure.erased_of(connection, sorted({scope for scope in scopes.values() if scope}))
        return {g.line for g in good if any(scopes[name] in gone for name in g.row.subjects)}

    def _late(self, connection: journal.Connection, good: list[_Good]) -> set[int]:
        """The lines that declare a disagreement on what was judged before, under whatever name: it is known by then."""
        scope = f"programme:{self.wanted.programme}"
        keys = {
            g.line: self.cell.vault.known_digest(connection, flow.normalised(g.row), scope=scope)
            for g in good if g.row.expected_disagreement
        }  # fmt: skip
        wanted = sorted({key for key in keys.values() if key})
        seen = judgment.judged_contents(connection, self.wanted.programme, wanted)
        return {line for line, key in keys.items() if key in seen}

    def _left_out(self, left: list[_Good]) -> list[Problem]:
        """Why good rows did not come in, the same also when the chunk was written before a crash."""
        with self.cell.read() as connection:
            barred, late = self._barred(connection, left), self._late(connection, left)
            taken = items.by_external(connection, self.wanted.programme, [g.row.id for g in left])
            authors = self._authors(connection, left)
        nobody = [g for g in left if g.row.author and g.row.author not in authors]
        others = [g for g in left if g not in nobody]
        return [
            *(self._unknown_author(g) for g in nobody),
            *(self._why_not(g, barred=barred, late=late, taken=taken) for g in others),
        ]

    def _why_not(self, good: _Good, *, barred: set[int], late: set[int], taken: Container[str]) -> Problem:
        if good.line in barred:
            return self._erased(good)
        is_late = good.line in late and good.row.id not in taken
        return self._declared_late(good) if is_late else self._exists(good)

    def _declared_late(self, good: _Good) -> Problem:
        expected = "a declaration before anybody judges"
        found = "an item whose content was judged in this programme before"
        fix = "Bring it without expected_disagreement: what was seen to divide is not declared as expected any more."
        return flow.row_problem(
            self.wanted.name, good.line, "expected_disagreement", expected=expected, found=found, fix=fix
        )

    def _unknown_author(self, good: _Good) -> Problem:
        expected, fix = "the pseudonym or login of somebody here", "Enrol the author first, or leave the field out."
        return flow.row_problem(
            self.wanted.name, good.line, "author", expected=expected, found=good.row.author or "", fix=fix
        )

    def _fact(self, tx: Transaction, good: _Good, batch: str, *, needed: int) -> ItemImported:
        row, scope = good.row, f"run:{self.run}"
        subjects = [tx.vault.subject_scope(tx.connection, flow.spelling(name)) for name in row.subjects]
        key = self.cell.vault.keyed_digest(
            tx.connection, flow.normalised(row), scope=f"programme:{self.wanted.programme}"
        )
        return ItemImported(
            item=tx.new_id("itm"), programme=self.wanted.programme, batch=batch, domain=row.domain,
            purpose=self.wanted.purpose, signal=row.signal, external=row.id, row=good.line, run=self.run,
            content=tx.seal(flow.visible(row), scope=scope, subjects=subjects),
            hidden=tx.seal(flow.hidden(row, good.rubric), scope=scope, subjects=subjects),
            taxonomy=flow.taxonomy(row), needed=needed, is_disagreement_expected=row.expected_disagreement,
            source_class=row.source.class_, licence=row.source.licence, content_key=key,
        )  # fmt: skip

    def _erased(self, good: _Good) -> Problem:
        expected, fix = "people who were not erased", "Leave the row out: nothing about them is taken in any more."
        return flow.row_problem(
            self.wanted.name, good.line, "subjects", expected=expected, found="somebody who was", fix=fix
        )

    def _exists(self, good: _Good) -> Problem:
        fix = "Remove the row, or give the item an id of its own."
        return flow.row_problem(
            self.wanted.name, good.line, "id", expected="an item that is not here yet", found=good.row.id, fix=fix
        )


def _authored(facts: list[ItemImported], good: list[_Good], authors: dict[str, str]) -> list[ItemAuthored]:
    """Who of the people here wrote which of the items that come in."""
    return [
        ItemAuthored(item=fact.item, programme=fact.programme, author=authors[one.row.author])
        for fact, one in zip(facts, good, strict=True)
        if one.row.author is not None
    ]


def not_importable(
    cell: Cell, connection: journal.Connection, actor: Actor, programme: str, *, run: str
) -> Refused | None:  # fmt: skip
    """Why nothing comes in by an import, nor is its report shown: the contract's rights, or its erasure."""
    ended = unreadable(cell, connection, actor, programme)
    gone = erasure.erased(connection, f"run:{run}")
    return ended or (None if gone is None else Gone(words_of(gone.erasure, gone.at)).refused)


def finish(
    cell: Cell, actor: Actor, *, run: str, programme: str, what: str, problems: list[Problem], file_digest: str,
    total: int, accepted: int, name: str, source: str = "",
) -> ImportReport | Refused:  # fmt: skip
    """Record that a file was read to its end, with the list of its bad rows in the vault.

    A file that was read to its end before gets the report that it got then.
    """
    report = canon.encode(
        [{"line": p.line, "path": p.path, "expected": p.expected, "found": p.found, "fix": p.fix} for p in problems]
    )

    with cell.read() as connection:
        ended = not_importable(cell, connection, actor, programme, run=run)
    if ended:
        return ended  # whatever the file holds, and also when it was read to its end before

    def decide(tx: Transaction) -> Decision:
        late = not_importable(cell, tx.connection, actor, programme, run=run)
        if late:
            return late
        return [
            ImportFinished(
                run=run, programme=programme, what=what, source=source, file_digest=file_digest, rows=total,
                accepted=accepted, rejected=total - accepted, report=tx.seal(report, scope=f"run:{run}"),
            )
        ]  # fmt: skip

    answer = cell.execute(Command(actor, "item.import", f"import|{run}|end", canon.encode([run, "end"]), decide))
    if isinstance(answer, Refused):
        return answer
    fact = answer.facts[0]
    assert isinstance(fact, ImportFinished)
    if answer.is_repeat:
        stored = _stored(cell, actor, run, report=fact.report.object, name=name)
        if isinstance(stored, Refused):
            return stored
        problems = stored
    return ImportReport(run, what, fact.rows, fact.accepted, tuple(problems), answer)


def _stored(cell: Cell, actor: Actor, run: str, *, report: str, name: str) -> list[Problem] | Refused:
    look = cell.look(actor, "item.import", About(subject=run, what="import-report", reason="import-report"))
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        found = erased.payload(cell, connection, report, look)
    if isinstance(found, Gone):
        return found.refused
    listed = msgspec.json.decode(found)
    return [Problem(name=name, **entry) for entry in listed]


def stored_problems(cell: Cell, actor: Actor, run: str) -> list[Problem] | Refused:
    """The bad rows of an earlier import."""
    if not access.allows(actor, "item.import"):
        return access.ABSENT
    with cell.read() as connection:
        row = items.import_run(connection, run)
        refused = unreadable(cell, connection, actor, row.programme) if row else access.ABSENT
    if row is None or refused:
        return refused or access.ABSENT
    return _stored(cell, actor, run, report=row.report, name=run)

"""The operating checklist on a live programme: reads contract, rubrics and counts, in one view of the database."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import msgspec

from tallystick.app import access, constitution, routing
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.contract import today_of
from tallystick.app.credential import lacking_among
from tallystick.app.escape.telling import estimate_of
from tallystick.flow import checklist as flow
from tallystick.flow.checklist import AlikeGold, Evidence, Facts, Line, Released
from tallystick.flow.contract import DataContract
from tallystick.flow.refusal import Refused
from tallystick.flow.routing import CONTENT
from tallystick.flow.rubric import Rubric
from tallystick.ledger import journal
from tallystick.signals import BY_NAME
from tallystick.signals.verified import FIELD
from tallystick.store import affected, items, screening
from tallystick.store import checklist as store
from tallystick.store import contract as contracts
from tallystick.store import release as releases
from tallystick.store.schema import Row

SECTIONS = frozenset({
    "behaviour", "conditions", "evidence", "failures", "improvement", "domains", "sampling", "holdout", "supervision",
    "agreement", "rights", "redundancy", "assignment", "credentials", "welfare", "pay", "pool", "routing",
})  # fmt: skip
"""Sections of the page of a contract that can be gone to."""
OBJECTIVE = frozenset(name for name, one in BY_NAME.items() if any(part.name == FIELD for part in one.measures))
"""Signals whose items bring results of verifiers."""


@dataclass(frozen=True, slots=True)
class ChecklistPage:
    """The checklist of a programme as it stands.

    digest  binds the lines as they stand, whoever reads them
    upto    the place in the journal up to which it speaks
    """

    row: Row
    lines: tuple[Line, ...]
    digest: str
    upto: int

    def count(self, state: str) -> int:
        """Lines in a state."""
        return sum(one.state == state for one in self.lines)


def checklist(cell: Cell, actor: Actor, programme: str) -> ChecklistPage | Refused:
    """Evaluate every line on a programme as it is now. Nothing is recorded."""
    if not access.allows(actor, "programme.read"):
        return access.ABSENT
    with cell.read() as connection:
        row = contracts.programme(connection, programme)
        if row is None:
            return access.ABSENT
        lines = evaluated(cell, connection, row)
        upto = journal.head(connection).next_seq - 1
        shown = tuple(_told(cell, connection, actor, line) for line in lines)
    return ChecklistPage(row, shown, flow.digest(lines), upto)


def evaluated(cell: Cell, connection: journal.Connection, row: Row) -> tuple[Line, ...]:
    """The lines on one state of a programme."""
    return flow.checklist(_facts(cell, connection, row))


def _told(cell: Cell, connection: journal.Connection, actor: Actor, line: Line) -> Line:
    """A line without items that do not exist for whoever reads it."""
    named = [one for one in line.evidence if one.kind == "item"]
    if not named:
        return line
    found = [row for one in named if (row := items.item(connection, one.ref)) is not None]
    shown = {row.item for row in routing.visible(cell, connection, actor, found) if _may_read(actor, row)}
    return replace(line, evidence=tuple(one for one in line.evidence if one.kind != "item" or one.ref in shown))


def _may_read(actor: Actor, row: Row) -> bool:
    return access.allows(actor, "holdout.read" if row.purpose == "holdout" else "item.read")


def _facts(cell: Cell, connection: journal.Connection, row: Row) -> Facts:
    name = row.programme
    contract = cell.contract(connection, row.document)
    in_force = {one.id: one for one in cell.rubrics_in_force(connection, name).values()}
    counted = store.counted(connection, name)
    cleared, seniors = store.trusted(connection, name, now=cell.kernel.now())
    kinds, staff = store.kinds(connection, name), _staff(cell, connection, row, contract=contract)
    closed, short, alike = _closed_signals(cell, connection, row, contract=contract, staff=staff)
    objective = OBJECTIVE.intersection(part.signal for part in contract.supervision)
    return Facts(
        contract=contract, contract_seq=_since(connection, row), today=today_of(cell), rubrics=in_force,
        not_agreed={
            rubric: why.sentence for rubric, why in constitution.not_agreed(cell, connection, name).items()
        },
        qualified={domain: one.signals.get("", 0) for domain, one in staff.items()},
        left_out={domain: one.left_out for domain, one in staff.items() if one.left_out},
        closed_signals=closed, short_gold=short, alike_gold=alike, cleared=cleared, seniors=seniors,
        finished=store.finished(connection, name), observed=counted.observed, sources=counted.sources,
        blinded=counted.blinded, items=sum(n for n, _ in kinds.values()), showing=sum(n for _, n in kinds.values()),
        unblinded=tuple(store.unblinded(connection, name)), unlicensed=tuple(store.unlicensed(connection, name)),
        held_out=store.held_out(connection, name), releases=_released(connection, name),
        second=estimate_of(connection, name), unknown_versions=_unknown(connection, name, counted),
        affected=_affected(connection, name, in_force), categories=_categories(connection, name),
        exposures=store.exposures(connection, name),
        objective=sum(n for (purpose, _, signal), (n, _) in kinds.items() if purpose == "work" and signal in objective),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Staff:
    """Who may work in a domain now, of those who passed its gold items.

    signals   signal: how many; the empty one is any
    left_out  why somebody may not: how many
    """

    signals: Mapping[str, int]
    left_out: Mapping[str, int]


def _staff(
    cell: Cell, connection: journal.Connection, row: Row, *, contract: DataContract
) -> dict[str, _Staff]:  # fmt: skip
    """Domain: who may be given its work, as work is given out: not by qualification alone."""
    name, found = row.programme, dict[str, _Staff]()
    passed, down = (store.qualified(connection, name, is_down=is_down) for is_down in (False, True))
    stopped, lacks = screening.stopped(connection, name), lacking_among(connection, name, today=today_of(cell))
    for domain, plan in contract.domains.items():
        own = passed.get(plan.rubric, {})
        people, aside = own.get("", frozenset[str]()), down.get(plan.rubric, {}).get("", frozenset[str]())
        out = people & stopped
        lacking = frozenset(person for person in people - out if lacks(person, domain))
        counts = {flow.NO_CREDENTIAL: lacking, flow.DISQUALIFIED: out, flow.STANDS_DOWN: aside - people}
        found[domain] = _Staff(
            {signal: len(who - out - lacking) for signal, who in own.items()},
            {why: len(who) for why, who in counts.items() if who},
        )
    return found


def _since(connection: journal.Connection, row: Row) -> int:
    """Where the contract in force stands in the journal."""
    return next(int(one.seq) for one in contracts.versions(connection, row.programme) if one.version == row.version)


def _closed_signals(
    cell: Cell, connection: journal.Connection, row: Row, *, contract: DataContract, staff: Mapping[str, _Staff]
) -> tuple[dict[str, str], dict[tuple[str, str], int], dict[tuple[str, str], AlikeGold]]:
    """Of open work: by domain the signals that nobody who may work has passed, and by domain and signal what is short.

    And where too few verdicts are right: which they are, and how many more with others are needed.

    Where a signal asks for no gold items of its own, any other qualification of the domain has to do.
    """
    gold, work = routing.own_gold(cell, connection, row.programme), store.unfinished(connection, row.programme)
    closed: dict[str, str] = {}
    short: dict[tuple[str, str], int] = {}
    alike: dict[tuple[str, str], AlikeGold] = {}
    for domain in contract.domains:
        own, there = staff[domain].signals, gold.get(domain, routing.NO_GOLD)
        wanted = work.get(domain, frozenset())
        signals = sorted(signal for signal in wanted & there.asked if not own.get(signal))
        if signals:
            closed[domain] = ", ".join(signals)
        for signal in sorted(wanted & there.short.keys()):
            if signal in there.alike:
                found = there.alike[signal]
                verdicts = tuple(BY_NAME[signal].words(verdict) for verdict in found.verdicts)
                alike[domain, signal] = AlikeGold(verdicts=verdicts, more=found.more, kinds=found.kinds)
            else:
                short[domain, signal] = there.short[signal]
    return closed, short, alike


def _released(connection: journal.Connection, programme: str) -> tuple[Released, ...]:
    return tuple(
        Released(
            release=row.release, name=row.name, version=row.version, use=row.use,
            batches=tuple(msgspec.json.decode(row.batches)),
        )
        for row in releases.of_programme(connection, programme)
        if row.state != "abandoned"
    )  # fmt: skip


def _unknown(connection: journal.Connection, programme: str, counted: store.Counted) -> int:
    rubrics, versions = store.known_versions(connection, programme)
    return sum(
        number
        for (rubric, version, contract), number in counted.versions.items()
        if (rubric, version) not in rubrics or contract not in versions
    )


def _affected(connection: journal.Connection, programme: str, in_force: dict[str, Rubric]) -> dict[str, int]:
    waiting = affected.undecided(connection, programme)
    return {name: waiting[name] for name in sorted(in_force) if name in waiting}


def _categories(connection: journal.Connection, programme: str) -> frozenset[str]:
    """Kinds of content of work items. The taxonomy names several in one value, with commas."""
    values = [row.value for row in contracts.tallies(connection, programme) if row.axis == CONTENT and row.items]
    return frozenset(name for value in values for name in value.split(",") if name)


def page_of(programme: str, evidence: Evidence) -> str:
    """The address of the page on which a piece of evidence stands."""
    root, ref = f"/programmes/{programme}", evidence.ref
    if evidence.kind == "contract":
        section = ref.partition(".")[0].partition("[")[0]
        if section == "version":
            return f"{root}/contract#versions"
        return f"{root}/contract#{section}" if section in SECTIONS else f"{root}/contract"
    if evidence.kind == "rubric":
        name, _, version = ref.partition(" ")
        return f"{root}/rubrics/{name}?version={version}"
    ways = {
        "batch": f"/batches/{ref}", "item": f"/items/{ref}", "release": f"/releases/{ref}",
        "event": f"/receipts/{ref}", "page": f"{root}/{ref}",
    }  # fmt: skip
    return ways[evidence.kind]

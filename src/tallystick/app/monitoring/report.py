"""The report on quality: brings together what every other stage knows of a programme. Reads only, and no content."""

from collections import Counter
from dataclasses import dataclass

import msgspec

from tallystick.app import access, gate
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.escape.telling import estimate_of
from tallystick.app.monitoring.figures import counted_shown, decided_in, work_of
from tallystick.events.gate import BatchMeasured
from tallystick.events.intervention import InterventionDiagnosed
from tallystick.events.monitoring import ShortcutAudited
from tallystick.flow import overturn
from tallystick.flow.diagnosis import Diagnosis, DividedItem, Finding
from tallystick.flow.escape import Estimate
from tallystick.flow.gate import FAIL
from tallystick.flow.monitoring.figures import Counted, count
from tallystick.flow.monitoring.matter import Drift, Gate, Matter, Step
from tallystick.flow.monitoring.report import Report, report
from tallystick.flow.monitoring.told import numbered, worded
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import adjudication, disagreement, intervention, items, monitoring, sentinel
from tallystick.store import contract as contracts
from tallystick.store import gate as gates
from tallystick.store.schema import Row


@dataclass(frozen=True, slots=True)
class ReportPage:
    """The report of a programme as it stands now."""

    programme: Row
    report: Report


def quality(cell: Cell, actor: Actor, programme: str) -> ReportPage | Refused:
    """Why a programme's judgments are no better, what to do, and what was done. Nothing in it names a person."""
    if not access.allows(actor, "monitor.read"):
        return access.ABSENT
    with cell.read() as connection:
        row = contracts.programme(connection, programme)
        if row is None:
            return access.ABSENT
        found = counted_shown(cell, connection, programme)
        assert not isinstance(found, Refused), "work can always be parted by domain"
        return ReportPage(row, report_in(cell, connection, row, counted=found[1]))


def report_in(cell: Cell, connection: journal.Connection, row: Row, *, counted: Counted | None = None) -> Report:
    """The same in one state of the database. `counted`: what its judgments show, where that is known."""
    known = count(work_of(connection, row.programme)) if counted is None else counted
    return report(_matter(cell, connection, row, second=estimate_of(connection, row.programme), counted=known))


def _matter(
    cell: Cell, connection: journal.Connection, row: Row, *, second: Estimate | None, counted: Counted
) -> Matter:
    name = row.programme
    newest, latest = monitoring.latest_audit(connection, name), gates.latest_of(connection, name)
    answers = sentinel.answers(connection, name)
    has_policy = bool(sentinel.policies(connection, name))
    return Matter(
        programme=name, title=row.title, upto=journal.head(connection).next_seq - 1,
        gates=tuple(
            _gate(cell, connection, batch, latest.get(batch.batch))
            for batch in items.batches(connection, name)
            if batch.purpose == "work" and batch.judgments
        ),
        counted=counted,
        cases={state: n for state, n in adjudication.counts(connection, name).items() if state != "withdrawn" and n},
        classes=_classes(connection, name),
        remarks=monitoring.remarks(connection, name),
        overturns=overturn.overturns(decided_in(connection, name)),
        sentinels=(len(answers), sum(one.is_correct for one in answers)) if has_policy else None,
        drifts=tuple(_drift(one) for one in sentinel.drifts(connection, name)),
        escape=second,
        audit=tuple(msgspec.json.decode(one.body, type=ShortcutAudited) for one in newest),
        audit_seq=newest[0].seq if newest else None,
        done=tuple(sorted(_done(connection, name), key=lambda step: step.seq)),
    )  # fmt: skip


def _gate(cell: Cell, connection: journal.Connection, batch: Row, latest: Row | None) -> Gate:
    fact = None if latest is None else msgspec.json.decode(latest.body, type=BatchMeasured)
    found, recorded = _diagnosis(cell, connection, batch.batch) if fact and fact.decision == FAIL else (None, None)
    return Gate(
        name=f"{batch.name} ({batch.domain})", decision=fact.decision if fact else None,
        value_ppm=fact.verdict.value_ppm if fact else None, low_ppm=fact.verdict.low_ppm if fact else None,
        high_ppm=fact.verdict.high_ppm if fact else None, threshold_ppm=fact.threshold_ppm if fact else None,
        seq=latest.seq if latest else None, incomplete=batch.items - batch.complete,
        diagnosis=found, recorded=recorded,
    )  # fmt: skip


def _diagnosis(cell: Cell, connection: journal.Connection, batch: str) -> tuple[Diagnosis | None, int | None]:
    """Where agreement is lost in a batch: as the newest intervention has it on record, with its place, or made now."""
    opened = intervention.of_batch(connection, batch)
    steps = intervention.steps(connection, opened[0].intervention) if opened else []
    newest = next((step for step in reversed(steps) if step.kind == InterventionDiagnosed.KIND), None)
    if newest is None:
        sought = gate.diagnosis_of(cell, connection, batch)
        return (None if isinstance(sought, Refused) else sought.diagnosis), None
    fact = msgspec.json.decode(newest.body, type=InterventionDiagnosed)
    found = Diagnosis(
        value_ppm=fact.value_ppm, threshold_ppm=fact.threshold_ppm, beside=tuple(fact.beside),
        findings=tuple(Finding(**msgspec.structs.asdict(one)) for one in fact.findings),
        items=tuple(DividedItem(item=one.item, gain_ppm=one.gain_ppm) for one in fact.items),
    )  # fmt: skip
    return found, newest.seq


def _classes(connection: journal.Connection, programme: str) -> dict[str, int] | None:
    """Why judges disagree, as it was classified or as people corrected it; None when nothing was classified."""
    found = monitoring.classified(connection, programme)
    if not found:
        return None
    found |= {item: row.cause for item, row in disagreement.corrections(connection, programme=programme).items()}
    return dict(Counter(cause or "undetermined" for cause in found.values()))


def _drift(row: Row) -> Drift:
    return Drift(
        rubric=row.rubric, seq=row.seq, answers=row.answers, right=row.right, held=row.held,
        is_open=row.state == "open", found=row.found,
    )  # fmt: skip


_SET_ASIDE = {
    "intervention": worded("in an intervention"), "drift": worded("because an expert's answers to sentinels fell"),
    "adjudication": worded("by an adjudicator"), "review": worded("after a review"),
}  # fmt: skip


def _done(connection: journal.Connection, programme: str) -> list[Step]:
    """What was done about quality, from the journal."""
    steps = [
        Step(
            seq=row.seq,
            sentence=worded(
                "Version %(version)s of the rubric %(rubric)s came into force.", version=row.version, rubric=row.rubric
            ),
        )
        for row in monitoring.criteria(connection, programme)
        if row.previous is not None
    ]
    for row in intervention.of_programme(connection, programme):
        opened = worded("An intervention opened for the domain %(domain)s.", domain=row.domain)
        steps.append(Step(seq=row.seq, sentence=opened))
        if row.closed_seq is not None:
            steps.append(Step(seq=row.closed_seq, sentence=_closed(row)))
    for row in monitoring.set_aside(connection, programme):
        words = numbered(
            "%(number)s judgment was set aside %(why)s.", "%(number)s judgments were set aside %(why)s.",
            row.judgments, why=_SET_ASIDE.get(row.cause, row.cause),
        )  # fmt: skip
        steps.append(Step(seq=row.seq, sentence=words))
    return steps


def _closed(row: Row) -> str:
    if row.outcome == "passed":
        return worded("The intervention for %(domain)s closed: its batch passed.", domain=row.domain)
    return worded("The intervention for %(domain)s closed: it was given up.", domain=row.domain)

"""Publish rubric versions and read them back."""

from dataclasses import dataclass

from tallystick import canon
from tallystick.app import access
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.events.envelope import Event
from tallystick.events.intervention import InterventionRevised
from tallystick.events.rubric import CriterionFacts, RubricPublished
from tallystick.flow.constitution import refuse_names
from tallystick.flow.document import Finding, Problem, placed, read
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import (
    DOMAIN_THRESHOLDS_PPM,
    DiffRow,
    Rubric,
    affected,
    check_takeable,
    check_version,
    diff,
    findings,
    threshold_ppm,
)
from tallystick.ledger import journal
from tallystick.store import calibration, intervention, roster
from tallystick.store import contract as contracts
from tallystick.store import rubric as rubrics
from tallystick.store.schema import Row


@dataclass(frozen=True, slots=True)
class Published:
    """A rubric version that has come into force. `lapsed`: people whose qualification ended with the version before."""

    rubric: str
    version: str
    affected: tuple[str, ...]
    lapsed: int
    receipt: Receipt


def publish(
    cell: Cell, actor: Actor, *, programme: str, text: str, name: str, key: str
) -> Published | list[Problem] | Refused:
    """Bring a rubric version into force.

    text  the YAML document
    name  what its writer calls it: it opens the sentence of every problem
    """
    if not access.allows(actor, "rubric.write"):
        return access.ABSENT
    rubric = read(text, name, Rubric)
    if isinstance(rubric, list):
        return rubric
    if problems := check_takeable(rubric, name):
        return placed(problems, text)
    request = canon.encode(["publish-rubric", programme, text])
    answer = cell.execute(
        Command(actor, "rubric.write", key, request, lambda tx: _publish(cell, tx, programme, text, rubric=rubric))
    )
    if isinstance(answer, Refused):
        return answer
    fact = answer.facts[0]
    assert isinstance(fact, RubricPublished)
    with cell.read() as connection:
        lapsed = _qualified(connection, programme, rubric.id, fact.previous)
    return Published(fact.rubric, fact.version, tuple(fact.affected), lapsed, answer)


def _qualified(connection: journal.Connection, programme: str, rubric: str, version: str | None) -> int:
    """How many people passed a version: whatever replaces it, they have to pass anew before they get its work."""
    return 0 if version is None else len(roster.passed_under(connection, programme, rubric, version))


def _publish(cell: Cell, tx: Transaction, programme: str, text: str, *, rubric: Rubric) -> Decision:
    previous = _previous(cell, tx.connection, programme, rubric)
    if isinstance(previous, Refused):
        return previous
    fact = _fact(tx, programme, text, rubric=rubric, previous=previous)
    return [fact, *_revised(tx, fact)]


def _previous(cell: Cell, connection: journal.Connection, programme: str, rubric: Rubric) -> Rubric | Refused | None:
    """The version that a rubric would follow, None when it is the first; or why it may not be published."""
    domains = {row.rubric: row.domain for row in contracts.domains(connection, programme)}
    if not domains:
        return access.ABSENT
    if domains.get(rubric.id) != rubric.domain:
        wanted = ", ".join(f"{name} for {domain}" for name, domain in domains.items())
        sentence = f"The contract expects the rubrics {wanted}; found {rubric.id} for {rubric.domain}."
        return Refused("rubric-not-in-contract", sentence, "id")
    row = rubrics.current(connection, programme, rubric.id)
    previous = cell.rubric(connection, row.document) if row else None
    refused = check_version(previous, rubric) or refuse_names(cell.constitution(connection, programme), rubric)
    if refused:
        return refused
    return previous


def _revised(tx: Transaction, fact: RubricPublished) -> list[Event]:
    """What a new version means for the intervention of its rubric that is open, if one is."""
    row = intervention.open_of(tx.connection, fact.programme, fact.rubric)
    if row is None or fact.previous is None:
        return []
    sessions = calibration.of_intervention(tx.connection, row.intervention)
    held = [one.calibration for one in sessions if one.round == row.round and one.revealed_seq is not None]
    return [
        InterventionRevised(
            intervention=row.intervention, programme=fact.programme, rubric=fact.rubric, version=fact.version,
            previous=fact.previous, affected=fact.affected, calibration=held[0] if held else None,
        )
    ]  # fmt: skip


def _fact(tx: Transaction, programme: str, text: str, *, rubric: Rubric, previous: Rubric | None) -> RubricPublished:
    payload = text.encode()
    return RubricPublished(
        programme=programme, rubric=rubric.id, version=rubric.version, domain=rubric.domain,
        document=tx.seal(payload, scope=f"programme:{programme}"), document_digest=canon.digest(payload),
        criteria=[
            CriterionFacts(id=c.id, low=c.scale.low, high=c.scale.high, gated=c.gated) for c in rubric.criteria
        ],
        threshold_ppm=threshold_ppm(rubric), default_ppm=DOMAIN_THRESHOLDS_PPM[rubric.domain],
        previous=previous.version if previous else None, affected=affected(previous, rubric) if previous else [],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Preview:
    """What publishing a text would do.

    rows      every part beside the version in force; of a first version beside nothing
    affected  criteria whose earlier judgments would be flagged
    lapses    people whose qualification would lapse: they passed the version in force
    """

    rubric: Rubric
    previous: str | None
    rows: tuple[DiffRow, ...]
    findings: tuple[Finding, ...]
    affected: tuple[str, ...]
    lapses: int


def preview(cell: Cell, actor: Actor, *, programme: str, text: str, name: str) -> Preview | list[Problem] | Refused:
    """What publishing a text would do, with everything that `publish` checks, and nothing written."""
    if not access.allows(actor, "rubric.write"):
        return access.ABSENT
    rubric = read(text, name, Rubric)
    if isinstance(rubric, list):
        return rubric
    if problems := check_takeable(rubric, name):
        return placed(problems, text)
    with cell.read() as connection:
        previous = _previous(cell, connection, programme, rubric)
        if isinstance(previous, Refused):
            return previous
        lapses = _qualified(connection, programme, rubric.id, previous.version if previous else None)
    return Preview(
        rubric, previous.version if previous else None, tuple(diff(previous, rubric)) if previous else (),
        tuple(findings(rubric)), tuple(affected(previous, rubric)) if previous else (), lapses,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class RubricPage:
    """One rubric version with its history. text: the YAML document, as it was published.

    lapsed  people who passed an earlier version and not the one in force, on the page of that one
    """

    rubric: Rubric
    text: str
    row: Row
    versions: tuple[Row, ...]
    findings: tuple[Finding, ...]
    affected: dict[tuple[str, str], int]
    lapsed: int = 0


def rubric_page(
    cell: Cell, actor: Actor, *, programme: str, rubric: str, version: str | None = None
) -> RubricPage | Refused:
    """A rubric version, the one in force when none is named."""
    if not access.allows(actor, "rubric.read"):
        return access.ABSENT
    with cell.read() as connection:
        history = rubrics.versions(connection, programme, rubric)
        chosen = [row for row in history if version in (None, row.version)]
        if not chosen:
            return access.ABSENT
        found = cell.rubric(connection, chosen[0].document)
        counts = rubrics.affected_counts(connection, programme, rubric)
        text = cell.document(connection, chosen[0].document)
        lapsed = _lapsed(connection, chosen[0]) if chosen[0].version == history[0].version else 0
        return RubricPage(found, text, chosen[0], tuple(history), tuple(findings(found)), counts, lapsed)


def _lapsed(connection: journal.Connection, row: Row) -> int:
    ever = roster.passed_once(connection, row.programme, row.rubric)
    return len(ever - roster.passed_under(connection, row.programme, row.rubric, row.version))


def rubric_diff(
    cell: Cell, actor: Actor, *, programme: str, rubric: str, old: str, new: str
) -> list[DiffRow] | Refused:
    """Two versions side by side."""
    if not access.allows(actor, "rubric.read"):
        return access.ABSENT
    with cell.read() as connection:
        rows = [rubrics.version(connection, programme, rubric, wanted) for wanted in (old, new)]
        if rows[0] is None or rows[1] is None:
            return access.ABSENT
        return diff(cell.rubric(connection, rows[0].document), cell.rubric(connection, rows[1].document))


def rubrics_of(cell: Cell, actor: Actor, programme: str) -> list[Row] | Refused:
    """The versions in force in a programme."""
    if not access.allows(actor, "rubric.read"):
        return access.ABSENT
    with cell.read() as connection:
        return rubrics.of_programme(connection, programme)
